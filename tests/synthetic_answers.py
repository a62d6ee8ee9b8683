"""Answers to questions, made by hand: with every kind of figure, with two and with many methods, with hostile names."""

from __future__ import annotations

import io
import itertools
from typing import Any

import docx
import numpy as np
import pandas as pd

from varbench import stats
from varbench.audits.album import as_text
from varbench.report import FORMS, Answer, Picture, Shown
from varbench.stats import Result
from varbench.verdict import Conclusion, Facts, verdict

#: What the questions of a chart can be answered with.
ANSWERED = ("yes", "no", "open", "not applicable")
HOSTILE = "<script>window.alerted=1</script>\"'&|`$x$_\\{%]]>"
FORMULA = "=cmd|' /C calc'!A0"
LONG = "a pipeline whose name tells each of its steps, from the scaler to the calibrated forest, number "


def names(number: int, kind: str = "plain") -> list[str]:
    """Give names of methods: short ones, endless ones, or attacks."""
    if kind == "long":
        return [f"{LONG}{index}" for index in range(number)]
    if kind == "hostile":
        return [(HOSTILE if index % 2 else FORMULA) + str(index) for index in range(number)]
    plain = [
        "forest",
        "svm",
        "logistic",
        "knn",
        "boosting",
        "lda",
        "qda",
        "ridge",
        "lasso",
        "mlp",
        "tree",
        "bayes",
    ]
    return [*plain, "process", "stacked", "linear"][:number]


def frames(methods: list[str], seed: int = 0) -> dict[str, pd.DataFrame]:
    """Give a frame for every kind of figure."""
    rng, k = np.random.default_rng(seed), len(methods)
    scores = rng.normal(0.7, 0.03, (k, 30))
    gains = rng.normal(0.02, 0.04, k)
    wins = rng.uniform(0.3, 0.95, k - 1)
    parts = rng.dirichlet(np.ones(k))
    x = np.linspace(0, 1, 25)
    return {
        "scores": pd.DataFrame(
            {"method": np.repeat(methods, 30), "repeat": np.tile(range(30), k), "score": scores.ravel()}
        ),
        "differences": pd.DataFrame({"pair": np.arange(30), "difference": scores[0] - scores[1]}),
        "sets": pd.DataFrame(
            {
                "pair": np.tile(range(30), k),
                "dataset": np.repeat(methods, 30),
                "difference": (scores - 0.68).ravel(),
            }
        ),
        "wins": pd.DataFrame(
            {
                "pair": [f"{methods[0]} − {name}" for name in methods[1:]],
                "estimate": wins,
                "ci_low": np.maximum(wins - 0.15, 0),
                "ci_high": np.minimum(wins + 0.15, 1),
                "n": 30,
            }
        ),
        "ranks": pd.DataFrame({"method": methods, "rank": np.sort(rng.uniform(1, k, k))}),
        "forest": pd.DataFrame(
            {
                "label": [*methods, "mean", "prediction"],
                "estimate": [*gains, gains.mean(), np.nan],
                "ci_low": [*(gains - 0.05), gains.mean() - 0.02, gains.mean() - 0.1],
                "ci_high": [*(gains + 0.05), gains.mean() + 0.02, gains.mean() + 0.1],
                "kind": [*["item"] * k, "mean", "prediction"],
            }
        ),
        "parts": pd.DataFrame(
            {
                "source": methods,
                "share": parts,
                "ci_low": parts * 0.6,
                "ci_high": parts * 1.6,
                "sd": np.sqrt(parts),
            }
        ),
        "curves": pd.concat(
            [
                pd.DataFrame(
                    {
                        "series": name,
                        "x": x,
                        "y": y,
                        "low": np.maximum(y - 0.1, 0),
                        "high": np.minimum(y + 0.1, 1),
                    }
                )
                for name, y in ((name, x ** (1 / (2 + place / 4))) for place, name in enumerate(methods))
            ],
            ignore_index=True,
        ),
        "pairs": pd.DataFrame(
            [
                {"row": one, "column": other, "value": float(rng.uniform() ** 5)}
                for one in methods
                for other in methods
                if one != other
            ]
        ),
        "way": pd.DataFrame(
            [
                {
                    "step": i,
                    "question": f"Is {name} well?",
                    "answer": answer,
                    "evidence": f"{name} says so.",
                    "cure": "",
                }
                for i, (name, answer) in enumerate(zip(methods, itertools.cycle(ANSWERED), strict=False), 1)
            ]
        ),
        "dots": pd.DataFrame(
            {"x": rng.normal(size=20 * k), "y": rng.normal(size=20 * k), "kind": np.tile(methods, 20)}
        ),
        "images": _pairs_of_images(methods),
        "twins": _pairs_of_rows(methods),
        "rates": pd.DataFrame(
            [
                {"row": one, "column": column, "value": float(rng.uniform(0, 0.9))}
                for one in methods
                for column in ("3-fold", "10-fold", "hold-out")
            ]
        ),
    }


def _pairs_of_images(names: list[str]) -> pd.DataFrame:
    """Give a pair of pictures for each name: square, wide and tall, in grey and in colour."""
    shapes = [(20, 20), (8, 40), (60, 10, 3)]
    drawn = [as_text(np.full(shapes[i % 3], 90 + i, dtype=np.uint8)) for i in range(len(names) + 1)]
    return pd.DataFrame({
        "pair": range(1, len(names) + 1), "said": [f"{name}, two classes" for name in names],
        "row": 1234, "other": 56789, "file": [f"a/{name}.png" for name in names], "other_file": None,
        "side": [f"train, {name}" for name in names], "other side": "", "picture": drawn[:-1],
        "other picture": drawn[1:],
    })  # fmt: skip


def _pairs_of_rows(names: list[str]) -> pd.DataFrame:
    """Give a pair of rows for each of the first names, over nine features."""
    value = np.linspace(0, 1, 9)
    return pd.concat([
        pd.DataFrame({
            "pair": number, "said": f"nearly equal; {name}", "row": 12345, "other": 67890, "feature": range(9),
            "value": value, "other value": value[:: number % 2 * 2 - 1],
        })
        for number, name in enumerate(names[:4], 1)
    ], ignore_index=True)  # fmt: skip


def written(form: str, content: Any) -> str:
    """Write a content in a form, as a text; of a Word document, the words of its paragraphs and tables."""
    found = FORMS[form].write(content)
    if isinstance(found, str):
        return found
    page = docx.Document(io.BytesIO(found))
    cells = (cell.text for table in page.tables for row in table.rows for cell in row.cells)
    return "\n".join([*(paragraph.text for paragraph in page.paragraphs), *cells])


def pictures(methods: list[str]) -> tuple[Picture, ...]:
    """Give a picture of every kind of figure."""
    ends = {"first": methods[0], "second": methods[1], "label": "AUC", "margin": 0.02}
    groups = [methods[start : start + max(2, len(methods) // 3)] for start in range(0, len(methods) - 1, 3)]
    lines = {"xlabel": "runs", "ylabel": "rate", "references": [{"y": 0.05, "label": "nominal 0.05"}]}
    told: list[tuple[str, str, dict[str, Any]]] = [
        ("differences", "differences", {**ends, "interval": (-0.02, 0.05)}),
        ("strips", "scores", {"xlabel": "AUC", "references": [{"x": 0.5, "label": "chance"}]}),
        ("differences", "sets", ends),
        ("outperform", "wins", {"gamma": 0.75}),
        ("critical_difference", "ranks", {"cd": min(1.3, len(methods) - 1), "groups": groups}),
        ("intervals", "forest", {"xlabel": "difference in AUC", "margin": 0.02}),
        ("shares", "parts", {}),
        ("lines", "curves", {"xlabel": "1 − specificity", "ylabel": "sensitivity", "diagonal": True}),
        ("lines", "curves", lines),
        ("heat", "pairs", {"label": "Nemenyi", "threshold": 0.05}),
        ("heat", "rates", {"kind": "rate", "label": "error rates", "threshold": 0.1}),
        ("chart", "way", {}),
        ("scatter", "dots", {"xlabel": "first direction", "ylabel": "second direction", "middles": True}),
        ("image_pairs", "images", {}),
        ("row_pairs", "twins", {"xlabel": "all 9 continuous features, in their order"}),
    ]
    return tuple(
        Picture(
            kind,
            frame,
            f"The {kind} of {methods[0]}",
            f"What {kind} shows of {methods[1]}",
            "A caption.",
            options,
        )
        for kind, frame, options in told
    )


def facts(first: str, second: str, **changes: Any) -> Facts:
    """Give facts of a comparison on one cohort."""
    known: dict[str, Any] = {
        "first": first, "second": second, "metric": "roc_auc", "label": "AUC", "greater_is_better": True,
        "margin": 0.02, "pairing": "exact", "n_repeats": 30, "varied": ("split",), "fixed": ("init",),
        "n_cases": 144, "n_positive": 23, "data": "scores.csv",
    }  # fmt: skip
    return Facts(**(known | changes))


def compared(first: str, second: str, seed: int = 0) -> Conclusion:
    """Give a comparison of two methods on one cohort."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(0.71, 0.03, 30), rng.normal(0.68, 0.03, 30)
    labels: Any = {"pairing": "exact", "estimand": "E1", "repeats_share_data": True}
    found: tuple[Result, ...] = tuple(
        f(a, b, **labels) for f in (stats.difference, stats.signed_rank, stats.prob_outperform, stats.a12)
    )
    known = facts(first, second)
    return Conclusion(known, found, verdict(known, found))


def comparison(number: int = 2, kind: str = "plain", **changes: Any) -> Answer:
    """Give the answer to which of some methods is best, with every figure and several tables."""
    methods = names(number, kind)
    verdicts = tuple(compared(methods[0], other, seed) for seed, other in enumerate(methods[1:4]))
    said, made = verdicts[0].verdict, frames(methods)
    spread = made["scores"].groupby("method", sort=False)["score"].agg(["mean", "std"]).reset_index()
    word = HOSTILE if kind == "hostile" else "scores.csv"
    settings: dict[str, Any] = {
        "command": "compare",
        "kicker": f"{word}, {number} methods, 30 repeats",
        "question": f"Is {methods[0]} better than {methods[1]}?",
        "scope": said.scope,
        "headline": said.headline,
        "sentences": said.sentences,
        "settle": said.settle,
        "notices": (f"3 rows of {word} were unpaired, and left out.",),
        "verdicts": verdicts,
        "frames": {**made, "spread": spread},
        "tables": (
            Shown("spread", "By method", {"method": "Method", "mean": "Mean", "std": "SD"}, (f"Of {word}.",)),
            Shown("wins", "P(first > second)", {"pair": "Pair", "estimate": "P", "interval": "I", "n": "n"}, (), 2),
            Shown("parts", "Shares", {"source": "Source", "share": "Share", "sd": "SD"}),
        ),
        "pictures": pictures(methods),
        "methods": f"The methods of {word} were compared by the corrected resampled t.\n\nThe margin was 0.02.",
        "citations": ("Doe 2020, doi:10.1000/doe",),
        "about": {"command": "varbench compare /home/jo/scores.csv", "seed": 1, "file": "/home/jo/scores.csv"},
    }  # fmt: skip
    return Answer(**(settings | changes))

"""What the answers to several questions share: conclusions from facts and results, words for methods, frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict

import numpy as np
import pandas as pd

from varbench.effects import Scored
from varbench.errors import InputError, unknown
from varbench.metrics import METRICS, label_of
from varbench.report import Picture
from varbench.stats import Result
from varbench.stats.regression import REGRESSION
from varbench.tables import quantity
from varbench.verdict import Conclusion, Facts, verdict

#: What holds where nothing is declared.
GAMMA, CONFIDENCE = 0.75, 0.95


class Declared(TypedDict):
    """What is declared of a comparison beside its metric."""

    margin: float | None
    gamma: float
    confidence_level: float


def concluded(facts: Facts, results: Iterable[Result]) -> Conclusion:
    """Put facts, results and the verdict that follows from them together."""
    found = tuple(results)
    return Conclusion(facts, found, verdict(facts, found))


def check_settings(margin: float | None, gamma: float, confidence_level: float) -> None:
    """Refuse what no comparison can be held against, before any work."""
    if margin is not None and not 0 < margin < float("inf"):
        raise InputError(f"margin={margin!r}: must be greater than 0, in units of the metric, or left out")
    if not 0.5 < gamma < 1:
        raise InputError(f"gamma={gamma!r}: must lie between 0.5 and 1, as 0.75 does")
    if not 0 < confidence_level < 1:
        raise InputError(f"confidence_level={confidence_level!r}: must lie between 0 and 1, as 0.95 does")


def pair_of(methods: Sequence[str], asked: Sequence[str] | None) -> tuple[str, str]:
    """Give the two that are compared: those asked for, else the first two."""
    if asked is None:
        if len(methods) < 2:
            raise InputError(
                f"two procedures are needed for a comparison; there is {', '.join(methods) or 'none'}"
            )
        return methods[0], methods[1]
    for name in asked:
        if name not in methods:
            raise InputError(unknown("procedure", name, methods))
    if len(asked) != 2 or asked[0] == asked[1]:
        raise InputError(
            f"two different procedures are needed, first and second; got {', '.join(asked) or 'none'}"
        )
    return asked[0], asked[1]


def known_procedures(there: Sequence[str], asked: Sequence[str]) -> tuple[str, ...]:
    """Give the procedures that are asked for, each of which there must be, and each once."""
    for name in asked:
        if name not in there:
            raise InputError(unknown("procedure", name, there))
    if len(set(asked)) < len(asked):
        raise InputError(f"procedures={', '.join(asked)}: each is named once")
    return tuple(asked)


def metric_named(name: str | None) -> str | None:
    """Give the metric that a usual spelling means: ``AUC`` is ``roc_auc``; what is not known stays as it is.

    Examples
    --------
    >>> metric_named("AUC"), metric_named("sensitivity"), metric_named("f1"), metric_named("my score")
    ('roc_auc', 'recall', 'f1', 'my score')
    """
    if not isinstance(name, str) or name in METRICS or name in REGRESSION:
        return name
    known = quantity(name)
    return known.name if known is not None and (known.name in METRICS or known.name in REGRESSION) else name


def counted(n: int, over: str) -> str:
    """Write a number of repeats, re-splits or cohorts, which are named in the plural."""
    return f"{n:,} {over if n != 1 else over.replace('cohorts drawn', 'cohort drawn').removesuffix('s')}"


def strips(scores: Mapping[str, np.ndarray[Any, Any]]) -> pd.DataFrame:
    """Give every score of every procedure, a row a score."""
    parts = [
        pd.DataFrame({"method": name, "score": values[np.isfinite(values)]})
        for name, values in scores.items()
    ]
    return pd.concat(parts, ignore_index=True)


def pictures_of_pairs(
    scored: Scored, over: str, margin: float | None
) -> tuple[dict[str, pd.DataFrame], list[Picture]]:
    """Draw two procedures: their scores, and where they are pairs, the differences and how often one is ahead."""
    a, b = scored.means()
    sign = 1 if scored.greater else -1
    label = label_of(scored.metric)
    frames = {"repeats": strips({scored.first: sign * a, scored.second: sign * b})}
    means = ", ".join(
        f"{name}: {part['score'].mean():.3f}"
        for name, part in frames["repeats"].groupby("method", sort=False)
    )
    pictures = [
        Picture(
            "strips",
            "repeats",
            f"{label} over {over}",
            f"A dot for each of the {over}. Means: {means}.",
            f"A dot for each of the {over}; the bar is the mean.",
            {"xlabel": label},
        )
    ]
    if scored.pairing == "none" or not scored.matched:
        return frames, pictures
    both = np.isfinite(a) & np.isfinite(b)
    if both.sum() < 2:
        return frames, pictures
    d = (a - b)[both]
    frames["differences"] = pd.DataFrame({"pair": np.flatnonzero(both), "difference": d})
    ahead = f"{scored.first} is ahead in {int((d > 0).sum())} of {len(d)}, {scored.second} in {int((d < 0).sum())}."
    options = {
        "first": scored.first,
        "second": scored.second,
        "label": label,
        "margin": margin,
        "estimate": float(d.mean()),
    }
    pictures.insert(
        0,
        Picture(
            "differences",
            "differences",
            f"{scored.first} minus {scored.second}",
            f"Paired differences of {label}. {ahead}",
            f"A dot for each of the {over}. {ahead} Their spread is over {over}, not over patients.",
            options,
        ),
    )
    return frames, pictures


def picture_of_wins(results: Iterable[Result], gamma: float) -> tuple[dict[str, pd.DataFrame], list[Picture]]:
    """Draw P(A>B) with its interval against one half and gamma."""
    found = [r for r in results if r.method == "prob_outperform" and r.interval is not None]
    rows = [
        {
            "pair": f"{r.settings.get('first', 'first')} > {r.settings.get('second', 'second')}",
            "estimate": r.estimate,
            "ci_low": r.ci_low,
            "ci_high": r.ci_high,
            "n": r.n,
        }
        for r in found
    ]
    if not rows:
        return {}, []
    said = "; ".join(
        f"{row['pair']}: {row['estimate']:.2f} [{row['ci_low']:.2f}, {row['ci_high']:.2f}]" for row in rows
    )
    picture = Picture(
        "outperform",
        "outperform",
        "How often one is ahead of the other",
        f"P(first > second) with its interval. {said}.",
        f"P(first > second) with Clopper and Pearson’s interval; the lines are one half and gamma = {gamma:g}.",
        {"gamma": gamma},
    )
    return {"outperform": pd.DataFrame(rows)}, [picture]

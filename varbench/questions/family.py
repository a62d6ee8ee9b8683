"""More than two procedures, on one data set or over several: intervals and p-values that know of all pairs."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from varbench.questions.words import family_paragraph, said_in
from varbench.report import Answer, Picture, Shown
from varbench.stats import Result, adjust
from varbench.stats.posthoc import cliques
from varbench.verdict import RUNGS, Conclusion
from varbench.verdict.evidence import Evidence
from varbench.verdict.family import order_of, rungs_of


def each_level(confidence_level: float, n: int) -> float:
    """Give the level of each of n intervals that hold together with a confidence level, by Bonferroni's inequality.

    Examples
    --------
    >>> round(each_level(0.95, 10), 6)
    0.995
    """
    return 1 - (1 - confidence_level) / n


def together(results: Iterable[Result], confidence_level: float, adjustment: str = "holm") -> list[Result]:
    """Make results of every pair hold together.

    Parameters
    ----------
    results : iterable of Result
        Of every pair, each with an interval at :func:`each_level` of the number of pairs.
    confidence_level : float
        That of all intervals of one method together.
    adjustment : str
        Of the p-values, method by method.

    Returns
    -------
    list of Result
        In the same order; the settings have the level of each interval alone and the p-value of the pair alone.
    """
    found = list(results)
    adjusted: list[float | None] = [None] * len(found)
    for method in dict.fromkeys(result.method for result in found):
        places = [i for i, r in enumerate(found) if r.method == method]
        known = [found[i].pvalue for i in places]
        if any(p is not None for p in known):
            values = adjust([1.0 if p is None else p for p in known], method=adjustment)
            for i, p, value in zip(places, known, values, strict=True):
                adjusted[i] = None if p is None else float(value)
    made = []
    for result, value in zip(found, adjusted, strict=True):
        more: dict[str, Any] = {}
        if result.interval is not None:
            more |= {
                "interval_of_all_pairs": "simultaneous, Bonferroni",
                "level_of_each": result.confidence_level,
            }
        if value is not None:
            more |= {"adjustment": adjustment, "pvalue_of_the_pair": result.pvalue}
        level = None if result.confidence_level is None else confidence_level
        made.append(
            replace(result, pvalue=value, confidence_level=level, settings={**result.settings, **more})
        )
    return made


def pairs_frame(conclusion: Conclusion) -> pd.DataFrame:
    """Give a row a pair, the better one first: difference, simultaneous interval, adjusted p-values, and the rung."""
    facts, results, said = conclusion
    evidence = Evidence(facts, results)
    rows = [
        {
            "first": pair.first, "second": pair.second,
            **{name: getattr(pair.size, name, None) for name in ("estimate", "ci_low", "ci_high")},
            "pvalue": pair.tests[0].pvalue if pair.tests else None, "words": RUNGS.get(pair.rung, ""),
            **({"pvalue_mean": pair.tests[1].pvalue} if len(pair.tests) > 1 else {}),
        }
        for pair in rungs_of(facts, evidence, said.row)
    ]  # fmt: skip
    frame = pd.DataFrame(rows)
    numbers = [column for column in frame.columns if column not in ("first", "second", "words")]
    return frame.astype(dict.fromkeys(numbers, float))


def shown_pairs(pairs: pd.DataFrame) -> Shown:
    """Show all pairs: differences with simultaneous intervals, adjusted p-values, and what may be said of each."""
    columns = {"first": "First", "second": "Second", "estimate": "Difference"}
    if pairs["ci_low"].notna().any():
        columns["interval"] = "Interval"
    if pairs["pvalue"].notna().any():
        columns["pvalue"] = "p, adjusted"
    if "pvalue_mean" in pairs:
        columns |= {"pvalue": "p, signed-rank", "pvalue_mean": "p, mean"}
    if pairs["words"].any():
        columns["words"] = "Verdict"
    note = "Intervals are simultaneous for all pairs (Bonferroni), p-values adjusted by Holm."
    return Shown("pairs", "All pairs", columns, (note,) if len(columns) > 3 else (), 3)


def alike(pairs: pd.DataFrame, order: Sequence[str]) -> list[list[str]]:
    """Give the largest sets of procedures of which no two are told apart, for the bars of a diagram of ranks."""
    near = np.eye(len(order), dtype=bool)
    for row in pairs.itertuples():
        if row.words in (RUNGS["not_shown"], RUNGS["equivalent"]):
            i, j = order.index(row.first), order.index(row.second)
            near[i, j] = near[j, i] = True
    return [[order[i] for i in clique] for clique in cliques(near)]


def answer_of_family(conclusion: Conclusion, kicker: str, **more: Any) -> Answer:
    """Make the answer that the verdict of more than two procedures is."""
    facts, _, said = conclusion
    return Answer(
        command="compare",
        kicker=kicker,
        question=f"Which of {len(facts.procedures)} procedures is best, by {facts.label}?",
        scope=said.scope,
        headline=said.headline,
        sentences=said.sentences,
        settle=said.settle,
        notices=(*said_in(said.notes), *more.pop("notices", ())),
        verdicts=(conclusion,),
        methods=family_paragraph(conclusion),
        **more,
    )


def pictures_of_family(
    conclusion: Conclusion, pairs: pd.DataFrame
) -> tuple[dict[str, pd.DataFrame], tuple[Picture, ...]]:
    """Draw the best against each other one, with intervals that know of all pairs; and all adjusted p-values."""
    facts, results, said = conclusion
    order = order_of(facts, Evidence(facts, results))
    best = pairs[pairs["first"] == order[0]]
    frames = {
        "best": pd.DataFrame(
            {
                "label": [f"{order[0]} minus {other}" for other in best["second"]],
                "estimate": best["estimate"].to_numpy(),
                "ci_low": best["ci_low"].to_numpy(), "ci_high": best["ci_high"].to_numpy(), "kind": "item",
            }
        )
    }  # fmt: skip
    level = f"{100 * facts.confidence_level:g} %"
    picture = Picture(
        "intervals",
        "best",
        f"{order[0]}, the best here, against each other one",
        f"Differences of {facts.label} with simultaneous intervals. {said.headline}",
        f"Right of 0, {order[0]} is better. Intervals hold together, at {level}, for all {facts.n_pairs} pairs, since "
        "which one is best was seen from the same scores.",
        {"xlabel": f"difference of {facts.label}", "reference": 0.0, "margin": facts.margin},
    )
    if not np.isfinite(pairs["pvalue"].to_numpy()).any() or said.row not in (3, 4, 5, 6, 9):
        return frames, (picture,)
    frames["pvalues"] = _square(order, pairs)
    heat = Picture(
        "heat", "pvalues", "Adjusted p-values", "Adjusted p-values of all pairs.", "Adjusted by Holm.", {}
    )
    return frames, (picture, heat)


def _square(order: Sequence[str], pairs: pd.DataFrame) -> pd.DataFrame:
    """Give the adjusted p-value of every two procedures, in both orders, 1 of each with itself."""
    p = pairs["pvalue"].fillna(1.0).to_numpy(float)
    known = dict(zip(zip(pairs["first"], pairs["second"], strict=True), p.tolist(), strict=True))
    rows = [
        {"row": a, "column": b, "value": known.get((a, b), known.get((b, a), 1.0))}
        for a, b in itertools.product(order, repeat=2)
    ]
    return pd.DataFrame(rows)

"""More than two procedures over several data sets: their ranks, and one verdict of them all."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from varbench.metrics import label_of
from varbench.questions.each_set import left_out, one_sided, within
from varbench.questions.family import (
    alike,
    answer_of_family,
    each_level,
    pairs_frame,
    pictures_of_family,
    shown_pairs,
    together,
)
from varbench.questions.pieces import concluded
from varbench.report import Answer, Picture, Shown
from varbench.stats import (
    Labels,
    MethodClass,
    RankTable,
    Result,
    friedman,
    mean_over_datasets,
    method_class,
    nemenyi,
    replicability,
    signed_rank,
    wilcoxon_holm,
)
from varbench.stats.classes import with_class
from varbench.verdict import MIN_DATA_SETS, Conclusion, of_family

if TYPE_CHECKING:
    from varbench.questions.of_scores import Told


def several_over_sets(told: Told, matrix: pd.DataFrame, about: dict[str, Any]) -> Answer:
    """Answer which of more than two procedures is best over data sets.

    Parameters
    ----------
    told : Told
        The table of these procedures alone, and what is said of it.
    matrix : DataFrame, (data set, procedure)
        Means over the runs that count.
    about : dict
        Provenance.

    Returns
    -------
    Answer
        One verdict of all together, of all pairs with adjusted p-values and simultaneous intervals.
    """
    conclusion, ranked, critical = family_over_sets(told, matrix)
    lost = _lost(told, matrix)
    pairs = pairs_frame(conclusion)
    frames, pictures = pictures_of_family(conclusion, pairs)
    frames |= {
        "ranks": ranked.frame()
        if told.scores.greater_is_better
        else ranked.frame().assign(score=-ranked.means),
        "pairs": pairs,
        "critical_difference": ranked.frame()[["method", "rank"]],
        "sets": matrix.rename_axis(columns=None).reset_index(),
    }
    return answer_of_family(
        conclusion,
        f"{told.scores.name}: {matrix.shape[1]} procedures on {matrix.shape[0]} data sets",
        notices=lost,
        frames=frames,
        tables=(_RANKS, shown_pairs(pairs)),
        pictures=(*_ranks_drawn(conclusion, alike(pairs, ranked.names), critical), *pictures),
        about=about,
    )


def family_over_sets(told: Told, matrix: pd.DataFrame) -> tuple[Conclusion, RankTable, float | None]:
    """Compare every pair of more than two procedures over data sets.

    Parameters
    ----------
    told, matrix
        As :func:`several_over_sets`.

    Returns
    -------
    conclusion : Conclusion
        Facts, results, verdict.
    ranked : RankTable
        Mean ranks, and what Wilcoxon-Holm tells apart.
    critical_difference : float or None
        Nemenyi's.
    """
    names, greater = tuple(str(name) for name in matrix.columns), told.scores.greater_is_better
    complete = matrix.dropna()
    k = len(complete)
    scores = (
        (complete if greater else -complete).to_numpy() if k else (matrix if greater else -matrix).to_numpy()
    )
    sets: Labels = {
        "unit": "data set",
        "pairing": "exact",
        "estimand": "E4",
        "confidence_level": told.confidence_level,
    }
    ranks = _class_of_ranks(k)
    of_ranks: Labels = {**sets, "validity": ranks.validity}
    ranked = wilcoxon_holm(scores, names=names, **of_ranks)
    overall = friedman(scores, names=names, **sets)
    results = [with_class(one, design="data sets", n=k) for one in (overall, ranked.overall)]
    results += _ranked_pairs(ranked, scores, names, told.confidence_level, ranks.rate)
    results += _means_of_pairs(told, complete, ranked.names)
    results += _counts_of_pairs(told, complete, ranked.names)
    more = {"metric": told.scores.metric, "greater_is_better": greater}
    results = [replace(r, settings={**r.settings, **more}) for r in results]
    first = told.facts(names[0], names[1], None, n_data_sets=k, data=f"{k} data sets")
    facts = replace(of_family(names, [first]), hints=(*_lost(told, matrix), *first.hints))
    return concluded(facts, results), ranked, nemenyi(scores, names=names, **sets).critical_difference


def _class_of_ranks(k: int) -> MethodClass:
    """Give the class of signed-rank tests of all pairs, adjusted by Holm, on so many data sets.

    The worse of the family's own and of one test's: the family was measured with procedures that can be exchanged,
    whose differences are symmetric; one test also with skewed ones, which no adjustment mends.
    """
    order = ("exact", "approximate", "failing", "unknown")
    both = [method_class(name, design="data sets", n=k) for name in ("wilcoxon_holm", "signed_rank")]
    return max(both, key=lambda one: order.index(one.validity))


def _lost(told: Told, matrix: pd.DataFrame) -> tuple[str, ...]:
    """Say what is left out: data sets that lack a procedure, runs that not all have."""
    holes = int(matrix.isna().to_numpy().any(axis=1).sum())
    lost = f"{holes} of {len(matrix)} data sets lack a score of some procedure and are left out."
    return (*((lost,) if holes else ()), *(left_out(told.scores) if told.shares_runs else ()))


def _ranked_pairs(
    ranked: RankTable, scores: np.ndarray[Any, Any], names: Sequence[str], level: float, rate: str
) -> list[Result]:
    """Give Wilcoxon-Holm's results with simultaneous intervals in the place of those of each pair alone."""
    each = each_level(level, len(ranked.results))
    column = {name: scores[:, place] for place, name in enumerate(names)}
    found = []
    for result in ranked.results:
        first, second = result.settings["first"], result.settings["second"]
        wide = signed_rank(
            column[first],
            column[second],
            pairing="exact",
            unit="data set",
            estimand="E4",
            confidence_level=each,
        )
        told = {
            **result.settings,
            "test": "signed-rank, adjusted by Holm",
            "interval": "simultaneous, Bonferroni",
            "level_of_each": each,
        }
        if rate:
            told["measured_error_rate"] = rate
        found.append(replace(result, ci_low=wide.ci_low, ci_high=wide.ci_high, settings=told))
    return found


def _means_of_pairs(told: Told, complete: pd.DataFrame, order: Sequence[str]) -> list[Result]:
    """Give the mean difference of each pair over data sets, the intervals holding together."""
    pairs, sign = list(itertools.combinations(order, 2)), 1 if told.scores.greater_is_better else -1
    labels: Labels = {
        "unit": "data set", "pairing": "exact", "estimand": "E4",
        "confidence_level": each_level(told.confidence_level, len(pairs)),
        "validity": method_class("mean_over_datasets", design="data sets", n=len(complete)).validity,
    }  # fmt: skip
    found = []
    for first, second in pairs:
        a, b = complete[first].to_numpy(), complete[second].to_numpy()
        result = mean_over_datasets(sign * a, sign * b, names=complete.index, **labels).result
        means = {
            "first": first,
            "second": second,
            "mean_first": float(a.mean()),
            "mean_second": float(b.mean()),
        }
        found.append(replace(result, settings={**result.settings, **means}))
    return together(found, told.confidence_level)


def _counts_of_pairs(told: Told, complete: pd.DataFrame, order: Sequence[str]) -> list[Result]:
    """Bound from below on how many of a few data sets one is ahead of another, for every two in both directions."""
    if len(complete) >= MIN_DATA_SETS or len(complete) < 2:
        return []
    level = each_level(told.confidence_level, len(order) * (len(order) - 1))
    found = []
    for first, second in itertools.combinations(order, 2):
        tests = within(told, [str(name) for name in complete.index], first, second)
        if len(tests) < len(complete):
            return []
        classes = {test.validity for test in tests.values()}
        worst = next(v for v in ("unknown", "failing", "approximate", "exact") if v in classes)
        for ahead, behind, sign in ((first, second, 1), (second, first, -1)):
            pvalues = [one_sided(test, sign) for test in tests.values()]
            count = replicability(pvalues, names=list(tests), validity=worst, confidence_level=level)
            about = {"first": ahead, "second": behind, "level_of_each": level}
            found.append(replace(count, settings={**count.settings, **about}))
    return together(found, told.confidence_level)


_RANKS = Shown(
    "ranks",
    "Mean ranks and mean scores",
    {"method": "Procedure", "rank": "Mean rank", "score": "Mean score"},
    digits=3,
)


def _ranks_drawn(
    conclusion: Conclusion, groups: list[list[str]], critical: float | None
) -> tuple[Picture, ...]:
    """Draw the mean ranks, with what is not told apart; nothing where so few data sets are only counted."""
    if conclusion.verdict.row != 9:
        return ()
    beside = f"; Nemenyi’s critical difference would be {critical:.2f}." if critical else "."
    caption = f"Bars join procedures that the tests of all pairs, adjusted by Holm, do not tell apart{beside}"
    options = {"cd": None, "groups": groups}
    label = label_of(conclusion.facts.metric)
    told = f"Critical difference diagram of mean ranks by {label}; {conclusion.verdict.headline}"
    return (Picture("critical_difference", "critical_difference", "Mean ranks", told, caption, options),)

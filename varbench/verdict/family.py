"""More than two procedures: which are not told apart from the best, every pair of them being looked at."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from varbench.stats import Result
from varbench.verdict.design import Facts
from varbench.verdict.evidence import Evidence
from varbench.verdict.rungs import ladder

#: What places a difference on the ladder: in each row the first of these that has a result of every pair.
RESTS_ON: dict[int, tuple[str, ...]] = {
    3: ("delong", "bootstrap_metric"), 4: ("joint_bootstrap",), 5: ("difference",), 6: ("corrected_resampled_t",),
    9: ("mean_over_datasets",),
}  # fmt: skip
#: Classes of a method that may count.
USABLE = ("exact", "approximate")
_PAIRINGS = ("none", "group", "exact")


def of_family(names: Sequence[str], pairs: Sequence[Facts]) -> Facts:
    """Give the facts of several procedures from those of every pair of them.

    Parameters
    ----------
    names : sequence of str
        More than two procedures.
    pairs : sequence of Facts
        Of every pair.

    Returns
    -------
    Facts
        The least that holds of all pairs: the weakest pairing, the fewest repeats.
    """
    first = pairs[0]
    return replace(
        first, procedures=tuple(names), pairing=_PAIRINGS[min(_PAIRINGS.index(one.pairing) for one in pairs)],
        n_repeats=min(one.n_repeats for one in pairs), predictions=all(one.predictions for one in pairs),
        failed={name: n for one in pairs for name, n in one.failed.items()},
        undefined={name: n for one in pairs for name, n in one.undefined.items()},
        leaks={name: found for one in pairs for name, found in one.leaks.items()},
        shares={name: found for one in pairs for name, found in one.shares.items()},
    )  # fmt: skip


def order_of(facts: Facts, evidence: Evidence) -> tuple[str, ...]:
    """Put the procedures in order, the best first: by mean rank over data sets, then by their means, then by name."""
    ranked = evidence.get("friedman") if facts.n_data_sets > 1 else None
    ranks = {} if ranked is None else ranked.settings.get("mean_ranks") or {}
    means, sign = means_of(evidence), -1.0 if facts.greater_is_better else 1.0
    keys = {name: (float(ranks.get(name, 0)), sign * means.get(name, 0.0), name) for name in facts.names}
    return tuple(sorted(facts.names, key=keys.__getitem__))


def means_of(evidence: Evidence) -> dict[str, float]:
    """Give the mean score of each procedure, as the results of the pairs have it."""
    found: dict[str, float] = {}
    for result in evidence.results:
        for place in ("first", "second"):
            value = result.settings.get(f"mean_{place}")
            if value is not None and place in result.settings:
                found.setdefault(str(result.settings[place]), float(value))
    return found


def between(evidence: Evidence, method: str, best: str, other: str) -> Result | None:
    """Give what a method says of two procedures, best minus other."""
    for result in evidence.results:
        if (
            result.method != method
            or result.settings.get("metric", evidence.facts.metric) != evidence.facts.metric
        ):
            continue
        pair = (result.settings.get("first"), result.settings.get("second"))
        if pair == (best, other):
            return result
        if pair == (other, best):
            return _mirrored(result)
    return None


def _mirrored(result: Result) -> Result:
    low, high = result.ci_low, result.ci_high
    turned = {name: None if value is None else -value for name, value in
              (("estimate", result.estimate), ("ci_low", high), ("ci_high", low))}  # fmt: skip
    return replace(result, **turned)  # type: ignore[arg-type]


class PairRung(NamedTuple):
    """What may be said of one pair among all.

    Attributes
    ----------
    first, second : str
        The better one of the order first.
    size : Result or None
        First minus second, with a simultaneous interval; None where there is no such result.
    tests : tuple of Result
        What must agree that the two differ.
    rung : str
        One of :data:`~varbench.verdict.RUNGS`, empty where the row has no ladder.
    """

    first: str
    second: str
    size: Result | None
    tests: tuple[Result, ...]
    rung: str


def rungs_of(facts: Facts, evidence: Evidence, row: int) -> tuple[PairRung, ...]:
    """Place every pair of procedures on the ladder, where the row has one.

    Parameters
    ----------
    facts : Facts
        Of the family.
    evidence : Evidence
        Results of every pair.
    row : int
        Of the table of verdicts.

    Returns
    -------
    tuple of PairRung
        A pair each, in the order of the procedures, the best first.
    """
    method = next((name for name in RESTS_ON.get(row, ()) if evidence.has(name)), None)
    found = []
    for first, second in itertools.combinations(order_of(facts, evidence), 2):
        size = between(evidence, method or _shown(facts), first, second)
        if method is None or size is None:
            bare = size if size is None or row != 8 else replace(size, ci_low=None, ci_high=None)
            found.append(PairRung(first, second, bare, (), ""))
            continue
        tests = (size,) if facts.n_data_sets == 1 else _tests_of_sets(evidence, first, second, size)
        found.append(PairRung(first, second, size, tests, rung_of(tests, size, facts)))
    return tuple(found)


def _shown(facts: Facts) -> str:
    """Give the plain difference that stands where no method may place it on the ladder."""
    return "mean_over_datasets" if facts.n_data_sets > 1 else "difference"


def _tests_of_sets(evidence: Evidence, best: str, other: str, mean: Result) -> tuple[Result, ...]:
    """Give what must agree that two differ over data sets: Wilcoxon-Holm, and where it is no test of the mean, the t.

    With many data sets whose differences are skewed a signed-rank test rejects equal means too often; asking both
    can only make fewer errors than either.
    """
    ranks = between(evidence, "wilcoxon_holm", best, other)
    if ranks is None:
        return (mean,)
    return (ranks,) if ranks.validity in USABLE else (ranks, mean)


def rung_of(tests: Sequence[Result], size: Result, facts: Facts) -> str:
    """Place the difference of one pair among many on the ladder.

    Parameters
    ----------
    tests : sequence of Result
        What must agree that the two differ: p-values adjusted for all pairs, or where there are none, simultaneous
        intervals.
    size : Result
        Whose simultaneous interval the margin is held against.
    facts : Facts
        Margin and confidence level.

    Returns
    -------
    str
        One of :data:`~varbench.verdict.RUNGS`. The adjustment of p-values may tell apart what simultaneous intervals,
        which are wider, do not; the size is then unsettled.
    """
    alpha, margin = 1 - facts.confidence_level, facts.margin
    by_interval = "not_shown" if size.interval is None else ladder(*size.interval, margin)
    estimates = [one.estimate for one in (*tests, size)]
    if any(value is None for value in estimates) or not all(_rejects(one, alpha) for one in tests):
        return by_interval if by_interval == "equivalent" else "not_shown"
    signs = {value > 0 for value in estimates if value is not None}
    if len(signs) > 1 or 0.0 in estimates:
        return "not_shown"
    if by_interval == "equivalent":
        return "real_but_small"
    if by_interval != "not_shown":
        return by_interval
    return "real" if margin is None else "real_size_unsettled"


def _rejects(result: Result, alpha: float) -> bool:
    if result.pvalue is not None:
        return result.pvalue <= alpha
    return result.interval is not None and (result.interval[0] > 0 or result.interval[1] < 0)

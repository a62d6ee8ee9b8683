"""Which of several procedures differ from which? Nemenyi's test, and signed-rank tests with an adjustment."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import numpy.typing as npt

from varbench.errors import StatisticsError, unknown
from varbench.stats.holes import scaled_ranks
from varbench.stats.many import Table, friedman, iman_davenport, paired_design, table
from varbench.stats.multiplicity import ADJUSTMENTS, adjust
from varbench.stats.ranks import signed_rank
from varbench.stats.result import Design, Labels, Result
from varbench.stats.samples import Floats
from varbench.stats.studentized import range_isf, range_sf

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class RankTable:
    """Mean ranks of several procedures over data sets, and which of them can be told apart.

    Parameters
    ----------
    method : str
        ``"nemenyi"`` or ``"wilcoxon_holm"``.
    names : tuple of str
        The procedures, the best mean rank first; all that follows is in this order.
    ranks : ndarray of float, (procedure,)
        Mean ranks, 1 the best.
    means : ndarray of float, (procedure,)
        Mean scores over the data sets.
    pvalues : ndarray of float, (procedure, procedure)
        Adjusted for all pairs, symmetric, 1 on the diagonal.
    groups : tuple of tuple of str
        The largest sets of procedures of which no two differ; the bars of a critical difference diagram.
    critical_difference : float or None
        The difference in mean rank from which on two procedures differ, where there is one for all pairs.
    overall : Result
        Do they differ at all? Iman and Davenport's test, or Skillings and Mack's where cells are missing.
    results : tuple of Result
        One a pair, first minus second in the order of `names`, so that positive favours the first.
    """

    method: str
    names: tuple[str, ...]
    ranks: Floats
    means: Floats
    pvalues: Floats
    groups: tuple[tuple[str, ...], ...]
    critical_difference: float | None
    overall: Result
    results: tuple[Result, ...]

    def frame(self) -> pd.DataFrame:
        """Give one row a procedure: its name, mean rank and mean score."""
        import pandas as pd

        return pd.DataFrame({"method": self.names, "rank": self.ranks, "score": self.means})

    def pairs(self) -> pd.DataFrame:
        """Give one row a pair: who, by how much, and the adjusted p-value."""
        import pandas as pd

        rows = [
            {"first": first, "second": second, "estimate": found.estimate, "ci_low": found.ci_low,
             "ci_high": found.ci_high, "pvalue": found.pvalue}
            for (first, second), found in zip(itertools.combinations(self.names, 2), self.results, strict=True)
        ]  # fmt: skip
        return pd.DataFrame(rows)

    def table(self) -> pd.DataFrame:
        """Give the p-values as a square, names on both sides."""
        import pandas as pd

        return pd.DataFrame(self.pvalues, index=list(self.names), columns=list(self.names))

    def _repr_html_(self) -> str:
        return str(self.frame().to_html(index=False))


def nemenyi(
    scores: npt.ArrayLike,
    *,
    names: npt.ArrayLike | None = None,
    missing: str = "complete",
    **labels: Unpack[Labels],
) -> RankTable:
    """Which procedures differ in their mean rank over data sets, all pairs being looked at?

    Parameters
    ----------
    scores, names, missing, **labels
        As in :func:`~varbench.stats.friedman`.

    Returns
    -------
    RankTable
        With one critical difference for all pairs. In `results` the estimate is the difference in mean rank,
        positive where the first is better (has the smaller rank), with its simultaneous interval.

    Raises
    ------
    StatisticsError
        As :func:`~varbench.stats.friedman`, or if the scores are said to form no pairs.

    Notes
    -----
    Nemenyi 1963; Demšar 2006 (Journal of Machine Learning Research 7, 1), section 3.2.2:
    CD = q_alpha sqrt(k (k + 1) / (6 N)), q_alpha the studentized range over sqrt(2). The ranks of a pair depend on
    all the other procedures in the table (Benavoli et al. 2016, Journal of Machine Learning Research 17, 1), which
    :func:`wilcoxon_holm` avoids.

    Examples
    --------
    >>> found = nemenyi([[0.9, 0.8, 0.7], [0.8, 0.7, 0.6], [0.9, 0.7, 0.8], [0.6, 0.5, 0.4]], names="abc")
    >>> found.names, round(found.critical_difference, 3), found.groups
    (('a', 'b', 'c'), 1.657, (('a', 'b'), ('b', 'c')))
    """
    design, given = paired_design(labels), table(scores, names, missing)
    n, k = given.scores.shape
    ranks = given.ranks
    order = np.argsort(ranks.mean(axis=0), kind="stable")
    means = ranks.mean(axis=0)[order]
    error = math.sqrt(k * (k + 1) / (6 * n))  # Demšar 2006, section 3.2.2
    first, second = np.triu_indices(k, 1)
    apart = means[second] - means[first]
    pvalues = range_sf(apart / error * math.sqrt(2), k)
    critical = range_isf(design.alpha, k) / math.sqrt(2) * error
    notes = given.notes + (["too_few_to_reject"] if critical > k - 1 else [])
    settings = {
        **given.settings,
        "interval": "simultaneous, studentized range",
        "critical_difference": critical,
    }
    results = tuple(
        design.result(
            "nemenyi", n=n, estimate=d, interval=(d - critical, d + critical), statistic=d / error, pvalue=p,
            settings={**settings, "first": given.names[order[i]], "second": given.names[order[j]]}, notes=notes,
        )
        for i, j, d, p in zip(first, second, apart, pvalues, strict=True)
    )  # fmt: skip
    return _rank_table("nemenyi", given, order, means, pvalues, critical, results, design)


def wilcoxon_holm(
    scores: npt.ArrayLike,
    *,
    names: npt.ArrayLike | None = None,
    missing: str = "complete",
    adjustment: str = "holm",
    **labels: Unpack[Labels],
) -> RankTable:
    """Which procedures differ over data sets, each pair judged by its own scores alone?

    Parameters
    ----------
    scores, names, **labels
        As in :func:`~varbench.stats.friedman`.
    missing : {"complete", "error", "pairwise"}
        Data sets with a missing cell are left out and counted, or refused, or used for the pairs that have both
        scores. With ``"pairwise"`` the ranks are those within the procedures present, stretched to all of them, and
        the overall test is Skillings and Mack's.
    adjustment : str
        A method of :func:`~varbench.stats.adjust`: ``"holm"``, or ``"shaffer"`` for more power.

    Returns
    -------
    RankTable
        Without a critical difference. `results` are those of :func:`~varbench.stats.signed_rank`, two-sided, with
        the adjusted p-value; their intervals are not adjusted, as their settings say.

    Raises
    ------
    StatisticsError
        As :func:`nemenyi`, or if the adjustment is not known.

    Notes
    -----
    Benavoli, Corani & Mangili 2016 (Journal of Machine Learning Research 17, 1); Holm 1979, doi:10.2307/4615733.
    No omnibus test stands before the pairs: the adjustment alone keeps the error rate.

    Examples
    --------
    >>> scores = [[0.5 + i / 50, 0.45 + i / 60, 0.4] for i in range(8)]
    >>> found = wilcoxon_holm(scores, names=["a", "b", "c"])
    >>> found.pvalues.round(4).tolist()[0], found.groups
    ([1.0, 0.0234, 0.0234], ())
    """
    if adjustment not in ADJUSTMENTS:
        raise StatisticsError(unknown("adjustment", adjustment, ADJUSTMENTS))
    design, given = paired_design(labels), table(scores, names, missing, with_holes="pairwise")
    k = given.scores.shape[1]
    mean_ranks = np.nanmean(scaled_ranks(given.ranks), axis=0)
    order = np.argsort(mean_ranks, kind="stable")
    columns = given.scores[:, order]
    chosen: Labels = {
        "unit": design.unit, "pairing": design.pairing, "estimand": design.estimand, "validity": design.validity,
        "confidence_level": design.confidence_level, "repeats_share_data": design.repeats_share_data,
    }  # fmt: skip
    pairs = list(itertools.combinations(range(k), 2))
    raw = [signed_rank(columns[:, i], columns[:, j], **chosen) for i, j in pairs]
    pvalues = adjust([1.0 if found.pvalue is None else found.pvalue for found in raw], method=adjustment)
    results = []
    for (i, j), found, pvalue in zip(pairs, raw, pvalues, strict=True):
        more: dict[str, Any] = {
            "first": given.names[order[i]], "second": given.names[order[j]], "adjustment": adjustment,
            "pvalue_of_the_pair": found.pvalue, "interval": "of the pair alone, not adjusted",
        }  # fmt: skip
        results.append(
            replace(
                found,
                method="wilcoxon_holm",
                pvalue=float(pvalue),
                settings={**found.settings, **given.settings, **more},
                notes=tuple(sorted({*found.notes, *given.notes})),
            )
        )
    return _rank_table(
        "wilcoxon_holm", given, order, mean_ranks[order], pvalues, None, tuple(results), design
    )


def _rank_table(
    method: str, given: Table, order: npt.NDArray[np.intp], ranks: Floats, pvalues: Floats,
    critical: float | None, results: tuple[Result, ...], design: Design,
) -> RankTable:  # fmt: skip
    k = len(order)
    square = np.ones((k, k))
    square[np.triu_indices(k, 1)] = pvalues
    square = np.minimum(square, square.T)
    names = tuple(given.names[i] for i in order)
    chosen: Labels = {"confidence_level": design.confidence_level}
    if np.isnan(given.scores).any():
        overall = friedman(given.scores, names=given.names, missing="skillings_mack", **chosen)
    else:
        overall = iman_davenport(given.scores, names=given.names, **chosen)
    together = cliques(square > design.alpha)
    return RankTable(
        method=method, names=names, ranks=ranks, means=np.nanmean(given.scores, axis=0)[order], pvalues=square,
        groups=tuple(tuple(names[i] for i in clique) for clique in together), critical_difference=critical,
        overall=replace(
            overall, unit=design.unit, pairing=design.pairing, estimand=design.estimand, validity=design.validity,
            settings={**overall.settings, **given.settings}, notes=tuple(sorted({*overall.notes, *given.notes})),
        ),
        results=results,
    )  # fmt: skip


def cliques(alike: npt.NDArray[np.bool_]) -> list[tuple[int, ...]]:
    """Give the largest sets in which each is like each other, single ones left out, in order.

    Notes
    -----
    Bron & Kerbosch 1973, doi:10.1145/362342.362367, with the pivot that leaves the fewest branches.
    """
    near = [set(np.flatnonzero(row).tolist()) - {i} for i, row in enumerate(alike)]
    found: list[tuple[int, ...]] = []

    def grow(chosen: set[int], candidates: set[int], seen: set[int]) -> None:
        if not candidates and not seen and len(chosen) > 1:
            found.append(tuple(sorted(chosen)))
        if not candidates:
            return
        pivot = max(candidates | seen, key=lambda i: len(near[i] & candidates))
        for i in sorted(candidates - near[pivot]):
            grow(chosen | {i}, candidates & near[i], seen & near[i])
            candidates = candidates - {i}
            seen = seen | {i}

    grow(set(), set(range(len(near))), set())
    return sorted(found)

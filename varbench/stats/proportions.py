"""Shares: how many of how many, with an interval that stays in [0, 1]."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Unpack

from scipy import stats as distributions

from varbench.errors import StatisticsError, unknown
from varbench.stats.outperform import check_count, clopper_pearson
from varbench.stats.result import Design, Labels, Result
from varbench.stats.samples import is_number
from varbench.stats.score_interval import score_interval


def proportion(
    count: float,
    n: int,
    *,
    interval: str = "wilson",
    null: float | None = None,
    **labels: Unpack[Labels],
) -> Result:
    """Where does a share lie, of which `count` of `n` independent cases were seen?

    Accuracy, recall, specificity and precision of one model are such shares: of all cases, of the positive, of
    the negative, of those called positive.

    Parameters
    ----------
    count : float
        From 0 to `n`.
    n : int
        At least 1. Cases must be independent; for several cases a patient, use a bootstrap by group.
    interval : {"wilson", "clopper_pearson", "jeffreys", "agresti_coull"}
        Wilson's covers near the confidence level on average, Clopper and Pearson's never below it.
    null : float, optional
        A share to test, in [0, 1]; the p-value is the exact two-sided binomial one.
    **labels
        As in :class:`~varbench.stats.Design`; the unit is ``"patient"``, the estimand E3.

    Returns
    -------
    Result
        `estimate` is ``count / n``, `statistic` the count; `pvalue` where `null` is given.

    Raises
    ------
    StatisticsError
        If `count` or `n` is out of its range, `null` is no share or comes with half a count, or the interval is not
        known.

    Notes
    -----
    Wilson 1927, doi:10.1080/01621459.1927.10502953; Clopper & Pearson 1934, doi:10.1093/biomet/26.4.404; Brown,
    Cai & DasGupta 2001, doi:10.1214/ss/1009213286, for the others and their coverage.

    Examples
    --------
    >>> result = proportion(37, 46)
    >>> round(result.estimate, 3), round(result.ci_low, 3), round(result.ci_high, 3)
    (0.804, 0.668, 0.893)
    """
    if interval not in INTERVALS:
        raise StatisticsError(unknown("interval", interval, INTERVALS))
    check_count(count, n)
    design = Design.of(labels, unit="patient", estimand="E3")
    pvalue = None
    if null is not None:
        if not is_number(null) or not 0 <= null <= 1 or count != int(count):
            raise StatisticsError(
                f"null={null!r}, count={count!r}: a share in [0, 1] and a whole count are needed"
            )
        pvalue = float(distributions.binomtest(int(count), n, null).pvalue)
    return design.result(
        "proportion", n=n, estimate=count / n, interval=INTERVALS[interval](count, n, design.confidence_level),
        statistic=count, pvalue=pvalue, settings={"interval": interval, "count": count, "null": null},
        notes=["boundary"] if count in (0, n) else [],
    )  # fmt: skip


def wilson(count: float, n: int, confidence_level: float = 0.95) -> tuple[float, float]:
    """Where does a share lie, by the score test's inversion?

    Parameters
    ----------
    count : float
        From 0 to `n`.
    n : int
        At least 1.
    confidence_level : float
        In (0, 1).

    Returns
    -------
    (float, float)
        In [0, 1].

    Raises
    ------
    StatisticsError
        If there cannot be so many, or the level is out of its range.

    Notes
    -----
    Wilson 1927, doi:10.1080/01621459.1927.10502953: all p with |count / n - p| <= z * sqrt(p (1 - p) / n).

    Examples
    --------
    >>> [round(bound, 4) for bound in wilson(81, 263)]
    [0.2553, 0.3662]
    """
    check_count(count, n, confidence_level)
    low, high = score_interval(count / n, n, confidence_level)
    return float(low), float(high)


def _jeffreys(count: float, n: int, confidence_level: float) -> tuple[float, float]:
    # Brown, Cai & DasGupta 2001: with its ends moved to 0 and 1, where the posterior would exclude them
    tail = (1 - confidence_level) / 2
    posterior = distributions.beta(count + 0.5, n - count + 0.5)
    return (
        0.0 if count == 0 else float(posterior.ppf(tail)),
        1.0 if count == n else float(posterior.ppf(1 - tail)),
    )


def _agresti_coull(count: float, n: int, confidence_level: float) -> tuple[float, float]:
    z = float(distributions.norm.ppf((1 + confidence_level) / 2))
    size = n + z * z
    centre = (count + z * z / 2) / size
    half = z * math.sqrt(centre * (1 - centre) / size)
    return max(0.0, centre - half), min(1.0, centre + half)


#: Interval's name -> (count, n, confidence level) -> (low, high).
INTERVALS: dict[str, Callable[[float, int, float], tuple[float, float]]] = {
    "wilson": wilson,
    "clopper_pearson": clopper_pearson,
    "jeffreys": _jeffreys,
    "agresti_coull": _agresti_coull,
}

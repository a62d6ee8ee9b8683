"""How large must the next study be? Test sets for an interval's width, the noise at a size, what could be real."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special
from scipy import stats as distributions

from varbench.errors import StatisticsError, unknown
from varbench.stats.samples import check_numbers, is_number
from varbench.stats.score_interval import score_interval

#: Metric -> what its interval is made of: a share of some cases, an AUC, or a mean over cases.
KINDS: dict[str, str] = {
    "accuracy": "all", "recall": "positives", "sensitivity": "positives", "specificity": "negatives",
    "roc_auc": "auc", "auc": "auc", "dice": "mean", "iou": "mean", "nsd": "mean", "hd95": "mean", "mae": "mean",
}  # fmt: skip
#: The kinds that are shares of cases.
SHARES = ("all", "positives", "negatives")
#: The largest test set that is looked for.
LARGEST = 10_000_000


def test_set_size(
    metric: str,
    *,
    width: float,
    expected: float | None = None,  # noqa: PT028
    prevalence: float | None = None,  # noqa: PT028
    sd: float | None = None,  # noqa: PT028
    confidence_level: float = 0.95,  # noqa: PT028
) -> int:
    """How many test cases does an interval of this width need?

    Parameters
    ----------
    metric : str
        One of :data:`KINDS`.
    width : float
        The wanted width of the two-sided interval, from end to end, in the metric's units.
    expected : float, optional
        The expected value, in [0, 1]; for AUC in (0.5, 1). Not needed for means.
    prevalence : float, optional
        The share of positives, in (0, 1); needed for recall, specificity and AUC.
    sd : float, optional
        The standard deviation over cases, in the metric's units; needed for means.
    confidence_level : float
        In (0, 1).

    Returns
    -------
    int
        The smallest number of cases whose interval is expected to be no wider.

    Raises
    ------
    StatisticsError
        If the metric is not known, a number is missing or out of range, or more than 10 million cases are needed.

    Notes
    -----
    As for :func:`width_of`.

    Examples
    --------
    >>> test_set_size("dice", width=1.0, sd=3.0)
    139
    >>> test_set_size("accuracy", width=0.1, expected=0.8)
    243
    """
    if not is_number(width) or width <= 0:
        raise StatisticsError(f"width={width!r}: must be above 0, in the metric's units")
    of = _width_of_units(metric, expected, prevalence, sd, confidence_level)
    high = 2
    while of(high) > width:
        high *= 2
        if high > LARGEST:
            raise StatisticsError(f"width={width!r} needs more than {LARGEST} cases; choose a larger width")
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if of(middle) > width else (low, middle)
    units = low if of(low) <= width else high
    return math.ceil(units / _share(metric, prevalence) - 1e-9)


# its name begins as a test's does, which is also why the linter takes its parameters for fixtures
test_set_size.__test__ = False  # type: ignore[attr-defined]


def width_of(
    metric: str,
    n: int,
    *,
    expected: float | None = None,
    prevalence: float | None = None,
    sd: float | None = None,
    confidence_level: float = 0.95,
) -> float:
    """How wide will the interval of a metric be, on `n` test cases?

    Parameters
    ----------
    metric, expected, prevalence, sd, confidence_level
        As in :func:`test_set_size`.
    n : int
        Test cases, of both classes.

    Returns
    -------
    float
        From end to end, in the metric's units.

    Raises
    ------
    StatisticsError
        As :func:`test_set_size`, or if no case is left of the class that counts.

    Notes
    -----
    Shares: the expected width of Wilson's interval (Wilson 1927, doi:10.1080/01621459.1927.10502953) over all
    binomial outcomes. AUC: the variance of Hanley & McNeil 1982, doi:10.1148/radiology.143.1.7063747, on the logit
    scale. Means: 2 z sd / sqrt(n).

    Examples
    --------
    >>> round(width_of("dice", 20, sd=7.0), 1)
    6.1
    """
    share = _share(metric, prevalence)
    if not is_number(n) or not 0 <= n <= LARGEST:
        raise StatisticsError(f"n={n!r}: a number of cases up to {LARGEST} is needed")
    units = int(n * share + 1e-9)
    if units < 1:
        raise StatisticsError(f"n={n!r}: at least one case that {metric!r} is about is needed")
    return _width_of_units(metric, expected, prevalence, sd, confidence_level)(units)


def noise_band(p: float, n: int, confidence_level: float = 0.95) -> tuple[float, float]:
    """Between which accuracies does a model of true accuracy `p` land on `n` test cases?

    Parameters
    ----------
    p : float
        The true share of right answers, in [0, 1].
    n : int
        Test cases, at least 1.
    confidence_level : float
        In (0, 1); at least this share of the outcomes lies within.

    Returns
    -------
    (float, float)
        Observed shares, the quantiles of a binomial distribution.

    Raises
    ------
    StatisticsError
        If a number is out of its range.

    Notes
    -----
    Varoquaux & Colliot 2023, doi:10.1007/978-1-0716-3195-9_20, on the noise of an evaluation.

    Examples
    --------
    >>> noise_band(0.80, 50)
    (0.68, 0.9)
    """
    check_numbers(p=p, n=n, confidence_level=confidence_level)
    if not (0 <= p <= 1 and 1 <= n <= LARGEST and 0 < confidence_level < 1):
        raise StatisticsError(
            f"p={p!r}, n={n!r}, confidence_level={confidence_level!r}: p must lie in [0, 1], n in 1 to "
            f"{LARGEST}, and the level lie in (0, 1)"
        )
    tail = (1 - confidence_level) / 2
    low, high = (float(distributions.binom.ppf(q, n, p)) / n for q in (tail, 1 - tail))
    return low, high


@dataclass(frozen=True)
class SmallestDifference:
    """The smallest difference between two models that an interval could tell from 0.

    Parameters
    ----------
    same_cases : float or None
        If both were tested on the same cases, and all luck is on the claim's side; None where no difference could.
    other_cases : float or None
        If each was tested on cases of its own, as many.
    settings : dict
        How they were found.
    """

    same_cases: float | None
    other_cases: float | None
    settings: dict[str, Any]


def smallest_difference(
    metric: str,
    n: int,
    *,
    expected: float | None = None,
    prevalence: float | None = None,
    sd: float | None = None,
    correlation: float = 0.5,
    confidence_level: float = 0.95,
) -> SmallestDifference:
    """What is the smallest difference that could be real, on a test set of this size?

    Parameters
    ----------
    metric, expected, prevalence, sd, confidence_level
        As in :func:`test_set_size`; `expected` is the value of the weaker model.
    n : int
        Test cases, of both classes.
    correlation : float
        Between the two models' scores on the same cases, in [0, 1); not used for shares.

    Returns
    -------
    SmallestDifference
        In the metric's units. For shares on the same cases the best case for a claim: all cases in which the models
        differ favour one of them.

    Raises
    ------
    StatisticsError
        As :func:`width_of`.

    Notes
    -----
    Shares: the exact test of McNemar for the same cases, 2 (1/2)^b <= alpha; for others Newcombe 1998,
    doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I, method 10. AUC: Hanley & McNeil 1983,
    doi:10.1148/radiology.148.3.6878708, z sqrt(2 (1 - r)) SE.

    Examples
    --------
    >>> found = smallest_difference("accuracy", 46, expected=0.80)
    >>> round(found.same_cases, 3), round(found.other_cases, 3)
    (0.13, 0.152)
    """
    if not is_number(correlation) or not 0 <= correlation < 1:
        raise StatisticsError(f"correlation={correlation!r}: must lie in [0, 1)")
    width_of(metric, n, expected=expected, prevalence=prevalence, sd=sd, confidence_level=confidence_level)
    units = int(n * _share(metric, prevalence) + 1e-9)
    kind = KINDS[metric]
    settings: dict[str, Any] = {
        "metric": metric,
        "n": n,
        "units": units,
        "confidence_level": confidence_level,
    }
    if kind in SHARES:
        same = math.ceil(math.log2(2 / (1 - confidence_level)) - 1e-12)
        return SmallestDifference(
            same / units if same <= units else None, _newcombe_gap(float(expected or 0.0), units, confidence_level),
            settings | {"same_cases": "exact McNemar, all in one direction", "other_cases": "Newcombe, method 10"},
        )  # fmt: skip
    z = float(special.ndtri((1 + confidence_level) / 2))
    if kind == "auc":
        error = math.sqrt(hanley_mcneil(float(expected or 0.0), *_classes(n, float(prevalence or 0.0))))
    else:
        error = float(sd or 0.0) / math.sqrt(n)
    return SmallestDifference(
        z * math.sqrt(2 * (1 - correlation)) * error, z * math.sqrt(2) * error,
        settings | {"correlation": correlation, "standard_error": error},
    )  # fmt: skip


def hanley_mcneil(auc: float, positives: float, negatives: float) -> float:
    """How uncertain is an AUC? Its variance, from its value and the sizes of the classes alone.

    Parameters
    ----------
    auc : float
        In [0, 1].
    positives, negatives : float
        Numbers of cases, at least 1.

    Returns
    -------
    float
        The squared standard error.

    Raises
    ------
    StatisticsError
        If the AUC lies outside of [0, 1], or a class has no case.

    Notes
    -----
    Hanley & McNeil 1982, doi:10.1148/radiology.143.1.7063747, equations 1 and 2, with exponential scores.

    Examples
    --------
    >>> round(hanley_mcneil(0.5, 10, 10) ** 0.5, 3)
    0.132
    """
    check_numbers(auc=auc, positives=positives, negatives=negatives)
    if not 0 <= auc <= 1 or min(positives, negatives) < 1:
        raise StatisticsError(
            f"auc={auc!r}, positives={positives!r}, negatives={negatives!r}: an AUC in [0, 1] and at least one case "
            "of each class are needed"
        )
    one, two = auc / (2 - auc), 2 * auc**2 / (1 + auc)  # (2)
    return (
        auc * (1 - auc) + (positives - 1) * (one - auc**2) + (negatives - 1) * (two - auc**2)
    ) / (positives * negatives)  # (1)  # fmt: skip


def _share(metric: str, prevalence: float | None) -> float:
    """Give which share of the cases the metric is about."""
    if metric not in KINDS:
        raise StatisticsError(unknown("metric", metric, KINDS))
    if KINDS[metric] in ("all", "mean"):
        return 1.0
    if not is_number(prevalence) or prevalence is None or not 0 < prevalence < 1:
        raise StatisticsError(
            f"prevalence={prevalence!r}: {metric!r} needs the share of positives, in (0, 1)"
        )
    return {"positives": prevalence, "negatives": 1 - prevalence}.get(KINDS[metric], 1.0)


def _width_of_units(
    metric: str, expected: float | None, prevalence: float | None, sd: float | None, confidence_level: float
) -> Callable[[int], float]:
    """Check the numbers, and give the width as a function of the number of cases that count."""
    _share(metric, prevalence)
    if not is_number(confidence_level) or not 0 < confidence_level < 1:
        raise StatisticsError(
            f"confidence_level={confidence_level!r}: must lie between 0 and 1, as 0.95 does"
        )
    z = float(special.ndtri((1 + confidence_level) / 2))
    kind = KINDS[metric]
    if kind == "mean":
        if not is_number(sd) or sd is None or sd <= 0:
            raise StatisticsError(f"sd={sd!r}: {metric!r} needs the standard deviation over cases, above 0")
        spread = float(sd)
        return lambda n: 2 * z * spread / math.sqrt(n)
    if (
        not is_number(expected)
        or expected is None
        or not (0.5 < expected < 1 if kind == "auc" else 0 <= expected <= 1)
    ):
        between = "(0.5, 1)" if kind == "auc" else "[0, 1]"
        raise StatisticsError(f"expected={expected!r}: {metric!r} needs its expected value, in {between}")
    value = float(expected)
    if kind == "auc":
        return lambda n: _auc_width(value, n, float(prevalence or 0.0), z)
    return lambda n: _wilson_width(value, n, confidence_level)


def _classes(n: int, prevalence: float) -> tuple[float, float]:
    """Give the sizes of both classes, not rounded, so that widths fall smoothly with n."""
    return max(n * prevalence, 1.0), max(n * (1 - prevalence), 1.0)


def _auc_width(auc: float, n: int, prevalence: float, z: float) -> float:
    error = math.sqrt(hanley_mcneil(auc, *_classes(n, prevalence))) / (auc * (1 - auc))
    low, high = special.expit(special.logit(auc) + z * error * np.array([-1.0, 1.0]))
    return float(high - low)


def _wilson_width(p: float, n: int, confidence_level: float) -> float:
    """Give the mean width over the binomial outcomes, of which all but 1e-12 are looked at."""
    counts = np.arange(distributions.binom.ppf(5e-13, n, p), distributions.binom.isf(5e-13, n, p) + 1)
    weights = distributions.binom.pmf(counts, n, p)
    low, high = score_interval(counts / n, n, confidence_level)
    return float(weights @ (high - low) / weights.sum())


def _newcombe_gap(p: float, n: int, confidence_level: float) -> float | None:
    """Give the smallest difference of counts whose interval excludes 0, the weaker model near to `p`."""
    weaker = round(p * n)
    counts = np.arange(weaker, n + 1)
    low, _ = score_interval(counts / n, n, confidence_level)
    _, high = score_interval(weaker / n, n, confidence_level)
    gap = (counts - weaker) / n
    below = gap - np.sqrt((counts / n - low) ** 2 + (high - weaker / n) ** 2)
    real = np.flatnonzero(below > 0)
    return float(gap[real[0]]) if len(real) else None

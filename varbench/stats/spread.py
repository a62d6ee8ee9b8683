"""From resampled values to an interval and a p-value."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import stats as distributions

from varbench.stats.draws import Codes
from varbench.stats.samples import TIE_TOLERANCE, Floats


def percentile(values: Floats, confidence_level: float) -> tuple[float, float]:
    """Between which values does the middle share of the resamples lie?

    Parameters
    ----------
    values : ndarray of float64, (resample,)
        The statistic on each resample.
    confidence_level : float
        In (0, 1).

    Returns
    -------
    (float, float)

    Notes
    -----
    Efron & Tibshirani 1993, doi:10.1201/9780429246593, eq. 13.5.

    Examples
    --------
    >>> [round(bound, 6) for bound in percentile(np.arange(101.0), 0.9)]
    [5.0, 95.0]
    """
    tail = (1 - confidence_level) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def acceleration(left_out: Sequence[tuple[Floats, Codes]]) -> float:
    """How fast does the standard error change with the value? By the jackknife, over strata.

    Parameters
    ----------
    left_out : sequence of (ndarray of float64 (unit,), ndarray of int64 (unit,))
        For each stratum the statistic with one unit left out, and how often that unit is there.

    Returns
    -------
    float
        0 where there is no spread; units without which there is no value count as the mean does.

    Notes
    -----
    Efron & Tibshirani 1993, doi:10.1201/9780429246593, eq. 14.15; over several samples Davison & Hinkley 1997,
    doi:10.1017/CBO9780511802843, eq. 5.25.

    Examples
    --------
    >>> round(acceleration([(np.array([1.0, 2.0, 6.0]), np.ones(3, int))]), 4)
    -0.0573
    """
    cubes = squares = 0.0
    for values, times in left_out:
        known = np.isfinite(values)
        n = int(times[known].sum())
        if n < 2:
            continue
        mean = float(values[known] @ times[known]) / n
        influence = (n - 1) * (mean - values[known])
        cubes += float((influence**3) @ times[known]) / n**3
        squares += float((influence**2) @ times[known]) / n**2
    return cubes / (6 * squares**1.5) if squares > 0 else 0.0


def bca(
    values: Floats, estimate: float, acceleration: float, confidence_level: float
) -> tuple[float, float] | None:
    """Where does the estimate lie, the resamples' bias and skewness corrected?

    Parameters
    ----------
    values : ndarray of float64, (resample,)
        The statistic on each resample.
    estimate : float
        The statistic on the data.
    acceleration : float
        From :func:`acceleration`.
    confidence_level : float
        In (0, 1).

    Returns
    -------
    (float, float) or None
        None where all resamples lie on one side of the estimate, so that the bias has no finite correction.

    Notes
    -----
    Efron 1987, doi:10.1080/01621459.1987.10478410; Efron & Tibshirani 1993, eq. 14.9, 14.10 and 14.14, with
    resamples equal to the estimate counting half.

    Examples
    --------
    >>> [round(bound, 6) for bound in bca(np.arange(101.0), 50.0, 0.0, 0.9)]
    [5.0, 95.0]
    """
    near = TIE_TOLERANCE * max(abs(estimate), float(np.abs(values).max()))
    share = float((values < estimate - near).mean() + (values <= estimate + near).mean()) / 2
    if not 0 < share < 1:
        return None
    bias = float(distributions.norm.ppf(share))  # eq. 14.14
    tail = (1 - confidence_level) / 2
    levels = []
    for z in distributions.norm.ppf([tail, 1 - tail]):
        shifted = bias + (bias + z) / (1 - acceleration * (bias + z))  # eq. 14.10
        levels.append(float(distributions.norm.cdf(shifted)))
    low, high = np.quantile(values, levels)
    return float(low), float(high)


def centred_pvalue(values: Floats, estimate: float) -> float:
    """How often do resampled differences stray from the estimate as far as that is from 0?

    Parameters
    ----------
    values : ndarray of float64, (resample,)
        The difference on each resample.
    estimate : float
        The difference on the data.

    Returns
    -------
    float
        Two-sided, never 0: the data count as one more resample.

    Notes
    -----
    Efron & Tibshirani 1993, doi:10.1201/9780429246593, section 16.4, two-sided; Davison & Hinkley 1997,
    doi:10.1017/CBO9780511802843, eq. 4.11, for the one that is added.

    Examples
    --------
    >>> centred_pvalue(np.array([1.0, 2.0, 3.0, 4.0]), 2.0)
    0.4
    """
    near = TIE_TOLERANCE * max(abs(estimate), float(np.abs(values).max()))
    far = int((np.abs(values - estimate) >= abs(estimate) - near).sum())
    return (far + 1) / (len(values) + 1)


def is_constant(values: Floats, size: float) -> bool:
    """Tell whether resampled values differ by nothing but rounding; `size` is that of the largest score."""
    return float(np.ptp(values)) <= TIE_TOLERANCE * max(size, math.ulp(0.0))

"""Many p-values at once: what is left of each when all are looked at; and gamma for many contestants."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import stats as distributions

from varbench.errors import StatisticsError, unknown
from varbench.stats.samples import Floats, check_numbers, numbers


def adjust(pvalues: npt.ArrayLike, *, method: str = "holm") -> Floats:
    """How small is each p-value still, when all of them have been looked at?

    Parameters
    ----------
    pvalues : array_like of float, any shape
        In [0, 1], each comparison once. For ``"shaffer"`` those of all pairs of k procedures, k (k - 1) / 2.
    method : {"holm", "bonferroni", "hochberg", "shaffer", "bh", "by"}
        Holm and Bonferroni keep the probability of any false rejection, whatever the dependence; Shaffer does
        so for all pairs of procedures, and rejects more than Holm; Hochberg needs independent (or positively
        dependent) p-values. ``"bh"`` (Benjamini and Hochberg) keeps the expected share of false rejections
        among the rejections under positive dependence, ``"by"`` (Benjamini and Yekutieli) under any.

    Returns
    -------
    ndarray of float64
        The adjusted p-values, in the shape given: reject where they are at most alpha.

    Raises
    ------
    StatisticsError
        If a p-value is missing or outside [0, 1], if there is none, if the method is not known, or if
        Shaffer's is handed a number of p-values that all pairs cannot have.

    Notes
    -----
    Holm 1979, doi:10.2307/4615733; Hochberg 1988, doi:10.1093/biomet/75.4.800; Shaffer 1986,
    doi:10.1080/01621459.1986.10478341, the static procedure, as in Garcia & Herrera 2008 (Journal of Machine
    Learning Research 9, 2677), section 3.1; Benjamini & Hochberg 1995,
    doi:10.1111/j.2517-6161.1995.tb02031.x; Benjamini & Yekutieli 2001, doi:10.1214/aos/1013699998.

    Examples
    --------
    >>> adjust([0.01, 0.04, 0.03]).round(3)
    array([0.03, 0.06, 0.06])
    >>> adjust([0.01, 0.04, 0.03], method="shaffer").round(3)
    array([0.03, 0.04, 0.03])
    """
    if method not in ADJUSTMENTS:
        raise StatisticsError(unknown("method", method, ADJUSTMENTS))
    given = checked_pvalues(pvalues)
    flat = given.ravel()
    order = np.argsort(flat, kind="stable")
    adjusted = np.empty_like(flat)
    adjusted[order] = np.minimum(1.0, ADJUSTMENTS[method](flat[order]))
    return adjusted.reshape(given.shape)


def checked_pvalues(pvalues: npt.ArrayLike) -> Floats:
    """Give p-values as an array; one that is missing, or none at all, is an error."""
    given = numbers("pvalues", pvalues)
    if given.size == 0:
        raise StatisticsError("pvalues is empty: at least one p-value is needed")
    if np.isnan(given).any():
        raise StatisticsError(
            f"pvalues holds {int(np.isnan(given).sum())} missing values: leave out the comparisons that could "
            "not be made, and count them"
        )
    if (given < 0).any() or (given > 1).any():
        wrong = given[(given < 0) | (given > 1)][0]
        raise StatisticsError(f"pvalues holds {float(wrong)!r}: each must lie between 0 and 1")
    return given


def _bonferroni(ordered: Floats) -> Floats:
    return len(ordered) * ordered


def _holm(ordered: Floats) -> Floats:
    m = len(ordered)
    return np.maximum.accumulate(np.arange(m, 0, -1) * ordered)


def _hochberg(ordered: Floats) -> Floats:
    m = len(ordered)
    return _from_the_largest(np.arange(m, 0, -1) * ordered)


def _benjamini_hochberg(ordered: Floats) -> Floats:
    m = len(ordered)
    return _from_the_largest(m / np.arange(1, m + 1) * ordered)


def _benjamini_yekutieli(ordered: Floats) -> Floats:
    harmonic = float((1 / np.arange(1, len(ordered) + 1)).sum())
    return harmonic * _benjamini_hochberg(ordered)


def _shaffer(ordered: Floats) -> Floats:
    return np.maximum.accumulate(_shaffer_factors(len(ordered)) * ordered)


def _from_the_largest(stepped: Floats) -> Floats:
    smallest: Floats = np.minimum.accumulate(stepped[::-1])[::-1]
    return smallest


def _shaffer_factors(m: int) -> Floats:
    """Give, for each step, the largest number of true hypotheses that is still possible."""
    k = (1 + math.isqrt(1 + 8 * m)) // 2
    if k * (k - 1) // 2 != m:
        raise StatisticsError(
            f"{m} p-values: all pairs of {k} procedures have {k * (k - 1) // 2}, of {k + 1} {k * (k + 1) // 2}; "
            "method='shaffer' is for all pairs, use 'holm' otherwise"
        )
    possible = np.array(sorted(_true_at_once(k)))
    left = m - np.arange(m)  # hypotheses not yet rejected at each step
    return possible[np.searchsorted(possible, left, side="right") - 1].astype(np.float64)


def _true_at_once(k: int) -> set[int]:
    """Give the numbers of pairs that can be equal at once among k procedures (Garcia & Herrera 2008, eq. 3)."""
    known: list[set[int]] = [{0}, {0}]
    for size in range(2, k + 1):
        # one class of `first` equal procedures, and whatever the others allow
        known.append(
            {first * (first - 1) // 2 + rest for first in range(1, size + 1) for rest in known[size - first]}
        )
    return known[k]


#: Every adjustment: ordered p-values in, adjusted ones out (not yet cut at 1).
ADJUSTMENTS: dict[str, Callable[[Floats], Floats]] = {
    "holm": _holm,
    "bonferroni": _bonferroni,
    "hochberg": _hochberg,
    "shaffer": _shaffer,
    "bh": _benjamini_hochberg,
    "by": _benjamini_yekutieli,
}


def raised_gamma(
    gamma: float = 0.75, n_contestants: int = 1, *, alpha: float = 0.05, power: float = 0.95
) -> float:
    """Which P(A>B) must the best of many contestants reach, where one alone would have to reach gamma?

    Parameters
    ----------
    gamma : float
        The probability that counts as meaningful for one contestant, in (0.5, 1).
    n_contestants : int
        How many procedures are held against the same reference, at least 1.
    alpha : float
        One-sided error rate over all of them, in (0, 0.5).
    power : float
        The probability of finding it, in (0.5, 1).

    Returns
    -------
    float
        In [gamma, 1): `gamma` itself for one contestant.

    Raises
    ------
    StatisticsError
        If an argument is out of its range.

    Notes
    -----
    Bouthillier et al. 2021, arXiv:2103.03098, ask for a larger gamma or a Bonferroni correction where there are
    many contestants, and leave the amount open. Here the two are one: the number of runs N that finds `gamma` at
    alpha finds, at alpha / m (Bonferroni), only a larger effect. With normal scores P(A>B) =
    Phi(delta / (sigma sqrt(2))), so sqrt(N) Phi^-1(gamma) = z_alpha + z_power (1), and the same N at alpha / m
    gives Phi^-1(raised) = Phi^-1(gamma) (z_(alpha / m) + z_power) / (z_alpha + z_power) (2).

    Examples
    --------
    >>> [round(raised_gamma(0.75, m), 3) for m in (1, 10, 100)]
    [0.75, 0.807, 0.844]
    """
    check_numbers(gamma=gamma, n_contestants=n_contestants, alpha=alpha, power=power)
    if not (0.5 < gamma < 1 and 0 < alpha < 0.5 and 0.5 < power < 1):
        raise StatisticsError(
            f"gamma={gamma!r}, alpha={alpha!r}, power={power!r}: gamma and power must lie in (0.5, 1), "
            "alpha in (0, 0.5)"
        )
    if n_contestants < 1 or n_contestants != int(n_contestants):
        raise StatisticsError(f"n_contestants={n_contestants!r}: a whole number of at least 1 is needed")
    if n_contestants == 1:
        return gamma
    alone, each, found = distributions.norm.isf([alpha, alpha / n_contestants, 1 - power])
    # (2)
    return float(distributions.norm.cdf(distributions.norm.ppf(gamma) * (each + found) / (alone + found)))

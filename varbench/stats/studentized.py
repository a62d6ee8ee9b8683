"""The studentized range with infinitely many degrees of freedom, for all pairs of mean ranks at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import optimize
from scipy.special import log_ndtr, ndtr

from varbench.stats.samples import Floats

#: Step of the trapezoid rule: for integrands that fall off as the normal density does, its error is far below
#: the rounding.
_STEP = 0.125
_EDGE = 9.0


def range_sf(q: npt.ArrayLike, k: int) -> Floats:
    """How probable is it that the range of k standard normal values exceeds q?

    Parameters
    ----------
    q : array_like of float
        At least 0.
    k : int
        At least 2.

    Returns
    -------
    ndarray of float64
        In [0, 1], the shape of `q`; small probabilities keep their digits.

    Notes
    -----
    P(range > q) = k * integral of phi(z) (Phi(z)^(k-1) - (Phi(z) - Phi(z - q))^(k-1)) dz, by the trapezoid rule.
    The peaks are at the largest value: none lies above q / 2 + 9 where it matters.

    Examples
    --------
    >>> range_sf([0.0, 3.633], 4).round(3)
    array([1.  , 0.05])
    """
    q = np.asarray(q, dtype=np.float64)
    top = _EDGE + float(q.max(initial=0.0)) / 2
    z = np.arange(-_EDGE, top + _STEP, _STEP)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    with np.errstate(divide="ignore"):
        # Phi(z)^(k-1) (1 - (1 - r)^(k-1)) with r = Phi(z - q) / Phi(z): no difference of near-equal numbers
        ratio = np.exp(log_ndtr(z - q[..., None]) - log_ndtr(z))
        lost = -np.expm1((k - 1) * np.log1p(-np.minimum(ratio, 1.0)))
    found: Floats = k * _STEP * (lost @ (density * ndtr(z) ** (k - 1)))
    return np.clip(found, 0.0, 1.0)


def range_isf(probability: float, k: int) -> float:
    """Which range do k standard normal values exceed with this probability?

    Parameters
    ----------
    probability : float
        In (0, 1).
    k : int
        At least 2.

    Returns
    -------
    float
        The critical value of all pairwise comparisons of k means.

    Examples
    --------
    >>> round(range_isf(0.05, 4) / 2**0.5, 3)
    2.569
    """
    high = 2.0
    while range_sf(high, k) > probability:
        high *= 2
    return float(optimize.brentq(lambda q: float(range_sf(q, k)) - probability, 0.0, high, xtol=1e-13))

"""How often a score of the first procedure exceeds one of the second: A12 and Cliff's delta."""

from __future__ import annotations

import math
from typing import Unpack

import numpy as np
import numpy.typing as npt
from scipy import optimize
from scipy import stats as distributions

from varbench.stats.result import Design, Labels, Result
from varbench.stats.samples import Samples, arrangements, rounded, scale, two_samples

_INTERVAL = "Newcombe 2006, method 5"
_TINY = 1e-12


def a12(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    **labels: Unpack[Labels],
) -> Result:
    """How probable is it that a score of the first procedure exceeds one of the second, ties counting half?

    Parameters
    ----------
    a, b : array_like of float, (unit,)
        Scores of the first and the second procedure, larger is better; their lengths may differ. NaN is
        missing: left out and counted.
    **labels
        As in :class:`~varbench.stats.Design`. Scores that come in pairs are taken as independent, and noted.

    Returns
    -------
    Result
        `estimate` in [0, 1], 0.5 where neither tends to be larger. The interval stays in [0, 1] and has a
        width where the samples do not overlap. No test: :func:`~varbench.stats.rank_sum` is the one that
        belongs to it.

    Raises
    ------
    StatisticsError
        If a sample is empty, not one-dimensional or infinite somewhere.

    Notes
    -----
    Vargha & Delaney 2000, doi:10.3102/10769986025002101. Interval: Newcombe 2006, doi:10.1002/sim.2324,
    method 5.

    Examples
    --------
    >>> result = a12([3, 4, 5, 6], [1, 2, 3, 4])
    >>> result.estimate, round(result.ci_low, 2), round(result.ci_high, 2)
    (0.875, 0.45, 0.98)
    """
    design = Design.of(labels)
    return _superiority("a12", two_samples(a, b), design, width=1.0, offset=0.0)


def cliffs_delta(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    **labels: Unpack[Labels],
) -> Result:
    """How much more often does the first procedure score higher than lower?

    Parameters
    ----------
    a, b, **labels
        As in :func:`a12`.

    Returns
    -------
    Result
        `estimate` in [-1, 1], 0 where neither tends to be larger: 2 * A12 - 1, and so its interval.

    Raises
    ------
    StatisticsError
        As :func:`a12`.

    Notes
    -----
    Cliff 1993, doi:10.1037/0033-2909.114.3.494. Interval: Newcombe 2006, doi:10.1002/sim.2324, method 5.

    Examples
    --------
    >>> cliffs_delta([3, 4, 5, 6], [1, 2, 3, 4]).estimate
    0.75
    """
    design = Design.of(labels)
    return _superiority("cliffs_delta", two_samples(a, b), design, width=2.0, offset=-1.0)


def _superiority(method: str, samples: Samples, design: Design, width: float, offset: float) -> Result:
    n_a, n_b = len(samples.a), len(samples.b)
    settings = {"n_first": n_a, "n_second": n_b, "n_dropped": samples.dropped, "interval": _INTERVAL}
    notes = samples.notes + (["pairing_ignored"] if design.pairing != "none" else [])
    if not n_a or not n_b:
        return design.result(method, n=n_a + n_b, settings=settings, notes=[*notes, "too_few_to_reject"])
    size = scale(samples.a, samples.b)
    first, second = rounded(samples.a, size), np.sort(rounded(samples.b, size))
    below, not_above = np.searchsorted(second, first, "left"), np.searchsorted(second, first, "right")
    share = float(below.sum() + not_above.sum()) / (2 * n_a * n_b)
    if (below != not_above).any():
        notes.append("ties")
        settings["ties"] = "count half"
    if 2 / arrangements(n_a, n_b) > design.alpha:  # as of the rank-sum test, whose effect size it is
        notes.append("too_few_to_reject")
    low, high = (offset + width * bound for bound in newcombe(share, n_a, n_b, design.confidence_level))
    return design.result(
        method,
        n=n_a + n_b,
        estimate=offset + width * share,
        interval=(low, high),
        settings=settings,
        notes=notes,
    )


def newcombe(
    share: float, n_first: int, n_second: int, confidence_level: float = 0.95
) -> tuple[float, float]:
    """Where does P(A>B) lie for two independent samples?

    Parameters
    ----------
    share : float
        The observed U / (m n), in [0, 1].
    n_first, n_second : int
        The sizes m and n.
    confidence_level : float
        In (0, 1).

    Returns
    -------
    (float, float)
        In [0, 1].

    Notes
    -----
    Newcombe 2006, doi:10.1002/sim.2324, method 5: all theta with |share - theta| <= z * sqrt(V(theta)), where
    V is the variance of Hanley & McNeil for exponential scores with both sizes in its numerator replaced by
    their mean: V = theta (1 - theta) (1 + k (1 - theta) / (2 - theta) + k theta / (1 + theta)) / (m n), k =
    (m + n) / 2 - 1.

    Examples
    --------
    >>> [round(bound, 3) for bound in newcombe(1.0, 100, 100)]
    [0.98, 1.0]
    """
    z = float(distributions.norm.ppf((1 + confidence_level) / 2))

    def outside(theta: float, side: float) -> float:
        return side * (share - theta) - z * math.sqrt(_variance(theta, n_first, n_second))

    # A share of 0 or 1 is itself a root, with no variance: the other one, a little further in, is meant.
    inner = min(max(share, _TINY), 1 - _TINY)
    low = optimize.brentq(outside, 0.0, inner, args=(1.0,), xtol=1e-14) if share > 0 else 0.0
    high = optimize.brentq(outside, inner, 1.0, args=(-1.0,), xtol=1e-14) if share < 1 else 1.0
    return float(low), float(high)


def _variance(theta: float, n_first: int, n_second: int) -> float:
    mean_size = (n_first + n_second) / 2 - 1
    return (
        theta * (1 - theta) * (1 + mean_size * ((1 - theta) / (2 - theta) + theta / (1 + theta)))
        / (n_first * n_second)
    )  # fmt: skip

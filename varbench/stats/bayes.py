"""The Bayesian correlated t-test: how probable is it that one procedure is better, or that both are as good?"""

from __future__ import annotations

from typing import Unpack

import numpy.typing as npt
from scipy import stats as distributions

from varbench.errors import StatisticsError
from varbench.stats.means import paired_moments, student
from varbench.stats.resampled import fold_pairs, not_paired
from varbench.stats.result import Design, Labels, Result
from varbench.stats.samples import is_number


def bayesian_correlated_t(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    *,
    rho: float,
    rope: float = 0.0,
    **labels: Unpack[Labels],
) -> Result:
    """How probable is it that the first procedure is better, that the second is, that they are as good?

    Parameters
    ----------
    a, b : array_like of float, (repeat, fold) or (fold,)
        Scores of the first and the second procedure on the same folds, larger is better. Folds with a NaN are
        left out and counted.
    rho : float
        The correlation of two fold differences, in [0, 1): n_test / (n_train + n_test), which is 1 / k for k
        folds.
    rope : float
        Half the width of the region of practical equivalence, in the metric's units, 0 or more.
    **labels
        As in :class:`~varbench.stats.Design`; unless given, `unit` is ``"fold"``, `pairing` ``"exact"`` and
        `estimand` ``"E2"``. With ``pairing="none"`` nothing is computed.

    Returns
    -------
    Result
        `estimate` is the mean of the posterior of first minus second, the interval its equal-tailed credible
        interval. ``settings["probabilities"]``: ``"right"`` that the difference exceeds `rope`, ``"left"``
        that it is below -`rope`, ``"rope"`` that it lies between. No p-value.

    Raises
    ------
    StatisticsError
        If `rho` or `rope` is out of its range, the shapes differ, or a score is infinite or no number.

    Notes
    -----
    Corani & Benavoli 2015, doi:10.1007/s10994-015-5486-z, eq. 12: a Student distribution with n - 1 degrees of
    freedom, centred on the mean difference, with variance (1 / n + rho / (1 - rho)) SD^2. It inherits the
    error rate of :func:`~varbench.stats.corrected_resampled_t`.

    Examples
    --------
    >>> result = bayesian_correlated_t([0.8, 0.7, 0.9, 0.8], [0.7, 0.7, 0.7, 0.6], rho=0.25, rope=0.01)
    >>> {name: round(p, 3) for name, p in result.settings["probabilities"].items()}
    {'left': 0.081, 'rope': 0.026, 'right': 0.893}
    """
    if not is_number(rho) or not 0 <= rho < 1:
        raise StatisticsError(f"rho={rho!r}: must lie in [0, 1), as 0.1 does for 10 folds")
    if not is_number(rope) or rope < 0:
        raise StatisticsError(f"rope={rope!r}: must be 0 or more, in the metric's units")
    design = Design.of(labels, unit="fold", pairing="exact", estimand="E2")
    samples, _ = fold_pairs(a, b)
    if design.pairing == "none":
        return not_paired("bayesian_correlated_t", samples, design)
    found = paired_moments(samples, "Bayesian correlated t", rho / (1 - rho))  # eq. 12
    found.settings.update(rho=rho, rope=rope, interval="credible, equal tails")
    result = student("bayesian_correlated_t", found, design, samples.notes)
    if found.estimate is None or found.error is None or found.df is None:
        return result
    left = float(distributions.t.cdf((-rope - found.estimate) / found.error, found.df))
    right = float(distributions.t.sf((rope - found.estimate) / found.error, found.df))
    inside = max(0.0, 1 - left - right) if rope > 0 else 0.0
    found.settings["probabilities"] = {"left": left, "rope": inside, "right": right}
    return design.result(
        "bayesian_correlated_t", n=found.n, estimate=found.estimate, interval=result.interval,
        settings=found.settings, notes=samples.notes,
    )  # fmt: skip

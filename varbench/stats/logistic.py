"""The logistic regression of an outcome on one number: what recalibration needs, and no more."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from varbench.stats.binary import Bools, Codes
from varbench.stats.samples import Floats

_STEPS = 100
_PRECISION = 1e-12


class Fit(NamedTuple):
    """Coefficients and their covariance.

    Attributes
    ----------
    coefficients : ndarray of float64, (coefficient,)
    covariance : ndarray of float64, (coefficient, coefficient)
    converged : bool
        Whether the last step changed nothing any more.
    """

    coefficients: Floats
    covariance: Floats
    converged: bool


def logistic(
    positive: Bools, design: Floats, offset: Floats | float = 0.0, groups: Codes | None = None
) -> Fit:
    """Which coefficients make an outcome most likely?

    Parameters
    ----------
    positive : ndarray of bool, (case,)
        Both classes must be there, and no threshold may part them.
    design : ndarray of float64, (case, coefficient)
        Of full rank.
    offset : ndarray of float64, (case,), or 0
        Added to the linear predictor.
    groups : ndarray of int64, (case,), optional
        Codes; the covariance allows for cases of one group that resemble each other.

    Returns
    -------
    Fit
        By Newton's method, a step halved as long as it makes the outcome less likely.

    Notes
    -----
    Groups: Liang & Zeger 1986, doi:10.1093/biomet/73.1.13, with independence as the working correlation, times
    G / (G - 1).

    Examples
    --------
    >>> y = np.array([False, True, False, True])
    >>> logistic(y, np.ones((4, 1))).coefficients.tolist()
    [0.0]
    """
    beta = np.zeros(design.shape[1])
    likelihood = _log_likelihood(positive, design @ beta + offset)
    converged = False
    for _ in range(_STEPS):
        mean = expit(design @ beta + offset)
        information = (design * (mean * (1 - mean))[:, None]).T @ design
        step = np.linalg.lstsq(information, design.T @ (positive - mean), rcond=None)[0]
        beta, likelihood = _climb(positive, design, offset, beta, step, likelihood)
        if np.abs(step).max() <= _PRECISION * (1 + np.abs(beta).max()):
            converged = True
            break
    mean = expit(design @ beta + offset)
    information = (design * (mean * (1 - mean))[:, None]).T @ design
    covariance = np.linalg.pinv(information)
    if groups is not None:
        covariance = _sandwich(covariance, design * (positive - mean)[:, None], groups)
    return Fit(beta, covariance, converged)


def _climb(
    positive: Bools, design: Floats, offset: Floats | float, beta: Floats, step: Floats, likelihood: float
) -> tuple[Floats, float]:
    """Go the step, or as much of it as makes the outcome more likely."""
    for _ in range(40):
        reached = _log_likelihood(positive, design @ (beta + step) + offset)
        if reached >= likelihood - 1e-13 * abs(likelihood):
            break
        step = step / 2
    return beta + step, reached


def _log_likelihood(positive: Bools, linear: Floats) -> float:
    return -float(np.logaddexp(0.0, np.where(positive, -linear, linear)).sum())


def _sandwich(bread: Floats, gradients: Floats, groups: Codes) -> Floats:
    n_groups = int(groups.max()) + 1
    if n_groups < 2:
        return np.full_like(bread, math.nan)
    sums = np.stack([np.bincount(groups, column, n_groups) for column in gradients.T])
    return np.asarray(n_groups / (n_groups - 1) * bread @ (sums @ sums.T) @ bread)

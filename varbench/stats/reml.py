"""Restricted maximum likelihood for random factors, crossed or nested, with any numbers of scores a cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import linalg, optimize, sparse

from varbench.errors import StatisticsError
from varbench.stats.samples import Floats

#: All levels of all terms together; the work grows with their cube.
MAX_LEVELS = 4000
_STEPS = 100
_CLOSE = 1e-11
#: A residual variance below this share of the whole is none; it keeps the likelihood bounded on the way.
_LEAST = 1e-9


class Fit(NamedTuple):
    """Variances, the residual's last, with the inverse of their information, and whether the steps settled."""

    variances: Floats
    covariance: Floats
    converged: bool


@dataclass(frozen=True)
class _Problem:
    """What the likelihood needs of the data: cross products of the centred indicators and scores."""

    products: Floats  # Z'SZ, with S the projection that takes the mean away
    loads: Floats  # Z'Sy
    total: float  # y'Sy
    starts: npt.NDArray[np.intp]  # where each term's levels begin
    term: npt.NDArray[np.intp]  # of each level
    n: int


class _State(NamedTuple):
    """The likelihood at one set of ratios, and what its derivatives are made of."""

    objective: float
    squares: float  # y'Py, in units of the residual variance
    inner: Floats  # Z'PZ
    pull: Floats  # Z'Py
    traces: Floats  # of the terms' blocks of Z'PZ
    pulls: Floats  # |Z_t'Py|^2


def restricted(values: Floats, levels: Sequence[npt.NDArray[np.intp]]) -> Fit:
    """Fit a mean and one variance a term.

    Parameters
    ----------
    values : ndarray of float64, (run,)
        The scores.
    levels : sequence of ndarray of int, (run,)
        For each term, the number of the level that each score belongs to.

    Returns
    -------
    Fit
        Variances at or above 0.

    Raises
    ------
    StatisticsError
        If there are too many levels.

    Notes
    -----
    Patterson & Thompson 1971, doi:10.1093/biomet/58.3.545. With a mean as the only fixed effect, the restricted
    likelihood is that of the centred scores: -2 l = log|I + D Z'SZ D| + (n - 1) log y'Py + const, D the square
    roots of the ratios to the residual variance. Quasi-Newton steps in the ratios, then Fisher's scoring in
    the variances (Searle, Casella & McCulloch 1992, doi:10.1002/9780470316856, equations 6.66 and 6.70), those
    at 0 kept there while the likelihood falls away from it.
    """
    spread = float(values.std())
    problem = _problem((values - values.mean()) / spread, levels)
    start = np.full(len(levels), 0.5)
    found = optimize.minimize(
        lambda ratios: _objective(problem, ratios), start, jac=True, method="L-BFGS-B",
        bounds=[(0.0, 1 / _LEAST)] * len(levels), options={"maxiter": 200},
    )  # fmt: skip
    state = _state(problem, found.x)
    residual = max(state.squares / (problem.n - 1), _LEAST)
    variances, converged = _scored(problem, np.append(found.x, 1.0) * residual)
    _, information = _derivatives(problem, variances)
    units = 1 / np.sqrt(np.diag(information))  # so that a tiny variance does not drown the others
    covariance = units[:, None] * np.linalg.pinv(units[:, None] * information * units) * units
    if variances[-1] <= 2 * _LEAST:
        variances[-1] = 0.0
    return Fit(variances * spread**2, (covariance * spread**4).astype(np.float64), converged)


def _problem(values: Floats, levels: Sequence[npt.NDArray[np.intp]]) -> _Problem:
    sizes = [int(codes.max()) + 1 for codes in levels]
    if sum(sizes) > MAX_LEVELS:
        raise StatisticsError(
            f"the unbalanced design has {sum(sizes)} levels in all its terms, and at most {MAX_LEVELS} are fitted: "
            "average over replicates, leave out factors, or complete the missing cells, which needs no fit"
        )
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.intp)
    n = len(values)
    columns = np.concatenate([codes + start for codes, start in zip(levels, starts, strict=True)])
    rows = np.tile(np.arange(n), len(levels))
    indicators = sparse.csr_array((np.ones(len(columns)), (rows, columns)), shape=(n, sum(sizes)))
    counts = np.asarray(indicators.sum(axis=0)).ravel()
    products = (indicators.T @ indicators).toarray() - np.outer(counts, counts) / n
    return _Problem(
        products, indicators.T @ values, float(values @ values), starts,
        np.repeat(np.arange(len(levels)), sizes), n,
    )  # fmt: skip


def _state(problem: _Problem, ratios: Floats) -> _State:
    roots = np.sqrt(ratios)[problem.term]
    matrix = roots[:, None] * problem.products * roots
    matrix[np.diag_indices_from(matrix)] += 1
    factor = linalg.cholesky(matrix, lower=True, overwrite_a=True)
    scaled = linalg.solve_triangular(factor, roots[:, None] * problem.products, lower=True)
    weights = linalg.solve_triangular(factor, roots * problem.loads, lower=True)
    inner = problem.products - scaled.T @ scaled
    pull = problem.loads - scaled.T @ weights
    squares = max(problem.total - float(weights @ weights), _LEAST)
    objective = 2 * float(np.log(np.diag(factor)).sum()) + (problem.n - 1) * np.log(squares)
    traces = np.add.reduceat(np.diag(inner), problem.starts)
    return _State(objective, squares, inner, pull, traces, np.add.reduceat(pull**2, problem.starts))


def _objective(problem: _Problem, ratios: Floats) -> tuple[float, Floats]:
    state = _state(problem, ratios)
    return state.objective, state.traces - (problem.n - 1) * state.pulls / state.squares


def _derivatives(problem: _Problem, variances: Floats) -> tuple[Floats, Floats]:
    """Give the score and Fisher's information of the variances."""
    residual = variances[-1]
    ratios = variances[:-1] / residual
    state = _state(problem, ratios)
    blocks = np.add.reduceat(np.add.reduceat(state.inner**2, problem.starts, axis=0), problem.starts, axis=1)
    twice = state.traces - blocks @ ratios  # tr(Z'PPZ), from PVP = P
    trace = problem.n - 1 - float(ratios @ state.traces)  # tr(P)
    squares = state.squares - float(ratios @ state.pulls)  # y'PPy
    score = -0.5 * (
        np.append(state.traces, trace) / residual - np.append(state.pulls, squares) / residual**2
    )  # (6.66)
    corner = trace - float(ratios @ twice)  # tr(PP)
    information = np.block([[blocks, twice[:, None]], [twice[None, :], np.array([[corner]])]])
    return score, information / (2 * residual**2)  # (6.70)


def _scored(problem: _Problem, variances: Floats) -> tuple[Floats, bool]:
    """Take scoring steps to the top; a variance at 0 whose score points below 0 stays there."""
    variances = np.maximum(variances, 0.0)
    variances[:-1][variances[:-1] < _LEAST * variances.max()] = 0.0
    for _ in range(_STEPS):
        score, information = _derivatives(problem, variances)
        free = (variances > 0) | (score > 0)
        step = np.zeros_like(variances)
        step[free] = np.linalg.lstsq(information[np.ix_(free, free)], score[free], rcond=None)[0]
        following = _damped(variances, step)
        if np.abs(following - variances).max() <= _CLOSE * variances.max():
            return following, True
        variances = following
    return variances, False


def _damped(variances: Floats, step: Floats) -> Floats:
    """Step, but never below 0, and with the residual never to less than a tenth of the last or the least."""
    following: Floats = np.maximum(variances + step, 0.0)
    following[-1] = max(variances[-1] + step[-1], variances[-1] / 10, _LEAST)
    return following

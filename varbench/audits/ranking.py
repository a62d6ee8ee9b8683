"""Columns as ranks: midranks, unit vectors of them, normal scores; and how often a value repeats."""

from __future__ import annotations

import numpy as np
from scipy import special
from scipy import stats as distributions

from varbench.audits.table import Floats


def midranks(X: Floats) -> Floats:
    """Rank each column from 1 on, ties in their middle; what is missing stays missing.

    Examples
    --------
    >>> midranks(np.array([[3.0, np.nan], [1.0, 5.0], [3.0, 4.0]])).tolist()
    [[2.5, nan], [1.0, 2.0], [2.5, 1.0]]
    """
    gaps = np.isnan(X).any(axis=0)
    found = np.full(X.shape, np.nan)
    if len(X) and not gaps.all():
        found[:, ~gaps] = distributions.rankdata(X[:, ~gaps], axis=0)
    for i in np.flatnonzero(gaps):
        known = ~np.isnan(X[:, i])
        found[known, i] = distributions.rankdata(X[known, i])
    return found


def ranked(X: Floats) -> Floats:
    """Turn the columns of X into rows of midranks: centred, of length 1, 0 where missing or constant."""
    ranks = midranks(X)
    known = ~np.isnan(ranks)
    middle = (known.sum(axis=0) + 1) / 2
    centred = np.where(known, ranks - middle, 0.0)
    length = np.sqrt((centred**2).sum(axis=0))
    return np.ascontiguousarray((centred / np.where(length > 0, length, 1.0)).T)


def normal_scores(X: Floats) -> Floats:
    """Turn columns into normal scores of their ranks; missing is 0, the middle."""
    ranks = midranks(X)
    shares = (ranks - 0.5) / np.maximum((~np.isnan(ranks)).sum(axis=0), 1)
    return np.asarray(np.where(np.isnan(ranks), 0.0, special.ndtri(shares)), dtype=np.float64)


def collision(column: Floats) -> float:
    """How often do two rows share the value of a column? 1 for an empty one.

    Examples
    --------
    >>> collision(np.array([0.0, 0.0, 1.0])), collision(np.array([0.5, 1.5, 2.5]))
    (0.3333333333333333, 0.0)
    """
    known = column[~np.isnan(column)]
    n = len(known)
    if n < 2:
        return 1.0
    counts = np.unique(known, return_counts=True)[1]
    return float((counts * (counts - 1)).sum() / (n * (n - 1)))


def spread(X: Floats, rng: np.random.Generator) -> Floats:
    """Break ties: each value moves at random towards the next one of its column, and the order stays.

    Examples
    --------
    >>> found = spread(np.array([[1.0], [1.0], [2.0], [np.nan]]), np.random.default_rng(0))[:, 0]
    >>> bool(1 <= found[0] != found[1] < 2 <= found[2] < 3), bool(np.isnan(found[3]))
    (True, True)
    """
    found = X.copy()
    for column in found.T:
        kinds = np.unique(column[~np.isnan(column)])
        steps = np.diff(kinds, append=2 * kinds[-1:] - kinds[-2:-1])
        if len(steps) == len(kinds) > 1:
            place = np.minimum(np.searchsorted(kinds, column), len(kinds) - 1)  # a missing value stays so
            column += steps[place] * rng.random(len(column))
    return found

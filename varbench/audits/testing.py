"""Permutation tests of many columns at once, and a probe whose every shuffle costs one product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from varbench.audits.ranking import midranks
from varbench.audits.table import Floats, Integers

#: Shuffles that are in memory at a time, by the size of what they give.
_PIECE = 2e7


@dataclass(frozen=True, eq=False)
class MaxT:
    """Columns held against labels, with the null of the largest of them.

    Parameters
    ----------
    statistic : ndarray of float64, (column,)
        How far each is from no association: a correlation of ranks, at least 0.
    pvalue : ndarray of float64, (column,)
        Adjusted for the number of columns.
    null : ndarray of float64, (shuffle,)
        The largest of each shuffle.
    """

    statistic: Floats
    pvalue: Floats
    null: Floats


def max_t(columns: Floats, label: Floats, shuffled: Sequence[Floats]) -> MaxT:
    """Which columns go with the label, given how many there are to choose from?

    Parameters
    ----------
    columns : ndarray of float64, (column, row)
        Centred, of length 1.
    label : ndarray of float64, (row, k)
        The label; of several columns the one that goes best counts.
    shuffled : sequence of ndarray, (row, shuffle)
        The same in shuffled orders, one for each of the k.

    Returns
    -------
    MaxT
        With p-values of Westfall and Young's single step.

    Notes
    -----
    Westfall & Young 1993, Resampling-based multiple testing, section 2.3; the p-value counts the table itself
    (Phipson & Smyth 2010, doi:10.2202/1544-6115.1585).
    """
    n_shuffles = shuffled[0].shape[1]
    statistic, null = np.zeros(len(columns)), np.zeros(n_shuffles)
    light = columns.astype(np.float32)
    step = max(1, int(_PIECE / max(len(columns), 1)))
    for one, orders in zip(label.T, shuffled, strict=True):
        centred = one - one.mean()
        length = float(np.sqrt((centred**2).sum())) or 1.0
        statistic = np.maximum(statistic, np.abs(columns @ centred) / length)
        for start in range(0, n_shuffles, step):
            piece = slice(start, start + step)
            found = np.abs(light @ orders[:, piece]).max(axis=0, initial=0.0) / length
            null[piece] = np.maximum(null[piece], found)
    return MaxT(statistic, tail(statistic, null), null)


def tail(statistic: Floats, null: Floats) -> Floats:
    """Give the share of a null at or above each statistic, which itself counts as one draw of it.

    Examples
    --------
    >>> tail(np.array([2.0, 0.0]), np.array([0.5, 1.0, 1.5])).tolist()
    [0.25, 1.0]
    """
    ordered = np.sort(null)
    above = len(ordered) - np.searchsorted(ordered, statistic - 1e-6, side="left")
    return np.asarray((above + 1) / (len(ordered) + 1), dtype=np.float64)


def smoother(X: Floats, folds: Integers) -> Floats:
    """What turns any labels into predictions for rows whose own fold was left out?

    Parameters
    ----------
    X : ndarray of float64, (row, column)
        The features, of one scale.
    folds : ndarray of int64, (row,)
        The fold in which each row is predicted.

    Returns
    -------
    ndarray of float64, (row, row)
        Times centred labels it gives the predictions of a kernel ridge regression: a linear kernel plus a Gaussian
        one, so that shifts and spreads are both seen. Shuffled labels cost one product.
    """
    inner = X @ X.T
    square = np.diag(inner)
    apart = np.maximum(square[:, None] + square[None, :] - 2 * inner, 0.0)
    middle = float(np.median(apart[np.triu_indices(len(X), 1)])) or 1.0
    kernel = inner / max(float(square.mean()), 1e-12) + np.exp(-apart / middle)
    found = np.zeros((len(X), len(X)))
    for fold in np.unique(folds):
        out, kept = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        if len(kept) < 2:
            continue
        inverse = np.linalg.solve(kernel[np.ix_(kept, kept)] + np.eye(len(kept)), kernel[np.ix_(kept, out)])
        found[np.ix_(out, kept)] = inverse.T
    return found


def probe(smooth: Floats, label: Floats, shuffled: Sequence[Floats]) -> tuple[Floats, float, float]:
    """Can the label be told from the features, in rows that were left out?

    Parameters
    ----------
    smooth : ndarray of float64, (row, row)
        As :func:`smoother` gives it.
    label : ndarray of float64, (row, k)
        The label; of several columns the one that is told best counts.
    shuffled : sequence of ndarray, (row, shuffle)
        The same in shuffled orders.

    Returns
    -------
    predictions : ndarray of float64, (row, k)
        For rows that were left out.
    statistic : float
        The largest correlation of label and prediction.
    pvalue : float
        One-sided: labels that are told better than shuffled ones.
    """
    centred = label - label.mean(axis=0)
    predictions = smooth @ centred
    observed = float(_agreement(centred, predictions).max())
    null = np.full(shuffled[0].shape[1], -np.inf)
    light = smooth.astype(np.float32)
    for orders in shuffled:
        null = np.maximum(null, _agreement(orders, light @ orders))
    return predictions, observed, float(tail(np.array([observed]), null)[0])


def _agreement(label: Floats, predictions: Floats) -> Floats:
    length = np.sqrt((label**2).sum(axis=0) * (predictions**2).sum(axis=0))
    found = (label * predictions).sum(axis=0)
    return np.asarray(found / np.where(length > 0, length, np.inf), dtype=np.float64)


def aucs(positive: Floats, ranks: Floats) -> Floats:
    """Give the AUC of each column of midranks: of pairs of a positive and a negative row, how many are in order.

    Examples
    --------
    >>> aucs(np.array([0.0, 1.0, 1.0]), np.array([[1.5], [1.5], [3.0]])).tolist()
    [0.75]
    """
    known, chosen = ~np.isnan(ranks), (positive > 0.5)[:, None]
    m, n = (known & chosen).sum(axis=0), (known & ~chosen).sum(axis=0)
    sums = np.where(known & chosen, ranks, 0.0).sum(axis=0)
    found = (sums - m * (m + 1) / 2) / np.maximum(m * n, 1)
    return np.asarray(np.where(m * n > 0, found, 0.5), dtype=np.float64)


def auc(positive: Floats, score: Floats) -> float:
    """Give the AUC of one score; rows without a score do not count.

    Examples
    --------
    >>> auc(np.array([0.0, 1.0, 1.0]), np.array([0.1, 0.1, 0.9]))
    0.75
    """
    return float(aucs(positive, midranks(score[:, None]))[0])


def folds_of(n: int, groups: Integers | None, rng: np.random.Generator, k: int = 5) -> Integers:
    """Draw folds over rows, or over whole groups where there are enough of them."""
    if groups is not None and len(np.unique(groups)) >= 2:
        drawn = rng.permutation(int(groups.max()) + 1) % k
        return np.asarray(drawn[groups], dtype=np.int64)
    return np.asarray(rng.permutation(n) % k, dtype=np.int64)

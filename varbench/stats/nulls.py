"""Exact null distributions of rank statistics, ties included, by counting."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from varbench.stats.samples import Floats

Counts = npt.NDArray[np.int64]


def signed_rank_null(doubled_ranks: Counts) -> Floats:
    """Give the probabilities of every sum of randomly signed ranks.

    Parameters
    ----------
    doubled_ranks : ndarray of int, (pair,)
        Twice the midranks, so that they are whole numbers.

    Returns
    -------
    ndarray of float64
        At index s the probability that the positive ranks sum to s / 2.

    Examples
    --------
    >>> signed_rank_null(np.array([2, 4]))[[0, 2, 4, 6]]
    array([0.25, 0.25, 0.25, 0.25])
    """
    null = np.zeros(int(doubled_ranks.sum()) + 1)
    null[0] = 1.0
    for rank in doubled_ranks:
        shifted = np.zeros_like(null)
        shifted[rank:] = null[: len(null) - rank]
        null = (null + shifted) / 2
    return null


def rank_sum_null(doubled_ranks: Counts, n_first: int) -> Floats:
    """Give the probabilities of every sum of `n_first` ranks drawn at random.

    Parameters
    ----------
    doubled_ranks : ndarray of int, (score,)
        Twice the midranks of both samples together.
    n_first : int
        The size of the first sample.

    Returns
    -------
    ndarray of float64
        At index s the probability that the first sample's ranks sum to s / 2.

    Examples
    --------
    >>> rank_sum_null(np.array([2, 4, 6]), 1)[[2, 4, 6]].round(3)
    array([0.333, 0.333, 0.333])
    """
    largest = int(np.sort(doubled_ranks)[-n_first:].sum())
    ways = np.zeros((n_first + 1, largest + 1))
    ways[0, 0] = 1.0
    for rank in doubled_ranks:
        # from more chosen ranks to fewer, so that no rank is chosen twice
        for chosen in range(n_first, 0, -1):
            ways[chosen, rank:] += ways[chosen - 1, : largest + 1 - rank]
    null: Floats = ways[n_first] / ways[n_first].sum()
    return null


def two_sided(null: Floats, observed: int) -> float:
    """Give twice the smaller tail, at most 1."""
    return float(min(1.0, 2 * min(null[: observed + 1].sum(), null[observed:].sum())))


def rejecting(null: Floats, alpha: float) -> int:
    """Give how many of the smallest values lie in the lower tail of at most alpha / 2."""
    return int((np.cumsum(null) <= alpha / 2 * (1 + 1e-12)).sum())

"""Ranks within data sets on which some procedures have no score."""

from __future__ import annotations

import numpy as np

from varbench.stats.samples import Floats


def skillings_mack(ranks: Floats) -> tuple[float, int]:
    """Do several procedures differ, where some have no score on some data sets?

    Parameters
    ----------
    ranks : ndarray of float, (data set, procedure)
        Within the procedures that have a score, NaN for the others; at least two a data set.

    Returns
    -------
    statistic : float
        Chi-squared under the null; Friedman's where nothing is missing and nothing tied.
    df : int
        Its degrees of freedom: one less than the procedures, less where some share no data set even by way of others.

    Notes
    -----
    Skillings & Mack 1981, doi:10.1080/00401706.1981.10486261: A_j = sum_i sqrt(12 / (k_i + 1)) (r_ij - (k_i + 1) / 2)
    (1) over the data sets i on which procedure j has a score, k_i procedures having one; their covariance V has minus
    the number of data sets that j and t share off the diagonal, and rows that sum to 0 (2); the statistic is A' V^- A
    (3). It makes no allowance for ties, and is conservative where there are many.

    Examples
    --------
    >>> skillings_mack(np.array([[1.0, 2.0, np.nan], [1.0, 2.0, 3.0], [np.nan, 1.0, 2.0]]))[1]
    2
    """
    present = ~np.isnan(ranks)
    sizes = present.sum(axis=1, keepdims=True)
    centred = np.where(present, np.nan_to_num(ranks) - (sizes + 1) / 2, 0.0)
    sums = (np.sqrt(12 / (sizes + 1)) * centred).sum(axis=0)  # (1)
    shared = present.T.astype(np.float64) @ present
    covariance = -shared
    np.fill_diagonal(covariance, shared.sum(axis=1) - np.diag(shared))  # (2)
    statistic = float(sums @ np.linalg.pinv(covariance, hermitian=True) @ sums)  # (3)
    return statistic, int(np.linalg.matrix_rank(covariance, hermitian=True))


def scaled_ranks(ranks: Floats) -> Floats:
    """Stretch the ranks of each data set to those of a full one; the middle stays the middle.

    Parameters
    ----------
    ranks : ndarray of float, (data set, procedure)
        As in :func:`skillings_mack`.

    Returns
    -------
    ndarray of float64, (data set, procedure)
        Whose means can be compared although the data sets have unlike numbers of procedures.

    Examples
    --------
    >>> scaled_ranks(np.array([[1.0, 2.0, np.nan, np.nan]]))
    array([[1.5, 3.5, nan, nan]])
    """
    sizes = (~np.isnan(ranks)).sum(axis=1, keepdims=True)
    scaled: Floats = (ranks - 0.5) * ranks.shape[1] / sizes + 0.5
    return scaled

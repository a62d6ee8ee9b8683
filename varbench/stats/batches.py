"""What the batch alone tells of the class: the AUC of ranking cases by their site."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from varbench.errors import StatisticsError
from varbench.stats.samples import is_number


def two_sites(a: float, b: float) -> float:
    """What AUC does the site alone give, of two sites?

    Parameters
    ----------
    a, b : float
        The shares of the positive and of the negative cases that come from the site with the higher prevalence.

    Returns
    -------
    float
        The AUC of ranking cases by their site.

    Raises
    ------
    StatisticsError
        If a share lies outside of [0, 1].

    Notes
    -----
    Zech et al. 2018, doi:10.1371/journal.pmed.1002683, from their prevalences.

    Examples
    --------
    >>> round(two_sites(0.9, 0.2), 3)
    0.85
    """
    if not all(is_number(share) and 0 <= share <= 1 for share in (a, b)):
        raise StatisticsError(f"a={a!r}, b={b!r}: two shares in [0, 1] are needed")
    return float(a * (1 - b) + (a * b + (1 - a) * (1 - b)) / 2)


def auc_of_batches(positives: npt.ArrayLike, negatives: npt.ArrayLike) -> float:
    """What AUC does it give to rank cases by the share of positive ones in their batch?

    The shares are those of the very cases that are ranked: with many small batches some of it is luck.

    Parameters
    ----------
    positives, negatives : array_like of int, (batch,)
        Cases of each batch, one of each kind at least in all.

    Returns
    -------
    float
        From .5 to 1; of two batches, :func:`two_sites`.

    Raises
    ------
    StatisticsError
        If a class has no case.

    Examples
    --------
    >>> auc_of_batches([9, 1], [2, 8])
    0.85
    """
    of_event, others = np.asarray(positives, dtype=float), np.asarray(negatives, dtype=float)
    if of_event.sum() == 0 or others.sum() == 0:
        raise StatisticsError("auc_of_batches: both classes must have a case")
    there = of_event + others > 0
    of_event, others = of_event[there], others[there]
    below = 0.0
    wins = 0.0
    for share in np.unique(shares := of_event / (of_event + others)):
        same = shares == share  # batches with one share of positive cases are tied
        wins += of_event[same].sum() * (below + others[same].sum() / 2)
        below += others[same].sum()
    return float(wins / (of_event.sum() * others.sum()))


def in_halves(positives: npt.ArrayLike, negatives: npt.ArrayLike) -> tuple[float, float]:
    """Which shares of the positive and of the negative cases come from the half of the batches with more positive ones?

    Parameters
    ----------
    positives, negatives : array_like of int, (batch,)
        As in :func:`auc_of_batches`.

    Returns
    -------
    (float, float)
        `a` and `b` of :func:`two_sites`, with a half of the batches, rounded down, as one site.

    Raises
    ------
    StatisticsError
        If a class has no case.

    Examples
    --------
    >>> in_halves([9, 1], [2, 8])
    (0.9, 0.2)
    """
    of_event, others = np.asarray(positives, dtype=float), np.asarray(negatives, dtype=float)
    if of_event.sum() == 0 or others.sum() == 0:
        raise StatisticsError("in_halves: both classes must have a case")
    share = of_event / np.maximum(of_event + others, 1)
    high = np.argsort(-share, kind="stable")[: max(len(share) // 2, 1)]
    return float(of_event[high].sum() / of_event.sum()), float(others[high].sum() / others.sum())

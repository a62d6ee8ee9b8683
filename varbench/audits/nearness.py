"""Distances between rows: the nearest pairs against what the next pairs lead one to expect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from varbench.audits.table import Floats, Integers

if TYPE_CHECKING:
    from varbench.audits.look import Look

#: The nearest pairs that are looked at; those that may be copies are fewer by the ones they are held against.
_NEAREST = 4000
_AGAINST = 30
#: Of the estimated dimension so much is believed.
_BELIEVED = 0.75
#: Pairs that may be copies are at most so many times as far apart as the next pair.
NEARER = 0.75
#: Dots of one series of the picture.
_DOTS = 300


@dataclass(frozen=True, eq=False)
class Pairs:
    """The nearest pairs of rows, nearest first: their distances, and both rows."""

    distance: Floats
    a: Integers
    b: Integers


@dataclass(frozen=True, eq=False)
class Gap:
    """Where the distances of the nearest pairs jump.

    Parameters
    ----------
    n : int
        Pairs below the jump.
    ratio : float
        The distance of the last of them by that of the next pair.
    dimension : float
        How fast the number of pairs grows with the distance, as it was believed.
    pvalue : float
        Of the largest jump, for all places that it could be at.
    a, b : ndarray of int64, (n,)
        The rows of these pairs.
    distance : ndarray of float64, (n,)
        Of these pairs.
    """

    n: int
    ratio: float
    dimension: float
    pvalue: float
    a: Integers
    b: Integers
    distance: Floats


def distances(X: Floats, others: Floats | None = None) -> Floats:
    """Give the distance of every two rows, or of each row to each of others, (row, row)."""
    Y = X if others is None else others
    apart = (X**2).sum(axis=1)[:, None] + (Y**2).sum(axis=1)[None, :] - 2 * (X @ Y.T)
    return np.asarray(np.sqrt(np.maximum(apart, 0.0)), dtype=np.float64)


def pairs(X: Floats, groups: Integers | None = None) -> Pairs:
    """Find the nearest pairs of rows, of different groups where there are such."""
    apart = distances(X)
    a, b = np.triu_indices(len(X), 1)
    if groups is not None:
        other = groups[a] != groups[b]
        a, b = a[other], b[other]
    t = apart[a, b]
    if len(t) > _NEAREST:
        near = np.argpartition(t, _NEAREST)[:_NEAREST]
        t, a, b = t[near], a[near], b[near]
    order = np.argsort(t, kind="stable")
    return Pairs(t[order], a[order], b[order])


def gap(nearest: Pairs, X: Floats) -> Gap:
    """Are the nearest pairs nearer than the next ones lead one to expect?

    Parameters
    ----------
    nearest : Pairs
        As :func:`pairs` finds them.
    X : ndarray of float64, (row, column)
        The rows, for the number of directions in which they vary.

    Returns
    -------
    Gap
        The largest jump, with its p-value.

    Notes
    -----
    Where rows are drawn independently from a density, the number of pairs nearer than t grows as t^d. So the
    normalised spacings i log(t[i+1] / t[i]) are independent and exponential with mean 1/d (Rényi), and a spacing by
    the mean of the K next ones has Fisher's distribution. Only the nearest pairs are used, and d is estimated just
    above the jump, so that neither the shape of the density nor its tails matter. Of d only three quarters are
    believed, and never more than the number of directions in which the rows vary. All places of a jump are allowed
    for: the p-value of the j-th is multiplied by j (j + 1), whose inverses sum to 1.
    """
    t = np.maximum(nearest.distance, 1e-9)
    n_spaces = len(t) - 1
    most = min(n_spaces // 2, n_spaces - _AGAINST, len(X))
    if most < 1:
        return Gap(0, 1.0, 0.0, 1.0, nearest.a[:0], nearest.b[:0], t[:0])
    spacing = np.arange(1, len(t)) * np.diff(np.log(t))
    total = np.concatenate([[0.0], np.cumsum(spacing)])
    j = np.arange(1, most + 1)
    against = np.minimum(np.maximum(_AGAINST, j), n_spaces - j)
    mean = (total[j + against] - total[j]) / against
    dimension = np.minimum(_BELIEVED / np.maximum(mean, 1e-12), directions(X))
    p = (1 + spacing[j - 1] * dimension / against) ** (-against.astype(float)) * j * (j + 1)
    p[np.diff(np.log(t))[:most] < -np.log(NEARER)] = 1.0
    best = int(np.argmin(p))
    count = int(j[best])
    return Gap(
        count, float(t[count - 1] / t[count]), float(dimension[best]), float(min(1.0, p[best])),
        nearest.a[:count], nearest.b[:count], nearest.distance[:count],
    )  # fmt: skip


def directions(X: Floats) -> float:
    """In how many directions do the rows vary? The participation ratio of the variances along their axes.

    Examples
    --------
    >>> round(directions(np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])), 6)
    2.0
    """
    centred = X - X.mean(axis=0)
    small = centred @ centred.T if X.shape[0] < X.shape[1] else centred.T @ centred
    squares = float((small**2).sum())
    return float(np.trace(small) ** 2 / squares) if squares > 0 else 0.0


def between(X: Floats, sides: Integers, look: Look, rows: Integers) -> pd.DataFrame:
    """Give how far each row is from the nearest on the other side, and from the nearest on its own, for a picture."""
    apart = distances(X)
    np.fill_diagonal(apart, np.inf)
    same = sides[:, None] == sides[None, :]
    own, other = np.where(same, apart, np.inf).min(axis=1), np.where(same, np.inf, apart).min(axis=1)
    split = look.table.split
    if split is not None and split.named:
        tested, trained = split.test[rows], split.train[rows]
        series = {"test row to training row": other[tested], "training row to training row": own[trained]}
    else:
        series = {"to the nearest row of another fold": other, "to the nearest row of the same fold": own}
    rng = look.rng("neighbours")
    parts = []
    for name, values in series.items():
        kept = values[np.isfinite(values)]
        kept = kept if len(kept) <= _DOTS else rng.choice(kept, _DOTS, replace=False)
        parts.append(pd.DataFrame({"method": name, "score": np.sort(kept)}))
    return pd.concat(parts, ignore_index=True)

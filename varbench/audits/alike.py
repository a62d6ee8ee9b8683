"""Images that look alike: nearer to their nearest than images are here, each held against its own neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from varbench.audits.copies import pairs_of
from varbench.audits.drafts import Draft, counted, found, numbered, unchecked
from varbench.audits.findings import ERROR, WARNING
from varbench.audits.look import Look
from varbench.audits.nearness import distances
from varbench.audits.table import Floats, Integers

#: Images that are held against each other, and so many at a time.
MOST_IMAGES, _AT_ONCE = 20_000, 500
#: Neighbours of an image: among the first it may have copies, by the others its surroundings are known.
_COPIES, _AROUND = 3, 20
#: Of the estimated dimension so much is believed.
_BELIEVED = 0.75
_LEAST = 80


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The nearest rows of each row, nearest first: their distances, and which they are, (row, neighbour)."""

    distance: Floats
    row: Integers


def neighbours(X: Floats, groups: Integers | None = None, k: int = _AROUND + 1) -> Neighbours:
    """Find the nearest rows of each row, of other groups where there are such.

    Examples
    --------
    >>> found = neighbours(np.array([[0.0], [1.0], [3.0]]), k=2)
    >>> found.row.tolist(), found.distance.tolist()
    ([[1, 2], [0, 2], [1, 0]], [[1.0, 3.0], [1.0, 2.0], [2.0, 3.0]])
    """
    lengths, rows = [], []
    for start in range(0, len(X), _AT_ONCE):
        block = np.arange(start, min(start + _AT_ONCE, len(X)))
        apart = distances(X[block], X)
        apart[np.arange(len(block)), block] = np.inf
        if groups is not None:
            apart[groups[block][:, None] == groups[None, :]] = np.inf
        near = np.argpartition(apart, k - 1, axis=1)[:, :k]
        order = np.argsort(np.take_along_axis(apart, near, 1), axis=1, kind="stable")
        near = np.take_along_axis(near, order, 1)
        rows.append(near)
        lengths.append(np.take_along_axis(apart, near, 1))
    return Neighbours(np.concatenate(lengths), np.concatenate(rows).astype(np.int64))


def lonely(near: Neighbours) -> tuple[Floats, Integers]:
    """Hold the spacings of each row's first neighbours against those of its next ones.

    Parameters
    ----------
    near : Neighbours
        Of :data:`_AROUND` + 1 neighbours each.

    Returns
    -------
    pvalue : ndarray of float64, (row,)
        Adjusted for all rows, and for where the jump is.
    copies : ndarray of int64, (row,)
        How many neighbours lie before the jump.

    Notes
    -----
    Around a row, rows that are drawn independently from a density fill balls: the number nearer than t grows as t^d.
    So the normalised spacings k log(t[k+1] / t[k]) are independent and exponential with mean 1/d, whatever the density
    there. d is the row's own, by its later neighbours, or the median of all rows, whichever is less, and of it only
    three quarters are believed.
    """
    logs = np.log(np.maximum(near.distance, 1e-12))
    spacing = np.arange(1, logs.shape[1]) * np.diff(logs, axis=1)
    own = 1 / np.maximum(spacing[:, _COPIES + 1 :].mean(axis=1), 1e-9)
    dimension = _BELIEVED * np.minimum(own, np.median(own))
    p = np.exp(-spacing[:, :_COPIES] * dimension[:, None])
    return np.minimum(1.0, p.min(axis=1) * _COPIES * len(p)), p.argmin(axis=1) + 1


def images(look: Look) -> Draft:
    """Do images look alike, though they are not equal: resaved, brighter, or the next frame of the same?"""
    table = look.table
    first = look.copies.first()
    rows = (
        first
        if len(first) <= MOST_IMAGES
        else np.sort(look.rng("images").choice(first, MOST_IMAGES, replace=False))
    )
    if len(rows) < _LEAST:
        return unchecked(f"Fewer than {_LEAST} different images ({len(rows)}).")
    waves = [name for name in table.numeric if name.startswith("wave ")]
    X = look.numbers_of(rows)[:, [look.number_of[name] for name in waves]]
    groups = None if table.groups is None else np.unique(table.groups[rows], return_inverse=True)[1]
    near = neighbours(X, groups)
    p, copies = lonely(near)
    flagged = np.flatnonzero(p <= look.level)
    apart = {
        (min(i, j), max(i, j)): float(length)
        for i in flagged.tolist()
        for j, length in zip(near.row[i, : copies[i]].tolist(), near.distance[i], strict=False)
    }
    couples = np.array(sorted(apart), dtype=np.int64).reshape(-1, 2)
    a, b = rows[couples[:, 0]], rows[couples[:, 1]]
    lengths = np.array([apart[i, j] for i, j in couples.tolist()])
    sampled = "" if len(rows) == len(first) else f" (a sample of {len(rows):,} images)"
    facts = (
        f"{counted(len(apart), 'pair')} of images look alike{sampled}, far nearer than either is to the next one."
        if apart
        else f"No image is far nearer to its nearest than to the next ones{sampled}."
    )
    crossing = 0
    if table.split is not None and apart:
        crossing = int((table.split.codes[a] != table.split.codes[b]).sum())
        facts += f" {crossing:,} of the pairs {'lies' if crossing == 1 else 'lie'} across the split."
    facts += _contradictions(look, a, b)
    return found(
        facts, "They are one picture saved twice, changed a little, or taken again of one patient.",
        severity=ERROR if crossing else WARNING, leakage="L1.4" if crossing or table.split is None else "",
        cure="Look at them; keep one of each, or give them a group and split by it.",
        rows=numbered(np.unique(np.concatenate([a, b]))), pvalue=float(p.min()),
        evidence={"pairs": len(apart), "pairs_across": crossing},
        frames={"pairs": pairs_of(look, a, b, lengths, "alike")} if apart else {},
    )  # fmt: skip


def _contradictions(look: Look, a: Integers, b: Integers) -> str:
    """Say how many pairs have two labels."""
    y = look.table.y
    odd = 0 if y is None or not y.classes else int((y.codes[a] != y.codes[b]).sum())
    return f" {odd:,} of the pairs {'has' if odd == 1 else 'have'} two labels." if odd else ""

"""Images that look alike: nearer to their nearest than images are here, each held against its own neighbours."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from varbench.audits.copies import pairs_of
from varbench.audits.drafts import Draft, counted, found, nothing, numbered, unchecked
from varbench.audits.findings import ERROR, WARNING
from varbench.audits.look import Look
from varbench.audits.moved import moved, said
from varbench.audits.nearness import distances
from varbench.audits.table import Floats, Integers
from varbench.errors import InputError

#: Images that are held against each other, and so many at a time.
MOST_IMAGES, _AT_ONCE = 20_000, 500
#: Neighbours of an image: among the first it may have copies, by the others its surroundings are known. Few are looked
#: at, of which more is known; and more, since a set that was augmented has many copies of each.
_LOOKS = ((3, 20), (10, 30))
_AROUND = 30
#: Distances below this part of the usual one are rounding.
_ROUNDING = 1e-3
#: Of the estimated dimension so much is believed.
_BELIEVED = 0.9
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
        Adjusted for all rows, for where the jump is, and for both looks.
    copies : ndarray of int64, (row,)
        How many neighbours lie before the jump.

    Notes
    -----
    Around a row, rows that are drawn independently from a density fill balls: the number nearer than t grows as t^d.
    So the normalised spacings k log(t[k+1] / t[k]) are independent and exponential with mean 1/d, whatever the density
    there. d is the row's own, by its later neighbours, or the median of all rows, whichever is less, and of it only
    nine tenths are believed.
    """
    least = max(_ROUNDING * float(np.median(near.distance)), 1e-12)
    logs = np.log(np.maximum(near.distance, least))
    spacing = np.asarray(np.arange(1, logs.shape[1]) * np.diff(logs, axis=1), dtype=np.float64)
    looks = [_jump(spacing[:, :around], copies) for copies, around in _LOOKS]
    p = np.array([one for one, _ in looks]) * len(looks) * len(spacing)
    best = p.argmin(axis=0)
    copies = np.where(best == 0, looks[0][1], looks[1][1])
    return np.minimum(1.0, p.min(axis=0)), np.asarray(copies, dtype=np.int64)


def _jump(spacing: Floats, copies: int) -> tuple[Floats, Integers]:
    """Find the largest jump behind one of the first so many neighbours: its p-value in each row, and its place."""
    own = 1 / np.maximum(spacing[:, copies + 1 :].mean(axis=1), 1e-9)
    dimension = _BELIEVED * np.minimum(own, np.median(own))
    p = np.exp(-spacing[:, :copies] * dimension[:, None])
    return np.minimum(1.0, copies * p.min(axis=1)), p.argmin(axis=1) + 1


@dataclass(frozen=True, eq=False)
class Couples:
    """Pairs of rows that look alike.

    Parameters
    ----------
    a, b : ndarray of int64, (pair,)
        Their rows.
    distance : ndarray of float64, (pair,)
        How far apart they are.
    how : list of str, (pair,)
        In which way they are alike.
    pvalue : float
        The least of all rows.
    """

    a: Integers
    b: Integers
    distance: Floats
    how: list[str]
    pvalue: float


def looked_at(look: Look) -> Integers:
    """Give the images that are held against each other: of equal ones the first, of very many a sample."""
    first = look.copies.first()
    if len(first) <= MOST_IMAGES:
        return first
    return np.sort(look.rng("images").choice(first, MOST_IMAGES, replace=False))


def as_they_are(look: Look, rows: Integers) -> Couples:
    """Find pairs of images that are alike as they lie, by their waves."""
    waves = [name for name in look.table.numeric if name.startswith("wave ")]
    X = look.numbers_of(rows)[:, [look.number_of[name] for name in waves]]
    near = neighbours(X, _groups(look, rows))
    p, copies = lonely(near)
    apart = {
        (min(i, j), max(i, j)): float(length)
        for i in np.flatnonzero(p <= look.level).tolist()
        for j, length in zip(near.row[i, : copies[i]].tolist(), near.distance[i], strict=False)
    }
    couples = np.array(sorted(apart), dtype=np.int64).reshape(-1, 2)
    lengths = np.array([apart[i, j] for i, j in couples.tolist()])
    return Couples(
        rows[couples[:, 0]], rows[couples[:, 1]], lengths, ["alike"] * len(couples), float(p.min())
    )


def when_moved(look: Look, rows: Integers) -> Couples:
    """Find pairs of images that are alike once one is turned, mirrored or shifted, and not as they lie."""
    album = look.table.album
    if album is None or not len(album.small):
        raise InputError("there are no pictures to be moved")
    near = moved(album.small[rows], _groups(look, rows), _AROUND + 1)
    known = near.row[:, -1] >= 0  # else so many are of one group that the first look left too few
    p, copies = np.ones(len(rows)), np.zeros(len(rows), dtype=np.int64)
    p[known], copies[known] = lonely(Neighbours(near.distance[known], near.row[known]))
    alike = look.alike
    before = set(zip(alike.a.tolist(), alike.b.tolist(), strict=True))
    found: dict[tuple[int, int], tuple[float, str]] = {}
    least = 1.0
    for i in np.flatnonzero(known).tolist():
        for place in range(int(copies[i])):
            how = said(int(near.way[i, place]), near.shift[i, place])
            one, other = sorted((int(rows[i]), int(rows[near.row[i, place]])))
            if how and (one, other) not in before:
                least = min(least, float(p[i]))
                if p[i] <= look.level:
                    found[one, other] = (float(near.distance[i, place]), how)
    pairs = np.array(sorted(found), dtype=np.int64).reshape(-1, 2)
    told = [found[a, b] for a, b in pairs.tolist()]
    return Couples(pairs[:, 0], pairs[:, 1], np.array([t for t, _ in told]), [how for _, how in told], least)


def _groups(look: Look, rows: Integers) -> Integers | None:
    groups = look.table.groups
    return None if groups is None else np.unique(groups[rows], return_inverse=True)[1]


def images(look: Look) -> Draft:
    """Do images look alike, though they are not equal: resaved, brighter, or the next frame of the same?"""
    rows = looked_at(look)
    if len(rows) < _LEAST:
        return unchecked(f"Fewer than {_LEAST} different images ({len(rows)}).")
    return _draft(
        look, look.alike, len(rows), ("looks alike", "look alike"), ", far nearer than either is to the next one",
        "No image is far nearer to its nearest than to the next ones",
        "They are one picture saved twice, changed a little, or taken again of one patient.",
    )  # fmt: skip


def moved_images(look: Look) -> Draft:
    """Are images the same once one is turned by a right angle, mirrored, or shifted?"""
    rows, album = looked_at(look), look.table.album
    if album is None or not len(album.small):
        return nothing("Volumes, or images that are no pictures; only pictures are turned.")
    if len(rows) < _LEAST:
        return unchecked(f"Fewer than {_LEAST} different images ({len(rows)}).")
    found_ = when_moved(look, rows)
    kinds = Counter(found_.how)
    told = "; ".join(f"{n:,} {how}" for how, n in kinds.most_common())
    return _draft(
        look, found_, len(rows), ("is", "are"), f" the same picture, moved: {told}",
        "No image is far nearer to another that is turned, mirrored or shifted than to the next ones",
        "They were made from one picture (augmented), or are frames of one patient.",
    )  # fmt: skip


def _draft(
    look: Look, pairs: Couples, n: int, verbs: tuple[str, str], there: str, none: str, means: str
) -> Draft:
    """Say which pairs of images there are, and how many of them cross the split."""
    table, a, b = look.table, pairs.a, pairs.b
    whole = len(look.copies.first())
    sampled = "" if n == whole else f" (a sample of {n:,} images)"
    facts = (
        f"{counted(len(a), 'pair')} of images{sampled} {verbs[len(a) > 1]}{there}."
        if len(a)
        else f"{none}{sampled}."
    )
    crossing = 0
    if table.split is not None and len(a):
        crossing = int((table.split.codes[a] != table.split.codes[b]).sum())
        facts += f" {crossing:,} of the pairs {'lies' if crossing == 1 else 'lie'} across the split."
    facts += _contradictions(look, a, b)
    return found(
        facts, means,
        severity=ERROR if crossing else WARNING, leakage="L1.4" if crossing or table.split is None else "",
        cure="Look at them; keep one of each, or give them a group and split by it.",
        rows=numbered(np.unique(np.concatenate([a, b]))), pvalue=pairs.pvalue,
        evidence={"pairs": len(a), "pairs_across": crossing},
        frames={"pairs": pairs_of(look, a, b, pairs.distance, pairs.how)} if len(a) else {},
    )  # fmt: skip


def _contradictions(look: Look, a: Integers, b: Integers) -> str:
    """Say how many pairs have two labels."""
    y = look.table.y
    odd = 0 if y is None or not y.classes else int((y.codes[a] != y.codes[b]).sum())
    return f" {odd:,} of the pairs {'has' if odd == 1 else 'have'} two labels." if odd else ""

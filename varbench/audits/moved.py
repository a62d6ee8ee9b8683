"""Images that were moved: the same picture turned by a right angle, mirrored, or shifted, found by what stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from varbench.audits.album import SMALL, Floats32
from varbench.audits.table import Floats, Integers

#: How a picture can lie: turned after it was mirrored or not, by quarters of a turn.
WAYS = tuple((mirrored, quarters) for mirrored in (False, True) for quarters in range(4))
_LIES = (
    "", "turned 90°", "turned 180°", "turned 90°", "mirrored", "mirrored, turned 90°",
    "mirrored upside down", "mirrored, turned 90°",
)  # fmt: skip
#: A shift from which on a picture is called shifted.
_STILL = 0.5
#: Shifts that are looked for, in 32nds of a side; the window that is compared is smaller by as much on all sides.
FARTHEST = 4
_SHIFTS = np.arange(-2 * FARTHEST, 2 * FARTHEST + 1) / 2
_COARSE = np.arange(0, len(_SHIFTS), 4)
_MIDDLE = np.array([len(_SHIFTS) // 2])
#: Waves along an axis: of the first look, and of the second.
_FEW, _MANY = 6, 8
#: Images nearest to each by the first look, which get a second one.
_LOOKED = 40
#: Of up to so many images every way of lying is tried with every shift, at the first look.
_TRIED = 3000
#: How far the waves are made equally loud: 0 not at all, 1 wholly.
_EVENED = 0.5
#: Images that are looked at in one step.
_AT_ONCE = 200


@dataclass(frozen=True, eq=False)
class Moved:
    """The images nearest to each, wherever and however these lie.

    Parameters
    ----------
    distance : ndarray of float64, (row, neighbour)
        Nearest first: of the low waves of the window, over all ways and shifts.
    row : ndarray of int64, (row, neighbour)
        Which they are.
    way : ndarray of int64, (row, neighbour)
        A place in :data:`WAYS`: how the neighbour lies, from the image's own.
    shift : ndarray of float64, (row, neighbour, 2)
        How far its content is down and right, in 32nds of the side.
    """

    distance: Floats
    row: Integers
    way: Integers
    shift: Floats


def moved(small: Floats32, groups: Integers | None = None, k: int = 21) -> Moved:
    """Find the images nearest to each, also where these were turned, mirrored or shifted.

    Parameters
    ----------
    small : ndarray of float32, (row, 32, 32)
        Pictures in grey.
    groups : ndarray of int64, (row,), optional
        Images of one group are not held against each other.
    k : int
        How many neighbours.

    Returns
    -------
    Moved
        Of each image.

    Notes
    -----
    The first look holds few waves of windows against each other, at coarse shifts, and keeps the nearest images; the
    second tries every way and shift on these.
    """
    centre = _windows(small, _MIDDLE, _MANY)[:, 0]
    loud = _loudness(centre)
    centre = centre / loud
    parts = []
    for start in range(0, len(small), _AT_ONCE):
        rows = np.arange(start, min(start + _AT_ONCE, len(small)))
        windows = _windows(small[rows], np.arange(len(_SHIFTS)), _MANY) / loud
        near = _first_look(windows, centre, rows, groups, k)
        parts.append(_second_look(windows, centre, near, k))
    return Moved(*(np.concatenate(one) for one in zip(*parts, strict=True)))


def _loudness(waves: Floats32) -> Floats32:
    """Give what each wave is divided by: the root of how much it varies, the same along both axes, (wave, wave).

    A few long waves vary most; beside these the others would count for little, and all pictures would be alike.
    """
    spread = np.sqrt((waves**2).mean(axis=0))
    spread = np.sqrt((spread**2 + spread.T**2) / 2) ** _EVENED
    return np.asarray(np.where(spread > 1e-9, spread, 1.0), dtype=np.float32)


def _windows(small: Floats32, shifts: Integers, waves: int) -> Floats32:
    """Give the low waves of the window of each picture at each two shifts, (row, shift, wave, wave).

    Of a window with mean 0 and SD 1; the wave of order 0, which is its mean, is 0.
    """
    basis = _basis(waves)[shifts]  # (shift, pixel, wave)
    weight = basis[:, :, 0]
    found = np.einsum("ayu,nyx,bxv->nabuv", basis, small, basis, optimize=True)
    second = np.einsum("ay,nyx,bx->nab", weight, small**2, weight, optimize=True)
    spread = np.sqrt(np.maximum(second - found[..., 0, 0] ** 2, 0.0))
    found /= np.where(spread > 1e-6, spread, np.inf)[..., None, None]
    found[..., 0, 0] = 0.0
    return np.asarray(found.reshape(len(small), -1, waves, waves), dtype=np.float32)


def _basis(waves: int) -> Floats32:
    """Give the mean of each wave of a window over each pixel, at each shift, (shift, pixel, wave)."""
    size = SMALL - 2 * FARTHEST
    edges = np.arange(SMALL + 1)[None, :] - FARTHEST - _SHIFTS[:, None]
    order = np.pi * np.arange(1, waves) / size
    inside = np.clip(edges, 0, size)[:, :, None]
    whole = np.concatenate([inside, np.sin(order * inside) / order], axis=2)
    return np.asarray(np.diff(whole, axis=1) / size, dtype=np.float32)


def _lying(waves: Floats32, way: int) -> Floats32:
    """Give the waves of pictures that lie in another way, from those of pictures as they are, (..., wave, wave).

    A mirror changes the sign of every other wave; a quarter of a turn exchanges the axes, too.
    """
    mirrored, quarters = WAYS[way]
    signs = (1 - 2 * (np.arange(waves.shape[-1]) % 2)).astype(np.float32)
    found = waves * signs if mirrored else waves
    for _ in range(quarters):
        found = np.swapaxes(found, -1, -2) * signs[:, None]
    return found


def _first_look(
    windows: Floats32, centre: Floats32, rows: Integers, groups: Integers | None, k: int
) -> Integers:
    """Give the images nearest to some rows, by few waves and at coarse shifts, (row, image)."""
    few = np.ascontiguousarray(windows[..., :_FEW, :_FEW]).reshape(len(rows), -1, _FEW * _FEW)
    others = centre[:, :_FEW, :_FEW]
    apart = np.full((len(rows), len(centre)), np.inf, np.float32)
    square = (others**2).sum(axis=(1, 2))
    for way, shift in _tried(len(centre)):
        turned = _lying(others, way).reshape(len(others), -1)
        mine = few[:, shift]
        square_mine = (mine**2).sum(axis=1)
        np.minimum(apart, square_mine[:, None] + square[None, :] - 2 * (mine @ turned.T), out=apart)
    apart[np.arange(len(rows)), rows] = np.inf
    if groups is not None:
        apart[groups[rows][:, None] == groups[None, :]] = np.inf
    kept = min(max(_LOOKED, k), len(centre) - 1)
    near = np.argpartition(apart, kept - 1, axis=1)[:, :kept]
    lost = ~np.isfinite(np.take_along_axis(apart, near, axis=1))
    return np.where(lost, -1, near)


def _tried(n: int) -> Iterator[tuple[int, int]]:
    """Give the ways and shifts of the first look: shifts as it lies, and ways without one; if there is time all."""
    middle = len(_SHIFTS) ** 2 // 2
    shifts = [int(a * len(_SHIFTS) + b) for a, b in product(_COARSE, _COARSE)]
    for way in range(len(WAYS)):
        for shift in shifts:
            if n <= _TRIED or way == 0 or shift == middle:
                yield way, shift


def _second_look(
    windows: Floats32, centre: Floats32, near: Integers, k: int
) -> tuple[Floats, Integers, Integers, Floats]:
    """Hold each row against its nearest images in every way and at every shift; give the k nearest."""
    shape = (len(near), k)
    length, row = np.full(shape, np.inf), np.full(shape, -1, dtype=np.int64)
    way, shift = np.zeros(shape, np.int64), np.zeros((*shape, 2))
    sides = len(_SHIFTS)
    for i, found in enumerate(near):
        kept = found[found >= 0]
        mine = windows[i].reshape(sides * sides, -1)
        others = np.stack([_lying(centre[kept], one) for one in range(len(WAYS))]).reshape(
            len(WAYS) * len(kept), -1
        )
        apart = (mine**2).sum(axis=1)[:, None] + (others**2).sum(axis=1)[None, :] - 2 * (mine @ others.T)
        apart = apart.reshape(sides * sides, len(WAYS), len(kept))
        flat = apart.reshape(-1, len(kept))
        best = flat.argmin(axis=0)
        values = flat[best, np.arange(len(kept))]
        order = np.argsort(values, kind="stable")[:k]
        n = len(order)
        at, lies = np.divmod(best[order], len(WAYS))
        length[i, :n] = np.sqrt(np.maximum(values[order], 0.0))
        row[i, :n], way[i, :n] = kept[order], lies
        shift[i, :n] = _SHIFTS[np.stack(np.divmod(at, sides), axis=1)]
    return length, row, way, shift


def said(way: int, shift: Floats) -> str:
    """Say in words how a picture lies; nothing, where it lies as the other does.

    Examples
    --------
    >>> said(0, np.array([0.0, 0.5])), said(6, np.array([1.0, 0.0])), said(0, np.zeros(2))
    ('shifted', 'mirrored upside down, shifted', '')
    """
    moved_ = bool(np.abs(shift).max() >= _STILL)
    return ", ".join(part for part in (_LIES[way], "shifted" if moved_ else "") if part)

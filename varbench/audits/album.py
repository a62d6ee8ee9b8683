"""What the rows of an audit look like, where they are images: names, small pictures to compare, larger ones to show."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Array = npt.NDArray[Any]
Floats32 = npt.NDArray[np.float32]
#: Pixels along a side of the pictures that are compared, and of those that are shown.
SMALL, SHOWN = 32, 112


@dataclass(frozen=True, eq=False)
class Album:
    """Images, by their rows.

    Parameters
    ----------
    frame : DataFrame
        A row an image: its waves, mean and SD, and what is known of it beside.
    roles : mapping of str to str
        What columns of the frame are, by their use.
    small : ndarray of float32, (row, 32, 32)
        The pictures as they are compared, in grey; without rows where the images are volumes.
    show : callable
        From positions of rows to pictures as they are stored, (y, x) or (y, x, colour).
    name : str
        What the whole is called.
    names : tuple of str
        What the files are called; empty where images are rows of an array.
    notes : tuple of str
        What a reader must know of how they were read.
    ordered : bool
        Whether the order of the rows is the user's; that of a folder for each class is nobody's.
    """

    frame: pd.DataFrame
    roles: dict[str, str]
    small: Floats32
    show: Callable[[Sequence[int]], list[Array]]
    name: str = "images"
    names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    ordered: bool = True

    def __len__(self) -> int:
        return len(self.frame)

    def pictures(self, rows: Sequence[int]) -> list[str]:
        """Give pictures of some rows as PNG in text, a ``data:`` address each, none larger than is shown."""
        return [as_text(one) for one in self.show(rows)]


def joined(albums: Sequence[Album]) -> Album:
    """Put albums behind each other; names and small pictures are kept where all have them."""
    ends = np.cumsum([len(one) for one in albums])

    def show(rows: Sequence[int]) -> list[Array]:
        which = np.searchsorted(ends, np.asarray(rows), side="right").tolist()
        return [
            albums[album].show([row - int(ends[album]) + len(albums[album])])[0]
            for row, album in zip(rows, which, strict=True)
        ]

    complete = all(len(one.small) for one in albums)
    return Album(
        frame=pd.concat([one.frame for one in albums], ignore_index=True),
        roles=dict(albums[0].roles),
        small=np.concatenate([one.small for one in albums]) if complete else no_pictures(),
        show=show,
        name=albums[0].name,
        names=tuple(name for one in albums for name in one.names) if all(a.names for a in albums) else (),
        notes=tuple(dict.fromkeys(note for one in albums for note in one.notes)),
        ordered=all(one.ordered for one in albums),
    )


def no_pictures() -> Floats32:
    """Give small pictures of no row."""
    return np.empty((0, SMALL, SMALL), np.float32)


def shrunk(images: Array, size: int = SMALL) -> Floats32:
    """Give pictures of one size as squares of ``size`` pixels, each the mean of those around it, (row, y, x).

    The weights fall off evenly to the next pixels' middles, so that a shift of the picture is one of the square.

    Examples
    --------
    >>> shrunk(np.full((1, 3, 5), 7.0), 2).tolist()
    [[[7.0, 7.0], [7.0, 7.0]]]
    """
    rows, columns = _weights(images.shape[1], size), _weights(images.shape[2], size)
    return np.asarray(rows @ images.astype(np.float32) @ columns.T, dtype=np.float32)


def _weights(pixels: int, size: int) -> Floats32:
    """Give the weight that each of ``pixels`` has in each of ``size`` larger or smaller ones, (new, pixel)."""
    middle = (np.arange(size) + 0.5) * pixels / size - 0.5
    apart = np.abs(np.arange(pixels)[None, :] - middle[:, None])
    weight = np.maximum(1 - apart / max(pixels / size, 1.0), 0.0)
    return np.asarray(weight / weight.sum(axis=1, keepdims=True), dtype=np.float32)


def shown(image: Array) -> Array:
    """Give an image as bytes, as a screen shows it: bytes as they are, other values from the least to the largest."""
    values = np.asarray(image)
    if values.dtype == np.uint8:
        return values
    numbers = values.astype(np.float64)
    low, high = float(numbers.min()), float(numbers.max())
    return np.asarray((numbers - low) * (255.0 / (high - low) if high > low else 0.0), dtype=np.uint8)


def as_text(image: Array) -> str:
    """Write a picture as a ``data:`` address of a PNG."""
    from PIL import Image

    picture = Image.fromarray(shown(image))
    picture.thumbnail((SHOWN, SHOWN), Image.Resampling.BOX)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")

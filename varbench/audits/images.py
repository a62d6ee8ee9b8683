"""Images as rows of an audit: what each looks like from afar, in numbers that a smaller or brighter copy shares."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from varbench.audits.album import Album, Array, Floats32, no_pictures, shrunk
from varbench.errors import DataError

Floats = npt.NDArray[np.float64]
#: Waves along each axis of a picture, and of a volume: 63 numbers beside the mean.
_WAVES = {2: 8, 3: 4}
#: Images that are held in memory as numbers at a time.
_AT_ONCE = 256
#: Sides in the order of a split.
_PARTS = ("train", "training", "val", "valid", "validation", "test")
TARGET, SPLIT = "label", "part"


def is_images(path: Path) -> bool:
    """Whether a file holds images: arrays of three or more dimensions.

    Examples
    --------
    >>> is_images(Path("my.csv"))
    False
    """
    if path.suffix.lower() not in (".npz", ".h5", ".hdf5") or not path.is_file():
        return False
    with _Stored(path) as arrays:
        return any("image" in name.lower() and len(shape) > 2 for name, shape in arrays.shapes().items())


def album_of(path: Path) -> Album:
    """Give a row an image.

    Parameters
    ----------
    path : Path
        A file ``.npz`` or ``.h5`` with the arrays ``images`` and, if there are any, ``labels``; or with
        ``train_images``, ``train_labels``, ``test_images``... as MedMNIST has them.

    Returns
    -------
    Album
        Its frame has 63 low waves of each image (the discrete cosine transform that perceptual hashes take the signs
        of), of an image with mean 0 and SD 1, and its mean and SD; the label and the part, where there are such.

    Raises
    ------
    DataError
        If an array has the wrong length, or values that are not finite.
    """
    with _Stored(path) as arrays:
        parts = _parts(arrays.shapes())
        frames, small = [], []
        for part, (images, labels) in parts.items():
            frame, pieces = _looks(arrays, images)
            if labels is not None:
                frame[TARGET] = _labels(arrays, labels, len(frame), path)
            frames.append(frame.assign(**({SPLIT: part} if len(parts) > 1 else {})))
            small.append(pieces)
    found = pd.concat(frames, ignore_index=True)
    roles = {role: name for role, name in (("target", TARGET), ("split", SPLIT)) if name in found.columns}
    pictures = np.concatenate(small)
    pictures = pictures if len(pictures) == len(found) else no_pictures()
    return Album(found, roles, pictures, _shower(path, parts), path.stem)


def _shower(
    path: Path, parts: Mapping[str, tuple[str, str | None]]
) -> Callable[[Sequence[int]], list[Array]]:
    """Give what reads pictures of some rows once more, a slice of each volume."""

    def show(rows: Sequence[int]) -> list[Array]:
        with _Stored(path) as arrays:
            shapes = arrays.shapes()
            names = [images for images, _ in parts.values()]
            ends = np.cumsum([shapes[name][0] for name in names])
            found = []
            for row in rows:
                which = int(np.searchsorted(ends, row, side="right"))
                at = row - int(ends[which]) + shapes[names[which]][0]
                found.append(_slice(arrays.rows(names[which], at, at + 1)[0]))
            return found

    return show


def _slice(image: Array) -> Array:
    """Give of a volume its middle, and of a picture all: (y, x), or (y, x, colour)."""
    image = image.squeeze()
    coloured = image.ndim > 2 and image.shape[-1] in (3, 4)
    while image.ndim > 2 + coloured:
        image = image[len(image) // 2]
    return image[..., :3] if coloured else image


def _parts(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[str, str | None]]:
    """Give, by the name of a part, its images and its labels; masks are no labels."""
    found = {}
    for name, shape in shapes.items():
        if len(shape) < 3 or "image" not in name.lower():
            continue
        part = name.lower().replace("images", "").replace("image", "").strip("_- ")
        labels = name.replace("images", "labels").replace("image", "label")
        there = shapes.get(labels)
        usable = there is not None and labels != name and int(np.prod(there[1:], dtype=np.int64)) == 1
        found[part or "images"] = (name, labels if usable else None)
    order = {part: place for place, part in enumerate(_PARTS)}
    return dict(sorted(found.items(), key=lambda one: (order.get(one[0], 9), one[0])))


def _labels(arrays: _Stored, name: str, n: int, path: Path) -> Any:
    labels = arrays.rows(name, 0, None).reshape(-1)
    if len(labels) != n:
        raise DataError(f"{path.name}: {name} has {len(labels)} values for {n} images; expected one each")
    return labels


def _looks(arrays: _Stored, name: str) -> tuple[pd.DataFrame, Floats32]:
    n = arrays.shapes()[name][0]
    parts, small = [], []
    for start in range(0, n, _AT_ONCE):
        X = in_grey(arrays.rows(name, start, start + _AT_ONCE), name)
        parts.append(waves_of(X))
        small.append(shrunk(X) if X.ndim == 3 else no_pictures())
    values = np.concatenate(parts)
    return pd.DataFrame(values, columns=wave_names(values.shape[1])), np.concatenate(small)


def wave_names(columns: int) -> list[str]:
    """Name the columns that :func:`waves_of` gives."""
    return [f"wave {place}" for place in range(1, columns - 1)] + ["mean", "SD"]


def in_grey(images: Array, name: str) -> Floats:
    """Give images of one size without colours, (image, y, x) or (image, z, y, x).

    Raises
    ------
    DataError
        If they are neither pictures nor volumes, or a value is not finite.
    """
    X = np.asarray(images, np.float64)
    X = X.reshape(len(X), *(size for size in X.shape[1:] if size > 1))
    if X.ndim > 3 and X.shape[-1] <= 4:  # colours
        X = X.mean(axis=-1)
    if X.ndim - 1 not in _WAVES:
        raise DataError(
            f"{name}: images of {X.ndim - 1} dimensions; expected pictures or volumes, with colours or not"
        )
    if not np.isfinite(X).all():
        raise DataError(f"{name}: an image has a value that is not finite; leave it out, or fill it in")
    return X


def waves_of(X: Floats) -> Floats:
    """Give the low waves of images of one size, (image, wave), and their mean and SD."""
    axes = tuple(range(1, X.ndim))
    mean, spread = X.mean(axis=axes), X.std(axis=axes)
    flat = spread.reshape(-1, *(1 for _ in axes))
    X = (X - mean.reshape(flat.shape)) / np.where(flat > 0, flat, 1.0)
    for axis in axes:
        X = np.moveaxis(np.tensordot(X, _cosines(X.shape[axis], _WAVES[len(axes)]), (axis, 0)), -1, axis)
    return np.column_stack([X.reshape(len(X), -1)[:, 1:], mean, spread])


def _cosines(size: int, waves: int) -> Floats:
    """Give the first waves of the discrete cosine transform of some size, (pixel, wave)."""
    place = (np.arange(size) + 0.5)[:, None] * np.arange(waves)[None, :]
    return np.asarray(np.cos(np.pi * place / size) / size, dtype=np.float64)


class _Stored:
    """The arrays of a file, read a piece at a time; nothing that is stored is run."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._zip = path.suffix.lower() == ".npz"
        try:
            if self._zip:
                self._file: Any = np.load(path, allow_pickle=False)
            else:
                import h5py

                self._file = h5py.File(path, "r")
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise DataError(f"{path.name} cannot be read: {error}") from None
        self._arrays: dict[str, np.ndarray[Any, Any]] = {}

    def __enter__(self) -> _Stored:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Give the arrays with their shapes."""
        if not self._zip:
            return {name: tuple(one.shape) for name, one in self._file.items() if hasattr(one, "shape")}
        with zipfile.ZipFile(self._path) as archive:
            return {name.removesuffix(".npy"): _shape(archive, name) for name in archive.namelist()}

    def _whole(self, name: str) -> np.ndarray[Any, Any]:
        if name not in self._arrays:
            try:
                self._arrays[name] = self._file[name]
            except ValueError as error:
                raise DataError(
                    f"{self._path.name}: {name} holds Python objects, which run code when they are read ({error}); "
                    "save plain arrays"
                ) from None
        return self._arrays[name]

    def rows(self, name: str, start: int, stop: int | None) -> np.ndarray[Any, Any]:
        """Give some rows of an array."""
        return np.asarray((self._whole(name) if self._zip else self._file[name])[start:stop])


def _shape(archive: zipfile.ZipFile, name: str) -> tuple[int, ...]:
    """Read the shape of an array from its header alone."""
    with archive.open(name) as stored:
        try:
            version = np.lib.format.read_magic(stored)
            reader = (
                np.lib.format.read_array_header_1_0
                if version == (1, 0)
                else np.lib.format.read_array_header_2_0
            )
            return tuple(reader(stored)[0])
        except ValueError:
            return ()

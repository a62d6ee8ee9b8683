"""A folder of pictures as rows of an audit: what is read, what is left out and why, and whose each picture is."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd

from varbench.audits.album import Album, Array, shrunk
from varbench.audits.drafts import counted
from varbench.audits.images import SPLIT, TARGET, wave_names, waves_of
from varbench.audits.sides import is_side
from varbench.data.fetch import Fetcher
from varbench.data.load import describe_source, locate, read_frame
from varbench.errors import DataError

#: Endings of pictures, and the formats that are tried: no other reader of Pillow's is ever started.
PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp")
_FORMATS = ("PNG", "JPEG", "TIFF", "BMP")
#: Endings of images that are not read.
UNREAD = (".dcm", ".dicom", ".nii", ".nii.gz", ".nrrd", ".mha", ".mhd", ".img", ".gif", ".webp", ".svs")
#: The table of labels, and what its columns may be called, by their use.
LABELS = "labels.csv"
CALLED = {
    "target": ("target", "label", "class"), "split": ("split", "fold"), "group": ("group", "patient", "subject"),
    "batch": ("batch", "site"), "id": ("id",), "time": ("time", "date"),
}  # fmt: skip
#: What a file says beside its pixels; these columns are kept where they vary.
FACTS = ("width", "height", "mode", "format")
#: A picture is read no larger than it must be for its waves, where its format allows that.
_ENOUGH = 256


@dataclass
class Found:
    """What lies in a folder.

    Parameters
    ----------
    pictures : list of str
        Files with the ending of a picture, by their names within the folder, in order.
    outside : list of str
        Links that lead out of the folder, which are not followed.
    unread : list of str
        Images of formats that are not read.
    """

    pictures: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def is_folder(path: Path) -> bool:
    """Whether a path is a folder with pictures, or with images that would have to be read otherwise.

    Examples
    --------
    >>> is_folder(Path("nowhere"))
    False
    """
    if not path.is_dir():
        return False
    return any(name.lower().endswith(PICTURES + UNREAD) for _, name in _files(path))


def look_into(folder: Path) -> Found:
    """List the pictures of a folder; hidden files, and what packers leave behind, are passed over."""
    found, inside = Found(), folder.resolve()
    for place, name in sorted(_files(folder)):
        whole = (place / name).as_posix()
        low = name.lower()
        if (folder / place / name).is_symlink() and not (folder / whole).resolve().is_relative_to(inside):
            found.outside.append(whole)
        elif low.endswith(PICTURES):
            found.pictures.append(whole)
        elif low.endswith(UNREAD):
            found.unread.append(whole)
    return found


def _files(folder: Path) -> Iterator[tuple[PurePosixPath, str]]:
    """Give the files in and below a folder, and links to folders, which are not entered."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        links = [name for name in folders if os.path.islink(os.path.join(place, name))]
        where = PurePosixPath(Path(place).relative_to(folder).as_posix())
        yield from ((where, name) for name in [*files, *links] if not name.startswith("."))


@dataclass(frozen=True, eq=False)
class _Read:
    """One picture as it was read; or why it was not."""

    waves: Any = None
    small: Any = None
    facts: tuple[Any, ...] = ()
    several: bool = False
    fault: str = ""


def album_of_folder(folder: Path, named: Mapping[str, str]) -> Album:
    """Give a row a picture.

    Parameters
    ----------
    folder : Path
        With a table ``labels.csv`` of file names and what is known of each; or with a folder for each class; or with
        folders ``train`` and ``test`` (and ``val``), in which there is a folder for each class.
    named : mapping of str to str
        The columns of the table that the user names, by their use.

    Returns
    -------
    Album
        As of a file of images; with the width, height, colour mode and format of the files as far as they vary, which
        can tell a class, and the columns of the table. Its notes say what was left out.

    Raises
    ------
    DataError
        If no picture can be read, or the table does not fit the folder.
    """
    found = look_into(folder)
    table, roles, notes = (
        _labels(folder, found.pictures, named) if (folder / LABELS).is_file() else _by_folder(found.pictures)
    )
    read = _read_all([folder / name for name in table.index])
    good = np.array([not one.fault for one in read], dtype=bool)
    notes += _left_out(
        found, {str(n): one.fault for n, one in zip(table.index, read, strict=True) if one.fault}
    )
    pages = [str(name) for name, one in zip(table.index, read, strict=True) if one.several]
    notes += tuple(_some(pages, "file", "with several pages", "Of these the first page is read"))
    if not good.any():
        raise DataError(f"{folder.name}: there is no picture that can be read. {' '.join(notes)}".rstrip())
    kept = [one for one in read if not one.fault]
    waves = np.stack([one.waves for one in kept])
    looks = pd.DataFrame(waves, columns=wave_names(waves.shape[1]))
    looks = looks.assign(**{name: [one.facts[i] for one in kept] for i, name in enumerate(FACTS)})
    beside = table[good]
    twice = sorted(set(beside.columns) & set(looks.columns))
    if twice:
        raise DataError(
            f"{LABELS}: the column {twice[0]!r} has the name of what an audit measures itself; call it otherwise"
        )
    names = tuple(str(name) for name in beside.index)
    frame = pd.concat([looks, beside.reset_index(drop=True)], axis=1)
    small = np.stack([one.small for one in kept])
    return Album(
        frame, roles, small, _shower(folder, names), folder.resolve().name, names, (*notes, *_sizes(looks)),
        ordered=(folder / LABELS).is_file(),
    )  # fmt: skip


def _by_folder(names: Sequence[str]) -> tuple[pd.DataFrame, dict[str, str], tuple[str, ...]]:
    """Take the class, and before it the side of a split, from the folders that pictures lie in."""
    parts = [PurePosixPath(name).parts[:-1] for name in names]
    sides = bool(parts) and all(one and is_side(one[0]) for one in parts)
    below = [one[1:] if sides else one for one in parts]
    classes = {one[0] for one in below if one}
    loose = [name for name, one in zip(names, below, strict=True) if not one]
    columns: dict[str, list[str]] = {}
    notes: list[str] = []
    if len(classes) > 1:
        columns[TARGET] = [one[0] if one else "" for one in below]
        notes += _some(loose, "picture", "in no folder of a class", "Left out")
    elif classes:
        notes.append(
            f"All classified pictures lie in one folder, {min(classes)!r}: there is no second class to tell."
        )
    if sides and len({one[0] for one in parts}) > 1:
        columns[SPLIT] = [one[0] for one in parts]
    table = pd.DataFrame(columns, index=list(names))
    if TARGET in table:
        table = table[table[TARGET] != ""]
    roles = {role: name for role, name in (("target", TARGET), ("split", SPLIT)) if name in table}
    return table, roles, tuple(notes)


def _labels(
    folder: Path, names: Sequence[str], named: Mapping[str, str]
) -> tuple[pd.DataFrame, dict[str, str], tuple[str, ...]]:
    """Read the table of labels: a row a picture, in the table's order, by the names within the folder."""
    manifest, columns = describe_source(str(folder / LABELS))
    frame = read_frame(manifest, locate(manifest, str(folder / LABELS), Fetcher()), columns)
    column, files = _files_of(frame, names)
    there = (files != "").to_numpy()
    lost = [str(one) for one in frame.loc[~there, column]]
    table = frame.drop(columns=column)[there].set_axis(files[there].to_numpy(), axis=0)
    _check_once(table.index, np.flatnonzero(there) + 1)
    roles = {**_called(list(table.columns)), **named}
    if "target" not in roles:
        by_folder, own, _ = _by_folder(names)
        new = [name for name in by_folder.columns if name not in table.columns]
        table, roles = table.join(by_folder[new]), {**{k: v for k, v in own.items() if v in new}, **roles}
    known = set(table.index)
    notes = [
        *_some(lost, "row", f"of {LABELS} without a picture", "Left out"),
        *_some(
            [name for name in names if name not in known], "picture", f"without a row in {LABELS}", "Left out"
        ),
    ]
    if roles:
        told = ", ".join(f"{role} {column!r}" for role, column in roles.items())
        notes.append(f"Columns of {LABELS} by their use: {told}.")
    return table, roles, tuple(notes)


def _files_of(frame: pd.DataFrame, names: Sequence[str]) -> tuple[str, pd.Series]:
    """Find the column that names pictures, and which picture each row means; "" where there is none."""
    folders: dict[str, list[str]] = {}
    for name in names:
        folders.setdefault(PurePosixPath(name).name, []).append(name)
    known = {bare: own[0] for bare, own in folders.items() if len(own) == 1} | {name: name for name in names}
    several = {bare for bare, own in folders.items() if len(own) > 1} - set(known)
    best, found = "", pd.Series(dtype=object)
    for column in frame.columns:
        spelled = frame[column].astype(str).str.strip().str.replace("\\", "/", regex=False)
        meant = spelled.str.removeprefix("./").map(known).fillna("")
        if (meant != "").sum() > (found != "").sum():
            best, found = str(column), meant
        unclear = spelled[spelled.isin(several)]
        if len(unclear):
            raise DataError(
                f"{LABELS}: {unclear.iloc[0]!r} is the name of pictures in several folders; write the folder too, "
                f"as {folders[unclear.iloc[0]][0]!r}"
            )
    if not best:
        raise DataError(
            f"{LABELS}: no column has names of the {counted(len(names), 'picture')} of this folder; expected one with "
            f"names as {names[0] if names else 'a.png'!r}"
        )
    return best, found


def _check_once(files: pd.Index, rows: Any) -> None:
    again = files[files.duplicated()]
    if len(again):
        at = [int(rows[place]) for place in np.flatnonzero(files == again[0])[:2]]
        raise DataError(
            f"{LABELS}: {again[0]!r} stands in rows {at[0]} and {at[1]}; expected one row for each picture"
        )


def _called(columns: Sequence[str]) -> dict[str, str]:
    """Tell by their names what columns are for."""
    low = {column.lower(): column for column in reversed(columns)}
    found = {role: next((low[word] for word in words if word in low), "") for role, words in CALLED.items()}
    return {role: column for role, column in found.items() if column}


def _read_all(paths: Sequence[Path]) -> list[_Read]:
    """Read pictures, two or more at a time; a warning of a size that only a trap would have is a fault."""
    from PIL import Image

    with warnings.catch_warnings(), ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        warnings.simplefilter("ignore")  # what a torn file warns of is told by its fault
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        return list(pool.map(_read, paths, chunksize=16))


def _read(path: Path) -> _Read:
    from PIL import Image

    if not path.is_file():  # a pipe would be waited for
        return _Read(fault="torn, or no picture")
    try:
        with Image.open(path, formats=_FORMATS) as image:
            several = getattr(image, "n_frames", 1) > 1
            facts = (float(image.width), float(image.height), image.mode, str(image.format))
            image.draft("L", (_ENOUGH, _ENOUGH))
            X = np.asarray(in_numbers(image), dtype=np.float64)[None]
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return _Read(fault="of more pixels than is safe to unpack")
    except Exception:  # a torn file makes Pillow raise nearly anything
        return _Read(fault="torn, or no picture")
    if not np.isfinite(X).all():
        return _Read(fault="with values that are not finite")
    return _Read(waves_of(X)[0], shrunk(X)[0], facts, several)


def in_numbers(image: Any) -> Array:
    """Give a picture of Pillow's in grey, (y, x): whole or real numbers as they are, else bytes."""
    return np.asarray(image if image.mode in ("L", "F") or image.mode.startswith("I") else image.convert("L"))


def _shower(folder: Path, names: Sequence[str]) -> Callable[[Sequence[int]], list[Array]]:
    """Give what reads pictures of some rows once more, in colour where they have it."""

    def show(rows: Sequence[int]) -> list[Array]:
        from PIL import Image

        found = []
        for row in rows:
            with Image.open(folder / names[row], formats=_FORMATS) as image:
                grey = image.mode in ("1", "L", "LA", "F") or image.mode.startswith("I")
                found.append(in_numbers(image) if grey else np.asarray(image.convert("RGB")))
        return found

    return show


def _left_out(found: Found, faults: Mapping[str, str]) -> tuple[str, ...]:
    notes = []
    for fault in sorted(set(faults.values())):
        notes += _some(
            [name for name, one in faults.items() if one == fault], "file", f"({fault})", "Left out"
        )
    notes += _some(found.outside, "link", "out of the folder", "Not followed")
    notes += _some(found.unread, "image", "in a format that is not read (DICOM, NIfTI...)", "Left out")
    return tuple(notes)


def _some(names: Iterable[str], noun: str, which: str, what: str) -> list[str]:
    """Say how many things were treated so, and name the first; nothing where there are none."""
    given = list(names)
    if not given:
        return []
    first = f"{given[0]!r}" if len(given) == 1 else f"the first is {given[0]!r}"
    return [f"{what}: {counted(len(given), noun)} {which}, {first}."]


def _sizes(looks: pd.DataFrame) -> list[str]:
    """Say that pictures differ in what their files are."""
    several = [f"{looks[name].nunique():,} {name}s" for name in FACTS if looks[name].nunique() > 1]
    if not several:
        return []
    return [
        f"The files differ: {', '.join(several)}. They are compared in grey, each on its own scale; what "
        "the files are is audited as columns."
    ]

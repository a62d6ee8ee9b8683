"""Finding files in local folders by what is in them, for machines without internet."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from varbench.data.manifest import File
from varbench.errors import DataError

#: Folders that are searched for every file, separated as in PATH.
VARIABLE = "VARBENCH_DATA"

#: Folders or files to look in: the option ``--from``.
Search = str | Path | Iterable[str | Path] | None

# (path, size, time of change) -> SHA-256, so that a folder that is searched for many files is read once.
_known: dict[tuple[str, int, int], str] = {}


def sha256_of(path: Path) -> str:
    """Hash a file's content.

    Parameters
    ----------
    path : pathlib.Path
        A file.

    Returns
    -------
    str
        SHA-256 in hexadecimal digits.
    """
    status = path.stat()
    key = (os.path.abspath(path), status.st_size, status.st_mtime_ns)
    if key not in _known:
        with path.open("rb") as stream:
            _known[key] = hashlib.file_digest(stream, "sha256").hexdigest()
    return _known[key]


def folders(search: Search) -> list[Path]:
    """Check the folders that a user named.

    Parameters
    ----------
    search : path, iterable of paths, or None
        Folders or single files, as the option ``--from`` takes them.

    Returns
    -------
    list of pathlib.Path
        All of them exist.

    Raises
    ------
    varbench.errors.DataError
        Where one does not exist.
    """
    if search is None:
        return []
    given = [search] if isinstance(search, str | Path) else list(search)
    return [_existing(Path(one).expanduser(), "--from") for one in given]


def folders_of_environment() -> list[Path]:
    """Return the folders that the variable ``VARBENCH_DATA`` names.

    Returns
    -------
    list of pathlib.Path
        Empty where the variable is not set.

    Raises
    ------
    varbench.errors.DataError
        Where one does not exist.
    """
    names = [name for name in os.environ.get(VARIABLE, "").split(os.pathsep) if name]
    return [_existing(Path(name).expanduser(), f"the variable {VARIABLE}") for name in names]


def _existing(path: Path, source: str) -> Path:
    if not path.exists():
        raise DataError(f"{source} names {path}, which does not exist; expected a folder with files of data")
    return path


def find(file: File, places: Iterable[Path]) -> Path | None:
    """Look for a manifest's file in folders and all that is below them.

    Parameters
    ----------
    file : File
        With a hash, any file of this content is taken, whatever its name; without one, a file of this name.
    places : iterable of pathlib.Path
        Folders or single files.

    Returns
    -------
    pathlib.Path or None
        The first that fits.
    """
    for place in places:
        for path in _files(place):
            if _fits(path, file):
                return path
    return None


def _files(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
        return
    for folder, inner, names in os.walk(place):
        inner.sort()
        for name in sorted(names):
            yield Path(folder, name)


def _fits(path: Path, file: File) -> bool:
    if file.sha256 is None:
        return path.name == file.name and path.is_file()
    try:
        # The size first: it costs nothing, and rules out nearly every other file.
        return path.is_file() and path.stat().st_size == file.size and sha256_of(path) == file.sha256
    except OSError:
        return False  # a file that cannot be read is not the one

"""What there is: lists, facts, fetching and verifying of data sets, for the command line and for notebooks."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from varbench.data.builtin import BUILDERS
from varbench.data.cache import cached_path, lock_path, recorded_hash
from varbench.data.fetch import Fetcher
from varbench.data.local import Search, find, folders, folders_of_environment, sha256_of
from varbench.data.manifest import Collection, File, Manifest
from varbench.data.registry import BUILTINS, resolve, shipped_tables
from varbench.errors import DataError

#: What a file's check can come to.
OK, UNVERIFIED, MISSING, DAMAGED, CHANGED = "ok", "unverified", "missing", "damaged", "changed"


@dataclass(frozen=True)
class DataRow:
    """One line of the list of data sets.

    Parameters
    ----------
    name : str
        As ``load_data`` takes it.
    n, p : int, optional
        Rows and features.
    positives : int, optional
        Rows of the positive class.
    access : str
        ``built in``, ``open``, ``restricted`` or ``manual``.
    licence : str
        In short.
    verified : str
        ``sha256`` where the hash is published, else ``on first use``; ``built in``.
    cached : bool
        Whether it can be used without a network: built in, or in the cache (sizes compared, hashes not).
    title : str
        What it is.
    """

    name: str
    n: int | None
    p: int | None
    positives: int | None
    access: str
    licence: str
    verified: str
    cached: bool
    title: str


def list_data() -> list[DataRow]:
    """Which data sets are there?

    Returns
    -------
    list of DataRow
        The built-ins, then the shipped manifests, a collection's members by their full names.
    """
    return [*(_builtin_row(name) for name in BUILTINS), *(_row(table) for table in shipped_tables().values())]


def _builtin_row(name: str) -> DataRow:
    data = BUILDERS[name](0)
    positives = int((data.y == 1).sum())
    return DataRow(
        name, data.n_cases, data.n_features, positives, "built in", data.info["licence"], "built in", True,
        data.info["title"],
    )  # fmt: skip


def _row(table: Manifest) -> DataRow:
    verified = "sha256" if table.verified else "on first use"
    cached = all(_in_cache(table, file) for file in table.files)
    return DataRow(
        table.full_name, table.rows, table.features, table.positives, table.access, table.licence, verified, cached,
        table.title,
    )  # fmt: skip


def _in_cache(table: Manifest, file: File) -> bool:
    path = cached_path(table, file)
    return path.is_file() and (file.size is None or path.stat().st_size == file.size)


def show_data(name: str) -> dict[str, Any]:
    """What is known of a data set, without loading it?

    Parameters
    ----------
    name : str
        As :func:`varbench.data.load_data` takes it; a collection's name too.

    Returns
    -------
    dict
        For a data set the manifest's fields with those that say nothing left out; for a collection the fields that
        its members share, and ``members``, their names; for a built-in its description. Ready for JSON.

    Raises
    ------
    varbench.errors.DataError
        Where there is no such data set.
    """
    if name in BUILDERS:
        data = BUILDERS[name](0)
        return {"name": name, **data.info, **{k: v for k, v in data.describe().items() if k != "name"}}
    found = resolve(name)
    if isinstance(found, Collection):
        shared = {k: v for k, v in _facts(found.about).items() if k not in ("files", "verified")}
        return {**shared, "members": list(found.members)}
    return {**_facts(found), "cached": [_in_cache(found, file) for file in found.files]}


def _facts(table: Manifest) -> dict[str, Any]:
    facts = {**asdict(table), "name": table.full_name, "verified": table.verified}
    return {key: value for key, value in facts.items() if value not in (None, "", ())}


def fetch_data(
    name: str,
    *,
    search: Search = None,
    timeout: float | None = None,
    progress: object = False,
) -> list[Path]:
    """Bring a data set's files into the cache, verified.

    Parameters
    ----------
    name : str
        A data set, or a collection: then all of its members.
    search : path or iterable of paths, optional
        Folders to look in before any download; what is found is copied into the cache.
    timeout : float, optional
        Seconds without a byte after which a server counts as stalled.
    progress : bool or object
        See :class:`varbench.data.fetch.Fetcher`.

    Returns
    -------
    list of pathlib.Path
        The cached files; empty for a built-in.

    Raises
    ------
    varbench.errors.FetchError
        Where a file cannot be had, or is not what its manifest promises; what came before it stays.
    """
    if name in BUILDERS:
        return []
    fetcher = Fetcher(search=search, timeout=timeout, progress=progress, keep=True)
    return [fetcher.obtain(table, file) for table in _tables(name) for file in table.files]


def _tables(name: str) -> list[Manifest]:
    found = resolve(name)
    tables = list(found.members.values()) if isinstance(found, Collection) else [found]
    if tables[0].anonymous:
        raise DataError(f"{name} is a file of yours: there is nothing to fetch and no hash to verify it by")
    return tables


@dataclass(frozen=True)
class FileCheck:
    """What came of looking at one file.

    Parameters
    ----------
    name : str
        The data set.
    file : str
        Its file.
    status : str
        ``ok`` (its published hash), ``unverified`` (no hash is published; as on first use), ``missing``,
        ``damaged`` (another hash than the published one) or ``changed`` (than the recorded one).
    expected : str, optional
        SHA-256, published or recorded.
    actual : str, optional
        SHA-256 of the file that was found.
    path : pathlib.Path, optional
        Where it is.
    """

    name: str
    file: str
    status: str
    expected: str | None
    actual: str | None
    path: Path | None


def verify_data(name: str | None = None, *, search: Search = None) -> list[FileCheck]:
    """Are the files here what they should be? Fetches nothing and changes nothing.

    Parameters
    ----------
    name : str, optional
        A data set or a collection; None is every shipped one.
    search : path or iterable of paths, optional
        Folders to look in, beside the cache and those of ``VARBENCH_DATA``.

    Returns
    -------
    list of FileCheck
        One a file; empty for a built-in.

    Raises
    ------
    varbench.errors.DataError
        Where there is no such data set or folder.
    """
    if name in BUILDERS:
        return []
    tables = list(shipped_tables().values()) if name is None else _tables(name)
    places = [*folders(search), *folders_of_environment()]
    return [_check(table, file, places) for table in tables for file in table.files]


def _check(table: Manifest, file: File, places: list[Path]) -> FileCheck:
    cached = cached_path(table, file)
    path = cached if cached.is_file() else find(file, places)
    expected = file.sha256 or recorded_hash(lock_path(table, file))
    if path is None:
        return FileCheck(table.full_name, file.name, MISSING, expected, None, None)
    actual = sha256_of(path)
    if file.sha256 is not None:
        status = OK if actual == expected else DAMAGED
    else:
        status = UNVERIFIED if expected in (None, actual) else CHANGED
    return FileCheck(table.full_name, file.name, status, expected, actual, path)

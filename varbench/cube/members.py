"""The list of a run's data sets, beside their cubes: what each is, and what became of it."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from varbench.cube.backing import CUBE, check_free, explained, write_through
from varbench.cube.header import clean_text
from varbench.cube.locking import RunLock
from varbench.errors import CubeError

COLLECTION = "collection.json"
#: The version of that file.
FORMAT = 1
#: What became of a data set: runs are stored; it could not be run; its files are not here and cannot be fetched.
DONE, FAILED, ABSENT, PENDING = "done", "failed", "absent", "pending"


def has_collection(path: str | os.PathLike[str]) -> bool:
    """Say whether a folder holds the run of several data sets.

    Parameters
    ----------
    path : path
        ``RUN``.

    Returns
    -------
    bool
        Whether there is a ``collection.json``.
    """
    return (Path(path) / COLLECTION).is_file()


def read_collection(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read what the run of several data sets says of itself.

    Parameters
    ----------
    path : path
        ``RUN``.

    Returns
    -------
    dict
        ``study``, ``identity`` and ``request`` (what was asked for), and ``members``: name to ``source``, ``named``,
        ``status`` and ``error``.

    Raises
    ------
    CubeError
        Where there is none, where it is damaged, or where a newer varbench has written it.
    """
    try:
        found = json.loads((Path(path) / COLLECTION).read_text(encoding="utf-8"))
        version = found["varbench_collection"]
    except FileNotFoundError:
        raise CubeError(f"{path} is not the run of several data sets: it has no {COLLECTION}") from None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(path, f"{type(error).__name__}: {error}") from error
    if version != FORMAT:
        raise CubeError(
            f"{path}: {COLLECTION} has format {version!r}, and this varbench knows {FORMAT}: "
            "a newer varbench has written it; update varbench to open it"
        )
    if fault := _fault(found):
        raise _damaged(path, fault)
    return dict(found)


def _damaged(path: str | os.PathLike[str], fault: str) -> CubeError:
    return CubeError(
        f"{path}: {COLLECTION} is damaged ({fault}). The cubes of its data sets are not: each can be opened as "
        f"{path}/NAME; and once {COLLECTION} is deleted, the study with the same --data and --out {path} makes it anew "
        "and goes on with them"
    )


def _fault(found: Mapping[str, Any]) -> str:
    """Say what a list of data sets lacks; empty where it is sound."""
    members, request = found.get("members"), found.get("request")
    if not isinstance(members, dict) or not isinstance(request, dict):
        return "it has no members, or no request"
    for name, one in members.items():
        if not isinstance(one, dict) or not all(
            isinstance(one.get(key), str) for key in ("source", "status")
        ):
            return f"nothing is said of its member {name!r}"
        if name in ("", ".", "..") or set(name) & set("/\\\0"):
            return f"its member {name!r} has no name of a folder"
        if one["status"] not in (DONE, FAILED, ABSENT, PENDING):
            return f"its member {name!r} has the status {one['status']!r}"
        one.setdefault("named", True)
        one.setdefault("error", "")
    return ""


class CollectionWriter:
    """Keeps the list of a run's data sets, in ``RUN/collection.json`` or in memory; one writer at a time.

    Parameters
    ----------
    run : Path or None
        ``RUN``; in memory where it is None.
    content : mapping
        What the list says beside its members, for a run that is new.
    names : collection of str
        The data sets that it is to have: a folder that has lost its list, and holds cubes of these alone, is taken up
        again.

    Raises
    ------
    CubeError
        Where the folder holds something else, or another process writes it.
    """

    def __init__(self, run: Path | None, content: Mapping[str, Any], names: Collection[str] = ()) -> None:
        self._run, self._lock = run, None
        self.content: dict[str, Any] = {"varbench_collection": FORMAT, **content, "members": {}}
        if run is None:
            return
        if not has_collection(run) and not _lost_its_list(run, names):
            check_free(run)
        with explained(run):
            run.mkdir(parents=True, exist_ok=True)
            self._lock = RunLock(run)
        if has_collection(run):
            self.content = read_collection(run)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._lock is not None:
            self._lock.release()

    @property
    def members(self) -> dict[str, dict[str, Any]]:
        """Name to what is known of a data set."""
        found: dict[str, dict[str, Any]] = self.content["members"]
        return found

    def folder(self, name: str) -> Path | None:
        """Give the folder of a data set's cube; None in memory."""
        return None if self._run is None else self._run / name

    def put(self, members: Mapping[str, Mapping[str, Any]]) -> None:
        """Add data sets, or say anew what is known of them."""
        for name, known in members.items():
            self.members[name] = {**self.members.get(name, {}), **known}
        if self._run is None:
            return
        text = clean_text(json.dumps(self.content, ensure_ascii=False, indent=1))
        partial = self._run / f".{COLLECTION}"
        with explained(self._run):
            write_through(partial, f"{text}\n".encode())
            os.replace(partial, self._run / COLLECTION)


def _lost_its_list(run: Path, names: Collection[str]) -> bool:
    """Tell whether a folder has cubes, each of a data set that is asked for, and no list of them."""
    if not run.is_dir() or (run / CUBE).exists():
        return False
    found = {one.parent.name for one in run.glob(f"*/{CUBE}")}
    return bool(found) and found <= set(names)

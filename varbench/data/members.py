"""Several data sets at once: from ``radmlbench/*``, a list of names, or files by a pattern, to one entry each."""

from __future__ import annotations

import glob
import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from varbench.data.cache import cached_path
from varbench.data.dataset import Data
from varbench.data.load import load_data
from varbench.data.local import Search, find, folders, folders_of_environment
from varbench.data.manifest import Collection, Manifest
from varbench.data.parse import read_manifest
from varbench.data.registry import BUILTINS, is_path, known_names, resolve, shipped_manifests
from varbench.errors import DataError, unknown

_WILD = "*?["
#: Longer names of folders are cut.
_LONGEST = 80
#: So are the files of a run called.
_TAKEN = re.compile(r"cube\.zarr|collection\.json|report\..*", re.IGNORECASE)


@dataclass(frozen=True)
class Member:
    """One data set of several.

    Parameters
    ----------
    name : str
        What it is called, fit for the name of a folder; no two members have the same.
    source : str, Data or Population
        What :func:`varbench.data.load_data` takes; a path is absolute.
    named : bool
        Whether it was asked for by its own name; else a pattern has found it, and it may be left out where it
        cannot be had.
    """

    name: str
    source: Any
    named: bool = True

    def load(self, **options: Any) -> Data:
        """Load it, as :func:`varbench.data.load_data`; it has the member's name where its source has none."""
        if isinstance(self.source, Data):
            return self.source
        data = load_data(self.source, **options)
        return data if isinstance(self.source, str) else replace(data, name=self.name)


def is_several(what: Any) -> bool:
    """Tell whether several data sets are meant.

    Parameters
    ----------
    what : object
        As the option ``--data`` or ``study.run(data=...)`` takes it.

    Returns
    -------
    bool
        True for a list, a mapping, a pattern (``"radmlbench/*"``), names with commas, and a whole collection.

    Examples
    --------
    >>> is_several("radmlbench/*"), is_several("wdbc,HNSCC"), is_several(["wdbc"]), is_several("wdbc")
    (True, True, True, False)
    """
    if isinstance(what, list | tuple | Mapping):
        return True
    if not isinstance(what, str | os.PathLike):
        return False
    text = os.fspath(what)
    if Path(text).exists():
        return False
    return "," in text or _is_pattern(text) or isinstance(shipped_manifests().get(text), Collection)


def members_of(what: Any) -> tuple[Member, ...]:
    """Which data sets are meant?

    Parameters
    ----------
    what : str, path, Data, list of these, or mapping of str to these
        Names and paths with commas between them; a pattern with ``*`` or ``?`` is held against the shipped names
        first, then against files. A mapping gives each data set its name.

    Returns
    -------
    tuple of Member
        In the order given, those of a pattern in the order of the collection, else by name; each once.

    Raises
    ------
    varbench.errors.DataError
        Where a name means nothing, a pattern finds nothing, or a mapping names the same data twice.

    Examples
    --------
    >>> [member.name for member in members_of("radmlbench/HN*, wdbc")]
    ['HNSCC', 'wdbc']
    """
    if isinstance(what, Mapping):
        found = [Member(_as_folder(str(name)), _from_anywhere(one)) for name, one in what.items()]
        _check_different(found)
    else:
        found = [member for part in _parts(what) for member in _found(part)]
    if not found:
        raise DataError(f"data={what!r}: no data set is named")
    unique: dict[Any, Member] = {}
    for member in found:
        if member.named or _identity(member.source) not in unique:  # a name says more than a pattern
            unique[_identity(member.source)] = member
    return _told_apart(list(unique.values()))


def _check_different(found: Sequence[Member]) -> None:
    """Refuse two names for the same data, which would count twice, or not at all."""
    names: dict[Any, str] = {}
    for member in found:
        other = names.setdefault(_identity(member.source), member.name)
        if other != member.name:
            raise DataError(f"data: {other!r} and {member.name!r} are the same data set; give it once")


def _parts(what: Any) -> list[Any]:
    if isinstance(what, str | os.PathLike):
        text = os.fspath(what)
        if Path(text).exists():
            return [text]
        return [part.strip() for part in text.split(",") if part.strip()]
    if isinstance(what, list | tuple):
        return [part for one in what for part in _parts(one)]
    return [what]


def _identity(source: Any) -> Any:
    return source if isinstance(source, str) else id(source)


def _is_pattern(text: str) -> bool:
    return any(sign in text for sign in _WILD)


def _found(part: Any) -> list[Member]:
    if not isinstance(part, str):
        return [Member(_as_folder(str(getattr(part, "name", "") or "data")), part)]
    if _is_pattern(part) and not Path(part).exists():
        return _of_pattern(part)
    if part in BUILTINS:
        return [Member(part, part)]
    meant = resolve(part)
    if isinstance(meant, Collection):
        inside = part if is_path(part) else meant.name
        return [_of(member, f"{inside}/{name}", named=False) for name, member in meant.members.items()]
    return [_of(meant, part, named=True)]


def _of(table: Manifest, source: str, *, named: bool) -> Member:
    shipped = source in known_names() or table.full_name in known_names()
    return Member(_as_folder(table.name), table.full_name if shipped else _from_anywhere(source), named)


def _of_pattern(pattern: str) -> list[Member]:
    names = [name for name in known_names() if fnmatchcase(name, pattern)]
    if names:
        return [Member(_as_folder(name.rpartition("/")[2]), name, named=False) for name in names]
    folder, _, last = pattern.rpartition("/")
    if folder.endswith(".toml") and Path(folder).expanduser().is_file():
        return _of_manifest(folder, last)
    paths = sorted(path for path in glob.glob(os.path.expanduser(pattern)) if Path(path).is_file())
    if not paths:
        near = [name.partition("/")[0] + "/*" for name in known_names() if "/" in name]
        raise DataError(
            f"{unknown('pattern of data sets', pattern, near)}. No shipped data set and no file fits it; a name "
            "with * goes into quotation marks"
        )
    return [_of(_table(path), path, named=True) for path in paths]


def _of_manifest(manifest: str, pattern: str) -> list[Member]:
    found = read_manifest(Path(manifest).expanduser())
    inside = found.members if isinstance(found, Collection) else {}
    chosen = [name for name in inside if fnmatchcase(name, pattern)]
    if not chosen:
        raise DataError(f"manifest {manifest}: {unknown('member', pattern, inside)}")
    return [Member(_as_folder(name), _from_anywhere(f"{manifest}/{name}"), named=False) for name in chosen]


def _table(path: str) -> Manifest:
    found = resolve(path if is_path(path) else f"./{path}")
    if isinstance(found, Collection):
        raise DataError(f"{path} is the manifest of a collection; its members are {path}/*")
    return found


def _from_anywhere(source: Any) -> Any:
    """Give a path that holds in any folder; a name stays a name, and data stay data."""
    if not isinstance(source, str | os.PathLike):
        return source
    text = os.fspath(source)
    path = Path(text).expanduser()
    in_manifest = path.parent.suffix == ".toml" and path.parent.is_file()
    return str(path.absolute()) if path.is_file() or in_manifest else text


def _as_folder(name: str) -> str:
    """Make a name fit for a folder on any system, beside the files of a run."""
    fit = re.sub(r"[^\w.+-]+", "-", name).strip("-.")[:_LONGEST] or "data"
    return fit.replace(".", "-") if _TAKEN.fullmatch(fit) else fit


def _told_apart(found: Sequence[Member]) -> tuple[Member, ...]:
    """Give members of one name the names of their folders, then numbers; capitals make no difference."""
    twice = {name for name, n in Counter(member.name.lower() for member in found).items() if n > 1}
    renamed = [
        replace(member, name=_as_folder(f"{Path(member.source).parent.name}-{member.name}"))
        if member.name.lower() in twice and isinstance(member.source, str) and "/" in member.source
        else member
        for member in found
    ]
    seen: Counter[str] = Counter()
    unique = []
    for member in renamed:
        key = member.name.lower()
        seen[key] += 1
        unique.append(member if seen[key] == 1 else replace(member, name=f"{member.name}-{seen[key]}"))
    return tuple(unique)


def is_here(member: Member, search: Search = None) -> bool:
    """Tell whether a data set can be used without a network.

    Parameters
    ----------
    member : Member
        One of several.
    search : path or iterable of paths, optional
        Folders to look in, beside the cache and those of ``VARBENCH_DATA``.

    Returns
    -------
    bool
        Whether it needs no file, or every file of it is on this machine; hashes of cached files are not compared.
    """
    if not isinstance(member.source, str) or member.source in BUILTINS:
        return True
    table = resolve(member.source)
    if isinstance(table, Collection) or table.anonymous:
        return True
    places = [*folders(search), *folders_of_environment()]
    return all(cached_path(table, f).is_file() or find(f, places) is not None for f in table.files)

"""Reading a manifest: every key and every value is checked, and an unknown key is told the nearest."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

from varbench.data.manifest import ACCESS, JOINS, TASKS, Collection, Columns, File, Format, Manifest
from varbench.errors import DataError, unknown

_SHA256 = re.compile(r"[0-9a-f]{64}")
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_URL = re.compile(r"https?://[^\s/]+/\S*")


def read_manifest(path: Path) -> Manifest | Collection:
    """Read and check a manifest.

    Parameters
    ----------
    path : pathlib.Path
        A ``.toml`` file.

    Returns
    -------
    Manifest or Collection
        A collection where the file has ``members``.

    Raises
    ------
    varbench.errors.DataError
        Where the file is missing or no TOML, a key is unknown, missing or of another type, or values contradict
        each other.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"manifest {path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"manifest {path}: no valid TOML: {error}") from None
    members = table.pop("members", None)
    reader = _Reader(f"manifest {path.name}")
    if members is None:
        return reader.manifest(table, path.stem)
    return reader.collection(table, members, path.stem)


#: What a key of TOML must be, by the annotation of the field that takes it.
_TYPES: dict[str, tuple[type, str]] = {
    "str": (str, "a text"),
    "str | None": (str, "a text"),
    "int | None": (int, "a whole number"),
    "bool": (bool, "true or false"),
}


@dataclass(frozen=True)
class _Reader:
    """Turns tables of TOML into the classes above; ``where`` opens every error."""

    where: str

    def collection(self, table: dict[str, Any], members: object, name: str) -> Collection:
        if not (isinstance(members, list) and members and all(isinstance(m, dict) for m in members)):
            raise DataError(f"{self.where}: members must be tables: [[members]]")
        about = self.manifest(table, name)
        made: dict[str, Manifest] = {}
        for entry in members:
            member = str(entry.get("name", ""))
            if not member or member in made:
                raise DataError(f"{self.where}: each member needs a name of its own, got {member!r}")
            made[member] = _Reader(f"{self.where}, member {member}").member(entry, about)
        return Collection(name, about, made)

    def member(self, entry: dict[str, Any], about: Manifest) -> Manifest:
        entry = dict(entry)
        name = entry.pop("name")
        of_file: dict[str, Any] = {key: entry.pop(key) for key in ("sha256", "size") if key in entry}
        columns = self._columns(entry.pop("columns")) if "columns" in entry else about.columns
        own = self._take(entry, Manifest, leave=("name", "files", "columns", "collection"))
        if len(about.files) != 1:
            raise DataError(
                f"{self.where}: a collection needs one [[files]] with a pattern, got {len(about.files)}"
            )
        pattern = about.files[0]
        named = replace(
            pattern,
            name=pattern.name.replace("{member}", name),
            url=tuple(url.replace("{member}", name) for url in pattern.url),
            **self._take(of_file, File),
        )
        notes = " ".join(text for text in (about.note, own.pop("note", "")) if text)
        own |= {"columns": columns, "collection": about.name, "note": notes}
        merged = replace(about, name=name, files=(named,), **own)
        return self._checked(merged)

    def manifest(self, table: dict[str, Any], name: str) -> Manifest:
        table = dict(table)
        files, columns = table.pop("files", []), self._columns(table.pop("columns", {}))
        base = self._format(table.pop("format", {}), Format())
        if not (isinstance(files, list) and files and all(isinstance(f, dict) for f in files)):
            raise DataError(f"{self.where}: needs at least one [[files]] with a name")
        own = self._take(table, Manifest, leave=("name", "files", "columns", "collection"))
        made = Manifest(
            name=name,
            files=tuple(self._file(entry, base) for entry in files),
            columns=columns,
            **own,
        )
        return self._checked(made)

    def _file(self, entry: dict[str, Any], base: Format) -> File:
        entry = dict(entry)
        own_format = self._format(entry.pop("format", {}), base)
        url = entry.pop("url", ())
        entry["url"] = [url] if isinstance(url, str) else list(url)
        if "name" not in entry:
            raise DataError(f"{self.where}: each of [[files]] needs a name")
        return File(format=own_format, **self._take(entry, File, leave=("format",)))

    def _columns(self, table: object) -> Columns:
        if not isinstance(table, dict):
            raise DataError(f"{self.where}: columns must be a table: [columns]")
        return Columns(**self._take(table, Columns))

    def _format(self, table: object, base: Format) -> Format:
        if not isinstance(table, dict):
            raise DataError(f"{self.where}: format must be a table: [format]")
        return replace(base, **self._take(table, Format))

    def _take(self, table: dict[str, Any], cls: type, leave: tuple[str, ...] = ()) -> dict[str, Any]:
        """The keys of a table, of the types that a class wants; lists become tuples."""
        wanted = {f.name: str(f.type) for f in fields(cls) if f.name not in leave}
        taken: dict[str, Any] = {}
        for key, value in table.items():
            if key not in wanted:
                raise DataError(f"{self.where}: {unknown('key', key, wanted)}")
            taken[key] = self._typed(key, value, wanted[key])
        return taken

    def _typed(self, key: str, value: object, annotation: str) -> object:
        if annotation == "tuple[str, ...]":
            values = [value] if isinstance(value, str) else value
            if not (isinstance(values, list) and all(isinstance(v, str) for v in values)):
                raise DataError(f"{self.where}: {key} must be a list of texts, got {value!r}")
            return tuple(values)
        kind, words = _TYPES[annotation]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise DataError(f"{self.where}: {key} must be {words}, got {value!r}")
        return value

    def _checked(self, made: Manifest) -> Manifest:
        _Rules(self.where, made).hold()
        return made


@dataclass(frozen=True)
class _Rules:
    """What must hold between the values of a manifest."""

    where: str
    made: Manifest

    def hold(self) -> Self:
        made = self.made
        self._need(made.access in ACCESS, "access", made.access, f"one of {', '.join(ACCESS)}")
        self._need(made.join in JOINS, "join", made.join, f"one of {', '.join(JOINS)}")
        task = made.columns.task
        self._need(task in TASKS, "columns.task", task, f"one of {', '.join(TASKS)}")
        clash = task == "regression" and made.columns.positive is not None
        self._need(
            not clash, "columns.positive", made.columns.positive, "left out where the outcome is a number"
        )
        self._need(
            not made.doi or bool(_DOI.fullmatch(made.doi)), "doi", made.doi, "like 10.1000/182, without https"
        )
        told = made.access == "open" or bool(made.instructions)
        self._need(
            told, "instructions", "", f"given, as the access is {made.access!r}: what should a person do?"
        )
        names = [file.name for file in made.files]
        self._need(len(set(names)) == len(names), "files", names, "named differently")
        batches = {file.batch is None for file in made.files}
        self._need(len(batches) == 1, "batch", "", "given for all of the files, or for none")
        clash = made.columns.batch is not None and batches == {False}
        self._need(not clash, "columns.batch", made.columns.batch, "left out where the files have a batch")
        for file in made.files:
            self._file(file)
        self._pattern(made.columns.group_pattern, made.columns.group)
        return self

    def _file(self, file: File) -> None:
        plain = file.name == Path(file.name.replace("\\", "/")).name and file.name not in ("", ".", "..")
        self._need(plain, "files.name", file.name, "a plain file name, without folders")
        for url in file.url:
            self._need(
                bool(_URL.fullmatch(url)), "files.url", url, "an address that starts with http:// or https://"
            )
        self._need(
            self.made.access != "open" or bool(file.url), "files.url", "", "given, as the access is 'open'"
        )
        known = file.sha256 is None or bool(_SHA256.fullmatch(file.sha256))
        self._need(known, "sha256", file.sha256, "64 hexadecimal digits in lower case")
        sized = file.sha256 is None or (file.size or 0) > 0
        self._need(
            sized, "size", file.size, "given with a sha256, as local folders are searched by the size first"
        )

    def _pattern(self, pattern: str | None, group: str | None) -> None:
        if pattern is None:
            return
        self._need(group is not None, "columns.group", group, "given, as there is a group_pattern")
        try:
            groups = re.compile(pattern).groups
        except re.error as error:
            raise DataError(
                f"{self.where}: group_pattern {pattern!r} is no regular expression: {error}"
            ) from None
        self._need(groups == 1, "group_pattern", pattern, "a regular expression with exactly one (group)")

    def _need(self, holds: bool, key: str, value: object, expected: str) -> None:
        if not holds:
            raise DataError(f"{self.where}: {key} must be {expected}, got {value!r}")

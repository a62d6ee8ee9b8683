"""What a user asks of a study, as it is stored in a cube and read back from one."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from varbench.data import Data
from varbench.errors import InputError


@dataclass(frozen=True)
class Request:
    """What a user asked for; None where nothing was said.

    Parameters
    ----------
    data, seed, set, vary, fix, design, preset, procedures, external, align, missing
        As in :meth:`varbench.Study.run`.
    data_options, external_options : mapping of str to object
        The options of :func:`varbench.load_data`, as ``{"target": "recurrence"}``; the external table has those of
        the data where it has none of its own.
    """

    data: str | Path | Data | Sequence[Any] | Mapping[str, Any] | None = None
    data_options: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    set: Mapping[str, Any] | None = None
    vary: Sequence[str] | None = None
    fix: Sequence[str] | None = None
    design: str | None = None
    preset: str | None = None
    procedures: Sequence[str] | None = None
    external: str | Path | Data | None = None
    external_options: Mapping[str, Any] = field(default_factory=dict)
    align: str | None = None
    missing: str | None = None

    def __post_init__(self) -> None:
        for name in ("vary", "fix", "procedures"):
            object.__setattr__(self, name, _names(name, getattr(self, name)))
        if self.set is not None and not (
            isinstance(self.set, Mapping) and all(isinstance(k, str) for k in self.set)
        ):
            raise InputError(
                f"set={self.set!r}: must map paths to values, as {{'forest__n_estimators': 200}}"
            )
        if self.external is None and (self.align is not None or self.external_options):
            raise InputError("align and the options of an external table need one: give it with --external")

    def stored(self) -> dict[str, Any]:
        """Give what was asked for as plain values; data at hand stay behind."""
        plain = {f: getattr(self, f) for f in self.__dataclass_fields__}
        for name in ("data", "external", "align"):
            plain[name] = None if isinstance(plain[name], Data) else _from_anywhere(plain[name])
        for name in ("data_options", "external_options"):
            plain[name] = {key: value for key, value in plain[name].items() if key != "search"}
        # As text that Python reads back as it was; what has no such text must be given again.
        plain["set"] = None if self.set is None else {k: repr(v) for k, v in self.set.items() if _literal(v)}
        return {name: _plain(value) for name, value in plain.items()}

    def completed_by(self, stored: Mapping[str, Any]) -> Request:
        """Take what was not said from what was asked for when the cube was made."""
        given = {
            name: stored[name]
            for name in stored
            if name in self.__dataclass_fields__ and getattr(self, name) in (None, {})
        }
        if self.vary is not None or self.fix is not None:  # the two belong together
            given = {name: value for name, value in given.items() if name not in ("vary", "fix")}
        if given.get("set") is not None:
            given["set"] = {path: _read_back(text) for path, text in given["set"].items()}
        if self.data is None:  # the same table: what is said of it adds to what was
            given["data_options"] = {**stored.get("data_options", {}), **self.data_options}
        else:
            given.pop("data_options", None)
        return replace(self, **given)


def _read_back(text: Any) -> Any:
    """Read a stored parameter: the text of a Python literal, or plain text; never more than a literal is read."""
    try:
        return ast.literal_eval(text) if isinstance(text, str) else text
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def _names(what: str, value: Any) -> list[str] | None:
    """Take one name or several."""
    if value is None:
        return None
    names = [value] if isinstance(value, str) else list(value) if isinstance(value, Iterable) else [value]
    for name in names:
        if not isinstance(name, str):
            raise InputError(f"{what}={value!r}: must be a list of names")
    return names


def _literal(value: Any) -> bool:
    try:
        return bool(ast.literal_eval(repr(value)) == value)
    except (ValueError, SyntaxError, TypeError):
        return False


def _from_anywhere(value: str | Path | None) -> str | None:
    """Give a path that holds in any folder; a name stays a name."""
    if value is None:
        return None
    return str(Path(value).resolve()) if Path(str(value)).is_file() else str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    return list(value) if isinstance(value, list | tuple) else value

"""Options that several commands share, and the reading of their values."""

from __future__ import annotations

import ast
import shlex
from collections.abc import Callable, Sequence
from typing import Any

import click

from varbench.errors import InputError


def names(_: click.Context, option: click.Parameter, value: str | Sequence[str] | None) -> list[str] | None:
    """Read ``a,b`` or a repeated option as a list; None where nothing was given, which is not the same as no name."""
    parts = [value] if isinstance(value, str) else list(value or ())
    if not parts:
        return None
    found = [name.strip() for part in parts for name in part.split(",")]
    if not all(found):
        spelled = max(option.opts, key=len)
        raise InputError(
            f"{spelled} {shlex.quote(','.join(parts))}: a name is empty; give {option.metavar or 'names'}, "
            "or leave the option out"
        )
    return found


def assignments(_: click.Context, __: click.Parameter, value: Sequence[str]) -> dict[str, Any] | None:
    """Read ``path=value`` options; values are Python's literals, anything else is text."""
    found = {}
    for item in value:
        path, sign, text = item.partition("=")
        if not sign or not path.strip():
            raise InputError(f"--set {item}: must be path=value, as forest__n_estimators=200")
        if path.strip() in found:
            raise InputError(f"--set {path.strip()} is given twice; leave one of them out")
        try:
            found[path.strip()] = ast.literal_eval(text.strip())
        except (ValueError, SyntaxError):
            found[path.strip()] = text.strip()
    return found or None


_DATA = [
    click.option("--data", metavar="NAME|FILE",
                 help="A data set by name, or a table by its path; of studies several: 'radmlbench/*', or A,B."),
    click.option("--target", metavar="COLUMN", help="The outcome's column."),
    click.option("--positive", metavar="VALUE", help="The outcome's value that counts as positive."),
    click.option("--task", type=click.Choice(["classification", "regression"]),
                 help="Whether the outcome is a class (by default) or a number."),
    click.option("--id", "id_", metavar="COLUMN", help="A column that names each row."),
    click.option("--group", metavar="COLUMN", help="A column that may repeat, as the patient of several rows."),
    click.option("--batch", metavar="COLUMN", help="Site, scanner, plate..."),
    click.option("--drop", metavar="COLUMNS", multiple=True, callback=names, help="Columns that are no features."),
    click.option("--from", "search", metavar="DIR", multiple=True, type=click.Path(exists=True, file_okay=False),
                 help="Folders to look for files in, before the network."),
]  # fmt: skip


def data_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which data, and what their columns are."""
    for option in reversed(_DATA):
        function = option(function)
    return function


def given_data_options(options: dict[str, Any]) -> dict[str, Any]:
    """Take the data options that were given out of a command's options."""
    spelled = {"id_": "id"}
    found = {}
    for name in ("target", "positive", "task", "id_", "group", "batch", "drop", "search"):
        value = options.pop(name)
        if value:
            found[spelled.get(name, name)] = list(value) if isinstance(value, tuple) else value
    return found

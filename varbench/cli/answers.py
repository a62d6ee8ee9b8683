"""What the commands that answer a question share: the forms, and where they are written."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from varbench.cli.options import names
from varbench.cli.spoken import answer_in_options
from varbench.cli.text import columns

if TYPE_CHECKING:
    from varbench.report import Answer

_FORMS = [
    click.option(
        "--to",
        "forms",
        metavar="FORMS",
        callback=names,
        help="Also write html,md,tex,csv,json,docx; with commas.",
    ),
    click.option(
        "--out", type=click.Path(file_okay=False, path_type=Path), help="The folder for what is written."
    ),
    click.option("--quiet", is_flag=True, help="Print nothing; errors and the exit code remain."),
]
_DECLARED = [
    click.option("--metric", metavar="NAME", help="The primary metric, declared before the look."),
    click.option(
        "--margin", type=float, help="The smallest difference that matters, in units of the metric."
    ),
    click.option(
        "--gamma", type=float, default=0.75, show_default=True, help="The P(A>B) that counts as meaningful."
    ),
    click.option(
        "--confidence", "confidence_level", type=float, default=0.95, show_default=True, help="Of intervals."
    ),
]


def answer_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say what is written, and where."""
    for option in reversed(_FORMS):
        function = option(function)
    return function


def declared_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that are declared of a comparison: metric, margin, gamma, confidence."""
    for option in reversed(_DECLARED):
        function = option(function)
    return function


def command_line() -> str:
    """Give the line that was typed."""
    return shlex.join(["varbench", *sys.argv[1:]])


def check(forms: list[str] | None) -> tuple[str, ...]:
    """Refuse a form that there is not, before any work."""
    from varbench.report import check_forms

    return check_forms(forms) if forms else ()


def told(
    answer: Answer, forms: tuple[str, ...], out: Path | None, *, quiet: bool, beside: Path | None = None
) -> None:
    """Print an answer, and write its forms: into the folder asked for, else beside what it is about."""
    from varbench.report import write

    if (
        beside is not None and beside.suffix == ".zarr"
    ):  # a store is no place for reports: RUN/cube.zarr is in RUN
        beside = beside.parent
    answer = answer_in_options(answer, click.get_current_context().command)
    if not quiet:
        click.echo(answer.text(columns()))
    if forms:
        written = write(answer, out or beside or Path("."), forms, stem=answer.command)
        if not quiet:
            click.echo("\n" + "\n".join(f"report  {path}" for path in written))

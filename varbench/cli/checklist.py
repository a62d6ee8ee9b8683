"""``varbench checklist``: a run held against the checklists that authors are asked for."""

from __future__ import annotations

from pathlib import Path

import click

from varbench.cli.answers import answer_options, check, command_line, told
from varbench.cli.options import names


@click.command("checklist", short_help="Fill the checklists of journals from a run.")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--form",
    metavar="A,B",
    multiple=True,
    callback=names,
    help="table4, claim, tripod-ai, probast-ai, reforms, metrics; all by default.",
)
@click.option(
    "--procedures",
    metavar="A,B",
    multiple=True,
    callback=names,
    help="What the paper reports; all by default.",
)
@answer_options
def checklist_command(
    run: Path,
    form: list[str] | None,
    procedures: list[str] | None,
    forms: list[str] | None,
    out: Path | None,
    quiet: bool,
) -> None:
    """Answer what RUN can answer of the checklists that authors are asked for, with the evidence beside each item.

    \b
    varbench checklist RUN --form table4,claim,tripod-ai --to md,html,docx,csv
    """  # noqa: D301
    from varbench.checklists import FORMS
    from varbench.questions import checklist

    chosen = check(forms)
    answer = checklist(run, form=form or tuple(FORMS), procedures=procedures, command=command_line())
    told(answer, chosen, out, quiet=quiet, beside=run)

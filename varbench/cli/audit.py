"""``varbench audit``: what would make the scores on a table, a pipeline or a run look better than they are?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from varbench.cli.answers import answer_options, check, command_line, told
from varbench.cli.options import names


@click.command("audit", short_help="What would make scores look better than they are?")
@click.argument("what", metavar="WHAT [TEST] [STEPS]", nargs=-1, required=True)
@click.option("--target", metavar="COLUMN", help="The outcome's column.")
@click.option(
    "--group", metavar="COLUMN", help="Whose a row is; it may repeat, as the patient of several rows."
)
@click.option("--batch", metavar="COLUMN", help="Site, scanner, plate...")
@click.option(
    "--split",
    metavar="COLUMN",
    help="On which side a row is: train and test, or the fold in which it is tested.",
)
@click.option("--id", "id_", metavar="COLUMN", help="What names a row.")
@click.option("--time", metavar="COLUMN", help="When a row was taken: a number or a date.")
@click.option(
    "--drop", metavar="COLUMNS", multiple=True, callback=names, help="Columns that are no features."
)
@click.option(
    "--from", "search", metavar="DIR", multiple=True, type=click.Path(exists=True, file_okay=False),
    help="Folders to look for files in, before the network.",
)  # fmt: skip
@click.option(
    "--level", type=float, default=0.05, show_default=True, help="How often a clean table may raise an alarm."
)
@click.option(
    "--deep", is_flag=True, help="Fit the steps to the table with shuffled labels: above chance they leak."
)
@click.option(
    "--names", is_flag=True, help="Pictures: name their files in the report, which may name patients."
)
@click.option("--seed", "rng", type=int, default=0, show_default=True, help="Of shuffles and samples.")
@answer_options
def audit_command(
    what: tuple[str, ...], forms: list[str] | None, out: Path | None, quiet: bool, **options: Any
) -> None:
    """Audit a table with its split, the steps of a pipeline, or a run: copies, groups, columns that are the label...

    \b
    varbench audit my.csv --target y --group patient --batch site --split fold
    varbench audit train.csv test.csv --target y --id patient
    varbench audit FOLDER                       pictures: labels.csv, or folders of sides and classes
    varbench audit pipeline.py:pipeline
    varbench audit my.csv pipeline.py:pipeline --target y --deep
    varbench audit RUN
    """  # noqa: D301
    from varbench.questions import audit
    from varbench.questions.audit_subjects import kind_of

    chosen = check(forms)
    options["id"] = options.pop("id_")
    options["drop"] = options["drop"] or ()
    options["search"] = list(options["search"]) or None
    beside = Path(what[0]) if kind_of(what[0]) == "run" else Path(what[0]).parent
    told(audit(*what, command=command_line(), **options), chosen, out, quiet=quiet, beside=beside)

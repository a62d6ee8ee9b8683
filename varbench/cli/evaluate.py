"""``varbench evaluate``: one trained model, every metric with its interval."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from varbench.cli.answers import answer_options, check, command_line, told
from varbench.cli.options import names


@click.command("evaluate", short_help="How good is one trained model?")
@click.argument("what", type=click.Path(path_type=Path))
@click.option(
    "--label",
    metavar="COLUMN",
    multiple=True,
    callback=names,
    help="What was true; several columns: multi-label.",
)
@click.option(
    "--score",
    metavar="COLUMN",
    multiple=True,
    callback=names,
    help="The score of the positive class, or of each class.",
)
@click.option("--pred", metavar="COLUMN", multiple=True, callback=names, help="The predicted class or value.")
@click.option("--id", "id_", metavar="COLUMN", help="The column that names each case.")
@click.option("--group", metavar="COLUMN", help="The column of the patient, where one has several rows.")
@click.option(
    "--subgroup", metavar="COLUMNS", multiple=True, callback=names, help="Columns to tell results apart by."
)
@click.option("--positive", metavar="VALUE", help="The value of the label that counts as positive.")
@click.option(
    "--task",
    type=click.Choice(["binary", "multiclass", "multilabel", "regression"]),
    help="What is predicted, where the label does not tell.",
)
@click.option("--classes", metavar="A,B,C", callback=names, help="All classes in their order.")
@click.option("--procedure", metavar="NAME", help="Of a run: which of its procedures.")
@click.option(
    "--data-group",
    metavar="GROUP",
    help="Of a run: folds or external. Of a MAPS: a test group, or validation.",
)
@click.option("--split", type=int, help="Of a MAPS: the network of which split.")
@click.option(
    "--selection", metavar="NAME", help="Of a MAPS: by which metric the network was chosen, as loss."
)
@click.option(
    "--metrics", metavar="A,B", callback=names, help="Which metrics; all that can be computed by default."
)
@click.option("--stratify", is_flag=True, help="Resamples keep the numbers of each class.")
@click.option("--cost-fp", type=float, help="The cost of a false positive.")
@click.option("--cost-fn", type=float, help="The cost of a false negative.")
@click.option(
    "--confidence", "confidence_level", type=float, default=0.95, show_default=True, help="Of intervals."
)
@click.option("--seed", "rng", type=int, default=0, show_default=True, help="Of bootstraps.")
@answer_options
def evaluate_command(
    what: Path, forms: list[str] | None, out: Path | None, quiet: bool, **options: Any
) -> None:
    """Evaluate the model whose predictions WHAT holds: a table with a row a case, a run, or a MAPS.

    \b
    varbench evaluate preds.csv --label y --score p --group patient
    varbench evaluate dice.csv                      measures per case, as Dice, IoU, HD95
    varbench evaluate RUN --procedure correct       the test rows of a run, or --data-group external
    varbench evaluate MAPS --data-group test        what ClinicaDL wrote
    """  # noqa: D301
    from varbench.questions import evaluate
    from varbench.tables import is_maps

    chosen = check(forms)
    options["id"] = options.pop("id_")
    for name in ("label", "score", "pred"):
        given = options[name]
        options[name] = given[0] if given and len(given) == 1 else given
    beside = what if what.is_dir() and not is_maps(what) else what.parent
    told(evaluate(what, command=command_line(), **options), chosen, out, quiet=quiet, beside=beside)

"""``varbench compare``: is one procedure, or one model, better than another?"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import click

from varbench.cli.answers import answer_options, check, command_line, declared_options, told
from varbench.cli.main import EXIT_RUNS_FAILED
from varbench.cli.options import names


@click.command("compare", short_help="Is one procedure better than another?")
@click.argument("what", nargs=-1, required=True)
@declared_options
@click.option(
    "--procedures",
    metavar="A,B",
    callback=names,
    help="The two to compare, first minus second; or those to rank.",
)
@click.option("--names", metavar="A,B", callback=names, help="What to call the models, or the procedures.")
@click.option("--method", metavar="COLUMN", help="Scores: the column of the procedure.")
@click.option(
    "--score",
    metavar="COLUMN",
    help="The column of the score, or of the predicted score of the positive class; 'run*': each such column is a run.",
)
@click.option("--dataset", metavar="COLUMN", help="Scores: the column of the data set.")
@click.option("--repeat", metavar="COLUMN", help="Scores: the column of the repeat.")
@click.option("--fold", metavar="COLUMN", help="Scores: the column of the fold.")
@click.option("--seed-column", metavar="COLUMN", help="The column of the seed.")
@click.option(
    "--methods", metavar="A,B", callback=names, help="Scores in a wide table: the columns of the procedures."
)
@click.option("--percent", is_flag=True, help="The scores are per cent.")
@click.option(
    "--lower-is-better", is_flag=True, help="Scores of a metric that is not known: the lower, the better."
)
@click.option("--n-train", metavar="COLUMN|N", help="Training cases of a fold.")
@click.option("--n-test", metavar="COLUMN|N", help="Test cases of a fold.")
@click.option("--n", "n_cases", type=int, help="Cases of the cohort.")
@click.option("--positives", type=int, help="Positive cases of the cohort.")
@click.option(
    "--vary",
    metavar="A,B",
    callback=names,
    help="What was, or is to be, drawn anew between repeats: split,init,cohort...",
)
@click.option(
    "--pairing",
    type=click.Choice(["exact", "none"]),
    help="Whether scores of one repeat and fold share their test rows.",
)
@click.option("--label", metavar="COLUMN", help="Predictions: the column of what was true.")
@click.option("--pred", metavar="COLUMN", help="Predictions: the column of the predicted class.")
@click.option("--id", "id_", metavar="COLUMN", help="The column that names each case.")
@click.option("--group", metavar="COLUMN", help="The column of the patient, where one has several rows.")
@click.option("--positive", metavar="VALUE", help="The value of the label that counts as positive.")
@click.option(
    "--task",
    type=click.Choice(["binary", "multiclass", "multilabel", "regression"]),
    help="Predictions: what is predicted, where the label does not tell.",
)
@click.option("--stratify", is_flag=True, help="Predictions: resamples keep the numbers of each class.")
@click.option(
    "--missing",
    type=click.Choice(["error", "shared"]),
    default="error",
    show_default=True,
    help="Predictions: refuse cases that one table lacks, or compare on those that both have.",
)
@click.option(
    "--data-group", metavar="NAME", help="Two MAPS: which images; all but those of training by default."
)
@click.option("--data", metavar="NAME|FILE", help="Procedures: what they are run on.")
@click.option("--target", metavar="COLUMN", help="The outcome's column of --data.")
@click.option("--batch", metavar="COLUMN", help="Site, scanner, plate... of --data.")
@click.option(
    "--drop", metavar="COLUMNS", multiple=True, callback=names, help="Columns of --data that are no features."
)
@click.option(
    "--from",
    "search",
    metavar="DIR",
    multiple=True,
    type=click.Path(exists=True, file_okay=False),
    help="Folders to look for files in, before the network.",
)
@click.option("--repeats", type=int, default=10, show_default=True, help="Procedures: how many re-splits.")
@click.option(
    "--folds",
    type=int,
    help="Procedures that bring no split: how many folds, 5 by default. Scores with a column a run: columns a repeat.",
)
@click.option(
    "--doubles",
    type=click.Choice(["error", "number", "once"]),
    default="error",
    show_default=True,
    help="Scores with a column a run: refuse data sets of one name, number them, or count equal ones once.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of runs and of bootstraps.")
@click.option("--jobs", type=int, help="Procedures: worker processes; all cores by default.")
@answer_options
def compare_command(
    what: tuple[str, ...], forms: list[str] | None, out: Path | None, quiet: bool, **options: Any
) -> int:
    """Compare procedures or models, and say for whom the difference holds.

    \b
    varbench compare RUN                                  a run of ours; --procedures A,B
    varbench compare scores.csv --method method --score auc --dataset dataset --repeat repeat --fold fold
    varbench compare wide.csv --method method --dataset dataset --score 'run*'
    varbench compare preds_a.csv preds_b.csv              two models on the same test cases
    varbench compare a.py:svm a.py:forest --data my.csv --target y --group patient --repeats 50
    varbench compare MAPS_A MAPS_B                        two folders of ClinicaDL
    """  # noqa: D301
    from varbench.cli.study import available_cores
    from varbench.questions import compare
    from varbench.questions.of_estimators import is_procedure
    from varbench.tables import is_maps

    chosen = check(forms)
    runs = is_procedure(what[0])
    reading = {name: options.pop(name) for name in ("target", "batch", "drop", "search")}
    shared = {"id": options.pop("id_"), "group": options.pop("group"), "positive": options.pop("positive")}
    columns = {
        name: options.pop(name)
        for name in ("method", "score", "dataset", "repeat", "fold", "methods", "label", "pred")
    }
    columns["seed_column"], columns["task"] = options.pop("seed_column"), options.pop("task")
    columns |= {name: _number(options.pop(name)) for name in ("n_train", "n_test")}
    columns["percent"] = options.pop("percent") or None
    columns["greater_is_better"] = False if options.pop("lower_is_better") else None
    jobs = options.pop("jobs")
    given = {**columns, **shared, **reading}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        answer = compare(
            *what, jobs=available_cores() if jobs is None else jobs, progress=not quiet,
            command=command_line(), out=out if runs else None, **options,
            **{name: value for name, value in given.items() if value not in (None, ())},
        )  # fmt: skip
    first = Path(what[0])
    told(answer, chosen, out, quiet=quiet, beside=first if first.is_dir() and not is_maps(first) else None)
    for text in dict.fromkeys(str(one.message) for one in caught):
        click.echo(f"varbench: {text}", err=True)
    failed = runs and any(count for one in answer.verdicts for count in one.facts.failed.values())
    return EXIT_RUNS_FAILED if failed else 0


def _number(value: str | None) -> str | int | None:
    """Read a whole number as such; anything else names a column."""
    return int(value) if value is not None and value.isdigit() else value

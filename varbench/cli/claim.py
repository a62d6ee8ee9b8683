"""``varbench claim`` and ``varbench calibrate``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from varbench.cli.answers import answer_options, check, command_line, told
from varbench.cli.options import data_options, given_data_options


@click.command("claim", short_help="Could a published figure be noise?")
@click.option("--metric", metavar="NAME", required=True, help="accuracy, roc_auc, f1, dice...")
@click.option("--value", type=float, required=True, help="The claimed score.")
@click.option("--against", type=float, help="The score that it is held against.")
@click.option("--n-test", type=int, required=True, help="Test cases.")
@click.option("--positives", type=int, help="Positive ones among them.")
@click.option(
    "--sd", type=float, help="Of a measure of each case, as Dice: its standard deviation over the cases."
)
@click.option("--runs", type=int, help="Runs of each method, if the paper says.")
@click.option("--data-sets", type=int, help="Data sets, if there are several.")
@click.option("--external", is_flag=True, help="The test cases come from elsewhere.")
@click.option(
    "--confidence", "confidence_level", type=float, default=0.95, show_default=True, help="Of intervals."
)
@answer_options
def claim_command(forms: list[str] | None, out: Path | None, quiet: bool, **options: Any) -> None:
    """Say what a paper's numbers can show at best, and what to ask its authors.

    \b
    varbench claim --metric accuracy --value .85 --against .80 --n-test 46 --positives 8
    """  # noqa: D301
    from varbench.questions import claim

    chosen = check(forms)
    told(claim(command=command_line(), **options), chosen, out, quiet=quiet)


@click.command("calibrate", short_help="How often is a method wrong?")
@click.argument("what", metavar="[METHODS|RUN]", nargs=-1)
@click.option(
    "--full", "whole", is_flag=True, help="The whole grid, from which the table of classes is made."
)
@click.option("--simulations", "n_sim", type=int, help="Of each condition; 200, or 1,000 with --full.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the simulations.")
@click.option("--jobs", type=int, help="Worker processes; all cores by default.")
@data_options
@answer_options
def calibrate_command(
    what: tuple[str, ...],
    forms: list[str] | None,
    out: Path | None,
    quiet: bool,
    jobs: int | None,
    **options: Any,
) -> None:
    """Measure error rate, coverage and power of METHODS, all by default, in simulated designs.

    With --out FOLDER the rates are kept there, and the same command goes on where it stopped. With --data a large
    table is a population too: cohorts are drawn from it, and all its other cases are the truth.

    \b
    varbench calibrate corrected_resampled_t signed_rank
    varbench calibrate --full --out calibration
    varbench calibrate --data mammography
    varbench calibrate RUN                 error rates from the cohorts of a run whose procedures are equal
    """  # noqa: D301
    from tqdm import tqdm

    from varbench.cli.study import available_cores
    from varbench.questions import calibrate

    chosen = check(forms)
    reading = given_data_options(options)
    with tqdm(unit="condition", disable=quiet, leave=False) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        answer = calibrate(
            list(what),
            jobs=available_cores() if jobs is None else jobs,
            out=out,
            progress=progress,
            command=command_line(),
            **options,
            **reading,
        )
    told(answer, chosen, out, quiet=quiet)

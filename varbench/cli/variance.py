"""``varbench decompose`` and ``varbench plan``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from varbench.cli.answers import answer_options, check, command_line, told
from varbench.cli.options import assignments, data_options, given_data_options, names
from varbench.errors import InputError


@click.command("decompose", short_help="Where does the variance come from?")
@click.argument("what")
@click.option("--procedures", metavar="A,B", callback=names, help="Which procedures; all by default.")
@click.option("--metric", metavar="NAME", help="The primary one by default.")
@click.option(
    "--vary", metavar="A:N,B:M", callback=names, help="For a study: sources with their numbers of draws."
)
@click.option(
    "--design", type=click.Choice(["crossed", "one"]), help="For a study: each with each, or one at a time."
)
@click.option(
    "--confidence", "confidence_level", type=float, default=0.95, show_default=True, help="Of intervals."
)
@data_options
@click.option(
    "--set",
    "set_",
    metavar="PATH=VALUE",
    multiple=True,
    callback=assignments,
    help="For a study: a parameter.",
)
@click.option("--preset", metavar="NAME", help="For a study: one of its presets.")
@click.option("--seed", type=int, help="For a study.")
@click.option("--jobs", type=int, help="For a study: worker processes; all cores by default.")
@answer_options
def decompose_command(
    what: str, forms: list[str] | None, out: Path | None, quiet: bool, **options: Any
) -> None:
    """Divide the variance of WHAT, a run or a study, among its sources.

    \b
    varbench decompose RUN
    varbench decompose my_study.py --vary split:20,init:20,tune:5 --design crossed
    varbench decompose published:bert-rte       the estimators of Bouthillier et al. 2021
    """  # noqa: D301
    from varbench.cli.study import available_cores
    from varbench.cube import has_collection, has_cube
    from varbench.questions import decompose

    chosen = check(forms)
    is_run = has_cube(what) or has_collection(what)
    reading = given_data_options(options)
    study = {
        "data": options.pop("data"),
        "set": options.pop("set_"),
        "preset": options.pop("preset"),
        "seed": options.pop("seed"),
    }
    given = {name: value for name, value in {**study, **reading}.items() if value is not None}
    jobs = options.pop("jobs")
    if is_run and given:
        raise InputError(f"{', '.join(given)} belong to a study that is run; {what} is a run already")
    answer = decompose(
        what,
        command=command_line(),
        jobs=available_cores() if jobs is None else jobs,
        out=None if is_run else out,
        progress=not quiet,
        **options,
        **given,
    )
    told(answer, chosen, out, quiet=quiet, beside=Path(what) if is_run else None)


@click.command("plan", short_help="How large must the next study be?")
@click.argument("run", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--gamma", type=float, help="The P(A>B) that is to be shown.")
@click.option("--power", type=float, help="The wanted probability of finding it.")
@click.option(
    "--metric", metavar="NAME", help="Of a test set: accuracy, recall, specificity, roc_auc, dice..."
)
@click.option("--expected", type=float, help="Its expected value.")
@click.option("--width", type=float, help="The width of its interval, from end to end.")
@click.option("--prevalence", type=float, help="Share of positive cases, for recall, specificity and AUC.")
@click.option("--sd", type=float, help="SD over cases, for Dice and its like.")
@click.option("--effect", type=float, help="From a pilot: the difference to find; its margin by default.")
@click.option("--budget", type=float, help="From a crossed pilot: what is to be spent.")
@click.option(
    "--costs", metavar="A=1,B=20", callback=names, help="Of one more draw of each source, outermost first."
)
@click.option("--procedures", metavar="A,B", callback=names, help="The two of the pilot.")
@click.option(
    "--confidence", "confidence_level", type=float, default=0.95, show_default=True, help="Of intervals."
)
@click.option("--seed", "rng", type=int, default=0, show_default=True, help="Of simulations.")
@answer_options
def plan_command(
    run: Path | None,
    forms: list[str] | None,
    out: Path | None,
    quiet: bool,
    costs: list[str] | None,
    **options: Any,
) -> None:
    """Say how many runs, test cases, splits and seeds a question needs.

    \b
    varbench plan --gamma 0.75 --power 0.95
    varbench plan --metric accuracy --expected 0.8 --width 0.05
    varbench plan RUN                              from a pilot; --budget 500 --costs split=1,init=1,tune=20
    """  # noqa: D301
    from varbench.questions import plan

    chosen = check(forms)
    answer = plan(run, costs=_costs(costs), command=command_line(), **options)
    told(answer, chosen, out, quiet=quiet, beside=run)


def _costs(given: list[str] | None) -> dict[str, float] | None:
    if given is None:
        return None
    found = {}
    for item in given:
        name, sign, text = item.partition("=")
        try:
            found[name.strip()] = float(text)
        except ValueError:
            sign = ""
        if not sign:
            raise InputError(f"--costs {item}: must be source=cost, as split=1,tune=20")
    return found

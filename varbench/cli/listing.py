"""``varbench list``, ``show`` and ``check``: what there is, and what a study is, without running anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from varbench.cli.options import data_options, given_data_options, names
from varbench.cli.text import hanging, table

if TYPE_CHECKING:
    from varbench.study import Plan


@click.command("list", short_help="List what there is.")
@click.argument("what", type=click.Choice(["studies", "data", "metrics"]), default="studies")
def list_command(what: str) -> None:
    """List studies, data sets or metrics."""
    click.echo({"studies": _studies, "data": _data, "metrics": _metrics}[what]())


def _studies() -> str:
    from varbench.study import load_study, study_names

    return table(["study", "question"], [[name, load_study(name).question] for name in study_names()])


def _data() -> str:
    from varbench.cli.data import data_table

    return data_table()


def _metrics() -> str:
    from varbench.metrics import METRICS, OF_NUMBERS

    rows = [
        [
            m.name,
            m.label,
            "greater" if m.greater_is_better else "less",
            f"{m.low:g} to {m.high:g}",
            m.needs,
            m.averaging,
        ]
        for m in (*METRICS.values(), *OF_NUMBERS.values())
    ]
    return table(["metric", "label", "better", "range", "needs", "more than two classes"], rows)


@click.command("show", short_help="Show a study.")
@click.argument("study")
@data_options
@click.option("--procedures", metavar="A,B", callback=names, help="Only these; all by default.")
def show_command(study: str, procedures: list[str] | None, **options: Any) -> None:
    """Show STUDY: its question, its procedures, who reads which source, and what can be set."""
    from varbench.procedure import Procedure
    from varbench.procedure.paths import set_paths
    from varbench.study import Request, load_study, plan
    from varbench.study.describe import describe, readable

    loaded = load_study(study)
    given = given_data_options(options)
    settled = plan(loaded, Request(data_options=given, procedures=procedures, **options), every=True)
    loaded = settled.study  # as it is for an outcome of this kind
    click.echo(hanging(f"{loaded.name}: ", loaded.question))
    if loaded.published:
        click.echo(
            hanging("after ", f"{loaded.published.get('title', '')}, {loaded.published.get('source', '')}")
        )
    click.echo("")
    for name, procedure in loaded.chosen(settled.names).items():
        asked = "" if name in loaded.chosen() else "   (runs with --procedures)"
        click.echo(f"{name}{asked}")
        steps = procedure.steps if isinstance(procedure, Procedure) else [("callable", procedure)]
        for step_name, step in steps:
            click.echo(hanging(f"  {step_name:<12} ", readable(describe(step))))
    rows = [[source, ", ".join(e["readers"]) or "-", e["state"]] for source, e in settled.sources.items()]
    click.echo("\n" + table(["source", "who reads it", "state"], rows))
    paths = [path for procedure in settled.procedures.values() for path in set_paths(procedure)]
    said = "--set takes any parameter of a step; those that the study sets: " + ", ".join(
        dict.fromkeys(paths)
    )
    click.echo("\n" + hanging("", said))
    click.echo(
        hanging(
            "",
            f"presets: {', '.join(loaded.presets) or 'none'}; repeats: {settled.repeats:,}; "
            f"design: {settled.work.draws.text}; primary metric: {loaded.primary}",
        )
    )


@click.command("check", short_help="Say what a study leaks.")
@click.argument("study")
@data_options
@click.option("--procedures", metavar="A,B", callback=names, help="Only these; all by default.")
@click.option(
    "--effects", "probe", is_flag=True, help="Also run it, once a source, and say which sources do nothing."
)
def check_command(study: str, procedures: list[str] | None, probe: bool, **options: Any) -> None:
    """Check STUDY against its data and name every leak, without running it."""
    from varbench.procedure import TAXONOMY, Procedure
    from varbench.study import Request, load_study, plan

    loaded = load_study(study)
    given = given_data_options(options)
    settled = plan(loaded, Request(data_options=given, procedures=procedures, **options), every=True)
    for name, procedure in settled.procedures.items():
        if not isinstance(procedure, Procedure):
            click.echo(f"{name}: not checked (a callable cannot be read)")
            continue
        leaks = procedure.leaks(settled.work.data)
        estimate = sum(leak.kind == "estimate" for leak in leaks)
        said = (
            "its score is invalid"
            if estimate
            else "sees validation rows when it tunes"
            if leaks
            else "no leak found"
        )
        click.echo(f"{name}: {said}")
        for leak in leaks:
            kind = "LEAK  " if leak.kind == "estimate" else "choice"
            where = "" if leak.kind == "estimate" else ", of the inner split"
            click.echo(hanging(f"  {kind} ", f"{leak.step} [{leak.code}{where}: {TAXONOMY[leak.code]}]"))
            click.echo(hanging("         ", leak.what))
            click.echo(hanging("         ", f"cure: {leak.cure}"))
    for note in settled.notes:
        click.echo(hanging("note: ", note))
    if probe:
        _effects(settled)


def _effects(settled: Plan) -> None:
    from varbench.engine import effects

    found = effects(settled)
    sources = list(dict.fromkeys(source for one in found.values() for source in one))
    rows = [
        [name, *("changes it" if one[source] else "no effect" for source in sources)]
        for name, one in found.items()
    ]
    click.echo("\n" + table(["drawn anew alone", *sources], rows))

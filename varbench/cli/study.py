"""``varbench study``: run, and report."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from varbench.cli.answers import command_line
from varbench.cli.options import assignments, data_options, given_data_options, names
from varbench.cli.report import content_of
from varbench.cli.several import announced, collection_folder, described, not_run
from varbench.cli.text import columns, hanging

if TYPE_CHECKING:
    import xarray as xr

    from varbench.study import Plan, Request, Study


@click.command("study", short_help="Run a study.")
@click.argument("study")
@data_options
@click.option("--repeats", type=int, help="The total of repeats; those that RUN holds already included.")
@click.option("--procedures", metavar="A,B", callback=names, help="Which of the study's procedures to run.")
@click.option("--preset", metavar="NAME", help="One of the study's presets, as quick.")
@click.option(
    "--set",
    "set_",
    metavar="PATH=VALUE",
    multiple=True,
    callback=assignments,
    help="A parameter by its path, as forest__n_estimators=200; may be repeated.",
)
@click.option("--vary", metavar="A,B", callback=names, help="The sources to vary, instead of the study's.")
@click.option(
    "--design",
    metavar="joint|crossed|one",
    help="Vary the sources together, each with each, or one at a time; the last two as --vary split:20,init:5.",
)
@click.option("--fix", metavar="A,B", callback=names, help="Sources to take from those that vary.")
@click.option("--seed", type=int, help="The study's seed; 0 by default.")
@click.option("--external", metavar="FILE", help="A table that every fitted model is scored on as well.")
@click.option("--external-target", metavar="COLUMN", help="Its outcome's column, where it has another name.")
@click.option("--external-positive", metavar="VALUE", help="Its positive value, where it is another.")
@click.option(
    "--align", metavar="strict|intersect|MAP.toml", help="How its columns are matched; strict by default."
)
@click.option(
    "--missing", type=click.Choice(["error", "drop", "impute"]), help="What to do about missing features."
)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="The folder of the run.")
@click.option("--jobs", type=int, help="Worker processes; all cores by default.")
@click.option(
    "--backend", default="loky", show_default=True, metavar="loky|dask", help="Where the workers are."
)
@click.option("--scheduler", metavar="ADDRESS", help="The Dask scheduler, as tcp://HOST:PORT.")
@click.option("--retry-failed", is_flag=True, help="Run failed runs again.")
@click.option("--allow-versions", is_flag=True, help="Extend a cube that other versions made, and mark it.")
@click.option("--anonymous", is_flag=True, help="Keep numbers instead of the samples' ids.")
@click.option(
    "--to", "forms", metavar="FORMS", callback=names, help="Forms of the report: html,md,tex,csv,json."
)
@click.option("--quiet", is_flag=True, help="No progress and no table; errors and the exit code remain.")
def study_command(study: str, **options: Any) -> int:
    """Run STUDY, a name or the path of a file, or what is missing of it, and report it.

    \b
    varbench study oversampling --repeats 100
    varbench study oversampling --data my.csv --target recurrence --positive yes --id patient
    varbench study oversampling --repeats 200 --out RUN      (only what RUN lacks is run)
    varbench study sweep --data 'radmlbench/*' --out RUN     (several data sets: a cube each, in RUN/NAME)
    """  # noqa: D301
    from varbench.cube import run_folder
    from varbench.engine import failures, is_collection
    from varbench.report import check_forms
    from varbench.study import load_study

    quiet, forms = options.pop("quiet"), check_forms(options.pop("forms") or ["html"])
    running = {
        name: options.pop(name)
        for name in ("repeats", "jobs", "backend", "scheduler", "retry_failed", "allow_versions", "anonymous")
    }
    running["jobs"] = running["jobs"] if running["jobs"] is not None else available_cores()
    out = options.pop("out")
    folder = None if out is None else run_folder(out)
    loaded, request = load_study(study), _request(options)
    several = is_collection(loaded, request, folder)
    start = Path.cwd()  # a step of the user's may change it
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # failed runs are told below
        cube, folder = (_run_several if several else _run_one)(loaded, request, folder, running, quiet=quiet)
    there = start / folder
    reported = _report(cube, there, forms, quiet=quiet)
    written = [folder / path.name for path in reported]
    if not quiet:
        made = "cubes   " + str(folder / "*" / "cube.zarr") if several else f"cube    {folder / 'cube.zarr'}"
        click.echo("\n".join(["", made, *(f"report  {path}" for path in written)]))
    failed = failures(cube)
    for text, count in failed.most_common():
        click.echo(f"varbench: {count} run{'s' if count > 1 else ''} failed: {text}", err=True)
    lost, wanted = not_run(there, cube) if several else ([], False)
    for text in lost:
        click.echo(f"varbench: {text}", err=True)
    return 3 if failed or wanted else 0


def _run_one(
    study: Study, request: Request, folder: Path | None, running: dict[str, Any], *, quiet: bool
) -> tuple[xr.Dataset, Path]:
    from varbench.engine import resumed, run
    from varbench.study import plan

    settled = plan(study, resumed(request, folder, study))
    folder = folder or default_folder(settled)
    if not quiet:
        _announce(settled, [f"data        {described(settled)}"], running, folder)
    return run(settled, out=folder.resolve(), progress=not quiet, command=command_line(), **running), folder


def _run_several(
    study: Study, request: Request, folder: Path | None, running: dict[str, Any], *, quiet: bool
) -> tuple[xr.Dataset, Path]:
    from varbench.engine import plan_collection, run_collection

    settled = plan_collection(study, request, folder)
    folder = folder or collection_folder(settled, str(request.data or ""))
    if not quiet:
        first = next(iter(settled.plans.values()))
        _announce(first, announced(settled), running, folder)
    there = folder.resolve()
    return run_collection(settled, out=there, progress=not quiet, command=command_line(), **running), folder


def _request(options: dict[str, Any]) -> Request:
    from varbench.study import Request

    data_given = given_data_options(options)
    outside = {name: options.pop(f"external_{name}") for name in ("target", "positive")}
    return Request(
        data_options=data_given,
        external_options={name: value for name, value in outside.items() if value},
        set=options.pop("set_"),
        **options,
    )


def default_folder(settled: Plan) -> Path:
    """Give the folder of a run that was not given one: ``varbench-runs/STUDY-DATA-<settings' hash>``."""
    from varbench.study.describe import digest

    # With the preset's name, so that a run that says "not the protocol" stays apart from one that does not.
    identity = {**settled.settings, "preset": settled.request.preset}
    data = re.sub(r"[^\w.-]+", "-", settled.work.data.name).strip("-.") or "data"
    return Path("varbench-runs") / f"{settled.study.name}-{data}-{digest(identity)[:8]}"


def available_cores() -> int:
    """Give the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _announce(settled: Plan, data: Sequence[str], running: dict[str, Any], folder: Path) -> None:
    varied = ", ".join(s for s, e in settled.sources.items() if e["state"] == "varied")
    told = [
        *data,
        hanging("procedures  ", ", ".join(settled.names)),
        hanging("varied      ", varied + _fixed(settled)),
        *([] if settled.work.draws.joint else [hanging("design      ", settled.work.draws.text)]),
        f"forest      {settled.engine.name} ({settled.engine.reason})",
        f"seed        {settled.work.seed}   jobs {running['jobs']}   run {folder}",
    ]
    if settled.request.preset:
        told.append(f"preset      {settled.request.preset}: a first look, NOT THE PROTOCOL")
    told += [hanging("note        ", note) for note in settled.notes]
    click.echo("\n".join([hanging("", settled.study.question), *told]))


def _fixed(settled: Plan) -> str:
    fixed = [source for source, entry in settled.sources.items() if entry["state"] == "fixed"]
    return f"   (fixed: {', '.join(fixed)})" if fixed else ""


def _report(cube: Any, folder: Path, forms: Sequence[str], *, quiet: bool) -> list[Path]:
    from varbench.report import write

    content = content_of(cube)
    if not quiet:
        click.echo("")
        click.echo(content.text(columns()))
    return write(content, folder, forms)

"""``varbench report`` and ``varbench export``: what can be made of a cube that is there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from varbench.cli.options import names
from varbench.cli.text import columns
from varbench.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

    from varbench.report import Answer, Report


def content_of(cube: xr.Dataset, **more: Any) -> Report | Answer:
    """Give what a run says: the report of a cube, or the answer of the cubes of several data sets."""
    from varbench.questions import answer_collection
    from varbench.report import report

    return answer_collection(cube) if "dataset" in cube.dims else report(cube, **more)


def _foreseen(joined: xr.Dataset, run: Path, search: Path | None) -> Answer:
    from varbench.questions import answer_collection, audits_of

    return answer_collection(joined, audits=audits_of(run, search))


@click.command("report", short_help="Write a cube's report.")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--to", "forms", metavar="FORMS", callback=names, help="html (default), md, tex, csv, json; with commas."
)
@click.option(
    "--metrics", metavar="A,B", callback=names, help="Other metrics; they are computed from the predictions."
)
@click.option("--only", type=click.Choice(["statistics"]), help="The bare significance report.")
@click.option("--primary", metavar="METRIC", help="Another primary metric; recorded as set after the runs.")
@click.option("--margin", type=float, help="Another margin; recorded as set after the runs.")
@click.option("--gamma", type=float, help="Another gamma; recorded as set after the runs.")
@click.option(
    "--audit",
    "audits",
    is_flag=True,
    help="Of a run over several data sets: audit their tables, and hold that against what the pitfalls add.",
)
@click.option("--from", "search", type=click.Path(path_type=Path), help="A folder with their files.")
@click.option("--quiet", is_flag=True, help="Write the files and print nothing.")
def report_command(
    run: Path, forms: list[str] | None, metrics: list[str] | None, only: str | None, primary: str | None,
    margin: float | None, gamma: float | None, audits: bool, search: Path | None, quiet: bool,
) -> None:  # fmt: skip
    """Write the report of RUN beside its cube."""
    from varbench.cube import has_collection, open_cube, run_folder
    from varbench.engine import override
    from varbench.report import check_forms, write

    chosen = check_forms(forms or ["html"])
    if has_collection(run) and (metrics, only, primary, margin, gamma) != (None,) * 5:
        raise InputError(
            f"{run} is a run over several data sets, whose report takes no --metrics, --only, --primary, --margin and "
            "--gamma; its members, as RUN/NAME, do"
        )
    if audits and not has_collection(run):
        raise InputError("--audit is for a run over several data sets; varbench audit TABLE looks at one")
    if (primary, margin, gamma) != (None, None, None):
        override(run, primary=primary, margin=margin, gamma=gamma)
    cube = open_cube(run, verify=True)
    content = _foreseen(cube, run, search) if audits else content_of(cube, metrics=metrics, only=only)
    written = write(content, run_folder(run), chosen)
    if not quiet:
        click.echo(content.text(columns()))
        click.echo("\n" + "\n".join(f"report  {path}" for path in written))


@click.command("export", short_help="Write a cube as NetCDF.")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--overwrite", is_flag=True, help="Replace TARGET where it exists.")
def export_command(run: Path, target: Path, overwrite: bool) -> None:
    """Write the cube of RUN to TARGET, a NetCDF file."""
    from varbench.cube import export_netcdf

    export_netcdf(run, target, overwrite=overwrite)
    click.echo(f"wrote {target}")

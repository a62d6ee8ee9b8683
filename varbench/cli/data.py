"""``varbench data``: what there is, bringing it here, and whether it is still what it should be."""

from __future__ import annotations

from typing import Any

import click

from varbench.cli.text import plain, table

_FROM = click.option("--from", "search", metavar="DIR", multiple=True, type=click.Path(exists=True, file_okay=False),
                     help="Folders to look for files in, before the network.")  # fmt: skip


@click.group("data", short_help="List, show, fetch and verify data sets.")
def data_command() -> None:
    """Data sets by name: fetched once from their origin, verified, and kept in the cache.

    Without internet: --from DIR, or the variable VARBENCH_DATA, name folders in which files are found by their hash.
    """


def data_table() -> str:
    """Lay out all data sets there are; their licences and hashes are shown one by one."""
    from varbench.data import list_data

    rows = [
        [
            d.name,
            plain(d.n),
            plain(d.p),
            plain(d.positives),
            d.access,
            "yes" if d.cached else "no",
        ]
        for d in list_data()
    ]
    listed = table(["name", "cases", "features", "positive", "access", "here"], rows)
    return f"{listed}\n\nvarbench data show NAME has the licence, the citation and the columns of one."


@data_command.command("list")
def list_command() -> None:
    """List all data sets."""
    click.echo(data_table())


@data_command.command("show")
@click.argument("name")
def show_command(name: str) -> None:
    """Show what is known of a data set, without loading it."""
    from varbench.data import show_data

    _tell(show_data(name), "")


def _tell(facts: dict[str, Any], indent: str) -> None:
    for key, value in facts.items():
        if isinstance(value, dict):
            click.echo(f"{indent}{key}")
            _tell(value, indent + "  ")
        elif isinstance(value, list | tuple) and value and isinstance(value[0], dict):
            for item in value:
                click.echo(f"{indent}{key}")
                _tell(item, indent + "  ")
        else:
            shown = (
                ", ".join(plain(item) for item in value) if isinstance(value, list | tuple) else plain(value)
            )
            click.echo(f"{indent}{key:<14} {shown}")


@data_command.command("fetch")
@click.argument("name")
@_FROM
@click.option("--timeout", type=float, help="Seconds without a byte after which a server counts as stalled.")
def fetch_command(name: str, search: tuple[str, ...], timeout: float | None) -> None:
    """Fetch a data set, or all of a collection, into the cache, and verify it."""
    from varbench.data import fetch_data

    for path in fetch_data(name, search=search or None, timeout=timeout, progress=True):
        click.echo(path)


@data_command.command("verify")
@click.argument("name", required=False)
@_FROM
def verify_command(name: str | None, search: tuple[str, ...]) -> int:
    """Hold the files that are here against their hashes; fetches nothing. Without NAME, all of them."""
    from varbench.data import verify_data

    checks = verify_data(name, search=search or None)
    click.echo(
        table(
            ["data", "file", "status", "sha256"],
            [[c.name, c.file, c.status, plain(c.actual)[:16]] for c in checks],
        )
    )
    return 2 if any(c.status in ("damaged", "changed") for c in checks) else 0

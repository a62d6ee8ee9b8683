"""What is said of the data sets that a study did not run, or not yet."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from varbench.cube import ABSENT, FAILED, PENDING, Status

if TYPE_CHECKING:
    import xarray as xr

#: So many names are listed in a message, and the others counted.
NAMED = 6


def with_runs(joined: xr.Dataset) -> set[str]:
    """Name the data sets that have runs which are done.

    Parameters
    ----------
    joined : xarray.Dataset
        The run over several data sets.

    Returns
    -------
    set of str
        Names along ``dataset``.
    """
    done = (joined["status"] == int(Status.DONE)).any(
        [dim for dim in joined["status"].dims if dim != "dataset"]
    )
    return {str(name) for name in joined["dataset"].values[done.values]}


def left_out(members: Mapping[str, Mapping[str, Any]], stored: Collection[str] = ()) -> list[str]:
    """Say which data sets were not run, and why.

    Parameters
    ----------
    members : mapping of str to mapping
        Name to ``status`` and ``error``, as ``RUN/collection.json`` has them.
    stored : collection of str
        Those that have runs of an earlier call.

    Returns
    -------
    list of str
        A sentence for each that failed; one for all that are not here, with the first reason; one for those whose
        turn has not come.
    """
    told = [
        f"{name} was not run{' again' if name in stored else ''}: {_once(name, one)}"
        for name, one in members.items()
        if one["status"] == FAILED
    ]
    absent = {name: one["error"] for name, one in members.items() if one["status"] == ABSENT}
    if absent:
        told.append(
            f"not here, and cannot be fetched: {_listed(absent)} ({_reason(*next(iter(absent.items())))})"
        )
    pending = [name for name, one in members.items() if one["status"] == PENDING]
    if pending:
        told.append(f"without all of their runs yet: {_listed(pending)} (the same command goes on)")
    return told


def _once(name: str, one: Mapping[str, Any]) -> str:
    """Give an error without the name, which some begin with."""
    return str(one["error"]).removeprefix(f"{name}: ")


def _reason(name: str, error: object) -> str:
    """Give the first sentence of an error, and the way out that holds for all: the rest is about one file."""
    text = str(error)
    first = text.split(". ")[0].rpartition(f"{name}: ")[2]
    elsewhere = "--from DIR" in text and "--from" not in first
    return f"{first}; --from DIR names a folder that has them" if elsewhere else first


def _listed(names: Collection[str]) -> str:
    more = [f"and {len(names) - NAMED} more"] if len(names) > NAMED else []
    return ", ".join([*list(names)[:NAMED], *more])

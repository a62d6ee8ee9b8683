"""What is said of the data sets that a study did not run, or not yet."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from varbench.cube import ABSENT, FAILED, PENDING

#: So many names are listed in a message, and the others counted.
NAMED = 6


def left_out(members: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Say which data sets were not run, and why.

    Parameters
    ----------
    members : mapping of str to mapping
        Name to ``status`` and ``error``, as ``RUN/collection.json`` has them.

    Returns
    -------
    list of str
        A sentence for each that failed; one for all that are not here, with the first reason; one for those whose
        turn has not come.
    """
    told = [
        f"{name} was not run: {_once(name, one)}" for name, one in members.items() if one["status"] == FAILED
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

"""What a comparison is asked with: which kind of things are given, and whether what is said of them says anything."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import xarray as xr

from varbench.cube import has_cube
from varbench.effects import declared, primary
from varbench.errors import InputError
from varbench.questions.of_estimators import is_procedure
from varbench.questions.pieces import CONFIDENCE, GAMMA, Declared
from varbench.study import KNOWN_SOURCES
from varbench.tables import is_maps

#: Re-splits, and outer folds, of a comparison that is run for the question.
REPEATS, FOLDS = 10, 5
#: What goes with each kind of things to compare, beside what every comparison takes.
TAKES: Mapping[str, tuple[str, ...]] = {
    "procedures": ("data", "groups", "procedures", "metric", "vary", "repeats", "folds", "out"),
    "a run": ("procedures", "metric"),
    "two MAPS": ("names", "metric", "stratify", "data_group"),
    "a table of scores": ("procedures", "metric", "vary", "pairing", "n_cases", "positives"),
    "two tables of predictions": ("names", "metric", "vary", "stratify", "missing"),
}
#: The columns that each kind knows; a run and a MAPS know their own.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "procedures": ("target", "positive", "id", "group", "batch", "drop", "search"),
    "a run": (),
    "two MAPS": (),
    "a table of scores": (
        "method",
        "score",
        "dataset",
        "repeat",
        "fold",
        "seed",
        "n_train",
        "n_test",
        "methods",
        "wide",
        "percent",
        "greater_is_better",
    ),
    "two tables of predictions": ("label", "score", "pred", "id", "group", "positive", "classes", "seed"),
}
_NOTHING = {"repeats": REPEATS, "folds": FOLDS, "stratify": False, "missing": "error"}


def kind_of(what: Sequence[Any]) -> str:
    """Give what is to be compared, a key of :data:`TAKES`.

    Parameters
    ----------
    what : sequence
        As :func:`varbench.questions.compare` takes it.

    Returns
    -------
    str
        The kind.

    Raises
    ------
    InputError
        If there is nothing, or what there is cannot be compared.
    """
    if not what:
        raise InputError(
            "nothing to compare: give a run, a table of scores, two tables of predictions, or procedures"
        )
    if is_procedure(what[0]):
        return "procedures"
    for one in what:
        _refuse_code(one)
    cubes, maps = [one for one in what if is_run(one)], [one for one in what if _is_maps(one)]
    if cubes and len(what) > 1:
        raise InputError(
            f"{_called(cubes[0])} is a run: name it alone, and two of its procedures with procedures=['A', 'B']"
        )
    if cubes:
        return "a run"
    if maps and len(maps) == len(what) == 2:
        return "two MAPS"
    if maps:
        raise InputError(f"{_called(maps[0])} is a MAPS: it is compared with one other MAPS")
    for one in what:
        if isinstance(one, str | os.PathLike) and Path(one).is_dir():
            raise InputError(
                f"{one} is a folder with neither a run (cube.zarr) nor a MAPS (maps.json, or training/)"
            )
    if len(what) > 2:
        raise InputError(
            f"{len(what)} things to compare: one table of scores, two of predictions, or procedures are needed"
        )
    return "a table of scores" if len(what) == 1 else "two tables of predictions"


def is_run(one: Any) -> bool:
    """Tell whether something is a cube, or the folder of one."""
    return isinstance(one, xr.Dataset) or (isinstance(one, str | os.PathLike) and has_cube(Path(one)))


def _is_maps(one: Any) -> bool:
    return isinstance(one, str | os.PathLike) and is_maps(Path(one))


def _called(one: Any) -> str:
    return Path(one).name if isinstance(one, str | os.PathLike) else "the cube"


def _refuse_code(one: Any) -> None:
    if is_procedure(one):
        raise InputError(
            f"{one} can be run: procedures stand together, as a.py:svm a.py:forest --data my.csv"
        )
    if isinstance(one, str | os.PathLike) and Path(one).suffix == ".py":
        raise InputError(f"{one}: which object of the file is the procedure? Name it, as {one}:svm")


def refuse_unused(kind: str, given: Mapping[str, Any], columns: Mapping[str, Any]) -> dict[str, Any]:
    """Refuse what says nothing of this kind of things, so that nobody believes that it was heard.

    Parameters
    ----------
    kind : str
        From :func:`kind_of`.
    given : mapping
        Arguments of :func:`varbench.questions.compare`; those that are None, or as they are by default, were not given.
    columns : mapping
        Its further arguments.

    Returns
    -------
    dict
        The columns that were given.

    Raises
    ------
    InputError
        With the names, and what could be said.
    """
    heard = {name: value for name, value in columns.items() if value is not None and value != ()}
    unused = [n for n in heard if n not in COLUMNS[kind]]
    said = {n: v for n, v in given.items() if v is not None and (n not in _NOTHING or v != _NOTHING[n])}
    unused += [n for n in said if n not in TAKES[kind]]
    if unused:
        could = (*(n for n in TAKES[kind] if n != "out"), *COLUMNS[kind])
        raise InputError(
            f"{', '.join(unused)} says nothing of {kind}; what can be said is {', '.join(could)}"
        )
    return heard


def check_counts(n_cases: int | None, positives: int | None) -> None:
    """Refuse numbers of cases that no cohort has."""
    if n_cases is not None and n_cases < 2:
        raise InputError(f"n_cases={n_cases!r}: a cohort has 2 cases or more")
    if positives is None:
        return
    if n_cases is None:
        raise InputError(f"positives={positives!r}: of how many cases? Say n_cases= too")
    if not 0 < positives < n_cases:
        raise InputError(
            f"positives={positives!r}: must lie between 1 and {n_cases - 1}, for {n_cases} cases"
        )


def check_sources(vary: Sequence[str] | None) -> None:
    """Refuse a source that is nearly, but not quite, one that a verdict knows; others may have names of their own."""
    for name in vary or ():
        near = difflib.get_close_matches(name.lower(), KNOWN_SOURCES, n=1, cutoff=0.75)
        if name not in KNOWN_SOURCES and near:
            raise InputError(f"vary: unknown source {name!r}; did you mean {near[0]}?")


def check_names(names: Sequence[str] | None) -> tuple[str, str] | None:
    """Give the two names of two models, which must differ."""
    if names is None:
        return None
    if len(names) != 2 or names[0] == names[1]:
        raise InputError(
            f"names={', '.join(names)}: two different names are needed, of the first and the second"
        )
    return names[0], names[1]


def check_declared(cube: xr.Dataset, metric: str | None, asked: Declared) -> None:
    """Refuse what a run has declared otherwise: another metric or margin is set by its report, and marked for ever."""
    usual = {"margin": None, "gamma": GAMMA, "confidence_level": CONFIDENCE}
    was = {name: declared(cube, name, value) for name, value in usual.items()}
    other = [n for n, value in asked.items() if value != usual[n] and value != was[n]]
    if metric is not None and metric != primary(cube):
        raise InputError(
            f"metric={metric!r}: this run declares {primary(cube)} as its primary metric; varbench report "
            "RUN --primary "
            f"{metric} changes that, and marks it as set after the runs"
        )
    if other:
        raise InputError(
            f"{', '.join(f'{n}={asked[n]!r}' for n in other)}: this run declares "  # type: ignore[literal-required]
            f"{', '.join(f'{n}={was[n]!r}' for n in other)}; varbench report RUN --margin ... --gamma ... "
            "changes what was "
            "declared, and marks it as set after the runs"
        )

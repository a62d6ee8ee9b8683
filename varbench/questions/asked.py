"""What a comparison is asked with: which kind of things are given, and whether what is said of them says anything."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from varbench.cube import has_collection, has_cube
from varbench.effects import declared, primary
from varbench.errors import DataError, InputError
from varbench.questions.of_arrays import is_array
from varbench.questions.of_estimators import is_procedure
from varbench.questions.pieces import CONFIDENCE, GAMMA, Declared
from varbench.study import KNOWN_SOURCES
from varbench.tables import is_maps

#: Re-splits of a comparison that is run for the question.
REPEATS = 10
#: What goes with each kind of things to compare, beside what every comparison takes.
TAKES: Mapping[str, tuple[str, ...]] = {
    "procedures": (
        "data",
        "groups",
        "procedures",
        "names",
        "metric",
        "vary",
        "repeats",
        "folds",
        "cv",
        "out",
    ),
    "a run": ("procedures", "metric"),
    "two MAPS": ("names", "metric", "stratify", "data_group"),
    "a table of scores": (
        "procedures",
        "metric",
        "vary",
        "pairing",
        "n_cases",
        "positives",
        "folds",
        "doubles",
    ),
    "two tables of predictions": ("names", "metric", "vary", "stratify", "missing"),
    "arrays of scores": (
        "names",
        "procedures",
        "metric",
        "vary",
        "pairing",
        "unit",
        "n_cases",
        "positives",
    ),
    "predictions as arrays": ("y_true", "names", "metric", "groups", "stratify"),
}
#: The columns that each kind knows; a run and a MAPS know their own.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "procedures": ("target", "positive", "task", "id", "group", "batch", "drop", "search"),
    "a run": (),
    "two MAPS": (),
    "a table of scores": (
        "method",
        "score",
        "dataset",
        "repeat",
        "fold",
        "seed_column",
        "n_train",
        "n_test",
        "methods",
        "wide",
        "percent",
        "greater_is_better",
    ),
    "two tables of predictions": (
        "label",
        "score",
        "pred",
        "id",
        "group",
        "positive",
        "classes",
        "seed_column",
        "task",
    ),
    "arrays of scores": ("n_train", "n_test", "percent", "greater_is_better"),
    "predictions as arrays": ("positive", "classes", "task"),
}
_NOTHING = {"repeats": REPEATS, "stratify": False, "missing": "error", "doubles": "error"}


def kind_of(what: Sequence[Any], y_true: Any = None) -> str:
    """Give what is to be compared, a key of :data:`TAKES`.

    Parameters
    ----------
    what : sequence
        As :func:`varbench.questions.compare` takes it.
    y_true : array_like, optional
        What was true, where `what` are arrays of predictions.

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
    if y_true is not None:
        return _arrays_beside(what)
    if is_procedure(what[0]):
        return "procedures"
    if any(is_array(one) for one in what):
        return _arrays(what)
    for one in what:
        _refuse_code(one)
    cubes, maps = [one for one in what if is_run(one)], [one for one in what if is_maps_folder(one)]
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


def _arrays_beside(what: Sequence[Any]) -> str:
    """Refuse all but two arrays beside what was true."""
    for one in what:
        if isinstance(one, str | os.PathLike) or is_procedure(one) or isinstance(one, xr.Dataset):
            raise InputError(f"y_true= goes with predictions as arrays, and {_called(one)} is none")
    if len(what) != 2:
        raise InputError(
            f"y_true= goes with the predictions of two models, and there {'is' if len(what) == 1 else 'are'} "
            f"{len(what)}: vb.compare(a, b, y_true=y); of one model, vb.evaluate(y, a)"
        )
    return "predictions as arrays"


def _arrays(what: Sequence[Any]) -> str:
    """Refuse arrays beside something else, and more than two that nobody has named."""
    other = [one for one in what if not is_array(one)]
    if other:
        raise InputError(
            f"arrays and {'a table' if hasattr(other[0], 'columns') else _called(other[0])} cannot be compared; give "
            "arrays of scores, vb.compare(a, b, unit='fold'), or predictions, vb.compare(a, b, y_true=y)"
        )
    return "arrays of scores"


def named_by(
    what: Sequence[Any], names: Sequence[str] | None
) -> tuple[tuple[Any, ...], Sequence[str] | None]:
    """Take a mapping of names to things apart: give the things, and what they are called.

    Parameters
    ----------
    what : sequence
        As :func:`varbench.questions.compare` takes it; the first may be a mapping of names to what they name.
    names : sequence of str or None
        Names that are given beside.

    Returns
    -------
    what : tuple
        The things themselves, and what follows them.
    names : sequence of str or None
        In the same order.

    Raises
    ------
    InputError
        If there is nothing in it, or names are given twice.
    """
    if not what or not isinstance(what[0], Mapping) or isinstance(what[0], xr.Dataset):
        return tuple(what), names
    if names is not None:
        raise InputError("names= are given, and the mapping has names already; leave one of them out")
    if len(what[0]) < 2:
        raise InputError(
            f"a mapping of {len(what[0])} to compare: two or more are needed, as {{'a': ..., 'b': ...}}"
        )
    return (*what[0].values(), *what[1:]), [str(name) for name in what[0]]


def one_seed(seed: int | None, rng: int | None) -> int:
    """Give the seed that ``seed=`` or ``rng=`` says, two names of one thing; 0 where neither does.

    Raises
    ------
    InputError
        If both are given and differ, or one is no whole number.
    """
    for name, value in (("seed", seed), ("rng", rng)):
        if isinstance(value, str):
            raise InputError(
                f"{name}={value!r}: the seed is a number; the column that holds seeds is seed_column={value!r}"
            )
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | np.integer)):
            raise InputError(f"{name}={value!r}: must be a whole number, so that the answer can be had again")
    if seed is not None and rng is not None and seed != rng:
        raise InputError(f"seed={seed!r} and rng={rng!r}: both name the one seed; leave one of them out")
    found = rng if seed is None else seed
    return 0 if found is None else int(found)


def read_with(reader: Callable[..., Any], what: Any, columns: Mapping[str, Any], **more: Any) -> Any:
    """Read a table whose column of seeds is called ``seed_column`` here, since ``seed`` is a number."""
    told = dict(columns)
    if "seed_column" in told:
        told["seed"] = told.pop("seed_column")
    try:
        return reader(what, **told, **more)
    except DataError as error:
        raise DataError(re.sub(r"\bseed=", "seed_column=", str(error))) from None


def is_run(one: Any) -> bool:
    """Tell whether something is a cube, or the folder of one."""
    return isinstance(one, xr.Dataset) or (
        isinstance(one, str | os.PathLike) and (has_cube(one) or has_collection(one))
    )


def is_maps_folder(one: Any) -> bool:
    """Tell whether something is the folder of a MAPS."""
    return isinstance(one, str | os.PathLike) and is_maps(Path(one))


def _called(one: Any) -> str:
    if isinstance(one, xr.Dataset):
        return "the cube"
    return Path(one).name if isinstance(one, str | os.PathLike) else type(one).__name__


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
            f"{', '.join(f'{n}=' for n in unused)} says nothing of {kind}; what can be said is "
            f"{', '.join(f'{n}=' for n in could)}"
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

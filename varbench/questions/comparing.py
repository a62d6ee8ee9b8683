"""``compare``: is one procedure, or one model, better than another?"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xarray as xr

from varbench.cube import has_cube, open_cube
from varbench.data import Data, load_data
from varbench.errors import InputError
from varbench.questions import of_estimators
from varbench.questions.of_cube import answer_cube
from varbench.questions.of_predictions import Ask, answer_predictions, primary_of
from varbench.questions.of_scores import answer_scores
from varbench.questions.pieces import check_settings
from varbench.report import Answer
from varbench.tables import align_predictions, read_predictions, read_scores

#: Repeats of a comparison that is run for the question.
REPEATS, FOLDS = 50, 5
_SCORES = (
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
)
_PREDICTIONS = ("label", "score", "pred", "id", "group", "positive", "classes", "seed")


def compare(
    *what: Any,
    data: str | Path | Data | None = None,
    groups: Any = None,
    procedures: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
    metric: str | None = None,
    margin: float | None = None,
    gamma: float = 0.75,
    confidence_level: float = 0.95,
    vary: Sequence[str] | None = None,
    pairing: str | None = None,
    n_cases: int | None = None,
    positives: int | None = None,
    stratify: bool = False,
    data_group: str | None = None,
    repeats: int = REPEATS,
    folds: int = FOLDS,
    rng: int = 0,
    jobs: int = 1,
    out: str | Path | None = None,
    progress: bool = False,
    command: str = "",
    **columns: Any,
) -> Answer:
    """Is one procedure better than another, and for whom does that hold?

    Parameters
    ----------
    *what
        One of: a cube, or the folder of a run; a table of scores (frame or file), a row a score or a column a
        procedure; two tables of predictions for the same test cases; two folders of ClinicaDL; two or more procedures,
        scikit-learn estimators, or ``FILE.py:NAME``, which are run on `data`, or on ``X, y`` that follow them.
    data : str, Path or Data, optional
        What procedures are run on; the options of :func:`varbench.load_data` go with it.
    groups : array_like, (case,), optional
        Whose the cases of `X` are; none is on both sides of a split.
    procedures : sequence of str, optional
        The two to compare, first minus second, where there are more; over several data sets, those to rank.
    names : sequence of str, optional
        What to call two models.
    metric : str, optional
        The primary metric; what the scores are. Declared before, not chosen after a look.
    margin : float, optional
        The smallest difference that matters, in units of the metric.
    gamma, confidence_level : float
        The P(A>B) that counts as meaningful; the level of every interval.
    vary : sequence of str, optional
        What was drawn anew between the repeats of a table of scores (``split``, ``init``, ``cohort``...), or is to be
        when procedures are run. Not said of a table, the most cautious verdict stands.
    pairing : {"exact", "none"}, optional
        Whether scores of one repeat and fold are of the same test rows; by the columns where it is not said.
    n_cases, positives : int, optional
        Of a table of scores: cases of the cohort, and positive ones.
    stratify : bool
        Whether bootstraps of a test set keep the numbers of each class.
    data_group : str, optional
        Of two MAPS: which images; all but those of training by default, a test group first.
    repeats, folds : int
        Re-splits to run, and outer folds for estimators.
    rng : int
        The seed of runs and of bootstraps.
    jobs : int
        Worker processes.
    out : str or Path, optional
        The folder of the cube of runs.
    progress : bool
        Whether to show progress of runs.
    command : str
        The line that was typed, for the provenance.
    **columns
        What the columns of a table are: as in :func:`varbench.tables.read_scores`,
        :func:`varbench.tables.read_predictions` or :func:`varbench.load_data`.

    Returns
    -------
    Answer
        A verdict with its scope, every result, frames and figures.

    Raises
    ------
    VarbenchError
        Before any work, if something cannot be as it is given.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [(m, r, f, 0.7 + 0.02 * (m == "new") + 0.01 * ((7 * r + 3 * f + len(m)) % 5))
    ...         for m in ("new", "old") for r in range(10) for f in range(3)]
    >>> table = pd.DataFrame(rows, columns=["method", "repeat", "fold", "auc"])
    >>> print(compare(table, vary=["split"]).scope)
    On this cohort only
    """
    check_settings(margin, gamma, confidence_level)
    declared = {"margin": margin, "gamma": gamma, "confidence_level": confidence_level}
    about = {"command": command, "seed": rng}
    if not what:
        raise InputError(
            "nothing to compare: give a run, a table of scores, two tables of predictions, or procedures"
        )
    if of_estimators.is_procedure(what[0]):
        runnable = [one for one in what if of_estimators.is_procedure(one)]
        rest = [one for one in what if not of_estimators.is_procedure(one)]
        table = _data(rest, data, groups, columns)
        chosen = of_estimators.named(runnable, of_estimators.splitter_of(table, folds))
        if len(chosen) < 2:
            raise InputError("one procedure has nothing to be compared with: give two or more")
        cube = of_estimators.run_of(
            chosen, table, repeats=repeats, metric=metric, vary=vary, seed=rng, jobs=jobs, out=out, progress=progress,
            **declared,
        )  # fmt: skip
        return answer_cube(cube, procedures, {**about, "source": table.name})
    if len(what) == 1 and _is_cube(what[0]):
        _refuse(columns, "a cube knows its columns")
        cube = what[0] if isinstance(what[0], xr.Dataset) else open_cube(what[0], verify=True)
        return answer_cube(cube, procedures, about)
    if len(what) == 2 and all(_is_maps(one) for one in what):
        from varbench.questions.of_maps import answer_maps

        _refuse(columns, "a MAPS knows its columns")
        return answer_maps(
            what[0], what[1], names, metric=metric, stratify=stratify, rng=rng, about=about, data_group=data_group,
            **declared,
        )  # fmt: skip
    if len(what) == 1:
        scores = read_scores(what[0], metric=metric, **_known(columns, _SCORES))
        return answer_scores(
            scores, procedures=procedures, vary=vary, pairing=pairing, n_cases=n_cases, positives=positives, rng=rng,
            about={**about, "source": scores.name}, **declared,
        )  # fmt: skip
    if len(what) == 2:
        options = _known(columns, _PREDICTIONS)
        aligned = align_predictions(*(read_predictions(one, **options) for one in what))
        first, second = names or _names(what)
        ask = Ask(
            first=first, second=second, metric=primary_of(aligned.a, metric), stratify=stratify, rng=rng, vary=vary,
            **declared,
        )  # fmt: skip
        return answer_predictions(
            aligned.a, aligned.b, ask, {**about, "source": f"{first}, {second}"}, aligned.notes
        )
    raise InputError(
        f"{len(what)} things to compare: one table of scores, two of predictions, or procedures are needed"
    )


def _is_cube(one: Any) -> bool:
    return isinstance(one, xr.Dataset) or (isinstance(one, str | os.PathLike) and has_cube(Path(one)))


def _is_maps(one: Any) -> bool:
    from varbench.tables import is_maps

    return isinstance(one, str | os.PathLike) and is_maps(Path(one))


def _names(what: Sequence[Any]) -> tuple[str, str]:
    stems = [Path(one).stem if isinstance(one, str | os.PathLike) else "" for one in what]
    return ("first", "second") if not all(stems) or stems[0] == stems[1] else (stems[0], stems[1])


def _known(columns: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Give the options that a reader takes; one that it does not is the user's mistake."""
    given = {name: value for name, value in columns.items() if value is not None and value != ()}
    for name in given:
        if name not in names:
            raise InputError(
                f"{name}={given[name]!r} says nothing here; what can be said is {', '.join(names)}"
            )
    return given


def _refuse(columns: dict[str, Any], why: str) -> None:
    given = [name for name, value in columns.items() if value is not None and value != ()]
    if given:
        raise InputError(f"{', '.join(given)} cannot be given: {why}")


def _data(rest: Sequence[Any], data: str | Path | Data | None, groups: Any, columns: dict[str, Any]) -> Data:
    """Give the table that procedures are run on: `data`, or X and y."""
    if data is not None and rest:
        raise InputError("both data= and X, y are given; one table is needed")
    if isinstance(data, Data):
        return data
    if data is not None:
        options = {name: value for name, value in columns.items() if value is not None and value != ()}
        return load_data(data, **options)
    if len(rest) != 2:
        raise InputError("procedures need a table to run on: X, y after them, or data=")
    return of_estimators.data_of(rest[0], rest[1], groups)

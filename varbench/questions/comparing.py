"""``compare``: is one procedure, or one model, better than another?"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import xarray as xr

from varbench.cube import open_cube
from varbench.data import Data, load_data
from varbench.errors import InputError
from varbench.questions import of_estimators
from varbench.questions.asked import (
    FOLDS,
    REPEATS,
    check_counts,
    check_declared,
    check_names,
    check_sources,
    kind_of,
    refuse_unused,
)
from varbench.questions.of_cube import answer_cube
from varbench.questions.of_maps import answer_maps
from varbench.questions.of_predictions import Ask, answer_predictions, primary_of
from varbench.questions.of_scores import answer_scores
from varbench.questions.pieces import (
    CONFIDENCE,
    GAMMA,
    Declared,
    check_settings,
    known_procedures,
    metric_named,
    pair_of,
)
from varbench.report import Answer
from varbench.tables import align_predictions, read_predictions, read_scores


def compare(
    *what: Any,
    data: str | Path | Data | None = None,
    groups: Any = None,
    procedures: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
    metric: str | None = None,
    margin: float | None = None,
    gamma: float = GAMMA,
    confidence_level: float = CONFIDENCE,
    vary: Sequence[str] | None = None,
    pairing: str | None = None,
    n_cases: int | None = None,
    positives: int | None = None,
    stratify: bool = False,
    missing: str = "error",
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
        The two to compare, first minus second, where there are more; or several, which are compared all together. Of
        a table, and of procedures that are run, all by default; of a run, the two that its study compares.
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
    missing : {"error", "shared"}
        Of two tables of predictions: whether both must predict the same cases, or those count that both have.
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
    check_counts(n_cases, positives)
    check_sources(vary)
    called, kind, metric = check_names(names), kind_of(what), metric_named(metric)
    given = {
        "data": data, "groups": groups, "procedures": procedures, "names": names, "vary": vary, "pairing": pairing,
        "n_cases": n_cases, "positives": positives, "stratify": stratify, "missing": missing, "data_group": data_group,
        "repeats": repeats, "folds": folds, "out": out,
    }  # fmt: skip
    heard = refuse_unused(kind, given, columns)
    asked: Declared = {"margin": margin, "gamma": gamma, "confidence_level": confidence_level}
    about = {"command": command, "seed": rng}
    if kind == "procedures":
        running = {"repeats": repeats, "metric": metric, "vary": vary, "seed": rng, "jobs": jobs, "out": out}
        return _by_running(
            what, data, groups, heard, procedures, folds, {**running, "progress": progress}, asked, about
        )
    if kind == "a run":
        cube = what[0] if isinstance(what[0], xr.Dataset) else open_cube(what[0], verify=True)
        check_declared(cube, metric, asked)
        return answer_cube(cube, procedures, about)
    if kind == "two MAPS":
        more: dict[str, Any] = {"metric": metric, "stratify": stratify, "rng": rng, "data_group": data_group}
        return answer_maps(what[0], what[1], called, about=about, **more, **asked)
    if kind == "a table of scores":
        scores = read_scores(what[0], metric=metric, **heard)
        return answer_scores(
            scores, procedures=procedures, vary=vary, pairing=pairing, n_cases=n_cases, positives=positives, rng=rng,
            about={**about, "source": scores.name}, **asked,
        )  # fmt: skip
    told = {"metric": metric, "stratify": stratify, "rng": rng, "vary": vary, **asked}
    return _by_predictions(what, called, missing, heard, told, about)


def _by_predictions(
    what: Sequence[Any],
    called: tuple[str, str] | None,
    missing: str,
    columns: Mapping[str, Any],
    told: Mapping[str, Any],
    about: Mapping[str, Any],
) -> Answer:
    """Compare two models by their predictions for the same cases."""
    if "cohort" in (told["vary"] or ()):
        raise InputError(
            "vary: two tables of predictions are of one test set, so the cohort was not drawn anew"
        )
    aligned = align_predictions(*(read_predictions(one, **columns) for one in what), missing=missing)
    first, second = called or _names(what)
    metric = primary_of(aligned.a, told["metric"])
    ask = Ask(first=first, second=second, **{**told, "metric": metric})
    source = {**about, "source": f"{first}, {second}"}
    return answer_predictions(aligned.a, aligned.b, ask, source, aligned.notes)


def _by_running(
    what: Sequence[Any],
    data: str | Path | Data | None,
    groups: Any,
    columns: Mapping[str, Any],
    procedures: Sequence[str] | None,
    folds: int,
    running: Mapping[str, Any],
    asked: Declared,
    about: Mapping[str, Any],
) -> Answer:
    """Run procedures on one table, and compare them."""
    runnable = [one for one in what if of_estimators.is_procedure(one)]
    rest = [one for one in what if not of_estimators.is_procedure(one)]
    for one in rest:
        if isinstance(one, str | os.PathLike):
            raise InputError(f"{one} is no procedure; what procedures are run on is named by data= (--data)")
    if folds < 2:
        raise InputError(f"folds={folds!r}: at least 2 are needed")
    table = _data(rest, data, groups, columns)
    chosen = of_estimators.named(runnable, of_estimators.splitter_of(table, folds))
    if len(chosen) < 2:
        raise InputError("one procedure has nothing to be compared with: give two or more")
    if procedures is not None and len(procedures) < 3:
        pair_of(list(chosen), procedures)
    elif procedures is not None or len(chosen) > 2:
        procedures = known_procedures(list(chosen), procedures or list(chosen))
    cube = of_estimators.run_of(chosen, table, **running, **asked)
    return answer_cube(cube, procedures, {**about, "source": table.name})


def _names(what: Sequence[Any]) -> tuple[str, str]:
    stems = [Path(one).stem if isinstance(one, str | os.PathLike) else "" for one in what]
    return ("first", "second") if not all(stems) or stems[0] == stems[1] else (stems[0], stems[1])


def _data(
    rest: Sequence[Any], data: str | Path | Data | None, groups: Any, columns: Mapping[str, Any]
) -> Data:
    """Give the table that procedures are run on: `data`, or X and y."""
    if data is not None and rest:
        raise InputError("both data= and X, y are given; one table is needed")
    if data is not None and groups is not None:
        raise InputError("groups= is of X; of data= the column is named, as group=")
    if isinstance(data, Data):
        return data
    if data is not None:
        return load_data(data, **columns)
    if len(rest) != 2:
        raise InputError("procedures need a table to run on: X, y after them, or data=")
    if columns:
        raise InputError(f"{', '.join(columns)} are columns of data=; X and y have none")
    return of_estimators.data_of(rest[0], rest[1], groups)

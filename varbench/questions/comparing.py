"""``compare``: is one procedure, or one model, better than another?"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from varbench.cube import one_cube
from varbench.data import Data, from_frame, load_data
from varbench.errors import InputError
from varbench.questions import of_estimators
from varbench.questions.asked import (
    REPEATS,
    check_counts,
    check_declared,
    check_names,
    check_sources,
    kind_of,
    named_by,
    one_seed,
    read_with,
    refuse_unused,
)
from varbench.questions.of_arrays import predictions_of, scores_table
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
from varbench.study.study import AnyProcedure
from varbench.tables import Predictions, Scores, align_predictions, read_predictions, read_scores


def compare(
    *what: Any,
    data: Any = None,
    groups: Any = None,
    y_true: Any = None,
    unit: str | None = None,
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
    doubles: str = "error",
    data_group: str | None = None,
    repeats: int = REPEATS,
    folds: int | None = None,
    cv: Any = None,
    seed: int | None = None,
    rng: int | None = None,
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
        scikit-learn estimators, or ``FILE.py:NAME``, which are run on `data`, or on ``X, y`` that follow them; arrays
        of scores, (run,) or (repeat, fold); two arrays of predictions, with `y_true`. A mapping gives them names, as
        ``compare({"svm": SVC(), "forest": RandomForestClassifier()}, X, y)``.
    data : str, Path, DataFrame or Data, optional
        What procedures are run on; the options of :func:`varbench.load_data` go with it.
    groups : array_like, (case,), optional
        Whose the cases of `X`, or of `y_true`, are; none is on both sides of a split, and resamples take them whole.
    y_true : array_like, (case,), optional
        What was true, where two arrays hold what two models predicted for these cases: scores of the positive class,
        a column of probabilities for each class, predicted classes, or predicted numbers.
    unit : {"repeat", "fold", "seed", "dataset"}, optional
        What entry i of arrays of scores is of, in all of them: so they are pairs. ``"fold"`` says that the folds are of
        re-splits of one cohort. Not said, they are taken for samples that have nothing in common.
    procedures : sequence of str, optional
        The two to compare, first minus second, where there are more; or several, which are compared all together. Of
        a table, and of procedures that are run, all by default; of a run, the two that its study compares.
    names : sequence of str, optional
        What to call two models, or the procedures that are run.
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
    doubles : {"error", "number", "once"}
        Of a table with its runs in columns: whether a name that several data sets have is refused, they are numbered
        in their order, or count once, if their scores are the same number for number.
    data_group : str, optional
        Of two MAPS: which images; all but those of training by default, a test group first.
    repeats : int
        Re-splits to run.
    folds : int, optional
        Outer folds for estimators that bring no split, 5 by default; of a table with its runs in columns, how many
        columns are one repeat.
    cv : int or splitter, optional
        Instead of `folds`, as scikit-learn has it: so many folds, or a splitter that shuffles.
    seed, rng : int, optional
        The seed of runs and of bootstraps, 0 by default: two names of one thing. A column of seeds is
        ``seed_column=``.
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
        :func:`varbench.tables.read_predictions` or :func:`varbench.load_data`; but ``seed_column`` for the seeds.

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

    Scores alone, and predictions alone:

    >>> compare([0.81, 0.84, 0.79], [0.78, 0.80, 0.79], unit="fold", n_train=80, n_test=20, metric="auc").scope
    'For patients like these'
    >>> compare([0.2, 0.9, 0.4, 0.7], [0.4, 0.6, 0.5, 0.3], y_true=[0, 1, 0, 1]).verdicts[0].facts.n_cases
    4
    """
    check_settings(margin, gamma, confidence_level)
    check_counts(n_cases, positives)
    check_sources(vary)
    what, names = named_by(what, names)
    kind, metric, number = kind_of(what, y_true), metric_named(metric), one_seed(seed, rng)
    given = {
        "data": data, "groups": groups, "y_true": y_true, "unit": unit, "procedures": procedures, "names": names,
        "vary": vary, "pairing": pairing, "n_cases": n_cases, "positives": positives, "stratify": stratify,
        "missing": missing, "doubles": doubles, "data_group": data_group, "repeats": repeats, "folds": folds, "cv": cv,
        "out": out,
    }  # fmt: skip
    heard = refuse_unused(kind, given, columns)
    asked: Declared = {"margin": margin, "gamma": gamma, "confidence_level": confidence_level}
    about = {"command": command, "seed": number}
    if kind == "procedures":
        running = {
            "repeats": repeats, "metric": metric, "vary": vary, "seed": number, "jobs": jobs, "out": out,
            "progress": progress,
        }  # fmt: skip
        table, runnable = _table_and_procedures(what, data, groups, heard)
        chosen = of_estimators.named(runnable, of_estimators.splitter_of(table, folds, cv, vary), names)
        return _by_running(chosen, table, procedures, running, asked, about)
    if kind == "a run":
        cube = one_cube(what[0], "compare")
        check_declared(cube, metric, asked)
        return answer_cube(cube, procedures, about)
    if kind in ("a table of scores", "arrays of scores"):
        scores = (
            read_with(read_scores, what[0], heard, metric=metric, folds=folds, doubles=doubles)
            if kind == "a table of scores"
            else _scores_of(what, names, unit, pairing, metric, heard)
        )
        vary = ["split"] if unit == "fold" and vary is None else vary
        return answer_scores(
            scores, procedures=procedures, vary=vary, pairing=pairing, n_cases=n_cases, positives=positives, rng=number,
            about={**about, "source": scores.name}, **asked,
        )  # fmt: skip
    called = check_names(names)
    if kind == "two MAPS":
        more: dict[str, Any] = {
            "metric": metric,
            "stratify": stratify,
            "rng": number,
            "data_group": data_group,
        }
        return answer_maps(what[0], what[1], called, about=about, **more, **asked)
    if kind == "predictions as arrays":
        called = called or ("first", "second")
        of_arrays = zip(what, called, strict=True)
        read = [predictions_of(y_true, one, groups=groups, name=name, **heard) for one, name in of_arrays]
    else:
        read = [read_with(read_predictions, one, heard) for one in what]
    told = {"metric": metric, "stratify": stratify, "rng": number, "vary": vary, **asked}
    return _by_predictions(read, called or _names(what), missing, told, about)


def _scores_of(
    what: Sequence[Any],
    names: Sequence[str] | None,
    unit: str | None,
    pairing: str | None,
    metric: str | None,
    columns: Mapping[str, Any],
) -> Scores:
    """Read arrays of scores."""
    if len(what) > 2 and names is None:
        raise InputError(
            f"{len(what)} arrays: scores of more than two procedures need names, as vb.compare({{'a': ..., 'b': ..., "
            "'c': ...}, unit='fold'); predictions of two models are vb.compare(a, b, y_true=y)"
        )
    if len(what) < 2:
        raise InputError("one array of scores has nothing to be compared with: give two")
    called = ["first", "second"] if names is None else list(names)
    if len(called) != len(what) or len(set(called)) < len(called):
        raise InputError(
            f"names={', '.join(called)}: {len(what)} different names are needed, one for each array"
        )
    table, roles = scores_table(dict(zip(called, what, strict=True)), unit, pairing)
    told: dict[str, Any] = {**roles, **columns}
    found = read_scores(table, metric="score" if metric is None else metric, **told)
    return replace(found, name="arrays of scores")


def _by_predictions(
    both: Sequence[Predictions],
    called: tuple[str, str],
    missing: str,
    told: Mapping[str, Any],
    about: Mapping[str, Any],
) -> Answer:
    """Compare two models by their predictions for the same cases."""
    if "cohort" in (told["vary"] or ()):
        raise InputError(
            "vary: two tables of predictions are of one test set, so the cohort was not drawn anew"
        )
    aligned = align_predictions(*both, missing=missing)
    first, second = called
    metric = primary_of(aligned.a, told["metric"])
    ask = Ask(first=first, second=second, **{**told, "metric": metric})
    source = {**about, "source": f"{first}, {second}"}
    return answer_predictions(aligned.a, aligned.b, ask, source, (*_read_so(both), *aligned.notes))


def _read_so(both: Sequence[Predictions]) -> tuple[str, ...]:
    """Say how the predictions were read; an answer that names the first table's columns alone would say half."""
    return tuple(dict.fromkeys(note for one in both for note in one.notes))


def _table_and_procedures(
    what: Sequence[Any], data: Any, groups: Any, columns: Mapping[str, Any]
) -> tuple[Data, list[Any]]:
    """Tell procedures from the table that they are run on."""
    runnable = [one for one in what if of_estimators.is_procedure(one)]
    rest = [one for one in what if not of_estimators.is_procedure(one)]
    for one in rest:
        if isinstance(one, str | os.PathLike):
            raise InputError(f"{one} is no procedure; what procedures are run on is named by data=")
    if len(runnable) < 2:
        raise InputError("one procedure has nothing to be compared with: give two or more")
    return _data(rest, data, groups, columns), runnable


def _by_running(
    chosen: Mapping[str, AnyProcedure],
    table: Data,
    procedures: Sequence[str] | None,
    running: Mapping[str, Any],
    asked: Declared,
    about: Mapping[str, Any],
) -> Answer:
    """Run procedures on one table, and compare them."""
    if procedures is not None and len(procedures) < 3:
        pair_of(list(chosen), procedures)
    elif procedures is not None or len(chosen) > 2:
        procedures = known_procedures(list(chosen), procedures or list(chosen))
    cube = of_estimators.run_of(chosen, table, **running, **asked)
    return answer_cube(cube, procedures, {**about, "source": table.name})


def _names(what: Sequence[Any]) -> tuple[str, str]:
    stems = [Path(one).stem if isinstance(one, str | os.PathLike) else "" for one in what]
    return ("first", "second") if not all(stems) or stems[0] == stems[1] else (stems[0], stems[1])


def _data(rest: Sequence[Any], data: Any, groups: Any, columns: Mapping[str, Any]) -> Data:
    """Give the table that procedures are run on: `data`, or X and y."""
    if data is not None and rest:
        raise InputError("both data= and X, y are given; one table is needed")
    if data is not None and groups is not None:
        raise InputError("groups= is of X; of data= the column is named, as group=")
    if isinstance(data, Data):
        return data
    if isinstance(data, pd.DataFrame):
        if columns.get("search"):
            raise InputError("search= is for files, and data= is a frame")
        return from_frame(data, **columns)
    if data is not None:
        return load_data(data, **columns)
    if len(rest) != 2:
        raise InputError("procedures need a table to run on: X, y after them, or data=")
    task = columns.get("task")
    if named := [name for name in columns if name != "task"]:
        raise InputError(f"{', '.join(named)} are columns of data=; X and y have none")
    return of_estimators.data_of(rest[0], rest[1], groups, task)

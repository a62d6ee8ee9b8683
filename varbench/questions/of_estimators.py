"""Compare procedures that are not run yet: estimators, or objects of a file, on a table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from varbench.data import Data, from_frame
from varbench.errors import InputError, unknown
from varbench.metrics import METRICS, OF_NUMBERS
from varbench.procedure import Procedure, Split
from varbench.procedure.steps import asks_for_groups
from varbench.study import Study, load_object, readers
from varbench.study.study import AnyProcedure

if TYPE_CHECKING:
    import xarray as xr

#: Outer folds where nothing is said.
FOLDS = 5
#: What a comparison varies where nothing is said: the split, and whatever else the procedures read.
VARY = ("split", "resample", "tune", "init")
#: The metrics of classes, of which the first is the primary one where nothing is said.
BESIDE = ("roc_auc", "balanced_accuracy", "f1", "accuracy")


def is_procedure(what: object) -> bool:
    """Tell whether something can be run: a procedure, an estimator, or ``FILE.py:NAME``."""
    if isinstance(what, str):
        return bool(re.fullmatch(r".+\.py:\w+", what))
    return isinstance(what, Procedure) or hasattr(what, "fit")


def named(
    what: Sequence[object], splitter: Any, names: Sequence[str] | None = None
) -> dict[str, AnyProcedure]:
    """Give procedures their names, and estimators a split.

    Parameters
    ----------
    what : sequence of Procedure, estimator or str
        At least two; a text is ``FILE.py:NAME``.
    splitter : object
        The outer splitter of those that bring none.
    names : sequence of str, optional
        What to call them.

    Returns
    -------
    dict of str to Procedure
        Where no names are given, named by the file's name for it, or by the class; the second of one name gets its
        number.

    Raises
    ------
    InputError
        If one of them cannot be run.
    """
    found: dict[str, AnyProcedure] = {}
    if names is not None and (len(names) != len(what) or len(set(names)) < len(names)):
        raise InputError(
            f"names={', '.join(names)}: {len(what)} different names are needed, one for each procedure"
        )
    for place, one in enumerate(what):
        label, procedure = _loaded(one) if isinstance(one, str) else (_called(one), one)
        label = label if names is None else names[place]
        name, number = label, 2
        while name in found:
            name, number = f"{label}-{number}", number + 1
        found[name] = _as_procedure(procedure, name, splitter)
    return found


def _loaded(text: str) -> tuple[str, object]:
    path, _, name = text.rpartition(":")
    if not Path(path).is_file():
        raise InputError(f"{text}: there is no file {path}; a procedure of a file is FILE.py:NAME")
    return name, load_object(Path(path), name)


def _called(one: object) -> str:
    if isinstance(one, Procedure):
        return "procedure"
    steps = _steps(one)
    return type(steps[-1][1] if steps else one).__name__


def _steps(one: object) -> list[Any]:
    steps = getattr(one, "steps", None)
    return list(steps) if isinstance(steps, list) else []


def _as_procedure(what: object, name: str, splitter: Any) -> AnyProcedure:
    if isinstance(what, Procedure):
        return what
    if not hasattr(what, "fit") or isinstance(what, type):
        raise InputError(
            f"{name} is {what!r}: a Procedure or an estimator with its parameters is needed, as LogisticRegression()"
        )
    # A pipeline's steps stand right of the split, each for itself, so that its samplers act on training rows alone.
    right = _steps(what) or [(type(what).__name__.lower(), what)]
    return Procedure([("split", Split(splitter)), *right])


def data_of(X: Any, y: Any, groups: Any = None, task: str | None = None) -> Data:
    """Make data of arrays or of a frame.

    Parameters
    ----------
    X : DataFrame or array_like, (case, feature)
        Features.
    y : array_like, (case,)
        Classes, or numbers.
    groups : array_like, (case,), optional
        Whose the cases are.
    task : {"classification", "regression"}, optional
        Which of the two.

    Returns
    -------
    Data
        Cases are named by their numbers.

    Raises
    ------
    InputError
        If the lengths differ.
    """
    import pandas as pd

    frame = X.copy() if isinstance(X, pd.DataFrame) else pd.DataFrame(_two_axes(X))
    y = np.asarray(y)
    if y.ndim != 1 and y.size != len(y):
        raise InputError(f"y has the shape {y.shape}: one class a case is needed")
    y = y.ravel()
    frame.columns = [str(name) for name in frame.columns]
    lengths = {"X": len(frame), "y": len(y)} | ({} if groups is None else {"groups": len(groups)})
    if len(set(lengths.values())) > 1:
        raise InputError(
            f"the lengths differ: {', '.join(f'{name} has {n}' for name, n in lengths.items())} rows"
        )
    target, group = "varbench target", "varbench group"
    frame = frame.reset_index(drop=True)
    frame[target] = y
    if groups is not None:
        frame[group] = np.asarray(groups).astype(str)
    return from_frame(
        frame, target=target, task=task, group=None if groups is None else group, name="the table"
    )


def _two_axes(X: Any) -> Any:
    array = X.toarray() if hasattr(X, "toarray") else np.asarray(X)
    if array.ndim != 2:
        raise InputError(f"X has the shape {array.shape}: a row a case and a column a feature are needed")
    return array


def splitter_of(data: Data, folds: int | None, cv: Any, vary: Sequence[str] | None = None) -> Any:
    """Give the outer splitter.

    Parameters
    ----------
    data : Data
        What is split.
    folds : int or None
        Of a split that shuffles, is stratified where the outcome is a class, and has no group on both sides.
    cv : int, splitter or None
        The same number of folds; or a splitter of the user's own.
    vary : sequence of str, optional
        The sources that are to vary.

    Returns
    -------
    object
        A splitter of scikit-learn.

    Raises
    ------
    InputError
        If both are given, if there cannot be so many folds, or if a splitter cannot be drawn anew.
    """
    from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

    if folds is not None and cv is not None:
        raise InputError("folds= and cv= both say how to split; leave one of them out")
    name = "folds" if cv is None else "cv"
    number = FOLDS if folds is None and cv is None else folds if cv is None else cv
    if not isinstance(number, int | np.integer) or isinstance(number, bool):
        return _of_ones_own(number, data, vary)
    if number < 2:
        raise InputError(f"{name}={number!r}: at least 2 are needed")
    sizes = data.stratum_sizes
    rare = int(np.argmin(np.where(sizes > 0, sizes, len(data.y) + 1)))
    if sizes[rare] < number:
        whose = "there are" if data.numeric else f"the class {data.classes[rare]!r} has"
        raise InputError(
            f"{name}={number!r}: {whose} {sizes[rare]} cases, fewer than the {number} "
            f"folds of the split; {sizes[rare]} or fewer are possible"
        )
    groups = None if data.groups is None else len(np.unique(data.groups))
    if groups is not None and groups < number:
        raise InputError(
            f"{name}={number!r}: there are {groups} groups; {groups} folds or fewer are possible"
        )
    if data.numeric:
        return (KFold if groups is None else GroupKFold)(int(number), shuffle=True)
    return (StratifiedKFold if groups is None else StratifiedGroupKFold)(int(number), shuffle=True)


def _of_ones_own(cv: Any, data: Data, vary: Sequence[str] | None) -> Any:
    """Refuse what cannot be split anew in each repeat."""
    if isinstance(cv, type) or not (hasattr(cv, "split") and hasattr(cv, "get_n_splits")):
        raise InputError(
            f"cv={cv!r}: must be a number of folds, or a splitter as StratifiedKFold(5, shuffle=True). Splits that are "
            "fixed are not drawn anew: compare the scores that they gave, as arrays with unit='fold'"
        )
    if hasattr(cv, "n_repeats"):
        raise InputError(
            f"cv={cv!r} repeats itself, and repeats= counts the repeats: give the splitter that it repeats, as "
            f"cv=StratifiedKFold(5, shuffle=True), repeats={cv.n_repeats}"
        )
    if (vary is None or "split" in vary) and (
        not hasattr(cv, "random_state") or not getattr(cv, "shuffle", True)
    ):
        raise InputError(
            f"cv={cv!r} does not shuffle, so that each repeat would have the same split; say shuffle=True, or what "
            "else is drawn anew, as vary=['init']"
        )
    if asks_for_groups(cv) and data.groups is None:
        raise InputError(
            f"cv={cv!r} keeps groups together, and there are none: say groups=, or group= of data="
        )
    return cv


def run_of(
    procedures: Mapping[str, AnyProcedure],
    data: Data,
    *,
    repeats: int,
    metric: str | None,
    margin: float | None,
    gamma: float,
    confidence_level: float,
    vary: Sequence[str] | None,
    seed: int,
    jobs: int,
    out: str | Path | None,
    progress: bool,
) -> xr.Dataset:
    """Run procedures on one table, all on the same splits.

    Parameters
    ----------
    procedures : mapping of str to Procedure
        From :func:`named`.
    data : Data
        The table.
    repeats : int
        Re-splits.
    metric, margin, gamma, confidence_level, vary, seed, jobs, out, progress
        As in :func:`varbench.questions.compare`.

    Returns
    -------
    xarray.Dataset
        The cube.
    """
    table, usual = (OF_NUMBERS, tuple(OF_NUMBERS)) if data.numeric else (METRICS, BESIDE)
    primary = metric or usual[0]
    if primary not in table:
        raise InputError(unknown("metric", primary, table))
    beside = [name for name in usual if name != primary]
    read = readers(procedures, (), data)
    names = list(procedures)
    study = Study(
        question=f"Is {names[0]} better than {names[1]}?", data=data, procedures=dict(procedures), primary=primary,
        metrics=beside, margin=margin, gamma=gamma, confidence_level=confidence_level, repeats=repeats, name="compare",
        vary=tuple(vary) if vary is not None else tuple(source for source in VARY if source in read),
    )  # fmt: skip
    return study.run(repeats=repeats, seed=seed, jobs=jobs, out=out, progress=progress)

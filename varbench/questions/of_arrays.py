"""Plain arrays become the tables that the questions are answered from: scores run by run, predictions case by case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from varbench.errors import DataError, InputError, unknown
from varbench.outcome import label as spelled
from varbench.tables import Predictions, read_predictions

#: What entry i of an array of scores is of.
UNITS = ("repeat", "fold", "seed", "dataset")
Array = npt.NDArray[Any]


def is_array(one: object) -> bool:
    """Tell whether something is a plain array: of NumPy, a Series, or a list or tuple of numbers.

    Examples
    --------
    >>> is_array([0.7, 0.8]), is_array(pd.Series([1])), is_array("scores.csv"), is_array(pd.DataFrame())
    (True, True, False, False)
    """
    return isinstance(one, np.ndarray | pd.Series | list | tuple)


def scores_table(
    arrays: Mapping[str, Any], unit: str | None, pairing: str | None
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Make a table of scores of arrays.

    Parameters
    ----------
    arrays : mapping of str to array_like, (run,) or (repeat, fold)
        Of each procedure; NaN is missing.
    unit : {"repeat", "fold", "seed", "dataset"}, optional
        What entry i is of, in all arrays. Not said, entries of two arrays have nothing in common, unless `pairing` is
        ``"exact"``: then they are repeats.
    pairing : str, optional
        As in :func:`varbench.questions.compare`.

    Returns
    -------
    table : DataFrame
        A row a score.
    columns : dict of str to str
        What its columns are, as :func:`varbench.tables.read_scores` takes them.

    Raises
    ------
    InputError
        If they are no numbers, or not of one shape.
    """
    unit = None if unit is None else unit.replace(" ", "")
    if unit is not None and unit not in UNITS:
        raise InputError(unknown("unit", unit, UNITS))
    read = {name: _numbers(name, one) for name, one in arrays.items()}
    shapes = {name: one.shape for name, one in read.items()}
    flat = all(one.ndim == 1 for one in read.values())
    if unit is None and flat and pairing == "exact":
        unit = "repeat"
    if len(set(shapes.values())) > 1 and not (flat and unit is None):
        raise InputError(
            f"the shapes differ: {', '.join(f'{name} has {shape}' for name, shape in shapes.items())}; entry i of each "
            "is of the same run, so all need one shape"
        )
    if not flat and unit not in (None, "fold"):
        raise InputError(f"unit={unit!r}: an array of two axes has repeats by folds, and needs no unit=")
    parts = [_of_one(name, one, unit) for name, one in read.items()]
    table = pd.concat(parts, ignore_index=True)
    return table, {name: name for name in table.columns}


def _numbers(name: str, one: Any) -> npt.NDArray[np.float64]:
    try:
        found = np.asarray(one, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(
            f"{name}: scores are numbers, and this holds {_first(one)!r}. Predictions are compared with what was true: "
            "say y_true="
        ) from None
    if found.ndim not in (1, 2) or not found.size:
        raise InputError(
            f"{name}: scores have one axis (run), or two (repeat, fold); this has the shape {found.shape}"
        )
    return found


def _first(one: Any) -> object:
    cells = np.asarray(one, dtype=object).ravel()
    return next((cell for cell in cells if not isinstance(cell, int | float)), None)


def _of_one(name: str, scores: npt.NDArray[np.float64], unit: str | None) -> pd.DataFrame:
    table = pd.DataFrame({"method": name, "score": scores.ravel()})
    if scores.ndim == 2:
        repeats, folds = scores.shape
        return table.assign(
            repeat=np.repeat(np.arange(repeats), folds), fold=np.tile(np.arange(folds), repeats)
        )
    return table if unit is None else table.assign(**{unit: np.arange(len(scores))})


def predictions_of(
    y_true: Any,
    predicted: Any,
    *,
    y_pred: Any = None,
    groups: Any = None,
    name: str = "the predictions",
    **columns: Any,
) -> Predictions:
    """Read predictions from arrays, with all checks that a table has.

    Parameters
    ----------
    y_true : array_like, (case,) or (case, label)
        What was true.
    predicted : array_like, (case,), (case, class) or (case, label), or None
        Scores: of the positive class, of each class in their sorted order as ``predict_proba`` gives them, or of each
        label. Texts, and whole numbers that all are classes of `y_true`, are predicted classes; beside measurements,
        predicted values.
    y_pred : array_like, optional
        Predicted classes or values, where `predicted` has scores, or None.
    groups : array_like, (case,), optional
        Whose the cases are.
    name : str
        What errors call them.
    **columns
        ``positive``, ``classes`` and ``task``, as in :func:`varbench.tables.read_predictions`.

    Returns
    -------
    Predictions
        Case by case.

    Raises
    ------
    InputError, DataError
        If lengths differ, or as :func:`varbench.tables.read_predictions`.

    Examples
    --------
    >>> found = predictions_of([0, 1, 1], [0.2, 0.7, 0.4])
    >>> found.task, found.labels().tolist(), predictions_of([0, 1, 1], [0, 1, 0]).y_score
    ('binary', [0, 1, 0], None)
    """
    truth = _plain("y_true", y_true)
    parts = {"y_true": truth}
    kinds: dict[str, str] = {}
    for argument, given in (("predicted", predicted), ("y_pred", y_pred)):
        if given is not None:
            parts[argument] = _plain(name if argument == "predicted" else "y_pred", given)
            is_score = argument == "predicted" and not _are_labels(parts[argument], truth)
            kinds[argument] = "score" if is_score else "pred"
    if groups is not None:
        parts["groups"] = _plain("groups", groups)
    if len(set(kinds.values())) < len(kinds):
        raise InputError(f"{name} are predicted classes already, and y_pred= gives them again; leave one out")
    lengths = {(name if part == "predicted" else part): len(values) for part, values in parts.items()}
    if len(set(lengths.values())) > 1:
        raise InputError(
            f"the lengths differ: {', '.join(f'{part} has {n}' for part, n in lengths.items())} cases; each case "
            "needs one of each"
        )
    frame, roles = _frame(parts, kinds, columns.get("classes"))
    try:
        found = read_predictions(frame, **roles, **columns)
    except DataError as error:
        raise DataError(str(error).replace("the table", name, 1)) from None
    return _renamed(found, name, kinds)


def _plain(name: str, values: Any) -> Array:
    found = np.asarray(values)
    if found.ndim == 2 and found.shape[1] == 1:
        found = found.ravel()
    if found.ndim not in (1, 2) or not len(found):
        raise InputError(f"{name}: an entry a case is needed, got an array of shape {found.shape}")
    return found


def _are_labels(predicted: Array, truth: Array) -> bool:
    """Tell classes from scores: texts, and whole numbers or truth values of which each is a class that occurs."""
    if predicted.dtype.kind not in "iubUSO" or predicted.ndim != truth.ndim:
        return False
    if predicted.dtype.kind == "O" and all(isinstance(one, float) for one in predicted.ravel()):
        return False
    if predicted.dtype.kind in "USO":
        return True
    return {spelled(one) for one in np.unique(predicted)} <= {spelled(one) for one in np.unique(truth)}


def _frame(
    parts: Mapping[str, Array], kinds: Mapping[str, str], classes: Sequence[object] | None
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Give a table of a row a case, and which of its columns are what."""
    truth = parts["y_true"]
    known = None
    if truth.ndim == 1:
        known = [spelled(one) for one in (np.unique(truth) if classes is None else classes)]
    table: dict[str, Array] = {}
    roles: dict[str, Any] = {}
    for part, role in {"y_true": "label", **kinds, "groups": "group"}.items():
        if part not in parts:
            continue
        values = parts[part]
        names = [role] if values.ndim == 1 else _columns(role, values.shape[1], known)
        table |= dict(zip(names, values.reshape(len(values), -1).T, strict=True))
        roles[role] = names[0] if len(names) == 1 else names
    return pd.DataFrame(table), roles


def _columns(role: str, n: int, classes: list[str] | None) -> list[str]:
    """Name the columns of scores after their classes, so that each finds its own."""
    if role == "score" and classes is not None and len(classes) == n:
        return [f"p_{one}" for one in classes]
    return [f"{role} {i}" for i in range(1, n + 1)]


def _renamed(found: Predictions, name: str, kinds: Mapping[str, str]) -> Predictions:
    notes = list(found.notes)
    if kinds.get("predicted") == "pred" and found.task != "regression":
        notes.append(
            f"All of {name} are classes of y_true, so they were taken for predicted classes, not for scores."
        )
    return replace(found, name=name, notes=tuple(notes))

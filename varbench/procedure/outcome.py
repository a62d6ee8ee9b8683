"""What one run of a procedure gives: predictions row by row, with what is needed to score and to explain them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varbench.errors import StudyError

if TYPE_CHECKING:
    from varbench.data import Data

RELATIONS = ("copy", "relative", "group")


@dataclass(frozen=True)
class External:
    """Rows that no procedure has touched, and what every fitted model says of them.

    Parameters
    ----------
    y_pred : ndarray of int (fold, external_row)
        Labels; numbers where the outcome is one.
    y_score : ndarray of float (fold, external_row) or (fold, external_row, class)
        Scores.
    final_pred, final_score : ndarray, optional
        The same of the fit on all rows, without the fold; None where it was not asked for.
    """

    y_pred: NDArray[Any]
    y_score: NDArray[np.float64]
    final_pred: NDArray[Any] | None = None
    final_score: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Outcome:
    """One run's predictions; rows stand fold by fold.

    Parameters
    ----------
    fold : ndarray of int (row,)
        The outer fold that tested the row.
    sample, parent_a, parent_b : ndarray of int (row,)
        The case that the row is, or was made from; -1 for none or unknown.
    y_true, y_pred : ndarray of int (row,)
        Codes of the classes; of float, what is true and what was predicted, where the outcome is a number.
    y_score : ndarray of float (row,) or (row, class)
        Of the second class where there are two; of a number the prediction once more.
    weight : ndarray of float (row,)
        1 / number of copies in the whole resampled table; where rows were left out, scaled to the class's size in
        the cohort.
    related : ndarray of int (fold, relation, class)
        Test rows with a copy, a relative, a row of their group among the training rows; -1 where it is not known. All
        rows are one class where the outcome is a number.
    n_train, n_test : ndarray of int (fold, class)
        Rows before any resampling right of ``Split``.
    group : ndarray of int (row,), optional
        The row's group, -1 for unknown.
    batch : ndarray of str (row,), optional
        The row's batch, empty for unknown.
    chosen : mapping of str to list of str
        Chosen hyperparameters, fold by fold, as JSON.
    external : External, optional
        Where there were external rows.
    candidates : ndarray of float (candidate,), optional
        The scores on the test rows, means over the folds, of what a search without a split of its own chose among.
    training : list of (y_true, y_pred, y_score), optional
        Fold by fold, what each model says of the rows that it was fitted on; None where nobody asked.
    """

    fold: NDArray[np.int64]
    sample: NDArray[np.int64]
    parent_a: NDArray[np.int64]
    parent_b: NDArray[np.int64]
    y_true: NDArray[Any]
    y_pred: NDArray[Any]
    y_score: NDArray[np.float64]
    weight: NDArray[np.float64]
    related: NDArray[np.int64]
    n_train: NDArray[np.int64]
    n_test: NDArray[np.int64]
    group: NDArray[np.int64] | None = None
    batch: NDArray[np.str_] | None = None
    chosen: Mapping[str, list[str]] = field(default_factory=dict)
    external: External | None = None
    candidates: NDArray[np.float64] | None = None
    training: list[tuple[NDArray[Any], NDArray[Any], NDArray[np.float64]]] | None = None


def chosen_values(step_name: str, fitted: Any) -> dict[str, str]:
    """Give what a fitted search chose, by path, as JSON; nothing for any other step."""
    return as_chosen(step_name, getattr(fitted, "best_params_", None) or {})


def as_chosen(step_name: str, best: Mapping[str, Any]) -> dict[str, str]:
    """Give chosen values by path, as JSON."""
    return {f"{step_name}__{name}": json.dumps(value, default=_plain) for name, value in best.items()}


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else repr(value)


def outcome_of_callable(returned: Any, data: Data, n_folds: int) -> Outcome:
    """Read what a callable procedure returned.

    Parameters
    ----------
    returned : DataFrame or mapping
        Columns ``fold``, ``sample`` (the row's number in the data), ``y_score`` and, where a label is not just
        ``y_score > 0.5``, ``y_pred``. Where the outcome is a number, ``y_score`` is what was predicted.
    data : Data
        The data that it was given.
    n_folds : int
        How many folds the cube holds.

    Returns
    -------
    Outcome
        Relations and training sizes are not known.

    Raises
    ------
    StudyError
        If a column is missing, of another length, or holds what cannot be.
    """
    if not hasattr(returned, "keys"):
        raise StudyError(
            f"a callable procedure must return a table with fold, sample and y_score; got {type(returned).__name__}"
        )
    columns = {name: returned[name] for name in ("fold", "sample", "y_score", "y_pred") if name in returned}
    if missing := {"fold", "sample", "y_score"} - columns.keys():
        listed = ", ".join(sorted(missing))
        raise StudyError(f"a callable procedure must return fold, sample and y_score; missing: {listed}")
    n_classes = len(data.classes)
    fold = _whole("fold", columns["fold"], n_folds)
    sample = _whole("sample", columns["sample"], data.n_cases)
    score = _numbers("y_score", columns["y_score"])
    if not len(fold) == len(sample) == len(score) or len(fold) == 0:
        raise StudyError(
            f"a callable procedure returned {len(fold)} folds, {len(sample)} samples, {len(score)} scores"
        )
    if score.ndim == 2 and score.shape[1] == n_classes == 2:
        score = score[:, 1]
    if score.shape[1:] != (() if n_classes in (0, 2) else (n_classes,)):
        raise StudyError(
            f"a callable procedure returned scores of shape {score.shape} for {n_classes} classes"
        )
    if data.numeric:
        label: NDArray[Any] = score
    elif "y_pred" in columns:
        label = _whole("y_pred", columns["y_pred"], n_classes)
        if len(label) != len(fold):
            raise StudyError(
                f"a callable procedure returned {len(label)} labels in y_pred for {len(fold)} rows"
            )
    else:
        label = (score > 0.5).astype(np.int64) if score.ndim == 1 else score.argmax(axis=1)
    none, strata = np.full(len(sample), -1), len(data.strata)
    tested = np.bincount(fold * strata + data.stratum_of[sample], minlength=n_folds * strata)
    return Outcome(
        fold, sample, none, none, data.y[sample], label, score,
        weight=1.0 / np.bincount(sample, minlength=data.n_cases)[sample],
        related=np.full((n_folds, len(RELATIONS), strata), -1),
        n_train=np.full((n_folds, strata), -1),
        n_test=tested.reshape(n_folds, strata),
        batch=None if data.batch is None else data.batch[sample],
    )  # fmt: skip


def _numbers(name: str, values: Any) -> NDArray[np.float64]:
    try:
        numbers = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise StudyError(f"a callable procedure returned {name} that are no numbers") from None
    for what, found in (("NaN", np.isnan(numbers)), ("inf", np.isinf(numbers))):
        if found.any():
            raise StudyError(f"a callable procedure returned {int(found.sum())} {what} in {name}")
    return numbers


def _whole(name: str, values: Any, below: int) -> NDArray[np.int64]:
    numbers = _numbers(name, values)
    if (numbers != np.floor(numbers)).any():
        raise StudyError(f"a callable procedure returned {name} that are no whole numbers")
    if numbers.size and (numbers.min() < 0 or numbers.max() >= below):
        raise StudyError(f"a callable procedure returned {name} outside 0..{below - 1}")
    return numbers.astype(np.int64)

"""Test cases as they come in: labels to codes, scores to labels, what is missing left out and counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from varbench.errors import StatisticsError
from varbench.metrics import Metric
from varbench.rows import SUM_TOLERANCE
from varbench.stats.binary import group_codes
from varbench.stats.coded import CodedCases, Model
from varbench.stats.draws import Codes
from varbench.stats.samples import Floats, as_array, check_index, is_number
from varbench.stats.scorers import find_metric

Array = npt.NDArray[Any]
#: Codings of two classes of which each is known without the other.
_CODINGS = ((0, 1), (-1, 1))


class _Given(NamedTuple):
    """A model's predictions as given: (run, case) or (run, case, class)."""

    name: str
    values: Array
    are_labels: bool

    @property
    def n_columns(self) -> int:
        return self.values.shape[2] if self.values.ndim == 3 else 1


def code_cases(
    y_true: npt.ArrayLike,
    models: Sequence[npt.ArrayLike],
    metric: str | Metric | Callable[..., Any],
    *,
    groups: npt.ArrayLike | None = None,
    threshold: float | None = None,
    classes: Sequence[Any] | None = None,
    runs: bool = False,
    keep_missing: bool = False,
) -> CodedCases:
    """What do models predict of some cases, in codes?

    Parameters
    ----------
    y_true : array_like, (case,)
        Labels: numbers, texts or truth values.
    models : sequence of array_like, (case,) or (case, class)
        Scores, probabilities or labels of each model, with an axis of runs before, where `runs` says so. NaN is
        missing: its case is left out for all models and counted.
    metric : str, Metric or callable
        What they are for, see :func:`~varbench.stats.scorers.find_metric`.
    groups : array_like, (case,), optional
        Which patient or group each case belongs to.
    threshold : float, optional
        From which score on a case is labelled positive; 0.5 for probabilities.
    classes : sequence, optional
        The labels in the order of the columns; of two, the second is the positive one. Without it they are
        sorted.
    runs : bool
        Whether the models have an axis of runs.
    keep_missing : bool
        Whether missing scores stay, as cases that a run did not test.

    Returns
    -------
    CodedCases
        At least one case.

    Raises
    ------
    StatisticsError
        If shapes do not fit, labels are missing or not among the classes, scores are infinite or not what the
        metric needs, or nothing is left.

    Examples
    --------
    >>> found = code_cases(["ill", "well", "ill"], [[0.2, 0.9, 0.4]], "f1")
    >>> found.classes, found.y_true, found.models[0].label
    (('ill', 'well'), array([0, 1, 0]), array([[0, 1, 0]]))
    """
    chosen = find_metric(metric)
    if threshold is not None and not is_number(threshold):
        raise StatisticsError(f"threshold={threshold!r}: one finite number is needed, in units of the scores")
    if classes is not None and (isinstance(classes, str) or not np.iterable(classes)):
        raise StatisticsError(f"classes={classes!r}: give a list of all labels, in order")
    tables = {} if runs else {f"model_{k}": model for k, model in enumerate(models, start=1)}
    check_index(y_true=y_true, groups=groups, **tables)
    labels = _labels(y_true)
    given = [_given(i, model, labels, chosen, runs) for i, model in enumerate(models, start=1)]
    known = _classes(labels, given, classes)
    coded = tuple(_model(one, known, chosen, threshold) for one in given)
    cut = chosen.needs == "label" and len(known) == 2 and not all(one.are_labels for one in given)
    found = CodedCases(
        chosen, known, _codes("y_true", labels, known), coded, group_codes(groups, len(labels)),
        threshold=(0.5 if threshold is None else float(threshold)) if cut else None,
    )  # fmt: skip
    return found if keep_missing else _complete(found)


def _complete(found: CodedCases) -> CodedCases:
    missing = np.any([np.isnan(_flat(model.score)).any(axis=(0, 2)) for model in found.models], axis=0)
    if missing.all():
        raise StatisticsError("every case lacks a score: nothing is left to judge")
    if not missing.any():
        return found
    kept = found.take(~missing)
    if kept.groups is not None:
        kept = replace(kept, groups=np.unique(kept.groups, return_inverse=True)[1].astype(np.int64))
    return replace(kept, dropped=int(missing.sum()))


def _flat(score: Floats) -> Floats:
    return score if score.ndim == 3 else score[:, :, None]


def _labels(y_true: npt.ArrayLike) -> Array:
    labels = as_array("y_true", y_true)
    if labels.ndim != 1 or labels.size == 0:
        raise StatisticsError(f"y_true has shape {labels.shape}: one label a case is needed, at least one")
    missing = 0
    if labels.dtype.kind == "f":
        missing = int(np.isnan(labels).sum())
    elif labels.dtype == object:
        missing = sum(label is None or label != label for label in labels.tolist())
    if missing:
        raise StatisticsError(f"y_true lacks {missing} of {labels.size} labels; leave those cases out")
    return labels.astype(str) if labels.dtype == object else labels


def _given(number: int, model: npt.ArrayLike, labels: Array, metric: Metric, runs: bool) -> _Given:
    name = f"model {number}"
    values = as_array(f"the predictions of {name}", model)
    shapes = "(run, case) or (run, case, class)" if runs else "(case,) or (case, class)"
    values = values if runs else values[None]
    if values.ndim not in (2, 3) or values.shape[0] == 0 or values.shape[1] != len(labels):
        shown = values.shape if runs else values.shape[1:]
        raise StatisticsError(
            f"the predictions of {name} have shape {shown} and y_true has {len(labels)} cases: {shapes} is needed"
        )
    if values.dtype == object:
        values = _from_objects(name, values)
    if values.dtype.kind in "cmMV":
        raise StatisticsError(
            f"the predictions of {name} hold {values.dtype} values: numbers or labels are needed"
        )
    if values.dtype.kind in "US" and labels.dtype.kind not in "US":
        raise StatisticsError(
            f"the predictions of {name} hold {values.ravel()[0]!r} and y_true {labels[0]!r}: texts and numbers never "
            "agree; give the same labels to both"
        )
    return _Given(name, values, values.ndim == 2 and _are_labels(values, labels, metric))


def _from_objects(name: str, values: Array) -> Array:
    kinds = {type(value) for value in values.ravel().tolist()}
    if str in kinds:
        if len(kinds) > 1:
            raise StatisticsError(
                f"the predictions of {name} hold texts and what is none; name every case's label"
            )
        return values.astype(str)
    try:
        return values.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise StatisticsError(
            f"the predictions of {name} hold something that is no number: {error}"
        ) from None


def _are_labels(values: Array, labels: Array, metric: Metric) -> bool:
    """Tell labels from scores: by their type, and where that leaves it open by what the metric needs."""
    if values.dtype.kind not in "biuf":
        return True
    several = len(np.unique(labels)) > 2
    if metric.needs != "label" and not several:
        return False
    if values.dtype.kind in "biu":
        return True
    return labels.dtype.kind in "biuf" and bool(np.isin(values[~np.isnan(values)], labels).all())


def _classes(labels: Array, given: Sequence[_Given], named: Sequence[Any] | None) -> tuple[Any, ...]:
    said = [np.unique(one.values[~_is_nan(one.values)]) for one in given if one.are_labels]
    columns = {one.n_columns for one in given if one.values.ndim == 3}
    if len(columns) > 1 or 1 in columns:
        raise StatisticsError(
            f"the models have {sorted(columns)} columns: one column a class is needed, for all"
        )
    n_columns = columns.pop() if columns else None
    held = np.unique(np.concatenate([np.unique(labels), *said]).astype(labels.dtype, copy=False))
    if named is not None:
        return _named(held, tuple(named), n_columns)
    whole = held.dtype.kind in "biu" or (held.dtype.kind == "f" and bool((held == held.round()).all()))
    if whole and n_columns and held.min() >= 0 and held.max() < n_columns:
        return tuple(range(n_columns))
    if whole and n_columns in (None, 2):
        for coding in _CODINGS:
            if np.isin(held, coding).all():
                return coding
    if len(held) < 2 or len(held) != (n_columns or len(held)):
        raise StatisticsError(
            f"the labels hold {len(held)} classes, {held[:5].tolist()}, and the models' columns "
            f"{n_columns or 'at least 2'}: name all of them, in order, by classes=[...]"
        )
    return tuple(held.tolist())


def _named(held: Array, named: tuple[Any, ...], n_columns: int | None) -> tuple[Any, ...]:
    strange = [label for label in held.tolist() if label not in named]
    if strange or len(set(named)) != len(named) or len(named) < 2 or len(named) != (n_columns or len(named)):
        raise StatisticsError(
            f"classes={list(named)}: each label once is needed, as many as the models have columns"
            + (f"; {strange[:5]} are among the labels too" if strange else "")
        )
    return named


def _is_nan(values: Array) -> npt.NDArray[np.bool_]:
    return np.isnan(values) if values.dtype.kind == "f" else np.zeros(values.shape, np.bool_)


def _codes(name: str, labels: Array, classes: tuple[Any, ...]) -> Codes:
    table = np.asarray(classes)
    order = np.argsort(table, kind="stable")
    place = np.searchsorted(table[order], labels).clip(max=len(table) - 1)
    codes: Codes = order[place].astype(np.int64)
    wrong = table[codes] != labels
    if wrong.any():
        raise StatisticsError(f"{name} holds {labels[wrong][0]!r}: {list(classes)} are the classes")
    return codes


def _model(given: _Given, classes: tuple[Any, ...], metric: Metric, threshold: float | None) -> Model:
    if given.are_labels:
        return _from_labels(given, classes)
    score = given.values.astype(np.float64)
    if np.isinf(score).any():
        raise StatisticsError(f"the scores of {given.name} hold {int(np.isinf(score).sum())} infinite values")
    if score.ndim == 2 and len(classes) > 2:
        raise StatisticsError(
            f"the scores of {given.name} are one number a case, and there are {len(classes)} classes: one column "
            "a class is needed, or labels"
        )
    outside = _outside(score)
    if outside and metric.needs == "probability":
        raise StatisticsError(f"{metric.name} needs probabilities, and the scores of {given.name} {outside}")
    label = _said(given.name, score, metric, threshold, outside)
    return Model(label, score[:, :, 1] if score.ndim == 3 and len(classes) == 2 else score)


def _from_labels(given: _Given, classes: tuple[Any, ...]) -> Model:
    missing = _is_nan(given.values)
    label = _codes(
        given.name, np.where(missing, classes[0], given.values) if missing.any() else given.values, classes
    )
    if len(classes) == 2:
        return Model(label, np.where(missing, np.nan, label))
    return Model(label, np.where(missing[:, :, None], np.nan, np.eye(len(classes))[label]))


def _outside(score: Floats) -> str:
    """Say why scores are no probabilities; nothing where they are."""
    low, high = float(np.nanmin(score, initial=0)), float(np.nanmax(score, initial=1))
    if low < 0 or high > 1:
        return f"lie in [{low:.6g}, {high:.6g}], not in [0, 1]"
    if score.ndim == 3 and np.nanmax(np.abs(score.sum(axis=2) - 1), initial=0) > SUM_TOLERANCE:
        return "do not sum to 1 over the classes"
    return ""


def _said(name: str, score: Floats, metric: Metric, threshold: float | None, outside: str) -> Codes:
    """Label each case by its score."""
    if score.ndim == 3 and score.shape[2] > 2:
        likeliest: Codes = np.nan_to_num(score).argmax(axis=2).astype(np.int64)
        return likeliest
    if threshold is None and outside and metric.needs == "label":
        raise StatisticsError(
            f"{metric.name} needs labels, and the scores of {name} {outside}: say by threshold= from which score "
            "on a case is positive"
        )
    cut = 0.5 if threshold is None else float(threshold)
    positive = score[:, :, 1] if score.ndim == 3 else score
    label: Codes = (np.nan_to_num(positive, nan=-np.inf) >= cut).astype(np.int64)
    return label

"""Metrics on many resamples at once: counts of cases in, one value a resample out.

Each kernel agrees with the metric of the same name in :data:`varbench.metrics.METRICS` on the repeated rows, and is
NaN where that one is undefined. A resample that lacks a class which the data hold is undefined for every metric
that averages over the classes: left out of the average, the class would change what is estimated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from varbench.metrics import CLIP, METRICS, Metric, ScoreStatus, evaluate
from varbench.stats.draws import Codes
from varbench.stats.samples import Floats

Bools = npt.NDArray[np.bool_]
#: Counts (resample, case) to values (resample,).
Kernel = Callable[[Codes], Floats]


class Case(NamedTuple):
    """What one model says of the test cases.

    Attributes
    ----------
    y_true : ndarray of int64, (case,)
        Codes 0..K-1.
    label : ndarray of int64, (case,)
        Predicted codes.
    score : ndarray of float64, (case,) or (case, class)
        The score of class 1, or one column a class.
    n_classes : int
        K.
    """

    y_true: Codes
    label: Codes
    score: Floats
    n_classes: int

    @property
    def counted(self) -> list[int]:
        """The classes that a metric averages over: the positive one of two, else all that are there."""
        return [1] if self.n_classes == 2 else np.unique(self.y_true).tolist()

    def of_class(self, code: int) -> tuple[Bools, Floats]:
        """Give which cases are of a class, and its scores."""
        return self.y_true == code, self.score if self.n_classes == 2 else self.score[:, code]


def kernel(metric: Metric, case: Case) -> Kernel:
    """How is a metric computed on many resamples at once?

    Parameters
    ----------
    metric : Metric
        From :func:`varbench.metrics.resolve`.
    case : Case
        What one model says of the cases.

    Returns
    -------
    callable
        Counts (resample, case) to values (resample,), NaN where undefined.

    Examples
    --------
    >>> from varbench.metrics import METRICS
    >>> y, score = np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8])
    >>> auc = kernel(METRICS["roc_auc"], Case(y, (score > 0.5).astype(int), score, 2))
    >>> auc(np.array([[1, 1, 1, 1], [2, 0, 1, 1], [2, 2, 0, 0]]))
    array([0.75, 1.  ,  nan])
    """
    if not has_kernel(metric):
        return _Slow(metric, case)
    if metric.name in _AREAS:
        return _Average([_AREAS[metric.name](*case.of_class(code)) for code in case.counted])
    if metric.name in _TABLES:
        return _Confusion(_TABLES[metric.name], metric, case)
    return _Loss(_LOSSES[metric.name](case))


def has_kernel(metric: Metric) -> bool:
    """Tell whether a metric is computed for many resamples at once."""
    known = metric.name in _AREAS or metric.name in _TABLES or metric.name in _LOSSES
    return known and metric is METRICS.get(metric.name)


def is_of_labels(metric: Metric) -> bool:
    """Tell whether a metric follows from the confusion table alone."""
    return metric.name in _TABLES and has_kernel(metric)


def is_of_ranks(metric: Metric) -> bool:
    """Tell whether a metric follows from the order of the scores alone."""
    return metric.name in _AREAS and has_kernel(metric)


def _place(index: Codes) -> Codes | slice:
    """Give columns as a slice where they stand together: those need not be copied."""
    if len(index) and (np.diff(index) == 1).all():
        return slice(int(index[0]), int(index[-1]) + 1)
    return index


def _columns(weights: Codes, place: Codes | slice) -> Codes:
    return weights[:, place] if isinstance(place, slice) else np.take(weights, place, axis=1)


def _cumulated(weights: Codes) -> Codes:
    """Give sums from the left, beginning with 0; (resample, column + 1)."""
    sums = np.zeros((len(weights), weights.shape[1] + 1), np.int64)
    np.cumsum(weights, axis=1, out=sums[:, 1:])
    return sums


def _dot(first: Codes | Floats, second: Codes | Floats) -> Floats:
    found: npt.NDArray[Any] = np.einsum("ij,ij->i", first, second)
    return found.astype(np.float64, copy=False)


def _over(part: npt.ArrayLike, whole: npt.ArrayLike, empty: float = np.nan) -> Floats:
    """Divide; `empty` stands where there is nothing to divide by."""
    part, whole = np.broadcast_arrays(np.asarray(part, np.float64), np.asarray(whole, np.float64))
    some = whole > 0
    if some.all():
        return np.asarray(part / whole)
    found: Floats = np.divide(part, whole, out=np.full(part.shape, empty), where=some)
    return found


class _RocAuc:
    """Pairs of a positive and a negative case that are in the right order, ties counting half."""

    def __init__(self, positive: Bools, score: Floats) -> None:
        up, down = np.flatnonzero(positive), np.flatnonzero(~positive)
        down = down[np.argsort(score[down], kind="stable")]
        self.up, self.down = _place(up), _place(down)
        ordered, asked = score[down], score[up]
        self.left, self.right = (np.searchsorted(ordered, asked, side) for side in ("left", "right"))
        self.tied = bool((self.left != self.right).any())

    def __call__(self, weights: Codes) -> Floats:
        up, below = _columns(weights, self.up), _cumulated(_columns(weights, self.down))
        beaten = _dot(up, np.take(below, self.left, axis=1))
        if self.tied:
            beaten = (beaten + _dot(up, np.take(below, self.right, axis=1))) / 2
        return _over(beaten, up.sum(axis=1) * below[:, -1])


class _AveragePrecision:
    """The precision at the threshold of each positive case, averaged over them."""

    def __init__(self, positive: Bools, score: Floats) -> None:
        order = np.argsort(-score, kind="stable")
        falling = -score[order]
        ups = falling[positive[order]]
        self.order, self.ups = _place(order), _place(order[positive[order]])
        self.true, self.all = (np.searchsorted(x, ups, "right") for x in (ups, falling))

    def __call__(self, weights: Codes) -> Floats:
        ups = _columns(weights, self.ups)
        seen = _cumulated(_columns(weights, self.order))
        hits = _cumulated(ups)
        precision = np.take(hits, self.true, axis=1) / np.maximum(np.take(seen, self.all, axis=1), 1)
        both = (hits[:, -1] > 0) & (hits[:, -1] < seen[:, -1])
        return np.where(both, _over(_dot(ups, precision), hits[:, -1]), np.nan)


class _Average:
    """The mean over the classes; undefined where one of them has no value."""

    def __init__(self, parts: list[Kernel]) -> None:
        self.parts = parts

    def __call__(self, weights: Codes) -> Floats:
        found = self.parts[0](weights)
        for part in self.parts[1:]:
            found = found + part(weights)
        return found / len(self.parts)


class _Loss:
    """The mean of a loss a case."""

    def __init__(self, loss: Floats) -> None:
        self.loss = loss

    def __call__(self, weights: Codes) -> Floats:
        counts = weights.astype(np.float64)
        return np.asarray((counts @ self.loss) / counts.sum(axis=1))


class _Slow:
    """A metric without a fast path: computed for each resample by itself."""

    def __init__(self, metric: Metric, case: Case) -> None:
        self.metric, self.case = metric, case

    def __call__(self, weights: Codes) -> Floats:
        return np.array([self._one(row) for row in weights], dtype=np.float64)

    def _one(self, row: Codes) -> float:
        case, rows = self.case, np.repeat(np.arange(len(row)), row)
        found, status = evaluate(
            (self.metric,), case.y_true[rows], case.label[rows], case.score[rows], n_classes=case.n_classes
        )
        return float(found[0]) if ScoreStatus(status[0]).has_value else np.nan


class _Sums(NamedTuple):
    """Sums of a confusion table: those of the classes that a metric is about, (resample, class); the total."""

    hit: Floats
    support: Floats
    predicted: Floats
    total: Floats


class _Confusion:
    """What follows from the confusion table alone."""

    def __init__(self, function: Callable[[_Sums], Floats], metric: Metric, case: Case) -> None:
        self.function = function
        cell = case.y_true * case.n_classes + case.label
        order = np.argsort(cell, kind="stable")
        cells, self.starts = np.unique(cell[order], return_index=True)
        self.order, self.all_differ = _place(order), len(cells) == len(cell)
        true, said = np.divmod(cells, case.n_classes)
        about, needed = _about(metric, case), _needed(metric, case)
        is_true, is_said = (np.equal.outer(codes, about).astype(np.float64) for codes in (true, said))
        parts = [is_true * is_said, is_true, is_said, np.equal.outer(true, needed), np.ones((len(cells), 1))]
        self.sums = np.hstack(parts)
        self.ends = np.cumsum([part.shape[1] for part in parts])[:-1]

    def __call__(self, weights: Codes) -> Floats:
        counts = _columns(weights, self.order)
        if not self.all_differ:
            counts = np.add.reduceat(counts, self.starts, axis=1)
        hit, support, predicted, needed, total = np.split(
            counts.astype(np.float64) @ self.sums, self.ends, axis=1
        )
        found = self.function(_Sums(hit, support, predicted, total))
        if not needed.all():
            found[(needed == 0).any(axis=1)] = np.nan
        return found


def _about(metric: Metric, case: Case) -> list[int]:
    """Give the classes whose sums a metric takes."""
    if metric.name in ("accuracy", "mcc"):
        return list(range(case.n_classes))
    return np.unique(case.y_true).tolist() if metric.name == "balanced_accuracy" else case.counted


def _needed(metric: Metric, case: Case) -> list[int]:
    """Give the classes without which a metric is undefined."""
    held: list[int] = np.unique(case.y_true).tolist()
    if metric.classes == "any":
        return []
    if case.n_classes == 2:
        return {"positive": [1], "negative": [0]}.get(metric.classes, [0, 1])
    return held if len(held) > 1 else list(range(case.n_classes))


def _mean(values: Floats) -> Floats:
    mean: Floats = (
        np.einsum("ij->i", values) / values.shape[1]
    )  # quicker than mean where there are few columns
    return mean


def _accuracy(sums: _Sums) -> Floats:
    return np.asarray(sums.hit.sum(axis=1) / sums.total[:, 0])


def _balanced_accuracy(sums: _Sums) -> Floats:
    return _mean(_over(sums.hit, sums.support))


def _precision(sums: _Sums) -> Floats:
    return _mean(_over(sums.hit, sums.predicted, empty=0.0))


def _recall(sums: _Sums) -> Floats:
    return _mean(_over(sums.hit, sums.support))


def _specificity(sums: _Sums) -> Floats:
    others = sums.total - sums.support
    return _mean(_over(others - (sums.predicted - sums.hit), others))


def _f1(sums: _Sums) -> Floats:
    return _mean(_over(2 * sums.hit, sums.support + sums.predicted, empty=0.0))


def _mcc(sums: _Sums) -> Floats:
    # Gorodkin 2004 (10.1016/j.compbiolchem.2004.09.006), eq. 8
    total = sums.total[:, 0]
    spread_true = total**2 - (sums.support**2).sum(axis=1)
    spread_pred = total**2 - (sums.predicted**2).sum(axis=1)
    joint = sums.hit.sum(axis=1) * total - _dot(sums.support, sums.predicted)
    return _over(joint, np.sqrt(spread_true * spread_pred), empty=0.0)


def _of_true(case: Case) -> Floats:
    if case.n_classes == 2:
        return np.where(case.y_true == 1, case.score, 1 - case.score)
    picked: Floats = case.score[np.arange(len(case.y_true)), case.y_true]
    return picked


def _brier(case: Case) -> Floats:
    if case.n_classes == 2:
        return np.asarray((1 - _of_true(case)) ** 2)
    return np.asarray(((case.score**2).sum(axis=1) + 1 - 2 * _of_true(case)) / 2)


def _log_loss(case: Case) -> Floats:
    return np.asarray(-np.log(_of_true(case).clip(CLIP, 1 - CLIP)))


_AREAS: dict[str, Callable[[Bools, Floats], Kernel]] = {
    "roc_auc": _RocAuc,
    "average_precision": _AveragePrecision,
}
_TABLES: dict[str, Callable[[_Sums], Floats]] = {
    "accuracy": _accuracy, "balanced_accuracy": _balanced_accuracy, "precision": _precision, "recall": _recall,
    "specificity": _specificity, "f1": _f1, "mcc": _mcc,
}  # fmt: skip
_LOSSES: dict[str, Callable[[Case], Floats]] = {"brier": _brier, "log_loss": _log_loss}

"""The rows that are scored: what was true, what was predicted, and what several metrics need of both.

One confusion matrix and one sort a class, shared, since a study scores every fold of every run.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from varbench.errors import InputError

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Classes = Literal["any", "positive", "negative", "both"]

#: The probabilities of a row must sum to one within this; wide enough for what was stored as float32.
SUM_TOLERANCE = 1e-6


class Rows:
    """Which pieces do the metrics share on some rows?

    Parameters
    ----------
    y_true, y_pred : array_like of int, (row,)
        Codes 0..K-1.
    y_score : array_like of float, (row,) or (row, class)
        The score of class 1, or one column a class.
    weight : array_like of float, (row,), optional
        0 or greater; every row counts once where there is none.
    n_classes : int
        K, at least 2, whether or not the rows hold them all.

    Attributes
    ----------
    y_true, y_pred, y_score, weight, n_classes
        As given, as arrays; with two classes, ``y_score`` is that of class 1.
    confusion : list of list of float, [true class][predicted class]
        Sums of weights.
    support, predicted, hit : list of float, [class]
        Its row sums, its column sums, its diagonal.
    total : float
        The sum of all weights.
    present : list of int
        The classes that the rows hold with a weight above 0.
    counted : list of int
        The classes that a metric averages over: the positive one of two, else all that are present.

    Raises
    ------
    InputError
        If lengths differ, codes lie outside 0..K-1, scores are not finite, or weights are negative or all 0.

    Examples
    --------
    >>> Rows([0, 1, 1], [0, 0, 1], [.1, .4, .9]).confusion
    [[1.0, 0.0], [1.0, 1.0]]
    """

    def __init__(
        self,
        y_true: npt.ArrayLike,
        y_pred: npt.ArrayLike,
        y_score: npt.ArrayLike,
        weight: npt.ArrayLike | None = None,
        n_classes: int = 2,
    ) -> None:
        self.n_classes = n_classes
        self.y_true = _codes("y_true", y_true, n_classes)
        self.y_pred = _codes("y_pred", y_pred, n_classes)
        self.y_score = _scores(y_score, n_classes)
        lengths = (len(self.y_true), len(self.y_pred), len(self.y_score))
        if len(set(lengths)) > 1:
            raise InputError(f"y_true, y_pred and y_score have {lengths} rows; they must have equally many")
        self.weight = None if weight is None else _weights(weight, lengths[0])
        self._count()

    def _count(self) -> None:
        k = self.n_classes
        cells = (
            np.bincount(self.y_true * k + self.y_pred, self.weight, k * k).astype(np.float64).reshape(k, k)
        )
        self.confusion: list[list[float]] = cells.tolist()
        self.support: list[float] = cells.sum(1).tolist()
        self.predicted: list[float] = cells.sum(0).tolist()
        self.hit: list[float] = cells.diagonal().tolist()
        self.total: float = sum(self.support)
        self.present = [c for c, size in enumerate(self.support) if size > 0]
        self.counted = [1] if k == 2 else self.present
        if not self.present:
            raise InputError("all weights are 0; at least one row must count")

    @cached_property
    def is_probability(self) -> bool:
        """Whether the scores can be probabilities: in [0, 1], and the classes of a row sum to one."""
        score = self.y_score
        if score.min() < 0 or score.max() > 1:
            return False
        return score.ndim == 1 or bool((np.abs(score.sum(1) - 1) <= SUM_TOLERANCE).all())

    @cached_property
    def of_true_class(self) -> Floats:
        """The probability that each row gave to its true class."""
        if self.n_classes == 2:
            return np.where(self.y_true == 1, self.y_score, 1 - self.y_score)
        picked: Floats = self.y_score[np.arange(len(self.y_true)), self.y_true]
        return picked

    @cached_property
    def curves(self) -> list[tuple[Floats, Floats]]:
        """Weights of the true and of the false positives by falling threshold, from 0 on, a class counted."""
        if self.n_classes == 2:
            return [_curve(self.y_true == 1, self.y_score, self.weight)]
        return [_curve(self.y_true == c, self.y_score[:, c], self.weight) for c in self.present]

    def holds(self, classes: Classes) -> bool:
        """Whether the rows hold the classes that a metric asks for."""
        if classes == "any" or len(self.present) > 1:
            return True
        return self.n_classes == 2 and self.present[0] == {"negative": 0, "positive": 1}.get(classes)

    def mean(self, per_row: Floats) -> float:
        """Average over the rows, with their weights."""
        if self.weight is None:
            return float(per_row.sum()) / len(per_row)
        return float(per_row @ self.weight / self.total)


class Numbers:
    """Which pieces do metrics of predicted numbers share on some rows?

    Parameters
    ----------
    y_true, y_pred : array_like of float, (row,)
        The outcome, and what was predicted.
    weight : array_like of float, (row,), optional
        0 or greater; every row counts once where there is none.

    Attributes
    ----------
    y_true, y_pred, weight
        As given, as arrays.
    y_score : ndarray of float, (row,)
        The prediction: what a function of the user's may ask for.
    n_classes : int
        0.

    Raises
    ------
    InputError
        If lengths differ, a number is not finite, or weights are negative or all 0.

    Examples
    --------
    >>> Numbers([1, 2, 3], [1, 2, 6]).error.tolist()
    [0.0, 0.0, 3.0]
    """

    n_classes = 0

    def __init__(
        self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike, weight: npt.ArrayLike | None = None
    ) -> None:
        self.y_true, self.y_pred = _numbers("y_true", y_true), _numbers("y_pred", y_pred)
        self.y_score = self.y_pred
        if len(self.y_true) != len(self.y_pred):
            raise InputError(
                f"y_true and y_pred have {len(self.y_true)} and {len(self.y_pred)} rows; they must have equally many"
            )
        self.weight = None if weight is None else _weights(weight, len(self.y_true))
        if self.weight is not None and not self.weight.any():
            raise InputError("all weights are 0; at least one row must count")

    @property
    def error(self) -> Floats:
        """What was predicted minus what is true, (row,)."""
        return self.y_pred - self.y_true

    def mean(self, per_row: Floats) -> float:
        """Average over the rows, with their weights."""
        if self.weight is None:
            return float(per_row.sum()) / len(per_row)
        return float(per_row @ self.weight / self.weight.sum())


def _numbers(name: str, values: npt.ArrayLike) -> Floats:
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 1 or numbers.size == 0:
        raise InputError(f"{name} has shape {numbers.shape}; (row,) with at least one row is needed")
    if not np.isfinite(numbers).all():
        raise InputError(f"{name} has {int((~np.isfinite(numbers)).sum())} values that are NaN or infinite")
    return numbers


def _codes(name: str, values: npt.ArrayLike, n_classes: int) -> Codes:
    codes = np.asarray(values).astype(np.int64, copy=False)
    if codes.ndim != 1 or codes.size == 0:
        raise InputError(f"{name} has shape {codes.shape}; (row,) with at least one row is needed")
    low, high = int(codes.min()), int(codes.max())
    if low < 0 or high >= n_classes:
        raise InputError(f"{name} has codes from {low} to {high}; 0 to {n_classes - 1} are expected")
    return codes


def _scores(values: npt.ArrayLike, n_classes: int) -> Floats:
    score = np.asarray(values, dtype=np.float64)
    if score.ndim == 2 and score.shape[1] == n_classes == 2:
        score = score[:, 1]
    if score.shape[1:] != (() if n_classes == 2 else (n_classes,)):
        expected = "(row,)" if n_classes == 2 else f"(row, {n_classes})"
        raise InputError(f"y_score has shape {score.shape}; {expected} is needed for {n_classes} classes")
    if not np.isfinite(score).all():
        raise InputError(f"y_score has {int((~np.isfinite(score)).sum())} values that are NaN or infinite")
    return score


def _weights(values: npt.ArrayLike, n_rows: int) -> Floats:
    weight = np.asarray(values, dtype=np.float64)
    if weight.shape != (n_rows,):
        raise InputError(f"weight has shape {weight.shape}; one number a row, ({n_rows},), is needed")
    if not (weight.min() >= 0 and weight.max() < math.inf):
        raise InputError(
            f"weight lies in [{weight.min()}, {weight.max()}]; finite numbers from 0 on are needed"
        )
    return weight


def _curve(positive: npt.NDArray[np.bool_], score: Floats, weight: Floats | None) -> tuple[Floats, Floats]:
    if (
        weight is not None and not weight.all()
    ):  # a row that counts nothing must not make a threshold of its own
        kept = weight > 0
        positive, score, weight = positive[kept], score[kept], weight[kept]
    order = score.argsort()[::-1]
    falling = score[order]
    gain = positive[order].astype(np.float64) if weight is None else (positive * weight)[order]
    total = np.arange(1.0, len(order) + 1) if weight is None else weight[order].cumsum()
    ends = np.append(falling[1:] != falling[:-1], True).nonzero()[0]  # the last row of each tie
    true = np.zeros(len(ends) + 1)
    true[1:] = gain.cumsum()[ends]
    false = np.zeros(len(ends) + 1)
    false[1:] = total[ends] - true[1:]
    return true, false

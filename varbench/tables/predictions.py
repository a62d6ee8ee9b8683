"""Predictions of one model, or of several trained with different seeds, on the same cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from varbench.errors import DataError
from varbench.rows import SUM_TOLERANCE

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Texts = npt.NDArray[np.object_]
Task = Literal["binary", "multiclass", "multilabel", "regression"]
TASKS = ("binary", "multiclass", "multilabel", "regression")


@dataclass(frozen=True, eq=False)
class Predictions:
    """What was true and what was predicted, case by case.

    Parameters
    ----------
    task : {"binary", "multiclass", "multilabel", "regression"}
        What is predicted.
    y_true : ndarray, (case,) or (case, label)
        Codes 0..K-1 into `classes` (int64); 0 or 1 for each label; or the measured values (float64).
    classes : tuple of str
        By code, with two the positive one second; the names of the labels; empty for a regression.
    y_score : ndarray of float64 or None, (case,), (case, class) or (case, label)
        The score of the positive class, or of each class or label.
    y_pred : ndarray or None, (case,) or (case, label)
        Predicted codes, or values; None where the table has none.
    ids : ndarray of str or None, (case,)
        Which case it is.
    groups : ndarray of str or None, (case,)
        Whose it is: the cases of one group, as a patient, count as one.
    seeds : ndarray of str or None, (case,)
        With which seed the model was trained; each seed has the same cases.
    subgroups : pandas.DataFrame, (case, column)
        By which results may be told apart; no columns where none were named.
    notes : tuple of str
        Every handling, counted, in sentences.
    name : str
        The table's name.

    Examples
    --------
    >>> p = Predictions("binary", np.array([0, 1]), ("no", "yes"), np.array([0.2, 0.9]))
    >>> len(p), p.is_probability, p.labels().tolist()
    (2, True, [0, 1])
    """

    task: Task
    y_true: npt.NDArray[Any]
    classes: tuple[str, ...] = ()
    y_score: Floats | None = None
    y_pred: npt.NDArray[Any] | None = None
    ids: Texts | None = None
    groups: Texts | None = None
    seeds: Texts | None = None
    subgroups: pd.DataFrame = field(default_factory=pd.DataFrame)
    notes: tuple[str, ...] = ()
    name: str = "the table"

    def __len__(self) -> int:
        return len(self.y_true)

    @property
    def n_classes(self) -> int:
        """How many classes, or labels, there are."""
        return len(self.classes)

    @property
    def is_probability(self) -> bool:
        """Whether the scores can be probabilities: in [0, 1], and over several classes their sum is one."""
        score = self.y_score
        if score is None or not len(score) or score.min() < 0 or score.max() > 1:
            return False
        return self.task != "multiclass" or bool((np.abs(score.sum(1) - 1) <= SUM_TOLERANCE).all())

    def labels(self, threshold: float = 0.5) -> npt.NDArray[Any] | None:
        """What was predicted: as the table says, or by the scores.

        Parameters
        ----------
        threshold : float
            From which score on a case is called positive, where the table has no predictions of its own.

        Returns
        -------
        ndarray or None, (case,) or (case, label)
            Of several classes, that of the largest score. None where the table does not say, and scores that are no
            probabilities cannot be held against the threshold.
        """
        if self.y_pred is not None or self.y_score is None or self.task == "regression":
            return self.y_pred
        if self.task == "multiclass":
            best: Codes = self.y_score.argmax(1).astype(np.int64)
            return best
        return (self.y_score >= threshold).astype(np.int64) if self.is_probability else None

    def take(self, rows: npt.NDArray[Any] | Sequence[int]) -> Predictions:
        """Give some cases, in the order asked for; the classes stay.

        Parameters
        ----------
        rows : array_like of int or bool
            Which.

        Returns
        -------
        Predictions
            Of these cases.
        """
        kept = {
            f.name: getattr(self, f.name)[rows] for f in fields(self)
            if f.name in _BY_CASE and getattr(self, f.name) is not None
        }  # fmt: skip
        subgroups = (
            self.subgroups.iloc[np.arange(len(self))[rows]] if len(self.subgroups.columns) else self.subgroups
        )
        return replace(self, **kept, subgroups=subgroups.reset_index(drop=True))

    def by_seed(self) -> tuple[Predictions, ...]:
        """Give the predictions of each seed, the cases of all in the order of the first one's.

        Returns
        -------
        tuple of Predictions
            One where no column says the seed.

        Raises
        ------
        DataError
            If the seeds do not have the same cases, or no ids say which they are.
        """
        if self.seeds is None:
            return (self,)
        parts = [self.take(self.seeds == seed) for seed in dict.fromkeys(self.seeds)]
        if len(parts) > 1 and self.ids is None:
            raise DataError(
                f"{self.name}: has {len(parts)} seeds and no ids, so their cases cannot be told: name id="
            )
        first = parts[0]
        return (first, *(_same_cases(first, part, self.name) for part in parts[1:]))


_BY_CASE = ("y_true", "y_score", "y_pred", "ids", "groups", "seeds")


def _same_cases(first: Predictions, other: Predictions, name: str) -> Predictions:
    if first.ids is None or other.ids is None or first.seeds is None or other.seeds is None:
        return other
    place = pd.Index(other.ids).get_indexer(pd.Index(first.ids))
    if len(first) != len(other) or (place < 0).any():
        raise DataError(
            f"{name}: seed {first.seeds[0]!r} has {len(first)} cases, and seed {other.seeds[0]!r} has {len(other)}, of "
            f"which {int((place >= 0).sum())} are the same; every seed must predict the same cases"
        )
    ordered = other.take(place)
    differ = (ordered.y_true != first.y_true).reshape(len(first), -1).any(1)
    if differ.any():
        raise DataError(
            f"{name}: {int(differ.sum())} cases have another label with seed {other.seeds[0]!r} than with "
            f"{first.seeds[0]!r}; the first is {first.ids[int(differ.argmax())]!r}"
        )
    return ordered

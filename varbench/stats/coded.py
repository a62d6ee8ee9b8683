"""Test cases and what models predict of them, in codes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from varbench.metrics import Metric
from varbench.stats.draws import Codes
from varbench.stats.kernels import Case, Kernel, kernel
from varbench.stats.samples import Floats

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Model:
    """What one model, or one procedure's several runs, predict of the cases.

    Attributes
    ----------
    label : ndarray of int64, (run, case)
        Predicted codes.
    score : ndarray of float64, (run, case) or (run, case, class)
        The score of class 1, or one column a class.
    """

    label: Codes
    score: Floats

    def take(self, cases: Codes | Bools) -> Model:
        """Give the same of some cases."""
        return Model(self.label[:, cases], self.score[:, cases])


@dataclass(frozen=True)
class CodedCases:
    """The cases of a test set and what models predict of them.

    Attributes
    ----------
    metric : Metric
        What is to be computed.
    classes : tuple
        The label of each code; of two, the second is the positive one.
    y_true : ndarray of int64, (case,)
        Codes 0..K-1.
    models : tuple of Model
        One or two.
    groups : ndarray of int64 or None, (case,)
        Codes 0..G-1.
    dropped : int
        How many cases lacked a score.
    threshold : float or None
        From which score on a case was labelled positive, where labels were made from scores.
    fold : ndarray of int64 or None, (run, case)
        In which fold of a run each case was tested, -1 where in none; None where all cases are tested at once.
    """

    metric: Metric
    classes: tuple[Any, ...]
    y_true: Codes
    models: tuple[Model, ...]
    groups: Codes | None = None
    dropped: int = 0
    threshold: float | None = None
    fold: Codes | None = None

    def case(self, model: int, run: int = 0) -> Case:
        """Give what one run of one model says of the cases."""
        chosen = self.models[model]
        return Case(self.y_true, chosen.label[run], chosen.score[run], len(self.classes))

    def kernels(self, model: int) -> list[Kernel]:
        """Give a kernel a run."""
        return [kernel(self.metric, self.case(model, run)) for run in range(len(self.models[model].label))]

    def take(self, cases: Codes | Bools) -> CodedCases:
        """Give the same of some cases."""
        groups = None if self.groups is None else self.groups[cases]
        fold = None if self.fold is None else self.fold[:, cases]
        models = tuple(model.take(cases) for model in self.models)
        return replace(self, y_true=self.y_true[cases], models=models, groups=groups, fold=fold)

    def sorted(self) -> CodedCases:
        """Put the cases in an order that neither their own order nor that of the models decides.

        Draws are then of the same cases, whoever is first: a swap of the models mirrors a result exactly.
        """
        said = [
            np.column_stack(
                [np.nan_to_num(m.score).mean(axis=0).reshape(len(self.y_true), -1), m.label.sum(axis=0)]
            )
            for m in self.models
        ]
        return self.take(own_order(self.y_true, said[0], said[-1]))

    @property
    def smallest_class(self) -> int:
        """The number of cases, or groups, that hold the rarest class."""
        found = [self.y_true == code for code in np.unique(self.y_true)]
        if self.groups is None:
            return min(int(member.sum()) for member in found)
        return min(len(np.unique(self.groups[member])) for member in found)

    @property
    def notes(self) -> list[str]:
        """The notes that go with what was left out, and with groups."""
        notes = ["pairs_dropped"] if self.dropped else []
        return notes + (["groups_as_units"] if self.groups is not None else [])

    @property
    def settings(self) -> dict[str, Any]:
        """What a result says of its cases."""
        classes = [c.item() if isinstance(c, np.generic) else c for c in self.classes]
        found: dict[str, Any] = {
            "metric": self.metric.name, "greater_is_better": self.metric.greater_is_better,
            "averaging": self.metric.averaging, "classes": classes, "n_cases": len(self.y_true),
            "n_dropped": self.dropped,
        }  # fmt: skip
        return found if self.threshold is None else {**found, "threshold": self.threshold}


def own_order(y_true: Codes, first: Floats, second: Floats, times: Codes | None = None) -> Codes:
    """In which order do cases stand, whatever order they came in and whichever model was first?

    Parameters
    ----------
    y_true : ndarray of int64, (case,)
        The classes, by which cases are sorted before all else.
    first, second : ndarray of float64, (case, number)
        What the two models say of each case.
    times : ndarray of int64, (case,), optional
        How many cases are alike.

    Returns
    -------
    ndarray of int64, (case,)
        Places of the cases. Of the two ways to name the models the one counts whose sorted table is larger.

    Examples
    --------
    >>> own_order(np.array([1, 0, 0]), np.array([[0.2], [0.5], [0.4]]), np.array([[0.1], [0.4], [0.5]]))
    array([2, 1, 0])
    """
    more = () if times is None else (times.astype(np.float64),)
    orders, tables = [], []
    for one, other in ((first, second), (second, first)):
        columns = [y_true.astype(np.float64), *one.T, *other.T, *more]
        orders.append(np.lexsort(columns[::-1]))
        tables.append(np.column_stack(columns)[orders[-1]])
    apart = np.argwhere(tables[0] != tables[1])
    if len(apart):
        row, column = apart[0]
        return orders[int(tables[0][row, column] < tables[1][row, column])]
    # The models cannot be told apart: an order that says the same of both.
    return np.lexsort([*more, *np.abs(first - second).T, *(first + second).T, y_true])

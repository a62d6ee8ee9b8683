"""What the folds of one run give, gathered into its outcome."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from varbench.procedure.fitting import Model, Rows
from varbench.procedure.lineage import Lineage
from varbench.procedure.outcome import RELATIONS, External, Outcome


def cohort_weights(
    lineage: Lineage, codes: NDArray[np.int64], class_sizes: NDArray[Any]
) -> NDArray[np.float64]:
    """Weigh rows back to the cohort: 1 / number of copies, and more where rows of a class were left out.

    Parameters
    ----------
    lineage : Lineage
        Of the rows.
    codes : ndarray of int (row,)
        Their classes.
    class_sizes : ndarray (class,)
        Cases of each class in the cohort.

    Returns
    -------
    ndarray of float (row,)
        With as much weight in every class as it has cases.
    """
    weights = lineage.weights()
    totals = np.bincount(codes, weights, minlength=len(class_sizes))
    short = (totals > 0) & ~np.isclose(totals, class_sizes)
    scale = np.divide(class_sizes, totals, out=np.ones(len(class_sizes)), where=short)
    return np.asarray(weights * scale[codes])


class Folds:
    """Gathers what each fold gives.

    Parameters
    ----------
    rows : Rows
        All rows, as the steps left of ``Split`` leave them.
    class_sizes : ndarray (class,)
        Cases of each class in the cohort, by the labels that it now has; where the outcome is a number, of all of
        them as one.
    numeric : bool
        Whether the outcome is a number.
    training : bool
        Whether each model predicts the rows that it was fitted on, too.
    """

    def __init__(
        self, rows: Rows, class_sizes: NDArray[Any], *, numeric: bool = False, training: bool = False
    ) -> None:
        self.rows = rows
        self.batch = rows.row_batch()
        self.class_sizes = class_sizes
        self.n_strata = len(class_sizes)
        self.n_classes = 0 if numeric else self.n_strata
        self.codes = np.zeros(len(rows.y), np.int64) if numeric else rows.y
        self.count = 0
        self.tests: list[NDArray[Any]] = []
        self.predictions: list[tuple[NDArray[Any], NDArray[Any]]] = []
        self.outside: list[tuple[NDArray[Any], NDArray[Any]]] = []
        self.related: list[NDArray[Any]] = []
        self.sizes: list[tuple[NDArray[Any], NDArray[Any]]] = []
        self.chosen: list[dict[str, str]] = []
        self.training: list[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]] | None = [] if training else None

    def add(
        self,
        model: Model,
        chosen: dict[str, str],
        train: NDArray[Any],
        test: NDArray[Any],
        outside: NDArray[Any] | None,
        outside_batch: NDArray[np.str_] | None = None,
    ) -> None:
        """Take one fold's model: it predicts the fold's test rows, and the rows ``outside`` where there are some."""
        self.count += 1
        self.tests.append(test)
        batch = None if self.batch is None else self.batch[test]
        self.predictions.append(model.predict(self.rows.X[test], self.n_classes, batch))
        if outside is not None:
            self.outside.append(model.predict(outside, self.n_classes, outside_batch))
        if self.training is not None:
            self.training.append(model.on_training(self.n_classes))
        self.related.append(self._related(train, test))
        self.sizes.append((self._by_class(train), self._by_class(test)))
        self.chosen.append(chosen)

    def _by_class(self, rows: NDArray[Any]) -> NDArray[Any]:
        return np.bincount(self.codes[rows], minlength=self.n_strata)

    def _related(self, train: NDArray[Any], test: NDArray[Any]) -> NDArray[Any]:
        copies, relatives = self.rows.lineage.related(train, test)
        found = [self._by_class(test[copies]), self._by_class(test[relatives])]
        if self.rows.groups is None:
            return np.array([*found, np.full(self.n_strata, -1)])
        groups = self.rows.row_groups()
        return np.array([*found, self._by_class(test[np.isin(groups[test], groups[train])])])  # type: ignore[index]

    def outcome(self, final: tuple[NDArray[Any], NDArray[Any]] | None) -> Outcome:
        """Give all folds as one outcome; ``final`` is what the fit on all rows says of the rows outside."""
        tested = np.concatenate(self.tests)
        parent_a, parent_b = self.rows.lineage.parents()
        groups = self.rows.row_groups()
        external = None
        if self.outside:
            labels, scores = (np.stack(part) for part in zip(*self.outside, strict=True))
            external = External(labels, scores, *(final or (None, None)))
        return Outcome(
            fold=np.repeat(np.arange(self.count), [len(test) for test in self.tests]),
            sample=self.rows.lineage.sample()[tested],
            parent_a=parent_a[tested],
            parent_b=parent_b[tested],
            y_true=self.rows.y[tested],
            y_pred=np.concatenate([label for label, _ in self.predictions]),
            y_score=np.concatenate([score for _, score in self.predictions]),
            weight=cohort_weights(self.rows.lineage, self.codes, self.class_sizes)[tested],
            related=np.stack(self.related).reshape(self.count, len(RELATIONS), self.n_strata),
            n_train=np.stack([train for train, _ in self.sizes]),
            n_test=np.stack([test for _, test in self.sizes]),
            group=None if groups is None else groups[tested],
            batch=None if self.batch is None else self.batch[tested],
            chosen={
                key: [fold.get(key, "") for fold in self.chosen]
                for key in dict.fromkeys(k for f in self.chosen for k in f)
            },
            external=external,
            training=self.training,
        )

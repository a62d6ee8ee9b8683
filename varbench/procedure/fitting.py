"""The loop over the steps: fit them on training rows, and predict any rows with what was fitted.

The semantics right of ``Split`` are those of an ``imblearn.pipeline.Pipeline``. The loop is ours because that
pipeline does not carry groups through a sampler.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.feature_selection import SelectorMixin

from varbench.errors import StudyError
from varbench.procedure.lineage import Lineage, resampled
from varbench.procedure.steps import Step, asks_for_groups, children, kind_of, wants_batch

#: ``(name, step) -> a seeded, unfitted copy``
Prepare = Callable[[str, Any], Any]


@dataclass(frozen=True)
class Rows:
    """Rows on their way through the steps.

    Parameters
    ----------
    X : ndarray (row, feature)
        Features.
    y : ndarray (row,)
        Labels.
    lineage : Lineage
        Where the rows come from.
    groups : ndarray (case,), optional
        The groups of the samples, as integers.
    batch : ndarray of str (case,), optional
        The batches of the samples.
    """

    X: NDArray[Any]
    y: NDArray[Any]
    lineage: Lineage
    groups: NDArray[np.int64] | None = None
    batch: NDArray[np.str_] | None = None

    def take(self, rows: NDArray[Any]) -> Rows:
        """Give some of the rows."""
        return replace(self, X=self.X[rows], y=self.y[rows], lineage=self.lineage.take(rows))

    def row_groups(self) -> NDArray[np.int64] | None:
        """Give the group of each row's nearest sample, -1 where unknown; shape (row,)."""
        if self.groups is None:
            return None
        nearest = self.lineage.nearest()
        return np.where(nearest < 0, -1, self.groups[nearest])

    def row_batch(self) -> NDArray[np.str_] | None:
        """Give the batch of each row's nearest sample, empty where unknown; shape (row,)."""
        if self.batch is None:
            return None
        nearest = self.lineage.nearest()
        return np.where(nearest < 0, "", self.batch[nearest])


@dataclass(frozen=True)
class Model:
    """What was fitted: the transformers in order, and the predictor.

    Parameters
    ----------
    transformers : tuple of object
        Fitted transformers.
    predictor : object
        The fitted predictor.
    rows : Rows, optional
        The rows that the predictor was fitted on, as the steps before it left them.
    """

    transformers: tuple[Any, ...]
    predictor: Any
    rows: Rows | None = None

    def predict(
        self, X: NDArray[Any], n_classes: int, batch: NDArray[np.str_] | None = None
    ) -> tuple[NDArray[Any], NDArray[np.float64]]:
        """Predict labels and scores, or numbers.

        Parameters
        ----------
        X : ndarray (row, feature)
            As they are left of the first of the transformers.
        n_classes : int
            How many classes the data have; a class that the training rows lacked gets probability 0. 0 where the
            outcome is a number.
        batch : ndarray of str (row,), optional
            Their batches, for the steps that ask for them.

        Returns
        -------
        y_pred : ndarray of int (row,)
            Labels; of float, the numbers.
        y_score : ndarray of float (row,) or (row, class)
            Probabilities where the predictor gives them, else decision values; for two classes, of the second. The
            numbers once more where the outcome is one.
        """
        return self._say(transformed(self.transformers, X, batch), n_classes)

    def on_training(self, n_classes: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.float64]]:
        """Predict the very rows that the predictor was fitted on, resampled and relabelled as they were.

        Parameters
        ----------
        n_classes : int
            As in :meth:`predict`.

        Returns
        -------
        y_true, y_pred, y_score : ndarray (row,)
            Labels that it was fitted on, and what it says of their rows.

        Raises
        ------
        StudyError
            If the rows were not kept.
        """
        if self.rows is None:
            raise StudyError("the model does not know the rows that it was fitted on")
        return self.rows.y, *self._say(self.rows.X, n_classes)

    def _say(self, Z: NDArray[Any], n_classes: int) -> tuple[NDArray[Any], NDArray[np.float64]]:
        if n_classes == 0:
            said = np.asarray(self.predictor.predict(Z), dtype=np.float64)
            # One outcome, though some predictors give it a dimension of its own.
            number = said[:, 0] if said.ndim == 2 and said.shape[1] == 1 else said
            return number, number
        label = np.asarray(self.predictor.predict(Z)).astype(np.int64)
        return label, _scores(self.predictor, Z, label, n_classes)


def transformed(
    transformers: Sequence[Any], X: NDArray[Any], batch: NDArray[np.str_] | None = None
) -> NDArray[Any]:
    """Send rows through fitted transformers.

    Selectors that follow each other only pick columns, so they are applied as one: on wide tables this saves the
    copies and the checks of every one of them.
    """
    columns: NDArray[np.int64] | None = None
    given = X
    for step in transformers:
        if isinstance(step, SelectorMixin):
            columns = (np.arange(X.shape[1]) if columns is None else columns)[step.get_support()]
            continue
        if columns is not None:
            X, columns = X[:, columns], None
        elif X is given:
            X = X.copy()  # a step may work in place, and these rows are not its own
        X = dense(step.transform(X, **_batch_for(step, batch)))
    return X if columns is None else X[:, columns]


def dense(X: Any) -> NDArray[Any]:
    """Give a plain array of what a step made: a frame, a sparse matrix."""
    return np.asarray(X.toarray() if sparse.issparse(X) else X)


def _scores(predictor: Any, X: NDArray[Any], label: NDArray[Any], n_classes: int) -> NDArray[np.float64]:
    if hasattr(predictor, "predict_proba"):
        given = np.asarray(predictor.predict_proba(X), dtype=float)
        absent = np.zeros(len(X))
    elif hasattr(predictor, "decision_function"):
        given = np.asarray(predictor.decision_function(X), dtype=float)
        if given.ndim == 1:
            if n_classes == 2:
                return given
            given = np.column_stack([-given, given])
        absent = given.min(axis=1) - 1.0  # a decision value of 0 may be the largest of all
    else:  # labels are all there is: a score of 0 or 1 is what they say
        said = np.asarray(label[:, None] == np.arange(n_classes), dtype=float)
        return said[:, 1] if n_classes == 2 else said
    full: NDArray[np.float64] = np.repeat(absent[:, None], n_classes, axis=1)
    full[:, np.asarray(predictor.classes_).astype(int)] = given
    return full[:, 1] if n_classes == 2 else full


def fit_step(step: Any, rows: Rows) -> Any:
    """Fit one step; groups go to a step that consumes them, and to no other."""
    groups = _groups_for(step, rows)
    if groups is None:
        return step.fit(rows.X, rows.y, **_batch_of(step, rows))
    with config_context(enable_metadata_routing=True):
        return step.fit(rows.X, rows.y, groups=groups)


def _batch_for(step: Any, batch: NDArray[np.str_] | None) -> dict[str, NDArray[np.str_]]:
    """Give the rows' batches to a step that asks for them, and to no other."""
    if not wants_batch(step):
        return {}
    if batch is None:
        raise StudyError(
            f"{type(step).__name__} needs data with batches; name their column with batch= (--batch)"
        )
    return {"batch": batch}


def _batch_of(step: Any, rows: Rows) -> dict[str, NDArray[np.str_]]:
    return _batch_for(step, rows.row_batch()) if wants_batch(step) else {}


def _groups_for(step: Any, rows: Rows) -> NDArray[np.int64] | None:
    groups = rows.row_groups()
    if groups is None or not hasattr(step, "get_metadata_routing"):
        return None
    with config_context(enable_metadata_routing=True):
        if "groups" in step.get_metadata_routing().consumes("fit", ["groups"]):
            return groups
    if any(asks_for_groups(child) for _, child in children(step)):
        raise StudyError(
            f"{type(step).__name__} has an inner splitter that asks for groups, and does not hand them on to it; "
            "give it a splitter that does not ask"
        )
    return None


def _fit_transform(step: Any, rows: Rows) -> tuple[Any, NDArray[Any]]:
    if hasattr(step, "fit_transform") and not wants_batch(step) and _groups_for(step, rows) is None:
        # As pipelines do: a step that fits across folds gives its training rows other values than transform would.
        made = step.fit_transform(rows.X, rows.y)
        return step, dense(
            step.transform(rows.X) if isinstance(made, tuple) else made
        )  # PLS makes two tables
    fitted = fit_step(step, rows)
    return fitted, dense(fitted.transform(rows.X, **_batch_of(step, rows)))


def advance(step: Any, rows: Rows) -> tuple[Rows, Any | None]:
    """Send training rows through one seeded step.

    Returns
    -------
    rows : Rows
        What comes out.
    transformer : object or None
        The fitted step where it also acts on test rows, None for a sampler and for a step that changes labels.
    """
    kind = kind_of(step)
    if kind == "sampler":
        batch = _batch_of(step, rows)
        X, y, lineage = resampled(step, rows.X, rows.y, rows.lineage, **batch)
        return replace(rows, X=X, y=y, lineage=lineage), None
    if kind == "labels":
        return replace(rows, y=_relabelled(step, rows)), None
    if isinstance(step, SelectorMixin):
        fitted = fit_step(step, rows)
        X = rows.X[:, fitted.get_support()]
    else:
        fitted, X = _fit_transform(step, rows)
    return replace(rows, X=X), fitted


def _relabelled(step: Any, rows: Rows) -> NDArray[Any]:
    y = np.asarray(step.relabel(rows.X, rows.y))
    if y.shape != rows.y.shape or not np.isin(y, rows.y).all():
        raise StudyError(
            f"{type(step).__name__}.relabel gave labels of shape {y.shape} for {len(rows.y)} rows, or labels that "
            "none of them had; a step that changes labels hands out the labels that are there, one a row"
        )
    return y


@contextlib.contextmanager
def in_step(name: str) -> Iterator[None]:
    """Note on an error which step it came from."""
    try:
        yield
    except Exception as error:
        error.add_note(f"in the step {name}")
        raise


@dataclass
class Fitter:
    """Fits a list of steps, the last of which predicts.

    Parameters
    ----------
    steps : sequence of (str, object)
        Names and steps.
    prepare : callable
        ``(name, step)`` to a seeded copy; a plain clone where nothing is given.
    """

    steps: Sequence[Step]
    prepare: Prepare = field(default=lambda name, step: clone(step))

    def fit(self, rows: Rows) -> Model:
        """Fit on training rows.

        Raises
        ------
        StudyError
            If no rows are left for the predictor.
        """
        transformers = []
        for name, step in self.steps[:-1]:
            with in_step(name):
                rows, fitted = advance(self.prepare(name, step), rows)
            if fitted is not None:
                transformers.append(fitted)
            if rows.X.shape[0] == 0 or rows.X.shape[1] == 0:
                raise StudyError(
                    f"the step {name} left {rows.X.shape[0]} rows and {rows.X.shape[1]} features"
                )
        name, step = self.steps[-1]
        with in_step(name):
            return Model(tuple(transformers), fit_step(self.prepare(name, step), rows), rows)

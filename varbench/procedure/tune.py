"""`Tune`: a search over whole lists of steps, samplers included, in which no step sees the validation rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone, is_regressor
from sklearn.metrics import get_scorer
from sklearn.model_selection import ParameterGrid
from sklearn.utils import RegressorTags, Tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping
from sklearn.utils.metaestimators import available_if

from varbench.errors import StudyError, unknown
from varbench.procedure.fitting import Fitter, Model, Rows, advance, transformed
from varbench.procedure.lineage import Lineage
from varbench.procedure.steps import asks_for_groups, is_splitter, listens, named, predicts


def _tags(tags: Tags, *, numbers: bool) -> Tags:
    """Say to scikit-learn whether classes are predicted, or numbers."""
    if numbers:
        tags.estimator_type, tags.classifier_tags, tags.regressor_tags = "regressor", None, RegressorTags()
    return tags


def _predictor_has(method: str) -> Callable[[Any], bool]:
    return lambda self: hasattr(self.model.predictor, method)


def _last_has(method: str) -> Callable[[Any], bool]:
    def check(self: Any) -> bool:
        last = self.model_.predictor if hasattr(self, "model_") else named(self.steps)[-1][1]
        return hasattr(last, method)

    return check


class Tune(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):  # type: ignore[misc]
    """Choose hyperparameters of a list of steps on an inner split.

    All of ``steps`` are fitted on the inner training rows alone. A search of scikit-learn's that stands last in a
    procedure tunes the last step only: the steps between ``Split`` and it have then seen the validation rows.

    Parameters
    ----------
    steps : list
        Transformers, samplers and a predictor, or ``(name, step)`` pairs.
    grid : dict of str to list
        Values to try, by ``name__parameter``.
    splitter : splitter, optional
        The inner split, as ``StratifiedKFold(3, shuffle=True)``. Without one a Tune can stand left of ``Split`` alone,
        and chooses what scores best on the folds of ``Split`` itself: on the rows that it is then tested on.
    scoring : str, optional
        A scikit-learn scorer's name; as in its searches accuracy by default, R2 where the last step predicts numbers.

    Attributes
    ----------
    best_params_ : dict
        The values with the best mean score; of equals, the first.
    best_score_ : float
        Its mean score over the inner folds.
    classes_ : ndarray or None
        The labels seen; None where the last step predicts numbers.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import StratifiedKFold
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn.svm import SVC
    >>> X, y = load_iris(return_X_y=True)
    >>> tune = Tune([StandardScaler(), SVC()], {"svc__C": [1e-4, 1.0]}, StratifiedKFold(3))
    >>> tune.fit(X, y).best_params_
    {'svc__C': 1.0}
    """

    def __init__(
        self,
        steps: Sequence[Any],
        grid: Mapping[str, Sequence[Any]],
        splitter: Any = None,
        scoring: str | None = None,
    ):
        self.steps = steps
        self.grid = grid
        self.splitter = splitter
        self.scoring = scoring

    def __sklearn_tags__(self) -> Tags:
        return _tags(super().__sklearn_tags__(), numbers=self.predicts_numbers)

    @property
    def predicts_numbers(self) -> bool:
        """Whether the last step predicts numbers; else it predicts classes."""
        last = named(self.steps)[-1][1] if len(self.steps) else None
        return hasattr(last, "__sklearn_tags__") and is_regressor(last)

    @property
    def scorer(self) -> str:
        """The name of the scorer, the usual one where none is given."""
        return self.scoring or ("r2" if self.predicts_numbers else "accuracy")

    def fit(self, X: NDArray[Any], y: NDArray[Any], groups: NDArray[Any] | None = None) -> Tune:
        """Search, then fit the best on all rows.

        Parameters
        ----------
        X : ndarray (row, feature)
            Training rows.
        y : ndarray (row,)
            Their labels.
        groups : ndarray (row,), optional
            For a splitter and for steps that ask for them.

        Returns
        -------
        Tune
            Itself.

        Raises
        ------
        StudyError
            If the grid names a step that is not there.
        """
        if not is_splitter(self.splitter):
            raise StudyError(
                f"Tune needs a splitter, as StratifiedKFold(3, shuffle=True); got {self.splitter!r}. Without one it "
                "can stand left of Split alone, where it chooses on the rows that are tested"
            )
        candidates = self.candidates()
        steps = named(self.steps)
        first = self._first_tuned(steps)
        rows = Rows(X, y, Lineage.identity(len(X)), groups)
        score, classes = get_scorer(self.scorer), None if self.predicts_numbers else np.unique(y)
        folds = list(self.splitter.split(X, y, groups if listens(self.splitter) else None))
        if not folds:
            raise StudyError(f"Tune's splitter {self.splitter!r} gave no folds")
        scores = np.empty((len(candidates), len(folds)))
        for column, (train, test) in enumerate(folds):
            # What the grid does not touch is fitted once a fold, not once a candidate.
            inner, before = rows.take(train), []
            for _, step in steps[:first]:
                inner, fitted = advance(clone(step), inner)
                before += [] if fitted is None else [fitted]
            for line, candidate in enumerate(candidates):
                model = Fitter(with_parameters(steps[first:], candidate)).fit(inner)
                whole = Scored(Model((*before, *model.transformers), model.predictor), classes)
                scores[line, column] = score(whole, X[test], y[test])
        means = scores.mean(axis=1)
        best = int(np.argmax(means))
        self.best_params_, self.best_score_ = candidates[best], float(means[best])
        self.model_ = Fitter(with_parameters(steps, self.best_params_)).fit(rows)
        self.classes_ = classes
        return self

    def candidates(self) -> list[dict[str, Any]]:
        """Give every combination of values that is tried.

        Returns
        -------
        list of dict
            ``name__parameter`` to value, in the order in which the first of equals wins.

        Raises
        ------
        StudyError
            If the grid names a step that is not there.
        """
        self._first_tuned(named(self.steps))
        return list(ParameterGrid(dict(self.grid)))

    def _first_tuned(self, steps: list[tuple[str, Any]]) -> int:
        names = [name for name, _ in steps]
        if not names:
            raise StudyError("Tune needs at least one step, which predicts")
        if not predicts(steps[-1][1]):
            raise StudyError(f"the last step of Tune, {names[-1]}, does not predict")
        for key in self.grid:
            if key.split("__")[0] not in names:
                raise StudyError(unknown("step in Tune's grid", key.split("__")[0], names))
        return min((names.index(key.split("__")[0]) for key in self.grid), default=len(steps) - 1)

    def get_metadata_routing(self) -> Any:
        """Say to scikit-learn that groups go to the splitter, where that one asks for them."""
        router = MetadataRouter(owner=self)
        if asks_for_groups(self.splitter):
            router.add(
                splitter=self.splitter, method_mapping=MethodMapping().add(caller="fit", callee="split")
            )
        return router

    def predict(self, X: NDArray[Any]) -> NDArray[Any]:
        """Predict labels.

        Parameters
        ----------
        X : ndarray (row, feature)
            Any rows.

        Returns
        -------
        ndarray (row,)
            Labels.
        """
        return np.asarray(Scored(self.model_, self.classes_).predict(X))

    def score(self, X: NDArray[Any], y: NDArray[Any]) -> float:
        """Score what is predicted, by the accuracy, or by R2 where numbers are.

        Parameters
        ----------
        X : ndarray (row, feature)
            Any rows.
        y : ndarray (row,)
            What is true of them.

        Returns
        -------
        float
            1 where all is predicted as it is.
        """
        return float(get_scorer("r2" if self.predicts_numbers else "accuracy")(self, X, y))

    @available_if(_last_has("predict_proba"))  # type: ignore[untyped-decorator]
    def predict_proba(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Predict probabilities.

        Parameters
        ----------
        X : ndarray (row, feature)
            Any rows.

        Returns
        -------
        ndarray (row, class)
            Probabilities.
        """
        return np.asarray(Scored(self.model_, self.classes_).predict_proba(X))

    @available_if(_last_has("decision_function"))  # type: ignore[untyped-decorator]
    def decision_function(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Give decision values.

        Parameters
        ----------
        X : ndarray (row, feature)
            Any rows.

        Returns
        -------
        ndarray (row,) or (row, class)
            Decision values.
        """
        return np.asarray(Scored(self.model_, self.classes_).decision_function(X))


def with_parameters(steps: Sequence[tuple[str, Any]], values: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Copy steps and set ``name__parameter`` values on the copies."""
    fresh = {name: clone(step) for name, step in steps}
    for key, value in values.items():
        name, _, parameter = key.partition("__")
        fresh[name].set_params(**{parameter: value})
    return list(fresh.items())


class Scored(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A fitted model with the face that scikit-learn's scorers want.

    Parameters
    ----------
    model : Model
        What was fitted.
    classes : ndarray of int (class,) or None
        The labels; None where the model predicts numbers.
    """

    def __init__(self, model: Model, classes: NDArray[Any] | None) -> None:
        self.model = model
        self.classes_ = classes

    def __sklearn_tags__(self) -> Tags:
        return _tags(super().__sklearn_tags__(), numbers=self.classes_ is None)

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict(self, X: NDArray[Any]) -> NDArray[Any]:
        """Give the labels of rows."""
        return np.asarray(self.model.predictor.predict(self._through(X)))

    @available_if(_predictor_has("predict_proba"))  # type: ignore[untyped-decorator]
    def predict_proba(self, X: NDArray[Any]) -> NDArray[Any]:
        """Give their probabilities, (row, class)."""
        return np.asarray(self.model.predictor.predict_proba(self._through(X)))

    @available_if(_predictor_has("decision_function"))  # type: ignore[untyped-decorator]
    def decision_function(self, X: NDArray[Any]) -> NDArray[Any]:
        """Give their decision values."""
        return np.asarray(self.model.predictor.decision_function(self._through(X)))

    def _through(self, X: NDArray[Any]) -> NDArray[Any]:
        return transformed(self.model.transformers, X)

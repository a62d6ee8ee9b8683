"""Any metric by its name or as a function: ours, scikit-learn's, the user's."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from varbench.errors import InputError, StatisticsError, unknown
from varbench.metrics import METRICS, Metric, Needs, resolve
from varbench.rows import Rows


def find_metric(metric: str | Metric | Callable[..., Any]) -> Metric:
    """Which metric is meant?

    Parameters
    ----------
    metric : str, Metric or callable
        A name of :data:`~varbench.metrics.METRICS`, or of scikit-learn's ``scoring`` (whose losses are negated:
        greater is better); or ``f(y_true, y_pred)``, as scikit-learn's functions of labels are, or
        ``f(y_true, y_pred, y_score)``. A function's attributes `needs` and `greater_is_better` are heeded.

    Returns
    -------
    Metric
        As :func:`~varbench.metrics.resolve` gives it.

    Raises
    ------
    StatisticsError
        For a name that neither knows, or something that is no function of labels or scores.

    Examples
    --------
    >>> find_metric("jaccard").function(Rows([0, 1, 1], [0, 0, 1], [0.2, 0.3, 0.9]))
    0.5
    """
    if isinstance(metric, str) and metric not in METRICS:
        return _of_scikit_learn(metric)
    if not (isinstance(metric, str | Metric) or callable(metric)):
        raise StatisticsError(unknown("metric", metric, METRICS))
    try:
        if callable(metric) and not isinstance(metric, Metric) and _takes_two(metric):
            return resolve(_Labels(metric))[0]
        return resolve(metric)[0]
    except InputError as error:
        raise StatisticsError(str(error)) from None


def _takes_two(function: Callable[..., Any]) -> bool:
    try:
        signature = inspect.signature(function)
        signature.bind(0, 0)
    except (TypeError, ValueError):
        return False
    try:
        signature.bind(0, 0, 0)
    except TypeError:
        return True
    return False


class _Labels:
    """A function of the true and the predicted labels, as one of three arguments."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.name = str(getattr(function, "name", getattr(function, "__name__", "<lambda>")))
        if self.name in METRICS:
            self.name = f"{self.name} (a function)"
        self.needs = getattr(function, "needs", "label")
        self.greater_is_better = bool(getattr(function, "greater_is_better", True))

    def __call__(self, y_true: Any, y_pred: Any, y_score: Any) -> float:
        return float(self.function(y_true, y_pred if self.needs == "label" else y_score))


def _of_scikit_learn(name: str) -> Metric:
    from sklearn.metrics import get_scorer, get_scorer_names

    if name not in get_scorer_names():
        raise StatisticsError(unknown("metric", name, [*METRICS, *get_scorer_names()]))
    scorer = get_scorer(name)
    return Metric(
        name=name, label=name, function=_Scorer(scorer), greater_is_better=True, low=-math.inf, high=math.inf,
        needs=_needs(scorer), prevalence_free=False, averaging="scikit-learn's own",
    )  # fmt: skip


def _needs(scorer: Callable[..., float]) -> Needs:
    """Find what a scorer asks of a model, which it does not say openly: show it models that can give less."""
    label, score = np.array([0, 1]), np.array([0.2, 0.7])
    kinds: tuple[tuple[type[_Given], Needs], ...] = ((_Given, "label"), (_Ranked, "score"))
    for kind, needs in kinds:
        try:
            scorer(kind(label, score, 2), label, label)
        except AttributeError:
            continue
        return needs
    return "probability"


class _Scorer:
    """One of scikit-learn's scorers, asked about predictions instead of a model."""

    def __init__(self, scorer: Callable[..., float]) -> None:
        self.scorer = scorer

    def __call__(self, rows: Rows) -> float:
        number = np.arange(len(rows.y_true))
        given = _Scored(rows.y_pred, rows.y_score, rows.n_classes)
        return float(self.scorer(given, number, rows.y_true))


class _Given:
    """What scikit-learn takes for a fitted classifier: it answers with what a model has predicted."""

    _estimator_type = "classifier"

    def __init__(self, label: Any, score: Any, n_classes: int) -> None:
        self.label, self.score = label, score
        self.classes_ = np.arange(n_classes)

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

        return Tags(
            estimator_type="classifier", target_tags=TargetTags(required=True), transformer_tags=None,
            regressor_tags=None, classifier_tags=ClassifierTags(), input_tags=InputTags(),
        )  # fmt: skip

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def fit(self, X: Any, y: Any) -> _Given:
        """Do nothing: the predictions are there."""
        return self

    def predict(self, X: Any) -> Any:
        """Give the labels of some rows."""
        return self.label[X]


class _Ranked(_Given):
    """The same of a model that gives scores too."""

    def decision_function(self, X: Any) -> Any:
        """Give the scores as they are."""
        return self.score[X]


class _Scored(_Ranked):
    """The same of a model that gives probabilities too."""

    def predict_proba(self, X: Any) -> Any:
        """Give one column a class."""
        score = self.score[X]
        return np.column_stack([1 - score, score]) if score.ndim == 1 else score

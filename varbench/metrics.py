"""The scores: one table of metrics, and one function that computes any of them on the rows of a fold.

Each kernel agrees with scikit-learn's function of the same name, except where scikit-learn gives a number to what
has none. Classes are codes 0..K-1; with two classes, code 1 is the positive one. Outcomes that are numbers have metrics
of their own, :data:`OF_NUMBERS`.

Several classes, a stated averaging: precision, recall, specificity, F1, ROC AUC and average precision are computed
one class against the rest and averaged, each class alike (macro), over the classes that the rows hold.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt

from varbench.errors import InputError, unknown
from varbench.rows import Classes, Floats, Numbers, Rows

Needs = Literal["label", "score", "probability", "number"]
#: Probabilities are kept this far from 0 and 1 in the log loss, as scikit-learn does for float64.
CLIP = float(np.finfo(np.float64).eps)


class ScoreStatus(IntEnum):
    """Is there a score, and if not, why?

    ``DEFINED`` and ``NO_PREDICTED_POSITIVES`` go with a value, all others with NaN.

    Examples
    --------
    >>> ScoreStatus(2).name, ScoreStatus.NO_PREDICTED_POSITIVES.has_value
    ('NOT_PROBABILITY', True)
    """

    DEFINED = 0
    #: Undefined: the rows hold one class only, or not the class that the metric is about.
    ONE_CLASS = 1
    #: Undefined: the metric needs probabilities, and the scores are none.
    NOT_PROBABILITY = 2
    #: A class that the metric divides by was never predicted; 0 stands for it, as in scikit-learn.
    NO_PREDICTED_POSITIVES = 3
    #: Undefined: rows have weights, and this function of the user's takes none.
    NO_WEIGHTS = 4
    #: Undefined: this function of the user's gave NaN or infinity.
    NO_VALUE = 5
    #: Undefined: the outcome is a number, and the rows hold one value only.
    ONE_VALUE = 6

    @property
    def has_value(self) -> bool:
        """Whether a score with this status is a number."""
        return self in (ScoreStatus.DEFINED, ScoreStatus.NO_PREDICTED_POSITIVES)


@dataclass(frozen=True)
class Metric:
    """What is a metric called, which way is better, where does it lie, and what does it need?

    Attributes
    ----------
    name : str
        As in scikit-learn's ``scoring``; the key in :data:`METRICS` or :data:`OF_NUMBERS`, and in the cube.
    label : str
        As a table's heading shows it.
    function : callable
        ``Rows -> float`` or ``Rows -> (float, ScoreStatus)``; ``Numbers`` where it needs numbers.
    greater_is_better : bool
        The direction.
    low, high : float
        The range; infinite where there is no bound.
    needs : {"label", "score", "probability", "number"}
        What of a prediction is used: the predicted class, any score that ranks, probabilities, or a number where
        the outcome is one.
    prevalence_free : bool
        True where the metric's expectation does not change when a class becomes rarer.
    averaging : str
        How several classes become one number.
    classes : {"any", "positive", "negative", "both"}
        What the rows must hold for the metric to be defined. With more than two classes, ``positive``,
        ``negative`` and ``both`` all mean at least two classes.
    """

    name: str
    label: str
    function: Callable[..., float | tuple[float, ScoreStatus]]
    greater_is_better: bool
    low: float
    high: float
    needs: Needs
    prevalence_free: bool
    averaging: str
    classes: Classes = "both"


def _accuracy(rows: Rows) -> float:
    return float(sum(rows.hit) / rows.total)


def _balanced_accuracy(rows: Rows) -> float:
    return _mean([rows.hit[c] / rows.support[c] for c in rows.present])


def _precision(rows: Rows) -> float | tuple[float, ScoreStatus]:
    value = _mean([rows.hit[c] / (rows.predicted[c] or 1) for c in rows.counted])
    never = any(rows.predicted[c] == 0 for c in rows.counted)
    return (value, ScoreStatus.NO_PREDICTED_POSITIVES) if never else value


def _recall(rows: Rows) -> float:
    return _mean([rows.hit[c] / rows.support[c] for c in rows.counted])


def _specificity(rows: Rows) -> float:
    others = {c: rows.total - rows.support[c] for c in rows.counted}
    return _mean([(others[c] - (rows.predicted[c] - rows.hit[c])) / others[c] for c in rows.counted])


def _f1(rows: Rows) -> float:
    return _mean([2 * rows.hit[c] / (rows.support[c] + rows.predicted[c]) for c in rows.counted])


def _mcc(rows: Rows) -> float | tuple[float, ScoreStatus]:
    # Gorodkin 2004 (10.1016/j.compbiolchem.2004.09.006), eq. 8: the correlation of two one-hot codings.
    if sum(size > 0 for size in rows.predicted) < 2:
        return 0.0, ScoreStatus.NO_PREDICTED_POSITIVES
    by_chance = sum(t * p for t, p in zip(rows.support, rows.predicted, strict=True))
    spread_true = rows.total**2 - sum(t * t for t in rows.support)
    spread_pred = rows.total**2 - sum(p * p for p in rows.predicted)
    return float((sum(rows.hit) * rows.total - by_chance) / math.sqrt(spread_true * spread_pred))


def _roc_auc(rows: Rows) -> float:
    return _mean(
        [float((fp[1:] - fp[:-1]) @ (tp[1:] + tp[:-1]) / (2 * tp[-1] * fp[-1])) for tp, fp in rows.curves]
    )


def _average_precision(rows: Rows) -> float:
    return _mean(
        [float((tp[1:] - tp[:-1]) @ (tp[1:] / (tp[1:] + fp[1:])) / tp[-1]) for tp, fp in rows.curves]
    )


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _brier(rows: Rows) -> float:
    if rows.n_classes == 2:
        return rows.mean((1 - rows.of_true_class) ** 2)
    return rows.mean(((rows.y_score**2).sum(1) + 1 - 2 * rows.of_true_class) / 2)


def _log_loss(rows: Rows) -> float:
    return -rows.mean(np.log(rows.of_true_class.clip(CLIP, 1 - CLIP)))


_NONE, _MACRO, _OVR = "over all rows", "macro over the classes present", "one against the rest, macro"
_ALL: tuple[Metric, ...] = (
    Metric("accuracy", "Accuracy", _accuracy, True, 0, 1, "label", False, _NONE, "any"),
    Metric("balanced_accuracy", "Balanced accuracy", _balanced_accuracy, True, 0, 1, "label", True, _MACRO),
    Metric("precision", "Precision", _precision, True, 0, 1, "label", False, _MACRO),
    Metric("recall", "Recall", _recall, True, 0, 1, "label", True, _MACRO, "positive"),
    Metric("specificity", "Specificity", _specificity, True, 0, 1, "label", True, _MACRO, "negative"),
    Metric("f1", "F1", _f1, True, 0, 1, "label", False, _MACRO),
    Metric("mcc", "MCC", _mcc, True, -1, 1, "label", False, "one coefficient of all classes"),
    Metric("roc_auc", "ROC AUC", _roc_auc, True, 0, 1, "score", True, _OVR),
    Metric("average_precision", "Average precision", _average_precision, True, 0, 1, "score", False, _OVR),
    Metric(
        "brier", "Brier", _brier, False, 0, 1, "probability", False, "half the squares of all classes", "any"
    ),
    Metric("log_loss", "Log loss", _log_loss, False, 0, math.inf, "probability", False, _NONE, "any"),
)
#: Every metric by its name.
METRICS: dict[str, Metric] = {metric.name: metric for metric in _ALL}


def _mae(rows: Numbers) -> float:
    return rows.mean(np.abs(rows.error))


def _rmse(rows: Numbers) -> float:
    return math.sqrt(rows.mean(rows.error**2))


def _r2(rows: Numbers) -> tuple[float, ScoreStatus]:
    counted = rows.y_true if rows.weight is None else rows.y_true[rows.weight > 0]
    if counted.min() == counted.max():
        return math.nan, ScoreStatus.ONE_VALUE
    spread = rows.mean((rows.y_true - rows.mean(rows.y_true)) ** 2)
    return 1 - rows.mean(rows.error**2) / spread, ScoreStatus.DEFINED


_N: tuple[Metric, ...] = (
    Metric("r2", "R²", _r2, True, -math.inf, 1, "number", True, _NONE, "any"),
    Metric("mae", "MAE", _mae, False, 0, math.inf, "number", True, _NONE, "any"),
    Metric("rmse", "RMSE", _rmse, False, 0, math.inf, "number", True, _NONE, "any"),
)
#: The metrics of outcomes that are numbers, by their names.
OF_NUMBERS: dict[str, Metric] = {metric.name: metric for metric in _N}


def shipped_metric(name: str) -> Metric | None:
    """Give the metric of a name, of classes or of numbers; None for a function of the user's.

    Parameters
    ----------
    name : str
        A name; ``cost_20`` is :func:`cost` at a price of 20.

    Returns
    -------
    Metric or None
        Of :data:`METRICS` or :data:`OF_NUMBERS`, or a cost.

    Examples
    --------
    >>> shipped_metric("mae").label, shipped_metric("my_own")
    ('MAE', None)
    """
    return METRICS.get(name) or OF_NUMBERS.get(name) or _cost_named(name)


def label_of(name: str) -> str:
    """How is a metric written?

    Parameters
    ----------
    name : str
        A name, as of :func:`shipped_metric`.

    Returns
    -------
    str
        Its label; the name itself of a function of the user's.

    Examples
    --------
    >>> label_of("accuracy"), label_of("mae"), label_of("my_own")
    ('Accuracy', 'MAE', 'my_own')
    """
    return known.label if (known := shipped_metric(name)) else name


def _cost_named(name: str) -> Metric | None:
    """Give the cost metric of a name, as the metric itself writes it."""
    kind, _, price = name.partition("_")
    try:
        found = cost(float(price)) if kind == "cost" else None
    except (ValueError, InputError):
        return None
    return found if found is not None and found.name == name else None


def check_outcome(metrics: Sequence[Metric], *, numeric: bool) -> None:
    """Refuse metrics of classes where the outcome is a number, and metrics of numbers where it is a class.

    Parameters
    ----------
    metrics : sequence of Metric
        From :func:`resolve`; a function of the user's is taken at its word.
    numeric : bool
        Whether the outcome is a number.

    Raises
    ------
    InputError
        With those that there are.
    """
    for metric in metrics:
        if numeric and METRICS.get(metric.name) is metric:
            raise InputError(
                f"{metric.name} is a metric of classes, and the outcome is a number; its metrics are "
                f"{', '.join(OF_NUMBERS)}"
            )
        if not numeric and metric.needs == "number":
            raise InputError(
                f"{metric.name} is a metric of numbers, and the outcome is a class; its metrics are "
                f"{', '.join(METRICS)}"
            )


def cost(price: float) -> Metric:
    """Make the metric of what mistakes cost a case, where a missed case costs as much as so many false alarms.

    Parameters
    ----------
    price : float
        Of a positive case called negative, in units of a negative case called positive; above 0.

    Returns
    -------
    Metric
        ``cost_20`` for a price of 20: the mean cost of a case, less is better, of two classes alone. At a price of 1
        it is 1 - accuracy; answering "no" costs the prevalence times the price, answering "yes" 1 - prevalence.

    Raises
    ------
    InputError
        If the price is not a number above 0.

    Notes
    -----
    Elkan 2001, "The foundations of cost-sensitive learning", IJCAI. It is of the predicted classes as they stand; the
    cost at each threshold of a probability is :func:`varbench.stats.expected_cost`.

    Examples
    --------
    >>> values, _ = evaluate([cost(1), cost(20)], [0, 0, 0, 1], [1, 0, 0, 0], [0.9, 0.1, 0.1, 0.2])
    >>> values.tolist()
    [0.5, 5.25]
    """
    if isinstance(price, bool) or not isinstance(price, int | float) or not 0 < price < math.inf:
        raise InputError(f"cost({price!r}): the price of a missed case must be a number above 0")
    label = f"Cost (a miss = {price:g})"
    return Metric(
        f"cost_{price:g}", label, _Cost(price), False, 0, max(price, 1), "label", False, "two classes", "any"
    )


@dataclass(frozen=True)
class _Cost:
    """A kernel that pickles and is described by its price."""

    price: float

    def __call__(self, rows: Rows) -> tuple[float, ScoreStatus]:
        if rows.n_classes != 2:
            return math.nan, ScoreStatus.NO_VALUE
        missed, alarms = rows.confusion[1][0], rows.confusion[0][1]
        return float((self.price * missed + alarms) / rows.total), ScoreStatus.DEFINED


def resolve(metrics: str | Metric | Callable[..., Any] | Sequence[Any]) -> tuple[Metric, ...]:
    """Which metrics are meant?

    Parameters
    ----------
    metrics : sequence of str, Metric or callable, or one of them
        A callable is ``f(y_true, y_pred, y_score) -> float``, and ``f(..., weight)`` where it can weigh rows. It may
        carry the attributes of :class:`Metric`; where it does not, its name is its ``__name__``, greater is better,
        the range is unbounded, and it needs scores and both classes.

    Returns
    -------
    tuple of Metric
        In the order given.

    Raises
    ------
    InputError
        For an unknown name, the same name twice, none at all, or a callable that does not take three arguments.

    Examples
    --------
    >>> [m.label for m in resolve(["f1", "roc_auc"])]
    ['F1', 'ROC AUC']
    """
    one = isinstance(metrics, str | Metric) or callable(metrics)
    found = tuple(_one(metric) for metric in ([metrics] if one else cast(Sequence[Any], metrics)))
    names = [metric.name for metric in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not names:
        raise InputError(f"metrics {names}: " + (f"{twice[0]} is there twice" if twice else "none is given"))
    return found


def _one(metric: object) -> Metric:
    if isinstance(metric, Metric):
        return metric
    if isinstance(metric, str) and (shipped := shipped_metric(metric)) is not None:
        return shipped
    if not callable(metric):
        raise InputError(unknown("metric", metric, [*METRICS, *OF_NUMBERS]))
    name = str(getattr(metric, "name", getattr(metric, "__name__", "<lambda>")))
    if name == "<lambda>" or shipped_metric(name) is not None:
        raise InputError(
            f"the metric {metric!r} needs a name of its own: set its attribute `name`, not {name!r}"
        )
    return Metric(
        name=name,
        label=str(getattr(metric, "label", name)),
        function=_Own(metric, name),
        greater_is_better=bool(getattr(metric, "greater_is_better", True)),
        low=float(getattr(metric, "low", -math.inf)),
        high=float(getattr(metric, "high", math.inf)),
        needs=getattr(metric, "needs", "score"),
        prevalence_free=bool(getattr(metric, "prevalence_free", False)),
        averaging=str(getattr(metric, "averaging", "the function's own")),
        classes=getattr(metric, "classes", "both"),
    )


class _Own:
    """A function of the user's, called as our kernels are."""

    def __init__(self, function: Callable[..., Any], name: str) -> None:
        self.function = function
        self.takes_weight = _accepts(function, weight=None)
        if not (self.takes_weight or _accepts(function)):
            raise InputError(f"the metric {name} must be callable as f(y_true, y_pred, y_score)")

    def __call__(self, rows: Rows | Numbers) -> tuple[float, ScoreStatus]:
        if rows.weight is not None and not self.takes_weight:
            return math.nan, ScoreStatus.NO_WEIGHTS
        named = {"weight": rows.weight} if self.takes_weight else {}
        value = float(self.function(rows.y_true, rows.y_pred, rows.y_score, **named))
        return (value, ScoreStatus.DEFINED) if math.isfinite(value) else (math.nan, ScoreStatus.NO_VALUE)


def _accepts(function: Callable[..., Any], **named: None) -> bool:
    try:
        inspect.signature(function).bind(0, 0, 0, **named)
    except TypeError:
        return False
    except ValueError:  # a compiled function without a signature: its call will tell
        return not named
    return True


def evaluate(
    metrics: Sequence[Metric],
    y_true: npt.ArrayLike,
    y_pred: npt.ArrayLike,
    y_score: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    n_classes: int = 2,
    probability: bool | None = None,
) -> tuple[Floats, npt.NDArray[np.uint8]]:
    """What do the predictions of some rows score?

    Parameters
    ----------
    metrics : sequence of Metric
        From :func:`resolve`.
    y_true, y_pred : array_like of int, (row,)
        Codes 0..K-1; numbers where the outcome is a number.
    y_score : array_like of float, (row,) or (row, class)
        The score of class 1, or one column a class; of a number it is not read.
    weight : array_like of float, (row,), optional
        0 or greater; every row counts once where there is none.
    n_classes : int
        K, whether or not the rows hold them all; 0 for an outcome that is a number.
    probability : bool, optional
        Whether the scores are probabilities; judged by their range where it is not said.

    Returns
    -------
    values : ndarray of float64, (metric,)
        NaN where a metric is undefined.
    status : ndarray of uint8, (metric,)
        A :class:`ScoreStatus` each.

    Raises
    ------
    InputError
        As :class:`Rows` does, and where a metric is not for such an outcome.

    Examples
    --------
    >>> evaluate(resolve(["roc_auc", "log_loss"]), [0, 1, 0, 1], [0, 0, 0, 1], [-1.5, -.2, .1, 2.])
    (array([0.75,  nan]), array([0, 2], dtype=uint8))
    """
    if n_classes == 0:
        return _of_numbers(metrics, Numbers(y_true, y_pred, weight))
    rows = Rows(y_true, y_pred, y_score, weight, n_classes)
    if probability is not None:
        rows.is_probability = probability and rows.is_probability
    values = np.full(len(metrics), math.nan)
    status = np.empty(len(metrics), np.uint8)
    for i, metric in enumerate(metrics):
        if not rows.holds(metric.classes):
            status[i] = ScoreStatus.ONE_CLASS
        elif metric.needs == "probability" and not rows.is_probability:
            status[i] = ScoreStatus.NOT_PROBABILITY
        else:
            result = metric.function(rows)
            values[i], status[i] = result if isinstance(result, tuple) else (result, ScoreStatus.DEFINED)
    return values, status


def _of_numbers(metrics: Sequence[Metric], rows: Numbers) -> tuple[Floats, npt.NDArray[np.uint8]]:
    check_outcome(metrics, numeric=True)
    found = [metric.function(rows) for metric in metrics]
    pairs = [one if isinstance(one, tuple) else (one, ScoreStatus.DEFINED) for one in found]
    return np.array([value for value, _ in pairs], float), np.array([status for _, status in pairs], np.uint8)

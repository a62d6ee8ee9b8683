"""Test cases with what models say of them, drawn so that the truth is known."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy import integrate
from scipy import stats as distributions

from varbench import seeds
from varbench.calibration.conditions import OF_NUMBERS, SIGNALS, Condition
from varbench.calibration.on_cases import Cases, OneModel
from varbench.calibration.populations import n_positive, tailed
from varbench.metrics import METRICS, evaluate, resolve
from varbench.stats.regression import REGRESSION

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]
#: Models beside the first two, for a test of several.
N_OTHERS = 2
#: Cases of which a truth is computed where it has no closed form, and where the values per case lie.
N_TRUTH, MIDDLE, SPREAD = 1_000_000, 2.0, 0.8


def area(signal: float) -> float:
    """Give the area under the curve of two normal classes with unit variance this far apart."""
    return 0.5 * (1 + math.erf(signal / 2))


def two_models(condition: Condition, rng: np.random.Generator) -> tuple[Cases, float]:
    """Draw a test set and what two models say of it, and give their true difference."""
    if condition.metric == "roc_auc":
        return _two_by_area(condition, rng)
    drawn = _two_by_label if condition.metric in METRICS else _two_by_number
    return drawn(condition, condition.n, rng), _true_difference(condition)


def _two_by_area(condition: Condition, rng: np.random.Generator) -> tuple[Cases, float]:
    """Two models with known scores: normal within each class, correlated, equally good where nothing is less."""
    positives = n_positive(condition.n, condition.prevalence)
    y = np.repeat([0, 1], [condition.n - positives, positives])
    shared = rng.normal(size=condition.n)
    signal = SIGNALS[condition.signal]
    a, b = (
        math.sqrt(0.5) * shared + math.sqrt(0.5) * rng.normal(size=condition.n) + (y - 0.5) * s
        for s in (signal, signal - condition.less)
    )
    number = int(rng.integers(2**31))
    own = rng.normal(size=(N_OTHERS, condition.n))
    others = math.sqrt(0.5) * (shared + own) + (y - 0.5) * signal
    return Cases(y, a, b, number, others), area(signal) - area(signal - condition.less)


def _classes(condition: Condition, n: int, rng: np.random.Generator) -> Labels:
    """Draw patients as they come, at least two of each class."""
    while True:
        y = (rng.random(n) < condition.prevalence).astype(np.int64)
        if 2 <= y.sum() <= n - 2:
            return y


def _log_odds(scores: Floats, signal: float, condition: Condition) -> Floats:
    """Give what is above 0 where a model says positive; of a metric of probabilities, their log odds."""
    if condition.metric not in ("brier", "calibration"):
        return scores
    return signal * scores + math.log(condition.prevalence / (1 - condition.prevalence))


def _two_by_label(condition: Condition, n: int, rng: np.random.Generator) -> Cases:
    y, shared, signal = _classes(condition, n, rng), rng.normal(size=n), SIGNALS[condition.signal]
    a, b = (
        _log_odds(math.sqrt(0.5) * (shared + rng.normal(size=n)) + (y - 0.5) * s, s, condition)
        for s in (signal, signal - condition.less)
    )
    return Cases(y, a, b, int(rng.integers(2**31)))


def _two_by_number(condition: Condition, n: int, rng: np.random.Generator) -> Cases:
    """Errors of two models that share a part; or measures of each case, as Dice, that share the case's difficulty."""
    shared = tailed(condition.tail, n, rng)
    a, b = (math.sqrt(0.5) * (shared + tailed(condition.tail, n, rng)) for _ in range(2))
    if condition.metric == "dice":
        return Cases(np.zeros(n), _measure(a), _measure(b - condition.less), int(rng.integers(2**31)))
    true = SIGNALS[condition.signal] * rng.normal(size=n)
    # The errors are the true numbers' own: what is predicted is the known part, and what each model adds to it.
    return Cases(true, true - a, true - b * (1 + condition.less), int(rng.integers(2**31)))


def _measure(hidden: Floats) -> Floats:
    """Bring numbers into the range of a measure such as Dice."""
    found: Floats = 1 / (1 + np.exp(-(MIDDLE + SPREAD * hidden)))
    return found


@cache
def _true_difference(condition: Condition) -> float:
    """Give the difference of two models on very many cases; 0 where they can be exchanged."""
    if condition.less == 0:
        return 0.0
    cases = _two_by_label if condition.metric in METRICS else _two_by_number
    drawn = cases(condition, N_TRUTH, seeds.generator(0, "calibrate", step=f"truth|{condition.name}"))
    if condition.metric == "dice":
        return float(drawn.a.mean() - drawn.b.mean())
    if condition.metric in OF_NUMBERS:
        metric = REGRESSION[condition.metric]
        once = np.ones((1, N_TRUTH))
        scores = [metric.kernel(drawn.y, model)(once) for model in (drawn.a, drawn.b)]
        return float(metric.gain(scores[0], scores[1])[0])
    first, second = (_score(condition.metric, drawn.y, model) for model in (drawn.a, drawn.b))
    return first - second if METRICS[condition.metric].greater_is_better else second - first


def _score(metric: str, y: Labels, scores: Floats) -> float:
    said = 1 / (1 + np.exp(-scores))
    return float(evaluate(resolve([metric]), y, (scores > 0).astype(np.int64), said, n_classes=2)[0][0])


def several_seeds(condition: Condition, rng: np.random.Generator) -> tuple[Cases, float]:
    """Draw a test set and what several seeds of two procedures say of it, and give their true difference.

    A case is as hard for all (0.4 of the variance), for a procedure (0.3), and for a seed of it (0.3); the seeds'
    signals vary by the condition's noise. Both procedures are equal in expectation, over seeds and cases.
    """
    n, signal = condition.n, SIGNALS[condition.signal]
    y, shared = _classes(condition, n, rng), math.sqrt(0.4) * rng.normal(size=n)
    models = []
    for s in (signal, signal - condition.less):
        own = s + condition.noise * rng.normal(size=(condition.repeats, 1))
        procedure, each = rng.normal(size=n), rng.normal(size=(condition.repeats, n))
        models.append(shared + math.sqrt(0.3) * (procedure + each) + (y - 0.5) * own)
    of_seeds = area if condition.metric == "roc_auc" else _right
    truth = _over_noise(of_seeds, signal, condition.noise)
    less = _over_noise(of_seeds, signal - condition.less, condition.noise)
    return Cases(y, models[0], models[1], int(rng.integers(2**31))), truth - less


def _right(signal: float) -> float:
    """Give the share of right answers of two normal classes that are parted in the middle."""
    return float(distributions.norm.cdf(signal / 2))


@cache
def _over_noise(score: Callable[[float], float], signal: float, noise: float) -> float:
    """Average a score over seeds whose signal is normal."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    return float(
        sum(w * score(signal + noise * x) for x, w in zip(nodes, weights, strict=True)) / weights.sum()
    )


def one_model(condition: Condition, rng: np.random.Generator) -> OneModel:
    """Draw a test set and what one model says of it, with the truth."""
    n, signal = condition.n, SIGNALS[condition.signal]
    if condition.metric == "dice":
        return OneModel(
            np.zeros(n),
            _measure(tailed(condition.tail, n, rng)),
            int(rng.integers(2**31)),
            _of_measure(condition),
        )
    if condition.metric in OF_NUMBERS:
        said = signal * rng.normal(size=n)
        true = said + tailed(condition.tail, n, rng)
        return OneModel(true, said, int(rng.integers(2**31)), _of_numbers(condition.tail, signal))
    y = _classes(condition, n, rng)
    scores = _log_odds(rng.normal(size=n) + (y - 0.5) * signal, signal, condition)
    return OneModel(y, scores, int(rng.integers(2**31)), _of_classes(condition.prevalence, signal))


@cache
def _of_measure(condition: Condition) -> dict[str, float]:
    """Mean and median of a measure such as Dice: of a median the hidden number's, of a mean an integral."""
    hidden = {
        "normal": distributions.norm(), "heavy": distributions.t(3, scale=1 / math.sqrt(3)),
        "skewed": distributions.expon(loc=-1),
    }[condition.tail]  # fmt: skip
    mean, _ = integrate.quad(lambda u: float(_measure(hidden.ppf(u))), 0, 1, epsabs=1e-10, limit=500)
    return {"mean": float(mean), "median": float(_measure(hidden.median()))}


def _of_numbers(tail: str, signal: float) -> dict[str, float]:
    """Metrics of numbers that are right but for an error of variance 1."""
    mae = {"normal": math.sqrt(2 / math.pi), "heavy": 2 / math.pi, "skewed": 2 / math.e}[tail]
    return {"mae": mae, "rmse": 1.0, "r2": signal**2 / (signal**2 + 1)}


@cache
def _of_classes(prevalence: float, signal: float) -> dict[str, float]:
    """Metrics of two normal classes that are parted in the middle, and of the right probabilities."""
    right = _right(signal)
    up, down = (distributions.norm(loc) for loc in (signal / 2, -signal / 2))

    def precision(z: float) -> float:
        found, wrong = prevalence * up.sf(z), (1 - prevalence) * down.sf(z)
        return float(found / (found + wrong))

    def squared(z: float) -> float:
        first, second = prevalence * up.pdf(z), (1 - prevalence) * down.pdf(z)
        p = first / (first + second)
        return float(first * (1 - p) ** 2 + second * p**2)

    return {
        "roc_auc": area(signal), "accuracy": right, "balanced_accuracy": right, "recall": right,
        "f1": 2 * prevalence * right / (2 * prevalence * right + 1 - right),
        "average_precision": integrate.quad(lambda z: up.pdf(z) * precision(z), -9, 9)[0],
        "brier": integrate.quad(squared, -9, 9)[0],
        "slope": 1.0, "intercept": 0.0, "in_the_large": 0.0,
    }  # fmt: skip

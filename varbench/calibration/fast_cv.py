"""Repeated cross-validation of linear models on one small cohort, all folds at once.

A calibration fits millions of models. Means and second moments of all training sets are two matrix products, so that
a thousand cohorts take seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

#: What is added to the diagonal of a covariance, as a share of its mean: small cohorts stay invertible.
RIDGE = 0.05


class Splits(NamedTuple):
    """Test rows of every fold.

    Attributes
    ----------
    test : ndarray of bool, (repeat, fold, case)
        Whether a case is tested in a fold.
    """

    test: Mask

    @property
    def ratio(self) -> float:
        """Mean of test cases over training cases."""
        tested = self.test.sum(axis=2)
        return float((tested / (self.test.shape[2] - tested)).mean())


def stratified(y: Labels, folds: int, repeats: int, rng: np.random.Generator) -> Splits:
    """Deal the cases of each class out to the folds, anew in each repeat.

    Parameters
    ----------
    y : ndarray of int64, (case,)
        0 or 1.
    folds, repeats : int
        At least 2 and 1.
    rng : numpy.random.Generator
        The generator.

    Returns
    -------
    Splits
        Folds whose sizes differ by at most one a class.
    """
    fold = np.empty((repeats, len(y)), np.int64)
    for code in (0, 1):
        cases = np.flatnonzero(y == code)
        # The second class is dealt from the other end, so that the folds' sizes stay alike.
        dealt = np.arange(len(cases)) % folds if code == 0 else folds - 1 - np.arange(len(cases)) % folds
        fold[:, cases] = rng.permuted(np.tile(dealt, (repeats, 1)), axis=1)
    return Splits(fold[:, None, :] == np.arange(folds)[None, :, None])


def linear_scores(X: Floats, y: Labels, train: Mask, model: str = "lda") -> Floats:
    """Fit a linear model to every training set, and score all cases with it.

    Parameters
    ----------
    X : ndarray of float64, (case, feature)
        Features.
    y : ndarray of int64, (case,)
        0 or 1.
    train : ndarray of bool, (set, case)
        The training cases of each set; both classes are in each.
    model : {"lda", "naive_bayes", "centroid"}
        Linear discriminant analysis; the same with a diagonal covariance; with one variance for all features.

    Returns
    -------
    ndarray of float64, (set, case)
        Log odds of the positive class, which is predicted above 0.
    """
    direction, threshold = linear_models(X, y, train, model)
    scores: Floats = direction @ X.T - threshold[:, None]
    return scores


def linear_models(X: Floats, y: Labels, train: Mask, model: str) -> tuple[Floats, Floats]:
    """Give direction, (set, feature), and threshold, (set,), of each model; parameters as :func:`linear_scores`."""
    weight = train.astype(np.float64)
    n, p = X.shape
    sizes = [weight[:, y == code].sum(axis=1) for code in (0, 1)]
    means = [
        weight[:, y == code] @ X[y == code] / size[:, None] for code, size in zip((0, 1), sizes, strict=True)
    ]
    shift = means[1] - means[0]
    if model == "centroid":
        # One variance for all features: without it the scores were no log odds, and 0 no threshold.
        second = (weight @ (X**2)).sum(axis=1)
        first = sum(size * (m**2).sum(axis=1) for size, m in zip(sizes, means, strict=True))
        variance = (second - first) / ((sizes[0] + sizes[1] - 2) * p)
        direction = shift / variance[:, None]
    else:
        products = (X[:, :, None] * X[:, None, :]).reshape(n, p * p)
        moments = (weight @ products).reshape(-1, p, p)
        between = sum(
            size[:, None, None] * m[:, :, None] * m[:, None, :] for size, m in zip(sizes, means, strict=True)
        )
        covariance = (moments - between) / (sizes[0] + sizes[1] - 2)[:, None, None]
        scale = np.trace(covariance, axis1=1, axis2=2) / p
        covariance = covariance + RIDGE * scale[:, None, None] * np.eye(p)
        if model == "naive_bayes":
            direction = shift / np.diagonal(covariance, axis1=1, axis2=2)
        else:
            direction = np.linalg.solve(covariance, shift[:, :, None])[:, :, 0]
    middle = (direction * (means[0] + means[1])).sum(axis=1) / 2
    return direction, middle - np.log(sizes[1] / sizes[0])


def auc(scores: Floats, y: Labels, test: Mask) -> Floats:
    """Give the area under the ROC curve of the test cases of each set; shape (set,). Ties count half."""
    up = np.where(test & (y == 1), scores, np.nan)[:, y == 1]
    down = np.where(test & (y == 0), scores, np.nan)[:, y == 0]
    found = np.empty(len(scores))
    for start in range(0, len(scores), 64):  # few enough pairs at a time to stay in the cache
        a, b = up[start : start + 64, :, None], down[start : start + 64, None, :]
        above = (a > b).sum(axis=(1, 2)) + 0.5 * (a == b).sum(axis=(1, 2))
        pairs = np.isfinite(a).sum(axis=(1, 2)) * np.isfinite(b).sum(axis=(1, 2))
        found[start : start + 64] = above / pairs
    return found


def accuracy(scores: Floats, y: Labels, test: Mask) -> Floats:
    """Give the share of right answers among the test cases of each set; shape (set,)."""
    right = ((scores > 0) == (y == 1)) & test
    share: Floats = right.sum(axis=1) / test.sum(axis=1)
    return share


def ridge_predictions(X: Floats, y: Floats, train: Mask) -> Floats:
    """Fit a ridge regression to every training set, and predict the outcome of all cases.

    Parameters
    ----------
    X : ndarray of float64, (case, feature)
        Features.
    y : ndarray of float64, (case,)
        The outcome, a number.
    train : ndarray of bool, (set, case)
        The training cases of each set.

    Returns
    -------
    ndarray of float64, (set, case)
        Predicted numbers. The penalty is :data:`RIDGE` of the features' mean variance.
    """
    weight = train.astype(np.float64)
    n, p = X.shape
    size = weight.sum(axis=1)
    middle, mean = weight @ X / size[:, None], weight @ y / size
    second = (weight @ (X[:, :, None] * X[:, None, :]).reshape(n, p * p)).reshape(-1, p, p) / size[
        :, None, None
    ]
    covariance = second - middle[:, :, None] * middle[:, None, :]
    covariance += RIDGE * (np.trace(covariance, axis1=1, axis2=2) / p)[:, None, None] * np.eye(p)
    together = weight @ (X * y[:, None]) / size[:, None] - middle * mean[:, None]
    slope = np.linalg.solve(covariance, together[:, :, None])[:, :, 0]
    found: Floats = slope @ X.T + (mean - (slope * middle).sum(axis=1))[:, None]
    return found


def _mean_of(values: Floats, test: Mask) -> Floats:
    found: Floats = (values * test).sum(axis=1) / test.sum(axis=1)
    return found


def _less_mae(predicted: Floats, y: Floats, test: Mask) -> Floats:
    return -_mean_of(np.abs(predicted - y), test)


def _less_rmse(predicted: Floats, y: Floats, test: Mask) -> Floats:
    return np.asarray(-np.sqrt(_mean_of((predicted - y) ** 2, test)))


def _r2(predicted: Floats, y: Floats, test: Mask) -> Floats:
    spread = _mean_of(y**2 * np.ones_like(predicted), test) - _mean_of(y * np.ones_like(predicted), test) ** 2
    return np.asarray(1 - _mean_of((predicted - y) ** 2, test) / spread)


#: The metrics of a calibration.
METRICS: dict[str, Callable[[Floats, Labels, Mask], Floats]] = {"roc_auc": auc, "accuracy": accuracy}
#: Those of predicted numbers, turned so that larger is better.
OF_NUMBERS: dict[str, Callable[[Floats, Floats, Mask], Floats]] = {
    "mae": _less_mae,
    "rmse": _less_rmse,
    "r2": _r2,
}
#: And its models, of classes and of numbers.
MODELS = ("lda", "naive_bayes", "centroid")
MODELS_OF_NUMBERS = ("ridge",)

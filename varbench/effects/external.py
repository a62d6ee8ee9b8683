"""Any metric of many models on many resamples of the same external patients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from varbench.errors import StatisticsError
from varbench.metrics import CLIP, METRICS, evaluate

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

#: Resamples of a metric with a fast path, and of one without.
RESAMPLES, FEW_RESAMPLES = 2000, 200
#: What bounds the first: patients x models x resamples for the time of an AUC, patients x resamples for memory.
WORK, CELLS = 2e8, 5e7
_CHUNK = 2**21


@dataclass(frozen=True)
class Panel:
    """Models and the external patients that judge them all.

    Parameters
    ----------
    y_true : ndarray of int, (patient,)
        Codes of the classes.
    y_pred : ndarray of int, (model, patient)
        Predicted classes.
    y_score : ndarray of float, (model, patient) or (model, patient, class)
        Scores.
    n_classes : int
        How many classes there are.
    """

    y_true: Codes
    y_pred: Codes
    y_score: Floats
    n_classes: int = 2

    def has_fast_path(self, metric: str) -> bool:
        """Tell whether a metric is computed for all resamples at once."""
        return self.n_classes == 2 and (metric in _TABLE or metric in _LOSS or metric == "roc_auc")

    def n_resamples(self, metric: str) -> int:
        """Give how many resamples are affordable."""
        if not self.has_fast_path(metric):
            return FEW_RESAMPLES
        work = self.y_pred.size if metric == "roc_auc" else 1
        affordable = min(WORK / work, CELLS / len(self.y_true))
        return int(np.clip(affordable, FEW_RESAMPLES, RESAMPLES))

    def holds_all(self, weights: Floats) -> npt.NDArray[np.bool_]:
        """Tell which resamples hold every class; shape (resample,)."""
        whole = np.ones(len(weights), dtype=np.bool_)
        for code in np.unique(self.y_true):
            whole &= weights[:, self.y_true == code].sum(axis=1) > 0
        return whole

    def scores(self, metric: str, weights: Floats) -> Floats:
        """What do all models score on all resamples?

        Parameters
        ----------
        metric : str
            One of :data:`~varbench.metrics.METRICS`.
        weights : ndarray of float, (resample, patient)
            How often each patient is in each resample.

        Returns
        -------
        ndarray of float64, (resample, model)
            NaN where undefined.

        Raises
        ------
        StatisticsError
            If the metric is not in the table: one of the user's own cannot be computed anew from a cube.
        """
        if metric not in METRICS:
            raise StatisticsError(
                f"{metric} is the study's own metric: a cube does not hold how to compute it"
            )
        if not self.has_fast_path(metric):
            return self._slow(metric, weights)
        found = [self._fast(metric, part) for part in _chunks(weights, self.y_pred.shape[1])]
        return np.concatenate(found)

    def _fast(self, metric: str, weights: Floats) -> Floats:
        if metric == "roc_auc":
            return _aucs(self.y_true == 1, self.y_score, weights)
        if metric in _LOSS:
            of_true = np.where(self.y_true == 1, self.y_score, 1 - self.y_score)
            impossible = np.asarray(((self.y_score < 0) | (self.y_score > 1)).any(axis=1))
            loss = np.where(impossible[:, None], np.nan, _LOSS[metric](of_true))
            mean: Floats = (weights @ loss.T) / weights.sum(axis=1, keepdims=True)
            return mean
        positive, said = self.y_true == 1, self.y_pred == 1
        tp, fp = weights @ (said & positive).T.astype(float), weights @ (said & ~positive).T.astype(float)
        p = (weights @ positive.astype(float))[:, None]
        return _TABLE[metric](tp, fp, p, weights.sum(axis=1, keepdims=True) - p)

    def _slow(self, metric: str, weights: Floats) -> Floats:
        chosen = (METRICS[metric],)
        found = [
            evaluate(chosen, self.y_true, label, score, weight, n_classes=self.n_classes)[0][0]
            for weight in weights
            for label, score in zip(self.y_pred, self.y_score, strict=True)
        ]
        return np.array(found).reshape(len(weights), len(self.y_pred))


def draw(panel: Panel, n_resamples: int, rng: np.random.Generator) -> tuple[Floats, int]:
    """Draw the patients anew, with replacement.

    Parameters
    ----------
    panel : Panel
        The patients.
    n_resamples : int
        How often.
    rng : numpy.random.Generator
        The generator.

    Returns
    -------
    weights : ndarray of float, (resample, patient)
        How often each patient is in each resample; every class is in each.
    redrawn : int
        How many resamples lacked a class and were drawn again.
    """
    n = len(panel.y_true)
    weights = rng.multinomial(n, np.full(n, 1 / n), size=n_resamples).astype(np.float64)
    redrawn = 0
    while not (whole := panel.holds_all(weights)).all():
        lacking = int((~whole).sum())
        redrawn += lacking
        weights[~whole] = rng.multinomial(n, np.full(n, 1 / n), size=lacking)
    return weights, redrawn


def _chunks(weights: Floats, width: int) -> Iterator[Floats]:
    step = max(1, _CHUNK // max(width, 1))
    for start in range(0, len(weights), step):
        yield weights[start : start + step]


def _aucs(positive: npt.NDArray[np.bool_], scores: Floats, weights: Floats) -> Floats:
    """Give the AUC of every model on every resample, ties counting half; shape (resample, model)."""
    # Patients first, so that sums over them run along contiguous resamples.
    up, down = np.ascontiguousarray(weights[:, positive].T), np.ascontiguousarray(weights[:, ~positive].T)
    pairs = up.sum(axis=0) * down.sum(axis=0)
    areas = np.empty((len(weights), len(scores)))
    below = np.zeros((len(down) + 1, len(weights)))
    for model, score in enumerate(scores):
        order = np.argsort(score[~positive])
        np.cumsum(down[order], axis=0, out=below[1:])
        ordered = score[~positive][order]
        left, right = (np.searchsorted(ordered, score[positive], side) for side in ("left", "right"))
        beaten = np.einsum("ib,ib->b", up, below[left])
        if (left != right).any():
            beaten = (beaten + np.einsum("ib,ib->b", up, below[right])) / 2
        areas[:, model] = beaten / pairs
    return areas


def _ratio(over: Floats, under: Floats) -> Floats:
    """Divide; 0 stands where nothing was predicted positive, as in the metrics themselves."""
    return np.divide(over, under, out=np.zeros_like(over), where=under > 0)


def _mcc(tp: Floats, fp: Floats, p: Floats, n: Floats) -> Floats:
    said = tp + fp
    return _ratio(tp * n - fp * p, np.sqrt(p * n * said * (p + n - said)))


# Each takes true and false positives (resample, model) and positives and negatives (resample, 1).
_TABLE: dict[str, Callable[[Floats, Floats, Floats, Floats], Floats]] = {
    "accuracy": lambda tp, fp, p, n: (tp + n - fp) / (p + n),
    "balanced_accuracy": lambda tp, fp, p, n: (tp / p + (n - fp) / n) / 2,
    "precision": lambda tp, fp, p, n: _ratio(tp, tp + fp),
    "recall": lambda tp, fp, p, n: tp / p,
    "specificity": lambda tp, fp, p, n: (n - fp) / n,
    "f1": lambda tp, fp, p, n: 2 * tp / (tp + fp + p),
    "mcc": _mcc,
}
_LOSS: dict[str, Callable[[Floats], Floats]] = {
    "brier": lambda of_true: (1 - of_true) ** 2,
    "log_loss": lambda of_true: -np.log(of_true.clip(CLIP, 1 - CLIP)),
}

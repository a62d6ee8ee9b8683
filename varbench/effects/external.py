"""Any metric of many models on many resamples of the same external patients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from varbench.errors import StatisticsError
from varbench.metrics import METRICS, Metric, ScoreStatus, evaluate
from varbench.stats import REGRESSION
from varbench.stats.kernels import Case, has_kernel, is_of_ranks, kernel

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

#: Resamples of a metric with a fast path, and of one without.
RESAMPLES, FEW_RESAMPLES = 2000, 200
#: What bounds the first: patients x models x resamples for the time, which sorted scores take more of; patients x
#: resamples for memory.
WORK, WORK_OF_RANKS, CELLS = 2e9, 2e8, 5e7
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

    def n_resamples(self, metric: str) -> int:
        """Give how many resamples are affordable."""
        if not has_kernel(METRICS[metric]):
            return FEW_RESAMPLES
        work = WORK_OF_RANKS if is_of_ranks(METRICS[metric]) else WORK
        affordable = min(work / self.y_pred.size, CELLS / len(self.y_true))
        return int(np.clip(affordable, FEW_RESAMPLES, RESAMPLES))

    def holds_all(self, weights: Codes) -> npt.NDArray[np.bool_]:
        """Tell which resamples hold every class; shape (resample,)."""
        whole = np.ones(len(weights), dtype=np.bool_)
        for code in np.unique(self.y_true):
            whole &= weights[:, self.y_true == code].sum(axis=1) > 0
        return whole

    def scores(self, metric: str, weights: Codes) -> Floats:
        """What do all models score on all resamples?

        Parameters
        ----------
        metric : str
            One of :data:`~varbench.metrics.METRICS`.
        weights : ndarray of int, (resample, patient)
            How often each patient is in each resample, in which every class is.

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
        known = METRICS[metric]
        models = [
            Case(self.y_true, label, score, self.n_classes)
            for label, score in zip(self.y_pred, self.y_score, strict=True)
        ]
        found = np.full((len(weights), len(models)), np.nan)
        step = max(1, _CHUNK // weights.shape[1])
        for model, case in enumerate(models):
            if not _is_defined(known, case):
                continue
            computed = kernel(known, case)
            for start in range(0, len(weights), step):
                found[start : start + step, model] = computed(weights[start : start + step])
        return found


def _is_defined(metric: Metric, case: Case) -> bool:
    """Tell whether a model has the metric at all: a loss of scores that are no probabilities is none."""
    (status,) = evaluate((metric,), case.y_true, case.label, case.score, n_classes=case.n_classes)[1]
    return ScoreStatus(status).has_value


@dataclass(frozen=True)
class PanelOfNumbers:
    """Models that predict numbers, and the external patients that judge them all.

    Parameters
    ----------
    y_true : ndarray of float, (patient,)
        True numbers.
    y_pred : ndarray of float, (model, patient)
        Predicted ones.
    """

    y_true: Floats
    y_pred: Floats

    def n_resamples(self, metric: str) -> int:
        """Give how many resamples are affordable."""
        affordable = min(WORK / self.y_pred.size, CELLS / len(self.y_true))
        return int(np.clip(affordable, FEW_RESAMPLES, RESAMPLES))

    def holds_all(self, weights: Codes) -> npt.NDArray[np.bool_]:
        """Tell which resamples have a score at all: those with two different true numbers; shape (resample,)."""
        held = np.where(weights > 0, self.y_true, np.nan)
        return np.asarray(np.nanmax(held, axis=1) > np.nanmin(held, axis=1))

    def scores(self, metric: str, weights: Codes) -> Floats:
        """What do all models score on all resamples? As :meth:`Panel.scores`."""
        found = np.empty((len(weights), len(self.y_pred)))
        step = max(1, _CHUNK // weights.shape[1])
        for model, predicted in enumerate(self.y_pred):
            computed = REGRESSION[metric].kernel(self.y_true, predicted)
            for start in range(0, len(weights), step):
                found[start : start + step, model] = computed(
                    weights[start : start + step].astype(np.float64)
                )
        return found


def draw(
    panel: Panel | PanelOfNumbers, n_resamples: int, rng: np.random.Generator, groups: Codes | None = None
) -> tuple[Codes, int]:
    """Draw the patients anew, with replacement.

    Parameters
    ----------
    panel : Panel or PanelOfNumbers
        The patients.
    n_resamples : int
        How often.
    rng : numpy.random.Generator
        The generator.
    groups : ndarray of int, (patient,), optional
        Codes 0..G-1, where several rows are of one patient: then whole groups are drawn.

    Returns
    -------
    weights : ndarray of int, (resample, patient)
        How often each patient is in each resample; every class is in each.
    redrawn : int
        How many resamples lacked a class and were drawn again.
    """
    n = len(panel.y_true) if groups is None else int(groups.max()) + 1

    def drawn(count: int) -> Codes:
        found = rng.multinomial(n, np.full(n, 1 / n), size=count)
        return found if groups is None else np.take(found, groups, axis=1)

    weights = drawn(n_resamples)
    redrawn = 0
    while not (whole := panel.holds_all(weights)).all():
        lacking = int((~whole).sum())
        redrawn += lacking
        weights[~whole] = drawn(lacking)
    return weights, redrawn

"""The patients of a re-split cohort drawn anew: what their out-of-fold predictions say of two procedures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from varbench.effects.scores import DONE, attribute, declared, greater_is_better, primary
from varbench.metrics import METRICS
from varbench.stats import Result, method_class, patient_bootstrap

if TYPE_CHECKING:
    import xarray as xr

#: Resamples of the patients.
RESAMPLES = 2000
Floats = npt.NDArray[np.float64]


def by_patients(cube: xr.Dataset, first: str, second: str, metric: str | None = None) -> list[Result]:
    """By how much do two procedures differ, if the patients of their one cohort had been others?

    Parameters
    ----------
    cube : xarray.Dataset
        One cohort, re-split, whose predictions are kept.
    first, second : str
        Two of its procedures, tested on the same rows.
    metric : str, optional
        The primary one by default.

    Returns
    -------
    list of Result
        The patient bootstrap of the repeat-averaged out-of-fold scores; none where the predictions are not there, the
        metric is the study's own, or the predictions have a column a class.
    """
    metric = primary(cube) if metric is None else metric
    if metric not in METRICS or "y_score" not in cube or "class" in cube["y_score"].dims:
        return []
    what = "y_pred" if METRICS[metric].needs == "label" else "y_score"
    done = np.flatnonzero((cube["status"].sel(procedure=[first, second]).values == DONE).all(axis=0))
    if not len(done):
        return []
    parts = [_predictions(cube, name, done, what) for name in (first, second)]
    (y, a, folds), (_, b, _) = parts
    seen = y >= 0
    groups = _groups(cube, first, done, len(y))
    n = int(seen.sum()) if groups is None else len(np.unique(groups[seen]))
    known = method_class(
        "patient_bootstrap", folds=int(cube.sizes["fold"]), repeats=len(done), n=n, metric=metric,
        prevalence=float((y[seen] == 1).mean()),
    )  # fmt: skip
    found = patient_bootstrap(
        y[seen], a[:, seen], b[:, seen], metric=metric, fold=folds[:, seen], n_resamples=RESAMPLES,
        groups=None if groups is None else groups[seen], validity=known.validity,
        confidence_level=float(declared(cube, "confidence_level", 0.95)),
    )  # fmt: skip
    labels: dict[str, Any] = {
        "metric": metric, "first": first, "second": second, "greater_is_better": greater_is_better(cube, metric),
    }  # fmt: skip
    if known.rate:
        labels["measured_error_rate"] = known.rate
    return [replace(found, settings={**found.settings, **labels})]


def _predictions(
    cube: xr.Dataset, procedure: str, done: npt.NDArray[np.intp], what: str
) -> tuple[npt.NDArray[np.int64], Floats, npt.NDArray[np.int64]]:
    """Give classes (case,), and predictions and folds (repeat, case); NaN and -1 where a case was not tested."""
    n_cases = int(attribute(cube, "data", {}).get("n_cases") or int(cube["sample"].max()) + 1)
    y = np.full(n_cases, -1, np.int64)
    scores, folds = np.full((len(done), n_cases), np.nan), np.full((len(done), n_cases), -1, np.int64)
    run = cube[["sample", "y_true", "row_fold", what]].sel(procedure=procedure).isel(repeat=done).load()
    for place in range(len(done)):
        sample = run["sample"].values[place]
        rows = np.flatnonzero((sample >= 0) & (run["y_true"].values[place] >= 0))
        y[sample[rows]] = run["y_true"].values[place][rows]
        scores[place, sample[rows]] = run[what].values[place][rows]
        folds[place, sample[rows]] = run["row_fold"].values[place][rows]
    return y, scores, folds


def _groups(
    cube: xr.Dataset, procedure: str, done: npt.NDArray[np.intp], n_cases: int
) -> npt.NDArray[np.int64] | None:
    if "group" not in cube:
        return None
    found = np.full(n_cases, -1, np.int64)
    run = cube[["sample", "group"]].sel(procedure=procedure).isel(repeat=int(done[0])).load()
    rows = np.flatnonzero(run["sample"].values >= 0)
    found[run["sample"].values[rows]] = run["group"].values[rows]
    return None if (found < 0).any() else found

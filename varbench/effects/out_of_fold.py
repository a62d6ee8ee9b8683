"""The patients of a re-split cohort drawn anew: what their out-of-fold predictions say of two procedures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from varbench.effects.scores import DONE, attribute, declared, greater_is_better, is_numeric, primary
from varbench.metrics import METRICS
from varbench.stats import REGRESSION, Result, method_class, patient_bootstrap

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
        The patient bootstrap of the repeat-averaged out-of-fold scores, of classes or of numbers; none where the
        predictions are not there, the metric is the study's own, the predictions have a column a class, or a step
        gave the patients other labels in other repeats or in one of the procedures: a patient is drawn with one.
    """
    metric = primary(cube) if metric is None else metric
    numeric = is_numeric(cube)
    if metric not in (REGRESSION if numeric else METRICS) or "y_score" not in cube:
        return []
    if "class" in cube["y_score"].dims:
        return []
    what = "y_pred" if numeric or METRICS[metric].needs == "label" else "y_score"
    done = np.flatnonzero((cube["status"].sel(procedure=[first, second]).values == DONE).all(axis=0))
    if not len(done):
        return []
    parts = [_predictions(cube, name, done, what) for name in (first, second)]
    if any(part is None for part in parts):
        return []
    (y, a, folds), (other, b, _) = parts  # type: ignore[misc]
    seen = np.isfinite(y) & np.isfinite(other)
    if not (seen.any() and (y[seen] == other[seen]).all()):
        return []
    groups = _groups(cube, first, done, seen)
    n = int(seen.sum()) if groups is None else len(np.unique(groups[seen]))
    known = method_class(
        "patient_bootstrap", folds=int(cube.sizes["fold"]), repeats=len(done), n=n, metric=metric,
        prevalence=None if numeric else float((y[seen] == 1).mean()),
    )  # fmt: skip
    truth = y[seen] if numeric else y[seen].astype(np.int64)
    found = patient_bootstrap(
        truth, a[:, seen], b[:, seen], metric=metric, fold=folds[:, seen], n_resamples=RESAMPLES,
        groups=None if groups is None else groups[seen], validity=known.validity,
        confidence_level=float(declared(cube, "confidence_level", 0.95)),
    )  # fmt: skip
    labels: dict[str, Any] = {
        "metric": metric, "first": first, "second": second, "greater_is_better": greater_is_better(cube, metric),
    }  # fmt: skip
    if numeric:
        labels |= {"mean_first": found.settings["first"], "mean_second": found.settings["second"]}
    if known.rate:
        labels["measured_error_rate"] = known.rate
    return [replace(found, settings={**found.settings, **labels})]


def _predictions(
    cube: xr.Dataset, procedure: str, done: npt.NDArray[np.intp], what: str
) -> tuple[Floats, Floats, npt.NDArray[np.int64]] | None:
    """Give outcomes (case,), and predictions and folds (repeat, case); NaN and -1 where a case was not tested.

    None where a case has not one outcome in all repeats.
    """
    numeric = is_numeric(cube)
    n_cases = int(attribute(cube, "data", {}).get("n_cases") or int(cube["sample"].max()) + 1)
    y = np.full(n_cases, np.nan)
    scores, folds = np.full((len(done), n_cases), np.nan), np.full((len(done), n_cases), -1, np.int64)
    run = cube[["sample", "y_true", "row_fold", what]].sel(procedure=procedure).isel(repeat=done).load()
    for place in range(len(done)):
        sample = run["sample"].values[place]
        truth = np.asarray(run["y_true"].values[place], np.float64)
        # The padding is NaN among numbers, -1 among codes of classes.
        rows = np.flatnonzero((sample >= 0) & (np.isfinite(truth) if numeric else truth >= 0))
        labels = truth[rows]
        if (np.isfinite(y[sample[rows]]) & (y[sample[rows]] != labels)).any():
            return None
        y[sample[rows]] = labels
        scores[place, sample[rows]] = run[what].values[place][rows]
        folds[place, sample[rows]] = run["row_fold"].values[place][rows]
    return y, scores, folds


def _groups(
    cube: xr.Dataset, procedure: str, done: npt.NDArray[np.intp], seen: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64] | None:
    """Give the group of each case, (case,); None where that of a case that was tested is not known."""
    if "group" not in cube:
        return None
    found = np.full(len(seen), -1, np.int64)
    run = cube[["sample", "group"]].sel(procedure=procedure).isel(repeat=done).load()
    sample, group = run["sample"].values, run["group"].values
    rows = sample >= 0  # no one repeat need test all cases
    found[sample[rows]] = group[rows]
    return None if (found[seen] < 0).any() else found

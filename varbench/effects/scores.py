"""The scores of a cube as arrays, and the few attributes that say what they are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from varbench.errors import StatisticsError, unknown
from varbench.metrics import shipped_metric

if TYPE_CHECKING:
    import xarray as xr

Floats = npt.NDArray[np.float64]
#: Why a cube may lack a variable.
MISSING = {
    "truth": "there was no population and no external set",
    "training": "the study does not ask for it; Study(training=True) does",
}
#: The status of a run whose scores count.
DONE = 1


def attribute(cube: xr.Dataset, name: str, default: Any = None) -> Any:
    """Give an attribute of a cube, decoded where it is JSON text.

    Parameters
    ----------
    cube : xarray.Dataset
        The cube.
    name : str
        The attribute.
    default : object
        Given where the cube lacks it.

    Returns
    -------
    object
        The value.
    """
    value = cube.attrs.get(name, default)
    return json.loads(value) if isinstance(value, str) and value[:1] in ("{", "[") else value


def declared(cube: xr.Dataset, name: str, default: Any = None) -> Any:
    """What was declared of the comparison: the primary metric, its margin and their like?

    Parameters
    ----------
    cube : xarray.Dataset
        The cube.
    name : str
        ``primary``, ``direction``, ``margin``, ``gamma`` or ``confidence_level``.
    default : object
        Given where nothing was declared.

    Returns
    -------
    object
        What was last set after the runs, else what was stored when the cube was made.
    """
    later = [entry["value"] for entry in attribute(cube, "overrides") or [] if entry["name"] == name]
    return later[-1] if later else cube.attrs.get(name, default)


def primary(cube: xr.Dataset) -> str:
    """Give the name of the primary metric.

    Parameters
    ----------
    cube : xarray.Dataset
        The cube.

    Returns
    -------
    str
        As :func:`declared`.
    """
    return str(declared(cube, "primary"))


def is_cohort_varied(cube: xr.Dataset) -> bool:
    """Tell whether the cohorts are drawn anew, so that the scores speak of their population.

    Parameters
    ----------
    cube : xarray.Dataset
        The cube.

    Returns
    -------
    bool
        Whether the source ``cohort`` is varied together with the others: in a joint design each repeat has a cohort
        of its own, in a crossed one :func:`by_cohort` gives each cohort its mean.
    """
    sources = attribute(cube, "sources", {})
    return bool(sources.get("cohort", {}).get("state") == "varied") and design_of(cube) != "one"


def is_numeric(cube: xr.Dataset) -> bool:
    """Tell whether the outcome is a number; else it is a class.

    Parameters
    ----------
    cube : xarray.Dataset
        The cube.

    Returns
    -------
    bool
        As the cube says.
    """
    return cube.attrs.get("task") == "regression"


def design_of(cube: xr.Dataset) -> str:
    """Tell how the sources were varied.

    Parameters
    ----------
    cube : xarray.Dataset
        The cube.

    Returns
    -------
    {"joint", "crossed", "one"}
        Together, each draw with each, or one source at a time.
    """
    return str((attribute(cube, "design") or {}).get("kind", "joint"))


def by_cohort(cube: xr.Dataset, *scores: Floats) -> tuple[Floats, ...]:
    """Give what can be counted: of a crossed design with cohorts the mean of each cohort, else the repeats.

    The repeats of one cohort are no evidence about others, however many there are; the cohorts are independent.

    Parameters
    ----------
    cube : xarray.Dataset
        The cube.
    *scores : ndarray of float64, (repeat, ...)
        Scores that belong together; a repeat that one of them lacks counts for none of them.

    Returns
    -------
    tuple of ndarray
        As given, or with a cohort in the place of a repeat; NaN where a cohort has no score.
    """
    if design_of(cube) != "crossed" or not is_cohort_varied(cube):
        return scores
    number = attribute(cube, "design")["counts"]["cohort"]
    drawn = np.asarray(cube["realization"].sel(source="cohort").values, np.int64)
    flat = [np.asarray(values, np.float64).reshape(len(values), -1) for values in scores]
    there = np.all([np.isfinite(values).any(axis=1) for values in flat], axis=0) & (drawn >= 0)
    found = []
    for values, given in zip(flat, scores, strict=True):
        known = np.isfinite(values) & there[:, None]
        total, count = np.zeros((number, values.shape[1])), np.zeros((number, values.shape[1]))
        np.add.at(total, drawn[there], np.where(known, values, 0.0)[there])
        np.add.at(count, drawn[there], known[there])
        mean = np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
        found.append(mean.reshape(number, *np.shape(given)[1:]))
    return tuple(found)


def greater_is_better(cube: xr.Dataset, metric: str) -> bool:
    """Tell a metric's direction.

    Parameters
    ----------
    cube : xarray.Dataset
        The cube, which knows the direction of each of its metrics.
    metric : str
        The metric.

    Returns
    -------
    bool
        As :data:`~varbench.metrics.METRICS` or :data:`~varbench.metrics.OF_NUMBERS` says; of a metric of the user's
        own as the cube says.
    """
    if (shipped := shipped_metric(metric)) is not None:
        return shipped.greater_is_better
    if metric == primary(cube):
        return bool(declared(cube, "direction") != "less")
    return metric not in attribute(cube, "lower_is_better", [])


def fold_scores(cube: xr.Dataset, procedure: str, metric: str, variable: str = "score") -> Floats:
    """What did a procedure score, fold by fold?

    Parameters
    ----------
    cube : xarray.Dataset
        The cube.
    procedure, metric : str
        Names in the cube.
    variable : {"score", "score_weighted", "truth", "final", "training"}
        Which score.

    Returns
    -------
    ndarray of float64, (repeat, fold)
        NaN where a run is not done or the score is undefined; one column for ``"final"``.

    Raises
    ------
    StatisticsError
        If the cube has no such procedure, metric or variable.
    """
    for kind, name in (("procedure", procedure), ("metric", metric)):
        if name not in cube[kind].values:
            raise StatisticsError(unknown(kind, name, (str(known) for known in cube[kind].values)))
    if variable not in cube:
        raise StatisticsError(f"the cube has no {variable!r}: {MISSING.get(variable, MISSING['truth'])}")
    chosen = {"procedure": procedure, "metric": metric}
    scores = np.asarray(cube[variable].sel(chosen).values, np.float64)
    scores = scores.reshape(len(scores), -1)
    done = np.asarray(cube["status"].sel(procedure=procedure).values) == DONE
    return np.where(done[:, None] & np.isfinite(scores), scores, np.nan)


def repeat_scores(cube: xr.Dataset, procedure: str, metric: str, variable: str = "score") -> Floats:
    """What did a procedure score in each repeat: the mean over the folds that have a score?

    Parameters
    ----------
    cube, procedure, metric, variable
        As in :func:`fold_scores`.

    Returns
    -------
    ndarray of float64, (repeat,)
        NaN where no fold has a score. :func:`defined_folds` tells how many folds each mean is of.
    """
    return fold_mean(fold_scores(cube, procedure, metric, variable))


def defined_folds(
    cube: xr.Dataset, procedure: str, metric: str, variable: str = "score"
) -> npt.NDArray[np.int64]:
    """Of how many folds is the mean of each repeat?

    Parameters
    ----------
    cube, procedure, metric, variable
        As in :func:`fold_scores`.

    Returns
    -------
    ndarray of int64, (repeat,)
        The folds that have a score.
    """
    count: npt.NDArray[np.int64] = np.isfinite(fold_scores(cube, procedure, metric, variable)).sum(axis=1)
    return count


def fold_mean(scores: Floats) -> Floats:
    """Average over the folds that have a score; (repeat, fold) to (repeat,), NaN where none has."""
    count = np.isfinite(scores).sum(axis=1)
    total = np.nansum(scores, axis=1)
    mean: Floats = np.divide(total, count, out=np.full(len(scores), np.nan), where=count > 0)
    return mean

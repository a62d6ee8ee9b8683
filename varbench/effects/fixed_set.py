"""Two procedures of a cube that were tested on one fixed test set: their models against each other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from varbench.effects.scores import DONE, declared, greater_is_better, primary
from varbench.metrics import METRICS
from varbench.stats import Result
from varbench.stats.auc import delong
from varbench.stats.classes import with_class
from varbench.stats.joint import joint_bootstrap
from varbench.stats.resampling import bootstrap_metric

if TYPE_CHECKING:
    import xarray as xr

#: Resamples of a comparison on a test set.
RESAMPLES = 2000


class Tested(NamedTuple):
    """What models predicted for the same cases.

    Attributes
    ----------
    y_true : ndarray of int64, (case,)
        Codes.
    a, b : ndarray, (run, case) or (run, case, class)
        What the metric needs of the first and the second procedure.
    groups : ndarray of int64 or None, (case,)
        Whose the cases are.
    """

    y_true: npt.NDArray[np.int64]
    a: npt.NDArray[Any]
    b: npt.NDArray[Any]
    groups: npt.NDArray[np.int64] | None

    @property
    def size(self) -> dict[str, Any]:
        """The number of units, and the share of the positive class where there are two."""
        n = len(self.y_true) if self.groups is None else len(np.unique(self.groups))
        return {"n": n, "prevalence": float((self.y_true == 1).mean()) if self.y_true.max() == 1 else None}


def on_test_set(cube: xr.Dataset, first: str, second: str, metric: str | None = None) -> list[Result]:
    """Do the trained models of two procedures differ on their one test set?

    Parameters
    ----------
    cube : xarray.Dataset
        A cube with one fold and a fixed split, whose predictions are kept.
    first, second : str
        Two of its procedures, tested on the same rows.
    metric : str, optional
        The primary one by default.

    Returns
    -------
    list of Result
        One model each: DeLong's test for the AUC of two classes, and the paired bootstrap. Several: the joint bootstrap
        over runs and patients. None where the metric is the study's own, or the runs were not tested on the same cases.
    """
    metric = primary(cube) if metric is None else metric
    tested = _tested(cube, first, second, metric)
    if tested is None:
        return []
    level = float(declared(cube, "confidence_level", 0.95))
    labels = {
        "metric": metric,
        "first": first,
        "second": second,
        "greater_is_better": greater_is_better(cube, metric),
    }
    found = _joint(tested, metric, level) if len(tested.a) > 1 else _paired(tested, metric, level)
    means = _means(cube, first, second, metric)
    return [replace(one, settings={**one.settings, **labels, **means}) for one in found]


def _paired(tested: Tested, metric: str, level: float) -> list[Result]:
    found = []
    y, a, b, groups = tested.y_true, tested.a[0], tested.b[0], tested.groups
    if metric == "roc_auc" and a.ndim == 1:
        found.append(delong(y, a, b, groups=groups, confidence_level=level))
    found.append(
        bootstrap_metric(y, a, b, metric=metric, groups=groups, n_resamples=RESAMPLES, confidence_level=level)
    )
    return [with_class(one, design="test set", metric=metric, **tested.size) for one in found]


def _joint(tested: Tested, metric: str, level: float) -> list[Result]:
    found = joint_bootstrap(
        tested.y_true, tested.a, tested.b, metric=metric, groups=tested.groups, n_resamples=RESAMPLES,
        confidence_level=level,
    )  # fmt: skip
    return [with_class(found, design="seeds", repeats=len(tested.a), metric=metric, **tested.size)]


def _means(cube: xr.Dataset, first: str, second: str, metric: str) -> dict[str, float]:
    scores = cube["score"].sel(metric=metric)
    return {
        f"mean_{place}": float(np.nanmean(scores.sel(procedure=name).values))
        for place, name in (("first", first), ("second", second))
    }


def _tested(cube: xr.Dataset, first: str, second: str, metric: str) -> Tested | None:
    if metric not in METRICS or "y_score" not in cube or cube.sizes["fold"] != 1:
        return None
    done = (cube["status"].sel(procedure=[first, second]).values == DONE).all(axis=0)
    if not done.any():
        return None
    what = "y_pred" if METRICS[metric].needs == "label" else "y_score"
    blocks: dict[str, list[npt.NDArray[Any]]] = {first: [], second: []}
    known: tuple[npt.NDArray[Any], ...] | None = None
    for repeat in np.flatnonzero(done):
        for name in (first, second):
            run = cube.sel(procedure=name).isel(repeat=repeat)
            sample = run["sample"].values
            rows = np.flatnonzero(run["y_true"].values >= 0)
            rows = rows[np.argsort(sample[rows], kind="stable")]
            cases = (sample[rows], run["y_true"].values[rows])
            if known is None:
                known = cases
                groups = run["group"].values[rows] if "group" in run else None
            if len(rows) != len(known[0]) or any((x != y).any() for x, y in zip(cases, known, strict=True)):
                return None
            blocks[name].append(run[what].values[rows])
    if known is None or len(np.unique(known[1])) < 2:
        return None
    return Tested(known[1].astype(np.int64), np.stack(blocks[first]), np.stack(blocks[second]), groups)

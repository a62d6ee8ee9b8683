"""Other metrics of runs that are done, computed from the predictions in the cube."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from varbench.cube import Status, attributes
from varbench.effects import is_numeric
from varbench.errors import InputError, unknown
from varbench.metrics import METRICS, OF_NUMBERS, Metric, evaluate

Array = npt.NDArray[Any]
#: The variables with the dimension ``metric``, and what stands in them where nothing was scored.
SCORES: dict[str, Any] = {
    "score": np.nan,
    "score_weighted": np.nan,
    "score_status": 255,
    "truth": np.nan,
    "final": np.nan,
}


def settled(cube: xr.Dataset, metrics: Sequence[str] | None = None) -> xr.Dataset:
    """Make a cube ready for a report: its metrics as asked for, its primary metric and margin as last set.

    Parameters
    ----------
    cube : xarray.Dataset
        From :func:`varbench.open_cube`; it is not changed.
    metrics : sequence of str, optional
        Names in the cube or in :data:`~varbench.metrics.METRICS` (of numbers
        :data:`~varbench.metrics.OF_NUMBERS`), without repetition. The primary metric comes
        first, whether it is named or not: the verdict is about it. All of the cube by default.

    Returns
    -------
    xarray.Dataset
        With the scores in memory. What was set after the runs stands in the attributes, and still in ``overrides``.

    Raises
    ------
    InputError
        If a metric is not known, or is named twice.
    """
    cube = cube.copy()
    for entry in attributes(cube).get("overrides") or []:
        if entry.get("name") in ("primary", "direction", "margin", "gamma", "confidence_level"):
            cube.attrs[entry["name"]] = entry["value"]
    stored = [str(name) for name in cube["metric"].values]
    primary = str(cube.attrs["primary"])
    table = OF_NUMBERS if is_numeric(cube) else METRICS
    wanted = list(dict.fromkeys([primary, *(stored if metrics is None else _known(metrics, stored, table))]))
    for name in [*SCORES, "n_train", "n_test", "related", "error", "warning", "seconds"]:
        if name in cube.variables:
            cube.variables[name].load()
    return cube if wanted == stored else _rescored(cube, wanted, stored, table)


def _known(metrics: Sequence[str], stored: Sequence[str], table: Mapping[str, Metric]) -> list[str]:
    for name in metrics:
        if name not in stored and name not in table:
            raise InputError(unknown("metric", name, dict.fromkeys([*stored, *table])))
    twice = sorted({name for name in metrics if list(metrics).count(name) > 1})
    if twice:
        raise InputError(f"metrics {', '.join(metrics)}: {twice[0]} is there twice")
    return list(metrics)


def _rescored(
    cube: xr.Dataset, wanted: Sequence[str], stored: Sequence[str], table: Mapping[str, Metric]
) -> xr.Dataset:
    """Take the stored scores of some metrics, and compute those of the others."""
    new = [name for name in wanted if name not in stored]
    computed = _evaluate_all(cube, [table[name] for name in new]) if new else {}
    replaced = {}
    for variable in SCORES:
        if variable not in cube.variables:
            continue
        old = cube[variable]
        columns = [
            computed[variable][..., new.index(name)] if name in new else old.values[..., stored.index(name)]
            for name in wanted
        ]
        replaced[variable] = (old.dims, np.stack(columns, axis=-1))
    # What models said of their training rows is not kept: by another metric there is no such score.
    bare = cube.drop_vars([*replaced, "metric"])
    if "training" in cube.variables:
        replaced["training"] = _reordered(cube["training"], wanted, stored)
        bare = bare.drop_vars("training")
    return bare.assign(replaced).assign_coords(metric=("metric", np.array(wanted, dtype=object).astype("T")))


def _reordered(
    scores: xr.DataArray, wanted: Sequence[str], stored: Sequence[str]
) -> tuple[tuple[Any, ...], Array]:
    missing = np.full(scores.shape[:-1], np.nan)
    columns = [scores.values[..., stored.index(name)] if name in stored else missing for name in wanted]
    return scores.dims, np.stack(columns, axis=-1)


def _evaluate_all(cube: xr.Dataset, metrics: Sequence[Metric]) -> dict[str, Array]:
    sizes = (cube.sizes["procedure"], cube.sizes["repeat"], cube.sizes["fold"], len(metrics))
    found = {
        name: np.full(sizes, fill, np.uint8 if name == "score_status" else np.float64)
        for name, fill in SCORES.items()
    }
    found["final"] = np.full((sizes[0], sizes[1], sizes[3]), np.nan)
    for procedure, repeat in np.argwhere(np.asarray(cube["status"].values) == Status.DONE).tolist():
        run = cube.isel(procedure=procedure, repeat=repeat)
        _own(
            run,
            metrics,
            {name: found[name][procedure, repeat] for name in ("score", "score_weighted", "score_status")},
        )
        if "truth" in cube.variables:
            _external(run, metrics, found["truth"][procedure, repeat], found["final"][procedure, repeat])
    return found


def _own(run: xr.Dataset, metrics: Sequence[Metric], into: dict[str, Array]) -> None:
    columns = ("row_fold", "y_true", "y_pred", "y_score", "weight")
    fold, y_true, y_pred, y_score, weight = (np.asarray(run[name].values) for name in columns)
    n_classes = _n_classes(run)
    for number in range(run.sizes["fold"]):
        rows = np.flatnonzero(fold == number)
        if len(rows):
            part = y_true[rows], y_pred[rows], y_score[rows]
            into["score"][number], into["score_status"][number] = evaluate(
                metrics, *part, n_classes=n_classes
            )
            into["score_weighted"][number] = evaluate(metrics, *part, weight[rows], n_classes)[0]


def _n_classes(run: xr.Dataset) -> int:
    return 0 if is_numeric(run) else int(run.sizes["class"])


def _external(run: xr.Dataset, metrics: Sequence[Metric], truth: Array, final: Array) -> None:
    """Score what was kept of the external rows; a callable's run has nothing there."""
    y_true, n_classes = np.asarray(run["external_y_true"].values), _n_classes(run)
    least = 0 if n_classes else -np.inf  # of a number NaN is the padding, and everything else may be
    labels, scores = (np.asarray(run[name].values) for name in ("external_pred", "external_score"))
    for number, (label, score) in enumerate(zip(labels, scores.astype(float), strict=True)):
        if (label >= least).all() and (y_true >= least).all():
            truth[number] = evaluate(metrics, y_true, label, score, n_classes=n_classes)[0]
    label, score = (np.asarray(run[name].values) for name in ("final_pred", "final_score"))
    if (label >= least).all() and (y_true >= least).all():
        final[:] = evaluate(metrics, y_true, label, score.astype(float), n_classes=n_classes)[0]

"""The score batch by batch, and what the batch alone tells of the class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from varbench.effects.scores import DONE, attribute, is_numeric, primary, repeat_scores
from varbench.metrics import METRICS, Metric, evaluate
from varbench.stats import auc_of_batches, in_halves, two_sites

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

#: The columns of :func:`by_batch` and of :func:`batch_alone`.
BATCH_COLUMNS = ("procedure", "batch", "n", "positives", "repeats", "score", "sd")
ALONE_COLUMNS = ("procedure", "batches", "n", "alone", "two_sites", "own", "truth")
_READ = ("status", "batch", "row_fold", "y_true", "y_pred", "y_score")


def by_batch(cube: xr.Dataset) -> pd.DataFrame:
    """What does a procedure score on the rows of each batch?

    Parameters
    ----------
    cube : xarray.Dataset
        The cube, of data with batches.

    Returns
    -------
    DataFrame
        A row a procedure and batch, points on lines left out: the tested rows of a repeat, ``n``, and the
        ``positives`` among them, means over the ``repeats`` in which the score is defined; the mean ``score`` by the
        primary metric, of the folds in which the batch has one, by their rows, and its ``sd`` over the repeats.
        Empty where there are no batches, or the metric cannot be computed from a cube.
    """
    import pandas as pd

    metric = METRICS.get(primary(cube))
    found: list[dict[str, Any]] = []
    for procedure in _shown(cube) if metric is not None and not is_numeric(cube) else ():
        scores: dict[int, list[tuple[float, int, int]]] = {}
        for part in _runs(cube, procedure):
            for batch in np.unique(part["batch"]):
                rows = {name: values[part["batch"] == batch] for name, values in part.items()}
                value = _of_folds(metric, rows, cube.sizes["class"])
                scores.setdefault(int(batch), []).append(
                    (value, len(rows["y_true"]), int((rows["y_true"] == 1).sum()))
                )
        found += [_row(cube, procedure, batch, scores[batch]) for batch in sorted(scores)]
    return pd.DataFrame(found, columns=list(BATCH_COLUMNS))


def batch_alone(cube: xr.Dataset) -> pd.DataFrame:
    """What would it give to know of each tested row its batch, and nothing else?

    Parameters
    ----------
    cube : xarray.Dataset
        The cube, of data with batches and two classes.

    Returns
    -------
    DataFrame
        A row a procedure, those on lines left out: how many ``batches`` its test rows are from, how many rows ``n``;
        ``alone``, the AUC of ranking them by the share of positive ones in their batch; ``two_sites``, the formula
        for two sites, each a half of the batches; beside them the ``own`` AUC of the procedure and that on the
        ``truth``, where the cube has the metric. Means over the repeats.
    """
    import pandas as pd

    rows = []
    for procedure in _shown(cube) if cube.sizes["class"] == 2 and not is_numeric(cube) else ():
        counts = [_counts(part) for part in _runs(cube, procedure)]
        counts = [one for one in counts if one.sum(axis=1).min() > 0 and one.shape[1] > 1]
        if not counts:
            continue
        alone = np.mean([auc_of_batches(positive, negative) for negative, positive in counts])
        formula = np.mean([two_sites(*in_halves(positive, negative)) for negative, positive in counts])
        n, batches = (np.mean([f(one) for one in counts]) for f in (np.sum, lambda one: one.shape[1]))
        row = (procedure, round(batches), n, alone, formula, *_auc(cube, procedure))
        rows.append(dict(zip(ALONE_COLUMNS, row, strict=True)))
    return pd.DataFrame(rows, columns=list(ALONE_COLUMNS))


def _shown(cube: xr.Dataset) -> list[str]:
    """Give the procedures that are no mere points of a line; none where there are no batches."""
    if "batch" not in cube.variables:
        return []
    named = {name for pair in (attribute(cube, "pairs") or {}).values() for name in pair}
    named |= set(attribute(cube, "compared") or ())
    drawn = {point[1] for points in (attribute(cube, "lines") or {}).values() for point in points}
    return [str(name) for name in cube["procedure"].values if name in named or name not in drawn]


def _runs(cube: xr.Dataset, procedure: str) -> Iterator[dict[str, npt.NDArray[Any]]]:
    """Give the tested rows of each run that is done and whose batch is known."""
    part = cube[list(_READ)].sel(procedure=procedure).load()
    for repeat in np.flatnonzero(part["status"].values == DONE):
        one = {name: np.asarray(part[name].values[repeat]) for name in _READ[1:]}
        rows = one["batch"] >= 0
        if rows.any():
            yield {name: values[rows] for name, values in one.items()}


def _of_folds(metric: Metric | None, rows: dict[str, npt.NDArray[Any]], n_classes: int) -> float:
    """Score each fold's rows, and average by their number: models of several folds share no scale."""
    found = []
    for fold in np.unique(rows["row_fold"]):
        y, label, score = (rows[name][rows["row_fold"] == fold] for name in ("y_true", "y_pred", "y_score"))
        (value,) = evaluate((metric,), y, label, score, n_classes=n_classes)[0]  # type: ignore[arg-type]
        found.append((float(value), len(y)))
    values, sizes = np.array(found).T
    there = np.isfinite(values)
    return float(np.average(values[there], weights=sizes[there])) if there.any() else np.nan


def _counts(part: dict[str, npt.NDArray[Any]]) -> npt.NDArray[np.int64]:
    """Give the rows of each class, (class, batch), of the batches that are there."""
    _, code = np.unique(part["batch"], return_inverse=True)
    table = np.zeros((2, int(code.max()) + 1), dtype=np.int64)
    np.add.at(table, (part["y_true"].astype(np.int64), code), 1)
    return table


def _row(cube: xr.Dataset, procedure: str, batch: int, found: list[tuple[float, int, int]]) -> dict[str, Any]:
    value, n, positives = (np.array(one, dtype=float) for one in zip(*found, strict=True))
    there = value[np.isfinite(value)]
    score = float(there.mean()) if len(there) else np.nan
    sd = float(there.std(ddof=1)) if len(there) > 1 else np.nan
    name = str(cube["batch_name"].values[batch])
    row = (procedure, name, n.mean(), positives.mean(), len(there), score, sd)
    return dict(zip(BATCH_COLUMNS, row, strict=True))


def _auc(cube: xr.Dataset, procedure: str) -> tuple[float, float]:
    """Give the mean AUC over the repeats, on the own test rows and on the truth; NaN where the cube has none."""
    found = []
    for variable in ("score", "truth"):
        known = variable in cube.variables and "roc_auc" in cube["metric"].values
        scores = repeat_scores(cube, procedure, "roc_auc", variable) if known else np.array([np.nan])
        scores = scores[np.isfinite(scores)]
        found.append(float(scores.mean()) if len(scores) else np.nan)
    return found[0], found[1]

"""The score of a model period by period, and limits that a model as good as before keeps within."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from varbench.effects.scores import DONE, attribute, fold_scores, is_numeric, primary
from varbench.stats import hanley_mcneil

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

#: The columns of :func:`charts` and of :func:`monitoring`.
CHART_COLUMNS = (
    "procedure", "repeat", "period", "reference", "n", "positives", "score", "centre", "low", "high", "beyond",
)  # fmt: skip
MONITORING_COLUMNS = (
    "procedure", "period", "reference", "repeats", "n", "positives", "score", "sd", "centre", "low", "high", "beyond",
)  # fmt: skip
#: How many standard errors from the centre the limits are.
LIMIT = 3.0
#: Of which rows a share is taken, by metric: of all, of the positive, of the negative ones.
_SHARES = {"accuracy": "all", "recall": "positive", "specificity": "negative"}


def charts(cube: xr.Dataset) -> pd.DataFrame:
    """Does the score of a model stay within its limits, period by period?

    Parameters
    ----------
    cube : xarray.Dataset
        The cube, whose study has ``monitored``.

    Returns
    -------
    DataFrame
        A row a procedure, repeat and period, the periods in the order of the folds: whether it belongs to the
        ``reference``, its rows ``n`` and ``positives``, the ``score``, the ``centre`` and the limits ``low`` and
        ``high``, and whether the score is ``beyond`` them. Without limits, where the metric has no known error, those
        are NaN and nothing is beyond. Empty where the study has nothing to watch.

    Notes
    -----
    A control chart (Shewhart's). The centre is the mean of the reference periods, by their rows. The limits are
    :data:`LIMIT` standard errors away: those of a period of this size and of the centre itself. Of an AUC the error is
    that of Hanley & McNeil 1982, doi:10.1148/radiology.143.1.7063747, of a share of rows the binomial one, both at
    the centre.
    """
    import pandas as pd

    rows = [
        dict(zip(CHART_COLUMNS, (procedure, repeat, *found), strict=True))
        for procedure, first in ({} if is_numeric(cube) else attribute(cube, "monitored") or {}).items()
        for repeat in np.flatnonzero(cube["status"].sel(procedure=procedure).values == DONE)
        for found in _chart(cube, procedure, int(repeat), int(first))
    ]
    return pd.DataFrame(rows, columns=list(CHART_COLUMNS))


def monitoring(cube: xr.Dataset, found: pd.DataFrame | None = None) -> pd.DataFrame:
    """How often is the score of a period beyond its limits?

    Parameters
    ----------
    cube : xarray.Dataset
        The cube, whose study has ``monitored``.
    found : DataFrame, optional
        What :func:`charts` gives, where it is known.

    Returns
    -------
    DataFrame
        A row a procedure and period: means of the columns of :func:`charts` over the ``repeats``, the ``sd`` of the
        score, and ``beyond``, the share of the repeats in which it is beyond the limits.
    """
    import pandas as pd

    found = charts(cube) if found is None else found
    rows = []
    for (procedure, period), part in found.groupby(["procedure", "period"], sort=False):
        mean = part[["n", "positives", "score", "centre", "low", "high", "beyond"]].mean()
        sd = float(part["score"].std(ddof=1)) if len(part) > 1 else math.nan
        row = (
            procedure, period, bool(part["reference"].iloc[0]), len(part), mean["n"], mean["positives"],
            mean["score"], sd, mean["centre"], mean["low"], mean["high"], mean["beyond"],
        )  # fmt: skip
        rows.append(dict(zip(MONITORING_COLUMNS, row, strict=True)))
    return pd.DataFrame(rows, columns=list(MONITORING_COLUMNS))


def _chart(
    cube: xr.Dataset, procedure: str, repeat: int, first: int
) -> Iterator[tuple[str, bool, int, int, float, float, float, float, bool]]:
    metric = primary(cube)
    score = fold_scores(cube, procedure, metric)[repeat]
    sizes = np.asarray(cube["n_test"].sel(procedure=procedure).isel(repeat=repeat).values)
    tested = np.flatnonzero((sizes >= 0).all(axis=1))
    if len(tested) <= first or sizes.shape[1] != 2:
        return
    score, sizes, names = score[tested], sizes[tested], _names(cube, procedure, repeat, len(tested))
    reference = np.arange(len(tested)) < first
    known = reference & np.isfinite(score)
    centre = float(np.average(score[known], weights=sizes[known].sum(axis=1))) if known.any() else math.nan
    of_centre = _error(metric, centre, *sizes[known].sum(axis=0))
    for period, (negative, positive) in enumerate(sizes.tolist()):
        half = LIMIT * math.hypot(_error(metric, centre, negative, positive), of_centre)
        low, high = max(centre - half, 0.0), min(centre + half, 1.0)
        beyond = bool(score[period] < low or score[period] > high)
        yield (
            names[period], bool(reference[period]), negative + positive, positive, float(score[period]), centre,
            low if math.isfinite(half) else math.nan, high if math.isfinite(half) else math.nan,
            beyond and math.isfinite(half),
        )  # fmt: skip


def _error(metric: str, centre: float, negative: float, positive: float) -> float:
    """Give the standard error of a score at the centre; NaN where it is not known."""
    if metric == "roc_auc":
        known = 0 < centre < 1 and min(negative, positive) >= 1
        return math.sqrt(hanley_mcneil(centre, positive, negative)) if known else math.nan
    n = {"all": negative + positive, "positive": positive, "negative": negative}.get(
        _SHARES.get(metric, ""), 0
    )
    return math.sqrt(max(centre * (1 - centre), 0.0) / n) if n else math.nan


def _names(cube: xr.Dataset, procedure: str, repeat: int, n_folds: int) -> list[str]:
    """Name the folds by the batch that each tests; by their number where one tests several."""
    names = [f"{fold + 1}" for fold in range(n_folds)]
    if "batch" not in cube.variables:
        return names
    run = cube[["row_fold", "batch"]].sel(procedure=procedure).isel(repeat=repeat).load()
    fold, batch = run["row_fold"].values, run["batch"].values
    for number in range(n_folds):
        found = np.unique(batch[fold == number])
        if len(found) == 1 and found[0] >= 0:
            names[number] = str(cube["batch_name"].values[found[0]])
    return names

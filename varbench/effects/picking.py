"""Picking the best of several on the test rows: what it gave, and what it gives among equals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from varbench.effects.scores import DONE, declared, is_cohort_varied
from varbench.stats import expected_maximum, mean_interval

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

#: The columns of :func:`picking`.
PICKING_COLUMNS = (
    "procedure", "candidates", "repeats", "mean", "best", "sd", "units", "expected", "gain", "ci_low", "ci_high",
)  # fmt: skip


def picking(cube: xr.Dataset) -> pd.DataFrame:
    """What did picking the best candidate on the test rows give, and what does it give among equals?

    Parameters
    ----------
    cube : xarray.Dataset
        The cube.

    Returns
    -------
    DataFrame
        A row for each procedure that picks: how many ``candidates``; over the ``repeats`` the ``mean`` of all of
        them, the ``best``, and the ``sd`` among those of one repeat; ``units``, the expected maximum of so many
        standard normal numbers, and ``expected``, that many SD: the gain if all were equally good, and their scores
        normal; ``gain``, the best minus the mean as it was, with an interval over the repeats. Larger is better, in
        units of the scorer that the choice went by. Empty where nothing picks.

    Notes
    -----
    The SD among candidates of one repeat is free of what they share: the cohort and its split. It is taken from
    the mean of the repeats' SDs, divided by its expectation for normal scores.
    """
    import pandas as pd

    rows = []
    for procedure in cube["procedure"].values if "candidate_score" in cube.variables else ():
        part = cube[["candidate_score", "status"]].sel(procedure=procedure)
        scores = np.asarray(part["candidate_score"].values, np.float64)
        scores = scores[np.asarray(part["status"].values) == DONE]
        scores = scores[:, np.isfinite(scores).any(axis=0)]
        k = scores.shape[1]
        if k < 2 or not len(scores):
            continue
        gain = scores.max(axis=1) - scores.mean(axis=1)
        level = float(declared(cube, "confidence_level", 0.95))
        found = mean_interval(gain, confidence_level=level, repeats_share_data=not is_cohort_varied(cube))
        sd = float(scores.std(axis=1, ddof=1).mean()) / _mean_of_sd(k)
        low, high = found.interval or (math.nan, math.nan)
        units = expected_maximum(k)
        row = (
            str(procedure), k, len(scores), float(scores.mean()), float(scores.max(axis=1).mean()), sd, units,
            units * sd, float(gain.mean()), low, high,
        )  # fmt: skip
        rows.append(dict(zip(PICKING_COLUMNS, row, strict=True)))
    return pd.DataFrame(rows, columns=list(PICKING_COLUMNS))


def _mean_of_sd(k: int) -> float:
    """Give the mean of the standard deviation of k standard normal numbers, with k - 1 in its divisor."""
    return math.sqrt(2 / (k - 1)) * math.exp(special.gammaln(k / 2) - special.gammaln((k - 1) / 2))

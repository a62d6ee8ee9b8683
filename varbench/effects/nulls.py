"""Two procedures that are equal by construction: how often does each method call them different?"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from varbench.calibration import re_split
from varbench.effects.comparing import test_over_train
from varbench.effects.scores import (
    Floats,
    attribute,
    declared,
    design_of,
    fold_scores,
    greater_is_better,
    primary,
)
from varbench.errors import StatisticsError
from varbench.stats import clopper_pearson, oriented

if TYPE_CHECKING:
    import xarray as xr

#: After how many re-splits of each cohort the methods are asked; after all of them as well.
REPEATS = (2, 5, 10, 20, 50, 100)
#: The columns of the error rates.
RATE_COLUMNS = ("method", "repeats", "differs", "n", "rate", "ci_low", "ci_high")


def is_null(cube: xr.Dataset) -> bool:
    """Tell whether a cube can show error rates.

    Parameters
    ----------
    cube : xarray.Dataset
        The cube.

    Returns
    -------
    bool
        Whether its study declares two procedures ``equal``, and its cohorts are crossed with their splits.
    """
    return _why_not(cube) is None


def _why_not(cube: xr.Dataset) -> str | None:
    if not attribute(cube, "equal"):
        return "its study declares no two procedures as equal=(A, B)"
    counts = (attribute(cube, "design") or {}).get("counts", {})
    if design_of(cube) != "crossed" or not {"cohort", "split"} <= set(counts):
        return "its design does not cross cohorts with splits, as vary=['cohort:40', 'split:50'] does"
    if counts["cohort"] < 2 or len(cube["repeat"]) < 2 * counts["cohort"]:
        return "it needs at least 2 cohorts, each re-split at least 2 times"
    return None


def error_rates(
    cube: xr.Dataset, metric: str | None = None, *, repeats: Iterable[int] = REPEATS
) -> pd.DataFrame:
    """On which share of cohorts does each method call two equal procedures different?

    Parameters
    ----------
    cube : xarray.Dataset
        Of a study that declares ``equal``, with cohorts crossed with splits.
    metric : str, optional
        The primary one by default.
    repeats : iterable of int
        After how many re-splits of a cohort the methods are asked, beside all of them. Methods that take one repeat
        are not asked.

    Returns
    -------
    DataFrame
        A row for each method and number of re-splits: ``differs`` of ``n`` cohorts, their share ``rate``, and its
        exact binomial interval ``ci_low``, ``ci_high``. The nominal rate is 0.05.

    Raises
    ------
    StatisticsError
        If the cube is another one, or no cohort has two repeats with all scores.

    Notes
    -----
    Each cohort is asked about as if it were a study of its own: the truth, that the two are equal, is about the
    population which the cohorts are drawn from.
    """
    why = _why_not(cube)
    if why is not None:
        raise StatisticsError(f"this cube shows no error rates: {why}")
    cohorts = list(_cohorts(cube, primary(cube) if metric is None else metric))
    if not cohorts:
        raise StatisticsError("no cohort has two repeats with all scores: run the study to its end")
    most = max(a.shape[0] for a, _, _ in cohorts)
    level = float(declared(cube, "confidence_level", 0.95))
    frames = [
        _asked([one for one in cohorts if one[0].shape[0] >= number], number, level)
        for number in sorted({number for number in repeats if 2 <= number < most} | {most})
    ]
    return pd.concat(frames, ignore_index=True)


def _asked(cohorts: list[tuple[Floats, Floats, float]], number: int, level: float) -> pd.DataFrame:
    """Count who calls the procedures different, after a number of re-splits of each cohort."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        calls = [re_split(a[:number], b[:number], ratio) for a, b, ratio in cohorts]
    rows: list[dict[str, Any]] = []
    for method in calls[0]:
        differs = sum(call[method].differs for call in calls)
        low, high = clopper_pearson(differs, len(calls), level)
        rows.append(
            dict(
                zip(
                    RATE_COLUMNS,
                    (method, number, differs, len(calls), differs / len(calls), low, high),
                    strict=True,
                )
            )
        )
    return pd.DataFrame(rows, columns=list(RATE_COLUMNS))


def _cohorts(cube: xr.Dataset, metric: str) -> Iterator[tuple[Floats, Floats, float]]:
    """Give the scores of each cohort's whole re-splits, (repeat, fold), and test over training cases."""
    first, second = attribute(cube, "equal")
    a, b = (fold_scores(cube, name, metric) for name in (first, second))
    a, b = oriented(a, b, greater_is_better(cube, metric))
    whole = np.isfinite(a).all(axis=1) & np.isfinite(b).all(axis=1)
    drawn = np.asarray(cube["realization"].sel(source="cohort").values, np.int64)
    ratio = test_over_train(cube, first) or 1 / max(a.shape[1] - 1, 1)
    for cohort in np.unique(drawn[drawn >= 0]):
        mine = whole & (drawn == cohort)
        if mine.sum() >= 2:
            yield a[mine], b[mine], ratio

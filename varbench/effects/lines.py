"""Scores of procedures that differ in a number, and how much of their spread that number, and the line, make."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from varbench.effects.scores import (
    Floats,
    attribute,
    by_cohort,
    declared,
    greater_is_better,
    is_cohort_varied,
    primary,
    repeat_scores,
)
from varbench.stats import mean_interval, oriented, variance_components

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

#: The columns of :func:`lines`.
LINE_COLUMNS = (
    "line", "x", "procedure", "repeats", "score", "sd", "training", "overfit", "overfit_low", "overfit_high",
    "truth", "optimism", "optimism_low", "optimism_high",
)  # fmt: skip
#: The columns of :func:`line_shares`.
SHARE_COLUMNS = ("source", "variance", "share", "ci_low", "ci_high")
#: The columns of :func:`line_ranges`; ``together`` is what two or three of them do together, and the residual.
RANGE_COLUMNS = ("up_to", "number", "line", "repeat", "together")
#: How the components of :func:`line_shares` are called.
NUMBER, LINE, REPEAT = "the number", "the line", "the repeat"


def lines(cube: xr.Dataset) -> pd.DataFrame:
    """How does the primary score change along each line of the study?

    Parameters
    ----------
    cube : xarray.Dataset
        The cube, whose study has lines: procedures that differ in a number.

    Returns
    -------
    DataFrame
        A row a point: ``line``, ``x``, ``procedure``; over its ``repeats`` the mean ``score`` with its ``sd``; the
        mean score on the rows that the models were fitted on, ``training``, and by how much that looks better,
        ``overfit``, with its interval; the score of the same models on what no procedure has touched, ``truth``, and
        by how much their own score looks better, ``optimism``, with its interval. NaN for what was not computed;
        intervals are Student's over the repeats. Empty where the study has no lines.
    """
    import pandas as pd

    named: Mapping[str, Any] = attribute(cube, "lines") or {}
    rows = [
        (line, float(x), name, *_point(cube, str(name)))
        for line, points in named.items()
        for x, name in points
    ]
    return pd.DataFrame(rows, columns=list(LINE_COLUMNS))


def _point(cube: xr.Dataset, name: str) -> tuple[float, ...]:
    metric = primary(cube)
    (own,) = by_cohort(cube, repeat_scores(cube, name, metric))
    there = own[np.isfinite(own)]
    spread = float(there.std(ddof=1)) if len(there) > 1 else math.nan
    mean = float(there.mean()) if len(there) else math.nan
    training, *overfit = _gap(cube, name, metric, "training", "score")
    truth, *optimism = _gap(cube, name, metric, "truth", "score_weighted")
    # What looks better is the training score above the own one, and the own one above the truth.
    return len(there), mean, spread, training, *overfit, truth, *_turned(optimism)


def _gap(
    cube: xr.Dataset, name: str, metric: str, variable: str, against: str
) -> tuple[float, float, float, float]:
    """Give the mean of another score, and by how much it looks better than the own one, with its interval."""
    if variable not in cube.variables:
        return (math.nan,) * 4
    other, own = by_cohort(
        cube, repeat_scores(cube, name, metric, variable), repeat_scores(cube, name, metric, against)
    )
    both = np.isfinite(other) & np.isfinite(own)
    if not both.any():
        return (math.nan,) * 4
    first, second = oriented(other[both], own[both], greater_is_better(cube, metric))
    level = float(declared(cube, "confidence_level", 0.95))
    found = mean_interval(
        first - second, confidence_level=level, repeats_share_data=not is_cohort_varied(cube)
    )
    low, high = found.interval or (math.nan, math.nan)
    return float(other[both].mean()), float(np.mean(first - second)), low, high


def _turned(gap: list[float]) -> tuple[float, float, float]:
    estimate, low, high = gap
    return -estimate, -high, -low


def line_shares(cube: xr.Dataset) -> pd.DataFrame:
    """What moves the primary score more: the number, or the line?

    Parameters
    ----------
    cube : xarray.Dataset
        The cube, whose study has lines over the same numbers.

    Returns
    -------
    DataFrame
        A row a component of the variance of the scores: ``source`` (the number, the line, the repeat, what they do
        together), ``variance``, ``share``, and the interval of the share, ``ci_low`` and ``ci_high``. Empty where
        the study has fewer than two lines or two numbers, where they do not have the same numbers, or where a
        score is missing.

    Notes
    -----
    Every procedure meets every repeat, so that number, line and repeat are crossed; the components are those of
    :func:`varbench.stats.variance_components`, with the numbers and the lines taken as draws of what they might
    have been: other numbers give other shares.
    """
    import pandas as pd

    scores = _grid(cube)
    if scores is None:
        return pd.DataFrame(columns=list(SHARE_COLUMNS))
    level = float(declared(cube, "confidence_level", 0.95))
    found = variance_components(scores, factors=[NUMBER, LINE, REPEAT], confidence_level=level)
    shares = found.shares()
    variances = [found.variances[source] for source in shares["source"]]
    return shares.assign(variance=variances)[list(SHARE_COLUMNS)]


def line_ranges(cube: xr.Dataset) -> pd.DataFrame:
    """How do the shares of :func:`line_shares` hang on the range of the numbers?

    Parameters
    ----------
    cube : xarray.Dataset
        The cube, whose study has lines over the same numbers.

    Returns
    -------
    DataFrame
        A row a range, from the smallest number up to ``up_to``, two numbers at least: the shares of the variance,
        by :data:`RANGE_COLUMNS`. Empty where :func:`line_shares` is, or there are but two numbers.
    """
    import pandas as pd

    scores = _grid(cube)
    rows = []
    if scores is not None and len(scores) > 2:
        named: Mapping[str, Any] = attribute(cube, "lines")
        at = [float(x) for x, _ in next(iter(named.values()))]
        for last in range(2, len(at) + 1):
            found = variance_components(scores[:last], factors=[NUMBER, LINE, REPEAT]).shares()
            share = dict(zip(found["source"], found["share"], strict=True))
            alone = [share.pop(source) for source in (NUMBER, LINE, REPEAT)]
            rows.append((at[last - 1], *alone, sum(share.values())))
    return pd.DataFrame(rows, columns=list(RANGE_COLUMNS))


def _grid(cube: xr.Dataset) -> Floats | None:
    """Give the scores, (number, line, repeat), of repeats that all procedures have; None where there is no grid."""
    named: Mapping[str, Any] = attribute(cube, "lines") or {}
    tables = [{float(x): str(name) for x, name in points} for points in named.values()]
    if len(tables) < 2 or len(tables[0]) < 2 or any(table.keys() != tables[0].keys() for table in tables):
        return None
    metric = primary(cube)
    scores = np.array(
        [[by_cohort(cube, repeat_scores(cube, table[x], metric))[0] for table in tables] for x in tables[0]]
    )
    whole: Floats = scores[:, :, np.isfinite(scores).all(axis=(0, 1))]
    return whole if whole.shape[2] > 1 else None

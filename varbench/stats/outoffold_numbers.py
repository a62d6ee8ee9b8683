"""The patient bootstrap of out-of-fold predictions where the outcome is a number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from varbench.errors import StatisticsError
from varbench.stats.binary import group_codes
from varbench.stats.draws import FEWEST, Codes, at_least, random_generator, resampled, seed_of
from varbench.stats.foldwise import Foldwise, fold_codes
from varbench.stats.regression import (
    FEW_UNITS,
    REGRESSION,
    Kernel,
    RegressionMetric,
    conclude,
    read_numbers,
    units_of,
)
from varbench.stats.result import Design, Result
from varbench.stats.samples import Floats, check_index

_NAME = "patient_bootstrap"


class _Tested(NamedTuple):
    """The cases that were tested: y (case,), models (repeat, case) each, fold (repeat, case), groups."""

    y: Floats
    models: list[Floats]
    fold: Codes
    groups: Codes | None
    dropped: int


def patients_of_numbers(
    y_true: npt.ArrayLike,
    models: list[npt.ArrayLike],
    design: Design,
    *,
    metric: str,
    fold: npt.ArrayLike | None,
    groups: npt.ArrayLike | None,
    n_resamples: int,
    rng: int | np.random.Generator,
) -> Result:
    """By how much do out-of-fold predictions of numbers differ, if the patients had been others?

    Parameters
    ----------
    y_true : array_like of float, (case,)
        True numbers.
    models : list of array_like of float, (repeat, case)
        What one procedure or two predicted of each case while it was out of the fold; NaN where a repeat did not
        test it.
    design : Design
        The labels.
    metric : str
        Of :data:`~varbench.stats.REGRESSION`.
    fold, groups, n_resamples, rng
        As in :func:`~varbench.stats.patient_bootstrap`.

    Returns
    -------
    Result
        As there.

    Raises
    ------
    StatisticsError
        If shapes differ, a number is missing or infinite, the metric is undefined, or there is one unit alone.
    """
    chosen, given = REGRESSION[metric], _tested(y_true, models, fold, groups)
    units = units_of(given.groups, len(given.y))
    statistic = Foldwise(given.fold, lambda index, run: _kernels(chosen, given, index, run))
    data = statistic(units.once)[0]
    if not np.isfinite(data).all():
        raise StatisticsError(f"{metric} is undefined: in every fold the numbers are all equal")
    drawn = resampled(statistic, units, at_least("n_resamples", n_resamples, FEWEST), random_generator(rng))
    settings: dict[str, Any] = {
        "metric": metric, "greater_is_better": chosen.greater_is_better, "n_cases": len(given.y),
        "n_dropped": given.dropped, "drawn": "cases" if groups is None else "groups", "rng": seed_of(rng),
        **drawn.settings, "interval": "percentile", "n_repeats": len(given.fold),
        "averaged": "pooled per repeat" if fold is None else "per fold",
    }  # fmt: skip
    notes = (["pairs_dropped"] if given.dropped else []) + (["groups_as_units"] if groups is not None else [])
    notes += drawn.notes + (["small_sample"] if units.n < FEW_UNITS else [])
    found = (float(data[0]), drawn.values[:, 0])
    if len(data) == 2:
        settings |= {"first": float(data[0]), "second": float(data[1])}
        found = (float(chosen.gain(data[0], data[1])), chosen.gain(*drawn.values.T))
    return conclude(_NAME, design, units.n, found, [], settings, notes, two=len(data) == 2)


def _kernels(
    metric: RegressionMetric, given: _Tested, index: Codes, run: int
) -> list[Callable[[Codes], Floats]]:
    return [_defined(metric.kernel(given.y[index], model[run, index])) for model in given.models]


def _defined(kernel: Kernel) -> Callable[[Codes], Floats]:
    """Leave a fold out of the resamples that have none of its cases."""

    def of_counts(counts: Codes) -> Floats:
        some = counts.sum(axis=1) > 0
        found = np.full(len(counts), np.nan)
        found[some] = kernel(counts[some].astype(np.float64))
        return found

    return of_counts


def _tested(
    y_true: npt.ArrayLike,
    models: list[npt.ArrayLike],
    fold: npt.ArrayLike | None,
    groups: npt.ArrayLike | None,
) -> _Tested:
    """Mark what was not tested by all, leave out the cases that never were, and put the rest in an order of its own."""
    check_index(y_true=y_true, groups=groups)
    y = read_numbers("y_true", y_true)
    if y.ndim != 1 or not y.size or np.isnan(y).any():
        raise StatisticsError(
            f"y_true has shape {y.shape}: one number a case is needed, and none may be missing"
        )
    said = [read_numbers(f"model {k}", model) for k, model in enumerate(models, start=1)]
    for k, values in enumerate(said, start=1):
        if values.ndim != 2 or values.shape != (len(said[0]), len(y)):
            raise StatisticsError(
                f"model {k} has shape {values.shape}: one number a repeat and case, with as many repeats for both "
                f"procedures and {len(y)} cases, is needed"
            )
    missing = [np.isnan(values) for values in said]
    without = np.any(missing, axis=0)
    codes = np.where(without, -1, fold_codes(fold, without.shape))
    kept = np.flatnonzero((codes >= 0).any(axis=0))
    if not len(kept):
        raise StatisticsError("no case was tested in any repeat: nothing is left to judge")
    of_case = group_codes(groups, len(y))
    first, last = (np.nan_to_num(values[:, kept]).mean(axis=0) for values in (said[0], said[-1]))
    order = kept[np.lexsort((np.abs(first - last), first + last, y[kept]))]
    dropped = int((without & ~np.all(missing, axis=0)).sum()) + len(y) - len(kept)
    return _Tested(
        y[order],
        [v[:, order] for v in said],
        codes[:, order],
        None if of_case is None else of_case[order],
        dropped,
    )

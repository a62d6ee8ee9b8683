"""Predicted numbers: how far off, and by how much a first model is nearer than a second."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Unpack

import numpy as np
import numpy.typing as npt

from varbench.errors import StatisticsError, unknown
from varbench.stats.binary import group_codes
from varbench.stats.draws import (
    FEWEST,
    Codes,
    Units,
    at_least,
    left_out,
    random_generator,
    resampled,
    seed_of,
)
from varbench.stats.result import Design, Labels, Result
from varbench.stats.samples import TIE_TOLERANCE, Floats, check_index, check_size, numbers
from varbench.stats.spread import acceleration, bca, centred_pvalue, percentile

INTERVALS = ("percentile", "bca")
#: Below so many units an interval is called uncertain, as in the bootstrap of other metrics.
FEW_UNITS = 20
#: Counts (resample, case) to values (resample,).
Kernel = Callable[[Floats], Floats]


@dataclass(frozen=True)
class RegressionMetric:
    """What is a metric of predicted numbers called, which way is better, and where does it lie?

    Attributes
    ----------
    name : str
        The key in :data:`REGRESSION`.
    label : str
        As a table's heading shows it.
    kernel : callable
        ``(y_true, y_pred) -> (counts -> values)``; NaN where it is undefined.
    greater_is_better : bool or None
        None where neither is: the nearer to 0 the better.
    low, high : float
        The range; infinite where there is no bound.
    """

    name: str
    label: str
    kernel: Callable[[Floats, Floats], Kernel]
    greater_is_better: bool | None
    low: float
    high: float

    def gain(self, first: Floats, second: Floats) -> Floats:
        """Give by how much the first is better."""
        if self.greater_is_better is None:
            return np.abs(second) - np.abs(first)
        return first - second if self.greater_is_better else second - first


def _mean_of(values: Floats) -> Kernel:
    def kernel(counts: Floats) -> Floats:
        return np.asarray(counts @ values / counts.sum(axis=1), np.float64)

    return kernel


def _mae(y: Floats, predicted: Floats) -> Kernel:
    return _mean_of(np.abs(predicted - y))


def _bias(y: Floats, predicted: Floats) -> Kernel:
    return _mean_of(predicted - y)


def _rmse(y: Floats, predicted: Floats) -> Kernel:
    squares = _mean_of((predicted - y) ** 2)
    return lambda counts: np.asarray(np.sqrt(squares(counts)))


def _r2(y: Floats, predicted: Floats) -> Kernel:
    errors, spread = _mean_of((predicted - y) ** 2), _moments(y, y)

    def kernel(counts: Floats) -> Floats:
        variance = spread(counts)
        found = np.full(len(counts), math.nan)
        np.divide(errors(counts), variance, out=found, where=variance > _least(y))
        return np.asarray(1 - found)

    return kernel


def _moments(x: Floats, y: Floats) -> Kernel:
    """Give the covariance on each resample, the denominator the number of cases."""
    x, y = x - x.mean(), y - y.mean()  # so that little is lost when the product of the means is taken off
    product, first, second = _mean_of(x * y), _mean_of(x), _mean_of(y)
    return lambda counts: np.asarray(product(counts) - first(counts) * second(counts))


def _least(values: Floats) -> float:
    """Give the variance below which there is only rounding."""
    return float(TIE_TOLERANCE * max(1e-300, np.ptp(values) ** 2))


def _pearson(y: Floats, predicted: Floats) -> Kernel:
    together, of_y, of_predicted = _moments(y, predicted), _moments(y, y), _moments(predicted, predicted)

    def kernel(counts: Floats) -> Floats:
        return _correlation(
            together(counts), of_y(counts), of_predicted(counts), _least(y), _least(predicted)
        )

    return kernel


def _correlation(
    together: Floats, first: Floats, second: Floats, least_first: float, least_second: float
) -> Floats:
    known = (first > least_first) & (second > least_second)
    found = np.full(len(together), math.nan)
    np.divide(together, np.sqrt(np.where(known, first * second, 1.0)), out=found, where=known)
    return np.asarray(np.clip(found, -1, 1))


def _spearman(y: Floats, predicted: Floats) -> Kernel:
    ranks = (_Ranks(y), _Ranks(predicted))

    def kernel(counts: Floats) -> Floats:
        n = counts.sum(axis=1)[:, None]
        a, b = ((rank(counts) - (n + 1) / 2) / n for rank in ranks)
        sums = [(counts * product).sum(axis=1) / n[:, 0] for product in (a * b, a * a, b * b)]
        return _correlation(sums[0], sums[1], sums[2], TIE_TOLERANCE, TIE_TOLERANCE)

    return kernel


class _Ranks:
    """The mean rank of each case on each resample, its copies and its ties included."""

    def __init__(self, values: Floats) -> None:
        self.order = np.argsort(values, kind="stable")
        ordered = values[self.order]
        self.starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
        self.tie = np.empty(len(values), np.int64)
        self.tie[self.order] = np.cumsum(np.append(True, ordered[1:] != ordered[:-1])) - 1

    def __call__(self, counts: Floats) -> Floats:
        size = np.add.reduceat(np.take(counts, self.order, axis=1), self.starts, axis=1)
        middle = size.cumsum(axis=1) - (size - 1) / 2
        return np.asarray(np.take(middle, self.tie, axis=1))


_ALL = (
    RegressionMetric("mae", "Mean absolute error", _mae, False, 0, math.inf),
    RegressionMetric("rmse", "Root mean squared error", _rmse, False, 0, math.inf),
    RegressionMetric("r2", "R²", _r2, True, -math.inf, 1),
    RegressionMetric("pearson", "Pearson correlation", _pearson, True, -1, 1),
    RegressionMetric("spearman", "Spearman correlation", _spearman, True, -1, 1),
    RegressionMetric("bias", "Bias", _bias, None, -math.inf, math.inf),
)
#: Every metric of predicted numbers by its name.
REGRESSION: dict[str, RegressionMetric] = {metric.name: metric for metric in _ALL}


def regression_metric(
    y_true: npt.ArrayLike,
    a: npt.ArrayLike,
    b: npt.ArrayLike | None = None,
    *,
    metric: str = "mae",
    groups: npt.ArrayLike | None = None,
    n_resamples: int = 10_000,
    rng: int | np.random.Generator = 0,
    interval: str = "percentile",
    **labels: Unpack[Labels],
) -> Result:
    """How near are predicted numbers to the true ones, or how much nearer than those of another model?

    Parameters
    ----------
    y_true : array_like of float, (case,)
        True numbers.
    a, b : array_like of float, (case,)
        Numbers that the first and, where there is one, the second model predicts. NaN is missing: the case is left out
        for both and counted.
    metric : {"mae", "rmse", "r2", "pearson", "spearman", "bias"}
        Of :data:`REGRESSION`; the bias is predicted minus true.
    groups : array_like, (case,), optional
        Which patient each case belongs to; whole patients are drawn then.
    n_resamples : int
        How many resamples.
    rng : int or numpy.random.Generator
        A seed, or a generator.
    interval : {"percentile", "bca"}
        The kind of interval.
    **labels
        As in :class:`~varbench.stats.Design`; the unit is ``"patient"``, or ``"group"`` where there are groups, the
        estimand E3. With ``pairing="none"`` and two models nothing is computed.

    Returns
    -------
    Result
        One model: the metric in its units. Two: by how much the first is better, its metric smaller or larger as the
        metric has it, its bias nearer to 0; `statistic` is that over its standard error, `pvalue` two-sided, from the
        resampled differences moved to 0. No interval where all resamples agree.

    Raises
    ------
    StatisticsError
        If lengths differ, a true number is missing, a number is infinite, the metric is undefined (no spread), or there
        is one unit alone.

    Notes
    -----
    Efron & Tibshirani 1993, doi:10.1201/9780429246593, chapters 13, 14 and 16.

    Examples
    --------
    >>> result = regression_metric([1.0, 2.0, 3.0, 4.0], [1.5, 2.0, 2.0, 4.5], n_resamples=200)
    >>> result.estimate, result.ci_low, result.ci_high
    (0.5, 0.125, 0.875)
    """
    if metric not in REGRESSION:
        raise StatisticsError(unknown("metric", metric, REGRESSION))
    if interval not in INTERVALS:
        raise StatisticsError(unknown("interval", interval, INTERVALS))
    usual = "patient" if groups is None else "group"
    design = Design.of(labels, unit=usual, pairing="none" if b is None else "exact", estimand="E3")
    y, models, units, dropped = _cases(y_true, [a] if b is None else [a, b], groups)
    notes = (["pairs_dropped"] if dropped else []) + (["groups_as_units"] if groups is not None else [])
    if b is not None and design.pairing == "none":
        return design.result("regression_metric", n=units.n, notes=[*notes, "not_paired"])
    chosen = REGRESSION[metric]
    statistic = _Scores([chosen.kernel(y, model) for model in models])
    data = statistic(units.once)[0]
    if not np.isfinite(data).all():
        raise StatisticsError(
            f"{metric} is undefined: the true numbers, or the predicted ones, are all equal"
        )
    drawn = resampled(statistic, units, at_least("n_resamples", n_resamples, FEWEST), random_generator(rng))
    settings: dict[str, Any] = {
        "metric": metric, "greater_is_better": chosen.greater_is_better, "n_cases": len(y), "n_dropped": dropped,
        "drawn": "cases" if groups is None else "groups", "rng": seed_of(rng), **drawn.settings, "interval": interval,
    }  # fmt: skip
    notes += drawn.notes + (["small_sample"] if units.n < FEW_UNITS else [])
    if b is None:
        found = (float(data[0]), drawn.values[:, 0])
    else:
        settings |= {"first": float(data[0]), "second": float(data[1])}
        found = (float(chosen.gain(data[0], data[1])), chosen.gain(*drawn.values.T))
    out = left_out(statistic, units) if interval == "bca" else []
    turned = [(v[:, 0] if b is None else chosen.gain(*v.T), times) for v, times in out]
    return conclude("regression_metric", design, units.n, found, turned, settings, notes, two=b is not None)


def _cases(
    y_true: npt.ArrayLike, models: list[npt.ArrayLike], groups: npt.ArrayLike | None
) -> tuple[Floats, list[Floats], Units, int]:
    check_index(y_true=y_true, groups=groups, **{f"model_{k}": m for k, m in enumerate(models, start=1)})
    y = read_numbers("y_true", y_true)
    if y.ndim != 1 or not y.size:
        raise StatisticsError(f"y_true has shape {y.shape}: one number a case is needed, at least one")
    if np.isnan(y).any():
        raise StatisticsError(f"y_true lacks {int(np.isnan(y).sum())} numbers; leave those cases out")
    columns = [read_numbers(f"model {k}", values) for k, values in enumerate(models, start=1)]
    for k, column in enumerate(columns, start=1):
        if column.shape != y.shape:
            raise StatisticsError(
                f"model {k} has shape {column.shape} and y_true has {len(y)} cases: one number a case is needed"
            )
    codes, present = group_codes(groups, len(y)), np.asarray(~np.isnan(columns).any(axis=0))
    # Sorted by what neither the order of the cases nor that of the models decides: a swap mirrors exactly.
    keys = (np.abs(columns[0] - columns[-1]), columns[0] + columns[-1], y)
    order = np.lexsort(keys)[present[np.lexsort(keys)]]
    units = units_of(None if codes is None else codes[order], len(order))
    return y[order], [column[order] for column in columns], units, int((~present).sum())


def units_of(groups: Codes | None, n: int) -> Units:
    """Make every case a unit, or every group of cases.

    Parameters
    ----------
    groups : ndarray of int64 or None, (case,)
        Codes.
    n : int
        Cases.

    Returns
    -------
    Units
        Two or more.

    Raises
    ------
    StatisticsError
        If there are fewer.
    """
    units = Units.of_cases(n)
    if groups is not None:
        held, of_case = np.unique(groups, return_inverse=True)
        units = Units(np.ones(len(held), np.int64), (len(held),), of_case.astype(np.int64))
    if units.n < 2:
        raise StatisticsError(f"{units.n} units are left: at least two are needed to draw anew")
    return units


def read_numbers(name: str, values: npt.ArrayLike) -> Floats:
    """Read numbers of any shape; NaN is missing, an infinite one refused."""
    found = numbers(name, values)
    if np.isinf(found).any():
        raise StatisticsError(f"{name} holds {int(np.isinf(found).sum())} infinite numbers")
    check_size(name, found)
    return found


class _Scores:
    """What each model scores on each resample; (resample, model)."""

    def __init__(self, kernels: list[Kernel]) -> None:
        self.kernels = kernels

    def __call__(self, counts: Codes) -> Floats:
        weights = counts.astype(np.float64)
        return np.column_stack([kernel(weights) for kernel in self.kernels])


def conclude(
    method: str,
    design: Design,
    n: int,
    found: tuple[float, Floats],
    out: list[tuple[Floats, Codes]],
    settings: dict[str, Any],
    notes: list[str],
    two: bool,
) -> Result:
    """Make a result of an estimate and of what it is on the resamples.

    Parameters
    ----------
    method : str
        The method's name.
    design : Design
        The labels.
    n : int
        Units.
    found : (float, ndarray of float64, (resample,))
        The estimate, and the same on the resamples.
    out : list of (ndarray, ndarray)
        What it is without some units, for a BCa interval; none: the interval is one of percentiles.
    settings, notes
        What is said already.
    two : bool
        Whether it is a difference, which is tested.

    Returns
    -------
    Result
        Without an interval where all resamples agree.
    """
    estimate, values = found
    size = max(abs(float(v)) for v in (estimate, settings.get("first", 0.0), settings.get("second", 0.0)))
    if np.ptp(np.append(values, estimate)) <= TIE_TOLERANCE * size:
        pvalue = 1.0 if two and abs(estimate) <= TIE_TOLERANCE * size else None
        note = "constant_difference" if two else "no_variance"
        return design.result(
            method,
            n=n,
            estimate=estimate,
            pvalue=pvalue,
            settings=settings,
            notes=[*notes, note],
        )
    bounds = bca(values, estimate, acceleration(out), design.confidence_level) if out else None
    settings["standard_error"] = error = float(values.std(ddof=1))
    test = {"statistic": estimate / error, "pvalue": centred_pvalue(values, estimate)} if two else {}
    return design.result(
        method, n=n, estimate=estimate, interval=bounds or percentile(values, design.confidence_level),
        settings=settings, notes=notes, **test,
    )  # fmt: skip

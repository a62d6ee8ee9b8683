"""Per-case scores of one model, as segmentation has them: their mean or median, with an interval that covers."""

from __future__ import annotations

import math
from typing import Any, Unpack

import numpy as np
import numpy.typing as npt
from scipy import stats as distributions

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
from varbench.stats.samples import TIE_TOLERANCE, Floats, check_index, check_size, is_number, numbers, scale
from varbench.stats.spread import acceleration, bca, percentile

STATISTICS = ("mean", "median")
_INTERVALS = {"mean": ("t", "percentile", "bca"), "median": ("order", "percentile", "bca")}
#: From so many cases on, intervals of a mean of skewed scores, and bootstrap intervals of a median, cover well.
ENOUGH = 50
#: Above this skewness the mean of fewer cases than that is not near normal.
SKEWED = 1.0


def case_summary(
    values: npt.ArrayLike,
    *,
    statistic: str = "mean",
    interval: str | None = None,
    groups: npt.ArrayLike | None = None,
    limits: tuple[float, float] | None = None,
    n_resamples: int = 10_000,
    rng: int | np.random.Generator = 0,
    **labels: Unpack[Labels],
) -> Result:
    """How well does a model do on cases like these, on average or in the middle?

    Parameters
    ----------
    values : array_like of float, (case,)
        One score a case, as Dice, IoU, a surface distance. NaN is missing: left out and counted.
    statistic : {"mean", "median"}
        What sums them up.
    interval : {"t", "order", "percentile", "bca"}, optional
        Unless given, Student's for a mean, and for a median the one between two of the values, whose coverage is
        known exactly. Bootstrap intervals of a median have the note ``median_coverage`` where cases are few.
    groups : array_like, (case,), optional
        Which patient each case belongs to; each patient counts once, with the mean or median of its cases.
    limits : (float, float), optional
        The range of the score; a value outside is an error, and Student's interval is cut off there.
    n_resamples : int
        How many resamples, for the bootstrap intervals.
    rng : int or numpy.random.Generator
        A seed, or a generator.
    **labels
        As in :class:`~varbench.stats.Design`; the unit is ``"patient"``, or ``"group"`` where there are groups, the
        estimand E3.

    Returns
    -------
    Result
        In the score's units. No interval where there is no spread, or where so few cases cannot give one.

    Raises
    ------
    StatisticsError
        If a value is infinite, no number or outside the limits, none is left, a name is not known, or an id of a group
        is missing.

    Notes
    -----
    Between values: Thompson 1936, doi:10.1214/aoms/1177732502: the k-th smallest and the k-th largest of n values hold
    the median with probability 1 - 2 P(X < k), X binomial (n, 1/2). Bootstrap: Efron 1987,
    doi:10.1080/01621459.1987.10478410.

    Examples
    --------
    >>> result = case_summary([0.91, 0.85, 0.88, 0.42, 0.93, 0.87, 0.90, 0.79], statistic="median")
    >>> round(result.estimate, 3), result.ci_low, result.ci_high
    (0.875, 0.42, 0.93)
    """
    if statistic not in STATISTICS:
        raise StatisticsError(unknown("statistic", statistic, STATISTICS))
    chosen = _INTERVALS[statistic][0] if interval is None else interval
    if chosen not in _INTERVALS[statistic]:
        raise StatisticsError(unknown(f"interval of a {statistic}", chosen, _INTERVALS[statistic]))
    design = Design.of(labels, unit="patient" if groups is None else "group", estimand="E3")
    scores, dropped, n_cases = _units(values, groups, statistic, limits)
    notes = (["pairs_dropped"] if dropped else []) + (["groups_as_units"] if groups is not None else [])
    estimate = float(np.mean(scores) if statistic == "mean" else np.median(scores))
    settings: dict[str, Any] = {
        "statistic": statistic, "interval": chosen, "n_cases": n_cases, "n_dropped": dropped,
        "sd": float(scores.std(ddof=1)) if len(scores) > 1 else None,
        "limits": None if limits is None else list(limits),
        "quartiles": np.quantile(scores, [0.25, 0.75]).tolist(),
    }  # fmt: skip
    if len(scores) < 2 or np.ptp(scores) <= TIE_TOLERANCE * scale(scores):
        note = "no_variance" if len(scores) > 1 else "small_sample"
        return design.result(
            "case_summary", n=len(scores), estimate=estimate, settings=settings, notes=[*notes, note]
        )
    if chosen == "t":
        bounds: tuple[float, float] | None = _student(scores, estimate, design.alpha, limits)
    elif chosen == "order":
        bounds = _between_values(scores, design.alpha, settings)
    else:
        n_resamples = at_least("n_resamples", n_resamples, FEWEST)
        settings |= {"n_resamples": n_resamples, "rng": seed_of(rng)}
        bounds = _bootstrap(
            np.sort(scores), estimate, statistic, chosen, design, n_resamples, random_generator(rng)
        )
    return design.result(
        "case_summary", n=len(scores), estimate=estimate, interval=bounds, settings=settings,
        notes=[*notes, *_weak(scores, statistic, chosen, bounds)],
    )  # fmt: skip


def _units(
    values: npt.ArrayLike, groups: npt.ArrayLike | None, statistic: str, limits: tuple[float, float] | None
) -> tuple[Floats, int, int]:
    """Give one checked score a unit, how many cases were missing, and how many are left."""
    check_index(values=values, groups=groups)
    scores = numbers("values", values)
    if scores.ndim != 1 or not scores.size:
        raise StatisticsError(f"values have shape {scores.shape}: one score a case is needed, at least one")
    codes, present = group_codes(groups, len(scores)), ~np.isnan(scores)
    scores = scores[present]
    if not scores.size:
        raise StatisticsError("every value is missing: nothing is left to sum up")
    if np.isinf(scores).any():
        raise StatisticsError(
            f"values hold {int(np.isinf(scores).sum())} infinite ones, as the distance to an empty segmentation is: "
            "give them the worst value that counts, or leave them out as NaN"
        )
    check_size("values", scores)
    if limits is not None and not (
        len(limits) == 2 and all(map(is_number, limits)) and limits[0] < limits[1]
    ):
        raise StatisticsError(f"limits={limits!r}: the lowest and the highest value there is, as (0.0, 1.0)")
    if limits is not None and not (limits[0] <= scores.min() and scores.max() <= limits[1]):
        raise StatisticsError(
            f"values lie in [{scores.min():.6g}, {scores.max():.6g}], outside of the limits {list(limits)}: "
            "per cent instead of shares?"
        )
    if codes is None:
        return scores, int((~present).sum()), len(scores)
    return _by_group(scores, codes[present], statistic), int((~present).sum()), len(scores)


def _by_group(scores: Floats, codes: Codes, statistic: str) -> Floats:
    order = np.lexsort((scores, codes))
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    if statistic == "mean":
        return np.asarray(np.add.reduceat(scores[order], starts) / np.diff(np.append(starts, len(order))))
    return np.array([np.median(part) for part in np.split(scores[order], starts[1:])])


def _student(
    scores: Floats, estimate: float, alpha: float, limits: tuple[float, float] | None
) -> tuple[float, float]:
    n = len(scores)
    half = float(distributions.t.ppf(1 - alpha / 2, n - 1) * scores.std(ddof=1)) / math.sqrt(n)
    low, high = limits or (-math.inf, math.inf)
    return max(low, estimate - half), min(high, estimate + half)


def _between_values(scores: Floats, alpha: float, settings: dict[str, Any]) -> tuple[float, float] | None:
    n = len(scores)
    k = int(
        distributions.binom.ppf(alpha / 2, n, 0.5)
    )  # P(X < k) is below alpha / 2, and would not be for k + 1
    if k == 0:
        return None
    settings["coverage"] = 1 - 2 * float(distributions.binom.cdf(k - 1, n, 0.5))
    ordered = np.sort(scores)
    return float(ordered[k - 1]), float(ordered[n - k])


def _bootstrap(
    ordered: Floats,
    estimate: float,
    statistic: str,
    kind: str,
    design: Design,
    n_resamples: int,
    rng: np.random.Generator,
) -> tuple[float, float]:
    units = Units.of_cases(len(ordered))

    def of_counts(counts: Codes) -> Floats:
        found = counts @ ordered / counts.sum(1) if statistic == "mean" else _medians(counts, ordered)
        return np.asarray(found)[:, None]

    drawn = resampled(of_counts, units, n_resamples, rng).values[:, 0]
    found = None
    if kind == "bca":
        out = [(parts[:, 0], times) for parts, times in left_out(of_counts, units)]
        found = bca(drawn, estimate, acceleration(out), design.confidence_level)
    return found or percentile(drawn, design.confidence_level)


def _medians(counts: Codes, ordered: Floats) -> Floats:
    """Give the median of each resample of sorted values."""
    upto, n = counts.cumsum(axis=1), counts.sum(axis=1)
    middle = [ordered[(upto <= place[:, None]).sum(axis=1)] for place in ((n - 1) // 2, n // 2)]
    return np.asarray((middle[0] + middle[1]) / 2)


def _weak(scores: Floats, statistic: str, kind: str, bounds: tuple[float, float] | None) -> list[str]:
    if bounds is None:
        return ["small_sample"]
    if len(scores) >= ENOUGH:
        return []
    if statistic == "median":
        return ["median_coverage"] if kind != "order" else []
    return ["small_sample"] if abs(float(distributions.skew(scores))) > SKEWED else []

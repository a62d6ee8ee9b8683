"""From scores on resamples to a result: what they are about, an interval, a test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from varbench.errors import StatisticsError
from varbench.metrics import Metric
from varbench.stats.coded import CodedCases
from varbench.stats.draws import Codes, Resampled, Units, left_out
from varbench.stats.result import Design, Labels, Result
from varbench.stats.samples import Floats
from varbench.stats.spread import acceleration, bca, centred_pvalue, is_constant, percentile

#: With fewer resamples than this the ends of an interval are themselves uncertain.
ENOUGH = 1_000


class Claim(NamedTuple):
    """What a bootstrap is about, and what is known of it so far."""

    method: str
    metric: Metric
    settings: dict[str, Any]
    notes: list[str]


def defined(statistic: Callable[[Codes], Floats], units: Units, given: CodedCases) -> Floats:
    """Compute a statistic on the data; (model,).

    Raises
    ------
    StatisticsError
        If it is undefined there.
    """
    found: Floats = statistic(units.once)[0]
    if not np.isfinite(found).all():
        held = [given.classes[code] for code in np.unique(given.y_true)]
        raise StatisticsError(
            f"{given.metric.name} is undefined on these {len(given.y_true)} cases, which hold the classes {held}; "
            "add cases of another class, or choose a metric that does without"
        )
    return found


def concluded(
    claim: Claim,
    design: Design,
    units: Units,
    data: Floats,
    found: Resampled,
    interval: str,
    statistic: Callable[[Codes], Floats],
) -> Result:
    """Make a result of what the models score on the data and on the resamples.

    Parameters
    ----------
    claim : Claim
        What it is about.
    design : Design
        The labels.
    units : Units
        What was drawn.
    data : ndarray of float64, (model,)
        On the data.
    found : Resampled
        On the resamples.
    interval : {"percentile", "bca"}
        The kind of interval.
    statistic : callable
        For the jackknife of BCa.

    Returns
    -------
    Result
    """
    sign = orientation(claim.metric, len(data))
    estimate, values = float(data @ sign), found.values @ sign
    settings = {**claim.settings, **_each(data), "interval": interval}
    notes = list(claim.notes)
    if len(values) < ENOUGH and not claim.settings["fast_path"]:
        notes.append("few_resamples")
    if is_constant(np.append(values, estimate), float(np.abs(found.values).max())):
        return without_spread(claim, design, units.n, estimate, settings, notes)
    bounds, more = _bounds(values, estimate, design, interval, statistic, units, sign, settings)
    settings["standard_error"] = error = float(values.std(ddof=1))
    test: dict[str, float] = {}
    if len(data) == 2:
        test = {"statistic": estimate / error, "pvalue": centred_pvalue(values, estimate)}
        settings["pvalue"] = "resampled differences moved to 0, two-sided, (count + 1) / (resamples + 1)"
    return design.result(
        claim.method,
        n=units.n,
        estimate=estimate,
        interval=bounds,
        settings=settings,
        notes=notes + more,
        **test,
    )


def orientation(metric: Metric, n_models: int) -> Floats:
    """Give what turns scores into the estimate: a score as it is, a difference so that larger is better."""
    if n_models == 1:
        return np.ones(1)
    return np.array([1.0, -1.0]) * (1 if metric.greater_is_better else -1)


def _each(data: Floats) -> dict[str, float]:
    return {} if len(data) == 1 else {"first": float(data[0]), "second": float(data[1])}


def without_spread(
    claim: Claim, design: Design, n: int, estimate: float, settings: dict[str, Any], notes: list[str]
) -> Result:
    """Make a result where all resamples agree: no interval, and no test but of models that score alike."""
    at_end = "first" not in settings and estimate in (claim.metric.low, claim.metric.high)
    notes.append("boundary" if at_end else "constant_difference")
    pvalue = 1.0 if "first" in settings and estimate == 0 else None
    return design.result(claim.method, n=n, estimate=estimate, pvalue=pvalue, settings=settings, notes=notes)


def _bounds(
    values: Floats,
    estimate: float,
    design: Design,
    interval: str,
    statistic: Callable[[Codes], Floats],
    units: Units,
    sign: Floats,
    settings: dict[str, Any],
) -> tuple[tuple[float, float], list[str]]:
    if interval == "bca":
        out = [(scores @ sign, times) for scores, times in left_out(statistic, units)]
        settings["acceleration"] = found = acceleration(out)
        bounds = bca(values, estimate, found, design.confidence_level)
        if bounds is not None:
            return bounds, []
        settings["interval"] = "percentile, since all resamples lie on one side of the estimate"
    low, high = percentile(values, design.confidence_level)
    return (low, high), ["boundary"] if interval == "bca" else []


def case_design(labels: Labels, paired: bool, groups: npt.ArrayLike | None) -> Design:
    """Give the labels of a claim about trained models on test cases: patients or groups, paired, E3."""
    unit = "patient" if groups is None else "group"
    return Design.of(labels, unit=unit, pairing="exact" if paired else "none", estimand="E3")

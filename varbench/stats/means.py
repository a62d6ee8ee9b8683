"""Means and differences of means, with Student's interval."""

from __future__ import annotations

import math
from typing import Any, Unpack

import numpy as np
import numpy.typing as npt
from scipy import stats as distributions

from varbench.stats.result import Design, Labels, Result
from varbench.stats.samples import TIE_TOLERANCE, Floats, Samples, one_sample, pairs, scale, two_samples


def mean_interval(
    x: npt.ArrayLike,
    **labels: Unpack[Labels],
) -> Result:
    """Where does the mean of independent values lie?

    Parameters
    ----------
    x : array_like of float, (unit,)
        One value a unit. NaN is missing: left out and counted.
    **labels
        What the scores are about: `unit`, `pairing`, `estimand`, `validity`, `confidence_level` and
        `repeats_share_data`, see :class:`~varbench.stats.Design`.

    Returns
    -------
    Result
        Student's interval; `statistic` is t for a mean of 0, `pvalue` two-sided.

    Raises
    ------
    StatisticsError
        If `x` is empty, not one-dimensional, or infinite somewhere.

    Notes
    -----
    Student 1908, doi:10.1093/biomet/6.1.1: mean ± t(n - 1) * SD / sqrt(n).

    Examples
    --------
    >>> result = mean_interval([1.0, 2.0, 3.0, 4.0, 5.0])
    >>> round(result.estimate, 3), round(result.ci_low, 3), round(result.ci_high, 3)
    (3.0, 1.037, 4.963)
    """
    design = Design.of(labels)
    values, dropped = one_sample("x", x)
    notes = ["pairs_dropped"] if dropped else []
    settings = {"test": "one-sample t", "n_dropped": dropped}
    return _from_differences("mean_interval", values, scale(values), design, settings, notes)


def difference(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    **labels: Unpack[Labels],
) -> Result:
    """By how much does the first procedure's mean score exceed the second's?

    Parameters
    ----------
    a, b : array_like of float, (unit,)
        Scores of the first and the second procedure, larger is better (see :func:`~varbench.stats.oriented`).
        NaN is missing: left out, with its partner where there are pairs, and counted.
    **labels
        As in :class:`~varbench.stats.Design`. With ``pairing="none"``, the default, Welch's interval for two
        independent samples; otherwise Student's on the differences of ``a[i]`` and ``b[i]``.

    Returns
    -------
    Result
        `estimate` is first minus second; `statistic` is t, `pvalue` two-sided. `n` counts pairs, or the
        scores of both samples where there are no pairs. No interval where the spread is 0 or a sample has one
        value.

    Raises
    ------
    StatisticsError
        If a sample is empty, not one-dimensional or infinite somewhere, or if pairs are of unequal length.

    Notes
    -----
    Welch 1947, doi:10.1093/biomet/34.1-2.28, with Satterthwaite's degrees of freedom.

    Examples
    --------
    >>> result = difference([0.9, 0.8, 0.7], [0.6, 0.6, 0.5], pairing="exact")
    >>> round(result.estimate, 3), round(result.ci_low, 3), round(result.ci_high, 3)
    (0.233, 0.09, 0.377)
    """
    design = Design.of(labels)
    if design.pairing == "none":
        return _welch(two_samples(a, b), design)
    samples = pairs(a, b)
    settings = {"test": "paired t", **_means(samples)}
    size = scale(samples.a, samples.b)
    return _from_differences("difference", samples.a - samples.b, size, design, settings, samples.notes)


def _from_differences(
    method: str, values: Floats, size: float, design: Design, settings: dict[str, Any], notes: list[str]
) -> Result:
    n = len(values)
    estimate = float(values.mean()) if n else None
    spread = float(values.std(ddof=1)) if n > 1 else 0.0
    settings = {**settings, "sd": spread if n > 1 else None, "df": n - 1 if n > 1 else None}
    if n < 2:
        return design.result(
            method, n=n, estimate=estimate, settings=settings, notes=[*notes, "too_few_to_reject"]
        )
    if spread <= TIE_TOLERANCE * size:
        return design.result(
            method, n=n, estimate=estimate, settings=settings, notes=[*notes, "constant_difference"]
        )
    return _student(method, float(values.mean()), spread / math.sqrt(n), n - 1, n, design, settings, notes)


def _welch(samples: Samples, design: Design) -> Result:
    n_a, n_b = len(samples.a), len(samples.b)
    settings = {"test": "Welch t", "n_first": n_a, "n_second": n_b, **_means(samples)}
    estimate = float(samples.a.mean() - samples.b.mean()) if n_a and n_b else None
    if estimate is None or min(n_a, n_b) < 2:
        notes = [*samples.notes, "too_few_to_reject"]
        return design.result("difference", n=n_a + n_b, estimate=estimate, settings=settings, notes=notes)
    part_a, part_b = samples.a.var(ddof=1) / n_a, samples.b.var(ddof=1) / n_b
    error = math.sqrt(part_a + part_b)
    if error <= TIE_TOLERANCE * scale(samples.a, samples.b):
        notes = [*samples.notes, "constant_difference"]
        return design.result("difference", n=n_a + n_b, estimate=estimate, settings=settings, notes=notes)
    share = part_a / (part_a + part_b)  # so that tiny variances do not underflow when squared
    df = 1 / (share**2 / (n_a - 1) + (1 - share) ** 2 / (n_b - 1))
    settings["df"] = float(df)
    return _student("difference", estimate, error, df, n_a + n_b, design, settings, samples.notes)


def _student(
    method: str,
    estimate: float,
    error: float,
    df: float,
    n: int,
    design: Design,
    settings: dict[str, Any],
    notes: list[str],
) -> Result:
    t = estimate / error
    half = float(distributions.t.ppf(1 - design.alpha / 2, df)) * error
    return design.result(
        method,
        n=n,
        estimate=estimate,
        interval=(estimate - half, estimate + half),
        statistic=t,
        pvalue=2 * float(distributions.t.sf(abs(t), df)),
        settings={**settings, "standard_error": float(error)},
        notes=notes,
    )


def _means(samples: Samples) -> dict[str, Any]:
    """Give what a table shows beside a difference: both means and standard deviations."""
    found: dict[str, Any] = {"n_dropped": samples.dropped}
    for name, values in (("first", samples.a), ("second", samples.b)):
        found[f"mean_{name}"] = float(np.mean(values)) if len(values) else None
        found[f"sd_{name}"] = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return found

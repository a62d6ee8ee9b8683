"""Means and differences of means, with Student's interval."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple, Unpack

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
    found = moments(values, scale(values), {"test": "one-sample t", "n_dropped": dropped})
    return student("mean_interval", found, design, notes)


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
        samples = two_samples(a, b)
        return student("difference", welch_moments(samples), design, samples.notes)
    samples = pairs(a, b)
    return student("difference", paired_moments(samples, "paired t"), design, samples.notes)


class Moments(NamedTuple):
    """A mean or a difference of means, and its standard error where it has one.

    Attributes
    ----------
    estimate, error, df : float or None
        The mean, its standard error, and the degrees of freedom of that.
    n : int
        Units.
    settings : dict
        What belongs into the result's settings.
    notes : list of str
        Why there is no error, where there is none.
    """

    estimate: float | None
    error: float | None
    df: float | None
    n: int
    settings: dict[str, Any]
    notes: list[str]


def moments(values: Floats, size: float, settings: dict[str, Any], ratio: float = 0.0) -> Moments:
    """Give the mean of values with the standard error SD * sqrt(1 / n + ratio); `size` is that of the scores."""
    n = len(values)
    estimate = float(values.mean()) if n else None
    spread = float(values.std(ddof=1)) if n > 1 else 0.0
    settings = {**settings, "sd": spread if n > 1 else None, "df": n - 1 if n > 1 else None}
    if n < 2:
        return Moments(estimate, None, None, n, settings, ["too_few_to_reject"])
    if spread <= TIE_TOLERANCE * size:
        return Moments(estimate, None, None, n, settings, ["constant_difference"])
    error = spread * math.sqrt(1 / n + ratio)
    return Moments(estimate, error, n - 1, n, {**settings, "standard_error": error}, [])


def paired_moments(samples: Samples, test: str, ratio: float = 0.0) -> Moments:
    """Give the mean difference of pairs; `ratio` as in :func:`moments`."""
    settings = {"test": test, **_means(samples)}
    return moments(samples.a - samples.b, scale(samples.a, samples.b), settings, ratio)


def welch_moments(samples: Samples, test: str = "Welch t") -> Moments:
    """Give the difference of the means of two independent samples, by Welch and Satterthwaite."""
    n_a, n_b = len(samples.a), len(samples.b)
    settings = {"test": test, "n_first": n_a, "n_second": n_b, **_means(samples)}
    estimate = float(samples.a.mean() - samples.b.mean()) if n_a and n_b else None
    if estimate is None or min(n_a, n_b) < 2:
        return Moments(estimate, None, None, n_a + n_b, settings, ["too_few_to_reject"])
    part_a, part_b = samples.a.var(ddof=1) / n_a, samples.b.var(ddof=1) / n_b
    error = math.sqrt(part_a + part_b)
    if error <= TIE_TOLERANCE * scale(samples.a, samples.b):
        return Moments(estimate, None, None, n_a + n_b, settings, ["constant_difference"])
    share = part_a / (part_a + part_b)  # so that tiny variances do not underflow when squared
    df = float(1 / (share**2 / (n_a - 1) + (1 - share) ** 2 / (n_b - 1)))
    return Moments(estimate, error, df, n_a + n_b, {**settings, "df": df, "standard_error": error}, [])


def student(method: str, found: Moments, design: Design, notes: Iterable[str] = ()) -> Result:
    """Make Student's test and interval of a mean and its standard error."""
    notes = [*notes, *found.notes]
    if found.estimate is None or found.error is None or found.df is None:
        return design.result(method, n=found.n, estimate=found.estimate, settings=found.settings, notes=notes)
    t = found.estimate / found.error
    half = float(distributions.t.ppf(1 - design.alpha / 2, found.df)) * found.error
    return design.result(
        method,
        n=found.n,
        estimate=found.estimate,
        interval=(found.estimate - half, found.estimate + half),
        statistic=t,
        pvalue=2 * float(distributions.t.sf(abs(t), found.df)),
        settings=found.settings,
        notes=notes,
    )


def _means(samples: Samples) -> dict[str, Any]:
    """Give what a table shows beside a difference: both means and standard deviations."""
    found: dict[str, Any] = {"n_dropped": samples.dropped}
    for name, values in (("first", samples.a), ("second", samples.b)):
        found[f"mean_{name}"] = float(np.mean(values)) if len(values) else None
        found[f"sd_{name}"] = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return found

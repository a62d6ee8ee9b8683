"""Are the probabilities of a model right? Calibration slope and intercept, calibration errors, Brier's score."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import numpy.typing as npt
from scipy import stats as distributions

from varbench.stats.binary import Cases, binary_cases, probabilities
from varbench.stats.binning import Bins, errors_if_calibrated, errors_resampled, in_bins, share_intervals
from varbench.stats.draws import at_least, random_generator, seed_of
from varbench.stats.logistic import Fit, logistic
from varbench.stats.result import Design, Labels, Result
from varbench.stats.samples import Floats

if TYPE_CHECKING:
    import pandas as pd

#: How near to 0 and 1 a probability may lie before its logit is taken.
CLIP = 1e-6


@dataclass(frozen=True, eq=False)
class Calibration:
    """What the calibration of one model's probabilities is.

    Attributes
    ----------
    slope : Result
        1 where risks are as spread out as they should be, less where they are too extreme.
    intercept : Result
        Of the same regression; 0 beside a slope of 1.
    in_the_large : Result
        The intercept with the slope kept at 1: 0 where the mean risk is right, positive where risks are too low.
    ece, ece_mass : Result
        Expected calibration errors, with bins of equal width and of equal mass.
    brier : Result
        The mean squared distance between probability and outcome, smaller is better.
    decomposition : mapping of str to float
        Brier's score in parts, by the bins of equal mass: ``reliability - resolution + uncertainty + within``. The
        first three come ``_corrected`` for the number of cases a bin too.
    bins : DataFrame
        One row a bin; see :meth:`frame`.
    """

    slope: Result
    intercept: Result
    in_the_large: Result
    ece: Result
    ece_mass: Result
    brier: Result
    decomposition: Mapping[str, float]
    bins: pd.DataFrame

    @property
    def results(self) -> tuple[Result, ...]:
        """All results."""
        return (self.slope, self.intercept, self.in_the_large, self.ece, self.ece_mass, self.brier)

    def frame(self) -> pd.DataFrame:
        """Give the bins: strategy, low, high, n, mean probability, share of positive cases with its interval."""
        return self.bins.copy()

    def _repr_html_(self) -> str:
        return "".join(result._repr_html_() for result in self.results)


def calibration(
    y_true: npt.ArrayLike,
    p: npt.ArrayLike,
    *,
    n_bins: int = 10,
    groups: npt.ArrayLike | None = None,
    n_resamples: int = 2_000,
    rng: int | np.random.Generator = 0,
    **labels: Unpack[Labels],
) -> Calibration:
    """Are the probabilities of a model right?

    Parameters
    ----------
    y_true : array_like of bool or int, (case,)
        0 and 1, False and True, or -1 and 1; the larger is positive.
    p : array_like of float, (case,)
        Probabilities of the positive class, in [0, 1]. A case with a NaN is left out and counted.
    n_bins : int
        For the calibration errors and the parts of Brier's score.
    groups : array_like, (case,), optional
        Which patient each case belongs to; the patients are the units then, of every interval.
    n_resamples : int
        Draws behind the calibration errors' intervals, and behind what they are for a perfect model.
    rng : int or numpy.random.Generator
        A seed, or a generator.
    **labels
        As in :class:`~varbench.stats.Design`; the unit is ``"patient"``, or ``"group"`` where there are groups, the
        estimand E3.

    Returns
    -------
    Calibration
        Its results: the p-values are against a slope of 1, an intercept of 0, and right probabilities. The estimate of
        a calibration error is the plain one, too large on average: ``settings["if_calibrated"]`` is its mean for a
        model whose probabilities are right, at this number of cases, ``settings["corrected"]`` the estimate less the
        bias that drawing anew shows. Its interval allows for that bias, and starts at 0 where the error is none that
        right probabilities could not give.

    Raises
    ------
    StatisticsError
        If `p` are no probabilities, or as :func:`~varbench.stats.binary.binary_cases`.

    Notes
    -----
    Cox 1958, doi:10.1093/biomet/45.3-4.562, for slope and intercept, with Wald intervals; probabilities nearer to 0
    or 1 than 1e-6 are moved there for the logit alone. Brier's parts: Murphy 1973, with the within-bin rest of
    Stephenson, Coelho & Jolliffe 2008, doi:10.1175/2007WAF2006116.1; corrected: Ferro & Fricker 2012,
    doi:10.1002/qj.1924, who take sum n_k / n * s_k with s_k = o_k (1 - o_k) / (n_k - 1) from reliability and from
    resolution, and add o (1 - o) / (n - 1) to resolution and to uncertainty. Roelofs et al. 2022, arXiv:2012.08668,
    for the bias of calibration errors.

    Examples
    --------
    >>> found = calibration([0, 0, 1, 0, 1, 1], [0.1, 0.3, 0.4, 0.5, 0.6, 0.9], n_bins=2)
    >>> round(found.slope.estimate, 2), round(found.ece.estimate, 3), round(found.brier.estimate, 3)
    (2.4, 0.033, 0.147)
    """
    design = Design.of(labels, unit="patient" if groups is None else "group", estimand="E3")
    cases = binary_cases(y_true, p, groups=groups).sorted()
    probabilities(cases.scores[0])
    n_resamples, generator = at_least("n_resamples", n_resamples), random_generator(rng)
    by_strategy = {s: in_bins(cases.positive, cases.scores[0], n_bins, s) for s in ("width", "mass")}
    drawn = {"n_resamples": n_resamples, "rng": seed_of(rng)}
    errors = {s: _error(cases, b, s, n_resamples, generator, drawn, design) for s, b in by_strategy.items()}
    slope, intercept, in_the_large = _recalibration(cases, design)
    return Calibration(
        slope, intercept, in_the_large, errors["width"], errors["mass"], _brier(cases, design),
        _decomposition(cases, by_strategy["mass"]), _frame(cases, by_strategy, design.confidence_level),
    )  # fmt: skip


def _recalibration(cases: Cases, design: Design) -> tuple[Result, Result, Result]:
    p = cases.scores[0]
    inside = p.clip(CLIP, 1 - CLIP)
    logit = np.log(inside) - np.log1p(-inside)
    settings = {**cases.settings, "n_clipped": int((inside != p).sum()), "clip": CLIP, "interval": "Wald"}
    notes = cases.notes + (["clipped"] if settings["n_clipped"] else [])
    ones = np.ones(len(p))
    fixed = logistic(cases.positive, ones[:, None], logit, cases.groups)
    large = _coefficient("calibration_in_the_large", fixed, 0, 0.0, cases, design, settings, notes)
    lacking = _lacking(cases, logit)
    if lacking:
        return (
            _without("calibration_slope", cases, design, settings, [*notes, lacking]),
            _without("calibration_intercept", cases, design, settings, [*notes, lacking]),
            large,
        )
    both = logistic(cases.positive, np.column_stack([ones, logit]), 0.0, cases.groups)
    slope = _coefficient("calibration_slope", both, 1, 1.0, cases, design, settings, notes)
    return slope, _coefficient("calibration_intercept", both, 0, 0.0, cases, design, settings, notes), large


def _lacking(cases: Cases, logit: Floats) -> str:
    """Say why a slope has no estimate: no spread, or classes that one threshold parts."""
    if np.ptp(logit) == 0:
        return "no_variance"
    up, down = logit[cases.positive], logit[~cases.positive]
    return "separated" if up.min() >= down.max() or up.max() <= down.min() else ""


def _without(method: str, cases: Cases, design: Design, settings: dict[str, Any], notes: list[str]) -> Result:
    return design.result(method, n=cases.n_units, settings=settings, notes=notes)


def _coefficient(
    method: str,
    fit: Fit,
    which: int,
    null: float,
    cases: Cases,
    design: Design,
    settings: dict[str, Any],
    notes: list[str],
) -> Result:
    variance = float(fit.covariance[which, which])
    estimate = float(fit.coefficients[which])
    notes = notes + ([] if fit.converged else ["not_converged"])
    settings = {**settings, "null": null}
    if not (math.isfinite(variance) and variance > 0):  # one group alone
        return design.result(
            method, n=cases.n_units, estimate=estimate, settings=settings, notes=[*notes, "small_sample"]
        )
    error = math.sqrt(variance)
    z = (estimate - null) / error
    half = float(distributions.norm.ppf(1 - design.alpha / 2)) * error
    return design.result(
        method, n=cases.n_units, estimate=estimate, interval=(estimate - half, estimate + half), statistic=z,
        pvalue=2 * float(distributions.norm.sf(abs(z))), settings={**settings, "standard_error": error}, notes=notes,
    )  # fmt: skip


def _error(
    cases: Cases,
    bins: Bins,
    strategy: str,
    n_resamples: int,
    rng: np.random.Generator,
    drawn: dict[str, Any],
    design: Design,
) -> Result:
    estimate = bins.error
    null = errors_if_calibrated(cases, bins, n_resamples, rng)
    again = errors_resampled(cases, bins, n_resamples, rng)
    pvalue = float((1 + (null >= estimate * (1 - 1e-12)).sum()) / (1 + n_resamples))
    high = np.quantile(again, 1 - design.alpha / 2)
    lower = max(0.0, 2 * estimate - float(high)) if pvalue <= design.alpha else 0.0
    settings = {
        **cases.settings, "bins": strategy, "n_bins": len(bins.size), "if_calibrated": float(null.mean()),
        "corrected": max(0.0, 2 * estimate - float(again.mean())), "interval": "bootstrap, corrected for bias", **drawn,
    }  # fmt: skip
    bounds = (min(lower, estimate), max(float(high), estimate))
    notes = [*cases.notes, "biased_upwards", *(["boundary"] if bounds[0] == bounds[1] else [])]
    return design.result(
        f"ece_equal_{strategy}", n=cases.n_units, estimate=estimate,
        interval=bounds if bounds[0] < bounds[1] else None, statistic=estimate, pvalue=pvalue,
        settings=settings, notes=notes,
    )  # fmt: skip


def _brier(cases: Cases, design: Design) -> Result:
    loss = (cases.scores[0] - cases.positive) ** 2
    mean = float(loss.mean())
    groups = np.arange(len(loss)) if cases.groups is None else cases.groups
    excess = np.bincount(groups, loss - mean)
    units = len(excess)
    settings = {**cases.settings, "interval": "t", "greater_is_better": False}
    error = math.sqrt(units / (units - 1) * float(excess @ excess)) / len(loss) if units > 1 else 0.0
    if error <= 1e-12 * mean:
        return design.result(
            "brier", n=units, estimate=mean, settings=settings, notes=[*cases.notes, "no_variance"]
        )
    half = float(distributions.t.ppf(1 - design.alpha / 2, units - 1)) * error
    return design.result(
        "brier", n=units, estimate=mean, interval=(max(0.0, mean - half), min(1.0, mean + half)),
        settings={**settings, "standard_error": error}, notes=cases.notes,
    )  # fmt: skip


def _decomposition(cases: Cases, bins: Bins) -> dict[str, float]:
    n, count = bins.size.sum(), bins.size
    base = float(bins.observed.sum() / n)
    share, expected = bins.observed / count, bins.expected / count
    reliability = float((count * (expected - share) ** 2).sum() / n)
    resolution = float((count * (share - base) ** 2).sum() / n)
    uncertainty = base * (1 - base)
    whole = float(np.mean((cases.scores[0] - cases.positive) ** 2))
    # Ferro & Fricker 2012; a bin of one case has no spread to correct by
    within = np.divide(share * (1 - share), count - 1, out=np.zeros(len(count)), where=count > 1)
    excess, of_all = float((count * within).sum() / n), uncertainty / (n - 1)
    return {
        "reliability": reliability,
        "resolution": resolution,
        "uncertainty": uncertainty,
        "within": whole - (reliability - resolution + uncertainty),
        "reliability_corrected": reliability - excess,
        "resolution_corrected": resolution - excess + of_all,
        "uncertainty_corrected": uncertainty + of_all,
    }


def _frame(cases: Cases, by_strategy: Mapping[str, Bins], confidence_level: float) -> pd.DataFrame:
    import pandas as pd

    parts = []
    for strategy, bins in by_strategy.items():
        low, high = share_intervals(cases, bins, confidence_level)
        columns = {
            "bins": strategy, "low": bins.low, "high": bins.high, "n": bins.size.astype(int),
            "probability": bins.expected / bins.size, "share": bins.observed / bins.size,
            "ci_low": low, "ci_high": high,
        }  # fmt: skip
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)

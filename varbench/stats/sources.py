"""One source of variation at a time, all of them together, and what varies although nothing is varied."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import numpy.typing as npt
from scipy import special

from varbench.errors import StatisticsError, unknown
from varbench.stats.anova import chi_square_interval, modified_large_sample
from varbench.stats.draws import FEWEST, at_least, random_generator, seed_of
from varbench.stats.outperform import clopper_pearson
from varbench.stats.result import Design, Labels, Result
from varbench.stats.samples import Floats, one_sample

if TYPE_CHECKING:
    import pandas as pd

_INTERVALS = ("chi2", "bootstrap")
_CELLS = 10_000_000  # of one chunk of resamples


@dataclass(frozen=True, eq=False)
class Sources:
    """The standard deviation that each source brings in alone, beside that of a reference.

    Parameters
    ----------
    rows : tuple of dict
        One a source, as the columns of :meth:`frame`.
    reference : str
        The source that the others are held against.
    results : tuple of Result
        One a source: the standard deviation and its interval; then `together`, where it was asked for.
    together : Result or None
        The variance of all sources varied together, minus the sum of their variances alone.
    """

    rows: tuple[dict[str, Any], ...]
    reference: str
    results: tuple[Result, ...]
    together: Result | None = None

    def frame(self) -> pd.DataFrame:
        """Give source, n, mean, sd, ci_low, ci_high (of the standard deviation), ratio, ratio_low, ratio_high."""
        import pandas as pd

        return pd.DataFrame(list(self.rows))

    def _repr_html_(self) -> str:
        return str(self.frame().to_html(index=False))


def one_at_a_time(
    scores: Mapping[str, npt.ArrayLike],
    *,
    reference: str = "split",
    together: npt.ArrayLike | None = None,
    interval: str = "chi2",
    n_resamples: int = 10_000,
    rng: int | np.random.Generator = 0,
    **labels: Unpack[Labels],
) -> Sources:
    """How far do the scores spread when one source alone is drawn anew, all others held?

    Parameters
    ----------
    scores : mapping of str to array_like of float, (run,)
        Source -> scores of runs that differ in this source alone, at least two. NaN is left out and counted.
    reference : str
        The source whose standard deviation the others are divided by.
    together : array_like of float, (run,), optional
        Scores of runs in which all the sources are drawn anew.
    interval : {"chi2", "bootstrap"}
        Of the standard deviations: chi-square, for normal scores, or percentile bootstrap.
    n_resamples : int
        Of the bootstrap.
    rng : int or numpy.random.Generator
        Where the bootstrap's draws come from.
    **labels
        As in :class:`~varbench.stats.Design`; `unit` is ``"run"`` unless given.

    Returns
    -------
    Sources
        Ratios of standard deviations have F's interval, or the bootstrap's. Those of the reference are 1.

    Raises
    ------
    StatisticsError
        If the reference is not among the sources, or a name is not known.

    Notes
    -----
    The protocol of Bouthillier et al. 2021, arXiv:2103.03098, section 2 and figure 1. Variances of single
    sources need not add up to that of all: sources interact, and the others stay at one realization only.

    Examples
    --------
    >>> found = one_at_a_time({"split": [0.7, 0.8, 0.9], "init": [0.79, 0.8, 0.81]})
    >>> found.frame()["ratio"].round(3).tolist()
    [1.0, 0.1]
    """
    if reference not in scores:
        raise StatisticsError(unknown("reference", reference, scores))
    if interval not in _INTERVALS:
        raise StatisticsError(unknown("interval", interval, _INTERVALS))
    design, n_resamples = Design.of(labels, unit="run"), at_least("n_resamples", n_resamples, FEWEST)
    samples = {name: one_sample(name, values) for name, values in scores.items()}
    spreads = {name: _Spread.of(values, dropped) for name, (values, dropped) in samples.items()}
    draws: dict[str, Floats] = {}
    if interval == "bootstrap":
        generator = random_generator(rng)
        draws = {name: _bootstrapped(values, n_resamples, generator) for name, (values, _) in samples.items()}
    results, rows = [], []
    for name, spread in spreads.items():
        bounds = _sd_bounds(spread, draws.get(name), design.alpha)
        ratio = _ratio(spread, spreads[reference], draws, name, reference, design.alpha)
        settings = {"source": name, "reference": reference, "interval": interval, "n_dropped": spread.dropped}
        if interval == "bootstrap":
            settings |= {"n_resamples": n_resamples, "rng": seed_of(rng)}
        results.append(_result("one_at_a_time", spread, bounds, design, settings | {"ratio": ratio[0]}))
        rows.append(_row(name, spread, bounds, ratio))
    whole = (
        None
        if together is None
        else _together(spreads, _Spread.of(*one_sample("together", together)), design)
    )
    return Sources(tuple(rows), reference, (*results, *([whole] if whole else [])), whole)


def numerical_noise(x: npt.ArrayLike, **labels: Unpack[Labels]) -> Result:
    """How far do scores spread that should be the same, since every seed is fixed?

    Parameters
    ----------
    x : array_like of float, (run,)
        Scores of the same run, again and again. NaN is left out and counted.
    **labels
        As in :class:`~varbench.stats.Design`; `unit` is ``"run"`` unless given.

    Returns
    -------
    Result
        `estimate` is the standard deviation, in the scores' units, with its chi-square interval; 0 without an
        interval where all are equal to the last bit. Then ``settings["differing_at_most"]`` bounds the share of
        runs that would differ from the others.

    Raises
    ------
    StatisticsError
        If there is no score, or one is infinite.

    Notes
    -----
    Bouthillier et al. 2021, arXiv:2103.03098, section 2: 200 runs with all seeds fixed.

    Examples
    --------
    >>> result = numerical_noise([0.8, 0.8, 0.8, 0.8])
    >>> result.estimate, result.settings["identical"], round(result.settings["differing_at_most"], 2)
    (0.0, True, 0.53)
    """
    design = Design.of(labels, unit="run")
    values, dropped = one_sample("x", x)
    spread = _Spread.of(values, dropped)
    identical = bool(len(values) and (values == values[0]).all())
    settings: dict[str, Any] = {
        "n_dropped": dropped, "n_distinct": len(np.unique(values)), "identical": identical, "interval": "chi2",
        "largest_difference": float(np.ptp(values)) if len(values) else None,
    }  # fmt: skip
    if identical:  # the rule of three, exactly: one-sided
        settings["differing_at_most"] = clopper_pearson(0, len(values), 2 * design.confidence_level - 1)[1]
    return _result("numerical_noise", spread, _sd_bounds(spread, None, design.alpha), design, settings)


@dataclass(frozen=True)
class _Spread:
    """What a sample says of its variance."""

    n: int
    mean: float | None
    sd: float | None
    dropped: int

    @classmethod
    def of(cls, values: Floats, dropped: int) -> _Spread:
        n = len(values)
        if n < 2:
            return cls(n, float(values[0]) if n else None, None, dropped)
        sd = float(values.std(ddof=1)) if (values != values[0]).any() else 0.0
        return cls(n, float(values.mean()), sd, dropped)


def _sd_bounds(spread: _Spread, draws: Floats | None, alpha: float) -> tuple[float, float] | None:
    if not spread.sd:
        return None
    if draws is not None:
        low, high = np.quantile(draws, [alpha / 2, 1 - alpha / 2])
    else:
        variance = np.array([spread.sd**2])
        low, high = (bound[0] for bound in chi_square_interval(variance, np.array([spread.n - 1.0]), alpha))
        low, high = math.sqrt(low), math.sqrt(high)
    return float(low), float(high)


def _bootstrapped(values: Floats, n_resamples: int, rng: np.random.Generator) -> Floats:
    """Give the standard deviations of resamples."""
    if len(values) < 2:
        return np.zeros(n_resamples)
    centred = values - values.mean()
    found = np.empty(n_resamples)
    step = max(1, _CELLS // len(values))
    for start in range(0, n_resamples, step):
        stop = min(start + step, n_resamples)
        found[start:stop] = centred[rng.integers(len(values), size=(stop - start, len(values)))].std(
            axis=1, ddof=1
        )
    return found


def _ratio(
    spread: _Spread, other: _Spread, draws: dict[str, Floats], name: str, reference: str, alpha: float
) -> tuple[float | None, float | None, float | None]:
    """Give the ratio of two standard deviations of independent runs, with its interval."""
    if spread.sd is None or not other.sd:
        return None, None, None
    ratio = spread.sd / other.sd
    if name == reference:
        return 1.0, 1.0, 1.0
    if spread.sd == 0:
        return 0.0, None, None
    if draws:
        usable = draws[reference] > 0
        low, high = np.quantile(draws[name][usable] / draws[reference][usable], [alpha / 2, 1 - alpha / 2])
        return ratio, float(low), float(high)
    df = (spread.n - 1, other.n - 1)
    low = ratio / math.sqrt(float(special.fdtri(*df, 1 - alpha / 2)))
    high = ratio / math.sqrt(float(special.fdtri(*df, alpha / 2)))
    return ratio, low, high


def _result(
    method: str, spread: _Spread, bounds: tuple[float, float] | None, design: Design, settings: dict[str, Any]
) -> Result:
    notes = ["pairs_dropped"] if spread.dropped else []
    if spread.sd is None:
        notes.append("too_few_to_reject")
    elif bounds is None:
        notes.append("no_variance")
    return design.result(
        method, n=spread.n, estimate=spread.sd, interval=bounds, settings=settings | {"mean": spread.mean},
        notes=notes,
    )  # fmt: skip


def _row(
    name: str,
    spread: _Spread,
    bounds: tuple[float, float] | None,
    ratio: tuple[float | None, float | None, float | None],
) -> dict[str, Any]:
    """Give a row of the table; what there is none of is NaN there."""
    low, high = bounds or (None, None)
    found = {
        "source": name, "n": spread.n, "mean": spread.mean, "sd": spread.sd, "ci_low": low, "ci_high": high,
        "ratio": ratio[0], "ratio_low": ratio[1], "ratio_high": ratio[2],
    }  # fmt: skip
    return {key: math.nan if value is None else value for key, value in found.items()}


def _together(spreads: dict[str, _Spread], whole: _Spread, design: Design) -> Result:
    """Hold the variance of all sources together against the sum of those alone."""
    parts = [spread for spread in spreads.values() if spread.sd is not None]
    settings: dict[str, Any] = {
        "source": "together", "interval": "modified large sample", "n_dropped": whole.dropped
    }  # fmt: skip
    notes = ["pairs_dropped"] if whole.dropped else []
    if whole.sd is None or len(parts) < len(spreads):
        return design.result("together", n=whole.n, settings=settings, notes=[*notes, "too_few_to_reject"])
    everything = [whole, *parts]
    squares = np.array([(spread.sd or 0.0) ** 2 for spread in everything])
    df = np.array([spread.n - 1.0 for spread in everything])
    signs = np.array([[1.0] + [-1.0] * len(parts)])
    total = float(squares[1:].sum())
    settings |= {
        "variance_together": float(squares[0]), "sum_of_variances": total,
        "ratio": float(squares[0]) / total if total > 0 else None,
    }  # fmt: skip
    low, high = (float(bound[0]) for bound in modified_large_sample(signs, squares, df, design.alpha))
    if not squares.any():
        return design.result(
            "together", n=whole.n, estimate=0.0, settings=settings, notes=[*notes, "no_variance"]
        )
    return design.result(
        "together", n=whole.n, estimate=float(squares[0]) - total, interval=(low, high), settings=settings,
        notes=notes,
    )  # fmt: skip

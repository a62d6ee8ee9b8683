"""The parts of a variance: one estimate a term of a random-effects design, by mean squares or by likelihood."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import special

from varbench.errors import StatisticsError, unknown
from varbench.stats.anova import (
    Term,
    all_terms,
    chi_square_interval,
    mean_squares,
    modified_large_sample,
    satterthwaite,
)
from varbench.stats.reml import restricted
from varbench.stats.result import Design, Result
from varbench.stats.samples import Floats, scale

if TYPE_CHECKING:
    import pandas as pd

METHODS = ("auto", "anova", "reml")
_SAID = {"mls": "modified large sample", "satterthwaite": "Satterthwaite"}
#: The name of the term that holds what no other term explains.
RESIDUAL = "residual"
Codes = npt.NDArray[np.intp]
#: A spread below this share of the largest score is what rounding leaves, not variance.
_ROUNDING = 16 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class Components:
    """One variance a term of a random-effects design, with its interval and its share.

    Parameters
    ----------
    terms : tuple of str
        Factors and their interactions (``"split:init"``), the residual last. Without replicates the residual
        holds the highest interaction too.
    raw : ndarray of float64, (term,)
        The estimates; from mean squares they can fall below 0.
    low, high : ndarray of float64, (term,)
        The intervals of the variances, from 0; NaN where there are none.
    df : ndarray of float64, (term,)
        Satterthwaite's degrees of freedom of each estimate.
    levels : dict of str to int
        How many levels each factor has.
    n : int
        How many scores were used.
    mean : float
        Their mean.
    method : str
        ``"anova"`` or ``"reml"``.
    design : Design
        The labels that the results carry.
    notes : tuple of str
        Codes of :data:`~varbench.stats.NOTES`.
    settings : dict
        The choices that were really made.
    spread : tuple of ndarray
        What random draws of the estimates are made of; see :meth:`shares`.
    """

    terms: tuple[str, ...]
    raw: Floats
    low: Floats
    high: Floats
    df: Floats
    levels: dict[str, int]
    n: int
    mean: float
    method: str
    design: Design
    notes: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    spread: tuple[Floats, ...] = field(default=(), repr=False)

    @property
    def variances(self) -> dict[str, float]:
        """The estimate of each term, those below 0 given as 0."""
        return dict(zip(self.terms, np.maximum(self.raw, 0.0).tolist(), strict=True))

    @property
    def total(self) -> float:
        """The variance of one score with every source drawn anew: the sum of all components."""
        return float(np.maximum(self.raw, 0.0).sum())

    def frame(self) -> pd.DataFrame:
        """Give a row a term; the interval is the variance's, and NaN where there is none."""
        import pandas as pd

        variances = np.maximum(self.raw, 0.0)
        return pd.DataFrame(
            {
                "term": self.terms,
                "variance": variances,
                "share": variances / self.total if self.total > 0 else np.zeros(len(variances)),
                "sd": np.sqrt(variances),
                "ci_low": self.low,
                "ci_high": self.high,
                "df": self.df,
                "negative": self.raw < 0,
                "raw": self.raw,
            }
        )

    @property
    def results(self) -> tuple[Result, ...]:
        """One result a term; the estimate is the variance."""
        return tuple(self.result(term) for term in self.terms)

    def result(self, term: str) -> Result:
        """Give the result of one term; its share, standard deviation and degrees of freedom are settings."""
        if term not in self.terms:
            raise StatisticsError(unknown("term", term, self.terms))
        row = self.terms.index(term)
        variance = max(float(self.raw[row]), 0.0)
        bounds = (float(self.low[row]), float(self.high[row]))
        notes = set(self.notes) - {"variance_negative"}
        if self.raw[row] < 0:
            notes.add("variance_negative")
        elif not np.isfinite(bounds).all():
            notes.add("boundary")
        return self.design.result(
            "variance_components", n=self.n, estimate=variance,
            interval=bounds if np.isfinite(bounds).all() else None,
            settings={
                "term": term, "sd": variance**0.5, "share": variance / self.total if self.total > 0 else None,
                "df": float(self.df[row]), "raw": float(self.raw[row]), "levels": dict(self.levels), **self.settings,
            },
            notes=notes,
        )  # fmt: skip

    def shares(self, *, n_resamples: int = 10_000, rng: int | np.random.Generator = 0) -> pd.DataFrame:
        """Give source, share, ci_low, ci_high and sd: what part of the variance of one score each term brings.

        Parameters
        ----------
        n_resamples : int
            How many draws the intervals are made of.
        rng : int or numpy.random.Generator
            Where the draws come from.

        Returns
        -------
        DataFrame
            One row a term; shares in [0, 1], NaN bounds where nothing varies.

        Notes
        -----
        Generalised intervals, Weerahandi 1993, doi:10.1080/01621459.1993.10476355: mean squares over chi-square
        draws give draws of the components, and these of the shares. For REML, normal draws with the inverse
        information.
        """
        import pandas as pd

        variances = np.maximum(self.raw, 0.0)
        low = high = np.full(len(variances), np.nan)
        if self.total > 0 and self.spread:
            draws = np.maximum(self._draws(n_resamples, np.random.default_rng(rng)), 0.0)
            sums = draws.sum(axis=1, keepdims=True)
            parts = draws[sums[:, 0] > 0] / sums[sums[:, 0] > 0]
            tail = self.design.alpha / 2
            low, high = np.quantile(parts, [tail, 1 - tail], axis=0)
            # an estimate that was cut at 0 may lie outside of the middle of its draws
            share = variances / self.total
            low, high = np.minimum(low, share), np.maximum(high, share)
        share = variances / self.total if self.total > 0 else np.zeros(len(variances))
        return pd.DataFrame(
            {"source": self.terms, "share": share, "ci_low": low, "ci_high": high, "sd": np.sqrt(variances)}
        )

    def _draws(self, n_resamples: int, rng: np.random.Generator) -> Floats:
        if self.method == "reml":
            return rng.multivariate_normal(self.raw, self.spread[0], size=n_resamples, method="svd")
        coefficients, squares, df = self.spread
        drawn: Floats = (squares * df / rng.chisquare(df, size=(n_resamples, len(df)))) @ coefficients.T
        return drawn

    def _repr_html_(self) -> str:
        return str(self.frame().to_html(index=False))


@dataclass(frozen=True)
class Plan:
    """What is asked for: the factors and their nesting, and how to estimate."""

    names: tuple[str, ...]
    ancestors: dict[int, frozenset[int]]
    method: str
    interval: str
    design: Design

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise StatisticsError(unknown("method", self.method, METHODS))
        if self.interval not in _SAID:
            raise StatisticsError(unknown("interval", self.interval, _SAID))
        self.design.result(
            "variance_components", n=0
        )  # labels that do not exist are refused now, not when shown

    def name(self, term: Term) -> str:
        """Give the names of a term's factors, joined."""
        return ":".join(self.names[axis] for axis in term)


def balanced(array: Floats, replicates: bool, plan: Plan, dropped: int = 0) -> Components:
    """Estimate from the mean squares of a full table."""
    ancestors = dict(plan.ancestors)
    if replicates:  # replicates are nested in everything
        ancestors[array.ndim - 1] = frozenset(range(array.ndim - 1))
    centred = array - array.flat[0]
    unit = math.ldexp(
        1.0, math.frexp(scale(centred))[1]
    )  # a power of 2: nothing is rounded, nothing overflows
    found = mean_squares(centred / unit, ancestors)
    squares = found.mean_squares
    squares = squares * (squares > (_ROUNDING * scale(array) / unit) ** 2)
    coefficients = np.linalg.inv(found.expected).astype(np.float64)
    raw = coefficients @ squares
    weight = np.abs(coefficients) @ squares
    raw = raw * (np.abs(raw) > 1e-14 * weight)  # what rounding leaves of a difference of equals
    df = satterthwaite(coefficients, squares, found.df)
    if plan.interval == "mls":
        low, high = modified_large_sample(coefficients, squares, found.df, plan.design.alpha)
    else:
        low, high = chi_square_interval(np.maximum(raw, 0), df, plan.design.alpha)
    low, high = np.maximum(low, 0.0), np.maximum(high, 0.0)
    nothing = high == 0  # no spread, or a mean square far too small for a variance at or above 0
    low, high = np.where(nothing, np.nan, low), np.where(nothing, np.nan, high)
    notes = _notes(raw, squares, dropped)
    area = unit**2
    return Components(
        (*(plan.name(term) for term in found.terms[:-1]), RESIDUAL), area * raw, area * low, area * high, df,
        dict(zip(plan.names, array.shape, strict=False)), array.size, float(array.flat[0] + centred.mean()),
        "anova", plan.design, notes,
        {"method": "anova", "interval": _SAID[plan.interval], "replicates": array.shape[-1] if replicates else 1,
         "n_dropped": dropped},
        (coefficients, area * squares, found.df),
    )  # fmt: skip


def _notes(raw: Floats, squares: Floats, dropped: int) -> tuple[str, ...]:
    found = {"variance_negative"} if (raw < 0).any() else set()
    if not squares.any():
        found.add("no_variance")
    if dropped:
        found.add("cells_missing")
    return tuple(sorted(found))


def unbalanced(values: Floats, codes: Codes, plan: Plan, dropped: int, full: bool) -> Components:
    """Estimate by restricted maximum likelihood; `full` tells that no cell is missing or counted more often."""
    if plan.method == "anova":
        raise StatisticsError(
            f"method='anova' needs every cell equally often, and {dropped} scores are missing or cells differ: "
            "take method='reml', or 'auto'"
        )
    terms, levels = _levels(codes, plan)
    if len(values) < 3 or not terms:
        raise StatisticsError(
            f"{len(values)} scores in {len(plan.names)} factors are too few to part the variance"
        )
    settings = {"method": "reml", "interval": "Satterthwaite", "n_dropped": dropped}
    notes = (set() if full else {"unbalanced"}) | ({"cells_missing"} if dropped else set())
    names = (*(plan.name(term) for term in terms), RESIDUAL)
    sizes = {name: int(codes[:, axis].max()) + 1 for axis, name in enumerate(plan.names)}
    if np.ptp(values) <= _ROUNDING * scale(values) or np.ptp(values) < 1e-150:  # its square is 0
        nothing, none = np.zeros(len(names)), np.full(len(names), np.nan)
        notes.add("no_variance")
        return Components(
            names, nothing, none, none, nothing, sizes, len(values), float(values.mean()), "reml", plan.design,
            tuple(sorted(notes)), settings,
        )  # fmt: skip
    fit = restricted(values, levels)
    low, high, df = _reml_interval(fit.variances, np.diag(fit.covariance), plan.design.alpha)
    if not fit.converged:
        notes.add("not_converged")
    return Components(
        names, fit.variances, low, high, df, sizes, len(values), float(values.mean()), "reml", plan.design,
        tuple(sorted(notes)), settings, (fit.covariance,),
    )  # fmt: skip


def _levels(codes: Codes, plan: Plan) -> tuple[list[Term], list[Codes]]:
    """Number the levels of every term that can be told from the residual, and from the terms before it.

    Raises
    ------
    StatisticsError
        If the levels of one factor tell those of another, and nothing says that it is nested.
    """
    found: dict[bytes, tuple[Term, Codes]] = {}
    for term in all_terms(codes.shape[1], plan.ancestors):
        rows = np.unique(codes[:, list(term)], axis=0, return_inverse=True)[1].ravel()
        first, number = np.unique(rows, return_index=True)[1], np.empty(rows.max() + 1, np.intp)
        number[rows[np.sort(first)]] = np.arange(
            len(first)
        )  # in the order of appearance: equal parts, equal bytes
        levels = number[rows]
        if len(first) == len(codes):  # each score has a level of its own, which is the residual
            continue
        before = found.setdefault(levels.tobytes(), (term, levels))[0]
        if before != term and len(before) == 1 and len(term) <= 2:
            inner, outer = plan.name(before), plan.name(tuple(set(term) - set(before)))
            raise StatisticsError(
                f"each level of {inner} is there with one level of {outer} only: if it is nested in it, say "
                f"nested={{{inner!r}: {outer!r}}}; if both are the same, leave one out"
            )
    return [term for term, _ in found.values()], [levels for _, levels in found.values()]


def _reml_interval(variances: Floats, squared_errors: Floats, alpha: float) -> tuple[Floats, Floats, Floats]:
    """Satterthwaite's interval where the estimate is above 0, a normal bound where it is at 0."""
    errors = np.maximum(squared_errors, np.finfo(float).tiny)
    df = 2 * variances**2 / errors
    low, high = chi_square_interval(variances, df, alpha)
    bound = variances + special.ndtri(1 - alpha / 2) * np.sqrt(errors)
    small = df < 1e-3  # the chi-square bound has no meaning so near to 0
    return np.where(small, 0.0, low), np.where(small, bound, high), df

"""Sums of squares of balanced designs, and intervals for sums and differences of mean squares."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple, Unpack

import numpy as np
import numpy.typing as npt
from scipy import special

from varbench.errors import StatisticsError
from varbench.stats.result import Design, Labels, Result
from varbench.stats.samples import TIE_TOLERANCE, Floats, as_array, check_size, numbers, scale

#: The axes that a term is about, ascending.
Term = tuple[int, ...]


class MeanSquares(NamedTuple):
    """The mean squares of a balanced design, terms with fewer factors first, the residual last."""

    terms: tuple[Term, ...]
    mean_squares: Floats
    df: Floats
    #: (term, term): how often each variance component is in the expectation of each mean square.
    expected: Floats


def mean_squares(scores: Floats, ancestors: Mapping[int, frozenset[int]]) -> MeanSquares:
    """Split the spread of a full table into one mean square a term.

    Parameters
    ----------
    scores : ndarray of float64
        One axis a factor, at least two levels each, nothing missing.
    ancestors : mapping of int to frozenset of int
        The axes that an axis is nested in, directly or through others.

    Returns
    -------
    MeanSquares

    Notes
    -----
    Searle, Casella & McCulloch 1992, doi:10.1002/9780470316856, chapter 4: in a random model the expected mean
    square of a term is the sum of all components whose term contains it, each times the number of scores that
    share one of its levels.
    """
    shape = scores.shape
    squares: dict[Term, float] = {}
    df: dict[Term, int] = {}
    for axes, effect in _effects(scores - scores.flat[0]).items():
        if not axes:
            continue
        term = closure(axes, ancestors)
        repeated = scores.size // effect.size
        squares[term] = squares.get(term, 0.0) + repeated * float(np.dot(effect.ravel(), effect.ravel()))
        df[term] = df.get(term, 0) + math.prod(shape[axis] - 1 for axis in axes)
    terms = tuple(sorted(squares, key=lambda term: (len(term), term)))
    share = np.array([scores.size / math.prod(shape[axis] for axis in term) for term in terms])
    inside = np.array([[set(low) <= set(high) for high in terms] for low in terms])
    degrees = np.array([df[term] for term in terms], np.float64)
    return MeanSquares(terms, np.array([squares[t] for t in terms]) / degrees, degrees, inside * share)


def _effects(centred: Floats) -> dict[Term, Floats]:
    """Take the array apart, axis after axis, into means and what is left: each term centred before it is squared."""
    parts: dict[Term, Floats] = {(): centred}
    for axis in range(centred.ndim):
        following: dict[Term, Floats] = {}
        for axes, part in parts.items():
            mean = np.add.reduce(part, axis=axis, keepdims=True) / part.shape[axis]
            following[axes] = mean
            following[*axes, axis] = part - mean
        parts = following
    return parts


def closure(axes: Sequence[int], ancestors: Mapping[int, frozenset[int]]) -> Term:
    """Add to the axes all those that they are nested in."""
    found = set(axes)
    for axis in axes:
        found |= ancestors.get(axis, frozenset())
    return tuple(sorted(found))


def all_terms(n_factors: int, ancestors: Mapping[int, frozenset[int]]) -> tuple[Term, ...]:
    """Give every term of a design with all its interactions, fewer factors first."""
    chosen = (axes for size in range(1, n_factors + 1) for axes in combinations(range(n_factors), size))
    return tuple(sorted({closure(axes, ancestors) for axes in chosen}, key=lambda term: (len(term), term)))


def satterthwaite(coefficients: Floats, squares: Floats, df: Floats) -> Floats:
    """Give the degrees of freedom of sums of mean squares.

    Notes
    -----
    Satterthwaite 1946, doi:10.2307/3002019: (sum c MS)^2 / sum((c MS)^2 / df).
    """
    parts = coefficients * squares
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = parts.sum(axis=-1) ** 2 / (parts**2 / df).sum(axis=-1)
    finite: Floats = np.where(np.isfinite(found), found, np.float64(0))
    return finite


def chi_square_interval(variance: Floats, df: Floats, alpha: float) -> tuple[Floats, Floats]:
    """Give the interval of variances, each estimated with its degrees of freedom; [0, 0] where there are none."""
    with np.errstate(invalid="ignore", divide="ignore"):
        low = np.where(df > 0, df * variance / special.chdtri(df, alpha / 2), 0.0)
        high = np.where(df > 0, df * variance / special.chdtri(df, 1 - alpha / 2), 0.0)
    return low, high


def modified_large_sample(
    coefficients: Floats, squares: Floats, df: Floats, alpha: float
) -> tuple[Floats, Floats]:
    """Where do sums and differences of expected mean squares lie?

    Parameters
    ----------
    coefficients : ndarray of float64, (quantity, mean square)
        The quantities are ``coefficients @ expected mean squares``.
    squares, df : ndarray of float64, (mean square,)
        Independent mean squares, and their degrees of freedom.
    alpha : float
        The error rate of both sides together.

    Returns
    -------
    low, high : ndarray of float64, (quantity,)
        Not cut at 0. Exact for a single mean square, and where a bound says that one mean square expects more
        than another.

    Notes
    -----
    Ting, Burdick, Graybill, Jeyaratnam & Lu 1990, doi:10.1080/00949659008811240; Burdick & Graybill 1992,
    *Confidence Intervals on Variance Components*, section 3.3.
    """
    one_side = alpha / 2
    upper, lower = special.chdtri(df, one_side) / df, special.chdtri(df, 1 - one_side) / df
    g, h = 1 - 1 / upper, 1 / lower - 1
    first, second = df[:, None], df[None, :]
    f_high = special.fdtri(first, second, 1 - one_side)
    f_low = special.fdtri(first, second, one_side)
    cross_g = ((f_high - 1) ** 2 - (g[:, None] * f_high) ** 2 - h[None, :] ** 2) / f_high
    cross_h = ((1 - f_low) ** 2 - (h[:, None] * f_low) ** 2 - g[None, :] ** 2) / f_low
    pooled = (1 - (first + second) / special.chdtri(first + second, one_side)) ** 2
    same = pooled * (first + second) ** 2 / (first * second) - (
        g[:, None] ** 2 * first / second + g[None, :] ** 2 * second / first
    )
    np.fill_diagonal(same, 0.0)
    parts = coefficients * squares
    plus, minus = np.maximum(parts, 0), np.maximum(-parts, 0)
    below = plus**2 @ g**2 + minus**2 @ h**2 + _form(plus, cross_g, minus) + _among(plus, same)
    above = plus**2 @ h**2 + minus**2 @ g**2 + _form(plus, cross_h, minus) + _among(minus, same)
    centre = parts.sum(axis=1)
    return centre - np.sqrt(np.maximum(below, 0)), centre + np.sqrt(np.maximum(above, 0))


def _form(left: Floats, matrix: Floats, right: Floats) -> Floats:
    found: Floats = ((left @ matrix) * right).sum(axis=1)
    return found


def _among(parts: Floats, same: Floats) -> Floats:
    """Give the terms of pairs of the same sign, shared out over the others of that sign."""
    others = np.maximum((parts > 0).sum(axis=1) - 1, 1)
    found: Floats = _form(parts, same, parts) / 2 / others
    return found


def one_way(
    values: npt.ArrayLike,
    group: npt.ArrayLike,
    **labels: Unpack[Labels],
) -> Result:
    """Do the means of several groups differ? One-way analysis of variance, to as many digits as the data have.

    Parameters
    ----------
    values : array_like, (unit,)
        One value a unit. Values that floats cannot hold may come as :class:`decimal.Decimal` or
        :class:`fractions.Fraction`: they are centred before they become floats.
    group : array_like, (unit,)
        The group of each.
    **labels
        As in :class:`~varbench.stats.Design`.

    Returns
    -------
    Result
        `statistic` is F, `estimate` R squared, the groups' share of the sum of squares (in [0, 1], no interval).
        The sums of squares, mean squares and degrees of freedom stand in the settings.

    Raises
    ------
    StatisticsError
        If the lengths differ, a value is missing, or there are fewer than two groups.

    Notes
    -----
    The corrected two-pass algorithm: Chan, Golub & LeVeque 1983, doi:10.1080/00031305.1983.10483115, equation 1.7.

    Examples
    --------
    >>> result = one_way([1.0, 2.0, 3.0, 5.0, 6.0, 7.0], ["a", "a", "a", "b", "b", "b"])
    >>> round(result.statistic, 6), round(result.estimate, 6)
    (24.0, 0.857143)
    """
    design = Design.of(labels, unit="run")
    centred, size = _centred(values)
    names, codes = np.unique(_names(group), return_inverse=True)
    n, k = len(centred), len(names)
    if len(codes) != n or k < 2:
        raise StatisticsError(
            f"values has {n} entries, group has {len(codes)} with {k} different: "
            "give a group to each value, and at least two groups"
        )
    between, within = _two_sums(centred, codes, k)
    settings: dict[str, Any] = {
        "ss_between": between, "ss_within": within, "df_between": k - 1, "df_within": n - k, "groups": k,
    }  # fmt: skip
    tiny = n * (TIE_TOLERANCE * size) ** 2
    if between + within <= tiny or n == k:
        notes = ["too_few_to_reject"] if n == k else ["no_variance"]
        return design.result("one_way", n=n, settings=settings, notes=notes)
    estimate = between / (between + within)
    if within <= tiny:  # every group is constant: F has no bound
        return design.result(
            "one_way", n=n, estimate=estimate, pvalue=0.0, settings=settings, notes=["boundary"]
        )
    settings |= {"ms_between": between / (k - 1), "ms_within": within / (n - k)}
    f = settings["ms_between"] / settings["ms_within"]
    return design.result(
        "one_way", n=n, estimate=estimate, statistic=f, pvalue=float(special.fdtrc(k - 1, n - k, f)),
        settings=settings,
    )  # fmt: skip


def _names(group: npt.ArrayLike) -> npt.NDArray[np.generic]:
    names = as_array("group", group)
    missing = sum(
        name is None or name != name for name in names.ravel().tolist()
    )  # only NaN differs from itself
    if missing:
        raise StatisticsError(f"group lacks {missing} of {names.size} names: leave those values out")
    return names.astype(str) if names.dtype == object else names


def _centred(values: npt.ArrayLike) -> tuple[Floats, float]:
    given = as_array("values", values)
    if given.ndim != 1 or given.size == 0:
        raise StatisticsError(
            f"values has shape {given.shape}: one value a unit is needed, in one dimension, at least one"
        )
    try:
        if given.dtype == object:
            centred = np.array([float(value - given[0]) for value in given])
        else:
            given = numbers("values", values)
            with np.errstate(invalid="ignore"):  # infinite ones are refused below
                centred = given - given[0]
    except (TypeError, ValueError) as error:
        raise StatisticsError(f"values holds something that is no number: {error}") from None
    if not np.isfinite(centred).all():
        raise StatisticsError("values holds missing or infinite entries: leave them out, with their group")
    check_size("values", centred)
    return centred, scale(centred)


def _two_sums(centred: Floats, codes: npt.NDArray[np.intp], k: int) -> tuple[float, float]:
    counts = np.bincount(codes, minlength=k)
    centred = centred - centred.mean()
    means = np.bincount(codes, centred, minlength=k) / counts
    left = centred - means[codes]
    slips = np.bincount(codes, left, minlength=k) / counts  # what rounding has left of the means
    within = float(np.dot(left, left) - np.dot(counts, slips**2))  # (1.7)
    means = means + slips
    means = means - np.dot(counts, means) / len(centred)
    return float(np.dot(counts, means**2)), within

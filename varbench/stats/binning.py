"""Probabilities in bins, and what each bin holds: cases, the mean probability, the share of positive ones."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from varbench.errors import StatisticsError, unknown
from varbench.stats.binary import Bools, Cases, Codes
from varbench.stats.draws import Units, at_least, resampled
from varbench.stats.samples import Floats
from varbench.stats.score_interval import score_interval

#: How the edges of bins are set.
STRATEGIES = ("width", "mass")
#: Null draws x cases in a chunk.
_CELLS = 2_000_000


class Bins(NamedTuple):
    """Which bin each case is in, and what each bin holds; bins without cases are left out.

    Attributes
    ----------
    edges : ndarray of float64, (bin + 1,)
        Of all bins, from 0 to 1.
    number : ndarray of int64, (case,)
        The place of the case's bin among those that hold cases.
    low, high : ndarray of float64, (bin,)
        The edges of each bin that holds cases.
    size, expected, observed : ndarray of float64, (bin,)
        Cases, the sum of their probabilities, and how many are positive.
    """

    edges: Floats
    number: Codes
    low: Floats
    high: Floats
    size: Floats
    expected: Floats
    observed: Floats

    @property
    def error(self) -> float:
        """The mean distance between probability and share of positive cases, each bin by its cases."""
        return float(np.abs(self.expected - self.observed).sum() / self.size.sum())


def in_bins(positive: Bools, p: Floats, n_bins: int, strategy: str) -> Bins:
    """Which cases share a bin?

    Parameters
    ----------
    positive : ndarray of bool, (case,)
        The outcome.
    p : ndarray of float64, (case,)
        Probabilities.
    n_bins : int
        At least 1; equal probabilities stay together, so bins of equal mass may be fewer.
    strategy : {"width", "mass"}
        Bins of equal width, or of equally many cases.

    Returns
    -------
    Bins
        Those that hold cases.

    Raises
    ------
    StatisticsError
        If `n_bins` is no whole number from 1, or the strategy is not known.

    Examples
    --------
    >>> in_bins(np.array([False, True, True]), np.array([.1, .2, .9]), 2, "width").size
    array([2., 1.])
    """
    if strategy not in STRATEGIES:
        raise StatisticsError(unknown("strategy", strategy, STRATEGIES))
    at_least("n_bins", n_bins)
    edges = np.linspace(0, 1, n_bins + 1)
    if strategy == "mass":
        edges = np.unique([0.0, *np.quantile(p, edges[1:-1]), 1.0])
    place = np.searchsorted(edges[1:-1], p, "right")
    held, number = np.unique(place, return_inverse=True)
    weights = (np.ones(len(p)), p, positive.astype(float))
    size, expected, observed = (np.bincount(number, weight).astype(float) for weight in weights)
    return Bins(edges, number.astype(np.int64), edges[held], edges[held + 1], size, expected, observed)


def errors_if_calibrated(cases: Cases, bins: Bins, n_resamples: int, rng: np.random.Generator) -> Floats:
    """How large is the calibration error of a model whose probabilities are right?

    Parameters
    ----------
    cases : Cases
        With one score, the probabilities.
    bins : Bins
        Of these cases.
    n_resamples : int
        How many outcomes are drawn.
    rng : numpy.random.Generator
        Where they come from.

    Returns
    -------
    ndarray of float64, (resample,)
        Outcomes are drawn from the probabilities; with groups, the sign of each group's residuals is drawn instead
        (wild bootstrap: Cameron, Gelbach & Miller 2008, doi:10.1162/rest.90.3.414), so that what its cases share stays.
    """
    n = bins.size.sum()
    if cases.groups is not None:
        residuals = _by_group(cases, bins, cases.scores[0] - cases.positive)
        step = max(1, _CELLS // len(residuals))
        sizes = [min(step, n_resamples - first) for first in range(0, n_resamples, step)]
        signs = (rng.choice([-1.0, 1.0], size=(size, len(residuals))) for size in sizes)
        return np.concatenate([np.abs(drawn @ residuals).sum(1) / n for drawn in signs])
    order = np.argsort(bins.number, kind="stable")
    p, starts = cases.scores[0][order], np.concatenate([[0], np.cumsum(bins.size)[:-1]]).astype(int)
    step, found = max(1, _CELLS // len(p)), []
    for first in range(0, n_resamples, step):
        drawn = rng.random((min(step, n_resamples - first), len(p))) < p
        found.append(
            np.abs(np.add.reduceat(drawn, starts, axis=1, dtype=np.int64) - bins.expected).sum(1) / n
        )
    return np.concatenate(found)


def errors_resampled(cases: Cases, bins: Bins, n_resamples: int, rng: np.random.Generator) -> Floats:
    """How does the calibration error vary with the patients?

    Parameters
    ----------
    cases, bins, n_resamples, rng
        As in :func:`errors_if_calibrated`.

    Returns
    -------
    ndarray of float64, (resample,)
        The edges stay. Without groups the outcomes of each bin are drawn from its share of positive ones; with groups,
        groups are drawn.
    """
    if cases.groups is None:
        drawn = rng.binomial(
            bins.size.astype(int), bins.observed / bins.size, size=(n_resamples, len(bins.size))
        )
        return np.asarray(np.abs(drawn - bins.expected).sum(1) / bins.size.sum())
    residuals = _by_group(cases, bins, cases.scores[0] - cases.positive)
    size = np.bincount(cases.groups).astype(float)

    def errors(counts: Codes) -> Floats:
        weights = counts.astype(float)
        return np.asarray(np.abs(weights @ residuals).sum(1, keepdims=True) / (weights @ size)[:, None])

    return resampled(errors, Units.of_cases(len(size)), n_resamples, rng).values[:, 0]


def _by_group(cases: Cases, bins: Bins, values: Floats) -> Floats:
    """Add up values by group and bin, (group, bin)."""
    groups, n_bins = cases.groups, len(bins.size)
    cell = bins.number if groups is None else groups * n_bins + bins.number
    sums: Floats = np.bincount(cell, values, cases.n_units * n_bins).astype(float).reshape(-1, n_bins)
    return sums


def share_intervals(cases: Cases, bins: Bins, confidence_level: float) -> tuple[Floats, Floats]:
    """Where does the share of positive cases of each bin lie?

    Parameters
    ----------
    cases : Cases
        With one score, the probabilities.
    bins : Bins
        Of these cases.
    confidence_level : float
        In (0, 1).

    Returns
    -------
    low, high : ndarray of float64, (bin,)
        Wilson's intervals. With groups, those of as many independent cases as say equally much: the binomial variance
        over that of the groups' sums, at most the cases; where all cases of a bin agree, its groups.

    Notes
    -----
    Korn & Graubard 1998, Survey Methodology 24, 193-201, for the effective number of cases; Dean & Pagano 2015,
    doi:10.1093/jssam/smv024, with Wilson's interval.
    """
    share = bins.observed / bins.size
    number = bins.size
    if cases.groups is not None:
        sizes = _by_group(cases, bins, np.ones(len(bins.number)))
        excess = _by_group(cases, bins, cases.positive - share[bins.number])
        there = (sizes > 0).sum(axis=0)
        variance = there / np.maximum(there - 1, 1) * (excess**2).sum(axis=0) / bins.size**2
        number = there.astype(np.float64)
        np.divide(share * (1 - share), variance, out=number, where=variance > 0)
        number = np.clip(number, 1, bins.size)
    return score_interval(share, number, confidence_level)

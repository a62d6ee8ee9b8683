"""Curves of one model with pointwise bands: ROC, precision and recall, calibration."""

from __future__ import annotations

from typing import Unpack

import numpy as np
import numpy.typing as npt

from varbench.stats.auc import delong
from varbench.stats.bands import Curve, Drawn, corners_of, joined, lines_of
from varbench.stats.binary import Bools, binary_cases, probabilities
from varbench.stats.binning import in_bins, share_intervals
from varbench.stats.draws import Codes
from varbench.stats.result import Design, Labels
from varbench.stats.samples import Floats

#: Where bands of ROC and precision-recall curves are computed.
GRID = np.linspace(0, 1, 101)


def roc_curve(
    y_true: npt.ArrayLike,
    a: npt.ArrayLike,
    *,
    groups: npt.ArrayLike | None = None,
    stratify: bool = True,
    n_resamples: int = 1_000,
    rng: int | np.random.Generator = 0,
    **labels: Unpack[Labels],
) -> Curve:
    """Which share of the positive cases is found at which price in false alarms?

    Parameters
    ----------
    y_true : array_like of bool or int, (case,)
        0 and 1, False and True, or -1 and 1; the larger is positive.
    a : array_like of float, (case,)
        Scores, larger for the positive class. A case with a NaN is left out and counted.
    groups : array_like, (case,), optional
        Which patient each case belongs to; whole patients are drawn then.
    stratify : bool
        Whether to draw within the classes.
    n_resamples : int
        How many resamples.
    rng : int or numpy.random.Generator
        A seed, or a generator.
    **labels
        As in :class:`~varbench.stats.Design`; the unit is ``"patient"``, or ``"group"`` where there are groups, the
        estimand E3.

    Returns
    -------
    Curve
        One series, ``model``: the true positive rate at 101 false positive rates. Its result is DeLong's AUC.

    Raises
    ------
    StatisticsError
        As :func:`~varbench.stats.binary.binary_cases`.

    Notes
    -----
    Tied cases are crossed on a straight line, so that the area is the AUC. Fawcett 2006,
    doi:10.1016/j.patrec.2005.10.010.

    Examples
    --------
    >>> curve = roc_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], n_resamples=50)
    >>> curve.corners[["x", "y"]].to_numpy().tolist()
    [[0.0, 0.0], [0.0, 0.5], [0.5, 0.5], [0.5, 1.0], [1.0, 1.0]]
    """
    design = Design.of(labels, unit="patient" if groups is None else "group", estimand="E3")
    cases = binary_cases(y_true, a, groups=groups).sorted()
    drawn = Drawn(cases, design, n_resamples, rng, stratify)
    sums = _Sums(cases.positive, cases.scores[0])

    def rates(counts: Codes) -> Floats:
        true, false = sums(counts)
        return np.stack([_at(GRID, f, t) for t, f in zip(true, false, strict=True)])

    true, false = sums(np.ones((1, len(cases.positive)), np.int64))
    lines = lines_of("model", GRID, rates(np.ones((1, len(cases.positive)), np.int64))[0], drawn.band(rates))
    corners = corners_of(false[0] / false[0, -1], true[0] / true[0, -1], sums.thresholds)
    area = delong(y_true, a, groups=groups, **labels)
    drawn.notes |= set(area.notes)
    return drawn.curve("roc_curve", ("False positive rate", "True positive rate"), lines, corners, (area,))


class _Sums:
    """How many positive and negative cases lie at or above each threshold, on many resamples at once."""

    def __init__(self, positive: Bools, score: Floats) -> None:
        self.order = np.argsort(-score, kind="stable")
        falling = score[self.order]
        self.positive = positive[self.order]
        self.ends = np.flatnonzero(np.append(falling[1:] != falling[:-1], True))
        self.thresholds: Floats = np.append(np.inf, falling[self.ends])

    def __call__(self, counts: Codes) -> tuple[Codes, Codes]:
        ordered = np.take(counts, self.order, axis=1)
        return self._cumulated(ordered * self.positive), self._cumulated(ordered * ~self.positive)

    def _cumulated(self, ordered: Codes) -> Codes:
        found = np.zeros((len(ordered), len(self.ends) + 1), np.int64)
        found[:, 1:] = np.take(ordered.cumsum(axis=1), self.ends, axis=1)
        return found


def _at(grid: Floats, false: Codes, true: Codes) -> Floats:
    """Give the true positive rate at some false positive rates, the highest where a curve rises straight up."""
    if not (true[-1] and false[-1]):
        return np.full(len(grid), np.nan)
    # A little to the right: k / n and a place of the grid may be one number, rounded twice. Of several corners at one
    # place, np.interp starts from the last and ends at the first.
    return np.asarray(np.interp(grid + 1e-12, false / false[-1], true / true[-1]))


def pr_curve(
    y_true: npt.ArrayLike,
    a: npt.ArrayLike,
    *,
    groups: npt.ArrayLike | None = None,
    stratify: bool = False,
    n_resamples: int = 1_000,
    rng: int | np.random.Generator = 0,
    **labels: Unpack[Labels],
) -> Curve:
    """How many of the cases called positive are so, as ever more of the positive ones are to be found?

    Parameters
    ----------
    y_true, a, groups, n_resamples, rng, **labels
        As in :func:`roc_curve`.
    stratify : bool
        Whether to draw within the classes, which takes the prevalence as known.

    Returns
    -------
    Curve
        Series ``model``: the precision at 101 recalls, as a staircase, whose area is the average precision; and
        ``prevalence``, the precision of a model that knows nothing. Resamples without a positive case are drawn again
        and counted.

    Raises
    ------
    StatisticsError
        As :func:`roc_curve`.

    Notes
    -----
    Davis & Goadrich 2006, doi:10.1145/1143844.1143874: between its points the curve is no straight line.

    Examples
    --------
    >>> curve = pr_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], n_resamples=50)
    >>> curve.corners[["x", "y"]].round(2).to_numpy().tolist()
    [[0.5, 1.0], [0.5, 0.5], [1.0, 0.67], [1.0, 0.5]]
    """
    design = Design.of(labels, unit="patient" if groups is None else "group", estimand="E3")
    cases = binary_cases(y_true, a, groups=groups).sorted()
    drawn = Drawn(cases, design, n_resamples, rng, stratify)
    sums = _Sums(cases.positive, cases.scores[0])

    def precisions(counts: Codes) -> Floats:
        true, false = sums(counts)
        found = [_precision_at(GRID, t, f) for t, f in zip(true, false, strict=True)]
        share = true[:, -1] / (true[:, -1] + false[:, -1])
        return np.column_stack([np.stack(found), share])

    once = np.ones((1, len(cases.positive)), np.int64)
    data, (low, high) = precisions(once)[0], drawn.band(precisions)
    ends = np.array([0.0, 1.0])
    known = lines_of(
        "prevalence", ends, np.repeat(data[-1], 2), (np.repeat(low[-1], 2), np.repeat(high[-1], 2))
    )
    lines = joined(lines_of("model", GRID, data[:-1], (low[:-1], high[:-1])), known)
    true, false = (values[0, 1:] for values in sums(once))
    corners = corners_of(true / true[-1], true / (true + false), sums.thresholds[1:])
    return drawn.curve("pr_curve", ("Recall", "Precision"), lines, corners)


def _precision_at(grid: Floats, true: Codes, false: Codes) -> Floats:
    """Give the precision at the highest threshold that reaches each recall."""
    if not true[-1]:
        return np.full(len(grid), np.nan)
    needed = np.maximum(np.ceil(grid * true[-1] - 1e-9), 1)
    first = np.searchsorted(true, needed)
    return np.asarray(true[first] / (true[first] + false[first]))


def calibration_curve(
    y_true: npt.ArrayLike,
    p: npt.ArrayLike,
    *,
    n_bins: int = 10,
    strategy: str = "mass",
    groups: npt.ArrayLike | None = None,
    **labels: Unpack[Labels],
) -> Curve:
    """How often does what has a probability really happen?

    Parameters
    ----------
    y_true, **labels
        As in :func:`roc_curve`.
    p : array_like of float, (case,)
        Probabilities of the positive class, in [0, 1]. A case with a NaN is left out and counted.
    n_bins : int
        How many bins.
    strategy : {"mass", "width"}
        Bins of equally many cases, or of equal width.
    groups : array_like, (case,), optional
        Which patient each case belongs to.

    Returns
    -------
    Curve
        Series ``model``: a point a bin, x the mean probability, y the share of positive cases, with the interval of
        :func:`~varbench.stats.binning.share_intervals`: nothing is drawn.

    Raises
    ------
    StatisticsError
        If `p` are no probabilities, the strategy is not known, or as :func:`roc_curve`.

    Examples
    --------
    >>> calibration_curve([0, 0, 1, 1], [0.2, 0.4, 0.6, 0.8], n_bins=2).frame()["x"].round(2).tolist()
    [0.3, 0.7]
    """
    design = Design.of(labels, unit="patient" if groups is None else "group", estimand="E3")
    cases = binary_cases(y_true, p, groups=groups, both_classes=False).sorted()
    bins = in_bins(cases.positive, probabilities(cases.scores[0]), n_bins, strategy)
    low, high = share_intervals(cases, bins, design.confidence_level)
    settings = {
        **cases.settings, "bins": strategy, "n_bins": len(bins.size), "band": "Wilson",
        "confidence_level": design.confidence_level,
    }  # fmt: skip
    lines = lines_of("model", bins.expected / bins.size, bins.observed / bins.size, (low, high))
    axes = ("Predicted probability", "Observed share")
    return Curve("calibration_curve", *axes, lines, None, (), cases.n_units, settings, tuple(cases.notes))

"""What a model is worth where it decides: net benefit, and the expected cost of a case."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Unpack

import numpy as np
import numpy.typing as npt

from varbench.errors import StatisticsError
from varbench.stats.bands import Curve, Drawn, joined, lines_of
from varbench.stats.binary import Cases, binary_cases, probabilities
from varbench.stats.draws import Codes, Units
from varbench.stats.result import Design, Labels
from varbench.stats.samples import Floats, is_number, numbers

if TYPE_CHECKING:
    import pandas as pd

#: Risks at which a patient may be treated, where none are given.
THRESHOLDS = np.linspace(0.01, 0.99, 99)


def decision_curve(
    y_true: npt.ArrayLike,
    p: npt.ArrayLike,
    *,
    thresholds: npt.ArrayLike | None = None,
    groups: npt.ArrayLike | None = None,
    n_resamples: int = 1_000,
    rng: int | np.random.Generator = 0,
    **labels: Unpack[Labels],
) -> Curve:
    """Do patients gain if those above a risk are treated by this model, rather than all of them, or none?

    Parameters
    ----------
    y_true, groups, n_resamples, rng, **labels
        As in :func:`~varbench.stats.curves.roc_curve`.
    p : array_like of float, (case,)
        Probabilities of the positive class, in [0, 1]. A case with a NaN is left out and counted.
    thresholds : array_like of float, (threshold,), optional
        Risks from which on one would treat, in (0, 1), rising; 0.01 to 0.99 where not given.

    Returns
    -------
    Curve
        Series ``model``, ``all`` and ``none``: the net benefit, in true positives a patient, at each threshold.

    Raises
    ------
    StatisticsError
        If `p` are no probabilities, thresholds do not rise or lie outside (0, 1), or as
        :func:`~varbench.stats.curves.roc_curve`.

    Notes
    -----
    Vickers & Elkin 2006, doi:10.1177/0272989X06295361: true positives / n - false positives / n * t / (1 - t). Cases
    at the threshold are treated.

    Examples
    --------
    >>> curve = decision_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], thresholds=[0.2, 0.5], n_resamples=50)
    >>> curve.frame().query("series == 'model'")["y"].tolist()
    [0.4375, 0.25]
    """
    design = Design.of(labels, unit="patient" if groups is None else "group", estimand="E3")
    cases = binary_cases(y_true, p, groups=groups).sorted()
    probabilities(cases.scores[0])
    at = _rising(THRESHOLDS if thresholds is None else thresholds)
    drawn = Drawn(cases, design, n_resamples, rng, False)
    odds = at / (1 - at)

    def benefits(true: Floats, false: Floats, up: Floats, down: Floats) -> Floats:
        n = up + down
        return np.hstack([(true - false * odds) / n, (up - down * odds) / n])

    lines = _of_thresholds(cases, at, benefits, drawn, ("model", "all"))
    lines = joined(lines, lines_of("none", at, np.zeros(len(at)), (np.zeros(len(at)), np.zeros(len(at)))))
    return drawn.curve("decision_curve", ("Threshold probability", "Net benefit"), lines)


def expected_cost(
    y_true: npt.ArrayLike,
    p: npt.ArrayLike,
    cost_fp: float,
    cost_fn: float,
    *,
    thresholds: npt.ArrayLike | None = None,
    groups: npt.ArrayLike | None = None,
    n_resamples: int = 1_000,
    rng: int | np.random.Generator = 0,
    **labels: Unpack[Labels],
) -> Curve:
    """What does a case cost, if false alarms and missed cases have their prices?

    Parameters
    ----------
    y_true, groups, n_resamples, rng, **labels
        As in :func:`~varbench.stats.curves.roc_curve`.
    p : array_like of float, (case,)
        Probabilities of the positive class, in [0, 1]. A case with a NaN is left out and counted.
    cost_fp, cost_fn : float
        The price of a negative case called positive, and of a positive one called negative; above 0.
    thresholds : array_like of float, (threshold,), optional
        Probabilities from which on a case is called positive, in (0, 1), rising; 0.01 to 0.99 where not given.

    Returns
    -------
    Curve
        Series ``model``, ``all`` and ``none`` (all, or none, called positive): the mean cost of a case, smaller is
        better, at each threshold. Its result is the model's cost at the threshold that is best for right probabilities,
        ``cost_fp / (cost_fp + cost_fn)``.

    Raises
    ------
    StatisticsError
        If a cost is not above 0, `p` are no probabilities, or as :func:`decision_curve`.

    Notes
    -----
    Elkan 2001, "The foundations of cost-sensitive learning", IJCAI, for the threshold.

    Examples
    --------
    >>> expected_cost([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], 1.0, 4.0, n_resamples=50).results[0].estimate
    0.25
    """
    if not (is_number(cost_fp) and is_number(cost_fn) and cost_fp > 0 and cost_fn > 0):
        raise StatisticsError(f"cost_fp={cost_fp!r}, cost_fn={cost_fn!r}: prices above 0 are needed")
    design = Design.of(labels, unit="patient" if groups is None else "group", estimand="E3")
    cases = binary_cases(y_true, p, groups=groups).sorted()
    probabilities(cases.scores[0])
    best = cost_fp / (cost_fp + cost_fn)
    at = np.unique(np.append(_rising(THRESHOLDS if thresholds is None else thresholds), best))
    drawn = Drawn(cases, design, n_resamples, rng, False)
    drawn.settings |= {"cost_fp": cost_fp, "cost_fn": cost_fn, "threshold": best}

    def costs(true: Floats, false: Floats, up: Floats, down: Floats) -> Floats:
        n = up + down
        ones = np.ones(len(at))
        return np.hstack(
            [
                (false * cost_fp + (up - true) * cost_fn) / n,
                ones * down * cost_fp / n,
                ones * up * cost_fn / n,
            ]
        )

    lines = _of_thresholds(cases, at, costs, drawn, ("model", "all", "none"))
    chosen = lines[(lines["series"] == "model") & (lines["x"] == best)].iloc[0]
    spread = chosen["low"] < chosen["high"]
    cost = design.result(
        "expected_cost", n=cases.n_units, estimate=chosen["y"],
        interval=(chosen["low"], chosen["high"]) if spread else None,
        settings={**drawn.settings, "greater_is_better": False},
        notes=[*drawn.notes, *([] if spread else ["boundary"])],
    )  # fmt: skip
    return drawn.curve("expected_cost", ("Threshold", "Cost of a case"), lines, None, (cost,))


def _rising(thresholds: npt.ArrayLike) -> Floats:
    at = numbers("thresholds", thresholds)
    if at.ndim != 1 or not at.size or not ((np.diff(at) > 0).all() and at[0] > 0 and at[-1] < 1):
        raise StatisticsError(f"thresholds {at.tolist()}: rising probabilities between 0 and 1 are needed")
    return at


def _of_thresholds(
    cases: Cases, at: Floats, function: Callable[..., Floats], drawn: Drawn, series: tuple[str, ...]
) -> pd.DataFrame:
    """Make lines of what follows from the positive and the negative cases called positive at each threshold.

    Only how many cases of each class lie between two thresholds counts, so cases that agree in this are alike.
    """
    cell = np.searchsorted(at, cases.scores[0], "right")  # at so many thresholds the case is called positive
    kinds, of_case, size = np.unique(cell * 2 + cases.positive, return_inverse=True, return_counts=True)
    cells, positive = kinds // 2, kinds % 2 == 1
    called = (cells[:, None] > np.arange(len(at))).astype(np.float64)
    up, down = called * positive[:, None], called * ~positive[:, None]

    def of_kinds(counts: Codes) -> Floats:
        weights = counts.astype(np.float64)
        members = (weights @ positive.astype(np.float64), weights @ (~positive).astype(np.float64))
        return function(weights @ up, weights @ down, *(m[:, None] for m in members))

    order = np.argsort(of_case, kind="stable")
    starts = np.concatenate([[0], np.cumsum(size)[:-1]])

    def of_cases(counts: Codes) -> Floats:
        return of_kinds(np.add.reduceat(np.take(counts, order, axis=1), starts, axis=1))

    if cases.groups is None:
        low, high = drawn.band(of_kinds, Units(size.astype(np.int64), (len(size),)))
    else:
        low, high = drawn.band(of_cases)
    parts = [values.reshape(len(series), len(at)) for values in (of_kinds(size[None, :])[0], low, high)]
    found = [lines_of(name, at, y, (lo, hi)) for name, y, lo, hi in zip(series, *parts, strict=True)]
    return joined(*found)

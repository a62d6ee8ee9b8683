"""The area under the ROC curve of one model, and the difference of two on the same cases."""

from __future__ import annotations

import math
from typing import Any, NamedTuple, Unpack

import numpy as np
import numpy.typing as npt
from scipy import stats as distributions

from varbench.errors import StatisticsError, unknown
from varbench.stats.binary import Bools, Cases, binary_cases
from varbench.stats.result import Design, Labels, Result
from varbench.stats.samples import Floats
from varbench.stats.superiority import newcombe

_INTERVALS = ("logit", "normal", "newcombe")
#: With fewer cases of a class than this, DeLong's interval covers visibly less than it says.
FEW = 10


def delong(
    y_true: npt.ArrayLike,
    a: npt.ArrayLike,
    b: npt.ArrayLike | None = None,
    *,
    interval: str = "logit",
    groups: npt.ArrayLike | None = None,
    **labels: Unpack[Labels],
) -> Result:
    """How large is the AUC of one model, or by how much does it exceed another's on the same cases?

    Parameters
    ----------
    y_true : array_like of bool or int, (case,)
        0 and 1, False and True, or -1 and 1; the larger is positive.
    a : array_like of float, (case,)
        Scores of the first model, larger for the positive class. A case with a NaN is left out and counted.
    b : array_like of float, (case,), optional
        Scores of a second model on the same cases.
    interval : {"logit", "normal", "newcombe"}
        Of one AUC: symmetric on the logit scale, symmetric and cut off at 0 and 1, or Newcombe's, which needs the
        AUC and the numbers of both classes alone. The interval of a difference is symmetric, cut off at -1 and 1.
    groups : array_like, (case,), optional
        Which patient each case belongs to; the patients are the units then.
    **labels
        As in :class:`~varbench.stats.Design`; the unit is ``"patient"``, or ``"group"`` where there are groups, the
        estimand E3. With `b` and ``pairing="none"`` nothing is computed: the result
        has the note ``not_paired``.

    Returns
    -------
    Result
        `estimate` is the AUC in [0, 1], or first minus second in [-1, 1]; `statistic` is z, against 0.5 or against 0;
        `pvalue` is two-sided. An AUC of 0 or 1, whose estimated error is 0, gets Newcombe's interval and the exact
        rank-sum p-value. `n` counts cases, or groups.

    Raises
    ------
    StatisticsError
        As :func:`~varbench.stats.binary.binary_cases` (one class only, unequal lengths...), or if the interval is not
        known.

    Notes
    -----
    DeLong, DeLong & Clarke-Pearson 1988, doi:10.2307/2531595: the variance is that of the positive cases' placements
    over their number, plus that of the negative cases'; placements from ranks as in Sun & Xu 2014,
    doi:10.1109/LSP.2014.2337313. Groups: Obuchowski 1997, doi:10.2307/2533958, from the groups' sums of placements.
    Newcombe 2006, doi:10.1002/sim.2324, method 5.

    Examples
    --------
    >>> y, a, b = [0, 0, 0, 1, 1, 1], [1, 2, 4, 3, 5, 6], [2, 3, 5, 1, 4, 6]
    >>> result = delong(y, a)
    >>> round(result.estimate, 3), round(result.ci_low, 3), round(result.ci_high, 3)
    (0.889, 0.261, 0.995)
    >>> round(delong(y, a, b).estimate, 3)
    0.333
    """
    if interval not in _INTERVALS:
        raise StatisticsError(unknown("interval", interval, _INTERVALS))
    unit = "patient" if groups is None else "group"
    if b is None:
        design = Design.of(labels, unit=unit, estimand="E3")
        return _one(binary_cases(y_true, a, groups=groups), interval, design)
    design = Design.of(labels, unit=unit, estimand="E3", pairing="exact")
    cases = binary_cases(y_true, a, b, groups=groups)
    if design.pairing == "none":
        return design.result("delong", n=cases.n_units, notes=[*cases.notes, "not_paired"])
    return _two(cases, design)


class Placements(NamedTuple):
    """For each positive case the share of the negative ones below it; for each negative one the share above it.

    Attributes
    ----------
    positive : ndarray of float64, (positive case,)
    negative : ndarray of float64, (negative case,)
        Both have the AUC as their mean; ties count half.
    """

    positive: Floats
    negative: Floats

    @property
    def auc(self) -> float:
        """The area under the ROC curve."""
        return float(self.positive.mean())


def placements(positive: Bools, score: Floats) -> Placements:
    """Where does each case lie among those of the other class?

    Parameters
    ----------
    positive : ndarray of bool, (case,)
        Both classes must be there.
    score : ndarray of float64, (case,)
        Without NaN.

    Returns
    -------
    Placements
        In the order of the cases.

    Examples
    --------
    >>> placements(np.array([False, True, False, True]), np.array([.1, .4, .4, .8])).auc
    0.875
    """
    order = score.argsort()
    ordered, is_positive = score[order], positive[order]
    negatives = np.concatenate([[0], np.cumsum(~is_positive)])  # below each place, and below the end
    first = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    if first.all():
        start = np.arange(len(order))
        end = start + 1
    else:  # the first and the last place of each tie
        starts = first.nonzero()[0]
        tie = first.cumsum() - 1
        start, end = starts[tie], np.append(starts[1:], len(order))[tie]
    below = 0.5 * (negatives[start] + negatives[end])  # midranks among the negative ones
    above = 0.5 * ((end - negatives[end]) + (start - negatives[start]))  # positive ones below, ties half
    n_negative = negatives[-1]
    n_positive = len(order) - n_negative
    both = np.empty(len(order))
    both[order] = np.where(is_positive, below / n_negative, 1 - above / n_positive)
    return Placements(both[positive], both[~positive])


def _variance(cases: Cases, placed: Placements) -> float | None:
    """Give the variance of the placements' mean; None where one class or one group leaves nothing to see it by."""
    if cases.groups is not None:
        return _grouped_variance(cases, placed)
    if min(cases.n_positive, cases.n_negative) < 2:
        return None
    # DeLong et al. 1988: S10 / m + S01 / n, for one contrast
    return float(
        placed.positive.var(ddof=1) / cases.n_positive + placed.negative.var(ddof=1) / cases.n_negative
    )


def _grouped_variance(cases: Cases, placed: Placements) -> float | None:
    assigned = cases.groups
    if assigned is None:
        return None
    groups, centre, of_class = cases.n_units, float(placed.positive.mean()), []
    for values, members in (
        (placed.positive, assigned[cases.positive]),
        (placed.negative, assigned[~cases.positive]),
    ):
        there = len(np.unique(members))
        if there < 2:
            return None
        of_class.append((there, np.bincount(members, values - centre, groups), len(members)))
    # Obuchowski 1997: S10, S01 and S11, whose groups of one class only add nothing to S11
    (n_10, excess_10, m), (n_01, excess_01, n) = of_class
    s_10 = n_10 / ((n_10 - 1) * m) * float(excess_10 @ excess_10)
    s_01 = n_01 / ((n_01 - 1) * n) * float(excess_01 @ excess_01)
    s_11 = groups / (groups - 1) * float(excess_10 @ excess_01)
    return max(0.0, s_10 / m + s_01 / n + 2 * s_11 / (m * n))


def _one(cases: Cases, interval: str, design: Design) -> Result:
    placed = placements(cases.positive, cases.scores[0])
    auc, variance = placed.auc, _variance(cases, placed)
    error = None if variance is None else math.sqrt(variance)
    notes = cases.notes + _few(cases)
    if auc in (0.0, 1.0):
        notes.append("boundary")
    kind = interval if error and auc not in (0.0, 1.0) else "newcombe"
    z = (auc - 0.5) / error if error else None
    return design.result(
        "delong", n=cases.n_units, estimate=auc, interval=_bounds(kind, auc, error or 0.0, cases, design),
        statistic=z, pvalue=_pvalue(z, auc, cases),
        settings={**cases.settings, "interval": kind, "standard_error": error, "null": 0.5}, notes=notes,
    )  # fmt: skip


def _bounds(kind: str, auc: float, error: float, cases: Cases, design: Design) -> tuple[float, float]:
    if kind == "newcombe":
        return newcombe(auc, cases.n_positive, cases.n_negative, design.confidence_level)
    z = float(distributions.norm.ppf(1 - design.alpha / 2))
    if kind == "normal":
        return max(0.0, auc - z * error), min(1.0, auc + z * error)
    centre = math.log(auc / (1 - auc))
    half = z * error / (auc * (1 - auc))  # the delta method
    return _expit(centre - half), _expit(centre + half)


def _expit(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def _pvalue(z: float | None, auc: float, cases: Cases) -> float | None:
    if z is not None:
        return 2 * float(distributions.norm.sf(abs(z)))
    if cases.groups is None and auc in (0.0, 1.0):
        # all orders of the cases are alike under the null; two of them part the classes without fault
        m, n = cases.n_positive, cases.n_negative
        log_orders = math.lgamma(m + n + 1) - math.lgamma(m + 1) - math.lgamma(n + 1)
        return min(1.0, 2 * math.exp(-log_orders))
    return 1.0 if auc == 0.5 else None


def _few(cases: Cases) -> list[str]:
    return ["small_sample"] if min(cases.n_positive, cases.n_negative) < FEW else []


def _two(cases: Cases, design: Design) -> Result:
    first, second = (placements(cases.positive, score) for score in cases.scores)
    apart = Placements(first.positive - second.positive, first.negative - second.negative)
    estimate, variance = apart.auc, _variance(cases, apart)
    error = None if variance is None else math.sqrt(variance)
    settings: dict[str, Any] = {
        **cases.settings, "auc_first": first.auc, "auc_second": second.auc, "interval": "normal",
        "standard_error": error, "null": 0.0,
    }  # fmt: skip
    notes = cases.notes + _few(cases)
    if {first.auc, second.auc} & {0.0, 1.0}:
        notes.append("boundary")
    if not apart.positive.any() and not apart.negative.any():
        return design.result(
            "delong", n=cases.n_units, estimate=0.0, statistic=0.0, pvalue=1.0, settings=settings,
            notes=[*notes, "constant_difference"],
        )  # fmt: skip
    if not error:  # a class with one case; or two models that are wholly right, wrong or undecided
        more = ["constant_difference"] if error == 0 else []
        return design.result(
            "delong", n=cases.n_units, estimate=estimate, settings=settings, notes=notes + more
        )
    z = estimate / error
    half = float(distributions.norm.ppf(1 - design.alpha / 2)) * error
    return design.result(
        "delong", n=cases.n_units, estimate=estimate,
        interval=(max(-1.0, estimate - half), min(1.0, estimate + half)),
        statistic=z, pvalue=2 * float(distributions.norm.sf(abs(z))), settings=settings, notes=notes,
    )  # fmt: skip

"""Predicted classes of two or more models on the same cases: who is right where the other is wrong?"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple, Unpack

import numpy as np
import numpy.typing as npt
from scipy import stats as distributions

from varbench.errors import StatisticsError, unknown
from varbench.stats.binary import Bools
from varbench.stats.proportions import wilson
from varbench.stats.result import Design, Labels, Result
from varbench.stats.samples import as_array, check_index

#: Cochran's Q follows chi-square well from this many cells of cases that the models do not agree on.
ENOUGH_CELLS = 24


class PairedTable(NamedTuple):
    """How many cases are right for both models, for one alone, for none.

    Attributes
    ----------
    both, first_only, second_only, neither : int
        Numbers of cases.
    """

    both: int
    first_only: int
    second_only: int
    neither: int

    @property
    def n(self) -> int:
        """The number of cases."""
        return sum(self)


def mcnemar(
    y_true: npt.ArrayLike,
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    *,
    method: str = "mid-p",
    **labels: Unpack[Labels],
) -> Result:
    """Is one model right more often than the other on the same cases?

    Parameters
    ----------
    y_true : array_like, (case,)
        True classes, of any kind that can be compared.
    a, b : array_like, (case,)
        Classes that the first and the second model predict. None and NaN are missing: the case is left out and
        counted.
    method : {"mid-p", "exact", "corrected", "asymptotic"}
        How the p-value is found from the cases that one model alone gets right: the exact binomial one with half
        the weight on what was seen; the exact one; chi-square with Edwards' correction; chi-square. The mid-p is
        nearest to its nominal rate, the exact and the corrected test stay below it.
    **labels
        As in :class:`~varbench.stats.Design`; the unit is ``"patient"``, the estimand E3, the pairing ``"exact"``. With
        ``"none"`` nothing is computed: the result has the note ``not_paired``.

    Returns
    -------
    Result
        `estimate` is the accuracy of the first minus that of the second, with Newcombe's interval for pairs;
        `statistic` is the number of cases that the first alone gets right, or chi-square.

    Raises
    ------
    StatisticsError
        If lengths differ, a true class is missing, no case is left, or the method is not known.

    Notes
    -----
    McNemar 1947, doi:10.1007/BF02295996; Edwards 1948, doi:10.1007/BF02289261, for the correction; Fagerland,
    Lydersen & Laake 2013, doi:10.1186/1471-2288-13-91, for the mid-p; Newcombe 1998,
    doi:10.1002/(SICI)1097-0258(19981130)17:22<2635::AID-SIM954>3.0.CO;2-C, method 10, for the interval.

    Examples
    --------
    >>> result = mcnemar([1, 1, 1, 0, 0, 0], [1, 1, 1, 0, 0, 1], [1, 0, 0, 0, 1, 1])
    >>> result.estimate, result.statistic, result.pvalue
    (0.5, 3.0, 0.125)
    """
    if method not in _PVALUES:
        raise StatisticsError(unknown("method", method, _PVALUES))
    design = Design.of(labels, unit="patient", pairing="exact", estimand="E3")
    right, dropped = _right(y_true, [("a", a), ("b", b)])
    notes = ["pairs_dropped"] if dropped else []
    if design.pairing == "none":
        return design.result("mcnemar", n=len(right), notes=[*notes, "not_paired"])
    table = _table(right)
    apart = table.first_only + table.second_only
    statistic, pvalue = _PVALUES[method](table.first_only, table.second_only)
    if _PVALUES[method](apart, 0)[1] > design.alpha:
        notes.append("too_few_to_reject")
    if not apart:
        notes.append("constant_difference")
    return design.result(
        "mcnemar", n=table.n, estimate=(table.first_only - table.second_only) / table.n,
        interval=newcombe_paired(table, design.confidence_level), statistic=statistic, pvalue=pvalue,
        settings={
            "method": method, **table._asdict(), "accuracy_first": (table.both + table.first_only) / table.n,
            "accuracy_second": (table.both + table.second_only) / table.n, "n_dropped": dropped,
            "interval": "Newcombe 1998, method 10",
        },
        notes=notes,
    )  # fmt: skip


def _right(y_true: npt.ArrayLike, models: Sequence[tuple[str, npt.ArrayLike]]) -> tuple[Bools, int]:
    """Say which predictions are right, (case, model), of the cases that every model judged."""
    check_index(y_true=y_true, **{name.replace(" ", "_"): values for name, values in models})
    truth = as_array("y_true", y_true)
    if truth.ndim != 1 or truth.size == 0:
        raise StatisticsError(f"y_true has shape {truth.shape}: one class a case is needed, at least one")
    if _missing(truth).any():
        raise StatisticsError(f"y_true lacks {int(_missing(truth).sum())} classes; leave those cases out")
    right, missing = np.empty((len(truth), len(models)), bool), np.zeros(len(truth), bool)
    for column, (name, values) in enumerate(models):
        predicted = as_array(name, values)
        if predicted.shape != truth.shape:
            raise StatisticsError(
                f"{name} has shape {predicted.shape} and y_true has {len(truth)} cases: one class a case is needed"
            )
        if _is_text(predicted) != _is_text(truth):
            raise StatisticsError(
                f"{name} holds {predicted.tolist()[0]!r} and y_true {truth.tolist()[0]!r}: numbers and names never "
                "agree; give the same classes to both"
            )
        missing |= _missing(predicted)
        right[:, column] = predicted == truth
    if missing.all():
        raise StatisticsError("every case lacks a prediction: nothing is left to judge")
    return right[~missing], int(missing.sum())


def _missing(values: npt.NDArray[np.generic]) -> Bools:
    if values.dtype.kind == "f":
        return np.asarray(np.isnan(values), bool)
    if values.dtype.kind != "O":
        return np.zeros(len(values), bool)
    return np.array([value is None or value != value for value in values.tolist()], bool)


def _is_text(values: npt.NDArray[np.generic]) -> bool:
    return values.dtype.kind in "US" or any(isinstance(value, str) for value in values.tolist())


def _table(right: Bools) -> PairedTable:
    first, second = right[:, 0], right[:, 1]
    cells = (first & second, first & ~second, ~first & second, ~first & ~second)
    return PairedTable(*(int(cell.sum()) for cell in cells))


def newcombe_paired(table: PairedTable, confidence_level: float = 0.95) -> tuple[float, float]:
    """Where does the difference of two shares lie that were seen on the same cases?

    Parameters
    ----------
    table : PairedTable
        Of at least one case.
    confidence_level : float
        In (0, 1).

    Returns
    -------
    (float, float)
        First minus second, in [-1, 1].

    Notes
    -----
    Newcombe 1998, doi:10.1002/(SICI)1097-0258(19981130)17:22<2635::AID-SIM954>3.0.CO;2-C, method 10: the distances
    to the ends of both Wilson intervals, squared and added, with phi between them corrected for continuity.

    Examples
    --------
    >>> [round(bound, 4) for bound in newcombe_paired(PairedTable(36, 12, 2, 0))]
    [0.0569, 0.3404]
    """
    e, f, g, _ = table
    n = table.n
    (low_1, high_1), (low_2, high_2) = (wilson(k, n, confidence_level) for k in (e + f, e + g))
    share_1, share_2 = (e + f) / n, (e + g) / n
    phi = _phi(table)
    below = _length(share_1 - low_1, high_2 - share_2, phi)
    above = _length(high_1 - share_1, share_2 - low_2, phi)
    return share_1 - share_2 - below, share_1 - share_2 + above


def _length(first: float, second: float, phi: float) -> float:
    return math.sqrt(max(0.0, first**2 - 2 * phi * first * second + second**2))


def _phi(table: PairedTable) -> float:
    e, f, g, h = table
    product = (e + f) * (g + h) * (e + g) * (f + h)
    if product == 0:
        return 0.0
    excess: float = e * h - f * g
    if excess > 0:
        excess = max(excess - table.n / 2, 0.0)
    return excess / math.sqrt(product)


def _exact(first: int, second: int) -> tuple[float, float]:
    return first, min(1.0, 2 * float(distributions.binom.cdf(min(first, second), first + second, 0.5)))


def _mid_p(first: int, second: int) -> tuple[float, float]:
    # Fagerland et al. 2013: the exact p-value less the probability of what was seen
    fewer, n = min(first, second), first + second
    tail = 2 * float(distributions.binom.cdf(fewer, n, 0.5))
    return first, min(1.0, tail - float(distributions.binom.pmf(fewer, n, 0.5)))


def _asymptotic(first: int, second: int, correction: float = 0.0) -> tuple[float, float]:
    if first == second:
        return 0.0, 1.0
    chi2 = (abs(first - second) - correction) ** 2 / (first + second)
    return chi2, float(distributions.chi2.sf(chi2, 1))


def _corrected(first: int, second: int) -> tuple[float, float]:
    return _asymptotic(first, second, 1.0)


#: Method's name -> (cases that the first alone gets right, those of the second) -> (statistic, p-value).
_PVALUES: dict[str, Callable[[int, int], tuple[float, float]]] = {
    "mid-p": _mid_p,
    "exact": _exact,
    "corrected": _corrected,
    "asymptotic": _asymptotic,
}


def cochran_q(y_true: npt.ArrayLike, predictions: npt.ArrayLike, **labels: Unpack[Labels]) -> Result:
    """Are several models right equally often on the same cases?

    Parameters
    ----------
    y_true : array_like, (case,)
        True classes.
    predictions : array_like, (case, model)
        Predicted classes, at least two models. A case with None or NaN is left out and counted.
    **labels
        As in :class:`~varbench.stats.Design`; the unit is ``"patient"``, the estimand E3, the pairing ``"exact"``. With
        ``"none"`` nothing is computed: the result has the note ``not_paired``.

    Returns
    -------
    Result
        `statistic` is Q, `pvalue` from chi-square with models - 1 degrees of freedom. There is no estimate: the
        settings have the accuracies. Which models differ is for :func:`mcnemar`, with adjusted p-values.

    Raises
    ------
    StatisticsError
        If there are fewer than two models, or as :func:`mcnemar`.

    Notes
    -----
    Cochran 1950, doi:10.1093/biomet/37.3-4.256: Q = (k - 1) (k sum G^2 - (sum G)^2) / (k sum L - sum L^2), with G
    right cases a model and L right models a case; Tate & Brown 1970, doi:10.1080/01621459.1970.10481070, for
    the 24 cells below which chi-square is only a rough guide (note ``small_sample``).

    Examples
    --------
    >>> result = cochran_q([1, 1, 1, 1], [[1, 1, 0], [1, 0, 0], [1, 1, 0], [0, 1, 1]])
    >>> result.statistic, round(result.pvalue, 3)
    (2.0, 0.368)
    """
    design = Design.of(labels, unit="patient", pairing="exact", estimand="E3")
    table = as_array("predictions", predictions)
    if table.ndim != 2 or table.shape[1] < 2:
        raise StatisticsError(
            f"predictions have shape {table.shape}: (case, model) with two models is needed"
        )
    models = [(f"model {k + 1}", table[:, k]) for k in range(table.shape[1])]
    right, dropped = _right(y_true, models)
    notes = ["pairs_dropped"] if dropped else []
    if design.pairing == "none":
        return design.result("cochran_q", n=len(right), notes=[*notes, "not_paired"])
    n, k = right.shape
    by_case, by_model = right.sum(1), right.sum(0)
    telling = int(((by_case > 0) & (by_case < k)).sum())
    statistic = 0.0
    if telling:
        spread = float(k * (by_model.astype(float) ** 2).sum() - float(by_model.sum()) ** 2)
        statistic = (k - 1) * spread / float((by_case * (k - by_case)).sum())
    if telling * k < ENOUGH_CELLS:
        notes.append("small_sample")
    return design.result(
        "cochran_q", n=n, statistic=statistic, pvalue=float(distributions.chi2.sf(statistic, k - 1)),
        settings={"accuracies": right.mean(0).tolist(), "df": k - 1, "n_telling": telling, "n_dropped": dropped},
        notes=notes if telling else [*notes, "constant_difference"],
    )  # fmt: skip

"""Intraclass correlations: what part of the variance lies between the targets, and not between those who score."""

from __future__ import annotations

from typing import Any, NamedTuple, Unpack

import numpy as np
import numpy.typing as npt
from scipy import special

from varbench.errors import StatisticsError, unknown
from varbench.stats.anova import mean_squares
from varbench.stats.result import Design, Labels, Result
from varbench.stats.samples import TIE_TOLERANCE, Floats, check_size, numbers, scale

#: Shrout and Fleiss's forms: the raters of each target are others; drawn from many; these and no others; and
#: the same for the mean over the raters.
FORMS = ("ICC(1,1)", "ICC(2,1)", "ICC(3,1)", "ICC(1,k)", "ICC(2,k)", "ICC(3,k)")
#: McGraw and Wong's names for them, and short ones.
_SAME = {
    "ICC(1)": "ICC(1,1)", "ICC(A,1)": "ICC(2,1)", "ICC(C,1)": "ICC(3,1)",
    "ICC(k)": "ICC(1,k)", "ICC(A,k)": "ICC(2,k)", "ICC(C,k)": "ICC(3,k)",
    "ICC1": "ICC(1,1)", "ICC2": "ICC(2,1)", "ICC3": "ICC(3,1)",
    "ICC1k": "ICC(1,k)", "ICC2k": "ICC(2,k)", "ICC3k": "ICC(3,k)",
}  # fmt: skip


class _Squares(NamedTuple):
    """The mean squares of n targets by k raters."""

    n: int
    k: int
    rows: float
    columns: float
    error: float

    @property
    def within(self) -> float:
        """The mean square within targets, raters and error together."""
        return (self.columns + (self.n - 1) * self.error) / self.n


def icc(
    scores: npt.ArrayLike,
    *,
    form: str = "ICC(1,1)",
    **labels: Unpack[Labels],
) -> Result:
    """How alike are scores of the same target?

    Parameters
    ----------
    scores : array_like of float, (target, rater)
        A target is what is scored several times: a case by raters, a data set by seeds, a tuning run by its
        repeats. Targets with a NaN are left out and counted.
    form : str
        One of Shrout and Fleiss's six, ``"ICC(1,1)"`` to ``"ICC(3,k)"``; McGraw and Wong's names are known too:
        ``"ICC(A,1)"`` (agreement) is ``"ICC(2,1)"``, ``"ICC(C,1)"`` (consistency) ``"ICC(3,1)"``.
    **labels
        As in :class:`~varbench.stats.Design`; `unit` is ``"target"`` unless given.

    Returns
    -------
    Result
        `estimate` at most 1, and below 0 where scores of a target differ more than those of different ones.
        `statistic` is F for a correlation of 0, `pvalue` one-sided, as F is. `n` counts the targets.

    Raises
    ------
    StatisticsError
        If the form is not known, or there is but one rater.

    Notes
    -----
    Shrout & Fleiss 1979, doi:10.1037/0033-2909.86.2.420; the intervals as in McGraw & Wong 1996,
    doi:10.1037/1082-989X.1.1.30, table 7.

    Examples
    --------
    >>> ratings = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    >>> round(icc(ratings, form="ICC(2,1)").estimate, 2)
    0.29
    """
    form = _SAME.get(form, form)
    if form not in FORMS:
        raise StatisticsError(unknown("form", form, [*FORMS, *_SAME]))
    design = Design.of(labels, unit="target")
    table, dropped = _table(scores)
    n, k = table.shape
    notes = ["pairs_dropped"] if dropped else []
    settings: dict[str, Any] = {"form": form, "raters": k, "n_dropped": dropped, "test": "F, one-sided"}
    if n < 2:
        return design.result("icc", n=n, settings=settings, notes=[*notes, "too_few_to_reject"])
    if np.ptp(table) <= TIE_TOLERANCE * scale(table):
        return design.result("icc", n=n, settings=settings, notes=[*notes, "no_variance"])
    squares = _squares(table)
    settings |= {"ms_targets": squares.rows, "ms_raters": squares.columns, "ms_error": squares.error}
    return _icc(form, squares, design, settings, notes)


def _table(scores: npt.ArrayLike) -> tuple[Floats, int]:
    array = numbers("scores", scores)
    if array.ndim != 2 or array.shape[1] < 2 or array.size == 0:
        raise StatisticsError(
            f"scores has shape {array.shape}: a row a target and a column a rater are needed, two columns at least"
        )
    if np.isinf(array).any():
        raise StatisticsError(f"scores holds {int(np.isinf(array).sum())} infinite scores")
    check_size("scores", array)
    complete = ~np.isnan(array).any(axis=1)
    return array[complete], int((~complete).sum())


def _squares(table: Floats) -> _Squares:
    rows, columns, error = mean_squares(table, {}).mean_squares.tolist()
    tiny = (TIE_TOLERANCE * scale(table)) ** 2  # what rounding leaves where there is no error
    n, k = table.shape
    return _Squares(n, k, rows, columns if columns > tiny else 0.0, error if error > tiny else 0.0)


def _icc(form: str, squares: _Squares, design: Design, settings: dict[str, Any], notes: list[str]) -> Result:
    n, k = squares.n, squares.k
    below = squares.within if form[4] == "1" else squares.error
    df = (n - 1, n * (k - 1) if form[4] == "1" else (n - 1) * (k - 1))
    single = _single(form, squares)
    many = form.endswith("k)")
    estimate = _stepped(single, k) if many else single
    if single is None or estimate is None:
        return design.result("icc", n=n, settings=settings, notes=[*notes, "no_variance"])
    if below == 0:  # scores of a target do not differ at all: F has no bound, and there is no interval
        return design.result(
            "icc", n=n, estimate=estimate, pvalue=0.0, settings=settings, notes=[*notes, "boundary"]
        )
    f = squares.rows / below
    bounds = _agreement(squares, single, design.alpha) if form[4] == "2" else _bounds(f, df, k, design.alpha)
    low, high = (_stepped(bound, k) if many else bound for bound in bounds)
    interval = None if low is None or high is None or not low < high else (low, high)
    notes = notes if interval else [*notes, "boundary"]
    return design.result(
        "icc", n=n, estimate=estimate, interval=interval, statistic=f,
        pvalue=float(special.fdtrc(*df, f)), settings=settings | {"df": list(df)}, notes=notes,
    )  # fmt: skip


def _single(form: str, squares: _Squares) -> float | None:
    """Give the correlation of single scores; None where it is 0 / 0 or has no bound."""
    n, k, rows, columns, error = squares
    error = squares.within if form[4] == "1" else error
    below = rows + (k - 1) * error + (k * (columns - error) / n if form[4] == "2" else 0.0)
    return (rows - error) / below if below > TIE_TOLERANCE * (rows + columns + error) else None


def _stepped(single: float | None, k: int) -> float | None:
    """Spearman and Brown: the correlation of means of k scores; None where it has no bound."""
    if single is None:
        return None
    below = 1 + (k - 1) * single
    return k * single / below if below > TIE_TOLERANCE else None


def _bounds(f: float, df: tuple[int, int], k: int, alpha: float) -> tuple[float, float]:
    low = f / float(special.fdtri(*df, 1 - alpha / 2))
    high = f * float(special.fdtri(df[1], df[0], 1 - alpha / 2))
    return (low - 1) / (low + k - 1), (high - 1) / (high + k - 1)


def _agreement(squares: _Squares, single: float, alpha: float) -> tuple[float, float]:
    """Give the interval of ICC(2,1), with Satterthwaite's degrees of freedom for raters and error together."""
    n, k, rows, columns, error = squares
    a = k * single / (n * (1 - single))
    b = 1 + k * single * (n - 1) / (n * (1 - single))
    v = (a * columns + b * error) ** 2 / (
        (a * columns) ** 2 / (k - 1) + (b * error) ** 2 / ((n - 1) * (k - 1))
    )
    low_f = float(special.fdtri(n - 1, v, 1 - alpha / 2))
    high_f = float(special.fdtri(v, n - 1, 1 - alpha / 2))
    rest = k * columns + (k * n - k - n) * error
    return (
        n * (rows - low_f * error) / (low_f * rest + n * rows),
        n * (high_f * rows - error) / (rest + n * high_f * rows),
    )

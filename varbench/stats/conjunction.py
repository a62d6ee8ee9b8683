"""On how many data sets is one procedure better? Partial conjunctions, for few data sets."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np
import numpy.typing as npt
from scipy import stats as distributions

from varbench.errors import StatisticsError, unknown
from varbench.stats.many import rank_design
from varbench.stats.multiplicity import adjust, checked_pvalues
from varbench.stats.result import Labels, Result
from varbench.stats.samples import Floats, is_number

#: How p-values of several data sets are combined.
COMBINATIONS = ("bonferroni", "fisher")


def replicability(
    pvalues: npt.ArrayLike,
    *,
    u: int = 1,
    combine: str = "bonferroni",
    names: npt.ArrayLike | None = None,
    **labels: Unpack[Labels],
) -> Result:
    """On at least how many data sets is the first procedure better, with control of error?

    Parameters
    ----------
    pvalues : array_like of float, (data set,)
        One-sided p-values of "the first procedure is no better", one a data set. A two-sided p-value becomes p / 2
        where the first is ahead and 1 - p / 2 where it is behind.
    u : int
        The result's p-value is that of "better on fewer than u data sets", from 1 to their number.
    combine : {"bonferroni", "fisher"}
        Fisher's combination finds more, and needs independent data sets: none that share patients.
    names : sequence of str, optional
        Of the data sets; their numbers otherwise.
    **labels
        As in :class:`~varbench.stats.Design`; alpha is 1 - `confidence_level`. The unit is ``"data set"`` and the
        estimand ``"E4"`` unless given.

    Returns
    -------
    Result
        `estimate` is the number of data sets on which the first is better, a lower bound that holds with the
        confidence level. ``settings["which"]`` names those that Holm's procedure finds, whatever the dependence;
        with Bonferroni they are as many. ``settings["pvalues_u"]`` are the p-values of every u.

    Raises
    ------
    StatisticsError
        If a p-value is missing or outside [0, 1], `u` is out of its range, or a name is not known.

    Notes
    -----
    Benjamini & Heller 2008, doi:10.1111/j.1541-0420.2007.00984.x; Dror et al. 2017, doi:10.1162/tacl_a_00074:
    p of u out of n is (n - u + 1) p_(u) (Bonferroni, eq. 3) or Fisher's of the n - u + 1 largest (eq. 4), and
    k = max{u: p_1, ..., p_u <= alpha} (eq. 2).

    Examples
    --------
    >>> found = replicability([0.168, 0.297, 0.357, 0.019, 0.218, 0.001])
    >>> found.estimate, found.settings["which"], found.settings["k_fisher"]
    (1.0, ['5'], 2)
    """
    design = rank_design(labels)
    _check_combination(combine)
    given = checked_pvalues(pvalues).ravel()
    n = len(given)
    if not is_number(u) or u != int(u) or not 1 <= u <= n:
        raise StatisticsError(f"u={u!r}: must lie between 1 and the number of data sets, {n}")
    if names is not None and not np.iterable(names):
        raise StatisticsError(f"names={names!r}: give a list, one a data set")
    called = [str(name) for name in names] if names is not None else [str(i) for i in range(n)]
    if len(set(called)) != n:
        raise StatisticsError(
            f"names has {len(called)} entries for {n} p-values: each data set needs one of its own"
        )
    curves = {name: partial_conjunction(given, name) for name in COMBINATIONS}
    counts = {name: int((curve <= design.alpha).sum()) for name, curve in curves.items()}
    holm = adjust(given) <= design.alpha
    settings: dict[str, Any] = {
        "combine": combine, "u": u, "sided": "one-sided: the first is better", "alpha": design.alpha,
        "pvalues_u": curves[combine].tolist(), "which": [called[i] for i in np.flatnonzero(holm)],
        "k_bonferroni": counts["bonferroni"], "k_fisher": counts["fisher"], "estimate": "lower bound of the count",
    }  # fmt: skip
    return design.result(
        "replicability", n=n, estimate=counts[combine], pvalue=curves[combine][u - 1], settings=settings
    )


def partial_conjunction(pvalues: npt.ArrayLike, combine: str = "bonferroni") -> Floats:
    """Give, for each u, the p-value of "the first is better on fewer than u data sets".

    Parameters
    ----------
    pvalues : array_like of float, (data set,)
        One-sided.
    combine : {"bonferroni", "fisher"}
        As in :func:`replicability`.

    Returns
    -------
    ndarray of float64, (data set,)
        For u = 1, ..., n, never falling, so that the number at most alpha is the count.

    Raises
    ------
    StatisticsError
        If there is no p-value, one is missing or outside of [0, 1], or `combine` is not known.

    Notes
    -----
    Dror et al. 2017, doi:10.1162/tacl_a_00074, eq. 2 to 4.

    Examples
    --------
    >>> partial_conjunction([0.01, 0.02, 0.5]).round(3).tolist()
    [0.03, 0.04, 0.5]
    """
    _check_combination(combine)
    ordered = np.sort(checked_pvalues(pvalues).ravel())
    left = np.arange(len(ordered), 0, -1)  # n - u + 1
    if combine == "bonferroni":
        found = left * ordered  # Dror et al. 2017, eq. 3
    else:
        with np.errstate(divide="ignore"):
            logs = -2 * np.cumsum(np.log(ordered)[::-1])[::-1]
        found = distributions.chi2.sf(logs, 2 * left)  # Dror et al. 2017, eq. 4
    rising: Floats = np.maximum.accumulate(np.minimum(found, 1.0))  # Dror et al. 2017, eq. 2
    return rising


def _check_combination(combine: str) -> None:
    if combine not in COMBINATIONS:
        raise StatisticsError(unknown("combine", combine, COMBINATIONS))

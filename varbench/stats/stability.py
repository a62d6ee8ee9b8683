"""How stable is a ranking of several procedures: would other data sets give it too?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import numpy.typing as npt
from scipy import stats as distributions

from varbench.errors import StatisticsError, unknown
from varbench.stats.draws import FEWEST, at_least, random_generator
from varbench.stats.many import paired_design, table
from varbench.stats.result import Labels, Result
from varbench.stats.samples import Floats, rounded, scale

if TYPE_CHECKING:
    import pandas as pd

#: What procedures are ordered by: the mean of their ranks, or of their scores, over data sets.
ORDERS = ("rank", "score")
#: Resampled ranks held at once.
_AT_ONCE = 1_000_000


@dataclass(frozen=True, eq=False)
class Stability:
    """A ranking, and what becomes of it when the data sets are drawn anew.

    Parameters
    ----------
    names : tuple of str
        The procedures, the best first; all that follows is in this order.
    ranks : ndarray of float, (procedure,)
        Their places, 1 the best.
    low, high : ndarray of float, (procedure,)
        Percentile interval of each place.
    first : ndarray of float, (procedure,)
        How often each comes first, in [0, 1]; those that share the first place share it.
    result : Result
        Kendall's tau of the resampled rankings with the one observed: mean and percentile interval.
    settings : mapping
        The choices that were made.
    """

    names: tuple[str, ...]
    ranks: Floats
    low: Floats
    high: Floats
    first: Floats
    result: Result
    settings: Mapping[str, Any]

    def frame(self) -> pd.DataFrame:
        """Give one row a procedure: its place, the place's interval, and how often it comes first."""
        import pandas as pd

        return pd.DataFrame(
            {
                "method": self.names,
                "rank": self.ranks,
                "ci_low": self.low,
                "ci_high": self.high,
                "first": self.first,
            }
        )

    def _repr_html_(self) -> str:
        return str(self.frame().to_html(index=False))


def ranking_stability(
    scores: npt.ArrayLike,
    *,
    names: npt.ArrayLike | None = None,
    missing: str = "complete",
    by: str = "rank",
    n_resamples: int = 2000,
    rng: int | np.random.Generator = 0,
    **labels: Unpack[Labels],
) -> Stability:
    """Would the ranking be the same on other data sets like these?

    Parameters
    ----------
    scores, names, missing, **labels
        As in :func:`~varbench.stats.friedman`.
    by : {"rank", "score"}
        Whether procedures are ordered by their mean rank, or by their mean score, over data sets.
    n_resamples : int
        Bootstrap resamples of the data sets.
    rng : int or numpy.random.Generator
        The seed; an int gives the same result each time.

    Returns
    -------
    Stability
        Places with percentile intervals, how often each comes first, and Kendall's tau-b with the observed order.

    Raises
    ------
    StatisticsError
        As :func:`~varbench.stats.friedman`, or if `by` is not known or `n_resamples` is below 1.

    Notes
    -----
    Wiesenfarth et al. 2021, doi:10.1038/s41598-021-82017-6: bootstrap of the cases a ranking is made from, here
    the data sets; Kendall 1945, doi:10.1093/biomet/33.3.239, for tau-b.

    Examples
    --------
    >>> scores = [[0.9, 0.8, 0.7], [0.8, 0.7, 0.6], [0.9, 0.7, 0.8], [0.6, 0.5, 0.4]]
    >>> found = ranking_stability(scores, names=["a", "b", "c"])
    >>> found.names, found.first.tolist()
    (('a', 'b', 'c'), [1.0, 0.0, 0.0])
    """
    if by not in ORDERS:
        raise StatisticsError(unknown("by", by, ORDERS))
    n_resamples = at_least("n_resamples", n_resamples, FEWEST)
    design, given = paired_design(labels), table(scores, names, missing)
    values = given.ranks if by == "rank" else -given.scores  # smaller is better
    n = len(values)
    totals = _totals(np.ones((1, n)), values)[0]
    order = np.argsort(totals, kind="stable")
    places, first, tau = _resampled_places(values[:, order], n_resamples, random_generator(rng))
    tails = [design.alpha / 2, 1 - design.alpha / 2]
    low, high = np.quantile(places, tails, axis=0, method="inverted_cdf")
    ends = np.quantile(tau, tails)
    settings = {
        **given.settings, "by": by, "n_resamples": n_resamples, "rng": rng if isinstance(rng, int) else "given",
        "interval": "percentile bootstrap of the data sets", "estimate": "Kendall's tau-b, mean over resamples",
    }  # fmt: skip
    stable = not ends[0] < ends[1]
    notes = given.notes + (["boundary"] if stable else []) + (["small_sample"] if n < 10 else [])
    result = design.result(
        "ranking_stability", n=n, estimate=float(tau.mean()), settings=settings, notes=notes,
        interval=None if stable else (min(ends[0], tau.mean()), max(ends[1], tau.mean())),
    )  # fmt: skip
    shown = tuple(given.names[i] for i in order)
    return Stability(shown, distributions.rankdata(totals[order]), low, high, first, result, settings)


def _resampled_places(
    values: Floats, n_resamples: int, rng: np.random.Generator
) -> tuple[Floats, Floats, Floats]:
    n, k = values.shape
    places, first, tau = np.empty((n_resamples, k)), np.zeros(k), np.empty(n_resamples)
    observed = _totals(np.ones((1, n)), values)[0]
    at_once = max(1, _AT_ONCE // max(n, k * k))
    for start in range(0, n_resamples, at_once):
        part = slice(start, min(start + at_once, n_resamples))
        counts = rng.multinomial(n, np.full(n, 1 / n), size=part.stop - part.start)
        totals = _totals(counts, values)
        places[part] = distributions.rankdata(totals, axis=1)
        best = totals == totals.min(axis=1, keepdims=True)
        first += (best / best.sum(axis=1, keepdims=True)).sum(axis=0)
        tau[part] = kendall(observed, totals)
    return places, first / n_resamples, tau


def _totals(counts: npt.NDArray[Any], values: Floats) -> Floats:
    """Sum over the data sets drawn, equal sums equal whatever the order of summation."""
    return rounded(counts @ values, len(values) * scale(values))


def kendall(reference: Floats, others: Floats) -> Floats:
    """Give Kendall's tau-b of each row with the reference; 0 where all of either are equal.

    Parameters
    ----------
    reference : ndarray of float, (procedure,)
        One order.
    others : ndarray of float, (order, procedure)
        Those compared with it.

    Returns
    -------
    ndarray of float64, (order,)
        In [-1, 1].

    Examples
    --------
    >>> kendall(np.array([1.0, 2.0, 3.0]), np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]))
    array([ 1., -1.])
    """
    i, j = np.triu_indices(len(reference), 1)
    signs = np.sign(reference[i] - reference[j])
    against = np.sign(others[:, i] - others[:, j])
    size = np.sqrt((signs != 0).sum() * (against != 0).sum(axis=1))
    tau: Floats = against @ signs / np.where(size > 0, size, 1.0)
    return tau

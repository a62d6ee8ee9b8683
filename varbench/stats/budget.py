"""What to buy: how many tunings, splits and seeds give the smallest error for a budget."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from varbench.errors import StatisticsError, unknown
from varbench.stats.partition import RESIDUAL
from varbench.stats.samples import is_number

if TYPE_CHECKING:
    import pandas as pd

#: Budgets that pay for more draws of a source are refused.
MOST = 1e9
#: Levels of sources -> how many numbers of draws of the outermost are tried at most.
_TRIED = {1: 1, 2: 2000, 3: 200, 4: 40}


@dataclass(frozen=True, eq=False)
class Allocation:
    """How often to draw each source, and what that gives.

    Parameters
    ----------
    sources : tuple of str
        Outermost first.
    each : tuple of int
        Draws of a source in each draw of the one before.
    totals : tuple of int
        Draws of a source in all.
    variances, costs : tuple of float
        What each source brings in, and what one draw of it costs.
    budget : float
        What may be spent.
    bound : float
        A standard error that no allocation within the budget can beat.
    """

    sources: tuple[str, ...]
    each: tuple[int, ...]
    totals: tuple[int, ...]
    variances: tuple[float, ...]
    costs: tuple[float, ...]
    budget: float
    bound: float

    @property
    def standard_error(self) -> float:
        """Of the mean over all runs, in the metric's units."""
        return math.sqrt(sum(v / n for v, n in zip(self.variances, self.totals, strict=True)))

    @property
    def spent(self) -> float:
        """The cost of all draws."""
        return sum(c * n for c, n in zip(self.costs, self.totals, strict=True))

    def frame(self) -> pd.DataFrame:
        """Give source, each, total, variance, cost (of all its draws) and error_share, its part of the squared
        standard error.
        """
        import pandas as pd

        parts = np.array(self.variances) / np.array(self.totals)
        return pd.DataFrame(
            {
                "source": self.sources, "each": self.each, "total": self.totals, "variance": self.variances,
                "cost": np.array(self.costs) * np.array(self.totals),
                "error_share": parts / parts.sum() if parts.sum() > 0 else parts,
            }
        )  # fmt: skip

    def _repr_html_(self) -> str:
        return str(self.frame().to_html(index=False))


def allocation(components: Mapping[str, float], costs: Mapping[str, float], budget: float) -> Allocation:
    """How many draws of each source give the most exact mean for a budget?

    Parameters
    ----------
    components : mapping of str to float
        Source -> variance, as :attr:`Components.variances <varbench.stats.Components>` gives them. An interaction
        (``"split:init"``) counts with the innermost of its sources, ``"residual"`` with the innermost of all.
    costs : mapping of str to float
        Source -> cost of one more draw of it, above 0, **outermost first**: in each draw of the first source the
        second is drawn anew, and so on. A tuning costs its trainings, a split or a seed inside it one.
    budget : float
        In the units of the costs.

    Returns
    -------
    Allocation
        Whole numbers within the budget. `bound` is the error of the best real numbers.

    Raises
    ------
    StatisticsError
        If a source has no cost, a variance is below 0, or the budget does not pay for one draw of each.

    Notes
    -----
    Minimise sum(v_j / N_j) with sum(c_j N_j) = B and N_1 <= N_2 <= ...: by Lagrange N_j is proportional to
    sqrt(v_j / c_j), neighbours that would break the order pooled; the error is then sum(sqrt(v_j c_j)) / sqrt(B)
    (Cochran 1977, *Sampling Techniques*, section 10.6). Whole numbers are all tried, or, if they are many, those
    around that.

    Examples
    --------
    >>> found = allocation({"tune": 4.0, "init": 1.0}, {"tune": 25.0, "init": 1.0}, 1000.0)
    >>> dict(zip(found.sources, found.each)), round(found.standard_error, 3), round(found.bound, 3)
    ({'tune': 37, 'init': 2}, 0.349, 0.348)
    """
    sources, variances, prices = _levels(components, costs)
    if not is_number(budget) or budget < sum(prices):
        raise StatisticsError(
            f"budget={budget!r}: one draw of each source costs {sum(prices)!r} already; raise it, or leave one out"
        )
    if budget > MOST * min(prices):
        raise StatisticsError(
            f"budget={budget!r}: it pays for more than {MOST:g} draws of a source; lower it"
        )
    _, error = _relaxed(variances, prices, budget)
    _, each = _whole(variances, prices, budget)
    totals = tuple(int(n) for n in np.cumprod(each))
    return Allocation(sources, each, totals, tuple(variances), tuple(prices), float(budget), error)


def _levels(
    components: Mapping[str, float], costs: Mapping[str, float]
) -> tuple[tuple[str, ...], list[float], list[float]]:
    for name, given in (("components", components), ("costs", costs)):
        if not isinstance(given, Mapping):
            raise StatisticsError(
                f"{name}={given!r}: a number for each source is needed, as {{'split': 1.0}}"
            )
    sources = tuple(costs)
    if not sources:
        raise StatisticsError("costs is empty: name each source with the cost of one draw, outermost first")
    for name, cost in costs.items():
        if not is_number(cost) or cost <= 0:
            raise StatisticsError(f"the cost of {name} is {cost!r}: it must be above 0")
    variances = [0.0] * len(sources)
    for term, variance in components.items():
        if not is_number(variance) or variance < 0:
            raise StatisticsError(f"the variance of {term} is {variance!r}: it must be 0 or more")
        names = [sources[-1]] if term == RESIDUAL else term.split(":")
        for name in names:
            if name not in sources:
                raise StatisticsError(unknown("source", name, sources) + "; give the cost of one draw of it")
        variances[max(sources.index(name) for name in names)] += float(variance)
    return sources, variances, [float(cost) for cost in costs.values()]


def _relaxed(variances: list[float], prices: list[float], budget: float) -> tuple[list[float], float]:
    """Give the best real totals, and their standard error."""
    blocks: list[tuple[float, float, int]] = []  # variance, price, how many levels
    for variance, price in zip(variances, prices, strict=True):
        block = (variance, price, 1)
        # N falls from one level to the next: both are drawn equally often
        while blocks and block[0] * blocks[-1][1] < blocks[-1][0] * block[1]:
            last = blocks.pop()
            block = (last[0] + block[0], last[1] + block[1], last[2] + block[2])
        blocks.append(block)
    weight = sum(math.sqrt(v * c) for v, c, _ in blocks)
    totals = [
        budget * math.sqrt(v / c) / weight if weight > 0 else 1.0
        for v, c, size in blocks
        for _ in range(size)
    ]
    return totals, weight / math.sqrt(budget)


def _whole(variances: list[float], prices: list[float], budget: float) -> tuple[float, tuple[int, ...]]:
    """Give the smallest squared error, and the draws of each source in one of the source before.

    Given n outer draws, each has budget / n - price left for what is inside it: the same problem, one source less.
    """
    if len(prices) == 1:
        n = int(budget / prices[0] + 1e-9)
        return (variances[0] / n, (n,)) if n else (math.inf, ())
    best: tuple[float, tuple[int, ...]] = (math.inf, ())
    for n in _candidates(variances, prices, budget):
        error, inner = _whole(variances[1:], prices[1:], budget / n - prices[0])
        if (variances[0] + error) / n < best[0]:
            best = ((variances[0] + error) / n, (n, *inner))
    return best


def _candidates(variances: list[float], prices: list[float], budget: float) -> list[int]:
    """Give all numbers of draws that the budget pays for, or, if they are many, those near the best real one."""
    most = int(budget / sum(prices) + 1e-9)
    if most <= _TRIED[min(len(prices), 4)]:
        return list(range(1, most + 1))
    tried = _TRIED[min(len(prices), 4)] // 2
    target = min(max(_relaxed(variances, prices, budget)[0][0], 1.0), most)
    near = np.linspace(0.8 * target, 1.25 * target, tried)
    far = np.geomspace(1, most, tried)
    found = np.unique(np.clip(np.rint(np.concatenate([near, far, [target]])), 1, most))
    return [int(n) for n in found]

"""How large a study finds a difference? Power by drawing studies from a pilot's differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import special
from scipy import stats as distributions

from varbench.errors import StatisticsError, unknown
from varbench.stats.draws import at_least, random_generator, seed_of
from varbench.stats.outperform import clopper_pearson
from varbench.stats.ranks import signed_rank
from varbench.stats.samples import (
    TIE_TOLERANCE,
    Floats,
    check_numbers,
    check_size,
    is_number,
    one_sample,
    scale,
)

if TYPE_CHECKING:
    import pandas as pd

_CELLS = 5_000_000
#: Up to this many differences the signed-rank test counts all signs; above, its z is good.
_COUNTED = 20


@dataclass(frozen=True, eq=False)
class PowerCurve:
    """How often studies of each size find the difference.

    Parameters
    ----------
    sizes : tuple of int
        Numbers of differences in one study.
    found : tuple of int
        How many of the simulated studies found it.
    n_simulations : int
        Studies of each size.
    settings : dict
        The test, its error rate, the effect, the seed.
    """

    sizes: tuple[int, ...]
    found: tuple[int, ...]
    n_simulations: int
    settings: dict[str, Any]

    def frame(self) -> pd.DataFrame:
        """Give n, power, ci_low, ci_high (95 %, of the simulation) and mc_error, its standard error."""
        import pandas as pd

        power = np.array(self.found) / self.n_simulations
        bounds = [clopper_pearson(count, self.n_simulations) for count in self.found]
        return pd.DataFrame(
            {
                "n": self.sizes, "power": power, "ci_low": [low for low, _ in bounds],
                "ci_high": [high for _, high in bounds],
                "mc_error": np.sqrt(power * (1 - power) / self.n_simulations),
            }
        )  # fmt: skip

    def size(self, power: float = 0.8) -> int | None:
        """Give the smallest of the sizes from which on the power stays at or above this; None where none does."""
        enough = np.array(self.found) / self.n_simulations >= power
        short = np.flatnonzero(~enough)
        first = int(short[-1]) + 1 if len(short) else 0
        return self.sizes[first] if first < len(self.sizes) else None

    def _repr_html_(self) -> str:
        return str(self.frame().to_html(index=False))


def power_by_simulation(
    pilot: npt.ArrayLike,
    sizes: Sequence[int],
    *,
    test: str | Callable[[Floats], float] = "t",
    effect: float | None = None,
    alpha: float = 0.05,
    n_simulations: int = 2000,
    rng: int | np.random.Generator = 0,
) -> PowerCurve:
    """How often would a study with so many differences find what the pilot found?

    Parameters
    ----------
    pilot : array_like of float, (unit,)
        Differences, first minus second, of independent units: patients, cohorts or data sets. Repeats on one cohort
        are not independent, and their power says nothing of other patients. NaN is left out and counted.
    sizes : sequence of int
        Numbers of differences, at least 2 each.
    test : {"t", "signed_rank", "sign"} or callable
        The two-sided test; a callable takes the differences and gives a p-value.
    effect : float, optional
        The true mean difference, in the metric's units; the pilot's own mean unless given, which flatters.
    alpha : float
        The test's error rate, in (0, 1).
    n_simulations : int
        Studies of each size.
    rng : int or numpy.random.Generator
        Where the draws come from.

    Returns
    -------
    PowerCurve
        Sizes ascending.

    Raises
    ------
    StatisticsError
        If the pilot has no spread, or a number or name is out of range.

    Notes
    -----
    Studies are drawn with replacement from the pilot's differences, moved to the effect.

    Examples
    --------
    >>> curve = power_by_simulation([0.02, 0.05, -0.01, 0.04, 0.03, 0.0], [5, 10, 40], n_simulations=200)
    >>> curve.size(0.9)
    40
    """
    values, dropped = one_sample("pilot", pilot)
    if not np.iterable(sizes) or isinstance(sizes, str):
        raise StatisticsError(f"sizes={sizes!r}: give a list of numbers of pairs, as [10, 20]")
    ordered = tuple(sorted({at_least("sizes: a size", n, 2) for n in sizes}))
    at_least("n_simulations", n_simulations)
    if effect is not None:
        check_numbers(effect=effect)
        check_size("effect", np.array([float(effect)]))
    if not ordered or not is_number(alpha) or not 0 < alpha < 1:
        raise StatisticsError(
            f"sizes={list(sizes)}, alpha={alpha!r}, n_simulations={n_simulations!r}: sizes of 2 and more are needed, "
            "alpha in (0, 1), and at least one simulation"
        )
    if len(values) < 2 or np.ptp(values) <= TIE_TOLERANCE * scale(values):
        raise StatisticsError(
            f"pilot has {len(values)} differences without a spread: nothing can be drawn from them"
        )
    if not callable(test) and (not isinstance(test, str) or test not in _TESTS):
        raise StatisticsError(unknown("test", test, _TESTS))
    truth = float(values.mean()) if effect is None else float(effect)
    moved = values - values.mean() + truth
    generator = random_generator(rng)
    pvalues = _TESTS[test] if isinstance(test, str) else _each(test)
    found = tuple(_rejections(moved, n, pvalues, alpha, n_simulations, generator) for n in ordered)
    settings = {
        "test": test if isinstance(test, str) else getattr(test, "__name__", "callable"), "alpha": alpha,
        "effect": truth, "pilot_mean": float(values.mean()), "pilot_sd": float(values.std(ddof=1)),
        "pilot_n": len(values), "n_dropped": dropped, "rng": seed_of(rng),
    }  # fmt: skip
    return PowerCurve(ordered, found, n_simulations, settings)


def _rejections(
    values: Floats,
    n: int,
    pvalues: Callable[[Floats], Floats],
    alpha: float,
    n_simulations: int,
    rng: np.random.Generator,
) -> int:
    found, step = 0, max(1, _CELLS // n)
    for start in range(0, n_simulations, step):
        size = (min(step, n_simulations - start), n)
        found += int((pvalues(values[rng.integers(len(values), size=size)]) <= alpha).sum())
    return found


def _each(test: Callable[[Floats], float]) -> Callable[[Floats], Floats]:
    return lambda studies: np.array([float(test(study)) for study in studies])


def _t(studies: Floats) -> Floats:
    n = studies.shape[1]
    spread = studies.std(axis=1, ddof=1)
    mean = studies.mean(axis=1)
    varies = spread > TIE_TOLERANCE * np.abs(studies).max(axis=1)
    t = np.divide(mean * np.sqrt(n), spread, out=np.zeros(len(studies)), where=varies)
    return np.where(varies, 2 * special.stdtr(n - 1, -np.abs(t)), 1.0)  # equal differences tell nothing


def _sign(studies: Floats) -> Floats:
    wins, losses = (studies > 0).sum(axis=1), (studies < 0).sum(axis=1)
    found: Floats = np.minimum(2 * distributions.binom.cdf(np.minimum(wins, losses), wins + losses, 0.5), 1.0)
    return found


def _signed_rank(studies: Floats) -> Floats:
    if studies.shape[1] <= _COUNTED:
        zero = np.zeros(studies.shape[1])
        counted = (signed_rank(study, zero, pairing="exact").pvalue for study in studies)
        return np.array([1.0 if pvalue is None else pvalue for pvalue in counted])
    zeros = (studies == 0).sum(axis=1, keepdims=True)
    ranks = np.where(studies == 0, 0.0, distributions.rankdata(np.abs(studies), axis=1) - zeros)
    total, squares = ranks.sum(axis=1), (ranks**2).sum(axis=1)
    excess = np.where(studies > 0, ranks, 0.0).sum(axis=1) - total / 2
    z = np.divide(excess, np.sqrt(squares) / 2, out=np.zeros(len(studies)), where=squares > 0)
    found: Floats = 2 * special.ndtr(-np.abs(z))
    return found


_TESTS: dict[str, Callable[[Floats], Floats]] = {"t": _t, "signed_rank": _signed_rank, "sign": _sign}

"""A simulated table of markers as a clinic has them: in units of their own, skewed, in families, with holes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from varbench.data.dataset import Data, Floats, Integers
from varbench.data.population import Simulated, shift_of
from varbench.seeds import generator


@dataclass(frozen=True)
class SimulatedClinical(Simulated):
    r"""A population of patients with markers that need preprocessing.

    Markers come in families of five that share a factor; each has a unit of its own (from thousandths to thousands),
    half of them are skewed, and cells are missing completely at random. The factors of some families carry the outcome.

    Parameters
    ----------
    n_cases : int
        Cases of a cohort.
    n_positive : int
        Positive cases of a cohort, exactly.
    n_features : int
        Markers of a case.
    strength : float
        The AUC of an observer who sees the informative factors themselves, free of noise; .5 is no signal. With
        :math:`m` of them, whose means differ by :math:`d` standard deviations, it is :math:`\Phi(d \sqrt{m / 2})`.
    n_informative : int
        How many families carry the outcome, each alike.
    missing : float
        The share of cells that are missing.
    structure : int
        Which population: another number draws other units, skews and loadings.

    Raises
    ------
    varbench.errors.InputError
        Where a parameter is out of its range.

    Examples
    --------
    >>> SimulatedClinical().cohort(seed=0)
    Data('simulated-clinical', 150 cases x 30 features, 50 'positive', simulated)
    """

    n_cases: int = 150
    n_positive: int = 50
    n_features: int = 30
    strength: float = 0.80
    n_informative: int = 2
    missing: float = 0.08
    structure: int = 0

    _NAME: ClassVar[str] = "simulated-clinical"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._need(self.n_features >= 1, "n_features", "1 or greater")
        self._need_strength()
        self._need(0 <= self.missing < 1, "missing", "in [0, 1)")
        self._need(self.structure >= 0, "structure", "0 or greater")
        families = -(-self.n_features // _FAMILY)
        self._need(
            1 <= self.n_informative <= families,
            "n_informative",
            f"in 1 ... {families}, the number of families",
        )

    @property
    def shift(self) -> float:
        """By how many standard deviations an informative factor's mean differs between the classes."""
        return shift_of(self.strength, self.n_informative)

    def _draw(self, y: Integers, rng: np.random.Generator, *, fresh: bool) -> Data:
        loading, bend, unit = _structure(self)
        family = np.arange(self.n_features) // _FAMILY
        factors = rng.standard_normal((len(y), family[-1] + 1))
        factors[y == 1, : self.n_informative] += self.shift
        X = factors[:, family] * loading + rng.standard_normal((len(y), self.n_features)) * np.sqrt(
            1 - loading**2
        )
        X = unit * (5 + X * (1 + bend * np.maximum(X, 0)))
        X[rng.random(X.shape) < self.missing] = np.nan
        names = tuple(f"marker_{i + 1}" for i in range(self.n_features))
        return self._data(X, y, names)

    def _describe(self) -> tuple[str, str]:
        holes = f"{100 * self.missing:g} % of the cells missing"
        return (
            f"Simulated markers: {self.n_features} in units of their own, {holes}",
            f"An observer of the informative factors has an AUC of {self.strength:g}.",
        )


_FAMILY = 5
_LOADING, _BEND, _UNITS = (0.5, 0.9), (1.0, 3.0), (-3, 4)


@lru_cache(maxsize=8)
def _structure(population: SimulatedClinical) -> tuple[Floats, Floats, Floats]:
    """Give each marker's loading on its family's factor, its bend and its unit."""
    rng = generator(population.structure, "population", step=population.name)
    n = population.n_features
    loading = rng.uniform(*_LOADING, n)
    bend = np.where(rng.random(n) < 0.5, rng.uniform(*_BEND, n), 0.0)
    unit: Floats = np.power(10.0, rng.integers(*_UNITS, n))
    return loading, bend, unit

"""A simulated cohort whose features fall into two halves that are worth the same: a null by construction.

Two procedures of one kind, one on each half, are equal in the population at every size of the cohort. On a single
cohort one of them is luckier, and stays so however often it is split anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from varbench.data.dataset import Data, Integers
from varbench.data.population import Simulated, shift_of


@dataclass(frozen=True)
class SimulatedHalves(Simulated):
    r"""A population of patients with two exchangeable halves of features.

    All features are independent and normal with standard deviation 1 in each class, and have the same distance
    between the classes' means; swapping the halves changes nothing but names.

    Parameters
    ----------
    n_cases : int
        Cases of a cohort.
    n_positive : int
        Positive cases of a cohort, exactly.
    n_features : int
        Features of a case, an even number: ``first_1, first_2, ..., second_1, second_2, ...``.
    strength : float
        The AUC of the best observer of one half; .5 is no signal. With :math:`m` features a half whose means differ
        by :math:`d` standard deviations between the classes, it is :math:`\Phi(d \sqrt{m / 2})`.

    Raises
    ------
    varbench.errors.InputError
        Where a parameter is out of its range.

    Examples
    --------
    >>> SimulatedHalves().cohort(seed=0)
    Data('simulated-halves', 137 cases x 20 features, 24 'positive', simulated)
    """

    n_cases: int = 137
    n_positive: int = 24
    n_features: int = 20
    strength: float = 0.75

    _NAME: ClassVar[str] = "simulated-halves"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._need(self.n_features >= 2 and self.n_features % 2 == 0, "n_features", "even, 2 or greater")
        self._need_strength()

    @property
    def half(self) -> int:
        """How many features each half has: the first are columns ``:half``, the others ``half:``."""
        return self.n_features // 2

    @property
    def shift(self) -> float:
        """By how many standard deviations a feature's mean differs between the classes."""
        return shift_of(self.strength, self.half)

    def _draw(self, y: Integers, rng: np.random.Generator, *, fresh: bool) -> Data:
        X = rng.standard_normal((len(y), self.n_features))
        X[y == 1] += self.shift
        names = tuple(f"{half}_{i + 1}" for half in ("first", "second") for i in range(self.half))
        return self._data(X, y, names)

    def _describe(self) -> tuple[str, str]:
        return (
            f"Simulated halves: twice {self.half} features of the same worth, {self.n_positive} of "
            f"{self.n_cases} positive",
            f"The best observer of either half has an AUC of {self.strength:g}.",
        )

"""A simulated cohort whose features fall into two halves that are worth the same: a null by construction.

Two procedures of one kind, one on each half, are equal in the population at every size of the cohort. On a single
cohort one of them is luckier, and stays so however often it is split anew.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np
from scipy.stats import norm

from varbench.data.dataset import Data
from varbench.errors import InputError
from varbench.seeds import generator


@dataclass(frozen=True)
class SimulatedHalves:
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
        few = f"between 1 and n_cases - 1 = {self.n_cases - 1}"
        self._need(0 < self.n_positive < self.n_cases, "n_positive", few)
        self._need(self.n_features >= 2 and self.n_features % 2 == 0, "n_features", "even, 2 or greater")
        self._need(0.5 <= self.strength < 1, "strength", "in [0.5, 1)")

    def _need(self, holds: bool, name: str, expected: str) -> None:
        if not holds:
            raise InputError(f"SimulatedHalves: {name} must be {expected}, got {getattr(self, name)}")

    @property
    def name(self) -> str:
        """The name under which the data are known."""
        return self._NAME

    @property
    def half(self) -> int:
        """How many features each half has: the first are columns ``:half``, the others ``half:``."""
        return self.n_features // 2

    @property
    def shift(self) -> float:
        """By how many standard deviations a feature's mean differs between the classes."""
        return float(norm.ppf(self.strength) * np.sqrt(2 / self.half))

    def settings(self) -> dict[str, float | int | str]:
        """Return all that fixes the population.

        Returns
        -------
        dict
            The parameters, and ``version``: it changes when the same parameters come to mean other numbers.
        """
        return {"name": self.name, "version": 1, **asdict(self)}

    def cohort(self, seed: int) -> Data:
        """Draw the patients of one study.

        Parameters
        ----------
        seed : int
            0 or greater; another seed, another cohort of the same population.

        Returns
        -------
        Data
            ``n_cases`` cases, ``n_positive`` of them positive, in shuffled order.
        """
        return self._draw(self.n_cases, self.n_positive, generator(seed, "cohort", step=self.name))

    def sample(self, n: int, seed: int) -> Data:
        """Draw fresh cases, to score a fitted model on.

        Parameters
        ----------
        n : int
            How many; 2 or greater, so that both classes are there, at the cohort's prevalence.
        seed : int
            0 or greater. Independent of the cohorts of every seed, this one included.

        Returns
        -------
        Data
            ``n`` cases in shuffled order.

        Raises
        ------
        varbench.errors.InputError
            Where ``n`` is below 2.
        """
        if n < 2:
            raise InputError(f"sample: n must be 2 or greater, got {n}")
        positive = min(max(round(n * self.n_positive / self.n_cases), 1), n - 1)
        return self._draw(n, positive, generator(seed, "truth", step=self.name))

    def _draw(self, n: int, positive: int, rng: np.random.Generator) -> Data:
        y = np.zeros(n, dtype=np.int64)
        y[:positive] = 1
        rng.shuffle(y)
        X = rng.standard_normal((n, self.n_features))
        X[y == 1] += self.shift
        return Data(
            X=X,
            y=y,
            classes=("negative", "positive"),
            feature_names=tuple(f"{half}_{i + 1}" for half in ("first", "second") for i in range(self.half)),
            ids=np.arange(1, n + 1).astype(np.str_),
            name=self.name,
            info=self._info(),
            population=self,
        )

    def _info(self) -> dict[str, str]:
        return {
            "title": f"Simulated halves: twice {self.half} features of the same worth, {self.n_positive} of "
            f"{self.n_cases} positive",
            "licence": "none needed: simulated",
            "access": "built in",
            "note": f"Simulated. The best observer of either half has an AUC of {self.strength:g}.",
        }

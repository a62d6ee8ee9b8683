"""A simulated cohort with a minority subgroup in which the signal of the majority does not hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from varbench.data.dataset import Data, Integers
from varbench.data.population import Simulated, shift_of


@dataclass(frozen=True)
class SimulatedStrata(Simulated):
    r"""A population with two strata, the rarer of which shows the outcome in other features.

    All features are independent and normal with standard deviation 1 in each class of each stratum. In the majority
    the first half of the features tells the outcome, in the minority the second half, each with the AUC
    ``strength``; the mean of ``n_marks`` further features tells the stratum, so that a model could know.

    Parameters
    ----------
    n_cases : int
        Cases of a cohort.
    n_positive : int
        Positive cases of a cohort, exactly.
    n_minority : int
        Cases of the minority, exactly, drawn without regard to the outcome.
    n_half : int
        Features of each half.
    n_marks : int
        Features that differ between the strata, by one standard deviation each.
    strength : float
        The AUC of the best observer within a stratum; .5 is no signal. With :math:`m` features a half whose means
        differ by :math:`d` standard deviations between the classes, it is :math:`\Phi(d \sqrt{m / 2})`.

    Raises
    ------
    varbench.errors.InputError
        Where a parameter is out of its range.

    Examples
    --------
    >>> data = SimulatedStrata().cohort(seed=0)
    >>> data, (data.batch == "minority").sum()
    (Data('simulated-strata', 200 cases x 22 features, 80 'positive', simulated), np.int64(24))
    """

    n_cases: int = 200
    n_positive: int = 80
    n_minority: int = 24
    n_half: int = 10
    n_marks: int = 2
    strength: float = 0.85

    _NAME: ClassVar[str] = "simulated-strata"

    def __post_init__(self) -> None:
        super().__post_init__()
        few = f"between 1 and n_cases - 1 = {self.n_cases - 1}"
        self._need(0 < self.n_minority < self.n_cases, "n_minority", few)
        self._need(self.n_half >= 1, "n_half", "1 or greater")
        self._need(self.n_marks >= 0, "n_marks", "0 or greater")
        self._need_strength()

    @property
    def n_features(self) -> int:
        """How many features a case has: two halves, and those that mark the stratum."""
        return 2 * self.n_half + self.n_marks

    @property
    def shift(self) -> float:
        """By how many standard deviations the mean of a feature that tells differs between the classes."""
        return shift_of(self.strength, self.n_half)

    def _draw(self, y: Integers, rng: np.random.Generator, *, fresh: bool) -> Data:
        rare = np.zeros(len(y), bool)
        rare[: min(max(round(len(y) * self.n_minority / self.n_cases), 1), len(y) - 1)] = True
        rng.shuffle(rare)
        X = rng.standard_normal((len(y), self.n_features))
        telling = np.repeat([0, 1], self.n_half)
        X[:, : len(telling)] += self.shift * y[:, None] * (telling == rare[:, None])
        X[:, len(telling) :] += rare[:, None]
        names = [f"{half}_{i + 1}" for half in ("common", "rare") for i in range(self.n_half)]
        names += [f"mark_{i + 1}" for i in range(self.n_marks)]
        return self._data(X, y, tuple(names), batch=np.where(rare, "minority", "majority"))

    def _describe(self) -> tuple[str, str]:
        title = f"Simulated strata: {self.n_minority} of {self.n_cases} are of a subgroup with a signal of its own"
        return title, (
            f"In each stratum the best observer has an AUC of {self.strength:g}, by features that tell nothing "
            "in the other."
        )

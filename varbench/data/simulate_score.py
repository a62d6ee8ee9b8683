"""A simulated cohort whose outcome is a number, a score of symptoms of which a known share can be foretold."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np

from varbench.data.dataset import Data
from varbench.errors import InputError
from varbench.seeds import generator

#: Mean and standard deviation of the outcome.
MEAN, SD = 30.0, 10.0


@dataclass(frozen=True)
class SimulatedScore:
    r"""A population of patients with a score that some of their features foretell in part.

    The features are independent and standard normal. The score is
    :math:`30 + 10\,(\sqrt{s} \sum_{i \le k} x_i / \sqrt{k} + \sqrt{1 - s}\,e)`, with :math:`k` informative features and
    :math:`e` standard normal: its mean is 30, its standard deviation 10.

    Parameters
    ----------
    n_cases : int
        Cases of a cohort.
    n_features : int
        Features of a case.
    n_informative : int
        How many of them, the first, foretell the score.
    share : float
        The share of the score's variance that they foretell, in [0, 1): the R² of the best observer.

    Raises
    ------
    varbench.errors.InputError
        Where a parameter is out of its range.

    Examples
    --------
    >>> data = SimulatedScore().cohort(seed=0)
    >>> data.numeric, data.X.shape, data.population.share
    (True, (137, 100), 0.4)
    """

    n_cases: int = 137
    n_features: int = 100
    n_informative: int = 5
    share: float = 0.4

    _NAME: ClassVar[str] = "simulated-score"

    def __post_init__(self) -> None:
        expected = {
            "n_cases": (self.n_cases >= 2, "2 or greater"),
            "n_informative": (1 <= self.n_informative <= self.n_features, "between 1 and n_features"),
            "share": (0 <= self.share < 1, "in [0, 1)"),
        }
        for name, (holds, what) in expected.items():
            if not holds:
                raise InputError(f"SimulatedScore: {name} must be {what}, got {getattr(self, name)}")

    @property
    def name(self) -> str:
        """The name under which the data are known."""
        return self._NAME

    def settings(self) -> dict[str, Any]:
        """Return all that fixes the population, and its ``version``."""
        return {"name": self.name, "version": 1, **asdict(self)}

    def cohort(self, seed: int) -> Data:
        """Draw the patients of one study; another seed, another cohort of the same population."""
        return self._draw(self.n_cases, generator(seed, "cohort", step=self.name))

    def sample(self, n: int, seed: int) -> Data:
        """Draw n fresh cases, 2 or more, to score a fitted model on; independent of the cohorts of every seed.

        Raises
        ------
        varbench.errors.InputError
            Where ``n`` is below 2.
        """
        if n < 2:
            raise InputError(f"sample: n must be 2 or greater, got {n}")
        return self._draw(n, generator(seed, "truth", step=self.name))

    def _draw(self, n: int, rng: np.random.Generator) -> Data:
        X = rng.standard_normal((n, self.n_features))
        foretold = X[:, : self.n_informative].sum(axis=1) / np.sqrt(self.n_informative)
        unknown = rng.standard_normal(n)
        y = MEAN + SD * (np.sqrt(self.share) * foretold + np.sqrt(1 - self.share) * unknown)
        return Data(
            X=X, y=y, classes=(), feature_names=tuple(f"x_{i + 1}" for i in range(self.n_features)),
            ids=np.arange(1, n + 1).astype(np.str_), name=self.name, population=self,
            info={
                "title": f"Simulated score: {self.n_informative} of {self.n_features} features foretell a number",
                "licence": "none needed: simulated", "access": "built in",
                "note": f"Simulated. The best observer has an R² of {self.share:g}.",
            },
        )  # fmt: skip

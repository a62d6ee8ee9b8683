"""What all simulated populations have in common: cohorts, fresh samples, and checks of their parameters."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, ClassVar

import numpy as np

from varbench.data.dataset import Data
from varbench.errors import InputError
from varbench.seeds import generator


class Simulated:
    """A population with two classes; what a frozen dataclass of parameters inherits.

    It says how cases are drawn in ``_draw(n, positive, rng)``, and has the fields ``n_cases`` and ``n_positive``.
    """

    #: The name under which the data are known.
    _NAME: ClassVar[str]
    #: It changes when the same parameters come to mean other numbers.
    _VERSION: ClassVar[int] = 1
    n_cases: int
    n_positive: int

    def _need(self, holds: bool, name: str, expected: str) -> None:
        if not holds:
            raise InputError(f"{type(self).__name__}: {name} must be {expected}, got {getattr(self, name)}")

    def _need_both_classes(self) -> None:
        most = f"between 1 and n_cases - 1 = {self.n_cases - 1}"
        self._need(0 < self.n_positive < self.n_cases, "n_positive", most)

    @property
    def name(self) -> str:
        """The name under which the data are known."""
        return self._NAME

    @property
    def prevalence(self) -> float:
        """The share of positive cases."""
        return self.n_positive / self.n_cases

    def settings(self) -> dict[str, float | int | str]:
        """Return all that fixes the population.

        Returns
        -------
        dict
            The parameters, and ``version``: it changes when the same parameters come to mean other numbers.
        """
        return {"name": self.name, "version": self._VERSION, **asdict(self)}  # type: ignore[call-overload]

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

        The number of positive cases is fixed at the cohort's prevalence, rounded, and not drawn: metrics that depend
        on the prevalence are then compared at one prevalence, and their estimate is less noisy.

        Parameters
        ----------
        n : int
            How many; 2 or greater, so that both classes are there.
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
        positive = min(max(round(n * self.prevalence), 1), n - 1)
        return self._draw(n, positive, generator(seed, "truth", step=self.name))

    def _draw(self, n: int, positive: int, rng: np.random.Generator) -> Data:
        raise NotImplementedError

    def _data(self, X: Any, y: Any, feature_names: tuple[str, ...], info: dict[str, str]) -> Data:
        """Give what was drawn as data that know their population."""
        return Data(
            X=X, y=y, classes=("negative", "positive"), feature_names=feature_names,
            ids=np.arange(1, len(y) + 1).astype(np.str_), name=self.name,
            info={**info, "licence": "none needed: simulated", "access": "built in"}, population=self,  # type: ignore[arg-type]
        )  # fmt: skip


def shuffled_labels(n: int, positive: int, rng: np.random.Generator) -> Any:
    """Give so many ones among zeros, in shuffled order; shape (case,)."""
    y = np.zeros(n, dtype=np.int64)
    y[:positive] = 1
    rng.shuffle(y)
    return y

"""What the smaller simulators share: drawing cohorts and fresh cases, and saying what fixes a population."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.stats import norm

from varbench.data.dataset import Data, Integers
from varbench.errors import InputError
from varbench.seeds import generator


def shift_of(strength: float, number: int) -> float:
    """How far apart are the classes in each of several features, for an AUC of all of them together?

    Parameters
    ----------
    strength : float
        The AUC of who sees the features, which are independent and normal, in [0.5, 1).
    number : int
        How many features there are.

    Returns
    -------
    float
        The difference of the classes' means, in standard deviations of a feature.

    Examples
    --------
    >>> round(shift_of(0.76, 2), 3)
    0.706
    """
    # The sum of the features has means number * shift apart, and an SD of sqrt(number): AUC = Phi(distance / sqrt(2)).
    return float(norm.ppf(strength) * np.sqrt(2 / number))


@dataclass(frozen=True)
class Simulated:
    """A population with two classes, of which a cohort has an exact number of positive units.

    A subclass has the parameters ``n_cases`` and ``n_positive``, a ``_NAME``, ``n_features``, and ``_draw``, which
    makes data of the labels of units; ``_describe`` says what they are.

    Raises
    ------
    varbench.errors.InputError
        Where a parameter is out of its range.
    """

    n_cases: int
    n_positive: int

    _NAME: ClassVar[str] = ""

    def __post_init__(self) -> None:
        few = f"between 1 and n_cases - 1 = {self.n_cases - 1}"
        self._need(0 < self.n_positive < self.n_cases, "n_positive", few)

    def _need_strength(self, name: str = "strength") -> None:
        self._need(0.5 <= getattr(self, name) < 1, name, "in [0.5, 1)")

    def _need(self, holds: bool, name: str, expected: str) -> None:
        if not holds:
            kind = type(self).__name__
            raise InputError(f"{kind}: {name} must be {expected}, got {getattr(self, name)}")

    @property
    def name(self) -> str:
        """The name under which the data are known."""
        return self._NAME

    @property
    def n_features(self) -> int:
        """How many features a case has."""
        raise NotImplementedError

    @property
    def ceiling(self) -> float | None:
        """The AUC that no procedure can exceed on fresh cases, in expectation; None where it is not known."""
        return None

    @property
    def _each(self) -> int:
        """How many cases of a cohort are of one unit."""
        return 1

    def settings(self) -> dict[str, Any]:
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
            With ``n_positive`` positive of ``n_cases``, in shuffled order.
        """
        rng = generator(seed, "cohort", step=self.name)
        units, positive = self.n_cases // self._each, self.n_positive // self._each
        return self._draw(_labels(units, positive, rng), rng, fresh=False)

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
        rng = generator(seed, "truth", step=self.name)
        positive = min(max(round(n * self.n_positive / self.n_cases), 1), n - 1)
        return self._draw(_labels(n, positive, rng), rng, fresh=True)

    def _draw(self, y: Integers, rng: np.random.Generator, *, fresh: bool) -> Data:
        """Make data for the labels of units; ``fresh`` ones are for scoring alone."""
        raise NotImplementedError

    def _data(self, X: Any, y: Integers, names: tuple[str, ...], **more: Any) -> Data:
        """Give data with what is the same for all of them."""
        title, note = self._describe()
        return Data(
            X=X, y=y, classes=("negative", "positive"), feature_names=names,
            ids=np.arange(1, len(y) + 1).astype(np.str_), name=self.name, population=self,
            info={
                "title": title, "licence": "none needed: simulated", "access": "built in",
                "note": f"Simulated. {note}",
            },
            **more,
        )  # fmt: skip

    def _describe(self) -> tuple[str, str]:
        """Give the title and the note."""
        raise NotImplementedError


def _labels(n: int, positive: int, rng: np.random.Generator) -> Integers:
    y = np.zeros(n, dtype=np.int64)
    y[:positive] = 1
    rng.shuffle(y)
    return y

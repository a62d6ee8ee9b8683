"""A simulated cohort over time, in which a scanner is replaced at a known date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from varbench.data.dataset import Data, Integers
from varbench.data.population import Simulated, shift_of


@dataclass(frozen=True)
class SimulatedDrift(Simulated):
    r"""A population whose features change their meaning when the scanner is replaced.

    Half of the features of a panel tell of the outcome, :math:`x = d\,y + e`, the others are noise :math:`e`. On the
    new scanner a share of the telling ones tells nothing, and as many of the others tell in their place, so that the
    best observer is as good as before; and all features are moved by ``offset``, up and down in turn. The share
    differs between the panels. Periods are months, and the batches of the data; cases of a cohort are dealt to
    them evenly, both classes alike. Fresh cases are of the month after the last, on the new scanner.

    Parameters
    ----------
    n_cases, n_positive : int
        Cases of a cohort, and positive ones, exactly.
    n_periods : int
        Months from 2024-01 on, 2 or more.
    change : int
        How many months the first scanner is used, from 1 to ``n_periods``; with ``n_periods`` the cohort has not seen
        the new one.
    n_panel : int
        Features of each panel, 2 or more.
    changed : tuple of float
        The share of the telling features of each panel that tells no more, in [0, 1].
    strength : float
        The AUC of the best observer of one panel, in a month; .5 is no signal. With :math:`m` telling features it is
        :math:`\Phi(d \sqrt{m / 2})`.
    offset : float
        By how many SD features are moved.

    Raises
    ------
    varbench.errors.InputError
        Where a parameter is out of its range.

    Examples
    --------
    >>> data = SimulatedDrift().cohort(seed=0)
    >>> data
    Data('simulated-drift', 1200 cases x 100 features, 480 'positive', simulated)
    >>> print(data.batch[0], data.batch[-1], len(set(data.batch)))
    2024-01 2024-12 12
    """

    n_cases: int = 1200
    n_positive: int = 480
    n_periods: int = 12
    change: int = 8
    n_panel: int = 20
    changed: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 1.0)
    strength: float = 0.75
    offset: float = 0.3

    _NAME: ClassVar[str] = "simulated-drift"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._need(self.n_periods >= 2, "n_periods", "2 or greater")
        self._need(1 <= self.change <= self.n_periods, "change", f"from 1 to n_periods = {self.n_periods}")
        self._need(self.n_panel >= 2, "n_panel", "2 or greater")
        in_range = len(self.changed) > 0 and all(0 <= share <= 1 for share in self.changed)
        self._need(in_range, "changed", "one or more numbers in [0, 1]")
        self._need_strength()

    @property
    def n_features(self) -> int:
        """How many features a case has, in all panels."""
        return self.n_panel * len(self.changed)

    @property
    def shift(self) -> float:
        """By how many standard deviations the mean of a telling feature differs between the classes."""
        return shift_of(self.strength, self.n_panel // 2)

    def telling(self, *, new: bool) -> Integers:
        """Which features tell of the outcome?

        Parameters
        ----------
        new : bool
            On the new scanner; else on the first.

        Returns
        -------
        ndarray of int, (feature,)
            1 where it does.
        """
        half = self.n_panel // 2
        tells = np.zeros((len(self.changed), self.n_panel), dtype=np.int64)
        for panel, share in enumerate(self.changed):
            first = round(share * half) if new else 0
            tells[panel, first : first + half] = 1
        return tells.ravel()

    def _draw(self, y: Integers, rng: np.random.Generator, *, fresh: bool) -> Data:
        period = np.full(len(y), self.n_periods) if fresh else self._dealt(y)
        new = period >= self.change if not fresh else np.ones(len(y), dtype=bool)
        tells = np.where(new[:, None], self.telling(new=True), self.telling(new=False))
        X = self.shift * y[:, None] * tells + rng.standard_normal((len(y), self.n_features))
        X += self.offset * new[:, None] * np.where(np.arange(self.n_features) % 2, -1.0, 1.0)
        names = tuple(f"changed_{share:g}_{i + 1}" for share in self.changed for i in range(self.n_panel))
        return self._data(X, y, names, batch=np.array([_month(int(one)) for one in period]))

    def _dealt(self, y: Integers) -> Integers:
        """Deal the cases of each class to the periods in turn."""
        period = np.zeros(len(y), dtype=np.int64)
        for label in (0, 1):
            rows = np.flatnonzero(y == label)
            period[rows] = np.arange(len(rows)) % self.n_periods
        return period

    def _describe(self) -> tuple[str, str]:
        shares = ", ".join(f"{share:g}" for share in self.changed)
        return (
            f"Simulated drift: {self.n_periods} months, a new scanner after {self.change} of them",
            f"By panel, {shares} of the telling features tell no more on the new scanner, and others do instead; the "
            f"best observer of a panel has an AUC of {self.strength:g} in each month. Fresh cases are of the month "
            "after.",
        )


def _month(number: int) -> str:
    return f"{2024 + number // 12}-{number % 12 + 1:02d}"

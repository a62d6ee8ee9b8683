"""Populations to draw cohorts from, in which it is known how much two procedures differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from varbench.errors import StatisticsError

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]


class Cohort(NamedTuple):
    """Cases, as the two procedures see them.

    Attributes
    ----------
    first, second : ndarray of float64, (case, feature)
        The features of the first and of the second procedure.
    y : ndarray of int64, (case,)
        0 or 1.
    """

    first: Floats
    second: Floats
    y: Labels


@dataclass(frozen=True)
class Halves:
    """A normal population whose features come in two disjoint halves.

    With equal signal the halves are exchangeable, so that one procedure on either half has exactly the same expected
    score at any size: a null that repeats on one cohort cannot hide.

    Parameters
    ----------
    prevalence : float
        Share of the positive class, in (0, 1).
    signal, second_signal : float
        Shift of the positive class, in standard deviations, spread evenly over the features of a half.
    n_features : int
        Of one half.
    shared : float
        Correlation of all features with one hidden factor, in [0, 1): the halves' errors then go together.
    """

    prevalence: float = 0.5
    signal: float = 1.0
    second_signal: float | None = None
    n_features: int = 10
    shared: float = 0.0

    def cohort(self, n: int, rng: np.random.Generator) -> Cohort:
        """Draw a cohort; both classes have their expected numbers, at least 2.

        Parameters
        ----------
        n : int
            Cases.
        rng : numpy.random.Generator
            The generator.

        Returns
        -------
        Cohort
            Shuffled cases.
        """
        positives = min(max(round(n * self.prevalence), 2), n - 2)
        y = np.zeros(n, np.int64)
        y[:positives] = 1
        rng.shuffle(y)
        hidden = rng.normal(size=(n, 1)) * np.sqrt(self.shared)
        shape = (n, self.n_features)
        second = self.signal if self.second_signal is None else self.second_signal
        halves = [
            hidden
            + np.sqrt(1 - self.shared) * rng.normal(size=shape)
            + y[:, None] * s / np.sqrt(self.n_features)
            for s in (self.signal, second)
        ]
        return Cohort(halves[0], halves[1], y)


@dataclass(frozen=True, eq=False)
class Table:
    """A large real table as the population; both procedures see all of its features, or a part each.

    Parameters
    ----------
    X : ndarray of float64, (case, feature)
        Standardised features, nothing missing.
    y : ndarray of int64, (case,)
        0 or 1.
    columns : (tuple of int, tuple of int)
        The features of the first and of the second procedure.
    prevalence : float
        That of a cohort.
    """

    X: Floats
    y: Labels
    columns: tuple[tuple[int, ...], tuple[int, ...]]
    prevalence: float = 0.5

    def cohort(self, n: int, rng: np.random.Generator) -> Cohort:
        """Draw cases without replacement, class by class; parameters as in :meth:`Halves.cohort`."""
        positives = min(max(round(n * self.prevalence), 2), n - 2)
        rows = np.concatenate(
            [
                rng.choice(np.flatnonzero(self.y == code), size=size, replace=False)
                for code, size in ((1, positives), (0, n - positives))
            ]
        )
        rng.shuffle(rows)
        return self._of(rows)

    def rest(self, n: int, rng: np.random.Generator) -> tuple[Cohort, Cohort]:
        """Draw a cohort, and give all other cases as the truth."""
        order = rng.permutation(len(self.y))
        positive = order[self.y[order] == 1]
        negative = order[self.y[order] == 0]
        positives = min(max(round(n * self.prevalence), 2), n - 2)
        if len(positive) <= positives or len(negative) <= n - positives:
            raise StatisticsError(
                f"the table is too small for cohorts of {n} with {positives} positive cases"
            )
        drawn = np.concatenate([positive[:positives], negative[: n - positives]])
        rng.shuffle(drawn)
        left = np.concatenate([positive[positives:], negative[n - positives :]])
        return self._of(drawn), self._of(left)

    def _of(self, rows: Labels) -> Cohort:
        X = self.X[rows]
        return Cohort(X[:, list(self.columns[0])], X[:, list(self.columns[1])], self.y[rows])


Population = Halves | Table

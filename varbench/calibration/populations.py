"""Populations to draw cohorts from, in which it is known how much two procedures differ."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from varbench import seeds
from varbench.errors import StatisticsError

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]


class Cohort(NamedTuple):
    """Cases, as the two procedures see them.

    Attributes
    ----------
    first, second : ndarray of float64, (case, feature)
        The features of the first and of the second procedure.
    y : ndarray, (case,)
        0 or 1; a number where the outcome is one.
    """

    first: Floats
    second: Floats
    y: npt.NDArray[Any]


def tailed(tail: str, shape: int | tuple[int, ...], rng: np.random.Generator) -> Floats:
    """Draw numbers of mean 0 and variance 1: normal, with heavy tails (t with 3 degrees of freedom), or skewed."""
    if tail == "heavy":
        return np.asarray(rng.standard_t(3, size=shape) / math.sqrt(3))
    return np.asarray(rng.normal(size=shape) if tail == "normal" else rng.exponential(size=shape) - 1)


def n_positive(n: int, prevalence: float) -> int:
    """Give the positive cases of a cohort: their expected number, at least 2 of either class."""
    return min(max(round(n * prevalence), 2), n - 2)


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
        positives = n_positive(n, self.prevalence)
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


@dataclass(frozen=True)
class HalvesOfNumbers:
    """A population whose outcome is a number, to which two disjoint halves of the features add alike.

    Parameters
    ----------
    signal, second_signal : float
        Standard deviation of what a half adds to the outcome, spread evenly over its features; the second half's is
        the first's where it is not given.
    tail : {"normal", "heavy", "skewed"}
        How what no feature tells is distributed; its variance is 1.
    n_features : int
        Of one half; they are independent and normal.
    """

    signal: float = 1.0
    second_signal: float | None = None
    tail: str = "normal"
    n_features: int = 10

    def cohort(self, n: int, rng: np.random.Generator) -> Cohort:
        """Draw a cohort of n cases."""
        second = self.signal if self.second_signal is None else self.second_signal
        halves = [rng.normal(size=(n, self.n_features)) for _ in range(2)]
        y = tailed(self.tail, n, rng)
        for half, s in zip(halves, (self.signal, second), strict=True):
            y = y + s * half.sum(axis=1) / math.sqrt(self.n_features)
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
    name : str
        For messages and tables.

    Raises
    ------
    StatisticsError
        If the shapes do not fit, a value is missing, or a column is not there.
    """

    X: Floats
    y: Labels
    columns: tuple[tuple[int, ...], tuple[int, ...]]
    name: str = "table"

    def __post_init__(self) -> None:
        if self.X.ndim != 2 or self.X.shape[:1] != self.y.shape:
            raise StatisticsError(
                f"a table needs X of shape (case, feature) and y of shape (case,); got {self.X.shape}, {self.y.shape}"
            )
        if not np.isfinite(self.X).all() or set(np.unique(self.y)) != {0, 1}:
            raise StatisticsError(f"the table {self.name!r} needs finite features, and both 0 and 1 in y")
        for of in self.columns:
            if not of or not 0 <= min(of) <= max(of) < self.X.shape[1]:
                raise StatisticsError(f"columns={of}: must be some of 0 to {self.X.shape[1] - 1}")

    @classmethod
    def in_halves(cls, X: npt.ArrayLike, y: npt.ArrayLike, *, name: str = "table", seed: int = 0) -> Table:
        """Make a population in which each procedure sees one half of the features.

        Parameters
        ----------
        X : array_like, (case, feature)
            Features; gaps are filled with the median, and each is brought to mean 0 and standard deviation 1.
        y : array_like, (case,)
            0 or 1.
        name : str
            For messages and tables.
        seed : int
            Which half a feature is in hangs on it.

        Returns
        -------
        Table
            Constant features are left out.

        Raises
        ------
        StatisticsError
            If fewer than two features vary.
        """
        values = np.array(X, dtype=np.float64)
        values[:, ~np.isfinite(values).any(axis=0)] = 0.0
        values = np.where(np.isfinite(values), values, np.nanmedian(values, axis=0))
        spread = values.std(axis=0)
        varying = spread > 0
        if varying.sum() < 2:
            raise StatisticsError(
                f"the table {name!r} has {int(varying.sum())} varying features; 2 are needed"
            )
        values = (values[:, varying] - values[:, varying].mean(axis=0)) / spread[varying]
        order = seeds.generator(seed, "calibrate", step=name).permutation(values.shape[1])
        middle = len(order) // 2
        halves = [tuple(sorted(int(i) for i in part)) for part in (order[:middle], order[middle:])]
        return cls(values, np.asarray(y, np.int64), (halves[0], halves[1]), name)

    def holds(self, n: int, prevalence: float) -> bool:
        """Tell whether it holds a cohort of this size, and at least as many other cases of each class."""
        drawn = n_positive(n, prevalence)
        there = int((self.y == 1).sum())
        return there >= 2 * drawn and len(self.y) - there >= 2 * (n - drawn)

    def rest(self, n: int, prevalence: float, rng: np.random.Generator) -> tuple[Cohort, Cohort]:
        """Draw a cohort without replacement, and give all other cases as the truth.

        Parameters
        ----------
        n : int
            Cases of the cohort.
        prevalence : float
            Its share of the positive class.
        rng : numpy.random.Generator
            The generator.

        Returns
        -------
        (Cohort, Cohort)
            The cohort in shuffled order, and the rest, at the table's own prevalence.

        Raises
        ------
        StatisticsError
            If the table is too small.
        """
        positives = n_positive(n, prevalence)
        order = rng.permutation(len(self.y))
        positive, negative = order[self.y[order] == 1], order[self.y[order] == 0]
        if len(positive) <= positives or len(negative) <= n - positives:
            raise StatisticsError(
                f"the table {self.name!r} has {len(positive)} positive and {len(negative)} negative cases: too few for "
                f"cohorts of {n} with {positives} positive ones; ask for smaller cohorts"
            )
        drawn = np.concatenate([positive[:positives], negative[: n - positives]])
        rng.shuffle(drawn)
        left = np.concatenate([positive[positives:], negative[n - positives :]])
        return self._of(drawn), self._of(left)

    def _of(self, rows: Labels) -> Cohort:
        X = self.X[rows]
        return Cohort(X[:, list(self.columns[0])], X[:, list(self.columns[1])], self.y[rows])


Population = Halves | HalvesOfNumbers | Table

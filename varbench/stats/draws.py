"""Drawing anew: how often each case is in each resample, whatever is drawn (cases, groups of them, within strata).

A resample is a row of counts, not a copy of the data: a metric that knows weights is then computed on many
resamples at once, and memory stays bounded, since the counts are drawn a chunk at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import joblib
import numpy as np
import numpy.typing as npt

from varbench.errors import StatisticsError
from varbench.stats.samples import Floats

Codes = npt.NDArray[np.int64]
#: ``progress(done, total)``, called after each chunk of resamples.
Progress = Callable[[int, int], None]
#: Counts (resample, case) to values (resample, output), NaN where a value is undefined.
Statistic = Callable[[Codes], Floats]
#: Resamples x cases in a chunk: its arrays stay in the second cache, and below what the allocator maps anew each time.
CELLS = 16_000
#: Fewer resamples have no percentiles.
FEWEST = 10
#: The jackknife leaves out blocks of units where there are more units than this.
BLOCKS = 1_000
#: Undefined resamples are drawn again, up to this many times as many as were asked for.
PATIENCE = 100


def random_generator(rng: int | np.random.Generator) -> np.random.Generator:
    """Make a generator from a seed, or take one as it is; never the global one, never one without a seed.

    Raises
    ------
    StatisticsError
        If `rng` is neither: results that nobody can repeat are not given.
    """
    if isinstance(rng, np.random.Generator):
        return rng
    if isinstance(rng, bool) or not isinstance(rng, int | np.integer) or rng < 0:
        raise StatisticsError(f"rng={rng!r}: a seed from 0 on is needed, or a numpy.random.Generator")
    return np.random.default_rng(int(rng))


def seed_of(rng: int | np.random.Generator) -> int | str:
    """Give what the settings say of a generator."""
    random_generator(rng)
    return "a generator of the caller's" if isinstance(rng, np.random.Generator) else int(rng)


def at_least(name: str, value: int, least: int = 1) -> int:
    """Check a number of resamples, seeds or jobs.

    Raises
    ------
    StatisticsError
        If it is no whole number, or less than `least`.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise StatisticsError(f"{name}={value!r}: a whole number from {least} on is needed")
    return int(value)


@dataclass(frozen=True)
class Units:
    """What is drawn anew: cases, or groups of cases, within strata.

    Attributes
    ----------
    size : ndarray of int64, (unit,)
        How many there are of each unit; 1, but for cases that are alike and were taken together.
    ends : tuple of int
        Where each stratum ends; the units of a stratum stand together.
    of_case : ndarray of int64 or None, (case,)
        The unit of each case; None where every case is a unit, in the same order.
    names : tuple of str
        One a stratum.

    Examples
    --------
    >>> units = Units.of_cases(3)
    >>> units.draw(2, np.random.default_rng(0)).sum(axis=1)
    array([3, 3])
    """

    size: Codes
    ends: tuple[int, ...]
    of_case: Codes | None = None
    names: tuple[str, ...] = ("all",)

    @classmethod
    def of_cases(cls, n: int) -> Units:
        """Make every case a unit, all in one stratum."""
        return cls(np.ones(n, np.int64), (n,))

    @property
    def n(self) -> int:
        """The number of units, each as often as it is there."""
        return int(self.size.sum())

    @property
    def n_cases(self) -> int:
        """The number of different cases."""
        return len(self.size) if self.of_case is None else len(self.of_case)

    @property
    def strata(self) -> list[slice]:
        """Where the units of each stratum are."""
        return [slice(a, b) for a, b in zip((0, *self.ends[:-1]), self.ends, strict=True)]

    def alike(self, size: Codes) -> Units:
        """Give the same units with other multiplicities."""
        return replace(self, size=size)

    def draw(self, n_resamples: int, rng: np.random.Generator) -> Codes:
        """Draw the units of each stratum with replacement, as many as there are; give counts of units."""
        parts = [_draw(self.size[stratum], n_resamples, rng) for stratum in self.strata]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def weights(self, counts: Codes) -> Codes:
        """Turn counts of units into counts of cases; (resample, unit) to (resample, case)."""
        return counts if self.of_case is None else np.take(counts, self.of_case, axis=1)

    def chunks(self, n_resamples: int, rng: np.random.Generator) -> Iterator[Codes]:
        """Draw resamples, so many at a time that they fit into little memory; (resample, case) each."""
        step = self.step
        for start in range(0, n_resamples, step):
            yield self.weights(self.draw(min(step, n_resamples - start), rng))

    @property
    def step(self) -> int:
        """How many resamples are handled at once."""
        return max(1, CELLS // max(self.n_cases, len(self.size)))

    @property
    def once(self) -> Codes:
        """The data as they are: one resample with every unit as often as it is there; (1, case)."""
        return self.weights(self.size[None, :])


def _draw(size: Codes, n_resamples: int, rng: np.random.Generator) -> Codes:
    n = len(size)
    total = int(size.sum())
    if total > n:
        return _dealt(size, total, n_resamples, rng)
    picked = rng.integers(0, n, size=(n_resamples, n))
    picked += np.arange(0, n_resamples * n, n)[:, None]  # so that one count does for all rows
    return np.bincount(picked.ravel(), minlength=n_resamples * n).reshape(n_resamples, n)


def _dealt(size: Codes, total: int, n_resamples: int, rng: np.random.Generator) -> Codes:
    """Draw multinomial counts, one kind of units after the other, each from what the ones before have left."""
    counts = np.empty((len(size), n_resamples), np.int64)
    left = np.full(n_resamples, total)
    below = np.append(
        np.cumsum(size[::-1])[::-1], 0
    )  # how many units there are of this kind and the later ones
    for kind, count in enumerate(counts[:-1]):
        # A binomial is set up anew for each other number: equal numbers side by side save a third of the time.
        order = np.argsort(left.astype(np.uint16) if total < 2**16 else left, kind="stable")
        count[order] = rng.binomial(left[order], size[kind] / below[kind])
        left = left - count
    counts[-1] = left
    return np.ascontiguousarray(counts.T)


@dataclass(frozen=True)
class Resampled:
    """What a statistic gave on all resamples.

    Attributes
    ----------
    values : ndarray of float64, (resample, output)
        Finite.
    redrawn : int
        How many resamples had no value and were drawn again.
    """

    values: Floats
    redrawn: int

    @property
    def notes(self) -> list[str]:
        """The note that goes with resamples drawn again."""
        return ["resamples_redrawn"] if self.redrawn else []

    @property
    def settings(self) -> dict[str, Any]:
        """What a result says of its resamples."""
        return {"n_resamples": len(self.values), "n_redrawn": self.redrawn}


def resampled(
    statistic: Statistic,
    units: Units,
    n_resamples: int,
    rng: np.random.Generator,
    n_jobs: int = 1,
    progress: Progress | None = None,
) -> Resampled:
    """What are the values of a statistic on units drawn anew?

    Parameters
    ----------
    statistic : callable
        Counts (resample, case) to values (resample, output); NaN where undefined.
    units : Units
        What is drawn.
    n_resamples : int
        How often.
    rng : numpy.random.Generator
        Draws all, in this process, so that the values do not depend on `n_jobs`.
    n_jobs : int
        How many processes compute the statistic.
    progress : callable, optional
        ``progress(done, total)`` after each chunk.

    Returns
    -------
    Resampled
        The values, every one finite.

    Raises
    ------
    StatisticsError
        If hardly a resample has a value.
    """
    draws = units.chunks(n_resamples, rng)
    parts: list[Floats] = []
    done = 0
    for part in _computed(statistic, draws, n_jobs):
        parts.append(part)
        done += len(part)
        if progress is not None:
            progress(done, n_resamples)
    values = np.concatenate(parts)
    redrawn = _draw_again(values, statistic, units, rng)
    return Resampled(values, redrawn)


def _computed(statistic: Statistic, draws: Iterator[Codes], n_jobs: int) -> Iterator[Floats]:
    if n_jobs == 1:
        return map(statistic, draws)
    work = joblib.Parallel(n_jobs=n_jobs, return_as="generator", pre_dispatch="2*n_jobs")
    found: Iterator[Floats] = work(joblib.delayed(statistic)(weights) for weights in draws)
    return found


def _draw_again(values: Floats, statistic: Statistic, units: Units, rng: np.random.Generator) -> int:
    """Replace what has no value, in place; give how many draws that took."""
    redrawn = 0
    lacking = np.flatnonzero(~np.isfinite(values).all(axis=1))
    while len(lacking):
        redrawn += len(lacking)
        if redrawn > PATIENCE * len(values):
            raise StatisticsError(
                f"{redrawn} resamples had no value: the metric is hardly ever defined on these cases; "
                "draw within the classes (stratify=True), or choose another metric"
            )
        values[lacking] = np.concatenate([statistic(w) for w in units.chunks(len(lacking), rng)])
        lacking = lacking[~np.isfinite(values[lacking]).all(axis=1)]
    return redrawn


def left_out(statistic: Statistic, units: Units) -> list[tuple[Floats, Codes]]:
    """What are the values of a statistic with one unit, or one block of units, left out?

    Parameters
    ----------
    statistic : callable
        As in :func:`resampled`.
    units : Units
        What is left out, stratum by stratum; blocks of equal numbers of units where there are more than 1,000.

    Returns
    -------
    list of (ndarray of float64 (block, output), ndarray of int64 (block,))
        For each stratum the values, and how often each stands for a unit that is there several times.
    """
    return [_left_out(statistic, units, stratum) for stratum in units.strata]


def _left_out(statistic: Statistic, units: Units, stratum: slice) -> tuple[Floats, Codes]:
    size = units.size[stratum]
    n_blocks = min(len(size), BLOCKS)
    block = np.arange(len(size)) % n_blocks  # units that stand together are alike: deal them out
    parts = []
    step = units.step
    for start in range(0, n_blocks, step):
        out = block[None, :] == np.arange(start, min(start + step, n_blocks))[:, None]
        counts = np.repeat(units.size[None, :], len(out), axis=0)
        counts[:, stratum] -= out
        parts.append(statistic(units.weights(counts)))
    times = size if n_blocks == len(size) else np.ones(n_blocks, np.int64)
    return np.concatenate(parts), times

"""Runs of one procedure on several tasks in one number: interquartile mean, optimality gap, performance profile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Unpack

import numpy as np
import numpy.typing as npt

from varbench.errors import StatisticsError
from varbench.stats.draws import FEWEST, at_least, random_generator, seed_of
from varbench.stats.result import Design, Labels, Result
from varbench.stats.samples import Floats, check_numbers, check_size, numbers

if TYPE_CHECKING:
    import pandas as pd

Seed = int | np.random.Generator
#: Scores drawn at once: what a processor's cache holds.
_AT_ONCE = 30_000


class Runs(NamedTuple):
    """The scores of runs on tasks, sorted over all of them; NaN gone."""

    ordered: Floats  # (score,)
    place: npt.NDArray[np.int32]  # (score,): task by task, where each score stands in `ordered`
    start: npt.NDArray[np.int64]  # (score,): where in `place` the task of each score begins
    size: npt.NDArray[np.int64]  # (score,): how many runs the task of each score has
    shape: tuple[int, int]
    missing: int

    @property
    def settings(self) -> dict[str, Any]:
        """What a result says of them."""
        return {"n_runs": self.shape[0], "n_tasks": self.shape[1], "cells_missing": self.missing}


def iqm(scores: npt.ArrayLike, *, n_resamples: int = 2000, rng: Seed = 0, **labels: Unpack[Labels]) -> Result:
    """What is the mean of the middle half of all scores, over runs and tasks?

    Parameters
    ----------
    scores : array_like of float, (run, task)
        On a scale that all tasks share. NaN is missing: left out and counted; every task needs a run.
    n_resamples : int
        Bootstrap resamples: the runs of each task are drawn anew, the tasks stay.
    rng : int or numpy.random.Generator
        The seed; an int gives the same result each time.
    **labels
        As in :class:`~varbench.stats.Design`; the unit is ``"run"`` unless given, `n` the number of runs a task.

    Returns
    -------
    Result
        `estimate` is the interquartile mean, with the percentile interval of the stratified bootstrap.

    Raises
    ------
    StatisticsError
        If the shape is wrong, a score is infinite, a task has no score, or `n_resamples` is below 1.

    Notes
    -----
    Agarwal et al. 2021, arXiv:2108.13264, section 4.3 and appendix A: the mean of what is left when a quarter of
    all scores, rounded down, is cut from either end.

    Examples
    --------
    >>> result = iqm([[0.1, 0.5], [0.2, 0.6], [0.3, 0.7], [0.4, 9.0]])
    >>> round(result.estimate, 3)
    0.45
    """
    runs, design = _runs(scores), Design.of(labels, unit="run")
    n = len(runs.ordered)
    cut = n // 4
    gaps = np.diff(runs.ordered)

    def trimmed(cumulative: npt.NDArray[np.int32]) -> Floats:
        # sum over sorted scores of score x (kept count), summed by parts: no sorting of resamples
        kept = np.clip(cumulative[..., :-1], cut, n - cut) - cut
        found: Floats = (runs.ordered[-1] * (n - 2 * cut) - kept @ gaps) / (n - 2 * cut)
        return found

    settings = {"cut": "a quarter of the scores at either end"}
    return _bootstrapped("iqm", runs, trimmed, design, n_resamples, rng, settings)


def optimality_gap(
    scores: npt.ArrayLike,
    *,
    gamma: float = 1.0,
    n_resamples: int = 2000,
    rng: Seed = 0,
    **labels: Unpack[Labels],
) -> Result:
    """By how much do the scores fall short of a target, on average over runs and tasks?

    Parameters
    ----------
    scores, n_resamples, rng, **labels
        As in :func:`iqm`.
    gamma : float
        The target; what lies above it counts as reaching it.

    Returns
    -------
    Result
        `estimate` is gamma minus the mean of min(score, gamma): smaller is better, 0 where all reach it.

    Raises
    ------
    StatisticsError
        As :func:`iqm`.

    Notes
    -----
    Agarwal et al. 2021, arXiv:2108.13264, section 4.3.

    Examples
    --------
    >>> optimality_gap([[0.5, 0.9], [0.7, 1.5]]).estimate.__round__(3)
    0.225
    """
    runs, design = _runs(scores), Design.of(labels, unit="run")
    n = len(runs.ordered)
    check_numbers(gamma=gamma)
    reached = np.minimum(runs.ordered, gamma)
    gaps = np.diff(reached)

    def shortfall(cumulative: npt.NDArray[np.int32]) -> Floats:
        found: Floats = gamma - reached[-1] + (cumulative[..., :-1] @ gaps) / n
        return found

    settings = {"gamma": gamma, "greater_is_better": False}
    return _bootstrapped("optimality_gap", runs, shortfall, design, n_resamples, rng, settings)


@dataclass(frozen=True, eq=False)
class Profile:
    """The share of runs that score above each threshold, one curve a procedure.

    Parameters
    ----------
    names : tuple of str
        The procedures.
    thresholds : ndarray of float, (threshold,)
        In score units.
    shares, low, high : ndarray of float, (procedure, threshold)
        In [0, 1]: the curve and its pointwise band.
    settings : mapping
        The choices that were made, and what is missing.
    """

    names: tuple[str, ...]
    thresholds: Floats
    shares: Floats
    low: Floats
    high: Floats
    settings: Mapping[str, Any]

    def frame(self) -> pd.DataFrame:
        """Give one row a point: series, x, y and the band's low and high."""
        import pandas as pd

        k, points = self.shares.shape
        return pd.DataFrame(
            {
                "series": np.repeat(list(self.names), points),
                "x": np.tile(self.thresholds, k),
                "y": self.shares.ravel(),
                "low": self.low.ravel(),
                "high": self.high.ravel(),
            }
        )

    def _repr_html_(self) -> str:
        return str(self.frame().to_html(index=False))


def performance_profile(
    scores: npt.ArrayLike | Mapping[str, npt.ArrayLike],
    taus: npt.ArrayLike | None = None,
    *,
    n_resamples: int = 2000,
    rng: int = 0,
    confidence_level: float = 0.95,
) -> Profile:
    """What share of the runs scores above each threshold?

    Parameters
    ----------
    scores : array_like of float, (run, task), or a mapping of procedures to such arrays
        As in :func:`iqm`.
    taus : array_like of float, optional
        The thresholds; 101 from the smallest score to the largest if not given.
    n_resamples, rng, confidence_level
        Of the stratified bootstrap; each procedure has its own stream of the seed `rng`.

    Returns
    -------
    Profile
        A curve a procedure, with pointwise percentile bands.

    Raises
    ------
    StatisticsError
        As :func:`iqm`, or if there is no threshold.

    Notes
    -----
    Agarwal et al. 2021, arXiv:2108.13264, section 4.2 (score distributions over all runs); Dolan & Moré 2002,
    doi:10.1007/s101070100263.

    Examples
    --------
    >>> performance_profile([[0.5, 0.9], [0.7, 1.5]], [0.6, 1.0]).shares
    array([[0.75, 0.25]])
    """
    design, n_resamples = (
        Design(confidence_level=confidence_level),
        at_least("n_resamples", n_resamples, FEWEST),
    )
    given: Mapping[str, npt.ArrayLike] = scores if isinstance(scores, Mapping) else {"scores": scores}
    several = {name: _runs(values) for name, values in given.items()}
    if not several:
        raise StatisticsError("scores is empty: at least one procedure is needed")
    if taus is None:
        ends = [runs.ordered[[0, -1]] for runs in several.values()]
        thresholds = np.linspace(np.min(ends), np.max(ends), 101)
    else:
        thresholds = numbers("taus", taus)
    if thresholds.ndim != 1 or not thresholds.size or not np.isfinite(thresholds).all():
        raise StatisticsError(f"taus has shape {thresholds.shape}: at least one finite threshold is needed")
    streams = random_generator(rng).spawn(len(several))
    curves = [
        _profile(runs, thresholds, n_resamples, stream, design.alpha)
        for runs, stream in zip(several.values(), streams, strict=True)
    ]
    shares, low, high = (np.stack(part) for part in zip(*curves, strict=True))
    settings = {
        "n_resamples": n_resamples, "rng": seed_of(rng), "confidence_level": confidence_level,
        "band": "pointwise percentile",
        "cells_missing": {name: runs.missing for name, runs in several.items()},
    }  # fmt: skip
    return Profile(tuple(several), thresholds, shares, low, high, settings)


def _profile(
    runs: Runs, thresholds: Floats, n_resamples: int, rng: np.random.Generator, alpha: float
) -> tuple[Floats, Floats, Floats]:
    n = len(runs.ordered)
    not_above = np.searchsorted(runs.ordered, thresholds, side="right")
    drawn = np.empty((n_resamples, len(thresholds)))
    at = 0
    for cumulative in _resampled(runs, n_resamples, rng):
        padded = np.concatenate([np.zeros((len(cumulative), 1)), cumulative], axis=1)
        drawn[at : at + len(cumulative)] = 1 - padded[:, not_above] / n
        at += len(cumulative)
    low, high = np.quantile(drawn, [alpha / 2, 1 - alpha / 2], axis=0)
    return 1 - not_above / n, low, high


def _runs(scores: npt.ArrayLike) -> Runs:
    values = numbers("scores", scores)
    if values.ndim != 2 or values.size == 0:
        raise StatisticsError(
            f"scores has shape {values.shape}: one row a run and one column a task are needed"
        )
    if np.isinf(values).any():
        raise StatisticsError(
            f"scores holds {int(np.isinf(values).sum())} infinite scores; they have no mean"
        )
    check_size("scores", values)
    present = ~np.isnan(values)
    sizes = present.sum(axis=0)
    if (sizes == 0).any():
        raise StatisticsError(
            f"task {int(np.flatnonzero(sizes == 0)[0])} has no score in any run: leave it out of the table"
        )
    flat = values.T[present.T]  # task by task
    order = np.argsort(flat, kind="stable")
    place = np.empty(len(flat), np.int32)
    place[order] = np.arange(len(flat), dtype=np.int32)
    starts = np.repeat(np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes)
    return Runs(
        flat[order], place, starts, np.repeat(sizes, sizes), (len(values), len(sizes)), int((~present).sum())
    )


def _resampled(runs: Runs, n_resamples: int, rng: np.random.Generator) -> Iterator[npt.NDArray[np.int32]]:
    """Draw the runs of each task anew; give how many drawn scores are at most each sorted score."""
    n = len(runs.ordered)
    at_once = max(1, _AT_ONCE // n)
    for start in range(0, n_resamples, at_once):
        rows = min(at_once, n_resamples - start)
        if (runs.size == runs.size[0]).all():  # one number of runs for all tasks is drawn sooner
            chosen = rng.integers(0, runs.size[0], (rows, n), dtype=np.int32)
        else:
            chosen = (rng.random((rows, n)) * runs.size).astype(np.int32)
        cells = runs.place[chosen + runs.start] + (np.arange(rows) * n)[:, None]
        counts = np.bincount(cells.ravel(), minlength=rows * n).reshape(rows, n)
        yield np.cumsum(counts, axis=1, dtype=np.int32)


def _bootstrapped(
    method: str,
    runs: Runs,
    statistic: Callable[[npt.NDArray[np.int32]], Floats],
    design: Design,
    n_resamples: int,
    rng: Seed,
    settings: dict[str, Any],
) -> Result:
    n, n_resamples = len(runs.ordered), at_least("n_resamples", n_resamples, FEWEST)
    estimate = float(statistic(np.arange(1, n + 1, dtype=np.int32)))
    settings = {
        **runs.settings, **settings, "interval": "percentile bootstrap, stratified by task",
        "n_resamples": n_resamples, "rng": seed_of(rng),
    }  # fmt: skip
    notes = ["cells_missing"] if runs.missing else []
    chunks = [statistic(part) for part in _resampled(runs, n_resamples, random_generator(rng))]
    low, high = np.quantile(np.concatenate(chunks), [design.alpha / 2, 1 - design.alpha / 2])
    if runs.size.max() < 2:
        notes.append("too_few_to_reject")
    elif not high > low:
        notes.append("constant_difference")
    interval = (min(low, estimate), max(high, estimate)) if high > low and runs.size.max() > 1 else None
    return design.result(
        method, n=runs.shape[0], estimate=estimate, interval=interval, settings=settings, notes=notes
    )

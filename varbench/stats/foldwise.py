"""A metric computed fold by fold on resampled cases, and averaged over the folds and repeats."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from varbench.errors import StatisticsError
from varbench.stats.draws import Codes
from varbench.stats.samples import Floats, as_array

#: Gives the kernels of the models for some cases (their places) in one repeat.
KernelsOf = Callable[[Codes, int], Sequence[Callable[[Codes], Floats]]]
_Part = tuple[Codes | None, Sequence[Callable[[Codes], Floats]]]


def fold_codes(fold: npt.ArrayLike | None, shape: tuple[int, ...]) -> Codes:
    """In which fold was each case tested; all in fold 0 where the folds are not named?

    Parameters
    ----------
    fold : array_like of int or None, (repeat, case)
        The folds; NaN where a case was not tested.
    shape : tuple of int
        What is expected: the numbers of repeats and cases.

    Returns
    -------
    ndarray of int64, (repeat, case)
        -1 where a case was not tested.

    Raises
    ------
    StatisticsError
        If the shape is another one, or there are no numbers.
    """
    if fold is None:
        return np.zeros(shape, np.int64)
    given = as_array("fold", fold)
    if given.shape != shape:
        raise StatisticsError(
            f"fold has shape {given.shape}: one number a repeat and case, {shape}, is needed"
        )
    if given.dtype.kind not in "biuf":
        raise StatisticsError(f"fold holds {given.ravel()[0]!r}: numbers are needed")
    return np.nan_to_num(given.astype(np.float64), nan=-1).astype(np.int64)


class Foldwise:
    """What each procedure scores on each resample, averaged over folds and repeats; (resample, procedure).

    Parameters
    ----------
    fold : ndarray of int64, (repeat, case)
        In which fold each case was tested, -1 where in none.
    kernels_of : callable
        Gives the kernels of the procedures for the cases of one fold of one repeat.
    """

    def __init__(self, fold: Codes, kernels_of: KernelsOf) -> None:
        self.repeats = [self._parts(folds, run, kernels_of) for run, folds in enumerate(fold)]

    @staticmethod
    def _parts(folds: Codes, run: int, kernels_of: KernelsOf) -> list[_Part]:
        parts: list[_Part] = []
        for code in np.unique(folds[folds >= 0]):
            index = np.flatnonzero(folds == code)
            parts.append((index if len(index) < len(folds) else None, kernels_of(index, run)))
        return parts

    def __call__(self, weights: Codes) -> Floats:
        """Score resamples, given as counts (resample, case)."""
        repeats = [self._repeat(weights, parts) for parts in self.repeats if parts]
        return _mean_of_defined(np.array(repeats))

    def _repeat(self, weights: Codes, parts: list[_Part]) -> Floats:
        folds = []
        for index, kernels in parts:
            counts = weights if index is None else np.take(weights, index, axis=1)
            folds.append(np.column_stack([kernel(counts) for kernel in kernels]))
        return _mean_of_defined(np.array(folds))


def _mean_of_defined(values: Floats) -> Floats:
    """Average over the first axis what is defined; NaN where nothing is."""
    known = np.isfinite(values)
    count = known.sum(axis=0)
    total = np.where(known, values, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)

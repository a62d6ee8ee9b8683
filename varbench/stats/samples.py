"""Scores as they come in: checked, cleared of what is missing, oriented."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from varbench.errors import StatisticsError

Floats = npt.NDArray[np.float64]

#: Scores count as equal within this share of the largest one: sums in another order differ by less, real
#: scores by more. Without it, .3 - .1 and .2 - .0 are no tie.
TIE_TOLERANCE = 1e-12


class Samples(NamedTuple):
    """Two samples without missing values, and how many scores or pairs were left out."""

    a: Floats
    b: Floats
    dropped: int

    @property
    def notes(self) -> list[str]:
        """The note that goes with what was left out."""
        return ["pairs_dropped"] if self.dropped else []


def oriented(a: npt.ArrayLike, b: npt.ArrayLike, greater_is_better: bool) -> tuple[Floats, Floats]:
    """Turn scores so that larger is better, and a positive difference says that the first looks better.

    Parameters
    ----------
    a, b : array_like of float
        Scores of the first and of the second procedure, in the metric's units.
    greater_is_better : bool
        The metric's direction.

    Returns
    -------
    a, b : ndarray of float64
        As given, or with their signs changed.

    Examples
    --------
    >>> oriented([0.2, 0.1], [0.3, 0.3], greater_is_better=False)
    (array([-0.2, -0.1]), array([-0.3, -0.3]))
    """
    sign = 1.0 if greater_is_better else -1.0
    return sign * np.asarray(a, np.float64), sign * np.asarray(b, np.float64)


def one_sample(name: str, values: npt.ArrayLike) -> tuple[Floats, int]:
    """Check one sample; give its finite values, and the number of those missing."""
    checked = _checked(name, values)
    present = ~np.isnan(checked)
    return checked[present], int((~present).sum())


def two_samples(a: npt.ArrayLike, b: npt.ArrayLike) -> Samples:
    """Check two samples that form no pairs; a missing score is left out alone."""
    first, dropped_first = one_sample("a", a)
    second, dropped_second = one_sample("b", b)
    return Samples(first, second, dropped_first + dropped_second)


def pairs(a: npt.ArrayLike, b: npt.ArrayLike) -> Samples:
    """Check two samples that form pairs; a missing score takes its partner with it.

    Raises
    ------
    StatisticsError
        If their lengths differ, or as :func:`one_sample`.
    """
    first, second = _checked("a", a), _checked("b", b)
    if len(first) != len(second):
        raise StatisticsError(
            f"a has {len(first)} scores and b has {len(second)}: pairs need equally many; "
            "say pairing='none' where they are no pairs"
        )
    present = ~(np.isnan(first) | np.isnan(second))
    return Samples(first[present], second[present], int((~present).sum()))


def _checked(name: str, values: npt.ArrayLike) -> Floats:
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise StatisticsError(f"{name} holds something that is no number: {error}") from None
    if array.ndim != 1 or array.size == 0:
        raise StatisticsError(f"{name} has shape {array.shape}: one score a unit is needed, at least one")
    if np.isinf(array).any():
        raise StatisticsError(
            f"{name} holds {int(np.isinf(array).sum())} infinite scores; they cannot be compared"
        )
    return array


def scale(*arrays: Floats) -> float:
    """Give the size of the largest score, by which rounding is judged."""
    return max((float(np.abs(array).max()) for array in arrays if array.size), default=0.0)


def rounded(values: Floats, size: float) -> Floats:
    """Round away what only the order of summation has put there, so that ties are ties."""
    quantum = size * TIE_TOLERANCE
    return values if quantum == 0 else np.round(values / quantum) * quantum


def differences(samples: Samples) -> Floats:
    """Give the differences of pairs, equal ones equal."""
    return rounded(samples.a - samples.b, scale(samples.a, samples.b))

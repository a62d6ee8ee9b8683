"""Scores as they come in: checked, cleared of what is missing, oriented."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from varbench.errors import StatisticsError

Floats = npt.NDArray[np.float64]

#: Scores count as equal within this share of the largest one: sums in another order differ by less, real
#: scores by more. Without it, .3 - .1 and .2 - .0 are no tie.
TIE_TOLERANCE = 1e-12

#: Scores of another size than this have squares and cubes that no double holds.
SMALLEST, LARGEST = 1e-60, 1e60


class Samples(NamedTuple):
    """Two samples without missing values, and how many scores or pairs were left out."""

    a: Floats
    b: Floats
    dropped: int

    @property
    def notes(self) -> list[str]:
        """The note that goes with what was left out."""
        return ["pairs_dropped"] if self.dropped else []


def as_array(name: str, values: npt.ArrayLike) -> npt.NDArray[Any]:
    """Read an array of any type; what a mask hides is missing: None, or NaN among floats.

    Raises
    ------
    StatisticsError
        If it has no shape, as lists of unequal length.

    Examples
    --------
    >>> as_array("y_true", np.ma.masked_array(["ill", "well"], mask=[True, False]))
    array([None, 'well'], dtype=object)
    """
    if isinstance(values, list | tuple) and any(isinstance(part, np.ma.MaskedArray) for part in values):
        values = np.ma.asarray(values)
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise StatisticsError(f"{name} is no array: {error}") from None
    hidden = np.ma.getmask(values)
    if array.dtype == object:
        hidden = hidden | np.array([_is_na(value) for value in array.ravel()], bool).reshape(array.shape)
    if not np.any(hidden):
        return array
    return np.where(hidden, np.nan if array.dtype.kind == "f" else None, array)  # type: ignore[arg-type]


def _is_na(value: object) -> bool:
    return type(value).__name__ == "NAType"  # without a need for pandas


def numbers(name: str, values: npt.ArrayLike) -> Floats:
    """Read an array of numbers of any shape; what is None, pandas' NA or hidden by a mask is NaN.

    Raises
    ------
    StatisticsError
        If it holds something that is no real number: names, dates, complex numbers.

    Examples
    --------
    >>> numbers("a", [0.5, None])
    array([0.5, nan])
    """
    given = as_array(name, values)
    if given.dtype.kind in "cmMV":
        raise StatisticsError(f"{name} holds {given.dtype} values: real numbers are needed")
    try:
        return np.asarray(given, np.float64)
    except (TypeError, ValueError) as error:
        raise StatisticsError(f"{name} holds something that is no number: {error}") from None


def check_index(**given: Any) -> None:
    """Refuse pandas objects that carry one index in different orders: what belongs together would be torn apart.

    Raises
    ------
    StatisticsError
        If two have the same labels, each once, in another order. Other indices are not looked at: values go by place.
    """
    indices: dict[str, Any] = {
        name: values.index
        for name, values in given.items()
        if hasattr(getattr(values, "index", None), "is_unique")
    }
    first = next(iter(indices), "")
    for name, index in indices.items():
        other = indices[first]
        if len(index) != len(other) or index.equals(other) or not (index.is_unique and other.is_unique):
            continue
        if index.isin(other).all():
            raise StatisticsError(
                f"{first} and {name} have the same index in another order, and values go by place: give "
                f"{name}.loc[{first}.index], or .to_numpy() where the order is meant"
            )


def is_number(value: object) -> bool:
    """Tell whether a setting is one finite real number; booleans and text are none."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        return False
    return bool(np.isfinite(value))


def check_numbers(**given: object) -> None:
    """Refuse settings that are no number, by their names.

    Raises
    ------
    StatisticsError
        If one is no finite real number.

    Examples
    --------
    >>> check_numbers(gamma=0.75, power=0.95)
    """
    for name, value in given.items():
        if not is_number(value):
            raise StatisticsError(f"{name}={value!r}: one finite number is needed")


def check_size(name: str, values: Floats) -> None:
    """Refuse scores that are so large, or all of them so small, that their squares are lost.

    Raises
    ------
    StatisticsError
        If the largest lies outside of `SMALLEST` to `LARGEST`, and is not 0.
    """
    size = scale(values[~np.isnan(values)])
    if size and not SMALLEST <= size <= LARGEST:
        raise StatisticsError(
            f"{name} holds scores of up to {size:.6g} in size: from {SMALLEST:g} to {LARGEST:g} can be computed "
            "with; give them in other units"
        )


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
    return sign * numbers("a", a), sign * numbers("b", b)


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
    check_index(a=a, b=b)
    first, second = _checked("a", a), _checked("b", b)
    if len(first) != len(second):
        raise StatisticsError(
            f"a has {len(first)} scores and b has {len(second)}: pairs need equally many; "
            "say pairing='none' where they are no pairs"
        )
    present = ~(np.isnan(first) | np.isnan(second))
    return Samples(first[present], second[present], int((~present).sum()))


def _checked(name: str, values: npt.ArrayLike) -> Floats:
    array = numbers(name, values)
    if array.ndim != 1 or array.size == 0:
        raise StatisticsError(f"{name} has shape {array.shape}: one score a unit is needed, at least one")
    if np.isinf(array).any():
        raise StatisticsError(
            f"{name} holds {int(np.isinf(array).sum())} infinite scores; they cannot be compared"
        )
    check_size(name, array)
    return array


def arrangements(n_a: int, n_b: int) -> int:
    """Count the ways to share units between two samples; beyond 60 in each, where no one counts them, at least.

    Examples
    --------
    >>> arrangements(2, 2)
    6
    """
    return math.comb(n_a + n_b, min(n_a, n_b, 60))


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

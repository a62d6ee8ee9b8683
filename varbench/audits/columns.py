"""Columns as they are written: numbers, text, classes, measurements, names and times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from varbench.audits.sides import Integers, Strings
from varbench.errors import DataError
from varbench.outcome import MOST_CLASSES, label

Floats = npt.NDArray[np.float64]
#: What stands in a column of numbers for one that is missing, in small letters.
_MARKS = (
    "?",
    "-",
    "--",
    ".",
    "..",
    "na",
    "n/a",
    "n.a.",
    "nan",
    "nd",
    "n.d.",
    "none",
    "null",
    "unknown",
    "missing",
    "#value!",
)


@dataclass(frozen=True, eq=False)
class Outcome:
    """What is to be predicted.

    Parameters
    ----------
    codes : ndarray of int64, (row,)
        Classes 0 ... K-1, or empty for a measurement.
    classes : tuple of str
        By code; empty for a measurement.
    values : ndarray of float64, (row,)
        The measurement; the codes, for classes.
    """

    codes: Integers
    classes: tuple[str, ...]
    values: Floats

    @property
    def binary(self) -> bool:
        """Whether there are two classes."""
        return len(self.classes) == 2


def feature(values: pd.Series) -> pd.Series:
    """Give a column as numbers where all its values are, but for marks of missing ones; else as text.

    Examples
    --------
    >>> feature(pd.Series(["1.5", "?", "2"])).tolist(), feature(pd.Series(["a", "?"])).tolist()
    ([1.5, nan, 2.0], ['a', '?'])
    """
    if values.dtype.kind in "mM":
        return _seconds(values)
    if values.dtype.kind in "biuf":
        return values.astype(np.float64)
    if values.dtype.kind == "c":
        raise DataError(
            f"feature {values.name!r} has complex numbers; give its parts as columns, or leave it out"
        )
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(object)
    numbers = pd.to_numeric(values, errors="coerce")
    odd = values[numbers.isna() & values.notna()].astype(str).str.strip().str.lower()
    if odd.isin(_MARKS).all() and (numbers.notna().any() or not len(odd)):
        return pd.Series(numbers.to_numpy(dtype=np.float64, na_value=np.nan), index=values.index)
    return values.where(values.notna(), None).map(lambda v: None if v is None else str(v)).astype(object)


def _seconds(values: pd.Series) -> pd.Series:
    known = values.notna()
    numbers = pd.Series(np.nan, index=values.index)
    numbers[known] = (values[known] - values[known].min()).dt.total_seconds()
    return numbers


def outcome(values: pd.Series) -> Outcome:
    """Give what is to be predicted: classes, or numbers where there are too many for classes."""
    missing = values.isna() | (values.astype(str).str.strip() == "")
    if missing.any():
        first = int(np.flatnonzero(missing.to_numpy())[0]) + 1
        raise DataError(
            f"target {values.name!r}: missing in {int(missing.sum())} of {len(values)} rows, the first is "
            f"row {first}; leave these rows out"
        )
    codes_, values_ = pd.factorize(values)
    spelled = pd.Series(np.array([label(one) for one in values_], dtype=object)[codes_])
    numbers = pd.to_numeric(spelled, errors="coerce")
    kinds = sorted(
        spelled.unique(), key=lambda one: (pd.isna(pd.to_numeric(one, errors="coerce")), _as_number(one), one)
    )
    if len(kinds) == 1:
        raise DataError(f"target {values.name!r}: every one of the {len(values)} rows is {kinds[0]!r}")
    if numbers.notna().all() and not np.isfinite(numbers).all():
        row = int(np.flatnonzero(~np.isfinite(numbers))[0]) + 1
        raise DataError(
            f"target {values.name!r}: infinite in row {row}; correct the value, or leave the row out"
        )
    fractions = bool(numbers.notna().all() and (numbers != numbers.round()).any())
    if numbers.notna().all() and (len(kinds) > MOST_CLASSES or (fractions and len(kinds) > 2)):
        return Outcome(np.empty(0, np.int64), (), numbers.to_numpy(np.float64))
    if len(kinds) > MOST_CLASSES:
        raise DataError(
            f"target {values.name!r}: {len(kinds)} different texts; expected classes, at most "
            f"{MOST_CLASSES}, or numbers"
        )
    codes = spelled.map({kind: code for code, kind in enumerate(kinds)}).to_numpy(np.int64)
    return Outcome(codes, tuple(kinds), codes.astype(np.float64))


def _as_number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def texts(values: pd.Series, role: str) -> Strings:
    """Give a column whose every row needs a value, as text."""
    missing = values.isna() | (values.astype(str).str.strip() == "")
    if missing.any():
        first = int(np.flatnonzero(missing.to_numpy())[0]) + 1
        raise DataError(
            f"{role} {values.name!r}: missing in {int(missing.sum())} of {len(values)} rows, the first is "
            f"row {first}; every row needs its {role}"
        )
    codes, kinds = pd.factorize(values)
    return np.array([label(one) for one in kinds], dtype=np.str_)[codes]


def times(values: pd.Series) -> Floats:
    """Give times as numbers: those of the column, or seconds of its dates."""
    if values.dtype.kind in "biuf":
        return values.to_numpy(np.float64)
    numbers = pd.to_numeric(values, errors="coerce")
    if (numbers.notna() | values.isna()).all():
        return np.asarray(numbers, dtype=np.float64)
    if values.dtype.kind != "M":
        dates = pd.to_datetime(values, errors="coerce", format="ISO8601", utc=True)
        wrong = dates.isna() & values.notna()
        if wrong.any():
            raise DataError(
                f"time {values.name!r}: {str(values[wrong].iloc[0])!r} is neither a number nor a date; "
                "write dates as 2024-03-31, with the time of day as 2024-03-31T14:05"
            )
        values = dates
    return np.asarray(_seconds(values), dtype=np.float64)

"""A split as a column tells it: a training and a test side, or folds that are tested in turn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from varbench.errors import DataError

Strings = npt.NDArray[np.str_]
Integers = npt.NDArray[np.int64]
#: How sides are spelled, in small letters.
_TRAIN = {"train", "training", "tr", "trn", "learn", "learning"}
_TEST = {"test", "testing", "te", "tst", "holdout", "hold-out", "held-out", "external"}
_TUNE = {"val", "valid", "validation", "dev", "tune", "tuning"}
#: More values than this are no split.
MOST_SIDES = 50


@dataclass(frozen=True, eq=False)
class Sides:
    """On which side of a split is each row?

    Parameters
    ----------
    names : tuple of str
        The sides; ``train`` first and ``test`` last where they are called so.
    codes : ndarray of int64, (row,)
        The side of each row.
    named : bool
        Whether the sides are training and test rows; else they are folds, each of them tested in turn.

    Examples
    --------
    >>> Sides.of(np.array(["test", "train", "train"]), "split").names
    ('train', 'test')
    """

    names: tuple[str, ...]
    codes: Integers
    named: bool

    @classmethod
    def of(cls, values: Strings, column: str) -> Sides:
        """Read a column.

        Parameters
        ----------
        values : ndarray of str, (row,)
            One value a row.
        column : str
            Its name, for errors.

        Returns
        -------
        Sides
            The sides of the rows.

        Raises
        ------
        varbench.errors.DataError
            If there is one value only, or far too many for a split.
        """
        found = [str(one) for one in np.unique(values)]
        if len(found) == 1:
            raise DataError(
                f"split {column!r}: every one of the {len(values)} rows is {found[0]!r}; a split has two "
                "values or more (train and test, or the number of the fold in which a row is tested)"
            )
        if len(found) > MOST_SIDES:
            raise DataError(
                f"split {column!r}: {len(found)} different values; a split has at most {MOST_SIDES}. Is "
                "this the column of the groups (--group) or of the ids (--id)?"
            )
        kinds = {one: _kind(one) for one in found}
        called = list(kinds.values())
        named = called.count(0) == 1 and 3 not in called and len(set(called)) == len(called)
        names = sorted(found, key=lambda one: (kinds[one] if named else 0, _number(one), one))
        code = {one: number for number, one in enumerate(names)}
        return cls(tuple(names), np.array([code[str(one)] for one in values], dtype=np.int64), named)

    @property
    def train(self) -> npt.NDArray[np.bool_]:
        """The training rows, where sides are named."""
        return np.asarray(self.codes == 0)

    @property
    def test(self) -> npt.NDArray[np.bool_]:
        """The test rows, where sides are named."""
        return np.asarray(self.codes == len(self.names) - 1)

    @cached_property
    def sizes(self) -> Integers:
        """How many rows each side has."""
        return np.bincount(self.codes, minlength=len(self.names))

    def missing_folds(self) -> list[int]:
        """Which folds are missing, where folds are numbered?"""
        if self.named or not all(one.isdecimal() for one in self.names):
            return []
        numbers = {int(one) for one in self.names}
        absent = set(range(0 if 0 in numbers else 1, max(numbers) + 1)) - numbers
        return sorted(absent) if len(absent) <= len(numbers) else []  # else they are years, or the like

    def words(self) -> str:
        """Name the sides with their sizes."""
        if self.named:
            return ", ".join(f"{size:,} {name}" for name, size in zip(self.names, self.sizes, strict=True))
        return f"{len(self.names)} folds of {self.sizes.min():,} to {self.sizes.max():,} rows"


def is_side(name: str) -> bool:
    """Whether a name is one of a side of a split, as ``train`` and ``val`` are."""
    return _kind(name) != 3


def _kind(value: str) -> int:
    text = value.strip().lower()
    return 0 if text in _TRAIN else 2 if text in _TEST else 1 if text in _TUNE else 3


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0

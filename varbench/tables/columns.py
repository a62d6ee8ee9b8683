"""What the cells of a column become as they are read: codes, texts or numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from varbench.delimited import MISSING
from varbench.errors import DataError

Floats = npt.NDArray[np.float64]


class NoNumber(DataError):
    """A cell of a column of numbers is none."""

    def __init__(self, cell: str, row: int, column: str = "", name: str = "") -> None:
        hint = "; take the sign off, and say percent" if cell.strip().endswith("%") else ""
        super().__init__(
            f"{name}: column {column!r}, row {row + 1}: {cell!r} is no number{hint}. A missing one is left empty, or NA"
        )
        self.cell, self.row = cell, row


class Column:
    """What a column's cells become, batch by batch."""

    def add(self, cells: Sequence[str], decimal: str) -> None:
        """Take the cells of the next rows."""
        raise NotImplementedError

    def made(self) -> pd.Series:
        """Give the whole column."""
        raise NotImplementedError


@dataclass
class Codes(Column):
    """Few different values: a number for each of them."""

    code: defaultdict[str, int] = field(default_factory=lambda: _numbering())
    parts: list[npt.NDArray[np.int32]] = field(default_factory=list)

    def add(self, cells: Sequence[str], decimal: str) -> None:
        """Take the cells of the next rows."""
        code = self.code
        self.parts.append(np.fromiter((code[cell] for cell in cells), np.int32, len(cells)))

    def made(self) -> pd.Series:
        """Give the whole column."""
        return categories(np.concatenate(self.parts), [cell.strip() for cell in self.code])


@dataclass
class Texts(Column):
    """Texts, as they are written."""

    cells: list[str] = field(default_factory=list)

    def add(self, cells: Sequence[str], decimal: str) -> None:
        """Take the cells of the next rows."""
        self.cells += [cell.strip() for cell in cells]

    def made(self) -> pd.Series:
        """Give the whole column."""
        return pd.Series(self.cells, dtype=object)


@dataclass
class Numbers(Column):
    """Numbers, NaN where one is missing."""

    parts: list[Floats] = field(default_factory=list)

    def add(self, cells: Sequence[str], decimal: str) -> None:
        """Take the cells of the next rows."""
        self.parts.append(_floats(cells, decimal))

    def made(self) -> pd.Series:
        """Give the whole column."""
        return pd.Series(np.concatenate(self.parts))


def _numbering() -> defaultdict[str, int]:
    numbers: defaultdict[str, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    return numbers


def _floats(cells: Sequence[str], decimal: str) -> Floats:
    try:  # nearly always all of them are numbers, with a point
        if decimal == "." and "_" not in "".join(cells):
            return np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        pass
    return np.array([_float(cell, decimal, row) for row, cell in enumerate(cells)], np.float64)


def _float(cell: str, decimal: str, row: int) -> float:
    text = cell.strip()
    if text in MISSING:
        return np.nan
    if (decimal == "," and "." in text) or "_" in text:  # Python would take 1_000 for a number
        raise NoNumber(cell, row)
    try:
        return float(text.replace(decimal, "."))
    except ValueError:
        raise NoNumber(cell, row) from None


def categories(codes: npt.NDArray[np.integer], names: Sequence[str]) -> pd.Series:
    """Make a column of categories; names that are equal become one.

    Parameters
    ----------
    codes : ndarray of int, (row,)
        Into `names`.
    names : sequence of str
        By code.

    Returns
    -------
    pandas.Series
        Categories are Python's texts, in order of appearance.
    """
    distinct = list(dict.fromkeys(names))
    if len(distinct) < len(names):
        place = {name: i for i, name in enumerate(distinct)}
        codes = np.array([place[name] for name in names], np.int32)[codes]
    kinds = pd.Index(distinct, dtype=object)
    return pd.Series(pd.Categorical.from_codes(codes.astype(np.int32), categories=kinds))

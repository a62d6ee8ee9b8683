"""A table that is asked for columns: a delimited file, read once in small pieces, or a frame.

A file of ten million rows is read without ever being in memory as text: each column asked for goes at once into
codes or numbers, and the others go nowhere.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd

from varbench.delimited import (
    DECIMAL_COMMA,
    cells_of,
    encodings,
    headings,
    open_text,
    read_text,
    rows_of,
    sniff_decimal,
    sniff_delimiter,
    uneven,
)
from varbench.errors import DataError, unknown
from varbench.outcome import label
from varbench.tables.columns import Codes, Column, NoNumber, Numbers, Texts, categories

_QUOTE = '"'
_HEAD = 1 << 18
#: Rows that are in memory as text at a time.
_BATCH = 50_000


@dataclass(frozen=True)
class Source:
    """A table whose columns can be asked for.

    Parameters
    ----------
    name : str
        As errors call it: the file's name, or ``the table``.
    columns : tuple of str
        Its columns.
    path : pathlib.Path, optional
        The file.
    frame : pandas.DataFrame, optional
        The table, where it is no file.
    encoding, delimiter, decimal : str
        How the file is written.
    """

    name: str
    columns: tuple[str, ...]
    path: Path | None = None
    frame: pd.DataFrame | None = None
    encoding: str = "utf-8"
    delimiter: str = ","
    decimal: str = "."

    def column(self, role: str, name: object) -> str:
        """Give the column that a user means by a name; the nearest are offered where there is none."""
        wanted = " ".join(str(name).split())
        if wanted not in self.columns:
            raise DataError(f"{self.name}: {role}={name!r}: {unknown('column', name, self.columns)}")
        return wanted

    def read(
        self, *, few: Collection[str] = (), texts: Collection[str] = (), numbers: Collection[str] = ()
    ) -> pd.DataFrame:
        """Read some columns.

        Parameters
        ----------
        few : collection of str
            Columns of few different values; they become categories in order of appearance, ``""`` where the
            cell is empty.
        texts : collection of str
            Columns that stay as they are written, ``""`` where the cell is empty.
        numbers : collection of str
            Columns of numbers; NaN where the cell is empty or says that it is missing.

        Returns
        -------
        pandas.DataFrame
            The columns asked for, in the table's order of rows.

        Raises
        ------
        DataError
            If there is no row, a row has not as many cells as the first, or a number is none.
        """
        kinds: dict[str, Callable[[], Column]] = {
            **dict.fromkeys(few, Codes), **dict.fromkeys(texts, Texts), **dict.fromkeys(numbers, Numbers)
        }  # fmt: skip
        if self.frame is not None:
            return pd.DataFrame(
                {name: _of_frame(kinds[name](), self.frame[name], self.name, name) for name in kinds}
            )
        try:
            return self._read_file(kinds)
        except NoNumber as error:
            # No cell of the first rows had a decimal comma; this one has.
            if self.decimal == "." and DECIMAL_COMMA.fullmatch(error.cell):
                try:
                    return replace(self, decimal=",")._read_file(kinds)
                except NoNumber:
                    pass
            raise DataError(str(error)) from None

    def _read_file(self, kinds: dict[str, Callable[[], Column]]) -> pd.DataFrame:
        places = {name: self.columns.index(name) for name in kinds}
        columns = {name: make() for name, make in kinds.items()}
        done = 0
        for batch in self._batches():
            for name, column in columns.items():
                place = places[name]
                try:
                    column.add([row[place] for row in batch], self.decimal)
                except NoNumber as error:
                    raise NoNumber(error.cell, error.row + done, name, self.name) from None
            done += len(batch)
        if not done:
            raise DataError(f"{self.name}: the table is empty: it has names of columns, and no row")
        return pd.DataFrame({name: column.made() for name, column in columns.items()})

    def _batches(self) -> Iterator[list[list[str]]]:
        if self.path is None:
            raise DataError(f"{self.name}: no file")
        width, number = len(self.columns), 1
        try:
            with open_text(self.path, self.encoding) as stream:
                rows = cells_of(stream, self.delimiter, _QUOTE)
                next(rows, None)
                while batch := list(islice(rows, _BATCH)):
                    self._check_widths(batch, width, number)
                    number += len(batch)
                    yield batch
        except UnicodeError as error:
            raise DataError(
                f"{self.name}: the file was changed while it was read ({error}); try again"
            ) from None
        except OSError as error:
            raise DataError(f"{self.name}: cannot be read ({error.strerror or error})") from None

    def _check_widths(self, batch: list[list[str]], width: int, before: int) -> None:
        if {len(row) for row in batch} == {width}:
            return
        at, row = next((i, row) for i, row in enumerate(batch, start=1) if len(row) != width)
        error = uneven(self.name, before + at, len(row), width)
        if before + at == 2 and len(row) == width + 1:
            error = DataError(f"{error}. Or the first column, of row names, has no heading: give it one")
        raise error


def open_source(source: str | os.PathLike[str] | pd.DataFrame) -> Source:
    """Open a table, and find out how it is written.

    Parameters
    ----------
    source : path or pandas.DataFrame
        Delimited text, plain or gzip, in UTF-8, UTF-16 or Windows-1252; or a frame, whose index is not looked at.

    Returns
    -------
    Source
        Only its headings have been read.

    Raises
    ------
    DataError
        If there is no such file, it is no text table, is empty, or two columns have one name.
    """
    if isinstance(source, pd.DataFrame):
        names = headings(map(str, source.columns), "the table")
        if not len(source):
            raise DataError(f"the table is empty: it has {len(names)} columns, and no row")
        return Source("the table", tuple(names), frame=source.set_axis(names, axis=1))
    if not isinstance(source, str | os.PathLike):
        raise DataError(f"a table is a path or a pandas.DataFrame, got a {type(source).__name__}")
    path = Path(source)
    try:
        return _open_file(path)
    except UnicodeError as error:
        raise DataError(f"{path.name}: the file was changed while it was read ({error}); try again") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from None


def _open_file(path: Path) -> Source:
    encoding = _encoding(path)
    head = _head(path, encoding)
    delimiter = sniff_delimiter(head, _QUOTE)
    rows = rows_of(head, delimiter, _QUOTE)
    if not rows:
        raise DataError(f"{path.name}: the file is empty")
    names = headings(rows[0], path.name)
    decimal = sniff_decimal(rows[1:], delimiter)
    return Source(path.name, tuple(names), path=path, encoding=encoding, delimiter=delimiter, decimal=decimal)


def _head(path: Path, encoding: str) -> str:
    """Give whole lines from the beginning of a file."""
    with open_text(path, encoding) as stream:
        text = stream.read(_HEAD)
    return text if len(text) < _HEAD else text[: text.rfind("\n") + 1] or text


def _encoding(path: Path) -> str:
    """Find the encoding that can read all of a file, without keeping it."""
    for encoding in encodings(path):
        try:
            with open_text(path, encoding) as stream:
                while stream.read(_HEAD):
                    pass
            return encoding
        except UnicodeDecodeError:
            continue
    return read_text(path)[1]  # says that none can


def _of_frame(column: Column, values: pd.Series, table: str, name: str) -> pd.Series:
    if isinstance(column, Numbers) and values.dtype.kind in "fiub":
        return pd.Series(values.to_numpy(np.float64))
    if isinstance(column, Codes):
        codes, found = pd.factorize(_hashable(values), use_na_sentinel=False)
        return categories(codes, _spelled(found))
    cells = _spelled(values)
    try:
        column.add(cells, ".")
    except NoNumber as error:
        if not (DECIMAL_COMMA.fullmatch(error.cell) and _adds(column, cells)):
            raise NoNumber(error.cell, error.row, name, table) from None
    return column.made()


def _adds(column: Column, cells: list[str]) -> bool:
    """Take cells with decimal commas, if all of them can be read so."""
    try:
        column.add(cells, ",")
    except NoNumber:
        return False
    return True


def _hashable(values: pd.Series) -> pd.Series:
    try:
        hash(values.iloc[0])
    except TypeError:
        return values.astype(str)
    return values


def _spelled(values: Iterable[object]) -> list[str]:
    """Spell a frame's values: a text is taken as it is, 1.0 is 1, and what is missing is empty."""
    return [
        value.strip() if isinstance(value, str) else "" if pd.isna(value) else label(value)  # type: ignore[call-overload]
        for value in values
    ]


def missing_rows(values: pd.Series) -> tuple[int, int]:
    """Count the empty cells of a column of :meth:`Source.read`, and give the first one's row, from 1.

    Parameters
    ----------
    values : pandas.Series
        Categories, texts or numbers.

    Returns
    -------
    count, first : int
        Both 0 where none is missing.
    """
    if isinstance(values.dtype, pd.CategoricalDtype):
        code = values.cat.categories.get_indexer(pd.Index([""], dtype=object))[0]
        empty = (values.cat.codes == code).to_numpy() if code >= 0 else np.zeros(len(values), bool)
    else:
        empty = (values.isna() if values.dtype.kind == "f" else values == "").to_numpy()
    count = int(empty.sum())
    return count, int(empty.argmax()) + 1 if count else 0


def complete(source: Source, frame: pd.DataFrame, roles: dict[str, str]) -> None:
    """Refuse a table in which a cell of some roles is empty.

    Parameters
    ----------
    source : Source
        The table, for its name.
    frame : pandas.DataFrame
        Columns of it.
    roles : dict of str to str
        Role to column.

    Raises
    ------
    DataError
        With the number of empty cells and the first row.
    """
    for role, column in roles.items():
        count, first = missing_rows(frame[column])
        if count:
            raise DataError(
                f"{source.name}: {role} (column {column!r}) is empty in {count:,} of {len(frame):,} rows, the first is "
                f"row {first}. No row is dropped: fill it in, or take those rows out yourself"
            )


def only_one(roles: dict[str, str]) -> None:
    """Refuse a column that was given two roles."""
    twice = [column for column, times in Counter(roles.values()).items() if times > 1]
    if twice:
        both = " and ".join(role for role, column in roles.items() if column == twice[0])
        raise DataError(f"column {twice[0]!r} is given as {both}; a column has one role")

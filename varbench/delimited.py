"""Delimited text: opened, decoded and cut into cells in the same way wherever a table is read.

Nothing is interpreted here but where a cell ends, and which sign is the decimal point.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from varbench.errors import DataError

DELIMITERS = (",", ";", "\t", "|")
#: What stands for a missing number.
MISSING = frozenset(["", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "-nan", "NULL", "null", "None"])
DECIMAL_COMMA = re.compile(r"\s*[-+]?\d*,\d+([eE][-+]?\d+)?\s*")
_DECIMAL_POINT = re.compile(r"\s*[-+]?\d*\.\d+([eE][-+]?\d+)?\s*")
_SNIFFED_ROWS = 50
_HEAD = 4096
_SIGNATURES = {
    b"PK\x03\x04": "a zip archive or a spreadsheet",
    b"\x89HDF": "an HDF5 file",
    b"PAR1": "a Parquet file",
}


def read_text(path: Path, limit: int | None = None) -> tuple[str, str]:
    """What does a text file say, plain or gzip, in whichever encoding?

    Parameters
    ----------
    path : pathlib.Path
        The file.
    limit : int, optional
        At most so many characters; all of them where it is not given.

    Returns
    -------
    text : str
        Line endings as they are in the file.
    encoding : str
        The encoding that could read them.

    Raises
    ------
    varbench.errors.DataError
        Where the file is no text, or is a damaged gzip file.
    OSError
        Where it cannot be opened.
    """
    for encoding in encodings(path):
        try:
            with open_text(path, encoding) as stream:
                return stream.read(-1 if limit is None else limit), encoding
        except UnicodeDecodeError:
            continue
    raise DataError(f"{path.name}: the text is neither UTF-8, UTF-16 nor Windows-1252; save it as UTF-8")


def encodings(path: Path) -> tuple[str, ...]:
    """Which encodings may a file have, by its first bytes?

    Parameters
    ----------
    path : pathlib.Path
        The file, plain or gzip.

    Returns
    -------
    tuple of str
        The first that can read all of the file is its encoding.

    Raises
    ------
    varbench.errors.DataError
        Where the file is no text.
    """
    with _whole(path), _unpacked(path) as stream:
        head = stream.read(_HEAD)
    for signature, words in _SIGNATURES.items():
        if head.startswith(signature):
            raise DataError(f"{path.name}: this is {words}, not a text table; save it as CSV")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ("utf-16",)
    if b"\0" in head:
        raise DataError(f"{path.name}: this is not a text table (it has zero bytes); save it as CSV")
    return ("utf-8-sig", "cp1252")


@contextmanager
def open_text(path: Path, encoding: str) -> Iterator[TextIO]:
    """Open a file, plain or gzip, as text whose line endings are kept.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    encoding : str
        One of :func:`encodings`.

    Yields
    ------
    file
        Open for reading.

    Raises
    ------
    varbench.errors.DataError
        Where reading finds a damaged gzip file.
    """
    with _whole(path), _unpacked(path) as stream:
        yield io.TextIOWrapper(stream, encoding, newline="")


@contextmanager
def _whole(path: Path) -> Iterator[None]:
    try:
        yield
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(
            f"{path.name}: no sound gzip file ({error}). It may be cut off: fetch or copy it again"
        ) from None


@contextmanager
def _unpacked(path: Path) -> Iterator[BinaryIO]:
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b" or path.suffix.lower() == ".gz"
        raw.seek(0)
        if packed:
            with gzip.GzipFile(fileobj=raw) as unpacked:
                yield cast(BinaryIO, unpacked)
        else:
            yield raw


def cells_of(lines: Iterable[str], delimiter: str, quote: str) -> Iterator[list[str]]:
    """Cut lines into rows of cells; blank lines are passed over.

    Parameters
    ----------
    lines : iterable of str
        With their ends.
    delimiter, quote : str
        The signs between cells, and around those that hold a delimiter.

    Yields
    ------
    list of str
        A row.

    Raises
    ------
    varbench.errors.DataError
        Where the text cannot be cut.
    """
    try:
        for row in csv.reader(lines, delimiter=delimiter, quotechar=quote, skipinitialspace=True):
            if len(row) > 1 or any(cell.strip() for cell in row):
                yield row
    except csv.Error as error:
        raise DataError(f"the text cannot be cut into cells: {error}") from None


def rows_of(text: str, delimiter: str, quote: str) -> list[list[str]]:
    r"""Cut a text into rows of cells, as :func:`cells_of`.

    Parameters
    ----------
    text : str
        Of the whole file.
    delimiter, quote : str
        The signs between cells, and around those that hold a delimiter.

    Returns
    -------
    list of list of str
        The rows.

    Examples
    --------
    >>> rows_of('a,"b,c"\n\n1,2\n', ",", '"')
    [['a', 'b,c'], ['1', '2']]
    """
    return list(cells_of(io.StringIO(text, newline=""), delimiter, quote))


def sniff_delimiter(text: str, quote: str) -> str:
    r"""Which sign cuts the first rows into most cells, the same number in each?

    Parameters
    ----------
    text : str
        The beginning of the file.
    quote : str
        The sign around cells that hold a delimiter.

    Returns
    -------
    str
        One of :data:`DELIMITERS`; a comma where none cuts.

    Examples
    --------
    >>> sniff_delimiter("a;b\n0,5;1,5\n", '"')
    ';'
    """
    lines = [line for line in text.splitlines()[:_SNIFFED_ROWS] if line.strip()]
    best, most = ",", 1
    for delimiter in DELIMITERS:
        found = [len(row) for row in rows_of("\n".join(lines), delimiter, quote)] or [1]
        width, times = max(Counter(found).items(), key=lambda item: (item[1], item[0]))
        # Decimal commas cut the rows below into cells, but not the names of the columns.
        if times >= 0.9 * len(found) and found[0] == width > most:
            best, most = delimiter, width
    return best


def sniff_decimal(rows: Sequence[Sequence[str]], delimiter: str) -> str:
    """Is the decimal sign a comma: none is a delimiter, some cells need one and none has a point?

    Parameters
    ----------
    rows : sequence of sequence of str
        The first rows without the headings.
    delimiter : str
        The sign between cells.

    Returns
    -------
    str
        A comma or a point.

    Examples
    --------
    >>> sniff_decimal([["0,5", "1"]], ";"), sniff_decimal([["0,5", "1.5"]], ";")
    (',', '.')
    """
    if delimiter == ",":
        return "."
    cells = [cell for row in rows[:_SNIFFED_ROWS] for cell in row]
    commas = any(DECIMAL_COMMA.fullmatch(cell) for cell in cells)
    return "," if commas and not any(_DECIMAL_POINT.fullmatch(cell) for cell in cells) else "."


def uneven(name: str, number: int, cells: int, width: int) -> DataError:
    """Give the error for a row that has not as many cells as the first one.

    Parameters
    ----------
    name : str
        Of the file.
    number : int
        Of the row; the first is 1.
    cells, width : int
        How many cells the row has, and the first row.

    Returns
    -------
    varbench.errors.DataError
        To be raised.
    """
    return DataError(
        f"{name}: row {number} has {cells} cells, the first row has {width}. The file may be cut off, a "
        "cell may hold the delimiter without quotes, or the delimiter is another one"
    )


def headings(given: Iterable[str], name: str) -> list[str]:
    r"""Check the names of columns.

    Parameters
    ----------
    given : iterable of str
        As they stand in the file.
    name : str
        Of the file.

    Returns
    -------
    list of str
        With single blanks; ``column 3`` where the third has no name.

    Raises
    ------
    varbench.errors.DataError
        Where a name stands twice.

    Examples
    --------
    >>> headings(["", "Mean \t volume"], "scores.csv")
    ['column 1', 'Mean volume']
    """
    names = [" ".join(one.split()) or f"column {number}" for number, one in enumerate(given, start=1)]
    repeated = [one for one, times in Counter(names).items() if times > 1]
    if repeated:
        raise DataError(
            f"{name}: {len(repeated)} name(s) of columns stand twice, the first is {repeated[0]!r}. Rename one of "
            "each in the file"
        )
    return names

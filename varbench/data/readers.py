"""Readers: one file to one table, nothing interpreted but numbers and missing cells.

A reader is a function ``(path, format, texts) -> DataFrame``; ``texts`` names the columns that must stay as they are
written (ids, groups, the outcome): ``007`` is no number there, and ``None`` no missing value.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from varbench.data.manifest import Format
from varbench.delimited import MISSING, headings, read_text, rows_of, sniff_decimal, sniff_delimiter, uneven
from varbench.errors import DataError, unknown

Reader = Callable[[Path, Format, Collection[str]], pd.DataFrame]

_TRUTH = {"true": 1.0, "false": 0.0}


def read_table(path: Path, form: Format, texts: Collection[str]) -> pd.DataFrame:
    """Read a file with the reader that its format names.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    form : Format
        How it is written.
    texts : collection of str
        Columns that are kept as text; names that the file does not have are passed over.

    Returns
    -------
    pandas.DataFrame
        Rows in the file's order; the names of the columns are unique, with single blanks.

    Raises
    ------
    varbench.errors.DataError
        Where the reader is unknown, or the file is not what it reads.
    """
    if form.reader not in READERS:
        raise DataError(unknown("reader", form.reader, READERS))
    try:
        return READERS[form.reader](path, form, texts)
    except OSError as error:
        raise DataError(f"{path.name}: cannot be read ({error.strerror or error})") from None


def read_csv(path: Path, form: Format, texts: Collection[str]) -> pd.DataFrame:
    """Read delimited text, plain or gzip; parameters as in :func:`read_table`.

    Returns
    -------
    pandas.DataFrame
        As :func:`read_table`.
    """
    text, _ = read_text(path)
    delimiter = form.delimiter or sniff_delimiter(text, form.quote)
    rows = rows_of(text, delimiter, form.quote)
    names = _names(rows, form, path.name)
    body = rows[1:] if form.header else rows
    if not body:
        raise DataError(f"{path.name}: the table is empty: it has names of columns, and no row")
    decimal = form.decimal or sniff_decimal(body, delimiter)
    marks = frozenset(form.missing)
    columns = {
        name: _text_cells(cells, marks) if name in texts else _cells(cells, marks | MISSING, decimal)
        for name, cells in zip(names, zip(*body, strict=True), strict=True)
    }
    return pd.DataFrame(columns)


def _text_cells(cells: Sequence[str], marks: frozenset[str]) -> pd.Series:
    """Cells as they are written; only an empty one or a mark of the manifest is missing."""
    kept = [cell.strip() for cell in cells]
    return pd.Series([None if not cell or cell in marks else cell for cell in kept], dtype=object)


def _cells(cells: Sequence[str], marks: frozenset[str], decimal: str) -> pd.Series:
    """Cells as numbers where all that are not missing can be, else as text."""
    kept = [cell.strip() for cell in cells]
    written = kept if marks.isdisjoint(kept) else [cell for cell in kept if cell not in marks]
    try:
        numbers = [_number(cell, decimal) for cell in written]
    except ValueError:
        return pd.Series([None if cell in marks else cell for cell in kept], dtype=object)
    if len(numbers) == len(kept):
        return pd.Series(numbers, dtype=np.float64)
    rest = iter(numbers)
    return pd.Series([np.nan if cell in marks else next(rest) for cell in kept], dtype=np.float64)


def _number(cell: str, decimal: str) -> float:
    if decimal != ".":
        cell = cell.replace(decimal, ".")
    try:
        if "_" not in cell:  # Python would take 1_000 for a number
            return float(cell)
    except ValueError:
        pass
    if cell.lower() in _TRUTH:
        return _TRUTH[cell.lower()]
    raise ValueError(cell)


def read_npz(path: Path, form: Format, texts: Collection[str]) -> pd.DataFrame:
    """Read the arrays of an ``npz`` file as columns; parameters as in :func:`read_table`.

    Returns
    -------
    pandas.DataFrame
        The columns of ``X``, named by the array ``feature_names`` or else ``f0``, ``f1``..., then every array with
        one value a row.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            return _from_arrays({name: stored[name] for name in stored.files}, form, path.name)
    except (ValueError, EOFError, zlib.error, AttributeError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path.name}: no sound npz file ({error}); object arrays are never read") from None


def read_h5(path: Path, form: Format, texts: Collection[str]) -> pd.DataFrame:
    """Read the arrays of an HDF5 file as columns; parameters as in :func:`read_table`.

    Returns
    -------
    pandas.DataFrame
        As :func:`read_npz`.
    """
    import h5py

    with h5py.File(path, "r") as stored:
        arrays = {name: item[()] for name, item in stored.items() if isinstance(item, h5py.Dataset)}
    texts_decoded = {
        k: np.char.decode(v.astype("S")) if v.dtype.kind in "OS" else v for k, v in arrays.items()
    }
    return _from_arrays(texts_decoded, form, path.name)


#: Name in a manifest -> function.
READERS: dict[str, Reader] = {"csv": read_csv, "npz": read_npz, "h5": read_h5}


def _from_arrays(arrays: Mapping[str, np.ndarray], form: Format, name: str) -> pd.DataFrame:
    if form.X not in arrays:
        raise DataError(f"{name}: {unknown('array', form.X, arrays)}")
    X = arrays[form.X]
    if X.ndim != 2 or X.dtype.kind not in "fiub":
        raise DataError(f"{name}: {form.X} must be numbers (case, feature), got {X.dtype} of shape {X.shape}")
    names = arrays.get("feature_names", np.char.add("f", np.arange(X.shape[1]).astype(str)))
    if names.shape != (X.shape[1],):
        raise DataError(f"{name}: feature_names must be {X.shape[1]} names, got shape {names.shape}")
    frame = pd.DataFrame(X.astype(np.float64), columns=[str(n) for n in names])
    rest = {k: v for k, v in arrays.items() if k not in (form.X, "feature_names") and v.shape == (len(X),)}
    if form.y and form.y not in rest:
        raise DataError(f"{name}: {form.y!r} must be one value for each of the {len(X)} rows")
    columns = pd.DataFrame({k: _as_written(v) for k, v in rest.items()}, index=frame.index)
    return pd.concat([frame, columns], axis=1)


def _as_written(values: np.ndarray) -> np.ndarray:
    return values if values.dtype.kind in "fiub" else values.astype(str).astype(object)


def _names(rows: list[list[str]], form: Format, name: str) -> list[str]:
    """The names of the columns, once every row is known to have one cell for each."""
    if not rows:
        raise DataError(f"{name}: the file is empty")
    width = len(rows[0])
    for number, row in enumerate(rows, start=1):
        if len(row) != width:
            raise uneven(name, number, len(row), width)
    if form.names and len(form.names) != width:
        raise DataError(f"{name}: the manifest names {len(form.names)} columns, the file has {width}")
    given = list(form.names) if form.names else rows[0] if form.header else [""] * width
    return headings(given, name)

"""Scores with a column a run: a row is a method on a data set, or a data set below the line of its method."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from varbench.delimited import MISSING, read_text
from varbench.errors import DataError, unknown
from varbench.tables.columns import categories

#: What happens to data sets of one name.
DOUBLES = ("error", "number", "once")
_HEAD = 1 << 16


def is_blocks(source: object) -> bool:
    """Tell whether a file has blocks of scores.

    Parameters
    ----------
    source : object
        Anything that holds scores.

    Returns
    -------
    bool
        Whether it is a file whose first line is a single word, and whose second is a word with two or more numbers,
        parted by blanks.
    """
    if not isinstance(source, str | os.PathLike) or not Path(source).is_file():
        return False
    with open(source, "rb") as stream:
        lines = [line.split() for line in stream.read(_HEAD).splitlines()[:20] if line.strip()]
    if len(lines) < 2 or len(lines[0]) != 1 or len(lines[1]) < 3:
        return False
    return all(_number(cell.decode("utf-8", "replace")) is not None for cell in lines[1][1:])


def read_blocks(path: Path) -> pd.DataFrame:
    """Read blocks of scores: a line with a method's name, and below it a line a data set, its name and its scores.

    Parameters
    ----------
    path : Path
        Text, its cells parted by blanks. All data sets have the same number of scores, run by run in the same order;
        a missing one is ``?`` or ``NA``.

    Returns
    -------
    DataFrame
        ``method``, ``dataset`` and the runs, ``run 1``, ``run 2``...

    Raises
    ------
    DataError
        If a line is neither, with its number.
    """
    rows = list(_rows(path))
    runs = [f"run {i}" for i in range(1, len(rows[0]) - 1)]
    return pd.DataFrame(rows, columns=["method", "dataset", *runs])


def _rows(path: Path) -> Iterator[tuple[object, ...]]:
    method, width = "", 0
    for number, line in enumerate(read_text(path)[0].splitlines(), start=1):
        cells = line.split()
        if len(cells) == 1:
            method = cells[0]
        elif cells:
            width = width or len(cells)
            values = [_number(cell) for cell in cells[1:]]
            if None in values:
                raise DataError(
                    f"{path.name}, line {number}: {cells[1 + values.index(None)]!r} is no number; below a method's "
                    "name each line is a data set, one word, and its scores"
                )
            if len(cells) != width:
                raise DataError(
                    f"{path.name}, line {number}: {cells[0]} has {len(cells) - 1} scores, and the first data set has "
                    f"{width - 1}"
                )
            yield (method, cells[0], *values)


def _number(cell: str) -> float | None:
    if cell in MISSING or cell == "?":
        return np.nan
    try:
        return float(cell)
    except ValueError:
        return None


def told_apart(name: str, rows: pd.DataFrame, doubles: str) -> tuple[pd.DataFrame, str]:
    """Refuse data sets of one name, or number them.

    Parameters
    ----------
    name : str
        The table's name.
    rows : DataFrame
        A row a method and data set, with columns ``method`` and ``dataset``.
    doubles : {"error", "number", "once"}
        What happens to them. Numbered, the second is called ``NAME (2)``, in the order of each method's rows. Once: of
        rows that hold the same scores, number for number, the first one counts.

    Returns
    -------
    rows : DataFrame
        In which no method has two data sets of one name.
    note : str
        What was done; empty where nothing was.

    Raises
    ------
    DataError
        If there are such, and they are to be refused; or if the methods do not have equally many; or if they are to
        count once and their scores differ.
    """
    if doubles not in DOUBLES:
        raise DataError(unknown("value of doubles", doubles, DOUBLES))
    by = [role for role in ("method", "dataset") if role in rows]
    number = rows.groupby(by, observed=True, sort=False).cumcount() if by else pd.Series(np.arange(len(rows)))
    if not number.any() or "dataset" not in rows:
        return rows, ""
    sets = rows["dataset"].astype(str)
    counts = (
        pd.crosstab(sets, rows["method"].astype(str)) if "method" in rows else sets.value_counts().to_frame()
    )
    most = counts.max(axis=1)
    twice = list(dict.fromkeys(sets[number > 0]))
    said = " and ".join(repr(one) for one in twice[:3]) + (
        f" and {len(twice) - 3} more" if len(twice) > 3 else ""
    )
    same = rows[number > 0].apply(tuple, axis=1).isin(set(rows[number == 0].apply(tuple, axis=1))).all()
    if doubles == "once" and same:
        kept = rows[number == 0].reset_index(drop=True)
        note = f"{len(rows) - len(kept)} rows stood there twice ({said}), number for number, and count once."
        return kept, note
    if doubles in ("error", "once"):
        raise DataError(
            f"{name}: {said} {_of_several(rows, sets, number, bool(same), int(most[twice[0]]), twice[0])}"
        )
    uneven = [one for one in twice if counts.loc[one].nunique() > 1]
    if uneven:
        raise DataError(
            f"{name}: doubles='number': not all methods have equally many data sets called {uneven[0]!r}, so it cannot "
            "be told which is which; rename them in the file"
        )
    names = [f"{one} ({i + 1})" if i else one for one, i in zip(sets, number, strict=True)]
    codes, distinct = pd.factorize(pd.Series(names, dtype=object))
    numbered = rows.assign(dataset=categories(codes, list(distinct)).set_axis(rows.index))
    return (
        numbered,
        f"Data sets of one name ({said}) were numbered by their order in the rows of each method.",
    )


def _of_several(
    rows: pd.DataFrame, sets: pd.Series, number: pd.Series, same: bool, times: int, first: str
) -> str:
    """Say where data sets of one name stand, and the ways out."""
    one = sets == first
    if "method" in rows:
        one &= rows["method"] == rows["method"][number > 0].iloc[0]
    places = ", ".join(str(i + 1) for i in np.flatnonzero(one.to_numpy())[:4])
    where = f"is the name of {times} data sets of one method (rows {places}), "
    if same:
        return where + (
            "and their scores are the same, number for number: is it one that stands there twice? doubles='once' "
            f"counts it once; doubles='number' keeps both, the second as '{first} (2)'"
        )
    return where + (
        "and their scores differ. Two data sets need two names: rename them in the file, or say doubles='number' where "
        f"all methods list them in the same order: then the second is called '{first} (2)'"
    )


def by_run(name: str, rows: pd.DataFrame, columns: list[str], folds: int | None) -> pd.DataFrame:
    """Give a row a score of rows with a column a run.

    Parameters
    ----------
    name : str
        The table's name.
    rows : DataFrame
        Roles, and ``score of COLUMN`` for each run.
    columns : list of str
        The runs.
    folds : int, optional
        How many columns are one repeat: the columns are repeat after repeat. Not said, each is a repeat.

    Returns
    -------
    DataFrame
        With ``score``, ``repeat`` and, where it is said, ``fold``.
    """
    n = len(columns)
    if folds is not None and (folds < 1 or n % folds):
        raise DataError(
            f"{name}: folds={folds}: {n} columns of scores are no whole number of repeats of {folds} folds"
        )
    kept = [c for c in rows if not str(c).startswith("score of ")]
    run = np.tile(np.arange(n), len(rows))
    long = rows[kept].iloc[np.repeat(np.arange(len(rows)), n)].reset_index(drop=True)
    long["score"] = np.column_stack([rows[f"score of {c}"].to_numpy() for c in columns]).ravel()
    repeat = run if folds is None else run // folds
    long["repeat"] = categories(repeat, [str(i) for i in range(int(repeat.max()) + 1)])
    if folds is not None:
        long["fold"] = categories(run % folds, [str(i) for i in range(folds)])
    return long

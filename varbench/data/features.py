"""The features: columns of a table to numbers, and a clear word where that cannot be."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from varbench.data.dataset import Floats, check_finite
from varbench.errors import DataError

# What people write where a value is missing.
_MARKS = {"?", "-", ".", "*", "missing", "unknown", "na", "n.a.", "none", "nan"}


def features(frame: pd.DataFrame, names: Sequence[str]) -> Floats:
    """Read the features as numbers.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a case.
    names : sequence of str
        Which columns.

    Returns
    -------
    ndarray of float64, (case, feature)
        NaN where a cell is missing.

    Raises
    ------
    varbench.errors.DataError
        Where a column holds text, no value at all, or an infinite one.
    """
    part = frame.loc[:, list(names)]
    others = [name for name in names if part[name].dtype.kind not in "biuf"]
    written = {name: _as_numbers(part[name]) for name in others if _all_numbers(part[name])}
    part = part.assign(**written)
    wrong = [name for name in others if name not in written]
    if wrong:
        raise DataError(_text_in_features(part, wrong))
    X = np.ascontiguousarray(part.to_numpy(dtype=np.float64, na_value=np.nan))
    empty = [name for name, missing in zip(names, np.isnan(X).all(axis=0), strict=True) if missing]
    if empty:
        text = f"{len(empty)} feature(s) have no value in any row, the first is {empty[0]!r}"
        raise DataError(f"{text}. Leave them out: {_drop(empty)}")
    check_finite(X, names)
    return X


def _as_numbers(values: pd.Series) -> pd.Series:
    return pd.to_numeric(values, errors="coerce")


def _all_numbers(values: pd.Series) -> bool:
    if values.dtype.kind in "mMc":  # times and complex numbers have a number each, but not one that is meant
        return False
    return bool((_as_numbers(values).notna() | values.isna()).all())


def _text_in_features(part: pd.DataFrame, wrong: Sequence[str]) -> str:
    first = part[wrong[0]].dropna()
    if first.dtype.kind not in "mMc":
        first = first[_as_numbers(first).isna()]
    bad = list(dict.fromkeys(str(value) for value in first))
    more = f" ({len(wrong)} such columns in all)" if len(wrong) > 1 else ""
    cure = f"Leave it out ({_drop(wrong)}), or turn it into numbers in the file"
    if {text.strip().lower() for text in bad} <= _MARKS:
        cure = "If this marks a missing value, leave the cell empty, or name the mark in a manifest: missing = [...]"
    elif re.fullmatch(r"[-+]?\d+,\d+", bad[0].strip()):
        cure = "If this is a decimal comma, separate the columns by semicolons, or write points"
    return f"feature {wrong[0]!r} holds text: {bad[0]!r}{more}. {cure}"


def _drop(names: Sequence[str], most: int = 4) -> str:
    options = " ".join(f"--drop {name!r}" if " " in name else f"--drop {name}" for name in names[:most])
    return options + (" ..." if len(names) > most else "")

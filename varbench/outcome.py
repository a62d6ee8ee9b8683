"""The outcome: from the values in a column to codes of classes, or to numbers, once and for all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from varbench.errors import DataError
from varbench.rows import Codes, Floats

#: Codings whose second value is the positive class without being told so.
SELF_EXPLAINING = (("0", "1"), ("False", "True"), ("-1", "1"))
#: More classes than this, and a column of numbers is taken for a measurement.
MOST_CLASSES = 20


def label(value: object) -> str:
    """Spell a class: ``1``, ``1.0`` and ``"1"`` are one class, ``TRUE`` and ``True`` too.

    Parameters
    ----------
    value : object
        A value of the outcome.

    Returns
    -------
    str
        Its spelling.

    Examples
    --------
    >>> [label(v) for v in (1.0, "1.0", "true", " yes ", 0.5)]
    ['1', '1', 'True', 'yes', '0.5']
    """
    text = str(value).strip()
    if text.lower() in ("true", "false"):
        return text.capitalize()
    number = _number(text)
    if number is None:
        return text
    return str(int(number)) if number == int(number) else str(number)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if np.isfinite(number) else None


def encode(values: pd.Series, positive: object = None) -> tuple[Codes, tuple[str, ...]]:
    """Which class has each row?

    Parameters
    ----------
    values : pandas.Series, (case,)
        The outcome as it stands in the table.
    positive : object, optional
        The value that counts as an event; may be left out for 0/1, False/True, -1/1 and for more than two classes.

    Returns
    -------
    codes : ndarray of int64, (case,)
        0 ... K-1.
    classes : tuple of str
        By code; with two classes, the positive one is second.

    Raises
    ------
    varbench.errors.DataError
        Where values are missing, there is one class, the column is a measurement, or the positive class is not
        told, not there, or one of more than two.
    """
    labels = labels_of(values)
    classes = sorted(set(labels), key=_order)
    name = values.name
    if len(classes) == 1:
        raise DataError(
            f"target {name!r}: every one of the {len(labels)} rows is {classes[0]!r}; expected two classes"
        )
    _refuse_measurement(classes, str(name))
    ordered = (
        _binary(classes, positive, str(name)) if len(classes) == 2 else _many(classes, positive, str(name))
    )
    return codes(labels, ordered), ordered


def measured(values: pd.Series) -> Floats:
    """Which number has each row?

    Parameters
    ----------
    values : pandas.Series, (case,)
        The outcome as it stands in the table.

    Returns
    -------
    ndarray of float64, (case,)
        Finite.

    Raises
    ------
    varbench.errors.DataError
        Where values are missing, are no numbers, or are all the same.

    Examples
    --------
    >>> measured(pd.Series(["1.5", "20"])).tolist()
    [1.5, 20.0]
    """
    found = [_number(text) for text in labels_of(values)]
    for row, number in enumerate(found, 1):
        if number is None:
            raise DataError(
                f"target {values.name!r}: {str(values.iloc[row - 1])!r} in row {row} is no number, as the outcome of a "
                "regression must be; without --task regression it is taken for a class"
            )
    if len(set(found)) == 1:
        raise DataError(f"target {values.name!r}: every one of the {len(found)} rows is {found[0]!r}")
    return np.array(found, dtype=np.float64)


def labels_of(values: pd.Series) -> list[str]:
    """Spell the outcome of every row.

    Parameters
    ----------
    values : pandas.Series, (case,)
        The outcome as it stands in the table.

    Returns
    -------
    list of str
        One spelling a row.

    Raises
    ------
    varbench.errors.DataError
        Where a value is missing; no row is dropped.
    """
    missing = values.isna() | (values.astype(str).str.strip() == "")
    if missing.any():
        first = int(np.flatnonzero(missing.to_numpy())[0]) + 1
        raise DataError(
            f"target {values.name!r}: missing in {int(missing.sum())} of {len(values)} rows, the first is row {first}. "
            "varbench drops no rows: fill the outcome in, or take those rows out of the table yourself"
        )
    return [label(value) for value in values]


def codes(labels: Sequence[str], classes: Sequence[str]) -> Codes:
    """Encode spelled classes.

    Parameters
    ----------
    labels : sequence of str, (case,)
        All of them stand in ``classes``.
    classes : sequence of str
        By code.

    Returns
    -------
    ndarray of int64, (case,)
        The codes.
    """
    code = {name: number for number, name in enumerate(classes)}
    return np.array([code[one] for one in labels], dtype=np.int64)


def _order(text: str) -> tuple[int, float, str]:
    number = _number(text)
    return (1, 0.0, text) if number is None else (0, number, text)


def _refuse_measurement(classes: list[str], name: str) -> None:
    numbers = [_number(text) for text in classes]
    fractions = any(number is not None and number != int(number) for number in numbers)
    if len(classes) > MOST_CLASSES or (fractions and len(classes) > 2):
        shown = ", ".join(classes[:3])
        raise DataError(
            f"target {name!r}: has {len(classes)} different values ({shown}...), expected classes, at most "
            f"{MOST_CLASSES}. A measurement must be cut into classes first, or be the outcome of a regression "
            "(--task regression)"
        )


def _binary(classes: list[str], positive: object, name: str) -> tuple[str, ...]:
    if positive is None:
        if tuple(classes) in SELF_EXPLAINING:
            return tuple(classes)
        one, other = classes
        raise DataError(
            f"target {name!r}: is {one!r} or {other!r} the positive class? Say so: --positive {other} "
            "(it may be left out only for 0/1, False/True and -1/1)"
        )
    wanted = _known(classes, positive, name)
    return (next(c for c in classes if c != wanted), wanted)


def _many(classes: list[str], positive: object, name: str) -> tuple[str, ...]:
    if positive is None:
        return tuple(classes)
    wanted = _known(classes, positive, name)
    raise DataError(
        f"target {name!r}: has {len(classes)} classes ({', '.join(classes)}), so positive={wanted!r} cannot choose "
        "between two. Leave it out to study all classes, or make a column with two"
    )


def _known(classes: list[str], positive: object, name: str) -> str:
    wanted = label(positive)
    if wanted not in classes:
        raise DataError(
            f"target {name!r}: has no value {wanted!r}; positive must be one of: {', '.join(classes)}"
        )
    return wanted

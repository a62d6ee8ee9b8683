"""From a table with named columns to ``Data``: what each column is for, and every check on the way."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from varbench.data.dataset import Data, Strings
from varbench.data.features import features
from varbench.data.manifest import TASKS, Columns
from varbench.errors import DataError, unknown
from varbench.outcome import encode, measured

#: The column that says from which file a row comes, where the files are batches.
FILE_COLUMN = "[file]"


def from_frame(
    frame: pd.DataFrame,
    *,
    target: str | None = None,
    positive: object = None,
    task: str | None = None,
    id: str | None = None,
    group: str | None = None,
    batch: str | None = None,
    drop: Sequence[str] = (),
    name: str = "data",
) -> Data:
    """Make ``Data`` from a table in memory, with the checks that a file gets.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a case; the index is not used.
    target : str
        Column of the outcome.
    positive : object, optional
        The value of the outcome that counts as an event; may be left out for 0/1, False/True and -1/1.
    task : {"classification", "regression"}, optional
        Whether the outcome is a class (by default) or a number.
    id, group, batch : str, optional
        Columns, see :class:`varbench.data.Data`.
    drop : sequence of str
        Columns that are no features.
    name : str
        What results call the data.

    Returns
    -------
    Data
        All other columns are features.

    Raises
    ------
    varbench.errors.DataError
        Where a column is missing or cannot be what it should be.

    Examples
    --------
    >>> frame = pd.DataFrame({"age": [61, 70, 58], "site": list("aba"), "relapse": ["no", "yes", "no"]})
    >>> from_frame(frame, target="relapse", positive="yes", batch="site")
    Data('data', 3 cases x 1 features, 1 'yes')
    """
    wanted = None if positive is None else str(positive)
    drop = (drop,) if isinstance(drop, str) else tuple(drop)
    columns = Columns(
        target=target, positive=wanted, task=task or TASKS[0], id=id, group=group, batch=batch, drop=drop
    )
    frame = frame.set_axis([str(column) for column in frame.columns], axis=1)
    return build(frame, columns, name=name)


def build(
    frame: pd.DataFrame,
    columns: Columns,
    *,
    name: str,
    info: Mapping[str, str] | None = None,
    unverified: bool = False,
) -> Data:
    """Make ``Data`` from a table and what its columns mean.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a case.
    columns : Columns
        What the columns mean; the others are features.
    name : str
        What results call the data.
    info : mapping of str to str, optional
        See :class:`varbench.data.Data`.
    unverified : bool
        Whether the table has no published hash.

    Returns
    -------
    Data
        Rows in the table's order, none dropped.

    Raises
    ------
    varbench.errors.DataError
        Where a column is missing or cannot be what it should be.
    """
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise DataError(f"{name}: {len(twice)} name(s) of columns stand twice, the first is {twice[0]!r}")
    roles = Roles.of(list(frame.columns), columns)
    if not len(frame):
        raise DataError(f"{name}: the table is empty: it has no row")
    if not roles.features:
        raise DataError(f"{name}: no feature is left beside the outcome, the ids and what is dropped")
    y, classes = _outcome(frame[roles.target], columns)
    used = {f"column_{key}": value for key, value in roles.named().items()}
    return Data(
        X=features(frame, roles.features),
        y=y,
        classes=classes,
        feature_names=roles.features,
        name=name,
        info={**(info or {}), **used},
        unverified=unverified,
        **labels(frame, roles),
    )


def _outcome(values: pd.Series, columns: Columns) -> tuple[Any, tuple[str, ...]]:
    """Read the outcome: codes and classes, or numbers and none."""
    if columns.task not in TASKS:
        raise DataError(unknown("task", columns.task, TASKS))
    if columns.task == "classification":
        return encode(values, columns.positive)
    if columns.positive is not None:
        raise DataError(f"positive={columns.positive!r}: the outcome of a regression has no positive value")
    return measured(values), ()


@dataclass(frozen=True)
class Roles:
    """Every column's use, by name; a column is a feature unless something else is said.

    Parameters
    ----------
    target : str
        The outcome.
    id, group : str, optional
        See :class:`varbench.data.Data`.
    group_pattern : str, optional
        See :class:`varbench.data.manifest.Columns`.
    batch : str, optional
        See :class:`varbench.data.Data`.
    features : tuple of str
        In the table's order.
    """

    target: str
    id: str | None
    group: str | None
    group_pattern: str | None
    batch: str | None
    features: tuple[str, ...]

    @classmethod
    def of(cls, names: Sequence[str], columns: Columns) -> Roles:
        """Find every column that is named, and check that no two uses contradict.

        Parameters
        ----------
        names : sequence of str
            The table's columns.
        columns : Columns
            What they mean.

        Returns
        -------
        Roles
            With what is left as features.

        Raises
        ------
        varbench.errors.DataError
            Where a column is not there, is used twice, or has no name.
        """
        if columns.target is None:
            raise DataError(
                f"which column is the outcome? Say so: --target COLUMN. The table has: {_listed(names)}"
            )
        roles = {key: getattr(columns, key) for key in ("target", "id", "group", "batch")}
        for key, column in roles.items():
            if column is not None and column not in names:
                raise DataError(f"{key}: {unknown('column', column, [n for n in names if n != FILE_COLUMN])}")
        for key in ("id", "group", "batch"):
            if roles[key] == columns.target:
                raise DataError(f"column {columns.target!r} is named both as the target and as the {key}")
        dropped = matches(columns.drop, names)
        for key, column in roles.items():
            if column in dropped:
                raise DataError(f"column {column!r} is named both as the {key} and as one to drop")
        taken = {*roles.values(), *dropped, FILE_COLUMN}
        left = tuple(name for name in names if name not in taken)
        _refuse_nameless(left)
        return cls(
            columns.target, columns.id, columns.group, columns.group_pattern, columns.batch, features=left
        )

    def named(self) -> dict[str, str]:
        """Return the columns that are no features, by their use.

        Returns
        -------
        dict of str to str
            ``target``, and ``id``, ``group``, ``group_pattern``, ``batch`` where there are such.
        """
        roles = {"target": self.target, "id": self.id, "group": self.group, "batch": self.batch}
        roles["group_pattern"] = self.group_pattern
        return {key: column for key, column in roles.items() if column is not None and column != FILE_COLUMN}


def matches(patterns: Iterable[str], names: Collection[str]) -> set[str]:
    """Which columns are meant by names and patterns?

    Parameters
    ----------
    patterns : iterable of str
        Names of columns; where no column has that name, ``*`` stands for anything.
    names : collection of str
        The table's columns.

    Returns
    -------
    set of str
        The columns.

    Raises
    ------
    varbench.errors.DataError
        Where a name or a pattern fits none.
    """
    found: set[str] = set()
    for pattern in patterns:
        expression = re.compile(".*".join(re.escape(part) for part in pattern.split("*")))
        hits = {pattern} if pattern in names else {name for name in names if expression.fullmatch(name)}
        if not hits:
            raise DataError(f"drop: {unknown('column', pattern, [n for n in names if n != FILE_COLUMN])}")
        found |= hits
    return found


def nameless(names: Iterable[str]) -> list[str]:
    """Which columns have no name in the file, but the place that the reader calls them by?

    Parameters
    ----------
    names : iterable of str
        The table's columns.

    Returns
    -------
    list of str
        As a rule one: the row numbers that a program wrote along.
    """
    return [name for name in names if re.fullmatch(r"column \d+|Unnamed: \d+", name)]


def _refuse_nameless(features: Sequence[str]) -> None:
    found = nameless(features)
    if found and len(found) < len(features):
        raise DataError(
            f"{found[0]!r} has no name in the table: it looks like row numbers, which are no feature. Leave it out "
            f"(--drop {found[0]!r}), use it as the id (--id {found[0]!r}), or give it a name in the file"
        )


def _listed(names: Sequence[str], most: int = 12) -> str:
    shown = [name for name in names if name != FILE_COLUMN]
    return ", ".join(shown[:most]) + (f" ... ({len(shown)} in all)" if len(shown) > most else "")


def labels(frame: pd.DataFrame, roles: Roles) -> dict[str, Any]:
    """Read ids, groups and batches.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a case.
    roles : Roles
        Which columns they are.

    Returns
    -------
    dict
        ``ids`` (the rows' numbers from 1 where no column is named), ``groups`` and ``batch`` (None likewise).

    Raises
    ------
    varbench.errors.DataError
        Where a value is missing, or the group's pattern does not fit one.
    """
    numbers = np.arange(1, len(frame) + 1).astype(np.str_)
    return {
        "ids": numbers if roles.id is None else _texts(frame[roles.id], "id"),
        "groups": None if roles.group is None else _groups(_texts(frame[roles.group], "group"), roles),
        "batch": None if roles.batch is None else _texts(frame[roles.batch], "batch"),
    }


def _texts(values: pd.Series, role: str) -> Strings:
    missing = values.isna() | (values.astype(str).str.strip() == "")
    if missing.any():
        row = int(np.flatnonzero(missing.to_numpy())[0]) + 1
        raise DataError(
            f"{role} {values.name!r}: missing in {int(missing.sum())} of {len(values)} rows, the first is row {row}; "
            f"every row needs its {role}"
        )
    if values.dtype.kind == "f" and (values == values.round()).all():
        values = values.astype(np.int64)  # 7, not 7.0
    return np.asarray(values.astype(str).str.strip(), dtype=np.str_)


def _groups(values: Strings, roles: Roles) -> Strings:
    if roles.group_pattern is None:
        return values
    found = [re.fullmatch(roles.group_pattern, value) for value in values]
    for value, match in zip(values, found, strict=True):
        if match is None:
            raise DataError(
                f"group {roles.group!r}: the pattern {roles.group_pattern!r} does not fit the value {str(value)!r}"
            )
    return np.array([match[1] for match in found if match is not None], dtype=np.str_)


def without_target(columns: Columns, target: str | None) -> Columns:
    """Replace the outcome of a manifest by another column.

    Parameters
    ----------
    columns : Columns
        As the manifest has them.
    target : str, optional
        The user's choice; None keeps the manifest's.

    Returns
    -------
    Columns
        The former outcome is dropped: left among the features, it would give the new one away.
    """
    if target is None or target == columns.target:
        return columns
    former = () if columns.target is None else (columns.target,)
    kept = tuple(pattern for pattern in columns.drop if pattern != target)
    return replace(columns, target=target, positive=None, task=TASKS[0], drop=(*kept, *former))

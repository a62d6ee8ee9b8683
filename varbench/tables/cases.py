"""Measures of each case, as the Dice of a segmentation: a row a case, a column a metric."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from varbench.errors import DataError, unknown
from varbench.tables.prediction_columns import listed, plain
from varbench.tables.predictions import Texts
from varbench.tables.quantities import Quantity, quantity, quantity_in
from varbench.tables.source import Source, complete, only_one, open_source

_IDS = ("id", "case_id", "case", "sample_id", "sample", "image_id", "image")
_GROUPS = ("group", "patient_id", "patient", "subject_id", "subject", "participant_id")


@dataclass(frozen=True, eq=False)
class Cases:
    """Measures of one model, case by case.

    Parameters
    ----------
    frame : pandas.DataFrame, (case, metric)
        NaN where a case has no value.
    quantities : mapping of str to Quantity
        Column to what it is: name, label, direction, range.
    ids, groups : ndarray of str or None, (case,)
        Which case it is; whose it is.
    subgroups : pandas.DataFrame, (case, column)
        By which results may be told apart.
    notes : tuple of str
        Every handling, counted, in sentences.
    name : str
        The table's name.
    """

    frame: pd.DataFrame
    quantities: Mapping[str, Quantity]
    ids: Texts | None = None
    groups: Texts | None = None
    subgroups: pd.DataFrame = field(default_factory=pd.DataFrame)
    notes: tuple[str, ...] = ()
    name: str = "the table"

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def metrics(self) -> tuple[str, ...]:
        """The columns of measures."""
        return tuple(self.frame.columns)

    def take(self, rows: npt.NDArray[Any] | Sequence[int]) -> Cases:
        """Give some cases, in the order asked for.

        Parameters
        ----------
        rows : array_like of int or bool
            Which.

        Returns
        -------
        Cases
            Of these cases.
        """
        places = np.arange(len(self))[rows]
        return replace(
            self, frame=self.frame.iloc[places].reset_index(drop=True),
            ids=None if self.ids is None else self.ids[places],
            groups=None if self.groups is None else self.groups[places],
            subgroups=self.subgroups.iloc[places].reset_index(drop=True) if len(self.subgroups) else self.subgroups,
        )  # fmt: skip


def read_per_case(
    source: str | os.PathLike[str] | pd.DataFrame,
    *,
    metrics: Sequence[str] | Mapping[str, bool] | None = None,
    id: str | None = None,
    group: str | None = None,
    subgroup: str | Sequence[str] = (),
    percent: bool | str | Sequence[str] = False,
    infinite: float | None = None,
) -> Cases:
    """Which measures does a table hold for each case?

    Parameters
    ----------
    source : path or pandas.DataFrame
        As in :func:`~varbench.tables.read_scores`; a row a case.
    metrics : sequence of str, or mapping of str to bool, optional
        The columns of measures; a mapping says of each whether greater is better. Left out, the columns whose
        headings name a known metric, as ``dice``, ``IoU``, ``HD95``.
    id, group : str, optional
        Which case it is; whose it is. Each is looked for by its usual headings where it is not named.
    subgroup : str or sequence of str
        Columns by which results are to be told apart.
    percent : bool or sequence of str
        The columns that are per cent, and are divided by 100; True: all whose measures lie in [0, 1].
    infinite : float, optional
        What stands for an infinite distance, which tools write where a mask is empty: a number, or NaN for missing.

    Returns
    -------
    Cases
        With a sentence for each thing that was taken, replaced or missing.

    Raises
    ------
    DataError
        If a column does not exist (the nearest is offered), none names a metric, a direction is not known, a measure
        is no number, outside its range or infinite, a column has no value at all, or an id stands twice.

    Examples
    --------
    >>> cases = read_per_case(pd.DataFrame({"case": ["a", "b"], "Dice": [0.8, 0.9], "HD95": [3.0, 2.5]}))
    >>> cases.metrics, cases.quantities["HD95"].greater_is_better
    (('Dice', 'HD95'), False)
    """
    table = open_source(source)
    notes: list[str] = []
    roles = {"id": _role(table, "id", id, _IDS, notes), "group": _role(table, "group", group, _GROUPS, notes)}
    found = {role: column for role, column in roles.items() if column is not None}
    quantities = _quantities(table, metrics, set(found.values()), notes)
    distinct = {r: c for r, c in found.items() if r != "group" or c != found.get("id")}
    only_one({**distinct, **{f"metric {i}": c for i, c in enumerate(quantities, start=1)}})
    subgroups = [table.column("subgroup", name) for name in listed(subgroup)]
    read = table.read(texts=[*found.values(), *subgroups], numbers=list(quantities))
    complete(table, read, found)
    frame = read[list(quantities)].copy()
    named = [] if isinstance(percent, bool) else [table.column("percent", name) for name in listed(percent)]
    for column, one in quantities.items():
        is_percent = column in named or (percent is True and one.high == 1)
        frame[column] = _checked(table.name, frame[column], one, is_percent, infinite, notes)
    ids = read[found["id"]].to_numpy(object) if "id" in found else None
    if ids is not None and len(set(ids)) < len(ids):
        twice = pd.Series(ids).duplicated(keep=False).to_numpy()
        raise DataError(
            f"{table.name}: id {ids[int(twice.argmax())]!r} stands more than once, and {int(twice.sum())} rows "
            "share their id. A row is a case: a patient with several goes into group=, one structure of several "
            "into a table of its own"
        )
    groups = read[found["group"]].to_numpy(object) if "group" in found else None
    return Cases(frame, quantities, ids, groups, read[subgroups].copy(), tuple(notes), table.name)


def _role(table: Source, role: str, told: str | None, usual: tuple[str, ...], notes: list[str]) -> str | None:
    if told is not None:
        return table.column(role, told)
    found = [name for name in table.columns if plain(name) in usual]
    if len(found) != 1:
        return None
    notes.append(f"Column {found[0]!r} was taken for the {role}, by its heading.")
    return found[0]


def _quantities(
    table: Source, metrics: Sequence[str] | Mapping[str, bool] | None, used: set[str], notes: list[str]
) -> dict[str, Quantity]:
    if metrics is None or not len(metrics):
        guessed = {c: q for c in table.columns if c not in used and (q := quantity_in(c)) is not None}
        if not guessed:
            raise DataError(
                f"{table.name}: no column names a metric that is known; say metrics=, of: {', '.join(table.columns)}"
            )
        said = ", ".join(
            f"{c!r} ({'greater' if q.greater_is_better else 'lower'} is better)" for c, q in guessed.items()
        )
        notes.append(f"Taken for metrics, by their headings: {said}.")
        return guessed
    made = {}
    for name in [metrics] if isinstance(metrics, str) else metrics:
        column = table.column("metrics", name)
        direction = metrics[name] if isinstance(metrics, Mapping) else None
        known = quantity(column) or quantity_in(column)
        if known is None and direction is None:
            raise DataError(
                f"{table.name}: which way is {column!r} better? It is no metric that is known; say so: "
                f"metrics={{{column!r}: True}} where greater is better"
            )
        if known is None or direction not in (None, known.greater_is_better):
            known = Quantity(column, column, bool(direction))
        made[column] = known
    return made


def _checked(
    name: str, values: pd.Series, one: Quantity, percent: bool, infinite: float | None, notes: list[str]
) -> pd.Series:
    endless = np.isinf(values.to_numpy())
    if endless.any():
        values = _replaced(name, values, endless, infinite, notes)
    if percent:
        if values.max() <= 1:
            raise DataError(
                f"{name}: column {values.name!r} lies in [{values.min():g}, {values.max():g}], which looks like no "
                "per cent; name the columns that are, as percent=['Dice']"
            )
        values = values / 100
        notes.append(f"{values.name!r} was divided by 100, as it is per cent.")
    n = int(values.isna().sum())
    if n == len(values):
        raise DataError(f"{name}: column {values.name!r} has no value at all")
    if n:
        notes.append(
            f"{values.name!r} is missing in {n:,} of {len(values):,} cases. Where it is missing because nothing was "
            "found, leaving these cases out makes the model look better than it is."
        )
    low, high = float(values.min()), float(values.max())
    if low < one.low or high > one.high:
        cure = (
            "if it is per cent, say percent=True"
            if one.high == 1 and low >= 0 and high <= 100
            else "correct the table"
        )
        raise DataError(
            f"{name}: column {values.name!r} lies in [{low:g}, {high:g}], and {one.label} in [{one.low:g}, "
            f"{one.high:g}]; {cure}"
        )
    return values


def _replaced(
    name: str, values: pd.Series, endless: npt.NDArray[np.bool_], infinite: float | None, notes: list[str]
) -> pd.Series:
    if infinite is None:
        raise DataError(
            f"{name}: column {values.name!r} is infinite in {int(endless.sum())} cases, the first is row "
            f"{int(endless.argmax()) + 1}; say what it counts as: infinite= the largest distance there can be, or "
            "nan for missing"
        )
    if np.isinf(infinite):
        raise DataError(unknown("value of infinite", infinite, ["a number", "nan"]))
    shown = "missing" if np.isnan(infinite) else f"{infinite:g}"
    notes.append(f"{values.name!r} is infinite in {int(endless.sum()):,} cases, which count as {shown}.")
    return values.mask(endless, infinite)

"""The same cases in the same order: two models' predictions, or measures per case, side by side."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from varbench.errors import DataError, unknown
from varbench.tables.cases import Cases
from varbench.tables.predictions import Codes, Predictions, Texts

_MISSING = ("error", "shared")


class Aligned(NamedTuple):
    """Two tables of the same cases.

    Attributes
    ----------
    a, b : Predictions
        Case i of both is the same one; with seeds, each of them has the cases in that order, seed after seed.
    by : {"id", "order"}
        How the cases were matched.
    only_a, only_b : int
        Cases that only one of them has, which were left out.
    notes : tuple of str
        What was done, in sentences.
    """

    a: Predictions
    b: Predictions
    by: str
    only_a: int
    only_b: int
    notes: tuple[str, ...]


def align_predictions(a: Predictions, b: Predictions, *, missing: str = "error") -> Aligned:
    """Which predictions of two models are of the same case?

    Parameters
    ----------
    a, b : Predictions
        Of the first and the second model.
    missing : {"error", "shared"}
        What happens where a case stands in one of them only: it is refused, or left out and counted.

    Returns
    -------
    Aligned
        In the order of `a`, matched by ids; by order only where neither has ids and all labels agree.

    Raises
    ------
    DataError
        If the tasks or the classes differ, only one has ids, a case has two labels or two groups, a case is missing,
        or without ids the lengths or labels differ.
    """
    if missing not in _MISSING:
        raise DataError(unknown("missing", missing, _MISSING))
    _check_kind(a, b)
    if a.ids is None and b.ids is None:
        return _by_order(a, b)
    if a.ids is None or b.ids is None:
        without = a if a.ids is None else b
        raise DataError(
            f"{without.name}: has no ids and the other table has, so the cases cannot be matched: name "
            "its column, as id="
        )
    cases_a, cases_b = _cases(a), _cases(b)
    shared = _shared(a, b, cases_a, cases_b, missing)
    first, second = _ordered(a, shared), _ordered(b, shared)
    _check_same(first, second, len(shared))
    left_out = len(cases_a) - len(shared), len(cases_b) - len(shared)
    return Aligned(first, second, "id", *_counted(a, b, *left_out))


def _shared(
    a: Predictions | Cases,
    b: Predictions | Cases,
    cases_a: dict[str, None],
    cases_b: dict[str, None],
    missing: str,
) -> list[str]:
    """Give the cases that both have; any other is refused unless `missing` says that it may be left out."""
    shared = [one for one in cases_a if one in cases_b]
    lost = [one for one in (*cases_a, *cases_b) if one not in cases_a or one not in cases_b]
    if lost and (missing == "error" or not shared):
        raise DataError(
            f"{a.name} has {len(cases_a)} cases and {b.name} has {len(cases_b)}, of which {len(shared)} are the same; "
            f"{lost[0]!r} is the first without a partner. Both must predict the same cases"
            + (
                "; missing='shared' compares them on those that both have"
                if shared
                else ": are the ids spelled alike?"
            )
        )
    return shared


def _counted(
    a: Predictions | Cases, b: Predictions | Cases, only_a: int, only_b: int
) -> tuple[int, int, tuple[str, ...]]:
    notes = ["The cases were matched by their ids."]
    if only_a or only_b:
        notes.append(
            f"{only_a} cases of {a.name} and {only_b} of {b.name} have no partner, and were left out."
        )
    return only_a, only_b, tuple(notes)


def _check_kind(a: Predictions, b: Predictions) -> None:
    if a.task != b.task:
        raise DataError(f"{a.name} is {a.task}, and {b.name} {b.task}; both must predict the same")
    if a.classes != b.classes:
        raise DataError(
            f"{a.name} has the classes {', '.join(a.classes)}, and {b.name} {', '.join(b.classes)}; both must have "
            "the same, in the same order: name them all with classes=, and the positive one with positive="
        )


def _by_order(a: Predictions, b: Predictions) -> Aligned:
    if len(a) != len(b):
        raise DataError(
            f"{a.name} has {len(a)} cases and {b.name} has {len(b)}, and neither has ids to match them: name id="
        )
    if a.seeds is not None or b.seeds is not None:
        raise DataError(f"{a.name}, {b.name}: with seeds, ids must say which case is which: name id=")
    _check_same(a, b, len(a))
    note = "Neither table has ids: row for row is taken for the same case, and all labels agree."
    return Aligned(a, b, "order", 0, 0, (note,))


def _cases(p: Predictions) -> dict[str, None]:
    """Give the cases, once each; all seeds must have them all."""
    parts = p.by_seed()
    return dict.fromkeys([] if parts[0].ids is None else parts[0].ids)


def _ordered(p: Predictions, cases: list[str]) -> Predictions:
    """Put the cases of each seed into one order, seed after seed."""
    seeds: Texts = np.zeros(len(p), object) if p.seeds is None else p.seeds
    place = pd.Index(cases).get_indexer(pd.Index(p.ids if p.ids is not None else []))
    block: Codes = pd.factorize(seeds)[0].astype(np.int64)
    order = np.lexsort([place, block])
    return p.take(order[place[order] >= 0])


def _check_same(a: Predictions, b: Predictions, n: int) -> None:
    """Refuse cases with two labels or two groups; the first `n` rows are those of the first seed."""
    _refuse(a, b, np.asarray(a.y_true[:n] != b.y_true[:n]), "label")
    if a.groups is not None and b.groups is not None:
        _refuse(a, b, np.asarray(a.groups[:n] != b.groups[:n]), "group")


def _refuse(a: Predictions | Cases, b: Predictions | Cases, differ: npt.NDArray[Any], what: str) -> None:
    rows = np.flatnonzero(differ.reshape(len(differ), -1).sum(1))
    if not len(rows):
        return
    row = int(rows[0])
    case = f"row {row + 1}" if a.ids is None else repr(a.ids[row])
    cure = "" if a.ids is not None else "; if the rows are in another order, name id= in both"
    raise DataError(
        f"{a.name} and {b.name} give another {what} to {len(rows)} of {len(differ)} cases, the first is {case}; "
        f"they are not the same cases{cure}"
    )


class AlignedCases(NamedTuple):
    """Measures of two models on the same cases.

    Attributes
    ----------
    a, b : Cases
        Case i of both is the same one.
    by : {"id", "order"}
        How the cases were matched.
    only_a, only_b : int
        Cases that only one of them has, which were left out.
    notes : tuple of str
        What was done, in sentences.
    """

    a: Cases
    b: Cases
    by: str
    only_a: int
    only_b: int
    notes: tuple[str, ...]


def align_cases(a: Cases, b: Cases, *, missing: str = "error") -> AlignedCases:
    """Which measures of two models are of the same case?

    Parameters
    ----------
    a, b : Cases
        Of the first and the second model.
    missing : {"error", "shared"}
        As in :func:`align_predictions`.

    Returns
    -------
    AlignedCases
        In the order of `a`.

    Raises
    ------
    DataError
        If only one has ids, a case is missing or has two groups, or without ids the lengths differ.
    """
    if missing not in _MISSING:
        raise DataError(unknown("missing", missing, _MISSING))
    if a.ids is None or b.ids is None:
        if a.ids is None and b.ids is None and len(a) == len(b):
            note = "Neither table has ids: row for row is taken for the same case."
            return AlignedCases(a, b, "order", 0, 0, (note,))
        raise DataError(
            f"{a.name} has {len(a)} cases and {b.name} has {len(b)}, and ids to match them are missing: name id= "
            "in both"
        )
    shared = _shared(a, b, dict.fromkeys(a.ids), dict.fromkeys(b.ids), missing)
    order = pd.Index(shared)
    first, second = a.take(pd.Index(a.ids).get_indexer(order)), b.take(pd.Index(b.ids).get_indexer(order))
    if first.groups is not None and second.groups is not None:
        _refuse(first, second, np.asarray(first.groups != second.groups), "group")
    return AlignedCases(first, second, "id", *_counted(a, b, len(a) - len(shared), len(b) - len(shared)))

"""Which class has a method for a design: exact, approximate or failing, as measured."""

from __future__ import annotations

import csv
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple


class MethodClass(NamedTuple):
    """The class of a method for a design.

    Attributes
    ----------
    validity : str
        One of :data:`~varbench.stats.VALIDITIES`; ``"unknown"`` where the design was not measured.
    rate : str
        The measured error rate at a nominal 0.05, in words; empty where there is none.
    """

    validity: str
    rate: str


class Measured(NamedTuple):
    """One row of the table: a method's error rate over the conditions that share a design."""

    method: str
    design: str
    folds: int
    repeats: int
    n: int
    low: float
    high: float
    validity: str


_REPEATS, _UNITS = Measured._fields.index("repeats"), Measured._fields.index("n")


@lru_cache(maxsize=1)
def measured() -> tuple[Measured, ...]:
    """Give the table of measured error rates, as ``varbench calibrate`` writes it.

    Returns
    -------
    tuple of Measured
        The lowest and the highest rate over the conditions of a design, and the class that follows.
    """
    text = files("varbench.stats").joinpath("classes.csv").read_text(encoding="utf-8")
    return tuple(
        Measured(
            row["method"], row["design"], int(row["folds"]), int(row["repeats"]), int(row["n"]), float(row["low"]),
            float(row["high"]), row["validity"],
        )
        for row in csv.DictReader(text.splitlines())
    )  # fmt: skip


def method_class(
    method: str, *, design: str = "re-split", folds: int = 0, repeats: int = 0, n: int | None = None
) -> MethodClass:
    """Which class has a method for a design?

    Parameters
    ----------
    method : str
        Its name.
    design : str
        ``"re-split"``, ``"fresh"``, ``"test set"`` or ``"data sets"``.
    folds, repeats : int
        Of a re-split cohort; 0 for other designs.
    n : int, optional
        Units: cases of the cohort, test cases, data sets. Where it is not known, the worst of the table holds.

    Returns
    -------
    MethodClass
        Of the measured designs with as many folds, those at or just below the repeats and units asked for and those just
        above stand for it, and the worst of them counts: error rates change slowly, but nobody measured in between.

    Examples
    --------
    >>> method_class("reading_tea_leaves")
    MethodClass(validity='unknown', rate='')
    """
    rows = [row for row in measured() if (row.method, row.design, row.folds) == (method, design, folds)]
    rows = _around(rows, repeats, _REPEATS)
    rows = rows if n is None else _around(rows, n, _UNITS)
    if not rows:
        return MethodClass("unknown", "")
    order = ("exact", "approximate", "failing")
    low, high = min(row.low for row in rows), max(row.high for row in rows)
    rate = f"{low:.2f}" if f"{low:.2f}" == f"{high:.2f}" else f"{low:.2f} to {high:.2f}"
    return MethodClass(max((row.validity for row in rows), key=order.index), rate)


def _around(rows: list[Measured], value: int, place: int) -> list[Measured]:
    """Keep the rows whose value is the nearest at or below and the nearest at or above; none from outside the range."""
    known = sorted({int(row[place]) for row in rows})
    if place == _UNITS and known:
        value = min(value, known[-1])  # with more units than were measured, the largest number stands
    below, above = [v for v in known if v <= value], [v for v in known if v >= value]
    if not below or not above:
        return []
    return [row for row in rows if row[place] in (below[-1], above[0])]

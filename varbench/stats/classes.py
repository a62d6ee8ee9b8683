"""Which class has a method for a design: exact, approximate or failing, as measured."""

from __future__ import annotations

import csv
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from varbench.metrics import METRICS, OF_NUMBERS
from varbench.stats.result import Result


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
    prevalence: float
    metric: str
    low: float
    high: float
    validity: str


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
            row["method"], row["design"], int(row["folds"]), int(row["repeats"]), int(row["n"]),
            float(row["prevalence"]), row["metric"], float(row["low"]), float(row["high"]), row["validity"],
        )
        for row in csv.DictReader(text.splitlines())
    )  # fmt: skip


def method_class(
    method: str,
    *,
    design: str = "re-split",
    folds: int = 0,
    repeats: int = 0,
    n: int | None = None,
    prevalence: float | None = None,
    metric: str | None = None,
) -> MethodClass:
    """Which class has a method for a design?

    Parameters
    ----------
    method : str
        Its name.
    design : str
        ``"re-split"``, ``"fresh"``, ``"test set"``, ``"seeds"``, ``"one model"`` or ``"data sets"``.
    folds, repeats : int
        Of a re-split cohort; repeats are the seeds of each procedure in the design ``"seeds"``; 0 for other designs.
    n : int, optional
        Units: cases of the cohort, test cases, data sets. Where it is not known, the worst of the table holds.
    prevalence : float, optional
        Share of the rarer class, or of the other one; where it is not known, the worst of the table holds.
    metric : str, optional
        The metric of the scores; the worst of those that were measured stands for any other: of predicted numbers
        where it is one of these, of classes where it is one of those.

    Returns
    -------
    MethodClass
        Error rates change slowly with repeats, units and prevalence, but nobody measured in between: the nearest
        measured designs below and above stand for the one asked for, and the worst of them counts. Beyond the most
        units that were measured these stand; beyond everything else nothing does.

    Examples
    --------
    >>> method_class("reading_tea_leaves")
    MethodClass(validity='unknown', rate='')
    """
    rows = [row for row in measured() if (row.method, row.design, row.folds) == (method, design, folds)]
    rows = _of_metric(rows, metric)
    rows = _around(rows, "repeats", repeats)
    if n is not None and rows:
        rows = _around(rows, "n", min(n, max(row.n for row in rows)))
    if prevalence is not None:
        rows = _around(rows, "prevalence", min(prevalence, 1 - prevalence))
    if not rows:
        return MethodClass("unknown", "")
    order = ("exact", "approximate", "failing")
    low, high = min(row.low for row in rows), max(row.high for row in rows)
    rate = f"{low:.2f}" if f"{low:.2f}" == f"{high:.2f}" else f"{low:.2f} to {high:.2f}"
    return MethodClass(max((row.validity for row in rows), key=order.index), rate)


def with_class(result: Result, *, variant: str = "", **design: Any) -> Result:
    """Give a result the class that was measured for its method in its design.

    Parameters
    ----------
    result : Result
        Of any method.
    variant : str
        Which variant of the method it is, as the table names it after a comma: ``"stratified"``.
    **design
        As in :func:`method_class`.

    Returns
    -------
    Result
        With its validity, and with the measured rate in ``settings["measured_error_rate"]`` where there is one.

    Examples
    --------
    >>> from varbench.stats import proportion
    >>> found = with_class(proportion(45, 50), design="one model", n=50, prevalence=0.5, metric="accuracy")
    >>> found.validity in ("exact", "approximate"), "measured_error_rate" in found.settings
    (True, True)
    """
    name = f"{result.method}, {variant}" if variant else result.method
    known = method_class(name, **design)
    told = {"measured_error_rate": known.rate} if known.rate else {}
    return replace(result, validity=known.validity, settings={**result.settings, **told})


def _of_metric(rows: list[Measured], metric: str | None) -> list[Measured]:
    """Keep the rows of a metric; of one that was not measured, those of its kind."""
    if metric in {row.metric for row in rows}:
        return [row for row in rows if row.metric == metric]
    if metric in METRICS or metric in OF_NUMBERS:
        return [row for row in rows if (row.metric in OF_NUMBERS) == (metric in OF_NUMBERS)]
    return rows


def _around(rows: list[Measured], name: str, value: float) -> list[Measured]:
    """Keep the rows with the nearest value at or below and at or above; none from outside the range."""
    known = sorted({float(getattr(row, name)) for row in rows})
    # What rounds to the smallest that was measured is not outside.
    below, above = [v for v in known if v <= value + 0.005], [v for v in known if v >= value - 0.005]
    if not below or not above:
        return []
    return [row for row in rows if getattr(row, name) in (below[-1], above[0])]

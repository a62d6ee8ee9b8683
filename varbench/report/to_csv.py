"""The report's numbers in one long table, a row a number, in full precision."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from varbench.report.scrub import clean

if TYPE_CHECKING:
    from varbench.report.content import Report
    from varbench.report.protocol import Content, Record

COLUMNS = ("table", "procedure", "metric", "quantity", "value")
#: Which frames are in the table, and what tells their rows apart beside procedure and metric.
TABLES: dict[str, tuple[str, ...]] = {
    "scores": (),
    "repeats": ("repeat",),
    "constants": ("rows", "classifier"),
    "inflation": ("part",),
    "pairs": ("pair",),
    "picking": (),
    "lines": ("line", "x"),
    "line_shares": ("source",),
    "line_ranges": ("up_to",),
    "batches": ("batch",),
    "batch_alone": (),
    "coverage": ("title", "method"),
    "monitoring": ("period",),
    "ranks": (),
    "costs": (),
    "optimism": (),
    "copies": ("relation", "rows"),
    "error_rates": ("method", "repeats"),
    "published": (),
    "undefined": ("reason",),
    "runs": (),
}
#: What makes a spreadsheet compute; the wide ones where it reads Japanese or Chinese.
_FORMULA = tuple("=+-@＝＋－＠")
_LEFT_OUT = {
    "procedure",
    "metric",
    "label",
    "primary",
    "first",
    "second",
    "status",
    "settings",
    "counts",
    "greyed",
    "notes",
}


def to_csv(content: Content) -> str:
    """Write the numbers of a report or an answer as one long table.

    Parameters
    ----------
    content : Report or Answer
        The numbers.

    Returns
    -------
    str
        Columns table, procedure, metric, quantity, value. A comparison names both procedures, as ``first - second``. A
        text that a spreadsheet would take for a formula begins with an apostrophe.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in content.records():
        writer.writerow([neutral(cell) for cell in row])
    return buffer.getvalue()


def neutral(cell: Any) -> str:
    """Write a cell; a number in full precision, a text without the power to be a formula.

    Examples
    --------
    >>> neutral(0.1 + 0.2), neutral(float("nan")), neutral("=cmd|'/C calc'!A0"), neutral("-x"), neutral(-1.5)
    ('0.30000000000000004', '', "'=cmd|'/C calc'!A0", "'-x", '-1.5')
    """
    if isinstance(cell, bool | np.bool_):
        return "true" if cell else "false"
    if isinstance(cell, int | float | np.number):
        number = float(cell)
        return (
            ""
            if not np.isfinite(number)
            else repr(int(cell))
            if number == int(number) and isinstance(cell, int | np.integer)
            else repr(number)
        )
    text = clean(cell)
    return f"'{text}" if text.lstrip()[:1] in _FORMULA or text[:1] in ("\t", "\r") else text


def records(report: Report) -> Iterator[Record]:
    """Give the rows of a report's long table."""
    yield from _about(report)
    for table, keys in TABLES.items() if report.only is None else ():
        yield from _long(table, report.frames[table], keys)
    yield from _results(report)


def _about(report: Report) -> Iterator[Record]:
    document = report.document
    told = {
        "study": report.about.get("study"),
        "data": report.about["data"].get("name"),
        "repeats": report.about["n_repeats"],
    }
    told |= {
        "verdict": document.headline,
        "primary": report.primary,
        "seed": (report.about.get("settings") or {}).get("seed"),
    }
    for quantity, value in told.items():
        yield ("about", "", "", quantity, value)
    for notice in document.notices:
        yield ("about", "", "", "notice", notice)


def _long(table: str, frame: pd.DataFrame, keys: tuple[str, ...]) -> Iterator[Record]:
    quantities = [column for column in frame.columns if column not in _LEFT_OUT and column not in keys]
    for row in frame.to_dict("records"):
        procedure = row.get("procedure", "")
        if not procedure and "first" in row:
            procedure = f"{row['first']} - {row['second']}"
        at = "".join(f"[{key}={row[key]}]" for key in keys)
        for quantity in quantities:
            value = row[quantity]
            if not (isinstance(value, float) and np.isnan(value)) and value is not None:
                yield (table, procedure, row.get("metric", ""), f"{quantity}{at}", value)


def _results(report: Report) -> Iterator[Record]:
    frame = report.frames["results"]
    for row in frame.to_dict("records"):
        procedure = row["procedure"] or f"{row['first']} - {row['second']}"
        for quantity in (
            "estimate",
            "ci_low",
            "ci_high",
            "confidence_level",
            "statistic",
            "pvalue",
            "n",
            "unit",
            "pairing",
            "estimand",
            "validity",
        ):
            value = row[quantity]
            if not (isinstance(value, float) and np.isnan(value)):
                yield ("results", procedure, row["metric"] or "", f"{row['method']}.{quantity}", value)

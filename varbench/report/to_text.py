"""What the terminal shows: one verdict and one table, without colours; and the whole report as plain text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from varbench.report import digits
from varbench.report.blocks import Table
from varbench.report.frames import each
from varbench.report.lining import WIDTH, aligned, wrapped
from varbench.report.scrub import clean, without_paths
from varbench.report.sections.answering import results
from varbench.report.sections.pieces import counted_repeats, level, typographic
from varbench.report.sections.verdict import said

if TYPE_CHECKING:
    from varbench.report.answer import Answer
    from varbench.report.blocks import Document
    from varbench.report.content import Report

_COLUMN = 24
#: A cell, and an item of a list, is not longer than this, however many lines it takes.
_CELL, _ITEM = 240, 960
#: Rows of an answer's table in the terminal, and of all its tables together.
_ROWS, _ALL_ROWS = 24, 40
#: Tables of the page that a terminal shows below its own.
_ALSO = (
    "error-rates", "pairs", "lines", "line_shares", "line_ranges", "coverage", "covered", "monitoring", "batch_alone",
    "picking",
)  # fmt: skip
#: So many procedures have room in a terminal; of more, where they come in pairs or on lines, the two of the verdict
#: are shown.
_MOST = 4


def summary(report: Report, columns: int = WIDTH) -> str:
    """Give the verdict, then one table with a row a metric.

    Parameters
    ----------
    report : Report
        The report.
    columns : int
        The most columns of a line.

    Returns
    -------
    str
        Lines.
    """
    document = report.document
    lines = [document.kicker, *_noticed(document, columns), ""]
    lines += wrapped(_scoped(document), columns)
    lines += ["", *(line for text in said(report)[1:] for line in wrapped(text, columns))]
    if report.main is not None:
        lines += ["", *wrapped(f"What would settle it: {report.main.verdict.settle}", columns)]
    shown = [one for one in document.tables() if one.name in ("results", *_ALSO)]
    tables = {one.name: plain_table(one, columns) for one in shown}
    table = [
        *tables.get("results", _table(report, columns)),
        *(line for name in _ALSO if name in tables for line in ("", *tables[name])),
    ]
    return "\n".join([*(clean(line) for line in lines), "", *table])


def answered(answer: Answer, columns: int = WIDTH) -> str:
    """Give an answer, then the results where a verdict stands on them, and its own tables as far as there is room.

    Parameters
    ----------
    answer : Answer
        The answer.
    columns : int
        The most columns of a line.

    Returns
    -------
    str
        Lines.
    """
    document, tables = answer.document, answer.document.tables()
    lines = [document.kicker, *_noticed(document, columns), ""]
    lines += wrapped(_scoped(document), columns)
    for text in answer.sentences:
        lines += ["", *wrapped(typographic(without_paths(clean(text))), columns)]
    for one in answer.verdicts[1:_ROWS]:
        pair = f"{clean(one.facts.first, 60)} against {clean(one.facts.second, 60)}"
        lines += ["", *wrapped(f"{pair}: {typographic(one.verdict.headline)}", columns)]
    if answer.settle:
        lines += ["", *wrapped(f"What would settle it: {typographic(clean(answer.settle))}", columns)]
    lines += _stands_on(answer, columns)
    own = [table for table in tables if table.name.startswith("shown-")]
    found = results(answer, short=True) if answer.verdicts or not own else None
    shown = ([] if found is None else [_narrower(found)]) + own[:1]
    room, left = _ALL_ROWS - sum(min(len(table.rows), _ROWS) for table in shown), []
    for table in own[1:]:
        if len(table.rows) <= room:
            shown.append(table)
            room -= len(table.rows)
        else:
            left.append(table.title)
    for table in shown:
        lines += ["", *plain_table(_first_rows(table), columns)]
    if left:
        lines += ["", *wrapped(f"Also in the report (--to html): {'; '.join(left)}.", columns)]
    return "\n".join(clean(line) for line in lines)


def _scoped(document: Document) -> str:
    """Give the headline, behind the scope that it holds in."""
    stop = "." if ": " in document.headline and document.headline[0].isupper() else ":"
    return f"{document.scope}{stop} {document.headline}" if document.scope else document.headline


def _noticed(document: Document, columns: int) -> list[str]:
    """Give the notices, each marked where it begins, in lines as long as other text's."""
    return [line for notice in document.notices for line in wrapped(f"! {notice}", columns)]


def _stands_on(answer: Answer, columns: int) -> list[str]:
    """Give what the first verdict stands on, and what a reader should know beside it, a line each."""
    if not answer.verdicts:
        return []
    found = answer.verdicts[0].verdict
    notes = [f"Note: {note}" for note in found.notes if note not in answer.notices]
    said = [typographic(without_paths(clean(text))) for text in (*found.basis, *notes)]
    return ["", *(line for text in said for line in wrapped(text, columns))] if said else []


def _narrower(table: Table) -> Table:
    """Leave out of the results what a terminal has no room for."""
    kept = [
        i for i, column in enumerate(table.columns) if column.title not in ("Statistic", "About", "Class")
    ]
    rows = tuple(replace(row, cells=tuple(row.cells[i] for i in kept)) for row in table.rows)
    return replace(table, columns=tuple(table.columns[i] for i in kept), rows=rows)


def _first_rows(table: Table) -> Table:
    """Keep of a table what a terminal can show: the first rows, and no endless cell."""
    longest = _CELL if len(table.columns) > 1 else _ITEM
    rows = tuple(
        replace(row, cells=tuple(_short(cell, longest) for cell in row.cells)) for row in table.rows[:_ROWS]
    )
    left = len(table.rows) - len(rows)
    notes = table.notes if table.name != "results" else tuple(n for n in table.notes if n.startswith("("))
    more = (f"{left} more in the report.",) if left else ()
    return replace(table, rows=rows, notes=(*notes, *more))


def _table(report: Report, columns: int) -> list[str]:
    """Give means and SD, the truth where it is known, and the difference with its interval."""
    truthful = bool(report.frames["scores"]["truth"].notna().any())
    apart = len(report.pairs) > 1 or bool(report.about.get("lines"))
    few = len(report.procedures) <= _MOST or not apart or report.compared is None
    shown = report.procedures if few else report.compared or ()
    names = [[_short(name), "(truly)"] if truthful else [_short(name)] for name in shown]
    parts = report.frames["inflation"]
    whole = parts[parts["part"] == parts["part"].iloc[0]] if len(parts) else parts
    last = [f"{parts['part'].iloc[0]} [{level(report)}]"] if len(parts) else []
    rows = [["", *(word for pair in names for word in pair), *last]]
    rows += [_row(report, metric, truthful, whole, shown) for metric in report.metrics]
    notes = [f"* primary metric. Mean (SD) over {counted_repeats(report)}."]
    if truthful:
        where = "fresh patients" if report.about["external_kind"] == "population" else "external patients"
        notes.append(f"(truly): the same models on {where}.")
    if any(not about["greater_is_better"] for about in report.metrics.values()):
        first = _short(report.compared[0]) if last and report.compared else ""
        better = f"; a difference above 0 favours {first} there too" if first else ""
        notes.append(f"↓ less is better{better}.")
    if not few:
        notes.append(f"The other {len(report.procedures) - 2} procedures are in the report.")
    notes += _constants(report)
    truths = frozenset(i for i, head in enumerate(rows[0]) if truthful and head == "(truly)")
    table = aligned(rows, most=columns, glued=truths)
    return [*table, "", *(line for note in notes for line in wrapped(note, columns))]


def _row(report: Report, metric: str, truthful: bool, whole: pd.DataFrame, shown: Sequence[str]) -> list[str]:
    scores = report.frames["scores"]
    scores = scores[scores["metric"] == metric].set_index("procedure")
    about = report.metrics[metric]
    less = "" if about["greater_is_better"] else " ↓"
    cells = [_short(about["label"]) + less + (" *" if metric == report.primary else "")]
    for score in each(scores.loc[list(shown)]):  # in the order of the headings, which need not be the cube's
        cells.append(digits.with_spread(score.mean, score.sd))
        if truthful:
            cells.append(digits.score(score.truth))
    for row in each(whole[whole["metric"] == metric]):
        cells.append(digits.with_interval(row.estimate, row.ci_low, row.ci_high))
    return cells


def _constants(report: Report) -> list[str]:
    frame = report.frames["constants"]
    mine = frame[frame["metric"].eq(report.primary) | frame["metric"].eq("f1")]
    said = []
    for metric, part in mine[mine["rows"] == "cohort"].groupby("metric", sort=False):
        best = (
            part["value"].max() if report.metrics[str(metric)]["greater_is_better"] else part["value"].min()
        )
        if np.isfinite(best):
            said.append(f"{report.metrics[str(metric)]['label']} {digits.score(best)}")
    who = "The same number for all" if report.about["numeric"] else "A classifier that does not look"
    return [f"{who} has, in the cohort, at best {', '.join(said)}."] if said else []


def _short(text: str, longest: int = _COLUMN) -> str:
    cleaned = clean(text)
    return cleaned if len(cleaned) <= longest else cleaned[: longest - 1] + "…"


def plain_table(table: Table, columns: int = WIDTH) -> list[str]:
    """Write one table of a document as aligned lines, with its title and notes; a single column is a list."""
    notes = [line for note in table.notes for line in wrapped(note, columns)]
    if len(table.columns) == 1:
        items = [wrapped(row.cells[0], columns - 2) for row in table.rows]
        listed = [f"{'  ' if i else '- '}{line}" for item in items for i, line in enumerate(item)]
        return [*wrapped(table.title, columns), "", *listed, *notes]
    rows = [[column.title for column in table.columns], *(list(row.cells) for row in table.rows)]
    texts = frozenset(i for i, column in enumerate(table.columns) if column.align == "text")
    return [*wrapped(table.title, columns), "", *aligned(rows, texts, most=columns), *notes]

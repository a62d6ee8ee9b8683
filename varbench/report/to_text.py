"""What the terminal shows: one verdict and one table, without colours; and the whole report as plain text."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from varbench.report import digits
from varbench.report.blocks import Table
from varbench.report.frames import each
from varbench.report.scrub import clean, without_paths
from varbench.report.sections.answering import results
from varbench.report.sections.pieces import counted_repeats, level, typographic
from varbench.report.sections.verdict import said

if TYPE_CHECKING:
    from varbench.report.answer import Answer
    from varbench.report.blocks import Document
    from varbench.report.content import Report

WIDTH = 96
_COLUMN = 24
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


def summary(report: Report) -> str:
    """Give the verdict, then one table with a row a metric.

    Parameters
    ----------
    report : Report
        The report.

    Returns
    -------
    str
        Lines of at most 96 characters, but for tables of many procedures.
    """
    document = report.document
    lines = [document.kicker, *_noticed(document), ""]
    lines += _wrapped(f"{document.scope}. {document.headline}" if document.scope else document.headline)
    lines += ["", *(line for text in said(report)[1:] for line in _wrapped(text))]
    if report.main is not None:
        lines += ["", *_wrapped(f"What would settle it: {report.main.verdict.settle}")]
    tables = {one.name: plain_table(one) for one in document.tables() if one.name in ("results", *_ALSO)}
    table = [
        *tables.get("results", _table(report)),
        *(line for name in _ALSO if name in tables for line in ("", *tables[name])),
    ]
    return "\n".join([*(clean(line) for line in lines), "", *table])


def answered(answer: Answer) -> str:
    """Give an answer, then the results where a verdict stands on them, and its own tables as far as there is room.

    Parameters
    ----------
    answer : Answer
        The answer.

    Returns
    -------
    str
        Sentences in lines of at most 96 characters; tables are as wide as they must be.
    """
    document, tables = answer.document, answer.document.tables()
    lines = [document.kicker, *_noticed(document), ""]
    lines += _wrapped(f"{document.scope}: {document.headline}" if document.scope else document.headline)
    for text in answer.sentences:
        lines += ["", *_wrapped(typographic(without_paths(clean(text))))]
    for one in answer.verdicts[1:_ROWS]:
        pair = f"{clean(one.facts.first, 60)} against {clean(one.facts.second, 60)}"
        lines += ["", *_wrapped(f"{pair}: {typographic(one.verdict.headline)}")]
    if answer.settle:
        lines += ["", *_wrapped(f"What would settle it: {typographic(clean(answer.settle))}")]
    lines += _stands_on(answer)
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
        lines += ["", *plain_table(_first_rows(table))]
    if left:
        lines += ["", *_wrapped(f"Also in the report (--to html): {'; '.join(left)}.")]
    return "\n".join(clean(line) for line in lines)


def _noticed(document: Document) -> list[str]:
    """Give the notices, each marked where it begins, in lines as long as other text's."""
    return [line for notice in document.notices for line in _wrapped(f"! {notice}")]


def _stands_on(answer: Answer) -> list[str]:
    """Give what the first verdict stands on, and what a reader should know beside it, a line each."""
    if not answer.verdicts:
        return []
    found = answer.verdicts[0].verdict
    notes = [f"Note: {note}" for note in found.notes if note not in answer.notices]
    said = [typographic(without_paths(clean(text))) for text in (*found.basis, *notes)]
    return ["", *(line for text in said for line in _wrapped(text))] if said else []


def _narrower(table: Table) -> Table:
    """Leave out of the results what a terminal has no room for."""
    kept = [
        i for i, column in enumerate(table.columns) if column.title not in ("Statistic", "About", "Class")
    ]
    rows = tuple(replace(row, cells=tuple(row.cells[i] for i in kept)) for row in table.rows)
    return replace(table, columns=tuple(table.columns[i] for i in kept), rows=rows)


def _first_rows(table: Table) -> Table:
    """Keep of a table what a terminal can show: the first rows, and where these are too long short names."""
    columns = zip(*(row.cells for row in table.rows[:_ROWS]), strict=True)
    fits = sum(2 + max(map(width, column)) for column in columns) <= WIDTH or len(table.columns) == 1
    longest = 10 * WIDTH if fits else 32
    rows = tuple(
        replace(row, cells=tuple(_short(cell, longest) for cell in row.cells)) for row in table.rows[:_ROWS]
    )
    left = len(table.rows) - len(rows)
    notes = table.notes if table.name != "results" else tuple(n for n in table.notes if n.startswith("("))
    more = (f"{left} more in the report.",) if left else ()
    return replace(table, rows=rows, notes=(*notes, *more))


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, break_on_hyphens=False) or [""]


def _table(report: Report) -> list[str]:
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
    if not few:
        notes.append(f"The other {len(report.procedures) - 2} procedures are in the report.")
    notes += _constants(report)
    return [*aligned(rows), "", *(line for note in notes for line in _wrapped(note))]


def _row(report: Report, metric: str, truthful: bool, whole: pd.DataFrame, shown: Sequence[str]) -> list[str]:
    scores = report.frames["scores"]
    scores = scores[scores["metric"] == metric].set_index("procedure")
    cells = [_short(report.metrics[metric]["label"]) + (" *" if metric == report.primary else "")]
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


def width(text: str) -> int:
    """Give how many columns of a terminal a text takes.

    Examples
    --------
    >>> width("abc"), width("患者"), width("é")
    (3, 4, 1)
    """
    wide = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
    return wide - sum(unicodedata.combining(c) > 0 for c in text)


def aligned(rows: list[list[str]], texts: frozenset[int] = frozenset()) -> list[str]:
    r"""Align the cells of a table: the first column and `texts` to the left, the others to the right.

    Examples
    --------
    >>> print("\n".join(aligned([["", "a"], ["AUC", "0.971"]])))
         │     a
    ─────┼──────
    AUC  │ 0.971
    """
    sizes = [max(width(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        first, *rest = [
            cell + " " * (size - width(cell)) if i in texts or not i else " " * (size - width(cell)) + cell
            for i, (cell, size) in enumerate(zip(row, sizes, strict=True))
        ]
        lines.append(f"{first}  │ {'  '.join(rest)}".rstrip())
    rule = "─" * (sizes[0] + 2) + "┼" + "─" * (sum(sizes[1:]) + 2 * len(sizes[1:]) - 1)
    return [lines[0], rule, *lines[1:]]


def plain_table(table: Table) -> list[str]:
    """Write one table of a document as aligned lines, with its title and notes; a single column is a list."""
    if len(table.columns) == 1:
        items = [textwrap.wrap(row.cells[0], WIDTH - 2, break_on_hyphens=False) for row in table.rows]
        listed = [f"{'  ' if i else '- '}{line}" for item in items for i, line in enumerate(item)]
        return [table.title, "", *listed, *(line for note in table.notes for line in _wrapped(note))]
    rows = [[column.title for column in table.columns], *(list(row.cells) for row in table.rows)]
    texts = frozenset(i for i, column in enumerate(table.columns) if column.align == "text")
    return [
        table.title,
        "",
        *aligned(rows, texts),
        *(line for note in table.notes for line in _wrapped(note)),
    ]

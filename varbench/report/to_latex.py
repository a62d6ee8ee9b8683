r"""The report's tables in LaTeX, for ``\input`` into a document that loads booktabs, array and graphicx."""

from __future__ import annotations

from typing import TYPE_CHECKING

from varbench.report.blocks import Block, Paragraph, Row, Table
from varbench.report.latex_layout import Layout, layout
from varbench.report.latex_text import escape
from varbench.report.scrub import clean

if TYPE_CHECKING:
    from varbench.report.protocol import Content

#: Tables wide or long enough to be of no use in a paper stay in the other forms.
LEFT_OUT = ("provenance", "errors", "warnings", "leaks", "sources", "runs")


def to_latex(content: Content) -> str:
    r"""Write the tables of a report or an answer in LaTeX, and a methods paragraph where there is one.

    Parameters
    ----------
    content : Report or Answer
        What is said.

    Returns
    -------
    str
        One ``table`` environment a table, with caption and label; the verdict stands above them as a comment. The
        document needs ``\usepackage{booktabs,array,graphicx}``. A table wider than the text of an article breaks its
    headings, wraps its text and then gets smaller; one longer than a page is several.
    """
    document = content.document
    head = [
        f"% {line}"
        for line in (document.kicker, document.scope, document.headline, document.lead, *document.notices)
        if line
    ]
    tables = [table for table in document.tables() if table.name not in LEFT_OUT]
    marks = " ".join(document.notices)
    body = [part for table in tables for part in _parts(table, content.name, marks)]
    told = [line for block in document.walk() for line in _methods(block)]
    return "\n".join(
        [*(clean(line) for line in head), "% Needs \\usepackage{booktabs,array,graphicx}.", "", *told, *body]
    )


def _methods(block: Block) -> list[str]:
    """Give a paragraph that is meant for a paper."""
    return [escape(block.text), ""] if isinstance(block, Paragraph) and block.tone == "methods" else []


def _parts(table: Table, study: str, marks: str) -> list[str]:
    """Give a table, or several where it is too long for a page."""
    laid = layout(table)
    parts = laid.parts(table.rows)
    caption = f"{table.title}. {marks}".strip()
    label = "".join(c if c.isascii() and c.isalnum() else "-" for c in f"{study}-{table.name}")
    if len(parts) == 1:
        return [_table(table, table.rows, laid, caption, label, table.notes)]
    return [
        _table(
            table, rows, laid, f"{caption} ({number} of {len(parts)})", f"{label}-{number}",
            table.notes if number == len(parts) else (),
        )
        for number, rows in enumerate(parts, 1)
    ]  # fmt: skip


def _table(
    table: Table, rows: tuple[Row, ...], laid: Layout, caption: str, label: str, notes: tuple[str, ...]
) -> str:
    lines = [
        r"\begin{table}[htbp]",
        r"\centering",
        r"\footnotesize",
        rf"\caption{{{escape(caption)}}}",
        rf"\label{{tab:{label}}}",
        r"\par\smallskip",
    ]
    if laid.narrow:
        lines += [
            r"\setlength{\tabcolsep}{3pt}",
            r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{",
        ]
    lines += [rf"\begin{{tabular}}{{@{{}}{''.join(laid.columns)}@{{}}}}", r"\toprule"]
    if table.groups:
        over = zip(table.groups, laid.groups, strict=True)
        spans = [rf"\multicolumn{{{n}}}{{c}}{{{title}}}" for (_, n), title in over]
        lines += [" & ".join(spans) + r" \\", *_rules(table)]
    lines += [" & ".join(laid.headings) + r" \\", r"\midrule"]
    lines += [" & ".join(_cells(row.cells, row.strong)) + r" \\" for row in rows]
    lines += [r"\bottomrule", r"\end{tabular}" + ("}" if laid.narrow else "")]
    if notes:
        told = " ".join(escape(note) for note in notes)
        lines.append(rf"\par\smallskip\parbox{{\linewidth}}{{\scriptsize {told}}}")
    return "\n".join([*lines, r"\end{table}", ""])


def _rules(table: Table) -> list[str]:
    found, at = [], 1
    for title, n in table.groups:
        if title:
            found.append(rf"\cmidrule(lr){{{at}-{at + n - 1}}}")
        at += n
    return found


def _cells(cells: tuple[str, ...], strong: bool) -> list[str]:
    written = [escape(cell) for cell in cells]
    # A bracket at the start of a row would be taken for the optional argument of the \\ before it.
    written[0] = f"{{}}{written[0]}" if written[0][:1] in ("[", "*") else written[0]
    return [rf"\textbf{{{written[0]}}}", *written[1:]] if strong else written

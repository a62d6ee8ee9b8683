"""The report as a Word document, for journals that ask for one; its extra brings python-docx."""

from __future__ import annotations

import io
from functools import singledispatch
from typing import Any

from varbench.errors import MissingExtra
from varbench.report.blocks import Block, Bullets, Code, Definitions, Figure, Orders, Paragraph, Table
from varbench.report.figure_style import PAGE, drawing
from varbench.report.protocol import Content
from varbench.report.scrub import clean

_SEES = {"test": " ▲ sees the test rows", "validation": " △ sees the validation rows"}
#: Of pictures, per inch of a page that is 6.5 inches wide between its margins.
_DPI, _INCHES = 200, 6.3


def to_docx(content: Content) -> bytes:
    """Write a report or an answer as a Word document.

    Parameters
    ----------
    content : Report or Answer
        What is said.

    Returns
    -------
    bytes
        The file; it holds no macro and no link to anything outside.

    Raises
    ------
    MissingExtra
        If python-docx is not installed.
    """
    try:
        import docx
    except ImportError:
        raise MissingExtra("python-docx", "docx") from None
    page, document = docx.Document(), content.document
    page.core_properties.title = clean(document.headline, 200)
    page.core_properties.author = ""
    page.add_paragraph(clean(document.kicker))
    page.add_heading(clean(document.headline), 0)
    for notice in document.notices:
        page.add_paragraph().add_run(clean(notice)).bold = True
    lead = page.add_paragraph()
    if document.scope:
        lead.add_run(f"{clean(document.scope)}. ").bold = True
    lead.add_run(clean(document.lead))
    if document.opening is not None:
        _block(document.opening, page, content)
    for section in document.sections:
        page.add_heading(clean(section.title), 1)
        for block in section.blocks:
            _block(block, page, content)
    buffer = io.BytesIO()
    page.save(buffer)
    return buffer.getvalue()


@singledispatch
def _block(block: Block, page: Any, content: Content) -> None:
    raise TypeError(f"a {type(block).__name__} has no place in a Word document")


@_block.register
def _(block: Paragraph, page: Any, content: Content) -> None:
    page.add_paragraph(clean(block.text))


@_block.register
def _(block: Bullets, page: Any, content: Content) -> None:
    for item in block.items:
        page.add_paragraph(clean(item), style="List Bullet")


@_block.register
def _(block: Definitions, page: Any, content: Content) -> None:
    for term, text in block.items:
        line = page.add_paragraph(style="List Bullet")
        line.add_run(f"{clean(term)}: ").bold = True
        line.add_run(clean(text))


@_block.register
def _(block: Code, page: Any, content: Content) -> None:
    page.add_paragraph().add_run(clean(block.text)).font.name = "Courier New"


@_block.register
def _(block: Figure, page: Any, content: Content) -> None:
    from docx.shared import Inches

    if block.title:
        page.add_heading(clean(block.title), 2)
    picture = io.BytesIO()
    with drawing():
        content.plot(block.name, PAGE).savefig(
            picture, format="png", dpi=_DPI, facecolor="white", metadata={"Software": None}
        )
    picture.seek(0)
    shape = page.add_picture(picture, width=Inches(_INCHES))
    shape._inline.docPr.set("descr", clean(block.alt))
    if block.caption:
        page.add_paragraph(clean(block.caption), style="Caption")


@_block.register
def _(block: Orders, page: Any, content: Content) -> None:
    for procedure, steps in block.procedures:
        page.add_paragraph().add_run(clean(procedure)).bold = True
        for number, step in enumerate(steps, 1):
            page.add_paragraph(f"{number}. {clean(step.name)}: {clean(step.text)}{_SEES.get(step.sees, '')}")
        if not steps:
            page.add_paragraph("a callable: not checked")


@_block.register
def _(table: Table, page: Any, content: Content) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    page.add_paragraph(clean(table.title), style="Caption")
    grid = page.add_table(rows=1, cols=len(table.columns), style="Light Grid Accent 1")
    heads = [f"{clean(c.group)}: {clean(c.title)}" if c.group else clean(c.title) for c in table.columns]
    for cell, head in zip(grid.rows[0].cells, heads, strict=True):
        cell.text = head
    for row in table.rows:
        cells = grid.add_row().cells
        for cell, text, column in zip(cells, row.cells, table.columns, strict=True):
            cell.text = clean(text)
            if column.align == "number":
                cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
    for note in table.notes:
        page.add_paragraph(clean(note))

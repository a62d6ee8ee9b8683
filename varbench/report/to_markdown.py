"""The report as Markdown, with GitHub's tables."""

from __future__ import annotations

import re
from functools import singledispatch
from typing import TYPE_CHECKING

from varbench.report.blocks import Block, Bullets, Code, Definitions, Figure, Orders, Paragraph, Table
from varbench.report.scrub import clean

if TYPE_CHECKING:
    from varbench.report.protocol import Content

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$!&^@])")
_SEES = {"test": " ▲ **sees the test rows**", "validation": " △ *sees the validation rows*"}


def escape(text: object) -> str:
    r"""Write a text so that Markdown shows it as it is: no markup, no link, no tag.

    Examples
    --------
    >>> escape("<b>*a*</b> | [x](http://y)") == r"\<b\>\*a\*\</b\> \| \[x\](http:" + "\u200b//y)"
    True
    >>> print(escape("1. no list"), escape("- none"), escape("+0.39"))
    1\. no list \- none +0.39
    """
    found = _SPECIAL.sub(r"\\\1", clean(text))
    # A bare address would become a link, and a number with a dot at the start of a line a list.
    found = re.sub(r"(?i)\b(https?|ftp)://", "\\1:\u200b//", found)
    found = re.sub(r"(?i)\bwww\.", "www\u200b.", found)
    return re.sub(r"^(\s*\d{1,9})([.)](?:\s|$))|^(\s*)([-+=](?:\s|[-=]|$))", r"\1\3\\\2\4", found)


def to_markdown(content: Content) -> str:
    """Write a report or an answer as Markdown.

    Parameters
    ----------
    content : Report or Answer
        What is said.

    Returns
    -------
    str
        UTF-8 text for GitHub's dialect; the figures are in the other forms, their numbers in the tables.
    """
    document = content.document
    lines = [
        f"*{escape(document.kicker)}*",
        "",
        *(f"> **{escape(notice)}**\n" for notice in document.notices),
        "",
    ]
    lines += [f"# {escape(document.headline)}", ""]
    lines += [
        f"**{escape(document.scope)}.** {escape(document.lead)}" if document.scope else escape(document.lead),
        "",
    ]
    lines += [f"*{escape(document.question)}*", ""] if document.question else []
    for section in document.sections:
        lines += [f"## {escape(section.title)}", ""]
        for block in section.blocks:
            lines += [*_block(block), ""]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


@singledispatch
def _block(block: Block) -> list[str]:
    raise TypeError(f"a {type(block).__name__} has no Markdown")


@_block.register
def _(block: Paragraph) -> list[str]:
    return [escape(block.text)]


@_block.register
def _(block: Bullets) -> list[str]:
    return [f"- {escape(item)}" for item in block.items]


@_block.register
def _(block: Definitions) -> list[str]:
    return [f"- **{escape(term)}**: {escape(text)}" for term, text in block.items]


@_block.register
def _(block: Code) -> list[str]:
    fence = "`" * (max((len(run) for run in re.findall("`+", block.text)), default=0) + 3)
    return [f"{fence}sh", clean(block.text), fence]


@_block.register
def _(block: Figure) -> list[str]:
    return []


@_block.register
def _(block: Orders) -> list[str]:
    lines = []
    for procedure, steps in block.procedures:
        lines += [f"**{escape(procedure)}**", ""]
        for number, step in enumerate(steps, 1):
            shown = f"{number}. **{escape(step.name)}**: {escape(step.text)}{_SEES.get(step.sees, '')}"
            lines.append(
                shown
                if step.side != "split"
                else f"{number}. ——— **{escape(step.name)}**: {escape(step.text)} ———"
            )
        lines.append("" if steps else "*a callable: not checked*\n")
    return lines


@_block.register
def _(table: Table) -> list[str]:
    heads = [f"{escape(c.group)}: {escape(c.title)}" if c.group else escape(c.title) for c in table.columns]
    rule = ["---" if column.align == "text" else "---:" for column in table.columns]
    lines = [f"**{escape(table.title)}**", "", _line(heads), _line(rule)]
    for row in table.rows:
        cells = [escape(cell) for cell in row.cells]
        if row.strong:
            cells[0] = f"**{cells[0]}**"
        lines.append(_line(cells))
    return [*lines, "", *(f"{escape(note)}\n" for note in table.notes)]


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"

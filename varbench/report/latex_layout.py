r"""How wide a table would be on paper, and how it fits: headings of several lines, text that wraps, a smaller size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from varbench.report.blocks import Row, Table
from varbench.report.latex_text import escape

#: In points: the text of an article on letter paper, a letter in the size of a table, and what stands between columns.
TEXT, LETTER, GAP, NARROW = 345.0, 4.4, 12.0, 6.0
#: Lines of a table that fit on a page, with its caption and notes.
MOST_LINES = 40
#: Letters of a text column below which it does not wrap further, but for its longest word.
SHORTEST = 12


@dataclass(frozen=True)
class Layout:
    """How the columns of a table are set.

    Attributes
    ----------
    columns : tuple of str
        A letter or a width of each, as ``tabular`` takes them.
    headings : tuple of str
        What heads each, on one line or on several.
    groups : tuple of str
        What heads several columns; with :attr:`~varbench.report.blocks.Table.groups` one each.
    narrow : bool
        Whether the columns stand closer together, and all is made smaller where it is still too wide.
    letters : tuple of int
        How many letters a line of each column holds.
    """

    columns: tuple[str, ...]
    headings: tuple[str, ...]
    groups: tuple[str, ...]
    narrow: bool
    letters: tuple[int, ...]

    def parts(self, rows: tuple[Row, ...]) -> list[tuple[Row, ...]]:
        """Cut a table's rows so that each part fits on a page; what wraps takes several lines."""
        parts: list[tuple[Row, ...]] = [()]
        height = 0
        for row in rows:
            lines = max(
                (ceil(len(c) / w) for c, w in zip(row.cells, self.letters, strict=True) if w), default=1
            )
            if height + lines > MOST_LINES and parts[-1]:
                parts.append(())
                height = 0
            parts[-1] = (*parts[-1], row)
            height += lines
        return parts


def layout(table: Table) -> Layout:
    """How are the columns of a table set, so that it is no wider than the text?

    Parameters
    ----------
    table : Table
        The table.

    Returns
    -------
    Layout
        As plain as can be: headings break into lines only where it is too wide else, and text only then.
    """
    cells = [_longest(row.cells[i] for row in table.rows) for i in range(len(table.columns))]
    titles = [len(column.title) for column in table.columns]
    plain = tuple("l" if column.align == "text" else "r" for column in table.columns)
    groups = [title for title, _ in table.groups]
    widths = [max(pair) for pair in zip(cells, titles, strict=True)]
    if _width(_spread(widths, table), GAP) <= TEXT:
        titled = tuple(escape(c.title) for c in table.columns)
        return Layout(plain, titled, tuple(map(escape, groups)), False, tuple(max(1, w) for w in widths))
    widths = [max(cell, _word(c.title)) for cell, c in zip(cells, table.columns, strict=True)]
    kept = _wrapped(table, widths)
    columns = tuple(
        letter if width == kept_one else rf">{{\raggedright\arraybackslash}}p{{{_share(kept_one)}\linewidth}}"
        for letter, width, kept_one in zip(plain, widths, kept, strict=True)
    )
    headings = tuple(
        escape(c.title) if column[0] == ">" else stacked(c.title, width, column)
        for c, width, column in zip(table.columns, kept, columns, strict=True)
    )
    return Layout(columns, headings, tuple(_over(table, kept)), True, tuple(kept))


def stacked(text: str, width: int, align: str) -> str:
    r"""Break a heading into lines of at most so many letters, at its spaces and hyphens.

    Examples
    --------
    >>> print(stacked("Leakage part", 8, "r"))
    \begin{tabular}[b]{@{}r@{}}Leakage\\part\end{tabular}
    """
    lines = [""]
    for word in _pieces(text):
        if lines[-1] and len((lines[-1] + word).rstrip()) > width:
            lines.append(word)
        else:
            lines[-1] += word
    written = [escape(line.rstrip()) for line in lines]
    if len(written) == 1:
        return written[0]
    # What begins with a bracket would be taken for the argument of the line break before it.
    joined = r"\\".join(f"{{}}{line}" if line[:1] in ("[", "*") else line for line in written)
    return rf"\begin{{tabular}}[b]{{@{{}}{align}@{{}}}}{joined}\end{{tabular}}"


def _pieces(text: str) -> list[str]:
    """Give the words of a text with what stands behind them; a hyphen ends a word too."""
    found = []
    for word in text.split():
        parts = word.split("-")
        found += [f"{part}-" for part in parts[:-1]] + [f"{parts[-1]} "]
    return found


def _word(text: str) -> int:
    return _longest(piece.rstrip() for piece in _pieces(text))


def _longest(texts: object) -> int:
    return max((len(text) for text in texts), default=0)  # type: ignore[attr-defined]


def _width(letters: Sequence[float], gap: float) -> float:
    return LETTER * sum(letters) + gap * (len(letters) - 1)


def _share(letters: int) -> str:
    return f"{LETTER * letters / TEXT:.3f}"


def _spread(widths: list[int], table: Table) -> list[float]:
    """Make columns as wide as the heading over them asks."""
    found, at = [float(width) for width in widths], 0
    for title, n in table.groups:
        short = len(title) - sum(found[at : at + n])
        found[at : at + n] = [width + max(0.0, short) / n for width in found[at : at + n]]
        at += n
    return found


def _wrapped(table: Table, widths: list[int]) -> list[int]:
    """Give the widths at which all columns of text together leave room for those of numbers."""
    texts = [i for i, column in enumerate(table.columns) if column.align == "text"]
    least = {
        i: min(widths[i], max(SHORTEST, _longest(w for row in table.rows for w in row.cells[i].split())))
        for i in texts
    }
    found = list(widths)
    while _width(found, NARROW) > TEXT:
        widest = max((i for i in texts if found[i] > least[i]), key=lambda i: found[i], default=None)
        if widest is None:
            break
        found[widest] -= 1
    return found


def _over(table: Table, widths: list[int]) -> list[str]:
    found, at = [], 0
    for title, n in table.groups:
        found.append(stacked(title, sum(widths[at : at + n]) + n - 1, "c"))
        at += n
    return found

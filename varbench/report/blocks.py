"""What a report is made of, apart from its forms: sections of paragraphs, lists, tables, figures and orders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Align = Literal["text", "number"]


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    title : str
        Its heading.
    align : {"text", "number"}
        Left, or right with digits of one width.
    group : str
        A heading over several neighbouring columns; empty: none.
    """

    title: str
    align: Align = "number"
    group: str = ""


@dataclass(frozen=True)
class Row:
    """One row of a table.

    Parameters
    ----------
    cells : tuple of str
        One for each column.
    greyed : str
        Why the row does not count for the verdict; empty where it does.
    strong : bool
        Whether it is what the reader came for, as the primary metric.
    """

    cells: tuple[str, ...]
    greyed: str = ""
    strong: bool = False


@dataclass(frozen=True)
class Table:
    """A table as it is read; the numbers behind it are those of the report's frame of the same name.

    Parameters
    ----------
    name : str
        A word for files and anchors.
    title : str
        The caption.
    columns : tuple of Column
        The columns; the first heads the rows.
    rows : tuple of Row
        The rows.
    notes : tuple of str
        What stands under it.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    @property
    def groups(self) -> list[tuple[str, int]]:
        """The headings over the columns, with how many columns each spans; empty where there are none."""
        found: list[tuple[str, int]] = []
        for column in self.columns:
            if found and found[-1][0] == column.group:
                found[-1] = (column.group, found[-1][1] + 1)
            else:
                found.append((column.group, 1))
        return found if any(name for name, _ in found) else []


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; `tone` is ``lead``, ``note``, ``warning``, ``methods`` (for a paper) or plain."""

    text: str
    tone: str = ""


@dataclass(frozen=True)
class Bullets:
    """A list of sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Definitions:
    """Terms, and what they are here."""

    name: str
    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Code:
    """A line to be typed."""

    text: str


@dataclass(frozen=True)
class Figure:
    """A figure, drawn from the report's frame of some name.

    Parameters
    ----------
    name : str
        A key of ``figures.FIGURES``.
    alt : str
        What it shows, with its main numbers, for who cannot see it.
    caption : str
        What stands under it.
    title : str
        What stands above it; empty: nothing.
    """

    name: str
    alt: str
    caption: str
    title: str = ""


@dataclass(frozen=True)
class Orders:
    """The procedures as orders of steps.

    Parameters
    ----------
    procedures : tuple of (str, tuple of Drawn)
        Name, and the steps in their order; none for a callable, which cannot be read.
    """

    procedures: tuple[tuple[str, tuple[Drawn, ...]], ...]


@dataclass(frozen=True)
class Drawn:
    """One step of an order.

    Parameters
    ----------
    name, text : str
        The step's name, and what it is.
    kind : str
        ``split``, ``sampler``, ``transformer``, ``search``, ``predictor``...
    side : {"left", "split", "right"}
        Of the split.
    sees : {"test", "validation", ""}
        The rows that it should not see, and does.
    """

    name: str
    text: str
    kind: str
    side: str
    sees: str = ""


Block = Paragraph | Bullets | Definitions | Code | Table | Figure | Orders


@dataclass(frozen=True)
class Section:
    """A heading with what follows it."""

    name: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """All that a reader sees, in order.

    Parameters
    ----------
    kicker : str
        The line over the headline: study, data, repeats.
    question : str
        The study's question.
    scope : str
        Whom the verdict is about; empty without a comparison.
    headline : str
        The verdict in one sentence.
    lead : str
        The sentence that stands under it.
    notices : tuple of str
        What every form says at its top: simulated, a preset, unverified data, runs that are missing.
    opening : Figure or None
        The one picture of the first screen.
    sections : tuple of Section
        The rest.
    made_from : str
        What the numbers were made from.
    again : str
        The command that writes the numbers in full precision; empty where there is none.
    """

    kicker: str
    question: str
    scope: str
    headline: str
    lead: str
    notices: tuple[str, ...]
    opening: Figure | None
    sections: tuple[Section, ...] = field(default_factory=tuple)
    made_from: str = "a cube of scores and predictions"
    again: str = "varbench report RUN --to csv,json"

    def walk(self) -> Iterator[Block]:
        """Give every block, in order."""
        if self.opening is not None:
            yield self.opening
        for section in self.sections:
            yield from section.blocks

    def tables(self) -> list[Table]:
        """Give the tables, in order."""
        return [block for block in self.walk() if isinstance(block, Table)]

    def figures(self) -> list[Figure]:
        """Give the figures, in order."""
        return [block for block in self.walk() if isinstance(block, Figure)]


def section(name: str, title: str, *blocks: Block | Sequence[Any] | None) -> Section | None:
    """Make a section of the blocks that are there; None where there is none."""
    flat: list[Block] = []
    for block in blocks:
        if isinstance(block, list | tuple):
            flat += [b for b in block if b is not None]
        elif block is not None:
            flat.append(block)  # type: ignore[arg-type]
    return Section(name, title, tuple(flat)) if flat else None

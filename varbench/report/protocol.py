"""What a form needs to know of what it writes: the report of a cube, or the answer to a question."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from varbench.report.blocks import Document

#: Table, procedure, metric, quantity and value: a row of the long table.
Record = tuple[Any, ...]


class Content(Protocol):
    """What every form can write."""

    @property
    def name(self) -> str:
        """A short word for labels and anchors."""
        ...

    @property
    def version(self) -> str:
        """The version of varbench that made the numbers."""
        ...

    @property
    def procedures(self) -> tuple[str, ...]:
        """What has a colour of its own in all figures, in order."""
        ...

    @property
    def document(self) -> Document:
        """What a reader sees."""
        ...

    def plot(self, name: str, width: int | None = None) -> Figure:
        """Draw one figure of the document by its name."""
        ...

    def records(self) -> Iterator[Record]:
        """Give the numbers as the rows of one long table."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Give all that is said as what JSON holds."""
        ...

"""Tables as plain text."""

from __future__ import annotations

from collections.abc import Sequence


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Lay rows out in columns as wide as they must be.

    Parameters
    ----------
    header : sequence of str
        The columns' names.
    rows : sequence of sequence
        Cells; anything is written as ``str`` writes it.

    Returns
    -------
    str
        Lines, without a line break at the end.

    Examples
    --------
    >>> print(table(["name", "n"], [["a", 1]]))
    name  n
    ----  -
    a     1
    """
    cells = [[str(cell) for cell in row] for row in [header, *rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def plain(value: object) -> str:
    """Write a value, and ``-`` for nothing."""
    return "-" if value is None or value == "" else str(value)

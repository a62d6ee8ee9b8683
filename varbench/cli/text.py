"""Lines and tables as wide as the terminal."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence

#: A terminal is not taken to be narrower than this.
_NARROWEST = 60


def columns() -> int:
    """Give the most columns of a line: those of the terminal, as far as lines are pleasant to read."""
    from varbench.report.lining import WIDTH

    if not sys.stdout.isatty():
        return WIDTH
    return max(_NARROWEST, min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns))


def hanging(head: str, text: str) -> str:
    """Write a text behind a head, its further lines below its first.

    Examples
    --------
    >>> print(hanging("data  ", "three cases"))
    data  three cases
    """
    from varbench.report.lining import wrapped

    lines = wrapped(text, max(columns() - len(head), 24))
    return "\n".join(f"{' ' * len(head) if i else head}{line}".rstrip() for i, line in enumerate(lines))


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Lay rows out in columns, wrapped where the terminal is too narrow for them.

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
    name  │ n
    ──────┼──
    a     │ 1
    """
    from varbench.report.lining import aligned

    cells = [[str(cell) for cell in row] for row in [header, *rows]]
    return "\n".join(aligned(cells, frozenset(range(len(header))), most=columns()))


def plain(value: object) -> str:
    """Write a value, and ``-`` for nothing."""
    return "-" if value is None or value == "" else str(value)

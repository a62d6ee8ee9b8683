"""Tables as aligned lines of a terminal: long cells are wrapped, and what is still too wide is cut into parts."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

#: So many columns a line has, where a terminal does not have fewer.
WIDTH = 96
#: The first column, and other columns of words, are not made narrower than this for the sake of the others; a word that
#: is longer than the last is broken.
_FIRST, _LEAST, _LONGEST_WORD = 20, 12, 40
_BESIDE, _EDGE = 2, 4


def width(text: str) -> int:
    """Give how many columns of a terminal a text takes.

    Examples
    --------
    >>> width("abc"), width("患者"), width("é")
    (3, 4, 1)
    """
    wide = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
    return wide - sum(unicodedata.combining(c) > 0 for c in text)


def wrapped(text: str, most: int = WIDTH) -> list[str]:
    """Break a text into lines between words, and a word that is too long anywhere; an empty text is one empty line.

    Examples
    --------
    >>> wrapped("患者 of a cohort", 9)
    ['患者 of a', 'cohort']
    """
    lines = [""]
    for word in text.split(" "):
        for piece in _pieces(word, most):
            longer = f"{lines[-1]} {piece}" if lines[-1] else piece
            if width(longer) <= most:
                lines[-1] = longer
            else:
                lines.append(piece)
    return lines


def _pieces(word: str, most: int) -> list[str]:
    """Break a word that is longer than a line."""
    pieces = [""]
    for letter in word:
        if pieces[-1] and width(pieces[-1] + letter) > most:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def aligned(
    rows: Sequence[Sequence[str]],
    texts: frozenset[int] = frozenset(),
    *,
    most: int = WIDTH,
    glued: frozenset[int] = frozenset(),
) -> list[str]:
    r"""Align the cells of a table: the first column and `texts` to the left, the others to the right.

    Headings and words are wrapped where the table is wider than the terminal. Where that is not enough, the columns
    that have no room follow below, beside the columns of words again that tell the rows apart.

    Parameters
    ----------
    rows : sequence of sequence of str
        The heading, then the rows.
    texts : frozenset of int
        Columns of words.
    most : int
        Columns of the terminal.
    glued : frozenset of int
        Columns that stay beside the one before them.

    Returns
    -------
    list of str
        Lines; an empty one between two parts.

    Examples
    --------
    >>> print("\n".join(aligned([["", "a"], ["AUC", "0.971"]])))
         │     a
    ─────┼──────
    AUC  │ 0.971
    >>> print("\n".join(aligned([["set", "one", "two"], ["x", "0.971", "0.5"]], most=14)))
    set  │   one
    ─────┼──────
    x    │ 0.971
    <BLANKLINE>
    set  │ two
    ─────┼────
    x    │ 0.5
    """
    words = texts | {0}
    natural = [max(width(row[i]) for row in rows) for i in range(len(rows[0]))]
    rooms = [_FIRST if not i else _LEAST if i in texts else 0 for i in range(len(rows[0]))]
    least = [_least([row[i] for row in rows], room) for i, room in enumerate(rooms)]
    lines: list[str] = []
    for part in _parts(least, _keys(rows, texts), glued, most):
        left = [i in words for i in part]
        sizes = _sizes([natural[i] for i in part], [least[i] for i in part], left, most)
        lines += [""] * bool(lines)
        lines += _lines([[row[i] for i in part] for row in rows], sizes, left)
    return lines


def _total(sizes: Sequence[int]) -> int:
    """Give the width of a table whose columns have these sizes."""
    return sum(sizes) + _EDGE + _BESIDE * max(len(sizes) - 2, 0)


def _least(cells: Sequence[str], room: int) -> int:
    """Give the least size of a column: numbers, which need no `room`, are never broken; headings between words."""
    head, *body = cells
    inside = [word for cell in body for word in (cell.split(" ") if room else [cell])]
    longest = max(map(width, (*head.split(" "), *inside)))
    return max(min(longest, _LONGEST_WORD), min(room, max(map(width, cells)))) if room else longest


def _keys(rows: Sequence[Sequence[str]], texts: frozenset[int]) -> int:
    """Give how many of the first columns tell the rows apart; of those behind the first, columns of words alone."""
    found = 1
    while (
        found in texts and found < len(rows[0]) - 1 and len({tuple(row[:found]) for row in rows}) < len(rows)
    ):
        found += 1
    return found


def _parts(least: Sequence[int], keys: int, glued: frozenset[int], most: int) -> list[list[int]]:
    """Share the columns out among parts that fit; each begins with the first columns."""
    runs: list[list[int]] = []
    for i in range(keys, len(least)):
        if i in glued and runs:
            runs[-1].append(i)
        else:
            runs.append([i])
    parts = [list(range(keys))]
    for run in runs:
        if len(parts[-1]) > keys and _total([least[i] for i in (*parts[-1], *run)]) > most:
            parts.append(list(range(keys)))
        parts[-1] += run
    return parts


def _sizes(natural: Sequence[int], least: Sequence[int], words: Sequence[bool], most: int) -> list[int]:
    """Take room from headings of numbers, then from the widest words, until the table fits or nothing is left."""
    sizes = list(natural)
    for kind in (False, True):
        mine = [i for i, word in enumerate(words) if word is kind]
        while _total(sizes) > most and any(sizes[i] > least[i] for i in mine):
            sizes[max(mine, key=lambda i: (sizes[i] > least[i], sizes[i]))] -= 1
    return sizes


def _lines(rows: Sequence[Sequence[str]], sizes: Sequence[int], words: Sequence[bool]) -> list[str]:
    """Write rows in columns of these sizes, each as many lines as its longest cell."""
    lines = []
    for number, row in enumerate(rows):
        cells = [wrapped(cell, max(size, 1)) for cell, size in zip(row, sizes, strict=True)]
        high = max(map(len, cells))
        for at in range(high):
            first, *rest = [
                _padded(cell, at - (0 if left or number else high - len(cell)), size, left)
                for cell, size, left in zip(cells, sizes, words, strict=True)
            ]
            lines.append(f"{first}  │ {'  '.join(rest)}".rstrip())
        if not number:
            lines.append("─" * (sizes[0] + 2) + "┼" + "─" * (_total(sizes) - sizes[0] - 3))
    return lines


def _padded(cell: Sequence[str], at: int, size: int, left: bool) -> str:
    """Give one line of a cell, empty above and below it, filled up to the size of its column."""
    text = cell[at] if 0 <= at < len(cell) else ""
    space = " " * (size - width(text))
    return text + space if left else space + text

"""A chart of questions on one page: what was asked in turn, what the answer was, and where the way was left."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pandas as pd

from varbench.report.figure_canvas import Canvas, fit, text_width
from varbench.report.figure_rows import bare
from varbench.report.figure_style import LIGHT
from varbench.report.frames import each
from varbench.report.scrub import clean

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Symbol, colour of its disc and of the symbol, by the answer: told apart without colour too.
_LOOKS = {
    "yes": ("✓", LIGHT["paper"], LIGHT["s5"]),
    "no": ("✗", LIGHT["s1"], LIGHT["paper"]),
    "open": ("?", LIGHT["paper"], LIGHT["ink"]),
    "not applicable": ("–", LIGHT["paper"], LIGHT["muted"]),
}
_RADIUS, _LEFT, _SIZE, _LINE = 13.0, 22.0, 13.0, 18.0


def chart(canvas: Canvas, frame: pd.DataFrame) -> Figure:
    """Questions in their order down a line, each with its answer and what speaks for it.

    `frame` has the columns step, question, answer ("yes", "no", "open", "not applicable"), evidence and cure.
    """
    room = canvas.width - 2 * _LEFT - _RADIUS - 14
    written = [(one, _lines(one, room)) for one in each(frame)]
    heights = [_LINE * len(lines) + 16 for _, lines in written]
    figure = canvas.figure(sum(heights) + 12)
    axes = bare(canvas, figure, 0, sum(heights) + 12)
    top, places = 6.0, []
    for (one, lines), height in zip(written, heights, strict=True):
        places.append(top + _RADIUS + 4)
        _entry(axes, one.answer, lines, top)
        top += height
    for number, (upper, lower) in enumerate(itertools.pairwise(places)):
        # Behind an answer of no the way goes on, but nothing that was reached by it can be trusted.
        broken = any(one.answer == "no" for one, _ in written[: number + 1])
        axes.plot(
            [_LEFT + _RADIUS] * 2,
            [upper + _RADIUS, lower - _RADIUS],
            color=LIGHT["muted"],
            lw=1.4,
            ls=(0, (2, 3)) if broken else "-",
            zorder=1,
        )
    return figure


def _lines(one: Any, room: float) -> list[tuple[str, bool]]:
    """Give the lines of an entry, each with whether it is bold: the question, the evidence, the cure."""
    parts = [(one.question, True), (one.evidence, False)]
    if one.cure:
        parts.append((f"→ {one.cure}", False))
    return [(line, bold) for text, bold in parts for line in wrapped(clean(text, 400), room, bold=bold)]


def wrapped(text: str, room: float, *, bold: bool = False) -> list[str]:
    """Break a text into lines that have room, between words; a word that has none is cut."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, _SIZE, bold=bold) <= room:
            lines[-1] = longer
        else:
            lines.append(fit(word, room, _SIZE, bold=bold))
    return lines


def _entry(axes: Axes, answer: str, lines: list[tuple[str, bool]], top: float) -> None:
    from matplotlib.patches import Circle

    symbol, face, ink = _LOOKS[answer]
    x, y = _LEFT + _RADIUS, top + _RADIUS + 4
    edge = LIGHT["s1"] if answer == "no" else ink
    axes.add_patch(Circle((x, y), _RADIUS, facecolor=face, edgecolor=edge, lw=1.6, zorder=2))
    axes.text(x, y + 1, symbol, ha="center", va="center", color=ink, fontsize=15, fontweight="bold", zorder=3)
    for number, (line, bold) in enumerate(lines):
        axes.text(
            x + _RADIUS + 14,
            top + 12 + _LINE * number + (4 if bold else 5),
            line,
            va="center",
            fontsize=_SIZE,
            fontweight="bold" if bold else "normal",
            color=LIGHT["ink"] if bold else LIGHT["muted"],
        )

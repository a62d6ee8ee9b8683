"""Mean ranks of several procedures over data sets, with bars over those that cannot be told apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from varbench.report import digits
from varbench.report.figure_canvas import Canvas, fit, text_width
from varbench.report.figure_rows import Rows, bare
from varbench.report.figure_style import LIGHT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: The longest label beside the axis, in pixels; with longer names the ranks become a list.
_ROOM = 200.0
_INK, _MUTED = LIGHT["ink"], LIGHT["muted"]


def critical_difference(
    canvas: Canvas,
    frame: pd.DataFrame,
    *,
    cd: float | None = None,
    groups: Sequence[Sequence[str]] = (),
    layout: Literal["auto", "axis", "list"] = "auto",
    best: Literal["left", "right"] = "left",
    size: float = 13,
    colours: Mapping[str, str] | None = None,
    xlabel: str = "mean rank (1 is best)",
) -> Figure:
    """Mean ranks with the groups of procedures that cannot be told apart: a critical difference diagram.

    `frame` has the columns method and rank. `cd` is the critical difference, where one holds for all pairs; `groups`
    are lists of methods. `layout` is Demšar's ``axis`` or a ``list``, which has room for any name and fits a phone;
    ``best`` says where rank 1 stands on the axis. `colours` are those of chosen methods.
    """
    ranked = frame.dropna(subset=["rank"]).sort_values("rank", kind="stable")
    ranks = {str(m): float(r) for m, r in zip(ranked["method"], ranked["rank"], strict=True)}
    cliques = [_span(ranks, group) for group in groups if sum(name in ranks for name in group) > 1]
    longest = max(
        (text_width(f"{name}  {digits.score(rank, 2)}", size) for name, rank in ranks.items()), default=0
    )
    if layout == "auto":
        layout = "list" if canvas.narrow or longest > _ROOM else "axis"
    paint = {name: (colours or {}).get(name, _INK) for name in ranks}
    if layout == "list":
        return _list(canvas, ranks, cliques, paint, cd=cd, size=size, xlabel=xlabel)
    return _axis(
        canvas,
        ranks,
        cliques,
        paint,
        cd=cd,
        size=size,
        xlabel=xlabel,
        best=best,
        room=min(longest + 4, _ROOM),
    )


def _span(ranks: Mapping[str, float], group: Sequence[str]) -> tuple[float, float]:
    """Give the best and the worst rank of a group."""
    found = [ranks[name] for name in group if name in ranks]
    return min(found), max(found)


def _axis(
    canvas: Canvas,
    ranks: Mapping[str, float],
    cliques: Sequence[tuple[float, float]],
    paint: Mapping[str, str],
    *,
    cd: float | None,
    size: float,
    xlabel: str,
    best: str,
    room: float,
) -> Figure:
    """Draw Demšar's diagram (2006, figure 1): ranks on an axis, names to both sides."""
    step, half = size + 9, -(-len(ranks) // 2)
    line = 64.0 if cd is None else 96.0
    below = line + 16 + 9 * len(cliques) + 10
    height = below + step * half
    figure = canvas.figure(height)
    axes = bare(canvas, figure, 0, height)
    left, right = room + 26, canvas.width - room - 26
    most = max(len(ranks), int(np.ceil(max(ranks.values(), default=1))), 2)

    def x(rank: float) -> float:
        share = (rank - 1) / (most - 1)
        return left + (right - left) * (share if best == "left" else 1 - share)

    _scale(axes, x, line, most, xlabel)
    if cd is not None:
        _cd_bar(
            axes,
            sorted((x(1), x(min(1 + cd, most)))),
            line - 56,
            f"critical difference {digits.score(cd, 2)}",
        )
    for number, (low, high) in enumerate(cliques):
        ends = sorted((x(low), x(high)))
        axes.plot([ends[0] - 4, ends[1] + 4], [line + 16 + 9 * number] * 2, color=LIGHT["s1"], lw=4, zorder=4)
    by_place = sorted(ranks, key=lambda name: x(ranks[name]))
    sides = (by_place[:half], by_place[half:][::-1])
    for names, at, align in zip(sides, (left - 10, right + 10), ("right", "left"), strict=True):
        for row, name in enumerate(names):
            y, rank = below + step * (row + 0.5), digits.score(ranks[name], 2)
            axes.plot([x(ranks[name])] * 2 + [at], [line, y, y], color=paint[name], lw=1.1, zorder=2)
            text = fit(name, room - text_width(f"  {rank}", size), size)
            _elbow(axes, (at, y), (text, rank), align, size, paint[name])
    return figure


def _elbow(
    axes: Axes, at: tuple[float, float], words: tuple[str, str], align: str, size: float, colour: str
) -> None:
    """Write a name with its rank, the rank next to the line."""
    text = "  ".join(words if align == "right" else words[::-1])
    aside = -5 if align == "right" else 5
    axes.text(at[0] + aside, at[1], text, ha=align, va="center", size=size, color=colour)


def _scale(axes: Axes, place: Callable[[float], float], line: float, most: int, xlabel: str) -> None:
    ends = sorted((place(1), place(most)))
    axes.plot(ends, [line, line], color=_INK, lw=1.4)
    every = max(1, -(-most // 15))
    for tick in range(1, most + 1):
        axes.plot([place(tick)] * 2, [line - 5, line], color=_INK, lw=1.2)
        if (tick - 1) % every == 0:
            axes.text(place(tick), line - 13, str(tick), ha="center", va="center", size=12, color=_INK)
    axes.text(sum(ends) / 2, line - 33, xlabel, ha="center", va="center", size=12, color=_MUTED)


def _cd_bar(axes: Axes, ends: Sequence[float], y: float, text: str) -> None:
    axes.plot(ends, [y, y], color=_INK, lw=2)
    for end in ends:
        axes.plot([end, end], [y - 5, y + 5], color=_INK, lw=2)
    axes.text(sum(ends) / 2, y - 15, text, ha="center", va="center", size=12)


def _list(
    canvas: Canvas,
    ranks: Mapping[str, float],
    cliques: Sequence[tuple[float, float]],
    paint: Mapping[str, str],
    *,
    cd: float | None,
    size: float,
    xlabel: str,
) -> Figure:
    """Draw a row a method, best first; bars to the right join those that cannot be told apart."""
    side = 12.0 * len(cliques) + 14
    longest = max((text_width(name, size) for name in ranks), default=0)
    rows = Rows(
        canvas, len(ranks), size + (9 if canvas.narrow else 13), min(longest + 20, 0.5 * canvas.width), foot=44,
        head=8 if cd is None else 40, right=side + (0 if canvas.narrow else 46),
    )  # fmt: skip
    most = max(len(ranks), int(np.ceil(max(ranks.values(), default=1))), 2)
    rows.axes.set_xlim(0.6, most + 0.4)
    rows.axes.locator_params(axis="x", nbins=8, integer=True)
    room = canvas.width - side - 60 if canvas.narrow else rows.left - 18
    for row, (name, rank) in enumerate(ranks.items()):
        rows.label(row, fit(name, room, size), paint[name])
        rows.value(row, digits.score(rank, 2))
        rows.axes.plot([0.6, rank], [rows.middle(row)] * 2, color=LIGHT["rule"], lw=1.2, zorder=1)
        rows.axes.plot([rank], [rows.middle(row)], "o", ms=7, color=paint[name], zorder=3)
    rows.axes.set_xlabel(xlabel)
    _side_bars(rows, list(ranks.values()), cliques, side)
    if cd is not None:
        low, high = rows.axes.get_xlim()
        scale = (canvas.width - rows.left - rows.right) / (high - low)
        axes = bare(canvas, rows.figure, 0, rows.head)
        start = rows.left + (1 - low) * scale
        _cd_bar(axes, (start, start + min(cd, most - 1) * scale), 28, "")
        axes.text(start, 10, f"critical difference {digits.score(cd, 2)}", va="center", size=12)
    return rows.figure


def _side_bars(
    rows: Rows, ranks: Sequence[float], cliques: Sequence[tuple[float, float]], side: float
) -> None:
    total = rows.figure.get_figheight() * 72
    height = total - rows.head - rows.foot
    axes = rows.canvas.axes(rows.figure, rows.canvas.width - side, rows.head, side, height)
    axes.set_axis_off()
    axes.set_xlim(0, side)
    axes.set_ylim(height, 0)
    for number, (low, high) in enumerate(cliques):
        inside = [row for row, rank in enumerate(ranks) if low <= rank <= high]
        ends = [rows.middle(inside[0]) - 7, rows.middle(inside[-1]) + 7]
        axes.plot([10 + 12 * number] * 2, ends, color=LIGHT["s1"], lw=4)

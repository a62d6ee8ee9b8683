"""Rows as dots in a plane, told apart by colour and marker: an embedding by split or batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from varbench.report.figure_canvas import Canvas, fit, text_width, ticks_inside
from varbench.report.figure_rows import bare
from varbench.report.figure_style import LIGHT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LEFT, _FOOT, _LINE, _TALL = 66.0, 50.0, 22.0, 360.0
#: Up to so many dots are drawn large.
_FEW = 100
#: Series with a name of their own in the key; the rest share one.
MOST_SERIES = 6


def scatter(
    canvas: Canvas, frame: pd.DataFrame, *, xlabel: str = "", ylabel: str = "", middles: bool = False
) -> Figure:
    """Every row as a dot.

    `frame` has the columns x, y and kind. The dots are drawn in mixed order, so that no series hides another.
    With `middles` a large marker with a dark edge stands in the middle of each series: its medians.
    """
    names = frame["kind"].astype(str)
    common = [str(name) for name in names.value_counts(sort=True).index[:MOST_SERIES]]
    series = [name for name in dict.fromkeys(names) if name in common]
    others = len(set(names)) - len(series)
    shown = [*series, f"{others} more"] if others else series
    placed, head = _places(canvas, shown)
    figure = canvas.figure(head + _TALL + _FOOT)
    wide = canvas.width - _LEFT - 14
    axes = canvas.axes(figure, _LEFT, head, wide, _TALL)
    axes.grid(color=LIGHT["rule"], lw=0.8)
    looks = {name: canvas.look(name, index) for index, name in enumerate(series)}
    x, y = frame["x"].to_numpy(float), frame["y"].to_numpy(float)
    layer = np.argsort(np.modf(np.arange(len(frame)) * 0.6180339887)[0])
    size = 4.4 if len(frame) > _FEW else 7.5
    # In few layers: each series is drawn several times, a part of its dots at a time.
    for part in np.array_split(layer, 8):
        for name in shown:
            mine = part[(names.iloc[part] == name) if name in looks else ~names.iloc[part].isin(series)]
            marker, colour = (
                (looks[name].marker, looks[name].colour) if name in looks else (".", LIGHT["muted"])
            )
            axes.plot(x[mine], y[mine], ls="none", marker=marker, ms=size, color=colour, mew=0.6, alpha=0.6)
    for name in series if middles else []:
        whose = (names == name).to_numpy()
        at = ([float(np.median(values[whose]))] for values in (x, y))
        axes.plot(*at, looks[name].marker, ms=13, mfc=looks[name].colour, mec=LIGHT["ink"], mew=1.6, zorder=5)
    axes.set_xlabel(fit(xlabel, wide))
    axes.set_ylabel(fit(ylabel, _TALL))
    ticks_inside(axes, canvas)
    _key(canvas, figure, placed, head, looks)
    return figure


def _places(canvas: Canvas, names: list[str]) -> tuple[list[tuple[float, float, str, str]], float]:
    """Put the names of the key in as many lines as they need."""
    found, x, y, room = [], 0.0, 0.0, canvas.width - _LEFT - 14
    for name in names:
        text = fit(name, room - 20)
        width = 20 + text_width(text)
        if x and x + width > room:
            x, y = 0.0, y + _LINE
        found.append((x, y, name, text))
        x += width + 18
    return found, y + _LINE + 6


def _key(
    canvas: Canvas,
    figure: Figure,
    placed: list[tuple[float, float, str, str]],
    height: float,
    looks: dict[str, Any],
) -> None:
    axes = bare(canvas, figure, 0, height)
    for x, y, name, text in placed:
        marker, colour = (looks[name].marker, looks[name].colour) if name in looks else (".", LIGHT["muted"])
        axes.plot([_LEFT + x + 6], [y + 12], marker=marker, ms=6, color=colour)
        axes.text(_LEFT + x + 16, y + 12, text, va="center", size=13, color=colour)

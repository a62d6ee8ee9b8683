"""A table of numbers with a ground that darkens with them: pairwise p-values, error rates by method and design."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from varbench.report import digits
from varbench.report.figure_canvas import Canvas, fit, text_width
from varbench.report.figure_rows import bare
from varbench.report.figure_style import LIGHT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW, _LINE, _NUMBER = 28.0, 20.0, 30.0
#: The darkest ground on which the letters still stand out, in the light and in the dark.
_DARKEST = 0.42


def heat(
    canvas: Canvas,
    frame: pd.DataFrame,
    *,
    kind: Literal["p", "rate", "number"] = "p",
    label: str = "",
    threshold: float | None = None,
    low: float | None = None,
    high: float | None = None,
    places: int = 2,
) -> Figure:
    """A value for each row and column, on a ground that darkens with it; small p-values are the dark ones.

    `frame` has the columns row, column and value. Values beyond `threshold` (below it, of p-values) are bold, and
    framed, so that nothing hangs on the ground. Headings that do not fit are numbers, with a key above.
    """
    table = frame.pivot_table(index="row", columns="column", values="value", sort=False, observed=True)
    names = list(dict.fromkeys([*map(str, frame["row"]), *map(str, frame["column"])]))
    rows, columns = (list(dict.fromkeys(map(str, frame[c]))) for c in ("row", "column"))
    table.index, table.columns = table.index.map(str), table.columns.map(str)
    table = table.reindex(index=rows, columns=columns)
    room, plain = _rooms(canvas, rows, columns)
    left = _NUMBER if room is None else room
    key = (
        []
        if plain and room is not None
        else _key_lines(canvas, names, rows if plain else columns, room is None)
    )
    head = 8 + _LINE * len(key) + 26
    side = (canvas.width - left - 12) / max(len(columns), 1)
    figure = canvas.figure(head + _ROW * len(rows) + (30 if label or threshold is not None else 10))
    axes = bare(canvas, figure, 0, figure.get_figheight() * 72)
    for line, text in enumerate(key):
        axes.text(6, 10 + _LINE * line, text, size=12, va="center", color=LIGHT["ink"])
    number = {
        name: str(place) for place, name in enumerate(names if set(rows) == set(columns) else columns, 1)
    }
    for place, name in enumerate(columns):
        shown = name if plain else number[name]
        axes.text(left + side * (place + 0.5), head - 13, shown, ha="center", va="center", size=12)
    for place, name in enumerate(rows):
        own = number.get(name, str(place + 1)) if set(rows) == set(columns) else str(place + 1)
        numbered = not plain and set(rows) == set(columns)
        shown = own if room is None else fit(f"{own} {name}" if numbered else name, room - 12)
        axes.text(left - 8, head + _ROW * (place + 0.5), shown, ha="right", va="center", size=13)
    _cells(axes, table, (left, head, side), kind, threshold, (low, high), places)
    _foot(axes, canvas, head + _ROW * len(rows) + 14, label, kind, threshold)
    return figure


def _rooms(canvas: Canvas, rows: Sequence[str], columns: Sequence[str]) -> tuple[float | None, bool]:
    """Give the pixels for the names of the rows, None where only numbers fit, and whether the headings fit."""
    widest = max((text_width(f"{len(rows)} {name}") for name in rows), default=0) + 16
    room: float | None = min(widest, 0.34 * canvas.width)
    if canvas.narrow and (room or 0) + 36 * len(columns) > canvas.width - 12:
        room = None
    side = (canvas.width - (_NUMBER if room is None else room) - 12) / max(len(columns), 1)
    return room, all(text_width(name, 12) < side - 4 for name in columns)


def _key_lines(canvas: Canvas, names: Sequence[str], columns: Sequence[str], everything: bool) -> list[str]:
    """Give the numbers with their names, as many a line as fit."""
    listed = list(names) if everything or set(columns) == set(names) else list(columns)
    found: list[str] = []
    for place, name in enumerate(listed, 1):
        one = fit(f"{place} {name}", canvas.width - 20, 12)
        joined = f"{found[-1]}   {one}" if found else one
        if found and text_width(joined, 12) < canvas.width - 16:
            found[-1] = joined
        else:
            found.append(one)
    return found


def _cells(
    axes: Axes,
    table: pd.DataFrame,
    box: tuple[float, float, float],
    kind: str,
    threshold: float | None,
    ends: tuple[float | None, float | None],
    places: int,
) -> None:
    left, head, side = box
    values = table.to_numpy(float)
    finite = values[np.isfinite(values)]
    low = ends[0] if ends[0] is not None else 0.0 if kind != "number" else float(finite.min(initial=0))
    high = ends[1] if ends[1] is not None else 1.0 if kind == "p" else float(finite.max(initial=low + 1e-9))
    size = 12 if side >= 44 else 10.5
    for row, column in np.argwhere(np.isfinite(values)):
        value = values[row, column]
        share = float(np.clip((value - low) / ((high - low) or 1), 0, 1))
        depth = (1 - share) ** 4 if kind == "p" else share
        beyond = threshold is not None and (value < threshold if kind == "p" else value > threshold)
        x, y = left + side * column, head + _ROW * row
        corners = ([x + 1, x + side - 1], y + 1, y + _ROW - 1)
        axes.fill_between(*corners, color=LIGHT["s2"], alpha=_DARKEST * depth, lw=0)
        text = _written(value, kind, places, side, size)
        if text:
            weight = "bold" if beyond else "normal"
            axes.text(x + side / 2, y + _ROW / 2, text, ha="center", va="center", size=size, weight=weight)
        if beyond:
            xs, ys = [x + 2, x + side - 2], [y + 2, y + _ROW - 2]
            axes.plot(
                [xs[0], xs[1], xs[1], xs[0], xs[0]],
                [ys[0], ys[0], ys[1], ys[1], ys[0]],
                color=LIGHT["ink"],
                lw=1,
            )
            if not text:
                axes.plot([x + side / 2], [y + _ROW / 2], "o", ms=5, color=LIGHT["ink"])


def _written(value: float, kind: str, places: int, side: float, size: float) -> str:
    """Write a value as far as its cell has room: fewer digits, then none."""
    if kind == "p":
        tries = [digits.pvalue(value), "<.001" if value < 0.001 else f"{value:.3f}".lstrip("0")]
        tries += ["0" if value < 0.005 else f"{value:.2f}".lstrip("0")]
    else:
        tries = [digits.score(value, places), digits.score(value, places).replace("0.", ".", 1)]
    return next((text for text in tries if text_width(text, size, bold=True) < side - 5), "")


def _foot(axes: Axes, canvas: Canvas, y: float, label: str, kind: str, threshold: float | None) -> None:
    beyond = "" if threshold is None else f"framed: {'below' if kind == 'p' else 'above'} {threshold:g}"
    text = "; ".join(part for part in (label, beyond) if part)
    if text:
        axes.text(6, y, fit(text, canvas.width - 16, 12), size=12, va="center", color=LIGHT["muted"])

"""A table of numbers with a ground that darkens with them: pairwise p-values, error rates by method and design."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
    names = frame.assign(row=frame["row"].astype(str), column=frame["column"].astype(str))
    rows, columns = (list(dict.fromkeys(names[side])) for side in ("row", "column"))
    columns = rows if set(rows) == set(columns) else columns
    table = names.pivot_table(index="row", columns="column", values="value", sort=False, observed=True)
    table = table.reindex(index=rows, columns=columns)
    heads = _heads(canvas, rows, columns)
    top = 8 + _LINE * len(heads.key) + 26
    side = (canvas.width - heads.left - 12) / max(len(columns), 1)
    under = 30 if label or threshold is not None else 10
    figure = canvas.figure(top + _ROW * len(rows) + under)
    axes = bare(canvas, figure, 0, top + _ROW * len(rows) + under)
    for line, text in enumerate(heads.key):
        axes.text(6, 10 + _LINE * line, text, size=12, va="center")
    for place, text in enumerate(heads.columns):
        axes.text(heads.left + side * (place + 0.5), top - 13, text, ha="center", va="center", size=12)
    for place, text in enumerate(heads.rows):
        axes.text(heads.left - 8, top + _ROW * (place + 0.5), text, ha="right", va="center", size=13)
    _cells(axes, table, (heads.left, top, side), kind, threshold, (low, high), places)
    _foot(axes, canvas, top + _ROW * len(rows) + 14, label, kind, threshold)
    return figure


@dataclass(frozen=True)
class _Heads:
    """The headings as they are written, a key of those that are codes, and the room to the left of the cells."""

    rows: list[str]
    columns: list[str]
    key: list[str]
    left: float


def _heads(canvas: Canvas, rows: Sequence[str], columns: Sequence[str]) -> _Heads:
    square = list(rows) == list(columns)
    numbered = [f"{place} {name}" for place, name in enumerate(rows, 1)]
    widest = max((text_width(name) for name in numbered), default=0) + 18
    left = min(widest, canvas.width * (0.4 if canvas.narrow else 0.34))
    least = 30 if widest <= left else 44
    coded = canvas.narrow and left + least * len(columns) > canvas.width - 12
    left = _NUMBER if coded else left
    side = (canvas.width - left - 12) / max(len(columns), 1)
    plain = all(text_width(name, 12) < side - 4 for name in columns) and not (coded and square)
    lettered = [f"{_letter(place)} {name}" for place, name in enumerate(columns)]
    entries = numbered if coded or (square and not plain and widest > left) else []
    entries = entries if plain or square else [*entries, *lettered]
    shown = [fit(name, left - 14) for name in (numbered if square and not plain else rows)]
    numbers = [str(place) for place in range(1, len(rows) + 1)]
    codes = numbers if square else [_letter(place) for place in range(len(columns))]
    return _Heads(
        numbers if coded else shown, list(columns) if plain else codes, _lines(canvas, entries), left
    )


def _letter(place: int) -> str:
    """Give A, B... Z, A1, B1..."""
    return chr(ord("A") + place % 26) + (str(place // 26) if place > 25 else "")


def _lines(canvas: Canvas, entries: Sequence[str]) -> list[str]:
    """Put entries on lines, as many on each as fit."""
    found: list[str] = []
    for entry in entries:
        one = fit(entry, canvas.width - 20, 12)
        joined = f"{found[-1]}    {one}" if found else one
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
            axes.plot(np.take(xs, [0, 1, 1, 0, 0]), np.take(ys, [0, 0, 1, 1, 0]), color=LIGHT["ink"], lw=1)
            if not text:
                axes.plot([x + side / 2], [y + _ROW / 2], "o", ms=5, color=LIGHT["ink"])


def _written(value: float, kind: str, places: int, side: float, size: float) -> str:
    """Write a value as far as its cell has room: fewer digits, then none."""
    if kind == "p":
        tries = [digits.pvalue(value), "<.001" if value < 0.001 else f"{value:.3f}".lstrip("0")]
        tries += [f"{value:.2f}".lstrip("0")] if value >= 0.1 else []
    else:
        tries = [digits.score(value, places), digits.score(value, places).replace("0.", ".", 1)]
    return next((text for text in tries if text_width(text, size, bold=True) < side - 5), "")


def _foot(axes: Axes, canvas: Canvas, y: float, label: str, kind: str, threshold: float | None) -> None:
    beyond = "" if threshold is None else f"framed: {'below' if kind == 'p' else 'above'} {threshold:g}"
    text = "; ".join(part for part in (label, beyond) if part)
    if text:
        axes.text(6, y, fit(text, canvas.width - 16, 12), size=12, va="center", color=LIGHT["muted"])

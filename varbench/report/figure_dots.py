"""Every score or difference as a dot: the spread of each procedure, and paired differences against a margin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from varbench.report import digits
from varbench.report.figure_canvas import Canvas, fit, strip, text_width, ticks_inside
from varbench.report.figure_intervals import label_room, labelled, limits, more, whisker
from varbench.report.figure_rows import Rows, bare
from varbench.report.figure_style import LIGHT, Series

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Rows of dots are tall: a figure ends after so many.
MOST_STRIPS = 40


def strips(
    canvas: Canvas,
    frame: pd.DataFrame,
    *,
    xlabel: str = "score",
    references: Sequence[Mapping[str, Any]] = (),
    places: int = 3,
) -> Figure:
    """Every score of each procedure as a dot, and their mean as a bar.

    `frame` has the columns method and score, and panel where there are several data sets or metrics. A reference has
    ``x`` and ``label``.
    """
    panels = frame["panel"] if "panel" in frame else pd.Series("", index=frame.index)
    groups = [(str(p), str(m), part) for (p, m), part in frame.groupby([panels, frame["method"]], sort=False)]
    shown, left = groups[:MOST_STRIPS], len(groups) - MOST_STRIPS
    means = [digits.score(part["score"].mean(), places) for _, _, part in shown]
    head = 26.0 if references else 6.0
    rows = Rows(
        canvas, len(shown), 34, label_room(canvas, [_row_name(p, m) for p, m, _ in shown], 260), head=head,
        foot=62 if left > 0 else 44, right=14 if canvas.narrow else 20 + max(text_width(m, 12) for m in means),
    )  # fmt: skip
    limits(rows.axes, frame["score"], *(reference["x"] for reference in references))
    order = list(dict.fromkeys(method for _, method, _ in groups))
    for row, (panel, method, part) in enumerate(shown):
        look = canvas.look(method, order.index(method))
        if row and shown[row - 1][0] != panel:
            rows.part(row)
        labelled(rows, row, _row_name(panel, method), look.colour, value=means[row])
        values = part["score"].to_numpy(float)
        strip(rows.axes, values[np.isfinite(values)], rows.middle(row), look, height=24, size=4.2)
    for reference in references:
        rows.axes.axvline(reference["x"], color=LIGHT["muted"], lw=1, ls=(0, (2, 3)), zorder=1)
    if references:
        _words(
            canvas,
            rows,
            " · ".join(f"dotted: {r['label']} {digits.score(r['x'], places)}" for r in references),
        )
    rows.axes.set_xlabel(fit(xlabel, rows.room_below))
    ticks_inside(rows.axes, canvas)
    more(rows, left)
    return rows.figure


def _row_name(panel: str, method: str) -> str:
    return f"{panel}: {method}" if panel else method


def _words(canvas: Canvas, rows: Rows, text: str) -> None:
    """Write a line over the rows."""
    axes = bare(canvas, rows.figure, 0, rows.head)
    axes.text(
        rows.left,
        10,
        fit(text, canvas.width - rows.left - 10, 12),
        size=12,
        va="center",
        color=LIGHT["muted"],
    )


def differences(
    canvas: Canvas,
    frame: pd.DataFrame,
    *,
    first: str,
    second: str,
    label: str = "",
    margin: float | None = None,
    interval: tuple[float, float] | None = None,
    estimate: float | None = None,
    places: int = 3,
) -> Figure:
    """Paired differences as dots, below them their mean with its interval; a ground marks the margin.

    `frame` has the columns pair and difference, and dataset where there are several: a row each. `interval` and
    `estimate` are of a single row; of several, the frame's columns ``estimate``, ``ci_low`` and ``ci_high``.
    """
    groups = _groups(frame)
    shown, left = groups[:MOST_STRIPS], len(groups) - MOST_STRIPS
    told = [_summary(part, interval, estimate if len(groups) == 1 else None) for _, part in shown]
    values = [_written(one, places) for one in told]
    named = len(groups) > 1 or bool(groups[0][0])
    words = _key_words(margin, places, any(np.isfinite(one[1]) for one in told))
    rows = Rows(
        canvas, len(shown), 60, label_room(canvas, [name for name, _ in shown]) if named else 14,
        head=8 + 20 * (len(words) if canvas.narrow else 1), foot=62 if left > 0 else 44,
        right=14 if canvas.narrow else 20 + max(text_width(v, 12) for v in values),
    )  # fmt: skip
    ends = [end for one in told for end in one]
    limits(rows.axes, [*frame["difference"], *ends], 0.0)
    if margin is not None:
        rows.axes.axvspan(-margin, margin, color=LIGHT["muted"], alpha=0.18, lw=0, zorder=0)
    rows.axes.axvline(0, color=LIGHT["ink"], lw=1.2, zorder=1)
    for row, ((name, part), one) in enumerate(zip(shown, told, strict=True)):
        if row:
            rows.part(row)
        labelled(rows, row, name, value=values[row])
        _row(rows, row, part["difference"].to_numpy(float), one)
    _key(canvas, rows, words)
    rows.axes.set_xlabel(_direction(rows, first, second, label))
    ticks_inside(rows.axes, canvas)
    more(rows, left)
    return rows.figure


def _groups(frame: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Give a row a data set; else a row a pair where pairs have names that repeat; else one row."""
    for column in ("dataset", "pair"):
        named = column in frame and not pd.api.types.is_numeric_dtype(frame[column])
        if named and frame[column].duplicated().any():
            return [(str(name), part) for name, part in frame.groupby(column, sort=False)]
    return [("", frame)]


def _summary(
    part: pd.DataFrame, interval: tuple[float, float] | None, estimate: float | None
) -> tuple[float, float, float]:
    """Give estimate and interval of a row; the mean where no estimate is given."""
    columns = {"estimate", "ci_low", "ci_high"}
    if columns <= set(part.columns):
        row = part.iloc[0]
        return float(row["estimate"]), float(row["ci_low"]), float(row["ci_high"])
    mean = float(part["difference"].mean()) if estimate is None else float(estimate)
    return (mean, *((np.nan, np.nan) if interval is None else map(float, interval)))


def _written(one: tuple[float, float, float], places: int) -> str:
    number = digits.signed(one[0], places)
    if not np.isfinite(one[1:]).all():
        return number
    return f"{number} [{digits.score(one[1], places)}, {digits.score(one[2], places)}]"


def _row(rows: Rows, row: int, values: Any, one: tuple[float, float, float]) -> None:
    look = Series(LIGHT["s2"], "o", "")
    top, finite = rows.top(row), values[np.isfinite(values)]
    strip(rows.axes, finite, top + 22, look, height=34, size=4.6, middle=lambda _: np.nan)
    whisker(rows.axes, one[1], one[2], top + 50, width=2.4)
    if np.isfinite(one[0]):
        rows.axes.plot([one[0]], [top + 50], "D", ms=7, color=LIGHT["s1"], zorder=4)


def _key_words(margin: float | None, places: int, has_interval: bool) -> list[str]:
    found = ["mean and interval" if has_interval else "mean"]
    return found if margin is None else [*found, f"within the margin, ±{margin:.{places}g}"]


def _key(canvas: Canvas, rows: Rows, words: Sequence[str]) -> None:
    axes = bare(canvas, rows.figure, 0, rows.head)
    x, y = rows.left + 2, 12.0
    for place, text in enumerate(words):
        if place == 0:
            axes.plot([x, x + 24], [y, y], color=LIGHT["ink"], lw=2.4)
            axes.plot([x + 12], [y], "D", ms=7, color=LIGHT["s1"])
        else:
            axes.fill_between([x, x + 24], y - 7, y + 7, color=LIGHT["muted"], alpha=0.25, lw=0)
        axes.text(x + 32, y, text, size=12, va="center")
        x, y = (x, y + 20) if canvas.narrow else (x + 60 + text_width(text, 12), y)


def _direction(rows: Rows, first: str, second: str, label: str) -> str:
    of = f"{label}: " if label else ""
    if rows.canvas.narrow:
        return fit(f"{of}right of 0, the first is ahead", rows.room_below)
    room = (rows.room_below - text_width(f"{of} minus ; right of 0,  is ahead")) / 3 - 4
    one, two = fit(first, room), fit(second, room)
    return f"{of}{one} minus {two}; right of 0, {one} is ahead"

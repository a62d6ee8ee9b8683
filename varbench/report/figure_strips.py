"""Every repeat as a dot: the first picture, and a panel a metric."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from varbench.report import digits
from varbench.report.figure_canvas import Canvas, key, score_axis, strip
from varbench.report.figure_style import LIGHT, Series, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def opening(
    canvas: Canvas,
    frame: pd.DataFrame,
    *,
    label: str,
    low: float,
    high: float,
    constant: float | None = None,
    constant_word: str = "",
) -> Figure:
    """Every repeat's score, as a procedure tells it and as it truly is.

    `frame` has the columns procedure, what (``own`` or ``true``), words and score.
    """
    places, bottom = _places(frame, canvas.narrow)
    left, head, foot = (10, 26, 44) if canvas.narrow else (226, 26, 44)
    figure = canvas.figure(head + bottom + foot)
    axes = canvas.axes(figure, left, head, canvas.width - left - 14, bottom)
    score_axis(axes, frame["score"], low, high, label)
    axes.set_ylim(bottom, 0)
    if constant is not None and axes.get_xlim()[0] <= constant <= axes.get_xlim()[1]:
        axes.axvline(constant, color=LIGHT["muted"], lw=1, ls=(0, (2, 3)), zorder=1)
        axes.annotate(
            constant_word,
            (constant, 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 5),
            ha="center",
            va="bottom",
            textcoords="offset points",
            size=12,
            color=LIGHT["muted"],
        )
    for (procedure, what, words), y, starts in places:
        chosen = (frame["procedure"] == procedure) & (frame["what"] == what)
        values = frame.loc[chosen, "score"].to_numpy(float)
        values = values[np.isfinite(values)]
        look = canvas.looks[procedure]
        strip(axes, values, y, look, height=34, hollow=what == "true")
        _strip_label(axes, canvas, y, words, values)
        if starts:
            _group_label(axes, canvas, y, procedure, look, alone=not words)
            if y > (60 if words or canvas.narrow else 40):
                axes.axhline(
                    y - (70 if canvas.narrow else 44 if words else 27), color=LIGHT["rule"], lw=1, zorder=0
                )
    return figure


def _places(
    frame: pd.DataFrame, narrow: bool
) -> tuple[list[tuple[tuple[str, str, str], float, bool]], float]:
    """Give the middle of every strip in pixels from the top, whether it is its procedure's first, and the bottom."""
    found: list[tuple[tuple[str, str, str], float, bool]] = []
    y, last = 0.0, ""
    for one in dict.fromkeys(zip(frame["procedure"], frame["what"], frame["words"], strict=True)):
        starts = one[0] != last
        first, next_ = (66, 58) if narrow else (42 if one[2] else 30, 42)
        y += (first if not found else first + 24) if starts else next_
        found.append((one, y, starts))
        last = one[0]
    return found, y + 26


def _group_label(axes: Axes, canvas: Canvas, y: float, procedure: str, look: Series, *, alone: bool) -> None:
    across = axes.get_yaxis_transform()
    if canvas.narrow:
        axes.text(
            0,
            y - 51,
            shorten(procedure, 30),
            transform=across,
            size=14,
            weight="bold",
            va="center",
            color=look.colour,
            bbox=_clear(),
        )
        return
    axes.annotate(
        shorten(procedure, 16 if alone else 22),
        (0, y if alone else y - 25),
        xycoords=across,
        xytext=(-66 if alone else -14, 0),
        textcoords="offset points",
        ha="right",
        va="center",
        size=14,
        weight="bold",
        color=look.colour,
    )


def _strip_label(axes: Axes, canvas: Canvas, y: float, words: str, values: Any) -> None:
    mean = digits.score(float(values.mean())) if len(values) else digits.NONE
    across = axes.get_yaxis_transform()
    if canvas.narrow:
        axes.text(0, y - 30, words, transform=across, size=13, va="center", bbox=_clear())
        axes.text(
            1, y - 30, mean, transform=across, size=13, ha="right", va="center", weight="bold", bbox=_clear()
        )
        return
    beside: dict[str, Any] = {
        "xycoords": across,
        "textcoords": "offset points",
        "va": "center",
        "ha": "right",
        "size": 13,
    }
    axes.annotate(words, (0, y), xytext=(-66, 0), **beside)
    axes.annotate(mean, (0, y), xytext=(-14, 0), weight="bold", **beside)


def _clear() -> dict[str, Any]:
    """Give letters a ground of the page's colour, so that no line runs through them."""
    return {"facecolor": LIGHT["paper"], "edgecolor": "none", "pad": 1.5}


def distributions(canvas: Canvas, frame: pd.DataFrame, *, metrics: dict[str, dict[str, Any]]) -> Figure:
    """Every repeat's score, a panel a metric; a short line under it marks the constant classifiers."""
    columns = 1 if canvas.narrow else 3
    names = [str(name) for name in dict.fromkeys(frame["metric"])]
    procedures = list(dict.fromkeys(frame["procedure"]))
    top = 22 * (len(procedures) if canvas.narrow else 1) + 8
    gap, head, band, foot = 26, 22, 26, 22
    width = (canvas.width - 30 - gap * (columns - 1)) / columns
    tall = head + band * len(procedures) + foot + 10
    rows = -(-len(names) // columns)
    figure = canvas.figure(top + rows * tall)
    key(figure, canvas, procedures, top)
    for index, name in enumerate(names):
        row, column = divmod(index, columns)
        axes = canvas.axes(
            figure, 15 + column * (width + gap), top + row * tall + head, width, band * len(procedures)
        )
        about, part = metrics[name], frame[frame["metric"] == name]
        score_axis(axes, part["score"], about["low"], about["high"], "")
        axes.locator_params(axis="x", nbins=4)
        axes.set_ylim(len(procedures) - 0.5, -0.5)
        axes.set_title(
            shorten(about["label"], 22) + ("" if about["greater"] else " (less is better)"),
            loc="left",
            size=13,
        )
        for place, procedure in enumerate(procedures):
            values = part.loc[part["procedure"] == procedure, "score"].to_numpy(float)
            strip(
                axes,
                values[np.isfinite(values)],
                place,
                canvas.looks[procedure],
                height=0.7,
                size=2.8,
                middle=np.median,
            )
        low, high = axes.get_xlim()
        for value in about["constants"]:
            if low <= value <= high:
                axes.plot(
                    [value, value],
                    [0, 0.09],
                    transform=axes.get_xaxis_transform(),
                    color=LIGHT["ink"],
                    lw=1.6,
                    zorder=5,
                )
    return figure

"""Pairs beside each other: two images with their names, or two rows of a table, feature by feature."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from varbench.report.figure_canvas import Canvas, fit, text_width
from varbench.report.figure_rows import bare
from varbench.report.figure_style import LIGHT, SERIES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Between the two pictures of a pair, between pairs, and the lines of letters over and under a picture.
_GAP, _BETWEEN, _HEAD, _LINE = 8.0, 26.0, 24.0, 18.0
#: Height of a panel of two rows, with its letters.
_PANEL, _LEFT = 96.0, 44.0
_PREFIX = "data:image/png;base64,"


def image_pairs(canvas: Canvas, frame: pd.DataFrame) -> Figure:
    """Pairs of images, each as a pair of pictures.

    `frame` has the columns pair, said, picture and `other picture` (``data:`` addresses of PNG), side and `other side`,
    row and other, and file and other_file where the images have names.
    """
    columns = 1 if canvas.narrow else min(3, max(2, len(frame)))
    wide = (canvas.width - 16 - _BETWEEN * (columns - 1)) / columns
    size = (wide - _GAP) / 2
    tall = _HEAD + size + 2 * _LINE + 20
    figure = canvas.figure(tall * -(-len(frame) // columns))
    letters = bare(canvas, figure, 0, figure.get_figheight() * 72)
    for number, one in enumerate(frame.to_dict("records")):
        left = 8 + (number % columns) * (wide + _BETWEEN)
        top = (number // columns) * tall
        heading = fit(f"{one['pair']}  {one['said']}", wide, bold=True)
        letters.text(left, top + 12, heading, va="center", weight="bold")
        for place, prefix in enumerate(("", "other ")):
            x = left + place * (size + _GAP)
            _picture(canvas, figure, str(one[f"{prefix}picture"]), x, top + _HEAD, size)
            file = str(one.get("other_file" if prefix else "file") or "").rpartition("/")[2]
            name = file or f"row {int(one['other' if prefix else 'row']):,}"
            below = top + _HEAD + size + 11
            letters.text(x, below, fit(name, size, 12), va="center", size=12)
            side = fit(str(one[f"{prefix}side"]), size, 12)
            letters.text(x, below + _LINE, side, va="center", size=12, color=LIGHT["muted"])
    return figure


def _picture(canvas: Canvas, figure: Figure, address: str, left: float, top: float, size: float) -> None:
    """Draw a picture into a square, with a line around it: it may be as dark as the page."""
    from matplotlib.image import imread

    pixels = imread(io.BytesIO(base64.b64decode(address.removeprefix(_PREFIX))), format="png")
    tall, wide = pixels.shape[:2]
    most = max(tall, wide)
    width, height = size * wide / most, size * tall / most
    axes = canvas.axes(figure, left + (size - width) / 2, top + (size - height) / 2, width, height)
    grey: dict[str, Any] = {"cmap": "gray", "vmin": 0.0, "vmax": 1.0} if pixels.ndim == 2 else {}
    axes.imshow(pixels, aspect="auto", interpolation="nearest", **grey)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set(visible=True, color=LIGHT["muted"], linewidth=1.0)


def row_pairs(canvas: Canvas, frame: pd.DataFrame, *, xlabel: str = "") -> Figure:
    """Pairs of rows, each a panel with two lines over the features: where they lie on each other the rows are alike.

    `frame` has the columns pair, said, row, other, feature, value and `other value`; values between 0 and 1.
    """
    numbers = list(dict.fromkeys(frame["pair"]))
    head = (2 if canvas.narrow else 1) * _LINE + 10
    figure = canvas.figure((head + _PANEL + 8) * len(numbers) + 26)
    letters = bare(canvas, figure, 0, figure.get_figheight() * 72)
    for place, number in enumerate(numbers):
        part = frame[frame["pair"] == number]
        top = place * (head + _PANEL + 8)
        _heading(canvas, letters, part.iloc[0], top + 14)
        axes = canvas.axes(figure, _LEFT, top + head, canvas.width - _LEFT - 14, _PANEL)
        _panel(axes, part)
        if place == len(numbers) - 1:
            axes.set_xlabel(fit(xlabel, canvas.width - _LEFT - 14))
    return figure


def _heading(canvas: Canvas, letters: Axes, one: pd.Series, y: float) -> None:
    """Say whose the two lines are, with the marker of each."""
    first, second = f"row {int(one['row']):,}", f"row {int(one['other']):,}"
    x = _LEFT
    for name, look, hollow in ((first, SERIES[1], False), (second, SERIES[0], True)):
        letters.plot([x + 6], [y], look.marker, ms=5 if not hollow else 8, mfc="none" if hollow else look.colour,
                     mec=look.colour, mew=1.3)  # fmt: skip
        letters.text(x + 17, y, name, va="center", color=look.colour)
        x += 17 + text_width(name) + 14
    if canvas.narrow:
        x, y = _LEFT, y + _LINE
    letters.text(x, y, fit(str(one["said"]), canvas.width - x - 14), va="center", color=LIGHT["muted"])


def _panel(axes: Axes, part: pd.DataFrame) -> None:
    x = np.arange(1, len(part) + 1)
    solid, hollow = SERIES[1], SERIES[0]
    axes.plot(x, part["value"], solid.marker, ls="-", lw=1.2, ms=4, color=solid.colour, zorder=3)
    axes.plot(
        x, part["other value"], hollow.marker, ls=(0, (3, 2)), lw=1.0, ms=7, mfc="none", mec=hollow.colour, mew=1.3,
        color=hollow.colour, zorder=4,
    )  # fmt: skip
    axes.set_xlim(0.3, len(part) + 0.7)
    axes.set_ylim(-0.06, 1.06)
    axes.set_yticks([0, 0.5, 1], ["0", "½", "1"])
    axes.set_xticks([])
    axes.grid(axis="y", color=LIGHT["rule"], lw=0.8)

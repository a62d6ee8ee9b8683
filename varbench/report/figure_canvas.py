"""Where a figure is drawn, and the pieces that several figures share: a strip of dots, an axis of scores, a key."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from varbench.report.figure_style import DOTS_AT_MOST, LIGHT, PHONE, SERIES, Series, beeswarm, shorten
from varbench.report.scrub import clean

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Canvas:
    """Where to draw: the width in pixels, and the looks of each procedure."""

    width: int
    looks: dict[str, Series]

    @property
    def narrow(self) -> bool:
        """Whether it is a phone's."""
        return self.width <= PHONE

    def look(self, name: str, index: int = 0) -> Series:
        """Give the looks of a name; of one that nobody named before, those of its place."""
        return self.looks.get(name, SERIES[index % len(SERIES)])

    def figure(self, height: float) -> Figure:
        """Make an empty figure of some height in pixels."""
        from matplotlib.figure import Figure

        return Figure(figsize=(self.width / 72, height / 72))

    def axes(self, figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
        """Make axes at a place in pixels, measured from the left and from the top."""
        total = figure.get_figheight() * 72
        return figure.add_axes(
            (left / self.width, 1 - (top + height) / total, width / self.width, height / total)
        )


@lru_cache(maxsize=10_000)
def text_width(text: str, size: float = 13, *, bold: bool = False) -> float:
    """Give about how many pixels a text takes, rather too many: a page's letters are narrower than matplotlib's."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextToPath

    narrow = "".join(c for c in text if unicodedata.east_asian_width(c) not in "WF")
    font = FontProperties(size=size, weight="bold" if bold else "normal")
    width = TextToPath().get_text_width_height_descent(narrow, font, ismath=False)[0]
    return float(width) + size * (len(text) - len(narrow))


def fit(text: str, pixels: float, size: float = 13, *, bold: bool = False) -> str:
    """Cut a name in its middle where it would not fit: long names differ at their ends."""
    text = clean(text, 200)
    if not text or text_width(text, size, bold=bold) <= pixels:
        return text
    fitting, too_long = 2, len(text)
    while too_long - fitting > 1:
        kept = (fitting + too_long) // 2
        fits = text_width(_without_middle(text, kept), size, bold=bold) <= pixels
        fitting, too_long = (kept, too_long) if fits else (fitting, kept)
    return _without_middle(text, fitting)


def _without_middle(text: str, kept: int) -> str:
    return f"{text[: (kept + 1) // 2].rstrip()}…{text[len(text) - kept // 2 :].lstrip()}"


def ticks_inside(axes: Axes, canvas: Canvas) -> None:
    """Keep of an x axis the ticks whose labels do not reach over the edges of the figure."""
    low, high = axes.get_xlim()
    ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
    texts = axes.xaxis.get_major_formatter().format_ticks(ticks)
    box = axes.get_position()
    places = [
        box.x0 + box.width * float(axes.transAxes.inverted().transform(axes.transData.transform((t, 0)))[0])
        for t in ticks
    ]
    inside = [
        (tick, text)
        for tick, text, place in zip(ticks, texts, places, strict=True)
        if min(place, 1 - place) * canvas.width >= text_width(text, 12) / 2
    ]
    axes.set_xticks([tick for tick, _ in inside], [text for _, text in inside])


def looks(procedures: Sequence[str]) -> dict[str, Series]:
    """Give each procedure a colour, a marker and a hatch of its own."""
    return {name: SERIES[index % len(SERIES)] for index, name in enumerate(procedures)}


def strip(
    axes: Axes,
    values: Any,
    y: float,
    look: Series,
    *,
    height: float,
    hollow: bool = False,
    size: float = 4.6,
    middle: Callable[[Any], Any] = np.mean,
) -> None:
    """Draw every value as a dot, and their mean or median as a bar; many thousands as an outline."""
    if not len(values):
        across = axes.get_yaxis_transform()
        axes.text(0.5, y, "no score", transform=across, ha="center", va="center", color=LIGHT["muted"])
        return
    if len(values) > DOTS_AT_MOST:
        counts, edges = np.histogram(values, 60)
        half, middles = counts / counts.max() * height / 2, (edges[1:] + edges[:-1]) / 2
        axes.fill_between(middles, y - half, y + half, step="mid", color=look.colour, alpha=0.5, lw=0)
    else:
        low, high = sorted(axes.get_xlim())
        dots: dict[str, Any] = {
            "ls": "none",
            "ms": size,
            "mew": 0.9,
            "mec": look.colour,
            "alpha": 0.75,
            "zorder": 3,
        }
        offsets = beeswarm(values, (high - low) / 130, height)
        axes.plot(values, y + offsets, look.marker, mfc="none" if hollow else look.colour, **dots)
    bar = [y - 0.55 * height, y + 0.55 * height]
    axes.plot([middle(values)] * 2, bar, color=LIGHT["ink"], lw=2, zorder=4, solid_capstyle="butt")


def score_axis(axes: Axes, values: pd.Series, low: float, high: float, label: str) -> None:
    """Prepare an axis of scores: as far as the scores go, and hardly further than the metric can."""
    finite = values[np.isfinite(values)]
    least, most = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    pad = 0.04 * max(most - least, 0.05)
    axes.set_xlim(max(least - pad, low - pad / 2), min(most + pad, high + pad / 2))
    axes.set_yticks([])
    axes.grid(axis="x", color=LIGHT["rule"], lw=0.8)
    axes.set_xlabel(label)
    axes.locator_params(axis="x", nbins=7)


def key(figure: Figure, canvas: Canvas, procedures: Sequence[str], height: float, left: float = 0.0) -> None:
    """Write which colour and marker is whose: beside each other on a page, below each other on a phone."""
    axes = canvas.axes(figure, 0, 0, canvas.width, height)
    axes.set_axis_off()
    axes.set_xlim(0, canvas.width)
    axes.set_ylim(height, 0)
    x, y = left + 8, 12.0
    for procedure in procedures:
        look, text = canvas.looks[procedure], shorten(procedure, 34 if canvas.narrow else 22)
        axes.plot([x], [y], look.marker, ms=6, mfc=look.colour, mec=look.colour)
        axes.text(x + 10, y, text, va="center", size=13, color=look.colour)
        x, y = (x, y + 22) if canvas.narrow else (x + 34 + 7.2 * len(text), y)

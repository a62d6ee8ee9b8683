"""One row a metric or a procedure: differences with their intervals, gaps to the truth, shares, published figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from varbench.report import digits
from varbench.report.figure_canvas import Canvas, key
from varbench.report.figure_style import LIGHT, shorten
from varbench.report.frames import each

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: (marker, face, edge) of a difference and its parts: told apart by form and fill as well as by colour.
_MARKS = (
    ("o", LIGHT["ink"], LIGHT["ink"]),
    ("s", LIGHT["s1"], LIGHT["s1"]),
    ("D", LIGHT["paper"], LIGHT["s2"]),
)


@dataclass
class Rows:
    """A figure of rows, each with a label: to its left, or above what it shows on a phone.

    Parameters
    ----------
    canvas : Canvas
        Where to draw.
    number : int
        How many rows.
    height : float
        Of what a row shows, in pixels.
    left, head, foot : float
        Room for labels (on a page), for a key, and for the axis, in pixels.
    right : float
        Room beyond the axes.
    """

    canvas: Canvas
    number: int
    height: float
    left: float
    head: float = 6
    foot: float = 44
    right: float = 16

    def __post_init__(self) -> None:
        self.lift = 22.0 if self.canvas.narrow else 0.0
        self.left = 10 if self.canvas.narrow else self.left
        total = (self.height + self.lift) * self.number
        self.figure: Figure = self.canvas.figure(self.head + total + self.foot)
        self.axes: Axes = self.canvas.axes(
            self.figure, self.left, self.head, self.canvas.width - self.left - self.right, total
        )
        self.axes.set_ylim(total, 0)
        self.axes.set_yticks([])
        self.axes.grid(axis="x", color=LIGHT["rule"], lw=0.8)

    @property
    def room_below(self) -> float:
        """How many pixels a label has that stands in the middle below the axes."""
        middle = (self.left + self.canvas.width - self.right) / 2
        return 2 * min(middle, self.canvas.width - middle) - 8

    def top(self, row: int) -> float:
        """Give where what a row shows begins."""
        return row * (self.height + self.lift) + self.lift

    def middle(self, row: int) -> float:
        """Give the middle of what a row shows."""
        return self.top(row) + self.height / 2

    def shade(self, row: int) -> None:
        """Put a ground under every other row."""
        if row % 2 == 0:
            self.axes.axhspan(
                self.top(row) - self.lift, self.top(row) + self.height, color=LIGHT["band"], lw=0, zorder=0
            )

    def part(self, row: int) -> None:
        """Draw a line above a row."""
        self.axes.axhline(self.top(row) - self.lift, color=LIGHT["rule"], lw=1)

    def label(
        self, row: int, text: str, colour: str = LIGHT["ink"], *, strong: bool = False, shaded: bool = False
    ) -> None:
        """Write a row's label."""
        weight = "bold" if strong else "normal"
        across = self.axes.get_yaxis_transform()
        if self.canvas.narrow:
            # A ground of its own, so that no line runs through the letters.
            ground = LIGHT["band"] if shaded and row % 2 == 0 else LIGHT["paper"]
            self.axes.text(
                0,
                self.top(row) - 7,
                text,
                transform=across,
                size=13,
                va="center",
                color=colour,
                weight=weight,
                bbox={"facecolor": ground, "edgecolor": "none", "pad": 1.0},
            )
        else:
            self.axes.annotate(
                text,
                (0, self.middle(row)),
                xycoords=across,
                xytext=(-11, 0),
                textcoords="offset points",
                ha="right",
                va="center",
                size=13,
                color=colour,
                weight=weight,
            )

    def value(self, row: int, text: str) -> None:
        """Write a row's number: to the right of the axes, or at the end of the label's line on a phone."""
        across = self.axes.get_yaxis_transform()
        if self.canvas.narrow:
            place, ground = (
                (1, self.top(row) - 7),
                {"facecolor": LIGHT["paper"], "edgecolor": "none", "pad": 1.0},
            )
            self.axes.text(*place, text, transform=across, size=12, ha="right", va="center", bbox=ground)
            return
        self.axes.annotate(
            text,
            (1, self.middle(row)),
            xycoords=across,
            xytext=(10, 0),
            textcoords="offset points",
            va="center",
            size=12,
        )


def bare(canvas: Canvas, figure: Figure, top: float, height: float) -> Axes:
    """Give a strip of the figure in pixels, without axes, for a key."""
    axes = canvas.axes(figure, 0, top, canvas.width, height)
    axes.set_axis_off()
    axes.set_xlim(0, canvas.width)
    axes.set_ylim(height, 0)
    return axes


def forest(
    canvas: Canvas, frame: pd.DataFrame, *, first: str, second: str, margin: float | None = None
) -> Figure:
    """The difference of each metric with its interval, and its parts where it has parts.

    `frame` has the columns label, part, estimate, ci_low, ci_high, primary.
    """
    labels, parts = list(dict.fromkeys(frame["label"])), list(dict.fromkeys(frame["part"]))
    keyed = 26 * (len(parts) if canvas.narrow else 1) if len(parts) > 1 else 0
    rows = Rows(canvas, len(labels), 18 * len(parts) + 14, 150, head=keyed + 6)
    for row, label in enumerate(labels):
        mine = frame[frame["label"] == label]
        rows.shade(row)
        rows.label(row, shorten(label, 22), strong=bool(mine["primary"].any()), shaded=True)
        for place, part in enumerate(parts):
            for one in each(mine[mine["part"] == part]):
                _whisker(rows.axes, one, rows.top(row) + 16 + 18 * place, *_MARKS[place % 3])
    rows.axes.axvline(0, color=LIGHT["ink"], lw=1.2, zorder=1)
    if margin is not None:
        rows.axes.axvspan(-margin, margin, color=LIGHT["muted"], alpha=0.18, lw=0, zorder=0)
    _limits(rows.axes, frame)
    whole = f"{shorten(first, 18)} minus {shorten(second, 18)}; right of 0: {shorten(first, 14)} looks better"
    rows.axes.set_xlabel("right of 0: the first looks better" if canvas.narrow else whole)
    if keyed:
        _parts_key(rows, parts, keyed)
    return rows.figure


def _limits(axes: Axes, frame: pd.DataFrame) -> None:
    ends = frame[["estimate", "ci_low", "ci_high"]].to_numpy(float)
    low, high = min(float(np.nanmin(ends)), 0.0), max(float(np.nanmax(ends)), 0.0)
    pad = 0.05 * max(high - low, 0.02)
    axes.set_xlim(low - pad, high + pad)


def _whisker(axes: Axes, one: Any, y: float, marker: str, face: str, colour: str) -> None:
    if np.isfinite(one.ci_low) and np.isfinite(one.ci_high):
        axes.plot([one.ci_low, one.ci_high], [y, y], color=colour, lw=1.8, zorder=2, solid_capstyle="butt")
        axes.plot([one.ci_low, one.ci_high], [y, y], "|", color=colour, ms=7, mew=1.6, zorder=2)
    if np.isfinite(one.estimate):
        axes.plot([one.estimate], [y], marker, ms=6.5, mfc=face, mec=colour, mew=1.6, zorder=3)


def _parts_key(rows: Rows, parts: list[str], height: float) -> None:
    axes = bare(rows.canvas, rows.figure, 0, height)
    x, y = rows.left + 6, 13.0
    for text, (marker, face, colour) in zip(parts, _MARKS, strict=False):
        axes.plot([x], [y], marker, ms=6.5, mfc=face, mec=colour, mew=1.6)
        axes.text(x + 11, y, text, va="center", size=13)
        x, y = (x, y + 24) if rows.canvas.narrow else (x + 40 + 6.9 * len(text), y)


def gaps(canvas: Canvas, frame: pd.DataFrame) -> Figure:
    """From own score to true score, a line a metric and procedure; a tick is the final fit.

    `frame` has the columns procedure, label, own, truth, final and primary.
    """
    procedures, labels = list(dict.fromkeys(frame["procedure"])), list(dict.fromkeys(frame["label"]))
    keyed = 22 * (len(procedures) if canvas.narrow else 1) + 6
    rows = Rows(canvas, len(labels), 18 * len(procedures) + 12, 160, head=keyed + 30, foot=26)
    key(rows.figure, canvas, procedures, keyed, rows.left)
    for row, label in enumerate(labels):
        mine = frame[frame["label"] == label]
        rows.shade(row)
        rows.label(row, shorten(label, 22), strong=bool(mine["primary"].any()), shaded=True)
        for place, procedure in enumerate(procedures):
            for one in each(mine[mine["procedure"] == procedure]):
                _gap(rows.axes, canvas, one, rows.top(row) + 6 + 18 * (place + 0.5))
    _gap_key(rows, keyed)
    return rows.figure


def _gap(axes: Axes, canvas: Canvas, one: Any, y: float) -> None:
    look = canvas.looks[one.procedure]
    axes.plot([one.own, one.truth], [y, y], color=look.colour, lw=1.6, zorder=2)
    axes.plot([one.truth], [y], look.marker, ms=6.5, mfc=LIGHT["paper"], mec=look.colour, mew=1.6, zorder=3)
    axes.plot([one.own], [y], look.marker, ms=6.5, mfc=look.colour, mec=look.colour, zorder=4)
    if np.isfinite(one.final):
        axes.plot([one.final], [y], "|", ms=12, mew=1.8, color=LIGHT["ink"], zorder=5)


def _gap_key(rows: Rows, top: float) -> None:
    axes, ink = bare(rows.canvas, rows.figure, top, 28), LIGHT["ink"]
    x = rows.left + 6
    for text, marker, face in (
        ("says", "o", ink),
        ("truly", "o", LIGHT["paper"]),
        ("final fit, truly", "|", ink),
    ):
        axes.plot([x], [12], marker, ms=6.5 if marker == "o" else 12, mfc=face, mec=ink, mew=1.6)
        axes.text(x + 11, 12, text, va="center", size=13)
        x += 40 + 6.9 * len(text)


def copies(canvas: Canvas, frame: pd.DataFrame) -> Figure:
    """Which share of the test rows has a copy, a relative or a row of its group in training.

    `frame` has the columns procedure, relation, rows and share; all rows first.
    """
    bars = list(each(frame))
    rows = Rows(canvas, len(bars), 28, 300, right=70)
    for row, bar in enumerate(bars):
        look = canvas.looks[bar.procedure]
        if row and bars[row - 1].procedure != bar.procedure:
            rows.part(row)
        text = f"{shorten(bar.procedure, 14)}: {bar.relation}, {shorten(bar.rows, 12)}"
        rows.label(row, shorten(text, 42), look.colour)
        rows.axes.barh(
            rows.middle(row),
            bar.share,
            height=17,
            facecolor=LIGHT["paper"],
            edgecolor=look.colour,
            lw=1.2,
            hatch=look.hatch,
        )
        rows.axes.annotate(
            digits.percent(bar.share),
            (bar.share, rows.middle(row)),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            size=13,
        )
    rows.axes.grid(visible=False)
    rows.axes.set_xlim(0, 1)
    rows.axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
    rows.axes.set_xlabel("share of the test rows")
    return rows.figure


def published(canvas: Canvas, frame: pd.DataFrame, *, ranges: dict[str, tuple[float, float]]) -> Figure:
    """Published mean and two SD beside ours, procedure by procedure; two cohorts, side by side and not subtracted.

    `frame` has the columns procedure, metric, label, mean, sd (published), ours and ours_sd; `ranges` where each
    metric lies.
    """
    found = list(each(frame))
    rows = Rows(canvas, len(found), 32, 240, head=34, foot=26)
    for row, one in enumerate(found):
        look, y, ends = canvas.looks[one.procedure], rows.middle(row), ranges[one.metric]
        if row and found[row - 1].procedure != one.procedure:
            rows.part(row)
        rows.label(row, f"{shorten(one.procedure, 16)}: {shorten(one.label, 18)}", look.colour)
        _published_bar(rows.axes, _two_sd(one.mean, one.sd, ends), one.mean, y + 4)
        if np.isfinite(one.ours):
            rows.axes.plot(_two_sd(one.ours, one.ours_sd, ends), [y - 5] * 2, color=look.colour, lw=1.8)
            rows.axes.plot([one.ours], [y - 5], look.marker, ms=6.5, color=look.colour)
    axes = bare(canvas, rows.figure, 0, 34)
    _published_bar(axes, [rows.left + 2, rows.left + 26], rows.left + 14, 14)
    axes.text(rows.left + 34, 14, "published", va="center", size=13)
    axes.plot([rows.left + 116, rows.left + 140], [14, 14], color=LIGHT["ink"], lw=1.8)
    axes.plot([rows.left + 128], [14], "o", ms=6.5, color=LIGHT["ink"])
    axes.text(rows.left + 148, 14, "here; both mean ± 2 SD", va="center", size=13)
    return rows.figure


def _published_bar(axes: Axes, ends: list[float], mean: float, y: float) -> None:
    axes.plot(ends, [y, y], color=LIGHT["muted"], lw=6, solid_capstyle="butt", alpha=0.55)
    axes.plot([mean], [y], "|", ms=11, mew=2, color=LIGHT["ink"])


def _two_sd(mean: float, sd: float, ends: tuple[float, float]) -> list[float]:
    """Give mean ± 2 SD, within what the metric can be."""
    spread = 2 * sd if np.isfinite(sd) else 0.0
    return [max(mean - spread, ends[0]), min(mean + spread, ends[1])]

"""Estimates with their intervals, a row each: forest plots, P(A>B) against its threshold, shares of the variance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from varbench.report import digits
from varbench.report.figure_canvas import Canvas, fit, text_width, ticks_inside
from varbench.report.figure_rows import Rows
from varbench.report.figure_style import LIGHT
from varbench.report.frames import each

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: A figure ends after so many rows and says how many more there are.
MOST_ROWS = 60
_INK, _MUTED = LIGHT["ink"], LIGHT["muted"]


def label_room(canvas: Canvas, labels: Sequence[str], most: float = 230) -> float:
    """Give how many pixels the labels to the left of the axes take, no more than `most`."""
    widest = max((text_width(label, 13, bold=True) for label in labels), default=0)
    return 10 if canvas.narrow else min(max(widest + 20, 60), most)


def labelled(
    rows: Rows, row: int, text: str, colour: str = _INK, *, value: str = "", strong: bool = False
) -> None:
    """Write a row's label and its number, each as far as there is room."""
    room = rows.canvas.width - 26 - text_width(value, 12) - 14 if rows.canvas.narrow else rows.left - 18
    if text:
        rows.label(row, fit(text, room, bold=strong), colour, strong=strong)
    if value:
        rows.value(row, value)


def limits(axes: Axes, values: Any, *beside: float | None) -> tuple[float, float]:
    """Let an axis hold all finite values and what stands beside them."""
    found = np.concatenate([np.ravel(np.asarray(values, float)), [b for b in beside if b is not None]])
    found = found[np.isfinite(found)]
    low, high = (float(found.min()), float(found.max())) if len(found) else (0.0, 1.0)
    pad = 0.05 * max(high - low, 1e-9) if high > low else max(abs(low) * 0.05, 0.05)
    axes.set_xlim(low - pad, high + pad)
    axes.locator_params(axis="x", nbins=5)
    return low - pad, high + pad


def whisker(axes: Axes, low: float, high: float, y: float, *, width: float = 1.8) -> None:
    """Draw an interval; an end that is not finite has no tick."""
    ends = axes.get_xlim()
    shown = [max(low, ends[0]), min(high, ends[1])]
    if np.isnan(shown).any():
        return
    axes.plot(shown, [y, y], color=_INK, lw=width, zorder=2, solid_capstyle="butt")
    ticks = [end for end in (low, high) if np.isfinite(end)]
    axes.plot(ticks, [y] * len(ticks), "|", color=_INK, ms=7, mew=width, zorder=2)


def more(rows: Rows, left: int) -> None:
    """Say under the axis how many rows there were no room for."""
    if left > 0:
        text = f"{digits.count(left)} more in the table"
        rows.axes.annotate(
            text,
            (1, 0),
            xycoords="axes fraction",
            xytext=(0, -40),
            textcoords="offset points",
            ha="right",
            size=12,
        )


def intervals(
    canvas: Canvas,
    frame: pd.DataFrame,
    *,
    xlabel: str = "",
    reference: float | None = 0.0,
    margin: float | None = None,
    places: int = 3,
) -> Figure:
    """Estimates with their intervals, below them their mean and a prediction interval: a forest plot.

    `frame` has the columns label, estimate, ci_low, ci_high, and kind (``item``, ``mean``, ``prediction``) where not
    every row is an item. Numbers have a sign where the reference is 0.
    """
    shown = _kinds(frame).head(MOST_ROWS)
    found = list(each(shown))
    write = _written(digits.signed if reference == 0 else digits.score, places)
    values = [write(one) for one in found]
    left = len(frame) - len(shown)
    rows = Rows(
        canvas, len(found), 24, label_room(canvas, [str(one.label) for one in found]), foot=62 if left > 0 else 44,
        right=14 if canvas.narrow else 20 + max((text_width(v, 12) for v in values), default=0),
    )  # fmt: skip
    limits(rows.axes, shown[["estimate", "ci_low", "ci_high"]], reference, *_ends(margin))
    if margin is not None:
        rows.axes.axvspan(-margin, margin, color=_MUTED, alpha=0.18, lw=0, zorder=0)
    if reference is not None:
        rows.axes.axvline(reference, color=_INK, lw=1.2, zorder=1)
    for row, one in enumerate(found):
        if row and one.kind != "item" and found[row - 1].kind == "item":
            rows.part(row)
        labelled(rows, row, str(one.label), value=values[row], strong=one.kind != "item")
        _interval(rows.axes, one, rows.middle(row))
    rows.axes.set_xlabel(fit(xlabel, rows.room_below))
    ticks_inside(rows.axes, canvas)
    more(rows, left)
    return rows.figure


def _ends(margin: float | None) -> tuple[float, ...]:
    return () if margin is None else (-margin, margin)


def _kinds(frame: pd.DataFrame) -> pd.DataFrame:
    """Give the items first, then what sums them up, which is never cut off."""
    kinds = frame["kind"] if "kind" in frame else pd.Series("item", index=frame.index)
    known = frame.assign(kind=kinds)
    items, sums = known[known["kind"] == "item"], known[known["kind"] != "item"]
    return pd.concat([items.head(MOST_ROWS - len(sums)), sums]) if len(sums) else items


def _written(number: Callable[[float, int], str], places: int) -> Callable[[Any], str]:
    def write(one: Any) -> str:
        there = np.isfinite([one.ci_low, one.ci_high]).all()
        bounds = f"[{digits.score(one.ci_low, places)}, {digits.score(one.ci_high, places)}]" if there else ""
        return (
            f"{number(one.estimate, places) if np.isfinite(one.estimate) else ''} {bounds}".strip()
            or digits.NONE
        )

    return write


def _interval(axes: Axes, one: Any, y: float) -> None:
    if one.kind == "prediction":
        axes.plot([one.ci_low, one.ci_high], [y, y], color=_MUTED, lw=7, alpha=0.55, solid_capstyle="butt")
        return
    mean = one.kind == "mean"
    whisker(axes, one.ci_low, one.ci_high, y, width=2.6 if mean else 1.6)
    if np.isfinite(one.estimate):
        marker, colour = ("D", LIGHT["s1"]) if mean else ("o", _INK)
        axes.plot([one.estimate], [y], marker, ms=8 if mean else 6, color=colour, zorder=3)


def outperform(canvas: Canvas, frame: pd.DataFrame, *, gamma: float | None = None) -> Figure:
    """How often the first of a pair scores higher, with its interval, against 1/2 and the threshold gamma.

    `frame` has the columns pair, estimate, ci_low, ci_high and n.
    """
    found = list(each(frame.head(MOST_ROWS)))
    write = _written(digits.score, 2)
    values = [f"{write(one)}, n = {digits.count(one.n)}" for one in found]
    left = len(frame) - len(found)
    rows = Rows(
        canvas, len(found), 26, label_room(canvas, [str(one.pair) for one in found]), head=30,
        foot=62 if left > 0 else 44,
        right=14 if canvas.narrow else 20 + max((text_width(v, 12) for v in values), default=0),
    )  # fmt: skip
    rows.axes.set_xlim(-0.02, 1.02)
    rows.axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "0.25", "0.5", "0.75", "1"])
    _line(rows, 0.5, "no difference", right=True)
    if gamma is not None:
        _line(rows, gamma, f"γ = {gamma:g}", right=gamma > 0.8 or gamma < 0.5, dashed=True)
    for row, one in enumerate(found):
        labelled(rows, row, str(one.pair), value=values[row])
        whisker(rows.axes, one.ci_low, one.ci_high, rows.middle(row))
        if np.isfinite(one.estimate):
            rows.axes.plot([one.estimate], [rows.middle(row)], "o", ms=7, color=LIGHT["s1"], zorder=3)
    rows.axes.set_xlabel("P(first > second)" if canvas.narrow else "probability that the first scores higher")
    ticks_inside(rows.axes, canvas)
    more(rows, left)
    return rows.figure


def _line(rows: Rows, x: float, text: str, *, right: bool, dashed: bool = False) -> None:
    """Draw a line from the top down, with words at its upper end: left of it, or right of it."""
    rows.axes.axvline(x, color=_INK, lw=1.2, ls=(0, (5, 3)) if dashed else "-", zorder=1)
    rows.axes.annotate(
        text, (x, 1), xycoords=rows.axes.get_xaxis_transform(), xytext=(-4 if right else 4, 9),
        textcoords="offset points", ha="right" if right else "left", va="center", size=12,
    )  # fmt: skip


def shares(
    canvas: Canvas, frame: pd.DataFrame, *, xlabel: str = "share of the variance", percent: bool = True
) -> Figure:
    """How much of the variance each source has; or its standard deviation, as parts of that of the split.

    `frame` has the columns source, share, ci_low and ci_high; `percent` writes shares as per cent, else a line marks 1.
    """
    found = list(each(frame.head(MOST_ROWS)))
    write = digits.percent if percent else digits.score
    values = [write(one.share) for one in found]
    rows = Rows(
        canvas, len(found), 30, label_room(canvas, [str(one.source) for one in found]),
        right=14 if canvas.narrow else 20 + max((text_width(v, 12) for v in values), default=0),
    )  # fmt: skip
    ends = frame[[c for c in ("share", "ci_low", "ci_high") if c in frame]].to_numpy(float)
    most = float(np.nanmax(ends[np.isfinite(ends)], initial=1.0))
    rows.axes.set_xlim(0, max(most * 1.03, 1.0))
    for row, one in enumerate(found):
        labelled(rows, row, str(one.source), value=values[row])
        y, edge = rows.middle(row), LIGHT["s2"]
        bar: dict[str, Any] = {
            "height": 16,
            "facecolor": LIGHT["paper"],
            "edgecolor": edge,
            "hatch": "///",
            "lw": 1.2,
        }
        rows.axes.barh(y, max(one.share, 0) if np.isfinite(one.share) else 0, **bar)
        whisker(rows.axes, getattr(one, "ci_low", np.nan), getattr(one, "ci_high", np.nan), y, width=2)
    if percent:
        ticks = np.arange(0, rows.axes.get_xlim()[1] + 1e-9, 0.25)
        rows.axes.set_xticks(ticks, [f"{100 * tick:.0f} %" for tick in ticks])
    else:
        rows.axes.axvline(1, color=_INK, lw=1.2, zorder=1)
        rows.axes.locator_params(axis="x", nbins=6)
    rows.axes.set_xlabel(fit(xlabel, rows.room_below))
    return rows.figure

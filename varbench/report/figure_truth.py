"""Own score against the truth, repeat by repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from varbench.report.figure_canvas import Canvas, key
from varbench.report.figure_style import LIGHT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def optimism(canvas: Canvas, frame: pd.DataFrame, *, label: str, low: float, high: float) -> Figure:
    """Own score against the same models' true score, a dot a repeat; on the line, a procedure tells the truth.

    `frame` has the columns procedure, own, true and final (of the fit on all rows).
    """
    side = min(canvas.width - 70, 400)
    procedures = list(dict.fromkeys(frame["procedure"]))
    top = 24 * (len(procedures) if canvas.narrow else 1) + 6
    figure = canvas.figure(top + side + 48)
    key(figure, canvas, procedures, top)
    axes = canvas.axes(figure, 56 if canvas.narrow else (canvas.width - side) / 2, top, side, side)
    ends = _ends(frame, low, high)
    _diagonal(axes, ends)
    for procedure in procedures:
        part, look = frame[frame["procedure"] == procedure], canvas.looks[procedure]
        ticks: dict[str, Any] = {"ls": "none", "ms": 9, "mew": 1, "color": look.colour, "alpha": 0.7}
        axes.plot(part["final"], [0.012] * len(part), "|", transform=axes.get_xaxis_transform(), **ticks)
        dots: dict[str, Any] = {
            "ls": "none",
            "ms": 5,
            "mew": 0.5,
            "mec": LIGHT["paper"],
            "mfc": look.colour,
            "alpha": 0.8,
        }
        axes.plot(part["true"], part["own"], look.marker, zorder=3, **dots)
    axes.set_xlim(*ends)
    axes.set_ylim(*ends)
    axes.spines["left"].set_visible(True)
    axes.grid(color=LIGHT["rule"], lw=0.8)
    axes.locator_params(nbins=6)
    axes.set_xlabel(f"true {label} of the same models")
    axes.set_ylabel(f"{label} that the procedure says of itself")
    return figure


def _ends(frame: pd.DataFrame, low: float, high: float) -> tuple[float, float]:
    """Give both axes the same ends: as far as the scores go, and hardly further than the metric can."""
    values = frame[["own", "true", "final"]].to_numpy(float)
    values = values[np.isfinite(values)]
    least, most = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    pad = 0.06 * max(most - least, 0.05)
    return max(least - pad, low - pad / 3), min(most + pad, high + pad / 3)


def _diagonal(axes: Axes, ends: tuple[float, float]) -> None:
    axes.plot(ends, ends, color=LIGHT["ink"], lw=1, zorder=1)
    turned: dict[str, Any] = {
        "rotation": 45,
        "rotation_mode": "anchor",
        "ha": "right",
        "va": "bottom",
        "size": 12,
    }
    axes.annotate(
        "what it says is true", (ends[1], ends[1]), xytext=(-10, -4), textcoords="offset points", **turned
    )

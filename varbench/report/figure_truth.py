"""Own score against the truth, repeat by repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from varbench.report.figure_canvas import Canvas, key
from varbench.report.figure_style import LIGHT

if TYPE_CHECKING:
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
    finite = frame[["own", "true", "final"]].to_numpy(float)
    finite = finite[np.isfinite(finite)]
    least, most = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    pad = 0.06 * max(most - least, 0.05)
    ends = (max(least - pad, low - pad / 3), min(most + pad, high + pad / 3))
    axes.plot(ends, ends, color=LIGHT["ink"], lw=1, zorder=1)
    axes.annotate(
        "what it says is true",
        (ends[1], ends[1]),
        xytext=(-10, -4),
        textcoords="offset points",
        rotation=45,
        size=12,
        color=LIGHT["muted"],
        rotation_mode="anchor",
        ha="right",
        va="bottom",
    )
    for procedure in procedures:
        part, look = frame[frame["procedure"] == procedure], canvas.looks[procedure]
        axes.plot(
            part["final"],
            [0.012] * len(part),
            "|",
            ms=9,
            mew=1,
            color=look.colour,
            alpha=0.7,
            transform=axes.get_xaxis_transform(),
        )
        axes.plot(
            part["true"],
            part["own"],
            look.marker,
            ms=5,
            mfc=look.colour,
            mec=LIGHT["paper"],
            mew=0.5,
            alpha=0.8,
            ls="none",
            zorder=3,
        )
    axes.set_xlim(*ends)
    axes.set_ylim(*ends)
    axes.spines["left"].set_visible(True)
    axes.grid(color=LIGHT["rule"], lw=0.8)
    axes.locator_params(nbins=6)
    axes.set_xlabel(f"true {label} of the same models")
    axes.set_ylabel(f"{label} that the procedure says of itself")
    return figure

"""The figures of a report, each drawn from a frame that can be had without it.

matplotlib loads when a figure is drawn, and no global state of it is left changed. A figure has two widths: one for
a page, one for a phone, with letters of one size in both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from varbench.report.figure_canvas import Canvas, looks
from varbench.report.figure_chart import chart
from varbench.report.figure_dots import differences, strips
from varbench.report.figure_heat import heat
from varbench.report.figure_intervals import intervals, outperform, shares
from varbench.report.figure_lines import lines
from varbench.report.figure_pairs import image_pairs, row_pairs
from varbench.report.figure_ranks import critical_difference
from varbench.report.figure_rows import copies, forest, gaps, published
from varbench.report.figure_scatter import scatter
from varbench.report.figure_strips import distributions, opening
from varbench.report.figure_style import PAGE, drawing
from varbench.report.figure_truth import optimism

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Every figure by its name.
FIGURES: dict[str, Callable[..., Figure]] = {
    "opening": opening,
    "distributions": distributions,
    "inflation": forest,
    "optimism": optimism,
    "gaps": gaps,
    "copies": copies,
    "published": published,
    "error_rates": lines,
    "pairs": intervals,
    "order": heat,
    "costs": lines,
    "differences": differences,
    "strips": strips,
    "outperform": outperform,
    "critical_difference": critical_difference,
    "intervals": intervals,
    "shares": shares,
    "lines": lines,
    "batches": heat,
    "coverage": intervals,
    "monitoring": lines,
    "heat": heat,
    "scatter": scatter,
    "chart": chart,
    "image_pairs": image_pairs,
    "row_pairs": row_pairs,
}


def draw(name: str, frame: pd.DataFrame, procedures: Sequence[str], width: int = PAGE, **more: Any) -> Figure:
    """Draw one figure.

    Parameters
    ----------
    name : str
        A key of :data:`FIGURES`.
    frame : DataFrame
        Its numbers, from the report's frame of that name.
    procedures : sequence of str
        All procedures of the cube, in order: each keeps its colour and marker in all figures.
    width : int
        In pixels.
    **more
        What some figures take beside their numbers.

    Returns
    -------
    matplotlib.figure.Figure
        To be shown or saved by the caller.
    """
    with drawing():
        return FIGURES[name](Canvas(width, looks(procedures)), frame, **more)

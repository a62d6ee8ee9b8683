"""From a report's frame of lines to their figure, and in words what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from varbench.report import digits
from varbench.report.frames import label_of
from varbench.report.scrub import clean

if TYPE_CHECKING:
    from varbench.report.content import Report

#: What is drawn beside the own score, and how it is called.
_BESIDE = {"training": "on the training rows", "truth": "on fresh cases"}
#: A figure of lines has at most so many, those of the truth and of the training rows included.
MOST_LINES = 9


def lines(report: Report) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The primary score along each of the study's lines, on test rows and where there is one the truth."""
    frame = report.frames["lines"]
    own = frame.assign(series=frame["line"], y=frame["score"])
    own = own.assign(low=own["y"] - own["sd"], high=own["y"] + own["sd"])
    beside = [(column, words) for column, words in _BESIDE.items() if frame[column].notna().any()]
    names = frame["line"].unique()
    beside = beside if len(names) * (1 + len(beside)) <= MOST_LINES else []
    other = [
        frame.assign(series=f"{words}: " + frame["line"], y=frame[column], low=np.nan, high=np.nan)
        for column, words in beside
    ]
    drawn = pd.concat([own, *other])[["series", "x", "y", "low", "high"]]
    return drawn[drawn["y"].notna()], {
        "kin": {f"{words}: {name}": (name, words) for _, words in beside for name in names},
        "xlabel": clean(report.about.get("axis") or "", 120),
        "ylabel": label_of(report.primary),
        "logx": bool(len(frame)) and frame["x"].min() > 0 and frame["x"].max() > 4 * frame["x"].min(),
        "references": ()
        if (known := ceiling(report)) is None
        else ({"y": known, "label": "the best possible"},),
    }


def ceiling(report: Report) -> float | None:
    """Give what no procedure can exceed on fresh cases: of a simulator that knows, where the primary metric is its."""
    known = (report.about.get("data") or {}).get("ceiling")
    return None if known is None or report.primary != "roc_auc" else float(known)


def describe_lines(report: Report, frame: pd.DataFrame) -> str:
    """Say what the figure of the lines shows."""
    items = [
        f"{name} from {digits.score(part['y'].iloc[0])} at {part['x'].iloc[0]:g} "
        f"to {digits.score(part['y'].iloc[-1])} at {part['x'].iloc[-1]:g}"
        for name, part in frame.groupby("series", sort=False)
    ]
    return f"{label_of(report.primary)} over {report.about.get('axis')}: {'; '.join(items)}."

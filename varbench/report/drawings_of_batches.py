"""From a report's frames about batches to their figures, and in words what these show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from varbench.report import digits
from varbench.report.frames import each, label_of

if TYPE_CHECKING:
    from varbench.report.content import Report

#: A figure of cells has at most so many columns.
_MOST = 14


def batches(report: Report) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The primary score of every procedure on every batch."""
    frame = report.frames["batches"]
    if frame["batch"].nunique() > _MOST:
        frame = frame.iloc[:0]
    found = frame.assign(row=frame["procedure"], column=frame["batch"], value=frame["score"])
    return found[found["value"].notna()], {
        "kind": "number", "places": 2, "label": f"{label_of(report.primary)} on the rows of a batch",
    }  # fmt: skip


def describe_batches(report: Report, frame: pd.DataFrame) -> str:
    """Say what the figure of the batches shows."""
    items = [
        f"{procedure}: {', '.join(f'{r.batch} {digits.score(r.score, 2)}' for r in each(part))}"
        for procedure, part in frame.groupby("procedure", sort=False)
    ]
    return f"{label_of(report.primary)} by batch. {'; '.join(items)}."


def coverage(report: Report) -> tuple[pd.DataFrame, dict[str, Any]]:
    """How often each interval covers, against its nominal level."""
    frame = report.frames["coverage"]
    found = frame.assign(label=frame["title"] + ": " + frame["method"], estimate=frame["rate"], kind="item")
    level = float(report.about.get("confidence_level", 0.95))
    return found, {"xlabel": "share of the intervals that cover", "reference": level, "places": 2}


def describe_coverage(report: Report, frame: pd.DataFrame) -> str:
    """Say what the figure of the coverage shows."""
    items = [
        f"{r.label} {digits.score(r.rate, 2)} {digits.interval(r.ci_low, r.ci_high)}" for r in each(frame)
    ]
    return f"Shares of the intervals that cover, with intervals of their own: {'; '.join(items)}."

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

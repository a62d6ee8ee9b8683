"""From a report's frames about batches to their figures, and in words what these show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from varbench.report import digits
from varbench.report.frames import each, label_of

if TYPE_CHECKING:
    from varbench.report.content import Report

#: A figure of cells has at most so many batches.
_MOST = 40


def batches(report: Report) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The primary score of every procedure on every batch."""
    frame = report.frames["batches"]
    if frame["batch"].nunique() > _MOST:
        frame = frame.iloc[:0]
    sides = ("procedure", "batch")
    across, down = sides if frame["batch"].nunique() > frame["procedure"].nunique() else sides[::-1]
    found = frame.assign(row=frame[down], column=frame[across], value=frame["score"])
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


def monitoring(report: Report) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The chart of the first repeat, what one hospital would have seen: limits of the first model, others beside it."""
    frame = report.frames["charts"]
    frame = frame[frame["repeat"] == frame["repeat"].min()]
    drawn = {point[1] for points in (report.about.get("lines") or {}).values() for point in points}
    frame = frame[~frame["procedure"].isin(drawn)] if not frame["procedure"].isin(drawn).all() else frame
    first = frame["procedure"] == (frame["procedure"].iloc[0] if len(frame) else "")
    place = frame.groupby("procedure", sort=False).cumcount() + 1
    found = pd.DataFrame({"series": frame["procedure"], "x": place, "y": frame["score"]})
    # Limits of several models over each other could not be read.
    found = found.assign(low=frame["low"].where(first), high=frame["high"].where(first))
    names, reference = frame["period"][first].tolist(), int(frame["reference"][first].sum())
    return found[found["y"].notna()], {
        "xlabel": f"tested period, {names[0]} to {names[-1]}" if names else "",
        "ylabel": label_of(report.primary),
        "references": ({"x": reference + 0.5, "label": "limits are set to the left"},) if reference else (),
    }  # fmt: skip


def describe_monitoring(report: Report, frame: pd.DataFrame) -> str:
    """Say what the chart shows."""
    items = [
        f"{series}: {', '.join(digits.score(y, 2) for y in part['y'])}"
        for series, part in frame.groupby("series", sort=False)
    ]
    last = frame.dropna(subset=["low"]).tail(1)
    limits = "".join(f" Limits of {r.series} {digits.interval(r.low, r.high)}." for r in each(last))
    return f"{label_of(report.primary)} of the first repeat, period by period. {'; '.join(items)}.{limits}"

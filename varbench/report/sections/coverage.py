"""How often the interval of a cross-validated score covers the score on what was left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from varbench.effects import BOTH, FOLDS, PATIENTS
from varbench.report import digits, wording
from varbench.report.blocks import Column, Figure, Paragraph, Row, Section, Table, section
from varbench.report.frames import each
from varbench.report.sections import along
from varbench.report.sections.pieces import columns, figure, level, name

if TYPE_CHECKING:
    from varbench.report.content import Report


def coverage(report: Report) -> Section | None:
    """Rates of coverage by method, and on one real table each part with its interval."""
    frame = report.frames["coverage"]
    if frame.empty:
        return None
    return section(
        "coverage",
        "How often the interval covers",
        Paragraph(headline(report)),
        Paragraph(wording.COVERAGE),
        None if opens(report) else picture(report),
        _rates(report),
        [] if report.about.get("cohort_varied") else [_parts(report)],
    )


def opens(report: Report) -> bool:
    """Whether these rates are the first picture of the page."""
    leaking = report.main is not None and report.main.facts.leaking
    return not report.frames["coverage"].empty and not leaking and not along.opens(report)


def picture(report: Report) -> Figure | None:
    """How many of the intervals cover, drawn."""
    if report.frames["coverage"].empty:
        return None
    label = report.metrics[report.primary]["label"]
    caption = (
        f"Share of the {level(report)} intervals of a cross-validated {label} that cover the score outside."
    )
    return figure(report, "coverage", caption)


def told(report: Report) -> list[str]:
    """Give the headline, where there are intervals that could cover."""
    return [] if report.frames["coverage"].empty else [headline(report)]


def headline(report: Report) -> str:
    """Say of each kind of outside how many intervals cover, by the method over patients where there is one."""
    frame = _chosen(report.frames["coverage"])
    fresh = bool(report.about.get("cohort_varied"))
    told = []
    for row in each(frame):
        trials = digits.percent(row.rate)
        if not fresh:
            trials = f"{row.rate * row.parts:.3g} of {digits.count(row.parts)}"
            trials += " (mean over the re-splits)" if row.repeats > 1 else ""
        told.append(
            f"{trials} [{digits.percent(row.ci_low)} to {digits.percent(row.ci_high)}] cover the score of "
            f"{name(row.title)} ({digits.score(row.inside)} was said, {digits.score(row.outside)} found, on average)"
        )
    method = name(frame["method"].iloc[0])
    return f"Of the {level(report)} intervals of the cross-validated score (over {method}) {'; '.join(told)}."


def _chosen(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep the method that a paper would have used: over patients where it can be had, else over folds."""
    method = PATIENTS if (frame["method"] == PATIENTS).any() else FOLDS
    return frame[frame["method"] == method]


def _rates(report: Report) -> Table:
    frame = report.frames["coverage"]
    rows = tuple(
        Row(
            (
                name(row.title),
                name(row.method),
                digits.score(row.rate, 2),
                f"[{digits.score(row.ci_low, 2)}, {digits.score(row.ci_high, 2)}]",
                digits.score(row.inside),
                digits.score(row.outside),
                digits.score(row.gap),
                digits.score(row.width),
            ),
            strong=row.method == BOTH,
        )
        for row in each(frame)
    )
    heads = (
        *columns("Outside", "Interval"), Column("Covers"), Column(f"[{level(report)}]"), Column("Inside"),
        Column("Outside"), Column("Gap"), Column("Width"),
    )  # fmt: skip
    parts, repeats = int(frame["parts"].max()), int(frame["repeats"].max())
    counted = f"{digits.several(parts, 'part')} in each of {digits.count(repeats)} {report.over}"
    note = f"{counted}; gap is the mean absolute one."
    return Table(
        "coverage", "Intervals of the cross-validated score against the score outside", heads, rows, (note,)
    )


def _parts(report: Report) -> Table:
    frame = _chosen(report.frames["covered"])
    rows = []
    for (title, part), found in frame.groupby(["title", "part"], sort=False):
        mean = found[["inside", "low", "high", "outside"]].mean()
        rows.append(
            Row(
                (
                    name(title),
                    name(part),
                    f"{digits.score(mean['inside'])} [{digits.score(mean['low'])}, {digits.score(mean['high'])}]",
                    digits.score(mean["outside"]),
                    digits.percent(float(np.mean(found["covered"]))),
                )
            )
        )
    heads = (
        *columns("Outside", "Part"),
        Column(f"Inside [{level(report)}]"),
        Column("Outside"),
        Column("Covered"),
    )
    return Table("covered", f"Part by part, means over {report.over}", heads, tuple(rows))

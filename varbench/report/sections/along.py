"""The score along the study's lines: procedures that differ in a number, as in the size of the cohort."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from varbench.report import digits, wording
from varbench.report.blocks import Column, Figure, Paragraph, Row, Section, Table, section
from varbench.report.drawings_of_lines import ceiling
from varbench.report.frames import each
from varbench.report.sections.pieces import TEXT, axis_of, figure, level, name, sentence

if TYPE_CHECKING:
    from varbench.report.content import Report

#: So many lines are told one by one.
_TOLD = 6
#: What a point can have beside its score: column, heading, and whether it comes with an interval.
_BESIDE = (
    ("training", "Training", False),
    ("overfit", "Overfit", True),
    ("truth", "Truth", False),
    ("optimism", "Optimism", True),
)


def along(report: Report) -> Section | None:
    """How the score changes along the lines, and which part of its spread is whose."""
    frame = report.frames["lines"]
    if len(frame) < 2:
        return None
    axis, label = axis_of(report), report.metrics[report.primary]["label"]
    shown = [one for one in _BESIDE if frame[one[0]].notna().any()]
    rows = []
    for row in each(frame):
        cells = [name(row.line), f"{row.x:g}", digits.score(row.score), digits.score(row.sd)]
        for column, _, interval in shown:
            value = getattr(row, column)
            ends = (getattr(row, f"{column}_low"), getattr(row, f"{column}_high")) if interval else ()
            cells.append(digits.with_interval(value, *ends) if interval else digits.score(value))
        rows.append(Row(tuple(cells)))
    heads = [Column("Line", TEXT), Column(sentence(axis).rstrip(".")), Column("Own"), Column("SD")]
    heads += [
        Column(f"{title} [{level(report)} interval]" if interval else title) for _, title, interval in shown
    ]
    return section(
        "lines",
        sentence(f"{label} over {axis}").rstrip("."),
        _said(report),
        None if opens(report) else picture(report),
        Table("lines", f"{label}, means over {report.over}", tuple(heads), tuple(rows)),
        Paragraph(f"{_largest(report)} {wording.LINE_SHARES}") if len(report.frames["line_shares"]) else None,
        _shares(report),
        _ranges(report),
    )


def told(report: Report) -> list[str]:
    """Say how the score changes along each line, how far training scores are above it, and whose its variance is."""
    frame = report.frames["lines"]
    if len(frame) < 2:
        return []
    label, axis = report.metrics[report.primary]["label"], axis_of(report)
    said = [
        f"{label}, over {axis}: {_ends_of_lines(frame, 'score')}.",
        f"Training minus test: {_ends_of_lines(frame, 'overfit', sign=True)}."
        if frame["overfit"].notna().any()
        else "",
        _largest(report) if len(report.frames["line_shares"]) else "",
    ]
    few = frame["line"].nunique() <= _TOLD
    text = " ".join(one for one in (said if few else said[2:]) if one)
    return [text] if text else []


def opens(report: Report) -> bool:
    """Whether the lines are the first picture of the page: what the study asks, unless a score of it is invalid."""
    return len(report.frames["lines"]) > 1 and not (report.main and report.main.facts.leaking)


def picture(report: Report) -> Figure | None:
    """The lines, drawn."""
    if len(report.frames["lines"]) < 2:
        return None
    label, axis = report.metrics[report.primary]["label"], axis_of(report)
    return figure(report, "lines", f"{label} over {axis}; means, with a band of one SD over {report.over}.")


def _ends_of_lines(frame: pd.DataFrame, column: str, *, sign: bool = False) -> str:
    """Give what each line begins and ends with."""
    write = digits.signed if sign else digits.score
    ends = []
    for line, part in frame[frame[column].notna()].groupby("line", sort=False):
        ordered = part.sort_values("x")
        both = [ordered.iloc[0], ordered.iloc[-1]]
        values = ", ".join(f"{write(end[column], 2)} at {end['x']:g}" for end in both)
        ends.append(f"{name(line)} {values}")
    return "; ".join(ends)


def _said(report: Report) -> Paragraph | None:
    frame = report.frames["lines"]
    told = [text for column, text in wording.LINES.items() if frame[column].notna().any()]
    told = told if len(told) > 1 else []
    if (known := ceiling(report)) is not None:
        told.append(wording.CEILING.format(score=digits.score(known)))
    return Paragraph(" ".join(told)) if told else None


def _source(report: Report, source: str) -> str:
    """Name a component in the study's own words."""
    return source.replace("the number", axis_of(report)).replace(":", " × ")


def _largest(report: Report) -> str:
    frame = report.frames["line_shares"]
    top = frame.sort_values("share", ascending=False, kind="stable").head(2)
    told = ", ".join(f"{digits.percent(r.share)} with {_source(report, r.source)}" for r in each(top))
    return f"Of the variance of all these scores {told.replace(' with', ' comes with', 1)}."


def _shares(report: Report) -> Table | None:
    frame = report.frames["line_shares"]
    if frame.empty:
        return None
    rows = tuple(
        Row(
            (
                sentence(_source(report, r.source)).rstrip("."),
                digits.percent(r.share),
                _ends(r.ci_low, r.ci_high),
            )
        )
        for r in each(frame)
    )
    heads = (Column("Component", TEXT), Column("Share"), Column(f"{level(report)} interval"))
    return Table("line_shares", "Shares of the variance of the scores", heads, rows)


def _ranges(report: Report) -> Table | None:
    frame = report.frames["line_ranges"]
    if frame.empty:
        return None
    axis = sentence(_source(report, "the number")).rstrip(".")
    shares = ("number", "line", "repeat", "together")
    rows = tuple(
        Row((f"up to {r.up_to:g}", *(digits.percent(getattr(r, one)) for one in shares))) for r in each(frame)
    )
    heads = ("Range", axis, "The line", "The repeat", "Together, and the rest")
    columns = tuple(Column(title, TEXT) if title == "Range" else Column(title) for title in heads)
    return Table("line_ranges", "The same shares of a part of the range", columns, rows)


def _ends(low: float, high: float) -> str:
    if not (np.isfinite(low) and np.isfinite(high)):
        return digits.NONE
    return f"{digits.percent(low)} to {digits.percent(high)}"

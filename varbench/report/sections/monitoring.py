"""The score of a model over time, against limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from varbench.report import digits, wording
from varbench.report.blocks import Column, Paragraph, Row, Section, Table, section
from varbench.report.frames import each
from varbench.report.sections.pieces import columns, counted_repeats, figure, name, sentence

if TYPE_CHECKING:
    from varbench.report.content import Report


def monitoring(report: Report) -> Section | None:
    """Each watched model's score by period, with the share of repeats in which it is beyond its limits."""
    frame = report.frames["monitoring"]
    if frame.empty:
        return None
    label = report.metrics[report.primary]["label"]
    return section(
        "monitoring",
        "Over time, against limits",
        Paragraph(headline(report)),
        Paragraph(wording.MONITORING),
        figure(
            report, "monitoring", sentence(f"{label} of the first repeat, period by period, with its limits")
        ),
        _table(report),
    )


def headline(report: Report) -> str:
    """Say of each watched model in which periods it is beyond its limits most often."""
    frame = report.frames["monitoring"]
    told = []
    for procedure, part in frame[~frame["reference"]].groupby("procedure", sort=False):
        most = part[part["beyond"] == part["beyond"].max()].iloc[0]
        if most["beyond"] == 0:
            told.append(f"{name(procedure)} is never beyond them")
            continue
        often = "" if most["repeats"] == 1 else f" in {digits.percent(most['beyond'])} of the {report.over}"
        score = f"{digits.score(most['score'])} against a centre of {digits.score(most['centre'])}"
        told.append(f"{name(procedure)} is beyond them in {name(most['period'])}{often} ({score})")
    return sentence(f"After the periods that set the limits, {'; '.join(told)}")


def _table(report: Report) -> Table:
    frame = report.frames["monitoring"]
    rows = tuple(
        Row(
            (
                name(row.procedure),
                name(row.period),
                digits.count(round(row.n)),
                digits.count(round(row.positives)),
                digits.with_spread(row.score, row.sd),
                "sets the limits" if row.reference else digits.interval(row.low, row.high),
                digits.NONE if row.reference else digits.percent(row.beyond),
            ),
            strong=not row.reference and row.beyond > 0.5,
        )
        for row in each(frame)
    )
    heads = (
        *columns("Procedure", "Period"), Column("Rows"), Column("Positive"),
        Column(report.metrics[report.primary]["label"]), *columns("Limits"), Column("Beyond"),
    )  # fmt: skip
    return Table("monitoring", f"By period, means over {counted_repeats(report)}", heads, rows)

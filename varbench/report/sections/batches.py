"""Where the rows come from: the score batch by batch, and what the batch alone tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from varbench.report import digits, wording
from varbench.report.blocks import Column, Paragraph, Row, Section, Table, section
from varbench.report.frames import each
from varbench.report.sections.pieces import TEXT, figure, name, sentence

if TYPE_CHECKING:
    from varbench.report.content import Report

#: So many batches have a table of their own; of more the figure, and the frame, have the numbers.
_MOST = 24


def batches(report: Report) -> Section | None:
    """The score on each batch, and the AUC of the batch alone beside the procedures' own."""
    frame = report.frames["batches"]
    if frame.empty:
        return None
    label = report.metrics[report.primary]["label"]
    return section(
        "batches",
        "Batch by batch",
        [Paragraph(wording.BATCH_ALONE)] if len(report.frames["batch_alone"]) else [],
        _alone(report),
        Paragraph(wording.BATCHES),
        figure(
            report, "batches", sentence(f"{label} on the test rows of each batch, means over {report.over}")
        ),
        _scores(report),
    )


def _alone(report: Report) -> Table | None:
    frame = report.frames["batch_alone"]
    if frame.empty:
        return None
    truthful = frame["truth"].notna().any()
    rows = tuple(
        Row(
            (
                name(row.procedure),
                digits.count(row.batches),
                digits.count(round(row.n)),
                digits.score(row.alone),
                digits.score(row.two_sites),
                digits.score(row.own),
                *([digits.score(row.truth)] if truthful else []),
            )
        )
        for row in each(frame)
    )
    heads = (
        Column("Procedure", TEXT), Column("Batches"), Column("Test rows"), Column("Batch alone"),
        Column("Two-site formula"), Column("Own"), *([Column("Truth")] if truthful else []),
    )  # fmt: skip
    return Table("batch_alone", "AUC of the batch alone, and of the procedures", heads, rows)


def _scores(report: Report) -> Table | None:
    frame = report.frames["batches"]
    wide = frame.pivot(index="batch", columns="procedure", values="score")
    if len(wide) > _MOST:
        return None
    first = frame[frame["procedure"] == frame["procedure"].iloc[0]].set_index("batch")
    shown = list(dict.fromkeys(frame["procedure"]))
    rows = []
    for batch in wide.index:
        known = batch in first.index
        n = digits.count(round(first.loc[batch, "n"])) if known else digits.NONE
        events = digits.count(round(first.loc[batch, "positives"])) if known else digits.NONE
        rows.append(Row((name(batch), n, events, *(digits.score(wide.loc[batch, one]) for one in shown))))
    heads = (
        Column("Batch", TEXT), Column("Rows"), Column("Positive"), *(Column(name(one)) for one in shown)
    )  # fmt: skip
    note = f"Rows and positive ones are those that {name(shown[0])} tests in a repeat, on average."
    label = report.metrics[report.primary]["label"]
    return Table("batches", f"{label} by batch, means over {report.over}", heads, tuple(rows), (note,))

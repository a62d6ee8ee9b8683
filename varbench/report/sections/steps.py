"""The orders of steps, what leaks in them, and what crosses the split."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from varbench.report import digits, wording
from varbench.report.blocks import Column, Drawn, Orders, Paragraph, Row, Section, Table, section
from varbench.report.scrub import clean
from varbench.report.sections.pieces import axis_of, columns, figure, name
from varbench.study.describe import readable

if TYPE_CHECKING:
    from varbench.report.content import Report

_TITLES = {1: "The order of steps", 2: "The two orders of steps"}


def orders(report: Report) -> Section | None:
    """The orders of steps, drawn, and what leaks in them with the cures."""
    frame = report.frames["steps"]
    between = _between(report)
    shown = [p for p in report.procedures if p not in between]
    found = tuple((name(p), _drawn(frame[frame["procedure"] == p])) for p in shown)
    unread = ", ".join(procedure for procedure, steps in found if not steps)
    return section(
        "steps",
        _TITLES.get(len(found), "The orders of steps"),
        Paragraph(wording.STEPS),
        Orders(found),
        Paragraph(wording.BETWEEN.format(number=len(between), axis=axis_of(report))) if between else None,
        Paragraph(wording.UNREAD.format(names=unread), "warning") if unread else None,
        _leaks(report),
    )


def _between(report: Report) -> set[str]:
    """Give the procedures between the ends of a line, whose steps are those of the ends but for a number."""
    lines = (report.about.get("lines") or {}).values()
    ends = {points[end][1] for points in lines for end in (0, -1)}
    return {one for points in lines for _, one in points} - ends - set(report.compared or ())


def _drawn(frame: pd.DataFrame) -> tuple[Drawn, ...]:
    return tuple(
        Drawn(
            name=name(row["name"]),
            text=readable(str(row["text"])),
            kind=name(row["kind"]),
            side=str(row["side"]),
            sees="test" if row["sees_test"] else "validation" if row["sees_validation"] else "",
        )
        for row in frame.to_dict("records")
    )


def _leaks(report: Report) -> Table | None:
    frame = report.frames["leaks"]
    if frame.empty:
        return None
    harmless = {
        (p, leak.step) for p in report.procedures if report.main for leak in report.main.facts.harmless(p)
    }
    rows = []
    order = frame.assign(rank=frame["kind"] != "estimate").sort_values("rank", kind="stable")
    for leak in order.to_dict("records"):
        estimate = leak["kind"] == "estimate"
        nothing = estimate and (leak["procedure"], leak["step"]) in harmless
        reaches = "the score" if estimate else "the choice of hyperparameters"
        cells = (
            name(leak["procedure"]),
            name(leak["step"]),
            "nothing, as measured" if nothing else reaches,
            name(leak["code"]),
            clean(leak["what"], 300),
            clean(leak["cure"], 300),
        )
        rows.append(Row(cells, strong=estimate and not nothing))
    heads = columns("Procedure", "Step", "It reaches", "Class", "What happens", "The cure")
    return Table(
        "leaks", "What sees rows that it should not", heads, tuple(rows), (f"Classes: {wording.TAXONOMY}.",)
    )


def copies(report: Report) -> Section | None:
    """Which share of the test rows has something of its own in training."""
    frame = report.frames["copies"]
    if frame.empty:
        return None
    labels = list(dict.fromkeys(frame["rows"]))
    rows = []
    for (procedure, relation), part in frame.groupby(["procedure", "relation"], sort=False):
        shares = part.set_index("rows")["share"].reindex(labels)
        cells = (name(procedure), wording.RELATIONS[str(relation)], *(digits.percent(v) for v in shares))
        rows.append(Row(cells, strong=bool((shares > 0).any())))
    heads = (*columns("Procedure", "Test rows with"), *(Column(name(label)) for label in labels))
    unknown = ("A dash: not known, as the procedure is a callable.",) if frame["share"].isna().any() else ()
    return section(
        "copies",
        "What crosses the split",
        Paragraph(wording.COPIES),
        figure(report, "copies", wording.COPIES_FIGURE),
        Table("copies", "Share of the test rows, over all folds and repeats", heads, tuple(rows), unknown),
    )

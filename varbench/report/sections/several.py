"""Several procedures at once: which pitfalls matter, what picking gives, who is ahead by which metric."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from varbench.report import digits, wording
from varbench.report.blocks import Bullets, Column, Paragraph, Row, Section, Table, section
from varbench.report.frames import each
from varbench.report.sections.pieces import TEXT, columns, figure, level, name, sentence, typographic
from varbench.verdict import SIZES, mattering

if TYPE_CHECKING:
    from varbench.report.content import Report


def pairs(report: Report) -> Section | None:
    """Which of the study's pitfalls matter, and which are negligible."""
    frame = report.frames["pairs"]
    if len(frame) < 2:
        return None
    label = report.metrics[report.primary]["label"]
    rows = tuple(
        Row(
            (
                name(row.pair),
                f"{name(row.first)} − {name(row.second)}",
                digits.with_interval(row.estimate, row.ci_low, row.ci_high),
                SIZES[row.size],
            ),
            strong=row.size == "matters",
        )
        for row in each(frame)
    )
    heads = (*columns("Pitfall", "Compared"), Column(f"{label} [{level(report)} interval]"), *columns("Size"))
    margin = report.about.get("margin")
    about = "; no margin was declared" if margin is None else f", against the margin of {margin:g}"
    return section(
        "pairs",
        "Which pitfalls matter here",
        Bullets(tuple(typographic(text) for text in mattering(report.pairs))),
        Paragraph(wording.PAIRS),
        figure(report, "pairs", sentence(f"{label}, each with the pitfall minus without{about}")),
        Table("pairs", f"How much each pitfall inflates, over {report.over}", heads, rows),
    )


def picked(report: Report) -> Section | None:
    """What picking the best of several on the test rows gave, beside what it gives among equals."""
    frame = report.frames["picking"]
    if frame.empty:
        return None
    rows = tuple(
        Row(
            (
                name(row.procedure),
                digits.count(row.candidates),
                digits.score(row.mean),
                digits.score(row.sd),
                digits.score(row.units, 2),
                digits.signed(row.expected),
                f"{digits.signed(row.gain)} {digits.interval(row.ci_low, row.ci_high)}",
            )
        )
        for row in each(frame)
    )
    heads = (
        Column("Procedure", TEXT), Column("Candidates k"), Column("Their mean"), Column("SD among them"),
        Column("Expected maximum, SDs"), Column("Gain expected of equals"), Column(f"Gain [{level(report)} interval]"),
    )  # fmt: skip
    unit = "By the scorer that the choice went by; means over the repeats."
    table = Table("picking", "What picking on the test rows gives", heads, rows, (unit,))
    return section("picking", "The best of k", Paragraph(wording.PICKING), table)


def order(report: Report) -> Section | None:
    """Who is ahead by which metric."""
    frame = report.frames["ranks"]
    if frame.empty:
        return None
    wide = frame.pivot(index="metric", columns="procedure", values="rank")
    rows = []
    for metric in report.metrics:
        places = wide.loc[metric]
        first = ", ".join(name(p) for p in report.procedures if places[p] == 1)
        cells = [
            digits.count(place) if pd.notna(place) else digits.NONE
            for place in places[list(report.procedures)]
        ]
        rows.append(Row((report.metrics[metric]["label"], *cells, first), strong=metric == report.primary))
    heads = (Column("Metric", TEXT), *(Column(name(p)) for p in report.procedures), Column("Ahead", TEXT))
    return section(
        "order",
        "Who is ahead depends on the metric" if _flips(wide) else "Who is ahead, metric by metric",
        Paragraph(flipped(report, wide)),
        Paragraph(wording.RANKS),
        figure(report, "order", "The place of each procedure by its mean, metric by metric."),
        Table("order", f"Places by the means over {report.over}", heads, tuple(rows)),
    )


def _flips(wide: pd.DataFrame) -> list[tuple[str, str]]:
    """Give the pairs of procedures that some metric puts in one order and another in the other."""
    found = []
    for i, one in enumerate(wide.columns):
        for other in wide.columns[i + 1 :]:
            ahead = wide[one] - wide[other]
            if (ahead < 0).any() and (ahead > 0).any():
                found.append((str(one), str(other)))
    return found


def flipped(report: Report, wide: pd.DataFrame) -> str:
    """Say how many pairs of procedures change their order with the metric, and whom the extremes put first."""
    number, flips = wide.shape[1] * (wide.shape[1] - 1) // 2, _flips(wide)
    if not flips:
        return f"All metrics put the {wide.shape[1]} procedures in one order, or let them share a place."
    by_first: dict[str, list[str]] = {}
    for metric in report.metrics:
        for procedure in report.procedures:
            if wide.loc[metric, procedure] == 1:
                by_first.setdefault(procedure, []).append(report.metrics[metric]["label"])
    told = "; ".join(f"{name(p)} is first by {', '.join(labels)}" for p, labels in by_first.items())
    return f"{len(flips)} of {digits.several(number, 'pair')} of procedures change their order with the metric: {told}."


def costs(report: Report) -> Section | None:
    """What mistakes cost, over the price of a missed case."""
    frame = report.frames["costs"]
    if frame.empty:
        return None
    rows = []
    for price, part in frame.groupby("price"):
        by = {row.procedure: row for row in each(part)}
        constant = by[report.procedures[0]].constant
        least = min(row.cost for row in by.values())
        cheapest = ", ".join(name(p) for p in report.procedures if by[p].cost <= least + 1e-9)
        cells = [digits.score(by[p].cost) for p in report.procedures]
        rows.append(Row((f"{price:g}", *cells, digits.score(constant), cheapest)))
    heads = (
        Column("Price"), *(Column(name(p)) for p in report.procedures), Column("Cheaper constant"),
        Column("Cheapest", TEXT),
    )  # fmt: skip
    return section(
        "costs",
        "What mistakes cost",
        Paragraph(wording.COSTS),
        figure(report, "costs", "Above 1 a procedure costs more than an answer that does not look."),
        Table(
            "costs",
            f"Cost of a case by the price of a missed one, means over {report.over}",
            heads,
            tuple(rows),
        ),
    )

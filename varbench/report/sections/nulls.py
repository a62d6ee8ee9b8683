"""Error rates of the methods, where a study's procedures are equal by construction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from varbench.report import digits, nulls
from varbench.report.blocks import Column, Figure, Paragraph, Row, Section, Table, section
from varbench.report.frames import each
from varbench.report.sections.pieces import TEXT, columns, figure, level

if TYPE_CHECKING:
    from varbench.report.content import Report


def errors(report: Report) -> Section | None:
    """How often each method calls the equal procedures different, beside what was measured with more cohorts."""
    frame = report.frames["error_rates"]
    if frame.empty:
        return None
    return section(
        "errors",
        "Equal procedures called different",
        Paragraph(nulls.headline(frame)),
        [Paragraph(text) for text in (nulls.growth(frame),) if text],
        None if opens(report) else picture(report),
        table(report),
        _reference(),
    )


def opens(report: Report) -> bool:
    """Whether these rates are the first picture of the page: of equal procedures they are what is asked."""
    return not report.frames["error_rates"].empty and not (report.main and report.main.facts.leaking)


def picture(report: Report) -> Figure | None:
    """The rates over the number of re-splits, drawn."""
    return figure(report, "error_rates", nulls.CAPTION)


def told(report: Report) -> list[str]:
    """Give the headline, where the procedures are equal by construction."""
    frame = report.frames["error_rates"]
    return [] if frame.empty else [nulls.headline(frame)]


def table(report: Report) -> Table:
    """Give the rates by method and number of re-splits."""
    frame = report.frames["error_rates"]
    numbers = sorted(set(frame["repeats"]))
    group = "Re-splits of each cohort"
    heads = (
        Column("Method", TEXT),
        *(Column(digits.count(number), group=group) for number in numbers),
        Column(f"[{level(report)}]", group=f"At {digits.count(numbers[-1])}"),
    )
    rows = []
    for row in nulls.by_repeats(frame).to_dict("records"):
        cells = [digits.score(row[str(number)], 2) for number in numbers]
        interval = f"[{digits.score(row['ci_low'], 2)}, {digits.score(row['ci_high'], 2)}]"
        rows.append(Row((row["method"], *cells, interval)))
    n = f"{int(frame['n'].max()):,} cohorts; the nominal rate is 0.05; exact binomial interval."
    title = "Share of cohorts on which the equal procedures are called different, by re-splits of each"
    return Table("error-rates", title, heads, tuple(rows), (n,))


def _reference() -> Table:
    rows = tuple(Row((row.method, row.rate)) for row in each(nulls.reference()))
    heads = (*columns("Rule"), Column("Called different"))
    return Table("error-rates-reference", nulls.REFERENCE_TITLE, heads, rows, (nulls.REFERENCE_NOTE,))

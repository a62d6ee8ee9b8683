"""The verdict, what it stands on, and which methods count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from varbench.report import digits, wording
from varbench.report.blocks import Bullets, Column, Definitions, Paragraph, Row, Section, Table, section
from varbench.report.frames import each
from varbench.report.sections import along, coverage, nulls
from varbench.report.sections.pieces import (
    TEXT,
    columns,
    explained,
    level,
    name,
    result_cells,
    sentence,
    typographic,
)
from varbench.verdict import mattering

if TYPE_CHECKING:
    from varbench.report.content import Report


def said(report: Report) -> list[str]:
    """Give the verdict as sentences: headline, lead, and the rest."""
    if report.main is None:
        return [typographic(text) for text in _alone(report)]
    found = report.main.verdict
    paired = mattering(report.pairs) if len(report.pairs) > 1 else ()
    # What a study of lines, or of intervals, was made to ask comes first; of a score that is invalid, that it is.
    asked = [*nulls.told(report), *along.told(report), *coverage.told(report)]
    said = (*found.sentences, *asked) if report.main.facts.leaking else (*asked, *found.sentences)
    return [typographic(text) for text in (found.headline, *said, *paired)]


def verdict(report: Report) -> Section | None:
    """What the numbers support, on what, and what would settle it."""
    rest = [Paragraph(text) for text in said(report)[2:]]
    if report.main is None:
        return section("verdict", "The verdict", rest)
    found = report.main.verdict
    terms = [("Scope", sentence(found.scope)), *defined(found.basis), ("What would settle it", found.settle)]
    # That the data are simulated stands at the top of every form.
    notes = tuple(
        typographic(_in_words(note)) for note in found.notes if not note.startswith("Simulated data")
    )
    return section(
        "verdict",
        "The verdict",
        rest,
        Definitions("basis", tuple((term, typographic(text)) for term, text in terms)),
        _evidence(report),
        Bullets(notes) if notes else None,
        _others(report),
    )


def _in_words(note: str) -> str:
    """Write the methods that a note ends with as the tables write them."""
    text, bracket, codes = note.rpartition(" (")
    named = codes.removesuffix(")").split(", ")
    if not bracket or not all(one in wording.METHODS for one in named):
        return note
    return f"{text} ({', '.join(wording.METHODS[one] for one in named)})"


def _alone(report: Report) -> list[str]:
    """Say what there is to say of one procedure that was run alone."""
    (procedure,) = report.procedures
    ours, label = report.frames["scores"].iloc[0], report.metrics[report.primary]["label"]
    told = [wording.ONE.format(procedure=name(procedure))]
    if np.isfinite(ours["mean"]):
        scored = digits.with_spread(ours["mean"], ours["sd"])
        told.append(f"{name(procedure)} has {label} {scored}, mean and SD over {report.over}.")
    for one in each(report.frames["optimism"].head(1)):
        known = digits.with_interval(one.optimism, one.ci_low, one.ci_high)
        told.append(f"The same models truly have {digits.score(one.truth)}: optimism {known}.")
    copies, leaks = report.frames["copies"], report.frames["leaks"]
    for row in each(copies[(copies["rows"] == "all") & (copies["share"] > 0)]):
        found = f"{digits.percent(row.share)} of its test rows have {wording.RELATIONS[row.relation]}"
        told.append(f"Its score is invalid: {found}.")
    for leak in each(leaks[(leaks["kind"] == "estimate") & (leaks["how"] == "learns")]):
        told.append(f"Its score is invalid: {name(leak.step)} sees the test rows; {leak.what}.")
    return told


def defined(lines: tuple[str, ...]) -> list[tuple[str, str]]:
    """Split the lines under a verdict at their first colon, into what is defined and what it is."""
    found = []
    for line in lines:
        term, colon, rest = line.partition(": ")
        found.append((term, rest) if colon and len(term) < 30 else ("Also", line))
    return found


def _evidence(report: Report) -> Table | None:
    """Every method on the primary metric: what it found, and whether it counts."""
    if report.main is None:
        return None
    found, facts = report.main.verdict, report.main.facts
    mine = [r for r in report.main.results if r.settings.get("metric") in (None, facts.metric)]
    mine.sort(key=lambda r: (r.method in found.greyed, r.method not in found.counted))
    marks = {reason: "abcdefgh"[i % 8] for i, reason in enumerate(dict.fromkeys(found.greyed.values()))}
    rows = []
    for result in mine:
        reason = found.greyed.get(result.method, "")
        counts = (
            f"no ({marks[reason]})" if reason else "yes" if result.method in found.counted else digits.NONE
        )
        rows.append(Row((*result_cells(result), counts), greyed=reason))
    reasons = [f"({mark}) {sentence(reason)}" for reason, mark in marks.items()]
    return Table(
        "evidence",
        f"Every method on {facts.label}, and which of them count",
        (*result_columns(report), Column("Counts", TEXT)),
        tuple(rows),
        (*reasons, wording.BESIDE, wording.VALIDITY, *explained(mine)),
    )


def result_columns(report: Report) -> tuple[Column, ...]:
    """Give the columns that belong to the cells of a result."""
    numbers = (Column(f"Estimate [{level(report)} interval]"), Column("Statistic"), Column("p"), Column("n"))
    return (Column("Method", TEXT), *numbers, Column("About", TEXT), Column("Class", TEXT))


def significance(report: Report) -> Section | None:
    """Every method on every metric: the bare significance report."""
    rows = []
    greyed = {} if report.main is None else report.main.verdict.greyed
    for metric, about in report.metrics.items():
        for result in (r for r in report.results if r.settings.get("metric") == metric):
            reason = greyed.get(result.method, "")
            strong = metric == report.primary and not reason
            rows.append(Row((about["label"], *result_cells(result)), greyed=reason, strong=strong))
    if not rows:
        return None
    notes = (*explained(list(report.results)), wording.VALIDITY, "Only the primary metric has a verdict.")
    table = Table(
        "results",
        f"Results over {report.over}",
        (Column("Metric", TEXT), *result_columns(report)),
        tuple(rows),
        notes,
    )
    return section("significance", "Every method on every metric", table)


def _others(report: Report) -> Table | None:
    if not report.others:
        return None
    rows = []
    for one in report.others:
        found = next((r for r in one.results if r.method == "difference"), None)
        cell = (
            digits.NONE
            if found is None
            else digits.with_interval(found.estimate, found.ci_low, found.ci_high)
        )
        pair = f"{name(one.facts.first)} − {name(one.facts.second)}"
        rows.append(Row((pair, cell, typographic(f"{one.verdict.scope}: {one.verdict.headline}"))))
    heads = (*columns("Comparison"), Column(f"Difference [{level(report)} interval]"), *columns("Verdict"))
    title = f"The other comparisons, by {report.metrics[report.primary]['label']}"
    return Table("others", title, heads, tuple(rows))

"""The report as a document: which sections, in which order."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from varbench.report.blocks import Document, Section
from varbench.report.scrub import clean
from varbench.report.sections import (
    along,
    background,
    batches,
    coverage,
    effects,
    monitoring,
    nulls,
    provenance,
    scores,
    several,
    steps,
    verdict,
)

if TYPE_CHECKING:
    from varbench.report.content import Report

Make = Callable[["Report"], Section | None]

#: The sections of a whole report, in order.
WHOLE: tuple[Make, ...] = (
    verdict.verdict,
    steps.orders,
    steps.copies,
    scores.scores,
    nulls.errors,
    along.along,
    coverage.coverage,
    monitoring.monitoring,
    batches.batches,
    several.pairs,
    several.picked,
    several.order,
    several.costs,
    effects.inflation,
    effects.truth,
    effects.published,
    background.cohort,
    background.sources,
    background.pvalues,
    background.runs,
    provenance.provenance,
    provenance.citations,
)
#: Those of the bare significance report.
STATISTICS: tuple[Make, ...] = (
    verdict.verdict,
    verdict.significance,
    background.pvalues,
    provenance.provenance,
    provenance.citations,
)


def document(report: Report) -> Document:
    """Put a report in order.

    Parameters
    ----------
    report : Report
        The report.

    Returns
    -------
    Document
        For any form.
    """
    told = verdict.said(report)
    found = (make(report) for make in (STATISTICS if report.only == "statistics" else WHOLE))
    return Document(
        kicker=background.kicker(report),
        question=clean(report.about.get("question", ""), 400),
        scope="" if report.main is None else clean(report.main.verdict.scope),
        headline=told[0],
        lead=told[1] if len(told) > 1 else "",
        notices=background.notices(report),
        opening=None if report.only else scores.opening(report),
        sections=tuple(one for one in found if one is not None),
    )

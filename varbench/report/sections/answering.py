"""An answer as a document: what is said, every result, the figures, the tables, the methods for a paper, sources."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from varbench.report import digits, scrub, wording
from varbench.report.answer_frames import about, owner, provenance, standing
from varbench.report.answer_json import citations as cited
from varbench.report.blocks import (
    Align,
    Bullets,
    Code,
    Column,
    Definitions,
    Document,
    Figure,
    Paragraph,
    Row,
    Section,
    Table,
    section,
)
from varbench.report.sections.pieces import TEXT, columns, explained, name, sentence, typographic
from varbench.report.sections.verdict import defined
from varbench.report.to_json import rows as records
from varbench.stats import Result

if TYPE_CHECKING:
    from varbench.report.answer import Answer, Shown

#: Tables on a page end after so many rows; the forms csv and json have all of them.
ROWS_AT_MOST = 100
_HEADS = {
    "pair": "Comparison",
    "procedure": "Procedure",
    "term": "Source",
    "source": "Source",
    "metric": "Metric",
    "dataset": "Data set",
    "subgroup": "Subgroup",
}
#: Methods whose estimate is no difference even when two procedures are compared.
_UNSIGNED = (
    "a12",
    "prob_outperform",
    "stochastic_order",
    "resample_floor",
    "final_truth",
    "friedman",
    "cochran_q",
)


def document(answer: Answer) -> Document:
    """Put an answer in order.

    Parameters
    ----------
    answer : Answer
        The answer.

    Returns
    -------
    Document
        For any form.
    """
    figures = [
        Figure(key, said(picture.alt), said(picture.caption), said(picture.title))
        for key, picture in answer.drawn.items()
    ]
    tables = [
        shown(table, answer.frames[table.frame], number) for number, table in enumerate(answer.tables, 1)
    ]
    found = (
        _verdict(answer),
        section("tables", "Tables", tables),
        section("figures", "Figures", figures[1:]),
        section("results", "The results", results(answer)),
        section("methods", "Methods, for a paper", _methods(answer)),
        _provenance(answer),
        section("citations", "To cite", Bullets(tuple(scrub.clean(item, 600) for item in _cited(answer)))),
    )
    return Document(
        kicker=said(answer.kicker),
        question=said(answer.question),
        scope=said(answer.scope),
        headline=said(answer.headline),
        lead=said(answer.sentences[0]) if answer.sentences else "",
        notices=tuple(said(notice) for notice in answer.notices),
        opening=figures[0] if figures else None,
        sections=tuple(one for one in found if one is not None),
        made_from="a user’s scores or predictions",
        again="",
    )


def said(text: str) -> str:
    """Make a text fit to be shown: nothing hidden, nobody's paths, a minus for a minus."""
    return typographic(scrub.without_paths(scrub.clean(text)))


def _verdict(answer: Answer) -> Section | None:
    """What the numbers support, on what, and what would settle it."""
    terms = [("Scope", sentence(answer.scope))] if answer.scope else []
    notes: tuple[str, ...] = ()
    if answer.verdicts:
        found = answer.verdicts[0].verdict
        terms, notes = [*terms, *defined(found.basis)], found.notes
    if answer.settle:
        terms.append(("What would settle it", answer.settle))
    return section(
        "verdict",
        "The answer",
        [Paragraph(said(text)) for text in answer.sentences[1:]],
        Definitions("basis", tuple((term, said(text)) for term, text in terms)) if terms else None,
        Bullets(tuple(said(note) for note in notes)) if notes else None,
        _others(answer),
    )


def _others(answer: Answer) -> Table | None:
    """Every comparison, where there are several."""
    if len(answer.verdicts) < 2:
        return None
    rows = []
    for one in answer.verdicts[:ROWS_AT_MOST]:
        found = next((r for r in one.results if r.method in one.verdict.counted), None)
        cell = digits.NONE
        if found is not None:
            cell = estimate(found, compared=True)
        pair = f"{name(one.facts.first)} against {name(one.facts.second)}"
        rows.append(Row((pair, cell, said(f"{one.verdict.scope}: {one.verdict.headline}"))))
    heads = (Column("Comparison", TEXT), Column("Estimate [interval]"), Column("Verdict", TEXT))
    return Table("others", "Every comparison", heads, tuple(rows), _left_out(len(answer.verdicts)))


def _left_out(number: int) -> tuple[str, ...]:
    if number <= ROWS_AT_MOST:
        return ()
    return (f"{digits.several(number - ROWS_AT_MOST, 'more row')} in the forms csv and json.",)


def estimate(result: Result, *, compared: bool) -> str:
    """Write an estimate with its interval; a difference has its sign."""
    signed = compared and result.method not in _UNSIGNED
    written = (digits.signed if signed else digits.score)(result.estimate)
    bounds = digits.interval(result.ci_low, result.ci_high)
    return written if bounds == digits.NONE else f"{written} {bounds}"


def results(answer: Answer, *, short: bool = False) -> Table | None:
    """Every result in one table; what does not count for a verdict is grey, with the reason.

    `short` gives those of the main comparison alone, for a terminal.
    """
    main = answer.verdicts[0] if short and answer.verdicts else None
    chosen = [r for r in answer.results if main is None or owner(answer, r) is main]
    if not chosen:
        return None
    ranked = sorted(chosen, key=lambda r: _rank(answer, r))[:ROWS_AT_MOST]
    keys = _telling([_paired(about(answer, result)) for result in chosen])
    reasons = dict.fromkeys(reason for r in ranked if (reason := standing(answer, r)[1]))
    marks = {reason: chr(ord("a") + i % 26) for i, reason in enumerate(reasons)}
    rows = tuple(_row(answer, result, keys, marks) for result in ranked)
    heads = [Column("Method", TEXT), *(Column(_HEADS[key], TEXT) for key in keys)]
    heads += [Column(f"Estimate{_level(answer)}"), Column("Statistic"), Column("p"), Column("n")]
    heads += [
        Column("About", TEXT),
        Column("Class", TEXT),
        *([Column("Counts", TEXT)] if answer.verdicts else []),
    ]
    notes = [f"({mark}) {sentence(typographic(reason))}" for reason, mark in marks.items()]
    notes += [wording.BESIDE, wording.VALIDITY] if answer.verdicts else []
    if any(one.facts.procedures for one in answer.verdicts):
        notes.append(wording.FAMILY)
    notes += [*explained(ranked), *_left_out(len(chosen))]
    return Table("results", "Every result", tuple(heads), rows, tuple(notes))


def _rank(answer: Answer, result: Result) -> tuple[int, int]:
    """Give the comparisons in their order; in each what counts, what stands beside it, what does not."""
    counts, greyed = standing(answer, result)
    owned = owner(answer, result)
    place = next((i for i, one in enumerate(answer.verdicts) if one is owned), len(answer.verdicts))
    return place, 2 if greyed else 0 if counts else 1


def _paired(known: Mapping[str, str]) -> dict[str, str]:
    """Put both procedures of a result in one place."""
    found = {key: name(value) for key, value in known.items() if key not in ("first", "second")}
    if "second" in known:
        found["pair"] = f"{name(known.get('first', ''))} − {name(known['second'])}"
    return found


def _telling(found: list[dict[str, str]]) -> list[str]:
    """Give what tells the results apart; of a single result, nothing."""
    return [key for key in _HEADS if len({one.get(key) for one in found}) > 1]


def _level(answer: Answer) -> str:
    levels = {float(r.confidence_level or 0) for r in answer.results if r.interval is not None}
    return (
        f" [{100 * levels.pop():g}\u00a0% interval]" if len(levels) == 1 else " [interval]" if levels else ""
    )


def _row(answer: Answer, result: Result, keys: list[str], marks: Mapping[str, str]) -> Row:
    known = about(answer, result)
    counts, reason = standing(answer, result)
    count = f"no ({marks[reason]})" if reason else "yes" if counts else digits.NONE
    cells = [wording.method_label(result.method), *(_paired(known).get(key, digits.NONE) for key in keys)]
    cells += [
        estimate(result, compared="second" in known),
        digits.score(result.statistic, 2),
        # What counts for one cohort alone is an estimate; a p-value beside it would be read as one for other patients.
        digits.NONE if counts and result.estimand == "E1" else digits.pvalue(result.pvalue),
        digits.several(result.n, result.unit),
        result.estimand,
        result.validity,
    ]
    return Row((*cells, *([count] if answer.verdicts else [])), greyed=reason, strong=counts)


def shown(table: Shown, frame: pd.DataFrame, number: int) -> Table:
    """Write a frame as a table, its first rows where there are very many."""
    heads = tuple(Column(said(heading), _align(frame, column)) for column, heading in table.columns.items())
    rows = tuple(
        Row(tuple(_cell(row, column, table.digits) for column in table.columns))
        for row in records(frame.head(ROWS_AT_MOST))
    )
    notes = tuple(said(note) for note in table.notes)
    return Table(f"shown-{number}", said(table.title), heads, rows, (*notes, *_left_out(len(frame))))


def _align(frame: pd.DataFrame, column: str) -> Align:
    if column not in frame:
        return "number"
    kind = frame[column]
    return "number" if pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind) else TEXT


def _cell(row: Mapping[str, Any], column: str, places: int) -> str:
    if column == "interval" and column not in row:
        low, high = row["ci_low"], row["ci_high"]
        there = all(value is not None and math.isfinite(value) for value in (low, high))
        return f"[{digits.score(low, places)}, {digits.score(high, places)}]" if there else digits.NONE
    value = row[column]
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return digits.NONE
    if isinstance(value, str) or not hasattr(value, "__float__"):
        return said(str(value))
    if pd.api.types.is_bool(value):
        return "yes" if value else "no"
    return _number(value, column, places)


def _number(value: Any, column: str, places: int) -> str:
    if column in ("p", "pvalue", "p_adjusted") or column.startswith("pvalue_"):
        return digits.pvalue(float(value))
    if column.startswith("share"):
        return digits.percent(float(value))
    if column == "ideal_runs":  # a number of runs, however exact the error that it stands for
        return digits.score(float(value), 1)
    if pd.api.types.is_integer(value):
        return digits.count(int(value)) if value >= 0 else digits.score(float(value), 0)
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return (digits.signed if column == "difference" else digits.score)(float(value), places)


def _methods(answer: Answer) -> list[Paragraph]:
    parts = (" ".join(part.split()) for part in answer.methods.split("\n\n"))
    return [Paragraph(said(part), "methods") for part in parts if part]


def _provenance(answer: Answer) -> Section | None:
    told = {**provenance(answer), "varbench": answer.version}
    again = str(told.pop("command", ""))
    rows = tuple(
        Row((key.replace("_", " ").capitalize() if key != "varbench" else key, _flat(value)))
        for key, value in told.items()
        if value not in (None, "", [], {})
    )
    return section(
        "provenance",
        "Provenance",
        Table("provenance", "Where these numbers come from", columns("", ""), rows),
        [Paragraph("To make them again:"), Code(again)] if again else None,
        Paragraph(wording.LAST_PART, "note") if again and "/" in str(answer.about.get("command")) else None,
    )


def _flat(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_flat(item)}" for key, item in value.items())
    return ", ".join(_flat(item) for item in value) if isinstance(value, list) else scrub.clean(value, 500)


def _cited(answer: Answer) -> list[str]:
    return [*cited(answer), f"varbench {answer.version}: see its CITATION.cff"]

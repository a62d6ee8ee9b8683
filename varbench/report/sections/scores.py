"""The scores: mean and spread, every repeat, and what constant classifiers have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from varbench.report import digits, wording
from varbench.report.blocks import Column, Figure, Paragraph, Row, Section, Table, section
from varbench.report.drawings import shown
from varbench.report.figure_style import DOTS_AT_MOST
from varbench.report.frames import each
from varbench.report.sections import along, coverage, nulls
from varbench.report.sections.pieces import TEXT, counted_repeats, figure, name

if TYPE_CHECKING:
    from varbench.report.content import Report


def opening(report: Report) -> Figure | None:
    """The one picture of the first screen: what a study of lines or of intervals was made to ask, else the pair."""
    asked = next((one.picture(report) for one in (nulls, along, coverage) if one.opens(report)), None)
    return asked or _pair(report)


def _pair(report: Report) -> Figure | None:
    """Every score of the two procedures of the verdict, on their own rows and in truth."""
    label = report.metrics[report.primary]["label"]
    told = f"{label}. {_dots(report)}; the bar is their mean."
    frame = report.frames["optimism"]
    mine = frame[(frame["metric"] == report.primary) & frame["procedure"].isin(shown(report))]
    if len(mine) and (abs(mine["reported"] - mine["own"]) > 5e-4).any():
        said = ", ".join(f"{name(r.procedure)} {digits.score(r.reported)}" for r in each(mine))
        told += f" {wording.OWN_SCORES} {said}."
    return figure(report, "opening", told)


def _dots(report: Report) -> str:
    """Say what stands for a repeat."""
    if report.about["n_repeats"] > DOTS_AT_MOST:
        return f"The {counted_repeats(report)} are drawn as an outline"
    return f"Each dot is one of the {counted_repeats(report)}"


def scores(report: Report) -> Section | None:
    """Mean and SD per metric and procedure, with the constant classifiers, and every repeat."""
    return section(
        "scores",
        "The scores",
        _scores_table(report),
        None if opening(report) == _pair(report) else _pair(report),
        figure(report, "distributions", f"{_dots(report)}; {wording.DISTRIBUTIONS}"),
        Paragraph(wording.CONSTANT_NUMBERS if report.about["numeric"] else wording.CONSTANT_CLASSIFIERS),
        _constants_table(report),
    )


def _scores_table(report: Report) -> Table:
    frame, constants = report.frames["scores"], report.frames["constants"]
    cohort = constants[constants["rows"] == "cohort"]
    answers = list(dict.fromkeys(cohort["classifier"]))
    rows = []
    for metric, about in report.metrics.items():
        mine = {row.procedure: row for row in each(frame[frame["metric"] == metric])}
        cells = [digits.with_spread(mine[p].mean, mine[p].sd) for p in report.procedures]
        constant = _answers(cohort, metric)
        cells += [digits.score(constant.get(answer)) for answer in answers]
        less = "" if about["greater_is_better"] else " ↓"
        rows.append(Row((f"{about['label']}{less}", *cells), strong=metric == report.primary))
    what = "predictions" if report.about["numeric"] else "classifiers"
    over, group = f"Mean (SD over {report.over})", f"Constant {what}, cohort{_prevalence(cohort)}"
    heads = (
        Column("Metric", TEXT),
        *(Column(name(p), group=over) for p in report.procedures),
        *(Column(wording.CONSTANTS.get(answer, answer), group=group) for answer in answers),
    )
    return Table("scores", "Scores by metric and procedure", heads, tuple(rows), tuple(_notes(report)))


def _answers(frame: pd.DataFrame, metric: str) -> dict[str, float]:
    """Give the score of each constant classifier by one metric."""
    return {row.classifier: row.value for row in each(frame[frame["metric"] == metric])}


def _notes(report: Report) -> list[str]:
    numbers = sorted(set(report.frames["scores"]["repeats"]))
    n = " to ".join(digits.count(number) for number in dict.fromkeys((numbers[0], numbers[-1])))
    folds = report.about["n_folds"]
    notes = [
        f"n = {n} {report.over}"
        + (f"; a repeat’s score is the mean of its {folds} folds." if folds > 1 else ".")
    ]
    notes += _undefined(report)
    if len(report.about["classes"]) > 2:
        averaged = "; ".join(f"{about['label']} {about['averaging']}" for about in report.metrics.values())
        notes.append(f"Several classes: {averaged}.")
    if any(not about["greater_is_better"] for about in report.metrics.values()):
        notes.append("↓ less is better.")
    return notes


def _undefined(report: Report) -> list[str]:
    """Say how many folds have no score, or one with a note."""
    notes = []
    for reason, part in report.frames["undefined"].groupby("reason", sort=False):
        items = [
            f"{report.metrics[row.metric]['label']} of {name(row.procedure)} in {digits.several(row.folds, 'fold')}"
            for row in each(part)
        ]
        notes.append(f"{'; '.join(items)}: {wording.UNDEFINED.get(str(reason), str(reason))}.")
    return notes


def _prevalence(frame: pd.DataFrame) -> str:
    known = frame["prevalence"].dropna()
    return f" ({digits.percent(float(known.iloc[0]))})" if len(known) else ""


def _constants_table(report: Report) -> Table | None:
    """Give them again where a procedure changed the prevalence of its test rows."""
    frame = report.frames["constants"]
    groups = {p: frame[frame["rows"] == p] for p in dict.fromkeys(frame["rows"])}
    cohort = groups.pop("cohort", None)
    same = [p for p, part in groups.items() if cohort is not None and _same_values(part, cohort)]
    changed = {p: part for p, part in groups.items() if p not in same}
    if not changed:
        return None
    answers = list(dict.fromkeys(frame["classifier"]))
    rows = []
    for metric in dict.fromkeys(frame["metric"]):
        found = [_answers(part, metric) for part in changed.values()]
        cells = [digits.score(values.get(answer)) for values in found for answer in answers]
        rows.append(Row((report.metrics[metric]["label"], *cells), strong=metric == report.primary))
    heads = (
        Column("Metric", TEXT),
        *(
            Column(wording.CONSTANTS.get(answer, answer), group=f"Test rows of {name(p)}{_prevalence(part)}")
            for p, part in changed.items()
            for answer in answers
        ),
    )
    title = "Constant classifiers at each procedure’s own test prevalence"
    notes = (
        (f"The test rows of {', '.join(name(p) for p in same)} have the prevalence of the cohort.",)
        if same
        else ()
    )
    return Table("constants", title, heads, tuple(rows), notes)


def _same_values(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    return np.allclose(one["value"], other["value"], atol=5e-4, equal_nan=True)

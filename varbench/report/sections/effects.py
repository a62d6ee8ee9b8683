"""The differences metric by metric, own scores against the truth, and published figures beside ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from varbench.report import digits, wording
from varbench.report.blocks import Column, Paragraph, Row, Section, Table, section
from varbench.report.frames import each
from varbench.report.scrub import clean
from varbench.report.sections.pieces import TEXT, columns, figure, level, name, sentence

if TYPE_CHECKING:
    from varbench.report.content import Report


def inflation(report: Report) -> Section | None:
    """The difference metric by metric, with its parts where one procedure leaks, and the rank-sum test."""
    frame = report.frames["inflation"]
    if report.main is None or frame.empty:
        return None
    first, second = name(frame["first"].iloc[0]), name(frame["second"].iloc[0])
    parts = list(dict.fromkeys(frame["part"]))
    split = len(parts) > 1
    ranks = "Rank-sum, as in the paper" if report.about.get("published") else "Rank-sum"
    heads = (
        Column("Metric", TEXT),
        *(
            Column(sentence(part).rstrip("."), group=f"{first} minus {second} [{level(report)} interval]")
            for part in parts
        ),
        Column("z", group=ranks),
        Column("p", group=ranks),
        Column("A12"),
    )
    rows = tuple(_row(report, m, frame[frame["metric"] == m], parts) for m in dict.fromkeys(frame["metric"]))
    title = f"{'Inflation' if split else 'Difference'} over {report.over}"
    return section(
        "inflation",
        "The inflation, taken apart" if split else "The difference, metric by metric",
        Paragraph((wording.INFLATION if split else wording.DIFFERENCE).format(first=first, second=second)),
        figure(report, "inflation", _caption(report, split)),
        Table("inflation", title, heads, rows, tuple(_rank_sum_notes(report))),
    )


def _row(report: Report, metric: str, frame: pd.DataFrame, parts: list[str]) -> Row:
    by = {row.part: row for row in each(frame)}
    cells = [digits.with_interval(by[p].estimate, by[p].ci_low, by[p].ci_high) for p in parts]
    tests = {r.method: r for r in report.results if r.settings.get("metric") == metric}
    z, a12 = tests.get("rank_sum"), tests.get("a12")
    cells += [digits.signed(z.statistic, 2), digits.pvalue(z.pvalue)] if z else [digits.NONE] * 2
    cells.append(digits.score(a12.estimate, 2) if a12 else digits.NONE)
    return Row((report.metrics[metric]["label"], *cells), strong=metric == report.primary)


def _caption(report: Report, split: bool) -> str:
    told = [
        "Inflation, and its two parts, metric by metric." if split else "The difference, metric by metric."
    ]
    margin = report.about.get("margin")
    if margin is not None:
        told.append(f"The grey band is the margin of the primary metric, ± {margin:g}.")
    if report.primary != "log_loss" and "log_loss" in report.metrics:
        told.append("Log loss has no upper end and is in the table alone.")
    return " ".join(told)


def _rank_sum_notes(report: Report) -> list[str]:
    if report.main is None:
        return []
    facts = report.main.facts
    notes = [wording.RANK_SUM.format(first=name(facts.first), second=name(facts.second))]
    if "rank_sum" in report.main.verdict.greyed:
        notes.append("The rank-sum test stands here for comparison with published ones; it does not count.")
    return notes


def truth(report: Report) -> Section | None:
    """Own score against the score of the same models on what no procedure has touched."""
    frame, about = report.frames["optimism"], report.about
    if frame.empty:
        return None
    kind = about["external_kind"]
    external = name((about.get("external") or {}).get("name", "the external set"))
    told = wording.OPTIMISM[kind].format(n=digits.count(about["n_external"]), name=external)
    rows = tuple(_truth_row(report, row) for row in each(frame))
    heads = (
        *columns("Metric", "Procedure"),
        Column("As reported"),
        *(
            Column(t, group="Same models")
            for t in ("At the cohort’s prevalence", "Truly", "Optimism [interval]")
        ),
        Column("Final fit, truly"),
    )
    title = f"Own score and truth, means over {report.over}"
    return section(
        "optimism",
        "Against the truth" if kind == "population" else "On external patients",
        Paragraph(told),
        figure(report, "optimism", f"{report.metrics[report.primary]['label']}: {wording.SCATTER}"),
        figure(report, "gaps", wording.GAPS),
        Table("optimism", title, heads, rows, tuple(_truth_notes(report, frame))),
    )


def _truth_row(report: Report, row: Any) -> Row:
    scores = (digits.score(value) for value in (row.reported, row.own, row.truth))
    found = digits.with_interval(row.optimism, row.ci_low, row.ci_high)
    label = report.metrics[row.metric]["label"]
    return Row(
        (label, name(row.procedure), *scores, found, digits.score(row.final)),
        strong=row.metric == report.primary,
    )


def _truth_notes(report: Report, frame: pd.DataFrame) -> list[str]:
    notes = ["Optimism is positive where a procedure looks better than it is, also where less is better."]
    if frame["optimism"].isna().any():
        notes.append(wording.JOINT)
    unseen = [name(p) for p in report.procedures if p not in set(frame["procedure"])]
    if unseen:
        notes.append(f"Not scored, as a callable hands back no model: {', '.join(unseen)}.")
    return notes


def published(report: Report) -> Section | None:
    """Published figures under their own heading, beside ours and not subtracted."""
    frame, about = report.frames["published"], report.about.get("published") or {}
    said = clean(about.get("text", ""), 1000)
    if frame.empty and not said:
        return None
    rows = tuple(
        Row(
            (name(r.procedure), r.label, _two(r.mean, r.sd), _two(r.ours, r.ours_sd), r.verdict),
            strong=r.verdict == "not reached",
        )
        for r in each(frame)
    )
    heads = (*columns("Procedure", "Metric"), Column("Published"), Column("Here"), *columns("Within 2 SD"))
    title = name(about.get("title", "published figures"))
    source = name(about.get("source", ""))
    told = f"{title}: {source}." if frame.empty else wording.PUBLISHED.format(title=title, source=source)
    told += f" {wording.PUBLISHED_SIMULATED}" if report.about.get("simulated") else ""
    if frame.empty:
        return section("published", f"Published: {title}", Paragraph(told), Paragraph(said))
    return section(
        "published",
        f"Published: {title}",
        Paragraph(told),
        Paragraph(said) if said else None,
        figure(report, "published", "Published, and here: mean ± 2 SD, cut at the ends of the metric."),
        Table("published", "Published figures beside ours, mean (SD)", heads, rows),
        _published_rank_sum(report, about),
    )


def _two(mean: float, sd: float) -> str:
    """Write a mean and its SD in the two digits that papers have; a third where two would make it 1."""
    if not np.isfinite(sd):
        return digits.score(mean, 3 if 0.99 < mean < 1 else 2)
    return f"{digits.score(mean, 2)} ({digits.score(sd, 2)})"


def _published_rank_sum(report: Report, about: Mapping[str, Any]) -> Paragraph | None:
    theirs: Mapping[str, float] = about.get("rank_sum") or {}
    ours = {
        r.settings["metric"]: r for r in report.results if r.method == "rank_sum" and r.statistic is not None
    }
    known = [metric for metric in theirs if metric in ours and metric in report.metrics]
    if not known or report.main is None:
        return None
    items = []
    for metric in known:
        p = digits.pvalue(ours[metric].pvalue)
        here = f"here {digits.signed(ours[metric].statistic, 2)} (p {p if p.startswith('<') else f'= {p}'})"
        items.append(
            f"{report.metrics[metric]['label']}: published {digits.signed(theirs[metric], 2)}, {here}"
        )
    told = f"Wilcoxon rank-sum statistic over the repeats. {'; '.join(items)}."
    if any(theirs[metric] * (ours[metric].statistic or 0) < 0 for metric in known):
        facts = report.main.facts
        told += f" {wording.SIGN.format(first=name(facts.first), second=name(facts.second))}"
    return Paragraph(f"{told} It grows with the number of repeats, here {report.about['n_repeats']}.")

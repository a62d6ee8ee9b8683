"""The cohort, the sources of variation, what a p-value over the repeats can say, and the runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from varbench.report import digits, scrub, wording
from varbench.report.blocks import Block, Column, Paragraph, Row, Section, Table, section
from varbench.report.frames import each
from varbench.report.sections.pieces import TEXT, columns, counted_repeats, name

if TYPE_CHECKING:
    from varbench.report.content import Report

_MOST_BATCHES, _MOST_MESSAGES = 24, 20
_STATES = ("varied", "fixed", "not in this study")


def kicker(report: Report) -> str:
    """Give the line over the headline: study, data, repeats."""
    about = report.about
    words = (about.get("study", "study"), about["data"].get("name", ""), counted_repeats(report))
    return " · ".join(name(word) for word in words if word)


def notices(report: Report) -> tuple[str, ...]:
    """Give what every form says at its top."""
    about, runs = report.about, report.frames["runs"]
    found = [wording.SIMULATED] if about.get("simulated") or about["data"].get("simulated") else []
    if about.get("preset"):
        found.append(wording.PRESET.format(preset=name(about["preset"])))
    changed = (about.get("request") or {}).get("set") or {}
    if changed:
        items = (f"{name(k)} = {scrub.without_paths(name(v))}" for k, v in changed.items())
        found.append(f"Set by hand: {', '.join(items)}.")
    if about["data"].get("unverified"):
        found.append(wording.UNVERIFIED)
    total = digits.several(int(runs[["done", "failed", "pending"]].to_numpy().sum()), "run")
    if pending := int(runs["pending"].sum()):
        found.append(wording.PENDING.format(pending=digits.count(pending), total=total))
    if failed := int(runs["failed"].sum()):
        found.append(f"{digits.count(failed)} of {total} failed; see “The runs”.")
    if about.get("mixed_versions"):
        found.append(" ".join([wording.MIXED, *_ran_under(about)]))
    return (*found, *(_override(entry) for entry in about.get("overrides") or []))


def _ran_under(about: Mapping[str, Any]) -> list[str]:
    """Say which repeats ran under which other versions than the first ones; the last entry of a repeat holds."""
    first = (about.get("settings") or {}).get("versions") or {}
    versions: dict[int, Mapping[str, Any]] = {}
    for entry in about.get("ran_under") or []:
        versions |= dict.fromkeys(entry["repeats"], entry["versions"])
    spans: dict[str, list[int]] = {}
    for repeat, under in sorted(versions.items()):
        other = [f"{name(key)} {name(under.get(key))} (first {name(first.get(key))})"
                 for key in under if under.get(key) != first.get(key)]  # fmt: skip
        spans.setdefault(", ".join(other) or "the first versions", []).append(repeat)
    return [f"Of repeats {_spans(repeats)}: {told}." for told, repeats in spans.items()]


def _spans(repeats: Sequence[int]) -> str:
    """Write sorted numbers as spans.

    Examples
    --------
    >>> _spans([3, 4, 5, 9])
    '3 to 5, 9'
    """
    there = set(repeats)
    starts = [n for n in repeats if n - 1 not in there]
    ends = [n for n in repeats if n + 1 not in there]
    return ", ".join(str(a) if a == b else f"{a} to {b}" for a, b in zip(starts, ends, strict=True))


def _override(entry: Mapping[str, Any]) -> str:
    when, stored = str(entry.get("time", ""))[:10], entry.get("runs")
    known = (when, "" if stored is None else f"with {digits.several(stored, 'run')} stored")
    beside = ", ".join(word for word in known if word)
    setting = f"{name(entry.get('name', ''))} = {name(entry.get('value', ''))}"
    return f"Set after the runs{f' ({beside})' if beside else ''}: {setting}."


def cohort(report: Report) -> Section | None:
    """The first table of a paper: cases, events, features, groups, batches, what is missing."""
    about = report.about
    tables = {name(about["data"].get("name", "the data")): about["data"]}
    if about.get("external"):
        tables[f"External: {name(about['external'].get('name', ''))}"] = about["external"]
    described = [_described(data, about["classes"]) for data in tables.values()]
    terms = dict.fromkeys(term for one in described for term in one)
    rows = tuple(Row((term, *(one.get(term, digits.NONE) for one in described))) for term in terms)
    heads = (Column("", TEXT), *(Column(title) for title in tables))
    return section(
        "cohort",
        "The cohort, drawn anew in each repeat" if about["cohort_varied"] else "The cohort",
        Paragraph(wording.DRAWN_ANEW) if about["cohort_varied"] else None,
        Table(
            "cohort",
            f"Cases, {'outcome' if about['numeric'] else 'events'} and features",
            heads,
            rows,
            _alignment(about),
        ),
    )


def _described(data: Mapping[str, Any], classes: list[str]) -> dict[str, str]:
    found = {"Cases": digits.count(data.get("n_cases"))} | _classes(data, classes)
    found["Features"] = digits.count(data.get("n_features"))
    if data.get("constant_features"):
        found["Constant features"] = digits.count(data["constant_features"])
    return found | {"Missing values": _missing(data), "Groups": _groups(data)} | _batches(data.get("batches"))


def _classes(data: Mapping[str, Any], classes: list[str]) -> dict[str, str]:
    if outcome := data.get("outcome"):
        mean, spread, low, middle, high = (
            digits.score(outcome[key], 2) for key in ("mean", "sd", "min", "median", "max")
        )
        return {"Outcome": f"mean {mean} (SD {spread}), median {middle}, from {low} to {high}"}
    if data.get("events") is not None:
        positive = name(classes[1]) if len(classes) == 2 else "positive"
        return {
            f"Events ({positive})": f"{digits.count(data['events'])} ({digits.percent(data.get('prevalence'))})"
        }
    if isinstance(data.get("classes"), Mapping):
        return {f"Class {name(label)}": digits.count(count) for label, count in data["classes"].items()}
    return {"Classes": ", ".join(name(label) for label in data.get("classes") or classes)}


def _missing(data: Mapping[str, Any]) -> str:
    missing = data.get("missing") or {}
    if not missing.get("cells"):
        return "none" if missing else digits.NONE
    where = (
        digits.several(missing.get(key, 0), noun) for key, noun in (("rows", "case"), ("features", "feature"))
    )
    return f"{digits.several(missing['cells'], 'cell')}, in {' and '.join(where)}"


def _groups(data: Mapping[str, Any]) -> str:
    groups = data.get("groups")
    if not groups:
        return "none"
    largest = digits.several(groups.get("largest", 0), "case")
    found = f"{digits.count(groups.get('number'))}, the largest of {largest}"
    mixed = groups.get("several_classes")
    return found if mixed is None else f"{found}; {digits.count(mixed)} with more than one class"


def _batches(batches: Mapping[str, Mapping[str, int | None]] | None) -> dict[str, str]:
    if not batches:
        return {"Batches": "none"}
    found = {"Batches": digits.count(len(batches))}
    for label, batch in list(batches.items())[:_MOST_BATCHES]:
        events = batch.get("events")
        told = "" if events is None else f", {digits.several(events, 'event')}"
        found[f"Batch {name(label)}"] = f"{digits.several(batch.get('n') or 0, 'case')}{told}"
    if len(batches) > _MOST_BATCHES:
        found["Further batches"] = digits.count(len(batches) - _MOST_BATCHES)
    return found


def _alignment(about: Mapping[str, Any]) -> tuple[str, ...]:
    """Say how the columns of an external table were matched: what was missing, renamed, out of range."""
    told = []
    for key, value in ((about.get("external") or {}).get("alignment") or {}).items():
        words = key.replace("_", " ")
        if isinstance(value, list | dict) and value:
            some = ", ".join(name(item) for item in list(value)[:6])
            told.append(f"{words} {len(value)} ({some}{', …' if len(value) > 6 else ''})")
        elif isinstance(value, str | int | float) and value not in ("", 0, False):
            told.append(f"{words} {scrub.without_paths(name(value))}")
    return (f"Columns of the external table: {'; '.join(told)}.",) if told else ()


def sources(report: Report) -> Section | None:
    """What was varied and what was fixed."""
    frame = report.frames["sources"]
    if frame.empty:
        return None
    order = {state: rank for rank, state in enumerate(_STATES)}
    ranked = frame.assign(rank=frame["state"].map(order).fillna(len(order))).sort_values(
        "rank", kind="stable"
    )
    rows = tuple(
        Row(
            (
                name(row.source),
                name(row.readers) or digits.NONE,
                *("●" if row.state == s else "" for s in _STATES),
            )
        )
        for row in each(ranked)
    )
    heads = columns("Source", "Who reads it", "Varied", "Fixed", "Not in this study")
    table = Table("sources", "Sources of variation", heads, rows, (wording.SOURCES_OF_VARIATION,))
    return section("sources", "What was varied, and what was fixed", table)


def pvalues(report: Report) -> Section | None:
    """What a p-value over these repeats can and cannot say."""
    state = "cohort" if report.about["cohort_varied"] else "split" if report.over == "re-splits" else "other"
    over, can, cannot = wording.PVALUE[state]
    title = f"What a p-value over {over} can say, and what it cannot"
    return section("pvalues", title, Paragraph(can), Paragraph(cannot))


def runs(report: Report) -> Section | None:
    """How many runs are done, failed and pending; what failed, and what warned."""
    rows = tuple(
        Row(
            (
                name(r.procedure),
                *(digits.count(n) for n in (r.done, r.failed, r.pending)),
                digits.score(r.median_seconds, 2),
            )
        )
        for r in each(report.frames["runs"])
    )
    heads = (
        *columns("Procedure"),
        *(Column(t) for t in ("Done", "Failed", "Pending", "Seconds a run, median")),
    )
    more: list[Block] = []
    for kind, title in (("error", "Errors of the runs that failed"), ("warning", "Warnings")):
        told = report.frames["messages"]
        mine = told[told["kind"] == kind]
        lines = tuple(
            Row((r.message, name(r.procedure), digits.count(r.runs))) for r in each(mine.head(_MOST_MESSAGES))
        )
        left = len(mine) - len(lines)
        notes = (
            (f"{digits.several(left, 'further one', 'further ones')} in the forms csv and json.",)
            if left
            else ()
        )
        if lines:
            more.append(
                Table(f"{kind}s", title, (*columns(kind.title(), "Procedure"), Column("Runs")), lines, notes)
            )
    return section("runs", "The runs", Table("runs", "Runs by procedure", heads, rows), more)

"""The report as JSON, in the shape of docs/report-json.md: stable, in full precision, null for no number."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from varbench.report.scrub import clean, without_paths
from varbench.report.sections.provenance import command

if TYPE_CHECKING:
    from varbench.report.content import Report
    from varbench.report.protocol import Content
    from varbench.verdict import Conclusion

#: The version of the shape; it grows when something is renamed or removed, not when something is added.
SCHEMA = 1


def to_json(content: Content) -> str:
    """Write a report or an answer as JSON.

    Parameters
    ----------
    content : Report or Answer
        What is said.

    Returns
    -------
    str
        Indented; ``json.loads`` gives its ``to_dict()``.
    """
    return json.dumps(content.to_dict(), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def to_dict(report: Report) -> dict[str, Any]:
    """Give a report as what JSON holds.

    Parameters
    ----------
    report : Report
        The report.

    Returns
    -------
    dict
        Its keys are those of docs/report-json.md.
    """
    about = report.about
    found: dict[str, Any] = {
        "schema": SCHEMA,
        "study": {
            "name": about.get("study"),
            "title": about["title"],
            "question": about.get("question"),
            "primary": report.primary,
            "direction": about.get("direction"),
            "margin": about.get("margin"),
            "gamma": about.get("gamma"),
            "confidence_level": about.get("confidence_level"),
            "preset": about.get("preset") or None,
            "overrides": about.get("overrides") or [],
            "hash": about.get("study_hash"),
            "repeats": about["n_repeats"],
            "folds": about["n_folds"],
            "over": report.over,
        },
        "notices": list(report.document.notices),
        "scope": report.document.scope or None,
        "headline": report.document.headline,
        "data": _data(about),
        "external": _data_of(about["external"]) if about.get("external") else None,
        "procedures": [_procedure(report, name) for name in report.procedures],
        "metrics": [{"name": name, **info} for name, info in report.metrics.items()],
        "comparisons": [*_main(report), *(comparison(one) for one in report.others)],
    }
    if report.only is None:
        found |= {name: _OWN[name](report) if name in _OWN else rows(report.frames[name]) for name in _TABLES}
    return dict(plain({**found, "runs": _runs(report), "provenance": _provenance(report)}))


def plain(value: Any) -> Any:
    """Turn numbers of NumPy and NaN, tuples and mappings into what JSON holds; texts are cleaned.

    Examples
    --------
    >>> plain({"a": float("nan"), "b": (np.int64(2), np.float64(0.5)), "c": True})
    {'a': None, 'b': [2, 0.5], 'c': True}
    """
    if isinstance(value, Mapping):
        return {clean(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int):
        return value
    return None if value is pd.NA or value is pd.NaT else clean(value)


def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Give the rows of a table, each by its columns."""
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def _data(about: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **_data_of(about["data"]),
        "cohort_drawn_anew": about["cohort_varied"],
        "class_names": [] if about["numeric"] else about["classes"],
    }


def _data_of(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: without_paths(value) if isinstance(value, str) else value for key, value in data.items()}


def _procedure(report: Report, name: str) -> dict[str, Any]:
    steps, leaks = report.frames["steps"], report.frames["leaks"]
    mine = steps[steps["procedure"] == name].drop(columns="procedure")
    known = (report.about.get("leaks") or {}).get(name)
    return {
        "name": name,
        "steps": rows(mine),
        "leaks": None if known is None else rows(leaks[leaks["procedure"] == name].drop(columns="procedure")),
    }


def _main(report: Report) -> list[dict[str, Any]]:
    """Give an entry a metric for the two procedures that the study compares; the primary one has the verdict."""
    if report.main is None:
        return []
    facts, found = report.main.facts, []
    for metric in report.metrics:
        mine = [r.to_dict() for r in report.results if r.settings.get("metric") in (metric, None)]
        primary = metric == report.primary
        found.append(
            {
                "first": facts.first,
                "second": facts.second,
                "metric": metric,
                "pairing": facts.pairing,
                "results": mine,
                "verdict": report.main.verdict.to_dict() if primary else None,
            }
        )
    return found


def comparison(one: Conclusion) -> dict[str, Any]:
    """Give one comparison by the primary metric, with its verdict."""
    family = bool(one.facts.procedures)
    return {
        "first": None if family else one.facts.first,
        "second": None if family else one.facts.second,
        "procedures": list(one.facts.names),
        "metric": one.facts.metric,
        "pairing": one.facts.pairing,
        "results": [r.to_dict() for r in one.results if r.settings.get("metric") in (one.facts.metric, None)],
        "verdict": one.verdict.to_dict(),
    }


def _scores(report: Report) -> list[dict[str, Any]]:
    every = report.frames["repeats"]
    found = []
    for row in rows(report.frames["scores"]):
        mine = every[(every["procedure"] == row["procedure"]) & (every["metric"] == row["metric"])]
        found.append({**row, "values": mine["score"].tolist(), "repeat": mine["repeat"].tolist()})
    return found


def _optimism(report: Report) -> dict[str, Any] | None:
    frame = report.frames["optimism"]
    if frame.empty:
        return None
    return {
        "truth": report.about["external_kind"],
        "rows": report.about["n_external"],
        "table": rows(frame),
    }


def _published(report: Report) -> dict[str, Any] | None:
    about, frame = report.about.get("published") or {}, report.frames["published"]
    if frame.empty:
        return None
    return {
        "title": about.get("title"),
        "source": about.get("source"),
        "rank_sum": about.get("rank_sum"),
        "table": rows(frame),
    }


def _runs(report: Report) -> dict[str, Any]:
    return {"table": rows(report.frames["runs"]), "messages": rows(report.frames["messages"])}


def _provenance(report: Report) -> dict[str, Any]:
    told = report.about.get("provenance") or {}
    return {
        "command": command(report) or None,
        "created": told.get("created"),
        "environment": told.get("environment") or {},
        "versions": told.get("versions") or {},
        "settings_hash": report.about.get("settings_hash"),
        "data_hash": report.about["data"].get("hash"),
        "seed": (report.about.get("settings") or {}).get("seed"),
        "mixed_versions": bool(report.about.get("mixed_versions")),
        "unverified": bool(report.about["data"].get("unverified")),
        "simulated": bool(report.about.get("simulated")),
        "cube_schema": report.about.get("varbench_schema"),
    }


#: The tables of a report, in order; some have a shape of their own.
_TABLES = (
    "scores", "constants", "inflation", "optimism", "copies", "error_rates", "pairs", "lines", "batches",
    "batch_alone", "coverage", "covered", "monitoring", "charts", "line_shares", "line_ranges", "picking",
    "ranks", "costs", "published", "undefined", "sources",
)  # fmt: skip
_OWN = {"scores": _scores, "optimism": _optimism, "published": _published}

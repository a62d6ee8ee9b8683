"""The numbers of an answer as tables: its results, and all of its frames in one long table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from varbench.report import scrub
from varbench.report.scrub import clean, without_paths
from varbench.report.to_json import rows
from varbench.stats import Result

if TYPE_CHECKING:
    from varbench.report.answer import Answer
    from varbench.report.protocol import Record
    from varbench.verdict import Conclusion

#: What a result is about beside its method: keys of its settings.
ABOUT = ("first", "second", "procedure", "term", "source", "metric", "dataset", "subgroup")
_NUMBERS = ("estimate", "ci_low", "ci_high", "confidence_level", "statistic", "pvalue")
#: Numbers that tell the rows of a table apart.
_KEYS = ("pair", "repeat", "fold", "seed", "bin", "x", "threshold")


def owner(answer: Answer, result: Result) -> Conclusion | None:
    """Give the comparison that a result belongs to: its own, else that of the same two procedures.

    None where there is none; a result that names no procedures belongs to the main comparison.
    """
    for one in answer.verdicts:
        if any(mine is result for mine in one.results):
            return one
    pair = (result.settings.get("first"), result.settings.get("second"))
    same = [one for one in answer.verdicts if pair == (one.facts.first, one.facts.second)]
    if same or pair != (None, None):
        return same[0] if same else None
    return answer.verdicts[0] if answer.verdicts else None


def about(answer: Answer, result: Result) -> dict[str, str]:
    """Say what a result is about: procedures, metric, data set, subgroup, as far as they are known."""
    found = {key: str(value) for key in ABOUT if (value := result.settings.get(key)) is not None}
    one = owner(answer, result)
    if one is not None and "procedure" not in found:
        facts = one.facts
        pair = {} if facts.procedures else {"first": facts.first, "second": facts.second}
        found = {**pair, "metric": facts.metric, **found}
    return found


def standing(answer: Answer, result: Result) -> tuple[bool, str]:
    """Say whether a result counts for its verdict, and if it does not, why."""
    one = owner(answer, result)
    if one is None:
        return False, ""
    if (
        result.settings.get("metric", one.facts.metric) != one.facts.metric
    ):  # the verdict is about the primary one
        return False, ""
    return result.method in one.verdict.counted, one.verdict.greyed.get(result.method, "")


def results_frame(answer: Answer) -> pd.DataFrame:
    """Give all results, a row each: what about, what was found, and whether it counts."""
    found = []
    for result in answer.results:
        row = result.to_dict()
        settings = {key: value for key, value in row.pop("settings").items() if key not in ABOUT}
        counts, greyed = standing(answer, result)
        row["notes"] = " ".join(row["notes"])
        told = {
            "settings": json.dumps(settings, sort_keys=True, default=str),
            "counts": counts,
            "greyed": greyed,
        }
        found.append({**dict.fromkeys(ABOUT), **about(answer, result), **row, **told})
    frame = pd.DataFrame(found)
    return frame.astype(dict.fromkeys(_NUMBERS, float)) if found else frame


def labelled(results: Sequence[Result]) -> pd.DataFrame:
    """Give the estimates of some results with labels, as a figure of intervals takes them."""
    from varbench.report.wording import method_label

    rows = [
        {
            "label": " · ".join(
                [method_label(r.method), *(str(r.settings[k]) for k in ABOUT if r.settings.get(k))]
            ),
            "estimate": r.estimate,
            "ci_low": r.ci_low,
            "ci_high": r.ci_high,
        }
        for r in results
        if r.estimate is not None
    ]
    frame = pd.DataFrame(rows, columns=["label", "estimate", "ci_low", "ci_high"])
    return frame.astype(dict.fromkeys(["estimate", "ci_low", "ci_high"], float))


def records(answer: Answer) -> Iterator[Record]:
    """Give the rows of an answer's long table: what is said, every frame, every result."""
    yield from _said(answer)
    for name, frame in answer.frames.items():
        yield from _results(frame) if name == "results" else _long(name, frame)


def _said(answer: Answer) -> Iterator[Record]:
    document = answer.document
    told = {
        "asked": answer.command,
        "of": document.kicker,
        "scope": document.scope,
        "answer": document.headline,
    }
    for quantity, value in told.items():
        if value:
            yield ("about", "", "", quantity, value)
    for notice in document.notices:
        yield ("about", "", "", "notice", notice)
    for key, value in provenance(answer).items():
        yield ("about", "", "", key, json.dumps(value) if isinstance(value, Mapping | list) else value)


def provenance(answer: Answer) -> dict[str, Any]:
    """Give where the numbers come from, without anybody's paths."""
    told = {clean(key, 120): _without_paths(value) for key, value in answer.about.items() if key != "command"}
    typed = answer.about.get("command")
    return {**({"command": scrub.command(str(typed))} if typed else {}), **told}


def _without_paths(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {clean(key, 200): _without_paths(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_paths(item) for item in value]
    return (
        without_paths(clean(value))
        if not isinstance(value, bool | int | float | np.generic | None)
        else value
    )


def _results(frame: pd.DataFrame) -> Iterator[Record]:
    texts = ("unit", "pairing", "estimand", "validity", "notes", "greyed")
    for row in rows(frame):
        beside = "".join(
            f"[{key}={row[key]}]" for key in ("term", "source", "dataset", "subgroup") if row[key] is not None
        )
        for quantity in (*_NUMBERS, "n", *texts):
            if not _empty(row[quantity]):
                yield (
                    "results",
                    _pair(row),
                    row["metric"] or "",
                    f"{row['method']}.{quantity}{beside}",
                    row[quantity],
                )


def _pair(row: Mapping[str, Any]) -> str:
    """Name the procedure that a row is about, or both."""
    for key in ("procedure", "method", "series", "pair"):
        if isinstance(row.get(key), str) and row[key] and not (key == "method" and "estimand" in row):
            return str(row[key])
    return "" if _empty(row.get("first")) else f"{row['first']} - {row.get('second')}"


def _empty(value: Any) -> bool:
    return (
        value is None
        or value is pd.NA
        or value is pd.NaT
        or value == ""
        or (isinstance(value, float) and bool(np.isnan(value)))
    )


def _long(name: str, frame: pd.DataFrame) -> Iterator[Record]:
    """Give a frame as rows of the long table: as few of its texts as tell its rows apart, then the rest as values."""
    texts = [str(column) for column in frame.columns if not pd.api.types.is_numeric_dtype(frame[column])]
    alone, both = ["procedure", "method", "series", "pair"], ["first", "second"]
    named = [column for column in alone if column in texts][:1] or [
        column for column in both if column in texts
    ]
    fixed = [*named, *(["metric"] if "metric" in frame else [])]
    keys = _telling(frame, fixed)
    if keys and len(keys) + len(fixed) == len(frame.columns):
        keys.pop()  # a table of names alone: the last is its value
    single = len(frame.drop_duplicates([*fixed, *keys])) == len(frame) if fixed or keys else len(frame) < 2
    rest = [column for column in frame.columns if column not in keys and column not in fixed]
    for number, row in enumerate(rows(frame)):
        at = "".join(f"[{key}={row[key]}]" for key in keys) + ("" if single else f"[row={number}]")
        for quantity in rest:
            if not _empty(row[quantity]):
                value = row[quantity]
                plain = json.dumps(value, default=str) if isinstance(value, list | tuple | dict) else value
                yield (name, _pair(row), row.get("metric") or "", f"{quantity}{at}", plain)


def _telling(frame: pd.DataFrame, fixed: list[str]) -> list[str]:
    """Give the first columns, beside those that are always there, that tell the rows of a frame apart."""
    could = [
        column
        for column in frame.columns
        if column not in fixed and (column in _KEYS or not pd.api.types.is_numeric_dtype(frame[column]))
    ]
    hashable = [
        column for column in could if not frame[column].map(lambda v: isinstance(v, list | dict)).any()
    ]
    keys: list[str] = []
    for column in hashable:
        if (fixed or keys) and not frame.duplicated([*fixed, *keys]).any():
            break
        keys.append(str(column))
    return keys

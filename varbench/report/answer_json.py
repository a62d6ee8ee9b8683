"""An answer as JSON, in the shape of docs/report-json.md: stable, in full precision, null for no number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from varbench.report.answer_frames import provenance
from varbench.report.scrub import without_paths
from varbench.report.to_json import SCHEMA, comparison, plain, rows

if TYPE_CHECKING:
    from varbench.report.answer import Answer


def to_dict(answer: Answer) -> dict[str, Any]:
    """Give an answer as what JSON holds.

    Parameters
    ----------
    answer : Answer
        The answer.

    Returns
    -------
    dict
        Its keys are those of docs/report-json.md.
    """
    document = answer.document
    found = {
        "schema": SCHEMA,
        "command": answer.command,
        "of": document.kicker,
        "question": document.question,
        "notices": list(document.notices),
        "scope": document.scope or None,
        "headline": document.headline,
        "sentences": [without_paths(text) for text in answer.sentences],
        "settle": without_paths(answer.settle) or None,
        "verdict": answer.verdicts[0].verdict.to_dict() if answer.verdicts else None,
        "results": [result.to_dict() for result in answer.results],
        "comparisons": [comparison(one) for one in answer.verdicts],
        "tables": {name: rows(frame) for name, frame in answer.frames.items() if name != "results"},
        "methods": without_paths(answer.methods) or None,
        "citations": list(citations(answer)),
        "provenance": {**provenance(answer), "varbench": answer.version},
    }
    return dict(plain(found))


def citations(answer: Answer) -> tuple[str, ...]:
    """Give whom to cite: what the answer names, then the sources of its methods."""
    from varbench.report.wording import SOURCES

    used = dict.fromkeys(result.method for result in answer.results)
    return tuple(
        dict.fromkeys((*answer.citations, *(SOURCES[method] for method in used if method in SOURCES)))
    )

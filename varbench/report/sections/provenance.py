"""Where the numbers come from, how to make them again, and whom to cite."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from varbench.report import scrub, wording
from varbench.report.blocks import Bullets, Code, Paragraph, Row, Section, Table, section
from varbench.report.sections.pieces import columns, name

if TYPE_CHECKING:
    from varbench.report.content import Report


def provenance(report: Report) -> Section | None:
    """Where the numbers come from, and the command that makes them again."""
    pairs = {**_data(report.about), **_settings(report.about), **_machine(report.about)}
    shown = {k: scrub.without_paths(scrub.clean(v, 500)) for k, v in pairs.items() if v not in (None, "")}
    rows = tuple(Row(pair) for pair in shown.items())
    again = command(report)
    told = str((report.about.get("provenance") or {}).get("command", ""))
    return section(
        "provenance",
        "Provenance",
        Table("provenance", "Where these numbers come from", columns("", ""), rows),
        [Paragraph("To make them again:"), Code(again)] if again else None,
        Paragraph(wording.LAST_PART, "note") if again and "/" in told and again != told else None,
    )


def _data(about: Mapping[str, Any]) -> dict[str, Any]:
    data, study = about["data"], str(about.get("study", ""))
    external = about.get("external") or {}
    return {
        "Study": f"{study}: {about['title']}" if about["title"] else study,
        "Data": data.get("title") or data.get("name"),
        "Licence and access": "; ".join(str(data[key]) for key in ("licence", "access") if data.get(key)),
        "Note on the data": data.get("note"),
        "Data, SHA-256": data.get("hash"),
        "External data, SHA-256": external.get("hash"),
    }


def _settings(about: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Seed": (about.get("settings") or {}).get("seed"),
        "Preset": f"{name(about['preset'])}: not the protocol" if about.get("preset") else None,
        "Asked for": _asked(about.get("request") or {}),
        "Settings, SHA-256": about.get("settings_hash"),
        "Study file, SHA-256": about.get("study_hash"),
        "Notes": " ".join(str(note) for note in about.get("notes") or []),
    }


def _machine(about: Mapping[str, Any]) -> dict[str, Any]:
    told = about.get("provenance") or {}
    versions = {**(told.get("environment") or {}), **(told.get("versions") or {})}
    platform, _, forest = (versions.pop(key, None) for key in ("platform", "machine", "forest_engine"))
    return {
        "Made": told.get("created"),
        "Platform": platform,
        "Forest": forest,
        "Versions": ", ".join(f"{package} {version}" for package, version in versions.items()),
        "Mixed versions": "yes: runs were made with different versions"
        if about.get("mixed_versions")
        else None,
    }


def _asked(request: Mapping[str, Any]) -> str:
    """Write what was asked for beside the study's own settings."""
    given = {
        k: v for k, v in request.items() if v not in (None, {}, []) and k not in ("seed", "data", "preset")
    }
    return "; ".join(f"{key.replace('_', ' ')} {_flat(value)}" for key, value in given.items())


def _flat(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name(k)} = {name(v)}" for k, v in value.items())
    return ", ".join(name(item) for item in value) if isinstance(value, list | tuple) else name(value)


def command(report: Report) -> str:
    """Give the command that makes the cube again, without anybody's paths; empty where Python made it."""
    stored = str((report.about.get("provenance") or {}).get("command") or "")
    return scrub.command(stored) if stored.startswith("varbench ") else ""


def citations(report: Report) -> Section | None:
    """Whom to cite: the data, the study's paper, the methods, varbench."""
    about = report.about
    items = [text for data in (about["data"], about.get("external") or {}) for text in _cited(data)]
    published = about.get("published") or {}
    if published.get("source"):
        items.append(f"Study: {published.get('title', '')}, {published['source']}")
    methods = dict.fromkeys(result.method for result in report.results)
    items += [f"Method: {wording.SOURCES[method]}" for method in methods if method in wording.SOURCES]
    if len(report.frames["leaks"]):
        items.append(f"Method: {wording.TAXONOMY}")
    version = ((about.get("provenance") or {}).get("environment") or {}).get("varbench", "")
    items.append(f"{f'varbench {version}'.strip()}: see its CITATION.cff")
    return section("citations", "To cite", Bullets(tuple(scrub.clean(item, 600) for item in items)))


def _cited(data: Mapping[str, Any]) -> list[str]:
    cited = ", ".join(str(data[key]) for key in ("citation", "doi") if data.get(key))
    found = [f"Data: {_doi(cited)}"] if cited else []
    return [*found, f"Table: {_doi(str(data['member_doi']))}"] if data.get("member_doi") else found


def _doi(text: str) -> str:
    """Mark a bare DOI as one.

    Examples
    --------
    >>> _doi("Doe 2020, 10.1000/xyz"), _doi("doi:10.1000/xyz")
    ('Doe 2020, doi:10.1000/xyz', 'doi:10.1000/xyz')
    """
    return re.sub(r"(?<![\w:/.])(10\.\d{4,9}/\S+)", r"doi:\1", text)

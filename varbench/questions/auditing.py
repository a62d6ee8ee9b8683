"""``audit``: what would make the scores on a user's table, pipeline or run look better than they are?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from varbench.audits import Audit, Finding
from varbench.audits.findings import CLEAR, FOUND, LEAKAGE, NOT_APPLICABLE, NOT_CHECKED, SEVERITIES
from varbench.questions.audit_pictures import frames_of, pictures
from varbench.questions.audit_subjects import audited
from varbench.report import Answer, Shown

_QUESTION = "What would make scores look better here than they are?"
_SOURCES = (
    "Kapoor & Narayanan 2023, Leakage and the reproducibility crisis in machine-learning-based science, "
    "doi:10.1016/j.patter.2023.100804",
    "Westfall & Young 1993, Resampling-based multiple testing, Wiley",
)


def audit(
    what: Any,
    *others: Any,
    target: str | None = None,
    group: str | None = None,
    batch: str | None = None,
    split: str | None = None,
    id: str | None = None,
    time: str | None = None,
    drop: Sequence[str] = (),
    search: Any = None,
    level: float = 0.05,
    deep: bool = False,
    names: bool = False,
    rng: int = 0,
    command: str = "",
) -> Answer:
    """What would make scores look better here than they are?

    Parameters
    ----------
    what : DataFrame, Data, path, name or object
        A table, a row a case, or a data set by its name; of two the training rows. A folder of pictures, or a file of
        images. A Pipeline, a search or another
        estimator, a Procedure or a Study, or where one stands, as ``pipeline.py:pipeline``: the file is run. The
        folder of a run, or its cube; of a run over several data sets each is audited.
    *others : DataFrame, path or object
        The test rows, where they are a table of their own; steps, beside a table.
    target : str, optional
        The column of the outcome: classes, or a measurement.
    group, batch, id, time : str, optional
        The columns that say whose a row is (it may repeat), where it comes from, what names it,
        and when it was taken.
    split : str, optional
        The column that says on which side of the split a row is: train and test (and validation),
        or the fold in
        which it is tested.
    drop : sequence of str
        Columns that are no features; ``*`` stands for anything.
    search : path or iterable of paths, optional
        Folders with files of data, as :func:`varbench.load_data` takes them.
    level : float
        The probability, from .03 to below 1, of any warning or error on a clean table.
    deep : bool
        Whether to fit the steps to the table with shuffled labels, on which nothing can score above chance.
    names : bool
        Whether pairs of images are shown with the names of their files, which may name patients; by their numbers
        else: the row of ``labels.csv``, or the place among the sorted names.
    rng : int
        The seed of shuffles and samples.
    command : str
        The line that was typed, for the provenance.

    Returns
    -------
    Answer
        The findings, errors first; the numbers behind them are in its frames.

    Raises
    ------
    VarbenchError
        If a table cannot be read, a column is not there, or it cannot be what it is named for; if steps are in a
        pickle, or what was given does not go together.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).normal(size=(60, 2))
    >>> table = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "ill": np.arange(60) % 2})
    >>> audit(table.assign(code=table["ill"] * 7.0), target="ill").headline
    '1 error: columns that are the label.'
    """
    options = {
        "target": target, "group": group, "batch": batch, "split": split, "id": id, "time": time, "drop": drop,
        "search": search, "level": level, "rng": rng, "deep": deep,
    }  # fmt: skip
    found = audited([what, *others], options)
    return answered(found if names else _unnamed(found), rng=rng, command=command)


def _unnamed(found: Audit) -> Audit:
    """Leave out the names of files: what names a patient does not go into a report unasked."""
    frames = {
        name: frame.drop(columns=["file", "other_file"], errors="ignore")
        for name, frame in found.frames.items()
    }
    return replace(found, frames=frames)


def answered(found: Audit, *, rng: int = 0, command: str = "") -> Answer:
    """Say what an audit found, errors first.

    Parameters
    ----------
    found : Audit
        Of any subject.
    rng : int
        The seed that was used.
    command : str
        The line that was typed.

    Returns
    -------
    Answer
        With the tables of findings, and the pictures that the audit has frames for.
    """
    frames = {**frames_of(found), **_tables(found)}
    return Answer(
        command="audit",
        kicker=_kicker(found),
        question=_QUESTION,
        scope="",
        headline=_headline(found),
        sentences=(_counts(found), *(_sentence(one) for one in found.alarms)),
        settle=_settle(found),
        frames=frames,
        tables=_shown(frames),
        pictures=pictures(found),
        notices=tuple(found.about.get("notes", ())),
        methods=_methods(found),
        citations=_SOURCES if "shuffles" in found.about else _SOURCES[:1],
        about={"command": command, "seed": rng, **{k: v for k, v in found.about.items() if k != "notes"}},
    )


def _kicker(found: Audit) -> str:
    rows, features = found.about.get("rows"), found.about.get("features")
    return found.subject if rows is None else f"{found.subject}: {rows:,} rows x {features:,} features"


def _headline(found: Audit) -> str:
    parts = []
    for severity in reversed(SEVERITIES[1:]):
        of = [one for one in found.alarms if one.severity == severity]
        if of:
            parts.append(_several(len(of), severity))
    if not parts:
        return "No error, no warning."
    first = found.alarms[0]
    more = "" if len(found.alarms) == 1 else ", first of all"
    return f"{' and '.join(parts)}{more}: {first.title[0].lower()}{first.title[1:]}."


def _several(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _counts(found: Audit) -> str:
    of = {outcome: [one for one in found.findings if one.outcome == outcome] for outcome in
          (FOUND, CLEAR, NOT_APPLICABLE, NOT_CHECKED)}  # fmt: skip
    told = len(of[FOUND]) - len(found.alarms)
    said = [
        f"Of {_several(len(found.findings), 'check')} {len(of[FOUND]) + len(of[CLEAR])} were made: "
        f"{_several(len(found.alarms), 'alarm')}, {told} for information, {len(of[CLEAR])} clear."
    ]
    if of[NOT_APPLICABLE]:
        said.append(
            f"{len(of[NOT_APPLICABLE])} {'does' if len(of[NOT_APPLICABLE]) == 1 else 'do'} not apply here."
        )
    if of[NOT_CHECKED]:
        said.append(
            f"{len(of[NOT_CHECKED])} could not be made: {', '.join(one.code for one in of[NOT_CHECKED])}."
        )
    return " ".join(said)


def _sentence(one: Finding) -> str:
    leakage = f" [{one.leakage}: {LEAKAGE[one.leakage]}]" if one.leakage else ""
    return f"{one.code}, {one.severity}: {one.title}. {one.sentence}{leakage} What to do: {one.cure}"


def _settle(found: Audit) -> str:
    if found.alarms:
        return "Cure what is found, and audit again."
    return {
        "steps": "What objects cannot tell: what was done to the table before. Give the table too, with --deep.",
        "run": "What a run cannot tell: what was done to the table before. varbench audit TABLE looks there.",
    }.get(
        str(found.about.get("kind", "")),
        "What an audit of a table cannot see: steps before the split. varbench audit PIPELINE and varbench check say "
        "what these leak.",
    )


def _tables(found: Audit) -> dict[str, pd.DataFrame]:
    frame = found.frame()
    frame["where"] = [_where(one) for one in found.findings]
    frame["class"] = [f"{one.leakage} {LEAKAGE[one.leakage]}".strip() for one in found.findings]
    alarms = frame["severity"].isin(SEVERITIES[1:])
    return {
        "findings": frame.assign(evidence=[_told(one) for one in frame["evidence"]]),
        "alarms": frame[alarms],
        "rows": pd.DataFrame(
            [(one.code, row) for one in found.findings for row in one.rows], columns=["code", "row"]
        ),
        "information": frame[(frame["outcome"] == FOUND) & ~alarms].assign(
            said=lambda part: part["code"] + " " + part["title"] + ": " + part["finding"]
        ),
        "clear": frame[frame["outcome"] == CLEAR],
        "unmade": frame[frame["outcome"].isin([NOT_APPLICABLE, NOT_CHECKED])],
    }


def _told(evidence: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name} {value:.6g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in evidence.items()
    )


def _where(one: Finding) -> str:
    """Name the columns and count the rows of a finding."""
    shown = ", ".join(one.columns[:3]) + (
        f" and {len(one.columns) - 3:,} more" if len(one.columns) > 3 else ""
    )
    rows = f"{len(one.rows):,} rows, from row {one.rows[0]:,}" if len(one.rows) > 1 else ""
    return "; ".join(part for part in (shown, rows) if part)


def _shown(frames: Mapping[str, pd.DataFrame]) -> tuple[Shown, ...]:
    named = "file" in frames.get("pairs", ())
    files = {"file": "File", "other_file": "Other file"} if named else {}
    tested = {"pvalue": "p"} if frames["alarms"]["pvalue"].notna().any() else {}
    wanted = (
        Shown("alarms", "Errors and warnings",
              {"code": "Code", "severity": "Severity", "title": "What", "where": "Where", "class": "Leakage", **tested},
              ("p-values are adjusted for all that the audit looked at; what is certain has none.",) if tested else ()),
        Shown("pairs", "Rows that repeat, or nearly",
              {"row": "Row", "other": "Other row", **files, "sides": "Sides", "how": "How", "distance": "Distance"},
              ("Numbered from 1, in the table’s order. Distances in ranks of the continuous columns; of images in "
               "waves.",)),
        Shown("information", "For information", {"said": "Finding"}),
        Shown("clear", "Looked at, and clear", {"code": "Code", "title": "What", "finding": "Seen"}),
        Shown("unmade", "Not looked at", {"code": "Code", "title": "What", "outcome": "Why", "finding": ""}),
    )  # fmt: skip
    return tuple(one for one in wanted if one.frame in frames and len(frames[one.frame]))


def _methods(found: Audit) -> str:
    made = [one.code for one in found.findings if one.outcome in (FOUND, CLEAR)]
    checks = f"{len(made)} checks: {', '.join(made)}"
    if found.about.get("kind") == "steps":
        return (
            f"The learning procedure was audited with varbench by its objects, without running it ({checks})."
        )
    if found.about.get("kind") == "run":
        return f"What the run recorded was audited with varbench ({checks})."
    level = float(found.about.get("level", 0.05))
    return (
        f"The data were audited with varbench before any model was trained ({checks}). Checks with a null hypothesis "
        f"were permutation tests with {found.about.get('shuffles', 0):,} shuffles, of whole groups where labels "
        "belong to groups; over many columns the largest statistic was compared (max-T), within a family of checks "
        "Holm’s adjustment was used, and the families shared the level equally, so that the probability of any "
        f"alarm on a clean table is at most {level:g}. Checks without a null are reported for information."
    )

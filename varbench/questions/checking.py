"""``checklist``: a run held against the checklists that authors are asked for."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from varbench.checklists import ANSWERS, FORMS, chart, fill, read
from varbench.cube import one_cube
from varbench.errors import InputError
from varbench.report import Answer, Picture, Shown

if TYPE_CHECKING:
    import xarray as xr

_TAKEN = "Filled from what the run recorded; the items are in our own words, by the numbers of their sources."


def checklist(
    run: str | os.PathLike[str] | xr.Dataset,
    *,
    form: str | Sequence[str] = tuple(FORMS),
    procedures: Sequence[str] | None = None,
    command: str = "",
) -> Answer:
    """What of the checklists that authors are asked for does a run answer, and what is left to a person?

    Parameters
    ----------
    run : path or xarray.Dataset
        A run's folder, its cube, or the opened cube.
    form : str or sequence of str
        Keys of :data:`varbench.checklists.FORMS`: ``table4``, ``claim``, ``tripod-ai``, ``probast-ai``, ``reforms``,
        ``metrics``; all by default.
    procedures : sequence of str, optional
        What the paper reports; all of the run by default.
    command : str
        The line that was typed, for the provenance.

    Returns
    -------
    Answer
        Each form as a table, and a chart of where the study stands.

    Raises
    ------
    VarbenchError
        If there is no such run, form or procedure.

    Examples
    --------
    >>> from sklearn.model_selection import StratifiedKFold
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from varbench import Procedure, Split, Study
    >>> tree = Procedure([Split(StratifiedKFold(3, shuffle=True)), DecisionTreeClassifier(max_depth=2)])
    >>> asked = {"question": "How good is it?", "data": "wdbc", "primary": "roc_auc", "vary": ["split"]}
    >>> study = Study(procedures={"tree": tree}, **asked)
    >>> table = checklist(study.run(repeats=1), form="table4").frame("table4")
    >>> table.loc[table["answer"] == "not met", "topic"].tolist()
    ['Precision and recall beside accuracy', 'An external data set where possible']
    """
    asked = [form] if isinstance(form, str) else list(form)
    if not asked:
        raise InputError(f"no form is given; there are {', '.join(FORMS)}")
    cube = one_cube(run, "checklist")
    recorded = read(cube, procedures)
    filled = {name: fill(recorded, name) for name in dict.fromkeys(asked)}
    way = chart(recorded)
    counts = _counts(filled)
    wrong = way[way["answer"] == "no"]
    named = ", ".join(recorded.procedures)
    return Answer(
        command="checklist",
        kicker=f"{recorded.question or 'A run'} ({named})",
        question="Does the study meet what authors are asked for?",
        scope="By what the run recorded",
        headline=_headline(wrong, way),
        sentences=(*(_said(row) for row in wrong.itertuples()), *_totals(counts)),
        notices=(_TAKEN,),
        frames={"chart": way, "counts": counts, **filled},
        tables=tuple(
            Shown(
                name,
                FORMS[name].title,
                {"number": "Item", "topic": "What it asks for", "answer": "Answer", "evidence": "Evidence"},
                notes=tuple(note for note in (FORMS[name].note, FORMS[name].source) if note),
            )
            for name in filled
        ),
        pictures=(_picture(way),),
        citations=tuple(FORMS[name].source for name in filled),
        about=_about(recorded.settings, recorded.data, command),
    )


def _headline(wrong: pd.DataFrame, way: pd.DataFrame) -> str:
    answered = int(way["answer"].isin(["yes", "no"]).sum())
    if len(wrong):
        return f"{len(wrong)} of the {answered} questions that the run answers are answered with no."
    left = int((way["answer"] == "open").sum())
    rest = f"; {left} more only a person can answer" if left else ""
    return f"All {answered} questions that the run answers are answered with yes{rest}."


def _said(row: Any) -> str:
    return f"{row.question} No. {row.evidence} {row.cure}".strip()


def _counts(filled: dict[str, pd.DataFrame]) -> pd.DataFrame:
    rows = [
        {"form": name, "items": len(frame), **{a: int((frame["answer"] == a).sum()) for a in ANSWERS}}
        for name, frame in filled.items()
    ]
    return pd.DataFrame(rows)


def _totals(counts: pd.DataFrame) -> tuple[str, ...]:
    return tuple(
        f"{FORMS[str(row['form'])].title}, {row['items']} items: {row['met']} met, {row['not met']} not met, of "
        f"{row['recorded']} the facts are recorded, {row['not applicable']} not applicable, {row['open']} left to a "
        "person."
        for row in counts.to_dict("records")
    )


def _picture(way: pd.DataFrame) -> Picture:
    told = "; ".join(f"{row.question} {row.answer}" for row in way.itertuples())
    return Picture("chart", "chart", "Where this study stands", told, "From the data down to the claim.")


def _about(settings: Any, data: Any, command: str) -> dict[str, Any]:
    return {
        "command": command,
        "study": settings.get("study", ""),
        "data": data.get("name", ""),
        "seed": settings.get("seed"),
    }

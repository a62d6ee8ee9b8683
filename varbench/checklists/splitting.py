"""What a run can say of its split: how rows were parted, and what crosses from the test rows to the training rows."""

from __future__ import annotations

import re
from collections.abc import Callable

from varbench.checklists.evidence import (
    MET,
    NOT_APPLICABLE,
    NOT_MET,
    OPEN,
    RECORDED,
    Answered,
    person,
    selecting_steps,
    step_texts,
)
from varbench.checklists.recorded import Recorded
from varbench.verdict.words import joined

_CROSSES = {"group": "row of their group"}
_SEARCH = re.compile(r"Search|Tune", re.IGNORECASE)


def partitions(run: Recorded) -> Answered:
    """How are cases assigned to training and test rows?"""
    splits = {str(step["text"]) for name in run.procedures for step in run.steps_of(name, kind="split")}
    if not splits:
        return person(run)
    over = "a fresh split in each" if "split" in run.varied else "the same split in all"
    return Answered(RECORDED, f"{'; '.join(sorted(splits))}; {run.repeats}, {over}.")


def disjoint(run: Recorded) -> Answered:
    """Is no patient, and no copy of a row, on both sides of the split?"""
    crossing = []
    for name, shares in run.shares.items():
        found = [
            f"{share:.0%} have a {_CROSSES.get(what, what)}"
            for what, share in shares.overall.items()
            if share
        ]
        if found:
            crossing.append(f"{name}: {' and '.join(found)} among the training rows")
    if crossing:
        return Answered(NOT_MET, f"Of the test rows in {'; in '.join(crossing)}.")
    if run.data.get("groups"):
        return Answered(MET, "No copy, no relative and no group of a test row is among the training rows.")
    return Answered(
        OPEN,
        "No copy of a test row is among the training rows; whether a patient has several rows was not declared.",
    )


def separation(run: Recorded) -> Answered:
    """Is no test row, no copy of one and nothing that was learned from one among the training rows?"""
    learned = _without(
        run,
        lambda leak: leak.kind == "estimate" and leak.how == "learns",
        "Every step that learns stands right of the split, and no copy crosses it.",
    )
    made = _rows_apart(run, learned.evidence)
    return learned if learned.answer == NOT_MET else made


def preprocessing_apart(run: Recorded) -> Answered:
    """Are scaling, imputing and projecting learned on training rows alone?"""
    return _without(
        run,
        lambda leak: leak.code == "L1.2" and leak.kind == "estimate",
        "No such step stands left of the split.",
    )


def selection_apart(run: Recorded) -> Answered:
    """Are features selected after the split?"""
    if not any(selecting_steps(run, name) for name in run.procedures) and not _unread(run):
        return Answered(NOT_APPLICABLE, "No features are selected.")
    return _without(
        run,
        lambda leak: leak.code == "L1.3" and leak.kind == "estimate",
        "Features are selected on training rows.",
    )


def resampling_apart(run: Recorded) -> Answered:
    """Are rows oversampled after the split?"""
    samplers = {name: run.steps_of(name, kind="sampler") for name in run.procedures}
    if not any(samplers.values()) and not _unread(run):
        return Answered(NOT_APPLICABLE, "No rows are resampled.")
    return _rows_apart(run, "Rows are resampled among the training rows alone.")


def augmentation_apart(run: Recorded) -> Answered:
    """Are rows augmented after the split?"""
    if not (run.sources.get("augment") or {}).get("readers"):
        return Answered(NOT_APPLICABLE, "Nothing is augmented.")
    return _rows_apart(run, "Rows are augmented among the training rows alone.")


def _rows_apart(run: Recorded, well: str) -> Answered:
    """Nothing that was made of a test row may be among the training rows: by the recorded shares, else by the order."""
    made = []
    for name, shares in run.shares.items():
        known = [shares.overall.get(what) for what in ("copy", "relative")]
        share = max((value for value in known if value is not None), default=None)
        ordered = any(leak.how == "copies" for leak in run.leaks[name] or ())
        if share or (share is None and ordered):
            made.append(
                name
                if share is None
                else f"{name} ({share:.0%} of the test rows are related to training rows)"
            )
    if made:
        return Answered(NOT_MET, f"Before the split in {joined(made)}.")
    return _unless_unread(run, well)


def tuning(run: Recorded) -> Answered:
    """How were the hyperparameters chosen?"""
    searches = step_texts(run, _SEARCH)
    if not searches:
        return Answered(RECORDED, "No hyperparameter is searched; the model's parameters are fixed.")
    return Answered(RECORDED, f"Searched: {searches}.{_choosing(run)}")


def tuning_apart(run: Recorded) -> Answered:
    """Are hyperparameters chosen without the test rows?"""
    if not step_texts(run, _SEARCH) and not _unread(run):
        return Answered(NOT_APPLICABLE, "No hyperparameter is searched.")
    return _without(
        run,
        lambda leak: leak.code == "L1.1" and leak.kind == "estimate",
        f"By an inner split of the training rows.{_choosing(run)}",
    )


def _choosing(run: Recorded) -> str:
    """Say which steps saw the rows by which settings were chosen: a milder fault, which leaves the scores valid."""
    steps: dict[str, list[str]] = {}
    for name in run.procedures:
        for leak in run.leaks[name] or ():
            if leak.kind == "choice":
                steps.setdefault(leak.step, []).append(name)
    if not steps:
        return ""
    said = "; ".join(f"{step} in {joined(names)}" for step, names in steps.items())
    return f" Its validation rows were seen by steps before it: {said}; the choice suffers, the scores stay valid."


def internal(run: Recorded) -> Answered:
    """Was performance measured on rows that the models have not seen?"""
    leaking = [
        name for name in run.procedures if any(leak.kind == "estimate" for leak in run.leaks[name] or ())
    ]
    if leaking:
        return Answered(NOT_MET, f"Not in {joined(leaking)}: steps before the split see the test rows.")
    return _unless_unread(run, "By cross-validation; no step sees the test rows.")


def _without(run: Recorded, wrong: Callable[..., bool], well: str) -> Answered:
    found = [
        f"{leak.step} in {name}: {leak.what}"
        for name in run.procedures
        for leak in run.leaks[name] or ()
        if wrong(leak)
    ]
    return Answered(NOT_MET, f"{'; '.join(found)}.") if found else _unless_unread(run, well)


def _unless_unread(run: Recorded, well: str) -> Answered:
    unread = _unread(run)
    return Answered(OPEN, f"{joined(unread)}: its steps cannot be read.") if unread else Answered(MET, well)


def _unread(run: Recorded) -> list[str]:
    return [name for name in run.procedures if run.leaks[name] is None]

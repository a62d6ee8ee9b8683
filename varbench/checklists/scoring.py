"""What a run can say of its scores: the metrics, what they stand beside, and how sure they are."""

from __future__ import annotations

from varbench.checklists.evidence import (
    MET,
    NOT_APPLICABLE,
    NOT_MET,
    NUMBER,
    OPEN,
    RECORDED,
    Answered,
    person,
)
from varbench.checklists.recorded import Recorded
from varbench.effects.constants import BALANCED
from varbench.metrics import label_of
from varbench.verdict.words import joined


def metrics(run: Recorded) -> Answered:
    """Which metrics are computed, and which of them is the primary one?"""
    first, *others = (label_of(name) for name in run.metrics)
    also = f"; also {', '.join(others)}" if others else ""
    late = f"; {run.overrides} of these declarations set after the runs" if run.overrides else ""
    return Answered(RECORDED, f"Primary: {first}{_margin(run)}{also}{late}.")


def metric_fits(run: Recorded) -> Answered:
    """Does the primary metric fit the balance of the classes?"""
    share = run.prevalence
    rarer = None if share is None else min(share, 1 - share)
    if run.numeric:
        return Answered(NOT_APPLICABLE, NUMBER)
    if run.metrics[0] != "accuracy":
        return Answered(MET, f"The primary metric is {label_of(run.metrics[0])}.")
    if rarer is None:
        return person(run)
    always = f"always the commoner class has an accuracy of {1 - rarer:.1%}"
    return Answered(NOT_MET if rarer < BALANCED else MET, f"The primary metric is accuracy; {always}.")


def precision_recall(run: Recorded) -> Answered:
    """Do precision and recall stand beside the other metrics?"""
    if run.numeric:
        return Answered(NOT_APPLICABLE, NUMBER)
    absent = [label_of(name) for name in ("precision", "recall") if name not in run.metrics]
    if not absent:
        return Answered(MET, "Precision and recall are computed.")
    return Answered(
        NOT_MET,
        f"Not computed: {', '.join(absent)}. varbench report RUN --metrics adds them without a new run.",
    )


def calibration(run: Recorded) -> Answered:
    """Is the calibration of the probabilities assessed?"""
    if run.numeric:
        return Answered(NOT_APPLICABLE, NUMBER)
    proper = [label_of(name) for name in ("brier", "log_loss") if name in run.metrics]
    if not proper:
        return Answered(
            NOT_MET,
            "No proper score is computed; the predictions are kept: varbench evaluate RUN draws the curve.",
        )
    return Answered(
        RECORDED, f"By {' and '.join(proper)}; varbench evaluate RUN gives slope, intercept and curve."
    )


def baseline(run: Recorded) -> Answered:
    """Is there a baseline for what counts as acceptable?"""
    dummies = [
        name for name in run.steps if any("Dummy" in str(step.get("text")) for step in run.steps[name])
    ]
    also = f", and so does {joined(dummies)}" if dummies else ""
    if run.numeric:
        return Answered(
            MET, f"The mean and the median of the outcome stand in every table of the report{also}."
        )
    return Answered(
        MET, f"Constant answers at the prevalence of the cohort stand in every table of the report{also}."
    )


def external(run: Recorded) -> Answered:
    """Was every model scored on data from elsewhere?"""
    if run.external == "file":
        return Answered(
            MET, f"Every fitted model was scored on {run.n_external} cases of {run.external_name}."
        )
    if run.external == "population":
        return Answered(
            RECORDED,
            f"On {run.n_external} fresh cases a repeat from the simulated population: not from elsewhere.",
        )
    return Answered(NOT_MET, "No external data were scored; --external does it.")


def evaluated(run: Recorded) -> Answered:
    """How were the predictions for other data made?"""
    found = external(run)
    return Answered(NOT_APPLICABLE, "No other data were scored.") if found.answer == NOT_MET else found


def mistakes(run: Recorded) -> Answered:
    """Was it looked at which cases are predicted wrongly?"""
    return Answered(
        OPEN,
        "The prediction of every test row is kept; which cases are wrong, and why, only a person can say.",
    )


def uncertainty(run: Recorded) -> Answered:
    """How is the uncertainty of the scores quantified?"""
    varied = ", ".join(run.varied) or "nothing"
    level = run.declared.get("confidence_level") or 0.95
    return Answered(
        RECORDED,
        f"{run.repeats} that vary {varied}; spread, {level:.0%} intervals and whom they are about stand in "
        "the report.",
    )


def comparison(run: Recorded) -> Answered:
    """How are models compared?"""
    if len(run.procedures) < 2:
        return Answered(NOT_APPLICABLE, "One procedure.")
    return Answered(
        RECORDED,
        f"{' against '.join(run.procedures[:2])} on the same re-splits by a method whose error rate was measured for "
        "the design; the report's verdict names it.",
    )


def robustness(run: Recorded) -> Answered:
    """Was it varied what could as well have been otherwise?"""
    fixed = [name for name, entry in run.sources.items() if entry.get("state") == "fixed"]
    kept = f"; kept fixed: {', '.join(fixed)}" if fixed else ""
    return Answered(RECORDED, f"Varied: {', '.join(run.varied) or 'nothing'}{kept}.")


def _margin(run: Recorded) -> str:
    margin = run.declared.get("margin")
    return "" if margin is None else f" with a margin of {margin:g}, declared before the runs"

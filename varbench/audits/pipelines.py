"""The audit of steps: what a procedure or a pipeline would leak, read off without running it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from imblearn.base import SamplerMixin
from imblearn.pipeline import Pipeline as SamplingPipeline
from sklearn.compose import ColumnTransformer
from sklearn.model_selection import KFold
from sklearn.pipeline import FeatureUnion, Pipeline

from varbench.audits import choosing, naming
from varbench.audits.drafts import Draft, as_finding, clear, counted, found, listed, nothing, unchecked
from varbench.audits.findings import ERROR, INFORMATION, WARNING, Audit, Check, Finding
from varbench.audits.steps import Steps, failing, is_carried, is_fitted, known, params_of
from varbench.procedure import Leak, Procedure, Split
from varbench.procedure.leaks import find_leaks, keeps_groups, selects
from varbench.procedure.steps import is_estimator

#: Leaks of the estimate that are certain to lift the score are errors; of the others it depends.
_ERRORS = ("L1.1", "L1.3", "L1.4", "L3.2")
_AROUND = (
    "Put the search around the whole pipeline: GridSearchCV(pipeline, grid), so that it fits all steps anew."
)
_WHOLE = "the whole object is what is cross-validated"


def before_split(steps: Steps) -> Draft:
    """Does a step see the test rows?"""
    if isinstance(steps.thing, Procedure):
        leaks = [leak for leak in steps.thing.leaks() if leak.kind == "estimate"]
        leaks += _groups_apart(steps)
        if leaks:
            return _leaking(leaks, ERROR)
        return clear("No step left of Split learns from rows, or makes or picks them.")
    if not is_estimator(steps.thing) and not hasattr(steps.thing, "fit_resample"):
        return unchecked("A function: what it does with which rows cannot be read.")
    inside = [part for part in steps.estimators if not isinstance(part.thing, Pipeline)]
    if len(inside) > 1:
        return clear(
            f"{counted(len(inside), 'step')} are inside of the object, so each is fitted anew on the training rows "
            f"of a fold, if {_WHOLE}. What is done to the table before is not in the object."
        )
    return found(
        f"Nothing but {inside[0] if inside else steps.name} is in the object.",
        "What scales, fills in, selects or resamples stands outside, and with which rows in sight cannot be seen: put "
        "all steps into one Pipeline, and cross-validate that.",
    )


def _groups_apart(steps: Steps) -> list[Leak]:
    split = steps.thing.split
    if steps.table is None or steps.table.groups is None or keeps_groups(split):
        return []
    what = f"{type(split.cv).__name__} puts rows of one group on both sides"
    return [Leak("split", "estimate", "groups", "L3.2", what, "use StratifiedGroupKFold")]


def _leaking(leaks: Sequence[Leak], worst: str) -> Draft:
    severe = [leak for leak in leaks if leak.code in _ERRORS]
    first = (severe or list(leaks))[0]
    return found(
        f"{'; '.join(f'{leak.step}: {leak.what}' for leak in leaks)}.",
        severity=worst if severe else WARNING, leakage=first.code, columns=tuple(leak.step for leak in leaks),
        cure=_sentence("; ".join(dict.fromkeys(leak.cure for leak in leaks))), evidence={"steps": len(leaks)},
    )  # fmt: skip


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def before_inner_split(steps: Steps) -> Draft:
    """Does a step see the rows on which settings are then chosen?"""
    if not steps.orders:
        return nothing("There is no list of steps.")
    leaks: list[Leak] = []
    for _, order in steps.orders:
        leaks += [leak for leak in find_leaks([], Split(KFold(2)), order) if leak.kind == "choice"]
    if not leaks:
        return clear(
            "No step that uses labels, or makes rows, stands before a step that splits its rows once more."
        )
    draft = _leaking(leaks, WARNING)
    return found(
        draft.facts, "Settings are chosen by scores that are too good; the score on the test rows stays valid.",
        severity=WARNING, leakage=draft.leakage, columns=draft.columns, evidence=draft.evidence,
        cure=draft.cure if isinstance(steps.thing, Procedure) else _AROUND,
    )  # fmt: skip


def lost_samplers(steps: Steps) -> Draft:
    """Does a sampler stand where it cannot act on training rows alone?"""
    samplers = [part for part in steps.parts if _samples(part.thing)]
    if not samplers:
        return nothing("No step makes or drops rows.")
    lost = [
        f"{name} in {type(part.thing).__name__}"
        for part in steps.parts
        for name, step in _plain(part.thing)
        if _samples(step)
    ]
    if not lost:
        return clear(f"{listed(map(str, samplers))}: the steps around let it act on training rows alone.")
    return found(
        f"{listed(lost)}: scikit-learn's own Pipeline, ColumnTransformer and FeatureUnion take no samplers.",
        "Fitting fails; the usual way out, to resample the table before it is split, puts copies on both sides.",
        severity=ERROR, leakage="L1.4", columns=tuple(str(part) for part in samplers),
        cure="Use imblearn.pipeline.Pipeline, which samples training rows and leaves test rows alone.",
    )  # fmt: skip


def _samples(thing: Any) -> bool:
    return isinstance(thing, SamplerMixin) or (
        hasattr(thing, "fit_resample") and not isinstance(thing, Pipeline)
    )


def _plain(thing: Any) -> list[tuple[str, Any]]:
    if isinstance(thing, Pipeline) and not isinstance(thing, SamplingPipeline):
        return list(thing.steps)
    if isinstance(thing, ColumnTransformer):
        return [(name, step) for name, step, _ in thing.transformers]
    return list(thing.transformer_list) if isinstance(thing, FeatureUnion) else []


def fitted(steps: Steps) -> Draft:
    """Is a step fitted already, on rows that nobody knows?"""
    there = [part for part in steps.estimators if is_fitted(part.thing)]
    carried = [part for part in steps.estimators if is_carried(part.thing)]
    if carried:
        leakage = "L1.3" if any(selects(part.thing) for part in carried) else "L1.2"
        return found(
            f"{listed(map(str, carried))}: keeps the fit that it has, in every fold.",
            "On which rows it was fitted the object does not say; were test rows among them, they were seen.",
            severity=WARNING, leakage=leakage, columns=tuple(part.path for part in carried),
            cure="Fit it inside of the folds; or say which rows, of other patients, it was fitted on.",
        )  # fmt: skip
    if not there:
        return clear("No step has been fitted.")
    if is_fitted(steps.thing) or (isinstance(steps.thing, Pipeline) and len(there) >= _learning(steps)):
        return found(
            f"The object was fitted ({counted(len(there), 'step')}).",
            "Cross-validation fits copies anew; a score of this fit on rows that it has seen is none.",
        )
    leakage = "L1.3" if any(selects(part.thing) for part in there) else "L1.2"
    return found(
        f"Of the steps {listed(map(str, there))} {'is' if len(there) == 1 else 'are'} fitted, and the others not.",
        f"It is fitted anew in each fold, if {_WHOLE}; but if what it gave went into the table, or into a choice, the "
        "rows that it was fitted on were seen.",
        severity=WARNING, leakage=leakage, columns=tuple(part.path for part in there),
        cure="Give steps that are not fitted, and leave the table as it was.",
    )  # fmt: skip


def _learning(steps: Steps) -> int:
    """Count the parts that a fit of the whole fits: those that are no templates of others."""
    leaves = [part for part in steps.estimators if not isinstance(part.thing, Pipeline)]
    return sum(1 for part in leaves if "__estimator" not in part.path and not _is_stateless(part.thing))


def _is_stateless(thing: Any) -> bool:
    from sklearn.utils import get_tags

    return _samples(thing) or not get_tags(thing).requires_fit


def weights(steps: Steps) -> Draft:
    """Are rows of the rare class counted more twice over?"""
    weighted = [
        (part, given)
        for part in steps.estimators
        if (given := params_of(part.thing).get("class_weight")) is not None
    ]
    samplers = [part for part in steps.parts if _samples(part.thing)]
    if not weighted and not samplers:
        return nothing("Neither weights nor samplers.")
    if not weighted or not samplers:
        alone = [str(part) for part in samplers or [one for one, _ in weighted]]
        return clear(f"{listed(alone)} alone evens the classes out.")
    part, given = weighted[0]
    fixed = isinstance(given, dict)
    return found(
        f"{listed(map(str, samplers))} evens the classes out, and {part} weights them with {given!r}.",
        "The rare class counts twice over, and probabilities are far too high."
        if fixed
        else "Behind a sampler that evens them all out such weights are 1; in either case probabilities are too high "
        "where the class is rare: calibrate them, or do neither.",
        severity=WARNING if fixed else INFORMATION, columns=(part.path,),
        cure="Take one of the two, and calibrate what comes out.",
    )  # fmt: skip


def seeds(steps: Steps) -> Draft:
    """Which random steps draw anew in each fit, and which are fixed?"""
    drawn = [
        (part, params_of(part.thing)["random_state"]) for part in steps.estimators
        if "random_state" in params_of(part.thing)
    ]  # fmt: skip
    if not drawn:
        return nothing("No step takes a random_state.")
    shared = [part for part, state in drawn if isinstance(state, np.random.RandomState)]
    if shared:
        return found(
            f"{listed(map(str, shared))}: one generator is handed on from fit to fit.",
            "A second run, or one more fold before it, draws other numbers: no score can be made again.",
            severity=WARNING, columns=tuple(part.path for part in shared),
            cure="Give a whole number, or None and vary it on purpose.",
        )  # fmt: skip
    fixed = [part for part, state in drawn if state is not None]
    free = [part for part, state in drawn if state is None]
    said = [f"fixed: {listed(map(str, fixed))}"] if fixed else []
    said += [f"drawn anew in each fit: {listed(map(str, free))}"] if free else []
    means = "One run is one draw: report the spread over seeds and splits, not the best of them."
    if fixed:
        means = (
            "With a fixed seed the spread that it hides is in no interval; vary it, and report the spread."
        )
    return found(f"Seeds {'; '.join(said)}.", means, evidence={"fixed": len(fixed), "free": len(free)})


def unreadable(steps: Steps) -> Draft:
    """Which steps cannot be read, so that no other check speaks of them?"""
    if not isinstance(steps.thing, Procedure) and not is_estimator(steps.thing):
        return unchecked("A function has no steps; nothing about it was checked.")
    own = "its code is the user's own"
    odd = [f"{part}: {failing(part.thing) or own}" for part in steps.parts if not known(part.thing)]
    for part in steps.estimators:
        given = params_of(part.thing).items()
        odd += [
            f"{name} of {part} is a function" for name, value in given
            if callable(value) and not isinstance(value, type) and not is_estimator(value) and not known(value)
        ]  # fmt: skip
    for path, order in [
        (part.path, part.thing.steps) for part in steps.parts if isinstance(part.thing, Pipeline)
    ]:
        odd += [
            f"step {name} of {path or 'the pipeline'} is no estimator" for name, step in order
            if not is_estimator(step) and not hasattr(step, "fit_resample") and step not in (None, "passthrough")
        ]  # fmt: skip
    if not odd:
        return clear(
            f"All {counted(len(steps.parts), 'part')} come from libraries whose steps are documented."
        )
    return unchecked(
        f"{listed(odd)}. Which rows it uses, and whether it holds a table of its own, cannot be read; --deep tries it "
        "with shuffled labels."
    )


#: Every check of steps by its code; none has a null hypothesis, but for the shuffled labels.
STEP_CHECKS: dict[str, Check] = {
    "VB201": Check("Steps that see the test rows", "", before_split),
    "VB202": Check("Steps before an inner split", "", before_inner_split),
    "VB203": Check("Samplers where none can act", "", lost_samplers),
    "VB204": Check("Steps that are fitted already", "", fitted),
    "VB211": Check("Settings and the rows they are chosen on", "", choosing.chosen_on),
    "VB212": Check("Inner splits", "", choosing.inner_splits),
    "VB213": Check("The metric that settings are chosen by", "", choosing.metric),
    "VB221": Check("Seeds of the steps", "", seeds),
    "VB222": Check("Weights beside samplers", "", weights),
    "VB223": Check("Columns that steps name", "", naming.columns),
    "VB224": Check("Model and outcome", "", naming.purpose),
    "VB231": Check("Steps that cannot be read", "", unreadable),
}


def audit_steps(steps: Steps) -> tuple[Finding, ...]:
    """What would this order of steps leak, by its objects alone?

    Parameters
    ----------
    steps : Steps
        As :func:`varbench.audits.steps.read_steps` gives it.

    Returns
    -------
    tuple of Finding
        One for each of :data:`STEP_CHECKS`.
    """
    return tuple(as_finding(code, one.title, _checked(one, steps)) for code, one in STEP_CHECKS.items())


def _checked(check: Check, steps: Steps) -> Draft:
    """Make one check; an object that is put together wrongly cannot be read, and fails as soon as it is fitted."""
    try:
        draft: Draft = check.function(steps)
        return draft
    except Exception as error:  # reading a user's object runs code of the user's own, as get_params or repr
        reason = (str(error).strip().splitlines() or [""])[0][:160]
        return unchecked(f"The object cannot be read: {type(error).__name__}: {reason}")


def together(audits: Sequence[tuple[str, Sequence[Finding]]]) -> tuple[Finding, ...]:
    """Give one finding a code of several procedures: the worst, with the names of those it is about.

    Parameters
    ----------
    audits : sequence of (str, findings)
        By the name of the procedure.

    Returns
    -------
    tuple of Finding
        As many as codes.
    """
    if len(audits) == 1:
        return tuple(audits[0][1])
    by_code: dict[str, list[tuple[str, Finding]]] = {}
    for name, findings in audits:
        for one in findings:
            by_code.setdefault(one.code, []).append((name, one))
    return tuple(_merged(several) for several in by_code.values())


def _merged(several: Sequence[tuple[str, Finding]]) -> Finding:
    from dataclasses import replace

    worst = Audit(tuple(one for _, one in several)).findings[0]
    alike = [
        (name, one) for name, one in several if (one.outcome, one.severity) == (worst.outcome, worst.severity)
    ]
    names: dict[str, list[str]] = {}
    for name, one in alike:
        names.setdefault(one.sentence, []).append(name)
    if len(alike) == len(several) and len(names) == 1:
        return worst
    return replace(worst, sentence=" ".join(f"{', '.join(who)}: {said}" for said, who in names.items()))

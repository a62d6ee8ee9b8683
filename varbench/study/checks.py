"""Checks of a study against its data, before any work."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.decomposition import PCA

from varbench.data import Data
from varbench.errors import DataError, InputError, StudyError, unknown
from varbench.procedure import Procedure
from varbench.procedure.steps import asks_for_groups, children, has_one_partition, is_splitter
from varbench.study.draws import names_of
from varbench.study.smaller import left_sizes

if TYPE_CHECKING:
    from varbench.study.study import AnyProcedure, Study

_TOO_RARE = "more cases are needed, or an outcome without that class"
NOT_HERE = "not in this study"
#: The sources that a table of sources always names, whether a study has them or not.
KNOWN_SOURCES = ("cohort", "split", "resample", "augment", "init", "order", "dropout", "tune", "label")


def whole(name: str, value: Any, least: int, most: int | None = None) -> int:
    """Take a whole number, NumPy's included.

    Raises
    ------
    InputError
        If it is no whole number, or out of its range.
    """
    expected = f"{least} or more" if most is None else f"from {least} to {most:,}"
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise InputError(f"{name}={value!r}: must be a whole number, {expected}")
    number = operator.index(value)
    if number < least or (most is not None and number > most):
        raise InputError(f"{name}={value!r}: must be a whole number, {expected}")
    return number


def readers(
    procedures: Mapping[str, AnyProcedure], declared: Sequence[str], data: Data
) -> dict[str, list[str]]:
    """Who reads each source of variation?

    Parameters
    ----------
    procedures : mapping of str to Procedure or callable
        The procedures.
    declared : sequence of str
        The sources that a study names; a callable is taken to read them all.
    data : Data
        The data; a simulator reads ``cohort``.

    Returns
    -------
    dict of str to list of str
        Source to its readers: names of data, paths of steps, names of callables.
    """
    found: dict[str, list[str]] = {}
    if data.population is not None:
        found["cohort"] = [data.name]
    for name, procedure in procedures.items():
        if isinstance(procedure, Procedure):
            for place in procedure.places():
                if place.given is None:
                    found.setdefault(place.source, []).append(place.path.removesuffix("__random_state"))
        else:
            for source in declared:
                if source != "cohort":
                    found.setdefault(source, []).append(f"{name} (a callable: not checked)")
    return {source: list(dict.fromkeys(paths)) for source, paths in found.items()}


def check_sources(
    study: Study,
    procedures: Mapping[str, AnyProcedure],
    data: Data,
    vary: Sequence[str] | None,
    fix: Sequence[str] | None,
    *,
    by_hand: bool,
) -> dict[str, dict[str, Any]]:
    """Settle what varies.

    Parameters
    ----------
    study : Study
        Its ``vary`` holds where none is given.
    procedures : mapping of str to Procedure or callable
        The procedures to run.
    data : Data
        The data; only a simulator's can vary the cohort.
    vary, fix : sequence of str, optional
        ``vary`` replaces the study's list, ``fix`` subtracts from it; numbers of draws are not read here.
    by_hand : bool
        Whether ``vary`` comes from the user, who is told of a source that nobody reads.

    Returns
    -------
    dict of str to dict
        Source to ``state`` (varied, fixed, not in this study) and ``readers``.

    Raises
    ------
    InputError
        If a source is in both lists, or is read by no step.
    """
    declared = names_of(study.vary)
    vary = None if vary is None else names_of(vary)
    found = readers(procedures, declared, data)
    for source in [*((vary or ()) if by_hand else ()), *(fix or ())]:
        if source == "cohort" and data.population is None:
            raise InputError(
                f"cohort cannot be varied or fixed: {data.name} is one real table; only a simulator draws cohorts"
            )
        # What the study would vary can be fixed, also where a splitter that does not shuffle reads nothing.
        if source not in found and (source in (vary or ()) or source not in declared):
            raise InputError(unknown("source", source, found) + "; a source exists where a step reads it")
    if both := set(vary or ()) & set(fix or ()) if by_hand else set():
        raise InputError(f"{', '.join(sorted(both))}: both in --vary and in --fix")
    wanted = [source for source in (declared if vary is None else vary) if source not in (fix or ())]
    if "split" in wanted:
        _check_shuffles(procedures)
    varied = [source for source in wanted if source in found]
    if not varied:
        raise InputError("nothing varies: every repeat would be the same; name a source with --vary")
    held = _held(procedures)
    known = dict.fromkeys([*(s for s in KNOWN_SOURCES if s in found), *found, *KNOWN_SOURCES, *declared])
    return {
        source: {
            "state": "varied"
            if source in varied
            else "fixed"
            if source in found or source in held
            else NOT_HERE,
            "readers": found.get(source, []) + held.get(source, []),
        }
        for source in known
    }


def _held(procedures: Mapping[str, AnyProcedure]) -> dict[str, list[str]]:
    """Give the places that the study's author has fixed with an integer, by the source that they would read."""
    found: dict[str, list[str]] = {}
    for procedure in procedures.values():
        for place in procedure.places() if isinstance(procedure, Procedure) else ():
            if place.given is not None:
                path = place.path.removesuffix("__random_state")
                found.setdefault(place.source, []).append(f"{path} (random_state={place.given} in the study)")
    return {source: list(dict.fromkeys(paths)) for source, paths in found.items()}


def unread(study: Study, sources: Mapping[str, Mapping[str, Any]], data: Data) -> tuple[str, ...]:
    """Say which of the sources that a study declares no step reads: a seed that does nothing.

    Returns
    -------
    tuple of str
        A sentence for each; the cohort of one real table is not meant.
    """
    return tuple(
        f"the study varies {source}, and no step of these procedures reads it"
        for source in names_of(study.vary)
        if not sources[source]["readers"] and not (source == "cohort" and data.population is None)
    )


def _check_shuffles(procedures: Mapping[str, AnyProcedure]) -> None:
    for name, procedure in procedures.items():
        if isinstance(procedure, Procedure):
            cv = procedure.split.cv
            if not has_one_partition(cv) and (
                not hasattr(cv, "random_state") or not getattr(cv, "shuffle", True)
            ):
                raise StudyError(
                    f"the splitter of {name}, {cv!r}, does not shuffle, and split is to vary: "
                    "use shuffle=True, or fix the source with --fix split"
                )


def check_data(procedures: Mapping[str, AnyProcedure], data: Data) -> tuple[str, ...]:
    """Hold the procedures' numbers against the data's: classes, cases, folds, features, groups.

    Returns
    -------
    tuple of str
        What is allowed and should be said all the same.

    Raises
    ------
    DataError
        If a fold would lack a class, a selector has too few features, or groups are needed and missing.
    """
    notes: list[str] = []
    astride: list[str] = []
    sizes = data.stratum_sizes
    if data.numeric and (data.n_cases == 0 or data.y.min() == data.y.max()):
        raise DataError(f"{data.name}: the target has one value only, so that there is nothing to learn")
    if data.numeric and len(values := np.unique(data.y)) == 2:
        notes.append(
            f"the outcome of {data.name} has two values, {values[0]:g} and {values[1]:g}, and is taken for a number; "
            "without --task regression these are classes"
        )
    if not data.numeric and (sizes > 0).sum() < 2:
        raise DataError(
            f"{data.name}: the target has one class only, {data.classes[int(np.argmax(sizes))]!r}"
        )
    for name, procedure in procedures.items():
        if not isinstance(procedure, Procedure):
            continue
        _check_features(name, procedure, data)
        if not _keeps_groups(name, procedure, data, notes):
            astride.append(name)
        _check_folds(name, procedure, data, left_sizes(procedure, sizes))
    if astride:
        listed = ", ".join(astride[:3]) + (f" and {len(astride) - 3} more" if len(astride) > 3 else "")
        notes.append(
            f"{data.name} has groups, and the split of {listed} puts rows of one group on both sides"
        )
    return tuple(dict.fromkeys(notes))


def _check_features(name: str, procedure: Procedure, data: Data) -> None:
    left = data.n_features
    for step_name, step in [
        (n, one) for n, s in procedure.steps for one in (s, *(c for _, c in children(s)))
    ]:
        for parameter in ("k", "n_features_to_select", *(("n_components",) if isinstance(step, PCA) else ())):
            wanted = getattr(step, parameter, None)
            if isinstance(wanted, int) and not isinstance(wanted, bool):
                if wanted > left:
                    raise DataError(
                        f"{data.name}: {step_name} of {name} is to keep {wanted} features, and there are {left}; "
                        f"use --set {step_name}__{parameter}={left} or less"
                    )
                left = wanted


def _keeps_groups(name: str, procedure: Procedure, data: Data, notes: list[str]) -> bool:
    """Tell whether groups, where there are some, stay on one side."""
    split = procedure.split
    wants = split.groups == "group" or (split.groups is None and asks_for_groups(split.cv))
    if wants and data.groups is None:
        raise DataError(
            f"{data.name}: the split of {name} keeps groups together, and there are none; name a column with --group"
        )
    if split.groups == "batch" and data.batch is None:
        raise DataError(
            f"{data.name}: the split of {name} goes by batch, and there is none; name its column with --batch"
        )
    if split.groups == "batch" and data.batch is not None and len(np.unique(data.batch)) < 2:
        raise DataError(
            f"{data.name}: the split of {name} goes by batch, and there is one batch, {str(data.batch[0])!r}"
        )
    if data.groups is None:
        return True
    mixed = sum(len(np.unique(data.stratum_of[data.groups == group])) > 1 for group in np.unique(data.groups))
    if mixed and wants:
        notes.append(
            f"{mixed} groups of {data.name} hold rows of several classes, so that no group has one label"
        )
    if not wants:
        return False
    folds, groups = procedure.n_folds(data), len(np.unique(data.groups))
    if groups < 2:
        raise DataError(
            f"{data.name}: all {data.n_cases} rows are of one group, {str(data.groups[0])!r}, so that no split can "
            "keep groups together; was another column meant, with --group?"
        )
    if groups < folds:
        raise DataError(
            f"{data.name}: {groups} groups cannot be split into {folds} folds; use --set split__n_splits={groups}"
        )
    return True


def _check_folds(name: str, procedure: Procedure, data: Data, sizes: np.ndarray[Any, Any]) -> None:
    rare, total = int(sizes[sizes > 0].min()), int(sizes.sum())
    where = data.name if total == data.n_cases else f"{data.name}, {total} of its {data.n_cases} cases"
    if data.numeric:  # nothing is split by class
        if rare < (folds := procedure.n_folds(data)):
            raise DataError(f"{where}: {rare} cases cannot be split into the {folds} folds of {name}")
        return
    label = data.classes[int(np.flatnonzero(sizes == rare)[0])]
    outer = procedure.split.cv
    if _stratifies(outer) and rare < (folds := procedure.n_folds(data)):
        if rare < 2:
            raise DataError(f"{where}: the class {label!r} has one case, which cannot be split: {_TOO_RARE}")
        raise DataError(
            f"{where}: the class {label!r} has {rare} cases, fewer than the {folds} folds of {name}; "
            f"use --set split__n_splits={rare}" + (", if two cases a class are enough" if rare < 3 else "")
        )
    training = rare - -(-rare // procedure.n_folds(data)) if _stratifies(outer) else rare
    for step_name, step in procedure.right:
        for child_name, child in children(step):
            if is_splitter(child) and _stratifies(child) and training < child.get_n_splits():
                if training < 2:
                    raise DataError(
                        f"{where}: the class {label!r} has {rare} cases, too few for the inner folds of {step_name} in "
                        f"{name}: {_TOO_RARE}"
                    )
                raise DataError(
                    f"{where}: {training} training cases of the class {label!r} cannot be split into the "
                    f"{child.get_n_splits()} inner folds of {step_name} in {name}; "
                    f"use --set {step_name}__{child_name}__n_splits=2"
                )


def _stratifies(splitter: Any) -> bool:
    return (
        type(splitter).__name__.startswith("Stratified")
        and hasattr(splitter, "n_splits")
        and "Shuffle" not in type(splitter).__name__
    )

"""Are the steps of the procedures for an outcome of this kind, a class or a number?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sklearn.base import is_classifier, is_regressor
from sklearn.feature_selection import chi2, f_classif, mutual_info_classif

from varbench.data import Data
from varbench.errors import StudyError
from varbench.procedure import Procedure
from varbench.procedure.steps import children, is_splitter, kind_of

if TYPE_CHECKING:
    from varbench.study.study import AnyProcedure

#: Scores of features that take the outcome for classes, and what stands for them where it is a number.
_OF_CLASSES = {f_classif: "f_regression", chi2: "f_regression", mutual_info_classif: "mutual_info_regression"}


def check_kinds(procedures: Mapping[str, AnyProcedure], data: Data) -> None:
    """Refuse steps that are not for the outcome: classifiers for a number, regressors for a class.

    Parameters
    ----------
    procedures : mapping of str to Procedure or callable
        The procedures; a callable is taken at its word.
    data : Data
        The data.

    Raises
    ------
    StudyError
        With the step, and with what could stand in its place.
    """
    for name, procedure in procedures.items():
        if not isinstance(procedure, Procedure):
            continue
        for step_name, step in procedure.steps:
            for problem in _against_numbers(step) if data.numeric else _against_classes(step):
                outcome = "number" if data.numeric else "class"
                raise StudyError(
                    f"{data.name}: the outcome is a {outcome}, and the step {step_name} of {name} {problem}"
                )


def _against_classes(step: Any) -> Iterator[str]:
    if kind_of(step) in ("predictor", "search") and hasattr(step, "__sklearn_tags__") and is_regressor(step):
        kind = type(step).__name__
        yield f"predicts numbers: {kind}; put a classifier in its place, or say that the outcome is a number (task)"


def _against_numbers(step: Any) -> Iterator[str]:
    for inner in _inside(step):
        kind = type(inner).__name__
        if is_splitter(inner) and "Stratified" in kind:
            yield f"splits by class: {kind}; use KFold(shuffle=True), or GroupKFold(shuffle=True) for groups"
        if hasattr(inner, "fit_resample") and type(inner).__module__.startswith("imblearn"):
            yield f"balances classes: {kind}; leave it out"
        if getattr(inner, "score_func", None) in _OF_CLASSES:
            better = _OF_CLASSES[inner.score_func]
            yield f"scores features by class: {inner.score_func.__name__}; use {better}"
        if hasattr(inner, "__sklearn_tags__") and hasattr(inner, "predict") and is_classifier(inner):
            yield f"predicts classes: {kind}; put a regressor in its place"


def _inside(step: Any) -> Iterator[Any]:
    """Give a step and all that is in it."""
    yield step
    for _, child in children(step):
        yield from _inside(child)

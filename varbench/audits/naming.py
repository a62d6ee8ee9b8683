"""Steps against the table that they are meant for: the columns that they name, and the kind of outcome."""

from __future__ import annotations

from collections.abc import Iterable

from sklearn.base import is_classifier, is_regressor
from sklearn.compose import ColumnTransformer

from varbench.audits.drafts import Draft, clear, counted, found, listed, nothing, unchecked
from varbench.audits.findings import ERROR, WARNING
from varbench.audits.steps import Part, Steps, known
from varbench.procedure import Procedure
from varbench.procedure.steps import is_estimator


def columns(steps: Steps) -> Draft:
    """Does a step name the outcome, an id or a group among its features?"""
    takers = [part for part in steps.estimators if isinstance(part.thing, ColumnTransformer)]
    if not takers:
        return nothing("No step names columns.")
    taken, unread, rest = _taken(takers)
    table = steps.table
    if unread:
        return unchecked(f"{listed(unread)} chooses its columns by a function, which is not run.")
    if table is None:
        passes = " All other columns pass through, an id or an index too." if rest else ""
        return found(
            f"Columns are named for {listed(map(str, takers))}.{passes}", "Give the table to check them."
        )
    role = {column: one for one, column in table.roles.items()}
    wrong = [(one, role[one]) for one in taken if one in role]
    absent = [one for one in taken if one not in role and one not in set(map(str, table.X.columns))]
    if wrong:
        severe = any(one in ("target", "id") for _, one in wrong)
        return found(
            f"{listed(f'{name} is the {what}' for name, what in wrong)}, and is taken for a feature.",
            severity=ERROR if severe else WARNING, leakage="L2", columns=tuple(name for name, _ in wrong),
            cure="Take these columns out.",
        )  # fmt: skip
    if absent:
        return found(
            f"{listed(absent)}: the table has no such column.", severity=WARNING, columns=tuple(absent),
            cure="Name the columns as the table does.",
        )  # fmt: skip
    return clear(
        f"{counted(len(taken), 'column')} are named; none is the outcome, an id, a group or a batch."
    )


def _taken(takers: Iterable[Part]) -> tuple[list[str], list[str], bool]:
    taken, unread, rest = [], [], False
    for part in takers:
        rest = rest or part.thing.remainder != "drop"
        for name, _, chosen in part.thing.transformers:
            if callable(chosen):
                unread += [] if known(chosen) else [name]
            else:
                several = (
                    [chosen]
                    if isinstance(chosen, str)
                    else list(chosen)
                    if isinstance(chosen, list | tuple)
                    else []
                )
                taken += [one for one in several if isinstance(one, str)]
    return taken, unread, rest


def purpose(steps: Steps) -> Draft:
    """Does the model fit the kind of outcome?"""
    y = None if steps.table is None else steps.table.y
    if y is None:
        return nothing("Needs a table with its outcome (--target) beside the pipeline.")
    last = (
        steps.thing.right[-1][1] if isinstance(steps.thing, Procedure) and steps.thing.right else steps.thing
    )
    if not is_estimator(last) or not (is_classifier(last) or is_regressor(last)):
        return unchecked("The object has no model that could be asked.")
    classes = bool(y.classes)
    if (classes and is_regressor(last)) or (not classes and is_classifier(last)):
        got = "a regression" if classes else "a classifier"
        return found(
            f"The outcome is {f'one of {len(y.classes)} classes' if classes else 'a measurement'}, and the model is "
            f"{got}.", severity=WARNING, cure="Take a model for this kind of outcome.",
        )  # fmt: skip
    return clear(f"A model for {'classes' if classes else 'a measurement'}.")

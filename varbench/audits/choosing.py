"""Steps that choose settings: on which rows, by which splits, by which metric."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.model_selection import KFold, ShuffleSplit, TimeSeriesSplit

from varbench.audits.drafts import Draft, clear, found, listed, nothing, unchecked
from varbench.audits.findings import ERROR, WARNING
from varbench.audits.steps import Part, Steps, is_fitted, n_settings, params_of
from varbench.effects.constants import BALANCED
from varbench.procedure import Procedure
from varbench.procedure.steps import is_estimator, is_splitter, listens, picks
from varbench.stats import expected_maximum


def chosen_on(steps: Steps) -> Draft:
    """Are settings chosen on the rows that are then scored?"""
    searches = steps.searches
    if not searches:
        return nothing("No step chooses settings.")
    same = [part for part in searches if picks(part.thing)]
    if same:
        return found(
            f"{listed(map(str, same))} has no split of its own: it chooses on the test rows.", severity=ERROR,
            leakage="L1.1", columns=tuple(part.path for part in same), cure="Give it a split of its own (nested).",
        )  # fmt: skip
    overlapping = [part for part in searches if _overlap(part.thing)]
    if overlapping:
        return found(
            f"{listed(map(str, overlapping))}: rows of its validation side are among its training rows.",
            "Settings are chosen by how well rows are remembered.", severity=ERROR, leakage="L1.1",
            columns=tuple(part.path for part in overlapping), cure="Give a splitter, as StratifiedKFold(5).",
        )  # fmt: skip
    return _scored(steps, searches)


def _scored(steps: Steps, searches: tuple[Part, ...]) -> Draft:
    number = max(n_settings(part.thing) for part in searches)
    among = f"the best of {number:,} settings" if number > 1 else "the best of its settings"
    luck = (
        f": {expected_maximum(number):.1f} SD of a score above what it is, were all {number:,} alike and apart"
        if 1 < number <= 10_000
        else ""
    )
    done = [part for part in searches if is_fitted(part.thing) and hasattr(part.thing, "best_score_")]
    evidence = {"settings": number}
    if done:
        return found(
            f"{done[0]} was fitted; its best_score_ is {done[0].thing.best_score_:.3f}.",
            f"It is the score of {among} on the rows that chose it{luck}. It is none to report.",
            severity=WARNING, leakage="L1.1", columns=tuple(part.path for part in done), evidence=evidence,
            cure="Report the score of the whole search in outer folds: cross_validate(search, X, y).",
        )  # fmt: skip
    if isinstance(steps.thing, Procedure):
        return clear(f"{listed(map(str, searches))}: an inner split of the training rows.")
    return found(
        f"{listed(map(str, searches))} chooses {among}, by an inner split.",
        f"Its best_score_ is the score of the best on the rows that chose it{luck}: score the whole object in outer "
        "folds.", evidence=evidence,
    )  # fmt: skip


def _overlap(search: Any) -> bool:
    """Whether given pairs of row numbers share rows."""
    given = splitter_of(search)
    if not isinstance(given, list | tuple):
        return False
    pairs = [pair for pair in given if isinstance(pair, list | tuple) and len(pair) == 2]
    return any(len(np.intersect1d(np.asarray(train), np.asarray(test))) for train, test in pairs)


def splitter_of(thing: Any) -> Any:
    """Give what a step splits its rows by: a splitter, a number of folds, None, or given pairs."""
    given = params_of(thing)
    return given.get("splitter", given.get("cv"))


def _splitting(steps: Steps) -> Iterator[tuple[Part, Any]]:
    for part in steps.estimators:
        given = params_of(part.thing)
        by = splitter_of(part.thing)
        if ("cv" in given or is_splitter(by)) and not isinstance(by, str):
            yield part, by


def inner_splits(steps: Steps) -> Draft:
    """Do inner splits keep groups, classes and time as they must?"""
    several = list(_splitting(steps))
    early = [part for part in steps.estimators if params_of(part.thing).get("early_stopping") is True]
    if not several and not early:
        return nothing("No step splits its rows once more.")
    table = steps.table
    if table is not None and table.groups is not None:
        deaf = [part for part, by in several if not (is_splitter(by) and listens(by))] + early
        if deaf:
            return found(
                f"{listed(map(str, deaf))} puts rows of one group on both sides of its inner split.",
                "Settings are chosen, or training is stopped, by how well a group is recognised.", severity=WARNING,
                leakage="L3.2", columns=tuple(part.path for part in deaf),
                cure="Give it a splitter that keeps groups, as cv=StratifiedGroupKFold(5), and pass groups to fit.",
            )  # fmt: skip
    if table is not None and table.time is not None:
        mixed = [part for part, by in several if not isinstance(by, TimeSeriesSplit)]
        if mixed:
            return found(
                f"{listed(map(str, mixed))} does not split by time, and the table has a time.",
                "Settings are chosen by rows that are older than those learned from.",
            )
    folds = [(part, by) for part, by in several if _too_many(by, steps)]
    if folds:
        part, by = folds[0]
        return found(
            f"{part} makes {_n_folds(by)} folds, and the rarest class has {_rarest(steps)} rows, before an outer split "
            "takes some.", "There are folds without that class, and their score is undefined.", severity=WARNING,
            columns=(part.path,), cure="Take fewer inner folds.",
        )  # fmt: skip
    ordered = [part for part, by in several if _unshuffled(by)]
    if ordered:
        return found(
            f"{listed(map(str, ordered))}: the inner folds are blocks of the rows in their order.",
            "That is well where the order means nothing.",
        )
    return clear(
        f"{listed(str(part) for part, _ in several)}: shuffled folds, or folds that keep groups or time."
    )


def _n_folds(by: Any) -> int:
    if isinstance(by, int):
        return by
    return int(getattr(by, "n_splits", 5)) if by is None or is_splitter(by) else len(by)


def _rarest(steps: Steps) -> int | None:
    y = None if steps.table is None else steps.table.y
    return None if y is None or not y.classes else int(np.bincount(y.codes).min())


def _too_many(by: Any, steps: Steps) -> bool:
    rarest = _rarest(steps)
    return rarest is not None and not isinstance(by, ShuffleSplit) and _n_folds(by) > rarest


def _unshuffled(by: Any) -> bool:
    if by is None or isinstance(by, int):
        return True
    return (isinstance(by, KFold) and not by.shuffle) or getattr(by, "shuffle", True) is False


def metric(steps: Steps) -> Draft:
    """By which metric are settings chosen, and does it fit the balance of the classes?"""
    by = {part: _metric_of(part.thing) for part in steps.searches}
    if not by:
        return nothing("No step chooses settings.")
    functions = [part for part, name in by.items() if not name]
    if functions:
        return unchecked(f"{listed(map(str, functions))} chooses by a function of the user's own.")
    accurate = [part for part, name in by.items() if name == "accuracy"]
    said = "; ".join(f"{part} by {name}" for part, name in by.items())
    if not accurate:
        return clear(f"{said}.")
    rarer = steps.rarer
    if rarer is None:
        return found(f"{said}.", "Where a class is rare, accuracy rewards never answering it.")
    if rarer >= BALANCED:
        return clear(f"{said}; the rarest class has {rarer:.0%} of the rows.")
    return found(
        f"{said}; the rarest class has {rarer:.0%} of the rows, so that never answering it has an accuracy of "
        f"{1 - rarer:.0%}." if rarer and len(steps.table.y.classes) == 2 else  # type: ignore[union-attr]
        f"{said}; the rarest class has {rarer:.0%} of the rows.",
        "Settings are preferred that miss it.", severity=WARNING, columns=tuple(part.path for part in accurate),
        cure="Choose by roc_auc, balanced_accuracy or neg_log_loss: scoring='roc_auc'.",
        evidence={"rarest_share": rarer},
    )  # fmt: skip


def _metric_of(search: Any) -> str:
    """Give the name of a search's metric; empty for a function."""
    given = getattr(search, "scoring", None)
    if isinstance(given, str):
        return given
    if isinstance(given, dict | list | tuple | set):
        refit = getattr(search, "refit", None)
        return refit if isinstance(refit, str) else ""
    if given is not None:
        return ""
    inner = getattr(search, "estimator", search)
    return "accuracy" if is_estimator(inner) and is_classifier(inner) else "the model's own score"

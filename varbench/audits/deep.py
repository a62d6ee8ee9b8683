"""The user's own steps on shuffled labels: above chance they have seen what they are tested on."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.model_selection import KFold, StratifiedGroupKFold, StratifiedKFold

from varbench.audits.drafts import Draft, counted, found, nothing, unchecked
from varbench.audits.findings import ERROR, Check
from varbench.audits.look import Look, codes_of
from varbench.audits.ranking import ranked
from varbench.audits.steps import Steps
from varbench.audits.table import Floats, Integers
from varbench.audits.testing import auc
from varbench.data import Data
from varbench.procedure import Procedure
from varbench.procedure.seeding import SeedOf, seeded
from varbench.procedure.steps import is_estimator
from varbench.seeds import seed

#: Orders of the labels that the steps are fitted to, in each fold.
ORDERS = 20
#: Rows of the tables that they are fitted to.
MOST_ROWS = 2000
#: A mean score that is less than this above chance is no finding.
LEAST = 0.01
_FOLDS = 5


def shuffled_labels(look: Look, steps: Steps) -> Draft:
    """Do the user's own steps score above chance on labels that mean nothing?

    Labels are shuffled before anything else is done, over whole groups and copies where these have one label each.
    Then scores by rows that were left out are chance on average, unless the steps see these rows.
    """
    y = look.table.y
    if y is None:
        return nothing("Needs the outcome (--target).")
    rows = look.sample(MOST_ROWS, "deep")
    one_order = _by_procedure if isinstance(steps.thing, Procedure) else _by_estimator
    if isinstance(steps.thing, Procedure) and look.table.texts:
        return unchecked("A Procedure takes numbers, and the table has columns of text.")
    if one_order is _by_estimator and not (is_estimator(steps.thing) and hasattr(steps.thing, "predict")):
        return unchecked("The object has no model that predicts.")
    values = y.codes if y.classes else y.values
    units = _units(look, rows, values)
    scores = []
    for draw in range(ORDERS):
        labels = _dealt(values[rows], units, look.rng(f"deep {draw}"))
        seed_of = _seeds(look.seed, draw)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                scores.append(one_order(look, steps, rows, labels, seed_of))
        except (Exception, SystemExit) as error:  # a user's steps can fail in any way
            return unchecked(f"The steps fail on this table: {type(error).__name__}: {_first_line(error)}")
    return _told(look, np.array(scores), len(rows))


def _told(look: Look, scores: Floats, n_rows: int) -> Draft:
    y = look.table.y
    classes = () if y is None else y.classes
    word = {0: "a correlation of ranks of", 2: "AUC"}.get(len(classes), "a balanced accuracy of")
    chance = {0: 0.0, 2: 0.5}.get(len(classes), 1 / max(len(classes), 1))
    known = scores[np.isfinite(scores)]
    if len(known) < 5:
        return unchecked(
            "No score of shuffled labels is defined: the classes are too few for the folds, or the steps answer with "
            "missing values."
        )
    gap = float(known.mean() - chance)
    low = high = float(known.mean())
    p = 0.0 if gap >= LEAST else 1.0
    if np.ptp(known) > 1e-9:  # without any spread there is nothing to be tested
        low, high = stats.t.interval(0.95, len(known) - 1, known.mean(), stats.sem(known))
        p = float(stats.ttest_1samp(known, chance, alternative="greater").pvalue) if gap >= LEAST else 1.0
    return found(
        f"With shuffled labels the steps score {word} {known.mean():.3f} [{low:.3f}, {high:.3f}] on rows left out; "
        f"chance is {chance:.3g} ({counted(len(known), 'order')} of the labels of {counted(n_rows, 'row')}).",
        "They have seen the rows that they are tested on, or rows that belong to them: so much of any score is none.",
        severity=ERROR, leakage="L1.1", pvalue=p,
        evidence={"mean": float(known.mean()), "gap": gap, "orders": len(known)},
        cure="Find the step: VB201 and VB231 say where to look; rows of one group and copies must not be parted.",
    )  # fmt: skip


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [""])[0][:200]


def _seeds(study_seed: int, draw: int) -> SeedOf:
    return lambda source, path, fold: seed(study_seed, source, draw, fold, path)


def _units(look: Look, rows: Integers, values: Floats | Integers) -> Integers:
    """Say which rows are dealt one label together: groups, else copies, where these have one label each."""
    table, copies = look.table, look.copies
    given = [] if table.groups is None else [codes_of(table.groups)[1]]
    given += (
        [np.where(copies.kind < 0, copies.kind.max() + 1 + np.arange(len(table)), copies.kind)]
        if copies.certain
        else []
    )
    for codes in given:
        if (pd.Series(values).groupby(codes).nunique() <= 1).all():
            return np.unique(codes[rows], return_inverse=True)[1].astype(np.int64)
    return np.arange(len(rows))


def _dealt(values: Floats | Integers, units: Integers, rng: np.random.Generator) -> Floats | Integers:
    first = np.unique(units, return_index=True)[1]
    return values[first][rng.permutation(len(first))][units]


def _by_estimator(
    look: Look, steps: Steps, rows: Integers, labels: Floats | Integers, seed_of: SeedOf
) -> float:
    X = look.table.X.iloc[rows].reset_index(drop=True)
    X = X.dropna(axis=1, how="all")
    found_ = []
    for fold, (train, test) in enumerate(_folds(look, rows, labels, seed_of)):
        model = seeded("pipeline", steps.thing, fold, seed_of)
        model.fit(X.iloc[train], labels[train])
        found_.append(_score(look, labels[test], *_answers(model, X.iloc[test])))
    return float(np.nanmean(found_)) if np.isfinite(found_).any() else np.nan


def _answers(model: object, X: pd.DataFrame) -> tuple[Floats | None, Floats]:
    """Give the score of the second class, where there is one, and the answer."""
    answer = np.asarray(model.predict(X))  # type: ignore[attr-defined]
    for name in ("predict_proba", "decision_function"):
        if hasattr(model, name):
            given = np.asarray(getattr(model, name)(X), np.float64)
            if given.ndim == 1 or given.shape[1] == 2:
                return given if given.ndim == 1 else given[:, 1], answer
    return None, answer


def _score(look: Look, truth: Floats | Integers, score: Floats | None, answer: Floats) -> float:
    y = look.table.y
    if y is None or not y.classes:
        pair = ranked(np.column_stack([truth, np.asarray(answer, np.float64)]))
        return float(pair[0] @ pair[1])
    there = np.unique(truth)
    if len(y.classes) == 2:
        given = score if score is not None else answer.astype(np.float64)
        known = len(there) == 2 and bool(np.isfinite(given).all())
        return auc(truth.astype(np.float64), given) if known else np.nan
    if len(there) < len(y.classes):
        return np.nan
    return float(np.mean([(answer[truth == code] == code).mean() for code in there]))


def _folds(
    look: Look, rows: Integers, labels: Floats | Integers, seed_of: SeedOf
) -> Iterator[tuple[Integers, Integers]]:
    """Give the user's own split, where there is one; else folds over groups, or over rows."""
    split, groups = look.table.split, look.table.groups
    if split is not None:
        sides = split.codes[rows]
        tested = [len(split.names) - 1] if split.named else list(range(len(split.names)))
        for side in tested:
            train = np.flatnonzero(sides == 0) if split.named else np.flatnonzero(sides != side)
            yield train, np.flatnonzero(sides == side)
        return
    classes = look.table.y is not None and bool(look.table.y.classes)
    state = seed_of("split", "deep", -1)
    n = _FOLDS
    if groups is not None:
        yield from StratifiedGroupKFold(n, shuffle=True, random_state=state).split(
            labels, labels if classes else np.zeros(len(labels), int), groups[rows]
        )
        return
    cv = (StratifiedKFold if classes else KFold)(n, shuffle=True, random_state=state)
    yield from cv.split(labels, labels if classes else None)


def _by_procedure(
    look: Look, steps: Steps, rows: Integers, labels: Floats | Integers, seed_of: SeedOf
) -> float:
    table, y = look.table, look.table.y
    data = Data(
        look.numbers_of(rows), labels.astype(np.int64) if y is not None and y.classes else labels.astype(np.float64),
        () if y is None else y.classes, table.numeric, np.arange(len(rows)).astype(np.str_),
        None if table.groups is None else table.groups[rows], None if table.batch is None else table.batch[rows],
    )  # fmt: skip
    told = steps.thing.run(data, seed_of)
    scores = []
    for fold in np.unique(told.fold):
        mine = told.fold == fold
        score = told.y_score[mine] if told.y_score.ndim == 1 else None
        scores.append(_score(look, told.y_true[mine], score, told.y_pred[mine]))
    return float(np.nanmean(scores)) if np.isfinite(scores).any() else np.nan


#: The check that fits the user's steps, by its code; its p-value is adjusted with those of the table.
DEEP_CHECKS: dict[str, Check] = {"VB241": Check("Shuffled labels", "deep", shuffled_labels)}

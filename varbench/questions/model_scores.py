"""What predictions score: of each seed, and what a metric needs of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from varbench.errors import InputError
from varbench.metrics import METRICS, evaluate, resolve
from varbench.tables import Predictions


def seeds_of(a: Predictions) -> list[Predictions]:
    """Give the predictions of each seed, in the order of the seeds' names, so that the same ones are partners."""
    parts = a.by_seed()
    return list(parts) if a.seeds is None else sorted(parts, key=lambda part: str(part.seeds[0]))  # type: ignore[index]


def stacked(a: Predictions, metric: str) -> tuple[Predictions, np.ndarray[Any, Any]]:
    """Give the first seed's predictions, and what a metric needs of all seeds: (seed, case) or (seed, case, class)."""
    parts = seeds_of(a)
    return parts[0], np.stack([needed(part, metric) for part in parts])


def needed(a: Predictions, metric: str) -> np.ndarray[Any, Any]:
    """Give what a metric needs of predictions: scores, or predicted classes.

    Raises
    ------
    InputError
        If they hold neither.
    """
    if METRICS[metric].needs != "label":
        if a.y_score is None:
            raise InputError(
                f"{metric} needs scores, and {a.name} holds predicted classes alone; name their column with score="
            )
        return a.y_score
    found = a.labels()
    if found is None:
        raise InputError(
            f"{metric} needs predicted classes, and the scores of {a.name} are no probabilities that 0.5 could part; "
            "name the column of the predicted classes with pred="
        )
    return found


def positives_of(a: Predictions) -> int | None:
    """Give the number of positive cases of a binary task."""
    return int((a.y_true == 1).sum()) if a.task == "binary" else None


def groups_of(a: Predictions) -> int | None:
    """Give the number of groups, where several cases are of one; None where each is its own."""
    number = None if a.groups is None else len(np.unique(a.groups))
    return None if number == len(a) else number


def units_of(a: Predictions) -> int:
    """Give the number of patients: groups where there are any, else cases."""
    return groups_of(a) or len(a)


def size_of(a: Predictions) -> dict[str, Any]:
    """Give what the class of a method hangs on: the number of patients, and the share of the positive class."""
    positives = positives_of(a)
    return {"n": units_of(a), "prevalence": None if positives is None else positives / len(a)}


def score_of(a: Predictions, metric: str) -> float:
    """Give a metric on all cases; of several seeds the mean."""
    return float(np.mean([one_score(part, metric) for part in a.by_seed()]))


def one_score(a: Predictions, metric: str) -> float:
    """Give a metric on the cases of one seed."""
    label = a.labels()
    # What a metric does not need may be missing; it is not looked at.
    label = np.zeros(len(a), np.int64) if label is None else label
    score = label.astype(float) if a.y_score is None and a.n_classes == 2 else a.y_score
    score = np.eye(a.n_classes)[label] if score is None else score
    return float(evaluate(resolve([metric]), a.y_true, label, score, n_classes=a.n_classes)[0][0])

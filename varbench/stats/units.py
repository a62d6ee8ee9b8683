"""What a resample draws: cases, or the groups they belong to, within the classes or not."""

from __future__ import annotations

from typing import Any

import numpy as np

from varbench.errors import StatisticsError
from varbench.stats.coded import CodedCases, own_order
from varbench.stats.draws import Codes, Units
from varbench.stats.kernels import is_of_labels

#: Cases that are alike are taken together where that leaves at most one in so many to be drawn.
ALIKE = 16
#: Below so many units of the rarest class, or units at all, an interval is called uncertain.
FEW_OF_A_CLASS, FEW_UNITS = 10, 20


def drawn(predictions: CodedCases, stratify: bool, together: bool = True) -> tuple[CodedCases, Units]:
    """What is drawn anew, and the cases in the order of the counts.

    Parameters
    ----------
    predictions : CodedCases
        The cases.
    stratify : bool
        Whether to draw within the classes. Groups with cases of several classes form a stratum of their own.
    together : bool
        Whether cases that are alike may be taken together.

    Returns
    -------
    predictions : CodedCases
        The cases, sorted; those that are alike taken together where only their labels matter.
    units : Units
        What is drawn.

    Raises
    ------
    StatisticsError
        If there is one unit alone: nothing can be drawn anew.
    """
    found, units = _drawn(predictions, stratify, together)
    if units.n < 2:
        kind = "case" if predictions.groups is None else "group"
        raise StatisticsError(f"there is one {kind} alone: at least two are needed")
    return found, units


def _drawn(predictions: CodedCases, stratify: bool, together: bool) -> tuple[CodedCases, Units]:
    if predictions.groups is None and together and is_of_labels(predictions.metric):
        found, size = _alike(predictions)
    else:
        found = predictions.sorted()
        size = np.ones(len(found.y_true), np.int64)
    if found.groups is not None:
        return found, _of_groups(found, found.groups, stratify)
    if not stratify:
        return found, Units(size, (len(size),))
    held, ends = np.unique(found.y_true, return_counts=True)
    names = tuple(str(found.classes[code]) for code in held)
    return found, Units(size, tuple(np.cumsum(ends).tolist()), None, names)


def _alike(predictions: CodedCases) -> tuple[CodedCases, Codes]:
    """Take together the cases that no label tells apart, where there are few kinds of them; say how many of each."""
    each = np.ones(len(predictions.y_true), np.int64)
    if any(len(model.label) > 1 for model in predictions.models):
        return predictions.sorted(), each
    k = len(predictions.classes)
    labels = [model.label[0] for model in predictions.models]
    kind = np.ravel_multi_index((predictions.y_true, *labels), (k,) * (1 + len(labels)))
    _, first, times = np.unique(kind, return_index=True, return_counts=True)
    if len(first) * ALIKE > len(kind):
        return predictions.sorted(), each
    found = predictions.take(first)
    one, other = (label[first].astype(np.float64)[:, None] for label in (labels[0], labels[-1]))
    order = own_order(found.y_true, one, other, times.astype(np.int64))
    return found.take(order), times[order].astype(np.int64)


def _of_groups(predictions: CodedCases, of_case: Codes, stratify: bool) -> Units:
    y = predictions.y_true
    n_groups, k = int(of_case.max()) + 1, len(predictions.classes)
    if not stratify:
        return Units(np.ones(n_groups, np.int64), (n_groups,), of_case)
    holds = np.zeros((n_groups, k), np.bool_)
    holds[of_case, y] = True
    stratum = np.where(holds.sum(axis=1) > 1, k, holds.argmax(axis=1))  # k: groups with several classes
    order = np.argsort(stratum, kind="stable")
    place = np.empty(n_groups, np.int64)
    place[order] = np.arange(n_groups)
    held, sizes = np.unique(stratum, return_counts=True)
    names = tuple("several classes" if code == k else str(predictions.classes[code]) for code in held)
    ends = tuple(np.cumsum(sizes).tolist())
    return Units(np.ones(n_groups, np.int64), ends, place[of_case], names)


def described(predictions: CodedCases, units: Units, stratify: bool) -> tuple[dict[str, Any], list[str]]:
    """What do the settings and the notes say of the cases and of what is drawn?

    Parameters
    ----------
    predictions : CodedCases
        All cases.
    units : Units
        What is drawn.
    stratify : bool
        As in :func:`drawn`.

    Returns
    -------
    settings : dict
    notes : list of str
    """
    sizes = [int(units.size[stratum].sum()) for stratum in units.strata]
    settings = {
        **predictions.settings, "drawn": "groups" if predictions.groups is not None else "cases",
        "stratified": stratify, "strata": dict(zip(units.names, sizes, strict=True)),
        "smallest_class": predictions.smallest_class,
    }  # fmt: skip
    notes = predictions.notes
    if predictions.smallest_class < FEW_OF_A_CLASS or units.n < FEW_UNITS:
        notes.append("small_sample")
        if not stratify:
            settings["advice"] = "stratify=True keeps every class in every resample"
    return settings, notes

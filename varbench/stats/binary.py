"""Test cases with a yes-or-no outcome as they come in: checked, and cleared of what is missing."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from varbench.errors import StatisticsError
from varbench.stats.samples import Floats, as_array, check_index, numbers

Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]
#: Codings of an outcome of which the positive class is known without being told.
_CODINGS = ({0, 1}, {-1, 1})


class Cases(NamedTuple):
    """Cases that have all they need, and how many were left out.

    Attributes
    ----------
    positive : ndarray of bool, (case,)
        Whether the outcome is the positive one.
    scores : tuple of ndarray of float64, (case,)
        One array a model.
    groups : ndarray of int64 or None, (case,)
        Codes 0..G-1.
    dropped : int
        How many cases lacked a score.
    """

    positive: Bools
    scores: tuple[Floats, ...]
    groups: Codes | None
    dropped: int

    @property
    def n_positive(self) -> int:
        """The number of positive cases."""
        return int(self.positive.sum())

    @property
    def n_negative(self) -> int:
        """The number of negative cases."""
        return len(self.positive) - self.n_positive

    @property
    def n_units(self) -> int:
        """The number of groups, or of cases where there are none."""
        return len(self.positive) if self.groups is None else int(self.groups.max()) + 1

    @property
    def notes(self) -> list[str]:
        """The notes that go with what was left out, and with groups."""
        notes = ["pairs_dropped"] if self.dropped else []
        return notes + (["groups_as_units"] if self.groups is not None else [])

    def sorted(self) -> Cases:
        """Put the cases in an order of their own: draws are then of the same ones, in whatever order they came."""
        order = np.lexsort([*self.scores[::-1], self.positive])
        groups = None if self.groups is None else self.groups[order]
        return self._replace(
            positive=self.positive[order], scores=tuple(s[order] for s in self.scores), groups=groups
        )

    @property
    def settings(self) -> dict[str, Any]:
        """What a result says of its cases."""
        return {"n_positive": self.n_positive, "n_negative": self.n_negative, "n_dropped": self.dropped}


def binary_cases(
    y_true: npt.ArrayLike,
    *scores: npt.ArrayLike,
    groups: npt.ArrayLike | None = None,
    both_classes: bool = True,
) -> Cases:
    """Which cases can be used, and which of them are positive?

    Parameters
    ----------
    y_true : array_like of bool or int, (case,)
        0 and 1, False and True, or -1 and 1; the larger is positive.
    *scores : array_like of float, (case,)
        One number a case, larger for the positive class. NaN is missing: its case is left out for all models.
    groups : array_like, (case,), optional
        Which patient or group each case belongs to.
    both_classes : bool
        Whether one class alone is an error.

    Returns
    -------
    Cases
        What is left, at least one case.

    Raises
    ------
    StatisticsError
        If lengths differ, a label or a group is missing, labels are coded otherwise, a score is infinite, nothing
        is left, or one class is there alone.

    Examples
    --------
    >>> binary_cases([0, 1, 1], [0.2, 0.7, float("nan")])
    Cases(positive=array([False,  True]), scores=(array([0.2, 0.7]),), groups=None, dropped=1)
    """
    check_index(y_true=y_true, groups=groups, **{f"model_{k}": s for k, s in enumerate(scores, start=1)})
    positive = _positive(y_true)
    columns = [_scores(f"model {number}", s, len(positive)) for number, s in enumerate(scores, start=1)]
    codes = group_codes(groups, len(positive))
    present = ~np.isnan(columns).any(0) if columns else np.ones(len(positive), bool)
    kept = positive[present]
    if not kept.size:
        raise StatisticsError("every case lacks a score: nothing is left to judge")
    if both_classes and kept.all() == kept.any():
        kind = "positive" if kept.all() else "negative"
        raise StatisticsError(
            f"all {len(kept)} cases are {kind}: one class alone leaves nothing to tell apart; add cases of the other"
        )
    if codes is not None:
        codes = np.unique(codes[present], return_inverse=True)[1].astype(np.int64)
    return Cases(kept, tuple(s[present] for s in columns), codes, int((~present).sum()))


def _positive(y_true: npt.ArrayLike) -> Bools:
    labels = as_array("y_true", y_true)
    if labels.ndim != 1 or labels.size == 0:
        raise StatisticsError(f"y_true has shape {labels.shape}: one label a case is needed, at least one")
    try:
        numbers = labels.astype(np.float64)
    except (TypeError, ValueError):
        raise StatisticsError(
            f"y_true holds {labels.tolist()[0]!r}: code the outcome as 0 and 1, 1 for the positive class"
        ) from None
    if np.isnan(numbers).any():
        raise StatisticsError(f"y_true lacks {int(np.isnan(numbers).sum())} labels; leave those cases out")
    low, high = float(numbers.min()), float(numbers.max())
    inside = ((numbers == low) | (numbers == high)).all()
    if not inside or not any({low, high} <= coding for coding in _CODINGS):
        found = np.unique(numbers)[:5].tolist()
        raise StatisticsError(f"y_true holds {found}: 0 and 1 are needed, 1 for the positive class")
    return np.asarray(numbers == 1, bool)


def _scores(name: str, values: npt.ArrayLike, n: int) -> Floats:
    scores = numbers(f"the scores of {name}", values)
    if scores.shape != (n,):
        raise StatisticsError(
            f"the scores of {name} have shape {scores.shape} and y_true has {n} cases: one score a case is needed"
        )
    if np.isinf(scores).any():
        raise StatisticsError(f"the scores of {name} hold {int(np.isinf(scores).sum())} infinite values")
    return scores


def probabilities(scores: Floats) -> Floats:
    """Check that scores are probabilities of the positive class.

    Parameters
    ----------
    scores : ndarray of float64, (case,)
        Without NaN.

    Returns
    -------
    ndarray of float64, (case,)
        As given.

    Raises
    ------
    StatisticsError
        If one lies outside [0, 1].
    """
    low, high = float(scores.min()), float(scores.max())
    if low < 0 or high > 1:
        raise StatisticsError(f"p lies in [{low:.6g}, {high:.6g}]: probabilities in [0, 1] are needed")
    return scores


def group_codes(groups: npt.ArrayLike | None, n: int) -> Codes | None:
    """Which group, as a code from 0, does each case belong to?

    Parameters
    ----------
    groups : array_like, (case,), or None
        Names or numbers.
    n : int
        The number of cases.

    Returns
    -------
    ndarray of int64, (case,), or None
        None where no groups are given.

    Raises
    ------
    StatisticsError
        If the length is not `n`, or an id is missing.

    Examples
    --------
    >>> group_codes(["p2", "p1", "p2"], 3)
    array([1, 0, 1])
    """
    if groups is None:
        return None
    names = as_array("groups", groups)
    if names.shape != (n,):
        raise StatisticsError(
            f"groups has shape {names.shape} and there are {n} cases: one group a case is needed"
        )
    missing = sum(name is None or name != name for name in names.tolist())  # only NaN differs from itself
    if missing:
        raise StatisticsError(
            f"groups lacks {missing} of {n} ids; name every case's group, or leave the case out"
        )
    if names.dtype == object:
        names = names.astype(str)
    return np.unique(names, return_inverse=True)[1].astype(np.int64)

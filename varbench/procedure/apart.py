"""Splitters that keep whole batches apart: `WithoutOne`, `ByTime`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from varbench.errors import StudyError

Rows = NDArray[np.int64]


class WithoutOne:
    """Cross-validate on all batches but one, each left out in turn: what a study says before it sees that batch.

    The folds stand batch by batch, in the order of their names. With ``Split(WithoutOne(5), groups="batch")`` beside
    ``Split(LeaveOneGroupOut(), groups="batch")``, a cross-validated score stands beside the score on the very batch
    that it had no part in. Without groups, the rows are dealt at random to ``n_parts`` parts of like shares of the
    classes, and ``outside`` says which of the two is meant: the same comparison where the part left out is no other
    population.

    Parameters
    ----------
    n_splits : int
        Folds within what is left.
    n_parts : int
        Parts, where there are no groups.
    outside : bool
        Whether to test on the part that was left out, instead of folds within the others. Parts are equal for equal
        seeds.
    shuffle : bool
        Always true; a splitter that shuffles says so.
    random_state : int, optional
        The study's seed where there is none.

    Examples
    --------
    >>> y, site = np.tile([0, 1], 12), np.repeat(["A", "B", "C"], 8)
    >>> folds = list(WithoutOne(2, random_state=0).split(y[:, None], y, site))
    >>> ["".join(np.unique(site[np.concatenate(fold)])) for fold in folds[:3]]
    ['BC', 'BC', 'AC']
    """

    def __init__(
        self,
        n_splits: int = 5,
        n_parts: int = 6,
        outside: bool = False,
        shuffle: bool = True,
        random_state: int | None = None,
    ) -> None:
        self.n_splits = n_splits
        self.n_parts = n_parts
        self.outside = outside
        self.shuffle = shuffle
        self.random_state = random_state

    def __repr__(self) -> str:
        return f"WithoutOne({self.n_splits}, n_parts={self.n_parts}, outside={self.outside})"

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Give the number of folds."""
        parts = self.n_parts if groups is None else len(np.unique(groups))
        return parts if self.outside else parts * self.n_splits

    def split(
        self, X: Any, y: NDArray[Any], groups: NDArray[Any] | None = None
    ) -> Iterator[tuple[Rows, Rows]]:
        """Give training and test rows, fold by fold."""
        part = self._parts(y) if groups is None else np.unique(groups, return_inverse=True)[1]
        if part.max() < 1:
            raise StudyError("WithoutOne: there is one batch only; two or more are needed")
        for number in range(int(part.max()) + 1):
            inside, left_out = np.flatnonzero(part != number), np.flatnonzero(part == number)
            if self.outside:
                yield inside, left_out
                continue
            folds = StratifiedKFold(self.n_splits, shuffle=True, random_state=self.random_state)
            for train, test in folds.split(inside, y[inside]):
                yield inside[train], inside[test]

    def _parts(self, y: NDArray[Any]) -> Rows:
        part = np.zeros(len(y), dtype=np.int64)
        parts = StratifiedKFold(self.n_parts, shuffle=True, random_state=self.random_state)
        for number, (_, rows) in enumerate(parts.split(y, y)):
            part[rows] = number
        return part


class ByTime:
    """Train on the earlier, test on the later: each period after the first ``start`` is tested by what was before it.

    Periods are batches: numbers, as years, in their order, anything else in the order of its names, as months like
    2024-05. There is one way to split by time, and no seed.

    Parameters
    ----------
    start : int
        Periods that are only trained on.
    frozen : bool
        Whether one model, of the first ``start`` periods, is tested on all later ones; else each period's model
        learns from all the periods before it.

    Examples
    --------
    >>> month = np.repeat(["2024-01", "2024-02", "2024-03"], 2)
    >>> [(train.tolist(), test.tolist()) for train, test in ByTime(1).split(month, None, month)]
    [([0, 1], [2, 3]), ([0, 1, 2, 3], [4, 5])]
    """

    one_partition = True

    def __init__(self, start: int = 4, frozen: bool = False) -> None:
        self.start = start
        self.frozen = frozen

    def __repr__(self) -> str:
        return f"ByTime({self.start}{', frozen=True' if self.frozen else ''})"

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Give the number of folds: one a period that is tested."""
        return len(self._tested(groups))

    def split(self, X: Any, y: Any, groups: NDArray[Any] | None = None) -> Iterator[tuple[Rows, Rows]]:
        """Give training and test rows, period by period."""
        tested = self._tested(groups)
        code = np.unique(_in_order(np.asarray(groups)), return_inverse=True)[1]
        for period in tested:
            yield (
                np.flatnonzero(code < (self.start if self.frozen else period)),
                np.flatnonzero(code == period),
            )

    def _tested(self, groups: NDArray[Any] | None) -> range:
        if groups is None:
            raise StudyError("ByTime needs the period of each row: Split(ByTime(), groups='batch')")
        periods = len(np.unique(groups))
        if not 1 <= self.start < periods:
            raise StudyError(
                f"ByTime(start={self.start}): must be between 1 and {periods - 1}: there are {periods} periods; use "
                "--set split__start=..."
            )
        return range(self.start, periods)


def _in_order(periods: NDArray[Any]) -> NDArray[Any]:
    """Give numbers where all periods are numbers: 9 is before 10."""
    try:
        return periods.astype(float)
    except ValueError:
        return periods

"""A tidy table of scores: which methods, on which data sets, in which repeats and folds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from varbench.errors import DataError, unknown

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

#: What tells the runs of one method on one data set apart.
RUN = ("repeat", "seed", "fold")
#: What tells all scores apart.
CELL = ("dataset", "method", *RUN)


class Pairs(NamedTuple):
    """The scores of two methods on one data set, run by run.

    Attributes
    ----------
    a, b : ndarray of float64, (run,)
        In the metric's own units. Where ``paired``, entry i of both is of one run, NaN where a method has no
        score in it; else they are two samples, whose lengths may differ.
    runs : pandas.DataFrame
        ``repeat, seed, fold`` and the first method's ``n_train, n_test`` of each run; empty where not paired.
    paired : bool
        Whether the table says which scores belong together.
    sizes_differ : int
        Runs in which their test sets have different sizes, so that they were not tested on the same rows.
    """

    a: Floats
    b: Floats
    runs: pd.DataFrame
    paired: bool
    sizes_differ: int


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of methods on data sets, as :func:`~varbench.tables.read_scores` gives them.

    Parameters
    ----------
    frame : pandas.DataFrame
        A row a score: ``dataset, method, repeat, seed, fold`` (categories; constant where no column says it),
        ``score`` (in the metric's own units, NaN where it is missing), ``n_train, n_test`` (NaN where not known).
    metric, label : str
        The metric's name, as in :data:`varbench.metrics.METRICS` where it stands there, and how it is written.
    greater_is_better : bool
        Its direction.
    low, high : float
        Its range.
    columns : mapping of str to str
        Role to the column it was read from.
    given : frozenset of str
        The roles that the user named, and those read from columns of exactly the role's name.
    paired : bool
        Whether the table says which scores of two methods belong together.
    notes : tuple of str
        Every handling, counted, in sentences.
    name : str
        The table's name.
    """

    frame: pd.DataFrame
    metric: str
    label: str
    greater_is_better: bool
    low: float
    high: float
    columns: Mapping[str, str]
    given: frozenset[str]
    paired: bool
    notes: tuple[str, ...] = ()
    name: str = "the table"

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods, in order of appearance."""
        return tuple(self.frame["method"].cat.categories)

    @property
    def datasets(self) -> tuple[str, ...]:
        """The data sets, in order of appearance."""
        return tuple(self.frame["dataset"].cat.categories)

    @cached_property
    def missing(self) -> pd.DataFrame:
        """What is not there, a row for each method and data set with a hole.

        ``expected`` runs are those that any method has on that data set; ``absent`` have no row, ``empty`` no score.
        """
        present, valued, expected = self._counts()
        n_methods = len(self.methods)
        table = pd.DataFrame({
            "dataset": np.repeat(self.datasets, n_methods), "method": np.tile(self.methods, len(self.datasets)),
            "expected": expected, "absent": expected - present,
            "empty": present - valued,
        })  # fmt: skip
        return table[(table["absent"] > 0) | (table["empty"] > 0)].reset_index(drop=True)

    def _counts(self) -> tuple[Integers, Integers, Integers]:
        """Rows, scores and expected runs by data set and method."""
        dataset, cell = _codes(self.frame["dataset"]), self._cells()
        size = len(self.datasets) * len(self.methods)
        present = np.bincount(cell, minlength=size)
        valued = np.bincount(cell[self.frame["score"].notna().to_numpy()], minlength=size)
        if not self.paired:  # the runs of different methods have nothing to do with each other
            most = np.repeat(present.reshape(-1, len(self.methods)).max(1), len(self.methods))
            return present, valued, np.where(present > 0, present, most)
        run, n_runs = combined([_codes(self.frame[name]) for name in RUN])
        seen = np.unique(dataset * n_runs + run)
        of_set = np.bincount(seen // n_runs, minlength=len(self.datasets))
        return present, valued, np.repeat(of_set, len(self.methods))

    def pairs(self, first: str, second: str, dataset: str | None = None) -> Pairs:
        """Which scores of two methods belong together?

        Parameters
        ----------
        first, second : str
            Methods.
        dataset : str, optional
            May be left out where there is one.

        Returns
        -------
        Pairs
            Runs sorted by repeat, seed and fold; nothing is left out.

        Raises
        ------
        DataError
            If a name is not known, or a method has no row on the data set.
        """
        a, b = self._rows(first, dataset), self._rows(second, dataset)
        if not self.paired:
            empty = pd.DataFrame(columns=[*RUN, "n_train", "n_test"])
            return Pairs(a["score"].to_numpy(), b["score"].to_numpy(), empty, False, 0)
        together = pd.concat([a, b], ignore_index=True)
        run, _ = combined([_codes(together[name]) for name in RUN])
        runs, first_row, place = np.unique(run, return_index=True, return_inverse=True)
        of_a, of_b = place[: len(a)], place[len(a) :]
        scores_a, scores_b = (_placed(of, rows["score"], len(runs)) for of, rows in ((of_a, a), (of_b, b)))
        sizes_a, sizes_b = (_placed(of, rows["n_test"], len(runs)) for of, rows in ((of_a, a), (of_b, b)))
        return Pairs(
            scores_a, scores_b, together.loc[first_row, [*RUN, "n_train", "n_test"]].reset_index(drop=True), True,
            int((np.abs(sizes_a - sizes_b) > 0).sum()),
        )  # fmt: skip

    def _rows(self, method: str, dataset: str | None) -> pd.DataFrame:
        """Give a method's rows on a data set, by run."""
        dataset = self._dataset(dataset)
        if method not in self.methods:
            raise DataError(f"{self.name}: {unknown('method', method, self.methods)}")
        order, starts = self._order
        cell = self.datasets.index(dataset) * len(self.methods) + self.methods.index(method)
        rows = order[starts[cell] : starts[cell + 1]]
        if not len(rows):
            raise DataError(f"{self.name}: method {method!r} has no score on data set {dataset!r}")
        return self.frame.iloc[rows]

    @cached_property
    def _order(self) -> tuple[Integers, Integers]:
        """The rows of each data set and method, and where they start."""
        cell = self._cells()
        sizes = np.bincount(cell, minlength=len(self.datasets) * len(self.methods))
        return np.argsort(cell, kind="stable"), np.concatenate([[0], sizes.cumsum()])

    def _cells(self) -> Integers:
        return _codes(self.frame["dataset"]) * len(self.methods) + _codes(self.frame["method"])

    def _dataset(self, dataset: str | None) -> str:
        if dataset is None:
            if len(self.datasets) > 1:
                raise DataError(
                    f"{self.name}: has {len(self.datasets)} data sets; name the one that is meant, as "
                    f"dataset={self.datasets[0]!r}"
                )
            return self.datasets[0]
        if dataset not in self.datasets:
            raise DataError(f"{self.name}: {unknown('data set', dataset, self.datasets)}")
        return dataset

    def arrays(self, first: str, second: str, dataset: str | None = None) -> tuple[Floats, Floats]:
        """Give the scores of two methods by repeat and fold.

        Parameters
        ----------
        first, second, dataset : str
            As in :meth:`pairs`.

        Returns
        -------
        a, b : ndarray of float64, (repeat, fold)
            In the metric's own units, NaN where there is none. With seeds, each repeat and seed is a repeat of its
            own. Where the table does not say which scores belong together, ``(run, 1)``, as long as each has scores.

        Raises
        ------
        DataError
            As :meth:`pairs`.
        """
        pairs = self.pairs(first, second, dataset)
        if not pairs.paired:
            return pairs.a[:, None], pairs.b[:, None]
        row, n_rows = _numbered(combined([_codes(pairs.runs[name]) for name in ("repeat", "seed")])[0])
        column, n_columns = _numbered(_codes(pairs.runs["fold"]))
        place = row * n_columns + column
        a, b = (_placed(place, values, n_rows * n_columns) for values in (pairs.a, pairs.b))
        return a.reshape(n_rows, n_columns), b.reshape(n_rows, n_columns)

    def differences(self, first: str, second: str, dataset: str | None = None) -> Floats:
        """By how much is the first ahead of the second, fold by fold?

        Parameters
        ----------
        first, second, dataset : str
            As in :meth:`pairs`.

        Returns
        -------
        ndarray of float64, (repeat, fold)
            First minus second, turned so that positive says that the first is better; NaN where one is missing.

        Raises
        ------
        DataError
            As :meth:`pairs`, or if the table does not say which scores belong together.
        """
        if not self.paired:
            raise DataError(
                f"{self.name}: no column says which scores belong together, so there are no differences; name "
                "repeat=, fold= or seed="
            )
        a, b = self.arrays(first, second, dataset)
        return a - b if self.greater_is_better else b - a

    def matrix(self, *, shared: bool = False) -> pd.DataFrame:
        """What does each method score on each data set, on average?

        Parameters
        ----------
        shared : bool
            Whether only those runs of a data set count in which each of the methods with scores on it has one, as a
            comparison needs it; :attr:`unshared` counts what that leaves out.

        Returns
        -------
        pandas.DataFrame, (dataset, method)
            The mean over repeats of the means over folds, NaN where a method has no score.

        Raises
        ------
        DataError
            If runs are to be shared, and the table does not say which scores belong together.
        """
        kept = self.frame[self._shared()] if shared else self.frame
        run = ["dataset", "method", "repeat", "seed"]
        of_repeat = kept.groupby(run, observed=True, sort=False)["score"].mean()
        means = (
            of_repeat.groupby(level=["dataset", "method"], observed=True, sort=False).mean().astype(object)
        )
        table = means.unstack("method").reindex(index=list(self.datasets), columns=list(self.methods))
        return table.rename_axis(index="dataset", columns="method").astype(np.float64)

    @cached_property
    def unshared(self) -> pd.DataFrame:
        """What a comparison over shared runs leaves out, a row for each method and data set that loses something.

        ``scores`` it has there, and ``left_out`` those of runs in which another method with scores there has none.
        """
        cell, size = self._cells(), len(self.datasets) * len(self.methods)
        valued = self.frame["score"].notna().to_numpy()
        had = np.bincount(cell[valued], minlength=size)
        lost = np.bincount(cell[valued & ~self._shared()], minlength=size)
        table = pd.DataFrame({
            "dataset": np.repeat(self.datasets, len(self.methods)),
            "method": np.tile(self.methods, len(self.datasets)), "scores": had, "left_out": lost,
        })  # fmt: skip
        return table[table["left_out"] > 0].reset_index(drop=True)

    def only(self, methods: Sequence[str]) -> Scores:
        """Give the same table with some of its methods, so that the others have no say in which runs are shared.

        Parameters
        ----------
        methods : sequence of str
            Methods of the table.

        Returns
        -------
        Scores
            With these methods, and the data sets on which any of them has a row.

        Raises
        ------
        DataError
            If a name is not known.
        """
        for method in methods:
            if method not in self.methods:
                raise DataError(f"{self.name}: {unknown('method', method, self.methods)}")
        kept = self.frame[self.frame["method"].isin(list(methods))].reset_index(drop=True)
        fewer = {name: kept[name].cat.remove_unused_categories() for name in CELL}
        return replace(self, frame=kept.assign(**fewer))

    def in_shared_runs(self) -> Scores:
        """Give the same table with those runs alone in which each of the methods with scores on a data set has one.

        Raises
        ------
        DataError
            If the table does not say which scores belong together.
        """
        return replace(self, frame=self.frame[self._shared()].reset_index(drop=True))

    def _shared(self) -> npt.NDArray[np.bool_]:
        """Which rows are of a run in which every method with scores on the data set has one?"""
        if not self.paired:
            raise DataError(
                f"{self.name}: no column says which scores belong together; name repeat=, fold= or seed="
            )
        valued = self.frame["score"].notna().to_numpy()
        n_methods = (self._counts()[1].reshape(-1, len(self.methods)) > 0).sum(1)
        dataset = _codes(self.frame["dataset"])
        run, _ = _numbered(combined([dataset, *(_codes(self.frame[name]) for name in RUN)])[0])
        found: npt.NDArray[np.bool_] = np.bincount(run, weights=valued)[run] == n_methods[dataset]
        return found

    def ratio(self, dataset: str | None = None) -> float | None:
        """How many test cases are there for each training case of a fold, on average?

        Parameters
        ----------
        dataset : str, optional
            May be left out where there is one.

        Returns
        -------
        float or None
            None where the table does not say both.
        """
        rows = self.frame[self.frame["dataset"] == self._dataset(dataset)]
        known = rows[["n_train", "n_test"]].dropna()
        return float((known["n_test"] / known["n_train"]).mean()) if len(known) else None


def _codes(values: pd.Series) -> Integers:
    return values.cat.codes.to_numpy().astype(np.int64)


def _numbered(codes: Integers) -> tuple[Integers, int]:
    """Number the codes that occur, in their order; give how many there are."""
    found, number = np.unique(codes, return_inverse=True)
    return number, len(found)


def _placed(place: Integers, values: npt.ArrayLike, size: int) -> Floats:
    """Put values into their places, NaN everywhere else."""
    placed = np.full(size, np.nan)
    placed[place] = values
    return placed


def combined(codes: Sequence[Integers]) -> tuple[Integers, int]:
    """Give each combination of codes one code, in the order of the codes.

    Parameters
    ----------
    codes : sequence of ndarray of int64, (row,)
        Each from 0.

    Returns
    -------
    code : ndarray of int64, (row,)
        From 0.
    n : int
        How many there may be.

    Examples
    --------
    >>> combined([np.array([0, 0, 1]), np.array([0, 2, 2])])
    (array([0, 2, 5]), 6)
    """
    code, n = np.zeros(len(codes[0]), np.int64), 1
    for one in codes:
        size = int(one.max()) + 1
        if n * size > 1 << 31:
            found, code = np.unique(code, return_inverse=True)
            n = len(found)
        code, n = code * size + one, n * size
    return code, n

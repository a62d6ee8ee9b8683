"""What the checks of a table share: its rows as numbers, sampled where there are many, and shuffles of its labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats as distributions

from varbench.audits.nearness import distances
from varbench.audits.ranking import collision, normal_scores, ranked
from varbench.audits.table import Floats, Integers, Strings, Table
from varbench.seeds import generator

if TYPE_CHECKING:
    from varbench.audits.alike import Couples
    from varbench.audits.copies import Copies
    from varbench.audits.labels import Association

#: Shuffles of a permutation test: enough for a p-value that stays below the level after all adjustments.
SHUFFLES = 1999
#: Rows that tests look at, rows and columns between which distances are found; of more a sample is taken.
MOST_ROWS, MOST_NEAR, MOST_COLUMNS = 5000, 2500, 500
#: Multiplications that one permutation test may cost: of more a sample of the rows is taken.
_MOST_WORK = 3e9
#: Values of a text column that are told apart, by how often they are there.
_MOST_LEVELS = 30
#: Rows of a block that is sampled, so that they keep their neighbours in the file.
_BLOCK = 100
#: A column is continuous if two rows share a value less often than this.
CONTINUOUS = 0.05


@dataclass(frozen=True, eq=False)
class Columns:
    """Columns as ranks, ready for tests: centred, of length 1, 0 where a cell is missing.

    Parameters
    ----------
    values : ndarray of float64, (column, row)
        Rows of numbers, one for each numeric column and for each value of a text column.
    owner : ndarray of int64, (column,)
        Which feature it comes from.
    """

    values: Floats
    owner: Integers


@dataclass(frozen=True, eq=False)
class Look:
    """A table as the checks see it.

    Parameters
    ----------
    table : Table
        What is audited.
    seed : int
        Of samples and shuffles.
    level : float
        The probability of any alarm on a clean table.
    """

    table: Table
    seed: int = 0
    level: float = 0.05

    def rng(self, step: str) -> np.random.Generator:
        """Give the generator of one check."""
        return generator(self.seed, "audit", step=step)

    @cached_property
    def rows(self) -> Integers:
        """The rows that tests look at, in their order."""
        width = max(len(self.table.X.columns), 1)
        most = int(min(MOST_ROWS, max(300, _MOST_WORK / (SHUFFLES * width))))
        return self.sample(most, "rows")

    def sample(self, most: int, step: str) -> Integers:
        """Give at most so many rows, in their order; all of them where there are no more."""
        n = len(self.table)
        if n <= most:
            return np.arange(n)
        return np.sort(self.rng(step).choice(n, most, replace=False))

    @property
    def sampled(self) -> str:
        """Say that a sample of the rows was looked at, where it was."""
        n = len(self.table)
        return "" if len(self.rows) == n else f" (a sample of {len(self.rows):,} of {n:,} rows)"

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The features, in their order."""
        return tuple(str(column) for column in self.table.X.columns)

    @cached_property
    def place(self) -> dict[str, int]:
        """The place of each feature, by its name."""
        return {name: number for number, name in enumerate(self.names)}

    @cached_property
    def number_of(self) -> dict[str, int]:
        """The place of each numeric feature among these."""
        return {name: number for number, name in enumerate(self.table.numeric)}

    @cached_property
    def numbers(self) -> Floats:
        """The numeric features of the rows that tests look at, (row, column)."""
        return self.numbers_of(self.rows)

    def numbers_of(self, rows: Integers) -> Floats:
        """Give the numeric features of some rows, (row, column)."""
        return self.table.X.loc[:, list(self.table.numeric)].to_numpy(dtype=np.float64)[rows]

    @cached_property
    def levels(self) -> dict[str, pd.Series]:
        """The text columns of the rows that tests look at, without those that name each row."""
        part = self.table.X.iloc[self.rows]
        return {
            name: part[name].reset_index(drop=True) for name in self.table.texts if not self.names_rows(name)
        }

    def names_rows(self, name: str) -> bool:
        """Whether a text column has a value of its own in nearly every row."""
        values = self.table.X[name].dropna()
        return len(values) > 10 and values.nunique() > 0.8 * len(values)

    @cached_property
    def ranks(self) -> Columns:
        """Every feature as ranks; a text column as one column for each of its values."""
        parts, owners = [ranked(self.numbers)], [[self.place[name] for name in self.table.numeric]]
        for name, values in self.levels.items():
            counts = values.value_counts()
            common = [v for v, times in counts.head(_MOST_LEVELS).items() if 2 <= times < len(values)]
            if common:
                shown = np.array([(values == v).to_numpy(np.float64) for v in common])
                shown[:, values.isna().to_numpy()] = np.nan
                parts.append(ranked(shown.T))
                owners.append([self.place[name]] * len(common))
        return Columns(
            np.concatenate(parts), np.array([one for part in owners for one in part], dtype=np.int64)
        )

    @cached_property
    def missing(self) -> Columns:
        """Which cells are missing, for each feature with 5 or more such rows, and at the end how many of a row."""
        gone = self.table.X.iloc[self.rows].isna().to_numpy()
        some = np.flatnonzero((gone.sum(axis=0) >= 5) & (~gone).any(axis=0))
        told = np.column_stack([gone[:, some].astype(np.float64), gone.sum(axis=1).astype(np.float64)])
        owner = np.append(some, -1)
        values = ranked(told)
        varies = np.abs(values).sum(axis=1) > 0
        return Columns(values[varies], owner[varies])

    @cached_property
    def continuous(self) -> tuple[str, ...]:
        """The numeric columns in which two different rows hardly ever share a value.

        Those that number the rows are left out: no row is a copy by them.
        """
        names = [name for name in self.table.numeric if self.numbering(name) not in ("in order", "once each")]
        X = self.numbers[:, [self.number_of[name] for name in names]]
        X = X[~pd.DataFrame(X).duplicated().to_numpy()]
        return tuple(name for name, column in zip(names, X.T, strict=True) if collision(column) < CONTINUOUS)

    def numbering(self, name: str) -> str:
        """Say how a numeric column numbers the rows: ``in order``, ``once each``, ``sorted``, or not at all."""
        if name not in self._numbering:
            values = self.table.X[name].to_numpy(dtype=np.float64)
            kinds = {"in order": counts_rows, "once each": numbers_rows, "sorted": is_sorted}
            self._numbering[name] = next((kind for kind, fits in kinds.items() if fits(values)), "")
        return self._numbering[name]

    @cached_property
    def _numbering(self) -> dict[str, str]:
        return {}

    @cached_property
    def copies(self) -> Copies:
        """Which rows are equal."""
        from varbench.audits.copies import copies_of

        return copies_of(self)

    @cached_property
    def alike(self) -> Couples:
        """Which images look alike as they lie."""
        from varbench.audits.alike import as_they_are, looked_at

        return as_they_are(self, looked_at(self))

    def for_distances(self, rows: Integers, names: Sequence[str]) -> tuple[Integers, list[str]]:
        """Sample the rows and the columns between which distances are found."""
        rng = self.rng("distances")
        kept = rows if len(rows) <= MOST_NEAR else np.sort(rng.choice(rows, MOST_NEAR, replace=False))
        if len(names) <= MOST_COLUMNS:
            return kept, list(names)
        return kept, [names[i] for i in np.sort(rng.choice(len(names), MOST_COLUMNS, replace=False))]

    @cached_property
    def encoded(self) -> Floats:
        """All features of the rows that tests look at, (row, column)."""
        return self.encode(self.rows)

    def encode(self, rows: Integers) -> Floats:
        """Give all features of some rows as numbers of one scale, (row, column); missing is the middle.

        Numbers that follow the order of the rows are left out: they say nothing but it.
        """
        told = [i for i, name in enumerate(self.table.numeric) if not self.numbering(name)]
        scores = normal_scores(self.numbers_of(rows)[:, told])
        parts = [scores[:, np.ptp(scores, axis=0) > 0]] if scores.size else [np.zeros((len(rows), 0))]
        for name in self.levels:
            values = self.table.X[name].iloc[rows]
            common = values.value_counts().head(_MOST_LEVELS).index
            parts.append(
                np.array([(values == v).to_numpy(np.float64) for v in common]).reshape(len(common), -1).T
            )
        return np.column_stack(parts)

    @cached_property
    def near(self) -> tuple[Integers, Floats]:
        """Rows and their distances, (row, row); of many whole groups, or blocks of neighbours in the file."""
        n = len(self.table)
        rows = np.arange(n)
        if n > MOST_NEAR and self.table.groups is not None:
            rows = self._whole_groups(codes_of(self.table.groups)[1])
        elif n > MOST_NEAR:
            starts = self.rng("blocks").choice(n // _BLOCK, MOST_NEAR // _BLOCK, replace=False) * _BLOCK
            rows = np.sort((starts[:, None] + np.arange(_BLOCK)).ravel())
        rows = rows[~self.table.X.iloc[rows].isna().all(axis=1).to_numpy()]
        if self.copies.certain:
            rows = rows[np.isin(rows, self.copies.first())]
        X = self.encode(rows)
        if X.shape[1] > MOST_COLUMNS:
            X = X[:, self.rng("columns").choice(X.shape[1], MOST_COLUMNS, replace=False)]
        apart = distances(X)
        np.fill_diagonal(apart, np.inf)
        return rows, apart

    def _whole_groups(self, codes: Integers) -> Integers:
        """Give the rows of groups that are drawn until there are enough."""
        sizes = np.bincount(codes)
        drawn = self.rng("groups").permutation(len(sizes))
        kept = drawn[np.cumsum(sizes[drawn]) <= MOST_NEAR]
        return np.flatnonzero(np.isin(codes, kept if len(kept) else drawn[:1]))[:MOST_NEAR]

    @property
    def near_sampled(self) -> str:
        """Say that distances are those of a sample, where they are."""
        n = len(self.table)
        return "" if n <= MOST_NEAR else f" (a sample of {len(self.near[0]):,} of {n:,} rows)"

    def strata_of(self, rows: Integers) -> Integers:
        """Give the pieces within which the order of rows should mean nothing: of one file, batch, class and block."""
        table = self.table
        keys = [rows // _BLOCK if len(table) > MOST_NEAR else np.zeros(len(rows), np.int64)]
        keys += [] if table.batch is None else [codes_of(table.batch)[1][rows]]
        keys += [table.split.codes[rows]] if table.files == 2 and table.split is not None else []
        keys += [table.y.codes[rows]] if table.y is not None and table.y.classes else []
        return np.asarray(pd.factorize(pd.MultiIndex.from_arrays(keys))[0], dtype=np.int64)

    @cached_property
    def associations(self) -> Association:
        """How well each feature tells the label."""
        from varbench.audits.labels import associations

        return associations(self)

    @cached_property
    def groups(self) -> Integers | None:
        """The groups of the rows that tests look at, as numbers."""
        return None if self.table.groups is None else codes_of(self.table.groups[self.rows])[1]

    @cached_property
    def batch(self) -> Integers | None:
        """The batches of the rows that tests look at, as numbers."""
        return None if self.table.batch is None else codes_of(self.table.batch[self.rows])[1]

    @cached_property
    def label(self) -> Floats | None:
        """The outcome of the rows that tests look at, (row, k): the positive class, each class, or ranks."""
        y = self.table.y
        if y is None:
            return None
        if not y.classes:
            return np.asarray(distributions.rankdata(y.values[self.rows])[:, None], dtype=np.float64)
        return indicators(y.codes[self.rows], len(y.classes))

    @cached_property
    def shuffled(self) -> list[Floats]:
        """The outcome in shuffled orders, a (row, shuffle) for each column of the label; groups stay whole."""
        if self.label is None:
            return []
        return shuffles(self.label, self.groups, self.rng("label"))


def indicators(codes: Integers, k: int) -> Floats:
    """Give classes as columns of 0 and 1: one column for two of them, else one each."""
    return np.column_stack([(codes == c).astype(np.float64) for c in (range(1, 2) if k == 2 else range(k))])


def shuffles(
    label: Floats,
    groups: Integers | None,
    rng: np.random.Generator,
    strata: Integers | None = None,
    n: int = SHUFFLES,
) -> list[Floats]:
    """Give labels in shuffled orders, centred: over rows, or over whole groups where these have one label each.

    Parameters
    ----------
    label : ndarray of float64, (row, k)
        The labels.
    groups : ndarray of int64, (row,), optional
        Rows that belong together, from 0 on.
    rng : numpy.random.Generator
        Of the shuffles.
    strata : ndarray of int64, (row,), optional
        Rows are exchanged within these alone.
    n : int
        How many.

    Returns
    -------
    list of ndarray of float32, (row, shuffle)
        One for each column of the label.
    """
    kept = np.zeros(len(label), dtype=np.int64) if strata is None else strata
    units, of = np.arange(len(label)), np.arange(len(label))
    if groups is not None and _constant_within(np.column_stack([label, kept]), groups):
        units, of = np.unique(groups, return_index=True)[1], groups
    blocks = [np.flatnonzero(kept[units] == one) for one in np.unique(kept[units])]
    orders = np.empty((len(label), n), dtype=np.int64)
    dealt = units.copy()
    for i in range(n):
        for block in blocks:
            dealt[block] = units[rng.permutation(block)]
        orders[:, i] = dealt[of]
    found = []
    for column in label.T:
        centred = (column - column.mean()).astype(np.float32)
        found.append(centred[orders])
    return found


def _constant_within(label: Floats, groups: Integers) -> bool:
    first = np.unique(groups, return_index=True)[1]
    return bool((label == label[first[groups]]).all())


def codes_of(values: Strings) -> tuple[tuple[str, ...], Integers]:
    """Give texts as numbers, with the texts in order."""
    names, codes = np.unique(values, return_inverse=True)
    return tuple(str(name) for name in names), codes.astype(np.int64)


def counts_rows(values: Floats) -> bool:
    """Whether values go up (or down) in equal steps from row to row, also anew in each of a few pieces."""
    if len(values) < 10 or np.isnan(values).any():
        return False
    steps = np.diff(values)
    usual = float(np.median(steps))
    return usual != 0 and float((np.abs(steps - usual) <= 1e-9 * abs(usual)).mean()) > 1 - min(
        0.05, 10 / len(values)
    )


def numbers_rows(values: Floats) -> bool:
    """Whether whole numbers are there once each, with hardly a hole between them."""
    if len(values) < 20 or np.isnan(values).any() or (values != np.round(values)).any():
        return False
    return len(np.unique(values)) == len(values) and float(np.ptp(values)) < 1.2 * len(values)


def is_sorted(values: Floats) -> bool:
    """Whether the values of a column go one way from row to row.

    Examples
    --------
    >>> is_sorted(np.arange(30.0) // 2), is_sorted(np.arange(30.0) % 3)
    (True, False)
    """
    steps = np.diff(values)
    one_way = bool((steps >= 0).all() or (steps <= 0).all())  # a missing value is neither
    return len(values) >= 20 and one_way and len(np.unique(values)) > 5

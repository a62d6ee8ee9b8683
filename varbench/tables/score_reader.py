"""From a table of scores, long or wide, to :class:`~varbench.tables.Scores`; nothing is dropped, all is said."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from numbers import Real
from pathlib import Path

import numpy as np
import pandas as pd

from varbench.errors import DataError, unknown
from varbench.metrics import Metric
from varbench.outcome import label
from varbench.tables.columns import categories
from varbench.tables.prediction_columns import listed, plain
from varbench.tables.quantities import QUANTITIES, Quantity, of_metric, quantity, quantity_in
from varbench.tables.score_checks import check_cells, check_range, said_of
from varbench.tables.score_runs import by_run, is_blocks, read_blocks, told_apart
from varbench.tables.scores import CELL, RUN, Scores
from varbench.tables.source import Source, complete, only_one, open_source

#: Headings that leave no doubt about a role, without capitals and signs.
_USUAL = {
    "method": ("method", "model", "algorithm", "procedure", "classifier", "learner"),
    "dataset": ("dataset", "data_set"),
    "repeat": ("repeat", "repetition", "rep"),
    "fold": ("fold", "cv_fold"),
    "seed": ("seed", "random_state"),
    "n_train": ("n_train",),
    "n_test": ("n_test",),
}
_NUMBERS = ("n_train", "n_test")


def read_scores(
    source: str | os.PathLike[str] | pd.DataFrame,
    *,
    method: str | None = None,
    score: str | Sequence[str] | None = None,
    dataset: str | None = None,
    repeat: str | None = None,
    fold: str | None = None,
    seed: str | None = None,
    metric: str | Metric | None = None,
    n_train: str | float | None = None,
    n_test: str | float | None = None,
    greater_is_better: bool | None = None,
    methods: str | Sequence[str] | None = None,
    wide: bool | None = None,
    percent: bool = False,
    folds: int | None = None,
    doubles: str = "error",
) -> Scores:
    """What scores does a table hold?

    Parameters
    ----------
    source : path or pandas.DataFrame
        Delimited text (comma, semicolon, tab; a decimal comma; UTF-8 with or without a byte-order mark, UTF-16,
        Windows-1252; gzip) or a frame. Or text in blocks, its cells parted by blanks: a line with the name of a method
        alone, and below it a line a data set, with its name and then its scores, run by run.
    method : str, optional
        The column of the method in a long table, a row a score. Left out, the column called so.
    score : str or sequence of str, optional
        The column of the score. Left out, the column called so, or else the only one whose heading names a known
        metric. Several columns, or a pattern as ``run*`` or ``*`` (all that have no other role): a row is a method on a
        data set, and each of these columns a run.
    dataset, repeat, fold, seed : str, optional
        The columns that tell a method's scores apart; left out, the columns that are called so, if any.
    metric : str or Metric, optional
        What the scores are; left out, what the heading of the score column says. Its range is held.
    n_train, n_test : str or number, optional
        The columns with the sizes of each fold, or one size for all.
    greater_is_better : bool, optional
        The direction; needed where the metric is not known and lower is better.
    methods : str or sequence of str, optional
        Long: the methods to keep. Wide: the columns that are methods.
    wide : bool, optional
        Whether each method has a column of its own; judged by `methods` and the headings where it is not said.
    percent : bool
        Whether the scores are per cent; they are divided by 100.
    folds : int, optional
        Where each run has a column: how many of them are one repeat, repeat after repeat.
    doubles : {"error", "number", "once"}
        Where each run has a column: whether data sets of one name are refused, numbered in their order, or count once,
        if their scores are the same number for number.

    Returns
    -------
    Scores
        Tidy, with a sentence for each thing that was found, taken or missing.

    Raises
    ------
    DataError
        If a column does not exist (the nearest is offered), a score is no number, infinite or outside the metric's
        range, a cell that tells scores apart is empty, two scores stand in one cell, or it cannot be told which
        column is what.

    Examples
    --------
    >>> table = pd.DataFrame({"method": list("AABB"), "fold": [0, 1, 0, 1], "auc": [.8, .7, .75, .7]})
    >>> scores = read_scores(table)
    >>> scores.metric, scores.differences("A", "B").round(2)
    ('roc_auc', array([[0.05, 0.  ]]))
    """
    told = {"method": method, "dataset": dataset, "repeat": repeat, "fold": fold, "seed": seed}
    table, in_blocks = _opened(source)
    if in_blocks and score is None:
        score = "run *"
    if metric is not None and not (
        isinstance(metric, Metric) or (isinstance(metric, str) and metric.strip())
    ):
        raise DataError(unknown("metric", metric, QUANTITIES))
    methods = None if methods is None else listed(methods)
    reader = _Reader(table, metric, greater_is_better, percent)
    if in_blocks:
        reader.notes.append(
            "The file was read in blocks: a line with a method's name, and below it its data sets."
        )
    reader.find_roles({**told, "n_train": n_train, "n_test": n_test}, score)
    columns = reader.runs(score)
    if columns:
        return reader.in_columns(columns, methods, folds, doubles)
    if folds is not None or doubles != "error":
        raise DataError(
            f"{table.name}: folds= and doubles= are of a table in which each run has a column, as score='run*' says it"
        )
    if reader.is_wide(wide, methods):
        return reader.wide(methods)
    return reader.long(None if score is None else str(score), methods)


def _opened(source: str | os.PathLike[str] | pd.DataFrame) -> tuple[Source, bool]:
    """Open a table; give whether it is one in blocks too."""
    if not isinstance(source, pd.DataFrame) and is_blocks(source):
        path = Path(source)
        return replace(open_source(read_blocks(path)), name=path.name), True
    return open_source(source), False


@dataclass
class _Reader:
    """One reading: the roles found so far, and what is to be said of them."""

    table: Source
    metric: str | Metric | None
    greater_is_better: bool | None
    percent: bool
    roles: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, float] = field(default_factory=dict)
    guessed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def find_roles(self, told: Mapping[str, str | float | None], score: str | Sequence[str] | None) -> None:
        """Take the columns that were named, then those whose headings leave no doubt."""
        for role, name in told.items():
            if isinstance(name, Real) and not isinstance(name, bool) and role in _NUMBERS:
                self.sizes[role] = float(name)
            elif name is not None:
                self.roles[role] = self.table.column(role, name)
        taken = {*self.roles.values(), *(() if score is None else listed(score))}
        for role in _USUAL:
            if role not in self.roles and role not in self.sizes:
                found = [c for c in self.table.columns if c not in taken and plain(c) in _USUAL[role]]
                if len(found) == 1:
                    self.roles[role] = found[0]
                    self.guessed.append(role)
        other = [role for role in self.guessed if plain(self.roles[role]) != role]
        if other:
            said = ", ".join(f"{self.roles[role]!r} as {role}" for role in other)
            self.notes.append(f"By their headings, columns were taken so: {said}.")

    def is_wide(self, wide: bool | None, methods: Sequence[str] | None) -> bool:
        """Judge whether each method has a column of its own."""
        if wide is not None:
            if wide and "method" in self.roles and "method" not in self.guessed:
                raise DataError(
                    f"wide=True and method={self.roles['method']!r}: a wide table has no column of methods"
                )
            return wide
        if "method" in self.roles:
            return False
        if methods is None:
            raise DataError(
                f"{self.table.name}: which column names the method? Say method=, or for a table with a column for "
                f"each method, methods= with these columns. There are: {', '.join(self.table.columns)}"
            )
        return True

    def runs(self, score: str | Sequence[str] | None) -> list[str]:
        """Give the columns that are one run each; none where each score has a row."""
        if score is None or (isinstance(score, str) and score in self.table.columns):
            return []
        free = [c for c in self.table.columns if c not in self.roles.values()]
        found: list[str] = []
        for name in listed(score):
            like = [c for c in free if fnmatchcase(c, name)] if "*" in name else []
            if "*" in name and not like:
                raise DataError(
                    f"{self.table.name}: score={name!r}: no column is called so; there are {', '.join(free)}"
                )
            found += like or [self.table.column("score", name)]
        columns = list(dict.fromkeys(found))
        return columns if len(columns) > 1 or not isinstance(score, str) or "*" in score else []

    def in_columns(
        self, columns: list[str], methods: Sequence[str] | None, folds: int | None, doubles: str
    ) -> Scores:
        """Read a table with a row a method and data set, and a column a run."""
        if "method" not in self.roles:
            raise DataError(
                f"{self.table.name}: which column names the method? Say method=; each column of score= is a run"
            )
        both = [role for role in RUN if role in self.roles]
        if both:
            raise DataError(
                f"{self.table.name}: each column of score= is a run, and {both[0]} (column {self.roles[both[0]]!r}) "
                "would number them too; name one column as score=, or leave that column out of the table"
            )
        only_one({**self.roles, **{f"score {i}": c for i, c in enumerate(columns, start=1)}})
        rows = self._read(columns)
        if methods is not None:
            rows = self._only(rows, methods)
        rows, note = told_apart(self.table.name, rows, doubles)
        self.notes += [
            f"Each of {len(columns)} columns is a run, the same for all methods.",
            *([note] if note else []),
        ]
        return self._made(by_run(self.table.name, rows, columns, folds), None, True)

    def _score_column(self, score: str | None) -> str:
        if score is not None:
            return self.table.column("score", score)
        rest = [str(c) for c in self.table.columns if c not in self.roles.values()]
        for found in ([c for c in rest if plain(c) == "score"], [c for c in rest if quantity_in(c)]):
            if len(found) == 1:
                self.notes.append(f"Column {found[0]!r} was taken for the score, by its heading.")
                return found[0]
        raise DataError(
            f"{self.table.name}: which column is the score? Say score=, one of: {', '.join(rest) or 'none is left'}"
            + ("; where each of them is a run, score='*'" if len(rest) > 2 else "")
        )

    def long(self, score: str | None, methods: Sequence[str] | None) -> Scores:
        """Read a table with a row a score."""
        if "method" not in self.roles:
            raise DataError(
                f"{self.table.name}: which column names the method? Say method=, one of: "
                f"{', '.join(self.table.columns)}"
            )
        column = self._score_column(score)
        only_one({**self.roles, "score": column})
        frame = self._read([column])
        frame["score"] = frame.pop(f"score of {column}")
        if methods is not None:
            frame = self._only(frame, methods)
        return self._made(frame, column, any(role in self.roles for role in RUN))

    def _only(self, frame: pd.DataFrame, methods: Sequence[str]) -> pd.DataFrame:
        known = list(frame["method"].cat.categories)
        if not methods:
            raise DataError(f"methods={methods!r}: name at least one of {', '.join(known)}, or leave it out")
        for name in methods:
            if name not in known:
                raise DataError(f"{self.table.name}: {unknown('method', name, known)}")
        kept = frame[frame["method"].isin(methods).to_numpy()].reset_index(drop=True)
        if len(kept) < len(frame):
            self.notes.append(
                f"{len(frame) - len(kept):,} of {len(frame):,} rows are of other methods, and were left out."
            )
        for column in CELL:
            if column in kept:
                kept[column] = kept[column].cat.remove_unused_categories()
        kept["method"] = kept["method"].cat.reorder_categories(list(dict.fromkeys(methods)))
        return kept

    def wide(self, methods: Sequence[str] | None) -> Scores:
        """Read a table with a column a method; a row is a run, so its scores belong together."""
        if "method" in self.guessed:
            self.roles.pop("method")
        if methods is None:
            methods = [c for c in self.table.columns if c not in self.roles.values()]
        columns = [self.table.column("methods", name) for name in methods]
        only_one({**self.roles, **{f"method {i}": c for i, c in enumerate(columns, start=1)}})
        if not columns:
            raise DataError(
                f"{self.table.name}: no column is left to be a method; name them, as methods=['A', 'B']"
            )
        rows = self._read(columns)
        if not any(role in self.roles for role in RUN):
            rows["repeat"] = _numbers(rows)
            self.notes.append("A row was taken for a run in which all methods were tested on the same cases.")
        kept = [c for c in rows if not str(c).startswith("score of ")]
        scores = np.concatenate([rows[f"score of {c}"].to_numpy() for c in columns])
        frame = pd.concat([rows[kept]] * len(columns), ignore_index=True)
        codes = np.repeat(np.arange(len(columns)), len(rows))
        return self._made(frame.assign(method=categories(codes, columns), score=scores), None, True)

    def _read(self, columns: Sequence[str]) -> pd.DataFrame:
        few = [self.roles[role] for role in CELL if role in self.roles]
        sizes = {role: self.roles[role] for role in _NUMBERS if role in self.roles}
        read = self.table.read(few=few, numbers=[*columns, *sizes.values()])
        complete(self.table, read, {role: self.roles[role] for role in CELL if role in self.roles})
        frame = pd.DataFrame({role: read[self.roles[role]] for role in CELL if role in self.roles})
        for role in RUN:
            if role in frame:
                frame[role] = _in_order(frame[role])
        for role in _NUMBERS:
            frame[role] = read[sizes[role]] if role in sizes else float(self.sizes.get(role, np.nan))
            self._check_size(role, frame[role])
        scores = read[list(columns)].set_axis([f"score of {column}" for column in columns], axis=1)
        return pd.concat([frame, scores], axis=1)

    def _check_size(self, role: str, sizes: pd.Series) -> None:
        wrong = sizes <= 0
        if wrong.any():
            raise DataError(
                f"{self.table.name}: {role} is {sizes[wrong].iloc[0]:g}; a number of cases above 0 is needed"
            )

    def _made(self, frame: pd.DataFrame, column: str | None, paired: bool) -> Scores:
        found = self._quantity(column)
        if self.percent:
            frame["score"] /= 100
            self.notes.append("The scores were divided by 100, as they are per cent.")
        check_range(self.table.name, frame["score"], found)
        if not paired:
            frame["repeat"] = _numbers(frame)
            self.notes.append(
                "No column tells a method's scores apart, so they were numbered; no two scores belong together."
            )
        stem = "all" if self.table.path is None else self.table.path.name.split(".")[0]
        constants = {"dataset": stem, **dict.fromkeys(RUN, "")}
        for role in (role for role in CELL if role not in frame):
            frame[role] = categories(np.zeros(len(frame), np.int32), [constants[role]])
        frame = frame[[*CELL, "score", *_NUMBERS]]
        used = {*self.roles.values(), column}
        check_cells(self.table.name, frame, self.roles, [c for c in self.table.columns if c not in used])
        scores = Scores(
            frame=frame, metric=found.name, label=found.label, greater_is_better=found.greater_is_better, low=found.low,
            high=found.high, columns=dict(self.roles), given=frozenset({*self.roles, *self.sizes}), paired=paired,
            name=self.table.name,
        )  # fmt: skip
        return replace(scores, notes=(*self.notes, *said_of(scores)))

    def _quantity(self, column: str | None) -> Quantity:
        named = self.metric
        found = of_metric(named) if isinstance(named, Metric) else None if named is None else quantity(named)
        if found is not None and self.greater_is_better not in (None, found.greater_is_better):
            raise DataError(
                f"metric={found.name!r} and greater_is_better={self.greater_is_better}: of {found.label}, "
                f"{'greater' if found.greater_is_better else 'lower'} is better; leave one of the two out"
            )
        if found is None and named is None and column is not None:
            found = self._from_heading(column)
        if found is not None:
            return found
        name = str(named or column or "score")
        if self.greater_is_better is None:
            self.notes.append(
                f"{name!r} is no metric that is known here ({len(QUANTITIES)} are), so greater is taken to be better, "
                "and no range is held; greater_is_better=False says otherwise."
            )
        return Quantity(name, name, self.greater_is_better is not False)

    def _from_heading(self, column: str) -> Quantity | None:
        found = quantity_in(column)
        if found is None or self.greater_is_better not in (None, found.greater_is_better):
            return None
        direction = "greater" if found.greater_is_better else "lower"
        self.notes.append(
            f"The scores were taken for {found.label}, by the heading {column!r}: {direction} is better."
        )
        return found


def _in_order(values: pd.Series) -> pd.Series:
    """Spell repeats and folds alike (1, 1.0), and put them in order: as numbers where all of them are."""
    spelled = [label(name) for name in values.cat.categories]
    merged = categories(values.cat.codes.to_numpy(), spelled)
    names = list(merged.cat.categories)
    try:
        names.sort(key=float)
    except ValueError:
        return merged
    return merged.cat.reorder_categories(names)


def _numbers(frame: pd.DataFrame) -> pd.Series:
    """Number the rows of each data set and method, from 0."""
    by = [role for role in ("dataset", "method") if role in frame]
    numbers = (
        frame.groupby(by, observed=True, sort=False).cumcount() if by else pd.Series(np.arange(len(frame)))
    )
    return categories(numbers.to_numpy(), [str(i) for i in range(int(numbers.max()) + 1)])

"""Rows that are there more than once: copies, near copies, ids that repeat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from varbench.audits.drafts import (
    MOST_NAMED,
    Draft,
    clear,
    counted,
    found,
    listed,
    nothing,
    numbered,
    unchecked,
)
from varbench.audits.findings import ERROR, INFORMATION, WARNING
from varbench.audits.look import CONTINUOUS, Look
from varbench.audits.nearness import between, gap, pairs
from varbench.audits.ranking import collision, normal_scores, spread
from varbench.audits.table import Floats, Integers

#: So many equal pairs of rows expected by chance are none.
_BY_CHANCE = 1e-3
#: So many continuous columns tell rows apart, whatever the other columns say.
_ENOUGH = 5
_DROP = "Keep one row of each, before anything is split."


@dataclass(frozen=True, eq=False)
class Copies:
    """Which rows are equal in every feature?

    Parameters
    ----------
    kind : ndarray of int64, (row,)
        Equal rows share a number; -1 for rows without any value.
    count : ndarray of int64, (row,)
        How many rows are equal to each, with itself.
    expected : float
        Pairs of equal rows that chance would give at most: rounded and coarse columns tie.
    """

    kind: Integers
    count: Integers
    expected: float

    @property
    def certain(self) -> bool:
        """Whether equal rows cannot be chance."""
        return self.expected < _BY_CHANCE

    @property
    def extra(self) -> int:
        """Rows more than there are different ones."""
        there = self.kind[self.kind >= 0]
        return len(there) - len(np.unique(there))

    def first(self) -> Integers:
        """Give the first row of each kind."""
        known = np.flatnonzero(self.kind >= 0)
        return known[np.unique(self.kind[known], return_index=True)[1]]

    def across(self, sides: Integers) -> Integers:
        """Give the rows of which a copy is on another side."""
        frame = pd.DataFrame({"kind": self.kind, "side": sides})
        several = frame.groupby("kind")["side"].transform("nunique").to_numpy() > 1
        return np.flatnonzero(several & (self.kind >= 0))


def copies_of(look: Look) -> Copies:
    """Find equal rows, in all of the table: equal in every continuous column, or in every column if those are few."""
    X, texts = look.table.X, look.table.texts
    kept = [
        name
        for name in look.names
        if not (look.names_rows(name) if name in texts else look.numbering(name) in ("in order", "once each"))
    ]
    if len(look.continuous) >= _ENOUGH:
        kept = list(look.continuous)
    part = X[kept]
    hashed = pd.util.hash_pandas_object(
        part.fillna({name: "\0" for name in kept if name in texts}), index=False
    )
    kind = pd.factorize(hashed.to_numpy())[0].astype(np.int64)
    kind[(part.isna().mean(axis=1) > 0.5).to_numpy()] = -1
    counts = np.bincount(kind[kind >= 0], minlength=1)
    copies = Copies(kind, np.where(kind >= 0, counts[kind], 1), 0.0)
    return Copies(kind, copies.count, _expected(look, copies.first()))


def _expected(look: Look, first: Integers) -> float:
    """Bound the pairs of equal rows by chance, from how often the different rows share a value of a column.

    Columns that go together are counted once,
    and from the third on with the root of their share only: independence
    is not known.
    """
    if len(first) < 3:
        return np.inf
    rng = look.rng("copies")
    some = first if len(first) <= 1000 else np.sort(rng.choice(first, 1000, replace=False))
    X = look.numbers_of(some)[:, [look.number_of[name] for name in look.continuous]]
    rare = [(max(collision(column), 2 / len(some) ** 2), i) for i, column in enumerate(X.T)]
    rare = sorted((share, i) for share, i in rare if share < CONTINUOUS)[:200]
    scores = normal_scores(X[:, [i for _, i in rare]])
    scores /= np.maximum(np.sqrt((scores**2).sum(axis=0)), 1e-12)
    chosen: list[int] = []
    for place in range(len(rare)):
        if not chosen or np.abs(scores[:, chosen].T @ scores[:, place]).max() < 0.5:
            chosen.append(place)
    n = len(look.table)
    expected = n * (n - 1) / 2
    for number, place in enumerate(chosen):
        expected *= rare[place][0] if number < 2 else rare[place][0] ** 0.5
    return float(expected) if len(chosen) > 1 else np.inf


def exact(look: Look) -> Draft:
    """Are rows there more than once?"""
    copies, table, split = look.copies, look.table, look.table.split
    if not copies.extra:
        return clear(f"No two of the {len(table):,} rows are equal in {_what(look)}.")
    rows = np.flatnonzero(copies.count > 1)
    evidence = {"copies": copies.extra, "rows": len(rows), "expected_by_chance": copies.expected}
    verb = "repeats" if copies.extra == 1 else "repeat"
    facts = f"{counted(copies.extra, 'row')} of {len(table):,} {verb} an earlier one in {_what(look)}."
    if not copies.certain:
        facts += " The columns are so coarse, or so few, that this can be chance."
        return found(facts, rows=numbered(rows), evidence=evidence)
    facts += _contradictions(look, rows)
    common = {"cure": _DROP, "evidence": evidence, "frames": {"pairs": _pairs_of_equal(look)}}
    if split is None:
        means = "Any split over rows puts copies on both sides."
        return found(facts, means, severity=WARNING, leakage="L1.4", rows=numbered(rows), **common)
    crossing = copies.across(split.codes)
    evidence["across"] = len(crossing)
    if not len(crossing):
        tested = not (split.named and split.train[rows].all())
        means = "All copies are on one side of the split; they count twice there."
        return found(facts, means, severity=WARNING if tested else INFORMATION, rows=numbered(rows), **common)
    there = zip(split.names, np.bincount(split.codes[crossing]).tolist(), strict=False)
    where = f" ({listed(f'{n:,} in {name}' for name, n in there if n)})" if split.named else ""
    means = (
        f"{counted(len(crossing), 'row')} have a copy on another side of the split{where}: a model that "
        "remembers has their answers."
    )
    return found(facts, means, severity=ERROR, leakage="L1.4", rows=numbered(crossing), **common)


def _what(look: Look) -> str:
    enough = _ENOUGH <= len(look.continuous) < len(look.names)
    return f"all {len(look.continuous)} continuous features" if enough else "every feature"


def _contradictions(look: Look, rows: Integers) -> str:
    y = look.table.y
    if y is None:
        return ""
    several = pd.Series(y.values[rows]).groupby(look.copies.kind[rows]).nunique()
    odd = int((several > 1).sum())
    return f" The copies of {counted(odd, 'row')} have another label." if odd else ""


def near(look: Look) -> Draft:
    """Are two rows far nearer to each other than rows are here?"""
    table, names = look.table, look.continuous
    first = look.copies.first()
    if len(names) < 2 or len(first) < 20:
        return unchecked(
            "Near copies are looked for in 2 or more continuous columns of 20 or more different rows; "
            f"there are {len(names)} columns and {len(first):,} rows."
        )
    rows, columns = look.for_distances(first, names)
    known = np.isnan(look.table.X[columns].to_numpy(np.float64)[rows]).mean(axis=1) < 0.5
    rows = rows[known] if known.sum() >= 20 else rows
    sides = None if table.split is None else table.split.codes[rows]
    values = _values(look, rows, columns)
    spaces = {"the ranks of": normal_scores(values)}
    if sides is not None and np.bincount(sides).min() >= 20 and not np.isnan(look.numbers).all(axis=0).any():
        spaces["the values, scaled within each side, of"] = within(values, sides)
    groups = None if table.groups is None else np.unique(table.groups[rows], return_inverse=True)[1]
    tests = {name: gap(pairs(X, groups), X) for name, X in spaces.items()}
    best = min(tests, key=lambda name: tests[name].pvalue)
    test, p = tests[best], min(1.0, len(tests) * tests[best].pvalue)
    a, b = rows[test.a], rows[test.b]
    sampled = "" if len(rows) == len(first) else f" (a sample of {len(rows):,} rows)"
    if p > look.level:
        facts = (
            "The nearest rows are as near as the next ones lead one to expect, by the ranks of "
            f"{len(columns)} continuous columns{sampled}."
        )
    else:
        facts = (
            f"The {counted(test.n, 'nearest pair')} of rows, by {best} {len(columns)} continuous "
            f"columns{sampled}, {'is' if test.n == 1 else 'are'} at most {test.ratio:.2f} times as far "
            "apart as the next pair."
        )
    evidence = {"pairs": test.n, "ratio": test.ratio, "dimension": test.dimension, "pairs_across": 0}
    both = np.unique(np.concatenate([a, b]))
    frames = {} if p > look.level else {"pairs": pairs_of(look, a, b, test.distance, "nearly equal")}
    frames |= {} if sides is None else {"neighbours": between(next(iter(spaces.values())), sides, look, rows)}
    if p <= look.level and table.split is not None:
        evidence["pairs_across"] = int((table.split.codes[a] != table.split.codes[b]).sum())
        facts += (
            f" {evidence['pairs_across']:,} of these pairs "
            f"{'lies' if evidence['pairs_across'] == 1 else 'lie'} across the split."
        )
    across = evidence["pairs_across"] > 0
    means = "Rows that near are the same case again, slightly changed, or cases of one group."
    return found(
        facts, means, severity=ERROR if across else WARNING, leakage="L1.4" if across or sides is None else "",
        cure="Find out what these pairs are; keep one of each, or give them a group and split by it.",
        rows=numbered(both), pvalue=p, evidence=evidence, frames=frames,
    )  # fmt: skip


def pairs_of(
    look: Look, a: Integers, b: Integers, distance: Floats, how: str | Sequence[str]
) -> pd.DataFrame:
    """Give pairs of rows, numbered from 1, with their sides; those across the split first, then the nearest."""
    split, album = look.table.split, look.table.album
    low, high = np.minimum(a, b), np.maximum(a, b)
    frame = pd.DataFrame({"row": low + 1, "other": high + 1, "distance": distance, "how": how})
    if album is not None and album.names:
        frame["file"], frame["other_file"] = ([album.names[row] for row in rows] for rows in (low, high))
    frame["sides"] = "" if split is None else [
        f"{split.names[split.codes[i]]}, {split.names[split.codes[j]]}" for i, j in zip(low, high, strict=True)
    ]  # fmt: skip
    far = np.zeros(len(frame), bool) if split is None else split.codes[low] == split.codes[high]
    order = np.lexsort([high, low, distance, far])
    return frame.iloc[order[:MOST_NAMED]].reset_index(drop=True)


def _pairs_of_equal(look: Look) -> pd.DataFrame:
    """Give each row that repeats an earlier one, with that one; a row across the split if there is one."""
    copies, split = look.copies, look.table.split
    several = np.flatnonzero(copies.count > 1)
    frame = pd.DataFrame({"row": several, "kind": copies.kind[several]})
    firsts = frame.groupby("kind")["row"].first()
    later = frame[frame["kind"].duplicated()]
    a, b = firsts.loc[later["kind"]].to_numpy().copy(), later["row"].to_numpy()
    if split is not None:  # where the first row is on the same side, take one of another side
        for place in np.flatnonzero(split.codes[a] == split.codes[b])[:MOST_NAMED]:
            same = several[copies.kind[several] == copies.kind[b[place]]]
            other = same[split.codes[same] != split.codes[b[place]]]
            a[place] = other[0] if len(other) else a[place]
    return pairs_of(look, a, b, np.zeros(len(a)), "equal")


def _values(look: Look, rows: Integers, columns: list[str]) -> Floats:
    """Give columns of some rows; where they are so coarse that rows meet by chance, ties are broken at random.

    The distances of rows from a density never tie; those of rows on a lattice do, which would look like copies.
    """
    X = look.numbers_of(rows)[:, [look.number_of[name] for name in columns]]
    return X if look.copies.certain else spread(X, look.rng("ties"))


def within(values: Floats, sides: Integers) -> Floats:
    """Give columns on the scale of their own side: separate scaling of the sides is undone, and far tails drawn in."""
    X = values.copy()
    for side in np.unique(sides):
        mine = sides == side
        middle = np.nanmedian(X[mine], axis=0)
        spread = np.nanmedian(np.abs(X[mine] - middle), axis=0)
        X[mine] = np.arcsinh((X[mine] - middle) / np.where(spread > 0, spread, 1.0))
    return np.nan_to_num(X)


def repeated_ids(look: Look) -> Draft:
    """Do ids stand on both sides, or twice?"""
    table = look.table
    if table.ids is None:
        return nothing("No column of ids is named (--id).")
    keys = (
        pd.Series(table.ids) if table.batch is None else pd.Series(table.ids) + "\0" + pd.Series(table.batch)
    )
    codes = pd.factorize(keys)[0]
    times = np.bincount(codes)[codes]
    rows = np.flatnonzero(times > 1)
    within_batch = "" if table.batch is None else " within a batch"
    if not len(rows):
        plain = pd.Series(table.ids).duplicated(keep=False).to_numpy()
        more = (
            f" {counted(int(plain.sum()), 'row')} share an id with a row of another batch."
            if plain.any()
            else ""
        )
        return clear(f"Every id is there once{within_batch}.{more}")
    facts = f"{counted(len(rows), 'row')} of {len(table):,} share an id with another row{within_batch}."
    if table.split is None:
        return found(
            facts, "Rows of one id belong together, and a split over rows parts them.", severity=WARNING,
            leakage="L3.2",
            cure="Name the column as the group too (--group), and split by it.", rows=numbered(rows),
            evidence={"rows": len(rows)},
        )  # fmt: skip
    several = pd.Series(table.split.codes).groupby(codes).transform("nunique").to_numpy() > 1
    crossing = np.flatnonzero(several)
    if not len(crossing):
        return found(
            facts, "None of these ids is on two sides.", rows=numbered(rows), evidence={"rows": len(rows)}
        )
    ids = len(np.unique(codes[crossing]))
    return found(
        facts, f"{counted(ids, 'id')} {'is' if ids == 1 else 'are'} on both sides of the split.",
        severity=ERROR,
        leakage="L1.4", cure="Put all rows of one id on one side.", rows=numbered(crossing),
        evidence={"ids_across": ids, "rows_across": len(crossing)},
    )  # fmt: skip

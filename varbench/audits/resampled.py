"""Rows that were made: by oversampling a class, or by drawing with replacement, before the split."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats as distributions

from varbench.audits.drafts import Draft, clear, counted, found, nothing, numbered
from varbench.audits.findings import ERROR, WARNING
from varbench.audits.look import MOST_NEAR, Look
from varbench.audits.table import Floats, Integers

#: So many groups whose rows are there unequally often are exceptions.
_UNEVEN = 0.1
_WHOLE = "Split first, then {} the training rows alone; or keep a row and its copies on one side (--group)."


def oversampled(look: Look) -> Draft:
    """Were rows of one class made from others, to make the classes equal?"""
    y, copies = look.table.y, look.copies
    if y is None or not y.classes:
        return nothing("Oversampling is of classes, and the outcome has none.")
    copied = np.flatnonzero(copies.count > 1)
    sizes = np.bincount(y.codes[_of_training(look, copied)], minlength=len(y.classes))
    of = set(y.codes[copied].tolist())
    if (
        copies.certain
        and copies.extra >= 5
        and len(of) < len(y.classes)
        and np.ptp(sizes) <= 0.02 * sizes.max() + 1
    ):
        return _made(look, copied, f"All {counted(copies.extra, 'repeated row')} are of {_classes(look, of)}")
    made = interpolated(look)
    if made is None:
        return clear(
            "No class is made of copies; whether rows lie between others needs 5 continuous columns."
        )
    among = set(y.codes[made].tolist())
    if len(made) >= max(3, 0.01 * len(look.rows)) and len(among) < len(y.classes):
        words = f"{counted(len(made), 'row')} lie exactly on the line between two others, all of "
        return _made(look, made, words + _classes(look, among))
    sampled = "" if len(copies.first()) <= MOST_NEAR else f" (a sample of {MOST_NEAR:,} rows)"
    return clear(f"No class is made of copies, and no rows lie on the line between two others{sampled}.")


def _of_training(look: Look, rows: Integers) -> npt.NDArray[np.bool_]:
    """Give the training rows, if there are such and some rows are all among them; else all rows."""
    split = look.table.split
    if split is not None and split.named and split.train[rows].all():
        return split.train
    return np.ones(len(look.table), dtype=bool)


def _classes(look: Look, codes: set[int]) -> str:
    y = look.table.y
    names = [] if y is None else [y.classes[code] for code in sorted(codes)]
    return f"class {', '.join(names)}"


def _made(look: Look, rows: Integers, words: str) -> Draft:
    y, split, within_ = look.table.y, look.table.split, _of_training(look, rows)
    sizes = [] if y is None else np.bincount(y.codes[within_]).tolist()
    of = "classes" if within_.all() else "classes of the training rows"
    facts = f"{words}; the {of} have {', '.join(f'{size:,}' for size in sizes)} rows."
    evidence = {"rows": len(rows), "sizes": sizes}
    if not within_.all():
        means = "The training rows were oversampled after the split, as it should be."
        return found(facts, means, rows=numbered(rows), evidence=evidence)
    across = split is not None and len(np.unique(split.codes[rows])) > 1
    return found(
        facts, "This is how oversampling fills a class: the table was oversampled, and a split comes after it.",
        severity=ERROR if across else WARNING, leakage="L1.2", cure=_WHOLE.format("oversample"), rows=numbered(rows),
        evidence=evidence,
    )  # fmt: skip


def interpolated(look: Look) -> Integers | None:
    """Find rows that lie on the line between two others of their class, as SMOTE puts them; None if that cannot be."""
    y, names = look.table.y, look.continuous
    if y is None or len(names) < 5:
        return None
    rows, columns = look.for_distances(look.copies.first(), names)
    X = look.numbers_of(rows)[:, [look.number_of[name] for name in columns]]
    whole = ~np.isnan(X).any(axis=1)
    rows, X = rows[whole], X[whole]
    if len(rows) < 20:
        return None
    X = X / np.maximum(np.abs(X).max(axis=0), 1e-300)  # so that no square is too large
    X = (X - X.mean(axis=0)) / np.maximum(X.std(axis=0), 1e-300)
    if np.linalg.matrix_rank(X, tol=1e-3 * np.sqrt(X.size)) < 4:
        return None
    made = [
        row
        for code in np.unique(y.codes[rows])
        for row in _on_lines(X, np.flatnonzero(y.codes[rows] == code))
    ]
    return rows[np.array(sorted(made), dtype=np.int64)]


def _on_lines(X: Floats, mine: Integers, k: int = 20) -> list[int]:
    """Give the rows that two of their nearest neighbours see in opposite directions."""
    if len(mine) < 4:
        return []
    part = X[mine]
    square = (part**2).sum(axis=1)
    apart = square[:, None] + square[None, :] - 2 * part @ part.T
    np.fill_diagonal(apart, np.inf)
    nearest = np.argsort(apart, axis=1)[:, : min(k, len(mine) - 1)]
    made = []
    for i, others in enumerate(nearest):
        ways = part[others] - part[i]
        ways /= np.maximum(np.linalg.norm(ways, axis=1, keepdims=True), 1e-300)
        if (ways @ ways.T).min() < -1 + 1e-6:
            made.append(int(mine[i]))
    return made


def bootstrapped(look: Look) -> Draft:
    """Were rows, or whole groups, drawn with replacement?"""
    copies, table = look.copies, look.table
    if not copies.certain:
        return nothing("Rows repeat by chance here, so draws with replacement cannot be told.")
    times, what = _drawn(look)
    if copies.extra < 10 or times.max() < 3:
        return clear("Rows are not repeated as draws with replacement repeat them.")
    rate, p = _poisson(times)
    y = table.y
    of_all = y is None or not y.classes or len(np.unique(y.codes[copies.count > 1])) == len(y.classes)
    if p < 0.001 or rate < 0.2 or not of_all:
        return clear("Rows are repeated, but not as draws with replacement repeat them.")
    share = len(times) / int(times.sum())
    facts = (
        f"{what} are there "
        f"{', '.join(f'{int((times == t).sum()):,} x {t}' for t in range(1, min(times.max(), 5) + 1))} "
        f"times: {share:.0%} are different ones, as in draws with replacement."
    )
    across = table.split is not None and len(copies.across(table.split.codes)) > 0
    where = "before the split, so that the same ones are on both sides" if across else "before any split"
    return found(
        facts, f"{what} were bootstrapped {where}.", severity=ERROR if across else WARNING,
        leakage="L1.4", cure=_WHOLE.format("resample"), rows=numbered(np.flatnonzero(copies.count > 1)),
        evidence={"share_different": share, "rate": rate, "fit": p},
    )  # fmt: skip


def _drawn(look: Look) -> tuple[Integers, str]:
    """Give how often each different row is there; or each group, where the rows of one are there equally often."""
    copies, groups = look.copies, look.table.groups
    first = copies.first()
    times = np.bincount(copies.kind[copies.kind >= 0])
    if groups is None:
        return times, "Rows"
    of_group = pd.Series(copies.count[first]).groupby(groups[first])
    if of_group.ngroups == len(first) or (of_group.nunique() > 1).mean() > _UNEVEN:
        return times, "Rows"
    return of_group.median().to_numpy(np.int64), "Groups"


def _poisson(times: Integers) -> tuple[float, float]:
    """Fit a Poisson distribution without its zero to how often rows are there: its rate, and the p-value of the fit."""
    mean = float(times.mean())
    low, high = 1e-6, mean
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if middle / -np.expm1(-middle) < mean else (low, middle)
    rate = (low + high) / 2
    top = max(3, int(distributions.poisson.isf(5 / len(times), rate)))
    chances = distributions.poisson.pmf(np.arange(1, top), rate)
    chances = np.append(chances, distributions.poisson.sf(top - 1, rate)) / -np.expm1(-rate)
    seen = np.array([(times == t).sum() for t in range(1, top)] + [(times >= top).sum()])
    statistic = float(((seen - len(times) * chances) ** 2 / (len(times) * chances)).sum())
    return rate, float(distributions.chi2.sf(statistic, len(seen) - 2))

"""The split itself: can it be used, do its sides differ, what is missing from one, and does it respect time?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy import special

from varbench.audits.drafts import Draft, clear, counted, found, listed, nothing, numbered, unchecked
from varbench.audits.findings import INFORMATION, WARNING
from varbench.audits.look import SHUFFLES, Look, codes_of, shuffles
from varbench.audits.probes import told_from_features
from varbench.audits.ranking import ranked
from varbench.audits.sides import Sides
from varbench.audits.table import Floats
from varbench.audits.testing import auc, max_t

#: How likely a stratum is on one side alone, its column and value, how many rows it has, and which.
_Lost = tuple[float, str, str, int, npt.NDArray[np.bool_]]
_BY_TIME = "Split by date: train on what came before, test on what came after."
#: A split follows time if later rows are on the test side in this share of pairs.
_FOLLOWS = 0.8
#: Strata are of this many rows at least.
_LEAST = 5
#: Numbers with at most so many values are strata.
_MOST_VALUES = 10


def usable(look: Look) -> Draft:
    """Can the split be used: are all folds there, and every class on every side?"""
    table, split = look.table, look.table.split
    if split is None:
        means = "No test set: whatever is reported hangs on the split that is made later."
        return found("No split is given (--split, or a second table).", means, leakage="L1.1")
    facts, rows = f"{split.words()}.", []
    wrong, cures = _spelled_apart(look)
    absent = split.missing_folds()
    if absent:
        wrong.append(
            f"Fold {listed(str(one) for one in absent)} is missing among {split.names[0]} ... "
            f"{split.names[-1]}."
        )
    if table.y is not None and table.y.classes:
        for side, name in enumerate(split.names):
            there = np.bincount(table.y.codes[split.codes == side], minlength=len(table.y.classes))
            lacking = [one for one, n in zip(table.y.classes, there, strict=True) if not n]
            if lacking:
                wrong.append(
                    f"{'Side' if split.named else 'Fold'} {name} has no row of class {listed(lacking)}."
                )
                rows.extend(np.flatnonzero(split.codes == side).tolist())
    if not wrong:
        return clear(
            f"{facts} Every class is on every side." if table.y is not None and table.y.classes else facts
        )
    return found(
        f"{facts} {' '.join(wrong)}", "Such a split gives no score, or another one than it says.",
        severity=WARNING,
        cure=" ".join(cures) or "Make the split anew, stratified by the label (StratifiedKFold).",
        rows=numbered(rows), columns=table.unlike,
        evidence={"missing_folds": len(absent), "sides": len(split.names)},
    )  # fmt: skip


def _spelled_apart(look: Look) -> tuple[list[str], list[str]]:
    """Say what the sides write in other ways, and what to do: a column's kind, or the classes."""
    table, split = look.table, look.table.split
    wrong, cures = [], []
    if table.unlike:
        are = "is" if len(table.unlike) == 1 else "are"
        wrong.append(
            f"{listed(repr(one) for one in table.unlike)} {are} numbers in one table and text in the other."
        )
        cures.append("Write these columns alike in both tables.")
    if table.y is not None and table.y.classes and split is not None and split.named:
        sides = [set(table.y.codes[side].tolist()) for side in (split.train, split.test)]
        if not sides[0] & sides[1]:
            wrong.append("The two sides share no class.")
            cures.append("Spell the classes alike on both sides.")
    return wrong, cures


def shift(look: Look) -> Draft:
    """Can test rows be told from training rows?"""
    split = look.table.split
    if split is None:
        return nothing("No split is given.")
    codes = split.codes[look.rows]
    test = told_from_features(look, codes, "shift")
    if isinstance(test, Draft):
        return test
    best, low, high, p, n = test
    what = (
        "test rows from training rows" if split.named and len(split.names) == 2 else "a side from the others"
    )
    return found(
        f"From the features, in rows left out, a probe tells {what} with AUC {best:.3f} [{low:.3f}, "
        f"{high:.3f}] ({counted(n, 'row')}); .5 is no difference.",
        "The sides are not drawn from one population: scaled apart, of other sites or times, or picked.",
        severity=WARNING, leakage="L3.3",
        cure="Find out in what they differ (site, date, scaling) before reading the score as one for new patients.",
        pvalue=p, evidence={"auc": best, "ci_low": low, "ci_high": high},
    )  # fmt: skip


def strata(look: Look) -> Draft:
    """Is a stratum of the training rows missing from the test rows?"""
    split = look.table.split
    if split is None:
        return nothing("No split is given.")
    lost, chances = _lost(look, split)
    looked = len(chances)
    if not looked:
        return nothing(
            f"No text column, batch or coarse number has a value that {_LEAST} rows or more share."
        )
    if not lost:
        return clear(
            f"Each of {counted(looked, 'stratum').replace('stratums', 'strata')} is among the test rows.",
            pvalue=1.0,
        )
    if all(column == "the batch" for _, column, *_ in lost) and _by_batch(look):
        return found(
            "Whole batches are on one side: the split is one by batch.", "The score is one for new batches."
        )
    lost.sort(key=lambda one: one[0])
    _, column, value, k, mine = lost[0]
    p = _any_as_unlikely(chances, lost[0][0])
    where = "is not among the test rows" if split.named else "is in one fold alone, so never on both sides"
    real = [one for one in lost if _any_as_unlikely(chances, one[0]) <= look.level] or lost[:1]
    return found(
        f"{column} = {value} ({counted(k, 'row')}) {where}; "
        f"{counted(looked, 'stratum').replace('stratums', 'strata')} looked at.",
        "The score says nothing about these patients.",
        severity=WARNING, leakage="L3.3",
        cure="Stratify the split by it as well, or say whom the score is about.",
        rows=numbered(np.flatnonzero(mine)),
        columns=tuple(dict.fromkeys(one[1] for one in real if one[1] != "the batch")),
        pvalue=p, evidence={"rows": k, "strata": looked, "lost": len(real)},
    )  # fmt: skip


def _lost(look: Look, split: Sides) -> tuple[list[_Lost], list[float]]:
    """Give the strata that are on one side alone, and of all strata how likely that is where sides are dealt."""
    groups = look.table.groups
    # Rows of one group are dealt together: where there are groups, these are counted.
    units = np.arange(len(look.table)) if groups is None else codes_of(groups)[1]
    n = len(np.unique(units))
    sides = [split.test] if split.named else [split.codes == side for side in range(len(split.names))]
    tested = [len(np.unique(units[side])) for side in sides]
    lost, chances = [], []
    for column, value, mine in _strata(look):
        k = int(mine.sum()) if groups is None else len(np.unique(units[mine]))
        if split.named:
            chance = _none_of(k, n, tested[0])
            gone = bool(mine[split.train].any()) and not mine[split.test].any()
        else:
            chance = min(1.0, sum(_none_of(k, n, n - size) for size in tested))
            gone = len(np.unique(split.codes[mine])) == 1
        chances.append(chance)
        if gone:
            lost.append((chance, column, value, int(mine.sum()), mine))
    return lost, chances


def _any_as_unlikely(chances: list[float], chance: float) -> float:
    """Bound the chance that any stratum is lost that is as unlikely to be: the sum of theirs (Boole).

    Examples
    --------
    >>> _any_as_unlikely([0.25, 0.25, 0.001, 0.5], 0.25)
    0.501
    """
    return min(1.0, float(sum(one for one in chances if one <= chance * (1 + 1e-9))))


def _strata(look: Look) -> Iterator[tuple[str, str, npt.NDArray[np.bool_]]]:
    """Give each stratum that enough rows share: of the batch, of text, and of numbers with few values."""
    table = look.table
    if table.batch is not None:
        names, codes = codes_of(table.batch)
        for code, name in enumerate(names):
            if (codes == code).sum() >= _LEAST:
                yield "the batch", name, codes == code
    for column in look.names:
        values = table.X[column]
        if column in table.texts and look.names_rows(column):
            continue
        counts = values.value_counts()
        if column in table.numeric and len(counts) > _MOST_VALUES:
            continue
        for value, k in counts.items():
            if _LEAST <= k <= 0.9 * len(table):
                yield (
                    column,
                    f"{value:g}" if isinstance(value, float) else str(value),
                    (values == value).to_numpy(),
                )


def _none_of(k: int, n: int, drawn: int) -> float:
    """Give the chance that none of k rows is among those drawn of n."""
    if drawn > n - k:
        return 0.0
    total = (
        special.gammaln(n - k + 1)
        + special.gammaln(n - drawn + 1)
        - special.gammaln(n + 1)
        - special.gammaln(n - k - drawn + 1)
    )
    return float(np.exp(total))


def _by_batch(look: Look) -> bool:
    table = look.table
    if table.batch is None or table.split is None:
        return False
    return all(len(np.unique(table.split.codes[table.batch == b])) == 1 for b in np.unique(table.batch))


def time_order(look: Look) -> Draft:
    """Are the training rows older than the test rows?"""
    table, split = look.table, look.table.split
    if table.time is None or split is None:
        return nothing("Needs the time (--time) and the split.")
    if not split.named:
        return found(
            "The split is one of folds, so rows are tested that are older than training rows.",
            "What holds for later patients is not measured.", cure=_BY_TIME,
        )  # fmt: skip
    known = np.isfinite(table.time)
    train, test = table.time[known & split.train], table.time[known & split.test]
    if len(train) < 5 or len(test) < 5:
        return unchecked("Fewer than 5 rows of a side have a time.")
    late = np.flatnonzero(known & split.train & (table.time > np.min(test)))
    if not len(late):
        return clear("No training row is later than a test row.")
    follows = auc(np.repeat([0.0, 1.0], [len(train), len(test)]), np.concatenate([train, test]))
    share = len(late) / len(train)
    facts = (
        f"{share:.0%} of the training rows are later than the first test row; of pairs, the test row is "
        f"the later one in {follows:.0%}."
    )
    evidence = {"share_later": share, "test_later": follows}
    common = {"rows": numbered(late), "leakage": "L3.1", "cure": _BY_TIME, "evidence": evidence}
    if follows > _FOLLOWS:
        return found(facts, "The split follows time, but not for these rows.", severity=WARNING, **common)
    p = _older(train, test)
    if p <= look.level and follows < 0.5:
        return found(facts, "The test rows are older than the training rows: the past is predicted from the future.",
                     severity=WARNING, pvalue=p, **common)  # fmt: skip
    return found(
        facts, "The split does not follow time. See whether the outcome or the features drift.", **common
    )


def _older(train: Floats, test: Floats) -> float:
    from scipy.stats import mannwhitneyu

    return float(mannwhitneyu(test, train, alternative="less").pvalue)


def drift(look: Look) -> Draft:
    """Do the outcome or the features change with time?"""
    table = look.table
    if table.time is None:
        return nothing("No time is named (--time).")
    when = table.time[look.rows]
    known = np.isfinite(when)
    if known.sum() < 20:
        return unchecked(f"Fewer than 20 rows have a time ({int(known.sum())}).")
    order = np.where(known, when, np.nan)[:, None]
    line = ranked(order)[0][:, None] * np.sqrt(len(when))
    columns, names = [look.ranks.values], [look.names[i] for i in look.ranks.owner]
    if look.label is not None:
        columns.append(ranked(look.label))
        names += ["the outcome"] * look.label.shape[1]
    shuffled = shuffles(line, look.groups, look.rng("drift"), n=SHUFFLES)
    test = max_t(np.concatenate(columns), line, shuffled)
    best = int(np.argmax(test.statistic))
    p = float(test.pvalue[best])
    going = list(
        dict.fromkeys(name for name, one in zip(names, test.pvalue, strict=True) if one <= look.level)
    )
    facts = (
        f"With time {names[best] if names[best] == 'the outcome' else repr(names[best])} changes most: "
        f"its ranks correlate {test.statistic[best]:.2f} with it{look.sampled}."
    )
    split = table.split
    follows = split is not None and split.named and auc(split.test.astype(np.float64), table.time) > _FOLLOWS
    evidence = {"correlation": float(test.statistic[best]), "drifting": len(going)}
    columns_ = tuple(name for name in going if name != "the outcome")[:1000]
    if follows:
        return found(
            facts,
            "The split follows time, so the score shows what this costs.",
            severity=INFORMATION,
            columns=columns_,
            pvalue=p,
            evidence=evidence,
        )
    return found(
        facts, "A split that does not follow time hides this drift.", severity=WARNING, columns=columns_,
        leakage="L3.1",
        cure=_BY_TIME, pvalue=p, evidence=evidence,
    )  # fmt: skip

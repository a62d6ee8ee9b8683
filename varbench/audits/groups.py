"""Rows that belong together: groups across the split, groups with several labels, groups that nobody named."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from varbench.audits.drafts import Draft, clear, counted, found, nothing, numbered, unchecked
from varbench.audits.findings import ERROR, WARNING
from varbench.audits.look import SHUFFLES, Look, codes_of
from varbench.audits.table import Floats, Integers
from varbench.audits.testing import tail

_BY_GROUP = "Split by the group (GroupKFold, StratifiedGroupKFold), so that all rows of one are on one side."
#: Neighbours in the file that count as beside each other.
_BESIDE = (1, 5)
#: So many more rows than by chance have their nearest row beside them where it matters.
_MATTERS = 0.015
#: Shuffles of the labels between groups, for the probe.
_PROBES = 50
#: Up to this share of groups with several labels are exceptions.
_RARE = 0.2
#: Pairs of rows of one group that are looked at.
_MOST_PAIRS = 20_000


def across(look: Look) -> Draft:
    """Are rows of one group on both sides?"""
    table = look.table
    if table.groups is None or table.split is None:
        return nothing("Needs the group (--group) and the split.")
    names, codes = codes_of(table.groups)
    several = pd.Series(table.split.codes).groupby(codes).transform("nunique").to_numpy() > 1
    if not several.any():
        return clear(f"All rows of each of the {len(names):,} groups are on one side.")
    rows, number = np.flatnonzero(several), len(np.unique(codes[several]))
    facts = (
        f"{counted(number, 'group')} of {len(names):,} {'has' if number == 1 else 'have'} rows on several "
        f"sides ({counted(len(rows), 'row')})."
    )
    share = (
        float(table.split.test[rows].sum() / max(table.split.test.sum(), 1))
        if table.split.named
        else len(rows) / len(table)
    )
    return found(
        facts,
        f"{share:.0%} of the {'test ' if table.split.named else ''}rows have rows of the same group among "
        "the training rows.",
        severity=ERROR, leakage="L3.2", cure=_BY_GROUP, rows=numbered(rows),
        evidence={"groups_across": number, "groups": len(names), "share_rows": share},
    )  # fmt: skip


def labels_within(look: Look) -> Draft:
    """Does one group have several labels, where labels belong to groups?"""
    table, y = look.table, look.table.y
    if table.groups is None or y is None or not y.classes:
        return nothing("Needs the group (--group) and an outcome of classes.")
    names, codes = codes_of(table.groups)
    sizes = np.bincount(codes)
    large = np.flatnonzero(sizes > 1)
    if not len(large):
        return clear("No group has more than one row.")
    mixed = _mixed(codes, y.codes)
    number = int(mixed[large].sum())
    if not number:
        return clear(f"Each of the {len(names):,} groups has one label.")
    rows = np.flatnonzero(mixed[codes])
    facts = (
        f"{counted(number, 'group')} of {len(large):,} with several rows "
        f"{'has' if number == 1 else 'have'} several labels"
    )
    if number > max(1, _RARE * len(large)):
        return found(
            f"{facts}: labels are of rows, not of groups.",
            rows=numbered(rows),
            evidence={"groups_mixed": number},
        )
    rng = look.rng("labels_within")
    null = np.array(
        [-_mixed(codes, rng.permutation(y.codes))[large].sum() for _ in range(499)], dtype=np.float64
    )
    p = float(tail(np.array([-float(number)]), null)[0])
    return found(
        f"{facts}; with labels dealt at random {-null.mean():.0f} would.",
        "Labels belong to groups here, so these contradict themselves.", severity=WARNING,
        cure="Check the labels of these groups.", rows=numbered(rows), pvalue=p,
        evidence={"groups_mixed": number},
    )  # fmt: skip


def _mixed(codes: Integers, labels: Integers) -> npt.NDArray[np.bool_]:
    """Tell which groups have several labels."""
    n = int(codes.max()) + 1
    low, high = np.full(n, labels.max()), np.zeros(n, dtype=labels.dtype)
    np.minimum.at(low, codes, labels)
    np.maximum.at(high, codes, labels)
    return np.asarray(low < high)


def recognised(look: Look) -> Draft:
    """Can the group of a row be told from its features?"""
    if look.table.groups is None:
        return nothing("No group is named (--group).")
    rows, apart = look.near
    codes = np.unique(look.table.groups[rows], return_inverse=True)[1]
    several = np.bincount(codes)[codes] > 1
    if several.sum() < 10:
        return nothing("Fewer than 10 rows have another row of their group.")
    nearest = apart.argmin(axis=1)
    rng = look.rng("recognised")
    observed, null = _alike(closeness(apart), codes, rng)
    p = float(tail(np.array([observed]), null)[0])
    share = float((codes[nearest] == codes)[several].mean())
    chance = float(((np.bincount(codes)[codes] - 1) / (len(codes) - 1))[several].mean())
    evidence = {"share_same": share, "share_by_chance": chance}
    facts = (
        f"The nearest row of {share:.0%} of the rows is of their own group, where chance gives "
        f"{chance:.1%}{look.near_sampled}."
    )
    facts += _shuffled_between(look, apart, codes, evidence)
    split = look.table.split
    kept = split is not None and not (pd.Series(split.codes).groupby(look.table.groups).nunique() > 1).any()
    means = "A model can recognise the group instead of learning the outcome."
    if kept:
        return found(facts, f"{means} The split keeps groups whole, as it must.", pvalue=p, evidence=evidence)
    return found(facts, means, severity=WARNING, leakage="L3.2", cure=_BY_GROUP, pvalue=p, evidence=evidence)


def closeness(apart: Floats) -> Floats:
    """How close are two rows among all that each could be close to? (row, row), symmetric.

    One over the place that a row has among the other's neighbours, both ways: the nearest counts 1,
    the tenth .1.

    Examples
    --------
    >>> apart = np.array([[np.inf, 1.0, 2.0], [1.0, np.inf, 3.0], [2.0, 3.0, np.inf]])
    >>> closeness(apart).tolist()
    [[0.0, 1.0, 0.75], [1.0, 0.0, 0.5], [0.75, 0.5, 0.0]]
    """
    n = len(apart)
    place = np.empty((n, n))
    np.put_along_axis(
        place, np.argsort(apart, axis=1), np.arange(1, n + 1, dtype=np.float64)[None, :], axis=1
    )
    found_ = (1 / place + 1 / place.T) / 2
    np.fill_diagonal(found_, 0.0)
    return found_


def _alike(close: Floats, codes: Integers, rng: np.random.Generator) -> tuple[float, Floats]:
    """Give how close the rows of one group are, and the same for groups dealt at random."""
    order = np.argsort(codes, kind="stable")
    sizes = np.bincount(codes)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    a = np.concatenate(
        [start + np.triu_indices(size, 1)[0] for start, size in zip(starts, sizes, strict=True)]
    )
    b = np.concatenate(
        [start + np.triu_indices(size, 1)[1] for start, size in zip(starts, sizes, strict=True)]
    )
    if len(a) > _MOST_PAIRS:
        some = rng.choice(len(a), _MOST_PAIRS, replace=False)
        a, b = a[some], b[some]
    null = np.empty(SHUFFLES)
    for i in range(SHUFFLES):
        dealt = rng.permutation(len(codes))
        null[i] = close[dealt[a], dealt[b]].sum()
    return float(close[order[a], order[b]].sum()), null


def _shuffled_between(look: Look, apart: Floats, codes: Integers, evidence: dict[str, float]) -> str:
    """Give each group a label at random: how often does the nearest row know it, over rows and over groups?"""
    other = np.where(codes[:, None] == codes[None, :], np.inf, apart)
    if not np.isfinite(other).any(axis=1).all():
        return ""
    rng = look.rng("between")
    own, far = apart.argmin(axis=1), other.argmin(axis=1)
    coins = [rng.permutation(np.arange(codes.max() + 1) % 2)[codes] for _ in range(_PROBES)]
    rows_, groups_ = (float(np.mean([(one[near] == one).mean() for one in coins])) for near in (own, far))
    evidence |= {"accuracy_over_rows": rows_, "accuracy_over_groups": groups_}
    return (
        f" With labels dealt to groups by coin, the nearest row is right in {rows_:.0%} of the rows under "
        f"folds over rows, and in {groups_:.0%} under folds over groups."
    )


def hidden(look: Look) -> Draft:
    """Are rows beside each other in the file more alike than others, as the rows of one patient are?"""
    if look.table.groups is not None:
        return nothing("The groups are named.")
    rows, apart = look.near
    if len(rows) < 20 or not len(look.table.X.columns):
        return unchecked("Fewer than 20 different rows.")
    close, strata, rng = closeness(apart), look.strata_of(rows), look.rng("hidden")
    observed = np.array([_beside(close, np.arange(len(rows)), width) for width in _BESIDE])
    nearest = apart.argmin(axis=1)
    null, shares = np.empty((SHUFFLES, len(_BESIDE))), np.empty((SHUFFLES, len(_BESIDE)))
    for i in range(SHUFFLES):
        moved = _dealt(strata, rng)
        null[i] = [_beside(close, moved, width) for width in _BESIDE]
        shares[i] = [_near_in_file(moved, nearest, width) for width in _BESIDE]
    tails = [float(tail(observed[[k]], null[:, k])[0]) for k in range(len(_BESIDE))]
    k = int(np.argmin(tails))
    share, chance = _near_in_file(np.arange(len(rows)), nearest, _BESIDE[k]), float(shares[:, k].mean())
    facts = (
        f"The nearest row of {share:.0%} of the rows is at most {counted(_BESIDE[k], 'place')} away in "
        f"the file, where chance gives {chance:.1%}{look.near_sampled}."
    )
    common = {
        "pvalue": min(1.0, 2 * tails[k]),
        "evidence": {"share_beside": share, "share_by_chance": chance},
    }
    if share - chance < _MATTERS:
        return found(
            facts, "The order of the file tells a little about the rows; it may be that of time.", **common
        )
    return found(
        facts, "Rows seem to come in groups, as slices or recordings of one patient, that no column names; or by site.",
        severity=WARNING, leakage="L3.2",
        cure=f"Find the column of the patient and name it (--group), or that of the site (--batch). {_BY_GROUP}",
        **common,
    )  # fmt: skip


def _near_in_file(order: Integers, nearest: Integers, width: int) -> float:
    """Give the share of rows whose nearest row stands at most so many places away in an order."""
    return float((np.abs(order[nearest] - order) <= width).mean())


def _beside(close: Floats, order: Integers, width: int) -> float:
    """Give how close rows are that stand at most so many places apart in an order."""
    return float(sum(close[order[step:], order[:-step]].sum() for step in range(1, width + 1)))


def _dealt(strata: Integers, rng: np.random.Generator) -> Integers:
    """Give rows in another order, within their strata."""
    order = np.arange(len(strata))
    for stratum in np.unique(strata):
        mine = np.flatnonzero(strata == stratum)
        order[mine] = rng.permutation(mine)
    return order


def possible_folds(look: Look) -> Draft:
    """How many folds do the groups allow?"""
    table, y = look.table, look.table.y
    if table.groups is None:
        return nothing("No group is named (--group).")
    names, codes = codes_of(table.groups)
    per_class = {}
    if y is not None and y.classes:
        for code, name in enumerate(y.classes):
            per_class[name] = len(np.unique(codes[y.codes == code]))
    most = min([len(names), *per_class.values()])
    told = "; ".join(f"{counted(number, 'group')} of class {name}" for name, number in per_class.items())
    least, largest = int(np.bincount(codes).min()), int(np.bincount(codes).max())
    rows = counted(largest, "row") if least == largest else f"{least:,} to {largest:,} rows"
    facts = f"{counted(len(names), 'group')} of {rows}{': ' + told if told else ''}."
    evidence = {"groups": len(names), "folds": most}
    if most < 2:
        return found(
            facts,
            f"No split by group can have every class on both sides: the largest possible number of folds is {most}.",
            severity=WARNING,
            cure="More groups of the rare class are needed; a split over rows is no way out.",
            evidence=evidence,
        )  # fmt: skip
    few = f" Only {most}: each fold stands on very few groups." if most < 5 else ""
    # Of two classes so many folds can always be made; of three, groups of several classes may allow fewer.
    is_ = "is" if len(per_class) < 3 else "is at most"
    return found(
        f"{facts} The largest possible number of folds by group, with every class in each, {is_} {most}.{few}",
        evidence=evidence,
    )

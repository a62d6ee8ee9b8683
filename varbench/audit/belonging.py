"""Rows that belong together: groups across the split, groups that nobody named, batches and the label."""

from __future__ import annotations

import numpy as np
import pandas as pd

from varbench.audit.drafts import Draft, clear, counted, found, nothing, numbered, unchecked
from varbench.audit.findings import ERROR, WARNING
from varbench.audit.look import SHUFFLES, Look, codes_of, indicators, shuffles
from varbench.audit.nearness import distances
from varbench.audit.table import Floats, Integers
from varbench.audit.testing import auc, folds_of, probe, smoother, tail
from varbench.errors import StatisticsError
from varbench.stats import delong

_BY_GROUP = "Split by the group (GroupKFold, StratifiedGroupKFold), so that all rows of one are on one side."
#: Neighbours in the file that count as beside each other.
_BESIDE = (1, 5)
#: Shuffles of the labels between groups, for the probe.
_PROBES = 50
#: Batches with fewer rows are left out of the probe.
_LEAST = 5
#: Rows that the probe learns from.
MOST_PROBED = 1200


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
    facts = f"{counted(number, 'group')} of {len(names):,} {'has' if number == 1 else 'have'} rows on several sides ({counted(len(rows), 'row')})."
    share = (
        float(table.split.test[rows].sum() / max(table.split.test.sum(), 1))
        if table.split.named
        else len(rows) / len(table)
    )
    return found(
        facts, f"{share:.0%} of the {'test ' if table.split.named else ''}rows have rows of the same group among the training rows.",
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
    rng = look.rng("labels_within")
    null = np.array(
        [-_mixed(codes, rng.permutation(y.codes))[large].sum() for _ in range(499)], dtype=np.float64
    )
    p = float(tail(np.array([-float(number)]), null)[0])
    rows = np.flatnonzero(mixed[codes])
    facts = f"{counted(number, 'group')} of {len(large):,} with several rows {'has' if number == 1 else 'have'} several labels; with labels dealt at random {-null.mean():.0f} would."
    rare = number <= max(1, 0.2 * len(large))
    if not rare:
        return found(
            facts,
            "Labels are of rows, not of groups.",
            rows=numbered(rows),
            evidence={"groups_mixed": number},
        )
    return found(
        facts, "Labels belong to groups here, so these contradict themselves.", severity=WARNING,
        cure="Check the labels of these groups.", rows=numbered(rows), pvalue=p, evidence={"groups_mixed": number},
    )  # fmt: skip


def _mixed(codes: Integers, labels: Integers) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    return np.asarray(pd.Series(labels).groupby(codes).nunique().to_numpy() > 1)


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
    observed = float((codes[nearest] == codes)[several].mean())
    rng = look.rng("recognised")
    null = np.array([_same(rng.permutation(codes), nearest) for _ in range(SHUFFLES)])
    p = float(tail(np.array([float((codes[nearest] == codes).mean())]), null)[0])
    facts = f"The nearest row of {observed:.0%} of the rows is of their own group, where chance gives {null.mean():.1%}."
    evidence = {"share_same": observed, "share_by_chance": float(null.mean())}
    facts += _shuffled_between(look, apart, codes, evidence)
    split = look.table.split
    kept = split is not None and not (pd.Series(split.codes).groupby(look.table.groups).nunique() > 1).any()
    means = "A model can recognise the group instead of learning the outcome."
    if kept:
        return found(facts, f"{means} The split keeps groups whole, as it must.", pvalue=p, evidence=evidence)
    return found(facts, means, severity=WARNING, leakage="L3.2", cure=_BY_GROUP, pvalue=p, evidence=evidence)


def _same(codes: Integers, nearest: Integers) -> float:
    return float((codes[nearest] == codes).mean())


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
        f" With labels dealt to groups by coin, the nearest row is right in {rows_:.0%} of the rows under folds over "
        f"rows, and in {groups_:.0%} under folds over groups."
    )


def hidden(look: Look) -> Draft:
    """Are rows beside each other in the file more alike than others, as the rows of one patient are?"""
    if look.table.groups is not None:
        return nothing("The groups are named.")
    rows, apart = look.near
    if len(rows) < 20 or not len(look.table.X.columns):
        return unchecked("Fewer than 20 different rows.")
    if len(rows) < 0.2 * len(look.table):
        return unchecked(
            f"A sample of {len(rows):,} of {len(look.table):,} rows has no neighbours in the file."
        )
    nearest = apart.argmin(axis=1)
    strata = look.strata_of(rows)
    place = np.arange(len(rows))
    observed = [float((np.abs(place[nearest] - place) <= width).mean()) for width in _BESIDE]
    rng = look.rng("hidden")
    null = np.empty((SHUFFLES, len(_BESIDE)))
    for i in range(SHUFFLES):
        moved = place.copy()
        for stratum in np.unique(strata):
            mine = np.flatnonzero(strata == stratum)
            moved[mine] = rng.permutation(mine)
        steps = np.abs(moved[nearest] - moved)
        null[i] = [(steps <= width).mean() for width in _BESIDE]
    tails = [float(tail(np.array([one]), null[:, k])[0]) for k, one in enumerate(observed)]
    k = int(np.argmin(tails))
    p = min(1.0, 2 * tails[k])
    facts = (
        f"The nearest row of {observed[k]:.0%} of the rows is at most {counted(_BESIDE[k], 'place')} away in the file, "
        f"where chance gives {null[:, k].mean():.1%}."
    )
    return found(
        facts, "Rows seem to come in groups, as slices or recordings of one patient, that no column names.",
        severity=WARNING, leakage="L3.2", cure=f"Find the column of the patient and name it (--group). {_BY_GROUP}",
        pvalue=p, evidence={"share_beside": observed[k], "share_by_chance": float(null[:, k].mean())},
    )  # fmt: skip


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
    facts = f"{counted(len(names), 'group')} of {np.bincount(codes).min():,} to {np.bincount(codes).max():,} rows{': ' + told if told else ''}."
    evidence = {"groups": len(names), "folds": most}
    if most < 2:
        return found(
            facts, f"No split by group can have every class on both sides: the largest possible number of folds is {most}.",
            severity=WARNING, cure="More groups of the rare class are needed; a split over rows is no way out.", evidence=evidence,
        )  # fmt: skip
    few = f" Only {most}: each fold stands on very few groups." if most < 5 else ""
    return found(
        f"{facts} The largest possible number of folds by group, with every class in each, is {most}.{few}",
        evidence=evidence,
    )


def batch_label(look: Look) -> Draft:
    """Does the batch go with the label?"""
    table, y = look.table, look.table.y
    if table.batch is None or y is None:
        return nothing("Needs the batch (--batch) and the outcome (--target).")
    names, codes = codes_of(table.batch)
    if len(names) < 2:
        return nothing("There is one batch only.")
    if len(names) > len(table) / 2:
        return unchecked(f"{len(names):,} batches for {len(table):,} rows: is this the column of the ids?")
    codes = codes[look.rows]
    label = look.label if look.label is not None else np.zeros((len(codes), 1))
    observed, null = (
        _between_batches(codes, [label - label.mean(axis=0)])[0],
        _between_batches(codes, look.shuffled),
    )
    p = float(tail(np.array([observed]), null)[0])
    evidence: dict[str, float] = {"batches": len(names)}
    frames = {}
    facts = f"Between {counted(len(names), 'batch').replace('batchs', 'batches')}"
    if y.classes:
        table_ = (
            pd.crosstab(codes_of(table.batch)[1], y.codes)
            .reindex(columns=range(len(y.classes)), fill_value=0)
            .to_numpy()
        )
        evidence["cramers_v"] = cramers_v(table_)
        facts += f", Cramér’s V with the label is {evidence['cramers_v']:.2f}"
        frames["batches"] = pd.DataFrame(
            [{"row": name, "column": one, "value": float(n / counts.sum()), "n": int(n)}
             for name, counts in zip(names, table_, strict=True) for one, n in zip(y.classes, counts, strict=True)]
        )  # fmt: skip
        if y.binary:
            evidence |= _by_batch_alone(table_)
            low, high = evidence["prevalence_low"], evidence["prevalence_high"]
            facts += f"; from {low:.0%} to {high:.0%} are {y.classes[1]}; knowing the batch alone gives AUC {evidence['auc_by_batch']:.3f}"
            if "auc_two_sites" in evidence:
                facts += f" (the two-site formula: {evidence['auc_two_sites']:.3f})"
    else:
        evidence["eta_squared"] = float(observed)
        facts += f", the batch explains {observed:.0%} of the outcome’s ranks"
    return found(
        facts + ".", "A model that recognises the site scores without knowing the disease, and fails at a new site.",
        severity=WARNING, leakage="L3.3",
        cure="Balance the classes within sites, or test on a site that was left out; report the score within sites.",
        pvalue=p, evidence=evidence, frames=frames,
    )  # fmt: skip


def _between_batches(codes: Integers, labels: list[Floats]) -> Floats:
    """Give the share of the label's variance that lies between batches, a number for each order of the labels."""
    counts = np.bincount(codes)
    total, whole = 0.0, 0.0
    for one in labels:
        part = one if one.ndim == 2 else one[:, None]
        sums = np.array([part[codes == b].sum(axis=0) for b in range(len(counts))])
        total = total + (sums**2 / np.maximum(counts, 1)[:, None]).sum(axis=0)
        whole = whole + (part**2).sum(axis=0)
    return np.atleast_1d(np.asarray(total / np.maximum(whole, 1e-300), dtype=np.float64))


def cramers_v(table: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> float:
    """How strongly do rows and columns of counts go together? 0 to 1.

    Examples
    --------
    >>> cramers_v(np.array([[10, 0], [0, 10]])), cramers_v(np.array([[5, 5], [5, 5]]))
    (1.0, 0.0)
    """
    n = table.sum()
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / n
    square = float(
        (np.divide((table - expected) ** 2, expected, out=np.zeros(table.shape), where=expected > 0)).sum()
    )
    least = min((table.sum(axis=1) > 0).sum(), (table.sum(axis=0) > 0).sum()) - 1
    return float(np.sqrt(square / (n * least))) if least else 0.0


def _by_batch_alone(table: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> dict[str, float]:
    """How well does ranking batches by their share of positives do? For two, by the formula of Zech et al. too."""
    share = table[:, 1] / table.sum(axis=1)
    score = np.repeat(share, table.sum(axis=1))
    positive = np.concatenate([np.repeat([0.0, 1.0], row) for row in table])
    found_ = {
        "auc_by_batch": auc(positive, score),
        "prevalence_low": float(share.min()),
        "prevalence_high": float(share.max()),
    }
    if len(table) == 2:
        high = int(share.argmax())
        found_["auc_two_sites"] = two_sites(
            table[high, 1] / table[:, 1].sum(), table[high, 0] / table[:, 0].sum()
        )
    return found_


def two_sites(a: float, b: float) -> float:
    """What AUC does the site alone give, of two sites?

    Parameters
    ----------
    a, b : float
        The shares of the positive and of the negative cases that come from the site with the higher prevalence.

    Returns
    -------
    float
        The AUC of ranking cases by their site.

    Notes
    -----
    Zech et al. 2018, doi:10.1371/journal.pmed.1002683, from their prevalences.

    Examples
    --------
    >>> round(two_sites(0.9, 0.2), 3)
    0.85
    """
    return float(a * (1 - b) + (a * b + (1 - a) * (1 - b)) / 2)


def batch_features(look: Look) -> Draft:
    """Can the batch be told from the features?"""
    table = look.table
    if table.batch is None or look.batch is None:
        return nothing("No batch is named (--batch).")
    test = told_from_features(look, look.batch, "batch")
    if isinstance(test, Draft):
        return test
    best, low, high, p, n = test
    facts = f"From the features, in rows left out, a probe tells the batch with AUC {best:.3f} [{low:.3f}, {high:.3f}] (of {counted(n, 'row')}; the batch that is told best)."
    return found(
        facts, "The features carry the site’s signature.", severity=WARNING, leakage="L3.3",
        cure="Harmonise within the training rows, and test on a site that was left out.", pvalue=p,
        evidence={"auc": best, "ci_low": low, "ci_high": high},
    )  # fmt: skip


def told_from_features(
    look: Look, codes: Integers, step: str
) -> Draft | tuple[float, float, float, float, int]:
    """Hold classes of rows against the features: the AUC of the class that is told best, its interval, p, and rows."""
    rng = look.rng(step)
    counts = np.bincount(codes)
    kept = np.flatnonzero(counts[codes] >= _LEAST)
    if look.copies.certain:  # a copy would be recognised, which is not what is asked here
        kept = kept[np.isin(look.rows[kept], look.copies.first())]
    if len(kept) > MOST_PROBED:
        kept = np.sort(rng.choice(kept, MOST_PROBED, replace=False))
    classes, mine = np.unique(codes[kept], return_inverse=True)
    if len(classes) < 2 or len(kept) < 20 or np.bincount(mine).min() < 2:
        return unchecked(f"Too few rows: two kinds with {_LEAST} rows or more are needed, in 20 rows.")
    X = look.encoded[kept]
    if not X.shape[1]:
        return unchecked("No feature varies.")
    groups = None if look.groups is None else np.unique(look.groups[kept], return_inverse=True)[1]
    label = indicators(mine, len(classes))
    smooth = smoother(X, folds_of(len(kept), groups, rng))
    predictions, _, p = probe(smooth, label, shuffles(label, groups, rng, n=999))
    scores = [auc(one, prediction) for one, prediction in zip(label.T, predictions.T, strict=True)]
    best = int(np.argmax(scores))
    low, high = _interval(label[:, best], predictions[:, best])
    return scores[best], low, high, p, len(kept)


def _interval(positive: Floats, score: Floats) -> tuple[float, float]:
    try:
        found_ = delong(positive.astype(np.int64), score).interval
    except StatisticsError:
        found_ = None
    return found_ or (0.0, 1.0)


def signal(look: Look) -> Draft:
    """Does a quick probe tell the label at all, and what does it make of shuffled labels?"""
    y = look.table.y
    if y is None or not y.classes:
        return nothing("Needs an outcome of classes (--target).")
    test = told_from_features(look, y.codes[look.rows], "signal")
    if isinstance(test, Draft):
        return test
    best, low, high, p, n = test
    over = "over groups" if look.table.groups is not None else "over rows"
    return found(
        f"A quick probe tells the label with AUC {best:.3f} [{low:.3f}, {high:.3f}] in folds {over} ({counted(n, 'row')}; p = {p:.3f} by "
        "shuffled labels, which have .5 on average).",
        "A score far above it asks for a reason." if p <= look.level else "There may be nothing to be learned: a high score asks for a reason.",
        evidence={"auc": best, "ci_low": low, "ci_high": high, "p_unadjusted": p},
    )  # fmt: skip

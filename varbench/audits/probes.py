"""A quick probe: can a label, a batch or a side of the split be told from the features?"""

from __future__ import annotations

import numpy as np

from varbench.audits.drafts import Draft, counted, found, nothing, unchecked
from varbench.audits.look import Look, indicators, shuffles
from varbench.audits.table import Floats, Integers
from varbench.audits.testing import auc, folds_of, probe, smoother
from varbench.errors import StatisticsError
from varbench.stats import delong

#: Classes with fewer rows are left out of the probe.
_LEAST = 5
#: Rows that the probe learns from.
MOST_PROBED = 1200


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
    told = p <= look.level
    return found(
        f"The label can be told with AUC {best:.3f} [{low:.3f}, {high:.3f}] in folds {over} "
        f"({counted(n, 'row')}; p = {p:.3f} by shuffled labels, which have .5 on average).",
        "A model that scores far above asks for a reason."
        if told
        else "There may be nothing to be learned here: a model that scores well asks for a reason.",
        evidence={"auc": best, "ci_low": low, "ci_high": high, "p_unadjusted": p},
    )

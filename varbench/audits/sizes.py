"""What the sizes alone say: classes, rows by columns, what a test set can show; and columns that say nothing."""

from __future__ import annotations

import numpy as np

from varbench.audits.drafts import Draft, clear, counted, found, listed, nothing
from varbench.audits.look import Look
from varbench.errors import StatisticsError
from varbench.stats import noise_band, smallest_difference

#: Up to this share of the rarer class a class is rare.
RARE = 0.2
#: Events of the rarer class for each feature below which a model without selection or shrinkage is not stable.
_EVENTS = 10
#: The AUC of the weaker of two models, for what their difference must be.
_USUAL = 0.8


def imbalance(look: Look) -> Draft:
    """How unequal are the classes, and what does that do to which metric?"""
    y = look.table.y
    if y is None or not y.classes:
        return nothing("Needs an outcome of classes (--target).")
    sizes = np.bincount(y.codes, minlength=len(y.classes))
    rare, common = int(sizes.argmin()), int(sizes.argmax())
    share = float(sizes[rare] / sizes.sum())
    facts = f"{', '.join(f'{size:,} {name}' for name, size in zip(y.classes, sizes, strict=True))}."
    accuracy = float(sizes[common] / sizes.sum())
    evidence = {"share_rare": share, "accuracy_constant": accuracy}
    if share >= RARE:
        return clear(
            f"{facts} Always answering {y.classes[common]} is right in {accuracy:.0%}.", evidence=evidence
        )
    means = (
        f"Always answering {y.classes[common]} has an accuracy of {accuracy:.1%} and finds no "
        f"{y.classes[rare]}. F1 of that class starts at {2 * share / (1 + share):.2f} (always answering "
        f"it), its average precision at {share:.2f}; AUC and balanced accuracy at .5."
    )
    return found(
        facts, means, evidence=evidence,
        cure=(
            "Report recall, precision and balanced accuracy beside AUC, with the constant classifiers; "
            "never accuracy alone."
        ),
    )  # fmt: skip


def width(look: Look) -> Draft:
    """How many features are there for each row, and how many events for each feature?"""
    n, p = len(look.table), len(look.names)
    y = look.table.y
    facts = f"{counted(p, 'feature')} for {counted(n, 'row')}: {p / n:.2f} for each row"
    evidence = {"features": p, "rows": n, "p_by_n": p / n}
    if y is not None and y.classes:
        events = int(np.bincount(y.codes).min())
        evidence |= {"events": events, "events_per_feature": events / p}
        facts += f", and {events / p:.2g} events of the rarer class for each feature"
        if events / p >= _EVENTS:
            return clear(f"{facts}.", evidence=evidence)
    elif p / n < 0.1:
        return clear(f"{facts}.", evidence=evidence)
    return found(
        f"{facts}.", "A selection or a choice that sees the test rows gains most here.", evidence=evidence,
        cure=(
            "Choose features and settings within the training rows of each fold; shrink; report nested "
            "cross-validation."
        ),
    )  # fmt: skip


def detectable(look: Look) -> Draft:
    """What is the smallest difference that the test rows could show?"""
    y, split = look.table.y, look.table.split
    if y is None or not y.classes:
        return nothing("Needs an outcome of classes (--target).")
    test = split.test if split is not None and split.named else np.ones(len(look.table), bool)
    n = int(test.sum())
    sizes = np.bincount(y.codes[test], minlength=len(y.classes))
    accuracy = float(sizes.max() / n)
    low, high = noise_band(accuracy, n)
    evidence: dict[str, float] = {"test_rows": n, "accuracy_low": low, "accuracy_high": high}
    where = "test rows" if split is not None and split.named else "rows, all of them tested once,"
    facts = f"On {n:,} {where} a true accuracy of {accuracy:.2f} is seen as {low:.2f} to {high:.2f}"
    if y.binary and sizes.min() >= 2:
        try:
            least = smallest_difference(
                "roc_auc", n, expected=_USUAL, prevalence=float(sizes[1] / n)
            ).same_cases
        except StatisticsError:
            least = None
        if least is not None:
            evidence["auc_difference"] = least
            facts += (
                f"; two AUCs near {_USUAL:.1f} must differ by {least:.3f} to be told apart on the same rows"
            )
    return found(f"{facts}.", "Smaller gains are noise, however many repeats.", evidence=evidence,
                 cure="Plan the test set with varbench plan.")  # fmt: skip


def constant(look: Look) -> Draft:
    """Which features have one value?"""
    X = look.table.X
    counts = X.nunique(dropna=True)
    names = tuple(str(name) for name in counts.index[counts <= 1])
    if not names:
        return clear("Every feature has two values or more.")
    has = "has" if len(names) == 1 else "have"
    return found(f"{counted(len(names), 'feature')} of {len(X.columns):,} {has} one value, or none: {listed(names)}.",
                 columns=names, cure="Leave them out (--drop).", evidence={"constant": len(names)})  # fmt: skip


def twins(look: Look) -> Draft:
    """Which features are there twice, also with another unit or sign?"""
    values, owner = look.ranks.values, look.ranks.owner
    kept = [i for i, name in enumerate(look.names) if name in look.table.numeric]
    rows = [int(np.flatnonzero(owner == i)[0]) for i in kept]
    several = [(i, values[r]) for i, r in zip(kept, rows, strict=True) if values[r].any()]
    if len(several) < 2:
        return clear("Fewer than two numeric features vary.")
    seen: dict[bytes, int] = {}
    pairs = []
    for i, row in several:
        sign = np.sign(row[np.flatnonzero(np.abs(row) > 1e-9)[0]])
        key = np.round(row * sign, 7).astype(np.float32)
        first = seen.setdefault((key + 0.0).tobytes(), i)
        if first != i:
            pairs.append((look.names[first], look.names[i]))
    if not pairs:
        return clear("No two numeric features order the rows in the same way.")
    names = tuple(dict.fromkeys(name for pair in pairs for name in pair))
    return found(
        f"{counted(len(pairs), 'feature')} order{'s' if len(pairs) == 1 else ''} the rows just as another "
        f"does (a copy, another unit, or the other sign): {listed(f'{b!r} as {a!r}' for a, b in pairs)}.",
        columns=names, cure="Keep one of each: they say the same twice.", evidence={"twins": len(pairs)},
    )  # fmt: skip


def gaps(look: Look) -> Draft:
    """How much is missing?"""
    gone = look.table.X.isna()
    by_column, by_row = gone.mean(), gone.mean(axis=1)
    if not gone.to_numpy().any():
        return nothing("No cell is missing.")
    empty = np.flatnonzero((by_row == 1).to_numpy())
    worst = by_column.sort_values(ascending=False)
    facts = (
        f"{gone.to_numpy().mean():.1%} of the cells are missing, in "
        f"{counted(int((by_column > 0).sum()), 'feature')}; most in "
        f"{listed([f'{n!r} ({s:.0%})' for n, s in worst.head(3).items()])}."
    )
    marked = look.table.marked
    if marked:
        names = listed((repr(name) for name in marked), 3)
        facts += (
            f" Marks, as '?', were read as missing in {counted(len(marked), 'column')} of numbers: {names}."
        )
    if len(empty):
        facts += f" {counted(len(empty), 'row')} {'has' if len(empty) == 1 else 'have'} no feature at all."
    return found(
        facts, "Imputing is a step that learns.", rows=tuple(int(i) + 1 for i in empty),
        cure="Impute within the training rows of each fold; leave out rows without any feature.",
        evidence={"share_missing": float(gone.to_numpy().mean()), "empty_rows": len(empty)},
    )  # fmt: skip

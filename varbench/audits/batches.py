"""Where rows come from: sites and scanners that go with the label, or that the features give away."""

from __future__ import annotations

import numpy as np
import pandas as pd

from varbench.audits.drafts import Draft, counted, found, nothing, unchecked
from varbench.audits.findings import WARNING
from varbench.audits.look import Look, codes_of
from varbench.audits.probes import told_from_features
from varbench.audits.table import Floats, Integers
from varbench.audits.testing import auc, tail
from varbench.stats import two_sites


def batch_label(look: Look) -> Draft:
    """Does the batch go with the label?"""
    table, y = look.table, look.table.y
    if table.batch is None or y is None or look.label is None:
        return nothing("Needs the batch (--batch) and the outcome (--target).")
    names, codes = codes_of(table.batch)
    if len(names) < 2:
        return nothing("There is one batch only.")
    if len(names) > len(table) / 2:
        return unchecked(f"{len(names):,} batches for {len(table):,} rows: is this the column of the ids?")
    mine = codes[look.rows]
    observed = _between_batches(mine, [look.label - look.label.mean(axis=0)])
    p = float(tail(observed, _between_batches(mine, look.shuffled))[0])
    evidence: dict[str, float] = {"batches": len(names)}
    frames = {}
    if y.classes:
        counts = np.zeros((len(names), len(y.classes)), dtype=np.int64)
        np.add.at(counts, (codes, y.codes), 1)
        facts = _of_classes(counts, y.classes, evidence)
        frames["batches"] = _shares(names, y.classes, counts)
    else:
        evidence["eta_squared"] = float(observed[0])
        facts = f"{len(names):,} batches explain {observed[0]:.0%} of the outcome’s ranks."
    return found(
        facts, "A model that recognises the site scores without knowing the disease, and fails at a new site.",
        severity=WARNING, leakage="L3.3",
        cure="Balance the classes within sites, or test on a site that was left out; report the score within sites.",
        pvalue=p, evidence=evidence, frames=frames,
    )  # fmt: skip


def _of_classes(counts: Integers, classes: tuple[str, ...], evidence: dict[str, float]) -> str:
    """Say how strongly batches and classes go together; the numbers go into the evidence."""
    evidence["cramers_v"] = cramers_v(counts)
    facts = f"Between {len(counts):,} batches, Cramér’s V with the label is {evidence['cramers_v']:.2f}"
    if len(classes) == 2:
        evidence |= _by_batch_alone(counts)
        low, high = evidence["prevalence_low"], evidence["prevalence_high"]
        facts += (
            f"; from {low:.0%} to {high:.0%} are {classes[1]}; knowing the batch alone gives AUC "
            f"{evidence['auc_by_batch']:.3f}"
        )
        if "auc_two_sites" in evidence:
            facts += f" (the two-site formula: {evidence['auc_two_sites']:.3f})"
    return f"{facts}."


def _shares(names: tuple[str, ...], classes: tuple[str, ...], counts: Integers) -> pd.DataFrame:
    """Give the share of each class within each batch, a row each."""
    return pd.DataFrame(
        {
            "row": np.repeat(names, len(classes)),
            "column": np.tile(classes, len(names)),
            "value": (counts / counts.sum(axis=1, keepdims=True)).ravel(),
            "n": counts.ravel(),
        }
    )


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


def cramers_v(table: Integers) -> float:
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


def _by_batch_alone(table: Integers) -> dict[str, float]:
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


def batch_features(look: Look) -> Draft:
    """Can the batch be told from the features?"""
    table = look.table
    if table.batch is None or look.batch is None:
        return nothing("No batch is named (--batch).")
    test = told_from_features(look, look.batch, "batch")
    if isinstance(test, Draft):
        return test
    best, low, high, p, n = test
    facts = (
        f"From the features, in rows left out, a probe tells the batch with AUC {best:.3f} [{low:.3f}, "
        f"{high:.3f}] (of {counted(n, 'row')}; the batch that is told best)."
    )
    return found(
        facts, "The features carry the site’s signature.", severity=WARNING, leakage="L3.3",
        cure="Harmonise within the training rows, and test on a site that was left out.", pvalue=p,
        evidence={"auc": best, "ci_low": low, "ci_high": high},
    )  # fmt: skip

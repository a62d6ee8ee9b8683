"""A second generator of tables for the audit, of other shapes: chains and blocks of columns, rows of unequal scale,
heavy tails, many zeros, counts and classes as columns, and one row in ten of the rare class."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

Rng = np.random.Generator


def _together(rng: Rng, n: int, p: int) -> Any:
    """Normal scores that hang together in one of four ways: chains, blocks, rows of a common scale, not at all."""
    kind, z = rng.integers(0, 4), rng.normal(size=(n, p))
    if kind == 0:
        step = rng.uniform(0.3, 0.9)
        for j in range(1, p):
            z[:, j] = step * z[:, j - 1] + np.sqrt(1 - step**2) * z[:, j]
    if kind == 1:
        shared = rng.normal(size=(n, max(1, p // int(rng.integers(3, 12)))))
        load = rng.uniform(0.2, 0.95, p)
        z = load * shared[:, rng.integers(0, shared.shape[1], p)] + np.sqrt(1 - load**2) * z
    if kind == 2:
        z /= np.sqrt(rng.chisquare(5, size=(n, 1)) / 5)
    return z


def _continuous(rng: Rng, z: Any, wild: bool) -> Any:
    """Give normal scores another margin; a wild one has no variance."""
    share = np.sort(rng.random(len(z)))[stats.rankdata(z, method="ordinal") - 1]
    margins = [
        lambda: stats.t.ppf(share, 1.5 if wild else 3), lambda: stats.lognorm.ppf(share, 2 if wild else 1),
        lambda: stats.pareto.ppf(share, 1.2 if wild else 3.5), lambda: stats.expon.ppf(share), lambda: 100 * share,
        lambda: stats.norm.ppf(share) * 10 ** rng.uniform(-3, 3), lambda: stats.beta.ppf(share, 0.6, 0.6),
    ]  # fmt: skip
    return margins[rng.integers(0, len(margins))]()


def _discrete(rng: Rng, z: Any) -> Any:
    share = stats.rankdata(z) / (len(z) + 1)
    margins = [
        lambda: (share > rng.uniform(0.5, 0.95)) * 1.0, lambda: stats.poisson.ppf(share, rng.uniform(0.5, 6)),
        lambda: np.ceil(5 * share), lambda: np.round(2 * stats.norm.ppf(share)),
        lambda: np.where(share < 0.3, 0.0, np.round(stats.gamma.ppf(share, 1.5))),
    ]  # fmt: skip
    return margins[rng.integers(0, len(margins))]()


def _table(rng: Rng, n: int, p: int, wild: bool) -> tuple[pd.DataFrame, Any]:
    """`p` continuous columns f0, f1..., and none, a few or as many discrete ones; and the outcome."""
    more = int(p * rng.choice([0, 0.25, 1.0]))
    z = _together(rng, n, p + more)
    parts = {f"f{j}": _continuous(rng, z[:, j], wild) for j in range(p)}
    parts |= {f"d{j}": _discrete(rng, z[:, p + j]) for j in range(more)}
    logit = rng.choice([0.0, 0.5, 1.2]) * z[:, rng.choice(p, 3, replace=False)].mean(axis=1) + rng.logistic(
        size=n
    )
    return pd.DataFrame(parts), (logit > np.quantile(logit, rng.choice([0.5, 0.7, 0.9]))).astype(int)


def _dealt(rng: Rng, y: Any, parts: int) -> Any:
    """Deal the rows of each class to so many parts."""
    fold = np.empty(len(y), int)
    for code in np.unique(y):
        mine = rng.permutation(np.flatnonzero(y == code))
        fold[mine] = np.arange(len(mine)) % parts
    return fold


def other_cohort(rng: Rng, *, split: bool = False, columns: tuple[int, ...] = (10, 40, 150)) -> pd.DataFrame:
    """As :func:`audit_examples.cohort`, to plant leaks in."""
    X, y = _table(rng, int(rng.integers(200, 501)), int(rng.choice(columns)), wild=False)
    frame = X.assign(y=y)
    if split:
        frame["split"] = np.where(_dealt(rng, y, 10) < 3, "test", "train")
    return frame


def other_clean(rng: Rng) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Independent rows of 60 to 600, 3 to 300 columns, at times with missing cells and one good predictor."""
    n, p = int(rng.integers(60, 601)), int(np.exp(rng.uniform(np.log(3), np.log(150))))
    X, y = _table(rng, n, p, wild=rng.random() < 0.5)
    if rng.random() < 0.3:
        X["grade"] = rng.choice(["G1", "G2", "G3"], n)
    if rng.random() < 0.2:
        X = X.mask(rng.random(X.shape) < 0.03)
    if rng.random() < 0.3:
        X["marker"] = rng.normal(size=n) + rng.uniform(0.5, 1.6) * y
    frame, options = X.assign(y=y), {"target": "y"}
    if rng.random() < 0.15:
        frame["y"] = rng.standard_t(3, n)
    elif rng.random() < 0.6:
        fold = _dealt(rng, y, 10)
        frame["split"] = np.where(fold < 3, "test", "train") if rng.random() < 0.5 else fold % 5
        options["split"] = "split"
    if rng.random() < 0.5:
        frame["site"], options["batch"] = rng.choice(list("ABCDE")[: int(rng.integers(2, 6))], n), "site"
    if rng.random() < 0.3:
        frame["when"], options["time"] = rng.integers(0, 1500, n) * 1.0, "when"
    if rng.random() < 0.3:
        frame["pid"], options["id"] = [f"HX-{i}" for i in rng.choice(10**6, n, replace=False)], "pid"
    return frame, options

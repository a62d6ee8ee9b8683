"""Small tables as users have them: scores of procedures, predictions of models, measures of cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from varbench.verdict import Verdict


def scores(
    *,
    sets: int = 1,
    repeats: int = 12,
    folds: int = 3,
    methods: Sequence[str] = ("new", "old"),
    gap: float = 0.03,
    noise: float = 0.01,
    seed: int = 0,
    metric: str = "auc",
) -> pd.DataFrame:
    """A row a score; each method is `gap` better than the next, and folds share most of their noise."""
    rng = np.random.default_rng(seed)
    rows = []
    for dataset in range(sets):
        for repeat in range(repeats):
            for fold in range(folds):
                base = 0.7 + 0.03 * rng.normal()
                for place, method in enumerate(methods):
                    value = base + gap * (len(methods) - 1 - place) + noise * rng.normal()
                    rows.append((f"d{dataset}", method, repeat, fold, value, 67, 33))
    return pd.DataFrame(rows, columns=["dataset", "method", "repeat", "fold", metric, "n_train", "n_test"])


def predictions(n: int = 80, signal: float = 1.0, seed: int = 0) -> pd.DataFrame:
    """A row a case of one binary model; the labels are those of any other table of `n` cases."""
    y = np.arange(n) % 5 < 2
    logit = signal * (2 * y - 1) + np.random.default_rng(seed).normal(size=n)
    p = 1 / (1 + np.exp(-logit))
    return pd.DataFrame({"id": [f"case{i:03}" for i in range(n)], "y": y.astype(int), "p": p})


def seeds(n: int = 80, number: int = 6, signal: float = 1.0, seed: int = 0) -> pd.DataFrame:
    """Predictions of several trained seeds for the same cases."""
    parts = [predictions(n, signal, seed=100 * seed + i).assign(seed=i) for i in range(number)]
    return pd.concat(parts, ignore_index=True)


def numbers(n: int = 60, noise: float = 0.3, seed: int = 0) -> pd.DataFrame:
    """A row a case of one model of a measurement."""
    y = np.random.default_rng(7).normal(size=n)
    pred = y + noise * np.random.default_rng(seed).normal(size=n)
    return pd.DataFrame({"id": range(n), "y": y, "pred": pred})


def several_classes(n: int = 90, seed: int = 0) -> pd.DataFrame:
    """A row a case of one model of three classes."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3
    z = rng.normal(size=(n, 3)) + 1.5 * np.eye(3)[y]
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    return pd.DataFrame(
        {"id": range(n), "y": np.array(list("abc"))[y], **{f"p_{c}": p[:, i] for i, c in enumerate("abc")}}
    )


def cases(n: int = 40, seed: int = 0) -> pd.DataFrame:
    """A row a case of one model of segmentation."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"id": range(n), "dice": rng.uniform(0.6, 0.95, n), "hd95": rng.exponential(5, n)})


def said(answer: Any) -> Verdict:
    """The first verdict of an answer."""
    return answer.verdicts[0].verdict


def result(answer: Any, method: str) -> Any:
    """The result of a method, of the first verdict of an answer or of the answer itself."""
    found = [*(r for one in answer.verdicts for r in one.results), *answer.results]
    return next(r for r in found if r.method == method)

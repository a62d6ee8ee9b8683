"""Do the fast forest and the plain forest give the same scores? Two one-sided tests, on two real tables.

Both forests are fitted on the same rows and the same ten features, and scored on the same test rows: three folds a
repeat, the mean over the folds, and the difference fast minus plain. A pilot gives the differences' mean and SD, and
with them the repeats that the test needs for a power of 0.9; the test is made on repeats of its own. Equivalent
means that the 90 % interval of the mean difference lies within +-0.02, which is what two one-sided t-tests at 5 % say
(Schuirmann 1987, 10.1007/BF01068419).

The hyperparameters are those of the study's grid, one of the six in turn, not searched for anew in each fold: the
whole grid would cost nineteen times as much, and each of its six points is in the test. F1 and Brier stand beside
the AUC, since two forests may rank alike and yet not cut alike; their rows answer questions of their own.

    OMP_NUM_THREADS=1 VARBENCH_DATA=../shared/data python benchmarks/equivalence.py
"""

from __future__ import annotations

import argparse
import itertools
import math
import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
from imblearn.over_sampling import RandomOverSampler
from scipy import stats
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectKBest, VarianceThreshold, f_classif
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import SVC
from sklearnex.ensemble import RandomForestClassifier as FastForest

from varbench.elimination import GramRFE
from varbench.metrics import evaluate, resolve

TABLES = ("NSCLC-Radiogenomics", "HNSCC")
CONDITIONS = (
    ("oversampled, balanced weights", True, "balanced"),
    ("as it is, balanced weights", False, "balanced"),
    ("as it is, no weights", False, None),
)
GRID = [{"max_depth": d, "min_samples_leaf": leaf} for d, leaf in itertools.product((6, 7), (3, 4, 5))]
METRICS = resolve(["roc_auc", "f1", "brier"])
MARGIN, ALPHA, POWER = 0.02, 0.05, 0.9
PILOT, FEWEST, MOST = 12, 20, 80


def table(name):
    folder = Path(os.environ.get("VARBENCH_DATA", Path(__file__).parents[2] / "shared" / "data"))
    frame = pd.read_csv(folder / "radmlbench" / f"{name}.gz")
    return frame.drop(columns=["ID", "Target"]).to_numpy(float), frame["Target"].to_numpy()


def difference(X, y, repeat, oversampled, class_weight):
    """Fast minus plain, the mean over three folds, a number a metric."""
    found = []
    for train, test in StratifiedKFold(3, shuffle=True, random_state=repeat).split(X, y):
        A, b = X[train], y[train]
        if oversampled:
            A, b = RandomOverSampler(random_state=repeat).fit_resample(A, b)
        A, T = reduce(A, b, X[test])
        same = {"n_estimators": 1000, "class_weight": class_weight, "random_state": repeat, "n_jobs": 1}
        same |= GRID[repeat % len(GRID)]
        fast, plain = (
            score(forest(**same).fit(A, b), T, y[test]) for forest in (FastForest, RandomForestClassifier)
        )
        found.append(fast - plain)
    return np.mean(found, axis=0)


def reduce(A, b, T):
    for step in (
        VarianceThreshold(),
        SelectKBest(f_classif, k=100),
        GramRFE(SVC(kernel="linear"), n_features_to_select=10),
    ):
        A, T = step.fit_transform(A, b), step.transform(T)
    return A, T


def score(forest, T, y):
    if isinstance(forest, FastForest) and not hasattr(forest, "_onedal_estimator"):
        raise RuntimeError("the fast forest fell back to scikit-learn's")
    return evaluate(METRICS, y, forest.predict(T), forest.predict_proba(T)[:, 1])[0]


def needed(pilot):
    """Repeats for a power of 0.9 in every metric, were the true difference and SD those of the pilot."""
    room = np.maximum(MARGIN - np.abs(pilot.mean(axis=0)), 1e-9)
    z = stats.norm.ppf(1 - ALPHA) + stats.norm.ppf((1 + POWER) / 2)
    most_asked = float(np.max((z * pilot.std(axis=0, ddof=1) / room) ** 2))
    return math.ceil(min(max(most_asked, FEWEST), MOST))


def tost(d):
    """Interval at 90 %, and the larger of the two one-sided p-values."""
    se = d.std(ddof=1) / math.sqrt(len(d))
    half = stats.t.ppf(1 - ALPHA, len(d) - 1) * se
    p = stats.t.sf((MARGIN - abs(d.mean())) / se, len(d) - 1)
    return d.mean() - half, d.mean() + half, p


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", nargs="+", default=TABLES)
    parser.add_argument("--conditions", nargs="+", type=int, default=range(len(CONDITIONS)), help="0, 1, 2")
    parser.add_argument("--most", type=int, default=MOST, help="repeats of a test, at most")
    chosen = parser.parse_args()
    start = time.perf_counter()
    print(
        f"{'table':20} {'training rows':30} {'metric':8} {'n':>3} {'mean':>8} {'SD':>7} {'90 % interval':>18} {'p':>9}"
    )
    for name, number in itertools.product(chosen.tables, chosen.conditions):
        label, oversampled, weight = CONDITIONS[number]
        X, y = table(name)
        pilot = np.array([difference(X, y, r, oversampled, weight) for r in range(PILOT)])
        n = min(needed(pilot), chosen.most)
        seeds = range(1000, 1000 + n)
        tested = np.array([difference(X, y, r, oversampled, weight) for r in seeds])
        for metric, d in zip(METRICS, tested.T, strict=True):
            low, high, p = tost(d)
            verdict = "equivalent" if low > -MARGIN and high < MARGIN else "NOT shown equivalent"
            print(
                f"{name:20} {label:30} {metric.label:8} {n:3} {d.mean():+8.4f} {d.std(ddof=1):7.4f} "
                f"[{low:+.4f}, {high:+.4f}] {p:9.2g} {verdict}",
                flush=True,
            )
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()

"""What a user would write today: one repeat of both orders of the steps, with scikit-learn and imbalanced-learn.

The script is the yardstick of ``benchmarks/speed.py``; nothing in it comes from varbench. It makes a table of
137 patients and 1,652 correlated features, 24 of them events, and runs the whole protocol: 3 outer and 3 inner
folds, recursive elimination to 10 features, 1,000 trees, a grid of 2 x 3.

    OMP_NUM_THREADS=1 python benchmarks/plain_script.py
"""

from __future__ import annotations

import time

import numpy as np
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import Pipeline
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import RFE, SelectKBest, VarianceThreshold, f_classif
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.svm import SVC

GRID = {"max_depth": [6, 7], "min_samples_leaf": [3, 4, 5]}


def table(seed=0, n=137, events=24, features=1652, blocks=60):
    """Make a table that looks like radiomics: blocks of correlated features, a weak signal in a few of them."""
    rng = np.random.default_rng(seed)
    y = np.zeros(n, int)
    y[rng.permutation(n)[:events]] = 1
    latent = rng.normal(size=(n, blocks))
    latent[:, :6] += 0.4 * y[:, None]
    block = np.arange(features) % blocks
    share = rng.uniform(0.6, 0.95, features)
    X = share * latent[:, block] + np.sqrt(1 - share**2) * rng.normal(size=(n, features))
    return X, y


def steps(seed, forest=RandomForestClassifier, eliminate=RFE):
    """The steps after the oversampling, in the paper's order."""
    inner = StratifiedKFold(3, shuffle=True, random_state=seed + 1)
    trees = forest(n_estimators=1000, class_weight="balanced", random_state=seed, n_jobs=1)
    return [
        ("variance", VarianceThreshold()),
        ("best", SelectKBest(f_classif, k=100)),
        ("rfe", eliminate(SVC(kernel="linear"), n_features_to_select=10)),
        ("forest", GridSearchCV(trees, GRID, cv=inner)),
    ]


def cross_validate(pipeline, X, y, seed):
    """Mean AUC and mean F1 over three outer folds, and what was selected in each."""
    aucs, f1s, selected = [], [], []
    for train, test in StratifiedKFold(3, shuffle=True, random_state=seed).split(X, y):
        pipeline.fit(X[train], y[train])
        aucs.append(roc_auc_score(y[test], pipeline.predict_proba(X[test])[:, 1]))
        f1s.append(f1_score(y[test], pipeline.predict(X[test])))
        selected.append(pipeline.named_steps["rfe"].get_support(indices=True))
    return np.mean(aucs), np.mean(f1s), selected


def one_repeat(X, y, seed=0, **pieces):
    """Both procedures once: oversampling before the split, and after it."""
    X_more, y_more = RandomOverSampler(random_state=seed).fit_resample(X, y)
    incorrect = cross_validate(Pipeline(steps(seed, **pieces)), X_more, y_more, seed)
    oversample = ("oversample", RandomOverSampler(random_state=seed))
    correct = cross_validate(Pipeline([oversample, *steps(seed, **pieces)]), X, y, seed)
    return incorrect, correct


if __name__ == "__main__":
    X, y = table()
    start = time.perf_counter()
    for name, (auc, f1, _) in zip(("incorrect", "correct"), one_repeat(X, y), strict=True):
        print(f"{name:10} AUC {auc:.3f}  F1 {f1:.3f}")
    print(f"{time.perf_counter() - start:.1f} s")

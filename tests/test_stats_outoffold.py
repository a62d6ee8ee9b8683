"""The patient bootstrap of out-of-fold scores: by hand, with holes, and its error rate under a real null."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import StratifiedKFold

from varbench.errors import StatisticsError
from varbench.stats.coded import own_order
from varbench.stats.draws import Units
from varbench.stats.outoffold import patient_bootstrap

RNG = np.random.default_rng(6)
Y = np.sort(RNG.integers(0, 2, 40))
A = Y + RNG.normal(size=(3, 40)) + RNG.normal(size=40)
B = 0.5 * Y + RNG.normal(size=(3, 40)) + RNG.normal(size=40)
FOLD = np.array([np.random.default_rng(i).permutation(np.arange(40) % 4) for i in range(3)])
QUICK = {"n_resamples": 200}


def sorted_cases(*arrays):
    order = own_order(Y, *(np.column_stack([m.mean(axis=0), (m >= 0.5).sum(axis=0)]) for m in (A, B)))
    return [array[..., order] for array in arrays]


def auc(y, score, weight):
    rows = np.repeat(np.arange(len(y)), weight)
    return sk.roc_auc_score(y[rows], score[rows]) if 0 < y[rows].sum() < len(rows) else np.nan


@pytest.mark.parametrize("by_fold", [False, True])
def test_it_is_the_mean_over_folds_and_repeats_on_each_resample(by_fold: bool) -> None:
    y, a, b, fold = sorted_cases(Y, A, B, FOLD if by_fold else FOLD * 0)
    weights = Units.of_cases(40).draw(60, np.random.default_rng(4))
    values = []
    for w in np.vstack([np.ones((1, 40), int), weights]):
        per_repeat = []
        for run in range(3):
            parts = [fold[run] == code for code in np.unique(fold[run])]
            found = [[auc(y[p], m[run][p], w[p]) for m in (a, b)] for p in parts]
            per_repeat.append(np.nanmean(found, axis=0))
        mean = np.mean(per_repeat, axis=0)
        values.append(mean[0] - mean[1])
    result = patient_bootstrap(Y, A, B, fold=FOLD if by_fold else None, n_resamples=60, rng=4)
    assert result.estimate == pytest.approx(values[0], abs=1e-12)
    assert result.interval == pytest.approx(np.quantile(values[1:], [0.025, 0.975]), abs=1e-12)
    assert result.settings["averaged"] == ("per fold" if by_fold else "pooled per repeat")


def test_what_a_repeat_did_not_test_is_left_out_of_it() -> None:
    a, b, fold = A.copy(), B.copy(), FOLD.astype(float)
    a[0, :5] = b[0, :5] = fold[0, :5] = np.nan
    a[:, 39] = b[:, 39] = np.nan
    a[1, 7] = np.nan
    result = patient_bootstrap(Y, a, b, fold=fold, **QUICK)
    expected = []
    for run in range(3):
        known = ~np.isnan(a[run])
        parts = [known & (FOLD[run] == code) for code in range(4)]
        found = [[auc(Y[p], m[run][p], np.ones(p.sum(), int)) for m in (A, B)] for p in parts]
        expected.append(np.nanmean(found, axis=0))
    first, second = np.mean(expected, axis=0)
    assert result.estimate == pytest.approx(first - second, abs=1e-12)
    assert result.settings["n_dropped"] == 2
    assert result.n == 39
    assert "pairs_dropped" in result.notes


def test_its_labels_groups_and_swap() -> None:
    groups = np.arange(40) // 2
    there = patient_bootstrap(Y, A, B, groups=groups, stratify=True, **QUICK)
    back = patient_bootstrap(Y, B, A, groups=groups, stratify=True, **QUICK)
    assert there.interval == pytest.approx((-back.ci_high, -back.ci_low), abs=1e-12)
    assert there.pvalue == back.pvalue
    assert (there.estimand, there.unit, there.n, there.pairing) == ("E2", "group", 20, "exact")
    assert "repeats_share_data" in there.notes
    alone = patient_bootstrap(Y, A, estimand="E1", repeats_share_data=False, **QUICK)
    assert (alone.estimand, alone.pvalue, alone.unit) == ("E1", None, "patient")
    assert "repeats_share_data" not in alone.notes
    assert "not_paired" in patient_bootstrap(Y, A, B, pairing="none").notes
    assert patient_bootstrap(Y, A, A, **QUICK).pvalue == 1


@pytest.mark.parametrize(
    ("args", "settings", "message"),
    [
        ((Y, A, B[:2]), {}, r"\[2, 3\] repeats"),
        ((Y, A), {"fold": FOLD[:2]}, r"fold has shape \(2, 40\)"),
        ((Y, A), {"fold": FOLD.astype(str)}, "numbers are needed"),
        ((Y, A * np.nan), {}, "no case was tested"),
        ((Y, A[0]), {}, r"\(run, case\)"),
    ],
)
def test_what_cannot_be_used_is_refused(args, settings, message) -> None:
    with pytest.raises(StatisticsError, match=message):
        patient_bootstrap(*args, **settings)


def out_of_fold(X: np.ndarray, y: np.ndarray, n_repeats: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Give the scores of two equal procedures, each on one half of the features."""
    scores = np.empty((2, n_repeats, len(y)))
    for repeat in range(n_repeats):
        for train, test in StratifiedKFold(3, shuffle=True, random_state=seed + repeat).split(X, y):
            for half, columns in enumerate((slice(0, 4), slice(4, 8))):
                model = LinearDiscriminantAnalysis().fit(X[train, columns], y[train])
                scores[half, repeat, test] = model.decision_function(X[test, columns])
    return scores[0], scores[1]


@pytest.mark.slow
def test_its_error_rate_on_fresh_cohorts_is_the_published_one() -> None:
    """Disjoint halves of the features with the same signal; .11 to .15 is known of it, Monte Carlo error .025."""
    rng = np.random.default_rng(0)
    y = (np.arange(100) < 40).astype(int)
    rejected = 0
    for cohort in range(160):
        X = rng.normal(size=(100, 8)) + 0.4 * y[:, None]
        a, b = out_of_fold(X, y, 6, 100 * cohort)
        rejected += patient_bootstrap(y, a, b, n_resamples=500, rng=cohort).pvalue < 0.05
    assert 0.02 <= rejected / 160 <= 0.21

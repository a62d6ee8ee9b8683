"""The permutation test of two models: all ways counted by hand, and its error rate."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as sk

from varbench.errors import StatisticsError
from varbench.metrics import METRICS
from varbench.stats.permuting import permutation_metric

RNG = np.random.default_rng(12)
Y = np.array([0, 1, 0, 1, 1, 0, 1, 0])
A = np.round(RNG.random(8) * 0.5 + 0.4 * Y, 2)
B = np.round(RNG.random(8) * 0.7 + 0.2 * Y, 2)


def counted(function, a, b, unit):
    """Give the p-value over all ways to change sides."""
    usual = function(a) - function(b)
    far = ways = 0
    for sides in product([False, True], repeat=unit.max() + 1):
        swapped = np.array(sides)[unit]
        d = function(np.where(swapped, b, a)) - function(np.where(swapped, a, b))
        far += abs(d) >= abs(usual) - 1e-12
        ways += 1
    return far / ways


@pytest.mark.parametrize("unit", [np.arange(8), np.arange(8) // 2], ids=["cases", "groups"])
@pytest.mark.parametrize("metric", ["roc_auc", "average_precision", "brier", "f1", "mcc"])
def test_few_cases_are_counted_in_full(metric: str, unit: np.ndarray) -> None:
    function = {
        "roc_auc": lambda s: sk.roc_auc_score(Y, s), "average_precision": lambda s: sk.average_precision_score(Y, s),
        "brier": lambda s: sk.brier_score_loss(Y, s), "f1": lambda s: sk.f1_score(Y, s >= 0.5),
        "mcc": lambda s: sk.matthews_corrcoef(Y, s >= 0.5),
    }[metric]  # fmt: skip
    a, b = (stats.rankdata(s) if metric in ("roc_auc", "average_precision") else s for s in (A, B))
    result = permutation_metric(Y, A, B, metric=metric, groups=None if unit[1] == 1 else unit)
    assert result.pvalue == pytest.approx(counted(function, a, b, unit), abs=1e-12)
    assert result.settings["pvalue_method"] == "exact: all ways counted"
    assert result.n == unit.max() + 1


def test_many_cases_are_dealt_at_random_and_one_is_added() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 200)
    good, bad = y + 0.3 * rng.normal(size=200), rng.normal(size=200)
    result = permutation_metric(y, good, bad, n_resamples=199)
    assert result.pvalue == 1 / 200  # deepsig: 0, since nothing is added
    assert result.estimate > 0.3
    assert result.interval is None


def test_accuracy_agrees_with_the_exact_sign_test_of_the_cases_that_differ() -> None:
    rng = np.random.default_rng(1)
    y, a, b = rng.integers(0, 2, (3, 13))
    first, second = int(((a == y) & (b != y)).sum()), int(((a != y) & (b == y)).sum())
    result = permutation_metric(y, a, b, metric="accuracy")
    assert result.pvalue == pytest.approx(stats.binomtest(first, first + second).pvalue)


@pytest.mark.parametrize("metric", [*METRICS, "jaccard"])
def test_a_swap_mirrors_the_result_and_scales_of_scores_do_not_matter_to_ranks(metric: str) -> None:
    there, back = permutation_metric(Y, A, B, metric=metric), permutation_metric(Y, B, A, metric=metric)
    assert there.estimate == pytest.approx(-back.estimate, abs=1e-14)
    assert there.pvalue == back.pvalue
    assert (there.n, there.estimand, there.pairing) == (8, "E3", "exact")
    if METRICS.get(metric, METRICS["f1"]).needs == "score":
        assert permutation_metric(Y, 100 * A - 7, B, metric=metric).pvalue == there.pvalue


def test_the_same_seed_the_same_result_and_others_others() -> None:
    y = np.tile(Y, 5)
    a, b = np.random.default_rng(0).random((2, 40))
    one, again, other = (permutation_metric(y, a, b, n_resamples=300, rng=seed) for seed in (1, 1, 2))
    assert one == again
    assert one.pvalue != other.pvalue


def test_identical_models_few_cases_and_no_pairs() -> None:
    same = permutation_metric(Y, A, A)
    assert (same.estimate, same.pvalue) == (0, 1)
    assert "constant_difference" in same.notes
    few = permutation_metric(Y[:4], A[:4], B[:4])
    assert "too_few_to_reject" in few.notes
    assert permutation_metric(Y, A, B, pairing="none").notes == ("not_paired",)
    assert "too_few_to_reject" not in permutation_metric(Y, A, B).notes
    with pytest.raises(StatisticsError, match="undefined"):
        permutation_metric(Y * 0, A, B)


@pytest.mark.slow
def test_its_error_rate_is_the_nominal_one() -> None:
    """400 test sets of patients with three cases each, two equal models; two standard errors are .022."""
    rng = np.random.default_rng(3)
    groups = np.repeat(np.arange(30), 3)
    y = (groups % 2).astype(int)
    rejected = 0
    for seed in range(400):
        case = y + rng.normal(size=30)[groups]
        a, b = (case + rng.normal(size=30)[groups] + rng.normal(size=90) / 2 for _ in range(2))
        rejected += permutation_metric(y, a, b, groups=groups, n_resamples=199, rng=seed).pvalue <= 0.05
    assert 0.025 <= rejected / 400 <= 0.08

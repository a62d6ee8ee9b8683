"""DeLong: all pairs by brute force, a peer, its published example, the edges, and error rates."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
import scipy.stats
from sklearn.metrics import roc_auc_score

from varbench.errors import StatisticsError
from varbench.stats.auc import delong, placements


def cases(seed: int, n: int = 60, decimals: int = 8) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.arange(n) < n // 3).astype(int)
    shared = rng.normal(size=n)
    a = (y + shared + rng.normal(0, 0.5, n)).round(decimals)
    b = (0.5 * y + shared + rng.normal(0, 0.7, n)).round(decimals)
    return y, a, b


def all_pairs(y: np.ndarray, score: np.ndarray) -> np.ndarray:
    """DeLong et al. 1988: psi of each positive against each negative case."""
    apart = np.subtract.outer(score[y == 1], score[y == 0])
    return np.where(apart > 0, 1.0, np.where(apart == 0, 0.5, 0.0))


def covariance(y: np.ndarray, *scores: np.ndarray) -> np.ndarray:
    psi = [all_pairs(y, score) for score in scores]
    v10, v01 = np.array([p.mean(1) for p in psi]), np.array([p.mean(0) for p in psi])
    return np.atleast_2d(np.cov(v10)) / v10.shape[1] + np.atleast_2d(np.cov(v01)) / v01.shape[1]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("decimals", [0, 1, 8])
def test_against_all_pairs(seed: int, decimals: int) -> None:
    y, a, b = cases(seed, decimals=decimals)
    s = covariance(y, a, b)
    one, two = delong(y, a), delong(y, a, b)
    auc_a, auc_b = all_pairs(y, a).mean(), all_pairs(y, b).mean()
    assert one.estimate == pytest.approx(auc_a, abs=1e-12)
    assert one.settings["standard_error"] == pytest.approx(math.sqrt(s[0, 0]), abs=1e-12)
    assert one.statistic == pytest.approx((auc_a - 0.5) / math.sqrt(s[0, 0]), rel=1e-9)
    error = math.sqrt(s[0, 0] + s[1, 1] - 2 * s[0, 1])
    assert two.estimate == pytest.approx(auc_a - auc_b, abs=1e-12)
    assert two.settings["standard_error"] == pytest.approx(error, abs=1e-12)
    assert two.pvalue == pytest.approx(2 * scipy.stats.norm.sf(abs(auc_a - auc_b) / error), rel=1e-9)
    half = scipy.stats.norm.ppf(0.975) * error
    assert two.interval == pytest.approx((auc_a - auc_b - half, auc_a - auc_b + half), abs=1e-12)


@pytest.mark.parametrize("decimals", [1, 8])
def test_against_mlstatkit_and_scikit_learn(decimals: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from MLstatkit import Delong_test
    for seed in range(5):
        y, a, b = cases(seed, n=200, decimals=decimals)
        # theirs is second minus first
        z, p, _, _, auc_a, auc_b, _ = Delong_test(y, a, b)
        ours = delong(y, a, b)
        assert (-ours.statistic, ours.pvalue) == pytest.approx((z, p), rel=1e-9)
        assert (ours.settings["auc_first"], ours.settings["auc_second"]) == pytest.approx((auc_a, auc_b))
        assert delong(y, a).estimate == pytest.approx(roc_auc_score(y, a), abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_groups_against_the_sums_of_the_paper(seed: int) -> None:
    rng = np.random.default_rng(seed)
    y, a, b = cases(seed, n=80, decimals=1)
    groups = rng.integers(0, 25, 80)

    def sums(score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        psi = all_pairs(y, score)
        theta, v10, v01 = psi.mean(), psi.mean(1), psi.mean(0)
        first = [(v10[groups[y == 1] == g] - theta).sum() for g in np.unique(groups)]
        second = [(v01[groups[y == 0] == g] - theta).sum() for g in np.unique(groups)]
        return np.array(first), np.array(second)

    def variance(p: np.ndarray, q: np.ndarray) -> float:
        m, n, k = (y == 1).sum(), (y == 0).sum(), len(np.unique(groups))
        with_m, with_n = len(np.unique(groups[y == 1])), len(np.unique(groups[y == 0]))
        s10 = with_m / ((with_m - 1) * m) * (p**2).sum()
        s01 = with_n / ((with_n - 1) * n) * (q**2).sum()
        return s10 / m + s01 / n + 2 * k / (k - 1) * (p * q).sum() / (m * n)

    (p_a, q_a), (p_b, q_b) = sums(a), sums(b)
    one, two = delong(y, a, groups=groups), delong(y, a, b, groups=groups)
    assert one.settings["standard_error"] == pytest.approx(math.sqrt(variance(p_a, q_a)), rel=1e-9)
    assert two.settings["standard_error"] == pytest.approx(
        math.sqrt(variance(p_a - p_b, q_a - q_b)), rel=1e-9
    )
    assert (one.unit, one.n, one.notes) == ("group", len(np.unique(groups)), ("groups_as_units",))


def test_a_group_a_case_is_no_group_and_copies_add_nothing() -> None:
    y, a, b = cases(1)
    alone = delong(y, a, b, groups=np.arange(len(y))).to_dict()
    for name in ("estimate", "statistic", "pvalue", "ci_low"):
        assert alone[name] == pytest.approx(getattr(delong(y, a, b), name), rel=1e-12)
    three = [np.repeat(values, 3) for values in (y, a, b)]
    names = np.repeat([f"p{k}" for k in range(len(y))], 3)
    copied, naive = delong(*three, groups=names), delong(*three)
    assert copied.settings["standard_error"] == pytest.approx(
        delong(y, a, b).settings["standard_error"], rel=1e-9
    )
    assert naive.settings["standard_error"] < 0.6 * copied.settings["standard_error"]


def test_pvalue_and_interval_of_identical_models() -> None:
    # the bootstrap that a peer falls back to says p = 0 here
    y, a, _ = cases(0)
    result = delong(y, a, a)
    assert (result.estimate, result.pvalue, result.interval) == (0.0, 1.0, None)
    assert "constant_difference" in result.notes
    assert delong(y, a, 3 * a + 1).pvalue == 1.0  # the same order


@pytest.mark.parametrize(("m", "n"), [(5, 5), (20, 60), (1, 7)])
def test_an_auc_of_one_has_an_interval_with_a_width_inside_the_range(m: int, n: int) -> None:
    y = np.repeat([1, 0], [m, n])
    result = delong(y, y + np.arange(m + n) / 1000)
    assert result.estimate == 1.0
    assert result.ci_high == 1.0
    assert 0.3 < result.ci_low < 1
    assert result.settings["interval"] == "newcombe"
    assert "boundary" in result.notes
    exact = scipy.stats.mannwhitneyu(np.arange(m) + n, np.arange(n), method="exact").pvalue
    assert result.pvalue == pytest.approx(exact, rel=1e-9)
    mirrored = delong(1 - y, y + np.arange(m + n) / 1000)
    assert mirrored.interval == pytest.approx((0.0, 1 - result.ci_low), abs=1e-12)


@pytest.mark.parametrize("interval", ["logit", "normal", "newcombe"])
def test_intervals_stay_in_the_range_and_hold_the_estimate(interval: str) -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        n = int(rng.integers(2, 14))
        y = rng.permutation(np.arange(n) < rng.integers(1, n))
        result = delong(y, rng.integers(0, 4, n) + 3 * y, interval=interval, confidence_level=0.99)
        assert 0 <= result.ci_low <= result.estimate <= result.ci_high <= 1
        assert result.ci_low < result.ci_high


def test_the_logit_interval_by_hand() -> None:
    y, a, _ = cases(3)
    result = delong(y, a, confidence_level=0.9)
    logit = math.log(result.estimate / (1 - result.estimate))
    half = 1.6448536269514722 * result.settings["standard_error"] / (result.estimate * (1 - result.estimate))
    ends = [1 / (1 + math.exp(-(logit + side * half))) for side in (-1, 1)]
    assert result.interval == pytest.approx(ends, rel=1e-12)


def test_a_difference_of_opposite_models_and_of_one_case_a_class() -> None:
    y = np.repeat([0, 1], 6)
    apart = delong(y, y, 1 - y)
    assert (apart.estimate, apart.pvalue, apart.interval) == (1.0, None, None)
    assert {"boundary", "constant_difference"} <= set(apart.notes)
    one = delong([0, 0, 0, 1], [1, 2, 4, 3], [4, 1, 2, 3])
    assert (one.estimate, one.interval, one.pvalue) == (0.0, None, None)
    assert "small_sample" in one.notes


def test_equal_scores_say_nothing() -> None:
    result = delong([0, 1, 0, 1], [5, 5, 5, 5])
    assert (result.estimate, result.pvalue) == (0.5, 1.0)
    assert result.ci_low < 0.5 < result.ci_high


def test_a_swap_mirrors_and_the_order_of_cases_does_not_matter() -> None:
    y, a, b = cases(5, decimals=1)
    there, back = delong(y, a, b), delong(y, b, a)
    assert (there.estimate, there.statistic) == pytest.approx((-back.estimate, -back.statistic))
    assert there.interval == pytest.approx((-back.ci_high, -back.ci_low))
    order = np.random.default_rng(0).permutation(len(y))
    shuffled = delong(y[order], a[order], b[order])
    assert (shuffled.estimate, shuffled.pvalue) == pytest.approx((there.estimate, there.pvalue), rel=1e-12)


def test_what_cannot_be_compared_is_refused() -> None:
    y, a, b = cases(0)
    refused = delong(y, a, b, pairing="none")
    assert (refused.notes, refused.estimate, refused.pvalue) == (("not_paired",), None, None)
    with pytest.raises(StatisticsError, match="all 3 cases are positive"):
        delong([1, 1, 1], [1, 2, 3])
    with pytest.raises(StatisticsError, match="unknown interval 'logitt'; did you mean logit"):
        delong(y, a, interval="logitt")
    with pytest.raises(StatisticsError, match="groups lacks 1"):
        delong(y, a, groups=[None, *range(len(y) - 1)])


def test_missing_scores_are_left_out_and_counted() -> None:
    y, a, b = cases(2)
    a[[3, 8]], b[8] = np.nan, np.nan
    result = delong(y, a, b)
    kept = np.delete(np.arange(len(y)), [3, 8])
    assert result.estimate == pytest.approx(delong(y[kept], a[kept], b[kept]).estimate)
    assert result.settings["n_dropped"] == 2
    assert "pairs_dropped" in result.notes


def test_few_cases_of_a_class_are_noted() -> None:
    y = np.repeat([0, 1], [40, 9])
    score = np.random.default_rng(0).normal(size=49)
    assert "small_sample" in delong(y, score).notes
    assert "small_sample" not in delong(np.repeat([0, 1], [30, 19]), score).notes


def test_placements_have_the_auc_as_their_mean_twice() -> None:
    y, a, _ = cases(0, decimals=0)
    found = placements(y == 1, a)
    assert found.positive.mean() == pytest.approx(found.negative.mean(), abs=1e-12)
    assert found.positive == pytest.approx(all_pairs(y, a).mean(1))
    assert found.negative == pytest.approx(all_pairs(y, a).mean(0))


@pytest.mark.slow
@pytest.mark.parametrize("prevalence", [0.5, 0.2])
def test_coverage_and_error_rate_on_fresh_patients(prevalence: float) -> None:
    rng, n, times = np.random.default_rng(1), 150, 2000
    true = scipy.stats.norm.cdf(1.2 / math.sqrt(2))
    covered = rejected = 0
    for _ in range(times):
        y = rng.permutation(np.arange(n) < n * prevalence)
        shared = rng.normal(size=n)
        a, b = (1.2 * y + math.sqrt(0.5) * (shared + rng.normal(size=n)) for _ in range(2))
        result = delong(y, a)
        covered += result.ci_low <= true <= result.ci_high
        rejected += delong(y, a, b).pvalue <= 0.05
    assert covered / times == pytest.approx(0.95, abs=0.02)
    assert rejected / times == pytest.approx(0.05, abs=0.02)

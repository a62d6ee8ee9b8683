"""Means and differences of means against scipy, R 4.2.2 (command beside each number) and statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from varbench.stats import difference, mean_interval

# R's data set sleep (Student 1908): extra hours under two drugs, the same ten patients
FIRST = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
SECOND = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])


def test_paired_against_r() -> None:
    # t.test(first, second, paired=TRUE)
    result = difference(FIRST, SECOND, pairing="exact")
    assert result.statistic == pytest.approx(-4.06212768338203656, rel=1e-12)
    assert result.pvalue == pytest.approx(0.00283289019738427, rel=1e-12)
    assert result.interval == pytest.approx((-2.45988576327698238, -0.70011423672301754), rel=1e-12)
    assert (result.estimate, result.n) == (pytest.approx(-1.58), 10)
    # t.test(first, second, paired=TRUE, conf.level=.9)
    narrow = difference(FIRST, SECOND, pairing="exact", confidence_level=0.9)
    assert narrow.interval == pytest.approx((-2.29300526702928353, -0.86699473297071650), rel=1e-12)


def test_welch_against_r() -> None:
    # t.test(extra ~ group, data=sleep)
    result = difference(FIRST, SECOND, pairing="none", unit="run")
    assert result.statistic == pytest.approx(-1.8608134674868531, rel=1e-12)
    assert result.pvalue == pytest.approx(0.0793941401873582, rel=1e-12)
    assert result.interval == pytest.approx((-3.3654832307117104, 0.2054832307117102), rel=1e-12)
    assert result.settings["df"] == pytest.approx(17.7764735161784984, rel=1e-12)
    assert (result.n, result.unit) == (20, "run")


def test_one_sample_against_r() -> None:
    # t.test(first)
    result = mean_interval(FIRST)
    assert result.pvalue == pytest.approx(0.217597780068449, rel=1e-12)
    assert result.interval == pytest.approx((-0.529780413526232, 2.029780413526232), rel=1e-12)
    assert (result.statistic, result.estimate) == pytest.approx((1.325710140713821, 0.75), rel=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_against_scipy_and_statsmodels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(0.7, 0.05, rng.integers(2, 60)), rng.normal(0.68, 0.2, rng.integers(2, 60))
    ours, theirs = difference(a, b), scipy.stats.ttest_ind(a, b, equal_var=False)
    assert (ours.statistic, ours.pvalue) == pytest.approx((theirs.statistic, theirs.pvalue), rel=1e-10)
    other = CompareMeans(DescrStatsW(a), DescrStatsW(b)).tconfint_diff(usevar="unequal")
    assert ours.interval == pytest.approx(other, rel=1e-9)
    n = min(len(a), len(b))
    ours, theirs = difference(a[:n], b[:n], pairing="exact"), scipy.stats.ttest_rel(a[:n], b[:n])
    assert (ours.statistic, ours.pvalue) == pytest.approx((theirs.statistic, theirs.pvalue), rel=1e-10)
    assert ours.interval == pytest.approx(DescrStatsW(a[:n] - b[:n]).tconfint_mean(), rel=1e-9)


@pytest.mark.parametrize(
    ("values", "note"),
    [
        (np.full(8, 0.5), "constant_difference"),
        (np.array([0.5]), "too_few_to_reject"),
        (np.array([0.5, np.nan]), "pairs_dropped"),
        (np.full(4, np.nan), "pairs_dropped"),
    ],
)
def test_a_mean_without_an_interval_is_noted(values: np.ndarray, note: str) -> None:
    result = mean_interval(values)
    assert note in result.notes
    assert (result.interval, result.statistic, result.pvalue) == (None, None, None)
    assert (result.estimate is None) == np.isnan(values).all()


def test_the_means_beside_it() -> None:
    settings = difference(FIRST, SECOND, pairing="exact").settings
    assert (settings["mean_first"], settings["mean_second"]) == pytest.approx((0.75, 2.33))
    assert settings["sd_first"] == pytest.approx(np.std(FIRST, ddof=1))


def test_without_spread_there_is_an_estimate_and_no_interval() -> None:
    for pairing in ("exact", "none"):
        result = difference([0.9, 0.9, 0.9], [0.4, 0.4, 0.4], pairing=pairing)
        assert result.estimate == pytest.approx(0.5)
        assert (result.interval, result.pvalue, result.statistic) == (None, None, None)
        assert "constant_difference" in result.notes
    # a spread in one sample is enough for Welch
    assert difference([0.9, 0.9, 0.9], [0.4, 0.5, 0.4]).interval is not None


def _misses(draws: int, n: int) -> dict[str, float]:
    """How often intervals miss, on scores as skewed and as coarse as an AUC of few positives."""
    rng, misses = np.random.default_rng(1), dict.fromkeys(["paired", "welch", "mean"], 0)
    expected = 0.8 - 0.7
    for _ in range(draws):
        a, b = (rng.binomial(30, p, (3, n)).mean(axis=0) / 30 for p in (0.8, 0.7))
        for name, result, truth in (
            ("paired", difference(a, b, pairing="exact"), expected),
            ("welch", difference(a, b), expected),
            ("mean", mean_interval(a), 0.8),
        ):
            misses[name] += not result.ci_low <= truth <= result.ci_high
    return {name: count / draws for name, count in misses.items()}


def test_the_intervals_miss_about_one_time_in_twenty() -> None:
    # three standard errors at 600 draws: .027
    assert all(0.023 <= share <= 0.077 for share in _misses(600, 10).values())


@pytest.mark.slow
@pytest.mark.parametrize("n", [5, 20, 100])
def test_the_intervals_miss_about_one_time_in_twenty_at_length(n: int) -> None:
    assert all(0.040 <= share <= 0.061 for share in _misses(4000, n).values())

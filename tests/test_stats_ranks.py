"""The two Wilcoxon tests against scipy, R, enumeration and printed tables.

R is version 4.2.2; its command stands beside each number.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.stats

from varbench.stats import rank_sum, signed_rank
from varbench.stats.nulls import rank_sum_null, rejecting, signed_rank_null

# Hollander & Wolfe 1973, on R's help page of wilcox.test: depression scores before and after
X = np.array([1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30])
Y = np.array([0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29])
# and permeability at term and at 12 to 26 weeks
TERM = np.array([0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46])
EARLY = np.array([1.15, 0.88, 0.90, 0.74, 1.21])
P = np.array([2.11, 3.47, 5.02, 1.38, 4.26, 6.71, 3.93, 2.75, 5.58, 4.61, 7.04, 3.19])
Q = np.array([1.92, 2.33, 0.87, 3.05, 2.64, 1.15, 4.02, 3.71, 2.07, 0.44, 2.98, 1.63, 3.36, 2.49])
# airquality$Ozone of May and of August, with ties
MAY = np.array(
    [41, 36, 12, 18, 28, 23, 19, 8, 7, 16, 11, 14, 18, 14, 34, 6, 30, 11, 1, 11, 4, 32, 23, 45, 115, 37]
)
AUGUST = np.array(
    [39, 9, 16, 78, 35, 66, 122, 89, 110, 44, 28, 65, 22, 59, 23, 31, 44, 21, 9, 45, 168, 73, 76, 118, 84, 85]
)
# x <- (1:60)*0.37; y <- ((1:60)*0.73+.05) %% 1.1
LONG_X = np.arange(1, 61) * 0.37
LONG_Y = (np.arange(1, 61) * 0.73 + 0.05) % 1.1


def test_the_statistic_of_the_paper() -> None:
    # Maleki et al. 2022, Table 2: 100 against 100 repeats, fully apart, print 12.22
    result = rank_sum(np.arange(100) + 100, np.arange(100))
    assert round(result.statistic, 2) == 12.22
    assert rank_sum(np.arange(100), np.arange(100) + 100).statistic == -result.statistic
    # wilcox.test(101:200, 1:100, exact=FALSE, correct=FALSE)
    assert result.pvalue == pytest.approx(2.52393942399034e-34, rel=1e-12)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("decimals", [1, 12])
def test_rank_sum_against_scipy(seed: int, decimals: int) -> None:
    rng = np.random.default_rng(seed)
    a = rng.normal(0.5, 1, rng.integers(4, 80)).round(decimals)
    b = rng.normal(0, 1.5, rng.integers(4, 80)).round(decimals)
    ours, theirs = rank_sum(a, b, method="asymptotic"), scipy.stats.ranksums(a, b)
    assert ours.statistic == pytest.approx(theirs.statistic, rel=1e-12)
    assert ours.pvalue == pytest.approx(theirs.pvalue, rel=1e-12)
    corrected = rank_sum(a, b, method="asymptotic", tie_correction=True)
    other = scipy.stats.mannwhitneyu(a, b, method="asymptotic", use_continuity=False)
    assert corrected.pvalue == pytest.approx(other.pvalue, rel=1e-11)
    if decimals == 12 and len(a) + len(b) <= 50:
        exact = scipy.stats.mannwhitneyu(a, b, method="exact")
        assert rank_sum(a, b).pvalue == pytest.approx(exact.pvalue, rel=1e-11)


def test_rank_sum_against_r() -> None:
    # wilcox.test(term, early, conf.int=TRUE)
    result = rank_sum(TERM, EARLY)
    assert result.pvalue == pytest.approx(0.254412254412254, rel=1e-12)
    assert (result.estimate, result.ci_low, result.ci_high) == pytest.approx((0.305, -0.15, 0.76))
    assert result.settings["pvalue_method"].startswith("exact")
    # wilcox.test(p, q, conf.int=TRUE), and with conf.level=.9
    result = rank_sum(P, Q)
    assert result.pvalue == pytest.approx(4.48015573066051e-03, rel=1e-12)
    assert (result.estimate, result.ci_low, result.ci_high) == pytest.approx((1.72, 0.55, 3.06))
    assert rank_sum(P, Q, confidence_level=0.9).interval == pytest.approx((0.83, 2.94))
    # wilcox.test(p, q, exact=FALSE, correct=FALSE)
    assert rank_sum(P, Q, method="asymptotic").pvalue == pytest.approx(5.47855324254737e-03, rel=1e-12)
    # wilcox.test(may, august, exact=FALSE, correct=FALSE): ties, which R corrects for
    result = rank_sum(MAY, AUGUST, method="asymptotic", tie_correction=True)
    assert result.pvalue == pytest.approx(1.16377260043533e-04, rel=1e-12)


def test_long_samples_use_the_normal_interval() -> None:
    # wilcox.test(x, y, exact=FALSE, correct=FALSE, conf.int=TRUE); R solves for z, we take an order statistic
    result = rank_sum(LONG_X, LONG_Y, tie_correction=True)
    assert result.pvalue == pytest.approx(7.01751605859981e-20, rel=1e-10)
    assert (result.estimate, result.ci_low, result.ci_high) == pytest.approx((10.7265, 8.29, 12.99), abs=0.01)
    # wilcox.test(x, y, paired=TRUE, exact=FALSE, correct=FALSE, conf.int=TRUE)
    result = signed_rank(LONG_X, LONG_Y)
    assert (result.statistic, result.pvalue) == pytest.approx((1828.0, 1.80303863096368e-11), rel=1e-10)
    assert (result.estimate, result.ci_low, result.ci_high) == pytest.approx((10.6099, 8.92, 12.47), abs=0.01)


@pytest.mark.parametrize("seed", range(10))
def test_rank_sum_counts_as_enumeration_does(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 6, 4).astype(float), rng.integers(1, 8, 6).astype(float)
    together = scipy.stats.rankdata(np.concatenate([a, b]))
    sums = np.array([together[list(chosen)].sum() for chosen in itertools.combinations(range(10), 4)])
    seen = together[:4].sum()
    expected = min(1.0, 2 * min((sums <= seen).mean(), (sums >= seen).mean()))
    assert rank_sum(a, b).pvalue == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("zero_method", ["wilcox", "pratt"])
def test_signed_rank_counts_as_enumeration_does(seed: int, zero_method: str) -> None:
    d = np.random.default_rng(seed).integers(-3, 6, 9).astype(float)
    kept = d[d != 0] if zero_method == "wilcox" else d
    ranks = scipy.stats.rankdata(np.abs(kept)) * (kept != 0)
    sums = np.array([ranks @ signs for signs in itertools.product([0, 1], repeat=len(kept))])
    seen = ranks[kept > 0].sum()
    expected = min(1.0, 2 * min((sums <= seen).mean(), (sums >= seen).mean()))
    result = signed_rank(d, np.zeros(9), zero_method=zero_method)
    assert result.pvalue == pytest.approx(expected, rel=1e-12)
    assert result.settings["n_zero"] == (d == 0).sum()


@pytest.mark.parametrize("seed", range(20))
def test_signed_rank_against_scipy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(6, 90))
    a, b = rng.normal(0.2, 1, n), rng.normal(0, 1, n)
    theirs = scipy.stats.wilcoxon(a, b, method="exact" if n <= 50 else "asymptotic")
    assert signed_rank(a, b).pvalue == pytest.approx(theirs.pvalue, rel=1e-11)
    a, b = a.round(1), b.round(1)
    for zero_method in ("wilcox", "pratt"):
        ours = signed_rank(a, b, method="asymptotic", zero_method=zero_method)
        # scipy sees the differences as they come; ours are freed of the last bit first
        theirs = scipy.stats.wilcoxon((a - b).round(6), method="asymptotic", zero_method=zero_method)
        assert ours.pvalue == pytest.approx(theirs.pvalue, rel=1e-11)


def test_signed_rank_against_r() -> None:
    # wilcox.test(x, y, paired=TRUE, conf.int=TRUE)
    result = signed_rank(X, Y)
    assert (result.statistic, result.pvalue) == (40.0, pytest.approx(0.0390625, rel=1e-12))
    assert (result.estimate, result.ci_low, result.ci_high) == pytest.approx((0.46, 0.010, 0.786))
    # wilcox.test(p, q[1:12], paired=TRUE, conf.int=TRUE)
    result = signed_rank(P, Q[:12])
    assert (result.statistic, result.pvalue) == (67.0, pytest.approx(0.02685546875, rel=1e-12))
    assert (result.estimate, result.ci_low, result.ci_high) == pytest.approx((1.965, 0.19, 3.785))
    # wilcox.test(d, exact=FALSE, correct=FALSE)
    d = np.array([-3, 1, 1, 2, 2, 2, 4, 5, 6, 0, 0, 7.0])
    result = signed_rank(d, np.zeros(12), method="asymptotic")
    assert (result.statistic, result.pvalue) == (49.0, pytest.approx(0.0279040307951703, rel=1e-12))


@pytest.mark.parametrize(("n", "critical"), [(6, 0), (8, 3), (10, 8), (15, 25), (20, 52), (25, 89)])
def test_printed_critical_values_of_the_signed_rank_test(n: int, critical: int) -> None:
    # Wilcoxon & Wilcox 1964, as in every textbook: the largest T that is significant, two-sided .05
    assert rejecting(signed_rank_null(np.arange(1, n + 1)), 0.05) == critical + 1


@pytest.mark.parametrize(
    ("m", "n", "critical"), [(4, 4, 0), (5, 5, 2), (8, 8, 13), (10, 10, 23), (5, 10, 8), (12, 15, 49)]
)
def test_printed_critical_values_of_the_rank_sum_test(m: int, n: int, critical: int) -> None:
    # Milton 1964, as in every textbook: the largest U that is significant, two-sided .05
    null = rank_sum_null(2 * np.arange(1, m + n + 1), m)[m * (m + 1) :: 2]
    assert rejecting(null, 0.05) == critical + 1


def test_below_six_pairs_nothing_can_be_rejected() -> None:
    # five pairs: 2 / 2**5 = .0625
    result = signed_rank(np.arange(5) + 10.0, np.arange(5) * 0.5)
    assert result.pvalue == 0.0625
    assert "too_few_to_reject" in result.notes
    assert result.interval is None


def test_zeros_only() -> None:
    result = signed_rank([0.5, 0.6, 0.7], [0.5, 0.6, 0.7])
    assert (result.pvalue, result.estimate, result.statistic) == (1.0, 0.0, 0.0)
    assert {"ties", "constant_difference", "too_few_to_reject"} <= set(result.notes)


def test_many_scores_have_no_interval_and_say_so() -> None:
    a, b = np.arange(3000.0), np.arange(3000.0) ** 1.01
    for result in (rank_sum(a, b), signed_rank(a, b)):
        assert "interval_not_computed" in result.notes
        assert result.pvalue is not None
        assert result.interval is None


def _coverage(seeds: int, n: int) -> tuple[float, float]:
    rng, hits = np.random.default_rng(0), np.zeros(2)
    for _ in range(seeds):
        a, b = rng.gumbel(size=n), rng.gumbel(size=n)
        low, high = rank_sum(a + 0.4, b).interval
        hits[0] += low <= 0.4 <= high
        low, high = signed_rank(a + 0.4, b).interval
        hits[1] += low <= 0.4 <= high
    return tuple(hits / seeds)


def test_the_intervals_cover_as_they_should() -> None:
    # binomial band of .95 at 400 draws, three standard errors: .917 to .983
    assert all(0.917 <= share <= 0.985 for share in _coverage(400, 12))


@pytest.mark.slow
@pytest.mark.parametrize("n", [8, 20, 60])
def test_the_intervals_cover_as_they_should_at_length(n: int) -> None:
    # three standard errors at 4,000 draws: .010; exact intervals of few scores may cover more
    assert all(0.94 <= share <= 0.975 for share in _coverage(4000, n))

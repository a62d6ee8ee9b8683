"""Effect sizes against R's effectsize, JASP and SPSS, pingouin, and integrals of the noncentral t."""

from __future__ import annotations

import itertools
import math
import warnings

import numpy as np
import pytest
import scipy.integrate
import scipy.stats

from varbench.stats import hedges_g, paired_d, rank_biserial
from varbench.stats.sizes import noncentrality, small_sample_correction

# R's data set mtcars: wt of the cars with am == 0, and with am == 1
AUTOMATIC = [3.215, 3.440, 3.460, 3.570, 3.190, 3.150, 3.440, 3.440, 4.070, 3.730, 3.780, 5.250, 5.424, 5.345, 2.465,
             3.520, 3.435, 3.840, 3.845]  # fmt: skip
MANUAL = [2.620, 2.875, 2.320, 2.200, 1.615, 1.835, 1.935, 2.140, 1.513, 3.170, 2.770, 3.570, 2.780]
# cholesterol of eight patients before and after (effsize's issue 58, with what JASP and SPSS print)
BEFORE = [201, 231, 221, 228, 284, 267, 232, 215]
AFTER = [200, 236, 216, 219, 260, 255, 221, 203]
# Hollander & Wolfe's depression scores of nine patients, in the tests of effectsize
FIRST_VISIT = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
SECOND_VISIT = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]


@pytest.fixture(scope="module")
def pingouin() -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("pingouin")


def noncentral_cdf(t: float, df: float, nc: float) -> float:
    """P(T <= t) for t > 0, integrated over the standard deviation."""
    spread = scipy.stats.chi(df, scale=1 / math.sqrt(df))
    low, high = spread.ppf([1e-15, 1 - 1e-15])
    near = [min(max((nc + step) / t, low), high) for step in (-8, 0, 8)]  # the step of the normal part
    parts = [
        scipy.integrate.quad(
            lambda s: spread.pdf(s) * scipy.stats.norm.cdf(t * s - nc), *ends, epsabs=1e-12, limit=500
        )
        for ends in itertools.pairwise([low, *near, high])
    ]
    return sum(part[0] for part in parts)


@pytest.mark.parametrize("df", [1, 2, 5, 30, 500])
@pytest.mark.parametrize("t", [0.3, 2.0, 12.0, 29.0, 31.0, 400.0])
def test_the_bounds_of_the_noncentrality_have_their_tails(t: float, df: float) -> None:
    low, high = noncentrality(t, df, 0.05)
    assert low < t
    assert noncentral_cdf(t, df, low) == pytest.approx(0.975, abs=1e-8)
    assert noncentral_cdf(t, df, high) == pytest.approx(0.025, abs=1e-8)
    assert noncentrality(-t, df, 0.05) == (-high, -low)


@pytest.mark.parametrize("df", [4, 6])
def test_the_bounds_are_there_where_the_series_gives_no_number(df: int) -> None:
    bounds = [noncentrality(t, df, 0.05) for t in np.arange(4.0, 12.0, 0.05)]
    assert (np.diff(bounds, axis=0) > 0).all()
    t = 4.3 if df == 4 else 11.9
    low, high = noncentrality(t, df, 0.05)
    assert noncentral_cdf(t, df, low) == pytest.approx(0.975, abs=1e-8)
    assert noncentral_cdf(t, df, high) == pytest.approx(0.025, abs=1e-8)


def test_the_correction_is_that_of_hedges() -> None:
    # gamma(m / 2) / (sqrt(m / 2) gamma((m - 1) / 2)); for m = 2: 1 / sqrt(pi)
    assert small_sample_correction(2) == pytest.approx(1 / math.sqrt(math.pi), rel=1e-12)
    for m in (3, 10, 50):
        expected = math.gamma(m / 2) / (math.sqrt(m / 2) * math.gamma((m - 1) / 2))
        assert small_sample_correction(m) == pytest.approx(expected, rel=1e-12)
    assert small_sample_correction(10_000) == pytest.approx(1 - 3 / (4 * 10_000 - 1), rel=1e-8)


class TestHedgesG:
    def test_against_r(self) -> None:
        # hedges_g(wt ~ am, data = mtcars) and cohens_d(wt ~ am, data = mtcars) of effectsize
        result = hedges_g(AUTOMATIC, MANUAL)
        assert (result.estimate, *result.interval) == pytest.approx((1.844, 1.004, 2.664), abs=1e-3)
        factor = result.settings["correction"]
        uncorrected = (result.settings["cohens_d"], result.ci_low / factor, result.ci_high / factor)
        assert uncorrected == pytest.approx((1.892, 1.030, 2.732), abs=1e-3)

    @pytest.mark.parametrize("seed", range(10))
    def test_against_pingouin(self, pingouin: object, seed: int) -> None:
        rng = np.random.default_rng(seed)
        a, b = rng.normal(0.5, 1, rng.integers(3, 40)), rng.normal(0, 2, rng.integers(3, 40))
        result = hedges_g(a, b)
        assert result.settings["cohens_d"] == pytest.approx(
            pingouin.compute_effsize(a, b, eftype="cohen"), rel=1e-10
        )
        # pingouin approximates the correction
        assert result.estimate == pytest.approx(pingouin.compute_effsize(a, b, eftype="hedges"), rel=0.02)

    def test_the_interval_keeps_its_precision(self) -> None:
        # two values that print as 0.00 are still two values
        rng = np.random.default_rng(0)
        a = rng.normal(0, 1, 200_000)
        result = hedges_g(a + 0.008, a[::-1])
        assert 0 < result.ci_low < 0.002 < result.ci_high

    def test_it_covers(self) -> None:
        rng, covered = np.random.default_rng(1), 0
        for _ in range(400):
            result = hedges_g(rng.normal(1, 1, 8), rng.normal(0, 1, 12))
            covered += result.ci_low <= result.settings["correction"] * 1.0 <= result.ci_high
        assert scipy.stats.binomtest(covered, 400, 0.95).pvalue > 0.003


class TestPairedD:
    def test_against_jasp_and_spss(self) -> None:
        # JASP 0.16.4 and SPSS 28.0.1.1 print 0.999 with [0.115, 1.839]
        result = paired_d(BEFORE, AFTER)
        assert result.estimate == pytest.approx(0.9989066, abs=5e-8)
        assert result.interval == pytest.approx((0.115, 1.839), abs=6e-4)

    def test_it_is_of_the_differences_and_not_pooled(self, pingouin: object) -> None:
        a, b = np.array(BEFORE, float), np.array(AFTER, float)
        result = paired_d(a, b)
        assert result.estimate == pytest.approx((a - b).mean() / (a - b).std(ddof=1), rel=1e-12)
        assert result.estimate == pytest.approx(
            scipy.stats.ttest_rel(a, b).statistic / math.sqrt(8), rel=1e-12
        )
        pooled = pingouin.compute_effsize(a, b, paired=True, eftype="cohen")
        assert abs(result.estimate) > 2 * abs(pooled)

    def test_the_interval_is_off_0_where_the_t_test_rejects(self) -> None:
        rng = np.random.default_rng(2)
        for _ in range(50):
            a, b = rng.normal(0.4, 1, 12), rng.normal(0, 1, 12)
            low, high = paired_d(a, b).interval
            assert (low > 0 or high < 0) == (scipy.stats.ttest_rel(a, b).pvalue < 0.05)


class TestRankBiserial:
    def test_against_r(self) -> None:
        # rank_biserial(x, y, paired = TRUE) of effectsize gives 0.777; its interval by Fisher's z, [0.295, 0.944], is
        # not ours: it covers far too rarely for such effects (see test_coverage)
        result = rank_biserial(FIRST_VISIT, SECOND_VISIT)
        assert result.estimate == pytest.approx(35 / 45, rel=1e-12)
        assert result.estimate == pytest.approx(0.777, abs=1e-3)
        assert result.ci_low < 0.2953631
        assert result.ci_high > 0.9441559

    def test_its_interval_is_wilsons(self) -> None:
        # untied ranks 1 to n: (sum R)^2 / sum R^2 = 3 n (n + 1) / (2 (2 n + 1)) cases; here 7.105 of 9
        from statsmodels.stats.proportion import proportion_confint

        low, high = proportion_confint(40 / 45 * (135 / 19), 135 / 19, method="wilson")
        result = rank_biserial(FIRST_VISIT, SECOND_VISIT)
        assert result.interval == pytest.approx((2 * low - 1, 2 * high - 1), rel=1e-9)

    @pytest.mark.parametrize("seed", range(10))
    def test_against_pingouin(self, pingouin: object, seed: int) -> None:
        rng = np.random.default_rng(seed)
        d = np.rint(10 * rng.normal(0.3, 1, 14))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = pingouin.wilcoxon(d, np.zeros(14), correction=False)
        ours = rank_biserial(d, np.zeros(14))
        if (d != 0).all():  # pingouin counts zeros as half a win and half a loss
            assert ours.estimate == pytest.approx(float(theirs["RBC"].iloc[0]), abs=1e-9)
        ranks = scipy.stats.rankdata(np.abs(d[d != 0]))
        expected = (ranks[d[d != 0] > 0].sum() - ranks[d[d != 0] < 0].sum()) / ranks.sum()
        assert ours.estimate == pytest.approx(expected, rel=1e-12, abs=1e-12)

    def test_the_interval_has_a_width_at_the_ends(self) -> None:
        low, high = rank_biserial(np.arange(20) + 1.0, np.zeros(20)).interval
        assert high == 1.0
        assert 0.5 < low < 0.9

    @pytest.mark.slow
    @pytest.mark.parametrize("n", [10, 30, 100])
    @pytest.mark.parametrize("shift", [0.0, 1.0])
    def test_coverage(self, n: int, shift: float) -> None:
        rng, covered, fishers = np.random.default_rng(3), [], []
        error = math.sqrt((2 * n**3 + 3 * n**2 + n) / 6) / ((n**2 + n) / 2)
        for draw in (rng.standard_normal, lambda size: rng.standard_t(3, size)):
            results = [rank_biserial(draw(n) + shift, np.zeros(n)) for _ in range(500)]
            truth = np.mean([result.estimate for result in results])
            covered += [result.ci_low <= truth <= result.ci_high for result in results]
            # by Fisher's z, as R's effectsize has it
            z = np.arctanh(np.clip([result.estimate for result in results], -1 + 1e-15, 1 - 1e-15))
            fishers += (np.abs(z - math.atanh(truth)) <= 1.96 * error).tolist()
        assert np.mean(covered) > 0.93
        assert np.mean(covered) > np.mean(fishers) + (0.1 if shift else -0.01)

"""Tests of fold differences against correctR's published output, mlxtend, baycomp, scipy, statsmodels and hand sums."""

from __future__ import annotations

import math
import warnings
from fractions import Fraction

import numpy as np
import pytest
import scipy.stats
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW, ttost_paired

from varbench.errors import StatisticsError
from varbench.stats import corrected_resampled_t, cv_5x2_f, cv_5x2_t, equivalence, paired_t

A52 = [[0.81, 0.79], [0.80, 0.84], [0.78, 0.80], [0.82, 0.81], [0.79, 0.83]]
B52 = [[0.78, 0.78], [0.79, 0.79], [0.78, 0.77], [0.78, 0.80], [0.77, 0.78]]


def r_normal(seed: int, n: int) -> np.ndarray:
    """R's ``set.seed(seed); rnorm(n)``: Mersenne Twister, seeded by R's own congruences, and inversion."""
    state, key = seed, []
    for step in range(50 + 625):
        state = (69069 * state + 1) & 0xFFFFFFFF
        if step >= 50:
            key.append(state)
    source = np.random.RandomState()
    source.set_state(("MT19937", np.array(key[1:], np.uint32), 624))
    u = source.randint(0, 2**32, size=2 * n, dtype=np.uint64) * 2.3283064365386963e-10
    big = 134217728
    return scipy.stats.norm.ppf(((big * u[::2]).astype(int) + u[1::2]) / big)


class TestPairedT:
    @pytest.mark.parametrize("seed", range(10))
    def test_against_scipy_and_statsmodels(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        a, b = rng.normal(0.7, 0.05, (2, rng.integers(2, 60)))
        ours, theirs = paired_t(a, b), scipy.stats.ttest_rel(a, b)
        assert (ours.statistic, ours.pvalue) == pytest.approx((theirs.statistic, theirs.pvalue), rel=1e-10)
        assert ours.interval == pytest.approx(DescrStatsW(a - b).tconfint_mean(), rel=1e-9)

    @pytest.mark.parametrize("labels", [{"repeats_share_data": True}, {"unit": "fold"}])
    def test_it_is_called_naive_where_the_scores_share_data(self, labels: dict[str, object]) -> None:
        assert "naive" in paired_t(*np.array(A52[:2]), **labels).notes
        assert "naive" not in paired_t(*np.array(A52[:2]), unit="data set").notes


class TestCorrectedResampledT:
    def test_against_correctr(self) -> None:
        # set.seed(123); x <- rnorm(30, .6, .1); y <- rnorm(30, .4, .1)
        # resampled_ttest(x = x, y = y, n = 30, n1 = 80, n2 = 20) of correctR 0.1.3 printed statistic 2.407318 and
        # p.value 0.01132991, which was the one-sided one then
        z = r_normal(123, 60)
        assert z[:3] == pytest.approx([-0.56047565, -0.23017749, 1.55870831], abs=5e-9)
        result = corrected_resampled_t(0.6 + 0.1 * z[:30], 0.4 + 0.1 * z[30:], n_train=80, n_test=20)
        assert result.statistic == pytest.approx(2.407318, abs=5e-7)
        assert result.pvalue == pytest.approx(2 * 0.01132991, abs=2e-8)

    def test_by_hand(self) -> None:
        d = [Fraction(k, 100) for k in (3, 1, 1, 5, 0, 3, 4, 1, 2, 5)]
        mean = sum(d) / 10
        variance = sum((x - mean) ** 2 for x in d) / 9
        squared = mean**2 / ((Fraction(1, 10) + Fraction(1, 4)) * variance)
        result = corrected_resampled_t([float(x) for x in d], np.zeros(10), n_train=80, n_test=20)
        assert result.statistic == pytest.approx(math.sqrt(squared), rel=1e-12)
        assert result.pvalue == pytest.approx(2 * scipy.stats.t.sf(math.sqrt(squared), 9), rel=1e-12)
        half = scipy.stats.t.ppf(0.975, 9) * math.sqrt((Fraction(1, 10) + Fraction(1, 4)) * variance)
        assert result.interval == pytest.approx((float(mean) - half, float(mean) + half), rel=1e-12)
        floor = scipy.stats.t.ppf(0.975, 9) * math.sqrt(variance / 4)
        assert result.settings["floor"] == pytest.approx(floor, rel=1e-12)

    @pytest.mark.parametrize("folds", [3, 5, 10])
    @pytest.mark.parametrize("repeats", [1, 4])
    def test_against_baycomp_and_bouckaert_and_frank(self, folds: int, repeats: int) -> None:
        baycomp = pytest.importorskip("baycomp")
        a, b = np.random.default_rng(folds).normal(0.7, 0.05, (2, repeats, folds))
        result = corrected_resampled_t(a, b, n_train=folds - 1, n_test=1)
        left, right = baycomp.CorrelatedTTest(b.ravel(), a.ravel(), runs=repeats).probs()
        assert result.pvalue == pytest.approx(2 * min(left, right), rel=1e-9)
        # the factor on SD^2 / (T K) for T repeats of K folds
        factor = 1 + repeats * folds / (folds - 1)
        naive = paired_t(a.ravel(), b.ravel())
        assert naive.statistic / result.statistic == pytest.approx(math.sqrt(factor), rel=1e-12)

    def test_the_correction_has_its_square_root_and_both_sides(self) -> None:
        # without the root t would be larger by 1 / sqrt((1/J + ratio) SD^2), and one side halves p
        rng = np.random.default_rng(3)
        a, b = rng.normal(0.8, 0.02, 10), rng.normal(0.76, 0.02, 10)
        result = corrected_resampled_t(a, b, n_train=90, n_test=10)
        d = a - b
        wrong = d.mean() / ((1 / 10 + 1 / 9) * d.var(ddof=1))
        assert result.pvalue > 50 * scipy.stats.t.sf(wrong, 9)
        assert result.pvalue == pytest.approx(2 * scipy.stats.t.sf(result.statistic, 9), rel=1e-12)

    def test_sizes_by_fold_are_averaged_as_ratios_over_the_folds_that_count(self) -> None:
        a, b = np.random.default_rng(0).normal(size=(2, 2, 3))
        n_test = np.array([[46, 46, 45], [52, 50, 49]])  # out-of-bootstrap: what was not drawn of 137
        result = corrected_resampled_t(a, b, n_train=137, n_test=n_test)
        assert result.settings["n_test_over_n_train"] == pytest.approx((n_test / 137).mean(), rel=1e-12)
        a[0, 1] = np.nan
        result = corrected_resampled_t(a, b, n_train=137, n_test=n_test)
        assert result.settings["n_test_over_n_train"] == pytest.approx(np.delete(n_test, 1).mean() / 137)
        assert (result.n, result.settings["n_dropped"]) == (5, 1)

    def test_repeat_means_are_refused(self) -> None:
        with pytest.raises(StatisticsError, match="fold differences are needed, not repeat means"):
            corrected_resampled_t([0.8, 0.7], [0.7, 0.7], n_train=90, n_test=10, unit="repeat")

    @pytest.mark.parametrize(
        ("sizes", "message"),
        [
            ({"n_train": 0, "n_test": 10}, "n_train=0: must be a number of units above 0"),
            ({"n_train": 90, "n_test": np.nan}, "n_test=nan"),
            ({"n_train": [90, 90, 90], "n_test": 10}, r"n_train has shape \(3,\), the scores have \(2,\)"),
        ],
    )
    def test_sizes_are_checked(self, sizes: dict[str, object], message: str) -> None:
        with pytest.raises(StatisticsError, match=message):
            corrected_resampled_t([0.8, 0.7], [0.7, 0.7], **sizes)

    def test_shapes_must_agree(self) -> None:
        with pytest.raises(StatisticsError, match=r"a has shape \(5, 2\) and b has shape \(2, 5\)"):
            corrected_resampled_t(np.ones((5, 2)), np.ones((2, 5)), n_train=90, n_test=10)

    def test_its_error_rate_is_nominal_where_the_correlation_is_what_it_assumes(self) -> None:
        # normal differences, every two with correlation n_test / (n_train + n_test): t is then exactly Student's
        rng, rho, draws = np.random.default_rng(5), 1 / 3, 1500
        shared, own = rng.normal(size=(draws, 1)), rng.normal(size=(draws, 12))
        d = math.sqrt(rho) * shared + math.sqrt(1 - rho) * own
        zero = np.zeros(12)
        rejected = np.mean([corrected_resampled_t(x, zero, n_train=2, n_test=1).pvalue < 0.05 for x in d])
        assert 0.034 < rejected < 0.067  # binomial, 1 in 300
        assert np.mean([paired_t(x, zero).pvalue < 0.05 for x in d]) > 0.3


def scripted(scores: list[float]) -> object:
    """A scorer that hands out given scores, in the order in which mlxtend asks."""
    remaining = iter(scores)
    return lambda estimator, X, y: next(remaining)


class Nothing:
    def fit(self, X: object, y: object) -> Nothing:
        return self


class TestFiveByTwo:
    @pytest.mark.parametrize("seed", range(8))
    def test_against_mlxtend(self, seed: int) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            evaluate = pytest.importorskip("mlxtend.evaluate")
        a, b = np.random.default_rng(seed).normal(0.7, 0.05, (2, 5, 2))
        X, y = np.zeros((10, 1)), np.tile([0, 1], 5)
        asked = [score for pair in zip(a.ravel(), b.ravel(), strict=True) for score in pair]
        for ours, theirs in ((cv_5x2_t, "paired_ttest_5x2cv"), (cv_5x2_f, "combined_ftest_5x2cv")):
            found = getattr(evaluate, theirs)(
                Nothing(), Nothing(), X, y, scoring=scripted(asked), random_seed=0
            )
            result = ours(a, b)
            assert (result.statistic, result.pvalue) == pytest.approx(found, rel=1e-10)
            assert result.estimate == pytest.approx((a - b).mean())

    def test_the_t_says_how_much_hangs_on_its_fold(self) -> None:
        result = cv_5x2_t(A52, B52)
        # each fold in turn is made the first of the first repeat
        d = np.subtract(A52, B52)
        pvalues = []
        for row in range(5):
            for column in range(2):
                moved = np.roll(np.roll(d, -row, axis=0), -column, axis=1)
                pvalues.append(cv_5x2_t(moved, np.zeros((5, 2))).pvalue)
        assert "one_fold_decides" in result.notes
        found = (result.settings["pvalue_min"], result.settings["pvalue_max"])
        assert found == pytest.approx((min(pvalues), max(pvalues)), rel=1e-9)
        assert found[0] < 0.1 < 0.9 < found[1]
        assert "one_fold_decides" not in cv_5x2_f(A52, B52).notes

    @pytest.mark.parametrize("method", [cv_5x2_t, cv_5x2_f])
    def test_what_cannot_be_tested_is_noted(self, method: object) -> None:
        missing = np.array(A52)
        missing[3, 1] = np.nan
        for a, b, labels, note in (
            (missing, B52, {}, "pairs_dropped"),
            (np.array(B52) + 0.125, B52, {}, "constant_difference"),
            (A52, B52, {"pairing": "none"}, "not_paired"),
        ):
            result = method(a, b, **labels)
            assert note in result.notes
            assert (result.statistic, result.pvalue, result.interval) == (None, None, None)

    @pytest.mark.parametrize("method", [cv_5x2_t, cv_5x2_f])
    def test_other_designs_are_refused(self, method: object) -> None:
        with pytest.raises(StatisticsError, match=r"shape \(10, 2\).*corrected_resampled_t"):
            method(np.ones((10, 2)), np.ones((10, 2)))
        with pytest.raises(StatisticsError, match="infinite"):
            method(np.full((5, 2), np.inf), B52)
        with pytest.raises(StatisticsError, match="no number"):
            method([["x"]], B52)


class TestEquivalence:
    @pytest.mark.parametrize("seed", range(10))
    def test_against_statsmodels(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        a, b = rng.normal(0.7, 0.03, 20), rng.normal(0.7, 0.06, 20)
        margin = rng.uniform(0.01, 0.05)
        theirs = ttost_paired(a, b, -margin, margin)
        ours = equivalence(a, b, margin=margin)
        assert ours.pvalue == pytest.approx(theirs[0], rel=1e-10)
        assert (ours.settings["pvalue_lower"], ours.settings["pvalue_upper"]) == pytest.approx(
            (theirs[1][1], theirs[2][1]), rel=1e-10
        )
        compare = CompareMeans(DescrStatsW(a), DescrStatsW(b[:15]))
        apart = equivalence(a, b[:15], margin=margin, pairing="none")
        assert apart.pvalue == pytest.approx(
            compare.ttost_ind(-margin, margin, usevar="unequal")[0], rel=1e-10
        )

    @pytest.mark.parametrize("seed", range(10))
    def test_it_says_what_its_narrower_interval_says(self, seed: int) -> None:
        a, b = np.random.default_rng(seed).normal(0.7, 0.04, (2, 12))
        result = equivalence(a, b, margin=0.03, confidence_level=0.9)
        low, high = result.settings["interval_tost"]
        assert result.settings["equivalent"] == (low >= -0.03 and high <= 0.03)
        assert (low, high) == pytest.approx(DescrStatsW(a - b).tconfint_mean(alpha=0.2), rel=1e-9)
        assert result.interval == pytest.approx(DescrStatsW(a - b).tconfint_mean(alpha=0.1), rel=1e-9)

    def test_with_sizes_the_variance_is_corrected(self) -> None:
        a, b = np.random.default_rng(1).normal(0.7, 0.04, (2, 4, 5))
        result = equivalence(a, b, margin=0.05, n_train=80, n_test=20)
        corrected = corrected_resampled_t(a, b, n_train=80, n_test=20)
        assert result.interval == pytest.approx(corrected.interval, rel=1e-12)
        assert (result.unit, result.estimand) == ("fold", "E2")
        d = (a - b).ravel()
        error = math.sqrt((1 / 20 + 1 / 4) * d.var(ddof=1))
        worse = max(
            scipy.stats.t.sf((d.mean() + 0.05) / error, 19), scipy.stats.t.cdf((d.mean() - 0.05) / error, 19)
        )
        assert result.pvalue == pytest.approx(worse, rel=1e-10)
        assert result.pvalue > equivalence(a.ravel(), b.ravel(), margin=0.05).pvalue

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"margin": 0.0}, "margin=0.0: must be above 0"),
            ({"margin": 0.1, "n_train": 9}, "needs both, or neither"),
            ({"margin": 0.1, "n_train": 9, "n_test": 1, "pairing": "none"}, "give fold scores of pairs"),
            ({"margin": 0.1, "n_train": 9, "n_test": 1, "unit": "repeat"}, "give fold scores of pairs"),
        ],
    )
    def test_settings_are_checked(self, settings: dict[str, object], message: str) -> None:
        with pytest.raises(StatisticsError, match=message):
            equivalence([0.8, 0.7, 0.6], [0.7, 0.7, 0.7], **settings)

    def test_it_is_called_naive_where_the_scores_share_data(self) -> None:
        usual = {"margin": 0.1, "repeats_share_data": True}
        assert "naive" in equivalence([0.8, 0.7, 0.6], [0.7, 0.7, 0.7], **usual).notes
        corrected = equivalence([0.8, 0.7, 0.6], [0.7, 0.7, 0.7], n_train=2, n_test=1, **usual)
        assert "naive" not in corrected.notes

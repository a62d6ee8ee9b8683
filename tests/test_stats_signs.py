"""The sign test and the permutation test against statsmodels, scipy and enumeration."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.stats
from statsmodels.stats.descriptivestats import sign_test as statsmodels_sign_test

from varbench.errors import StatisticsError
from varbench.stats import permutation, sign_test


class TestSignTest:
    @pytest.mark.parametrize("seed", range(20))
    def test_against_statsmodels(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        a, b = rng.normal(0.3, 1, 15).round(1), rng.normal(0, 1, 15).round(1)
        ours, (m, pvalue) = sign_test(a, b), statsmodels_sign_test((a - b).round(1), 0)
        assert ours.pvalue == pytest.approx(pvalue, rel=1e-10)
        assert ours.statistic == m + ours.settings["n_used"] / 2
        assert ours.estimate == pytest.approx(np.median(a - b))

    @pytest.mark.parametrize("n", [6, 9, 16, 40, 200])
    @pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
    def test_the_interval_covers_and_no_shorter_one_does(self, n: int, level: float) -> None:
        d = np.arange(1.0, n + 1)
        result = sign_test(d, np.zeros(n), confidence_level=level)
        # the median lies between the k-th smallest and the k-th largest unless fewer than k lie on one side
        k = {rank: 1 - 2 * scipy.stats.binom.cdf(rank - 1, n, 0.5) for rank in range(1, n // 2 + 1)}
        best = max((rank for rank, coverage in k.items() if coverage >= level - 1e-12), default=0)
        if best == 0:
            assert result.interval is None
            assert "too_few_to_reject" in result.notes
        else:
            assert result.interval == (best, n + 1 - best)
            assert result.settings["coverage"] == pytest.approx(k[best], rel=1e-9)

    def test_without_differences_there_is_nothing_to_reject(self) -> None:
        result = sign_test([0.5] * 8, [0.5] * 8)
        assert (result.pvalue, result.statistic) == (1.0, 0.0)
        assert {"constant_difference", "ties", "too_few_to_reject"} <= set(result.notes)


class TestPermutation:
    @pytest.mark.parametrize("seed", range(10))
    @pytest.mark.parametrize("pairing", ["exact", "none"])
    def test_all_arrangements_against_scipy(self, seed: int, pairing: str) -> None:
        rng = np.random.default_rng(seed)
        n = 8 if pairing == "exact" else 5
        a, b = rng.normal(0.5, 1, n).round(1), rng.normal(0, 1, n).round(1)
        ours = permutation(a, b, pairing=pairing)
        # scipy's two-sided p doubles the smaller tail; ours counts what is as far from 0
        theirs = scipy.stats.permutation_test(
            (a, b), lambda x, y, axis: np.abs(np.mean(x, axis=axis) - np.mean(y, axis=axis)),
            permutation_type="samples" if pairing == "exact" else "independent", n_resamples=np.inf,
            alternative="greater", vectorized=True,
        )  # fmt: skip
        assert ours.pvalue == pytest.approx(theirs.pvalue, rel=1e-12)
        assert ours.settings["pvalue_method"] == "all arrangements"
        assert ours.settings["n_arrangements"] == (2**8 if pairing == "exact" else 252)

    def test_signs_by_enumeration_with_ties(self) -> None:
        d = np.array([0.3, 0.1, 0.1, -0.1, 0.2, 0.0, 0.3])
        sums = [abs(round(sum(s * x for s, x in zip(signs, d, strict=True)), 9)) for signs in
                itertools.product((-1, 1), repeat=len(d))]  # fmt: skip
        expected = np.mean(np.array(sums) >= 0.9)
        assert permutation(d + 0.7, np.full(7, 0.7)).pvalue == pytest.approx(expected, rel=1e-12)

    @pytest.mark.parametrize("pairing", ["exact", "none"])
    def test_drawn_arrangements_agree_with_all_of_them(self, pairing: str) -> None:
        rng = np.random.default_rng(2)
        n = 13 if pairing == "exact" else 8
        a, b = rng.normal(0.5, 1, n), rng.normal(0, 1, n)
        expected = permutation(a, b, pairing=pairing, n_resamples=20_000).pvalue
        found = permutation(a, b, pairing=pairing, n_resamples=5000)
        assert found.settings["pvalue_method"].startswith("drawn")
        assert found.pvalue == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / 5000))
        assert found.pvalue != permutation(a, b, pairing=pairing, n_resamples=5000, rng=1).pvalue

    @pytest.mark.parametrize("pairing", ["exact", "none"])
    def test_no_drawn_pvalue_is_ever_0(self, pairing: str) -> None:
        apart = np.arange(50.0)
        assert permutation(apart + 100, apart * 0.01, pairing=pairing, n_resamples=999).pvalue == 1 / 1000

    @pytest.mark.parametrize("pairing", ["exact", "none"])
    def test_its_error_rate(self, pairing: str) -> None:
        rng, draws = np.random.default_rng(7), 400
        rejected = sum(
            permutation(*rng.exponential(size=(2, 20)), pairing=pairing, n_resamples=199, rng=rng).pvalue
            <= 0.05
            for _ in range(draws)
        )
        assert scipy.stats.binomtest(rejected, draws, 0.05).pvalue > 0.003

    @pytest.mark.parametrize(
        ("settings", "message"),
        [({"n_resamples": 10}, "n_resamples=10"), ({"rng": None}, "rng=None"), ({"rng": -1}, "rng=-1")],
    )
    def test_draws_are_checked(self, settings: dict[str, object], message: str) -> None:
        with pytest.raises(StatisticsError, match=message):
            permutation([0.8, 0.7], [0.7, 0.7], **settings)

    def test_a_generator_goes_on(self) -> None:
        a, b = np.random.default_rng(1).normal(size=(2, 30))
        rng = np.random.default_rng(0)
        first, second = (permutation(a, b, n_resamples=200, rng=rng) for _ in range(2))
        assert first.pvalue != second.pvalue
        assert "rng" not in first.settings or isinstance(first.settings["rng"], str)

"""A12 and Cliff's delta: counts by hand, published examples, and the coverage of their interval."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from statsmodels.stats.nonparametric import rank_compare_2indep

from varbench.stats import a12, cliffs_delta
from varbench.stats.superiority import newcombe


def test_published_examples() -> None:
    # statpsych (R), ci.mann(.05, y1, y2): "Should return: Estimate 0.86875"
    y1 = [9.4, 10.3, 58.3, 106.0, 31.0, 46.2, 12.0, 19.0, 135.0, 159.0]
    y2 = [14.6, 5.1, 8.1, 22.7, 6.4, 4.4, 19.0, 3.2]
    assert a12(y1, y2).estimate == pytest.approx(0.86875, rel=1e-12)
    # effsize (R), cliff.delta(treatment, control): "delta estimate: -0.25"
    treatment, control = [10, 10, 20, 20, 20, 30, 30, 30, 40, 50], [10, 20, 30, 40, 40, 50]
    assert cliffs_delta(treatment, control).estimate == pytest.approx(-0.25, rel=1e-12)


def test_by_hand() -> None:
    # 5 > 1, 2, 3; 2 > 1, 2 = 2: 4 wins and a tie of 6
    result = a12([5.0, 2.0], [1.0, 2.0, 3.0])
    assert result.estimate == 4.5 / 6
    assert (result.n, result.settings["n_first"], result.settings["ties"]) == (5, 2, "count half")
    assert cliffs_delta([5.0, 2.0], [1.0, 2.0, 3.0]).estimate == pytest.approx(4 / 6 - 1 / 6)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("decimals", [1, 12])
def test_against_scipy_statsmodels_and_all_pairs(seed: int, decimals: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(0.4, 1, 23).round(decimals), rng.normal(0, 1, 31).round(decimals)
    u = scipy.stats.mannwhitneyu(a, b).statistic
    result = a12(a, b)
    assert result.estimate == pytest.approx(u / (23 * 31), rel=1e-12)
    assert result.estimate == pytest.approx(rank_compare_2indep(a, b).prob1, rel=1e-12)
    delta = cliffs_delta(a, b)
    assert delta.estimate == pytest.approx(np.sign(np.subtract.outer(a, b)).mean(), rel=1e-10)
    assert delta.interval == pytest.approx(tuple(2 * bound - 1 for bound in result.interval), rel=1e-12)
    # Brunner and Munzel's interval is another one for the same share: near, not equal
    assert result.interval == pytest.approx(rank_compare_2indep(a, b).conf_int(), abs=0.05)


def _standard_error(c: float, n: int, share: float) -> float:
    """Riley et al. 2024, doi:10.1136/bmj-2023-074821, from Newcombe 2006, for a c-statistic of n rows."""
    inner = 1 + (n / 2 - 1) * (1 - c) / (2 - c) + (n / 2 - 1) * c / (1 + c)
    return math.sqrt(c * (1 - c) * inner / (n**2 * share * (1 - share)))


@pytest.mark.parametrize(("share", "m", "n"), [(0.5, 20, 20), (0.875, 4, 4), (0.7, 100, 30), (0.99, 50, 60)])
def test_each_bound_is_z_standard_errors_of_its_own_from_the_estimate(share: float, m: int, n: int) -> None:
    z = scipy.stats.norm.ppf(0.975)
    for bound in newcombe(share, m, n):
        assert abs(share - bound) == pytest.approx(z * _standard_error(bound, m + n, m / (m + n)), rel=1e-9)


def test_samples_apart_have_an_interval_of_some_width_within_the_range() -> None:
    for n in (4, 20, 100):
        result = a12(np.arange(n) + 200.0, np.arange(n))
        assert result.estimate == result.ci_high == 1.0
        # at share 1 the lower bound solves 1 - theta = z * SE(theta)
        z = scipy.stats.norm.ppf(0.975)
        assert 1 - result.ci_low == pytest.approx(z * _standard_error(result.ci_low, 2 * n, 0.5), rel=1e-6)
        assert cliffs_delta(np.arange(n), np.arange(n) + 200.0).ci_low == -1.0


def _misses(draws: int, n: int, spread: float, theta: float) -> float:
    rng = np.random.default_rng(2)
    shift = scipy.stats.norm.ppf(theta) * math.sqrt(1 + spread**2)
    misses = 0
    for _ in range(draws):
        low, high = a12(rng.normal(shift, 1, n), rng.normal(0, spread, n)).interval
        misses += not low <= theta <= high
    return misses / draws


@pytest.mark.parametrize("theta", [0.5, 0.9])
def test_the_interval_misses_about_one_time_in_twenty(theta: float) -> None:
    # three standard errors at 300 draws: .038
    assert 0.01 <= _misses(300, 30, 1.0, theta) <= 0.088


@pytest.mark.slow
@pytest.mark.parametrize("n", [10, 30, 100])
@pytest.mark.parametrize("spread", [1.0, 3.0])
@pytest.mark.parametrize("theta", [0.5, 0.7, 0.9, 0.98])
def test_the_interval_misses_as_often_as_its_class_says(n: int, spread: float, theta: float) -> None:
    # approximate: .02 to .09 (three standard errors at 3,000 draws: .012)
    assert 0.01 <= _misses(3000, n, spread, theta) <= 0.10

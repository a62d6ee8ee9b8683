"""Power by simulation: against the noncentral t, binomial sums, SciPy's test, and its own error."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import scipy.stats

from varbench.errors import StatisticsError
from varbench.stats import power_by_simulation
from varbench.stats.power import _signed_rank, _t

#: Quantiles of a normal distribution stand for it.
PILOT = scipy.stats.norm(0.5, 1).ppf((np.arange(400) + 0.5) / 400)


def test_the_power_of_a_t_test_is_the_noncentral_ts() -> None:
    curve = power_by_simulation(PILOT, [10, 30, 60], n_simulations=4000, rng=1)
    for n, low, high in curve.frame()[["n", "ci_low", "ci_high"]].itertuples(index=False):
        critical, shift = scipy.stats.t.ppf(0.975, n - 1), 0.5 * np.sqrt(n) / PILOT.std()
        exact = scipy.stats.nct.sf(critical, n - 1, shift) + scipy.stats.nct.cdf(-critical, n - 1, shift)
        assert low - 0.015 < exact < high + 0.015


def test_the_power_of_a_sign_test_is_a_binomial_sum() -> None:
    pilot = np.r_[np.ones(7), -np.ones(3)]
    curve = power_by_simulation(pilot, [20], test="sign", n_simulations=20_000)
    wins = np.arange(21)
    rejected = np.array([scipy.stats.binomtest(int(w), 20).pvalue <= 0.05 for w in wins])
    exact = scipy.stats.binom.pmf(wins, 20, 0.7) @ rejected
    assert curve.frame()["power"].item() == pytest.approx(exact, abs=4 * curve.frame()["mc_error"].item())


@pytest.mark.parametrize("test", ["t", "signed_rank", "sign"])
@pytest.mark.parametrize("n", [12, 40])
def test_without_an_effect_the_power_is_the_error_rate(test: str, n: int) -> None:
    curve = power_by_simulation(PILOT, [n], test=test, effect=0.0, n_simulations=3000, rng=2)
    assert curve.frame()["power"].item() < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 3000)
    assert curve.frame()["power"].item() > 0.01
    assert curve.settings["effect"] == 0


def test_many_studies_at_once_give_scipys_p_values() -> None:
    rng = np.random.default_rng(5)
    studies = rng.normal(0.2, 1, (40, 30)).round(1)  # ties, and zeros
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ranks = [scipy.stats.wilcoxon(s, method="asymptotic", correction=False).pvalue for s in studies]
    assert _signed_rank(studies) == pytest.approx(ranks, rel=1e-9)
    assert _t(studies) == pytest.approx(scipy.stats.ttest_1samp(studies, 0, axis=1).pvalue, rel=1e-9)
    assert _t(np.full((2, 5), 0.3)).tolist() == [1.0, 1.0]
    assert _signed_rank(np.zeros((2, 30))).tolist() == [1.0, 1.0]


def test_more_units_or_a_larger_effect_find_more() -> None:
    curve = power_by_simulation(PILOT, [40, 10, 20, 20], n_simulations=1000)
    power = curve.frame()["power"].to_numpy()
    assert curve.sizes == (10, 20, 40)
    assert power[0] < power[1] < power[2]
    assert curve.size(power[1]) == 20
    assert curve.size(1.0) is None
    larger = power_by_simulation(PILOT, [10], effect=1.0, n_simulations=1000).frame()["power"].item()
    assert larger > power[0]
    stricter = power_by_simulation(PILOT, [10], alpha=0.001, n_simulations=1000).frame()["power"].item()
    assert stricter < power[0]


def test_a_test_of_ones_own() -> None:
    def median_above(differences: np.ndarray) -> float:
        return 0.0 if np.median(differences) > 0.5 else 1.0

    curve = power_by_simulation(PILOT, [101], test=median_above, n_simulations=1000)
    assert curve.frame()["power"].item() == pytest.approx(0.5, abs=0.07)
    assert curve.settings["test"] == "median_above"


def test_it_repeats_and_the_global_generator_is_untouched() -> None:
    before = np.random.get_state(legacy=False)["state"]["key"].copy()  # noqa: NPY002
    found = [power_by_simulation(PILOT, [15], n_simulations=300, rng=seed).found for seed in (0, 0, 1)]
    assert found[0] == found[1] != found[2]
    assert (np.random.get_state(legacy=False)["state"]["key"] == before).all()  # noqa: NPY002
    assert power_by_simulation([*PILOT, np.nan], [5], n_simulations=10).settings["n_dropped"] == 1


@pytest.mark.parametrize(
    ("pilot", "sizes", "settings", "message"),
    [
        ([0.1, 0.1, 0.1], [5], {}, "without a spread"),
        ([0.1], [5], {}, "1 differences without a spread"),
        ([0.1, 0.2], [1], {}, "a size=1: a whole number from 2"),
        ([0.1, 0.2], [5.5], {}, "a size=5.5"),
        ([0.1, 0.2], 5, {}, "sizes=5: give a list"),
        ([0.1, 0.2], [5], {"effect": "x"}, "effect='x'"),
        ([0.1, 0.2], [5], {"rng": -1}, "rng=-1"),
        ([0.1, 0.2], [], {}, r"sizes=\[\]"),
        ([0.1, 0.2], [5], {"test": "wilcoxon"}, "unknown test 'wilcoxon'"),
        ([0.1, 0.2], [5], {"alpha": 5}, "alpha=5"),
    ],
)
def test_what_cannot_be_simulated_is_refused(
    pilot: list[float], sizes: list[int], settings: dict[str, object], message: str
) -> None:
    with pytest.raises(StatisticsError, match=message):
        power_by_simulation(pilot, sizes, **settings)

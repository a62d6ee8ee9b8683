"""Almost stochastic order against exact integrals by fractions and against deepsig, whose faults it must not have."""

from __future__ import annotations

import itertools
import math
import warnings
from fractions import Fraction

import numpy as np
import pytest
import scipy.stats

from varbench.errors import StatisticsError
from varbench.stats import stochastic_order


def exact_ratio(a: list[int], b: list[int]) -> Fraction:
    """The violation ratio by the definition: both quantile functions on every interval between their steps."""
    steps = sorted(
        {Fraction(i, len(a)) for i in range(len(a) + 1)} | {Fraction(j, len(b)) for j in range(len(b) + 1)}
    )
    behind = total = Fraction(0)
    for low, high in itertools.pairwise(steps):
        middle = (low + high) / 2
        gap = sorted(b)[math.ceil(middle * len(b)) - 1] - sorted(a)[math.ceil(middle * len(a)) - 1]
        total += gap**2 * (high - low)
        behind += max(gap, 0) ** 2 * (high - low)
    return behind / total


@pytest.mark.parametrize("seed", range(20))
def test_the_ratio_is_exact(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = (rng.integers(0, 30, rng.integers(2, 12)).tolist() for _ in range(2))
    if sorted(a) == sorted(b):
        b[0] += 1
    result = stochastic_order(a, b, n_resamples=100)
    assert result.estimate == pytest.approx(float(exact_ratio(a, b)), abs=1e-10)


@pytest.fixture(scope="module")
def deepsig() -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("deepsig")


@pytest.mark.parametrize(("n", "m"), [(8, 8), (20, 20), (20, 12)])
def test_the_ratio_agrees_with_deepsig_up_to_its_grid(deepsig: object, n: int, m: int) -> None:
    from deepsig.aso import compute_violation_ratio

    rng = np.random.default_rng(n + m)
    a, b = rng.normal(0.2, 1, n), rng.normal(0, 1, m)
    ours = stochastic_order(a, b, n_resamples=100).estimate
    dt = 1 / 4000
    theirs = compute_violation_ratio(a, b, dt=dt)
    # the grid leaves out its first point, and may take a step one point late
    gaps = [abs(x - y) for x in a for y in b]
    distance = scipy.stats.wasserstein_distance(a, b)
    assert ours == pytest.approx(theirs, abs=(n + m) * dt * max(gaps) ** 2 / distance**2 * 2)
    assert ours == pytest.approx(theirs, abs=0.01)


def test_the_bound_agrees_with_deepsig_within_the_error_of_resampling(deepsig: object) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(0.3, 1, 15), rng.normal(0, 1, 15)
    theirs = deepsig.aso(a, b, seed=1, num_bootstrap_iterations=300, show_progress=False)
    ours = stochastic_order(a, b, n_resamples=4000)
    spread = (ours.settings["eps_min"] - ours.estimate) / 1.6448536
    # the SD of 300 resamples is off by 4 %, that of theirs by more: its draws are less than independent
    assert ours.settings["eps_min"] == pytest.approx(theirs, abs=1.645 * spread * 0.2 + 0.01)


def test_the_bound_by_a_plain_loop() -> None:
    rng = np.random.default_rng(5)
    a, b = rng.integers(0, 40, 7).tolist(), rng.integers(0, 36, 7).tolist()
    ratios, paired = [], []
    for _ in range(1500):
        i, j = rng.integers(0, 7, (2, 7))
        for found, second in ((ratios, j), (paired, i)):
            x, y = [a[k] for k in i], [b[k] for k in second]
            found.append(0.5 if sorted(x) == sorted(y) else float(exact_ratio(x, y)))
    for found, pairing in ((ratios, "none"), (paired, "exact")):
        result = stochastic_order(a, b, n_resamples=5000, pairing=pairing)
        expected = result.estimate + np.std(found) * scipy.stats.norm.ppf(0.95)
        assert result.settings["eps_min"] == pytest.approx(min(1, expected), abs=0.05)
        half = np.std(found) * scipy.stats.norm.ppf(0.975)
        assert result.ci_high == pytest.approx(min(1, result.estimate + half), abs=0.06)


def test_pairs_are_drawn_as_pairs() -> None:
    # the first is ahead by a little in every run, and runs differ much: only pairs can see it
    seen = {"exact": 0, "none": 0}
    for seed in range(20):
        rng = np.random.default_rng(seed)
        shared = rng.normal(0, 1, 30)
        a, b = shared + 0.15 + rng.normal(0, 0.05, 30), shared
        for pairing in seen:
            result = stochastic_order(a, b, pairing=pairing, n_resamples=300)
            seen[pairing] += result.settings["eps_min"] < 0.5
    assert seen["exact"] >= 18
    assert seen["none"] <= 8


def test_more_comparisons_ask_for_more() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(0.4, 1, 25), rng.normal(0, 1, 25)
    bounds, widths = [], []
    for n_comparisons in (1, 3, 10, 100):
        result = stochastic_order(a, b, n_comparisons=n_comparisons)
        bounds.append(result.settings["eps_min"])
        widths.append(result.ci_high - result.ci_low)
        sd = (result.settings["eps_min"] - result.estimate) / scipy.stats.norm.ppf(1 - 0.05 / n_comparisons)
        assert sd == pytest.approx((bounds[0] - result.estimate) / scipy.stats.norm.ppf(0.95), rel=1e-9)
    assert bounds == sorted(bounds)
    assert bounds[0] < bounds[-1]
    assert widths == sorted(widths)


def test_seeds_give_draws_of_their_own() -> None:
    # a bound over seeds varies as the SD of 200 independent draws does; draws that are shared hardly vary
    rng = np.random.default_rng(2)
    a, b = rng.normal(0.3, 1, 20), rng.normal(0, 1, 20)
    results = [stochastic_order(a, b, n_resamples=200, rng=seed, confidence_level=0.9) for seed in range(60)]
    spreads = np.array([result.settings["eps_min"] - result.estimate for result in results])
    assert 0.02 < spreads.std() / spreads.mean() < 0.12  # normal draws: 1 / sqrt(400) = 0.05
    shared = np.random.default_rng(0)
    first, second = (stochastic_order(a, b, rng=shared) for _ in range(2))
    assert first.settings["eps_min"] != second.settings["eps_min"]


def test_both_directions_have_their_bound() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.normal(1, 1, 30), rng.normal(0, 1, 30)
    there, back = stochastic_order(a, b), stochastic_order(b, a)
    assert there.settings["eps_min"] == pytest.approx(back.settings["eps_min_second"], abs=1e-12)
    assert there.settings["eps_min_second"] == pytest.approx(back.settings["eps_min"], abs=1e-12)
    assert there.settings["eps_min"] < 0.5 < back.settings["eps_min"]


def test_one_run_each_shows_nothing() -> None:
    result = stochastic_order([0.9], [0.1])
    assert result.notes == ("too_few_to_reject",)
    assert (result.estimate, "eps_min" in result.settings) == (None, False)


def test_equal_samples_have_no_ratio() -> None:
    result = stochastic_order([0.1, 0.2, 0.3], [0.3, 0.1, 0.2])
    assert result.notes == ("constant_difference",)
    assert result.estimate is None


def test_samples_of_very_different_sizes() -> None:
    rng = np.random.default_rng(4)
    a, b = rng.normal(0.2, 1, 3000), rng.normal(0, 1, 7)
    result = stochastic_order(a, b, n_resamples=200)
    assert result.n == 3007
    grid = (np.arange(70_000) + 0.5) / 70_000
    gap = np.sort(b)[(grid * 7).astype(int)] - np.sort(a)[(grid * 3000).astype(int)]
    assert result.estimate == pytest.approx((np.maximum(gap, 0) ** 2).sum() / (gap**2).sum(), abs=1e-4)


@pytest.mark.parametrize("n_comparisons", [0, 1.5])
def test_the_number_of_comparisons_is_checked(n_comparisons: float) -> None:
    with pytest.raises(StatisticsError, match=f"n_comparisons={n_comparisons}"):
        stochastic_order([0.8, 0.7], [0.7, 0.7], n_comparisons=n_comparisons)


@pytest.mark.slow
@pytest.mark.parametrize("pairing", ["none", "exact"])
def test_error_rate(pairing: str) -> None:
    # equal distributions: below 0.5 the bound claims far too often, below 0.2 it does not
    rng = np.random.default_rng(6)
    bounds = np.array(
        [
            stochastic_order(*rng.normal(size=(2, 30)), pairing=pairing, n_resamples=300, rng=rng).settings[
                "eps_min"
            ]
            for _ in range(600)
        ]
    )
    assert 0.1 < np.mean(bounds < 0.5) < 0.3
    assert np.mean(bounds < 0.2) < 0.08

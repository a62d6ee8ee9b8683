"""The bootstrap of a difference against scipy: the same resamples exactly, other resamples within their error."""

from __future__ import annotations

import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.stats

from varbench.errors import StatisticsError
from varbench.stats import bootstrap_difference
from varbench.stats.bootstrap import bca_tails


def mean_difference(x: np.ndarray, y: np.ndarray, axis: int = -1) -> np.ndarray:
    return np.mean(x, axis=axis) - np.mean(y, axis=axis)


def skewed(seed: int, n: int = 40) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.exponential(0.2, n) + 0.05, rng.exponential(0.1, n)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_bca_of_the_same_resamples_is_scipys(seed: int, level: float) -> None:
    a, b = skewed(seed)
    for parts, theirs in (
        (
            (a - b,),
            scipy.stats.bootstrap((a - b,), np.mean, n_resamples=2000, rng=seed, confidence_level=level),
        ),
        (
            (a, -b),
            scipy.stats.bootstrap(
                (a, b), mean_difference, n_resamples=2000, rng=seed, confidence_level=level
            ),
        ),
    ):
        means = theirs.bootstrap_distribution
        tails = bca_tails(means, float(sum(part.mean() for part in parts)), parts, 1 - level)
        assert np.quantile(means, tails) == pytest.approx(tuple(theirs.confidence_interval), rel=1e-9)


@pytest.mark.parametrize("pairing", ["exact", "none"])
@pytest.mark.parametrize(("kind", "scipys"), [("bca", "BCa"), ("percentile", "percentile")])
def test_intervals_agree_with_scipy_within_the_error_of_resampling(
    pairing: str, kind: str, scipys: str
) -> None:
    a, b = skewed(11)
    data, statistic = ((a - b,), np.mean) if pairing == "exact" else ((a, b), mean_difference)
    theirs = scipy.stats.bootstrap(data, statistic, n_resamples=20_000, method=scipys, rng=1)
    ours = bootstrap_difference(a, b, kind=kind, pairing=pairing, n_resamples=20_000)
    # the 2.5 % quantile of 20,000 normal draws has a standard error of 0.019 SD
    assert ours.interval == pytest.approx(tuple(theirs.confidence_interval), abs=0.1 * theirs.standard_error)
    assert ours.estimate == pytest.approx(a.mean() - b.mean())


def test_the_studentised_interval_and_the_pvalues_by_a_plain_loop() -> None:
    a, b = skewed(4, 12)
    d, rng = a - b, np.random.default_rng(9)
    error = d.std(ddof=1) / np.sqrt(12)
    ratios, distances = [], []
    for _ in range(20_000):
        x = d[rng.integers(0, 12, 12)]
        distances.append(abs(x.mean() - d.mean()))
        ratios.append((x.mean() - d.mean()) / (x.std(ddof=1) / np.sqrt(12)))
    low, high = np.quantile(ratios, [0.025, 0.975])
    ours = bootstrap_difference(a, b, kind="studentised", n_resamples=20_000)
    assert ours.interval == pytest.approx((d.mean() - high * error, d.mean() - low * error), abs=0.15 * error)
    expected = np.mean(np.abs(ratios) >= d.mean() / error)
    assert ours.pvalue == pytest.approx(expected, abs=4 * np.sqrt(expected / 20_000) + 1e-4)
    plain = bootstrap_difference(a, b, kind="percentile", n_resamples=20_000)
    expected = np.mean(np.array(distances) >= d.mean())
    assert plain.pvalue == pytest.approx(expected, abs=4 * np.sqrt(expected / 20_000) + 1e-4)


def test_a_constant_difference_has_a_note_where_scipy_has_nan() -> None:
    result = bootstrap_difference([0.9, 0.8, 0.7], [0.4, 0.3, 0.2])
    assert "constant_difference" in result.notes
    assert (result.interval, result.pvalue) == (None, None)
    assert result.estimate == pytest.approx(0.5)


def test_resamples_without_spread_are_drawn_again_and_counted() -> None:
    result = bootstrap_difference([0.9, 0.8, 0.6], [0.4, 0.4, 0.4], kind="studentised", n_resamples=2000)
    # 3 of 27 resamples of three are constant: 2000 / (24 / 27) draws on average
    assert result.settings["n_redrawn"] == pytest.approx(250, abs=4 * np.sqrt(250))
    assert {"resamples_redrawn", "small_sample"} <= set(result.notes)


def test_no_pvalue_is_0() -> None:
    apart = np.linspace(0, 1, 30)
    assert bootstrap_difference(apart + 100, apart**2, n_resamples=500).pvalue == 1 / 501


def test_few_units_are_noted() -> None:
    rng = np.random.default_rng(0)
    assert "small_sample" in bootstrap_difference(*rng.normal(size=(2, 29))).notes
    assert "small_sample" not in bootstrap_difference(*rng.normal(size=(2, 30))).notes


def test_memory_does_not_grow_with_the_resamples() -> None:
    a, b = np.random.default_rng(0).normal(size=(2, 100_000))
    bootstrap_difference(a[:100], b[:100])
    peaks = []
    for n_resamples in (100, 200):
        tracemalloc.start()
        bootstrap_difference(a, b, n_resamples=n_resamples)
        peaks.append(tracemalloc.get_traced_memory()[1] / 1e6)
        tracemalloc.stop()
    assert peaks[1] < 100
    assert peaks[1] < 1.1 * peaks[0]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kind": "bac"}, "unknown kind 'bac'; did you mean bca"),
        ({"n_resamples": 99}, "n_resamples=99"),
        ({"rng": SimpleNamespace()}, "rng="),
    ],
)
def test_settings_are_checked(settings: dict[str, object], message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        bootstrap_difference([0.8, 0.7], [0.7, 0.7], **settings)


@pytest.mark.slow
def test_coverage() -> None:
    rng, draws = np.random.default_rng(3), 600
    covered = {(kind, n): 0 for kind in ("bca", "percentile", "studentised") for n in (10, 40)}
    for kind, n in covered:
        for _ in range(draws):
            skewed_differences = rng.exponential(1.0, n) - 1.0
            found = bootstrap_difference(skewed_differences, np.zeros(n), kind=kind, n_resamples=500, rng=rng)
            covered[kind, n] += found.ci_low <= 0 <= found.ci_high
    shares = {case: count / draws for case, count in covered.items()}
    assert all(share > 0.9 for (_, n), share in shares.items() if n == 40)
    assert 0.8 < shares["percentile", 10] < 0.91 < shares["studentised", 10]

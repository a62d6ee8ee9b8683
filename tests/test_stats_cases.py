"""Per-case scores: against scipy, R's rule by enumeration, resampling one by one, and the coverage of each interval."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from varbench.errors import StatisticsError
from varbench.stats.cases import case_summary


def dice(seed: int, n: int = 30) -> np.ndarray:
    return np.random.default_rng(seed).beta(9, 1.5, n)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_mean_and_median_against_scipy(seed: int, level: float) -> None:
    x = dice(seed)
    mean = case_summary(x, confidence_level=level)
    peer = scipy.stats.ttest_1samp(x, 0).confidence_interval(level)
    assert mean.estimate == pytest.approx(x.mean(), abs=1e-15)
    assert mean.interval == pytest.approx((peer.low, peer.high), rel=1e-12)
    median = case_summary(x, statistic="median", confidence_level=level)
    peer = scipy.stats.quantile_test(x, q=0.5, p=0.5).confidence_interval(level)
    assert median.interval == (peer.low, peer.high)
    assert median.estimate == np.median(x)


@pytest.mark.parametrize("statistic", ["mean", "median"])
@pytest.mark.parametrize("interval", ["percentile", "bca"])
def test_bootstrap_intervals_against_scipy(statistic: str, interval: str) -> None:
    x = dice(3, n=41)
    ours = case_summary(x, statistic=statistic, interval=interval, n_resamples=40_000)
    peer = scipy.stats.bootstrap(
        (x,), getattr(np, statistic), n_resamples=20_000, method={"bca": "BCa"}.get(interval, interval),
        rng=np.random.default_rng(1), batch=2000,
    ).confidence_interval  # fmt: skip
    assert ours.interval == pytest.approx((peer.low, peer.high), abs=0.003)


def test_the_interval_between_values_by_enumeration() -> None:
    for n in (6, 9, 30, 137):
        result = case_summary(np.arange(float(n)), statistic="median")
        inside = np.arange(n + 1)  # how many of the values lie below the median
        k = int(result.ci_low) + 1
        held = scipy.stats.binom.pmf(inside[(inside >= k) & (inside <= n - k)], n, 0.5).sum()
        assert result.settings["coverage"] == pytest.approx(held, rel=1e-12)
        assert held >= 0.95
        narrower = scipy.stats.binom.pmf(inside[(inside > k) & (inside < n - k)], n, 0.5).sum()
        assert narrower < 0.95
    few = case_summary([0.1, 0.5, 0.7, 0.8, 0.9], statistic="median")
    assert (few.interval, few.notes) == (None, ("small_sample",))


@pytest.mark.parametrize("statistic", ["mean", "median"])
def test_each_group_counts_once(statistic: str) -> None:
    x = np.array([0.9, 0.5, 0.6, 0.7, 0.2, 0.4, np.nan])
    groups = ["a", "b", "b", "b", "c", "c", "c"]
    per = [getattr(np, statistic)(part) for part in ([0.9], [0.5, 0.6, 0.7], [0.2, 0.4])]
    result = case_summary(x, statistic=statistic, groups=groups)
    assert result.estimate == pytest.approx(getattr(np, statistic)(per))
    assert (result.n, result.unit, result.settings["n_cases"]) == (3, "group", 6)
    assert {"groups_as_units", "pairs_dropped"} <= set(result.notes)


def test_notes_of_weak_intervals() -> None:
    skewed = np.append(np.full(20, 0.9) + np.arange(20) / 1000, [0.1, 0.2])
    assert "small_sample" in case_summary(skewed).notes
    assert case_summary(dice(0, n=200)).notes == ()
    assert "median_coverage" in case_summary(dice(0), statistic="median", interval="bca").notes
    assert case_summary(dice(0), statistic="median").notes == ()
    assert case_summary(dice(0, n=80), statistic="median", interval="percentile").notes == ()
    same = case_summary([0.5, 0.5, 0.5])
    assert (same.estimate, same.interval, same.notes) == (0.5, None, ("no_variance",))
    assert case_summary([0.5]).notes == ("small_sample",)


def test_limits_cut_students_interval_and_refuse_what_lies_outside() -> None:
    x = [1.0, 1.0, 1.0, 0.6]
    assert case_summary(x).ci_high > 1
    assert case_summary(x, limits=(0, 1)).ci_high == 1
    with pytest.raises(StatisticsError, match="per cent instead of shares"):
        case_summary([88.0, 91.0], limits=(0, 1))


@pytest.mark.parametrize(
    ("values", "named", "message"),
    [
        ([1.0, np.inf], {}, "1 infinite ones, as the distance to an empty segmentation"),
        ([np.nan], {}, "every value is missing"),
        ([], {}, "one score a case"),
        (["x"], {}, "no number"),
        ([1.0, 2.0], {"statistic": "mode"}, "unknown statistic 'mode'"),
        ([1.0, 2.0], {"interval": "order"}, "unknown interval of a mean 'order'"),
        ([1.0, 2.0], {"statistic": "median", "interval": "t"}, "unknown interval of a median"),
        ([1.0, 2.0], {"groups": ["a", None]}, "groups lacks 1"),
        ([1.0, 2.0], {"interval": "bca", "n_resamples": 0}, "n_resamples=0"),
    ],
)
def test_what_cannot_be_summed_up_is_refused(values: object, named: dict[str, object], message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        case_summary(values, **named)


def test_the_order_of_cases_does_not_matter_and_the_seed_does() -> None:
    x = dice(1)
    order = np.random.default_rng(0).permutation(len(x))
    for statistic in ("mean", "median"):
        named = {"statistic": statistic, "interval": "bca", "n_resamples": 500}
        there, back = case_summary(x, **named), case_summary(x[order], **named)
        assert there.interval == pytest.approx(back.interval, rel=1e-12)
        assert there.settings["rng"] == 0
    assert case_summary(x, interval="bca", n_resamples=500, rng=1) != case_summary(
        x, interval="bca", n_resamples=500
    )


@pytest.mark.slow
def test_coverage_and_why_the_median_has_an_interval_of_its_own() -> None:
    true_mean, true_median = 9 / 10.5, scipy.stats.beta(9, 1.5).median()
    held: dict[str, list[bool]] = {}
    for seed in range(1500):
        x = np.round(dice(seed, n=20), 4)
        for name, named, true in (
            ("mean t", {}, true_mean),
            ("median order", {"statistic": "median"}, true_median),
            ("median bca", {"statistic": "median", "interval": "bca", "n_resamples": 400}, true_median),
        ):
            r = case_summary(x, **named)
            held.setdefault(name, []).append(r.ci_low <= true <= r.ci_high)
    rates = {name: np.mean(found) for name, found in held.items()}
    assert rates["mean t"] == pytest.approx(0.935, abs=0.025)
    assert rates["median order"] == pytest.approx(scipy.stats.binom.cdf(14, 20, 0.5) * 2 - 1, abs=0.02)
    assert rates["median bca"] < rates["median order"]

"""Metrics of predicted numbers: scikit-learn and SciPy on repeated rows, plain resampling, and the edges."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from sklearn import metrics as peer

from varbench.errors import StatisticsError
from varbench.stats.regression import REGRESSION, regression_metric

PEERS = {
    "mae": peer.mean_absolute_error,
    "rmse": peer.root_mean_squared_error,
    "r2": peer.r2_score,
    "pearson": lambda y, p: scipy.stats.pearsonr(y, p).statistic,
    "spearman": lambda y, p: scipy.stats.spearmanr(y, p).statistic,
    "bias": lambda y, p: np.mean(p - y),
}


def cases(seed: int, n: int = 60, decimals: int = 8) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = rng.normal(50, 10, n).round(decimals)
    return y, (y + rng.normal(1, 5, n)).round(decimals), (y + rng.normal(-2, 8, n)).round(decimals)


def test_every_metric_has_a_peer() -> None:
    assert set(PEERS) == set(REGRESSION)


@pytest.mark.parametrize("metric", REGRESSION)
@pytest.mark.parametrize("decimals", [0, 8])
def test_on_counts_as_on_repeated_rows(metric: str, decimals: int) -> None:
    rng = np.random.default_rng(0)
    y, a, _ = cases(1, n=25, decimals=decimals - 1 if decimals == 0 else decimals)
    counts = rng.multinomial(25, np.full(25, 1 / 25), size=40)
    found = REGRESSION[metric].kernel(y, a)(counts.astype(float))
    for row, value in zip(counts, found, strict=True):
        rows = np.repeat(np.arange(25), row)
        assert value == pytest.approx(PEERS[metric](y[rows], a[rows]), abs=1e-9)


@pytest.mark.parametrize("metric", REGRESSION)
@pytest.mark.parametrize("seed", range(3))
def test_the_estimates_and_their_direction(metric: str, seed: int) -> None:
    y, a, b = cases(seed)
    one = regression_metric(y, a, metric=metric, n_resamples=50)
    two = regression_metric(y, a, b, metric=metric, n_resamples=50)
    first, second = PEERS[metric](y, a), PEERS[metric](y, b)
    assert one.estimate == pytest.approx(first, abs=1e-9)
    assert one.pvalue is None
    gain = {"mae": second - first, "rmse": second - first, "bias": abs(second) - abs(first)}
    assert two.estimate == pytest.approx(gain.get(metric, first - second), abs=1e-9)
    assert (two.settings["first"], two.settings["second"]) == pytest.approx((first, second), abs=1e-9)
    assert two.estimate > 0  # the first is the better model here


@pytest.mark.parametrize("metric", ["mae", "r2", "spearman"])
@pytest.mark.parametrize("interval", ["percentile", "bca"])
def test_intervals_against_scipy(metric: str, interval: str) -> None:
    y, a, _ = cases(4)
    ours = regression_metric(y, a, metric=metric, interval=interval, n_resamples=20_000)
    theirs = scipy.stats.bootstrap(
        (y, a), PEERS[metric], paired=True, vectorized=False, n_resamples=1500,
        method={"bca": "BCa"}.get(interval, interval), rng=np.random.default_rng(0),
    )  # fmt: skip
    tolerance = 0.35 * theirs.standard_error
    assert ours.interval == pytest.approx(tuple(theirs.confidence_interval), abs=tolerance)
    assert ours.settings["standard_error"] == pytest.approx(theirs.standard_error, rel=0.1)


@pytest.mark.parametrize("metric", REGRESSION)
@pytest.mark.parametrize("interval", ["percentile", "bca"])
def test_a_swap_mirrors_and_the_order_of_cases_does_not_matter(metric: str, interval: str) -> None:
    y, a, b = cases(5, decimals=1)
    named = {"metric": metric, "interval": interval, "n_resamples": 400}
    there, back = regression_metric(y, a, b, **named), regression_metric(y, b, a, **named)
    assert there.interval == pytest.approx((-back.ci_high, -back.ci_low), rel=1e-9)
    assert (there.estimate, there.pvalue) == pytest.approx((-back.estimate, back.pvalue), rel=1e-9)
    order = np.random.default_rng(1).permutation(len(y))
    shuffled = regression_metric(y[order], a[order], b[order], **named)
    assert shuffled.interval == pytest.approx(there.interval, rel=1e-9)


def test_copies_of_patients_do_not_sharpen_what_groups_say() -> None:
    y, a, b = cases(6)
    once = regression_metric(y, a, b, n_resamples=4000)
    four = [np.repeat(v, 4) for v in (y, a, b)]
    copied = regression_metric(*four, groups=np.repeat(np.arange(60), 4), n_resamples=4000)
    naive = regression_metric(*four, n_resamples=4000)
    assert copied.settings["standard_error"] == pytest.approx(once.settings["standard_error"], rel=0.06)
    assert naive.settings["standard_error"] < 0.6 * copied.settings["standard_error"]
    assert (copied.unit, copied.n, copied.notes) == ("group", 60, ("groups_as_units",))


def test_identical_models_and_perfect_ones() -> None:
    y, a, _ = cases(0)
    same = regression_metric(y, a, a, n_resamples=50)
    assert (same.estimate, same.pvalue, same.interval) == (0.0, 1.0, None)
    assert same.notes == ("constant_difference",)
    perfect = regression_metric(y, y, n_resamples=50)
    assert (perfect.estimate, perfect.interval, perfect.notes) == (0.0, None, ("no_variance",))
    moved = regression_metric(y, y + 1, y + 3, n_resamples=50)
    assert (moved.estimate, moved.pvalue, moved.notes) == (pytest.approx(2.0), None, ("constant_difference",))


def test_missing_predictions_small_samples_and_pairing() -> None:
    y, a, b = cases(0, n=12)
    a[3] = np.nan
    result = regression_metric(y, a, b, n_resamples=100)
    assert (result.n, result.settings["n_dropped"], result.notes) == (
        11,
        1,
        ("pairs_dropped", "small_sample"),
    )
    assert regression_metric(y, b, b, pairing="none", n_resamples=100).notes == ("not_paired",)


def test_resamples_without_spread_are_drawn_again_and_counted() -> None:
    result = regression_metric([1.0, 1.0, 1.0, 2.0], [1.0, 2.0, 3.0, 4.0], metric="pearson", n_resamples=200)
    assert result.settings["n_redrawn"] > 20
    assert "resamples_redrawn" in result.notes


@pytest.mark.parametrize(
    ("arguments", "named", "message"),
    [
        (([1.0, 2.0], [1.0]), {}, r"model 1 has shape \(1,\) and y_true has 2"),
        (([1.0, np.nan], [1.0, 2.0]), {}, "y_true lacks 1 numbers"),
        (([1.0, 2.0], [1.0, np.inf]), {}, "model 1 holds 1 infinite"),
        (([1.0, 2.0], ["a", "b"]), {}, "no number"),
        (([], []), {}, "one number a case"),
        (([1.0, 1.0], [1.0, 2.0]), {"metric": "r2"}, "r2 is undefined"),
        (([1.0, 2.0], [1.0, 1.0]), {"metric": "spearman"}, "spearman is undefined"),
        (([1.0, 2.0], [1.0, 1.0]), {"metric": "mse"}, "unknown metric 'mse'; did you mean rmse"),
        (([1.0, 2.0], [1.0, 1.0]), {"interval": "t"}, "unknown interval"),
        (([1.0, 2.0], [1.0, np.nan]), {}, "1 units are left"),
        (([1.0, 2.0], [1.0, 1.0]), {"groups": ["a", "a"]}, "1 units are left"),
        (([1.0, 2.0], [1.0, 1.0]), {"groups": ["a", None]}, "groups lacks 1"),
        (([1.0, 2.0], [1.0, 1.0]), {"rng": None}, "rng=None"),
    ],
)
def test_what_cannot_be_judged_is_refused(arguments: tuple, named: dict[str, object], message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        regression_metric(*arguments, **named)


@pytest.mark.slow
def test_coverage_and_error_rate_on_fresh_patients() -> None:
    held = rejected = 0
    for seed in range(1000):
        rng = np.random.default_rng(seed)
        y = rng.normal(size=80)
        shared = rng.normal(size=80)
        a, b = (y + shared + 0.5 * rng.normal(size=80) for _ in range(2))
        one = regression_metric(y, a, metric="mae", n_resamples=400)
        held += one.ci_low <= np.sqrt(1.25 * 2 / np.pi) <= one.ci_high
        rejected += regression_metric(y, a, b, metric="mae", n_resamples=400).pvalue <= 0.05
    assert held / 1000 == pytest.approx(0.94, abs=0.025)
    assert rejected / 1000 == pytest.approx(0.055, abs=0.025)

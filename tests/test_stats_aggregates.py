"""Interquartile mean, gap and profile: SciPy's trimmed mean, a plain bootstrap on the same draws, and rliable."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from varbench.errors import StatisticsError
from varbench.stats import iqm, optimality_gap, performance_profile
from varbench.stats.aggregates import _AT_ONCE, _resampled, _runs

RUNS = np.random.default_rng(0).random((9, 5)) + np.linspace(0, 0.4, 5)
METHODS = [iqm, optimality_gap]


def gap(scores: np.ndarray) -> float:
    return float(1.0 - np.minimum(scores, 1.0).mean())


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (3, 1), (4, 5), (100, 26)])
def test_the_estimates_are_the_definitions(shape: tuple[int, int]) -> None:
    scores = np.random.default_rng(1).random(shape) * 1.5
    assert iqm(scores, n_resamples=10).estimate == pytest.approx(
        stats.trim_mean(scores, 0.25, axis=None), rel=1e-12
    )
    assert optimality_gap(scores, n_resamples=10).estimate == pytest.approx(gap(scores), rel=1e-12)


@pytest.mark.parametrize("ragged", [False, True])
def test_intervals_are_those_of_a_plain_bootstrap_of_the_runs_of_each_task(ragged: bool) -> None:
    scores = RUNS.copy()
    if ragged:
        scores[[0, 4, 5], [1, 1, 3]] = np.nan
    rng, several = np.random.default_rng(3), []
    for _ in range(4000):
        drawn = [rng.choice(task[~np.isnan(task)], (~np.isnan(task)).sum()) for task in scores.T]
        several.append(np.concatenate(drawn))
    for method, statistic in ((iqm, lambda x: stats.trim_mean(x, 0.25)), (optimality_gap, gap)):
        found = method(scores, n_resamples=20_000)
        values = [statistic(x) for x in several]
        assert found.interval == pytest.approx(np.quantile(values, [0.025, 0.975]), abs=0.2 * np.std(values))


def test_resamples_keep_the_runs_of_each_task() -> None:
    # with well-separated tasks the counts of each task never change
    scores = np.arange(4)[None, :] * 10 + np.random.default_rng(0).random((6, 4))
    runs = _runs(scores)
    for cumulative in _resampled(runs, 50, np.random.default_rng(0)):
        assert (cumulative[:, 5::6] == [6, 12, 18, 24]).all()


@pytest.mark.parametrize("method", METHODS)
def test_a_seed_is_used(method) -> None:
    # a peer takes a seed and ignores it
    usual = method(RUNS)
    assert method(RUNS, rng=0) == usual
    assert method(RUNS, rng=1).interval != usual.interval
    assert method(RUNS, rng=np.random.default_rng(0)).interval == usual.interval
    assert usual.settings["rng"] == method(RUNS, rng=np.int64(0)).settings["rng"] == 0
    assert method(RUNS, rng=np.random.default_rng(0)).settings["rng"] == "a generator of the caller's"


@pytest.mark.parametrize("method", METHODS)
def test_missing_runs_are_counted(method) -> None:
    scores = RUNS.copy()
    scores[2, 3] = np.nan
    found = method(scores)
    assert "cells_missing" in found.notes
    assert found.settings["cells_missing"] == 1
    with pytest.raises(StatisticsError, match="task 3 has no score in any run"):
        method(np.where(np.arange(5) == 3, np.nan, RUNS))


@pytest.mark.parametrize("method", METHODS)
def test_degenerate_input_is_noted(method) -> None:
    assert method(RUNS[:1]).interval is None
    assert "too_few_to_reject" in method(RUNS[:1]).notes
    assert "constant_difference" in method(np.full((5, 3), 0.5)).notes
    assert method(np.full((5, 3), 0.5)).interval is None
    for wrong, message in (
        (RUNS[0], r"shape \(5,\)"),
        (np.full((2, 2), np.inf), "4 infinite"),
        ([["a"]], "no number"),
    ):
        with pytest.raises(StatisticsError, match=message):
            method(wrong)
    with pytest.raises(StatisticsError, match="n_resamples=0"):
        method(RUNS, n_resamples=0)


def test_memory_does_not_grow_with_the_resamples() -> None:
    runs = _runs(np.random.default_rng(0).random((1000, 30)))
    assert max(part.size for part in _resampled(runs, 20, np.random.default_rng(0))) <= max(_AT_ONCE, 30_000)


def test_the_target_of_the_gap_matters() -> None:
    assert optimality_gap(RUNS, gamma=2.0).estimate == pytest.approx(2 - RUNS.mean())
    assert optimality_gap(RUNS, gamma=-1.0).estimate == pytest.approx(0)


def test_the_profile_is_the_share_of_runs_above() -> None:
    taus = [-1.0, 0.3, float(RUNS[2, 2]), 0.9, 5.0]
    found = performance_profile({"one": RUNS, "two": RUNS + 0.1}, taus)
    assert found.shares[0] == pytest.approx([(tau < RUNS).mean() for tau in taus])
    assert found.shares[1] == pytest.approx([(tau < RUNS + 0.1).mean() for tau in taus])
    assert ((found.low <= found.shares) & (found.shares <= found.high)).all()
    assert found.low[0, 0] == 1
    assert found.high[0, -1] == 0
    frame = found.frame()
    assert list(frame.columns) == ["series", "x", "y", "low", "high"]
    assert len(frame) == 10
    assert "<table" in found._repr_html_()


def test_the_band_of_the_profile_is_that_of_binomial_tasks() -> None:
    # one task: the count above is binomial, so is its bootstrap
    scores = np.random.default_rng(4).random((40, 1))
    found = performance_profile(scores, [0.5], n_resamples=20_000)
    share = float((scores > 0.5).mean())
    expected = stats.binom.ppf([0.025, 0.975], 40, share) / 40
    assert [found.low[0, 0], found.high[0, 0]] == pytest.approx(expected, abs=1 / 40 + 1e-9)


def test_settings_of_the_profile() -> None:
    usual = performance_profile(RUNS)
    assert len(usual.thresholds) == 101
    assert (performance_profile(RUNS, rng=1).low != usual.low).any()
    assert (performance_profile(RUNS, n_resamples=50).low != usual.low).any()
    assert (performance_profile(RUNS, confidence_level=0.5).low > usual.low).any()
    with pytest.raises(StatisticsError, match="at least one finite threshold"):
        performance_profile(RUNS, [])
    with pytest.raises(StatisticsError, match="scores is empty"):
        performance_profile({})

"""Estimators of the mean performance: the published figures, by hand, by simulation, and the cost."""

from __future__ import annotations

import math

import numpy as np
import pytest

from varbench.errors import StatisticsError
from varbench.stats import estimator_curves, icc, published_estimators
from varbench.stats.estimators import TASKS, correlation, cost, standard_error


def runs(rho: float, tunings: int, k: int, rng: np.random.Generator) -> np.ndarray:
    """Scores with variance 1, those of a tuning correlated by rho."""
    shared = math.sqrt(rho) * rng.standard_normal((tunings, 1))
    return shared + math.sqrt(1 - rho) * rng.standard_normal((tunings, k))


def test_the_published_reach_of_each_estimator() -> None:
    """Section 3: Init levels off at about 2 ideal runs at best, Data at 2 to 10, All at 2 to 100 and more."""
    reach = {
        task: published_estimators(task).frame().groupby("estimator")["ideal_runs"].last() for task in TASKS
    }
    init, data, everything = (
        [found[f"FixHOptEst({what})"] for found in reach.values()] for what in ("Init", "Data", "All")
    )
    assert max(init) < 3
    assert min(data) > 1.5
    assert max(data) < 10
    assert min(everything) > 1.5
    assert max(everything) > 100
    assert all(a >= i for a, i in zip(everything, init, strict=True))


@pytest.mark.parametrize("task", TASKS)
def test_curves_pass_through_the_published_points(task: str) -> None:
    found = published_estimators(task).frame()
    for what, (k, spread) in TASKS[task].biased.items():
        row = found[(found["estimator"] == f"FixHOptEst({what})") & (found["k"] == k)]
        assert row["standard_error"].item() == pytest.approx(spread, rel=1e-9)
    ideal = found[found["estimator"] == "IdealEst"]
    assert ideal["standard_error"].to_numpy() == pytest.approx(TASKS[task].sigma / np.sqrt(np.arange(1, 101)))


def test_the_published_saving() -> None:
    """1,070 hours against 21: 51 times cheaper at k = 100."""
    assert cost("IdealEst", 100) / cost("FixHOptEst(All)", 100) == pytest.approx(51, abs=1)
    assert cost("IdealEst", 3, trials=7) == 3 * 8
    assert cost("FixHOptEst(Init)", 3, trials=7) == 10


@pytest.mark.parametrize("rho", [0.0, 0.2, 0.9])
def test_the_standard_error_is_that_of_simulated_means(rho: float) -> None:
    k, times = 20, 20_000
    means = runs(rho, times, k, np.random.default_rng(0)).mean(axis=1)
    assert standard_error(1.0, rho, k) == pytest.approx(means.std(), rel=0.02)
    assert correlation(1.0, means.std(), k) == pytest.approx(rho, abs=0.03)


def test_correlation_undoes_the_standard_error() -> None:
    for rho in (-0.02, 0.0, 0.3, 1.0):
        assert correlation(2.5, float(standard_error(2.5, rho, 30)), 30) == pytest.approx(rho, abs=1e-12)
    with pytest.raises(StatisticsError, match="two runs and some spread"):
        correlation(1.0, 0.1, 1)


def test_from_real_runs() -> None:
    rng = np.random.default_rng(4)
    ideal, init = 0.8 + rng.standard_normal(500), 0.3 + runs(0.5, 400, 12, rng)
    found = estimator_curves(ideal, {"Init": init, "All": runs(0.1, 400, 12, rng)}, confidence_level=0.9)
    assert found.sigma["IdealEst"] == pytest.approx(np.std(ideal, ddof=1))
    assert found.rho["FixHOptEst(Init)"] == icc(init).estimate
    assert found.rho["FixHOptEst(Init)"] == pytest.approx(0.5, abs=0.06)
    frame = found.frame()
    seen = frame[frame["estimator"] == "FixHOptEst(Init)"].set_index("k")
    for k in (1, 5, 12):
        assert seen.loc[k, "observed"] == pytest.approx(init[:, :k].mean(axis=1).std(ddof=1), rel=1e-9)
        assert seen.loc[k, "ci_low"] < seen.loc[k, "observed"] < seen.loc[k, "ci_high"]
        assert seen.loc[k, "standard_error"] == pytest.approx(seen.loc[k, "observed"], rel=0.06)
    # at the last k the model is no approximation: both components come from the same mean squares
    assert seen.loc[12, "standard_error"] == pytest.approx(seen.loc[12, "observed"], rel=1e-9)
    spread, shared, bias = found.results[:3]
    assert spread.method == "ideal_sd"
    assert spread.ci_low < 1 < spread.ci_high
    assert (shared.method, shared.unit, shared.confidence_level) == ("icc", "tuning", 0.9)
    assert bias.estimate == pytest.approx(init.mean() - ideal.mean())
    assert bias.ci_low < 0.3 - 0.8 < bias.ci_high
    assert frame[frame["estimator"] == "IdealEst"]["observed"].isna().all()


def test_degenerate_runs() -> None:
    same = estimator_curves([0.8, 0.8], {"Init": np.full((3, 4), 0.8)})
    assert same.rho["FixHOptEst(Init)"] == 0
    assert "no_variance" in same.results[0].notes
    assert same.frame()["ideal_runs"].isna().all()
    with pytest.raises(StatisticsError, match="ideal has 1 scores"):
        estimator_curves([0.8], {})
    with pytest.raises(StatisticsError, match=r"scores of Init have shape \(4,\)"):
        estimator_curves([0.8, 0.9], {"Init": [0.1, 0.2, 0.3, 0.4]})
    with pytest.raises(StatisticsError, match="none missing"):
        estimator_curves([0.8, 0.9], {"Init": [[0.1, np.nan], [0.3, 0.4]]})
    with pytest.raises(StatisticsError, match="unknown task 'vgg11'; did you mean vgg"):
        published_estimators("vgg11")


def test_nothing_is_drawn_beyond_what_was_published() -> None:
    found = published_estimators("segmentation").frame().groupby("estimator")["k"].max()
    assert found.to_dict() == {
        "IdealEst": 100, "FixHOptEst(Init)": 100, "FixHOptEst(Data)": 100, "FixHOptEst(All)": 10
    }  # fmt: skip

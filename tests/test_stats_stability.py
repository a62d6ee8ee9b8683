"""Rankings of resampled data sets: each step against SciPy on the same resamples, and cases with a known answer."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from varbench.errors import StatisticsError
from varbench.stats import ranking_stability
from varbench.stats.stability import kendall


def test_tau_is_that_of_scipy() -> None:
    rng = np.random.default_rng(0)
    reference, others = rng.integers(0, 5, 7).astype(float), rng.integers(0, 5, (30, 7)).astype(float)
    expected = [stats.kendalltau(reference, other).statistic for other in others]
    assert kendall(reference, others) == pytest.approx(expected, abs=1e-12)
    assert kendall(reference, np.ones((1, 7))).tolist() == [0.0]


@pytest.mark.parametrize("by", ["rank", "score"])
def test_places_shares_and_tau_are_those_of_a_plain_loop(by: str) -> None:
    rng = np.random.default_rng(1)
    scores = (rng.normal(size=(9, 4)) + np.array([0.0, 0.3, 0.6, 0.0])).round(1)
    found = ranking_stability(scores, by=by, n_resamples=300, rng=5)
    columns = [int(name) for name in found.names]
    table = stats.rankdata(-scores, axis=1) if by == "rank" else -scores
    draws = np.random.default_rng(5).multinomial(9, np.full(9, 1 / 9), size=300)
    places, first, tau = [], np.zeros(4), []
    for counts in draws:
        total = np.repeat(table[:, columns], counts, axis=0).sum(axis=0).round(9)
        places.append(stats.rankdata(total))
        first += (total == total.min()) / (total == total.min()).sum()
        tau.append(stats.kendalltau(total, table[:, columns].sum(axis=0).round(9)).statistic)
    assert found.low == pytest.approx(np.quantile(places, 0.025, axis=0, method="inverted_cdf"))
    assert found.high == pytest.approx(np.quantile(places, 0.975, axis=0, method="inverted_cdf"))
    assert found.first == pytest.approx(first / 300)
    assert found.result.estimate == pytest.approx(np.mean(tau))
    assert found.first.sum() == pytest.approx(1)


def test_the_share_of_first_places_of_two_procedures_is_binomial() -> None:
    # 7 data sets against 3: the first leads in a resample of 10 if it wins more than 5, and shares at 5
    scores = np.array([[1.0, 0.0]] * 7 + [[0.0, 1.0]] * 3)
    found = ranking_stability(scores, n_resamples=40_000)
    expected = stats.binom.sf(5, 10, 0.7) + stats.binom.pmf(5, 10, 0.7) / 2
    assert found.first[0] == pytest.approx(expected, abs=5 * math.sqrt(0.25 / 40_000))


def test_a_certain_order_is_stable_and_noted() -> None:
    found = ranking_stability(np.tile([0.7, 0.9, 0.8], (12, 1)), names=["a", "b", "c"])
    assert found.names == ("b", "c", "a")
    assert found.ranks.tolist() == found.low.tolist() == found.high.tolist() == [1, 2, 3]
    assert (found.result.estimate, found.result.interval) == (1.0, None)
    assert "boundary" in found.result.notes
    assert ranking_stability(np.ones((12, 3))).result.estimate == 0


def test_settings_matter_and_seeds_reproduce() -> None:
    scores = np.random.default_rng(2).normal(size=(12, 5))
    usual = ranking_stability(scores)
    assert (ranking_stability(scores).first == usual.first).all()
    assert (ranking_stability(scores, rng=1).first != usual.first).any()
    assert (ranking_stability(scores, n_resamples=500).first != usual.first).any()
    assert ranking_stability(scores, confidence_level=0.5).result.ci_low > usual.result.ci_low
    assert "small_sample" in ranking_stability(scores[:9]).result.notes
    assert list(usual.frame().columns) == ["method", "rank", "ci_low", "ci_high", "first"]
    assert "<table" in usual._repr_html_()


def test_missing_cells_are_counted_and_choices_checked() -> None:
    scores = np.random.default_rng(2).normal(size=(12, 3))
    scores[0, 0] = np.nan
    found = ranking_stability(scores)
    assert (found.result.n, found.settings["cells_missing"]) == (11, 1)
    assert "cells_missing" in found.result.notes
    for settings, message in (
        ({"by": "mean"}, "unknown by"),
        ({"n_resamples": 0}, "n_resamples=0"),
        ({"missing": "error"}, "1 cells are missing"),
        ({"pairing": "none"}, "run on the same ones"),
    ):
        with pytest.raises(StatisticsError, match=message):
            ranking_stability(scores, **settings)


def test_real_scores_of_fifteen_methods(shared_data: Path) -> None:
    frame = pd.read_csv(shared_data / "scores" / "radpca_scores_per_fold.csv", keep_default_na=False)
    wide = frame.pivot_table(index="dataset", columns="method", values="auc_fold")
    found = ranking_stability(wide)
    assert found.ranks == pytest.approx(
        stats.rankdata(wide.rank(axis=1, ascending=False).mean()[list(found.names)])
    )
    assert ((found.low <= found.ranks) & (found.ranks <= found.high)).all()
    assert 0 < found.result.ci_low < found.result.estimate < found.result.ci_high <= 1

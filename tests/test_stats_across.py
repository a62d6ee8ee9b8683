"""The mean over data sets: intervals by hand and by simulation, clusters, and what few data sets can say."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from varbench.errors import StatisticsError
from varbench.stats import mean_over_datasets, signed_rank

A = np.array([0.81, 0.72, 0.65, 0.90, 0.77, 0.68, 0.84, 0.71])
B = np.array([0.78, 0.73, 0.61, 0.85, 0.77, 0.60, 0.83, 0.72])


def test_mean_interval_and_prediction_interval_by_hand() -> None:
    found = mean_over_datasets(A, B)
    d, t = A - B, stats.t.ppf(0.975, 7)
    assert found.result.estimate == pytest.approx(d.mean())
    assert found.result.interval == pytest.approx(stats.ttest_1samp(d, 0).confidence_interval(0.95))
    assert found.result.pvalue == pytest.approx(stats.ttest_1samp(d, 0).pvalue)
    half = t * d.std(ddof=1) * math.sqrt(1 + 1 / 8)
    assert found.prediction == pytest.approx((d.mean() - half, d.mean() + half))
    assert found.result.settings["prediction_interval"] == list(found.prediction)
    assert [found.result.settings[key] for key in ("first_ahead", "equal", "second_ahead")] == [5, 1, 2]
    assert (found.result.n, found.result.unit, found.result.estimand) == (8, "data set", "E4")


def test_the_signed_rank_test_stands_beside_it() -> None:
    found, alone = mean_over_datasets(A, B).signed_rank, signed_rank(A, B)
    assert (found.pvalue, found.statistic, found.n) == (alone.pvalue, alone.statistic, 8)


def test_the_prediction_interval_holds_the_next_data_set() -> None:
    rng, held, trials = np.random.default_rng(0), 0, 400
    for _ in range(trials):
        low, high = mean_over_datasets(rng.normal(0.02, 0.05, 8)).prediction
        held += low <= rng.normal(0.02, 0.05) <= high
    assert abs(held / trials - 0.95) < 3.5 * math.sqrt(0.95 * 0.05 / trials)


def test_differences_alone_a_swap_and_the_order() -> None:
    usual = mean_over_datasets(A, B)
    assert mean_over_datasets(A - B).result.interval == pytest.approx(usual.result.interval)
    swapped = mean_over_datasets(B, A)
    assert swapped.result.estimate == pytest.approx(-usual.result.estimate)
    assert swapped.prediction == pytest.approx((-usual.prediction[1], -usual.prediction[0]))
    assert mean_over_datasets(A[::-1], B[::-1]).result.interval == pytest.approx(usual.result.interval)


def test_tables_that_share_patients_count_once() -> None:
    cluster = ["x", "x", "x", "u", "v", "w", "y", "z"]
    found = mean_over_datasets(A, B, cluster=cluster)
    d = A - B
    units = np.concatenate([[d[:3].mean()], d[3:]])
    assert (found.result.n, found.result.unit) == (6, "cluster")
    assert found.result.interval == pytest.approx(stats.ttest_1samp(units, 0).confidence_interval(0.95))
    assert found.signed_rank.pvalue == pytest.approx(stats.wilcoxon(units[units != 0]).pvalue)
    assert "groups_as_units" in found.result.notes
    assert len(found.frame().query("kind == 'item'")) == 8
    copies = mean_over_datasets(np.repeat(A, 5), np.repeat(B, 5), cluster=np.repeat(np.arange(8), 5))
    assert copies.result.interval == pytest.approx(mean_over_datasets(A, B).result.interval)
    with pytest.raises(StatisticsError, match="cluster has 1 missing labels"):
        mean_over_datasets(A, B, cluster=[None, *cluster[1:]])


def test_fewer_than_six_data_sets_cannot_reject() -> None:
    five = mean_over_datasets(A[:5] + 1, B[:5])
    assert all("too_few_to_reject" in result.notes for result in five.results)
    assert five.signed_rank.pvalue == pytest.approx(0.0625)
    six = mean_over_datasets(A[:6] + np.array([0.1, 0.2, 0.3, 0, 0, 0]), B[:6] - 1)
    assert not any("too_few_to_reject" in result.notes for result in six.results)


def test_missing_data_sets_are_counted_with_their_labels() -> None:
    gap = B.copy()
    gap[3] = np.nan
    found = mean_over_datasets(
        A, gap, names="abcdefgh", cluster=[1, 1, 2, 3, 4, 5, 6, 7], intervals=np.c_[A - 1, A]
    )
    assert found.names == tuple("abcefgh")
    assert found.intervals[3].tolist() == [A[4] - 1, A[4]]
    assert (found.result.n, found.result.settings["n_dropped"]) == (6, 1)
    assert all("pairs_dropped" in result.notes for result in found.results)


def test_degenerate_input_is_noted() -> None:
    constant = mean_over_datasets(A, A - 0.125)
    assert (constant.result.interval, constant.prediction) == (None, None)
    assert "constant_difference" in constant.result.notes
    nothing = mean_over_datasets([np.nan, np.nan])
    assert (nothing.result.estimate, nothing.result.n) == (None, 0)
    assert len(nothing.frame()) == 2
    assert mean_over_datasets([0.1]).prediction is None


def test_the_forest_plot_has_every_number() -> None:
    frame = mean_over_datasets(A, B, names="abcdefgh", confidence_level=0.9).frame()
    assert list(frame.columns) == ["label", "estimate", "ci_low", "ci_high", "kind"]
    assert list(frame["kind"]) == ["item"] * 8 + ["mean", "prediction"]
    mean, prediction = frame.iloc[-2], frame.iloc[-1]
    assert prediction["ci_low"] < mean["ci_low"] < mean["estimate"] < mean["ci_high"] < prediction["ci_high"]
    assert "<table" in mean_over_datasets(A, B)._repr_html_()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"names": ["a"]}, "names has 1 entries for 8 data sets"),
        ({"cluster": ["a"]}, "cluster has 1 entries"),
        ({"intervals": [[0, 1]]}, r"intervals has shape \(1, 2\)"),
        ({"pairing": "none"}, "run on the same ones"),
    ],
)
def test_input_is_checked(settings: dict[str, object], message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        mean_over_datasets(A, B, **settings)


def test_real_scores_of_two_methods_on_fifty_data_sets(shared_data: Path) -> None:
    frame = pd.read_csv(shared_data / "scores" / "radpca_scores_per_fold.csv", keep_default_na=False)
    wide = frame.pivot_table(index="dataset", columns="method", values="auc_fold")
    found = mean_over_datasets(wide["LASSO"], wide["PCA"], names=wide.index)
    expected = stats.ttest_rel(wide["LASSO"], wide["PCA"])
    assert found.result.pvalue == pytest.approx(expected.pvalue, rel=1e-9)
    assert found.signed_rank.pvalue == pytest.approx(
        stats.wilcoxon(wide["LASSO"], wide["PCA"]).pvalue, rel=1e-6
    )
    low, high = found.prediction
    inside = ((found.differences >= low) & (found.differences <= high)).mean()
    assert 0.9 <= inside <= 1

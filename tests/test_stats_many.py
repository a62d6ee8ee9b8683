"""Friedman's test and its F against SciPy, statistics by hand, Demšar's example, and real scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from varbench.errors import StatisticsError
from varbench.stats.many import friedman, iman_davenport

# Demšar 2006, Table 6: AUC of C4.5 without and with two settings on 14 data sets. On "voting" the published ranks
# of the last two are 2 and 3, so the third score is a little above the fourth before rounding.
DEMSAR = np.array(
    [
        [0.763, 0.768, 0.771, 0.798], [0.599, 0.591, 0.590, 0.569], [0.954, 0.971, 0.968, 0.967],
        [0.628, 0.661, 0.654, 0.657], [0.882, 0.888, 0.886, 0.898], [0.936, 0.931, 0.916, 0.931],
        [0.661, 0.668, 0.609, 0.685], [0.583, 0.583, 0.563, 0.625], [0.775, 0.838, 0.866, 0.875],
        [1.000, 1.000, 1.000, 1.000], [0.940, 0.962, 0.965, 0.962], [0.619, 0.666, 0.614, 0.669],
        [0.972, 0.981, 0.9751, 0.975], [0.957, 0.978, 0.946, 0.970],
    ]
)  # fmt: skip
NAMES = ("C4.5", "C4.5+m", "C4.5+cf", "C4.5+m+cf")


def test_the_published_example() -> None:
    chi2 = friedman(DEMSAR, names=NAMES, tie_correction=False)
    assert {name: round(rank, 3) for name, rank in chi2.settings["mean_ranks"].items()} == {
        "C4.5+m+cf": 1.964, "C4.5+m": 2.000, "C4.5+cf": 2.893, "C4.5": 3.143,
    }  # fmt: skip
    assert round(chi2.statistic, 2) == 9.28
    f = iman_davenport(DEMSAR, tie_correction=False)
    assert round(f.statistic, 2) == 3.69
    assert f.settings["df"] == [3, 39]


@pytest.mark.parametrize("shape", [(5, 3), (14, 4), (50, 15), (200, 6)])
@pytest.mark.parametrize("decimals", [1, 6])
def test_friedman_is_that_of_scipy(shape: tuple[int, int], decimals: int) -> None:
    scores = np.random.default_rng(3).random(shape).round(decimals)
    found, expected = friedman(scores), stats.friedmanchisquare(*scores.T)
    assert found.statistic == pytest.approx(expected.statistic, rel=1e-11)
    assert found.pvalue == pytest.approx(expected.pvalue, rel=1e-9)
    tied = any(len(set(row)) < len(row) for row in scores.tolist())
    assert ("ties" in found.notes) == tied


def test_iman_davenport_is_the_analysis_of_variance_of_the_ranks() -> None:
    scores = np.random.default_rng(4).random((12, 5)).round(1)  # with ties
    ranks = stats.rankdata(-scores, axis=1)
    n, k = ranks.shape
    between = n * ((ranks.mean(axis=0) - ranks.mean()) ** 2).sum() / (k - 1)
    residual = ranks - ranks.mean(axis=0) - ranks.mean(axis=1, keepdims=True) + ranks.mean()
    within = (residual**2).sum() / ((k - 1) * (n - 1))
    found = iman_davenport(scores)
    assert found.statistic == pytest.approx(between / within, rel=1e-11)
    assert found.pvalue == pytest.approx(stats.f.sf(between / within, k - 1, (k - 1) * (n - 1)), rel=1e-9)


def test_the_estimate_is_kendalls_w() -> None:
    scores = np.random.default_rng(5).random((9, 4))
    ranks = stats.rankdata(scores, axis=1)
    spread = ((ranks.sum(axis=0) - ranks.sum() / 4) ** 2).sum()
    assert friedman(scores).estimate == pytest.approx(12 * spread / (9**2 * (4**3 - 4)))


def test_procedures_may_stand_in_any_order_and_on_any_scale() -> None:
    scores = np.random.default_rng(6).random((12, 5))
    order = np.array([3, 1, 0, 4, 2])
    usual, other = friedman(scores), friedman(scores[:, order] * 100 - 7)
    assert other.statistic == pytest.approx(usual.statistic)
    assert other.settings["mean_ranks"]["0"] == usual.settings["mean_ranks"]["3"]


def test_two_procedures_are_compared_two_sided() -> None:
    # a peer picks the side of its test from the data
    scores = np.array([[0.8, 0.7], [0.9, 0.6], [0.7, 0.6], [0.7, 0.5], [0.8, 0.9]])
    assert friedman(scores).pvalue == pytest.approx(
        2 * stats.norm.sf(3 / np.sqrt(5))
    )  # 4 against 1: z = 3 / sqrt(5)
    assert friedman(scores[:, ::-1]).pvalue == friedman(scores).pvalue


def test_what_differs_by_rounding_alone_is_tied() -> None:
    scores = np.array([[0.1 + 0.2, 0.3, 0.1], [0.7, 0.8, 0.2], [0.6, 0.5, 0.4]])
    assert "ties" in friedman(scores).notes
    assert friedman(scores * 1e-9).statistic == pytest.approx(friedman(scores).statistic)


def test_missing_cells_are_counted_and_never_become_nan() -> None:
    # a peer takes NaN in and gives p = nan without a word
    scores = np.random.default_rng(7).random((12, 4))
    scores[[2, 2, 5], [0, 1, 3]] = np.nan
    found = friedman(scores)
    whole = friedman(scores[~np.isnan(scores).any(axis=1)])
    assert (found.n, found.pvalue, found.statistic) == (10, whole.pvalue, whole.statistic)
    assert "cells_missing" in found.notes
    assert (found.settings["cells_missing"], found.settings["data_sets_dropped"]) == (3, 2)
    with pytest.raises(StatisticsError, match=r"3 cells are missing \(a, b, d\)"):
        friedman(scores, names="abcd", missing="error")


@pytest.mark.parametrize("method", [friedman, iman_davenport])
def test_degenerate_tables_are_noted(method) -> None:
    equal = method(np.ones((8, 3)))
    assert (equal.pvalue, equal.statistic) == (1.0, None)
    assert "constant_difference" in equal.notes
    assert "too_few_to_reject" in method([[0.1, 0.2, 0.3]]).notes
    assert "not_paired" in method(DEMSAR, pairing="none").notes
    assert method(DEMSAR, pairing="none").pvalue is None


def test_full_agreement_has_the_probability_of_so_much_agreement() -> None:
    scores = np.tile([0.9, 0.8, 0.7], (4, 1))
    found = iman_davenport(scores)
    assert found.pvalue == pytest.approx((1 / 6) ** 3)
    assert found.statistic is None
    assert "boundary" in found.notes
    assert friedman(scores).estimate == 1
    assert iman_davenport([[0.9, 0.8, 0.8]] * 4).pvalue == pytest.approx((1 / 3) ** 3)


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ([0.1, 0.2], r"shape \(2,\)"),
        ([[0.1], [0.2]], "at least two procedures"),
        ([[0.1, np.inf]], "1 infinite"),
        ([[0.1, np.nan], [np.nan, 0.2]], "no data set has enough scores"),
        ([["a", "b"]], "no number"),
    ],
)
def test_what_is_no_table_of_scores_is_refused(scores: object, message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        friedman(scores)


def test_choices_are_checked() -> None:
    with pytest.raises(StatisticsError, match="did you mean complete"):
        friedman(DEMSAR, missing="completed")
    with pytest.raises(StatisticsError, match="4 entries, 3 of them different"):
        friedman(DEMSAR, names=["a", "b", "c", "c"])


def test_real_scores_of_fifteen_methods_on_fifty_data_sets(shared_data: Path) -> None:
    # one method is called None
    frame = pd.read_csv(shared_data / "scores" / "radpca_scores_per_fold.csv", keep_default_na=False)
    wide = frame.pivot_table(index="dataset", columns="method", values="auc_fold")
    found = friedman(wide)
    assert (found.n, found.settings["n_procedures"], found.settings["cells_missing"]) == (50, 15, 0)
    assert found.statistic == pytest.approx(stats.friedmanchisquare(*wide.to_numpy().T).statistic, rel=1e-11)
    assert set(found.settings["mean_ranks"]) == set(wide.columns)

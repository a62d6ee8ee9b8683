"""Tables with holes: Skillings and Mack's published example, Friedman's test in full tables, and error rates."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from varbench.errors import StatisticsError
from varbench.stats import adjust, friedman, iman_davenport, nemenyi, wilcoxon_holm
from varbench.stats.holes import scaled_ranks, skillings_mack

N = np.nan
# Skillings & Mack 1981, nine people and four ways to assemble: 15.493, p .0014; the example of R's Skillings.Mack
ASSEMBLY = np.array(
    [
        [3.2, 4.1, 3.8, 4.2], [3.1, 3.9, 3.4, 4.0], [4.3, 3.5, 4.6, 4.8], [3.5, 3.6, 3.9, 4.0], [3.6, 4.2, 3.7, 3.9],
        [4.5, 4.7, 3.7, N], [N, 4.2, 3.4, N], [4.3, 4.6, 4.4, 4.9], [3.5, N, 3.7, 3.9],
    ]
)  # fmt: skip


def test_the_published_example() -> None:
    found = friedman(ASSEMBLY, missing="skillings_mack")
    assert round(found.statistic, 3) == 15.493
    assert round(found.pvalue, 4) == 0.0014
    assert (found.n, found.settings["df"], found.settings["cells_missing"]) == (9, 3, 4)
    assert "cells_missing" in found.notes


def test_a_full_table_gives_friedmans_statistic() -> None:
    scores = np.random.default_rng(0).random((12, 5))
    found = friedman(scores, missing="skillings_mack")
    assert found.statistic == pytest.approx(stats.friedmanchisquare(*scores.T).statistic)
    assert found.settings["mean_ranks"] == friedman(scores).settings["mean_ranks"]


def test_a_balanced_table_with_holes_gives_durbins_statistic() -> None:
    # all pairs of four procedures once: Durbin's T = 12 (t - 1) / (r t (k - 1) (k + 1)) sum (R_j - r (k + 1) / 2)^2
    rng = np.random.default_rng(1)
    scores = np.full((6, 4), N)
    for row, pair in zip(scores, itertools.combinations(range(4), 2), strict=True):
        row[list(pair)] = rng.random(2)
    t, r, k = 4, 3, 2
    sums = np.nansum(stats.rankdata(-scores, axis=1, nan_policy="omit"), axis=0)
    durbin = 12 * (t - 1) / (r * t * (k - 1) * (k + 1)) * ((sums - r * (k + 1) / 2) ** 2).sum()
    assert friedman(scores, missing="skillings_mack").statistic == pytest.approx(durbin)


@pytest.mark.slow
def test_equal_procedures_are_rarely_told_apart() -> None:
    rng, trials, wrong = np.random.default_rng(2), 1000, 0
    for _ in range(trials):
        scores = rng.random((20, 5))
        scores[rng.random((20, 5)) < 0.2] = N
        wrong += friedman(scores, missing="skillings_mack").pvalue <= 0.05
    assert wrong <= stats.binom.isf(0.001, trials, 0.05)


def test_groups_without_a_common_data_set_cost_a_degree_of_freedom() -> None:
    ranks = np.array([[1.0, 2.0, N, N]] * 5 + [[N, N, 1.0, 2.0]] * 4)
    statistic, df = skillings_mack(ranks)
    assert df == 2
    assert statistic == pytest.approx(5 + 4)  # two sign tests: 5 of 5 and 4 of 4


def test_stretched_ranks_keep_the_middle_and_full_rows() -> None:
    full = np.array([[1.0, 2.0, 3.0, 4.0]])
    assert (scaled_ranks(full) == full).all()
    holes = scaled_ranks(np.array([[1.0, N, 2.0, 3.0], [N, 1.5, 1.5, N]]))
    assert np.nanmean(holes, axis=1) == pytest.approx([2.5, 2.5])


def test_pairs_use_every_data_set_that_has_both() -> None:
    rng = np.random.default_rng(3)
    scores = rng.normal(0, 1, (20, 1)) + np.array([0.0, 0.1, 0.3]) + rng.normal(0, 0.2, (20, 3))
    scores[:8, 0], scores[15:, 2] = N, N
    found = wilcoxon_holm(scores, names="abc", missing="pairwise")
    raw, used = [], []
    for first, second in itertools.combinations(found.names, 2):
        d = scores[:, "abc".index(first)] - scores[:, "abc".index(second)]
        d = d[~np.isnan(d)]
        used.append(len(d))
        raw.append(stats.wilcoxon(d, method="exact").pvalue)
    assert [result.n for result in found.results] == used
    assert sorted(used) == [7, 12, 15]
    assert found.pairs()["pvalue"].to_numpy() == pytest.approx(adjust(raw))
    assert all({"cells_missing", "pairs_dropped"} <= set(result.notes) for result in found.results)
    assert found.overall.method == "friedman"
    assert found.overall.settings["missing"] == "pairwise"
    assert wilcoxon_holm(scores, missing="complete").overall.n == 7


def test_a_method_present_on_some_data_sets_only_is_named() -> None:
    scores = np.random.default_rng(4).random((8, 3))
    scores[:, 1] = N
    with pytest.raises(StatisticsError, match="new has no score that can be compared: leave it out"):
        friedman(scores, names=["old", "new", "other"], missing="skillings_mack")
    with pytest.raises(
        StatisticsError, match="no data set has enough scores under the rule missing='complete'"
    ):
        friedman(scores)
    lone = np.full((3, 2), N)
    lone[:, 0] = 1.0
    with pytest.raises(StatisticsError, match="no data set has enough scores"):
        wilcoxon_holm(lone, missing="pairwise")


def test_only_methods_that_can_do_with_holes_take_them() -> None:
    for method, rule in ((nemenyi, "pairwise"), (iman_davenport, "skillings_mack"), (friedman, "pairwise")):
        with pytest.raises(StatisticsError, match="unknown missing"):
            method(ASSEMBLY, missing=rule)

"""``compare``: its numbers beside independent ones, for scores, predictions, estimators and MAPS."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from questions_examples import numbers, predictions, result, said, scores, seeds, several_classes
from scipy import stats
from sklearn import metrics
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

import varbench as vb
from varbench.errors import DataError, InputError
from varbench.stats import classes

PAIR: dict[str, Any] = {"label": "y", "score": "p", "id": "id"}


def by_repeat(table: pd.DataFrame, metric: str = "auc") -> tuple[np.ndarray, np.ndarray]:
    means = table.groupby(["method", "repeat"])[metric].mean()
    return means["new"].to_numpy(), means["old"].to_numpy()


class TestScoresOfOneDataSet:
    def test_the_difference_is_students(self) -> None:
        table = scores(noise=0.05)
        found, (a, b) = result(vb.compare(table), "difference"), by_repeat(table)
        theirs = stats.ttest_rel(a, b)
        assert found.estimate == pytest.approx((a - b).mean(), rel=1e-12)
        assert found.interval == pytest.approx(tuple(theirs.confidence_interval(0.95)), rel=1e-9)
        assert (found.settings["mean_first"], found.settings["mean_second"]) == pytest.approx(
            (a.mean(), b.mean())
        )
        assert (found.n, found.unit, found.estimand) == (12, "repeat", "E1")

    def test_ranks(self) -> None:
        table = scores(noise=0.05, gap=0.01)
        answer, (a, b) = vb.compare(table), by_repeat(table)
        assert result(answer, "signed_rank").pvalue == pytest.approx(
            stats.wilcoxon(a, b, method="exact").pvalue
        )
        assert result(answer, "rank_sum").pvalue == pytest.approx(
            stats.mannwhitneyu(a, b, method="exact").pvalue, rel=1e-9
        )
        assert result(answer, "a12").estimate == pytest.approx(
            np.mean((a[:, None] > b) + 0.5 * (a[:, None] == b)), rel=1e-12
        )

    def test_wins_and_their_exact_interval(self) -> None:
        table = scores(noise=0.05, gap=0.01)
        found, (a, b) = result(vb.compare(table), "prob_outperform"), by_repeat(table)
        wins = int((a > b).sum())
        assert 0 < wins < 12
        low, high = stats.beta.ppf([0.025, 0.975], [wins, wins + 1], [12 - wins + 1, 12 - wins])
        assert (found.settings["wins"], found.estimate) == (wins, wins / 12)
        assert found.interval == pytest.approx((low, high), rel=1e-9)

    @pytest.mark.parametrize("sizes", ["columns", "numbers"])
    def test_the_corrected_test_is_on_folds(self, sizes: str) -> None:
        table = scores(noise=0.05)
        d = table.pivot(index=["repeat", "fold"], columns="method", values="auc").eval("new - old").to_numpy()
        more = {}
        if sizes == "numbers":
            table, more = table.drop(columns=["n_train", "n_test"]), {"n_train": 67, "n_test": 33}
        found = result(vb.compare(table, vary=["split"], **more), "corrected_resampled_t")
        # Nadeau & Bengio 2003: 1/J + n_test/n_train, J - 1 degrees of freedom, J = 36 folds
        error = np.sqrt((1 / 36 + 33 / 67) * d.var(ddof=1))
        t = stats.t(35)
        assert found.statistic == pytest.approx(d.mean() / error, rel=1e-9)
        assert found.pvalue == pytest.approx(2 * t.sf(abs(d.mean() / error)), rel=1e-9)
        assert found.interval == pytest.approx(
            (d.mean() - t.ppf(0.975) * error, d.mean() + t.ppf(0.975) * error)
        )
        assert (found.n, found.unit, found.estimand) == (36, "fold", "E2")

    def test_without_sizes_there_is_no_corrected_test_and_it_is_said(self) -> None:
        answer = vb.compare(scores().drop(columns=["n_train", "n_test"]), vary=["split"])
        assert not [
            r for r in answer.verdicts[0].results if r.method in ("corrected_resampled_t", "resample_floor")
        ]
        assert any("n_train= and n_test= say it" in note for note in said(answer).notes)

    def test_the_level_is_that_of_every_interval(self) -> None:
        answer = vb.compare(scores(noise=0.05), confidence_level=0.8)
        assert {r.confidence_level for r in answer.verdicts[0].results} == {0.8}
        a, b = by_repeat(scores(noise=0.05))
        theirs = stats.ttest_rel(a, b).confidence_interval(0.8)
        assert result(answer, "difference").interval == pytest.approx(tuple(theirs))

    def test_lower_is_better_turns_the_sign_and_not_the_means(self) -> None:
        table = scores(noise=0.05, metric="brier")
        answer, (a, b) = vb.compare(table), by_repeat(table, "brier")
        found = result(answer, "difference")
        assert found.estimate == pytest.approx((b - a).mean(), rel=1e-12)
        assert found.settings["mean_first"] == pytest.approx(a.mean())
        assert found.settings["greater_is_better"] is False

    def test_a_metric_of_ones_own_has_the_direction_that_is_said(self) -> None:
        table = scores(metric="regret")
        up = vb.compare(table, score="regret")
        down = vb.compare(table, score="regret", greater_is_better=False)
        assert result(up, "difference").estimate == pytest.approx(-result(down, "difference").estimate)

    def test_pairs_that_are_not_complete_are_left_out_and_said(self) -> None:
        table = scores(noise=0.05)
        lost = table[(table["method"] == "new") | (table["repeat"] < 9)]
        answer = vb.compare(lost)
        a, b = by_repeat(table)
        assert result(answer, "difference").estimate == pytest.approx((a[:9] - b[:9]).mean(), rel=1e-12)
        assert result(answer, "difference").n == 9
        assert any("9 runs that another method has are missing" in note for note in said(answer).notes)

    def test_test_sets_of_different_sizes_are_told(self) -> None:
        table = scores().assign(n_train=100, n_test=50)
        assert not any("test sets of different sizes" in note for note in said(vb.compare(table)).notes)
        table.loc[table.index[table["method"] == "new"][:2], "n_test"] = 49
        assert any(
            "In 2 runs the two have test sets of different sizes" in n for n in said(vb.compare(table)).notes
        )

    def test_what_nothing_pairs_is_not_counted_in_pairs(self) -> None:
        table = scores(noise=0.05).drop(columns=["repeat", "fold"])
        table = table[(table["method"] == "new") | (table.index < 50)]
        answer = vb.compare(table)
        a, b = (table[table["method"] == name]["auc"] for name in ("new", "old"))
        assert len(a) != len(b)
        assert result(answer, "difference").interval == pytest.approx(
            tuple(stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.95))
        )
        assert "not_paired" in result(answer, "signed_rank").notes
        assert not [r for r in answer.verdicts[0].results if r.method == "prob_outperform"]
        other = vb.compare(table.sample(frac=1, random_state=0), procedures=["new", "old"])
        assert said(other) == said(answer)
        with pytest.raises(InputError, match="no column says which scores belong together"):
            vb.compare(table, pairing="exact")

    def test_seeds_in_a_column_are_repeats_of_their_own(self) -> None:
        table = scores(repeats=6, folds=1).rename(columns={"repeat": "seed"})
        assert said(vb.compare(table, vary=["init"])).row == 7
        assert result(vb.compare(table), "difference").n == 6

    def test_the_noise_of_one_score(self) -> None:
        answer = vb.compare(scores(repeats=1, folds=1, metric="accuracy"), n_cases=100, positives=20)
        found = result(answer, "noise_band")
        p = scores(repeats=1, folds=1, metric="accuracy").query("method == 'new'")["accuracy"].item()
        assert found.estimate == pytest.approx(1.96 * np.sqrt(p * (1 - p) / 100), rel=0.05)
        assert found.n == 100


class TestSeveralDataSets:
    def test_two_procedures(self) -> None:
        table = scores(sets=9, repeats=3, noise=0.08)
        answer = vb.compare(table)
        means = table.groupby(["dataset", "method"])["auc"].mean().unstack("method")
        d = (means["new"] - means["old"]).to_numpy()
        found = result(answer, "mean_over_datasets")
        theirs = stats.ttest_1samp(d, 0)
        assert found.estimate == pytest.approx(d.mean(), rel=1e-12)
        assert found.interval == pytest.approx(tuple(theirs.confidence_interval(0.95)), rel=1e-9)
        assert found.pvalue == pytest.approx(theirs.pvalue, rel=1e-9)
        half = stats.t.ppf(0.975, 8) * d.std(ddof=1) * np.sqrt(1 + 1 / 9)
        assert found.settings["prediction_interval"] == pytest.approx([d.mean() - half, d.mean() + half])
        assert result(answer, "signed_rank").pvalue == pytest.approx(stats.wilcoxon(d, method="exact").pvalue)
        np.testing.assert_allclose(answer.frames["sets"]["difference"], d, rtol=1e-12)
        kinds = answer.frames["intervals"]["kind"].tolist()
        assert kinds == ["item"] * 9 + ["mean", "prediction"]

    def test_means_keep_their_units_where_lower_is_better(self) -> None:
        table = scores(sets=7, repeats=2, metric="brier")
        found = result(vb.compare(table), "mean_over_datasets")
        means = table.groupby("method")["brier"].mean()
        assert found.estimate == pytest.approx(means["old"] - means["new"])
        beside = result(vb.compare(table), "difference").settings
        assert (beside["mean_first"], beside["mean_second"]) == pytest.approx((means["new"], means["old"]))

    def test_sets_that_lack_one_of_the_two_are_counted(self) -> None:
        table = scores(sets=8, repeats=2)
        answer = vb.compare(table[(table["method"] == "new") | ~table["dataset"].isin(["d0", "d3"])])
        assert result(answer, "mean_over_datasets").n == 6
        assert any(note.startswith("2 of 8 data sets lack one of the two") for note in said(answer).notes)
        only_one = table[(table["method"] == "new") | (table["dataset"] == "d0")]
        with pytest.raises(InputError, match="at least two are needed"):
            vb.compare(only_one)

    def test_the_count_of_few_sets_is_a_partial_conjunction(self) -> None:
        table = scores(sets=4, repeats=6, noise=0.02, gap=0.0, seed=5)
        ahead = (table["method"] == "new") & table["dataset"].isin(["d1", "d2"])
        table.loc[ahead, "auc"] += 0.08
        answer = vb.compare(table, vary=["split"])
        pvalues = []
        for _, part in table.groupby("dataset"):
            d = (
                part.pivot(index=["repeat", "fold"], columns="method", values="auc")
                .eval("new - old")
                .to_numpy()
            )
            statistic = d.mean() / np.sqrt((1 / 18 + 33 / 67) * d.var(ddof=1))
            pvalues.append(stats.t(17).sf(statistic))
        # Benjamini & Heller 2008, Bonferroni: (k - u + 1) times the u-th largest... of the sorted p-values
        p = np.sort(pvalues)
        u = sum(np.all([(4 - i) * p[i] <= 0.025 for i in range(k)]) for k in range(1, 5))
        (count,) = (r for r in answer.verdicts[0].results if r.settings.get("procedure") == "new")
        assert (count.method, count.estimate) == ("replicability", u)
        assert 0 < u < 4  # else the test would not tell much

    def test_ranks_of_several_procedures(self) -> None:
        table = scores(sets=10, repeats=2, methods=tuple("ABCDE"), gap=0.004, noise=0.03)
        answer = vb.compare(table)
        matrix = table.groupby(["dataset", "method"])["auc"].mean().unstack("method")
        ranks = stats.rankdata(-matrix.to_numpy(), axis=1).mean(axis=0)
        mine = answer.frames["ranks"].set_index("method")["rank"]
        np.testing.assert_allclose(mine[list("ABCDE")], ranks, rtol=1e-12)
        friedman = next(r for r in answer.results if r.method == "friedman")
        theirs = stats.friedmanchisquare(*matrix.to_numpy().T)
        assert friedman.statistic == pytest.approx(theirs.statistic, rel=1e-9)
        assert friedman.pvalue == pytest.approx(theirs.pvalue, rel=1e-9)

    def test_pairs_are_holms(self) -> None:
        from statsmodels.stats.multitest import multipletests

        table = scores(sets=10, repeats=2, methods=tuple("ABCD"), gap=0.01, noise=0.03)
        pairs = vb.compare(table).frames["pairs"]
        matrix = table.groupby(["dataset", "method"])["auc"].mean().unstack("method")
        raw = [
            stats.wilcoxon(matrix[row.first], matrix[row.second], method="exact").pvalue
            for row in pairs.itertuples()
        ]
        np.testing.assert_allclose(pairs["pvalue"], multipletests(raw, method="holm")[1], rtol=1e-9)

    def test_chosen_procedures_only(self) -> None:
        table = scores(sets=7, repeats=2, methods=tuple("ABC"))
        assert set(vb.compare(table, procedures=["A", "C"]).frames["sets"].columns) >= {"first", "second"}
        with pytest.raises(InputError, match="unknown procedure 'X'"):
            vb.compare(table, procedures=["A", "X"])

    def test_radpca_has_the_ranks_that_others_give(self, shared_data: Path) -> None:
        from statsmodels.stats.multitest import multipletests

        path = shared_data / "scores" / "radpca_scores_per_fold.csv"
        answer = vb.compare(path, score="auc_fold")
        table = pd.read_csv(path, keep_default_na=False).astype({"auc_fold": float})
        matrix = table.groupby(["dataset", "method"])["auc_fold"].mean().unstack("method")
        assert matrix.shape == (50, 15)
        ranks = stats.rankdata(-matrix.to_numpy(), axis=1).mean(axis=0)
        mine = answer.frames["ranks"].set_index("method")["rank"]
        np.testing.assert_allclose(mine[matrix.columns], ranks, rtol=1e-12)
        friedman = next(r for r in answer.results if r.method == "friedman")
        assert friedman.pvalue == pytest.approx(
            stats.friedmanchisquare(*matrix.to_numpy().T).pvalue, rel=1e-9
        )
        pairs = answer.frames["pairs"]
        raw = [
            stats.wilcoxon(matrix[p.first], matrix[p.second], method="exact").pvalue
            for p in pairs.itertuples()
        ]
        np.testing.assert_allclose(pairs["pvalue"], multipletests(raw, method="holm")[1], rtol=1e-9)

    def test_radpca_has_the_mean_ranks_of_scikit_posthocs(self, shared_data: Path) -> None:
        import scikit_posthocs

        path = shared_data / "scores" / "radpca_scores_per_fold.csv"
        table = pd.read_csv(path, keep_default_na=False).astype({"auc_fold": float})
        matrix = table.groupby(["dataset", "method"])["auc_fold"].mean().unstack("method")
        theirs = scikit_posthocs.posthoc_nemenyi_friedman(matrix)
        # their p-values come of mean ranks; ours, handed to the studentised range, must give the same
        ranks = (
            vb.compare(path, score="auc_fold")
            .frames["ranks"]
            .set_index("method")["rank"][matrix.columns]
            .to_numpy()
        )
        q = np.abs(ranks[:, None] - ranks) / np.sqrt(15 * 16 / (6 * 50)) * np.sqrt(2)
        p = stats.studentized_range.sf(q, 15, np.inf)
        off = ~np.eye(15, dtype=bool)
        np.testing.assert_allclose(p[off], theirs.to_numpy()[off], atol=1e-6)


class TestTwoModels:
    def test_auc_and_delong_by_hand(self) -> None:
        a, b = predictions(signal=1.2, seed=1), predictions(signal=0.4, seed=2)
        answer = vb.compare(a, b, **PAIR)
        y = a["y"].to_numpy() == 1

        def places(p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            wins = (p[y][:, None] > p[~y]) + 0.5 * (p[y][:, None] == p[~y])
            return wins.mean(axis=1), wins.mean(axis=0)

        (a1, a0), (b1, b0) = (places(t["p"].to_numpy()) for t in (a, b))
        gap = a1.mean() - b1.mean()
        se = np.sqrt((a1 - b1).var(ddof=1) / len(a1) + (a0 - b0).var(ddof=1) / len(a0))
        found = result(answer, "delong")
        assert gap == pytest.approx(metrics.roc_auc_score(y, a["p"]) - metrics.roc_auc_score(y, b["p"]))
        assert found.estimate == pytest.approx(gap, rel=1e-9)
        assert found.pvalue == pytest.approx(2 * stats.norm.sf(abs(gap) / se), rel=1e-9)
        assert result(answer, "bootstrap_metric").estimate == pytest.approx(gap, rel=1e-9)
        assert result(answer, "bootstrap_metric").interval == pytest.approx(found.interval, abs=0.02)

    @pytest.mark.parametrize(
        ("metric", "theirs"),
        [
            ("f1", lambda y, p: metrics.f1_score(y, p > 0.5)),
            ("balanced_accuracy", lambda y, p: metrics.balanced_accuracy_score(y, p > 0.5)),
            ("brier", metrics.brier_score_loss),
            ("average_precision", metrics.average_precision_score),
        ],
    )
    def test_any_metric(self, metric: str, theirs: Any) -> None:
        a, b = predictions(signal=1.2, seed=1), predictions(signal=0.4, seed=2)
        answer = vb.compare(a, b, metric=metric, **PAIR)
        first, second = (theirs(t["y"], t["p"]) for t in (a, b))
        sign = -1 if metric == "brier" else 1
        found = result(answer, "bootstrap_metric")
        assert found.estimate == pytest.approx(sign * (first - second), rel=1e-9)
        assert said(answer).counted[0] == "bootstrap_metric"
        table = answer.frames["metrics"].set_index("metric").loc[metric]
        assert (table["first"], table["second"]) == pytest.approx((first, second))

    def test_mcnemar_stands_beside_only_where_cases_are_independent(self) -> None:
        from statsmodels.stats.contingency_tables import mcnemar

        a, b = predictions(signal=1.2, seed=1), predictions(signal=0.4, seed=2)
        right = [(t["p"] > 0.5) == t["y"] for t in (a, b)]
        table = [
            [(right[0] & right[1]).sum(), (right[0] & ~right[1]).sum()],
            [(~right[0] & right[1]).sum(), 0],
        ]
        exact = mcnemar(table, exact=True).pvalue
        c = [table[0][1], table[1][0]]
        mid = exact - stats.binom.pmf(min(c), sum(c), 0.5)
        assert result(vb.compare(a, b, **PAIR), "mcnemar").pvalue == pytest.approx(mid, rel=1e-9)
        patients = {"group": "patient"}
        grouped = vb.compare(
            *(t.assign(patient=range(80)).replace({"patient": {1: 0}}) for t in (a, b)), **PAIR, **patients
        )
        assert not [r for r in grouped.verdicts[0].results if r.method == "mcnemar"]
        assert result(grouped, "delong").n == 79
        assert result(grouped, "delong").unit == "group"

    def test_rows_in_another_order_change_nothing(self) -> None:
        a, b = predictions(signal=1.2, seed=1), predictions(signal=0.4, seed=2)
        there = vb.compare(a, b, names=["a", "b"], **PAIR)
        back = vb.compare(a, b.sample(frac=1, random_state=1), names=["a", "b"], **PAIR)
        assert said(there) == said(back)

    def test_cases_that_both_have(self) -> None:
        a, b = predictions(signal=1.2, seed=1), predictions(signal=0.4, seed=2)
        with pytest.raises(DataError, match=r"has 80 cases and .* has 60"):
            vb.compare(a, b[:60], **PAIR)
        some = vb.compare(a, b[:60], missing="shared", **PAIR)
        assert result(some, "delong").n == 60
        assert (
            result(some, "delong").estimate == result(vb.compare(a[:60], b[:60], **PAIR), "delong").estimate
        )
        assert any("20" in note for note in said(some).notes)

    def test_the_same_model_twice_differs_in_nothing(self) -> None:
        answer = vb.compare(predictions(), predictions(), **PAIR)
        assert (said(answer).rung, said(answer).winner) == ("not_shown", "")
        assert result(answer, "delong").pvalue == 1
        assert result(answer, "bootstrap_metric").pvalue == 1

    def test_a_perfect_model(self) -> None:
        answer = vb.compare(
            predictions().assign(p=lambda t: 1.0 * t["y"]), predictions(signal=0.4, seed=2), **PAIR
        )
        assert said(answer).winner == "first"
        assert result(answer, "delong").ci_high <= 1

    def test_fewer_than_six_patients_show_nothing(self) -> None:
        a, b = (predictions(signal=s, seed=1).assign(patient=np.arange(80) // 16) for s in (5.0, 0.0))
        found = said(vb.compare(a, b, group="patient", **PAIR))
        assert (found.row, found.rung, found.winner) == (3, "not_shown", "")
        assert "5 groups, and with fewer than 6 no exact test can reject" in found.headline

    def test_several_classes(self) -> None:
        a, b = several_classes(seed=1), several_classes(seed=2)
        answer = vb.compare(a, b, label="y", id="id", metric="accuracy")
        right = [(t[["p_a", "p_b", "p_c"]].to_numpy().argmax(1) == np.arange(90) % 3).mean() for t in (a, b)]
        assert result(answer, "bootstrap_metric").estimate == pytest.approx(right[0] - right[1])

    def test_predicted_numbers(self) -> None:
        a, b = numbers(noise=0.3, seed=1), numbers(noise=0.6, seed=2)
        answer = vb.compare(a, b, label="y", pred="pred", id="id")
        mae = [metrics.mean_absolute_error(t["y"], t["pred"]) for t in (a, b)]
        assert said(answer).winner == "first"
        assert result(answer, "regression_metric").estimate == pytest.approx(mae[1] - mae[0], rel=1e-9)

    def test_seeds_are_drawn_with_the_patients(self) -> None:
        a, b = seeds(signal=1.2, seed=1), seeds(signal=0.6, seed=2)
        answer = vb.compare(a, b, **PAIR)
        mean = [
            t.groupby("seed").apply(lambda g: metrics.roc_auc_score(g["y"], g["p"])).mean() for t in (a, b)
        ]
        found = result(answer, "joint_bootstrap")
        assert found.estimate == pytest.approx(mean[0] - mean[1], rel=1e-9)
        assert (found.n, found.settings["n_seeds"]) == (80, [6, 6])

    def test_seeds_carry_the_class_that_was_measured_for_their_number(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        row = classes.Measured("joint_bootstrap", "seeds", 0, 6, 80, 0.5, "roc_auc", 0.04, 0.05, "exact")
        rows = [
            row._replace(repeats=repeats, n=n, prevalence=share, low=0.01 * repeats, high=0.01 * repeats)
            for repeats in (2, 6, 20) for n in (50, 200) for share in (0.05, 0.5)
        ]  # fmt: skip
        monkeypatch.setattr(classes, "measured", lambda: tuple(rows))
        found = result(
            vb.compare(seeds(signal=1.2, seed=1), seeds(signal=0.6, seed=2), **PAIR), "joint_bootstrap"
        )
        assert (found.validity, found.settings["measured_error_rate"]) == ("exact", "0.06")
        # Of one model each, or of another number of seeds, that says nothing.
        monkeypatch.setattr(classes, "measured", lambda: tuple(row for row in rows if row.repeats > 6))
        found = result(
            vb.compare(seeds(signal=1.2, seed=1), seeds(signal=0.6, seed=2), **PAIR), "joint_bootstrap"
        )
        assert (found.validity, "measured_error_rate" in found.settings) == ("unknown", False)

    def test_seeds_are_partners_by_their_names(self) -> None:
        a, b = seeds(signal=1.2, seed=1), seeds(signal=0.6, seed=2)
        there, back = (vb.compare(a, t, **PAIR) for t in (b, b.sort_values("seed", ascending=False)))
        for one, other in zip(there.verdicts[0].results, back.verdicts[0].results, strict=True):
            assert (
                one.pvalue == pytest.approx(other.pvalue) if one.pvalue is not None else other.pvalue is None
            )

    def test_seeds_of_different_numbers_are_two_samples(self) -> None:
        answer = vb.compare(seeds(signal=1.2, seed=1), seeds(number=5, signal=0.6, seed=2), **PAIR)
        assert said(answer).row == 4
        assert "not_paired" in result(answer, "signed_rank").notes
        with pytest.raises(InputError, match=r"has 6 seeds and .* 1"):
            vb.compare(seeds(), seeds(number=1), **PAIR)


class TestEstimators:
    X = np.random.default_rng(0).normal(size=(72, 4)) + (np.arange(72) % 3 == 0)[:, None]
    y = (np.arange(72) % 3 == 0).astype(int)

    def test_the_scores_are_those_of_the_stored_predictions(self, tmp_path: Path) -> None:
        tree = DecisionTreeClassifier(max_depth=2)
        answer = vb.compare(
            LogisticRegression(), tree, self.X, self.y, repeats=3, folds=3, out=tmp_path / "RUN"
        )
        cube = vb.open_cube(tmp_path / "RUN")
        assert cube.procedure.values.tolist() == ["LogisticRegression", "DecisionTreeClassifier"]
        means = []
        for procedure in range(2):
            found = []
            for repeat in range(3):
                one = cube.isel(procedure=procedure, repeat=repeat)
                rows = one["row_fold"].values
                aucs = [
                    metrics.roc_auc_score(one["y_true"].values[rows == f], one["y_score"].values[rows == f])
                    for f in range(3)
                ]
                np.testing.assert_allclose(one["score"].sel(metric="roc_auc").values, aucs, rtol=1e-6)
                found.append(np.mean(aucs))
            means.append(np.array(found))
        assert result(answer, "difference").estimate == pytest.approx((means[0] - means[1]).mean(), rel=1e-5)
        assert (said(answer).fits, answer.verdicts[0].facts.pairing) == (6, "exact")

    def test_a_second_of_a_name_has_its_number_and_pipelines_are_taken_apart(self) -> None:
        scaled = make_pipeline(StandardScaler(), LogisticRegression(C=0.01))
        answer = vb.compare(LogisticRegression(), scaled, self.X, self.y, repeats=2, folds=3)
        assert (answer.verdicts[0].facts.first, answer.verdicts[0].facts.second) == (
            "LogisticRegression", "LogisticRegression-2",
        )  # fmt: skip

    def test_a_frame_groups_and_a_metric(self, tmp_path: Path) -> None:
        frame = pd.DataFrame(self.X, columns=list("abcd"))
        y = np.repeat([1, 0, 0] * 12, 2)
        answer = vb.compare(
            LogisticRegression(), DecisionTreeClassifier(max_depth=1), frame, y, groups=np.arange(72) // 2, repeats=2,
            folds=3,            metric="balanced_accuracy", margin=0.05, out=tmp_path / "RUN",
        )  # fmt: skip
        assert answer.verdicts[0].facts.metric == "balanced_accuracy"
        assert answer.verdicts[0].facts.margin == 0.05
        cube = vb.open_cube(tmp_path / "RUN")
        one = cube.isel(procedure=0, repeat=0)
        both = pd.DataFrame({"fold": one["row_fold"].values, "group": one["group"].values}).query("fold >= 0")
        assert (both.groupby("group")["fold"].nunique() == 1).all()

    @pytest.mark.parametrize(
        ("what", "more", "message"),
        [
            ((LogisticRegression(),), {}, "give two or more"),
            ((LogisticRegression(), DecisionTreeClassifier), {}, "an estimator with its parameters"),
            ((LogisticRegression(), LogisticRegression()), {"groups": [1, 2]}, "the lengths differ"),
            ((LogisticRegression(), LogisticRegression()), {"folds": 1}, "folds=1"),
            ((LogisticRegression(), LogisticRegression()), {"target": "y"}, "X and y have none"),
            ((LogisticRegression(), LogisticRegression()), {"data": "wdbc"}, "one table is needed"),
        ],
    )
    def test_what_cannot_be_run_is_refused(self, what: Any, more: dict[str, Any], message: str) -> None:
        with pytest.raises(InputError, match=message):
            vb.compare(*what, self.X, self.y, **{"repeats": 2, "folds": 3, **more})

    def test_nothing_at_all(self) -> None:
        with pytest.raises(InputError, match="nothing to compare"):
            vb.compare()


def noisy(folder: Path, source: Path) -> tuple[Path, Path]:
    """Two MAPS: the example, and one whose probabilities have noise."""
    a, b = folder / "first", folder / "second"
    shutil.copytree(source, a)
    shutil.copytree(source, b)
    rng = np.random.default_rng(0)
    for path in sorted(b.rglob("*prediction.tsv")):
        table = pd.read_csv(path, sep="\t")
        table["proba0"] = np.clip(table["proba0"] + rng.normal(0, 0.2, len(table)), 0.01, 0.99)
        table["proba1"] = 1 - table["proba0"]
        table["predicted_label"] = (table["proba0"] < 0.5).astype(int)
        table.to_csv(path, sep="\t", index=False)
    return a, b


class TestMaps:
    def test_of_1_6_the_test_group_first_and_files_beside_both(
        self, shared_data: Path, tmp_path: Path
    ) -> None:
        a, b = noisy(tmp_path, shared_data / "clinicadl_maps" / "maps_1_6")
        answer = vb.compare(a, b)
        aucs = []
        for place in (a, b):
            tables = [
                pd.read_csv(p, sep="\t") for p in sorted(place.glob("split-*/best-loss/test/*prediction.tsv"))
            ]
            aucs.append([metrics.roc_auc_score(t["true_label"] == 0, t["proba0"]) for t in tables])
        found = result(answer, "difference")
        assert found.estimate == pytest.approx(np.mean(aucs[0]) - np.mean(aucs[1]), abs=1e-9)
        assert said(answer).row == 7  # three networks are fewer than five seeds
        assert any("K folds of one partition" in note for note in said(answer).notes)
        for place in (a, b):
            stored = json.loads((place / "verdict.json").read_text())
            assert stored["verdict"]["headline"] == said(answer).headline
            assert "method" in pd.read_csv(place / "statistics.tsv", sep="\t").columns

    def test_of_1_6_the_folds_of_one_partition(self, shared_data: Path, tmp_path: Path) -> None:
        a, b = noisy(tmp_path, shared_data / "clinicadl_maps" / "maps_1_6")
        answer = vb.compare(a, b, data_group="validation", names=["A", "B"])
        frame = answer.frames["folds"]
        tables = [
            pd.read_csv(p, sep="\t") for p in sorted(a.glob("split-*/best-loss/validation/*prediction.tsv"))
        ]
        aucs = [metrics.roc_auc_score(t["true_label"] == 0, t["proba0"]) for t in tables]
        np.testing.assert_allclose(frame["first"], aucs)
        d = frame["difference"].to_numpy()
        found = result(answer, "corrected_resampled_t")
        # 20 images to train on and 10 to test: half as many
        assert found.statistic == pytest.approx(d.mean() / np.sqrt((1 / 3 + 0.5) * d.var(ddof=1)))
        assert (said(answer).fits, said(answer).scope) == (6, "On this cohort only")

    def test_of_2_0_by_measures_of_each_image(self, shared_data: Path, tmp_path: Path) -> None:
        places = [tmp_path / name for name in ("first", "second")]
        for place in places:
            shutil.copytree(shared_data / "clinicadl_maps" / "maps_2_0", place)
        rng = np.random.default_rng(0)
        means = []
        for place in places:
            tables = []
            for path in sorted(place.glob("test/**/details.tsv")):
                table = pd.read_csv(path, sep="\t")
                if place == places[1]:
                    table["mse"] *= 1 + 0.3 * rng.random(len(table))
                    table.to_csv(path, sep="\t", index=False)
                tables.append(table["mse"].to_numpy())
            means.append(np.mean(tables, axis=0))
        answer = vb.compare(*places, metric="mse")
        found = result(answer, "case_summary")
        assert found.estimate == pytest.approx((means[1] - means[0]).mean(), rel=1e-9)
        assert (said(answer).row, said(answer).winner) == (3, "first")

    def test_without_predictions(self, shared_data: Path, tmp_path: Path) -> None:
        a, b = noisy(tmp_path, shared_data / "clinicadl_maps" / "maps_1_6")
        for path in b.rglob("*prediction.tsv"):
            path.unlink()
        with pytest.raises(DataError, match="second holds no predictions, and first does"):
            vb.compare(a, b)
        with pytest.raises(InputError, match="is compared with one other MAPS"):
            vb.compare(a)
        with pytest.raises(InputError, match="unknown data group"):
            vb.compare(a, a, data_group="nosuch")

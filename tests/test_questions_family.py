"""``compare`` with more than two procedures: one verdict of them all, that no look at the scores makes too sure."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from questions_examples import result, said, scores
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import ShuffleSplit, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier
from statsmodels.stats.multitest import multipletests

import varbench as vb
from varbench.errors import InputError
from varbench.questions.family import each_level, together
from varbench.stats import Result, classes
from varbench.stats.classes import Measured

ABCD = tuple("ABCD")


def every(answer: Any, method: str) -> dict[tuple[str, str], Any]:
    """The results of a method, by the pair they are of."""
    found = [r for r in answer.results if r.method == method]
    return {(r.settings["first"], r.settings["second"]): r for r in found}


def set_means(table: pd.DataFrame) -> pd.DataFrame:
    return table.groupby(["dataset", "method"])["auc"].mean().unstack("method")


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the corrected test count for three folds and twelve repeats."""
    rows = (
        Measured("corrected_resampled_t", "re-split", 3, 12, 144, 0.16, "roc_auc", 0.05, 0.05, "approximate"),
    )
    monkeypatch.setattr(classes, "measured", lambda: rows)


class TestOverDataSets:
    def test_wilcoxon_holm_is_the_evidence_that_counts(self) -> None:
        table = scores(sets=12, repeats=2, methods=ABCD, gap=0.01, noise=0.03)
        answer = vb.compare(table)
        found, means = said(answer), set_means(table)
        assert (found.row, found.scope) == (9, "Over data sets like these")
        assert found.counted[0] == "wilcoxon_holm"
        mine = every(answer, "wilcoxon_holm")
        raw = [stats.wilcoxon(means[a], means[b], method="exact").pvalue for a, b in mine]
        np.testing.assert_allclose(
            [r.pvalue for r in mine.values()], multipletests(raw, method="holm")[1], rtol=1e-9
        )
        np.testing.assert_allclose([r.settings["pvalue_of_the_pair"] for r in mine.values()], raw, rtol=1e-9)
        counts = answer.frames["results"].query("counts")
        assert set(counts["method"]) == {"wilcoxon_holm", "mean_over_datasets"}
        assert len(counts) == 2 * 6

    def test_the_means_have_simultaneous_intervals(self) -> None:
        table = scores(sets=12, repeats=2, methods=ABCD, gap=0.01, noise=0.03)
        means, found = set_means(table), every(vb.compare(table), "mean_over_datasets")
        theirs = {pair: stats.ttest_1samp(means[pair[0]] - means[pair[1]], 0) for pair in found}
        for pair, one in found.items():
            bounds = theirs[pair].confidence_interval(1 - 0.05 / 6)
            assert one.interval == pytest.approx(tuple(bounds), rel=1e-9)
            assert (one.confidence_level, one.settings["level_of_each"]) == (
                0.95,
                pytest.approx(1 - 0.05 / 6),
            )
        adjusted = multipletests([t.pvalue for t in theirs.values()], method="holm")[1]
        np.testing.assert_allclose([r.pvalue for r in found.values()], adjusted, rtol=1e-9)

    def test_who_is_not_told_apart_from_the_best(self) -> None:
        table = scores(sets=14, repeats=2, methods=ABCD, gap=0.0, noise=0.01, seed=5)
        table.loc[table["method"].isin(["C", "D"]), "auc"] -= 0.05
        answer, means = vb.compare(table), set_means(table)
        ranks = stats.rankdata(-means.to_numpy(), axis=1).mean(axis=0)
        best = means.columns[int(np.argmin(ranks))]
        other = "B" if best == "A" else "A"
        found = said(answer)
        assert found.headline == (
            f"Not shown: which is best. {best} has the best mean rank; not told apart from it: {other}."
        )
        assert (found.rung, found.winner) == ("not_shown", "")
        assert any(
            s.startswith(f"{best} is told apart from ") and "C (" in s and "D (" in s for s in found.sentences
        )
        assert "Of all 6 pairs 4 are told apart" in " ".join(found.sentences)
        # the mean of each stands in the sentences
        assert all(f"{name} {means[name].mean():.3f}" in found.sentences[0] for name in means)
        assert "compare two that are named beforehand" in found.settle

    @pytest.mark.parametrize(
        ("gap", "margin", "rung", "words"),
        [
            (0.03, 0.01, "real_and_meaningful", "D is ahead of each of the other 3: real and meaningful"),
            (0.03, 0.2, "real_but_small", "D is ahead of each of the other 3: real but small"),
            (0.03, None, "real", "D is ahead of each of the other 3: real."),
            (0.03, 0.0303, "real_size_unsettled", "D is ahead of each of the other 3: real, size unsettled"),
            (0.0, 0.05, "equivalent", "All 4 procedures are equivalent within 0.05 ROC AUC"),
            (0.0, None, "not_shown", "Not shown: a difference between"),
        ],
    )
    def test_the_ladder(self, gap: float, margin: float | None, rung: str, words: str) -> None:
        # twenty data sets: the class of the interval of the mean is exact there
        table = scores(sets=20, repeats=2, methods=tuple("DCBA"), gap=gap, noise=0.004)
        found = said(vb.compare(table, margin=margin))
        assert found.rung == rung
        assert found.headline.startswith(words)
        assert found.winner == ("D" if rung.startswith("real") else "")

    def test_too_few_data_sets_for_so_many_pairs_are_said(self) -> None:
        # 2 / 2^7 = 0.0156, and times 6 pairs 0.094: nothing can be told apart, however far apart
        answer = vb.compare(scores(sets=7, repeats=2, methods=ABCD, gap=0.06))
        found = said(answer)
        assert found.rung == "not_shown"
        assert any("None could be, whatever the scores" in s and "0.016" in s for s in found.sentences)
        assert found.settle.startswith("At least 8 independent data sets")
        assert said(vb.compare(scores(sets=8, repeats=2, methods=ABCD, gap=0.06))).rung == "real"

    def test_where_signed_ranks_fail_the_mean_must_agree(self) -> None:
        # half of the data sets differ a little, one way; a few a lot, the other way: the ranks say A, the mean does not
        rng = np.random.default_rng(0)
        d = np.concatenate([np.full(42, 0.01), np.full(8, -0.08)]) + 0.001 * rng.normal(size=50)
        base = rng.uniform(0.6, 0.8, 50)
        wide = pd.DataFrame({"A": base + d, "B": base, "C": base - 0.2 + 0.01 * rng.normal(size=50)})
        wide["dataset"] = [f"d{i}" for i in range(50)]
        answer = vb.compare(wide.melt("dataset", var_name="method", value_name="auc"))
        ranks, mean = every(answer, "wilcoxon_holm")["A", "B"], every(answer, "mean_over_datasets")["A", "B"]
        assert ranks.validity == "failing"
        assert ranks.pvalue < 0.05 < mean.pvalue
        assert "not told apart from it: B" in said(answer).headline
        assert said(answer).counted[0] == "mean_over_datasets"
        assert any("Both tests must agree" in s for s in said(answer).sentences)

    @pytest.mark.parametrize(
        ("family", "one", "expected"),
        [
            ("exact", "failing", "failing"),
            ("failing", "exact", "failing"),
            ("approximate", "exact", "approximate"),
        ],
    )
    def test_the_class_is_the_worse_of_the_familys_and_of_one_tests(
        self, monkeypatch: pytest.MonkeyPatch, family: str, one: str, expected: str
    ) -> None:
        rows = [
            Measured(method, "data sets", 0, 0, 9, 0.5, "roc_auc", 0.05, 0.05, validity)
            for method, validity in (("wilcoxon_holm", family), ("signed_rank", one), ("friedman", "exact"))
        ]
        monkeypatch.setattr(classes, "measured", lambda: tuple(rows))
        answer = vb.compare(scores(sets=9, repeats=2, methods=tuple("ABC")))
        assert {r.validity for r in every(answer, "wilcoxon_holm").values()} == {expected}
        assert result(answer, "friedman").validity == "exact"
        assert result(answer, "iman_davenport").validity == "unknown"

    def test_lower_is_better(self) -> None:
        table = scores(sets=9, repeats=2, methods=tuple("ABC"), metric="brier", gap=0.03)
        answer = vb.compare(table)
        assert said(answer).winner == "C"
        means = table.groupby("method")["brier"].mean()
        assert answer.frames["ranks"].set_index("method")["score"]["A"] == pytest.approx(means["A"])
        assert every(answer, "mean_over_datasets")["C", "A"].settings["mean_second"] == pytest.approx(
            means["A"]
        )
        assert every(answer, "mean_over_datasets")["C", "A"].estimate > 0

    def test_the_order_of_the_rows_and_of_the_names_changes_nothing(self) -> None:
        table = scores(sets=9, repeats=2, methods=ABCD, gap=0.01, noise=0.03)
        one = said(vb.compare(table))
        other = said(vb.compare(table.sample(frac=1, random_state=0), procedures=list("DBCA")))
        assert (one.headline, one.sentences, one.rung) == (other.headline, other.sentences, other.rung)

    def test_equal_procedures_are_rarely_told_apart(self) -> None:
        # the best and the worst of five equal ones, seen from the same scores, look different far too often
        rng, apart, naive = np.random.default_rng(1), 0, 0
        for _ in range(120):
            wide = pd.DataFrame(rng.normal(0.7, 0.03, size=(12, 5)), columns=list("ABCDE"))
            table = wide.assign(dataset=[f"d{i}" for i in range(12)]).melt(
                "dataset", var_name="method", value_name="auc"
            )
            answer = vb.compare(table)
            apart += bool((answer.frames["pairs"]["words"] != "not shown").any())
            order = answer.frames["ranks"]["method"]
            naive += stats.wilcoxon(wide[order.iloc[0]], wide[order.iloc[-1]], method="exact").pvalue < 0.05
        assert stats.binomtest(apart, 120, 0.05, alternative="greater").pvalue > 0.01
        assert stats.binomtest(naive, 120, 0.05, alternative="greater").pvalue < 1e-6


class TestSharedRuns:
    def test_only_runs_that_all_have_are_compared_and_the_rest_is_counted(self) -> None:
        table = scores(sets=8, repeats=4, methods=tuple("ABC"), noise=0.05)
        # A lacks the repeats that are hardest on one data set
        gone = (table["method"] == "A") & (table["dataset"] == "d0") & (table["repeat"] >= 2)
        table.loc[table["dataset"].eq("d0") & table["repeat"].ge(2), "auc"] -= 0.3
        answer = vb.compare(table[~gone])
        kept = table[~(table["dataset"].eq("d0") & table["repeat"].ge(2))]
        pd.testing.assert_frame_equal(
            answer.frames["sets"].set_index("dataset")[list("ABC")], set_means(kept), check_names=False
        )
        note = "12 of 282 scores are of runs that not every compared procedure has, on 1 of 8 data sets, and are left "
        assert any(one.startswith(note) and "B 6, C 6" in one for one in answer.notices)
        assert any(one.startswith(note) for one in said(answer).notes)

    def test_of_two_the_others_have_no_say(self) -> None:
        table = scores(sets=7, repeats=4, methods=tuple("ABC"), noise=0.05)
        gone = (table["method"] == "C") & (table["repeat"] >= 1)
        answer = vb.compare(table[~gone], procedures=["A", "B"])
        means = set_means(table)
        d = (means["A"] - means["B"]).to_numpy()
        np.testing.assert_allclose(answer.frames["sets"]["difference"], d, rtol=1e-12)
        assert not any("left out" in note for note in said(answer).notes)

    def test_two_with_other_runs(self) -> None:
        table = scores(sets=7, repeats=4, noise=0.05)
        gone = (table["method"] == "old") & (table["repeat"] == 3)
        answer = vb.compare(table[~gone])
        means = set_means(table[table["repeat"] < 3])
        np.testing.assert_allclose(
            answer.frames["sets"]["difference"], means["new"] - means["old"], rtol=1e-12
        )
        assert any(
            "21 of 147 scores are of runs that not every compared procedure has" in n
            for n in said(answer).notes
        )

    def test_runs_of_one_name_that_have_nothing_in_common(self) -> None:
        table = scores(sets=7, repeats=4)
        table.loc[table["method"] == "old", "repeat"] += 100
        with pytest.raises(InputError, match=r"in shared runs on 0 data set\(s\).*pairing='none'"):
            vb.compare(table)
        assert result(vb.compare(table, pairing="none"), "mean_over_datasets").n == 7

    def test_the_two_means_stand_in_the_sentence(self) -> None:
        table = scores(sets=9, repeats=2)
        means = set_means(table).mean()
        assert (
            f"ROC AUC: new {means['new']:.2f}, old {means['old']:.2f}" in said(vb.compare(table)).sentences[0]
        )


class TestFewDataSets:
    def test_counts_hold_for_all_pairs_and_directions(self, trusted: None) -> None:
        table = scores(sets=4, methods=tuple("ABC"), gap=0.0, noise=0.01, seed=4)
        table.loc[table["method"].eq("C"), "auc"] -= 0.06
        table.loc[table["method"].eq("B") & table["dataset"].isin(["d0", "d1"]), "auc"] -= 0.05
        answer = vb.compare(table, vary=["split"])
        pvalues: dict[tuple[str, str], list[float]] = {}
        for _, part in table.groupby("dataset"):
            wide = part.pivot(index=["repeat", "fold"], columns="method", values="auc")
            for a, b in itertools.permutations("ABC", 2):
                d = (wide[a] - wide[b]).to_numpy()
                t = d.mean() / np.sqrt((1 / 36 + 33 / 67) * d.var(ddof=1))
                pvalues.setdefault((a, b), []).append(float(stats.t(35).sf(t)))
        found = every(answer, "replicability")
        assert set(found) == set(pvalues)
        for pair, p in pvalues.items():
            ordered = np.sort(p)  # Benjamini & Heller 2008, at 0.05 over six ordered pairs
            u = sum(np.all([(4 - i) * ordered[i] <= 0.05 / 6 for i in range(k)]) for k in range(1, 5))
            assert found[pair].estimate == u, pair
        counts = {pair: one.estimate for pair, one in found.items()}
        assert 0 < min(counts["A", "B"], counts["A", "C"]) < 4  # else the test would not tell much
        u = int(min(counts["A", "B"], counts["A", "C"]))
        assert said(answer).headline == (
            f"A is indicated to be ahead of each of the other 2 on at least {u} of 4 data sets."
        )
        assert (said(answer).row, said(answer).counted[0]) == (8, "replicability")
        assert {"wilcoxon_holm", "mean_over_datasets"} <= set(said(answer).greyed)

    def test_without_a_test_in_each_set(self) -> None:
        found = said(vb.compare(scores(sets=3, methods=tuple("ABC"))))
        assert (found.row, found.rung) == (8, "not_shown")
        assert any("vary=['split'] says it" in note for note in found.notes)


class TestOneDataSet:
    def test_5_a_cohort_for_each_repeat(self) -> None:
        table = scores(methods=ABCD)
        answer = vb.compare(table, vary=["cohort", "split"], margin=0.01)
        wide = table.groupby(["repeat", "method"])["auc"].mean().unstack("method")
        found = every(answer, "difference")
        theirs = {(a, b): stats.ttest_rel(wide[a], wide[b]) for a, b in found}
        adjusted = multipletests([t.pvalue for t in theirs.values()], method="holm")[1]
        np.testing.assert_allclose([r.pvalue for r in found.values()], adjusted, rtol=1e-9)
        for pair, one in found.items():
            assert one.interval == pytest.approx(
                tuple(theirs[pair].confidence_interval(1 - 0.05 / 6)), rel=1e-9
            )
        assert (said(answer).row, said(answer).rung, said(answer).winner) == (5, "real_and_meaningful", "A")

    def test_6_indicates(self, trusted: None) -> None:
        answer = vb.compare(scores(methods=ABCD), vary=["split"], n_cases=144, positives=23)
        found = said(answer)
        assert (found.row, found.scope, found.winner) == (6, "For patients like these", "A")
        assert found.headline == "A is ahead of each of the other 3: indicated."
        assert found.counted == ("corrected_resampled_t",)
        one = every(answer, "corrected_resampled_t")["A", "B"]
        table = scores(methods=ABCD).pivot(index=["repeat", "fold"], columns="method", values="auc")
        d = (table["A"] - table["B"]).to_numpy()
        half = stats.t(35).ppf(1 - 0.05 / 12) * np.sqrt((1 / 36 + 33 / 67) * d.var(ddof=1))
        assert one.interval == pytest.approx((d.mean() - half, d.mean() + half), rel=1e-9)
        assert {"rank_sum", "signed_rank"} <= set(found.greyed)

    def test_7_speaks_of_this_cohort(self) -> None:
        found = said(vb.compare(scores(methods=ABCD)))
        assert (found.row, found.rung, found.winner) == (7, "", "")
        assert (
            found.headline == "A has the best mean of 4; whether it holds for other patients cannot be told."
        )
        assert any("A was ahead of B in 12 of 12" in s for s in found.sentences)

    def test_2_one_run_each(self) -> None:
        answer = vb.compare(scores(methods=ABCD, repeats=1, folds=1), n_cases=46, positives=8)
        assert said(answer).headline == "Cannot be told: one run each."
        assert any("The noise at n = 46" in s for s in said(answer).sentences)
        assert {r.method for r in answer.results if r.pvalue is not None} <= set(said(answer).greyed)

    def test_holes_are_counted(self) -> None:
        table = scores(methods=ABCD)
        answer = vb.compare(table[(table["method"] != "B") | (table["repeat"] > 0)])
        assert any(
            n.startswith("9 of 141 scores are of runs that not every compared procedure has")
            for n in answer.notices
        )
        assert every(answer, "difference")["A", "C"].n == 11
        none = table[(table["method"] != "B") | (table["repeat"] > 5)]
        none = none[(none["method"] != "C") | (none["repeat"] <= 5)]
        with pytest.raises(InputError, match=r"there is no run in which each of A, .* has a score"):
            vb.compare(none)

    def test_names_are_checked(self) -> None:
        with pytest.raises(InputError, match="each is named once"):
            vb.compare(scores(methods=ABCD), procedures=["A", "A", "B"])
        with pytest.raises(InputError, match="unknown procedure 'X'"):
            vb.compare(scores(methods=ABCD), procedures=["A", "X", "B"])


class TestCubes:
    @staticmethod
    def run(cv: Any, vary: list[str], repeats: int) -> Any:
        y = np.arange(60) % 3 == 0
        X = np.random.default_rng(0).normal(size=(60, 2)) + np.outer(y, [2.0, 0.7])
        data = vb.load_data(pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "y": y.astype(int)}), target="y")
        models = {"logistic": LogisticRegression(), "tree": DecisionTreeClassifier(max_depth=2, max_features=1),
                  "near": KNeighborsClassifier(5)}  # fmt: skip
        procedures = {name: vb.Procedure([vb.Split(cv), model]) for name, model in models.items()}
        study = vb.Study(
            question="Which?",
            data=data,
            procedures=procedures,
            primary="roc_auc",
            name="s",
            vary=vary,
            repeats=repeats,
        )
        return study.run()

    @pytest.mark.parametrize(
        ("vary", "repeats", "row", "counts"),
        [
            (["init"], 1, 3, "delong"),
            (["init"], 6, 4, "joint_bootstrap"),
            (["split", "init"], 4, 7, "difference"),
        ],
    )
    def test_each_row(self, vary: list[str], repeats: int, row: int, counts: str) -> None:
        cube = self.run(ShuffleSplit(1, test_size=20), vary, repeats)
        answer = vb.compare(cube, procedures=["logistic", "tree", "near"])
        assert (said(answer).row, said(answer).counted[0]) == (row, counts)
        assert len(every(answer, counts)) == 3
        alone = {pair: vb.compare(cube, procedures=list(pair)) for pair in every(answer, counts)}
        for pair, one in every(answer, counts).items():
            two = result(alone[pair], counts)
            assert one.estimate == pytest.approx(two.estimate, abs=1e-12)
            if two.interval is not None and one.interval is not None:  # wider than that of the pair alone
                assert one.interval[0] <= two.interval[0] <= two.interval[1] <= one.interval[1]
            if two.pvalue is not None:
                assert one.pvalue >= two.pvalue

    def test_three_estimators_are_one_family(self) -> None:
        y = np.arange(60) % 3 == 0
        X = np.random.default_rng(0).normal(size=(60, 2)) + np.outer(y, [2.0, 0.7])
        models = (LogisticRegression(), DecisionTreeClassifier(max_depth=2), KNeighborsClassifier(5))
        answer = vb.compare(*models, X, y.astype(int), repeats=2)
        assert len(answer.verdicts[0].facts.procedures) == 3
        assert len(every(answer, "difference")) == 3

    def test_a_leak_makes_no_order(self) -> None:
        from imblearn.over_sampling import RandomOverSampler

        cv, near = StratifiedKFold(3, shuffle=True), KNeighborsClassifier(1)
        y = np.arange(60) % 3 == 0
        table = pd.DataFrame({"a": np.random.default_rng(0).normal(size=60), "y": y.astype(int)})
        procedures = {
            "leaks": vb.Procedure([RandomOverSampler(), vb.Split(cv), near]),
            "clean": vb.Procedure([vb.Split(cv), RandomOverSampler(), near]),
            "plain": vb.Procedure([vb.Split(cv), near]),
        }
        study = vb.Study(
            question="Which?", data=vb.load_data(table, target="y"), procedures=procedures, primary="roc_auc", name="s",
            vary=["split", "resample"], repeats=3,
        )  # fmt: skip
        answer = vb.compare(study.run(), procedures=list(procedures))
        found = said(answer)
        assert (found.row, found.counted, found.rung) == (1, (), "")
        assert found.headline == "No order of these 3: the score of leaks is invalid."
        assert {r.method for r in answer.results if r.pvalue is not None} <= set(found.greyed)
        assert found.settle.endswith("Compare clean, plain alone.")


class TestForms:
    def test_json_names_all_and_no_pair(self) -> None:
        answer = vb.compare(scores(sets=8, repeats=2, methods=tuple("ABC")))
        found = json.loads(json.dumps(answer.to_dict()))
        (one,) = found["comparisons"]
        assert (one["first"], one["second"], one["procedures"]) == (None, None, ["A", "B", "C"])
        assert found["verdict"]["counted"][0] == "wilcoxon_holm"
        pairs = [r for r in found["results"] if r["method"] == "wilcoxon_holm"]
        assert {(r["settings"]["first"], r["settings"]["second"]) for r in pairs} == {
            ("A", "B"),
            ("A", "C"),
            ("B", "C"),
        }
        two = vb.compare(scores(sets=8, repeats=2)).to_dict()["comparisons"][0]
        assert (two["first"], two["second"], two["procedures"]) == ("new", "old", ["new", "old"])

    @pytest.mark.parametrize(
        ("table", "more"),
        [
            (scores(sets=8, repeats=2, methods=ABCD), {}), (scores(sets=3, repeats=2, methods=ABCD), {}),
            (scores(methods=ABCD), {}), (scores(methods=ABCD), {"vary": ["cohort"]}),
        ],
    )  # fmt: skip
    def test_every_form_can_be_written(self, table: pd.DataFrame, more: dict[str, Any]) -> None:
        from varbench.report.to_html import to_html
        from varbench.report.to_latex import to_latex

        answer = vb.compare(table, **more)
        assert said(answer).headline.split(":")[0] in to_html(answer)
        assert "All pairs" in to_latex(answer)
        for name in answer.drawn:
            answer.plot(name)


class TestTogether:
    def test_levels_and_adjustments(self) -> None:
        def one(p: float | None, name: str = "m") -> Result:
            return Result(name, 0.1, 0.0, 0.2, each_level(0.95, 2), None, p, 9, "run", "exact", "E1", "exact")

        found = together([one(0.01), one(0.04), one(None, "other")], 0.95)
        assert [r.pvalue for r in found] == [pytest.approx(0.02), pytest.approx(0.04), None]
        assert [r.confidence_level for r in found] == [0.95] * 3
        assert found[0].settings["pvalue_of_the_pair"] == 0.01
        assert found[0].settings["level_of_each"] == pytest.approx(0.975)

    def test_intervals_hold_together(self) -> None:
        # six intervals of four equal means: all of them cover in about 95 of 100 samples, and not in 75
        rng, level, held = np.random.default_rng(2), each_level(0.95, 6), 0
        for _ in range(400):
            x = rng.normal(size=(10, 4))
            pairs = [x[:, i] - x[:, j] for i, j in itertools.combinations(range(4), 2)]
            held += all(
                abs(d.mean()) <= stats.t(9).ppf((1 + level) / 2) * d.std(ddof=1) / np.sqrt(10) for d in pairs
            )
        assert held / 400 > 0.94


def test_radpca(shared_data: Path) -> None:
    path = shared_data / "scores" / "radpca_scores_per_fold.csv"
    answer = vb.compare(path, score="auc_fold")
    table = pd.read_csv(path, keep_default_na=False).astype({"auc_fold": float})
    means = table.groupby(["dataset", "method"])["auc_fold"].mean().unstack("method")
    raw = {
        pair: stats.wilcoxon(means[pair[0]], means[pair[1]], method="exact").pvalue
        for pair in every(answer, "wilcoxon_holm")
    }
    adjusted = multipletests(list(raw.values()), method="holm")[1]
    told = {pair for pair, p in zip(raw, adjusted, strict=True) if p <= 0.05}
    shown = answer.frames["pairs"]
    assert {(r.first, r.second) for r in shown.itertuples() if r.words != "not shown"} <= told
    assert said(answer).rung == "not_shown"
    assert len(shown) == 105


@pytest.mark.slow
@pytest.mark.parametrize("skew", [False, True])
def test_the_family_error_rate_over_many_data_sets(skew: bool) -> None:
    """Four procedures of equal mean over 50 data sets, symmetric or skewed: at most about 5 of 100 tell any apart."""
    rng, apart, n = np.random.default_rng(7), 0, 400
    for _ in range(n):
        noise = rng.exponential(size=(50, 4)) - 1 if skew else rng.normal(size=(50, 4))
        scale = np.array([0.005, 0.02, 0.02, 0.06]) if skew else 0.02
        wide = pd.DataFrame(0.7 + scale * noise, columns=list("ABCD")).clip(0.01, 0.99)
        table = wide.assign(dataset=[f"d{i}" for i in range(50)]).melt(
            "dataset", var_name="method", value_name="auc"
        )
        apart += bool((vb.compare(table).frames["pairs"]["words"] != "not shown").any())
    assert apart / n < 0.08

"""The table of verdicts through ``compare``: each row is reached by the facts of a design, and never by a score."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import RandomOverSampler
from questions_examples import predictions, result, said, scores, seeds
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier

import varbench as vb
from varbench.stats import classes
from varbench.stats.classes import Measured

PAIR = {"label": "y", "score": "p", "id": "id"}


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Replace the table of classes by one with a single rate of the corrected test."""

    def table(rate: float, validity: str, *, folds: int = 3, repeats: int = 12) -> None:
        rows = (
            Measured(
                "corrected_resampled_t",
                "re-split",
                folds,
                repeats,
                144,
                0.16,
                "roc_auc",
                rate,
                rate,
                validity,
            ),
        )
        monkeypatch.setattr(classes, "measured", lambda: rows)

    return table


def one_cohort(**more: Any) -> Any:
    return vb.compare(scores(), vary=["split"], n_cases=144, positives=23, **more)


class OneColumn(ClassifierMixin, BaseEstimator):
    """A model whose score is one feature."""

    def __init__(self, column: int = 0) -> None:
        self.column = column

    def fit(self, X: Any, y: Any) -> OneColumn:
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X: Any) -> Any:
        p = 1 / (1 + np.exp(-np.asarray(X, float)[:, self.column]))
        return np.column_stack([1 - p, p])

    def predict(self, X: Any) -> Any:
        return self.classes_[(self.predict_proba(X)[:, 1] > 0.5).astype(int)]


def table(n: int = 60, signs: tuple[float, float] = (2.0, 0.7), seed: int = 0) -> pd.DataFrame:
    """Two features of one signal each; rows of other patients for another seed."""
    y = np.arange(n) % 3 == 0
    X = np.random.default_rng(seed).normal(size=(n, 2)) + np.outer(y, signs)
    ids = [f"{seed}-{i}" for i in range(n)]
    return pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "y": y.astype(int), "id": ids})


CV = StratifiedKFold(3, shuffle=True)
FIRST, SECOND = (vb.Procedure([vb.Split(CV), OneColumn(i)]) for i in (0, 1))


def run(first: Any, second: Any, data: Any, vary: list[str], external: Any = None, **more: Any) -> Any:
    settings = {"question": "Is it?", "primary": "roc_auc", "name": "study", "repeats": 4} | more
    study = vb.Study(data=data, procedures={"first": first, "second": second}, vary=vary, **settings)
    return study.run(external=external)


class TestEachRow:
    def test_1_a_leak_is_no_gain(self) -> None:
        near = KNeighborsClassifier(1)
        over = RandomOverSampler()
        leaks = vb.Procedure([over, vb.Split(CV), near])
        clean = vb.Procedure([vb.Split(CV), over, near])
        data = vb.load_data(table(signs=(0.0, 0.0)), target="y", id="id")
        cube = run(leaks, clean, data, ["split", "resample"])
        answer = vb.compare(cube)
        found = said(answer)
        assert found.row == 1
        assert found.headline == "Not a gain: the score of first is invalid."
        assert found.scope == "On this cohort"
        assert any(
            "of the test rows of first have a copy in training (0 % in second)" in s for s in found.sentences
        )
        with_p = {r.method for r in answer.verdicts[0].results if r.pvalue is not None}
        assert with_p <= set(found.greyed)
        assert found.settle.startswith("Nothing")

    def test_2_one_run_each_cannot_be_told(self) -> None:
        answer = vb.compare(scores(repeats=1, folds=1), n_cases=46, positives=8, metric="roc_auc")
        found = said(answer)
        assert (found.row, found.rung, found.winner) == (2, "", "")
        assert found.headline == "Cannot be told: one run each."
        assert any("The noise at n = 46 is about ±" in s for s in found.sentences)
        with_p = {r.method for r in answer.verdicts[0].results if r.pvalue is not None}
        assert with_p <= set(found.greyed)

    def test_2_without_n_the_noise_is_not_known_either(self) -> None:
        assert any("not known" in s for s in said(vb.compare(scores(repeats=1, folds=1))).sentences)

    def test_2_without_any_pair_of_scores(self) -> None:
        table = scores()
        table.loc[table["method"] == "new", "auc"] = np.nan
        assert said(vb.compare(table)).headline == "Cannot be told: no run in which both have a score."

    def test_3_two_models_on_the_same_test_cases(self) -> None:
        answer = vb.compare(predictions(signal=2, seed=1), predictions(signal=0.2, seed=2), **PAIR)
        found = said(answer)
        assert (found.row, found.winner) == (3, "first")
        assert found.scope == "For patients like the test patients, and these two models"
        assert found.counted[:2] == ("delong", "bootstrap_metric")
        assert "a retraining may differ" in found.sentences[0]

    def test_4_several_seeds_on_one_test_set(self) -> None:
        answer = vb.compare(seeds(signal=2, seed=1), seeds(signal=0.2, seed=2), **PAIR)
        found = said(answer)
        assert (found.row, found.winner) == (4, "first")
        assert found.scope == "For patients like the test patients, for this split"
        assert found.counted[0] == "joint_bootstrap"
        assert {"rank_sum", "signed_rank", "prob_outperform"} <= set(found.greyed)
        assert "init and patients together" in found.sentences[0]

    def test_4_begins_at_five_seeds(self) -> None:
        four = vb.compare(seeds(number=4, signal=2, seed=1), seeds(number=4, signal=0.2, seed=2), **PAIR)
        assert said(four).row == 7
        five = vb.compare(seeds(number=5, signal=2, seed=1), seeds(number=5, signal=0.2, seed=2), **PAIR)
        assert said(five).row == 4

    def test_5_a_cohort_for_each_repeat(self) -> None:
        found = said(vb.compare(scores(), vary=["cohort", "split"], n_cases=144))
        assert (found.row, found.rung, found.winner) == (5, "real", "new")
        assert found.scope == "For patients like these, at 144 cases"
        assert found.greyed == {}

    def test_5_of_a_simulator(self) -> None:
        data = vb.load_data("simulated-halves")
        found = said(vb.compare(run(FIRST, SECOND, data, ["cohort", "split"], repeats=6)))
        assert (found.row, found.greyed) == (5, {})
        assert found.scope == "For patients like these, in this simulated population"
        assert "Simulated data." in found.notes

    def test_6_one_cohort_whose_method_was_measured(self, measured: Callable[..., None]) -> None:
        measured(0.07, "approximate")
        answer = one_cohort()
        found = said(answer)
        assert (found.row, found.rung, found.winner) == (6, "real", "new")
        assert found.scope == "For patients like these"
        assert "indicated" in found.headline
        assert "real" not in found.headline
        assert found.counted == ("corrected_resampled_t",)
        assert {"rank_sum", "signed_rank", "prob_outperform"} <= set(found.greyed)
        assert any(s.startswith("On this cohort new won 12 of 12 re-splits") for s in found.sentences)
        assert any("approximate, measured error rate 0.07" in line for line in found.basis)

    def test_6_prints_the_floor_that_no_repeats_cross(self, measured: Callable[..., None]) -> None:
        measured(0.07, "approximate")
        answer = vb.compare(scores(gap=0.001), vary=["split"], n_cases=144, positives=23)
        table = scores(gap=0.001).pivot(index=["repeat", "fold"], columns="method", values="auc")
        d = (table["new"] - table["old"]).to_numpy()
        from scipy.stats import t

        floor = t.ppf(0.975, len(d) - 1) * np.sqrt(33 / 67) * d.std(ddof=1)
        assert result(answer, "resample_floor").estimate == pytest.approx(floor, rel=1e-12)
        assert f"stays above {floor:.3f}" in said(answer).settle

    def test_6_above_a_tenth_gives_way_to_7(self, measured: Callable[..., None]) -> None:
        measured(0.13, "failing")
        found = said(one_cohort())
        assert (found.row, found.fits) == (7, 6)
        assert found.scope == "On this cohort only"
        assert found.headline.startswith(
            "new was ahead in 12 of 12 re-splits; whether it holds for other patients"
        )
        assert "0.13" in found.greyed["corrected_resampled_t"]
        assert any("Row 6" in note for note in found.notes)

    def test_6_needs_the_same_test_rows(self, measured: Callable[..., None]) -> None:
        measured(0.07, "approximate")
        found = said(one_cohort(pairing="none"))
        assert (found.row, found.fits) == (7, 7)
        assert "signed_rank" in found.greyed

    def test_7_where_nobody_says_what_was_varied(self) -> None:
        found = said(vb.compare(scores()))
        assert (found.row, found.rung, found.winner) == (7, "", "")
        assert found.scope == "On this cohort and split only"
        assert any("vary=['split'" in note for note in found.notes)
        assert "cannot be told" in found.headline

    def test_7_where_only_seeds_were_varied(self) -> None:
        found = said(vb.compare(scores(), vary=["init"]))
        assert (found.row, found.scope) == (7, "On this cohort and split only")
        assert {"rank_sum", "signed_rank"} <= set(found.greyed)

    @pytest.mark.parametrize("sets", [2, 5])
    def test_8_a_few_data_sets_are_counted(self, sets: int, measured: Callable[..., None]) -> None:
        measured(0.05, "approximate")
        answer = vb.compare(scores(sets=sets), vary=["split"])
        found = said(answer)
        assert (found.row, found.scope, found.winner) == (8, f"Over these {sets} data sets", "new")
        assert found.headline == f"new is indicated to be ahead on at least {sets} of {sets} data sets."
        assert "signed_rank" in found.greyed

    def test_8_without_sizes_of_folds_nothing_is_counted(self) -> None:
        found = said(vb.compare(scores(sets=3).drop(columns=["n_train", "n_test"]), vary=["split"]))
        assert (found.row, found.rung) == (8, "not_shown")
        assert "new has the better mean on 3 of 3 data sets" in found.sentences[0]
        assert any("n_train= and n_test= say it" in note for note in found.notes)
        unsaid = said(vb.compare(scores(sets=3)))
        assert any("vary=['split'] says it" in note for note in unsaid.notes)
        assert not any("vary=" in note for note in said(vb.compare(scores(sets=6))).notes)

    def test_9_six_data_sets_are_the_unit(self) -> None:
        answer = vb.compare(scores(sets=6))
        found = said(answer)
        assert (found.row, found.scope, found.winner) == (9, "Over data sets like these", "new")
        assert found.counted[0] == "mean_over_datasets"
        assert result(answer, "mean_over_datasets").n == 6
        assert any("On one more data set like these" in s for s in found.sentences)

    def test_9_pooled_repeats_do_not_count(self) -> None:
        # a table with a thousand repeats says of the data sets what one with ten says
        many, few = vb.compare(scores(sets=6, repeats=40)), vb.compare(scores(sets=6, repeats=4))
        assert [r.n for r in (result(many, "signed_rank"), result(few, "signed_rank"))] == [6, 6]

    def test_10_external_patients_come_first(self) -> None:
        data, outside = (
            vb.load_data(table(signs=signs, seed=seed), target="y", id="id")
            for signs, seed in (((2.0, 0.5), 0), ((-1.0, 2.0), 1))
        )
        found = said(vb.compare(run(FIRST, SECOND, data, ["split"], external=outside)))
        assert found.scope.startswith("For patients like the 60 external patients")
        assert found.headline == "Not confirmed externally: the difference has the other sign there."
        assert (found.rung, found.winner) == ("not_confirmed", "")
        assert any(s.startswith("Internally (on this cohort") for s in found.sentences)

    def test_10_what_holds_outside_too(self) -> None:
        data, outside = (
            vb.load_data(table(n=n, signs=(2.0, 0.0), seed=n), target="y", id="id") for n in (60, 240)
        )
        found = said(vb.compare(run(FIRST, SECOND, data, ["split"], external=outside, margin=0.02)))
        assert found.headline.startswith("Externally: first is ahead of second")
        assert found.winner == "first"


def shuffled(table: pd.DataFrame, column: str, seed: int = 1) -> pd.DataFrame:
    values = np.random.default_rng(seed).permutation(table[column].to_numpy())
    return table.assign(**{column: values})


class TestFactsAreNeverOfTheScores:
    @pytest.mark.parametrize(
        ("table", "more"),
        [
            (scores(repeats=1, folds=1), {}),
            (scores(), {}),
            (scores(), {"vary": ["split"]}),
            (scores(), {"vary": ["init"]}),
            (scores(), {"vary": ["cohort"]}),
            (scores(), {"pairing": "none"}),
            (scores(sets=3), {"vary": ["split"]}),
            (scores(sets=7), {}),
        ],
    )
    def test_permuted_scores_have_the_same_row_scope_and_greyed(
        self, table: pd.DataFrame, more: dict[str, Any]
    ) -> None:
        one, other = said(vb.compare(table, **more)), said(vb.compare(shuffled(table, "auc"), **more))
        assert (one.row, one.fits, one.scope) == (other.row, other.fits, other.scope)
        assert one.counted == other.counted
        assert dict(one.greyed) == dict(other.greyed)

    def test_of_predictions_too(self) -> None:
        a, b = predictions(signal=2, seed=1), predictions(signal=0.2, seed=2)
        one, other = said(vb.compare(a, b, **PAIR)), said(vb.compare(shuffled(a, "p"), b, **PAIR))
        assert (one.row, one.scope, one.counted) == (other.row, other.scope, other.counted)
        assert one.winner != other.winner

    def test_with_a_class_for_row_6(self, measured: Callable[..., None]) -> None:
        measured(0.07, "approximate")
        table = scores()
        one, other = (
            said(vb.compare(t, vary=["split"], n_cases=144, positives=23))
            for t in (table, shuffled(table, "auc"))
        )
        assert (one.row, one.scope, dict(one.greyed)) == (other.row, other.scope, dict(other.greyed))
        assert one.row == 6
        assert (one.winner, other.winner) == ("new", "")


MIRRORED = [
    (scores(repeats=1, folds=1), {}),
    (scores(), {"vary": ["split"]}),
    (scores(), {"vary": ["cohort"], "margin": 0.01}),
    (scores(sets=3), {"vary": ["split"]}),
    (scores(sets=7), {"margin": 0.05}),
    (scores(metric="brier"), {"vary": ["cohort"]}),
]


class TestMirror:
    @pytest.mark.parametrize(("table", "more"), MIRRORED)
    def test_swapped_procedures_mirror_the_verdict(self, table: pd.DataFrame, more: dict[str, Any]) -> None:
        there = vb.compare(table, procedures=["new", "old"], **more)
        back = vb.compare(table, procedures=["old", "new"], **more)
        one, other = said(there), said(back)
        assert (one.row, one.scope, one.rung, one.winner) == (
            other.row,
            other.scope,
            other.rung,
            other.winner,
        )
        assert one.settle == other.settle
        for a in there.verdicts[0].results:
            if a.method in (
                "difference",
                "mean_over_datasets",
                "corrected_resampled_t",
                "signed_rank",
                "rank_sum",
            ):
                b = result(back, a.method)
                if a.estimate is not None:
                    assert b.estimate == pytest.approx(-a.estimate, abs=1e-12)
                if a.interval is not None:
                    np.testing.assert_allclose(b.interval, (-a.interval[1], -a.interval[0]), atol=1e-12)
                assert a.pvalue == (None if b.pvalue is None else pytest.approx(b.pvalue, abs=1e-12))

    def test_row_6(self, measured: Callable[..., None]) -> None:
        measured(0.07, "approximate")
        there, back = (said(one_cohort(procedures=pair)) for pair in (["new", "old"], ["old", "new"]))
        assert (
            (there.row, there.rung, there.winner) == (back.row, back.rung, back.winner) == (6, "real", "new")
        )

    @pytest.mark.parametrize("table", [predictions, seeds])
    def test_two_models(self, table: Callable[..., pd.DataFrame]) -> None:
        a, b = table(signal=2, seed=1), table(signal=0.4, seed=2)
        there = vb.compare(a, b, names=["A", "B"], margin=0.01, **PAIR)
        back = vb.compare(b, a, names=["B", "A"], margin=0.01, **PAIR)
        assert (said(there).row, said(there).rung, said(there).winner) == (
            said(back).row,
            said(back).rung,
            said(back).winner,
        )
        assert said(there).winner == "A"

    def test_lower_is_better_names_the_lower(self) -> None:
        # of the Brier score the second method has the lower one, since the first is 0.03 above it
        found = said(vb.compare(scores(metric="brier"), vary=["cohort"]))
        assert found.winner == "old"
        assert result(vb.compare(scores(metric="brier")), "difference").estimate < 0

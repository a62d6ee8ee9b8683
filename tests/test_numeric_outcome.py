"""Outcomes that are numbers: data, metrics, procedures, cubes and reports, held against scikit-learn and by hand."""

from __future__ import annotations

import json
import re
import textwrap
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import RandomOverSampler
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectKBest, f_classif, f_regression
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import varbench as vb
from varbench.cli import main
from varbench.cube import identical, open_cube, read_collection
from varbench.data import Data, align, load_data
from varbench.effects import baselines, by_patients, external_difference, final_truth
from varbench.effects.constants import constant_numbers
from varbench.effects.external import PanelOfNumbers, draw
from varbench.errors import DataError, InputError, StudyError
from varbench.metrics import METRICS, OF_NUMBERS, ScoreStatus, evaluate, resolve
from varbench.procedure import PermuteLabels, Subsample
from varbench.report import report
from varbench.stats import method_class
from varbench.study import Request, load_study, plan
from varbench.verdict import conclude

FOLDS = KFold(3, shuffle=True)


def numbers(n: int = 60, p: int = 4, groups: int | None = None, seed: int = 0) -> Data:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p))
    y = 20 + X @ np.arange(1, p + 1) + rng.normal(size=n)
    names = tuple(f"f{i}" for i in range(p))
    whose = None if groups is None else np.array([f"g{i % groups}" for i in range(n)])
    return Data(X, y, (), names, np.arange(n).astype(str), groups=whose, name="numbers")


def study(**changes: object) -> vb.Study:
    fields: dict[str, object] = {
        "question": "How near?", "data": numbers(), "primary": "r2", "metrics": ["mae", "rmse"], "margin": 0.02,
        "vary": ["split"],
        "procedures": {
            "ridge": vb.Procedure([vb.Split(FOLDS), StandardScaler(), ("line", Ridge())]),
            "stiff": vb.Procedure([vb.Split(FOLDS), StandardScaler(), ("line", Ridge(alpha=100))]),
        },
    }  # fmt: skip
    return vb.Study(**(fields | changes))  # type: ignore[arg-type]


def one(*steps: object, **changes: object) -> vb.Study:
    return study(procedures={"mine": vb.Procedure(list(steps))}, **changes)


# -- data ---------------------------------------------------------------------------------------------------------


def test_data_hold_an_outcome_that_is_a_number():
    data = numbers(groups=20)
    assert data.numeric
    assert data.strata == ("all",)
    assert data.stratum_sizes.tolist() == [60]
    described = data.describe()
    assert described["classes"] == {}
    assert described["events"] is None
    assert described["outcome"] == {
        "mean": float(np.mean(data.y)), "sd": float(np.std(data.y, ddof=1)), "min": min(data.y),
        "median": float(np.median(data.y)), "max": max(data.y),
    }  # fmt: skip
    assert described["groups"] == {"number": 20, "largest": 3}
    assert data.take([3, 1]).y.tolist() == data.y[[3, 1]].tolist()


def test_the_hash_tells_numbers_apart_and_a_minus_zero_from_nothing():
    def hashed(*y: float) -> str:
        return Data(np.eye(3), np.array(y), (), tuple("abc"), np.array(list("123"))).hash()

    assert hashed(0.0, 1, 2) == hashed(-0.0, 1, 2) != hashed(0.5, 1, 2)


@pytest.mark.parametrize(
    ("y", "classes", "message"),
    [
        ([0.0, np.nan, 2.0], (), "y must be finite"),
        ([0.0, np.inf, 2.0], (), "y must be finite"),
        ([0, 1, 0], ("one",), "or none for an outcome that is a number"),
        ([0.5, 1, 0], ("no", "yes"), "whole numbers"),
    ],
)
def test_an_outcome_is_finite_numbers_or_codes_of_classes(y, classes, message):
    with pytest.raises(DataError, match=message):
        Data(np.eye(3), np.array(y), classes, tuple("abc"), np.array(list("123")))


TABLE = pd.DataFrame({"a": np.arange(30.0), "score": np.arange(30) / 4, "kind": ["x", "y", "z"] * 10})


def test_a_column_is_read_as_a_number_where_it_is_said_to_be_one():
    data = load_data(TABLE, target="score", task="regression", drop=["kind"])
    assert data.y.tolist() == TABLE["score"].tolist()
    assert data.numeric
    with pytest.raises(DataError, match="--task regression"):
        load_data(TABLE, target="score", drop=["kind"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": "kind"}, "'x' in row 1 is no number"),
        ({"target": "score", "positive": 3}, "has no positive value"),
        ({"target": "score", "task": "ranking"}, "unknown task 'ranking'"),
    ],
)
def test_what_is_no_number_is_refused(options, message):
    with pytest.raises(DataError, match=message):
        load_data(TABLE, **({"task": "regression"} | options))


def test_a_missing_or_a_constant_outcome_is_refused():
    with pytest.raises(DataError, match="missing in 1 of 3 rows"):
        load_data(pd.DataFrame({"a": [1, 2, 3], "y": [0.5, None, 2]}), target="y", task="regression")
    with pytest.raises(DataError, match=r"every one of the 3 rows is 2\.0"):
        load_data(pd.DataFrame({"a": [1, 2, 3], "y": [2, 2, 2]}), target="y", task="regression")


def manifest(folder, **columns: str):
    """Write a manifest of one's own, and give its path."""
    lines = "\n".join(f'{key} = "{value}"' for key, value in columns.items())
    path = folder / "mine.toml"
    path.write_text(f'[columns]\n{lines}\n[[files]]\nname = "t.csv"\nurl = "https://example.org/t.csv"\n')
    return path


def test_a_manifest_says_that_the_outcome_is_a_number(tmp_path):
    from varbench.data.parse import read_manifest

    assert read_manifest(manifest(tmp_path, target="y", task="regression")).columns.task == "regression"
    with pytest.raises(DataError, match=r"columns.task must be one of classification, regression"):
        read_manifest(manifest(tmp_path, target="y", task="both"))
    with pytest.raises(DataError, match=r"columns.positive must be left out"):
        read_manifest(manifest(tmp_path, target="y", task="regression", positive="1"))


# -- metrics ------------------------------------------------------------------------------------------------------

PEERS = {"mae": mean_absolute_error, "rmse": root_mean_squared_error, "r2": r2_score}


@pytest.mark.parametrize("name", list(OF_NUMBERS))
@pytest.mark.parametrize("weighted", [False, True])
def test_a_metric_of_numbers_agrees_with_scikit_learn(name, weighted):
    rng = np.random.default_rng(3)
    for n in (2, 5, 40):
        y, said = rng.normal(5, 2, n), rng.normal(5, 2, n)
        weight = rng.integers(1, 4, n).astype(float) if weighted else None
        (value,), (status,) = evaluate(resolve([name]), y, said, said, weight, n_classes=0)
        assert value == pytest.approx(PEERS[name](y, said, sample_weight=weight), rel=1e-12)
        assert status == ScoreStatus.DEFINED


def test_rows_of_one_value_have_an_error_and_no_share_of_a_variance():
    values, status = evaluate(resolve(["mae", "r2"]), [3.0, 3.0], [4.0, 2.0], [4.0, 2.0], n_classes=0)
    assert values[0] == 1
    assert np.isnan(values[1])
    assert status.tolist() == [ScoreStatus.DEFINED, ScoreStatus.ONE_VALUE]
    # a row that counts nothing makes no variance
    assert np.isnan(evaluate(resolve(["r2"]), [3, 3, 9], [4, 2, 9], [4, 2, 9], [1, 1, 0], n_classes=0)[0][0])


def test_metrics_are_for_one_kind_of_outcome():
    with pytest.raises(InputError, match="roc_auc is a metric of classes, and the outcome is a number"):
        plan(study(primary="roc_auc", metrics=()), Request())
    with pytest.raises(InputError, match="mae is a metric of numbers, and the outcome is a class"):
        plan(study(metrics=["mae"], primary="f1", data="wdbc"), Request())
    with pytest.raises(InputError, match="f1 is a metric of classes"):
        evaluate(resolve(["f1"]), [1.0, 2.0], [1.0, 2.0], [1.0, 2.0], n_classes=0)
    assert not METRICS.keys() & OF_NUMBERS.keys()


def test_a_function_of_ones_own_is_given_the_numbers():
    def furthest(y_true, y_pred, y_score):
        return float(np.abs(y_true - y_pred).max())

    furthest.greater_is_better = False
    cube = study(metrics=[furthest]).run(repeats=1)
    run = cube.isel(repeat=0).sel(procedure="ridge")
    first = run.row_fold.values == 0
    off = np.abs(run.y_true.values[first] - run.y_pred.values[first]).max()
    assert float(run.score.sel(metric="furthest", fold=0)) == off


# -- running ------------------------------------------------------------------------------------------------------


def test_predictions_and_scores_are_those_of_a_loop_by_hand():
    data = numbers()
    cube = study(data=data).run(repeats=2, seed=5)
    assert cube.attrs["task"] == "regression"
    assert cube.y_pred.dtype == cube.y_true.dtype == np.float64
    assert cube["class"].values.tolist() == ["all"]
    for name, alpha in (("ridge", 1.0), ("stiff", 100.0)):
        for repeat in (0, 1):
            run = cube.sel(procedure=name).isel(repeat=repeat)
            for fold in range(3):
                mine = run.row_fold.values == fold
                test = run["sample"].values[mine]
                train = np.setdiff1d(np.arange(60), test)
                scaler = StandardScaler().fit(data.X[train])
                model = Ridge(alpha=alpha).fit(scaler.transform(data.X[train]), data.y[train])
                said = model.predict(scaler.transform(data.X[test]))
                assert run.y_true.values[mine].tolist() == data.y[test].tolist()
                np.testing.assert_allclose(run.y_pred.values[mine], said, rtol=1e-12)
                np.testing.assert_array_equal(run.y_score.values[mine], run.y_pred.values[mine])
                for metric, peer in PEERS.items():
                    found = float(run.score.sel(metric=metric, fold=fold))
                    assert found == pytest.approx(peer(data.y[test], said), rel=1e-9)
                assert int(run.n_test.sel(fold=fold).sum()) == len(test)
                assert int(run.n_train.sel(fold=fold).sum()) == len(train)
    assert sorted(cube["sample"].isel(procedure=0, repeat=0).values) == list(range(60))
    np.testing.assert_array_equal(cube.score, cube.score_weighted)


def test_a_cube_of_numbers_goes_on_where_it_stopped(tmp_path):
    once = study().run(repeats=4, out=tmp_path / "once")
    study().run(repeats=2, out=tmp_path / "twice")
    twice = study().run(repeats=4, jobs=2, out=tmp_path / "twice")
    assert identical(once, twice) == []
    again = open_cube(tmp_path / "twice")
    assert np.isnan(again.y_pred.values).sum() == 0
    np.testing.assert_array_equal(again.case_y.values, numbers().y)


def test_groups_stay_on_one_side_and_are_told_of_where_they_do_not():
    both = {
        "rows": vb.Procedure([vb.Split(FOLDS), Ridge()]),
        "groups": vb.Procedure([vb.Split(GroupKFold(3, shuffle=True)), Ridge()]),
    }
    cube = study(data=numbers(groups=12), procedures=both).run(repeats=2)
    told = report(cube)
    shares = (
        told.frame("copies").query("relation == 'group' and rows == 'all'").set_index("procedure")["share"]
    )
    assert shares["rows"] > 0.9
    assert shares["groups"] == 0
    assert told.main.verdict.row == 1
    assert "as GroupKFold" in told.text().replace("\n", " ")


def test_permuted_numbers_are_not_predicted_and_a_smaller_cohort_is_smaller():
    left, few = ("permute", PermuteLabels()), ("few", Subsample(30))
    procedures = {
        "permuted": vb.Procedure([left, vb.Split(FOLDS), Ridge()]),
        "few": vb.Procedure([few, vb.Split(FOLDS), Ridge()]),
    }
    cube = study(procedures=procedures, vary=["split", "label", "resample"], training=True).run(repeats=4)
    assert cube.score.sel(metric="r2", procedure="permuted").mean() < 0.2
    assert cube.score.sel(metric="r2", procedure="few").mean() > 0.7
    assert (cube.n_test.sel(procedure="few").sum(["fold", "class"]) == 30).all()
    assert (cube.training.sel(metric="r2") > cube.score.sel(metric="r2")).mean() > 0.8


def test_a_callable_gives_numbers_as_scores():
    def constant(data, seeds):
        n = data.n_cases
        return {"fold": np.arange(n) % 2, "sample": np.arange(n), "y_score": np.full(n, 21.5)}

    data = numbers()
    cube = study(procedures={"constant": constant}, folds=2, data=data).run(repeats=1)
    assert (cube.y_pred.values == 21.5).all()
    even = float(cube.score.sel(metric="mae", fold=0).squeeze())
    assert even == pytest.approx(np.abs(data.y[::2] - 21.5).mean(), rel=1e-12)


class Slope:
    """A population of numbers: y = x + noise."""

    name, n_cases, n_features = "slope", 40, 1

    def settings(self):
        return {"name": "slope"}

    def cohort(self, seed):
        return self.sample(40, seed)

    def sample(self, n, seed):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(n, 1))
        y = X[:, 0] + rng.normal(size=n)
        return Data(X, y, (), ("x",), np.arange(n).astype(str), name="slope", population=self)


def test_fresh_cases_of_a_population_of_numbers_are_scored():
    cube = study(data=Slope().cohort(0), vary=["cohort", "split"], truth_rows=4000).run(repeats=3)
    truth = cube.truth.sel(procedure="ridge", metric="rmse")
    assert truth.values.min() > 0.97  # the noise has an SD of 1, and nobody is nearer
    assert truth.values.mean() < 1.2
    assert np.isfinite(cube.final.values).all()
    told = report(cube, metrics=["r2", "rmse"]).frame("optimism")
    assert set(told["metric"]) == {"r2", "rmse"}


# -- what is for classes alone ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([vb.Split(StratifiedKFold(3, shuffle=True)), Ridge()], "splits by class: StratifiedKFold; use KFold"),
        ([vb.Split(FOLDS), RandomForestClassifier()], "predicts classes: RandomForestClassifier; put a regressor"),
        ([vb.Split(FOLDS), RandomOverSampler(), Ridge()], "balances classes: RandomOverSampler; leave it out"),
        ([vb.Split(FOLDS), SelectKBest(f_classif, k=2), Ridge()], "f_classif; use f_regression"),
        ([vb.Split(FOLDS), GridSearchCV(Ridge(), {"alpha": [1]}, cv=StratifiedKFold(2))], "splits by class"),
        ([vb.Split(FOLDS), vb.Tune([LogisticRegression()], {}, FOLDS)], "predicts classes: Tune"),
    ],
)  # fmt: skip
def test_steps_for_classes_are_refused_before_any_work(steps, message):
    with pytest.raises(StudyError, match=message):
        plan(one(*steps), Request())


def test_steps_for_numbers_run():
    search = GridSearchCV(Ridge(), {"alpha": [0.1, 10.0]}, cv=KFold(2, shuffle=True))
    cube = one(vb.Split(FOLDS), SelectKBest(f_regression, k=2), ("search", search)).run(repeats=2)
    assert set(cube.chosen.values.ravel()) <= {"0.1", "10.0"}
    assert float(cube.score.sel(metric="r2").mean()) > 0.5


def test_tune_chooses_among_regressors():
    data = numbers()
    grid = {"line__alpha": [1e4, 0.1]}
    tune = vb.Tune([StandardScaler(), ("line", Ridge())], grid, KFold(3, shuffle=True, random_state=1)).fit(
        data.X, data.y
    )
    by_hand = GridSearchCV(
        make_pipeline(StandardScaler(), Ridge()),
        {"ridge__alpha": [1e4, 0.1]},
        cv=KFold(3, shuffle=True, random_state=1),
    ).fit(data.X, data.y)
    assert tune.best_params_ == {"line__alpha": 0.1}
    assert tune.best_score_ == pytest.approx(by_hand.best_score_, rel=1e-12)
    np.testing.assert_allclose(tune.predict(data.X), by_hand.predict(data.X), rtol=1e-12)
    assert tune.score(data.X, data.y) == pytest.approx(by_hand.score(data.X, data.y), rel=1e-12)


@pytest.mark.parametrize("scoring", [None, "r2", "neg_mean_absolute_error"])
def test_the_best_on_the_test_rows_is_picked_among_regressors(scoring):
    tune = vb.Tune([("line", Ridge())], {"line__alpha": [1e4, 0.1, 10]}, scoring=scoring)
    inner = vb.Tune([("line", Ridge())], {"line__alpha": [1e4, 0.1, 10]}, FOLDS, scoring=scoring)
    both = {
        "picked": vb.Procedure([("t", tune), vb.Split(FOLDS)]),
        "nested": vb.Procedure([vb.Split(FOLDS), ("t", inner)]),
    }
    cube = study(procedures=both).run(repeats=2)
    assert set(cube.chosen.values.ravel()) == {"0.1"}
    own = "r2" if scoring is None else "mae" if "mean" in scoring else "r2"
    best = cube.candidate_score.sel(procedure="picked").max("candidate")
    shown = cube.score.sel(procedure="picked", metric=own).mean("fold")
    np.testing.assert_allclose(np.abs(best), shown, rtol=1e-12)


def test_a_regressor_is_refused_where_the_outcome_is_a_class():
    with pytest.raises(
        StudyError, match="the outcome is a class, and the step ridge of mine predicts numbers"
    ):
        plan(one(vb.Split(FOLDS), Ridge(), data="wdbc", primary="f1", metrics=()), Request())
    plan(one(vb.Split(FOLDS), LogisticRegression(), data="wdbc", primary="f1", metrics=()), Request())


def test_what_cannot_be_done_with_numbers_says_so():
    with pytest.raises(DataError, match="2 cases cannot be split into the 3 folds"):
        plan(study(data=numbers(n=2)), Request())
    flat = Data(np.eye(6), np.ones(6), (), tuple("abcdef"), np.arange(6).astype(str))
    with pytest.raises(DataError, match="one value only"):
        plan(study(data=flat), Request())


# -- other patients -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def outside():
    return study().run(repeats=4, external=numbers(n=50, seed=1))


def test_an_external_table_of_numbers_is_scored_by_every_model(outside):
    assert np.isfinite(outside["external_pred"].values).all()
    other = numbers(n=50, seed=1)
    np.testing.assert_array_equal(outside["external_y_true"].values, np.tile(other.y, (4, 1)))
    said = outside["external_pred"].values
    scores = np.array([[[r2_score(other.y, fold) for fold in run] for run in one] for one in said])
    stored = outside["truth"].sel(metric="r2").values
    np.testing.assert_allclose(stored, scores, atol=1e-6)
    found = external_difference(outside, "ridge", "stiff")
    means = scores.mean(axis=(1, 2))
    assert found.estimate == pytest.approx(means[0] - means[1], abs=1e-6)
    assert found.ci_low < found.estimate < found.ci_high
    nearer = external_difference(outside, "ridge", "stiff", "mae")
    errors = np.abs(said - other.y).mean(axis=(1, 2, 3))
    assert nearer.estimate == pytest.approx(errors[1] - errors[0], abs=1e-6)
    last = final_truth(outside, "ridge")
    assert last.estimate == pytest.approx(r2_score(other.y, outside["final_pred"].values[0, 0]), abs=1e-6)


def test_a_resample_of_external_numbers_is_scored_on_its_repeated_rows():
    rng = np.random.default_rng(3)
    y, said = rng.normal(size=20), rng.normal(size=(3, 20))
    panel = PanelOfNumbers(y, said)
    weights, _ = draw(panel, 7, rng)
    for metric, function in (
        ("mae", mean_absolute_error),
        ("rmse", root_mean_squared_error),
        ("r2", r2_score),
    ):
        rows = [np.repeat(np.arange(20), weight) for weight in weights]
        expected = [[function(y[r], one[r]) for one in said] for r in rows]
        np.testing.assert_allclose(panel.scores(metric, weights), expected, atol=1e-12)
    one_value = np.zeros((2, 20), int)
    one_value[0, 4], one_value[1, :2] = 20, 10
    assert panel.holds_all(one_value).tolist() == [False, True]


def test_the_verdict_on_external_numbers_indicates(outside):
    found = vb.compare(outside)
    assert found.scope == "For patients like the 50 external patients of numbers, and these models"
    assert "ridge is ahead of stiff: indicated and meaningful" in found.headline
    assert "--external" not in report(outside).text()


def test_external_groups_are_drawn_whole_and_older_cubes_say_that_theirs_were_not():
    split = vb.Split(GroupKFold(3, shuffle=True))
    other = numbers(groups=6, seed=1)
    shifted = replace(other, y=other.y + 9 * (np.arange(60) % 6))  # a group's rows err together
    cube = study(
        procedures={name: vb.Procedure([split, Ridge(alpha)]) for name, alpha in (("one", 1), ("other", 100))},
        primary="mae", metrics=["r2"],
    ).run(repeats=3, data=numbers(groups=20), external=shifted)  # fmt: skip
    found = external_difference(cube, "one", "other")
    assert found.settings["n_external_groups"] == 6
    said = conclude(cube).verdict
    assert said.scope == "For patients like the 6 external groups of numbers, 60 rows, and these models"
    assert not [note for note in said.notes if "row by row" in note]
    older = cube.copy()
    del older.attrs["external_groups"]
    alone = external_difference(older, "one", "other")
    assert alone.estimate == pytest.approx(found.estimate)
    assert np.diff(found.interval) > np.diff(alone.interval)
    assert any("60 external rows are of 6 groups" in note for note in conclude(older).verdict.notes)


def test_a_model_is_evaluated_on_external_groups_not_on_their_rows():
    split = vb.Split(GroupKFold(3, shuffle=True))
    cube = study(procedures={"one": vb.Procedure([split, Ridge()])}, metrics=["mae"]).run(
        repeats=2, data=numbers(groups=20), external=numbers(groups=12, seed=1)
    )
    found = vb.evaluate(cube, data_group="external")
    assert {(result.n, result.unit) for result in found.results} == {(12, "group")}
    assert "All 2 repeats of the run have the same" in found.text()
    older = cube.copy()
    del older.attrs["external_groups"]
    assert "These rows are of 12 groups" in vb.evaluate(older, data_group="external").text().replace(
        "\n", " "
    )


def test_two_models_on_the_recordings_of_few_subjects_are_judged_by_subject():
    rng = np.random.default_rng(1)
    truth, subject = rng.normal(50, 10, 120), np.repeat(np.arange(12), 10)
    tables = [
        pd.DataFrame(
            {"id": np.arange(120), "who": subject, "true": truth, "pred": truth + e * rng.normal(size=120)}
        )
        for e in (5, 5.2)
    ]
    found = vb.compare(*tables, label="true", pred="pred", id="id", group="who", metric="mae", margin=0.5)
    said = found.text().replace("\n", " ")
    assert "120 cases of 12 groups" in said
    assert "More groups to test on" in said
    assert "120 patients" not in said


def test_a_draw_of_groups_takes_all_their_rows():
    panel, groups = PanelOfNumbers(np.arange(12.0), np.zeros((1, 12))), np.repeat(np.arange(4), 3)
    weights, _ = draw(panel, 50, np.random.default_rng(0), groups)
    by_group = weights.reshape(50, 4, 3)
    assert (by_group == by_group[:, :, :1]).all()
    assert (by_group[:, :, 0].sum(axis=1) == 4).all()


@pytest.mark.parametrize(
    ("options", "error"), [({"positive": "3"}, InputError), ({"target": "kind"}, DataError)]
)
def test_an_external_outcome_that_is_no_number_is_refused(options, error):
    table = pd.DataFrame(numbers(seed=1).X, columns=["f0", "f1", "f2", "f3"]).assign(score=1.5, kind="x")
    table.loc[0, "score"] = 2
    with pytest.raises(error, match=r"it has neither a positive value|'x' in row 1 is no number"):
        align(numbers(), table, **({"target": "score"} | options))


def test_the_patients_of_a_numeric_outcome_are_drawn_anew():
    cube = study().run(repeats=3)
    for metric, function, sign in (("r2", r2_score, 1), ("mae", mean_absolute_error, -1)):
        (found,) = by_patients(cube, "ridge", "stiff", metric)
        means = []
        for name in ("ridge", "stiff"):
            run = cube.sel(procedure=name)
            parts = [
                function(y[f == k], said[f == k])
                for y, said, f in zip(
                    run["y_true"].values, run["y_pred"].values, run["row_fold"].values, strict=True
                )
                for k in range(3)
            ]
            means.append(np.mean(parts))
        assert found.estimate == pytest.approx(sign * (means[0] - means[1]), abs=1e-6)
        assert (found.n, found.unit, found.validity != "unknown") == (60, "patient", True)


def test_recordings_of_subjects_are_counted_as_subjects():
    split = vb.Split(GroupKFold(3, shuffle=True))
    cube = study(
        data=numbers(n=180, groups=45), primary="mae", metrics=["r2"],
        procedures={name: vb.Procedure([split, Ridge(alpha)]) for name, alpha in (("near", 1), ("far", 60))},
    ).run(repeats=4)  # fmt: skip
    found = vb.compare(cube)
    by_method = {result.method: result for result in found.results}
    assert (by_method["patient_bootstrap"].n, by_method["patient_bootstrap"].unit) == (45, "group")
    corrected = by_method["corrected_resampled_t"]
    asked = {"folds": 3, "repeats": 4, "metric": "mae"}
    assert corrected.validity == method_class("corrected_resampled_t", **asked, n=45).validity
    assert "180 cases of 45 groups" in found.text()
    assert " patients (power" not in found.text()


# -- the report ---------------------------------------------------------------------------------------------------


def test_the_same_number_for_all_is_the_baseline():
    y = [1.0, 2.0, 3.0, 10.0]
    found = constant_numbers(y)
    assert found["mean"]["r2"].value == 0
    assert found["mean"]["rmse"].value == pytest.approx(np.std(y))
    assert found["median"]["mae"].value == (1.5 + 0.5 + 0.5 + 7.5) / 4
    cube = study().run(repeats=2)
    frame = baselines(cube).set_index(["classifier", "metric"])["value"]
    own = numbers().y
    assert frame["median", "mae"] == pytest.approx(np.abs(own - np.median(own)).mean())
    assert set(baselines(cube)["rows"]) == {"cohort"}


def test_a_report_of_numbers_speaks_of_no_class():
    cube = study().run(repeats=5)
    told = report(cube)
    text = told.text()
    assert "The same number for all has, in the cohort, at best R² 0.000" in text
    markdown = " ".join(
        " ".join(map(str, row)) for table in ("scores", "constants") for row in told.frame(table).to_numpy()
    )
    for word in ("class", "positive", "prevalence", "Events"):
        assert word not in markdown
    assert told.metrics["mae"]["greater_is_better"] is False
    mine = told.frame("inflation") if len(told.frame("inflation")) else told.frame("results")
    assert np.isfinite(mine["estimate"].dropna()).all()


def test_a_difference_of_errors_is_positive_where_the_first_errs_less():
    cube = study().run(repeats=4)
    results = report(cube).frame("results").query("method == 'difference'").set_index("metric")["estimate"]
    ridge, stiff = (cube.sel(procedure=name).score.mean(["repeat", "fold"]) for name in ("ridge", "stiff"))
    assert results["mae"] == pytest.approx(float((stiff - ridge).sel(metric="mae")))
    assert results["r2"] == pytest.approx(float((ridge - stiff).sel(metric="r2")))
    assert (results > 0).all()


def test_other_metrics_of_numbers_come_from_the_predictions_that_are_kept():
    fewer, all_ = study(metrics=()).run(repeats=2), study().run(repeats=2)
    again, stored = (report(cube, metrics=["rmse", "mae"]).frame("repeats") for cube in (fewer, all_))
    pd.testing.assert_series_equal(again["score"], stored["score"])
    with pytest.raises(InputError, match="unknown metric 'f1'"):
        report(fewer, metrics=["f1"])


def test_every_form_of_the_report_can_be_written(tmp_path):
    from varbench.report import write

    paths = write(report(study().run(repeats=3)), tmp_path, ["html", "md", "tex", "csv", "json"])
    for path in paths:
        assert "prevalence of the positive" not in path.read_text()
        assert "R²" in path.read_text() or "r2" in path.read_text()
    stored = json.loads((tmp_path / "report.json").read_text(), parse_constant=pytest.fail)
    assert stored["data"]["class_names"] == []
    assert stored["data"]["outcome"]["mean"] == pytest.approx(numbers().y.mean())
    assert {one["classifier"] for one in stored["constants"]} == {"mean", "median"}


def test_estimators_are_compared_on_numbers():
    data = numbers(80)
    answer = vb.compare(
        Ridge(),
        Ridge(alpha=300),
        data.X,
        data.y,
        task="regression",
        names=["ridge", "stiff"],
        repeats=4,
        margin=0.02,
    )
    facts = answer.verdicts[0].facts
    assert (facts.label, facts.pairing) == ("R²", "exact")
    difference = next(one for one in answer.results if one.method == "difference")
    assert difference.estimate > 0.1
    assert vb.compare(
        Ridge(), Ridge(alpha=300), data=numbers(groups=20), metric="mae", repeats=2, names=["a", "b"]
    ).verdicts[0].facts.metric == "mae"  # fmt: skip
    with pytest.raises(InputError, match="unknown metric 'roc_auc'"):
        vb.compare(Ridge(), Ridge(alpha=300), data=data, metric="roc_auc", names=["a", "b"])
    with pytest.raises(InputError, match="folds=50: there are 30 cases"):
        vb.compare(Ridge(), Ridge(alpha=300), data=numbers(30), folds=50, names=["a", "b"])


def test_an_audit_and_a_checklist_of_a_run_speak_of_numbers(tmp_path):
    poor = {
        "none": vb.Procedure([vb.Split(FOLDS), DummyRegressor()]),
        "line": vb.Procedure([vb.Split(FOLDS), Ridge()]),
    }
    study(procedures=poor).run(repeats=2, out=tmp_path / "run")
    (constant,) = vb.audit(tmp_path / "run").frame("findings").query("code == 'VB333'").to_dict("records")
    assert "none" in constant["finding"]
    assert "line" not in constant["finding"]
    items = vb.checklist(tmp_path / "run").frame("probast-ai").set_index("topic")["answer"]
    assert items[items.index.str.startswith("Imbalance")].tolist() == ["not applicable"]


STUDY = """
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import KFold
    import varbench as vb

    study = vb.Study(
        question="How near?", data="wdbc", primary="mae", vary=["split"], repeats=2,
        procedures={"a": vb.Procedure([vb.Split(KFold(3, shuffle=True)), Ridge()]),
                    "b": vb.Procedure([vb.Split(KFold(3, shuffle=True)), Ridge(alpha=9)])},
    )
"""


def test_a_table_of_ones_own_with_an_outcome_that_is_a_number(tmp_path, capsys):
    mine, table = tmp_path / "mine.py", tmp_path / "t.csv"
    mine.write_text(textwrap.dedent(STUDY))
    data = numbers()
    pd.DataFrame(data.X).add_prefix("x").assign(y=data.y).to_csv(table, index=False)
    run = tmp_path / "run"
    arguments = ["study", str(mine), "--data", str(table), "--target", "y", "--out", str(run), "--jobs", "1"]
    assert main([*arguments, "--task", "regression"]) == 0
    assert "MAE" in capsys.readouterr().out
    assert main(["study", str(mine), "--out", str(run), "--repeats", "3", "--jobs", "1"]) == 0
    assert open_cube(run).sizes["repeat"] == 3
    assert main([*arguments[:-4], "--out", str(tmp_path / "other")]) == 2


# -- one study for both kinds of outcome --------------------------------------------------------------------------


def test_a_study_says_what_is_different_where_the_outcome_is_a_number():
    numeric = {"procedures": study().procedures, "primary": "r2", "metrics": ["mae"]}
    both = vb.Study(
        question="How good?", data="wdbc", primary="f1", vary=["split"], regression=numeric,
        procedures={"line": vb.Procedure([vb.Split(StratifiedKFold(3, shuffle=True)), LogisticRegression()])},
    )  # fmt: skip
    assert plan(both, Request()).names == ("line",)
    settled = plan(both, Request(data=numbers()))
    assert settled.names == ("ridge", "stiff")
    assert [metric.name for metric in settled.work.metrics] == ["r2", "mae"]
    assert settled.study.question == "How good?"


def test_data_of_the_other_kind_are_left_out_of_a_collection(tmp_path):
    numeric = {"procedures": study().procedures, "primary": "r2", "metrics": []}
    both = vb.Study(
        question="How good?", data="wdbc", primary="f1", vary=["split"], regression=numeric, repeats=1,
        procedures={"bayes": vb.Procedure([vb.Split(StratifiedKFold(2, shuffle=True)), GaussianNB()])},
    )  # fmt: skip
    with pytest.warns(RuntimeWarning, match="not all could be run"):
        cube = both.run(data={"classes": "wdbc", "numbers": numbers()}, out=tmp_path / "run")
    assert cube["dataset"].values.tolist() == ["classes"]
    why = read_collection(tmp_path / "run")["members"]["numbers"]
    assert "its outcome is a number, and that of classes is a class: run it alone" in str(why)


@pytest.mark.parametrize(
    ("regression", "message"),
    [
        ({"procedure": {}}, "unknown key of regression 'procedure'"),
        ({"primary": "r3"}, "unknown metric 'r3'"),
    ],
)
def test_what_is_said_of_numbers_is_checked_when_the_study_is_made(regression, message):
    with pytest.raises((StudyError, InputError), match=message):
        study(regression=regression)


def test_updrs_over_rows_and_over_subjects(shared_data):
    asked = ["rows neighbours", "subjects neighbours", "rows line", "subjects line"]
    cube = load_study("patients").run(data="updrs", repeats=1, procedures=asked)
    found = cube.score.mean(["fold", "repeat"])
    for model in ("neighbours", "line"):
        rows, subjects = (found.sel(procedure=f"{kind} {model}") for kind in ("rows", "subjects"))
        assert float(rows.sel(metric="r2")) > 0 > float(subjects.sel(metric="r2"))
        assert float(rows.sel(metric="mae")) < float(subjects.sel(metric="mae"))


def test_the_sd_over_re_splits_is_that_of_the_repeats():
    cube = study().run(repeats=8)
    text = vb.compare(cube).text()
    each = [
        np.nanmean(cube["score"].sel(procedure=p, metric="r2").values, axis=1) for p in ("ridge", "stiff")
    ]
    shown = re.search(r"SD over re-splits ([\d.]+)\s+and\s+([\d.]+)", text)
    assert [float(x) for x in shown.groups()] == [round(float(np.std(one, ddof=1)), 2) for one in each]


def test_where_less_is_better_a_run_scores_better_not_higher():
    cube = study(primary="mae", metrics=["r2"]).run(repeats=2)
    said = vb.compare(cube).text().replace("\n", " ")
    assert "scores higher" not in said


def test_decompose_reads_a_table_for_a_study_as_it_is_told(tmp_path):
    table = tmp_path / "t.csv"
    y = numbers().y
    pd.DataFrame(numbers().X, columns=list("abcd")).assign(out=y, other=1 - y).to_csv(table, index=False)
    asked = {"target": "out", "task": "regression", "drop": ["other"]}
    found = vb.decompose(study(), vary=["split:3", "init:2"], data=str(table), **asked)
    assert any("split given these patients" in notice for notice in found.notices)
    direct = vb.decompose(study(), vary=["split:3", "init:2"], data=load_data(str(table), **asked))
    pd.testing.assert_frame_equal(found.frame("components"), direct.frame("components"))


def test_a_leaking_pilot_is_not_planned_with_more_patients():
    data = numbers(n=90, groups=30)
    cube = study(data=data, procedures={
        "rows": vb.Procedure([vb.Split(FOLDS), Ridge()]),
        "groups": vb.Procedure([vb.Split(GroupKFold(3, shuffle=True)), Ridge()]),
    }).run(repeats=3)  # fmt: skip
    found = vb.plan(cube)
    assert "More patients" not in found.headline
    assert "invalid" in found.headline
    assert found.frame("pilot").iloc[0].tolist() == ["groups in the pilot", 30]


def test_one_number_for_all_stands_beside_what_a_model_predicts(capsys, tmp_path):
    rng = np.random.default_rng(0)
    truth = rng.normal(50, 10, 40)
    path = tmp_path / "p.csv"
    pd.DataFrame({"true": truth, "pred": truth + rng.normal(size=40)}).to_csv(path, index=False)
    assert main(["evaluate", str(path), "--label", "true", "--pred", "pred", "--task", "regression"]) == 0
    assert "One number for all cases" in capsys.readouterr().out
    found = vb.evaluate(path, label="true", pred="pred", task="regression").frame("baselines")
    found = found.set_index(["constant", "label"])["value"]
    assert found["median", "Mean absolute error"] == pytest.approx(np.abs(truth - np.median(truth)).mean())
    assert found["mean", "R²"] == pytest.approx(0)

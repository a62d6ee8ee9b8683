"""Calibration: the fast simulator against scikit-learn, what goes on where it stopped, the classes, and the rates."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import Ridge
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    brier_score_loss,
    f1_score,
    mean_absolute_error,
    r2_score,
    recall_score,
    roc_auc_score,
    root_mean_squared_error,
)
from sklearn.naive_bayes import GaussianNB

import varbench as vb
from varbench.calibration import (
    CLASS_COLUMNS,
    DESIGNS,
    SIGNALS,
    UNMEASURED,
    Condition,
    Halves,
    HalvesOfNumbers,
    Table,
    band,
    calling,
    calls,
    classify,
    drawing,
    fast_cv,
    full,
    known_methods,
    measure,
    methods_of,
    on_table,
    quick,
    run,
    running,
)  # fmt: skip
from varbench.calibration.measuring import cross_validated
from varbench.calibration.populations import n_positive
from varbench.cli import main
from varbench.data import Data
from varbench.effects import Scored, error_rates, is_null
from varbench.errors import InputError, StatisticsError, VarbenchError
from varbench.report import report
from varbench.stats import METHODS as STATISTICS
from varbench.stats import Result, method_class
from varbench.stats import classes as table_of_classes
from varbench.study import load_study

SMALL = Condition("re-split", 40, 3, 4, signal="strong")
ONE_SPLIT = Condition("re-split", 40, 5, 1)
FRESH = Condition("fresh", 40, 3, 12)
NUMBERS = Condition("re-split", 40, 3, 4, metric="r2", model="ridge")


def large_table(n: int = 3000, p: int = 6, name: str = "big") -> Table:
    rng = np.random.default_rng(3)
    y = (rng.random(n) < 0.3).astype(int)
    X = rng.normal(size=(n, p)) + y[:, None] * np.linspace(0.1, 0.9, p)
    return Table.in_halves(X, y, name=name)


# -- the fast simulator ----------------------------------------------------------------------------------------------


def test_numbers_are_predicted_and_scored_as_scikit_learn_does():
    cohort = HalvesOfNumbers(1.5, n_features=4).cohort(50, np.random.default_rng(2))
    test = fast_cv.stratified(np.zeros(50, int), 5, 2, np.random.default_rng(3)).test.reshape(-1, 50)
    assert (test.sum(axis=1) == 10).all()
    said = fast_cv.ridge_predictions(cohort.first, cohort.y, ~test)
    scores = {name: of(said, cohort.y, test) for name, of in fast_cv.OF_NUMBERS.items()}
    for number, tested in enumerate(test):
        X, y = cohort.first[~tested], cohort.y[~tested]
        penalty = fast_cv.RIDGE * np.trace(np.cov(X.T, bias=True)) / 4 * len(X)
        predicted = Ridge(alpha=penalty).fit(X, y).predict(cohort.first)
        assert said[number] == pytest.approx(predicted, abs=1e-9)
        truth = cohort.y[tested], predicted[tested]
        assert scores["mae"][number] == pytest.approx(-mean_absolute_error(*truth))
        assert scores["rmse"][number] == pytest.approx(-root_mean_squared_error(*truth))
        assert scores["r2"][number] == pytest.approx(r2_score(*truth))


@pytest.mark.parametrize("tail", ["normal", "heavy", "skewed"])
def test_each_half_adds_its_share_to_a_number(tail):
    # Of a variance of 1.5^2 + 0.5^2 + 1, which is 3.5; the slope on the mean of a half tells its part.
    cohort = HalvesOfNumbers(1.5, 0.5, tail).cohort(40_000, np.random.default_rng(4))
    for half, signal in ((cohort.first, 1.5), (cohort.second, 0.5)):
        together = np.cov(half.sum(axis=1) / np.sqrt(10), cohort.y)[0, 1]
        assert together == pytest.approx(signal, abs=0.06)
    assert cohort.y.var() == pytest.approx(3.5, rel=0.15)


@pytest.fixture(scope="module")
def cohort():
    return Halves(prevalence=0.3, n_features=5).cohort(60, np.random.default_rng(1))


@pytest.fixture(scope="module")
def splits(cohort):
    return fast_cv.stratified(cohort.y, 4, 3, np.random.default_rng(2))


def test_every_case_is_tested_once_a_repeat_in_folds_of_like_size(cohort, splits):
    assert splits.test.shape == (3, 4, 60)
    assert (splits.test.sum(axis=1) == 1).all()
    assert set(splits.test.sum(axis=2).ravel()) == {15}
    positives = splits.test[:, :, cohort.y == 1].sum(axis=2)
    assert set(positives.ravel()) <= {18 // 4, 18 // 4 + 1}
    assert splits.ratio == pytest.approx(1 / 3)
    assert (splits.test[0] != splits.test[1]).any()


@pytest.mark.parametrize("shrinkage", [fast_cv.RIDGE / (1 + fast_cv.RIDGE)])
def test_linear_scores_are_those_of_a_shrunken_discriminant_analysis(cohort, splits, shrinkage):
    test = splits.test.reshape(-1, 60)
    ours = fast_cv.linear_scores(cohort.first, cohort.y, ~test)
    for scores, tested in zip(ours, test, strict=True):
        model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage)
        theirs = model.fit(cohort.first[~tested], cohort.y[~tested]).decision_function(cohort.first)
        # Theirs divides the covariance by n, ours by n - 2, and S + r I is (1 + r) times the shrunken one.
        n = (~tested).sum()
        prior = np.log(model.priors_[1] / model.priors_[0])
        factor = (n - 2) / n / (1 + fast_cv.RIDGE)
        np.testing.assert_allclose(scores - prior, (theirs - prior) * factor, rtol=1e-9, atol=1e-9)


def test_other_models_are_their_formulae(cohort, splits):
    tested = splits.test[0, 0]
    X, y = cohort.first[~tested], cohort.y[~tested]
    middle, shift = (
        sum(X[y == c].mean(axis=0) for c in (0, 1)) / 2,
        X[y == 1].mean(axis=0) - X[y == 0].mean(axis=0),
    )
    prior = np.log((y == 1).sum() / (y == 0).sum())
    within = np.concatenate([X[y == c] - X[y == c].mean(axis=0) for c in (0, 1)])
    variances = (within**2).sum(axis=0) / (len(X) - 2)
    for model, variance in (
        ("centroid", variances.mean()),
        ("naive_bayes", variances + fast_cv.RIDGE * variances.mean()),
    ):
        expected = (cohort.first - middle) @ (shift / variance) + prior
        found = fast_cv.linear_scores(cohort.first, cohort.y, ~tested[None], model)[0]
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def test_naive_bayes_ranks_as_that_of_scikit_learn_with_one_variance_a_feature(splits):
    rng = np.random.default_rng(5)
    X, y = rng.normal(size=(4000, 3)), np.repeat([0, 1], 2000)
    X[y == 1] += [0.3, 0.6, 0.9]
    ours = fast_cv.linear_scores(X, y, np.ones((1, 4000), bool), "naive_bayes")[0]
    assert stats.spearmanr(ours, GaussianNB().fit(X, y).predict_proba(X)[:, 1]).statistic > 0.99


def test_metrics_are_those_of_scikit_learn_fold_by_fold(cohort, splits):
    test = splits.test.reshape(-1, 60)
    scores = fast_cv.linear_scores(cohort.first, cohort.y, ~test).round(1)  # rounded: ties
    auc, accuracy = (fast_cv.METRICS[name](scores, cohort.y, test) for name in ("roc_auc", "accuracy"))
    for i, (s, tested) in enumerate(zip(scores, test, strict=True)):
        assert auc[i] == pytest.approx(roc_auc_score(cohort.y[tested], s[tested]), abs=1e-12)
        assert accuracy[i] == pytest.approx(accuracy_score(cohort.y[tested], s[tested] > 0), abs=1e-12)


# -- populations -----------------------------------------------------------------------------------------------------


def test_the_halves_can_be_exchanged():
    rng = np.random.default_rng(0)
    cohorts = [Halves(0.3, 1.0, n_features=4, shared=0.5).cohort(50, rng) for _ in range(400)]
    sums = np.array([[half.sum(axis=1)[c.y == 1].mean() for half in (c.first, c.second)] for c in cohorts])
    assert {int(c.y.sum()) for c in cohorts} == {15}
    assert sums.mean(axis=0) == pytest.approx([2.0, 2.0], abs=0.1)  # 4 features, a shift of 1 / sqrt(4) each
    assert sums.std(axis=0) == pytest.approx([sums.std()] * 2, rel=0.1)
    assert np.corrcoef(sums.T)[0, 1] > 0.5  # the hidden factor is in both
    assert stats.ttest_rel(*sums.T).pvalue > 0.001


def test_a_weaker_half_is_weaker():
    cohort = Halves(0.5, 2.0, 0.0, n_features=4).cohort(4000, np.random.default_rng(0))
    shifts = [
        half[cohort.y == 1].mean() - half[cohort.y == 0].mean() for half in (cohort.first, cohort.second)
    ]
    assert shifts == pytest.approx([1.0, 0.0], abs=0.06)


def test_the_rest_of_a_table_is_disjoint_from_the_cohort_and_all_there_is():
    table = large_table(400)
    rows = Table(np.arange(800.0).reshape(400, 2), table.y, ((0,), (1,)), "numbered")
    cohort, rest = rows.rest(60, 0.2, np.random.default_rng(0))
    drawn, left = cohort.first[:, 0], rest.first[:, 0]
    assert len(set(drawn)) == 60
    assert int(cohort.y.sum()) == n_positive(60, 0.2) == 12
    assert not set(drawn) & set(left)
    assert len(drawn) + len(left) == 400
    np.testing.assert_array_equal(rest.y, table.y[(left / 2).astype(int)])
    assert (cohort.second - cohort.first == 1).all()


def test_a_table_in_halves_is_standardised_whole_and_each_feature_in_one_half():
    X = np.random.default_rng(0).normal(3, 2, size=(50, 7))
    X[4, 2], X[:, 5] = np.nan, 1.0
    table = Table.in_halves(X, np.tile([0, 1], 25), seed=1)
    assert table.X.shape == (50, 6)  # the constant one is left out
    assert table.X.mean(axis=0) == pytest.approx(np.zeros(6), abs=1e-12)
    assert table.X.std(axis=0) == pytest.approx(np.ones(6))
    assert sorted(table.columns[0] + table.columns[1]) == list(range(6))
    halves = {Table.in_halves(X, np.tile([0, 1], 25), seed=seed).columns for seed in range(6)}
    assert len(halves) > 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Table.in_halves(np.ones((9, 3)), [0, 1, 1] * 3), "0 varying features; 2 are needed"),
        (lambda: Table(np.ones((9, 2)), np.zeros(8, int), ((0,), (1,))), r"shape \(case, feature\)"),
        (lambda: Table(np.ones((3, 2)), np.zeros(3, int), ((0,), (1,))), "both 0 and 1"),
        (
            lambda: Table(np.ones((3, 2)), np.array([0, 1, 1]), ((0,), (5,))),
            r"columns=\(5,\): must be some of 0 to 1",
        ),
        (
            lambda: large_table(100).rest(90, 0.5, np.random.default_rng(0)),
            "too few for cohorts of 90 with 45 positive",
        ),
        (lambda: on_table(large_table(100)), "too few for cohorts of 137 and as many others"),
    ],
)
def test_tables_that_cannot_be_are_refused(make, message):
    with pytest.raises(StatisticsError, match=message):
        make()


# -- conditions ------------------------------------------------------------------------------------------------------


def test_conditions_have_names_of_their_own_and_every_method_is_in_one():
    for grid in (quick(), full()):
        assert len({c.name for c in grid}) == len(grid)
    asked = {
        name
        for c in full()
        for name in methods_of(c.design, c.folds, c.repeats, c.metric, thorough=c.is_thorough)
    }
    assert asked == set(known_methods())
    assert {(c.design, c.metric) for c in full()} == {
        (d, m) for d, metrics in DESIGNS.items() for m in metrics
    }
    assert {c.design for c in quick()} == {c.design for c in full()}


ON_CASES = [
    Condition(design, 40, repeats=3 if design == "seeds" else 0, metric=metric)
    for design in ("test set", "seeds", "one model") for metric in DESIGNS[design]
]  # fmt: skip
OF_NUMBERS = [replace(NUMBERS, metric=metric) for metric in ("mae", "rmse", "r2")]
ONE_EACH = [
    SMALL,
    ONE_SPLIT,
    FRESH,
    *OF_NUMBERS,
    Condition("re-split", 40, 2, 5),
    *ON_CASES,
    Condition("data sets", 8),
]


@pytest.mark.parametrize("condition", ONE_EACH, ids=lambda c: f"{c.design} {c.metric} {c.folds}x{c.repeats}")
def test_each_method_of_a_condition_is_really_measured(condition):
    found = measure(condition, 3)
    assert tuple(found["method"]) == methods_of(
        condition.design, condition.folds, condition.repeats, condition.metric
    )
    assert found["differs"].between(0, 1).all()
    assert (found["truth"] == 0).all()
    again = measure(condition, 3, methods=found["method"][-1:])  # alone as in company
    pd.testing.assert_frame_equal(again, found[-1:].reset_index(drop=True), check_exact=True)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"design": "resplit"}, "unknown design 'resplit'; did you mean re-split"),
        ({"model": "ldaa"}, "unknown model"),
        ({"metric": "f1"}, "unknown metric"),
        ({"metric": "mae"}, "unknown model 'lda'"),
        ({"metric": "mae", "model": "ridge", "folds": 21}, "with 40 cases there can be 2 to 20 folds"),
        ({"signal": "none"}, "unknown signal"),
        ({"n": 3}, "n must be 4 or more"),
        ({"prevalence": 1.0}, "prevalence between 0 and 1"),
        ({"folds": 1}, "there can be 2 to 20 folds"),
        ({"prevalence": 0.05}, "with 2 cases of the rarer class there can be 2 to 2 folds"),
        ({"repeats": 0}, "1 repeat or more"),
        ({"design": "seeds", "repeats": 1}, "two seeds of each procedure"),
        ({"design": "one model", "metric": "auc"}, "unknown metric 'auc'"),
        ({"tail": "long"}, "unknown tail"),
    ],
)
def test_conditions_that_cannot_be_are_refused(changes, message):
    with pytest.raises(StatisticsError, match=message):
        Condition(**{"design": "re-split", "n": 40, "folds": 3, "repeats": 4} | changes)


def test_a_population_that_is_a_table_needs_it():
    with pytest.raises(StatisticsError, match="the population 'big' needs its table"):
        measure(Condition("re-split", 60, 3, 2, population="big"), 2)


# -- running, and going on -------------------------------------------------------------------------------------------


def test_workers_do_not_change_the_numbers():
    conditions = [SMALL, FRESH, ONE_SPLIT]
    one, two = (run(conditions, 20, jobs=jobs) for jobs in (1, 2))
    pd.testing.assert_frame_equal(one, two, check_exact=True)
    assert list(dict.fromkeys(one["name"])) == [c.name for c in conditions]
    other = run([SMALL], 20, seed=1)
    assert not one[one["name"] == SMALL.name]["width"].equals(other["width"])


def test_it_goes_on_where_it_stopped_with_the_same_numbers(tmp_path, monkeypatch):
    out, told = tmp_path / "folder" / "rates.csv", []
    whole = run([SMALL, FRESH], 20)
    run([SMALL], 20, out=out)
    simulated = []
    monkeypatch.setattr(
        running, "measure", lambda c, *a, **k: simulated.append((c.name, k["methods"])) or measure(c, *a, **k)
    )
    found = run([SMALL, FRESH], 20, out=out, progress=lambda *done: told.append(done))
    assert [name for name, _ in simulated] == [FRESH.name]
    assert told == [(2, 2)]
    pd.testing.assert_frame_equal(found, whole, check_exact=True)
    pd.testing.assert_frame_equal(run([SMALL, FRESH], 20, out=out), whole, check_exact=True)
    assert len(simulated) == 1
    assert [path.name for path in out.parent.iterdir()] == ["rates.csv"]


def test_what_was_measured_of_some_methods_is_not_taken_for_all(tmp_path, monkeypatch):
    out = tmp_path / "rates.csv"
    run([SMALL], 20, methods=["signed_rank"], out=out)
    run([SMALL], 20, seed=7, methods=["signed_rank"], out=out)
    asked = []
    monkeypatch.setattr(
        running, "measure", lambda c, *a, **k: asked.append(k["methods"]) or measure(c, *a, **k)
    )
    found = run([SMALL], 20, out=out)
    quick_ones = methods_of("re-split", 3, 4, thorough=SMALL.is_thorough)
    assert asked == [tuple(name for name in quick_ones if name != "signed_rank")]
    pd.testing.assert_frame_equal(found, run([SMALL], 20), check_exact=True)
    # What the file held of another seed is still there.
    assert set(pd.read_csv(out)["seed"]) == {0, 7}
    assert list(run([SMALL], 20, methods=["signed_rank"], out=out)["method"]) == ["signed_rank"]


def test_methods_that_are_in_no_condition_give_an_empty_frame_and_simulate_nothing(monkeypatch):
    monkeypatch.setattr(running, "measure", lambda *a, **k: pytest.fail("nothing is to be simulated"))
    assert run([SMALL], 20, methods=["delong"]).empty


def test_an_interrupted_write_leaves_the_old_file_whole(tmp_path, monkeypatch):
    out = tmp_path / "rates.csv"
    run([SMALL], 20, out=out)
    before = out.read_bytes()

    def half(self, file, **_):
        file.write_text("name,se")
        raise KeyboardInterrupt("stop")

    with monkeypatch.context() as broken:
        broken.setattr(pd.DataFrame, "to_csv", half)
        with pytest.raises(KeyboardInterrupt, match="stop"):
            run([SMALL, FRESH], 20, out=out)
    assert out.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["rates.csv"]
    assert len(run([SMALL, FRESH], 20, out=out)) > len(
        pd.read_csv(tmp_path / "rates.csv").query("repeats == 4")
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [("a,b\n1,2\n", "lacks the columns name, seed, n_sim, method"), ("", "cannot be read as a calibration")],
)
def test_a_file_that_holds_something_else_is_refused_and_left_alone(tmp_path, content, message):
    out = tmp_path / "rates.csv"
    out.write_text(content)
    with pytest.raises(InputError, match=message):
        run([SMALL], 20, out=out)
    assert out.read_text() == content


def test_too_few_simulations_and_unknown_methods_are_refused():
    with pytest.raises(InputError, match="19 simulations: at least 20 are needed"):
        run([SMALL], 19)
    with pytest.raises(InputError, match="unknown method 'signed_rang'; did you mean signed_rank"):
        run([SMALL], 20, methods=["signed_rang"])


# -- classes ---------------------------------------------------------------------------------------------------------


def measured(method: str, differs: float, **changes: object) -> dict[str, object]:
    row: dict[str, object] = {
        "method": method, "design": "re-split", "folds": 3, "repeats": 10, "n": 137, "prevalence": 0.16,
        "metric": "roc_auc", "population": "halves", "null": True, "differs": differs, "coverage": 0.95, "n_sim": 1000,
    }  # fmt: skip
    return row | changes


def test_classes_are_made_from_the_worst_rate_of_a_design():
    frame = pd.DataFrame(
        [
            measured("exact", 0.05), measured("exact", 0.074), measured("exact", 0.029),
            measured("cautious", 0.0), measured("cautious too", 0.028), measured("cautious too", 0.05),
            measured("approximate", 0.04), measured("approximate", 0.1), measured("failing", 0.05),
            measured("failing", 0.101), measured("elsewhere", 0.9, repeats=100), measured("elsewhere", 0.05),
            measured("power", 0.9, null=False),
            measured("real", 0.9, null=False, population="mammography", coverage=0.92),
            measured("no interval", 0.9, null=False, population="mammography", coverage=np.nan),
            measured("few", 0.09, n_sim=100), measured("few but wrong", 0.13, n_sim=100),
        ]
    )  # fmt: skip
    found = classify(frame)
    assert tuple(found.columns) == CLASS_COLUMNS
    kinds = {(row.method, row.repeats): row.validity for row in found.itertuples()}
    assert kinds == {
        ("exact", 10): "exact", ("cautious", 10): "approximate", ("cautious too", 10): "approximate",
        ("approximate", 10): "approximate",
        ("failing", 10): "failing",
        ("elsewhere", 10): "exact", ("elsewhere", 100): "failing", ("real", 10): "approximate", ("few", 10): "exact",
        ("few but wrong", 10): "failing",
    }  # fmt: skip
    worst = found.set_index("method").loc["failing"]
    assert (worst["low"], worst["high"]) == (0.05, 0.101)


@pytest.mark.parametrize("n_sim", [100, 1000])
def test_the_band_is_the_binomial_one(n_sim):
    low, high = (round(bound * n_sim) for bound in band(n_sim, 0.95))
    outside = stats.binom.cdf(low - 1, n_sim, 0.05) + stats.binom.sf(high, n_sim, 0.05)
    assert outside <= 0.05
    assert outside + stats.binom.pmf(low, n_sim, 0.05) + stats.binom.pmf(high, n_sim, 0.05) > 0.05


ROWS = [
    table_of_classes.Measured("m", "re-split", 3, 10, 60, 0.16, "roc_auc", 0.04, 0.05, "exact"),
    table_of_classes.Measured("m", "re-split", 3, 10, 300, 0.16, "roc_auc", 0.06, 0.09, "approximate"),
    table_of_classes.Measured("m", "re-split", 3, 100, 60, 0.16, "roc_auc", 0.1, 0.15, "failing"),
    table_of_classes.Measured("m", "re-split", 3, 100, 300, 0.16, "roc_auc", 0.08, 0.1, "approximate"),
    table_of_classes.Measured("m", "re-split", 3, 10, 60, 0.5, "roc_auc", 0.04, 0.12, "failing"),
    table_of_classes.Measured("m", "re-split", 3, 10, 300, 0.5, "roc_auc", 0.05, 0.05, "exact"),
    table_of_classes.Measured("m", "re-split", 3, 10, 60, 0.16, "accuracy", 0.2, 0.3, "failing"),
]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"repeats": 10, "n": 60, "prevalence": 0.16}, ("exact", "0.04 to 0.05")),
        ({"repeats": 10, "n": 300, "prevalence": 0.5}, ("exact", "0.05")),
        (
            {"repeats": 10, "n": 300, "prevalence": 0.84},
            ("approximate", "0.06 to 0.09"),
        ),  # of the rarer class
        (
            {"repeats": 10, "n": 100, "prevalence": 0.16},
            ("approximate", "0.04 to 0.09"),
        ),  # between: the worst
        (
            {"repeats": 10, "n": 5000, "prevalence": 0.16},
            ("approximate", "0.06 to 0.09"),
        ),  # the most there are
        ({"repeats": 10, "n": 30, "prevalence": 0.16}, ("unknown", "")),
        ({"repeats": 10, "n": 60, "prevalence": 0.3}, ("failing", "0.04 to 0.12")),
        ({"repeats": 10, "n": 60, "prevalence": 0.05}, ("unknown", "")),
        (
            {"repeats": 10, "n": 60, "prevalence": 0.157},
            ("exact", "0.04 to 0.05"),
        ),  # rounds to what was measured
        ({"repeats": 30, "n": 300, "prevalence": 0.16}, ("approximate", "0.06 to 0.10")),
        ({"repeats": 101, "n": 60}, ("unknown", "")),
        ({"repeats": 1, "n": 60}, ("unknown", "")),
        ({"repeats": 10}, ("failing", "0.04 to 0.12")),
        ({"repeats": 10, "folds": 5}, ("unknown", "")),
        ({"repeats": 10, "n": 60, "prevalence": 0.16, "metric": "accuracy"}, ("failing", "0.20 to 0.30")),
        ({"repeats": 10, "n": 60, "prevalence": 0.16, "metric": "f1"}, ("failing", "0.04 to 0.30")),
    ],
)
def test_the_class_of_a_design_is_looked_up_between_its_neighbours(monkeypatch, asked, expected):
    monkeypatch.setattr(table_of_classes, "measured", lambda: tuple(ROWS))
    assert method_class("m", **{"folds": 3, "metric": "roc_auc"} | asked) == expected


def test_a_metric_that_was_not_measured_takes_the_worst_of_its_kind(monkeypatch):
    row = table_of_classes.Measured("m", "re-split", 3, 10, 60, 0.5, "roc_auc", 0.04, 0.05, "exact")
    rows = (row, row._replace(metric="mae", high=0.3, validity="failing"))
    monkeypatch.setattr(table_of_classes, "measured", lambda: rows)
    asked = {"folds": 3, "repeats": 10, "n": 60}
    assert method_class("m", **asked, metric="f1").validity == "exact"
    assert method_class("m", **asked, metric="rmse").validity == "failing"
    assert (
        method_class("m", **asked, metric="my_own").validity == "failing"
    )  # of which kind it is nobody knows
    monkeypatch.setattr(table_of_classes, "measured", lambda: rows[:1])
    assert method_class("m", **asked, metric="r2").validity == "unknown"


@pytest.mark.parametrize("metric", ["mae", "rmse", "r2"])
@pytest.mark.parametrize(("folds", "repeats"), [(3, 1), (3, 10), (5, 10), (10, 10), (10, 100)])
def test_a_regression_has_classes_of_its_own_in_the_shipped_table(metric, folds, repeats):
    design = {"folds": folds, "repeats": repeats, "n": 137, "metric": metric}
    found = method_class("corrected_resampled_t", **design)
    assert found.validity in ("exact", "approximate")
    assert method_class("paired_t", **design).validity == "failing" or repeats == 1
    rows = [
        r for r in table_of_classes.measured() if r.method == "corrected_resampled_t" and r.metric == metric
    ]
    assert {r.n for r in rows} == {40, 137, 300}


def test_what_is_counted_is_groups_where_cases_are_of_groups():
    scored = Scored(
        first="a", second="b", metric="mae", a=np.zeros((10, 10)), b=np.ones((10, 10)), greater=False, pairing="exact",
        fresh=False, ratio=1 / 9, n_cases=5875, n_groups=42,
    )  # fmt: skip
    asked = {"folds": 10, "repeats": 10, "metric": "mae"}
    assert scored.class_of("corrected_resampled_t") == method_class("corrected_resampled_t", **asked, n=42)
    assert replace(scored, n_groups=12).class_of("corrected_resampled_t").validity == "unknown"
    assert replace(scored, n_groups=None).class_of("corrected_resampled_t").validity in (
        "exact",
        "approximate",
    )


def test_the_shipped_table_follows_the_rule_and_knows_every_method():
    rows = table_of_classes.measured()
    assert {row.method for row in rows} == set(known_methods())
    assert {row.design for row in rows} == set(DESIGNS)
    least, most = band(300)  # the fewest simulations behind any row
    for row in rows:
        assert 0 <= row.low <= row.high <= 1
        assert (row.validity == "failing") == (row.high > 0.1), row
        assert row.validity != "exact" or (round(row.low + 5e-5, 4) >= least and row.high <= most + 5e-5), row
    assert len({row[:7] for row in rows}) == len(rows)


def test_a_result_is_given_the_class_of_its_method_and_variant(monkeypatch):
    row = table_of_classes.Measured("m", "one model", 0, 0, 50, 0.5, "f1", 0.06, 0.08, "approximate")
    monkeypatch.setattr(
        table_of_classes,
        "measured",
        lambda: (row, row._replace(method="m, odd", validity="failing", high=0.3)),
    )
    plain = Result(
        "m", 1.0, 0.5, 1.5, 0.95, None, None, 50, "patient", "none", "E3", "unknown", {"metric": "f1"}
    )
    asked = {"design": "one model", "n": 50, "prevalence": 0.5, "metric": "f1"}
    found = table_of_classes.with_class(plain, **asked)
    assert (found.validity, found.settings) == (
        "approximate",
        {"metric": "f1", "measured_error_rate": "0.06 to 0.08"},
    )
    assert table_of_classes.with_class(plain, variant="odd", **asked).validity == "failing"
    assert table_of_classes.with_class(plain, **asked | {"design": "test set"}) == plain


# -- the rates -------------------------------------------------------------------------------------------------------


def rates(condition: Condition, n_sim: int, *methods: str) -> pd.Series:
    return measure(condition, n_sim, methods=methods).set_index("method")["differs"]


def test_exact_methods_stay_in_the_band_on_fresh_cohorts_and_the_corrected_t_is_far_below_the_naive():
    found = rates(Condition("fresh", 40, 3, 10), 150, "difference", "signed_rank", "prob_outperform")
    assert (found <= band(150)[1]).all()
    found = rates(
        Condition("re-split", 60, 3, 20, 0.3), 60, "corrected_resampled_t", "difference", "signed_rank"
    )
    assert found["difference"] > 0.5
    assert found["signed_rank"] > 0.5
    assert found["corrected_resampled_t"] < 0.5 * found["difference"] - 0.1


@pytest.mark.slow
def test_the_rates_are_those_that_the_verdict_names():
    fresh = rates(Condition("fresh", 137, 3, 20, 0.16), 600, "difference", "signed_rank", "prob_outperform")
    assert (fresh <= band(600)[1]).all()
    assert fresh["difference"] >= band(600)[0]
    # Named: .88 to .93, .36 to .43, .09 to .15, each of 200 cohorts; three standard errors of ours and theirs more.
    found = rates(Condition("re-split", 137, 3, 100, 0.16, "weak"), 300)
    assert 0.82 < found["signed_rank"] < 0.99
    assert 0.82 < found["difference"] < 0.99
    assert 0.26 < found["corrected_resampled_t on repeat means"] < 0.55
    assert 0.02 < found["corrected_resampled_t"] < 0.2
    ten = rates(Condition("re-split", 137, 10, 10, 0.16, "weak"), 300, "corrected_resampled_t")
    assert 0.02 < ten["corrected_resampled_t"] < 0.15
    cases = rates(Condition("test set", 200, prevalence=0.3), 600, "delong", "mcnemar", "mcnemar, exact")
    assert (cases <= band(600)[1]).all()


@pytest.mark.slow
@pytest.mark.parametrize(("metric", "folds"), [("mae", 3), ("mae", 10), ("r2", 5)])
def test_groups_count_as_units_of_a_corrected_t(metric, folds):
    """42 subjects with 10 recordings each, split by subject: no more errors than of 40 to 137 independent cases."""
    rng, subject, errors = np.random.default_rng(5), np.repeat(np.arange(42), 10), []
    for _ in range(300):
        y = np.sqrt(0.8) * rng.normal(size=42)[subject] + np.sqrt(0.2) * rng.normal(size=420)
        halves = []
        for _ in range(2):
            X = (rng.normal(size=(42, 10))[subject] + rng.normal(size=(420, 10))) / np.sqrt(2)
            halves.append(X)
            y = y + X.sum(axis=1) / np.sqrt(10)
        fold = np.stack([rng.permutation(np.arange(42) % folds) for _ in range(10)])[:, subject]
        test = (fold[:, None, :] == np.arange(folds)[None, :, None]).reshape(-1, 420)
        score = fast_cv.OF_NUMBERS[metric]
        a, b = (score(fast_cv.ridge_predictions(X, y, ~test), y, test).reshape(10, -1) for X in halves)
        ratio = float((test.sum(axis=1) / (~test).sum(axis=1)).mean())
        errors.append(STATISTICS["corrected_resampled_t"](a, b, n_train=1.0, n_test=ratio).pvalue < 0.05)
    assert np.mean(errors) <= 0.1 + 3 * np.sqrt(0.1 * 0.9 / 300)


def test_power_grows_with_the_difference_and_intervals_cover_it():
    less = Condition("data sets", 20, less=2.0)
    found = measure(less, 200).set_index("method")
    assert (found["differs"] > 0.9).all()
    assert found.loc["mean_over_datasets", "truth"] == pytest.approx(0.04)
    assert found.loc["mean_over_datasets", "coverage"] >= 1 - band(200)[1]


def test_on_a_table_the_truth_is_the_difference_on_its_other_cases():
    table = large_table()
    (condition, *_) = [c for c in on_table(table) if c.repeats == 10]
    found = measure(condition, 60, methods=["corrected_resampled_t", "difference"], table=table).set_index(
        "method"
    )
    # By brute force: another generator, scikit-learn's model, its own split of the cohort, all other cases.
    rng, differences = np.random.default_rng(9), []
    model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=fast_cv.RIDGE / (1 + fast_cv.RIDGE))
    for _ in range(60):
        cohort, rest = table.rest(condition.n, condition.prevalence, rng)
        kept = fast_cv.stratified(cohort.y, condition.folds, 1, rng).test[0, 0] == 0
        areas = [
            roc_auc_score(rest.y, model.fit(X[kept], cohort.y[kept]).decision_function(outside))
            for X, outside in ((cohort.first, rest.first), (cohort.second, rest.second))
        ]
        differences.append(areas[0] - areas[1])
    assert found["truth"].iloc[0] == pytest.approx(
        np.mean(differences), abs=4 * np.std(differences) / np.sqrt(30)
    )
    assert not found["null"].any()
    assert found.loc["corrected_resampled_t", "coverage"] > found.loc["difference", "coverage"] + 0.2


def test_accuracy_on_the_rest_is_weighed_to_the_prevalence_of_the_cohorts():
    from varbench.calibration.measuring import _large_accuracy, _large_auc

    scores, y = np.array([[1.0, -1.0, 2.0, -3.0, -1.0]]), np.array([1, 1, 0, 0, 0])
    assert _large_accuracy(scores, y, 0.4)[0] == pytest.approx(accuracy_score(y, scores[0] > 0))
    assert _large_accuracy(scores, y, 0.9)[0] == pytest.approx(0.9 * 1 / 2 + 0.1 * 2 / 3)
    assert _large_auc(scores, y, 0.4)[0] == pytest.approx(roc_auc_score(y, scores[0]))


# -- test cases, seeds, one model, several procedures ------------------------------------------------------------------


def test_every_method_is_measured_or_says_why_not():
    def is_measured(name: str) -> bool:
        return any(
            known == name or known.startswith((f"{name},", f"{name}_slope")) for known in known_methods()
        )

    assert {name for name in STATISTICS if not is_measured(name)} == set(UNMEASURED)
    assert all(reason and reason[0].islower() for reason in UNMEASURED.values())


def test_a_seed_of_no_noise_has_the_name_that_it_always_had():
    assert "noise" not in Condition("data sets", 8).name
    assert "noise=0.2" in Condition("seeds", 40, repeats=3, noise=0.2).name


def test_what_is_said_out_of_the_fold_gives_the_scores_of_the_folds(cohort):
    for metric, score in (("roc_auc", roc_auc_score), ("accuracy", lambda y, s: accuracy_score(y, s > 0))):
        condition = Condition("re-split", 60, 4, 3, metric=metric)
        folds, outside = cross_validated(condition, cohort, np.random.default_rng(4))
        cases = outside(7)
        assert (cases.rng, cases.metric) == (7, metric)
        for values, scores in ((folds.a, cases.a), (folds.b, cases.b)):
            for r, f in np.ndindex(3, 4):
                tested = cases.fold[r] == f
                assert values[r, f] == pytest.approx(score(cohort.y[tested], scores[r, tested]), abs=1e-12)


def cases_of(prevalence: float, signal: float, n: int = 400_000) -> tuple[np.ndarray, np.ndarray]:
    """Classes and scores by a generator of the test's own."""
    rng = np.random.default_rng(11)
    y = (rng.random(n) < prevalence).astype(int)
    return y, rng.normal(y * signal, 1) - signal / 2


@pytest.mark.parametrize(("prevalence", "signal"), [(0.5, "weak"), (0.16, "strong")])
def test_the_truth_of_one_model_is_that_of_very_many_cases(prevalence, signal):
    model = drawing.one_model(
        Condition("one model", 40, prevalence=prevalence, signal=signal), np.random.default_rng(0)
    )
    y, scores = cases_of(prevalence, SIGNALS[signal])
    said = (scores > 0).astype(int)
    p = 1 / (1 + np.exp(-(SIGNALS[signal] * scores + np.log(prevalence / (1 - prevalence)))))
    for metric, found in {
        "roc_auc": roc_auc_score(y, scores), "accuracy": accuracy_score(y, said), "f1": f1_score(y, said),
        "balanced_accuracy": balanced_accuracy_score(y, said), "recall": recall_score(y, said),
        "average_precision": average_precision_score(y, scores), "brier": brier_score_loss(y, p),
    }.items():  # fmt: skip
        assert model.truth[metric] == pytest.approx(found, abs=0.006), metric


@pytest.mark.parametrize("tail", ["normal", "heavy", "skewed"])
def test_the_truth_of_numbers_and_of_measures_is_that_of_very_many_cases(tail):
    rng = np.random.default_rng(12)
    n = 2_000_000
    error = {
        "normal": rng.normal(size=n), "heavy": rng.standard_t(3, n) / np.sqrt(3), "skewed": rng.exponential(size=n) - 1,
    }[tail]  # fmt: skip
    numbers = drawing.one_model(Condition("one model", 40, metric="mae", tail=tail), rng)
    assert numbers.truth["mae"] == pytest.approx(np.abs(error).mean(), abs=0.004)
    assert numbers.truth["rmse"] == pytest.approx(np.sqrt((error**2).mean()), abs=0.03)
    assert numbers.truth["r2"] == pytest.approx(0.5)  # of a signal of 1 and an error of variance 1
    measures = drawing.one_model(Condition("one model", 40, metric="dice", tail=tail), rng)
    dice = 1 / (1 + np.exp(-2 - 0.8 * error))
    assert measures.truth["mean"] == pytest.approx(dice.mean(), abs=0.001)
    assert measures.truth["median"] == pytest.approx(np.median(dice), abs=0.001)


def test_two_models_differ_by_what_their_metrics_do():
    signals = (SIGNALS["strong"], SIGNALS["strong"] - 0.5)
    rights = [stats.norm.cdf(signal / 2) for signal in signals]
    f1 = [0.32 * right / (0.32 * right + 1 - right) for right in rights]
    for metric, expected in (("accuracy", rights), ("f1", f1)):
        condition = Condition("test set", 40, prevalence=0.16, signal="strong", less=0.5, metric=metric)
        _, found = drawing.two_models(condition, np.random.default_rng(0))
        assert found == pytest.approx(expected[0] - expected[1], abs=0.004)
        assert drawing.two_models(replace(condition, less=0.0), np.random.default_rng(0))[1] == 0
    mae = Condition(
        "test set", 40, metric="mae", less=0.5
    )  # normal errors of variance 1, and half as large again
    assert drawing.two_models(mae, np.random.default_rng(0))[1] == pytest.approx(
        0.5 * np.sqrt(2 / np.pi), abs=0.004
    )


def test_seeds_share_their_cases_and_have_signals_of_their_own():
    rng = np.random.default_rng(3)
    drawn, truth = drawing.several_seeds(
        Condition("seeds", 20_000, repeats=30, signal="strong", noise=0.2, less=0.5), rng
    )
    scores = [[roc_auc_score(drawn.y, seed) for seed in model] for model in (drawn.a, drawn.b)]
    # Areas of normal classes: the seeds' signals add noise² to the two variances of 1.
    expected = [stats.norm.cdf(signal / np.sqrt(2 + 0.04)) for signal in (1.8, 1.3)]
    assert truth == pytest.approx(expected[0] - expected[1], abs=1e-9)
    assert np.mean(scores, axis=1) == pytest.approx(expected, abs=4 * np.std(scores[0]) / np.sqrt(30))
    assert np.std(scores[1]) == pytest.approx(0.2 * stats.norm.pdf(1.3 / np.sqrt(2)) / np.sqrt(2), rel=0.5)
    within = drawn.y == 0
    assert np.corrcoef(drawn.a[0, within], drawn.a[1, within])[0, 1] == pytest.approx(0.7, abs=0.03)
    assert np.corrcoef(drawn.a[0, within], drawn.b[0, within])[0, 1] == pytest.approx(0.4, abs=0.03)


def test_a_test_over_seeds_forgets_that_they_share_their_cases():
    found = rates(
        Condition("seeds", 60, repeats=20, noise=0.05), 150, "joint_bootstrap", "difference", "signed_rank"
    )
    assert found["joint_bootstrap"] <= band(150)[1]
    assert min(found["difference"], found["signed_rank"]) > 0.3


def test_intervals_that_never_miss_too_often_do_not():
    shares = Condition("one model", 40, prevalence=0.16, metric="recall", signal="strong")
    found = rates(shares, 300, "proportion", "proportion, clopper_pearson")
    assert found["proportion, clopper_pearson"] <= min(found["proportion"], band(300)[1])
    found = rates(Condition("one model", 40, metric="dice", tail="skewed"), 300, "case_summary, median")
    assert found["case_summary, median"] <= band(300)[1]


def test_several_equal_procedures_are_rarely_told_apart_and_unequal_ones_often():
    names = (
        "friedman",
        "iman_davenport",
        "nemenyi",
        "wilcoxon_holm",
        "replicability",
        "iqm",
        "optimality_gap",
    )
    equal = rates(Condition("data sets", 20), 200, *names)
    assert (equal <= band(200)[1]).all()
    assert (rates(Condition("data sets", 20, less=1.0), 100, *names) > equal + 0.2).all()


def test_equivalence_is_claimed_at_the_edge_of_the_margin_no_more_often_than_nominal():
    fresh = Condition("fresh", 40, 3, 10)
    assert rates(fresh, 150, "equivalence")["equivalence"] <= band(150)[1]
    better = measure(replace(fresh, signal="strong", less=1.0), 40, methods=["equivalence"])
    assert better["differs"].iloc[0] > 0.9  # within the margin: then it is no error


def test_an_interval_that_is_not_there_misses_nothing():
    lost = Result("m", 1.0, None, None, 0.95, None, None, 3, "patient", "none", "E3", "unknown")
    assert calls.missed(lost, 0.0) == calls.Call(False)
    there = replace(lost, ci_low=0.5, ci_high=1.5)
    assert calls.missed(there, 1.0)[:1] == (False,)
    assert calls.missed(there, 0.4) == pytest.approx((True, 0.1, 1.1))


# -- the question, and runs whose procedures are equal --------------------------------------------------------------


@pytest.fixture(scope="module")
def null_run(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("null") / "run"
    load_study("pseudo_replication").run(vary=["cohort:12", "split:10"], out=folder)
    return folder


def test_error_rates_of_a_run_are_counted_cohort_by_cohort(null_run):
    cube = vb.open_cube(null_run)
    assert is_null(cube)
    found = error_rates(cube, repeats=(2, 5, 99)).set_index(["repeats", "method"])
    assert sorted(set(found.index.get_level_values(0))) == [2, 5, 10]
    assert (found["n"] == 12).all()
    first, second = (
        cube.score.sel(procedure=f"{half} half", metric="roc_auc").values for half in ("first", "second")
    )
    d = (first - second).reshape(12, 10, 3)
    for number in (5, 10):
        part = d[:, :number]
        means = part.mean(axis=2)
        folds = part.reshape(12, -1)
        n = folds.shape[1]
        t = folds.mean(axis=1) / np.sqrt((1 / n + 0.5) * folds.var(axis=1, ddof=1))
        expected = {
            "difference": sum(stats.ttest_1samp(row, 0).pvalue < 0.05 for row in means),
            "paired_t": sum(stats.ttest_1samp(row, 0).pvalue < 0.05 for row in folds),
            "signed_rank": sum(stats.wilcoxon(row, method="exact").pvalue < 0.05 for row in means),
            "corrected_resampled_t": sum(2 * stats.t.sf(abs(t), n - 1) < 0.05),
        }
        for method, count in expected.items():
            row = found.loc[(number, method)]
            assert row["differs"] == count
            interval = stats.binomtest(int(count), 12).proportion_ci(0.95, "exact")
            assert (row["ci_low"], row["ci_high"]) == pytest.approx(tuple(interval), abs=1e-9)


def test_runs_that_lack_scores_count_for_what_they_have(null_run):
    cube = vb.open_cube(null_run).load()
    status = cube["status"].copy()
    status[0, :9] = 2  # of the first cohort one repeat is left, too few
    status[1, 10:15] = 2  # and of the second five
    found = error_rates(cube.assign(status=status)).set_index(["repeats", "method"])
    assert found.loc[(2, "difference"), "n"] == 11
    assert found.loc[(10, "difference"), "n"] == 10
    with pytest.raises(StatisticsError, match="no cohort has two repeats with all scores"):
        error_rates(cube.assign(status=xr.zeros_like(cube["status"])))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"equal": ""}, "declares no two procedures as equal"),
        ({"design": '{"kind": "joint", "counts": {}}'}, "does not cross cohorts with splits"),
        (
            {"design": '{"kind": "crossed", "counts": {"cohort": 12, "init": 10}}'},
            "does not cross cohorts with splits",
        ),
        (
            {"design": '{"kind": "crossed", "counts": {"cohort": 120, "split": 1}}'},
            "each re-split at least 2 times",
        ),
    ],
)
def test_cubes_that_show_no_error_rates_are_refused(null_run, changes, message):
    cube = vb.open_cube(null_run)
    cube.attrs = {**cube.attrs, **changes}
    assert not is_null(cube)
    with pytest.raises(StatisticsError, match=message):
        error_rates(cube)


def test_the_report_of_such_a_run_shows_the_rates_beside_the_reference(null_run):
    found = report(vb.open_cube(null_run))
    tables = {table.name: table for table in found.document.tables()}
    assert "error-rates" in tables
    assert "Measured beforehand" in tables["error-rates-reference"].notes[0]
    assert {figure.name for figure in found.document.figures()} >= {"error_rates"}
    rates = found.frame("error_rates")
    assert len(tables["error-rates"].rows) == rates["method"].nunique()
    assert found.plot("error_rates") is not None
    assert "equal procedures are called different" in found.text()
    assert "More cohorts, not more repeats of these" in found.text()
    assert json.loads(json.dumps(found.to_dict()))["error_rates"][0].keys() == set(rates.columns)


def test_calibrate_answers_from_a_run(null_run, capsys):
    answer = vb.calibrate(str(null_run))
    pd.testing.assert_frame_equal(answer.frame("error_rates"), error_rates(vb.open_cube(null_run)))
    assert "12 cohorts x 10 re-splits" in answer.kicker
    assert answer.plot() is not None
    assert vb.calibrate(vb.open_cube(null_run)).headline == answer.headline
    assert main(["calibrate", str(null_run)]) == 0
    assert "called different" in capsys.readouterr().out
    with pytest.raises(InputError, match="is a run: name it alone"):
        vb.calibrate([str(null_run), "signed_rank"])


def test_calibrate_keeps_its_rates_and_classes_in_a_folder(tmp_path, capsys):
    command = [
        "calibrate",
        "mean_over_datasets",
        "--simulations",
        "20",
        "--jobs",
        "1",
        "--out",
        str(tmp_path),
        "--quiet",
    ]
    assert main(command) == 0
    stored = pd.read_csv(tmp_path / "classes.csv")
    assert list(stored.columns) == list(CLASS_COLUMNS)
    assert set(stored["n"]) == {6, 20}
    assert len(pd.read_csv(tmp_path / "rates.csv")) == 2
    assert main(["calibrate", "signed_rang"]) == 2
    assert "did you mean signed_rank" in capsys.readouterr().err
    answer = vb.calibrate("mean_over_datasets", n_sim=20)
    assert "a first look" in answer.notices[0]


def test_calibrate_takes_a_table_as_population(tmp_path):
    table = large_table()
    X = np.column_stack([table.X])
    data = Data(
        X=X, y=table.y, classes=("no", "yes"), feature_names=tuple(f"f{i}" for i in range(X.shape[1])),
        ids=np.arange(len(X)).astype(str), name="big",
    )  # fmt: skip
    found = vb.calibrate("corrected_resampled_t", data=data, n_sim=20).frame("real")
    assert set(found["population"]) == {"big"}
    assert found["coverage"].notna().all()
    assert found["setting"].str.startswith("big, ").all()
    with pytest.raises(InputError, match="target: given without data"):
        vb.calibrate("signed_rank", target="y")


def test_tables_that_are_no_population_are_refused(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "three.csv"
    pd.DataFrame(rng.normal(size=(30, 2)), columns=["a", "b"]).assign(y=np.tile(["p", "q", "r"], 10)).to_csv(
        path, index=False
    )
    with pytest.raises(InputError, match="has 3 classes: a population needs 2"):
        vb.calibrate("signed_rank", data=str(path), target="y")
    folder = tmp_path / "empty"
    folder.mkdir()
    with pytest.raises(InputError, match="holds no cube"):
        vb.calibrate(str(folder))


@pytest.mark.slow
def test_on_mammography_the_corrected_t_covers_the_true_difference(shared_data):
    answer = vb.calibrate(["corrected_resampled_t", "difference"], data="mammography", n_sim=150, jobs=2)
    found = answer.frame("real").set_index(["method", "folds"])["coverage"]
    assert (found["corrected_resampled_t"] > 0.85).all()
    assert (found["difference"] < 0.6).all()


def test_every_preset_of_which_test_is_a_condition_and_resumes(tmp_path):
    study = load_study("which_test")
    for name, preset in study.presets.items():
        splits = preset.get("vary", ["", "split:2"])[1] if name == "5x2" else "split:2"
        cube = study.run(preset=name, vary=["cohort:2", splits], out=tmp_path / name)
        assert is_null(cube), name
        again = study.run(preset=name, vary=["cohort:2", splits], out=tmp_path / name)
        assert again.sizes == cube.sizes
    sizes = {
        name: json.loads(vb.open_cube(tmp_path / name).attrs["data"])["n_cases"]
        for name in ("small", "large")
    }
    assert sizes == {"small": 60, "large": 500}
    assert {"cv_5x2_t", "cv_5x2_f"} <= set(error_rates(vb.open_cube(tmp_path / "5x2"))["method"])


def test_a_call_reads_the_pvalue_before_the_interval():
    assert calls.ALPHA == 0.05
    a = np.array([[0.6, 0.7, 0.8]] * 6) + np.arange(6)[:, None] / 100
    found = calling.re_split(
        a, a - 0.1 - np.arange(3) / 50, 0.5, ["signed_rank", "prob_outperform", "sign_test"]
    )
    assert list(found) == ["signed_rank", "sign_test", "prob_outperform"]
    assert all(call.differs for call in found.values())
    assert not any(
        call.differs for call in calling.re_split(a, a, 0.5, ["prob_outperform", "signed_rank"]).values()
    )


def test_errors_are_of_varbench():
    with pytest.raises(VarbenchError, match="at least 20"):
        vb.calibrate(n_sim=1)

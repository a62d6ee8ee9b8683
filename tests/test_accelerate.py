"""What is replaced and what stays, which forest a study gets, and which one really ran."""

from __future__ import annotations

import hashlib
import os
import pickle
import subprocess
import sys
import threading
import time

import cloudpickle
import numpy as np
import pytest
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import Pipeline as ImbPipeline
from imblearn.under_sampling import RandomUnderSampler, TomekLinks
from scipy.stats import randint
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor, VotingClassifier
from sklearn.feature_selection import RFE, RFECV, SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from varbench import accelerate
from varbench.accelerate import (
    FAST,
    PLAIN,
    accelerated,
    choose_engine,
    forests,
    ran_on,
)
from varbench.accelerate import choice as choice_module
from varbench.elimination import GramRFE, GramRFECV
from varbench.errors import InputError, StudyError
from varbench.procedure import Procedure, Split, Tune

intelex = pytest.mark.skipif(not choice_module._installed(), reason="scikit-learn-intelex has no wheel here")
cv = StratifiedKFold(3, shuffle=True)
linear = SVC(kernel="linear")
grid = {"max_depth": [2, 3], "min_samples_leaf": [1, 2]}


def trees(**parameters):
    return RandomForestClassifier(**({"n_estimators": 10, "random_state": 0} | parameters))


def rows(n=60, p=6, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3 == 0
    return rng.normal(size=(n, p)) + y[:, None], y.astype(int)


# Replacing


@pytest.mark.parametrize("engine", accelerate.ENGINES)
def test_eliminations_are_replaced_and_keep_their_parameters(engine):
    rfe = accelerated(RFE(SVC(kernel="linear", C=2), n_features_to_select=3, step=2), engine)
    assert type(rfe) is GramRFE
    assert (rfe.n_features_to_select, rfe.step, rfe.estimator.C) == (3, 2, 2)
    rfecv = accelerated(RFECV(linear, min_features_to_select=4, cv=cv, n_jobs=2), engine)
    assert type(rfecv) is GramRFECV
    assert (rfecv.min_features_to_select, rfecv.n_jobs) == (4, 1)


@intelex
def test_forests_are_replaced_and_keep_their_parameters():
    forest = trees(max_depth=3, class_weight="balanced", n_jobs=-1)
    fast = accelerated(forest, FAST)
    assert type(fast) is accelerate.replace.FastForest
    kept = {name: value for name, value in fast.get_params().items() if name in forest.get_params()}
    assert kept == forest.get_params() | {"n_jobs": 1}
    assert accelerated(forest, PLAIN).get_params() == forest.get_params() | {"n_jobs": 1}


@intelex
def test_replaced_at_any_depth():
    search = GridSearchCV(Pipeline([("a", RFE(linear)), ("b", trees())]), {"b__max_depth": [2]}, cv=cv)
    new = accelerated(search, FAST)
    assert type(new.estimator.named_steps["a"]) is GramRFE
    assert type(new.estimator.named_steps["b"]).__name__ == "FastForest"
    in_grid = accelerated(
        GridSearchCV(Pipeline([("b", LogisticRegression())]), {"b": [trees(), linear]}), FAST
    )
    assert [type(item).__name__ for item in in_grid.param_grid["b"]] == ["FastForest", "SVC"]
    grids = accelerated(
        GridSearchCV(Pipeline([("b", trees())]), [{"b": [trees()]}, {"b__max_depth": [3]}]), FAST
    )
    assert type(grids.param_grid[0]["b"][0]).__name__ == "FastForest"
    voting = accelerated(VotingClassifier([("one", trees()), ("two", linear)]), FAST)
    assert [type(e).__name__ for _, e in voting.estimators] == ["FastForest", "SVC"]
    columns = accelerated(ColumnTransformer([("x", RFE(linear), [0, 1, 2]), ("y", "drop", [3])]), FAST)
    assert type(columns.transformers[0][1]) is GramRFE
    tune = accelerated(
        Tune([RandomOverSampler(), trees()], {"randomforestclassifier__max_depth": [2]}, cv), FAST
    )
    assert [(name, type(step).__name__) for name, step in tune.steps][1] == (
        "randomforestclassifier",
        "FastForest",
    )


def test_the_step_of_a_pipeline_of_imbalanced_learn():
    pipeline = ImbPipeline([("over", RandomOverSampler()), ("rfe", RFE(linear)), ("forest", trees())])
    new = accelerated(pipeline, PLAIN)
    assert type(new) is ImbPipeline
    assert type(new.named_steps["rfe"]) is GramRFE


def test_what_is_given_stays_as_it_is():
    pipeline = make_pipeline(RFE(linear, n_features_to_select=2), trees(n_jobs=2))
    before = repr(pipeline)
    new = accelerated(pipeline, PLAIN)
    assert repr(pipeline) == before
    assert new.steps[0][1].estimator is not pipeline.steps[0][1].estimator


@pytest.mark.parametrize(
    "kept",
    [
        RFE(SVC(kernel="rbf")),
        RFE(LogisticRegression()),
        RandomForestRegressor(),
        StandardScaler(),
        cv,
        [("scale", StandardScaler()), linear],
        {"a": [1, 2]},
        RFE,
        "rfe",
        None,
        type("MyRFE", (RFE,), {})(linear),
        type("MyForest", (RandomForestClassifier,), {})(),
    ],
)
def test_what_has_nothing_to_replace_is_given_back(kept):
    assert accelerated(kept, FAST) is kept


def test_procedures():
    procedure = Procedure([RandomOverSampler(), Split(cv), RFE(linear), trees()], sources={"rfe": "tune"})
    new = accelerated(procedure, PLAIN)
    assert type(new) is Procedure
    assert [name for name, _ in new.steps] == [name for name, _ in procedure.steps]
    assert type(dict(new.steps)["rfe"]) is GramRFE
    assert type(dict(procedure.steps)["rfe"]) is RFE
    assert new.sources == procedure.sources
    without = Procedure([Split(cv), StandardScaler(), LogisticRegression()])
    assert accelerated(without, FAST) is without

    def own(data, seeds):
        return None

    assert accelerated(own, FAST) is own


@intelex
def test_parameters_can_be_set_before_or_after():
    before = accelerated(
        Pipeline([("rfe", RFE(linear)), ("f", trees())]).set_params(
            rfe__n_features_to_select=5, f__max_depth=2
        ),
        FAST,
    )
    after = accelerated(Pipeline([("rfe", RFE(linear)), ("f", trees())]), FAST).set_params(
        rfe__n_features_to_select=5, f__max_depth=2
    )
    assert repr(before) == repr(after)
    assert before.fit(*rows()).named_steps["rfe"].n_features_ == 5


def test_an_unknown_engine():
    with pytest.raises(InputError, match="unknown forest engine 'sklearn'; did you mean scikit-learn"):
        accelerated(trees(), "sklearn")


# The fast forest


@intelex
def test_the_fast_forest_travels():
    forest = accelerated(trees(), FAST).fit(*rows())
    X, _ = rows(seed=1)
    for module in (pickle, cloudpickle):
        again = module.loads(module.dumps(forest))
        assert type(again) is type(forest)
        np.testing.assert_array_equal(again.predict_proba(X), forest.predict_proba(X))
    assert type(clone(forest)) is type(forest)


FIT = """
import hashlib, sys
sys.path.insert(0, {folder!r})
from test_accelerate import FAST, accelerated, rows, trees
forest = accelerated(trees(n_estimators=200, max_depth=6, class_weight="balanced"), FAST).fit(*rows(150, 10))
print(hashlib.sha256(forest.predict_proba(rows(500, 10, seed=1)[0]).tobytes()).hexdigest())
"""


@intelex
def test_the_fast_forest_is_the_same_to_the_bit_in_any_process():
    X, _ = rows(500, 10, seed=1)
    forest = accelerated(trees(n_estimators=200, max_depth=6, class_weight="balanced"), FAST)
    digests = {
        hashlib.sha256(clone(forest).fit(*rows(150, 10)).predict_proba(X).tobytes()).hexdigest() for _ in "ab"
    }
    environment = os.environ | {"OMP_NUM_THREADS": "2", "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run(
        [sys.executable, "-c", FIT.format(folder=os.path.dirname(__file__))],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert digests == {run.stdout.strip()}


@intelex
def test_the_fast_forest_uses_one_thread():
    forest = accelerated(trees(n_estimators=1000, max_depth=7), FAST)
    X, y = rows(400, 10)
    mine = threading.get_ident()
    cpu, own = time.process_time(), time.clock_gettime(time.pthread_getcpuclockid(mine))
    forest.fit(X, y).predict_proba(X)
    of_process, of_thread = (
        time.process_time() - cpu,
        time.clock_gettime(time.pthread_getcpuclockid(mine)) - own,
    )
    assert of_process < 1.2 * of_thread


@intelex
def test_the_fast_forest_never_gives_way_in_silence():
    X, y = rows()
    with pytest.raises(
        StudyError, match=r"scikit-learn-intelex cannot fit .* set forest_engine=scikit-learn"
    ):
        accelerated(trees(criterion="entropy"), FAST).fit(X, y)
    one_class = "of 1 classes|greater than one; got 1"  # older versions of the package raise by themselves
    with pytest.raises((StudyError, ValueError), match=one_class):
        accelerated(trees(), FAST).fit(X, np.zeros(len(y)))
    forest = accelerated(trees(), FAST).fit(X, y)
    with pytest.raises((StudyError, ValueError), match=one_class):  # what an earlier fit left does not count
        forest.fit(X, np.zeros(len(y)))


# Which forests are there


def test_forests_in_order_with_what_a_sampler_did_before():
    steps = [SelectKBest(k=2), RandomOverSampler(), ("forest", trees(max_depth=2))]
    assert [(f.max_depth, balanced) for f, balanced in forests(steps)] == [(2, True)]
    assert [balanced for _, balanced in forests(steps[::-1])] == [False]


def test_forests_of_a_procedure():
    forest = GridSearchCV(trees(class_weight="balanced"), grid, cv=cv)
    left = Procedure([RandomOverSampler(), Split(cv), forest])
    right = Procedure([Split(cv), RandomOverSampler(), forest])
    none = Procedure([Split(cv), forest])
    for procedure, expected in [(left, True), (right, True), (none, False)]:
        found = forests(procedure)
        assert sorted((f.max_depth, f.min_samples_leaf) for f, _ in found) == [(2, 1), (2, 2), (3, 1), (3, 2)]
        assert {balanced for _, balanced in found} == {expected}


def test_forests_inside_searches_and_branches():
    inside = [RandomOverSampler(), StandardScaler(), trees()]
    assert forests(Tune(inside, {"randomforestclassifier__max_depth": [2, 3]}, cv))[1][1]
    pipeline = ImbPipeline([("over", RandomOverSampler()), ("clf", LogisticRegression())])
    found = forests(GridSearchCV(pipeline, {"clf": [trees(), linear, trees(max_depth=4)]}))
    assert [(f.max_depth, balanced) for f, balanced in found] == [(None, True), (4, True)]
    draws = forests(RandomizedSearchCV(trees(), {"max_depth": randint(2, 5)}))
    assert {f.max_depth for f, _ in draws} == {2, 3, 4}
    # A sampler inside one branch does not balance what another branch sees.
    branches = VotingClassifier([("a", pipeline), ("b", trees())])
    assert [balanced for _, balanced in forests([branches])] == [False]
    assert [balanced for _, balanced in forests([pipeline, trees()])] == [False]
    assert forests([StandardScaler(), linear]) == []


def test_looking_for_forests_changes_nothing():
    inner = trees()
    search = GridSearchCV(Pipeline([("clf", linear)]), {"clf": [inner], "clf__max_depth": [2, 3]})
    assert {f.max_depth for f, _ in forests(search)} == {2, 3}
    assert inner.max_depth is None


@pytest.mark.parametrize(
    ("sampler", "balances"),
    [
        (RandomOverSampler(), True),
        (RandomOverSampler(sampling_strategy=1.0), True),
        (RandomOverSampler(sampling_strategy=0.8), False),
        (RandomOverSampler(sampling_strategy="not minority"), False),
        (RandomOverSampler(sampling_strategy={1: 30}), False),
        (SMOTE(), True),
        (RandomUnderSampler(), True),
        (RandomUnderSampler(sampling_strategy=0.8), False),
        (TomekLinks(), False),
    ],
)
def test_which_samplers_balance(sampler, balances):
    assert forests([sampler, trees()])[0][1] == balances
    X, y = rows(60)
    if not isinstance(sampler, TomekLinks):
        counts = np.bincount(sampler.fit_resample(X, y)[1])
        assert (counts[0] == counts[1]) == balances


# Which engine


@intelex
@pytest.mark.parametrize(
    ("forest", "engine"),
    [
        (trees(), FAST),
        (trees(class_weight="balanced", max_features=40, max_samples=100), FAST),
        (trees(criterion="entropy"), PLAIN),
        (trees(ccp_alpha=0.1), PLAIN),
        (trees(class_weight="balanced_subsample"), PLAIN),
        (trees(monotonic_cst=[1, 0, 0, 0]), PLAIN),
        (GridSearchCV(trees(), {"criterion": ["gini", "entropy"]}), PLAIN),
        (GridSearchCV(trees(), {"max_depth": [2, 3]}), FAST),
        (make_pipeline(StandardScaler(), trees()), FAST),
        (linear, PLAIN),
    ],
)
def test_detection_is_by_a_fit(forest, engine):
    assert choose_engine([[RandomOverSampler(), forest]]).name == engine


@intelex
def test_a_forest_that_none_can_fit():
    with pytest.raises(StudyError, match=r"max_depth=-1.* cannot be fitted: .*must be"):
        choose_engine([[trees(max_depth=-1)]])


@pytest.fixture
def not_installed(monkeypatch):
    monkeypatch.setattr(choice_module, "_installed", lambda: False)


def test_without_the_package(not_installed):
    assert choose_engine([[trees()]]) == accelerate.Engine(PLAIN, "scikit-learn-intelex is not installed")
    with pytest.raises(StudyError, match="scikit-learn-intelex is not installed; use auto or scikit-learn"):
        choose_engine([[trees()]], FAST)


@intelex
def test_one_engine_for_all_procedures():
    balanced = trees(class_weight="balanced")
    incorrect = Procedure([RandomOverSampler(), Split(cv), GridSearchCV(balanced, grid)])
    correct = Procedure([Split(cv), RandomOverSampler(), GridSearchCV(balanced, grid)])
    none = Procedure([Split(cv), GridSearchCV(balanced, grid)])
    assert choose_engine([incorrect, correct]).name == FAST
    chosen = choose_engine([incorrect, correct, none])
    assert chosen.name == PLAIN
    assert "class_weight='balanced' sees rows that no sampler has balanced" in chosen.reason
    assert choose_engine([incorrect, correct, none], FAST).name == FAST
    assert choose_engine([incorrect, correct], PLAIN).name == PLAIN
    assert choose_engine([Procedure([Split(cv), trees()])]).name == FAST  # without weights, both do the same
    assert choose_engine([[RandomOverSampler(), trees(class_weight={0: 1, 1: 5})]]).name == PLAIN
    assert choose_engine([[trees()], [trees(criterion="entropy")]]).name == PLAIN
    with pytest.raises(StudyError, match=r"cannot fit RandomForestClassifier\(criterion='entropy'"):
        choose_engine([[trees()], [trees(criterion="entropy")]], FAST)


def test_studies_without_forests_and_unknown_engines():
    assert choose_engine([[linear]]).reason == "there is no forest to replace"
    assert choose_engine([]).name == PLAIN
    with pytest.raises(
        InputError, match="unknown forest engine 'intelex'; did you mean scikit-learn-intelex"
    ):
        choose_engine([], "intelex")


# What really ran


@intelex
@pytest.mark.parametrize("engine", accelerate.ENGINES)
@pytest.mark.parametrize(
    "estimator",
    [
        trees(),
        GridSearchCV(trees(), {"max_depth": [2]}, cv=2),
        Pipeline([("scale", StandardScaler()), ("search", GridSearchCV(trees(), {"max_depth": [2]}, cv=2))]),
        GridSearchCV(Pipeline([("a", StandardScaler()), ("b", trees())]), {"b__max_depth": [2]}, cv=2),
        VotingClassifier([("one", trees()), ("two", linear)]),
        CalibratedClassifierCV(trees(), cv=2),
        Tune([StandardScaler(), trees()], {"randomforestclassifier__max_depth": [2]}, StratifiedKFold(2)),
    ],
)
def test_what_ran(estimator, engine):
    new = accelerated(estimator, engine)
    assert ran_on(new) is None
    assert ran_on(new.fit(*rows())) == engine
    assert ran_on([("name", new)]) == engine


@intelex
def test_a_silent_change_of_the_package_is_seen():
    from sklearnex.ensemble import RandomForestClassifier as Other

    X, y = rows()
    assert ran_on(Other(10, criterion="entropy").fit(X, y)) == PLAIN
    assert ran_on([Other(10).fit(X, y), trees().fit(X, y)]) == "mixed"
    assert ran_on(linear.fit(X, y)) is None

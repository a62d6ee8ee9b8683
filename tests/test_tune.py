"""`Tune` is a grid search over an imbalanced-learn pipeline: same choice, same predictions."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import Pipeline
from imblearn.under_sampling import RandomUnderSampler
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectKBest, VarianceThreshold
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, ShuffleSplit, StratifiedKFold
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.validation import check_is_fitted

from varbench.data import Data
from varbench.errors import StudyError
from varbench.procedure import Procedure, Split, Tune


def table(n=(50, 25), n_features=6, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.repeat(np.arange(len(n)), n))
    X = rng.normal(size=(len(y), n_features))
    X[:, :2] += 0.7 * y[:, None]
    return X, y


def folds(n=3, seed=4):
    return StratifiedKFold(n, shuffle=True, random_state=seed)


def tree(**options):
    return DecisionTreeClassifier(**{"random_state": 1, "max_features": 3, **options})


CASES = {
    "the last step": (
        [("scale", StandardScaler()), ("tree", tree())],
        {"tree__max_depth": [1, 2, 3], "tree__min_samples_leaf": [1, 5]},
    ),
    "a sampler before it": (
        [("smote", SMOTE(random_state=2)), ("tree", tree())],
        {"tree__max_depth": [1, 2, 4]},
    ),
    "a forest": (
        [("smote", SMOTE(random_state=2)), ("forest", RandomForestClassifier(3, random_state=0))],
        {"forest__max_depth": [1, 3]},
    ),
    "the sampler's own": (
        [("scale", StandardScaler()), ("smote", SMOTE(random_state=2)), ("svc", SVC())],
        {"smote__k_neighbors": [1, 3, 5], "svc__C": [0.1, 10]},
    ),
    "a selector in the middle": (
        [
            ("var", VarianceThreshold()), ("best", SelectKBest()), ("under", RandomUnderSampler(random_state=0)),
            ("tree", tree()),
        ],
        {"best__k": [1, 3, 5]},
    ),
    "the first and the last": (
        [("pca", PCA()), ("tree", tree())],
        {"pca__n_components": [1, 3], "tree__max_depth": [1, 3]},
    ),
    "an estimator in the grid": (
        [("bag", GridSearchCV(SVC(), {"C": [1]}, cv=2))],
        {"bag__estimator": [SVC(), LogisticRegression()], "bag__cv": [2, 3]},
    ),
    "a choice that does not matter": (
        [("tree", tree(max_depth=1, max_features=None))],
        {"tree__min_samples_split": [4, 2, 3]},  # ties: the first is taken
    ),
    "one candidate": ([("svc", SVC())], {"svc__C": [3.0]}),
}  # fmt: skip


def assert_equals_grid_search(steps, grid, splitter, X, y, scoring="accuracy", groups=None):
    theirs = GridSearchCV(Pipeline(clone(steps, safe=False)), grid, cv=splitter, scoring=scoring).fit(
        X, y, groups=groups
    )
    ours = Tune(steps, grid, splitter, scoring).fit(X, y, groups)
    if any(hasattr(value, "get_params") for value in theirs.best_params_.values()):
        assert repr(ours.best_params_) == repr(theirs.best_params_)
    else:
        assert ours.best_params_ == theirs.best_params_
    assert ours.best_score_ == pytest.approx(theirs.best_score_, abs=1e-12)
    assert np.array_equal(ours.predict(X), theirs.predict(X))
    assert np.array_equal(ours.classes_, theirs.classes_)
    for name in ("predict_proba", "decision_function"):
        if hasattr(theirs, name):
            assert np.array_equal(getattr(ours, name)(X), getattr(theirs, name)(X))
        elif name == "predict_proba":  # what there is not must not look as if it were
            assert not hasattr(ours, name)
    return ours, theirs


@pytest.mark.parametrize("name", CASES)
def test_it_chooses_and_predicts_as_grid_search(name):
    assert_equals_grid_search(*CASES[name], folds(), *table())


@pytest.mark.parametrize(
    "scoring", ["accuracy", "roc_auc", "f1", "balanced_accuracy", "average_precision", "neg_log_loss"]
)
def test_any_scorer(scoring):
    assert_equals_grid_search(*CASES["a sampler before it"], folds(), *table(), scoring)


@pytest.mark.parametrize("scoring", ["roc_auc", "average_precision"])
@pytest.mark.parametrize("last", [SVC(), LinearSVC(random_state=0)], ids=["SVC", "LinearSVC"])
def test_scorers_that_take_decision_values(scoring, last):
    steps = [("scale", StandardScaler()), ("last", last)]
    assert_equals_grid_search(steps, {"last__C": [0.01, 1, 100]}, folds(), *table(), scoring)


@pytest.mark.parametrize(
    "splitter", [KFold(3), ShuffleSplit(3, test_size=0.3, random_state=0)], ids=["KFold", "ShuffleSplit"]
)
def test_any_splitter(splitter):
    assert_equals_grid_search(*CASES["a sampler before it"], splitter, *table())


@pytest.mark.parametrize("name", ["the last step", "the sampler's own"])
def test_more_than_two_classes(name):
    assert_equals_grid_search(*CASES[name], folds(), *table((30, 30, 20)))


@pytest.mark.parametrize("labels", [np.array([-1, 1]), np.array(["well", "ill"])], ids=["numbers", "text"])
def test_labels_of_any_kind(labels):
    X, y = table()
    assert_equals_grid_search(*CASES["a sampler before it"], folds(), X, labels[y])


@pytest.mark.parametrize("seed", range(4))
def test_over_several_tables(seed):
    X, y = table(seed=seed)
    assert_equals_grid_search(*CASES["the last step"], folds(seed=seed), X, y)


def test_groups_go_to_the_splitter():
    X, y = table()
    groups = np.random.default_rng(0).integers(0, 12, len(y))
    assert_equals_grid_search(*CASES["a sampler before it"], GroupKFold(3), X, y, groups=groups)


def test_groups_change_the_choice_or_its_score():
    """Or the test above would show nothing."""
    X, y = table()
    steps, grid = CASES["a sampler before it"]
    scores = {
        Tune(steps, grid, GroupKFold(3))
        .fit(X, y, np.random.default_rng(seed).integers(0, 12, len(y)))
        .best_score_
        for seed in range(3)
    }
    assert len(scores) > 1


class Marking(TransformerMixin, BaseEstimator):
    """Notes on which rows it was fitted."""

    seen: list = []  # noqa: RUF012

    def __init__(self, power=1.0):
        self.power = power

    def fit(self, X, y=None):
        Marking.seen.append(frozenset(X[:, 0].tolist()))
        return self

    def transform(self, X):
        return X * self.power


def test_no_step_sees_the_validation_rows():
    X, y = table()
    Marking.seen.clear()
    Tune([("mark", Marking()), ("tree", tree())], {"tree__max_depth": [1, 2]}, folds()).fit(X, y)
    trains = [frozenset(X[train, 0].tolist()) for train, _ in folds().split(X, y)]
    assert set(Marking.seen) == {*trains, frozenset(X[:, 0].tolist())}


def test_what_the_grid_does_not_touch_is_fitted_once_a_fold():
    X, y = table()
    Marking.seen.clear()
    Tune([("mark", Marking()), ("tree", tree())], {"tree__max_depth": [1, 2, 3, 4]}, folds()).fit(X, y)
    assert len(Marking.seen) == 3 + 1
    Marking.seen.clear()
    Tune([("mark", Marking()), ("tree", tree())], {"mark__power": [1.0, 2.0, 3.0, 4.0]}, folds()).fit(X, y)
    assert len(Marking.seen) == 3 * 4 + 1


def test_in_a_procedure_it_is_a_grid_search_over_the_pipeline():
    X, y = table()
    data = Data(X, y, ("a", "b"), tuple("abcdef"), np.arange(75).astype(str), name="toy")

    def seed_of(source, path, fold):
        return zlib.crc32(f"{source} {fold}".encode())

    expected = []
    for fold, (train, test) in enumerate(
        StratifiedKFold(3, shuffle=True, random_state=seed_of("split", "", -1)).split(X, y)
    ):
        seeds = {source: seed_of(source, "", fold) for source in ("resample", "init", "tune")}
        steps = [("smote", SMOTE(random_state=seeds["resample"])), ("tree", tree(random_state=seeds["init"]))]
        search = GridSearchCV(Pipeline(steps), {"tree__max_depth": [1, 2, 4]}, cv=folds(3, seeds["tune"]))
        expected.append(search.fit(X[train], y[train]).predict_proba(X[test])[:, 1])
    steps = [("smote", SMOTE()), ("tree", tree(random_state=None))]
    inner = Tune(steps, {"tree__max_depth": [1, 2, 4]}, folds(3, None))
    outcome = Procedure([Split(folds(3, None)), ("model", inner)]).run(data, seed_of)
    assert np.array_equal(outcome.y_score, np.concatenate(expected))
    assert inner.splitter.random_state is None
    assert steps[0][1].random_state is None


def test_in_a_procedure_with_groups():
    X, y = table()
    groups = np.random.default_rng(0).integers(0, 15, len(y))
    data = Data(
        X, y, ("a", "b"), tuple("abcdef"), np.arange(75).astype(str), groups=groups.astype(str), name="toy"
    )
    codes = np.unique(data.groups, return_inverse=True)[1]
    steps = [("over", RandomOverSampler(random_state=0)), ("tree", tree())]
    grid = {"tree__max_depth": [1, 2, 4]}
    expected = [
        GridSearchCV(Pipeline(clone(steps, safe=False)), grid, cv=GroupKFold(3))
        .fit(X[train], y[train], groups=codes[train]).predict_proba(X[test])[:, 1]
        for train, test in GroupKFold(3).split(X, y, codes)
    ]  # fmt: skip
    procedure = Procedure([Split(GroupKFold(3)), Tune(steps, grid, GroupKFold(3))])
    assert np.array_equal(procedure.run(data, lambda source, path, fold: 0).y_score, np.concatenate(expected))


def test_decision_values_are_handed_on_in_a_procedure():
    X, y = table()
    data = Data(X, y, ("a", "b"), tuple("abcdef"), np.arange(75).astype(str), name="toy")
    outcome = Procedure([Split(KFold(3)), Tune([SVC()], {"svc__C": [1.0]}, KFold(2))]).run(data, lambda *_: 0)
    expected = [SVC().fit(X[train], y[train]).decision_function(X[test]) for train, test in KFold(3).split(X)]
    assert np.array_equal(outcome.y_score, np.concatenate(expected))


def test_bare_steps_are_named_as_make_pipeline_does():
    X, y = table()
    tune = Tune([StandardScaler(), SMOTE(random_state=0), SVC()], {"svc__C": [0.1, 1.0]}, folds()).fit(X, y)
    named = [("standardscaler", StandardScaler()), ("smote", SMOTE(random_state=0)), ("svc", SVC())]
    assert tune.best_params_ == Tune(named, {"svc__C": [0.1, 1.0]}, folds()).fit(X, y).best_params_


def test_it_is_an_estimator_like_any_other():
    X, y = table()
    tune = Tune(*CASES["a sampler before it"], folds())
    copied = clone(tune)
    assert copied.steps[0][1] is not tune.steps[0][1]
    assert (copied.get_params()["scoring"], copied.scorer) == (None, "accuracy")
    with pytest.raises(Exception, match="not fitted"):
        check_is_fitted(tune)
    check_is_fitted(tune.fit(X, y))
    assert tune.score(X, y) == pytest.approx(np.mean(tune.predict(X) == y))
    assert get_scorer("roc_auc")(tune, X, y) > 0.5


def test_fitting_again_gives_the_same():
    X, y = table()
    tune = Tune(*CASES["a forest"], folds())
    assert np.array_equal(tune.fit(X, y).predict_proba(X), clone(tune).fit(X, y).predict_proba(X))


def test_the_users_steps_and_grid_are_not_fitted():
    X, y = table()
    inside, choice = SMOTE(random_state=0), SVC()
    steps = [("smote", inside), ("search", GridSearchCV(LogisticRegression(), {"C": [1]}, cv=2))]
    grid = {"search__estimator": [choice]}
    Tune(steps, {**grid, "search__param_grid": [{"C": [2.0]}]}, folds()).fit(X, y)
    assert not hasattr(choice, "support_")
    assert not hasattr(inside, "sampling_strategy_")
    assert grid == {"search__estimator": [choice]}


@pytest.mark.parametrize(
    ("steps", "grid", "message"),
    [
        ([("svc", SVC())], {"svm__C": [1]}, r"unknown step in Tune's grid 'svm'.*did you mean svc"),
        (
            [("scale", StandardScaler())],
            {"scale__with_mean": [True]},
            "last step of Tune, scale, does not predict",
        ),
        ([("svc", SVC()), ("smote", SMOTE())], {"svc__C": [1]}, "last step of Tune, smote, does not predict"),
        ([], {}, "step"),
    ],
)
def test_what_cannot_be_searched(steps, grid, message):
    with pytest.raises(StudyError, match=message):
        Tune(steps, grid, folds()).fit(*table())


def test_a_parameter_that_is_not_there():
    with pytest.raises((StudyError, ValueError), match=r"svc__c|'c'"):
        Tune([("svc", SVC())], {"svc__c": [1]}, folds()).fit(*table())


@pytest.mark.parametrize("splitter", [3, None, "stratified"])
def test_the_inner_split_must_be_one(splitter):
    with pytest.raises(StudyError, match=r"splitter.*StratifiedKFold"):
        Tune([("svc", SVC())], {"svc__C": [1]}, splitter).fit(*table())


def test_a_splitter_without_folds():
    class Nothing:
        def split(self, X, y=None, groups=None):
            return iter(())

        def get_n_splits(self, X=None, y=None, groups=None):
            return 0

    with pytest.raises(StudyError, match=r"fold|split"):
        Tune([("svc", SVC())], {"svc__C": [1, 2]}, Nothing()).fit(*table())


def test_a_grid_of_one_list_is_a_grid_of_lists():
    """As scikit-learn's ParameterGrid: a bare value is a mistake that must be told."""
    with pytest.raises((StudyError, TypeError), match=r"svc__C"):
        Tune([("svc", SVC())], {"svc__C": 1.0}, folds()).fit(*table())

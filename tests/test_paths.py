"""`--set` reaches a parameter by its path: exactly, or through the wrappers around a step."""

from __future__ import annotations

import pytest
from imblearn.over_sampling import SMOTE, RandomOverSampler
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import RFE, SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    StratifiedGroupKFold,
    StratifiedKFold,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from varbench.errors import InputError
from varbench.procedure import Procedure, Split, Tune
from varbench.procedure.paths import all_paths, apply, find


def cv(n=3):
    return StratifiedKFold(n, shuffle=True)


def searched():
    """The forest behind a search, as in the shipped studies."""
    forest = RandomForestClassifier(10)
    search = GridSearchCV(forest, {"max_depth": [1, 2]}, cv=cv(4))
    steps = [
        ("resample", RandomOverSampler()),
        Split(cv()),
        ("rfe", RFE(SVC(), n_features_to_select=2)),
        ("forest", search),
    ]
    return Procedure(steps)


def tuned(name="forest"):
    inside = [("resample", SMOTE()), ("forest", RandomForestClassifier(10))]
    return Procedure([Split(cv()), (name, Tune(inside, {"forest__max_depth": [1, 2]}, cv(4)))])


def step(procedure, name):
    return dict(procedure.steps)[name]


@pytest.mark.parametrize(
    ("path", "value", "read"),
    [
        ("forest__estimator__n_estimators", 7, lambda p: step(p, "forest").estimator.n_estimators),
        ("forest__n_estimators", 7, lambda p: step(p, "forest").estimator.n_estimators),
        ("forest__cv__n_splits", 5, lambda p: step(p, "forest").cv.n_splits),
        ("forest__n_splits", 5, lambda p: step(p, "forest").cv.n_splits),
        ("forest__param_grid", {"max_depth": [3]}, lambda p: step(p, "forest").param_grid),
        ("forest__refit", False, lambda p: step(p, "forest").refit),
        ("split__cv__n_splits", 10, lambda p: p.split.cv.n_splits),
        ("split__n_splits", 10, lambda p: p.split.cv.n_splits),
        ("split__shuffle", False, lambda p: p.split.cv.shuffle),
        ("rfe__estimator__C", 3.0, lambda p: step(p, "rfe").estimator.C),
        ("rfe__C", 3.0, lambda p: step(p, "rfe").estimator.C),
        ("rfe__n_features_to_select", 3, lambda p: step(p, "rfe").n_features_to_select),
        ("resample__shrinkage", 0.5, lambda p: step(p, "resample").shrinkage),
        ("resample__sampling_strategy", "minority", lambda p: step(p, "resample").sampling_strategy),
        ("forest__max_depth", 3, lambda p: step(p, "forest").estimator.max_depth),
        ("forest__max_depth", None, lambda p: step(p, "forest").estimator.max_depth),
    ],
)
def test_a_path_reaches_its_parameter_and_no_other(path, value, read):
    procedure = searched()
    assert read(procedure) != value or value is None
    apply({"correct": procedure}, {path: value})
    assert read(procedure) == value
    if "n_estimators" not in path:
        assert step(procedure, "forest").estimator.n_estimators == 10
    if "n_splits" not in path:
        assert procedure.split.cv.n_splits == 3


@pytest.mark.parametrize("name", ["forest", "model", "tune"])
def test_the_steps_inside_a_tune(name):
    procedure = tuned(name)
    inside = dict(step(procedure, name).steps)
    apply({"nested": procedure}, {"forest__n_estimators": 7})
    assert inside["forest"].n_estimators == 7
    apply({"nested": procedure}, {f"{name}__forest__n_estimators": 8})
    assert inside["forest"].n_estimators == 8
    apply({"nested": procedure}, {"resample__k_neighbors": 2})
    assert inside["resample"].k_neighbors == 2
    apply({"nested": procedure}, {f"{name}__splitter__n_splits": 6})
    assert step(procedure, name).splitter.n_splits == 6


def test_the_unnamed_steps_inside_a_tune():
    """They have the names that Tune's own grid calls them by."""
    tune = Tune([SMOTE(), RandomForestClassifier()], {"randomforestclassifier__max_depth": [1]}, cv())
    procedure = Procedure([Split(cv()), tune])
    apply({"nested": procedure}, {"randomforestclassifier__n_estimators": 7})
    apply({"nested": procedure}, {"tune__smote__k_neighbors": 2})
    inside = step(procedure, "tune").steps
    assert inside[1].n_estimators == 7
    assert inside[0].k_neighbors == 2


def test_the_forest_of_every_procedure_that_has_one():
    procedures = {
        "incorrect": searched(),
        "nested": tuned(),
        "plain": Procedure([Split(cv()), ("forest", RandomForestClassifier(10))]),
        "other": Procedure([Split(cv()), SVC()]),
        "callable": lambda data, seeds: None,
    }
    apply(procedures, {"forest__n_estimators": 7})
    assert step(procedures["incorrect"], "forest").estimator.n_estimators == 7
    assert dict(step(procedures["nested"], "forest").steps)["forest"].n_estimators == 7
    assert step(procedures["plain"], "forest").n_estimators == 7


def test_a_searched_pipeline():
    search = GridSearchCV(make_pipeline(PCA(), SVC()), {"svc__C": [1]}, cv=cv())
    procedure = Procedure([Split(cv()), ("model", search)])
    apply({"a": procedure}, {"model__svc__gamma": 0.5})
    apply({"a": procedure}, {"model__estimator__pca__n_components": 2})
    assert search.estimator.named_steps["svc"].gamma == 0.5
    assert search.estimator.named_steps["pca"].n_components == 2


def test_what_is_exact_goes_before_what_is_wrapped():
    """A search has its own n_jobs, and so has the forest in it."""
    procedure = searched()
    apply({"a": procedure}, {"forest__n_jobs": 2})
    assert step(procedure, "forest").n_jobs == 2
    assert step(procedure, "forest").estimator.n_jobs is None


def test_a_step_of_ones_own_goes_before_one_of_that_name_inside_another():
    inside = Tune([("scale", StandardScaler()), ("svc", SVC())], {"svc__C": [1]}, cv())
    procedure = Procedure([Split(cv()), ("scale", StandardScaler()), ("model", inside)])
    apply({"a": procedure}, {"scale__with_mean": False})
    assert step(procedure, "scale").with_mean is False
    assert dict(inside.steps)["scale"].with_mean is True


def test_several_values_at_once():
    procedure = searched()
    apply({"a": procedure}, {"split__n_splits": 4, "forest__n_estimators": 3, "forest__max_depth": 2})
    assert procedure.split.cv.n_splits == 4
    assert (
        step(procedure, "forest").estimator.n_estimators,
        step(procedure, "forest").estimator.max_depth,
    ) == (3, 2)


def test_several_matches_are_listed_in_full():
    with pytest.raises(
        InputError,
        match=r"forest__random_state.*several.*forest__estimator__random_state, forest__cv__random",
    ):
        apply({"correct": searched()}, {"forest__random_state": 3})


def test_and_either_can_be_named():
    procedure = searched()
    apply({"correct": procedure}, {"forest__cv__random_state": 3})
    assert step(procedure, "forest").cv.random_state == 3
    assert step(procedure, "forest").estimator.random_state is None


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("forest__n_estimator", "forest__estimator__n_estimators"),
        ("forrest__estimator__n_estimators", "forest__estimator__n_estimators"),
        ("split__nsplits", "split__cv__n_splits"),
        ("resample__shrinkag", "resample__shrinkage"),
    ],
)
def test_no_match_proposes_the_nearest(path, nearest):
    with pytest.raises(InputError, match=rf"unknown parameter '{path}'; did you mean.*{nearest}"):
        apply({"correct": searched()}, {path: 3})


@pytest.mark.parametrize(
    "path", ["n_estimators", "forest", "", "__", "forest__", "split__groups__x", "zzz__zzz"]
)
def test_what_is_no_path(path):
    with pytest.raises(InputError, match="unknown parameter"):
        apply({"correct": searched()}, {path: 3})


def test_a_path_that_no_procedure_has_names_those_of_all():
    with pytest.raises(InputError, match=r"did you mean .*svc__C"):
        apply({"correct": searched(), "other": Procedure([Split(cv()), SVC()])}, {"svc__c": 3})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("forest__n_estimators", 0),
        ("forest__n_estimators", "many"),
        ("forest__n_estimators", 2.5),
        ("forest__estimator__max_features", "foo"),
        ("forest__max_depth", -1),
        ("rfe__C", -3.0),
        ("resample__sampling_strategy", 7.5),
        ("resample__shrinkage", "a lot"),
        ("split__n_splits", 1),
        ("split__n_splits", 0),
        ("split__n_splits", "ten"),
        ("split__n_splits", 2.5),
        ("split__n_splits", True),
        ("split__n_splits", None),
        ("split__shuffle", "yes"),
        ("split__shuffle", 1),
        ("split__random_state", "today"),
        ("split__groups", "patient"),
        ("forest__n_splits", 1),
    ],
)
def test_a_value_that_cannot_be(path, value):
    with pytest.raises(InputError, match=r"__.*=") as error:
        apply({"correct": searched()}, {path: value})
    assert repr(value) in str(error.value)
    assert path.rpartition("__")[2] in str(error.value)


def test_splitters_that_need_no_two_folds():
    """One hold-out split is what ShuffleSplit(1) is for."""
    procedure = Procedure([Split(ShuffleSplit(5)), SVC()])
    apply({"a": procedure}, {"split__n_splits": 1})
    assert procedure.split.cv.get_n_splits() == 1
    apply({"a": procedure}, {"split__test_size": 0.25})
    assert procedure.split.cv.test_size == 0.25


@pytest.mark.parametrize(("parameter", "folds"), [("n_splits", 8), ("n_repeats", 12)])
def test_repeated_splitters(parameter, folds):
    """They keep n_splits where vars() does not show it."""
    procedure = Procedure([Split(RepeatedStratifiedKFold(n_splits=3, n_repeats=4)), SVC()])
    apply({"a": procedure}, {f"split__{parameter}": 2 if parameter == "n_splits" else 4})
    assert procedure.split.cv.get_n_splits() == folds


def test_repeated_once():
    procedure = Procedure([Split(RepeatedStratifiedKFold(n_splits=3, n_repeats=4)), SVC()])
    apply({"a": procedure}, {"split__n_repeats": 1})
    assert procedure.split.cv.get_n_splits() == 3


def test_keeping_samples_together():
    procedure = Procedure([RandomOverSampler(), Split(StratifiedGroupKFold(3, shuffle=True)), SVC()])
    apply({"a": procedure}, {"split__groups": "sample"})
    assert procedure.split.groups == "sample"
    apply({"a": procedure}, {"split__groups": None})
    assert procedure.split.groups is None


@pytest.mark.parametrize("make", [searched, tuned], ids=["search", "tune"])
def test_every_path_that_is_listed_can_be_found(make):
    for name, one in make().steps:
        for path in all_paths(name, one):
            assert path in [full for full, _, _ in find(name, one, path)], path


def test_paths_of_seeds_are_paths_of_set():
    """What `show` prints as a place is a path under which --set finds it."""
    procedure = searched()
    paths = {path for name, one in procedure.steps for path in all_paths(name, one)}
    assert {place.path for place in procedure.places()} <= paths


def test_a_value_that_was_set_is_the_one_that_runs():
    """What is set must reach what is fitted, and not a copy."""
    procedure = Procedure([Split(KFold(2)), ("best", SelectKBest(k=1)), LogisticRegression()])
    apply({"a": procedure}, {"best__k": 3})
    assert dict(procedure.right)["best"].k == 3

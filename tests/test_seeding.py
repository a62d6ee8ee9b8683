"""Which random places a step has, who seeds them, and what stays the user's."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from imblearn.over_sampling import SMOTE, KMeansSMOTE, RandomOverSampler
from imblearn.pipeline import make_pipeline as make_imblearn_pipeline
from imblearn.under_sampling import RandomUnderSampler
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.cluster import MiniBatchKMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_selection import RFECV, SelectFromModel
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    RandomizedSearchCV,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    StratifiedKFold,
)
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from varbench.errors import StudyError
from varbench.procedure import Procedure, Split, Tune
from varbench.procedure.seeding import places, seeded


def shuffled(n=3, random_state=None):
    return StratifiedKFold(n, shuffle=True, random_state=random_state)


def found(step, name="step", source=None):
    return [(place.path, place.source) for place in places(name, step, source)]


def states(step):
    """Every random_state inside, by scikit-learn's own walk of the parameters."""
    return {key: value for key, value in step.get_params().items() if key.endswith("random_state")}


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (StandardScaler(), []),
        (Split(shuffled()), [("step__cv__random_state", "split")]),
        (Split(ShuffleSplit(3)), [("step__cv__random_state", "split")]),
        (Split(RepeatedStratifiedKFold(n_splits=3, n_repeats=2)), [("step__cv__random_state", "split")]),
        (Split(StratifiedKFold(3)), []),
        (Split(KFold(3)), []),
        (Split(GroupKFold(3)), []),
        (Split(GroupKFold(3, shuffle=True)), [("step__cv__random_state", "split")]),
        (SMOTE(), [("step__random_state", "resample")]),
        (RandomUnderSampler(), [("step__random_state", "resample")]),
        (RandomForestClassifier(), [("step__random_state", "init")]),
        (PCA(), [("step__random_state", "init")]),
        (
            GridSearchCV(RandomForestClassifier(), {"max_depth": [1]}, cv=shuffled()),
            [("step__estimator__random_state", "init"), ("step__cv__random_state", "tune")],
        ),
        (
            GridSearchCV(RandomForestClassifier(), {"max_depth": [1]}, cv=3),
            [("step__estimator__random_state", "init")],
        ),
        (
            RandomizedSearchCV(RandomForestClassifier(), {"max_depth": [1, 2]}, cv=shuffled()),
            [
                ("step__random_state", "tune"),
                ("step__estimator__random_state", "init"),
                ("step__cv__random_state", "tune"),
            ],
        ),
        (
            RFECV(LogisticRegression(), cv=shuffled()),
            [("step__estimator__random_state", "init"), ("step__cv__random_state", "tune")],
        ),
        (
            VotingClassifier([("a", RandomForestClassifier()), ("b", LogisticRegression())]),
            [("step__a__random_state", "init"), ("step__b__random_state", "init")],
        ),
        (
            make_pipeline(PCA(), RandomForestClassifier()),
            [("step__pca__random_state", "init"), ("step__randomforestclassifier__random_state", "init")],
        ),
        (FeatureUnion([("p", PCA()), ("s", StandardScaler())]), [("step__p__random_state", "init")]),
    ],
    ids=lambda value: type(value).__name__ if hasattr(value, "__dict__") else "",
)
def test_places_and_their_sources(step, expected):
    assert sorted(found(step)) == sorted(expected)


def test_the_order_of_places_is_stable():
    step = RandomizedSearchCV(
        make_pipeline(PCA(), RandomForestClassifier()), {"pca__n_components": [1]}, cv=shuffled()
    )
    assert found(step) == found(copy.deepcopy(step))


@pytest.mark.parametrize("bare", [False, True], ids=["named", "bare"])
def test_inside_a_tune_the_address_has_names_not_positions(bare):
    """A step's path is its name: a scaler put before it leaves its seed as it was."""
    steps = [SMOTE(), RandomForestClassifier()]
    if not bare:
        steps = [("smote", steps[0]), ("randomforestclassifier", steps[1])]
    tune = Tune(steps, {"randomforestclassifier__max_depth": [1]}, shuffled())
    assert sorted(found(tune)) == [
        ("step__randomforestclassifier__random_state", "init"),
        ("step__smote__random_state", "resample"),
        ("step__splitter__random_state", "tune"),
    ]


def test_estimators_inside_grids_are_walked():
    grid = {"estimator": [RandomForestClassifier(), LogisticRegression()], "n_estimators": [3]}
    tune = GridSearchCV(BaggingClassifier(), grid, cv=2)
    prepared = seeded("step", tune, 0, lambda source, path, fold: 5)
    assert [e.random_state for e in prepared.param_grid["estimator"]] == [5, 5]
    assert len({path for path, _ in found(tune)}) == 3


def test_estimators_inside_a_list_of_grids_are_walked():
    """GridSearchCV takes a list of dicts too."""
    grids = [{"estimator": [RandomForestClassifier()]}, {"estimator": [DecisionTreeClassifier()]}]
    prepared = seeded("step", GridSearchCV(BaggingClassifier(), grids, cv=2), 0, lambda source, path, fold: 5)
    assert [grid["estimator"][0].random_state for grid in prepared.param_grid] == [5, 5]


def test_estimators_inside_a_tunes_grid_are_walked():
    tune = Tune([("bag", BaggingClassifier())], {"bag__estimator": [DecisionTreeClassifier()]}, shuffled())
    prepared = seeded("step", tune, 0, lambda source, path, fold: 5)
    assert prepared.grid["bag__estimator"][0].random_state == 5


def test_splitters_inside_grids_are_walked():
    search = GridSearchCV(RFECV(LogisticRegression()), {"cv": [shuffled(2), shuffled(3)]}, cv=2)
    prepared = seeded("step", search, 0, lambda source, path, fold: 5)
    assert [cv.random_state for cv in prepared.param_grid["cv"]] == [5, 5]


def test_a_source_of_ones_own_holds_for_the_whole_step():
    assert found(SMOTE(), source="augment") == [("step__random_state", "augment")]
    assert {source for _, source in found(RFECV(LogisticRegression(), cv=shuffled()), source="x")} == {"x"}


@pytest.mark.parametrize(
    "step",
    [
        SMOTE(),
        RandomForestClassifier(),
        KMeansSMOTE(kmeans_estimator=MiniBatchKMeans()),
        GridSearchCV(RandomForestClassifier(), {"max_depth": [1]}),
        AdaBoostClassifier(DecisionTreeClassifier()),
        SelectFromModel(RandomForestClassifier()),
        StackingClassifier([("a", RandomForestClassifier())], LogisticRegression()),
        make_imblearn_pipeline(SMOTE(), PCA(), SVC()),
    ],
    ids=lambda step: type(step).__name__,
)
def test_no_random_state_is_left_none(step):
    """Held against scikit-learn's own get_params(deep=True)."""
    prepared = seeded("step", step, 2, lambda source, path, fold: len(path))
    assert states(step)
    assert all(type(value) is int for value in states(prepared).values())
    assert all(value is None for value in states(step).values())  # the user's own is untouched


def test_seeds_are_asked_for_by_source_path_and_fold():
    asked = []

    def seed_of(source, path, fold):
        asked.append((source, path, fold))
        return len(asked)

    search = GridSearchCV(RandomForestClassifier(), {"max_depth": [1]}, cv=shuffled())
    prepared = seeded("forest", search, 4, seed_of)
    assert sorted(asked) == [
        ("init", "forest__estimator__random_state", 4),
        ("tune", "forest__cv__random_state", 4),
    ]
    answered = {path: number for number, (_, path, _) in enumerate(asked, 1)}
    assert prepared.estimator.random_state == answered["forest__estimator__random_state"]
    assert prepared.cv.random_state == answered["forest__cv__random_state"]


@pytest.mark.parametrize("given", [0, 7, np.int64(7), np.int32(7)], ids=["zero", "int", "int64", "int32"])
def test_an_int_is_the_users_and_stays(given):
    search = GridSearchCV(
        RandomForestClassifier(random_state=given), {"max_depth": [1]}, cv=shuffled(3, given)
    )
    assert [place.given for place in places("step", search)] == [given, given]
    prepared = seeded("step", search, 0, lambda source, path, fold: 99)
    assert prepared.estimator.random_state == given
    assert prepared.cv.random_state == given


class Outmoded(TransformerMixin, BaseEstimator):
    """As scikit-learn retires a parameter: the default is a word (TargetEncoder, from 1.9 on)."""

    def __init__(self, random_state="deprecated"):
        self.random_state = random_state

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X


def test_a_retired_random_state_is_left_alone():
    procedure = Procedure([Split(StratifiedKFold(3)), Outmoded(), LogisticRegression(random_state=1)])
    assert [place.path for place in procedure.places()] == ["logisticregression__random_state"]
    assert seeded("step", Outmoded(), 0, lambda source, path, fold: 3).random_state == "deprecated"


def test_the_users_objects_stay_untouched():
    cv, forest = shuffled(), RandomForestClassifier()
    search = GridSearchCV(forest, {"max_depth": [1]}, cv=cv)
    split = Split(cv)
    for step in (search, split):
        prepared = seeded("step", step, 0, lambda source, path, fold: 3)
        assert prepared is not step
        assert prepared.cv is not cv
    assert (cv.random_state, forest.random_state) == (None, None)
    assert search.estimator is forest
    assert split.cv is cv


INSTANCES = [np.random.RandomState(0), np.random.default_rng(0)]


@pytest.mark.parametrize("instance", INSTANCES, ids=["RandomState", "Generator"])
@pytest.mark.parametrize(
    ("place", "make"),
    [
        ("smote__random_state", lambda r: [Split(shuffled()), SMOTE(random_state=r), SVC()]),
        ("smote__random_state", lambda r: [SMOTE(random_state=r), Split(shuffled()), SVC()]),
        ("split__cv__random_state", lambda r: [Split(shuffled(random_state=r)), SVC()]),
        ("svc__random_state", lambda r: [Split(shuffled()), SVC(random_state=r)]),
        (
            "gridsearchcv__estimator__random_state",
            lambda r: [Split(shuffled()), GridSearchCV(SVC(random_state=r), {"C": [1]})],
        ),
        (
            "gridsearchcv__cv__random_state",
            lambda r: [Split(shuffled()), GridSearchCV(SVC(), {"C": [1]}, cv=shuffled(random_state=r))],
        ),
        (
            "gridsearchcv__param_grid__estimator__1__random_state",
            lambda r: [
                Split(shuffled()),
                GridSearchCV(AdaBoostClassifier(), {"estimator": [SVC(), SVC(random_state=r)]}),
            ],
        ),
        (
            "random_state",
            lambda r: [
                Split(shuffled()),
                GridSearchCV(AdaBoostClassifier(), [{"estimator": [SVC(random_state=r)]}]),
            ],
        ),
        (
            "randomizedsearchcv__random_state",
            lambda r: [Split(shuffled()), RandomizedSearchCV(SVC(), {"C": [1]}, random_state=r)],
        ),
        (
            "tune__smote__random_state",
            lambda r: [
                Split(shuffled()),
                Tune([("smote", SMOTE(random_state=r)), ("svc", SVC())], {"svc__C": [1]}, shuffled()),
            ],
        ),
        (
            "tune__splitter__random_state",
            lambda r: [Split(shuffled()), Tune([SVC()], {"svc__C": [1]}, shuffled(random_state=r))],
        ),
        (
            "votingclassifier__a__random_state",
            lambda r: [Split(shuffled()), VotingClassifier([("a", SVC(random_state=r))])],
        ),
        (
            "pipeline__pca__random_state",
            lambda r: [Split(shuffled()), make_pipeline(PCA(random_state=r), SVC())],
        ),
    ],
)
def test_an_instance_is_refused_wherever_it_hides(place, make, instance):
    with pytest.raises(StudyError, match=rf"{place} is an instance.*None.*int"):
        Procedure(make(instance))


def test_a_samplers_seed_does_not_know_on_which_side_it_stands():
    sampler, cv = RandomOverSampler(), shuffled()
    left = Procedure([sampler, Split(cv), SVC()])
    right = Procedure([Split(cv), StandardScaler(), sampler, SVC()])
    address = ("randomoversampler__random_state", "resample")
    assert address in [(place.path, place.source) for place in left.places()]
    assert address in [(place.path, place.source) for place in right.places()]


def test_duplicates_have_seeds_of_their_own():
    procedure = Procedure([Split(shuffled()), SMOTE(), RandomUnderSampler(), SMOTE(), SVC()])
    paths = [place.path for place in procedure.places()]
    assert {"smote__random_state", "smote-2__random_state"} < set(paths)
    assert len(paths) == len(set(paths))

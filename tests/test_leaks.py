"""What an order of steps leaks is read off the order: name, class in the taxonomy, cure."""

from __future__ import annotations

import json

import numpy as np
import pytest
from imblearn.combine import SMOTETomek
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler, TomekLinks
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.feature_selection import (
    RFE,
    RFECV,
    SelectFromModel,
    SelectKBest,
    SequentialFeatureSelector,
    VarianceThreshold,
)
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    LeaveOneGroupOut,
    RandomizedSearchCV,
    StratifiedGroupKFold,
    StratifiedKFold,
)
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    Normalizer,
    PowerTransformer,
    QuantileTransformer,
    StandardScaler,
)
from sklearn.random_projection import GaussianRandomProjection
from sklearn.svm import SVC

from varbench.data import Data
from varbench.errors import StudyError
from varbench.procedure import TAXONOMY, Procedure, Split, Tune


def cv(n=3):
    return StratifiedKFold(n, shuffle=True)


def search(estimator=None):
    return GridSearchCV(estimator or SVC(), {"C": [0.1, 1]}, cv=cv(2))


def cohort(groups=None, batch=None, missing=False):
    rng = np.random.default_rng(0)
    y = np.arange(40) % 2
    X = rng.normal(size=(40, 5))
    X[:, 0] += y
    if missing:
        X[rng.random(X.shape) < 0.1] = np.nan
    ids = np.array([f"case {number}" for number in range(40)])
    return Data(X, y, ("no", "yes"), tuple("abcde"), ids, groups=groups, batch=batch, name="toy")


PATIENTS = np.array([f"patient {number // 4}" for number in range(40)])


def found(steps, data=None):
    return [(leak.step, leak.kind, leak.how, leak.code) for leak in Procedure(steps).leaks(data)]


def found_or_refused(make_steps, data=None):
    """The leaks, or the message of the refusal: either warns."""
    try:
        return found(make_steps(), data)
    except StudyError as error:
        return str(error)


LEFT = {
    "oversampling": (RandomOverSampler(), "copies", "L1.4"),
    "oversampling with shrinkage": (RandomOverSampler(shrinkage=1.0), "copies", "L1.4"),
    "smote": (SMOTE(), "copies", "L1.4"),
    "smote and cleaning": (SMOTETomek(), "copies", "L1.4"),
    "undersampling": (RandomUnderSampler(), "copies", "L3.3"),
    "cleaning": (TomekLinks(), "copies", "L3.3"),
    "scaling": (StandardScaler(), "learns", "L1.2"),
    "power": (PowerTransformer(), "learns", "L1.2"),
    "quantiles": (QuantileTransformer(n_quantiles=5), "learns", "L1.2"),
    "bins": (KBinsDiscretizer(3, strategy="uniform"), "learns", "L1.2"),
    "imputing": (SimpleImputer(), "learns", "L1.2"),
    "imputing by neighbours": (KNNImputer(), "learns", "L1.2"),
    "components": (PCA(2), "learns", "L1.2"),
    "components with labels": (PLSRegression(2), "learns", "L1.2"),
    "discriminant": (LinearDiscriminantAnalysis(), "learns", "L1.2"),
    "constant features": (VarianceThreshold(), "learns", "L1.2"),
    "selection": (SelectKBest(k=2), "learns", "L1.3"),
    "selection by a model": (SelectFromModel(LogisticRegression()), "learns", "L1.3"),
    "elimination": (RFE(LogisticRegression()), "learns", "L1.3"),
    "elimination with cv": (RFECV(LogisticRegression(), cv=cv(2)), "learns", "L1.3"),
    "sequential selection": (SequentialFeatureSelector(LogisticRegression(), cv=2), "learns", "L1.3"),
    "a pipeline that scales": (make_pipeline(StandardScaler(), PCA(2)), "learns", "L1.2"),
}


@pytest.mark.parametrize("name", LEFT)
@pytest.mark.parametrize("with_data", [False, True], ids=["order alone", "with data"])
def test_one_step_left_of_split(name, with_data):
    step, how, code = LEFT[name]
    steps = [("it", step), Split(cv()), LogisticRegression()]
    assert found(steps, cohort() if with_data else None) == [("it", "estimate", how, code)]


@pytest.mark.parametrize("name", LEFT)
def test_the_same_step_right_of_split_is_no_leak(name):
    assert found([Split(cv()), ("it", LEFT[name][0]), LogisticRegression()], cohort()) == []


@pytest.mark.parametrize(
    "step",
    [
        FunctionTransformer(np.log1p),
        FunctionTransformer(),
        Normalizer(),
    ],
    ids=lambda step: type(step).__name__,
)
def test_what_learns_nothing_leaks_nothing(step):
    assert found([step, Split(cv()), LogisticRegression()]) == []


@pytest.mark.parametrize(
    "step",
    [
        search(),
        RandomizedSearchCV(SVC(), {"C": [0.1, 1]}, n_iter=1, cv=cv(2)),
        Tune([("svc", SVC())], {"svc__C": [0.1, 1]}, cv(2)),
    ],
    ids=lambda step: type(step).__name__,
)
def test_a_search_on_everything(step):
    assert found([("search", step), Split(cv())]) == [("search", "estimate", "learns", "L1.1")]


@pytest.mark.parametrize("last", [LogisticRegression(), SVC()])
def test_nothing_left_of_split_and_no_inner_split_leaks_nothing(last):
    assert found([Split(cv()), StandardScaler(), SMOTE(), SelectKBest(k=2), last], cohort()) == []


def test_every_step_is_named_in_order():
    steps = [
        StandardScaler(), FunctionTransformer(), SelectKBest(k=2), SMOTE(), Split(cv()),
        RandomOverSampler(), ("forest", search()),
    ]  # fmt: skip
    assert found(steps) == [
        ("standardscaler", "estimate", "learns", "L1.2"),
        ("selectkbest", "estimate", "learns", "L1.3"),
        ("smote", "estimate", "copies", "L1.4"),
        ("randomoversampler", "choice", "copies", "L1.4"),
    ]


class TestOneSide:
    def test_copies_that_stay_together_do_not_leak(self):
        split = Split(StratifiedGroupKFold(3, shuffle=True), groups="sample")
        assert found([RandomOverSampler(), split, SVC()]) == []

    @pytest.mark.parametrize(
        "sampler", [SMOTE(), RandomOverSampler(shrinkage=0.5)], ids=["smote", "shrinkage"]
    )
    def test_smotes_rows_have_two_parents_and_do(self, sampler):
        split = Split(StratifiedGroupKFold(3, shuffle=True), groups="sample")
        assert [leak[2:] for leak in found([("it", sampler), split, SVC()])] == [("copies", "L1.4")]

    def test_but_only_where_the_splitter_listens(self):
        """StratifiedKFold takes groups and ignores them: the copies are on both sides after all."""
        answer = found_or_refused(lambda: [RandomOverSampler(), Split(cv(), groups="sample"), SVC()])
        assert "groups" in answer or ("randomoversampler", "estimate", "copies", "L1.4") in answer


class TestGroups:
    @pytest.mark.parametrize("split", [Split(cv()), Split(cv(), groups=None)])
    def test_a_splitter_that_ignores_them(self, split):
        leak = ("split", "estimate", "groups", "L3.2")
        assert found([split, SVC()], cohort(PATIENTS)) == [leak]

    def test_without_data_or_without_groups_nothing_is_said(self):
        assert found([Split(cv()), SVC()]) == []
        assert found([Split(cv()), SVC()], cohort()) == []

    @pytest.mark.parametrize(
        "split",
        [
            Split(GroupKFold(3)),
            Split(StratifiedGroupKFold(3, shuffle=True)),
            Split(LeaveOneGroupOut(), groups="group"),
        ],
        ids=["GroupKFold", "StratifiedGroupKFold", "LeaveOneGroupOut"],
    )
    def test_a_splitter_that_keeps_them_together(self, split):
        assert found([split, SVC()], cohort(PATIENTS)) == []

    def test_keeping_samples_together_does_not_keep_patients_together(self):
        split = Split(StratifiedGroupKFold(3, shuffle=True), groups="sample")
        assert found([split, SVC()], cohort(PATIENTS)) == [("split", "estimate", "groups", "L3.2")]

    def test_asking_a_splitter_that_does_not_listen(self):
        answer = found_or_refused(lambda: [Split(cv(), groups="group"), SVC()], cohort(PATIENTS))
        assert "groups" in answer or ("split", "estimate", "groups", "L3.2") in answer

    def test_the_split_is_called_by_its_name(self):
        assert found([("outer", Split(cv())), SVC()], cohort(PATIENTS)) == [
            ("outer", "estimate", "groups", "L3.2")
        ]

    def test_it_stands_between_left_and_right(self):
        steps = [StandardScaler(), Split(cv()), SMOTE(), search()]
        assert [leak[0] for leak in found(steps, cohort(PATIENTS))] == ["standardscaler", "split", "smote"]


class TestChoice:
    @pytest.mark.parametrize(
        "inner",
        [
            search(),
            RandomizedSearchCV(SVC(), {"C": [0.1, 1]}, n_iter=1),
            LogisticRegressionCV(),
            CalibratedClassifierCV(SVC()),
            Tune([("svc", SVC())], {"svc__C": [0.1, 1]}, cv(2)),
        ],
        ids=lambda step: type(step).__name__,
    )
    @pytest.mark.parametrize(
        ("before", "expected"),
        [
            (SMOTE(), ("it", "choice", "copies", "L1.4")),
            (RandomOverSampler(), ("it", "choice", "copies", "L1.4")),
            (SelectKBest(k=2), ("it", "choice", "learns", "L1.3")),
            (RFE(LogisticRegression()), ("it", "choice", "learns", "L1.3")),
        ],
        ids=["smote", "copies", "selection", "elimination"],
    )
    def test_what_stands_before_an_inner_split(self, inner, before, expected):
        steps = [Split(cv()), ("it", before), ("last", inner)]
        assert found(steps) == [expected]
        leak = Procedure(steps).leaks()[0]
        assert "last" in leak.what
        assert "Tune" in leak.cure

    def test_what_does_not_use_the_labels_is_let_pass(self):
        steps = [Split(cv()), VarianceThreshold(), StandardScaler(), PCA(2), search()]
        assert found(steps) == []
        assert found(steps, cohort()) == []

    def test_what_stands_inside_tune_sees_no_validation_row(self):
        inside = [("smote", SMOTE()), ("best", SelectKBest(k=2)), ("svc", SVC())]
        assert found([Split(cv()), Tune(inside, {"svc__C": [0.1, 1]}, cv(2))], cohort()) == []

    def test_what_stands_inside_a_searched_pipeline_neither(self):
        pipeline = make_pipeline(SelectKBest(k=2), SVC())
        inner = GridSearchCV(pipeline, {"svc__C": [0.1, 1]}, cv=cv(2))
        assert found([Split(cv()), inner], cohort()) == []

    def test_an_inner_split_inside_a_pipeline_is_one_too(self):
        last = make_pipeline(StandardScaler(), search())
        assert found([Split(cv()), ("it", SMOTE()), ("last", last)]) == [("it", "choice", "copies", "L1.4")]

    def test_elimination_with_cv_is_an_inner_split_and_selects(self):
        steps = [
            Split(cv()),
            ("smote", SMOTE()),
            ("rfecv", RFECV(LogisticRegression(), cv=cv(2))),
            ("last", SVC()),
        ]
        assert found(steps) == [("smote", "choice", "copies", "L1.4")]
        assert "rfecv" in Procedure(steps).leaks()[0].what
        steps[-1] = ("last", search())
        assert found(steps) == [("smote", "choice", "copies", "L1.4"), ("rfecv", "choice", "learns", "L1.3")]
        of_smote, of_rfecv = Procedure(steps).leaks()
        assert "rfecv" in of_smote.what
        assert "last" in of_rfecv.what

    def test_what_stands_after_the_inner_split_is_not_held_against_it(self):
        steps = [
            Split(cv()),
            ("rfecv", RFECV(LogisticRegression(), cv=cv(2))),
            ("smote", SMOTE()),
            ("last", SVC()),
        ]
        assert found(steps) == []

    def test_the_inner_split_that_is_named_comes_after(self):
        """Between two of them: smote's rows are split by the second, never by the first."""
        steps = [
            Split(cv()), ("rfecv", RFECV(LogisticRegression(), cv=cv(2))), ("smote", SMOTE()), ("last", search()),
        ]  # fmt: skip
        smote = next(leak for leak in Procedure(steps).leaks() if leak.step == "smote")
        assert "last" in smote.what
        assert "last" in smote.cure
        assert "rfecv" not in smote.what + smote.cure

    def test_left_of_split_it_is_the_graver_kind(self):
        steps = [("best", SelectKBest(k=2)), Split(cv()), search()]
        assert found(steps) == [("best", "estimate", "learns", "L1.3")]


class Peeking(TransformerMixin, BaseEstimator):
    """Turns its columns towards the labels, and says so nowhere."""

    def fit(self, X, y):
        self.weight_ = (X[y == 1].mean(axis=0) - X[y == 0].mean(axis=0))[:, None]
        return self

    def transform(self, X):
        return X @ self.weight_


class Blind(TransformerMixin, BaseEstimator):
    """Is handed the labels and does not look."""

    def fit(self, X, y=None):
        self.mean_ = X.mean(axis=0)
        return self

    def transform(self, X):
        return X - self.mean_


class TestPermutedLabels:
    @pytest.mark.parametrize(
        "step",
        [
            PLSRegression(2),
            LinearDiscriminantAnalysis(),
            Peeking(),
            make_pipeline(StandardScaler(), Peeking()),
        ],
        ids=lambda step: type(step).__name__,
    )
    def test_who_uses_them_is_found_with_data_alone(self, step):
        steps = [Split(cv()), ("it", step), search()]
        assert found(steps) == []
        assert found(steps, cohort()) == [("it", "choice", "learns", "L1.2")]

    @pytest.mark.parametrize(
        "step",
        [
            Blind(),
            StandardScaler(),
            PCA(2),
            PCA(2, svd_solver="randomized"),
            GaussianRandomProjection(2),
            QuantileTransformer(n_quantiles=5),
            FunctionTransformer(),
            make_pipeline(StandardScaler(), GaussianRandomProjection(2)),
            FeatureUnion([("a", GaussianRandomProjection(2)), ("b", PCA(1))]),
            SimpleImputer(),
        ],
        ids=lambda step: type(step).__name__,
    )
    def test_who_does_not_is_not_accused(self, step):
        """Nor for being random: the same seeds are used with both."""
        assert found([Split(cv()), step, search()], cohort()) == []

    def test_sparse_tables(self):
        assert found([Split(cv()), KBinsDiscretizer(3, strategy="uniform"), search()], cohort()) == []

    def test_missing_values(self):
        """What comes before fills them in; what uses labels is found all the same."""
        steps = [Split(cv()), SimpleImputer(), ("it", PLSRegression(2)), search()]
        assert found(steps, cohort(missing=True)) == [("it", "choice", "learns", "L1.2")]

    def test_steps_that_need_what_the_one_before_makes(self):
        narrow = FunctionTransformer(lambda X: X[:, :2])
        picky = make_pipeline(FunctionTransformer(_two_columns), Peeking())
        assert found([Split(cv()), narrow, ("it", picky), search()], cohort()) == [
            ("it", "choice", "learns", "L1.2")
        ]

    def test_steps_and_data_stay_as_they_were(self):
        data, step = cohort(PATIENTS), PLSRegression(2)
        X, y = data.X.copy(), data.y.copy()
        Procedure([Split(cv()), step, search()]).leaks(data)
        assert not hasattr(step, "x_weights_")
        assert np.array_equal(data.X, X)
        assert np.array_equal(data.y, y)

    def test_the_answer_is_the_same_each_time(self):
        steps = [PCA(2, svd_solver="randomized"), Split(cv()), PLSRegression(2), search()]
        assert found(steps, cohort(PATIENTS)) == found(steps, cohort(PATIENTS))


def _two_columns(X):
    if X.shape[1] != 2:
        raise ValueError(f"two columns are needed, not {X.shape[1]}")
    return X


EVERY_LEAK = [
    leak
    for steps, data in [
        *[([("it", step), Split(cv()), SVC()], None) for step, _, _ in LEFT.values()],
        ([("it", search()), Split(cv())], None),
        ([("it", Split(cv())), SVC()], cohort(PATIENTS)),
        ([Split(cv()), ("it", SMOTE()), search()], None),
        ([Split(cv()), ("it", SelectKBest(k=2)), search()], None),
        ([Split(cv()), ("it", PLSRegression(2)), search()], cohort()),
    ]
    for leak in Procedure(steps).leaks(data)
]


@pytest.mark.parametrize("leak", EVERY_LEAK, ids=lambda leak: f"{leak.kind}-{leak.code}")
def test_the_contract_of_a_leak(leak):
    assert leak.code in TAXONOMY
    assert leak.kind in {"estimate", "choice"}
    assert leak.how in {"learns", "copies", "groups"}
    assert 10 < len(leak.what) < 150
    assert 10 < len(leak.cure) < 150
    assert leak.what != leak.cure
    plain = leak.to_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert set(plain) == {"step", "kind", "how", "code", "what", "cure"}


def test_the_cure_of_a_step_on_the_wrong_side_is_to_move_it():
    (leak,) = Procedure([("noise", SMOTE()), Split(cv()), SVC()]).leaks()
    assert "noise" in leak.cure
    assert "right of Split" in leak.cure


@pytest.mark.parametrize("name", [name for name in LEFT if not name.startswith("a pipeline")])
def test_the_cure_cures(name):
    step = LEFT[name][0]
    assert Procedure([("it", step), Split(cv()), SVC()]).leaks()
    assert not Procedure([Split(cv()), ("it", step), SVC()]).leaks()


def test_the_cure_of_a_choice_leak_cures():
    assert Procedure([Split(cv()), ("smote", SMOTE()), ("svc", search())]).leaks()
    inside = Tune([("smote", SMOTE()), ("svc", SVC())], {"svc__C": [0.1, 1]}, cv(2))
    assert not Procedure([Split(cv()), inside]).leaks()


def test_the_taxonomy_is_that_of_kapoor_and_narayanan():
    """Their classes that an order of steps can show (Patterns 2023, 4, 100804)."""
    assert set(TAXONOMY) == {"L1.1", "L1.2", "L1.3", "L1.4", "L3.2", "L3.3"}

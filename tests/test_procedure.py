"""A procedure gives what one would write by hand with imbalanced-learn and scikit-learn, with the same seeds."""

from __future__ import annotations

import copy
import json
import random
import zlib

import numpy as np
import pandas as pd
import pytest
from imblearn.base import BaseSampler
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import make_pipeline
from imblearn.under_sampling import RandomUnderSampler
from scipy.stats import randint
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    RandomForestClassifier,
    RandomTreesEmbedding,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_selection import RFE, RFECV, SelectFromModel, SelectKBest, VarianceThreshold
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    LeaveOneGroupOut,
    PredefinedSplit,
    RandomizedSearchCV,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    StratifiedGroupKFold,
    StratifiedKFold,
)
from sklearn.naive_bayes import BernoulliNB
from sklearn.pipeline import make_pipeline as make_sklearn_pipeline
from sklearn.preprocessing import FunctionTransformer, KBinsDiscretizer, StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from varbench.data import Data
from varbench.errors import StudyError
from varbench.procedure import Outcome, Procedure, Split, Tune, outcome_of_callable


def seed_of(source, path="", fold=-1):
    """One seed a source and fold, so that a script written by hand can have it without knowing any path."""
    return zlib.crc32(f"{source} {fold}".encode())


def seeds(**realizations):
    """The same, with some sources at another realization; every path has its own."""
    return lambda source, path, fold: zlib.crc32(
        f"{source} {realizations.get(source, 0)} {path} {fold}".encode()
    )


def cohort(n=(36, 14), n_features=6, groups=None, batch=None, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.repeat(np.arange(len(n)), n))
    X = rng.normal(size=(len(y), n_features))
    X[:, :2] += 0.8 * y[:, None]
    ids = np.array([f"case {number}" for number in range(len(y))])
    names = tuple(f"f{number}" for number in range(n_features))
    classes = tuple(f"class {number}" for number in range(len(n)))
    return Data(X, y, classes, names, ids, groups=groups, batch=batch, name="toy")


def patients(n=50, size=3, seed=1):
    """Groups of about three rows, in no order."""
    return np.random.default_rng(seed).permutation(np.array([f"patient {i // size}" for i in range(n)]))


def folds(n=3, random_state=None):
    return StratifiedKFold(n, shuffle=True, random_state=random_state)


def trees(random_state=None, **options):
    return RandomForestClassifier(3, random_state=random_state, **{"max_depth": 4, **options})


def tree(random_state=None, **options):
    """As random as a forest, and much faster."""
    return DecisionTreeClassifier(random_state=random_state, **{"max_features": 2, "max_depth": 4, **options})


def score_of(model, X):
    """Of the second class."""
    if hasattr(model, "predict_proba"):
        return model.predict_proba(X)[:, 1]
    return model.decision_function(X)


class CrossFitted(TransformerMixin, BaseEstimator):
    """A target encoder in small: training rows are encoded without their own label, as scikit-learn's does.

    Its ``fit_transform`` is not ``fit`` and then ``transform``.
    """

    def fit(self, X, y):
        self.upper_ = np.mean(y[X[:, 0] > 0])
        self.lower_ = np.mean(y[X[:, 0] <= 0])
        return self

    def transform(self, X):
        return np.column_stack([np.where(X[:, 0] > 0, self.upper_, self.lower_), X[:, 1:]])

    def fit_transform(self, X, y):
        side = X[:, 0] > 0
        others = (side[:, None] == side) & ~np.eye(len(X), dtype=bool)
        self.fit(X, y)
        return np.column_stack([others @ y / others.sum(axis=1), X[:, 1:]])


# What one would write: resample, init and tune are the seeds, None in ours.
CHAINS = {
    "one estimator": lambda r, i, t: [LogisticRegression()],
    "scaler": lambda r, i, t: [StandardScaler(), LogisticRegression()],
    "oversampling": lambda r, i, t: [RandomOverSampler(random_state=r), tree(i)],
    "undersampling": lambda r, i, t: [StandardScaler(), RandomUnderSampler(random_state=r), PCA(3), tree(i)],
    "smote between": lambda r, i, t: [StandardScaler(), SMOTE(random_state=r), SelectKBest(k=3), trees(i)],
    "selectors": lambda r, i, t: [
        VarianceThreshold(), SelectKBest(k=5), RFE(LogisticRegression(), n_features_to_select=3), StandardScaler(),
        SelectKBest(k=2), tree(i),
    ],
    "selectors around": lambda r, i, t: [
        SelectKBest(k=5), FunctionTransformer(np.tanh), SelectFromModel(tree(i)), PCA(1, random_state=i), SVC(),
    ],
    "a sampler among selectors": lambda r, i, t: [
        SelectKBest(k=5), SMOTE(random_state=r), SelectKBest(k=2), LogisticRegression(),
    ],
    "two samplers": lambda r, i, t: [
        SMOTE(random_state=r), RandomUnderSampler(random_state=r, sampling_strategy={0: 10}), tree(i),
    ],
    "a search": lambda r, i, t: [
        SMOTE(random_state=r), GridSearchCV(trees(i), {"max_depth": [1, 3]}, cv=folds(2, t)),
    ],
    "a search by area": lambda r, i, t: [
        SMOTE(random_state=r),
        GridSearchCV(tree(i), {"max_depth": [1, 3], "min_samples_leaf": [1, 4]}, cv=folds(3, t), scoring="roc_auc"),
    ],
    "a random search": lambda r, i, t: [
        RandomizedSearchCV(tree(i), {"max_depth": [1, 2, 3, 4]}, n_iter=2, cv=folds(2, t), random_state=t),
    ],
    "a search over a pipeline": lambda r, i, t: [
        GridSearchCV(
            make_pipeline(SMOTE(random_state=r, k_neighbors=2), tree(i)),
            {"decisiontreeclassifier__max_depth": [1, 3]}, cv=folds(2, t),
        ),
    ],
    "a pipeline that samples, last": lambda r, i, t: [StandardScaler(), make_pipeline(SMOTE(random_state=r), tree(i))],
    "elimination": lambda r, i, t: [RFECV(LogisticRegression(), step=2, cv=folds(2, t)), LogisticRegression()],
    "decision values": lambda r, i, t: [StandardScaler(), SVC()],
    "calibration": lambda r, i, t: [CalibratedClassifierCV(LinearSVC(random_state=i), cv=folds(2, t))],
    "voting": lambda r, i, t: [VotingClassifier([("a", tree(i)), ("b", LogisticRegression())], voting="soft")],
    "stacking": lambda r, i, t: [StackingClassifier([("a", tree(i))], LogisticRegression(), cv=folds(2, t))],
    "discriminant, last": lambda r, i, t: [LinearDiscriminantAnalysis()],
    "discriminant, between": lambda r, i, t: [LinearDiscriminantAnalysis(), LogisticRegression()],
    "sparse bins": lambda r, i, t: [KBinsDiscretizer(3, strategy="uniform"), BernoulliNB()],
    "sparse leaves, then sampled": lambda r, i, t: [
        RandomTreesEmbedding(3, random_state=i), RandomOverSampler(random_state=r), BernoulliNB(),
    ],
    "frames between": lambda r, i, t: [StandardScaler().set_output(transform="pandas"), LogisticRegression()],
    "cross-fitted encoding": lambda r, i, t: [CrossFitted(), tree(i)],
    "missing values": lambda r, i, t: [SimpleImputer(), RandomOverSampler(random_state=r), LogisticRegression()],
    "missing values, sampled": lambda r, i, t: [
        RandomOverSampler(random_state=r), SimpleImputer(), LogisticRegression(),
    ],
}  # fmt: skip


def by_hand(chain, X, y, split, groups=None):
    """Cross-validate a pipeline, as in any script; rows fold by fold."""
    labels, scores, tested, models = [], [], [], []
    for fold, (train, test) in enumerate(split.split(X, y, groups)):
        pipeline = make_pipeline(
            *chain(*(seed_of(source, fold=fold) for source in ("resample", "init", "tune")))
        )
        pipeline.fit(X[train], y[train])
        labels.append(pipeline.predict(X[test]))
        scores.append(score_of(pipeline, X[test]))
        tested.append(test)
        models.append(pipeline)
    return np.concatenate(labels), np.concatenate(scores), np.concatenate(tested), models


@pytest.mark.parametrize("name", CHAINS)
def test_right_of_split_a_procedure_is_an_imblearn_pipeline(name):
    chain, data = CHAINS[name], cohort()
    if name.startswith("missing values"):
        data.X[np.random.default_rng(2).random(data.X.shape) < 0.1] = np.nan
    labels, scores, tested, _ = by_hand(chain, data.X, data.y, folds(3, seed_of("split")))
    outcome = Procedure([Split(folds()), *chain(None, None, None)]).run(data, seed_of)
    assert np.array_equal(outcome.sample, tested)
    assert np.array_equal(outcome.y_pred, labels)
    if name.startswith("sparse"):  # the sums over a row may be taken in another order
        assert np.allclose(outcome.y_score, scores, rtol=0, atol=1e-12)
    else:
        assert np.array_equal(outcome.y_score, scores)
    assert np.array_equal(outcome.y_true, data.y[tested])
    assert outcome.fold.tolist() == sorted(outcome.fold.tolist())


def test_the_sparse_chains_hold_sparse_rows():
    """Or the cases above would show nothing."""
    import scipy.sparse

    for name in ("sparse bins", "sparse leaves, then sampled"):
        first = CHAINS[name](0, 0, 0)[0]
        assert scipy.sparse.issparse(first.fit(cohort().X).transform(cohort().X))


def test_pipelines_can_stand_anywhere():
    """Between steps too, where imblearn's own pipeline refuses them."""
    data = cohort()
    models = [
        make_sklearn_pipeline(StandardScaler(), PCA(2), LogisticRegression()).fit(
            data.X[train], data.y[train]
        )
        for train, _ in folds(3, seed_of("split")).split(data.X, data.y)
    ]
    steps = [make_sklearn_pipeline(StandardScaler(), PCA(2)), LogisticRegression()]
    outcome = Procedure([Split(folds()), *steps]).run(data, seed_of)
    expected = [
        score_of(models[fold], data.X[[row]])[0]
        for fold, row in zip(outcome.fold, outcome.sample, strict=True)
    ]
    assert np.allclose(outcome.y_score, expected, rtol=0, atol=1e-12)


def test_components_that_use_the_labels():
    """PLS gives two tables when it is fitted and applied at once; only the first goes on."""
    data, scores = cohort(), []
    for train, test in folds(3, seed_of("split")).split(data.X, data.y):
        components = PLSRegression(2).fit(data.X[train], data.y[train])
        model = LogisticRegression().fit(components.transform(data.X[train]), data.y[train])
        scores.append(score_of(model, components.transform(data.X[test])))
    outcome = Procedure([Split(folds()), PLSRegression(2), LogisticRegression()]).run(data, seed_of)
    assert np.allclose(outcome.y_score, np.concatenate(scores), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    "splitter",
    [
        lambda s: KFold(4),
        lambda s: KFold(4, shuffle=True, random_state=s),
        lambda s: ShuffleSplit(3, test_size=0.3, random_state=s),
        lambda s: RepeatedStratifiedKFold(n_splits=2, n_repeats=2, random_state=s),
        lambda s: PredefinedSplit(np.arange(50) % 3),
    ],
)
def test_any_splitter_of_scikit_learns(splitter):
    data = cohort()
    labels, scores, tested, _ = by_hand(CHAINS["oversampling"], data.X, data.y, splitter(seed_of("split")))
    procedure = Procedure([Split(splitter(None)), *CHAINS["oversampling"](None, None, None)])
    outcome = procedure.run(data, seed_of)
    assert np.array_equal(outcome.sample, tested)
    assert np.array_equal(outcome.y_pred, labels)
    assert np.array_equal(outcome.y_score, scores)
    assert procedure.n_folds(data) == len(np.unique(outcome.fold))


class TestLeftOfSplit:
    def test_an_oversampler_resamples_everything(self):
        data = cohort()
        sampler = RandomOverSampler(random_state=seed_of("resample"))
        X, y = sampler.fit_resample(data.X, data.y)
        split = folds(3, seed_of("split"))
        labels, scores, tested, _ = by_hand(CHAINS["scaler"], X, y, split)
        outcome = Procedure(
            [RandomOverSampler(), Split(folds()), StandardScaler(), LogisticRegression()]
        ).run(data, seed_of)
        assert np.array_equal(outcome.sample, sampler.sample_indices_[tested])
        assert np.array_equal(outcome.y_pred, labels)
        assert np.array_equal(outcome.y_score, scores)
        assert np.array_equal(outcome.y_true, y[tested])

    def test_several_steps_one_after_the_other(self):
        data = cohort()
        X = StandardScaler().fit_transform(data.X)
        X, y = SMOTE(random_state=seed_of("resample")).fit_resample(X, data.y)
        X = SelectKBest(k=3).fit_transform(X, y)
        labels, scores, *_ = by_hand(CHAINS["oversampling"], X, y, folds(3, seed_of("split")))
        steps = [StandardScaler(), SMOTE(), SelectKBest(k=3), Split(folds()), RandomOverSampler(), tree()]
        outcome = Procedure(steps).run(data, seed_of)
        assert np.array_equal(outcome.y_pred, labels)
        assert np.array_equal(outcome.y_score, scores)

    @pytest.mark.parametrize("kind", ["grid", "tune"])
    def test_a_search_hands_on_its_best_values_fitted_anew(self, kind):
        data = cohort((60, 30))
        grid = {"max_depth": [1, 4], "min_samples_leaf": [1, 8]}
        if kind == "grid":
            search = ("forest", GridSearchCV(tree(), grid, cv=folds(2)))
        else:
            search = (
                "search",
                Tune([("forest", tree())], {f"forest__{k}": v for k, v in grid.items()}, folds(2)),
            )
        chosen = (
            GridSearchCV(tree(seed_of("init")), grid, cv=folds(2, seed_of("tune")))
            .fit(data.X, data.y)
            .best_params_
        )

        def chain(r, i, t):
            return [RandomOverSampler(random_state=r), tree(i).set_params(**chosen)]

        labels, scores, *_ = by_hand(chain, data.X, data.y, folds(3, seed_of("split")))
        outcome = Procedure([search, Split(folds()), RandomOverSampler()]).run(data, seed_of)
        assert np.array_equal(outcome.y_pred, labels)
        assert np.array_equal(outcome.y_score, scores)
        values = {
            key.rpartition("__")[2]: [json.loads(value) for value in each]
            for key, each in outcome.chosen.items()
        }
        assert values == {key: [value] * 3 for key, value in chosen.items()}

    def test_a_search_stands_with_others(self):
        """Scaled before; nothing but the split after."""
        data = cohort()
        X = StandardScaler().fit_transform(data.X)
        chosen = (
            GridSearchCV(SVC(), {"C": [0.01, 1, 100]}, cv=folds(2, seed_of("tune")))
            .fit(X, data.y)
            .best_params_
        )
        labels, scores, *_ = by_hand(lambda r, i, t: [SVC(**chosen)], X, data.y, folds(3, seed_of("split")))
        search = GridSearchCV(SVC(), {"C": [0.01, 1, 100]}, cv=folds(2))
        outcome = Procedure([StandardScaler(), search, Split(folds())]).run(data, seed_of)
        assert np.array_equal(outcome.y_pred, labels)
        assert np.array_equal(outcome.y_score, scores)

    def test_left_transformers_act_on_external_rows_and_left_samplers_do_not(self):
        data = cohort()
        external = cohort(seed=9).X[:20] * 5 + 3
        scaler = StandardScaler().fit(data.X)
        X, y = RandomOverSampler(random_state=seed_of("resample")).fit_resample(
            scaler.transform(data.X), data.y
        )
        selector = SelectKBest(k=3).fit(X, y)
        models = by_hand(CHAINS["oversampling"], selector.transform(X), y, folds(3, seed_of("split")))[3]
        Z = selector.transform(scaler.transform(external))
        steps = [
            StandardScaler(),
            RandomOverSampler(),
            SelectKBest(k=3),
            Split(folds()),
            RandomOverSampler(),
            tree(),
        ]
        got = Procedure(steps).run(data, seed_of, external).external
        assert np.array_equal(got.y_score, [score_of(model, Z) for model in models])
        assert np.array_equal(got.y_pred, [model.predict(Z) for model in models])
        assert got.y_score.shape == (3, 20)
        assert got.final_pred is None
        assert got.final_score is None


class TestExternalRows:
    def test_every_fold_predicts_them(self):
        data, external = cohort(), cohort(seed=9).X[:20]
        models = by_hand(CHAINS["smote between"], data.X, data.y, folds(3, seed_of("split")))[3]
        procedure = Procedure([Split(folds()), *CHAINS["smote between"](None, None, None)])
        outcome = procedure.run(data, seed_of, external)
        assert np.array_equal(outcome.external.y_pred, [model.predict(external) for model in models])
        assert np.array_equal(outcome.external.y_score, [score_of(model, external) for model in models])

    def test_the_fit_on_all_rows(self):
        data, external = cohort(), cohort(seed=9).X[:20]
        outcome = Procedure([Split(folds()), LogisticRegression()]).run(data, seed_of, external, final=True)
        model = LogisticRegression().fit(data.X, data.y)
        assert np.array_equal(outcome.external.final_pred, model.predict(external))
        assert np.array_equal(outcome.external.final_score, score_of(model, external))

    def test_they_change_nothing_else(self):
        data, external = cohort(), cohort(seed=9).X[:20]
        procedure = Procedure([Split(folds()), SMOTE(), tree()])
        alone = procedure.run(data, seed_of)
        beside = procedure.run(data, seed_of, external, final=True)
        assert alone.external is None
        assert_same(alone, beside)


class TestGroups:
    def test_a_splitter_that_asks_gets_them(self):
        data = cohort(groups=patients())
        split = StratifiedGroupKFold(3, shuffle=True, random_state=seed_of("split"))
        labels, scores, tested, _ = by_hand(CHAINS["oversampling"], data.X, data.y, split, data.groups)
        procedure = Procedure([Split(StratifiedGroupKFold(3, shuffle=True)), RandomOverSampler(), tree()])
        outcome = procedure.run(data, seed_of)
        assert np.array_equal(outcome.sample, tested)
        assert np.array_equal(outcome.y_pred, labels)
        assert np.array_equal(outcome.y_score, scores)
        assert outcome.related[:, 2].sum() == 0
        assert np.array_equal(np.unique(data.groups)[outcome.group], data.groups[tested])

    @pytest.mark.parametrize("name", CHAINS)
    def test_where_nobody_asks_they_change_nothing(self, name):
        procedure = Procedure([Split(folds()), *CHAINS[name](None, None, None)])
        without, beside = (procedure.run(cohort(groups=groups), seed_of) for groups in (None, patients()))
        assert np.array_equal(without.y_score, beside.y_score)
        assert np.array_equal(without.y_pred, beside.y_pred)

    def test_a_splitter_that_does_not_ask_gets_none(self):
        """StratifiedKFold would warn of them, and warnings are errors here."""
        data = cohort(groups=patients())
        outcome = Procedure([Split(folds()), tree()]).run(data, seed_of)
        fold_of = np.empty(50, int)
        fold_of[outcome.sample] = outcome.fold
        by_loop = np.zeros((3, 2), int)
        for row in range(50):
            mates = [
                i for i in range(50) if data.groups[i] == data.groups[row] and fold_of[i] != fold_of[row]
            ]
            by_loop[fold_of[row], data.y[row]] += bool(mates)
        assert np.array_equal(outcome.related[:, 2], by_loop)
        assert by_loop.sum() > 30

    @pytest.mark.parametrize("sampler", [None, RandomOverSampler, RandomUnderSampler])
    def test_an_inner_splitter_gets_the_groups_of_the_rows(self, sampler):
        """imblearn's own pipeline cannot: after a sampler the groups must follow the rows."""
        data = cohort((60, 30), groups=patients(90))
        grid = {"max_depth": [1, 2, 4]}
        labels, scores, chosen = [], [], []
        outer = StratifiedKFold(3, shuffle=True, random_state=seed_of("split"))
        for fold, (train, test) in enumerate(outer.split(data.X, data.y)):
            X, y, groups = data.X[train], data.y[train], data.groups[train]
            if sampler is not None:
                fitted = sampler(random_state=seed_of("resample", fold=fold))
                X, y = fitted.fit_resample(X, y)
                groups = groups[fitted.sample_indices_]
            search = GridSearchCV(tree(seed_of("init", fold=fold)), grid, cv=GroupKFold(3))
            search.fit(X, y, groups=groups)
            labels.append(search.predict(data.X[test]))
            scores.append(score_of(search, data.X[test]))
            chosen.append(search.best_params_["max_depth"])
        steps = [] if sampler is None else [sampler()]
        search = GridSearchCV(tree(), grid, cv=GroupKFold(3))
        outcome = Procedure([Split(folds()), *steps, ("forest", search)]).run(data, seed_of)
        assert np.array_equal(outcome.y_pred, np.concatenate(labels))
        assert np.array_equal(outcome.y_score, np.concatenate(scores))
        assert [json.loads(value) for value in outcome.chosen["forest__max_depth"]] == chosen

    @pytest.mark.parametrize(
        "asking",
        [
            RFECV(LogisticRegression(), cv=GroupKFold(2)),
            CalibratedClassifierCV(LogisticRegression(), cv=GroupKFold(2)),
            GridSearchCV(LogisticRegression(), {"C": [0.1, 1]}, cv=StratifiedGroupKFold(2)),
            GridSearchCV(
                GridSearchCV(LogisticRegression(), {"C": [1]}, cv=GroupKFold(2)),
                {"refit": [True]},
                cv=GroupKFold(2),
            ),
            Tune([("lr", LogisticRegression())], {"lr__C": [0.1, 1]}, GroupKFold(2)),
        ],
        ids=lambda step: type(step).__name__,
    )
    def test_every_step_that_asks_gets_them(self, asking):
        data = cohort(groups=patients())
        last = [] if hasattr(asking, "predict_proba") else [LogisticRegression()]
        outcome = Procedure([Split(GroupKFold(3)), SMOTE(k_neighbors=2), asking, *last]).run(data, seed_of)
        assert outcome.related[:, 2].sum() == 0

    def test_a_step_that_cannot_be_given_groups_is_refused_with_its_name(self):
        """scikit-learn's StackingClassifier does not hand groups on to its cv."""
        data = cohort(groups=patients())
        stack = StackingClassifier([("a", LogisticRegression())], LogisticRegression(), cv=GroupKFold(2))
        with pytest.raises(StudyError, match=r"(?i)stack.*groups"):
            Procedure([Split(GroupKFold(3)), ("stack", stack)]).run(data, seed_of)

    @pytest.mark.parametrize(
        "step",
        [
            make_sklearn_pipeline(StandardScaler(), LogisticRegression()),
            make_pipeline(SMOTE(k_neighbors=2), LogisticRegression()),
            VotingClassifier([("a", LogisticRegression())]),
            StackingClassifier([("a", LogisticRegression())], LogisticRegression(), cv=2),
            GridSearchCV(make_pipeline(SMOTE(k_neighbors=2), SVC()), {"svc__C": [1]}, cv=2),
        ],
        ids=lambda step: type(step).__name__,
    )
    def test_steps_that_do_not_ask_are_left_in_peace(self, step):
        data = cohort(groups=patients())
        with_groups = Procedure([Split(GroupKFold(3), groups="group"), step]).run(data, seed_of)
        ids = np.unique(data.groups, return_inverse=True)[1]
        assert (ids[with_groups.sample] == with_groups.group).all()

    def test_groups_that_are_asked_for_and_not_there(self):
        with pytest.raises(StudyError, match=r"groups together.*none.*group="):
            Procedure([Split(GroupKFold(3)), LogisticRegression()]).run(cohort(), seed_of)
        with pytest.raises(StudyError, match=r"groups together.*none.*group="):
            Procedure([Split(GroupKFold(3), groups="group"), LogisticRegression()]).run(cohort(), seed_of)

    def test_batches(self):
        batch = np.array(["north", "south"])[np.random.default_rng(0).integers(0, 2, 50)]
        data = cohort(batch=batch)
        procedure = Procedure([Split(LeaveOneGroupOut(), groups="batch"), LogisticRegression()])
        outcome = procedure.run(data, seed_of)
        assert np.unique(outcome.fold).tolist() == [0, 1]
        for fold, name in enumerate(["north", "south"]):
            assert set(batch[outcome.sample[outcome.fold == fold]]) == {name}
        with pytest.raises(StudyError, match="batch"):
            procedure.run(cohort(), seed_of)

    @pytest.mark.parametrize("groups", [None, patients()], ids=["no groups", "groups"])
    def test_the_number_of_folds_is_that_of_the_batches(self, groups):
        batch = np.array(["a", "b", "c", "d"])[np.arange(50) % 4]
        data = cohort(groups=groups, batch=batch)
        procedure = Procedure([Split(LeaveOneGroupOut(), groups="batch"), DummyClassifier()])
        assert procedure.n_folds(data) == 4 == len(np.unique(procedure.run(data, seed_of).fold))

    def test_the_number_of_folds_is_that_of_the_samples(self):
        data = cohort(groups=patients())
        procedure = Procedure([Split(LeaveOneGroupOut(), groups="sample"), DummyClassifier()])
        assert procedure.n_folds(data) == 50 == len(np.unique(procedure.run(data, seed_of).fold))

    def test_the_number_of_folds_is_that_of_the_groups(self):
        data = cohort(groups=patients())
        procedure = Procedure([Split(LeaveOneGroupOut()), DummyClassifier()])
        assert procedure.n_folds(data) == 17 == len(np.unique(procedure.run(data, seed_of).fold))


class TestRelations:
    """Shares of the test rows that have a copy, a relative, a mate in training, held against loops over ids."""

    @pytest.mark.parametrize("seed", [0, 1])
    def test_oversampling_before_the_split_leaves_copies(self, seed):
        data = cohort(seed=seed)
        sampler = RandomOverSampler(random_state=seed_of("resample"))
        X, y = sampler.fit_resample(data.X, data.y)
        expected = []
        for train, test in folds(3, seed_of("split")).split(X, y):
            trained = {int(sampler.sample_indices_[row]) for row in train}
            count = [0, 0]
            for row in test:
                count[y[row]] += int(sampler.sample_indices_[row]) in trained
            expected.append(count)
        outcome = Procedure([RandomOverSampler(), Split(folds()), tree()]).run(data, seed_of)
        assert outcome.related[:, 0].tolist() == expected
        assert outcome.related[:, 1].sum() == 0
        assert (outcome.related[:, 2] == -1).all()
        assert outcome.related[:, 0, 1].sum() > 0.5 * (outcome.y_true == 1).sum()

    @pytest.mark.parametrize("sampler", [RandomOverSampler(), SMOTE(), RandomOverSampler(shrinkage=1.0)])
    def test_after_the_split_nothing_is_related(self, sampler):
        outcome = Procedure([Split(folds()), sampler, tree()]).run(cohort(), seed_of)
        assert outcome.related[:, :2].sum() == 0
        assert sorted(outcome.sample.tolist()) == list(range(50))
        assert (outcome.weight == 1).all()

    def test_kept_on_one_side_there_are_no_copies(self):
        data = cohort()
        split = Split(StratifiedGroupKFold(3, shuffle=True), groups="sample")
        outcome = Procedure([RandomOverSampler(), split, tree()]).run(data, seed_of)
        assert outcome.related[:, :2].sum() == 0
        for sample in range(50):
            assert len(set(outcome.fold[outcome.sample == sample])) == 1
        assert len(outcome.sample) == 72

    def test_smote_before_the_split_leaves_relatives(self):
        outcome = Procedure([SMOTE(), Split(folds()), tree()]).run(cohort(), seed_of)
        assert outcome.related[:, 0].sum() == 0
        assert outcome.related[:, 1, 0].sum() == 0  # the majority is as it was
        assert outcome.related[:, 1, 1].sum() > 10

    def test_smote_before_the_split_leaks_past_groups(self):
        data = cohort(groups=patients())
        split = Split(StratifiedGroupKFold(3, shuffle=True))
        outcome = Procedure([SMOTE(), split, tree()]).run(data, seed_of)
        assert outcome.related[:, 1].sum() > 0
        assert outcome.related[:, 2].sum() == 0

    def test_sizes_are_those_before_resampling(self):
        data = cohort()
        outcome = Procedure([Split(folds()), RandomOverSampler(), tree()]).run(data, seed_of)
        expected = [
            (np.bincount(data.y[train]), np.bincount(data.y[test]))
            for train, test in folds(3, seed_of("split")).split(data.X, data.y)
        ]
        assert np.array_equal(outcome.n_train, [train for train, _ in expected])
        assert np.array_equal(outcome.n_test, [test for _, test in expected])

    def test_weights_bring_the_prevalence_back(self):
        data = cohort()
        outcome = Procedure([RandomOverSampler(), Split(folds()), tree()]).run(data, seed_of)
        assert np.mean(outcome.y_true) == pytest.approx(0.5)
        assert np.average(outcome.y_true, weights=outcome.weight) == pytest.approx(14 / 50, abs=1e-12)
        assert np.allclose(np.bincount(outcome.sample, outcome.weight), 1, atol=1e-12)

    def test_parents_of_synthetic_rows(self):
        data = cohort()
        outcome = Procedure([SMOTE(), Split(folds()), tree()]).run(data, seed_of)
        made = outcome.sample == -1
        assert made.sum() == 22
        for part in (outcome.parent_a, outcome.parent_b):
            assert (part[~made] == -1).all()
            assert (data.y[part[made]] == 1).all()
        assert (outcome.parent_a[made] != outcome.parent_b[made]).all()

    def test_a_sampler_of_which_nothing_is_known(self):
        outcome = Procedure([Blurring(), Split(folds()), tree()]).run(cohort(), seed_of)
        made = outcome.sample == -1
        assert made.sum() == 14
        assert (outcome.parent_a[made] == -1).all()
        assert outcome.related[:, 1, 1].sum() == 28  # everyone of the class, made or not
        assert outcome.related[:, 1, 0].sum() == 0


class Blurring(BaseSampler):
    """Adds rows far from all others, without saying what they were made of."""

    _sampling_type = "over-sampling"
    _parameter_constraints: dict = {}  # noqa: RUF012

    def __init__(self, sampling_strategy="auto"):
        self.sampling_strategy = sampling_strategy

    def _fit_resample(self, X, y):
        rare = np.flatnonzero(y == 1)
        return np.vstack([X, X[rare] + 20.0 + rare[:, None]]), np.append(y, y[rare])


class Labels(ClassifierMixin, BaseEstimator):
    """Says a label and nothing else, not even its classes."""

    def fit(self, X, y):
        self.majority_ = int(np.argmax(np.bincount(y)))
        return self

    def predict(self, X):
        return np.where(X[:, 0] > 0, 1 - self.majority_, self.majority_)


class Cautious(LogisticRegression):
    """Raises the alarm early."""

    def predict(self, X):
        return (self.predict_proba(X)[:, 1] > 0.2).astype(int)


class TestScores:
    def test_a_label_alone_is_a_score_of_0_or_1(self):
        outcome = Procedure([Split(folds()), Labels()]).run(cohort(), seed_of)
        assert np.array_equal(outcome.y_score, outcome.y_pred.astype(float))

    def test_a_label_is_not_always_a_score_above_one_half(self):
        """Both are kept as the predictor gives them."""
        outcome = Procedure([Split(folds()), Cautious()]).run(cohort(), seed_of)
        assert np.array_equal(outcome.y_pred, (outcome.y_score > 0.2).astype(int))
        assert ((outcome.y_score > 0.2) & (outcome.y_score < 0.5)).any()

    @pytest.mark.parametrize(
        "step", [trees(), LogisticRegression(), LinearSVC(), SVC(decision_function_shape="ovr")]
    )
    def test_more_than_two_classes(self, step):
        data = cohort((20, 20, 15))
        outcome = Procedure([Split(folds()), step]).run(data, seed_of)
        assert outcome.y_score.shape == (55, 3)
        scores, labels = [], []
        for fold, (train, test) in enumerate(folds(3, seed_of("split")).split(data.X, data.y)):
            model = clone(step)
            if "random_state" in model.get_params():
                model.set_params(random_state=seed_of("init", fold=fold))
            model.fit(data.X[train], data.y[train])
            scores.append(
                model.predict_proba(data.X[test])
                if hasattr(model, "predict_proba")
                else model.decision_function(data.X[test])
            )
            labels.append(model.predict(data.X[test]))
        assert np.array_equal(outcome.y_score, np.concatenate(scores))
        assert np.array_equal(outcome.y_pred, np.concatenate(labels))
        assert outcome.related.shape == (3, 3, 3)

    def test_more_than_two_classes_by_label_alone(self):
        data = cohort((20, 20, 15))
        outcome = Procedure([Split(folds()), Labels()]).run(data, seed_of)
        assert np.array_equal(outcome.y_score.argmax(axis=1), outcome.y_pred)
        assert np.array_equal(outcome.y_score.sum(axis=1), np.ones(55))

    @pytest.mark.parametrize("missing", [0, 1, 2])
    def test_a_class_that_a_training_fold_lacks_has_probability_0(self, missing):
        data = cohort((20, 20, 15))
        split = PredefinedSplit(np.where(data.y == missing, 0, np.arange(55) % 2))
        outcome = Procedure([Split(split), tree()]).run(data, seed_of)
        first = outcome.fold == 0
        assert outcome.n_train[0, missing] == 0
        assert (outcome.y_score[first, missing] == 0).all()
        assert np.allclose(outcome.y_score.sum(axis=1), 1)
        assert missing not in outcome.y_pred[first]

    @pytest.mark.parametrize("missing", [0, 1, 2])
    @pytest.mark.parametrize("step", [LinearSVC(), SVC()], ids=["linear", "kernel"])
    def test_nor_do_decision_values_ever_name_it(self, step, missing):
        """With one class of three gone, scikit-learn's decision values have one column."""
        data = cohort((20, 20, 15))
        split = PredefinedSplit(np.where(data.y == missing, 0, np.arange(55) % 2))
        outcome = Procedure([Split(split), step]).run(data, seed_of)
        assert outcome.y_score.shape == (55, 3)
        assert np.isfinite(outcome.y_score).all()
        assert np.array_equal(outcome.y_score.argmax(axis=1), outcome.y_pred)

    @pytest.mark.parametrize("missing", range(4))
    def test_nor_where_three_of_four_are_left(self, missing):
        data = cohort((15, 15, 15, 15))
        split = PredefinedSplit(np.where(data.y == missing, 0, np.arange(60) % 2))
        outcome = Procedure([Split(split), LinearSVC()]).run(data, seed_of)
        assert np.array_equal(outcome.y_score.argmax(axis=1), outcome.y_pred)

    @pytest.mark.parametrize("only", [0, 1])
    def test_training_rows_of_one_class(self, only):
        data = cohort()
        split = PredefinedSplit(np.where(data.y == only, -1, 0))
        outcome = Procedure([Split(split), tree()]).run(data, seed_of)
        assert (outcome.y_score == only).all()
        assert (outcome.y_pred == only).all()

    def test_test_rows_of_one_class(self):
        data = cohort()
        order = np.argsort(data.y, kind="stable")
        sorted_data = Data(data.X[order], data.y[order], data.classes, data.feature_names, data.ids)
        outcome = Procedure([Split(KFold(7)), tree()]).run(sorted_data, seed_of)
        assert (outcome.n_test.min(axis=1) == 0).any()
        assert np.array_equal(outcome.n_test.sum(axis=0), [36, 14])
        assert np.isfinite(outcome.y_score).all()


class TestChosen:
    def test_values_are_json_and_named_as_the_parameters(self):
        data = cohort()
        grid = {"max_depth": [1, None], "criterion": ["gini", "entropy"], "max_features": [0.5, 1.0]}
        procedure = Procedure([Split(folds()), ("forest", GridSearchCV(tree(), grid, cv=folds(2)))])
        outcome = procedure.run(data, seed_of)
        assert (
            sorted(outcome.chosen)
            == sorted(procedure.parameters())
            == sorted(f"forest__{name}" for name in grid)
        )
        for name, values in grid.items():
            assert all(json.loads(value) in values for value in outcome.chosen[f"forest__{name}"])
            assert len(outcome.chosen[f"forest__{name}"]) == 3

    def test_numpys_numbers_are_numbers(self):
        """Grids are often np.arange(...), and a random search draws numpy's integers."""
        data = cohort()
        grid = GridSearchCV(tree(), {"max_depth": np.arange(1, 3), "ccp_alpha": np.logspace(-3, -1, 2)}, cv=2)
        draw = RandomizedSearchCV(tree(), {"max_depth": randint(1, 4)}, n_iter=2, cv=2)
        for search in (grid, draw):
            outcome = Procedure([Split(folds()), ("forest", search)]).run(data, seed_of)
            assert all(json.loads(value) in (1, 2, 3) for value in outcome.chosen["forest__max_depth"])

    def test_a_tunes_values_are_named_by_both_steps(self):
        tune = Tune(
            [("scale", StandardScaler()), ("svc", SVC())],
            {"svc__C": [0.1, 1], "scale__with_mean": [True]},
            folds(2),
        )
        procedure = Procedure([Split(folds()), ("model", tune)])
        assert sorted(procedure.parameters()) == ["model__scale__with_mean", "model__svc__C"]
        assert sorted(procedure.run(cohort(), seed_of).chosen) == ["model__scale__with_mean", "model__svc__C"]

    def test_without_a_search_there_are_none(self):
        procedure = Procedure([Split(folds()), tree()])
        assert procedure.parameters() == []
        assert procedure.run(cohort(), seed_of).chosen == {}

    def test_a_list_of_grids(self):
        search = GridSearchCV(
            SVC(), [{"kernel": ["linear"]}, {"kernel": ["rbf"], "gamma": [0.1, 1.0]}], cv=folds(2)
        )
        procedure = Procedure([Split(folds()), ("svc", search)])
        assert procedure.parameters() == ["svc__kernel", "svc__gamma"]
        outcome = procedure.run(cohort(), seed_of)
        assert set(outcome.chosen) <= {"svc__kernel", "svc__gamma"}
        assert all(len(values) == 3 for values in outcome.chosen.values())

    def test_the_order_of_what_was_chosen_is_that_of_the_grid(self):
        """Not that of a set, which changes from process to process."""
        grid = {
            "max_depth": [1],
            "criterion": ["gini"],
            "min_samples_leaf": [1],
            "max_features": [1],
            "ccp_alpha": [0.0],
        }
        procedure = Procedure([Split(folds()), ("forest", GridSearchCV(tree(), grid, cv=2))])
        assert sorted(procedure.parameters()) == sorted(procedure.run(cohort(), seed_of).chosen)
        assert procedure.parameters() == [f"forest__{name}" for name in grid]


def assert_same(first: Outcome, second: Outcome):
    for name in (
        "fold", "sample", "parent_a", "parent_b", "y_true", "y_pred", "y_score", "weight", "related", "n_train",
        "n_test",
    ):  # fmt: skip
        assert np.array_equal(getattr(first, name), getattr(second, name)), name
    assert first.chosen == second.chosen


EVERYTHING = [
    ("scale", StandardScaler()),
    ("boost", RandomOverSampler()),
    ("outer", Split(folds())),
    ("smote", SMOTE()),
    ("pca", PCA(4, svd_solver="randomized")),
    ("forest", GridSearchCV(trees(), {"max_depth": [1]}, cv=folds(2))),
]


class TestRandomness:
    def test_a_second_run_is_the_same(self):
        data = cohort(groups=patients())
        procedure = Procedure(EVERYTHING)
        assert_same(procedure.run(data, seeds()), procedure.run(data, seeds()))
        assert_same(procedure.run(data, seeds()), Procedure(EVERYTHING).run(data, seeds()))

    def test_global_generators_neither_matter_nor_move(self):
        data, procedure = cohort(), Procedure(EVERYTHING)
        random.seed(1)
        np.random.seed(1)  # noqa: NPY002
        before = random.getstate(), np.random.get_state()[1].tolist(), np.random.get_state()[2]  # noqa: NPY002
        first = procedure.run(data, seeds())
        procedure.leaks(data)
        after = random.getstate(), np.random.get_state()[1].tolist(), np.random.get_state()[2]  # noqa: NPY002
        assert before == after
        np.random.seed(2)  # noqa: NPY002
        assert_same(first, procedure.run(data, seeds()))

    def test_the_users_objects_and_data_stay_as_they_were(self):
        cv, inner, sampler, forest = folds(), folds(2), SMOTE(), tree()
        search = GridSearchCV(forest, {"max_depth": [1, 2]}, cv=inner)
        mine = [cv, inner, sampler, forest, search]
        before = [copy.deepcopy(vars(thing)) for thing in mine]
        data = cohort()
        X, y = data.X.copy(), data.y.copy()
        procedure = Procedure([SMOTE(), Split(cv), sampler, search])
        procedure.run(data, seeds(), external=data.X[:5], final=True)
        procedure.leaks(data)
        assert [repr(vars(thing)) for thing in mine] == [repr(state) for state in before]
        assert search.estimator is forest
        assert search.cv is inner
        assert not hasattr(forest, "estimators_")
        assert np.array_equal(data.X, X)
        assert np.array_equal(data.y, y)

    def test_every_source_that_is_read_matters(self):
        data = cohort((60, 30), n_features=20)
        search = GridSearchCV(tree(), {"min_samples_leaf": [1, 3], "max_depth": [2, 4, 6]}, cv=folds(2))
        procedure = Procedure([Split(folds()), SMOTE(), search])
        assert {place.source for place in procedure.places()} == {"split", "resample", "init", "tune"}
        one = procedure.run(data, seeds())
        for source in ("split", "resample", "init", "tune"):
            other = procedure.run(data, seeds(**{source: 1}))
            assert not np.array_equal(one.y_score, other.y_score), source

    @pytest.mark.parametrize("source", ["resample", "init", "tune"])
    def test_right_of_split_no_source_but_split_moves_the_folds(self, source):
        data = cohort()
        procedure = Procedure(
            [Split(folds()), SMOTE(), GridSearchCV(tree(), {"max_depth": [1, 2]}, cv=folds(2))]
        )
        one, other = procedure.run(data, seeds()), procedure.run(data, seeds(**{source: 1}))
        for name in ("fold", "sample", "y_true", "n_train", "n_test"):
            assert np.array_equal(getattr(one, name), getattr(other, name))

    def test_varying_init_changes_the_forest_and_not_what_it_chose_from(self):
        data = cohort()
        procedure = Procedure([Split(folds()), SMOTE(), tree()])
        one, other = procedure.run(data, seeds()), procedure.run(data, seeds(init=1))
        assert np.array_equal(one.sample, other.sample)
        assert not np.array_equal(one.y_score, other.y_score)

    def test_a_source_that_nobody_reads_changes_nothing(self):
        data, procedure = cohort(), Procedure([Split(folds()), SMOTE(), SVC()])
        assert_same(procedure.run(data, seeds()), procedure.run(data, seeds(tune=1, dropout=1)))

    def test_left_of_split_resampling_moves_rows_too(self):
        data, procedure = cohort(), Procedure([RandomOverSampler(), Split(folds()), SVC()])
        one, other = procedure.run(data, seeds()), procedure.run(data, seeds(resample=1))
        assert not np.array_equal(one.sample, other.sample)
        assert np.array_equal(one.sample[one.sample < 0], other.sample[other.sample < 0])

    def test_each_fold_has_seeds_of_its_own_and_what_is_left_has_those_before(self):
        asked = []

        def recording(source, path, fold):
            asked.append((source, path, fold))
            return zlib.crc32(repr(asked[-1]).encode())

        Procedure([RandomOverSampler(), Split(folds()), SMOTE(sampling_strategy="all"), tree()]).run(
            cohort(), recording
        )
        assert sorted(set(asked)) == sorted(
            [("resample", "randomoversampler__random_state", -1), ("split", "split__cv__random_state", -1)]
            + [("resample", "smote__random_state", fold) for fold in range(3)]
            + [("init", "decisiontreeclassifier__random_state", fold) for fold in range(3)]
        )

    def test_the_fit_on_all_rows_asks_for_seeds_of_its_own(self):
        asked = []

        def recording(source, path, fold):
            asked.append((path, fold))
            return 1

        data = cohort()
        Procedure([Split(folds()), tree()]).run(data, recording, data.X, final=True)
        of_forest = [fold for path, fold in asked if path.startswith("decision")]
        assert len(of_forest) == len(set(of_forest)) == 4

    def test_steps_around_it_do_not_change_a_steps_seed(self):
        def forest_seeds(steps):
            asked = {}

            def recording(source, path, fold):
                if path.startswith("forest"):
                    asked[source, path, fold] = True
                return 1

            Procedure(steps).run(cohort(), recording)
            return list(asked)

        forest = ("forest", tree())
        plain = forest_seeds([Split(folds()), forest])
        assert plain == forest_seeds([StandardScaler(), SMOTE(), Split(folds()), SMOTE(), PCA(), forest])

    def test_an_int_is_kept(self):
        data = cohort()
        procedure = Procedure([Split(folds(3, 5)), tree(7)])
        one, other = procedure.run(data, seeds()), procedure.run(data, seeds(split=1, init=1))
        assert_same(one, other)
        assert [place.given for place in procedure.places()] == [5, 7]
        tests = [test for _, test in folds(3, 5).split(data.X, data.y)]
        assert np.array_equal(one.sample, np.concatenate(tests))

    def test_sources_can_be_named(self):
        data = cohort()
        steps = [("cut", Split(folds())), ("noise", SMOTE()), ("forest", tree())]
        procedure = Procedure(steps, sources={"noise": "augment", "cut": "center", "forest": "dropout"})
        assert [place.source for place in procedure.places()] == ["center", "augment", "dropout"]
        one = procedure.run(data, seeds())
        assert_same(one, procedure.run(data, seeds(split=1, resample=1, init=1)))
        assert not np.array_equal(one.sample, procedure.run(data, seeds(center=1)).sample)
        for source in ("augment", "dropout"):
            other = procedure.run(data, seeds(**{source: 1}))
            assert np.array_equal(one.sample, other.sample)
            assert not np.array_equal(one.y_score, other.y_score)

    def test_without_shuffle_nothing_reads_split(self):
        procedure = Procedure([Split(StratifiedKFold(3)), tree()])
        assert [place.source for place in procedure.places()] == ["init"]
        data = cohort()
        assert np.array_equal(procedure.run(data, seeds()).fold, procedure.run(data, seeds(split=1)).fold)
        tests = [test for _, test in StratifiedKFold(3).split(data.X, data.y)]
        assert np.array_equal(procedure.run(data, seeds()).sample, np.concatenate(tests))


class TestSteps:
    def test_names_are_those_of_make_pipeline(self):
        steps = [SimpleImputer(), StandardScaler(), LinearDiscriminantAnalysis(), RandomForestClassifier()]
        expected = [name for name, _ in make_pipeline(*steps).steps]
        procedure = Procedure([Split(folds()), *steps])
        assert [name for name, _ in procedure.steps] == ["split", *expected]
        assert repr(procedure) == f"Procedure([split, {', '.join(expected)}])"

    def test_names_can_be_given_and_duplicates_are_numbered(self):
        steps = [
            StandardScaler(),
            StandardScaler(),
            Split(folds()),
            ("scale", StandardScaler()),
            StandardScaler(),
            SVC(),
        ]
        names = [name for name, _ in Procedure(steps).steps]
        assert names == ["standardscaler", "standardscaler-2", "split", "scale", "standardscaler-3", "svc"]

    def test_sides(self):
        procedure = Procedure([("a", StandardScaler()), ("b", Split(folds())), ("c", SVC())])
        assert [name for name, _ in procedure.left] == ["a"]
        assert [name for name, _ in procedure.right] == ["c"]
        assert isinstance(procedure.split, Split)

    @pytest.mark.parametrize(
        ("steps", "message"),
        [
            ([], "exactly one Split.*0"),
            ([SVC()], "exactly one Split.*0"),
            ([Split(folds()), Split(folds()), SVC()], "exactly one Split.*2"),
            ([Split(folds())], "last step must predict"),
            ([Split(folds()), StandardScaler()], "last step must predict"),
            ([Split(folds()), SVC(), SMOTE()], "svc predicts.*not the last"),
            ([Split(folds()), SMOTE()], "last step must predict"),
            ([SVC(), Split(folds())], "svc predicts and stands left of Split"),
            ([SVC(), Split(folds()), SVC()], "svc predicts and stands left of Split"),
            ([Split(folds()), SVC(), SVC()], "svc predicts, and is not the last"),
            (
                [Split(folds()), GridSearchCV(SVC(), {"C": [1]}), SVC()],
                "gridsearchcv predicts, and is not the last",
            ),
            ([GridSearchCV(SVC(), {"C": [1]}), Split(folds()), SVC()], "hands on its predictor"),
            (
                [GridSearchCV(SVC(), {"C": [1]}), GridSearchCV(SVC(), {"C": [1]}), Split(folds())],
                "only one search",
            ),
            ([Split(folds()), "passthrough", SVC()], "'passthrough' is not a step"),
            ([Split(folds()), None, SVC()], "None is not a step"),
            ([Split(folds()), np.log, SVC()], "log.*is not a step"),
            ([folds(), SVC()], "StratifiedKFold.* is not a step.*Split"),
            ([Split(folds()), RandomForestClassifier], "not a step"),
            ([Split(folds()), StandardScaler, SVC()], "not a step"),
            ([SMOTE, Split(folds()), SVC()], "not a step"),
            ([Split(folds()), ("my__scaler", StandardScaler()), SVC()], "'my__scaler'.*without '__'"),
            ([Split(folds()), ("", StandardScaler()), SVC()], "must be non-empty"),
        ],
    )
    def test_orders_that_cannot_be(self, steps, message):
        with pytest.raises(StudyError, match=message):
            Procedure(steps)

    def test_an_unknown_step_among_the_sources(self):
        with pytest.raises(StudyError, match=r"unknown step.*'smot'.*did you mean smote"):
            Procedure([Split(folds()), SMOTE(), SVC()], sources={"smot": "augment"})

    @pytest.mark.parametrize("cv", [3, "stratified", None, StratifiedKFold, [([0], [1])]])
    def test_a_split_needs_a_splitter(self, cv):
        with pytest.raises(StudyError, match=r"[Ss]plit .*splitter.*StratifiedKFold\(3, shuffle=True\)"):
            Split(cv)

    def test_a_split_knows_three_groupings(self):
        with pytest.raises(StudyError, match=r"groups='patient'.*'group', 'sample' or 'batch'"):
            Split(folds(), groups="patient")

    def test_a_step_that_leaves_nothing(self):
        data = cohort()
        nothing = FunctionTransformer(lambda X: X[:, :0])
        with pytest.raises(StudyError, match=r"functiontransformer left .* 0 features"):
            Procedure([Split(folds()), nothing, tree()]).run(data, seed_of)

    def test_a_fold_without_rows(self):
        split = PredefinedSplit(np.zeros(50, int))  # everything is tested, nothing is left to learn from
        with pytest.raises(StudyError, match="0 training"):
            Procedure([Split(split), tree()]).run(cohort(), seed_of)

    def test_a_step_that_is_a_transformer_of_ones_own(self):
        class Doubling(TransformerMixin, BaseEstimator):
            def fit(self, X, y=None):
                return self

            def transform(self, X):
                return X * 2

        outcome = Procedure([Split(folds()), Doubling(), LogisticRegression()]).run(cohort(), seed_of)
        expected = by_hand(
            lambda r, i, t: [Doubling(), LogisticRegression()],
            cohort().X,
            cohort().y,
            folds(3, seed_of("split")),
        )
        assert np.array_equal(outcome.y_score, expected[1])


class TestCallables:
    """What a callable procedure returns is read as strictly as a file."""

    @staticmethod
    def returned(**changes):
        table = {"fold": [0, 0, 1, 1], "sample": [3, 1, 0, 2], "y_score": [0.2, 0.9, 0.5, 0.51]} | changes
        return {name: values for name, values in table.items() if values is not None}

    @pytest.mark.parametrize("kind", [dict, pd.DataFrame])
    def test_labels_are_scores_above_one_half(self, kind):
        data = cohort()
        outcome = outcome_of_callable(kind(self.returned()), data, 2)
        assert outcome.y_pred.tolist() == [0, 1, 0, 1]
        assert outcome.y_true.tolist() == data.y[[3, 1, 0, 2]].tolist()
        assert outcome.sample.tolist() == [3, 1, 0, 2]
        assert outcome.fold.tolist() == [0, 0, 1, 1]
        assert outcome.y_score.tolist() == [0.2, 0.9, 0.5, 0.51]
        assert outcome.weight.tolist() == [1.0] * 4

    def test_nothing_is_known_of_relations(self):
        outcome = outcome_of_callable(self.returned(), cohort(), 2)
        assert outcome.related.shape == (2, 3, 2)
        assert (outcome.related == -1).all()
        assert (outcome.n_train == -1).all()
        assert (outcome.parent_a == -1).all()

    def test_test_sizes_are_counted(self):
        data = cohort()
        outcome = outcome_of_callable(self.returned(), data, 2)
        expected = np.zeros((2, 2), int)
        for fold, sample in zip([0, 0, 1, 1], [3, 1, 0, 2], strict=True):
            expected[fold, data.y[sample]] += 1
        assert np.array_equal(outcome.n_test, expected)

    def test_labels_can_be_given(self):
        assert outcome_of_callable(self.returned(y_pred=[1, 0, 1, 0]), cohort(), 2).y_pred.tolist() == [
            1,
            0,
            1,
            0,
        ]

    def test_a_sample_that_is_tested_twice_weighs_half(self):
        outcome = outcome_of_callable(self.returned(sample=[3, 1, 1, 2]), cohort(), 2)
        assert outcome.weight.tolist() == [1, 0.5, 0.5, 1]

    def test_several_classes(self):
        score = np.array([[0.1, 0.2, 0.7], [0.6, 0.2, 0.2], [0.3, 0.4, 0.3], [0.0, 0.1, 0.9]])
        outcome = outcome_of_callable(self.returned(y_score=score), cohort((20, 20, 10)), 2)
        assert outcome.y_pred.tolist() == [2, 0, 1, 2]
        assert outcome.y_score.shape == (4, 3)

    @pytest.mark.parametrize("column", ["fold", "sample", "y_score"])
    def test_a_column_that_is_missing(self, column):
        with pytest.raises(StudyError, match=f"missing: {column}"):
            outcome_of_callable(self.returned(**{column: None}), cohort(), 2)

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"sample": [3, 1, 0]}, "3 samples"),
            ({"fold": [], "sample": [], "y_score": []}, "0 folds"),
            ({"sample": [3, 1, 0, 50]}, r"outside 0\.\.49"),
            ({"sample": [3, 1, 0, -1]}, r"outside 0\.\.49"),
            ({"fold": [0, 0, 1, 2]}, r"outside 0\.\.1"),
            ({"fold": [-1, 0, 1, 1]}, r"outside 0\.\.1"),
            ({"y_score": [0.2, np.nan, 0.5, 0.5]}, "NaN"),
            ({"y_score": [0.2, np.inf, 0.5, 0.5]}, "inf"),
            ({"y_pred": [0, 1, 0]}, "y_pred|labels"),
            ({"y_pred": [0, 1, 0, 2]}, "y_pred|labels"),
            ({"y_pred": [0, 1, 0, -1]}, "y_pred|labels"),
            ({"y_pred": [0, 1, 0, 0.5]}, "y_pred|labels"),
            ({"sample": [3, 1, 0, 2.5]}, "sample"),
            ({"fold": [0.5, 0, 1, 1]}, "fold"),
            ({"sample": ["a", "b", "c", "d"]}, "sample"),
            ({"y_score": ["low", "high", "low", "low"]}, "y_score|scores"),
            ({"y_score": np.full((4, 3), 1 / 3)}, "y_score|scores"),
        ],
    )
    def test_what_cannot_be(self, changes, message):
        with pytest.raises(StudyError, match=message):
            outcome_of_callable(self.returned(**changes), cohort(), 2)

    def test_one_score_a_class_is_needed_where_there_are_three(self):
        with pytest.raises(StudyError, match=r"y_score|scores"):
            outcome_of_callable(self.returned(), cohort((20, 20, 10)), 2)

    def test_two_columns_of_scores_are_those_of_two_classes(self):
        score = np.array([[0.8, 0.2], [0.1, 0.9], [0.5, 0.5], [0.49, 0.51]])
        outcome = outcome_of_callable(self.returned(y_score=score), cohort(), 2)
        assert outcome.y_score.tolist() == [0.2, 0.9, 0.5, 0.51]

    @pytest.mark.parametrize("returned", [None, 0.7, [0, 1], "table"])
    def test_something_that_is_no_table(self, returned):
        with pytest.raises(StudyError, match=r"fold, sample and y_score|fold.*sample.*y_score"):
            outcome_of_callable(returned, cohort(), 2)

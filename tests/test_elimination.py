"""Elimination on the Gram matrix against scikit-learn's own: the same ranking, on tables of every kind."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_selection import RFE, RFECV
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, StratifiedKFold
from sklearn.svm import SVC

from varbench import elimination
from varbench.elimination import GramRFE, GramRFECV, solve


def table(seed, n=90, p=60, *, copies=0, twins=0, spread=0.0, binary=False):
    """Rows and labels: correlated features, some of them twice, some rows several times, scales far apart."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 4 == 0
    latent = rng.normal(size=(n, 8)) + 0.5 * y[:, None] * (np.arange(8) < 3)
    share = rng.uniform(0.3, 0.98, p)
    X = share * latent[:, np.arange(p) % 8] + np.sqrt(1 - share**2) * rng.normal(size=(n, p))
    X *= np.exp(rng.normal(0, spread, p))
    if binary:
        X = (X > 0).astype(float)
    X[:, p - twins :] = X[:, :twins]
    more = rng.choice(np.flatnonzero(y), copies)
    return np.vstack([X, X[more]]), np.append(y, y[more]).astype(int)


KINDS = {
    "plain": {},
    "oversampled": {"copies": 45},
    "features twice": {"twins": 20},
    "oversampled, features twice": {"copies": 45, "twins": 20},
    "scales apart": {"spread": 0.7, "p": 40},
    "scales far apart, oversampled": {"spread": 1.5, "copies": 15, "n": 40, "p": 25},
    "more features than rows": {"n": 40, "p": 120},
    "zeros and ones": {"binary": True, "copies": 30},
}


def assert_same(selector, other, X, y, **params):
    a, b = selector.fit(X, y, **params), other.fit(X, y, **params)
    np.testing.assert_array_equal(a.ranking_, b.ranking_)
    np.testing.assert_array_equal(a.support_, b.support_)
    assert a.n_features_ == b.n_features_
    assert a.n_features_in_ == b.n_features_in_
    np.testing.assert_array_equal(a.transform(X), b.transform(X))
    np.testing.assert_array_equal(a.estimator_.coef_, b.estimator_.coef_)
    np.testing.assert_array_equal(a.predict(X), b.predict(X))
    return a


@pytest.fixture
def plain_code_fails(monkeypatch):
    """Make sure that our code runs, not scikit-learn's behind it."""

    def fail(self, X, y, **params):
        raise AssertionError("scikit-learn's own elimination ran")

    for cls in (RFE, RFECV):
        monkeypatch.setattr(cls, "fit", fail)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_ranking_is_that_of_scikit_learn(kind, seed):
    X, y = table(seed, **KINDS[kind])
    machine = SVC(kernel="linear")
    assert_same(GramRFE(machine, n_features_to_select=5), RFE(machine, n_features_to_select=5), X, y)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(3, 40))
def test_ranking_is_that_of_scikit_learn_on_many_tables(kind, seed):
    X, y = table(seed, **KINDS[kind])
    machine = SVC(kernel="linear")
    assert_same(GramRFE(machine, n_features_to_select=5), RFE(machine, n_features_to_select=5), X, y)


def test_the_size_of_the_main_study():
    X, y = table(0, n=137, p=100, copies=46)
    machine = SVC(kernel="linear")
    assert_same(GramRFE(machine, n_features_to_select=10), RFE(machine, n_features_to_select=10), X, y)


@pytest.mark.parametrize("kind", KINDS)
def test_our_code_runs(kind, plain_code_fails):
    X, y = table(0, **KINDS[kind])
    assert GramRFE(SVC(kernel="linear"), n_features_to_select=5).fit(X, y).n_features_ == 5


@pytest.mark.parametrize(
    "parameters",
    [
        {"step": 7},
        {"step": 0.1},
        {"n_features_to_select": 0.3},
        {"n_features_to_select": None},
        {"n_features_to_select": 60},
        {"n_features_to_select": 1},
    ],
)
def test_parameters_of_the_elimination(parameters):
    X, y = table(1, copies=20)
    machine = SVC(kernel="linear")
    assert_same(GramRFE(machine, **parameters), RFE(machine, **parameters), X, y)


@pytest.mark.parametrize(
    "parameters",
    [
        {"C": 0.01},
        {"tol": 0.1},
        {"shrinking": False},
        {"class_weight": "balanced"},
        {"class_weight": {0: 1, 1: 9}},
    ],
)
def test_parameters_of_the_machine(parameters, monkeypatch):
    X, y = table(2)
    machine = SVC(kernel="linear", random_state=3, **parameters)
    other = RFE(machine, n_features_to_select=5).fit(X, y)
    ours = GramRFE(machine, n_features_to_select=5).fit(X, y)
    np.testing.assert_array_equal(ours.ranking_, other.ranking_)
    default = RFE(SVC(kernel="linear"), n_features_to_select=5).fit(X, y)
    if parameters != {"shrinking": False}:
        assert (default.ranking_ != ours.ranking_).any()


def test_labels_need_not_be_0_and_1():
    X, y = table(3)
    machine = SVC(kernel="linear", class_weight={"no": 1, "yes": 2})
    labels = np.array(["no", "yes"])[y]
    ours = assert_same(
        GramRFE(machine, n_features_to_select=5), RFE(machine, n_features_to_select=5), X, labels
    )
    assert ours.classes_.tolist() == ["no", "yes"]


def test_frames_keep_their_names():
    pandas = pytest.importorskip("pandas")
    X, y = table(0)
    frame = pandas.DataFrame(X, columns=[f"f{i}" for i in range(X.shape[1])])
    ours = GramRFE(SVC(kernel="linear"), n_features_to_select=3).fit(frame, y)
    assert [int(name[1:]) for name in ours.get_feature_names_out()] == ours.get_support(indices=True).tolist()


def test_what_scikit_learn_does_itself():
    X, y = table(0)
    three = np.arange(len(y)) % 3
    for machine, labels in [(SVC(kernel="linear"), three), (LogisticRegression(), y)]:
        other = RFE(machine, n_features_to_select=50)
        assert_same(GramRFE(machine, n_features_to_select=50), other, X, labels)
    with pytest.warns(ConvergenceWarning, match="max_iter=2"):
        GramRFE(SVC(kernel="linear", max_iter=2), n_features_to_select=59).fit(X, y)
    with pytest.warns(UserWarning, match="n_features_to_select=61 > n_features=60"):
        GramRFE(SVC(kernel="linear"), n_features_to_select=61).fit(X, y)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda X, y: (np.where(X > 2, np.nan, X), y), "NaN"),
        (lambda X, y: (X, np.zeros(len(X))), "number of classes has to be greater than one"),
        (lambda X, y: (X[:5], y), "inconsistent numbers of samples"),
    ],
)
def test_bad_tables_fail_as_in_scikit_learn(change, match):
    with pytest.raises(ValueError, match=match):
        GramRFE(SVC(kernel="linear")).fit(*change(*table(0)))


@pytest.mark.parametrize(
    "selector",
    [
        GramRFE(SVC(kernel="linear"), n_features_to_select="many"),
        GramRFE(SVC(kernel="linear"), step=-1),
        GramRFE(SVC(kernel="linear", C=-1)),
        GramRFECV(SVC(kernel="linear"), min_features_to_select=-1),
    ],
)
def test_bad_parameters_fail_as_in_scikit_learn(selector):
    with pytest.raises(ValueError, match="must be"):
        selector.fit(*table(0))


def test_parameters_and_clones():
    selector = GramRFE(SVC(kernel="linear"), n_features_to_select=10)
    assert selector.get_params().keys() == RFE(SVC()).get_params().keys()
    changed = clone(selector).set_params(n_features_to_select=4, estimator__C=0.1)
    assert (changed.n_features_to_select, changed.estimator.C) == (4, 0.1)
    assert selector.n_features_to_select == 10


@pytest.mark.parametrize("kind", ["plain", "oversampled, features twice"])
@pytest.mark.parametrize(
    "parameters", [{}, {"scoring": "roc_auc", "min_features_to_select": 10}, {"step": 5}]
)
def test_cross_validated_ranking_is_that_of_scikit_learn(kind, parameters):
    X, y = table(0, n=60, **({"p": 30} | {k: v // 2 for k, v in KINDS[kind].items()}))
    cv = StratifiedKFold(3, shuffle=True, random_state=0)
    machine = SVC(kernel="linear")
    ours = GramRFECV(machine, cv=cv, **parameters)
    other = RFECV(machine, cv=cv, **parameters)
    assert_same(ours, other, X, y)
    assert ours.cv_results_.keys() == other.cv_results_.keys()
    for name, values in other.cv_results_.items():
        np.testing.assert_allclose(ours.cv_results_[name], values, rtol=0, atol=1e-12, err_msg=name)


def test_cross_validation_with_groups():
    X, y = table(0, n=60, p=20)
    groups = np.arange(60) // 5
    machine = SVC(kernel="linear")
    assert_same(GramRFECV(machine, cv=GroupKFold(4)), RFECV(machine, cv=GroupKFold(4)), X, y, groups=groups)
    with config_context(enable_metadata_routing=True):
        assert_same(
            GramRFECV(machine, cv=GroupKFold(4)), RFECV(machine, cv=GroupKFold(4)), X, y, groups=groups
        )


def test_cross_validation_runs_our_code(plain_code_fails):
    X, y = table(0, n=60, p=20)
    assert GramRFECV(SVC(kernel="linear"), cv=3, min_features_to_select=5).fit(X, y).n_features_ >= 5


def test_cross_validation_that_scikit_learn_does_itself():
    X, _ = table(0, n=60, p=12)
    three = np.arange(60) % 3
    machine = SVC(kernel="linear")
    assert_same(GramRFECV(machine, cv=3), RFECV(machine, cv=3), X, three)


def problem():
    X, y = table(0, n=30, p=5)
    return X, (X @ X.T, "precomputed", y.astype(float), SVC(C=0.5), np.array([1.0, 2.0]))


def test_the_private_call_gives_what_the_public_class_gives():
    X, arguments = problem()
    assert elimination._libsvm_works()
    support, dual, intercept = solve(*arguments)
    public = SVC(kernel="linear", C=0.5, class_weight={0: 1.0, 1: 2.0}).fit(X, arguments[2])
    np.testing.assert_array_equal(support, public.support_)
    np.testing.assert_allclose(dual @ X[support], public.coef_[0], rtol=1e-10)
    assert intercept == pytest.approx(public.intercept_[0], rel=1e-10)


def missing(*arguments):
    raise ImportError


def other_signature(matrix, y):
    raise AssertionError


def other_result(*arguments):
    return np.array([0, 1]), np.zeros(2), 0.0


@pytest.fixture
def fresh_probe():
    elimination._libsvm_works.cache_clear()
    yield
    elimination._libsvm_works.cache_clear()


@pytest.mark.parametrize("private_call", [missing, other_signature, other_result])
def test_without_the_private_call_the_public_class_does_it(private_call, monkeypatch, fresh_probe):
    X, y = table(0, n=40, p=20, copies=10)
    arguments = problem()[1]
    selector = GramRFE(SVC(kernel="linear"), n_features_to_select=5)
    ranking, solution = selector.fit(X, y).ranking_, solve(*arguments)
    elimination._libsvm_works.cache_clear()
    monkeypatch.setattr(elimination, "_libsvm", private_call)
    assert not elimination._libsvm_works()
    for a, b in zip(solve(*arguments), solution, strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(selector.fit(X, y).ranking_, ranking)


def test_the_global_generator_is_untouched_and_nothing_is_printed(capfd, fresh_probe):
    np.random.seed(0)  # noqa: NPY002 - it is the global one that is looked at
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    GramRFE(SVC(kernel="linear", random_state=0), n_features_to_select=5).fit(*table(0))
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    assert capfd.readouterr() == ("", "")


def test_no_warnings_of_our_own():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        GramRFE(SVC(kernel="linear"), n_features_to_select=5).fit(*table(0))

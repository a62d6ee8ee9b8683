"""Recursive elimination with a linear support vector machine, on the Gram matrix: the same ranking, sooner.

Dropping one feature of a hundred changes little for the solver, which looks at the rows' inner products
alone. So libsvm is given those (a precomputed kernel), computed once for each row that differs from the
others, without the checks and copies of a public ``fit``. They are computed anew at each step: taking the
dropped feature's part off would be cheaper still, but where features differ in scale the rounding adds up.
Where the two weakest features are as good as equal (radiomics tables hold the same feature twice), the last
bits decide which of them goes; that step is solved on the rows themselves, in scikit-learn's own order of
operations.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from numbers import Integral, Real
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import sklearn
from scipy.sparse import issparse
from sklearn import get_config
from sklearn.base import BaseEstimator, ClassifierMixin, clone, is_classifier
from sklearn.feature_selection import RFE, RFECV
from sklearn.metrics import check_scoring
from sklearn.model_selection import check_cv
from sklearn.svm import SVC
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.metadata_routing import process_routing
from sklearn.utils.validation import validate_data

Floats = npt.NDArray[np.float64]
#: Parameters of the machine that may differ from scikit-learn's defaults; with any other, its own code runs.
FREE = {"C", "tol", "shrinking", "cache_size", "class_weight", "random_state", "gamma", "degree", "coef0"}
FREE |= {"kernel", "decision_function_shape", "break_ties"}
#: Weights closer than this, as a share of the largest, are as good as equal.
NEAR = 1e-8
VERSION = tuple(int(part) for part in sklearn.__version__.split(".")[:2])
#: How scikit-learn orders equal weights.
SORT: Literal["stable", "quicksort"] = "stable" if VERSION >= (1, 9) else "quicksort"
#: Beyond this, inner products could overflow: what then happens is scikit-learn's to say.
TOO_LARGE = 1e100


@dataclass(frozen=True)
class Machine:
    """A linear machine on some features, with what a scorer may ask of it.

    Attributes
    ----------
    features : ndarray of int, (kept,)
        Their columns in the whole table.
    coef : ndarray of float64, (kept,)
        Positive where a larger value speaks for the second class.
    intercept : float
        The decision is ``X[:, features] @ coef + intercept``.
    """

    features: npt.NDArray[np.intp]
    coef: Floats
    intercept: float


Solution = tuple[npt.NDArray[Any], Floats, float]


def solve(matrix: Floats, kernel: str, y: Floats, machine: SVC, class_weight: Floats) -> Solution:
    """Which rows support a machine of two classes, and with which weights?

    The one place where a private function of scikit-learn's is called; where it is not there or not as it
    was, the public class does the same, but slower.

    Parameters
    ----------
    matrix : ndarray of float64, (row, row) or (row, feature)
        Inner products, or the rows themselves; in C order.
    kernel : {"precomputed", "linear"}
        Which of the two it is.
    y : ndarray of float64, (row,)
        0 or 1.
    machine : SVC
        For its parameters.
    class_weight : ndarray of float64, (2,)
        Factors of ``C``.

    Returns
    -------
    support : ndarray of int, (support,)
        Rows, those of class 0 first.
    dual : ndarray of float64, (support,)
        Their weights: the coefficients are ``dual @ X[support]``.
    intercept : float
        The decision is ``X @ coefficients + intercept``.

    Examples
    --------
    >>> X = np.array([[-1.0], [1.0]])
    >>> support, dual, intercept = solve(X @ X.T, "precomputed", np.array([0.0, 1.0]), SVC(), np.ones(2))
    >>> (dual @ X[support]).tolist(), abs(intercept)
    ([1.0], 0.0)
    """
    way = _libsvm if _libsvm_works() else _svc
    return way(matrix, kernel, y, machine, class_weight)


def _libsvm(matrix: Floats, kernel: str, y: Floats, machine: SVC, class_weight: Floats) -> Solution:
    from sklearn.svm import _libsvm  # private

    _libsvm.set_verbosity_wrap(0)  # it talks by default
    support, _, _, dual, intercept, *_ = _libsvm.fit(
        matrix,
        y,
        svm_type=0,
        kernel=kernel,
        C=machine.C,
        tol=machine.tol,
        shrinking=machine.shrinking,
        cache_size=machine.cache_size,
        class_weight=class_weight,
    )
    return support, -dual[0], -float(intercept[0])


def _svc(matrix: Floats, kernel: str, y: Floats, machine: SVC, class_weight: Floats) -> Solution:
    named = {name: getattr(machine, name) for name in ("C", "tol", "shrinking", "cache_size")}
    weights = dict(enumerate(class_weight))
    fitted = SVC(kernel=kernel, class_weight=weights, random_state=0, **named).fit(matrix, y)
    return fitted.support_, fitted.dual_coef_[0], float(fitted.intercept_[0])


@lru_cache(maxsize=1)
def _libsvm_works() -> bool:
    """Whether the private function is there and gives what the public class gives, on four rows."""
    X = np.array([[-2.0, 1.0], [-1.0, 0.5], [0.5, 1.0], [2.0, -1.0]])
    problem = (X @ X.T, "precomputed", np.array([0.0, 1.0, 0.0, 1.0]), SVC(), np.array([1.0, 2.0]))
    try:
        private, public = _libsvm(*problem), _svc(*problem)
    except (ImportError, AttributeError, TypeError, ValueError, IndexError):
        return False
    return all(np.array_equal(np.asarray(a), np.asarray(b)) for a, b in zip(private, public, strict=True))


def _applies(selector: RFE | RFECV, X: Any, y: Any, params: dict[str, Any]) -> bool:
    """Whether the Gram matrix can stand in: a plain linear SVC, two classes, a dense finite table.

    Where it cannot, scikit-learn's own code runs, with its own warnings and errors.
    """
    machine = selector.estimator
    if type(machine) is not SVC or machine.kernel != "linear" or selector.importance_getter != "auto":
        return False
    given, default = machine.get_params(), SVC().get_params()
    if any(given[name] != default[name] for name in given.keys() - FREE) or selector.verbose or params:
        return False
    if issparse(X) or np.ndim(X) != 2 or np.ndim(y) != 1 or np.shape(X)[1] < 2 or len(np.unique(y)) != 2:
        return False
    n_features = np.shape(X)[1]
    wanted = getattr(selector, "n_features_to_select", getattr(selector, "min_features_to_select", None))
    if not isinstance(wanted, Real | None) or not 1 <= _n_to_select(wanted, n_features) <= n_features:
        return False
    table = np.asarray(X)
    return table.dtype.kind in "fiub" and bool((np.abs(table) < TOO_LARGE).all())


class _Elimination:
    """One elimination: machines on ever fewer features, and the ranking that comes of them."""

    def __init__(self, X: Floats, y: npt.ArrayLike, machine: SVC) -> None:
        self.X = np.ascontiguousarray(X, dtype=np.float64)
        self.machine = machine
        classes, codes = np.unique(y, return_inverse=True)
        self.y = codes.astype(np.float64)
        self.class_weight = compute_class_weight(machine.class_weight, classes=classes, y=np.asarray(y))
        # Copies of a row must have the very same inner products, or the solver breaks ties in another way.
        self.distinct, self.copy_of = np.unique(self.X, axis=0, return_inverse=True)
        self.support = np.ones(self.X.shape[1], dtype=bool)
        self.ranking = np.ones(self.X.shape[1], dtype=int)

    def _fit(self, exactly: bool) -> Machine:
        features = np.flatnonzero(self.support)
        rows = self.X.take(features, axis=1)
        matrix = rows if exactly else self._gram(features)
        kernel = "linear" if exactly else "precomputed"
        support, dual, intercept = solve(matrix, kernel, self.y, self.machine, self.class_weight)
        coef = (dual[None, :] @ rows[support])[0]  # a row times a matrix in C order, as scikit-learn does it
        return Machine(features, coef, intercept)

    def _gram(self, features: npt.NDArray[np.intp]) -> Floats:
        distinct = self.distinct.take(features, axis=1)
        return (distinct @ distinct.T).take(self.copy_of, axis=0).take(self.copy_of, axis=1)

    def machine_now(self, n_to_drop: int) -> tuple[Machine, npt.NDArray[np.intp]]:
        """Fit the machine on the features that are left; which of them are the weakest?"""
        for exactly in (False, True):
            machine = self._fit(exactly)
            order = np.argsort(machine.coef**2, kind=SORT)
            size = np.abs(machine.coef[order])
            if n_to_drop == 0 or size[n_to_drop] - size[n_to_drop - 1] > NEAR * size[-1]:
                break
        return machine, machine.features[order[:n_to_drop]]

    def run(self, n_to_select: int, step: int) -> Iterator[Machine]:
        """Drop the weakest features until ``n_to_select`` are left; give each machine before they go."""
        while True:
            left = int(self.support.sum())
            machine, weakest = self.machine_now(min(step, left - n_to_select))
            yield machine
            if left == n_to_select:
                return
            self.support[weakest] = False
            self.ranking[~self.support] += 1


class GramRFE(RFE):  # type: ignore[misc]
    """Which features are left, when the weakest is dropped again and again? As scikit-learn's RFE, sooner.

    Parameters, attributes and results are those of :class:`sklearn.feature_selection.RFE`, from which it
    inherits; where the machine is not a plain linear SVC, or there are more than two classes, RFE's own code
    runs.

    References
    ----------
    Guyon et al. 2002 (10.1023/A:1012487302797), section 4: recursive elimination by the squared weight.

    Examples
    --------
    >>> X = np.array([[0.0, 0.1, 1], [0.2, 0.3, 1], [0.1, 2.0, 1], [0.3, 1.8, 1]])
    >>> GramRFE(SVC(kernel="linear"), n_features_to_select=1).fit(X, [0, 0, 1, 1]).ranking_
    array([2, 1, 3])
    """

    def fit(self, X: Any, y: Any, **fit_params: Any) -> GramRFE:
        """Eliminate; as :meth:`sklearn.feature_selection.RFE.fit`.

        Parameters
        ----------
        X : array_like, (row, feature)
            Training rows.
        y : array_like, (row,)
            Their labels.
        **fit_params : dict
            With any, scikit-learn's own code runs.

        Returns
        -------
        GramRFE
            Itself, with ``support_``, ``ranking_``, ``n_features_`` and ``estimator_``.
        """
        if not _applies(self, X, y, fit_params):
            super().fit(X, y, **fit_params)
            return self
        self._validate_params()
        self.estimator._validate_params()
        X, y = validate_data(self, X, y, ensure_min_features=2)
        elimination = _Elimination(X, y, self.estimator)
        for _ in elimination.run(
            _n_to_select(self.n_features_to_select, X.shape[1]), _n_step(self.step, X.shape[1])
        ):
            pass
        self.support_, self.ranking_ = elimination.support, elimination.ranking
        self.n_features_ = self.support_.sum()
        self.estimator_ = clone(self.estimator).fit(X[:, self.support_], y)
        return self


class GramRFECV(RFECV):  # type: ignore[misc]
    """How many features are best, by cross-validation, and which? As scikit-learn's RFECV, sooner.

    Parameters, attributes and results are those of :class:`sklearn.feature_selection.RFECV`, from which it
    inherits; where :class:`GramRFE` would leave the work to scikit-learn, so does this. One thread is used.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> y = np.arange(60) % 2
    >>> X = rng.normal(size=(60, 8)) + 2 * y[:, None] * (np.arange(8) == 5)
    >>> GramRFECV(SVC(kernel="linear"), cv=3).fit(X, y).get_support(indices=True)
    array([5])
    """

    def fit(self, X: Any, y: Any, **params: Any) -> GramRFECV:
        """Choose the number of features, then eliminate; as :meth:`sklearn.feature_selection.RFECV.fit`.

        Parameters
        ----------
        X : array_like, (row, feature)
            Training rows.
        y : array_like, (row,)
            Their labels.
        **params : dict
            ``groups`` for the splitter; with any other, scikit-learn's own code runs.

        Returns
        -------
        GramRFECV
            Itself, with RFECV's attributes.
        """
        if not _applies(self, X, y, {name: value for name, value in params.items() if name != "groups"}):
            super().fit(X, y, **params)
            return self
        self._validate_params()
        self.estimator._validate_params()
        X, y = validate_data(self, X, y, ensure_min_features=2)
        fewest, step = min(self.min_features_to_select, X.shape[1]), _n_step(self.step, X.shape[1])
        sides = self._folds(X, y, params)
        folds = [self._in_fold(X, y, train, test, fewest, step) for train, test in sides]
        scores, supports, rankings = (np.array([fold[i] for fold in folds])[:, ::-1] for i in range(3))
        numbers = supports[0].sum(axis=1)
        # From the fewest features on, so that a tie goes to the fewer.
        best = int(numbers[np.argmax(scores.sum(axis=0))])
        whole = _Elimination(X, y, self.estimator)
        for _ in whole.run(best, step):
            pass
        self.support_, self.ranking_ = whole.support, whole.ranking
        self.n_features_ = self.support_.sum()
        self.estimator_ = clone(self.estimator).fit(X[:, self.support_], y)
        self.cv_results_ = _cv_results(scores, supports, rankings, numbers)
        return self

    def _folds(self, X: Floats, y: npt.NDArray[Any], params: dict[str, Any]) -> Any:
        if get_config()["enable_metadata_routing"]:
            asked = dict(process_routing(self, "fit", **params).splitter.split)
        else:
            asked = {"groups": params.get("groups")}
        return check_cv(self.cv, y, classifier=is_classifier(self.estimator)).split(X, y, **asked)

    def _in_fold(
        self, X: Floats, y: npt.NDArray[Any], train: Any, test: Any, fewest: int, step: int
    ) -> tuple[list[float], list[Any], list[Any]]:
        """Scores, supports and rankings in a fold, from all features to the fewest."""
        score = check_scoring(self.estimator, scoring=self.scoring)
        elimination = _Elimination(X[train], y[train], self.estimator)
        scores, supports, rankings = [], [], []
        for machine in elimination.run(fewest, step):
            view = _View(np.unique(y[train]), machine.coef, machine.intercept)
            scores.append(float(score(view, X[np.ix_(test, machine.features)], y[test])))
            supports.append(elimination.support.copy())
            rankings.append(elimination.ranking.copy())
        return scores, supports, rankings


class _View(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A machine as a scorer wants to see it."""

    def __init__(self, classes_: Any = None, coef: Any = None, intercept: float = 0.0) -> None:
        self.classes_, self.coef, self.intercept = classes_, coef, intercept

    def decision_function(self, X: Floats) -> Floats:
        decision: Floats = X @ self.coef + self.intercept
        return decision

    def predict(self, X: Floats) -> npt.NDArray[Any]:
        labels: npt.NDArray[Any] = self.classes_[(self.decision_function(X) > 0).astype(int)]
        return labels


def _n_step(step: float, n_features: int) -> int:
    return int(max(1, step * n_features)) if 0.0 < step < 1.0 else int(step)


def _n_to_select(asked: Any, n_features: int) -> int:
    if asked is None:
        return n_features // 2
    return int(asked) if isinstance(asked, Integral) else int(n_features * asked)


def _cv_results(scores: Floats, supports: Any, rankings: Any, numbers: Any) -> dict[str, npt.NDArray[Any]]:
    results = {"mean_test_score": np.mean(scores, axis=0), "std_test_score": np.std(scores, axis=0)}
    for i in range(len(scores)):
        results[f"split{i}_test_score"] = scores[i]
        results[f"split{i}_ranking"] = rankings[i]
        results[f"split{i}_support"] = supports[i]
    return {**results, "n_features": numbers}

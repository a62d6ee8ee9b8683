"""Steps that change labels: on either side of the split, without a leak, and with the rows left as they are."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from varbench import Procedure, Split, Study
from varbench.data import Data, SimulatedRadiomics
from varbench.errors import StudyError
from varbench.procedure import FlipLabels, PermuteLabels
from varbench.study import Request, plan

CV = StratifiedKFold(3, shuffle=True)


def table(n: int = 60, positive: int = 24, p: int = 8, **more: object) -> Data:
    """The first feature is the label."""
    rng = np.random.default_rng(5)
    y = rng.permutation((np.arange(n) < positive).astype(np.int64))
    X = np.column_stack([y, rng.normal(size=(n, p - 1))])
    names, ids = tuple(f"f{i}" for i in range(p)), np.array([f"p{i}" for i in range(n)])
    return Data(X, y, ("no", "yes"), names, ids, name="toy", **more)  # type: ignore[arg-type]


def seed_of(source: str, path: str, fold: int) -> int:
    return {"label": 7}.get(source, 3)


def test_all_rows_stay_the_cases_that_they_are_and_nothing_crosses_the_split():
    data = table()
    procedure = Procedure([PermuteLabels(), Split(CV), LogisticRegression()])
    found = procedure.run(data, seed_of)
    assert procedure.leaks(data) == []
    assert sorted(found.sample) == list(range(60))
    assert (found.weight == 1).all()
    assert (found.related[:, :2] == 0).all()
    assert found.y_true.sum() == 24
    permuted = np.random.default_rng(7).permutation(data.y)
    assert found.y_true.tolist() == permuted[found.sample].tolist()


def test_right_of_the_split_only_the_training_rows_have_other_labels():
    data = table()
    found = Procedure([Split(CV), PermuteLabels(), LogisticRegression()]).run(data, seed_of)
    assert found.y_true.tolist() == data.y[found.sample].tolist()
    # A feature that is the label would be learned with the true labels.
    assert (
        Procedure([Split(CV), LogisticRegression()]).run(data, seed_of).y_pred.tolist()
        != found.y_pred.tolist()
    )


def test_what_selects_before_the_split_leaks_as_with_true_labels():
    procedure = Procedure([PermuteLabels(), SelectKBest(k=2), Split(CV), LogisticRegression()])
    assert [(leak.step, leak.code, leak.kind) for leak in procedure.leaks(table())] == [
        ("selectkbest", "L1.3", "estimate")
    ]


def test_before_a_search_it_is_no_choice_leak():
    search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=CV)
    assert Procedure([Split(CV), PermuteLabels(), search]).leaks(table()) == []


def test_it_reads_the_source_label_and_each_repeat_has_its_own():
    procedure = Procedure([("permute", PermuteLabels()), Split(CV), LogisticRegression()])
    first = next(procedure.places())
    assert (first.path, first.source) == ("permute__random_state", "label")
    study = Study(
        question="?", data=table(), primary="accuracy", vary=["label"], procedures={"it": procedure}
    )
    assert plan(study, Request()).sources["label"]["state"] == "varied"
    cube = study.run(repeats=3)
    assert (cube.status == 1).all()
    truths = {tuple(cube.y_true.values[0, r][np.argsort(cube["sample"].values[0, r])]) for r in range(3)}
    assert len(truths) == 3


def test_missing_values_are_let_through():
    X = table().X.copy()
    X[0, 3] = np.nan
    holes = Data(X, table().y, ("no", "yes"), table().feature_names, table().ids, name="holes")
    procedure = Procedure([PermuteLabels(), Split(CV), SimpleImputer(), LogisticRegression()])
    study = Study(question="?", data=holes, primary="accuracy", vary=["label"], procedures={"it": procedure})
    assert (study.run(repeats=1).status == 1).all()


class Odd(BaseEstimator):
    def __init__(self, what: str = "short"):
        self.what = what

    def relabel(self, X, y):
        return y[1:] if self.what == "short" else y + 5


@pytest.mark.parametrize("what", ["short", "new"])
def test_labels_that_nobody_had_are_refused(what):
    with pytest.raises(StudyError, match=r"Odd.relabel gave labels of shape \(\d+,\) for 60 rows"):
        Procedure([Odd(what), Split(CV), LogisticRegression()]).run(table(), seed_of)


def test_it_is_no_last_step():
    with pytest.raises(StudyError, match="the last step must predict"):
        Procedure([Split(CV), PermuteLabels()])


@pytest.mark.parametrize(("share", "wrong"), [(0.0, 0), (0.1, 6), (0.25, 15), (1.0, 60)])
def test_a_share_of_labels_is_wrong(share, wrong):
    y = np.repeat([0, 1, 2], 20)
    flipped = FlipLabels(share, random_state=0).relabel(np.zeros((60, 1)), y)
    assert (flipped != y).sum() == wrong
    assert set(flipped) <= {0, 1, 2}


def test_what_a_small_share_makes_wrong_a_larger_one_does_too_and_alike():
    y = np.repeat([0, 1, 2], 20)
    few, many = (FlipLabels(share, random_state=3).relabel(np.zeros((60, 1)), y) for share in (0.1, 0.4))
    changed = few != y
    assert (many[changed] == few[changed]).all()
    assert (FlipLabels(0.1, random_state=4).relabel(np.zeros((60, 1)), y) != few).any()


def test_every_other_label_is_as_likely():
    y = np.zeros(9000, np.int64)
    y[:3000], y[3000:6000] = 1, 2
    flipped = FlipLabels(1.0, random_state=1).relabel(np.zeros((9000, 1)), y)
    for label in (0, 1, 2):
        counts = np.bincount(flipped[y == label], minlength=3)
        others = counts[[other for other in (0, 1, 2) if other != label]]
        assert counts[label] == 0
        assert np.abs(others - 1500).max() < 5 * np.sqrt(3000 / 4)


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_out_of_range(share):
    with pytest.raises(StudyError, match=r"FlipLabels\(share=.*\): must be between 0 and 1"):
        FlipLabels(share).relabel(np.zeros((4, 1)), np.array([0, 0, 1, 1]))


def test_left_of_the_split_the_test_labels_are_wrong_and_right_of_it_they_are_not():
    data = table()
    left = Procedure([FlipLabels(0.2), Split(CV), LogisticRegression()]).run(data, seed_of)
    right = Procedure([Split(CV), FlipLabels(0.2), LogisticRegression()]).run(data, seed_of)
    assert (left.y_true != data.y[left.sample]).sum() == 12
    assert (right.y_true == data.y[right.sample]).all()


def test_of_fresh_cases_the_labels_are_right_on_either_side():
    population = SimulatedRadiomics(n_cases=60, n_positive=24, n_features=20)
    procedure = Procedure([("flip", FlipLabels(0.4)), Split(CV), ("line", LogisticRegression(C=0.01))])
    study = Study(
        question="?",
        data=population,
        primary="roc_auc",
        vary=["cohort", "label"],
        procedures={"it": procedure},
    )
    cube = study.run(repeats=2)
    run = cube.isel(procedure=0, repeat=0)
    y = run.external_y_true.values
    assert y.mean() == pytest.approx(0.4)
    expected = roc_auc_score(y, run.external_score.values[0])
    assert float(run.truth[0, 0]) == pytest.approx(expected, abs=1e-6)

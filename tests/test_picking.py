"""Choosing on the test rows: the best candidate of the folds themselves is handed on, named as a leak and counted."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.tree import DecisionTreeClassifier

from varbench import Procedure, Split, Study, Tune, identical, open_cube
from varbench.data import Data
from varbench.effects import picking
from varbench.errors import StudyError
from varbench.report import report
from varbench.stats import expected_maximum

CV = StratifiedKFold(3, shuffle=True)
SEEDS = {"tree__random_state": [0, 1, 2, 3, 4, 5]}


def noise(n: int = 60, p: int = 6) -> Data:
    rng = np.random.default_rng(11)
    y = rng.permutation(np.repeat([0, 1], n // 2))
    names, ids = tuple(f"f{i}" for i in range(p)), np.arange(n).astype(str)
    return Data(rng.normal(size=(n, p)), y, ("no", "yes"), names, ids, name="noise")


def seed_of(source: str, path: str, fold: int) -> int:
    return 3


def tree(**more: object) -> DecisionTreeClassifier:
    return DecisionTreeClassifier(max_features=1, **more)


def picked(**more: object) -> Tune:
    return Tune([("tree", tree())], SEEDS, scoring="roc_auc", **more)


def test_the_best_on_the_folds_of_the_split_is_handed_on():
    data = noise()
    found = Procedure([("pick", picked()), Split(CV)]).run(data, seed_of)
    splitter = StratifiedKFold(3, shuffle=True, random_state=3)
    expected = np.array(
        [
            np.mean(
                [
                    roc_auc_score(
                        data.y[test],
                        tree(random_state=s)
                        .fit(data.X[train], data.y[train])
                        .predict_proba(data.X[test])[:, 1],
                    )
                    for train, test in splitter.split(data.X, data.y)
                ]
            )
            for s in SEEDS["tree__random_state"]
        ]
    )
    np.testing.assert_allclose(found.candidates, expected)
    assert found.chosen["pick__tree__random_state"] == [str(expected.argmax())] * 3
    own = [roc_auc_score(found.y_true[found.fold == f], found.y_score[found.fold == f]) for f in range(3)]
    assert np.mean(own) == pytest.approx(expected.max())


@pytest.mark.parametrize("scoring", ["roc_auc", "neg_log_loss"])
def test_candidates_are_scored_as_the_study_scores(scoring):
    # Far out, probabilities are equal where decision values are not: scikit-learn's scorer takes the latter.
    data = noise()
    sure = Tune([("line", SGDClassifier("log_loss"))], {"line__eta0": [1.0, 2.0]}, scoring=scoring)
    found = Procedure([("pick", sure), Split(CV)]).run(data, seed_of)
    parts = [(found.y_true[found.fold == f], found.y_score[found.fold == f]) for f in range(3)]
    score = roc_auc_score if scoring == "roc_auc" else lambda y, p: -log_loss(y, p)
    assert found.candidates.max() == pytest.approx(np.mean([score(*part) for part in parts]))


def test_it_is_a_leak_with_a_cure():
    (leak,) = Procedure([("pick", picked()), Split(CV)]).leaks()
    assert (leak.step, leak.code, leak.kind, leak.how) == ("pick", "L1.1", "estimate", "learns")
    assert "best among 6 candidates" in leak.what
    assert Procedure([Split(CV), ("pick", picked(splitter=CV))]).leaks() == []


def test_right_of_the_split_a_search_needs_a_split_of_its_own():
    with pytest.raises(StudyError, match="pick stands right of Split and needs a splitter of its own"):
        Procedure([Split(CV), ("pick", picked())])
    with pytest.raises(StudyError, match="Without one it can stand left of Split alone"):
        picked().fit(noise().X, noise().y)


def test_steps_left_of_it_are_fitted_once_and_the_external_rows_are_predicted_by_the_best():
    data = noise()
    found = Procedure([("pick", picked()), Split(CV)]).run(data, seed_of, data.X[:5], final=True)
    assert found.external.y_score.shape == (3, 5)
    assert found.external.final_score.shape == (5,)


@pytest.fixture(scope="module")
def cube():
    study = Study(
        question="?", data=noise(), primary="roc_auc", margin=0.02, vary=["split", "init"],
        procedures={
            "best of 6": Procedure([("pick", picked()), Split(CV)]),
            "best of 2": Procedure([("pick", Tune([("line", LogisticRegression())], {"line__C": [1, 2]})), Split(CV)]),
            "one": Procedure([Split(CV), ("tree", tree())]),
        },
        compare=("best of 6", "one"),
    )  # fmt: skip
    return study.run(repeats=12)


def test_what_picking_gave_is_counted_from_the_candidates(cube):
    found = picking(cube).set_index("procedure")
    assert list(found.index) == ["best of 6", "best of 2"]
    scores = cube["candidate_score"].sel(procedure="best of 6").values
    row = found.loc["best of 6"]
    assert (row["candidates"], row["repeats"]) == (6, 12)
    assert row["gain"] == pytest.approx((scores.max(1) - scores.mean(1)).mean())
    assert row["ci_low"] < row["gain"] < row["ci_high"]
    assert row["best"] == pytest.approx(
        cube.score.sel(procedure="best of 6", metric="roc_auc").mean("fold").mean()
    )
    assert row["units"] == expected_maximum(6)
    assert np.isnan(cube["candidate_score"].sel(procedure="one")).all()


def test_among_equal_normal_candidates_the_gain_is_the_expected_one(cube):
    rng = np.random.default_rng(2)
    for k in (2, 6):
        drawn = rng.normal(0.6, 0.1, size=(4000, 1)) + rng.normal(0, 0.03, size=(4000, k))
        few = cube[["candidate_score", "status"]].isel(repeat=np.zeros(4000, int))
        few["candidate_score"] = few["candidate_score"].copy()
        few["candidate_score"].loc[{"procedure": "best of 6"}] = np.pad(
            drawn, ((0, 0), (0, 6 - k)), constant_values=np.nan
        )
        few["candidate_score"].loc[{"procedure": "best of 2"}] = np.nan
        row = picking(few.assign_attrs(cube.attrs)).iloc[0]
        assert row["sd"] == pytest.approx(0.03, rel=0.03)
        assert row["ci_low"] < row["expected"] < row["ci_high"]


def test_the_report_says_what_was_picked(cube):
    told = report(cube)
    assert told.main.verdict.row == 1
    assert "picks the best among 6 candidates" in told.main.verdict.text


def test_a_cube_that_is_extended_is_the_cube_that_was_run_at_once(tmp_path):
    def study():
        procedures = {
            "best": Procedure([("pick", picked()), Split(CV)]),
            "one": Procedure([Split(CV), ("tree", tree())]),
        }
        return Study(
            question="?", data=noise(), primary="roc_auc", vary=["split", "init"], procedures=procedures
        )

    study().run(repeats=2, out=tmp_path / "grown")
    study().run(repeats=4, out=tmp_path / "grown")
    study().run(repeats=4, out=tmp_path / "whole")
    assert identical(open_cube(tmp_path / "grown"), open_cube(tmp_path / "whole")) == []
    assert open_cube(tmp_path / "grown").sizes["candidate"] == 6

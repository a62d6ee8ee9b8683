"""The simulated score: how much of it can be foretold, its cohorts, and a study on it with its truth."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.feature_selection import SelectKBest, f_regression
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold

import varbench as vb
from varbench.data import SimulatedScore, load_data
from varbench.errors import InputError
from varbench.report import report


def test_the_best_observer_foretells_the_stated_share() -> None:
    data = SimulatedScore(n_features=8, n_informative=3, share=0.4).sample(40_000, seed=1)
    known, other = data.X[:, :3], data.X[:, 3:]
    assert r2_score(data.y, LinearRegression().fit(known, data.y).predict(known)) == pytest.approx(
        0.4, abs=0.02
    )
    assert r2_score(data.y, LinearRegression().fit(other, data.y).predict(other)) == pytest.approx(
        0, abs=0.002
    )
    assert (data.y.mean(), data.y.std()) == (pytest.approx(30, abs=0.2), pytest.approx(10, abs=0.2))


def test_a_seed_is_a_cohort_and_fresh_cases_are_others() -> None:
    kind = SimulatedScore()
    first, again, other, fresh = kind.cohort(3), kind.cohort(3), kind.cohort(4), kind.sample(137, 3)
    assert first.hash() == again.hash() != other.hash()
    assert not set(first.y) & set(fresh.y)
    named = load_data("simulated-score")
    assert named.numeric
    assert named.population == kind
    json.dumps(kind.settings())


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"share": 1.0}, "share"), ({"n_informative": 0}, "n_informative"), ({"n_cases": 1}, "n_cases"),
        ({"n_features": 4}, "n_informative"),
    ],
)  # fmt: skip
def test_out_of_range(wrong: dict[str, float], name: str) -> None:
    with pytest.raises(InputError, match=f"SimulatedScore: {name} must be"):
        SimulatedScore(**wrong)  # type: ignore[arg-type]


def test_one_fresh_case_is_too_few() -> None:
    with pytest.raises(InputError, match="n must be 2 or greater, got 1"):
        SimulatedScore().sample(1, 0)


def test_selection_before_the_split_overstates_a_number_too() -> None:
    split, select = vb.Split(KFold(3, shuffle=True)), SelectKBest(f_regression, k=10)
    study = vb.Study(
        question="Does selection before the split inflate?", data="simulated-score", primary="r2", margin=0.02,
        procedures={
            "before": vb.Procedure([select, split, Ridge()]), "after": vb.Procedure([split, select, Ridge()]),
        },
        vary=["cohort", "split"], truth_rows=500,
    )  # fmt: skip
    cube = study.run(repeats=6)
    own, truth = (cube[name].sel(metric="r2").mean(("repeat", "fold")).values for name in ("score", "truth"))
    assert own[0] > own[1] + 0.05
    assert own[0] - truth[0] > 0.05
    text = report(cube).text()
    assert "Not a gain: the score of before is invalid" in text
    assert "fresh patients" in text
    said = cube.sel(procedure="before").isel(repeat=2)
    expected = [r2_score(said["external_y_true"], said["external_pred"].isel(fold=fold)) for fold in range(3)]
    np.testing.assert_allclose(said["truth"].sel(metric="r2"), expected, atol=1e-6)

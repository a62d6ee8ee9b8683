"""Coverage of cross-validated intervals: against the same by hand, and where the truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import LeaveOneGroupOut

from varbench.data import SimulatedSites
from varbench.effects import BOTH, FOLDS, FRESH, PATIENTS, coverage, covered
from varbench.effects.coverage import CORRECTED
from varbench.errors import StudyError
from varbench.procedure import Procedure, Split, WithoutOne
from varbench.report import report
from varbench.stats import delong, wilson
from varbench.study import Study

LINE = LogisticRegression()
PROCEDURES = {
    "inside": Procedure([Split(WithoutOne(3), groups="batch"), LINE]),
    "outside": Procedure([Split(LeaveOneGroupOut(), groups="batch"), LINE]),
}


def study(data, **more):
    return Study(
        question="?", data=data, primary="roc_auc", vary=["cohort", "split"], truth_rows=500, procedures=PROCEDURES,
        covers={"a new site": ("inside", "outside")}, **more,
    )  # fmt: skip


@pytest.fixture(scope="module")
def cube():
    return study(SimulatedSites(n_cases=180, n_positive=90, n_sites=3, n_features=5)).run(repeats=3)


def test_what_is_held_against_what(cube):
    found = covered(cube).set_index(["title", "repeat", "part", "method"])
    own = cube.score.sel(procedure="inside", metric="roc_auc").values[1, 3:6]  # the second site's folds
    other = float(cube.score.sel(procedure="outside", metric="roc_auc").values[1, 1])
    row = found.loc[("a new site", 1, "site_02", FOLDS)]
    low, high = stats.t.interval(0.95, 2, own.mean(), own.std(ddof=1) / np.sqrt(3))
    assert (row["inside"], row["low"], row["high"], row["outside"]) == pytest.approx(
        (own.mean(), low, high, other)
    )
    assert row["covered"] == (low <= other <= high)
    wider = found.loc[("a new site", 1, "site_02", CORRECTED)]
    # 120 rows in three folds: 1 + k n_test / n_train = 1 + 3 * 40 / 80
    assert (wider["high"] - wider["low"]) / (high - low) == pytest.approx(np.sqrt(2.5))


def test_intervals_over_patients_are_delongs(cube):
    one = cube.sel(procedure="inside").isel(repeat=2)
    rows = one.row_fold.values // 3 == 0
    rows &= one.row_fold.values >= 0
    y, score = one.y_true.values[rows], one.y_score.values[rows]
    expected = delong(y, score)
    found = covered(cube).set_index(["title", "repeat", "part", "method"])
    row = found.loc[("a new site", 2, "site_01", PATIENTS)]
    assert row["inside"] == pytest.approx(roc_auc_score(y, score))
    assert (row["low"], row["high"]) == pytest.approx(expected.interval)
    both = found.loc[("a new site", 2, "site_01", BOTH)]
    assert both["low"] < row["low"] < row["high"] < both["high"]


def test_the_truth_of_the_models_stands_beside_where_there_is_one(cube):
    found = covered(cube)
    fresh = found[(found["title"] == FRESH) & (found["method"] == FOLDS) & (found["part"] == "site_03")]
    truth = cube.truth.sel(procedure="inside", metric="roc_auc").values[:, 6:9].mean(axis=1)
    assert fresh["outside"].to_numpy() == pytest.approx(truth)
    assert set(found[found["title"] == FRESH]["method"]) == {FOLDS, CORRECTED, PATIENTS}


def test_rates_have_intervals_over_cohorts_and_over_parts_of_one_table(cube):
    rates = coverage(cube).set_index(["title", "method"])
    by_repeat = (
        covered(cube).query("title == 'a new site' and method == @FOLDS").groupby("repeat")["covered"].mean()
    )
    row = rates.loc[("a new site", FOLDS)]
    assert row["rate"] == pytest.approx(by_repeat.mean())
    assert row[["repeats", "parts"]].tolist() == [3, 3]
    data = SimulatedSites(n_cases=180, n_positive=90, n_sites=3, n_features=5).cohort(1)
    one = study(data).run(repeats=2, vary=["split"])
    row = coverage(one).set_index(["title", "method"]).loc[("a new site", PATIENTS)]
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(wilson(3 * row["rate"], 3))


def test_the_report_says_it(cube):
    told = report(cube)
    (part,) = [one for one in told.document.sections if one.name == "coverage"]
    assert part.title == "How often the interval covers"
    assert told.plot("coverage").axes
    assert "patients, both sides" in told.text()


def test_what_is_named_must_be_there():
    with pytest.raises(StudyError, match="procedure 'nowhere'"):
        Study(question="?", data="wdbc", primary="roc_auc", vary=["split"], procedures=PROCEDURES,
              covers={"x": ("inside", "nowhere")})  # fmt: skip

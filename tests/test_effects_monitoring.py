"""Control charts: limits against their formula by hand, and how often they alarm where nothing has changed."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from varbench.data import SimulatedDrift
from varbench.effects import CHART_COLUMNS, LIMIT, charts, monitoring
from varbench.procedure import ByTime, Procedure, Split
from varbench.report import report
from varbench.study import Study

FROZEN = Procedure([Split(ByTime(2, frozen=True), groups="batch"), LogisticRegression(C=0.01)])
STEADY = SimulatedDrift(
    n_cases=400, n_positive=160, n_periods=8, change=8, n_panel=10, changed=(0.0,), offset=0.0
)


def study(data=STEADY, **more):
    settings = {"primary": "roc_auc", "vary": ["cohort"], "truth_rows": 0, "monitored": {"frozen": 2}, **more}
    return Study(question="?", data=data, procedures={"frozen": FROZEN}, **settings)


@pytest.fixture(scope="module")
def cube():
    return study().run(repeats=3)


def hanley_mcneil(auc, positives, negatives):
    """Their equation 1, with exponential scores, written out once more."""
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    above = auc * (1 - auc) + (positives - 1) * (q1 - auc**2) + (negatives - 1) * (q2 - auc**2)
    return above / (positives * negatives)


def test_the_limits_of_an_auc(cube):
    frame = charts(cube)
    assert list(frame.columns) == list(CHART_COLUMNS)
    mine = frame[frame["repeat"] == 1]
    assert mine["period"].tolist() == [f"2024-0{month}" for month in range(3, 9)]
    assert mine["reference"].tolist() == [True, True, False, False, False, False]
    assert mine[["n", "positives"]].to_numpy().tolist() == [[50, 20]] * 6
    own = cube.score.isel(procedure=0, repeat=1, metric=0).values
    assert mine["score"].to_numpy() == pytest.approx(own)
    centre = own[:2].mean()
    half = 3 * math.sqrt(hanley_mcneil(centre, 20, 30) + hanley_mcneil(centre, 40, 60))
    assert mine["centre"].to_numpy() == pytest.approx(centre)
    assert mine["low"].to_numpy() == pytest.approx(centre - half)
    assert mine["high"].to_numpy() == pytest.approx(min(centre + half, 1))
    assert LIMIT == 3


def test_a_score_is_of_the_period_alone(cube):
    one = cube.isel(procedure=0, repeat=0)
    rows = (one.row_fold.values >= 0) & (one.batch.values == 4)
    assert cube.batch_name.values[4] == "2024-05"
    found = charts(cube).set_index(["repeat", "period"]).loc[(0, "2024-05"), "score"]
    assert found == pytest.approx(roc_auc_score(one.y_true.values[rows], one.y_score.values[rows]))


@pytest.mark.parametrize(
    ("metric", "n", "of"), [("accuracy", 50, 100), ("recall", 20, 40), ("specificity", 30, 60)]
)
def test_the_limits_of_a_share_are_binomial(metric, n, of):
    frame = charts(study(primary=metric).run(repeats=1))
    p = frame["score"][:2].mean()
    half = 3 * math.sqrt(p * (1 - p) * (1 / n + 1 / of))
    assert frame["low"].to_numpy() == pytest.approx(max(p - half, 0))
    assert frame["high"].to_numpy() == pytest.approx(min(p + half, 1))


def test_a_metric_of_unknown_error_has_a_centre_and_no_limits():
    frame = charts(study(primary="f1").run(repeats=1))
    assert frame["centre"].notna().all()
    assert frame[["low", "high"]].isna().all(axis=None)
    assert not frame["beyond"].any()


def test_where_nothing_changes_there_are_few_alarms_and_a_change_is_found():
    steady = monitoring(charts_of(STEADY, 60))
    later = steady[~steady["reference"]]
    # 240 periods; three standard errors leave some .3 %, and twelve alarms would be one in a hundred million.
    assert later["beyond"].sum() * 60 <= stats.binom.ppf(1 - 1e-8, 240, 0.0027)
    changed = replace(STEADY, change=5, changed=(1.0,), strength=0.9)
    drifting = monitoring(charts_of(changed, 20)).set_index("period")
    assert drifting.loc["2024-05", "beyond"] < 0.1
    assert drifting.loc["2024-06":, "beyond"].min() > 0.5


def charts_of(data, repeats):
    return study(data).run(repeats=repeats)


def test_the_report_has_the_chart(cube):
    told = report(cube)
    assert "sets the limits" in told.text()
    assert told.plot("monitoring").axes
    (part,) = [one for one in told.document.sections if one.name == "monitoring"]
    assert part.title == "Over time, against limits"
    assert np.isfinite(told.frame("monitoring")["sd"]).all()

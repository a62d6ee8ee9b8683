"""Scores batch by batch and the AUC of the batch alone, against the same from the predictions by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import LeaveOneGroupOut, StratifiedKFold

from varbench.data import SimulatedSites, load_data
from varbench.effects import ALONE_COLUMNS, BATCH_COLUMNS, batch_alone, by_batch
from varbench.procedure import Procedure, Split
from varbench.report import report
from varbench.study import Study

LINE = LogisticRegression()


@pytest.fixture(scope="module")
def cube():
    study = Study(
        question="?", data=SimulatedSites(n_cases=120, n_positive=60, n_sites=3, n_features=4, confounding=0.8),
        primary="roc_auc", vary=["cohort", "split"], truth_rows=60,
        procedures={
            "rows": Procedure([Split(StratifiedKFold(2, shuffle=True)), LINE]),
            "sites": Procedure([Split(LeaveOneGroupOut(), groups="batch"), LINE]),
        },
    )  # fmt: skip
    return study.run(repeats=3)


def rows_of(cube, procedure, repeat):
    one = cube.sel(procedure=procedure).isel(repeat=repeat)
    there = one.row_fold.values >= 0
    return {name: one[name].values[there] for name in ("row_fold", "batch", "y_true", "y_score")}


def test_the_score_of_a_site_left_out_is_that_of_its_fold(cube):
    frame = by_batch(cube)
    assert list(frame.columns) == list(BATCH_COLUMNS)
    sites = frame[frame["procedure"] == "sites"]
    folds = cube.score.sel(procedure="sites", metric="roc_auc").mean("repeat").values
    assert sites["batch"].tolist() == ["site_01", "site_02", "site_03"]
    assert sites["score"].to_numpy() == pytest.approx(folds)
    assert sites["n"].sum() == 120
    assert sites["positives"].sum() == 60


def test_a_score_of_several_folds_is_their_mean_by_rows(cube):
    expected = []
    for repeat in range(3):
        rows = rows_of(cube, "rows", repeat)
        found = []
        for fold in (0, 1):
            mine = (rows["batch"] == 1) & (rows["row_fold"] == fold)
            found.append((roc_auc_score(rows["y_true"][mine], rows["y_score"][mine]), mine.sum()))
        values, sizes = zip(*found, strict=True)
        expected.append(np.average(values, weights=sizes))
    frame = by_batch(cube).set_index(["procedure", "batch"])
    assert frame.loc[("rows", "site_02"), "score"] == pytest.approx(np.mean(expected))
    assert frame.loc[("rows", "site_02"), "sd"] == pytest.approx(np.std(expected, ddof=1))


def test_the_batch_alone_is_ranked_by_its_share_of_events(cube):
    found = batch_alone(cube).set_index("procedure")
    assert list(batch_alone(cube).columns) == list(ALONE_COLUMNS)
    expected = []
    for repeat in range(3):
        rows = rows_of(cube, "rows", repeat)
        share = np.array([rows["y_true"][rows["batch"] == one].mean() for one in range(3)])
        expected.append(roc_auc_score(rows["y_true"], share[rows["batch"]]))
    assert found.loc["rows", "alone"] == pytest.approx(np.mean(expected))
    # One of three sites is the first half: .8 of the positive cases, and .2 of the negative ones.
    assert found.loc["rows", "two_sites"] == pytest.approx(0.8)
    assert found.loc["rows", "own"] == pytest.approx(float(cube.score.sel(procedure="rows").mean()))
    assert found.loc["rows", "truth"] == pytest.approx(float(cube.truth.sel(procedure="rows").mean()))


def test_the_report_has_them(cube):
    told = report(cube)
    assert "AUC of the batch alone" in told.text()
    (table,) = [one for one in told.document.tables() if one.name == "batches"]
    assert [row.cells[0] for row in table.rows] == ["site_01", "site_02", "site_03"]
    assert told.plot("batches").axes


def test_without_batches_there_is_nothing_to_say():
    study = Study(
        question="?", data=load_data("wdbc"), primary="roc_auc", vary=["split"],
        procedures={"rows": Procedure([Split(StratifiedKFold(2, shuffle=True)), LogisticRegression(max_iter=9000)])},
    )  # fmt: skip
    cube = study.run(repeats=1)
    assert by_batch(cube).empty
    assert batch_alone(cube).empty
    assert not [one for one in report(cube).document.sections if one.name == "batches"]

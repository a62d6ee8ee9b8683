"""The audit of a run: facts that a cube recorded, each planted in a cube of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from imblearn.over_sampling import RandomOverSampler
from sklearn.dummy import DummyClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

import varbench as vb
from varbench import Procedure, Split, Study
from varbench.audits.findings import (
    CLEAR,
    ERROR,
    FOUND,
    INFORMATION,
    NOT_APPLICABLE,
    NOT_CHECKED,
    WARNING,
    Finding,
)
from varbench.audits.runs import RUN_CHECKS, audit_cube
from varbench.cli import main
from varbench.errors import InputError
from varbench.metrics import ScoreStatus

CV = StratifiedKFold(3, shuffle=True)


def study(**changed: Any) -> Study:
    procedures = {
        "before": Procedure([RandomOverSampler(), Split(CV), DecisionTreeClassifier(max_depth=2)]),
        "selected": Procedure([SelectKBest(k=5), Split(CV), GaussianNB()]),
        "well": Procedure([Split(CV), SelectKBest(k=5), GaussianNB()]),
    }
    given = {"question": "?", "data": "wdbc", "procedures": procedures, "primary": "roc_auc", "vary": ["split", "init"],
             "metrics": ["accuracy"], "margin": 0.02, "compare": ("selected", "well")}  # fmt: skip
    return Study(**{**given, **changed})


@pytest.fixture(scope="module")
def cube() -> xr.Dataset:
    return study().run(repeats=2).load()


def of(cube: xr.Dataset, code: str) -> Finding:
    (one,) = (one for one in audit_cube(cube) if one.code == code)
    return one


def told(one: Finding) -> tuple[str, str]:
    return one.outcome, one.severity


def with_attribute(cube: xr.Dataset, name: str, value: Any) -> xr.Dataset:
    given = json.dumps(value) if isinstance(value, dict | list) else value
    return cube.assign_attrs({name: given})


def changed(cube: xr.Dataset, name: str, values: Any) -> xr.Dataset:
    return cube.assign({name: (cube[name].dims, values)})


def test_every_check_ends_in_an_outcome(cube: xr.Dataset) -> None:
    assert [one.code for one in audit_cube(cube)] == list(RUN_CHECKS)


def test_copies_that_were_recorded(cube: xr.Dataset) -> None:
    one = of(cube, "VB301")
    assert (told(one), one.leakage, one.columns) == ((FOUND, ERROR), "L1.4", ("before",))
    copies = (
        cube["related"].sel(procedure="before", relation="copy").sum()
        / cube["n_test"].sel(procedure="before").sum()
    )
    assert one.evidence["before copy"] == pytest.approx(float(copies))
    clean = of(cube.sel(procedure=["well"]), "VB301")
    assert clean.outcome == CLEAR
    assert "several rows was not declared" in clean.sentence


def test_groups_that_were_recorded(cube: xr.Dataset) -> None:
    related = cube["related"].values.copy()
    related[2, 0, 0, 2] = 1
    one = of(changed(cube, "related", related).sel(procedure=["well"]), "VB301")
    assert (told(one), one.leakage) == ((FOUND, ERROR), "L3.2")


def test_steps_that_learned_from_test_rows(cube: xr.Dataset) -> None:
    one = of(cube, "VB302")
    assert (told(one), one.leakage, one.columns) == ((FOUND, ERROR), "L1.3", ("selected",))
    assert of(cube.sel(procedure=["well"]), "VB302").outcome == CLEAR
    assert of(with_attribute(cube, "leaks", {}), "VB302").outcome == NOT_CHECKED


def test_scores_that_do_not_hold_elsewhere(cube: xr.Dataset) -> None:
    assert of(cube, "VB303").outcome == NOT_APPLICABLE
    simulated = study(data="simulated-radiomics").run(
        repeats=4, procedures=["before", "well"], set={"decisiontreeclassifier__max_depth": None}
    )
    one = of(simulated, "VB303")
    assert (told(one), one.columns) == ((FOUND, WARNING), ("before",))


def test_runs_that_failed_or_are_pending(cube: xr.Dataset) -> None:
    assert of(cube, "VB311").outcome == CLEAR
    status, error = cube["status"].values.copy(), cube["error"].values.copy()
    status[1, 0], error[1, 0] = 2, "Traceback\nValueError: no convergence"
    failed = of(changed(changed(cube, "status", status), "error", error), "VB311")
    assert (told(failed), failed.evidence) == ((FOUND, WARNING), {"failed": 1})
    assert "selected 1" in failed.sentence
    assert "ValueError: no convergence" in failed.sentence
    status[1, 0] = 0
    assert of(changed(cube, "status", status), "VB311").evidence == {"pending": 1}


def test_scores_without_a_value(cube: xr.Dataset) -> None:
    assert of(cube, "VB312").outcome == CLEAR
    for metric, severity in ((0, WARNING), (1, INFORMATION)):
        stored = cube["score_status"].values.copy()
        stored[2, :, 1, metric] = ScoreStatus.ONE_CLASS
        one = of(changed(cube, "score_status", stored), "VB312")
        assert (one.severity, list(one.evidence.values())) == (severity, [2])


def test_versions_and_files_that_nobody_knows(cube: xr.Dataset) -> None:
    assert of(cube, "VB313").outcome == CLEAR
    assert of(cube.assign_attrs(mixed_versions=True), "VB313").severity == WARNING
    data = json.loads(cube.attrs["data"]) | {"unverified": True}
    assert of(with_attribute(cube, "data", data), "VB313").severity == INFORMATION


def test_warnings_of_the_runs(cube: xr.Dataset) -> None:
    assert of(cube, "VB314").outcome == CLEAR
    warned = np.array([["", ""], ['["ConvergenceWarning: it did not"]', ""], ["", ""]])
    assert "ConvergenceWarning: it did not" in of(changed(cube, "warning", warned), "VB314").sentence


@pytest.mark.parametrize(
    ("states", "severity"),
    [
        ({"split": "varied", "init": "fixed"}, INFORMATION),
        ({"split": "fixed", "init": "varied"}, WARNING),
        ({"split": "fixed", "init": "fixed"}, WARNING),
        ({"cohort": "varied", "split": "fixed"}, INFORMATION),
    ],
)
def test_sources_that_were_kept(cube: xr.Dataset, states: dict[str, str], severity: str) -> None:
    sources = {name: {"state": state, "readers": []} for name, state in states.items()}
    assert told(of(with_attribute(cube, "sources", sources), "VB321")) == (FOUND, severity)


def test_how_many_repeats_there_are(cube: xr.Dataset) -> None:
    assert of(cube, "VB322").severity == WARNING
    assert of(cube, "VB322").evidence == {"repeats": 2}
    for number, wanted in ((6, (FOUND, INFORMATION)), (29, (CLEAR, INFORMATION))):
        many = cube.isel(repeat=[0] * number)
        assert told(of(many, "VB322")) == wanted


def test_repeats_that_are_all_alike(cube: xr.Dataset) -> None:
    assert of(cube, "VB323").outcome == CLEAR
    one = of(cube.isel(repeat=[0, 0, 0]), "VB323")
    assert (one.severity, one.columns) == (WARNING, ("before", "selected", "well"))


def test_what_was_declared_late(cube: xr.Dataset) -> None:
    assert of(cube, "VB331").outcome == CLEAR
    late = [{"name": "primary", "value": "accuracy", "runs": 6}]
    one = of(with_attribute(cube, "overrides", late), "VB331")
    assert one.severity == WARNING
    assert "primary = accuracy (after 6 runs)" in one.sentence
    without = cube.copy()
    del without.attrs["margin"]
    assert of(without, "VB331").severity == INFORMATION


def test_metrics_and_the_balance_of_the_classes(cube: xr.Dataset) -> None:
    assert of(cube, "VB332").outcome == CLEAR
    assert told(of(cube.sel(metric=["roc_auc"]), "VB332")) == (FOUND, INFORMATION)
    accurate = cube.assign_attrs(primary="accuracy")
    assert of(accurate, "VB332").outcome == CLEAR
    data = json.loads(cube.attrs["data"]) | {"classes": {"malignant": 12, "benign": 557}}
    one = of(with_attribute(accurate, "data", data), "VB332")
    assert one.severity == WARNING
    assert one.evidence["rarest_share"] == pytest.approx(12 / 569)


def test_a_constant_answer_is_as_good() -> None:
    constant = {"never": Procedure([Split(CV), DummyClassifier()])}
    run = study(procedures=constant, compare=None).run(repeats=2)
    one = of(run, "VB333")
    assert told(one) == (FOUND, WARNING)
    assert "never 0.500 (0.500)" in one.sentence


def test_nothing_from_elsewhere(cube: xr.Dataset) -> None:
    assert told(of(cube, "VB341")) == (FOUND, INFORMATION)
    assert of(with_attribute(cube, "external", {"name": "another hospital"}), "VB341").outcome == CLEAR


def test_a_run_without_any_run_is_not_checked(cube: xr.Dataset) -> None:
    empty = changed(cube, "status", np.zeros_like(cube["status"].values))
    assert {one.outcome for one in audit_cube(empty)} == {NOT_CHECKED}


def test_a_run_from_its_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study().run(repeats=1, out=tmp_path / "run")
    assert main(["audit", str(tmp_path / "run"), "--to", "html,json", "--out", str(tmp_path / "report")]) == 0
    shown = capsys.readouterr().out
    assert "VB301, error" in shown
    assert str(tmp_path) not in (tmp_path / "report" / "audit.html").read_text()
    assert vb.audit(tmp_path / "run" / "cube.zarr").frame("alarms")["code"].tolist()[:2] == ["VB301", "VB302"]
    with pytest.raises(InputError, match="a run is audited alone"):
        vb.audit(tmp_path / "run", "wdbc")


def test_of_several_data_sets_each_is_audited(tmp_path: Path) -> None:
    from varbench.data import load_data

    one = load_data("wdbc")
    parts = {"first": one.take(np.arange(0, 569, 2)), "second": one.take(np.arange(1, 569, 2))}
    for name, part in parts.items():
        study().run(data=part, repeats=1, procedures=["before", "well"], out=tmp_path / "sweep" / name)
    members = {name: {"source": name, "named": name, "status": "done", "error": ""} for name in parts}
    stored = {"varbench_collection": 1, "study": "study", "request": {}, "members": members}
    (tmp_path / "sweep" / "collection.json").write_text(json.dumps(stored))
    answer = vb.audit(tmp_path / "sweep")
    assert answer.kicker.endswith("on 2 data sets")
    found = answer.frame("findings").set_index("code").loc["VB301", "finding"]
    assert "first: In before" in found
    assert "second: In before" in found

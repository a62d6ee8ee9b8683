"""``varbench audit`` as its users meet it: what it shows, writes and refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from audit_examples import cohort

from varbench.cli import main
from varbench.questions.audit_subjects import kind_of


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    frame = cohort(np.random.default_rng(1), split=True, columns=(10,))
    frame["patient"] = [f"Mueller-{row // 2}" for row in range(len(frame))]
    frame.to_csv(tmp_path / "my.csv", index=False)
    for side in ("train", "test"):
        frame[frame["split"] == side].drop(columns="split").to_csv(tmp_path / f"{side}.csv", index=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_groups_across_the_split_are_told_and_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = "audit my.csv --target y --group patient --split split --to json,html,csv,md,tex --out report"
    assert main(line.split()) == 0
    shown = capsys.readouterr().out
    assert "VB111, error" in shown
    assert "Mueller" not in shown
    written = json.loads((folder / "report" / "audit.json").read_text())
    assert written["command"] == "audit"
    assert "VB111" in [row["code"] for row in written["tables"]["alarms"]]
    assert "Mueller" not in (folder / "report" / "audit.html").read_text()


def test_two_files_are_two_sides(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "train.csv", "test.csv", "--target", "y", "--id", "patient"]) == 0
    shown = capsys.readouterr().out
    assert "training and test table" in shown
    assert "VB105, error: Ids that repeat" in shown


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("audit my.csv --target z", "unknown column 'z'"),
        ("audit nothing.csv --target y", "no such file: nothing.csv"),
        ("audit my.csv --target y --split y", "named both as the target and as the split"),
        ("audit my.csv --target y --level 2", "level 2.0: must lie between 0 and 1"),
        ("audit my.csv --target y --drop nothing", "unknown column 'nothing'"),
        ("audit my.csv --target y --to wordperfect", "wordperfect"),
        ("audit", "Missing argument"),
    ],
)
def test_mistakes_are_told_with_exit_code_2(
    folder: Path, capsys: pytest.CaptureFixture[str], line: str, message: str
) -> None:
    assert main(line.split()) == 2
    assert message in capsys.readouterr().err


def test_quiet_prints_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "my.csv", "--target", "y", "--quiet"]) == 0
    assert not capsys.readouterr().out


def test_the_kinds_of_subjects(tmp_path: Path) -> None:
    (tmp_path / "run" / "cube.zarr").mkdir(parents=True)
    (tmp_path / "sweep" / "wdbc" / "cube.zarr").mkdir(parents=True)
    assert [kind_of(tmp_path / one) for one in ("run", "run/cube.zarr", "sweep")] == ["run"] * 3
    assert [kind_of(one) for one in ("a.csv", "wdbc", pd.DataFrame())] == ["table"] * 3
    assert [kind_of(one) for one in ("a.py:x", "a.py", object())] == ["pipeline"] * 3


def test_a_data_set_that_is_built_in(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "wdbc"]) == 0
    assert "wdbc: 569 rows x 30 features" in capsys.readouterr().out

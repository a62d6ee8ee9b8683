"""A run that goes on under other versions, and a folder that holds another study's run."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import StratifiedKFold

import varbench as vb
from varbench.cube import attributes
from varbench.data import from_frame
from varbench.errors import CubeError
from varbench.report import report

planning = importlib.import_module("varbench.study.plan")  # the package has a function of this name


def study(name: str = "first", procedures: tuple[str, ...] = ("a", "b")) -> vb.Study:
    made = {
        one: vb.Procedure([vb.Split(StratifiedKFold(2, shuffle=True)), DummyClassifier()])
        for one in procedures
    }
    return vb.Study(
        question="?",
        name=name,
        data="simulated-radiomics",
        primary="accuracy",
        vary=["split"],
        procedures=made,
    )


@pytest.fixture(scope="module")
def data() -> vb.Data:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"x": rng.normal(size=30), "y": np.arange(30) % 2})
    return from_frame(table, target="y")


def under(monkeypatch: pytest.MonkeyPatch, numpy: str) -> None:
    real = planning.numeric_versions

    def pretended(engine: str) -> dict[str, Any]:
        return {**real(engine), "numpy": numpy}

    monkeypatch.setattr(planning, "numeric_versions", pretended)


def test_a_mixed_cube_says_which_repeats_ran_under_which_version(
    data: vb.Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for total, version in ((2, "1.0"), (3, "1.1"), (5, "1.2"), (6, "1.0")):
        with monkeypatch.context() as changed:
            under(changed, version)
            study().run(data=data, repeats=total, out=tmp_path / "RUN", allow_versions=True)
    cube = vb.open_cube(tmp_path / "RUN")
    told = [(one["repeats"], one["versions"]["numpy"]) for one in attributes(cube)["ran_under"]]
    assert told == [([2], "1.1"), ([3, 4], "1.2"), ([5], "1.0")]
    notice = next(n for n in report(cube).document.notices if n.startswith("Mixed versions"))
    assert "Of repeats 2: numpy 1.1 (first 1.0). Of repeats 3 to 4: numpy 1.2 (first 1.0)." in notice
    assert notice.endswith("Of repeats 5: the first versions.")


def test_a_cube_of_one_version_says_nothing_of_it(data: vb.Data, tmp_path: Path) -> None:
    for total in (1, 2):
        study().run(data=data, repeats=total, out=tmp_path / "RUN")
    assert "ran_under" not in attributes(vb.open_cube(tmp_path / "RUN"))


def test_another_studys_run_is_called_so_before_its_data(data: vb.Data, tmp_path: Path) -> None:
    study().run(data=data, repeats=1, out=tmp_path / "RUN")
    with pytest.raises(
        CubeError, match=r"another study, 'first' \(procedures a, b\), and this is 'second' .*c, d"
    ):
        study("second", ("c", "d")).run(repeats=1, out=tmp_path / "RUN")


def test_a_study_of_another_name_and_the_same_procedures_goes_on(data: vb.Data, tmp_path: Path) -> None:
    study().run(data=data, repeats=1, out=tmp_path / "RUN")
    cube = study("renamed").run(data=data, repeats=2, out=tmp_path / "RUN")
    assert cube.sizes["repeat"] == 2

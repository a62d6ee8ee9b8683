"""Attributes of a cube that were edited by hand: one error that names the attribute, and never a traceback."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import varbench as vb
from varbench.cli.main import main
from varbench.cube.attributes import EXPECTED, check_attributes
from varbench.errors import CubeError

NONSENSE = (None, 5, "x", [], {}, "{broken")
COMMANDS = (["report"], ["compare"], ["decompose"], ["checklist"])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two procedures in two repeats, and their study beside them."""
    folder = tmp_path_factory.mktemp("attributes")
    (folder / "s.py").write_text(
        "from sklearn.dummy import DummyClassifier\n"
        "from sklearn.model_selection import StratifiedKFold\n"
        "from varbench import Procedure, Split, Study\n"
        "cv = StratifiedKFold(2, shuffle=True)\n"
        "steps = [Split(cv), DummyClassifier()]\n"
        "other = [Split(cv), DummyClassifier(strategy='stratified')]\n"
        "study = Study(question='Q?', data='simulated-radiomics', primary='accuracy', vary=['split'], repeats=2,\n"
        "    procedures={'a': Procedure(steps), 'b': Procedure(other)})\n"
    )
    rows = [f"{number},{number * 7 % 11},{number % 2}" for number in range(40)]
    (folder / "t.csv").write_text("\n".join(["a,b,y", *rows]))
    given = ["--data", str(folder / "t.csv"), "--target", "y", "--jobs", "1", "--quiet"]
    assert main(["study", str(folder / "s.py"), "--out", str(folder / "RUN"), *given]) == 0
    return folder / "RUN"


def edited(run: Path, place: Path, name: str, value: Any) -> Path:
    """Give a copy of a run with one attribute replaced."""
    shutil.copytree(run, place)
    file = place / "cube.zarr" / "zarr.json"
    root = json.loads(file.read_text())
    root["attributes"][name] = value
    file.write_text(json.dumps(root))
    return place


def names_of(run: Path) -> list[str]:
    return list(json.loads((run / "cube.zarr" / "zarr.json").read_text())["attributes"])


def test_whatever_stands_in_an_attribute_no_command_breaks(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in names_of(run):
        for number, value in enumerate(NONSENSE):
            place = edited(run, tmp_path / f"{name}{number}", name, value)
            codes = {main([*command, str(place), "--quiet"]) for command in COMMANDS[number % 2 :: 2]}
            assert codes <= {0, 2}, (name, value)
            shutil.rmtree(place)
    capsys.readouterr()


@pytest.mark.parametrize("name", [n for n in EXPECTED if n not in ("notes", "lower_is_better", "equal")])
def test_it_is_named(run: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(CubeError, match=rf"RUN: .*the attribute {name} is \[5\], and must be "):
        vb.open_cube(edited(run, tmp_path / "RUN", name, [5]))


def test_broken_json_is_named(run: Path, tmp_path: Path) -> None:
    with pytest.raises(CubeError, match="the attribute settings begins as JSON and is none"):
        vb.open_cube(edited(run, tmp_path / "RUN", "settings", "{broken"))


def test_a_primary_metric_that_the_cube_lacks(run: Path, tmp_path: Path) -> None:
    with pytest.raises(
        CubeError, match="the attribute primary: unknown metric of this cube 'acuracy'; did you mean acc"
    ):
        vb.open_cube(edited(run, tmp_path / "RUN", "primary", "acuracy"))


@pytest.mark.parametrize("name", ["settings", "request", "data", "margin", "sources"])
def test_going_on_names_it_as_well(
    run: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    study = str(run.parent / "s.py")
    for number, value in enumerate((5, {}, "[5]")):
        place = edited(run, tmp_path / str(number), name, value)
        code = main(["study", study, "--out", str(place), "--repeats", "3", "--jobs", "1", "--quiet"])
        said = capsys.readouterr().err
        assert code in (0, 2)
        assert value == {} or f"the attribute {name} is" in said or name == "margin"


def test_text_is_never_run_as_code(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = tmp_path / "made"
    given = json.loads(json.loads((run / "cube.zarr" / "zarr.json").read_text())["attributes"]["request"])
    text = f"__import__('pathlib').Path({str(there)!r}).touch()"
    place = edited(
        run, tmp_path / "RUN", "request", json.dumps({**given, "set": {"dummyclassifier__strategy": text}})
    )
    assert vb.open_cube(place).sizes["repeat"] == 2
    assert main(["study", str(run.parent / "s.py"), "--out", str(place), "--jobs", "1", "--quiet"]) == 2
    assert "__import__" in capsys.readouterr().err  # refused as another setting, its text shown
    assert not there.exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("margin", -1.0), ("margin", 0), ("margin", True), ("gamma", 0.4), ("gamma", 1), ("confidence_level", 95),
        ("direction", "up"), ("overrides", [{"name": "margin", "value": "wide"}]), ("overrides", [{"value": 1}]),
        ("overrides", [{"name": "nosuch", "value": 1}]), ("compared", ["a"]), ("leaks", {"a": [{"step": "s"}]}),
        ("leaks", {"a": {}}), ("sources", {"split": {}}), ("sources", {"split": "varied"}), ("design", {"kind": "odd"}),
        ("design", {}), ("lines", {"a": [[1, 2, 3]]}), ("published", {"procedures": {"a": {"f1": "high"}}}),
        ("request", {"set": ["a"]}), ("mixed_versions", 1), ("data", {"n_cases": "many"}),
    ],
)  # fmt: skip
def test_what_is_refused(name: str, value: Any) -> None:
    with pytest.raises(CubeError, match=f"the attribute {name} is .*, and must be "):
        check_attributes({name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("margin", 1), ("gamma", 0.75), ("overrides", [{"name": "margin", "value": 0.1, "time": "t", "runs": 3}]),
        ("leaks", {"a": None, "b": []}), ("published", {"procedures": {"a": {"f1": [0.8, 0.1], "mcc": 0.2}}}),
        ("anything", object()), ("steps", {"a": None}), ("request", {"set": {"a": "[1, 'x']"}}),
    ],
)  # fmt: skip
def test_what_is_not(name: str, value: Any) -> None:
    check_attributes({name: value})


def test_the_attributes_of_a_study_all_stand_in_the_table(run: Path) -> None:
    assert set(names_of(run)) - {"varbench_schema", "coordinates"} <= set(EXPECTED)

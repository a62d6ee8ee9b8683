"""The command line as its users meet it: what it shows, what it refuses, and its exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import varbench as vb
from varbench.cli import main
from varbench.cube import identical

STUDY = '''
"""A quick study."""
import numpy as np
import varbench as vb
from imblearn.over_sampling import RandomOverSampler
from sklearn.model_selection import StratifiedKFold
from sklearn.tree import DecisionTreeClassifier

cv = StratifiedKFold(3, shuffle=True)
over, tree = ("resample", RandomOverSampler()), ("tree", DecisionTreeClassifier(max_depth=3))
study = vb.Study(
    question="Does the order matter?", data="wdbc", primary="roc_auc", margin=0.02, metrics=["f1"],
    procedures={
        "incorrect": vb.Procedure([over, vb.Split(cv), tree]),
        "correct": vb.Procedure([vb.Split(cv), over, tree]),
    },
    vary=["split", "resample", "init"], repeats=3, presets={"quick": {"set": {"tree__max_depth": 2}, "repeats": 2}},
)
'''


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder of one's own, with a study and a table in it."""
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(STUDY)
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(60, 4)).round(3), columns=["a", "b", "c", "d"])
    frame["recurrence"] = np.where(np.arange(60) % 3 == 0, "yes", "no")
    frame["patient"] = [f"P{i:03}" for i in range(60)]
    frame["site"] = np.where(np.arange(60) % 2 == 0, "north", "south")
    frame["scanner"] = "Acme 3000"
    frame.to_csv("my.csv", index=False)
    return tmp_path


MY = (
    *("--data", "my.csv", "--target", "recurrence", "--positive", "yes"),
    *("--id", "patient", "--batch", "site", "--drop", "scanner"),
)


def run(capsys, *arguments: object) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_study_shows_a_table_and_says_where_things_are(place, capsys):
    code, out, err = run(
        capsys, "study", "mine.py", "--jobs", 1, "--out", "RUN", "--to", "html,md,tex,csv,json"
    )
    assert code == 0
    assert "6/6" in err  # progress, and the time left, are on the error stream
    assert "ROC AUC" in out
    assert "Not a gain" in out
    assert "RUN/cube.zarr" in out
    assert sorted(p.name for p in Path("RUN").glob("report.*")) == [
        f"report.{s}" for s in ("csv", "html", "json", "md", "tex")
    ]
    assert json.loads(Path("RUN/report.json").read_text())["study"]


def test_ones_own_table(place, capsys):
    code, out, _ = run(capsys, "study", "mine.py", *MY, "--jobs", 1, "--out", "RUN")
    assert code == 0
    assert "60 cases, 4 features" in out
    cube = vb.open_cube("RUN")
    assert str(cube.sample_id.values[0]).endswith("P000")
    for form in ("md", "json", "csv", "tex"):
        assert run(capsys, "report", "RUN", "--to", form, "--quiet")[0] == 0
    for report in Path("RUN").glob("report.*"):  # no id and no place of this machine in any report
        assert "P000" not in report.read_text()
        assert str(place) not in report.read_text()


def test_the_same_command_goes_on_and_only_the_missing_is_run(place, capsys):
    run(capsys, "study", "mine.py", "--repeats", 2, "--jobs", 1, "--out", "RUN", "--seed", 4, "--quiet")
    before = vb.open_cube("RUN").seconds.values
    code, _, err = run(capsys, "study", "mine.py", "--repeats", 4, "--jobs", 1, "--out", "RUN")
    assert code == 0
    assert "4/4" in err
    after = vb.open_cube("RUN")
    np.testing.assert_array_equal(after.seconds.values[:, :2], before)
    run(capsys, "study", "mine.py", "--repeats", 4, "--jobs", 2, "--out", "OTHER", "--seed", 4, "--quiet")
    assert identical(after, vb.open_cube("OTHER")) == []


def test_without_out_the_folder_is_named_by_the_settings(place, capsys):
    run(capsys, "study", "mine.py", "--jobs", 1, "--quiet")
    run(capsys, "study", "mine.py", "--jobs", 1, "--quiet", "--repeats", 4)
    run(capsys, "study", "mine.py", "--jobs", 1, "--quiet", "--seed", 1)
    folders = sorted(Path("varbench-runs").iterdir())
    assert len(folders) == 2
    assert all(
        folder.name.startswith("mine-wdbc-") and len(folder.name) == len("mine-wdbc-") + 8
        for folder in folders
    )


def test_run_and_its_cube_mean_the_same(place, capsys):
    run(capsys, "study", "mine.py", "--jobs", 1, "--out", "RUN", "--repeats", 1, "--quiet")
    code, out, _ = run(capsys, "study", "mine.py", "--jobs", 1, "--out", "RUN/cube.zarr", "--repeats", 2)
    assert code == 0
    assert "cube.zarr/cube.zarr" not in out
    assert not list(Path("RUN/cube.zarr").glob("report*"))


def test_a_cube_goes_on_from_another_folder(place, capsys, monkeypatch):
    run(capsys, "study", "mine.py", *MY, "--jobs", 1, "--out", "RUN", "--repeats", 1, "--quiet")
    Path("below").mkdir()
    monkeypatch.chdir("below")
    code, _, err = run(
        capsys, "study", "../mine.py", "--jobs", 1, "--out", "../RUN", "--repeats", 2, "--from", ".."
    )
    assert code == 0, err


def test_a_preset_and_the_same_settings_stay_apart(place, capsys):
    run(capsys, "study", "mine.py", "--set", "tree__max_depth=2", "--jobs", 1, "--quiet")
    run(capsys, "study", "mine.py", "--preset", "quick", "--jobs", 1, "--quiet")
    marked = [
        "not the protocol" in (f / "report.html").read_text().lower() for f in Path("varbench-runs").iterdir()
    ]
    assert sorted(marked) == [False, True]


def test_a_preset_says_that_it_is_not_the_protocol(place, capsys):
    code, out, _ = run(
        capsys,
        "study",
        "mine.py",
        "--preset",
        "quick",
        "--jobs",
        1,
        "--out",
        "RUN",
        "--to",
        "html,md,tex,csv,json",
    )
    assert code == 0
    assert "not the protocol" in out.lower()
    for report in Path("RUN").glob("report.*"):
        assert "quick" in report.read_text(), report


def test_report_with_another_metric_runs_nothing(place, capsys):
    run(capsys, "study", "mine.py", "--jobs", 1, "--out", "RUN", "--quiet")
    before = vb.open_cube("RUN").seconds.values
    code, out, _ = run(capsys, "report", "RUN", "--metrics", "mcc,roc_auc")
    assert code == 0
    assert "MCC" in out
    np.testing.assert_array_equal(vb.open_cube("RUN").seconds.values, before)


def test_an_override_is_marked_for_ever(place, capsys):
    run(capsys, "study", "mine.py", "--jobs", 1, "--out", "RUN", "--quiet")
    assert run(capsys, "report", "RUN", "--margin", "0.05", "--primary", "f1")[0] == 0
    assert "set after the runs" in Path("RUN/report.html").read_text().lower()
    code, _, err = run(capsys, "report", "RUN", "--primary", "mcc")
    assert code == 2
    assert "mcc" in err


def test_export_is_netcdf(place, capsys):
    import xarray as xr

    run(capsys, "study", "mine.py", "--jobs", 1, "--out", "RUN", "--quiet")
    assert run(capsys, "export", "RUN", "cube.nc")[0] == 0
    with xr.open_dataset("cube.nc") as loaded:
        np.testing.assert_array_equal(loaded.score.values, vb.open_cube("RUN").score.values)
    code, _, err = run(capsys, "export", "RUN", "cube.nc")
    assert code == 2
    assert "cube.nc" in err


@pytest.mark.parametrize("what", ["studies", "data", "metrics"])
def test_lists(capsys, what):
    code, out, _ = run(capsys, "list", what)
    assert code == 0
    assert {"studies": "oversampling", "data": "radmlbench/HNSCC", "metrics": "roc_auc"}[what] in out


def test_all_fifty_tables_are_listed(capsys):
    out = run(capsys, "list", "data")[1]
    assert sum(line.startswith("radmlbench/") for line in out.splitlines()) == 50


def test_show_names_readers_and_states(capsys):
    out = run(capsys, "show", "oversampling")[1]
    assert "not in this study" in out
    assert "forest__estimator" in out
    assert "forest__n_estimators" in out
    assert "10.1148/ryai.220028" in out


def test_check_names_the_leak_and_the_cure(place, capsys):
    code, out, _ = run(capsys, "check", "mine.py", "--effects")
    assert code == 0
    assert "incorrect: its score is invalid" in out
    assert "L1.4" in out
    assert "move resample right of Split" in out
    assert "correct: no leak found" in out
    assert "changes it" in out


def test_check_says_that_a_callable_is_not_checked(place, capsys):
    Path("call.py").write_text(
        "import numpy as np\nimport varbench as vb\n"
        "def dice(data, seeds):\n    return {'fold': np.zeros(data.n_cases, int), 'sample': np.arange(data.n_cases), "
        "'y_score': np.random.default_rng(seeds('init')).random(data.n_cases)}\n"
        "study = vb.Study(question='?', data='wdbc', primary='roc_auc', procedures={'dice': dice}, vary=['init'])\n"
    )
    assert "not checked" in run(capsys, "check", "call.py")[1]


def damaged(content: str) -> str:
    Path("bad.csv").write_text(content)
    return "bad.csv"


HEAD = "a,b,y\n"
ROWS = "".join(f"{i % 7},{i % 5},{i % 2}\n" for i in range(30))


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("", (), "empty"),
        (HEAD, (), "no rows|empty"),
        (HEAD + ROWS, ("--target", "z"), "unknown column 'z'"),
        (HEAD + ROWS + "x,1,0\n", (), "'x'"),
        (HEAD + ROWS + "inf,1,0\n", (), "inf"),
        (HEAD + "".join(f"{i},1,1\n" for i in range(9)), (), "expected two classes"),
        (HEAD + ROWS + "1,1,\n", (), "(?i)missing|NaN|no value"),
        (HEAD + ROWS.replace(",1\n", ",yes\n").replace(",0\n", ",no\n"), (), "--positive|positive"),
        (
            HEAD + "".join(f"{i},{i % 3},{int(i < 2)}\n" for i in range(30)),
            (),
            "'1' has 2 cases, fewer than the 3 folds",
        ),
        (HEAD + ROWS, ("--id", "a"), "--group|group"),
        (HEAD + ROWS, ("--drop", "nonsuch"), "nonsuch"),
    ],
)
def test_a_bad_table_is_told_before_any_work(place, capsys, content, options, message):
    import re

    target = () if "--target" in options else ("--target", "y")
    code, _, err = run(
        capsys, "study", "mine.py", "--data", damaged(content), *target, *options, "--jobs", 1, "--out", "RUN"
    )
    assert code == 2, err
    assert re.search(message, err), err
    assert "Traceback" not in err
    assert not Path("RUN/cube.zarr").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("study", "oversampel"), "did you mean oversampling"),
        (("study", "nowhere.py"), "no study file"),
        (("study", "mine.py", "--data", "wdcb"), "did you mean wdbc"),
        (("study", "mine.py", "--data", "nosuch.csv"), "nosuch.csv"),
        (("study", "mine.py", "--repeats", "0"), "--repeats 0"),
        (("study", "mine.py", "--repeats", "-3"), "--repeats -3"),
        (("study", "mine.py", "--jobs", "0"), "--jobs 0"),
        (("study", "mine.py", "--set", "split__n_splits=0"), "n_splits=0"),
        (("study", "mine.py", "--set", "tree__depth=2"), "tree__max_depth"),
        (("study", "mine.py", "--set", "nonsense"), "path=value"),
        (("study", "mine.py", "--vary", "splt"), "did you mean split"),
        (("study", "mine.py", "--procedures", "corect"), "did you mean correct"),
        (("study", "mine.py", "--preset", "quik"), "did you mean quick"),
        (("study", "mine.py", "--to", "pdf"), "unknown form 'pdf'"),
        (("study", "mine.py", "--backend", "slurm"), "unknown backend"),
        (("study", "mine.py", "--backend", "dask"), "--scheduler"),
        (("study", "mine.py", "--external", "nosuch.csv"), "nosuch.csv"),
        (("stduy", "mine.py"), "did you mean study"),
        (("report", "nowhere"), "nowhere"),
        (("report", "mine.py"), "mine.py"),
        (("data", "show", "HNSC"), "HNSCC"),
        (("study", "mine.py", "--repeats", "many"), "many"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_message_and_exit_code_2(place, capsys, arguments, message):
    code, _, err = run(capsys, *arguments)
    assert code == 2
    assert message in err
    assert "Traceback" not in err
    assert not Path("varbench-runs").exists() or not list(Path("varbench-runs").glob("*/cube.zarr"))


def test_missing_features_offer_the_choice(place, capsys):
    Path("bayes.py").write_text(STUDY.replace("DecisionTreeClassifier(max_depth=3)", "GaussianNB()").replace(
        "from sklearn.tree import DecisionTreeClassifier", "from sklearn.naive_bayes import GaussianNB"))  # fmt: skip
    table = damaged(HEAD + ROWS + ",1,0\n")
    command = ("study", "bayes.py", "--data", table, "--target", "y", "--jobs", 1)
    code, _, err = run(capsys, *command, "--out", "RUN")
    assert code == 2
    assert "--missing drop" in err
    assert "--missing impute" in err
    for choice in ("drop", "impute"):
        assert run(capsys, *command, "--missing", choice, "--out", choice)[0] == 0
    assert vb.open_cube("drop").sizes["case"] == 30
    assert vb.open_cube("impute").sizes["case"] == 31


def test_another_studys_folder_is_refused_with_both_shown(place, capsys):
    run(capsys, "study", "mine.py", "--jobs", 1, "--out", "RUN", "--quiet")
    code, _, err = run(capsys, "study", "mine.py", "--jobs", 1, "--out", "RUN", "--set", "tree__max_depth=5")
    assert code == 2
    assert "max_depth=3" in err
    assert "max_depth=5" in err
    Path("notes").mkdir()
    Path("notes/todo.txt").write_text("x")
    code, _, err = run(capsys, "study", "mine.py", "--jobs", 1, "--out", "notes")
    assert code == 2
    assert "not a cube" in err


FLAKY = """
class Tree(DecisionTreeClassifier):
    def fit(self, X, y):
        if np.random.default_rng(self.random_state).random() < 0.2:
            raise ValueError("no luck")
        return super().fit(X, y)
"""

SLOW = """
import time
class Tree(DecisionTreeClassifier):
    def fit(self, X, y):
        time.sleep(0.05)
        return super().fit(X, y)
"""


def with_tree(code: str) -> str:
    return STUDY.replace("study = vb.Study(", code + "\ntree = ('tree', Tree())\nstudy = vb.Study(")


def test_some_runs_failed_is_exit_code_3(place, capsys):
    Path("flaky.py").write_text(with_tree(FLAKY).replace("repeats=3", "repeats=8"))
    code, out, err = run(capsys, "study", "flaky.py", "--jobs", 1, "--out", "RUN")
    assert code == 3
    assert "failed: ValueError: no luck" in err
    assert "ROC AUC" in out  # what there is, is reported


def test_all_runs_failed_is_exit_code_3(place, capsys):
    Path("never.py").write_text(
        STUDY.replace("DecisionTreeClassifier(max_depth=3)", "DecisionTreeClassifier(max_depth='deep')")
    )
    code, _, err = run(capsys, "study", "never.py", "--jobs", 1, "--out", "RUN")
    assert code == 3
    assert "the rest was not tried" in err


def test_an_external_table_is_scored_and_aligned(place, capsys):
    frame = pd.read_csv("my.csv")
    frame[["a", "b", "c", "d"]] += 0.25
    frame.to_csv("other.csv", index=False)
    code, _, err = run(
        capsys, "study", "mine.py", *MY, "--external", "other.csv", "--jobs", 1, "--out", "RUN"
    )
    assert code == 0, err
    assert "truth" in vb.open_cube("RUN")
    frame.rename(columns={"a": "A.1"}).to_csv("renamed.csv", index=False)
    code, _, err = run(
        capsys, "study", "mine.py", *MY, "--external", "renamed.csv", "--jobs", 1, "--out", "RUN2"
    )
    assert code == 2
    assert "intersect" in err
    code, _, err = run(
        capsys,
        "study",
        "mine.py",
        *MY,
        "--external",
        "renamed.csv",
        "--align",
        "intersect",
        "--jobs",
        1,
        "--out",
        "RUN2",
    )
    assert code == 0, err


def test_ctrl_c_keeps_what_was_done_and_the_same_command_goes_on(place):
    Path("slow.py").write_text(with_tree(SLOW).replace("repeats=3", "repeats=30"))
    command = [sys.executable, "-m", "varbench", "study", "slow.py", "--out", "RUN", "--jobs", "1"]
    environment = os.environ | {"PYTHONPATH": str(Path(vb.__file__).parents[1]), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
        # A shell's background jobs ignore Ctrl-C, and hand that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    while not Path("RUN/cube.zarr").exists() and process.poll() is None:
        time.sleep(0.1)
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "the same command goes on" in err
    assert "Traceback" not in err
    done = int((vb.open_cube("RUN").status == 1).sum())
    assert 0 < done < 60
    assert (
        subprocess.run(command, env=environment, capture_output=True, timeout=120, check=False).returncode
        == 0
    )
    assert (vb.open_cube("RUN").status == 1).all()


def test_a_folder_that_cannot_be_written(place, capsys):
    Path("file").write_text("x")
    code, _, err = run(capsys, "study", "mine.py", "--jobs", 1, "--out", "file/RUN")
    assert code == 2
    assert "file" in err


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["--vary", ""], "--vary '': a name is empty; give A,B, or leave the option out"),
        (["--procedures", ","], "--procedures ,: a name is empty"),
        (["--fix", "init,"], "--fix init,: a name is empty"),
        (["--set", "a__b=1", "--set", "a__b=2"], "--set a__b is given twice"),
        (["--set", "a__b=1", "--set", " a__b =1"], "--set a__b is given twice"),
        (["--drop", "a", "--drop", ""], "--drop a,: a name is empty"),
    ],
)
def test_an_option_without_a_value_or_with_two_is_refused(typed, said, capsys):
    assert main(["study", "oversampling", *typed]) == 2
    assert said in capsys.readouterr().err

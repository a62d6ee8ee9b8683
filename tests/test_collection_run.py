"""A study over several data sets: a cube each, as if it were alone; one that fails stops no other."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB

import varbench as vb
from varbench.cli.main import main
from varbench.cube import cubes_of, has_cube, identical, join, read_collection
from varbench.data import Data, SimulatedRadiomics
from varbench.engine import failures, plan_collection, run_collection
from varbench.errors import CubeError, DataError, InputError, RunsFailed
from varbench.study import Request, load_study

CV = StratifiedKFold(3, shuffle=True)


def table(name: str, n: int = 30, p: int = 4) -> Data:
    rng = np.random.default_rng(n + p)
    y = np.repeat([0, 1], [n - n // 3, n // 3])
    return Data(
        X=rng.normal(size=(n, p)) + y[:, None] * np.linspace(0, 1, p), y=y, classes=("no", "yes"),
        feature_names=tuple(f"f{i}" for i in range(p)), ids=np.array([f"p{i}" for i in range(n)]), name=name,
    )  # fmt: skip


TABLES = {"small": table("small"), "wide": table("wide", 36, 9), "long": table("long", 60, 3)}


class Unless(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Hands on what it gets, but not from tables of nine features."""

    def fit(self, X, y=None):
        if X.shape[1] == 9:
            raise ValueError("nine features")
        return self

    def transform(self, X):
        return X


def study(**changes: object) -> vb.Study:
    settings: dict[str, object] = {
        "question": "Which is better?",
        "data": TABLES,
        "procedures": {
            "bayes": vb.Procedure([vb.Split(CV), GaussianNB()]),
            "line": vb.Procedure([vb.Split(CV), LogisticRegression()]),
        },
        "primary": "roc_auc",
        "vary": ["split"],
        "repeats": 4,
    }
    return vb.Study(**(settings | changes))  # type: ignore[arg-type]


def picky(**changes: object) -> vb.Study:
    steps = {"bayes": GaussianNB(), "line": LogisticRegression()}
    procedures = {name: vb.Procedure([vb.Split(CV), Unless(), step]) for name, step in steps.items()}
    return study(procedures=procedures, **changes)


def stop_after(runs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a Ctrl-C come in the middle of the work."""
    from varbench.engine import backends

    done, plain = [0], backends.execute_batch

    def execute(work, batch):
        done[0] += len(batch)
        if done[0] > runs:
            raise KeyboardInterrupt("by hand")
        return plain(work, batch)

    monkeypatch.setattr(backends, "execute_batch", execute)


def write_tables(folder: Path, names: str = "abc") -> None:
    for number, name in enumerate(names):
        rng = np.random.default_rng(number)
        rows = [f"{i % 2},{rng.normal() + i % 2:.3f},{rng.normal():.3f}" for i in range(24)]
        (folder / f"{name}.csv").write_text("\n".join(["y,f,g", *rows]) + "\n")


def run_with(columns: dict[str, Any], out: Path, repeats: int = 1, **asked: Any) -> Any:
    """Run as the command line does, which alone says of several files what their columns are."""
    settled = plan_collection(study(), Request(data_options=columns, **asked), out)
    return run_collection(settled, repeats=repeats, out=out)


@pytest.mark.parametrize("jobs", [1, 2])
def test_each_cube_is_that_of_the_data_set_alone(tmp_path, jobs):
    joined = study().run(out=tmp_path / "run", jobs=jobs)
    assert joined["dataset"].values.tolist() == list(TABLES)
    for name, data in TABLES.items():
        alone = study().run(data=data)
        assert identical(vb.open_cube(tmp_path / "run" / name), alone) == []
        assert identical(cubes_of(joined)[name], alone) == []
        np.testing.assert_array_equal(joined.score.sel(dataset=name).values, alone.score.values)


def test_the_folder_opens_as_the_joined_cube(tmp_path):
    made = study().run(out=tmp_path / "run")
    opened = vb.open_cube(tmp_path / "run", verify=True)
    np.testing.assert_array_equal(opened.score.values, made.score.values)
    assert opened.n_cases.values.tolist() == [30, 36, 60]
    assert opened.n_features.values.tolist() == [4, 9, 3]
    assert opened.n_positive.values.tolist() == [10, 12, 20]
    members = read_collection(tmp_path / "run")["members"]
    assert {name: one["status"] for name, one in members.items()} == dict.fromkeys(TABLES, "done")


def test_in_memory_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    joined = study().run()
    assert dict(joined.score.sizes) == {"dataset": 3, "procedure": 2, "repeat": 4, "fold": 3, "metric": 1}
    assert np.isfinite(joined.score.values).all()
    assert list(tmp_path.iterdir()) == []


def test_populations_are_members_too(tmp_path):
    cohorts = {
        f"{n}": SimulatedRadiomics(n_cases=30, n_positive=n, n_features=105, structure=n) for n in (9, 12)
    }
    asked = study(data=cohorts, vary=["cohort", "split"], truth_rows=50, repeats=2)
    joined = asked.run(out=tmp_path / "run")
    assert joined.n_positive.values.tolist() == [9, 12]
    alone = asked.run(data=cohorts["12"])
    np.testing.assert_array_equal(joined.score.sel(dataset="12").values, alone.score.values)
    np.testing.assert_array_equal(joined.truth.sel(dataset="12").values, alone.truth.values)
    assert (asked.run(out=tmp_path / "run", repeats=3).status == 1).all()


def test_one_that_fails_stops_no_other(tmp_path):
    with pytest.warns(RuntimeWarning, match=r"wide was not run: the first 3 runs .* nine features"):
        joined = picky().run(out=tmp_path / "run")
    assert (joined.status.sel(dataset=["small", "long"]) == 1).all()
    members = read_collection(tmp_path / "run")["members"]
    assert [one["status"] for one in members.values()] == ["done", "failed", "done"]
    assert "nine features" in members["wide"]["error"]
    assert json.loads(joined.attrs["members"])["wide"]["status"] == "failed"
    # Three runs of each procedure have shown that there is no hope, whatever the workers.
    assert failures(joined).total() == 6
    with pytest.warns(RuntimeWarning, match="--retry-failed"):
        again = picky().run(out=tmp_path / "run")
    np.testing.assert_array_equal(again.status.values, joined.status.values)


def test_a_table_that_cannot_be_used_stops_no_other(tmp_path):
    X = TABLES["wide"].X.copy()
    X[3, 2] = np.nan
    holes = {**TABLES, "wide": Data(**{**vars(TABLES["wide"]), "X": X})}
    with pytest.warns(RuntimeWarning, match=r"wide was not run: .*missing"):
        joined = study().run(data=holes, out=tmp_path / "run")
    assert joined["dataset"].values.tolist() == ["small", "long"]
    assert not has_cube(tmp_path / "run" / "wide")
    assert read_collection(tmp_path / "run")["members"]["wide"]["status"] == "failed"


def test_absent_files_are_told_and_left_out(tmp_path):
    write_tables(tmp_path, "a")
    content = (tmp_path / "a.csv").read_bytes()
    of, size = {name: f"{number:064x}" for number, name in enumerate("xyz")}, len(content)
    of["a"] = hashlib.sha256(content).hexdigest()
    (tmp_path / "two.toml").write_text(
        '[[files]]\nname = "{member}.csv"\nurl = "http://127.0.0.1:9/{member}.csv"\n'
        '[columns]\ntarget = "y"\npositive = "1"\n'
        + "".join(f'[[members]]\nname = "{name}"\nsha256 = "{of[name]}"\nsize = {size}\n' for name in "axyz")
    )
    with pytest.warns(
        RuntimeWarning,
        match=r"not all could be run:\nnot here, and cannot be fetched: x, y, z \(x\.csv could not be fetched from "
        r"127\.0\.0\.1:9: [^.]+; --from DIR names a folder that has them\)$",
    ):
        joined = run_with({"search": [str(tmp_path)]}, tmp_path / "run", data=f"{tmp_path}/two.toml/*")
    assert joined["dataset"].values.tolist() == ["a"]
    members = read_collection(tmp_path / "run")["members"]
    assert [one["status"] for one in members.values()] == ["done", "absent", "absent", "absent"]
    # Two that could not be fetched are enough to know that there is no network.
    assert "could not be fetched from 127.0.0.1" in members["y"]["error"]
    assert members["z"]["error"] == "not here, and not tried, since others could not be fetched: x, y"


@pytest.mark.parametrize("after", [1, 11])
def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path, monkeypatch, after):
    whole = study().run()
    with monkeypatch.context() as patched:
        stop_after(after, patched)
        with pytest.raises(KeyboardInterrupt, match="by hand"):
            study().run(out=tmp_path / "run")
    members = read_collection(tmp_path / "run")["members"]
    assert [one["status"] for one in members.values()] == [
        "done" if after > 8 else "pending", "pending", "pending",
    ]  # fmt: skip
    half = vb.open_cube(tmp_path / "run")
    assert 0 < int((half.status == 1).sum()) <= after
    done = study().run(out=tmp_path / "run")
    for name, cube in cubes_of(whole).items():
        assert identical(cubes_of(done)[name], cube) == []


def test_more_repeats_extend_every_cube(tmp_path):
    study().run(out=tmp_path / "run", repeats=2)
    longer = study().run(out=tmp_path / "run", repeats=5, jobs=2)
    at_once = study().run(repeats=5)
    for name, cube in cubes_of(at_once).items():
        assert identical(cubes_of(longer)[name], cube) == []


def test_data_sets_may_join_a_run(tmp_path):
    study().run(data={"small": TABLES["small"]}, out=tmp_path / "run")
    joined = study().run(data=TABLES, out=tmp_path / "run")
    assert joined["dataset"].values.tolist() == list(TABLES)
    assert (joined.status == 1).all()


def test_files_of_a_pattern_are_known_when_the_run_goes_on(tmp_path, monkeypatch):
    write_tables(tmp_path)
    monkeypatch.chdir(tmp_path)
    run_with({"target": "y", "positive": "1"}, Path("run"), data="?.csv")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    joined = study().run(
        out=tmp_path / "run", repeats=2
    )  # neither the files nor their columns are named again
    assert joined["dataset"].values.tolist() == ["a", "b", "c"]
    assert (joined.status == 1).all()


def test_a_table_that_has_changed_is_left_as_it_was(tmp_path):
    write_tables(tmp_path)
    files = [f"{tmp_path}/{name}.csv" for name in "abc"]
    before = run_with({"target": "y", "positive": "1"}, tmp_path / "run", repeats=2, data=files)
    text = (tmp_path / "b.csv").read_text()
    (tmp_path / "b.csv").write_text(re.sub(r"^1,.*$", "1,5,5", text, count=1, flags=re.MULTILINE))
    with pytest.warns(RuntimeWarning, match=r"b was not run again: the data are not those of the runs"):
        after = study().run(out=tmp_path / "run", repeats=3)
    assert after.status.sel(dataset=["a", "c"]).values.all()
    assert after.status.sel(dataset="b").values.tolist() == [[1, 1, 0]] * 2
    np.testing.assert_array_equal(
        after.score.sel(dataset="b", repeat=[0, 1]).values, before.score.sel(dataset="b").values
    )


MISTAKES: dict[str, tuple[Callable[[Path], object], type[Exception], str]] = {
    "a procedure": (lambda run: study().run(out=run, procedures=["lin"]), InputError, "did you mean line"),
    "a parameter": (lambda run: study().run(out=run, set={"no__such": 1}), vb.VarbenchError, "no__such"),
    "a source": (lambda run: study().run(out=run, vary=["splt"]), vb.VarbenchError, "splt"),
    "repeats": (lambda run: study().run(out=run, repeats=0), InputError, "repeats=0"),
    "jobs": (lambda run: study().run(out=run, jobs=0), InputError, "jobs=0"),
    "a preset": (lambda run: study().run(out=run, preset="slow"), InputError, "unknown preset"),
    "a pattern": (
        lambda run: study().run(out=run, data="radmlbensh/*"),
        DataError,
        "did you mean radmlbench",
    ),
    "a name": (lambda run: study().run(out=run, data="wdbc,wdbd"), DataError, "did you mean wdbc"),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_of_all_is_told_once_before_any_work(tmp_path, what):
    ask, kind, text = MISTAKES[what]
    with pytest.raises(kind, match=text) as told:
        ask(tmp_path / "run")
    assert "none of" not in str(told.value)
    assert not (tmp_path / "run").exists()


def test_other_settings_than_those_of_the_run_are_refused(tmp_path):
    study().run(out=tmp_path / "run", repeats=1)
    with pytest.raises(CubeError, match="seed: 0 in the cube, 1 asked for"):
        study().run(out=tmp_path / "run", seed=1)
    with pytest.raises(CubeError, match="with other settings"):
        study(margin=0.1).run(out=tmp_path / "run")
    with pytest.raises(CubeError, match="holds the runs of another study, 'study'"):
        load_study("oversampling").run(out=tmp_path / "run")
    assert vb.open_cube(tmp_path / "run").sizes["repeat"] == 1


def test_where_no_data_set_can_be_run_all_reasons_are_told(tmp_path):
    one, other = (Data(**{**vars(TABLES[n]), "X": TABLES[n].X * np.nan}) for n in ("small", "long"))
    with pytest.raises(DataError, match=r"none of 2 data sets can be run:\n  a: .*\n  b: "):
        study().run(data={"a": one, "b": other}, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_where_all_runs_fail_on_all_data_sets_it_says_so(tmp_path):
    with pytest.raises(RunsFailed, match="nine features"):
        picky(data={"a": TABLES["wide"], "b": table("b", 39, 9)}).run(out=tmp_path / "run")


def test_a_folder_that_holds_something_else_is_refused(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "letter.txt").write_text("dear")
    with pytest.raises(CubeError, match=r"not empty \(it holds letter.txt"):
        study().run(out=tmp_path / "run")
    study().run(data=TABLES["small"], out=tmp_path / "one", repeats=1)
    with pytest.raises(CubeError, match="holds a cube already"):
        study().run(data=TABLES, out=tmp_path / "one")


def test_progress_is_that_of_all_data_sets(capsys):
    study().run(progress=True)
    bar = capsys.readouterr().err.split("\r")[-1]
    assert "24/24" in bar
    assert "<00:00" in bar  # the time left


def test_what_takes_one_run_says_so(tmp_path):
    study().run(out=tmp_path / "run", repeats=1)
    for ask in (vb.compare, vb.decompose, vb.checklist, vb.evaluate):
        with pytest.raises(
            CubeError, match=r"takes the run of one data set, and this is one of several: .*RUN/small"
        ):
            ask(tmp_path / "run")

    with pytest.raises(InputError, match="decompose takes one data set, and the study names several"):
        vb.decompose(study(), vary=["split:2", "init:2"])
    with pytest.raises(InputError, match="and wdbc,pomeroy names several"):
        vb.decompose(study(), vary=["split:2", "init:2"], data="wdbc,pomeroy", target="y")


def test_cubes_of_other_procedures_do_not_join():
    one, other = study().run(data=TABLES["small"]), study().run(data=TABLES["long"], procedures=["line"])
    with pytest.raises(CubeError, match="cannot be joined: their procedures are bayes, line and line"):
        join({"one": one, "other": other})


def test_shorter_cubes_are_filled_up():
    long, short = study().run(data=TABLES["small"], repeats=3), study().run(data=TABLES["long"], repeats=2)
    joined = join({"long": long, "short": short})
    assert joined.status.sel(dataset="short").values.tolist() == [[1, 1, 0]] * 2
    assert np.isnan(joined.score.sel(dataset="short", repeat=2).values).all()
    np.testing.assert_array_equal(
        joined.score.sel(dataset="short").isel(repeat=slice(2)).values, short.score.values
    )


STUDY = '''
"""A toy."""
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from varbench import Procedure, Split, Study

split = Split(StratifiedKFold(3, shuffle=True))
study = Study(
    question="Which?", data="wdbc", primary="roc_auc", vary=["split"], repeats=2,
    procedures={"bayes": Procedure([split, GaussianNB()]), "line": Procedure([split, LogisticRegression()])},
    pairs={"another model": ("bayes", "line")},
)
'''


def test_the_command_line_runs_files_by_a_pattern(tmp_path, monkeypatch, capsys):
    write_tables(tmp_path)
    (tmp_path / "toy.py").write_text(STUDY)
    (tmp_path / "c.csv").write_text("y,f\n0,1\n0,2\n")
    monkeypatch.chdir(tmp_path)
    said = ["--data", "?.csv", "--target", "y", "--positive", "1", "--jobs", "1", "--out", "RUN"]
    assert main(["study", "toy.py", *said]) == 3
    out, err = capsys.readouterr()
    assert "2 of 3 data sets" in out
    assert "c was not run" in err
    joined = vb.open_cube("RUN")
    means = joined.score.isel(metric=0).mean("fold").mean("repeat").values
    for name, (bayes, line) in zip("ab", means, strict=True):
        row = next(text for text in out.splitlines() if re.match(rf"{name} +│ +24 ", text))
        assert re.search(rf" {bayes:.3f} +{line:.3f} ", row)


def test_the_command_line_goes_on_and_names_a_folder_of_its_own(tmp_path, monkeypatch, capsys):
    write_tables(tmp_path, "ab")
    (tmp_path / "toy.py").write_text(STUDY)
    monkeypatch.chdir(tmp_path)
    said = ["--data", "a.csv,b.csv", "--target", "y", "--positive", "1", "--jobs", "1", "--quiet"]
    assert main(["study", "toy.py", *said]) == 0
    (run,) = (tmp_path / "varbench-runs").iterdir()
    assert run.name.startswith("toy-a.csv-b.csv-")
    assert (
        main(["study", "toy.py", *said, "--repeats", "3"]) == 0
    )  # the same folder, since repeats are no setting
    assert main(["study", "toy.py", "--out", str(run), "--repeats", "4", "--jobs", "1", "--quiet"]) == 0
    assert (vb.open_cube(run).status.values == 1).sum() == 2 * 2 * 4
    assert main(["compare", str(run)]) == 2
    assert "compare takes the run of one data set" in capsys.readouterr().err


def test_the_study_sweep_sees_both_pitfalls_on_real_tables(shared_data, tmp_path):
    asked = {"data": "radmlbench/HNSCC,radmlbench/Brancato2023", "preset": "quick", "repeats": 2}
    joined = load_study("sweep").run(out=tmp_path / "run", **asked)
    assert joined["procedure"].values.tolist() == ["correct", "selection first", "oversampling first"]
    auc = joined.score.sel(metric="roc_auc").mean(["repeat", "fold"])
    gain = auc - auc.sel(procedure="correct")
    # 25 of 93 patients are repeated; 2,380 features for 58 patients.
    assert float(gain.sel(dataset="HNSCC", procedure="oversampling first")) > 0.08
    assert float(gain.sel(dataset="Brancato2023", procedure="selection first")) > 0.05
    assert abs(float(gain.sel(dataset="HNSCC", procedure="selection first"))) < 0.08


def test_the_study_sweep_runs_on_simulated_cohorts_without_any_data():
    study = load_study("sweep")
    fast = {"forest__n_estimators": 10}
    two = {name: study.data[name] for name in ("rare-105", "common-469")}
    joined = study.run(data=two, set=fast, repeats=1)
    assert (joined.status == 1).all()
    assert joined.n_positive.values.tolist() == [20, 60]
    assert np.isfinite(joined.truth.values).all()


def test_a_run_that_ends_while_its_cubes_are_made_goes_on(tmp_path, monkeypatch):
    from varbench.engine import collection

    plain, made = collection.open_writer, []

    def open_writer(*args, **options):
        made.append(1)
        if len(made) > 2:
            raise KeyboardInterrupt("by hand")
        return plain(*args, **options)

    with monkeypatch.context() as patched:
        patched.setattr(collection, "open_writer", open_writer)
        with pytest.raises(KeyboardInterrupt, match="by hand"):
            study().run(out=tmp_path / "run")
    assert (study().run(out=tmp_path / "run").status == 1).all()


def test_a_run_without_ids_stays_one_when_data_sets_join(tmp_path):
    study().run(data={"small": TABLES["small"]}, out=tmp_path / "run", anonymous=True)
    joined = study().run(data=TABLES, out=tmp_path / "run")
    assert cubes_of(joined)["long"]["sample_id"].values.tolist() == [str(i) for i in range(60)]

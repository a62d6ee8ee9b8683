"""Runs over several data sets that were damaged, edited, cut short, or asked for carelessly."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import LeaveOneGroupOut, StratifiedKFold
from sklearn.naive_bayes import GaussianNB

import varbench as vb
from varbench.cli.main import main
from varbench.cube import cubes_of, identical, read_collection
from varbench.data import Data
from varbench.errors import CubeError
from varbench.procedure import Subsample
from varbench.questions import answer_collection

SPLIT = vb.Split(StratifiedKFold(3, shuffle=True))


def table(name: str, n: int) -> Data:
    rng = np.random.default_rng(n)
    y = np.repeat([0, 1], [n - n // 3, n // 3])
    return Data(
        X=rng.normal(size=(n, 4)) + y[:, None], y=y, classes=("no", "yes"), feature_names=tuple("abcd"),
        ids=np.array([f"p{i}" for i in range(n)]), name=name,
    )  # fmt: skip


TABLES = {"small": table("small", 30), "large": table("large", 60)}


def study(**changes: Any) -> vb.Study:
    settings = {
        "question": "Which is better?",
        "data": TABLES,
        "procedures": {
            "bayes": vb.Procedure([SPLIT, GaussianNB()]),
            "line": vb.Procedure([SPLIT, LogisticRegression()]),
        },
        "primary": "roc_auc",
        "vary": ["split"],
        "repeats": 2,
    }
    return vb.Study(**(settings | changes))


def over_sizes(compare: tuple[str, str] = ("of all", "of 24")) -> vb.Study:
    """A line over the number of cases, of which a small table reaches the first points alone."""
    points = {n: vb.Procedure([Subsample(n), SPLIT, GaussianNB()]) for n in (24, 45)}
    named = {24: "of 24", 45: "of 45", 99.0: "of all"}
    return study(
        procedures={**{named[n]: one for n, one in points.items()}, "of all": vb.Procedure([SPLIT, GaussianNB()])},
        lines={"bayes": named}, axis="patients", compare=compare, vary=["resample", "split"],
    )  # fmt: skip


@pytest.fixture
def run(tmp_path: Path) -> Path:
    study().run(out=tmp_path / "run")
    return tmp_path / "run"


def edit(run: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = run / "collection.json"
    found = json.loads(path.read_text())
    changed = change(found)
    path.write_text(json.dumps(found if changed is None else changed))


# what a study's lines ask of small data


def test_points_that_a_data_set_is_too_small_for_are_missing_there_and_nowhere_else():
    joined = over_sizes().run()
    assert joined["procedure"].values.tolist() == ["of 24", "of 45", "of all"]
    status = joined["status"].sel(dataset="small").values
    assert status.tolist() == [[1, 1], [0, 0], [1, 1]]
    assert (joined["status"].sel(dataset="large") == 1).all()
    for name, cube in cubes_of(joined).items():
        for procedure in cube["procedure"].values:
            np.testing.assert_array_equal(
                joined["score"].sel(dataset=name, procedure=procedure).values,
                cube["score"].sel(procedure=procedure).values,
            )
    assert np.isnan(joined["score"].sel(dataset="small", procedure="of 45").values).all()
    only = joined["score"].isel(procedure=[2, 0], dataset=0, metric=0)  # not in the cubes' order
    np.testing.assert_array_equal(
        only.values, cubes_of(joined)["small"]["score"].isel(procedure=[1, 0], metric=0).values
    )


def test_the_report_over_sizes_compares_what_ran_on_both(tmp_path):
    over_sizes().run(out=tmp_path / "run")
    assert main(["report", str(tmp_path / "run"), "--to", "md", "--quiet"]) == 0
    text = (tmp_path / "run" / "report.md").read_text()
    assert "small" in text
    assert "large" in text


# a list of data sets that is damaged, edited, or gone


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda found: [], "TypeError"),
        (lambda found: {}, "KeyError"),
        (lambda found: found.pop("request") and None, "no request"),
        (lambda found: found.update(members=[]), "no members"),
        (lambda found: found["members"].update(small=3), "nothing is said of its member 'small'"),
        (lambda found: found["members"].update(small={}), "nothing is said of its member 'small'"),
        (lambda found: found["members"]["small"].update(source=5), "nothing is said of its member 'small'"),
        (lambda found: found["members"]["small"].update(status="odd"), "has the status 'odd'"),
        (lambda found: found["members"].update({"../x": found["members"]["small"]}), "has no name of a folder"),
        (lambda found: found["members"].update({"..": found["members"]["small"]}), "has no name of a folder"),
    ],
)  # fmt: skip
def test_an_edited_list_is_refused_with_what_is_wrong_and_what_to_do(run, change, fault):
    edit(run, change)
    with pytest.raises(
        CubeError, match=rf"collection.json is damaged \(.*{fault}.*once collection.json is deleted"
    ):
        vb.open_cube(run)
    with pytest.raises(CubeError, match="is damaged"):
        study().run(out=run)


@pytest.mark.parametrize("text", ["", "{", "null", "\x00", "[" * 100_000])
def test_a_cut_list_is_refused(run, text):
    (run / "collection.json").write_text(text)
    assert main(["report", str(run)]) == 2
    assert main(["compare", str(run)]) == 2


def test_a_list_that_is_gone_is_made_anew_and_no_run_is_lost(run, tmp_path):
    before = {name: vb.open_cube(run / name).load() for name in TABLES}
    (run / "collection.json").unlink()
    joined = study().run(out=run)
    assert list(read_collection(run)["members"]) == list(TABLES)
    for name, cube in before.items():
        assert identical(cube, cubes_of(joined)[name]) == []
    shutil.rmtree(run / "small")
    (run / "collection.json").unlink()
    assert (study().run(out=run)["status"] == 1).all()


def test_a_folder_of_other_runs_is_no_list_that_is_gone(run):
    (run / "collection.json").unlink()
    with pytest.raises(CubeError, match="is not a cube and not empty"):
        study(data={"small": TABLES["small"]}).run(out=run)
    with pytest.raises(CubeError, match="made with other settings"):
        study().run(out=run, seed=3)


# cubes that are gone, or elsewhere


def test_a_data_set_whose_cube_is_gone_is_named_in_the_report(run, capsys):
    shutil.rmtree(run / "small" / "cube.zarr")
    assert main(["report", str(run)]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "Without all of their runs yet: small" in told
    assert "On this data set" in told
    assert "1 data sets" not in told


def test_no_run_is_made_inside_the_store_of_another(run):
    for place in (run / "small" / "cube.zarr" / "inner", run / "small" / "cube.zarr" / "score" / "more"):
        with pytest.raises(CubeError, match="is inside the store of another cube"):
            study().run(out=place)
        with pytest.raises(CubeError, match="is inside the store of another cube"):
            study(data=TABLES["small"]).run(out=place)


@pytest.mark.parametrize("harm", ["cut", "gone", "metadata"])
def test_a_damaged_member_says_what_to_do_and_that_helps(run, harm, capsys):
    before = vb.open_cube(run / "small").load()
    chunk = run / "small" / "cube.zarr" / "y_score" / "c.0.0.0"
    if harm == "cut":
        chunk.write_bytes(chunk.read_bytes()[:5])
    elif harm == "gone":
        chunk.unlink()
    else:
        (run / "small" / "cube.zarr" / "zarr.json").write_text("{")
    assert main(["report", str(run)]) == 2
    assert "delete the folder of this run and run the study again" in capsys.readouterr().err
    with pytest.raises(CubeError, match=r"run/small.* is damaged: .*delete the folder of this run"):
        study().run(out=run, repeats=3)
    shutil.rmtree(run / "small")
    again = cubes_of(study().run(out=run))["small"]
    np.testing.assert_array_equal(again["score"].values, before["score"].values)


# scores that are not there


def test_scores_are_means_over_the_folds_that_a_data_set_has():
    def sites(n: int) -> Data:
        one = table(f"of{n}", 60)
        order = np.random.default_rng(n).permutation(60)
        return replace(one, X=one.X[order], y=one.y[order], batch=np.array([f"s{i % n}" for i in range(60)]))

    by_site = vb.Split(LeaveOneGroupOut(), groups="batch")
    joined = study(
        data={"three": sites(3), "five": sites(5)}, vary=["init"],
        procedures={"bayes": vb.Procedure([by_site, GaussianNB()]), "line": vb.Procedure([by_site, Noisy()])},
    ).run()  # fmt: skip
    scores = answer_collection(joined).frames["scores"]
    assert len(scores) == 4
    for row in scores.itertuples():
        cube = cubes_of(joined)[row.dataset]
        expected = cube["score"].sel(procedure=row.procedure, metric=row.metric).values
        assert expected.shape == (2, 3 if row.dataset == "three" else 5)
        assert row.score == pytest.approx(expected.mean(axis=1).mean(), rel=1e-12)


class Noisy(GaussianNB):
    """Reads a seed, so that something varies."""

    def __init__(self, random_state=None):
        super().__init__()
        self.random_state = random_state


def test_pairs_without_scores_are_named_and_the_rest_is_reported(capsys, tmp_path):
    one_class = replace(TABLES["small"], batch=TABLES["small"].y.astype(str))
    by_site = vb.Split(LeaveOneGroupOut(), groups="batch")
    dummies = {name: vb.Procedure([by_site, DummyClassifier(strategy=name)]) for name in ("prior", "uniform")}
    asked = study(
        data={"a": one_class, "b": replace(one_class, X=one_class.X + 1)}, procedures=dummies, vary=["init"],
        metrics=["accuracy"],
    )  # fmt: skip
    asked.run(out=tmp_path / "run")
    assert main(["report", str(tmp_path / "run"), "--to", "md,html,csv,json,tex"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "No procedure has a ROC AUC on any of them" in told
    assert "prior and uniform have scores together on none of the data sets" in told


def test_a_pair_whose_point_ran_on_no_other_data_set_is_reported_where_it_ran():
    joined = over_sizes(compare=("of all", "of 45")).run()
    told = answer_collection(joined)
    assert told.frames["sets_1"]["dataset"].tolist() == ["large"]
    assert any("1 data set without scores of both procedures" in notice for notice in told.notices)


def test_the_name_of_a_data_set_keeps_its_letters(capsys, tmp_path):
    tables = {"large": TABLES["large"], "sOdd": replace(TABLES["small"], name="sOdd", y=np.zeros(30, int))}
    with pytest.warns(RuntimeWarning, match="sOdd was not run"):
        study(data=tables).run(out=tmp_path / "run")
    assert main(["report", str(tmp_path / "run")]) == 0
    assert "! sOdd was not run: the target has one class only" in capsys.readouterr().out


def test_a_copy_of_a_table_does_not_count_as_another_data_set(tmp_path, capsys):
    rng = np.random.default_rng(0)
    rows = [f"{i % 2},{rng.normal() + i % 2:.3f},{rng.normal():.3f}" for i in range(24)]
    for name, kept in (("first", rows), ("copy", rows), ("other", rows[:-2])):
        (tmp_path / f"{name}.csv").write_text("\n".join(["y,f,g", *kept]) + "\n")
    (tmp_path / "study.py").write_text(
        "from sklearn.model_selection import StratifiedKFold\nfrom sklearn.naive_bayes import GaussianNB\n"
        "from varbench import Procedure, Split, Study\n"
        "study = Study(question='?', data='wdbc', primary='roc_auc', vary=['split'], repeats=1,\n"
        "    procedures={'bayes': Procedure([Split(StratifiedKFold(3, shuffle=True)), GaussianNB()])})\n"
    )
    data = ",".join(str(tmp_path / f"{name}.csv") for name in ("first", "copy", "other"))
    asked = [
        "study",
        str(tmp_path / "study.py"),
        "--data",
        data,
        "--target",
        "y",
        "--out",
        str(tmp_path / "run"),
    ]
    assert main([*asked, "--jobs", "1", "--quiet"]) == 3
    assert "copy was not run: it holds the same data as first" in capsys.readouterr().err
    assert vb.open_cube(tmp_path / "run")["dataset"].values.tolist() == ["first", "other"]


@pytest.mark.parametrize("name", ["collection.json", "cube.zarr", "report.html", "Report.md"])
def test_a_data_set_with_the_name_of_a_file_of_ours_gets_another(tmp_path, name):
    study(data={name: TABLES["small"], "large": TABLES["large"]}).run(out=tmp_path / "run")
    assert main(["report", str(tmp_path / "run"), "--to", "html,md,csv,json", "--quiet"]) == 0
    assert list(read_collection(tmp_path / "run")["members"]) == [name.replace(".", "-"), "large"]


# what is said of the columns when a run is taken up again


STUDY = """
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier
from varbench import Procedure, Split, Study
split = Split(StratifiedKFold(3, shuffle=True))
procedures = {"bayes": Procedure([split, GaussianNB()]), "tree": Procedure([split, DecisionTreeClassifier()])}
study = Study(question="?", data="wdbc", primary="roc_auc", vary=["split"], repeats=1, procedures=procedures)
"""


@pytest.fixture
def files(tmp_path):
    """Two tables, their study, and a run over both."""
    rng = np.random.default_rng(0)
    for name, labels in (("one", "01"), ("two", "01"), ("three", ("no", "yes"))):
        rows = [f"{labels[i % 2]},{rng.normal() + i % 2:.3f},{rng.normal():.3f}" for i in range(24)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["y,f,g", *rows]) + "\n")
    (tmp_path / "study.py").write_text(STUDY)
    assert run_files(tmp_path, "--data", f"{tmp_path}/one.csv,{tmp_path}/two.csv", "--target", "y") == 0
    return tmp_path


def run_files(folder: Path, *options: str) -> int:
    out = str(folder / "run")
    return main(["study", str(folder / "study.py"), *options, "--out", out, "--jobs", "1", "--quiet"])


def test_a_table_with_other_columns_spoils_no_run_that_is_there(files, capsys):
    before = (files / "run" / "collection.json").read_text()
    assert run_files(files, "--data", str(files / "three.csv"), "--target", "y", "--positive", "yes") == 2
    told = capsys.readouterr().err
    assert "positive: nothing in the run, yes asked for" in told
    assert "name the columns of the new table in a manifest" in told
    assert run_files(files, "--drop", "g") == 2
    assert (files / "run" / "collection.json").read_text() == before
    assert run_files(files, "--target", "y", "--repeats", "2") == 0


def test_a_table_that_is_gone_keeps_its_runs_and_is_told_apart(files, capsys):
    (files / "two.csv").unlink()
    assert run_files(files, "--repeats", "2") == 3
    assert "two was not run again: no such file" in capsys.readouterr().err
    assert main(["report", str(files / "run"), "--audit"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "! two was not run again: no such file" in told
    assert "Their tables were not audited, since they cannot be read: two." in told
    assert main(["audit", str(files / "run"), "--quiet"]) == 0

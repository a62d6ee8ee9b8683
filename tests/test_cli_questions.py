"""The commands that answer questions, as their users meet them: what they show, write and refuse."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from questions_examples import cases, numbers, predictions, scores, seeds, several_classes

import varbench as vb
from varbench.cli import main

PROCEDURES = '''
"""Procedures of a user."""
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

logit = LogisticRegression()
tree = DecisionTreeClassifier(max_depth=2)
Uncalled = LogisticRegression
number = 3


class Failing(LogisticRegression):
    def fit(self, X, y):
        raise RuntimeError("no convergence whatsoever")


failing = Failing()
'''
LONG = "ü" * 200
HOSTILE = '<script>alert(1)</script>, "quoted"'


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with tables as users have them; nothing in it is changed by a test."""
    place = tmp_path_factory.mktemp("tables")
    one = scores()
    tables = {
        "one": one, "eight": scores(sets=8, repeats=3), "four": scores(sets=4, repeats=3),
        "plain": one[["method", "repeat", "fold", "auc"]], "onerun": scores(repeats=1, folds=1),
        "three": scores(sets=1, methods=("A", "B", "C")), "brier": scores(metric="brier"),
        "unpaired": one[(one["method"] == "new") | (one["repeat"] < 9)], "percent": one.assign(auc=100 * one["auc"]),
        "twice": pd.concat([one, one.iloc[:3]]), "outside": one.assign(auc=one["auc"].where(one.index != 0, 1.2)),
        "text": one.assign(auc=one["auc"].astype(object).where(one.index != 0, "n/a?")),
        "nothing": one.assign(auc=np.nan), "holes": one.assign(auc=one["auc"].where(one.index > 4)),
        "constant": one.assign(auc=0.7), "single": one[one["method"] == "new"], "header": one.iloc[:0],
        "norepeat": one[(one["method"] == "new") | (one.index < 50)].drop(columns=["repeat", "fold"]),
        "hostile": one.assign(method=one["method"].map({"new": HOSTILE, "old": LONG})),
        "a": predictions(signal=1.5, seed=1), "b": predictions(signal=0.5, seed=2),
        "short": predictions(signal=0.5).iloc[:60],
        "otherlabels": predictions().assign(y=lambda t: 1 - t["y"]), "oneclass": predictions().assign(y=1),
        "otherclasses": predictions().assign(y=lambda t: t["y"].map({0: "no", 1: "yes"})),
        "nogroup": predictions().assign(patient=[None, *range(79)]),
        "nanscore": predictions().assign(p=[None, *[0.5] * 79]),
        "twiceid": predictions().assign(id=["case001", *predictions()["id"][1:]]),
        "labels": predictions().assign(p=lambda t: (t["p"] > 0.5).astype(int))
        .rename(columns={"p": "pred"}),
        "logits": predictions().assign(p=lambda t: np.log(t["p"] / (1 - t["p"]))),
        "pairs": predictions().assign(patient=np.arange(80) // 40),
        "seeds_a": seeds(signal=2, seed=1), "seeds_b": seeds(number=3, signal=0.5, seed=2),
        "one_seed": seeds(number=1, seed=3),
        "classes": several_classes(), "numbers_a": numbers(seed=1),
        "numbers_b": numbers(noise=0.6, seed=2), "cases": cases(),
    }  # fmt: skip
    for name, table in tables.items():
        table.to_csv(place / f"{name}.csv", index=False)
    one.to_csv(place / "german.csv", index=False, sep=";", decimal=",")
    one.to_csv(place / "bom.csv", index=False, encoding="utf-8-sig")
    one.to_csv(place / "utf16.csv", index=False, encoding="utf-16")
    one.pivot(index=["repeat", "fold"], columns="method", values="auc").reset_index().to_csv(
        place / "wide.csv", index=False
    )
    (place / "empty.csv").write_text("")
    (place / "procs.py").write_text(PROCEDURES)
    (place / "broken.py").write_text("import nothing_of_that_name\n")
    (place / "syntax.py").write_text("def (:\n")
    rng = np.random.default_rng(0)
    y = np.arange(60) % 2
    mine = pd.DataFrame(rng.normal(size=(60, 3)) + y[:, None], columns=list("abc")).assign(
        y=y, patient=np.arange(60) // 2
    )
    mine.to_csv(place / "mine.csv", index=False)
    (place / "folder").mkdir()
    return place


@pytest.fixture(autouse=True)
def _here(files: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(files)
    before = sorted(p.name for p in files.iterdir())
    yield
    assert sorted(p.name for p in files.iterdir()) == before, "a command wrote where nobody asked it to"


def call(capsys: pytest.CaptureFixture[str], line: str, *more: object) -> tuple[int, str, str]:
    code = main([*line.split(), *(str(one) for one in more)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


PAIR = "--label y --score p --id id"
RUN = "procs.py:logit procs.py:tree --data mine.csv --target y --drop patient --jobs 1"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        # files
        ("compare nosuch.csv", "nosuch.csv: cannot be read"),
        ("compare folder", "folder is a folder with neither a run"),
        ("compare empty.csv", "empty.csv: the file is empty"),
        ("compare header.csv", "names of columns, and no row"),
        ("compare procs.py", "Name it, as procs.py:svm"),
        ("compare one.csv a.csv b.csv", "3 things to compare"),
        # scores
        ("compare twice.csv", "6 of 75 scores share their cell"),
        ("compare outside.csv", r"lie in \[0\.\d+, 1.2\], and ROC AUC in \[0, 1\]"),
        ("compare percent.csv", "per cent"),
        ("compare text.csv", "'n/a\\?' is no number"),
        ("compare single.csv", "two procedures are needed for a comparison; there is new"),
        ("compare wide.csv", "which column names the method"),
        ("compare one.csv --method metod", "unknown column 'metod'; did you mean method"),
        ("compare one.csv --score acu", "unknown column 'acu'; did you mean auc"),
        ("compare one.csv --procedures new,odl", "unknown procedure 'odl'; did you mean old"),
        ("compare one.csv --procedures new", "two different procedures are needed"),
        ("compare one.csv --procedures new,new", "two different procedures are needed"),
        ("compare one.csv --n-train nosuch", "unknown column 'nosuch'"),
        ("compare one.csv --n-train 0", "n_train is 0"),
        ("compare one.csv --n -5", "--n -5"),
        ("compare one.csv --n 10 --positives 10", "--positives 10: must lie between 1 and 9"),
        ("compare one.csv --positives 3", "of how many cases"),
        ("compare one.csv --vary splitt", "unknown source 'splitt'; did you mean split"),
        ("compare one.csv --repeats 5", "repeats says nothing of a table of scores"),
        ("compare one.csv --data mine.csv", "data says nothing of a table of scores"),
        ("compare one.csv --names a,b", "names says nothing of a table of scores"),
        ("compare one.csv --label y", "label says nothing of a table of scores"),
        # what is declared
        ("compare one.csv --margin -1", "--margin -1.0: must be greater than 0"),
        ("compare one.csv --margin nan", "--margin nan"),
        ("compare one.csv --gamma 2", "--gamma 2.0: must lie between 0.5 and 1"),
        ("compare one.csv --confidence 95", "--confidence 95.0: must lie between 0 and 1"),
        ("compare norepeat.csv --pairing exact", "no column says which scores belong together"),
        ("compare one.csv --pairing maybe", "'maybe' is not one of"),
        ("compare one.csv --to pdf", "unknown form 'pdf'"),
        # predictions
        (f"compare a.csv short.csv {PAIR}", "a.csv has 80 cases and short.csv has 60"),
        (f"compare a.csv otherlabels.csv {PAIR}", "another label to 80 of 80 cases"),
        (f"compare a.csv otherclasses.csv {PAIR}", "is 'no' or 'yes' the positive class"),
        (f"compare oneclass.csv oneclass.csv {PAIR}", "expected two classes"),
        (f"compare nogroup.csv b.csv {PAIR} --group patient", "is empty in 1 of 80 rows"),
        (f"compare nanscore.csv b.csv {PAIR}", "is empty in 1 of 80 rows"),
        (f"compare twiceid.csv b.csv {PAIR}", "id 'case001' stands 2 times"),
        (f"compare a.csv b.csv {PAIR} --metric f2", "unknown metric 'f2'; did you mean f1"),
        (f"compare logits.csv b.csv {PAIR} --metric brier", "not in \\[0, 1\\]"),
        (f"compare logits.csv b.csv {PAIR} --metric f1", "no probabilities that 0.5 could part"),
        ("compare labels.csv labels.csv --label y --pred pred --id id --metric roc_auc", "needs scores"),
        (f"compare a.csv b.csv {PAIR} --positive 7", "has no value '7'"),
        (f"compare a.csv b.csv {PAIR} --names a", "two different names are needed"),
        (f"compare a.csv b.csv {PAIR} --names a,a", "two different names are needed"),
        (f"compare a.csv b.csv {PAIR} --names a,b,c", "two different names are needed"),
        (f"compare a.csv b.csv {PAIR} --n 5", "--n says nothing of two tables of predictions"),
        (f"compare a.csv b.csv {PAIR} --seed -1", "--seed -1"),
        (f"compare seeds_a.csv one_seed.csv {PAIR} --seed-column seed", "has 6 seeds and one_seed.csv 1"),
        (f"compare seeds_a.csv seeds_a.csv {PAIR} --seed-column seed --vary cohort", "one test set"),
        # procedures
        ("compare procs.py:logit --data mine.csv --target y", "give two or more"),
        ("compare procs.py:logit procs.py:tree", "procedures need a table to run on"),
        ("compare procs.py:logit procs.py:three --data mine.csv --target y", "unknown name 'three'; did you mean tree"),
        ("compare procs.py:logit procs.py:Uncalled --data mine.csv --target y", "an estimator with its parameters"),
        ("compare procs.py:logit procs.py:number --data mine.csv --target y", "number is 3"),
        ("compare nosuch.py:a procs.py:tree --data mine.csv --target y", "there is no file nosuch.py"),
        ("compare broken.py:a procs.py:tree --data mine.csv --target y", "broken.py, .*nothing_of_that_name"),
        ("compare syntax.py:a procs.py:tree --data mine.csv --target y", "syntax.py, line 1"),
        ("compare procs.py:logit one.csv --data mine.csv --target y", "one.csv is no procedure"),
        ("compare one.csv procs.py:logit", "procedures stand together"),
        (f"compare {RUN} --repeats 0", "--repeats 0"),
        (f"compare {RUN} --folds 1", "--folds 1: at least 2"),
        (f"compare {RUN} --folds 100", "fewer than the 100 folds"),
        (f"compare {RUN} --seed -1", "--seed -1"),
        (f"compare {RUN} --method m", "method says nothing of procedures"),
        (f"compare {RUN} --procedures a,b", "unknown procedure 'a'"),
        (f"compare {RUN} --metric nosuch", "unknown metric 'nosuch'"),
        ("compare procs.py:logit procs.py:tree --data mine.csv --target z", "unknown column 'z'"),
        ("compare procs.py:logit procs.py:tree --data mine.csv --target y --jobs 0", "--jobs 0"),
        # one model
        ("evaluate nosuch.csv", "nosuch.csv: cannot be read"),
        ("evaluate a.csv --label y --score p --metrics nosuch", "unknown metric 'nosuch'"),
        ("evaluate logits.csv --label y --score p --metrics brier", "cannot be computed from these predictions"),
        ("evaluate oneclass.csv --label y --score p", "expected two classes"),
        ("evaluate nanscore.csv --label y --score p", "is empty in 1 of 80 rows"),
        ("evaluate nogroup.csv --label y --score p --group patient", "is empty in 1 of 80 rows"),
        ("evaluate a.csv --label y --score p --cost-fp 1", "cost_fp and cost_fn belong together"),
        ("evaluate a.csv --label y --score p --cost-fp -1 --cost-fn 1", "--cost-fp -1.0"),
        ("evaluate a.csv --label y --score p --confidence 2", "--confidence 2.0"),
        ("evaluate a.csv --label y --score p --subgroup nosuch", "unknown column 'nosuch'"),
        ("evaluate seeds_a.csv --label y --score p --id id", "holds 6 seeds"),
        ("evaluate classes.csv --label y --classes a,b", "is none of the classes"),
        # planning
        ("plan", "plan needs one thing to plan, and got none"),
        ("plan --gamma 0.4", "--gamma 0.4"),
        ("plan --gamma nan", "--gamma nan"),
        ("plan --gamma 0.75 --power 2", "--power 2.0"),
        ("plan --gamma 0.75 --metric accuracy", "got gamma and a metric"),
        ("plan --gamma 0.75 --width 0.1", "width says nothing where gamma is planned"),
        ("plan --gamma 0.75 --confidence 2", "--confidence 2.0"),
        ("plan --gamma 0.75 --costs split", "must be source=cost"),
        ("plan --metric accuracy --expected 0.8", "--width is needed"),
        ("plan --metric accuracy --expected 1.8 --width 0.05", "--expected 1.8"),
        ("plan --metric accuracy --expected 0.8 --width -1", "--width -1.0"),
        ("plan --metric accuracy --expected 0.8 --width 3", "--width 3.0: accuracy itself has a range of 1"),
        ("plan --metric accuracy --expected 0.8 --width 0.1 --power 0.9", "power says nothing where a metric"),
        ("plan --metric roc_auc --expected 0.8 --width 0.1", "needs the share of positives"),
        ("plan --metric dice --width 0.1", "needs the standard deviation"),
        ("plan --metric nosuch --width 0.1", "unknown metric 'nosuch'"),
        ("plan nosuch", "does not exist"),
        ("plan one.csv", "no cube at one.csv"),
        # claims
        ("claim --metric accuracy --value 85 --n-test 46", "per cent must be divided by 100"),
        ("claim --metric accuracy --value nan --n-test 46", "--value nan"),
        ("claim --metric accuracy --value 0.85 --n-test 0", "--n-test 0"),
        ("claim --metric accuracy --value 0.85 --n-test 46 --positives 46", "--positives 46: must lie between 1"),
        ("claim --metric nosuch --value 0.85 --n-test 46", "unknown metric 'nosuch'"),
        ("claim --metric accuracy --value 0.85 --n-test 46 --runs -2", "--runs -2"),
        ("claim --metric accuracy --value 0.85 --n-test 46 --data-sets 0", "--data-sets 0"),
        ("claim --metric accuracy --value 0.85 --n-test 46 --confidence 1.5", "--confidence 1.5"),
        ("claim --metric accuracy --value 0.85", "Missing option '--n-test'"),
        # variance and calibration
        ("decompose nosuch", "unknown study 'nosuch'"),
        ("decompose one.csv", "no cube at one.csv"),
        ("decompose published:nosuch", "unknown task 'nosuch'"),
        ("decompose procs.py --vary split:2", "procs.py defines no study"),
        ("calibrate nosuch", "unknown method 'nosuch'"),
        ("calibrate signed_rank --simulations 0", "0 simulations"),
        ("calibrate one.csv", "holds no cube"),
    ],
)  # fmt: skip
def test_a_users_mistake_is_told_in_a_sentence(capsys, line, message):
    code, out, err = call(capsys, line)
    assert code == 2, (out, err)
    assert re.search(message, err), err
    assert "Traceback" not in err
    assert out == ""


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("compare one.csv --vary split", "new was ahead in 12 of 12 re-splits"),
        ("compare plain.csv", "--vary split,init says it"),
        ("compare unpaired.csv", "new was ahead in 9 of 9 repeats"),
        ("compare unpaired.csv", "9 runs that another method has are missing"),
        ("compare holes.csv", "Some scores are missing"),
        ("compare nothing.csv", "no run in which both have a score"),
        ("compare constant.csv", "all are ties"),
        ("compare percent.csv --percent", "new 0.7"),
        ("compare german.csv", "new was ahead in 12 of 12"),
        ("compare bom.csv", "new was ahead in 12 of 12"),
        ("compare utf16.csv", "new was ahead in 12 of 12"),
        ("compare wide.csv --methods new,old", "new was ahead in 12 of 12"),
        ("compare brier.csv", "old was ahead in 12 of 12"),
        ("compare one.csv --metric mine --score auc --lower-is-better", "old was ahead in 12 of 12"),
        ("compare norepeat.csv", "new is ahead on average; whether it holds for other patients cannot be told"),
        ("compare onerun.csv", "onerun.csv: new and old, 1 repeat\n"),
        ("compare hostile.csv", "was ahead in 12 of 12"),
        ("compare eight.csv", "Over data sets like these: new is ahead of old"),
        ("compare four.csv", "Over these 4 data sets"),
        (f"compare a.csv short.csv {PAIR} --missing shared", "60 test cases"),
        (f"compare a.csv a.csv {PAIR}", "first and second give the same predictions"),
        (f"compare pairs.csv b.csv {PAIR}", "2 groups, and with fewer than 6 no exact test can reject"),
        (f"compare seeds_a.csv seeds_b.csv {PAIR} --seed-column seed", "seeds_a"),
        ("compare numbers_a.csv numbers_b.csv --label y --pred pred --id id", "numbers_a is ahead of numbers_b"),
        ("evaluate a.csv --label y --score p", "ROC AUC 0."),
        ("evaluate classes.csv --label y", "90 test cases"),
        ("evaluate numbers_a.csv --label y --pred pred", "Mean absolute error"),
        ("evaluate cases.csv", "Mean Dice 0."),
        ("evaluate labels.csv --label y --pred pred", "Accuracy 0."),
        ("plan --gamma 0.75 --power 0.95", "54 pairs"),
        ("plan --metric dice --width 1 --sd 3", "139 test cases"),
        ("claim --metric accuracy --value .85 --against .80 --n-test 46 --positives 8", "Cannot be told"),
        ("decompose published:bert-rte", "bert-rte"),
    ],
)  # fmt: skip
def test_an_answer_is_shown(capsys, line, shown):
    code, out, err = call(capsys, line)
    assert code == 0, err
    assert re.sub(r"\s+", " ", shown) in re.sub(r"\s+", " ", out)
    assert "nan" not in re.findall(r"\bnan\b", out)
    assert err == ""


class TestWhatIsWritten:
    def test_forms_go_where_they_are_sent(self, capsys, tmp_path):
        code, out, _ = call(
            capsys, "compare one.csv --to html,md,tex,csv,json --out", tmp_path / "new" / "place"
        )
        assert code == 0
        written = sorted(p.name for p in (tmp_path / "new" / "place").iterdir())
        assert written == [f"compare.{form}" for form in ("csv", "html", "json", "md", "tex")]
        assert all(name in out for name in written)

    def test_quiet_prints_nothing_and_writes_all_the_same(self, capsys, tmp_path):
        code, out, err = call(capsys, "plan --gamma 0.75 --to json --quiet --out", tmp_path)
        assert (code, out, err) == (0, "", "")
        assert json.loads((tmp_path / "plan.json").read_text())["command"] == "plan"

    def test_the_json_has_the_documented_fields_and_full_precision(self, capsys, tmp_path):
        assert (
            call(capsys, "compare one.csv --vary cohort --margin 0.01 --to json --quiet --out", tmp_path)[0]
            == 0
        )
        found = json.loads((tmp_path / "compare.json").read_text())
        assert found["verdict"]["row"] == 5
        known = {
            "method", "estimate", "ci_low", "ci_high", "confidence_level", "statistic", "pvalue", "n", "unit",
            "pairing", "estimand", "validity", "settings", "notes",
        }  # fmt: skip
        assert all(known <= set(one) for one in found["results"])
        table = pd.read_csv("one.csv").groupby(["method", "repeat"])["auc"].mean().unstack("method")
        (difference,) = (one for one in found["results"] if one["method"] == "difference")
        assert difference["estimate"] == pytest.approx((table["new"] - table["old"]).mean(), rel=1e-14)

    def test_hostile_names_are_text_in_every_form(self, capsys, tmp_path):
        assert call(capsys, "compare hostile.csv --to html,md,tex,csv,json --quiet --out", tmp_path)[0] == 0
        assert "<script>alert(1)" not in (tmp_path / "compare.html").read_text()
        assert (
            "<script>alert(1)" in json.loads((tmp_path / "compare.json").read_text())["verdict"]["headline"]
        )

    @pytest.mark.parametrize("line", ["compare one.csv", "plan --gamma 0.75"])
    def test_a_place_that_cannot_be_written_is_told(self, capsys, tmp_path, line):
        (tmp_path / "file").write_text("")
        code, _, err = call(capsys, f"{line} --to json --quiet --out", tmp_path / "file" / "below")
        assert code == 2
        assert "file" in err
        assert "Traceback" not in err

    def test_an_unknown_form_is_told_before_any_work(self, capsys, tmp_path):
        code, out, err = call(capsys, f"compare {RUN} --to hmtl --out", tmp_path / "RUN")
        assert (code, out) == (2, "")
        assert "did you mean html" in err
        assert not (tmp_path / "RUN").exists()


class TestProcedures:
    def test_they_are_run_and_compared(self, capsys, tmp_path):
        code, out, err = call(
            capsys, f"compare {RUN} --repeats 3 --folds 3 --to json --out", tmp_path / "RUN"
        )
        assert code == 0
        assert "6/6" in err
        assert "compare on mine: 3 re-splits" in out
        assert json.loads((tmp_path / "RUN" / "compare.json").read_text())["verdict"]["fits"] == 6
        # the cube is there: the same question again runs nothing
        code, again, err = call(capsys, "compare", tmp_path / "RUN")
        assert (code, err) == (0, "")
        assert [line for line in again.splitlines() if "difference" in line] == [
            line for line in out.splitlines() if "difference" in line
        ]
        for asked, message in (
            ("--metric f1", "declares roc_auc"), ("--margin 0.3", "set after the runs"),
            ("--method m", "says nothing of a run"),
            ("--procedures logit,treee", "did you mean tree"),
        ):  # fmt: skip
            code, _, err = call(capsys, f"compare {tmp_path / 'RUN'} {asked}")
            assert code == 2
            assert message in err
        assert call(capsys, f"compare {tmp_path / 'RUN'} {tmp_path / 'RUN'}")[0] == 2
        code, _, err = call(capsys, f"decompose {tmp_path / 'RUN'}")
        assert code == 2
        assert "drawn together" in err
        code, out, _ = call(capsys, f"plan {tmp_path / 'RUN'}")
        assert code == 0
        assert "More patients, not more repeats" in out

    def test_runs_that_fail_are_told_and_have_their_exit_code(self, capsys):
        line = "compare procs.py:logit procs.py:failing --data mine.csv --target y --drop patient --jobs 1 --repeats 2"
        code, out, err = call(capsys, line, "--folds", 3)
        assert code == 3
        assert "no convergence whatsoever" in err
        assert "Traceback" not in err
        assert "2 runs of failing failed" in re.sub(r"\s+", " ", out)

    def test_groups_are_on_one_side(self, capsys, tmp_path):
        table = pd.read_csv("mine.csv").assign(y=lambda t: t["patient"] % 2)
        table.to_csv(tmp_path / "mine.csv", index=False)
        line = (
            f"compare procs.py:logit procs.py:tree --data {tmp_path / 'mine.csv'} --target y --group patient"
        )
        assert (
            call(
                capsys, line, "--jobs", 1, "--repeats", 2, "--folds", 3, "--out", tmp_path / "RUN", "--quiet"
            )[0]
            == 0
        )
        cube = vb.open_cube(tmp_path / "RUN")
        for repeat in (0, 1):
            rows = cube.isel(procedure=0, repeat=repeat)
            folds = pd.DataFrame({"fold": rows["row_fold"].values, "group": rows["group"].values}).query(
                "fold >= 0"
            )
            assert len(folds) == 60
            assert (folds.groupby("group")["fold"].nunique() == 1).all()

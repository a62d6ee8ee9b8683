"""Inputs that nobody would think of: what an audit makes of broken files, odd objects and odd tables."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from audit_examples import cohort
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

import varbench as vb
from varbench import Procedure, Split, Study
from varbench.audits import CHECKS, audit_steps, audit_table, read, read_steps
from varbench.audits.findings import CLEAR, FOUND, NOT_APPLICABLE, NOT_CHECKED, OUTCOMES, Finding
from varbench.audits.look import Look
from varbench.audits.splits import strata
from varbench.audits.tables import LEAST_LEVEL
from varbench.cli import main
from varbench.errors import CubeError, DataError, InputError


class _Unwilling(StandardScaler):
    def get_params(self, deep: bool = True) -> dict[str, object]:
        raise RuntimeError("no parameters today")


class _Fails(LogisticRegression):
    def __init__(self, error: BaseException | None = None) -> None:
        super().__init__()
        self.error = error

    def fit(self, X: object, y: object, sample_weight: object = None) -> _Fails:
        if self.error is not None:
            raise self.error
        return self


class _Missing(LogisticRegression):
    def predict_proba(self, X: object) -> np.ndarray:
        return np.full((len(X), 2), np.nan)  # type: ignore[arg-type]


def _small(n: int = 60) -> pd.DataFrame:
    return (
        pd.DataFrame(np.random.default_rng(5).normal(size=(n, 3))).add_prefix("f").assign(y=np.arange(n) % 2)
    )


def _by_code(findings: tuple[Finding, ...]) -> dict[str, Finding]:
    return {one.code: one for one in findings}


def test_a_step_that_does_not_name_its_parameters_is_not_checked_and_said() -> None:
    steps = read_steps(make_pipeline(_Unwilling(), LogisticRegression()))
    found = _by_code(audit_steps(steps))
    assert found["VB231"].outcome == NOT_CHECKED
    assert "get_params fails with RuntimeError" in found["VB231"].sentence
    assert found["VB221"].sentence.startswith("Seeds drawn anew in each fit: logisticregression")


def test_a_pipeline_that_holds_itself_is_refused() -> None:
    pipeline = Pipeline([("scale", StandardScaler()), ("model", LogisticRegression())])
    pipeline.steps.append(("self", pipeline))
    with pytest.raises(InputError, match="step self holds itself: Pipeline"):
        read_steps(pipeline)


@pytest.mark.parametrize(
    "error", [ZeroDivisionError("by zero"), MemoryError("too big"), SystemExit(4), OSError("no such file")]
)
def test_steps_may_fail_in_any_way_on_shuffled_labels(error: BaseException) -> None:
    answer = vb.audit(_small(), make_pipeline(StandardScaler(), _Fails(error)), target="y", deep=True)
    row = answer.frame("findings").set_index("code").loc["VB241"]
    assert row["outcome"] == NOT_CHECKED
    assert f"fail on this table: {type(error).__name__}: {error}" in row["finding"]


def test_a_function_that_fails_is_no_crash() -> None:
    steps = make_pipeline(FunctionTransformer(lambda X: 1 / 0), LogisticRegression())
    row = vb.audit(_small(), steps, target="y", deep=True).frame("findings").set_index("code").loc["VB241"]
    assert "ZeroDivisionError" in row["finding"]


def test_missing_answers_are_no_score_of_a_half() -> None:
    row = (
        vb.audit(_small(), _Missing(), target="y", deep=True).frame("findings").set_index("code").loc["VB241"]
    )
    assert row["outcome"] == NOT_CHECKED
    assert "answer with missing values" in row["finding"]


FILES = {
    "syntax.py": "def (",
    "leaves.py": "import sys; sys.exit(3)",
    "fails.py": "raise ValueError('boom')",
    "endless.py": "def f(): return f()\nf()",
    "needs.py": "import no_such_module_anywhere",
    "path.py": "import sys; sys.path.clear(); from sklearn.svm import SVC\nmodel = SVC()",
    "things.py": "from sklearn.svm import SVC\nkind = SVC\nnumber = 3\ntable = {}",
    "a name/ok file.py": "from sklearn.svm import SVC\nmodel = SVC()",
    "x.joblib": "from sklearn.svm import SVC\nmodel = SVC()",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return tmp_path


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("syntax.py:model", "syntax.py, line 1: SyntaxError"),
        ("leaves.py:model", "leaves.py, line 1: SystemExit: 3"),
        ("fails.py", "fails.py, line 1: ValueError: boom"),
        ("endless.py", "RecursionError"),
        ("needs.py", "No module named 'no_such_module_anywhere'"),
        ("thing.py:number", "unknown file 'thing.py'; did you mean things.py"),
        ("things.py:numbr", "unknown name 'numbr'; did you mean number?"),
        ("things.py:kind", "is a class; an audit takes an object, as SVC(...)"),
        ("things.py:number", "is of type int"),
        ("things.py:table", "is of type dict"),
        ("things.py:a.b", "things.py:a.b: expected one name behind the colon"),
        ("things.py:", "expected one name behind the colon"),
        ("x.joblib", "x.joblib: such a file runs any code when it is opened"),
        ("x.joblib:model", "x.joblib: such a file runs any code when it is opened"),
        ("x.JOBLIB:model", "such a file runs any code"),
    ],
)
def test_files_that_cannot_be_read_are_told_in_a_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], what: str, message: str
) -> None:
    assert main(["audit", f"../{what}"]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("what", ["a name/ok file.py:model", "a name/ok file.py"])
def test_a_path_may_have_spaces_and_lie_elsewhere(
    folder: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    assert main(["audit", f"../{what}"]) == 0
    assert "No error, no warning." in capsys.readouterr().out


def test_a_file_may_change_the_path_of_modules(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert main(["audit", "../path.py", "--quiet"]) == 0


def test_a_negative_seed_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _small().to_csv(tmp_path / "my.csv", index=False)
    assert main(["audit", str(tmp_path / "my.csv"), "--target", "y", "--seed", "-1"]) == 2
    assert "--seed -1: must be 0 or greater" in capsys.readouterr().err
    with pytest.raises(InputError, match=r"rng=-1: must be 0 or greater"):
        audit_table(read(_small(), target="y"), seed=-1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_german_table_is_read(tmp_path: Path, encoding: str) -> None:
    frame = cohort(np.random.default_rng(2), columns=(10,)).rename(columns={"f1": "Größe"})
    frame.to_csv(tmp_path / "g.csv", sep=";", decimal=",", index=False, encoding=encoding)
    table = read(str(tmp_path / "g.csv"), target="y")
    np.testing.assert_allclose(table.X["Größe"], frame["Größe"])
    assert len(table.numeric) == 10


def test_years_and_tens_are_no_folds_that_are_missing() -> None:
    for given in ([2019, 2020, 2021], [10, 20, 30], ["²", "³"]):
        frame = _small(90).assign(fold=[given[i // 2 % len(given)] for i in range(90)])
        assert audit_table(read(frame, target="y", split="fold")).of("VB141").outcome == CLEAR
    frame = _small(90).assign(fold=[(0, 1, 3)[i // 2 % 3] for i in range(90)])
    assert "Fold 2 is missing" in audit_table(read(frame, target="y", split="fold")).of("VB141").sentence


def test_what_two_tables_write_in_other_ways_is_a_flaw() -> None:
    train, test = _small(60), _small(40)
    text = test.assign(f1=[f"{value:.1f} mm" for value in test["f1"]], f2=None)
    one = audit_table(read([train, text], target="y")).of("VB141")
    assert one.alarm
    assert one.columns == ("f1",)  # an empty column is neither numbers nor text
    assert "'f1' is numbers in one table and text in the other" in one.sentence
    spelled = audit_table(read([train, test.assign(y=test["y"].map({0: "no", 1: "yes"}))], target="y"))
    assert "The two sides share no class." in spelled.of("VB141").sentence
    assert spelled.of("VB141").cure == "Spell the classes alike on both sides."


def test_two_tables_may_have_their_columns_in_another_order() -> None:
    train, test = _small(60), _small(40)
    both = [read([train, part], target="y").X for part in (test, test[test.columns[::-1]])]
    pd.testing.assert_frame_equal(both[0], both[1])


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (_small().assign(y=np.where(np.arange(60) == 3, np.inf, np.linspace(0, 1, 60))), "infinite in row 4"),
        (_small().assign(f0=np.arange(60) * 1j), "'f0' has complex numbers"),
        (_small().head(1), "every one of the 1 rows"),
        (_small()[["y"]], "no feature is left"),
        (_small().head(0), "it has no row"),
        (_small().assign(s="all"), "every one of the 60 rows is 'all'"),
    ],
)
def test_tables_that_cannot_be_audited_are_refused(frame: pd.DataFrame, message: str) -> None:
    with pytest.raises(DataError, match=message):
        vb.audit(frame, target="y", split="s" if "s" in frame else None)


@pytest.mark.parametrize(
    "frame",
    [
        _small().assign(f0=np.nan, f1=np.nan, f2=np.nan),
        _small().assign(f0=1.0, f1=1.0, f2="x"),
        _small().head(2),
        _small().assign(f0=[[i] for i in range(60)], f1=[{"a": i} for i in range(60)]),
        _small().convert_dtypes(),
        _small().rename(columns={"f0": "<b>|`\n", "f1": "=cmd()", "f2": ""}),
        _small().assign(
            f0=pd.date_range("2020", periods=60, tz="Europe/Berlin"), f1=pd.Categorical(["a", "b"] * 30)
        ),
    ],
)
def test_odd_tables_end_in_the_four_outcomes(frame: pd.DataFrame) -> None:
    found = vb.audit(frame, target="y").frame("findings")
    assert set(found["outcome"]) <= set(OUTCOMES)
    assert len(found) == len(CHECKS)
    assert (found["finding"].str.len() > 0).all()


@pytest.mark.parametrize("what", [None, [1], np.zeros((3, 3)), pd.Series([1.0])])
def test_what_is_neither_is_refused_by_its_type(what: object) -> None:
    with pytest.raises(InputError, match=f"is of type {type(what).__name__}; an audit takes a table"):
        vb.audit(what, target="y")


@pytest.mark.parametrize(
    ("name", "value"), [("rng", 1.5), ("rng", "a"), ("level", "a"), ("level", float("nan"))]
)
def test_odd_settings_are_refused(name: str, value: object) -> None:
    with pytest.raises(InputError, match=f"{name}="):
        vb.audit(_small(), target="y", **{name: value})  # type: ignore[arg-type]


def test_one_column_to_drop_may_be_given_by_its_name() -> None:
    assert vb.audit(_small(), target="y", drop="f1").about["features"] == 2


def _patients(rng: np.random.Generator, n: int = 40, rows: int = 8) -> pd.DataFrame:
    of = np.repeat(np.arange(n), rows)
    X = rng.normal(size=(n, 7))[of] + rng.normal(size=(n * rows, 7))
    return pd.DataFrame(X).add_prefix("f").assign(y=of % 2, patient=of)


@pytest.mark.parametrize("renamed", [False, True])
def test_patients_that_were_bootstrapped_are_found_whole(renamed: bool) -> None:
    hits = 0
    for draw in range(10):
        rng = np.random.default_rng([3, draw])
        frame = _patients(rng)
        drawn = [
            part.assign(patient=number) if renamed else part
            for number, name in enumerate(rng.integers(0, 40, 40))
            for part in [frame[frame["patient"] == name]]
        ]
        one = audit_table(read(pd.concat(drawn), target="y", group="patient"), seed=draw).of("VB104")
        hits += one.alarm and one.sentence.startswith("Groups are there")
    assert hits >= 9


def test_small_tables_of_bootstrapped_rows_are_found() -> None:
    hits = 0
    for draw in range(10):
        rng = np.random.default_rng([4, draw])
        frame = cohort(rng, columns=(10,)).head(70)
        frame = frame.iloc[rng.integers(0, 70, 70)]
        hits += audit_table(read(frame, target="y"), seed=draw).of("VB104").alarm
    assert hits >= 9


def test_rows_that_are_all_there_twice_were_not_drawn() -> None:
    frame = pd.concat([cohort(np.random.default_rng(6), columns=(10,))] * 2)
    assert audit_table(read(frame, target="y")).of("VB104").outcome == CLEAR


def test_of_three_classes_the_number_of_folds_is_a_bound() -> None:
    # Groups with classes 0 and 1, 1 and 2, 0 and 2: each class has two groups, and yet no two folds have all.
    frame = pd.DataFrame({"f": np.random.default_rng(0).normal(size=60), "p": np.repeat([0, 1, 2], 20)})
    frame["y"] = np.concatenate([np.tile([0, 1], 10), np.tile([1, 2], 10), np.tile([0, 2], 10)])
    assert "is at most 2." in audit_table(read(frame, target="y", group="p")).of("VB115").sentence


def test_a_run_with_a_file_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    split = Split(StratifiedKFold(3, shuffle=True))
    tree = Procedure([split, DecisionTreeClassifier(max_depth=2)])
    asked = {"question": "?", "data": "wdbc", "primary": "roc_auc", "vary": ["split"]}
    Study(procedures={"tree": tree}, **asked).run(repeats=2, out=tmp_path / "run")
    chunk = next(one for one in (tmp_path / "run" / "cube.zarr" / "score").rglob("c*") if one.is_file())
    chunk.write_bytes(chunk.read_bytes()[:20])
    with pytest.raises(CubeError, match="the cube is damaged"):
        vb.audit(str(tmp_path / "run"))


@pytest.mark.parametrize(
    ("name", "alike"),
    [
        ("probability", True), ("Probability_1", True), ("p_hat_probabilities", True), ("softmax_0", True),
        ("riskForecast", True), ("original_glcm_MaximumProbability", False), ("max_probability", False),
        ("improbable", False), ("problem", False), ("sigmoid_colon", False),
    ],
)  # fmt: skip
def test_what_is_named_like_an_answer(name: str, alike: bool) -> None:
    frame = _small(200)
    frame[name] = frame["y"] + np.random.default_rng(8).normal(size=200)
    assert (audit_table(read(frame, target="y")).of("VB122").outcome == FOUND) == alike


def test_a_search_whose_model_stands_in_its_grid_is_one() -> None:
    steps = Pipeline([("scale", StandardScaler()), ("model", "passthrough")])
    search = GridSearchCV(steps, {"model": [LogisticRegression(), LogisticRegression(C=0.1)]})
    found = _by_code(audit_steps(read_steps(search)))
    assert found["VB211"].evidence == {"settings": 2}
    assert found["VB213"].outcome != NOT_APPLICABLE


def test_what_is_written_of_a_run_lies_in_its_folder(tmp_path: Path) -> None:
    tree = Procedure([Split(StratifiedKFold(3, shuffle=True)), DecisionTreeClassifier(max_depth=2)])
    asked = {"question": "?", "data": "wdbc", "primary": "roc_auc", "vary": ["split"]}
    Study(procedures={"tree": tree}, **asked).run(repeats=2, out=tmp_path / "run")
    for command in ("audit", "checklist"):
        for given in ("run", "run/cube.zarr"):
            written = tmp_path / "run" / f"{command}.md"
            assert main([command, str(tmp_path / given), "--to", "md", "--quiet"]) == 0
            written.unlink()
    assert [one.name for one in tmp_path.iterdir()] == ["run"]
    assert not list((tmp_path / "run" / "cube.zarr").glob("*.md"))


def test_a_stratum_is_found_among_many_that_no_draw_would_lose() -> None:
    rng = np.random.default_rng(0)
    frame = cohort(rng, columns=(10,)).head(200)
    for number in range(40):  # a hundred and twenty common strata, which are lost in no draw
        frame[f"c{number}"] = rng.integers(0, 3, 200) * 1.0
    test = np.arange(200) % 10 < 3
    frame["kind"] = np.where(np.isin(np.arange(200), np.flatnonzero(~test)[:21]), "rare", "usual")
    one = audit_table(read(frame.assign(s=np.where(test, "test", "train")), target="y", split="s")).of(
        "VB143"
    )
    assert one.alarm
    assert one.columns == ("kind",)


def test_lost_strata_keep_their_level_where_sides_are_dealt() -> None:
    rng = np.random.default_rng(1)
    X = pd.DataFrame(rng.choice([0.0, 1.0, 2.0, 3.0], (60, 12), p=[0.6, 0.2, 0.12, 0.08])).add_prefix("c")
    low = 0
    for draw in range(300):
        sides = np.where(np.random.default_rng([2, draw]).permutation(60) < 18, "test", "train")
        pvalue = strata(Look(read(X.assign(s=sides), split="s"), draw)).pvalue
        low += pvalue is not None and pvalue <= 0.05
    assert low <= stats.binom.ppf(0.999, 300, 0.05)


def test_a_level_that_no_p_value_can_reach_is_refused() -> None:
    rng = np.random.default_rng(3)
    frame = cohort(rng, split=True, columns=(10,))
    n = len(frame)
    frame = frame.assign(
        leak=2.0 * frame["y"], g=np.arange(n) // 2, b=rng.choice(["a", "b"], n), w=rng.random(n)
    )
    table = read(frame, target="y", split="split", group="g", batch="b", time="w")
    assert audit_table(table, level=LEAST_LEVEL).of("VB121").alarm
    with pytest.raises(InputError, match=r"level=0.01: .* must be 0.03 or more"):
        audit_table(table, level=0.01)


def test_marks_of_missing_cells_make_no_text_of_numbers(tmp_path: Path) -> None:
    frame = cohort(np.random.default_rng(4), columns=(10,)).round(3).astype({"f1": object, "f2": object})
    frame.loc[[3, 5], "f1"], frame.loc[4, "f2"] = "?", "unknown"
    frame["kind"] = ["a", "b", "?", "-"] * (len(frame) // 4)
    frame.to_csv(tmp_path / "my.csv", index=False)
    table = read(str(tmp_path / "my.csv"), target="y")
    assert table.texts == ("kind",)
    assert np.flatnonzero(table.X["f1"].isna()).tolist() == [3, 5]
    one = audit_table(table).of("VB163")
    assert "Marks, as '?', were read as missing in 2 columns of numbers: 'f1', 'f2'." in one.sentence


def test_columns_may_be_called_by_numbers() -> None:
    frame = _small().rename(columns={"y": 5, "f0": 0})
    assert read(frame, target=5).roles == {"target": "5"}  # type: ignore[arg-type]

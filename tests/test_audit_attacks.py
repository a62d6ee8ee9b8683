"""Inputs that nobody would think of: what an audit makes of broken files, odd objects and odd tables."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from audit_examples import cohort
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import varbench as vb
from varbench.audits import audit_steps, audit_table, read, read_steps
from varbench.audits.findings import NOT_CHECKED, Finding
from varbench.cli import main
from varbench.errors import InputError


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

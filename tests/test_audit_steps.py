"""The audit of steps: what an order of objects leaks, and the user's own steps on shuffled labels."""

from __future__ import annotations

import inspect
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import make_pipeline as sampling_pipeline
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.feature_selection import SelectFromModel, SelectKBest
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, StratifiedGroupKFold, StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import all_estimators

import varbench as vb
from varbench import Procedure, Split, Study, Tune
from varbench.audits import STEP_CHECKS, Finding, audit_steps, read, read_steps, together
from varbench.audits.findings import CLEAR, ERROR, FOUND, INFORMATION, NOT_APPLICABLE, NOT_CHECKED, WARNING
from varbench.cli import main
from varbench.errors import InputError, StudyError

RNG = np.random.default_rng(4)
X, Y = RNG.normal(size=(60, 5)), np.arange(60) % 2
CV = StratifiedKFold(3, shuffle=True)
GRID = {"C": [0.1, 1.0, 10.0]}


class Own(TransformerMixin, BaseEstimator):
    """A user's own step."""

    def fit(self, X: Any, y: Any = None) -> Own:
        """Learn nothing."""
        return self

    def transform(self, X: Any) -> Any:
        """Change nothing."""
        return X


def of(thing: Any, code: str, table: pd.DataFrame | None = None, **named: str) -> Finding:
    read_table = None if table is None else read(table, **named)
    (one,) = (one for one in audit_steps(read_steps(thing, "it", read_table)) if one.code == code)
    return one


def said(one: Finding) -> tuple[str, str, str]:
    return one.outcome, one.severity, one.leakage


# What order leaks


def test_a_clean_pipeline_has_no_alarm() -> None:
    clean = make_pipeline(StandardScaler(), SelectKBest(k=2), LogisticRegression())
    findings = audit_steps(read_steps(clean))
    assert [one.code for one in findings] == list(STEP_CHECKS)
    assert not [one.code for one in findings if one.alarm]


@pytest.mark.parametrize(
    ("left", "severity", "leakage"),
    [
        (SelectKBest(k=2), ERROR, "L1.3"),
        (RandomOverSampler(), ERROR, "L1.4"),
        (StandardScaler(), WARNING, "L1.2"),
    ],
)
def test_a_step_left_of_the_split(left: Any, severity: str, leakage: str) -> None:
    one = of(Procedure([left, Split(CV), GaussianNB()]), "VB201")
    assert said(one) == (FOUND, severity, leakage)
    assert of(Procedure([Split(CV), left, GaussianNB()]), "VB201").outcome == CLEAR


def test_a_split_that_parts_groups() -> None:
    table = pd.DataFrame(X).add_prefix("f").assign(y=Y, who=np.arange(60) // 3)
    parting = Procedure([Split(CV), GaussianNB()])
    keeping = Procedure([Split(StratifiedGroupKFold(3, shuffle=True)), GaussianNB()])
    assert said(of(parting, "VB201", table, target="y", group="who")) == (FOUND, ERROR, "L3.2")
    assert of(keeping, "VB201", table, target="y", group="who").outcome == CLEAR
    assert of(parting, "VB201", table, target="y").outcome == CLEAR


def test_a_bare_model_says_that_the_rest_is_unseen() -> None:
    assert said(of(GaussianNB(), "VB201")) == (FOUND, INFORMATION, "")


@pytest.mark.parametrize("first", [SelectKBest(k=2), SMOTE()])
def test_a_step_before_a_search_sees_its_validation_rows(first: Any) -> None:
    inside = sampling_pipeline(first, GridSearchCV(LogisticRegression(), GRID))
    around = GridSearchCV(sampling_pipeline(first, LogisticRegression()), {"logisticregression__C": [1.0]})
    one = of(inside, "VB202")
    assert (one.outcome, one.severity) == (FOUND, WARNING)
    assert "GridSearchCV(pipeline, grid)" in one.cure
    assert of(around, "VB202").outcome == CLEAR


def test_a_sampler_in_a_pipeline_of_scikit_learn() -> None:
    lost = Pipeline([("s", SMOTE()), ("m", LogisticRegression())])
    with pytest.raises(TypeError, match="should be transformers"):
        lost.fit(X, Y)
    assert said(of(lost, "VB203")) == (FOUND, ERROR, "L1.4")
    assert of(sampling_pipeline(SMOTE(), LogisticRegression()), "VB203").outcome == CLEAR
    assert of(make_pipeline(LogisticRegression()), "VB203").outcome == NOT_APPLICABLE


@pytest.mark.parametrize(
    ("step", "leakage"),
    [
        (SelectKBest(k=2).fit(X, Y), "L1.3"),
        (StandardScaler().fit(X), "L1.2"),
        (FrozenEstimator(StandardScaler().fit(X)), "L1.2"),
        (SelectFromModel(LogisticRegression().fit(X, Y), prefit=True), "L1.3"),
    ],
    ids=["selector", "scaler", "frozen", "prefit"],
)
def test_a_step_that_is_fitted_already(step: Any, leakage: str) -> None:
    assert said(of(make_pipeline(step, LogisticRegression()), "VB204")) == (FOUND, WARNING, leakage)


def test_a_whole_that_is_fitted_is_fitted_anew() -> None:
    whole = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y)
    assert of(whole, "VB204").severity == INFORMATION
    stateless = make_pipeline(FunctionTransformer(), LogisticRegression())
    assert of(stateless, "VB204").outcome == CLEAR


# Choosing


def test_the_best_score_of_a_search_is_none_to_report() -> None:
    search = GridSearchCV(LogisticRegression(), GRID, cv=3)
    assert of(search, "VB211").severity == INFORMATION
    assert of(search, "VB211").evidence["settings"] == 3
    one = of(search.fit(X, Y), "VB211")
    assert said(one) == (FOUND, WARNING, "L1.1")
    assert f"{search.best_score_:.3f}" in one.sentence
    # the expected maximum of three standard normal numbers is 3 / (2 sqrt(pi))
    assert f"{3 / (2 * np.sqrt(np.pi)):.1f} SD" in one.sentence


def test_settings_of_several_grids_and_of_a_random_search() -> None:
    grids = [{"C": [1, 2], "max_iter": [50, 60, 70]}, {"C": [3]}]
    assert of(GridSearchCV(LogisticRegression(), grids), "VB211").evidence["settings"] == 7
    drawn = RandomizedSearchCV(LogisticRegression(), {"C": [1, 2, 3]}, n_iter=2)
    assert of(drawn, "VB211").evidence["settings"] == 2


def test_rows_that_choose_and_are_scored() -> None:
    tuned = Procedure([Tune([LogisticRegression()], {"logisticregression__C": [1.0, 2.0]}), Split(CV)])
    assert said(of(tuned, "VB211")) == (FOUND, ERROR, "L1.1")
    rows = np.arange(60)
    overlapping = GridSearchCV(LogisticRegression(), GRID, cv=[(rows, rows[:20])])
    apart = GridSearchCV(LogisticRegression(), GRID, cv=[(rows[20:], rows[:20])])
    assert said(of(overlapping, "VB211")) == (FOUND, ERROR, "L1.1")
    assert of(apart, "VB211").severity == INFORMATION


def test_inner_splits_that_part_groups_or_lack_a_class() -> None:
    table = pd.DataFrame(X).add_prefix("f").assign(y=(np.arange(60) < 4) * 1, who=np.arange(60) // 2)
    deaf = GridSearchCV(LogisticRegression(), GRID, cv=CV)
    keeping = GridSearchCV(LogisticRegression(), GRID, cv=StratifiedGroupKFold(3, shuffle=True))
    assert said(of(deaf, "VB212", table, target="y", group="who")) == (FOUND, WARNING, "L3.2")
    assert of(keeping, "VB212", table, target="y", group="who").outcome == CLEAR
    few = of(GridSearchCV(LogisticRegression(), GRID, cv=5), "VB212", table, target="y")
    assert few.severity == WARNING
    assert "5 folds, and the rarest class has 4 rows" in few.sentence


def test_accuracy_where_a_class_is_rare() -> None:
    table = pd.DataFrame(X).add_prefix("f").assign(y=(np.arange(60) < 6) * 1)
    by_default = GridSearchCV(LogisticRegression(), GRID)
    one = of(by_default, "VB213", table, target="y")
    assert one.severity == WARNING
    assert "an accuracy of 90%" in one.sentence
    assert of(by_default, "VB213", table.assign(y=Y), target="y").outcome == CLEAR
    assert of(by_default, "VB213").severity == INFORMATION
    assert (
        of(GridSearchCV(LogisticRegression(), GRID, scoring="roc_auc"), "VB213", table, target="y").outcome
        == CLEAR
    )
    own = GridSearchCV(LogisticRegression(), GRID, scoring=lambda m, X, y: 0.0)
    assert of(own, "VB213", table, target="y").outcome == NOT_CHECKED


# Seeds, weights, columns, outcome


def test_seeds_that_are_fixed_free_or_shared() -> None:
    fixed, free = DecisionTreeClassifier(random_state=0), DecisionTreeClassifier()
    assert of(fixed, "VB221").evidence == {"fixed": 1, "free": 0}
    assert of(free, "VB221").evidence == {"fixed": 0, "free": 1}
    shared = DecisionTreeClassifier(random_state=np.random.RandomState(0))
    assert of(shared, "VB221").severity == WARNING


def test_weights_beside_a_sampler() -> None:
    both = sampling_pipeline(SMOTE(), LogisticRegression(class_weight={0: 1, 1: 9}))
    even = sampling_pipeline(SMOTE(), LogisticRegression(class_weight="balanced"))
    assert of(both, "VB222").severity == WARNING
    assert of(even, "VB222").severity == INFORMATION
    assert of(sampling_pipeline(SMOTE(), LogisticRegression()), "VB222").outcome == CLEAR


def test_columns_that_are_no_features() -> None:
    table = pd.DataFrame(X).add_prefix("f").assign(y=Y, site=np.arange(60) % 3)
    named = {"target": "y", "batch": "site"}

    def taking(*columns: str) -> Any:
        return make_pipeline(make_column_transformer((StandardScaler(), list(columns))), GaussianNB())

    assert said(of(taking("f0", "y"), "VB223", table, **named)) == (FOUND, ERROR, "L2")
    assert of(taking("f0", "site"), "VB223", table, **named).severity == WARNING
    assert of(taking("f0", "f9"), "VB223", table, **named).columns == ("f9",)
    assert of(taking("f0", "f1"), "VB223", table, **named).outcome == CLEAR
    picking = make_column_transformer((StandardScaler(), lambda frame: ["f0"]))
    assert of(picking, "VB223", table, **named).outcome == NOT_CHECKED


def test_a_regression_for_classes() -> None:
    table = pd.DataFrame(X).add_prefix("f").assign(y=Y)
    assert of(make_pipeline(LinearRegression()), "VB224", table, target="y").severity == WARNING
    assert of(make_pipeline(GaussianNB()), "VB224", table, target="y").outcome == CLEAR


# What cannot be read


@pytest.mark.parametrize(
    "step", [FunctionTransformer(lambda X: X), Own(), FunctionTransformer(inverse_func=lambda X: X)]
)
def test_steps_whose_code_is_the_users_own(step: Any) -> None:
    one = of(make_pipeline(step, GaussianNB()), "VB231")
    assert one.outcome == NOT_CHECKED
    assert type(step).__name__.lower() in one.sentence
    assert of(make_pipeline(FunctionTransformer(np.log1p), GaussianNB()), "VB231").outcome == CLEAR


def test_whatever_scikit_learn_has_can_be_read() -> None:
    read_ = 0
    for _, kind in all_estimators():
        if [p for p in inspect.signature(kind).parameters.values() if p.default is p.empty and p.kind < 2]:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # those that scikit-learn retires
            pipeline = Pipeline([("a", "passthrough"), ("b", None), ("c", kind())])
        findings = audit_steps(read_steps(pipeline))
        assert not [one for one in findings if "cannot be read: " in one.sentence], kind
        read_ += 1
    assert read_ > 150


def test_a_pipeline_that_is_put_together_wrongly_is_not_checked() -> None:
    findings = {one.code: one for one in audit_steps(read_steps(Pipeline(LogisticRegression())))}  # type: ignore[arg-type]
    for code in ("VB202", "VB231"):
        assert findings[code].outcome == NOT_CHECKED
        assert "The object cannot be read: TypeError" in findings[code].sentence


def test_a_function_is_not_checked() -> None:
    findings = audit_steps(read_steps(lambda data, seeds: None, "mine"))
    assert {one.code for one in findings if one.outcome == NOT_CHECKED} >= {"VB201", "VB231"}
    assert not [one for one in findings if one.alarm]


def test_what_is_no_procedure_is_refused() -> None:
    with pytest.raises(InputError, match=r"it is a class; an audit takes an object, as GaussianNB\(...\)"):
        read_steps(GaussianNB, "it")
    with pytest.raises(InputError, match="it is of type int"):
        read_steps(3, "it")


def test_procedures_of_a_study_are_told_apart() -> None:
    bad = Procedure([SelectKBest(k=2), Split(CV), GaussianNB()])
    good = Procedure([Split(CV), SelectKBest(k=2), GaussianNB()])
    study = Study(
        question="?", data="wdbc", procedures={"bad": bad, "good": good}, primary="roc_auc", vary=["split"]
    )
    frame = vb.audit(study).frame("findings").set_index("code")
    assert frame.loc["VB201", "finding"].startswith("bad: selectkbest")
    alike = (Finding("VB201", "", CLEAR, sentence="Well."),)
    assert together([("a", alike), ("b", alike)]) == alike


# Shuffled labels


def table_of(n: int = 120, p: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(8)
    return pd.DataFrame(rng.normal(size=(n, p))).add_prefix("f").assign(y=(np.arange(n) % 3 == 0) * 1)


def deep(table: pd.DataFrame, thing: Any, **named: str) -> pd.Series:
    found = vb.audit(table, thing, target="y", deep=True, **named).frame("findings")
    return found.set_index("code").loc["VB241"]


def test_shuffled_labels_find_what_sees_the_test_rows() -> None:
    early = Procedure([SelectKBest(k=5), Split(CV), GaussianNB()])
    late = Procedure([Split(CV), SelectKBest(k=5), GaussianNB()])
    one = deep(table_of(), early)
    assert (one["outcome"], one["severity"], one["leakage"]) == (FOUND, ERROR, "L1.1")
    assert one["evidence"].startswith("mean 0.")
    assert deep(table_of(), late)["outcome"] == CLEAR
    assert deep(table_of(), make_pipeline(SelectKBest(k=5), GaussianNB()))["outcome"] == CLEAR


def test_shuffled_labels_find_groups_that_a_split_parts() -> None:
    rng = np.random.default_rng(2)
    rows = np.repeat(rng.normal(size=(30, 20)), 4, axis=0) + 0.2 * rng.normal(size=(120, 20))
    table = pd.DataFrame(rows).add_prefix("f").assign(
        y=np.repeat(rng.permutation(30) % 2, 4), who=np.repeat(np.arange(30), 4), fold=rng.permutation(120) % 5
    )  # fmt: skip
    near = KNeighborsClassifier(1)
    assert deep(table, near, group="who", split="fold")["severity"] == ERROR
    assert deep(table.drop(columns="fold"), near, group="who")["outcome"] == CLEAR


def test_steps_that_fail_or_cannot_be_asked() -> None:
    table = table_of(60, 3)
    missing = deep(table.assign(f0=np.nan, f1=table["f1"].mask(table.index < 9)), make_pipeline(GaussianNB()))
    assert missing["outcome"] == NOT_CHECKED
    assert "The steps fail on this table: ValueError: Input X contains NaN" in missing["finding"]
    assert deep(table, StandardScaler())["outcome"] == NOT_CHECKED
    words = table.assign(kind=["a", "b"] * 30)
    assert deep(words, Procedure([Split(CV), DummyClassifier()]))["outcome"] == NOT_CHECKED


# From the command line


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pipe.py").write_text(
        "from sklearn.feature_selection import SelectKBest\n"
        "from sklearn.model_selection import GridSearchCV\n"
        "from sklearn.naive_bayes import GaussianNB\n"
        "from sklearn.pipeline import make_pipeline\n"
        "pipeline = make_pipeline(SelectKBest(k=2), GridSearchCV(GaussianNB(), {'var_smoothing': [1e-9, 1e-3]}))\n"
        "model = GaussianNB()\n"
    )
    (tmp_path / "empty.py").write_text("x = 1\n")
    table_of(60, 3).to_csv(tmp_path / "my.csv", index=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_pipeline_of_a_file_of_python_source(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "pipe.py:pipeline"]) == 0
    assert "VB202, warning" in capsys.readouterr().out
    assert main(["audit", "pipe.py"]) == 0
    assert "VB202, warning" in capsys.readouterr().out
    assert (
        main(["audit", "my.csv", "pipe.py:model", "--target", "y", "--deep", "--to", "json", "--out", "r"])
        == 0
    )
    written = (folder / "r" / "audit.json").read_text()
    assert "VB241" in written
    assert "VB121" in written


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("audit model.pkl", "such a file runs any code when it is opened"),
        ("audit model.joblib", "write the steps in a file of Python source"),
        ("audit pipe.py:pipline", "unknown name 'pipline'; did you mean pipeline or make_pipeline?"),
        ("audit empty.py", "defines none of pipeline, procedure, study, search, model"),
        ("audit nothing.py:pipeline", "unknown file 'nothing.py'"),
        ("audit empty.py:x", "is of type int"),
        ("audit pipe.py --target y", "is about a table's columns, and no table is given"),
        ("audit pipe.py --deep", "give both"),
        ("audit my.csv --target y --deep", "give both"),
        ("audit pipe.py:pipeline pipe.py:model", "one pipeline, procedure or study; got 2"),
    ],
)
def test_mistakes_are_told(folder: Path, capsys: pytest.CaptureFixture[str], line: str, message: str) -> None:
    assert main(line.split()) == 2
    assert message in capsys.readouterr().err.replace("\n", " ")


def test_a_file_may_import_what_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "beside_the_pipeline.py").write_text("from sklearn.naive_bayes import GaussianNB as Own\n")
    (tmp_path / "pipe.py").write_text("from beside_the_pipeline import Own\npipeline = Own()\n")
    before = list(sys.path)
    assert vb.audit(tmp_path / "pipe.py").kicker == "pipe.py"
    assert sys.path == before


def test_a_file_that_fails_is_told(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("1 / 0\n")
    with pytest.raises(StudyError, match="line 1: ZeroDivisionError"):
        vb.audit(tmp_path / "broken.py")

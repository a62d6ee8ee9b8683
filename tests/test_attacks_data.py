"""Tables that no study can be made of, and what is said of them before any work."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import KFold, LeaveOneGroupOut, StratifiedGroupKFold, StratifiedKFold
from sklearn.tree import DecisionTreeClassifier

import varbench as vb
from varbench.cli.main import main
from varbench.data import Data
from varbench.errors import DataError, InputError
from varbench.study import Request, plan


def table(n_yes: int) -> Data:
    y = np.repeat([0, 1], [20, n_yes])
    X = np.random.default_rng(0).normal(size=(len(y), 3))
    ids = np.arange(len(y)).astype(str)
    return Data(X=X, y=y, classes=("no", "yes"), feature_names=("a", "b", "c"), ids=ids, name="mine")


def study(*steps: Any) -> vb.Study:
    return vb.Study(
        question="?", data=table(9), procedures={"line": vb.Procedure([*steps])}, primary="roc_auc", vary=["split"],
        repeats=1,
    )  # fmt: skip


SPLIT = vb.Split(StratifiedKFold(3, shuffle=True))
SEARCH = (
    "search",
    vb.Tune([LogisticRegression()], {"logisticregression__C": [1, 2]}, StratifiedKFold(3, shuffle=True)),
)


def test_one_case_of_a_class_is_not_sent_from_one_number_of_folds_to_the_next():
    with pytest.raises(
        DataError, match="the class 'yes' has one case, which cannot be split: more cases are needed"
    ):
        study(SPLIT, LogisticRegression()).run(data=table(1))


def test_what_is_advised_for_two_cases_works():
    with pytest.raises(DataError, match=r"2 cases, fewer than the 3 folds .*split__n_splits=2, if two cases"):
        study(SPLIT, LogisticRegression()).run(data=table(2))
    cube = study(SPLIT, LogisticRegression()).run(data=table(2), set={"split__n_splits": 2})
    assert (cube["status"] == 1).all()


def test_too_few_training_cases_for_any_inner_split_are_not_sent_to_two_folds():
    with pytest.raises(DataError, match="'yes' has 2 cases, too few for the inner folds of search"):
        study(SPLIT, SEARCH).run(data=table(2), set={"split__n_splits": 2})
    with pytest.raises(
        DataError, match=r"2 training cases of the class 'yes' .* use --set search__.*n_splits=2"
    ):
        study(SPLIT, SEARCH).run(data=table(3))


def test_all_rows_of_one_group_are_not_sent_to_one_fold():
    groups = np.repeat("everybody", 29)
    grouped = vb.Split(StratifiedGroupKFold(3, shuffle=True))
    with pytest.raises(
        DataError, match=r"all 29 rows are of one group, 'everybody'.*was another column meant"
    ):
        study(grouped, LogisticRegression()).run(data=replace(table(9), groups=groups))


def test_more_components_than_features_are_refused_before_any_run():
    steps = SPLIT, ("project", PCA(n_components=4)), LogisticRegression()
    with pytest.raises(
        DataError, match="project of line is to keep 4 features, and there are 3; use --set project__n"
    ):
        study(*steps).run()
    assert (study(*steps).run(set={"project__n_components": 3})["status"] == 1).all()
    assert (study(SPLIT, PCA(n_components=0.9), LogisticRegression()).run()["status"] == 1).all()


def test_a_metric_that_no_fold_has_is_reported_as_missing(tmp_path):
    y = np.repeat([0, 1], [20, 9])
    batch = np.repeat(["2001", "2002", "2003"], [10, 10, 9])  # each period has one class
    data = replace(table(9), y=y, batch=batch)
    procedures = {
        name: vb.Procedure([vb.Split(LeaveOneGroupOut(), groups="batch"), DummyClassifier(strategy=strategy)])
        for name, strategy in (("prior", "prior"), ("often", "most_frequent"), ("even", "uniform"))
    }
    asked = vb.Study(
        question="?", data=data, procedures=procedures, primary="roc_auc", metrics=["accuracy"], vary=["init"],
        repeats=2,
    )  # fmt: skip
    cube = asked.run(out=tmp_path / "run")
    assert np.isnan(cube["score"].sel(metric="roc_auc").values).all()
    for form in ("html", "md", "tex", "csv", "json"):
        assert main(["report", str(tmp_path / "run"), "--to", form, "--quiet"]) == 0


# options that say nothing, or too much


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"preset": "quick"}, "unknown preset 'quick'; this study has none"),
        ({"scheduler": "tcp://127.0.0.1:1"}, "--scheduler tcp://127.0.0.1:1: is for --backend dask"),
        (
            {"design": "crossed", "vary": ["split:100000", "init:100000"]},
            r"--vary split:100000,init:100000: these are 10,000,000,000 repeats .*give smaller numbers",
        ),
    ],
)
def test_what_nobody_reads_or_bears_is_refused(asked, told):
    with pytest.raises(InputError, match=told):
        study(SPLIT, ("tree", DecisionTreeClassifier())).run(**asked)


def test_an_outcome_of_two_numbers_is_pointed_out():
    y = np.repeat([0.0, 1.0], [20, 9])
    numbers = replace(table(9), y=y, classes=())
    asked = vb.Study(
        question="?", data=numbers, primary="r2", vary=["split"], repeats=1,
        procedures={"line": vb.Procedure([vb.Split(KFold(3, shuffle=True)), LinearRegression()])},
    )  # fmt: skip
    told = plan(asked, Request()).notes
    assert any("the outcome of mine has two values, 0 and 1" in one for one in told)
    three = plan(asked, Request(data=replace(numbers, y=np.arange(29.0)))).notes
    assert not any("two values" in one for one in three)


def test_an_external_outcome_of_numbers_is_told_in_a_few_words(tmp_path):
    rng = np.random.default_rng(0)
    for name, y in (("mine", rng.integers(0, 2, 40)), ("theirs", rng.normal(size=40).round(6))):
        rows = [",".join(map(str, [*x, one])) for x, one in zip(rng.normal(size=(40, 3)), y, strict=True)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["a,b,c,y", *rows]))
    mine, theirs = tmp_path / "mine.csv", tmp_path / "theirs.csv"
    asked = Request(data=str(mine), data_options={"target": "y"}, external=str(theirs))
    with pytest.raises(DataError, match=r"the external outcome has .* and 35 more, the cohort's") as told:
        plan(study(SPLIT, LogisticRegression()), asked)
    assert len(str(told.value)) < 400


def test_two_names_of_the_same_data_are_not_merged_in_silence():
    mine = table(9)
    with pytest.raises(DataError, match="'a' and 'b' are the same data set; give it once"):
        study(SPLIT, LogisticRegression()).run(data={"a": mine, "b": mine})
    with pytest.raises(DataError, match="'a' and 'b' are the same data set"):
        study(SPLIT, LogisticRegression()).run(data={"a": "wdbc", "b": "wdbc"})

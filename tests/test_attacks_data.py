"""Tables that no study can be made of, and what is said of them before any work."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

import varbench as vb
from varbench.data import Data
from varbench.errors import DataError


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

"""``Data`` holds together, describes itself and has one hash for one content."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from varbench.data import Data, SimulatedRadiomics
from varbench.errors import DataError

RNG = np.random.default_rng(20)


def make(**changes: Any) -> Data:
    fields: dict[str, Any] = {
        "X": np.arange(12.0).reshape(6, 2),
        "y": np.array([0, 1, 0, 1, 0, 0]),
        "classes": ("no", "yes"),
        "feature_names": ("a", "b"),
        "ids": np.array(list("123456")),
        "groups": np.array(["p", "p", "q", "q", "q", "r"]),
        "batch": np.array(["N", "N", "N", "S", "S", "S"]),
        "name": "toy",
    }
    return Data(**{**fields, **changes})


def test_sizes_and_types() -> None:
    data = make(X=np.arange(12).reshape(6, 2).astype(np.float32), y=np.array([0, 1, 0, 1, 0, 0], dtype=bool))
    assert (data.n_cases, data.n_features, data.simulated) == (6, 2, False)
    assert data.X.dtype == np.float64
    assert data.y.dtype == np.int64
    assert data.ids.dtype.kind == "U"


def test_it_says_what_it_is() -> None:
    assert repr(make()) == "Data('toy', 6 cases x 2 features, 2 'yes')"
    assert repr(make(unverified=True)).endswith(", unverified)")
    three = make(classes=("a", "b", "c"), y=np.array([0, 1, 2, 0, 1, 2]))
    assert "3 classes" in repr(three)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"X": np.zeros(6)}, r"dimensions \(case, feature\), got 1"),
        ({"y": np.array([0, 1])}, r"y must have one value for each of the 6 rows of X, got shape \(2,\)"),
        ({"groups": np.array(["p"])}, "groups must have one value"),
        ({"feature_names": ("a", "a")}, "feature_names must be 2 different names, got 1"),
        ({"feature_names": ("a",)}, "feature_names must be 2 different names"),
        ({"classes": ("no",)}, "classes must be two or more different names"),
        ({"y": np.array([0, 1, 2, 0, 0, 0])}, r"codes 0 \.\.\. 1, got 0 \.\.\. 2"),
        ({"y": np.array([0, 1, -1, 0, 0, 0])}, r"codes 0 \.\.\. 1, got -1"),
    ],
)
def test_contradictions_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        make(**changes)


@pytest.mark.parametrize("bad", [np.inf, -np.inf])
def test_an_infinite_feature_is_refused_by_name_and_row(bad: float) -> None:
    X = np.arange(12.0).reshape(6, 2)
    X[3, 1] = bad
    with pytest.raises(DataError, match=r"feature 'b' is infinite in row 4 \(1 value.*--drop"):
        make(X=X)


def test_nan_and_huge_values_are_no_infinity() -> None:
    X = np.full((6, 2), 1.7e308)
    X[0, 0] = np.nan
    assert np.isnan(make(X=X).X[0, 0])


def test_ids_are_unique_or_unique_within_a_batch() -> None:
    twice = np.array(["1", "2", "3", "1", "2", "3"])
    assert make(ids=twice).n_cases == 6
    with pytest.raises(DataError, match=r"3 row\(s\) repeat an id: the first is '1'\. .*--group"):
        make(ids=twice, batch=None)
    with pytest.raises(DataError, match="the first is '1' in batch 'N'"):
        make(ids=np.array(["1", "1", "3", "4", "5", "6"]))


def test_take_keeps_rows_in_the_order_given() -> None:
    part = make().take([4, 0])
    assert part.X.tolist() == [[8, 9], [0, 1]]
    assert part.ids.tolist() == ["5", "1"]
    assert part.groups is not None
    assert part.groups.tolist() == ["q", "p"]
    assert part.batch is not None
    assert part.batch.tolist() == ["S", "N"]
    assert part.classes == ("no", "yes")
    assert make().take([]).n_cases == 0


@pytest.mark.parametrize(
    ("rows", "message"), [([0, 6], r"0 \.\.\. 5, got 0 \.\.\. 6"), ([1, 1], "named twice")]
)
def test_take_refuses(rows: list[int], message: str) -> None:
    with pytest.raises(DataError, match=message):
        make().take(rows)


CHANGES: dict[str, Any] = {
    "X": np.arange(12.0).reshape(6, 2) + 1e-12 * np.eye(6, 2),
    "y": np.array([1, 1, 0, 1, 0, 0]),
    "classes": ("no", "YES"),
    "feature_names": ("a", "c"),
    "ids": np.array(list("123457")),
    "groups": None,
    "batch": None,
}


@pytest.mark.parametrize("field", CHANGES)
def test_the_hash_changes_with_the_content(field: str) -> None:
    assert make(**{field: CHANGES[field]}).hash() != make().hash()


def test_the_hash_does_not_change_with_what_is_said_about_it() -> None:
    assert make(name="other", info={"title": "t"}, unverified=True).hash() == make().hash()
    assert len(make().hash()) == 64


def test_the_hash_takes_equal_values_for_equal() -> None:
    X = make().X.copy()
    X[0, 0], X[1, 1] = -0.0, np.nan
    other = X.copy()
    other[0, 0], other[1, 1] = 0.0, -np.float64("nan")
    assert make(X=X).hash() == make(X=other).hash()
    assert make(X=np.asfortranarray(X)).hash() == make(X=X).hash()


def test_a_populations_settings_are_part_of_the_hash() -> None:
    cohort = SimulatedRadiomics(n_features=5, n_informative=1).cohort(0)
    assert replace(cohort, population=None).hash() != cohort.hash()


def test_describe_counts() -> None:
    X = make().X.copy()
    X[:2, 0] = np.nan
    X[:, 1] = 7
    said = make(X=X).describe()
    assert json.loads(json.dumps(said)) == said
    assert (said["n_cases"], said["n_features"], said["events"], said["classes"]) == (
        6,
        2,
        2,
        {"no": 4, "yes": 2},
    )
    assert said["prevalence"] == pytest.approx(1 / 3)
    assert said["groups"] == {"number": 3, "largest": 3, "several_classes": 2}
    assert said["batches"] == {"N": {"n": 3, "events": 1}, "S": {"n": 3, "events": 1}}
    assert said["missing"] == {"cells": 2, "rows": 2, "features": 1}
    assert said["constant_features"] == 1


def test_describe_without_groups_and_with_three_classes() -> None:
    said = make(groups=None, batch=None, classes=("a", "b", "c"), y=np.array([0, 1, 2, 0, 1, 2])).describe()
    assert said["groups"] is None
    assert said["batches"] is None
    assert said["events"] is None
    assert said["prevalence"] is None


def test_describe_names_no_id() -> None:
    named = make(ids=np.array([f"patient-{i}" for i in range(6)]))
    assert "patient-" not in json.dumps(named.describe())


def test_it_travels_to_workers() -> None:
    for data in (make(), SimulatedRadiomics(n_features=5, n_informative=1).cohort(3)):
        again = pickle.loads(pickle.dumps(data))
        assert again.hash() == data.hash()
        assert again.simulated == data.simulated

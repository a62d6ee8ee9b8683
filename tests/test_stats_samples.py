"""Input of every kind, read in one place: what is missing, what is no number, what has no size."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from varbench.errors import StatisticsError
from varbench.stats import (
    bootstrap_metric,
    case_summary,
    corrected_resampled_t,
    delong,
    friedman,
    mcnemar,
    multilabel_metrics,
    one_way,
    oriented,
    regression_metric,
    variance_components,
)
from varbench.stats.samples import (
    arrangements,
    as_array,
    check_numbers,
    is_number,
    numbers,
    pairs,
    two_samples,
)

A = np.array([0.7, 0.6, 0.8, 0.9])
B = np.array([0.6, 0.5, 0.9, 0.7])


@pytest.mark.parametrize(
    "given",
    [
        [0.5, None, 0.25],
        np.array([0.5, None, 0.25], object),
        np.array([0.5, np.nan, 0.25], np.float32),
        np.ma.masked_array([0.5, 0.9, 0.25], mask=[False, True, False]),
        pd.Series([0.5, pd.NA, 0.25], dtype="Float64", index=[7, 3, 3]),
        pd.Series([0.5, None, 0.25]),
        [0.5, pd.NA, 0.25],
    ],
)
def test_whatever_is_missing_is_nan(given: Any) -> None:
    assert numbers("a", given).tolist() == pytest.approx([0.5, np.nan, 0.25], nan_ok=True)
    assert pairs(given, [1, 2, 3]).dropped == 1


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (np.ma.masked_array([1, 2], mask=[True, False]), [None, 2]),
        (np.ma.masked_array([1, 2]), [1, 2]),
        (np.ma.masked_array(["ill", "well"], mask=[False, True]), ["ill", None]),
        (pd.Series(["ill", pd.NA], dtype="string"), ["ill", None]),
        (pd.Series(pd.Categorical(["ill", "well"])), ["ill", "well"]),
    ],
)
def test_hidden_labels_are_none(given: Any, expected: list[object]) -> None:
    found = as_array("y_true", given).tolist()
    assert [None if value != value else value for value in found] == expected


def test_the_input_stays_as_it_is() -> None:
    hidden = np.ma.masked_array([0.5, 0.9, 0.25], mask=[False, True, False])
    numbers("a", hidden)
    assert hidden.mask.tolist() == [False, True, False]
    assert hidden.data.tolist() == [0.5, 0.9, 0.25]


def test_a_mask_hides_scores_and_labels_from_every_reader() -> None:
    hidden = np.ma.masked_array(A, mask=[True, False, False, False])
    assert two_samples(hidden, B).a.tolist() == [0.6, 0.8, 0.9]
    assert oriented(hidden, B, False)[0].tolist() == pytest.approx([np.nan, -0.6, -0.8, -0.9], nan_ok=True)
    y = [0, 1, 0, 1]
    assert delong(y, hidden).settings["n_dropped"] == 1
    with pytest.raises(StatisticsError, match="y_true lacks 1 labels"):
        delong(np.ma.masked_array(y, mask=[True, False, False, False]), A)
    with pytest.raises(StatisticsError, match="groups lacks 1 of 4 ids"):
        delong(y, A, groups=np.ma.masked_array([1, 2, 3, 4], mask=[True, False, False, False]))
    table = np.ma.masked_array(np.c_[A, B], mask=[[True, False]] + [[False, False]] * 3)
    assert friedman(table).settings["cells_missing"] == 1
    assert "cells_missing" in variance_components(table).notes
    assert regression_metric(A, hidden, n_resamples=50).settings["n_dropped"] == 1
    with pytest.raises(StatisticsError, match="group lacks 1 of 4 names"):
        one_way(A, np.ma.masked_array([1, 1, 2, 2], mask=[True, False, False, False]))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([[0.1], [0.2, 0.3]], "a is no array"),
        ([1 + 1j, 2.0], "a holds complex128 values: real numbers are needed"),
        (pd.date_range("2026-01-01", periods=2), "a holds datetime64"),
        (pd.to_timedelta([1, 2]), "a holds timedelta64"),
        (["0,5", "0,6"], "no number: could not convert string to float"),
        ({"a": 1}, "no number"),
    ],
)
def test_what_is_no_number_is_refused(given: Any, message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        numbers("a", given)


@pytest.mark.parametrize("size", [1e300, 1e61, 1e-61, 1e-300])
def test_scores_whose_squares_are_lost_are_refused(size: float) -> None:
    for read in (pairs, two_samples):
        with pytest.raises(StatisticsError, match=r"from 1e-60 to 1e\+60 can be computed with"):
            read(A * size, B * size)
    assert pairs(A * 1e-59, B * 1e59).dropped == 0
    assert pairs(A * 0, B * 0).dropped == 0


def test_one_index_in_two_orders_is_refused_and_other_indices_do_not_count() -> None:
    a, b = pd.Series(A, index=list("pqrs")), pd.Series(B, index=list("pqrs"))
    y = pd.Series([0, 1, 0, 1], index=list("pqrs"))
    with pytest.raises(
        StatisticsError, match=r"a and b have the same index in another order.*b.loc\[a.index\]"
    ):
        pairs(a, b.sort_values())
    with pytest.raises(StatisticsError, match="a and b have the same index"):
        corrected_resampled_t(a, b.sort_values(), n_train=9, n_test=1)
    for method in (delong, bootstrap_metric, regression_metric):
        with pytest.raises(StatisticsError, match="y_true and model_1 have the same index"):
            method(y, a.sort_values())
        with pytest.raises(StatisticsError, match="y_true and groups have the same index"):
            method(y, A, groups=b.sort_values())
    with pytest.raises(StatisticsError, match="y_true and b have the same index"):
        mcnemar(y, y, y.sort_values())
    with pytest.raises(StatisticsError, match="values and groups have the same index"):
        case_summary(a, groups=b.sort_values())
    with pytest.raises(StatisticsError, match="y_true and y_score have the same index"):
        multilabel_metrics(pd.DataFrame({"x": y, "z": 1 - y}), pd.DataFrame({"x": a, "z": b}).iloc[::-1])
    assert pairs(a, b.reset_index(drop=True)).a.tolist() == A.tolist()
    assert pairs(a, b.sort_values().set_axis([0, 0, 1, 2])).b.tolist() == sorted(B)


@pytest.mark.parametrize("value", [None, "0.5", True, float("nan"), float("inf"), [0.5], 1j])
def test_a_setting_that_is_no_number_is_named(value: object) -> None:
    assert not is_number(value)
    with pytest.raises(StatisticsError, match=r"power=.*: one finite number is needed"):
        check_numbers(gamma=0.75, power=value)


def test_arrangements_are_counted_quickly() -> None:
    assert [arrangements(3, 3), arrangements(1, 9), arrangements(60, 60)] == [
        20,
        10,
        96614908840363322603893139521372656,
    ]
    assert arrangements(1_000_000, 1_000_000) > 10**200

"""The outcome is encoded once: 0/1 explain themselves, everything else must be told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from varbench.errors import DataError
from varbench.outcome import encode, label


def column(*values: object) -> pd.Series:
    return pd.Series(values, name="outcome")


@pytest.mark.parametrize(
    "values",
    [
        (0, 1, 1, 0),
        (0.0, 1.0, 1.0, 0.0),
        ("0", "1", "1", "0"),
        (False, True, True, False),
        ("FALSE", "TRUE", "TRUE", "false"),
        (-1, 1, 1, -1),
        ("-1", " 1", "1 ", "-1"),
    ],
)
def test_the_second_of_a_usual_coding_is_positive(values: tuple[object, ...]) -> None:
    codes, classes = encode(column(*values))
    assert codes.tolist() == [0, 1, 1, 0]
    assert codes.dtype == np.int64
    assert classes[1] in ("1", "True")


@pytest.mark.parametrize(
    ("positive", "expected"), [(None, [0, 1, 1]), (1, [0, 1, 1]), ("1.0", [0, 1, 1]), (0, [1, 0, 0])]
)
def test_positive_may_be_turned_round(positive: object, expected: list[int]) -> None:
    assert encode(column(0, 1, 1), positive)[0].tolist() == expected


@pytest.mark.parametrize("values", [("no", "yes"), (1, 2), ("n", "t"), (0, 2), ("0", "yes"), (0.0, 0.5)])
def test_two_other_values_need_a_positive_one(values: tuple[object, ...]) -> None:
    with pytest.raises(DataError, match=r"target 'outcome': is .* the positive class.*--positive"):
        encode(column(*values))
    codes, classes = encode(column(*values), values[0])
    assert codes.tolist() == [1, 0]
    assert classes == (label(values[1]), label(values[0]))


def test_a_positive_that_is_not_there() -> None:
    with pytest.raises(DataError, match="has no value 'maybe'; positive must be one of: no, yes"):
        encode(column("no", "yes"), "maybe")


def test_several_classes_are_sorted_as_numbers_or_as_text() -> None:
    codes, classes = encode(column(10, 2, 1, 2))
    assert classes == ("1", "2", "10")
    assert codes.tolist() == [2, 1, 0, 1]
    assert encode(column("c", "a", "b"))[1] == ("a", "b", "c")


def test_one_against_the_rest_is_not_made_in_silence() -> None:
    with pytest.raises(DataError, match=r"has 3 classes \(a, b, c\), so positive='b' cannot choose"):
        encode(column("a", "b", "c"), "b")


def test_one_class_is_no_outcome() -> None:
    with pytest.raises(DataError, match="every one of the 3 rows is 'yes'; expected two classes"):
        encode(column("yes", "yes", "yes"), "yes")


@pytest.mark.parametrize("empty", [None, np.nan, "", "  "])
def test_a_missing_outcome_is_refused_and_no_row_dropped(empty: object) -> None:
    with pytest.raises(
        DataError, match=r"missing in 1 of 3 rows, the first is row 2. varbench drops no rows"
    ):
        encode(column("no", empty, "yes"), "yes")


@pytest.mark.parametrize("values", [range(30), (0.1, 0.2, 0.3), [f"v{i}" for i in range(21)]])
def test_a_measurement_is_no_outcome(values: object) -> None:
    with pytest.raises(DataError, match="A measurement must be cut into classes first"):
        encode(column(*values))  # type: ignore[misc]


@pytest.mark.parametrize(
    ("value", "expected"),
    [("nan", "nan"), ("inf", "inf"), ("007", "7"), ("1e2", "100"), ("Yes ", "Yes"), (True, "True")],
)
def test_spelling(value: object, expected: str) -> None:
    assert label(value) == expected

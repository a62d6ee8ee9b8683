"""Cases with an outcome: what is taken, what is left out, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from varbench.errors import StatisticsError
from varbench.stats.binary import binary_cases, group_codes, probabilities

NAN = float("nan")


@pytest.mark.parametrize("labels", [[0, 1, 1], [False, True, True], [-1, 1, 1], [0.0, 1.0, 1.0]])
def test_the_known_codings_of_an_outcome(labels: list[float]) -> None:
    assert binary_cases(labels, [1, 2, 3]).positive.tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([1, 2, 2], r"holds \[1.0, 2.0\]: 0 and 1 are needed"),
        ([0, 1, 2], "0 and 1 are needed"),
        ([0, 0.5, 1], "0 and 1 are needed"),
        (["well", "ill", "ill"], "y_true holds 'well': code the outcome as 0 and 1"),
        ([0, 1, NAN], "y_true lacks 1 labels"),
        ([], "one label a case"),
        ([[0, 1]], "one label a case"),
        ([1, 1, 1], "all 3 cases are positive"),
        ([0, 0, 0], "all 3 cases are negative"),
    ],
)
def test_labels_that_cannot_be_used_are_refused(labels: list[object], message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        binary_cases(labels, np.arange(float(len(labels))))


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ([1, 2], r"model 1 have shape \(2,\) and y_true has 3 cases"),
        ([1, 2, np.inf], "1 infinite"),
        (["a", "b", "c"], "no number"),
        ([NAN, NAN, NAN], "every case lacks a score"),
        ([1, 2, NAN], "all 2 cases are negative"),
    ],
)
def test_scores_that_cannot_be_used_are_refused(scores: list[object], message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        binary_cases([0, 0, 1], scores)


def test_a_missing_score_takes_its_case_out_for_all_models() -> None:
    cases = binary_cases([0, 1, 0, 1], [1, NAN, 3, 4], [NAN, 2, 3, 4], groups=["c", "b", "a", "a"])
    assert (cases.dropped, cases.n_positive, cases.n_negative, cases.n_units) == (2, 1, 1, 1)
    assert [scores.tolist() for scores in cases.scores] == [[3, 4], [3, 4]]
    assert cases.groups is not None
    assert cases.groups.tolist() == [0, 0]
    assert cases.notes == ["pairs_dropped", "groups_as_units"]


@pytest.mark.parametrize("groups", [["a", None, "b"], [1.0, NAN, 2.0], np.array(["a", NAN, "b"], object)])
def test_groups_with_missing_ids_are_refused(groups: object) -> None:
    with pytest.raises(StatisticsError, match="groups lacks 1 of 3 ids"):
        group_codes(groups, 3)


def test_groups_of_another_length_are_refused_and_names_of_any_kind_are_taken() -> None:
    with pytest.raises(StatisticsError, match=r"groups has shape \(2,\) and there are 3"):
        group_codes([1, 2], 3)
    assert group_codes(np.array(["b", 7, "b"], object), 3).tolist() == [1, 0, 1]
    assert group_codes(None, 3) is None


@pytest.mark.parametrize("wrong", [[-0.1, 0.5], [0.5, 1.01], [20.0, 90.0]])
def test_probabilities_lie_in_their_range(wrong: list[float]) -> None:
    with pytest.raises(StatisticsError, match=r"probabilities in \[0, 1\] are needed"):
        probabilities(np.array(wrong))

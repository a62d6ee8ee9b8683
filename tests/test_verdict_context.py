"""What stands under a verdict: the unit and its number are those of the method that counts."""

from __future__ import annotations

import pytest

from varbench.stats import Result
from varbench.verdict import Facts, verdict
from varbench.verdict.words import quoted


def facts(**changes: object) -> Facts:
    usual = {
        "first": "forest", "second": "svm", "metric": "roc_auc", "label": "ROC AUC", "greater_is_better": True,
        "margin": None, "pairing": "exact", "n_repeats": 100, "n_folds": 3, "varied": ("split",),
        "leaks": {"forest": (), "svm": ()},
    }  # fmt: skip
    return Facts(**(usual | changes))


def found(method: str, n: int, unit: str, estimand: str) -> Result:
    return Result(method, 0.03, -0.01, 0.07, 0.95, None, 0.1, n, unit, "exact", estimand, "exact")


@pytest.mark.parametrize(
    ("changes", "result", "said"),
    [
        ({"n_repeats": 1, "n_folds": 1}, found("delong", 144, "patient", "E3"), "Unit: patient; n = 144;"),
        ({"varied": ("init",), "n_repeats": 6, "n_folds": 1}, found("joint_bootstrap", 40, "group", "E3"),
         "Unit: group; n = 40;"),
        ({}, found("corrected_resampled_t", 300, "fold", "E2"), "Unit: fold; n = 300;"),
        ({"n_data_sets": 12}, found("mean_over_datasets", 11, "data set", "E4"), "Unit: data set; n = 11;"),
        ({"pairing": "none"}, found("difference", 200, "run", "E1"), "Unit: re-split; n = 100;"),
    ],
)  # fmt: skip
def test_the_unit_and_its_number_belong_together(changes: dict, result: Result, said: str) -> None:
    assert any(line.startswith(said) for line in verdict(facts(**changes), [result]).basis)


class TestNames:
    """A name of several words is not read as words of the sentence."""

    def test_the_longest_name_wins_and_no_name_is_marked_twice(self) -> None:
        names = ["forest", "forest 0", "forest 0.2"]
        said = quoted("forest 0.2, forest 0 and forest; “forest 0”, forest 0.", names)
        assert said == "“forest 0.2”, “forest 0” and forest; “forest 0”, “forest 0”."

    def test_single_words_stay_as_they_are_unless_another_name_of_the_headline_is_marked(self) -> None:
        assert quoted("svm is ahead of tree.", ["svm", "tree"], all_of=True) == "svm is ahead of tree."
        assert quoted("a random split: by time", ["random", "by time"]) == "a random split: “by time”"
        assert quoted("random, by time", ["random", "by time"], all_of=True) == "“random”, “by time”"

    def test_what_a_pattern_would_read_otherwise_is_a_name(self) -> None:
        assert quoted("(a+b) c* wins", ["(a+b) c*"]) == "“(a+b) c*” wins"

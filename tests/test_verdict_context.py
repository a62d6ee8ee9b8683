"""What stands under a verdict: the unit and its number are those of the method that counts."""

from __future__ import annotations

import pytest

from varbench.stats import Result
from varbench.verdict import Facts, verdict


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

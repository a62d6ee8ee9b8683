"""Constant classifiers against hand-worked formulas and scikit-learn's DummyClassifier."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sklearn.metrics as skm
from sklearn.dummy import DummyClassifier
from synthetic import cube as build

from varbench.effects import CLASSIFIERS, baselines, constant_scores
from varbench.errors import InputError
from varbench.metrics import CLIP, METRICS, ScoreStatus


def by_hand(p: float) -> dict[str, dict[str, float]]:
    """Always negative, always positive, at random at the prevalence: for p below one half."""
    q = 1 - p
    entropy = -(p * math.log(p) + q * math.log(q))
    never = -math.log(CLIP)
    return {
        "majority": {
            "accuracy": q, "balanced_accuracy": 0.5, "precision": 0, "recall": 0, "specificity": 1, "f1": 0, "mcc": 0,
            "roc_auc": 0.5, "average_precision": p, "brier": p, "log_loss": p * never,
        },
        "positive": {
            "accuracy": p, "balanced_accuracy": 0.5, "precision": p, "recall": 1, "specificity": 0,
            "f1": 2 * p / (1 + p), "mcc": 0, "roc_auc": 0.5, "average_precision": p, "brier": q, "log_loss": q * never,
        },
        "prevalence": {
            "accuracy": p * p + q * q, "balanced_accuracy": 0.5, "precision": p, "recall": p, "specificity": q,
            "f1": p, "mcc": 0, "roc_auc": 0.5, "average_precision": p, "brier": p * q, "log_loss": entropy,
        },
    }  # fmt: skip


@pytest.mark.parametrize("p", [0.01, 24 / 137, 0.4])
def test_every_metric_by_hand(p: float) -> None:
    found = constant_scores(p)
    assert set(found) == set(CLASSIFIERS)
    for name, expected in by_hand(p).items():
        assert set(found[name]) == set(METRICS)
        for metric, value in expected.items():
            assert found[name][metric].value == pytest.approx(value, rel=1e-9, abs=1e-12), (name, metric)


@pytest.mark.parametrize(("positives", "n", "f1"), [(24, 137, 0.298), (99, 137, 0.839)])
def test_the_cohorts_of_the_paper(positives: int, n: int, f1: float) -> None:
    # recurrence and survival on HN1: its correct model has .14, its models of survival .80 and .75
    assert constant_scores(positives / n)["positive"]["f1"].value == pytest.approx(f1, abs=5e-4)


def test_the_majority_of_distant_metastasis() -> None:
    # 8 of 137: always "no" has accuracy 94 %, recall 0
    found = constant_scores(8 / 137, ["accuracy", "recall"])["majority"]
    assert found["accuracy"].value == pytest.approx(0.94, abs=0.005)
    assert found["recall"].value == 0


@pytest.mark.parametrize(
    ("name", "strategy"),
    [("majority", {"strategy": "most_frequent"}), ("positive", {"strategy": "constant", "constant": 1})],
)
def test_against_scikit_learn(name: str, strategy: dict[str, object]) -> None:
    y = np.repeat([0, 1], [113, 24])
    dummy = DummyClassifier(**strategy).fit(np.zeros((137, 1)), y)
    label, score = dummy.predict(np.zeros((137, 1))), dummy.predict_proba(np.zeros((137, 1)))[:, 1]
    found = constant_scores(24 / 137)[name]
    for metric, function, prediction in (
        ("accuracy", skm.accuracy_score, label), ("balanced_accuracy", skm.balanced_accuracy_score, label),
        ("f1", skm.f1_score, label), ("recall", skm.recall_score, label), ("mcc", skm.matthews_corrcoef, label),
        ("roc_auc", skm.roc_auc_score, score), ("average_precision", skm.average_precision_score, score),
        ("brier", skm.brier_score_loss, score), ("log_loss", skm.log_loss, score),
    ):  # fmt: skip
        assert found[metric].value == pytest.approx(function(y, prediction), rel=1e-9), metric
    assert found["precision"].value == pytest.approx(skm.precision_score(y, label, zero_division=0), rel=1e-9)


def test_a_share_that_is_never_predicted_is_noted() -> None:
    found = constant_scores(0.2)["majority"]["precision"]
    assert (found.value, found.status) == (0.0, ScoreStatus.NO_PREDICTED_POSITIVES)


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_with_one_class_much_is_undefined(p: float) -> None:
    found = constant_scores(p)["majority"]
    assert found["roc_auc"].value is None
    assert found["roc_auc"].status == ScoreStatus.ONE_CLASS
    assert found["accuracy"].value == 1.0


def test_several_classes() -> None:
    found = constant_scores([0.5, 0.3, 0.2])
    assert set(found) == {"majority", "prevalence"}
    assert found["majority"]["accuracy"].value == 0.5
    assert found["prevalence"]["accuracy"].value == pytest.approx(0.25 + 0.09 + 0.04)
    assert found["prevalence"]["balanced_accuracy"].value == pytest.approx(1 / 3)
    # macro: each class has precision = recall = F1 = its share
    assert found["prevalence"]["f1"].value == pytest.approx(1 / 3)
    # half the sum of squares over classes, 1 - sum of squared shares, halved
    assert found["prevalence"]["brier"].value == pytest.approx((1 - 0.38) / 2)


@pytest.mark.parametrize("shares", [-0.1, 1.2, [0.5, 0.4], [1.5, -0.5]])
def test_shares_that_are_none_are_refused(shares: object) -> None:
    with pytest.raises(InputError, match="a prevalence from 0 to 1"):
        constant_scores(shares)  # type: ignore[arg-type]


def test_an_unknown_metric_is_refused() -> None:
    with pytest.raises(InputError, match="unknown metric 'f2'"):
        constant_scores(0.2, ["f2"])
    with pytest.raises(InputError, match="unknown metric 'mine'"):
        baselines(build({"a": np.ones((2, 2))}), ["mine"])


def test_they_stand_at_the_prevalence_of_the_cohort_and_of_each_procedures_test_rows() -> None:
    cube = build({"bad": np.ones((4, 3)), "good": np.ones((4, 3))}, metrics=["f1"], tested={"bad": (38, 38)})
    frame = baselines(cube).set_index(["rows", "classifier"])
    assert frame.loc[("cohort", "positive"), "value"] == pytest.approx(0.298, abs=5e-4)
    assert frame.loc[("bad", "positive"), "value"] == pytest.approx(2 / 3)
    assert frame.loc[("good", "prevalence"), "prevalence"] == pytest.approx(8 / 46)
    assert list(frame["status"].unique()) == ["DEFINED"]


def test_a_metric_of_the_users_own_has_none() -> None:
    assert baselines(build({"a": np.ones((2, 2))}, metrics=["mine"])).empty

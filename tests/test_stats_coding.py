"""Labels, scores and probabilities as users have them, and what cannot be used."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

from varbench.errors import StatisticsError
from varbench.metrics import METRICS
from varbench.rows import Rows
from varbench.stats.coding import code_cases
from varbench.stats.scorers import find_metric

Y = [0, 1, 1, 0]
P = [0.2, 0.5, 0.4, 0.6]


def read(y=Y, model=P, metric="roc_auc", **settings):
    return code_cases(y, [model], metric, **settings)


@pytest.mark.parametrize(
    ("y", "classes", "codes"),
    [
        ([0, 1, 1, 0], (0, 1), [0, 1, 1, 0]),
        ([False, True, True, False], (0, 1), [0, 1, 1, 0]),
        ([-1, 1, 1, -1], (-1, 1), [0, 1, 1, 0]),
        ([1, 2, 2, 1], (1, 2), [0, 1, 1, 0]),
        ([0.0, 1.0, 1.0, 0.0], (0, 1), [0, 1, 1, 0]),
        (["no", "yes", "yes", "no"], ("no", "yes"), [0, 1, 1, 0]),
        (np.array(["b", "a", "a", "b"], dtype=object), ("a", "b"), [1, 0, 0, 1]),
    ],
)
def test_labels_become_codes_the_larger_is_positive(y, classes, codes) -> None:
    found = read(y)
    assert found.classes == classes
    assert found.y_true.tolist() == codes
    assert found.models[0].score.tolist() == [P]


def test_classes_can_be_named_in_another_order() -> None:
    found = read(["ill", "well", "well", "ill"], classes=["well", "ill"])
    assert found.y_true.tolist() == [1, 0, 0, 1]
    with pytest.raises(StatisticsError, match=r"each label once.*\['well'\] are among the labels"):
        read(["ill", "well", "well", "ill"], classes=["ill", "dead"])


def test_scores_become_labels_at_a_threshold() -> None:
    assert read(metric="f1").models[0].label.tolist() == [[0, 1, 0, 1]]
    assert read(metric="f1").settings["threshold"] == 0.5
    assert read(metric="f1", threshold=0.6).models[0].label.tolist() == [[0, 0, 0, 1]]
    assert "threshold" not in read(metric="roc_auc").settings
    assert "threshold" not in read(model=[0, 1, 1, 1], metric="f1").settings
    logits = [-2.0, 0.1, 0.3, -0.5]
    with pytest.raises(StatisticsError, match=r"f1 needs labels.*\[-2, 1\].*by threshold="):
        read(model=logits, metric="f1")
    assert read(model=logits, metric="f1", threshold=0).models[0].label.tolist() == [[0, 1, 1, 0]]


def test_columns_of_two_classes_are_the_score_of_the_second() -> None:
    both = np.column_stack([1 - np.array(P), P])
    assert read(model=both).models[0].score == pytest.approx(np.array([P]))
    assert read(model=both, metric="accuracy").models[0].label.tolist() == [[0, 1, 0, 1]]


def test_several_classes() -> None:
    proba = [[0.6, 0.3, 0.1], [0.2, 0.5, 0.3], [0.1, 0.1, 0.8], [0.5, 0.2, 0.3]]
    assert read([0, 1, 2, 1], proba, "f1").models[0].label.tolist() == [[0, 1, 2, 0]]
    assert read(["a", "b", "c", "b"], proba).classes == ("a", "b", "c")
    assert read([0, 1, 1, 0], proba).classes == (0, 1, 2)
    assert read([0, 1, 2, 1], [0, 1, 1, 1], "f1").classes == (0, 1, 2)
    assert read(["a", "b", "c", "b"], ["a", "b", "d", "b"], "f1").classes == ("a", "b", "c", "d")
    with pytest.raises(StatisticsError, match="one number a case, and there are 3 classes"):
        read([0, 1, 2, 1], [0.1, 0.2, 0.3, 0.4])
    with pytest.raises(StatisticsError, match=r"2 classes, \['a', 'b'\].*columns 3.*classes="):
        read(["a", "b", "b", "b"], proba)


def test_cases_without_a_score_are_left_out_for_all_models_and_counted() -> None:
    found = code_cases(Y, [P, [np.nan, 0.1, 0.2, 0.3]], "roc_auc", groups=["c", "a", "b", "a"])
    assert found.y_true.tolist() == [1, 1, 0]
    assert found.groups.tolist() == [0, 1, 0]
    assert found.dropped == 1
    assert found.notes == ["pairs_dropped", "groups_as_units"]
    labels = np.array([0.0, np.nan, 1.0, 0.0])
    assert read(model=labels, metric="accuracy").y_true.tolist() == [0, 1, 0]
    with pytest.raises(StatisticsError, match="every case lacks a score"):
        read(model=[np.nan] * 4)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"y": []}, "y_true has shape"),
        ({"y": [[0, 1]]}, "y_true has shape"),
        ({"y": [0, np.nan, 1, 1]}, "lacks 1 of 4 labels"),
        ({"y": np.array(["a", None, "b", "b"], dtype=object)}, "lacks 1 of 4 labels"),
        ({"y": [0, 1, 1]}, r"model 1 have shape \(4,\) and y_true has 3 cases"),
        ({"model": [[0.1], [0.2], [0.3], [0.4]]}, "one column a class"),
        ({"model": [0.1, np.inf, 0.2, 0.3]}, "1 infinite"),
        ({"model": np.array([0.1, {}, 0.2, 0.3], dtype=object)}, "no number"),
        ({"model": np.array(["a", None, "b", "b"], dtype=object)}, "texts and what is none"),
        ({"model": [0.1, 1.2, 0.3, 0.4], "metric": "brier"}, r"brier needs probabilities.*\[0, 1.2\]"),
        ({"y": [0, 1, 2, 2], "model": np.full((4, 3), 0.4), "metric": "log_loss"}, "do not sum to 1"),
        ({"groups": ["a", None, "b", "c"]}, "groups lacks 1 of 4"),
        ({"groups": ["a", "b", "c"]}, "groups has shape"),
        ({"metric": "roc_auk"}, "unknown metric 'roc_auk'; did you mean roc_auc"),
        ({"y": [1, 1, 1, 1], "classes": [1]}, "each label once"),
        ({"y": ["a", "a", "a", "a"]}, "the labels hold 1 classes"),
    ],
)
def test_what_cannot_be_used_is_refused(changed, message) -> None:
    with pytest.raises(StatisticsError, match=message):
        read(**changed)


def test_the_order_of_the_cases_and_of_the_models_does_not_matter_once_sorted() -> None:
    rng = np.random.default_rng(0)
    y, a, b = rng.integers(0, 2, 50), rng.normal(size=50), rng.normal(size=50)
    usual = code_cases(y, [a, b], "roc_auc").sorted()
    swapped = code_cases(y, [b, a], "roc_auc").sorted()
    order = rng.permutation(50)
    shuffled = code_cases(y[order], [a[order], b[order]], "roc_auc").sorted()
    assert (usual.models[0].score == swapped.models[1].score).all()
    assert (usual.models[0].score == shuffled.models[0].score).all()
    assert (usual.y_true == shuffled.y_true).all()


class TestMetricsFromElsewhere:
    y, label, score = (
        np.array([0, 1, 1, 0, 1]),
        np.array([0, 1, 0, 0, 1]),
        np.array([0.1, 0.8, 0.4, 0.3, 0.9]),
    )

    @pytest.mark.parametrize(
        ("name", "needs", "expected"),
        [
            ("jaccard", "label", sk.jaccard_score(y, label)),
            ("f1_macro", "label", sk.f1_score(y, label, average="macro")),
            ("neg_log_loss", "probability", -sk.log_loss(y, score)),
            ("neg_brier_score", "probability", -sk.brier_score_loss(y, score)),
        ],
    )
    def test_scikit_learns_names(self, name, needs, expected) -> None:
        metric = find_metric(name)
        assert metric.needs == needs
        assert metric.greater_is_better
        assert metric.function(Rows(self.y, self.label, self.score)) == pytest.approx(expected)

    def test_scikit_learns_scorers_of_several_classes(self) -> None:
        y, proba = np.array([0, 1, 2, 1]), np.eye(3)[[0, 1, 2, 0]] * 0.7 + 0.1
        rows = Rows(y, proba.argmax(axis=1), proba, n_classes=3)
        assert find_metric("roc_auc_ovo").function(rows) == pytest.approx(
            sk.roc_auc_score(y, proba, multi_class="ovo")
        )

    def test_functions_of_two_or_three_arguments(self) -> None:
        rows = Rows(self.y, self.label, self.score)
        kappa = find_metric(sk.cohen_kappa_score)
        assert kappa.needs == "label"
        assert kappa.function(rows)[0] == pytest.approx(sk.cohen_kappa_score(self.y, self.label))

        def worst(y_true, y_score):
            return float(np.abs(y_true - y_score).max())

        worst.needs, worst.greater_is_better = "probability", False
        assert find_metric(worst).function(rows)[0] == pytest.approx(0.6)
        assert not find_metric(worst).greater_is_better
        assert find_metric(METRICS["f1"]) is METRICS["f1"]
        with pytest.raises(StatisticsError, match="needs a name of its own"):
            find_metric(lambda y, p: 0.0)
        with pytest.raises(StatisticsError, match="unknown metric '7'"):
            find_metric(7)

"""Every metric on many resamples at once equals scikit-learn's on the repeated rows."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

from varbench.metrics import METRICS, evaluate, resolve
from varbench.stats.draws import Units
from varbench.stats.kernels import Case, has_kernel, is_of_labels, is_of_ranks, kernel

BINARY = {
    "accuracy": lambda y, p, s: sk.accuracy_score(y, p),
    "balanced_accuracy": lambda y, p, s: sk.balanced_accuracy_score(y, p),
    "precision": lambda y, p, s: sk.precision_score(y, p, zero_division=0),
    "recall": lambda y, p, s: sk.recall_score(y, p),
    "specificity": lambda y, p, s: sk.recall_score(y, p, pos_label=0),
    "f1": lambda y, p, s: sk.f1_score(y, p),
    "mcc": lambda y, p, s: sk.matthews_corrcoef(y, p),
    "roc_auc": lambda y, p, s: sk.roc_auc_score(y, s),
    "average_precision": lambda y, p, s: sk.average_precision_score(y, s),
    "brier": lambda y, p, s: sk.brier_score_loss(y, s),
    "log_loss": lambda y, p, s: sk.log_loss(y, s),
}
SEVERAL = {
    "accuracy": BINARY["accuracy"],
    "balanced_accuracy": BINARY["balanced_accuracy"],
    "precision": lambda y, p, s: sk.precision_score(y, p, average="macro", zero_division=0),
    "recall": lambda y, p, s: sk.recall_score(y, p, average="macro"),
    "f1": lambda y, p, s: sk.f1_score(y, p, average="macro"),
    "mcc": BINARY["mcc"],
    "roc_auc": lambda y, p, s: sk.roc_auc_score(y, s, multi_class="ovr"),
    "average_precision": lambda y, p, s: sk.average_precision_score(np.eye(3)[y], s, average="macro"),
    "log_loss": lambda y, p, s: sk.log_loss(y, s, labels=[0, 1, 2]),
}


def case(n_classes: int, n: int = 60, digits: int = 1) -> Case:
    """Scores of one digit, so that many are tied."""
    rng = np.random.default_rng(n_classes)
    y = rng.permutation(np.arange(n) % n_classes)
    score = rng.dirichlet(np.ones(n_classes), n) + 0.3 * np.eye(n_classes)[y]
    score = score / score.sum(axis=1, keepdims=True)
    if n_classes == 2:
        score = np.round(score[:, 1], digits)
        return Case(y, (score >= 0.5).astype(np.int64), score, 2)
    score = np.round(score, digits)
    score[:, 0] = 1 - score[:, 1:].sum(axis=1)
    return Case(y, score.argmax(axis=1), score.clip(0, 1), n_classes)


def resamples(n: int, count: int = 40) -> np.ndarray:
    return Units.of_cases(n).draw(count, np.random.default_rng(5))


@pytest.mark.parametrize(
    ("n_classes", "name", "function"),
    [(2, *item) for item in BINARY.items()] + [(3, *item) for item in SEVERAL.items()],
)
def test_a_kernel_equals_scikit_learn_on_the_repeated_rows(
    n_classes: int, name: str, function: object
) -> None:
    given = case(n_classes)
    weights = resamples(len(given.y_true))
    found = kernel(METRICS[name], given)(weights)
    rows = [np.repeat(np.arange(len(w)), w) for w in weights]
    expected = [function(given.y_true[r], given.label[r], given.score[r]) for r in rows]
    assert found == pytest.approx(np.array(expected), abs=1e-12)


@pytest.mark.parametrize("n_classes", [2, 3, 4])
@pytest.mark.parametrize("name", METRICS)
def test_a_kernel_equals_the_metric_itself_and_is_undefined_where_that_is(name: str, n_classes: int) -> None:
    given = case(n_classes, n=8, digits=2)
    weights = resamples(8, count=600)
    found = kernel(METRICS[name], given)(weights)
    needs_all = METRICS[name].classes != "any" and n_classes > 2
    held = np.unique(given.y_true)
    for w, value in zip(weights, found, strict=True):
        expected = evaluate(
            resolve(name), given.y_true, given.label, given.score, w.astype(float), n_classes=n_classes
        )[0][0]
        lacking = needs_all and not set(held) <= set(given.y_true[w > 0])
        assert value == pytest.approx(np.nan if lacking else expected, abs=1e-12, nan_ok=True)
    assert np.isnan(found).any() == (METRICS[name].classes != "any")


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_has_a_kernel_which_takes_counts_in_any_order_of_cases(name: str) -> None:
    assert has_kernel(METRICS[name])
    given = case(2)
    weights = resamples(60)
    order = np.random.default_rng(0).permutation(60)
    other = Case(given.y_true[order], given.label[order], given.score[order], 2)
    there, back = kernel(METRICS[name], given)(weights), kernel(METRICS[name], other)(weights[:, order])
    assert there == pytest.approx(back, abs=1e-13)


def test_what_a_metric_follows_from() -> None:
    assert {n for n in METRICS if is_of_labels(METRICS[n])} == {
        n for n, m in METRICS.items() if m.needs == "label"
    }
    assert {n for n in METRICS if is_of_ranks(METRICS[n])} == {
        n for n, m in METRICS.items() if m.needs == "score"
    }


def test_a_metric_of_the_users_own_is_computed_row_by_row_and_shadows_no_kernel() -> None:
    def gap(y_true, y_pred, y_score):
        return (
            float(y_score[y_true == 1].mean() - y_score[y_true == 0].mean())
            if 0 < y_true.sum() < len(y_true)
            else np.nan
        )

    metric = resolve(gap)[0]
    given = case(2)
    weights = resamples(60, 5)
    assert not has_kernel(metric)
    expected = [
        gap(given.y_true[r], None, given.score[r]) for r in (np.repeat(np.arange(60), w) for w in weights)
    ]
    assert kernel(metric, given)(weights) == pytest.approx(np.array(expected))
    one_class = np.zeros((1, 60), np.int64)
    one_class[0, np.flatnonzero(given.y_true == 1)] = 2
    assert np.isnan(kernel(metric, given)(one_class)).all()


def test_precision_without_predicted_positives_is_0_as_in_scikit_learn() -> None:
    given = Case(np.array([0, 1, 1]), np.zeros(3, np.int64), np.array([0.1, 0.2, 0.3]), 2)
    once = np.ones((1, 3), np.int64)
    assert kernel(METRICS["precision"], given)(once)[0] == 0
    assert kernel(METRICS["mcc"], given)(once)[0] == 0

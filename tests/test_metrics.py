"""The contract of every metric, against scikit-learn's function of the same name."""

from __future__ import annotations

import functools
import math
import pickle
import warnings

import numpy as np
import pytest
import sklearn.metrics as skm
from sklearn.preprocessing import label_binarize

from varbench.errors import InputError
from varbench.metrics import METRICS, ScoreStatus, cost, evaluate, resolve, shipped_metric
from varbench.stats import expected_cost

ALL = tuple(METRICS.values())
TOLERANCE = {"rtol": 0, "atol": 1e-12}


def over_classes(function, y_true, y_score, weight, n_classes):
    """Average a two-class function of scikit-learn's over the classes present, one against the rest."""
    if n_classes == 2:
        return function(y_true == 1, y_score, sample_weight=weight)
    return np.mean([function(y_true == k, y_score[:, k], sample_weight=weight) for k in np.unique(y_true)])


def specificity(y_true, y_pred, weight, n_classes):
    kept = [1] if n_classes == 2 else np.unique(y_true)
    each = []
    for k in kept:  # the recall of "not k"
        each.append(skm.recall_score(y_true != k, y_pred != k, sample_weight=weight))
    return np.mean(each)


def oracle(name, y_true, y_pred, y_score, weight, n_classes):
    """What scikit-learn says, with the averaging that our table states."""
    labels = np.unique(y_true)
    label = {"sample_weight": weight, "zero_division": 0.0}
    label |= {"pos_label": 1} if n_classes == 2 else {"labels": labels, "average": "macro"}
    every = {"sample_weight": weight, "labels": range(n_classes)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn warns of classes that were predicted and are not there
        return {
            "accuracy": lambda: skm.accuracy_score(y_true, y_pred, sample_weight=weight),
            "balanced_accuracy": lambda: skm.balanced_accuracy_score(y_true, y_pred, sample_weight=weight),
            "precision": lambda: skm.precision_score(y_true, y_pred, **label),
            "recall": lambda: skm.recall_score(y_true, y_pred, **label),
            "specificity": lambda: specificity(y_true, y_pred, weight, n_classes),
            "f1": lambda: skm.f1_score(y_true, y_pred, **label),
            "mcc": lambda: skm.matthews_corrcoef(y_true, y_pred, sample_weight=weight),
            "roc_auc": lambda: over_classes(skm.roc_auc_score, y_true, y_score, weight, n_classes),
            "average_precision": lambda: over_classes(
                skm.average_precision_score, y_true, y_score, weight, n_classes
            ),
            "brier": lambda: skm.brier_score_loss(y_true, y_score, scale_by_half=True, **every),
            "log_loss": lambda: skm.log_loss(y_true, y_score, **every),
        }[name]()


def rows(seed, n, n_classes, *, ties, weights):
    """Random predictions, better than chance, with a tie for every second score."""
    rng = np.random.default_rng(seed)
    y_true = np.append(np.arange(n_classes), rng.integers(0, n_classes, n - n_classes))
    proba = rng.dirichlet(np.ones(n_classes), n) + 0.3 * np.eye(n_classes)[y_true]
    if ties:
        proba = np.ceil(proba * 4)
    proba /= proba.sum(1, keepdims=True)
    weight = rng.choice([0.0, 1 / 3, 0.5, 1.0, 2.5], n) if weights else None
    if weight is not None:
        weight[:n_classes] = 0.7
    y_pred = rng.integers(0, n_classes, n) if seed % 2 else proba.argmax(1)
    return y_true, y_pred, proba[:, 1] if n_classes == 2 else proba, weight


def value(name, *args, **kwargs):
    values, status = evaluate(resolve(name), *args, **kwargs)
    return values[0], ScoreStatus(int(status[0]))


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("n_classes", [2, 3, 4])
@pytest.mark.parametrize("weights", [False, True])
@pytest.mark.parametrize("ties", [False, True])
def test_agrees_with_scikit_learn(name, n_classes, weights, ties):
    for seed in range(8):
        y_true, y_pred, y_score, weight = rows(seed, 47, n_classes, ties=ties, weights=weights)
        got, status = value(name, y_true, y_pred, y_score, weight, n_classes)
        expected = oracle(name, y_true, y_pred, y_score, weight, n_classes)
        np.testing.assert_allclose(got, expected, **TOLERANCE)
        assert status.has_value
        assert METRICS[name].low <= got <= METRICS[name].high


@pytest.mark.parametrize("name", METRICS)
def test_agrees_where_the_rows_lack_a_class(name):
    y_true, y_pred, y_score, weight = rows(4, 40, 4, ties=True, weights=True)
    kept = y_true != 2
    args = (y_true[kept], y_pred[kept], y_score[kept], weight[kept], 4)
    np.testing.assert_allclose(value(name, *args)[0], oracle(name, *args), **TOLERANCE)


def test_several_classes_as_scikit_learn_averages_them_itself():
    y_true, y_pred, y_score, _ = rows(2, 60, 4, ties=True, weights=False)
    got = dict(zip(METRICS, evaluate(ALL, y_true, y_pred, y_score, n_classes=4)[0], strict=True))
    one_hot = label_binarize(y_true, classes=range(4))
    auc = skm.roc_auc_score(y_true, y_score, multi_class="ovr", average="macro")
    np.testing.assert_allclose(got["roc_auc"], auc, **TOLERANCE)
    ap = skm.average_precision_score(one_hot, y_score, average="macro")
    np.testing.assert_allclose(got["average_precision"], ap, **TOLERANCE)
    np.testing.assert_allclose(got["recall"], got["balanced_accuracy"], **TOLERANCE)


@pytest.mark.parametrize("metric", ALL, ids=METRICS)
def test_direction_is_that_of_a_better_prediction(metric):
    y_true = np.array([0, 0, 0, 1, 1])
    perfect, _ = value(metric.name, y_true, y_true, y_true.astype(float))
    wrong, _ = value(metric.name, y_true, 1 - y_true, 1.0 - y_true)
    assert (perfect > wrong) == metric.greater_is_better
    best = metric.high if metric.greater_is_better else metric.low
    assert perfect == pytest.approx(best, abs=1e-12)


@pytest.mark.parametrize("metric", ALL, ids=METRICS)
def test_needs_only_what_it_says(metric):
    y_true, y_pred, y_score, _ = rows(3, 50, 2, ties=False, weights=False)
    base = value(metric.name, y_true, y_pred, y_score)
    assert (value(metric.name, y_true, 1 - y_pred, y_score) == base) == (metric.needs != "label")
    assert (value(metric.name, y_true, y_pred, 1 - y_score) == base) == (metric.needs == "label")
    ranks = value(metric.name, y_true, y_pred, np.log(y_score))
    if metric.needs == "probability":
        assert math.isnan(ranks[0])
        assert ranks[1] is ScoreStatus.NOT_PROBABILITY
    else:
        assert ranks == base


@pytest.mark.parametrize("metric", ALL, ids=METRICS)
def test_prevalence_free_means_that_the_weight_of_a_class_does_not_matter(metric):
    y_true, y_pred, y_score, _ = rows(3, 50, 2, ties=True, weights=False)
    base, _ = value(metric.name, y_true, y_pred, y_score)
    rare, _ = value(metric.name, y_true, y_pred, y_score, np.where(y_true == 1, 0.1, 1))
    assert (rare == pytest.approx(base, abs=1e-12)) == metric.prevalence_free


@pytest.mark.parametrize("metric", ALL, ids=METRICS)
@pytest.mark.parametrize("only", [0, 1])
def test_one_class(metric, only):
    y_true, y_score = np.full(6, only), np.linspace(0.1, 0.9, 6)
    got, status = value(metric.name, y_true, y_score > 0.5, y_score)
    by_hand = {
        "accuracy": 0.5,
        "recall": 0.5 if only else None,
        "specificity": None if only else 0.5,
        "brier": np.mean((y_score - only) ** 2),
        "log_loss": -np.mean(np.log(y_score)),  # symmetric scores: the same for both classes
    }.get(metric.name)
    if by_hand is None:
        assert math.isnan(got)
        assert status is ScoreStatus.ONE_CLASS
    else:
        assert got == pytest.approx(by_hand, abs=1e-12)
        assert status is ScoreStatus.DEFINED


@pytest.mark.parametrize("metric", ALL, ids=METRICS)
def test_one_class_of_several(metric):
    y_score = np.full((5, 3), 1 / 3)
    _, status = value(metric.name, np.ones(5, int), np.ones(5, int), y_score, n_classes=3)
    assert (status is ScoreStatus.DEFINED) == (metric.classes == "any")


def test_rows_of_weight_zero_do_not_make_a_class():
    got, status = value("roc_auc", [0, 0, 1], [0, 0, 1], [0.1, 0.2, 0.9], [1, 1, 0])
    assert math.isnan(got)
    assert status is ScoreStatus.ONE_CLASS


@pytest.mark.parametrize("name", ["precision", "mcc", "f1", "recall"])
def test_no_predicted_positives_is_0_with_a_note_where_it_was_divided_by(name):
    got, status = value(name, [0, 1, 1], [0, 0, 0], [0.1, 0.2, 0.3])
    assert got == 0
    noted = name in ("precision", "mcc")
    assert status is (ScoreStatus.NO_PREDICTED_POSITIVES if noted else ScoreStatus.DEFINED)


def test_a_class_of_several_that_is_never_predicted():
    got, status = value("precision", [0, 0, 1, 2], [0, 0, 1, 1], np.full((4, 3), 1 / 3), n_classes=3)
    assert got == pytest.approx((1 + 0.5 + 0) / 3)
    assert status is ScoreStatus.NO_PREDICTED_POSITIVES


@pytest.mark.parametrize("name", ["brier", "log_loss"])
def test_not_probabilities(name):
    y = [0, 1, 1]
    for score, n_classes in [
        ([-0.1, 0.5, 0.9], 2),
        ([0.1, 0.5, 1.1], 2),
        ([[0.3, 0.3, 0.3], [0, 1, 0], [0, 1, 0]], 3),
    ]:
        assert value(name, y, y, score, n_classes=n_classes)[1] is ScoreStatus.NOT_PROBABILITY
    # A decision function may lie in [0, 1] by chance: who knows better can say so.
    assert value(name, y, y, [0.1, 0.5, 0.9], probability=False)[1] is ScoreStatus.NOT_PROBABILITY
    assert value(name, y, y, [0.1, 0.5, 0.9], probability=True)[1] is ScoreStatus.DEFINED
    assert value(name, y, y, [-0.1, 0.5, 0.9], probability=True)[1] is ScoreStatus.NOT_PROBABILITY


def test_probabilities_stored_in_float32_are_probabilities():
    y_score = np.random.default_rng(0).dirichlet(np.ones(7), 100).astype(np.float32)
    y = np.arange(100) % 7
    assert value("log_loss", y, y, y_score, n_classes=7)[1] is ScoreStatus.DEFINED


def test_certain_and_wrong_is_finite_in_the_log_loss():
    np.testing.assert_allclose(
        value("log_loss", [1, 0], [0, 0], [0.0, 0.0])[0], skm.log_loss([1, 0], [0.0, 0.0]), **TOLERANCE
    )


def test_the_order_of_rows_does_not_matter():
    y_true, y_pred, y_score, weight = rows(1, 60, 3, ties=True, weights=True)
    order = np.random.default_rng(0).permutation(60)
    base = evaluate(ALL, y_true, y_pred, y_score, weight, 3)[0]
    other = evaluate(ALL, y_true[order], y_pred[order], y_score[order], weight[order], 3)[0]
    np.testing.assert_allclose(other, base, **TOLERANCE)


def test_two_columns_of_scores_are_those_of_two_classes():
    score = np.array([0.2, 0.6, 0.7])
    one = evaluate(ALL, [0, 1, 0], [0, 1, 1], score)[0]
    two = evaluate(ALL, [0, 1, 0], [0, 1, 1], np.column_stack([1 - score, score]))[0]
    assert one.tolist() == two.tolist()


def test_a_callable_is_a_metric():
    def share_of_ones(y_true, y_pred, y_score):
        return np.mean(y_pred)

    (metric,) = resolve([share_of_ones])
    assert (metric.name, metric.greater_is_better, metric.needs) == ("share_of_ones", True, "score")
    assert value(share_of_ones, [0, 1], [1, 1], [0.1, 0.2])[0] == 1
    got, status = value(share_of_ones, [0, 1], [1, 1], [0.1, 0.2], [1, 2])
    assert math.isnan(got)
    assert status is ScoreStatus.NO_WEIGHTS


def mean_gap(y_true, y_pred, y_score, weight=None):
    """Mean score of the one class minus that of the other; at module level, so that it can be pickled."""
    weight = np.ones(len(y_true)) if weight is None else weight
    one, other = (np.average(y_score[y_true == k], weights=weight[y_true == k]) for k in (1, 0))
    return one - other


mean_gap.name, mean_gap.low, mean_gap.high = "gap", -1.0, 1.0


def test_a_callable_may_weigh_rows_and_say_what_it_is():
    (metric,) = pickle.loads(pickle.dumps(resolve(mean_gap)))
    assert (metric.name, metric.low, metric.high) == ("gap", -1, 1)
    got, status = evaluate([metric], [0, 1, 1], [0, 1, 1], [0.1, 0.2, 0.8], [1, 1, 3])
    assert got[0] == pytest.approx((0.2 + 3 * 0.8) / 4 - 0.1)
    assert status[0] == ScoreStatus.DEFINED
    assert value(mean_gap, [1, 1], [1, 1], [0.1, 0.2])[1] is ScoreStatus.ONE_CLASS


def test_a_callable_without_a_value():
    def nothing(y_true, y_pred, y_score):
        return math.inf

    assert value(nothing, [0, 1], [1, 1], [0.1, 0.2])[1] is ScoreStatus.NO_VALUE


def test_resolve_takes_metrics_names_and_a_single_one():
    assert resolve("f1") == resolve(["f1"]) == resolve([METRICS["f1"]]) == (METRICS["f1"],)
    assert [m.name for m in resolve(["roc_auc", "f1"])] == ["roc_auc", "f1"]


def test_names_of_the_table():
    assert all(name == metric.name for name, metric in METRICS.items())
    assert len({metric.label for metric in ALL}) == len(ALL)


@pytest.mark.parametrize(
    ("metrics", "match"),
    [
        (["roc-auc"], "unknown metric 'roc-auc'; did you mean roc_auc"),
        ([3], "unknown metric '3'"),
        ([], "none is given"),
        (["f1", "f1"], "f1 is there twice"),
        ([lambda y_true, y_pred, y_score: 0.0], "needs a name of its own"),
        ([functools.partial(mean_gap)], "needs a name of its own"),
    ],
)
def test_what_is_no_metric(metrics, match):
    with pytest.raises(InputError, match=match):
        resolve(metrics)


def test_a_callable_with_too_few_arguments():
    def accuracy_of_mine(y_true, y_pred):
        return 0.0

    with pytest.raises(InputError, match=r"must be callable as f\(y_true, y_pred, y_score\)"):
        resolve([accuracy_of_mine])


@pytest.mark.parametrize(
    ("args", "match"),
    [
        (([0, 1, 2], [0, 1, 1], [0.1, 0.2, 0.3]), "y_true has codes from 0 to 2; 0 to 1 are expected"),
        (([0, 1, 1], [0, 1, -1], [0.1, 0.2, 0.3]), "y_pred has codes from -1 to 1"),
        (([0, 1, 1], [0, 1], [0.1, 0.2, 0.3]), r"\(3, 2, 3\) rows"),
        (([], [], []), "at least one row"),
        (([[0, 1]], [0, 1], [0.1, 0.2]), r"y_true has shape \(1, 2\)"),
        (([0, 1], [0, 1], [0.1, math.nan]), "1 values that are NaN or infinite"),
        (([0, 1], [0, 1], [[0.1, 0.2, 0.7]] * 2), r"shape \(2, 3\); \(row,\) is needed for 2 classes"),
        (([0, 1], [0, 1], [0.1, 0.2], None, 3), r"\(row, 3\) is needed for 3 classes"),
        (([0, 1], [0, 1], [0.1, 0.2], [1, -1]), r"weight lies in \[-1.0, 1.0\]"),
        (([0, 1], [0, 1], [0.1, 0.2], [1, math.nan]), "weight lies in"),
        (([0, 1], [0, 1], [0.1, 0.2], [1]), r"weight has shape \(1,\)"),
        (([0, 1], [0, 1], [0.1, 0.2], [0, 0]), "all weights are 0"),
    ],
)
def test_bad_rows(args, match):
    with pytest.raises(InputError, match=match):
        evaluate(ALL, *args)


# -- what mistakes cost -------------------------------------------------------------------------------------------


def test_the_cost_of_mistakes_is_counted_by_hand():
    truth, said, score = [1, 1, 1, 0, 0, 0, 0, 0], [1, 0, 0, 1, 0, 0, 0, 0], np.zeros(8)
    values, status = evaluate([cost(1), cost(10)], truth, said, score)
    assert values.tolist() == [(2 + 1) / 8, (2 * 10 + 1) / 8]
    assert (status == ScoreStatus.DEFINED).all()
    weights = [0, 2, 0, 1, 1, 1, 1, 1]
    assert evaluate([cost(10)], truth, said, score, weights)[0][0] == (2 * 10 + 1) / 7
    assert (
        evaluate([cost(1)], truth, said, score)[0][0]
        == 1 - evaluate(resolve("accuracy"), truth, said, score)[0][0]
    )


def test_the_cost_is_that_of_the_expected_cost_at_its_threshold():

    rng = np.random.default_rng(0)
    truth, p = rng.integers(0, 2, 60), rng.random(60)
    at = expected_cost(truth, p, 1.0, 4.0, n_resamples=20).results[0]
    said = (p >= at.settings["threshold"]).astype(int)
    assert evaluate([cost(4)], truth, said, p)[0][0] == pytest.approx(at.estimate)


def test_a_cost_is_of_two_classes_and_less_is_better():
    made = cost(20)
    assert resolve("cost_20") == (made,)
    for other in ("cost", "cost_", "cost_0", "cost_-1", "cost_20.0", "cost_inf", "cost_nan", "cost_x"):
        assert shipped_metric(other) is None
    assert (made.name, made.greater_is_better, made.high) == ("cost_20", False, 20)
    assert evaluate([made], [0, 1, 2], [0, 1, 2], np.eye(3), n_classes=3)[1][0] == ScoreStatus.NO_VALUE


@pytest.mark.parametrize("price", [0, -1, float("inf"), float("nan"), True, "20"])
def test_a_price_is_a_number_above_0(price):
    with pytest.raises(InputError, match=r"the price of a missed case must be a number above 0"):
        cost(price)

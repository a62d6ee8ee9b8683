"""The patient bootstrap of predicted numbers: on repeated rows by hand, with holes and groups, mirrored, refused."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

from varbench.errors import StatisticsError
from varbench.stats import patient_bootstrap
from varbench.stats.draws import Units

RNG = np.random.default_rng(8)
N = 36
Y = np.sort(RNG.normal(30, 9, N))
A, B = (Y + shared * RNG.normal(size=N) + RNG.normal(size=(3, N)) for shared in (3, 4))
FOLD = np.array([np.random.default_rng(i).permutation(np.arange(N) % 4) for i in range(3)])
QUICK = {"n_resamples": 50}
SCORES = {
    "mae": (sk.mean_absolute_error, -1),
    "rmse": (sk.root_mean_squared_error, -1),
    "r2": (sk.r2_score, 1),
}


def averaged(metric: str, model: np.ndarray, y: np.ndarray, fold: np.ndarray, weight: np.ndarray) -> float:
    """Score every fold on its repeated rows by scikit-learn, and average over folds, then over repeats."""
    function, _ = SCORES[metric]
    means = []
    for said, codes in zip(model, fold, strict=True):
        scores = []
        for code in np.unique(codes):
            rows = np.repeat(np.flatnonzero(codes == code), weight[codes == code])
            if len(rows) and (metric != "r2" or len(np.unique(y[rows])) > 1):
                scores.append(function(y[rows], said[rows]))
        means.append(np.mean(scores))
    return float(np.mean(means))


@pytest.mark.parametrize("metric", list(SCORES))
def test_each_resample_is_scored_as_scikit_learn_scores_the_repeated_rows(metric: str) -> None:
    # The cases in the order that the draws take them in: by y last, then by sum, then by distance of the models.
    a, b = A.mean(axis=0), B.mean(axis=0)
    order = np.lexsort((np.abs(a - b), a + b, Y))
    y, first, second, fold = Y[order], A[:, order], B[:, order], FOLD[:, order]
    weights = Units.of_cases(N).draw(50, np.random.default_rng(4))
    sign = SCORES[metric][1]
    values = [
        sign * (averaged(metric, first, y, fold, w) - averaged(metric, second, y, fold, w))
        for w in np.vstack([np.ones((1, N), int), weights])
    ]
    found = patient_bootstrap(Y, A, B, metric=metric, fold=FOLD, rng=4, **QUICK)
    assert found.estimate == pytest.approx(values[0], abs=1e-10)
    assert found.interval == pytest.approx(np.quantile(values[1:], [0.025, 0.975]), abs=1e-10)
    assert (found.method, found.unit, found.estimand) == ("patient_bootstrap", "patient", "E2")


def test_one_procedure_has_its_own_metric_with_an_interval() -> None:
    found = patient_bootstrap(Y, A, metric="mae", **QUICK)
    expected = np.mean([sk.mean_absolute_error(Y, said) for said in A])
    assert found.estimate == pytest.approx(expected)
    assert found.pvalue is None
    assert found.ci_low < found.estimate < found.ci_high


def test_a_swap_mirrors_and_the_order_of_the_cases_does_not_matter() -> None:
    ours = patient_bootstrap(Y, A, B, metric="rmse", fold=FOLD, **QUICK)
    swapped = patient_bootstrap(Y, B, A, metric="rmse", fold=FOLD, **QUICK)
    assert (swapped.estimate, swapped.ci_low, swapped.ci_high) == pytest.approx(
        (-ours.estimate, -ours.ci_high, -ours.ci_low), abs=1e-12
    )
    order = np.random.default_rng(0).permutation(N)
    shuffled = patient_bootstrap(
        Y[order], A[:, order], B[:, order], metric="rmse", fold=FOLD[:, order], **QUICK
    )
    assert shuffled.interval == pytest.approx(ours.interval, abs=1e-12)


def test_groups_are_drawn_whole_and_spread_more() -> None:
    groups = np.repeat(np.arange(6), 6)
    shift = np.repeat(RNG.normal(0, 4, 6), 6)  # a group's recordings err together
    found = patient_bootstrap(Y, A + shift, B, metric="mae", groups=groups, n_resamples=400)
    alone = patient_bootstrap(Y, A + shift, B, metric="mae", n_resamples=400)
    assert (found.n, found.unit, alone.n) == (6, "group", N)
    assert {"groups_as_units", "small_sample"} <= set(found.notes)
    assert np.diff(found.interval) > np.diff(alone.interval)


def test_what_was_not_tested_is_left_out_and_counted() -> None:
    a, b, fold = A.copy(), B.copy(), FOLD.astype(float)
    a[0, :4] = b[0, :4] = fold[0, :4] = np.nan  # not tested in one repeat
    a[:, 30] = b[:, 30] = np.nan  # never tested
    a[1, 7] = np.nan  # by one procedure alone
    found = patient_bootstrap(Y, a, b, metric="mae", fold=fold, **QUICK)
    means = []
    for run in range(3):
        there = ~(np.isnan(a[run]) | np.isnan(b[run]))
        parts = [there & (FOLD[run] == code) for code in range(4)]
        means.append(np.mean([np.abs(b[run] - Y)[p].mean() - np.abs(a[run] - Y)[p].mean() for p in parts]))
    assert found.estimate == pytest.approx(np.mean(means))
    assert found.settings["n_dropped"] == 2
    assert "pairs_dropped" in found.notes


def test_equal_predictions_have_no_interval() -> None:
    found = patient_bootstrap(Y, A, A, metric="r2", fold=FOLD, **QUICK)
    assert (found.estimate, found.interval, found.pvalue) == (0.0, None, 1.0)
    assert "constant_difference" in found.notes


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"b": B[:2]}, "model 2 has shape"),
        ({"y_true": np.where(np.arange(N) == 3, np.nan, Y)}, "none may be missing"),
        ({"stratify": True}, "leave stratify, threshold and classes out"),
        ({"fold": FOLD[:2]}, "fold has shape"),
        ({"a": np.full((3, N), np.nan)}, "no case was tested"),
        ({"groups": np.zeros(N)}, "1 units are left"),
        ({"y_true": np.ones(N), "metric": "r2"}, "r2 is undefined"),
        ({"a": np.where(np.arange(N) == 3, np.inf, A)}, "infinite"),
    ],
)
def test_what_cannot_be_is_refused(changes, message) -> None:
    given = {"y_true": Y, "a": A, "b": B, "metric": "mae", "fold": FOLD} | changes
    with pytest.raises(StatisticsError, match=message):
        patient_bootstrap(given.pop("y_true"), given.pop("a"), given.pop("b"), **given, **QUICK)


def test_unpaired_procedures_have_no_difference() -> None:
    found = patient_bootstrap(Y, A, B, metric="mae", pairing="none", **QUICK)
    assert found.estimate is None
    assert "not_paired" in found.notes

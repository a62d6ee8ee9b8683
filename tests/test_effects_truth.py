"""Optimism against the truth, and the joint bootstrap over repeats and external patients."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import scipy.stats
import sklearn.metrics as skm
from synthetic import cube as build

from varbench.effects import external_difference, external_kind, final_truth, optimism
from varbench.effects.external import FEW_RESAMPLES, RESAMPLES, Panel, draw
from varbench.errors import StatisticsError
from varbench.metrics import METRICS, evaluate

RNG = np.random.default_rng(3)
OWN = RNG.normal(0.9, 0.03, (20, 3))
TRUE = RNG.normal(0.6, 0.03, (20, 3))
FRESH = {"varied": ("cohort", "split"), "simulated": True}

WEIGHTED = {
    "accuracy": lambda y, label, score, w: skm.accuracy_score(y, label, sample_weight=w),
    "balanced_accuracy": lambda y, label, score, w: skm.balanced_accuracy_score(y, label, sample_weight=w),
    "precision": lambda y, label, score, w: skm.precision_score(y, label, sample_weight=w, zero_division=0),
    "recall": lambda y, label, score, w: skm.recall_score(y, label, sample_weight=w),
    "specificity": lambda y, label, score, w: skm.recall_score(y, label, sample_weight=w, pos_label=0),
    "f1": lambda y, label, score, w: skm.f1_score(y, label, sample_weight=w, zero_division=0),
    "mcc": lambda y, label, score, w: skm.matthews_corrcoef(y, label, sample_weight=w),
    "roc_auc": lambda y, label, score, w: skm.roc_auc_score(y, score, sample_weight=w),
    "average_precision": lambda y, label, score, w: skm.average_precision_score(y, score, sample_weight=w),
    "brier": lambda y, label, score, w: skm.brier_score_loss(y, score, sample_weight=w),
    "log_loss": lambda y, label, score, w: skm.log_loss(y, score, sample_weight=w),
}


def judges(n_models: int = 4, n: int = 60, decimals: int = 12, seed: int = 0) -> Panel:
    rng = np.random.default_rng(seed)
    y = (np.arange(n) < n // 3).astype(int)
    score = (1 / (1 + np.exp(-(rng.normal(size=(n_models, n)) + y)))).round(decimals)
    label = (score > 0.5).astype(int)
    label[0] = 0  # a model that never says yes
    return Panel(y, label, score)


def external(
    n_repeats: int = 10, n: int = 80, signal: tuple[float, float] = (1.2, 0.2), noise: float = 0.5
) -> dict[str, Any]:
    rng = np.random.default_rng(5)
    y = (np.arange(n) < n // 4).astype(int)
    patients = rng.normal(size=n)
    found: dict[str, Any] = {"y_true": y, "name": "elsewhere", "score": {}, "pred": {}}
    for name, strength in zip(("a", "b"), signal, strict=True):
        raw = patients + strength * y + noise * rng.normal(size=(n_repeats, 3, n))
        found["score"][name] = (1 / (1 + np.exp(-raw))).astype(np.float32)
        found["pred"][name] = (found["score"][name] > 0.5).astype(int)
    return found


def truths(found: dict[str, Any], metric: str) -> dict[str, np.ndarray]:
    scores = {}
    for name in ("a", "b"):
        score, pred = found["score"][name].astype(float), found["pred"][name]
        scores[name] = np.array(
            [
                [
                    evaluate([METRICS[metric]], found["y_true"], pred[r, f], score[r, f])[0][0]
                    for f in range(3)
                ]
                for r in range(len(score))
            ]
        )
    return scores


def outside(metric: str = "roc_auc", own: float = 0.8, **changes: Any) -> Any:
    found = external(**changes)
    truth = truths(found, metric)
    scores = {name: np.full(values.shape, own) for name, values in truth.items()}
    direction = "greater" if METRICS[metric].greater_is_better else "less"
    final = {name: values[:, 0] for name, values in truth.items()}
    return build(scores, truth=truth, final=final, external=found, metrics=[metric], direction=direction)


def _auc(y: np.ndarray, score: np.ndarray) -> float:
    ranks, positives = scipy.stats.rankdata(score), y.sum()
    return (ranks[y == 1].sum() - positives * (positives + 1) / 2) / (positives * (len(y) - positives))


class TestOptimism:
    def test_with_a_population_it_is_the_mean_over_repeats(self) -> None:
        cube = build(
            {"a": OWN + 0.02, "b": TRUE},
            weighted={"a": OWN, "b": TRUE},
            truth={"a": TRUE, "b": TRUE},
            **FRESH,
        )
        result = optimism(cube, "a")
        values = (OWN - TRUE).mean(axis=1)
        expected = scipy.stats.ttest_1samp(values, 0)
        assert result.estimate == pytest.approx(values.mean())
        assert result.interval == pytest.approx(tuple(expected.confidence_interval(0.95)))
        assert (result.estimand, result.unit, result.validity, result.n) == ("O", "repeat", "exact", 20)
        assert (result.pvalue, result.method) == (None, "optimism")
        assert result.settings["mean_own"] == pytest.approx(OWN.mean())
        assert result.settings["mean_truth"] == pytest.approx(TRUE.mean())
        assert result.settings["truth"] == "population"

    def test_on_one_cohort_it_speaks_of_that_cohort(self) -> None:
        result = optimism(build({"a": OWN}, truth={"a": TRUE}, simulated=True), "a")
        assert result.validity == "unknown"
        assert "repeats_share_data" in result.notes
        assert result.settings["about"].startswith("this cohort")

    def test_it_is_the_same_model_fold_by_fold(self) -> None:
        own = OWN.copy()
        own[0, 0] = np.nan  # this fold has no score of its own, so its truth must not count either
        result = optimism(build({"a": own}, truth={"a": TRUE}, **FRESH), "a")
        values = np.r_[(OWN - TRUE)[0, 1:].mean(), (OWN - TRUE)[1:].mean(axis=1)]
        assert result.estimate == pytest.approx(values.mean())

    def test_of_a_metric_of_which_lower_is_better(self) -> None:
        result = optimism(build({"a": 0.1 + 0 * TRUE}, truth={"a": TRUE}, metrics=["brier"], **FRESH), "a")
        assert result.estimate == pytest.approx(TRUE.mean() - 0.1)

    def test_the_final_fit_is_a_result_of_its_own(self) -> None:
        cube = build({"a": OWN}, truth={"a": TRUE}, final={"a": TRUE[:, 0] + 0.01}, **FRESH)
        result = final_truth(cube, "a")
        assert result.estimate == pytest.approx(TRUE[:, 0].mean() + 0.01)
        assert result.method == "final_truth"

    def test_without_a_truth_it_is_refused(self) -> None:
        with pytest.raises(StatisticsError, match="no population and no external set"):
            optimism(build({"a": OWN}), "a")
        with pytest.raises(StatisticsError, match="no external set"):
            external_difference(
                build({"a": OWN, "b": OWN}, truth={"a": TRUE, "b": TRUE}, simulated=True), "a", "b"
            )

    def test_the_kind_of_truth(self) -> None:
        assert external_kind(build({"a": OWN})) == ""
        assert external_kind(build({"a": OWN}, truth={"a": TRUE}, simulated=True)) == "population"
        assert external_kind(outside()) == "file"


class TestPanel:
    @pytest.mark.parametrize("decimals", [1, 12])
    @pytest.mark.parametrize("metric", METRICS)
    def test_every_metric_on_every_resample_as_scikit_learn_has_it(self, metric: str, decimals: int) -> None:
        panel = judges(decimals=decimals)
        weights, _ = draw(panel, 5, np.random.default_rng(1))
        found = panel.scores(metric, weights)
        assert found.shape == (5, 4)
        for row, weight in zip(found, weights, strict=True):
            for value, label, score in zip(row, panel.y_pred, panel.y_score, strict=True):
                expected = WEIGHTED[metric](panel.y_true, label, score, weight)
                assert value == pytest.approx(expected, rel=1e-9, abs=1e-12)

    def test_many_models_and_slow_metrics_get_fewer_resamples(self, monkeypatch: pytest.MonkeyPatch) -> None:
        panel, many = judges(), judges(n_models=400, n=3000)
        assert {panel.n_resamples(metric) for metric in METRICS} == {RESAMPLES}
        assert FEW_RESAMPLES <= many.n_resamples("roc_auc") < many.n_resamples("f1") < RESAMPLES
        monkeypatch.setitem(METRICS, "mine", dataclasses.replace(METRICS["f1"], name="mine"))
        assert panel.n_resamples("mine") == FEW_RESAMPLES
        weights, _ = draw(panel, 5, np.random.default_rng(1))
        np.testing.assert_array_equal(panel.scores("mine", weights), panel.scores("f1", weights))

    def test_a_metric_of_the_users_own_cannot_be_computed_anew(self) -> None:
        with pytest.raises(StatisticsError, match="mine is the study's own metric"):
            judges().scores("mine", np.ones((1, 60), int))

    def test_scores_that_are_no_probabilities_have_no_loss(self) -> None:
        panel = judges()
        panel.y_score[1] = 2.0
        assert np.isnan(panel.scores("brier", np.ones((1, 60), int))[0]).tolist() == [
            False,
            True,
            False,
            False,
        ]

    def test_resamples_hold_every_class(self) -> None:
        rare = Panel((np.arange(30) < 1).astype(int), np.zeros((1, 30), int), np.zeros((1, 30)))
        weights, redrawn = draw(rare, 200, np.random.default_rng(0))
        assert redrawn > 30  # a third of the resamples lack the one positive patient
        assert (weights[:, 0] > 0).all()
        assert (weights.sum(axis=1) == 30).all()

    def test_several_classes(self) -> None:
        rng = np.random.default_rng(0)
        y, score = rng.integers(0, 3, 50), rng.dirichlet([1, 1, 1], (2, 50))
        found = Panel(y, score.argmax(-1), score, 3).scores("roc_auc", np.ones((1, 50), int))
        assert found[0, 0] == pytest.approx(skm.roc_auc_score(y, score[0], multi_class="ovr"))


class TestJointBootstrap:
    @pytest.mark.parametrize("metric", ["roc_auc", "f1", "brier", "average_precision"])
    def test_the_estimate_is_that_of_the_stored_scores(self, metric: str) -> None:
        cube = outside(metric)
        sign = 1 if METRICS[metric].greater_is_better else -1
        truth = {name: cube["truth"].sel(procedure=name).values.mean() for name in ("a", "b")}
        found = external_difference(cube, "a", "b")
        assert found.estimate == pytest.approx(sign * (truth["a"] - truth["b"]), abs=1e-9)
        assert found.ci_low < found.estimate < found.ci_high
        assert found.settings["mean_first"] == pytest.approx(truth["a"])
        assert optimism(cube, "a").estimate == pytest.approx(sign * (0.8 - truth["a"]), abs=1e-9)
        last = cube["final"].sel(procedure="a").values.mean()
        assert final_truth(cube, "a").estimate == pytest.approx(last, abs=1e-9)
        assert "few_resamples" not in found.notes
        assert found.settings["n_resamples"] == RESAMPLES

    def test_without_noise_between_runs_it_is_the_bootstrap_of_the_patients(self) -> None:
        cube = outside(noise=0.0)
        found = optimism(cube, "a")
        y, score = external(noise=0.0)["y_true"], external(noise=0.0)["score"]["a"][0, 0].astype(float)
        alone = scipy.stats.bootstrap(
            (y, score), _auc, paired=True, vectorized=False, n_resamples=2000,
            method="percentile", rng=np.random.default_rng(0),
        ).confidence_interval  # fmt: skip
        assert found.interval == pytest.approx((0.8 - alone.high, 0.8 - alone.low), abs=0.015)
        assert "fixed_patients" in found.notes

    def test_repeats_that_share_their_patients_do_not_narrow_it(self) -> None:
        few, many = (external_difference(outside(n_repeats=n), "a", "b") for n in (20, 100))
        width = [r.ci_high - r.ci_low for r in (few, many)]
        assert width[1] > 0.8 * width[0]
        naive = scipy.stats.sem(
            (outside(n_repeats=100)["truth"][0] - outside(n_repeats=100)["truth"][1]).mean("fold")[:, 0]
        )
        assert width[1] > 10 * 2 * naive

    def test_it_repeats_to_the_bit_and_leaves_the_global_generator_alone(self) -> None:
        before = np.random.get_state(legacy=False)["state"]["key"].copy()  # noqa: NPY002
        first, second = (external_difference(outside(), "a", "b") for _ in range(2))
        assert first == second
        assert (np.random.get_state(legacy=False)["state"]["key"] == before).all()  # noqa: NPY002

    def test_a_swap_mirrors_it(self) -> None:
        there, back = (external_difference(outside(), *names) for names in (("a", "b"), ("b", "a")))
        assert there.estimate == pytest.approx(-back.estimate)
        assert there.interval == pytest.approx((-back.ci_high, -back.ci_low))

    def test_a_metric_of_the_users_own_has_an_estimate_and_no_interval(self) -> None:
        found = external()
        truth = truths(found, "roc_auc")
        cube = build(truth, truth=truth, external=found, metrics=["mine"])
        result = external_difference(cube, "a", "b")
        assert result.estimate == pytest.approx(truth["a"].mean() - truth["b"].mean())
        assert result.interval is None
        assert "interval_not_computed" in result.notes

    def test_failed_runs_are_left_out_and_one_repeat_has_no_interval(self) -> None:
        found = external(n_repeats=3)
        truth = truths(found, "roc_auc")
        cube = build(truth, truth=truth, external=found, failed={"a": [0], "b": [1]})
        result = external_difference(cube, "a", "b")
        assert (result.n, result.interval) == (1, None)
        assert result.estimate == pytest.approx(truth["a"][2].mean() - truth["b"][2].mean())
        nothing = build(truth, truth=truth, external=found, failed={"a": range(3)})
        assert external_difference(nothing, "a", "b").estimate is None
        assert optimism(nothing, "a").estimate is None


@pytest.mark.slow
def test_the_joint_interval_covers_new_patients_and_the_naive_one_does_not() -> None:
    # truth: the AUC of an infinitely large external set, Phi(signal / sqrt(2)) for standard normal scores
    rng, hits, naive = np.random.default_rng(0), 0, 0
    noise, signal, draws = 0.4, 0.8, 150
    expected = scipy.stats.norm.cdf(signal / np.sqrt(2 * (1 + noise**2)))
    y = (np.arange(120) < 40).astype(int)
    for _ in range(draws):
        raw = rng.normal(size=120) + signal * y + noise * rng.normal(size=(8, 1, 120))
        score = {"a": (1 / (1 + np.exp(-raw))).astype(np.float32)}
        found = {"y_true": y, "score": score, "pred": {"a": (score["a"] > 0.5).astype(int)}}
        truth = np.array([[skm.roc_auc_score(y, score["a"][r, 0])] for r in range(8)])
        result = optimism(build({"a": 0 * truth + 0.9}, truth={"a": truth}, external=found), "a")
        hits += result.ci_low <= 0.9 - expected <= result.ci_high
        t = scipy.stats.ttest_1samp(truth[:, 0], 0).confidence_interval()
        naive += t.low <= expected <= t.high
    assert hits / draws >= 0.88  # a percentile interval of one set of patients is a little short
    assert naive / draws < 0.7

"""The bootstrap of any metric: equal to resampling by hand, near the peers, without their faults."""

from __future__ import annotations

import inspect
import json
import tracemalloc
import warnings
from typing import ClassVar

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as sk

from varbench.errors import StatisticsError
from varbench.metrics import METRICS
from varbench.stats.coded import own_order
from varbench.stats.draws import Units
from varbench.stats.resampling import bootstrap_metric
from varbench.stats.spread import acceleration, bca, centred_pvalue, percentile

RNG = np.random.default_rng(20)
Y = np.sort(RNG.integers(0, 2, 60))
A = np.round(1 / (1 + np.exp(-(Y + RNG.normal(size=60)))), 2)
B = np.round(1 / (1 + np.exp(-(Y * 0.7 + RNG.normal(size=60)))), 2)
GROUPS = RNG.integers(0, 25, 60)
QUICK = {"n_resamples": 400}


def by_hand(function, models, weights, y):
    """Compute a metric on the repeated rows of each resample."""
    rows = [np.repeat(np.arange(len(w)), w) for w in weights]
    return np.array([[function(y[r], model[r]) for model in models] for r in rows])


def sorted_cases(y, a, b=None):
    b = a if b is None else b
    order = own_order(y, *(np.column_stack([score, score >= 0.5]) for score in (a, b)))
    return y[order], a[order], b[order]


def test_the_interval_and_p_value_are_those_of_resampling_by_hand() -> None:
    y, a, b = sorted_cases(Y, A, B)
    weights = Units.of_cases(60).draw(300, np.random.default_rng(9))
    scores = by_hand(sk.roc_auc_score, (a, b), weights, y)
    result = bootstrap_metric(Y, A, B, rng=9, n_resamples=300)
    d = scores[:, 0] - scores[:, 1]
    estimate = sk.roc_auc_score(Y, A) - sk.roc_auc_score(Y, B)
    assert result.estimate == pytest.approx(estimate, abs=1e-12)
    assert result.interval == pytest.approx(np.quantile(d, [0.025, 0.975]), abs=1e-12)
    far = np.abs(d - estimate) >= abs(estimate) - 1e-12
    assert result.pvalue == pytest.approx((1 + far.sum()) / 301)
    assert result.settings["standard_error"] == pytest.approx(d.std(ddof=1))
    assert result.statistic == pytest.approx(estimate / d.std(ddof=1))
    assert (result.settings["first"], result.settings["second"]) == pytest.approx(
        (sk.roc_auc_score(Y, A), sk.roc_auc_score(Y, B))
    )


def test_groups_are_drawn_whole() -> None:
    y, a, _ = sorted_cases(Y, A)
    codes = np.unique(GROUPS, return_inverse=True)[1]
    order = np.lexsort([np.zeros(60), A + A, Y])
    weights = Units.of_cases(len(np.unique(GROUPS))).draw(300, np.random.default_rng(2))[:, codes[order]]
    expected = by_hand(sk.average_precision_score, (a,), weights, y)[:, 0]
    result = bootstrap_metric(Y, A, metric="average_precision", groups=GROUPS, n_resamples=300, rng=2)
    assert result.interval == pytest.approx(np.quantile(expected, [0.025, 0.975]), abs=1e-12)
    assert (result.unit, result.n) == ("group", len(np.unique(GROUPS)))
    assert "groups_as_units" in result.notes


@pytest.mark.parametrize("metric", ["accuracy", "f1", "roc_auc", "average_precision", "brier", "log_loss"])
def test_it_agrees_with_scipy_within_the_monte_carlo_error(metric: str) -> None:
    function = {
        "accuracy": lambda y, s: sk.accuracy_score(y, s >= 0.5), "f1": lambda y, s: sk.f1_score(y, s >= 0.5),
        "roc_auc": sk.roc_auc_score, "average_precision": sk.average_precision_score,
        "brier": sk.brier_score_loss, "log_loss": sk.log_loss,
    }[metric]  # fmt: skip
    peer = stats.bootstrap(
        (Y, A), function, paired=True, vectorized=False, n_resamples=600, method="percentile", rng=1
    )
    result = bootstrap_metric(Y, A, metric=metric)
    # The end of an interval has a standard error of sqrt(.025 * .975 / R) / density; near 2.5 standard deviations.
    tolerance = 5 * 2.7 * peer.standard_error / np.sqrt(600)
    assert result.interval == pytest.approx(tuple(peer.confidence_interval), abs=tolerance)
    assert result.settings["standard_error"] == pytest.approx(peer.standard_error, rel=5 / np.sqrt(2 * 600))


def test_bca_is_scipys_given_the_same_resamples() -> None:
    x = np.random.default_rng(0).exponential(size=40)
    peer = stats.bootstrap((x,), np.mean, n_resamples=2000, method="BCa", rng=3)
    left = np.array([np.delete(x, i).mean() for i in range(40)])
    found = bca(peer.bootstrap_distribution, x.mean(), acceleration([(left, np.ones(40, int))]), 0.95)
    assert found == pytest.approx(tuple(peer.confidence_interval), abs=1e-9)


def test_bca_of_two_strata_is_scipys_of_two_samples() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.exponential(size=20), rng.exponential(size=35) ** 2

    def ratio(a, b, axis=-1):
        return a.mean(axis=axis) / b.mean(axis=axis)

    peer = stats.bootstrap((first, second), ratio, n_resamples=1500, method="BCa", rng=3)
    left = [
        (np.array([ratio(np.delete(first, i), second) for i in range(20)]), np.ones(20, int)),
        (np.array([ratio(first, np.delete(second, i)) for i in range(35)]), np.ones(35, int)),
    ]
    found = bca(peer.bootstrap_distribution, ratio(first, second), acceleration(left), 0.95)
    assert found == pytest.approx(tuple(peer.confidence_interval), abs=1e-9)


@pytest.mark.parametrize("settings", [{}, {"stratify": True}, {"groups": GROUPS}], ids=str)
@pytest.mark.parametrize("metric", ["roc_auc", "f1", "brier"])
def test_bca_leaves_out_one_unit_at_a_time(metric: str, settings: dict[str, object]) -> None:
    result = bootstrap_metric(Y, A, B, metric=metric, interval="bca", **settings, **QUICK)
    sign = -1 if metric == "brier" else 1
    function = {"roc_auc": sk.roc_auc_score, "brier": sk.brier_score_loss,
                "f1": lambda y, s: sk.f1_score(y, s >= 0.5)}[metric]  # fmt: skip
    unit = settings.get("groups", np.arange(60))
    strata = [np.unique(unit[c == Y]) for c in (0, 1)] if "stratify" in settings else [np.unique(unit)]
    left = []
    for members in strata:
        kept = [unit != u for u in members]
        values = [sign * (function(Y[k], A[k]) - function(Y[k], B[k])) for k in kept]
        left.append((np.array(values), np.ones(len(values), int)))
    assert result.settings["acceleration"] == pytest.approx(acceleration(left), abs=1e-9)
    assert result.settings["interval"] == "bca"


def test_macro_f1_counts_kinds_of_cases_and_agrees_with_drawing_the_cases() -> None:
    # confidenceinterval: a macro-F1 standard error 1.7 times too wide
    rng = np.random.default_rng(4)
    y = rng.integers(0, 3, 600)
    label = np.where(rng.random(600) < 0.6, y, rng.integers(0, 3, 600))
    weights = Units.of_cases(600).draw(800, rng)
    by_cases = by_hand(lambda t, p: sk.f1_score(t, p, average="macro"), (label,), weights, y)[:, 0]
    result = bootstrap_metric(y, label, metric="f1")
    assert result.settings["standard_error"] == pytest.approx(by_cases.std(), rel=5 / np.sqrt(1600))
    assert result.interval == pytest.approx(np.quantile(by_cases, [0.025, 0.975]), abs=0.004)
    assert result.estimate == pytest.approx(sk.f1_score(y, label, average="macro"))


def test_within_the_classes_every_resample_has_as_many_of_each() -> None:
    seen = []

    def share(y_true, y_pred, y_score):
        seen.append(float(y_true.mean()))
        return float(y_score.mean())

    bootstrap_metric(Y, A, metric=share, stratify=True, n_resamples=30)
    assert set(seen) == {Y.mean()}
    seen.clear()
    bootstrap_metric(Y, A, metric=share, n_resamples=30)
    assert len(set(seen)) > 3


def test_groups_within_classes_and_those_of_several_classes_in_a_stratum_of_their_own() -> None:
    y = np.array([0, 0, 0, 1, 1, 0, 1, 1, 0, 1])
    groups = np.array([0, 0, 1, 2, 3, 4, 4, 5, 6, 6])
    score = np.linspace(0, 1, 10)
    result = bootstrap_metric(y, score, groups=groups, stratify=True, **QUICK)
    assert result.settings["strata"] == {"0": 2, "1": 3, "several classes": 2}
    assert result.settings["n_redrawn"] == 0
    assert result.n == 7


class TestFaultsOfThePeers:
    def test_identical_models_give_p_1_and_say_so(self) -> None:  # MLstatkit: p = 0
        for metric in METRICS:
            result = bootstrap_metric(Y, A, A, metric=metric, **QUICK)
            assert (result.estimate, result.pvalue, result.interval) == (0, 1, None)
            assert "constant_difference" in result.notes

    def test_resamples_of_one_class_are_counted_and_drawn_again(
        self,
    ) -> None:  # MLstatkit drops them in silence
        y, score = [0, 0, 0, 0, 0, 1], [0.1, 0.4, 0.35, 0.8, 0.2, 0.5]
        result = bootstrap_metric(y, score, **QUICK)
        assert result.settings["n_redrawn"] > 50
        assert result.settings["n_resamples"] == 400
        assert {"resamples_redrawn", "small_sample"} <= set(result.notes)

    def test_one_positive_in_twelve_has_an_interval(self) -> None:  # stambo: p = .587 and NaN, no error
        y = np.array([1] + [0] * 11)
        a, b = np.roll(np.linspace(1, 0, 12), 9), np.roll(np.linspace(0, 1, 12), 5)
        for stratify in (False, True):
            result = bootstrap_metric(y, a, b, stratify=stratify, **QUICK)
            assert np.isfinite(result.interval).all()
            assert 0 < result.pvalue <= 1
            assert "small_sample" in result.notes
        assert result.settings["n_redrawn"] == 0
        assert "advice" not in result.settings
        assert "stratify=True" in bootstrap_metric(y, a, b, **QUICK).settings["advice"]

    def test_the_global_generator_is_untouched(self) -> None:  # stambo reseeds it
        before = np.random.get_state(legacy=False)["state"]["key"].copy()  # noqa: NPY002
        bootstrap_metric(Y, A, B, **QUICK)
        assert (np.random.get_state(legacy=False)["state"]["key"] == before).all()  # noqa: NPY002

    def test_the_seed_is_heeded(self) -> None:  # rliable ignores it
        first, again, other = (bootstrap_metric(Y, A, rng=seed, **QUICK) for seed in (1, 1, 2))
        assert first == again
        assert first.interval != other.interval

    def test_a_perfect_model_has_no_interval_of_no_width(self) -> None:  # confidenceinterval at AUC 1
        result = bootstrap_metric(Y, Y * 1.0, **QUICK)
        assert (result.estimate, result.interval) == (1.0, None)
        assert "boundary" in result.notes

    def test_intervals_stay_in_the_range(self) -> None:  # confidenceinterval: DeLong's beyond 1
        y, score = np.array([0] * 20 + [1] * 20), np.r_[np.linspace(0, 0.6, 20), np.linspace(0.5, 1, 20)]
        for interval in ("percentile", "bca"):
            assert bootstrap_metric(y, score, interval=interval, **QUICK).ci_high <= 1

    def test_a_difference_that_is_constant_has_no_bca_of_nan(self) -> None:  # scipy
        y = np.array([0, 1] * 10)
        loss_a, loss_b = np.full(20, 0.5), np.full(20, 0.5)
        result = bootstrap_metric(y, loss_a, loss_b, metric="brier", interval="bca", **QUICK)
        assert result.interval is None
        assert "constant_difference" in result.notes

    def test_results_keep_their_precision(self) -> None:  # pingouin rounds
        result = bootstrap_metric(Y, A, B, **QUICK)
        assert json.loads(json.dumps(result.to_dict(), allow_nan=False))["ci_low"] == result.ci_low
        assert result.ci_low != round(result.ci_low, 6)


class TestContract:
    @pytest.mark.parametrize("interval", ["percentile", "bca"])
    @pytest.mark.parametrize("metric", [*METRICS, "jaccard"])
    def test_a_swap_mirrors_the_result(self, metric: str, interval: str) -> None:
        settings = {"metric": metric, "interval": interval, "n_resamples": 60 if metric == "jaccard" else 400}
        there, back = bootstrap_metric(Y, A, B, **settings), bootstrap_metric(Y, B, A, **settings)
        assert there.estimate == pytest.approx(-back.estimate, abs=1e-14)
        assert there.interval == pytest.approx((-back.ci_high, -back.ci_low), abs=1e-12)
        assert there.pvalue == back.pvalue
        assert there.notes == back.notes

    @pytest.mark.parametrize("metric", ["roc_auc", "brier", "average_precision"])
    def test_the_order_of_the_cases_does_not_matter(self, metric: str) -> None:
        order = np.random.default_rng(0).permutation(60)
        there = bootstrap_metric(Y, A, B, metric=metric, groups=GROUPS, **QUICK)
        back = bootstrap_metric(Y[order], A[order], B[order], metric=metric, groups=GROUPS[order], **QUICK)
        assert there.interval == pytest.approx(back.interval, abs=1e-12)
        assert there.pvalue == back.pvalue

    def test_positive_favours_the_first_whatever_the_direction(self) -> None:
        good, bad = np.where(Y == 1, 0.8, 0.3), np.where(Y == 1, 0.4, 0.5)
        for metric in ("roc_auc", "brier", "log_loss", "f1"):
            assert bootstrap_metric(Y, good, bad, metric=metric, **QUICK).estimate > 0
        assert bootstrap_metric(Y, good, metric="brier", **QUICK).estimate == pytest.approx(
            sk.brier_score_loss(Y, good)
        )

    OTHER: ClassVar = {
        "metric": "brier", "groups": GROUPS, "stratify": True, "n_resamples": 300, "rng": 5, "interval": "bca",
        "classes": [1, 0], "unit": "scan", "pairing": "group", "estimand": "E2", "validity": "failing",
        "confidence_level": 0.8, "repeats_share_data": True,
    }  # fmt: skip

    @pytest.mark.parametrize("name", OTHER)
    def test_every_argument_changes_something(self, name: str) -> None:
        usual = bootstrap_metric(Y, A, B, **QUICK)
        changed = bootstrap_metric(Y, A, B, **{**QUICK, name: self.OTHER[name]})
        assert changed.to_dict() != usual.to_dict()

    def test_the_threshold_changes_metrics_of_labels(self) -> None:
        there, back = (bootstrap_metric(Y, A, metric="f1", threshold=t, **QUICK) for t in (0.5, 0.7))
        assert there.estimate != back.estimate

    def test_all_arguments_are_tested(self) -> None:
        named = set(inspect.signature(bootstrap_metric).parameters)
        assert named - set(self.OTHER) == {
            "y_true", "a", "b", "threshold", "n_jobs", "progress", "labels",
        }  # fmt: skip

    def test_without_pairs_nothing_is_computed(self) -> None:
        result = bootstrap_metric(Y, A, B, pairing="none")
        assert result.notes == ("not_paired",)
        assert (result.estimate, result.interval, result.pvalue) == (None, None, None)

    def test_one_model_is_no_pair(self) -> None:
        assert bootstrap_metric(Y, A, **QUICK).pairing == "none"
        assert bootstrap_metric(Y, A, B, **QUICK).pairing == "exact"
        assert bootstrap_metric(Y, A, **QUICK).pvalue is None

    def test_missing_scores_are_counted(self) -> None:
        a = A.copy()
        a[[3, 40]] = np.nan
        result = bootstrap_metric(Y, a, B, **QUICK)
        keep = ~np.isnan(a)
        assert result.estimate == pytest.approx(
            sk.roc_auc_score(Y[keep], A[keep]) - sk.roc_auc_score(Y[keep], B[keep])
        )
        assert result.settings["n_dropped"] == 2
        assert "pairs_dropped" in result.notes

    @pytest.mark.parametrize(
        ("args", "settings", "message"),
        [
            ((Y, A), {"interval": "bcaa"}, "unknown interval 'bcaa'; did you mean bca"),
            (
                (np.zeros(5, int), A[:5]),
                {},
                r"roc_auc is undefined on these 5 cases, which hold the classes \[0\]",
            ),
            ((Y, A), {"groups": np.zeros(60)}, "one group alone"),
            (([1], [1]), {"metric": "accuracy"}, "one case alone"),
            ((Y, A, B[:-1]), {}, r"model 2 have shape \(59,\) and y_true has 60"),
            ((Y, A), {"n_resamples": 0}, "n_resamples=0"),
            ((Y, A), {"rng": None}, "rng=None"),
            ((Y, A), {"n_jobs": 0}, "n_jobs=0"),
            ((Y, A), {"confidence_level": 95}, "between 0 and 1"),
            ((Y, A), {"units": "patient"}, "unknown label 'units'; did you mean unit"),
        ],
    )
    def test_what_cannot_be_used_is_refused(self, args, settings, message) -> None:
        with pytest.raises(StatisticsError, match=message):
            bootstrap_metric(*args, **settings)


def test_a_metric_without_a_fast_path_runs_in_parallel_with_progress_and_gives_the_same() -> None:
    told: list[tuple[int, int]] = []
    alone = bootstrap_metric(Y, A, B, metric="jaccard", n_resamples=50, progress=lambda *d: told.append(d))
    both = bootstrap_metric(Y, A, B, metric="jaccard", n_resamples=50, n_jobs=2)
    assert alone == both
    assert told[-1] == (50, 50)
    assert not alone.settings["fast_path"]
    assert "few_resamples" in alone.notes


def test_bounds_of_what_is_resampled() -> None:
    values = np.random.default_rng(0).normal(size=1001)
    assert percentile(values, 0.9) == pytest.approx(tuple(np.percentile(values, [5, 95])))
    assert bca(values, values.min() - 1, 0.0, 0.95) is None
    assert acceleration([(np.full(5, 0.3), np.ones(5, int))]) == 0
    assert acceleration([(np.array([np.nan, 1.0]), np.ones(2, int))]) == 0
    skewed = np.array([0.0, 0.0, 0.0, 3.0])
    spread = acceleration([(skewed, np.ones(4, int))])
    assert acceleration([(np.array([0.0, 3.0]), np.array([3, 1]))]) == pytest.approx(spread)
    assert centred_pvalue(np.full(9, 0.2), 0.2) == pytest.approx(0.1)


def test_memory_does_not_grow_with_the_number_of_resamples() -> None:
    rng = np.random.default_rng(0)
    y, score = rng.integers(0, 2, 20_000), rng.normal(size=20_000)
    bootstrap_metric(y, score, n_resamples=10)
    tracemalloc.start()
    bootstrap_metric(y, score, n_resamples=100)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6


def test_nothing_warns() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for metric in METRICS:
            bootstrap_metric(
                [0, 0, 1, 1, 0], [0.1, 0.2, 0.3, 0.9, 0.9], metric=metric, n_resamples=50, interval="bca"
            )


class TestCoverage:
    """Intervals of AUC 500 times on fresh test sets whose population is known; two standard errors are .02."""

    truth = float(stats.norm.cdf(1.0 / np.sqrt(2)))

    def share(self, draw, **settings) -> float:
        rng = np.random.default_rng(31)
        covered = 0
        for seed in range(500):
            y, score, groups = draw(rng)
            chosen = {"groups": groups} if settings.get("by_group") else {}
            kept = {k: v for k, v in settings.items() if k != "by_group"}
            found = bootstrap_metric(y, score, n_resamples=500, rng=seed, **chosen, **kept)
            covered += found.ci_low <= self.truth <= found.ci_high
        return covered / 500

    @staticmethod
    def plain(rng):
        y = np.arange(120) % 3 == 0
        return y.astype(int), y + rng.normal(size=120), None

    @staticmethod
    def clustered(rng):
        """Sixty patients with four scans each, of which three quarters of the noise is the patient's."""
        groups = np.repeat(np.arange(60), 4)
        y = (groups % 3 == 0).astype(int)
        noise = np.sqrt(0.75) * rng.normal(size=60)[groups] + 0.5 * rng.normal(size=240)
        return y, y + noise, groups

    @pytest.mark.slow
    @pytest.mark.parametrize("stratify", [False, True])
    @pytest.mark.parametrize("interval", ["percentile", "bca"])
    def test_plain_and_within_classes(self, interval: str, stratify: bool) -> None:
        assert 0.915 <= self.share(self.plain, interval=interval, stratify=stratify) <= 0.985

    @pytest.mark.slow
    @pytest.mark.parametrize("stratify", [False, True])
    def test_by_patient(self, stratify: bool) -> None:
        assert 0.905 <= self.share(self.clustered, by_group=True, stratify=stratify) <= 0.985

    @pytest.mark.slow
    def test_scans_taken_for_patients_cover_far_too_rarely(self) -> None:
        assert self.share(self.clustered) < 0.85

    @pytest.mark.slow
    def test_the_p_value_of_two_equal_models_is_the_nominal_one(self) -> None:
        rng = np.random.default_rng(5)
        y = np.repeat([0, 1], 40)
        rejected = 0
        for seed in range(500):
            case = y + rng.normal(size=80)
            a, b = (case + rng.normal(size=80) for _ in range(2))
            rejected += bootstrap_metric(y, a, b, n_resamples=400, rng=seed).pvalue <= 0.05
        assert 0.025 <= rejected / 500 <= 0.085

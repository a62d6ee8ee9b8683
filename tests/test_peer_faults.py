"""Faults measured in other packages: each is shown where the package is installed, and that we do not have it."""

from __future__ import annotations

import contextlib
import importlib
import io
import itertools
import math
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from varbench.stats import (
    METHODS,
    adjust,
    bootstrap_difference,
    bootstrap_metric,
    case_summary,
    corrected_resampled_t,
    cv_5x2_f,
    cv_5x2_t,
    delong,
    friedman,
    icc,
    iqm,
    paired_d,
    permutation,
    permutation_metric,
    signed_rank,
    stochastic_order,
    variance_components,
    wilcoxon_holm,
)
from varbench.stats.draws import Units


def peer(name: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return importlib.import_module(name)
        except ImportError:
            pytest.skip(f"{name} is not installed")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def test_autorank_tests_one_side_that_the_data_picked() -> None:
    # measured: false positives .064 to .087 at .05
    rng = np.random.default_rng(0)
    found: dict[str, list[float]] = {"picked": [], "ours": []}
    for _ in range(2000):
        a, b = rng.normal(size=(2, 12))
        side = "greater" if np.median(a) > np.median(b) else "less"
        found["picked"].append(stats.wilcoxon(a, b, alternative=side, method="exact").pvalue)
        found["ours"].append(signed_rank(a, b).pvalue or 0.0)
    rates = {name: float(np.mean(np.array(p) <= 0.05)) for name, p in found.items()}
    assert rates["picked"] > 0.06
    assert rates["ours"] < 0.05 + 3 * math.sqrt(0.05 * 0.95 / 2000)


def test_autorank_follows_a_paired_test_with_an_unpaired_one() -> None:
    # measured: omnibus p = 4e-15, then "no significant differences"
    rng = np.random.default_rng(1)
    scores = rng.normal(0.7, 0.2, (30, 1)) + np.array([0.02, 0.01, 0.0]) + rng.normal(0, 0.002, (30, 3))
    assert stats.tukey_hsd(*scores.T).pvalue[0, 2] > 0.5
    assert friedman(scores).pvalue < 1e-9
    assert all(result.pvalue < 1e-6 for result in wilcoxon_holm(scores).results)


def test_autorank_takes_nan_in_and_gives_nan_out() -> None:
    scores = np.random.default_rng(2).normal(size=(12, 3))
    scores[4, 1] = np.nan
    found = friedman(scores)
    assert found.pvalue == pytest.approx(stats.friedmanchisquare(*np.delete(scores, 4, axis=0).T).pvalue)
    assert "cells_missing" in found.notes


def test_autorank_takes_sqrt_of_n_half_for_half_sqrt_of_n_in_the_interval_of_a_median() -> None:
    x = np.random.default_rng(3).normal(size=100)
    found, ordered = case_summary(x, statistic="median"), np.sort(x)
    # ranks 50 -+ 1.96 sqrt(100) / 2; with sqrt(100 / 2) they would be 36 and 65
    assert found.interval == (ordered[39], ordered[60])
    assert stats.binom.cdf(39, 100, 0.5) <= 0.025 < stats.binom.cdf(40, 100, 0.5)


def test_deepsig_corrects_less_the_more_is_compared() -> None:
    rng = np.random.default_rng(4)
    a, b = rng.normal(0.3, 1, 40), rng.normal(0, 1, 40)
    deepsig = peer("deepsig")
    with quiet():
        theirs = [
            deepsig.aso(a, b, num_comparisons=k, seed=1, num_bootstrap_iterations=200, show_progress=False)
            for k in (2, 1000)
        ]
    assert theirs[1] < theirs[0]
    bounds = [stochastic_order(a, b, n_comparisons=k).settings["eps_min"] for k in (1, 2, 10, 1000)]
    assert bounds == sorted(bounds)
    assert bounds[0] < bounds[-1]


def test_deepsig_draws_pairs_apart() -> None:
    # measured: power .21 where a paired bootstrap has .99
    rng = np.random.default_rng(5)
    cohort = rng.normal(0, 1, 40)
    a, b = cohort + 0.1 + rng.normal(0, 0.02, 40), cohort
    deepsig = peer("deepsig")
    assert deepsig.bootstrap_test(a, b, num_samples=500, seed=1) > 0.1
    assert bootstrap_difference(a, b, pairing="exact").pvalue < 0.001
    assert stochastic_order(a, b, pairing="exact").settings["eps_min"] < 0.01


def test_deepsig_shares_its_resamples_between_seeds() -> None:
    # measured: seeds 1 and 2 share 999 of 1,000
    drawn = [Units.of_cases(20).draw(1000, np.random.default_rng(seed)) for seed in (1, 2)]
    assert len({tuple(row) for row in drawn[0].tolist()} & {tuple(row) for row in drawn[1].tolist()}) == 0


@pytest.mark.parametrize("ours", [permutation, bootstrap_difference])
def test_deepsig_says_p_is_0(ours: Callable[..., Any]) -> None:
    a, b = np.arange(20.0) + 100, np.arange(20.0) + np.tile([0, 0.5], 10)
    assert peer("deepsig").bootstrap_test(a, b, num_samples=200, seed=1) == 0
    assert 0 < ours(a, b, n_resamples=200, pairing="none").pvalue <= 2 / 201


def test_correctipy_leaves_out_the_root_and_one_side() -> None:
    # measured: p = .00024 where two independent tools give .0373
    d = np.random.default_rng(6).normal(0.03, 0.04, 30)
    t = d.mean() / math.sqrt((1 / 30 + 20 / 80) * d.var(ddof=1))
    wrong = stats.t.sf(d.mean() / ((1 / 30 + 20 / 80) * d.var(ddof=1)), 29)
    found = corrected_resampled_t(d, np.zeros(30), n_train=80, n_test=20)
    assert found.pvalue == pytest.approx(2 * stats.t.sf(abs(t), 29), rel=1e-10)
    assert wrong < found.pvalue / 100


@pytest.mark.parametrize(
    "name", ["paired_t", "difference", "signed_rank", "sign_test", "permutation", "rank_sum"]
)
def test_mlxtend_offers_uncorrected_tests_of_folds_as_if_they_were_sound(name: str) -> None:
    d = np.random.default_rng(7).normal(0.03, 0.04, 30)
    notes = METHODS[name](d, np.zeros(30), unit="fold", repeats_share_data=True).notes
    assert {"naive", "repeats_share_data"} & set(notes)


def test_mlxtend_lets_one_fold_decide() -> None:
    # measured: p .03, .86, .86 over three seeds
    d = np.random.default_rng(8).normal(0.02, 0.03, (5, 2))
    d[0] = 0.16, 0.001
    first, other = (cv_5x2_t(x, np.zeros((5, 2))) for x in (d, d[:, ::-1]))
    assert first.pvalue < 0.05 < 0.5 < other.pvalue
    assert "one_fold_decides" in first.notes
    by_fold = cv_5x2_t(d, np.zeros((5, 2))).settings
    assert [by_fold["pvalue_min"], by_fold["pvalue_max"]] == pytest.approx(
        [other.settings["pvalue_min"], other.settings["pvalue_max"]]
    )
    assert cv_5x2_f(d, np.zeros((5, 2))).pvalue == pytest.approx(
        cv_5x2_f(d[:, ::-1], np.zeros((5, 2))).pvalue
    )


def test_mlstatkit_calls_a_model_different_from_itself() -> None:
    rng = np.random.default_rng(9)
    y = np.repeat([0, 1], 30)
    p = rng.random(60) * 0.6 + 0.3 * y
    kit = peer("MLstatkit")
    with quiet():
        assert kit.Delong_test(y, p, p, random_state=0)[1] == 0
    for method in (delong, bootstrap_metric, permutation_metric):
        found = method(y, p, p)
        assert (found.estimate, found.pvalue) == (0, 1)
        assert "constant_difference" in found.notes


def test_mlstatkit_drops_resamples_of_one_class_in_silence() -> None:
    y = np.r_[1, np.zeros(11, int)]
    p = np.random.default_rng(10).random(12)
    with quiet():
        _, low, high = peer("MLstatkit").Bootstrapping(y, p, metric_str="roc_auc", n_bootstraps=200)
    assert low < high  # about a third of the 200 had no positive case: not a word
    found = bootstrap_metric(y, p, n_resamples=200)
    assert {"resamples_redrawn", "small_sample"} <= set(found.notes)
    assert found.settings["n_redrawn"] > 30


def test_confidenceinterval_misses_macro_precision() -> None:
    # measured: coverage .885; the truth from the joint distribution of true and predicted class
    joint = np.array([[0.35, 0.05, 0.02], [0.06, 0.26, 0.04], [0.03, 0.05, 0.14]])
    truth = float(np.mean(np.diag(joint) / joint.sum(axis=0)))
    rng = np.random.default_rng(11)
    covered = 0
    for _ in range(400):
        kind = rng.choice(9, 300, p=joint.ravel())
        found = bootstrap_metric(kind // 3, kind % 3, metric="precision", n_resamples=500, classes=[0, 1, 2])
        covered += bool(found.ci_low <= truth <= found.ci_high)
    assert covered / 400 > 0.95 - 3 * math.sqrt(0.95 * 0.05 / 400) - 0.005


@pytest.mark.parametrize("n_wrong", [0, 1, 2])
@pytest.mark.parametrize("interval", ["logit", "newcombe"])
def test_confidenceinterval_leaves_the_range_of_an_auc_or_has_no_width(n_wrong: int, interval: str) -> None:
    y = np.repeat([0, 1], 10)
    p = np.arange(20.0)
    p[10 : 10 + n_wrong] = 8.5
    found = delong(y, p, interval=interval)
    assert 0 <= found.ci_low < found.estimate <= found.ci_high <= 1
    assert (found.estimate < 1) == bool(n_wrong)


def test_stambo_has_nan_intervals_and_no_error_with_one_positive_in_twelve() -> None:
    y = np.r_[1, np.zeros(11, int)]
    a, b = np.random.default_rng(12).random((2, 12))
    found = bootstrap_metric(y, a, b)
    assert found.interval is not None
    assert "small_sample" in found.notes
    assert "stratify" in found.settings["advice"]


def test_stambo_reseeds_the_global_generator() -> None:
    np.random.seed(3)  # noqa: NPY002
    expected = np.random.RandomState(3).random()
    y = np.tile([0, 1], 20)
    a, b = np.random.default_rng(13).random((2, 40))
    bootstrap_metric(y, a, b, n_resamples=50)
    assert np.random.random() == expected  # noqa: NPY002


def test_pingouin_rounds_an_interval_to_nothing() -> None:
    # measured: printed as [0.0, 0.0] where it is [.0019, .0041]
    rng = np.random.default_rng(14)
    wide = np.repeat(rng.normal(0, 0.05, (300, 1)), 300, axis=1) + rng.normal(size=(300, 300))
    found = icc(wide)
    assert 0 < found.ci_low < found.estimate < found.ci_high < 0.01
    long = pd.DataFrame({"t": np.repeat(range(300), 300), "r": np.tile(range(300), 300), "x": wide.ravel()})
    with quiet():
        theirs = peer("pingouin").intraclass_corr(long, "t", "r", "x")
    assert list(theirs["CI95"].iloc[0]) == [0.0, 0.0]
    assert f"{found.ci_low:.4f}" != "0.0000"


def test_pingouin_pools_a_paired_d() -> None:
    rng = np.random.default_rng(15)
    b = rng.normal(0, 1, 25)
    a = b + 0.2 + rng.normal(0, 0.1, 25)
    d = a - b
    found = paired_d(a, b).estimate
    assert found == pytest.approx(d.mean() / d.std(ddof=1), rel=0.05)
    assert found > 5 * peer("pingouin").compute_effsize(a, b, paired=True, eftype="cohen")


def test_rliable_takes_a_seed_and_ignores_it() -> None:
    scores = np.random.default_rng(16).random((10, 4))
    one, again, other = (iqm(scores, rng=seed).interval for seed in (1, 1, 2))
    assert one == again != other


def test_scipy_gives_a_batch_another_p_than_each_of_its_rows() -> None:
    # a zero in one row changes the method of all; measured: .3135 for .3300
    d = np.random.default_rng(0).normal(0.2, 1, (14, 3))
    d[0, 0] = 0
    batch = stats.wilcoxon(d.T, axis=1, method="auto").pvalue
    rows = np.array([stats.wilcoxon(row, method="auto").pvalue for row in d.T])
    assert np.abs(batch - rows).max() > 0.01
    table = np.column_stack([d, np.zeros(14)])
    raw = [signed_rank(x, y).pvalue for x, y in itertools.combinations(table.T, 2)]
    assert sorted(result.pvalue for result in wilcoxon_holm(table).results) == pytest.approx(
        sorted(adjust(raw, method="holm").tolist()), rel=1e-12
    )


def test_scipy_gives_nan_for_a_constant_difference() -> None:
    x = np.full(10, 0.125)
    with quiet():
        theirs = stats.bootstrap((x,), np.mean, method="BCa", rng=0).confidence_interval
    assert math.isnan(theirs.low)
    found = bootstrap_difference(x + 0.5, np.full(10, 0.5), kind="bca")
    assert (found.estimate, found.interval) == (0.125, None)
    assert "constant_difference" in found.notes


def test_statsmodels_does_not_converge_where_a_component_is_0() -> None:
    scores = np.random.default_rng(1).normal(size=(6, 5, 2))
    first, second, _ = (axis.ravel() for axis in np.indices(scores.shape))
    long = pd.DataFrame({"s": first, "t": second, "x": scores.ravel(), "all": 1})
    mixed = peer("statsmodels.formula.api").mixedlm
    with quiet():
        theirs = mixed("x ~ 1", long, groups="all", vc_formula={"s": "0 + C(s)", "t": "0 + C(t)"}).fit()
    assert not theirs.converged
    found = variance_components(scores, replicates=True)
    assert {"variance_negative"} <= set(found.notes)
    assert found.variances["residual"] == pytest.approx(scores.var(axis=2, ddof=1).mean(), rel=1e-12)

"""Calibration: against statsmodels and scikit-learn, by hand, and on models whose calibration is known."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.special import expit, logit
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from varbench.errors import StatisticsError
from varbench.stats.binning import in_bins
from varbench.stats.logistic import logistic
from varbench.stats.reliability import calibration


def cases(seed: int, n: int = 300, slope: float = 0.7, shift: float = -0.3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    linear = rng.normal(-0.5, 1.5, n)
    return (rng.random(n) < expit(shift + slope * linear)).astype(int), expit(linear)


@pytest.mark.parametrize("seed", range(5))
def test_slope_and_intercepts_against_statsmodels(seed: int) -> None:
    y, p = cases(seed)
    ours = calibration(y, p, n_resamples=20)
    both = sm.Logit(y, sm.add_constant(logit(p))).fit(disp=0, tol=1e-12, maxiter=100)
    fixed = sm.GLM(y, np.ones(len(y)), family=sm.families.Binomial(), offset=logit(p)).fit(tol=1e-13)
    for result, fit, place in (
        (ours.intercept, both, 0),
        (ours.slope, both, 1),
        (ours.in_the_large, fixed, 0),
    ):
        assert result.estimate == pytest.approx(fit.params[place], abs=1e-9)
        assert result.interval == pytest.approx(fit.conf_int()[place], abs=1e-8)
    assert ours.intercept.pvalue == pytest.approx(both.pvalues[0], rel=1e-6)
    assert ours.slope.pvalue == pytest.approx(float(both.t_test("x1 = 1").pvalue), rel=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_groups_against_statsmodels(seed: int) -> None:
    y, p = cases(seed, n=200)
    groups = np.random.default_rng(seed).integers(0, 40, 200)
    ours = calibration(y, p, groups=groups, n_resamples=20)
    n_groups = len(np.unique(groups))
    options = {"groups": groups, "use_correction": False}
    fit = sm.Logit(y, sm.add_constant(logit(p))).fit(disp=0, tol=1e-12, cov_type="cluster", cov_kwds=options)
    error = fit.bse[1] * np.sqrt(n_groups / (n_groups - 1))
    assert ours.slope.settings["standard_error"] == pytest.approx(error, rel=1e-7)
    loss = sm.OLS((p - y) ** 2, np.ones(200)).fit(cov_type="cluster", cov_kwds=options)
    error = loss.bse[0] * np.sqrt(n_groups / (n_groups - 1))
    assert ours.brier.settings["standard_error"] == pytest.approx(error, rel=1e-9)
    assert {(r.unit, r.n) for r in ours.results} == {("group", n_groups)}
    assert all("groups_as_units" in r.notes for r in ours.results)


@pytest.mark.parametrize(("strategy", "peer"), [("width", "uniform"), ("mass", "quantile")])
def test_bins_and_errors_against_scikit_learn(strategy: str, peer: str) -> None:
    y, p = cases(1)
    share, expected = calibration_curve(y, p, n_bins=8, strategy=peer)
    found = calibration(y, p, n_bins=8, n_resamples=20)
    frame = found.frame().query("bins == @strategy")
    assert frame["share"].to_numpy() == pytest.approx(share)
    assert frame["probability"].to_numpy() == pytest.approx(expected)
    error = (frame["n"] * abs(frame["share"] - frame["probability"])).sum() / 300
    result = found.ece if strategy == "width" else found.ece_mass
    assert result.estimate == pytest.approx(error, abs=1e-12)
    assert found.brier.estimate == pytest.approx(brier_score_loss(y, p), abs=1e-12)


def test_the_parts_of_briers_score_add_up_and_are_those_of_the_bins() -> None:
    y = np.array([0, 0, 1, 0, 1, 1, 1, 1])
    p = np.array([0.2, 0.2, 0.2, 0.2, 0.8, 0.8, 0.8, 0.8])
    parts = calibration(y, p, n_bins=2, n_resamples=20).decomposition
    # shares 1/4 and 1, base 5/8
    assert parts["reliability"] == pytest.approx((0.05**2 + 0.2**2) / 2)
    assert parts["resolution"] == pytest.approx(0.375**2)
    assert parts["uncertainty"] == pytest.approx(15 / 64)
    assert parts["within"] == pytest.approx(0, abs=1e-15)
    # Ferro and Fricker: o (1 - o) / (n_k - 1) is 1/16 in the first bin, 0 in the second
    assert parts["reliability_corrected"] == pytest.approx(parts["reliability"] - 1 / 32)
    for y, p in (cases(0), cases(3, n=37)):
        found = calibration(y, p, n_resamples=20)
        for kind in ("", "_corrected"):
            total = (
                found.decomposition[f"reliability{kind}"]
                - found.decomposition[f"resolution{kind}"]
                + found.decomposition[f"uncertainty{kind}"]
            )
            assert total + found.decomposition["within"] == pytest.approx(found.brier.estimate, abs=1e-12)


def test_corrected_reliability_is_0_on_average_for_right_probabilities() -> None:
    plain, corrected = [], []
    for seed in range(300):
        parts = calibration(*cases(seed, n=60, slope=1, shift=0), n_resamples=1).decomposition
        plain.append(parts["reliability"])
        corrected.append(parts["reliability_corrected"])
    error = np.std(corrected) / np.sqrt(300)
    assert np.mean(plain) > 0.015
    assert abs(np.mean(corrected)) < 4 * error + 0.002


def test_the_error_of_right_probabilities_is_what_the_settings_say() -> None:
    found = [calibration(*cases(seed, n=100, slope=1, shift=0), n_resamples=200) for seed in range(150)]
    plain = np.mean([f.ece.estimate for f in found])
    assert plain > 0.08  # though the true one is 0
    assert np.mean([f.ece.settings["if_calibrated"] for f in found]) == pytest.approx(plain, rel=0.06)
    assert np.mean([f.ece.settings["corrected"] for f in found]) < 0.75 * plain
    rejected = np.mean([f.ece.pvalue <= 0.05 for f in found])
    assert rejected < 0.12
    # the interval holds 0 where the test of right probabilities does not reject them
    assert all((f.ece.ci_low == 0) or f.ece.pvalue <= 0.05 for f in found)
    assert all("biased_upwards" in f.ece.notes for f in found)


def test_wrong_probabilities_are_found_out() -> None:
    found = calibration(*cases(0, n=800, slope=0.3), n_resamples=300)
    assert found.slope.ci_high < 1
    assert found.slope.pvalue < 1e-6
    assert found.ece.pvalue == pytest.approx(1 / 301)
    assert 0 < found.ece.ci_low < found.ece.settings["corrected"] <= found.ece.estimate < found.ece.ci_high


def test_probabilities_of_0_and_1_are_moved_for_the_logit_alone_and_counted() -> None:
    y, p = cases(2, n=80)
    p[:3], p[3:5] = 0.0, 1.0
    found = calibration(y, p, n_resamples=20)
    assert found.slope.settings["n_clipped"] == 5
    assert "clipped" in found.slope.notes
    moved = np.clip(p, 1e-6, 1 - 1e-6)
    fit = sm.Logit(y, sm.add_constant(logit(moved))).fit(disp=0, tol=1e-12, maxiter=200)
    assert found.slope.estimate == pytest.approx(fit.params[1], abs=1e-8)
    assert found.brier.estimate == pytest.approx(np.mean((p - y) ** 2), abs=1e-15)


def test_where_a_coefficient_has_no_estimate_the_others_do() -> None:
    parted = calibration([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.9], n_resamples=20)
    flat = calibration([0, 1, 1, 0, 1], [0.5] * 5, n_resamples=20)
    for found, note in ((parted, "separated"), (flat, "no_variance")):
        assert found.slope.estimate is found.intercept.estimate is None
        assert note in found.slope.notes
        assert found.in_the_large.estimate is not None
    assert flat.in_the_large.estimate == pytest.approx(logit(0.6))
    assert flat.brier.notes == ("no_variance",)
    extreme = calibration([0, 1, 0, 1], [0.0, 0.0, 1.0, 1.0], n_resamples=20)
    assert extreme.slope.estimate == pytest.approx(0, abs=1e-9)


def test_missing_probabilities_and_what_is_refused() -> None:
    y, p = cases(0, n=50)
    p[4] = np.nan
    assert calibration(y, p, n_resamples=20).ece.settings["n_dropped"] == 1
    for wrong, message in (
        ({"p": p * 100}, r"probabilities in \[0, 1\]"),
        ({"y_true": np.ones(50)}, "all 49 cases are positive"),
        ({"n_bins": 0}, "n_bins=0"),
        ({"n_resamples": 0}, "n_resamples=0"),
        ({"rng": None}, "rng=None"),
    ):
        with pytest.raises(StatisticsError, match=message):
            calibration(**({"y_true": y, "p": p} | wrong))
    with pytest.raises(StatisticsError, match="unknown strategy"):
        in_bins(y == 1, p, 3, "equal")


def test_the_same_seed_gives_the_same_numbers_and_the_order_of_cases_matters_little() -> None:
    y, p = cases(0)
    first, again, other = (calibration(y, p, rng=seed, n_resamples=50).ece for seed in (1, 1, 2))
    assert first == again
    assert first.settings["if_calibrated"] != other.settings["if_calibrated"]
    order = np.random.default_rng(0).permutation(len(y))
    assert calibration(y[order], p[order], n_resamples=50).slope.estimate == pytest.approx(
        calibration(y, p, n_resamples=50).slope.estimate, rel=1e-9
    )


def test_equal_probabilities_share_a_bin() -> None:
    y, p = np.arange(20) % 2 == 1, np.repeat([0.1, 0.5], [15, 5])
    bins = in_bins(y, p, 10, "mass")
    assert bins.size.tolist() == [15, 5]
    assert (bins.low <= [0.1, 0.5]).all()
    assert (bins.high >= [0.1, 0.5]).all()
    assert in_bins(y, np.repeat([0.0, 1.0], 10), 4, "width").size.tolist() == [10, 10]


def test_newton_does_not_overshoot() -> None:
    # far from 0, a full first step from 0 makes the outcome less likely
    rng = np.random.default_rng(0)
    x = rng.normal(size=400) * 30
    y = rng.random(400) < expit(0.4 * x + 9)
    design = np.column_stack([np.ones(400), x])
    fit = logistic(y, design)
    assert fit.converged
    assert design.T @ (y - expit(design @ fit.coefficients)) == pytest.approx([0, 0], abs=1e-6)


def test_copies_of_patients_do_not_sharpen_what_groups_say() -> None:
    y, p = cases(0, n=120, slope=1, shift=0)
    names = np.repeat(np.arange(120), 4)
    once = calibration(y, p, n_resamples=500)
    copied = calibration(np.repeat(y, 4), np.repeat(p, 4), groups=names, n_resamples=500)
    assert copied.ece.estimate == pytest.approx(once.ece.estimate, abs=1e-12)
    assert copied.ece.ci_high == pytest.approx(once.ece.ci_high, rel=0.1)
    assert copied.ece.settings["if_calibrated"] == pytest.approx(once.ece.settings["if_calibrated"], rel=0.15)


@pytest.mark.slow
@pytest.mark.parametrize("slope", [1.0, 0.6])
def test_coverage(slope: float) -> None:
    y, p = cases(10**6, n=400_000, slope=slope, shift=0)
    true = 0.0 if slope == 1 else in_bins(y == 1, p, 10, "width").error
    held = np.zeros(3)
    for seed in range(800):
        found = calibration(*cases(seed, n=300, slope=slope, shift=0), n_resamples=300)
        pairs = ((found.slope, slope), (found.intercept, 0), (found.ece, true))
        held += [r.ci_low <= value <= r.ci_high for r, value in pairs]
    assert held[:2] / 800 == pytest.approx([0.95, 0.95], abs=0.025)
    assert 0.92 <= held[2] / 800 <= 0.99

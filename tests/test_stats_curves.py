"""Curves: against scikit-learn and by counting, their bands against plain resampling, and where they are refused."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import norm
from sklearn.metrics import auc as area_under
from sklearn.metrics import average_precision_score, precision_recall_curve
from sklearn.metrics import roc_curve as peer_roc

from varbench.errors import StatisticsError
from varbench.stats.bands import units_of
from varbench.stats.benefit import decision_curve, expected_cost
from varbench.stats.binary import binary_cases
from varbench.stats.curves import calibration_curve, pr_curve, roc_curve
from varbench.stats.draws import Units
from varbench.stats.proportions import wilson

CURVES = {
    "roc_curve": roc_curve,
    "pr_curve": pr_curve,
    "calibration_curve": calibration_curve,
    "decision_curve": decision_curve,
    "expected_cost": lambda y, p, **named: expected_cost(y, p, 1.0, 3.0, **named),
}


def cases(seed: int, n: int = 120, decimals: int = 8) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    linear = rng.normal(-0.6, 1.5, n)
    return (rng.random(n) < expit(linear)).astype(int), expit(linear + rng.normal(0, 0.5, n)).round(decimals)


@pytest.mark.parametrize("decimals", [1, 8])
def test_roc_against_scikit_learn(decimals: int) -> None:
    y, p = cases(0, decimals=decimals)
    false, true, thresholds = peer_roc(y, p, drop_intermediate=False)
    curve = roc_curve(y, p, n_resamples=20)
    assert curve.corners["x"].to_numpy() == pytest.approx(false)
    assert curve.corners["y"].to_numpy() == pytest.approx(true)
    assert curve.corners["threshold"].to_numpy()[1:] == pytest.approx(thresholds[1:])
    assert curve.results[0].estimate == pytest.approx(area_under(false, true), abs=1e-12)
    lines = curve.frame()
    for x, found in zip(
        lines["x"], lines["y"], strict=True
    ):  # between corners a straight line, at one the highest
        at = true[np.isclose(false, x)].max() if np.isclose(false, x).any() else np.interp(x, false, true)
        assert found == pytest.approx(at, abs=1e-9)


@pytest.mark.parametrize("decimals", [1, 8])
def test_pr_against_scikit_learn(decimals: int) -> None:
    y, p = cases(1, decimals=decimals)
    precision, recall, _ = precision_recall_curve(y, p)
    curve = pr_curve(y, p, n_resamples=20)
    corners = curve.corners.iloc[::-1]
    assert corners["x"].to_numpy() == pytest.approx(recall[:-1])
    assert corners["y"].to_numpy() == pytest.approx(precision[:-1])
    # the staircase through the corners has the average precision as its area
    steps = np.diff(np.append(0, curve.corners["x"])) @ curve.corners["y"]
    assert steps == pytest.approx(average_precision_score(y, p), abs=1e-12)
    model = curve.frame().query("series == 'model'")
    for x, found in zip(model["x"][1:], model["y"][1:], strict=True):
        first = np.flatnonzero(curve.corners["x"] >= x - 1e-12)[0]
        assert found == pytest.approx(curve.corners["y"][first], abs=1e-12)
    base = curve.frame().query("series == 'prevalence'")
    assert (base["y"] == y.mean()).all()
    assert (base["low"] < base["y"]).all()


def test_decision_curve_by_counting() -> None:
    y, p = cases(2, decimals=2)
    frame = decision_curve(y, p, n_resamples=20).frame()
    for t in (0.01, 0.2, 0.5, 0.93):
        at = frame[np.isclose(frame["x"], t)].set_index("series")["y"]
        treated = p >= t - 1e-12
        weight = t / (1 - t)
        assert at["model"] == pytest.approx(
            ((treated & (y == 1)).sum() - weight * (treated & (y == 0)).sum()) / 120
        )
        assert at["all"] == pytest.approx(y.mean() - weight * (1 - y.mean()))
        assert at["none"] == 0


def test_expected_cost_by_counting() -> None:
    y, p = cases(3, decimals=2)
    curve = expected_cost(y, p, 1.0, 4.0, thresholds=[0.1, 0.5], n_resamples=200)
    frame = curve.frame()
    assert sorted(frame["x"].unique()) == [0.1, 0.2, 0.5]  # the best threshold is 1 / (1 + 4)
    for t in (0.1, 0.2, 0.5):
        at = frame[frame["x"] == t].set_index("series")["y"]
        called = p >= t
        cost = ((called & (y == 0)).sum() + 4 * (~called & (y == 1)).sum()) / 120
        assert at["model"] == pytest.approx(cost)
        assert (at["all"], at["none"]) == pytest.approx(((y == 0).mean(), 4 * y.mean()))
    result = curve.results[0]
    assert result.estimate == frame[(frame["x"] == 0.2) & (frame["series"] == "model")]["y"].item()
    assert result.ci_low < result.estimate < result.ci_high
    assert result.settings["greater_is_better"] is False


def test_calibration_points_have_wilsons_interval() -> None:
    y, p = cases(4)
    frame = calibration_curve(y, p, n_bins=4, strategy="width").frame()
    edges = [0, 0.25, 0.5, 0.75, 1.01]
    for row, low, high in zip(frame.itertuples(), edges[:-1], edges[1:], strict=True):
        inside = (p >= low) & (p < high)
        assert (row.x, row.y) == pytest.approx((p[inside].mean(), y[inside].mean()))
        assert (row.low, row.high) == pytest.approx(wilson(int(y[inside].sum()), int(inside.sum())))


def test_calibration_points_of_groups_have_the_interval_of_as_many_cases_as_say_the_same() -> None:
    y = np.array([1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1])
    p = np.repeat([0.4, 0.9], 6)
    groups = [*"aaabbb", *"ccddee"]
    frame = calibration_curve(y, p, n_bins=2, strategy="width", groups=groups).frame()
    # the first bin: two groups, each all of one kind: a variance of 2 / (2 - 1) * (1.5**2 + 1.5**2) / 6**2 = .25, as
    # that of one case; the second: three groups that agree
    ends = [wilson(0.5, 1), wilson(3, 3)]
    assert frame[["low", "high"]].to_numpy() == pytest.approx(np.array(ends))


def naive_band(y: np.ndarray, p: np.ndarray, at: float, stratify: bool) -> tuple[float, float]:
    """Resample cases one by one, scikit-learn's curve each time."""
    rng, found = np.random.default_rng(7), []
    up, down = np.flatnonzero(y == 1), np.flatnonzero(y == 0)
    for _ in range(1500):
        drawn = (
            np.concatenate([rng.choice(up, len(up)), rng.choice(down, len(down))])
            if stratify
            else rng.integers(0, len(y), len(y))
        )
        false, true, _ = peer_roc(y[drawn], p[drawn], drop_intermediate=False)
        found.append(np.interp(at, false, true))
    return tuple(np.quantile(found, [0.025, 0.975]))


@pytest.mark.parametrize("stratify", [True, False])
def test_the_band_against_plain_resampling(stratify: bool) -> None:
    y, p = cases(5, n=80, decimals=2)
    frame = roc_curve(y, p, stratify=stratify, n_resamples=3000).frame().set_index("x")
    for at in (0.1, 0.4):
        row = frame.iloc[np.abs(frame.index - at).argmin()]
        assert (row["low"], row["high"]) == pytest.approx(naive_band(y, p, at, stratify), abs=0.03)


def test_taking_like_cases_together_changes_no_band() -> None:
    y, p = cases(6, n=150)
    free = decision_curve(y, p, n_resamples=4000, thresholds=[0.2, 0.4]).frame()
    one_by_one = decision_curve(y, p, n_resamples=4000, thresholds=[0.2, 0.4], groups=np.arange(150)).frame()
    for column, tolerance in (("y", 1e-12), ("low", 0.012), ("high", 0.012)):
        assert free[column].to_numpy() == pytest.approx(one_by_one[column].to_numpy(), abs=tolerance)


@pytest.mark.parametrize("name", CURVES)
def test_copies_of_patients_do_not_sharpen_a_band_of_groups(name: str) -> None:
    y, p = cases(7, n=100)
    named = {"n_bins": 3} if name == "calibration_curve" else {"n_resamples": 800}
    once = CURVES[name](y, p, groups=np.arange(100), **named).frame()
    copied = CURVES[name](
        np.repeat(y, 5), np.repeat(p, 5), groups=np.repeat([f"p{i}" for i in range(100)], 5), **named
    )
    assert copied.frame()["y"].to_numpy() == pytest.approx(once["y"].to_numpy(), abs=1e-9)
    width, width_copied = (f["high"] - f["low"] for f in (once, copied.frame()))
    assert width_copied.mean() == pytest.approx(width.mean(), rel=0.1)
    assert copied.n == 100
    assert "groups_as_units" in copied.notes


@pytest.mark.parametrize("name", CURVES)
def test_a_curve_is_a_table_reproducible_and_blind_to_the_order_of_cases(name: str) -> None:
    y, p = cases(8)
    named = {} if name == "calibration_curve" else {"n_resamples": 60}
    first, again = (CURVES[name](y, p, **named).frame() for _ in range(2))
    assert list(first.columns) == ["series", "x", "y", "low", "high"]
    assert first.equals(again)
    assert not first.isna().any().any()
    order = np.random.default_rng(0).permutation(len(y))
    assert CURVES[name](y[order], p[order], **named).frame()["y"].to_numpy() == pytest.approx(
        first["y"].to_numpy()
    )
    assert "<table" in CURVES[name](y, p, **named)._repr_html_()
    if name != "calibration_curve":
        assert not first.equals(CURVES[name](y, p, rng=1, **named).frame())
    narrow = CURVES[name](y, p, confidence_level=0.5, **named).frame()
    assert (narrow["high"] - narrow["low"]).sum() < (first["high"] - first["low"]).sum()


def test_resamples_of_one_class_are_drawn_again_and_counted() -> None:
    y = np.repeat([0, 1], [11, 1])
    p = np.linspace(0.1, 0.9, 12)
    curve = roc_curve(y, p, stratify=False, n_resamples=200)
    assert curve.settings["n_redrawn"] > 20
    assert "resamples_redrawn" in curve.notes
    assert roc_curve(y, p, n_resamples=200).settings["n_redrawn"] == 0
    assert "resamples_redrawn" in pr_curve(y, p, n_resamples=200).notes


def test_units_are_drawn_within_classes_and_groups_of_both_apart() -> None:
    y, groups = [0, 0, 1, 1, 1, 0], ["a", "a", "b", "b", "c", "c"]
    units = units_of(binary_cases(y, np.arange(6.0), groups=groups), True)
    assert units.ends == (1, 2, 3)
    assert units.draw(5, np.random.default_rng(0)).tolist() == [[1, 1, 1]] * 5
    rng = np.random.default_rng(1)
    weights = units_of(binary_cases(y, np.arange(6.0)), True)
    drawn = weights.weights(weights.draw(50, rng))
    assert (drawn[:, [0, 1, 5]].sum(1) == 3).all()
    assert (drawn[:, [2, 3, 4]].sum(1) == 3).all()
    assert isinstance(weights, Units)
    with pytest.raises(StatisticsError, match="one unit alone"):
        units_of(binary_cases([0, 1], [0.1, 0.9], groups=["a", "a"]), False)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda y, p: roc_curve(np.ones(120), p), "all 120 cases are positive"),
        (lambda y, p: pr_curve(y, p[:50]), "one score a case"),
        (lambda y, p: calibration_curve(y, p * 2), r"probabilities in \[0, 1\]"),
        (lambda y, p: calibration_curve(y, p, strategy="equal"), "unknown strategy"),
        (lambda y, p: decision_curve(y, p, thresholds=[0.5, 0.2]), "rising probabilities"),
        (lambda y, p: decision_curve(y, p, thresholds=[0.0, 0.2]), "rising probabilities"),
        (lambda y, p: expected_cost(y, p, 0, 1), "cost_fp=0"),
        (lambda y, p: roc_curve(y, p, n_resamples=0), "n_resamples=0"),
        (lambda y, p: roc_curve(y, p, rng=None), "rng=None"),
    ],
)
def test_what_makes_no_curve_is_refused(call: object, message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        call(*cases(0))


@pytest.mark.slow
def test_the_band_of_a_roc_curve_covers_pointwise() -> None:
    rng, held = np.random.default_rng(0), []
    places = [10, 30, 60]
    true = norm.sf(norm.isf(np.array(places) / 100) - 1.2)
    for _ in range(400):
        y = np.arange(150) < 60
        frame = roc_curve(y, rng.normal(size=150) + 1.2 * y, n_resamples=300).frame()
        held.append((frame["low"][places].to_numpy() <= true) & (true <= frame["high"][places].to_numpy()))
    assert np.mean(held, axis=0) == pytest.approx([0.94] * 3, abs=0.035)

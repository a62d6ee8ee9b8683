"""One source at a time, all together, and numerical noise: against SciPy, by hand, and by coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats

from varbench.errors import StatisticsError
from varbench.stats import numerical_noise, one_at_a_time

RNG = np.random.default_rng(1)
SCORES = {
    "split": RNG.normal(0.8, 0.03, 40), "init": RNG.normal(0.8, 0.02, 30), "order": RNG.normal(0.8, 0.01, 20)
}  # fmt: skip


def test_standard_deviations_and_their_chi_square_intervals() -> None:
    found = one_at_a_time(SCORES, confidence_level=0.9)
    for result, (name, values) in zip(found.results, SCORES.items(), strict=True):
        sd, df = np.std(values, ddof=1), len(values) - 1
        chi2 = scipy.stats.chi2(df)
        assert result.settings["source"] == name
        assert result.estimate == pytest.approx(sd, rel=1e-12)
        assert result.ci_low == pytest.approx(sd * math.sqrt(df / chi2.ppf(0.95)), rel=1e-9)
        assert result.ci_high == pytest.approx(sd * math.sqrt(df / chi2.ppf(0.05)), rel=1e-9)


def test_ratios_to_the_reference_and_their_f_intervals() -> None:
    frame = one_at_a_time(SCORES).frame().set_index("source")
    assert frame.loc["split", ["ratio", "ratio_low", "ratio_high"]].tolist() == [1.0, 1.0, 1.0]
    ratio = np.std(SCORES["init"], ddof=1) / np.std(SCORES["split"], ddof=1)
    f = scipy.stats.f(29, 39)
    assert frame.loc["init", "ratio"] == pytest.approx(ratio, rel=1e-12)
    assert frame.loc["init", "ratio_low"] == pytest.approx(ratio / math.sqrt(f.ppf(0.975)), rel=1e-9)
    assert frame.loc["init", "ratio_high"] == pytest.approx(ratio / math.sqrt(f.ppf(0.025)), rel=1e-9)
    other = one_at_a_time(SCORES, reference="init").frame().set_index("source")
    assert other.loc["split", "ratio"] == pytest.approx(1 / ratio)


def test_the_bootstrap_is_scipys_within_its_error() -> None:
    rng = np.random.default_rng(3)
    values = rng.exponential(0.02, 60)
    ours = one_at_a_time({"split": values}, interval="bootstrap", rng=1).results[0]
    theirs = scipy.stats.bootstrap(
        (values,), lambda x, axis: np.std(x, axis=axis, ddof=1), n_resamples=10_000, method="percentile",
        rng=np.random.default_rng(2),
    ).confidence_interval  # fmt: skip
    assert ours.interval == pytest.approx((theirs.low, theirs.high), rel=0.02)
    assert ours.settings["rng"] == 1
    chi2 = one_at_a_time({"split": values}).results[0]
    assert chi2.ci_high < ours.ci_high  # chi-square is for normal scores, and too short for these


def test_the_bootstrap_repeats_and_takes_its_own_generator() -> None:
    before = np.random.get_state(legacy=False)["state"]["key"].copy()  # noqa: NPY002
    first, second, third = (
        one_at_a_time(SCORES, interval="bootstrap", rng=seed, n_resamples=500).frame() for seed in (5, 5, 6)
    )
    assert first.equals(second)
    assert not first.equals(third)
    assert (np.random.get_state(legacy=False)["state"]["key"] == before).all()  # noqa: NPY002


def test_all_together_against_the_sum_of_the_parts() -> None:
    rng = np.random.default_rng(5)
    parts = {"split": rng.normal(0, 1, 400), "init": rng.normal(0, 1, 400)}
    adding = one_at_a_time(parts, together=rng.normal(0, math.sqrt(2), 400)).together
    assert adding.estimate == pytest.approx(
        adding.settings["variance_together"] - np.var(parts["split"], ddof=1) - np.var(parts["init"], ddof=1)
    )
    assert adding.ci_low < 0 < adding.ci_high
    more = one_at_a_time(parts, together=rng.normal(0, 2, 400)).together
    assert more.ci_low > 0
    assert more.settings["ratio"] == pytest.approx(2, rel=0.2)
    assert one_at_a_time(parts).together is None


def test_degenerate_sources_are_noted() -> None:
    found = one_at_a_time(
        {"split": SCORES["split"], "init": [0.8] * 5, "order": [0.8], "gap": [0.7, np.nan, 0.9]},
        together=[0.5, 0.6, 0.9],
    )
    notes = {result.settings["source"]: result.notes for result in found.results}
    assert notes == {
        "split": (), "init": ("no_variance",), "order": ("too_few_to_reject",), "gap": ("pairs_dropped",),
        "together": ("too_few_to_reject",),
    }  # fmt: skip
    frame = found.frame().set_index("source")
    assert frame.loc["init", "ratio"] == 0
    assert math.isnan(frame.loc["order", "sd"])
    assert found.together.notes == ("too_few_to_reject",)
    constant = one_at_a_time({"split": [0.8] * 5, "init": SCORES["init"]}, together=[0.8] * 4)
    assert constant.results[1].settings["ratio"] is None
    nothing = one_at_a_time({"split": [0.8] * 5}, together=[0.8] * 4).together
    assert (nothing.estimate, nothing.interval, nothing.notes) == (0.0, None, ("no_variance",))


def test_wrong_names_are_refused_with_the_nearest() -> None:
    with pytest.raises(StatisticsError, match="unknown reference 'splits'; did you mean split"):
        one_at_a_time(SCORES, reference="splits")
    with pytest.raises(StatisticsError, match="unknown interval 'chi3'"):
        one_at_a_time(SCORES, interval="chi3")


def test_numerical_noise() -> None:
    values = np.array([0.81, 0.81, 0.8100001, 0.81])
    noisy = numerical_noise(values)
    assert noisy.estimate == pytest.approx(np.std(values, ddof=1), rel=1e-9)
    assert (noisy.settings["n_distinct"], noisy.settings["identical"]) == (2, False)
    assert noisy.settings["largest_difference"] == pytest.approx(1e-7, rel=1e-6)
    assert noisy.ci_low < noisy.estimate < noisy.ci_high
    still = numerical_noise([0.8] * 200)  # the paper's number of runs
    assert (still.estimate, still.interval, still.notes) == (0.0, None, ("no_variance",))
    assert still.settings["differing_at_most"] == pytest.approx(1 - 0.05 ** (1 / 200))
    assert numerical_noise([0.8]).notes == ("too_few_to_reject",)
    last_bit = numerical_noise([0.3, 0.1 + 0.2])
    assert last_bit.settings["identical"] is False


@pytest.mark.slow
def test_intervals_of_ratios_and_of_sums_cover() -> None:
    rng = np.random.default_rng(8)
    times, ratios, sums = 1500, 0, 0
    for _ in range(times):
        parts = {"split": rng.normal(0, 3, 20), "init": rng.normal(0, 2, 15)}
        found = one_at_a_time(parts, together=rng.normal(0, 4, 25))
        low, high = found.rows[1]["ratio_low"], found.rows[1]["ratio_high"]
        ratios += low <= 2 / 3 <= high
        sums += found.together.ci_low <= 16 - 13 <= found.together.ci_high
    assert 0.935 < ratios / times < 0.965
    assert 0.93 < sums / times < 0.975

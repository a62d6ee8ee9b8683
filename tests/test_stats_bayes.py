"""The Bayesian correlated t-test against baycomp, on random scores and on published accuracies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.stats

from varbench.errors import StatisticsError
from varbench.stats import bayesian_correlated_t, corrected_resampled_t

baycomp = pytest.importorskip("baycomp")


@pytest.mark.parametrize("folds", [2, 5, 10])
@pytest.mark.parametrize("repeats", [1, 3])
@pytest.mark.parametrize("rope", [0.0, 0.01, 0.05])
def test_against_baycomp(folds: int, repeats: int, rope: float) -> None:
    a, b = np.random.default_rng(folds).normal(0.7, 0.05, (2, repeats, folds))
    result = bayesian_correlated_t(a, b, rho=1 / folds, rope=rope)
    theirs = baycomp.two_on_single(b.ravel(), a.ravel(), rope=rope, runs=repeats)  # second minus first there
    ours = result.settings["probabilities"]
    if rope == 0:
        assert (ours["left"], ours["right"]) == pytest.approx(theirs, abs=1e-12)
        assert ours["rope"] == 0
    else:
        assert (ours["left"], ours["rope"], ours["right"]) == pytest.approx(theirs, abs=1e-12)
    assert sum(ours.values()) == pytest.approx(1, abs=1e-12)


def test_against_baycomp_on_published_accuracies(shared_data: Path) -> None:
    # nbc and aode on 54 data sets, 10 x 10-fold cross-validation, per cent; a line with the method, then a line a set
    scores: dict[str, list[np.ndarray]] = {}
    current: list[np.ndarray] = []
    for line in (shared_data / "scores" / "uci_accuracies.txt").read_text().splitlines():
        name, *values = line.split()
        if values:
            current.append(np.array(values, float))
        else:
            current = scores.setdefault(name, [])
    assert [len(scores["nbc"]), len(scores["aode"])] == [54, 54]
    for nbc, aode in zip(scores["nbc"], scores["aode"], strict=True):
        assert nbc.shape == (100,)
        result = bayesian_correlated_t(nbc, aode, rho=0.1, rope=1.0)
        if "constant_difference" in result.notes:
            continue
        theirs = baycomp.two_on_single(aode, nbc, rope=1.0, runs=10)
        assert tuple(result.settings["probabilities"].values()) == pytest.approx(theirs, abs=1e-9)


def test_the_interval_holds_its_probability() -> None:
    a, b = np.random.default_rng(3).normal(0.7, 0.05, (2, 10))
    result = bayesian_correlated_t(a, b, rho=0.1, confidence_level=0.9)
    low, high = result.interval
    for bound, below in ((low, 0.05), (high, 0.95)):
        moved = bayesian_correlated_t(a - bound, b, rho=0.1).settings["probabilities"]
        assert moved["left"] == pytest.approx(below, abs=1e-12)
    corrected = corrected_resampled_t(a, b, n_train=9, n_test=1, confidence_level=0.9)
    assert result.interval == pytest.approx(corrected.interval, rel=1e-12)


def test_without_correlation_and_region_it_is_the_paired_t_test() -> None:
    a, b = np.random.default_rng(4).normal(0.7, 0.05, (2, 15))
    found = bayesian_correlated_t(a, b, rho=0.0).settings["probabilities"]
    assert found["left"] == pytest.approx(
        scipy.stats.ttest_rel(a, b, alternative="greater").pvalue, rel=1e-10
    )


def test_there_is_no_pvalue_to_mistake_it_for() -> None:
    result = bayesian_correlated_t([0.8, 0.7, 0.9], [0.7, 0.7, 0.7], rho=0.3)
    assert (result.pvalue, result.statistic) == (None, None)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rho": 1.0}, r"rho=1.0: must lie in \[0, 1\)"),
        ({"rho": 0.1, "rope": -1}, "rope=-1: must be 0 or more"),
    ],
)
def test_numbers_are_checked(settings: dict[str, float], message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        bayesian_correlated_t([0.8, 0.7], [0.7, 0.7], **settings)

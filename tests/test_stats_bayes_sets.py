"""Bayesian tests over data sets against baycomp: on shared draws exactly, on own draws within their error."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from varbench.errors import StatisticsError
from varbench.stats.bayes_sets import bayesian_sign, bayesian_signed_rank, signed_rank_regions

BOTH = [bayesian_sign, bayesian_signed_rank]
A = np.array([0.81, 0.72, 0.65, 0.90, 0.77, 0.68, 0.84, 0.71])
B = np.array([0.78, 0.73, 0.61, 0.85, 0.77, 0.60, 0.83, 0.72])
KEYS = ("right", "rope", "left")


def peer() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("baycomp")


def shares(result: Any) -> np.ndarray:
    return np.array([result.settings["probabilities"][key] for key in KEYS])


def uci(folder: Path) -> dict[str, np.ndarray]:
    """Mean accuracies, per cent, of each classifier on the data sets, in the order of the file."""
    found: dict[str, list[float]] = {}
    for line in (folder / "scores" / "uci_accuracies.txt").read_text().splitlines():
        if line and not line[0].isspace():
            found[line.strip()] = []
        elif line.strip():
            found[list(found)[-1]].append(float(np.mean([float(x) for x in line.split()[-100:]])))
    return {name: np.array(values) for name, values in found.items()}


@pytest.mark.parametrize("rope", [0.0, 0.01, 0.03])
def test_on_the_same_draws_the_regions_are_those_of_baycomp(rope: float) -> None:
    baycomp = peer()
    a, b = A + np.arange(8) * 1e-4, B  # no two sums alike, so that equality is not a matter of rounding
    weights = np.random.RandomState(7).dirichlet([0.5] + [1.0] * len(a), 200)
    expected = baycomp.SignedRankTest.sample(a, b, rope, nsamples=200, random_state=7)
    found = signed_rank_regions(np.concatenate([[0.0], a - b]), weights.T.copy(), rope)
    assert pytest.approx(expected, abs=1e-12) == found.T


def test_sums_on_the_border_count_half() -> None:
    # sums of 2 (twice), 0 (four times, with 1 - 1) and -2 against 2 rope = 2: half of the ends
    points, weights = np.array([0.0, 1.0, -1.0]), np.ones((3, 1))
    assert signed_rank_regions(points, weights, 1.0).ravel() == pytest.approx([0.5 / 9, 8 / 9, 0.5 / 9])


@pytest.mark.parametrize("rope", [0.0, 0.017])
@pytest.mark.parametrize("method", BOTH)
def test_on_own_draws_it_is_baycomp_within_the_error(method: Any, rope: float) -> None:
    baycomp = peer()
    test = baycomp.SignTest if method is bayesian_sign else baycomp.SignedRankTest
    found = shares(method(A, B, rope=rope))
    posterior = test(A, B, rope, nsamples=50_000, random_state=3)
    expected = np.bincount(np.argmax(posterior.sample, axis=1), minlength=3) / 50_000
    assert found == pytest.approx(expected, abs=5 * np.sqrt(2 * 0.25 / 50_000))
    lead = (posterior.sample[:, 0] - posterior.sample[:, 2]).mean()
    assert method(A, B, rope=rope).estimate == pytest.approx(lead, abs=0.01)


def test_rounding_does_not_decide_what_lies_on_the_border() -> None:
    # .65 - .61 is a little more than .04, .84 - .80 a little less
    found = bayesian_sign([0.65, 0.84, 0.9, 0.2], [0.61, 0.80, 0.8, 0.3], rope=0.04)
    assert [found.settings[key] for key in ("n_first", "n_within", "n_second")] == [1, 2, 1]
    high, low = (
        bayesian_signed_rank([0.65], [0.61], rope=0.04),
        bayesian_signed_rank([0.84], [0.80], rope=0.04),
    )
    assert shares(high) == pytest.approx(shares(low), abs=0)


def test_the_published_example_of_baycomp(shared_data: Path) -> None:
    # README of baycomp 1.0.3: two_on_multiple(nbc, j48, rope=1) gives (0.23124, 0.00666, 0.7621)
    accuracy = uci(shared_data)
    assert {name: len(values) for name, values in accuracy.items()} == dict.fromkeys(
        ["nbc", "aode", "hnb", "j48", "j48gr"], 54
    )
    found = bayesian_signed_rank(accuracy["nbc"], accuracy["j48"], rope=1)
    assert shares(found) == pytest.approx([0.23124, 0.00666, 0.7621], abs=5 * np.sqrt(2 * 0.18 / 50_000))


def test_the_published_conclusions_on_the_same_accuracies(shared_data: Path) -> None:
    # Benavoli et al. 2017, Table 9 and text: aode beats nbc, j48 and j48gr are practically equivalent
    accuracy = uci(shared_data)
    assert (
        bayesian_signed_rank(accuracy["j48"], accuracy["j48gr"], rope=1).settings["probabilities"]["rope"]
        > 0.999
    )
    assert bayesian_signed_rank(accuracy["aode"], accuracy["nbc"]).settings["probabilities"]["right"] > 0.999


@pytest.mark.parametrize("rope", [0.0, 0.015])
@pytest.mark.parametrize("method", BOTH)
def test_a_swap_mirrors_and_the_order_does_not_matter(method: Any, rope: float) -> None:
    there, back = method(A, B, rope=rope), method(B, A, rope=rope)
    assert shares(there) == pytest.approx(shares(back)[::-1], abs=0)
    assert (there.ci_low, there.ci_high) == pytest.approx((-back.ci_high, -back.ci_low))
    assert there.estimate == pytest.approx(-back.estimate)
    order = np.random.default_rng(0).permutation(len(A))
    assert method(A[order], B[order], rope=rope) == there


@pytest.mark.parametrize("method", BOTH)
def test_equal_procedures_are_equally_probable(method: Any) -> None:
    # a peer gives all the draws that are tied to the first
    found = method(A, A)
    assert found.settings["probabilities"]["right"] == found.settings["probabilities"]["left"]
    assert found.estimate == 0
    symmetric = method([1.0, 2.0, 3.0, 4.0], [2.0, 1.0, 5.0, 2.0])
    assert symmetric.estimate == 0
    assert symmetric.settings["probabilities"]["right"] == symmetric.settings["probabilities"]["left"]


def test_the_sign_test_has_the_moments_of_its_distribution() -> None:
    found = bayesian_sign(A, B, rope=0.005, n_samples=400_000)  # 5, 1 and 2 data sets, and 1 for the prior
    counts = [found.settings[key] for key in ("n_first", "n_within", "n_second")]
    assert counts == [5, 1, 2]
    assert found.estimate == pytest.approx((5 - 2) / 9, abs=0.002)


@pytest.mark.parametrize("method", BOTH)
def test_every_setting_changes_something_and_seeds_reproduce(method: Any) -> None:
    usual = method(A, B, rope=0.01)
    assert method(A, B, rope=0.01) == usual
    for change in ({"rope": 0.035}, {"prior": 3.0}, {"n_samples": 5000}, {"rng": 1}):
        assert method(A, B, **{"rope": 0.01, **change}).ci_low != usual.ci_low
    assert usual.settings["rng"] == 0
    assert method(A, B, rng=np.random.default_rng(0), rope=0.01).ci_low == usual.ci_low
    assert method(A, B, confidence_level=0.5).ci_low > usual.ci_low


@pytest.mark.parametrize("method", BOTH)
def test_missing_and_unpaired_scores(method: Any) -> None:
    gap = A.copy()
    gap[2] = np.nan
    found = method(gap, B)
    assert found.n == 7
    assert "pairs_dropped" in found.notes
    refused = method(A, B, pairing="none")
    assert (refused.estimate, refused.notes) == (None, ("not_paired",))
    assert method([np.nan], [1.0]).estimate is None


@pytest.mark.parametrize("method", BOTH)
@pytest.mark.parametrize(
    ("settings", "message"),
    [({"rope": -1}, "rope=-1"), ({"prior": -1}, "prior=-1"), ({"n_samples": 0}, "n_samples=0")],
)
def test_settings_are_checked(method: Any, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        method(A, B, **settings)


def test_the_signed_rank_prior_needs_a_weight() -> None:
    with pytest.raises(StatisticsError, match="prior=0: a weight above 0"):
        bayesian_signed_rank(A, B, prior=0)

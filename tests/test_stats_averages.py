"""The rule of the larger mean, by hand and by the published constants."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats

from varbench.errors import StatisticsError
from varbench.stats import average_comparison

A, B = np.array([0.81, 0.85, 0.80, 0.84]), np.array([0.78, 0.79, 0.80, 0.77])


def test_the_threshold_of_the_papers_text_and_of_the_authors_code() -> None:
    result = average_comparison(A, B, sigma=0.01)
    assert result.settings["delta"] == pytest.approx(0.019952, rel=1e-12)
    # Phi^-1(.75) = 0.674490 to six digits, as any table has it
    assert result.settings["code"]["delta"] == pytest.approx(0.019952 * 0.674490 * math.sqrt(2), rel=1e-6)
    assert result.statistic == pytest.approx(0.04 / 0.019952)
    assert result.settings["conclusion"] == result.settings["code"]["conclusion"] == "first"
    # between the two thresholds text and code differ
    between = average_comparison(A, B, sigma=0.0205)
    assert (between.settings["conclusion"], between.settings["code"]["conclusion"]) == ("neither", "first")


@pytest.mark.parametrize(("delta", "conclusion"), [(0.03, "first"), (0.05, "neither"), (0.0, "first")])
def test_the_threshold_may_be_given(delta: float, conclusion: str) -> None:
    result = average_comparison(A, B, delta=delta)
    assert result.settings["conclusion"] == conclusion
    mirrored = average_comparison(B, A, delta=delta).settings["conclusion"]
    assert mirrored == {"first": "second", "neither": "neither"}[conclusion]


def test_without_either_the_scores_give_sigma() -> None:
    sigma = average_comparison(A, B).settings["sigma"]
    assert sigma == pytest.approx(math.sqrt((A.var(ddof=1) + B.var(ddof=1)) / 2), rel=1e-12)


def test_it_does_not_look_at_the_number_of_runs() -> None:
    few, many = (
        average_comparison(A, B, sigma=0.03),
        average_comparison(np.tile(A, 50), np.tile(B, 50), sigma=0.03),
    )
    assert few.settings["conclusion"] == many.settings["conclusion"] == "neither"
    assert few.statistic == pytest.approx(many.statistic)
    assert (few.interval, few.pvalue) == (None, None)


def test_a_large_difference_is_needed() -> None:
    # how often an improvement with P(A>B) = .75 is accepted in 50 runs: Phi((Delta - delta) / SE), Delta = .954 sigma
    rng = np.random.default_rng(1)
    gap = scipy.stats.norm.ppf(0.75) * math.sqrt(2)
    found = [
        average_comparison(rng.normal(gap, 1, 50), rng.normal(0, 1, 50), sigma=1.0).settings["conclusion"]
        for _ in range(300)
    ]
    assert found.count("neither") > 290


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"delta": -0.1}, "delta=-0.1: must be a number 0 or more"),
        ({"sigma": 0.0}, "sigma=0.0: must be a number above 0"),
        ({"sigma": math.inf}, "sigma=inf"),
        ({"gamma": 0.5}, "gamma=0.5"),
    ],
)
def test_numbers_are_checked(settings: dict[str, float], message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        average_comparison(A, B, **settings)


def test_one_score_each_needs_a_threshold() -> None:
    assert "too_few_to_reject" in average_comparison(A[:1], B[:1]).notes
    assert average_comparison(A[:1], B[:1], delta=0.01).settings["conclusion"] == "first"

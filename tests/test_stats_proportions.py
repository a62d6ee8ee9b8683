"""Proportions: against statsmodels, published figures, and exact coverage by enumeration."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from statsmodels.stats.proportion import proportion_confint

from varbench.errors import StatisticsError
from varbench.stats.proportions import INTERVALS, proportion, wilson

PEER = {
    "wilson": "wilson",
    "clopper_pearson": "beta",
    "jeffreys": "jeffreys",
    "agresti_coull": "agresti_coull",
}


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_against_statsmodels(interval: str, level: float) -> None:
    for n in (1, 7, 46, 1000):
        for count in sorted({0, 1, n // 3, n - 1, n}):
            low, high = proportion_confint(count, n, 1 - level, method=PEER[interval])
            if interval == "jeffreys":  # theirs excludes a share of 0 or 1 that was seen
                low, high = (0.0 if count == 0 else low), (1.0 if count == n else high)
            found = proportion(count, n, interval=interval, confidence_level=level).interval
            # theirs gives NaN, or leaves the range, at an end
            ends = (0.0 if count == 0 and not low > 0 else low, 1.0 if count == n and not high < 1 else high)
            assert found == pytest.approx(np.clip(ends, 0, 1), abs=1e-9)


def test_published_figures() -> None:
    # Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E, table I
    for count, n, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (1, 29, 0.0061, 0.1718),
    ):
        assert wilson(count, n) == pytest.approx((low, high), abs=5e-5)
    exact = proportion(81, 263, interval="clopper_pearson")
    assert exact.interval == pytest.approx((0.2527, 0.3676), abs=5e-5)


def coverage(interval: str, n: int, shares: np.ndarray) -> np.ndarray:
    bounds = np.array([INTERVALS[interval](count, n, 0.95) for count in range(n + 1)])
    inside = (bounds[:, :1] <= shares) & (shares <= bounds[:, 1:])
    return (scipy.stats.binom.pmf(np.arange(n + 1)[:, None], n, shares) * inside).sum(0)


@pytest.mark.parametrize("n", [8, 46, 137])
def test_coverage_by_enumeration(n: int) -> None:
    shares = np.linspace(0.001, 0.999, 500)
    assert coverage("clopper_pearson", n, shares).min() >= 0.95
    for interval in ("wilson", "jeffreys", "agresti_coull"):
        assert coverage(interval, n, shares).mean() == pytest.approx(0.955, abs=0.015)


def test_the_test_against_a_share() -> None:
    result = proportion(40, 46, null=0.8)
    assert result.pvalue == pytest.approx(scipy.stats.binomtest(40, 46, 0.8).pvalue, rel=1e-12)
    assert (result.statistic, result.n, result.unit, result.estimand) == (40, 46, "patient", "E3")
    assert proportion(40, 46).pvalue is None
    assert proportion(46, 46).notes == ("boundary",)


@pytest.mark.parametrize(
    ("count", "n", "named", "message"),
    [
        (5, 4, {}, "count=5 of n=4"),
        (-1, 4, {}, "count lie in 0 to n"),
        (0, 0, {}, "whole number from 1"),
        (1, 2.5, {}, "whole number from 1"),
        (1, 2, {"null": 1.5}, "null=1.5"),
        (0.5, 2, {"null": 0.5}, "a whole count"),
        (1, 2, {"interval": "wald"}, "unknown interval 'wald'"),
    ],
)
def test_what_is_no_share_is_refused(count: float, n: int, named: dict[str, object], message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        proportion(count, n, **named)

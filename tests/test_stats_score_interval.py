"""Wilson's interval for arrays and for effective numbers of cases, against statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from varbench.stats import calibration_curve
from varbench.stats.score_interval import score_interval


@pytest.mark.parametrize("level", [0.8, 0.95, 0.999])
def test_it_is_statsmodels_for_whole_numbers_and_others(level: float) -> None:
    rng = np.random.default_rng(0)
    n = rng.uniform(1, 300, 50)
    share = rng.random(50)
    low, high = score_interval(share, n, level)
    expected = proportion_confint(share * n, n, 1 - level, "wilson")
    np.testing.assert_allclose((low, high), expected, rtol=0, atol=1e-12)


def test_the_ends_are_the_ends() -> None:
    low, high = score_interval([0.0, 1.0], [7, 1e9])
    assert low[0] == 0
    assert high[1] == 1
    assert high[0] == pytest.approx(proportion_confint(0, 7, 0.05, "wilson")[1], abs=1e-12)


def test_groups_in_bins_have_a_number_of_cases_that_is_not_whole() -> None:
    rng = np.random.default_rng(1)
    p = rng.random(300)
    y = (rng.random(300) < p).astype(int)
    frame = calibration_curve(y, p, groups=np.arange(300) // 3).frame()
    assert ((frame["low"] <= frame["y"]) & (frame["y"] <= frame["high"])).all()

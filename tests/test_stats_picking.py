"""The expected maximum of equal candidates, against published tables, closed forms and brute force."""

from __future__ import annotations

import math

import numpy as np
import pytest

from varbench.errors import StatisticsError
from varbench.stats import expected_maximum


@pytest.mark.parametrize(
    ("k", "expected"),
    [
        # Closed forms: David & Nagaraja 2003, section 4.
        (1, 0.0),
        (2, 1 / math.sqrt(math.pi)),
        (3, 3 / (2 * math.sqrt(math.pi))),
        # Harter 1961, doi:10.1093/biomet/48.1-2.151, table 1: expected values of normal order statistics.
        (10, 1.53875),
        (20, 1.86748),
        (50, 2.24907),
        (100, 2.50759),
    ],
)
def test_published_values(k: int, expected: float) -> None:
    assert expected_maximum(k) == pytest.approx(expected, abs=6e-6)


def test_brute_force() -> None:
    drawn = np.random.default_rng(0).standard_normal((40_000, 7)).max(axis=1)
    assert expected_maximum(7) == pytest.approx(drawn.mean(), abs=4 * drawn.std() / 200)


def test_it_rises_and_stays_below_the_usual_bound() -> None:
    found = [expected_maximum(k) for k in (2, 5, 30, 1000, 10**6, 10**9)]
    assert found == sorted(found)
    assert all(
        value < math.sqrt(2 * math.log(k))
        for value, k in zip(found, (2, 5, 30, 1000, 10**6, 10**9), strict=True)
    )


@pytest.mark.parametrize("k", [0, -1, 2.5, True, "ten"])
def test_a_number_of_candidates_is_whole(k: object) -> None:
    with pytest.raises(StatisticsError, match="must be a whole number of candidates, 1 or more"):
        expected_maximum(k)  # type: ignore[arg-type]

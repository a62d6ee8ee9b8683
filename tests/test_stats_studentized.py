"""The studentized range against SciPy, a published table, and the normal distribution."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from varbench.stats.studentized import range_isf, range_sf


@pytest.mark.parametrize("k", [2, 3, 10, 60])
def test_probabilities_are_those_of_scipy(k: int) -> None:
    q = np.array([0.0, 0.01, 0.5, 1.0, 3.0, 5.0, 8.0])
    assert range_sf(q, k) == pytest.approx(stats.studentized_range.sf(q, k, np.inf), abs=1e-14)


def test_two_values_are_a_normal_difference_to_the_last_digits_of_the_tail() -> None:
    q = np.array([0.1, 1.0, 8.0, 20.0, 40.0])
    assert range_sf(q, 2) == pytest.approx(2 * stats.norm.sf(q / np.sqrt(2)), rel=1e-12)


@pytest.mark.parametrize(
    ("alpha", "published"),
    [
        (0.05, [1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164]),
        (0.10, [1.645, 2.052, 2.291, 2.459, 2.589, 2.693, 2.780, 2.855, 2.920]),
    ],
)
def test_critical_values_are_those_of_demsar_table_5a(alpha: float, published: list[float]) -> None:
    found = [range_isf(alpha, k) / np.sqrt(2) for k in range(2, 11)]
    assert found == pytest.approx(published, abs=0.0015)  # the table rounds, once or twice


def test_critical_value_and_probability_are_inverse() -> None:
    for probability in (0.9, 0.05, 1e-6):
        assert float(range_sf(range_isf(probability, 7), 7)) == pytest.approx(probability, rel=1e-9)

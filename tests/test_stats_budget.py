"""What to buy for a budget: by hand, by trying everything, and never beyond the bound."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from varbench.errors import StatisticsError
from varbench.stats import allocation, variance_components


def everything(variances: list[float], costs: list[float], budget: float) -> float:
    """The smallest error of all whole numbers of draws that the budget pays for."""
    best = math.inf
    most = [int(budget // cost) for cost in costs]
    for inner in itertools.product(*(range(1, n + 1) for n in most[1:])):
        within = np.cumprod((1, *inner))
        outer = int(budget / float(within @ costs) + 1e-9)
        if outer:
            best = min(best, float((np.array(variances) / (within * outer)).sum()))
    return math.sqrt(best)


@pytest.mark.parametrize("seed", range(25))
def test_against_trying_everything(seed: int) -> None:
    rng = np.random.default_rng(seed)
    levels = int(rng.integers(2, 4))
    variances = rng.exponential(1.0, levels) * rng.choice([0.1, 1, 10], levels)
    costs = np.sort(rng.choice([1.0, 2.0, 5.0, 10.0], levels))[::-1]
    budget = float(costs.sum() * rng.uniform(1, 5))
    names = ["a", "b", "c"][:levels]
    found = allocation(
        dict(zip(names, variances, strict=True)), dict(zip(names, costs, strict=True)), budget
    )  # fmt: skip
    best = everything(list(variances), list(costs), budget)
    assert found.spent <= budget * (1 + 1e-9)
    assert found.bound <= best * (1 + 1e-9)
    assert found.standard_error == pytest.approx(best, rel=1e-9)


def test_the_two_level_formula_of_the_textbook() -> None:
    # n = sqrt(c1 v2 / (c2 v1)) draws of the inner source in each of the outer: sqrt(100 * 4 / (1 * 1)) = 20
    found = allocation({"tune": 1.0, "split": 4.0}, {"tune": 100.0, "split": 1.0}, 1_200_000.0)
    assert found.each == (10_000, 20)
    assert found.standard_error == pytest.approx(found.bound)
    assert found.bound == pytest.approx((math.sqrt(100) + math.sqrt(4)) / math.sqrt(1_200_000))
    assert found.spent == 1_200_000


def test_interactions_and_the_residual_count_with_the_innermost() -> None:
    parts = {"tune": 1.0, "split": 0.5, "tune:split": 0.25, "residual": 0.25}
    costs = {"tune": 50.0, "split": 2.0}
    merged = allocation({"tune": 1.0, "split": 1.0}, costs, 5000.0)
    found = allocation(parts, costs, 5000.0)
    assert found.each == merged.each
    assert found.variances == (1.0, 1.0)
    frame = found.frame()
    assert frame["error_share"].sum() == pytest.approx(1)
    assert frame["cost"].sum() == pytest.approx(found.spent)


def test_it_takes_what_variance_components_give() -> None:
    x = np.random.default_rng(0).normal(size=(6, 5, 3))
    x += 3 * np.random.default_rng(1).normal(size=(6, 1, 1))
    found = allocation(
        variance_components(x, factors=["split", "init"], replicates=True).variances,
        {"split": 1.0, "init": 1.0}, 100.0,
    )  # fmt: skip
    assert found.each == (50, 1)  # all the spread is between splits: none is worth a second seed


def test_a_source_without_variance_is_drawn_once() -> None:
    found = allocation({"tune": 0.0, "split": 1.0}, {"tune": 100.0, "split": 1.0}, 1000.0)
    assert found.each == (1, 900)
    nothing = allocation({"split": 0.0}, {"split": 1.0}, 10.0)
    assert (nothing.standard_error, nothing.bound) == (0.0, 0.0)
    assert nothing.frame()["error_share"].tolist() == [0.0]


def test_more_money_never_hurts() -> None:
    errors = [
        allocation({"tune": 2.0, "init": 1.0}, {"tune": 20.0, "init": 1.0}, budget).standard_error
        for budget in range(21, 400, 7)
    ]  # fmt: skip
    assert all(later <= earlier * (1 + 1e-12) for earlier, later in itertools.pairwise(errors))


@pytest.mark.parametrize(
    ("components", "costs", "budget", "message"),
    [
        ({"tune": 1.0}, {"tune": 10.0}, 5.0, "one draw of each source costs 10.0"),
        ({"tune": -1.0}, {"tune": 10.0}, 50.0, "the variance of tune is -1.0"),
        ({"tune": 1.0}, {"tune": 0.0}, 50.0, "the cost of tune is 0.0"),
        ({"tuen": 1.0}, {"tune": 1.0}, 50.0, "unknown source 'tuen'; did you mean tune"),
        ({}, {}, 50.0, "costs is empty"),
    ],
)
def test_what_cannot_be_bought_is_refused(
    components: dict[str, float], costs: dict[str, float], budget: float, message: str
) -> None:
    with pytest.raises(StatisticsError, match=message):
        allocation(components, costs, budget)

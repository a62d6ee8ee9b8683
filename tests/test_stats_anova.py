"""One-way analysis of variance on NIST's certified sets, mean squares by hand, and the intervals' defining cases."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import scipy.stats

from varbench.errors import StatisticsError
from varbench.stats import one_way
from varbench.stats.anova import all_terms, mean_squares, modified_large_sample, satterthwaite

#: NIST's Statistical Reference Datasets for analysis of variance, as SciPy's tests bring them.
NIST = Path(scipy.stats.__file__).parent / "tests" / "data" / "nist_anova"
SETS = sorted(path.stem for path in NIST.glob("*.dat"))


def certified(name: str) -> tuple[list[int], list[str], dict[str, float]]:
    lines = (NIST / f"{name}.dat").read_text().splitlines()
    found = {}
    for line in lines[:60]:
        words = line.split()
        if line.startswith("Between"):
            df, found["ss_between"], _, found["f"] = map(float, words[-4:])
            found["df_between"] = df
        elif line.startswith("Within"):
            found["df_within"], found["ss_within"], _ = map(float, words[-3:])
        elif "Certified R-Squared" in line:
            found["r2"] = float(words[-1])
    rows = [line.split() for line in lines[60:] if line.strip()]
    return [int(row[0]) for row in rows], [row[1] for row in rows], found


def digits(found: float, true: float) -> float:
    """NIST's log relative error: the number of right digits, 15 at most."""
    return 15.0 if found == true else min(15.0, -math.log10(abs(found - true) / abs(true)))


@pytest.mark.skipif(not SETS, reason="this SciPy came without its tests' data")
@pytest.mark.parametrize("name", SETS)
def test_nists_certified_values_to_at_least_eight_digits(name: str) -> None:
    group, values, true = certified(name)
    result = one_way(np.array([Decimal(value) for value in values], dtype=object), group)
    assert result.settings["df_between"] == true["df_between"]
    assert result.settings["df_within"] == true["df_within"]
    for found, key in (
        (result.statistic, "f"), (result.estimate, "r2"), (result.settings["ss_between"], "ss_between"),
        (result.settings["ss_within"], "ss_within"),
    ):  # fmt: skip
        assert digits(found, true[key]) >= 8, key


@pytest.mark.skipif(not SETS, reason="this SciPy came without its tests' data")
@pytest.mark.parametrize("name", [name for name in SETS if name not in ("SmLs03", "SmLs06", "SmLs09")])
def test_floats_lose_nothing_that_reading_them_has_not_lost(name: str) -> None:
    """13 leading digits leave doubles 4: against exact arithmetic on the same doubles there are 8 and more."""
    group, values, _ = certified(name)
    doubles = np.array([float(value) for value in values])
    exact = [Fraction(value) for value in doubles]
    mean = sum(exact) / len(exact)
    members: dict[int, list[Fraction]] = {}
    for value, code in zip(exact, group, strict=True):
        members.setdefault(code, []).append(value)
    between = sum(len(part) * (sum(part) / len(part) - mean) ** 2 for part in members.values())
    within = sum((value - sum(part) / len(part)) ** 2 for part in members.values() for value in part)
    f = (between / (len(members) - 1)) / (within / (len(exact) - len(members)))
    result = one_way(doubles, group)
    assert digits(result.statistic, float(f)) >= 8
    assert digits(result.settings["ss_within"], float(within)) >= 8


@pytest.mark.parametrize("seed", range(5))
def test_one_way_against_scipy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    parts = [rng.normal(0.3 * k, 1, size) for k, size in enumerate((5, 9, 12, 3))]
    group = np.repeat(["a", "b", "c", "d"], [5, 9, 12, 3])
    theirs = scipy.stats.f_oneway(*parts)
    ours = one_way(np.concatenate(parts), group)
    assert (ours.statistic, ours.pvalue) == pytest.approx((theirs.statistic, theirs.pvalue), rel=1e-9)
    order = rng.permutation(29)
    assert one_way(np.concatenate(parts)[order], group[order]).statistic == pytest.approx(ours.statistic)


def test_degenerate_groups() -> None:
    assert one_way([1.0] * 6, [0, 0, 0, 1, 1, 1]).notes == ("no_variance",)
    assert one_way([1.0, 2.0], ["a", "b"]).notes == ("too_few_to_reject",)
    apart = one_way([1.0, 1.0, 2.0, 2.0], [0, 0, 1, 1])
    assert (apart.estimate, apart.statistic, apart.pvalue, apart.notes) == (1.0, None, 0.0, ("boundary",))


@pytest.mark.parametrize(
    ("values", "group", "message"),
    [
        ([1.0, 2.0], ["a", "a"], "at least two groups"),
        ([1.0, 2.0, 3.0], ["a", "b"], "values has 3 entries, group has 2"),
        ([1.0, np.nan], ["a", "b"], "missing or infinite"),
        (["x", "y"], ["a", "b"], "no number"),
        ([[1.0, 2.0]], ["a", "b"], "one value a unit"),
    ],
)
def test_wrong_input_is_refused(values: object, group: object, message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        one_way(values, group)


def test_mean_squares_of_two_crossed_factors_by_hand() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(3, 4, 2)) + 1e3
    found = mean_squares(x, {2: frozenset({0, 1})})
    rows, columns, cells = x.mean((1, 2)), x.mean((0, 2)), x.mean(2)
    grand = x.mean()
    by_hand = [
        8 * ((rows - grand) ** 2).sum() / 2,
        6 * ((columns - grand) ** 2).sum() / 3,
        2 * ((cells - rows[:, None] - columns + grand) ** 2).sum() / 6,
        ((x - cells[..., None]) ** 2).sum() / 12,
    ]
    assert found.mean_squares == pytest.approx(by_hand, rel=1e-9)
    assert found.df.tolist() == [2, 3, 6, 12]
    assert found.expected.tolist() == [[8, 0, 2, 1], [0, 6, 2, 1], [0, 0, 2, 1], [0, 0, 0, 1]]


def test_mean_squares_of_a_nested_design_by_hand() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(4, 3, 5))  # b in a, replicates
    found = mean_squares(x, {1: frozenset({0}), 2: frozenset({0, 1})})
    a, b = x.mean((1, 2)), x.mean(2)
    by_hand = [
        15 * ((a - x.mean()) ** 2).sum() / 3,
        5 * ((b - a[:, None]) ** 2).sum() / 8,
        ((x - b[..., None]) ** 2).sum() / 48,
    ]
    assert found.mean_squares == pytest.approx(by_hand, rel=1e-9)
    assert found.df.tolist() == [3, 8, 48]
    assert found.expected.tolist() == [[15, 5, 1], [0, 5, 1], [0, 0, 1]]
    assert all_terms(2, {1: frozenset({0})}) == ((0,), (0, 1))


def test_an_interval_of_one_mean_square_is_chi_squares() -> None:
    low, high = modified_large_sample(np.eye(1), np.array([3.0]), np.array([7.0]), 0.05)
    chi2 = scipy.stats.chi2(7)
    assert (low[0], high[0]) == pytest.approx((21 / chi2.ppf(0.975), 21 / chi2.ppf(0.025)), rel=1e-9)


@pytest.mark.parametrize(("side", "which"), [(0.975, 0), (0.025, 1)])
def test_a_bound_is_0_where_the_f_test_turns(side: float, which: int) -> None:
    """By definition: the lower bound of E1 - E2 crosses 0 where F reaches its quantile, and so does the upper."""
    df = np.array([6.0, 11.0])
    f = scipy.stats.f(6, 11).ppf(side)
    bound = modified_large_sample(np.array([[1.0, -1.0]]), np.array([2.0 * f, 2.0]), df, 0.05)[which][0]
    assert bound == pytest.approx(0, abs=1e-9)


def test_the_limit_of_many_degrees_of_freedom_is_the_estimate() -> None:
    coefficients = np.array([[0.5, 0.25, -0.75]])
    squares, df = np.array([3.0, 2.0, 1.0]), np.array([1e9, 1e9, 1e9])
    low, high = modified_large_sample(coefficients, squares, df, 0.05)
    error = math.sqrt(((coefficients[0] * squares) ** 2 * 2 / 1e9).sum())
    assert high[0] - low[0] == pytest.approx(2 * 1.959964 * error, rel=1e-2)


def test_satterthwaite_by_hand() -> None:
    found = satterthwaite(np.array([[1.0, 2.0]]), np.array([3.0, 4.0]), np.array([5.0, 6.0]))
    assert found[0] == pytest.approx(11**2 / (9 / 5 + 64 / 6))

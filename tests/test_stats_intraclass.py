"""Intraclass correlations: Shrout and Fleiss's example, pingouin, and intervals that are not lost to rounding."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from varbench.errors import StatisticsError
from varbench.stats import icc
from varbench.stats.intraclass import FORMS

# Shrout & Fleiss 1979, table 2: six targets by four judges
RATINGS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float
)


@pytest.mark.parametrize(
    ("form", "published"),
    [
        ("ICC(1,1)", 0.17), ("ICC(2,1)", 0.29), ("ICC(3,1)", 0.71),
        ("ICC(1,k)", 0.44), ("ICC(2,k)", 0.62), ("ICC(3,k)", 0.91),
    ],
)  # fmt: skip
def test_the_published_example(form: str, published: float) -> None:
    assert round(icc(RATINGS, form=form).estimate, 2) == published


@pytest.mark.parametrize(
    ("form", "low", "high"),
    [
        # psych (R), ICC(sf): "lower bound", "upper bound"
        ("ICC(1,1)", -0.133, 0.72), ("ICC(2,1)", 0.019, 0.76), ("ICC(3,1)", 0.342, 0.95),
        ("ICC(1,k)", -0.884, 0.91), ("ICC(2,k)", 0.071, 0.93), ("ICC(3,k)", 0.676, 0.99),
    ],
)  # fmt: skip
def test_published_intervals(form: str, low: float, high: float) -> None:
    result = icc(RATINGS, form=form)
    assert result.ci_low == pytest.approx(low, abs=6e-4)
    assert result.ci_high == pytest.approx(high, abs=6e-3)


@pytest.mark.parametrize("seed", range(5))
def test_against_pingouin(seed: int) -> None:
    pd = pytest.importorskip("pandas")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pingouin = pytest.importorskip("pingouin")
    rng = np.random.default_rng(seed)
    n, k = 12, 4
    table = rng.normal(0, 1, (n, 1)) + rng.normal(0, 0.6, (1, k)) + rng.normal(0, 0.7, (n, k))
    long = pd.DataFrame({"t": np.repeat(np.arange(n), k), "r": np.tile(np.arange(k), n), "x": table.ravel()})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = pingouin.intraclass_corr(long, targets="t", raters="r", ratings="x")
    interval = next(column for column in theirs if column.startswith("CI95"))
    for form, row in zip(FORMS, theirs.to_dict("records"), strict=True):
        ours = icc(table, form=form)
        assert ours.estimate == pytest.approx(row["ICC"], rel=1e-9)
        assert ours.statistic == pytest.approx(row["F"], rel=1e-9)
        assert ours.pvalue == pytest.approx(row.get("pval", row.get("p_val")), rel=1e-9)
        assert ours.interval == pytest.approx(tuple(row[interval]), abs=0.005001)  # printed with two digits


def test_an_interval_near_0_keeps_its_digits() -> None:
    # pingouin prints [0.0, 0.0] for such an interval
    rng = np.random.default_rng(0)
    table = rng.normal(0, 0.055, (3000, 1)) + rng.normal(0, 1, (3000, 60))
    result = icc(table)
    assert 0 < result.ci_low < result.estimate < result.ci_high < 0.005
    assert result.ci_low != round(result.ci_low, 4)


def test_names_and_their_synonyms() -> None:
    assert icc(RATINGS, form="ICC(A,1)") == icc(RATINGS, form="ICC(2,1)")
    assert icc(RATINGS, form="ICC3k").estimate == icc(RATINGS, form="ICC(C,k)").estimate
    with pytest.raises(StatisticsError, match=r"unknown form 'ICC\(4,1\)'"):
        icc(RATINGS, form="ICC(4,1)")


def test_agreement_falls_with_a_biased_rater_and_consistency_does_not() -> None:
    shifted = RATINGS + np.array([0.0, 50.0, 0.0, 0.0])
    assert icc(shifted, form="ICC(3,1)").estimate == pytest.approx(icc(RATINGS, form="ICC(3,1)").estimate)
    assert icc(shifted, form="ICC(2,1)").estimate < 0.02


@pytest.mark.parametrize("form", FORMS)
def test_degenerate_tables(form: str) -> None:
    assert icc(np.ones((5, 3)), form=form).notes == ("no_variance",)
    assert icc(RATINGS[:1], form=form).notes == ("too_few_to_reject",)
    same = icc(np.repeat(np.arange(5.0)[:, None], 3, axis=1), form=form)
    assert (same.estimate, same.interval, same.notes) == (1.0, None, ("boundary",))
    crossed = icc([[1.0, 2.0], [2.0, 1.0]], form=form)  # no targets, no raters, only error
    assert crossed.estimate is None or crossed.estimate < 0
    only_raters = icc([[1.0, 2.0, 3.0]] * 4, form=form)
    assert only_raters.estimate is None or only_raters.estimate <= 0
    missing = icc(np.vstack([RATINGS, [np.nan, 1, 1, 1]]), form=form)
    assert missing.estimate == icc(RATINGS, form=form).estimate
    assert missing.notes == ("pairs_dropped",)
    assert missing.settings["n_dropped"] == 1


@pytest.mark.parametrize(
    ("wrong", "message"),
    [([1.0, 2.0], "a row a target"), (np.ones((4, 1)), "two columns"), ([["a", "b"]], "no number"),
     ([[1.0, np.inf]], "1 infinite")],
)  # fmt: skip
def test_what_is_no_table_of_scores_is_refused(wrong: object, message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        icc(wrong)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["ICC(1,1)", "ICC(2,1)", "ICC(3,1)"])
def test_the_interval_covers(form: str) -> None:
    rng = np.random.default_rng(3)
    times, rater = 1500, 0.0 if form == "ICC(1,1)" else 0.7
    truth = 1 / (1 + 1 + (rater**2 if form == "ICC(2,1)" else 0))
    inside = 0
    for _ in range(times):
        table = rng.normal(0, 1, (15, 1)) + rng.normal(0, rater, (1, 4)) + rng.normal(0, 1, (15, 4))
        low, high = icc(table, form=form).interval
        inside += low <= truth <= high
    assert 0.93 < inside / times < 0.975

"""Sizes of test sets, noise bands and the smallest difference: published tables, statsmodels, brute force."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import scipy.stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from varbench.errors import StatisticsError
from varbench.stats import (
    hanley_mcneil,
    noise_band,
    outperform_sizes,
    smallest_difference,
    test_set_size,
    width_of,
)

#: Varoquaux & Colliot 2023: the 95 % binomial band around the true accuracy, in points.
BAND = {
    20: "-20.0/+20.0 -20.0/+15.0 -15.0/+10.0 -10.0/+5.0",
    30: "-18.3/+15.0 -16.7/+13.3 -13.3/+10.0 -8.3/+5.0",
    50: "-13.0/+13.0 -12.0/+10.0 -8.0/+8.0 -7.0/+5.0",
    100: "-9.0/+9.0 -8.0/+8.0 -6.0/+5.0 -5.0/+4.0",
    200: "-6.5/+6.5 -5.5/+5.5 -4.5/+4.0 -3.0/+3.0",
    500: "-4.2/+4.2 -3.6/+3.4 -2.8/+2.6 -2.0/+1.8",
    1000: "-3.0/+2.9 -2.5/+2.4 -1.9/+1.8 -1.4/+1.3",
    10000: "-0.9/+0.9 -0.8/+0.8 -0.6/+0.6 -0.4/+0.4",
}


@pytest.mark.parametrize("n", BAND)
def test_the_published_noise_bands(n: int) -> None:
    for p, printed in zip((0.65, 0.80, 0.90, 0.95), BAND[n].split(), strict=True):
        low, high = (100 * (bound - p) for bound in noise_band(p, n))
        published = tuple(map(float, printed.split("/")))
        assert (low, high) == pytest.approx(published, abs=0.0501), p


def test_the_published_sizes_for_segmentation() -> None:
    """El Jurdi & Colliot: a 1-point interval needs about 139 cases at SD 3; 20 cases at SD 7 give 6.1 points."""
    assert test_set_size("dice", width=1.0, sd=3.0) == 139
    assert round(width_of("dice", 20, sd=7.0), 1) == 6.1
    assert test_set_size("dice", width=2.0, sd=7.0) >= 188


@pytest.mark.parametrize("p", [0.0, 0.3, 0.8, 1.0])
@pytest.mark.parametrize("n", [1, 7, 60])
def test_the_width_of_a_share_is_statsmodels_wilson_over_all_outcomes(p: float, n: int) -> None:
    counts = np.arange(n + 1)
    low, high = proportion_confint(counts, n, 0.1, "wilson")
    expected = scipy.stats.binom.pmf(counts, n, p) @ (high - low)
    assert width_of("accuracy", n, expected=p, confidence_level=0.9) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("metric", "assumed"),
    [
        ("accuracy", {"expected": 0.8}), ("accuracy", {"expected": 1.0}),
        ("sensitivity", {"expected": 0.7, "prevalence": 0.2}), ("specificity", {"expected": 0.9, "prevalence": 0.2}),
        ("roc_auc", {"expected": 0.8, "prevalence": 0.3}), ("hd95", {"sd": 4.0}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_size_is_the_smallest_whose_width_fits(
    metric: str, assumed: dict[str, float], share: float
) -> None:
    width = share * width_of(metric, 150, **assumed)
    n = test_set_size(metric, width=width, **assumed)
    assert width_of(metric, n, **assumed) <= width
    assert width_of(metric, n - 1, **assumed) > width


def test_sensitivity_counts_positives_only() -> None:
    alone = test_set_size("accuracy", width=0.1, expected=0.8)
    assert test_set_size("recall", width=0.1, expected=0.8, prevalence=0.1) == 10 * alone
    assert width_of("specificity", 100, expected=0.8, prevalence=0.4) == width_of(
        "accuracy", 60, expected=0.8
    )


@pytest.mark.parametrize(("auc", "m", "n"), [(0.5, 3, 4), (0.7, 20, 35), (0.95, 51, 58)])
def test_hanley_and_mcneils_variance_in_exact_arithmetic(auc: float, m: int, n: int) -> None:
    a = Fraction(str(auc))
    q1, q2 = a / (2 - a), 2 * a * a / (1 + a)
    exact = (a * (1 - a) + (m - 1) * (q1 - a * a) + (n - 1) * (q2 - a * a)) / (m * n)
    assert hanley_mcneil(auc, m, n) == pytest.approx(float(exact), rel=1e-12)


def test_hanley_and_mcneils_variance_is_that_of_exponential_scores() -> None:
    rng = np.random.default_rng(0)
    m, n, times = 12, 30, 4000
    rate = 0.8 / 0.2  # P(X > Y) for exponentials
    aucs = [
        (rng.exponential(rate, (m, 1)) > rng.exponential(1.0, (1, n))).mean() for _ in range(times)
    ]  # fmt: skip
    assert np.mean(aucs) == pytest.approx(0.8, abs=0.005)
    assert np.var(aucs) == pytest.approx(hanley_mcneil(0.8, m, n), rel=0.08)


def test_the_width_of_an_auc_by_hand() -> None:
    error = math.sqrt(hanley_mcneil(0.8, 30, 70)) / (0.8 * 0.2)
    z = scipy.stats.norm.ppf(0.975)
    logit = math.log(4)
    low, high = (1 / (1 + math.exp(-(logit + side * z * error))) for side in (-1, 1))
    assert width_of("auc", 100, expected=0.8, prevalence=0.3) == pytest.approx(high - low, rel=1e-9)


@pytest.mark.parametrize(("n", "p"), [(20, 0.6), (46, 0.8), (300, 0.5), (100, 0.95)])
def test_the_smallest_difference_of_shares(n: int, p: float) -> None:
    found = smallest_difference("accuracy", n, expected=p)
    # on the same cases: with b discordant cases, all for one model, McNemar's exact p is 2 / 2^b
    b = next(b for b in range(1, 20) if scipy.stats.binomtest(b, b).pvalue <= 0.05)
    assert found.same_cases == b / n
    weaker = round(p * n)
    gap = next(
        (
            (k - weaker) / n for k in range(weaker + 1, n + 1)
            if confint_proportions_2indep(k, n, weaker, n, method="newcomb")[0] > 0
        ),
        None,
    )  # fmt: skip
    assert found.other_cases == (None if gap is None else pytest.approx(gap))


def test_the_smallest_difference_of_other_metrics() -> None:
    auc = smallest_difference("auc", 100, expected=0.8, prevalence=0.3, correlation=0.5)
    error = math.sqrt(hanley_mcneil(0.8, 30, 70))
    assert auc.other_cases == pytest.approx(1.959964 * math.sqrt(2) * error, rel=1e-6)
    assert auc.same_cases == pytest.approx(1.959964 * error, rel=1e-6)
    dice = smallest_difference("dice", 25, sd=5.0, correlation=0.0)
    assert dice.same_cases == dice.other_cases == pytest.approx(1.959964 * math.sqrt(2), rel=1e-6)
    few = smallest_difference("recall", 40, expected=0.6, prevalence=0.1)
    assert (few.same_cases, few.settings["units"]) == (None, 4)


def test_sizes_for_p_a_beats_b() -> None:
    assert outperform_sizes() == {"published": 29, "sign_test": 44, "interval": 54}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: test_set_size("acuracy", width=0.1, expected=0.8), "did you mean accuracy"),
        (lambda: test_set_size("accuracy", width=0.0, expected=0.8), "width=0.0"),
        (lambda: test_set_size("accuracy", width=1e-5, expected=0.8), "more than 10000000"),
        (lambda: test_set_size("accuracy", width=0.1), "expected=None"),
        (lambda: width_of("auc", 50, expected=1.0, prevalence=0.3), r"in \(0.5, 1\)"),
        (lambda: width_of("auc", 50, expected=0.8), "prevalence=None"),
        (lambda: width_of("dice", 50), "sd=None"),
        (lambda: width_of("recall", 5, expected=0.8, prevalence=0.1), "at least one case"),
        (lambda: width_of("accuracy", 5, expected=0.8, confidence_level=95), "as 0.95 does"),
        (lambda: noise_band(1.2, 10), "p=1.2"),
        (
            lambda: smallest_difference("auc", 50, expected=0.8, prevalence=0.3, correlation=1.0),
            "correlation=1.0",
        ),
    ],
)
def test_what_cannot_be_planned_is_refused(call, message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        call()

"""McNemar and Cochran's Q: against statsmodels and mlxtend, R's published output, and by enumeration."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import scipy.stats
from statsmodels.stats import contingency_tables

from varbench.errors import StatisticsError
from varbench.stats.agreement import PairedTable, cochran_q, mcnemar, newcombe_paired


def predictions(
    both: int, first: int, second: int, neither: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    right = np.repeat([[1, 1], [1, 0], [0, 1], [0, 0]], [both, first, second, neither], axis=0)
    y = np.arange(len(right)) % 2
    return y, np.where(right[:, 0], y, 1 - y), np.where(right[:, 1], y, 1 - y)


#: contingencytables 1.1.0 (R), cavo_2012: McNemar_*_paired_2x2(matrix(c(59, 6, 16, 80), 2, byrow = TRUE))
CAVO = (59, 6, 16, 80)


@pytest.mark.parametrize(
    ("method", "pvalue"),
    [("mid-p", 0.034690), ("exact", 0.052479), ("corrected", 0.055009), ("asymptotic", 0.033006)],
)
def test_published_pvalues(method: str, pvalue: float) -> None:
    assert mcnemar(*predictions(*CAVO), method=method).pvalue == pytest.approx(pvalue, abs=5e-7)


def test_published_intervals() -> None:
    # the same, Newcombe_square_and_add_CI_paired_2x2: -0.0621 (95% CI -0.1186 to -0.0046)
    result = mcnemar(*predictions(*CAVO))
    assert result.estimate == pytest.approx(-0.0621, abs=5e-5)
    assert result.interval == pytest.approx((-0.1186, -0.0046), abs=5e-5)
    # Newcombe 1998, table III, (36, 12, 2, 0), method 10
    assert newcombe_paired(PairedTable(36, 12, 2, 0)) == pytest.approx((0.0569, 0.3404), abs=5e-5)


@pytest.mark.parametrize("seed", range(10))
def test_against_statsmodels_and_mlxtend(seed: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mlxtend.evaluate import mcnemar as peer
        from mlxtend.evaluate import mcnemar_table
    rng = np.random.default_rng(seed)
    y, a, b = rng.integers(0, 3, (3, 40))
    table = mcnemar_table(y, a, b)
    exact = contingency_tables.mcnemar(table, exact=True)
    assert mcnemar(y, a, b, method="exact").pvalue == pytest.approx(min(1, exact.pvalue), rel=1e-9)
    assert mcnemar(y, a, b, method="exact").pvalue == pytest.approx(
        min(1, peer(table, exact=True)[1]), rel=1e-9
    )
    f, g = int(table[0, 1]), int(table[1, 0])
    for method, correct in (("corrected", True), ("asymptotic", False)):
        ours = mcnemar(y, a, b, method=method)
        if f == g:  # as R: nothing to correct
            assert (ours.statistic, ours.pvalue) == (0, 1)
            continue
        theirs = contingency_tables.mcnemar(table, exact=False, correction=correct)
        assert (ours.statistic, ours.pvalue) == pytest.approx((theirs.statistic, theirs.pvalue), rel=1e-9)
        assert ours.pvalue == pytest.approx(peer(table, exact=False, corrected=correct)[1], rel=1e-9)


@pytest.mark.parametrize(("first", "second"), [(0, 0), (3, 0), (1, 5), (4, 4), (9, 20)])
def test_mid_p_by_counting_signs(first: int, second: int) -> None:
    n = first + second
    chance = scipy.stats.binom.pmf(np.arange(n + 1), n, 0.5)
    as_far = abs(np.arange(n + 1) - n / 2) >= abs(first - n / 2) - 1e-9
    exact = chance[as_far].sum()
    seen = chance[first]
    result = mcnemar(*predictions(3, first, second, 2))
    expected = 1.0 if first == second else exact - seen
    assert result.pvalue == pytest.approx(expected, rel=1e-12)


def test_mid_p_is_nearer_to_its_rate_than_the_exact_test() -> None:
    n, chance = 60, 0.3  # 60 cases, 30 % of them right for one model alone
    rates = dict.fromkeys(("mid-p", "exact"), 0.0)
    for apart in range(n + 1):
        weight = scipy.stats.binom.pmf(apart, n, chance)
        if weight < 1e-6:
            continue
        for first in range(apart + 1):
            seen = weight * scipy.stats.binom.pmf(first, apart, 0.5)
            cases = predictions(0, first, apart - first, n - apart)
            for method in rates:
                rates[method] += seen * (mcnemar(*cases, method=method).pvalue <= 0.05)
    assert rates["exact"] < rates["mid-p"] <= 0.05
    assert rates["mid-p"] > 0.035


def test_the_interval_of_pairs_covers() -> None:
    rng = np.random.default_rng(0)
    for cell in ((0.6, 0.2, 0.1, 0.1), (0.9, 0.06, 0.02, 0.02)):
        tables = rng.multinomial(50, cell, 3000)
        bounds = np.array([newcombe_paired(PairedTable(*map(int, t))) for t in tables])
        true = cell[1] - cell[2]
        # above the level where models seldom part; never far below
        assert 0.94 <= ((bounds[:, 0] <= true) & (true <= bounds[:, 1])).mean() < 0.995


@pytest.mark.parametrize("method", ["mid-p", "exact", "corrected", "asymptotic"])
def test_a_swap_mirrors(method: str) -> None:
    y, a, b = predictions(20, 9, 3, 8)
    there, back = mcnemar(y, a, b, method=method), mcnemar(y, b, a, method=method)
    assert there.estimate == -back.estimate == 6 / 40
    assert there.interval == pytest.approx((-back.ci_high, -back.ci_low), abs=1e-15)
    assert there.pvalue == back.pvalue
    if method in ("mid-p", "exact"):
        assert (there.statistic, back.statistic) == (9, 3)


def test_identical_models_and_too_few_cases_apart() -> None:
    y, a, _ = predictions(10, 0, 0, 5)
    same = mcnemar(y, a, a)
    assert (same.estimate, same.pvalue) == (0.0, 1.0)
    assert {"constant_difference", "too_few_to_reject"} <= set(same.notes)
    assert same.ci_low < 0 < same.ci_high
    # the least p of the exact test with 5 cases is 2 / 2**5 = .0625, the mid-p's .03125
    for method, noted in (("exact", True), ("mid-p", False)):
        result = mcnemar(*predictions(5, 5, 0, 5), method=method)
        assert ("too_few_to_reject" in result.notes) is noted
        assert (result.pvalue > 0.05) is noted


def test_names_missing_predictions_and_what_is_refused() -> None:
    y = np.array(["ill", "well", "ill"], object)
    result = mcnemar(y, np.array(["ill", None, "ill"], object), np.array(["well", "well", "ill"], object))
    assert (result.n, result.settings["n_dropped"], result.estimate) == (2, 1, 0.5)
    assert mcnemar(y, ["ill", "ill", "ill"], ["well", "well", "ill"]).estimate == pytest.approx(0.0)
    assert mcnemar([0, 1], [0, 1], [1, 1], pairing="none").notes == ("not_paired",)
    with pytest.raises(StatisticsError, match=r"b has shape \(2,\) and y_true has 3"):
        mcnemar([0, 1, 1], [0, 1, 1], [0, 1])
    with pytest.raises(StatisticsError, match="numbers and names never agree"):
        mcnemar([0, 1], ["0", "1"], ["0", "0"])
    with pytest.raises(StatisticsError, match="y_true lacks 1"):
        mcnemar([0, np.nan], [0, 1], [0, 1])
    with pytest.raises(StatisticsError, match="every case lacks a prediction"):
        mcnemar([0, 1], [np.nan, 1], [0, np.nan])
    with pytest.raises(StatisticsError, match="unknown method 'midp'; did you mean mid-p"):
        mcnemar([0, 1], [0, 1], [0, 1], method="midp")


@pytest.mark.parametrize("seed", range(8))
def test_cochran_against_statsmodels_and_mlxtend(seed: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mlxtend.evaluate import cochrans_q as peer
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, 60)
    models = np.where(rng.random((60, 4)) < [0.9, 0.8, 0.7, 0.6], y[:, None], 1 - y[:, None])
    ours = cochran_q(y, models)
    theirs = contingency_tables.cochrans_q((models == y[:, None]).astype(int))
    assert (ours.statistic, ours.pvalue) == pytest.approx((theirs.statistic, theirs.pvalue), rel=1e-9)
    assert (ours.statistic, ours.pvalue) == pytest.approx(peer(y, *models.T), rel=1e-9)
    assert ours.settings["accuracies"] == pytest.approx((models == y[:, None]).mean(0))


def test_cochran_of_two_models_is_mcnemar() -> None:
    y, a, b = predictions(20, 9, 3, 8)
    plain = mcnemar(y, a, b, method="asymptotic")
    q = cochran_q(y, np.column_stack([a, b]))
    assert (q.statistic, q.pvalue) == pytest.approx((plain.statistic, plain.pvalue), rel=1e-12)


def test_cochran_where_nothing_differs_and_where_little_does() -> None:
    y, a, b = predictions(10, 0, 0, 5)
    same = cochran_q(y, np.column_stack([a, a, b]))
    assert (same.statistic, same.pvalue) == (0.0, 1.0)
    assert {"constant_difference", "small_sample"} <= set(same.notes)
    _, a, b = predictions(10, 6, 6, 5)
    y = predictions(10, 6, 6, 5)[0]
    assert cochran_q(y, np.column_stack([a, b])).notes == ()  # 12 cases x 2 models are 24 cells
    assert cochran_q(y, np.column_stack([a, b]), pairing="none").notes == ("not_paired",)
    with pytest.raises(StatisticsError, match="two models"):
        cochran_q(y, a[:, None])

"""Adjusted p-values against statsmodels, a publication and counting; gamma for many contestants."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from varbench.errors import StatisticsError
from varbench.stats.multiplicity import ADJUSTMENTS, _true_at_once, adjust, raised_gamma

STATSMODELS = {
    "bonferroni": "bonferroni",
    "holm": "holm",
    "hochberg": "simes-hochberg",
    "bh": "fdr_bh",
    "by": "fdr_by",
}
# R: scmamp 0.2.3, friedmanPost(data.gh.2008), the ten pairs of Garcia & Herrera 2008 in rising order.
GARCIA_HERRERA = np.array(
    [4.486991e-08, 1.736118e-07, 0.002880485, 0.004848763, 0.007963489,
     0.010112334, 0.012763008, 0.024744672, 0.743971478, 0.8064959]
)  # fmt: skip


@pytest.mark.parametrize("method", STATSMODELS)
def test_adjusted_as_statsmodels_does(method: str) -> None:
    from statsmodels.stats.multitest import multipletests

    rng = np.random.default_rng(1)
    for n in (1, 2, 7, 40):
        pvalues = rng.random(n) ** 3
        pvalues[: n // 3] = pvalues[0]  # equal ones too
        expected = multipletests(pvalues, method=STATSMODELS[method])[1]
        assert adjust(pvalues, method=method) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("k", [2, 3, 4, 5, 6])
def test_the_numbers_of_equal_pairs_are_those_of_all_partitions(k: int) -> None:
    counted = {
        sum(labels[i] == labels[j] for i, j in itertools.combinations(range(k), 2))
        for labels in itertools.product(range(k), repeat=k)
    }
    assert _true_at_once(k) == counted


def test_shaffer_on_the_published_example() -> None:
    # S(5) = {0, 1, 2, 3, 4, 6, 10}, so the factors of Garcia & Herrera 2008, section 3.1, are these
    factors = np.array([10, 6, 6, 6, 6, 4, 4, 3, 2, 1])
    expected = [
        4.486991e-07, 1.0416708e-06, 0.01728291, 0.029092578, 0.047780934,
        0.047780934, 0.051052032, 0.074234016, 1.0, 1.0,
    ]  # fmt: skip
    assert np.minimum(1, np.maximum.accumulate(factors * GARCIA_HERRERA)) == pytest.approx(expected, rel=1e-6)
    order = np.random.default_rng(0).permutation(10)
    assert adjust(GARCIA_HERRERA[order], method="shaffer") == pytest.approx(
        np.array(expected)[order], rel=1e-6
    )


@pytest.mark.parametrize("k", [3, 5, 15, 40])
def test_shaffer_is_never_above_holm(k: int) -> None:
    pvalues = np.random.default_rng(k).random(k * (k - 1) // 2) ** 4
    shaffer, holm = adjust(pvalues, method="shaffer"), adjust(pvalues, method="holm")
    assert (shaffer <= holm).all()
    assert (shaffer < holm).any()


def test_shaffer_needs_all_pairs() -> None:
    with pytest.raises(StatisticsError, match="4 p-values: all pairs of 3 procedures have 3, of 4 6"):
        adjust([0.1, 0.2, 0.3, 0.4], method="shaffer")


@pytest.mark.parametrize("method", ADJUSTMENTS)
def test_shape_order_and_input_are_kept(method: str) -> None:
    pvalues = np.array([[0.02, 0.5, 0.001], [0.04, 0.04, 1.0]])
    given = pvalues.copy()
    adjusted = adjust(pvalues, method=method)
    assert adjusted.shape == pvalues.shape
    assert (pvalues == given).all()
    assert (adjusted >= pvalues).all()
    assert adjusted.max() <= 1
    assert adjust(pvalues.T, method=method) == pytest.approx(adjusted.T)


@pytest.mark.parametrize(
    ("pvalues", "message"),
    [
        ([0.1, np.nan], "1 missing values: leave out"),
        ([0.1, 1.5], "holds 1.5: each must lie between 0 and 1"),
        ([-0.1], "holds -0.1"),
        ([], "pvalues is empty"),
        (["small"], "no number"),
    ],
)
def test_what_is_no_pvalue_is_refused(pvalues: list[object], message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        adjust(pvalues)


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(StatisticsError, match="did you mean holm"):
        adjust([0.1], method="holms")


def test_a_correction_grows_with_the_comparisons() -> None:
    # a peer's correction vanishes as models are added
    smallest = [adjust(np.full(m, 0.01), method="bonferroni")[0] for m in (1, 2, 10, 50)]
    assert smallest == pytest.approx([0.01, 0.02, 0.1, 0.5])
    assert np.all(np.diff([raised_gamma(0.75, m) for m in (1, 2, 10, 100, 10_000)]) > 0)


def test_raised_gamma_is_what_the_same_number_of_runs_finds() -> None:
    gamma, m, alpha, power = 0.7, 12, 0.05, 0.9
    n = ((stats.norm.isf(alpha) + stats.norm.ppf(power)) / stats.norm.ppf(gamma)) ** 2
    raised = raised_gamma(gamma, m, alpha=alpha, power=power)
    # one contestant at gamma, and m of them each tested at alpha / m with P(A>B) = raised, have this power
    assert stats.norm.sf(stats.norm.isf(alpha / m) - np.sqrt(n) * stats.norm.ppf(raised)) == pytest.approx(
        power
    )
    assert raised_gamma(gamma, 1) == gamma
    assert raised_gamma(gamma, 10**9) < 1


@pytest.mark.parametrize("wrong", [{"gamma": 0.4}, {"alpha": 0.6}, {"power": 0.2}, {"n_contestants": 0}])
def test_raised_gamma_checks_its_arguments(wrong: dict[str, float]) -> None:
    with pytest.raises(StatisticsError, match=next(iter(wrong))):
        raised_gamma(**{"gamma": 0.75, "n_contestants": 3, **wrong})

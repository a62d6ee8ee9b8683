"""P(A>B) against enumeration, R 4.2.2, statsmodels and the figures of its authors."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from statsmodels.stats.descriptivestats import sign_test
from statsmodels.stats.proportion import proportion_confint

from varbench.errors import StatisticsError
from varbench.stats import clopper_pearson, prob_outperform, published_size, sample_size
from varbench.stats.outperform import CONCLUSIONS, published


def runs(wins: int, ties: int, losses: int) -> tuple[np.ndarray, np.ndarray]:
    d = np.repeat([0.1, 0.0, -0.2], [wins, ties, losses])
    return 0.7 + d, np.full(len(d), 0.7)


def test_against_r() -> None:
    # binom.test(78, 100)
    result = prob_outperform(*runs(78, 0, 22))
    assert result.pvalue == pytest.approx(1.59053284737862e-08, rel=1e-11)
    assert result.interval == pytest.approx((0.686080346213682, 0.856696423250185), rel=1e-12)
    # binom.test(5, 5), binom.test(100, 100): the published bootstrap gives [1, 1] at both
    result = prob_outperform(*runs(5, 0, 0))
    assert (result.pvalue, result.interval) == (0.0625, pytest.approx((0.478176249895019, 1.0), rel=1e-12))
    result = prob_outperform(*runs(100, 0, 0))
    assert result.interval == pytest.approx((0.963783307354824, 1.0), rel=1e-12)
    assert result.settings["published"]["interval"] == [1.0, 1.0]
    # binom.test(30, 44, conf.level=.9)
    result = prob_outperform(*runs(30, 0, 14), confidence_level=0.9)
    assert result.pvalue == pytest.approx(0.0226288412059148, rel=1e-11)
    assert result.interval == pytest.approx((0.5480741892559371, 0.7962988360365515), rel=1e-12)


@pytest.mark.parametrize(("wins", "losses"), [(0, 7), (3, 9), (12, 12), (40, 3)])
def test_against_statsmodels(wins: int, losses: int) -> None:
    result = prob_outperform(*runs(wins, 4, losses))
    assert result.pvalue == pytest.approx(sign_test(runs(wins, 4, losses)[0] - 0.7)[1], rel=1e-10)
    assert clopper_pearson(wins, wins + losses) == pytest.approx(
        proportion_confint(wins, wins + losses, method="beta"), rel=1e-10
    )


def test_ties_count_half_and_the_published_count_is_strict() -> None:
    result = prob_outperform(*runs(6, 5, 4))
    assert (result.estimate, result.statistic, result.n) == (8.5 / 15, 8.5, 15)
    assert [result.settings[name] for name in ("wins", "ties", "losses")] == [6, 5, 4]
    assert result.settings["published"]["estimate"] == 6 / 15
    # the strict count breaks the mirror: P(A>B) + P(B>A) < 1
    back = prob_outperform(*reversed(runs(6, 5, 4)))
    assert result.estimate + back.estimate == 1
    assert result.settings["published"]["estimate"] + back.settings["published"]["estimate"] == pytest.approx(
        10 / 15
    )


def test_the_published_interval_is_the_bootstrap_of_many_resamples() -> None:
    rng = np.random.default_rng(0)
    resampled = rng.choice(np.repeat([1, 0], [78, 22]), (40_000, 100)).mean(axis=1)
    assert published(78, 100)["interval"] == pytest.approx(np.percentile(resampled, [2.5, 97.5]), abs=0.0101)
    # qbinom(c(.025, .975), 100, .78) / 100
    assert published(78, 100)["interval"] == [0.70, 0.86]


@pytest.mark.parametrize(
    ("wins", "n", "conclusion"), [(55, 100, 0), (62, 100, 1), (70, 100, 2), (9, 12, 0), (10, 12, 2)]
)
def test_the_three_conclusions(wins: int, n: int, conclusion: int) -> None:
    # appendix C.6, with the bounds of R's qbinom: [.45, .65], [.52, .71], [.61, .79], [.50, 1], [.58, 1]
    assert published(wins, n)["conclusion"] == CONCLUSIONS[conclusion]


def test_the_quirk_less_precision_is_sooner_called_meaningful() -> None:
    few, many = published(18, 25), published(720, 1000)
    assert few["conclusion"] == CONCLUSIONS[2]
    assert many["conclusion"] == CONCLUSIONS[1]
    assert "less precise" in few["quirk"]


@pytest.mark.parametrize(
    ("gamma", "size"), [(0.75, 29), (0.60, 181), (0.55, 722), (0.70, 46), (0.80, 21), (0.90, 12)]
)
def test_the_published_sizes(gamma: float, size: int) -> None:
    # 29 is Bouthillier et al. 2021's; the others are Noether's formula at their gamma, worked out by hand
    assert published_size(gamma) == size
    assert sample_size(gamma, method="published") == size


def test_the_sizes_of_exact_methods_hold_their_power_from_there_on() -> None:
    for method, size, tail in (("sign_test", 44, 0.05), ("interval", 54, 0.025)):
        assert sample_size(method=method) == size
        power = []
        for n in range(size - 1, size + 60):
            k = np.arange(n + 1)
            rejecting = k[scipy.stats.binom.sf(k - 1, n, 0.5) <= tail]
            power.append(scipy.stats.binom.pmf(rejecting, n, 0.75).sum())
        assert power[0] < 0.95
        assert min(power[1:]) >= 0.95


def test_the_published_size_falls_short_for_paired_runs() -> None:
    # the sign test, one-sided .05, on 29 pairs: power .83
    n, k = 29, np.arange(30)
    rejecting = k[scipy.stats.binom.sf(k - 1, n, 0.5) <= 0.05]
    assert scipy.stats.binom.pmf(rejecting, n, 0.75).sum() == pytest.approx(0.83, abs=0.01)


@pytest.mark.parametrize("settings", [{"gamma": 0.5}, {"gamma": 1.0}, {"alpha": 0.6}, {"power": 1.0}])
def test_sizes_refuse_what_makes_no_sense(settings: dict[str, float]) -> None:
    with pytest.raises(StatisticsError, match="must lie in"):
        sample_size(**settings)
    if "gamma" in settings:
        with pytest.raises(StatisticsError, match="gamma="):
            prob_outperform([1.0], [0.0], **settings)


def test_sizes_refuse_an_unknown_method_and_a_hopeless_gamma() -> None:
    with pytest.raises(StatisticsError, match="unknown method 'signtest'; did you mean sign_test"):
        sample_size(method="signtest")
    with pytest.raises(StatisticsError, match="more than 5000"):
        sample_size(0.501)


def _least_coverage(n: int, steps: int) -> float:
    """Enumerate wins, ties and losses: the least coverage over shares and over shares of ties."""
    wins, ties = (grid.ravel() for grid in np.indices((n + 1, n + 1)))
    wins, ties = wins[wins + ties <= n], ties[wins + ties <= n]
    bounds = np.array([clopper_pearson(w + t / 2, n) for w, t in zip(wins, ties, strict=True)])
    least = 1.0
    for theta in np.linspace(0.02, 0.98, steps):
        covered = (bounds[:, 0] <= theta) & (theta <= bounds[:, 1])
        for tied in np.linspace(0, min(2 * theta, 2 - 2 * theta), 7):
            p = np.array([theta - tied / 2, tied, max(1 - theta - tied / 2, 0)])
            pmf = scipy.stats.multinomial.pmf(np.stack([wins, ties, n - wins - ties], 1), n, p / p.sum())
            least = min(least, pmf[covered].sum())
    return least


@pytest.mark.parametrize("n", [5, 10])
def test_the_interval_covers_with_ties_by_enumeration(n: int) -> None:
    assert _least_coverage(n, 25) >= 0.95


@pytest.mark.slow
@pytest.mark.parametrize("n", [20, 50])
def test_the_interval_covers_with_ties_by_enumeration_at_length(n: int) -> None:
    assert _least_coverage(n, 49) >= 0.95

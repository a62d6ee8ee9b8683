"""The joint bootstrap over seeds and cases: by hand, mirrored, and covering what it should."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as sk

from varbench.errors import StatisticsError
from varbench.stats.coded import own_order
from varbench.stats.draws import Units
from varbench.stats.joint import joint_bootstrap

RNG = np.random.default_rng(3)
Y = np.sort(RNG.integers(0, 2, 50))
A = np.round(Y + RNG.normal(size=(4, 50)) + RNG.normal(size=50), 1)
B = np.round(0.5 * Y + RNG.normal(size=(6, 50)) + RNG.normal(size=50), 1)
QUICK = {"n_resamples": 300}


def sorted_cases(y, a, b):
    order = own_order(y, *(np.column_stack([m.mean(axis=0), (m >= 0.5).sum(axis=0)]) for m in (a, b)))
    return y[order], a[:, order], b[:, order]


def aucs(y, seeds, weights):
    rows = [np.repeat(np.arange(len(w)), w) for w in weights]
    return np.array([[sk.roc_auc_score(y[r], seed[r]) for seed in seeds] for r in rows])


def test_the_published_form_draws_seeds_and_cases() -> None:
    y, a, b = sorted_cases(Y, A, B)
    rng = np.random.default_rng(1)
    weights = Units.of_cases(50).draw(60, rng)
    first, second = aucs(y, a, weights), aucs(y, b, weights)
    drawn = [rng.multinomial(n, np.full(n, 1 / n), size=60) for n in (4, 6)]
    d = (first * drawn[0]).sum(axis=1) / 4 - (second * drawn[1]).sum(axis=1) / 6
    result = joint_bootstrap(Y, A, B, interval="percentile", n_resamples=60, rng=1)
    assert result.interval == pytest.approx(np.quantile(d, [0.025, 0.975]), abs=1e-12)
    once = np.ones((1, 50), int)
    assert result.estimate == pytest.approx(aucs(y, a, once).mean() - aucs(y, b, once).mean(), abs=1e-12)
    assert result.settings["n_seeds"] == [4, 6]
    assert "small_sample" in result.notes


@pytest.mark.parametrize("paired", [False, True])
def test_the_variance_by_t_is_that_of_seeds_and_cases_what_they_share_once(paired: bool) -> None:
    other = B[:4]
    y, a, b = sorted_cases(Y, A, other)
    weights = Units.of_cases(50).draw(60, np.random.default_rng(1))
    once = np.ones((1, 50), int)
    drawn, seen = [aucs(y, m, weights) for m in (a, b)], [aucs(y, m, once)[0] for m in (a, b)]
    if paired:
        drawn, seen = [drawn[0] - drawn[1]], [seen[0] - seen[1]]
    by_seeds = [s.var(ddof=1) / 4 for s in seen]
    mean = drawn[0].mean(axis=1) - (0 if paired else drawn[1].mean(axis=1))
    shared = sum((d.var(axis=0, ddof=1).mean() - d.mean(axis=1).var(ddof=1)) / 3 for d in drawn)
    variance = sum(by_seeds) + max(0, mean.var(ddof=1) - shared)
    df = variance**2 / (sum(v**2 / 3 for v in by_seeds) + (variance - sum(by_seeds)) ** 2 / 49)
    result = joint_bootstrap(Y, A, other, paired_seeds=paired, n_resamples=60, rng=1)
    assert result.settings["standard_error"] == pytest.approx(np.sqrt(variance), rel=1e-9)
    assert result.settings["df"] == pytest.approx(df, rel=1e-9)
    t = result.estimate / np.sqrt(variance)
    assert result.pvalue == pytest.approx(2 * stats.t.sf(abs(t), df), rel=1e-9)
    assert result.ci_high - result.ci_low == pytest.approx(2 * stats.t.ppf(0.975, df) * np.sqrt(variance))


@pytest.mark.parametrize("interval", ["t", "percentile"])
@pytest.mark.parametrize("metric", ["roc_auc", "f1"])
def test_a_swap_mirrors_the_result(metric: str, interval: str) -> None:
    # Seeds of one procedure are drawn before those of the other, so that they mirror where they are paired.
    settings = {"metric": metric, "interval": interval, "threshold": 0.5, "paired_seeds": True, **QUICK}
    there, back = joint_bootstrap(Y, A, B[:4], **settings), joint_bootstrap(Y, B[:4], A, **settings)
    assert there.estimate == pytest.approx(-back.estimate, abs=1e-14)
    assert there.interval == pytest.approx((-back.ci_high, -back.ci_low), abs=1e-12)
    assert there.pvalue == pytest.approx(back.pvalue, rel=1e-12)


def test_one_procedure_alone_groups_strata_and_labels() -> None:
    groups = np.arange(50) // 2
    result = joint_bootstrap(Y, A, groups=groups, stratify=True, **QUICK)
    assert (result.n, result.unit, result.estimand, result.pvalue) == (25, "group", "E3", None)
    assert 0 <= result.ci_low < result.estimate < result.ci_high <= 1
    assert joint_bootstrap(Y, A, interval="t", **QUICK).interval != result.interval
    proba = np.random.default_rng(0).dirichlet(np.ones(3), size=(5, 60))
    several = joint_bootstrap(np.arange(60) % 3, proba, metric="f1", **QUICK)
    assert several.ci_low < several.estimate < several.ci_high


def test_identical_procedures_and_identical_seeds() -> None:
    same = joint_bootstrap(Y, A, A, paired_seeds=True, **QUICK)
    assert (same.estimate, same.pvalue, same.interval) == (0, 1, None)
    assert "constant_difference" in same.notes
    one = np.repeat(A[:1], 5, axis=0)
    result = joint_bootstrap(Y, one, **QUICK)
    assert result.settings["sd_seeds"] == 0
    assert result.settings["df"] == 49
    perfect = joint_bootstrap(Y, np.repeat(Y[None] * 1.0, 5, axis=0), **QUICK)
    assert perfect.interval is None
    assert "boundary" in perfect.notes


@pytest.mark.parametrize(
    ("args", "settings", "message"),
    [
        ((Y, A[:1]), {}, r"\[1\] seeds: at least two"),
        ((Y, A, B), {"paired_seeds": True}, r"\[4, 6\] seeds: pairs"),
        ((Y, A[0]), {}, r"\(run, case\)"),
        ((Y, A), {"interval": "bca"}, "unknown interval 'bca'"),
        ((Y * 0, A), {}, "undefined"),
    ],
)
def test_what_cannot_be_used_is_refused(args, settings, message) -> None:
    with pytest.raises(StatisticsError, match=message):
        joint_bootstrap(*args, **settings)


def test_without_pairs_nothing_is_computed() -> None:
    assert joint_bootstrap(Y, A, B, pairing="none").notes == ("not_paired",)


def seeds_of(rng, n_seeds, y, quality, case, own, effect):
    """Scores of trained seeds: each has its quality, each case its difficulty, each pair of them its noise."""
    return y * (1.2 + quality * effect) + case + own * rng.normal(size=(n_seeds, len(y)))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n_seeds", "quality", "own", "paired"), [(5, 0.8, 0.5, False), (5, 0.8, 0.3, True), (8, 0.3, 1.0, False)]
)
def test_intervals_cover_over_seeds_and_cases(n_seeds: int, quality: float, own: float, paired: bool) -> None:
    """400 data sets, two procedures that are equal over seeds and cases; Monte Carlo error .011."""
    rng = np.random.default_rng(8)
    y = np.repeat([0, 1], 50)
    covered = 0
    for _ in range(400):
        case, first, second = rng.normal(size=100), *rng.normal(size=(2, n_seeds, 1))
        second = (first + second) / np.sqrt(2) if paired else second
        a, b = (seeds_of(rng, n_seeds, y, quality, case, own, effect) for effect in (first, second))
        result = joint_bootstrap(y, a, b, paired_seeds=paired, n_resamples=300, rng=rng)
        covered += result.ci_low <= 0 <= result.ci_high
    assert 0.915 <= covered / 400 <= 0.99


@pytest.mark.slow
def test_one_procedures_interval_covers_its_population_auc() -> None:
    """The AUC over seeds and cases is known: Phi(1.2 / sqrt(2 (1 + own²) + quality²))."""
    rng = np.random.default_rng(9)
    y = np.repeat([0, 1], 60)
    truth = stats.norm.cdf(1.2 / np.sqrt(2 * (1 + 0.5**2) + 0.6**2))
    covered = 0
    for _ in range(400):
        a = seeds_of(rng, 6, y, 0.6, rng.normal(size=120), 0.5, rng.normal(size=(6, 1)))
        result = joint_bootstrap(y, a, n_resamples=300, rng=rng)
        covered += result.ci_low <= truth <= result.ci_high
    assert 0.915 <= covered / 400 <= 0.985

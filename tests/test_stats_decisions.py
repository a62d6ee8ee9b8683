"""The published simulation: error rates of a single run, an average and P(A>B), and the formulas behind them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats

from varbench.errors import StatisticsError
from varbench.stats import prob_outperform, simulate_decisions
from varbench.stats.outperform import CONCLUSIONS

NORMAL = scipy.stats.norm


@pytest.fixture(scope="module")
def rates():
    return simulate_decisions(n_simulations=2000).rates().set_index(["rule", "estimator"])


def test_error_rates_near_the_published_ones(rates) -> None:
    """Figure 6, read off: single run about 10 % and 75 %, average below 5 % and about 90 %, P(A>B) 5 % and 30 %."""
    single, average, outperform = (
        rates.loc[(rule, "ideal")] for rule in ("single", "average", "prob_outperform")
    )
    assert 0.05 < single["false_positive"] < single["at_half"] < 0.12
    assert single["at_gamma"] == pytest.approx(0.75, abs=0.03)
    assert average["at_half"] < 0.05
    assert average["at_gamma"] > 0.9
    assert average["false_negative"] > 0.75
    assert outperform["at_half"] < 0.06
    assert outperform["false_negative"] == pytest.approx(0.30, abs=0.05)


def test_it_holds_up_with_one_tuning(rates) -> None:
    for rule in ("average", "prob_outperform"):
        ideal, biased = rates.loc[(rule, "ideal")], rates.loc[(rule, "All")]
        assert biased["false_negative"] == pytest.approx(ideal["false_negative"], abs=0.05)
    assert rates.loc[("average", "All"), "false_positive"] < 0.05
    assert rates.loc[("prob_outperform", "All"), "false_positive"] < 0.15


@pytest.mark.parametrize("p", [0.4, 0.5, 0.6, 0.75, 0.9])
def test_ideal_rates_by_formula(p: float) -> None:
    k, n = 50, 20_000
    found = simulate_decisions(
        tasks=["vgg"], estimators=["ideal"], probabilities=[p], n_simulations=n, k=k, rng=1
    ).frame().set_index("rule")["detections"]  # fmt: skip
    shift = math.sqrt(2) * NORMAL.ppf(p)
    threshold = 1.9952 * math.sqrt(2) * NORMAL.ppf(0.75)
    wins = np.arange(k + 1)
    # a share counts as meaningful by the published three conclusions, taken from scores that won so often
    meaningful = [
        prob_outperform(np.r_[np.ones(w), np.zeros(k - w)], np.full(k, 0.5)).settings["published"]["conclusion"]
        == CONCLUSIONS[2]
        for w in wins
    ]  # fmt: skip
    expected = {
        "single": NORMAL.sf((threshold - shift) / math.sqrt(2)),
        "average": NORMAL.sf((threshold - shift) / math.sqrt(2 / k)),
        "prob_outperform": float(scipy.stats.binom.pmf(wins, k, p) @ np.array(meaningful, float)),
    }
    for rule, rate in expected.items():
        assert found[rule] == pytest.approx(rate, abs=4 * math.sqrt(rate * (1 - rate) / n) + 1e-9)


def test_results_repeat_and_the_global_generator_is_untouched() -> None:
    before = np.random.get_state(legacy=False)["state"]["key"].copy()  # noqa: NPY002
    first, again, other = (simulate_decisions(n_simulations=50, rng=seed).frame() for seed in (3, 3, 4))
    assert first.equals(again)
    assert not first.equals(other)
    assert (np.random.get_state(legacy=False)["state"]["key"] == before).all()  # noqa: NPY002
    assert ((first["error"] >= 0) & (first["error"] < 0.1)).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"tasks": ["vgg16"]}, "unknown task 'vgg16'; did you mean vgg"),
        ({"estimators": ["all"]}, "unknown estimator 'all'; did you mean All"),
        ({"gamma": 0.4}, "gamma=0.4"),
        ({"probabilities": [1.2]}, "probabilities lie in"),
        ({"k": 1}, "k=1"),
    ],
)
def test_what_cannot_be_simulated_is_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        simulate_decisions(**settings)

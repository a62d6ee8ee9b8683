"""Which pitfalls matter: words by the interval of an inflation and the declared margin, never by a p-value."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from synthetic import cube, leak

from varbench.stats import Design, mean_interval
from varbench.verdict import SIZES, Mattering, conclude, mattering, size_of


def result(low, high):
    design = Design("repeat", "exact", "E1", "exact", 0.95, False)
    return design.result("inflation", n=9, estimate=(low + high) / 2, interval=(low, high), settings={})


@pytest.mark.parametrize(
    ("low", "high", "margin", "expected"),
    [
        (0.03, 0.05, 0.02, "matters"),
        (0.01, 0.05, 0.02, "size_unsettled"),
        (0.02, 0.05, 0.02, "size_unsettled"),
        (-0.01, 0.01, 0.02, "negligible"),
        (0.005, 0.02, 0.02, "negligible"),
        (-0.015, -0.005, 0.02, "negligible"),
        (-0.05, -0.03, 0.02, "lowers"),
        (-0.05, -0.01, 0.02, "lowers_unsettled"),
        (-0.01, 0.05, 0.02, "not_told"),
        (-0.05, 0.05, 0.02, "not_told"),
        (0.01, 0.05, None, "inflates"),
        (-0.01, 0.05, None, "not_told"),
        (-0.05, -0.01, None, "lowers_unsettled"),
    ],
)
def test_the_size_of_an_inflation(low, high, margin, expected):
    assert size_of(result(low, high), margin) == expected
    assert expected in SIZES


def test_the_same_difference_in_every_repeat_is_known_without_an_interval():
    nothing = mean_interval([0.0, 0.0, 0.0])
    assert nothing.interval is None
    assert size_of(nothing, 0.02) == "negligible"
    assert size_of(mean_interval([0.3]), 0.02) == "not_told"
    assert size_of(None, 0.02) == "not_told"


def pitfalls(**inflations: float):
    """A cube of leaking procedures beside a clean one, 30 cohorts."""
    rng = np.random.default_rng(3)
    base = 0.7 + rng.normal(0, 0.03, 30)
    scores = {"clean": base} | {name: base + by + rng.normal(0, 0.002, 30) for name, by in inflations.items()}
    return cube(
        scores, varied=("cohort", "split"), simulated=True, margin=0.02,
        leaks={name: [] if name == "clean" else [leak("scale", "learns", code="L1.2")] for name in scores},
    )  # fmt: skip


def said(made, *names):
    return mattering([Mattering.of(name, conclude(made, name, "clean", pairing="exact")) for name in names])


def test_a_sentence_says_which_matter_and_which_do_not():
    first, second = said(
        pitfalls(scaling=0.0, selection=0.2, projecting=0.001), "scaling", "selection", "projecting"
    )
    assert first.startswith(
        "In this simulated population, of 3 pitfalls (margin 0.02 ROC AUC): what matters: selection (+0.20"
    )
    assert second.startswith("What is negligible: scaling (")
    assert "projecting (+0.00" in second
    assert mattering([]) == ()


def test_a_leak_that_is_negligible_is_said_to_be_so_and_stays_invalid():
    found = conclude(pitfalls(scaling=0.0), "scaling", "clean", pairing="exact").verdict
    assert found.row == 1
    assert found.headline == "Not a gain: the score of scaling is invalid."
    assert "That is negligible in this population: within 0.02 ROC AUC" in found.text
    assert (
        "negligible"
        not in conclude(pitfalls(selection=0.2), "selection", "clean", pairing="exact").verdict.text
    )


def test_a_leak_that_lowers_the_score_is_not_said_to_look_higher():
    text = conclude(pitfalls(projecting=-0.1), "projecting", "clean", pairing="exact").verdict.text
    assert "projecting looks 0.1" in text
    assert "lower than clean" in text
    assert "higher than clean" not in text


def test_a_p_value_changes_no_size():
    found = SimpleNamespace(estimate=0.03, interval=(0.025, 0.035), notes=(), n=9, pvalue=0.9)
    assert size_of(found, 0.02) == "matters"


def test_two_procedures_that_never_differ_are_said_to_score_the_same():
    scores = {"forest": np.full(8, 0.5), "always no": np.full(8, 0.5)}
    made = cube(scores, varied=("cohort", "split"), simulated=True, margin=0.02)
    found = conclude(made, pairing="exact").verdict
    assert found.headline == "“forest” and “always no” scored the same in each of 8 simulated cohorts."
    assert found.rung == "not_shown"

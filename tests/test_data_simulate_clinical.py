"""Simulated markers: what they promise of sizes, holes, units and signal."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from varbench.data import SimulatedClinical, load_data
from varbench.data.simulate_clinical import _structure
from varbench.errors import InputError


def test_the_default_is_known_by_its_name():
    data = load_data("simulated-clinical", seed=0)
    assert (data.n_cases, data.n_features, int(data.y.sum())) == (150, 30, 50)
    assert data.simulated
    assert data.population == SimulatedClinical()


def test_cells_are_missing_at_random_in_both_classes():
    data = SimulatedClinical(missing=0.2).sample(4000, 1)
    holes = np.isnan(data.X)
    for rows in (data.y == 0, data.y == 1):
        share = holes[rows].mean()
        assert share == pytest.approx(0.2, abs=4 * np.sqrt(0.16 / holes[rows].size))
    assert not np.isnan(SimulatedClinical(missing=0).sample(100, 1).X).any()


def test_units_are_far_apart():
    medians = np.nanmedian(np.abs(SimulatedClinical().sample(500, 1).X), axis=0)
    assert medians.max() / medians.min() > 1e4


def test_the_strength_is_the_auc_of_who_sees_the_factors():
    # Without skew and holes the mean of a family's markers, each over its unit, is its factor with noise; the best
    # observer's AUC is that of d sqrt(m / 2).
    population = SimulatedClinical(n_informative=2, strength=0.8)
    assert norm.cdf(population.shift * np.sqrt(2 / 2)) == pytest.approx(0.8)
    nothing = SimulatedClinical(strength=0.5)
    assert nothing.shift == 0


def test_the_signal_is_in_the_first_families_alone():
    data = SimulatedClinical(missing=0, n_positive=75).sample(6000, 2)
    auc = np.array([roc_auc_score(data.y, column) for column in data.X.T])
    assert (auc[:10] > 0.55).all()
    assert np.abs(auc[10:] - 0.5).max() < 0.04
    loading = _structure(SimulatedClinical(n_positive=75))[0]
    expected = norm.cdf(
        SimulatedClinical().shift * loading[:10] / np.sqrt(2)
    )  # bending is monotone on most values
    assert np.abs(auc[:10] - expected).max() < 0.05


def test_a_seed_is_a_cohort_and_fresh_cases_are_others():
    population = SimulatedClinical()
    assert population.cohort(3).hash() == population.cohort(3).hash() != population.cohort(4).hash()
    one, other = population.cohort(3).X[:, 0], population.sample(150, 3).X[:, 0]
    assert not set(one[~np.isnan(one)]) & set(other[~np.isnan(other)])
    assert population.settings()["missing"] == 0.08


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("n_positive", 0, "n_positive must be between 1 and n_cases - 1 = 149, got 0"),
        ("n_features", 0, "n_features must be 1 or greater, got 0"),
        ("strength", 1.0, r"strength must be in \[0.5, 1\), got 1.0"),
        ("missing", 1.0, r"missing must be in \[0, 1\), got 1.0"),
        ("n_informative", 7, r"n_informative must be in 1 ... 6, the number of families, got 7"),
        ("structure", -1, "structure must be 0 or greater, got -1"),
    ],
)
def test_parameters_out_of_range_are_refused(name, value, message):
    with pytest.raises(InputError, match=f"SimulatedClinical: {message}"):
        SimulatedClinical(**{name: value})

"""The simulator: the sizes it promises, a signal of the strength it states, and a population that stays the same."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from varbench.data import SimulatedRadiomics
from varbench.data.simulate import FAMILIES, SHAPE, _bent_moments, _structure
from varbench.errors import InputError

SMALL = SimulatedRadiomics(n_features=200)


def test_the_default_is_the_papers_cohort() -> None:
    data = SimulatedRadiomics().cohort(0)
    assert (data.n_cases, data.n_features, int(data.y.sum())) == (137, 1652, 24)
    assert data.simulated
    assert "imulated" in data.info["note"]


def test_names_are_pyradiomics_own() -> None:
    names = SimulatedRadiomics().cohort(0).feature_names
    assert len(set(names)) == 1652
    assert {
        "original_shape_Sphericity",
        "wavelet-LLH_glcm_Contrast",
        "log-sigma-5-0-mm-3D_ngtdm_Busyness",
    } <= set(names)
    # 14 of shape; on each of 18 images 18 + 22 + 16 + 16 + 14 + 5 = 91
    assert len(SHAPE.split()) == 14
    assert [len(text.split()) for text in FAMILIES.values()] == [18, 22, 16, 16, 14, 5]


@pytest.mark.parametrize("n_features", [1, 5, 14, 15, 105, 1653, 1800])
def test_any_number_of_features(n_features: int) -> None:
    data = SimulatedRadiomics(n_features=n_features, n_informative=1).cohort(1)
    assert data.X.shape == (137, n_features)
    assert len(set(data.feature_names)) == n_features
    assert np.isfinite(data.X).all()


def test_a_seed_is_a_cohort() -> None:
    first, again, other = (SMALL.cohort(seed) for seed in (3, 3, 4))
    assert first.hash() == again.hash()
    assert first.hash() != other.hash()
    assert first.y.tolist() != other.y.tolist()
    assert first.y.sum() == other.y.sum() == 24


def test_the_order_is_shuffled() -> None:
    assert 0 < SMALL.cohort(0).y[:69].sum() < 24


def test_fresh_cases_are_not_those_of_a_cohort() -> None:
    cohort, fresh = SMALL.cohort(5), SMALL.sample(137, seed=5)
    assert fresh.y.sum() == 24
    assert abs(np.corrcoef(cohort.X[:, 0], fresh.X[:, 0])[0, 1]) < 0.4
    assert not set(cohort.X[:, 0]) & set(fresh.X[:, 0])


@pytest.mark.parametrize(("n", "positives"), [(2, 1), (3, 1), (10, 2), (137, 24), (1000, 175), (2000, 350)])
def test_samples_keep_the_prevalence(n: int, positives: int) -> None:
    assert SMALL.sample(n, 0).y.sum() == positives  # n * 24 / 137, rounded; never a class alone


def test_a_larger_sample_is_cut_into_chunks_without_a_seam() -> None:
    X = SMALL.sample(300, 0).X
    correlation = np.corrcoef(X)
    assert np.abs(correlation[np.triu_indices(300, 1)]).max() < 0.999


def test_the_global_generator_is_untouched() -> None:
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    SMALL.sample(50, 0)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


def test_features_are_in_standard_units_of_the_population() -> None:
    X = SimulatedRadiomics(n_features=60, strength=0.5).sample(40_000, 0).X
    # four standard errors; the kurtosis of the most bent features is below 30
    np.testing.assert_allclose(X.mean(axis=0), 0, atol=4 / np.sqrt(40_000))
    np.testing.assert_allclose(X.std(axis=0), 1, atol=4 * np.sqrt(29 / 4 / 40_000))


@pytest.mark.parametrize("bend", [0.0, 0.4, 3.0])
def test_the_moments_of_a_bent_normal(bend: float) -> None:
    def power(k: int) -> float:
        halves = [
            quad(lambda z: (z * (1 + bend * max(z, 0))) ** k * norm.pdf(z), *r)[0] for r in ((-9, 0), (0, 9))
        ]
        return float(sum(halves))

    mean, deviation = _bent_moments(np.array([bend]))
    assert mean[0] == pytest.approx(power(1), abs=1e-9)
    assert deviation[0] == pytest.approx(np.sqrt(power(2) - power(1) ** 2))


def test_correlation_is_that_of_radiomics() -> None:
    """Seven real tables had a median |r| of .18 to .54; a feature's nearest neighbour had a median of .95 to .99."""
    X = SimulatedRadiomics().sample(500, 0).X[:, :400]
    r = np.abs(np.corrcoef(X.T))
    np.fill_diagonal(r, 0)
    assert 0.15 < np.median(r) < 0.5
    assert np.median(r.max(axis=0)) > 0.85


@pytest.mark.parametrize(("strength", "informative"), [(0.5, 3), (0.6, 1), (0.72, 3), (0.9, 8)])
def test_the_strength_is_the_auc_of_who_sees_the_factors(strength: float, informative: int) -> None:
    population = SimulatedRadiomics(n_features=200, strength=strength, n_informative=informative)
    y = np.repeat([0, 1], 20_000)
    structure = _structure(population)
    _, shared, _ = structure.factors(y, np.float32(population.shift), np.random.default_rng(0))
    seen = roc_auc_score(y, shared[:, structure.informative].sum(axis=1))
    assert seen == pytest.approx(
        strength, abs=4 * 0.0029
    )  # standard error of an AUC at 20,000 against 20,000
    others = np.setdiff1d(np.arange(structure.n_shared), structure.informative)
    assert roc_auc_score(y, shared[:, others].sum(axis=1)) == pytest.approx(0.5, abs=4 * 0.0029)


def test_the_signal_is_in_the_features_of_informative_blocks_alone() -> None:
    population = SimulatedRadiomics(n_features=200, strength=0.95, n_informative=2)
    data, structure = population.sample(4000, 0), _structure(population)
    carries = np.isin(structure.shared, structure.informative)
    auc = np.array([roc_auc_score(data.y, column) for column in data.X.T])
    away = np.abs(auc - 0.5)
    assert away[~carries].max() < 0.05  # about four standard errors at 701 against 3299
    assert np.median(away[carries]) > 0.1


def test_the_population_does_not_depend_on_the_seed() -> None:
    first, second = (np.corrcoef(SMALL.sample(1500, seed).X.T) for seed in (0, 1))
    upper = np.triu_indices(200, 1)
    assert np.corrcoef(first[upper], second[upper])[0, 1] > 0.95
    other = np.corrcoef(SimulatedRadiomics(n_features=200, structure=1).sample(1500, 0).X.T)
    assert np.corrcoef(first[upper], other[upper])[0, 1] < 0.7


def test_settings_tell_populations_apart() -> None:
    assert json.loads(json.dumps(SMALL.settings())) == SMALL.settings()
    changed = {"n_cases": 138, "n_positive": 25, "n_features": 201, "strength": 0.8, "n_informative": 2}
    changed |= {"block_size": 5, "structure": 1}
    for name, value in changed.items():
        other = SimulatedRadiomics(**{"n_features": 200, name: value})  # type: ignore[arg-type]
        assert other.settings() != SMALL.settings()
        assert other.cohort(0).hash() != SMALL.cohort(0).hash()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("n_positive", 0, "n_positive must be between 1 and n_cases - 1 = 136, got 0"),
        ("n_positive", 137, "n_positive must be between"),
        ("n_features", 0, "n_features must be 1 or greater, got 0"),
        ("strength", 1.0, r"strength must be in \[0.5, 1\), got 1.0"),
        ("strength", 0.4, "strength must be"),
        ("n_informative", 0, r"n_informative must be in 1 \.\.\. 20"),
        ("n_informative", 21, r"n_informative must be in 1 \.\.\. 20"),
        ("block_size", 0, "block_size must be 1 or greater"),
        ("structure", -1, "structure must be 0 or greater"),
    ],
)
def test_parameters_out_of_range_are_refused(name: str, value: float, message: str) -> None:
    with pytest.raises(InputError, match=message):
        SimulatedRadiomics(**{name: value})  # type: ignore[arg-type]


def test_a_sample_needs_two_cases() -> None:
    with pytest.raises(InputError, match="n must be 2 or greater, got 1"):
        SMALL.sample(1, 0)

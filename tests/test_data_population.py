"""The smaller simulators: what they promise of their signals, subjects and strata holds in large samples."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from varbench.data import (
    SimulatedDrift,
    SimulatedPairs,
    SimulatedSites,
    SimulatedStrata,
    SimulatedSubjects,
    load_data,
)
from varbench.errors import InputError

ALL = (SimulatedDrift, SimulatedPairs, SimulatedSites, SimulatedStrata, SimulatedSubjects)


@pytest.mark.parametrize("kind", ALL)
class TestEach:
    def test_a_seed_is_a_cohort(self, kind: Any) -> None:
        first, again, other = (kind().cohort(seed) for seed in (3, 3, 4))
        assert first.hash() == again.hash()
        assert first.hash() != other.hash()

    def test_fresh_cases_are_not_those_of_a_cohort_and_have_its_prevalence(self, kind: Any) -> None:
        cohort, fresh = kind().cohort(5), kind().sample(200, seed=5)
        assert not set(cohort.X[:, 0]) & set(fresh.X[:, 0])
        assert fresh.y.mean() == pytest.approx(cohort.y.mean(), abs=1 / 200)
        assert fresh.feature_names == cohort.feature_names

    def test_by_its_name(self, kind: Any) -> None:
        data = load_data(kind().name)
        assert data.population == kind()
        assert (data.n_cases, data.n_features) == (kind().n_cases, kind().n_features)
        json.dumps(data.population.settings())

    @pytest.mark.parametrize("wrong", [{"n_positive": 0}, {"n_cases": 6, "n_positive": 6}])
    def test_out_of_range(self, kind: Any, wrong: dict[str, int]) -> None:
        with pytest.raises(InputError, match=f"{kind.__name__}: n_positive must be between 1 and"):
            kind(**wrong)

    def test_one_fresh_case_is_too_few(self, kind: Any) -> None:
        with pytest.raises(InputError, match="n must be 2 or greater, got 1"):
            kind().sample(1, 0)


@pytest.mark.parametrize(
    ("kind", "wrong", "name"),
    [
        (SimulatedSubjects, {"effects": (0.5, 1.0)}, "effects"),
        (SimulatedSubjects, {"effects": ()}, "effects"),
        (SimulatedSubjects, {"n_recordings": 0}, "n_recordings"),
        (SimulatedSubjects, {"n_cases": 193}, "n_cases"),
        (SimulatedStrata, {"n_minority": 200}, "n_minority"),
        (SimulatedStrata, {"strength": 1.0}, "strength"),
        (SimulatedPairs, {"paired": 0.4}, "paired"),
        (SimulatedDrift, {"changed": (1.5,)}, "changed"),
        (SimulatedDrift, {"change": 13}, "change"),
        (SimulatedDrift, {"n_periods": 1, "change": 1}, "n_periods"),
        (SimulatedSites, {"confounding": 0.4}, "confounding"),
        (SimulatedSites, {"signature": -0.1}, "signature"),
        (SimulatedSites, {"n_sites": 1}, "n_sites"),
        (SimulatedPairs, {"n_pairs": 0}, "n_pairs"),
    ],
)
def test_parameters_out_of_range(kind: Any, wrong: dict[str, Any], name: str) -> None:
    with pytest.raises(InputError, match=f"{kind.__name__}: {name} must be"):
        kind(**wrong)


def intraclass(values: np.ndarray, groups: np.ndarray) -> float:
    """One-way intraclass correlation from the two mean squares, groups of one size."""
    table = np.array([values[groups == one] for one in np.unique(groups)])
    k = table.shape[1]
    between = k * table.mean(axis=1).var(ddof=1)
    within = table.var(axis=1, ddof=1).mean()
    return float((between - within) / (between + (k - 1) * within))


@pytest.mark.parametrize("panel", range(5))
def test_a_subject_effect_is_the_intraclass_correlation(panel: int) -> None:
    population = SimulatedSubjects(n_cases=6000, n_positive=3000, n_panel=2)
    data = population.cohort(1)
    values = data.X[:, 2 * panel] - population.shift * data.y  # within the classes
    assert intraclass(values, data.groups) == pytest.approx(population.effects[panel], abs=0.05)
    assert values.var() == pytest.approx(1, abs=0.12)


@pytest.mark.parametrize("panel", [0, 4])
def test_strangers_are_as_easy_in_every_panel(panel: int) -> None:
    fresh = SimulatedSubjects().sample(20_000, 0)
    assert len(set(fresh.groups)) == 20_000
    best = fresh.X[:, 20 * panel : 20 * (panel + 1)].sum(axis=1)  # the likelihood ratio rises with it
    assert roc_auc_score(fresh.y, best) == pytest.approx(0.75, abs=0.012)


def test_each_stratum_has_a_signal_of_its_own() -> None:
    data = SimulatedStrata().sample(30_000, 0)
    rare = data.batch == "minority"
    assert rare.mean() == pytest.approx(0.12, abs=1e-3)
    common, own = data.X[:, :10].sum(axis=1), data.X[:, 10:20].sum(axis=1)
    for stratum, tells, silent in ((~rare, common, own), (rare, own, common)):
        assert roc_auc_score(data.y[stratum], tells[stratum]) == pytest.approx(0.85, abs=0.02)
        assert roc_auc_score(data.y[stratum], silent[stratum]) == pytest.approx(0.5, abs=0.03)


def test_pairs_tell_together_and_not_alone() -> None:
    data = SimulatedPairs().sample(30_000, 0)
    alone, pairs = data.X[:, :2], data.X[:, 2:6]
    assert roc_auc_score(data.y, alone.sum(axis=1)) == pytest.approx(0.65, abs=0.01)
    assert roc_auc_score(data.y, pairs[:, 0] * pairs[:, 1] + pairs[:, 2] * pairs[:, 3]) == pytest.approx(
        0.95, abs=0.005
    )
    for feature in pairs.T:
        assert roc_auc_score(data.y, feature) == pytest.approx(0.5, abs=0.015)


def test_sites_differ_by_their_signature_and_classes_within_a_site_by_the_strength() -> None:
    population = SimulatedSites(n_cases=40_000, n_positive=20_000, n_sites=200, n_features=2, signature=1.5)
    data = population.cohort(1)
    site, event = data.batch, data.y == 1
    assert site is not None
    means = np.array([data.X[(site == one) & ~event].mean(axis=0) for one in np.unique(site)])
    # A site's mean is its location, and the mean of 100 cases whose scale is near 1.
    assert means.std(axis=0, ddof=1) == pytest.approx(1.5, rel=0.15)
    alike = SimulatedSites(signature=0, n_features=2).sample(40_000, 1)
    assert roc_auc_score(alike.y, alike.X.sum(axis=1)) == pytest.approx(0.8, abs=0.01)


@pytest.mark.parametrize("share", [0.5, 0.75, 1.0])
def test_the_confounding_is_the_share_of_a_class_from_one_half_of_the_sites(share: float) -> None:
    data = SimulatedSites(confounding=share).cohort(2)
    first = np.isin(data.batch, ["site_01", "site_02", "site_03"])
    assert first[data.y == 1].mean() == pytest.approx(share)
    assert first[data.y == 0].mean() == pytest.approx(1 - share)


def test_fresh_cases_are_from_new_sites_with_both_classes_in_each() -> None:
    population = SimulatedSites(confounding=1.0)
    cohort, fresh = population.cohort(3), population.sample(400, 3)
    assert not set(cohort.batch) & set(fresh.batch)
    assert {fresh.y[fresh.batch == one].mean() for one in np.unique(fresh.batch)} == {0.5}


@pytest.mark.parametrize("panel", range(5))
def test_what_tells_of_the_outcome_changes_with_the_scanner_and_not_how_much(panel: int) -> None:
    population = SimulatedDrift(n_cases=48_000, n_positive=24_000)
    data, fresh = population.cohort(4), population.sample(24_000, 4)
    columns = slice(20 * panel, 20 * panel + 20)
    old, new = (population.telling(new=one)[columns] for one in (False, True))
    assert (old * new).sum() == pytest.approx(10 * (1 - population.changed[panel]), abs=0.5)
    for rows, tells in ((data.batch < "2024-09", old), (data.batch >= "2024-09", new)):
        assert roc_auc_score(data.y[rows], data.X[rows, columns] @ tells) == pytest.approx(0.75, abs=0.015)
    assert roc_auc_score(fresh.y, fresh.X[:, columns] @ new) == pytest.approx(0.75, abs=0.015)
    assert set(fresh.batch) == {"2025-01"}


def test_a_month_has_as_many_cases_of_each_class_as_any_other() -> None:
    data = SimulatedDrift().cohort(1)
    assert {
        (data.y[data.batch == one].sum(), (data.batch == one).sum()) for one in np.unique(data.batch)
    } == {(40, 100)}

"""The border to baycomp and Stan: what goes over it, what comes back, and what is said where they are absent."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from varbench.errors import MissingExtra, StatisticsError
from varbench.stats import hierarchical as public
from varbench.stats.bayes_folds import hierarchical

A, B = np.random.default_rng(0).normal(0.8, 0.02, (2, 6, 10))


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A stand-in for baycomp that records its input."""
    seen: dict[str, Any] = {}

    def sample(x: np.ndarray, y: np.ndarray, rope: float, *, runs: int, nsamples: int) -> np.ndarray:
        seen.update(x=x, y=y, rope=rope, runs=runs, nsamples=nsamples, folder=Path.cwd())
        Path("last-sample.pickle").write_text("kept")
        return np.array([[0.7, 0.2, 0.1]] * 3 + [[0.3, 0.6, 0.1]])

    module = types.ModuleType("baycomp")
    module.HierarchicalTest = types.SimpleNamespace(sample=sample)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "baycomp", module)
    monkeypatch.setattr("varbench.stats.bayes_folds.find_spec", lambda name: True)
    return seen


def test_it_hands_over_the_folds_and_sums_up_the_draws(engine: dict[str, Any]) -> None:
    found = hierarchical(A, B, rope=0.01, runs=2, n_samples=100)
    assert (engine["x"] == A).all()
    assert (engine["y"] == B).all()
    assert (engine["rope"], engine["runs"], engine["nsamples"]) == (0.01, 2, 100)
    assert found.settings["probabilities"] == {"right": 0.75, "rope": 0.25, "left": 0.0}
    assert found.estimate == pytest.approx((3 * 0.6 + 0.2) / 4)
    assert (found.n, found.unit, found.estimand) == (6, "data set", "E4")


def test_it_leaves_nothing_in_the_working_directory(
    engine: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    hierarchical(A, B)
    assert engine["folder"] != Path.cwd() == tmp_path
    assert not list(tmp_path.iterdir())
    assert not engine["folder"].exists()


@pytest.mark.parametrize("absent", ["baycomp", "stan"])
def test_a_missing_package_is_said_with_its_cure(absent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("varbench.stats.bayes_folds.find_spec", lambda name: None if name == absent else True)
    with pytest.raises(MissingExtra, match=r"varbench\[bayes\]"):
        hierarchical(A, B)


def test_unpaired_scores_are_not_compared() -> None:
    assert hierarchical(A, B, pairing="none").notes == ("not_paired",)
    assert public is hierarchical


@pytest.mark.parametrize(
    ("a", "settings", "message"),
    [
        (A[:3], {}, r"a has shape \(3, 10\)"),
        (A[0], {}, "one row a data set"),
        (np.where(A > 0.83, np.nan, A), {}, "missing or infinite"),
        (A, {"runs": 3}, "runs=3: must divide"),
        (A, {"rope": -0.1}, "rope=-0.1"),
    ],
)
def test_input_is_checked(a: np.ndarray, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        hierarchical(a, B, **settings)

"""What is drawn: the right distribution, in chunks, the same whatever computes the values."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from varbench.errors import StatisticsError
from varbench.stats import draws
from varbench.stats.draws import Units, at_least, left_out, random_generator, resampled, seed_of

STRATA = Units(np.ones(7, np.int64), (3, 7), None, ("0", "1"))
ALIKE = Units(np.array([4, 1, 5]), (3,))


@pytest.mark.parametrize("units", [Units.of_cases(7), STRATA, ALIKE], ids=["cases", "strata", "alike"])
def test_each_stratum_keeps_its_size_and_counts_are_multinomial(units: Units) -> None:
    counts = units.draw(20_000, np.random.default_rng(1))
    for stratum in units.strata:
        size = units.size[stratum]
        total = size.sum()
        part = counts[:, stratum]
        assert (part.sum(axis=1) == total).all()
        expected = np.array([stats.binom.pmf(np.arange(total + 1), total, share) for share in size / total])
        found = np.array([np.bincount(column, minlength=total + 1) for column in part.T]) / len(part)
        assert np.abs(found - expected).max() < 5 * np.sqrt(0.25 / len(part))


def test_resamples_are_not_shared_between_seeds() -> None:
    # deepsig: the seeds 1 and 2 share 999 of 1,000 resamples
    first, second = (Units.of_cases(30).draw(1000, np.random.default_rng(seed)) for seed in (1, 2))
    shared = {row.tobytes() for row in first} & {row.tobytes() for row in second}
    assert not shared


def test_groups_are_drawn_with_all_their_cases() -> None:
    units = Units(np.ones(3, np.int64), (3,), np.array([0, 0, 1, 2, 2, 2]))
    weights = units.weights(units.draw(50, np.random.default_rng(0)))
    assert (weights[:, 0] == weights[:, 1]).all()
    assert (weights[:, 3:] == weights[:, [3]]).all()
    assert (units.n, units.n_cases) == (3, 6)
    assert units.once.tolist() == [[1] * 6]


def test_chunks_are_small_and_add_up() -> None:
    units = Units.of_cases(1000)
    sizes = [chunk.shape for chunk in units.chunks(37, np.random.default_rng(0))]
    assert sizes == [(16, 1000), (16, 1000), (5, 1000)]
    assert Units.of_cases(10**6).step == 1


def test_undefined_resamples_are_drawn_again_and_counted() -> None:
    def first_case(weights):
        return np.where(weights[:, :1] > 0, weights[:, :1], np.nan)

    found = resampled(first_case, Units.of_cases(5), 4000, np.random.default_rng(0))
    assert np.isfinite(found.values).all()
    lacking = 0.8**5  # of each draw
    assert found.redrawn == pytest.approx(4000 * lacking / (1 - lacking), rel=0.1)
    assert found.notes == ["resamples_redrawn"]
    assert found.settings == {"n_resamples": 4000, "n_redrawn": found.redrawn}
    with pytest.raises(StatisticsError, match=r"hardly ever defined.*stratify=True"):
        resampled(lambda w: np.full((len(w), 1), np.nan), Units.of_cases(5), 10, np.random.default_rng(0))


def _weighted(weights: np.ndarray) -> np.ndarray:
    return weights[:, :2] @ np.array([[1.0], [2.0]])


def test_values_do_not_depend_on_the_number_of_processes_and_progress_is_told(monkeypatch) -> None:
    monkeypatch.setattr(draws, "CELLS", 50)
    told: list[tuple[int, int]] = []
    one = resampled(_weighted, Units.of_cases(10), 12, np.random.default_rng(3))
    two = resampled(
        _weighted, Units.of_cases(10), 12, np.random.default_rng(3), 2, lambda *done: told.append(done)
    )
    assert (one.values == two.values).all()
    assert told == [(5, 12), (10, 12), (12, 12)]


def test_one_unit_of_each_stratum_is_left_out_in_turn() -> None:
    values = np.arange(7.0)

    def mean(weights):
        return (weights @ values / weights.sum(axis=1))[:, None]

    first, second = left_out(mean, STRATA)
    assert first[0][:, 0] == pytest.approx([np.delete(values, i).mean() for i in range(3)])
    assert second[0][:, 0] == pytest.approx([np.delete(values, i).mean() for i in range(3, 7)])
    found, times = left_out(lambda w: w.astype(float), ALIKE)[0]
    assert times.tolist() == [4, 1, 5]
    assert found.tolist() == [[3, 1, 5], [4, 0, 5], [4, 1, 4]]


def test_blocks_are_left_out_where_there_are_many_units(monkeypatch) -> None:
    monkeypatch.setattr(draws, "BLOCKS", 4)
    found, times = left_out(lambda w: w.astype(float), Units.of_cases(10))[0]
    assert found.shape == (4, 10)
    assert (1 - found).sum(axis=0).tolist() == [1] * 10
    assert times.tolist() == [1] * 4


@pytest.mark.parametrize("wrong", [None, -1, 1.5, "0", True])
def test_a_seed_is_needed(wrong: object) -> None:
    with pytest.raises(StatisticsError, match=r"rng=.*a seed from 0 on"):
        random_generator(wrong)


def test_a_generator_is_taken_as_it_is() -> None:
    rng = np.random.default_rng(0)
    assert random_generator(rng) is rng
    assert (seed_of(rng), seed_of(7)) == ("a generator of the caller's", 7)


@pytest.mark.parametrize("wrong", [0, -3, 2.0, True, "many"])
def test_counts_are_whole_numbers(wrong: object) -> None:
    with pytest.raises(StatisticsError, match=r"n_resamples=.*from 1 on"):
        at_least("n_resamples", wrong)

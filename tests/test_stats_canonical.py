"""Samples in an order of their own: neither their order nor which came first is left in them."""

from __future__ import annotations

import numpy as np
import pytest

from varbench.stats.canonical import PIECE, canonical, collect, drawn, pieces
from varbench.stats.samples import Samples


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize("seed", range(20))
def test_order_and_swap_leave_no_trace(seed: int, paired: bool) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 4, (2, 6)).astype(float)  # few values: ties, and often equal samples
    order = rng.permutation(6)
    there, sign = canonical(Samples(a, b, 3), paired)
    shuffled, same = canonical(Samples(a[order], b[order], 3), paired)
    back, turned = canonical(Samples(b, a, 3), paired)
    for found in (shuffled, back):
        np.testing.assert_array_equal(found.a, there.a)
        np.testing.assert_array_equal(found.b, there.b)
    assert same == sign
    assert there.dropped == 3
    if a.sum() != b.sum():
        assert turned == -sign
        assert sign * (there.a.sum() - there.b.sum()) == pytest.approx(a.sum() - b.sum())
    if paired:
        pairs = sorted(zip(there.a, there.b, strict=True))
        assert pairs == sorted(zip(a, b, strict=True) if sign > 0 else zip(b, a, strict=True))


def test_pieces_add_up_and_stay_small() -> None:
    for size in (1, 100, PIECE, 10 * PIECE):
        parts = list(pieces(1000, size))
        assert sum(parts) == 1000
        assert max(parts) * size <= max(PIECE, size)


def test_what_has_no_value_is_drawn_again_and_counted() -> None:
    rng, asked = np.random.default_rng(0), []

    def draw(count: int) -> np.ndarray:
        asked.append(count)
        values = rng.random(count)
        return np.where(values < 0.5, np.nan, values)

    values, redrawn = collect(draw, 500, 10)
    assert len(values) == 500
    assert np.isfinite(values).all()
    assert redrawn == sum(asked) - 500


def test_it_gives_up_where_nothing_has_a_value() -> None:
    values, redrawn = collect(lambda count: np.full(count, np.nan), 100, 10)
    assert (len(values), redrawn) == (0, 2000)


def test_the_settings_have_the_seed() -> None:
    assert drawn(3, 200) == {"n_resamples": 200, "rng": 3}
    assert isinstance(drawn(np.random.default_rng(3), 200)["rng"], str)

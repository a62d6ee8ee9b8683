"""Samples in an order of their own, so that draws do not depend on how they came; and draws in pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from varbench.stats.draws import seed_of
from varbench.stats.samples import Floats, Samples

#: Numbers held at a time: a few megabytes, however many resamples of however many units.
PIECE = 200_000
#: Resamples without a value are drawn again at most so often.
ATTEMPTS = 20

Rng = int | np.random.Generator


def drawn(rng: Rng, n_resamples: int) -> dict[str, Any]:
    """Give what the settings say of random draws: their number, and the seed."""
    return {"n_resamples": int(n_resamples), "rng": seed_of(rng)}


def canonical(samples: Samples, paired: bool) -> tuple[Samples, float]:
    """Put samples into an order that is theirs alone, so that equal seeds give equal results.

    Parameters
    ----------
    samples : Samples
        Two samples.
    paired : bool
        Whether ``a[i]`` belongs to ``b[i]``.

    Returns
    -------
    samples, sign : Samples, float
        The samples (or the pairs) sorted, and in places changed where `sign` is -1. Neither the order in which
        they came nor which of the two came first is left in them, so a result computed from them and turned by
        `sign` mirrors a swap exactly.

    Examples
    --------
    >>> canonical(Samples(np.array([1.0, 0.0]), np.array([2.0, 3.0]), 0), True)
    (Samples(a=array([3., 2.]), b=array([0., 1.]), dropped=0), -1.0)
    """
    there, back = _sorted(samples.a, samples.b, paired), _sorted(samples.b, samples.a, paired)
    keys = [tuple(np.sort(first)) for first, _ in (there, back)]
    if keys[0] == keys[1]:
        keys = [tuple(second) for _, second in (there, back)]
    if keys[0] >= keys[1]:
        return Samples(*there, samples.dropped), 1.0
    return Samples(*back, samples.dropped), -1.0


def _sorted(first: Floats, second: Floats, paired: bool) -> tuple[Floats, Floats]:
    if not paired:
        return np.sort(first), np.sort(second)
    order = np.lexsort((second, first))[::-1]
    return first[order], second[order]


def pieces(n_resamples: int, size: int) -> Iterator[int]:
    """Give how many resamples to draw at a time where one takes `size` numbers."""
    most = max(1, PIECE // max(1, size))
    for start in range(0, n_resamples, most):
        yield min(most, n_resamples - start)


def collect(draw: Callable[[int], Floats], n_resamples: int, size: int) -> tuple[Floats, int]:
    """Draw until there are enough values.

    Parameters
    ----------
    draw : callable
        Takes a number of resamples, gives a value for each (or a row), NaN where there is none.
    n_resamples : int
        How many values are wanted.
    size : int
        How many numbers one resample takes while it is drawn.

    Returns
    -------
    values, redrawn : ndarray, int
        The values, at most as many as wanted, and how many resamples had none and were drawn again.
    """
    found: list[Floats] = []
    kept = redrawn = 0
    for _ in range(ATTEMPTS):
        for count in pieces(n_resamples - kept, size):
            values = draw(count)
            good = ~np.isnan(values) if values.ndim == 1 else ~np.isnan(values).any(axis=1)
            found.append(values[good])
            kept, redrawn = kept + int(good.sum()), redrawn + int((~good).sum())
        if kept == n_resamples:
            break
    return np.concatenate(found), redrawn

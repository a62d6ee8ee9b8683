"""Seeds by name: the one place where randomness comes from, and the only user of SeedSequence.

A seed depends on the study's seed and on an address (source, realization, fold, step) and on nothing else,
so that more repeats, more workers, another order or a new source change no seed that was there before.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

import numpy as np

#: The fold of whatever happens before the split.
BEFORE_SPLIT = -1


@lru_cache(maxsize=1024)
def _words(name: str) -> tuple[int, int]:
    """Two 32-bit words of a name's SHA-256; always two, so that no two addresses run together."""
    digest = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:4], "little"), int.from_bytes(digest[4:8], "little")


def _sequence(study_seed: int, source: str, realization: int, fold: int, step: str) -> np.random.SeedSequence:
    address = (*_words(source), realization, fold + 1, *_words(step))
    return np.random.SeedSequence(study_seed, spawn_key=address)


def seed(study_seed: int, source: str, realization: int = 0, fold: int = BEFORE_SPLIT, step: str = "") -> int:
    """Which seed belongs to an address?

    Parameters
    ----------
    study_seed : int
        The study's seed, 0 or greater.
    source : str
        The source of variation that is drawn: ``"split"``, ``"init"``...
    realization : int
        Which draw of the source; 0 for a source that is fixed.
    fold : int
        The outer fold, -1 for what happens before the split.
    step : str
        The step's path, as ``"forest__estimator"``.

    Returns
    -------
    int
        In [0, 2**32), as scikit-learn's ``random_state`` takes it.

    Examples
    --------
    >>> seed(0, "split", 3) == seed(0, "split", 3), seed(0, "split", 3) == seed(0, "split", 4)
    (True, False)
    """
    return int(_sequence(study_seed, source, realization, fold, step).generate_state(1)[0])


def generator(
    study_seed: int, source: str, realization: int = 0, fold: int = BEFORE_SPLIT, step: str = ""
) -> np.random.Generator:
    """Give NumPy's generator for an address; parameters as in :func:`seed`.

    Returns
    -------
    numpy.random.Generator
        A fresh generator; two calls with one address give equal streams.

    Examples
    --------
    >>> bool(generator(0, "cohort").random() == generator(0, "cohort").random())
    True
    """
    return np.random.default_rng(_sequence(study_seed, source, realization, fold, step))

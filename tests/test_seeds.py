"""A seed depends on its address and on nothing else."""

from __future__ import annotations

import itertools
import random
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from varbench.seeds import BEFORE_SPLIT, generator, seed

NAMES = st.text(max_size=15)
SMALL = st.integers(0, 2**31 - 1)
FOLDS = st.integers(BEFORE_SPLIT, 1000)


def addresses():
    """As a large study asks for: 4 x 4 x 50 x 4 x 3."""
    return itertools.product(
        (0, 1, 2, 2**40),
        ("split", "init", "resample", "tune"),
        range(50),
        (BEFORE_SPLIT, 0, 1, 2),
        ("", "forest__random_state", "forest__estimator__random_state"),
    )


@settings(deadline=None)
@given(SMALL, NAMES, SMALL, FOLDS, NAMES)
def test_a_seed_is_one_that_scikit_learn_takes(study_seed, source, realization, fold, step):
    value = seed(study_seed, source, realization, fold, step)
    assert type(value) is int
    assert 0 <= value < 2**32
    np.random.RandomState(value)


@settings(deadline=None)
@given(SMALL, NAMES, SMALL, FOLDS, NAMES)
def test_an_address_has_one_seed(study_seed, source, realization, fold, step):
    address = (study_seed, source, realization, fold, step)
    assert seed(*address) == seed(*address)
    first, second = generator(*address), generator(*address)
    assert first is not second
    assert np.array_equal(first.integers(2**63, size=4), second.integers(2**63, size=4))


def test_defaults_are_the_first_realization_before_the_split():
    assert seed(3, "split") == seed(3, "split", 0, BEFORE_SPLIT, "") == seed(3, "split", 0, -1, "")


def test_addresses_do_not_share_their_seeds():
    every = [seed(*address) for address in addresses()]
    # 32 bits: among 9,600 draws one chance pair in a hundred such tables is to be expected.
    assert len(every) == 9600
    assert len(set(every)) >= len(every) - 1


def test_seeds_fill_their_range_evenly():
    every = np.array([seed(0, "init", realization) for realization in range(4000)])
    counts = np.bincount(every >> 28, minlength=16)
    assert chisquare(counts).pvalue > 1e-3
    odd = np.bincount(every & 15, minlength=16)
    assert chisquare(odd).pvalue > 1e-3


def test_the_parts_of_an_address_do_not_run_together():
    assert seed(0, "ab", 0, 0, "c") != seed(0, "a", 0, 0, "bc")
    assert seed(0, "x", 0, 0, "y") != seed(0, "y", 0, 0, "x")
    assert seed(0, "x", 1, 2) != seed(0, "x", 2, 1)
    assert seed(0, "x", 1, 0) != seed(1, "x", 0, 0)
    assert seed(0, "x", 0, -1) != seed(0, "x", 0, 0)
    assert seed(0, "x", 0, -1, "") != seed(0, "", 0, -1, "x")


def test_neither_order_nor_company_changes_a_seed():
    every = list(addresses())[:500]
    forwards = {address: seed(*address) for address in every}
    random.Random(1).shuffle(every)
    for address in every:
        generator(0, "something else").random(3)
        assert seed(*address) == forwards[address]


def test_global_generators_are_untouched():
    random.seed(4)
    np.random.seed(4)  # noqa: NPY002
    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    seed(0, "split", 1, 2, "x")
    generator(0, "split", 1, 2, "x").random(10)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before  # noqa: NPY002


def test_global_generators_do_not_matter():
    random.seed(4)
    np.random.seed(4)  # noqa: NPY002
    first = seed(0, "split")
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    assert seed(0, "split") == first


@pytest.mark.parametrize("hash_seed", ["0", "1"])
def test_another_process_has_the_same_seeds(hash_seed):
    """Python hashes text differently in each process; the addresses must not hang on that."""
    code = "from varbench.seeds import seed; print(seed(7, 'resample', 3, 1, 'smote__random_state'))"
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": ":".join(filter(None, sys.path))},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert int(result.stdout) == seed(7, "resample", 3, 1, "smote__random_state")


def test_a_generator_and_a_seed_of_one_address_are_streams_apart():
    """A study may draw from a generator and seed a library from the same address."""
    first = generator(0, "cohort").random(5)
    second = np.random.default_rng(seed(0, "cohort")).random(5)
    assert not np.array_equal(first, second)

"""How often the audit raises a false alarm on clean tables, and how often it finds a leak that was planted."""

from __future__ import annotations

import time
import zlib

import numpy as np
import pandas as pd
import pytest
from audit_examples import FEATURES, LEAKS, clean
from audit_others import other_clean, other_cohort
from scipy import stats

from varbench.audits import audit_table, read
from varbench.audits.findings import FOUND


def _alarms(kind: str, draws: range) -> list[str]:
    """Give the codes of the first alarm of each audit that has one."""
    first = []
    for draw in draws:
        frame, options = clean(kind, np.random.default_rng([7, draw, zlib.crc32(kind.encode())]))
        alarms = audit_table(read(frame, **options), seed=draw).alarms
        first += [alarms[0].code] if alarms else []
    return first


def _finds(name: str, strength: float, draws: range) -> int:
    leak = LEAKS[name]
    hits = 0
    for draw in draws:
        rng = np.random.default_rng([11, draw, zlib.crc32(name.encode())])
        frame, options = leak.plant(rng, strength)
        hits += audit_table(read(frame, **options), seed=draw).of(leak.code).alarm
    return hits


@pytest.mark.parametrize("kind", FEATURES)
def test_clean_tables_hardly_ever_raise_an_alarm(kind: str) -> None:
    assert len(_alarms(kind, range(6))) <= stats.binom.ppf(0.9999, 6, 0.05)


@pytest.mark.parametrize("name", LEAKS)
def test_a_strong_leak_is_found(name: str) -> None:
    assert _finds(name, LEAKS[name].strengths[-1], range(2)) == 2


@pytest.mark.slow
def test_at_most_one_clean_table_in_twenty_raises_an_alarm() -> None:
    alarms = [code for kind in FEATURES for code in _alarms(kind, range(1000, 1100))]
    n = 100 * len(FEATURES)
    # Held against the level itself: were the rate above it, so few alarms would be seen in one of 40 such runs.
    assert len(alarms) <= stats.binom.ppf(0.975, n, 0.05), pd.Series(alarms).value_counts().to_dict()


@pytest.mark.slow
@pytest.mark.parametrize("kind", FEATURES)
def test_no_kind_of_clean_table_is_worse(kind: str) -> None:
    assert len(_alarms(kind, range(2000, 2100))) <= stats.binom.ppf(0.999, 100, 0.05)


@pytest.mark.slow
@pytest.mark.parametrize("name", LEAKS)
def test_nine_of_ten_leaks_are_found_at_the_strength_that_is_promised(name: str) -> None:
    leak = LEAKS[name]
    for strength in (one for one in leak.strengths if one >= leak.promised):
        assert _finds(name, strength, range(100, 140)) >= 36


@pytest.mark.slow
def test_another_generator_raises_as_few_alarms() -> None:
    alarms = []
    for draw in range(400):
        frame, options = other_clean(np.random.default_rng([13, draw]))
        alarms += [one.code for one in audit_table(read(frame, **options), seed=draw).alarms[:1]]
    assert len(alarms) <= stats.binom.ppf(0.975, 400, 0.05), pd.Series(alarms).value_counts().to_dict()


@pytest.mark.slow
@pytest.mark.parametrize("name", LEAKS)
def test_leaks_are_found_in_tables_of_another_generator(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit_examples.cohort", other_cohort)
    # So few would be found in one of a hundred such runs, were it nine of ten.
    assert _finds(name, LEAKS[name].promised, range(200, 240)) >= stats.binom.ppf(0.01, 40, 0.9)


def test_a_wide_table_takes_seconds() -> None:
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(300, 1000))).add_prefix("f")
    frame = frame.join(
        pd.DataFrame({"y": np.arange(300) % 2, "site": np.arange(300) % 3, "fold": np.arange(300) % 5})
    )
    start = time.process_time()
    audit_table(read(frame, target="y", batch="site", split="fold"))
    assert time.process_time() - start < 30


def test_a_large_table_is_sampled_and_says_so() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(60_000, 6))).add_prefix("f").assign(y=rng.integers(0, 2, 60_000))
    frame.iloc[50_000:50_003, :6] = frame.iloc[10:13, :6].to_numpy()
    audit = audit_table(read(frame, target="y"))
    assert audit.of("VB101").evidence["copies"] == 3
    assert audit.of("VB101").outcome == FOUND
    assert "a sample of 5,000 of 60,000 rows" in audit.of("VB121").sentence
    assert "a sample of 2,500 rows" in audit.of("VB102").sentence

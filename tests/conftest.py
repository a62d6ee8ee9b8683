"""What every test has: a cache of its own, no data of the machine's, and real data only where it asks for them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

#: Where real data may be: the variable as it was before the tests, or a folder beside the checkout.
_NAMED = [Path(name) for name in os.environ.get("VARBENCH_DATA", "").split(os.pathsep) if name]
_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is read from, or written to, the user's cache; no folder of data is searched unasked."""
    monkeypatch.setenv("VARBENCH_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.delenv("VARBENCH_DATA", raising=False)
    monkeypatch.delenv("VARBENCH_TIMEOUT", raising=False)


@pytest.fixture
def shared_data(monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with real data, which ``load_data`` searches too; the test is skipped where there is none."""
    places = [place for place in (*_NAMED, _BESIDE) if (place / "SHA256SUMS").is_file()]
    if not places:
        pytest.skip("no real data here: name their folder with the variable VARBENCH_DATA")
    monkeypatch.setenv("VARBENCH_DATA", str(places[0]))
    return places[0]

"""Lists, facts, fetching and verifying: what `varbench data` and `varbench list data` stand on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import pytest

from varbench.data import fetch_data, list_data, load_data, show_data, verify_data
from varbench.data.cache import cached_path, lock_path
from varbench.data.registry import known_names, resolve
from varbench.errors import DataError, FetchError

CONTENT = b"a,y\n1,0\n2,1\n"


@pytest.fixture
def collection(tmp_path: Path) -> str:
    path = tmp_path / "many.toml"
    known = f'sha256 = "{hashlib.sha256(CONTENT).hexdigest()}"\nsize = {len(CONTENT)}\n'
    path.write_text(
        'access = "manual"\ninstructions = "Ask."\ntitle = "Many"\n[columns]\ntarget = "y"\n[[files]]\n'
        f'name = "{{member}}.csv"\n[[members]]\nname = "one"\n{known}[[members]]\nname = "two"\nrows = 2\n'
    )
    (tmp_path / "one.csv").write_bytes(CONTENT)
    (tmp_path / "two.csv").write_bytes(CONTENT + b"3,1\n")
    return str(path)


def test_the_list_has_every_name_and_no_other() -> None:
    rows = list_data()
    assert [row.name for row in rows] == known_names()
    assert len(rows) == len({row.name for row in rows})
    json.dumps([asdict(row) for row in rows])
    by_name = {row.name: row for row in rows}
    simulated = by_name["simulated-radiomics"]
    assert (simulated.n, simulated.p, simulated.positives, simulated.cached) == (137, 1652, 24, True)
    assert (by_name["wdbc"].n, by_name["wdbc"].p, by_name["wdbc"].positives) == (569, 30, 212)
    nsclc = by_name["radmlbench/NSCLC-Radiogenomics"]
    assert (nsclc.n, nsclc.p, nsclc.positives, nsclc.verified, nsclc.cached) == (
        144,
        105,
        23,
        "sha256",
        False,
    )
    assert by_name["radmlbench/PI-CAI"].verified == "on first use"


def test_every_listed_name_can_be_shown() -> None:
    for row in list_data():
        shown = show_data(row.name)
        assert shown["name"] == row.name
        json.dumps(shown)


def test_what_is_shown() -> None:
    hcc = show_data("HNSCC")
    assert hcc["name"] == "radmlbench/HNSCC"
    assert hcc["collection"] == "radmlbench"
    assert hcc["cached"] == [False]
    assert len(show_data("radmlbench")["members"]) == 50
    assert show_data("wdbc")["n_cases"] == 569
    with pytest.raises(DataError, match="did you mean HNSCC"):
        show_data("HNSC")


def test_fetching_a_collection_brings_all_members(collection: str, tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match=r"name alone|trusted"):
        paths = fetch_data(collection, search=tmp_path)
    assert [path.name for path in paths] == ["one.csv", "two.csv"]
    assert [path.read_bytes() for path in paths] == [CONTENT, CONTENT + b"3,1\n"]
    assert all(tmp_path not in path.parents for path in paths)
    (tmp_path / "one.csv").unlink()
    assert load_data(f"{collection}/one").n_cases == 2
    assert show_data(f"{collection}/one")["cached"] == [True]


def test_what_cannot_be_fetched(collection: str, tmp_path: Path) -> None:
    assert fetch_data("wdbc") == []
    with pytest.raises(FetchError, match="Ask"):
        fetch_data(collection)
    with pytest.raises(DataError, match="is a file of yours: there is nothing to fetch"):
        fetch_data(str(tmp_path / "one.csv"))
    with pytest.raises(DataError, match="is a file of yours"):
        verify_data(str(tmp_path / "one.csv"))


def test_verifying(collection: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def states(**how: object) -> list[str]:
        return [check.status for check in verify_data(collection, **how)]  # type: ignore[arg-type]

    assert states() == ["missing", "missing"]
    assert states(search=tmp_path) == ["ok", "unverified"]
    monkeypatch.setenv("VARBENCH_DATA", str(tmp_path))
    assert states() == ["ok", "unverified"]
    monkeypatch.delenv("VARBENCH_DATA")
    with pytest.warns(UserWarning, match=r"name alone|trusted"):
        one, two = fetch_data(collection, search=tmp_path)
    assert states() == ["ok", "unverified"]
    one.write_bytes(b"a,y\n1,0\n2,0\n")
    two.write_bytes(CONTENT)
    assert states() == ["damaged", "changed"]
    damaged = verify_data(collection)[0]
    assert damaged.expected == hashlib.sha256(CONTENT).hexdigest()
    assert damaged.actual == hashlib.sha256(b"a,y\n1,0\n2,0\n").hexdigest()
    assert damaged.path == one
    assert one.is_file()  # nothing is changed by looking


def test_verifying_everything_and_nothing() -> None:
    assert verify_data("wdbc") == []
    everything = verify_data()
    assert len(everything) >= 50
    assert {check.status for check in everything} == {"missing"}


def test_a_members_place_in_the_cache() -> None:
    made = resolve("HNSCC")
    path = cached_path(made, made.files[0])  # type: ignore[arg-type,union-attr]
    assert path.parts[-4:] == ("data", "radmlbench", "HNSCC", "HNSCC.gz")
    assert lock_path(made, made.files[0]).parent == path.parent  # type: ignore[arg-type,union-attr]

"""Several data sets at once: what is meant by a pattern, a list, a mapping or files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from varbench.data import Data, SimulatedRadiomics, is_here, is_several, members_of
from varbench.errors import DataError


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("y,f\n0,1\n1,2\n")


def table(name: str = "data") -> Data:
    return Data(
        np.eye(4), np.array([0, 1, 0, 1]), ("no", "yes"), tuple("abcd"), np.array(list("1234")), name=name
    )


@pytest.mark.parametrize(
    ("what", "several"),
    [
        ("wdbc", False),
        ("wdbc,HNSCC", True),
        ("radmlbench/*", True),
        ("radmlbench", True),
        ("HN?CC", True),
        (["wdbc"], True),
        ({"one": "wdbc"}, True),
        (table(), False),
        (SimulatedRadiomics(), False),
        (None, False),
    ],
)
def test_several_are_told_from_one(what, several):
    assert is_several(what) is several


def test_a_file_whose_name_looks_like_a_pattern_is_one(tmp_path):
    write(tmp_path, "a,b*.csv")
    assert not is_several(str(tmp_path / "a,b*.csv"))
    assert not is_several(tmp_path / "a,b*.csv")


def test_a_pattern_finds_names_in_the_order_of_the_collection_each_once():
    names = [member.name for member in members_of("HNSCC, radmlbench/H*, radmlbench/HNSCC")]
    assert names[0] == "HNSCC"
    assert len(names) == len(set(names))
    assert names[1:] == sorted(names[1:])
    assert "Head-Neck-Radiomics-HN1" in names
    assert [member.named for member in members_of("HNSCC, radmlbench/Hosny*")] == [True, False, False, False]
    assert {member.name for member in members_of("radmlbench/HN*, HNSCC") if member.named} == {"HNSCC"}
    assert len(members_of("radmlbench")) == len(members_of("radmlbench/*")) == 50


def test_files_by_a_pattern_are_sorted_and_absolute(tmp_path, monkeypatch):
    write(tmp_path, "b.csv", "a.csv", "c.txt")
    monkeypatch.chdir(tmp_path)
    found = members_of("*.csv")
    assert [member.name for member in found] == ["a", "b"]
    assert [member.source for member in found] == [str(tmp_path / "a.csv"), str(tmp_path / "b.csv")]


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path):
    write(tmp_path, "x/t.csv", "y/t.csv", "y/z/T.csv")
    names = [
        member.name
        for member in members_of([tmp_path / "x/t.csv", tmp_path / "y/t.csv", tmp_path / "y/z/T.csv"])
    ]
    assert names == ["x-t", "y-t", "z-T"]
    assert [member.name for member in members_of([table("t"), table("T")])] == ["t", "T-2"]


def test_a_mapping_gives_names_fit_for_folders():
    (one, other) = members_of({"10 % rare/odd": table(), "..": table()})
    assert (one.name, other.name) == ("10-rare-odd", "data")
    assert one.load() is one.source
    (drawn,) = members_of({"mine": SimulatedRadiomics(n_cases=30, n_positive=9, n_features=105)})
    assert drawn.load(seed=1).name == "mine"


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("radmlbensh/*", r"unknown pattern .* did you mean radmlbench/\*"),
        ("wdbc,wdbd", "did you mean wdbc"),
        ("*.csv", "a name with \\* goes into quotation marks"),
        ([], "no data set is named"),
        (",", "no data set is named"),
    ],
)
def test_what_means_nothing_is_refused(what, text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=text):
        members_of(what)


def test_here_is_what_needs_no_network(tmp_path):
    write(tmp_path, "a.csv")
    assert all(is_here(member) for member in members_of([tmp_path / "a.csv", "wdbc", table()]))
    assert not any(is_here(member) for member in members_of("radmlbench/*"))


def test_what_lies_in_a_folder_of_data_is_here(shared_data):
    here = {member.name for member in members_of("radmlbench/*") if is_here(member)}
    assert here == {path.name.removesuffix(".gz") for path in (shared_data / "radmlbench").glob("*.gz")}

"""Local folders are searched by content, and by name only where no hash is published."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

import varbench.data.local as local
from varbench.data.local import find, folders, folders_of_environment, sha256_of
from varbench.data.manifest import File
from varbench.errors import DataError

CONTENT = b"a,b\n1,2\n"
HASH = hashlib.sha256(CONTENT).hexdigest()
WANTED = File("t.csv", sha256=HASH, size=len(CONTENT))


def test_a_file_is_found_by_its_content_whatever_its_name(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (tmp_path / "t.csv").write_bytes(b"a,b\n1,3\n")
    (deep / "other-name").write_bytes(CONTENT)
    assert find(WANTED, [tmp_path]) == deep / "other-name"
    assert find(WANTED, [deep / "other-name"]) == deep / "other-name"
    assert find(WANTED, [tmp_path / "a" / "b" / ".."]) is not None
    assert find(WANTED, [tmp_path / "t.csv"]) is None


def test_without_a_hash_the_name_decides(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(CONTENT)
    (tmp_path / "t.csv").write_bytes(b"anything")
    assert find(File("t.csv"), [tmp_path]) == tmp_path / "t.csv"
    assert find(File("u.csv"), [tmp_path]) is None


def test_the_first_place_wins(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "t.csv").write_bytes(CONTENT)
    assert find(WANTED, [tmp_path / "two", tmp_path / "one"]) == tmp_path / "two" / "t.csv"


def test_only_files_of_the_right_size_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def counted(path: Path) -> str:
        read.append(path.name)
        return sha256_of(path)

    monkeypatch.setattr(local, "sha256_of", counted)
    for number in range(9):
        (tmp_path / f"{number}.csv").write_bytes(b"x" * number)
    assert find(WANTED, [tmp_path]) is None
    assert read == ["8.csv"]


def test_a_changed_file_is_hashed_anew(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(CONTENT)
    assert sha256_of(path) == HASH
    path.write_bytes(CONTENT + b"3,4\n")
    assert sha256_of(path) == hashlib.sha256(CONTENT + b"3,4\n").hexdigest()


def test_a_broken_link_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "nowhere")
    (tmp_path / "b").write_bytes(CONTENT)
    assert find(WANTED, [tmp_path]) == tmp_path / "b"


def test_places_must_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert folders(None) == []
    assert folders(str(tmp_path)) == [tmp_path]
    assert folders([tmp_path, str(tmp_path)]) == [tmp_path, tmp_path]
    with pytest.raises(DataError, match=r"--from names .*gone, which does not exist"):
        folders(tmp_path / "gone")
    monkeypatch.setenv("VARBENCH_DATA", os.pathsep.join(["", str(tmp_path), str(tmp_path / "gone")]))
    with pytest.raises(DataError, match=r"the variable VARBENCH_DATA names .*gone"):
        folders_of_environment()
    monkeypatch.setenv("VARBENCH_DATA", str(tmp_path) + os.pathsep)
    assert folders_of_environment() == [tmp_path]

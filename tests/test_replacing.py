"""A file that is replaced is the old one or the new one, never a part, and nothing is left beside it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from varbench.replacing import replacing


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_the_new_file_has_the_mode_of_any_new_file(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        with replacing(tmp_path / "new") as beside:
            beside.write_text("whole")
        (tmp_path / "plain").write_text("whole")
    finally:
        os.umask(before)
    new, plain = ((tmp_path / name).stat().st_mode for name in ("new", "plain"))
    assert stat.S_IMODE(new) == stat.S_IMODE(plain)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_where_it_fails_the_old_file_stays(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(error, match="no"):
        _half_of(path, error("no"))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def _half_of(path: Path, error: BaseException) -> None:
    with replacing(path) as beside:
        beside.write_text("hal")
        raise error


def test_until_the_end_the_old_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with replacing(path) as beside:
        beside.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="absent"), replacing(tmp_path / "absent" / "file"):
        raise AssertionError("nothing is to be written")

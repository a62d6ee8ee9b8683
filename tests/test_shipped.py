"""The files that ship with varbench are found, in a checkout and in a wheel."""

from __future__ import annotations

from pathlib import Path

import pytest

import varbench.shipped
from varbench.errors import InputError
from varbench.shipped import KINDS, shipped


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_there_and_not_empty(kind: str) -> None:
    assert list(shipped(kind).iterdir())


def test_an_unknown_kind_names_the_nearest() -> None:
    with pytest.raises(InputError, match="unknown kind of shipped file 'study'; did you mean studies"):
        shipped("study")


def test_a_wheels_own_folder_comes_before_its_neighbour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, beside = tmp_path / "varbench" / "_shipped" / "studies", tmp_path / "studies"
    inside.mkdir(parents=True)
    beside.mkdir()
    monkeypatch.setattr(varbench.shipped, "__file__", str(tmp_path / "varbench" / "shipped.py"))
    assert shipped("studies") == inside
    inside.rmdir()
    assert shipped("studies") == beside


def test_a_lost_folder_says_how_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(varbench.shipped, "__file__", str(tmp_path / "varbench" / "shipped.py"))
    with pytest.raises(InputError, match=r"no folder 'studies'.*pip install --force-reinstall"):
        shipped("studies")

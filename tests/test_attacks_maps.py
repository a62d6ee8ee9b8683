"""Folders of ClinicaDL of which a part is missing or cut off: what is left out is said."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from varbench.cli.main import main
from varbench.tables import read_maps

PREDICTIONS = Path("split-1/best-loss/test/test_image_level_prediction.tsv")
DETAILS = Path("test/group-test/results/split-1/best-mse/metrics/details.tsv")


@pytest.fixture
def maps(shared_data, tmp_path):
    for name in ("maps_1_6", "maps_2_0"):
        shutil.copytree(shared_data / "clinicadl_maps" / name, tmp_path / name)
    return tmp_path


def cut(path: Path, rows: int) -> None:
    path.write_text("".join(path.read_text().splitlines(keepends=True)[: rows + 1]))


def test_a_whole_folder_lacks_nothing(maps):
    for name in ("maps_1_6", "maps_2_0"):
        assert not [note for note in read_maps(maps / name).notes if note.startswith("Of split")]


@pytest.mark.parametrize(("name", "path"), [("maps_1_6", PREDICTIONS), ("maps_2_0", DETAILS)])
def test_a_split_without_a_file_is_named(maps, name, path, capsys):
    (maps / name / path).unlink()
    assert main(["evaluate", str(maps / name)]) == 0
    assert "Of split 1 nothing stands on test" in capsys.readouterr().out


@pytest.mark.parametrize(("name", "path"), [("maps_1_6", PREDICTIONS), ("maps_2_0", DETAILS)])
def test_a_file_that_was_cut_between_two_rows_is_named(maps, name, path, capsys):
    whole = len((maps / name / path).read_text().splitlines()) - 1
    cut(maps / name / path, 2)
    assert main(["evaluate", str(maps / name)]) == 0
    assert f"Of split 1 2 of {whole} images stand on test" in " ".join(capsys.readouterr().out.split())

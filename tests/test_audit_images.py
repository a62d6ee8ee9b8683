"""Images as rows of an audit: their waves against an independent transform, copies, look-alikes, and bad files."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from scipy import fft, ndimage, stats

import varbench as vb
from varbench.audits import audit_table, read
from varbench.audits.alike import lonely, neighbours
from varbench.audits.findings import CLEAR, ERROR, NOT_APPLICABLE, NOT_CHECKED, WARNING
from varbench.audits.images import album_of, in_grey, is_images, waves_of
from varbench.errors import DataError

RNG = np.random.default_rng(6)


def blurred(n: int, rng: np.random.Generator, size: int = 28) -> Any:
    """Independent pictures: smooth noise over one shape that they share."""
    shape = 3 * ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(size, size)), 3)
    return np.array([ndimage.gaussian_filter(one, 2) for one in rng.normal(size=(n, size, size))]) + shape


def saved(folder: Path, **arrays: Any) -> Path:
    np.savez(folder / "images.npz", **arrays)
    return folder / "images.npz"


def test_waves_are_those_of_the_discrete_cosine_transform() -> None:
    images = RNG.normal(size=(3, 20, 30))
    got = waves_of(images)
    for image, waves in zip(images, got, strict=True):
        standard = (image - image.mean()) / image.std()
        every = fft.dctn(standard, type=2) / (2 * 20 * 2 * 30)
        assert waves[:63] == pytest.approx(every[:8, :8].ravel()[1:])
        assert waves[63:] == pytest.approx([image.mean(), image.std()])


def test_a_brighter_picture_has_the_same_waves_and_a_larger_one_nearly() -> None:
    one = blurred(1, RNG)
    assert waves_of(3 * one + 10)[:, :63] == pytest.approx(waves_of(one)[:, :63])
    larger = np.kron(one[0], np.ones((2, 2)))[None]
    assert waves_of(larger)[:, :63] == pytest.approx(waves_of(one)[:, :63], abs=0.02)


def test_pictures_in_colour_and_volumes() -> None:
    assert waves_of(in_grey(RNG.normal(size=(2, 16, 16, 3)), "x")).shape == (2, 65)
    assert waves_of(in_grey(RNG.normal(size=(2, 1, 16, 16)), "x")).shape == (2, 65)
    assert waves_of(in_grey(RNG.normal(size=(2, 16, 16, 16)), "x")).shape == (2, 65)


def test_parts_and_labels_of_a_file(tmp_path: Path) -> None:
    path = saved(tmp_path, test_images=blurred(30, RNG), test_labels=np.ones((30, 1)),
                 train_images=blurred(50, RNG), train_labels=np.arange(50) % 2)  # fmt: skip
    album = album_of(path)
    frame, roles = album.frame, album.roles
    assert roles == {"target": "label", "split": "part"}
    assert frame["part"].tolist() == ["train"] * 50 + ["test"] * 30
    assert read(path).y.classes == ("0", "1")  # type: ignore[union-attr]


def test_masks_are_no_labels(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "patches.h5", "w") as stored:
        stored["images"], stored["labels"] = blurred(25, RNG)[:, None], np.zeros((25, 1, 28, 28))
    table = read(tmp_path / "patches.h5")
    assert (len(table), table.y, table.split) == (25, None, None)


def test_an_equal_image_across_the_split(tmp_path: Path) -> None:
    train, test = blurred(80, RNG), blurred(40, RNG)
    test[3] = train[7]
    labels = {"train_labels": np.arange(80) % 2, "test_labels": np.arange(40) % 2}
    audit = audit_table(read(saved(tmp_path, train_images=train, test_images=test, **labels)))
    one = audit.of("VB101")
    assert (one.severity, one.rows) == (ERROR, (8, 84))


@pytest.mark.parametrize(
    "changed",
    [lambda one: 1.2 * one - 0.4, lambda one: one + 0.02 * np.random.default_rng(0).normal(size=one.shape)],
    ids=["brighter", "noise"],
)
def test_a_picture_that_was_changed_a_little(tmp_path: Path, changed: Any) -> None:
    train, test = blurred(120, RNG), blurred(60, RNG)
    test[3] = changed(train[7])
    path = saved(tmp_path, train_images=train, test_images=test)
    one = audit_table(read(path)).of("VB106")
    assert (one.severity, one.rows, one.evidence["pairs_across"]) == (ERROR, (8, 124), 1)
    pair = vb.audit(path).frame("pairs").iloc[0]
    assert (pair["row"], pair["other"], pair["sides"]) == (8, 124, "train, test")


def test_pictures_that_look_alike_and_have_two_labels(tmp_path: Path) -> None:
    images = blurred(120, RNG)
    images[50], images[51] = 2 * images[7] + 1, 3 * images[8]
    labels = np.zeros(120, int)
    labels[[9, 11, 50]] = 1
    one = audit_table(read(saved(tmp_path, images=images, labels=labels))).of("VB106")
    assert (one.severity, one.rows) == (WARNING, (8, 9, 51, 52))
    assert "2 pairs of images" in one.sentence
    assert "1 of the pairs has two labels" in one.sentence


def test_independent_pictures_do_not_look_alike(tmp_path: Path) -> None:
    alarms = 0
    for seed in range(40):
        images = blurred(100, np.random.default_rng([seed, 1]))
        alarms += float(lonely(neighbours(waves_of(images)[:, :63]))[0].min()) <= 0.05
    assert alarms <= stats.binom.ppf(0.999, 40, 0.05)


def test_neighbours_of_other_groups_alone() -> None:
    X, groups = RNG.normal(size=(30, 3)), np.arange(30) // 3
    near = neighbours(X, groups, k=5)
    assert (groups[near.row] != groups[:, None]).all()
    assert (np.diff(near.distance, axis=1) >= 0).all()
    every = np.linalg.norm(X[:, None] - X[None], axis=2)
    assert near.distance == pytest.approx(np.take_along_axis(every, near.row, axis=1))


def test_a_table_has_no_images_and_few_images_are_not_checked(tmp_path: Path) -> None:
    few = audit_table(read(saved(tmp_path, images=blurred(40, RNG))))
    assert few.of("VB106").outcome == NOT_CHECKED
    assert few.of("VB101").outcome == CLEAR
    import pandas as pd

    table = pd.DataFrame(RNG.normal(size=(90, 3)))
    assert audit_table(read(table)).of("VB106").outcome == NOT_APPLICABLE


def test_an_array_of_objects_is_never_read(tmp_path: Path) -> None:
    trap = tmp_path / "ran"

    class Trap:
        def __reduce__(self) -> Any:
            return (trap.touch, ())

    assert pickle.dumps(Trap())
    objects = np.empty((30, 1, 1), dtype=object)
    objects[:] = Trap()
    np.savez(tmp_path / "bad.npz", images=objects)
    with pytest.raises(DataError, match=r"bad.npz: images holds Python objects, which run code"):
        vb.audit(tmp_path / "bad.npz")
    assert not trap.exists()


def test_bad_files_are_told(tmp_path: Path) -> None:
    assert not is_images(tmp_path / "nothing.npz")
    broken = blurred(20, RNG)
    broken[4, 2, 2] = np.nan
    with pytest.raises(DataError, match="an image has a value that is not finite"):
        vb.audit(saved(tmp_path, images=broken))
    with pytest.raises(DataError, match="labels has 3 values for 20 images"):
        vb.audit(saved(tmp_path, images=blurred(20, RNG), labels=np.arange(3)))
    (tmp_path / "torn.npz").write_bytes(b"PK nonsense")
    with pytest.raises(DataError, match=r"torn.npz cannot be read"):
        vb.audit(tmp_path / "torn.npz")


def test_pictures_of_ultrasound_that_are_nearly_the_same(shared_data: Path) -> None:
    audit = audit_table(read(shared_data / "medmnist" / "breastmnist.npz"))
    assert audit.of("VB101").evidence["across"] == 2
    assert audit.of("VB106").severity == ERROR
    assert audit.of("VB106").evidence["pairs_across"] > 50
    assert audit_table(read(shared_data / "medmnist" / "adrenalmnist3d.npz")).of("VB106").outcome == CLEAR


def test_patches_of_nobody(shared_data: Path) -> None:
    audit = audit_table(read(shared_data / "msd_lung_patches" / "val_patches.h5"))
    assert audit.of("VB114").severity == WARNING

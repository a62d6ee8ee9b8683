"""Images that were turned, mirrored or shifted: found wherever they lie, and independent ones are not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from varbench.audits import audit_table, read
from varbench.audits.album import Album, joined, shown, shrunk
from varbench.audits.findings import CLEAR, ERROR, NOT_APPLICABLE, NOT_CHECKED, WARNING
from varbench.audits.moved import FARTHEST, WAYS, moved, said

#: Every way a picture can be changed so that it lies otherwise, by what the finding says.
TURNED: dict[str, Any] = {
    "mirrored": lambda one: one[:, ::-1],
    "mirrored upside down": lambda one: one[::-1],
    "turned 90°": lambda one: one.T[::-1],
    "turned 180°": lambda one: one[::-1, ::-1],
    "mirrored, turned 90°": lambda one: one.T,
}


def fields(n: int, seed: int, size: int = 40) -> Any:
    """Independent pictures of smooth noise."""
    noise = np.random.default_rng(seed).normal(size=(n, size, size))
    return np.array([ndimage.gaussian_filter(one, 2) for one in noise])


def saved(folder: Path, **arrays: Any) -> Path:
    np.savez(folder / "images.npz", **arrays)
    return folder / "images.npz"


def of(path: Path) -> Any:
    return audit_table(read(path), checks=["VB101", "VB106", "VB107"])


@pytest.mark.parametrize("how", list(TURNED))
def test_a_turned_picture_across_the_split(tmp_path: Path, how: str) -> None:
    train, test = fields(120, 1), fields(60, 2)
    test[3] = TURNED[how](train[7])
    audit = of(saved(tmp_path, train_images=train, test_images=test))
    one = audit.of("VB107")
    assert (one.severity, one.rows, one.evidence["pairs_across"]) == (ERROR, (8, 124), 1)
    assert f"1 pair of images is the same picture, moved: 1 {how}." in one.sentence
    assert audit.of("VB106").outcome == audit.of("VB101").outcome == CLEAR


@pytest.mark.parametrize(("down", "right"), [(0, 2), (-3, 1), (4, -4)])
def test_a_shifted_picture(tmp_path: Path, down: int, right: int) -> None:
    """Two frames of one larger picture, as a camera that moved would give them."""
    whole = fields(1, 5, 60)[0]
    images = fields(150, 3)
    images[10], images[90] = whole[10:50, 10:50], whole[10 + down : 50 + down, 10 + right : 50 + right]
    audit = of(saved(tmp_path, images=images))
    (one,) = audit.alarms  # a shift by a twentieth of the side may be seen without any
    assert (one.severity, one.rows) == (WARNING, (11, 91))
    if max(abs(down), abs(right)) > 2:
        assert one.code == "VB107"
        assert "1 pair of images is the same picture, moved: 1 shifted." in one.sentence


def test_how_far_a_picture_was_shifted() -> None:
    whole = fields(1, 5, 72)[0]
    small = fields(30, 4, 32).astype(np.float32)
    small[0], small[1] = whole[20:52, 20:52], whole[17:49, 22:54]
    near = moved(small, k=5)
    assert (near.row[0, 0], near.way[0, 0], near.shift[0, 0].tolist()) == (1, 0, [-3.0, 2.0])
    assert (near.row[1, 0], near.shift[1, 0].tolist()) == (0, [3.0, -2.0])
    assert near.distance[0, 0] < 0.01 * near.distance[0, 1]


def test_every_way_is_told_from_the_others() -> None:
    one = fields(1, 6, 32)[0]
    for way, (mirrored, quarters) in enumerate(WAYS):
        other = np.rot90(one[:, ::-1] if mirrored else one, quarters)
        small = np.concatenate([other[None], one[None], fields(20, 7, 32)]).astype(np.float32)
        near = moved(small, k=3)
        assert (near.row[0, 0], near.way[0, 0]) == (1, way)
        assert near.distance[0, 0] < 1e-2 * near.distance[0, 1]


def test_the_distance_is_that_of_the_pixels() -> None:
    """The least distance of the window's waves over all whole shifts, by brute force."""
    small = fields(8, 8, 32).astype(np.float32)
    near = moved(small, k=7)
    size = 32 - 2 * FARTHEST

    def window(picture: Any, y: int, x: int) -> Any:
        cut = picture[FARTHEST + y : FARTHEST + y + size, FARTHEST + x : FARTHEST + x + size]
        return (cut - cut.mean()) / cut.std()

    for i in range(8):
        for place, j in enumerate(near.row[i].tolist()):
            lies = WAYS[near.way[i, place]]
            turned = np.rot90(small[j][:, ::-1] if lies[0] else small[j], lies[1])
            y, x = near.shift[i, place]
            if y != int(y) or x != int(x):
                continue
            apart = np.linalg.norm(window(small[i], int(y), int(x)) - window(turned, 0, 0)) / size
            others = [
                np.linalg.norm(window(small[i], a, b) - window(np.rot90(w, q), 0, 0)) / size
                for w in (small[j], small[j][:, ::-1]) for q in range(4)
                for a in range(-FARTHEST, FARTHEST + 1) for b in range(-FARTHEST, FARTHEST + 1)
            ]  # fmt: skip
            assert apart <= 1.35 * min(others)


def test_an_augmented_set_is_found_whole(tmp_path: Path) -> None:
    originals = fields(40, 9)
    images = np.array([turn(one) for one in originals for turn in (lambda a: a, *TURNED.values())])
    order = np.random.default_rng(0).permutation(len(images))
    one = of(saved(tmp_path, images=images[order])).of("VB107")
    assert one.evidence["pairs"] == 40 * 6 * 5 // 2
    assert len(one.rows) == 240


def test_pictures_that_are_alike_as_they_lie_are_told_once(tmp_path: Path) -> None:
    images = fields(150, 10)
    images[20] = 1.3 * images[4] + 0.1
    audit = of(saved(tmp_path, images=images))
    assert audit.of("VB106").rows == (5, 21)
    assert audit.of("VB107").outcome == CLEAR


def test_pictures_of_one_group_are_not_held_against_each_other() -> None:
    small = fields(60, 11, 32).astype(np.float32)
    small[1] = small[0][:, ::-1]
    groups = np.arange(60) // 2
    assert moved(small, k=5).row[0, 0] == 1
    near = moved(small, groups, k=5)
    assert (groups[near.row] != groups[:, None]).all()


def blobs(n: int, seed: int) -> Any:
    """Pictures that are nearly their own mirror images."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:32, :32]
    middles, widths = rng.normal(16, 3, (n, 2)), rng.uniform(2, 8, n)
    return np.array([
        np.exp(-((y - a) ** 2 + (x - b) ** 2) / (2 * w**2)) for (a, b), w in zip(middles, widths, strict=True)
    ])  # fmt: skip


@pytest.mark.parametrize("kind", [fields, blobs], ids=["noise", "symmetric"])
def test_independent_pictures_raise_no_alarm(tmp_path: Path, kind: Any) -> None:
    alarms = 0
    for seed in range(12):
        alarms += of(saved(tmp_path, images=kind(100, 100 + seed))).of("VB107").alarm
    assert alarms <= 3  # at most 5 % each: 4 or more of 12 have a probability of .002


@pytest.mark.slow
def test_independent_radiographs_raise_no_alarm(shared_data: Path, tmp_path: Path) -> None:
    stored = np.load(shared_data / "medmnist" / "pneumoniamnist.npz")["train_images"]
    different = np.unique(stored, axis=0)
    alarms = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        images = different[rng.choice(len(different), 300, replace=False)]
        alarms += of(saved(tmp_path, images=images)).of("VB107").alarm
    assert alarms <= 4


def test_volumes_and_few_pictures(tmp_path: Path) -> None:
    volumes = np.random.default_rng(0).normal(size=(90, 8, 8, 8))
    assert of(saved(tmp_path, images=volumes)).of("VB107").outcome == NOT_APPLICABLE
    assert of(saved(tmp_path, images=fields(40, 1))).of("VB107").outcome == NOT_CHECKED


def test_empty_pictures_are_no_copies_of_anything(tmp_path: Path) -> None:
    images = fields(150, 12)
    images[5], images[6] = 0.0, 1.0
    assert of(saved(tmp_path, images=images)).of("VB107").outcome == CLEAR


# Small pictures, and those that are shown


def test_a_small_picture_keeps_the_mean_and_the_place() -> None:
    image = np.zeros((1, 96, 96))
    image[0, 30:33, 60:63] = 9.0
    small = shrunk(image)[0]
    assert np.unravel_index(small.argmax(), small.shape) == (10, 20)
    assert small.sum() == pytest.approx(9.0, rel=0.02)
    assert shrunk(np.full((1, 5, 200), 3.0)) == pytest.approx(np.full((1, 32, 32), 3.0))


def test_what_is_shown_are_bytes() -> None:
    assert shown(np.array([[0.0, 5.0], [10.0, 2.5]])).tolist() == [[0, 127], [255, 63]]
    assert shown(np.full((2, 2), 7.0)).tolist() == [[0, 0], [0, 0]]


def test_albums_behind_each_other(tmp_path: Path) -> None:
    first, second = (read(saved(tmp_path, images=fields(n, n))).album for n in (20, 30))
    assert isinstance(first, Album)
    assert isinstance(second, Album)
    whole = joined([first, first])
    assert (len(whole), whole.small.shape) == (40, (40, 32, 32))
    assert whole.pictures([3, 23])[0] == whole.pictures([3])[0] == whole.pictures([23])[0]


def test_words() -> None:
    assert said(0, np.array([0.0, 0.5])) == "shifted"
    assert said(5, np.array([1.0, 0.0])) == "mirrored, turned 90°, shifted"

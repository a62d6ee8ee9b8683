"""A folder of pictures as the rows of an audit: what is read from where, and what is left out and said."""

from __future__ import annotations

import io
import os
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

import varbench as vb
from varbench.audits import audit_table, read
from varbench.audits.folder import is_folder
from varbench.audits.images import in_grey, waves_of
from varbench.cli import main
from varbench.errors import DataError

HOSTILE = "<img src=x onerror=alert(1)>.png"


def drawn(n: int, seed: int = 0, size: int = 24) -> Any:
    """Independent pictures, as bytes."""
    noise = np.random.default_rng(seed).normal(size=(n, size, size))
    return (
        np.array([128 + 600 * ndimage.gaussian_filter(one, 2) for one in noise]).clip(0, 255).astype(np.uint8)
    )


def save(place: Path, picture: Any) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(place)
    return place


@pytest.fixture
def by_class(tmp_path: Path) -> Path:
    for number, one in enumerate(drawn(60)):
        save(tmp_path / "set" / ("well" if number % 3 else "ill") / f"{number:02}.png", one)
    return tmp_path / "set"


def notes(path: Path, **named: Any) -> str:
    table = read(path, **named)
    assert table.album is not None
    return " ".join(table.album.notes)


# Where the class, the split and the rest come from


def test_a_folder_for_each_class(by_class: Path) -> None:
    table = read(by_class)
    assert (len(table), table.name, table.split) == (60, "set", None)
    assert table.y is not None
    assert table.y.classes == ("ill", "well")
    assert np.bincount(table.y.codes).tolist() == [20, 40]
    assert table.album is not None
    assert table.album.names[0] == "ill/00.png"
    assert notes(by_class) == ""


def test_pictures_have_the_waves_of_their_pixels(by_class: Path) -> None:
    table = read(by_class)
    with Image.open(by_class / "ill" / "00.png") as picture:
        expected = waves_of(in_grey(np.asarray(picture)[None], "x"))[0]
    assert table.X.iloc[0].to_numpy() == pytest.approx(expected)


def test_folders_of_sides_and_in_them_of_classes(tmp_path: Path) -> None:
    for number, one in enumerate(drawn(40)):
        save(tmp_path / ("train" if number < 30 else "Test") / "ab"[number % 2] / f"{number}.png", one)
    table = read(tmp_path)
    assert table.split is not None
    assert table.y is not None
    assert (table.split.names, table.split.named, table.y.classes) == (("train", "Test"), True, ("a", "b"))
    assert np.bincount(table.split.codes).tolist() == [30, 10]


def test_two_folders_are_two_sides(tmp_path: Path, by_class: Path) -> None:
    save(tmp_path / "other" / "ill" / "x.png", drawn(1, 5)[0])
    save(tmp_path / "other" / "well" / "same.png", np.asarray(Image.open(by_class / "well" / "01.png")))
    table = read([by_class, tmp_path / "other"])
    assert table.split is not None
    assert table.split.sizes.tolist() == [60, 2]
    one = audit_table(table, checks=["VB101"]).of("VB101")
    assert one.severity == "error"
    assert table.album is not None
    assert {table.album.names[row - 1] for row in one.rows} == {"well/01.png", "well/same.png"}


def labelled(folder: Path, lines: list[str], n: int = 30) -> Path:
    for number, one in enumerate(drawn(n)):
        save(folder / f"{number:02}.png", one)
    (folder / "labels.csv").write_text("\n".join(lines), encoding="utf-8")
    return folder


def test_a_table_of_labels(tmp_path: Path) -> None:
    lines = ["file,label,patient,split,site,age"]
    lines += [
        f"{n:02}.png,{'yn'[n % 2]},p{n // 2},{'test' if n > 19 else 'train'},{'AB'[n % 3 == 0]},{40 + n}"
        for n in range(30)
    ]
    table = read(labelled(tmp_path, lines))
    assert table.roles == {"target": "label", "split": "split", "group": "patient", "batch": "site"}
    assert table.y is not None
    assert table.y.classes == ("n", "y")
    assert "age" in table.X.columns
    assert table.X["age"].tolist() == [40.0 + n for n in range(30)]
    assert audit_table(table, checks=["VB111"]).of("VB111").outcome == "clear"
    assert "Columns of labels.csv by their use: target 'label'" in notes(tmp_path)


def test_columns_of_the_table_are_named_as_those_of_any_table(tmp_path: Path) -> None:
    lines = ["picture,grade,who", *(f"./{n:02}.png,{n % 2},p{n // 3}" for n in range(30))]
    table = read(labelled(tmp_path, lines), target="grade", group="who")
    assert table.roles == {"target": "grade", "group": "who"}
    assert len(np.unique(table.groups)) == 10  # type: ignore[arg-type]
    with pytest.raises(DataError, match="unknown column 'grades'"):
        read(tmp_path, target="grades")


def test_a_table_of_labels_below_folders_of_classes(by_class: Path) -> None:
    rows = [f"{'well' if n % 3 else 'ill'}\\{n:02}.png,p{n // 2}" for n in range(60)]
    (by_class / "labels.csv").write_text("\n".join(["file,patient", *rows]), encoding="utf-8")
    table = read(by_class)
    assert table.y is not None
    assert (table.y.classes, table.y.codes[:4].tolist()) == (("ill", "well"), [0, 1, 1, 0])
    assert table.roles["group"] == "patient"


# What does not fit


def test_files_without_a_row_and_rows_without_a_file_are_counted(tmp_path: Path) -> None:
    lines = ["file,label", *(f"{n:02}.png,{n % 2}" for n in range(25)), "../secret.png,0", "gone.png,1"]
    labelled(tmp_path, lines)
    assert len(read(tmp_path)) == 25
    said = notes(tmp_path)
    assert "Left out: 2 rows of labels.csv without a picture, the first is '../secret.png'." in said
    assert "Left out: 5 pictures without a row in labels.csv, the first is '25.png'." in said


def test_a_name_that_stands_twice_in_the_table(tmp_path: Path) -> None:
    lines = ["file,label", *(f"{n:02}.png,{n % 2}" for n in range(30)), "03.png,0"]
    with pytest.raises(DataError, match=r"labels.csv: '03.png' stands in rows 4 and 31"):
        read(labelled(tmp_path, lines))


def test_a_name_that_is_in_several_folders(by_class: Path) -> None:
    save(by_class / "well" / "00.png", drawn(1, 9)[0])
    (by_class / "labels.csv").write_text("file,label\n00.png,1\n01.png,0\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"'00.png' is the name of pictures in several folders.*'ill/00.png'"):
        read(by_class)


def test_a_table_that_names_no_picture(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no column has names of the 30 pictures"):
        read(labelled(tmp_path, ["id,label", "a,1", "b,0"]))


def test_a_column_that_an_audit_measures_itself(tmp_path: Path) -> None:
    lines = ["file,label,mean", *(f"{n:02}.png,{n % 2},{n}" for n in range(30))]
    with pytest.raises(DataError, match="the column 'mean' has the name of what an audit measures"):
        read(labelled(tmp_path, lines))


def test_one_class(tmp_path: Path) -> None:
    for number, one in enumerate(drawn(25)):
        save(tmp_path / "well" / f"{number}.png", one)
    assert read(tmp_path).y is None
    assert "All classified pictures lie in one folder, 'well'" in notes(tmp_path)
    lines = ["file,label", *(f"well/{n}.png,1" for n in range(25))]
    (tmp_path / "labels.csv").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(DataError, match="every one of the 25 rows is '1'"):
        read(tmp_path)


def test_pictures_beside_the_folders_of_classes(by_class: Path) -> None:
    save(by_class / "loose.png", drawn(1, 4)[0])
    assert len(read(by_class)) == 60
    assert "Left out: 1 picture in no folder of a class, 'loose.png'." in notes(by_class)


# Files that are not what they seem


def png_of(width: int, height: int) -> bytes:
    """A picture of some size whose pixels are not even there."""
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x00\x00\x00\x00"
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b"")]
    whole = b"\x89PNG\r\n\x1a\n"
    for kind, body in parts:
        whole += len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")
    return whole


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"hello", "torn, or no picture"),
        (b"", "torn, or no picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "torn, or no picture"),
        (png_of(20_000, 20_000), "of more pixels than is safe to unpack"),
        (png_of(10_000, 10_000), "of more pixels than is safe to unpack"),
        (png_of(0, 5), "torn, or no picture"),
    ],
    ids=["text", "empty", "another format", "bomb", "smaller bomb", "no pixels"],
)
def test_a_file_that_is_no_picture_is_left_out_and_named(by_class: Path, content: bytes, why: str) -> None:
    (by_class / "well" / "odd.png").write_bytes(content)
    assert len(read(by_class)) == 60
    assert f"Left out: 1 file ({why}), 'well/odd.png'." in notes(by_class)


def test_a_pipe_is_not_waited_for(by_class: Path) -> None:
    os.mkfifo(by_class / "well" / "pipe.png")
    assert "(torn, or no picture), 'well/pipe.png'" in notes(by_class)


def test_of_several_pages_the_first_is_read(by_class: Path) -> None:
    pages = [Image.fromarray(one) for one in drawn(3, 8)]
    pages[0].save(by_class / "ill" / "stack.tif", save_all=True, append_images=pages[1:])
    table = read(by_class)
    assert table.album is not None
    row = table.album.names.index("ill/stack.tif")
    assert table.X.iloc[row][:65].to_numpy(float) == pytest.approx(waves_of(in_grey(drawn(3, 8)[:1], "x"))[0])
    assert "Of these the first page is read: 1 file with several pages, 'ill/stack.tif'." in notes(by_class)


def test_a_name_that_is_no_text(by_class: Path, tmp_path: Path) -> None:
    odd = os.fsencode(by_class / "well") + b"/\xff.png"
    Path(os.fsdecode(odd)).write_bytes((by_class / "ill" / "00.png").read_bytes())
    assert main(["audit", str(by_class), "--to", "html,json,csv,md", "--out", str(tmp_path / "out")]) == 0
    assert "VB101" in (tmp_path / "out" / "audit.json").read_text(encoding="utf-8")


def test_a_torn_picture(by_class: Path) -> None:
    whole = (by_class / "well" / "01.png").read_bytes()
    (by_class / "well" / "01.png").write_bytes(whole[: len(whole) // 2])
    assert len(read(by_class)) == 59
    assert "(torn, or no picture), 'well/01.png'" in notes(by_class)


def test_values_that_are_not_finite(by_class: Path) -> None:
    picture = drawn(1)[0].astype(np.float32)
    picture[3, 3] = np.nan
    Image.fromarray(picture).save(by_class / "ill" / "real.tif")
    assert "1 file (with values that are not finite), 'ill/real.tif'" in notes(by_class)


def test_nothing_that_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no")
    (tmp_path / "scan.dcm").write_bytes(b"no")
    assert is_folder(tmp_path)
    with pytest.raises(DataError, match=r"there is no picture that can be read.*DICOM"):
        read(tmp_path)


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path, by_class: Path) -> None:
    outside = save(tmp_path / "elsewhere" / "secret.png", drawn(1, 3)[0])
    (by_class / "well" / "link.png").symlink_to(outside)
    (by_class / "more").symlink_to(outside.parent)
    (by_class / "well" / "round").symlink_to(by_class)
    table = read(by_class)
    assert len(table) == 60
    assert "Not followed: 2 links out of the folder, the first is 'more'." in notes(by_class)


def test_a_link_within_the_folder_is_a_copy(by_class: Path) -> None:
    (by_class / "well" / "again.png").symlink_to(by_class / "well" / "01.png")
    assert len(audit_table(read(by_class), checks=["VB101"]).of("VB101").rows) == 2


def test_hidden_files_and_what_is_no_image_are_passed_over(by_class: Path) -> None:
    for name in (".DS_Store", "._00.png", "readme.txt", "Thumbs.db"):
        (by_class / "ill" / name).write_bytes(b"x")
    (by_class / "__MACOSX").mkdir()
    (by_class / "__MACOSX" / "00.png").write_bytes(b"x")
    assert notes(by_class) == ""


def test_images_of_other_formats_are_said_to_be_unread(by_class: Path) -> None:
    for name in ("a.dcm", "b.nii.gz"):
        (by_class / "ill" / name).write_bytes(b"x")
    assert "Left out: 2 images in a format that is not read (DICOM, NIfTI...)" in notes(by_class)


def test_sizes_and_modes_that_tell_the_class(tmp_path: Path) -> None:
    for number, one in enumerate(drawn(60)):
        ill = number % 2 == 0
        save(
            tmp_path / ("ill" if ill else "well") / f"{number}.png",
            np.stack([one] * 3, -1) if ill else one[:20],
        )
    audit = audit_table(read(tmp_path), checks=["VB121"])
    assert set(audit.of("VB121").columns) == {"height", "mode"}
    assert "The files differ: 2 heights, 2 modes." in notes(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p.convert("RGB"), lambda p: p.convert("P"), lambda p: p.convert("LA"), lambda p: p.convert("RGBA"),
        lambda p: Image.fromarray(np.asarray(p).astype(np.uint16) * 200), lambda p: p.convert("F"),
        lambda p: p.convert("CMYK"),
    ],
    ids=["RGB", "palette", "grey with alpha", "RGBA", "16 bits", "real", "CMYK"],
)  # fmt: skip
def test_a_picture_in_another_mode_has_the_same_waves(by_class: Path, change: Any) -> None:
    with Image.open(by_class / "ill" / "00.png") as picture:
        change(picture).save(by_class / "ill" / "00 changed.tif")
    table = read(by_class)
    waves = table.X[[c for c in table.X if c.startswith("wave")]].to_numpy(float)
    assert table.album is not None
    at = [table.album.names.index(f"ill/{name}") for name in ("00.png", "00 changed.tif")]
    assert waves[at[0]] == pytest.approx(waves[at[1]], abs=0.01)
    assert len(table.album.pictures(at)) == 2


# What is shown


def test_a_pair_is_shown_as_two_pictures_with_their_names(by_class: Path) -> None:
    with Image.open(by_class / "ill" / "00.png") as picture:
        picture.save(by_class / "well" / HOSTILE)
    answer = vb.audit(by_class, names=True)
    assert answer.pictures[0].kind == "image_pairs"
    assert "and the first" not in answer.pictures[0].alt
    one = answer.frame("pair_pictures").iloc[0]
    assert (one["file"], one["other_file"], one["said"]) == (
        "ill/00.png",
        f"well/{HOSTILE}",
        "equal, two classes",
    )
    assert one["picture"] == one["other picture"]
    import base64

    with Image.open(io.BytesIO(base64.b64decode(one["picture"].partition(",")[2]))) as seen:
        assert np.array_equal(np.asarray(seen), drawn(60)[0])
    from varbench.report import FORMS

    page = str(FORMS["html"].write(answer))
    assert "data:image/png;base64," in page
    assert "<img" not in page
    assert str(by_class) not in page


def test_names_of_files_stand_in_no_report_unless_they_are_asked_for(
    by_class: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Image.open(by_class / "ill" / "00.png") as picture:
        picture.save(by_class / "well" / "Mrs Miller.png")
    pages = {}
    for names in ([], ["--names"]):
        out = tmp_path / f"out{len(names)}"
        assert main(["audit", str(by_class), *names, "--to", "html,csv,json,md", "--out", str(out)]) == 0
        files = [path for path in out.rglob("*") if path.is_file()]
        pages[bool(names)] = "".join([capsys.readouterr().out, *(path.read_text() for path in files)])
    assert "Mrs Miller" in pages[True]
    assert "Mrs Miller" not in pages[False]
    assert "00.png" not in pages[False]


def test_what_was_left_out_stands_at_the_top(by_class: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (by_class / "well" / "odd.png").write_bytes(b"hello")
    assert main(["audit", str(by_class)]) == 0
    shown = capsys.readouterr().out
    assert shown.index("odd.png") < shown.index("No error, no warning")
    assert main(["audit", str(by_class / "ill"), "--target", "nothing"]) == 2
    assert "unknown column 'nothing'" in capsys.readouterr().err


def test_the_order_of_folders_is_nobodys(by_class: Path) -> None:
    assert "order is nobody's" in audit_table(read(by_class)).of("VB124").sentence

"""Files are read as they are meant: delimiters, decimal commas, marks of missing values, and honest errors."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from varbench.data.manifest import Format
from varbench.data.readers import read_table
from varbench.errors import DataError


def csv(
    folder: Path, text: str | bytes, name: str = "t.csv", texts: tuple[str, ...] = (), **how: object
) -> pd.DataFrame:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(path, Format(**how), texts)  # type: ignore[arg-type]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found(tmp_path: Path, delimiter: str) -> None:
    rows = [["a", "b", "c"], ["1", "2.5", "x"], ["3", "-4e-2", "y"]]
    frame = csv(tmp_path, "\n".join(delimiter.join(row) for row in rows))
    assert list(frame.columns) == ["a", "b", "c"]
    assert frame["b"].tolist() == [2.5, -0.04]
    assert frame["c"].tolist() == ["x", "y"]


def test_a_comma_in_names_does_not_hide_the_semicolons(tmp_path: Path) -> None:
    frame = csv(tmp_path, '"height, cm";weight;sex\n170;60;1\n180;80;2\n')
    assert list(frame.columns) == ["height, cm", "weight", "sex"]


def test_tabs_in_names_do_not_hide_the_commas(tmp_path: Path) -> None:
    frame = csv(tmp_path, "Mean \t volume,Ascites\tdegree\n1,2\n3,4\n5,6\n")
    assert list(frame.columns) == ["Mean volume", "Ascites degree"]


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_decimal_commas(tmp_path: Path, delimiter: str) -> None:
    frame = csv(
        tmp_path,
        delimiter.join("ab") + "\n" + delimiter.join(["1,5", "2"]) + "\n" + delimiter.join(["-0,25", "3"]),
    )
    assert frame["a"].tolist() == [1.5, -0.25]


def test_commas_stay_text_where_points_are_used_too(tmp_path: Path) -> None:
    assert csv(tmp_path, "a;b\n1,5;2.5\n").loc[0, "a"] == "1,5"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    frame = csv(tmp_path, "Größe,b\n1,2\n".encode(encoding))
    assert list(frame.columns) == ["Größe", "b"]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_endings_and_blank_lines(tmp_path: Path, ending: str) -> None:
    frame = csv(tmp_path, ending.join(["a,b", "1,2", "", "3,4", ""]))
    assert frame["a"].tolist() == [1, 3]


def test_gzip_by_content(tmp_path: Path) -> None:
    packed = gzip.compress(b"a,b\n1,2\n")
    for name in ("t.csv.gz", "t.gz", "t.csv"):
        assert csv(tmp_path, packed, name)["b"].tolist() == [2]


@pytest.mark.parametrize("cut", [5, 20, -9, -1])
def test_a_cut_gzip_is_refused(tmp_path: Path, cut: int) -> None:
    packed = gzip.compress(b"a,b\n" + b"1,2\n" * 100)
    with pytest.raises(DataError, match=r"t.csv.gz: no sound gzip file .*cut off"):
        csv(tmp_path, packed[:cut], "t.csv.gz")


def test_numbers_are_read_to_the_last_bit(tmp_path: Path) -> None:
    values = np.random.default_rng(0).standard_normal(200) * 10.0 ** np.arange(-100, 100)
    frame = csv(tmp_path, "a,b\n" + "\n".join(f"{v!r},0" for v in values.tolist()))
    assert frame["a"].tolist() == values.tolist()


def test_texts_stay_as_they_are_written(tmp_path: Path) -> None:
    frame = csv(tmp_path, "id,arm,a\n007,None,NA\n1.0,NA,2\n", texts=("id", "arm", "not there"))
    assert frame["id"].tolist() == ["007", "1.0"]
    assert frame["arm"].tolist() == ["None", "NA"]
    assert np.isnan(frame["a"][0])


def test_an_empty_text_is_missing(tmp_path: Path) -> None:
    frame = csv(tmp_path, "id,a\n,1\n?,2\nx,3\n", texts=("id",), missing=("?",))
    assert frame["id"].isna().tolist() == [True, True, False]


def test_marks_of_missing_values(tmp_path: Path) -> None:
    frame = csv(tmp_path, "a,b\n?,1\n2,-999\n", missing=("?", "-999"))
    assert frame["a"].isna().tolist() == [True, False]
    assert frame["b"].isna().tolist() == [False, True]


def test_no_header(tmp_path: Path) -> None:
    frame = csv(tmp_path, "1,'-1'\n2,'1'\n", header=False, quote="'")
    assert list(frame.columns) == ["column 1", "column 2"]
    assert frame["column 2"].tolist() == [-1, 1]
    named = csv(tmp_path, "1,2\n3,4\n", header=False, names=("x", "y"))
    assert named["y"].tolist() == [2, 4]


def test_a_nameless_column_gets_its_place(tmp_path: Path) -> None:
    assert list(csv(tmp_path, ",a\n0,5\n1,6\n").columns) == ["column 1", "a"]


def test_quotes_hold_delimiters_and_lines(tmp_path: Path) -> None:
    frame = csv(tmp_path, 'a,b\n"x, y\nz",1\nw,2\n')
    assert frame["a"].tolist() == ["x, y\nz", "w"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "t.csv: the file is empty"),
        ("\n\n", "t.csv: the file is empty"),
        ("a,b\n", "the table is empty: it has names of columns, and no row"),
        ("a,b\n1,2\n3\n", "row 3 has 1 cells, the first row has 2. The file may be cut off"),
        ("a,b\n1,2,3\n", "row 2 has 3 cells"),
        ("a,b,a\n1,2,3\n", "1 name.s. of columns stand twice, the first is 'a'"),
        ("a,b\n1,\x00\n", "zero bytes"),
    ],
)
def test_broken_tables_are_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        csv(tmp_path, text)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04rest", "a zip archive or a spreadsheet"),
        (b"PAR1rest", "a Parquet file"),
        (b"\x89HDF\r\n", "HDF5"),
    ],
)
def test_other_formats_are_called_by_their_name(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(DataError, match=f"this is .*{message}.*save it as CSV"):
        csv(tmp_path, content)


def test_an_endless_cell_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be cut into cells: field larger than field limit"):
        csv(tmp_path, "a,b\n" + "x" * 200_000 + ",1\n")


def test_names_of_a_manifest_must_fit(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the manifest names 3 columns, the file has 2"):
        csv(tmp_path, "1,2\n", header=False, names=("a", "b", "c"))


def test_an_unknown_reader(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="unknown reader 'cvs'; did you mean csv"):
        csv(tmp_path, "a\n1\n", reader="cvs")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone.csv: cannot be read .No such file"):
        read_table(tmp_path / "gone.csv", Format(), ())


X = np.array([[1, 2.5], [3, np.nan], [5, 6]], dtype=np.float32)


def test_npz(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "t.npz",
        X=X,
        y=np.array(["n", "t", "n"]),
        site=np.array(["a", "b", "a"]),
        weights=np.ones(9),
    )
    frame = read_table(tmp_path / "t.npz", Format("npz"), ("y",))
    assert list(frame.columns) == ["f0", "f1", "y", "site"]
    assert frame["y"].tolist() == ["n", "t", "n"]
    assert frame["f1"].tolist()[0] == 2.5


def test_npz_with_names(tmp_path: Path) -> None:
    np.savez(tmp_path / "t.npz", data=X, label=np.array([0, 1, 0]), feature_names=np.array(["a", "b"]))
    assert list(read_table(tmp_path / "t.npz", Format("npz", X="data", y="label"), ()).columns) == [
        "a",
        "b",
        "label",
    ]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": X, "y": [0, 1, 0]}, "unknown array 'X'; did you mean x"),
        ({"X": X}, "'y' must be one value for each of the 3 rows"),
        ({"X": X, "y": [0, 1]}, "'y' must be one value"),
        ({"X": X[0], "y": [0, 1]}, r"X must be numbers \(case, feature\), got float32 of shape \(2,\)"),
        ({"X": X.astype(str), "y": [0, 1, 0]}, "X must be numbers"),
        ({"X": X, "y": [0, 1, 0], "feature_names": ["a"]}, "feature_names must be 2 names"),
    ],
)
def test_broken_npz_is_refused(tmp_path: Path, arrays: dict[str, object], message: str) -> None:
    np.savez(tmp_path / "t.npz", **arrays)  # type: ignore[arg-type]
    with pytest.raises(DataError, match=message):
        read_table(tmp_path / "t.npz", Format("npz"), ())


def test_pickled_objects_are_never_loaded(tmp_path: Path) -> None:
    np.savez(tmp_path / "t.npz", X=X, y=np.array(["a", 1, None], dtype=object))
    with pytest.raises(DataError, match="object arrays are never read"):
        read_table(tmp_path / "t.npz", Format("npz"), ())


def test_a_text_file_is_no_npz(tmp_path: Path) -> None:
    (tmp_path / "t.npz").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="no sound npz file"):
        read_table(tmp_path / "t.npz", Format("npz"), ())


def test_hdf5(tmp_path: Path) -> None:
    import h5py

    with h5py.File(tmp_path / "t.h5", "w") as stored:
        stored["X"], stored["y"] = X, np.array([b"no", b"yes", b"no"])
        stored["group"] = np.array(["p", "q", "é"], dtype=h5py.string_dtype())
    frame = read_table(tmp_path / "t.h5", Format("h5"), ())
    assert frame["y"].tolist() == ["no", "yes", "no"]
    assert frame["group"].tolist() == ["p", "q", "é"]

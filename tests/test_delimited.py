"""Text is opened and cut alike wherever a table is read; what a table means is tested where it is read."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from varbench.delimited import encodings, headings, read_text, rows_of, sniff_decimal, sniff_delimiter
from varbench.errors import DataError

CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), min_size=1, max_size=8).map(
    str.strip
)


@given(
    st.lists(st.lists(CELL.filter(bool), min_size=3, max_size=3), min_size=1, max_size=6),
    st.sampled_from(",;\t|"),
)
def test_what_is_written_is_read(rows: list[list[str]], delimiter: str) -> None:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(rows)
    assert rows_of(stream.getvalue(), delimiter, '"') == rows


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("packed", [False, True])
def test_encodings(tmp_path: Path, encoding: str, packed: bool) -> None:
    text = "Größe;b\r\n1;2\r\n"
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    content = (mark + text).encode(encoding)
    path = tmp_path / "table.csv"
    path.write_bytes(gzip.compress(content) if packed else content)
    assert read_text(path)[0] == text
    assert read_text(path, 3)[0] == "Grö"
    assert read_text(path)[1] in encodings(path)


def test_a_quote_that_is_never_closed_is_refused() -> None:
    with pytest.raises(DataError, match=r"the text cannot be cut into cells: field larger than field limit"):
        rows_of('a,"' + "b," * 200_000, ",", '"')


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a;b\n1,5;2\n2,5;3\n", ";"),
        ("a,b\n1;2,3\n", ","),
        ("a;b;y\n1,5;2,5;0\n0,5;1,5;1\n", ";"),
        ("a;b\n1,5;2,5\n0,5;1,5\n", ";"),
        ("a\tb c\n1\t2,0\n", "\t"),
        ("one column\n1\n", ","),
        ("", ","),
    ],
)
def test_delimiters(text: str, delimiter: str) -> None:
    assert sniff_delimiter(text, '"') == delimiter


def test_decimal_commas() -> None:
    assert sniff_decimal([["1,5", "x"]], ";") == ","
    assert sniff_decimal([["1,5", "x"]], ",") == "."
    assert sniff_decimal([["1,5", "0.2"]], "\t") == "."
    assert sniff_decimal([["1,000,000", "3"]], ";") == "."


def test_names_of_columns() -> None:
    assert headings(["", " a  b", "c"], "t.csv") == ["column 1", "a b", "c"]
    with pytest.raises(DataError, match=r"t.csv: 1 name\(s\) of columns stand twice, the first is 'a'"):
        headings(["a", "b", "a "], "t.csv")

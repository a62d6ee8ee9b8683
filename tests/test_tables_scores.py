"""A table of scores is read as it is meant, or refused with the cure; nothing is dropped in silence."""

from __future__ import annotations

import csv
import gzip
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from varbench.errors import DataError
from varbench.metrics import METRICS
from varbench.tables import Scores, quantity, read_scores
from varbench.tables.quantities import quantity_in

LONG = "method,repeat,fold,auc\nA,0,0,.8\nA,0,1,.7\nB,0,0,.75\nB,0,1,.65\n"


def written(folder: Path, text: str | bytes, name: str = "scores.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def random_table(
    rng: np.random.Generator, methods: str = "ABC", repeats: int = 12, folds: int = 3
) -> pd.DataFrame:
    rows = [(m, r, f, s) for m in methods for r in range(repeats) for f in range(folds) for s in ("x", "y")]
    frame = pd.DataFrame(rows, columns=["method", "repeat", "fold", "dataset"])
    return (
        frame.assign(auc=rng.uniform(0.5, 1, len(frame)))
        .sample(frac=1, random_state=1)
        .reset_index(drop=True)
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_every_way_of_writing_gives_the_same_scores(tmp_path: Path, delimiter: str, encoding: str) -> None:
    text = LONG.replace("A,", "Wörter,").replace(",", delimiter)
    scores = read_scores(written(tmp_path, text.encode(encoding)))
    assert scores.methods == ("Wörter", "B")
    assert scores.differences("Wörter", "B") == pytest.approx(np.array([[0.05, 0.05]]))


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_endings_and_blank_lines(tmp_path: Path, ending: str) -> None:
    text = ending.join(["", *LONG.split("\n"), "  ", ""])
    assert len(read_scores(written(tmp_path, text)).frame) == 4


def test_gzip(tmp_path: Path) -> None:
    assert len(read_scores(written(tmp_path, gzip.compress(LONG.encode()), "s.csv.gz")).frame) == 4


def test_german_decimal_commas(tmp_path: Path) -> None:
    text = "method;repeat;auc\nA;1;0,81\nB;1;0,79\n"
    assert read_scores(written(tmp_path, text)).differences("A", "B") == pytest.approx(np.array([[0.02]]))


def test_a_decimal_comma_that_comes_late(tmp_path: Path) -> None:
    early = "".join(f"A;{i};1\nB;{i};0\n" for i in range(200))
    scores = read_scores(written(tmp_path, f"method;repeat;auc\n{early}A;900;0,25\nB;900;0,5\n"))
    assert scores.differences("A", "B")[-1] == pytest.approx([-0.25])


def test_quoted_decimal_commas_between_commas(tmp_path: Path) -> None:
    text = 'method,repeat,auc\nA,1,"0,81"\nB,1,"0,79"\n'
    assert read_scores(written(tmp_path, text)).frame["score"].tolist() == [0.81, 0.79]


def test_points_and_commas_mixed_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "method;repeat;auc\nA;1;0,81\nB;1;0.79\n")
    with pytest.raises(DataError, match=r"column 'auc', row 1: '0,81' is no number"):
        read_scores(path)


def test_every_digit_is_kept(tmp_path: Path) -> None:
    values = np.random.default_rng(0).uniform(size=200)
    text = "method,repeat,auc\n" + "".join(f"A,{i},{float(v)!r}\n" for i, v in enumerate(values))
    assert read_scores(written(tmp_path, text)).frame["score"].tolist() == values.tolist()


def test_what_looks_missing_in_a_name_is_a_name(tmp_path: Path) -> None:
    text = "method,repeat,auc\nNone,0,.6\nNA,0,.7\nnan,0,.8\n"
    assert read_scores(written(tmp_path, text)).methods == ("None", "NA", "nan")


def test_quotes_and_blanks(tmp_path: Path) -> None:
    text = 'method,repeat,auc\n"a, b" ,0,.5\n "a, b",1, .6 \nc ,0,.7\nc, 1,.8\n'
    scores = read_scores(written(tmp_path, text))
    assert scores.methods == ("a, b", "c")
    assert scores.differences("a, b", "c") == pytest.approx(np.array([[-0.2], [-0.2]]))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", r"scores.csv: the file is empty"),
        (b"\n \n", r"scores.csv: the file is empty"),
        (b"method,repeat,auc\n", r"scores.csv: the table is empty: it has names of columns, and no row"),
        (b"method,repeat,auc\nA,0,.5\nA,1\n", r"row 3 has 2 cells, the first row has 3. The file may be cut off"),
        (b"method,repeat,auc\n1,A,0,.5\n", r"row 2 has 4 cells.*row names, has no heading"),
        (b"method,auc,auc\nA,0,.5\n", r"1 name\(s\) of columns stand twice, the first is 'auc'"),
        (b"PK\x03\x04rest", r"this is a zip archive or a spreadsheet, not a text table"),
        (b"PAR1rest", r"this is a Parquet file"),
        (b"\x1f\x8bbroken", r"no sound gzip file"),
        (b"a\0b,c\n", r"this is not a text table \(it has zero bytes\)"),
        (b"method,repeat,auc\nA,0,\xe9\x81\n", r"neither UTF-8, UTF-16 nor Windows-1252"),
    ],
)  # fmt: skip
def test_damaged_files_are_refused(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(DataError, match=words):
        read_scores(written(tmp_path, content))


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none.csv: cannot be read \(No such file"):
        read_scores(tmp_path / "none.csv")


@pytest.mark.parametrize("cell", ["abc", "0.8*", "1_0", "85 %", "0.8 (0.1)", "True"])
def test_text_in_the_score_column(tmp_path: Path, cell: str) -> None:
    path = written(tmp_path, f"method,repeat,auc\nA,0,.5\nA,1,{cell}\n")
    with pytest.raises(DataError, match=r"scores.csv: column 'auc', row 2: '.*' is no number"):
        read_scores(path)


def test_the_row_of_bad_text_is_right_in_a_long_file(tmp_path: Path) -> None:
    rows = [f"A,{i},.5\n" for i in range(60_000)]
    rows[50_001] = "A,50001,oops\n"
    with pytest.raises(DataError, match=r"row 50002: 'oops'"):
        read_scores(written(tmp_path, "method,repeat,auc\n" + "".join(rows)))


def test_the_nearest_column_is_offered(tmp_path: Path) -> None:
    path = written(tmp_path, LONG)
    with pytest.raises(DataError, match=r"method='metod': unknown column 'metod'; did you mean method\?"):
        read_scores(path, method="metod")
    with pytest.raises(DataError, match=r"n_train='ntrain': unknown column"):
        read_scores(path, n_train="ntrain")


def test_columns_can_be_named_as_the_user_likes() -> None:
    table = pd.DataFrame({"algo": ["A", "B"], "run": [1, 1], "part": [0, 0], "value": [0.5, 0.25]})
    scores = read_scores(table, method="algo", score="value", repeat="run", fold="part", metric="roc_auc")
    assert scores.differences("A", "B").tolist() == [[0.25]]
    assert scores.columns == {"method": "algo", "repeat": "run", "fold": "part"}
    assert scores.given == {"method", "repeat", "fold"}


def test_a_column_has_one_role() -> None:
    table = pd.DataFrame({"method": ["A"], "repeat": [0], "auc": [0.5]})
    with pytest.raises(DataError, match=r"column 'auc' is given as repeat and score"):
        read_scores(table, repeat="auc", score="auc")


def test_what_cannot_be_guessed_is_asked_for() -> None:
    table = pd.DataFrame({"a": [0.5], "b": [0.6]})
    with pytest.raises(DataError, match=r"which column names the method\? Say method=.*There are: a, b"):
        read_scores(table)
    with pytest.raises(DataError, match=r"which column is the score\? Say score=, one of: a, b"):
        read_scores(table.assign(method="A"))
    two = table.assign(method="A", auc=0.5, accuracy=0.5)
    with pytest.raises(DataError, match=r"which column is the score\?"):
        read_scores(two)


def test_a_guess_is_said() -> None:
    scores = read_scores(pd.DataFrame({"model": ["A", "B"], "rep": [0, 0], "test_auc": [0.5, 0.6]}))
    assert scores.notes[0] == "By their headings, columns were taken so: 'model' as method, 'rep' as repeat."
    assert "ROC AUC, by the heading 'test_auc': greater is better" in scores.notes[-2]


def test_wide_and_long_are_the_same() -> None:
    long = random_table(np.random.default_rng(1))
    wide = long.pivot(index=["dataset", "repeat", "fold"], columns="method", values="auc").reset_index()
    one, other = read_scores(long), read_scores(wide, methods=["A", "B", "C"], metric="auc")
    for dataset in "xy":
        assert np.array_equal(one.differences("A", "C", dataset), other.differences("A", "C", dataset))
    pd.testing.assert_frame_equal(
        one.matrix().loc[["x", "y"], list("ABC")], other.matrix().loc[["x", "y"], list("ABC")]
    )
    forced = read_scores(wide, wide=True, metric="auc")
    assert forced.methods == ("A", "B", "C")


def test_a_wide_row_without_a_repeat_is_a_run() -> None:
    scores = read_scores(pd.DataFrame({"A": [0.5, 0.6], "B": [0.4, 0.4]}), methods=["A", "B"])
    assert scores.paired
    assert scores.differences("A", "B") == pytest.approx(np.array([[0.1], [0.2]]))
    assert any("A row was taken for a run" in note for note in scores.notes)
    assert not {"repeat", "fold", "seed"} & scores.given


def test_wide_with_a_method_column_is_refused() -> None:
    with pytest.raises(
        DataError, match=r"wide=True and method='method': a wide table has no column of methods"
    ):
        read_scores(pd.DataFrame({"method": ["A"], "x": [0.5]}), method="method", wide=True)


def test_methods_keeps_those_in_that_order() -> None:
    scores = read_scores(random_table(np.random.default_rng(2)), methods=["C", "A"])
    assert scores.methods == ("C", "A")
    assert "72 of 216 rows are of other methods, and were left out." in scores.notes
    with pytest.raises(DataError, match=r"unknown method 'D'"):
        read_scores(random_table(np.random.default_rng(2)), methods=["C", "D"])


def test_order_of_rows_does_not_matter() -> None:
    table = random_table(np.random.default_rng(3))
    one, other = read_scores(table), read_scores(table.sort_values(["fold", "method", "repeat"]))
    assert np.array_equal(one.differences("A", "B", "x"), other.differences("A", "B", "x"))


def test_repeats_are_in_the_order_of_numbers() -> None:
    table = pd.DataFrame({"method": ["A"] * 12, "repeat": range(11, -1, -1), "auc": np.arange(12)[::-1] / 20})
    assert read_scores(table).arrays("A", "A")[0][:, 0].tolist() == (np.arange(12) / 20).tolist()


def test_the_same_repeat_spelled_twice_is_one(tmp_path: Path) -> None:
    scores = read_scores(written(tmp_path, "method,repeat,auc\nA,1,.5\nB,1.0,.4\n"))
    assert scores.differences("A", "B") == pytest.approx(np.array([[0.1]]))


def test_pairs_against_pandas_merge() -> None:
    rng = np.random.default_rng(4)
    table = random_table(rng, repeats=30).sample(frac=0.8, random_state=2)
    table.loc[table.sample(frac=0.1, random_state=3).index, "auc"] = np.nan
    scores = read_scores(table)
    for dataset in "xy":
        part = table[table["dataset"] == dataset]
        keys = ["repeat", "fold"]
        both = part[part["method"] == "A"].merge(part[part["method"] == "B"], on=keys, how="outer")
        both = both.sort_values(keys)
        pairs = scores.pairs("A", "B", dataset)
        assert np.array_equal(pairs.a, both["auc_x"], equal_nan=True)
        assert np.array_equal(pairs.b, both["auc_y"], equal_nan=True)
        assert pairs.runs["repeat"].astype(int).tolist() == both["repeat"].tolist()
        expected = both.assign(d=both["auc_x"] - both["auc_y"]).pivot(
            index="repeat", columns="fold", values="d"
        )
        assert np.array_equal(scores.differences("A", "B", dataset), expected.to_numpy(), equal_nan=True)


def test_swapping_mirrors() -> None:
    scores = read_scores(random_table(np.random.default_rng(5)))
    assert np.array_equal(scores.differences("A", "B", "x"), -scores.differences("B", "A", "x"))


def test_lower_is_better_turns_the_sign() -> None:
    table = pd.DataFrame({"method": ["A", "B"], "repeat": [0, 0], "brier": [0.2, 0.3]})
    scores = read_scores(table)
    assert not scores.greater_is_better
    assert scores.differences("A", "B") == pytest.approx(np.array([[0.1]]))
    assert scores.arrays("A", "B")[0].tolist() == [[0.2]]


def test_unpaired_rows_are_counted_and_kept() -> None:
    table = pd.DataFrame({"method": list("AAAB"), "repeat": [0, 1, 2, 0], "auc": [0.5, 0.6, 0.7, 0.4]})
    scores = read_scores(table)
    assert np.isnan(scores.pairs("A", "B").b[1:]).all()
    assert scores.missing.to_dict("records") == [
        {"dataset": "all", "method": "B", "expected": 3, "absent": 2, "empty": 0}
    ]
    assert (
        "2 runs that another method has are missing from a method's rows; they form no pairs." in scores.notes
    )


def test_without_a_column_for_runs_nothing_is_a_pair() -> None:
    scores = read_scores(pd.DataFrame({"method": list("AAAB"), "auc": [0.5, 0.6, 0.7, 0.4]}))
    assert not scores.paired
    a, b = scores.arrays("A", "B")
    assert (a[:, 0].tolist(), b[:, 0].tolist()) == ([0.5, 0.6, 0.7], [0.4])
    assert any("no two scores belong together" in note for note in scores.notes)
    assert not len(scores.missing)
    with pytest.raises(DataError, match=r"no column says which scores belong together"):
        scores.differences("A", "B")
    with pytest.raises(DataError, match=r"no column says which scores belong together"):
        scores.matrix(shared=True)


def test_seeds_are_repeats_of_their_own() -> None:
    rows = [
        (m, r, s, f, 0.1 * r + 0.01 * s + 0.001 * f)
        for m in "AB"
        for r in (0, 1)
        for s in (0, 1)
        for f in (0, 1, 2)
    ]
    table = pd.DataFrame(rows, columns=["method", "repeat", "seed", "fold", "value"])
    a, _ = read_scores(table, score="value").arrays("A", "B")
    expected = [[0.1 * r + 0.01 * s + 0.001 * f for f in (0, 1, 2)] for r in (0, 1) for s in (0, 1)]
    assert a == pytest.approx(np.array(expected))


def test_test_sets_of_different_sizes_are_seen() -> None:
    table = pd.DataFrame(
        {"method": list("AABB"), "fold": [0, 1, 0, 1], "auc": 0.5, "n_test": [10, 11, 10, 12]}
    )
    assert read_scores(table).pairs("A", "B").sizes_differ == 1


def test_names_that_are_not_there() -> None:
    scores = read_scores(random_table(np.random.default_rng(6)))
    with pytest.raises(DataError, match=r"unknown method 'D'"):
        scores.pairs("A", "D", "x")
    with pytest.raises(DataError, match=r"unknown data set 'z'"):
        scores.pairs("A", "B", "z")
    with pytest.raises(DataError, match=r"has 2 data sets; name the one that is meant, as dataset='.'"):
        scores.pairs("A", "B")


def test_duplicated_cells_are_refused_with_the_columns_that_could_tell_them_apart() -> None:
    table = pd.DataFrame(
        {"method": list("AABB"), "auc": [0.5, 0.6, 0.7, 0.8], "repeat": 0, "cv": [0, 1, 0, 1]}
    )
    words = (
        r"4 of 4 scores share their cell with another one; the first: method A, repeat 0 has 2 \(0.5, 0.6\). "
        r"Name the column that tells them apart, as dataset= or fold= or seed= \(columns not used: cv\)"
    )
    with pytest.raises(DataError, match=words):
        read_scores(table)
    assert read_scores(table, fold="cv").frame["score"].size == 4


def test_a_single_double_among_many_cells_is_found() -> None:
    many = pd.DataFrame(
        {"method": "A", "repeat": np.arange(500), "fold": np.arange(500), "seed": np.arange(500), "auc": 0.5}
    )
    doubled = pd.concat([many, many.iloc[[77]]])
    with pytest.raises(
        DataError, match=r"2 of 501 scores share their cell .* repeat 77, seed 77, fold 77 has 2"
    ):
        read_scores(doubled)
    assert len(read_scores(many).frame) == 500


def test_two_data_sets_of_one_name(shared_data: Path) -> None:
    rows, method = [], ""
    for line in (shared_data / "scores" / "uci_accuracies.txt").read_text().splitlines():
        cells = line.split()
        if len(cells) == 1:
            method = cells[0]
        for run, value in enumerate(cells[1:]):
            rows.append((method, cells[0], run // 10, run % 10, float(value)))
    table = pd.DataFrame(rows, columns=["method", "dataset", "repeat", "fold", "accuracy"])
    with pytest.raises(
        DataError,
        match=r"1,000 of 27,000 scores .* dataset credit, .*two data sets of one name need two names",
    ):
        read_scores(table, percent=True)
    named = table.assign(
        dataset=table["dataset"] + (table.groupby(["method", "dataset"]).cumcount() // 100).astype(str)
    )
    scores = read_scores(named, percent=True)
    assert scores.matrix().shape == (54, 5)
    assert scores.arrays("nbc", "aode", "credit1")[0].shape == (10, 10)


def test_a_method_on_some_data_sets_only() -> None:
    table = random_table(np.random.default_rng(7))
    scores = read_scores(table[(table["method"] != "C") | (table["dataset"] != "y")])
    assert np.isnan(scores.matrix().loc["y", "C"])
    assert scores.missing[["dataset", "method", "absent"]].to_numpy().tolist() == [["y", "C", 36]]
    assert "On 1 of 2 data sets, at least one method has no score at all (C)." in scores.notes
    with pytest.raises(DataError, match=r"method 'C' has no score on data set 'y'"):
        scores.pairs("A", "C", "y")
    unpaired = pd.DataFrame({"method": list("AAB"), "dataset": list("xyx"), "auc": 0.5})
    assert any(note.startswith("On 1 of 2 data sets") for note in read_scores(unpaired).notes)


def test_missing_scores_are_counted() -> None:
    table = pd.DataFrame({"method": list("AABB"), "repeat": [0, 1, 0, 1], "auc": [0.5, np.nan, 0.7, 0.8]})
    scores = read_scores(table)
    assert any(n.startswith("1 of 4 scores are missing") for n in scores.notes)
    assert scores.missing["empty"].tolist() == [1]
    assert scores.matrix().to_numpy().tolist() == [[0.5, 0.75]]
    assert scores.matrix(shared=True).to_numpy().tolist() == [[0.5, 0.7]]


@pytest.mark.parametrize("mark", ["", "NA", "nan", "N/A", "NULL"])
def test_marks_of_missing_scores(tmp_path: Path, mark: str) -> None:
    scores = read_scores(written(tmp_path, f"method,repeat,auc\nA,0,.5\nA,1,{mark}\n"))
    assert np.isnan(scores.frame["score"]).tolist() == [False, True]


@pytest.mark.parametrize("role", ["method", "repeat", "fold"])
def test_an_empty_cell_that_tells_scores_apart_is_refused(role: str) -> None:
    table = pd.DataFrame({"method": list("AB"), "repeat": ["0", "1"], "fold": ["0", "0"], "auc": [0.5, 0.6]})
    table[role] = [table[role][0], None]
    with pytest.raises(
        DataError, match=rf"{role} \(column '{role}'\) is empty in 1 of 2 rows, the first is row 2"
    ):
        read_scores(table)


def test_shared_means_against_a_loop() -> None:
    table = random_table(np.random.default_rng(8)).sample(frac=0.9, random_state=1)
    got = read_scores(table).matrix(shared=True)
    for dataset in "xy":
        part = (
            table[table["dataset"] == dataset]
            .pivot(index=["repeat", "fold"], columns="method", values="auc")
            .dropna()
        )
        means = part.groupby(level="repeat").mean().mean()
        assert got.loc[dataset, list("ABC")].tolist() == pytest.approx(means[list("ABC")].tolist(), abs=1e-14)


def test_what_shared_runs_leave_out_is_counted() -> None:
    table = random_table(np.random.default_rng(9)).sample(frac=0.85, random_state=2)
    scores = read_scores(table)
    counted = scores.unshared.set_index(["dataset", "method"])
    wide = table.pivot(index=["dataset", "repeat", "fold"], columns="method", values="auc")
    for dataset in "xy":
        of_set = wide.loc[dataset]
        for method in "ABC":
            had = int(of_set[method].notna().sum())
            lost = had - len(of_set.dropna())
            row = counted.loc[(dataset, method)] if (dataset, method) in counted.index else {"left_out": 0}
            assert row["left_out"] == lost, (dataset, method)
            assert not lost or row["scores"] == had
    assert counted["left_out"].sum() > 0  # else the test would not tell much
    full = read_scores(random_table(np.random.default_rng(9)))
    assert full.unshared.empty


def test_of_some_methods_the_others_have_no_say() -> None:
    table = pd.DataFrame(
        {"method": list("AABBC"), "repeat": [0, 1, 0, 1, 0], "auc": [0.5, 0.6, 0.7, 0.8, 0.9], "dataset": "x"}
    )
    table = pd.concat([table, pd.DataFrame({"method": ["C"], "repeat": [0], "auc": [0.4], "dataset": ["y"]})])
    scores = read_scores(table)
    assert scores.matrix(shared=True).loc["x"].tolist() == [0.5, 0.7, 0.9]
    two = scores.only(["A", "B"])
    assert (two.methods, two.datasets) == (("A", "B"), ("x",))
    assert two.matrix(shared=True).loc["x"].tolist() == pytest.approx([0.55, 0.75])
    assert two.unshared.empty
    assert scores.methods == ("A", "B", "C")
    with pytest.raises(DataError, match="unknown method 'D'"):
        scores.only(["A", "D"])


def test_one_repeat_is_said() -> None:
    scores = read_scores(pd.DataFrame({"method": list("AB"), "repeat": [0, 0], "auc": [0.5, 0.6]}))
    assert any(note.startswith("There is one repeat") for note in scores.notes)
    assert not any(
        note.startswith("There is one") for note in read_scores(random_table(np.random.default_rng(9))).notes
    )


def test_per_cent_is_refused_with_its_cure() -> None:
    table = pd.DataFrame({"method": list("AB"), "repeat": [0, 0], "accuracy": [85.0, 90.0]})
    with pytest.raises(
        DataError,
        match=r"lie in \[85, 90\], and Accuracy in \[0, 1\]. If they are per cent, say percent=True",
    ):
        read_scores(table)
    assert read_scores(table, percent=True).frame["score"].tolist() == [0.85, 0.9]
    with pytest.raises(DataError, match=r"lie in \[85, 90\], and MCC in \[-1, 1\]. Correct the table"):
        read_scores(table, score="accuracy", metric="mcc")


@pytest.mark.parametrize("value", [-0.1, 1.5, 200.0])
def test_scores_outside_the_range(value: float) -> None:
    with pytest.raises(DataError, match=r"the scores lie in .* and ROC AUC in \[0, 1\]"):
        read_scores(pd.DataFrame({"method": ["A", "A"], "repeat": [0, 1], "auc": [0.5, value]}))


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinite_scores(value: float) -> None:
    table = pd.DataFrame({"method": ["A", "A"], "repeat": [0, 1], "x": [0.5, value]})
    with pytest.raises(DataError, match=r"1 scores are infinite, the first in row 2"):
        read_scores(table, score="x")


def test_an_unknown_metric_is_said_and_has_no_range() -> None:
    table = pd.DataFrame({"method": list("AB"), "repeat": [0, 0], "grade": [3.0, 7.0]})
    scores = read_scores(table, score="grade")
    assert (scores.metric, scores.greater_is_better) == ("grade", True)
    assert any("'grade' is no metric that is known here" in note for note in scores.notes)
    assert read_scores(table, score="grade", greater_is_better=False).differences("A", "B").tolist() == [
        [4.0]
    ]


def test_a_contradicted_direction_is_refused() -> None:
    table = pd.DataFrame({"method": list("AB"), "repeat": [0, 0], "x": [0.3, 0.7]})
    with pytest.raises(
        DataError, match=r"metric='roc_auc' and greater_is_better=False: of ROC AUC, greater is better"
    ):
        read_scores(table, score="x", metric="AUC", greater_is_better=False)


@pytest.mark.parametrize("name", sorted(METRICS))
def test_every_metric_has_its_direction_and_range(name: str) -> None:
    metric, found = METRICS[name], quantity(name.replace("_", " ").upper())
    assert found is not None
    assert (found.name, found.greater_is_better, found.low, found.high) == (
        name, metric.greater_is_better, metric.low, metric.high,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("heading", "name"),
    [("BA", "balanced_accuracy"), ("F1_score", "f1"), ("Val loss", "loss"), ("Dice", "dice"), ("IoU", "iou"),
     ("HD95", "hd95"), ("auc_fold", "roc_auc"), ("mean test AUROC", "roc_auc"), ("acc@0.5", "accuracy"),
     ("auc_train", None), ("n_test", None), ("test", None), ("", None)],
)  # fmt: skip
def test_headings(heading: str, name: str | None) -> None:
    found = quantity_in(heading)
    assert (found.name if found else None) == name


def test_ratio_of_test_to_training_cases() -> None:
    table = pd.DataFrame(
        {
            "method": list("AAA"),
            "fold": [0, 1, 2],
            "auc": 0.5,
            "n_train": [80, 80, 90],
            "n_test": [20, 20, 10],
        }
    )
    assert read_scores(table).ratio() == pytest.approx((0.25 + 0.25 + 1 / 9) / 3)
    assert read_scores(table.drop(columns="n_train")).ratio() is None
    assert read_scores(table.drop(columns=["n_train", "n_test"]), n_train=90, n_test=45).ratio() == 0.5


@pytest.mark.parametrize("size", [0, -3])
def test_impossible_sizes(size: int) -> None:
    table = pd.DataFrame({"method": ["A"], "fold": [0], "auc": [0.5]})
    with pytest.raises(DataError, match=rf"n_test is {size}; a number of cases above 0"):
        read_scores(table, n_test=size)


def test_radpca(shared_data: Path) -> None:
    path = shared_data / "scores" / "radpca_scores_per_fold.csv"
    scores = read_scores(path, score="auc_fold")
    assert (len(scores.datasets), len(scores.methods), len(scores.frame)) == (50, 15, 37_500)
    assert "None" in scores.methods
    assert not len(scores.missing)
    with path.open(newline="") as stream:
        rows = [
            r for r in csv.DictReader(stream) if r["dataset"] == "Ahn2021" and r["method"] in ("ET", "PCA")
        ]
    by_hand = {(r["method"], int(r["repeat"]), int(r["fold"])): float(r["auc_fold"]) for r in rows}
    expected = [[by_hand["PCA", r, f] - by_hand["ET", r, f] for f in range(5)] for r in range(10)]
    assert scores.differences("PCA", "ET", "Ahn2021").tolist() == expected
    mean = np.mean([np.mean([by_hand["PCA", r, f] for f in range(5)]) for r in range(10)])
    assert scores.matrix().loc["Ahn2021", "PCA"] == pytest.approx(mean, abs=1e-14)


def test_a_large_file_is_never_in_memory_as_text(tmp_path: Path) -> None:
    n = 60_000
    text = "dataset,method,repeat,fold,auc,comment\n" + "".join(
        f"set-{i % 5},method-{i // 5 % 4},{i // 20},0,0.{i},{'nothing of interest ' * 4}\n" for i in range(n)
    )
    path = written(tmp_path, text)
    del text
    tracemalloc.start()
    scores = read_scores(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(scores.frame) == n
    assert peak < 0.8 * path.stat().st_size + 30e6


def test_the_users_frame_is_left_alone() -> None:
    table = random_table(np.random.default_rng(10)).assign(auc=lambda t: t["auc"] * 100)
    copy = table.copy()
    assert isinstance(read_scores(table, percent=True), Scores)
    pd.testing.assert_frame_equal(table, copy)


def test_a_frame_with_codes_for_names() -> None:
    table = pd.DataFrame(
        {
            "method": pd.Categorical(["A", "B"]),
            "dataset": [31.0, 31.0],
            "repeat": [True, True],
            "auc": [0.5, 0.6],
        }
    )
    scores = read_scores(table)
    assert scores.datasets == ("31",)
    assert scores.differences("B", "A") == pytest.approx(np.array([[0.1]]))


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"methods": []}, r"methods=\(\): name at least one of A, B"),
        ({"metric": ""}, r"unknown metric ''"),
        ({"metric": 3}, r"unknown metric '3'"),
        ({"score": ""}, r"score='': unknown column ''"),
        ({"n_train": True}, r"n_train=True: unknown column 'True'"),
    ],
)
def test_odd_arguments(how: dict[str, object], words: str) -> None:
    table = pd.DataFrame({"method": list("AB"), "repeat": [0, 0], "auc": [0.5, 0.6]})
    with pytest.raises(DataError, match=words):
        read_scores(table, **how)  # type: ignore[arg-type]


@pytest.mark.parametrize("source", [None, 5, {"auc": [1]}, pd.Series([1.0])])
def test_what_is_no_table(source: object) -> None:
    with pytest.raises(DataError, match=r"a table is a path or a pandas.DataFrame, got a "):
        read_scores(source)  # type: ignore[arg-type]


def test_odd_frames() -> None:
    table = pd.DataFrame({"method": list("AABB"), "repeat": [0, 1, 0, 1], "auc": [0.5, 0.75, 0.25, 0.5]})
    expected = [[0.25], [0.25]]
    for odd in (
        table.astype({"repeat": "Int64", "auc": "Float64", "method": "string"}),
        table.assign(auc=["0,5", "0,75", "0,25", "0,5"]),
        table.assign(method=[["x"], ["x"], ["y"], ["y"]]),
        table.set_axis([7, 7, 7, 7]),
    ):
        scores = read_scores(odd)
        assert scores.differences(*scores.methods).tolist() == expected
    with pytest.raises(DataError, match=r"row 1: '0,5' is no number"):
        read_scores(table.assign(auc=["0,5", "0.75", "0,25", "0,5"]))


def test_a_utf_16_file_that_is_cut_off(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"the text is neither UTF-8, UTF-16 nor"):
        read_scores(written(tmp_path, LONG.encode("utf-16")[:-1]))

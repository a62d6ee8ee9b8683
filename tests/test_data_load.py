"""``load_data``: every way of naming data, every check on a table, one message each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer

from varbench.data import Data, SimulatedRadiomics, from_frame, load_data
from varbench.errors import DataError
from varbench.seeds import seed as seed_of

TABLE = """patient;site;age;dose, Gy;scanner;relapse
p1;N;61;1,5;A;no
p2;N;70;;B;yes
p3;S;58;2,5;A;no
p4;S;49;0,5;A;no
"""
OPTIONS: dict[str, Any] = {
    "target": "relapse",
    "positive": "yes",
    "id": "patient",
    "batch": "site",
    "drop": ["scanner"],
}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "my.cohort.csv"
    path.write_text(TABLE)
    return path


# ---- tables of one's own


def test_a_table_by_its_path(table: Path) -> None:
    data = load_data(table, **OPTIONS)
    assert data.name == "my"
    assert data.feature_names == ("age", "dose, Gy")
    np.testing.assert_array_equal(data.X, [[61, 1.5], [70, np.nan], [58, 2.5], [49, 0.5]])
    assert data.y.tolist() == [0, 1, 0, 0]
    assert data.classes == ("no", "yes")
    assert data.ids.tolist() == ["p1", "p2", "p3", "p4"]
    assert data.batch is not None
    assert data.batch.tolist() == list("NNSS")
    assert data.groups is None
    assert not data.unverified
    assert data.info["access"] == "local file"
    assert data.info["column_target"] == "relapse"
    assert str(table.parent) not in str(data.info)


def test_a_relative_path_and_a_home(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(table.parent)
    monkeypatch.setenv("HOME", str(table.parent))
    for name in ("my.cohort.csv", "./my.cohort.csv", "~/my.cohort.csv"):
        assert load_data(name, **OPTIONS).hash() == load_data(table, **OPTIONS).hash()


def test_a_table_in_memory_gets_the_same_checks(table: Path) -> None:
    frame = pd.read_csv(table, sep=";", decimal=",")
    assert (
        load_data(frame, **OPTIONS).hash()
        == from_frame(frame, **OPTIONS).hash()
        == load_data(table, **OPTIONS).hash()
    )
    with pytest.raises(DataError, match="target: unknown column 'relaps'; did you mean relapse"):
        from_frame(frame, target="relaps")


def test_without_ids_rows_are_numbered(table: Path) -> None:
    data = load_data(table, **{**OPTIONS, "id": None, "drop": ["scanner", "patient"]})
    assert data.ids.tolist() == ["1", "2", "3", "4"]


def test_groups_may_repeat(table: Path) -> None:
    data = load_data(table, **{**OPTIONS, "group": "site", "batch": None})
    assert data.groups is not None
    assert data.groups.tolist() == list("NNSS")


def test_numbers_as_ids_are_kept_as_they_are_written(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,a,y\n007,1,0\n7,2,1\n")
    assert load_data(tmp_path / "t.csv", target="y", id="id").ids.tolist() == ["007", "7"]
    frame = pd.DataFrame({"id": [1.0, 2.0], "a": [1, 2], "y": [0, 1]})
    assert from_frame(frame, target="y", id="id").ids.tolist() == ["1", "2"]


def test_true_and_false_are_numbers(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("smoker,y\nTrue,0\n,1\nfalse,1\n")
    np.testing.assert_array_equal(load_data(tmp_path / "t.csv", target="y").X, [[1], [np.nan], [0]])
    frame = pd.DataFrame({"a": pd.Categorical([1, 2]), "b": [True, False], "c": ["1e3", None], "y": [0, 1]})
    np.testing.assert_array_equal(from_frame(frame, target="y").X, [[1, 1, 1000], [2, 0, np.nan]])


def test_drop_takes_patterns_but_names_first() -> None:
    frame = pd.DataFrame([[1, 2, 3, 4, 0], [5, 6, 7, 8, 1]], columns=["a*", "a1", "ab", "b", "y"])
    assert from_frame(frame, target="y", drop=["a*"]).feature_names == ("a1", "ab", "b")
    assert from_frame(frame, target="y", drop="a1").feature_names == ("a*", "ab", "b")
    renamed = frame.rename(columns={"a*": "a+"})
    assert from_frame(renamed, target="y", drop=["a*"]).feature_names == ("b",)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target": None}, "which column is the outcome.*--target COLUMN.*patient, site, age"),
        ({"target": "relaps"}, "target: unknown column 'relaps'; did you mean relapse"),
        ({"positive": None}, "is 'no' or 'yes' the positive class.*--positive yes"),
        ({"positive": "maybe"}, "has no value 'maybe'"),
        ({"id": "patiant"}, "id: unknown column 'patiant'; did you mean patient"),
        ({"group": "grup"}, "group: unknown column 'grup'"),
        ({"batch": "sight"}, "batch: unknown column 'sight'; did you mean site"),
        ({"drop": ["scaner"]}, "drop: unknown column 'scaner'; did you mean scanner"),
        ({"drop": ["zz*"]}, "drop: unknown column 'zz"),
        ({"drop": ["scanner", "relapse"]}, "'relapse' is named both as the target and as one to drop"),
        ({"drop": ["scanner", "site"]}, "'site' is named both as the batch and as one to drop"),
        ({"id": "relapse"}, "'relapse' is named both as the target and as the id"),
        ({"drop": []}, "feature 'scanner' holds text: 'A'. Leave it out .--drop scanner"),
        (
            {"drop": [], "id": None},
            r"feature 'patient' holds text: 'p1' \(2 such columns in all\).*--drop patient --drop scanner",
        ),
        (
            {"id": "site", "batch": None, "drop": ["patient", "scanner"]},
            "2 row.s. repeat an id: the first is 'N'.*--group",
        ),
        ({"drop": ["scanner", "age", "dose, Gy"]}, "no feature is left"),
    ],
)
def test_mistakes_in_columns(table: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        load_data(table, **{**OPTIONS, **change})


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("id,a,y\n1,2,0\n,3,1\n", {"id": "id"}, "id 'id': missing in 1 of 2 rows, the first is row 2"),
        ("g,a,y\n1,2,0\n ,3,1\n", {"group": "g"}, "group 'g': missing in 1 of 2 rows"),
        ("a,y\n1,0\n2,0\n", {}, "every one of the 2 rows is '0'"),
        ("a,y\n1,0\n2,\n", {}, "target 'y': missing in 1 of 2 rows"),
        (
            "a,b,y\n1,,0\n2,,1\n",
            {},
            "1 feature.s. have no value in any row, the first is 'b'. Leave them out: --drop b",
        ),
        ("a,y\n1,0\ninf,1\n", {}, "feature 'a' is infinite in row 2"),
        ("a,y\n1,0\n-1e999,1\n", {}, "feature 'a' is infinite in row 2"),
        (
            "a,y\n?,0\n2,1\n",
            {},
            r"feature 'a' holds text: '\?'. If this marks a missing value, leave the cell empty",
        ),
        ('a,y\n"1,5",0\n2,1\n', {}, "If this is a decimal comma"),
        ("a,y\n1_000,0\n2,1\n", {}, "feature 'a' holds text: '1_000'"),
        (
            ",a,y\n0,5,0\n1,6,1\n",
            {},
            "'column 1' has no name in the table: it looks like row numbers.*--drop 'column 1'",
        ),
        ("a,y\n", {}, "the table is empty"),
        ("y\n0\n1\n", {}, "no feature is left"),
        ("a,y\n" + "\n".join(f"1,{i / 7}" for i in range(9)), {}, "A measurement must be cut into classes"),
    ],
)
def test_mistakes_in_values(tmp_path: Path, text: str, options: dict[str, Any], message: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        load_data(tmp_path / "t.csv", target="y", **options)


def test_a_nameless_column_may_be_dropped_or_be_the_id(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(",a,y\n10,5,0\n11,6,1\n")
    assert load_data(tmp_path / "t.csv", target="y", drop=["column 1"]).feature_names == ("a",)
    assert load_data(tmp_path / "t.csv", target="y", id="column 1").ids.tolist() == ["10", "11"]


def test_arrays_by_their_path(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "t.npz", X=np.arange(8.0).reshape(4, 2), y=[0, 1, 0, 1], site=list("aabb"), z=[1, 1, 0, 0]
    )
    data = load_data(
        tmp_path / "t.npz", batch="site", drop=["z"]
    )  # the outcome is y unless another one is named
    assert data.feature_names == ("f0", "f1")
    assert data.y.tolist() == [0, 1, 0, 1]
    assert load_data(tmp_path / "t.npz", target="z", drop=["y", "site"]).y.tolist() == [1, 1, 0, 0]
    np.savez(tmp_path / "u.npz", X=np.eye(2), label=["no", "yes"])
    assert load_data(tmp_path / "u.npz", target="label", positive="yes").n_features == 2
    with pytest.raises(DataError, match="target: unknown column 'y'"):
        load_data(tmp_path / "u.npz")


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"a": pd.to_datetime(["2020-01-01", "2021-01-01"]), "y": [0, 1]}),
        pd.DataFrame({"a": [1j, 2j], "y": [0, 1]}),
        pd.DataFrame({"a": [[1], [2]], "y": [0, 1]}),
    ],
)
def test_what_is_no_number_is_text(frame: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="feature 'a' holds text"):
        from_frame(frame, target="y")


def test_a_frame_with_two_columns_of_one_name() -> None:
    with pytest.raises(DataError, match="stand twice, the first is 'a'"):
        from_frame(pd.DataFrame([[1, 2, 0], [3, 4, 1]], columns=["a", "a", "y"]), target="y")


# ---- names and paths


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("NSCLC-radiogenomics", "unknown data set 'NSCLC-radiogenomics'; did you mean NSCLC-Radiogenomics"),
        ("radmlbench/HNSC", "unknown data set 'radmlbench/HNSC'; did you mean radmlbench/HNSCC"),
        ("wdbcc", "did you mean wdbc"),
        ("mydata", "A file is given by its path: ./mydata or mydata.csv"),
        (
            "radmlbench",
            "'radmlbench' is a collection of 50 data sets; name one of them, as radmlbench/Ahn2021",
        ),
        ("no/such/t.csv", "no such file: no/such/t.csv; there is no folder no/such either"),
        ("t.xlsx", "t.xlsx: varbench does not read a spreadsheet: save it as CSV"),
        ("t.parquet", "does not read Parquet"),
        ("./", "is a folder, expected a file"),
        ("gone.toml", "manifest gone.toml: cannot be read"),
    ],
)
def test_names_that_mean_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=message):
        load_data(name)


def test_a_misspelt_file_names_its_neighbours(table: Path) -> None:
    with pytest.raises(DataError, match=r"no such file: .*my.cohrt.csv; did you mean my.cohort.csv"):
        load_data(table.parent / "my.cohrt.csv", target="relapse")


def test_what_cannot_be_data() -> None:
    with pytest.raises(
        DataError, match="data must be a name, a path, a DataFrame, a population or Data, got list"
    ):
        load_data([1, 2])  # type: ignore[arg-type]


# ---- built in


def test_wdbc_is_scikit_learns_with_malignant_positive() -> None:
    data, source = load_data("wdbc"), load_breast_cancer()
    np.testing.assert_array_equal(data.X, source.data)
    assert data.classes[1] == source.target_names[0] == "malignant"
    assert (data.y == 1).tolist() == (source.target == 0).tolist()


def test_the_simulator_draws_the_cohort_of_realization_0() -> None:
    data = load_data("simulated-radiomics", seed=3)
    assert data.hash() == SimulatedRadiomics().cohort(seed_of(3, "cohort", 0)).hash()
    assert load_data("simulated-radiomics").hash() != data.hash()


def test_a_population_and_data_themselves() -> None:
    population = SimulatedRadiomics(n_features=30)
    data = load_data(population, seed=1)
    assert data.population == population
    assert load_data(data) is data


@pytest.mark.parametrize("source", ["wdbc", SimulatedRadiomics(n_features=30), load_data("wdbc")])
def test_fixed_columns_take_no_options(source: Any) -> None:
    with pytest.raises(DataError, match=r"target and drop: cannot be given for .*whose columns are fixed"):
        load_data(source, target="y", drop=["a"])


def test_a_frame_is_not_a_population() -> None:
    assert isinstance(load_data(pd.DataFrame({"a": [1, 2], "y": [0, 1]}), target="y"), Data)


# ---- manifests of one's own


def described(folder: Path, text: str, *, batches: bool = False, **files: str) -> Path:
    """A manifest whose files lie beside it, found by name; with batches, each is one, named in capitals."""
    entries = ""
    for name, content in files.items():
        (folder / f"{name}.csv").write_text(content)
        entries += f'[[files]]\nname = "{name}.csv"\n' + (f'batch = "{name.upper()}"\n' if batches else "")
    path = folder / "mine.toml"
    path.write_text('access = "manual"\ninstructions = "Ask."\n' + text + entries)
    return path


def load_described(path: Path, **options: Any) -> Data:
    with pytest.warns(UserWarning, match=r"by its name alone|trusted"):
        return load_data(path, search=path.parent, **options)


ROWS = '[columns]\ntarget = "y"\nid = "id"\n'


def test_files_joined_by_rows_with_a_batch_each(tmp_path: Path) -> None:
    path = described(tmp_path, ROWS, batches=True, n="id,a,b,y\n1,1,2,0\n2,3,4,1\n", s="b,a,id,y\n6,5,1,1\n")
    data = load_described(path)
    assert data.X.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert data.batch is not None
    assert data.batch.tolist() == ["N", "N", "S"]
    assert data.ids.tolist() == ["1", "2", "1"]
    assert data.unverified
    assert "[file]" not in str(dict(data.info))


def test_files_joined_by_rows_need_the_same_columns(tmp_path: Path) -> None:
    path = described(tmp_path, ROWS, n="id,a,y\n1,1,0\n", s="id,b,y\n2,5,1\n")
    with pytest.raises(DataError, match=r"s.csv and n.csv differ in 2 column\(s\), the first is 'a'"):
        load_described(path)


def test_files_joined_by_columns(tmp_path: Path) -> None:
    path = described(tmp_path, 'join = "columns"\n' + ROWS, x="id,a\nu,1\nv,2\n", t="y\n0\n1\n")
    assert load_described(path).y.tolist() == [0, 1]
    (tmp_path / "t.csv").write_text("y\n0\n1\n1\n")
    with pytest.raises(DataError, match=r"changed since|have \[2, 3\] rows"):
        load_described(path)


def test_files_joined_by_a_key(tmp_path: Path) -> None:
    path = described(
        tmp_path, 'join = "columns"\non = "id"\n' + ROWS, x="id,a\nu,1\nv,2\n", t="id,y\nv,1\nu,0\n"
    )
    data = load_described(path)
    assert data.ids.tolist() == ["u", "v"]
    assert data.y.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ("id,y\nv,1\nw,0\n", "2 value.s. of 'id' stand in one file and not in the other"),
        ("id,y\nv,1\nv,0\n", "'id' joins columns, so it must be unique"),
        ("key,y\nv,1\nu,0\n", "on: unknown column 'id'"),
    ],
)
def test_keys_must_fit(tmp_path: Path, other: str, message: str) -> None:
    path = described(tmp_path, 'join = "columns"\non = "id"\n' + ROWS, x="id,a\nu,1\nv,2\n", t=other)
    with pytest.raises(DataError, match=message):
        load_described(path)


GROUPED = '[columns]\ntarget = "y"\nid = "name"\ngroup = "name"\ngroup_pattern = "(.+)_[0-9]+"\n'
VOICE = "name,a,site,y\ns_1_1,1,N,0\ns_1_2,2,N,0\ns_2_1,3,S,1\n"


def test_a_group_by_column_and_pattern(tmp_path: Path) -> None:
    data = load_described(described(tmp_path, GROUPED + 'drop = ["site"]\n', v=VOICE))
    assert data.groups is not None
    assert data.groups.tolist() == ["s_1", "s_1", "s_2"]
    assert data.ids.tolist() == ["s_1_1", "s_1_2", "s_2_1"]


def test_a_pattern_must_fit_every_value(tmp_path: Path) -> None:
    path = described(tmp_path, GROUPED, v=VOICE.replace("s_2_1", "s2"))
    with pytest.raises(DataError, match=r"group 'name': the pattern .* does not fit the value 's2'"):
        load_described(path, drop=["site"])


def test_options_override_a_manifests_columns_and_add_to_its_drops(tmp_path: Path) -> None:
    table = VOICE.replace("a,site", "a,b,c,site").replace(",N,", ",7,8,N,").replace(",S,", ",7,9,S,")
    path = described(tmp_path, GROUPED + 'drop = ["b"]\n', v=table)
    data = load_described(path, group="site", drop=["c"], positive="0")
    assert data.feature_names == ("a",)
    assert data.y.tolist() == [1, 1, 0]
    assert data.groups is not None
    assert data.groups.tolist() == ["N", "N", "S"]


def test_another_outcome_puts_the_manifests_own_aside(tmp_path: Path) -> None:
    data = load_described(described(tmp_path, GROUPED, v=VOICE), target="site", positive="N")
    assert data.feature_names == ("a",)
    assert data.y.tolist() == [1, 1, 0]
    assert "'y'" in data.info["note_target"]


def test_a_members_path(tmp_path: Path) -> None:
    path = tmp_path / "many.toml"
    path.write_text(
        'access = "manual"\ninstructions = "Ask."\n[columns]\ntarget = "y"\n[[files]]\nname = "{member}.csv"\n'
        '[[members]]\nname = "one"\n[[members]]\nname = "two"\n'
    )
    (tmp_path / "two.csv").write_text("a,y\n1,0\n2,1\n")
    with pytest.warns(UserWarning, match=r"many/two: two.csv has no published hash|trusted"):
        assert load_data(path / "two", search=tmp_path).name == "two"
    with pytest.raises(DataError, match="unknown member 'tow'; did you mean two"):
        load_data(path / "tow")
    with pytest.raises(DataError, match="is a collection of 2 data sets"):
        load_data(path)

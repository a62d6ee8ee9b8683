"""An external set is aligned by name, reported on, and never guessed at."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from varbench.data import Data, align, from_frame, load_data
from varbench.errors import DataError, InputError

RNG = np.random.default_rng(7)
OWN = pd.DataFrame(RNG.uniform(0, 1, (20, 3)), columns=["Age", "glcm_Contrast", "Volume"])
OWN = OWN.assign(patient=[f"p{i}" for i in range(20)], relapse=["no", "yes"] * 10)
COHORT = from_frame(OWN, target="relapse", positive="yes", id="patient")
OTHER = pd.DataFrame(RNG.uniform(0, 1, (8, 3)), columns=["Volume", "glcm_Contrast", "Age"])
OTHER = OTHER.assign(patient=[f"q{i}" for i in range(8)], relapse=["yes", "no"] * 4)


def inside(frame: pd.DataFrame) -> pd.DataFrame:
    """The same table with its features drawn into the middle of the cohort's ranges."""
    middle = {c: frame[c] * 0.2 + 0.4 for c in frame.columns if frame[c].dtype.kind == "f"}
    return frame.assign(**middle)


def test_columns_are_put_in_the_cohorts_order() -> None:
    own, other, report = align(COHORT, inside(OTHER))
    assert own is COHORT
    assert other.feature_names == COHORT.feature_names
    np.testing.assert_array_equal(other.X, inside(OTHER)[["Age", "glcm_Contrast", "Volume"]])
    assert other.y.tolist() == [1, 0] * 4
    assert other.classes == ("no", "yes")
    assert other.ids.tolist() == [f"q{i}" for i in range(8)]
    assert (report.missing, report.extra, report.out_of_range, report.rows_out_of_range) == ((), (), (), 0)
    assert report.classes == {"no": 4, "yes": 4}


def test_a_file_a_frame_and_data_are_aligned_alike(tmp_path: Path) -> None:
    OTHER.to_csv(tmp_path / "o.csv", index=False)
    as_data = from_frame(OTHER, target="relapse", positive="yes", id="patient")
    results = [
        align(COHORT, source) for source in (OTHER, tmp_path / "o.csv", str(tmp_path / "o.csv"), as_data)
    ]
    assert len({other.hash() for _, other, _ in results}) == 1
    assert len({json.dumps(report.to_dict()) for _, _, report in results}) == 1
    assert results[1][1].name == "o"


def test_what_is_extra_is_left_out_even_if_it_is_text(tmp_path: Path) -> None:
    OTHER.assign(scanner="A", note=np.nan).to_csv(tmp_path / "o.csv")  # with pandas' nameless row numbers
    _, other, report = align(COHORT, tmp_path / "o.csv")
    assert other.n_features == 3
    assert report.extra == ("scanner", "note")


def test_strict_refuses_what_is_missing_and_says_the_ways_out() -> None:
    lacking = OTHER.rename(columns={"glcm_Contrast": "GLCM contrast"}).drop(columns="Age").assign(new=1)
    with pytest.raises(DataError, match="lacks 2 of the cohort's 3 features: Age, glcm_Contrast") as failure:
        align(COHORT, lacking)
    text = str(failure.value)
    for part in (
        "differ only in case or separators: GLCM contrast -> glcm_Contrast",
        "2 features that the cohort lacks",
        "--align map.toml",
        "--align intersect",
    ):
        assert part in text


def test_intersect_keeps_what_both_have() -> None:
    lacking = inside(OTHER).rename(columns={"glcm_Contrast": "GLCM contrast"})
    own, other, report = align(COHORT, lacking, how="intersect")
    assert own.feature_names == other.feature_names == report.used == ("Age", "Volume")
    np.testing.assert_array_equal(own.X, COHORT.X[:, [0, 2]])
    assert report.missing == ("glcm_Contrast",)
    assert report.proposed == {"GLCM contrast": "glcm_Contrast"}  # proposed, not used
    assert own.y is COHORT.y or own.y.tolist() == COHORT.y.tolist()


def test_nothing_in_common_is_refused() -> None:
    foreign = OTHER.rename(columns={"Age": "a", "glcm_Contrast": "b", "Volume": "c"})
    with pytest.raises(DataError, match="lacks 3 of the cohort's 3 features") as failure:
        align(COHORT, foreign, how="intersect")
    assert "--align intersect" not in str(failure.value)


def mapped(folder: Path, text: str) -> Path:
    path = folder / "map.toml"
    path.write_text(text)
    return path


def test_a_map_names_the_pairs(tmp_path: Path) -> None:
    renamed = OTHER.rename(columns={"glcm_Contrast": "Kontrast"}).assign(relapse=["ja", "nein"] * 4)
    how = mapped(tmp_path, '[columns]\nKontrast = "glcm_Contrast"\n[classes]\nja = "yes"\nnein = "no"\n')
    _, other, report = align(COHORT, renamed, how=how)
    assert other.hash() == align(COHORT, OTHER)[1].hash()
    assert report.renamed == {"Kontrast": "glcm_Contrast"}
    assert "renamed: Kontrast -> glcm_Contrast" in report.summary()


def test_a_map_may_intersect(tmp_path: Path) -> None:
    renamed = OTHER.rename(columns={"glcm_Contrast": "Kontrast"}).drop(columns="Age")
    how = mapped(tmp_path, 'how = "intersect"\n[columns]\nKontrast = "glcm_Contrast"\n')
    assert align(COHORT, renamed, how=str(how))[2].used == ("glcm_Contrast", "Volume")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[columns]\nKontrast = "Age"\n', "unknown external column 'Kontrast'"),
        ('[columns]\nVolume = "age"\n', "unknown feature of the cohort 'age'; did you mean Age"),
        ('[columns]\nVolume = "Age"\n', "the external set has the column 'Age' twice"),
        ('[columns]\nVolume = "Age"\nAge = "Age"\n', "two external columns have one name"),
        ("[columns]\nVolume = 1\n", "columns must be a table of"),
        ('[colums]\nVolume = "Age"\n', "unknown key 'colums'; did you mean columns"),
        ('how = "union"\n', "unknown way to align 'union'"),
        ("how = \n", "no valid TOML"),
    ],
)
def test_mistakes_in_a_map(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises((DataError, InputError), match=message):
        align(COHORT, OTHER, how=mapped(tmp_path, text))


def test_an_unknown_way() -> None:
    with pytest.raises(InputError, match=r"unknown way to align 'inner'.*or the path of a TOML file"):
        align(COHORT, OTHER, how="inner")
    with pytest.raises(InputError, match=r"the map gone.toml cannot be read"):
        align(COHORT, OTHER, how="gone.toml")


def test_values_out_of_range_are_counted() -> None:
    odd = inside(OTHER)
    odd.loc[:1, "Age"] = -5.0
    odd.loc[1:2, "Volume"] = 1000.0
    odd.loc[7, "Volume"] = np.nan
    report = align(COHORT, odd)[2]
    assert [(r.feature, r.below, r.above) for r in report.out_of_range] == [
        ("Age", 0.25, 0),
        ("Volume", 0, 0.25),
    ]
    assert report.rows_out_of_range == 3 / 8
    assert report.missing_cells == 1
    frame = report.frame().set_index("feature")
    assert frame.loc["Age", "below"] == 0.25
    assert "Are the units and the preprocessing the same?" in report.summary()
    assert json.loads(json.dumps(report.to_dict()))["out_of_range"][0]["feature"] == "Age"


def test_other_spellings_of_the_classes() -> None:
    coded = OTHER.assign(relapse=[1, 0] * 4)
    with pytest.raises(
        DataError, match="the external outcome has '0', '1', the cohort's classes are 'no', 'yes'"
    ):
        align(COHORT, coded)
    assert align(COHORT, coded, positive=1)[1].y.tolist() == [1, 0] * 4
    assert align(COHORT, coded, positive="0")[1].y.tolist() == [0, 1] * 4
    with pytest.raises(DataError, match="has no value 'ja'; it has: '0', '1'"):
        align(COHORT, coded, positive="ja")


def test_one_class_alone_is_allowed_and_a_third_is_not() -> None:
    assert align(COHORT, OTHER.assign(relapse="no"))[2].classes == {"no": 8, "yes": 0}
    three = OTHER.assign(relapse=["yes", "no"] * 3 + ["maybe"] * 2)
    with pytest.raises(DataError, match="the external outcome has 'maybe'"):
        align(COHORT, three)
    with pytest.raises(DataError, match=r"has 3 classes .*, the cohort has two"):
        align(COHORT, three, positive="yes")


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({"relapse": None}, {}, "target 'relapse': missing in 8 of 8 rows"),
        ({}, {"target": "rel"}, "target: unknown column 'rel'"),
        ({}, {"id": "pat"}, "id: unknown column 'pat'; did you mean patient"),
        ({"Age": "old"}, {}, "feature 'Age' holds text"),
        ({"Age": np.inf}, {}, "feature 'Age' is infinite"),
        ({"patient": "p"}, {}, "7 row.s. repeat an id"),
    ],
)
def test_the_checks_of_a_cohort_hold(change: dict[str, Any], options: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        align(COHORT, OTHER.assign(**change), **options)


def test_an_empty_set_is_refused() -> None:
    with pytest.raises(DataError, match="the external set is empty"):
        align(COHORT, OTHER[:0])


def test_the_cohort_itself_is_not_external() -> None:
    with pytest.raises(DataError, match="the external set is the cohort itself"):
        align(COHORT, OWN)
    report = align(COHORT, pd.concat([OWN[:5], OTHER]))[2]
    assert (report.identical_rows, report.shared_ids) == (5, 5)
    assert "5 external rows are also in the cohort" in report.summary()


def test_row_numbers_are_no_shared_ids() -> None:
    numbered = replace(COHORT, ids=np.arange(1, 21).astype(str))
    assert align(numbered, OTHER.assign(patient=[str(i) for i in range(1, 9)]))[2].shared_ids == 0


def test_groups_follow_the_cohorts_pattern(tmp_path: Path) -> None:
    made = tmp_path / "voice.toml"
    made.write_text(
        'access = "manual"\ninstructions = "Ask."\n[columns]\ntarget = "y"\nid = "name"\ngroup = "name"\n'
        'group_pattern = "(.+)_[0-9]+"\n[[files]]\nname = "v.csv"\n'
    )
    (tmp_path / "v.csv").write_text("name,a,y\ns1_1,1,0\ns1_2,2,0\ns2_1,3,1\n")
    (tmp_path / "w.csv").write_text("name,a,y\nt1_1,1.5,0\nt1_2,2.5,1\n")
    with pytest.warns(UserWarning, match="name alone|trusted"):
        cohort = load_data(made, search=tmp_path)
    other = align(cohort, tmp_path / "w.csv")[1]
    assert other.groups is not None
    assert other.groups.tolist() == ["t1", "t1"]


def test_a_manifest_may_be_external_and_a_built_in_may_not() -> None:
    with pytest.raises(DataError, match="'wdbc' is built in"):
        align(COHORT, "wdbc")
    with pytest.raises(DataError, match="unknown data set 'nothing'"):
        align(COHORT, "nothing")


def test_the_report_is_said_in_words() -> None:
    text = align(COHORT, inside(OTHER).assign(extra=1.0))[2].summary()
    assert text.splitlines()[0] == "3 features in common, 8 external rows (strict)"
    assert "extra in the external set, left out: extra" in text


def test_a_cohort_without_column_names_needs_a_target() -> None:
    bare = Data(COHORT.X, COHORT.y, COHORT.classes, COHORT.feature_names, COHORT.ids)
    with pytest.raises(DataError, match="which column is the outcome"):
        align(bare, OTHER)
    assert align(bare, OTHER, target="relapse")[1].n_cases == 8

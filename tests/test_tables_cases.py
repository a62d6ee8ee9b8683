"""Measures per case: the metrics, their directions and ranges, and what is missing or endless."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from varbench.errors import DataError
from varbench.tables import Cases, align_cases, read_per_case


def table(n: int = 12, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame({
        "case": [f"c{i:02d}" for i in range(n)], "patient": [f"p{i // 3}" for i in range(n)],
        "Dice": rng.uniform(0.5, 1, n), "IoU": rng.uniform(0.3, 0.9, n), "HD95": rng.uniform(1, 9, n),
        "NSD": rng.uniform(0.5, 1, n), "volume": rng.uniform(10, 90, n), "site": rng.choice(["a", "b"], n),
    })  # fmt: skip


def of(frame: pd.DataFrame, **how: object) -> Cases:
    return read_per_case(frame, **how)  # type: ignore[arg-type]


def test_the_usual_metrics_are_found_with_their_directions() -> None:
    found = of(table(), subgroup="site")
    assert found.metrics == ("Dice", "IoU", "HD95", "NSD")
    assert [found.quantities[m].greater_is_better for m in found.metrics] == [True, True, False, True]
    assert [found.quantities[m].name for m in found.metrics] == ["dice", "iou", "hd95", "nsd"]
    assert found.frame["HD95"].tolist() == table()["HD95"].tolist()
    assert found.ids is not None
    assert found.ids.tolist() == table()["case"].tolist()
    assert found.groups is not None
    assert found.groups.tolist() == table()["patient"].tolist()
    assert found.subgroups["site"].tolist() == table()["site"].tolist()
    assert "'HD95' (lower is better)" in found.notes[-1]


def test_a_file_with_semicolons(tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    path.write_text("case;Dice\na;0,5\nb;\n", encoding="utf-16")
    found = read_per_case(path)
    assert found.frame["Dice"].tolist()[0] == 0.5
    assert any(
        "'Dice' is missing in 1 of 2 cases. Where it is missing because nothing was found" in n
        for n in found.notes
    )


def test_other_columns_need_a_direction() -> None:
    with pytest.raises(DataError, match=r"which way is 'volume' better\? .* metrics=\{'volume': True\}"):
        of(table(), metrics=["Dice", "volume"])
    found = of(table(), metrics={"volume": False, "Dice": True})
    assert [found.quantities[m].greater_is_better for m in found.metrics] == [False, True]
    with pytest.raises(DataError, match=r"unknown column 'dise'; did you mean Dice"):
        of(table(), metrics=["dise"])
    with pytest.raises(
        DataError, match=r"no column names a metric that is known; say metrics=, of: case, volume"
    ):
        of(table()[["case", "volume"]])


def test_per_cent() -> None:
    frame = table().assign(Dice=lambda t: t["Dice"] * 100)
    with pytest.raises(
        DataError, match=r"column 'Dice' lies in .* and Dice in \[0, 1\]; if it is per cent, say percent"
    ):
        of(frame)
    found = of(frame, metrics=["Dice", "HD95"], percent=True)
    assert found.frame["Dice"].to_numpy() == pytest.approx(table()["Dice"].to_numpy())
    assert found.frame["HD95"].tolist() == table()["HD95"].tolist()
    assert "'Dice' was divided by 100, as it is per cent." in found.notes
    assert of(frame, percent=["Dice"]).frame["IoU"].tolist() == table()["IoU"].tolist()
    with pytest.raises(
        DataError, match=r"column 'IoU' lies in .*, which looks like no per cent; name the columns"
    ):
        of(frame, percent=True)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"HD95": -1.0}, r"column 'HD95' lies in \[-1, -1\], and HD95 in \[0, inf\]; correct the table"),
        ({"HD95": [np.inf, *[1.0] * 11]}, r"'HD95' is infinite in 1 cases, the first is row 1; say what it counts"),
        ({"Dice": np.nan}, r"column 'Dice' has no value at all"),
        ({"Dice": ["good"] * 12}, r"column 'Dice', row 1: 'good' is no number"),
        ({"case": "same"}, r"id 'same' stands more than once, and 12 rows share their id"),
        ({"case": [None, *"abcdefghijk"]}, r"id \(column 'case'\) is empty in 1 of 12 rows"),
        ({"patient": [*"abcdefghijk", ""]}, r"group .* is empty in 1 of 12 rows, the first is row 12"),
    ],
)  # fmt: skip
def test_bad_columns_are_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(DataError, match=words):
        of(table().assign(**change))


def test_endless_distances_count_as_the_user_says() -> None:
    frame = table().assign(HD95=[np.inf, np.inf, *[1.0] * 10])
    assert of(frame, infinite=400).frame["HD95"].tolist() == [400, 400, *[1.0] * 10]
    missing = of(frame, infinite=np.nan)
    assert missing.frame["HD95"].isna().sum() == 2
    assert "'HD95' is infinite in 2 cases, which count as missing." in missing.notes
    with pytest.raises(DataError, match=r"unknown value of infinite 'inf'"):
        of(frame, infinite=np.inf)


def test_two_models_on_the_same_cases() -> None:
    first, second = (
        of(table()),
        of(table(seed=1).assign(patient=table()["patient"]).sample(frac=1, random_state=3)),
    )
    aligned = align_cases(first, second)
    merged = table().merge(table(seed=1), on="case")
    assert aligned.b.frame["Dice"].tolist() == merged["Dice_y"].tolist()
    assert aligned.a.frame["Dice"].tolist() == merged["Dice_x"].tolist()
    fewer = of(table().iloc[3:])
    with pytest.raises(
        DataError, match=r"has 12 cases and the table has 9, of which 9 are the same; 'c00' is the first"
    ):
        align_cases(first, fewer)
    shared = align_cases(fewer, first, missing="shared")
    assert (shared.only_a, shared.only_b, len(shared.a)) == (0, 3, 9)
    with pytest.raises(DataError, match=r"another group to 12 of 12 cases, the first is 'c00'"):
        align_cases(first, of(table().assign(patient=table()["case"])))


def test_without_ids_the_order_counts() -> None:
    bare = of(table()[["Dice"]])
    assert align_cases(bare, bare).by == "order"
    with pytest.raises(
        DataError, match=r"has 12 cases and the table has 11, and ids to match them are missing"
    ):
        align_cases(bare, of(table()[["Dice"]].iloc[1:]))
    with pytest.raises(DataError, match=r"unknown missing 'no'"):
        align_cases(bare, bare, missing="no")

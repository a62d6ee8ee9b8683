"""Pairs of rows beside each other: which are shown, and what of them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

import varbench as vb
from varbench.report import FORMS


def table(n: int = 60, columns: int = 6) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(rng.normal(size=(n, columns))).add_prefix("f")
    return frame.assign(y=np.arange(n) % 2, split=["train", "test"] * (n // 2))


def features(frame: pd.DataFrame) -> list[str]:
    return [name for name in frame if name.startswith("f")]


def audited(frame: pd.DataFrame) -> Any:
    return vb.audit(frame, target="y", split="split")


def test_the_share_of_rows_below_each_of_two_equal_rows() -> None:
    frame = table()
    frame.loc[7, features(frame)] = frame.loc[2, features(frame)]
    shown = audited(frame).frame("pair_features")
    first = shown[shown["pair"] == 1]
    assert first["feature"].tolist() == features(frame)
    assert (first["row"].iloc[0], first["other"].iloc[0], first["said"].iloc[0]) == (
        3,
        8,
        "equal; train, test",
    )
    for name, value, other in zip(first["feature"], first["value"], first["other value"], strict=True):
        mine = frame.loc[2, name]
        below, ties = (frame[name] < mine).sum(), (frame[name] == mine).sum()
        assert value == other == pytest.approx((below + ties / 2) / len(frame))


def test_the_last_pair_is_the_nearest_that_is_no_copy() -> None:
    frame = table()
    frame.loc[7, features(frame)] = frame.loc[2, features(frame)]
    shown = audited(frame).frame("pair_features")
    last = shown[shown["pair"] == shown["pair"].max()]
    ranks = frame[features(frame)].rank()
    apart = (ranks - ranks.loc[2]).abs().mean(axis=1).drop([2, 7])
    assert last["said"].iloc[0] == "the nearest row that is no copy"
    assert (last["row"].iloc[0], last["other"].iloc[0]) == (3, apart.idxmin() + 1)


def test_of_many_features_some_are_shown_and_it_is_said() -> None:
    frame = table(columns=120)
    frame.loc[7, features(frame)] = frame.loc[2, features(frame)]
    answer = audited(frame)
    assert answer.frame("pair_features")["feature"].nunique() == 40
    assert answer.pictures[0].options["xlabel"] == "40 of 120 continuous features, in their order"
    assert "rows 3 and 8 (equal; train, test) are 0.000 apart" in answer.pictures[0].alt


def test_every_kind_of_pair_is_shown() -> None:
    frame = table(200, 10)
    rng = np.random.default_rng(1)
    for row, other in ((10, 31), (12, 33), (14, 35), (16, 37), (18, 39), (20, 41)):
        frame.loc[other, features(frame)] = frame.loc[row, features(frame)] + 0.001 * rng.normal(size=10)
    frame.loc[7, features(frame)] = frame.loc[2, features(frame)]
    shown = audited(frame).frame("pair_features").drop_duplicates("pair")["said"].tolist()
    assert shown[0].startswith("equal")
    assert shown[1].startswith("nearly equal")


def test_a_clean_table_shows_no_pairs() -> None:
    answer = audited(table())
    assert "pair_features" not in answer.frames
    assert "pairs" not in answer.frames
    assert "row_pairs" not in {one.kind for one in answer.pictures}


def test_what_a_picture_shows_is_told_to_who_cannot_see_it() -> None:
    frame = table()
    frame.loc[7, features(frame)] = frame.loc[2, features(frame)]
    page = str(FORMS["html"].write(audited(frame)))
    assert "Pairs of rows beside each other" in page
    assert re.search(r'aria-label="[^"]*rows 3 and 8 \(equal; train, test\) are 0.000 apart', page)

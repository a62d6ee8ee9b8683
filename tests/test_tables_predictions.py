"""Predictions are read with the right class as positive, and matched case by case, or refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from varbench.errors import DataError
from varbench.metrics import evaluate, resolve
from varbench.tables import Predictions, align_predictions, read_predictions


def table(n: int = 40, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    return pd.DataFrame({
        "id": [f"case-{i:02d}" for i in range(n)], "patient": [f"p{i // 2}" for i in range(n)], "y_true": y,
        "y_score": np.clip(0.5 * y + rng.uniform(0, 0.5, n), 0, 1), "site": rng.choice(["Lyon", "Paris"], n),
    })  # fmt: skip


def of(frame: pd.DataFrame, **how: object) -> Predictions:
    return read_predictions(frame, **how)  # type: ignore[arg-type]


def test_usual_columns_are_found_and_said() -> None:
    frame = table()
    found = of(frame, subgroup="site")
    assert (found.task, found.classes, len(found)) == ("binary", ("0", "1"), 40)
    assert found.y_true.tolist() == frame["y_true"].tolist()
    assert found.y_score is not None
    assert found.y_score.tolist() == frame["y_score"].tolist()
    assert found.ids is not None
    assert found.ids.tolist() == frame["id"].tolist()
    assert found.groups is not None
    assert found.groups.tolist() == frame["patient"].tolist()
    assert found.subgroups["site"].tolist() == frame["site"].tolist()
    assert found.notes == tuple(
        f"Column {column!r} was taken for the {role}, by its heading."
        for role, column in (("label", "y_true"), ("score", "y_score"), ("id", "id"), ("group", "patient"))
    )


def test_a_german_file(tmp_path: Path) -> None:
    path = tmp_path / "preds.csv"
    path.write_bytes("\ufefffall;wahr;wert\n007;krank;0,75\n008;gesund;0,25\n".encode())
    found = read_predictions(path, label="wahr", score="wert", id="fall", positive="krank")
    assert found.ids is not None
    assert found.ids.tolist() == ["007", "008"]
    assert (found.y_true.tolist(), found.classes) == ([1, 0], ("gesund", "krank"))
    assert found.y_score is not None
    assert found.y_score.tolist() == [0.75, 0.25]


def test_the_positive_class_must_be_told() -> None:
    frame = table().assign(y_true=lambda t: t["y_true"].map({0: "benign", 1: "malignant"}))
    with pytest.raises(
        DataError, match=r"the table: target 'y_true': is 'benign' or 'malignant' the positive class\?"
    ):
        of(frame)
    assert of(frame, positive="malignant").classes == ("benign", "malignant")
    assert of(frame, positive="benign").classes == ("malignant", "benign")
    assert of(frame, positive="benign").y_true.tolist() == (1 - table()["y_true"]).tolist()
    with pytest.raises(DataError, match=r"has no value 'bad'"):
        of(frame, positive="bad")


def test_labels_by_threshold_or_as_the_table_says() -> None:
    found = of(table())
    labels = found.labels()
    assert labels is not None
    assert labels.tolist() == (table()["y_score"] >= 0.5).astype(int).tolist()
    told = of(table().assign(y_pred=1))
    assert told.labels() is not None
    assert set(np.asarray(told.labels()).tolist()) == {1}
    margins = of(table().assign(y_score=lambda t: t["y_score"] * 8 - 4))
    assert not margins.is_probability
    assert margins.labels() is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"y_true": 1}, r"every one of the 40 rows is '1'; expected two classes"),
        ({"y_true": [None] + [1, 0] * 19 + [1]}, r"label .* is empty in 1 of 40 rows, the first is row 1"),
        ({"y_score": [np.nan] * 3 + [0.5] * 37}, r"score \(column 'y_score'\) is empty in 3 of 40 rows"),
        ({"y_score": [np.inf] + [0.5] * 39}, r"column 'y_score' has 1 infinite scores"),
        ({"y_score": ["high"] + [0.5] * 39}, r"column 'y_score', row 1: 'high' is no number"),
        ({"patient": ["p"] * 39 + [""]}, r"group \(column 'patient'\) is empty in 1 of 40 rows, the first is row 40"),
        ({"id": ["a"] * 2 + [str(i) for i in range(38)]}, r"id 'a' stands 2 times, and 2 rows share their id"),
        ({"id": [np.nan] + [str(i) for i in range(39)]}, r"id \(column 'id'\) is empty in 1 of 40 rows"),
        ({"y_pred": [2] + [0] * 39}, r"column 'y_pred': '2' \(row 1\) is none of the classes 0, 1"),
        ({"y_pred": [0.83] + [0] * 39}, r"'0.83' .*if these are scores, say score='y_pred'"),
        ({"y_pred": ["yes"] * 40}, r"'yes' \(row 1\) is none of the classes 0, 1. The labels and the predictions"),
    ],
)  # fmt: skip
def test_bad_columns_are_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(DataError, match=words):
        of(table().assign(**change))


def test_columns_that_do_not_exist_or_are_missing() -> None:
    with pytest.raises(DataError, match=r"score='yscore': unknown column 'yscore'; did you mean y_score"):
        of(table(), score="yscore")
    with pytest.raises(
        DataError, match=r"which column is the label\? Say label=, one of: id, patient, y_score, site"
    ):
        of(table().drop(columns="y_true"))
    with pytest.raises(DataError, match=r"there is neither a score nor a prediction"):
        of(table().drop(columns="y_score"))
    with pytest.raises(
        DataError, match=r"'label' and 'target' could both be the label; say which, as label='label'"
    ):
        of(table().rename(columns={"y_true": "label"}).assign(target=0))
    with pytest.raises(DataError, match=r"column 'y_true' is given as label and score"):
        of(table(), label="y_true", score="y_true")
    with pytest.raises(DataError, match=r"unknown task 'binry'; did you mean binary"):
        of(table(), task="binry")


def test_a_frame_without_rows() -> None:
    with pytest.raises(DataError, match=r"the table is empty: it has 5 columns, and no row"):
        of(table().iloc[:0])


def test_one_class_when_the_classes_are_named() -> None:
    found = of(table().assign(y_true="no"), classes=["no", "yes"])
    assert found.classes == ("no", "yes")
    assert "Every case is 'no': there is only one class." in found.notes


def test_a_patient_with_one_case_says_which_case_it_is() -> None:
    frame = table().drop(columns=["id", "patient"]).assign(participant_id=[f"s{i}" for i in range(40)])
    found = of(frame)
    assert found.ids is not None
    assert found.ids.tolist() == frame["participant_id"].tolist()
    assert any("has one case, so it says which case it is" in note for note in found.notes)
    assert of(table().drop(columns="id")).ids is None


def test_group_and_id_may_be_one_column() -> None:
    found = of(table(), id="id", group="id")
    assert found.ids is not None
    assert found.groups is not None
    assert found.ids.tolist() == found.groups.tolist()


def test_rows_of_several_models_are_not_silent() -> None:
    found = of(table().assign(fold=[i % 5 for i in range(40)]))
    assert "Column 'fold' is not used" in found.notes[-1]


@pytest.mark.parametrize(
    ("names", "form"), [(["a", "b", "c"], "p_{}"), ([0, 1, 2], "proba{}"), ([1, 2, 3], "prob.{}")]
)
def test_several_classes(names: list[object], form: str) -> None:
    rng = np.random.default_rng(1)
    p = rng.dirichlet([1, 1, 1], 60)
    codes = np.array([0, 1, 2] * 20)
    frame = pd.DataFrame({form.format(name): p[:, i] for i, name in reversed(list(enumerate(names)))})
    frame["y_true"] = [names[c] for c in codes]
    found = of(frame)
    assert (found.task, found.classes) == ("multiclass", tuple(map(str, names)))
    assert found.y_score == pytest.approx(p)
    assert found.is_probability
    values, _ = evaluate(
        resolve(["roc_auc", "log_loss"]), found.y_true, p.argmax(1), found.y_score, n_classes=3
    )
    assert values == pytest.approx([roc_auc_score(codes, p, multi_class="ovr"), log_loss(codes, p)])
    labels = found.labels()
    assert labels is not None
    assert labels.tolist() == p.argmax(1).tolist()


def test_columns_by_number_take_the_order_of_the_classes_and_say_so() -> None:
    p = np.random.default_rng(2).dirichlet([1, 1, 1], 30)
    frame = pd.DataFrame(
        {"proba2": p[:, 2], "proba0": p[:, 0], "proba1": p[:, 1], "y_true": list("cab") * 10}
    )
    found = of(frame)
    assert found.y_score == pytest.approx(p)
    assert "The columns of scores are taken in the order of the classes: a, b, c." in found.notes


def test_a_class_that_does_not_occur_is_named() -> None:
    p = np.random.default_rng(3).dirichlet([1, 1, 1], 30)
    frame = pd.DataFrame({"p_a": p[:, 0], "p_b": p[:, 1], "p_c": p[:, 2], "y_true": list("ac") * 15})
    with pytest.raises(DataError, match=r"is 'a' or 'c' the positive class"):
        of(frame, score=["p_a", "p_b", "p_c"])
    assert of(frame, score=["p_a", "p_b", "p_c"], classes=["a", "b", "c"]).y_true.tolist() == [0, 2] * 15
    with pytest.raises(DataError, match=r"2 columns of scores \(p_a, p_b\) and 3 classes \(a, b, c\)"):
        of(frame, score=["p_a", "p_b"], classes=["a", "b", "c"])
    with pytest.raises(DataError, match=r"'c' \(row 2\) is none of the classes a, b, d"):
        of(frame, score=["p_a", "p_b", "p_c"], classes=["a", "b", "d"])


def test_two_columns_of_two_classes() -> None:
    frame = pd.DataFrame(
        {"y_true": [0, 1, 1, 0], "proba0": [0.9, 0.2, 0.4, 0.6], "proba1": [0.1, 0.8, 0.6, 0.4]}
    )
    found = of(frame)
    assert found.y_score is not None
    assert found.y_score.tolist() == [0.1, 0.8, 0.6, 0.4]
    named = frame.assign(y_true=["no", "yes", "yes", "no"])
    with pytest.raises(
        DataError, match=r"which of proba0 and proba1 is the score of 'yes'\? Say so: score='proba1'"
    ):
        of(named, positive="yes")
    with pytest.raises(DataError, match=r"3 columns of scores for two classes"):
        of(frame.assign(proba2=0.1))


def test_several_labels() -> None:
    rng = np.random.default_rng(4)
    y, p = rng.integers(0, 2, (20, 3)), rng.uniform(size=(20, 3))
    frame = pd.DataFrame(np.hstack([y, p]), columns=["a", "b", "c", "pa", "pb", "pc"])
    found = of(frame, label=["a", "b", "c"], score=["pa", "pb", "pc"])
    assert (found.task, found.classes) == ("multilabel", ("a", "b", "c"))
    assert found.y_true.tolist() == y.tolist()
    assert found.y_score == pytest.approx(p)
    labels = found.labels()
    assert labels is not None
    assert labels.tolist() == (p >= 0.5).astype(int).tolist()
    with pytest.raises(DataError, match=r"3 labels and 2 columns of score"):
        of(frame, label=["a", "b", "c"], score=["pa", "pb"])
    with pytest.raises(DataError, match=r"column 'a' has '2'; a label of several is 0 or 1"):
        of(frame.assign(a=2), label=["a", "b", "c"], score=["pa", "pb", "pc"])


def test_a_measurement_is_a_regression() -> None:
    rng = np.random.default_rng(5)
    y = rng.normal(60, 10, 30)
    found = of(pd.DataFrame({"y_true": y, "y_pred": y + 1}))
    assert (found.task, found.classes, found.y_score) == ("regression", (), None)
    assert found.labels() is not None
    assert np.asarray(found.labels()).tolist() == (y + 1).tolist()
    assert (
        "The label has 30 different numbers, so it was taken for a measurement; task= says otherwise."
        in found.notes
    )
    whole = pd.DataFrame({"y_true": [60, 61, 62, 60], "y_pred": [61.5, 60.5, 62.0, 60.0]})
    assert of(whole, task="regression").y_true.tolist() == [60, 61, 62, 60]
    with pytest.raises(DataError, match=r"the prediction in row 1 is inf"):
        of(pd.DataFrame({"y_true": y, "y_pred": [np.inf, *y[1:]]}))


def test_matching_by_ids_against_pandas_merge() -> None:
    first, second = table(), table().assign(y_score=lambda t: 1 - t["y_score"]).sample(frac=1, random_state=0)
    aligned = align_predictions(of(first), of(second))
    merged = first.merge(second, on="id")
    assert aligned.by == "id"
    assert aligned.a.ids is not None
    assert aligned.b.ids is not None
    assert aligned.a.ids.tolist() == aligned.b.ids.tolist() == merged["id"].tolist()
    assert aligned.b.y_score is not None
    assert aligned.b.y_score.tolist() == merged["y_score_y"].tolist()
    assert aligned.notes == ("The cases were matched by their ids.",)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.iloc[:-2], r"has 40 cases and .* has 38, of which 38 are the same; 'case-38' is the first"),
        (lambda t: t.assign(id=t["id"].str.upper()), r"of which 0 are the same; .*are the ids spelled alike\?"),
        (lambda t: t.assign(y_true=1 - t["y_true"]), r"give another label to 40 of 40 cases, the first is 'case-00'"),
        (lambda t: t.assign(patient=t["id"]), r"give another group to 40 of 40 cases"),
        (lambda t: t.drop(columns="id"), r"has no ids and the other table has"),
        (lambda t: t.assign(y_true=t["y_true"] * 2), r"has the classes 0, 1, and .* 0, 2"),
    ],
)  # fmt: skip
def test_what_cannot_be_matched_is_refused(change: object, words: str) -> None:
    other = change(table())  # type: ignore[operator]
    positive = 2 if 2 in set(other["y_true"]) else None
    with pytest.raises(DataError, match=words):
        align_predictions(of(table()), of(other, positive=positive))


def test_cases_without_a_partner_can_be_left_out_and_are_counted() -> None:
    aligned = align_predictions(of(table().iloc[1:]), of(table().iloc[:-2]), missing="shared")
    assert (aligned.only_a, aligned.only_b, len(aligned.a), len(aligned.b)) == (2, 1, 37, 37)
    assert "2 cases of the table and 1 of the table have no partner, and were left out." in aligned.notes
    with pytest.raises(DataError, match=r"unknown missing 'drop'"):
        align_predictions(of(table()), of(table()), missing="drop")


def test_matching_by_order_needs_equal_labels() -> None:
    bare = table().drop(columns=["id", "patient"])
    aligned = align_predictions(of(bare), of(bare.assign(y_score=0.5)))
    assert aligned.by == "order"
    assert aligned.notes == (
        "Neither table has ids: row for row is taken for the same case, and all labels agree.",
    )
    with pytest.raises(DataError, match=r"has 40 cases and the table has 39, and neither has ids"):
        align_predictions(of(bare), of(bare.iloc[1:]))
    with pytest.raises(
        DataError, match=r"another label to .* not the same cases; if the rows are in another"
    ):
        align_predictions(of(bare), of(bare.iloc[::-1]))


def test_another_task_is_refused() -> None:
    y = np.random.default_rng(6).normal(size=40)
    with pytest.raises(DataError, match=r"is binary, and the table regression"):
        align_predictions(of(table()), of(table().assign(y_true=y), pred="y_score", score=[]))


def seeded(n_seeds: int, shift: float = 0.0) -> pd.DataFrame:
    parts = [
        table().assign(seed=s, y_score=lambda t, s=s: (t["y_score"] + shift + s) / 10) for s in range(n_seeds)
    ]
    return pd.concat([part.sample(frac=1, random_state=i) for i, part in enumerate(parts)], ignore_index=True)


def test_seeds_have_the_same_cases_in_the_same_order() -> None:
    parts = of(seeded(3)).by_seed()
    assert len(parts) == 3
    frame = seeded(3)
    for seed, part in enumerate(parts):
        assert part.ids is not None
        expected = frame[frame["seed"] == seed].set_index("id").loc[part.ids, "y_score"]
        assert part.y_score is not None
        assert part.y_score.tolist() == expected.tolist()
        assert part.ids.tolist() == parts[0].ids.tolist()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.iloc[:-1], r"seed '0' has 40 cases, and seed '2' has 39"),
        (lambda t: t.assign(y_true=(t["y_true"] + (t["seed"] == 1)) % 2), r"40 cases have another label"),
        (lambda t: t.drop(columns=["id", "patient"]), r"has 3 seeds and no ids"),
    ],
)  # fmt: skip
def test_seeds_with_other_cases_are_refused(change: object, words: str) -> None:
    with pytest.raises(DataError, match=words):
        of(change(seeded(3))).by_seed()  # type: ignore[operator]


def test_models_with_different_numbers_of_seeds_are_matched() -> None:
    aligned = align_predictions(of(seeded(3)), of(seeded(5, shift=1)))
    a, b = aligned.a.by_seed(), aligned.b.by_seed()
    assert (len(a), len(b)) == (3, 5)
    ids = [part.ids.tolist() for part in (*a, *b) if part.ids is not None]
    assert len(ids) == 8
    assert all(one == ids[0] for one in ids)
    with pytest.raises(DataError, match=r"of which 39 are the same"):
        align_predictions(of(seeded(3)), of(seeded(2).query("id != 'case-07'")))


def test_an_id_may_stand_once_a_seed() -> None:
    doubled = pd.concat([seeded(2), seeded(2).iloc[[0]]])
    with pytest.raises(DataError, match=r"2 rows share their id with another one"):
        of(doubled)


def test_some_cases() -> None:
    found = of(table(), subgroup=["site"])
    some = found.take(np.array([5, 2]))
    assert some.ids is not None
    assert some.ids.tolist() == ["case-05", "case-02"]
    assert some.subgroups["site"].tolist() == table()["site"].iloc[[5, 2]].tolist()
    assert len(found.take(found.y_true == 1)) == table()["y_true"].sum()

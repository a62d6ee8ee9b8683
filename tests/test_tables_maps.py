"""A MAPS is read as ClinicaDL wrote it, in all the forms that its versions have had."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from varbench.errors import DataError
from varbench.metrics import evaluate, resolve
from varbench.tables import align_cases, align_maps, is_maps, read_maps, read_scores, write_beside_maps

SETTINGS = {"network_task": "classification", "label_code": {"AD": 0, "CN": 1}, "seed": 3, "n_splits": 2}
HEAD = "participant_id\tsession_id\timage_id\ttrue_label\tpredicted_label\tproba0\tproba1\n"
ROWS = "sub-1\tses-1\t0\t0\t0\t0.75\t0.25\nsub-2\tses-1\t0\t1\t0\t0.625\t0.375\nsub-3\tses-1\t0\t1\t1\t0.125\t0.875\n"
NEW = (
    "Metrics\taccuracy\tloss\nValues\t0.5\t12.5\nLower bound CI\t0.25\tN/A\n"
    "Upper bound CI\t0.75\tN/A\nSE\t0.125\tN/A\n"
)


def maps(
    folder: Path, *, start: str = "split", settings: dict[str, object] | None = None, version: str = "1.6.1"
) -> Path:
    """A MAPS of two splits with predictions for a test group."""
    root = folder / "MAPS"
    for split in (0, 1):
        place = root / f"{start}-{split}" / "best-loss" / "test_x"
        place.mkdir(parents=True)
        (place / "test_x_image_level_prediction.tsv").write_text(HEAD + ROWS)
        (place / "test_x_image_level_metrics.tsv").write_text(NEW)
        for group, n in (("train", 4), ("validation", 2)):
            listed = root / "groups" / group / f"{start}-{split}"
            listed.mkdir(parents=True)
            lines = "".join(f"{i}\tsub-{i // 2}\tses-{i}\n" for i in range(n + split))
            (listed / "data.tsv").write_text("\tparticipant_id\tsession_id\n" + lines)
    (root / "maps.json").write_text(json.dumps(settings or SETTINGS))
    (root / "environment.txt").write_text(f"numpy==1.26\nclinicadl=={version}\n")
    return root


def test_the_example_agrees_with_clinicadl_itself(shared_data: Path) -> None:
    found = read_maps(shared_data / "clinicadl_maps" / "maps_1_6")
    assert (found.version, found.task, found.splits, found.seed) == ("1.6.1", "classification", (0, 1, 2), 0)
    assert len(found.predictions) == 9
    assert (found.n_train, found.n_test) == ({0: 20, 1: 20, 2: 20}, {0: 10, 1: 10, 2: 10})
    names = ["balanced_accuracy", "accuracy", "f1", "recall", "specificity", "precision", "mcc"]
    for one in found.predictions:
        p = one.predictions
        assert p.classes == ("CN", "AD")
        values, _ = evaluate(resolve(names), p.y_true, p.labels(), p.y_score)
        rows = found.metrics.query("split == @one.split and data_group == @one.data_group").set_index(
            "quantity"
        )
        # ClinicaDL divides by the size plus 1e-10.
        assert values == pytest.approx(rows.loc[names, "value"].to_numpy(), abs=1e-8)
        truth = shared_data / "clinicadl_maps/maps_1_6/groups" / one.data_group
        listed = truth / "data.tsv" if one.data_group == "test" else truth / f"split-{one.split}" / "data.tsv"
        labels = pd.read_csv(listed, sep="\t").set_index("participant_id")["diagnosis"]
        assert p.groups is not None
        assert [p.classes[c] for c in p.y_true] == labels.loc[p.groups].tolist()


def test_the_example_of_2_0(shared_data: Path) -> None:
    found = read_maps(shared_data / "clinicadl_maps" / "maps_2_0")
    assert (found.version, found.splits, found.n_train) == ("2.0.0", (0, 1, 2), {0: 20, 1: 20, 2: 20})
    with pytest.raises(
        DataError,
        match=r"\(ClinicaDL 2.0.0\) holds no predictions. It has measures of each image \(mse, mae\)",
    ):
        _ = found.predictions
    with pytest.raises(DataError, match=r"holds no predictions"):
        found.select()
    for one in found.cases:
        mean = one.cases.frame.mean()
        rows = found.metrics.query("split == @one.split and data_group == @one.data_group").set_index(
            "metric"
        )
        assert rows.loc[["mse", "mae"], "value"].tolist() == pytest.approx(mean[["mse", "mae"]].tolist())
        assert not one.cases.quantities["mse"].greater_is_better
    first, second, _ = found.select_cases()
    assert (first.data_group, len(align_cases(first.cases, second.cases).a)) == ("test", 12)
    assert "The option seed differs between the splits: 0, 1, 2." in found.notes
    assert (found.seed, found.fact) == (None, "")


def test_the_class_with_code_0_is_positive(tmp_path: Path) -> None:
    found = read_maps(maps(tmp_path))
    p = found.select()[0].predictions
    assert (p.classes, p.y_true.tolist(), p.task) == (("CN", "AD"), [1, 0, 0], "binary")
    assert p.y_score is not None
    assert p.y_score.tolist() == [0.75, 0.625, 0.125]
    assert np.asarray(p.labels()).tolist() == [1, 1, 0]
    assert p.ids is not None
    assert p.ids.tolist() == ["sub-1 ses-1", "sub-2 ses-1", "sub-3 ses-1"]
    assert any(note.startswith("The positive class is 'AD', the one with code 0") for note in found.notes)


def test_what_the_folds_are_is_said(tmp_path: Path) -> None:
    found = read_maps(maps(tmp_path))
    assert "K folds of one partition" in found.fact
    assert (found.seed, found.n_train, found.n_test) == (3, {0: 4, 1: 5}, {0: 2, 1: 3})
    assert found.sizes.query("data_group == 'train'")["n_participants"].tolist() == [2, 3]


def test_folds_of_old_versions_and_their_options(tmp_path: Path) -> None:
    old = {**SETTINGS, "model": "Conv5_FC3", "use_cpu": True, "nondeterministic": False, "n_splits": 5}
    found = read_maps(maps(tmp_path, start="fold", settings=old, version="1.0.4"))
    assert found.splits == (0, 1)
    assert (found.settings["architecture"], found.settings["gpu"], found.settings["deterministic"]) == (
        "Conv5_FC3",
        False,
        True,
    )
    assert "Of 5 planned splits 2 were trained: 0, 1." in found.notes


def test_both_forms_of_metrics(tmp_path: Path, shared_data: Path) -> None:
    root = maps(tmp_path)
    row = read_maps(root).metrics.query("split == 0 and metric == 'accuracy'").iloc[0]
    assert row[["value", "ci_low", "ci_high", "se"]].tolist() == [0.5, 0.25, 0.75, 0.125]
    loss = read_maps(root).metrics.query("split == 0 and metric == 'loss'").iloc[0]
    assert loss["value"] == 12.5
    assert loss[["ci_low", "ci_high", "se"]].isna().all()
    old = (shared_data / "clinicadl_maps" / "metrics_1_5_style.tsv").read_text()
    (root / "split-0" / "best-loss" / "test_x" / "test_x_image_level_metrics.tsv").write_text(old)
    found = read_maps(root)
    assert found.metrics.query("split == 0").set_index("metric")["value"].to_dict() == {
        "BA": 1, "accuracy": 1, "F1_score": 1, "sensitivity": 1, "specificity": 1, "PPV": 1, "NPV": 1, "MCC": 1,
        "MK": 1, "LR_plus": pytest.approx(1e9), "LR_minus": 0, "loss": 1.234,
    }  # fmt: skip
    assert any("stands for a division by zero" in note for note in found.notes)


@pytest.mark.parametrize("repeated_head", [False, True])
@pytest.mark.parametrize("new_form", [False, True])
def test_runs_that_were_appended(tmp_path: Path, repeated_head: bool, new_form: bool) -> None:
    root = maps(tmp_path)
    place = root / "split-0" / "best-loss" / "test_x"
    second = ROWS.replace("0.75\t0.25", "0.5\t0.5")
    (place / "test_x_image_level_prediction.tsv").write_text(
        HEAD + ROWS + (HEAD if repeated_head else "") + second
    )
    old, new = (
        ("accuracy\n0.25\n", "0.5\n")
        if not new_form
        else (NEW.replace("0.5\t12.5", "0.25\t9"), NEW.split("\n", 1)[1])
    )
    head = ("accuracy\n" if not new_form else NEW.split("\n")[0] + "\n") if repeated_head else ""
    (place / "test_x_image_level_metrics.tsv").write_text(old + head + new)
    found = read_maps(root)
    p = found.select()[0].predictions
    assert len(p) == 3
    assert p.y_score is not None
    assert p.y_score[0] == 0.5
    assert found.metrics.query("split == 0 and metric == 'accuracy'")["value"].tolist() == [0.5]
    assert (
        sum("holds 2 runs, one below the other; the last one was taken" in note for note in found.notes) == 2
    )


def test_a_run_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    root = maps(tmp_path)
    path = root / "split-1" / "best-loss" / "test_x" / "test_x_image_level_prediction.tsv"
    path.write_text(HEAD + ROWS + ROWS.split("\n")[0] + "\n")
    with pytest.raises(DataError, match=r"MAPS/split-1/.*: sub-1 ses-1 0 stands 2 times and others do not"):
        read_maps(root)
    path.write_text(HEAD + ROWS[:-12])
    with pytest.raises(DataError, match=r"row 4 has 6 cells, the first row has 7. The file may be cut off"):
        read_maps(root)
    path.write_text("")
    with pytest.raises(DataError, match=r"prediction.tsv: the file is empty"):
        read_maps(root)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("\t1\t1\t0.125", "\t2\t1\t0.125", r"true_label has '2'; codes 0 to 1 are expected, as in maps.json"),
        ("0.875", "high", r"column 'proba1': could not convert string to float: 'high'"),
        ("0.875", "", r"1 rows have no finite probabilities"),
        ("proba1", "proba7", r"has no column proba1, and maps.json has 2 classes"),
        ("participant_id", "name", r"has no column participant_id; there are name, session_id"),
    ],
)  # fmt: skip
def test_damaged_predictions(tmp_path: Path, old: str, new: str, words: str) -> None:
    root = maps(tmp_path)
    path = root / "split-0" / "best-loss" / "test_x" / "test_x_image_level_prediction.tsv"
    path.write_text((HEAD + ROWS).replace(old, new))
    with pytest.raises(DataError, match=words):
        read_maps(root)


def test_damaged_options_and_metrics(tmp_path: Path) -> None:
    root = maps(tmp_path)
    (root / "split-0" / "best-loss" / "test_x" / "test_x_image_level_metrics.tsv").write_text("accuracy\n")
    with pytest.raises(DataError, match=r"metrics.tsv: has headings and no values"):
        read_maps(root)
    (root / "split-0" / "best-loss" / "test_x" / "test_x_image_level_metrics.tsv").write_text(
        "Metrics\tBA\nSE\t1\n"
    )
    with pytest.raises(DataError, match=r"has no row 'Values'; there are SE"):
        read_maps(root)
    (root / "maps.json").write_text("{")
    with pytest.raises(DataError, match=r"maps.json: no sound JSON file"):
        read_maps(root)


def test_a_group_without_labels_is_said(tmp_path: Path) -> None:
    root = maps(tmp_path)
    for split in (0, 1):
        path = root / f"split-{split}" / "best-loss" / "test_x" / "test_x_image_level_prediction.tsv"
        path.write_text("participant_id\tsession_id\timage_id\tpredicted_label\nsub-1\tses-1\t0\t1\n")
    found = read_maps(root)
    assert any("has no true labels, so its predictions cannot be scored" in note for note in found.notes)
    with pytest.raises(DataError, match=r"holds no predictions. It has metrics alone \(accuracy, loss\)"):
        _ = found.predictions


def test_patches_and_their_images(tmp_path: Path) -> None:
    root = maps(tmp_path)
    for split in (0, 1):
        place = root / f"split-{split}" / "best-loss" / "test_x"
        patches = "".join(
            f"sub-{i}\tses-1\t{k}\t{i % 2}\t0\t0.75\t0.25\n" for i in range(3) for k in range(2)
        )
        (place / "test_x_patch_level_prediction.tsv").write_text(
            HEAD.replace("image_id", "patch_id") + patches
        )
        (place / "test_x_patch_level_metrics.tsv").write_text("accuracy\n0.5\n")
    found = read_maps(root)
    assert (len(found.select()[0].predictions), len(found.select(level="patch")[0].predictions)) == (3, 6)
    ids = found.select(level="patch")[0].predictions.ids
    assert ids is not None
    assert ids.tolist()[:3] == ["sub-0 ses-1 0", "sub-0 ses-1 1", "sub-1 ses-1 0"]
    assert found.metrics.query("split == 0 and metric == 'accuracy'")["level"].tolist() == ["image", "patch"]
    with pytest.raises(DataError, match=r"unknown level 'slice'"):
        found.select(level="slice")


def test_several_groups_and_selections_must_be_told_apart(tmp_path: Path) -> None:
    root = maps(tmp_path)
    for split in (0, 1):
        for selection, group in (("best-BA", "test_x"), ("best-loss", "validation"), ("best-loss", "train")):
            place = root / f"split-{split}" / selection / group
            place.mkdir(parents=True)
            (place / f"{group}_image_level_prediction.tsv").write_text(HEAD + ROWS)
    found = read_maps(root)
    with pytest.raises(DataError, match=r"has the selections BA, loss; say which, as selection='BA'"):
        found.select()
    assert [one.split for one in found.select(selection="loss")] == [0, 1]
    assert {one.data_group for one in found.select(selection="loss")} == {"test_x"}
    assert {one.data_group for one in found.select(data_group="validation")} == {"validation"}
    with pytest.raises(DataError, match=r"unknown data_group 'tset_x'; did you mean test_x"):
        found.select(data_group="tset_x")


def test_regression_and_reconstruction(tmp_path: Path) -> None:
    root = maps(tmp_path, settings={"network_task": "regression", "seed": 1})
    for split in (0, 1):
        path = root / f"split-{split}" / "best-loss" / "test_x" / "test_x_image_level_prediction.tsv"
        path.write_text(
            "participant_id\tsession_id\timage_id\ttrue_label\tpredicted_label\nsub-1\tses-1\t0\t61.5\t60.0\n"
        )
    p = read_maps(root).select()[0].predictions
    assert (p.task, p.y_true.tolist(), np.asarray(p.y_pred).tolist()) == ("regression", [61.5], [60.0])
    (root / "maps.json").write_text('{"network_task": "reconstruction"}')
    for split in (0, 1):
        path = root / f"split-{split}" / "best-loss" / "test_x" / "test_x_image_level_prediction.tsv"
        path.write_text("participant_id\tsession_id\timage_id\tMAE\tPSNR\nsub-1\tses-1\t0\t0.5\t20\n")
    cases = read_maps(root).select_cases()
    assert [one.cases.frame.to_dict("records") for one in cases] == [[{"MAE": 0.5, "PSNR": 20.0}]] * 2
    assert [cases[0].cases.quantities[m].greater_is_better for m in ("MAE", "PSNR")] == [False, True]


def test_three_classes(tmp_path: Path) -> None:
    root = maps(tmp_path, settings={**SETTINGS, "label_code": {"AD": 0, "CN": 1, "MCI": 2}})
    rows = "sub-1\tses-1\t0\t2\t2\t0.25\t0.25\t0.5\nsub-2\tses-1\t0\t0\t0\t0.5\t0.25\t0.25\n"
    for split in (0, 1):
        path = root / f"split-{split}" / "best-loss" / "test_x" / "test_x_image_level_prediction.tsv"
        path.write_text(HEAD.replace("proba1", "proba1\tproba2") + rows)
    p = read_maps(root).select()[0].predictions
    assert (p.task, p.classes, p.y_true.tolist()) == ("multiclass", ("AD", "CN", "MCI"), [2, 0])
    assert p.y_score is not None
    assert p.y_score.tolist() == [[0.25, 0.25, 0.5], [0.5, 0.25, 0.25]]


def test_two_maps_are_matched_image_by_image(tmp_path: Path) -> None:
    one, other = read_maps(maps(tmp_path / "a")), maps(tmp_path / "b")
    rows = ROWS.strip().split("\n")
    for split in (0, 1):
        path = other / f"split-{split}" / "best-loss" / "test_x" / "test_x_image_level_prediction.tsv"
        path.write_text(HEAD + "\n".join(rows[::-1]) + "\n")
    matched = align_maps(one, read_maps(other))
    assert [split for split, _ in matched] == [0, 1]
    for _, aligned in matched:
        assert aligned.a.y_score is not None
        assert aligned.b.y_score is not None
        assert aligned.a.y_score.tolist() == aligned.b.y_score.tolist()
    (other / "split-1").rename(other / "split-2")
    with pytest.raises(
        DataError, match=r"has the splits \[0, 1\], and MAPS \[0, 2\]; both must have the same"
    ):
        align_maps(one, read_maps(other))


def test_fold_metrics_become_scores(tmp_path: Path) -> None:
    parts = [read_maps(maps(tmp_path / name)).metrics.assign(method=name) for name in "ab"]
    table = pd.concat(parts)[lambda t: t["quantity"] == "accuracy"]
    scores = read_scores(table, score="value", fold="split", metric="accuracy", n_train=20, n_test=10)
    assert scores.differences("a", "b").tolist() == [[0.0, 0.0]]


def test_what_is_a_maps(tmp_path: Path) -> None:
    root = maps(tmp_path)
    assert is_maps(root)
    assert is_maps(str(root))
    assert not is_maps(tmp_path)
    assert not is_maps(root / "maps.json")
    assert not is_maps(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"this is no MAPS; .* There are some inside: MAPS"):
        read_maps(tmp_path)
    with pytest.raises(DataError, match=r"nowhere: no such folder"):
        read_maps(tmp_path / "nowhere")


def test_a_verdict_is_written_beside(tmp_path: Path) -> None:
    root = maps(tmp_path)
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    results = pd.DataFrame({"method": ["paired_t"], "estimate": [0.1 + 0.2], "pvalue": [None]})
    for _ in range(2):
        verdict, statistics = write_beside_maps(
            root, {"row": np.int64(6), "L": np.float64(0.1), "n": [np.nan, (1, 2)]}, results
        )
    assert json.loads(verdict.read_text()) == {"row": 6, "L": 0.1, "n": [None, [1, 2]]}
    assert statistics.read_text() == "method\testimate\tpvalue\npaired_t\t0.30000000000000004\t\n"
    after = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert {path.name for path in after.keys() - before.keys()} == {"verdict.json", "statistics.tsv"}
    assert all(after[path] == content for path, content in before.items())
    assert read_maps(root).splits == (0, 1)


def test_a_verdict_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = maps(tmp_path)
    with pytest.raises(DataError, match=r"this is no MAPS, so nothing was written there"):
        write_beside_maps(tmp_path, {}, pd.DataFrame())
    with pytest.raises(DataError, match=r"the verdict cannot be written as JSON: Object of type set"):
        write_beside_maps(root, {"a": {1}}, pd.DataFrame())

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    write_beside_maps(root, {"old": 1}, pd.DataFrame())
    monkeypatch.setattr("varbench.replacing.os.replace", refuse)
    with pytest.raises(DataError, match=r"cannot be written to \(No space left on device\)"):
        write_beside_maps(root, {"new": 1}, pd.DataFrame())
    assert json.loads((root / "verdict.json").read_text()) == {"old": 1}
    assert not [path for path in root.iterdir() if path.name.startswith(".")]

"""The traps of real tables, where they are at hand: each is found, with the code that docs/audit.md names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import varbench as vb
from varbench.audits import audit_table, read
from varbench.audits.findings import ERROR, FOUND, WARNING


def _images(path: Path, *parts: str) -> pd.DataFrame:
    """Images as flat rows, with the official split."""
    with np.load(path) as stored:
        frames = [
            pd.DataFrame(stored[f"{part}_images"].reshape(len(stored[f"{part}_images"]), -1))
            .add_prefix("pixel")
            .assign(y=stored[f"{part}_labels"].ravel(), split=part)
            for part in parts
        ]
    return pd.concat(frames, ignore_index=True)


def test_the_index_and_the_weeks_of_gestation(shared_data: Path, tmp_path: Path) -> None:
    frame = pd.read_csv(shared_data / "tables" / "tpehg_features.csv")
    term = pd.read_csv(shared_data / "tables" / "tpehg_target.csv", header=None)[0].rename("term")
    pd.concat([frame, term], axis=1).rename(columns={frame.columns[0]: ""}).to_csv(
        tmp_path / "t.csv", index=False
    )
    audit = audit_table(read(tmp_path / "t.csv", target="term"))
    label = audit.of("VB121")
    assert (label.severity, label.leakage) == (ERROR, "L2")
    assert set(label.columns) == {"Gestation", "Term_ch1", "Term_ch2", "Term_ch3"}
    index = audit.of("VB123")
    assert index.severity == WARNING
    assert "column 1" in index.columns


@pytest.fixture(scope="module")
def hospitals() -> Any:
    """The six hospitals as their files have them, in one table; read once."""
    kept: dict[str, pd.DataFrame] = {}

    def table(folder: Path) -> pd.DataFrame:
        if not kept:
            parts = {path.stem: pd.read_csv(path) for path in sorted(folder.glob("*.csv"))}
            every = pd.concat(parts.values(), ignore_index=True)
            names = pd.Series(np.repeat(list(parts), [len(part) for part in parts.values()]), name="hospital")
            kept["all"] = pd.concat([every, names], axis=1)
        return kept["all"]

    return table


def test_the_outputs_of_a_network_and_the_hospital(shared_data: Path, hospitals: Any) -> None:
    frame = hospitals(shared_data / "hosny2018")
    audit = audit_table(read(frame, target="surv2yr", batch="hospital"))
    named = audit.of("VB122")
    assert (named.outcome, named.severity) == (FOUND, WARNING)
    assert set(named.columns) == {"logit_0", "logit_1"}
    rates = frame.groupby("hospital")["surv2yr"].mean()
    label = audit.of("VB131")
    assert label.severity == WARNING
    assert (label.evidence["prevalence_low"], label.evidence["prevalence_high"]) == pytest.approx(
        (rates.min(), rates.max())
    )
    assert audit.of("VB132").severity == WARNING
    assert audit.of("VB132").evidence["auc"] > 0.8
    assert {"general_info_ImageHash", "general_info_MaskHash"} <= set(audit.of("VB123").columns)


def test_ids_that_repeat_across_hospitals(shared_data: Path, hospitals: Any) -> None:
    frame = hospitals(shared_data / "hosny2018").dropna(subset=["id"])[
        ["id", "surv2yr", "hospital", "original_shape_Volume"]
    ]
    several = frame["id"].astype(str).str.strip().duplicated(keep=False).sum()
    within = audit_table(read(frame, target="surv2yr", batch="hospital", id="id"), checks=["VB105"]).of(
        "VB105"
    )
    assert f"{several:,} rows share an id with a row of another batch" in within.sentence
    alone = audit_table(read(frame, target="surv2yr", id="id"), checks=["VB105"]).of("VB105")
    assert (alone.severity, alone.evidence["rows"]) == (WARNING, several)


def test_recordings_of_one_voice_on_both_sides(shared_data: Path, tmp_path: Path) -> None:
    frame = pd.read_csv(shared_data / "parkinsons" / "parkinsons.data")
    frame["subject"] = frame["name"].str.rsplit("_", n=1).str[0]
    frame["fold"] = np.random.default_rng(0).permutation(len(frame)) % 5
    frame.to_csv(tmp_path / "voice.csv", index=False)
    named = audit_table(
        read(tmp_path / "voice.csv", target="status", group="subject", split="fold", id="name")
    )
    assert (named.of("VB111").severity, named.of("VB111").evidence["groups_across"]) == (ERROR, 32)
    told = named.of("VB113")
    assert told.severity == WARNING
    assert told.evidence["accuracy_over_rows"] > 0.8
    assert told.evidence["accuracy_over_groups"] == pytest.approx(0.5, abs=0.1)
    assert named.of("VB115").evidence["folds"] == 8
    alone = audit_table(read(frame.drop(columns=["subject", "fold", "name"]), target="status"))
    assert alone.of("VB114").severity == WARNING


def test_an_image_in_both_sides(shared_data: Path) -> None:
    frame = _images(shared_data / "medmnist" / "breastmnist.npz", "train", "test")
    one = audit_table(read(frame, target="y", split="split"), checks=["VB101"]).of("VB101")
    assert (one.severity, one.leakage, one.evidence["across"]) == (ERROR, "L1.4", 2)


def test_images_in_training_and_validation_and_repeats(shared_data: Path) -> None:
    frame = _images(shared_data / "medmnist" / "pneumoniamnist.npz", "train", "val")
    one = audit_table(read(frame, target="y", split="split"), checks=["VB101"]).of("VB101")
    pixels = frame.drop(columns=["y", "split"])
    assert one.evidence["copies"] == pixels.duplicated().sum()
    train, val = (pixels[frame["split"] == side].drop_duplicates() for side in ("train", "val"))
    both = pd.concat([train, val]).duplicated().sum()
    assert both == 8
    assert "8 in val" in one.sentence


def test_patches_of_patients_that_nobody_named(shared_data: Path) -> None:
    h5py = pytest.importorskip("h5py")
    parts = []
    for part in ("val", "test"):
        with h5py.File(shared_data / "msd_lung_patches" / f"{part}_patches.h5") as stored:
            parts.append(stored["images"][()].reshape(130, -1))
    frame = pd.DataFrame(np.concatenate(parts)).add_prefix("pixel")
    assert audit_table(read(frame)).of("VB114").severity == WARNING


@pytest.mark.parametrize("name", ["golub", "pomeroy", "wdbc"])
def test_good_predictors_are_no_alarm(shared_data: Path, name: str) -> None:
    if name == "wdbc":
        from sklearn.datasets import load_breast_cancer

        frame = load_breast_cancer(as_frame=True).frame.rename(columns={"target": "y"})
    else:
        with np.load(shared_data / "microarray" / f"{name}_Xy.npz") as stored:
            frame = pd.DataFrame(stored["X"]).add_prefix("gene").assign(y=stored["y"].astype(str))
    assert not audit_table(read(frame, target="y"), checks=["VB121"]).of("VB121").alarm


def test_a_manifest_is_audited_by_its_name(shared_data: Path) -> None:
    answer = vb.audit("parkinsons")
    assert answer.kicker == "parkinsons: 195 rows x 22 features"
    assert "VB113" in answer.frame("alarms")["code"].tolist()

"""Real tables, where they are at hand: what the collections and the papers say of them holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from varbench.data import load_data, verify_data
from varbench.data.manifest import Manifest
from varbench.data.registry import shipped_tables

TABLES = shipped_tables()


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_the_facts_of_a_manifest_are_those_of_its_table(shared_data: Path, table: Manifest) -> None:
    if any(check.status == "missing" for check in verify_data(table.full_name)):
        pytest.skip("not among the real data here")
    said = load_data(table.full_name).describe()
    assert (said["n_cases"], said["n_features"], said["events"]) == (
        table.rows,
        table.features,
        table.positives,
    )
    assert not said["unverified"]


@pytest.mark.usefixtures("shared_data")
class TestReal:
    """Counts are the publications' own."""

    def test_radmlbench_as_pandas_reads_it(self, shared_data: Path) -> None:
        data = load_data("NSCLC-Radiogenomics")
        # As text, since the number parser of pandas before 3.1 is off in the last bits.
        frame = pd.read_csv(shared_data / "radmlbench" / "NSCLC-Radiogenomics.gz", dtype=str)
        features = frame.drop(columns=["ID", "Target"]).map(float)
        np.testing.assert_array_equal(data.X, features.to_numpy())
        assert data.y.tolist() == frame["Target"].astype(int).tolist()
        assert data.ids.tolist() == frame["ID"].tolist()

    def test_voices_are_grouped_by_subject(self) -> None:
        groups = load_data("parkinsons").describe()["groups"]
        assert (groups["number"], groups["several_classes"]) == (32, 0)

    def test_hospitals_are_batches(self) -> None:
        batches = load_data("hosny2018").describe()["batches"]
        rates = {name: b["events"] / b["n"] for name, b in batches.items()}
        assert len(rates) == 6
        assert min(rates.values()) == pytest.approx(0.27, abs=0.005)
        assert max(rates.values()) == pytest.approx(0.82, abs=0.005)

    def test_question_marks_are_missing(self) -> None:
        assert load_data("hcc_survival").describe()["missing"]["cells"] == 826

    def test_no_feature_is_the_outcome_itself(self) -> None:
        data = load_data("tpehg")
        assert not [name for name in data.feature_names if name.startswith(("Gestation", "Term", "column"))]
        positive, negative = data.X[data.y == 1], data.X[data.y == 0]
        apart = (positive.min(axis=0) > negative.max(axis=0)) | (positive.max(axis=0) < negative.min(axis=0))
        assert not [name for name, is_apart in zip(data.feature_names, apart, strict=True) if is_apart]

    def test_one_hospital_of_two_tables_is_the_same_patients(self, shared_data: Path) -> None:
        clusters = [set(TABLES[name].cluster) for name in ("hosny2018", "radmlbench/Hosny2018A")]
        assert clusters[0] & clusters[1]

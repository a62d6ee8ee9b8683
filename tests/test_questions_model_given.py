"""``evaluate`` of a run and of what ClinicaDL writes: which model, on which rows, and what is said first."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import RandomOverSampler
from scipy import stats
from sklearn import metrics
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

import varbench as vb
from varbench.cli.main import main
from varbench.errors import DataError, InputError


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two procedures, of which one copies rows before it splits, in two repeats on 60 rows."""
    folder = tmp_path_factory.mktemp("given")
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(60, 3)), columns=["a", "b", "c"])
    table["y"] = (table["a"] + rng.normal(size=60) > 0.8).astype(int)
    table.to_csv(folder / "t.csv", index=False)
    cv, model = StratifiedKFold(3, shuffle=True), LogisticRegression()
    study = vb.Study(
        question="Does it matter?", data="simulated-radiomics",
        procedures={
            "leaking": vb.Procedure([RandomOverSampler(), vb.Split(cv), model]),
            "clean": vb.Procedure([vb.Split(cv), RandomOverSampler(), model]),
        },
        primary="roc_auc", vary=["split", "resample"], repeats=2,
    )  # fmt: skip
    study.run(data=vb.load_data(folder / "t.csv", target="y"), out=folder / "RUN")
    return folder / "RUN"


def value(answer: vb.Answer, metric: str) -> float:
    return float(answer.frames["metrics"].set_index("metric").loc[metric, "estimate"])


class TestOfRun:
    def test_the_rows_of_one_re_split(self, run: Path) -> None:
        cube = vb.open_cube(run).sel(procedure="clean").isel(repeat=0)
        answer = vb.evaluate(run, procedure="clean")
        y, p, said = (cube[name].values for name in ("y_true", "y_score", "y_pred"))
        there = cube["sample"].values >= 0
        assert there.sum() == 60
        assert value(answer, "roc_auc") == pytest.approx(metrics.roc_auc_score(y[there], p[there]), abs=1e-12)
        assert value(answer, "accuracy") == pytest.approx((y[there] == said[there]).mean(), abs=1e-12)
        assert answer.scope.endswith("the 3 models of one re-split")
        assert not any("seen its test rows" in text for text in answer.sentences)

    def test_copies_of_a_row_are_one_unit_and_the_score_is_called_invalid_first(self, run: Path) -> None:
        answer = vb.evaluate(run, procedure="leaking")
        assert "has seen its test rows" in answer.sentences[0]
        assert "invalid" in answer.sentences[0]
        assert "60 groups" in answer.kicker
        assert next(r for r in answer.results if r.settings.get("metric") == "accuracy").n == 60

    def test_the_other_repeats_are_told(self, run: Path) -> None:
        scores = vb.open_cube(run).score.sel(procedure="clean", metric="roc_auc").mean("fold").values
        said = " ".join(vb.evaluate(run, procedure="clean").sentences)
        assert f"between {scores.min():.3f} and {scores.max():.3f}" in said

    def test_the_command(self, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert (
            main(["evaluate", str(run), "--procedure", "clean", "--metrics", "accuracy", "--to", "json"]) == 0
        )
        assert "Accuracy" in capsys.readouterr().out
        assert json.loads((run / "evaluate.json").read_text())["results"][0]["method"] == "proportion"

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            (
                {},
                "the procedures leaking, clean, and one model is evaluated at a time; say which, as procedure=",
            ),
            ({"procedure": "claen"}, "unknown procedure 'claen'; did you mean clean"),
            ({"procedure": "clean", "data_group": "external"}, "unknown data group 'external'"),
            ({"procedure": "clean", "label": "y"}, "label= says nothing of a run"),
            ({"procedure": "clean", "split": 1}, "split= says nothing of a run"),
        ],
    )
    def test_what_cannot_be_told(self, run: Path, given: dict[str, object], said: str) -> None:
        with pytest.raises(InputError, match=said):
            vb.evaluate(run, **given)

    def test_what_is_said_of_runs_says_nothing_of_a_table(self, run: Path) -> None:
        with pytest.raises(InputError, match="procedure= says nothing of a table"):
            vb.evaluate(run.parent / "t.csv", label="y", score="a", procedure="clean")

    def test_a_folder_that_is_neither(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"neither a run .* nor a MAPS"):
            vb.evaluate(tmp_path)


class TestOfMaps:
    def test_each_image_as_the_network_of_its_fold_saw_it(self, shared_data: Path) -> None:
        maps = shared_data / "clinicadl_maps" / "maps_1_6"
        files = sorted(maps.glob("split-*/best-loss/validation/validation_image_level_prediction.tsv"))
        table = pd.concat([pd.read_csv(one, sep="\t") for one in files])
        expected = metrics.roc_auc_score(table["true_label"] == 0, table["proba0"])
        answer = vb.evaluate(maps, data_group="validation")
        assert value(answer, "roc_auc") == pytest.approx(expected, abs=1e-12)
        assert len(table) == next(r for r in answer.results if r.settings["metric"] == "accuracy").n
        assert "3 networks, pooled" in answer.sentences[0]

    def test_of_a_test_group_each_network_stands_beside_the_first(self, shared_data: Path) -> None:
        maps = shared_data / "clinicadl_maps" / "maps_1_6"
        answer = vb.evaluate(maps)
        beside = answer.frames["networks"].set_index("network")
        for split in range(3):
            file = maps / f"split-{split}" / "best-loss" / "test" / "test_image_level_prediction.tsv"
            table = pd.read_csv(file, sep="\t")
            expected = metrics.roc_auc_score(table["true_label"] == 0, table["proba0"])
            assert beside.loc[f"split {split}", "estimate"] == pytest.approx(expected, abs=1e-12)
            assert value(vb.evaluate(maps, split=split), "roc_auc") == pytest.approx(expected, abs=1e-12)
        # A participant with one image is no group: the share has Wilson's interval.
        assert next(r for r in answer.results if r.settings["metric"] == "accuracy").method == "proportion"

    def test_of_2_0_the_measures_of_each_image(self, shared_data: Path) -> None:
        maps = shared_data / "clinicadl_maps" / "maps_2_0"
        answer = vb.evaluate(maps, split=1)
        file = next((maps / "test").glob("group-*/results/split-1/*/metrics/details.tsv"))
        table = pd.read_csv(file, sep="\t")
        measure = str(answer.frames["metrics"]["metric"].iloc[0])
        drawn = table[next(c for c in table.columns if c.lower() == measure.lower())]
        low, high = stats.t.interval(0.95, len(drawn) - 1, drawn.mean(), stats.sem(drawn))
        assert answer.frames["metrics"].iloc[0][["estimate", "ci_low", "ci_high"]].tolist() == pytest.approx(
            [drawn.mean(), max(low, 0), high]
        )

    def test_without_predictions(self, shared_data: Path, tmp_path: Path) -> None:
        shutil.copytree(shared_data / "clinicadl_maps" / "maps_1_6", tmp_path / "maps")
        (tmp_path / "maps").chmod(0o755)
        for file in (tmp_path / "maps").rglob("*_prediction.tsv"):
            file.parent.chmod(0o755)
            file.unlink()
        with pytest.raises(DataError, match=r"maps: this MAPS .* holds no predictions. It has metrics alone"):
            vb.evaluate(tmp_path / "maps")

    def test_a_split_that_there_is_not(self, shared_data: Path) -> None:
        with pytest.raises(InputError, match=r"unknown split '7'.* Available: 0, 1, 2"):
            vb.evaluate(shared_data / "clinicadl_maps" / "maps_1_6", split=7)
        with pytest.raises(InputError, match="procedure= says nothing of a MAPS"):
            vb.evaluate(shared_data / "clinicadl_maps" / "maps_1_6", procedure="x")

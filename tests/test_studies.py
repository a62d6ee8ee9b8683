"""The shipped studies: a contract over all of them, and of some their claim, on a run that takes seconds."""

from __future__ import annotations

import ast

import numpy as np
import pytest

from varbench.data import Data, SimulatedClinical, load_data
from varbench.procedure import Procedure
from varbench.report import report
from varbench.study import Request, load_study, plan, study_names

STUDIES = list(study_names())


# -- every study --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_says_what_it_is_about(name):
    study = load_study(name)
    assert ast.get_docstring(ast.parse(study.source)), "a reader who does not know the paper starts there"
    assert study.question.endswith("?")
    assert len(study.source.splitlines()) < 110
    assert study.margin is None or study.margin > 0
    assert "quick" in study.presets


@pytest.mark.parametrize(("name", "preset"), [(n, p) for n in STUDIES for p in load_study(n).presets])
def test_every_preset_settles(name, preset):
    assert plan(load_study(name), Request(preset=preset)).repeats >= 1


@pytest.mark.parametrize("name", STUDIES)
def test_published_figures_have_a_source_and_are_of_procedures_that_are_there(name):
    study = load_study(name)
    published = study.published
    if not published:
        return
    assert published["title"]
    assert published["source"].startswith(("doi:", "arXiv:"))
    metrics = {metric.name for metric in study.all_metrics()}
    for procedure, figures in published.get("procedures", {}).items():
        assert procedure in study.procedures
        assert set(figures) <= metrics


@pytest.mark.parametrize("name", STUDIES)
def test_of_a_pair_the_second_does_not_leak_and_both_run_by_default(name):
    study = load_study(name)
    running = study.chosen()
    for first, second in study.pairs.values():
        assert {first, second} <= set(running)
        clean = study.procedures[second]
        if isinstance(clean, Procedure):
            assert not [leak for leak in clean.leaks() if leak.kind == "estimate"]


# -- their claims -------------------------------------------------------------------------------------------------


def means(cube, metric="roc_auc"):
    found = cube.score.sel(metric=metric).mean("fold").mean("repeat")
    return dict(zip(cube.procedure.values.tolist(), found.values.tolist(), strict=True))


def test_selection_before_the_split_finds_what_is_not_there():
    study = load_study("feature_selection")
    rng = np.random.default_rng(4)
    noise = Data(
        rng.normal(size=(48, 900)),
        rng.permutation(np.repeat([0, 1], 24)),
        ("no", "yes"),
        tuple(f"f{i}" for i in range(900)),
        np.arange(48).astype(str),
        name="noise",
    )
    cube = study.run(
        data=noise,
        repeats=5,
        set={"forest__n_estimators": 30, "kbest__k": 40},
        vary=["split", "label", "resample", "tune", "init"],
    )
    found = means(cube)
    assert min(found["incorrect"], found["incorrect-permuted"]) > 0.8
    assert abs(found["correct-permuted"] - 0.5) < 0.15
    told = report(cube)
    assert told.main.verdict.row == 1
    assert list(told.frame("pairs")["invalid"]) == ["incorrect", "incorrect-permuted"]
    # Permuting labels moves no row: nothing is said to cross the split.
    assert (told.frame("copies")["share"] == 0).all()
    assert [
        leak.step for leak in study.procedures["incorrect-permuted"].leaks() if leak.kind == "estimate"
    ] == [
        "constant",
        "kbest",
        "rfe",
    ]


def test_of_preprocessing_on_everything_only_what_uses_the_labels_matters():
    told = report(load_study("preprocessing").run(repeats=15, data=SimulatedClinical().cohort(0)))
    sizes = dict(zip(told.frame("pairs")["pair"], told.frame("pairs")["size"], strict=True))
    assert sizes.pop("encoding by the outcome") == "matters"
    assert sizes["scaling"] == "negligible"
    assert "matters" not in sizes.values()
    assert "what matters: encoding by the outcome" in told.text().replace("\n", " ")


def test_the_best_of_k_seeds_gains_what_the_largest_of_k_normal_numbers_does():
    study = load_study("tuning")
    cube = study.run(repeats=20, procedures=["best of 10", "one seed"])
    (row,) = report(cube).frame("picking").to_dict("records")
    assert row["candidates"] == 10
    assert row["gain"] == pytest.approx(row["expected"], rel=0.25)
    assert row["units"] == pytest.approx(1.53875, abs=1e-4)
    # What was picked is not there for fresh patients.
    assert (
        row["best"] - float(cube.truth.sel(procedure="best of 10", metric="roc_auc").mean())
        > 0.5 * row["gain"]
    )


def test_tuning_on_the_test_rows_is_a_leak_and_nested_tuning_is_none():
    ready = plan(load_study("tuning"), Request())
    leaking = {
        name for name, one in ready.procedures.items() if any(leak.kind == "estimate" for leak in one.leaks())
    }
    assert leaking == {"tuned on test", "best of 10", "best of 100", "stopped on test"}


def test_always_no_has_an_accuracy_of_94_per_cent_and_finds_nobody():
    study = load_study("metric")
    cube = study.run(repeats=3, set={"forest__n_estimators": 20})
    always = {
        metric: means(cube, metric)["always no"]
        for metric in ("accuracy", "recall", "balanced_accuracy", "cost_20")
    }
    # Three folds, stratified, do not hold the eight in equal shares, so that the mean over folds is near 129 of 137.
    assert always["accuracy"] == pytest.approx(129 / 137, abs=2e-3)
    assert (always["recall"], always["balanced_accuracy"]) == (0, 0.5)
    assert always["cost_20"] == pytest.approx(20 * 8 / 137, abs=0.04)
    ranks = report(cube).frame("ranks").set_index(["metric", "procedure"])["rank"]
    assert ranks["accuracy", "always no"] == 1
    assert ranks["recall", "always no"] > ranks["recall", "always yes"] == 1
    assert ranks["cost_1"].tolist() == ranks["accuracy"].tolist()


def test_the_real_tables_of_these_studies_are_known_by_name(shared_data):
    for name in ("pomeroy", "Brancato2023", "Lu2019", "golub", "Dong2022", "mammography", "hcc_survival"):
        data = load_data(name)
        assert isinstance(data, Data)
        assert np.unique(data.y).tolist() == [0, 1]


def test_rows_of_one_patient_on_both_sides_give_the_more_the_more_a_row_tells_of_the_patient():
    study = load_study("patients")
    asked = [f"{kind} {effect}" for kind in ("rows", "subjects") for effect in ("0", "0.5", "0.9")]
    cube = study.run(repeats=6, set={"forest__n_estimators": 30}, procedures=asked)
    found = means(cube)
    gains = [found[f"rows {effect}"] - found[f"subjects {effect}"] for effect in ("0", "0.5", "0.9")]
    assert abs(gains[0]) < 0.05 < gains[1] < gains[2]
    truth = cube.truth.sel(metric="roc_auc").mean(["fold", "repeat"])
    for effect in ("0", "0.5", "0.9"):  # folds over subjects say what fresh subjects say
        assert found[f"subjects {effect}"] == pytest.approx(
            float(truth.sel(procedure=f"subjects {effect}")), abs=0.1
        )
    assert found["rows 0.9"] > float(truth.sel(procedure="rows 0.9")) + 0.2


def test_voice_recordings_have_an_auc_of_96_over_rows_and_79_over_subjects(shared_data):
    cube = load_study("patients").run(data="parkinsons", repeats=5)
    assert "rows 0.9" not in cube.procedure.values, "a panel of the simulator is no part of this table"
    found = means(cube)
    assert found["rows"] == pytest.approx(0.96, abs=0.02)
    assert found["subjects"] == pytest.approx(0.79, abs=0.04)


def test_a_forest_of_stumps_misses_the_pairs_and_deep_trees_find_some_of_them():
    study = load_study("capacity")
    cube = study.run(
        repeats=3, set={"forest__n_estimators": 50}, procedures=["a line", "forest 1", "forest 12", "tree 12"]
    )
    found, ceiling = means(cube), report(cube).about["data"]["ceiling"]
    truth = cube.truth.sel(metric="roc_auc").mean(["fold", "repeat"])
    truth = dict(zip(cube.procedure.values.tolist(), truth.values.tolist(), strict=True))
    # Who sees single features alone has .65 at best; the planted signal is worth .955.
    assert max(truth["a line"], truth["forest 1"]) < 0.65 < 0.75 < truth["forest 12"] < ceiling
    assert found["forest 12"] == pytest.approx(truth["forest 12"], abs=0.05)
    training = cube.training.sel(procedure="tree 12", metric="roc_auc")
    assert float(training.min()) > 0.99
    assert truth["tree 12"] < 0.7, "what it knows by heart is not true"


def test_small_cohorts_spread_and_picking_on_them_is_optimism():
    study = load_study("sample_size")
    asked = ["line 30", "line all", "best of nine 30", "best of nine all", "forest 30"]
    cube = study.run(repeats=16, set={"forest__n_estimators": 20}, procedures=asked)
    told = report(cube).frame("lines").set_index("procedure")
    assert told.loc["forest 30", "training"] > 0.99
    assert told.loc["line 30", "overfit"] > 2 * told.loc["line all", "overfit"] > 0
    assert told.loc["line 30", "sd"] > 2 * told.loc["line all", "sd"]
    assert told.loc["line all", "x"] == 400
    # Who fixed the settings beforehand is told the truth on average, and who picked them on the test rows is not.
    assert told.loc["line 30", "optimism_low"] < 0
    assert (
        told.loc["best of nine 30", "optimism"]
        > told.loc["line 30", "optimism"] + told.loc["best of nine all", "optimism"] + 0.03
    )


def test_wrong_labels_lower_every_kind_of_model_and_wrong_test_labels_what_is_reported():
    study = load_study("label_quality")
    kinds = ("line", "neighbours", "naive Bayes")
    asked = [f"{kind} {share:g}" for kind in kinds for share in (0, 0.2, 0.4)]
    cube = study.run(
        repeats=4,
        set={"model__n_estimators": 50},
        procedures=[*asked, "forest 0.2", "tested on wrong labels"],
    )
    found = means(cube)
    for kind in kinds:
        assert found[f"{kind} 0"] > found[f"{kind} 0.2"] > found[f"{kind} 0.4"] > 0.5
    shares = report(cube).frame("line_shares")
    assert shares.empty, "a line that has not all of the numbers leaves no grid"
    # Of those called ill, .4 * .8 / (.4 * .8 + .6 * .2) are; of those called well, .4 * .2 / (.4 * .2 + .6 * .8).
    kept = 0.32 / 0.44 - 0.08 / 0.56
    expected = 0.5 + kept * (found["forest 0.2"] - 0.5)
    assert found["tested on wrong labels"] == pytest.approx(expected, abs=0.04)


def test_who_is_not_tested_is_not_seen():
    study = load_study("hidden_strata")
    asked = [f"{tested} {share}" for tested in ("all", "majority", "minority") for share in (0, 1)]
    cube = study.run(repeats=8, set={"forest__n_estimators": 50}, procedures=asked)
    found = means(cube)
    assert found["majority 0"] > 0.7 > 0.58 > found["minority 0"]
    assert found["minority 1"] > found["minority 0"] + 0.05
    assert found["majority 1"] > found["all 1"] > found["minority 1"]
    # All three are of one model, whose score of fresh patients is nearest to the test of all.
    truth = cube.truth.sel(metric="roc_auc").mean(["fold", "repeat"])
    own = float(truth.sel(procedure="all 1"))
    assert float(truth.sel(procedure="majority 1")) == pytest.approx(own, abs=1e-12)
    assert abs(found["all 1"] - own) < found["majority 1"] - own
    tested = cube["sample"].sel(procedure="minority 1").values
    assert (tested >= 0).sum(axis=1).tolist() == [60] * 8


def test_the_minority_of_the_six_hospitals_is_the_smallest_of_them(shared_data):
    data = load_data("hosny2018")
    names, sizes = np.unique(data.batch, return_counts=True)
    assert (names[np.argmin(sizes)], sizes.min()) == ("MUMC", 88)

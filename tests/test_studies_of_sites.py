"""The shipped studies about where and when rows come from: their claims, on runs of seconds."""

from __future__ import annotations

import pytest

from varbench.report import report
from varbench.study import load_study


def means(cube, variable="score", metric="roc_auc"):
    found = cube[variable].sel(metric=metric)
    found = found.mean([dim for dim in found.dims if dim != "procedure"])
    return dict(zip(cube.procedure.values.tolist(), found.values.tolist(), strict=True))


# -- batch_effect ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def confounded():
    asked = ["different sites", "same sites", "left-out site", "site alone", "rows 1", "sites 1"]
    return load_study("batch_effect").run(repeats=6, procedures=asked)


def test_classes_from_different_sites_score_high_and_are_worth_little_at_new_ones(confounded):
    own, truth = means(confounded), means(confounded, "truth")
    assert own["different sites"] > 0.85
    assert own["different sites"] - truth["different sites"] > 0.2
    assert own["rows 1"] > 0.95
    assert truth["rows 1"] < truth["different sites"] < truth["same sites"]
    # Leaving a site out says what new sites say; and so do folds over rows, where the sites say nothing of the class.
    assert own["left-out site"] == pytest.approx(truth["left-out site"], abs=0.08)
    assert own["same sites"] == pytest.approx(truth["same sites"], abs=0.08)
    assert means(confounded, "truth", "specificity")["rows 1"] < 0.65, (
        "normals of new sites are no longer told"
    )


def test_the_site_alone_is_what_the_two_site_formula_says(confounded):
    frame = report(confounded).frame("batch_alone").set_index("procedure")
    # With .9 of a class from either half the formula is .9 * .9 + (.09 + .09) / 2.
    assert frame.loc["site alone", "two_sites"] == pytest.approx(0.9, abs=0.005)
    assert frame.loc["site alone", "own"] == pytest.approx(0.9, abs=0.03)
    assert frame.loc["site alone", "truth"] == 0.5
    assert frame.loc["same sites", "two_sites"] < 0.6


def test_sites_of_one_class_have_no_auc_and_break_nothing(confounded):
    alone = confounded.sel(procedure="sites 1", metric="roc_auc")
    assert (alone.status == 1).all()
    assert alone.score.isnull().all()
    assert (alone.score_status != 0).all()
    assert confounded.score.sel(procedure="sites 1", metric="accuracy").notnull().all()


def test_harmonising_before_the_split_is_a_leak_and_after_it_none():
    procedures = load_study("batch_effect").procedures
    leaks = {name: {leak.step for leak in one.leaks()} for name, one in procedures.items()}
    assert leaks["harmonised first"] == {"harmonise"}
    assert leaks["harmonised after"] == leaks["same sites"] == leaks["left-out site"] == set()
    assert leaks["different sites"] == {"cohort"}


def test_at_six_hospitals_the_hospital_alone_beats_every_model(shared_data):
    asked = ["different sites", "same sites", "left-out site", "site alone"]
    cube = load_study("batch_effect").run(data="hosny2018", repeats=2, procedures=asked)
    found = means(cube)
    assert found["site alone"] > found["different sites"] > found["same sites"] + 0.1
    assert found["different sites"] > found["left-out site"] + 0.05


# -- external_validation -----------------------------------------------------------------------------------------


def test_the_interval_covers_new_patients_more_often_than_a_new_site():
    rates = report(load_study("external_validation").run(repeats=8)).frame("coverage")
    rate = rates.set_index(["title", "method"])["rate"]
    site, patients, fresh = (
        "a new site", "new patients", "fresh cases",
    )  # fmt: skip
    # An interval that knows the noise of both sides covers new patients as often as it says; .95 +- 3 SD of 48 parts.
    assert rate[patients, "patients, both sides"] > 0.85
    assert rate[site, "patients, both sides"] < rate[patients, "patients, both sides"] - 0.1
    assert rate[site, "patients"] < rate[patients, "patients"] - 0.1
    assert rate[fresh, "patients"] < 0.3
    assert rate[fresh, "patients"] <= rate[fresh, "folds, corrected"]


def test_each_hospital_is_the_external_set_in_turn(shared_data):
    cube = load_study("external_validation").run(
        data="hosny2018", repeats=1, procedures=["cross-validated", "new site"]
    )
    found = report(cube).frame("covered")
    found = found[found["method"] == "patients"].set_index("part")
    assert sorted(found.index) == ["HarvardRT", "M-SPORE", "MUMC", "Maastro", "Moffitt", "Radboud"]
    assert found["covered"].sum() <= 4, "prevalence goes from 27 to 82 %, which a model inside makes use of"
    assert found["inside"].mean() > found["outside"].mean() + 0.03


# -- drift -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def drifting():
    asked = ["random", "by time", "frozen", "not updated 0", "random split 0", "by time 0"]
    return load_study("drift").run(repeats=8, procedures=asked)


def test_a_random_split_hides_what_a_split_by_time_shows(drifting):
    own = means(drifting)
    assert own["random"] > own["by time"] > own["frozen"]
    assert own["random"] - own["frozen"] > 0.03
    # Where nothing changes, the two say the same.
    assert own["random split 0"] == pytest.approx(own["by time 0"], abs=0.02)


def test_the_score_by_month_falls_with_the_new_scanner(drifting):
    frame = report(drifting).frame("batches").set_index(["procedure", "batch"])["score"]
    before, after = (
        ["2024-05", "2024-06", "2024-07", "2024-08"],
        ["2024-09", "2024-10", "2024-11", "2024-12"],
    )
    falls = {
        name: frame[name][before].mean() - frame[name][after].mean()
        for name in ("random", "by time", "frozen")
    }
    assert falls["frozen"] > 0.1
    assert falls["random"] < falls["by time"] < falls["frozen"]


def test_the_chart_alarms_after_the_change_and_not_without_one(drifting):
    frame = report(drifting).frame("monitoring")
    later = frame[~frame["reference"]].set_index(["procedure", "period"])["beyond"]
    assert later["frozen"]["2024-08"] < 0.15
    assert later["frozen"]["2024-09":].mean() > 0.5
    assert later["not updated 0"].max() < 0.15

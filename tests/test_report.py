"""The report: its numbers against independent ones, every form of every kind of cube, and what it may not say."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
from pathlib import Path

import numpy as np
import pytest
import sklearn.metrics
import xarray as xr
from form_checks import (
    Page,
    as_words,
    check_closed_and_quiet,
    check_latex,
    check_markdown,
    check_no_formulas,
    check_references,
    without_comments,
)
from imblearn.over_sampling import RandomOverSampler
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler
from synthetic_answers import written

import varbench as vb
from varbench.data import Data
from varbench.data.simulate import SimulatedRadiomics
from varbench.errors import InputError
from varbench.metrics import cost
from varbench.report import FORMS, Report, check_forms, report, write
from varbench.report.figure_style import DARK, LIGHT
from varbench.report.scrub import command, without_ids, without_paths
from varbench.report.to_csv import neutral
from varbench.report.to_latex import escape as latex
from varbench.report.to_markdown import escape as markdown

HOSTILE = "<script>alert(1)</script>\"'&|`$x$_\\{%]]>"
FORMULA = "=cmd|' /C calc'!A0"
CV = StratifiedKFold(3, shuffle=True)
SAMPLER = ("resample", RandomOverSampler())
NEAR = ("near", KNeighborsClassifier(3))
NEIGHBOURS = {"near__n_neighbors": [1, 3, 5]}
LEAKING = {
    "incorrect": vb.Procedure([SAMPLER, vb.Split(CV), NEAR]),
    "correct": vb.Procedure([vb.Split(CV), SAMPLER, NEAR]),
}
CLEAN = {
    "bayes": vb.Procedure([vb.Split(CV), ("scale", StandardScaler()), GaussianNB()]),
    "near": vb.Procedure([vb.Split(CV), NEAR]),
}
PUBLISHED = {
    "title": "Doe 2020",
    "source": "doi:10.1000/doe, Table 1",
    "procedures": {"incorrect": {"f1": (0.85, 0.01), "accuracy": 0.9}, "correct": {"f1": (0.3, 0.5)}},
    "rank_sum": {"f1": -12.22},
}
POPULATION = SimulatedRadiomics(n_cases=60, n_positive=15, n_features=30, n_informative=2)


def named(word: str, numbers: np.ndarray) -> np.ndarray:
    return np.array([f"{word}-{number:04d}" for number in numbers])


def table(n: int = 60, k: int = 2, **more: object) -> Data:
    """A quarter of the cases is positive; ids are such that none can stand in a text by chance."""
    rng = np.random.default_rng(k)
    y = np.repeat([0, 1], [n - n // 4, n // 4]) if k == 2 else np.arange(n) % k
    names = {2: ("no", "yes"), 3: ("low", "mid", "high")}[k]
    settings: dict[str, object] = {
        "X": rng.normal(size=(n, 5)) + 0.8 * y[:, None],
        "y": y,
        "classes": names,
        "feature_names": tuple(f"f{i}" for i in range(5)),
        "ids": named("patient", np.arange(n)),
        "name": "clinic",
        "info": {
            "title": "A clinic’s table",
            "citation": "Doe 2020, A table",
            "doi": "10.1000/table",
            "licence": "CC0",
        },
    }
    return Data(**(settings | more))  # type: ignore[arg-type]


def run(**changes: object) -> xr.Dataset:
    settings: dict[str, object] = {
        "question": "Does it?",
        "data": table(),
        "procedures": LEAKING,
        "primary": "roc_auc",
        "margin": 0.02,
        "metrics": ["f1", "accuracy", "precision", "brier"],
        "vary": ["split", "resample"],
        "repeats": 3,
        "name": "study",
    }
    asked = {key: changes.pop(key) for key in ("external", "preset", "set") if key in changes}
    study = vb.Study(**(settings | changes))  # type: ignore[arg-type]
    return study.run(**asked)


def guess(data: Data, seeds: object) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seeds("split", "guess", -1))  # type: ignore[operator]
    n = data.n_cases
    return {"fold": np.arange(n) % 3, "sample": np.arange(n), "y_score": rng.random(n)}


def know(data: Data, seeds: object) -> dict[str, np.ndarray]:
    return guess(data, seeds) | {"y_score": 0.1 + 0.8 * data.y}


def simulated() -> xr.Dataset:
    return run(
        data=POPULATION.cohort(0), truth_rows=80, vary=["cohort", "split", "resample"], published=PUBLISHED,
        presets={"quick": {"repeats": 3}}, preset="quick", set={"near__n_neighbors": 5},
    )  # fmt: skip


def failing() -> xr.Dataset:
    """Failed runs, with an error that names a file and a patient, and one that is pending."""
    cube = run().load()
    status, errors = cube["status"].values.copy(), cube["error"].values.copy()
    status[0, 1], status[1, 2] = 2, 0
    errors[0, 1] = "OSError: cannot read '/home/jo/clinic/patient-0007.csv' of patient-0007"
    return cube.assign(status=(cube["status"].dims, status), error=(cube["error"].dims, errors))


CUBES = {
    "leaking": lambda: run(published=PUBLISHED),
    "clean": lambda: run(procedures=CLEAN, vary=["split"]),
    "one procedure": lambda: run(procedures={"near": CLEAN["near"]}, vary=["split"]),
    "three procedures": lambda: run(procedures={**LEAKING, "near": CLEAN["near"]}),
    "callables": lambda: run(procedures={"know": know, "guess": guess}, vary=["split"], folds=3),
    "several classes": lambda: run(data=table(60, 3), procedures=CLEAN, vary=["split"]),
    "groups": lambda: run(
        data=table(groups=named("family", np.arange(60) // 2), batch=np.repeat(["North", "South"], 30)),
        procedures={
            "mixed": vb.Procedure([vb.Split(CV), NEAR]),
            "apart": vb.Procedure([vb.Split(StratifiedGroupKFold(3, shuffle=True)), NEAR]),
        },
        vary=["split"],
    ),
    "pairs": lambda: run(
        procedures={**LEAKING, "picked": vb.Procedure([("pick", vb.Tune([NEAR], NEIGHBOURS)), vb.Split(CV)])},
        pairs={"copies": ("incorrect", "correct"), "picking | the best": ("picked", "correct")},
    ),
    "places": lambda: run(
        metrics=["accuracy", "brier", cost(1), cost(20), cost(2.5)],
        procedures={**CLEAN, "constant": vb.Procedure([vb.Split(CV), DummyClassifier(strategy="most_frequent")])},
        vary=["split"],
    ),
    "external": lambda: run(external=table(40, name="other clinic", ids=named("extern", np.arange(40)))),
    "simulated": simulated,
    "failing": failing,
    "one repeat": lambda: run(repeats=1),
    "hostile": lambda: run(
        procedures={HOSTILE: LEAKING["incorrect"], FORMULA: LEAKING["correct"]}, question=HOSTILE, name=HOSTILE,
        data=table(name=HOSTILE, classes=(FORMULA, HOSTILE), info={"title": HOSTILE, "citation": HOSTILE}),
        published={"title": HOSTILE, "source": HOSTILE, "procedures": {HOSTILE: {"f1": (0.5, 0.1)}}},
    ),
}  # fmt: skip


class Made:
    """Cubes, reports and their forms, each made once."""

    def __init__(self) -> None:
        self.cubes: dict[str, xr.Dataset] = {}
        self.reports: dict[str, Report] = {}
        self.texts: dict[tuple[str, str], str] = {}

    def cube(self, name: str) -> xr.Dataset:
        if name not in self.cubes:
            self.cubes[name] = CUBES[name]()
        return self.cubes[name]

    def report(self, name: str) -> Report:
        if name not in self.reports:
            self.reports[name] = report(self.cube(name))
        return self.reports[name]

    def text(self, name: str, form: str) -> str:
        if (name, form) not in self.texts:
            found = self.report(name)
            self.texts[name, form] = found.text() if form == "text" else written(form, found)
        return self.texts[name, form]


@pytest.fixture(scope="module")
def made() -> Made:
    return Made()


each_form = pytest.mark.parametrize("form", [*FORMS, "text"])
each_cube = pytest.mark.parametrize("name", list(CUBES))


# Every form on every kind of cube


@each_cube
@each_form
def test_every_form_of_every_kind_of_cube_has_the_verdict(made, name, form):
    found = made.text(name, form)
    if name == "hostile":
        assert len(found) > 500
        return
    assert as_words(made.report(name).document.headline) in as_words(found)


@each_cube
def test_every_figure_has_its_numbers_and_its_words(made, name):
    for figure in made.report(name).document.figures():
        assert len(figure.alt) > 40
        assert figure.caption


@each_cube
@pytest.mark.parametrize("metrics", [None, ["mcc", "log_loss"]])
def test_the_bare_significance_report(made, name, metrics):
    found = report(made.cube(name), only="statistics", metrics=metrics)
    sections = [section.name for section in found.document.sections]
    assert "scores" not in sections
    assert {"pvalues", "provenance"} <= set(sections)
    assert json.loads(FORMS["json"].write(found))["schema"] == 1
    assert found.text()


def test_the_terminal_shows_one_table_in_96_columns_without_colours(made):
    for name in ("leaking", "clean", "simulated", "external", "failing"):
        lines = made.text(name, "text").splitlines()
        assert max(map(len, lines)) <= 96, name
        assert sum("┼" in line for line in lines) == 1
        assert "\x1b" not in "".join(lines)


# The numbers


def means(cube: xr.Dataset, procedure: str, metric: str) -> np.ndarray:
    """The mean over folds, per repeat, by xarray alone."""
    return cube["score"].sel(procedure=procedure, metric=metric).mean("fold").values


def test_means_and_spread_over_repeats(made):
    cube, frame = made.cube("leaking"), made.report("leaking").frame("scores")
    for row in frame.itertuples():
        own = means(cube, row.procedure, row.metric)
        assert row.mean == pytest.approx(own.mean(), rel=1e-12)
        assert row.sd == pytest.approx(own.std(ddof=1), rel=1e-12)
        assert (row.least, row.most, row.repeats) == (pytest.approx(own.min()), pytest.approx(own.max()), 3)
    every = made.report("leaking").frame("repeats")
    one = every[(every.procedure == "correct") & (every.metric == "f1")]
    np.testing.assert_allclose(one["score"], means(cube, "correct", "f1"), rtol=1e-12)


def test_a_frame_is_a_copy_and_an_unknown_one_is_refused(made):
    found = made.report("leaking")
    changed = found.frame("scores")
    changed["mean"] = 0.0
    assert (found.frame("scores")["mean"] > 0).any()
    with pytest.raises(InputError, match=r"unknown table 'score'.*scores"):
        found.frame("score")
    with pytest.raises(InputError, match="no figure 'optimism'"):
        found.plot("optimism")


def test_another_metric_comes_from_the_predictions(made):
    cube = made.cube("simulated")
    stored = ["roc_auc", "f1", "accuracy", "precision", "brier"]
    assert [str(name) for name in cube["metric"].values] == stored
    fewer = cube.sel(metric=["roc_auc", "accuracy"])
    again = report(fewer, metrics=stored[1:]).frame("repeats")
    whole = made.report("simulated").frame("repeats")
    for column in ("score", "weighted", "truth", "final"):
        np.testing.assert_allclose(again[column], whole[column], rtol=1e-12, equal_nan=True)


def test_another_metric_is_that_of_scikit_learn(made):
    cube = made.cube("leaking")
    found = report(cube, metrics=["mcc"]).frame("repeats")
    one = found[(found.procedure == "incorrect") & (found.metric == "mcc")]["score"].to_numpy()
    run_ = cube.sel(procedure="incorrect").isel(repeat=1)
    folds = [run_["row_fold"].values == fold for fold in range(3)]
    expected = [
        sklearn.metrics.matthews_corrcoef(run_["y_true"].values[f], run_["y_pred"].values[f]) for f in folds
    ]
    assert one[1] == pytest.approx(np.mean(expected), rel=1e-12)


def test_the_primary_metric_stays_whatever_is_asked_for(made):
    found = report(made.cube("leaking"), metrics=["f1"])
    assert list(found.metrics) == ["roc_auc", "f1"]
    with pytest.raises(InputError, match=r"'f_1'.*f1"):
        report(made.cube("leaking"), metrics=["f_1"])
    with pytest.raises(InputError, match="f1 is there twice"):
        report(made.cube("leaking"), metrics=["f1", "f1"])
    with pytest.raises(InputError, match=r"'stats'.*statistics"):
        report(made.cube("leaking"), only="stats")


def test_constant_classifiers_stand_beside_the_scores(made):
    # 15 of 60 positive: always positive has F1 = 2 p / (1 + p) = 0.4; after oversampling p = 1/2, and 2/3.
    tables = {t.name: t for t in made.report("leaking").document.tables()}
    row = next(row for row in tables["scores"].rows if row.cells[0] == "F1")
    assert row.cells[-3:] == ("0.000", "0.400", "0.250")
    own = next(row for row in tables["constants"].rows if row.cells[0] == "F1")
    assert own.cells[1:] == ("0.000", "0.667", "0.500")
    assert [c.group for c in tables["constants"].columns][1] == "Test rows of incorrect (50.0 %)"
    assert "correct" in tables["constants"].notes[0]


def test_published_figures_are_held_against_two_of_their_sd(made):
    frame = made.report("leaking").frame("published").set_index(["procedure", "metric"])
    ours = made.report("leaking").frame("scores").set_index(["procedure", "metric"])["mean"]
    assert abs(ours["incorrect", "f1"] - 0.85) > 0.02
    assert frame.loc[("incorrect", "f1"), "verdict"] == "not reached"
    assert frame.loc[("correct", "f1"), "verdict"] == "within"
    assert frame.loc[("incorrect", "accuracy"), "verdict"] == "not judged"
    text = made.text("leaking", "md")
    assert "published −12.22, here +" in text
    assert "it subtracts incorrect from correct" in text


def test_headings_say_over_what_the_spread_is(made):
    assert "Mean (SD over re-splits)" in made.text("leaking", "html")
    assert "Mean (SD over simulated cohorts)" in made.text("simulated", "html")
    assert "## The cohort, drawn anew in each repeat" in made.text("simulated", "md")
    assert "## The cohort, drawn anew in each repeat" not in made.text("leaking", "md")
    assert "share their patients" in made.text("clean", "md")


def test_a_studys_pairs_stand_side_by_side(made):
    told = made.report("pairs")
    frame = told.frame("pairs")
    assert frame["pair"].tolist() == ["copies", "picking | the best"]
    assert frame["invalid"].tolist() == ["incorrect", "picked"]
    scores = (
        told.frame("repeats").query("metric == 'roc_auc'").pivot(index="repeat", columns="procedure")["score"]
    )
    differences = (
        (scores["incorrect"] - scores["correct"]).mean(),
        (scores["picked"] - scores["correct"]).mean(),
    )
    assert frame["estimate"].tolist() == pytest.approx(differences)
    # The pair that is not the verdict's has its own comparison, and no procedure has two.
    assert [(one.facts.first, one.facts.second) for one in told.others] == [("picked", "correct")]
    assert "Which pitfalls matter here" in made.text("pairs", "html")
    assert "The best of k" in made.text("pairs", "html")
    assert [*told.frame("picking")["procedure"]] == ["picked"]
    assert told.frame("ranks").empty
    assert "of 2 pitfalls" in made.text("pairs", "text").replace("\n", " ")
    assert made.report("leaking").frame("pairs").empty


def test_places_change_with_the_metric(made):
    told = made.report("places")
    frame = told.frame("ranks").set_index(["metric", "procedure"])
    scores = told.frame("scores").set_index(["metric", "procedure"])["mean"]
    for metric, part in frame.groupby(level="metric"):
        best = scores[metric].max() if told.metrics[metric]["greater_is_better"] else scores[metric].min()
        assert scores[metric][part["rank"].droplevel("metric") == 1].tolist() == pytest.approx([best])
    text = made.text("places", "md")
    assert "Who is ahead" in text
    assert "constant" in text
    # Two procedures need no table of places, and of one that leaks a place would mean nothing.
    assert made.report("clean").frame("ranks").empty
    assert made.report("three procedures").frame("ranks").empty


def test_costs_stand_beside_the_cheaper_constant_answer(made):
    told = made.report("places")
    frame = told.frame("costs").set_index(["metric", "procedure"])
    prevalence = told.frame("constants").query("rows == 'cohort'")["prevalence"].iloc[0]
    for (_, procedure), row in frame.iterrows():
        assert row["constant"] == pytest.approx(min(row["price"] * prevalence, 1 - prevalence))
        if procedure == "constant":
            assert row["cost"] == pytest.approx(row["price"] * prevalence, rel=0.05)
    assert set(frame["price"]) == {1.0, 20.0, 2.5}
    assert "What mistakes cost" in made.text("places", "html")
    assert made.report("clean").frame("costs").empty


def test_optimism_is_own_minus_true(made):
    frame = made.report("simulated").frame("optimism").set_index(["procedure", "metric"])
    cube = made.cube("simulated")
    own, true = (
        cube[v].sel(procedure="incorrect", metric="roc_auc").mean("fold").mean()
        for v in ("score_weighted", "truth")
    )
    assert frame.loc[("incorrect", "roc_auc"), "optimism"] == pytest.approx(float(own - true), rel=1e-9)
    final = cube["final"].sel(procedure="incorrect", metric="f1").mean()
    assert frame.loc[("incorrect", "f1"), "final"] == pytest.approx(float(final), rel=1e-9)


def test_copies_are_counted(made):
    frame = made.report("leaking").frame("copies").set_index(["procedure", "relation", "rows"])["share"]
    cube = made.cube("leaking").sel(procedure="incorrect")
    copies = cube["related"].sel(relation="copy").sum() / cube["n_test"].sum()
    assert frame["incorrect", "copy", "all"] == pytest.approx(float(copies))
    assert frame["correct", "copy", "all"] == 0
    assert "group" not in frame.index.get_level_values("relation")
    assert (
        (
            made.report("groups")
            .frame("copies")
            .set_index(["procedure", "relation", "rows"])["share"]["mixed", "group", "all"]
        )
        > 0
    )


# What every form must say


@each_form
def test_simulated_data_and_a_preset_are_named_in_every_form(made, form):
    found = made.text("simulated", form)
    assert "Simulated data" in found
    assert "not the protocol" in found
    assert re.search(r"near\\?_\\?_n\\?_neighbors = 5", found)


@each_form
def test_failed_and_pending_runs_are_named_in_every_form(made, form):
    found = made.text("failing", form)
    assert "1 of 6 runs are pending" in found
    assert "1 of 6 runs failed" in found


def test_what_was_set_after_the_runs_is_applied_and_said(made):
    cube = made.cube("leaking").copy()
    changes = [{"name": "primary", "value": "f1"}, {"name": "margin", "value": 0.5}]
    stamp = {"time": "2026-01-02T03:04:05+00:00", "runs": 6}
    cube.attrs = {**cube.attrs, "overrides": json.dumps([{**change, **stamp} for change in changes])}
    found = report(cube)
    assert found.primary == "f1"
    assert found.main.facts.margin == 0.5
    assert "Set after the runs (2026-01-02, with 6 runs stored): primary = f1." in found.document.notices
    assert made.cube("leaking").attrs["primary"] == "roc_auc"


def test_unverified_data_and_mixed_versions_are_named():
    cube = run(data=table(unverified=True))
    cube.attrs["mixed_versions"] = True
    notices = " ".join(report(cube).document.notices)
    assert "Unverified data" in notices
    assert "Mixed versions" in notices


def test_callables_are_not_checked(made):
    assert "Not checked: know, guess" in made.text("callables", "md")
    assert json.loads(made.text("callables", "json"))["procedures"][0]["leaks"] is None


def test_the_cohort_has_its_batches_and_groups(made):
    rows = {
        row.cells[0]: row.cells[1]
        for t in made.report("groups").document.tables()
        if t.name == "cohort"
        for row in t.rows
    }
    assert rows["Cases"] == "60"
    assert rows["Events (yes)"] == "15 (25.0 %)"
    assert rows["Batch North"] == "30 cases, 0 events"
    assert rows["Batch South"] == "30 cases, 15 events"
    assert rows["Groups"].startswith("30, the largest of 2 cases; 1 with more than one class")
    assert rows["Missing values"] == "none"


def test_an_external_set_stands_beside_the_cohort(made):
    (cohort,) = (t for t in made.report("external").document.tables() if t.name == "cohort")
    assert [c.title for c in cohort.columns] == ["", "clinic", "External: other clinic"]
    assert "40 external patients of other clinic" in made.text("external", "md")


def test_sources_are_varied_fixed_or_absent(made):
    (sources,) = (t for t in made.report("clean").document.tables() if t.name == "sources")
    found = {row.cells[0]: row.cells[2:] for row in sources.rows}
    assert found["split"] == ("●", "", "")
    assert found["cohort"] == ("", "", "●")


def test_what_sees_the_test_rows_is_marked_by_words(made):
    text = made.text("leaking", "md")
    assert re.search(r"1\. \*\*resample\*\*.*sees the test rows", text)
    assert text.count("▲") == 1
    assert "move resample right of Split" in text


def test_citations_name_data_study_and_methods(made):
    text = made.text("leaking", "md")
    for cited in ("doi:10.1000/table", "doi:10.1000/doe", "Wilcoxon 1945", "Kapoor"):
        assert cited in text


# What no form may say


@pytest.mark.parametrize("name", ["leaking", "failing", "groups", "external"])
@each_form
def test_no_id_and_no_path_in_any_form(made, name, form):
    found = made.text(name, form)
    assert not re.search(r"patient-\d|extern-\d|family-\d", found)
    assert "/home/" not in found


def test_an_error_is_told_without_path_and_id(made):
    assert "OSError: cannot read" in made.text("failing", "html")
    messages = json.loads(made.text("failing", "json"))["runs"]["messages"]
    assert {m["message"] for m in messages if m["kind"] == "error"} == {
        "OSError: cannot read '[id].csv' of [id]"
    }


def test_the_command_is_shown_without_paths():
    cube = run()
    told = json.loads(cube.attrs["provenance"])
    told["command"] = "varbench study oversampling --data /home/jo/clinic.csv --out '/tmp/my run'"
    cube.attrs["provenance"] = json.dumps(told)
    for form in ("html", "md", "json"):
        found = written(form, report(cube))
        assert "/home" not in found
        assert "/tmp" not in found
        assert "varbench study oversampling --data clinic.csv --out" in found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("open('/a/b c/d.txt')", "open('d.txt')"),
        (r"C:\Users\jo\x.csv is bad", "x.csv is bad"),
        ("see file:///home/jo/x", "see x"),
        ("~/data/x.csv and ~", "x.csv and ~"),
        ("and/or 1/2 doi:10.1/2 https://a.b/c/d", "and/or 1/2 doi:10.1/2 https://a.b/c/d"),
        ("(/etc/passwd)", "(passwd)"),
        ("the label '/' or /yes, dose (mg/kg)", "the label '/' or /yes, dose (mg/kg)"),
    ],
)
def test_paths_lose_all_but_their_last_part(text, expected):
    assert without_paths(text) == expected


def test_ids_are_whole_words_and_short_numbers_are_not_told_from_others():
    assert without_ids("HN1-001 HN1-0012 12 x", ["HN1-001", "12"]) == "[id] HN1-0012 12 x"
    assert (
        command("varbench study x --data='/a/b c.csv' --seed 1")
        == "varbench study x '--data=b c.csv' --seed 1"
    )
    assert command("varbench study 'unclosed /a/b") == "varbench study 'unclosed b"


@pytest.mark.parametrize(
    "kept",
    [
        "--data radmlbench/HNSCC", "--data=radmlbench/HNSCC", "--set a/b=1", "--set sep=/", "--positive /",
        "--positive n/a", "--positive /yes", "--drop x/y,z", "--data ../x/y.csv", "--target 'a /b'", "--target +/-",
        "--data s3://bucket/x",
    ],
)  # fmt: skip
def test_a_value_with_a_stroke_is_no_path(kept):
    assert command(f"varbench study x {kept}") == f"varbench study x {kept}"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("--set reader__path=/home/jo/x.csv", "--set reader__path=x.csv"),
        ("--data ~/private/y.csv", "--data y.csv"),
        ("--data C:/Users/jo/y.csv", "--data y.csv"),
        ("--out file:///home/x/y", "--out y"),
        ("--external a,/home/jo/x.csv", "--external a,x.csv"),
    ],
)
def test_a_path_of_the_machine_is_cut_wherever_it_stands(typed, shown):
    assert command(f"varbench study x {typed}") == f"varbench study x {shown}"


# Hostile names, form by form


@pytest.fixture(scope="module")
def pages(made) -> dict[str, Page]:
    return {name: Page(made.text(name, "html")) for name in ("hostile", "simulated", "one procedure")}


def test_html_is_closed_and_has_no_script_and_no_request(pages):
    for page in pages.values():
        check_closed_and_quiet(page)
        (policy,) = [
            a["content"]
            for t, a in page.tags
            if t == "meta" and a.get("http-equiv") == "Content-Security-Policy"
        ]
        assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_html_has_its_headings_in_order_and_a_language(pages):
    for page in pages.values():
        levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
        assert levels.count(1) == 1
        assert levels[0] == 1
        assert all(b - a <= 1 for a, b in itertools.pairwise(levels))
        assert [a["lang"] for t, a in page.tags if t == "html"] == ["en"]


def test_html_has_unique_ids_and_labels(pages):
    for page in pages.values():
        check_references(page)
        assert all(a.get("aria-label") for _, a in page.tags if a.get("role") == "img")
        assert all(a.get("scope") for t, a in page.tags if t == "th")


def test_a_hostile_name_is_shown_as_it_is(pages):
    shown = "".join(pages["hostile"].text)
    assert "<script>alert(1)</script>" in shown
    assert "<script" not in "".join(f"<{tag}" for tag, _ in pages["hostile"].tags)


def test_csv_has_no_formulas_and_five_columns(made):
    rows = list(csv.reader(io.StringIO(made.text("hostile", "csv"))))
    assert {len(row) for row in rows} == {5}
    assert rows[0] == ["table", "procedure", "metric", "quantity", "value"]
    cells = [cell for row in rows for cell in row if cell]
    check_no_formulas(cells)
    assert any(row[1] == f"'{FORMULA}" for row in rows)
    assert neutral("\t=1+1").startswith("' =")
    assert neutral("＝1+1").startswith("'")


def test_csv_keeps_every_digit(made):
    rows = list(csv.reader(io.StringIO(made.text("leaking", "csv"))))
    mean = next(row[4] for row in rows if row[:4] == ["scores", "correct", "roc_auc", "mean"])
    frame = made.report("leaking").frame("scores").set_index(["procedure", "metric"])
    assert float(mean) == frame.loc[("correct", "roc_auc"), "mean"]
    repeats = [row for row in rows if row[0] == "repeats" and row[1:3] == ["correct", "f1"]]
    assert [row[3] for row in repeats if row[3].startswith("score[")] == [
        f"score[repeat={r}]" for r in range(3)
    ]


@each_cube
def test_latex_is_balanced(made, name):
    text = without_comments(made.text(name, "tex"))
    check_latex(text)
    assert text.count(r"\begin{table}") >= 3
    assert text.isascii() or {c for c in text if not c.isascii()} <= set("éèüöä")


def test_latex_prints_what_it_is_given():
    assert latex("a_b & 5 % #1 $x$ {y} ~^\\") == (
        r"a\_b \& 5 \% \#1 \$x\$ \{y\} \textasciitilde{}\textasciicircum{}\textbackslash{}"
    )
    assert latex("Müller 患 −1") == "Müller ? $-$1"


def test_markdown_tables_keep_their_columns(made):
    for name in CUBES:
        check_markdown(made.text(name, "md"))
    assert "<script" not in made.text("hostile", "md").replace("\\<", "")
    assert markdown("![x](http://y) # <b>") == r"\!\[x\](http:" + "\u200b" + r"//y) \# \<b\>"


# JSON


def test_json_is_what_its_page_says(made):
    page = (Path(__file__).parents[1] / "docs" / "report-json.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"(?m)^## `(\w+)`", page))
    for name in CUBES:
        found = json.loads(made.text(name, "json"), parse_constant=pytest.fail)
        assert set(found) == documented
        assert found["schema"] == 1


def test_json_has_one_comparison_a_metric_and_the_verdict_once(made):
    found = json.loads(made.text("leaking", "json"))
    assert [c["metric"] for c in found["comparisons"]] == ["roc_auc", "f1", "accuracy", "precision", "brier"]
    assert [c["verdict"] is not None for c in found["comparisons"]] == [True, False, False, False, False]
    first = found["comparisons"][0]
    assert (first["first"], first["second"]) == ("incorrect", "correct")
    assert {"difference", "rank_sum", "a12", "inflation"} <= {r["method"] for r in first["results"]}
    assert all(r["settings"]["metric"] == c["metric"] for c in found["comparisons"] for r in c["results"])
    values = next(s["values"] for s in found["scores"] if (s["procedure"], s["metric"]) == ("correct", "f1"))
    np.testing.assert_array_equal(values, means(made.cube("leaking"), "correct", "f1"))
    assert len(json.loads(made.text("three procedures", "json"))["comparisons"]) == 6


def test_json_of_one_procedure_has_no_comparison(made):
    found = json.loads(made.text("one procedure", "json"))
    assert found["comparisons"] == []
    assert found["headline"] == "Only near was run, so there is nothing to compare it with."


# Figures


def test_the_same_cube_gives_the_same_page(made):
    assert FORMS["html"].write(report(made.cube("leaking"))) == made.text("leaking", "html")


def test_drawing_leaves_matplotlib_as_it_was(made):
    import matplotlib

    before = dict(matplotlib.rcParams)
    figure = made.report("leaking").plot("opening")
    assert type(figure).__name__ == "Figure"
    assert dict(matplotlib.rcParams) == before


def test_figures_follow_the_page(made):
    text = made.text("leaking", "html")
    for drawing in re.findall(r"<svg.*?</svg>", text, re.S):
        assert "font-family" not in drawing
        assert not re.findall(r"(?<!, )#[0-9a-f]{6}\b", drawing)
        assert "<style" not in drawing
    assert text.count('<div class="page">') == text.count('<div class="phone">') >= 4


def test_every_repeat_is_a_dot(made):
    frame = made.report("leaking").frame("repeats")
    figure = made.report("leaking").plot("opening")
    dots = sum(len(line.get_xdata()) for line in figure.axes[0].lines if line.get_linestyle() == "None")
    assert dots == len(frame[frame.metric == "roc_auc"]) == 6


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_colours_can_be_read(palette):
    assert palette.keys() == LIGHT.keys()
    paper = luminance(palette["paper"])
    for name in ("ink", "muted", "s1", "s2", "s3", "s4", "s5", "s6"):
        light, dark = sorted((luminance(palette[name]), paper), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, name


# Files


def test_forms_are_files(made, tmp_path):
    written = write(made.report("leaking"), tmp_path / "new", ("md", "csv", "json", "tex", "html"))
    assert [path.name for path in written] == [
        "report.md",
        "report.csv",
        "report.json",
        "report.tex",
        "report.html",
    ]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(path.name for path in written)
    assert written[0].read_text(encoding="utf-8") == made.text("leaking", "md")
    assert written[0].stat().st_mode & 0o777 == 0o666 & ~_umask()


def _umask() -> int:
    import os

    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_report_that_fails_leaves_the_old_one(made, tmp_path, monkeypatch):
    (path,) = write(made.report("leaking"), tmp_path, ("md",))
    before = path.read_bytes()
    monkeypatch.setattr("varbench.replacing.os.replace", _no_space)
    with pytest.raises(InputError, match=r"report\.md: No space left on device"):
        write(made.report("clean"), tmp_path, ("md",))
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["report.md"]


def _no_space(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_folder_that_is_a_file_is_refused(made, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"):
        write(made.report("clean"), tmp_path / "file", ("md",))


def test_forms_are_checked_before_any_work():
    with pytest.raises(InputError, match=r"'htm'.*html"):
        check_forms(["md", "htm"])
    with pytest.raises(InputError, match="no form is given"):
        check_forms([])


def test_the_terminal_shows_the_pairs_and_of_many_procedures_the_two_of_the_verdict():
    more = {f"near {k}": vb.Procedure([vb.Split(CV), ("near", KNeighborsClassifier(k))]) for k in (5, 7, 9)}
    cube = run(
        procedures={**LEAKING, **more}, pairs={"a": ("incorrect", "correct"), "b": ("near 5", "near 7")}
    )
    text = report(cube).text()
    head = next(line for line in text.splitlines() if line.lstrip().startswith("│"))
    assert "incorrect" in head
    assert "near 5" not in head
    assert "The other 3 procedures are in the report." in text
    assert "How much each pitfall inflates" in text
    assert "near 5 − near 7" in text

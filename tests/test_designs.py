"""The designs beside the joint one: which draw a repeat takes, what is refused, and how such a cube is read."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from scipy import stats
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB

import varbench as vb
from varbench.cli import main
from varbench.cube import attributes, crossed, design, identical, one_at_a_time, open_cube
from varbench.data import Data, SimulatedHalves
from varbench.effects import by_cohort, compare, is_cohort_varied, repeat_scores
from varbench.engine import effects
from varbench.engine.execute import cohort
from varbench.errors import CubeError, InputError, StudyError
from varbench.seeds import seed
from varbench.study import Draws, Request, load_study, plan
from varbench.verdict import facts

CV = StratifiedKFold(3, shuffle=True)
GOLDEN = Path(__file__).parent / "golden"


def table(n: int = 45, p: int = 4) -> Data:
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [n - n // 3, n // 3])
    X = rng.normal(size=(n, p)) + y[:, None] * 0.4
    names = tuple(f"f{i}" for i in range(p))
    return Data(
        X=X, y=y, classes=("no", "yes"), feature_names=names, ids=np.arange(n).astype(str), name="table"
    )


def sgd() -> vb.Procedure:
    return vb.Procedure([vb.Split(CV), ("sgd", SGDClassifier(max_iter=5, tol=None))])


def bayes() -> vb.Procedure:
    return vb.Procedure([vb.Split(CV), ("bayes", GaussianNB())])


def study(**changes: object) -> vb.Study:
    fields: dict[str, object] = {
        "question": "Which is better?", "data": table(), "primary": "roc_auc", "metrics": ["f1"],
        "procedures": {"sgd": sgd(), "bayes": bayes()}, "vary": ["split", "init"], "repeats": 4,
    }  # fmt: skip
    return vb.Study(**(fields | changes))  # type: ignore[arg-type]


def grid(**changes: object) -> vb.Study:
    return study(**{"vary": ["split:3", "init:2"], "design": "crossed"} | changes)


def with_cohorts(**changes: object) -> vb.Study:
    population = SimulatedHalves(n_cases=40, n_positive=15, n_features=4)
    fields = {
        "data": population.cohort(0),
        "vary": ["cohort:4", "split:3"],
        "design": "crossed",
        "truth_rows": 20,
    }
    return study(**fields | {"procedures": {"bayes": bayes(), "line": line()}} | changes)


def line() -> vb.Procedure:
    return vb.Procedure([vb.Split(CV), ("line", LogisticRegression())])


# -- which draw a repeat takes --------------------------------------------------------------------------------------


def test_a_crossed_design_has_every_draw_with_every_other_once_the_last_source_fastest():
    draws = Draws("crossed", (("cohort", 3), ("split", 4), ("init", 2)))
    found = [tuple(draws.realization(s, k) for s in ("cohort", "split", "init")) for k in range(draws.total)]
    assert found == list(itertools.product(range(3), range(4), range(2)))


def test_one_at_a_time_moves_one_source_and_leaves_the_others_where_they_begin():
    draws = Draws("one", (("split", 3), ("init", 2)))
    found = [(draws.realization("split", k), draws.realization("init", k)) for k in range(draws.total)]
    assert found == [(0, 0), (1, 0), (2, 0), (0, 0), (0, 1)]


def test_a_design_is_told_in_words():
    assert Draws().text == "joint"
    assert (
        Draws("crossed", (("split", 20), ("init", 50))).text == "crossed, split 20 x init 50 = 1,000 repeats"
    )
    assert Draws("one", (("split", 20), ("init", 5))).text.endswith("split 20 + init 5 = 25 repeats")


@pytest.mark.parametrize(("kind", "sizes"), [("crossed", 6), ("one", 5)])
def test_the_cube_says_which_draw_and_which_seed_each_repeat_has(kind, sizes):
    cube = grid(design=kind).run(seed=7)
    assert cube.sizes["repeat"] == sizes
    assert (cube.status == 1).all()
    draws = Draws(kind, (("split", 3), ("init", 2)))
    for source in ("split", "init"):
        taken = [draws.realization(source, k) for k in range(sizes)]
        assert cube.realization.sel(source=source).values.tolist() == taken
        assert cube.seed.sel(source=source).values.tolist() == [seed(7, source, k) for k in taken]


def test_a_draw_is_the_same_in_every_design():
    joint, cross, one = (
        study().run(repeats=3),
        grid(vary=["split:3", "init:3"]).run(),
        grid(design="one").run(),
    )
    for k in range(3):  # the diagonal of the crossed design is the joint one
        for name in ("score", "sample", "y_score"):
            np.testing.assert_array_equal(joint[name].isel(repeat=k), cross[name].isel(repeat=4 * k))
    np.testing.assert_array_equal(one.score.isel(repeat=1), cross.score.isel(repeat=3))  # split 1, init 0
    np.testing.assert_array_equal(one.score.isel(repeat=4), cross.score.isel(repeat=1))  # split 0, init 1


def test_each_source_moves_what_it_should_and_nothing_else():
    cube = grid().run()
    sample = cube["sample"].values.reshape(2, 3, 2, -1)
    assert (sample[:, :, 0] == sample[:, :, 1]).all()  # init leaves the folds alone
    assert (sample[:, 0] != sample[:, 1]).any()
    scores = crossed(cube, "sgd", "roc_auc")
    assert (scores.sel(init=0) != scores.sel(init=1)).any()
    steady = crossed(cube, "bayes", "roc_auc")  # reads no seed but the split's
    np.testing.assert_array_equal(steady.sel(init=0), steady.sel(init=1))


# -- cohorts ----------------------------------------------------------------------------------------------------------


def test_all_splits_of_a_cohort_are_of_the_same_patients():
    one = with_cohorts()
    work = plan(one, Request()).work
    X = np.array([cohort(work, repeat).X for repeat in range(12)]).reshape(4, 3, 40, 4)
    assert (X[:, :1] == X).all()
    assert len(np.unique(X[:, 0, 0, 0])) == 4
    cube = one.run()
    assert not attributes(cube)["cases_shared"]
    assert (cube["sample"].values[0, 0] != cube["sample"].values[0, 1]).any()
    same = cube.external_y_true.values.reshape(4, 3, -1)  # the truth sample comes with the cohort
    assert (same[:, :1] == same).all()
    assert (same[0, 0] != same[1, 0]).any()


def test_a_cohort_is_drawn_once_for_all_its_splits(monkeypatch):
    drawn = []
    before = SimulatedHalves.cohort
    monkeypatch.setattr(SimulatedHalves, "cohort", lambda self, s: drawn.append(s) or before(self, s))
    work = plan(with_cohorts(data=before(SimulatedHalves(n_cases=31, n_positive=11), 3)), Request()).work
    drawn.clear()
    for repeat in range(12):
        cohort(work, repeat).X[:] = 0  # what a run does to its own rows reaches no other run
        assert cohort(work, repeat).X.any()
    assert len(drawn) == len(set(drawn)) == 4


def test_the_crossed_cube_does_not_depend_on_workers_or_interruption(tmp_path):
    memory, many = with_cohorts().run(), with_cohorts().run(jobs=2, out=tmp_path / "run")
    assert identical(memory, many) == []
    assert identical(with_cohorts().run(out=tmp_path / "run"), memory) == []


# -- what is asked for, and refused -----------------------------------------------------------------------------------


def test_the_number_of_repeats_is_made_by_the_design(tmp_path):
    for count in (2, 6):
        with pytest.raises(
            InputError, match=rf"repeats={count}: .*split 3 x init 2 = 6 repeats.*--vary split:3,init:2"
        ):
            grid().run(repeats=count, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"vary": ["split:20"]}, "split:20: .*crossed"),
        ({"design": "crossed"}, "--vary split: the design 'crossed' needs a number of draws.*split:20"),
        ({"design": "one", "vary": ["split:2", "init"]}, "--vary init: the design 'one'"),
        ({"design": "cross"}, "unknown design 'cross'; did you mean crossed"),
        ({"design": "crossed", "vary": ["split:1"]}, "split:1: .*2 or more"),
        ({"design": "crossed", "vary": ["split:many"]}, "split:many: .*2 or more"),
        ({"design": "crossed", "vary": ["split:-3"]}, "split:-3"),
        ({"design": "crossed", "vary": ["split:"]}, "split:: must be a source and its number"),
        ({"design": "crossed", "vary": ["split:2", "split:3"]}, "split stands there twice"),
        ({"design": "crossed", "vary": ["splits:2"]}, "unknown source 'splits'; did you mean split"),
        ({"design": "crossed", "vary": ["cohort:2"]}, "cohort cannot be varied.*one real table"),
        (
            {"design": "crossed", "vary": ["split:2", "init:2"], "fix": ["init"]},
            "init: both in --vary and in --fix",
        ),
    ],
)
def test_a_mistake_in_a_design_is_told_before_any_work(asked, message):
    with pytest.raises(InputError, match=message):
        plan(study(), Request(**asked))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"design": "cross"}, "unknown design 'cross'; did you mean crossed"),
        ({"design": "crossed"}, "the study: .*--vary split"),
        ({"vary": ["split:3"]}, "the study: .*split:3"),
        ({"presets": {"more": {"vary": ["split:3"]}}}, "the preset more: .*split:3"),
        ({"presets": {"more": {"design": "one"}}}, "the preset more: .*--vary split"),
        (
            {"presets": {"more": {"design": "one", "vary": ["split:3"], "repeats": 3}}},
            "the preset more: the design 'one' has as many repeats",
        ),
        ({"equal": ("sgd", "tree")}, "unknown procedure 'tree'"),
        ({"equal": ("sgd", "sgd")}, "must be two procedures"),
    ],
)
def test_a_design_that_cannot_be_is_refused_in_a_study(fields, message):
    with pytest.raises(StudyError, match=message):
        study(**fields)


def test_presets_and_requests_change_the_design():
    one = study(presets={"grid": {"design": "crossed", "vary": ["split:5", "init:3"]}})
    assert plan(one, Request(preset="grid")).work.draws.text == "crossed, split 5 x init 3 = 15 repeats"
    assert plan(one, Request(preset="grid")).repeats == 15
    assert plan(one, Request(preset="grid", design="one")).repeats == 8
    assert (
        plan(one, Request(preset="grid", design="joint")).work.draws == Draws()
    )  # its numbers are left aside
    assert plan(one, Request(preset="grid", fix=["init"])).work.draws.counts == (("split", 5),)
    assert plan(one, Request()).repeats == 4
    other = plan(one, Request(design="crossed", vary=["init:2", "split:4"]))
    assert [other.work.realization("init", k) for k in range(8)] == [0] * 4 + [1] * 4


def test_a_source_that_no_step_reads_has_no_part_in_a_design():
    one = grid(vary=["split:3", "augment:5"])
    ready = plan(one, Request())
    assert ready.work.draws.counts == (("split", 3),)
    assert any("varies augment" in note for note in ready.notes)


def test_what_a_source_does_is_probed_in_a_crossed_study_too():
    found = effects(plan(grid(), Request()))
    assert found == {"sgd": {"split": True, "init": True}, "bayes": {"split": True, "init": False}}


# -- settings, resuming -----------------------------------------------------------------------------------------------


def test_the_design_is_a_setting_and_the_joint_one_says_nothing():
    assert "design" not in plan(study(), Request()).settings  # so that older cubes can be extended
    one, other, order = (
        plan(study(), Request(design=kind, vary=vary)).settings
        for kind, vary in (
            ("crossed", ["split:3", "init:2"]), ("one", ["split:3", "init:2"]), ("crossed", ["init:2", "split:3"]),
        )
    )  # fmt: skip
    assert one["design"] == "crossed split:3,init:2"
    assert len({json.dumps(each) for each in (one, other, order)}) == 3


def test_a_crossed_run_goes_on_without_being_told_its_design(tmp_path):
    study().run(design="crossed", vary=["split:3", "init:2"], out=tmp_path / "run", seed=3)
    again = study().run(out=tmp_path / "run")
    assert identical(again, grid().run(seed=3)) != []  # another request; but the same scores
    np.testing.assert_array_equal(again.score, grid().run(seed=3).score)


@pytest.mark.parametrize(
    "change",
    [{"design": "one"}, {"vary": ["split:4", "init:2"]}, {"design": "joint", "vary": ["split", "init"]}],
)
def test_another_design_than_the_cubes_is_refused_with_both_shown(tmp_path, change):
    grid().run(out=tmp_path / "run")
    with pytest.raises(CubeError, match=r"(?s)design: 'crossed split:3,init:2' in the cube.*another --out"):
        grid().run(out=tmp_path / "run", **change)


def test_a_joint_cube_is_not_made_crossed(tmp_path):
    study().run(out=tmp_path / "run")
    with pytest.raises(CubeError, match=r"design: nothing in the cube, 'crossed split:2,init:2' asked for"):
        study().run(out=tmp_path / "run", design="crossed", vary=["split:2", "init:2"])


def test_two_procedures_that_are_equal_are_kept_as_such_and_change_no_run(tmp_path):
    plain, null = study().run(), study(equal=("bayes", "sgd")).run(out=tmp_path / "run")
    assert attributes(null)["equal"] == ["bayes", "sgd"]
    assert "equal" not in attributes(plain)
    np.testing.assert_array_equal(plain.score, null.score)
    assert "equal" not in attributes(study(equal=("bayes", "sgd")).run(procedures=["sgd"]))
    with pytest.raises(CubeError, match="equal"):
        study().run(out=tmp_path / "run")


# -- reading ----------------------------------------------------------------------------------------------------------


def test_the_crossed_view_is_the_scores_by_their_draws(tmp_path):
    grid().run(out=tmp_path / "run")
    cube = open_cube(tmp_path / "run")
    assert design(cube) == {"kind": "crossed", "counts": {"split": 3, "init": 2}}
    view = crossed(cube, "sgd", "f1")
    assert view.dims == ("split", "init")
    for k in range(6):
        expected = cube.score.sel(procedure="sgd", metric="f1").isel(repeat=k).mean("fold")
        where = {source: int(cube.realization.sel(source=source)[k]) for source in view.dims}
        assert view.sel(where).item() == pytest.approx(float(expected), rel=1e-15)


def test_a_fold_or_a_run_without_a_score_leaves_no_nan_but_its_own():
    cube = grid().run().load()
    cube.score.loc[{"procedure": "sgd", "repeat": 1, "fold": 0}] = np.nan
    cube.status.loc[{"procedure": "sgd", "repeat": 2}] = 2
    view = crossed(cube, "sgd", "roc_auc").values.ravel()
    scores = cube.score.sel(procedure="sgd", metric="roc_auc").values
    assert view[1] == pytest.approx(scores[1, 1:].mean())
    assert np.isnan(view).tolist() == [False, False, True, False, False, False]


def test_one_source_at_a_time_has_an_array_a_source():
    cube = grid(design="one").run()
    view = one_at_a_time(cube, "sgd", "roc_auc")
    assert {source: len(values) for source, values in view.items()} == {"split": 3, "init": 2}
    assert view["split"][0] == view["init"][0]  # the run in which all stand still
    np.testing.assert_array_equal(np.concatenate(list(view.values())), repeat_scores(cube, "sgd", "roc_auc"))


@pytest.mark.parametrize(
    ("procedure", "metric", "variable", "message"),
    [
        ("sgdd", "f1", "score", "did you mean sgd"),
        ("sgd", "f2", "score", "unknown metric 'f2'"),
        ("sgd", "f1", "scores", "did you mean score"),
        ("sgd", "f1", "truth", "no population and no external set"),
    ],
)
def test_a_view_of_what_is_not_there_is_refused(procedure, metric, variable, message):
    with pytest.raises(CubeError, match=message):
        crossed(grid().run(), procedure, metric, variable)


def test_a_view_of_another_design_is_refused():
    joint = study().run()
    assert design(joint) == {"kind": "joint", "counts": {}}
    with pytest.raises(CubeError, match=r"design is 'joint', and 'crossed' is needed.*--design crossed"):
        crossed(joint, "sgd", "f1")
    with pytest.raises(CubeError, match="'one' is needed"):
        one_at_a_time(grid().run(), "sgd", "f1")


def test_an_older_cube_is_joint():
    found = sorted(path.parent for path in GOLDEN.rglob("cube.zarr"))
    assert found
    for run in found:
        assert design(open_cube(run))["kind"] == "joint"


# -- what may be counted ----------------------------------------------------------------------------------------------


def test_a_crossed_design_is_counted_in_cohorts():
    # The fewest cohorts that the methods were measured with.
    cube = with_cohorts(vary=["cohort:5", "split:2"]).run()
    means = [crossed(cube, name, "roc_auc").mean("split").values for name in ("bayes", "line")]
    (found,) = (r for r in compare(cube, "bayes", "line") if r.method == "difference")
    expected = stats.ttest_rel(*means)
    interval = expected.confidence_interval(0.95)
    assert (found.n, found.unit, found.estimand, found.validity) == (5, "cohort", "E2", "exact")
    assert found.pvalue == pytest.approx(expected.pvalue, rel=1e-9)
    assert found.interval == pytest.approx((interval.low, interval.high), rel=1e-9)
    known = facts(cube)
    assert (known.n_repeats, known.design, known.cohort_varied) == (5, "crossed", True)


def test_a_repeat_that_one_procedure_lacks_counts_for_neither():
    cube = with_cohorts().run().load()
    cube.status.loc[{"procedure": "line", "repeat": 0}] = 2
    cube.status.loc[{"procedure": "line", "repeat": [3, 4, 5]}] = 2
    a, b = by_cohort(cube, *(repeat_scores(cube, name, "roc_auc") for name in ("bayes", "line")))
    ours = crossed(cube, "bayes", "roc_auc").values
    assert a[0] == pytest.approx(ours[0, 1:].mean())
    assert np.isnan(a).tolist() == np.isnan(b).tolist() == [False, True, False, False]
    assert facts(cube).n_repeats == 3


@pytest.mark.parametrize(
    ("kind", "vary"),
    [("crossed", ["split:3", "init:2"]), ("one", ["split:3", "init:2"]), ("one", ["cohort:3", "split:3"])],
)
def test_repeats_that_share_draws_claim_no_error_rate(kind, vary):
    data = SimulatedHalves(n_cases=40, n_positive=15, n_features=4).cohort(0)
    cube = study(data=data, vary=vary, design=kind, truth_rows=0).run()
    assert not is_cohort_varied(cube)
    results = compare(cube, "sgd", "bayes")
    assert {r.validity for r in results} == {"unknown"}
    assert all("repeats_share_data" in r.notes for r in results)
    assert "corrected_resampled_t" not in {r.method for r in results}
    assert not facts(cube).cohort_varied


def test_a_joint_cube_is_counted_as_ever():
    values = np.arange(4.0)
    assert by_cohort(xr.Dataset(), values)[0] is values


# -- the command line, and the study of equal procedures ------------------------------------------------------------


def test_the_command_line_takes_a_design(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(
        "import varbench as vb\nfrom sklearn.model_selection import StratifiedKFold\n"
        "from sklearn.tree import DecisionTreeClassifier\ncv = StratifiedKFold(3, shuffle=True)\n"
        "study = vb.Study(question='How good?', data='wdbc', primary='roc_auc', vary=['split', 'init'], procedures={\n"
        "    'tree': vb.Procedure([vb.Split(cv), ('tree', DecisionTreeClassifier(max_depth=2))])})\n"
    )
    command = [
        "study",
        "mine.py",
        "--design",
        "crossed",
        "--vary",
        "split:2,init:2",
        "--out",
        "RUN",
        "--jobs",
        "1",
    ]
    assert main(command) == 0
    assert "crossed, split 2 x init 2 = 4 repeats" in capsys.readouterr().out
    assert crossed(open_cube("RUN"), "tree", "roc_auc").shape == (2, 2)
    assert main([*command, "--repeats", "9"]) == 2
    assert "--repeats 9" in capsys.readouterr().err
    assert main(["study", "mine.py", "--vary", "split:2", "--out", "OTHER"]) == 2
    assert "--design crossed" in capsys.readouterr().err
    assert main(["show", "pseudo_replication"]) == 0
    assert "cohort 40 x split 50 = 2,000 repeats" in capsys.readouterr().out


def test_the_halves_are_worth_the_same():
    population = SimulatedHalves(n_features=6, strength=0.8)
    data = population.sample(40_000, seed=1)
    auc = [
        stats.mannwhitneyu(s[data.y == 1], s[data.y == 0]).statistic / (data.y.sum() * (data.y == 0).sum())
        for s in (data.X[:, :3].sum(axis=1), data.X[:, 3:].sum(axis=1))
    ]
    assert auc == pytest.approx([0.8, 0.8], abs=0.01)  # of the best observer of a half; standard error .003
    assert np.corrcoef(data.X[data.y == 0].T) == pytest.approx(np.eye(6), abs=0.03)
    assert data.feature_names[2:4] == ("first_3", "second_1")
    assert (population.cohort(1).X != population.cohort(2).X).all()
    np.testing.assert_array_equal(population.cohort(1).X, population.cohort(1).X)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_positive": 0}, "n_positive must be between 1 and n_cases - 1 = 136, got 0"),
        ({"n_features": 5}, "n_features must be even"),
        ({"strength": 1.0}, r"strength must be in \[0.5, 1\)"),
    ],
)
def test_halves_that_cannot_be_are_refused(parameters, message):
    with pytest.raises(InputError, match=message):
        SimulatedHalves(**parameters)
    with pytest.raises(InputError, match="n must be 2 or greater, got 1"):
        SimulatedHalves().sample(1, 0)


def test_equal_procedures_are_called_different_on_most_cohorts_and_not_over_cohorts():
    cube = load_study("pseudo_replication").run(vary=["cohort:12", "split:20"])
    assert attributes(cube)["equal"] == ["first half", "second half"]
    assert (cube["sample"].values[0] == cube["sample"].values[1]).all()
    d = crossed(cube, "first half", "roc_auc") - crossed(cube, "second half", "roc_auc")
    naive = [stats.wilcoxon(row).pvalue < 0.05 for row in d.values]
    assert np.mean(naive) > 0.5  # published rate with 100 re-splits: .88 to .93
    (found,) = (r for r in compare(cube, "first half", "second half") if r.method == "signed_rank")
    assert found.n == 12
    assert found.pvalue == pytest.approx(stats.wilcoxon(d.mean("split").values).pvalue, rel=1e-9)
    assert found.pvalue > 0.05


@pytest.mark.slow
def test_the_rates_of_the_null_are_the_published_ones():
    cube = load_study("pseudo_replication").run(vary=["cohort:80", "split:50"], jobs=2)
    first, second = (
        cube.score.sel(procedure=f"{half} half", metric="roc_auc") for half in ("first", "second")
    )
    d = (first - second).values.reshape(80, 50, 3)
    means = d.mean(axis=2)
    naive = np.mean([stats.ttest_1samp(row, 0).pvalue < 0.05 for row in means])

    def corrected(values, n):
        t = values.mean(axis=1) / np.sqrt((1 / n + 0.5) * values.var(axis=1, ddof=1))
        return np.mean(2 * stats.t.sf(np.abs(t), n - 1) < 0.05)

    # Published, of 200 cohorts with 100 re-splits: .88 to .93, .36 to .43, .09 to .15. Three standard errors more.
    assert 0.78 < naive < 0.99
    assert 0.20 < corrected(means, 50) < 0.60
    assert corrected(d.reshape(80, -1), 150) < 0.27

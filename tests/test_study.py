"""Studies: found and loaded, settled into plans, and every mistake told before any work."""

from __future__ import annotations

import textwrap

import numpy as np
import pytest
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, KFold, LeaveOneOut, StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.preprocessing import FunctionTransformer

import varbench as vb
from varbench.data import Data
from varbench.errors import DataError, InputError, StudyError
from varbench.study import Request, load_study, plan, study_names
from varbench.study.describe import code_digest, describe, differences, digest

CV = StratifiedKFold(3, shuffle=True)


def table(n: int = 60, positive: int = 20, p: int = 5, **changes: object) -> Data:
    rng = np.random.default_rng(0)
    fields: dict[str, object] = {
        "X": rng.normal(size=(n, p)), "y": (np.arange(n) < positive).astype(np.int64), "classes": ("no", "yes"),
        "feature_names": tuple(f"f{i}" for i in range(p)), "ids": np.array([f"p{i}" for i in range(n)]),
        "groups": None, "batch": None, "name": "table", "info": {},
    }  # fmt: skip
    return Data(**(fields | changes))  # type: ignore[arg-type]


def line() -> vb.Procedure:
    return vb.Procedure([vb.Split(CV), ("kbest", SelectKBest(k=3)), ("line", LogisticRegression())])


def study(**changes: object) -> vb.Study:
    fields: dict[str, object] = {
        "question": "How good?", "data": table(), "primary": "roc_auc", "metrics": ["f1"], "vary": ["split", "init"],
        "procedures": {"line": line()},
        "presets": {"quick": {"set": {"line__C": 3.0}, "repeats": 4}},
    }  # fmt: skip
    return vb.Study(**(fields | changes))  # type: ignore[arg-type]


def settled(one: vb.Study | None = None, **asked: object):
    return plan(one or study(), Request(**asked))  # type: ignore[arg-type]


# -- finding and loading ------------------------------------------------------------------------------------------


def test_every_shipped_study_loads_and_settles_on_its_default_data():
    assert "oversampling" in study_names()
    for name in study_names():
        loaded = load_study(name)
        assert loaded.question.endswith("?")
        assert plan(loaded, Request()).names


def test_the_shipped_study_is_the_papers_protocol():
    loaded = load_study("oversampling")
    ready = plan(loaded, Request(procedures=list(loaded.procedures)))
    assert loaded.repeats == 100
    assert loaded.primary == "roc_auc"
    assert loaded.margin == 0.02
    assert list(loaded.chosen()) == ["incorrect", "correct"]
    for name in ("incorrect", "correct"):
        steps = dict(loaded.procedures[name].steps)
        assert steps["split"].cv.n_splits == steps["forest"].cv.n_splits == 3
        assert steps["kbest"].k == 100
        assert steps["rfe"].n_features_to_select == 10
        assert steps["forest"].estimator.n_estimators == 1000
        assert steps["forest"].param_grid == {"max_depth": [6, 7], "min_samples_leaf": [3, 4, 5]}
    names = [[name for name, _ in loaded.procedures[one].steps] for one in ("incorrect", "correct")]
    assert [n for n in names[0] if n != "split"] == [n for n in names[1] if n != "split"]
    leaking = [
        name for name, pr in ready.procedures.items() if any(leak.kind == "estimate" for leak in pr.leaks())
    ]
    assert leaking == ["incorrect", "incorrect-rfecv"]
    assert ready.procedures["nested"].leaks() == []


def test_a_study_file_of_ones_own(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        textwrap.dedent("""
        import numpy as np
        import varbench as vb
        from sklearn.naive_bayes import GaussianNB
        from sklearn.preprocessing import FunctionTransformer
        from sklearn.model_selection import StratifiedKFold
        cv = StratifiedKFold(3, shuffle=True)
        def halve(X):
            return X / 2
        study = vb.Study(question="Mine?", data="wdbc", primary="roc_auc", vary=["split"], repeats=2, procedures={
            "bayes": vb.Procedure([vb.Split(cv), FunctionTransformer(halve), GaussianNB()])})
        """)
    )
    loaded = load_study(str(path))
    assert loaded.name == "mine"
    assert "halve" in loaded.source
    cube = loaded.run(jobs=2)  # the function travels to workers that cannot import the file
    assert (cube.status == 1).all()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("x = 1", "defines no study"),
        ("import varbench\nraise ValueError('broken')", "line 2: ValueError: broken"),
        ("def f(:", "line 1: SyntaxError"),
        ("import nosuchpackage", "line 1: ModuleNotFoundError"),
    ],
)
def test_a_broken_study_file_is_told_with_its_line(tmp_path, content, message):
    path = tmp_path / "broken.py"
    path.write_text(content)
    with pytest.raises(StudyError, match=message):
        load_study(str(path))


def test_a_misspelt_study_offers_the_nearest():
    with pytest.raises(StudyError, match="did you mean oversampling"):
        load_study("oversampel")
    with pytest.raises(StudyError, match=r"no study file ./nowhere.py"):
        load_study("./nowhere.py")


# -- settings -----------------------------------------------------------------------------------------------------


def test_a_comment_changes_no_setting_and_code_does(tmp_path):
    def described(body: str) -> str:
        path = tmp_path / f"m{len(list(tmp_path.iterdir()))}.py"
        path.write_text(body)
        space: dict[str, object] = {}
        exec(compile(body, str(path), "exec"), space)
        return describe(space["f"])

    plain = described("def f(x):\n    return x + 1\n")
    assert plain == described("def f(x):\n    # why\n    return x + 1\n")
    assert plain != described("def f(x):\n    return x + 2\n")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (LogisticRegression(), LogisticRegression(C=2)),
        (StratifiedKFold(3), StratifiedKFold(4)),
        (vb.Procedure([vb.Split(CV), GaussianNB()]), vb.Procedure([vb.Split(CV), ("b", GaussianNB())])),
        (np.arange(3), np.arange(4)),
        (vb.Split(GroupKFold(3)), vb.Split(GroupKFold(3), groups="sample")),
    ],
)
def test_other_settings_have_another_description(one, other):
    assert describe(one) != describe(other)
    assert describe(one) == describe(one)


def test_digest_and_differences_do_not_depend_on_order():
    assert digest({"a": 1, "b": {"c": 2}}) == digest({"b": {"c": 2}, "a": 1})
    assert differences({"a": 1, "b": {"c": 2}}, {"b": {"c": 3}, "a": 1}) == [("b.c", 2, 3)]


def test_set_reaches_the_step_and_leaves_the_study_alone():
    one = study()
    ready = settled(one, set={"line__C": 9.0, "split__n_splits": 5})
    assert dict(ready.procedures["line"].steps)["line"].C == 9.0
    assert ready.work.n_folds == 5
    assert dict(one.procedures["line"].steps)["line"].C == 1.0
    assert one.procedures["line"].split.cv.n_splits == 3
    assert ready.settings != settled(one).settings


@pytest.mark.parametrize("name", ["incorrect", "correct", "none", "one-side", "nested"])
def test_outer_folds_are_set_without_the_inner_ones(name):
    ready = plan(load_study("oversampling"), Request(procedures=[name], set={"split__n_splits": 5}))
    procedure = ready.procedures[name]
    inner = dict(procedure.steps)["forest"]
    assert procedure.split.cv.n_splits == 5
    assert getattr(inner, "cv", getattr(inner, "splitter", None)).n_splits == 3


def test_what_the_study_varies_and_nobody_reads_is_told():
    assert any("varies splitt" in note for note in settled(study(vary=["splitt", "init"])).notes)


def test_an_int_of_the_authors_is_shown_as_fixed():
    held = vb.Procedure(
        [vb.Split(StratifiedKFold(3, shuffle=True, random_state=4)), ("line", LogisticRegression())]
    )
    ready = settled(study(procedures={"line": held}, vary=["init"]))
    assert ready.sources["split"]["state"] == "fixed"
    assert "random_state=4" in ready.sources["split"]["readers"][0]


def test_features_are_counted_inside_tune_too():
    tune = vb.Tune([("kbest", SelectKBest(k=50)), ("line", LogisticRegression())], {"line__C": [1.0]}, CV)
    with pytest.raises(DataError, match="keep 50 features, and there are 5"):
        settled(study(procedures={"line": vb.Procedure([vb.Split(CV), ("tune", tune)])}))


def test_code_that_a_procedure_uses_is_a_setting():
    def made(shift: int):
        def f(x):
            return x + shift

        return f

    assert describe(made(1)) != describe(made(2))
    assert describe(made(1)) == describe(made(1))
    one, other = "class A:\n    x = 1\n", "class A:\n    x = 2\n"
    assert code_digest(one) != code_digest(other)
    assert (
        code_digest(one)
        == code_digest("# why\n" + one)
        == code_digest('class A:\n    """Doc."""\n    x = 1\n')
    )


def test_a_preset_comes_before_what_is_given():
    assert settled(preset="quick").repeats == 4
    assert dict(settled(preset="quick").procedures["line"].steps)["line"].C == 3.0
    assert dict(settled(preset="quick", set={"line__C": 5.0}).procedures["line"].steps)["line"].C == 5.0
    # Its effect is settings, its name is not.
    assert settled(preset="quick").settings == settled(set={"line__C": 3.0}).settings


def test_vary_replaces_and_fix_subtracts():
    assert settled(fix=["init"]).work.varied == {"split"}
    assert settled(vary=["init"]).work.varied == {"init"}
    states = {source: entry["state"] for source, entry in settled(fix=["init"]).sources.items()}
    assert states["split"] == "varied"
    assert states["init"] == "fixed"
    assert states["cohort"] == states["augment"] == "not in this study"


def test_a_fixed_cohort_is_one_draw_and_a_varied_one_is_many():
    loaded = load_study("oversampling")
    assert "cohort" in plan(loaded, Request()).work.varied
    fixed = plan(loaded, Request(fix=["cohort"]))
    assert "cohort" not in fixed.work.varied
    assert fixed.sources["cohort"]["state"] == "fixed"


# -- mistakes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        ({"preset": "quik"}, InputError, "unknown preset 'quik'; did you mean quick"),
        ({"procedures": ["lien"]}, InputError, "unknown procedure 'lien'; did you mean line"),
        ({"set": {"line__c": 1}}, InputError, "unknown parameter 'line__c'.*line__C"),
        ({"set": {"lien__C": 1}}, InputError, "unknown parameter"),
        ({"set": {"line__C": "many"}}, InputError, "line__C='many'"),
        ({"set": {"split__n_splits": 0}}, InputError, "n_splits=0"),
        ({"set": {"split__n_splits": -3}}, InputError, "n_splits=-3"),
        ({"set": {"forest_engine": "turbo"}}, InputError, "forest engine"),
        ({"vary": ["splits"]}, InputError, "unknown source 'splits'; did you mean split"),
        ({"vary": ["split", "init"], "fix": ["init"]}, InputError, "init: both in --vary and in --fix"),
        ({"vary": ["cohort"]}, InputError, "cohort cannot be varied.*one real table"),
        ({"vary": ["split:20"]}, InputError, "split:20: .*crossed"),
        ({"fix": ["split", "init"]}, InputError, "nothing varies"),
        ({"seed": -1}, InputError, "seed=-1"),
        ({"seed": 1.5}, InputError, "seed=1.5"),
        ({"set": {"kbest__k": 50}}, DataError, "kbest of line is to keep 50 features, and there are 5"),
        ({"set": {"split__n_splits": 30}}, DataError, "'yes' has 20 cases, fewer than the 30 folds"),
        ({"data": table(positive=0)}, DataError, "one class only"),
        ({"set": ["line__C=1"]}, InputError, "must map paths to values"),
        ({"vary": 3}, InputError, "vary=3: must be a list of names"),
        ({"align": "intersect"}, InputError, "give it with --external"),
        ({"missing": "ignore"}, InputError, "missing='ignore'"),
        ({"data": "nonsuch"}, DataError, "nonsuch"),
    ],
)
def test_a_mistake_is_told_before_any_work(asked, error, message):
    with pytest.raises(error, match=rf"(?s){message}"):
        settled(**asked)


@pytest.mark.parametrize("cv", [KFold(3), LeaveOneOut(), GroupKFold(3)])
def test_a_splitter_that_does_not_shuffle_cannot_vary(cv):
    groups = np.array([f"g{i // 4}" for i in range(60)])
    one = study(
        procedures={"line": vb.Procedure([vb.Split(cv), LogisticRegression()])}, data=table(groups=groups)
    )
    with pytest.raises(StudyError, match="does not shuffle, and split is to vary"):
        settled(one)
    assert settled(one, fix=["split"]).work.varied == {"init"}


def test_groups_that_the_splitter_needs_must_be_there():
    one = study(
        procedures={"line": vb.Procedure([vb.Split(GroupKFold(3, shuffle=True)), LogisticRegression()])}
    )
    with pytest.raises(DataError, match=r"keeps groups together, and there are none.*--group"):
        settled(one)


def test_groups_that_the_splitter_ignores_are_told():
    groups = np.array([f"g{i // 4}" for i in range(60)])
    assert any("both sides" in note for note in settled(data=table(groups=groups)).notes)


def test_missing_features_are_refused_dropped_or_imputed():
    X = table().X.copy()
    X[3, 1] = X[40, 2] = np.nan
    holes = table(X=X)
    with pytest.raises(DataError, match=r"2 cells in 2 of 60 rows.*f1, f2.*--missing drop.*--missing impute"):
        settled(data=holes)
    dropped = settled(data=holes, missing="drop")
    assert dropped.work.data.n_cases == 58
    assert any("dropped 2 of 60" in note for note in dropped.notes)
    imputed = settled(data=holes, missing="impute").procedures["line"]
    names = [name for name, _ in imputed.steps]
    assert names.index("impute") == names.index("split") + 1
    assert not imputed.leaks()
    assert (study(data=holes).run(repeats=1, missing="impute").status == 1).all()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"procedures": {}}, "at least one procedure"),
        ({"pairs": {"scaling": ("line", "circle")}}, "unknown procedure 'circle'"),
        ({"pairs": {"scaling": ("line", "line")}}, "pairs: 'scaling' must be two procedures"),
        ({"pairs": {"scaling": "li"}}, "unknown procedure 'l'"),
        ({"procedures": {"a": 3}}, "neither a Procedure nor a callable"),
        ({"default": ["nobody"]}, "unknown procedure 'nobody'"),
        ({"compare": ("line", "circle")}, "unknown procedure 'circle'"),
        ({"margin": 0}, "margin=0"),
        ({"margin": np.inf}, "margin=inf"),
        ({"repeats": 0}, "repeats=0"),
        ({"repeats": "many"}, "repeats='many'"),
        ({"presets": {"quick": {"sets": {}}}}, "unknown key in the preset quick 'sets'; did you mean set"),
        ({"presets": {"quick": {"repeats": 1.5}}}, r"repeats=1\.5"),
        ({"vary": "split"}, "are lists"),
        ({"gamma": 0.4}, "gamma=0.4"),
        ({"confidence_level": 95}, "confidence_level=95"),
    ],
)
def test_a_study_that_cannot_be_is_refused(fields, message):
    with pytest.raises(StudyError, match=message):
        study(**fields)


def test_a_misspelt_metric_offers_the_nearest():
    with pytest.raises(InputError, match="did you mean roc_auc"):
        study(primary="roc_acu")


def test_a_step_that_is_stateless_is_no_reason_to_refuse():
    one = study(
        procedures={"line": vb.Procedure([FunctionTransformer(), vb.Split(CV), LogisticRegression()])}
    )
    assert settled(one).procedures["line"].leaks() == []


def test_pairs_of_which_both_run_are_kept_and_change_no_run():
    both = {"line": line(), "other": line()}
    paired = study(procedures=both, pairs={"a": ("line", "other")})
    assert settled(paired).pairs == {"a": ("line", "other")}
    assert settled(paired, procedures=["line"]).pairs == {}
    assert settled(paired).settings == settled(study(procedures=both)).settings


# -- requests -----------------------------------------------------------------------------------------------------


def test_what_is_not_said_comes_from_what_was_stored():
    first = Request(
        data="wdbc", seed=3, set={"a__b": 1}, vary=["split"], procedures=["x"], data_options={"target": "t"}
    )
    assert Request().completed_by(first.stored()) == first
    odd = Request(set={"a__b": {0: 1, 1: (2, 3)}, "a__c": "text"})
    assert Request().completed_by(odd.stored()).set == odd.set
    assert Request(vary="split").vary == ["split"]
    assert settled(seed=np.int64(3)).work.seed == 3
    more = Request(data_options={"positive": "yes"}).completed_by(first.stored())
    assert more.data_options == {"target": "t", "positive": "yes"}
    changed = Request(seed=4).completed_by(first.stored())
    assert changed.seed == 4
    assert changed.data == "wdbc"


def test_vary_and_fix_are_completed_together():
    first = Request(vary=["split", "init"], fix=None)
    assert Request(fix=["init"]).completed_by(first.stored()).vary is None


def test_procedures_that_go_with_the_own_data_run_on_no_other():
    mine = study(procedures={"line": line(), "panel": line()}, own=["panel"])
    assert settled(mine).names == settled(mine, data=None).names == ("line", "panel")
    assert settled(mine, data="wdbc").names == ("line",)
    assert settled(mine, data="wdbc", procedures=["panel"]).names == ("panel",)
    with pytest.raises(StudyError, match="nobody"):
        study(own=["nobody"])

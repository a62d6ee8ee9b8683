"""Smaller cohorts: who is left out, that nothing leaks by it, and that all that is told of the cohort stays right."""

from __future__ import annotations

import numpy as np
import pytest
from imblearn.over_sampling import RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold

from varbench import Procedure, Split, Study
from varbench.checklists.recorded import read
from varbench.checklists.splitting import resampling_apart
from varbench.data import Data
from varbench.effects import by_patients
from varbench.errors import DataError, StudyError
from varbench.procedure import FlipLabels, PermuteLabels, Subsample
from varbench.study import Request, plan
from varbench.study.plan import drawn_steps

CV = StratifiedKFold(3, shuffle=True)
LINE = ("line", LogisticRegression())


def table(n: int = 90, positive: int = 30, p: int = 4, **more: object) -> Data:
    rng = np.random.default_rng(5)
    y = rng.permutation((np.arange(n) < positive).astype(np.int64))
    X = rng.normal(size=(n, p)) + 0.7 * y[:, None]
    names, ids = tuple(f"f{i}" for i in range(p)), np.array([f"p{i}" for i in range(n)])
    return Data(X, y, ("no", "yes"), names, ids, name="toy", **more)  # type: ignore[arg-type]


def seed_of(source: str, path: str, fold: int) -> int:
    return {"label": 7, "resample": 11}.get(source, 3)


def run(*steps: object, data: Data | None = None, **more: object):
    return Procedure([*steps, Split(CV), LINE]).run(data or table(), seed_of, **more)


def study(data: Data | None = None, **procedures: Procedure) -> Study:
    return Study(
        question="?",
        data=data or table(),
        primary="roc_auc",
        metrics=["accuracy"],
        vary=["split", "resample"],
        procedures=procedures,
    )


# -- who is left ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "sizes", "expected"),
    [
        (8, [15, 5], [6, 2]),
        (30, [113, 24], [25, 5]),  # 24.7 and 5.3
        (10, [95, 5], [10, 2]),  # .5 of the rare class would be no class: two of it
        (4, [50, 49, 1], [2, 2, 1]),  # and one where there is but one
        (20, [15, 5], [15, 5]),
        (21, [15, 5], [15, 5]),
    ],
)
def test_classes_keep_their_shares(n, sizes, expected):
    y = np.repeat(np.arange(len(sizes)), sizes)
    assert Subsample(n).kept(np.array(sizes)).tolist() == expected
    X, labels = Subsample(n, random_state=0).fit_resample(np.arange(len(y))[:, None], y)
    assert np.bincount(labels).tolist() == expected
    assert y[X[:, 0]].tolist() == labels.tolist()
    assert (np.diff(X[:, 0]) > 0).all(), "in the order of the table, each once"


def test_a_smaller_cohort_lies_in_a_larger_one_and_another_seed_draws_another():
    y = np.repeat([0, 1], [60, 30])
    kept = {}
    for n in (12, 30, 60):
        step = Subsample(n, random_state=4)
        step.fit_resample(np.zeros((90, 1)), y)
        kept[n] = set(step.sample_indices_.tolist())
    assert kept[12] < kept[30] < kept[60]
    other = Subsample(12, random_state=5)
    other.fit_resample(np.zeros((90, 1)), y)
    assert kept[12] != set(other.sample_indices_.tolist())


def test_numbers_are_no_classes():
    y = np.linspace(0, 1, 50)
    X, kept = Subsample(20, random_state=0).fit_resample(np.arange(50)[:, None], y)
    assert len(kept) == 20
    assert kept.tolist() == y[X[:, 0]].tolist()


def test_where_the_outcome_is_a_number_all_runs():
    rng = np.random.default_rng(0)
    data = Data(
        rng.normal(size=(60, 2)), rng.normal(size=60), (), ("a", "b"), np.arange(60).astype(str), name="n"
    )
    steps = [Subsample(30), Split(KFold(3, shuffle=True)), ("line", LinearRegression())]
    found = Procedure(steps).run(data, seed_of)
    assert len(found.y_true) == 30
    assert found.weight == pytest.approx(2.0)


def test_one_row_is_no_cohort():
    with pytest.raises(StudyError, match=r"Subsample\(n=1\): must be 2 or more"):
        Subsample(1).fit_resample(np.zeros((4, 1)), np.array([0, 0, 1, 1]))


# -- no leak --------------------------------------------------------------------------------------------------------


def test_nobody_is_on_both_sides_and_who_is_left_out_is_on_none():
    found = run(Subsample(30))
    assert Procedure([Subsample(30), Split(CV), LINE]).leaks(table()) == []
    assert len(found.sample) == len(set(found.sample.tolist())) == 30
    assert (found.related[:, :2] == 0).all()
    assert (found.n_train.sum(axis=1) + found.n_test.sum(axis=1) == 30).all()


def test_right_of_the_split_it_takes_training_rows_alone_and_is_no_choice_leak():
    search = ("search", GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=CV))
    procedure = Procedure([Split(CV), Subsample(20), search])
    assert procedure.leaks(table()) == []
    found = procedure.run(table(), seed_of, training=True)
    assert len(found.sample) == 90
    assert [len(y) for y, _, _ in found.training] == [20, 20, 20]  # 13.3 and 6.7 of 40 and 20


def test_what_else_leaks_still_does():
    steps = [Subsample(40), RandomOverSampler(), Split(CV), LINE]
    assert [leak.step for leak in Procedure(steps).leaks(table())] == ["randomoversampler"]
    found = Procedure(steps).run(table(), seed_of)
    assert found.related[:, 0].sum() > 0


def test_it_reads_resample_and_all_procedures_of_a_repeat_draw_alike():
    ready = study(
        small=Procedure([("fewer", Subsample(30)), Split(CV), LINE]),
        larger=Procedure([("fewer", Subsample(60)), Split(CV), LINE]),
    )
    assert plan(ready, Request()).sources["resample"]["readers"] == ["fewer"]
    cube = ready.run(repeats=4)
    seen = cube["sample"].values
    small, larger = ([set(run[run >= 0].tolist()) for run in one] for one in seen)
    assert all(a < b for a, b in zip(small, larger, strict=True))
    assert len(set(map(frozenset, small))) == 4, "each repeat another cohort"


# -- weights --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "steps",
    [
        [Subsample(31)],
        [Subsample(31), RandomOverSampler()],
        [RandomOverSampler(), Subsample(60)],
        [Subsample(60), RandomUnderSampler()],
        [PermuteLabels(), RandomUnderSampler()],
        [RandomUnderSampler()],
    ],
    ids=lambda steps: "-".join(type(step).__name__ for step in steps),
)
def test_weights_bring_the_cohort_back_class_by_class(steps):
    found = run(*steps)
    assert np.bincount(found.y_true, found.weight) == pytest.approx([60, 30])
    cases = np.bincount(found.sample, found.weight)
    for label in (0, 1):  # and within a class no case counts for more than another
        assert np.ptp(cases[found.sample[found.y_true == label]]) == pytest.approx(0, abs=1e-9)


def test_a_row_with_another_label_is_not_one_that_was_left_out():
    data = table()
    found = run(FlipLabels(0.3), data=data)
    assert (found.weight == 1).all()
    wrong = found.y_true != data.y[found.sample]
    assert wrong.sum() == 27  # of 90


def test_of_a_smaller_cohort_with_other_labels_every_row_stands_for_as_many():
    found = run(Subsample(30), FlipLabels(0.3))
    assert found.weight == pytest.approx(3.0)
    fewer = run(FlipLabels(0.3), Subsample(30))
    flipped = run(FlipLabels(0.3))
    assert np.bincount(fewer.y_true, fewer.weight) == pytest.approx(np.bincount(flipped.y_true))


def test_scores_are_those_of_the_rows_that_were_tested():
    cube = study(small=Procedure([Subsample(31), Split(CV), LINE])).run(repeats=2)
    for repeat in range(2):
        run = cube.isel(procedure=0, repeat=repeat)
        for fold in range(3):
            rows = run.row_fold.values == fold
            y, label, score, weight = (run[k].values[rows] for k in ("y_true", "y_pred", "y_score", "weight"))
            assert float(run.score.sel(metric="roc_auc")[fold]) == pytest.approx(roc_auc_score(y, score))
            weighted = accuracy_score(y, label, sample_weight=weight)
            assert float(run.score_weighted.sel(metric="accuracy")[fold]) == pytest.approx(weighted)


# -- what is told of patients ---------------------------------------------------------------------------------------


def by_hand(cube, data):
    """Average each procedure's AUC over folds and repeats; the patients as they are."""
    means = []
    for name in ("a", "b"):
        run = cube.sel(procedure=name)
        scores = [
            roc_auc_score(run.y_true.values[r][rows], run.y_score.values[r][rows])
            for r in range(cube.sizes["repeat"])
            for rows in [run.row_fold.values[r] == fold for fold in range(3)]
        ]
        means.append(np.mean(scores))
    return means[0] - means[1]


def two(left: list[object], data: Data | None = None) -> Study:
    weak = ("line", LogisticRegression(C=1e-3))
    return study(data, a=Procedure([*left, Split(CV), LINE]), b=Procedure([*left, Split(CV), weak]))


def test_patients_that_are_not_tested_in_a_repeat_are_drawn_all_the_same():
    cube = two([("fewer", Subsample(30))]).run(repeats=3)
    (found,) = by_patients(cube, "a", "b")
    seen = cube["sample"].sel(procedure="a").values
    assert found.n == len(np.unique(seen[seen >= 0])) > 30
    assert found.estimate == pytest.approx(by_hand(cube, table()))


def test_groups_are_those_of_all_repeats():
    data = table(groups=np.array([f"g{i // 3}" for i in range(90)]))
    cube = two([("fewer", Subsample(30))], data).run(repeats=3)
    (found,) = by_patients(cube, "a", "b")
    seen = cube["sample"].sel(procedure="a").values
    assert found.unit == "group"
    assert found.n == len({i // 3 for i in seen[seen >= 0].tolist()})


def test_patients_with_another_label_in_every_repeat_are_not_drawn():
    ready = two([("flip", FlipLabels(0.2))])
    cube = ready.run(repeats=3, vary=["split", "label"])
    assert by_patients(cube, "a", "b") == []
    assert len(by_patients(ready.run(repeats=3, vary=["split"]), "a", "b")) == 1


def test_two_procedures_that_label_them_otherwise_are_not_compared_on_patients():
    mixed = study(
        a=Procedure([("flip", FlipLabels(0.2)), Split(CV), LINE]),
        b=Procedure([Split(CV), ("x", LogisticRegression())]),
    )
    assert by_patients(mixed.run(repeats=2, vary=["split"]), "a", "b") == []


# -- checks before the run ------------------------------------------------------------------------------------------


def test_too_few_of_a_class_for_the_folds_is_said_before_the_run():
    rare = table(90, 9)
    with pytest.raises(
        DataError, match=r"toy, 30 of its 90 cases: the class 'yes' has 3 cases, fewer than the 5"
    ):
        plan(
            study(rare, small=Procedure([Subsample(30), Split(StratifiedKFold(5, shuffle=True)), LINE])),
            Request(),
        )


def sizes_study(**more: object) -> Study:
    sizes = {30.0: 30, 60.0: 60, 90.0: 90, 200.0: 200}
    procedures = {f"{n}": Procedure([("fewer", Subsample(n)), Split(CV), LINE]) for n in sizes.values()}
    procedures["all"] = Procedure([Split(CV), LINE])
    lines = {"a line": {x: f"{n}" for x, n in sizes.items()} | {float("inf"): "all"}}
    return Study(
        question="?", data=table(), primary="roc_auc", vary=["split"], procedures=procedures, axis="patients",
        lines=lines, **more,
    )  # fmt: skip


def test_points_that_ask_for_all_or_more_do_not_run_and_all_stands_at_the_number_of_cases():
    ready = plan(sizes_study(), Request())
    assert list(ready.names) == ["30", "60", "all"]
    assert ready.lines == {"a line": ((30.0, "30"), (60.0, "60"), (90.0, "all"))}
    assert "2 procedures ask for 90 cases or more and did not run: toy has 90" in ready.notes


def test_who_asks_for_them_gets_them():
    assert list(plan(sizes_study(), Request(procedures=["200", "all"])).names) == ["200", "all"]


@pytest.mark.parametrize("x", [float("nan"), -float("inf"), "30"])
def test_a_point_is_a_number(x):
    with pytest.raises(StudyError, match="must map numbers to procedures"):
        Study(
            question="?",
            data=table(),
            primary="roc_auc",
            vary=["split"],
            procedures={"p": Procedure([Split(CV), LINE])},
            lines={"it": {x: "p"}},
        )


def test_a_smaller_cohort_is_not_drawn_as_one_that_sees_the_test_rows():
    procedure = Procedure([Subsample(40), FlipLabels(0.1), RandomOverSampler(), Split(CV), LINE])
    drawn = drawn_steps(procedure)
    assert [step["sees_test"] for step in drawn] == [False, False, True, False, False]
    assert [step["kind"] for step in drawn] == ["subsample", "labels", "sampler", "split", "predictor"]
    assert [step["text"] for step in drawn][:2] == ["Subsample(n=40)", "FlipLabels(share=0.1)"]


def test_a_smaller_cohort_is_no_oversampling_in_a_checklist():
    cube = study(a=Procedure([Subsample(30), Split(CV), LINE]), b=Procedure([Split(CV), LINE])).run(repeats=1)
    assert resampling_apart(read(cube)).answer == "not applicable"

"""Steps and splitters that ask where a row comes from: what they keep, take out and keep apart."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import LeaveOneGroupOut, StratifiedKFold

from varbench.data import Data, SimulatedSites
from varbench.errors import DataError, StudyError
from varbench.procedure import BatchAlone, ByTime, Confound, Harmonise, Procedure, Split, Tune, WithoutOne
from varbench.study import Study

CV = StratifiedKFold(3, shuffle=True)
LINE = ("line", LogisticRegression())


# -- Confound ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.5, 0.8, 1.0])
def test_a_class_has_its_share_from_one_half_and_the_number_of_rows_stays(share: float) -> None:
    rng = np.random.default_rng(0)
    batch = rng.choice(["A", "B", "C", "D"], 400)
    y = (rng.random(400) < np.select([batch == "A", batch == "B"], [0.8, 0.6], 0.3)).astype(int)
    step = Confound(share, random_state=1)
    X, kept = step.fit_resample(np.arange(400.0)[:, None], y, batch)
    rows = step.sample_indices_
    assert np.array_equal(X[:, 0], rows)
    high = np.isin(batch[rows], ["A", "B"])
    assert high[kept == 1].mean() == pytest.approx(share, abs=0.01)
    assert high[kept == 0].mean() == pytest.approx(1 - share, abs=0.01)
    assert (kept == 1).sum() == (kept == 0).sum()


def test_all_shares_keep_as_many_rows() -> None:
    y, batch = np.tile([0, 1], 60), np.repeat(["A", "B", "C", "D"], 30)
    kept = [Confound(share, 0).fit_resample(np.zeros((120, 1)), y, batch)[1] for share in (0.5, 0.7, 1)]
    assert len({len(one) for one in kept}) == 1


@pytest.mark.parametrize(
    ("share", "y", "batch", "match"),
    [
        (0.4, [0, 1] * 4, ["A", "B"] * 4, "must be between 0.5 and 1"),
        (0.9, [0, 1, 2, 0], ["A", "B"] * 2, "needs two classes, got 3"),
        (0.9, [0, 1] * 4, ["A"] * 8, "one batch only, 'A'"),
        (0.9, [0, 0, 0, 1, 1, 1], ["A"] * 3 + ["B"] * 3, "two of each are needed"),
    ],
)
def test_what_confound_refuses(share: float, y: list[int], batch: list[str], match: str) -> None:
    with pytest.raises(StudyError, match=match):
        Confound(share).fit_resample(np.zeros((len(y), 1)), np.array(y), np.array(batch))


def test_classes_from_different_batches_are_a_leak_unless_a_whole_batch_is_tested() -> None:
    sites = Split(LeaveOneGroupOut(), groups="batch")
    found = {
        share: Procedure([Confound(share), split, LINE]).leaks()
        for share, split in ((0.9, Split(CV)), (0.5, Split(CV)))
    }
    assert [(leak.code, leak.kind, leak.how) for leak in found[0.9]] == [("L3.3", "estimate", "learns")]
    assert "Confound(0.5)" in found[0.9][0].cure
    assert found[0.5] == Procedure([Confound(0.9), sites, LINE]).leaks() == []


# -- Harmonise ---------------------------------------------------------------------------------------------------


def three_batches() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(11)
    batch = np.repeat(["A", "B", "C"], [8, 10, 7])
    X = rng.normal(size=(25, 5)) * [1, 2, 0.5, 3, 1]
    X += (batch == "B")[:, None] * [1, 2, 0, 1, 0.5] + (batch == "C")[:, None] * [-1, 0.3, 0.8, 0, 2]
    return np.round(X, 3), batch


def test_combat_is_that_of_neuroharmonize() -> None:
    # neuroHarmonize 2.5.2 with neuroCombat 0.2.12 and NumPy 1.26 (it does not install beside NumPy 2):
    # harmonizationLearn(X, pd.DataFrame({"SITE": batch}))[1][[0, 9, 24]]
    expected = [
        [0.287075, 3.612155, 0.90722, -0.58316, 0.646451],
        [-0.429277, -2.323438, 0.319821, 1.544191, -0.352218],
        [0.41353, -0.317423, -0.034917, -0.740943, 1.125708],
    ]
    X, batch = three_batches()
    Z = Harmonise().fit(X, batch=batch).transform(X, batch=batch)
    assert Z[[0, 9, 24]] == pytest.approx(np.array(expected), abs=1e-4)


def test_without_shrinking_every_batch_has_one_mean_and_one_variance() -> None:
    X, batch = three_batches()
    Z = Harmonise(shrink=False).fit(X, batch=batch).transform(X, batch=batch)
    parts = [Z[batch == one] for one in "ABC"]
    for part in parts[1:]:
        assert part.mean(axis=0) == pytest.approx(parts[0].mean(axis=0))
        assert part.std(axis=0, ddof=1) == pytest.approx(parts[0].std(axis=0, ddof=1))


def test_the_outcome_is_kept_where_batches_have_other_patients() -> None:
    rng = np.random.default_rng(2)
    batch, n = np.repeat(["A", "B"], 2000), 4000
    y = (rng.random(n) < np.where(batch == "A", 0.9, 0.1)).astype(int)
    X = rng.normal(size=(n, 4)) + y[:, None] + 3.0 * (batch == "B")[:, None]
    for keep, gap in (
        (True, 0.8),
        (False, 0.0),
    ):  # the classes differ by 1, the batches' shares of them by .8
        Z = Harmonise(shrink=False, keep_outcome=keep).fit(X, y, batch=batch).transform(X, batch=batch)
        found = Z[batch == "A"].mean() - Z[batch == "B"].mean()
        assert found == pytest.approx(gap, abs=0.08)


def test_a_new_batch_is_harmonised_by_its_own_rows_or_left_as_it_is() -> None:
    X, batch = three_batches()
    new, names = X[:8] * 2 + 7, np.full(8, "new")
    own = Harmonise(shrink=False).fit(X, batch=batch)
    left = Harmonise(shrink=False, unseen="leave").fit(X, batch=batch)
    assert own.transform(new, batch=names).mean(axis=0) == pytest.approx(own.mean_)
    assert left.transform(new, batch=names) == pytest.approx(new)
    assert own.transform(new[:1], batch=names[:1]) == pytest.approx(new[:1]), "one row has no scale"


def test_what_harmonise_refuses() -> None:
    X, batch = three_batches()
    with pytest.raises(StudyError, match="must be 'own' or 'leave'"):
        Harmonise(unseen="guess").fit(X, batch=batch)
    with pytest.raises(StudyError, match="needs the batch of each row"):
        Harmonise().fit(X)


def test_a_missing_value_stays_missing_and_moves_no_mean() -> None:
    X, batch = three_batches()
    holes = X.copy()
    holes[3, 1] = np.nan
    filled = X.copy()
    filled[3, 1] = np.delete(X[:, 1], 3).mean()
    Z = Harmonise().fit(holes, batch=batch).transform(holes, batch=batch)
    expected = Harmonise().fit(filled, batch=batch).transform(filled, batch=batch)
    expected[3, 1] = np.nan
    np.testing.assert_allclose(Z, expected)


def test_harmonising_before_the_split_is_found() -> None:
    before = Procedure([("harmonise", Harmonise()), Split(CV), LINE])
    after = Procedure([Split(CV), ("harmonise", Harmonise()), LINE])
    assert [(leak.step, leak.code) for leak in before.leaks()] == [("harmonise", "L1.2")]
    assert after.leaks() == []


# -- what reaches a step -----------------------------------------------------------------------------------------


def test_a_model_of_the_batch_alone_knows_what_the_confounding_says() -> None:
    population = SimulatedSites(confounding=0.8, n_sites=2)
    study = Study(
        question="?", data=population, primary="roc_auc", vary=["cohort", "split"], truth_rows=400,
        procedures={"alone": Procedure([Split(CV), ("batch", BatchAlone()), LINE])},
    )  # fmt: skip
    cube = study.run(repeats=4)
    # a = .8 and b = .2 in the two-site formula a (1 - b) + (a b + (1 - a)(1 - b)) / 2
    assert float(cube.score.mean()) == pytest.approx(0.64 + 0.16, abs=0.01)
    assert (cube.truth == 0.5).all(), "of a new site it knows nothing"
    assert cube.batch_name.values.tolist() == ["site_01", "site_02"]
    tested = cube.isel(procedure=0, repeat=0)
    high = tested.batch.values == 0
    assert high[tested.y_true.values == 1].mean() == pytest.approx(0.8)


def test_a_step_that_asks_for_batches_needs_some() -> None:
    data = Data(
        np.eye(12), np.tile([0, 1], 6), ("no", "yes"), tuple("abcdefghijkl"), np.arange(12).astype(str)
    )
    with pytest.raises(StudyError, match=r"Harmonise needs data with batches; name their column"):
        Procedure([Split(CV), Harmonise(), LINE]).run(data, lambda *address: 0)


def test_a_step_that_asks_for_batches_inside_a_search_is_refused() -> None:
    inner = Tune([("harmonise", Harmonise()), LINE], {"line__C": [0.1, 1]}, CV)
    with pytest.raises(StudyError, match="harmonise, inside tune, asks for the batch of each row"):
        Procedure([Split(CV), ("tune", inner)])


def test_leaving_out_sites_needs_no_seed_and_one_site_is_refused() -> None:
    sites = Procedure([Split(LeaveOneGroupOut(), groups="batch"), LINE])
    study = Study(question="?", data=SimulatedSites(n_sites=3), primary="roc_auc", vary=["cohort", "split"],
                  procedures={"sites": sites, "rows": Procedure([Split(CV), LINE])}, truth_rows=0)  # fmt: skip
    assert study.run(repeats=2).sizes["fold"] == 3
    data = SimulatedSites().cohort(0)
    one = data.take(np.flatnonzero(data.batch == "site_01"))
    with pytest.raises(DataError, match="there is one batch, 'site_01'"):
        Study(
            question="?", data=one, primary="roc_auc", vary=["split"], procedures=dict(study.procedures)
        ).run(repeats=1)


# -- splitters ---------------------------------------------------------------------------------------------------


def test_folds_without_a_batch_never_touch_it_and_stand_in_order() -> None:
    y, batch = np.tile([0, 1], 30), np.repeat(["A", "B", "C"], 20)
    splitter = WithoutOne(4, random_state=0)
    folds = list(splitter.split(y[:, None], y, batch))
    assert len(folds) == splitter.get_n_splits(y, y, batch) == 12
    for number, (train, test) in enumerate(folds):
        assert "ABC"[number // 4] not in batch[np.concatenate([train, test])]
        assert not set(train) & set(test)
    for site in range(3):
        tested = np.concatenate([test for _, test in folds[4 * site : 4 * site + 4]])
        assert sorted(tested) == np.flatnonzero(batch != "ABC"[site]).tolist()


def test_parts_at_random_are_the_same_inside_and_outside() -> None:
    y = np.tile([0, 1], 30)
    inside = list(WithoutOne(2, n_parts=3, random_state=5).split(y[:, None], y))
    outside = list(WithoutOne(2, n_parts=3, outside=True, random_state=5).split(y[:, None], y))
    assert len(outside) == 3
    for part, (train, test) in enumerate(outside):
        assert sorted(train) == sorted(np.concatenate([rows for _, rows in inside[2 * part : 2 * part + 2]]))
        assert y[test].mean() == 0.5
    other = WithoutOne(2, n_parts=3, outside=True, random_state=6).split(y[:, None], y)
    assert [test.tolist() for _, test in outside] != [test.tolist() for _, test in other]


@pytest.mark.parametrize("frozen", [False, True])
def test_what_is_tested_is_later_than_what_is_learned(frozen: bool) -> None:
    period = np.random.default_rng(0).permutation(np.repeat(["2024-01", "2024-02", "2024-10", "2024-11"], 5))
    folds = list(ByTime(2, frozen=frozen).split(period, None, period))
    assert len(folds) == ByTime(2).get_n_splits(groups=period) == 2
    assert [set(period[test]) for _, test in folds] == [{"2024-10"}, {"2024-11"}]
    learned = [sorted(set(period[train])) for train, _ in folds]
    first = ["2024-01", "2024-02"]
    assert learned == [first, first if frozen else [*first, "2024-10"]]


def test_periods_that_are_numbers_are_in_the_order_of_numbers() -> None:
    week = np.array(["9", "10", "11", "9"])
    folds = [(train.tolist(), test.tolist()) for train, test in ByTime(1).split(week, None, week)]
    assert folds == [([0, 3], [1]), ([0, 1, 3], [2])]


def test_what_the_splitters_refuse() -> None:
    period = np.array(["a", "b"])
    with pytest.raises(StudyError, match="must be between 1 and 1: there are 2 periods"):
        list(ByTime(2).split(period, None, period))
    with pytest.raises(StudyError, match="ByTime needs the period of each row"):
        ByTime(1).get_n_splits()
    with pytest.raises(StudyError, match="there is one batch only"):
        list(WithoutOne().split(period, np.array([0, 1]), np.array(["a", "a"])))

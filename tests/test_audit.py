"""The audit of a table: its parts against independent implementations, what it says, and bad input."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from audit_examples import LEAKS, cohort, patients
from scipy import optimize, stats
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics import roc_auc_score

import varbench as vb
from varbench.audits import CHECKS, DEEP_CHECKS, STEP_CHECKS, Audit, Finding, audit_table, read
from varbench.audits.batches import cramers_v
from varbench.audits.findings import CLEAR, ERROR, FOUND, INFORMATION, NOT_APPLICABLE, NOT_CHECKED, WARNING
from varbench.audits.look import shuffles
from varbench.audits.nearness import directions, gap, pairs
from varbench.audits.ranking import collision, ranked
from varbench.audits.resampled import _poisson
from varbench.audits.runs import RUN_CHECKS
from varbench.audits.sides import Sides
from varbench.audits.splits import _none_of
from varbench.audits.testing import auc, max_t, probe, smoother
from varbench.errors import DataError, InputError

RNG = np.random.default_rng(3)
TABLE = cohort(np.random.default_rng(0), columns=(10,))


def found(frame: pd.DataFrame | list[pd.DataFrame], **options: Any) -> Audit:
    return audit_table(read(frame, **options))


# The pieces, against others


def test_an_auc_is_scikit_learns() -> None:
    y, score = RNG.integers(0, 2, 50), np.round(RNG.normal(size=50), 1)
    assert auc(y.astype(float), score) == pytest.approx(roc_auc_score(y, score))


def test_an_auc_leaves_missing_scores_out() -> None:
    y, score = np.array([0.0, 1.0, 1.0, 0.0]), np.array([1.0, 2.0, np.nan, 3.0])
    assert auc(y, score) == 0.5


def test_ranks_correlate_as_spearman() -> None:
    X = np.round(RNG.normal(size=(30, 3)), 1)
    r = ranked(X)
    assert r @ r.T == pytest.approx(stats.spearmanr(X).statistic)


def test_max_t_is_the_share_of_shuffles_with_a_larger_best_column() -> None:
    X, y = RNG.normal(size=(40, 5)), RNG.integers(0, 2, 40).astype(float)
    label = y[:, None]
    orders = shuffles(label, None, np.random.default_rng(1), n=200)
    test = max_t(ranked(X), label, orders)
    best = [max(abs(stats.pearsonr(stats.rankdata(c), o).statistic) for c in X.T) for o in orders[0].T]
    mine = [abs(stats.pearsonr(stats.rankdata(c), y).statistic) for c in X.T]
    assert test.statistic == pytest.approx(mine)
    assert test.pvalue == pytest.approx([(1 + sum(b >= m - 1e-6 for b in best)) / 201 for m in mine])


def test_labels_of_groups_are_shuffled_whole() -> None:
    groups = np.repeat(np.arange(10), 4)
    label = (np.arange(10) < 3)[groups].astype(float)[:, None]
    (orders,) = shuffles(label, groups, np.random.default_rng(0), n=20)
    for order in orders.T:
        assert len(np.unique(np.round(order.reshape(10, 4), 6), axis=1).T) == 1
        assert (order.reshape(10, 4)[:, 0] > 0).sum() == 3


def test_groups_within_strata_are_shuffled_whole() -> None:
    groups, strata = np.repeat(np.arange(12), 3), np.repeat([0, 1], 18)
    label = np.isin(groups, [0, 1, 7]).astype(float)[:, None]
    (orders,) = shuffles(label, groups, np.random.default_rng(0), strata, n=20)
    for order in orders.T:
        by_group = order.reshape(12, 3)
        assert (by_group == by_group[:, :1]).all()
        assert [(by_group[:6, 0] > 0).sum(), (by_group[6:, 0] > 0).sum()] == [2, 1]
    assert len(np.unique(orders, axis=1).T) > 10


def test_strata_keep_their_labels() -> None:
    strata = np.repeat([0, 1], 20)
    label = np.concatenate([np.ones(20), np.zeros(20)])[:, None]
    (orders,) = shuffles(label, None, np.random.default_rng(0), strata, n=5)
    assert (orders[:20] > 0).all()
    assert (orders[20:] < 0).all()


def test_the_probe_is_a_kernel_ridge_on_the_other_folds() -> None:
    X, folds = RNG.normal(size=(30, 4)), np.arange(30) % 3
    label = RNG.integers(0, 2, (30, 1)).astype(float)
    square = ((X[:, None] - X[None]) ** 2).sum(axis=2)
    kernel = X @ X.T / (X**2).sum(axis=1).mean() + np.exp(-square / np.median(square[np.triu_indices(30, 1)]))
    expected = np.empty(30)
    for fold in range(3):
        out, kept = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        model = KernelRidge(alpha=1.0, kernel="precomputed")
        model.fit(kernel[np.ix_(kept, kept)], label[kept, 0] - label.mean())
        expected[out] = model.predict(kernel[np.ix_(out, kept)])
    got, _, _ = probe(smoother(X, folds), label, shuffles(label, None, RNG, n=5))
    assert got[:, 0] == pytest.approx(expected)


def test_cramers_v_is_scipys() -> None:
    table = RNG.integers(1, 30, (4, 3))
    assert cramers_v(table) == pytest.approx(stats.contingency.association(table, method="cramer"))


def test_a_collision_is_a_pair_of_equal_values() -> None:
    values = RNG.integers(0, 5, 40).astype(float)
    equal = values[:, None] == values[None, :]
    assert collision(values) == pytest.approx((equal.sum() - 40) / (40 * 39))


def test_none_of_some_rows_is_hypergeometric() -> None:
    assert _none_of(7, 50, 12) == pytest.approx(stats.hypergeom.pmf(0, 50, 7, 12))
    assert _none_of(40, 50, 12) == 0


def test_how_often_rows_are_drawn_is_fitted_by_maximum_likelihood() -> None:
    times = np.array([1] * 60 + [2] * 28 + [3] * 10 + [4] * 2)
    log_likelihood = lambda rate: -(stats.poisson.logpmf(times, rate) - np.log(-np.expm1(-rate))).sum()  # noqa: E731
    expected = optimize.minimize_scalar(log_likelihood, bounds=(0.01, 5), method="bounded").x
    assert _poisson(times)[0] == pytest.approx(expected, abs=1e-4)


def test_rows_vary_in_as_many_directions_as_are_independent() -> None:
    X = RNG.normal(size=(5000, 3))
    assert directions(X) == pytest.approx(3, abs=0.02)
    assert directions(np.column_stack([X[:, 0]] * 5)) == pytest.approx(1)


def test_nearest_pairs_are_those_of_all_distances() -> None:
    X = RNG.normal(size=(25, 4))
    every = sorted(float(np.linalg.norm(X[i] - X[j])) for i in range(25) for j in range(i))
    assert pairs(X).distance == pytest.approx(every)


def test_pairs_of_one_group_do_not_count() -> None:
    X, groups = RNG.normal(size=(25, 4)), np.arange(25) // 5
    nearest = pairs(X, groups)
    assert len(nearest.distance) == 25 * 24 // 2 - 5 * 10
    assert (groups[nearest.a] != groups[nearest.b]).all()


@pytest.mark.parametrize("p", [2, 5, 20])
def test_independent_rows_have_no_gap_among_their_distances(p: int) -> None:
    alarms = 0
    for seed in range(120):
        X = np.random.default_rng([seed, p]).normal(size=(80, p))
        alarms += gap(pairs(X), X).pvalue <= 0.05
    assert alarms <= stats.binom.ppf(0.999, 120, 0.05)


def test_a_gap_is_where_copies_end() -> None:
    X = RNG.normal(size=(100, 12))
    X[:7] = X[50:57] + 0.01 * RNG.normal(size=(7, 12))
    test = gap(pairs(X), X)
    assert test.n == 7
    assert test.pvalue < 1e-6
    assert sorted(zip(test.a.tolist(), test.b.tolist(), strict=True)) == [(i, 50 + i) for i in range(7)]


# What is said


def test_every_check_is_documented_and_nothing_else() -> None:
    text = (Path(__file__).parents[1] / "docs" / "audit.md").read_text(encoding="utf-8")
    codes = re.findall(r"^\| (VB\d\d\d) ", text, flags=re.M)
    assert sorted(codes) == sorted({**CHECKS, **STEP_CHECKS, **DEEP_CHECKS, **RUN_CHECKS})


def test_every_check_ends_in_an_outcome() -> None:
    outcomes = {one.code: one.outcome for one in found(TABLE, target="y").findings}
    assert sorted(outcomes) == list(CHECKS)
    assert outcomes["VB111"] == NOT_APPLICABLE
    assert outcomes["VB101"] == CLEAR
    assert found(TABLE.head(12), target="y").of("VB102").outcome == NOT_CHECKED


def test_findings_come_first_and_errors_before_warnings() -> None:
    audit = Audit(
        (Finding("b", "", CLEAR), Finding("c", "", FOUND, INFORMATION), Finding("d", "", FOUND, ERROR),
         Finding("a", "", FOUND, WARNING))
    )  # fmt: skip
    assert [one.code for one in audit.findings] == ["d", "a", "c", "b"]
    assert [one.code for one in audit.alarms] == ["d", "a"]
    assert audit.frame()["severity"].tolist() == ["error", "warning", "information", ""]


def test_unknown_words_are_refused() -> None:
    with pytest.raises(InputError, match=r"unknown severity 'fatal'"):
        Finding("a", "", FOUND, "fatal")
    with pytest.raises(InputError, match=r"unknown class of leakage 'L9'"):
        Finding("a", "", FOUND, leakage="L9")
    with pytest.raises(InputError, match=r"unknown code 'VB999'"):
        found(TABLE, target="y").of("VB999")
    with pytest.raises(InputError, match=r"unknown check 'VB1'.*VB101"):
        audit_table(read(TABLE, target="y"), checks=["VB1"])
    with pytest.raises(InputError, match=r"level=1: must lie between 0 and 1"):
        audit_table(read(TABLE, target="y"), level=1)


def test_an_audit_is_the_same_again() -> None:
    pd.testing.assert_frame_equal(found(TABLE, target="y").frame(), found(TABLE, target="y").frame())


def test_p_values_are_adjusted_within_and_across_families() -> None:
    table = read(TABLE.assign(site=np.arange(len(TABLE)) % 2), target="y", batch="site")
    alone = {code: audit_table(table, checks=[code]).of(code).pvalue for code in ("VB131", "VB132", "VB124")}
    audit = audit_table(table, checks=list(alone))
    first, second = sorted(["VB131", "VB132"], key=lambda code: alone[code])
    assert audit.of(first).pvalue == pytest.approx(min(1, 2 * 2 * alone[first]))
    assert audit.of(second).pvalue == pytest.approx(min(1, 2 * max(alone[second], 2 * alone[first])))
    assert audit.of("VB124").pvalue == pytest.approx(min(1, 2 * alone["VB124"]))


def test_the_answer_has_every_number_and_no_id(tmp_path: Path) -> None:
    frame, options = LEAKS["ids across the split"].plant(np.random.default_rng(1), 5)
    frame["pid"] = [f"Mueller-{number}" for number in frame["pid"]]
    answer = vb.audit(frame, **options)
    assert answer.frame("findings")["code"].is_unique
    assert "Mueller" not in answer.text()
    assert "Mueller" not in str(answer.to_dict())
    assert answer.headline == "1 error: ids that repeat."


def test_pairs_of_copies_are_listed_with_their_sides() -> None:
    frame = TABLE.assign(split=["train", "test"] * (len(TABLE) // 2))
    frame.loc[7, [c for c in frame if c.startswith("f")]] = frame.loc[
        2, [c for c in frame if c.startswith("f")]
    ]
    one = vb.audit(frame, target="y", split="split").frame("pairs").iloc[0]
    assert (one["row"], one["other"], one["sides"], one["distance"]) == (3, 8, "train, test", 0.0)


def test_the_first_picture_is_that_of_the_first_alarm() -> None:
    frame, options = LEAKS["ten near copies, noise"].plant(np.random.default_rng(2), 50)
    assert vb.audit(frame, **options).pictures[0].frame == "pair_features"


# Legitimate tables


def test_oversampling_the_training_rows_after_the_split_is_no_alarm() -> None:
    frame = cohort(np.random.default_rng(5), split=True, columns=(10,))
    train = frame[frame["split"] == "train"]
    rare, common = sorted((train[train["y"] == c] for c in (0, 1)), key=len)
    more = rare.iloc[RNG.integers(0, len(rare), len(common) - len(rare))]
    audit = found(pd.concat([frame, more], ignore_index=True), target="y", split="split")
    assert audit.of("VB103").severity == audit.of("VB101").severity == INFORMATION
    assert not [one.code for one in audit.alarms if one.code.startswith("VB10")]


def test_equal_rows_of_coarse_columns_are_no_alarm() -> None:
    X = pd.DataFrame(RNG.integers(0, 3, (300, 4)) * 1.0).add_prefix("f").assign(y=RNG.integers(0, 2, 300))
    one = found(X, target="y").of("VB101")
    assert (one.outcome, one.severity) == (FOUND, INFORMATION)
    assert "can be chance" in one.sentence


def test_counts_that_meet_by_chance_are_no_near_copies() -> None:
    alarms = 0
    for seed in range(60):
        rng = np.random.default_rng([seed, 5])
        frame = pd.DataFrame(rng.negative_binomial(2, 0.2, (120, 3)) * 1.0).add_prefix("f")
        alarms += audit_table(read(frame), checks=["VB102"], seed=seed).of("VB102").alarm
    assert alarms <= stats.binom.ppf(0.999, 60, 0.05)


def test_a_split_by_site_says_whom_the_score_is_about() -> None:
    frame = TABLE.assign(site=RNG.choice(list("abc"), len(TABLE)))
    frame["split"] = np.where(frame["site"] == "c", "test", "train")
    one = found(frame, target="y", batch="site", split="split").of("VB143")
    assert one.severity == INFORMATION
    assert "split is one by batch" in one.sentence


def test_a_patient_who_is_alone_in_a_stratum_is_no_alarm() -> None:
    frame = patients(np.random.default_rng(0), 0.0, rows=20)
    frame["kind"] = np.where(frame["patient"] == "p3", "rare", "usual")
    frame["split"] = np.where([int(name[1:]) >= 30 for name in frame["patient"]], "test", "train")
    assert found(frame.drop(columns="patient"), target="y", split="split").of("VB143").alarm
    assert not found(frame, target="y", split="split", group="patient").of("VB143").alarm


def test_groups_that_are_kept_whole_are_clear() -> None:
    frame = patients(np.random.default_rng(0), 1.0)
    frame["fold"] = [int(name[1:]) % 5 for name in frame["patient"]]
    audit = found(frame, target="y", group="patient", split="fold")
    assert audit.of("VB111").outcome == CLEAR
    assert audit.of("VB113").severity == INFORMATION
    assert "as it must" in audit.of("VB113").sentence


def test_the_largest_number_of_folds_is_that_of_the_rarest_class() -> None:
    frame = TABLE.head(40).assign(y=[1] * 12 + [0] * 28, g=np.arange(40) // 4)
    assert found(frame, target="y", group="g").of("VB115").evidence["folds"] == 3
    alone = found(frame.assign(g=np.where(frame["y"] == 1, 99, frame["g"])), target="y", group="g").of(
        "VB115"
    )
    assert alone.severity == WARNING
    assert "the largest possible number of folds is 1" in alone.sentence


def test_a_measurement_and_several_classes_are_audited_too() -> None:
    numbers = found(TABLE.assign(y=TABLE["f0"] + 0.01 * RNG.normal(size=len(TABLE))), target="y")
    assert numbers.of("VB121").columns == ("f0",)
    assert "correlation of ranks" in numbers.of("VB121").sentence
    three = TABLE.assign(y=np.digitize(TABLE["f0"], TABLE["f0"].quantile([0.3, 0.6])))
    assert found(three, target="y").of("VB121").columns == ("f0",)


def test_a_date_column_is_read_and_drift_in_it_found() -> None:
    dates = pd.date_range("2020-01-01", periods=len(TABLE)).strftime("%Y-%m-%d")
    frame = TABLE.assign(when=dates, f3=np.arange(len(TABLE)) + 20 * RNG.normal(size=len(TABLE)))
    assert "f3" in found(frame, target="y", time="when").of("VB145").columns


# Bad input


def test_sides_of_a_split() -> None:
    assert Sides.of(np.array(["Test", "train", "val"]), "s").names == ("train", "val", "Test")
    assert Sides.of(np.array(["val", "train"]), "s").test.tolist() == [True, False]
    folds = Sides.of(np.array(["10", "2", "2", "0"]), "s")
    assert folds.names == ("0", "2", "10")
    assert not folds.named
    assert Sides.of(np.array(["4", "2", "2", "0"]), "s").missing_folds() == [1, 3]


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (
            {"s": "train"},
            {"split": "s"},
            r"split 's': every one of the \d+ rows is 'train'; a split has two values",
        ),
        (
            {"s": range(len(TABLE))},
            {"split": "s"},
            r"split 's': \d+ different values; a split has at most 50",
        ),
        (
            {"s": [None, *["a", "b"] * 500][: len(TABLE)]},
            {"split": "s"},
            r"split 's': missing in 1 of .* row 1",
        ),
        ({"s": 1}, {"split": "s", "group": "s"}, r"column 's' is named both as the group and as the split"),
        ({"s": "soon"}, {"time": "s"}, r"time 's': 'soon' is neither a number nor a date"),
        ({"y": 1}, {}, r"target 'y': every one of the \d+ rows is '1'"),
        ({"f2": np.inf}, {}, r"feature 'f2' is infinite in row 1"),
        ({}, {"group": "patiend"}, r"group: unknown column 'patiend'"),
    ],
)
def test_what_cannot_be_is_said(change: dict[str, Any], options: dict[str, str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        vb.audit(TABLE.assign(**change), target="y", **options)


def test_two_tables_need_the_same_columns_and_no_split() -> None:
    with pytest.raises(
        DataError, match=r"differ in 1 column\(s\), the first is 'f1', which only the training table"
    ):
        vb.audit(TABLE, TABLE.drop(columns="f1"), target="y")
    with pytest.raises(InputError, match=r"two tables are the two sides of a split"):
        vb.audit(TABLE, TABLE, target="y", split="f0")
    with pytest.raises(InputError, match=r"got 3"):
        vb.audit(TABLE, TABLE, TABLE, target="y")
    with pytest.raises(DataError, match=r"takes a path or a DataFrame, got int"):
        read([3])


def test_a_table_that_is_all_copies_is_said_to_be() -> None:
    twice = vb.audit(TABLE.head(50), TABLE.head(50), target="y")
    assert twice.headline.startswith("1 error")
    assert "VB101" in twice.text()


@pytest.mark.parametrize(
    "frame",
    [
        TABLE.head(2).assign(y=[0, 1]),
        TABLE.assign(f0=np.nan, f1=1.0),
        TABLE.assign(f0=TABLE["f0"] * 1e300, f1=TABLE["f1"] * 1e-300),
        TABLE[["f0", "y"]],
        pd.DataFrame({"a": list("abc") * 20, "b": [f"x{i}" for i in range(60)], "y": [0, 1] * 30}),
        pd.DataFrame(np.ones((40, 6))).add_prefix("f").assign(y=[0, 1] * 20),
    ],
    ids=["two rows", "empty column", "huge and tiny", "one feature", "text alone", "constant"],
)
def test_odd_tables_are_audited(frame: pd.DataFrame) -> None:
    assert vb.audit(frame, target="y").text()


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("logit_0", True), ("modelProb", True), ("y_pred", True), ("ai score", False), ("ai_score", True),
        ("Outcome", True),
        ("label_2", True), ("target_volume", False), ("GLCM_maxProb", False), ("glcm_MaximumProbability", False),
        ("problem", False), ("gleason_score", False),
    ],
)  # fmt: skip
def test_columns_that_are_named_like_an_answer(name: str, named: bool) -> None:
    frame = TABLE.assign(**{name: TABLE["y"] + RNG.normal(size=len(TABLE))})
    one = audit_table(read(frame, target="y"), checks=["VB122"]).of("VB122")
    assert (name in one.columns) == named


def test_a_column_with_the_name_of_the_outcome_in_it() -> None:
    frame = TABLE.rename(columns={"y": "relapse"}).assign(
        relapse_later=TABLE["y"] + RNG.normal(size=len(TABLE))
    )
    one = audit_table(read(frame, target="relapse"), checks=["VB122"]).of("VB122")
    assert one.columns == ("relapse_later",)

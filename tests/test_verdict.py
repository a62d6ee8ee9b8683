"""The verdict: which row a design gets, what each row says, and that no score ever changes the row."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pytest
import scipy.stats
import synthetic
from sklearn.metrics import roc_auc_score

from varbench.effects import Shares, compare
from varbench.errors import StatisticsError
from varbench.stats import difference, prob_outperform
from varbench.verdict import RUNGS, Facts, Leak, conclude, facts, ladder, row_of, units_needed, verdict

build, leak = synthetic.cube, synthetic.leak
FRESH = {"varied": ("cohort", "split", "init"), "simulated": True}
COPIES = {"leaks": {"incorrect": [leak()]}, "shares": {"incorrect": {"copy": 0.48}}}


def scores(
    first: float, second: float, n: int = 100, folds: int = 3, sd: float = 0.03, seed: int = 0
) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    shared = rng.normal(0, sd, (n, 1))
    return {
        name: mean + shared + rng.normal(0, sd, (n, folds))
        for name, mean in (("incorrect", first), ("correct", second))
    }


def some(**changes: Any) -> Facts:
    """Facts of one cohort, re-split, the same test rows, nothing leaking."""
    usual: dict[str, Any] = {
        "first": "forest", "second": "svm", "metric": "roc_auc", "label": "ROC AUC", "greater_is_better": True,
        "margin": 0.02, "pairing": "exact", "n_repeats": 100, "n_folds": 3, "varied": ("split",), "n_cases": 144,
        "n_positive": 23, "leaks": {"forest": (), "svm": ()},
    }  # fmt: skip
    return Facts(**(usual | changes))


def shares(name: str, **found: float | None) -> dict[str, Shares]:
    overall = {"copy": 0.0, "relative": 0.0, "group": None} | found
    return {name: Shares(name, 1000, overall, {})}


def learns(kind: str = "estimate") -> tuple[Leak, ...]:
    return (
        Leak(
            "kbest", kind, "L1.3", "it selects features on rows that are tested", "move kbest right", "learns"
        ),
    )


class TestLadder:
    @pytest.mark.parametrize(
        ("low", "high", "rung"),
        [
            (0.021, 0.30, "real_and_meaningful"),
            (0.02, 0.30, "real_size_unsettled"),
            (0.001, 0.021, "real_size_unsettled"),
            (0.001, 0.02, "real_but_small"),
            (0.001, 0.019, "real_but_small"),
            (-0.019, 0.019, "equivalent"),
            (-0.02, 0.019, "not_shown"),
            (-0.019, 0.02, "not_shown"),
            (0.0, 0.01, "not_shown"),
            (-0.5, 0.5, "not_shown"),
        ],
    )
    def test_every_rung_and_its_mirror(self, low: float, high: float, rung: str) -> None:
        assert ladder(low, high, 0.02) == rung
        assert ladder(-high, -low, 0.02) == rung
        assert rung in RUNGS

    def test_without_a_margin_there_are_two(self) -> None:
        assert [ladder(0.001, 0.1), ladder(-0.1, -0.001), ladder(-0.001, 0.1)] == [
            "real",
            "real",
            "not_shown",
        ]

    def test_what_makes_no_sense_is_refused(self) -> None:
        with pytest.raises(StatisticsError, match="wrong order"):
            ladder(0.2, 0.1)
        with pytest.raises(StatisticsError, match="margin=-1"):
            ladder(0.1, 0.2, -1)

    def test_what_would_settle_it(self) -> None:
        # 144 patients, half-width .112, difference .031: about 3,800 for a power of .80
        assert units_needed(144, 0.112, 0.031) == pytest.approx(3840, abs=15)
        # at a half-width equal to the difference the power is one half: (1.96 + .84)^2 / 1.96^2 = 2.04 times as many
        assert units_needed(100, 0.1, 0.1) == pytest.approx(204.3, abs=0.1)
        assert units_needed(100, 0.1, 0.0) == np.inf


class TestRows:
    @pytest.mark.parametrize(
        ("changes", "row"),
        [
            ({}, 6),
            ({"pairing": "none"}, 7),
            ({"pairing": "group"}, 7),
            ({"varied": ("init",)}, 7),
            ({"varied": ("init",), "n_folds": 1}, 4),
            ({"varied": ("init",), "n_folds": 1, "n_repeats": 4}, 7),
            ({"varied": ("init",), "n_folds": 1, "pairing": "none"}, 7),
            ({"varied": ("cohort", "split")}, 5),
            ({"varied": ("cohort", "split"), "pairing": "none"}, 5),
            ({"varied": ("cohort", "split"), "n_repeats": 1}, 7),
            ({"n_repeats": 1, "n_folds": 1}, 3),
            ({"n_repeats": 1, "predictions": False}, 2),
            ({"n_repeats": 0}, 6),
            ({"n_data_sets": 5}, 8),
            ({"n_data_sets": 6}, 9),
            ({"n_data_sets": 6, "n_repeats": 1, "predictions": False}, 9),
        ],
    )
    def test_the_first_row_that_fits(self, changes: dict[str, Any], row: int) -> None:
        assert row_of(some(**changes)) == row
        # a leak comes before everything
        assert row_of(some(**changes, shares=shares("svm", copy=0.01))) == 1

    @pytest.mark.parametrize(
        ("changes", "leaking"),
        [
            ({"leaks": {"forest": learns(), "svm": ()}}, ("forest",)),
            ({"leaks": {"forest": learns(), "svm": learns()}}, ("forest", "svm")),
            ({"leaks": {"forest": learns("choice"), "svm": ()}}, ()),
            ({"leaks": {"forest": None, "svm": ()}}, ()),
            ({"shares": shares("svm", copy=0.3)}, ("svm",)),
            ({"shares": shares("svm", relative=0.3)}, ("svm",)),
            ({"shares": shares("svm", group=1e-6)}, ("svm",)),
            ({"shares": shares("svm", copy=0.0)}, ()),
        ],
    )
    def test_which_procedure_leaks(self, changes: dict[str, Any], leaking: tuple[str, ...]) -> None:
        assert some(**changes).leaking == leaking

    @pytest.mark.parametrize(("how", "relation"), [("copies", "copy"), ("groups", "group")])
    def test_a_sampler_is_judged_by_what_was_recorded(self, how: str, relation: str) -> None:
        leaks = {"forest": (Leak("resample", "estimate", "L1.4", "it copies", "move it", how),), "svm": ()}
        assert some(leaks=leaks, shares=shares("forest", **{relation: 0.0})).leaking == ()
        assert some(leaks=leaks, shares=shares("forest", **{relation: 0.2})).leaking == ("forest",)
        # nothing recorded: what the order of steps says stands
        assert some(leaks=leaks, shares=shares("forest", **{relation: None})).leaking == ("forest",)
        assert some(leaks=leaks).leaking == ("forest",)

    @pytest.mark.parametrize("row", [3, 4, 6, 9])
    def test_a_row_without_the_result_it_rests_on_gives_the_cautious_words_and_a_note(self, row: int) -> None:
        designs = {
            3: {"n_repeats": 1, "n_folds": 1}, 4: {"varied": ("init",), "n_folds": 1}, 6: {}, 9: {"n_data_sets": 7},
        }  # fmt: skip
        found = verdict(some(**designs[row]), [])
        assert (found.row, found.fits) == (7, row)
        assert any(f"Row {row} of the table" in note for note in found.notes)
        assert found.scope.startswith("On this cohort")

    def test_no_score_changes_the_row(self) -> None:
        rng = np.random.default_rng(0)
        for design, row in (({}, 7), (FRESH, 5), (COPIES, 1)):
            for seed in range(5):
                means = rng.uniform(0, 1, 2)
                cube = build(scores(*means, n=8, sd=rng.uniform(0, 0.2), seed=seed), margin=0.02, **design)
                assert conclude(cube, pairing="exact").verdict.row == row


class TestInvalid:
    def test_equal_scores_are_no_excuse(self) -> None:
        same = np.full((10, 3), 0.7)
        found = conclude(build({"incorrect": same, "correct": same}, **COPIES), pairing="none").verdict
        assert found.row == 1
        assert found.headline == "Not a gain: the score of incorrect is invalid."

    @pytest.mark.parametrize("order", [("incorrect", "correct"), ("correct", "incorrect")])
    def test_who_leaks_decides_and_not_who_comes_first(self, order: tuple[str, str]) -> None:
        # the leaking one is even worse here
        found = conclude(build(scores(0.5, 0.7), **COPIES), *order, pairing="none")
        assert "the score of incorrect is invalid" in found.verdict.headline
        total = next(r for r in found.results if r.method == "inflation")
        assert (total.settings["first"], total.settings["second"]) == ("incorrect", "correct")
        assert total.estimate < 0

    def test_with_a_truth_it_quotes_the_optimism(self) -> None:
        own = scores(0.97, 0.57, n=50, sd=0.01)
        truth = {name: np.full((50, 3), 0.58) + np.linspace(0, 0.001, 50)[:, None] for name in own}
        found = conclude(build(own, truth=truth, **COPIES, **FRESH), pairing="none").verdict
        first = found.sentences[0]
        assert found.scope == "In this simulated population"
        assert "incorrect gave ROC AUC 0.97" in first
        assert "on 2,000 fresh patients a repeat, have 0.58: it overstates by 0.39" in first
        assert "correct gave ROC AUC 0.57" in found.sentences[1]
        assert "overstates by -0.01" in found.sentences[1]
        assert "over simulated cohorts" in found.text
        assert "re-splits" not in found.text
        assert any(
            "48 % of the test rows of incorrect have a copy in training (0 % in correct)" in s
            for s in found.sentences
        )
        assert "Simulated data." in found.notes

    def test_every_p_value_is_greyed(self) -> None:
        found = conclude(build(scores(0.9, 0.6), **COPIES), pairing="exact")
        with_p = {r.method for r in found.results if r.pvalue is not None}
        assert with_p
        assert set(found.verdict.greyed) == with_p
        assert not set(found.verdict.counted) & with_p
        assert "inflation" in found.verdict.counted

    def test_f1_stands_beside_with_its_parts_the_published_figures_and_the_constant(self) -> None:
        stacked = {
            name: np.stack([values, values - gap], axis=-1)
            for (name, values), gap in zip(scores(0.97, 0.57).items(), (0.12, 0.43), strict=True)
        }
        weighted = {"incorrect": stacked["incorrect"] - [0.0, 0.21], "correct": stacked["correct"]}
        ours = {"incorrect": {"f1": [0.85, 0.05]}, "correct": {"f1": [0.14, 0.11]}}
        published = {"title": "Maleki 2022", "source": "doi", "procedures": ours}
        cube = build(stacked, weighted=weighted, metrics=["roc_auc", "f1"], published=published, **COPIES)
        text = conclude(cube, pairing="none").verdict.text
        assert "F1 goes from 0.14 to 0.85 (published, Maleki 2022: 0.14 to 0.85)" in text
        assert "0.50 of it is the leak, 0.21 only the changed prevalence" in text
        assert 'always answering "yes" has 0.30' in text

    def test_without_a_clean_order_nothing_is_inflated_and_neither_counts(self) -> None:
        leaks = {
            "incorrect": [leak("scale", "learns", code="L1.2")],
            "correct": [leak("kbest", "learns", code="L1.3")],
        }
        found = conclude(build(scores(0.9, 0.6), leaks=leaks), pairing="exact")
        assert found.verdict.headline == "Not a gain: neither score is valid."
        assert not [r for r in found.results if r.method == "inflation"]
        assert "in incorrect, scale stands left of the split" in found.verdict.text
        assert "in correct, kbest stands left of the split" in found.verdict.text

    def test_the_cure_is_what_would_settle_it(self) -> None:
        found = conclude(build(scores(0.9, 0.6), **COPIES), pairing="none").verdict
        assert found.settle.startswith("Nothing")
        assert "Move resample." in found.settle

    def test_steps_that_leak_alike_share_a_sentence(self) -> None:
        move = "move {0} right of Split, so that it sees the training rows only"
        steps = ("scale", "impute", "kbest")
        alike = [leak(name, "learns") | {"what": "it learns", "cure": move.format(name)} for name in steps]
        leaks = {"incorrect": alike}
        found = conclude(build(scores(0.9, 0.6), leaks=leaks), pairing="exact").verdict
        assert "in incorrect, scale, impute and kbest stand left of the split: each learns." in found.text
        assert found.settle.endswith(
            "Move scale, impute and kbest right of Split, so that they see the training rows only."
        )

    def test_groups_on_both_sides(self) -> None:
        cube = build(
            scores(0.9, 0.6),
            leaks={"incorrect": [leak("split", "groups", code="L3.2")]},
            shares={"incorrect": {"group": 0.9}},
        )
        assert (
            "89 % of the test rows of incorrect have a row of their own group in training"
            in conclude(cube, pairing="none").verdict.text
        )


class TestPopulation:
    @pytest.mark.parametrize(
        ("first", "second", "rung", "words"),
        [
            (
                0.80,
                0.70,
                "real_and_meaningful",
                "incorrect is ahead of correct: real and meaningful (margin 0.02 ROC AUC).",
            ),
            (
                0.70,
                0.80,
                "real_and_meaningful",
                "correct is ahead of incorrect: real and meaningful (margin 0.02 ROC AUC).",
            ),
            (
                0.71,
                0.70,
                "real_but_small",
                "incorrect is ahead of correct: real but small (margin 0.02 ROC AUC).",
            ),
            (
                0.72,
                0.70,
                "real_size_unsettled",
                "incorrect is ahead of correct: real, size unsettled (margin 0.02 ROC AUC).",
            ),
            (0.70, 0.70, "equivalent", "incorrect and correct are equivalent within 0.02 ROC AUC."),
        ],
    )
    def test_each_rung_in_words(self, first: float, second: float, rung: str, words: str) -> None:
        # centred, so that the interval lies where the means say
        drawn = scores(0, 0, n=400)
        centred = {name: values - values.mean() for name, values in drawn.items()}
        cube = build(
            {"incorrect": first + centred["incorrect"], "correct": second + centred["correct"]},
            margin=0.02,
            **FRESH,
        )
        found = conclude(cube, pairing="exact").verdict
        assert (found.row, found.rung, found.headline) == (5, rung, words)
        assert found.winner == ("" if rung == "equivalent" else "incorrect" if first > second else "correct")
        assert found.scope == "For patients like these, in this simulated population"
        assert found.counted == ("difference", "signed_rank", "prob_outperform")
        assert found.greyed == {}

    def test_not_shown_asks_for_more_repeats_which_help_here(self) -> None:
        found = conclude(
            build(scores(0.705, 0.70, n=10, sd=0.1), margin=0.02, **FRESH), pairing="exact"
        ).verdict
        assert found.rung == "not_shown"
        assert found.headline == "Not shown: a difference between incorrect and correct."
        assert found.settle.startswith("More repeats, since each draws a new cohort: about ")

    def test_without_a_margin(self) -> None:
        found = conclude(build(scores(0.8, 0.7), **FRESH), pairing="exact").verdict
        assert found.headline == "incorrect is ahead of correct: real."
        assert "no margin declared" in found.text
        assert "declare a margin" in found.settle

    def test_a_large_real_table_is_not_called_simulated(self) -> None:
        cube = build(scores(0.8, 0.7), varied=("cohort", "split"))
        found = conclude(cube, pairing="exact").verdict
        assert found.scope == "For patients like these, at 137 cases"
        assert "cohorts drawn anew" in found.text
        assert "imulated" not in found.text

    def test_swapping_the_procedures_mirrors_the_verdict(self) -> None:
        cube = build(scores(0.73, 0.70), margin=0.02, **FRESH)
        there, back = (
            conclude(cube, *names, pairing="exact").verdict
            for names in (("incorrect", "correct"), ("correct", "incorrect"))
        )
        assert (there.headline, there.rung, there.winner) == (back.headline, back.rung, back.winner)

    def test_lower_is_better_is_turned(self) -> None:
        cube = build(scores(0.10, 0.30), margin=0.02, metrics=["brier"], direction="less", **FRESH)
        found = conclude(cube, pairing="exact").verdict
        assert found.headline.startswith("incorrect is ahead of correct: real and meaningful")
        assert "Brier: incorrect 0.10, correct 0.30" in found.text
        assert "difference, positive where incorrect is better, +0.2" in found.text
        assert "lower is better" in found.text

    def test_a_constant_difference_has_no_interval_and_is_not_shown(self) -> None:
        values = np.linspace(0.6, 0.8, 30).reshape(10, 3)
        found = conclude(
            build({"incorrect": values + 0.125, "correct": values}, **FRESH), pairing="exact"
        ).verdict
        assert found.rung == "not_shown"
        assert "no interval" in found.headline

    @pytest.mark.parametrize("margin", [None, 0.02])
    def test_equal_procedures_are_called_different_one_time_in_twenty(self, margin: float | None) -> None:
        rng, draws, called = np.random.default_rng(11), 800, 0
        facts = some(varied=("cohort", "split"), simulated=True, margin=margin, n_repeats=20)
        for _ in range(draws):
            cohort = rng.normal(0.7, 0.05, 20)
            # an AUC of few positives: skewed and coarse
            a, b = (cohort + rng.binomial(40, 0.8, 20) / 40 for _ in range(2))
            results = [difference(a, b, pairing="exact"), prob_outperform(a, b)]
            called += verdict(facts, results).rung.startswith("real")
        # three standard errors at 800 draws: .023
        assert 0.027 <= called / draws <= 0.073


class TestCautious:
    def test_the_words_of_one_cohort(self) -> None:
        found = conclude(build(scores(0.71, 0.68), margin=0.02), pairing="exact").verdict
        wins = int((scores(0.71, 0.68)["incorrect"].mean(1) > scores(0.71, 0.68)["correct"].mean(1)).sum())
        assert found.scope == "On this cohort only"
        assert (
            found.headline
            == f"incorrect was ahead in {wins} of 100 re-splits; whether it holds for other patients cannot be told."
        )
        assert found.text.startswith("On this cohort only: ")
        assert set(found.greyed) == {"rank_sum", "signed_rank", "corrected_resampled_t"}
        assert "its error rate for other patients was 0." in found.greyed["signed_rank"]
        assert found.counted == ("difference", "a12", "cliffs_delta", "prob_outperform")
        assert "of cohorts like this one (nominal 0.05)" in found.text
        assert "simulated" not in found.text.replace("unsimulated", "")

    def test_more_patients_and_not_more_repeats(self) -> None:
        conclusion = conclude(build(scores(0.71, 0.68), margin=0.02), pairing="exact")
        floor = next(r for r in conclusion.results if r.method == "resample_floor")
        settle = conclusion.verdict.settle
        assert settle.startswith("More re-splits cannot help: they share their patients")
        assert f"stays above {floor.estimate:.2f}" in settle
        assert "patients (power 0.80" in settle
        assert "six independent cohorts" in settle

    def test_without_pairs_the_number_of_patients_is_not_known(self) -> None:
        found = conclude(build(scores(0.71, 0.68)), pairing="none").verdict
        assert found.fits == found.row == 7
        assert "How many is not known" in found.settle
        assert found.greyed["signed_rank"] == "the procedures were not tested on the same rows"
        assert "rank-sum test over the 200 runs" in found.text

    def test_a_fixed_split_is_part_of_the_scope(self) -> None:
        cube = build(scores(0.71, 0.68), varied=("init",), fixed=("split",), simulated=True)
        found = conclude(cube, pairing="exact").verdict
        assert found.scope == "On this simulated cohort and split only"
        assert "of 100 repeats" in found.headline

    @pytest.mark.parametrize(("first", "second"), [(0.71, 0.68), (0.68, 0.71)])
    def test_the_mirror(self, first: float, second: float) -> None:
        cube = build(scores(first, second), margin=0.02)
        there, back = (
            conclude(cube, *n, pairing="exact").verdict
            for n in (("incorrect", "correct"), ("correct", "incorrect"))
        )
        assert there.headline == back.headline
        assert there.settle == back.settle

    def test_a_draw(self) -> None:
        a = np.array([0.7, 0.6, 0.8, 0.65])[:, None]
        cube = build({"incorrect": a, "correct": a[[1, 0, 3, 2]]})
        assert (
            "Neither was ahead more often (2 of 4 re-splits each)"
            in conclude(cube, pairing="exact").verdict.headline
        )
        cube = build({"incorrect": a, "correct": a})
        assert (
            "Neither was ahead in any of 4 re-splits: all are ties"
            in conclude(cube, pairing="exact").verdict.headline
        )

    def test_one_repeat(self) -> None:
        cube = build(scores(0.71, 0.60, n=1))
        found = conclude(cube, pairing="group").verdict
        assert found.headline.startswith("incorrect was ahead in the one repeat; whether")
        assert "no interval" in found.text

    def test_no_repeat_at_all(self) -> None:
        cube = build(scores(0.71, 0.60, n=3), failed={"incorrect": range(3)})
        found = conclude(cube, pairing="none").verdict
        assert found.headline.startswith("There is no repeat in which both")
        assert "3 runs of incorrect failed and are left out." in found.notes


class TestExternal:
    @staticmethod
    def cube(outside: tuple[float, float], inside: tuple[float, float] = (0.75, 0.70), **changes: Any) -> Any:
        rng = np.random.default_rng(2)
        n = 300
        y = (np.arange(n) < 100).astype(int)
        patients = rng.normal(size=n)
        external: dict[str, Any] = {"y_true": y, "name": "site B", "score": {}, "pred": {}}
        truth = {}
        for name, signal in zip(("incorrect", "correct"), outside, strict=True):
            raw = patients + signal * y + 0.3 * rng.normal(size=(20, 3, n))
            external["score"][name] = (1 / (1 + np.exp(-raw))).astype(np.float32)
            external["pred"][name] = (raw > 0).astype(int)
            truth[name] = np.array([[roc_auc_score(y, s) for s in fold] for fold in external["score"][name]])
        return build(scores(*inside, n=20), truth=truth, external=external, margin=0.02, **changes)

    def test_signs_that_disagree_are_not_confirmed(self) -> None:
        found = conclude(self.cube((0.2, 1.0)), pairing="exact").verdict
        assert found.headline == "Not confirmed externally: the difference has the other sign there."
        assert found.rung == "not_confirmed"
        assert found.scope == "For patients like the 300 external patients of site B, and these models"
        assert found.sentences[0].startswith("Externally, on 300 external patients of site B: ROC AUC: ")
        assert found.sentences[1].startswith("Internally (on this cohort only): incorrect was ahead in ")
        assert "external_difference" in found.counted

    def test_signs_that_agree_climb_the_ladder(self) -> None:
        found = conclude(self.cube((1.4, 0.2)), pairing="exact").verdict
        assert (
            found.headline
            == "Externally: incorrect is ahead of correct: indicated and meaningful (margin 0.02 ROC AUC)."
        )
        assert found.row == 7

    def test_it_is_added_to_a_fresh_cohort_too(self) -> None:
        found = conclude(self.cube((1.4, 0.2), varied=("cohort", "split")), pairing="exact").verdict
        assert found.row == 5
        assert found.headline.startswith("Externally: ")
        assert "Internally (for patients like these, at 137 cases): incorrect is ahead" in found.text

    def test_a_leak_keeps_the_first_place(self) -> None:
        found = conclude(self.cube((0.2, 1.0), inside=(0.95, 0.70), **COPIES), pairing="none").verdict
        assert found.headline.startswith("Not a gain")
        assert "on the 300 patients of site B, have" in found.sentences[0]
        assert "Externally, on 300 external patients of site B" in found.text

    def test_swapping_mirrors_it(self) -> None:
        cube = self.cube((1.4, 0.2))
        there, back = (
            conclude(cube, *n, pairing="exact").verdict
            for n in (("incorrect", "correct"), ("correct", "incorrect"))
        )
        assert there.headline == back.headline


class TestNotes:
    def test_a_preset_is_not_the_protocol(self) -> None:
        found = conclude(build(scores(0.7, 0.7), preset="quick"), pairing="exact").verdict
        assert found.notes[0] == "Preset quick: a first look, not the protocol."

    def test_a_choice_leak_is_a_note(self) -> None:
        cube = build(
            scores(0.7, 0.7), leaks={"correct": [leak("kbest", "learns", kind="choice", code="L1.3")]}
        )
        found = conclude(cube, pairing="exact").verdict
        assert found.row == 7
        assert any(
            note.startswith("Milder, in correct, where validation rows are seen: kbest")
            for note in found.notes
        )

    def test_a_callable_was_not_checked(self) -> None:
        found = conclude(build(scores(0.7, 0.7), leaks={"correct": None}), pairing="exact").verdict
        assert any("of correct was not checked for leaks" in note for note in found.notes)

    def test_a_sampler_of_which_nothing_crosses(self) -> None:
        found = conclude(build(scores(0.7, 0.7), leaks={"incorrect": [leak()]}), pairing="exact").verdict
        assert found.row == 7
        assert "In incorrect, resample stands left of the split, but nothing crosses it." in found.notes

    def test_what_was_set_after_the_runs_is_said_and_used(self) -> None:
        later = [{"name": "margin", "value": 0.5, "runs": 200, "time": "2026-11-20"}]
        cube = build(scores(0.8, 0.7), margin=0.02, overrides=later, **FRESH)
        found = conclude(cube, pairing="exact").verdict
        assert found.rung == "real_but_small"
        assert "Set after the runs: margin = 0.5 (after 200 runs)." in found.basis

    def test_undefined_failed_mixed_and_unverified(self) -> None:
        values = scores(0.8, 0.7, n=6)
        values["correct"][0, 0] = np.nan
        data = {"name": "x", "n_cases": 20, "events": 5, "simulated": False, "unverified": True}
        cube = build(values, failed={"incorrect": [5]}, mixed_versions=True, data=data)
        notes = " ".join(conclude(cube, pairing="exact").verdict.notes)
        for text in (
            "undefined on 1 fold of correct",
            "1 run of incorrect failed and is",
            "different versions",
            "published a hash",
        ):
            assert text in notes
        assert "left out and counted" in notes

    def test_the_basis_names_metric_margin_unit_sources_method_and_data(self) -> None:
        basis = " ".join(conclude(build(scores(0.8, 0.7), margin=0.02), pairing="exact").verdict.basis)
        for text in (
            "Primary metric: ROC AUC (higher is better); margin 0.02; gamma 0.75.", "n = 100", "pairing: exact",
            "Varied: split, init; Fixed: resample; Not in this study: cohort.",
            "difference (paired t), for E1; its class: exact", "137 patients, 24 positive",
        ):  # fmt: skip
            assert text in basis


class TestFacts:
    def test_they_are_read_from_the_cube(self) -> None:
        cube = build(scores(0.8, 0.7, n=9), margin=0.02, failed={"correct": [2]}, **COPIES, **FRESH)
        found = facts(cube, pairing="none")
        assert (found.first, found.second, found.n_repeats, found.n_folds) == ("incorrect", "correct", 8, 3)
        assert (found.varied, found.fixed, found.absent) == (("cohort", "split", "init"), ("resample",), ())
        assert (found.n_cases, found.n_positive, found.positive, found.simulated) == (137, 24, "yes", True)
        assert found.shares["incorrect"].overall["copy"] == pytest.approx(0.48, abs=0.03)
        assert found.failed == {"incorrect": 0, "correct": 1}
        assert found.leaks["incorrect"][0].how == "copies"
        assert found.label == "ROC AUC"

    def test_the_pair_is_the_studys_unless_named(self) -> None:
        three = {name: np.full((3, 1), 0.5) for name in ("x", "y", "z")}
        cube = build(three, compared=["z", "x"])
        assert [facts(cube, *n, pairing="none").first for n in ((), ("y",), (None, "z"))] == ["z", "y", "x"]
        assert facts(cube, "y", pairing="none").second == "z"
        assert facts(build(three), pairing="none").second == "y"

    @pytest.mark.parametrize(
        ("names", "message"),
        [(("x", "q"), "unknown procedure 'q'"), (("x", "x"), "two procedures are needed")],
    )
    def test_two_procedures_are_needed(self, names: tuple[str, str], message: str) -> None:
        cube = build({name: np.full((3, 1), 0.5) for name in ("x", "y")})
        with pytest.raises(StatisticsError, match=message):
            facts(cube, *names, pairing="none")
        with pytest.raises(StatisticsError, match="two procedures are needed"):
            facts(build({"x": np.full((3, 1), 0.5)}), pairing="none")

    def test_an_older_leak_without_how_is_read_by_its_code(self) -> None:
        stored = {"step": "s", "kind": "estimate", "what": "w", "cure": "c"}
        assert [Leak.read(stored | {"code": code}).how for code in ("L1.2", "L1.4", "L3.2")] == [
            "learns",
            "copies",
            "groups",
        ]

    def test_they_do_not_depend_on_the_scores(self) -> None:
        first, second = (
            facts(build(scores(*means), **FRESH), pairing="exact") for means in ((0.9, 0.1), (0.2, 0.8))
        )
        assert first == second

    def test_they_are_frozen(self) -> None:
        with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign"):
            some().margin = 0.1  # type: ignore[misc]


def test_a_verdict_is_json_text_and_html() -> None:
    found = conclude(build(scores(0.8, 0.7), margin=0.02), pairing="exact").verdict
    plain = found.to_dict()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert {"row", "scope", "headline", "sentences", "counted", "greyed", "settle", "notes"} <= set(plain)
    hostile = verdict(some(first="<script>"), [])
    assert "<script>" not in hostile._repr_html_()


def test_results_that_are_missing_are_not_spoken_of() -> None:
    for changes in (
        {},
        {"varied": ("cohort",)},
        {"leaks": {"forest": learns(), "svm": ()}},
        {"external": "file"},
    ):
        found = verdict(some(**changes), [])
        assert "nan" not in found.text
        assert "None" not in found.text


def test_the_rank_sum_of_the_paper_is_there_and_greyed() -> None:
    apart = {"incorrect": np.linspace(0.8, 0.9, 100)[:, None], "correct": np.linspace(0.1, 0.3, 100)[:, None]}
    cube = build(apart, metrics=["f1"], **COPIES)
    found = next(r for r in compare(cube, "incorrect", "correct", pairing="none") if r.method == "rank_sum")
    # Maleki et al. 2022 print -12.22, correct minus incorrect
    assert found.statistic == pytest.approx(
        scipy.stats.ranksums(np.arange(100) + 100, np.arange(100)).statistic
    )
    assert round(found.statistic, 2) == 12.22
    assert "rank_sum" in conclude(cube, pairing="none").verdict.greyed


def test_a_cube_of_the_engine_gives_its_verdict() -> None:
    from imblearn.over_sampling import RandomOverSampler
    from sklearn.model_selection import StratifiedKFold
    from sklearn.neighbors import KNeighborsClassifier

    import varbench as vb
    from varbench.data import Data

    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [40, 12])
    data = Data(
        X=rng.normal(size=(52, 4)), y=y, classes=("no", "yes"), feature_names=tuple("abcd"),
        ids=np.array([f"p{i}" for i in range(52)]), groups=None, batch=None, name="table", info={},
    )  # fmt: skip
    cv = StratifiedKFold(3, shuffle=True)
    steps = (("resample", RandomOverSampler()), ("knn", KNeighborsClassifier(1)))
    study = vb.Study(
        question="Does it leak?", data=data, primary="roc_auc", metrics=["f1"], margin=0.02, vary=["split", "resample"],
        procedures={
            "before": vb.Procedure([steps[0], vb.Split(cv), steps[1]]), "after": vb.Procedure([vb.Split(cv), *steps]),
        },
    )  # fmt: skip
    conclusion = conclude(study.run(repeats=4))
    assert conclusion.facts.pairing == "none"
    assert conclusion.verdict.row == 1
    assert conclusion.facts.leaking == ("before",)
    assert conclusion.facts.shares["after"].overall["copy"] == 0
    total, leakage, prevalence = (
        r for r in conclusion.results if r.method.startswith("inflation") and r.settings["metric"] == "f1"
    )
    assert total.estimate == pytest.approx(leakage.estimate + prevalence.estimate)
    assert total.estimate > 0.3

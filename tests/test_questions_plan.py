"""``plan``, ``claim``, ``decompose`` and ``calibrate``: by hand, from publications, and from small real runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import ShuffleSplit
from sklearn.tree import DecisionTreeClassifier

import varbench as vb
from varbench.errors import InputError, StatisticsError, VarbenchError


class TestRuns:
    def test_the_three_sizes_of_the_published_plan(self) -> None:
        found = vb.plan(gamma=0.75, power=0.95).frames["sizes"].set_index("name")["n"]
        # Noether 1987 as published: ((z_.95 + z_.95) / (sqrt(6) (1/2 - gamma)))^2, up; the others by the binomial
        assert found.to_dict() == {"published": 29, "sign_test": 44, "interval": 54}

    @pytest.mark.parametrize(("gamma", "power"), [(0.7, 0.8), (0.8, 0.95), (0.9, 0.9)])
    def test_the_sign_tests_size_has_its_power_and_one_less_has_not_always(
        self, gamma: float, power: float
    ) -> None:
        n = vb.plan(gamma=gamma, power=power).frames["sizes"].set_index("name").loc["sign_test", "n"]
        assert power_of_sign_test(n, gamma) >= power
        assert power_of_sign_test(n - 1, gamma) < power

    def test_power_is_95_where_nothing_is_said(self) -> None:
        assert vb.plan(gamma=0.75).headline == vb.plan(gamma=0.75, power=0.95).headline

    @pytest.mark.parametrize("gamma", [0.5, 1.0, 0.2, float("nan")])
    def test_no_gamma_outside_one_half_and_one(self, gamma: float) -> None:
        with pytest.raises(StatisticsError, match=r"gamma.* (must lie in|finite number)"):
            vb.plan(gamma=gamma)


def power_of_sign_test(n: int, gamma: float) -> float:
    k = int(stats.binom.ppf(0.95, n, 0.5)) + 1  # the fewest wins that reject at a one-sided 0.05
    return float(stats.binom.sf(k - 1, n, gamma))


class TestTestCases:
    def test_an_accuracy(self) -> None:
        n = (
            vb.plan(metric="accuracy", expected=0.8, width=0.05)
            .frames["sizes"]
            .set_index("width")
            .loc[0.05, "n"]
        )
        # the normal approximation: (2 * 1.96)^2 * 0.8 * 0.2 / 0.05^2 = 983
        assert n == pytest.approx((2 * 1.959964) ** 2 * 0.16 / 0.05**2, rel=0.01)

    def test_a_dice(self) -> None:
        answer = vb.plan(metric="dice", sd=3, width=1)
        assert answer.headline == "139 test cases."  # 4 * 1.96^2 * 9 = 138.3

    def test_an_auc_needs_the_prevalence(self) -> None:
        with pytest.raises(StatisticsError, match="share of positives"):
            vb.plan(metric="roc_auc", expected=0.8, width=0.1)
        n = (
            vb.plan(metric="roc_auc", expected=0.8, width=0.1, prevalence=0.2)
            .frames["sizes"]
            .set_index("width")
            .loc[0.1, "n"]
        )
        # Hanley & McNeil 1982
        q1, q2, pos, neg = 0.8 / 1.2, 2 * 0.64 / 1.8, 0.2 * n, 0.8 * n
        se = np.sqrt((0.16 + (pos - 1) * (q1 - 0.64) + (neg - 1) * (q2 - 0.64)) / (pos * neg))
        assert 2 * 1.959964 * se == pytest.approx(0.1, rel=0.05)

    def test_half_the_width_needs_about_four_times_as_many(self) -> None:
        found = vb.plan(metric="accuracy", expected=0.8, width=0.1).frames["sizes"]["n"].tolist()
        assert found[0] / found[1] == pytest.approx(4, rel=0.05)

    @pytest.mark.parametrize(
        ("more", "message"),
        [
            ({}, "plan needs one thing"),
            ({"gamma": 0.75, "metric": "accuracy"}, "gamma and a metric"),
            ({"metric": "accuracy", "expected": 0.8}, "--width is needed"),
            ({"metric": "accuracy", "expected": 0.8, "width": 1.0}, "has a range of 1"),
            (
                {"metric": "accuracy", "expected": 0.8, "width": 0.1, "budget": 3},
                "budget says nothing where a metric",
            ),
            ({"gamma": 0.75, "costs": {"split": 1}}, "costs says nothing where gamma"),
            ({"gamma": 0.75, "confidence_level": 0.0}, "confidence_level=0.0"),
        ],
    )
    def test_what_cannot_be_planned(self, more: dict[str, Any], message: str) -> None:
        with pytest.raises(InputError, match=message):
            vb.plan(**more)


PAPER: dict[str, Any] = {"metric": "accuracy", "value": 0.85, "against": 0.80, "n_test": 46, "positives": 8}


class TestClaim:
    def test_the_example_of_a_reviewer(self) -> None:
        answer = vb.claim(**PAPER)
        assert (
            answer.headline == "Cannot be told: a difference of 0.050 is within the noise of 46 test cases."
        )
        noise = next(r for r in answer.results if r.method == "noise_band")
        assert noise.estimate == pytest.approx(1.96 * np.sqrt(0.85 * 0.15 / 46), rel=0.05)
        constant = answer.frames["baselines"].set_index("classifier")["value"]
        # 38 of 46 are negative
        assert constant["majority"] == pytest.approx(38 / 46)
        assert constant["positive"] == pytest.approx(8 / 46)
        assert constant["prevalence"] == pytest.approx((38 / 46) ** 2 + (8 / 46) ** 2)

    def test_the_smallest_difference_on_the_same_cases_is_mcnemars(self) -> None:
        answer = vb.claim(**PAPER)
        # 6 cases, all on one side, are the fewest that an exact test rejects: 2 * 0.5^6 = .031, of 5 it is .0625
        assert any(f"{6 / 46:.3f} on the same test cases" in text for text in answer.sentences)

    def test_what_a_constant_answer_has_is_no_claim(self) -> None:
        answer = vb.claim(metric="accuracy", value=0.82, n_test=46, positives=8)
        assert answer.headline == "Not shown: answering without looking scores as well at this prevalence."
        f1 = vb.claim(metric="f1", value=0.25, n_test=137, positives=24)
        assert f1.headline == "Not shown: answering without looking scores as well at this prevalence."
        assert any("“positive” has 0.298" in text for text in f1.sentences)  # 2 * 24 / (137 + 24)

    def test_lower_is_better_is_held_against_the_lowest_constant(self) -> None:
        p = 8 / 46
        good = vb.claim(metric="brier", value=p * (1 - p) - 0.01, against=0.2, n_test=46, positives=8)
        bad = vb.claim(metric="brier", value=p * (1 - p) + 0.01, against=0.2, n_test=46, positives=8)
        assert good.headline.startswith("Cannot be told from the numbers alone")
        assert bad.headline.startswith("Not shown: answering without looking")
        assert any(f"guessing by the prevalence has {p * (1 - p):.3f}" in text for text in good.sentences)

    def test_a_worse_score_is_no_gain(self) -> None:
        assert vb.claim(metric="accuracy", value=0.8, against=0.85, n_test=46).headline.startswith(
            "Not a gain"
        )
        assert vb.claim(metric="brier", value=0.2, against=0.1, n_test=46).headline.startswith("Not a gain")

    def test_the_recall_of_a_constant_beats_no_claim(self) -> None:
        answer = vb.claim(metric="recall", value=0.8, against=0.2, n_test=460, positives=80)
        assert answer.headline.startswith("Cannot be told from the numbers alone")
        assert any("alone is no claim" in text for text in answer.sentences)

    def test_a_mean_over_cases_has_its_noise_from_the_standard_deviation(self) -> None:
        answer = vb.claim(metric="Dice", value=0.85, against=0.82, n_test=46, sd=0.1)
        half = stats.norm.ppf(0.975) * 0.1 / np.sqrt(46)
        assert answer.results[0].estimate == pytest.approx(half)
        # Of two methods whose scores correlate by 0.5 the difference has the standard deviation of one.
        assert (
            f"{half:.3f} on the same test cases, if both methods' scores correlate by 0.5"
            in answer.sentences[1]
        )
        assert answer.results[0].validity == "unknown"
        assert "could be real" in answer.headline
        less = vb.claim(metric="hd95", value=4.0, against=4.5, n_test=46, sd=3.0)
        assert "within the noise" in less.headline

    def test_of_what_has_no_formula_nothing_is_said_to_be_possible(self) -> None:
        for metric in ("dice", "f1", "pearson"):
            answer = vb.claim(metric=metric, value=0.85, against=0.5, n_test=46)
            assert answer.headline.startswith("Cannot be told from the numbers alone: the noise of ")
        assert any("What is the standard deviation" in one for one in vb.claim(metric="dice", value=0.8, n_test=9)
                   .frames["questions"]["question"])  # fmt: skip

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"metric": "dice", "positives": 3}, "positives=3 says nothing of Dice"),
            (
                {"metric": "accuracy", "sd": 0.1},
                "sd=0.1 says nothing of Accuracy; it belongs to means over cases",
            ),
            ({"metric": "dice", "sd": -1.0}, r"sd=-1.0: must be above 0"),
            ({"metric": "hd95", "value": -1.0}, "hd95 lies at 0 or above"),
            ({"metric": "dice", "value": 85.0}, "lies between 0 and 1; per cent must be divided by 100"),
            ({"metric": "dise"}, "unknown metric 'dise'; did you mean dice"),
        ],
    )
    def test_what_says_nothing_of_a_measure_is_refused(self, given: dict[str, Any], said: str) -> None:
        with pytest.raises(InputError, match=said):
            vb.claim(**{"value": 0.8, "n_test": 46, **given})

    def test_the_class_of_the_noise_of_a_share_is_the_measured_one(self) -> None:
        noise, interval = vb.claim(metric="accuracy", value=0.8, n_test=50, positives=25).results
        known = vb.stats.method_class(
            "proportion", design="one model", n=50, prevalence=0.5, metric="accuracy"
        )
        assert (noise.method, noise.validity, interval.validity) == (
            "noise_band",
            known.validity,
            known.validity,
        )
        assert interval.settings["measured_error_rate"] == known.rate != ""

    def test_without_positives_it_is_said_what_is_missing(self) -> None:
        answer = vb.claim(metric="roc_auc", value=0.85, against=0.8, n_test=46)
        assert any("positives=" in text for text in answer.sentences)
        assert "How many of the test cases are positive?" in answer.frames["questions"]["question"].tolist()
        told = vb.claim(metric="f1", value=0.85, against=0.8, n_test=46, positives=8)
        assert not any("--positives" in text for text in told.sentences)

    def test_intervals_stay_in_the_metrics_range(self) -> None:
        frame = vb.claim(metric="accuracy", value=0.99, against=0.02, n_test=30).frames["intervals"]
        assert frame["ci_high"].max() <= 1
        assert frame["ci_low"].min() >= 0

    @pytest.mark.parametrize(
        ("more", "row", "could"),
        [
            ({}, 2, "no more than this, as it stands"),
            ({"runs": 10}, 2, "no: several runs"),
            ({"runs": 1}, 6, "no: one run each"),
            ({"runs": 3}, 4, "no: too few runs"),
            ({"data_sets": 4}, 8, "yes, with each set's scores"),
            ({"data_sets": 4}, 9, "no"),
            ({"data_sets": 6}, 9, "yes, with each set's scores"),
            ({"data_sets": 6}, 8, "no"),
            ({"external": True}, 10, "yes, with their predictions"),
        ],
    )
    def test_which_verdicts_could_ever_apply(self, more: dict[str, Any], row: int, could: str) -> None:
        rows = vb.claim(**PAPER, **more).frames["rows"].set_index("row")["could"]
        assert rows[row] == could

    @pytest.mark.parametrize(
        ("more", "message"),
        [
            ({"value": 85}, "per cent must be divided by 100"),
            ({"against": -0.1}, "against=-0.1"),
            ({"value": float("nan")}, "value=nan"),
            ({"n_test": 0}, "n_test=0"),
            ({"positives": 46}, "positives=46"),
            ({"runs": 0}, "runs=0"),
            ({"data_sets": -1}, "data_sets=-1"),
            ({"metric": "acuracy"}, "did you mean accuracy"),
        ],
    )
    def test_numbers_that_cannot_be(self, more: dict[str, Any], message: str) -> None:
        with pytest.raises(InputError, match=message):
            vb.claim(**{**PAPER, **more})


def study(**changes: Any) -> vb.Study:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(60, 3)), columns=list("abc"))
    table["y"] = (table["a"] + rng.normal(size=60) > 0).astype(int)
    cv = ShuffleSplit(1, test_size=20)
    procedures = {
        "sgd": vb.Procedure([vb.Split(cv), SGDClassifier(loss="log_loss", max_iter=3, tol=None)]),
        "tree": vb.Procedure([vb.Split(cv), DecisionTreeClassifier(max_depth=3, max_features=1)]),
    }
    settings = {
        "question": "Where from?",
        "data": vb.load_data(table, target="y"),
        "procedures": procedures,
        "primary": "roc_auc",
    }
    return vb.Study(**{**settings, "vary": ["split", "init"], "repeats": 3, "name": "small"} | changes)


@pytest.fixture(scope="module")
def crossed() -> Any:
    return study().run(vary=["split:6", "init:5"], design="crossed")


def hand(table: np.ndarray) -> dict[str, float]:
    """Components of a crossed table (Searle, Casella & McCulloch 1992): mean squares, and their expectations solved."""
    a, b = table.shape
    mean, rows, columns = table.mean(), table.mean(1), table.mean(0)
    ms_a = b * ((rows - mean) ** 2).sum() / (a - 1)
    ms_b = a * ((columns - mean) ** 2).sum() / (b - 1)
    rest = ((table - rows[:, None] - columns + mean) ** 2).sum() / ((a - 1) * (b - 1))
    return {"split": max((ms_a - rest) / b, 0), "init": max((ms_b - rest) / a, 0), "residual": rest}


class TestDecompose:
    @pytest.mark.parametrize("procedure", ["sgd", "tree"])
    def test_components_of_a_crossed_run_are_those_of_the_analysis_of_variance(
        self, crossed: Any, procedure: str
    ) -> None:
        frame = vb.decompose(crossed).frames["components"].query("procedure == @procedure").set_index("term")
        table = crossed["score"].sel(procedure=procedure, metric="roc_auc").values.mean(axis=1).reshape(6, 5)
        found = hand(table)
        for term, variance in found.items():
            assert frame.loc[term, "variance"] == pytest.approx(variance, abs=1e-9), term
        total = sum(found.values())
        assert frame.loc["split", "share"] == pytest.approx(found["split"] / total, abs=1e-6)

    def test_the_difference_is_decomposed_too(self, crossed: Any) -> None:
        frame = vb.decompose(crossed).frames["components"]
        assert frame["procedure"].unique().tolist() == ["sgd", "tree", "sgd - tree"]
        score = crossed["score"].sel(metric="roc_auc").values.mean(axis=2)
        found = hand((score[0] - score[1]).reshape(6, 5))
        mine = frame[frame["procedure"] == "sgd - tree"].set_index("term")["variance"]
        assert mine["split"] == pytest.approx(found["split"], abs=1e-9)

    def test_shares_have_their_intervals_in_words_in_the_table_and_in_the_figure(self, crossed: Any) -> None:
        answer = vb.decompose(crossed)
        frame = answer.frames["components"].query("procedure == 'sgd'").set_index("term")
        drawn = answer.frames["shares_0"].set_index("source")
        np.testing.assert_array_equal(frame[["share_low", "share_high"]], drawn[["ci_low", "ci_high"]])
        assert ((frame["share_low"] <= frame["share"]) & (frame["share"] <= frame["share_high"])).all()
        largest = frame["share"].idxmax()
        low, high = (100 * frame.loc[largest, name] for name in ("share_low", "share_high"))
        assert (
            f"{largest}: {100 * frame.loc[largest, 'share']:.0f} % [{low:.0f} %, {high:.0f} %]"
            in answer.headline
        )
        # with so few draws no source is surely the largest, and the headline must not pretend
        others = frame.drop(index=largest)
        assert ("not settled" in answer.headline) == bool(
            (others["share_high"] > frame.loc[largest, "share_low"]).any()
        )
        assert "Interval of the share" in answer.text()

    def test_rows_of_one_method_can_be_told_apart_in_every_form(self, crossed: Any) -> None:
        from varbench.report.to_latex import to_latex

        answer = vb.decompose(crossed)
        lines = [line for line in to_latex(answer).splitlines() if line.startswith("Variance component")]
        names = [tuple(line.split(" & ")[:3]) for line in lines]
        assert len(set(names)) == len(names) == 9
        assert ("Variance component", "tree", "init") in names
        keys = [(r.settings["procedure"], r.settings["term"]) for r in answer.results]
        assert len(set(keys)) == len(keys)
        wide = vb.decompose(study().run(vary=["split:3", "init:3"], design="one"))
        lines = [line for line in to_latex(wide).splitlines() if line.startswith("One at a time")]
        assert len({tuple(line.split(" & ")[:3]) for line in lines}) == len(lines) == 4
        assert "[" in wide.headline.split("SD")[1]

    def test_one_procedure_and_another_metric(self, crossed: Any) -> None:
        answer = vb.decompose(crossed, procedures=["tree"])
        assert answer.frames["components"]["procedure"].unique().tolist() == ["tree"]
        with pytest.raises(InputError, match="unknown metric 'f9'"):
            vb.decompose(crossed, metric="f9")
        with pytest.raises(InputError, match="unknown procedure 'three'; did you mean tree"):
            vb.decompose(crossed, procedures=["three"])

    def test_one_source_at_a_time(self) -> None:
        cube = study().run(vary=["split:8", "init:6"], design="one")
        frame = vb.decompose(cube).frames["sources"].query("procedure == 'sgd'").set_index("source")
        score = cube["score"].sel(procedure="sgd", metric="roc_auc").values.mean(axis=1)
        drawn = {name: cube["realization"].sel(source=name).values for name in ("split", "init")}
        blocks = {"split": score[:8], "init": score[8:]}
        assert (np.diff(drawn["split"][:8]) == 1).all()
        for source, values in blocks.items():
            assert frame.loc[source, "sd"] == pytest.approx(values.std(ddof=1), rel=1e-9)
        ratio = blocks["init"].std(ddof=1) / blocks["split"].std(ddof=1)
        assert frame.loc["init", "ratio"] == pytest.approx(ratio, rel=1e-9)

    def test_sources_drawn_together_cannot_be_told_apart(self) -> None:
        with pytest.raises(
            InputError, match=r"drawn together.*--design one --vary split:20,init:20, .*--design crossed"
        ):
            vb.decompose(study().run())

    def test_a_study_is_run_in_the_design_that_is_asked_for(self, tmp_path: Path) -> None:
        answer = vb.decompose(study(), vary=["split:3", "init:2"], out=tmp_path / "RUN")
        assert "split 3 x init 2" in answer.kicker
        assert vb.open_cube(tmp_path / "RUN").sizes["repeat"] == 6
        with pytest.raises(InputError, match="say which sources"):
            vb.decompose(study())
        with pytest.raises(InputError, match="belong to a study"):
            vb.decompose(tmp_path / "RUN", vary=["split:3"])

    def test_the_published_estimators(self) -> None:
        frame = vb.decompose("published:bert-rte").frames["estimators"]
        one = frame[frame["k"] == 1].set_index("estimator")["standard_error"]
        # one run has the same error by any estimator; more ideal runs divide it by the root of their number
        assert one.nunique() == 1
        ideal = frame[frame["estimator"] == "IdealEst"].set_index("k")["standard_error"]
        np.testing.assert_allclose(ideal, ideal[1] / np.sqrt(ideal.index), rtol=1e-9)
        # cheaper ones level off, the more so the less they vary
        last = frame.groupby("estimator")["standard_error"].last()
        assert (
            last["IdealEst"] < last["FixHOptEst(All)"] < last["FixHOptEst(Data)"] < last["FixHOptEst(Init)"]
        )


class TestPlanFromAPilot:
    def test_a_budget_buys_what_its_formula_says(self, crossed: Any) -> None:
        answer = vb.plan(crossed, procedures=["tree"], budget=60, costs={"split": 1, "init": 1})
        variance = answer.frames["components"].set_index("term")["variance"]
        each = answer.frames["allocation"].set_index("source")["each"]
        splits, inits = int(each["split"]), int(each["init"])
        # draws of init within a split: what is left of their interaction averages over all of them
        within = (variance["init"] + variance["residual"]) / (splits * inits)
        error = np.sqrt(variance["split"] / splits + within)
        assert answer.headline == f"split {splits}, init {inits}: standard error {error:.4f}."
        assert splits + splits * inits <= 60
        # no other division of the budget does better
        others = [(s, (60 - s) // s) for s in range(1, 31)]
        v, w = variance["split"], variance["init"] + variance["residual"]
        assert error <= min(np.sqrt(v / s + w / (s * i)) for s, i in others) + 1e-12

    def test_what_is_assumed_is_said_and_the_recorded_seconds_price_the_runs(self, crossed: Any) -> None:
        answer = vb.plan(crossed)
        text = " ".join(answer.sentences)
        assert "Assumed: one more draw of each source costs 1, as much as one run" in text
        assert "Assumed: a budget of 100 in the units of the costs" in text
        runs = int(answer.frames["allocation"]["total"].iloc[-1])
        slow = crossed.assign(seconds=crossed["seconds"] * 0 + 30.0)  # two procedures: a minute a run
        assert (
            f"took 60 seconds on average, as recorded: these {runs} runs take about {runs} minutes"
            in " ".join(vb.plan(slow).sentences)
        )
        given = " ".join(vb.plan(crossed, budget=60, costs={"split": 1, "init": 2}).sentences)
        assert "Assumed" not in given
        assert "as recorded" in given

    def test_costs_of_sources_that_did_not_move(self, crossed: Any) -> None:
        with pytest.raises(InputError, match=r"unknown source 'tune'\. Available: split, init"):
            vb.plan(crossed, budget=60, costs={"split": 1, "tune": 20})
        priced = vb.plan(crossed, procedures=["tree"], budget=60, costs={"split": 5})
        assert priced.frames["allocation"]["source"].tolist() == ["split", "init"]

    def test_one_cohort_needs_patients_and_not_repeats(self) -> None:
        answer = vb.plan(study().run(repeats=4))
        assert answer.headline == "More patients, not more repeats."
        with pytest.raises(InputError, match="crossed pilot"):
            vb.plan(study().run(repeats=2), budget=10)

    def test_a_simulated_pilot_gives_a_power_curve(self) -> None:
        cube = study(data=vb.load_data("simulated-halves")).run(vary=["cohort", "split"], repeats=6)
        answer = vb.plan(cube, effect=0.2, power=0.9)
        frame = answer.frames["power"]
        assert (frame["power"].diff().dropna() > -0.1).all()
        d = cube["score"].sel(metric="roc_auc").values.mean(axis=2)
        # the power of a t test for this effect and spread, at the largest size: as good as sure
        spread = (d[0] - d[1]).std(ddof=1)
        n = int(frame["n"].iloc[-1])
        noncentral = stats.nct.sf(stats.t.ppf(0.975, n - 1), n - 1, 0.2 / spread * np.sqrt(n))
        assert frame["power"].iloc[-1] == pytest.approx(noncentral, abs=0.05)

    @pytest.mark.parametrize("design", ["joint", "crossed"])
    def test_names_that_are_not_in_the_pilot(self, crossed: Any, design: str) -> None:
        cube = crossed if design == "crossed" else study().run(repeats=2)
        with pytest.raises(InputError, match="unknown procedure 'three'; did you mean tree"):
            vb.plan(cube, procedures=["three"])
        with pytest.raises(InputError, match="unknown metric 'f9'"):
            vb.plan(cube, metric="f9")
        if design == "joint":
            with pytest.raises(InputError, match="two different procedures are needed"):
                vb.plan(cube, procedures=["tree"])

    def test_what_belongs_to_another_question(self, crossed: Any) -> None:
        with pytest.raises(InputError, match="width says nothing where a run is planned"):
            vb.plan(crossed, width=0.1)


class TestCalibrate:
    def test_a_method_that_is_not_known(self) -> None:
        with pytest.raises(VarbenchError, match="unknown method 'signed_rnk'; did you mean signed_rank"):
            vb.calibrate("signed_rnk", n_sim=20)

    def test_a_run_must_stand_alone_and_declare_an_equal_pair(self, tmp_path: Path) -> None:
        study().run(repeats=2, out=tmp_path / "RUN")
        with pytest.raises(VarbenchError, match="shows no error rates"):
            vb.calibrate(tmp_path / "RUN")
        with pytest.raises(InputError, match="is a run: name it alone"):
            vb.calibrate([str(tmp_path / "RUN"), "signed_rank"])

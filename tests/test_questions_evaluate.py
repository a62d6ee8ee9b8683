"""``evaluate``: every metric of one trained model with its interval, beside scikit-learn and statsmodels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from questions_examples import cases, numbers, predictions, seeds, several_classes
from scipy import stats
from sklearn import metrics
from statsmodels.stats.proportion import proportion_confint

import varbench as vb
from varbench.errors import DataError, InputError, StatisticsError
from varbench.stats import classes
from varbench.stats.classes import Measured

BINARY: dict[str, Any] = {"label": "y", "score": "p", "id": "id"}
TABLE = predictions(n=100, signal=0.8, seed=3)


def row(answer: Any, metric: str) -> Any:
    return answer.frames["metrics"].set_index("metric").loc[metric]


def known(
    method: str, metric: str, validity: str, design: str = "one model", repeats: int = 0
) -> list[Measured]:
    """Rows of the table of classes that hold the sizes of this file's tables, at any prevalence."""
    rate = {"exact": 0.05, "approximate": 0.08, "failing": 0.3}[validity]
    return [
        Measured(method, design, 0, repeats, n, share, metric, rate, rate, validity)
        for n in (20, 300) for share in (0.05, 0.5)
    ]  # fmt: skip


class TestClasses:
    """What is said of one model carries the class that was measured for it."""

    @pytest.fixture(autouse=True)
    def measured(self, monkeypatch: pytest.MonkeyPatch) -> None:
        rows = [
            *known("delong", "roc_auc", "exact"), *known("proportion", "accuracy", "approximate"),
            *known("bootstrap_metric", "f1", "exact"), *known("bootstrap_metric", "brier", "failing"),
            *known("bootstrap_metric, stratified", "f1", "failing"),
            *known("calibration_slope", "calibration", "exact"),
            *known("regression_metric", "mae", "exact"), *known("regression_metric", "r2", "failing"),
            *known("case_summary", "dice", "failing"), *known("case_summary, median", "dice", "exact"),
            # Of two models, which says nothing of one.
            *known("bootstrap_metric", "mcc", "exact", design="test set"),
        ]  # fmt: skip
        monkeypatch.setattr(classes, "measured", lambda: tuple(rows))

    def test_of_a_binary_model(self) -> None:
        found = {
            r.settings["metric"]: (r.validity, r.settings.get("measured_error_rate"))
            for r in vb.evaluate(TABLE, **BINARY).results if r.method != "brier"
        }  # fmt: skip
        assert found["roc_auc"] == ("exact", "0.05")
        assert found["accuracy"] == ("approximate", "0.08")
        assert found["f1"] == ("exact", "0.05")
        assert found["brier"] == ("failing", "0.30")
        assert found["mcc"] == ("failing", "0.05 to 0.30")  # not measured: the worst of what was
        assert found["calibration_slope"] == ("exact", "0.05")
        assert found["calibration_intercept"] == ("unknown", None)

    def test_drawing_class_by_class_has_a_class_of_its_own(self) -> None:
        found = vb.evaluate(TABLE, **BINARY, metrics=["f1"], stratify=True).results[0]
        assert (found.validity, found.settings["measured_error_rate"]) == ("failing", "0.30")

    def test_of_numbers_and_of_measures(self) -> None:
        found = {
            r.settings["metric"]: r.validity
            for r in vb.evaluate(numbers(), label="y", pred="pred", id="id").results
        }
        assert (found["mae"], found["r2"]) == ("exact", "failing")
        found = {r.settings["statistic"]: r.validity for r in vb.evaluate(cases()).results}
        assert found == {"mean": "failing", "median": "exact"}

    def test_of_several_classes_nothing_was_measured(self) -> None:
        answer = vb.evaluate(several_classes(), label="y", id="id")
        assert {r.validity for r in answer.results} == {"unknown"}


class TestBinary:
    def test_estimates_are_scikit_learns(self) -> None:
        y, p = TABLE["y"], TABLE["p"]
        label = (p > 0.5).astype(int)
        theirs = {
            "accuracy": metrics.accuracy_score(y, label),
            "balanced_accuracy": metrics.balanced_accuracy_score(y, label),
            "precision": metrics.precision_score(y, label), "recall": metrics.recall_score(y, label),
            "specificity": metrics.recall_score(y, label, pos_label=0), "f1": metrics.f1_score(y, label),
            "mcc": metrics.matthews_corrcoef(y, label), "roc_auc": metrics.roc_auc_score(y, p),
            "average_precision": metrics.average_precision_score(y, p), "brier": metrics.brier_score_loss(y, p),
            "log_loss": metrics.log_loss(y, p),
        }  # fmt: skip
        found = vb.evaluate(TABLE, **BINARY).frames["metrics"].set_index("metric")
        assert set(found.index) == set(theirs)
        for name, value in theirs.items():
            assert found.loc[name, "estimate"] == pytest.approx(value, rel=1e-9), name
            assert found.loc[name, "ci_low"] < value < found.loc[name, "ci_high"], name

    @pytest.mark.parametrize("metric", ["accuracy", "recall", "specificity", "precision"])
    def test_shares_have_wilsons_interval(self, metric: str) -> None:
        y, label = TABLE["y"] == 1, TABLE["p"] > 0.5
        among = {"accuracy": y | ~y, "recall": y, "specificity": ~y, "precision": label}[metric]
        theirs = proportion_confint(((label == y) & among).sum(), among.sum(), method="wilson")
        found = row(vb.evaluate(TABLE, **BINARY), metric)
        assert (found["ci_low"], found["ci_high"]) == pytest.approx(theirs, rel=1e-9)
        assert found["n"] == among.sum()

    def test_the_aucs_interval_is_delongs_on_the_logit_scale(self) -> None:
        y, p = TABLE["y"].to_numpy() == 1, TABLE["p"].to_numpy()
        wins = (p[y][:, None] > p[~y]) + 0.5 * (p[y][:, None] == p[~y])
        auc, se = (
            wins.mean(),
            np.sqrt(wins.mean(1).var(ddof=1) / y.sum() + wins.mean(0).var(ddof=1) / (~y).sum()),
        )
        logit, half = np.log(auc / (1 - auc)), 1.959964 * se / (auc * (1 - auc))
        bounds = 1 / (1 + np.exp(-np.array([logit - half, logit + half])))
        found = row(vb.evaluate(TABLE, **BINARY), "roc_auc")
        assert (found["ci_low"], found["ci_high"]) == pytest.approx(bounds, rel=1e-6)

    def test_a_perfect_model_stays_in_its_range(self) -> None:
        answer = vb.evaluate(TABLE.assign(p=1.0 * TABLE["y"]), **BINARY)
        found = row(answer, "roc_auc")
        assert found["estimate"] == 1
        assert 0.9 < found["ci_low"] < found["ci_high"] == 1
        assert any("end of its range" in text for text in answer.sentences)

    def test_patients_with_several_rows_are_the_unit(self) -> None:
        twice = pd.concat([TABLE.assign(patient=TABLE["id"], id=TABLE["id"] + s) for s in ("a", "b")])
        answer = vb.evaluate(twice, group="patient", **BINARY)
        alone = vb.evaluate(TABLE, **BINARY)
        found, once = row(answer, "roc_auc"), row(alone, "roc_auc")
        assert found["n"] == 100
        # rows that stand twice tell nothing new: the interval is that of the patients, not 1/sqrt(2) of it
        assert found["ci_high"] - found["ci_low"] == pytest.approx(once["ci_high"] - once["ci_low"], rel=0.05)
        assert row(answer, "accuracy")["how"] == "bootstrap"
        assert any("groups, which are the units of all intervals" in text for text in answer.sentences)

    def test_only_the_metrics_that_are_asked_for(self) -> None:
        answer = vb.evaluate(TABLE, metrics=["f1", "roc_auc"], **BINARY)
        assert answer.frames["metrics"]["metric"].tolist() == ["f1", "roc_auc"]
        assert answer.headline.startswith("ROC AUC")

    def test_predicted_classes_alone_have_no_curve(self) -> None:
        table = TABLE.assign(pred=(TABLE["p"] > 0.5).astype(int)).drop(columns="p")
        answer = vb.evaluate(table, label="y", pred="pred", id="id")
        assert "roc_auc" not in answer.frames["metrics"]["metric"].tolist()
        assert "roc" not in answer.frames
        with pytest.raises(InputError, match="roc_auc cannot be computed"):
            vb.evaluate(table, label="y", pred="pred", id="id", metrics=["roc_auc"])

    def test_scores_that_are_no_probabilities_have_no_calibration(self) -> None:
        answer = vb.evaluate(TABLE.assign(p=np.log(TABLE["p"] / (1 - TABLE["p"]))), **BINARY)
        assert answer.frames["metrics"]["metric"].tolist() == ["roc_auc", "average_precision"]
        assert "calibration" not in answer.frames
        assert "roc" in answer.frames

    def test_the_level(self) -> None:
        wide, narrow = (
            row(vb.evaluate(TABLE, confidence_level=c, **BINARY), "accuracy") for c in (0.99, 0.8)
        )
        right = ((TABLE["p"] > 0.5) == TABLE["y"]).sum()
        for found, level in ((wide, 0.99), (narrow, 0.8)):
            theirs = proportion_confint(right, 100, alpha=1 - level, method="wilson")
            assert (found["ci_low"], found["ci_high"]) == pytest.approx(theirs, rel=1e-9)

    def test_the_positive_class_can_be_named(self) -> None:
        table = TABLE.assign(y=TABLE["y"].map({0: "benign", 1: "malignant"}))
        found = row(vb.evaluate(table, positive="malignant", **BINARY), "roc_auc")
        assert found["estimate"] == pytest.approx(metrics.roc_auc_score(TABLE["y"], TABLE["p"]))
        turned = row(vb.evaluate(table, positive="benign", **BINARY), "roc_auc")
        assert turned["estimate"] == pytest.approx(1 - found["estimate"])
        with pytest.raises(DataError, match="--positive"):
            vb.evaluate(table, **BINARY)


class TestBesideTheMetrics:
    def test_answers_without_looking(self) -> None:
        found = vb.evaluate(TABLE, **BINARY).frames["constants"].set_index(["classifier", "metric"])["value"]
        assert found["majority", "accuracy"] == pytest.approx(0.6)
        assert found["positive", "f1"] == pytest.approx(2 * 0.4 / 1.4)
        assert found["positive", "balanced_accuracy"] == pytest.approx(0.5)

    def test_calibration_is_a_logistic_regression(self) -> None:
        import statsmodels.api as sm

        found = vb.evaluate(TABLE, **BINARY).frames["calibration"].set_index("label")["estimate"]
        logit = np.log(TABLE["p"] / (1 - TABLE["p"]))
        fit = sm.Logit(TABLE["y"], sm.add_constant(logit)).fit(disp=0)
        assert found["calibration slope"] == pytest.approx(fit.params.iloc[1], rel=1e-5)

    def test_the_roc_curve_is_scikit_learns(self) -> None:
        found = vb.evaluate(TABLE, **BINARY).frames["roc"]
        x, y, _ = metrics.roc_curve(TABLE["y"], TABLE["p"], drop_intermediate=False)
        at = np.linspace(0.05, 0.95, 19) + 1e-9  # between the steps
        mine = [found.loc[found["x"] <= one, "y"].max() for one in at]
        np.testing.assert_allclose(mine, [y[x <= one].max() for one in at])
        assert (found["low"] <= found["y"]).all()
        assert (found["y"] <= found["high"]).all()

    def test_net_benefit_by_hand(self) -> None:
        found = vb.evaluate(TABLE, **BINARY).frames["net_benefit"]
        series = found["series"].unique()
        model = found[found["series"] == series[0]]
        y, p = TABLE["y"] == 1, TABLE["p"]
        one = model.iloc[(model["x"] - 0.3).abs().argmin()]
        t = one["x"]
        hand = ((p >= t) & y).mean() - ((p >= t) & ~y).mean() * t / (1 - t)
        assert one["y"] == pytest.approx(hand)

    def test_costs_need_both(self) -> None:
        answer = vb.evaluate(TABLE, cost_fp=1, cost_fn=5, **BINARY)
        found = answer.frames["cost"].set_index("series")
        y, p, x = (TABLE["y"] == 1).to_numpy(), TABLE["p"].to_numpy(), found.loc["model", "x"].to_numpy()
        said = p >= x[:, None]
        np.testing.assert_allclose(
            found.loc["model", "y"], ((said & ~y).sum(1) + 5 * (~said & y).sum(1)) / 100
        )
        assert found.loc["all", "y"].iloc[0] == pytest.approx(0.6)
        assert found.loc["none", "y"].iloc[0] == pytest.approx(5 * 0.4)
        with pytest.raises(InputError, match="belong together"):
            vb.evaluate(TABLE, cost_fn=5, **BINARY)

    def test_subgroups(self) -> None:
        table = TABLE.assign(site=np.where(np.arange(100) % 4 == 0, "north", "south"))
        table.loc[table["y"] == 1, "rare"] = "all positive"
        table["rare"] = table["rare"].fillna("the others")
        found = vb.evaluate(table, subgroup=["site", "rare"], **BINARY).frames["subgroups"].set_index("value")
        for site, part in table.groupby("site"):
            assert found.loc[site, "n"] == len(part)
            assert found.loc[site, "positives"] == part["y"].sum()
            assert found.loc[site, "estimate"] == pytest.approx(metrics.roc_auc_score(part["y"], part["p"]))
        # a subgroup with one class only is there, without a number and with the reason
        assert np.isnan(found.loc["all positive", "estimate"])
        assert found.loc["all positive", "note"]


class TestOtherTasks:
    def test_several_classes(self) -> None:
        table = several_classes(seed=1)
        answer = vb.evaluate(table, label="y", id="id")
        p = table[["p_a", "p_b", "p_c"]].to_numpy()
        auc = metrics.roc_auc_score(table["y"], p, multi_class="ovr", average="macro")
        assert row(answer, "roc_auc")["estimate"] == pytest.approx(auc, rel=1e-9)
        label = np.array(list("abc"))[p.argmax(1)]
        assert row(answer, "f1")["estimate"] == pytest.approx(
            metrics.f1_score(table["y"], label, average="macro")
        )
        assert row(answer, "accuracy")["estimate"] == pytest.approx((label == table["y"]).mean())

    def test_a_regression(self) -> None:
        table = numbers(seed=1)
        answer = vb.evaluate(table, label="y", pred="pred", id="id")
        y, pred = table["y"], table["pred"]
        theirs = {
            "mae": metrics.mean_absolute_error(y, pred), "rmse": metrics.root_mean_squared_error(y, pred),
            "r2": metrics.r2_score(y, pred), "pearson": stats.pearsonr(y, pred).statistic,
            "spearman": stats.spearmanr(y, pred).statistic, "bias": (pred - y).mean(),
        }  # fmt: skip
        for name, value in theirs.items():
            assert row(answer, name)["estimate"] == pytest.approx(value, rel=1e-9), name

    def test_several_labels(self) -> None:
        rng = np.random.default_rng(0)
        truth = (rng.random((80, 2)) < [0.3, 0.5]).astype(int)
        p = np.clip(truth * 0.4 + rng.random((80, 2)) * 0.6, 0, 1)
        table = pd.DataFrame(
            {"id": range(80), "a": truth[:, 0], "b": truth[:, 1], "pa": p[:, 0], "pb": p[:, 1]}
        )
        answer = vb.evaluate(table, label=["a", "b"], score=["pa", "pb"], id="id")
        found = {(r.settings.get("label"), r.settings.get("metric")): r.estimate for r in answer.results}
        assert found["a", "roc_auc"] == pytest.approx(metrics.roc_auc_score(truth[:, 0], p[:, 0]))
        assert found["macro", "roc_auc"] == pytest.approx(metrics.roc_auc_score(truth, p, average="macro"))

    def test_measures_of_each_case(self) -> None:
        table = cases(seed=1)
        answer = vb.evaluate(table)
        found = {(r.settings["metric"], r.settings["statistic"]): r for r in answer.results}
        dice = table["dice"]
        assert found["dice", "mean"].estimate == pytest.approx(dice.mean())
        theirs = stats.t.interval(0.95, 39, dice.mean(), dice.std(ddof=1) / np.sqrt(40))
        assert found["dice", "mean"].interval == pytest.approx(theirs, rel=1e-9)
        # the exact interval of a median: the widest pair of order statistics with no more than 2.5 % on either side
        k = int(stats.binom.ppf(0.025, 40, 0.5))
        k = k if stats.binom.cdf(k - 1, 40, 0.5) <= 0.025 else k - 1
        ordered = np.sort(dice)
        assert found["dice", "median"].interval == pytest.approx((ordered[k - 1], ordered[40 - k]))

    def test_one_class_only(self) -> None:
        with pytest.raises(DataError, match="expected two classes"):
            vb.evaluate(TABLE.assign(y=1), **BINARY)

    def test_several_seeds_are_not_one_model(self) -> None:
        with pytest.raises(InputError, match="holds 6 seeds"):
            vb.evaluate(seeds(), seed="seed", **BINARY)

    @pytest.mark.parametrize(
        ("more", "message"),
        [
            ({"confidence_level": 1.0}, "confidence_level=1.0"),
            ({"rng": -1}, "rng=-1"),
            ({"metrics": ["f3"]}, "unknown metric 'f3'; did you mean f1"),
            ({"group": "patient"}, "unknown column 'patient'"),
            ({"cost_fp": 1, "cost_fn": 0}, "prices above 0"),
        ],
    )
    def test_what_cannot_be_is_refused(self, more: dict[str, Any], message: str) -> None:
        with pytest.raises((InputError, DataError, StatisticsError), match=message):
            vb.evaluate(TABLE, **{**BINARY, **more})

    def test_a_file_is_read_like_its_table(self, tmp_path: Path) -> None:
        TABLE.to_csv(tmp_path / "preds.csv", index=False, sep=";", decimal=",")
        one, other = vb.evaluate(tmp_path / "preds.csv", **BINARY), vb.evaluate(TABLE, **BINARY)
        pd.testing.assert_frame_equal(one.frames["metrics"], other.frames["metrics"])


def test_predictions_of_a_cube_of_ours(tmp_path: Path) -> None:
    """What a cube stores can be written as a table, and evaluated to the same score."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.tree import DecisionTreeClassifier

    rng = np.random.default_rng(0)
    y = np.arange(60) % 2
    X = rng.normal(size=(60, 3)) + y[:, None]
    vb.compare(
        LogisticRegression(),
        DecisionTreeClassifier(max_depth=2),
        X,
        y,
        repeats=2,
        folds=2,
        out=tmp_path / "RUN",
    )
    one = vb.open_cube(tmp_path / "RUN").isel(procedure=0, repeat=1)
    here = one["row_fold"].values == 0
    table = pd.DataFrame({"y": one["y_true"].values[here], "p": one["y_score"].values[here]})
    found = row(vb.evaluate(table, label="y", score="p"), "roc_auc")
    assert found["estimate"] == pytest.approx(float(one["score"].sel(metric="roc_auc", fold=0)), abs=1e-7)


def test_a_metric_may_be_spelled_as_usual() -> None:
    named = vb.evaluate(predictions(), label="y", score="p", metrics=["AUC", "sensitivity"])
    assert named.frame("metrics")["metric"].tolist() == ["roc_auc", "recall"]
    assert vb.claim(metric="AUC", value=0.8, n_test=50, positives=12).kicker.startswith("ROC AUC 0.8")


def test_an_outcome_and_its_scores_may_be_two_arrays() -> None:
    y, p = [0, 1, 1, 0, 1, 0], [0.2, 0.9, 0.6, 0.4, 0.3, 0.1]
    told = vb.evaluate(np.array(y), np.array(p)).frame("metrics").set_index("metric")
    # Of the nine pairs of a positive and a negative eight are in the right order, by hand.
    assert told.loc["roc_auc", "estimate"] == pytest.approx(8 / 9)
    with pytest.raises(InputError, match=r"shape \(6,\) and scores of shape \(5,\)"):
        vb.evaluate(y, p[:-1])

"""What a study over several data sets says: one number each, their mean, one more, and what they go with."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import xarray as xr
from scipy import stats
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from statsmodels.stats.multitest import multipletests

import varbench as vb
from varbench.audits import Audit
from varbench.audits.findings import FOUND, Finding
from varbench.cli.main import main
from varbench.data import Data
from varbench.effects import by_data_set, moderation, over_data_sets, pairs_of
from varbench.questions import answer_collection
from varbench.questions.foreseeing import AFTER, BEFORE, foreseen
from varbench.report import write

CV = StratifiedKFold(3, shuffle=True)
LEVEL = xr.Dataset(attrs={"confidence_level": 0.95})


def table(number: int, n: int, p: int, cluster: str = "") -> Data:
    rng = np.random.default_rng(number)
    y = np.repeat([0, 1], [n - n // 3, n // 3])
    return Data(
        X=rng.normal(size=(n, p)) + y[:, None] * np.linspace(0, 1, p), y=y, classes=("no", "yes"),
        feature_names=tuple(f"f{i}" for i in range(p)), ids=np.array([f"p{i}" for i in range(n)]),
        name=f"t{number}", info={"cluster": cluster} if cluster else {},
    )  # fmt: skip


def study(names: int, *, clusters: tuple[str, ...] = (), **changes: object) -> vb.Study:
    """Two procedures, of which one answers the same to all: its AUC is .5 in every fold."""
    given = [*clusters, *[""] * (names - len(clusters))]
    settings: dict[str, object] = {
        "question": "Does a model add anything?",
        "data": {f"t{i}": table(i, 24 + 6 * i, 2 + i, given[i]) for i in range(names)},
        "procedures": {
            "line": vb.Procedure([vb.Split(CV), LogisticRegression()]),
            "same": vb.Procedure([vb.Split(CV), DummyClassifier()]),
        },
        "pairs": {"a <b>model</b>": ("line", "same")},
        "primary": "roc_auc",
        "margin": 0.02,
        "vary": ["split"],
        "repeats": 3,
    }
    return vb.Study(**(settings | changes))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def seven() -> xr.Dataset:
    return study(7).run()


def drawn(rng: np.random.Generator, n: int = 16, slope: float = 0.0, spread: float = 0.05) -> pd.DataFrame:
    """Draw data sets whose inflation goes with log2(features per case) as stated, and with nothing else."""
    ratio, rarer = 2 ** rng.uniform(-1, 5, n), rng.uniform(0.1, 0.5, n)
    inflation = 0.05 + slope * np.log2(ratio) + rng.normal(0, spread, n)
    names = [f"d{i}" for i in range(n)]
    return pd.DataFrame(
        {
            "dataset": names, "cluster": names, "features_per_case": ratio, "rarer_class": rarer,
            "second": rng.uniform(0.5, 0.9, n), "inflation": inflation, "ci_low": np.nan, "ci_high": np.nan,
        }
    )  # fmt: skip


# -- data set by data set ---------------------------------------------------------------------------------------------


def test_each_data_set_gives_its_own_mean_difference(seven: xr.Dataset) -> None:
    found = by_data_set(seven, "line", "same").set_index("dataset")
    runs = seven["score"].sel(metric="roc_auc").mean("fold").mean("repeat")
    for number in range(7):
        row = found.loc[f"t{number}"]
        mine = runs.sel(dataset=f"t{number}")
        assert row["inflation"] == pytest.approx(float(mine.sel(procedure="line")) - 0.5)
        assert (row["n_cases"], row["n_features"]) == (24 + 6 * number, 2 + number)
        assert row["features_per_case"] == pytest.approx((2 + number) / (24 + 6 * number))
        assert row["rarer_class"] == pytest.approx((8 + 2 * number) / (24 + 6 * number))
        assert row["ci_low"] < row["inflation"] < row["ci_high"]


def test_the_mean_and_one_more_are_those_of_a_normal_sample(seven: xr.Dataset) -> None:
    sets = by_data_set(seven, "line", "same")
    over = over_data_sets(seven, sets)
    x = sets["inflation"].to_numpy(float)
    expected = stats.ttest_1samp(x, 0).confidence_interval(0.95)
    assert over.result.interval == pytest.approx((expected.low, expected.high))
    model = sm.OLS(x, np.ones(7)).fit()
    one_more = model.get_prediction(np.ones(1)).summary_frame(alpha=0.05)
    assert over.prediction == pytest.approx((one_more["obs_ci_lower"][0], one_more["obs_ci_upper"][0]))


def test_data_sets_that_share_patients_count_as_one() -> None:
    joined = study(8, clusters=("north", "", "south, east", "north, east")).run(repeats=2)
    sets = by_data_set(joined, "line", "same")
    over = over_data_sets(joined, sets)
    x = sets["inflation"].to_numpy(float)
    assert over.result.n == 6
    assert over.result.estimate == pytest.approx(np.mean([x[[0, 2, 3]].mean(), x[1], *x[4:]]))
    assert any("share patients" in text for text in answer_collection(joined).notices)


# -- what it goes with ------------------------------------------------------------------------------------------------


def test_slopes_are_those_of_least_squares_adjusted_for_both() -> None:
    sets = drawn(np.random.default_rng(1), slope=0.02)
    found = moderation(LEVEL, sets).set_index("moderator")
    columns = {"doubling": np.log2(sets["features_per_case"]), "rarer": 10 * sets["rarer_class"]}
    pvalues = []
    for name, x in columns.items():
        model = sm.OLS(sets["inflation"], sm.add_constant(x.to_numpy())).fit()
        row = found.loc[name]
        assert row["slope"] == pytest.approx(model.params.iloc[1])
        assert (row["ci_low"], row["ci_high"]) == pytest.approx(tuple(model.conf_int().iloc[1]))
        pvalues.append(model.pvalues.iloc[1])
    adjusted = multipletests(pvalues, method="holm")[1]
    assert found["p_adjusted"].to_numpy() == pytest.approx(adjusted)


def test_below_six_data_sets_there_is_no_slope() -> None:
    sets = drawn(np.random.default_rng(2), 5)
    assert moderation(LEVEL, sets).empty
    assert foreseen(sets, audits(sets, rows=np.arange(5.0))).empty


def test_a_moderator_that_all_have_alike_has_no_slope() -> None:
    sets = drawn(np.random.default_rng(3)).assign(rarer_class=0.5)
    assert moderation(LEVEL, sets)["moderator"].tolist() == ["doubling"]


@pytest.mark.slow
def test_intervals_of_slopes_cover_and_null_moderators_are_rarely_called() -> None:
    rng, n = np.random.default_rng(4), 1000
    covered, called = 0, 0
    for _ in range(n):
        found = moderation(LEVEL, drawn(rng, slope=0.01)).set_index("moderator")
        covered += found.loc["doubling", "ci_low"] <= 0.01 <= found.loc["doubling", "ci_high"]
        called += moderation(LEVEL, drawn(rng))["p_adjusted"].min() <= 0.05
    assert stats.binomtest(covered, n, 0.95).pvalue > 0.001
    assert stats.binomtest(called, n, 0.05, "greater").pvalue > 0.001


# -- what was known before --------------------------------------------------------------------------------------------


def audits(sets: pd.DataFrame, **known: np.ndarray) -> dict[str, Audit]:
    """Make audits that hold these numbers, one a data set."""
    codes = {"rows": "VB152", "features": "VB152", "best": "VB121", "auc": "VB126"}
    return {
        name: Audit(
            findings=tuple(
                Finding(
                    codes[what], "a check", FOUND, sentence="Looked at.", evidence={what: float(values[i])}
                )
                for what, values in known.items()
            ),
            frames={},
        )
        for i, name in enumerate(sets["dataset"])
    }


def test_what_was_known_is_held_against_the_inflation_by_ranks() -> None:
    rng = np.random.default_rng(5)
    sets = drawn(rng)
    known = {"best": sets["inflation"].to_numpy() * 2 + rng.normal(0, 0.02, 16), "rows": rng.normal(size=16)}
    found = foreseen(sets, audits(sets, **known)).set_index("what")
    for what, values in (("AUC of the best single feature", known["best"]), ("rows", known["rows"])):
        expected = stats.spearmanr(values, sets["inflation"]).statistic
        assert found.loc[what, "correlation"] == pytest.approx(expected)
        assert found.loc[what, "when"] == BEFORE
    assert found.loc["AUC of the best single feature", "p_adjusted"] < 0.05
    after = found[found["when"] == AFTER]
    assert after["correlation"].item() == pytest.approx(
        stats.spearmanr(sets["second"], sets["inflation"]).statistic
    )


@pytest.mark.slow
def test_what_has_nothing_to_do_with_it_is_rarely_called() -> None:
    rng, n, called = np.random.default_rng(6), 400, 0
    for _ in range(n):
        sets = drawn(rng)
        known = {what: rng.normal(size=16) for what in ("best", "rows", "features", "auc")}
        found = foreseen(sets, audits(sets, **known))
        called += found.loc[found["when"] == BEFORE, "p_adjusted"].min() <= 0.05
    assert stats.binomtest(called, n, 0.05, "greater").pvalue > 0.001


# -- what is said -----------------------------------------------------------------------------------------------------


def test_the_answer_speaks_of_data_sets_like_these(seven: xr.Dataset) -> None:
    answer = answer_collection(seven)
    over = over_data_sets(seven, by_data_set(seven, *pairs_of(seven)["a <b>model</b>"]))
    assert answer.scope == "Over data sets like these"
    low, high = over.result.interval
    word = "raises" if low > 0 else "lowers" if high < 0 else "changes"
    said = f"{over.result.estimate:+.2f}" if word == "changes" else f"{abs(over.result.estimate):.2f}"
    assert f"{word} the ROC AUC by {said} [" in answer.headline
    assert [r.method for r in answer.results] == ["mean_over_datasets", "signed_rank"]
    assert len(answer.frames["sets_1"]) == 7
    assert answer.frames["forest_1"]["kind"].tolist() == ["item"] * 7 + ["mean", "prediction"]
    assert answer.frames["sets_1"]["inflation"].is_monotonic_decreasing


def test_each_data_set_is_in_the_sentence_that_its_interval_allows(seven: xr.Dataset) -> None:
    answer = answer_collection(seven)
    sets, margin = answer.frames["sets_1"], 0.02
    low, high = sets["ci_low"], sets["ci_high"]
    inside = (low >= -margin) & (high <= margin)
    classes = {
        "does not matter there": inside,
        "that these repeats do not settle": (low > 0) & (low <= margin) & ~inside,
        "not told from nothing": (low <= 0) & (high >= 0) & ~inside,
        "lower with it": (high < 0) & ~inside,
    }
    told = next(text for text in answer.sentences if "It matters on" in text)
    assert f"It matters on {(low > margin).sum()} of 7" in told
    clauses = told.partition("It matters on")[2].partition(". ")[2].split("; ")
    for words, mine in classes.items():
        clause = next((one for one in clauses if words in one), "")
        names = set(clause.partition(":")[0].replace(",", "").split()) if clause else set()
        assert names == set(sets.loc[mine, "dataset"]), words


def test_few_data_sets_are_only_counted() -> None:
    joined = study(4).run(repeats=2)
    answer = answer_collection(joined)
    ahead = int((answer.frames["sets_1"]["inflation"] > 0).sum())
    assert answer.scope == "On these 4 data sets"
    assert f"on {ahead} of 4" in answer.headline
    assert "average" not in answer.headline
    assert answer.frames["forest_1"]["kind"].tolist() == ["item"] * 4
    assert "At least 6 data sets" in answer.settle


def test_every_form_is_written_and_names_are_escaped(seven: xr.Dataset, tmp_path: Path) -> None:
    files = {
        path.suffix: path
        for path in write(answer_collection(seven), tmp_path, ("html", "md", "tex", "csv", "json"))
    }
    page = files[".html"].read_text(encoding="utf-8")
    assert "<b>model</b>" not in page
    assert "&lt;b&gt;model" in page
    told = json.loads(files[".json"].read_text(encoding="utf-8"))
    assert {one["method"] for one in told["results"]} == {"mean_over_datasets", "signed_rank"}
    assert "t6" in files[".md"].read_text(encoding="utf-8")


def test_a_study_of_one_procedure_shows_its_scores() -> None:
    one = study(3, procedures={"line": vb.Procedure([vb.Split(CV), LogisticRegression()])}, pairs={})
    answer = answer_collection(one.run(repeats=2))
    assert answer.frames["by_data_set"].shape == (3, 2)
    assert "No two procedures" in answer.sentences[0]


# -- the command line -------------------------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for number in range(6):
        data = table(number, 60 + 6 * number, 4 + number)
        frame = pd.DataFrame(data.X, columns=list(data.feature_names)).assign(y=data.y)
        frame.to_csv(tmp_path / f"t{number}.csv", index=False)
    (tmp_path / "t9.csv").write_text("y,f\n0,1\n0,2\n")
    (tmp_path / "mine.py").write_text(
        "import varbench as vb\nfrom sklearn.dummy import DummyClassifier\n"
        "from sklearn.linear_model import LogisticRegression\nfrom sklearn.model_selection import StratifiedKFold\n"
        "split = vb.Split(StratifiedKFold(3, shuffle=True))\n"
        "study = vb.Study(question='Does it add?', data='wdbc', primary='roc_auc', vary=['split'], margin=.02,\n"
        "    repeats=2, procedures={'line': vb.Procedure([split, LogisticRegression()]),\n"
        "                'same': vb.Procedure([split, DummyClassifier()])}, compare=('line', 'same'))\n"
    )
    monkeypatch.chdir(tmp_path)
    said = ["--data", "t?.csv", "--target", "y", "--positive", "1", "--jobs", "1", "--out", "RUN", "--quiet"]
    assert main(["study", "mine.py", *said]) == 3
    return tmp_path / "RUN"


def test_the_report_tells_who_was_left_out_and_what_an_audit_foresees(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (run / "report.html").is_file()
    assert main(["report", "RUN", "--to", "json"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "t9 was not run" in out
    assert "Over data sets like these: Line against same" in out
    assert main(["report", "RUN", "--audit", "--to", "md"]) == 0
    assert "Before any training, " in " ".join(capsys.readouterr().out.split())
    assert "Rank correlation" in (run / "report.md").read_text(encoding="utf-8")


def test_what_a_report_of_several_does_not_take_is_refused(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "RUN", "--metrics", "f1"]) == 2
    assert "as RUN/NAME" in capsys.readouterr().err
    assert main(["report", "RUN/t0", "--audit"]) == 2
    assert "several data sets" in capsys.readouterr().err

"""Scores along lines of procedures, training scores, shares of variance, and how they are shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.stats
from imblearn.over_sampling import RandomOverSampler
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from synthetic import cube as build

from varbench import Procedure, Split, Study
from varbench.cube import open_cube
from varbench.data import Data, SimulatedPairs, SimulatedRadiomics
from varbench.effects import RANGE_COLUMNS, line_ranges, line_shares, lines, repeat_scores
from varbench.errors import StatisticsError
from varbench.procedure import FlipLabels, Subsample
from varbench.report import report
from varbench.report.blocks import Orders, Paragraph
from varbench.report.drawings_of_lines import ceiling
from varbench.report.drawings_of_lines import lines as drawn
from varbench.report.rescore import settled

CV = StratifiedKFold(3, shuffle=True)
LINE = ("line", LogisticRegression())
RNG = np.random.default_rng(3)
COHORTS = ("cohort", "split")


def table(n: int = 60, positive: int = 24) -> Data:
    rng = np.random.default_rng(5)
    y = rng.permutation((np.arange(n) < positive).astype(np.int64))
    X = rng.normal(size=(n, 4)) + 0.7 * y[:, None]
    names, ids = tuple(f"f{i}" for i in range(4)), np.array([f"p{i}" for i in range(n)])
    return Data(X, y, ("no", "yes"), names, ids, name="toy")


def study(procedures: dict[str, Any], data: Any = None, **more: Any) -> Study:
    return Study(
        question="?", data=table() if data is None else data, primary="roc_auc", procedures=procedures,
        **{"vary": ["split"], **more},
    )  # fmt: skip


def grid(scores: np.ndarray, **more: Any) -> Any:
    """Give a cube of scores (number, line, repeat)."""
    numbers, kinds, _ = scores.shape
    named = {f"{line} {x}": scores[x, line] for x in range(numbers) for line in range(kinds)}
    points = {f"line {line}": [[float(x), f"{line} {x}"] for x in range(numbers)] for line in range(kinds)}
    return build(named, **{"lines": points, "axis": "size", **more})


# -- what models say of their training rows -------------------------------------------------------------------------


def test_training_scores_are_those_of_the_models_on_the_rows_that_they_were_fitted_on():
    data = table()
    cube = study({"p": Procedure([Split(CV), LINE])}, training=True).run(repeats=2)
    assert cube.training.dims == ("procedure", "repeat", "fold", "metric")
    for repeat in range(2):
        run = cube.isel(procedure=0, repeat=repeat)
        for fold in range(3):
            fitted_on = np.sort(run["sample"].values[run.row_fold.values != fold])
            X, y = data.X[fitted_on], data.y[fitted_on]
            expected = roc_auc_score(y, LogisticRegression().fit(X, y).predict_proba(X)[:, 1])
            assert float(run.training[fold, 0]) == pytest.approx(expected)


def test_they_are_of_the_labels_and_the_copies_that_were_learned():
    data = table()
    found = {}
    for steps in ([FlipLabels(0.4)], [RandomOverSampler()]):
        procedure = Procedure([Split(CV), *steps, LINE])
        (fold, *_) = procedure.run(data, lambda source, path, fold: 3, training=True).training
        found[type(steps[0]).__name__] = fold[0]
    assert len(found["FlipLabels"]) == 40
    assert found["FlipLabels"].sum() != 16  # a third is tested; 16 of 40 were positive
    assert np.bincount(found["RandomOverSampler"]).tolist() == [24, 24]


def test_who_does_not_ask_gets_none_and_a_callable_has_none():
    assert "training" not in study({"p": Procedure([Split(CV), LINE])}).run(repeats=1)

    def mine(data: Data, seeds: Any) -> dict[str, Any]:
        return {"fold": np.zeros(60, int), "sample": np.arange(60), "y_score": data.X[:, 0]}

    cube = study({"p": Procedure([Split(CV), LINE]), "mine": mine}, folds=1, training=True).run(repeats=2)
    assert np.isfinite(repeat_scores(cube, "p", "roc_auc", "training")).all()
    assert np.isnan(repeat_scores(cube, "mine", "roc_auc", "training")).all()
    with pytest.raises(
        StatisticsError, match=r"no 'training': the study does not ask for it; Study\(training=True\)"
    ):
        repeat_scores(build({"a": [0.5, 0.6]}), "a", "roc_auc", "training")


def test_a_report_by_another_metric_keeps_the_training_scores_that_there_are(tmp_path):
    study({"p": Procedure([Split(CV), LINE]), "q": Procedure([Split(CV), LINE])}, training=True).run(
        repeats=2, out=tmp_path
    )
    cube = open_cube(tmp_path)
    found = settled(cube, ["brier", "roc_auc"])
    assert (
        found.training.sel(metric="roc_auc").values.tolist()
        == cube.training.sel(metric="roc_auc").values.tolist()
    )
    assert np.isnan(found.training.sel(metric="brier")).all(), (
        "what models said of their training rows is not kept"
    )


def test_it_is_part_of_the_settings(tmp_path):
    from varbench.errors import CubeError

    procedures = {"p": Procedure([Split(CV), LINE])}
    study(procedures, training=True).run(repeats=1, out=tmp_path)
    with pytest.raises(CubeError, match="training"):
        study(procedures).run(repeats=2, out=tmp_path)


# -- lines ----------------------------------------------------------------------------------------------------------


def test_a_point_is_the_mean_with_its_spread_and_gaps_are_paired_repeat_by_repeat():
    own = RNG.normal(0.7, 0.05, (8, 3))
    truth = own - RNG.normal(0.04, 0.02, (8, 3))
    cube = build({"p": own}, truth={"p": truth}, varied=COHORTS, lines={"one": [[30, "p"]]}, axis="patients")
    (row,) = lines(cube).to_dict("records")
    means = own.mean(axis=1)
    gaps = means - truth.mean(axis=1)
    half = scipy.stats.t.ppf(0.975, 7) * gaps.std(ddof=1) / np.sqrt(8)
    assert (row["line"], row["x"], row["procedure"], row["repeats"]) == ("one", 30.0, "p", 8)
    assert row["score"] == pytest.approx(means.mean())
    assert row["sd"] == pytest.approx(means.std(ddof=1))
    assert row["optimism"] == pytest.approx(gaps.mean())
    assert [row["optimism_low"], row["optimism_high"]] == pytest.approx(
        [gaps.mean() - half, gaps.mean() + half]
    )
    assert np.isnan([row["training"], row["overfit"]]).all()


@pytest.mark.parametrize(("metric", "sign"), [("roc_auc", 1), ("brier", -1)])
def test_what_looks_better_is_positive_in_either_direction(metric, sign):
    own, better = np.full((4, 1), 0.4), np.full((4, 1), 0.4) + sign * np.array([[0.1], [0.1], [0.2], [0.2]])
    cube = build({"p": own}, truth={"p": own - sign * 0.05}, metrics=[metric], lines={"one": [[1, "p"]]})
    cube = cube.assign(training=(("procedure", "repeat", "fold", "metric"), better[None, :, :, None]))
    (row,) = lines(cube.assign_attrs(direction="greater" if sign > 0 else "less")).to_dict("records")
    assert row["overfit"] == pytest.approx(0.15)
    assert row["optimism"] == pytest.approx(0.05)
    assert row["overfit_low"] < 0.15 < row["overfit_high"]


def test_without_lines_there_are_none():
    assert lines(build({"a": [0.5, 0.6]})).empty
    assert line_shares(build({"a": [0.5, 0.6]})).empty


# -- shares ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("axis", "source"), [(0, "the number"), (1, "the line"), (2, "the repeat")])
def test_what_moves_the_score_alone_has_all_of_the_variance(axis, source):
    shape = [1, 1, 1]
    shape[axis] = (4, 3, 6)[axis]
    effect = np.random.default_rng(1).normal(0, 0.1, shape)
    noise = np.random.default_rng(2).normal(0, 1e-4, (4, 3, 6))
    shares = line_shares(grid(0.7 + effect + noise)).set_index("source")["share"]
    assert shares[source] > 0.99
    assert shares.sum() == pytest.approx(1)


def test_components_are_those_of_the_mean_squares():
    a, b, n = (
        4,
        3,
        6,
    )  # Searle, Casella & McCulloch 1992, the balanced crossed case, worked out for one factor
    scores = np.random.default_rng(8).normal(0.7, 0.05, (a, b, n))
    scores += np.linspace(0, 0.3, a)[:, None, None]
    total = scores.mean()
    m = {axes: scores.mean(axis=axes) for axes in [(1, 2), (0, 1), (0, 2), (2,), (1,), (0,)]}
    ms_a = b * n * ((m[1, 2] - total) ** 2).sum() / (a - 1)
    ab = m[2,] - m[1, 2][:, None] - m[0, 2][None, :] + total
    an = m[1,] - m[1, 2][:, None] - m[0, 1][None, :] + total
    bn = m[0,] - m[0, 2][:, None] - m[0, 1][None, :] + total
    ms_ab, ms_an = n * (ab**2).sum() / (a - 1) / (b - 1), b * (an**2).sum() / (a - 1) / (n - 1)
    fitted = (
        total
        + (m[1, 2] - total)[:, None, None]
        + (m[0, 2] - total)[None, :, None]
        + (m[0, 1] - total)[None, None, :]
    )
    rest = scores - fitted - ab[:, :, None] - an[:, None, :] - bn[None, :, :]
    ms_e = (rest**2).sum() / (a - 1) / (b - 1) / (n - 1)
    found = line_shares(grid(scores)).set_index("source")["variance"]
    assert found["the number"] == pytest.approx((ms_a - ms_ab - ms_an + ms_e) / (b * n))


def test_shares_need_a_grid():
    scores = np.random.default_rng(1).normal(0.7, 0.1, (3, 2, 5))
    assert len(line_shares(grid(scores))) == 7
    assert line_shares(grid(scores[:, :1])).empty, "one line"
    assert line_shares(grid(scores[:1])).empty, "one number"
    other = {"line 0": [[0.0, "0 0"], [1.0, "0 1"]], "line 1": [[0.0, "1 0"], [2.0, "1 2"]]}
    assert line_shares(grid(scores, lines=other)).empty, "other numbers"


def test_a_wider_range_gives_the_number_a_larger_share():
    rng = np.random.default_rng(1)
    scores = 0.7 - np.array([0.0, 0.01, 0.05, 0.3])[:, None, None] + rng.normal(0, 0.05, (1, 3, 1))
    scores = scores + rng.normal(0, 1e-3, (4, 3, 6))
    cube = grid(scores)
    found = line_ranges(cube)
    assert found.columns.tolist() == list(RANGE_COLUMNS)
    assert found["up_to"].tolist() == [1.0, 2.0, 3.0]
    assert (np.diff(found["number"]) > 0).all()
    assert found[list(RANGE_COLUMNS[1:])].sum(axis=1).tolist() == pytest.approx([1, 1, 1])
    whole = line_shares(cube).set_index("source")["share"]
    assert found["number"].iloc[-1] == pytest.approx(whole["the number"])
    # The first range is the cube that has the first two numbers alone.
    first = line_shares(grid(scores[:2])).set_index("source")["share"]
    assert found.iloc[0][["number", "line", "repeat"]].tolist() == pytest.approx(
        first[["the number", "the line", "the repeat"]].tolist()
    )
    assert line_ranges(grid(scores[:2])).empty, "two numbers have one range"
    assert line_ranges(build({"a": [0.5, 0.6]})).empty


def test_a_repeat_that_one_procedure_lacks_counts_for_none():
    scores = np.random.default_rng(1).normal(0.7, 0.1, (3, 2, 6))
    short = scores.copy()
    short[0, 0, 2] = np.nan
    left = line_shares(grid(np.delete(scores, 2, axis=2)))
    assert line_shares(grid(short))["variance"].tolist() == pytest.approx(left["variance"].tolist())


# -- how it is shown ------------------------------------------------------------------------------------------------


def sized(data: Any = None, **more: Any) -> Study:
    steps = {n: Procedure([("fewer", Subsample(n)), Split(CV), LINE]) for n in (20, 30, 40)}
    weak = {
        n: Procedure([("fewer", Subsample(n)), Split(CV), ("weak", LogisticRegression(C=1e-3))])
        for n in (20, 30, 40)
    }
    procedures = {f"{n}": p for n, p in steps.items()} | {f"weak {n}": p for n, p in weak.items()}
    points = {"a line": {n: f"{n}" for n in steps}, "a weak line": {n: f"weak {n}" for n in weak}}
    return study(procedures | {"all": Procedure([Split(CV), LINE])}, data, axis="patients", lines=points, training=True,
                 **{"compare": ("40", "20"), "vary": ["split", "resample"], **more})  # fmt: skip


@pytest.fixture(scope="module")
def told():
    population = SimulatedRadiomics(n_cases=60, n_positive=24, n_features=20)
    return report(sized(population, vary=["cohort", "split", "resample"]).run(repeats=3))


def test_the_section_has_a_row_a_point_and_names_the_axis(told):
    (section,) = [one for one in told.document.sections if one.name == "lines"]
    assert section.title == "ROC AUC over patients"
    (points,) = [one for one in told.document.tables() if one.name == "lines"]
    assert [column.title for column in points.columns][:5] == ["Line", "Patients", "Own", "SD", "Training"]
    assert [row.cells[:2] for row in points.rows] == [
        (line, size) for line in ("a line", "a weak line") for size in ("20", "30", "40")
    ]
    shares = [one for one in told.document.tables() if one.name == "line_shares"]
    assert shares[0].rows[0].cells[0] == "Patients"
    assert shares[0].rows[3].cells[0] == "Patients × the line"


def test_the_lines_open_the_page_and_its_first_sentence_has_their_ends(told):
    assert told.document.opening.name == "lines"
    names = [figure.name for figure in told.document.figures()]
    assert (
        names.count("lines") == names.count("opening") == 1
    )  # the pair of the verdict follows with the scores
    frame = told.frame("lines").set_index(["line", "x"])
    for line in ("a line", "a weak line"):
        small, large = (frame.loc[(line, size), "score"] for size in (20, 40))
        assert f"{line} {small:.2f} at 20, {large:.2f} at 40" in told.document.lead
    shares = told.frame("line_shares").sort_values("share", ascending=False)["share"]
    assert f"Of the variance of all these scores {100 * shares.iloc[0]:.1f}" in told.document.lead


def test_the_terminal_shows_the_lines_and_the_two_of_the_verdict_in_the_order_of_the_headings(told):
    text = told.text()
    heading, row = (
        next(line for line in text.splitlines() if key in line) for key in ("(truly)", "ROC AUC *")
    )
    assert [word for word in heading.split() if word in ("40", "20", "all")] == ["40", "20"]
    scores = told.frame("scores").set_index(["procedure", "metric"])["mean"]
    words = row.split("│")[1].split()  # mean, (SD) and truth of both, then the difference
    assert float(words[0]) == pytest.approx(scores["40", "roc_auc"], abs=6e-4)
    assert float(words[3]) == pytest.approx(scores["20", "roc_auc"], abs=6e-4)
    assert "The other 5 procedures are in the report." in text
    assert "ROC AUC, means over simulated cohorts" in text


def test_of_a_line_the_first_and_the_last_order_of_steps_are_drawn(told):
    (section,) = [one for one in told.document.sections if one.name == "steps"]
    (orders,) = [block for block in section.blocks if isinstance(block, Orders)]
    assert [name for name, _ in orders.procedures] == ["20", "40", "weak 20", "weak 40", "all"]
    said = [block.text for block in section.blocks if isinstance(block, Paragraph)]
    assert (
        "Of every line the first and the last procedure; 2 between them differ in one number: patients."
        in said
    )


def test_what_belongs_to_a_line_has_its_colour_and_the_ceiling_is_drawn(told):
    frame, options = drawn(told)
    kinds = ("", "on the training rows: ", "on fresh cases: ")
    assert set(frame["series"]) == {f"{kind}{line}" for kind in kinds for line in ("a line", "a weak line")}
    assert options["references"] == ({"y": 0.72, "label": "the best possible"},)
    curves = told.plot("lines").axes[0].get_lines()
    colours: dict[tuple[float, ...], str] = {}
    for line in curves:
        if (
            len(line.get_xdata()) == 3
            and line.get_linewidth() >= 1.4
            and line.get_color() != curves[-1].get_color()
        ):
            colours[tuple(np.round(np.asarray(line.get_ydata(), float), 9))] = line.get_color()
    points = told.frame("lines")
    for _, part in points.groupby("line"):
        own, training, truth = (tuple(np.round(part[column], 9)) for column in ("score", "training", "truth"))
        assert colours[own] == colours[training] == colours[truth]


def test_a_ceiling_is_of_the_auc_of_a_population_that_knows_it(told):
    (section,) = [one for one in told.document.sections if one.name == "lines"]
    texts = [block.text for block in section.blocks if isinstance(block, Paragraph)]
    assert "Who knew the population would have 0.720" in texts[0]
    real = report(sized().run(repeats=2))
    assert drawn(real)[1]["references"] == ()
    unknown = {**told.about, "data": {**told.about["data"], "ceiling": None}}
    assert [ceiling(told), ceiling(replace(told, about=unknown))] == [0.72, None]
    assert ceiling(replace(told, metrics={"accuracy": told.metrics["roc_auc"]})) is None


@pytest.mark.parametrize(
    "population",
    [
        SimulatedPairs(),
        SimulatedPairs(n_alone=1, n_pairs=1, alone=0.8, paired=0.8),
        SimulatedPairs(n_pairs=3, alone=0.6, paired=0.7),
        SimulatedPairs(alone=0.5, paired=0.9),
        SimulatedPairs(alone=0.7, paired=0.5),
    ],
)
def test_the_ceiling_of_pairs_is_the_auc_of_the_likelihood_ratio(population):
    data = population.sample(100_000, 1)
    r, m, k = population.correlation, population.n_alone, population.n_pairs
    of_two = scipy.stats.multivariate_normal
    ratio = (population.shift * data.X[:, :m]).sum(axis=1)
    for pair in range(k):
        both = data.X[:, m + 2 * pair : m + 2 * pair + 2]
        densities = [of_two([0, 0], [[1, s * r], [s * r, 1]]).logpdf(both) for s in (1, -1)]
        ratio = ratio + densities[0] - densities[1]
    assert population.ceiling == pytest.approx(roc_auc_score(data.y, ratio), abs=4 * 0.0017)

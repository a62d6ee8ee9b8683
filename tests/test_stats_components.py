"""Variance components: published tables, statsmodels, a likelihood written anew, and intervals that cover."""

from __future__ import annotations

import itertools
import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.optimize

from varbench.errors import StatisticsError
from varbench.stats import variance_components, variance_components_long

# Davies & Goldsmith 1972: yield of dyestuff, five samples of each of six batches; and their simulated set.
# lme4 (R): lmer(Yield ~ 1 + (1 | Batch), Dyestuff), and Dyestuff2.
DYESTUFF = np.array(
    [1545, 1440, 1440, 1520, 1580, 1540, 1555, 1490, 1560, 1495, 1595, 1550, 1605, 1510, 1560,
     1445, 1440, 1595, 1465, 1545, 1595, 1630, 1515, 1635, 1625, 1520, 1455, 1450, 1480, 1445], float
).reshape(6, 5)  # fmt: skip
DYESTUFF2 = np.array(
    [7.298, 3.846, 2.434, 9.566, 7.990, 5.220, 6.556, 0.608, 11.788, -0.892, 0.110, 10.386, 13.434, 5.510, 8.166,
     2.212, 4.852, 7.092, 9.288, 4.980, 0.282, 9.014, 4.458, 9.446, 7.198, 1.722, 4.782, 8.106, 0.758, 3.758]
).reshape(6, 5)  # fmt: skip


def crossed(seed: int = 0, shape: tuple[int, ...] = (10, 10, 5), offset: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    a, b, r = shape
    return (
        offset + rng.normal(0, 2, (a, 1, 1)) + rng.normal(0, 1, (1, b, 1)) + rng.normal(0, 0.7, (a, b, 1))
        + rng.normal(0, 0.5, (a, b, r))
    )  # fmt: skip


def long(array: np.ndarray, names: list[str]) -> pd.DataFrame:
    index = np.indices(array.shape).reshape(array.ndim, -1)
    return pd.DataFrame({name: index[axis] for axis, name in enumerate(names)} | {"score": array.ravel()})


@pytest.mark.parametrize("method", ["anova", "reml"])
def test_dyestuff_as_lme4_has_it(method: str) -> None:
    found = variance_components(DYESTUFF, factors=["batch"], replicates=True, method=method)
    assert found.variances["batch"] == pytest.approx(1764, abs=0.5)
    assert found.variances["residual"] == pytest.approx(2451, abs=0.5)
    assert found.mean == pytest.approx(1527.5)


def test_dyestuff2_where_the_batches_have_no_variance() -> None:
    by_squares = variance_components(DYESTUFF2, factors=["batch"], replicates=True)
    assert by_squares.variances["batch"] == 0
    assert by_squares.notes == ("variance_negative",)
    assert by_squares.frame()["negative"].tolist() == [True, False]
    assert by_squares.result("residual").notes == ()
    assert by_squares.result("batch").estimate == 0
    fitted = variance_components(DYESTUFF2, factors=["batch"], replicates=True, method="reml")
    assert fitted.variances == {"batch": 0.0, "residual": pytest.approx(13.81, abs=0.005)}
    low, high = fitted.result("batch").interval
    assert low == 0 < high


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_two_crossed_factors_by_the_textbook(offset: float) -> None:
    x = crossed(offset=offset)
    found = variance_components(x, factors=["split", "init"], replicates=True)
    cells = x.mean(2)
    grand, rows, columns = x.mean(), x.mean((1, 2)), x.mean((0, 2))
    error = ((x - cells[..., None]) ** 2).sum() / 400
    both = 5 * ((cells - rows[:, None] - columns + grand) ** 2).sum() / 81
    split, init = 50 * ((rows - grand) ** 2).sum() / 9, 50 * ((columns - grand) ** 2).sum() / 9
    expected = {"split": (split - both) / 50, "init": (init - both) / 50, "split:init": (both - error) / 5}
    assert found.variances == pytest.approx(expected | {"residual": error}, rel=1e-6 if offset else 1e-9)
    frame = found.frame()
    assert frame["share"].sum() == pytest.approx(1)
    assert (frame["sd"] ** 2).tolist() == pytest.approx(frame["variance"].tolist())
    assert found.levels == {"split": 10, "init": 10}


def test_three_crossed_factors_without_replicates_have_every_interaction() -> None:
    rng = np.random.default_rng(7)
    x = rng.normal(size=(4, 3, 5)) + rng.normal(0, 2, (4, 1, 5))
    found = variance_components(x, factors=["a", "b", "c"])
    assert found.terms == ("a", "b", "c", "a:b", "a:c", "b:c", "residual")
    # every variance of the expected mean squares, solved by least squares over all pairs of cells: E(x x') differs
    # by which indices two scores share
    centred_pairs: dict[tuple[bool, ...], list[float]] = {}
    flat = [(index, x[index]) for index in np.ndindex(x.shape)]
    for (i, u), (j, v) in itertools.combinations(flat, 2):
        centred_pairs.setdefault(tuple(p == q for p, q in zip(i, j, strict=True)), []).append(
            (u - v) ** 2 / 2
        )
    gamma = {shared: np.mean(values) for shared, values in centred_pairs.items()}
    # half the mean squared difference of scores that share only the indices `s` is the sum of the components
    # that are not inside s: seven equations for seven components
    terms = [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)]
    keys = list(gamma)
    inside = [[not {k for k in range(3) if key[k]} >= set(term) for term in terms] for key in keys]
    solved = np.linalg.solve(np.array(inside, float), [gamma[key] for key in keys])
    assert found.raw == pytest.approx(solved, rel=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_nested_factors_by_hand_and_from_a_long_table(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b, r = 6, 4, 3
    x = rng.normal(0, 2, (a, 1, 1)) + rng.normal(0, 1, (a, b, 1)) + rng.normal(0, 0.5, (a, b, r))
    found = variance_components(x, factors=["data", "fold"], nested={"fold": "data"}, replicates=True)
    between = b * r * x.mean((1, 2)).var(ddof=1)
    within = r * x.mean(2).var(axis=1, ddof=1).mean()
    error = x.var(axis=2, ddof=1).mean()
    expected = {
        "data": (between - within) / (b * r), "data:fold": (within - error) / r, "residual": error
    }  # fmt: skip
    assert found.variances == pytest.approx(expected, rel=1e-9)
    table = long(x, ["data", "fold", "copy"]).sample(frac=1, random_state=seed)
    reused = variance_components_long(table, "score", ["data", "fold"], nested={"fold": "data"})
    table["fold"] = table["data"] * 10 + table["fold"]  # names of their own in each data set
    unique = variance_components_long(table, "score", ["data", "fold"], nested={"fold": "data"})
    assert reused.method == unique.method == "anova"
    assert reused.variances == pytest.approx(expected, rel=1e-9)
    assert unique.variances == pytest.approx(expected, rel=1e-9)


def restricted_by_brute_force(values: np.ndarray, levels: list[np.ndarray]) -> np.ndarray:
    """Maximise the restricted likelihood with dense matrices: no centring, no ratios, no reduction."""
    n = len(values)
    pieces = [np.equal.outer(codes, codes).astype(float) for codes in levels] + [np.eye(n)]
    ones = np.ones((n, 1))

    def deviance(logs: np.ndarray) -> float:
        v = sum(np.exp(log) * piece for log, piece in zip(logs, pieces, strict=True))
        inverse = np.linalg.inv(v)
        weight = float((ones.T @ inverse @ ones)[0, 0])
        mean = float((ones.T @ inverse @ values)[0]) / weight
        left = values - mean
        return float(np.linalg.slogdet(v)[1] + np.log(weight) + left @ inverse @ left)

    start = np.log(np.full(len(pieces), values.var() / len(pieces)))
    options = {"xatol": 1e-9, "fatol": 1e-12, "maxiter": 8000, "maxfev": 8000}
    found = scipy.optimize.minimize(deviance, start, method="Nelder-Mead", options=options)
    return np.exp(found.x)


@pytest.mark.parametrize("seed", [0, 1])
def test_missing_cells_against_a_likelihood_written_anew(seed: int) -> None:
    x = crossed(seed, (5, 4, 2))
    rng = np.random.default_rng(seed)
    x[rng.random(x.shape) < 0.2] = np.nan
    found = variance_components(x, factors=["split", "init"], replicates=True)
    assert found.method == "reml"
    assert set(found.notes) == {"unbalanced", "cells_missing"}
    i, j, _ = np.nonzero(np.isfinite(x))
    expected = restricted_by_brute_force(x[np.isfinite(x)], [i, j, i * 4 + j])
    assert found.raw == pytest.approx(expected, rel=1e-4, abs=1e-6)
    assert found.settings["n_dropped"] == int(np.isnan(x).sum())


def test_missing_cells_against_statsmodels() -> None:
    mixed = pytest.importorskip("statsmodels.regression.mixed_linear_model")
    table = long(crossed(3, (8, 6, 3)), ["split", "init", "copy"]).sample(frac=0.85, random_state=1)
    found = variance_components_long(table, "score", ["split", "init"])
    table["both"] = table["split"] * 100 + table["init"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = mixed.MixedLM.from_formula(
            "score ~ 1", groups=np.ones(len(table)), data=table,
            vc_formula={"a": "0 + C(split)", "b": "0 + C(init)", "c": "0 + C(both)"}, re_formula="0",
        ).fit(reml=True)  # fmt: skip
    names = dict(zip(theirs.model.exog_vc.names, theirs.vcomp, strict=True))
    expected = [names["a"], names["b"], names["c"], theirs.scale]
    assert found.raw == pytest.approx(expected, rel=2e-3)


def test_on_full_tables_the_likelihood_gives_what_mean_squares_give() -> None:
    x = crossed(5, (7, 6, 3))
    squares = variance_components(x, replicates=True, interval="satterthwaite")
    fitted = variance_components(x, replicates=True, method="reml")
    assert (squares.raw > 0).all()
    assert fitted.raw == pytest.approx(squares.raw, rel=1e-8)
    assert fitted.df == pytest.approx(squares.df, rel=1e-6)
    assert fitted.low == pytest.approx(squares.low, rel=1e-6)
    assert fitted.notes == ()


def test_units_and_the_order_of_axes_do_not_matter() -> None:
    x = crossed(6, (6, 5, 3))
    plain = variance_components(x, factors=["a", "b"], replicates=True)
    turned = variance_components(x.transpose(1, 0, 2) * 100 + 3e4, factors=["b", "a"], replicates=True)
    for term, other in (("a", "a"), ("b", "b"), ("a:b", "b:a"), ("residual", "residual")):
        one, two = plain.result(term), turned.result(other)
        assert two.estimate == pytest.approx(1e4 * one.estimate, rel=1e-8)
        assert two.interval == pytest.approx(tuple(1e4 * bound for bound in one.interval), rel=1e-8)
    x[0, 0, 0] = np.nan
    small = variance_components(x * 1e-6, replicates=True)
    assert small.raw == pytest.approx(1e-12 * variance_components(x, replicates=True).raw, rel=1e-6)


def test_shares_have_intervals_and_repeat() -> None:
    found = variance_components(crossed(), factors=["split", "init"], replicates=True)
    first, again, other = (found.shares(n_resamples=2000, rng=seed) for seed in (0, 0, 1))
    assert first.equals(again)
    assert not first.equals(other)
    assert (first["ci_low"] <= first["share"]).all()
    assert (first["share"] <= first["ci_high"]).all()
    assert ((first["ci_low"] >= 0) & (first["ci_high"] <= 1)).all()
    x = crossed(1, (6, 5, 3))
    x[0, 0, 0] = np.nan
    fitted = variance_components(x, replicates=True).shares(n_resamples=500)
    assert (fitted["ci_low"] < fitted["ci_high"]).all()


def test_results_carry_labels_and_what_json_holds() -> None:
    found = variance_components(
        crossed(), factors=["split", "init"], replicates=True, estimand="E2", confidence_level=0.8
    )
    for result in found.results:
        assert (result.estimand, result.unit, result.confidence_level, result.n) == ("E2", "run", 0.8, 500)
        assert json.loads(json.dumps(result.to_dict(), allow_nan=False))["settings"]["levels"] == {
            "split": 10, "init": 10
        }  # fmt: skip
    wide = variance_components(crossed(), factors=["split", "init"], replicates=True)
    assert (wide.high - wide.low > found.high - found.low).all()
    with pytest.raises(StatisticsError, match="unknown term 'spilt'; did you mean split"):
        found.result("spilt")


def test_scores_that_are_all_equal() -> None:
    for method in ("anova", "reml"):
        found = variance_components(np.full((4, 3), 0.7), factors=["a", "b"], method=method)
        assert found.notes == ("no_variance",)
        assert found.total == 0
        assert found.frame()["share"].tolist() == [0, 0, 0]
        assert all(result.interval is None for result in found.results)
        assert found.shares()["ci_low"].isna().all()
    jitter = np.full((4, 3), 0.3)
    jitter[1, 2] = 0.1 + 0.2  # the same, but for the last bit
    assert variance_components(jitter).notes == ("no_variance",)


def test_one_factor_explains_everything_and_a_cell_is_missing() -> None:
    x = np.repeat(np.arange(5.0)[:, None], 4, axis=1)
    x[0, 0] = np.nan
    found = variance_components(x, factors=["split", "init"])
    assert found.variances == pytest.approx({"split": 2.5, "init": 0.0, "residual": 0.0}, rel=1e-6)
    assert found.result("split").interval == pytest.approx(
        (2.5 * 4 / 11.143287, 2.5 * 4 / 0.484419), rel=1e-5
    )
    with pytest.raises(StatisticsError, match="up to 4e-200 in size"):
        variance_components(x * 1e-200)


def test_factors_that_cannot_be_told_apart_are_refused_with_the_cure() -> None:
    table = pd.DataFrame(
        {"data": [0, 0, 0, 1, 1, 1, 2, 2], "fold": [0, 0, 1, 2, 2, 3, 4, 5], "score": range(8)}
    )
    with pytest.raises(StatisticsError, match=r"say nested=\{'fold': 'data'\}"):
        variance_components_long(table, "score", ["data", "fold"])
    found = variance_components_long(table, "score", ["data", "fold"], nested={"fold": "data"})
    assert found.terms == ("data", "data:fold", "residual")
    with pytest.raises(StatisticsError, match="if both are the same, leave one out"):
        variance_components_long(table.assign(copy=table["data"]), "score", ["data", "copy"])


def test_only_one_factor_varies() -> None:
    x = np.repeat(np.arange(5.0)[:, None], 4, axis=1)
    found = variance_components(x, factors=["split", "init"])
    assert found.variances == pytest.approx({"split": 2.5, "init": 0.0, "residual": 0.0})
    assert found.result("split").interval == pytest.approx(
        (2.5 * 4 / 11.143287, 2.5 * 4 / 0.484419), rel=1e-6
    )


@pytest.mark.parametrize(
    ("scores", "settings", "message"),
    [
        (np.ones((1, 4)), {}, "factor_1 has 1 level"),
        (np.ones((3, 1)), {"factors": ["split"], "replicates": True}, "the replicates has 1 level"),
        (np.ones((3, 4)), {"factors": ["split"]}, "2 different names are needed"),
        (np.ones((3, 4)), {"factors": ["a", "a"]}, "2 different names"),
        (np.ones((3, 4)), {"factors": ["a", "residual"]}, "taken by the terms"),
        (np.ones(3), {"factors": "split"}, "give a list of names"),
        (np.ones((3, 4)), {"factors": ["a", "b"], "nested": {"c": "a"}}, "unknown factor 'c'"),
        (np.ones((3, 4)), {"factors": ["a", "b"], "nested": {"a": "b", "b": "a"}}, "nested in itself"),
        (np.ones((3, 4)), {"method": "remel"}, "did you mean reml"),
        (np.ones((3, 4)), {"interval": "wald"}, "unknown interval 'wald'"),
        ([[1.0, np.inf]], {}, "1 infinite"),
        ([["a", "b"]], {}, "no number"),
        (np.ones(3), {"replicates": True}, "one axis a source is needed, and one of replicates"),
    ],
)
def test_designs_that_cannot_be_are_refused(
    scores: object, settings: dict[str, object], message: str
) -> None:
    with pytest.raises(StatisticsError, match=message):
        variance_components(scores, **settings)


def test_tables_that_cannot_be_are_refused() -> None:
    table = long(crossed(), ["split", "init", "copy"])
    with pytest.raises(StatisticsError, match="unknown column 'spilt'; did you mean split"):
        variance_components_long(table, "score", ["spilt"])
    with pytest.raises(StatisticsError, match="fewer than two levels"):
        variance_components_long(table[table["split"] == 0], "score", ["split", "init"])
    holes = table.assign(init=table["init"].where(table.index > 3))
    with pytest.raises(StatisticsError, match=r"a level is missing in init: .*keep_default_na"):
        variance_components_long(holes, "score", ["split", "init"])
    gap = crossed()
    gap[0, 0, 0] = np.nan
    with pytest.raises(StatisticsError, match="take method='reml'"):
        variance_components(gap, replicates=True, method="anova")
    with pytest.raises(StatisticsError, match="at most 4000 are fitted"):
        variance_components(np.random.default_rng(0).normal(size=(80, 60, 3)), replicates=True, method="reml")


@pytest.mark.slow
@pytest.mark.parametrize("interval", ["mls", "satterthwaite"])
def test_intervals_of_components_cover(interval: str) -> None:
    times, true = 1500, np.array([4.0, 1.0, 0.49, 0.25])
    inside = np.zeros(4)
    for seed in range(times):
        found = variance_components(crossed(1000 + seed, (8, 6, 3)), replicates=True, interval=interval)
        inside += (found.low <= true) & (true <= found.high)
    assert (inside / times > 0.93).all()
    assert (inside / times < 0.975).all()


@pytest.mark.slow
def test_intervals_of_shares_and_of_the_likelihood_cover() -> None:
    times, true = 400, np.array([4.0, 1.0, 0.49, 0.25])
    shares, fits = np.zeros(4), np.zeros(4)
    for seed in range(times):
        x = crossed(5000 + seed, (8, 6, 3))
        frame = variance_components(x, replicates=True).shares(n_resamples=1000)
        shares += (frame["ci_low"] <= true / true.sum()) & (true / true.sum() <= frame["ci_high"])
        x[np.random.default_rng(seed).random(x.shape) < 0.1] = np.nan
        found = variance_components(x, replicates=True)
        fits += (found.low <= true) & (true <= found.high)
    assert (shares / times > 0.92).all()
    assert (fits / times > 0.91).all()


def test_fifteen_methods_on_fifty_real_tables(shared_data: Path) -> None:
    """Folds in repeats in data sets, crossed with methods: 37,500 scores, against the pairs of scores that share."""
    path = shared_data / "scores" / "radpca_scores_per_fold.csv"
    table = pd.read_csv(path, keep_default_na=False).sample(frac=1, random_state=0)  # a method is called None
    found = variance_components_long(
        table,
        "auc_fold",
        ["dataset", "repeat", "fold", "method"],
        nested={"repeat": "dataset", "fold": "repeat"},
    )
    assert found.method == "anova"
    assert found.levels == {"dataset": 50, "repeat": 10, "fold": 5, "method": 15}
    assert found.terms[:3] == ("dataset", "method", "dataset:repeat")
    # on average the scores of two methods in one fold share all terms without the method: their covariance is the sum
    array = (
        table.sort_values(["dataset", "repeat", "fold", "method"])["auc_fold"].to_numpy().reshape(-1, 5, 15)
    )
    covariances = np.cov(array.reshape(-1, 15).T)
    shared = (covariances.sum() - np.trace(covariances)) / (15 * 14)
    variances = dict(zip(found.terms, found.raw, strict=True))
    folds = variances["dataset"] + variances["dataset:repeat"] + variances["dataset:repeat:fold"]
    assert folds == pytest.approx(shared, rel=0.02)
    # a fold's own share is by far larger than what a new repeat brings in: repeats share their patients
    assert variances["dataset:repeat:fold"] > 10 * max(variances["dataset:repeat"], 0)

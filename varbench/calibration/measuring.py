"""How often is each method wrong, and how often does it find what is there, in one condition?"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from varbench import seeds
from varbench.calibration.conditions import SIGNALS, Condition
from varbench.calibration.fast_cv import METRICS, Floats, Labels, linear_models, linear_scores, stratified
from varbench.calibration.populations import Cohort, Halves, Population, Table
from varbench.errors import StatisticsError
from varbench.stats import METHODS as STATISTICS
from varbench.stats import Result, mean_over_datasets

#: The nominal error rate.
ALPHA = 0.05


class Call(NamedTuple):
    """What one method said of one simulated data set."""

    differs: bool
    low: float
    high: float


Verdicts = dict[str, Call]


def _call(result: Result) -> Call:
    """Read a result as a call: by its p-value, else by whether its interval holds the value of no difference."""
    low, high = result.interval or (math.nan, math.nan)
    neutral = 0.5 if result.method in ("a12", "prob_outperform") else 0.0
    outside = result.interval is not None and not low <= neutral <= high
    return Call(outside if result.pvalue is None else result.pvalue < ALPHA, low, high)


def _interval_call(low: float, high: float, neutral: float = 0.0) -> Call:
    return Call(not low <= neutral <= high, low, high)


def re_split(a: Floats, b: Floats, ratio: float, wanted: set[str]) -> Verdicts:
    """Ask every method about one cohort; a and b have shape (repeat, fold)."""
    means = a.mean(axis=1), b.mean(axis=1)
    shared = {"repeats_share_data": True}
    stats = STATISTICS
    asked: dict[str, Callable[[], Call]] = {
        "corrected_resampled_t": lambda: _call(
            stats["corrected_resampled_t"](a, b, n_train=1.0, n_test=ratio)
        ),
    }
    if a.shape == (5, 2):
        asked["cv_5x2_t"] = lambda: _call(stats["cv_5x2_t"](a, b))
        asked["cv_5x2_f"] = lambda: _call(stats["cv_5x2_f"](a, b))
    if len(a) > 1:
        asked |= {
            "difference": lambda: _call(stats["difference"](*means, pairing="exact", **shared)),
            "rank_sum": lambda: _call(stats["rank_sum"](*means, method="asymptotic", **shared)),
            "signed_rank": lambda: _call(stats["signed_rank"](*means, **shared)),
            "prob_outperform": lambda: _call(stats["prob_outperform"](*means, **shared)),
            "prob_outperform (published)": lambda: _published(*means),
            "corrected_resampled_t on repeat means": lambda: _call(
                stats["corrected_resampled_t"](*means, n_train=1.0, n_test=ratio)
            ),
        }
    else:
        asked["paired_t"] = lambda: _call(stats["paired_t"](a.ravel(), b.ravel()))
    return {name: ask() for name, ask in asked.items() if name in wanted or not wanted}


def _published(a: Floats, b: Floats) -> Call:
    low, high = STATISTICS["prob_outperform"](a, b).settings["published"]["interval"]
    return _interval_call(low, high, 0.5)


def fresh(a: Floats, b: Floats, wanted: set[str]) -> Verdicts:
    """Ask the methods for repeats with a cohort each; a and b have shape (repeat,)."""
    asked = _FRESH
    more = {"difference": {"pairing": "exact"}, "rank_sum": {"method": "asymptotic"}}
    return {
        name: _call(STATISTICS[name](a, b, **more.get(name, {})))
        for name in asked
        if name in wanted or not wanted
    }


def test_set(y: Labels, a: Floats, b: Floats, wanted: set[str], rng: int) -> Verdicts:
    """Ask the methods for two models on one test set; a and b are scores, above 0 is the positive class."""
    labels = (a > 0).astype(int), (b > 0).astype(int)
    boot = {"metric": "roc_auc", "n_resamples": 1000, "rng": rng}
    asked: dict[str, Callable[[], Result]] = {
        "delong": lambda: STATISTICS["delong"](y, a, b),
        "bootstrap_metric": lambda: STATISTICS["bootstrap_metric"](y, a, b, **boot),
        "bootstrap_metric, stratified": lambda: STATISTICS["bootstrap_metric"](
            y, a, b, stratify=True, **boot
        ),
        "mcnemar": lambda: STATISTICS["mcnemar"](y, *labels),
        "mcnemar, exact": lambda: STATISTICS["mcnemar"](y, *labels, method="exact"),
        "mcnemar, corrected": lambda: STATISTICS["mcnemar"](y, *labels, method="corrected"),
    }
    return {name: _call(ask()) for name, ask in asked.items() if name in wanted or not wanted}


def data_sets(a: Floats, b: Floats, wanted: set[str]) -> Verdicts:
    """Ask the methods for one number a data set."""
    called: dict[str, Callable[..., Result]] = {
        "mean_over_datasets": lambda a, b: mean_over_datasets(a, b).result,
        "signed_rank": STATISTICS["signed_rank"],
        "sign_test": STATISTICS["sign_test"],
    }
    return {name: _call(called[name](a, b)) for name in _DATA_SETS if name in wanted or not wanted}


def measure(
    condition: Condition,
    n_sim: int,
    *,
    seed: int = 0,
    methods: Iterable[str] = (),
    table: Table | None = None,
) -> pd.DataFrame:
    """Measure methods in one condition.

    Parameters
    ----------
    condition : Condition
        The setting.
    n_sim : int
        Simulated cohorts, test sets or collections.
    seed : int
        Every simulation has random numbers of its own, by the condition's name and its number.
    methods : iterable of str
        Which; all that fit the design by default.
    table : Table, optional
        The population, where it is no simulated one.

    Returns
    -------
    DataFrame
        A row a method: ``differs`` (share of simulations in which it calls the two different: its error rate where
        they are equal, its power where not), ``standard_error`` of that share, ``coverage`` of its interval for the
        true difference, ``width`` (mean), ``truth``, ``n_sim``.
    """
    wanted = set(methods)
    calls: dict[str, list[Call]] = {}
    truths: list[float] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        for number in range(n_sim):
            rng = seeds.generator(seed, "calibrate", number, step=condition.name)
            found, truth = _DESIGNS[condition.design](condition, rng, wanted, table)
            truths.append(truth)
            for name, call in found.items():
                calls.setdefault(name, []).append(call)
    truth = 0.0 if condition.is_null else float(np.mean(truths))
    return pd.DataFrame([_summary(condition, name, made, truth, n_sim) for name, made in calls.items()])


def _summary(
    condition: Condition, name: str, made: Sequence[Call], truth: float, n_sim: int
) -> Mapping[str, object]:
    share = sum(call.differs for call in made) / n_sim
    bounds = np.array([(call.low, call.high) for call in made])
    known = np.isfinite(bounds).all(axis=1)
    aims = name not in _OTHER_SCALE
    inside = known & (bounds[:, 0] <= truth) & (truth <= bounds[:, 1])
    return {
        **condition.to_dict(), "method": name, "null": condition.is_null, "differs": share,
        "standard_error": math.sqrt(max(share * (1 - share), 0.25 / n_sim) / n_sim),
        "coverage": inside.sum() / known.sum() if aims and known.any() else math.nan,
        "width": float(np.diff(bounds[known]).mean()) if aims and known.any() else math.nan,
        "truth": truth, "n_sim": n_sim,
    }  # fmt: skip


def known_methods() -> tuple[str, ...]:
    """Give the names of all methods that a calibration can measure."""
    return tuple(dict.fromkeys((*_RE_SPLIT, *_FRESH, *_TEST_SET, *_DATA_SETS)))


_RE_SPLIT = (
    "corrected_resampled_t", "cv_5x2_t", "cv_5x2_f", "difference", "rank_sum", "signed_rank", "prob_outperform",
    "prob_outperform (published)", "corrected_resampled_t on repeat means", "paired_t",
)  # fmt: skip
_FRESH = ("difference", "signed_rank", "prob_outperform", "rank_sum")
_TEST_SET = (
    "delong", "bootstrap_metric", "bootstrap_metric, stratified", "mcnemar", "mcnemar, exact", "mcnemar, corrected",
)  # fmt: skip
_DATA_SETS = ("mean_over_datasets", "signed_rank", "sign_test")
#: Methods whose interval is not about the difference of means.
_OTHER_SCALE = {
    "prob_outperform", "prob_outperform (published)", "mcnemar", "mcnemar, exact", "mcnemar, corrected", "cv_5x2_f",
    "sign_test",
}  # fmt: skip


def population_of(condition: Condition, table: Table | None = None) -> Population:
    """Give the population of a condition."""
    if condition.population != "halves":
        if table is None:
            raise StatisticsError(f"the population {condition.population!r} needs its table")
        return table
    signal = SIGNALS[condition.signal]
    return Halves(condition.prevalence, signal, signal - condition.less)


def fold_scores_of(
    condition: Condition, cohort: Cohort, rng: np.random.Generator
) -> tuple[Floats, Floats, float]:
    """Cross-validate both procedures on one cohort: scores of shape (repeat, fold), and the ratio of the sizes."""
    repeats = condition.repeats if condition.design == "re-split" else 1
    splits = stratified(cohort.y, condition.folds, repeats, rng)
    test = splits.test.reshape(-1, len(cohort.y))
    a, b = (
        METRICS[condition.metric](linear_scores(X, cohort.y, ~test, condition.model), cohort.y, test)
        for X in (cohort.first, cohort.second)
    )
    return a.reshape(repeats, -1), b.reshape(repeats, -1), splits.ratio


def _one_cohort(
    condition: Condition, rng: np.random.Generator, wanted: set[str], table: Table | None
) -> tuple[Verdicts, float]:
    population = population_of(condition, table)
    if isinstance(population, Table):
        cohort, rest = population.rest(condition.n, rng)
        truth = _true_difference(condition, cohort, rest, rng)
    else:
        cohort, truth = population.cohort(condition.n, rng), math.nan
    a, b, ratio = fold_scores_of(condition, cohort, rng)
    # Over many cohorts the mean of cross-validated differences is the ideal estimator of the truth.
    return re_split(a, b, ratio, wanted), float((a - b).mean()) if math.isnan(truth) else truth


def _true_difference(condition: Condition, cohort: Cohort, rest: Cohort, rng: np.random.Generator) -> float:
    """Give the difference on all other cases of models that were trained as those of the first repeat."""
    train = ~stratified(cohort.y, condition.folds, 1, rng).test[0]
    everyone = np.ones((len(train), len(rest.y)), dtype=np.bool_)
    found = []
    for X, outside in ((cohort.first, rest.first), (cohort.second, rest.second)):
        direction, threshold = linear_models(X, cohort.y, train, condition.model)
        scores = direction @ outside.T - threshold[:, None]
        found.append(
            _large_auc(scores, rest.y)
            if condition.metric == "roc_auc"
            else METRICS["accuracy"](scores, rest.y, everyone)
        )
    return float((found[0] - found[1]).mean())


def _large_auc(scores: Floats, y: np.ndarray) -> Floats:
    """Give the area under the curve from ranks: many cases have too many pairs to look at each."""
    from scipy.stats import rankdata

    ranks = rankdata(scores, axis=1)
    positives = int((y == 1).sum())
    excess = ranks[:, y == 1].sum(axis=1) - positives * (positives + 1) / 2
    area: Floats = excess / (positives * (len(y) - positives))
    return area


def _fresh_cohorts(
    condition: Condition, rng: np.random.Generator, wanted: set[str], table: Table | None
) -> tuple[Verdicts, float]:
    population = population_of(condition, table)
    means = np.array(
        [
            [
                scores.mean()
                for scores in fold_scores_of(condition, population.cohort(condition.n, rng), rng)[:2]
            ]
            for _ in range(condition.repeats)
        ]
    )
    return fresh(means[:, 0], means[:, 1], wanted), float((means[:, 0] - means[:, 1]).mean())


def _trained_models(
    condition: Condition, rng: np.random.Generator, wanted: set[str], table: Table | None
) -> tuple[Verdicts, float]:
    """Two models with known scores: normal within each class, correlated, equally good where nothing is less."""
    positives = min(max(round(condition.n * condition.prevalence), 2), condition.n - 2)
    y = np.repeat([0, 1], [condition.n - positives, positives])
    shared = rng.normal(size=condition.n)
    signal = SIGNALS[condition.signal]
    a, b = (
        math.sqrt(0.5) * shared + math.sqrt(0.5) * rng.normal(size=condition.n) + (y - 0.5) * s
        for s in (signal, signal - condition.less)
    )
    truth = sum(sign * _area(s) for sign, s in ((1, signal), (-1, signal - condition.less)))
    return test_set(y, a, b, wanted, int(rng.integers(2**31))), truth


def _area(signal: float) -> float:
    """Give the area under the curve of two normal classes with unit variance this far apart."""
    return 0.5 * (1 + math.erf(signal / 2))


def _collections(
    condition: Condition, rng: np.random.Generator, wanted: set[str], table: Table | None
) -> tuple[Verdicts, float]:
    """True differences of data sets, of mean 0 or more, and on top of them what a finite cohort adds."""
    k = condition.n
    draws = {
        "normal": lambda: rng.normal(size=k),
        "heavy": lambda: rng.standard_t(3, size=k) / math.sqrt(3),
        "skewed": lambda: rng.exponential(size=k) - 1,
    }
    truth = 0.02 * condition.less
    a = truth + 0.02 * draws[condition.tail]() + 0.01 * rng.normal(size=k)
    return data_sets(a, np.zeros(k), wanted), truth


_DESIGNS: Mapping[
    str, Callable[[Condition, np.random.Generator, set[str], Table | None], tuple[Verdicts, float]]
] = {
    "re-split": _one_cohort,
    "fresh": _fresh_cohorts,
    "test set": _trained_models,
    "data sets": _collections,
}

"""How often is each method wrong, and how often does it find what is there, in one condition?"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats as distributions
from threadpoolctl import threadpool_limits

from varbench import seeds
from varbench.calibration.calling import (
    OTHER_SCALE,
    Folds,
    OutOfFold,
    Sets,
    data_sets,
    fresh,
    out_of_fold,
    re_split,
)
from varbench.calibration.calls import Call, Calls
from varbench.calibration.conditions import SIGNALS, Condition
from varbench.calibration.drawing import one_model, several_seeds, two_models
from varbench.calibration.fast_cv import (
    METRICS,
    OF_NUMBERS,
    Floats,
    Labels,
    Mask,
    linear_models,
    linear_scores,
    ridge_predictions,
    stratified,
)
from varbench.calibration.on_cases import on_cases
from varbench.calibration.populations import Cohort, Halves, HalvesOfNumbers, Population, Table, tailed
from varbench.errors import StatisticsError

#: Runs of one procedure on each data set.
N_RUNS = 10
#: Simulate one cohort, test set or collection: what the methods say of it, and the true difference.
_Simulate = Callable[[Condition, np.random.Generator, Collection[str], Table | None], tuple[Calls, float]]


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
        Which; all that fit the design by default. The numbers of one do not hang on which others are measured.
    table : Table, optional
        The population, where it is no simulated one.

    Returns
    -------
    DataFrame
        A row a method: ``differs`` (share of simulations in which it calls the two different: its error rate where
        they are equal, its power where not), ``standard_error`` of that share, ``coverage`` of its interval for the
        true difference, ``width`` (mean), ``truth``, ``n_sim``.

    Raises
    ------
    StatisticsError
        If the condition asks for a table that is not there, or is too small.
    """
    wanted = set(methods)
    calls: dict[str, list[Call]] = {}
    truths: list[float] = []
    # One thread a worker: the last bit of a matrix product hangs on their number.
    with warnings.catch_warnings(), threadpool_limits(1):
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
    aims = name not in OTHER_SCALE
    inside = known & (bounds[:, 0] <= truth) & (truth <= bounds[:, 1])
    return {
        **condition.to_dict(), "method": name, "null": condition.is_null, "differs": share,
        "standard_error": math.sqrt(max(share * (1 - share), 0.25 / n_sim) / n_sim),
        "coverage": inside.sum() / known.sum() if aims and known.any() else math.nan,
        "width": float(np.diff(bounds[known]).mean()) if aims and known.any() else math.nan,
        "truth": truth, "n_sim": n_sim,
    }  # fmt: skip


def population_of(condition: Condition, table: Table | None = None) -> Population:
    """Give the population of a condition."""
    if condition.population != "halves":
        if table is None:
            raise StatisticsError(f"the population {condition.population!r} needs its table")
        return table
    signal = SIGNALS[condition.signal]
    if condition.is_of_numbers:
        return HalvesOfNumbers(signal, signal - condition.less, condition.tail)
    return Halves(condition.prevalence, signal, signal - condition.less)


def cross_validated(
    condition: Condition, cohort: Cohort, rng: np.random.Generator
) -> tuple[Folds, Callable[[int], OutOfFold]]:
    """Cross-validate both procedures on one cohort: the scores of the folds, and how to get those out of the fold."""
    repeats = condition.repeats if condition.design == "re-split" else 1
    strata = np.zeros(len(cohort.y), np.int64) if condition.is_of_numbers else cohort.y
    splits = stratified(strata, condition.folds, repeats, rng)
    test = splits.test.reshape(-1, len(cohort.y))
    said, score = _said(condition, cohort, ~test)
    a, b = (score(each, cohort.y, test).reshape(repeats, -1) for each in said)

    def outside(number: int) -> OutOfFold:
        fold = splits.test.argmax(axis=1)
        first, second = (
            np.take_along_axis(scores.reshape(splits.test.shape), fold[:, None, :], 1)[:, 0]
            for scores in said
        )
        return OutOfFold(cohort.y, first, second, fold, condition.metric, number)

    return Folds(a, b, splits.ratio), outside


def _said(
    condition: Condition, cohort: Cohort, train: Mask
) -> tuple[list[Floats], Callable[[Floats, Any, Mask], Floats]]:
    """Give what models of each training set say of all cases, one table a procedure, and the metric of it."""
    if condition.is_of_numbers:
        return [ridge_predictions(X, cohort.y, train) for X in cohort[:2]], OF_NUMBERS[condition.metric]
    said = [linear_scores(X, cohort.y, train, condition.model) for X in cohort[:2]]
    return said, METRICS[condition.metric]


def _one_cohort(
    condition: Condition, rng: np.random.Generator, wanted: Collection[str], table: Table | None
) -> tuple[Calls, float]:
    cohort, rest = _drawn(condition, rng, table)
    truth = None if rest is None else _true_difference(condition, cohort, rest, rng)
    folds, outside = cross_validated(condition, cohort, rng)
    found = re_split(*folds, wanted) | out_of_fold(folds, outside(int(rng.integers(2**31))), wanted)
    # Over many cohorts the mean of cross-validated differences is the ideal estimator of the truth.
    return found, float((folds.a - folds.b).mean()) if truth is None else truth


def _drawn(
    condition: Condition, rng: np.random.Generator, table: Table | None
) -> tuple[Cohort, Cohort | None]:
    """Draw a cohort; of a table the other cases as well."""
    population = population_of(condition, table)
    if isinstance(population, Table):
        return population.rest(condition.n, condition.prevalence, rng)
    return population.cohort(condition.n, rng), None


def _true_difference(condition: Condition, cohort: Cohort, rest: Cohort, rng: np.random.Generator) -> float:
    """Give the difference on all other cases of models that were trained on the folds of one re-split."""
    train = ~stratified(cohort.y, condition.folds, 1, rng).test[0]
    score = _large_auc if condition.metric == "roc_auc" else _large_accuracy
    found = []
    for X, outside in ((cohort.first, rest.first), (cohort.second, rest.second)):
        direction, threshold = linear_models(X, cohort.y, train, condition.model)
        found.append(score(direction @ outside.T - threshold[:, None], rest.y, float(cohort.y.mean())))
    return float((found[0] - found[1]).mean())


def _large_accuracy(scores: Floats, y: Labels, prevalence: float) -> Floats:
    """Give the share of right answers at the prevalence of the cohorts, which is not that of the rest."""
    found = ((scores[:, y == 1] > 0).mean(axis=1), (scores[:, y == 0] <= 0).mean(axis=1))
    share: Floats = prevalence * found[0] + (1 - prevalence) * found[1]
    return share


def _large_auc(scores: Floats, y: Labels, prevalence: float) -> Floats:
    """Give the area under the curve from ranks: many cases have too many pairs to look at each."""
    ranks = distributions.rankdata(scores, axis=1)
    positives = int((y == 1).sum())
    excess = ranks[:, y == 1].sum(axis=1) - positives * (positives + 1) / 2
    area: Floats = excess / (positives * (len(y) - positives))
    return area


def _fresh_cohorts(
    condition: Condition, rng: np.random.Generator, wanted: Collection[str], table: Table | None
) -> tuple[Calls, float]:
    folds = [
        cross_validated(condition, _drawn(condition, rng, table)[0], rng)[0] for _ in range(condition.repeats)
    ]
    means = np.array([[one.a.mean(), one.b.mean()] for one in folds])
    return fresh(means[:, 0], means[:, 1], wanted), float((means[:, 0] - means[:, 1]).mean())


def _test_set(
    condition: Condition, rng: np.random.Generator, wanted: Collection[str], table: Table | None
) -> tuple[Calls, float]:
    cases, truth = two_models(condition, rng)
    return on_cases("test set", condition.metric, cases, wanted), truth


def _seeds(
    condition: Condition, rng: np.random.Generator, wanted: Collection[str], table: Table | None
) -> tuple[Calls, float]:
    cases, truth = several_seeds(condition, rng)
    return on_cases("seeds", condition.metric, cases, wanted), truth


def _one_model(
    condition: Condition, rng: np.random.Generator, wanted: Collection[str], table: Table | None
) -> tuple[Calls, float]:
    # Every interval is told less its own truth, so that the truth of all is 0.
    return on_cases("one model", condition.metric, one_model(condition, rng), wanted), 0.0


def _collections(
    condition: Condition, rng: np.random.Generator, wanted: Collection[str], table: Table | None
) -> tuple[Calls, float]:
    """True differences of data sets, of mean 0 or more, and on top of them what a finite cohort adds.

    Four procedures differ by chance alone, but for the first; one-sided p-values are those of an exact test of each
    data set, of which each has the same true difference.
    """
    k = condition.n
    truth = 0.02 * condition.less
    a = truth + 0.02 * tailed(condition.tail, k, rng) + 0.01 * rng.normal(size=k)
    scores = 0.02 * tailed(condition.tail, (k, 4), rng) + 0.01 * rng.normal(size=(k, 4))
    scores[:, 0] += truth
    pvalues = distributions.norm.sf(rng.normal(size=k) + 2 * condition.less)
    runs = truth + 0.02 * tailed(condition.tail, (N_RUNS, k), rng) + 0.01 * rng.normal(size=(N_RUNS, k))
    return data_sets(Sets(a, np.zeros(k), pvalues, scores, runs, _middle(condition.tail)), wanted), truth


@cache
def _middle(tail: str) -> float:
    """Give the mean of the middle half of all runs without an advantage, from very many."""
    rng = seeds.generator(0, "calibrate", step=f"middle|{tail}")
    drawn = 0.02 * tailed(tail, 4_000_000, rng) + 0.01 * rng.normal(size=4_000_000)
    return 0.0 if tail != "skewed" else float(distributions.trim_mean(drawn, 0.25))


_DESIGNS: Mapping[str, _Simulate] = {
    "re-split": _one_cohort,
    "fresh": _fresh_cohorts,
    "test set": _test_set,
    "seeds": _seeds,
    "one model": _one_model,
    "data sets": _collections,
}

"""How often is each method wrong, and how often does it find what is there, in one condition?"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from varbench import seeds
from varbench.calibration.calling import OTHER_SCALE, Call, Calls, data_sets, fixed_test_set, fresh, re_split
from varbench.calibration.conditions import SIGNALS, Condition
from varbench.calibration.fast_cv import METRICS, Floats, Labels, linear_models, linear_scores, stratified
from varbench.calibration.populations import Cohort, Halves, Population, Table, n_positive
from varbench.errors import StatisticsError

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
    condition: Condition, rng: np.random.Generator, wanted: Collection[str], table: Table | None
) -> tuple[Calls, float]:
    cohort, rest = _drawn(condition, rng, table)
    truth = None if rest is None else _true_difference(condition, cohort, rest, rng)
    a, b, ratio = fold_scores_of(condition, cohort, rng)
    # Over many cohorts the mean of cross-validated differences is the ideal estimator of the truth.
    return re_split(a, b, ratio, wanted), float((a - b).mean()) if truth is None else truth


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
    from scipy.stats import rankdata

    ranks = rankdata(scores, axis=1)
    positives = int((y == 1).sum())
    excess = ranks[:, y == 1].sum(axis=1) - positives * (positives + 1) / 2
    area: Floats = excess / (positives * (len(y) - positives))
    return area


def _fresh_cohorts(
    condition: Condition, rng: np.random.Generator, wanted: Collection[str], table: Table | None
) -> tuple[Calls, float]:
    means = np.array(
        [
            [scores.mean() for scores in fold_scores_of(condition, _drawn(condition, rng, table)[0], rng)[:2]]
            for _ in range(condition.repeats)
        ]
    )
    return fresh(means[:, 0], means[:, 1], wanted), float((means[:, 0] - means[:, 1]).mean())


def _trained_models(
    condition: Condition, rng: np.random.Generator, wanted: Collection[str], table: Table | None
) -> tuple[Calls, float]:
    """Two models with known scores: normal within each class, correlated, equally good where nothing is less."""
    positives = n_positive(condition.n, condition.prevalence)
    y = np.repeat([0, 1], [condition.n - positives, positives])
    shared = rng.normal(size=condition.n)
    signal = SIGNALS[condition.signal]
    a, b = (
        math.sqrt(0.5) * shared + math.sqrt(0.5) * rng.normal(size=condition.n) + (y - 0.5) * s
        for s in (signal, signal - condition.less)
    )
    truth = sum(sign * _area(s) for sign, s in ((1, signal), (-1, signal - condition.less)))
    return fixed_test_set(y, a, b, wanted, int(rng.integers(2**31))), truth


def _area(signal: float) -> float:
    """Give the area under the curve of two normal classes with unit variance this far apart."""
    return 0.5 * (1 + math.erf(signal / 2))


def _collections(
    condition: Condition, rng: np.random.Generator, wanted: Collection[str], table: Table | None
) -> tuple[Calls, float]:
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


_DESIGNS: Mapping[str, _Simulate] = {
    "re-split": _one_cohort,
    "fresh": _fresh_cohorts,
    "test set": _trained_models,
    "data sets": _collections,
}

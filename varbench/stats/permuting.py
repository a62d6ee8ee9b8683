"""The permutation test of two models on one test set: who said what is dealt anew, case by case."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Unpack

import numpy as np
import numpy.typing as npt
from scipy import stats as distributions

from varbench.metrics import Metric
from varbench.stats.claims import case_design, defined, orientation
from varbench.stats.coded import CodedCases, Model
from varbench.stats.coding import code_cases
from varbench.stats.draws import Codes, Units, at_least, random_generator, seed_of
from varbench.stats.kernels import Kernel, has_kernel, is_of_ranks
from varbench.stats.result import Labels, Result
from varbench.stats.samples import TIE_TOLERANCE, Floats
from varbench.stats.units import described, drawn


def permutation_metric(
    y_true: npt.ArrayLike,
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    *,
    metric: str | Metric | Callable[..., Any] = "roc_auc",
    groups: npt.ArrayLike | None = None,
    n_resamples: int = 10_000,
    rng: int | np.random.Generator = 0,
    threshold: float | None = None,
    classes: Sequence[Any] | None = None,
    **labels: Unpack[Labels],
) -> Result:
    """Could two models of equal worth differ as much as these do on the same cases?

    Parameters
    ----------
    y_true, a, b, metric, threshold, classes
        As in :func:`~varbench.stats.bootstrap_metric`.
    groups : array_like, (case,), optional
        The patient, or any other group, of each case: the cases of a group change sides together.
    n_resamples : int
        How many times the sides are dealt. Where no more than this many ways exist, each is counted once.
    rng : int or numpy.random.Generator
        The seed, or a generator.
    **labels
        As in :func:`~varbench.stats.bootstrap_metric`.

    Returns
    -------
    Result
        `estimate` and `statistic` are the difference, first minus second, positive where the first is better;
        `pvalue` is two-sided. No interval: the test knows equality alone.

    Raises
    ------
    StatisticsError
        As :func:`~varbench.stats.bootstrap_metric`.

    Notes
    -----
    Each case's two predictions change sides with probability 1/2. For ROC AUC and average precision each model's
    scores are replaced by their ranks first, so that models of different scales can change sides: Venkatraman & Begg
    1996, doi:10.1093/biomet/83.4.835; Bandos, Rockette & Gur 2005, doi:10.1002/sim.2149. Random dealings get one added
    to both counts: Phipson & Smyth 2010, doi:10.2202/1544-6115.1585.

    Examples
    --------
    >>> y, first, second = [0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 1], [1, 0, 0, 0, 1, 1]
    >>> result = permutation_metric(y, first, second, metric="accuracy")
    >>> round(result.estimate, 3), result.pvalue, result.settings["pvalue_method"]
    (0.333, 0.5, 'exact: all ways counted')
    """
    design = case_design(labels, True, groups)
    if design.pairing == "none":
        return design.result("permutation_metric", n=len(np.asarray(y_true)), notes=["not_paired"])
    n_resamples = at_least("n_resamples", n_resamples)
    given = code_cases(y_true, [a, b], metric, groups=groups, threshold=threshold, classes=classes)
    cases, units = drawn(given, stratify=False, together=False)
    if is_of_ranks(given.metric):
        cases = replace(cases, models=tuple(_ranked(model) for model in cases.models))
    statistic = _Sides(cases, orientation(given.metric, 2))
    data = defined(statistic.of_models, units, given)
    estimate = float(data @ orientation(given.metric, 2))
    exact = 2.0**units.n <= n_resamples
    swaps = _all_ways(units) if exact else _some_ways(units, n_resamples, random_generator(rng))
    values = np.concatenate([statistic(units.weights(part)) for part in swaps])
    settings, notes = described(given, units, stratify=False)
    settings.pop("advice", None)  # it is about draws
    settings |= {
        "rng": seed_of(rng), "n_resamples": len(values), "first": float(data[0]), "second": float(data[1]),
        "fast_path": has_kernel(given.metric), "scores": "ranks" if is_of_ranks(given.metric) else "as given",
        "pvalue_method": "exact: all ways counted" if exact else "random: (count + 1) / (ways + 1)",
    }  # fmt: skip
    return design.result(
        "permutation_metric", n=units.n, estimate=estimate, statistic=estimate,
        pvalue=_pvalue(values, estimate, exact), settings=settings,
        notes=notes + _more(units, values, design.alpha),
    )  # fmt: skip


def _ranked(model: Model) -> Model:
    return Model(model.label, distributions.rankdata(model.score, axis=1).astype(np.float64))


def _all_ways(units: Units) -> Iterator[Codes]:
    step = units.step
    total = 2**units.n
    for start in range(0, total, step):
        ways = np.arange(start, min(start + step, total))
        yield (ways[:, None] >> np.arange(units.n)) & 1


def _some_ways(units: Units, n_resamples: int, rng: np.random.Generator) -> Iterator[Codes]:
    for start in range(0, n_resamples, units.step):
        yield rng.integers(0, 2, size=(min(units.step, n_resamples - start), units.n))


class _Sides:
    """The difference when some cases have changed sides: every case is there twice, once with each prediction."""

    def __init__(self, cases: CodedCases, sign: Floats) -> None:
        first, second = cases.models
        y = np.tile(cases.y_true, 2)
        label = np.concatenate([first.label, second.label], axis=1)
        score = np.concatenate([first.score, second.score], axis=1)
        both = replace(cases, y_true=y, models=(Model(label, score),), groups=None)
        self.kernel: Kernel = both.kernels(0)[0]
        self.sign = sign

    def of_models(self, weights: Codes) -> Floats:
        """Give what each model scores, the cases counted; (resample, model)."""
        none = np.zeros_like(weights)
        return np.column_stack(
            [self.kernel(np.hstack([weights, none])), self.kernel(np.hstack([none, weights]))]
        )

    def __call__(self, swapped: Codes) -> Floats:
        kept = 1 - swapped
        sides = [self.kernel(np.hstack([kept, swapped])), self.kernel(np.hstack([swapped, kept]))]
        return np.asarray(np.column_stack(sides) @ self.sign)


def _pvalue(values: Floats, estimate: float, exact: bool) -> float:
    # A metric of the user's may be undefined for some dealings: they count as far, so that p is never too small.
    found = np.nan_to_num(np.abs(values), nan=np.inf)
    near = TIE_TOLERANCE * max(abs(estimate), 1.0)
    far = int((found >= abs(estimate) - near).sum())
    return far / len(values) if exact else (far + 1) / (len(values) + 1)


def _more(units: Units, values: Floats, alpha: float) -> list[str]:
    notes = ["too_few_to_reject"] if 2.0 ** (1 - units.n) > alpha else []
    return notes + (["constant_difference"] if not np.nan_to_num(values).any() else [])

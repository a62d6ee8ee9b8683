"""The bootstrap of any metric on a test set: one model, or the difference of two on the same cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Unpack

import numpy as np
import numpy.typing as npt

from varbench.errors import StatisticsError, unknown
from varbench.metrics import Metric
from varbench.stats.claims import Claim, case_design, concluded, defined
from varbench.stats.coding import code_cases
from varbench.stats.draws import FEWEST, Codes, Progress, at_least, random_generator, resampled, seed_of
from varbench.stats.kernels import Kernel, has_kernel
from varbench.stats.result import Labels, Result
from varbench.stats.samples import Floats
from varbench.stats.units import described, drawn

INTERVALS = ("percentile", "bca")


def bootstrap_metric(
    y_true: npt.ArrayLike,
    a: npt.ArrayLike,
    b: npt.ArrayLike | None = None,
    *,
    metric: str | Metric | Callable[..., Any] = "roc_auc",
    groups: npt.ArrayLike | None = None,
    stratify: bool = False,
    n_resamples: int = 10_000,
    rng: int | np.random.Generator = 0,
    interval: str = "percentile",
    threshold: float | None = None,
    classes: Sequence[Any] | None = None,
    n_jobs: int = 1,
    progress: Progress | None = None,
    **labels: Unpack[Labels],
) -> Result:
    """What does a trained model score on patients like these, or by how much does it beat another one?

    Parameters
    ----------
    y_true : array_like, (case,)
        The true classes: numbers, texts or truth values. Of two classes the larger is positive.
    a, b : array_like, (case,) or (case, class)
        Scores, probabilities or predicted classes of the first and, where there is one, the second model. NaN is
        missing: the case is left out for both and counted.
    metric : str, Metric or callable
        A name of :data:`~varbench.metrics.METRICS` or of scikit-learn's ``scoring``, ``f(y_true, y_pred)`` or
        ``f(y_true, y_pred, y_score)``.
    groups : array_like, (case,), optional
        The patient, or any other group, of each case: groups are drawn, with all their cases.
    stratify : bool
        Whether to draw within the classes, so that each resample has as many of each as there are. With groups,
        those with cases of several classes form a stratum of their own.
    n_resamples : int
        How many resamples.
    rng : int or numpy.random.Generator
        The seed, or a generator.
    interval : {"percentile", "bca"}
        The kind of interval.
    threshold : float, optional
        From which score on a case counts as positive, for metrics of labels; 0.5 for probabilities.
    classes : sequence, optional
        The classes in the order of the columns, where sorting does not give it.
    n_jobs : int
        Processes for a metric without a fast path; the result does not depend on it.
    progress : callable, optional
        ``progress(done, total)``, called as resamples are done.
    **labels
        What the cases are, see :class:`~varbench.stats.Design`; the unit is ``"patient"``, or ``"group"`` where
        there are groups, the estimand E3. With ``pairing="none"`` and two models nothing is computed.

    Returns
    -------
    Result
        One model: `estimate` in the metric's units. Two: first minus second, turned so that positive favours
        the first; `statistic` is the difference over its standard error, `pvalue` two-sided, from the resampled
        differences moved to 0. `n` counts what is drawn. No interval where all resamples agree.

    Raises
    ------
    StatisticsError
        If the input does not fit, the metric is undefined on all the cases, or on nearly all resamples.

    Notes
    -----
    Efron & Tibshirani 1993, doi:10.1201/9780429246593, chapters 8, 13, 14 and 16. Resamples on which the metric is
    undefined, mostly since a class is missing, are drawn again and counted.

    Examples
    --------
    >>> y, score = [0, 0, 0, 1, 0, 1, 1, 1], [0.1, 0.3, 0.2, 0.4, 0.6, 0.7, 0.9, 0.5]
    >>> result = bootstrap_metric(y, score, metric="roc_auc", stratify=True)
    >>> result.estimate, result.ci_low, result.ci_high
    (0.875, 0.5, 1.0)
    """
    design = case_design(labels, b is not None, groups)
    if interval not in INTERVALS:
        raise StatisticsError(unknown("interval", interval, INTERVALS))
    if b is not None and design.pairing == "none":
        return design.result("bootstrap_metric", n=len(np.asarray(y_true)), notes=["not_paired"])
    models = [a] if b is None else [a, b]
    given = code_cases(y_true, models, metric, groups=groups, threshold=threshold, classes=classes)
    cases, units = drawn(given, stratify)
    settings, notes = described(given, units, stratify)
    statistic = _Scores([cases.kernels(i)[0] for i in range(len(models))])
    data = defined(statistic, units, given)
    n_resamples = at_least("n_resamples", n_resamples, FEWEST)
    work = (random_generator(rng), at_least("n_jobs", n_jobs), progress)
    found = resampled(statistic, units, n_resamples, *work)
    settings |= {"rng": seed_of(rng), **found.settings, "fast_path": has_kernel(given.metric)}
    claim = Claim("bootstrap_metric", given.metric, settings, [*notes, *found.notes])
    return concluded(claim, design, units, data, found, interval, statistic)


class _Scores:
    """What each model scores on each resample; (resample, model)."""

    def __init__(self, kernels: list[Kernel]) -> None:
        self.kernels = kernels

    def __call__(self, weights: Codes) -> Floats:
        return np.column_stack([kernel(weights) for kernel in self.kernels])

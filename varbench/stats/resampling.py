"""The bootstrap of any metric on a test set: one model, or the difference of two on the same cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Unpack

import numpy as np
import numpy.typing as npt

from varbench.errors import StatisticsError, unknown
from varbench.metrics import Metric
from varbench.stats.coding import read_predictions
from varbench.stats.draws import (
    Codes,
    Progress,
    Resampled,
    Units,
    at_least,
    left_out,
    random_generator,
    resampled,
    seed_of,
)
from varbench.stats.kernels import Kernel, has_kernel
from varbench.stats.predictions import Predictions
from varbench.stats.result import Design, Labels, Result
from varbench.stats.samples import Floats
from varbench.stats.spread import acceleration, bca, centred_pvalue, is_constant, percentile
from varbench.stats.units import described, drawn

INTERVALS = ("percentile", "bca")
#: With fewer resamples than this the ends of an interval are themselves uncertain.
ENOUGH = 1_000


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
    design = _design(labels, b is not None, groups)
    if interval not in INTERVALS:
        raise StatisticsError(unknown("interval", interval, INTERVALS))
    if b is not None and design.pairing == "none":
        return design.result("bootstrap_metric", n=len(np.asarray(y_true)), notes=["not_paired"])
    models = [a] if b is None else [a, b]
    given = read_predictions(y_true, models, metric, groups=groups, threshold=threshold, classes=classes)
    cases, units = drawn(given, stratify)
    settings, notes = described(given, units, stratify)
    statistic = _Scores([cases.kernels(i)[0] for i in range(len(models))])
    data = defined(statistic, units, given)
    n_resamples = at_least("n_resamples", n_resamples)
    work = (random_generator(rng), at_least("n_jobs", n_jobs), progress)
    found = resampled(statistic, units, n_resamples, *work)
    settings |= {"rng": seed_of(rng), **found.settings, "fast_path": has_kernel(given.metric)}
    claim = Claim("bootstrap_metric", given.metric, settings, [*notes, *found.notes])
    return concluded(claim, design, units, data, found, interval, statistic)


def _design(labels: Labels, paired: bool, groups: npt.ArrayLike | None) -> Design:
    unit = "patient" if groups is None else "group"
    return Design.of(labels, unit=unit, pairing="exact" if paired else "none", estimand="E3")


class _Scores:
    """What each model scores on each resample; (resample, model)."""

    def __init__(self, kernels: list[Kernel]) -> None:
        self.kernels = kernels

    def __call__(self, weights: Codes) -> Floats:
        return np.column_stack([kernel(weights) for kernel in self.kernels])


class Claim(NamedTuple):
    """What a bootstrap is about, and what is known of it so far."""

    method: str
    metric: Metric
    settings: dict[str, Any]
    notes: list[str]


def defined(statistic: Callable[[Codes], Floats], units: Units, given: Predictions) -> Floats:
    """Compute a statistic on the data; (model,).

    Raises
    ------
    StatisticsError
        If it is undefined there.
    """
    found: Floats = statistic(units.once)[0]
    if not np.isfinite(found).all():
        held = [given.classes[code] for code in np.unique(given.y_true)]
        raise StatisticsError(
            f"{given.metric.name} is undefined on these {len(given.y_true)} cases, which hold the classes {held}; "
            "add cases of another class, or choose a metric that does without"
        )
    return found


def concluded(
    claim: Claim,
    design: Design,
    units: Units,
    data: Floats,
    found: Resampled,
    interval: str,
    statistic: Callable[[Codes], Floats],
) -> Result:
    """Make a result of what the models score on the data and on the resamples.

    Parameters
    ----------
    claim : Claim
        What it is about.
    design : Design
        The labels.
    units : Units
        What was drawn.
    data : ndarray of float64, (model,)
        On the data.
    found : Resampled
        On the resamples.
    interval : {"percentile", "bca"}
        The kind of interval.
    statistic : callable
        For the jackknife of BCa.

    Returns
    -------
    Result
    """
    sign = _sign(claim.metric, len(data))
    estimate, values = float(data @ sign), found.values @ sign
    settings = {**claim.settings, **_each(data), "interval": interval}
    notes = list(claim.notes)
    if len(values) < ENOUGH and not claim.settings["fast_path"]:
        notes.append("few_resamples")
    if is_constant(np.append(values, estimate), float(np.abs(found.values).max())):
        return _without_spread(claim, design, units.n, estimate, settings, notes)
    bounds, more = _bounds(values, estimate, design, interval, statistic, units, sign, settings)
    settings["standard_error"] = error = float(values.std(ddof=1))
    test: dict[str, float] = {}
    if len(data) == 2:
        test = {"statistic": estimate / error, "pvalue": centred_pvalue(values, estimate)}
        settings["pvalue"] = "resampled differences moved to 0, two-sided, (count + 1) / (resamples + 1)"
    return design.result(
        claim.method,
        n=units.n,
        estimate=estimate,
        interval=bounds,
        settings=settings,
        notes=notes + more,
        **test,
    )


def _sign(metric: Metric, n_models: int) -> Floats:
    """Give what turns scores into the estimate: a score as it is, a difference so that larger is better."""
    if n_models == 1:
        return np.ones(1)
    return np.array([1.0, -1.0]) * (1 if metric.greater_is_better else -1)


def _each(data: Floats) -> dict[str, float]:
    return {} if len(data) == 1 else {"first": float(data[0]), "second": float(data[1])}


def _without_spread(
    claim: Claim, design: Design, n: int, estimate: float, settings: dict[str, Any], notes: list[str]
) -> Result:
    at_end = "first" not in settings and estimate in (claim.metric.low, claim.metric.high)
    notes.append("boundary" if at_end else "constant_difference")
    pvalue = 1.0 if "first" in settings and estimate == 0 else None
    return design.result(claim.method, n=n, estimate=estimate, pvalue=pvalue, settings=settings, notes=notes)


def _bounds(
    values: Floats,
    estimate: float,
    design: Design,
    interval: str,
    statistic: Callable[[Codes], Floats],
    units: Units,
    sign: Floats,
    settings: dict[str, Any],
) -> tuple[tuple[float, float], list[str]]:
    if interval == "bca":
        out = [(scores @ sign, times) for scores, times in left_out(statistic, units)]
        settings["acceleration"] = found = acceleration(out)
        bounds = bca(values, estimate, found, design.confidence_level)
        if bounds is not None:
            return bounds, []
        settings["interval"] = "percentile, since all resamples lie on one side of the estimate"
    low, high = percentile(values, design.confidence_level)
    return (low, high), ["boundary"] if interval == "bca" else []

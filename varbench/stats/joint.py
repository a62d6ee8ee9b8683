"""The joint bootstrap over trained seeds and test cases."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Unpack

import numpy as np
import numpy.typing as npt
from scipy import stats as distributions

from varbench.errors import StatisticsError, unknown
from varbench.metrics import Metric
from varbench.stats.claims import Claim, case_design, concluded, defined, orientation, without_spread
from varbench.stats.coding import code_cases
from varbench.stats.draws import FEWEST, Codes, at_least, random_generator, resampled, seed_of
from varbench.stats.kernels import Kernel, has_kernel
from varbench.stats.result import Design, Labels, Result
from varbench.stats.samples import TIE_TOLERANCE, Floats
from varbench.stats.units import described, drawn

INTERVALS = ("t", "percentile")
#: With fewer seeds than this their spread is hardly known.
FEW_SEEDS = 5


def joint_bootstrap(
    y_true: npt.ArrayLike,
    a: npt.ArrayLike,
    b: npt.ArrayLike | None = None,
    *,
    metric: str | Metric | Callable[..., Any] = "roc_auc",
    paired_seeds: bool = False,
    groups: npt.ArrayLike | None = None,
    stratify: bool = False,
    n_resamples: int = 10_000,
    rng: int | np.random.Generator = 0,
    interval: str = "t",
    threshold: float | None = None,
    classes: Sequence[Any] | None = None,
    **labels: Unpack[Labels],
) -> Result:
    """What does a procedure score on patients like these, over the seeds it could be trained with?

    Parameters
    ----------
    y_true : array_like, (case,)
        The true classes, as in :func:`~varbench.stats.bootstrap_metric`.
    a, b : array_like, (seed, case) or (seed, case, class)
        Scores, probabilities or predicted classes of every trained seed of the first and, where there is one,
        the second procedure, all on the same test cases. At least two seeds each.
    metric, groups, stratify, n_resamples, rng, threshold, classes
        As in :func:`~varbench.stats.bootstrap_metric`.
    paired_seeds : bool
        Whether ``a[i]`` and ``b[i]`` share a seed, so that they are drawn together.
    interval : {"t", "percentile"}
        ``"percentile"`` is the published joint bootstrap. It takes the spread of few seeds for all there is, and
        covers too rarely; ``"t"`` keeps the resampling of cases, but takes the seeds' variance, unbiased, from the
        seeds, and Student's t with the degrees of freedom that belong to both.
    **labels
        As in :func:`~varbench.stats.bootstrap_metric`.

    Returns
    -------
    Result
        `estimate` is the metric averaged over the seeds, or first minus second, positive where the first is
        better. `n` counts patients or groups; ``settings["n_seeds"]`` the seeds.

    Raises
    ------
    StatisticsError
        As :func:`~varbench.stats.bootstrap_metric`, or with fewer than two seeds, or if seeds are said to be
        paired and their numbers differ.

    Notes
    -----
    Sellam et al. 2022, arXiv:2106.16163, section 4 (the multi-bootstrap): seeds and cases are drawn anew, each with
    replacement, and the metric is averaged over the seeds drawn. Satterthwaite 1946, doi:10.2307/3002019, eq. 17,
    for the degrees of freedom of a sum of variances.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> y = rng.integers(0, 2, 200)
    >>> seeds = y + rng.normal(size=(5, 200)) + rng.normal(size=200)
    >>> result = joint_bootstrap(y, seeds, n_resamples=500)
    >>> result.ci_low < result.estimate < result.ci_high, result.settings["n_seeds"]
    (True, [5])
    """
    design = case_design(labels, b is not None, groups)
    if interval not in INTERVALS:
        raise StatisticsError(unknown("interval", interval, INTERVALS))
    if b is not None and design.pairing == "none":
        return design.result("joint_bootstrap", n=len(np.asarray(y_true)), notes=["not_paired"])
    models = [a] if b is None else [a, b]
    given = code_cases(y_true, models, metric, groups=groups, threshold=threshold, classes=classes, runs=True)
    seeds = _checked([len(model.label) for model in given.models], paired_seeds)
    cases, units = drawn(given, stratify)
    settings, notes = described(given, units, stratify)
    statistic = _Seeds([cases.kernels(i) for i in range(len(models))])
    data = statistic.split(defined(statistic, units, given)[None, :])
    generator = random_generator(rng)
    found = resampled(statistic, units, at_least("n_resamples", n_resamples, FEWEST), generator)
    settings |= {
        "rng": seed_of(rng), **found.settings, "n_seeds": seeds, "paired_seeds": paired_seeds,
        "fast_path": has_kernel(given.metric),
    }  # fmt: skip
    notes += found.notes + (["small_sample"] if min(seeds) < FEW_SEEDS else [])
    claim = Claim("joint_bootstrap", given.metric, settings, notes)
    parts = statistic.split(found.values)
    if interval == "t":
        return _by_t(claim, design, units.n, data, parts, paired_seeds)
    means = np.array([part.mean() for part in data])
    drawn_seeds = replace(found, values=_drawn_seeds(parts, paired_seeds, generator))
    return concluded(claim, design, units, means, drawn_seeds, "percentile", statistic)


def _checked(seeds: list[int], paired_seeds: bool) -> list[int]:
    if min(seeds) < 2:
        raise StatisticsError(
            f"there are {seeds} seeds: at least two of each procedure are needed; bootstrap_metric takes one"
        )
    if paired_seeds and len(set(seeds)) > 1:
        raise StatisticsError(f"paired_seeds=True, and there are {seeds} seeds: pairs need equally many")
    return seeds


class _Seeds:
    """What every seed of each procedure scores on each resample of the cases; (resample, seeds of all)."""

    def __init__(self, kernels: list[list[Kernel]]) -> None:
        self.kernels = kernels

    def __call__(self, weights: Codes) -> Floats:
        return np.column_stack([kernel(weights) for seeds in self.kernels for kernel in seeds])

    def split(self, values: Floats) -> list[Floats]:
        """Give the seeds of each procedure; (resample, seed) each."""
        return np.split(values, np.cumsum([len(seeds) for seeds in self.kernels])[:-1], axis=1)


def _drawn_seeds(parts: list[Floats], paired: bool, rng: np.random.Generator) -> Floats:
    """Average each resample of cases over seeds drawn anew; (resample, procedure)."""
    counts: list[Codes] = []
    for part in parts:
        n = part.shape[1]
        shared = paired and counts
        counts.append(counts[0] if shared else rng.multinomial(n, np.full(n, 1 / n), size=len(part)))
    return np.column_stack([(p * c).sum(axis=1) / p.shape[1] for p, c in zip(parts, counts, strict=True)])


def _by_t(
    claim: Claim, design: Design, n: int, data: list[Floats], parts: list[Floats], paired: bool
) -> Result:
    sign = orientation(claim.metric, len(data))
    means = np.array([part.mean() for part in data])
    estimate = float(means @ sign)
    if paired and len(data) == 2:  # the differences of pairs are then one sample of seeds
        data, parts = [data[0] - data[1]], [parts[0] - parts[1]]
    settings = {**claim.settings, "interval": "t"}
    if len(means) == 2:
        settings |= {"first": float(means[0]), "second": float(means[1])}
    error, df, shares = _error(data, parts, n)
    if error <= TIE_TOLERANCE * float(np.abs(means).max()):
        return without_spread(claim, design, n, estimate, settings, list(claim.notes))
    half = float(distributions.t.ppf(1 - design.alpha / 2, df)) * error
    settings |= {"standard_error": error, "df": df, **shares}
    test: dict[str, float] = {}
    if len(means) == 2:
        t = estimate / error
        test = {"statistic": t, "pvalue": 2 * float(distributions.t.sf(abs(t), df))}
    return design.result(
        claim.method, n=n, estimate=estimate, interval=_inside(claim.metric, len(means), estimate, half),
        settings=settings, notes=claim.notes, **test,
    )  # fmt: skip


def _inside(metric: Metric, n_models: int, estimate: float, half: float) -> tuple[float, float]:
    """Keep an interval in the range of what it is about."""
    width = metric.high - metric.low
    low, high = (metric.low, metric.high) if n_models == 1 else (-width, width)
    return max(estimate - half, low), min(estimate + half, high)


def _error(data: list[Floats], parts: list[Floats], n: int) -> tuple[float, float, dict[str, float]]:
    """Give the standard error of the mean over seeds and cases, its degrees of freedom, and what it is made of.

    With seeds s, cases c and what they do together, the mean over S seeds and n cases has the variance s²/S + c²/n +
    sc²/(Sn). The seeds' own means vary by s² + sc²/n; the resampled mean over seeds by c²/n + sc²/(Sn), that of one
    seed by c²/n + sc²/n. So the part that two of them share is known, and counted once.
    """
    by_seeds = [float(d[0].var(ddof=1)) / d.shape[1] for d in data]
    seeds = [d.shape[1] for d in data]
    sign = np.array([1.0, -1.0])[: len(parts)]
    cases = float((np.column_stack([p.mean(axis=1) for p in parts]) @ sign).var(ddof=1))
    shared = 0.0
    for part, count in zip(parts, seeds, strict=True):
        alone, together = float(part.var(axis=0, ddof=1).mean()), float(part.mean(axis=1).var(ddof=1))
        shared += max(0.0, alone - together) / (count - 1)
    variance = sum(by_seeds) + max(0.0, cases - shared)
    # Satterthwaite 1946, eq. 17
    rest = (variance - sum(by_seeds)) ** 2 / (n - 1)
    below = sum(v**2 / (count - 1) for v, count in zip(by_seeds, seeds, strict=True)) + rest
    df = variance**2 / below if below > 0 else float(n - 1)
    parts_of = {"sd_seeds": math.sqrt(sum(by_seeds)), "sd_cases": math.sqrt(cases)}
    return math.sqrt(variance), df, parts_of

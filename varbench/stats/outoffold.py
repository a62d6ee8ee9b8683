"""The patient bootstrap of out-of-fold scores that were averaged over repeated cross-validation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Unpack

import numpy as np
import numpy.typing as npt

from varbench.errors import StatisticsError
from varbench.metrics import Metric
from varbench.stats.claims import Claim, case_design, concluded, defined
from varbench.stats.coded import CodedCases
from varbench.stats.coding import code_cases
from varbench.stats.draws import FEWEST, Codes, at_least, random_generator, resampled, seed_of
from varbench.stats.foldwise import Foldwise, fold_codes
from varbench.stats.kernels import Kernel, has_kernel, kernel
from varbench.stats.outoffold_numbers import patients_of_numbers
from varbench.stats.regression import REGRESSION
from varbench.stats.result import Labels, Result
from varbench.stats.units import described, drawn


def patient_bootstrap(
    y_true: npt.ArrayLike,
    a: npt.ArrayLike,
    b: npt.ArrayLike | None = None,
    *,
    metric: str | Metric | Callable[..., Any] = "roc_auc",
    fold: npt.ArrayLike | None = None,
    groups: npt.ArrayLike | None = None,
    stratify: bool = False,
    n_resamples: int = 2_000,
    rng: int | np.random.Generator = 0,
    threshold: float | None = None,
    classes: Sequence[Any] | None = None,
    **labels: Unpack[Labels],
) -> Result:
    """By how much do out-of-fold scores of repeated cross-validation differ, if the patients had been others?

    Parameters
    ----------
    y_true : array_like, (case,)
        The true classes, as in :func:`~varbench.stats.bootstrap_metric`; the true numbers where the metric is one of
        predicted numbers.
    a, b : array_like, (repeat, case) or (repeat, case, class)
        What the first and, where there is one, the second procedure predicted of each case while it was out of
        the fold. NaN where a repeat did not test a case; tested by one procedure alone, it is left out and counted.
    fold : array_like of int, (repeat, case), optional
        In which fold each case was tested. With it the metric is computed per fold and averaged over those in which
        it is defined; without it once a repeat, on the pooled scores.
    metric : str, Metric or callable
        As in :func:`~varbench.stats.bootstrap_metric`, or the name of a metric of numbers in
        :data:`~varbench.stats.REGRESSION`.
    groups, stratify, n_resamples, rng, threshold, classes
        As in :func:`~varbench.stats.bootstrap_metric`. A patient is drawn with all the repeats.
    **labels
        See :class:`~varbench.stats.Design`; the unit is ``"patient"`` or ``"group"``, the estimand E2, and the
        repeats share their data.

    Returns
    -------
    Result
        `estimate` is the metric averaged over the repeats, or first minus second, positive where the first is
        better. The models are not trained anew on the patients drawn, so that the interval is approximate.

    Raises
    ------
    StatisticsError
        As :func:`~varbench.stats.bootstrap_metric`, or if `fold` has another shape than the scores.

    Notes
    -----
    The out-of-fold scores of a patient stay as they are while the patients are drawn: Efron & Tibshirani 1993,
    doi:10.1201/9780429246593, section 17.6, leave out what that neglects, the training on other patients.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> y = rng.integers(0, 2, 60)
    >>> scores = y + rng.normal(size=60) + rng.normal(size=(10, 60)) / 4
    >>> result = patient_bootstrap(y, scores, n_resamples=500)
    >>> result.estimand, result.ci_low < result.estimate < result.ci_high
    ('E2', True)
    """
    usual: Labels = {"estimand": "E2", "repeats_share_data": True}
    design = case_design({**usual, **labels}, b is not None, groups)
    if b is not None and design.pairing == "none":
        return design.result("patient_bootstrap", n=len(np.asarray(y_true)), notes=["not_paired"])
    models = [a] if b is None else [a, b]
    if isinstance(metric, str) and metric in REGRESSION:
        if stratify or threshold is not None or classes is not None:
            raise StatisticsError(
                f"{metric} is of numbers, which have no classes: leave stratify, threshold and classes out"
            )
        return patients_of_numbers(
            y_true, models, design, metric=metric, fold=fold, groups=groups, n_resamples=n_resamples, rng=rng
        )
    read = code_cases(
        y_true, models, metric, groups=groups, threshold=threshold, classes=classes, runs=True,
        keep_missing=True,
    )  # fmt: skip
    given = _tested(replace(read, fold=_folds(fold, read)))
    cases, units = drawn(given, stratify)
    settings, notes = described(given, units, stratify)
    statistic = _out_of_fold(cases)
    data = defined(statistic, units, given)
    found = resampled(statistic, units, at_least("n_resamples", n_resamples, FEWEST), random_generator(rng))
    settings |= {
        "rng": seed_of(rng), **found.settings, "n_repeats": len(given.models[0].label),
        "averaged": "pooled per repeat" if fold is None else "per fold", "fast_path": has_kernel(given.metric),
    }  # fmt: skip
    claim = Claim("patient_bootstrap", given.metric, settings, notes + found.notes)
    return concluded(claim, design, units, data, found, "percentile", statistic)


def _folds(fold: npt.ArrayLike | None, read: CodedCases) -> Codes:
    """Give the folds of each repeat; all in fold 0 where they are not named."""
    shapes = {model.label.shape for model in read.models}
    if len(shapes) > 1:
        raise StatisticsError(
            f"the procedures have {sorted(s[0] for s in shapes)} repeats; equally many are needed"
        )
    return fold_codes(fold, shapes.pop())


def _tested(read: CodedCases) -> CodedCases:
    """Mark what was not tested, by all; leave out the cases that were never, and count scores without a partner."""
    missing = [np.isnan(m.score) if m.score.ndim == 2 else np.isnan(m.score).any(axis=2) for m in read.models]
    without = np.any(missing, axis=0)
    alone = int((without & ~np.all(missing, axis=0)).sum())
    fold = np.where(without, -1, read.fold if read.fold is not None else 0)
    found = replace(read, fold=fold, dropped=alone)
    kept = np.asarray((fold >= 0).any(axis=0))
    if not kept.any():
        raise StatisticsError("no case was tested in any repeat: nothing is left to judge")
    if kept.all():
        return found
    found = replace(found.take(kept), dropped=alone + int((~kept).sum()))
    if found.groups is None:
        return found
    return replace(found, groups=np.unique(found.groups, return_inverse=True)[1].astype(np.int64))


def _out_of_fold(cases: CodedCases) -> Foldwise:
    fold = cases.fold if cases.fold is not None else np.zeros(cases.models[0].label.shape, np.int64)

    def kernels_of(index: Codes, run: int) -> list[Kernel]:
        some = cases.take(index)
        return [kernel(cases.metric, some.case(model, run)) for model in range(len(cases.models))]

    return Foldwise(fold, kernels_of)

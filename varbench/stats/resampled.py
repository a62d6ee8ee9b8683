"""Tests of fold differences: the t-tests that are made of them, and the corrections for what folds share."""

from __future__ import annotations

import math
from typing import Any, Unpack

import numpy as np
import numpy.typing as npt
from scipy import stats as distributions

from varbench.errors import StatisticsError
from varbench.stats.means import Moments, paired_moments, student, welch_moments
from varbench.stats.result import Design, Labels, Result
from varbench.stats.samples import (
    TIE_TOLERANCE,
    Floats,
    Samples,
    check_index,
    is_number,
    numbers,
    pairs,
    scale,
    two_samples,
)


def paired_t(a: npt.ArrayLike, b: npt.ArrayLike, **labels: Unpack[Labels]) -> Result:
    """Is the mean of paired differences off 0, if they were independent?

    Parameters
    ----------
    a, b : array_like of float, (unit,)
        Paired scores of the first and the second procedure, larger is better. Pairs with a NaN are left out
        and counted.
    **labels
        As in :class:`~varbench.stats.Design`; `pairing` is ``"exact"`` unless given. With ``"none"`` nothing
        is computed. With ``repeats_share_data=True`` or ``unit="fold"`` the result has the note ``naive``.

    Returns
    -------
    Result
        `estimate` is the mean of first minus second with Student's interval.

    Raises
    ------
    StatisticsError
        If a sample is empty, not one-dimensional or infinite somewhere, or the lengths differ.

    Notes
    -----
    Student 1908, doi:10.1093/biomet/6.1.1. Over folds or re-splits of one cohort the differences are not
    independent, and the error rate is far above the nominal one: use :func:`corrected_resampled_t`.

    Examples
    --------
    >>> paired_t([0.8, 0.7, 0.9, 0.8], [0.7, 0.7, 0.7, 0.6], repeats_share_data=True).notes
    ('naive', 'repeats_share_data')
    """
    design = Design.of(labels, pairing="exact")
    if design.pairing == "none":
        return not_paired("paired_t", two_samples(a, b), design)
    samples = pairs(a, b)
    found = paired_moments(samples, "paired t")
    return student("paired_t", found, design, [*samples.notes, *_naive(design)])


def not_paired(method: str, samples: Samples, design: Design) -> Result:
    """Make the result of a method of pairs that was given none: nothing is computed, and that is noted."""
    return design.result(method, n=min(len(samples.a), len(samples.b)), notes=[*samples.notes, "not_paired"])


def _naive(design: Design) -> list[str]:
    return ["naive"] if design.repeats_share_data or design.unit == "fold" else []


def corrected_resampled_t(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    *,
    n_train: npt.ArrayLike,
    n_test: npt.ArrayLike,
    **labels: Unpack[Labels],
) -> Result:
    """Do two procedures differ over cohorts like this one, judged by the fold differences of its re-splits?

    Parameters
    ----------
    a, b : array_like of float, (repeat, fold) or (fold,)
        Scores of the first and the second procedure on the same folds, larger is better; never means over
        folds. Folds with a NaN are left out and counted.
    n_train, n_test : int or array_like, as `a`
        How many units each fold was trained and tested on: patients, or groups where groups were split. For
        out-of-bootstrap, the number that was drawn and the number of those that were not. Their ratio is
        averaged over the folds that are used.
    **labels
        As in :class:`~varbench.stats.Design`; unless given, `unit` is ``"fold"``, `pairing` ``"exact"`` and
        `estimand` ``"E2"``. With ``pairing="none"`` nothing is computed.

    Returns
    -------
    Result
        `estimate` is the mean of first minus second, `n` the number of folds J. ``settings["floor"]`` is the
        half-width that no number of further re-splits goes below.

    Raises
    ------
    StatisticsError
        If ``unit="repeat"``: the correction is for folds, and fed with the means of repeats it calls equal
        procedures different in about 4 cohorts of 10. If a size is not positive, the shapes differ, or as
        :func:`paired_t`.

    Notes
    -----
    Nadeau & Bengio 2003, doi:10.1023/A:1024068626366, eq. 5 with section 3's ratio: the variance of the mean
    of J differences is estimated by (1 / J + n_test / n_train) SD^2, with J - 1 degrees of freedom. Bouckaert
    & Frank 2004, doi:10.1007/978-3-540-24775-3_3, use it over repeated cross-validation.

    Examples
    --------
    >>> a, b = [0.8, 0.7, 0.9, 0.8, 0.7], [0.7, 0.7, 0.7, 0.6, 0.7]
    >>> round(paired_t(a, b).pvalue, 3), round(corrected_resampled_t(a, b, n_train=80, n_test=20).pvalue, 3)
    (0.089, 0.21)
    """
    design = Design.of(labels, unit="fold", pairing="exact", estimand="E2")
    if design.unit == "repeat":
        raise StatisticsError(
            "unit='repeat': fold differences are needed, not repeat means; give the scores of every fold, "
            "shape (repeat, fold)"
        )
    samples, used = fold_pairs(a, b)
    ratio = _ratio(n_train, n_test, used)
    if design.pairing == "none":
        return not_paired("corrected_resampled_t", samples, design)
    # eq. 5 with the corrected variance: (1 / J + n_test / n_train) SD^2
    found = paired_moments(samples, "corrected resampled t", ratio)
    found.settings["n_test_over_n_train"] = ratio
    if found.error is not None and found.df is not None:
        t = float(distributions.t.ppf(1 - design.alpha / 2, found.df))
        found.settings["floor"] = t * math.sqrt(ratio) * found.settings["sd"]
    return student("corrected_resampled_t", found, design, samples.notes)


def fold_pairs(a: npt.ArrayLike, b: npt.ArrayLike) -> tuple[Samples, npt.NDArray[np.bool_]]:
    """Make pairs of fold scores of any shape; give beside them which folds have both, in that shape."""
    first, second = _one_shape(a, b)
    return pairs(first.ravel(), second.ravel()), ~np.isnan(first + second)


def _one_shape(a: npt.ArrayLike, b: npt.ArrayLike) -> tuple[Floats, Floats]:
    check_index(a=a, b=b)
    first, second = numbers("a", a), numbers("b", b)
    if first.shape != second.shape:
        raise StatisticsError(
            f"a has shape {first.shape} and b has shape {second.shape}: both need the scores of the same folds"
        )
    return first, second


def _ratio(n_train: npt.ArrayLike, n_test: npt.ArrayLike, used: npt.NDArray[np.bool_]) -> float:
    """Give the mean of n_test / n_train over the folds that are used."""
    sizes = []
    for name, given in (("n_train", n_train), ("n_test", n_test)):
        size = numbers(name, given)
        if not np.isfinite(size).all() or (size <= 0).any():
            raise StatisticsError(f"{name}={given!r}: must be a number of units above 0, or one a fold")
        if size.size != 1 and size.shape != used.shape:
            raise StatisticsError(
                f"{name} has shape {size.shape}, the scores have {used.shape}: give one number, or one a fold"
            )
        sizes.append(np.broadcast_to(size.reshape(-1)[0] if size.size == 1 else size, used.shape))
    used = used if used.any() else np.ones_like(used)
    return float((sizes[1] / sizes[0])[used].mean())


def cv_5x2_t(a: npt.ArrayLike, b: npt.ArrayLike, **labels: Unpack[Labels]) -> Result:
    """Do two procedures differ, by Dietterich's test of five repeats of 2-fold cross-validation?

    Parameters
    ----------
    a, b : array_like of float, (5, 2)
        Scores of the first and the second procedure on the same five repeats of two folds, larger is better.
    **labels
        As in :class:`~varbench.stats.Design`; unless given, `unit` is ``"fold"``, `pairing` ``"exact"`` and
        `estimand` ``"E2"``. With ``pairing="none"`` nothing is computed.

    Returns
    -------
    Result
        `estimate` is the mean of all ten differences; `statistic` is t with 5 degrees of freedom, of the first
        fold of the first repeat. It hangs on that one fold: ``settings["pvalue_min"]`` and
        ``settings["pvalue_max"]`` are the p-values over all ten choices of the fold. No interval: the test has
        none that belongs to the mean. Without all ten differences there is no statistic.

    Raises
    ------
    StatisticsError
        If the shapes are not (5, 2), or a score is infinite or no number.

    Notes
    -----
    Dietterich 1998, doi:10.1162/089976698300017197, section 3.5: t = p_11 / sqrt(mean of s_i^2).
    :func:`cv_5x2_f` uses all ten differences alike.

    Examples
    --------
    >>> a = [[0.81, 0.79], [0.80, 0.84], [0.78, 0.80], [0.82, 0.81], [0.79, 0.83]]
    >>> b = [[0.78, 0.78], [0.79, 0.79], [0.78, 0.77], [0.78, 0.80], [0.77, 0.78]]
    >>> result = cv_5x2_t(a, b)
    >>> round(result.pvalue, 3), round(result.settings["pvalue_min"], 3), round(result.settings["pvalue_max"], 3)
    (0.225, 0.069, 1.0)
    """
    design = Design.of(labels, unit="fold", pairing="exact", estimand="E2")
    d, variance, settings, notes = _five_by_two(a, b, design)
    if variance is None:
        return _no_5x2("cv_5x2_t", d, design, settings, notes)
    every = d / math.sqrt(variance)
    pvalues = 2 * distributions.t.sf(np.abs(every), 5)
    settings |= {
        "df": 5, "fold": "the first of the first repeat", "pvalue_min": float(pvalues.min()),
        "pvalue_max": float(pvalues.max()),
    }  # fmt: skip
    return design.result(
        "cv_5x2_t", n=d.size, estimate=float(d.mean()), statistic=float(every[0, 0]), pvalue=float(pvalues[0, 0]),
        settings=settings, notes=[*notes, "one_fold_decides"],
    )  # fmt: skip


def cv_5x2_f(a: npt.ArrayLike, b: npt.ArrayLike, **labels: Unpack[Labels]) -> Result:
    """Do two procedures differ, by Alpaydin's combined test of five repeats of 2-fold cross-validation?

    Parameters
    ----------
    a, b, **labels
        As in :func:`cv_5x2_t`.

    Returns
    -------
    Result
        `estimate` is the mean of all ten differences; `statistic` is F with 10 and 5 degrees of freedom, which
        has no sign, and so a swap leaves it as it is. No interval.

    Raises
    ------
    StatisticsError
        As :func:`cv_5x2_t`.

    Notes
    -----
    Alpaydin 1999, doi:10.1162/089976699300016007, eq. 3: F = sum of p_ij^2 / (2 sum of s_i^2).

    Examples
    --------
    >>> a = [[0.81, 0.79], [0.80, 0.84], [0.78, 0.80], [0.82, 0.81], [0.79, 0.83]]
    >>> b = [[0.78, 0.78], [0.79, 0.79], [0.78, 0.77], [0.78, 0.80], [0.77, 0.78]]
    >>> round(cv_5x2_f(a, b).pvalue, 3)
    0.241
    """
    design = Design.of(labels, unit="fold", pairing="exact", estimand="E2")
    d, variance, settings, notes = _five_by_two(a, b, design)
    if variance is None:
        return _no_5x2("cv_5x2_f", d, design, settings, notes)
    f = float((d**2).sum()) / (2 * 5 * variance)  # eq. 3
    return design.result(
        "cv_5x2_f", n=d.size, estimate=float(d.mean()), statistic=f, pvalue=float(distributions.f.sf(f, 10, 5)),
        settings={**settings, "df": [10, 5]}, notes=notes,
    )  # fmt: skip


def _five_by_two(
    a: npt.ArrayLike, b: npt.ArrayLike, design: Design
) -> tuple[Floats, float | None, dict[str, Any], list[str]]:
    """Give the differences and the mean of the repeats' variances; None where there is no test."""
    first, second = _one_shape(a, b)
    if first.shape != (5, 2):
        raise StatisticsError(
            f"a has shape {first.shape}: the test is of five repeats of two folds, shape (5, 2); for other "
            "designs use corrected_resampled_t"
        )
    if np.isinf(first).any() or np.isinf(second).any():
        raise StatisticsError("a or b holds an infinite score; it cannot be compared")
    d = first - second
    missing = int(np.isnan(d).sum())
    settings: dict[str, Any] = {"n_dropped": missing}
    if design.pairing == "none":
        return d, None, settings, ["not_paired"]
    if missing:
        return d, None, settings, ["pairs_dropped"]
    variance = float(((d - d.mean(axis=1, keepdims=True)) ** 2).sum(axis=1).mean())
    if math.sqrt(variance) <= TIE_TOLERANCE * scale(first.ravel(), second.ravel()):
        return d, None, settings, ["constant_difference"]
    return d, variance, settings, []


def _no_5x2(method: str, d: Floats, design: Design, settings: dict[str, Any], notes: list[str]) -> Result:
    known = d[~np.isnan(d)]
    estimate = float(known.mean()) if known.size and "not_paired" not in notes else None
    return design.result(method, n=known.size, estimate=estimate, settings=settings, notes=notes)


def equivalence(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    *,
    margin: float,
    n_train: npt.ArrayLike | None = None,
    n_test: npt.ArrayLike | None = None,
    **labels: Unpack[Labels],
) -> Result:
    """Do two procedures differ by less than a margin, by two one-sided t-tests?

    Parameters
    ----------
    a, b : array_like of float, (unit,)
        Scores of the first and the second procedure, larger is better; with `n_train` and `n_test` fold
        scores of any shape. NaN is missing: left out and counted.
    margin : float
        The difference that would not matter, in the metric's units, above 0.
    n_train, n_test : int or array_like, optional
        Together, and for pairs: the variance is corrected as in :func:`corrected_resampled_t`.
    **labels
        As in :class:`~varbench.stats.Design`; `pairing` is ``"exact"`` unless given. With ``"none"`` Welch's
        tests. With the correction `unit` is ``"fold"`` and `estimand` ``"E2"`` unless given.

    Returns
    -------
    Result
        `pvalue` is the larger of the two one-sided ones, `statistic` its t: a small p-value says equivalent.
        ``settings["equivalent"]`` is true where it is at most alpha = 1 - confidence level, which is where
        ``settings["interval_tost"]``, of level 1 - 2 alpha, lies within the margin. The interval of the result
        keeps the confidence level.

    Raises
    ------
    StatisticsError
        If the margin is not above 0, if one size comes without the other or sizes come without pairs, or as
        :func:`corrected_resampled_t`.

    Notes
    -----
    Schuirmann 1987, doi:10.1007/BF01068419.

    Examples
    --------
    >>> result = equivalence([0.80, 0.81, 0.79, 0.80], [0.80, 0.80, 0.80, 0.81], margin=0.02)
    >>> round(result.pvalue, 3), result.settings["equivalent"]
    (0.018, True)
    """
    if not is_number(margin) or margin <= 0:
        raise StatisticsError(f"margin={margin!r}: must be above 0, in the metric's units, as 0.02 is")
    corrected = n_train is not None or n_test is not None
    design = Design.of(
        labels, pairing="exact", unit="fold" if corrected else "repeat", estimand="E2" if corrected else "E1"
    )
    samples, found = _equivalence_moments(a, b, n_train, n_test, design)
    found.settings.update(margin=float(margin), pvalue="the larger of two one-sided ones")
    notes = [*samples.notes, *([] if corrected else _naive(design))]
    if found.estimate is None or found.error is None or found.df is None:
        return student("equivalence", found, design, notes)
    t_low, t_high = (found.estimate + margin) / found.error, (found.estimate - margin) / found.error
    pvalues = float(distributions.t.sf(t_low, found.df)), float(distributions.t.cdf(t_high, found.df))
    half = float(distributions.t.ppf(1 - design.alpha, found.df)) * found.error
    both = student("equivalence", found, design)
    found.settings.update(
        interval_tost=[found.estimate - half, found.estimate + half], pvalue_lower=pvalues[0],
        pvalue_upper=pvalues[1], equivalent=max(pvalues) <= design.alpha,
    )  # fmt: skip
    return design.result(
        "equivalence", n=found.n, estimate=found.estimate, interval=both.interval,
        statistic=t_high if found.estimate >= 0 else t_low, pvalue=max(pvalues), settings=found.settings,
        notes=notes,
    )  # fmt: skip


def _equivalence_moments(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    n_train: npt.ArrayLike | None,
    n_test: npt.ArrayLike | None,
    design: Design,
) -> tuple[Samples, Moments]:
    if n_train is None and n_test is None:
        if design.pairing == "none":
            samples = two_samples(a, b)
            return samples, welch_moments(samples, "two one-sided Welch t")
        samples = pairs(a, b)
        return samples, paired_moments(samples, "two one-sided paired t")
    if n_train is None or n_test is None:
        raise StatisticsError(
            f"n_train={n_train!r} and n_test={n_test!r}: the correction needs both, or neither"
        )
    if design.pairing == "none" or design.unit == "repeat":
        raise StatisticsError(
            f"pairing={design.pairing!r}, unit={design.unit!r}: n_train and n_test correct for what paired folds "
            "share; give fold scores of pairs, or leave both sizes out"
        )
    samples, used = fold_pairs(a, b)
    ratio = _ratio(n_train, n_test, used)
    found = paired_moments(samples, "two one-sided corrected resampled t", ratio)
    found.settings["n_test_over_n_train"] = ratio
    return samples, found

"""Tests that turn signs or change labels: the sign test and the permutation test of the mean difference."""

from __future__ import annotations

import itertools
from typing import Any, Unpack

import numpy as np
import numpy.typing as npt
from scipy import stats as distributions

from varbench.stats.canonical import Rng, canonical, drawn, pieces
from varbench.stats.draws import at_least, random_generator
from varbench.stats.nulls import rejecting
from varbench.stats.ranks import order_statistics
from varbench.stats.resampled import not_paired
from varbench.stats.result import Design, Labels, Result
from varbench.stats.samples import (
    TIE_TOLERANCE,
    Floats,
    Samples,
    arrangements,
    differences,
    pairs,
    scale,
    two_samples,
)


def sign_test(a: npt.ArrayLike, b: npt.ArrayLike, **labels: Unpack[Labels]) -> Result:
    """Does the first procedure win as often as it loses?

    Parameters
    ----------
    a, b : array_like of float, (unit,)
        Paired scores of the first and the second procedure, larger is better. Pairs with a NaN are left out
        and counted.
    **labels
        As in :class:`~varbench.stats.Design`; `pairing` is ``"exact"`` unless given. With ``"none"`` nothing
        is computed.

    Returns
    -------
    Result
        `estimate` is the median difference, with the interval between order statistics that inverts the test
        (its coverage, at least the confidence level where no differences are tied, stands in the settings);
        `statistic` is the number of wins, `pvalue` the exact binomial one. Differences of 0 are no wins and no
        losses: the p-value leaves them out, the median does not.

    Raises
    ------
    StatisticsError
        If a sample is empty, not one-dimensional or infinite somewhere, or the lengths differ.

    Notes
    -----
    Dixon & Mood 1946, doi:10.1080/01621459.1946.10501898.

    Examples
    --------
    >>> result = sign_test([5, 7, 8, 9, 6, 9], [4, 5, 4, 4, 7, 3])
    >>> result.estimate, result.statistic, result.pvalue
    (3.0, 5.0, 0.21875)
    """
    design = Design.of(labels, pairing="exact")
    if design.pairing == "none":
        return not_paired("sign_test", two_samples(a, b), design)
    samples = pairs(a, b)
    d = differences(samples)
    wins, losses = int((d > 0).sum()), int((d < 0).sum())
    used = wins + losses
    settings: dict[str, Any] = {
        "wins": wins, "losses": losses, "n_zero": len(d) - used, "n_used": used, "n_dropped": samples.dropped,
        "estimate": "median difference", "pvalue_method": "exact binomial, zeros left out",
    }  # fmt: skip
    notes = samples.notes + (["ties"] if len(d) > used else [])
    if 2.0 * 0.5**used > design.alpha:
        notes.append("too_few_to_reject")
    if not len(d):
        return design.result("sign_test", n=0, settings=settings, notes=notes)
    null = distributions.binom.pmf(np.arange(len(d) + 1), len(d), 0.5)
    skip = rejecting(null, design.alpha)
    estimate, interval, more = order_statistics(
        np.sort(samples.a - samples.b), skip, scale(samples.a, samples.b)
    )
    settings["coverage"] = float(1 - 2 * null[:skip].sum()) if skip else None
    pvalue = float(distributions.binomtest(wins, used).pvalue) if used else 1.0
    return design.result(
        "sign_test", n=len(d), estimate=estimate, interval=interval, statistic=wins, pvalue=pvalue,
        settings=settings, notes=notes + more,
    )  # fmt: skip


def permutation(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    *,
    n_resamples: int = 10_000,
    rng: Rng = 0,
    **labels: Unpack[Labels],
) -> Result:
    """Could the mean difference come about if it did not matter which procedure a score is from?

    Parameters
    ----------
    a, b : array_like of float, (unit,)
        Scores of the first and the second procedure, larger is better. NaN is missing: left out, with its
        partner where there are pairs, and counted.
    n_resamples : int
        Where there are no more arrangements than this, all are counted; else so many are drawn. At least 100.
    rng : int or numpy.random.Generator
        The seed of the draws, or their generator.
    **labels
        As in :class:`~varbench.stats.Design`; `pairing` is ``"exact"`` unless given: the signs of the
        differences are turned. With ``"none"`` the labels of all scores are changed.

    Returns
    -------
    Result
        `estimate` and `statistic` are the mean difference; `pvalue` is two-sided: the share of arrangements
        whose mean difference is at least as far from 0. Of drawn ones (k + 1) / (n_resamples + 1), so that it
        is never 0. No interval.

    Raises
    ------
    StatisticsError
        If a sample is empty, not one-dimensional or infinite somewhere, pairs are of unequal length, or
        `n_resamples` or `rng` is out of its range.

    Notes
    -----
    Fisher 1935, The Design of Experiments, section 21; Phipson & Smyth 2010, doi:10.2202/1544-6115.1585, eq. 2
    for the +1.

    Examples
    --------
    >>> permutation([5, 7, 8, 9, 6, 9], [4, 5, 4, 4, 7, 3]).pvalue
    0.09375
    """
    design = Design.of(labels, pairing="exact")
    n_resamples = at_least("n_resamples", n_resamples, 100)
    source = random_generator(rng)
    paired = design.pairing != "none"
    samples = pairs(a, b) if paired else two_samples(a, b)
    n_a, n_b = len(samples.a), len(samples.b)
    n = n_a if paired else n_a + n_b
    settings: dict[str, Any] = {"null": "signs turned" if paired else "labels changed"}
    settings["n_dropped"] = samples.dropped
    if not n_a or not n_b:
        return design.result(
            "permutation", n=n, settings=settings, notes=[*samples.notes, "too_few_to_reject"]
        )
    ordered, sign = canonical(samples, paired)
    ways = 2 ** min(n, 60) if paired else arrangements(n_a, n_b)
    exact = ways <= n_resamples
    if paired:
        count = _signs(differences(ordered), n_resamples, None if exact else source)
    else:
        count = _labels(ordered, n_resamples, None if exact else source)
    estimate = sign * float(ordered.a.mean() - ordered.b.mean())
    settings |= {"pvalue_method": "all arrangements", "n_arrangements": ways}
    if not exact:
        settings |= {"pvalue_method": "drawn arrangements, +1", **drawn(rng, n_resamples)}
        del settings["n_arrangements"]
    pvalue = count / ways if exact else (count + 1) / (n_resamples + 1)
    notes = samples.notes + (["too_few_to_reject"] if 2 / ways > design.alpha else [])
    if not (differences(ordered).any() if paired else np.ptp([*ordered.a, *ordered.b])):
        notes.append("constant_difference")
    return design.result(
        "permutation", n=n, estimate=estimate, statistic=estimate, pvalue=pvalue, settings=settings,
        notes=notes,
    )  # fmt: skip


def _signs(d: Floats, n_resamples: int, source: np.random.Generator | None) -> int:
    """Count the signs with which the sum of differences is as far from 0: all of them, or drawn ones."""
    total, n = float(d.sum()), len(d)
    least = abs(total) - TIE_TOLERANCE * float(np.abs(d).sum())
    if source is None:
        signs = np.array(list(itertools.product((0.0, 1.0), repeat=n)))
        return int((np.abs(2 * signs @ d - total) >= least).sum())
    count = 0
    for size in pieces(n_resamples, n):
        positive = source.integers(0, 2, (size, n), dtype=np.int8)
        count += int((np.abs(2 * (positive @ d) - total) >= least).sum())
    return count


def _labels(samples: Samples, n_resamples: int, source: np.random.Generator | None) -> int:
    """Count the labels with which the difference of means is as far from 0: all of them, or drawn ones."""
    together = np.concatenate([samples.a, samples.b])
    n_a, n = len(samples.a), len(together)
    together = together - together.mean()  # then the difference of means is a multiple of the first sum
    least = abs(float(together[:n_a].sum())) - TIE_TOLERANCE * scale(samples.a, samples.b) * n
    if source is None:
        chosen = np.array(list(itertools.combinations(range(n), n_a)))
        return int((np.abs(together[chosen].sum(axis=1)) >= least).sum())
    count = 0
    for size in pieces(n_resamples, n):
        shuffled = source.permuted(np.broadcast_to(together, (size, n)), axis=1)
        count += int((np.abs(shuffled[:, :n_a].sum(axis=1)) >= least).sum())
    return count

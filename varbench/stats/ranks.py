"""The two Wilcoxon tests, each with the Hodges-Lehmann estimate that belongs to it."""

from __future__ import annotations

import math
from typing import Any, Unpack

import numpy as np
import numpy.typing as npt
from scipy import stats as distributions

from varbench.errors import StatisticsError, unknown
from varbench.stats.nulls import rank_sum_null, rejecting, signed_rank_null, two_sided
from varbench.stats.result import Design, Labels, Result
from varbench.stats.samples import (
    Floats,
    Samples,
    arrangements,
    differences,
    pairs,
    rounded,
    scale,
    two_samples,
)

#: With ``method="auto"`` the p-value is exact up to this many pairs, or scores of both samples together.
EXACT_UP_TO = 50
#: And with ``method="exact"`` up to this many.
EXACT_AT_MOST = 200
#: Hodges-Lehmann's estimate looks at every pair of scores, up to this many.
MAX_PAIRS = 4_000_000
_METHODS = ("auto", "exact", "asymptotic")


def rank_sum(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    *,
    method: str = "auto",
    tie_correction: bool = False,
    **labels: Unpack[Labels],
) -> Result:
    """Does the first procedure tend to score higher than the second, scores taken as independent?

    Parameters
    ----------
    a, b : array_like of float, (unit,)
        Scores of the first and the second procedure, larger is better; their lengths may differ. NaN is
        missing: left out and counted.
    method : {"auto", "exact", "asymptotic"}
        How the p-value is found: by counting, given the ties, or from z. ``"auto"`` counts up to 50 scores.
    tie_correction : bool
        Whether z allows for ties. Without, it is the z of ``scipy.stats.ranksums``.
    **labels
        As in :class:`~varbench.stats.Design`. Scores that come in pairs are taken as independent, and noted.

    Returns
    -------
    Result
        `statistic` is z, positive where the first is larger; 100 against 100 fully apart give 12.22.
        `estimate` is the Hodges-Lehmann shift, the median of all differences ``a[i] - b[j]``, with the
        interval that inverts the test. `n` counts the scores of both.

    Raises
    ------
    StatisticsError
        If a sample is empty, not one-dimensional or infinite somewhere, if `method` is none of the three, or
        if an exact p-value is asked for more than 200 scores.

    Notes
    -----
    Wilcoxon 1945, doi:10.2307/3001968; Mann & Whitney 1947, doi:10.1214/aoms/1177730491, for the variance;
    Hodges & Lehmann 1963, doi:10.1214/aoms/1177704172, for the shift.

    Examples
    --------
    >>> round(rank_sum(range(100, 200), range(100)).statistic, 2)
    12.22
    """
    design = Design.of(labels)
    samples = two_samples(a, b)
    n_a, n_b = len(samples.a), len(samples.b)
    notes = samples.notes + (["pairing_ignored"] if design.pairing != "none" else [])
    exact = _is_exact(method, n_a + n_b)
    settings: dict[str, Any] = {
        "n_first": n_a, "n_second": n_b, "n_dropped": samples.dropped, "tie_correction": tie_correction,
        **_how(exact), "estimate": "Hodges-Lehmann shift",
    }  # fmt: skip
    if not n_a or not n_b:
        return design.result("rank_sum", n=n_a + n_b, settings=settings, notes=[*notes, "too_few_to_reject"])
    ranks, tied = _ranks(samples)
    z = _z(ranks, n_a, n_b, tie_correction)
    if exact:
        doubled = np.rint(2 * ranks).astype(np.int64)
        pvalue = two_sided(rank_sum_null(doubled, n_a), int(doubled[:n_a].sum()))
    else:
        pvalue = 2 * float(distributions.norm.sf(abs(z)))
    estimate, interval, more = _shift(samples, design.alpha)
    if 2 / arrangements(n_a, n_b) > design.alpha:
        more.append("too_few_to_reject")
    return design.result(
        "rank_sum", n=n_a + n_b, estimate=estimate, interval=interval, statistic=z, pvalue=pvalue,
        settings=settings, notes=notes + more + (["ties"] if tied else []),
    )  # fmt: skip


def _ranks(samples: Samples) -> tuple[Floats, bool]:
    together = rounded(np.concatenate([samples.a, samples.b]), scale(samples.a, samples.b))
    return distributions.rankdata(together), len(np.unique(together)) < len(together)


def _z(ranks: Floats, n_a: int, n_b: int, tie_correction: bool) -> float:
    n = n_a + n_b
    variance = n_a * n_b * (n + 1) / 12
    if tie_correction:
        sizes = np.unique(ranks, return_counts=True)[1].astype(np.float64)
        variance -= n_a * n_b * float((sizes**3 - sizes).sum()) / (12 * n * (n - 1))
    excess = float(ranks[:n_a].sum()) - n_a * (n + 1) / 2
    return excess / math.sqrt(variance) if variance > 0 else 0.0


def _shift(samples: Samples, alpha: float) -> tuple[float | None, tuple[float, float] | None, list[str]]:
    n_a, n_b = len(samples.a), len(samples.b)
    if n_a * n_b > MAX_PAIRS:
        return None, None, ["interval_not_computed"]
    shifts = np.sort(np.subtract.outer(samples.a, samples.b), axis=None)
    if n_a + n_b <= EXACT_UP_TO:
        untied = 2 * np.arange(1, n_a + n_b + 1)
        skip = rejecting(rank_sum_null(untied, n_a)[n_a * (n_a + 1) :: 2], alpha)
    else:
        skip = _skip(n_a * n_b / 2, math.sqrt(n_a * n_b * (n_a + n_b + 1) / 12), alpha)
    return order_statistics(shifts, skip, scale(samples.a, samples.b))


def _skip(mean: float, sd: float, alpha: float) -> int:
    """Give how many values lie in the lower tail by the normal distribution, with continuity correction."""
    return max(0, math.floor(mean - float(distributions.norm.ppf(1 - alpha / 2)) * sd + 0.5))


def order_statistics(
    ordered: Floats, skip: int, size: float
) -> tuple[float, tuple[float, float] | None, list[str]]:
    """Give the median, and the interval between the values number `skip` from either end."""
    estimate = float(np.median(ordered))
    if rounded(ordered[-1:] - ordered[:1], size)[0] == 0:
        return estimate, None, ["constant_difference"]
    if skip == 0:
        return estimate, None, ["too_few_to_reject"]
    return estimate, (float(ordered[skip - 1]), float(ordered[-skip])), []


def signed_rank(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    *,
    method: str = "auto",
    zero_method: str = "wilcox",
    **labels: Unpack[Labels],
) -> Result:
    """Are the differences of paired scores centred on 0?

    Parameters
    ----------
    a, b : array_like of float, (unit,)
        Paired scores of the first and the second procedure, larger is better. Pairs with a NaN are left out
        and counted.
    method : {"auto", "exact", "asymptotic"}
        How the p-value is found: by counting all signs, given the ties, or from z with the tie-corrected
        variance and no continuity correction. ``"auto"`` counts up to 50 differences.
    zero_method : {"wilcox", "pratt"}
        Differences of 0 are left out before ranking, or after it.
    **labels
        As in :class:`~varbench.stats.Design`; `pairing` is ``"exact"`` unless given. With ``"none"`` nothing
        is computed: the result has the note ``not_paired``.

    Returns
    -------
    Result
        `statistic` is the sum of the ranks of the positive differences (the `V` of R). `estimate` is the
        Hodges-Lehmann pseudo-median, of all differences, zeros included, with the interval that inverts the
        test.

    Raises
    ------
    StatisticsError
        As in :func:`rank_sum`, or if the lengths differ.

    Notes
    -----
    Wilcoxon 1945, doi:10.2307/3001968; Pratt 1959, doi:10.1080/01621459.1959.10501526, for zeros.

    Examples
    --------
    >>> result = signed_rank([5.0, 7.0, 8.0, 9.0, 6.0, 9.5], [4.0, 5.0, 4.5, 4.0, 6.5, 3.0])
    >>> result.statistic, result.pvalue
    (20.0, 0.0625)
    """
    design = Design.of(labels, pairing="exact")
    if zero_method not in ("wilcox", "pratt"):
        raise StatisticsError(unknown("zero_method", zero_method, ("wilcox", "pratt")))
    if design.pairing == "none":
        _is_exact(method, 0)
        given = two_samples(a, b)
        return design.result(
            "signed_rank", n=min(len(given.a), len(given.b)), notes=[*given.notes, "not_paired"]
        )
    samples = pairs(a, b)
    d = differences(samples)
    ranks, positive = signed_ranks(d, zero_method)
    exact = _is_exact(method, len(ranks))
    settings = {
        "n_dropped": samples.dropped, "n_used": len(ranks), "n_zero": int((d == 0).sum()), "zero_method": zero_method,
        "tie_correction": True, **_how(exact), "estimate": "Hodges-Lehmann pseudo-median",
    }  # fmt: skip
    estimate, interval, notes = _pseudo_median(samples, design.alpha)
    notes += samples.notes + (["ties"] if len(np.unique(np.abs(d))) < len(d) or (d == 0).any() else [])
    if 2.0 * 0.5 ** len(ranks) > design.alpha:
        notes.append("too_few_to_reject")
    z, pvalue = _signed_rank_test(ranks, positive, exact)
    return design.result(
        "signed_rank", n=len(d), estimate=estimate, interval=interval, statistic=float(ranks[positive].sum()),
        pvalue=pvalue, settings={**settings, "z": z}, notes=notes,
    )  # fmt: skip


def signed_ranks(d: Floats, zero_method: str) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Give the ranks of the differences other than 0, and which of them are positive."""
    if zero_method == "wilcox":
        d = d[d != 0]
    ranks: Floats = distributions.rankdata(np.abs(d)) if len(d) else d
    return ranks[d != 0], d[d != 0] > 0


def _signed_rank_test(
    ranks: Floats, positive: npt.NDArray[np.bool_], exact: bool
) -> tuple[float | None, float]:
    # Given the ranks, each is added with probability 1/2: this holds with ties and with Pratt's ranks.
    sd = math.sqrt(float((ranks**2).sum()) / 4)
    if sd == 0:
        return None, 1.0
    z = (float(ranks[positive].sum()) - float(ranks.sum()) / 2) / sd
    if not exact:
        return z, 2 * float(distributions.norm.sf(abs(z)))
    doubled = np.rint(2 * ranks).astype(np.int64)
    return z, two_sided(signed_rank_null(doubled), int(doubled[positive].sum()))


def _pseudo_median(
    samples: Samples, alpha: float
) -> tuple[float | None, tuple[float, float] | None, list[str]]:
    d = samples.a - samples.b
    n = len(d)
    if n == 0:
        return None, None, ["too_few_to_reject"]
    if n * (n + 1) // 2 > MAX_PAIRS:
        return None, None, ["interval_not_computed"]
    rows, columns = np.triu_indices(n)
    averages = np.sort((d[rows] + d[columns]) / 2)
    if n <= EXACT_UP_TO:
        skip = rejecting(signed_rank_null(np.arange(1, n + 1)), alpha)
    else:
        skip = _skip(n * (n + 1) / 4, math.sqrt(n * (n + 1) * (2 * n + 1) / 24), alpha)
    return order_statistics(averages, skip, scale(samples.a, samples.b))


def _how(exact: bool) -> dict[str, Any]:
    method = "exact, given the ties" if exact else "asymptotic, from z"
    return {"pvalue_method": method, "continuity_correction": False}


def _is_exact(method: str, n: int) -> bool:
    if method not in _METHODS:
        raise StatisticsError(unknown("method", method, _METHODS))
    if method == "exact" and n > EXACT_AT_MOST:
        raise StatisticsError(
            f"method='exact' with {n} scores: at most {EXACT_AT_MOST} can be counted; use 'asymptotic'"
        )
    return method == "exact" or (method == "auto" and n <= EXACT_UP_TO)

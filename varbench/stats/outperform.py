"""P(A > B): how often the first procedure wins, and how many runs that takes."""

from __future__ import annotations

import math
from typing import Any, Unpack

import numpy as np
import numpy.typing as npt
from scipy import stats as distributions

from varbench.errors import StatisticsError, unknown
from varbench.stats.result import Design, Labels, Result
from varbench.stats.samples import check_numbers, differences, is_number, pairs

#: The three conclusions of Bouthillier et al. 2021, appendix C.6.
CONCLUSIONS = ("not significant", "significant, not meaningful", "significant and meaningful")
#: What is odd about them.
QUIRK = (
    "the upper end of the interval is held against gamma: less precise studies are sooner called meaningful"
)
_SIZES = ("published", "sign_test", "interval")
_LARGEST = 5000


def prob_outperform(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    *,
    gamma: float = 0.75,
    **labels: Unpack[Labels],
) -> Result:
    """How probable is it that the first procedure scores higher than the second in one run of both?

    Parameters
    ----------
    a, b : array_like of float, (unit,)
        Scores of the first and the second procedure in the same runs, larger is better. Pairs with a NaN are
        left out and counted.
    gamma : float
        The probability from which a win counts as meaningful, in (0.5, 1).
    **labels
        As in :class:`~varbench.stats.Design`; `pairing` is ``"exact"`` unless given. With ``"none"`` runs are
        paired in the order given, which is noted.

    Returns
    -------
    Result
        `estimate` is (wins + ties / 2) / n with Clopper and Pearson's interval; `statistic` is the number of
        wins plus half the ties; `pvalue` is the sign test's, without the ties. ``settings["published"]``
        holds the strict count of Bouthillier et al., its percentile-bootstrap interval and their conclusion.

    Raises
    ------
    StatisticsError
        If a sample is empty, not one-dimensional or infinite somewhere, the lengths differ, or `gamma` is out
        of its range.

    Notes
    -----
    Bouthillier et al. 2021, arXiv:2103.03098, section 4 and appendix C.6. Their bootstrap of a share is drawn
    from a binomial distribution; its quantiles are used, which is the bootstrap with unlimited resamples.
    Clopper & Pearson 1934, doi:10.1093/biomet/26.4.404, with the number of wins continued to halves: by
    enumeration its coverage with ties is never below that without.

    Examples
    --------
    >>> result = prob_outperform([3, 2, 5, 4, 6], [1, 1, 1, 1, 1])
    >>> result.estimate, round(result.ci_low, 2), result.ci_high
    (1.0, 0.48, 1.0)
    >>> result.settings["published"]["interval"]
    [1.0, 1.0]
    """
    if not is_number(gamma) or not 0.5 < gamma < 1:
        raise StatisticsError(f"gamma={gamma!r}: must lie between 0.5 and 1, as 0.75 does")
    design = Design.of(labels, pairing="exact")
    samples = pairs(a, b)
    d = differences(samples)
    wins, losses, n = int((d > 0).sum()), int((d < 0).sum()), len(d)
    ties = n - wins - losses
    settings: dict[str, Any] = {
        "wins": wins, "ties": ties, "losses": losses, "n_dropped": samples.dropped, "gamma": gamma,
        "interval": "Clopper-Pearson", "pvalue": "sign test, ties left out",
    }  # fmt: skip
    notes = samples.notes + (["not_paired"] if design.pairing == "none" else []) + (["ties"] if ties else [])
    if 2.0 * 0.5 ** (wins + losses) > design.alpha:
        notes.append("too_few_to_reject")
    if n == 0:
        return design.result("prob_outperform", n=0, settings=settings, notes=notes)
    count = wins + ties / 2
    settings["published"] = published(wins, n, gamma, design.confidence_level)
    return design.result(
        "prob_outperform", n=n, estimate=count / n, interval=clopper_pearson(count, n, design.confidence_level),
        statistic=count, pvalue=_sign_test(wins, losses), settings=settings, notes=notes,
    )  # fmt: skip


def clopper_pearson(count: float, n: int, confidence_level: float = 0.95) -> tuple[float, float]:
    """Where does a share lie, of which `count` of `n` were seen?

    Parameters
    ----------
    count : float
        From 0 to `n`; halves stand for ties.
    n : int
        At least 1.
    confidence_level : float
        In (0, 1); the coverage is at least this.

    Returns
    -------
    (float, float)
        In [0, 1].

    Raises
    ------
    StatisticsError
        If there cannot be so many, or the level is out of its range.

    Notes
    -----
    Clopper & Pearson 1934, doi:10.1093/biomet/26.4.404: the exact interval, by quantiles of beta distributions.

    Examples
    --------
    >>> [round(bound, 3) for bound in clopper_pearson(100, 100)]
    [0.964, 1.0]
    """
    check_count(count, n, confidence_level)
    tail = (1 - confidence_level) / 2
    low = float(distributions.beta.ppf(tail, count, n - count + 1)) if count > 0 else 0.0
    high = float(distributions.beta.ppf(1 - tail, count + 1, n - count)) if count < n else 1.0
    return low, high


def check_count(count: float, n: int, confidence_level: float = 0.95) -> None:
    """Check how many of how many were seen, and the level of their interval.

    Raises
    ------
    StatisticsError
        If `n` is no whole number from 1, `count` does not lie in 0 to `n`, or the level not in (0, 1).
    """
    check_numbers(count=count, n=n, confidence_level=confidence_level)
    if not (n >= 1 and n == int(n) and 0 <= count <= n):
        raise StatisticsError(
            f"count={count!r} of n={n!r}: n must be a whole number from 1, count lie in 0 to n"
        )
    if not 0 < confidence_level < 1:
        raise StatisticsError(
            f"confidence_level={confidence_level!r}: must lie between 0 and 1, as 0.95 does"
        )


def published(wins: int, n: int, gamma: float = 0.75, confidence_level: float = 0.95) -> dict[str, Any]:
    """What would Bouthillier et al. conclude?

    Parameters
    ----------
    wins, n : int
        Runs that the first procedure won strictly, of how many.
    gamma, confidence_level : float
        As in :func:`prob_outperform`.

    Returns
    -------
    dict
        ``estimate``, ``interval``, ``conclusion``, ``quirk``, ``source`` and the ``sizes`` that gamma asks
        for.

    Examples
    --------
    >>> published(70, 100)["conclusion"], published(52, 100)["conclusion"]
    ('significant and meaningful', 'not significant')
    """
    tail = (1 - confidence_level) / 2
    low, high = (float(distributions.binom.ppf(q, n, wins / n)) / n for q in (tail, 1 - tail))
    conclusion = CONCLUSIONS[0] if low <= 0.5 else CONCLUSIONS[1] if high <= gamma else CONCLUSIONS[2]
    return {
        "estimate": wins / n, "interval": [low, high], "conclusion": conclusion, "quirk": QUIRK,
        "source": "Bouthillier et al. 2021, arXiv:2103.03098, C.6; strict count, percentile bootstrap",
        "published_size": published_size(gamma),
    }  # fmt: skip


def _sign_test(wins: int, losses: int) -> float:
    if wins + losses == 0:
        return 1.0
    return float(distributions.binomtest(wins, wins + losses).pvalue)


def published_size(gamma: float = 0.75, alpha: float = 0.05, power: float = 0.95) -> int:
    """How many runs do Bouthillier et al. ask for? Noether's formula, for unpaired samples.

    Parameters
    ----------
    gamma : float
        The P(A>B) to find, in (0.5, 1).
    alpha : float
        One-sided error rate.
    power : float
        The wanted probability of finding it.

    Returns
    -------
    int
        The number of runs.

    Raises
    ------
    StatisticsError
        If a number is out of its range.

    Notes
    -----
    Noether 1987, doi:10.1080/01621459.1987.10478478: N >= ((z_alpha + z_beta) / (sqrt(6) (1/2 - gamma)))^2.

    Examples
    --------
    >>> published_size(), published_size(0.6), published_size(power=0.80)
    (29, 181, 17)
    """
    _check_plan(gamma, alpha, power)
    z = float(distributions.norm.ppf(1 - alpha) + distributions.norm.ppf(power))
    return math.ceil((z / (math.sqrt(6) * (0.5 - gamma))) ** 2)


def _check_plan(gamma: float, alpha: float, power: float) -> None:
    check_numbers(gamma=gamma, alpha=alpha, power=power)
    if not (0.5 < gamma < 1 and 1e-12 <= alpha < 0.5 and 0 < power < 1):
        raise StatisticsError(
            f"gamma={gamma!r}, alpha={alpha!r}, power={power!r}: gamma must lie in (0.5, 1), "
            "alpha in (0, 0.5), power in (0, 1)"
        )


def sample_size(
    gamma: float = 0.75, alpha: float = 0.05, power: float = 0.95, method: str = "sign_test"
) -> int:
    """How many independent pairs of runs show P(A>B) = gamma?

    Parameters
    ----------
    gamma, power : float
        As in :func:`published_size`.
    alpha : float
        The error rate: one-sided for ``"published"`` and ``"sign_test"``, two-sided for ``"interval"``.
    method : {"published", "sign_test", "interval"}
        The published formula; the one-sided sign test; an exact two-sided interval above 1/2.

    Returns
    -------
    int
        The smallest number from which on the power stays at or above the wanted one: it moves in jumps.

    Raises
    ------
    StatisticsError
        If a number is out of range, the method is not known, or more than 5,000 pairs are needed.

    Notes
    -----
    Pairs must be independent. Repeats on one cohort are not: their number says nothing of other patients.

    Examples
    --------
    >>> [sample_size(method=method) for method in ("published", "sign_test", "interval")]
    [29, 44, 54]
    """
    if method not in _SIZES:
        raise StatisticsError(unknown("method", method, _SIZES))
    _check_plan(gamma, alpha, power)
    if method == "published":
        return published_size(gamma, alpha, power)
    n = np.arange(1, _LARGEST + 1)
    tail = alpha if method == "sign_test" else alpha / 2
    needed = distributions.binom.isf(tail, n, 0.5)  # wins above this number reject
    short = np.flatnonzero(distributions.binom.sf(needed, n, gamma) < power)
    if len(short) and short[-1] == _LARGEST - 1:
        raise StatisticsError(f"gamma={gamma!r} needs more than {_LARGEST} pairs; choose a larger gamma")
    return int(short[-1]) + 2 if len(short) else 1


def outperform_sizes(gamma: float = 0.75, power: float = 0.95, alpha: float = 0.05) -> dict[str, int]:
    """How many independent pairs of runs show P(A>B) = gamma, by each way to decide?

    Parameters
    ----------
    gamma, power, alpha : float
        As in :func:`sample_size`.

    Returns
    -------
    dict of str to int
        ``"published"``, ``"sign_test"`` and ``"interval"``.

    Raises
    ------
    StatisticsError
        As :func:`sample_size`.

    Examples
    --------
    >>> outperform_sizes()
    {'published': 29, 'sign_test': 44, 'interval': 54}
    """
    return {
        method: sample_size(gamma, alpha, power, method) for method in ("published", "sign_test", "interval")
    }

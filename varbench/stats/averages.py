"""The rule that most papers follow: the larger mean wins, if it is larger by enough."""

from __future__ import annotations

import math
from typing import Any, Unpack

import numpy as np
import numpy.typing as npt
from scipy import stats as distributions

from varbench.errors import StatisticsError
from varbench.stats.result import Design, Labels, Result
from varbench.stats.samples import Samples, is_number, pairs, two_samples

#: How many standard deviations a published improvement has: the slope of increments on sigma, by Bouthillier et al.
INCREMENT = 1.9952


def average_comparison(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    *,
    delta: float | None = None,
    sigma: float | None = None,
    gamma: float = 0.75,
    **labels: Unpack[Labels],
) -> Result:
    """Would the first procedure be called better because its mean is larger by more than a threshold?

    Parameters
    ----------
    a, b : array_like of float, (unit,)
        Scores of the first and the second procedure, larger is better. NaN is missing: left out, with its
        partner where there are pairs, and counted.
    delta : float, optional
        The threshold, in the metric's units, 0 or more. By default 1.9952 `sigma`.
    sigma : float, optional
        The standard deviation of one measure, above 0. By default that of the scores: the square root of the
        mean of both variances.
    gamma : float
        The P(A>B) that the authors' code puts into its threshold, in (0.5, 1).
    **labels
        As in :class:`~varbench.stats.Design`; `pairing` only says whether a missing score takes its partner
        along.

    Returns
    -------
    Result
        `estimate` is first minus second, `statistic` the same in units of the threshold. The rule knows no
        interval and no p-value: it does not look at the number of runs. ``settings["conclusion"]`` is
        ``"first"``, ``"second"`` or ``"neither"`` by the paper's text, ``settings["code"]`` holds threshold and
        conclusion of the authors' code, which multiplies by another factor.

    Raises
    ------
    StatisticsError
        If a number is out of its range, or the scores are not as for :func:`~varbench.stats.difference`.

    Notes
    -----
    Bouthillier et al. 2021, arXiv:2103.03098, section 4.2: delta = 1.9952 sigma; in the code of the authors'
    talk delta = 1.9952 sigma Phi^-1(gamma) sqrt(2).

    Examples
    --------
    >>> average_comparison([0.9, 0.8], [0.7, 0.7], delta=0.1).settings["conclusion"]
    'first'
    """
    for name, value, least in (("delta", delta, 0.0), ("sigma", sigma, None)):
        if value is not None and not (is_number(value) and (value >= 0 if least is not None else value > 0)):
            wanted = "0 or more" if least is not None else "above 0"
            raise StatisticsError(f"{name}={value!r}: must be a number {wanted}, in the metric's units")
    if not is_number(gamma) or not 0.5 < gamma < 1:
        raise StatisticsError(f"gamma={gamma!r}: must lie between 0.5 and 1, as 0.75 does")
    design = Design.of(labels)
    samples = two_samples(a, b) if design.pairing == "none" else pairs(a, b)
    n_a, n_b = len(samples.a), len(samples.b)
    n = n_a + n_b if design.pairing == "none" else n_a
    settings: dict[str, Any] = {
        "n_dropped": samples.dropped,
        "gamma": gamma,
        "delta_given": delta is not None,
    }
    sigma = _sigma(samples) if sigma is None else float(sigma)
    threshold = delta if delta is not None else None if sigma is None else INCREMENT * sigma
    settings |= {"sigma": sigma, "delta": threshold}
    estimate = float(samples.a.mean() - samples.b.mean()) if n_a and n_b else None
    if estimate is None or threshold is None:
        return design.result(
            "average_comparison",
            n=n,
            estimate=estimate,
            settings=settings,
            notes=[*samples.notes, "too_few_to_reject"],
        )
    settings["conclusion"] = _conclusion(estimate, threshold)
    if sigma is not None:
        in_code = INCREMENT * sigma * float(distributions.norm.ppf(gamma)) * math.sqrt(2)
        settings["code"] = {"delta": in_code, "conclusion": _conclusion(estimate, in_code)}
    ratio = estimate / threshold if threshold > 0 else math.inf
    notes = samples.notes + ([] if threshold > 0 or delta is not None else ["constant_difference"])
    return design.result(
        "average_comparison", n=n, estimate=estimate, statistic=ratio if math.isfinite(ratio) else None,
        settings=settings, notes=notes,
    )  # fmt: skip


def _sigma(samples: Samples) -> float | None:
    if min(len(samples.a), len(samples.b)) < 2:
        return None
    return math.sqrt((np.var(samples.a, ddof=1) + np.var(samples.b, ddof=1)) / 2)


def _conclusion(estimate: float, threshold: float) -> str:
    if abs(estimate) <= threshold:
        return "neither"
    return "first" if estimate > 0 else "second"

"""How probable is it that one procedure is better on another data set? Bayesian sign and signed-rank tests."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np
import numpy.typing as npt

from varbench.errors import StatisticsError
from varbench.stats.draws import at_least, random_generator, seed_of
from varbench.stats.many import rank_design
from varbench.stats.result import Design, Labels, Result
from varbench.stats.samples import TIE_TOLERANCE, Floats, Samples, differences, is_number, pairs, scale

Seed = int | np.random.Generator
#: Weights drawn at once: what a processor's cache holds.
_AT_ONCE = 60_000
#: A Dirichlet distribution needs every weight above 0; the weight of a region without data.
_NOTHING = 1e-4


def bayesian_sign(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    *,
    rope: float = 0.0,
    prior: float = 1.0,
    n_samples: int = 50_000,
    rng: Seed = 0,
    **labels: Unpack[Labels],
) -> Result:
    """How probable is it that the first procedure is better on most data sets like these?

    Parameters
    ----------
    a, b : array_like of float, (data set,)
        Mean scores of the first and the second procedure on the same data sets, larger is better. NaN is missing.
    rope : float
        Differences up to this count as none (the region of practical equivalence), in units of the score.
    prior : float
        The weight, in data sets, of the prior on "no difference", at least 0.
    n_samples : int
        Draws from the posterior.
    rng : int or numpy.random.Generator
        The seed; an int gives the same result each time.
    **labels
        As in :class:`~varbench.stats.Design`; the unit is ``"data set"``, the pairing ``"exact"`` and the estimand
        ``"E4"`` unless given. With ``pairing="none"`` nothing is computed.

    Returns
    -------
    Result
        `estimate` is the posterior mean of P(first better) - P(second better) on a data set, with its credible
        interval. ``settings["probabilities"]``: how probable it is that most data sets have a difference above `rope`
        (``"right"``: the first is better), below -`rope` (``"left"``) or in between (``"rope"``), most being the
        largest of the three shares. There is no p-value.

    Raises
    ------
    StatisticsError
        If the lengths differ, a score is infinite, or a setting is out of its range.

    Notes
    -----
    Benavoli et al. 2017 (Journal of Machine Learning Research 18, 1), section 4.2.1: the counts of the three
    regions, with the prior, are the parameters of a Dirichlet distribution.

    Examples
    --------
    >>> result = bayesian_sign([0.9, 0.8, 0.7, 0.8, 0.9], [0.8, 0.7, 0.6, 0.7, 0.95], rope=0.01)
    >>> {name: round(p, 2) for name, p in result.settings["probabilities"].items()}
    {'right': 0.89, 'rope': 0.06, 'left': 0.06}
    """
    design, samples = _checked(labels, a, b, rope, prior, n_samples)
    settings = _settings(samples, rope, prior, n_samples, rng)
    if design.pairing == "none" or not len(samples.a):
        return _refused("bayesian_sign", design, samples, settings)
    d = differences(samples)
    edge = rope + _tolerance(samples)
    counts = [int((d > edge).sum()), int((np.abs(d) <= edge).sum()), int((d < -edge).sum())]
    flip = counts[2] > counts[0]  # so that a swap of the procedures mirrors the draws
    weights = np.array(counts[::-1] if flip else counts, np.float64) + _NOTHING
    weights[1] += prior
    draws = random_generator(rng).dirichlet(weights, n_samples)
    settings.update(zip(("n_first", "n_within", "n_second"), counts, strict=True))
    equal = counts[0] == counts[2]
    return summary("bayesian_sign", design, samples, draws, settings, flip=flip, symmetric=equal)


def bayesian_signed_rank(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    *,
    rope: float = 0.0,
    prior: float = 0.5,
    n_samples: int = 50_000,
    rng: Seed = 0,
    **labels: Unpack[Labels],
) -> Result:
    """How probable is it that the first procedure's scores lie above the second's on data sets like these?

    Parameters
    ----------
    a, b, rope, n_samples, rng, **labels
        As in :func:`bayesian_sign`.
    prior : float
        The weight, in data sets, of the prior on a difference of 0, above 0.

    Returns
    -------
    Result
        As of :func:`bayesian_sign`; the regions are those of the mean of two differences drawn from the
        posterior, as in the signed-rank test.

    Raises
    ------
    StatisticsError
        As :func:`bayesian_sign`.

    Notes
    -----
    Benavoli et al. 2014 (Proceedings of Machine Learning Research 32, 1026); Benavoli et al. 2017 (Journal of
    Machine Learning Research 18, 1), section 4.2.2: with Dirichlet weights w on the differences z and the prior's
    0, P(first) = sum_ij w_i w_j I(z_i + z_j > 2 rope), halves where equal. Since the differences are sorted, the
    inner sum is a cumulative sum of the weights.

    Examples
    --------
    >>> result = bayesian_signed_rank([0.9, 0.8, 0.7, 0.8, 0.9], [0.8, 0.7, 0.6, 0.7, 0.95], rope=0.01)
    >>> {name: round(p, 2) for name, p in result.settings["probabilities"].items()}
    {'right': 0.99, 'rope': 0.0, 'left': 0.01}
    """
    design, samples = _checked(labels, a, b, rope, prior, n_samples)
    if prior <= 0:
        raise StatisticsError(f"prior={prior!r}: a weight above 0 is needed, as 0.5 is")
    settings = _settings(samples, rope, prior, n_samples, rng)
    if design.pairing == "none" or not len(samples.a):
        return _refused("bayesian_signed_rank", design, samples, settings)
    d = np.sort(differences(samples))
    mirrored = -d[::-1]
    unequal = np.flatnonzero(d != mirrored)
    flip = bool(len(unequal)) and bool(d[unequal[0]] < mirrored[unequal[0]])
    points = np.concatenate([[0.0], mirrored if flip else d])
    generator, tolerance = random_generator(rng), _tolerance(samples)
    at_once = max(64, _AT_ONCE // len(points))
    parts = []
    for start in range(0, n_samples, at_once):
        weights = generator.standard_exponential((len(points), min(at_once, n_samples - start)))
        weights[0] = generator.standard_gamma(prior, weights.shape[1])
        parts.append(signed_rank_regions(points, weights, rope, tolerance))
    draws = np.concatenate(parts, axis=1).T
    equal = not len(unequal)
    return summary("bayesian_signed_rank", design, samples, draws, settings, flip=flip, symmetric=equal)


def signed_rank_regions(points: Floats, weights: Floats, rope: float, tolerance: float = 0.0) -> Floats:
    """Give the share of pairs of points whose mean lies above, within and below the region of equivalence.

    Parameters
    ----------
    points : ndarray of float, (point,)
        Differences, first minus second.
    weights : ndarray of float, (point, sample)
        Above 0; they need not sum to 1.
    rope : float
        At least 0.
    tolerance : float
        Sums this near to the border lie on it.

    Returns
    -------
    ndarray of float64, (3, sample)
        Shares that sum to 1: first better, within, second better.

    Examples
    --------
    >>> signed_rank_regions(np.array([1.0, -3.0]), np.array([[3.0], [1.0]]), 0.0).ravel()
    array([0.5625, 0.    , 0.4375])
    """
    order = np.argsort(points, kind="stable")
    z, w = points[order], weights[order]
    cumulative = np.zeros((len(z) + 1, w.shape[1]))
    np.cumsum(w, axis=0, out=cumulative[1:])
    total = cumulative[-1]
    # weight of all z_j with z_i + z_j > 2 rope, those equal counted half; and below -2 rope alike
    above = total - _up_to(cumulative, z, 2 * rope - z, tolerance)
    first = np.einsum("ij,ij->j", w, above) / total**2
    if rope == 0:
        return np.stack([first, np.zeros_like(first), 1 - first])
    below = _up_to(cumulative, z, -2 * rope - z, tolerance)
    second = np.einsum("ij,ij->j", w, below) / total**2
    return np.stack([first, np.maximum(0.0, 1 - first - second), second])


def _up_to(cumulative: Floats, z: Floats, threshold: Floats, tolerance: float) -> Floats:
    left = np.searchsorted(z, threshold - tolerance, "left")
    right = np.searchsorted(z, threshold + tolerance, "right")
    if (left == right).all():
        return cumulative[left]
    halves: Floats = (cumulative[left] + cumulative[right]) / 2
    return halves


def _tolerance(samples: Samples) -> float:
    """Give what rounding may put between a sum of two differences and the border it lies on."""
    return 4 * TIE_TOLERANCE * scale(samples.a, samples.b)


def _checked(
    labels: Labels, a: npt.ArrayLike, b: npt.ArrayLike, rope: float, prior: float, n_samples: int
) -> tuple[Design, Samples]:
    if not is_number(rope) or rope < 0:
        raise StatisticsError(f"rope={rope!r}: half a width of at least 0 is needed, in units of the score")
    if not is_number(prior) or prior < 0:
        raise StatisticsError(f"prior={prior!r}: a weight of at least 0 is needed")
    at_least("n_samples", n_samples)
    return rank_design(labels), pairs(a, b)


def _settings(samples: Samples, rope: float, prior: float, n_samples: int, rng: Seed) -> dict[str, Any]:
    return {
        "rope": rope, "prior": prior, "n_samples": n_samples, "rng": seed_of(rng),
        "n_dropped": samples.dropped, "interval": "central credible",
    }  # fmt: skip


def _refused(method: str, design: Design, samples: Samples, settings: dict[str, Any]) -> Result:
    note = "not_paired" if design.pairing == "none" else "too_few_to_reject"
    return design.result(method, n=len(samples.a), settings=settings, notes=[*samples.notes, note])


def summary(
    method: str,
    design: Design,
    samples: Samples,
    draws: Floats,
    settings: dict[str, Any],
    *,
    flip: bool = False,
    symmetric: bool = False,
) -> Result:
    """Sum up draws (sample, region): first better, within, second better.

    Parameters
    ----------
    method, design, samples, settings
        What the result says.
    draws : ndarray of float, (sample, 3)
        Each row sums to 1.
    flip : bool
        Whether the draws are those of the procedures swapped.
    symmetric : bool
        Whether neither procedure is ahead, so that only chance would tell the two sides apart.

    Returns
    -------
    Result
        The mean of first minus second, its central credible interval, and how probable each region is to be the
        most probable one.
    """
    shares = _most_probable(draws)
    lead = draws[:, 0] - draws[:, 2]
    if flip:
        shares, lead = shares[::-1], -lead
    if symmetric:
        shares = (shares + shares[::-1]) / 2
        lead = np.concatenate([lead, -lead])
    settings["probabilities"] = dict(zip(("right", "rope", "left"), shares.tolist(), strict=True))
    low, high = np.quantile(lead, [design.alpha / 2, 1 - design.alpha / 2])
    estimate = 0.0 if symmetric else float(lead.mean())
    notes = samples.notes + ([] if low < high else ["constant_difference"])
    interval = (float(low), float(high)) if low < high else None
    return design.result(
        method, n=len(samples.a), estimate=estimate, interval=interval, settings=settings, notes=notes
    )


def _most_probable(draws: Floats) -> Floats:
    """Give how often each region has the largest share; equal ones split it."""
    largest = draws == draws.max(axis=1, keepdims=True)
    shares: Floats = (largest / largest.sum(axis=1, keepdims=True)).mean(axis=0)
    return shares

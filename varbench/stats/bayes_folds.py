"""The hierarchical Bayesian comparison over data sets, by baycomp and Stan (extra ``bayes``)."""

from __future__ import annotations

import contextlib
import tempfile
from importlib.util import find_spec
from typing import Unpack

import numpy as np
import numpy.typing as npt

from varbench.errors import MissingExtra, StatisticsError
from varbench.stats.bayes_sets import summary
from varbench.stats.many import rank_design
from varbench.stats.result import Labels, Result
from varbench.stats.samples import Floats, Samples, numbers


def hierarchical(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    *,
    rope: float = 0.0,
    runs: int = 1,
    n_samples: int = 10_000,
    **labels: Unpack[Labels],
) -> Result:
    """How probable is it that the first procedure is better on another data set, from the scores of every fold?

    Parameters
    ----------
    a, b : array_like of float, (data set, score)
        Fold scores of the first and the second procedure in the same cross-validations, larger is better.
    rope : float
        Differences up to this count as none, in units of the score.
    runs : int
        How often the cross-validation was repeated: the correlation of the folds is runs / scores.
    n_samples : int
        Draws of a chain; there are four.
    **labels
        As in :class:`~varbench.stats.Design`; the unit is ``"data set"``, the pairing ``"exact"`` and the estimand
        ``"E4"`` unless given. With ``pairing="none"`` nothing is computed.

    Returns
    -------
    Result
        As of :func:`~varbench.stats.bayesian_signed_rank`. The draws take no seed: results differ a little.

    Raises
    ------
    MissingExtra
        If baycomp or pystan is not installed.
    StatisticsError
        If the shapes differ, a score is missing, or `runs` does not divide the scores.

    Notes
    -----
    Corani et al. 2017, doi:10.1007/s10994-017-5641-9. The model is baycomp's, compiled at first use; baycomp keeps
    its last sample in the working directory, so a temporary one is made for it.

    Examples
    --------
    >>> hierarchical([[0.9, 0.8]], [[0.8, 0.8]], runs=3)
    Traceback (most recent call last):
    ...
    varbench.errors.StatisticsError: runs=3: must divide the number of scores of a data set, 2
    """
    first, second = _scores("a", a), _scores("b", b)
    if first.shape != second.shape:
        raise StatisticsError(f"a has shape {first.shape} and b {second.shape}: the same folds are needed")
    if runs < 1 or first.shape[1] % runs:
        raise StatisticsError(
            f"runs={runs!r}: must divide the number of scores of a data set, {first.shape[1]}"
        )
    if not rope >= 0:
        raise StatisticsError(f"rope={rope!r}: half a width of at least 0 is needed, in units of the score")
    design = rank_design(labels)
    samples = Samples(first.mean(axis=1), second.mean(axis=1), 0)
    settings = {
        "rope": rope,
        "runs": runs,
        "n_samples": n_samples,
        "rng": "not seeded",
        "engine": "baycomp, Stan",
    }
    if design.pairing == "none":
        return design.result("hierarchical", n=len(first), settings=settings, notes=["not_paired"])
    draws = _draws(first, second, rope, runs, n_samples)
    return summary("hierarchical", design, samples, draws, settings)


def _scores(name: str, values: npt.ArrayLike) -> Floats:
    given = numbers(name, values)
    if given.ndim != 2 or given.size == 0:
        raise StatisticsError(
            f"{name} has shape {given.shape}: one row a data set, one column a fold are needed"
        )
    if not np.isfinite(given).all():
        raise StatisticsError(
            f"{name} holds {int((~np.isfinite(given)).sum())} missing or infinite scores: leave those data sets out"
        )
    return given


def _draws(a: Floats, b: Floats, rope: float, runs: int, n_samples: int) -> Floats:
    for package, module in (("baycomp", "baycomp"), ("pystan", "stan")):
        if find_spec(module) is None:
            raise MissingExtra(package, "bayes")
    import baycomp

    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        drawn = baycomp.HierarchicalTest.sample(a, b, rope, runs=runs, nsamples=n_samples)
    found: Floats = np.asarray(drawn, dtype=np.float64)
    return found

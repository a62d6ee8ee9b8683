"""Statistical methods: arrays of scores in, one :class:`Result` out.

A method knows nothing of studies or cubes. `a` holds the scores of the first procedure and `b` those of the
second, larger is better (:func:`oriented` turns scores of which smaller is better); a positive estimate
favours the first.
"""

from __future__ import annotations

from collections.abc import Callable

from varbench.stats.classes import MethodClass, method_class
from varbench.stats.means import difference, mean_interval
from varbench.stats.outperform import clopper_pearson, prob_outperform, published_size, sample_size
from varbench.stats.ranks import rank_sum, signed_rank
from varbench.stats.result import ESTIMANDS, NOTES, PAIRINGS, VALIDITIES, Design, Labels, Result
from varbench.stats.samples import oriented
from varbench.stats.superiority import a12, cliffs_delta

#: Every method by its name. Those with a `b` compare two procedures.
METHODS: dict[str, Callable[..., Result]] = {
    "difference": difference,
    "prob_outperform": prob_outperform,
    "a12": a12,
    "cliffs_delta": cliffs_delta,
    "rank_sum": rank_sum,
    "signed_rank": signed_rank,
    "mean_interval": mean_interval,
}

__all__ = [
    "ESTIMANDS",
    "METHODS",
    "NOTES",
    "PAIRINGS",
    "VALIDITIES",
    "Design",
    "Labels",
    "MethodClass",
    "Result",
    "a12",
    "cliffs_delta",
    "clopper_pearson",
    "difference",
    "mean_interval",
    "method_class",
    "oriented",
    "prob_outperform",
    "published_size",
    "rank_sum",
    "sample_size",
    "signed_rank",
]

"""Statistical methods: arrays of scores in, one :class:`Result` out.

A method knows nothing of studies or cubes. `a` holds the scores of the first procedure and `b` those of the
second, larger is better (:func:`oriented` turns scores of which smaller is better); a positive estimate
favours the first.
"""

from __future__ import annotations

from collections.abc import Callable

from varbench.stats.across import OverDataSets, mean_over_datasets
from varbench.stats.aggregates import Profile, iqm, optimality_gap, performance_profile
from varbench.stats.anova import one_way
from varbench.stats.bayes_sets import bayesian_sign, bayesian_signed_rank
from varbench.stats.classes import MethodClass, method_class
from varbench.stats.components import Components, variance_components, variance_components_long
from varbench.stats.hierarchical import hierarchical
from varbench.stats.icc import icc
from varbench.stats.many import friedman, iman_davenport
from varbench.stats.means import difference, mean_interval
from varbench.stats.multiplicity import ADJUSTMENTS, adjust, raised_gamma
from varbench.stats.outperform import clopper_pearson, prob_outperform, published_size, sample_size
from varbench.stats.posthoc import RankTable, nemenyi, wilcoxon_holm
from varbench.stats.ranks import rank_sum, signed_rank
from varbench.stats.replicability import partial_conjunction, replicability
from varbench.stats.result import ESTIMANDS, NOTES, PAIRINGS, VALIDITIES, Design, Labels, Result
from varbench.stats.samples import oriented
from varbench.stats.sources import Sources, numerical_noise, one_at_a_time
from varbench.stats.stability import Stability, ranking_stability
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
    "numerical_noise": numerical_noise,
}

__all__ = [
    "ADJUSTMENTS",
    "ESTIMANDS",
    "METHODS",
    "NOTES",
    "PAIRINGS",
    "VALIDITIES",
    "Components",
    "Design",
    "Labels",
    "MethodClass",
    "OverDataSets",
    "Profile",
    "RankTable",
    "Result",
    "Sources",
    "Stability",
    "a12",
    "adjust",
    "bayesian_sign",
    "bayesian_signed_rank",
    "cliffs_delta",
    "clopper_pearson",
    "difference",
    "friedman",
    "hierarchical",
    "icc",
    "iman_davenport",
    "iqm",
    "mean_interval",
    "mean_over_datasets",
    "method_class",
    "nemenyi",
    "numerical_noise",
    "one_at_a_time",
    "one_way",
    "optimality_gap",
    "oriented",
    "partial_conjunction",
    "performance_profile",
    "prob_outperform",
    "published_size",
    "raised_gamma",
    "rank_sum",
    "ranking_stability",
    "replicability",
    "sample_size",
    "signed_rank",
    "variance_components",
    "variance_components_long",
    "wilcoxon_holm",
]

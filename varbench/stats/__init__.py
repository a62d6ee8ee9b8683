"""Statistical methods: arrays of scores in, one :class:`Result` out.

A method knows nothing of studies or cubes. `a` holds the scores of the first procedure and `b` those of the
second, larger is better (:func:`oriented` turns scores of which smaller is better); a positive estimate
favours the first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from varbench.stats.across import OverDataSets, mean_over_datasets
from varbench.stats.aggregates import Profile, iqm, optimality_gap, performance_profile
from varbench.stats.agreement import cochran_q, mcnemar
from varbench.stats.anova import one_way
from varbench.stats.auc import delong
from varbench.stats.averages import average_comparison
from varbench.stats.bands import Curve
from varbench.stats.batches import auc_of_batches, in_halves, two_sites
from varbench.stats.bayes import bayesian_correlated_t
from varbench.stats.bayes_folds import hierarchical
from varbench.stats.bayes_sets import bayesian_sign, bayesian_signed_rank
from varbench.stats.benefit import decision_curve, expected_cost
from varbench.stats.bootstrap import bootstrap_difference
from varbench.stats.budget import Allocation, allocation
from varbench.stats.cases import case_summary
from varbench.stats.classes import MethodClass, method_class
from varbench.stats.components import Components, variance_components, variance_components_long
from varbench.stats.conjunction import partial_conjunction, replicability
from varbench.stats.curves import calibration_curve, pr_curve, roc_curve
from varbench.stats.decisions import Decisions, simulate_decisions
from varbench.stats.estimators import Estimators, estimator_curves, published_estimators
from varbench.stats.intraclass import icc
from varbench.stats.joint import joint_bootstrap
from varbench.stats.many import friedman, iman_davenport
from varbench.stats.means import difference, mean_interval
from varbench.stats.multilabel import MultiLabel, multilabel_metrics
from varbench.stats.multiplicity import ADJUSTMENTS, adjust, raised_gamma
from varbench.stats.order import stochastic_order
from varbench.stats.outoffold import patient_bootstrap
from varbench.stats.outperform import (
    clopper_pearson,
    outperform_sizes,
    prob_outperform,
    published_size,
    sample_size,
)
from varbench.stats.permuting import permutation_metric
from varbench.stats.picking import expected_maximum
from varbench.stats.planning import (
    SmallestDifference,
    hanley_mcneil,
    noise_band,
    smallest_difference,
    test_set_size,
    width_of,
)
from varbench.stats.posthoc import RankTable, nemenyi, wilcoxon_holm
from varbench.stats.power import PowerCurve, power_by_simulation
from varbench.stats.proportions import proportion, wilson
from varbench.stats.ranks import rank_sum, signed_rank
from varbench.stats.regression import REGRESSION, regression_metric
from varbench.stats.reliability import Calibration, calibration
from varbench.stats.resampled import corrected_resampled_t, cv_5x2_f, cv_5x2_t, equivalence, paired_t
from varbench.stats.resampling import bootstrap_metric
from varbench.stats.result import ESTIMANDS, NOTES, PAIRINGS, VALIDITIES, Design, Labels, Result
from varbench.stats.samples import oriented
from varbench.stats.signs import permutation, sign_test
from varbench.stats.sizes import hedges_g, paired_d, rank_biserial
from varbench.stats.sources import Sources, numerical_noise, one_at_a_time
from varbench.stats.stability import Stability, ranking_stability
from varbench.stats.superiority import a12, cliffs_delta

#: Every method by its name. Most give one Result; those whose answer is a table or a curve have `frame()`.
METHODS: dict[str, Callable[..., Any]] = {
    "difference": difference,
    "prob_outperform": prob_outperform,
    "a12": a12,
    "cliffs_delta": cliffs_delta,
    "rank_sum": rank_sum,
    "signed_rank": signed_rank,
    "mean_interval": mean_interval,
    "paired_t": paired_t,
    "corrected_resampled_t": corrected_resampled_t,
    "cv_5x2_t": cv_5x2_t,
    "cv_5x2_f": cv_5x2_f,
    "sign_test": sign_test,
    "permutation": permutation,
    "average_comparison": average_comparison,
    "bayesian_correlated_t": bayesian_correlated_t,
    "stochastic_order": stochastic_order,
    "equivalence": equivalence,
    "bootstrap_difference": bootstrap_difference,
    "bootstrap_metric": bootstrap_metric,
    "joint_bootstrap": joint_bootstrap,
    "patient_bootstrap": patient_bootstrap,
    "permutation_metric": permutation_metric,
    "hedges_g": hedges_g,
    "paired_d": paired_d,
    "rank_biserial": rank_biserial,
    "numerical_noise": numerical_noise,
    "one_at_a_time": one_at_a_time,
    "one_way": one_way,
    "icc": icc,
    "variance_components": variance_components,
    "estimator_curves": estimator_curves,
    "friedman": friedman,
    "iman_davenport": iman_davenport,
    "nemenyi": nemenyi,
    "wilcoxon_holm": wilcoxon_holm,
    "adjust": adjust,
    "bayesian_sign": bayesian_sign,
    "bayesian_signed_rank": bayesian_signed_rank,
    "replicability": replicability,
    "iqm": iqm,
    "optimality_gap": optimality_gap,
    "performance_profile": performance_profile,
    "mean_over_datasets": mean_over_datasets,
    "ranking_stability": ranking_stability,
    "delong": delong,
    "mcnemar": mcnemar,
    "cochran_q": cochran_q,
    "proportion": proportion,
    "calibration": calibration,
    "roc_curve": roc_curve,
    "pr_curve": pr_curve,
    "calibration_curve": calibration_curve,
    "decision_curve": decision_curve,
    "expected_cost": expected_cost,
    "case_summary": case_summary,
    "regression_metric": regression_metric,
    "multilabel_metrics": multilabel_metrics,
}

__all__ = [
    "ADJUSTMENTS",
    "ESTIMANDS",
    "METHODS",
    "NOTES",
    "PAIRINGS",
    "REGRESSION",
    "VALIDITIES",
    "Allocation",
    "Calibration",
    "Components",
    "Curve",
    "Decisions",
    "Design",
    "Estimators",
    "Labels",
    "MethodClass",
    "MultiLabel",
    "OverDataSets",
    "PowerCurve",
    "Profile",
    "RankTable",
    "Result",
    "SmallestDifference",
    "Sources",
    "Stability",
    "a12",
    "adjust",
    "allocation",
    "auc_of_batches",
    "average_comparison",
    "bayesian_correlated_t",
    "bayesian_sign",
    "bayesian_signed_rank",
    "bootstrap_difference",
    "bootstrap_metric",
    "calibration",
    "calibration_curve",
    "case_summary",
    "cliffs_delta",
    "clopper_pearson",
    "cochran_q",
    "corrected_resampled_t",
    "cv_5x2_f",
    "cv_5x2_t",
    "decision_curve",
    "delong",
    "difference",
    "equivalence",
    "estimator_curves",
    "expected_cost",
    "expected_maximum",
    "friedman",
    "hanley_mcneil",
    "hedges_g",
    "hierarchical",
    "icc",
    "iman_davenport",
    "in_halves",
    "iqm",
    "joint_bootstrap",
    "mcnemar",
    "mean_interval",
    "mean_over_datasets",
    "method_class",
    "multilabel_metrics",
    "nemenyi",
    "noise_band",
    "numerical_noise",
    "one_at_a_time",
    "one_way",
    "optimality_gap",
    "oriented",
    "outperform_sizes",
    "paired_d",
    "paired_t",
    "partial_conjunction",
    "patient_bootstrap",
    "performance_profile",
    "permutation",
    "permutation_metric",
    "power_by_simulation",
    "pr_curve",
    "prob_outperform",
    "proportion",
    "published_estimators",
    "published_size",
    "raised_gamma",
    "rank_biserial",
    "rank_sum",
    "ranking_stability",
    "regression_metric",
    "replicability",
    "roc_curve",
    "sample_size",
    "sign_test",
    "signed_rank",
    "simulate_decisions",
    "smallest_difference",
    "stochastic_order",
    "test_set_size",
    "two_sites",
    "variance_components",
    "variance_components_long",
    "width_of",
    "wilcoxon_holm",
    "wilson",
]

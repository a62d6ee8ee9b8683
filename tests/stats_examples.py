"""What the contract tests feed to each statistical method. Who adds a method adds its line here.

A method whose first two arguments are `a` and `b` gets the contract's own pairs, and needs a line only where it has
keywords that must be given (``NEEDED``), or takes keywords that no other one has (``OTHER``). Every other method has a
line in ``EXAMPLES``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

# Ties, zeros and both signs, so that every setting has something to act on.
A = np.array([0.71, 0.64, 0.80, 0.75, 0.66, 0.71, 0.59, 0.83, 0.70, 0.77, 0.62, 0.74])
B = np.array([0.70, 0.66, 0.72, 0.75, 0.60, 0.65, 0.61, 0.74, 0.70, 0.71, 0.58, 0.71])

#: The keywords that a method of `a` and `b` cannot do without, and those that keep it quick or make all others matter.
NEEDED: dict[str, dict[str, Any]] = {
    "corrected_resampled_t": {"n_train": 90, "n_test": 10},
    "bayesian_correlated_t": {"rho": 0.1},
    "equivalence": {"margin": 0.05},
    "permutation": {"n_resamples": 400},
    "bayesian_sign": {"rope": 0.01, "n_samples": 2000},
    "bayesian_signed_rank": {"rope": 0.01, "n_samples": 2000},
}
#: For every keyword a value that must change the result.
OTHER: dict[str, Any] = {
    "unit": "run",
    "pairing": "group",
    "estimand": "O",
    "validity": "failing",
    "confidence_level": 0.8,
    "repeats_share_data": True,
    "method": "asymptotic",
    "tie_correction": True,
    "zero_method": "pratt",
    "gamma": 0.9,
    "n_train": 60,
    "n_test": 25,
    "margin": 0.03,
    "rho": 0.3,
    "rope": 0.02,
    "delta": 0.5,
    "sigma": 0.3,
    "kind": "percentile",
    "n_resamples": 300,
    "rng": 7,
    "n_comparisons": 5,
    "prior": 2.0,
    "n_samples": 1000,
    "names": list("pqr"),
    "missing": "error",
}
#: Keywords that come together: what goes with the one that is tried.
TOGETHER: dict[tuple[str, str], dict[str, Any]] = {
    ("equivalence", "n_train"): {"n_test": 10},
    ("equivalence", "n_test"): {"n_train": 90},
}


@dataclass(frozen=True)
class Example:
    """One call of a method.

    Parameters
    ----------
    args : tuple
        Its positional arguments.
    keywords : mapping
        The keywords that it needs.
    other : mapping
        For each of its keywords that is no label, a value that must change the result (else that of ``OTHER``).
    swap : pair of int, optional
        The positions of two arguments that mirror the result when they change places.
    labelled : bool
        Whether it takes the labels of a design.
    """

    args: tuple[Any, ...]
    keywords: Mapping[str, Any] = field(default_factory=dict)
    other: Mapping[str, Any] = field(default_factory=dict)
    swap: tuple[int, int] | None = None
    labelled: bool = True


# Three procedures on twelve data sets, with ties.
TABLE = np.column_stack([A, B, np.round((A + B) / 2 - 0.02, 2)])

# Two models on twelve cases, three of each on the same ones, and the scores of three repeats of cross-validation.
CASES = np.tile([0, 1, 1], 4)
FIRST = np.array([0.31, 0.62, 0.80, 0.45, 0.55, 0.71, 0.59, 0.43, 0.90, 0.27, 0.62, 0.38])
SECOND = np.array([0.20, 0.66, 0.35, 0.58, 0.60, 0.42, 0.52, 0.74, 0.70, 0.31, 0.48, 0.69])
RUNS = np.arange(36).reshape(3, 12) % 7 / 20
OF_CASES: dict[str, Any] = {
    "metric": "brier",
    "groups": np.repeat(np.arange(6), 2),
    "stratify": True,
    "threshold": 0.65,
    "classes": [1, 0],
    "interval": "bca",
}

EXAMPLES: dict[str, Example] = {
    "bootstrap_metric": Example(
        (CASES, FIRST, SECOND), {"metric": "f1", "n_resamples": 200}, OF_CASES, swap=(1, 2)
    ),
    "joint_bootstrap": Example(
        (CASES, FIRST - RUNS, SECOND + RUNS[::-1] / 2),
        {"metric": "f1", "n_resamples": 200},
        {**OF_CASES, "interval": "percentile", "paired_seeds": True},
        swap=(1, 2),
    ),
    "patient_bootstrap": Example(
        (CASES, FIRST - RUNS, SECOND + RUNS[::-1] / 2),
        {"metric": "f1", "n_resamples": 200},
        {**OF_CASES, "fold": np.tile(np.arange(12) // 6, (3, 1)), "repeats_share_data": False},
        swap=(1, 2),
    ),
    "permutation_metric": Example((CASES, FIRST, SECOND), {"metric": "f1"}, OF_CASES, swap=(1, 2)),
    "mean_interval": Example((A,)),
    "cv_5x2_t": Example((A[:10].reshape(5, 2), B[:10].reshape(5, 2)), swap=(0, 1)),
    "cv_5x2_f": Example((A[:10].reshape(5, 2), B[:10].reshape(5, 2)), swap=(0, 1)),
    "friedman": Example((TABLE,), other={"tie_correction": False}),
    "iman_davenport": Example((TABLE,), other={"tie_correction": False}),
    "nemenyi": Example((TABLE,)),
    "wilcoxon_holm": Example((TABLE,), other={"adjustment": "bonferroni"}),
    "ranking_stability": Example((TABLE,), {"n_resamples": 200}, {"by": "score"}),
    "adjust": Example(([0.01, 0.02, 0.03],), other={"method": "bonferroni"}, labelled=False),
    "replicability": Example(([0.001, 0.02, 0.2],), other={"u": 2, "combine": "fisher"}),
    "mean_over_datasets": Example(
        (A, B),
        other={
            "cluster": np.repeat(np.arange(6), 2),
            "names": list("abcdefghijkl"),
            "intervals": np.c_[B, A],
        },
    ),
    "iqm": Example((TABLE,), {"n_resamples": 200}, {"unit": "fold"}),
    "optimality_gap": Example((TABLE,), {"n_resamples": 200}, {"gamma": 0.7, "unit": "fold"}),
    "performance_profile": Example((TABLE, [0.6, 0.7, 0.8]), {"n_resamples": 200}, labelled=False),
    "numerical_noise": Example((A,), other={"unit": "fold"}),
    "one_way": Example((A, np.repeat([0, 1, 2], 4)), other={"unit": "fold"}),
    "icc": Example((TABLE,), other={"form": "ICC(3,k)"}),
    "variance_components": Example(
        (TABLE,),
        other={
            "factors": ["split", "init"],
            "nested": {"factor_2": "factor_1"},
            "replicates": True,
            "method": "reml",
            "interval": "satterthwaite",
            "unit": "fold",
        },
    ),
    "one_at_a_time": Example(
        ({"split": A, "init": B},),
        {"interval": "bootstrap", "n_resamples": 200},
        {"reference": "init", "together": A + B, "interval": "chi2", "unit": "fold"},
    ),
    "estimator_curves": Example((A, {"Init": TABLE}), other={"trials": 7, "unit": "fold"}),
    "delong": Example((CASES, FIRST), other={"interval": "newcombe", "groups": np.repeat(np.arange(6), 2)}),
    "mcnemar": Example((CASES, FIRST > 0.5, SECOND > 0.6)),
    "cochran_q": Example((CASES, np.column_stack([FIRST > 0.5, SECOND > 0.6, SECOND > 0.5]))),
    "proportion": Example((7, 12), other={"interval": "jeffreys", "null": 0.3}),
    "calibration": Example(
        (CASES, FIRST), {"n_resamples": 100}, {"n_bins": 3, "groups": np.repeat(np.arange(6), 2)}
    ),
    "roc_curve": Example(
        (CASES, FIRST), {"n_resamples": 100}, {"groups": np.repeat(np.arange(6), 2), "stratify": False}
    ),
    "pr_curve": Example(
        (CASES, FIRST),
        {"n_resamples": 100},
        {"groups": np.repeat(np.arange(6), 2), "stratify": True},
        labelled=False,
    ),
    "calibration_curve": Example(
        (CASES, FIRST),
        {"n_bins": 3},
        {"groups": np.repeat(np.arange(6), 2), "n_bins": 2, "strategy": "width"},
        labelled=False,
    ),
    "decision_curve": Example(
        (CASES, FIRST),
        {"n_resamples": 100},
        {"groups": np.repeat(np.arange(6), 2), "thresholds": [0.3, 0.5]},
        labelled=False,
    ),
    "expected_cost": Example(
        (CASES, FIRST, 1.0, 2.0),
        {"n_resamples": 100},
        {"groups": np.repeat(np.arange(6), 2), "thresholds": [0.3, 0.5]},
    ),
    "case_summary": Example(
        (A,),
        {"interval": "percentile", "n_resamples": 200},
        {
            "statistic": "median",
            "interval": "bca",
            "groups": np.repeat(np.arange(6), 2),
            "limits": (0.0, 1.0),
        },
    ),
    "regression_metric": Example(
        (A, B, A + FIRST / 5),
        {"n_resamples": 200},
        {"metric": "rmse", "interval": "bca", "groups": np.repeat(np.arange(6), 2)},
        swap=(1, 2),
    ),
    "multilabel_metrics": Example(
        (np.column_stack([CASES, CASES[::-1]]), np.column_stack([FIRST, SECOND])),
        {"n_resamples": 200},
        {
            "metrics": ["recall"],
            "names": ["nodule", "effusion"],
            "threshold": [0.6, 0.4],
            "groups": np.repeat(np.arange(6), 2),
        },
    ),
}

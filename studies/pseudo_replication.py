"""Pseudo-replication: two equal procedures, called different because one cohort is split many times.

The features fall into two halves of the same worth, and each procedure sees one of them: over cohorts the two are
equal at every size. On one cohort one half is luckier than the other, and stays so in every re-split. A test over the
re-splits finds this luck, and finds it the more surely the more re-splits there are: they share their patients, and
are no new evidence about other patients.

Each of many cohorts is re-split many times (a crossed design), so that every cohort shows what its own study would
have printed, and all of them together how often it would have been wrong: the report has these rates, method by method
and over the number of re-splits. `varbench study pseudo_replication --preset full` is the size at which the rates in
varbench's verdicts were measured: 200 cohorts, each re-split 100 times.
"""

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import FunctionTransformer

from varbench import Procedure, Split, Study

cv = StratifiedKFold(3, shuffle=True)


def first_half(X: np.ndarray) -> np.ndarray:
    """Take the first half of the features."""
    return X[:, : X.shape[1] // 2]


def second_half(X: np.ndarray) -> np.ndarray:
    """Take the other half, which is worth the same."""
    return X[:, X.shape[1] // 2 :]


study = Study(
    question="How often are two equal procedures called different, because one cohort is split many times?",
    data="simulated-halves",
    procedures={
        "first half": Procedure([Split(cv), ("half", FunctionTransformer(first_half)), LinearDiscriminantAnalysis()]),
        "second half": Procedure([Split(cv), ("half", FunctionTransformer(second_half)), LinearDiscriminantAnalysis()]),
    },
    equal=("first half", "second half"),
    primary="roc_auc",
    margin=0.02,
    gamma=0.75,
    vary=["cohort:40", "split:50"],
    design="crossed",
    truth_rows=0,
    presets={"quick": {"vary": ["cohort:10", "split:20"]}, "full": {"vary": ["cohort:200", "split:100"]}},
)  # fmt: skip

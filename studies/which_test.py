"""Which test may be trusted: how often each calls two equal procedures different, by folds, size, prevalence and model.

The features fall into two halves of the same worth, and each procedure sees one of them: whatever calls the two
different errs. Cohorts are drawn anew and each is re-split (a crossed design), so that every method is asked about
every cohort, and the share of cohorts on which it errs is its error rate for the population.

Each preset is one condition that changes the answer: other folds, one repeat, fewer or more patients, balanced classes,
another model. `varbench calibrate RUN` shows the rates of a run once more. The whole grid of conditions, with power and
coverage beside the error rates, runs on a fast simulator with `varbench calibrate --full --out FOLDER`; its result,
`classes.csv`, is in `varbench/stats`, where every verdict looks up whether a test is exact, approximate or failing for
the design at hand.
"""

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from varbench import Procedure, Split, Study
from varbench.data import SimulatedHalves

split = Split(StratifiedKFold(3, shuffle=True))
# A pipeline of one, so that a preset can put another model in.
model = ("model", Pipeline([("fit", LinearDiscriminantAnalysis())]))


def first_half(X: np.ndarray) -> np.ndarray:
    """Take the first half of the features."""
    return X[:, : X.shape[1] // 2]


def second_half(X: np.ndarray) -> np.ndarray:
    """Take the other half, which is worth the same."""
    return X[:, X.shape[1] // 2 :]


study = Study(
    question="Which test may be trusted, for which design?",
    data="simulated-halves",
    procedures={
        "first half": Procedure([split, ("half", FunctionTransformer(first_half)), model]),
        "second half": Procedure([split, ("half", FunctionTransformer(second_half)), model]),
    },
    equal=("first half", "second half"),
    primary="roc_auc",
    metrics=["accuracy"],
    vary=["cohort:60", "split:10"],
    design="crossed",
    truth_rows=0,
    presets={
        "quick": {"vary": ["cohort:20", "split:5"]},
        "10-fold": {"set": {"split__n_splits": 10}},
        "5x2": {"set": {"split__n_splits": 2}, "vary": ["cohort:60", "split:5"]},
        "many re-splits": {"vary": ["cohort:40", "split:100"]},
        "small": {"data": SimulatedHalves(n_cases=60, n_positive=10)},
        "large": {"data": SimulatedHalves(n_cases=500, n_positive=88)},
        "balanced": {"data": SimulatedHalves(n_cases=137, n_positive=68)},
        "no signal": {"data": SimulatedHalves(strength=0.5)},
        "naive Bayes": {"set": {"model__steps": [("fit", GaussianNB())]}},
        "logistic": {"set": {"model__steps": [("fit", LogisticRegression(max_iter=1000))]}},
    },
)  # fmt: skip

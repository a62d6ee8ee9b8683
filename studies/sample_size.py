"""Overfitting over the size of the cohort (a forum's fourth statement: more common than reported in small sets).

Cohorts of 30 patients and more are drawn from the cohort that is there; every model is scored on its training rows, on
the test rows and, of the simulator, on fresh patients. Three things are told apart. Training minus test is overfitting:
a forest knows its training rows by heart at any size, so that the gap shrinks only as the test score rises. The spread
over the repeats is what a single small study is dealt. Own minus truth is optimism: where every step stands right of
``Split`` there is next to none on average, however small the cohort. What then makes published small studies too good is
the pick: the third line reports, of nine settings, the best by the test rows, and the fewer the patients, the more of
that is luck.

``Subsample`` left of ``Split`` makes no row and copies none; whoever is left out is neither trained on nor tested. On a
table of your own all points with fewer patients than it has run, and one with all of them.
"""

import math

from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import StandardScaler

from varbench import Procedure, Split, Study, Tune
from varbench.data import SimulatedRadiomics
from varbench.procedure import Subsample

split = Split(StratifiedKFold(5, shuffle=True))
scale, pick = ("scale", StandardScaler()), ("pick", SelectKBest(f_classif, k=10))
line, forest = ("line", LogisticRegression(max_iter=5000)), ("forest", RandomForestClassifier(200))
chain = [scale, pick, line]
grid: dict[str, list[int] | list[float]] = {"pick__k": [2, 5, 10], "line__C": [0.01, 0.1, 1.0]}
sizes = [30, 45, 70, 100, 150, 250]


def over(*steps: object) -> dict[float, Procedure]:
    """Give a procedure for each size, and one with all there are."""
    smaller: dict[float, Procedure] = {n: Procedure([("fewer", Subsample(n)), *steps]) for n in sizes}
    return smaller | {math.inf: Procedure([*steps])}


kinds = {
    "line": over(split, *chain),
    "forest": over(split, scale, pick, forest),
    "best of nine": over(("search", Tune(chain, grid, scoring="roc_auc")), split),
}
named = {
    kind: {n: f"{kind} {'all' if math.isinf(n) else n}" for n in points} for kind, points in kinds.items()
}

study = Study(
    question="How much do models overfit, and how far do scores spread, over the size of the cohort?",
    data=SimulatedRadiomics(n_cases=400, n_positive=160, n_features=200),
    procedures={named[kind][n]: one for kind, points in kinds.items() for n, one in points.items()},
    compare=("line all", "line 30"),
    axis="patients",
    lines=named,
    training=True,
    primary="roc_auc",
    margin=0.02,
    gamma=0.75,
    metrics=["balanced_accuracy", "accuracy", "brier"],
    vary=["cohort", "resample", "split", "init"],
    repeats=40,
    presets={"quick": {"set": {"forest__n_estimators": 50}, "repeats": 5}},
)  # fmt: skip

"""Drift: what a random split cannot see, and a chart that does.

A table of several years is often split at random. Each model then learns from the very months that it is tested in, the
last ones included, and a change in the middle is shared out between training and test rows. In use a model is older than
its patients. Split by time, each month is tested by models of the months before it.

The simulator replaces the scanner after eight of twelve months: some features tell nothing from then on, and others tell
instead. Of its panels, the first does not change at all, and the last wholly; each is a point of the lines. `frozen` is
the model of the first four months, which is not updated. Its score is watched: the next three months set the limits.

`varbench study drift --data my.csv --target y --batch month` takes the months, or years, of your own table.
"""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from varbench import Procedure, Split, Study
from varbench.data import SimulatedDrift
from varbench.procedure import ByTime

random = Split(StratifiedKFold(5, shuffle=True))
by_time, frozen = Split(ByTime(4), groups="batch"), Split(ByTime(4, frozen=True), groups="batch")
line = [("scale", StandardScaler()), ("line", LogisticRegression(C=0.01, max_iter=5000))]

simulator = SimulatedDrift()


def panel(X: np.ndarray, number: int) -> np.ndarray:
    """Take one panel of the simulator's features."""
    return X[:, number * simulator.n_panel : (number + 1) * simulator.n_panel]


lines: dict[str, dict[float, str]] = {"random split": {}, "by time": {}, "not updated": {}}
points = {}
for number, share in enumerate(simulator.changed):
    pick = ("panel", FunctionTransformer(panel, kw_args={"number": number}))
    for name, split in zip(lines, (random, by_time, frozen), strict=True):
        lines[name][share] = f"{name} {share:g}"
        points[f"{name} {share:g}"] = Procedure([split, pick, *line])

study = Study(
    question="What does a random split hide of a change over time?",
    data=simulator,
    procedures={
        "random": Procedure([random, *line]),
        "by time": Procedure([by_time, *line]),
        "frozen": Procedure([frozen, *line]),
        **points,
    },
    pairs={
        "a random split": ("random", "by time"),
        "a random split, for a model that is not updated": ("random", "frozen"),
    },
    axis="share of the telling features that tell no more",
    lines=lines,
    monitored={"frozen": 3, "by time": 3, "not updated 0": 3},
    own=list(points),
    primary="roc_auc",
    margin=0.02,
    gamma=0.75,
    metrics=["accuracy", "balanced_accuracy", "recall", "specificity", "brier"],
    vary=["cohort", "split", "init"],
    repeats=20,
    presets={"quick": {"repeats": 5}},
)

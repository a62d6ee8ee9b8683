"""What an underfitted model misses (the last of a forum's five statements: it hides real biology as overfitting does).

The simulator plants a signal of known size. Two features tell a little of the outcome each by itself. Two pairs of
features tell nearly all of it, and only together: high with high and low with low means ill, and neither alone means
anything. A stump asks one question of one feature, and a sum of stumps, however many, is a sum over single features: both
must miss the pairs. Trees that ask two questions in a row begin to find them.

Along the lines trees get deeper. The score on the training rows says how much a model can hold, the score of fresh
patients how much of it is true. The report draws what the best observer, who knows the population, would have.

Not every table has such pairs. On two real ones (`--data wdbc`, `--data radmlbench/Song2020`) a forest of stumps is within
.02 of a deep one: there deeper trees find hardly anything that stumps miss.
"""

from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from varbench import Procedure, Split, Study

split = Split(StratifiedKFold(5, shuffle=True))
depths = [1, 2, 3, 4, 6, 8, 12]
trees = {d: Procedure([split, ("tree", DecisionTreeClassifier(max_depth=d))]) for d in depths}
forests = {d: Procedure([split, ("forest", RandomForestClassifier(200, max_depth=d))]) for d in depths}
line = [("scale", StandardScaler()), ("line", LogisticRegression(max_iter=5000))]

study = Study(
    question="What does a model miss that is too simple?",
    data="simulated-pairs",
    procedures={
        "a line": Procedure([split, *line]),
        **{f"tree {d}": procedure for d, procedure in trees.items()},
        **{f"forest {d}": procedure for d, procedure in forests.items()},
    },
    compare=("forest 12", "forest 1"),
    pairs={"deep for shallow trees": ("forest 12", "forest 1")},
    axis="depth of the trees",
    lines={
        "one tree": {d: f"tree {d}" for d in depths},
        "a forest": {d: f"forest {d}" for d in depths},
    },
    training=True,
    primary="roc_auc",
    margin=0.02,
    gamma=0.75,
    metrics=["balanced_accuracy", "f1", "brier"],
    vary=["cohort", "split", "init"],
    repeats=40,
    presets={"quick": {"set": {"forest__n_estimators": 50}, "repeats": 5}},
)  # fmt: skip

"""Rows of one patient on both sides of the split (Maleki et al. 2022, models E and F).

Several rows are often of one patient: recordings, slices, patches, visits. Folds over rows put some of them into the
training rows and others into the test rows, and the model is tested on voices that it has heard. Folds over subjects
keep every subject on one side. Steps and model are the same; only the splitter differs.

How much this gives hangs on how much a row tells of whose it is. The simulator has panels of features that tell as much
of the outcome each, and more and more of the subject; each panel is a point of the two lines. A flexible model learns who
it is, a rigid one less: of the three models the line gains least. On the voice recordings
(`varbench study patients --data parkinsons`) the forest's AUC of .96 over rows is .80 over subjects. Of their 32 subjects
eight are healthy, so that each of four folds can have two.

Where the outcome is a number, the models are those of the same kind for numbers. A score of symptoms (`--data updrs`) is
predicted with an R2 of .96 over rows, and over subjects worse than by the mean of all.
"""

import numpy as np
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from varbench import Procedure, Split, Study
from varbench.data import SimulatedSubjects

rows = Split(StratifiedKFold(4, shuffle=True))
subjects = Split(StratifiedGroupKFold(4, shuffle=True))
scale = ("scale", StandardScaler())
forest = ("forest", RandomForestClassifier(100))
near = ("near", KNeighborsClassifier(5))
line = ("line", LogisticRegression(max_iter=5000))

simulator = SimulatedSubjects()


def of_numbers() -> dict[str, Procedure]:
    """Give the same procedures for an outcome that is a number."""
    models = {"": ("forest", RandomForestRegressor(50, min_samples_leaf=5)),
              " neighbours": ("near", KNeighborsRegressor(5)), " line": ("line", Ridge())}  # fmt: skip
    splits = {"rows": Split(KFold(4, shuffle=True)), "subjects": Split(GroupKFold(4, shuffle=True))}
    return {kind + name: Procedure([splits[kind], scale, models[name]]) for name in models for kind in splits}


def panel(X: np.ndarray, number: int) -> np.ndarray:
    """Take one panel of the simulator's features."""
    return X[:, number * simulator.n_panel : (number + 1) * simulator.n_panel]


of_rows, of_subjects = {}, {}
for number, effect in enumerate(simulator.effects):
    pick = ("panel", FunctionTransformer(panel, kw_args={"number": number}))
    of_rows[effect] = f"rows {effect:g}", Procedure([rows, pick, forest])
    of_subjects[effect] = f"subjects {effect:g}", Procedure([subjects, pick, forest])
points = dict([*of_rows.values(), *of_subjects.values()])

study = Study(
    question="What does it give when rows of one patient stand on both sides of the split?",
    data=simulator,
    procedures={
        "rows": Procedure([rows, scale, forest]),
        "subjects": Procedure([subjects, scale, forest]),
        "rows neighbours": Procedure([rows, scale, near]),
        "subjects neighbours": Procedure([subjects, scale, near]),
        "rows line": Procedure([rows, scale, line]),
        "subjects line": Procedure([subjects, scale, line]),
        **points,
    },
    pairs={
        "a forest": ("rows", "subjects"),
        "five nearest neighbours": ("rows neighbours", "subjects neighbours"),
        "a line": ("rows line", "subjects line"),
    },
    axis="subject effect (share of the variance)",
    lines={
        "folds over rows": {effect: name for effect, (name, _) in of_rows.items()},
        "folds over subjects": {effect: name for effect, (name, _) in of_subjects.items()},
    },
    own=list(points),
    regression={"procedures": of_numbers(), "primary": "r2", "margin": 0.05, "metrics": ["mae", "rmse"], "lines": {},
                "repeats": 20, "own": [], "published": {}},
    primary="roc_auc",
    margin=0.02,
    gamma=0.75,
    metrics=["accuracy", "balanced_accuracy", "precision", "recall", "f1"],
    vary=["cohort", "split", "init"],
    repeats=40,
    presets={"quick": {"set": {"forest__n_estimators": 30}, "repeats": 5}},
    published={
        "title": "Maleki 2022, lung patches of 110 slides, a ResNet-50",
        "source": "doi:10.1148/ryai.220028, Table 2",
        "procedures": {
            "rows": {"accuracy": 0.788, "precision": 0.799, "recall": 0.719, "f1": 0.757},
            "subjects": {"accuracy": 0.659, "precision": 0.530, "recall": 0.548, "f1": 0.539},
        },
        "text": "Slices of one brain on both sides gave 29 to 55 points of accuracy (Yagis 2021, doi:10.1038/s41598-021-"
        "01681-w), tiles of one subject 1 to 12 (arXiv:1909.06539).",
    },
)  # fmt: skip

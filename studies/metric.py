"""Accuracy for a rare event: is 94 % any good? (Maleki et al. 2022, distant metastasis, 8 of 137 patients.)

Who always answers "no" is right for 129 of 137 patients, and finds none of the eight. A forest learns to do just that. By
accuracy it can hardly be beaten; by balanced accuracy it is a coin. Models that weigh the rare class, or repeat its rows
among the training rows, make more mistakes and find more patients: which procedure is ahead depends on what is asked.

The cost metrics ask for a price: a missed patient costs as much as so many false alarms. At a price of 1 that is what
accuracy measures. Two constant answers, and one by chance, run beside the models: a model that costs more than the better
of them is worth nothing at that price.
"""

from imblearn.over_sampling import RandomOverSampler
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import StandardScaler

from varbench import Procedure, Split, Study
from varbench.data import SimulatedRadiomics
from varbench.metrics import cost

split = Split(StratifiedKFold(3, shuffle=True))
forest = ("forest", RandomForestClassifier(200))
scale, weighted = (
    ("scale", StandardScaler()),
    ("line", LogisticRegression(C=0.01, class_weight="balanced", max_iter=5000)),
)

study = Study(
    question="Is an accuracy of 94 % any good?",
    data=SimulatedRadiomics(n_positive=8, n_features=105, strength=0.9),
    procedures={
        "forest": Procedure([split, forest]),
        "always no": Procedure([split, ("constant", DummyClassifier(strategy="most_frequent"))]),
        "always yes": Procedure([split, ("constant", DummyClassifier(strategy="constant", constant=1))]),
        "by prevalence": Procedure([split, ("chance", DummyClassifier(strategy="stratified"))]),
        "oversampled forest": Procedure([split, ("resample", RandomOverSampler()), forest]),
        "weighted line": Procedure([split, scale, weighted]),
    },
    compare=("forest", "always no"),
    primary="balanced_accuracy",
    margin=0.02,
    gamma=0.75,
    metrics=["accuracy", "precision", "recall", "specificity", "f1", "mcc", "roc_auc", "average_precision",
             cost(1), cost(5), cost(10), cost(20), cost(50)],
    vary=["cohort", "split", "resample", "init"],
    repeats=100,
    presets={"quick": {"set": {"forest__n_estimators": 50}, "repeats": 10}},
    published={
        "title": "Maleki 2022, HN1 (8 of 137 with distant metastasis), always no",
        "source": "doi:10.1148/ryai.220028",
        "procedures": {"always no": {"accuracy": 129 / 137, "recall": 0.0}},
    },
)  # fmt: skip

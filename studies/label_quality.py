"""Label noise against the kind of model (the first of a forum's statements: label quality drives performance more).

Some of the training labels are made wrong, at random; six kinds of models learn from them, and are tested on true labels.
Every kind meets every share of wrong labels, so that the variance of the scores can be divided: how much of it is due
to the labels, how much to the kind of model, how much to what they do together, and how much to the patients and seeds of a
repeat? The shares hang on the range of noise and on the kinds that stand here: the report gives them for labels of which
one in ten is wrong at most, two, three, four. On the simulator, on wdbc and on radmlbench/Song2020 the kind of model has
the larger share while up to two in ten are wrong, and the labels have it when up to four in ten are: the statement holds
for bad labels, and not for good ones.

In life the test labels are as wrong as the training labels. ``FlipLabels`` left of ``Split`` shows what is then measured:
the reported AUC is pulled to .5 by the wrong test labels alone, and the models are better than their report.
"""

from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from varbench import Procedure, Split, Study
from varbench.data import SimulatedRadiomics
from varbench.procedure import FlipLabels

split, scale = Split(StratifiedKFold(5, shuffle=True)), ("scale", StandardScaler())
noise = [0.0, 0.1, 0.2, 0.3, 0.4]
kinds = {
    "line": LogisticRegression(C=0.01, max_iter=5000),
    "forest": RandomForestClassifier(200),
    "extra trees": ExtraTreesClassifier(200),
    "support vectors": SVC(),
    "neighbours": KNeighborsClassifier(15),
    "naive Bayes": GaussianNB(),
}


def learn(kind: str, share: float) -> Procedure:
    """Give a procedure whose training labels are wrong, and whose test labels are not."""
    return Procedure([split, ("flip", FlipLabels(share)), scale, ("model", kinds[kind])])


study = Study(
    question="Which moves the score more, the quality of the labels or the kind of model?",
    data=SimulatedRadiomics(n_cases=300, n_positive=120, n_features=105, strength=0.9),
    procedures={
        **{f"{kind} {share:g}": learn(kind, share) for kind in kinds for share in noise},
        "tested on wrong labels": Procedure([("flip", FlipLabels(0.2)), split, scale, ("model", kinds["forest"])]),
    },
    compare=("forest 0", "forest 0.2"),
    pairs={
        "one in five training labels is wrong": ("forest 0.2", "forest 0"),
        "so are the test labels": ("tested on wrong labels", "forest 0.2"),
    },
    axis="share of wrong training labels",
    lines={kind: {share: f"{kind} {share:g}" for share in noise} for kind in kinds},
    primary="roc_auc",
    margin=0.02,
    gamma=0.75,
    metrics=["balanced_accuracy", "f1"],
    vary=["cohort", "label", "split", "init"],
    repeats=20,
    presets={"quick": {"set": {"model__n_estimators": 50}, "repeats": 3}},
)  # fmt: skip

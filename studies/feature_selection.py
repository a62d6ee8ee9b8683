"""Feature selection before the split (Maleki et al. 2022, models G and H).

Among thousands of features some fit any outcome by luck. Chosen with the labels of all patients, they fit the patients
that the model is then tested on: the luck is counted as skill. The two procedures have the same steps; only the place
of ``Split`` differs. In both, rows of the rare class are repeated among the training rows alone, as in the paper.

The pair with permuted labels shows the size of the luck by itself: there nothing can be learned, and the truth is an AUC
of .5. A label is handed out anew left of ``Split``, to training and test rows alike, which leaks nothing.
"""

from imblearn.over_sampling import RandomOverSampler
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import RFE, SelectKBest, VarianceThreshold, f_classif
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.svm import SVC

from varbench import Procedure, Split, Study
from varbench.data import SimulatedRadiomics
from varbench.procedure import PermuteLabels

cv = StratifiedKFold(3, shuffle=True)
permute = ("permute", PermuteLabels())
constant, kbest = ("constant", VarianceThreshold()), ("kbest", SelectKBest(f_classif, k=100))
# The paper eliminates with RFECV "down to 10"; RFE keeps exactly 10 (see the study oversampling, which has both).
select = [constant, kbest, ("rfe", RFE(SVC(kernel="linear"), n_features_to_select=10))]
oversample = ("resample", RandomOverSampler())
trees = RandomForestClassifier(1000, bootstrap=True, class_weight="balanced")
forest = ("forest", GridSearchCV(trees, {"max_depth": [6, 7], "min_samples_leaf": [3, 4, 5]}, cv=cv))

study = Study(
    question="Does selecting features before the split inflate the score?",
    data=SimulatedRadiomics(n_positive=99),
    procedures={
        "incorrect": Procedure([*select, Split(cv), oversample, forest]),
        "correct": Procedure([Split(cv), *select, oversample, forest]),
        "incorrect-permuted": Procedure([permute, *select, Split(cv), oversample, forest]),
        "correct-permuted": Procedure([permute, Split(cv), *select, oversample, forest]),
    },
    pairs={
        "selection before the split": ("incorrect", "correct"),
        "the same on permuted labels": ("incorrect-permuted", "correct-permuted"),
    },
    primary="roc_auc",
    margin=0.02,
    gamma=0.75,
    metrics=["f1", "accuracy", "balanced_accuracy", "precision", "recall", "specificity", "mcc"],
    vary=["cohort", "label", "split", "resample", "tune", "init"],
    repeats=40,
    presets={"paper": {"repeats": 100}, "quick": {"set": {"forest__n_estimators": 50}, "repeats": 5}},
    published={
        "title": "Maleki 2022, HN1 (99 of 137 with 3-year survival)",
        "source": "doi:10.1148/ryai.220028, Table 2",
        "procedures": {
            "incorrect": {"accuracy": (0.72, 0.07), "precision": (0.80, 0.06), "recall": (0.81, 0.08), "f1": (0.80, 0.05)},
            "correct": {"accuracy": (0.64, 0.07), "precision": (0.76, 0.06), "recall": (0.76, 0.06), "f1": (0.75, 0.05)},
        },
        "rank_sum": {"f1": -5.87},
        "text": "On ten radiomics tables the same mistake gave up to +.15 of AUC, the more the more features there were for "
        "each patient (Demircioglu 2021, doi:10.1186/s13244-021-01115-1).",
    },
)  # fmt: skip

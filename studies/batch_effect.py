"""Classes from different sites: the model learns the site (Maleki et al. 2022, model I).

Where the patients come from one hospital and the controls from another, a model that tells hospitals apart has a fine
score in cross-validation, since the test rows come from the same two. At a new hospital that knowledge is worth
nothing. Here the classes are taken from different sites, or from the same ones in equal shares: as many rows, the same
steps. Every model is also scored on new sites; where there are none, leaving one site out tells the same.

`site alone` is a model that knows of each row its site and nothing else: what the features add to that is all there is
of medicine. Harmonising (ComBat) takes the sites' own means and spreads out of the features. It cannot mend what the
cohort lacks: of a site with one class alone, nobody can say what is site and what is disease.

`varbench study batch_effect --data hosny2018` has six hospitals; survival over two years goes from 27 % to 82 %.
"""

from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import LeaveOneGroupOut, StratifiedKFold
from sklearn.preprocessing import StandardScaler

from varbench import Procedure, Split, Study
from varbench.data import SimulatedSites
from varbench.procedure import BatchAlone, Confound, Harmonise

rows = Split(StratifiedKFold(5, shuffle=True))
sites = Split(LeaveOneGroupOut(), groups="batch")
harmonise = ("harmonise", Harmonise(keep_outcome=True))
impute = ("impute", SimpleImputer(strategy="median", keep_empty_features=True))
line = [
    impute,
    ("kbest", SelectKBest(f_classif, k=20)),
    ("scale", StandardScaler()),
    ("line", LogisticRegression(C=0.1, max_iter=5000)),
]


def cohort(share: float) -> tuple[str, Confound]:
    """Take this share of the positive cases from half of the sites, and of the negative ones from the other half."""
    return "cohort", Confound(share)


shares = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
of_rows = {x: (f"rows {x:g}", Procedure([cohort(x), rows, *line])) for x in shares}
of_sites = {x: (f"sites {x:g}", Procedure([cohort(x), sites, *line])) for x in shares}
points = dict([*of_rows.values(), *of_sites.values()])

study = Study(
    question="What is a score worth where the classes come from different sites?",
    data=SimulatedSites(),
    procedures={
        "different sites": Procedure([cohort(0.9), rows, *line]),
        "same sites": Procedure([cohort(0.5), rows, *line]),
        "left-out site": Procedure([cohort(0.9), sites, *line]),
        "site alone": Procedure([cohort(0.9), rows, impute, ("site", BatchAlone()), line[-1]]),
        "harmonised": Procedure([cohort(0.9), rows, harmonise, *line]),
        "harmonised first": Procedure([cohort(0.5), harmonise, rows, *line]),
        "harmonised after": Procedure([cohort(0.5), rows, harmonise, *line]),
        **points,
    },
    pairs={
        "classes from different sites": ("different sites", "same sites"),
        "tested on the sites that it learned from": ("different sites", "left-out site"),
        "classes from different sites, harmonised": ("harmonised", "harmonised after"),
        "harmonising before the split": ("harmonised first", "harmonised after"),
    },
    axis="share of a class that comes from its own half of the sites",
    lines={
        "folds over rows": {x: name for x, (name, _) in of_rows.items()},
        "a site left out": {x: name for x, (name, _) in of_sites.items()},
    },
    primary="roc_auc",
    margin=0.02,
    gamma=0.75,
    metrics=["accuracy", "balanced_accuracy", "precision", "recall", "specificity", "f1"],
    vary=["cohort", "split", "resample", "init"],
    repeats=40,
    presets={"quick": {"repeats": 5}},
    published={
        "title": "Maleki 2022, pneumonia and normals from different sources",
        "source": "doi:10.1148/ryai.220028",
        "procedures": {
            "different sites": {"accuracy": 0.997, "precision": 0.979, "recall": 0.995, "f1": 0.987},
        },
        "text": "Of the normals of the first source, which it had never seen, that model called 3.86 % normal. Ranking "
        "by hospital alone had an AUC of .861, the two-site formula .857 (Zech 2018, doi:10.1371/journal.pmed.1002683).",
    },
)  # fmt: skip

"""A subgroup that the test rows lack: what a split by the outcome's classes cannot see.

A stratified split keeps the shares of the outcome, and of nothing else. In the simulator one patient in five belongs to a
minority whose outcome shows in other features than that of the rest, as a disease may look different in the young, or a
scan of another device. Every point of the lines has one model, trained on a part of the minority; it is then tested on all
patients, on the majority, and on the minority alone. A study whose test rows happen to hold nobody of the minority reports
the line of the majority: it says nothing of how the model does for the others, and cannot, however often it is repeated.
The score of all patients hides it nearly as well, since they are few.

The stratum is the column that is named as the batch (`--batch`); the minority is the batch with the fewest rows. On the
real table, hosny2018, it is the hospital, and the minority are the 88 patients of MUMC; on hcc_survival with `--batch
Gender` they are the 32 women. On neither is the minority's score seen to be lower, trained on or not, and with so few
patients it varies so much that a difference of .1 could be missed: the same holds for whoever has not looked.
"""

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import StandardScaler

from varbench import Procedure, Split, Study
from varbench.data import SimulatedStrata


class ByStratum(StratifiedKFold):  # type: ignore[misc]
    """Folds by class; only some strata are tested, and only a share of the minority is trained on.

    Parameters
    ----------
    tested : {"all", "majority", "minority"}
        Who is tested.
    share : float
        Of the minority's training rows, in [0, 1], those that are kept.
    """

    __metadata_request__split: ClassVar = {"groups": True}

    def __init__(
        self,
        tested: str = "all",
        share: float = 1.0,
        n_splits: int = 5,
        shuffle: bool = True,
        random_state: int | None = None,
    ):
        super().__init__(n_splits, shuffle=shuffle, random_state=random_state)
        self.tested = tested
        self.share = share

    def split(
        self, X: np.ndarray, y: np.ndarray, groups: np.ndarray
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Split; the groups are the strata."""
        names, sizes = np.unique(groups, return_counts=True)
        rare = groups == names[np.argmin(sizes)]
        wanted = {"all": np.ones(len(rare), bool), "majority": ~rare, "minority": rare}[self.tested]
        for train, test in super().split(X, y):
            order = np.random.default_rng(self.random_state).permutation(train[rare[train]])
            kept = np.concatenate([train[~rare[train]], order[: round(self.share * len(order))]])
            yield np.sort(kept), test[wanted[test]]


forest = [("scale", StandardScaler()), ("forest", RandomForestClassifier(200))]
shares = [0.0, 0.25, 0.5, 1.0]
groups = ("all", "majority", "minority")
study = Study(
    question="How does a model do for a subgroup that the test rows lack?",
    data=SimulatedStrata(n_cases=300, n_positive=120, n_minority=60),
    procedures={
        f"{tested} {share:g}": Procedure([Split(ByStratum(tested, share), groups="batch"), *forest])
        for tested in groups
        for share in shares
    },
    compare=("majority 1", "minority 1"),
    pairs={
        "the minority, not tested": ("majority 1", "minority 1"),
        "nor trained on": ("majority 0", "minority 0"),
        "the minority among all": ("all 1", "minority 1"),
    },
    axis="share of the minority that is trained on",
    lines={f"tested on {tested}": {share: f"{tested} {share:g}" for share in shares} for tested in groups},
    primary="roc_auc",
    margin=0.02,
    gamma=0.75,
    metrics=["balanced_accuracy", "recall", "specificity", "brier"],
    vary=["cohort", "split", "init"],
    repeats=40,
    presets={"quick": {"set": {"forest__n_estimators": 50}, "repeats": 5}},
)  # fmt: skip

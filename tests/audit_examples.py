"""Tables for the audit: clean ones of many shapes, and leaks of every kind planted at a known strength."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

Rng = np.random.Generator
Planted = tuple[pd.DataFrame, dict[str, Any]]


def _latent(rng: Rng, n: int, p: int) -> Any:
    return rng.normal(size=(n, 3)) @ rng.normal(size=(3, p)) + 0.3 * rng.normal(size=(n, p))


def _heavy(rng: Rng, n: int, p: int) -> Any:
    return rng.standard_t(1.5, size=(n, p)) * np.exp(3 * rng.normal(size=p))


def _skewed(rng: Rng, n: int, p: int) -> Any:
    return np.exp(1.5 * rng.normal(size=(n, 3)) @ rng.normal(size=(3, p)) + rng.normal(size=(n, p)))


def _clustered(rng: Rng, n: int, p: int) -> Any:
    of = rng.integers(0, 6, n)
    return 4 * rng.normal(size=(6, p))[of] + rng.normal(size=(n, p)) * rng.uniform(0.1, 1, 6)[of][:, None]


def _curved(rng: Rng, n: int, p: int) -> Any:
    angle = 5 * rng.random((n, 2)) @ rng.normal(size=(2, p)) + 6 * rng.random(p)
    return np.sin(angle) + 0.01 * rng.normal(size=(n, p))


#: How the features of independent rows can be distributed.
FEATURES: dict[str, Callable[[Rng, int, int], Any]] = {
    "normal": lambda rng, n, p: rng.normal(size=(n, p)),
    "correlated": _latent,
    "heavy tails": _heavy,
    "skewed": _skewed,
    "rounded": lambda rng, n, p: np.round(rng.normal(size=(n, p)), int(rng.integers(0, 2))),
    "counts": lambda rng, n, p: (
        rng.negative_binomial(rng.uniform(1, 4, p), rng.uniform(0.02, 0.3, p), (n, p)) * 1.0
    ),
    "binary": lambda rng, n, p: (rng.random((n, p)) < rng.uniform(0.05, 0.5, p)).astype(float),
    "clusters": _clustered,
    "a curved surface": _curved,
    "mixed": lambda rng, n, p: rng.normal(size=(n, p)),
}


def clean(kind: str, rng: Rng) -> Planted:
    """Independent rows of any shape; the label may hang on the features, nothing else hangs on anything."""
    n, p = int(rng.choice([40, 80, 150, 300, 600])), int(rng.choice([3, 8, 20, 60, 200]))
    frame = pd.DataFrame(FEATURES[kind](rng, n, p)).add_prefix("f")
    if kind == "mixed":
        frame["f1"], frame["f2"] = (rng.random(n) < 0.3) * 1.0, rng.poisson(2, n) * 1.0
        frame = frame.mask(rng.random(frame.shape) < 0.1)
        frame["f0"] = rng.choice(["a", "b", "c", "d"], n, p=[0.5, 0.3, 0.15, 0.05])
    signal = frame[["f1", "f2"]].rank().fillna(n / 2).sum(axis=1) / n - 1
    logit = np.log(rng.choice([0.11, 0.43, 1.0])) + rng.choice([0.0, 2.0]) * signal
    y = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(int)
    if min(y.sum(), n - y.sum()) < 8:
        y = rng.permutation(np.arange(n) % 4 == 0).astype(int)
    frame["y"], options = y, {"target": "y"}
    if rng.random() < 0.6:
        folds = rng.permutation(n) % 5
        frame["split"] = np.where(folds < 2, "test", "train") if rng.random() < 0.5 else folds.astype(str)
        if pd.crosstab(frame["split"], frame["y"]).to_numpy().all():
            options["split"] = "split"
        else:
            del frame["split"]
    if rng.random() < 0.6:
        frame["site"], options["batch"] = rng.choice(list("abcd"), n, p=[0.4, 0.3, 0.2, 0.1]), "site"
    if rng.random() < 0.3:
        frame["when"], options["time"] = 1000 * rng.random(n), "when"
    if rng.random() < 0.3:
        frame["id"], options["id"] = [f"P{number:05}" for number in rng.permutation(10 * n)[:n]], "id"
    return frame, options


def cohort(rng: Rng, *, split: bool = False, columns: tuple[int, ...] = (10, 40, 150)) -> pd.DataFrame:
    """A table to plant a leak in: correlated continuous features, a label that hangs on some, a split if asked for."""
    n, p = int(rng.choice([200, 300, 500])), int(rng.choice(columns))
    X = 0.6 * _latent(rng, n, p) + 0.8 * rng.normal(size=(n, p))
    y = (X[:, :2].sum(axis=1) + 2 * rng.normal(size=n) > rng.choice([0.0, 1.5])).astype(int)
    frame = pd.DataFrame(X).add_prefix("f").assign(y=y)
    if split:
        frame["split"] = np.where(rng.permutation(n) % 10 < 3, "test", "train")
    return frame


def _with_copies(rng: Rng, number: float, noise: float, *columns: int, apart: bool = False) -> Planted:
    """Test rows are copies of training rows, with noise in SDs of the columns; the sides may be scaled apart."""
    frame = cohort(rng, split=True, columns=columns or (10, 40, 150))
    features = [c for c in frame if c.startswith("f")]
    train, test = (np.flatnonzero(frame["split"] == side) for side in ("train", "test"))
    chosen = rng.choice(train, int(number), replace=False)
    values = frame.loc[chosen, features].to_numpy()
    values = values + noise * frame[features].std().to_numpy() * rng.normal(size=values.shape)
    frame.loc[rng.choice(test, int(number), replace=False), features] = values
    if apart:
        for rows in (train, test):
            part = frame.loc[rows, features]
            frame.loc[rows, features] = (part - part.mean()) / part.std()
    return frame, {"target": "y", "split": "split"}


def _smote(rng: Rng, prevalence: float) -> Planted:
    """The rare class is filled up with points between a row and one of its five nearest, before folds are drawn."""
    frame = cohort(rng)
    frame = pd.concat([frame[frame["y"] == 0], frame[frame["y"] == 1].head(int(prevalence * len(frame)))])
    rare = frame[frame["y"] == 1].to_numpy()
    made = []
    for _ in range((frame["y"] == 0).sum() - len(rare)):
        one = rare[rng.integers(len(rare))]
        near = rare[np.argsort(((rare - one) ** 2).sum(axis=1))[1:6]]
        made.append(one + rng.random() * (near[rng.integers(len(near))] - one))
    frame = pd.concat([frame, pd.DataFrame(made, columns=frame.columns)], ignore_index=True)
    return frame.assign(fold=rng.permutation(len(frame)) % 5), {"target": "y", "split": "fold"}


def _copied(rng: Rng, prevalence: float) -> Planted:
    frame = cohort(rng)
    common, rare = frame[frame["y"] == 0], frame[frame["y"] == 1].head(int(prevalence * len(frame)))
    more = rare.iloc[rng.integers(0, len(rare), len(common) - len(rare))]
    frame = pd.concat([common, rare, more], ignore_index=True)
    return frame.assign(fold=rng.permutation(len(frame)) % 5), {"target": "y", "split": "fold"}


def _drawn(rng: Rng, share: float) -> Planted:
    frame = cohort(rng)
    frame = frame.iloc[rng.integers(0, len(frame), int(share * len(frame)))].reset_index(drop=True)
    return frame.assign(fold=rng.permutation(len(frame)) % 5), {"target": "y", "split": "fold"}


def patients(rng: Rng, effect: float, rows: int = 5) -> pd.DataFrame:
    """Rows of patients, in the order of the patients: each has a level of its own of every feature."""
    n, p = int(rng.choice([25, 40, 60])), int(rng.choice([10, 40]))
    of = np.repeat(np.arange(n), rows)
    X = effect * rng.normal(size=(n, p))[of] + rng.normal(size=(n * rows, p))
    y = rng.permutation(np.arange(n) % 3 == 0)[of].astype(int)
    return pd.DataFrame(X).add_prefix("f").assign(y=y, patient=[f"p{i}" for i in of])


def _shuffled(frame: pd.DataFrame, rng: Rng) -> pd.DataFrame:
    return frame.iloc[rng.permutation(len(frame))].reset_index(drop=True)


def _contradictory(rng: Rng, number: float) -> Planted:
    frame = _shuffled(patients(rng, 0.0), rng)
    for name in rng.choice(frame["patient"].unique(), int(number), replace=False):
        row = rng.choice(np.flatnonzero(frame["patient"] == name))
        frame.loc[row, "y"] = 1 - frame.loc[row, "y"]
    return frame, {"target": "y", "group": "patient"}


def _noisy_label(rng: Rng, noise: float) -> Planted:
    frame = cohort(rng)
    return frame.assign(late=np.exp(frame["y"] + noise * rng.normal(size=len(frame)))), {"target": "y"}


def _symmetric(rng: Rng, _: float) -> Planted:
    """A column whose distance from its middle is above a threshold for one class: no order of its values tells."""
    frame = cohort(rng)
    z = rng.uniform(0, 1, len(frame)) + frame["y"]
    return frame.assign(late=z * rng.choice([-1, 1], len(frame))), {"target": "y"}


def _codes(rng: Rng, _: float) -> Planted:
    frame = cohort(rng)
    codes = np.where(
        frame["y"] == 1, rng.choice(["C34", "C50"], len(frame)), rng.choice(["Z01", "J44"], len(frame))
    )
    return frame.assign(code=codes), {"target": "y"}


def _output(rng: Rng, gap: float) -> Planted:
    frame = cohort(rng)
    return frame.assign(model_prob=gap * frame["y"] + rng.normal(size=len(frame))), {"target": "y"}


def _sorted(rng: Rng, share: float) -> Planted:
    """A share of the rows is sorted by the label, the others stand anywhere among them."""
    frame = cohort(rng)
    key = np.where(rng.random(len(frame)) < share, frame["y"], rng.random(len(frame)))
    return frame.iloc[np.argsort(key, kind="stable")].reset_index(drop=True), {"target": "y"}


def _missing(rng: Rng, gap: float) -> Planted:
    frame = cohort(rng)
    gone = rng.random(len(frame)) < 0.1 + gap * frame["y"]
    return frame.assign(f0=frame["f0"].mask(gone)), {"target": "y"}


def _sites(rng: Rng, gap: float) -> Planted:
    frame = cohort(rng)
    site = rng.random(len(frame)) < 0.5 + gap * (frame["y"] - 0.5)
    return frame.assign(site=np.where(site, "A", "B")), {"target": "y", "batch": "site"}


def _signature(rng: Rng, shift: float) -> Planted:
    frame = cohort(rng)
    second = rng.random(len(frame)) < 0.4
    features = [c for c in frame if c.startswith("f")]
    moved = features[: max(2, len(features) // 5)]
    frame.loc[second, moved] += shift * frame[moved].std()
    return frame.assign(site=np.where(second, "A", "B")), {"target": "y", "batch": "site"}


def _shift(rng: Rng, shift: float) -> Planted:
    frame = cohort(rng, split=True)
    features = [c for c in frame if c.startswith("f")]
    moved = features[: max(2, len(features) // 5)]
    frame.loc[frame["split"] == "test", moved] += shift * frame[moved].std()
    return frame, {"target": "y", "split": "split"}


def _rescaled(rng: Rng, factor: float) -> Planted:
    frame = cohort(rng, split=True)
    features = [c for c in frame if c.startswith("f")]
    frame.loc[frame["split"] == "test", features] *= factor
    return frame, {"target": "y", "split": "split"}


def _lost(rng: Rng, share: float) -> Planted:
    """A subtype of which all rows are training rows."""
    frame = cohort(rng, split=True)
    train = np.flatnonzero(frame["split"] == "train")
    kind = rng.choice(["a", "b"], len(frame)).astype(object)
    kind[rng.choice(train, int(share * len(frame)), replace=False)] = "rare"
    return frame.assign(kind=kind), {"target": "y", "split": "split"}


def _reversed(rng: Rng, overlap: float) -> Planted:
    """Test rows are the older ones, but for a share of the rows whose side is drawn."""
    frame = cohort(rng)
    when = rng.random(len(frame))
    test = np.where(rng.random(len(frame)) < overlap, rng.random(len(frame)) < 0.3, when < 0.3)
    split = np.where(test, "test", "train")
    return frame.assign(when=when, split=split), {"target": "y", "time": "when", "split": "split"}


def _leaking_time(rng: Rng, share: float) -> Planted:
    """The split follows time, but a share of the late rows is trained on."""
    frame = cohort(rng)
    when = rng.random(len(frame))
    split = np.where((when > 0.7) & (rng.random(len(frame)) >= share), "test", "train")
    return frame.assign(when=when, split=split), {"target": "y", "time": "when", "split": "split"}


def _drifting(rng: Rng, slope: float) -> Planted:
    frame = cohort(rng, split=True)
    when = rng.random(len(frame))
    frame["f1"] += slope * frame["f1"].std() * (when - 0.5) / np.sqrt(1 / 12)
    return frame.assign(when=when), {"target": "y", "time": "when", "split": "split"}


def _with_ids(rng: Rng, number: float) -> Planted:
    frame = cohort(rng, split=True)
    ids = np.arange(len(frame))
    train, test = (np.flatnonzero(frame["split"] == side) for side in ("train", "test"))
    ids[test[: int(number)]] = ids[train[: int(number)]]
    return frame.assign(pid=ids), {"target": "y", "split": "split", "id": "pid"}


def _crossing(rng: Rng, number: float) -> Planted:
    frame = patients(rng, 0.5)
    names = frame["patient"].unique()
    test = set(rng.choice(names, len(names) // 3, replace=False))
    frame["split"] = ["test" if name in test else "train" for name in frame["patient"]]
    for name in sorted(test)[: int(number)]:
        frame.loc[np.flatnonzero(frame["patient"] == name)[0], "split"] = "train"
    return _shuffled(frame, rng), {"target": "y", "split": "split", "group": "patient"}


def _no_class(rng: Rng, _: float) -> Planted:
    frame = cohort(rng)
    fold = np.arange(len(frame)) % 5
    fold[(fold == 4) & (frame["y"] == 1)] = 0
    return frame.assign(fold=fold), {"target": "y", "split": "fold"}


def _no_fold(rng: Rng, _: float) -> Planted:
    frame = cohort(rng)
    return frame.assign(fold=rng.choice([0, 1, 3, 4], len(frame))), {"target": "y", "split": "fold"}


@dataclass(frozen=True)
class Leak:
    """A leak that can be planted.

    Parameters
    ----------
    code : str
        The check that must find it.
    plant : callable
        From a generator and a strength to a table, and how it is audited.
    strengths : tuple of float
        Those looked at, the weakest first.
    promised : float
        From this strength on docs/audit.md says that nine of ten are found.
    """

    code: str
    plant: Callable[[Rng, float], Planted]
    strengths: tuple[float, ...]
    promised: float


def _index(rng: Rng, start: float) -> Planted:
    frame = cohort(rng)
    return frame.assign(number=np.arange(len(frame)) + start), {"target": "y"}


#: Every kind of leak by its name.
LEAKS: dict[str, Leak] = {
    "copies across the split": Leak("VB101", lambda r, s: _with_copies(r, s, 0.0), (1, 3, 10), 1),
    "one near copy, noise": Leak(
        "VB102", lambda r, s: _with_copies(r, 1, 1 / s, 40, 150), (3, 5, 10, 20, 50), 10
    ),
    "ten near copies, noise": Leak("VB102", lambda r, s: _with_copies(r, 10, 1 / s), (3, 5, 10, 20, 50), 20),
    "copies scaled apart": Leak(
        "VB102", lambda r, s: _with_copies(r, s, 0.0, 40, 150, apart=True), (3, 10), 3
    ),
    "SMOTE before the split": Leak("VB103", lambda r, s: _smote(r, s), (0.1, 0.2), 0.1),
    "copies of the rare class": Leak("VB103", lambda r, s: _copied(r, s), (0.1, 0.2), 0.1),
    "rows drawn with replacement": Leak("VB104", _drawn, (1.0, 2.0), 1.0),
    "ids across the split": Leak("VB105", _with_ids, (1, 5), 1),
    "groups across the split": Leak("VB111", _crossing, (1, 5), 1),
    "groups with a wrong label": Leak("VB112", _contradictory, (1, 3), 1),
    "patients known by their features": Leak(
        "VB113",
        lambda r, s: (_shuffled(patients(r, s), r), {"target": "y", "group": "patient"}),
        (0.2, 0.3, 0.5, 1.0),
        0.5,
    ),
    "patients that nobody named": Leak(
        "VB114",
        lambda r, s: (patients(r, s).drop(columns="patient"), {"target": "y"}),
        (0.2, 0.3, 0.5, 0.7, 1.0),
        0.7,
    ),
    "the label with noise": Leak("VB121", lambda r, s: _noisy_label(r, 1 / s), (1.5, 2, 2.5, 3, 4, 10), 2.5),
    "the label on both ends": Leak("VB121", _symmetric, (1,), 1),
    "the label as codes": Leak("VB121", _codes, (1,), 1),
    "an output named so": Leak("VB122", _output, (0.3, 0.5, 0.7, 1.0), 0.7),
    "an index": Leak("VB123", _index, (0, 1), 0),
    "rows sorted by the label": Leak("VB124", _sorted, (0.1, 0.2, 0.3, 0.5, 1.0), 0.3),
    "missing for one class": Leak("VB125", _missing, (0.1, 0.2, 0.3, 0.5), 0.3),
    "sites of another prevalence": Leak("VB131", _sites, (0.1, 0.2, 0.3, 0.5), 0.3),
    "the signature of a site": Leak("VB132", _signature, (0.3, 0.5, 0.7, 1.0), 0.7),
    "a fold without a class": Leak("VB141", _no_class, (1,), 1),
    "a fold that is missing": Leak("VB141", _no_fold, (1,), 1),
    "test rows that are shifted": Leak("VB142", _shift, (0.3, 0.5, 0.7, 1.0), 0.7),
    "test rows on another scale": Leak("VB142", _rescaled, (1.5, 2.0, 3.0), 2.0),
    "a subtype that is not tested": Leak("VB143", _lost, (0.02, 0.05, 0.1), 0.1),
    "a test set of the past": Leak("VB144", lambda r, s: _reversed(r, 1 - s), (0.2, 0.5, 1.0), 0.5),
    "late rows that are trained on": Leak("VB144", _leaking_time, (0.02, 0.05, 0.1), 0.05),
    "drift": Leak("VB145", _drifting, (0.2, 0.3, 0.5, 1.0), 0.5),
}

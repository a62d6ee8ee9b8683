"""Does what an audit finds before any training tell how much a pitfall will add? Over the data sets of one run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats as distributions

from varbench.audits import Audit
from varbench.cube import ABSENT, FAILED, read_collection
from varbench.errors import InputError
from varbench.questions.audit_subjects import audited
from varbench.stats.across import FEWEST

Floats = npt.NDArray[np.float64]
#: The columns of :func:`foreseen`.
FORESEEN_COLUMNS = ("what", "when", "n", "correlation", "ci_low", "ci_high", "p_adjusted")
#: What is known before any training, and what only the training tells.
BEFORE, AFTER = "before training", "by training"
_SHUFFLES = 9_999
_NAMES = {
    "VB102.ratio": "how near the nearest rows are", "VB121.best": "AUC of the best single feature",
    "VB124.score": "what the order of rows tells", "VB126.auc": "AUC of a quick probe",
    "VB151.share_rare": "share of the rarer class", "VB152.rows": "rows", "VB152.features": "features",
    "VB152.p_by_n": "features per row", "VB152.events_per_feature": "events per feature",
    "VB153.auc_difference": "smallest difference that test rows can show", "VB162.twins": "features that repeat",
}  # fmt: skip


def audits_of(run: str | Path, search: Any = None) -> dict[str, Audit]:
    """Audit the table of each data set of a run, as it could have been before any training.

    Parameters
    ----------
    run : path
        The folder of a run over several data sets.
    search : path or iterable of paths, optional
        Folders with their files, as :func:`varbench.load_data` takes them.

    Returns
    -------
    dict of str to Audit
        By the names of the data sets, of all that were run.

    Raises
    ------
    VarbenchError
        If a data set was simulated or given in memory, so that there is no table to look at, or its file is not here.
    """
    told = read_collection(run)
    given = told["request"].get("data_options") or {}
    options = {
        "target": None, "group": None, "batch": None, "split": None, "id": None, "time": None, "drop": (),
        "search": search, "level": 0.05, "rng": 0, "deep": False,
    }  # fmt: skip
    options |= {name: given[name] for name in ("target", "group", "batch", "id", "drop") if given.get(name)}
    found = {}
    for name, member in told["members"].items():
        if member["status"] in (FAILED, ABSENT):
            continue
        if not member["source"]:
            raise InputError(f"{name} was simulated or given in memory: there is no table of it to audit")
        found[name] = audited([member["source"]], options)
    return found


def foreseen(sets: pd.DataFrame, audits: Mapping[str, Audit]) -> pd.DataFrame:
    """How closely does the inflation go with what was known before any training, and with what training tells?

    Parameters
    ----------
    sets : DataFrame
        From :func:`varbench.effects.by_data_set`, data sets that share patients as one.
    audits : mapping of str to Audit
        Of each data set.

    Returns
    -------
    DataFrame
        A row for each number of the audits that all tables have and that differs between them, for the number of
        alarms, and for the score without the pitfall, which only training tells: Spearman's rank correlation with the
        inflation over ``n`` data sets, its interval, and the p-value adjusted for all that was known before; the
        closest first. Empty below six data sets.

    Notes
    -----
    Intervals by Fisher's z with the variance (1 + r^2 / 2) / (n - 3) of Bonett & Wright 2000, doi:10.1007/BF02294183.
    The adjusted p-value is that of the largest correlation of all, over 9,999 shuffles of the data sets (Westfall &
    Young 1993); a row that only training tells is adjusted for itself alone.
    """
    units = _units(sets, audits)
    columns = [*units.columns.drop("inflation")]
    if len(units) < FEWEST or units["inflation"].nunique() < 2:
        return pd.DataFrame(columns=list(FORESEEN_COLUMNS))
    before = [name for name in columns if name != AFTER]
    y = _standard(units[["inflation"]].to_numpy(float))[:, 0]
    rows = []
    for names, when in ((before, BEFORE), ([AFTER] if AFTER in columns else [], AFTER)):
        if not names:
            continue
        ranks = _standard(units[names].to_numpy(float))
        found = ranks.T @ y
        largest = np.abs(_shuffled(y) @ ranks).max(axis=1)
        for name, r in zip(names, found.tolist(), strict=True):
            p = (1 + int((largest >= abs(r) - 1e-12).sum())) / (1 + _SHUFFLES)
            what = "score without the pitfall" if name == AFTER else _NAMES.get(name, name)
            rows.append((what, when, len(units), r, *_interval(r, len(units)), p))
    frame = pd.DataFrame(rows, columns=list(FORESEEN_COLUMNS))
    return frame.sort_values("correlation", key=lambda r: -r.abs(), kind="stable", ignore_index=True)


def _units(sets: pd.DataFrame, audits: Mapping[str, Audit]) -> pd.DataFrame:
    """Give a row a cluster of data sets: what was known of them, each column complete and not constant."""
    known = pd.DataFrame([_known(audits[name]) for name in sets["dataset"]], index=sets.index)
    known[AFTER] = sets["second"].to_numpy(float)
    whole = known.loc[:, known.notna().all() & (known.nunique() > 1)]
    return whole.assign(inflation=sets["inflation"], cluster=sets["cluster"]).groupby("cluster").mean()


def _known(audit: Audit) -> dict[str, float]:
    numbers = {
        f"{one.code}.{name}": float(value)
        for one in audit.findings
        for name, value in one.evidence.items()
        if f"{one.code}.{name}" in _NAMES and isinstance(value, int | float)
    }
    return {**numbers, "alarms": float(len(audit.alarms))}


def _standard(values: Floats) -> Floats:
    """Give ranks, centred and of length 1, so that a product of two columns is their rank correlation."""
    ranks = distributions.rankdata(values, axis=0)
    ranks -= ranks.mean(axis=0)
    return np.asarray(ranks / np.sqrt((ranks**2).sum(axis=0)), dtype=np.float64)


def _shuffled(y: Floats) -> Floats:
    return np.random.default_rng(0).permuted(np.tile(y, (_SHUFFLES, 1)), axis=1)


def _interval(r: float, n: int, level: float = 0.95) -> tuple[float, float]:
    if abs(r) >= 1:
        return r, r
    half = float(distributions.norm.ppf((1 + level) / 2)) * math.sqrt((1 + r * r / 2) / (n - 3))
    return math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)

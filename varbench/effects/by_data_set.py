"""How much a pitfall adds on each of several data sets, on average, on one more, and with which of their properties."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats as distributions

from varbench.cube import cubes_of
from varbench.effects.inflating import inflation
from varbench.effects.scores import attribute, declared
from varbench.stats import OverDataSets, adjust, mean_over_datasets, method_class
from varbench.stats.across import FEWEST

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

#: The columns of :func:`by_data_set`.
SET_COLUMNS = (
    "dataset", "cluster", "n_cases", "n_features", "features_per_case", "rarer_class", "repeats", "first", "second",
    "inflation", "ci_low", "ci_high", "known_exactly",
)  # fmt: skip
#: The moderators that are named before any run, each with the step that its slope is told for.
MODERATORS = {
    "doubling": "twice the features per case",
    "rarer": "a rarer class larger by 10 points",
}
#: The columns of :func:`moderation`.
MODERATION_COLUMNS = (
    "moderator",
    "step",
    "n",
    "slope",
    "ci_low",
    "ci_high",
    "correlation",
    "pvalue",
    "p_adjusted",
)


def by_data_set(joined: xr.Dataset, first: str, second: str) -> pd.DataFrame:
    """By how much does one procedure look better than another, data set by data set?

    Parameters
    ----------
    joined : xarray.Dataset
        The run of a study over several data sets, as it was opened.
    first, second : str
        Two of its procedures: the one with a pitfall, and the same without.

    Returns
    -------
    DataFrame
        A row a data set that has scores of both: ``dataset``; ``cluster``, which data sets that share patients have
        in common; ``n_cases``, ``n_features``, their ratio ``features_per_case``, and the share of the rarer of two
        classes, ``rarer_class``, in [0, .5], NaN with other than two; the fewer ``repeats`` of the two; the mean
        scores ``first`` and ``second`` by the primary metric; ``inflation``, the difference, turned so that positive
        is in favour of the first, with the interval over the repeats on that data set; ``known_exactly`` where all
        repeats have the same difference.

    Raises
    ------
    CubeError
        If the dataset is not one that was opened or joined as a whole.
    """
    import pandas as pd

    rows = []
    clusters = _clusters(joined)
    known = {str(name) for name in joined["procedure"].values}
    for number, (name, cube) in enumerate(cubes_of(joined).items()):
        if {first, second} & known - {str(one) for one in cube["procedure"].values}:
            continue  # this data set has too few cases for one of the two
        found = inflation(cube, first, second).total
        if found.estimate is None:
            continue
        cases, features, events = (
            int(joined[fact][number]) for fact in ("n_cases", "n_features", "n_positive")
        )
        rare = (
            min(events, cases - events) / cases
            if cube.sizes.get("class", 2) == 2 and events > 0
            else math.nan
        )
        low, high = found.interval or (math.nan, math.nan)
        told = found.settings
        rows.append((
            name, clusters[number], cases, features, features / cases, rare,
            min(told.get("n_first", found.n), told.get("n_second", found.n)), told["mean_first"], told["mean_second"],
            found.estimate, low, high, "constant_difference" in found.notes and found.n > 1,
        ))  # fmt: skip
    return pd.DataFrame(rows, columns=list(SET_COLUMNS))


def _clusters(joined: xr.Dataset) -> list[str]:
    """Give data sets that share patients one label, also where they do so through a third."""
    labels = [str(name) for name in joined["dataset"].values]
    holders: dict[str, str] = {}
    for number, shared in enumerate(joined["cluster"].values.tolist()):
        for one in filter(None, str(shared).split(", ")):
            other, mine = holders.setdefault(one, labels[number]), labels[number]
            labels = [other if label == mine else label for label in labels]
            holders = {key: other if label == mine else label for key, label in holders.items()}
    return labels


def over_data_sets(joined: xr.Dataset, sets: pd.DataFrame) -> OverDataSets:
    """By how much does one procedure look better on average over data sets like these, and on one more?

    Parameters
    ----------
    joined : xarray.Dataset
        The run.
    sets : DataFrame
        From :func:`by_data_set`.

    Returns
    -------
    OverDataSets
        Every data set counts the same, those of one cluster together as one: spreads over repeats say nothing of
        the spread over data sets, so that no data set is weighted by its own.
    """
    shared = sets["cluster"].duplicated().any()
    n = sets["cluster"].nunique()
    return mean_over_datasets(
        sets["inflation"].to_numpy(float),
        cluster=sets["cluster"].tolist() if shared else None,
        names=sets["dataset"].tolist(),
        intervals=sets[["ci_low", "ci_high"]].to_numpy(float),
        validity=method_class("mean_over_datasets", design="data sets", n=n).validity,
        confidence_level=_level(joined),
    )


def moderation(joined: xr.Dataset, sets: pd.DataFrame) -> pd.DataFrame:
    """Does what a pitfall adds grow with the features per case, or with how rare the outcome is?

    Parameters
    ----------
    joined : xarray.Dataset
        The run.
    sets : DataFrame
        From :func:`by_data_set`.

    Returns
    -------
    DataFrame
        A row for each of :data:`MODERATORS`: over ``n`` units, which are data sets or clusters of them, the ``slope``
        of the inflation a ``step``, with Student's interval; the ``correlation``; the p-value of no slope, and the
        same adjusted for both by Holm's rule. Empty below six units, and without a moderator that all have alike.

    Notes
    -----
    Simple linear regression, each moderator alone. Both are named here, before any run: others may be looked at, and
    are not tested.
    """
    import pandas as pd

    units = _units(sets)
    half = (1 + _level(joined)) / 2
    rows = []
    for name, step in MODERATORS.items():
        there = units[[name, "inflation"]].dropna()
        if len(there) < FEWEST or there[name].nunique() < 2:
            continue
        fitted = distributions.linregress(there[name], there["inflation"])
        reach = float(distributions.t.ppf(half, len(there) - 2)) * fitted.stderr
        low, high = fitted.slope - reach, fitted.slope + reach
        rows.append((name, step, len(there), fitted.slope, low, high, fitted.rvalue, fitted.pvalue))
    found = pd.DataFrame(rows, columns=list(MODERATION_COLUMNS[:-1]))
    return found.assign(
        p_adjusted=adjust(found["pvalue"].to_numpy(float), method="holm") if len(found) else []
    )


def _level(joined: xr.Dataset) -> float:
    return float(declared(joined, "confidence_level", 0.95))


def _units(sets: pd.DataFrame) -> pd.DataFrame:
    """Give a row a cluster: the means of its data sets, and its moderators in the steps that slopes are told for."""
    told = sets.assign(doubling=np.log2(sets["features_per_case"]), rarer=sets["rarer_class"] * 10)
    return told.groupby("cluster", sort=False)[["doubling", "rarer", "inflation"]].mean()


def pairs_of(joined: xr.Dataset) -> dict[str, tuple[str, str]]:
    """Which pairs of procedures does a study hold against each other?

    Parameters
    ----------
    joined : xarray.Dataset
        The run.

    Returns
    -------
    dict of str to (str, str)
        The pairs that it names by their titles, as far as both have run; without any the two that it compares.
    """
    there = {str(name) for name in joined["procedure"].values}
    named = attribute(joined, "pairs") or {}
    compared = attribute(joined, "compared")
    if not named and compared:
        named = {f"{compared[0]} against {compared[1]}": compared}
    return {str(title): (str(a), str(b)) for title, (a, b) in named.items() if {a, b} <= there}

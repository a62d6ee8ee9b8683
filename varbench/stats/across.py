"""Two procedures over data sets: the mean difference, and where another data set's may lie."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import numpy.typing as npt
from scipy import stats as distributions

from varbench.errors import StatisticsError
from varbench.stats.many import paired_design
from varbench.stats.means import mean_interval
from varbench.stats.ranks import signed_rank
from varbench.stats.result import Design, Labels, Result
from varbench.stats.samples import Floats, numbers, pairs, rounded, scale

if TYPE_CHECKING:
    import pandas as pd

#: Below this many data sets the signed-rank test cannot reject at .05: counts are all there is.
FEWEST = 6


@dataclass(frozen=True, eq=False)
class OverDataSets:
    """A difference on each data set, their mean, and where the next one may lie.

    Parameters
    ----------
    names : tuple of str
        The data sets.
    differences : ndarray of float, (data set,)
        First minus second.
    intervals : ndarray of float, (data set, 2)
        Of each, as given; NaN where there is none.
    result : Result
        The mean over data sets (over clusters, where there are any) with its interval.
    prediction : (float, float) or None
        Where the difference on another such data set lies with the confidence level.
    signed_rank : Result
        The signed-rank test over the same units.
    """

    names: tuple[str, ...]
    differences: Floats
    intervals: Floats
    result: Result
    prediction: tuple[float, float] | None
    signed_rank: Result

    @property
    def results(self) -> tuple[Result, ...]:
        """The mean and the signed-rank test."""
        return self.result, self.signed_rank

    def frame(self) -> pd.DataFrame:
        """Give the rows of a forest plot: label, estimate, ci_low, ci_high, kind (item, mean, prediction)."""
        import pandas as pd

        low, high = self.intervals.T
        items = pd.DataFrame(
            {
                "label": self.names,
                "estimate": self.differences,
                "ci_low": low,
                "ci_high": high,
                "kind": "item",
            }
        )
        none = (math.nan, math.nan)
        mean = self.result.estimate if self.result.estimate is not None else math.nan
        ends = [("mean", self.result.interval or none), ("prediction", self.prediction or none)]
        summary = [
            {"label": kind, "estimate": mean, "ci_low": bounds[0], "ci_high": bounds[1], "kind": kind}
            for kind, bounds in ends
        ]
        return pd.concat([items, pd.DataFrame(summary)], ignore_index=True)

    def _repr_html_(self) -> str:
        return str(self.frame().to_html(index=False))


def mean_over_datasets(
    a: npt.ArrayLike,
    b: npt.ArrayLike | None = None,
    *,
    cluster: npt.ArrayLike | None = None,
    names: npt.ArrayLike | None = None,
    intervals: npt.ArrayLike | None = None,
    **labels: Unpack[Labels],
) -> OverDataSets:
    """By how much is the first procedure better on average over data sets, and on the next one?

    Parameters
    ----------
    a, b : array_like of float, (data set,)
        One score a data set of the first and the second procedure, larger is better; without `b`, `a` holds the
        differences. NaN is missing: the data set is left out and counted.
    cluster : sequence, (data set,), optional
        Data sets that share patients have the same label: they count as one unit, with the mean of theirs.
    names : sequence of str, optional
        Of the data sets; their numbers otherwise.
    intervals : array_like of float, (data set, 2), optional
        An interval of each data set's difference, to be shown beside it; not used otherwise.
    **labels
        As in :class:`~varbench.stats.Design`; the unit is ``"data set"`` (``"cluster"`` where there are any), the
        pairing ``"exact"`` and the estimand ``"E4"`` unless given.

    Returns
    -------
    OverDataSets
        With Student's interval of the mean, the prediction interval, the signed-rank test, and the rows of a forest
        plot. Every unit has the same weight: the spread over repeats on one data set says nothing of the spread
        over data sets, so no data set is weighted by it.

    Raises
    ------
    StatisticsError
        If the lengths differ, a score is infinite, a cluster has no label, or the scores are said to form no pairs.

    Notes
    -----
    Prediction interval of a normal sample: mean ± t(n - 1) SD sqrt(1 + 1 / n) (Hahn & Meeker 1991,
    doi:10.1002/9780470316771, section 4.2). With fewer than six units the result has the note
    ``too_few_to_reject``: count on how many data sets the first is better (:func:`~varbench.stats.replicability`).

    Examples
    --------
    >>> found = mean_over_datasets([0.05, 0.02, 0.04, 0.01, 0.03, 0.03], names="abcdef")
    >>> round(found.result.estimate, 3), [round(end, 3) for end in found.prediction]
    (0.03, [-0.009, 0.069])
    """
    design = paired_design(labels)
    samples = pairs(a, np.zeros(np.shape(a)) if b is None else b)
    present = ~np.isnan(numbers("a", a))
    if b is not None:
        present &= ~np.isnan(numbers("b", b))
    d = rounded(samples.a - samples.b, scale(samples.a, samples.b))
    shown = _labels("names", names, present, list(range(len(present))))
    if cluster is not None and "unit" not in labels:
        design = replace(design, unit="cluster")
    units, more = _units(d, cluster, present)
    settings = {
        "n_data_sets": len(d), "n_dropped": samples.dropped, "first_ahead": int((units > 0).sum()),
        "equal": int((units == 0).sum()), "second_ahead": int((units < 0).sum()), **more,
    }  # fmt: skip
    notes = samples.notes + (["groups_as_units"] if len(units) < len(d) else [])
    if not len(units):
        nothing = design.result(
            "mean_over_datasets", n=0, settings=settings, notes=[*notes, "too_few_to_reject"]
        )
        empty = replace(nothing, method="signed_rank")
        return OverDataSets((), d, np.empty((0, 2)), nothing, None, empty)
    result, prediction = _mean(units, design, settings, notes)
    ranked = signed_rank(units, np.zeros(len(units)), **_same(design))
    ranked = replace(
        ranked, settings={**ranked.settings, **settings}, notes=tuple(sorted({*ranked.notes, *notes}))
    )
    given = _given_intervals(intervals, present)
    return OverDataSets(tuple(map(str, shown)), d, given, result, prediction, ranked)


def _mean(
    units: Floats, design: Design, settings: dict[str, Any], notes: list[str]
) -> tuple[Result, tuple[float, float] | None]:
    found = mean_interval(units, **_same(design))
    n, prediction = len(units), None
    if found.interval is not None and found.estimate is not None:
        t = float(distributions.t.ppf(1 - design.alpha / 2, n - 1))
        half = t * found.settings["sd"] * math.sqrt(1 + 1 / n)  # Hahn & Meeker 1991, section 4.2
        prediction = (found.estimate - half, found.estimate + half)
    few = ["too_few_to_reject"] if n < FEWEST else []
    result = replace(
        found,
        method="mean_over_datasets",
        settings={**found.settings, **settings, "prediction_interval": prediction and list(prediction)},
        notes=tuple(sorted({*found.notes, *notes, *few})),
    )
    return result, prediction


def _same(design: Design) -> Labels:
    return {
        "unit": design.unit, "pairing": design.pairing, "estimand": design.estimand, "validity": design.validity,
        "confidence_level": design.confidence_level, "repeats_share_data": design.repeats_share_data,
    }  # fmt: skip


def _labels(name: str, given: Any, present: npt.NDArray[np.bool_], usual: list[Any]) -> list[Any]:
    if given is not None and not np.iterable(given):
        raise StatisticsError(f"{name}={given!r}: give a list, one a data set")
    values = usual if given is None else list(given)
    if len(values) != len(present):
        raise StatisticsError(
            f"{name} has {len(values)} entries for {len(present)} data sets: one each is needed"
        )
    return [value for value, there in zip(values, present, strict=True) if there]


def _units(d: Floats, cluster: Any, present: npt.NDArray[np.bool_]) -> tuple[Floats, dict[str, Any]]:
    if cluster is None:
        return d, {}
    labels = _labels("cluster", cluster, present, [])
    missing = sum(label is None or label != label or label == "" for label in labels)
    if missing:
        raise StatisticsError(
            f"cluster has {missing} missing labels: give a data set that shares no patients a label of its own"
        )
    codes: dict[Any, int] = {}
    index = np.array([codes.setdefault(label, len(codes)) for label in labels], dtype=np.intp)
    means: Floats = np.bincount(index, weights=d) / np.bincount(index) if len(d) else d
    return means, {"n_clusters": len(codes), "weights": "every cluster counts the same"}


def _given_intervals(intervals: npt.ArrayLike | None, present: npt.NDArray[np.bool_]) -> Floats:
    if intervals is None:
        return np.full((int(present.sum()), 2), math.nan)
    given = numbers("intervals", intervals)
    if given.shape != (len(present), 2):
        raise StatisticsError(
            f"intervals has shape {given.shape}: two ends for each of {len(present)} data sets are needed"
        )
    return given[present]

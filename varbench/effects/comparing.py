"""Two procedures of a cube compared, inflation taken apart, and what more re-splits cannot do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import stats as distributions

from varbench.effects.scores import (
    Floats,
    declared,
    fold_scores,
    greater_is_better,
    is_cohort_varied,
    primary,
    repeat_scores,
)
from varbench.stats import METHODS, Design, Result, difference, oriented

if TYPE_CHECKING:
    import xarray as xr

#: The methods of a comparison, in the order of a report.
COMPARISONS = ("difference", "prob_outperform", "a12", "cliffs_delta", "rank_sum", "signed_rank")
_TESTS = ("rank_sum", "signed_rank")
_FRESH_VALIDITY = {"difference": "exact", "prob_outperform": "exact", "signed_rank": "exact"}
_RESPLIT_VALIDITY = {
    "difference": "exact", "prob_outperform": "exact", "a12": "approximate", "cliffs_delta": "approximate",
    "rank_sum": "failing", "signed_rank": "failing",
}  # fmt: skip
#: Error rates at a nominal 0.05 over re-splits of one cohort. Of the tests: how often equal procedures are
#: called different for other patients (two disjoint halves of the features with the same signal, LDA, AUC,
#: 137 cases, 3 folds x 100 repeats, 200 cohorts). Of the intervals: how often they miss, for 10 to 100
#: independent normal scores a procedure whose SDs are up to threefold apart.
MEASURED = {
    "rank_sum": "about 0.90", "signed_rank": "0.88 to 0.93",
    "a12": "0.02 to 0.09", "cliffs_delta": "0.02 to 0.09",
}  # fmt: skip


def pairing_of(cube: xr.Dataset, first: str, second: str, rows: str | None = None) -> str:
    """What do the scores of two procedures in one repeat have in common?

    Parameters
    ----------
    cube : xarray.Dataset
        The cube.
    first, second : str
        Two procedures.
    rows : {"exact", "group", "none"}, optional
        The pairing of their test rows; found from the cube where it is not given.

    Returns
    -------
    str
        As `rows`; ``"cohort"`` where the rows are not paired, but each repeat gives both procedures one fresh
        cohort, so that its two scores are a pair.
    """
    if rows is None:
        from varbench.cube import pairing

        rows = pairing(cube, first, second)
    return "cohort" if rows == "none" and is_cohort_varied(cube) else rows


def design_of(cube: xr.Dataset, pairing: str, method: str) -> Design:
    """Which labels belong to a method's result in the design of a cube? By its facts, never by its scores.

    Parameters
    ----------
    cube : xarray.Dataset
        The cube.
    pairing : str
        From :func:`pairing_of`.
    method : str
        One of :data:`COMPARISONS`.

    Returns
    -------
    Design
        With a fresh cohort a repeat, the population (E2). On one cohort, this cohort (E1) for estimates, and
        E2 with the class ``failing`` for tests: what they would claim, and what they cannot.
    """
    fresh = is_cohort_varied(cube)
    return Design(
        unit="run" if pairing == "none" and method != "prob_outperform" else "repeat",
        pairing=pairing,
        estimand="E2" if fresh or method in _TESTS else "E1",
        validity=(_FRESH_VALIDITY if fresh else _RESPLIT_VALIDITY).get(method, "unknown"),
        confidence_level=float(declared(cube, "confidence_level", 0.95)),
        repeats_share_data=not fresh,
    )


def compare(
    cube: xr.Dataset, first: str, second: str, metric: str | None = None, *, pairing: str | None = None
) -> list[Result]:
    """How do two procedures differ, by every method, each labelled with what it is about?

    Parameters
    ----------
    cube : xarray.Dataset
        The cube.
    first, second : str
        Two of its procedures; positive estimates favour the first.
    metric : str, optional
        The primary one by default.
    pairing : {"exact", "group", "none"}, optional
        Of the test rows; found from the cube where it is not given.

    Returns
    -------
    list of Result
        In the order of :data:`COMPARISONS`; ``settings`` name the metric and the procedures.

    Raises
    ------
    StatisticsError
        If a name is not in the cube.
    """
    metric = primary(cube) if metric is None else metric
    greater = greater_is_better(cube, metric)
    paired = pairing_of(cube, first, second, pairing)
    a, b = oriented(repeat_scores(cube, first, metric), repeat_scores(cube, second, metric), greater)
    results = []
    for name in COMPARISONS:
        design = design_of(cube, paired, name)
        more = (
            {"gamma": float(cube.attrs["gamma"])}
            if name == "prob_outperform" and "gamma" in cube.attrs
            else {}
        )
        labels = {"metric": metric, "first": first, "second": second, "greater_is_better": greater}
        if design.validity in ("failing", "approximate"):
            labels["measured_error_rate"] = MEASURED[name]
        results.append(_labelled(_apply(METHODS[name], a, b, design, more), labels, greater))
    return results


def _apply(
    method: Callable[..., Result], a: Floats, b: Floats, design: Design, more: Mapping[str, Any]
) -> Result:
    return method(
        a, b, unit=design.unit, pairing=design.pairing, estimand=design.estimand, validity=design.validity,
        confidence_level=design.confidence_level, repeats_share_data=design.repeats_share_data, **more,
    )  # fmt: skip


def _labelled(result: Result, labels: Mapping[str, Any], greater: bool) -> Result:
    """Add labels; the means beside a difference go back to the metric's own units."""
    settings = {**result.settings, **labels}
    if not greater:
        for name in ("mean_first", "mean_second"):
            if settings.get(name) is not None:
                settings[name] = -settings[name]
    return replace(result, settings=settings)


class Inflation(NamedTuple):
    """Inflation and its two parts, which add up to it.

    Attributes
    ----------
    total : Result
        Incorrect minus correct.
    leakage : Result
        The same at the prevalence of the cohort.
    prevalence : Result
        What the changed prevalence of the test rows adds.
    """

    total: Result
    leakage: Result
    prevalence: Result


def inflation(
    cube: xr.Dataset, incorrect: str, correct: str, metric: str | None = None, *, pairing: str | None = None
) -> Inflation:
    """By how much does a leaking procedure look better than the clean one, and what of it is only prevalence?

    Parameters
    ----------
    cube : xarray.Dataset
        The cube.
    incorrect, correct : str
        Two of its procedures.
    metric : str, optional
        The primary one by default.
    pairing : {"exact", "group", "none"}, optional
        Of the test rows; found from the cube where it is not given.

    Returns
    -------
    Inflation
        ``total`` = ``leakage`` + ``prevalence``: the difference incorrect minus correct of the scores; the
        same with every test row weighted by 1 / its number of copies, which is the cohort's prevalence; and
        what the weights change. Over the repeats in which both runs are done. No p-value: a leaking score is
        invalid by construction, and no test makes it more so. A metric that cannot weigh rows has no parts.
    """
    metric = primary(cube) if metric is None else metric
    greater = greater_is_better(cube, metric)
    paired = pairing_of(cube, incorrect, correct, pairing)
    scores = [
        repeat_scores(cube, procedure, metric, variable)
        for variable in ("score", "score_weighted")
        for procedure in (incorrect, correct)
    ]
    scores = [*oriented(scores[0], scores[1], greater), *oriented(scores[2], scores[3], greater)]
    both = np.isfinite(np.sum(scores, axis=0))
    if not both.any():  # a metric that cannot weigh rows has a total, and no parts
        both = np.isfinite(scores[0] + scores[1])
    blank = [np.where(both, values, np.nan) for values in scores]
    design = design_of(cube, paired, "difference")
    parts = {
        "inflation": (blank[0], blank[1]),
        "inflation_leakage": (blank[2], blank[3]),
        "inflation_prevalence": (blank[0] - blank[2], blank[1] - blank[3]),
    }
    labels = {"metric": metric, "first": incorrect, "second": correct, "greater_is_better": greater}
    found = {
        name: _labelled(_apply(difference, a, b, design, {}), labels, greater)
        for name, (a, b) in parts.items()
    }
    return Inflation(
        *(replace(part, method=name, statistic=None, pvalue=None) for name, part in found.items())
    )


def resample_floor(cube: xr.Dataset, first: str, second: str, metric: str | None = None) -> Result:
    """Below which half-width can no number of re-splits bring an interval for other patients?

    Parameters
    ----------
    cube : xarray.Dataset
        The cube.
    first, second : str
        Two procedures that were tested on the same rows.
    metric : str, optional
        The primary one by default.

    Returns
    -------
    Result
        ``estimate`` is the floor t * sqrt(n_test / n_train) * SD of the fold differences, in units of the
        metric; ``settings["half_width"]`` the half-width at the folds there are. No interval: it is one.

    Notes
    -----
    Nadeau & Bengio 2003, doi:10.1023/A:1024068626366: the variance of the mean of J differences is
    (1 / J + n_test / n_train) SD^2, and the second term stays.
    """
    metric = primary(cube) if metric is None else metric
    level = float(declared(cube, "confidence_level", 0.95))
    d = (fold_scores(cube, first, metric) - fold_scores(cube, second, metric)).ravel()
    d = d[np.isfinite(d)]
    sizes = cube[["n_test", "n_train"]].sel(procedure=first)
    tested, trained = (sizes[name].sum("class").values.astype(float) for name in ("n_test", "n_train"))
    known = (tested > 0) & (trained > 0)
    settings: dict[str, Any] = {"metric": metric, "first": first, "second": second}
    design = Design("fold", "exact", "E2", "unknown", level, not is_cohort_varied(cube))
    if len(d) < 2 or not known.any():
        return design.result("resample_floor", n=len(d), settings=settings, notes=["too_few_to_reject"])
    ratio = float((tested[known] / trained[known]).mean())
    spread, t = float(d.std(ddof=1)), float(distributions.t.ppf((1 + level) / 2, len(d) - 1))
    settings |= {"sd": spread, "n_test_over_n_train": ratio}
    settings["half_width"] = t * spread * float(np.sqrt(1 / len(d) + ratio))
    return design.result("resample_floor", n=len(d), estimate=t * spread * np.sqrt(ratio), settings=settings)

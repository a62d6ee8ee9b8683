"""Two procedures of a cube compared, and what more re-splits cannot do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats as distributions

from varbench.effects.scores import (
    Floats,
    attribute,
    by_cohort,
    declared,
    design_of,
    fold_mean,
    fold_scores,
    greater_is_better,
    is_cohort_varied,
    primary,
)
from varbench.stats import (
    METHODS,
    Design,
    Labels,
    MethodClass,
    Result,
    corrected_resampled_t,
    method_class,
    oriented,
)

if TYPE_CHECKING:
    import xarray as xr

#: The methods of a comparison, in the order of a report.
COMPARISONS = ("difference", "prob_outperform", "a12", "cliffs_delta", "rank_sum", "signed_rank")
_TESTS = ("rank_sum", "signed_rank")
#: Folds, and the most cohorts, with which the methods were measured over fresh cohorts.
_FRESH_FOLDS, _MOST_FRESH = 3, 20
#: Over re-splits of one cohort. What the estimates claim is of this cohort alone (E1), of which its repeats are
#: independent draws; the table of classes has the claims about other patients (E2), so their class stands here. The
#: tests claim E2 and fail at it, however few repeats make them look careful.
_RESPLIT_VALIDITY = {
    "difference": "exact", "prob_outperform": "exact", "a12": "approximate", "cliffs_delta": "approximate",
    "rank_sum": "failing", "signed_rank": "failing",
}  # fmt: skip
#: Error rates at a nominal 0.05 over re-splits of one cohort, for designs that the table of classes lacks. Of the
#: tests, how often equal procedures are called different for other patients (two disjoint halves of the features
#: with the same signal, LDA, AUC, 137 cases, 3 folds x 100 repeats, 200 cohorts). Of the intervals, how often they
#: miss, for 10 to 100 independent normal scores a procedure whose SDs are up to threefold apart.
MEASURED = {
    "rank_sum": "about 0.90 (3-fold x 100, AUC, 137 cases)",
    "signed_rank": "0.88 to 0.93 (3-fold x 100, AUC, 137 cases)",
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


@dataclass(frozen=True, kw_only=True)
class Scored:
    """The scores of two procedures, and what is known of how they came about.

    Parameters
    ----------
    first, second, metric : str
        Names.
    a, b : ndarray of float64, (repeat, fold)
        Scores of the first and the second procedure, in the metric's own units; NaN where there is none. Of a
        crossed design with cohorts, (cohort, fold): their means.
    greater : bool
        The metric's direction.
    pairing : str
        As :func:`pairing_of` gives it.
    fresh : bool
        Whether each repeat has a cohort of its own.
    crossed : bool
        Whether `a` and `b` are means of cohorts.
    shared : bool
        Whether the repeats share draws of sources (one cohort, in a design that is not joint), so that nothing is
        known of how a method that takes them as independent errs.
    matched : bool
        Whether the i-th scores of both are of one repeat; else they are two samples, and nothing is counted in pairs.
    ratio : float or None
        Test cases of a fold over its training cases, where that is known.
    n_cases, n_positive, n_groups : int or None
        Cases of the cohort, those of the positive class, and its groups, where several cases are of one.
    confidence_level, gamma : float
        As declared.
    """

    first: str
    second: str
    metric: str
    a: Floats
    b: Floats
    greater: bool
    pairing: str
    fresh: bool
    crossed: bool = False
    shared: bool = False
    matched: bool = True
    ratio: float | None = None
    n_cases: int | None = None
    n_positive: int | None = None
    n_groups: int | None = None
    confidence_level: float = 0.95
    gamma: float = 0.75

    @classmethod
    def of_cube(
        cls, cube: xr.Dataset, first: str, second: str, metric: str | None = None, pairing: str | None = None
    ) -> Scored:
        """Read them from a cube."""
        metric = primary(cube) if metric is None else metric
        data, fresh = attribute(cube, "data", {}), is_cohort_varied(cube)
        a, b = by_cohort(cube, *(fold_scores(cube, name, metric) for name in (first, second)))
        return cls(
            first=first, second=second, metric=metric, greater=greater_is_better(cube, metric), a=a, b=b,
            pairing=pairing_of(cube, first, second, pairing), fresh=fresh,
            crossed=fresh and design_of(cube) == "crossed", shared=not fresh and design_of(cube) != "joint",
            ratio=test_over_train(cube, first), n_cases=data.get("n_cases"),
            n_positive=data.get("n_positive", data.get("events")),
            n_groups=(data.get("groups") or {}).get("number"),
            confidence_level=float(declared(cube, "confidence_level", 0.95)),
            gamma=float(declared(cube, "gamma", 0.75)),
        )  # fmt: skip

    @property
    def prevalence(self) -> float | None:
        """Share of the positive class, where it is known."""
        return self.n_positive / self.n_cases if self.n_positive and self.n_cases else None

    def class_of(self, method: str) -> MethodClass:
        """Give the class that was measured for a method in a design like this."""
        repeats, folds = self.a.shape
        if self.fresh:
            # Cohorts are independent whatever is done inside each: their number counts, up to the most measured.
            return method_class(method, design="fresh", folds=_FRESH_FOLDS, repeats=min(repeats, _MOST_FRESH))
        return method_class(
            method,
            folds=folds,
            repeats=repeats,
            n=self.n_groups or self.n_cases,  # cases of one group are not independent: groups are counted
            prevalence=self.prevalence,
            metric=self.metric,
        )

    @property
    def labels(self) -> dict[str, Any]:
        """What the settings of every result name."""
        return {
            "metric": self.metric,
            "first": self.first,
            "second": self.second,
            "greater_is_better": self.greater,
        }

    def design(self, method: str) -> Labels:
        """Give the labels of a method's result: by the facts, never by the scores.

        With a fresh cohort a repeat, the population (E2). On one cohort, this cohort (E1) for estimates, and E2 for
        tests, with the class that was measured: what they would claim, and how often wrongly.
        """
        if self.fresh:
            validity = self.class_of(method).validity
        else:
            validity = _RESPLIT_VALIDITY.get(method, "unknown")
        return {
            "unit": "cohort"
            if self.crossed
            else "run"
            if self.pairing == "none" and method != "prob_outperform"
            else "repeat",
            "pairing": self.pairing,
            "estimand": "E2" if self.fresh or method in _TESTS else "E1",
            "validity": "unknown" if self.shared else validity,
            "confidence_level": self.confidence_level,
            "repeats_share_data": not self.fresh,
        }

    def means(self) -> tuple[Floats, Floats]:
        """Give the scores of the repeats, turned so that larger is better."""
        return oriented(fold_mean(self.a), fold_mean(self.b), self.greater)


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
        As :func:`compare_scored`.

    Raises
    ------
    StatisticsError
        If a name is not in the cube.
    """
    return compare_scored(Scored.of_cube(cube, first, second, metric, pairing))


def compare_scored(scored: Scored) -> list[Result]:
    """How do two procedures differ, by every method, each labelled with what it is about?

    Parameters
    ----------
    scored : Scored
        Their scores.

    Returns
    -------
    list of Result
        In the order of :data:`COMPARISONS`; ``settings`` name the metric and the procedures. Where both were tested on
        the same rows of one cohort, the corrected resampled t test on the differences of the folds as well.
    """
    a, b = scored.means()
    results = []
    for name in COMPARISONS:
        if name == "prob_outperform" and not scored.matched:
            continue
        labels = scored.design(name)
        more = {"gamma": scored.gamma} if name == "prob_outperform" else {}
        told = dict(scored.labels)
        if labels["validity"] in ("failing", "approximate"):
            told["measured_error_rate"] = scored.class_of(name).rate or MEASURED[name]
        results.append(labelled(METHODS[name](a, b, **labels, **more), told, scored.greater))
    corrected = _corrected(scored)
    return [*results, corrected] if corrected is not None else results


def _corrected(scored: Scored) -> Result | None:
    """Test the differences of the folds, where these are of the same rows of one cohort; nothing otherwise."""
    if (
        scored.fresh
        or scored.shared
        or scored.pairing != "exact"
        or scored.ratio is None
        or scored.a.size < 2
    ):
        return None
    a, b = oriented(scored.a, scored.b, scored.greater)
    found = scored.class_of("corrected_resampled_t")
    labels: Labels = {
        "unit": "fold", "pairing": "exact", "estimand": "E2", "validity": found.validity,
        "confidence_level": scored.confidence_level, "repeats_share_data": True,
    }  # fmt: skip
    result = corrected_resampled_t(a, b, n_train=1.0, n_test=scored.ratio, **labels)
    told = {**scored.labels, **({"measured_error_rate": found.rate} if found.rate else {})}
    return labelled(result, told, scored.greater)


def labelled(result: Result, labels: Mapping[str, Any], greater: bool) -> Result:
    """Add labels; the means beside a difference go back to the metric's own units."""
    settings = {**result.settings, **labels}
    if not greater:
        for name in ("mean_first", "mean_second"):
            if settings.get(name) is not None:
                settings[name] = -settings[name]
    return replace(result, settings=settings)


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
    return floor_of(Scored.of_cube(cube, first, second, metric, "exact"))


def floor_of(scored: Scored) -> Result:
    """Give the floor of :func:`resample_floor` for scores that need not come from a cube.

    Parameters
    ----------
    scored : Scored
        The scores.

    Returns
    -------
    Result
        As :func:`resample_floor`.
    """
    level, ratio = scored.confidence_level, scored.ratio
    d = (scored.a - scored.b).ravel()
    d = d[np.isfinite(d)]
    settings: dict[str, Any] = {"metric": scored.metric, "first": scored.first, "second": scored.second}
    design = Design("fold", "exact", "E2", "unknown", level, not scored.fresh)
    if len(d) < 2 or ratio is None:
        return design.result("resample_floor", n=len(d), settings=settings, notes=["too_few_to_reject"])
    spread, t = float(d.std(ddof=1)), float(distributions.t.ppf((1 + level) / 2, len(d) - 1))
    settings |= {"sd": spread, "n_test_over_n_train": ratio}
    settings["half_width"] = t * spread * float(np.sqrt(1 / len(d) + ratio))
    return design.result("resample_floor", n=len(d), estimate=t * spread * np.sqrt(ratio), settings=settings)


def test_over_train(cube: xr.Dataset, procedure: str) -> float | None:
    """Give the mean ratio of test to training rows of the folds; None where the cube does not say."""
    if "n_test" not in cube or "n_train" not in cube:
        return None
    sizes = cube[["n_test", "n_train"]].sel(procedure=procedure)
    tested, trained = (sizes[name].sum("class").values.astype(float) for name in ("n_test", "n_train"))
    known = (tested > 0) & (trained > 0)
    return float((tested[known] / trained[known]).mean()) if known.any() else None

"""What a procedure says of itself minus the truth, and what external patients say of a difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from varbench.effects.external import Panel, PanelOfNumbers, draw
from varbench.effects.scores import (
    Floats,
    attribute,
    by_cohort,
    declared,
    fold_mean,
    fold_scores,
    greater_is_better,
    is_cohort_varied,
    is_numeric,
    primary,
)
from varbench.errors import StatisticsError
from varbench.metrics import METRICS
from varbench.seeds import generator
from varbench.stats import REGRESSION, Design, Result, mean_interval, oriented
from varbench.stats.kernels import has_kernel

if TYPE_CHECKING:
    import xarray as xr


def external_kind(cube: xr.Dataset) -> str:
    """Tell what models were scored on beside their test rows.

    Parameters
    ----------
    cube : xarray.Dataset
        The cube.

    Returns
    -------
    str
        ``"file"`` for an external set, ``"population"`` for fresh samples of a simulator, empty for nothing.
    """
    if "truth" not in cube:
        return ""
    if attribute(cube, "external"):
        return "file"
    data: Mapping[str, Any] = attribute(cube, "data", {})
    return "population" if data.get("simulated") or cube.attrs.get("simulated") else "file"


def optimism(cube: xr.Dataset, procedure: str, metric: str | None = None) -> Result:
    """By how much does a procedure's own score overstate the truth?

    Parameters
    ----------
    cube : xarray.Dataset
        The cube.
    procedure : str
        One of its procedures.
    metric : str, optional
        The primary one by default.

    Returns
    -------
    Result
        ``estimate`` is each fitted model's score on its own test rows, weighted back to the cohort's
        prevalence, minus the same model's score on the truth, averaged over folds and then over repeats;
        positive where it looks better than it is. ``settings`` hold both means. With a population the
        interval is Student's over repeats: exact for new cohorts where each repeat draws one, otherwise about
        this cohort. With an external set it is a percentile interval of a joint bootstrap over repeats and
        external patients, since the same patients judge all models.

    Raises
    ------
    StatisticsError
        If nothing was scored on a population or an external set, or a name is not in the cube.
    """
    metric = primary(cube) if metric is None else metric
    own = fold_scores(cube, procedure, metric, "score_weighted")
    truth = fold_scores(cube, procedure, metric, "truth")
    both = np.isfinite(own) & np.isfinite(truth)
    own, truth = np.where(both, own, np.nan), np.where(both, truth, np.nan)
    settings = {
        **_settings(cube, metric), "procedure": procedure,
        "mean_own": _mean(fold_mean(own)), "mean_truth": _mean(fold_mean(truth)),
    }  # fmt: skip
    first, second = oriented(own, truth, settings["greater_is_better"])
    if settings["truth"] == "population":
        return _over_repeats(cube, "optimism", fold_mean(first - second), settings)
    sign = 1.0 if settings["greater_is_better"] else -1.0
    return _joint(cube, _Claim("optimism", "O", metric, first, {procedure: -sign}, settings))


def final_truth(cube: xr.Dataset, procedure: str, metric: str | None = None) -> Result:
    """What is the true score of the model that is fitted on all rows?

    Parameters
    ----------
    cube, procedure, metric
        As in :func:`optimism`.

    Returns
    -------
    Result
        ``estimate`` in the metric's own units, the interval as in :func:`optimism`.

    Raises
    ------
    StatisticsError
        As :func:`optimism`.
    """
    metric = primary(cube) if metric is None else metric
    scores = fold_scores(cube, procedure, metric, "final")
    settings = {**_settings(cube, metric), "procedure": procedure}
    if settings["truth"] == "population":
        return _over_repeats(cube, "final_truth", fold_mean(scores), settings)
    nothing = np.where(np.isfinite(scores), 0.0, np.nan)
    return _joint(cube, _Claim("final_truth", "O", metric, nothing, {procedure: 1.0}, settings, "final"))


def external_difference(cube: xr.Dataset, first: str, second: str, metric: str | None = None) -> Result:
    """By how much does the first procedure exceed the second on the external patients?

    Parameters
    ----------
    cube : xarray.Dataset
        The cube, with an external set.
    first, second : str
        Two of its procedures.
    metric : str, optional
        The primary one by default.

    Returns
    -------
    Result
        First minus second, positive where the first is better, of the models of all folds; percentile
        interval of a joint bootstrap over repeats and external patients.

    Raises
    ------
    StatisticsError
        If there is no external set, or a name is not in the cube.
    """
    metric = primary(cube) if metric is None else metric
    if external_kind(cube) != "file":
        raise StatisticsError("this cube has no external set: give one to the study with external=")
    a, b = (fold_scores(cube, name, metric, "truth") for name in (first, second))
    nothing = np.where(np.isfinite(a) & np.isfinite(b), 0.0, np.nan)
    settings = {
        **_settings(cube, metric), "first": first, "second": second,
        "mean_first": _mean(fold_mean(a + nothing)), "mean_second": _mean(fold_mean(b + nothing)),
    }  # fmt: skip
    sign = 1.0 if settings["greater_is_better"] else -1.0
    parts = {first: sign, second: -sign}
    return _joint(cube, _Claim("external_difference", "E3", metric, nothing, parts, settings))


def _settings(cube: xr.Dataset, metric: str) -> dict[str, Any]:
    return {
        "metric": metric, "greater_is_better": greater_is_better(cube, metric), "truth": external_kind(cube),
        "n_truth": int(cube.sizes["external_row"]),
    }  # fmt: skip


def _mean(values: Floats) -> float | None:
    present = values[np.isfinite(values)]
    return float(present.mean()) if len(present) else None


def _over_repeats(cube: xr.Dataset, method: str, values: Floats, settings: dict[str, Any]) -> Result:
    fresh = is_cohort_varied(cube)
    level = float(declared(cube, "confidence_level", 0.95))
    (values,) = by_cohort(cube, values)
    result = mean_interval(
        values, estimand="O", validity="exact" if fresh else "unknown", confidence_level=level,
        repeats_share_data=not fresh,
    )  # fmt: skip
    about = "new cohorts" if fresh else "this cohort, over its re-splits"
    # A test of "no optimism" would answer a question that nobody asks.
    merged = {**result.settings, **settings, "about": about}
    return replace(result, method=method, statistic=None, pvalue=None, settings=merged)


@dataclass(frozen=True)
class _Claim:
    """A sum that the joint bootstrap is about: an own score plus the signed external scores of procedures.

    `own` (repeat, fold) is NaN where a model has no part in it; `prefix` names the external predictions.
    """

    method: str
    estimand: str
    metric: str
    own: Floats
    parts: Mapping[str, float]
    settings: Mapping[str, Any]
    prefix: str = "external"


def _joint(cube: xr.Dataset, claim: _Claim) -> Result:
    """Draw repeats and external patients anew, together."""
    level = float(declared(cube, "confidence_level", 0.95))
    design = Design("repeat", "none", claim.estimand, "unknown", level, not is_cohort_varied(cube))
    repeats = np.flatnonzero(np.isfinite(claim.own).any(axis=1))
    known = REGRESSION if is_numeric(cube) else METRICS
    if claim.metric not in known or not len(repeats):
        notes = ["interval_not_computed" if len(repeats) else "too_few_to_reject"]
        return design.result(
            claim.method, n=len(repeats), estimate=_stored(cube, claim), settings=claim.settings, notes=notes
        )
    estimate, resampled, found, notes = _resample(cube, claim, repeats)
    bounds = np.quantile(resampled, [(1 - level) / 2, (1 + level) / 2])
    return design.result(
        claim.method, n=len(repeats), estimate=estimate,
        interval=(float(bounds[0]), float(bounds[1])) if len(repeats) > 1 else None,
        settings={**claim.settings, **found},
        notes=notes if len(repeats) > 1 else [*notes, "too_few_to_reject"],
    )  # fmt: skip


def _resample(
    cube: xr.Dataset, claim: _Claim, repeats: npt.NDArray[np.int64]
) -> tuple[float, Floats, dict[str, Any], list[str]]:
    """Give the estimate, its resampled values, the settings and the notes."""
    own = claim.own[repeats]
    used = np.isfinite(own)
    panels = {name: _panel(cube, name, repeats, used, claim.prefix) for name in claim.parts}
    judges = next(iter(panels.values()))
    n_resamples = judges.n_resamples(claim.metric)
    rng = generator(0, "joint bootstrap", step=f"{claim.method}/{claim.metric}")
    told = attribute(cube, "external_groups")
    groups = None if told is None else np.asarray(told, np.int64)
    weights, redrawn = draw(judges, n_resamples, rng, groups)
    weights = np.vstack(
        [np.ones((1, weights.shape[1]), np.int64), weights]
    )  # the first row is the sample itself
    values = np.tile(fold_mean(own), (len(weights), 1))
    for name, panel in panels.items():
        values += claim.parts[name] * _by_repeat(panel.scores(claim.metric, weights), used)
    counts = rng.multinomial(len(repeats), np.full(len(repeats), 1 / len(repeats)), size=n_resamples)
    found = {
        "interval": "joint bootstrap over repeats and external patients, percentile",
        "n_resamples": n_resamples, "n_redrawn": redrawn,
    }  # fmt: skip
    if groups is not None:
        found["n_external_groups"] = int(groups.max()) + 1
    notes = ["fixed_patients"] + ([] if groups is None else ["groups_as_units"])
    notes += ["resamples_redrawn"] if redrawn else []
    fast = is_numeric(cube) or has_kernel(METRICS[claim.metric])
    notes += [] if fast else ["few_resamples"]
    return float(values[0].mean()), (counts * values[1:]).sum(axis=1) / len(repeats), found, notes


def _stored(cube: xr.Dataset, claim: _Claim) -> float | None:
    """Give the estimate from the stored scores, for a metric that cannot be computed anew."""
    total = claim.own.copy()
    for name, factor in claim.parts.items():
        variable = "final" if claim.prefix == "final" else "truth"
        total = total + factor * fold_scores(cube, name, claim.metric, variable)
    return _mean(fold_mean(total))


def _panel(
    cube: xr.Dataset,
    procedure: str,
    repeats: npt.NDArray[np.int64],
    used: npt.NDArray[np.bool_],
    prefix: str,
) -> Panel | PanelOfNumbers:
    """Take the models that have a part in the estimate, in the order of repeats and folds."""
    part = cube.sel(procedure=procedure).isel(repeat=repeats)
    label, score = (np.asarray(part[f"{prefix}_{what}"].values) for what in ("pred", "score"))
    if prefix == "final":
        label, score = label[:, None], score[:, None]
    truth = np.asarray(cube["external_y_true"].isel(repeat=int(repeats[0])).values)
    if is_numeric(cube):
        return PanelOfNumbers(truth.astype(np.float64), label[used].astype(np.float64))
    truth = truth.astype(np.int64)
    return Panel(truth, label[used].astype(np.int64), score[used].astype(np.float64), cube.sizes["class"])


def _by_repeat(scores: Floats, used: npt.NDArray[np.bool_]) -> Floats:
    """Average the models of each repeat: (resample, model) to (resample, repeat)."""
    counts = used.sum(axis=1)
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    mean: Floats = np.add.reduceat(scores, starts, axis=1) / counts
    return mean

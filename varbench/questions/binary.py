"""What a binary model has beside its metrics: constant classifiers, calibration, curves with bands, costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from varbench.effects import constant_scores
from varbench.metrics import label_of
from varbench.questions.model_parts import label_in
from varbench.questions.model_scores import size_of
from varbench.report import Picture, Shown
from varbench.stats import (
    Result,
    calibration,
    calibration_curve,
    decision_curve,
    expected_cost,
    pr_curve,
    roc_curve,
)
from varbench.stats.classes import with_class
from varbench.tables import Predictions

#: Metrics of which a classifier that does not look has a value worth knowing.
_CONSTANT = ("accuracy", "balanced_accuracy", "f1")
_WANTED = {"calibration_slope": "1", "calibration_intercept": "0", "calibration_in_the_large": "0"}
_BAND = "Band: pointwise interval over patients."
_ECE = (
    "A calibration error is too large on average: beside it stands what a model with right probabilities would have "
    "at this number of cases."
)


@dataclass
class Beside:
    """Results, frames, tables and pictures, as they come together."""

    results: list[Result] = field(default_factory=list)
    frames: dict[str, pd.DataFrame] = field(default_factory=dict)
    tables: list[Shown] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)

    def draw(self, key: str, title: str, curve: Any, said: str, **options: Any) -> None:
        """Add a curve with its band."""
        self.frames[key] = curve.frame()
        axes = {"xlabel": curve.x_label, "ylabel": curve.y_label}
        self.pictures.append(Picture("lines", key, title, said, _BAND, {**axes, **options}))


def of_binary(
    found: Predictions, *, rng: int, costs: tuple[float, float] | None, confidence_level: float
) -> Beside:
    """Give what a binary model has beside its metrics, as far as its predictions allow.

    Parameters
    ----------
    found : Predictions
        Of two classes, both there.
    rng : int
        The seed of bands.
    costs : (float, float) or None
        Of a false positive and of a false negative.
    confidence_level : float
        Of intervals and bands.

    Returns
    -------
    Beside
        Scores give curves of ranks; probabilities give calibration, net benefit and costs too.
    """
    beside = Beside()
    _constants(found, beside)
    if found.y_score is None:
        return beside
    y, score = found.y_true, found.y_score
    fixed: dict[str, Any] = {"groups": found.groups, "confidence_level": confidence_level}
    drawn = {**fixed, "rng": rng}
    positives = int((y == 1).sum())
    about = f"{len(y):,} cases, {positives:,} positive."
    beside.draw("roc", "ROC curve", roc_curve(y, score, **drawn), about, diagonal=True)
    beside.draw("precision_recall", "Precision and recall", pr_curve(y, score, **drawn), about)
    if not found.is_probability:
        return beside
    _calibration(calibration(y, score, **drawn), beside, size_of(found))
    beside.draw(
        "calibration_curve", "Calibration", calibration_curve(y, score, **fixed), about, diagonal=True
    )
    benefit = decision_curve(y, score, **drawn)
    said = "Net benefit over the threshold, beside treating all and none."
    beside.draw("net_benefit_drawn", "Decision curve", benefit, said)
    # Near a threshold of 1 treating all costs without end; the figure stops a little below 0, the numbers do not.
    whole = beside.frames["net_benefit_drawn"]
    beside.frames |= {"net_benefit": whole, "net_benefit_drawn": _above(whole, -positives / len(y) / 2)}
    if costs is not None:
        curve = expected_cost(y, score, *costs, **drawn)
        beside.draw(
            "cost", "Expected cost", curve, f"False positive {costs[0]:g}, false negative {costs[1]:g}."
        )
        beside.results += _named(curve.results)
    return beside


def _above(lines: pd.DataFrame, least: float) -> pd.DataFrame:
    """Cut lines and their bands off below a value."""
    kept = lines[lines["y"] >= least].copy()
    kept["low"] = kept["low"].clip(lower=least)
    return kept.reset_index(drop=True)


def _named(results: Sequence[Result]) -> list[Result]:
    return [replace(r, settings={**r.settings, "metric": r.method}) for r in results]


def _constants(found: Predictions, beside: Beside) -> None:
    share = float((found.y_true == 1).mean())
    rows = [
        {"classifier": name, "metric": metric, "label": label_of(metric), "value": one.value}
        for name, by_metric in constant_scores(share, list(_CONSTANT)).items()
        for metric, one in by_metric.items()
        if one.value is not None
    ]
    beside.frames["constants"] = pd.DataFrame(rows)
    columns = {"classifier": "Classifier", "label": "Metric", "value": "Value"}
    beside.tables.append(Shown("constants", "Answers without looking, at this prevalence", columns))


def _calibration(found: Any, beside: Beside, size: dict[str, Any]) -> None:
    rows = []
    for r in found.results:
        low, high = r.interval or (np.nan, np.nan)
        perfect = r.settings.get("if_calibrated")
        wanted = f"{perfect:.3f} at this n" if perfect is not None else _WANTED.get(r.method, "")
        label = label_in(r.method) if r.method != "brier" else r.method
        rows.append(
            {"label": label, "estimate": r.estimate, "ci_low": low, "ci_high": high, "wanted": wanted}
        )
    beside.frames["calibration"] = pd.DataFrame(rows).astype({"estimate": float})
    beside.frames["calibration_bins"] = found.frame()
    beside.results += [with_class(r, design="one model", **size) for r in _named(found.results)]
    columns = {"label": "Quantity", "estimate": "Estimate", "interval": "Interval", "wanted": "Perfect"}
    beside.tables.append(Shown("calibration", "Calibration", columns, (_ECE,)))

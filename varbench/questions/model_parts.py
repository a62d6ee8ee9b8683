"""What the answers about one trained model share: how it is asked, tables, pictures, sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from varbench.errors import InputError, unknown
from varbench.metrics import METRICS, label_of
from varbench.report import Picture
from varbench.stats import Result
from varbench.stats.regression import REGRESSION
from varbench.tables import Cases, Predictions

#: Resamples of each bootstrap.
RESAMPLES = 2_000
SCOPE = "For patients like the test patients, and this model"
RETRAIN = (
    "Re-splits and an external cohort: they tell whether another training run, or other patients, would give "
    "the same."
)
COLUMNS = {"label": "Metric", "estimate": "Estimate", "interval": "Interval", "how": "Interval by"}
#: Quantities that are no metrics, where the words of their name would not do.
_LABELS = {
    "ece_equal_width": "calibration error (ECE) in equally wide bins",
    "ece_equal_mass": "calibration error (ECE) in equally full bins",
}


@dataclass(frozen=True, kw_only=True)
class Ask:
    """How a model is evaluated.

    Parameters
    ----------
    metrics : sequence of str or None
        Which; all that the predictions allow by default.
    stratify : bool
        Whether resamples keep the numbers of each class.
    confidence_level, rng
        Of intervals and bootstraps.
    cost_fp, cost_fn : float or None
        Costs of a false positive and of a false negative.
    about : mapping
        Provenance.
    """

    metrics: Sequence[str] | None = None
    stratify: bool = False
    confidence_level: float = 0.95
    rng: int = 0
    cost_fp: float | None = None
    cost_fn: float | None = None
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def costs(self) -> tuple[float, float] | None:
        """Costs of a false positive and of a false negative."""
        return None if self.cost_fp is None or self.cost_fn is None else (self.cost_fp, self.cost_fn)

    @property
    def common(self) -> dict[str, Any]:
        """What every method takes."""
        return {"confidence_level": self.confidence_level}


def kicker_of(found: Predictions | Cases) -> str:
    """Give the line over the headline: what was evaluated, and on how many cases."""
    groups = f", {len(np.unique(found.groups)):,} groups" if found.groups is not None else ""
    return f"{found.name}: {len(found):,} cases{groups}"


def chosen_metrics(ask: Ask, usable: Sequence[str], known: Sequence[str]) -> list[str]:
    """Give the metrics to compute: those asked for, refused where the predictions do not allow them."""
    for name in ask.metrics or ():
        if name not in known:
            raise InputError(unknown("metric", name, known))
        if name not in usable:
            raise InputError(
                f"{name} cannot be computed from these predictions; possible are {', '.join(usable)}"
            )
    return list(ask.metrics or usable)


def labelled(result: Result, **labels: Any) -> Result:
    """Add labels to the settings of a result."""
    return replace(result, settings={**result.settings, **labels})


HOW = {
    "proportion": "Wilson",
    "delong": "DeLong, logit",
    "bootstrap_metric": "bootstrap",
    "regression_metric": "bootstrap",
}


def metric_table(results: Sequence[Result]) -> pd.DataFrame:
    """Give a row a metric: estimate, interval, and how the interval was made."""
    rows = []
    for r in results:
        low, high = r.interval or (np.nan, np.nan)
        name = str(r.settings.get("metric", r.method))
        label = REGRESSION[name].label if name in REGRESSION else label_of(name)
        how = HOW.get(r.method, str(r.settings.get("interval", "")))
        rows.append(
            {
                "metric": name,
                "label": label,
                "estimate": r.estimate,
                "ci_low": low,
                "ci_high": high,
                "how": how,
                "n": r.n,
            }
        )
    return pd.DataFrame(rows)


def forest(key: str, frames: dict[str, pd.DataFrame], results: Sequence[Result]) -> Picture:
    """Draw the metrics that have a range, with their intervals; their frame is added under the key."""
    table = frames["metrics"].dropna(subset=["estimate", "ci_low", "ci_high"])
    bounded = table[[n not in METRICS or np.isfinite(METRICS[n].high) for n in table["metric"]]]
    frames[key] = bounded[["label", "estimate", "ci_low", "ci_high"]].assign(kind="item")
    said = "; ".join(
        f"{r.label} {r.estimate:.3f} [{r.ci_low:.3f}, {r.ci_high:.3f}]" for r in bounded.itertuples()
    )
    return Picture(
        "intervals",
        key,
        "Metrics with their intervals",
        said or "No interval.",
        "Intervals over patients.",
        {"xlabel": "score", "reference": None},
    )


def headline(primary: Result) -> str:
    """Put the first metric into a sentence."""
    name = str(primary.settings.get("metric", primary.method))
    label = REGRESSION[name].label if name in REGRESSION else label_of(name)
    if primary.estimate is None:
        return f"{label} cannot be told: {' '.join(primary.explain())}"
    if primary.interval is None:
        return f"{label} {primary.estimate:.3f}, without an interval: {' '.join(primary.explain())}"
    return f"{label} {primary.estimate:.3f} [{primary.interval[0]:.3f}, {primary.interval[1]:.3f}]."


def sentences(found: Predictions, results: Sequence[Result]) -> tuple[str, ...]:
    """Say how many cases there were, which weaknesses the numbers have, and how the table was read."""
    said = []
    if found.task == "binary":
        positives = int((found.y_true == 1).sum())
        said.append(
            f"{len(found):,} test cases, {positives:,} positive ({100 * positives / len(found):.0f} %)."
        )
    else:
        said.append(f"{len(found):,} test cases.")
    if found.groups is not None:
        said.append(
            f"They are of {len(np.unique(found.groups)):,} groups, which are the units of all intervals."
        )
    return (*said, *explained(results), *found.notes)


def explained(results: Sequence[Result]) -> list[str]:
    """Give each weakness once, with the metrics that have it."""
    about: dict[str, list[str]] = {}
    for result in results:
        for text in result.explain():
            about.setdefault(text, []).append(label_in(str(result.settings.get("metric", result.method))))
    return [
        text if len(names) == len(results) else f"{_capital(', '.join(dict.fromkeys(names)))}: {text}"
        for text, names in about.items()
    ]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def label_in(name: str) -> str:
    """Give how a metric of classes or of numbers, or a quantity beside them, is written."""
    if name in _LABELS:
        return _LABELS[name]
    return REGRESSION[name].label if name in REGRESSION else label_of(name).replace("_", " ")


def methods(found: Predictions, ask: Ask) -> str:
    """Say what was done, as an author can say it in a paper."""
    units = (
        "groups were drawn as a whole" if found.groups is not None else "cases were drawn with replacement"
    )
    return (
        f"The model was evaluated on {len(found):,} test cases. Intervals ({100 * ask.confidence_level:g} "
        "%) are Wilson's for shares, "
        f"DeLong's on the logit scale for the AUC, and percentile bootstrap intervals ({RESAMPLES:,} resamples, {units}"
        f"{', class by class' if ask.stratify else ''}) for the other metrics. They do not cover the "
        "variation of training."
    )

"""One trained model of other tasks than classification: numbers, several labels a case, measures per case."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from varbench.effects.constants import constant_numbers
from varbench.errors import InputError
from varbench.metrics import OF_NUMBERS
from varbench.questions.model_parts import (
    COLUMNS,
    RESAMPLES,
    RETRAIN,
    SCOPE,
    Ask,
    chosen_metrics,
    explained,
    forest,
    headline,
    kicker_of,
    labelled,
    methods,
    metric_table,
    sentences,
)
from varbench.questions.model_scores import units_of
from varbench.report import Answer, Picture, Shown
from varbench.stats import Result, case_summary, multilabel_metrics, regression_metric
from varbench.stats.classes import with_class
from varbench.stats.regression import REGRESSION
from varbench.tables import Cases, Predictions

_BLIND = Shown(
    "baselines",
    "One number for all cases",
    {"constant": "Answer", "label": "Metric", "value": "Value"},
    (
        "The mean or the median of these very test cases, which nobody knows beforehand: no constant does better in R² "
        "and RMSE, or in MAE.",
    ),
)


def of_numbers(found: Predictions, ask: Ask) -> Answer:
    """Evaluate predicted numbers."""
    if found.y_pred is None:
        raise InputError(f"{found.name}: no column of predicted values; name it with pred=")
    names = chosen_metrics(ask, list(REGRESSION), list(REGRESSION))
    results = []
    for name in names:
        one = regression_metric(
            found.y_true,
            found.y_pred,
            metric=name,
            groups=found.groups,
            n_resamples=RESAMPLES,
            rng=ask.rng,
            **ask.common,
        )
        one = with_class(one, design="one model", metric=name, n=units_of(found))
        results.append(labelled(one, metric=name))
    frames = {"metrics": metric_table(results)}
    errors = pd.DataFrame({"series": "cases", "x": found.y_true, "y": found.y_pred})
    frames["predicted"] = errors
    blind = constant_numbers(found.y_true, [name for name in names if name in OF_NUMBERS])
    frames["baselines"] = pd.DataFrame(
        [
            {"constant": kind, "label": REGRESSION[name].label, "value": one.value}
            for kind, scores in blind.items()
            for name, one in scores.items()
        ],
        columns=["constant", "label", "value"],
    )
    return Answer(
        command="evaluate",
        kicker=kicker_of(found),
        question="How near are the predicted numbers?",
        scope=SCOPE,
        headline=headline(results[0]),
        sentences=sentences(found, results),
        settle=RETRAIN,
        results=tuple(results),
        frames=frames,
        tables=(
            Shown("metrics", "Metrics", COLUMNS),
            *((_BLIND,) if len(frames["baselines"]) else ()),
        ),
        pictures=(forest("metrics_bounded", frames, results),),
        methods=methods(found, ask),
        about=ask.about,
    )


def of_labels(found: Predictions, ask: Ask) -> Answer:
    """Evaluate several labels a case: by label, macro, micro, and whole cases."""
    scores = found.y_score if found.y_score is not None else found.y_pred
    if scores is None:
        raise InputError(
            f"{found.name}: no column of scores or of predicted labels; name them with score= or pred="
        )
    asked = list(
        ask.metrics or (("f1", "roc_auc") if found.y_score is not None else ("f1", "recall", "precision"))
    )
    several = multilabel_metrics(
        found.y_true,
        scores,
        metrics=asked,
        names=list(found.classes),
        groups=found.groups,
        n_resamples=RESAMPLES,
        rng=ask.rng,
        **ask.common,
    )
    frame = several.frame()
    label = frame["label"] if "label" in frame else frame.iloc[:, 0]
    frames = {"metrics": frame}
    shown = {
        column: column.replace("_", " ") for column in frame.columns if column not in ("ci_low", "ci_high")
    }
    best = several.results[0]
    return Answer(
        command="evaluate",
        kicker=f"{kicker_of(found)}, {len(found.classes)} labels",
        question="How good is this model, label by label?",
        scope=SCOPE,
        headline=f"{len(set(label.astype(str)))} rows: labels, their macro and micro averages.",
        sentences=sentences(found, [best]),
        settle=RETRAIN,
        results=several.results,
        frames=frames,
        tables=(Shown("metrics", "Metrics by label", {**shown, "interval": "Interval"}),),
        methods=methods(found, ask),
        about=ask.about,
    )


def _summaries(found: Cases, ask: Ask) -> Iterator[Result]:
    """Give the mean and the median of each measure."""
    for name in chosen_metrics(ask, found.metrics, found.metrics):
        quantity = found.quantities[name]
        limits = (quantity.low, quantity.high) if np.isfinite([quantity.low, quantity.high]).all() else None
        for statistic in ("mean", "median"):
            one = case_summary(
                found.frame[name].to_numpy(float), statistic=statistic, groups=found.groups, limits=limits, rng=ask.rng,
                **ask.common,
            )  # fmt: skip
            variant = "median" if statistic == "median" else ""
            one = with_class(one, variant=variant, design="one model", n=one.n)
            yield labelled(one, metric=name, statistic=statistic)


def _case_row(one: Result, found: Cases) -> dict[str, Any]:
    low, high = one.interval or (np.nan, np.nan)
    name = str(one.settings["metric"])
    return {
        "metric": name, "label": f"{found.quantities[name].label}, {one.settings['statistic']}",
        "estimate": one.estimate, "ci_low": low, "ci_high": high, "sd": one.settings["sd"], "n": one.n,
        "how": str(one.settings["interval"]),
    }  # fmt: skip


def _each_case(found: Cases, metrics: Iterable[str]) -> pd.DataFrame:
    """Give the measures that are drawn, a row a case and measure."""
    parts = [
        pd.DataFrame({"method": found.quantities[m].label, "score": found.frame[m].dropna()}) for m in metrics
    ]
    return pd.concat(parts or [pd.DataFrame({"method": [], "score": []})], ignore_index=True)


def _of_measures(drawn: pd.DataFrame) -> tuple[Picture, ...]:
    """Draw the means and medians with their intervals, and the cases themselves."""
    said = "; ".join(f"{r.label} {r.estimate:.3f}" for r in drawn.itertuples())
    options = {"xlabel": "score", "reference": None}
    return (
        Picture("intervals", "intervals", "Means and medians over cases", said, "Intervals over patients.", options),
        Picture(
            "strips", "cases", "Case by case", "A dot a case.", "A dot a case; the bar is the mean.",
            {"xlabel": "score"},
        ),
    )  # fmt: skip


def of_cases(found: Cases, ask: Ask) -> Answer:
    """Evaluate measures per case, as Dice: means and medians."""
    results = list(_summaries(found, ask))
    rows = [_case_row(one, found) for one in results]
    frame = pd.DataFrame(rows)
    drawn = frame[[np.isfinite(found.quantities[m].high) for m in frame["metric"]]].dropna(subset=["ci_low"])
    frames = {
        "metrics": frame,
        "intervals": drawn[["label", "estimate", "ci_low", "ci_high"]].assign(kind="item"),
    }
    first = found.quantities[found.metrics[0]].label
    frames["cases"] = _each_case(found, drawn["metric"].unique())
    told = explained(results)
    return Answer(
        command="evaluate",
        kicker=kicker_of(found),
        question="How good is this model, case by case?",
        scope=SCOPE,
        headline=f"Mean {first} {rows[0]['estimate']:.3f} [{rows[0]['ci_low']:.3f}, {rows[0]['ci_high']:.3f}].",
        sentences=(f"{len(found):,} cases.", *told, *found.notes),
        settle=RETRAIN,
        results=tuple(results),
        frames=frames,
        tables=(
            Shown(
                "metrics",
                "Measures over cases",
                {"label": "Measure", "estimate": "Estimate", "interval": "Interval", "sd": "SD", "n": "n"},
            ),
        ),
        pictures=_of_measures(drawn) if len(drawn) else (),
        methods=(
            f"Means over {len(found):,} cases have Student's interval, medians the exact one between "
            "two of the values."
        ),
        about=ask.about,
    )

"""Compare two trained models, or several seeds of two procedures, by their predictions for the same test cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from varbench.effects import Scored, compare_scored
from varbench.errors import InputError, unknown
from varbench.metrics import METRICS, label_of
from varbench.questions.model_scores import (
    groups_of,
    needed,
    one_score,
    positives_of,
    score_of,
    seeds_of,
    size_of,
    stacked,
)
from varbench.questions.of_numbers import USUAL, answer_numbers
from varbench.questions.of_scores import answer_of, noise_of_one
from varbench.questions.pieces import concluded
from varbench.questions.words import PAIR_COLUMNS
from varbench.report import Answer, Picture, Shown
from varbench.stats import Result
from varbench.stats.agreement import mcnemar
from varbench.stats.auc import delong
from varbench.stats.classes import with_class
from varbench.stats.joint import joint_bootstrap
from varbench.stats.permuting import permutation_metric
from varbench.stats.regression import REGRESSION
from varbench.stats.resampling import bootstrap_metric
from varbench.tables import Predictions
from varbench.verdict import Facts

#: Resamples of the primary metric, and of those that stand beside it.
RESAMPLES, BESIDE = 10_000, 2_000
#: The metrics of classification that stand beside the primary one, where the predictions allow them.
_SHOWN = (
    "roc_auc",
    "average_precision",
    "balanced_accuracy",
    "accuracy",
    "f1",
    "mcc",
    "recall",
    "specificity",
    "brier",
)


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What is asked of two models: the metric, the margin, and how patients are drawn.

    Parameters
    ----------
    first, second : str
        Names.
    metric : str
        The primary one.
    stratify : bool
        Whether resamples keep the numbers of each class.
    margin, gamma, confidence_level, rng
        As in :func:`varbench.questions.compare`.
    vary : sequence of str or None
        What differs between seeds.
    """

    first: str
    second: str
    metric: str
    stratify: bool = False
    margin: float | None = None
    gamma: float = 0.75
    confidence_level: float = 0.95
    rng: int = 0
    vary: Sequence[str] | None = None


def primary_of(predictions: Predictions, asked: str | None) -> str:
    """Give the metric that a comparison is about: the one asked for, else the usual one of the task."""
    if predictions.task == "regression":
        if asked is not None and asked not in REGRESSION:
            raise InputError(unknown("metric", asked, REGRESSION))
        return asked or USUAL
    if asked is not None:
        if asked not in METRICS:
            raise InputError(unknown("metric", asked, METRICS))
        if METRICS[asked].needs != "label" and predictions.y_score is None:
            raise InputError(
                f"{asked} needs scores, and the predictions hold labels only; name their column with score="
            )
        return asked
    return "roc_auc" if predictions.y_score is not None else "balanced_accuracy"


def answer_predictions(
    a: Predictions, b: Predictions, ask: Ask, about: dict[str, Any], notes: Sequence[str] = ()
) -> Answer:
    """Answer whether two models differ on the cases that both predicted.

    Parameters
    ----------
    a, b : Predictions
        Aligned: the same cases in the same order.
    ask : Ask
        What is asked.
    about : dict
        Provenance.
    notes : sequence of str
        How the tables were read and matched.

    Returns
    -------
    Answer
        About these models; with several seeds, about the procedures on this split.
    """
    if a.task == "regression":
        return answer_numbers(a, b, ask, about, notes)
    if a.task == "multilabel":
        raise InputError(
            "predictions of several labels a case: compare the models label by label, as label='NAME'"
        )
    seeds = _seeds_of(a, b)
    results = _seeded(a, b, ask) if seeds > 1 else _paired(a, b, ask)
    means = _means(a, b, ask)
    results = [
        replace(r, settings={**r.settings, **_labels(ask), **(means if r.method in _DIFFERENCES else {})})
        for r in results
    ]
    facts = _facts(a, ask, seeds, notes)
    one = a.by_seed()[0]
    n, positives = len(one), positives_of(one)
    results += noise_of_one(means["mean_second"], n, positives, ask.metric, ask.confidence_level)
    conclusion = concluded(facts, results)
    beside = beside_metrics(a, b, ask)
    frames = {"metrics": beside, "intervals": _intervals(beside)}
    return answer_of(
        conclusion,
        "compare",
        f"{ask.first} and {ask.second}: {n:,} test cases",
        frames=frames,
        about=about,
        tables=(
            Shown(
                "metrics",
                "Both models on the same test cases",
                PAIR_COLUMNS,
                ("First minus second; above 0 the first is better.",),
            ),
        ),
        pictures=(_forest(ask, frames["intervals"]),),
    )


_DIFFERENCES = ("delong", "bootstrap_metric", "joint_bootstrap", "permutation_metric")


def _seeds_of(a: Predictions, b: Predictions) -> int:
    """Give the number of trained seeds of each; of different numbers the smaller one."""
    numbers = [1 if one.seeds is None else len(np.unique(one.seeds)) for one in (a, b)]
    if min(numbers) == 1 < max(numbers):
        raise InputError(
            f"{a.name} has {numbers[0]} seeds and {b.name} {numbers[1]}: several of each are needed to tell how much "
            "seeds matter, or one of each to compare two trained models"
        )
    return min(numbers)


def _labels(ask: Ask) -> dict[str, Any]:
    return {
        "metric": ask.metric,
        "first": ask.first,
        "second": ask.second,
        "greater_is_better": METRICS[ask.metric].greater_is_better,
    }


def _facts(a: Predictions, ask: Ask, seeds: int, notes: Sequence[str]) -> Facts:
    metric = METRICS[ask.metric]
    varied = tuple(ask.vary) if ask.vary is not None else ("init",) if seeds > 1 else ()
    return Facts(
        first=ask.first,
        second=ask.second,
        metric=ask.metric,
        label=metric.label,
        greater_is_better=metric.greater_is_better,
        margin=ask.margin,
        pairing="exact",
        n_repeats=seeds,
        gamma=ask.gamma,
        confidence_level=ask.confidence_level,
        data="test cases",
        n_cases=len(a.by_seed()[0]),
        n_groups=groups_of(a.by_seed()[0]),
        n_positive=positives_of(a.by_seed()[0]),
        positive=a.classes[1] if len(a.classes) == 2 else "",
        varied=varied,
        fixed=("split",) if seeds > 1 else (),
        n_folds=1,
        predictions=True,
        from_table=True,
        hints=tuple(notes) or a.notes,
    )


def _paired(a: Predictions, b: Predictions, ask: Ask) -> list[Result]:
    found: list[Result] = []
    both = a.y_true, needed(a, ask.metric), needed(b, ask.metric)
    shared: dict[str, Any] = {"groups": a.groups, "confidence_level": ask.confidence_level}
    design: dict[str, Any] = {"design": "test set", "metric": ask.metric, **size_of(a)}
    if ask.metric == "roc_auc" and a.task == "binary" and not ask.stratify:
        found.append(with_class(delong(*both, **shared), **design))
    shared |= {"metric": ask.metric, "rng": ask.rng}
    drawn = bootstrap_metric(*both, stratify=ask.stratify, n_resamples=RESAMPLES, **shared)
    found.append(with_class(drawn, variant="stratified" if ask.stratify else "", **design))
    found.append(with_class(permutation_metric(*both, **shared), **design))
    first, second = a.labels(), b.labels()
    if first is not None and second is not None and a.groups is None:
        tested = mcnemar(a.y_true, first, second, confidence_level=ask.confidence_level)
        found.append(with_class(tested, **design))
    return found


def _seeded(a: Predictions, b: Predictions, ask: Ask) -> list[Result]:
    """Draw seeds and patients anew together."""
    cases, first = stacked(a, ask.metric)
    _, second = stacked(b, ask.metric)
    scored = Scored(
        first=ask.first,
        second=ask.second,
        metric=ask.metric,
        greater=METRICS[ask.metric].greater_is_better,
        a=_by_seed(a, ask.metric),
        b=_by_seed(b, ask.metric),
        pairing="exact" if _same_seeds(a, b) else "none",
        matched=_same_seeds(a, b),
        fresh=False,
        n_cases=len(cases),
        confidence_level=ask.confidence_level,
        gamma=ask.gamma,
    )
    joint = joint_bootstrap(
        cases.y_true,
        first,
        second,
        metric=ask.metric,
        groups=cases.groups,
        stratify=ask.stratify,
        n_resamples=BESIDE,
        rng=ask.rng,
        confidence_level=ask.confidence_level,
    )
    seeds = min(len(first), len(second))
    known = with_class(joint, design="seeds", repeats=seeds, metric=ask.metric, **size_of(cases))
    return [*compare_scored(scored), known]


def _same_seeds(a: Predictions, b: Predictions) -> bool:
    """Tell whether each seed of one procedure has its partner: else their scores are two samples."""
    return a.seeds is not None and b.seeds is not None and set(a.seeds) == set(b.seeds)


def _by_seed(a: Predictions, metric: str) -> np.ndarray[Any, Any]:
    """Give each seed's score; shape (seed, 1)."""
    return np.array([[one_score(part, metric)] for part in seeds_of(a)])


def _means(a: Predictions, b: Predictions, ask: Ask) -> dict[str, float]:
    return {f"mean_{place}": score_of(p, ask.metric) for place, p in (("first", a), ("second", b))}


def beside_metrics(a: Predictions, b: Predictions, ask: Ask) -> pd.DataFrame:
    """Give every metric that the predictions allow for both models, with the interval of the difference."""
    rows = []
    if a.seeds is not None:
        return pd.DataFrame(
            [
                {
                    "metric": ask.metric,
                    "label": label_of(ask.metric),
                    "first": score_of(a, ask.metric),
                    "second": score_of(b, ask.metric),
                    "estimate": np.nan,
                    "ci_low": np.nan,
                    "ci_high": np.nan,
                }
            ]
        )
    for name in dict.fromkeys((ask.metric, *_SHOWN)):
        if METRICS[name].needs != "label" and (a.y_score is None or b.y_score is None):
            continue
        if METRICS[name].needs == "label" and (a.labels() is None or b.labels() is None):
            continue
        if METRICS[name].needs == "probability" and not (a.is_probability and b.is_probability):
            continue
        found = bootstrap_metric(
            a.y_true,
            needed(a, name),
            needed(b, name),
            metric=name,
            groups=a.groups,
            stratify=ask.stratify,
            n_resamples=BESIDE,
            rng=ask.rng,
            confidence_level=ask.confidence_level,
        )
        low, high = found.interval or (np.nan, np.nan)
        rows.append(
            {
                "metric": name,
                "label": label_of(name),
                "first": score_of(a, name),
                "second": score_of(b, name),
                "estimate": found.estimate,
                "ci_low": low,
                "ci_high": high,
            }
        )
    return pd.DataFrame(rows)


def _intervals(beside: pd.DataFrame) -> pd.DataFrame:
    return beside[["label", "estimate", "ci_low", "ci_high"]].dropna().assign(kind="item")


def _forest(ask: Ask, frame: pd.DataFrame) -> Picture:
    said = "; ".join(
        f"{r.label} {r.estimate:+.3f} [{r.ci_low:.3f}, {r.ci_high:.3f}]" for r in frame.itertuples()
    )
    return Picture(
        "intervals",
        "intervals",
        f"{ask.first} minus {ask.second}",
        f"Differences with intervals. {said}.",
        f"Metric by metric, with bootstrap intervals over patients; right of 0, {ask.first} is better.",
        {"xlabel": "difference", "reference": 0.0, "margin": ask.margin},
    )

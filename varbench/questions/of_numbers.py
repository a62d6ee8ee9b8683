"""Compare two trained models by the numbers that they predict for the same test cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from varbench.errors import InputError
from varbench.questions.model_scores import groups_of, units_of
from varbench.questions.of_scores import answer_of
from varbench.questions.pieces import concluded
from varbench.questions.words import PAIR_COLUMNS
from varbench.report import Answer, Picture, Shown
from varbench.stats import Result, regression_metric
from varbench.stats.classes import with_class
from varbench.stats.regression import REGRESSION
from varbench.tables import Predictions
from varbench.verdict import Facts

if TYPE_CHECKING:
    from varbench.questions.of_predictions import Ask

#: Resamples of the primary metric, and of those beside it.
RESAMPLES, BESIDE = 10_000, 2_000
#: The primary metric where none is named.
USUAL = "mae"


def answer_numbers(
    a: Predictions, b: Predictions, ask: Ask, about: dict[str, Any], notes: Sequence[str]
) -> Answer:
    """Answer whether the predicted numbers of one model are nearer to the true ones.

    Parameters
    ----------
    a, b : Predictions
        Of a regression, aligned.
    ask : Ask
        What is asked.
    about : dict
        Provenance.
    notes : sequence of str
        How the tables were read and matched.

    Returns
    -------
    Answer
        About these two models.
    """
    metric = REGRESSION[ask.metric]
    results = [_result(a, b, ask, name) for name in dict.fromkeys((ask.metric, *REGRESSION))]
    facts = Facts(
        first=ask.first, second=ask.second, metric=ask.metric, label=metric.label, margin=ask.margin, pairing="exact",
        greater_is_better=bool(metric.greater_is_better), n_repeats=1, n_folds=1, gamma=ask.gamma, n_cases=len(a),
        n_groups=groups_of(a),
        confidence_level=ask.confidence_level, data="test cases", from_table=True, hints=tuple(notes) or a.notes,
    )  # fmt: skip
    frame = pd.DataFrame([_row(one) for one in results])
    drawn = frame[frame["metric"] == ask.metric][["label", "estimate", "ci_low", "ci_high"]].dropna()
    return answer_of(
        concluded(facts, results),
        "compare",
        f"{ask.first} and {ask.second}: {len(a):,} test cases",
        frames={"metrics": frame, "intervals": drawn.assign(kind="item")},
        tables=(Shown("metrics", "Both models on the same test cases", PAIR_COLUMNS, (_BETTER,)),),
        pictures=_pictures(ask) if len(drawn) else (),
        about=about,
    )


_BETTER = "The difference is by how much the first is better, whichever way the metric goes."


def _pictures(ask: Ask) -> tuple[Picture, ...]:
    caption, title = f"Right of 0, {ask.first} is better.", f"{ask.first} against {ask.second}"
    return (Picture("intervals", "intervals", title, caption, caption, {"margin": ask.margin}),)


def _result(a: Predictions, b: Predictions, ask: Ask, name: str) -> Result:
    """Give the difference in one metric, with what each model has beside it."""
    sides = _numbers(a), _numbers(b)
    shared: dict[str, Any] = {"metric": name, "groups": a.groups, "rng": ask.rng}
    found = regression_metric(
        a.y_true, *sides, **shared, n_resamples=RESAMPLES if name == ask.metric else BESIDE,
        confidence_level=ask.confidence_level,
    )  # fmt: skip
    found = with_class(found, design="test set", n=units_of(a), metric=name)
    first, second = (regression_metric(a.y_true, side, **shared, n_resamples=100).estimate for side in sides)
    told = {
        "metric": name,
        "first": ask.first,
        "second": ask.second,
        "mean_first": first,
        "mean_second": second,
    }
    return replace(found, settings={**found.settings, **told})


def _row(found: Result) -> dict[str, Any]:
    low, high = found.interval or (np.nan, np.nan)
    name = str(found.settings["metric"])
    return {
        "metric": name, "label": REGRESSION[name].label, "first": found.settings["mean_first"],
        "second": found.settings["mean_second"], "estimate": found.estimate, "ci_low": low, "ci_high": high,
    }  # fmt: skip


def _numbers(a: Predictions) -> Any:
    if a.y_pred is None:
        raise InputError(f"{a.name}: no column of predicted values; name it with pred=")
    return a.y_pred

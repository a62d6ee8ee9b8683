"""``evaluate``: how good is one trained model, on patients like its test patients?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from varbench.errors import DataError, InputError, StatisticsError, VarbenchError
from varbench.metrics import METRICS, label_of
from varbench.questions.binary import of_binary
from varbench.questions.model_given import Given, given_model
from varbench.questions.model_parts import (
    COLUMNS,
    RESAMPLES,
    RETRAIN,
    SCOPE,
    Ask,
    chosen_metrics,
    forest,
    headline,
    kicker_of,
    labelled,
    methods,
    metric_table,
    sentences,
)
from varbench.questions.model_scores import needed, size_of
from varbench.questions.model_tasks import of_cases, of_labels, of_numbers
from varbench.questions.pieces import metric_named
from varbench.report import Answer, Shown
from varbench.stats import Result, bootstrap_metric, delong, proportion
from varbench.stats.classes import with_class
from varbench.tables import Cases, Predictions, read_per_case, read_predictions


def evaluate(
    what: Any,
    y_score: Any = None,
    *,
    metrics: Sequence[str] | None = None,
    stratify: bool = False,
    confidence_level: float = 0.95,
    cost_fp: float | None = None,
    cost_fn: float | None = None,
    rng: int = 0,
    command: str = "",
    **columns: Any,
) -> Answer:
    """How good is one trained model, with every metric's interval?

    Parameters
    ----------
    what : DataFrame, path, Predictions, Cases or Dataset
        A table of predictions, a row a case; or of measures per case, as Dice. Or a run, or its cube; or a MAPS,
        the folder that ClinicaDL wrote. Or an array, the outcome of each case.
    y_score : array of shape (case,), optional
        Beside an outcome that is an array: the score or probability of its positive class.
    metrics : sequence of str, optional
        Which; all that the predictions allow by default.
    stratify : bool
        Whether bootstraps keep the numbers of each class.
    confidence_level : float
        In (0, 1).
    cost_fp, cost_fn : float, optional
        Costs of a false positive and of a false negative, for the expected cost over thresholds; both or none.
    rng : int
        The seed of bootstraps.
    command : str
        The line that was typed, for the provenance.
    **columns
        As in :func:`varbench.tables.read_predictions`, or :func:`varbench.tables.read_per_case`. Of a run `procedure`,
        and `data_group`: ``"folds"``, the test rows of one re-split, or ``"external"``. Of a MAPS `data_group`, `split`
        and `selection`, as :meth:`varbench.tables.Maps.select` takes them.

    Returns
    -------
    Answer
        Metrics with intervals, calibration, curves with bands, results by subgroup.

    Raises
    ------
    VarbenchError
        If the table cannot be read, or a metric cannot be computed from it.

    Examples
    --------
    >>> table = pd.DataFrame({"y_true": [0, 0, 1, 1, 0, 1], "y_score": [.1, .4, .35, .8, .3, .9]})
    >>> evaluate(table, metrics=["accuracy"]).results[0].method
    'proportion'
    >>> evaluate(table["y_true"], table["y_score"]).frame("results").equals(evaluate(table).frame("results"))
    True
    """
    if y_score is not None:
        what = _beside(what, y_score)
    if (cost_fp is None) != (cost_fn is None):
        raise InputError("cost_fp and cost_fn belong together: give both, or none")
    if not 0 < confidence_level < 1:
        raise InputError(f"confidence_level={confidence_level!r}: must lie between 0 and 1, as 0.95 does")
    ask = Ask(
        metrics=None if metrics is None else [str(metric_named(name)) for name in metrics],
        stratify=stratify,
        confidence_level=confidence_level,
        rng=rng,
        cost_fp=cost_fp,
        cost_fn=cost_fn,
        about={"command": command, "seed": rng},
    )
    given = {name: value for name, value in columns.items() if value is not None and value != ()}
    if isinstance(what, Predictions | Cases):
        return _of_model(what, ask)
    model = given_model(what, given)
    return _of_model(_read(what, given), ask) if model is None else _of_given(model, ask)


def _beside(y_true: Any, y_score: Any) -> pd.DataFrame:
    """Put an outcome and its scores, two arrays, into a table."""
    outcome, scores = np.asarray(y_true), np.asarray(y_score)
    if outcome.ndim != 1 or scores.shape != outcome.shape:
        raise InputError(
            f"an outcome of shape {outcome.shape} and scores of shape {scores.shape}: must be one value of each for a "
            "case; scores of several classes stand in a table, a column each"
        )
    return pd.DataFrame({"y_true": outcome, "y_score": scores})


def _of_model(found: Predictions | Cases, ask: Ask) -> Answer:
    if found.groups is not None and len(np.unique(found.groups)) == len(found):
        found = replace(found, groups=None)  # one case each: the groups are the cases
    if isinstance(found, Cases):
        return of_cases(found, ask)
    if found.seeds is not None and len(np.unique(found.seeds)) > 1:
        raise InputError(
            f"{found.name} holds {len(np.unique(found.seeds))} seeds: evaluate is about one trained "
            "model; take one seed, "
            "or compare procedures with varbench compare"
        )
    return {"regression": of_numbers, "multilabel": of_labels}.get(found.task, _of_classes)(found, ask)


def _of_given(model: Given, ask: Ask) -> Answer:
    """Evaluate what stands in a run or a MAPS: what must be known of it first, and its other networks beside it."""
    answer = _of_model(model.found, ask)
    frames, tables = answer.frames, answer.tables
    if model.others is not None:
        rows = [_first_row(name, part, ask, answer) for name, part in model.others.items()]
        frames = {**frames, "networks": pd.DataFrame(rows)}
        label = str(answer.frame("metrics")["label"].iloc[_primary_at(answer)])
        tables = (*tables, Shown("networks", f"{label} of each network", _NETWORKS))
    return replace(
        answer, scope=model.scope, sentences=(*model.told, *answer.sentences), frames=frames, tables=tables
    )


def _primary_at(answer: Answer) -> int:
    """Give the row of the table of metrics that the headline is about."""
    names = list(answer.frame("metrics")["metric"])
    return names.index("roc_auc") if "roc_auc" in names else 0


def _first_row(name: str, part: Predictions | Cases, ask: Ask, answer: Answer) -> dict[str, Any]:
    """Give the main metric of one network; what it cannot have is said in its note."""
    metric = str(answer.frame("metrics")["metric"].iloc[_primary_at(answer)])
    row = {"network": name, "metric": metric, "n": len(part), "note": ""}
    empty = dict.fromkeys(("estimate", "ci_low", "ci_high"), np.nan)
    try:
        found = (
            _of_model(part, replace(ask, metrics=[metric], cost_fp=None, cost_fn=None))
            .frame("metrics")
            .iloc[0]
        )
    except VarbenchError as error:  # one class only, or too few
        return {**row, **empty, "note": str(error)}
    return {**row, **{key: found[key] for key in empty}}


def _read(what: Any, columns: dict[str, Any]) -> Predictions | Cases:
    """Read a table of predictions; one without labels whose headings are measures is one of cases."""
    if {"label", "score", "pred"} & set(columns):
        return read_predictions(what, **columns)
    try:
        return read_predictions(what, **columns)
    except DataError as error:
        try:
            return read_per_case(
                what, **{k: v for k, v in columns.items() if k in ("id", "group", "subgroup")}
            )
        except DataError:
            raise error from None


def _usable(found: Predictions) -> list[str]:
    labels = found.labels() is not None
    names = []
    for name, metric in METRICS.items():
        if (
            (metric.needs == "label" and labels)
            or (metric.needs == "score" and found.y_score is not None)
            or (metric.needs == "probability" and found.y_score is not None and found.is_probability)
        ):
            names.append(name)
    return names


_NETWORKS = {
    "network": "Network",
    "n": "Cases",
    "estimate": "Estimate",
    "interval": "Interval",
    "note": "Note",
}
_SUBGROUPS = {
    "column": "Column", "value": "Value", "n": "Cases", "positives": "Positive", "estimate": "Estimate",
    "interval": "Interval",
}  # fmt: skip
_BEFORE = (
    "Subgroups were not chosen by their results if they were named before; many small ones differ by chance."
)


def _of_classes(found: Predictions, ask: Ask) -> Answer:
    if len(np.unique(found.y_true)) < 2:
        raise InputError(
            f"{found.name} holds one class only, {found.classes[int(found.y_true[0])]}: nothing can be told apart"
        )
    usable = _usable(found)
    names = chosen_metrics(ask, usable, list(METRICS))
    results = [labelled(_interval(found, name, ask), metric=name) for name in names]
    frames = {"metrics": metric_table(results)}
    pictures = [forest("metrics_bounded", frames, results)]
    tables = [Shown("metrics", "Metrics", COLUMNS)]
    if found.task == "binary":
        more = of_binary(found, rng=ask.rng, costs=ask.costs, **ask.common)
        results, pictures, tables = (
            [*results, *more.results],
            [*pictures, *more.pictures],
            [*tables, *more.tables],
        )
        frames |= more.frames
    by_group = list(_by_subgroup(found, names[0] if "roc_auc" not in names else "roc_auc", ask))
    if by_group:
        frames["subgroups"] = pd.DataFrame(by_group)
        title = f"{label_of(by_group[0]['metric'])} by subgroup"
        tables.append(Shown("subgroups", title, _SUBGROUPS, (_BEFORE,)))
    primary = next((r for r in results if r.settings.get("metric") == "roc_auc"), results[0])
    return Answer(
        command="evaluate",
        kicker=kicker_of(found),
        question="How good is this model?",
        scope=SCOPE,
        headline=headline(primary),
        sentences=sentences(found, results),
        settle=RETRAIN,
        notices=(),
        results=tuple(results),
        frames=frames,
        tables=tuple(tables),
        pictures=tuple(pictures),
        methods=methods(found, ask),
        about={**ask.about, "notes": list(found.notes)},
    )


def _interval(found: Predictions, name: str, ask: Ask) -> Result:
    """Give a metric with its interval: of a share Wilson's, of an AUC DeLong's, of the rest a bootstrap's.

    Of two classes its class was measured; nobody measured it of several.
    """
    result = _unclassed(found, name, ask)
    if found.task != "binary":
        return result
    variant = "stratified" if ask.stratify and result.method == "bootstrap_metric" else ""
    return with_class(result, variant=variant, design="one model", metric=name, **size_of(found))


def _unclassed(found: Predictions, name: str, ask: Ask) -> Result:
    share = _share(found, name) if found.groups is None and found.task == "binary" else None
    if share is not None:
        return proportion(*share, **ask.common)
    if name == "roc_auc" and found.task == "binary":
        return delong(found.y_true, needed(found, name), groups=found.groups, **ask.common)
    return bootstrap_metric(
        found.y_true,
        needed(found, name),
        metric=name,
        groups=found.groups,
        stratify=ask.stratify,
        n_resamples=RESAMPLES,
        rng=ask.rng,
        **ask.common,
    )


def _share(found: Predictions, name: str) -> tuple[int, int] | None:
    """Give count and number of what is a share of independent cases; None for what is none."""
    label = found.labels()
    if label is None:
        return None
    right, positive, said = label == found.y_true, found.y_true == 1, label == 1
    among = {
        "accuracy": np.ones(len(found), bool),
        "recall": positive,
        "specificity": ~positive,
        "precision": said,
    }.get(name)
    if among is None or not among.any():
        return None
    return int((right & among).sum()), int(among.sum())


def _by_subgroup(found: Predictions, metric: str, ask: Ask) -> Iterator[dict[str, Any]]:
    for column in found.subgroups.columns:
        values = found.subgroups[column].astype(str).to_numpy()
        for value in dict.fromkeys(values):
            rows = np.flatnonzero(values == value)
            part = found.take(rows)
            row = {
                "column": str(column),
                "value": value,
                "metric": metric,
                "n": len(rows),
                "positives": int((part.y_true == 1).sum()),
                "estimate": np.nan,
                "ci_low": np.nan,
                "ci_high": np.nan,
                "note": "",
            }
            try:
                result = _interval(part, metric, ask)
            except StatisticsError as error:  # one class only, or too few: said, not left out
                yield {**row, "note": str(error)}
                continue
            low, high = result.interval or (np.nan, np.nan)
            estimate = np.nan if result.estimate is None else result.estimate
            yield {
                **row,
                "estimate": estimate,
                "ci_low": low,
                "ci_high": high,
                "note": " ".join(result.notes),
            }

"""``evaluate``: how good is one trained model, on patients like its test patients?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from varbench.errors import DataError, InputError, StatisticsError, unknown
from varbench.metrics import METRICS
from varbench.questions.binary import of_binary
from varbench.questions.of_predictions import needed
from varbench.questions.pieces import label_of
from varbench.report import Answer, Picture, Shown
from varbench.stats import (
    Result,
    bootstrap_metric,
    case_summary,
    delong,
    multilabel_metrics,
    proportion,
    regression_metric,
)
from varbench.stats.regression import REGRESSION
from varbench.tables import Cases, Predictions, read_per_case, read_predictions

#: Resamples of each bootstrap.
RESAMPLES = 2_000
_SCOPE = "For patients like the test patients, and this model"
_RETRAIN = (
    "Whether another training run, or other patients, would give the same takes re-splits, and an "
    "external cohort."
)
_COLUMNS = {"label": "Metric", "estimate": "Estimate", "interval": "Interval", "how": "Interval by"}


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


def evaluate(
    what: Any,
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
    what : DataFrame, path, Predictions or Cases
        A table of predictions, a row a case; or of measures per case, as Dice.
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
        As in :func:`varbench.tables.read_predictions`, or :func:`varbench.tables.read_per_case`.

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
    """
    if (cost_fp is None) != (cost_fn is None):
        raise InputError("cost_fp and cost_fn belong together: give both, or none")
    if not 0 < confidence_level < 1:
        raise InputError(f"confidence_level={confidence_level!r}: must lie between 0 and 1, as 0.95 does")
    ask = Ask(
        metrics=metrics,
        stratify=stratify,
        confidence_level=confidence_level,
        rng=rng,
        cost_fp=cost_fp,
        cost_fn=cost_fn,
        about={"command": command, "seed": rng},
    )
    given = {name: value for name, value in columns.items() if value is not None and value != ()}
    found = what if isinstance(what, Predictions | Cases) else _read(what, given)
    if isinstance(found, Cases):
        return _of_cases(found, ask)
    if found.seeds is not None and len(np.unique(found.seeds)) > 1:
        raise InputError(
            f"{found.name} holds {len(np.unique(found.seeds))} seeds: evaluate is about one trained "
            "model; take one seed, "
            "or compare procedures with varbench compare"
        )
    return {"regression": _of_numbers, "multilabel": _of_labels}.get(found.task, _of_classes)(found, ask)


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


def _kicker(found: Predictions | Cases) -> str:
    groups = f", {len(np.unique(found.groups)):,} groups" if found.groups is not None else ""
    return f"{found.name}: {len(found):,} cases{groups}"


def _chosen(ask: Ask, usable: Sequence[str], known: Sequence[str]) -> list[str]:
    """Give the metrics to compute: those asked for, refused where the predictions do not allow them."""
    for name in ask.metrics or ():
        if name not in known:
            raise InputError(unknown("metric", name, known))
        if name not in usable:
            raise InputError(
                f"{name} cannot be computed from these predictions; possible are {', '.join(usable)}"
            )
    return list(ask.metrics or usable)


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


def _of_classes(found: Predictions, ask: Ask) -> Answer:
    if len(np.unique(found.y_true)) < 2:
        raise InputError(
            f"{found.name} holds one class only, {found.classes[int(found.y_true[0])]}: nothing can be told apart"
        )
    usable = _usable(found)
    names = _chosen(ask, usable, list(METRICS))
    results = [_labelled(_interval(found, name, ask), metric=name) for name in names]
    frames = {"metrics": _table(results)}
    pictures = [_forest("metrics_bounded", frames, results)]
    tables = [Shown("metrics", "Metrics", _COLUMNS)]
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
        tables.append(
            Shown(
                "subgroups",
                f"{label_of(by_group[0]['metric'])} by subgroup",
                {
                    "column": "Column",
                    "value": "Value",
                    "n": "Cases",
                    "positives": "Positive",
                    "estimate": "Estimate",
                    "interval": "Interval",
                },
                (
                    (
                        "Subgroups were not chosen by their results if they were named before; many small "
                        "ones differ by chance."
                    ),
                ),
            )
        )
    primary = next((r for r in results if r.settings.get("metric") == "roc_auc"), results[0])
    return Answer(
        command="evaluate",
        kicker=_kicker(found),
        question="How good is this model?",
        scope=_SCOPE,
        headline=_headline(primary),
        sentences=_sentences(found, results),
        settle=_RETRAIN,
        notices=(),
        results=tuple(results),
        frames=frames,
        tables=tuple(tables),
        pictures=tuple(pictures),
        methods=_methods(found, ask),
        about={**ask.about, "notes": list(found.notes)},
    )


def _interval(found: Predictions, name: str, ask: Ask) -> Result:
    """Give a metric with its interval: of a share Wilson's, of an AUC DeLong's, of the rest a bootstrap's."""
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


def _labelled(result: Result, **labels: Any) -> Result:
    return replace(result, settings={**result.settings, **labels})


_HOW = {
    "proportion": "Wilson",
    "delong": "DeLong, logit",
    "bootstrap_metric": "bootstrap",
    "regression_metric": "bootstrap",
}


def _table(results: Sequence[Result]) -> pd.DataFrame:
    rows = []
    for r in results:
        low, high = r.interval or (np.nan, np.nan)
        name = str(r.settings.get("metric", r.method))
        label = REGRESSION[name].label if name in REGRESSION else label_of(name)
        how = _HOW.get(r.method, str(r.settings.get("interval", "")))
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


def _forest(key: str, frames: dict[str, pd.DataFrame], results: Sequence[Result]) -> Picture:
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


def _headline(primary: Result) -> str:
    name = str(primary.settings.get("metric", primary.method))
    label = REGRESSION[name].label if name in REGRESSION else label_of(name)
    if primary.estimate is None:
        return f"{label} cannot be told: {' '.join(primary.explain())}"
    if primary.interval is None:
        return f"{label} {primary.estimate:.3f}, without an interval: {' '.join(primary.explain())}"
    return f"{label} {primary.estimate:.3f} [{primary.interval[0]:.3f}, {primary.interval[1]:.3f}]."


def _sentences(found: Predictions, results: Sequence[Result]) -> tuple[str, ...]:
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
    return (*said, *_explained(results), *found.notes)


def _explained(results: Sequence[Result]) -> list[str]:
    """Give each weakness once, with the metrics that have it."""
    about: dict[str, list[str]] = {}
    for result in results:
        for text in result.explain():
            about.setdefault(text, []).append(_label(str(result.settings.get("metric", result.method))))
    return [
        text if len(names) == len(results) else f"{', '.join(dict.fromkeys(names))}: {text}"
        for text, names in about.items()
    ]


def _label(name: str) -> str:
    return REGRESSION[name].label if name in REGRESSION else label_of(name).replace("_", " ")


def _methods(found: Predictions, ask: Ask) -> str:
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


def _of_numbers(found: Predictions, ask: Ask) -> Answer:
    if found.y_pred is None:
        raise InputError(f"{found.name}: no column of predicted values; name it with --pred")
    names = _chosen(ask, list(REGRESSION), list(REGRESSION))
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
        results.append(_labelled(one, metric=name))
    frames = {"metrics": _table(results)}
    errors = pd.DataFrame({"series": "cases", "x": found.y_true, "y": found.y_pred})
    frames["predicted"] = errors
    return Answer(
        command="evaluate",
        kicker=_kicker(found),
        question="How near are the predicted numbers?",
        scope=_SCOPE,
        headline=_headline(results[0]),
        sentences=_sentences(found, results),
        settle=_RETRAIN,
        results=tuple(results),
        frames=frames,
        tables=(Shown("metrics", "Metrics", _COLUMNS),),
        pictures=(_forest("metrics_bounded", frames, results),),
        methods=_methods(found, ask),
        about=ask.about,
    )


def _of_labels(found: Predictions, ask: Ask) -> Answer:
    scores = found.y_score if found.y_score is not None else found.y_pred
    if scores is None:
        raise InputError(
            f"{found.name}: no column of scores or of predicted labels; name them with --score or --pred"
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
        kicker=f"{_kicker(found)}, {len(found.classes)} labels",
        question="How good is this model, label by label?",
        scope=_SCOPE,
        headline=f"{len(set(label.astype(str)))} rows: labels, their macro and micro averages.",
        sentences=_sentences(found, [best]),
        settle=_RETRAIN,
        results=several.results,
        frames=frames,
        tables=(Shown("metrics", "Metrics by label", {**shown, "interval": "Interval"}),),
        methods=_methods(found, ask),
        about=ask.about,
    )


def _of_cases(found: Cases, ask: Ask) -> Answer:
    results, rows = [], []
    for name in _chosen(ask, found.metrics, found.metrics):
        quantity = found.quantities[name]
        limits = (quantity.low, quantity.high) if np.isfinite([quantity.low, quantity.high]).all() else None
        for statistic in ("mean", "median"):
            one = case_summary(
                found.frame[name].to_numpy(float),
                statistic=statistic,
                groups=found.groups,
                limits=limits,
                rng=ask.rng,
                **ask.common,
            )
            results.append(_labelled(one, metric=name, statistic=statistic))
            low, high = one.interval or (np.nan, np.nan)
            rows.append(
                {
                    "metric": name,
                    "label": f"{quantity.label}, {statistic}",
                    "estimate": one.estimate,
                    "ci_low": low,
                    "ci_high": high,
                    "sd": one.settings["sd"],
                    "n": one.n,
                    "how": str(one.settings["interval"]),
                }
            )
    frame = pd.DataFrame(rows)
    drawn = frame[[np.isfinite(found.quantities[m].high) for m in frame["metric"]]].dropna(subset=["ci_low"])
    frames = {
        "metrics": frame,
        "intervals": drawn[["label", "estimate", "ci_low", "ci_high"]].assign(kind="item"),
    }
    first = found.quantities[found.metrics[0]].label
    frames["cases"] = pd.concat(
        [
            pd.DataFrame({"method": found.quantities[m].label, "score": found.frame[m].dropna()})
            for m in drawn["metric"].unique()
        ]
        or [pd.DataFrame({"method": [], "score": []})],
        ignore_index=True,
    )
    pictures = (
        [
            Picture(
                "intervals",
                "intervals",
                "Means and medians over cases",
                "; ".join(f"{r.label} {r.estimate:.3f}" for r in drawn.itertuples()),
                "Intervals over patients.",
                {"xlabel": "score", "reference": None},
            ),
            Picture(
                "strips",
                "cases",
                "Case by case",
                "A dot a case.",
                "A dot a case; the bar is the mean.",
                {"xlabel": "score"},
            ),
        ]
        if len(drawn)
        else []
    )
    told = _explained(results)
    return Answer(
        command="evaluate",
        kicker=_kicker(found),
        question="How good is this model, case by case?",
        scope=_SCOPE,
        headline=f"Mean {first} {rows[0]['estimate']:.3f} [{rows[0]['ci_low']:.3f}, {rows[0]['ci_high']:.3f}].",
        sentences=(f"{len(found):,} cases.", *told, *found.notes),
        settle=_RETRAIN,
        results=tuple(results),
        frames=frames,
        tables=(
            Shown(
                "metrics",
                "Measures over cases",
                {"label": "Measure", "estimate": "Estimate", "interval": "Interval", "sd": "SD", "n": "n"},
            ),
        ),
        pictures=tuple(pictures),
        methods=(
            f"Means over {len(found):,} cases have Student's interval, medians the exact one between "
            "two of the values."
        ),
        about=ask.about,
    )

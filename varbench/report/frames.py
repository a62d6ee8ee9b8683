"""The numbers of a report, as tables: one function a table, each from a cube and what was concluded of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from varbench.cube import Status, attributes
from varbench.effects import baselines, cohort_shares, copies, fold_scores, greater_is_better, repeat_scores
from varbench.metrics import ScoreStatus, shipped_metric
from varbench.report.scrub import clean, without_ids, without_paths
from varbench.stats import Result
from varbench.verdict import Mattering

#: What of each run is shown: the variable of the cube, by the name of its column.
PER_REPEAT = {"score": "score", "weighted": "score_weighted", "truth": "truth", "final": "final"}


def each(frame: pd.DataFrame) -> Iterator[Any]:
    """Give the rows of a table, each with its columns as attributes."""
    yield from frame.itertuples(index=False)


def label_of(metric: str) -> str:
    """Give how a metric is written."""
    return known.label if (known := shipped_metric(metric)) else clean(metric, 60)


def names(cube: xr.Dataset, dim: str) -> list[str]:
    """Give the names along a dimension of a cube."""
    return [str(name) for name in cube[dim].values]


def repeats(cube: xr.Dataset) -> pd.DataFrame:
    """Every repeat of every procedure: own score, weighted, of the same models on the truth, of the final fit."""
    parts = []
    for metric in names(cube, "metric"):
        for procedure in names(cube, "procedure"):
            columns = {
                column: repeat_scores(cube, procedure, metric, variable)
                if variable in cube.variables
                else np.nan
                for column, variable in PER_REPEAT.items()
            }
            keys = {"procedure": procedure, "metric": metric, "repeat": cube["repeat"].values}
            parts.append(pd.DataFrame({**keys, **columns}))
    return pd.concat(parts, ignore_index=True)


def scores(cube: xr.Dataset, every: pd.DataFrame) -> pd.DataFrame:
    """Mean, spread and range over the repeats, and the folds without a score; a row a procedure and metric."""
    rows = []
    for (metric, procedure), part in every.groupby(["metric", "procedure"], sort=False):
        own = part["score"].dropna()
        status = cube["score_status"].sel(procedure=procedure, metric=metric).values
        done = cube["status"].sel(procedure=procedure).values == Status.DONE
        folds = fold_scores(cube, str(procedure), str(metric))[done]
        row: dict[str, Any] = {
            "procedure": procedure,
            "metric": metric,
            "repeats": len(own),
            "mean": own.mean(),
            "sd": own.std(ddof=1),
            "median": own.median(),
            "least": own.min(),
            "most": own.max(),
            "defined_folds": int(np.isfinite(folds).sum()),
            "undefined_folds": int((~np.isfinite(folds) & (status[done] != 255)).sum()),
            "no_predicted_positives": int((status[done] == ScoreStatus.NO_PREDICTED_POSITIVES).sum()),
        }
        for column in ("weighted", "truth", "final"):
            row[column] = part[column].mean()
            row[f"{column}_sd"] = part[column].std(ddof=1)
        rows.append(row)
    return pd.DataFrame(rows)


def undefined(cube: xr.Dataset) -> pd.DataFrame:
    """Count the folds that have no score, or one with a note, by the reason."""
    reasons = {s.value: s.name for s in ScoreStatus if s is not ScoreStatus.DEFINED}
    rows = []
    for procedure in names(cube, "procedure"):
        for metric in names(cube, "metric"):
            found = Counter(
                cube["score_status"].sel(procedure=procedure, metric=metric).values.ravel().tolist()
            )
            rows += [
                {"procedure": procedure, "metric": metric, "reason": reasons[code], "folds": count}
                for code, count in sorted(found.items())
                if code in reasons
            ]
    return pd.DataFrame(rows, columns=["procedure", "metric", "reason", "folds"])


def constants(cube: xr.Dataset) -> pd.DataFrame:
    """What constant classifiers score, in the cohort and among each procedure's test rows."""
    return baselines(cube)


def results(found: Sequence[Result], verdict: Any = None) -> pd.DataFrame:
    """A row a result: what was found, about what, how far it can be trusted, and whether it counted."""
    counted = set(() if verdict is None else verdict.counted)
    greyed: Mapping[str, str] = {} if verdict is None else verdict.greyed
    rows = []
    for result in found:
        row = result.to_dict()
        settings = row.pop("settings")
        about = {key: settings.pop(key, None) for key in ("first", "second", "procedure", "metric")}
        row["notes"] = " ".join(row["notes"])
        row["settings"] = json.dumps(settings, sort_keys=True)
        row["counts"] = result.method in counted
        row["greyed"] = greyed.get(result.method, "")
        rows.append({**about, **row})
    frame = pd.DataFrame(rows)
    numbers = ["estimate", "ci_low", "ci_high", "confidence_level", "statistic", "pvalue"]
    return frame.astype(dict.fromkeys(numbers, float)) if rows else frame


def parts(found: Sequence[Result], primary: str) -> pd.DataFrame:
    """The inflation of every metric and its parts, or the bare difference; a row a metric and part."""
    shown = {
        "inflation": "inflation",
        "inflation_leakage": "leakage part",
        "inflation_prevalence": "prevalence part",
    }
    if not any(result.method == "inflation" for result in found):
        shown = {"difference": "difference"}
    rows = [
        {
            "metric": result.settings["metric"],
            "label": label_of(result.settings["metric"]),
            "part": shown[result.method],
            "estimate": result.estimate,
            "ci_low": result.ci_low,
            "ci_high": result.ci_high,
            "n": result.n,
            "primary": result.settings["metric"] == primary,
            "first": result.settings["first"],
            "second": result.settings["second"],
        }
        for result in found
        if result.method in shown
    ]
    columns = ["metric", "label", "part", "estimate", "ci_low", "ci_high", "n", "primary", "first", "second"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(["estimate", "ci_low", "ci_high"], float))


def pairs(found: Sequence[Mattering]) -> pd.DataFrame:
    """The pairs that a study names, with the inflation of the primary metric and how much it matters."""
    nothing = (None, None, None, 0)
    rows = []
    for one in found:
        of = one.found
        numbers = nothing if of is None else (of.estimate, of.ci_low, of.ci_high, of.n)
        row: dict[str, Any] = {"pair": one.title, "first": one.facts.first, "second": one.facts.second}
        row |= {"metric": one.facts.metric, "invalid": " ".join(one.facts.leaking)}
        rows.append(
            {
                **row,
                **dict(zip(("estimate", "ci_low", "ci_high", "n"), numbers, strict=True)),
                "size": one.size,
            }
        )
    columns = ["pair", "first", "second", "metric", "invalid", "estimate", "ci_low", "ci_high", "n", "size"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(["estimate", "ci_low", "ci_high"], float))


def ranks(cube: xr.Dataset, ours: pd.DataFrame) -> pd.DataFrame:
    """The place of every procedure by every metric, 1 the best, equal means sharing the better place.

    Empty with fewer than three procedures or two metrics, and where one of them leaks: its place would mean nothing.
    """
    columns = ["procedure", "metric", "mean", "rank"]
    found = attributes(cube).get("leaks") or {}
    leaking = any(leak["kind"] == "estimate" for of in found.values() for leak in of or ())
    if leaking or cube.sizes["procedure"] < 3 or cube.sizes["metric"] < 2:
        return pd.DataFrame(columns=columns)
    parts = []
    for metric, part in ours.groupby("metric", sort=False):
        # Means that only rounding tells apart are equal.
        rank = part["mean"].round(9).rank(ascending=not greater_is_better(cube, str(metric)), method="min")
        parts.append(part[["procedure", "metric", "mean"]].assign(rank=rank))
    return pd.concat(parts, ignore_index=True)


def costs(cube: xr.Dataset, ours: pd.DataFrame) -> pd.DataFrame:
    """What mistakes cost a case at each price of a missed one, beside the cheaper constant answer in the cohort.

    Empty where the cube has none of the metrics that :func:`varbench.metrics.cost` makes.
    """
    columns = ["procedure", "metric", "price", "cost", "constant", "relative"]
    shares = list(cohort_shares(cube).values())
    mine = ours[ours["metric"].str.fullmatch(r"cost_[\d.]+(e[+-]?\d+)?")]
    if mine.empty or len(shares) != 2:
        return pd.DataFrame(columns=columns)
    price = mine["metric"].str.removeprefix("cost_").astype(float)
    constant = np.minimum(price * shares[1], shares[0])
    found = mine[["procedure", "metric"]].assign(price=price, cost=mine["mean"], constant=constant)
    return found.assign(relative=found["cost"] / found["constant"])[columns].reset_index(drop=True)


#: The columns of :func:`truth` that are numbers.
_TRUTH = ("reported", "own", "truth", "optimism", "ci_low", "ci_high", "final", "final_low", "final_high")


def truth(found: Sequence[Result], every: pd.DataFrame) -> pd.DataFrame:
    """Own score, true score of the same models, optimism, final fit; a row a metric and procedure."""
    by = {(r.method, r.settings.get("procedure"), r.settings.get("metric")): r for r in found}
    rows = []
    for (metric, procedure), part in every.groupby(["metric", "procedure"], sort=False):
        if part["truth"].isna().all():
            continue
        means = {"reported": "score", "own": "weighted", "truth": "truth", "final": "final"}
        row = {
            "procedure": procedure,
            "metric": metric,
            "n": 0,
            **{k: part[v].mean() for k, v in means.items()},
        }
        if (one := by.get(("optimism", procedure, metric))) is not None:
            row |= {"optimism": one.estimate, "ci_low": one.ci_low, "ci_high": one.ci_high, "n": one.n}
            # Both of the folds that have both: what the optimism is the difference of.
            row |= {"own": one.settings["mean_own"], "truth": one.settings["mean_truth"]}
        if (last := by.get(("final_truth", procedure, metric))) is not None:
            row |= {"final": last.estimate, "final_low": last.ci_low, "final_high": last.ci_high}
        rows.append(row)
    frame = pd.DataFrame(rows, columns=["procedure", "metric", "n", *_TRUTH])
    return frame.astype(dict.fromkeys(_TRUTH, float))


def crossing(cube: xr.Dataset) -> pd.DataFrame:
    """Which share of the test rows has something of its own in training; a row a procedure, relation and class."""
    rows = []
    for procedure in names(cube, "procedure"):
        found = copies(cube, procedure)
        for relation, share in found.overall.items():
            if relation == "group" and "group" not in cube.variables:
                continue
            of_rows = {"all": share, **{label: shares[relation] for label, shares in found.by_class.items()}}
            rows += [
                {
                    "procedure": procedure,
                    "relation": relation,
                    "rows": key,
                    "share": value,
                    "n_rows": found.n_rows,
                }
                for key, value in of_rows.items()
            ]
    return pd.DataFrame(rows, columns=["procedure", "relation", "rows", "share", "n_rows"]).astype(
        {"share": float}
    )


def published(cube: xr.Dataset, ours: pd.DataFrame) -> pd.DataFrame:
    """Published means and SD beside ours, and whether ours lies within two published SD of the published mean."""
    by = {(row.procedure, row.metric): row for row in each(ours)}
    rows = []
    for procedure, metrics in (attributes(cube).get("published") or {}).get("procedures", {}).items():
        for metric, figures in metrics.items():
            mean, sd = (*figures, None)[:2] if isinstance(figures, list | tuple) else (figures, None)
            here = by.get((procedure, metric))
            our_mean = np.nan if here is None else here.mean
            if here is None:
                continue
            rows.append(
                {
                    "procedure": procedure,
                    "metric": metric,
                    "label": label_of(metric),
                    "mean": mean,
                    "sd": sd,
                    "ours": our_mean,
                    "ours_sd": here.sd,
                    "verdict": _reached(mean, sd, our_mean),
                }
            )
    columns = ["procedure", "metric", "label", "mean", "sd", "ours", "ours_sd", "verdict"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(["mean", "sd", "ours", "ours_sd"], float))


def _reached(mean: float, sd: float | None, ours: float) -> str:
    if sd is None or not np.isfinite(ours):
        return "not judged"
    return "within" if abs(ours - mean) <= 2 * sd else "not reached"


def runs(cube: xr.Dataset) -> pd.DataFrame:
    """How many runs of each procedure are done, failed and pending, and how long one took."""
    rows = []
    for procedure in names(cube, "procedure"):
        status = cube["status"].sel(procedure=procedure).values
        seconds = cube["seconds"].sel(procedure=procedure).values[status == Status.DONE]
        seconds = seconds[np.isfinite(seconds)]
        rows.append(
            {
                "procedure": procedure,
                "done": int((status == Status.DONE).sum()),
                "failed": int((status == Status.FAILED).sum()),
                "pending": int((status == Status.PENDING).sum()),
                "median_seconds": float(np.median(seconds)) if len(seconds) else np.nan,
            }
        )
    return pd.DataFrame(rows)


def messages(cube: xr.Dataset) -> pd.DataFrame:
    """The distinct errors of failed runs and warnings of the others, counted; no paths and no ids."""
    ids = [str(one) for one in cube["sample_id"].values] if "sample_id" in cube.variables else []
    ids += [str(one) for one in cube["group_name"].values] if "group_name" in cube.variables else []
    found: Counter[tuple[str, str, str]] = Counter()
    for procedure in names(cube, "procedure"):
        run = cube.sel(procedure=procedure)
        failed = run["status"].values == Status.FAILED
        found.update(("error", procedure, str(text)) for text in run["error"].values[failed])
        for text in run["warning"].values:
            found.update(("warning", procedure, str(one)) for one in (json.loads(str(text)) if text else []))
    merged: Counter[tuple[str, str, str]] = Counter()
    for (kind, procedure, text), count in found.items():
        merged[kind, procedure, without_ids(without_paths(clean(text, 600)), ids)] += count
    rows = [
        {"kind": k, "procedure": p, "message": m, "runs": c}
        for (k, p, m), c in sorted(merged.items(), key=lambda i: -i[1])
    ]
    return pd.DataFrame(rows, columns=["kind", "procedure", "message", "runs"])


def sources(cube: xr.Dataset) -> pd.DataFrame:
    """Every source of variation: who reads it, and whether it was varied, fixed, or is not in the study."""
    rows = [
        {"source": source, "readers": ", ".join(entry.get("readers", ())), "state": entry.get("state", "")}
        for source, entry in (attributes(cube).get("sources") or {}).items()
    ]
    return pd.DataFrame(rows, columns=["source", "readers", "state"])


def leaks(cube: xr.Dataset) -> pd.DataFrame:
    """Every step that sees rows which it should not, its class in the leakage taxonomy and the cure."""
    rows = [
        {
            "procedure": procedure,
            **{key: leak.get(key, "") for key in ("step", "kind", "how", "code", "what", "cure")},
        }
        for procedure, found in (attributes(cube).get("leaks") or {}).items()
        for leak in found or ()
    ]
    return pd.DataFrame(rows, columns=["procedure", "step", "kind", "how", "code", "what", "cure"])


def steps(cube: xr.Dataset) -> pd.DataFrame:
    """The steps of each procedure in their order, and what they see."""
    rows = [
        {
            "procedure": procedure,
            "position": number,
            **{key: step.get(key) for key in keys},
            "text": without_paths(clean(step["text"], 400)),
        }
        for procedure, found in (attributes(cube).get("steps") or {}).items()
        for keys in [("name", "kind", "side", "sees_test", "sees_validation")]
        for number, step in enumerate(found)
    ]
    columns = ["procedure", "position", "name", "kind", "side", "sees_test", "sees_validation", "text"]
    return pd.DataFrame(rows, columns=columns)

"""From a report's frames to its figures: which numbers each takes, and in words what it shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from varbench.errors import InputError, unknown
from varbench.report import digits, drawings_of_batches, drawings_of_lines, nulls
from varbench.report.frames import each, label_of
from varbench.report.scrub import clean
from varbench.report.wording import RELATIONS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from varbench.report.content import Report

#: What one figure is drawn from: the frame as the figure takes it, and what it takes beside.
Numbers = tuple[pd.DataFrame, dict[str, Any]]


def draw_figure(report: Report, name: str, width: int | None = None) -> Figure:
    """Draw one figure of a report.

    Parameters
    ----------
    report : Report
        The report.
    name : str
        A key of :data:`NUMBERS`.
    width : int, optional
        In pixels; that of a page by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.

    Raises
    ------
    InputError
        If there is no such figure, or the cube has nothing to show in it.
    """
    if name not in NUMBERS:
        raise InputError(unknown("figure", name, NUMBERS))
    frame, more = NUMBERS[name](report)
    if frame.empty:
        raise InputError(f"this report has no figure {name!r}: the cube has nothing to show in it")
    from varbench.report.figures import draw

    return draw(name, frame, report.procedures, **({} if width is None else {"width": width}), **more)


def shown(report: Report) -> tuple[str, ...]:
    """Give the procedures of the first picture: the two compared, or the only one."""
    return report.compared or report.procedures


def opening(report: Report) -> Numbers:
    """The primary metric, repeat by repeat, of the procedures compared: own score, and the truth where it is known."""
    every = report.frames["repeats"]
    every = every[every["metric"] == report.primary]
    truthful = bool(every["truth"].notna().any())
    parts = []
    for procedure in shown(report):
        mine = every[every["procedure"] == procedure]
        own = mine["weighted" if truthful else "score"]
        parts.append(
            pd.DataFrame(
                {"procedure": procedure, "what": "own", "words": _words(report, truthful)[0], "score": own}
            )
        )
        if mine["truth"].notna().any():
            parts.append(
                pd.DataFrame(
                    {
                        "procedure": procedure,
                        "what": "true",
                        "words": _words(report, True)[1],
                        "score": mine["truth"],
                    }
                )
            )
    about = report.metrics[report.primary]
    value, word = _constant(report)
    return pd.concat(parts, ignore_index=True), {
        "label": about["label"],
        "low": about["low"],
        "high": about["high"],
        "constant": value,
        "constant_word": word,
    }


def _words(report: Report, truthful: bool) -> tuple[str, str]:
    if not truthful:
        return "", ""
    return "says of itself", "is, on fresh patients" if report.about[
        "external_kind"
    ] == "population" else "is, on external patients"


def _constant(report: Report) -> tuple[float | None, str]:
    """Give the best score in the cohort of a classifier that does not look, by the primary metric."""
    frame = report.frames["constants"]
    found = frame[(frame["metric"] == report.primary) & (frame["rows"] == "cohort")]["value"].dropna()
    if found.empty:
        return None, ""
    best = found.max() if report.metrics[report.primary]["greater_is_better"] else found.min()
    return float(best), "chance" if report.primary in (
        "roc_auc",
        "balanced_accuracy",
    ) else "a constant answer"


def distributions(report: Report) -> Numbers:
    """Every repeat of every procedure and metric, with the constant classifiers of the cohort."""
    frame = report.frames["constants"]
    constants = (
        frame[frame["rows"] == "cohort"].groupby("metric")["value"].apply(lambda v: sorted(set(v.dropna())))
    )
    metrics = {
        name: {
            "label": about["label"],
            "low": about["low"],
            "high": about["high"],
            "greater": about["greater_is_better"],
            "constants": constants.get(name, []),
        }
        for name, about in report.metrics.items()
    }
    every = report.frames["repeats"][["procedure", "metric", "repeat", "score"]]
    scored = every.groupby("metric")["score"].transform(lambda v: v.notna().any())
    return every[scored], {"metrics": metrics}


def inflation(report: Report) -> Numbers:
    """The difference of every metric with its interval, and its parts."""
    frame = report.frames["inflation"]
    frame = (
        frame[frame["metric"] != "log_loss"]
        if len(frame["metric"].unique()) > 1 and report.primary != "log_loss"
        else frame
    )
    if frame.empty or frame["estimate"].isna().all():
        return frame.iloc[:0], {}
    margin = report.about.get("margin")
    one = frame.iloc[0]
    return frame, {
        "first": one["first"],
        "second": one["second"],
        "margin": None if margin is None else float(margin),
    }


def optimism(report: Report) -> Numbers:
    """Own score against the true score of the same models, repeat by repeat, by the primary metric."""
    every = report.frames["repeats"]
    mine = every[(every["metric"] == report.primary) & every["truth"].notna() & every["weighted"].notna()]
    about = report.metrics[report.primary]
    frame = mine[["procedure", "repeat"]].assign(
        own=mine["weighted"], true=mine["truth"], final=mine["final"]
    )
    return frame, {"label": about["label"], "low": about["low"], "high": about["high"]}


def gaps(report: Report) -> Numbers:
    """Own score, true score and final fit of every metric, as means; metrics without an upper end are in the table."""
    frame = report.frames["optimism"]
    bounded = [
        name
        for name, about in report.metrics.items()
        if np.isfinite(about["low"]) and np.isfinite(about["high"])
    ]
    frame = frame[frame["metric"].isin(bounded)]
    labels = {
        name: about["label"] + ("" if about["greater_is_better"] else " ↓")
        for name, about in report.metrics.items()
    }
    return frame.assign(label=frame["metric"].map(labels), primary=frame["metric"] == report.primary), {}


def copies(report: Report) -> Numbers:
    """The shares of what crosses the split anywhere, all rows first and then class by class."""
    frame = report.frames["copies"]
    frame = frame[frame["share"].notna()]
    frame = frame[frame["relation"].isin(frame[frame["share"] > 0]["relation"])]
    named = frame.assign(
        relation=frame["relation"].map(RELATIONS),
        rows=frame["rows"].where(frame["rows"] != "all", "all rows"),
    )
    return named, {}


def published(report: Report) -> Numbers:
    """Published means and spreads beside ours."""
    frame = report.frames["published"]
    return frame[frame["mean"].notna()], {
        "ranges": {name: (m["low"], m["high"]) for name, m in report.metrics.items()}
    }


def error_rates(report: Report) -> Numbers:
    """Shares of cohorts on which equal procedures are called different, over the number of re-splits."""
    return nulls.curves(report.frames["error_rates"]), nulls.LINES


def pairs(report: Report) -> Numbers:
    """The inflation of every pair that the study names, against the margin."""
    frame = report.frames["pairs"]
    margin = report.about.get("margin")
    return frame[frame["estimate"].notna()].assign(label=frame["pair"]), {
        "xlabel": f"{label_of(report.primary)}, with the pitfall minus without",
        "margin": None if margin is None else float(margin),
    }


def order(report: Report) -> Numbers:
    """The place of every procedure by every metric."""
    frame = report.frames["ranks"]
    labels = {name: about["label"] for name, about in report.metrics.items()}
    found = frame.assign(row=frame["metric"].map(labels), column=frame["procedure"], value=frame.get("rank"))
    return found, {"kind": "number", "places": 0, "label": "place, 1 the best"}


def costs(report: Report) -> Numbers:
    """What mistakes cost over the price of a missed case, as parts of the cheaper constant answer."""
    frame = report.frames["costs"]
    found = pd.DataFrame({"series": frame["procedure"], "x": frame["price"], "y": frame["relative"]})
    above = {"y": 1.0, "label": "the cheaper constant answer"}
    top = min(float(found["y"].max()), 4.0) if len(found) else 1.0
    return found, {
        "xlabel": "price of a missed case, in false alarms", "ylabel": "cost / cheaper constant answer", "logx": True,
        "ylim": (0.0, top * 1.05), "references": (above,),
    }  # fmt: skip


#: Every figure: its numbers, from a report.
NUMBERS: dict[str, Callable[[Report], Numbers]] = {
    "opening": opening,
    "distributions": distributions,
    "inflation": inflation,
    "optimism": optimism,
    "gaps": gaps,
    "copies": copies,
    "published": published,
    "error_rates": error_rates,
    "pairs": pairs,
    "order": order,
    "costs": costs,
    "lines": drawings_of_lines.lines,
    "batches": drawings_of_batches.batches,
    "coverage": drawings_of_batches.coverage,
    "monitoring": drawings_of_batches.monitoring,
}


def describe(report: Report, name: str) -> str:
    """Say what a figure shows, with its main numbers, for who cannot see it; empty where there is no figure."""
    frame, _ = NUMBERS[name](report)
    return "" if frame.empty else clean(_DESCRIBED[name](report, frame), 900)


def _opening(report: Report, frame: pd.DataFrame) -> str:
    strips = [
        f"{procedure} {words}: mean {digits.score(part['score'].mean())}, from {digits.score(part['score'].min())} "
        f"to {digits.score(part['score'].max())}".replace("  ", " ").replace(" :", ":")
        for (procedure, words), part in frame.groupby(["procedure", "words"], sort=False)
    ]
    return f"{label_of(report.primary)}, a dot for each of the {report.over}. {'; '.join(strips)}."


def _distributions(report: Report, frame: pd.DataFrame) -> str:
    metrics = ", ".join(report.metrics[name]["label"] for name in dict.fromkeys(frame["metric"]))
    dots = f"A panel a metric, a dot for each of the {report.over}, procedure by procedure"
    return f"{dots}: {metrics}. The table of scores has the numbers."


def _inflation(report: Report, frame: pd.DataFrame) -> str:
    whole = frame[frame["part"] == frame["part"].iloc[0]]
    items = [
        f"{row.label} {digits.with_interval(row.estimate, row.ci_low, row.ci_high)}" for row in each(whole)
    ]
    return f"{frame['first'].iloc[0]} minus {frame['second'].iloc[0]}, with intervals: {'; '.join(items)}."


def _optimism(report: Report, frame: pd.DataFrame) -> str:
    items = [
        f"{procedure} says {digits.score(part['own'].mean())} and has {digits.score(part['true'].mean())}"
        for procedure, part in frame.groupby("procedure", sort=False)
    ]
    label = label_of(report.primary)
    return f"Own {label} against the true one of the same models, a dot a repeat: {'; '.join(items)}."


def _gaps(report: Report, frame: pd.DataFrame) -> str:
    items = [
        f"{r.label} of {r.procedure}: says {digits.score(r.own)}, has {digits.score(r.truth)}"
        for r in each(frame)
    ]
    return f"Means over the repeats. {'; '.join(items)}."


def _copies(report: Report, frame: pd.DataFrame) -> str:
    items = [
        f"{row.procedure}, {row.rows} with {row.relation}: {digits.percent(row.share)}" for row in each(frame)
    ]
    return f"Shares of the test rows: {'; '.join(items)}."


def _published(report: Report, frame: pd.DataFrame) -> str:
    items = [
        f"{r.procedure} {r.label}: published {digits.score(r.mean, 2)}, here {digits.score(r.ours, 2)}"
        for r in each(frame)
    ]
    return "; ".join(items) + "."


def _error_rates(report: Report, frame: pd.DataFrame) -> str:
    last = frame[frame["x"] == frame["x"].max()]
    items = [f"{r.series} {digits.score(r.y, 2)}" for r in each(last)]
    few, many = (digits.count(int(x)) for x in (frame["x"].min(), frame["x"].max()))
    told = f"Lines over {few} to {many} re-splits: the share of cohorts called different"
    return f"{told}. At {many}: {'; '.join(items)}."


def _pairs(report: Report, frame: pd.DataFrame) -> str:
    items = [f"{r.pair} {digits.with_interval(r.estimate, r.ci_low, r.ci_high)}" for r in each(frame)]
    return f"{label_of(report.primary)} with the pitfall minus without, with intervals: {'; '.join(items)}."


def _order(report: Report, frame: pd.DataFrame) -> str:
    items = [
        f"{metric}: {', '.join(f'{r.column} {digits.count(r.value)}' for r in each(part.sort_values('value')))}"
        for metric, part in frame.groupby("row", sort=False)
    ]
    return f"Places by metric, 1 the best. {'; '.join(items)}."


def _costs(report: Report, frame: pd.DataFrame) -> str:
    items = [
        f"{series} {', '.join(f'{digits.score(r.y, 2)} at {r.x:g}' for r in each(part))}"
        for series, part in frame.groupby("series", sort=False)
    ]
    return (
        f"Lines over the price of a missed case: cost over that of the cheaper constant. {'; '.join(items)}."
    )


_DESCRIBED: dict[str, Callable[[Report, pd.DataFrame], str]] = {
    "opening": _opening,
    "distributions": _distributions,
    "inflation": _inflation,
    "optimism": _optimism,
    "gaps": _gaps,
    "copies": _copies,
    "published": _published,
    "error_rates": _error_rates,
    "pairs": _pairs,
    "order": _order,
    "costs": _costs,
    "lines": drawings_of_lines.describe_lines,
    "batches": drawings_of_batches.describe_batches,
    "coverage": drawings_of_batches.describe_coverage,
    "monitoring": drawings_of_batches.describe_monitoring,
}

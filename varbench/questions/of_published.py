"""The estimators of Bouthillier et al. 2021, from their published constants."""

from __future__ import annotations

from typing import Any

from varbench.report import Answer, Picture, Shown
from varbench.stats import published_estimators

_ESTIMATORS = {
    "estimator": "Estimator",
    "k": "k",
    "standard_error": "Standard error",
    "ideal_runs": "As good as ideal runs",
    "cost": "Trainings",
}


def answer_published(task: str, about: dict[str, Any]) -> Answer:
    """Answer how good cheap estimators of a mean score are, by the published constants of a task.

    Parameters
    ----------
    task : str
        As in :func:`varbench.stats.published_estimators`.
    about : dict
        Provenance.

    Returns
    -------
    Answer
        Standard errors over the number of runs.
    """
    found = published_estimators(task)
    table = found.frame()
    lines = table.rename(columns={"estimator": "series", "k": "x", "standard_error": "y"})[
        ["series", "x", "y"]
    ]
    last = table.groupby("estimator", sort=False).last()
    said = "; ".join(
        f"{name}: {row.standard_error:.4f}, as good as {row.ideal_runs:.1f} ideal runs"
        for name, row in last.iterrows()
    )
    return Answer(
        command="decompose",
        kicker=f"published: {task}",
        question="How good are cheap estimators of a mean score?",
        scope=f"In the task {task} of Bouthillier et al. 2021",
        headline="Runs that share one tuning level off: what the tuning brings does not average out.",
        sentences=(f"Standard error at the most runs: {said}.",),
        frames={"estimators": table, "lines": lines, "last": last.reset_index()},
        tables=(Shown("last", "At the most runs", _ESTIMATORS, (), 4),),
        pictures=(
            Picture(
                "lines",
                "lines",
                f"Standard error over k: {task}",
                said,
                found.source,
                {"xlabel": "k, runs", "ylabel": "standard error", "logx": True, "logy": True},
            ),
        ),
        citations=("Bouthillier et al. 2021, arXiv:2103.03098",),
        about=about,
    )

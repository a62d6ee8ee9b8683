"""Inflation: how much better a leaking procedure looks, and what of it is only prevalence."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from varbench.effects.comparing import Scored, labelled
from varbench.effects.scores import by_cohort, repeat_scores
from varbench.stats import Result, difference, oriented

if TYPE_CHECKING:
    import xarray as xr


class Inflation(NamedTuple):
    """Inflation and its two parts, which add up to it.

    Attributes
    ----------
    total : Result
        Incorrect minus correct.
    leakage : Result
        The same at the prevalence of the cohort.
    prevalence : Result
        What the changed prevalence of the test rows adds.
    """

    total: Result
    leakage: Result
    prevalence: Result


def inflation(
    cube: xr.Dataset, incorrect: str, correct: str, metric: str | None = None, *, pairing: str | None = None
) -> Inflation:
    """By how much does a leaking procedure look better than the clean one, and what of it is only prevalence?

    Parameters
    ----------
    cube : xarray.Dataset
        The cube.
    incorrect, correct : str
        Two of its procedures.
    metric : str, optional
        The primary one by default.
    pairing : {"exact", "group", "none"}, optional
        Of the test rows; found from the cube where it is not given.

    Returns
    -------
    Inflation
        ``total`` = ``leakage`` + ``prevalence``: the difference incorrect minus correct of the scores; the
        same with every test row weighted by 1 / its number of copies, which is the cohort's prevalence; and
        what the weights change. Over the repeats in which both runs are done. No p-value: a leaking score is
        invalid by construction, and no test makes it more so. A metric that cannot weigh rows has no parts.
    """
    scored = Scored.of_cube(cube, incorrect, correct, metric, pairing)
    metric, greater = scored.metric, scored.greater
    scores = [
        repeat_scores(cube, procedure, metric, variable)
        for variable in ("score", "score_weighted")
        for procedure in (incorrect, correct)
    ]
    scores = [*oriented(scores[0], scores[1], greater), *oriented(scores[2], scores[3], greater)]
    both = np.isfinite(np.sum(scores, axis=0))
    if not both.any():  # a metric that cannot weigh rows has a total, and no parts
        both = np.isfinite(scores[0] + scores[1])
    blank = [by_cohort(cube, np.where(both, values, np.nan))[0] for values in scores]
    parts = {
        "inflation": (blank[0], blank[1]),
        "inflation_leakage": (blank[2], blank[3]),
        "inflation_prevalence": (blank[0] - blank[2], blank[1] - blank[3]),
    }
    found = {
        name: labelled(difference(a, b, **scored.design("difference")), scored.labels, greater)
        for name, (a, b) in parts.items()
    }
    return Inflation(
        *(replace(part, method=name, statistic=None, pvalue=None) for name, part in found.items())
    )

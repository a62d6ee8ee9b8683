"""More than two procedures on one data set: every pair, with intervals and p-values that know of all pairs."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from varbench.effects import Scored, attribute, compare_scored, declared, floor_of, on_test_set, primary
from varbench.errors import InputError
from varbench.metrics import label_of
from varbench.questions.each_set import left_out
from varbench.questions.family import (
    answer_of_family,
    each_level,
    pairs_frame,
    pictures_of_family,
    shown_pairs,
    together,
)
from varbench.questions.pieces import concluded, counted, known_procedures, strips
from varbench.report import Answer, Picture
from varbench.stats import Result
from varbench.verdict import Facts, facts, of_family, row_of

if TYPE_CHECKING:
    import xarray as xr

    from varbench.questions.of_scores import Told


def several_on_one(told: Told, about: dict[str, Any]) -> Answer:
    """Answer which of more than two procedures is best on one data set, by their scores alone.

    Parameters
    ----------
    told : Told
        The table of these procedures alone, and what is said of it.
    about : dict
        Provenance.

    Returns
    -------
    Answer
        One verdict of all together.
    """
    from varbench.questions.of_scores import noise_of_one

    names, dataset = told.scores.methods, told.scores.datasets[0]
    lost = left_out(told.scores) if told.shares_runs else ()
    each = told.of(names, each_level(told.confidence_level, len(names) * (len(names) - 1) // 2))
    if told.shares_runs:
        each.scores = each.scores.in_shared_runs()
        if not len(each.scores.frame):
            raise InputError(
                f"{told.scores.name}: there is no run in which each of {', '.join(names)} has a score; compare fewer, "
                f"as procedures={list(names[:2])}, or say pairing='none' where runs of one name have nothing in "
                "common"
            )
    pairs = [each.scored(a, b, dataset) for a, b in itertools.combinations(names, 2)]
    every = [
        replace(told.facts(one.first, one.second, one, data=dataset), hints=(*lost, *told.hints(one, 1)))
        for one in pairs
    ]
    family = of_family(names, every)
    results = together(_of_pairs(pairs), told.confidence_level)
    known = np.concatenate([pairs[0].a.ravel(), pairs[0].b.ravel()])
    if told.n_cases is not None and np.isfinite(known).any():
        centre = float(known[np.isfinite(known)].mean())
        results += noise_of_one(
            centre, told.n_cases, told.positives, told.scores.metric, told.confidence_level
        )
    kicker = (
        f"{about.get('source', 'scores')}: {len(names)} procedures, {counted(family.n_repeats, family.over)}"
    )
    return _answer(family, results, _scores_of(pairs), kicker, about, lost)


def several_of_cube(cube: xr.Dataset, names: Sequence[str], about: dict[str, Any]) -> Answer:
    """Answer which of more than two procedures of a cube is best.

    Parameters
    ----------
    cube : xarray.Dataset
        From :func:`varbench.open_cube`.
    names : sequence of str
        More than two of its procedures.
    about : dict
        Provenance.

    Returns
    -------
    Answer
        One verdict of all together, over the runs in which each of them has a score.
    """
    names = known_procedures([str(name) for name in cube["procedure"].values], names)
    every = [facts(cube, a, b) for a, b in itertools.combinations(names, 2)]
    family, metric = of_family(names, every), primary(cube)
    shared = cube["score"].sel(procedure=list(names), metric=metric).notnull().all("procedure")
    level = float(declared(cube, "confidence_level", 0.95))
    each = each_level(level, len(every))
    inner = cube.assign(score=cube["score"].where(shared)).assign_attrs(
        confidence_level=each, overrides=_kept(cube)
    )
    pairs = [Scored.of_cube(inner, one.first, one.second, metric, one.pairing) for one in every]
    results = _of_pairs(pairs)
    if row_of(family) in (3, 4):
        results += [r for one in pairs for r in on_test_set(inner, one.first, one.second)]
    had = int(cube["score"].sel(procedure=list(names), metric=metric).notnull().sum())
    kept = int(shared.sum()) * len(names)
    gone = f"{had - kept:,} of {had:,} scores are of runs in which not each of these procedures has one"
    lost = (f"{gone}, and are left out.",) if had > kept else ()
    family = replace(family, hints=(*lost, *family.hints))
    kicker = f"{family.study or 'study'} on {family.data or 'its data'}: {len(names)} procedures, "
    kicker += counted(family.n_repeats, family.over)
    return _answer(family, together(results, level), _scores_of(pairs), kicker, about, lost)


def _kept(cube: xr.Dataset) -> str:
    """Give what was set after the runs, but for the level, which is that of each pair here."""
    import json

    return json.dumps(
        [one for one in attribute(cube, "overrides") or [] if one["name"] != "confidence_level"]
    )


def _of_pairs(pairs: Iterable[Scored]) -> list[Result]:
    """Compare every pair by every method, each interval at the level of one among all."""
    found = []
    for one in pairs:
        found += compare_scored(one)
        if not one.fresh and one.pairing == "exact" and one.a.size > 1 and one.ratio is not None:
            found.append(floor_of(one))
    return found


def _scores_of(pairs: Sequence[Scored]) -> dict[str, np.ndarray[Any, Any]]:
    """Give the mean score of each repeat of each procedure, in the metric's own units."""
    found: dict[str, np.ndarray[Any, Any]] = {}
    for one in pairs:
        sign = 1 if one.greater else -1
        for name, values in zip((one.first, one.second), one.means(), strict=True):
            found.setdefault(name, sign * values)
    return found


def _answer(
    family: Facts,
    results: Sequence[Result],
    scores: dict[str, np.ndarray[Any, Any]],
    kicker: str,
    about: dict[str, Any],
    lost: tuple[str, ...],
) -> Answer:
    conclusion = concluded(family, results)
    pairs = pairs_frame(conclusion)
    frames, pictures = pictures_of_family(conclusion, pairs)
    repeats: pd.DataFrame = strips(scores)
    label = label_of(family.metric)
    dots = Picture(
        "strips",
        "repeats",
        f"{label} over {family.over}",
        f"A dot for each of the {family.over}. {conclusion.verdict.headline}",
        f"A dot for each of the {family.over}; the bar is the mean.",
        {"xlabel": label},
    )
    return answer_of_family(
        conclusion,
        kicker,
        notices=lost,
        frames={**frames, "pairs": pairs, "repeats": repeats},
        tables=(shown_pairs(pairs),),
        pictures=(*pictures, dots),
        about=about,
    )

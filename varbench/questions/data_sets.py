"""Compare procedures over several data sets, of which each gives one number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from varbench.errors import InputError
from varbench.metrics import label_of
from varbench.questions.each_set import in_units, left_out, matrix_of, one_sided, within
from varbench.questions.family_sets import several_over_sets
from varbench.questions.pieces import concluded, known_procedures, pair_of, picture_of_wins
from varbench.questions.words import methods_paragraph, said_in
from varbench.report import Answer, Picture, Shown
from varbench.stats import (
    Labels,
    OverDataSets,
    Result,
    difference,
    mean_over_datasets,
    method_class,
    oriented,
    prob_outperform,
    replicability,
    signed_rank,
)
from varbench.verdict import Conclusion

if TYPE_CHECKING:
    from varbench.questions.of_scores import Told


def over_data_sets(told: Told, procedures: Sequence[str] | None, rng: int, about: dict[str, Any]) -> Answer:
    """Answer over several data sets: for two procedures a verdict, for more one of them all together.

    Parameters
    ----------
    told : Told
        The table, and what is said of it.
    procedures : sequence of str or None
        Those to compare; all by default.
    rng : int
        Unused by what is exact; kept in the provenance.
    about : dict
        Provenance.

    Returns
    -------
    Answer
        The data set is the unit.
    """
    names = tuple(procedures) if procedures is not None else told.scores.methods
    if len(names) < 2:
        pair_of(names, None)
    told = told.of(known_procedures(told.scores.methods, names))
    matrix = matrix_of(told)[list(names)]
    if len(names) == 2:
        return _two(told, matrix, about)
    return several_over_sets(told, matrix, about)


def _two(told: Told, matrix: pd.DataFrame, about: dict[str, Any]) -> Answer:
    first, second = (str(name) for name in matrix.columns)
    conclusion, frames = compared(told, matrix, first, second)
    said = conclusion.verdict
    more_frames, more_pictures = picture_of_wins(
        [r for r in conclusion.results if r.unit == "data set"], told.gamma
    )
    return Answer(
        command="compare",
        kicker=_kicker(told, matrix),
        question=f"Is {first} better than {second}, by {conclusion.facts.label}?",
        scope=said.scope,
        headline=said.headline,
        sentences=said.sentences,
        settle=said.settle,
        notices=said_in(said.notes),
        verdicts=(conclusion,),
        frames={**frames, **more_frames},
        tables=(_by_set_table(first, second),),
        pictures=(_forest(told, first, second, frames["intervals"]), *more_pictures),
        methods=methods_paragraph(conclusion, _metric(told)),
        about=about,
    )


def _metric(told: Told) -> str:
    return (
        f"{label_of(told.scores.metric)} ({'higher' if told.scores.greater_is_better else 'lower'} is better)"
    )


def _kicker(told: Told, matrix: pd.DataFrame) -> str:
    return f"{told.scores.name}: {matrix.shape[1]} procedures on {matrix.shape[0]} data sets"


def compared(
    told: Told, matrix: pd.DataFrame, first: str, second: str
) -> tuple[Conclusion, dict[str, pd.DataFrame]]:
    """Compare two procedures over data sets.

    Parameters
    ----------
    told : Told
        The table, and what is said of it.
    matrix : DataFrame, (data set, procedure)
        Mean scores.
    first, second : str
        Two of its columns.

    Returns
    -------
    conclusion : Conclusion
        Facts, results, verdict.
    frames : dict of str to DataFrame
        ``sets`` (a row a data set) and ``intervals`` (the forest plot).
    """
    both = matrix[[first, second]].dropna()
    dropped = len(matrix) - len(both)
    if len(both) < 2:
        raise InputError(
            f"{first} and {second} have scores together{' in shared runs' if told.shares_runs else ''} on {len(both)} "
            f"data set(s); at least two are needed"
            + (" (pairing='none' where runs of one name have nothing in common)" if told.shares_runs else "")
        )
    greater = told.scores.greater_is_better
    a, b = oriented(both[first], both[second], greater)
    k = len(both)
    sets: Labels = {
        "unit": "data set",
        "pairing": "exact",
        "estimand": "E4",
        "confidence_level": told.confidence_level,
    }
    of_mean: Labels = {
        **sets,
        "validity": method_class("mean_over_datasets", design="data sets", n=k).validity,
    }
    of_ranks: Labels = {**sets, "validity": method_class("signed_rank", design="data sets", n=k).validity}
    over = mean_over_datasets(a, b, names=both.index, **of_mean)
    results = [
        difference(a, b, **sets),
        prob_outperform(a, b, gamma=told.gamma, **sets),
        signed_rank(a, b, **of_ranks),
        over.result,
    ]
    per_set = within(told, [str(name) for name in both.index], first, second)
    results += _counts(told, per_set, first, second)
    labels = {"metric": told.scores.metric, "first": first, "second": second, "greater_is_better": greater}
    results = [replace(r, settings={**in_units(r.settings, greater), **labels}) for r in results]
    lost = (f"{dropped} of {len(matrix)} data sets lack one of the two and are left out.",) if dropped else ()
    facts = told.facts(first, second, None, n_data_sets=k, data=f"{k} data sets")
    unshared = left_out(told.scores) if told.shares_runs else ()
    facts = replace(facts, hints=(*lost, *unshared, *facts.hints))
    conclusion = concluded(facts, results)
    return conclusion, {"sets": _by_set(both, per_set), "intervals": _forest_frame(over, per_set)}


def _counts(told: Told, per_set: dict[str, Result], first: str, second: str) -> list[Result]:
    """Bound from below on how many data sets either is ahead; each direction at half the error rate."""
    if len(per_set) < 2:
        return []
    validity = (
        "approximate" if all(r.validity in ("exact", "approximate") for r in per_set.values()) else "failing"
    )
    if any(r.validity == "unknown" for r in per_set.values()):
        validity = "unknown"
    found = []
    for name, sign in ((first, 1), (second, -1)):
        pvalues = [one_sided(r, sign) for r in per_set.values()]
        result = replicability(
            pvalues,
            names=list(per_set),
            validity=validity,
            confidence_level=1 - (1 - told.confidence_level) / 2,
        )
        found.append(replace(result, settings={**result.settings, "procedure": name}))
    return found


def _by_set(both: pd.DataFrame, per_set: dict[str, Result]) -> pd.DataFrame:
    first, second = both.columns
    frame = pd.DataFrame(
        {
            "dataset": [str(name) for name in both.index],
            "first": both[first].to_numpy(),
            "second": both[second].to_numpy(),
        }
    )
    frame["difference"] = frame["first"] - frame["second"]
    for column in ("ci_low", "ci_high", "pvalue"):
        frame[column] = [getattr(per_set.get(name), column, np.nan) for name in frame["dataset"]]
    return frame.astype({"ci_low": float, "ci_high": float, "pvalue": float})


def _by_set_table(first: str, second: str) -> Shown:
    columns = {"dataset": "Data set", "first": first, "second": second, "difference": "First minus second"}
    return Shown(
        "sets", "Data set by data set", columns, ("One mean a data set, in the metric’s own units.",)
    )


def _forest_frame(over: OverDataSets, per_set: dict[str, Result]) -> pd.DataFrame:
    """Give the rows of the forest plot, the largest difference first; then the mean, and where one more set may lie."""
    frame = over.frame()
    items = frame[frame["kind"] == "item"].sort_values("estimate", ascending=False, kind="stable")
    for column, place in (("ci_low", 0), ("ci_high", 1)):
        bounds = {name: (found.interval or (np.nan, np.nan))[place] for name, found in per_set.items()}
        items[column] = [bounds.get(name, np.nan) for name in items["label"]]
    rest = frame[frame["kind"] != "item"].dropna()
    words = {"mean": f"mean of {over.result.n}", "prediction": "one more data set"}
    return pd.concat([items, rest.assign(label=rest["kind"].map(words))], ignore_index=True)


def _forest(told: Told, first: str, second: str, frame: pd.DataFrame) -> Picture:
    label = label_of(told.scores.metric)
    ahead = int((frame.loc[frame["kind"] == "item", "estimate"] > 0).sum())
    n = int((frame["kind"] == "item").sum())
    return Picture(
        "intervals",
        "intervals",
        f"{first} minus {second}, data set by data set",
        f"Differences of {label}: {first} is ahead on {ahead} of {n} data sets.",
        (
            f"Right of 0, {first} is better. The mean has its interval; the last line is where one more data "
            "set would lie."
        ),
        {"xlabel": f"difference of {label}", "reference": 0.0, "margin": told.margin},
    )

"""Compare procedures over several data sets, of which each gives one number."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from varbench.effects import compare_scored
from varbench.errors import InputError
from varbench.questions.pieces import concluded, label_of, pair_of, picture_of_wins
from varbench.questions.words import methods_paragraph, said_in
from varbench.report import Answer, Picture, Shown
from varbench.stats import (
    Labels,
    OverDataSets,
    RankTable,
    Result,
    difference,
    friedman,
    mean_over_datasets,
    method_class,
    nemenyi,
    oriented,
    prob_outperform,
    replicability,
    signed_rank,
    wilcoxon_holm,
)
from varbench.verdict import MIN_DATA_SETS, Conclusion

if TYPE_CHECKING:
    from varbench.questions.of_scores import Told


def over_data_sets(told: Told, procedures: Sequence[str] | None, rng: int, about: dict[str, Any]) -> Answer:
    """Answer over several data sets: for two procedures a verdict, for more their ranks, and a verdict of the best two.

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
    matrix = told.scores.matrix()
    unknown_names = [name for name in names if name not in matrix.columns]
    if unknown_names:
        pair_of(told.scores.methods, [*unknown_names, names[0]])
    matrix = matrix[list(names)]
    if len(names) == 2:
        return _two(told, matrix, about)
    return _several(told, matrix, about)


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
            f"{first} and {second} have scores together on {len(both)} data set(s); at least two are needed"
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
    per_set = _within(told, [str(name) for name in both.index], first, second)
    results += _counts(told, per_set, first, second)
    labels = {"metric": told.scores.metric, "first": first, "second": second, "greater_is_better": greater}
    results = [replace(r, settings={**_in_units(r.settings, greater), **labels}) for r in results]
    lost = (f"{dropped} of {len(matrix)} data sets lack one of the two and are left out.",) if dropped else ()
    facts = told.facts(first, second, None, n_data_sets=k, data=f"{k} data sets")
    facts = replace(facts, hints=(*lost, *facts.hints))
    conclusion = concluded(facts, results)
    return conclusion, {"sets": _by_set(both, per_set), "intervals": _forest_frame(over, per_set)}


def _in_units(settings: Any, greater: bool) -> dict[str, Any]:
    """Turn the means beside a difference back to the metric's own units."""
    found = dict(settings)
    for name in ("mean_first", "mean_second"):
        if not greater and found.get(name) is not None:
            found[name] = -found[name]
    return found


def _within(told: Told, sets: Sequence[str], first: str, second: str) -> dict[str, Result]:
    """Test within each data set, where its folds are pairs of a re-split cohort and their sizes are known."""
    found: dict[str, Result] = {}
    if "split" not in (told.vary or ()):
        return found
    for name in sets:
        results = compare_scored(told.scored(first, second, name))
        corrected = next(
            (r for r in results if r.method == "corrected_resampled_t" and r.pvalue is not None), None
        )
        if corrected is not None:
            found[name] = corrected
    return found


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
        pvalues = [_one_sided(r, sign) for r in per_set.values()]
        result = replicability(
            pvalues,
            names=list(per_set),
            validity=validity,
            confidence_level=1 - (1 - told.confidence_level) / 2,
        )
        found.append(replace(result, settings={**result.settings, "procedure": name}))
    return found


def _one_sided(result: Result, sign: int) -> float:
    two = 1.0 if result.pvalue is None else result.pvalue
    ahead = sign * (result.estimate or 0.0) > 0
    return two / 2 if ahead else 1 - two / 2


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


def _several(told: Told, matrix: pd.DataFrame, about: dict[str, Any]) -> Answer:
    greater, label = told.scores.greater_is_better, label_of(told.scores.metric)
    scores, names = (matrix if greater else -matrix).to_numpy(), [str(name) for name in matrix.columns]
    labels: Labels = {"confidence_level": told.confidence_level}
    ranked = wilcoxon_holm(scores, names=names, **labels)
    by_ranks = nemenyi(scores, names=names, **labels)
    best, runner_up = ranked.names[0], ranked.names[1]
    conclusion, frames = compared(told, matrix, best, runner_up)
    holes = int(matrix.isna().to_numpy().any(axis=1).sum())
    k = len(matrix) - holes
    alpha = 1 - told.confidence_level
    alike = [name for place, name in enumerate(ranked.names) if place and ranked.pvalues[0, place] >= alpha]
    headline = _headline(best, alike, k, len(names))
    frames |= {
        "ranks": ranked.frame(),
        "pairs": ranked.pairs(),
        "critical_difference": ranked.frame()[["method", "rank"]],
        "pvalues": _square(ranked.names, ranked.pvalues),
    }
    sentences = (
        _mean_ranks(ranked, k),
        f"Best against second: {conclusion.verdict.sentences[0]}" if conclusion.verdict.sentences else "",
    )
    lost = f"{holes} of {len(matrix)} data sets lack a score of some procedure and are left out of the ranks."
    return Answer(
        command="compare",
        kicker=_kicker(told, matrix),
        question=f"Which of {len(names)} procedures is best, by {label}?",
        scope="Over data sets like these" if k >= MIN_DATA_SETS else f"Over these {k} data sets",
        headline=headline,
        sentences=tuple(s for s in sentences if s),
        settle=conclusion.verdict.settle,
        notices=(
            *((lost,) if holes else ()),
            f"{best} and {runner_up} were chosen by their ranks: the interval of their difference does not know that.",
        ),
        verdicts=(conclusion,),
        results=(friedman(scores, names=names, **labels), ranked.overall, *ranked.results),
        frames=frames,
        tables=_TABLES,
        pictures=_pictures(headline, ranked, by_ranks.critical_difference),
        methods=(
            f"{len(names)} procedures were compared over {k} data sets by their mean {label} on each, "
            "with the tests of Friedman and "
            "of Iman and Davenport, then all pairs by the signed-rank test with Holm’s adjustment (Demšar 2006)."
        ),
        about=about,
    )


_TABLES = (
    Shown(
        "ranks",
        "Mean ranks and mean scores",
        {"method": "Procedure", "rank": "Mean rank", "score": "Mean score"},
        digits=3,
    ),
    Shown(
        "pairs",
        "All pairs, signed-rank tests adjusted by Holm",
        {"first": "First", "second": "Second", "estimate": "Difference", "pvalue": "p, adjusted"},
        digits=4,
    ),
)


def _pictures(headline: str, ranked: RankTable, critical: float | None) -> tuple[Picture, ...]:
    """Draw the mean ranks, with what is not told apart, and all p-values."""
    beside = f"; Nemenyi’s critical difference would be {critical:.2f}." if critical else "."
    caption = f"Bars join procedures that signed-rank tests with Holm’s adjustment do not tell apart{beside}"
    groups = [list(group) for group in ranked.groups]
    told = f"Critical difference diagram; {headline}"
    kind = "critical_difference"
    all_pairs, tests = "Adjusted p-values of all pairs.", "Signed-rank tests over data sets, Holm."
    return (
        Picture(kind, kind, "Mean ranks", told, caption, {"cd": None, "groups": groups}),
        Picture("heat", "pvalues", "Adjusted p-values", all_pairs, tests, {}),
    )


def _mean_ranks(ranked: RankTable, k: int) -> str:
    first = [f"{n} {r:.2f}" for n, r in list(zip(ranked.names, ranked.ranks, strict=True))[:5]]
    more = f" ... {ranked.names[-1]} {ranked.ranks[-1]:.2f}" if len(ranked.names) > 5 else ""
    return f"Mean ranks over {k} data sets: {', '.join(first)}{more}."


def _headline(best: str, alike: Sequence[str], k: int, n: int) -> str:
    if not alike:
        return f"{best} is ahead of each of the other {n - 1} procedures (signed-rank tests over {k} data sets, Holm)."
    shown = ", ".join(alike[:4]) + (f" and {len(alike) - 4} more" if len(alike) > 4 else "")
    return (
        f"{best} has the best mean rank; not told apart from it: {shown} (signed-rank tests over {k} "
        "data sets, Holm)."
    )


def _square(names: Sequence[str], pvalues: np.ndarray[Any, Any]) -> pd.DataFrame:
    rows = [
        {"row": a, "column": b, "value": float(pvalues[i, j])}
        for (i, a), (j, b) in itertools.product(enumerate(names), repeat=2)
    ]
    return pd.DataFrame(rows)

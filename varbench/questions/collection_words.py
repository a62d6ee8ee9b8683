"""The sentences about pitfalls over several data sets."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from varbench.questions.foreseeing import BEFORE
from varbench.stats import OverDataSets, Result
from varbench.stats.across import FEWEST
from varbench.verdict.evidence import pvalue
from varbench.verdict.words import as_difference, as_interval, as_number

#: So many data sets are named in a sentence.
_NAMED = 6


@dataclass(frozen=True)
class Pitfall:
    """One pair of procedures over several data sets.

    Parameters
    ----------
    title : str
        What the pair is about.
    pair : (str, str)
        The procedure with the pitfall, and the same without.
    sets : DataFrame
        From :func:`varbench.effects.by_data_set`, with ``size_key``, a key of :data:`~varbench.verdict.SIZES`; the
        largest inflation first.
    over : OverDataSets
        The mean, and one more data set.
    moderated : DataFrame
        From :func:`varbench.effects.moderation`.
    """

    title: str
    pair: tuple[str, str]
    sets: pd.DataFrame
    over: OverDataSets
    moderated: pd.DataFrame

    @property
    def units(self) -> int:
        """How many data sets there are, those that share patients counted once."""
        return self.over.result.n

    def of_size(self, *sizes: str) -> list[str]:
        """Name the data sets on which it has this size, the largest inflation first."""
        return list(self.sets.loc[self.sets["size_key"].isin(sizes), "dataset"])


def headline_of(found: list[Pitfall], label: str, margin: float | None) -> str:
    """Say of each pitfall what it adds on average, or on how many data sets, and on how many it matters."""
    parts = []
    for one in found:
        result = one.over.result
        if one.units >= FEWEST and result.interval is not None:
            amount = f"{_changes(result.interval)} the {label} by {_size(result)} on average"
        else:
            ahead, n = int((one.sets["inflation"] > 0).sum()), len(one.sets)
            amount = f"raises the {label} on {ahead} of {n}"
        parts.append(f"{one.title} {amount}{_mattering(one, margin)}")
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def _changes(interval: tuple[float, float]) -> str:
    """Say which way a mean goes, where its interval is on one side of nothing."""
    low, high = interval
    return "raises" if low > 0 else "lowers" if high < 0 else "changes"


def _size(result: Result) -> str:
    """Write a mean with its interval; one whose direction is said without a sign."""
    estimate, (low, high) = result.estimate or 0.0, result.interval or (0.0, 0.0)
    if low <= 0 <= high:
        return f"{as_difference(estimate)} {as_interval(low, high)}"
    inner, outer = sorted((abs(low), abs(high)))
    return f"{as_number(abs(estimate))} {as_interval(inner, outer)}"


def _mattering(one: Pitfall, margin: float | None) -> str:
    if margin is None:
        return ""
    return f", and matters on {len(one.of_size('matters'))} of {len(one.sets)}"


def sentence_of(one: Pitfall, label: str, margin: float | None) -> str:
    """Say of one pitfall from where to where it goes, where one more data set would lie, and with what it goes."""
    top, low = one.sets.iloc[0], one.sets.iloc[-1]
    there = f"{as_difference(top.inflation)} {label} ({top.dataset})"
    if len(one.sets) > 1:
        least = f"{as_difference(low.inflation)} ({low.dataset})"
        there = f"from {least} to {as_difference(top.inflation)} ({top.dataset}) {label}"
    told = [f"{one.title[0].upper()}{one.title[1:]}: {there}."]
    if one.units >= FEWEST and one.over.prediction is not None:
        told.append(f"On one more data set like these it would add {as_interval(*one.over.prediction)}.")
    if margin is not None:
        told.append(_where(one, margin, label))
    for row in one.moderated.to_dict("records"):
        slope = f"{as_difference(row['slope'], 3)} {as_interval(row['ci_low'], row['ci_high'], 3)}"
        told.append(
            f"With {row['step']} it changes by {slope} ({pvalue(row['p_adjusted'])}, adjusted for both)."
        )
    return " ".join(told)


def foresight(known: pd.DataFrame) -> list[str]:
    """Say whether what was known before any training goes with what the pitfalls add."""
    told = []
    for title, rows in known.groupby("pitfall", sort=False):
        before = rows[rows["when"] == BEFORE]
        if before.empty:
            continue
        best, sure = before.iloc[0], before[before["p_adjusted"] <= 0.05]
        counted = f"{len(sure) or 'none'} of {len(before)} numbers"
        which = f"Before any training, {counted} of an audit {_go(len(sure))} with what {title} adds"
        closest = (
            f"closest: {best['what']}, rank correlation {as_difference(best['correlation'])} "
            f"{as_interval(best['ci_low'], best['ci_high'])}, {pvalue(best['p_adjusted'])} adjusted for all of them"
        )
        told.append(f"{which}; {closest}.")
    return told or ["There are too few data sets to tell whether an audit foresees what a pitfall adds."]


def _go(count: int) -> str:
    return "goes" if count == 1 else "go"


def _where(one: Pitfall, margin: float, label: str) -> str:
    groups = {
        f"within {margin:g} {label}, so that it does not matter there": one.of_size("negligible"),
        "lower with it than without": one.of_size("lowers", "lowers_unsettled"),
        "higher with it, by an amount that these repeats do not settle": one.of_size("size_unsettled"),
        "not told from nothing by these repeats": one.of_size("not_told"),
    }
    texts = [f"{_listed(names)}: {words}" for words, names in groups.items() if names]
    if not texts:
        return f"It matters on all of them: more than {margin:g} {label}."
    return f"It matters on {len(one.of_size('matters'))} of {len(one.sets)}. " + "; ".join(texts) + "."


def _listed(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def settle(found: list[Pitfall]) -> str:
    """Say what would settle more than these data sets do."""
    if found[0].units < FEWEST:
        return (
            f"At least {FEWEST} data sets that share no patients: below that no test over data sets can reject at "
            "0.05, and only counts are given."
        )
    return (
        "More data sets narrow the mean and its moderators; more repeats narrow what is said of each data set. "
        "Neither narrows where one more data set would lie."
    )

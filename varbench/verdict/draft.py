"""What one row of the table of verdicts says, and the sentences that several rows share."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from varbench.stats import Result
from varbench.verdict.design import Facts
from varbench.verdict.evidence import Evidence, with_interval
from varbench.verdict.rungs import rung_words
from varbench.verdict.words import as_difference, as_interval, as_number, decimals_for


@dataclass(frozen=True)
class Draft:
    """What one row says; the parts of a verdict that differ from row to row."""

    scope: str
    headline: str
    sentences: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()
    greyed: dict[str, str] = field(default_factory=dict)
    settle: str = ""
    rung: str = ""
    winner: str = ""
    unit: str = ""


def where_of(facts: Facts) -> str:
    """Say where a verdict on a leak holds: on a cohort, or in the population whose cohorts were drawn."""
    if facts.cohort_varied:
        return "In this simulated population" if facts.simulated else "For patients like these"
    return "On this simulated cohort" if facts.simulated else "On this cohort"


def winner_of(facts: Facts, found: Result, rung: str) -> str:
    """Give the procedure that a rung says is ahead; empty where it says none."""
    if rung in ("equivalent", "not_shown") or found.estimate is None:
        return ""
    return facts.first if found.estimate > 0 else facts.second


def headline_of(facts: Facts, rung: str, winner: str, validity: str = "exact") -> str:
    """Put a rung into a sentence; a method that is only approximate *indicates*."""
    if rung == "equivalent":
        surely = "" if validity == "exact" else " (indicated)"
        margin = f"within {facts.margin:g} {facts.measure}"
        return f"{facts.first} and {facts.second} are equivalent {margin}{surely}."
    if rung == "not_shown":
        return f"Not shown: a difference between {facts.first} and {facts.second}."
    loser = facts.second if winner == facts.first else facts.first
    margin = "" if facts.margin is None else f" (margin {facts.margin:g} {facts.measure})"
    return f"{winner} is ahead of {loser}: {rung_words(rung, validity)}{margin}."


def explained(result: Result | None) -> tuple[str, ...]:
    """Give a result's notes as sentences."""
    return () if result is None else result.explain()


def difference_of(facts: Facts, found: Result, about: str, beside: str = "") -> str:
    """Write both means, the difference and its interval; what is said beside it ends the sentence."""
    settings = [
        found.settings.get(f"{what}_{place}") for what in ("mean", "sd") for place in ("first", "second")
    ]
    numbers = [None if value is None else as_number(value) for value in settings]
    text = "Difference"
    if numbers[0] is not None and numbers[1] is not None:
        spread = ""
        if numbers[2] is not None and numbers[3] is not None:
            spread = f" (SD over {facts.over} {numbers[2]} and {numbers[3]})"
        text = f"{facts.label}: {facts.first} {numbers[0]}, {facts.second} {numbers[1]}{spread}; difference"
    better = "" if facts.greater_is_better else f", positive where {facts.first} is better,"
    if found.interval is None or found.estimate is None:
        return f"{text}{better} {with_interval(found)}; no interval."
    decimals = decimals_for(*found.interval)
    if facts.margin:  # a bound must not be rounded onto the margin
        decimals = max(decimals, decimals_for(0, facts.margin) + 1)
    level = f"{100 * facts.confidence_level:g} % interval {about}"
    bounds = as_interval(*found.interval, decimals)
    return f"{text}{better} {as_difference(found.estimate, decimals)}, {level} {bounds}{beside}."


def with_means(found: Result, evidence: Evidence) -> Result:
    """Put the means and SDs of the plain difference beside a result: a test on folds has those of the folds."""
    over = evidence.get("difference")
    beside = {} if over is None else over.settings
    kept = {f"{what}_{place}" for what in ("mean", "sd") for place in ("first", "second")} & beside.keys()
    return replace(found, settings={**found.settings, **{name: beside[name] for name in sorted(kept)}})


def wins_of(facts: Facts, evidence: Evidence) -> str | None:
    """Tell in how many repeats the first was ahead."""
    found = evidence.get("prob_outperform")
    if found is None or not found.n:
        return None
    ties = found.settings.get("ties", 0)
    tied = f" ({ties} tied)" if ties else ""
    return (
        f"{facts.first} was ahead in {found.settings['wins']} of {found.n:,} {facts.over}{tied}: "
        f"P({facts.first} > {facts.second}) = {with_interval(found)}; gamma is {facts.gamma:g}."
    )

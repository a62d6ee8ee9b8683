"""Rows 6 and 7: one cohort, whose repeats share their patients."""

from __future__ import annotations

from varbench.stats import Result
from varbench.verdict.design import Facts
from varbench.verdict.draft import Draft, difference_of, explained, headline_of, winner_of, with_means
from varbench.verdict.evidence import Evidence, pvalue, with_interval
from varbench.verdict.rungs import POWER, ladder, units_needed
from varbench.verdict.words import as_about, as_number, decimals_for

#: A method whose error rate was measured above this is not evidence for a population.
RECOMMENDED_RATE = 0.10
#: What would speak of other patients from one cohort, where its error rate allows.
FOR_PATIENTS = ("corrected_resampled_t", "patient_bootstrap")


def approximate(facts: Facts, evidence: Evidence) -> Draft | None:
    """Row 6: one cohort re-split, the same test rows, a method whose error rate was measured and is low enough."""
    found = evidence.get("corrected_resampled_t")
    if found is None or found.interval is None or found.validity not in ("exact", "approximate"):
        return None
    rung = ladder(*found.interval, facts.margin)
    ahead = winner_of(facts, found, rung)
    about = f"for new cohorts of this size (corrected resampled t, {found.validity})"
    sentences = (
        difference_of(facts, with_means(found, evidence), about),
        _won(facts, evidence),
        _would_print(facts, evidence),
    )
    # However well its rate was measured in designs like this, it is a measured rate and no guarantee: it indicates.
    text = headline_of(facts, rung, ahead, "approximate")
    leader = _leader(evidence, facts)
    if rung == "not_shown" and leader:
        text = f"Not shown for patients like these; {leader} is ahead on this cohort."
    return Draft(
        scope="For patients like these", headline=text, sentences=tuple(s for s in sentences if s),
        counted=("corrected_resampled_t",), greyed=_greyed(evidence, "prob_outperform"),
        settle=_more_patients(facts, evidence), rung=rung, winner=ahead, unit="fold",
    )  # fmt: skip


def _leader(evidence: Evidence, facts: Facts) -> str:
    found = evidence.get("prob_outperform")
    if found is None or not found.n or found.settings["wins"] == found.settings["losses"]:
        return ""
    return facts.first if found.settings["wins"] > found.settings["losses"] else facts.second


def _won(facts: Facts, evidence: Evidence) -> str | None:
    found, leader = evidence.get("prob_outperform"), _leader(evidence, facts)
    if found is None or not leader:
        return None
    won = found.settings["wins" if leader == facts.first else "losses"]
    tied = f" ({found.settings['ties']} tied)" if found.settings["ties"] else ""
    return f"On this cohort {leader} won {won} of {found.n:,} {facts.over}{tied}."


def cautious(facts: Facts, evidence: Evidence) -> Draft:
    """Row 7: one cohort; whether anything holds for other patients cannot be told."""
    found = evidence.get("difference")
    scope = "On this simulated cohort" if facts.simulated else "On this cohort"
    scope += " only" if facts.re_split or facts.cohort_varied else " and split only"
    if found is not None and found.estimate is not None:
        sentences: tuple[str, ...] = (
            difference_of(
                facts, found, f"for the average over {facts.over} of this cohort, not for other patients"
            ),
        )
    else:
        sentences = explained(found)
    more = (_superiority(facts, evidence), _would_print(facts, evidence))
    return Draft(
        scope=scope,
        headline=_ahead(facts, evidence),
        sentences=sentences + tuple(text for text in more if text),
        counted=evidence.has("difference", "a12", "cliffs_delta", "prob_outperform"),
        greyed=_greyed(evidence),
        settle=_more_patients(facts, evidence),
        unit=facts.over.removesuffix("s"),
    )


def _ahead(facts: Facts, evidence: Evidence) -> str:
    found = evidence.get("prob_outperform")
    cannot = "whether it holds for other patients cannot be told."
    if found is None:
        return f"{_on_average(facts, evidence)}; {cannot}"
    if not found.n:
        return f"There is no repeat in which both {facts.first} and {facts.second} have a score."
    wins, losses, ties = (found.settings[name] for name in ("wins", "losses", "ties"))
    tied = f" ({ties} tied)" if ties else ""
    among = f"of {found.n:,} {facts.over}" if found.n > 1 else "the one repeat"
    if wins == losses == 0:
        return f"Neither was ahead in {f'any {among}' if found.n > 1 else among}: all are ties; {cannot}"
    if wins == losses:
        return f"Neither was ahead more often ({wins} {among} each{tied}); {cannot}"
    leader, won = (facts.first, wins) if wins > losses else (facts.second, losses)
    return f"{leader} was ahead in {f'{won} {among}' if found.n > 1 else among}{tied}; {cannot}"


def _on_average(facts: Facts, evidence: Evidence) -> str:
    """Tell which is ahead where nothing says which scores belong together."""
    found = evidence.get("difference")
    if found is None or not found.estimate:
        return f"Neither {facts.first} nor {facts.second} is ahead on average"
    return f"{facts.first if found.estimate > 0 else facts.second} is ahead on average"


def _superiority(facts: Facts, evidence: Evidence) -> str | None:
    found = evidence.get("a12")
    if found is None or found.estimate is None:
        return None
    return (
        f"A run of {facts.first} scores {'higher' if facts.greater_is_better else 'better'} than a run of "
        f"{facts.second} with probability {with_interval(found)} (A12, on this cohort)."
    )


def _would_print(facts: Facts, evidence: Evidence) -> str | None:
    for name, title in (("signed_rank", "signed-rank"), ("rank_sum", "rank-sum")):
        found = evidence.get(name)
        if found is not None and found.pvalue is not None and not facts.cohort_varied:
            rate, _, elsewhere = str(found.settings.get("measured_error_rate") or "most").partition(" (")
            # Of a design that was not measured, the rate is that of the one which was.
            of = f"of cohorts in a measured design ({elsewhere}" if elsewhere else "of cohorts like this one"
            return (
                f"A {title} test over the {found.n:,} {_scores(found, facts)} would print {pvalue(found.pvalue)}; "
                f"under a true null it rejects on {rate} {of} (nominal 0.05)."
                if found.pvalue < 1 - facts.confidence_level and facts.re_split
                else f"A {title} test over the {found.n:,} {_scores(found, facts)} prints {pvalue(found.pvalue)}; "
                "it cannot speak of other patients."
            )
    return None


def _scores(found: Result, facts: Facts) -> str:
    return facts.over if found.unit == "repeat" else f"{found.unit}s"


def _greyed(evidence: Evidence, *more: str) -> dict[str, str]:
    """Give the methods that would claim more than one cohort can show, with the reason."""
    reasons = {}
    for name in ("rank_sum", "signed_rank", *FOR_PATIENTS, *more):
        found = evidence.get(name)
        if found is None or (name in FOR_PATIENTS and found.validity in ("exact", "approximate")):
            continue
        if "not_paired" in found.notes:
            reasons[name] = "the procedures were not tested on the same rows"
            continue
        rate = found.settings.get("measured_error_rate")
        if name in FOR_PATIENTS:
            known = f"was {rate}, above {RECOMMENDED_RATE:.2f}" if rate else "has not been measured"
            reasons[name] = (
                f"its error rate for other patients, at a nominal 0.05 in a design like this, {known}"
            )
            continue
        measured = (
            f": over re-splits its error rate for other patients was {rate}, for a nominal 0.05"
            if rate and evidence.facts.re_split
            else ""
        )
        reasons[name] = f"repeats on one cohort share their patients{measured}"
    return reasons


def _more_patients(facts: Facts, evidence: Evidence) -> str:
    if facts.n_repeats <= 1:
        return "First more repeats, with the split drawn anew; then more patients, or at least six independent cohorts."
    found, floor = evidence.get("difference"), evidence.get("resample_floor")
    cannot = f"More {facts.over} cannot help: they share their patients"
    if floor is None or floor.estimate is None or found is None or not found.estimate or not facts.n_units:
        why = (
            ""
            if facts.pairing == "exact"
            else " How many is not known: the procedures had different test rows."
        )
        return f"{cannot}. More patients, or at least six independent cohorts, could settle it.{why}"
    half = float(floor.settings["half_width"])
    needed = units_needed(facts.n_units, half, found.estimate, facts.confidence_level)
    # A difference far beyond the half-width asks for fewer patients than there are: then there is nothing to plan.
    many = (
        f"{as_about(needed)} {facts.units}"
        if needed > facts.n_units
        else f"as many {facts.units} of another cohort"
    )
    assumed = (
        f"power {POWER:.2f}, if the half-width falls as one over the root of the number of {facts.units}"
    )
    return (
        f"{cannot}, and the half-width of an interval for new cohorts of this size stays above "
        f"{as_number(floor.estimate, decimals_for(0, floor.estimate))}. {many[:1].upper()}{many[1:]} ({assumed}), "
        "or at least six independent cohorts, could settle it."
    )

"""The table of verdicts: which row fits a design, and the words of the rows that are built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from varbench.stats import Result
from varbench.verdict.design import Facts
from varbench.verdict.evidence import (
    Evidence,
    causes,
    inflated,
    parts,
    pvalue,
    score_of_itself,
    with_interval,
)
from varbench.verdict.rungs import POWER, RUNGS, ladder, units_needed
from varbench.verdict.words import as_about, as_count, as_difference, as_interval, as_number, decimals_for

#: From this many seeds on one fixed test set, and from this many data sets, there are rows of their own.
MIN_SEEDS, MIN_DATA_SETS = 5, 6


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


def row_of(facts: Facts) -> int:
    """Which row of the table fits a design? The first one that does.

    Parameters
    ----------
    facts : Facts
        The facts; no score is among them.

    Returns
    -------
    int
        From 1 to 9; row 10 is added to any.
    """
    one_run = facts.n_repeats <= 1
    if facts.leaking:
        return 1
    if facts.n_data_sets > 1:
        return 9 if facts.n_data_sets >= MIN_DATA_SETS else 8
    if one_run and not facts.predictions:
        return 2
    exact = facts.pairing == "exact"
    if one_run and facts.n_folds == 1 and exact:
        return 3
    fixed_test = facts.n_folds == 1 and not facts.re_split and not facts.cohort_varied
    if fixed_test and exact and facts.n_repeats >= MIN_SEEDS:
        return 4
    if facts.cohort_varied and not one_run:
        return 5
    return 6 if facts.re_split and exact else 7


def invalid(facts: Facts, evidence: Evidence) -> Draft:
    """Row 1: a procedure leaks, so its score is invalid by construction."""
    bad = facts.leaking
    clean = [name for name in (facts.first, facts.second) if name not in bad]
    what = f"the score of {bad[0]} is invalid" if clean else "neither score is valid"
    sentences = [score_of_itself(evidence, name) for name in (*bad, *clean)]
    found = evidence.get("difference")
    if (
        not clean
        and not any(sentences)
        and found is not None
        and found.settings.get("mean_first") is not None
    ):
        both = [as_number(found.settings[f"mean_{place}"]) for place in ("first", "second")]
        sentences.append(
            f"{facts.first} gave {facts.label} {both[0]}, {facts.second} {both[1]}: neither can be used."
        )
    if clean:
        sentences.append(_looks(facts, evidence, bad[0], clean[0]))
    why = [cause for name in bad for cause in causes(facts, name)]
    sentences.append(f"Cause: {'; '.join(why)}.")
    if clean:
        sentences += [inflated(evidence, metric) for metric in evidence.other_metrics()]
    cures = dict.fromkeys(leak.cure for name in bad for leak in facts.learning(name))
    cures |= dict.fromkeys(
        leak.cure for name in bad for leak in facts.leaks.get(name) or () if leak.kind == "estimate"
    )
    advice = "".join(f" {cure[:1].upper()}{cure[1:]}." for cure in cures if cure)
    reason = "a leaking score is invalid by construction: no significance makes it more so, and none less"
    return Draft(
        scope=_where(facts),
        headline=f"Not a gain: {what}.",
        sentences=tuple(text for text in sentences if text),
        counted=(
            *(evidence.has("inflation", "inflation_leakage", "inflation_prevalence") if clean else ()),
            *evidence.has("optimism"),
        ),
        greyed=dict.fromkeys(evidence.tests(), reason),
        settle=f"Nothing: neither more repeats nor more patients make such a score valid.{advice}",
    )


def _where(facts: Facts) -> str:
    if facts.cohort_varied:
        return "In this simulated population" if facts.simulated else "For patients like these"
    return "On this simulated cohort" if facts.simulated else "On this cohort"


def _looks(facts: Facts, evidence: Evidence, bad: str, clean: str) -> str | None:
    total = evidence.get("inflation")
    if total is None or total.estimate is None:
        return None
    higher = "higher" if facts.greater_is_better else "better"
    place = "" if facts.cohort_varied else " on this cohort"
    text = f"It looks {with_interval(total)} {higher} than {clean}{place}, over {facts.over}"
    split = parts(evidence, facts.metric)
    return f"{text.replace('It', bad, 1)}{'; ' if split else ''}{split}."


def population(facts: Facts, evidence: Evidence) -> Draft:
    """Row 5: each repeat has a cohort of its own, so the repeats speak of the population."""
    found = evidence.get("difference")
    scope = "For patients like these"
    scope += (
        ", in this simulated population" if facts.simulated else f", at {facts.n_cases or 'this many'} cases"
    )
    counted = evidence.has("difference", "signed_rank", "prob_outperform")
    unit = facts.over.removesuffix("s") if facts.simulated else "cohort"
    if found is None or found.interval is None:
        return Draft(
            scope, f"Not shown: there is no interval for {facts.first} minus {facts.second}.",
            _explained(found), counted, rung="not_shown", settle="More repeats: each draws a new cohort.", unit=unit,
        )  # fmt: skip
    rung = ladder(*found.interval, facts.margin)
    winner = _winner(facts, found, rung)
    sentences = (_difference(facts, found, "for new cohorts of this size"), _wins(facts, evidence))
    return Draft(
        scope=scope,
        headline=_headline(facts, rung, winner),
        sentences=tuple(text for text in sentences if text),
        counted=counted,
        settle=_settled(facts, found, rung),
        rung=rung,
        winner=winner,
        unit=unit,
    )


def _winner(facts: Facts, found: Result, rung: str) -> str:
    if rung in ("equivalent", "not_shown") or found.estimate is None:
        return ""
    return facts.first if found.estimate > 0 else facts.second


def _headline(facts: Facts, rung: str, winner: str) -> str:
    if rung == "equivalent":
        return f"{facts.first} and {facts.second} are equivalent within {facts.margin:g} {facts.label}."
    if rung == "not_shown":
        return f"Not shown: a difference between {facts.first} and {facts.second}."
    loser = facts.second if winner == facts.first else facts.first
    margin = "" if facts.margin is None else f" (margin {facts.margin:g} {facts.label})"
    return f"{winner} is ahead of {loser}: {RUNGS[rung]}{margin}."


def _explained(result: Result | None) -> tuple[str, ...]:
    return () if result is None else result.explain()


def _difference(facts: Facts, found: Result, about: str) -> str:
    """Write both means, the difference and its interval."""
    beside = [
        found.settings.get(f"{what}_{place}") for what in ("mean", "sd") for place in ("first", "second")
    ]
    numbers = [None if value is None else as_number(value) for value in beside]
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
    return f"{text}{better} {as_difference(found.estimate, decimals)}, {level} {bounds}."


def _wins(facts: Facts, evidence: Evidence) -> str | None:
    found = evidence.get("prob_outperform")
    if found is None or not found.n:
        return None
    ties = found.settings.get("ties", 0)
    tied = f" ({ties} tied)" if ties else ""
    return (
        f"{facts.first} was ahead in {found.settings['wins']} of {found.n:,} {facts.over}{tied}: "
        f"P({facts.first} > {facts.second}) = {with_interval(found)}; gamma is {facts.gamma:g}."
    )


def _settled(facts: Facts, found: Result, rung: str) -> str:
    if rung in ("real_and_meaningful", "real_but_small", "equivalent") or found.interval is None:
        other = "other data, and real ones" if facts.simulated else "patients of another kind"
        return f"Settled for this population at this size; whether it holds for {other} is another question."
    if rung == "real":
        return "Whether it matters: declare a margin before the next run."
    half = (found.interval[1] - found.interval[0]) / 2
    beyond = (facts.margin or 0.0) if rung == "real_size_unsettled" else 0.0
    needed = units_needed(found.n, half, abs(found.estimate or 0.0) - beyond, facts.confidence_level)
    aim = (
        "to place the difference seen on one side of the margin"
        if beyond
        else "for a difference of the size seen"
    )
    return (
        f"More repeats, since each draws a new cohort: {as_about(max(needed, found.n + 1.0))} {aim} (power "
        f"{POWER:.2f}, if the half-width falls as one over the root of their number)."
    )


def cautious(facts: Facts, evidence: Evidence) -> Draft:
    """Row 7: one cohort; whether anything holds for other patients cannot be told."""
    found = evidence.get("difference")
    scope = "On this simulated cohort" if facts.simulated else "On this cohort"
    scope += " only" if facts.re_split or facts.cohort_varied else " and split only"
    if found is not None and found.estimate is not None:
        sentences: tuple[str, ...] = (
            _difference(
                facts, found, f"for the average over {facts.over} of this cohort, not for other patients"
            ),
        )
    else:
        sentences = _explained(found)
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
    if found is None or not found.n:
        return f"There is no repeat in which both {facts.first} and {facts.second} have a score."
    wins, losses, ties = (found.settings[name] for name in ("wins", "losses", "ties"))
    tied = f" ({ties} tied)" if ties else ""
    among = f"of {found.n:,} {facts.over}" if found.n > 1 else "the one repeat"
    if wins == losses:
        return f"Neither was ahead more often ({wins} {among} each{tied}); {cannot}"
    leader, won = (facts.first, wins) if wins > losses else (facts.second, losses)
    return f"{leader} was ahead in {f'{won} {among}' if found.n > 1 else among}{tied}; {cannot}"


def _superiority(facts: Facts, evidence: Evidence) -> str | None:
    found = evidence.get("a12")
    if found is None or found.estimate is None:
        return None
    return (
        f"A run of {facts.first} scores higher than a run of {facts.second} with probability "
        f"{with_interval(found)} (A12, on this cohort)."
    )


def _would_print(facts: Facts, evidence: Evidence) -> str | None:
    for name, title in (("signed_rank", "signed-rank"), ("rank_sum", "rank-sum")):
        found = evidence.get(name)
        if found is not None and found.pvalue is not None and not facts.cohort_varied:
            return (
                f"A {title} test over the {found.n:,} {_scores(found, facts)} would print {pvalue(found.pvalue)}; "
                "under a true null it does as well on about 9 of 10 cohorts."
                if found.pvalue < 1 - facts.confidence_level and facts.re_split
                else f"A {title} test over the {found.n:,} {_scores(found, facts)} prints {pvalue(found.pvalue)}; "
                "it cannot speak of other patients."
            )
    return None


def _scores(found: Result, facts: Facts) -> str:
    return facts.over if found.unit == "repeat" else f"{found.unit}s"


def _greyed(evidence: Evidence) -> dict[str, str]:
    reasons = {}
    for name in ("rank_sum", "signed_rank"):
        found = evidence.get(name)
        if found is None:
            continue
        if "not_paired" in found.notes:
            reasons[name] = "the procedures were not tested on the same rows"
            continue
        rate = found.settings.get("measured_error_rate")
        measured = (
            f": over re-splits its error rate for other patients was {rate}, for a nominal 0.05"
            if rate
            else ""
        )
        reasons[name] = f"repeats on one cohort share their patients{measured}"
    return reasons


def _more_patients(facts: Facts, evidence: Evidence) -> str:
    if facts.n_repeats <= 1:
        return "First more repeats, with the split drawn anew; then more patients, or at least six independent cohorts."
    found, floor = evidence.get("difference"), evidence.get("resample_floor")
    cannot = f"More {facts.over} cannot help: they share their patients"
    if floor is None or floor.estimate is None or found is None or not found.estimate or not facts.n_cases:
        why = (
            ""
            if facts.pairing == "exact"
            else " How many is not known: the procedures had different test rows."
        )
        return f"{cannot}. More patients, or at least six independent cohorts, could settle it.{why}"
    half = float(floor.settings["half_width"])
    needed = units_needed(facts.n_cases, half, found.estimate, facts.confidence_level)
    # A difference far beyond the half-width asks for fewer patients than there are: then there is nothing to plan.
    many = f"{as_about(needed)} patients" if needed > facts.n_cases else "as many patients of another cohort"
    assumed = f"power {POWER:.2f}, if the half-width falls as one over the root of the number of patients"
    return (
        f"{cannot}, and the half-width of an interval for new cohorts of this size stays above "
        f"{as_number(floor.estimate, decimals_for(0, floor.estimate))}. {many[:1].upper()}{many[1:]} ({assumed}), "
        "or at least six independent cohorts, could settle it."
    )


def externally(draft: Draft, facts: Facts, evidence: Evidence, row: int) -> Draft:
    """Row 10: external patients come first; signs that disagree are not a confirmation."""
    found = evidence.get("external_difference")
    if found is None or found.estimate is None:
        return draft
    counted = (*draft.counted, "external_difference")
    name = f" of {facts.external_name}" if facts.external_name else ""
    patients = f"{as_count(facts.n_external, 'external patient')}{name}"
    text = f"Externally, on {patients}: {_difference(facts, found, 'over runs and external patients')}"
    if row == 1:
        return replace(draft, sentences=(*draft.sentences, text), counted=counted)
    rung = "not_shown" if found.interval is None else ladder(*found.interval, facts.margin)
    winner = _winner(facts, found, rung)
    headline = f"Externally: {_headline(facts, rung, winner)}"
    internal = evidence.get("difference")
    if internal is not None and internal.estimate is not None and internal.estimate * found.estimate < 0:
        rung, winner = "not_confirmed", ""
        headline = "Not confirmed externally: the difference has the other sign there."
    inside = f"Internally ({draft.scope[:1].lower()}{draft.scope[1:]}): {draft.headline}"
    return replace(
        draft, scope=f"For patients like the {patients}, and these models", headline=headline,
        sentences=(text, inside, *draft.sentences), counted=counted, rung=rung, winner=winner,
    )  # fmt: skip


#: The rows that are built. A design of another row gets the words of row 7, and a note.
ROWS: dict[int, Callable[[Facts, Evidence], Draft]] = {1: invalid, 5: population, 7: cautious}
FALLBACK = 7

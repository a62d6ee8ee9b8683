"""The table of verdicts: which row fits a design, and the words of the rows that are built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from varbench.stats import Result
from varbench.verdict import data_sets, fixed_models, one_cohort
from varbench.verdict.design import Facts
from varbench.verdict.draft import (
    Draft,
    difference_of,
    explained,
    headline_of,
    where_of,
    winner_of,
    wins_of,
)
from varbench.verdict.evidence import (
    Evidence,
    advice,
    causes,
    inflated,
    parts,
    score_of_itself,
    with_interval,
)
from varbench.verdict.rungs import POWER, ladder, units_needed
from varbench.verdict.sizes import negligibly
from varbench.verdict.words import as_about, as_count, as_number

#: From this many seeds on one fixed test set, and from this many data sets, there are rows of their own.
MIN_SEEDS, MIN_DATA_SETS = 5, 6


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
    # Of one partition of a cohort a user's table may have a score of each fold: these are more than one number.
    folds_of_one = facts.from_table and facts.re_split and facts.n_folds > 1
    if one_run and not facts.predictions and not folds_of_one:
        return 2
    exact = facts.pairing == "exact"
    if one_run and facts.n_folds == 1 and exact:
        return 3
    fixed_test = facts.n_folds == 1 and not facts.re_split and not facts.cohort_varied
    if fixed_test and exact and facts.predictions and facts.n_repeats >= MIN_SEEDS:
        return 4
    if facts.cohort_varied and not one_run:
        return 5
    return 6 if facts.re_split and exact and facts.design == "joint" else 7


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
            f"{facts.first} gave {facts.measure} {both[0]}, {facts.second} {both[1]}: neither can be used."
        )
    if clean:
        sentences.append(_looks(facts, evidence, bad[0], clean[0]))
    why = [cause for name in bad for cause in causes(facts, name)]
    sentences.append(f"Cause: {'; '.join(why)}.")
    if clean:
        sentences += [inflated(evidence, metric) for metric in evidence.other_metrics()]
    reason = "a leaking score is invalid by construction: no significance makes it more so, and none less"
    return Draft(
        scope=where_of(facts),
        headline=f"Not a gain: {what}.",
        sentences=tuple(text for text in sentences if text),
        counted=(
            *(evidence.has("inflation", "inflation_leakage", "inflation_prevalence") if clean else ()),
            *evidence.has("optimism"),
        ),
        greyed=dict.fromkeys(evidence.tests(), reason),
        settle=f"Nothing: neither more repeats nor more patients make such a score valid.{advice(facts, bad)}",
    )


def _looks(facts: Facts, evidence: Evidence, bad: str, clean: str) -> str | None:
    total = evidence.get("inflation")
    if total is None or total.estimate is None:
        return None
    above = "higher" if facts.greater_is_better else "better"
    below = "lower" if facts.greater_is_better else "worse"
    place = "" if facts.cohort_varied else " on this cohort"
    size, word = (_mirrored(total), below) if total.estimate < 0 else (total, above)
    text = f"It looks {with_interval(size)} {word} than {clean}{place}, over {facts.over}"
    split = parts(evidence, facts.metric)
    plainly = negligibly(facts, total)
    return f"{text.replace('It', bad, 1)}{'; ' if split else ''}{split}.{' ' if plainly else ''}{plainly}"


def _mirrored(found: Result) -> Result:
    """Give a difference as the second minus the first."""
    estimate = None if found.estimate is None else -found.estimate
    if found.interval is None:
        return replace(found, estimate=estimate)
    return replace(found, estimate=estimate, ci_low=-found.interval[1], ci_high=-found.interval[0])


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
            scope, _without_interval(facts, found),
            explained(found), counted, rung="not_shown", settle=f"{_more(facts)}.", unit=unit,
        )  # fmt: skip
    rung = ladder(*found.interval, facts.margin)
    winner = winner_of(facts, found, rung)
    sentences = (difference_of(facts, found, "for new cohorts of this size"), wins_of(facts, evidence))
    return Draft(
        scope=scope,
        headline=headline_of(facts, rung, winner),
        sentences=tuple(text for text in sentences if text),
        counted=counted,
        settle=_settled(facts, found, rung),
        rung=rung,
        winner=winner,
        unit=unit,
    )


def _without_interval(facts: Facts, found: Result | None) -> str:
    if found is not None and found.estimate == 0 and found.n > 1 and "constant_difference" in found.notes:
        return f"{facts.first} and {facts.second} scored the same in each of {found.n:,} {facts.over}."
    return f"Not shown: there is no interval for {facts.first} minus {facts.second}."


def _more(facts: Facts) -> str:
    """Say of what more is needed: repeats, where each has a cohort of its own; else cohorts."""
    crossed = facts.design == "crossed"
    return (
        "More cohorts, not more repeats of these"
        if crossed
        else "More repeats, since each draws a new cohort"
    )


def _settled(facts: Facts, found: Result, rung: str) -> str:
    if rung in ("real_and_meaningful", "real_but_small", "equivalent") or found.interval is None:
        other = "other data, real data above all," if facts.simulated else "patients of another kind"
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
        f"{_more(facts)}: {as_about(max(needed, found.n + 1.0))} {aim} (power "
        f"{POWER:.2f}, if the half-width falls as one over the root of their number)."
    )


def externally(draft: Draft, facts: Facts, evidence: Evidence, row: int) -> Draft:
    """Row 10: external patients come first; signs that disagree are not a confirmation."""
    found = evidence.get("external_difference")
    if found is None or found.estimate is None:
        return draft
    counted = (*draft.counted, "external_difference")
    name = f" of {facts.external_name}" if facts.external_name else ""
    patients = f"{as_count(facts.n_external, 'external patient')}{name}"
    if facts.n_external_groups:
        of = as_count(facts.n_external_groups, "external group")
        patients = f"{of}{name}, {facts.n_external:,} rows"
    drawn = "external groups" if facts.external_by_group else "external patients"
    text = f"Externally, on {patients}: {difference_of(facts, found, f'over runs and {drawn}')}"
    if row == 1:
        return replace(draft, sentences=(*draft.sentences, text), counted=counted)
    rung = "not_shown" if found.interval is None else ladder(*found.interval, facts.margin)
    winner = winner_of(facts, found, rung)
    headline = f"Externally: {headline_of(facts, rung, winner, found.validity)}"
    internal = evidence.get("difference")
    if internal is not None and internal.estimate is not None and internal.estimate * found.estimate < 0:
        rung, winner = "not_confirmed", ""
        headline = "Not confirmed externally: the difference has the other sign there."
    inside = f"Internally ({draft.scope[:1].lower()}{draft.scope[1:]}): {draft.headline}"
    return replace(
        draft, scope=f"For patients like the {patients}, and these models", headline=headline,
        sentences=(text, inside, *draft.sentences), counted=counted, rung=rung, winner=winner,
    )  # fmt: skip


#: The rows, each with what it says. One that lacks the result it rests on says nothing, and row 7 speaks.
ROWS: dict[int, Callable[[Facts, Evidence], Draft | None]] = {
    1: invalid,
    2: fixed_models.untold,
    3: fixed_models.two_models,
    4: fixed_models.several_seeds,
    5: population,
    6: one_cohort.approximate,
    7: one_cohort.cautious,
    8: data_sets.few,
    9: data_sets.many,
}
FALLBACK = 7


def drafted(facts: Facts, evidence: Evidence) -> tuple[int, int, Draft]:
    """Give the row that fits a design, the row that speaks, and what it says."""
    fits = row_of(facts)
    draft = ROWS[fits](facts, evidence)
    if draft is None:
        return fits, FALLBACK, one_cohort.cautious(facts, evidence)
    return fits, fits, draft

"""What the rows of the table of verdicts say of more than two procedures."""

from __future__ import annotations

import math
from collections.abc import Sequence

from varbench.stats import Result
from varbench.verdict.design import Facts
from varbench.verdict.draft import Draft
from varbench.verdict.evidence import Evidence, advice, causes, pvalue
from varbench.verdict.family import USABLE, PairRung, between, means_of, order_of, rungs_of
from varbench.verdict.fixed_models import MIN_UNITS, ONE_RUN
from varbench.verdict.rows import row_of
from varbench.verdict.rungs import POWER, rung_words, units_needed
from varbench.verdict.words import as_about, as_count, as_difference, as_interval, as_number, decimals_for

_TESTS = ("rank_sum", "signed_rank", "corrected_resampled_t", "friedman", "iman_davenport", "wilcoxon_holm")
_OVER_RUNS = ("difference", "prob_outperform")
#: So many names stand in a sentence; the table of pairs has all.
_SHOWN = 4
_TOO_FEW = "of fewer than 6 data sets only counts are given: no signed-rank test over them can reject at 0.05"
_SHARED = "repeats on one cohort share their patients"


def drafted(facts: Facts, evidence: Evidence) -> tuple[int, int, Draft]:
    """Give the row that fits the design of several procedures, the row that speaks, and what it says."""
    fits = row_of(facts)
    if fits == 1:
        return fits, fits, _invalid(facts, evidence)
    if fits == 2:
        return fits, fits, _untold(facts, evidence)
    if fits == 8:
        return fits, fits, _counts(facts, evidence)
    if fits != 7:
        draft = _by_ladder(facts, evidence, fits)
        if draft is not None:
            return fits, fits, draft
    return fits, 7, _this_cohort(facts, evidence)


def _by_ladder(facts: Facts, evidence: Evidence, row: int) -> Draft | None:
    """Rows 3 to 6 and 9: which are not told apart from the best; None where a pair lacks a result that may count."""
    pairs = rungs_of(facts, evidence, row)
    if any(not pair.rung or (row == 6 and pair.tests[0].validity not in USABLE) for pair in pairs):
        return None
    if row in (3, 4) and pairs[0].tests[0].n < MIN_UNITS:
        pairs = tuple(pair._replace(rung="not_shown") for pair in pairs)
    best, found = pairs[0].first, pairs[: len(facts.names) - 1]
    sure = _validity(row, found)
    rung = _together(found, all(pair.rung == "equivalent" for pair in pairs))
    method = _size(pairs[0]).method
    ranks = evidence.has("wilcoxon_holm") if row == 9 else ()
    # What stands first is named as the method: not one that counts only together with another.
    counted = (*ranks, method) if len(pairs[0].tests) == 1 else (method, *ranks)
    return Draft(
        scope=_scope(facts, row), headline=_headline(facts, best, found, rung, sure),
        sentences=tuple(text for text in (
            _means(facts, evidence), _next(facts, found[0]), *_apart(facts, best, found, sure),
            _pairs_apart(facts, pairs, evidence), _more_about(row, evidence),
        ) if text),
        counted=counted, greyed=_greyed(evidence, counted, row), settle=_settle(facts, best, found, row),
        rung=rung, winner=best if all(map(_is_ahead, found)) else "", unit=pairs[0].tests[0].unit,
    )  # fmt: skip


def _is_ahead(pair: PairRung) -> bool:
    return pair.rung not in ("not_shown", "equivalent", "")


def _size(pair: PairRung) -> Result:
    """Give the result that the pair's rung was read from."""
    return pair.size if pair.size is not None else pair.tests[0]


def _validity(row: int, found: Sequence[PairRung]) -> str:
    """Give the class that the words follow; a measured rate on one cohort indicates, and is no guarantee."""
    return "exact" if row != 6 and all(_size(gap).validity == "exact" for gap in found) else "approximate"


def _together(found: Sequence[PairRung], equivalent: bool) -> str:
    """Give the rung of the family: that of its weakest step from the best one down."""
    rungs = {gap.rung for gap in found}
    if equivalent:
        return "equivalent"
    if rungs & {"not_shown", "equivalent"}:
        return "not_shown"
    return rungs.pop() if len(rungs) == 1 else "real_size_unsettled"


def _scope(facts: Facts, row: int) -> str:
    if row == 9:
        return "Over data sets like these"
    if row in (3, 4):
        return "For patients like the test patients, " + (
            "and these models" if row == 3 else "for this split"
        )
    return "For patients like these" + (
        ", in this simulated population" if row == 5 and facts.simulated else ""
    )


def _headline(facts: Facts, best: str, found: Sequence[PairRung], rung: str, validity: str) -> str:
    margin = "" if facts.margin is None else f" (margin {facts.margin:g} {facts.measure})"
    surely = "" if validity == "exact" else " (indicated)"
    n, alike = len(found), [gap.second for gap in found if not _is_ahead(gap)]
    if rung == "equivalent":
        return f"All {n + 1} procedures are equivalent within {facts.margin:g} {facts.measure}{surely}."
    if not alike:
        return f"{best} is ahead of each of the other {n}: {rung_words(rung, validity)}{margin}."
    by = "mean rank" if facts.n_data_sets > 1 else "mean"
    if len(alike) == n:
        return f"Not shown: a difference between {best}, which has the best {by}, and any of the other {n}."
    return f"Not shown: which is best. {best} has the best {by}; not told apart from it: {_listed(alike)}."


def _listed(names: Sequence[str]) -> str:
    if len(names) <= _SHOWN + 1:
        return ", ".join(names)
    return f"{', '.join(names[:_SHOWN])} and {len(names) - _SHOWN} more"


def _means(facts: Facts, evidence: Evidence) -> str:
    """Give each procedure's mean, and over data sets its mean rank."""
    means, order = means_of(evidence), order_of(facts, evidence)
    ranked = evidence.get("friedman") if facts.n_data_sets > 1 else None
    ranks = {} if ranked is None else ranked.settings.get("mean_ranks") or {}
    if not means:
        return ""

    def told(name: str) -> str:
        rank = f" (mean rank {ranks[name]:.2f})" if name in ranks else ""
        return f"{name} {as_number(means[name], 3)}{rank}"

    few = order if len(order) <= _SHOWN + 1 else order[:_SHOWN]
    last = f" ... {told(order[-1])}" if len(few) < len(order) else ""
    n = facts.n_data_sets if facts.n_data_sets > 1 else facts.n_repeats
    over = facts.over if n > 1 else facts.over.removesuffix("s")
    return f"Mean {facts.measure} over {n:,} {over}: {', '.join(told(name) for name in few)}{last}."


def _next(facts: Facts, pair: PairRung) -> str:
    """Give the difference to the next one, with an interval that knows of all pairs."""
    found, more = _size(pair), ""
    predicted = found.settings.get("prediction_interval")
    if predicted is not None:
        turned = found.settings.get("first") != pair.first
        low, high = (float(value) for value in predicted)
        inside = as_interval(*((-high, -low) if turned else (low, high)))
        more = (
            f" On one more data set like these it would lie in {inside} (prediction, simultaneous likewise)."
        )
    return f"{pair.first} minus {pair.second}, the next: {_with_interval(facts, found)}.{more}"


def _with_interval(facts: Facts, found: Result) -> str:
    if found.estimate is None:
        return "not known"
    if found.interval is None:
        return f"{as_difference(found.estimate, 3)}, no interval"
    decimals = decimals_for(*found.interval)
    if facts.margin:
        decimals = max(decimals, decimals_for(0, facts.margin) + 1)
    return (
        f"{as_difference(found.estimate, decimals)}, {100 * facts.confidence_level:g} % interval "
        f"{as_interval(*found.interval, decimals)}, simultaneous for all {facts.n_pairs} pairs"
    )


def _apart(facts: Facts, best: str, found: Sequence[PairRung], validity: str) -> tuple[str, ...]:
    """Name those that the best is told apart from, and those that are equivalent to it, each with its rung."""
    ahead = [gap for gap in found if _is_ahead(gap)]
    said = []
    if ahead and len(ahead) < len(found):
        shown = ", ".join(f"{gap.second} ({rung_words(gap.rung, validity)})" for gap in ahead[:_SHOWN])
        more = f" and {len(ahead) - _SHOWN} more" if len(ahead) > _SHOWN else ""
        said.append(f"{best} is told apart from {shown}{more}.")
    near = [gap.second for gap in found if gap.rung == "equivalent"]
    if near and len(near) < len(found):
        said.append(f"Equivalent to {best} within {facts.margin:g}: {_listed(near)}.")
    return tuple(said)


def fewest_sets(facts: Facts) -> int:
    """Give the fewest data sets with which a signed-rank test can reject at all, adjusted for every pair."""
    return math.ceil(math.log2(2 * facts.n_pairs / (1 - facts.confidence_level)))


def _pairs_apart(facts: Facts, pairs: Sequence[PairRung], evidence: Evidence) -> str:
    """Count the pairs that are told apart; where there is none, say whether all are alike."""
    told, tests = sum(map(_is_ahead, pairs)), [test.method for test in pairs[0].tests]
    if tests == ["wilcoxon_holm"]:
        by = "signed-rank tests, adjusted by Holm"
    elif "wilcoxon_holm" in tests:
        by = "signed-rank tests and t tests of the mean, both adjusted by Holm"
    else:
        by = "p-values adjusted by Holm"
    if told == facts.n_pairs:
        return f"All {told} pairs are told apart ({by})."
    text = f"Of all {facts.n_pairs} pairs {told or 'none'} {'are' if told > 1 else 'is'} told apart ({by})."
    least = fewest_sets(facts)
    if "wilcoxon_holm" in tests and facts.n_data_sets < least:
        return (
            f"{text} None could be, whatever the scores: of {facts.n_data_sets} data sets the smallest p-value of a "
            f"signed-rank test is {2 * 0.5**facts.n_data_sets:.3f}, and times {facts.n_pairs} pairs that is above "
            f"{1 - facts.confidence_level:g}. It takes {least} data sets, or fewer procedures."
        )
    overall = evidence.get("iman_davenport")
    if told or overall is None or overall.pvalue is None or overall.pvalue > 1 - facts.confidence_level:
        return text
    return f"{text} That all are alike is rejected (Iman and Davenport, {pvalue(overall.pvalue)}), but not who differs."


def _more_about(row: int, evidence: Evidence) -> str:
    ranks = evidence.get("wilcoxon_holm")
    if row == 9 and ranks is not None and ranks.validity not in USABLE:
        rate = ranks.settings.get("measured_error_rate")
        known = f": {rate} for a nominal 0.05" if rate else ""
        return (
            "Both tests must agree, since with so many data sets a signed-rank test calls equal means different too "
            f"often where differences are skewed{known}."
        )
    if row == 3:
        return "A retraining may differ."
    if row == 6:
        return (
            "The error rate of the corrected resampled t test was measured at 0.05 for one pair, and not at the "
            "smaller level that each of several pairs has."
        )
    return ""


def _greyed(evidence: Evidence, counted: Sequence[str], row: int) -> dict[str, str]:
    """Give the tests that do not count, with the reason."""
    if row in (5, 9):  # what stands there is of all pairs, and adjusted
        return {}
    tests = (*_TESTS, *{8: ("mean_over_datasets",), 3: _OVER_RUNS, 4: _OVER_RUNS}.get(row, ()))
    why = {3: ONE_RUN, 4: "the runs share their test cases", 8: _TOO_FEW}.get(row, _SHARED)
    return {name: why for name in tests if name in evidence.tests() and name not in counted}


def _settle(facts: Facts, best: str, found: Sequence[PairRung], row: int) -> str:
    """Say how much more of the unit would tell the best from those that it is not told apart from."""
    unit = {9: "independent data sets, and not more repeats", 5: "repeats, since each draws a new cohort",
            3: "test cases", 4: "test cases"}.get(row)  # fmt: skip
    open_ones = [
        gap for gap in found if gap.rung in ("not_shown", "real_size_unsettled") and _size(gap).interval
    ]
    after = "Or compare two that are named beforehand on data that had no part in choosing them."
    if row == 6:
        return (
            f"More {facts.over} cannot help: they share their patients. More patients, or at least six independent "
            f"cohorts. {after}"
        )
    if not open_ones:
        where = "data sets" if row == 9 else "patients"
        return f"Settled for {where} like these; whether it holds for others is another question."
    if row == 9 and facts.n_data_sets < fewest_sets(facts):
        return f"At least {fewest_sets(facts)} independent data sets, or fewer procedures. {after}"
    far = max(open_ones, key=lambda gap: abs(_size(gap).estimate or 0.0))
    needed = _needed(facts, far)
    return (
        f"More {unit}: {as_about(needed)} to tell {best} from {far.second}, whose difference is the largest of those "
        f"not settled (power {POWER:.2f}, if the half-width falls as one over the root of their number), and more for "
        f"the others. {after}"
    )


def _needed(facts: Facts, gap: PairRung) -> float:
    low, high = _size(gap).interval or (0.0, 0.0)
    beyond = facts.margin or 0.0 if gap.rung == "real_size_unsettled" else 0.0
    each = 1 - (1 - facts.confidence_level) / facts.n_pairs
    effect = abs(_size(gap).estimate or 0.0) - beyond
    return max(units_needed(_size(gap).n, (high - low) / 2, effect, each), _size(gap).n + 1.0)


def _counts(facts: Facts, evidence: Evidence) -> Draft:
    """Row 8: two to five data sets; of how many is the best ahead of each other one?"""
    k, (best, *others) = facts.n_data_sets, order_of(facts, evidence)
    counts = {other: _count(evidence, best, other) for other in others}
    scope, sentences = f"Over these {k} data sets", [_means(facts, evidence)]
    settle = "At least six independent data sets, so that the data sets themselves can be the unit."
    found = [result for result in counts.values() if result is not None and result.validity in USABLE]
    greyed = _greyed(evidence, (), 8)
    if len(found) < len(others):
        return Draft(
            scope, "Not shown: no test for each data set, of a known error rate, could be made.",
            tuple(text for text in sentences if text), evidence.has("difference"), greyed, settle, "not_shown",
            unit="data set",
        )  # fmt: skip
    least = {other: int(result.estimate or 0) for other, result in counts.items() if result is not None}
    said = "ahead" if all(result.validity == "exact" for result in found) else "indicated to be ahead"
    u = min(least.values())
    if u:
        headline = f"{best} is {said} of each of the other {len(others)} on at least {u} of {k} data sets."
    elif any(least.values()):
        headline = f"Not shown: which is best. {best} has the best mean rank; not told apart from it on any data set: "
        headline += f"{_listed([other for other in others if not least[other]])}."
    else:
        headline = (
            f"Not shown, on any data set: that {best}, which has the best mean rank, is ahead of another."
        )
    told = ", ".join(f"{other} on at least {n}" for other, n in least.items() if n)
    if told and len(set(least.values())) > 1:
        sentences.append(f"{best} is {said} of {told} of {k} data sets.")
    sentences.append(
        f"Counts are lower bounds that hold together, with {100 * facts.confidence_level:g} % confidence, for all "
        f"{facts.n_pairs} pairs in both directions."
    )
    return Draft(
        scope=scope, headline=headline, sentences=tuple(text for text in sentences if text),
        counted=("replicability", *evidence.has("difference")), greyed=greyed, settle=settle,
        rung="real" if u else "not_shown", winner=best if u else "", unit="data set",
    )  # fmt: skip


def _count(evidence: Evidence, best: str, other: str) -> Result | None:
    """Give on how many data sets one is ahead of the other; a count has a direction, so no mirror stands for it."""
    for result in evidence.results:
        pair = (result.settings.get("first"), result.settings.get("second"))
        if result.method == "replicability" and pair == (best, other):
            return result
    return None


def _this_cohort(facts: Facts, evidence: Evidence) -> Draft:
    """Row 7: which is ahead here; whether it holds for other patients cannot be told."""
    best, *others = order_of(facts, evidence)
    scope = "On this simulated cohort" if facts.simulated else "On this cohort"
    scope += " only" if facts.re_split or facts.cohort_varied else " and split only"
    sentences = [_means(facts, evidence)]
    found = between(evidence, "difference", best, others[0])
    if found is not None:
        sentences.append(
            f"{best} minus {others[0]}, the next: {_with_interval(facts, found)}, for this cohort alone."
        )
    wins = [f"{other} in {n} of {of}" for other in others[:_SHOWN] for n, of in _wins(evidence, best, other)]
    if wins:
        more = f", and so on for {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
        sentences.append(f"{best} was ahead of {', of '.join(wins)} {facts.over}{more}.")
    settle = f"More {facts.over} cannot help: they share their patients. More patients, or at least six independent "
    settle += "cohorts, could settle it."
    if facts.n_repeats <= 1:
        settle = (
            "First more repeats, with the split drawn anew; then more patients, or six independent cohorts."
        )
    return Draft(
        scope=scope,
        headline=f"{best} has the best mean of {len(facts.names)}; whether it holds for other patients cannot be told.",
        sentences=tuple(text for text in sentences if text),
        counted=evidence.has("difference", "a12", "cliffs_delta", "prob_outperform"),
        greyed=_greyed(evidence, (), 7), settle=settle, unit=facts.over.removesuffix("s"),
    )  # fmt: skip


def _wins(evidence: Evidence, best: str, other: str) -> list[tuple[int, int]]:
    for result in evidence.results:
        pair = (result.settings.get("first"), result.settings.get("second"))
        if result.method == "prob_outperform" and set(pair) == {best, other} and result.n:
            return [(int(result.settings["wins" if pair[0] == best else "losses"]), result.n)]
    return []


def _untold(facts: Facts, evidence: Evidence) -> Draft:
    """Row 2: one run each and no predictions."""
    noise = evidence.get("noise_band")
    said = "How many test cases there were is not known, and so neither is the noise."
    if noise is not None and noise.estimate is not None:
        half = as_number(noise.estimate, decimals_for(0, noise.estimate))
        said = f"The noise at n = {noise.n:,} is about ±{half} {facts.measure}, for one score, from the test cases "
        said += "alone. The best of several scores overstates its own true one on average."
    what = "no run in which all have a score" if facts.n_repeats < 1 else "one run each"
    return Draft(
        scope=f"Of these {as_count(len(facts.names), 'number')}", headline=f"Cannot be told: {what}.",
        sentences=tuple(text for text in (_means(facts, evidence), said) if text),
        counted=evidence.has("noise_band"),
        greyed=dict.fromkeys(evidence.tests(), ONE_RUN),
        settle="Their predictions on the same test cases (for these models); repeats with the split drawn anew, and "
        "their folds (for the procedures).",
        unit="run",
    )  # fmt: skip


def _invalid(facts: Facts, evidence: Evidence) -> Draft:
    """Row 1: some leak, so their scores are invalid by construction, and so is every rank among all."""
    bad = facts.leaking
    clean = [name for name in facts.names if name not in bad]
    rest = f" Compare {', '.join(clean)} alone." if len(clean) > 1 else ""
    whose = f"the score of {bad[0]} is" if len(bad) == 1 else f"the scores of {_listed(bad)} are"
    why = "; ".join(cause for name in bad for cause in causes(facts, name))
    reason = "a leaking score is invalid by construction: no significance makes it more so, and none less"
    return Draft(
        scope="On this simulated cohort" if facts.simulated else "On this cohort",
        headline=f"No order of these {len(facts.names)}: {whose} invalid.",
        sentences=tuple(text for text in (_means(facts, evidence), f"Cause: {why}.") if text),
        greyed=dict.fromkeys(evidence.tests(), reason),
        settle=f"Nothing: neither more repeats nor more patients make such a score valid.{advice(facts, bad)}{rest}",
    )  # fmt: skip

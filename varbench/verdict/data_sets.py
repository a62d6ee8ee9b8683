"""Rows 8 and 9: several data sets."""

from __future__ import annotations

from dataclasses import replace

from varbench.verdict.design import Facts
from varbench.verdict.draft import Draft, difference_of, headline_of, winner_of, with_means
from varbench.verdict.evidence import Evidence
from varbench.verdict.rungs import POWER, ladder, units_needed
from varbench.verdict.words import as_about, as_interval

_POOLED = "pooled repeats count a data set many times; the data set is the unit"
_NOT_THE_MEAN = (
    "where the differences of data sets are skewed it does not test their mean: with so many data sets its error rate "
    "was measured above 0.10"
)
_TOO_FEW = "with fewer than 6 data sets no signed-rank test can reject at 0.05"


def few(facts: Facts, evidence: Evidence) -> Draft:
    """Row 8: two to five data sets; on how many of them one is ahead is counted."""
    k = facts.n_data_sets
    found = evidence.get("difference")
    ahead = _ahead(facts, evidence)
    counts = {name: evidence.get("replicability", procedure=name) for name in (facts.first, facts.second)}
    best = max(counts, key=lambda name: _count(counts[name]))
    result = counts[best]
    sentences = [ahead] if ahead else []
    if found is not None and found.estimate is not None:
        sentences.append(_mean(facts, evidence))
    if result is None or result.validity not in ("exact", "approximate"):
        why = (
            "no test for each data set could be made"
            if result is None
            else "the error rate of the test within a data set is not known to be near the nominal one for this design"
        )
        return Draft(
            scope=f"Over these {k} data sets", headline=f"Not shown: {why}.", sentences=tuple(sentences),
            counted=evidence.has("difference"), greyed=_greyed(evidence), rung="not_shown",
            settle=_more_sets(facts), unit="data set",
        )  # fmt: skip
    u = _count(result)
    said = "ahead" if result.validity == "exact" else "indicated to be ahead"
    text = (
        f"{best} is {said} on at least {u} of {k} data sets." if u else "Not shown on any of the data sets."
    )
    return Draft(
        scope=f"Over these {k} data sets", headline=text, sentences=tuple(sentences),
        counted=("replicability", *evidence.has("difference")), greyed=_greyed(evidence), settle=_more_sets(facts),
        rung="real" if u else "not_shown", winner=best if u else "", unit="data set",
    )  # fmt: skip


def _count(result: object) -> int:
    estimate = getattr(result, "estimate", None)
    return 0 if estimate is None else int(estimate)


def _ahead(facts: Facts, evidence: Evidence) -> str:
    found = evidence.get("prob_outperform")
    if found is None or not found.n or found.unit != "data set":
        return ""
    wins, losses, ties = (found.settings[name] for name in ("wins", "losses", "ties"))
    tied = f", {ties} tied" if ties else ""
    return f"{facts.first} has the better mean on {wins} of {found.n} data sets, {facts.second} on {losses}{tied}."


def _mean(facts: Facts, evidence: Evidence) -> str:
    found = evidence.get("difference")
    if found is None:
        return ""
    bare = replace(found, ci_low=None, ci_high=None)
    return difference_of(facts, bare, "over data sets").replace("; no interval", " on average")


def _more_sets(facts: Facts) -> str:
    return "At least six independent data sets, so that the data sets themselves can be the unit."


def many(facts: Facts, evidence: Evidence) -> Draft | None:
    """Row 9: six or more independent data sets; they are the unit."""
    found = evidence.get("mean_over_datasets")
    if found is None:
        return None
    k = found.n
    rung = "not_shown" if found.interval is None else ladder(*found.interval, facts.margin)
    ahead = winner_of(facts, found, rung)
    sentences = [difference_of(facts, with_means(found, evidence), f"over data sets like these {k}")]
    predicted = found.settings.get("prediction_interval")
    if predicted is not None:
        inside = as_interval(float(predicted[0]), float(predicted[1]))
        level = f"{100 * facts.confidence_level:g} %"
        sentences.append(
            f"On one more data set like these the difference would lie in {inside} ({level} prediction)."
        )
    if text := _ahead(facts, evidence):
        sentences.append(text)
    return Draft(
        scope="Over data sets like these", headline=headline_of(facts, rung, ahead, found.validity),
        sentences=tuple(sentences), counted=("mean_over_datasets", *_ranks(evidence)),
        greyed=_greyed(evidence), settle=_settle(facts, evidence, rung), rung=rung, winner=ahead, unit="data set",
    )  # fmt: skip


def _ranks(evidence: Evidence) -> tuple[str, ...]:
    """Give the rank tests over data sets that count: not those whose error rate for the mean was measured too high."""
    found = evidence.get("signed_rank")
    failing = found is not None and found.validity == "failing"
    return evidence.has("wilcoxon_holm") if failing else evidence.has("signed_rank", "wilcoxon_holm")


def _settle(facts: Facts, evidence: Evidence, rung: str) -> str:
    found = evidence.get("mean_over_datasets")
    if rung in ("not_shown", "real_size_unsettled") and found is not None and found.interval is not None:
        half = (found.interval[1] - found.interval[0]) / 2
        beyond = facts.margin or 0.0 if rung == "real_size_unsettled" else 0.0
        needed = units_needed(found.n, half, abs(found.estimate or 0.0) - beyond, facts.confidence_level)
        enough = as_about(max(needed, found.n + 1.0))
        return (
            f"More data sets, and not more repeats: {enough} independent ones (power {POWER:.2f}, if the half-width "
            "falls as one over the root of their number)."
        )
    return "Settled for data sets like these; whether it holds for one of another kind is another question."


def _greyed(evidence: Evidence) -> dict[str, str]:
    reasons = {}
    for result in evidence.results:
        if result.unit != "data set" and result.pvalue is not None:
            reasons[result.method] = _POOLED
        elif result.method == "signed_rank" and result.n < 6:
            reasons[result.method] = _TOO_FEW
        elif result.method == "signed_rank" and result.validity == "failing":
            reasons[result.method] = _NOT_THE_MEAN
    return reasons

"""Rows 2 to 4: one run each, trained models on one test set, several seeds on one test set."""

from __future__ import annotations

from varbench.stats import Result
from varbench.verdict.design import Facts
from varbench.verdict.draft import Draft, difference_of, headline_of, winner_of
from varbench.verdict.evidence import Evidence, with_interval
from varbench.verdict.rungs import POWER, ladder, units_needed
from varbench.verdict.words import as_about, as_count, as_number, decimals_for

#: The methods that compare two models on one test set, the first that is there counts.
PAIRED_MODELS = ("delong", "bootstrap_metric", "regression_metric", "case_summary")
#: Fewer patients, or groups of them, than a paired test needs to reject at 0.05: of 5 pairs the smallest p is 0.0625.
MIN_UNITS = 6
#: Why tests over runs count for nothing where each procedure has one.
ONE_RUN = "one run each: there is no spread over runs that such a test could judge"
_ONE_SET = "the runs share their test cases: a test over them takes one test set for many"


def untold(facts: Facts, evidence: Evidence) -> Draft:
    """Row 2: one run each and no predictions; nothing can be told but how large the noise is."""
    noise, found = evidence.get("noise_band"), evidence.get("difference")
    what = (
        "no run in which both have a score"
        if facts.n_repeats < 1
        else "one run each"
        if facts.n_repeats == 1
        else "bare scores, of how many patients is not known"
    )
    sentences = []
    if found is not None and found.settings.get("mean_first") is not None:
        first, second = (as_number(found.settings[f"mean_{place}"], 3) for place in ("first", "second"))
        sentences.append(f"{facts.label}: {facts.first} {first}, {facts.second} {second}.")
    if noise is not None and noise.estimate is not None:
        half = as_number(noise.estimate, decimals_for(0, noise.estimate))
        sentences.append(
            f"The noise at n = {noise.n:,} is about ±{half} {facts.measure}, for one score, from the test cases alone."
        )
    else:
        sentences.append("How many test cases there were is not known, and so neither is the noise.")
    return Draft(
        scope="Of these two numbers",
        headline=f"Cannot be told: {what}.",
        sentences=tuple(sentences),
        counted=evidence.has("noise_band"),
        greyed=dict.fromkeys(evidence.tests(), ONE_RUN),
        settle="The predictions of both on the same test cases (for these models); repeats with the split drawn anew, "
        "and their folds (for the procedures).",
        unit="run",
    )


def two_models(facts: Facts, evidence: Evidence) -> Draft | None:
    """Row 3: one trained model each, on the same test cases."""
    found = next((r for r in map(evidence.get, PAIRED_MODELS) if r is not None), None)
    if found is None:
        return None
    return _on_one_test_set(
        facts, evidence, found,
        scope="For patients like the test patients, and these two models",
        about="over patients",
        beside="; a retraining may differ",
        reason=ONE_RUN,
    )  # fmt: skip


def several_seeds(facts: Facts, evidence: Evidence) -> Draft | None:
    """Row 4: several trained seeds of each procedure on one fixed test set."""
    found = evidence.get("joint_bootstrap")
    if found is None:
        return None
    kept = ", ".join(source for source in facts.fixed if source != "split")
    return _on_one_test_set(
        facts, evidence, found,
        scope="For patients like the test patients, for this split" + (f" (and fixed: {kept})" if kept else ""),
        about=f"over {', '.join(facts.varied) or 'seeds'} and patients together",
        reason=_ONE_SET,
    )  # fmt: skip


def _on_one_test_set(
    facts: Facts, evidence: Evidence, found: Result, *, scope: str, about: str, reason: str, beside: str = ""
) -> Draft:
    few = found.n < MIN_UNITS
    rung = "not_shown" if found.interval is None or few else ladder(*found.interval, facts.margin)
    ahead = winner_of(facts, found, rung)
    headline = headline_of(facts, rung, ahead, found.validity)
    if few:
        headline = (
            f"Not shown: {as_count(found.n, found.unit)}, and with fewer than {MIN_UNITS} no exact "
            "test can reject at 0.05."
        )
    if "constant_difference" in found.notes:
        sentences: tuple[str, ...] = (f"{facts.first} and {facts.second} give the same predictions.",)
    else:
        sentences = (difference_of(facts, found, about, beside), *_others(facts, evidence, found))
    greyed = {name: reason for name in ("prob_outperform", "rank_sum", "signed_rank") if evidence.get(name)}
    return Draft(
        scope=scope, headline=headline, sentences=sentences,
        counted=(found.method, *(name for name in evidence.has(*PAIRED_MODELS) if name != found.method)), greyed=greyed,
        settle=_more_cases(facts, found, rung), rung=rung, winner=ahead, unit=found.unit,
    )  # fmt: skip


def _others(facts: Facts, evidence: Evidence, found: Result) -> tuple[str, ...]:
    """Give the interval of the other method beside the one that counts: they should agree."""
    said = []
    for name in PAIRED_MODELS:
        other = evidence.get(name)
        if other is not None and other.method != found.method and other.interval is not None:
            title = {"delong": "DeLong", "bootstrap_metric": "the paired bootstrap"}.get(name, name)
            said.append(f"By {title}: {with_interval(other)}.")
    return tuple(said)


def _more_cases(facts: Facts, found: Result, rung: str) -> str:
    retrain = "Whether the procedures differ, and not only these models, takes training runs with the split drawn anew."
    if rung not in ("not_shown", "real_size_unsettled") or found.interval is None or not found.estimate:
        return retrain
    half = (found.interval[1] - found.interval[0]) / 2
    beyond = facts.margin or 0.0 if rung == "real_size_unsettled" else 0.0
    needed = units_needed(found.n, half, abs(found.estimate) - beyond, facts.confidence_level)
    many = as_about(max(needed, found.n + 1.0))
    what = f"{found.unit}s to test on" if found.unit in ("group", "cluster") else "test cases"
    return (
        f"More {what}: {many} ({found.n:,} now; power {POWER:.2f}, if the half-width falls as one over the root of "
        f"their number). {retrain}"
    )

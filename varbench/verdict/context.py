"""What stands beside a verdict: what it rests on, and what the reader should know."""

from __future__ import annotations

from varbench.stats import NOTES
from varbench.verdict.design import Facts
from varbench.verdict.draft import Draft
from varbench.verdict.evidence import Evidence
from varbench.verdict.words import as_count

#: What each row rests on; without it row 7 speaks.
RESTS_ON = {
    3: "one trained model each, on the same test cases; their predictions could not be compared",
    4: "one fixed test set and several seeds; their predictions could not be compared",
    5: "cohorts drawn anew; no difference could be computed",
    6: "one cohort re-split, the same test rows; its method counts where its error rate was measured to be at most "
    "0.10, and here it was not",
    9: "several independent data sets; too few of them have both procedures",
}
_WORTH_SAYING = ("pairs_dropped", "constant_difference", "too_few_to_reject", "few_resamples")


def basis(facts: Facts, draft: Draft, evidence: Evidence) -> tuple[str, ...]:
    """Give the lines that stand under a verdict: metric and margin, unit and n, sources, method, data."""
    direction = "higher is better" if facts.greater_is_better else "lower is better"
    margin = "no margin declared" if facts.margin is None else f"margin {facts.margin:g}"
    lines = [f"Primary metric: {facts.label} ({direction}); {margin}; gamma {facts.gamma:g}."]
    if facts.overrides:
        lines.append(f"Set after the runs: {'; '.join(facts.overrides)}.")
    unit = draft.unit or facts.over.removesuffix("s")
    n = _counted(facts, draft, evidence)
    paired = {"exact": "on the same test rows", "group": "on test rows of the same groups"}
    lines.append(
        f"Unit: {unit}; n = {n:,}; the procedures were tested "
        f"{paired.get(facts.pairing, 'on different test rows')} (pairing: {facts.pairing})."
    )
    states = (("Varied", facts.varied), ("Fixed", facts.fixed), ("Not in this study", facts.absent))
    told = "; ".join(f"{state}: {', '.join(names)}" for state, names in states if names)
    lines.append(f"{told or 'What was varied is not known'}.")
    lines += [_method(evidence, name) for name in draft.counted[:1]]
    return (*lines, _data(facts))


def _counted(facts: Facts, draft: Draft, evidence: Evidence) -> int:
    """How many units does a verdict rest on? Those of the method that counts, where its unit is the verdict's."""
    found = evidence.get(draft.counted[0]) if draft.counted else None
    if found is not None and found.unit == draft.unit:
        return found.n
    return facts.n_data_sets if facts.n_data_sets > 1 else facts.n_repeats


def _method(evidence: Evidence, name: str) -> str:
    found = evidence.get(name)
    if found is None:
        return f"Method: {name}."
    test = found.settings.get("test") or found.settings.get("interval")
    rate = found.settings.get("measured_error_rate")
    classed = found.validity + (f", measured error rate {rate}" if rate else "")
    return f"Method: {name}{f' ({test})' if test else ''}, for {found.estimand}; its class: {classed}."


def _data(facts: Facts) -> str:
    sizes = [as_count(facts.n_cases, "patient")] if facts.n_cases else []
    if facts.n_cases and facts.n_groups:  # several rows are of one patient, one site, one scanner
        sizes = [f"{as_count(facts.n_cases, 'case')} of {as_count(facts.n_groups, 'group')}"]
    if facts.n_positive is not None:
        sizes.append(f"{facts.n_positive:,} positive")
    if facts.n_features:
        sizes.append(as_count(facts.n_features, "feature"))
    about = f" ({', '.join(sizes)})" if sizes else ""
    return f"Data: {facts.data or 'not named'}{', simulated' if facts.simulated else ''}{about}."


def notes(facts: Facts, evidence: Evidence, fits: int, row: int) -> tuple[str, ...]:
    """Give what a reader should know beside the verdict, most important first."""
    found = []
    if facts.preset:
        found.append(f"Preset {facts.preset}: a first look, not the protocol.")
    if facts.simulated:
        found.append("Simulated data.")
    if facts.design != "joint":
        found.append("The sources were not varied together: the runs are no independent joint draws.")
    if facts.n_data_sets > 1 and facts.from_table:
        found.append(
            "The data sets are taken as independent of each other; of those that share patients keep one, or "
            "their mean."
        )
    found += facts.hints
    if fits != row:
        found.append(
            f"Row {fits} of the table of verdicts fits this design ({RESTS_ON[fits]}); row {row} speaks in its place."
        )
    found += _about_leaks(facts)
    found += _about_runs(facts)
    # That nothing is weighted, and so no part is prevalence, is no weakness.
    results = [result for result in evidence.results if result.method != "inflation_prevalence"]
    codes = {code for result in results for code in result.notes if code in _WORTH_SAYING}
    about = {code: [r.method for r in results if code in r.notes] for code in sorted(codes)}
    found += [f"{NOTES[code]} ({', '.join(dict.fromkeys(names))})" for code, names in about.items()]
    return tuple(dict.fromkeys(found))


def _about_leaks(facts: Facts) -> list[str]:
    if facts.from_table:
        return [
            "Whether a procedure leaks cannot be told from its scores or predictions: it was not checked."
        ]
    found = []
    for name in facts.names:
        if facts.leaks.get(name) is None:
            found.append(
                f"The order of steps of {name} was not checked for leaks: it is not written as steps."
            )
        milder = [f"{leak.step} ({leak.what})" for leak in facts.choices(name)]
        if milder:
            found.append(f"Milder, in {name}, where validation rows are seen: {'; '.join(milder)}.")
        for leak in facts.harmless(name):
            found.append(f"In {name}, {leak.step} stands left of the split, but nothing crosses it.")
    return found


def _about_runs(facts: Facts) -> list[str]:
    found = []
    for name, count in facts.failed.items():
        if count:
            found.append(
                f"{as_count(count, 'run')} of {name} failed and {'is' if count == 1 else 'are'} left out."
            )
    for name, count in facts.undefined.items():
        if count:
            folds = as_count(count, "fold")
            found.append(f"{facts.label} is undefined on {folds} of {name}; the others are averaged.")
    if facts.n_external_groups and not facts.external_by_group:
        found.append(
            f"The {facts.n_external:,} external rows are of {as_count(facts.n_external_groups, 'group')}, and were "
            "drawn row by row: the external intervals are too narrow."
        )
    if facts.mixed_versions:
        found.append("The runs were made with different versions of the libraries.")
    if facts.unverified:
        found.append("Nobody has published a hash of the data file: it was trusted as it came.")
    return found

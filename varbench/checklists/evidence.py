"""What a run can say to an item of a checklist: one function an item's subject, each with its evidence in words.

An item that asks whether something was done right is *met* or *not met*. An item that asks authors to report something
is *recorded*: the evidence is what to report. What the run cannot know is *open*, and says so.
How the rows were parted stands in ``splitting``, how models were scored in ``scoring``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from varbench.checklists.recorded import Recorded
from varbench.verdict.words import joined

MET, NOT_MET, RECORDED, NOT_APPLICABLE, OPEN = "met", "not met", "recorded", "not applicable", "open"
#: What an item can come to.
ANSWERS = (MET, NOT_MET, RECORDED, NOT_APPLICABLE, OPEN)
#: Why what is asked of classes does not apply.
NUMBER = "The outcome is a number."
_SELECTOR = re.compile(r"Select|RFE|VarianceThreshold|Boruta|mRMR", re.IGNORECASE)
_IMPUTER = re.compile(r"Imput", re.IGNORECASE)


class Answered(NamedTuple):
    """The answer to one item.

    Attributes
    ----------
    answer : str
        One of :data:`ANSWERS`.
    evidence : str
        What the run says, in a sentence.
    """

    answer: str
    evidence: str


def person(run: Recorded) -> Answered:
    """Give the answer to what no run can know."""
    return Answered(OPEN, "Only a person can answer this.")


def selecting_steps(run: Recorded, name: str) -> list[str]:
    """Give the texts of a procedure's steps that select features."""
    return [str(step["text"]) for step in run.steps[name] if _SELECTOR.search(str(step.get("text")))]


def step_texts(run: Recorded, pattern: re.Pattern[str]) -> str:
    """Give the texts of the steps that a pattern fits, each once."""
    steps = (step for name in run.procedures for step in run.steps[name])
    return ", ".join(
        dict.fromkeys(str(step["text"]) for step in steps if pattern.search(str(step.get("text"))))
    )


def source_of_data(run: Recorded) -> Answered:
    """Where do the data come from?"""
    data = run.data
    if run.simulated:
        return Answered(RECORDED, f"Simulated: {data.get('title') or data.get('name')}.")
    said = [str(data.get("title") or data.get("name"))]
    said += [
        f"{word} {data[key]}"
        for key, word in (("doi", "doi"), ("licence", "licence"), ("access", "access"))
        if data.get(key)
    ]
    said.append(
        "its file had no published hash to be checked against"
        if data.get("unverified")
        else f"SHA-256 {str(data.get('hash'))[:12]}…"
    )
    return Answered(RECORDED, f"{'; '.join(said)}.")  # fmt: skip


def outcome(run: Recorded) -> Answered:
    """What is predicted, and how often does it occur?"""
    if number := run.data.get("outcome"):
        return Answered(RECORDED, f"A number, {number['mean']:g} on average (SD {number['sd']:.3g}).")
    classes = run.data.get("classes") or {}
    # Cubes of the first days name the classes without counting them.
    counted = classes.items() if isinstance(classes, dict) else ()
    counts = ", ".join(f"{count} {name}" for name, count in counted)
    share = "" if run.prevalence is None else f"; prevalence {run.prevalence:.1%}"
    return Answered(RECORDED, f"{counts}{share}.") if counts else person(run)


def sample_size(run: Recorded) -> Answered:
    """How many cases, events and features are there?"""
    cases, features, events = (run.data.get(key) for key in ("n_cases", "n_features", "events"))
    if not cases or not features:
        return person(run)
    rarer = None if events is None else min(events, cases - events)
    per = "" if rarer is None else f"; {rarer / features:.2g} cases of the rarer class a feature"
    return Answered(
        RECORDED,
        f"{cases} cases, {features} features ({features / cases:.1f} features a case){per}. Whether this size was "
        "planned, only a person can say.",
    )


def dimensionality(run: Recorded) -> Answered:
    """Is the number of features that reach the model small beside the number of cases?"""
    cases, features = run.data.get("n_cases"), run.data.get("n_features")
    if not cases or not features:
        return person(run)
    selecting = [name for name in run.procedures if selecting_steps(run, name)]
    if features < cases / 10:
        return Answered(MET, f"{features} features for {cases} cases.")
    if len(selecting) == len(run.procedures):
        return Answered(
            RECORDED, f"{features} features for {cases} cases, reduced by {step_texts(run, _SELECTOR)}."
        )
    return Answered(NOT_MET, f"{features} features for {cases} cases, and no step that reduces them.")


def missing_data(run: Recorded) -> Answered:
    """How many cells are missing, and what became of them?"""
    missing = run.data.get("missing")
    if missing is None:
        return person(run)
    if not missing.get("cells"):
        return Answered(NOT_APPLICABLE, "No cell is missing.")
    how = (
        step_texts(run, _IMPUTER)
        or "no step imputes: the model itself takes missing values, or the rows were left out before"
    )
    return Answered(
        RECORDED,
        f"{missing['cells']} cells in {missing.get('rows')} rows and {missing.get('features')} features; {how}.",
    )


def preprocessing(run: Recorded) -> Answered:
    """Which steps come before the model?"""
    return _listed(run, lambda step: step.get("kind") not in ("predictor", "search", "split"))


def model(run: Recorded) -> Answered:
    """Which model is fitted, with which parameters?"""
    return _listed(run, lambda step: step.get("kind") in ("predictor", "search"))


def training(run: Recorded) -> Answered:
    """Which steps, with the model and the search for its parameters, make up the training?"""
    return _listed(run, lambda step: step.get("kind") != "split")


def _listed(run: Recorded, wanted: Callable[..., bool]) -> Answered:
    unread = [name for name in run.procedures if not run.steps[name]]
    if unread:
        return Answered(OPEN, f"{joined(unread)}: a function, whose steps cannot be read.")
    texts = {name: [str(step["text"]) for step in run.steps[name] if wanted(step)] for name in run.procedures}
    if not any(texts.values()):
        return Answered(NOT_APPLICABLE, "There is none.")
    if len({tuple(sorted(found)) for found in texts.values()}) == 1:
        return Answered(RECORDED, f"{'; '.join(next(iter(texts.values())))}.")
    return Answered(
        RECORDED,
        f"{' | '.join(f'{name}: {chr(59).join(found) or chr(8211)}' for name, found in texts.items())}.",
    )


def several_centres(run: Recorded) -> Answered:
    """Do the cases come from more than one centre?"""
    batches = run.data.get("batches") or {}
    if not batches:
        return Answered(OPEN, "No centre was declared for the cases (--batch).")
    return Answered(MET if len(batches) > 1 else NOT_MET, f"{len(batches)}: {_by_batch(run)}.")


def centres_alike(run: Recorded) -> Answered:
    """Are the classes distributed alike over the centres?"""
    from scipy.stats import chi2_contingency

    batches = run.data.get("batches") or {}
    if len(batches) < 2:
        return Answered(
            NOT_APPLICABLE if batches else OPEN,
            "One centre." if batches else "No centre was declared (--batch).",
        )
    table = [(entry.get("events"), entry["n"] - (entry.get("events") or 0)) for entry in batches.values()]
    if any(events is None for events, _ in table) or not all(map(sum, zip(*table, strict=True))):
        return person(run)
    pvalue = float(chi2_contingency(table).pvalue)
    shares = [events / (events + others) for events, others in table]
    apart = max(shares) - min(shares) > 0.1 and pvalue < 0.05
    return Answered(NOT_MET if apart else MET, f"{_by_batch(run)} (chi-squared p = {pvalue:.2g}).")


def seeds(run: Recorded) -> Answered:
    """Can the runs be made again?"""
    return Answered(
        RECORDED,
        f"Seed {run.settings.get('seed', 0)}; every draw's seed is stored, and the same command gives the same bits.",
    )


def software(run: Recorded) -> Answered:
    """Which software was used, in which versions?"""
    versions = {**(run.provenance.get("environment") or {}), **(run.settings.get("versions") or {})}
    told = [
        f"{name} {version}"
        for name, version in versions.items()
        if name not in ("platform", "machine") and version
    ]
    return Answered(RECORDED, f"{', '.join(told)}.") if told else person(run)


def machine(run: Recorded) -> Answered:
    """On what was it computed?"""
    environment = run.provenance.get("environment") or {}
    told = [str(environment[key]) for key in ("machine", "platform") if environment.get(key)]
    return Answered(RECORDED, f"{', '.join(told)}.") if told else person(run)


def script(run: Recorded) -> Answered:
    """Is there a script that makes the results again?"""
    return Answered(
        RECORDED, "The study's file and the command are stored in the cube; the report prints the command."
    )


def analysed(run: Recorded) -> Answered:
    """Are all cases of the table in the analysis?"""
    cases = run.data.get("n_cases")
    if not cases:
        return person(run)
    if run.notes:
        return Answered(
            RECORDED, f"{cases} cases; {'; '.join(run.notes)}. Who was enrolled, only a person can say."
        )
    return Answered(RECORDED, f"All {cases} cases of the table. Who was enrolled, only a person can say.")


def horizon(run: Recorded) -> Answered:
    """What is predicted, and by when?"""
    found = outcome(run)
    if found.answer != RECORDED:
        return found
    return Answered(RECORDED, f"{found.evidence} The time until it is looked at, only a person can say.")


def imbalance(run: Recorded) -> Answered:
    """What was done about the imbalance of the classes?"""
    if run.numeric:
        return Answered(NOT_APPLICABLE, NUMBER)
    samplers = sorted(
        {str(step["text"]) for name in run.procedures for step in run.steps_of(name, kind="sampler")}
    )
    weights = any(
        "class_weight" in str(step.get("text")) for name in run.procedures for step in run.steps[name]
    )
    done = [*samplers, *(["class weights"] if weights else [])]
    share = "" if run.prevalence is None else f"Prevalence {run.prevalence:.1%}: "
    return Answered(RECORDED, f"{share}{', '.join(done) or 'nothing was done'}.")


def question(run: Recorded) -> Answered:
    """What is asked?"""
    return Answered(RECORDED, run.question) if run.question else person(run)


def _by_batch(run: Recorded) -> str:
    told = []
    for name, entry in (run.data.get("batches") or {}).items():
        events = entry.get("events")
        told.append(
            f"{name} {entry['n']}" + ("" if events is None else f" ({events / entry['n']:.0%} events)")
        )
    return ", ".join(told)

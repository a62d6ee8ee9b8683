"""What a run can say to an item of a checklist: one function an item's subject, each with its evidence in words.

An item that asks whether something was done right is *met* or *not met*. An item that asks authors to report something
is *recorded*: the evidence is what to report. What the run cannot know is *open*, and says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from varbench.checklists.recorded import Recorded
from varbench.metrics import shipped_metric

MET, NOT_MET, RECORDED, NOT_APPLICABLE, OPEN = "met", "not met", "recorded", "not applicable", "open"
#: What an item can come to.
ANSWERS = (MET, NOT_MET, RECORDED, NOT_APPLICABLE, OPEN)
#: With a rarer class below this share, accuracy rewards never finding it.
BALANCED = 0.35
#: Why what is asked of classes does not apply.
_NUMBER = "The outcome is a number."
_CROSSES = {"group": "row of their group"}
_SELECTOR = re.compile(r"Select|RFE|VarianceThreshold|Boruta|mRMR", re.IGNORECASE)
_IMPUTER = re.compile(r"Imput", re.IGNORECASE)
_SEARCH = re.compile(r"Search|Tune", re.IGNORECASE)


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
    selecting = [name for name in run.procedures if _selectors(run, name)]
    if features < cases / 10:
        return Answered(MET, f"{features} features for {cases} cases.")
    if len(selecting) == len(run.procedures):
        return Answered(
            RECORDED, f"{features} features for {cases} cases, reduced by {_texts(run, _SELECTOR)}."
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
        _texts(run, _IMPUTER)
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
        return Answered(OPEN, f"{_names(unread)}: a function, whose steps cannot be read.")
    texts = {name: [str(step["text"]) for step in run.steps[name] if wanted(step)] for name in run.procedures}
    if not any(texts.values()):
        return Answered(NOT_APPLICABLE, "There is none.")
    if len({tuple(sorted(found)) for found in texts.values()}) == 1:
        return Answered(RECORDED, f"{'; '.join(next(iter(texts.values())))}.")
    return Answered(
        RECORDED,
        f"{' | '.join(f'{name}: {chr(59).join(found) or chr(8211)}' for name, found in texts.items())}.",
    )


def tuning(run: Recorded) -> Answered:
    """How were the hyperparameters chosen?"""
    searches = _texts(run, _SEARCH)
    if not searches:
        return Answered(RECORDED, "No hyperparameter is searched; the model's parameters are fixed.")
    return Answered(RECORDED, f"Searched: {searches}.{_choosing(run)}")


def tuning_apart(run: Recorded) -> Answered:
    """Are hyperparameters chosen without the test rows?"""
    if not _texts(run, _SEARCH) and not _unread(run):
        return Answered(NOT_APPLICABLE, "No hyperparameter is searched.")
    return _without(
        run,
        lambda leak: leak.code == "L1.1" and leak.kind == "estimate",
        f"By an inner split of the training rows.{_choosing(run)}",
    )


def _choosing(run: Recorded) -> str:
    """Say which steps saw the rows by which settings were chosen: a milder fault, which leaves the scores valid."""
    steps: dict[str, list[str]] = {}
    for name in run.procedures:
        for leak in run.leaks[name] or ():
            if leak.kind == "choice":
                steps.setdefault(leak.step, []).append(name)
    if not steps:
        return ""
    said = "; ".join(f"{step} in {_names(names)}" for step, names in steps.items())
    return f" Its validation rows were seen by steps before it: {said}; the choice suffers, the scores stay valid."


def partitions(run: Recorded) -> Answered:
    """How are cases assigned to training and test rows?"""
    splits = {str(step["text"]) for name in run.procedures for step in run.steps_of(name, kind="split")}
    if not splits:
        return person(run)
    over = "a fresh split in each" if "split" in run.varied else "the same split in all"
    return Answered(RECORDED, f"{'; '.join(sorted(splits))}; {run.n_repeats} repeats, {over}.")


def disjoint(run: Recorded) -> Answered:
    """Is no patient, and no copy of a row, on both sides of the split?"""
    crossing = []
    for name, shares in run.shares.items():
        found = [
            f"{share:.0%} have a {_CROSSES.get(what, what)}"
            for what, share in shares.overall.items()
            if share
        ]
        if found:
            crossing.append(f"{name}: {' and '.join(found)} among the training rows")
    if crossing:
        return Answered(NOT_MET, f"Of the test rows in {'; in '.join(crossing)}.")
    if run.data.get("groups"):
        return Answered(MET, "No copy, no relative and no group of a test row is among the training rows.")
    return Answered(
        OPEN,
        "No copy of a test row is among the training rows; whether a patient has several rows was not declared.",
    )


def separation(run: Recorded) -> Answered:
    """Is no test row, no copy of one and nothing that was learned from one among the training rows?"""
    learned = _without(
        run,
        lambda leak: leak.kind == "estimate" and leak.how == "learns",
        "Every step that learns stands right of the split, and no copy crosses it.",
    )
    made = _rows_apart(run, learned.evidence)
    return learned if learned.answer == NOT_MET else made


def preprocessing_apart(run: Recorded) -> Answered:
    """Are scaling, imputing and projecting learned on training rows alone?"""
    return _without(
        run,
        lambda leak: leak.code == "L1.2" and leak.kind == "estimate",
        "No such step stands left of the split.",
    )


def selection_apart(run: Recorded) -> Answered:
    """Are features selected after the split?"""
    if not any(_selectors(run, name) for name in run.procedures) and not _unread(run):
        return Answered(NOT_APPLICABLE, "No features are selected.")
    return _without(
        run,
        lambda leak: leak.code == "L1.3" and leak.kind == "estimate",
        "Features are selected on training rows.",
    )


def resampling_apart(run: Recorded) -> Answered:
    """Are rows oversampled after the split?"""
    samplers = {name: run.steps_of(name, kind="sampler") for name in run.procedures}
    if not any(samplers.values()) and not _unread(run):
        return Answered(NOT_APPLICABLE, "No rows are resampled.")
    return _rows_apart(run, "Rows are resampled among the training rows alone.")


def augmentation_apart(run: Recorded) -> Answered:
    """Are rows augmented after the split?"""
    if not (run.sources.get("augment") or {}).get("readers"):
        return Answered(NOT_APPLICABLE, "Nothing is augmented.")
    return _rows_apart(run, "Rows are augmented among the training rows alone.")


def _rows_apart(run: Recorded, well: str) -> Answered:
    """Nothing that was made of a test row may be among the training rows: by the recorded shares, else by the order."""
    made = []
    for name, shares in run.shares.items():
        known = [shares.overall.get(what) for what in ("copy", "relative")]
        share = max((value for value in known if value is not None), default=None)
        ordered = any(leak.how == "copies" for leak in run.leaks[name] or ())
        if share or (share is None and ordered):
            made.append(
                name
                if share is None
                else f"{name} ({share:.0%} of the test rows are related to training rows)"
            )
    if made:
        return Answered(NOT_MET, f"Before the split in {_names(made)}.")
    return _unless_unread(run, well)


def _without(run: Recorded, wrong: Callable[..., bool], well: str) -> Answered:
    found = [
        f"{leak.step} in {name}: {leak.what}"
        for name in run.procedures
        for leak in run.leaks[name] or ()
        if wrong(leak)
    ]
    return Answered(NOT_MET, f"{'; '.join(found)}.") if found else _unless_unread(run, well)


def _unless_unread(run: Recorded, well: str) -> Answered:
    unread = _unread(run)
    return Answered(OPEN, f"{_names(unread)}: its steps cannot be read.") if unread else Answered(MET, well)


def _unread(run: Recorded) -> list[str]:
    return [name for name in run.procedures if run.leaks[name] is None]


def metrics(run: Recorded) -> Answered:
    """Which metrics are computed, and which of them is the primary one?"""
    first, *others = (_label(name) for name in run.metrics)
    also = f"; also {', '.join(others)}" if others else ""
    late = f"; {run.overrides} of these declarations set after the runs" if run.overrides else ""
    return Answered(RECORDED, f"Primary: {first}{_margin(run)}{also}{late}.")


def metric_fits(run: Recorded) -> Answered:
    """Does the primary metric fit the balance of the classes?"""
    share = run.prevalence
    rarer = None if share is None else min(share, 1 - share)
    if run.numeric:
        return Answered(NOT_APPLICABLE, _NUMBER)
    if run.metrics[0] != "accuracy":
        return Answered(MET, f"The primary metric is {_label(run.metrics[0])}.")
    if rarer is None:
        return person(run)
    always = f"always the commoner class has an accuracy of {1 - rarer:.1%}"
    return Answered(NOT_MET if rarer < BALANCED else MET, f"The primary metric is accuracy; {always}.")


def precision_recall(run: Recorded) -> Answered:
    """Do precision and recall stand beside the other metrics?"""
    if run.numeric:
        return Answered(NOT_APPLICABLE, _NUMBER)
    absent = [_label(name) for name in ("precision", "recall") if name not in run.metrics]
    if not absent:
        return Answered(MET, "Precision and recall are computed.")
    return Answered(
        NOT_MET,
        f"Not computed: {', '.join(absent)}. varbench report RUN --metrics adds them without a new run.",
    )


def calibration(run: Recorded) -> Answered:
    """Is the calibration of the probabilities assessed?"""
    if run.numeric:
        return Answered(NOT_APPLICABLE, _NUMBER)
    proper = [_label(name) for name in ("brier", "log_loss") if name in run.metrics]
    if not proper:
        return Answered(
            NOT_MET,
            "No proper score is computed; the predictions are kept: varbench evaluate RUN draws the curve.",
        )
    return Answered(
        RECORDED, f"By {' and '.join(proper)}; varbench evaluate RUN gives slope, intercept and curve."
    )


def baseline(run: Recorded) -> Answered:
    """Is there a baseline for what counts as acceptable?"""
    dummies = [
        name for name in run.steps if any("Dummy" in str(step.get("text")) for step in run.steps[name])
    ]
    also = f", and so does {_names(dummies)}" if dummies else ""
    if run.numeric:
        return Answered(
            MET, f"The mean and the median of the outcome stand in every table of the report{also}."
        )
    return Answered(
        MET, f"Constant answers at the prevalence of the cohort stand in every table of the report{also}."
    )


def external(run: Recorded) -> Answered:
    """Was every model scored on data from elsewhere?"""
    if run.external == "file":
        return Answered(
            MET, f"Every fitted model was scored on {run.n_external} cases of {run.external_name}."
        )
    if run.external == "population":
        return Answered(
            RECORDED,
            f"On {run.n_external} fresh cases a repeat from the simulated population: not from elsewhere.",
        )
    return Answered(NOT_MET, "No external data were scored; --external does it.")


def internal(run: Recorded) -> Answered:
    """Was performance measured on rows that the models have not seen?"""
    leaking = [
        name for name in run.procedures if any(leak.kind == "estimate" for leak in run.leaks[name] or ())
    ]
    if leaking:
        return Answered(NOT_MET, f"Not in {_names(leaking)}: steps before the split see the test rows.")
    return _unless_unread(run, "By cross-validation; no step sees the test rows.")


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


def uncertainty(run: Recorded) -> Answered:
    """How is the uncertainty of the scores quantified?"""
    varied = ", ".join(run.varied) or "nothing"
    level = run.declared.get("confidence_level") or 0.95
    return Answered(
        RECORDED,
        f"{run.n_repeats} repeats that vary {varied}; spread, {level:.0%} intervals and whom they are about stand in "
        "the report.",
    )


def comparison(run: Recorded) -> Answered:
    """How are models compared?"""
    if len(run.procedures) < 2:
        return Answered(NOT_APPLICABLE, "One procedure.")
    return Answered(
        RECORDED,
        f"{' against '.join(run.procedures[:2])} on the same re-splits by a method whose error rate was measured for "
        "the design; the report's verdict names it.",
    )


def robustness(run: Recorded) -> Answered:
    """Was it varied what could as well have been otherwise?"""
    fixed = [name for name, entry in run.sources.items() if entry.get("state") == "fixed"]
    kept = f"; kept fixed: {', '.join(fixed)}" if fixed else ""
    return Answered(RECORDED, f"Varied: {', '.join(run.varied) or 'nothing'}{kept}.")


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


def mistakes(run: Recorded) -> Answered:
    """Was it looked at which cases are predicted wrongly?"""
    return Answered(
        OPEN,
        "The prediction of every test row is kept; which cases are wrong, and why, only a person can say.",
    )


def evaluated(run: Recorded) -> Answered:
    """How were the predictions for other data made?"""
    found = external(run)
    return Answered(NOT_APPLICABLE, "No other data were scored.") if found.answer == NOT_MET else found


def horizon(run: Recorded) -> Answered:
    """What is predicted, and by when?"""
    found = outcome(run)
    if found.answer != RECORDED:
        return found
    return Answered(RECORDED, f"{found.evidence} The time until it is looked at, only a person can say.")


def imbalance(run: Recorded) -> Answered:
    """What was done about the imbalance of the classes?"""
    if run.numeric:
        return Answered(NOT_APPLICABLE, _NUMBER)
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


def _label(name: str) -> str:
    return known.label if (known := shipped_metric(name)) else name


def _margin(run: Recorded) -> str:
    margin = run.declared.get("margin")
    return "" if margin is None else f" with a margin of {margin:g}, declared before the runs"


def _selectors(run: Recorded, name: str) -> list[str]:
    return [str(step["text"]) for step in run.steps[name] if _SELECTOR.search(str(step.get("text")))]


def _texts(run: Recorded, pattern: re.Pattern[str]) -> str:
    steps = (step for name in run.procedures for step in run.steps[name])
    return ", ".join(
        dict.fromkeys(str(step["text"]) for step in steps if pattern.search(str(step.get("text"))))
    )


def _by_batch(run: Recorded) -> str:
    told = []
    for name, entry in (run.data.get("batches") or {}).items():
        events = entry.get("events")
        told.append(
            f"{name} {entry['n']}" + ("" if events is None else f" ({events / entry['n']:.0%} events)")
        )
    return ", ".join(told)


def _names(names: Iterable[str]) -> str:
    found = list(names)
    return " and ".join((", ".join(found[:-1]), found[-1])) if len(found) > 1 else "".join(found)

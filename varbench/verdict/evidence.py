"""The results that a verdict reads, and a few sentences made of one result each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from varbench.effects import constant_scores
from varbench.metrics import METRICS, label_of, shipped_metric
from varbench.stats import Result
from varbench.verdict.design import Facts
from varbench.verdict.words import as_count, as_interval, as_number, as_percent, decimals_for, joined


class Evidence:
    """Results by what they are about.

    Parameters
    ----------
    facts : Facts
        The facts.
    results : iterable of Result
        Of any methods and metrics; a result whose settings name no metric is about the primary one.
    """

    def __init__(self, facts: Facts, results: Iterable[Result]) -> None:
        self.facts = facts
        self.results = tuple(results)

    def get(self, method: str, *, metric: str | None = None, procedure: str | None = None) -> Result | None:
        """Give the result of a method, of the primary metric where none is named; None where there is none."""
        wanted = self.facts.metric if metric is None else metric
        for result in self.results:
            about = result.settings.get("metric", self.facts.metric)
            of = procedure is None or result.settings.get("procedure") == procedure
            if result.method == method and about == wanted and of:
                return result
        return None

    def has(self, *methods: str) -> tuple[str, ...]:
        """Give those of some methods that have a result with an estimate on the primary metric."""
        found = {name: self.get(name) for name in methods}
        return tuple(
            name for name, result in found.items() if result is not None and result.estimate is not None
        )

    def tests(self) -> tuple[str, ...]:
        """Give the methods that print a p-value on the primary metric."""
        about = [r for r in self.results if r.settings.get("metric", self.facts.metric) == self.facts.metric]
        return tuple(dict.fromkeys(r.method for r in about if r.pvalue is not None))

    def other_metrics(self) -> tuple[str, ...]:
        """Give the metrics beside the primary one of which there is an inflation."""
        named = [r.settings.get("metric") for r in self.results if r.method == "inflation"]
        return tuple(dict.fromkeys(m for m in named if m not in (None, self.facts.metric)))


def with_interval(result: Result, decimals: int | None = None) -> str:
    """Write an estimate with its interval, in decimals that fit each other.

    Examples
    --------
    >>> from varbench.stats import difference
    >>> with_interval(difference([0.9, 0.8, 0.7], [0.6, 0.6, 0.5], pairing="exact"))
    '0.23 [0.09, 0.38]'
    """
    if result.estimate is None:
        return "not known"
    if result.interval is None:
        return as_number(result.estimate, 2 if decimals is None else decimals)
    wanted = decimals_for(*result.interval) if decimals is None else decimals
    return f"{as_number(result.estimate, wanted)} {as_interval(*result.interval, wanted)}"


def pvalue(value: float) -> str:
    """Write a p-value.

    Examples
    --------
    >>> pvalue(0.0312), pvalue(1e-9)
    ('p = 0.031', 'p < 0.001')
    """
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def score_of_itself(evidence: Evidence, procedure: str) -> str | None:
    """Tell what a procedure says of itself, and what the truth is."""
    facts, found = evidence.facts, evidence.get("optimism", procedure=procedure)
    if found is None or found.estimate is None:
        return None
    truth, number = found.settings["mean_truth"], as_count(int(found.settings["n_truth"]), "patient")
    if facts.external == "population":
        judges = f"{number.replace(' ', ' fresh ')} a repeat"
    else:
        judges = f"the {number} of {facts.external_name or 'the external set'}"
    return (
        f"{procedure} gave {facts.measure} {_gave(evidence, procedure, found.settings['mean_own'])}; the same models, "
        f"on {judges}, have {as_number(truth)}: it overstates by {with_interval(found)}."
    )


def _gave(evidence: Evidence, procedure: str, weighted: float) -> str:
    """Give the score as a table shows it, and beside it the one that optimism is about, where they differ."""
    found = evidence.get("difference")
    place = "first" if procedure == evidence.facts.first else "second"
    shown = None if found is None else found.settings.get(f"mean_{place}")
    if shown is None or as_number(shown) == as_number(weighted):
        return as_number(weighted)
    return f"{as_number(shown)} ({as_number(weighted)} counting every patient once)"


def causes(facts: Facts, procedure: str) -> list[str]:
    """Tell why a procedure's score is invalid: what crosses the split, and what learns from test rows."""
    other = facts.second if procedure == facts.first else facts.first
    found = []
    for relation in facts.crossing(procedure):
        share, ours = _share(facts, procedure, relation), _share(facts, other, relation)
        beside = "" if ours is None else f" ({as_percent(ours)} in {other})"
        much = "an unknown share" if share is None else as_percent(share)
        found.append(
            f"{much} of the test rows of {procedure} have {_RELATIONS[relation]} in training{beside}"
        )
    alike: dict[str, list[str]] = {}
    for leak in facts.learning(procedure):
        alike.setdefault(leak.what, []).append(leak.step)
    for what, steps in alike.items():
        several = len(steps) > 1
        each = f"each {what.removeprefix('it ')}" if several else what
        found.append(
            f"in {procedure}, {joined(steps)} {'stand' if several else 'stands'} left of the split: {each}"
        )
    return found


def advice(facts: Facts, procedures: Iterable[str]) -> str:
    """Tell how the procedures' leaks are mended, in sentences that each start with a space."""
    leaks = [leak for name in procedures for leak in facts.leaks.get(name) or () if leak.kind == "estimate"]
    moved = dict.fromkeys(leak.step for leak in leaks if leak.cure == _MOVE.format(leak.step, "it sees"))
    cures = dict.fromkeys(leak.cure for leak in leaks if leak.cure and leak.step not in moved)
    if moved:
        cures = {_MOVE.format(joined(moved), "it sees" if len(moved) == 1 else "they see"): None, **cures}
    return "".join(f" {cure[:1].upper()}{cure[1:]}." for cure in cures)


#: What only rounding leaves of a part that is nothing.
_NONE = 1e-12
#: How :func:`varbench.procedure.find_leaks` words the commonest cure; several steps share one sentence.
_MOVE = "move {} right of Split, so that {} the training rows only"


_RELATIONS = {
    "copy": "a copy",
    "relative": "a relative (a row made from the same one)",
    "group": "a row of their own group",
}


def _share(facts: Facts, procedure: str, relation: str) -> float | None:
    shares = facts.shares.get(procedure)
    return None if shares is None else shares.overall.get(relation)


def _is_prevalence_free(metric: str) -> bool:
    known = shipped_metric(metric)
    return known is not None and known.prevalence_free


def parts(evidence: Evidence, metric: str) -> str:
    """Tell which part of an inflation is the leak, and which the prevalence; empty where it is not known."""
    leakage = evidence.get("inflation_leakage", metric=metric)
    prevalence = evidence.get("inflation_prevalence", metric=metric)
    if leakage is None or prevalence is None or leakage.estimate is None or prevalence.estimate is None:
        return ""
    if abs(prevalence.estimate) < _NONE:  # no test row was copied
        total = evidence.get("inflation", metric=metric)
        # Of what may as well be nothing there is no share to tell.
        low, high = (0.0, 0.0) if total is None or total.interval is None else total.interval
        return "" if low <= 0 <= high else "all of it is the leak"
    # What a prevalence cannot move, patients who count several times still can.
    only = "that patients count several times" if _is_prevalence_free(metric) else "the changed prevalence"
    return (
        f"{as_number(leakage.estimate)} of it is the leak, {as_number(prevalence.estimate)} only {only} among its "
        "test rows"
    )


def inflated(evidence: Evidence, metric: str) -> str | None:
    """Tell how far a metric beside the primary one is inflated, and what answering without looking has."""
    total = evidence.get("inflation", metric=metric)
    if total is None or total.estimate is None:
        return None
    settings = total.settings
    before, after = as_number(settings["mean_second"]), as_number(settings["mean_first"])
    sentences = [
        f"{label_of(metric)} goes from {before} to {after}{published(evidence.facts, settings, metric)}"
    ]
    sentences += [text for text in (parts(evidence, metric), always(evidence.facts, metric)) if text]
    return "; ".join(sentences) + "."


def published(facts: Facts, settings: Any, metric: str) -> str:
    """Give the published figures of the same pair, without holding them against ours."""
    figures = facts.published.get("procedures", facts.published)
    found = []
    for name in (settings["second"], settings["first"]):
        figure = (figures.get(name) or {}).get(metric)
        if figure is None:
            return ""
        found.append(as_number(float(figure[0] if isinstance(figure, list | tuple) else figure)))
    title = facts.published.get("title")
    return f" (published{f', {title}' if title else ''}: {found[0]} to {found[1]})"


def always(facts: Facts, metric: str) -> str:
    """Tell what always answering with the positive class scores in the cohort; empty where it is not known."""
    known = metric in METRICS and METRICS[metric].needs == "label" and facts.positive
    if not known or not facts.n_cases or facts.n_positive is None:
        return ""
    constant = constant_scores(facts.n_positive / facts.n_cases, [metric])["positive"][metric]
    if constant.value is None:
        return ""
    return f'always answering "{facts.positive}" has {as_number(constant.value)}'

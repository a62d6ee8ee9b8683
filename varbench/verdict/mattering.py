"""Which of several pitfalls matter? A study's pairs of procedures, each with the size of its inflation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from varbench.stats import Result
from varbench.verdict.concluding import Conclusion
from varbench.verdict.design import Facts
from varbench.verdict.draft import where_of
from varbench.verdict.evidence import Evidence
from varbench.verdict.sizes import size_of
from varbench.verdict.words import as_difference


@dataclass(frozen=True)
class Mattering:
    """One pair of procedures, and how much what tells them apart matters.

    Parameters
    ----------
    title : str
        What the pair is about.
    facts : Facts
        Of its design.
    found : Result or None
        The inflation of the first over the second, or their difference where none of them leaks.
    size : str
        One of :data:`SIZES`.
    """

    title: str
    facts: Facts
    found: Result | None
    size: str

    @classmethod
    def of(cls, title: str, concluded: Conclusion) -> Mattering:
        """Read it from a conclusion about the two."""
        evidence = Evidence(concluded.facts, concluded.results)
        found = evidence.get("inflation") or evidence.get("difference")
        return cls(title, concluded.facts, found, size_of(found, concluded.facts.margin))


def mattering(pairs: Sequence[Mattering]) -> tuple[str, ...]:
    """Which of several pitfalls matter?

    Parameters
    ----------
    pairs : sequence of Mattering
        Of one study, so with one metric and margin.

    Returns
    -------
    tuple of str
        A sentence for those that matter, those that are negligible, and those of which it cannot be told; none
        without pairs.
    """
    if not pairs:
        return ()
    facts = pairs[0].facts
    margin = "" if facts.margin is None else f" (margin {facts.margin:g} {facts.measure})"
    sentences = []
    for sizes, words in _GROUPS:
        mine = [pair for pair in pairs if pair.size in sizes]
        if mine:
            items = "; ".join(_item(pair) for pair in mine)
            sentences.append(f"{words}: {items}.")
    opening = f"{where_of(facts)}, of {len(pairs)} pitfalls{margin}: {sentences[0]}"
    return (opening, *(f"{text[0].upper()}{text[1:]}" for text in sentences[1:]))


_GROUPS = (
    (("matters",), "what matters"),
    (("size_unsettled", "inflates"), "what inflates by an amount that is not settled"),
    (("negligible",), "what is negligible"),
    (("lowers", "lowers_unsettled"), "what lowers the score"),
    (("not_told",), "what cannot be told"),
)


def _item(pair: Mattering) -> str:
    if pair.found is None or pair.found.estimate is None:
        return pair.title
    small = abs(pair.found.estimate) < 0.005
    return f"{pair.title} ({as_difference(pair.found.estimate, 4 if small else 2)})"

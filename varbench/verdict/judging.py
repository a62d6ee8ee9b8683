"""The verdict, and the one function that makes it from facts and results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from html import escape
from typing import Any

from varbench.stats import Result
from varbench.stats.result import plain
from varbench.verdict import family_words
from varbench.verdict.context import basis, notes
from varbench.verdict.design import Facts
from varbench.verdict.evidence import Evidence
from varbench.verdict.rows import drafted, externally
from varbench.verdict.words import quoted


@dataclass(frozen=True)
class Verdict:
    """What do the numbers support?

    Parameters
    ----------
    row : int
        The row of the table of verdicts whose words stand here.
    fits : int
        The row that the design is of; another one where the result that it rests on is missing.
    scope : str
        Whom the verdict is about; it opens the text.
    headline : str
        The verdict in one sentence.
    sentences : tuple of str
        The numbers, in sentences.
    basis : tuple of str
        Metric and margin, unit and n, what was varied and fixed, the method and its class, the data.
    counted : tuple of str
        The methods that count as evidence here.
    greyed : mapping of str to str
        The methods that do not, with the reason.
    settle : str
        What would settle the question.
    notes : tuple of str
        What a reader should know beside.
    rung : str
        The rung of the ladder, ``"not_confirmed"``, or empty where a row has no ladder.
    winner : str
        The procedure that is ahead by that rung, or empty.
    """

    row: int
    fits: int
    scope: str
    headline: str
    sentences: tuple[str, ...]
    basis: tuple[str, ...]
    counted: tuple[str, ...]
    greyed: Mapping[str, str]
    settle: str
    notes: tuple[str, ...]
    rung: str = ""
    winner: str = ""

    @property
    def text(self) -> str:
        """The whole verdict as plain text, a line a sentence; its scope first."""
        lines = [f"{self.scope}: {self.headline}", *self.sentences, f"What would settle it: {self.settle}"]
        return "\n".join([*lines, *self.basis, *(f"Note: {note}" for note in self.notes)])

    def to_dict(self) -> dict[str, Any]:
        """Give the fields as what JSON can hold."""
        return {f.name: plain(getattr(self, f.name)) for f in fields(self)}

    def _repr_html_(self) -> str:
        more = "".join(f"<p>{escape(sentence)}</p>" for sentence in (*self.sentences, self.settle))
        return f"<p><strong>{escape(self.scope)}: {escape(self.headline)}</strong></p>{more}"


def verdict(facts: Facts, results: Iterable[Result]) -> Verdict:
    """What do the numbers support?

    Parameters
    ----------
    facts : Facts
        Of the design; they alone decide which words are possible.
    results : iterable of Result
        Of more than two procedures those of every pair, with simultaneous intervals and adjusted p-values; else as
        :func:`~varbench.effects.compare`, :func:`~varbench.effects.inflation`,
        :func:`~varbench.effects.truth`, :func:`~varbench.effects.external_difference` and
        :func:`~varbench.effects.resample_floor` give them; what is missing is not spoken of.

    Returns
    -------
    Verdict
        Where the result that its row rests on is missing, the cautious words of row 7, and a note.
    """
    evidence = Evidence(facts, results)
    fits, row, draft = (family_words.drafted if facts.procedures else drafted)(facts, evidence)
    if facts.external == "file" and not facts.procedures:
        draft = externally(draft, facts, evidence, row)
    return Verdict(
        row=row, fits=fits, scope=draft.scope, headline=quoted(draft.headline, facts.names, all_of=True),
        sentences=tuple(quoted(text, facts.names) for text in draft.sentences),
        basis=basis(facts, draft, evidence), counted=draft.counted, greyed=draft.greyed,
        settle=quoted(draft.settle, facts.names),
        notes=notes(facts, evidence, fits, row), rung=draft.rung, winner=draft.winner,
    )  # fmt: skip

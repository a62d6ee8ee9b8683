"""Compare procedures of which only scores are known: a table with a row or a cell a score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from varbench.effects import Scored, compare_scored, floor_of
from varbench.errors import InputError, StatisticsError
from varbench.metrics import label_of
from varbench.questions.data_sets import over_data_sets
from varbench.questions.family_one import several_on_one
from varbench.questions.pieces import (
    concluded,
    counted,
    known_procedures,
    pair_of,
    picture_of_wins,
    pictures_of_pairs,
)
from varbench.questions.words import methods_paragraph, said_in
from varbench.report import Answer
from varbench.stats import Design, MethodClass, Result, method_class
from varbench.stats.planning import KINDS, SHARES, width_of
from varbench.tables import Scores
from varbench.tables.scores import CELL
from varbench.verdict import MIN_DATA_SETS, Conclusion, Facts
from varbench.verdict.words import as_count

Floats = npt.NDArray[np.float64]
_PAIRINGS = ("exact", "none")
#: An answer repeats the scores that it is about up to so many.
MOST_ROWS = 100_000


def answer_scores(
    scores: Scores,
    *,
    procedures: Sequence[str] | None,
    vary: Sequence[str] | None,
    pairing: str | None,
    n_cases: int | None,
    positives: int | None,
    margin: float | None,
    gamma: float,
    confidence_level: float,
    rng: int,
    about: dict[str, Any],
) -> Answer:
    """Answer whether procedures differ by their scores alone.

    Parameters
    ----------
    scores : Scores
        From :func:`varbench.tables.read_scores`.
    procedures, vary, pairing, n_cases, positives, margin, gamma, confidence_level, rng
        As in :func:`varbench.questions.compare`.
    about : dict
        Provenance.

    Returns
    -------
    Answer
        With several data sets these are the unit; with one, its repeats.
    """
    if pairing is not None and pairing not in _PAIRINGS:
        raise InputError(f"pairing={pairing!r}: a table of scores is paired 'exact' or 'none'")
    if pairing == "exact" and not scores.paired:
        raise InputError(
            "pairing='exact': no column says which scores belong together; name it with repeat= or fold="
        )
    told = Told(scores, vary, pairing, n_cases, positives, margin, gamma, confidence_level)
    if len(scores.datasets) > 1:
        return over_data_sets(told, procedures, rng, about)
    names = scores.methods if procedures is None else tuple(procedures)
    if len(names) > 2:
        return several_on_one(told.of(known_procedures(scores.methods, names)), about)
    first, second = pair_of(scores.methods, procedures)
    return _one_data_set(told, first, second, about)


class Told:
    """A table of scores and what its user says of it.

    Parameters
    ----------
    scores : Scores
        The table.
    vary, pairing, n_cases, positives, margin, gamma, confidence_level
        As in :func:`varbench.questions.compare`.
    """

    def __init__(
        self,
        scores: Scores,
        vary: Sequence[str] | None,
        pairing: str | None,
        n_cases: int | None,
        positives: int | None,
        margin: float | None,
        gamma: float,
        confidence_level: float,
    ) -> None:
        self.scores, self.vary, self.n_cases, self.positives = scores, vary, n_cases, positives
        self.margin, self.gamma, self.confidence_level = margin, gamma, confidence_level
        # Columns that name the repeat and the fold say which scores belong together; without them nothing does.
        self.pairing = pairing or ("exact" if scores.paired else "none")

    @property
    def shares_runs(self) -> bool:
        """Whether scores of one repeat and fold belong together, so that only runs that all have can be compared."""
        return self.scores.paired and self.pairing == "exact"

    def of(self, names: Sequence[str], confidence_level: float | None = None) -> Told:
        """Give what is told of some procedures alone, with another level of each interval where one is given."""
        level = self.confidence_level if confidence_level is None else confidence_level
        return Told(
            self.scores.only(names), self.vary, self.pairing, self.n_cases, self.positives, self.margin, self.gamma,
            level,
        )  # fmt: skip

    def scored(self, first: str, second: str, dataset: str) -> Scored:
        """Give the scores of two procedures on one data set, repeat by repeat and fold by fold."""
        a, b = self.scores.arrays(first, second, dataset)
        return Scored(
            first=first,
            second=second,
            metric=self.scores.metric,
            a=a,
            b=b,
            greater=self.scores.greater_is_better,
            pairing=self.pairing,
            matched=self.scores.paired,
            fresh="cohort" in (self.vary or ()),
            ratio=self.scores.ratio(dataset),
            n_cases=self.n_cases,
            n_positive=self.positives,
            confidence_level=self.confidence_level,
            gamma=self.gamma,
        )

    def facts(self, first: str, second: str, scored: Scored | None, **more: Any) -> Facts:
        """Give what a verdict may know of a table of scores."""
        scores = self.scores
        repeats = 0
        if scored is not None:
            a, b = scored.means()
            repeats = int(np.isfinite(a + b).sum()) if len(a) == len(b) else min(len(a), len(b))
        return Facts(
            first=first,
            second=second,
            metric=scores.metric,
            label=label_of(scores.metric),
            greater_is_better=scores.greater_is_better,
            margin=self.margin,
            pairing=self.pairing,
            n_repeats=repeats,
            gamma=self.gamma,
            confidence_level=self.confidence_level,
            n_cases=self.n_cases,
            n_positive=self.positives,
            varied=tuple(self.vary or ()),
            n_folds=1 if scored is None else scored.a.shape[1],
            predictions=False,
            from_table=True,
            data=str(more.pop("data", "")),
            hints=self.hints(scored, more.get("n_data_sets", 1)),
            **more,
        )

    def hints(self, scored: Scored | None, n_data_sets: int) -> tuple[str, ...]:
        """Give what the user could say of the table to hear more."""
        found = list(self.scores.notes)
        if scored is None:  # several data sets: they are the unit, whatever their repeats are
            return (*found, *self._of_each_set(n_data_sets))
        if self.vary is None:
            found.append(
                "What was drawn anew between the repeats is not said, so the most cautious words stand here; "
                "vary=['split', 'init'] says it (cohort: each repeat has patients of its own)."
            )
        if not self.scores.paired:
            found.append(
                "No column names the repeat or the fold, so no two scores belong together; repeat= and "
                "fold= name them."
            )
        elif self.pairing == "exact":
            found.append(
                "Scores of one repeat and fold are taken to be of the same test rows, as the columns say; "
                "pairing='none' where they are not."
            )
            if differ := self.scores.pairs(scored.first, scored.second).sizes_differ:
                found.append(
                    f"In {as_count(differ, 'run')} the two have test sets of different sizes, which cannot be the "
                    "same rows: pairing='none', or put the sizes right."
                )
        if self.vary and "split" in self.vary and scored.ratio is None:
            found.append(
                "How many cases a fold trained and tested on is not said; n_train= and n_test= say it."
            )
        return tuple(found)

    def _of_each_set(self, number: int) -> tuple[str, ...]:
        """Give what would let each of a few data sets have a test of its own."""
        if number >= MIN_DATA_SETS:
            return ()
        if "split" not in (self.vary or ()):
            return (
                "Whether the repeats re-split the cases of each data set is not said; vary=['split'] says it, and each "
                "has a test of its own.",
            )
        if any(self.scores.ratio(name) is None for name in self.scores.datasets):
            return ("How many cases a fold trained and tested on is not said; n_train= and n_test= say it.",)
        return ()


def _one_data_set(told: Told, first: str, second: str, about: dict[str, Any]) -> Answer:
    scores = told.scores
    dataset = scores.datasets[0]
    scored = told.scored(first, second, dataset)
    facts = told.facts(first, second, scored, data=dataset)
    conclusion = concluded(facts, _results(told, scored))
    frames, pictures = pictures_of_pairs(scored, facts.over, told.margin)
    more_frames, more_pictures = picture_of_wins(conclusion.results, told.gamma)
    return answer_of(
        conclusion,
        "compare",
        f"{about.get('source', 'scores')}: {first} and {second}, {counted(facts.n_repeats, facts.over)}",
        frames={**frames, **more_frames, **_given(scores)},
        pictures=(*pictures, *more_pictures),
        about=about,
    )


def _given(scores: Scores) -> dict[str, pd.DataFrame]:
    """Give the scores themselves, as plain columns; of a very large table nothing, which has them already."""
    if len(scores.frame) > MOST_ROWS:
        return {}
    return {"scores": scores.frame.astype(dict.fromkeys(CELL, object))}


def _results(told: Told, scored: Scored) -> list[Result]:
    found = compare_scored(scored)
    if not scored.fresh and scored.pairing == "exact" and scored.a.size > 1 and scored.ratio is not None:
        found.append(floor_of(scored))
    if told.n_cases is not None:
        known = scored.a[np.isfinite(scored.a)]
        if len(known):
            centre, level = float(known.mean()), scored.confidence_level
            found += noise_of_one(centre, told.n_cases, told.positives, scored.metric, level)
    return found


def noise_of_one(
    value: float,
    n: int,
    positives: int | None,
    metric: str,
    confidence_level: float,
    sd: float | None = None,
) -> list[Result]:
    """Give the noise of one score at n test cases, half the width of its interval; none where no formula is known.

    Of a share it is Wilson's, whose class was measured; nobody measured the others.
    """
    prevalence = positives / n if positives else None
    level = confidence_level
    try:
        half = width_of(metric, n, expected=value, prevalence=prevalence, sd=sd, confidence_level=level) / 2
    except StatisticsError:  # a metric without a formula, or one that needs the prevalence, which nobody said
        return []
    known = MethodClass("unknown", "")
    if KINDS[metric] in SHARES:
        known = method_class("proportion", design="one model", n=n, prevalence=prevalence, metric=metric)
    settings = {"metric": metric, "expected": value, "prevalence": prevalence}
    if known.rate:
        settings["measured_error_rate"] = known.rate
    design = Design("test case", "none", "E3", known.validity, level)
    return [design.result("noise_band", n=n, estimate=half, settings=settings)]


def answer_of(conclusion: Conclusion, command: str, kicker: str, **more: Any) -> Answer:
    """Make the answer that one verdict is."""
    facts, _, said = conclusion
    better = "higher" if facts.greater_is_better else "lower"
    return Answer(
        command=command,
        kicker=kicker,
        question=f"Is {facts.first} better than {facts.second}, by {facts.label}?",
        scope=said.scope,
        headline=said.headline,
        sentences=said.sentences,
        settle=said.settle,
        notices=said_in(said.notes),
        verdicts=(conclusion,),
        methods=methods_paragraph(conclusion, f"{facts.label} ({better} is better)"),
        **more,
    )

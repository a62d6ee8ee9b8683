"""One result for every statistical method, and what its notes mean."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from html import escape
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import numpy as np

from varbench.errors import StatisticsError, unknown
from varbench.stats.samples import is_number

if TYPE_CHECKING:
    import pandas as pd

#: What a claim is about.
ESTIMANDS: dict[str, str] = {
    "E1": "this cohort, averaged over its splits and seeds",
    "E2": "the population that this cohort is a sample of, for these algorithms at this size",
    "E3": "these trained models, on patients like the test patients",
    "E4": "data sets like these",
    "O": "optimism: what a procedure says of itself minus the truth",
}

#: What a pair of scores has in common.
PAIRINGS: dict[str, str] = {
    "exact": "both procedures were tested on the same rows",
    "group": "both procedures were tested on rows of the same groups",
    "cohort": "both procedures had the same freshly drawn cohort, but not the same test rows",
    "none": "the test rows of the two procedures have nothing to do with each other",
}

#: How far the error rate of a method can be trusted for the design at hand.
VALIDITIES: dict[str, str] = {
    "exact": "its error rate is the nominal one",
    "approximate": "its error rate was measured: it is not the nominal one, and at most 0.10",
    "failing": "its error rate was measured, and is far from the nominal one",
    "unknown": "its error rate has not been measured for this design",
}

#: Every weakness that a result can have, in a sentence.
NOTES: dict[str, str] = {
    "constant_difference": "All differences are equal: there is no spread to judge them by, and no interval.",
    "ties": "Some scores are exactly equal; the settings say how equal scores were counted.",
    "too_few_to_reject": "There are too few units for this method to reject anything, whatever the scores.",
    "pairs_dropped": "Some scores are missing; they, and those paired with them, were left out and counted.",
    "repeats_share_data": "The repeats share their patients: they speak of this cohort alone.",
    "not_paired": "The two procedures were not tested on the same rows, so their scores form no pairs.",
    "pairing_ignored": "The scores come in pairs and are taken as independent: the interval is too wide.",
    "interval_not_computed": "There are too many pairs of scores for an estimate with its interval.",
    "fixed_patients": "The same external patients judge every model; the interval draws them anew too.",
    "resamples_redrawn": "Some resamples had no value (one class only); they were drawn again, and counted.",
    "few_resamples": "This metric is slow to compute; the settings say how few resamples were drawn.",
    "naive": "The scores share data and are taken as independent: the error rate is far above the nominal one.",
    "one_fold_decides": "The statistic takes one fold's difference; another fold gives another p-value.",
    "boundary": "The estimate lies at the end of its range, where an interval is least certain.",
    "one_class": "Only one class is there, so there is nothing to tell apart.",
    "small_sample": "The approximation behind the interval is not good with so few units.",
    "median_coverage": "Bootstrap intervals of a median cover too rarely in small samples.",
    "cells_missing": "Some cells of the table are missing; the settings say which rule was used, and how many.",
    "groups_as_units": "The cases of one group count as one unit.",
    "separated": "One threshold parts the classes without fault, so this coefficient has no finite estimate.",
    "clipped": "Probabilities of exactly 0 or 1 have no logit; they were moved inwards a little, and counted.",
    "biased_upwards": "It is too large on average, even for a perfect model; beside it stands how large it is for one.",
    "variance_negative": "A variance component was estimated below 0, and is given as 0.",
    "not_converged": "The estimation did not converge; the numbers are those of its last step.",
    "unbalanced": "The design is unbalanced; its components come from restricted maximum likelihood.",
    "one_test_set": "The estimate is about this test set's size; another one may differ.",
    "no_variance": "All scores are equal: there is no variance to share out, and no interval.",
}

#: The confidence levels there are: below the first an interval may miss its own estimate, above the last quantiles
#: are infinite.
LEVELS = (0.5, 1 - 1e-9)

_NUMBERS = ("estimate", "ci_low", "ci_high", "confidence_level", "statistic", "pvalue")


@dataclass(frozen=True)
class Result:
    """What did one method find, about what, counted in what, and how far can it be trusted?

    Parameters
    ----------
    method : str
        The method's name.
    estimate, ci_low, ci_high : float or None
        The estimate and its two-sided interval; None where there is none, never NaN.
    confidence_level : float or None
        Of the interval, in (0, 1).
    statistic, pvalue : float or None
        The test's statistic and its two-sided p-value.
    n : int
        The number of units that were used.
    unit : str
        What was counted: ``"repeat"``, ``"run"``, ``"fold"``, ``"patient"``, ``"group"``, ``"data set"``.
    pairing : str
        One of :data:`PAIRINGS`.
    estimand : str
        One of :data:`ESTIMANDS`.
    validity : str
        One of :data:`VALIDITIES`.
    settings : mapping
        The choices that were really made.
    notes : tuple of str
        Codes of :data:`NOTES`.

    Raises
    ------
    StatisticsError
        If a number is not finite, or a name is not known.

    Examples
    --------
    >>> Result("difference", 0.03, 0.01, 0.05, 0.95, 2.9, 0.01, 20, "repeat", "exact", "E1", "exact").interval
    (0.01, 0.05)
    """

    method: str
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    confidence_level: float | None
    statistic: float | None
    pvalue: float | None
    n: int
    unit: str
    pairing: str
    estimand: str
    validity: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in _NUMBERS:
            value = getattr(self, name)
            if value is not None and not math.isfinite(value):
                raise StatisticsError(f"{self.method}: {name} is {value!r}; a number is needed, or None")
        for name, table in (("pairing", PAIRINGS), ("estimand", ESTIMANDS), ("validity", VALIDITIES)):
            if getattr(self, name) not in table:
                raise StatisticsError(unknown(name, getattr(self, name), table))
        for code in self.notes:
            if code not in NOTES:
                raise StatisticsError(unknown("note", code, NOTES))

    @property
    def interval(self) -> tuple[float, float] | None:
        """The interval as a pair, None where there is none."""
        return None if self.ci_low is None or self.ci_high is None else (self.ci_low, self.ci_high)

    def explain(self) -> tuple[str, ...]:
        """Give the notes as sentences."""
        return tuple(NOTES[code] for code in self.notes)

    def to_dict(self) -> dict[str, Any]:
        """Give the fields as what JSON can hold; numbers keep their precision."""
        return {f.name: plain(getattr(self, f.name)) for f in fields(self)}

    def frame(self) -> pd.DataFrame:
        """Give the result as a table of one row; the settings and the notes are text."""
        import pandas as pd

        row = self.to_dict()
        row["settings"] = "; ".join(f"{key}={value}" for key, value in row["settings"].items())
        row["notes"] = " ".join(self.notes)
        return pd.DataFrame([row])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{escape(str(key))}</th><td>{escape(str(value))}</td></tr>"
            for key, value in self.frame().iloc[0].items()
            if value is not None and value != ""
        )
        return f"<table>{rows}</table>"


class Labels(TypedDict, total=False):
    """The labels that every method takes by keyword; :class:`Design` says what each means."""

    unit: str
    pairing: str
    estimand: str
    validity: str
    confidence_level: float
    repeats_share_data: bool


@dataclass(frozen=True)
class Design:
    """What the caller knows of the scores and a method cannot see: the labels that every result carries.

    Parameters
    ----------
    unit, pairing, estimand, validity : str
        As in :class:`Result`.
    confidence_level : float
        In (0, 1).
    repeats_share_data : bool
        Whether the repeats re-split one cohort; only noted.

    Raises
    ------
    StatisticsError
        If the confidence level is out of its range, or the unit is empty.
    """

    unit: str = "repeat"
    pairing: str = "none"
    estimand: str = "E1"
    validity: str = "unknown"
    confidence_level: float = 0.95
    repeats_share_data: bool = False

    def __post_init__(self) -> None:
        if not is_number(self.confidence_level) or not LEVELS[0] <= self.confidence_level <= LEVELS[1]:
            raise StatisticsError(
                f"confidence_level={self.confidence_level!r}: must lie between 0 and 1, as 0.95 does "
                f"({LEVELS[0]:g} to {LEVELS[1]:.12g} can be computed)"
            )
        if not isinstance(self.unit, str) or not self.unit:
            raise StatisticsError("unit is empty: name what is counted, as 'repeat', 'patient' or 'data set'")

    @classmethod
    def of(cls, labels: Labels, **usual: Unpack[Labels]) -> Design:
        """Take a method's usual labels, and over them those that its caller gave.

        Examples
        --------
        >>> Design.of({"unit": "fold"}, unit="patient", pairing="exact").unit
        'fold'
        """
        for name in labels:
            if name not in Labels.__annotations__:
                raise StatisticsError(unknown("label", name, Labels.__annotations__))
        return replace(cls(**usual), **labels)

    @property
    def alpha(self) -> float:
        """The two-sided error rate that goes with the confidence level."""
        return 1 - self.confidence_level

    def result(
        self,
        method: str,
        *,
        n: int,
        estimate: float | None = None,
        interval: tuple[float, float] | None = None,
        statistic: float | None = None,
        pvalue: float | None = None,
        settings: Mapping[str, Any] | None = None,
        notes: Iterable[str] = (),
    ) -> Result:
        """Make a result with these labels; every note once, sorted."""
        low, high = (None, None) if interval is None else (float(interval[0]), float(interval[1]))
        shared = {"repeats_share_data"} if self.repeats_share_data else set()
        return Result(
            method=method,
            estimate=None if estimate is None else float(estimate),
            ci_low=low,
            ci_high=high,
            confidence_level=self.confidence_level,
            statistic=None if statistic is None else float(statistic),
            pvalue=None if pvalue is None else 1.0 if pvalue > 1 else float(pvalue),
            n=int(n),
            unit=self.unit,
            pairing=self.pairing,
            estimand=self.estimand,
            validity=self.validity,
            settings=dict(settings or {}),
            notes=tuple(sorted(shared | set(notes))),
        )


def plain(value: Any) -> Any:
    """Turn numpy scalars and arrays, tuples and mappings into what JSON holds."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    return value

"""What an audit says: findings with stable codes, and the audit that holds them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from varbench.errors import InputError, unknown

FOUND, CLEAR, NOT_APPLICABLE, NOT_CHECKED = "found", "clear", "not applicable", "not checked"
#: What can become of a check.
OUTCOMES = (FOUND, CLEAR, NOT_APPLICABLE, NOT_CHECKED)
INFORMATION, WARNING, ERROR = "information", "warning", "error"
#: How much a finding matters, least first; from a warning on it is an alarm.
SEVERITIES = (INFORMATION, WARNING, ERROR)
#: The classes of leakage of Kapoor & Narayanan 2023, doi:10.1016/j.patter.2023.100804, in our words.
LEAKAGE: dict[str, str] = {
    "": "",
    "L1.1": "no test set",
    "L1.2": "rows made or scaled with the test rows in sight",
    "L1.3": "features chosen with the test rows in sight",
    "L1.4": "copies of a record on both sides",
    "L2": "a column that stands in for the outcome",
    "L3.1": "training rows later than test rows",
    "L3.2": "dependent records on both sides",
    "L3.3": "test rows that are not drawn from the population of the claim",
}


@dataclass(frozen=True)
class Finding:
    """What one check came to.

    Parameters
    ----------
    code : str
        Stable: ``VB1..`` of tables and splits, ``VB2..`` of pipelines, ``VB3..`` of runs.
    title : str
        What was looked for, in a few words.
    outcome : {"found", "clear", "not applicable", "not checked"}
        "not applicable": the table has nothing that the check is about; "not checked": it could be, but was not.
    severity : {"information", "warning", "error"}
        Of what is not found, "information".
    sentence : str
        What was found, with its numbers; else what was looked at, or why it was not. No ids, no paths.
    rows : tuple of int
        Row numbers from 1, in the table's order (test rows follow the training rows of two files).
    columns : tuple of str
        The columns concerned.
    leakage : str
        A key of :data:`LEAKAGE`.
    cure : str
        What to do.
    pvalue : float, optional
        Adjusted for all that the audit looked at: an alarm with a null has at most the audit's level. None where a
        finding is certain, or has no null.
    evidence : mapping of str to number or text
        The numbers behind the sentence.

    Raises
    ------
    InputError
        If outcome, severity or leakage is none of the known ones.

    Examples
    --------
    >>> Finding("VB131", "Groups across the split", CLEAR, sentence="No group is on both sides.").alarm
    False
    """

    code: str
    title: str
    outcome: str
    severity: str = INFORMATION
    sentence: str = ""
    rows: tuple[int, ...] = ()
    columns: tuple[str, ...] = ()
    leakage: str = ""
    cure: str = ""
    pvalue: float | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for kind, name, known in (
            ("outcome", self.outcome, OUTCOMES),
            ("severity", self.severity, SEVERITIES),
            ("class of leakage", self.leakage, LEAKAGE),
        ):
            if name not in known:
                raise InputError(unknown(kind, name, known))

    @property
    def alarm(self) -> bool:
        """Whether something was found that is a warning or an error."""
        return self.outcome == FOUND and self.severity != INFORMATION


@dataclass(frozen=True)
class Check:
    """One thing that an audit looks for.

    Parameters
    ----------
    title : str
        What is looked for, in a few words.
    family : str
        The tests that share one part of the level; "" for a check without a null.
    function : callable
        From the subject to a :class:`Finding`, or what becomes one.
    needs : tuple of str
        What the subject must have for it, as ``("split", "groups")``: else the check is not applicable.
    """

    title: str
    family: str
    function: Callable[..., Any]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Audit:
    """All findings about one subject.

    Parameters
    ----------
    findings : tuple of Finding
        In any order; they are kept by what matters first.
    subject : str
        What was audited: the table's name.
    frames : mapping of str to DataFrame
        The numbers of pictures.
    about : mapping
        Settings: level, seed, sizes, what was sampled.

    Examples
    --------
    >>> audit = Audit((Finding("VB190", "Sizes", FOUND), Finding("VB101", "Copies", FOUND, severity=ERROR)))
    >>> [one.code for one in audit.findings], len(audit.alarms)
    (['VB101', 'VB190'], 1)
    """

    findings: tuple[Finding, ...]
    subject: str = "table"
    frames: Mapping[str, pd.DataFrame] = field(default_factory=dict, repr=False)
    about: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "findings", tuple(sorted(self.findings, key=_place)))

    @property
    def alarms(self) -> tuple[Finding, ...]:
        """The findings that are warnings or errors."""
        return tuple(one for one in self.findings if one.alarm)

    def of(self, code: str) -> Finding:
        """Give the finding of one code.

        Parameters
        ----------
        code : str
            As ``VB101``.

        Returns
        -------
        Finding
            Whatever its outcome.

        Raises
        ------
        InputError
            If the audit has none of this code.
        """
        for one in self.findings:
            if one.code == code:
                return one
        raise InputError(unknown("code", code, [one.code for one in self.findings]))

    def frame(self) -> pd.DataFrame:
        """Give a row a finding, what matters first.

        Returns
        -------
        DataFrame
            Columns code, outcome, severity, title, finding, rows (how many), columns, leakage, cure, pvalue, evidence.
        """
        return pd.DataFrame([_row(one) for one in self.findings], columns=list(_COLUMNS))


_COLUMNS = (
    "code", "outcome", "severity", "title", "finding", "rows", "columns", "leakage", "cure", "pvalue", "evidence",
)  # fmt: skip


def _place(one: Finding) -> tuple[int, int, str]:
    """Order by errors, warnings, information, then clear, not applicable, not checked."""
    return OUTCOMES.index(one.outcome), -SEVERITIES.index(one.severity), one.code


def _row(one: Finding) -> dict[str, Any]:
    return {
        "code": one.code,
        "outcome": one.outcome,
        "severity": one.severity if one.outcome == FOUND else "",
        "title": one.title,
        "finding": one.sentence,
        "rows": len(one.rows),
        "columns": ", ".join(one.columns),
        "leakage": one.leakage,
        "cure": one.cure,
        "pvalue": float("nan") if one.pvalue is None else one.pvalue,
        "evidence": dict(one.evidence),
    }

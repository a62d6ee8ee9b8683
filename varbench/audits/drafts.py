"""What a check gives before the audit has adjusted its p-value: a finding without code and title."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from varbench.audits.findings import CLEAR, FOUND, INFORMATION, NOT_APPLICABLE, NOT_CHECKED, Finding

#: Row numbers that a finding names; of more it names the first.
MOST_NAMED = 1000


@dataclass(frozen=True)
class Draft:
    """What a check came to, were it the only one.

    Parameters
    ----------
    outcome : str
        See :class:`varbench.audits.findings.Finding`; "found" becomes "clear" where the p-value is not small enough.
    facts : str
        What was measured, true whether or not it counts as found.
    means : str
        What it means, said only where it is found.
    severity, rows, columns, leakage, cure, pvalue, evidence
        See :class:`varbench.audits.findings.Finding`; the p-value is that of this check alone.
    frames : mapping of str to DataFrame
        The numbers of pictures.
    """

    outcome: str
    facts: str
    means: str = ""
    severity: str = INFORMATION
    rows: tuple[int, ...] = ()
    columns: tuple[str, ...] = ()
    leakage: str = ""
    cure: str = ""
    pvalue: float | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    frames: Mapping[str, pd.DataFrame] = field(default_factory=dict)


def as_finding(
    code: str, title: str, draft: Draft, pvalue: float | None = None, level: float = 1.0
) -> Finding:
    """Make a finding of a draft; one whose adjusted p-value is above the level is clear."""
    outcome = CLEAR if draft.outcome == FOUND and pvalue is not None and pvalue > level else draft.outcome
    there = outcome == FOUND
    return Finding(
        code=code,
        title=title,
        outcome=outcome,
        severity=draft.severity if there else INFORMATION,
        sentence=f"{draft.facts} {draft.means}".strip() if there else draft.facts,
        rows=draft.rows if there else (),
        columns=draft.columns if there else (),
        leakage=draft.leakage if there else "",
        cure=draft.cure if there else "",
        pvalue=pvalue,
        evidence=dict(draft.evidence),
    )


def found(facts: str, means: str = "", **more: Any) -> Draft:
    """Give what was found, if its p-value holds."""
    return Draft(FOUND, facts, means, **more)


def clear(facts: str, **more: Any) -> Draft:
    """Say that a check found nothing."""
    return Draft(CLEAR, facts, **more)


def nothing(why: str) -> Draft:
    """Say that the table has nothing that the check is about."""
    return Draft(NOT_APPLICABLE, why)


def unchecked(why: str) -> Draft:
    """Say that a check could not be made."""
    return Draft(NOT_CHECKED, why)


def numbered(rows: Iterable[int] | np.ndarray[Any, Any]) -> tuple[int, ...]:
    """Give positions as row numbers from 1, the first of very many."""
    return tuple(int(one) + 1 for one in list(rows)[:MOST_NAMED])


def listed(names: Iterable[str], most: int = 5) -> str:
    """Write the first names.

    Examples
    --------
    >>> listed(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    given = [str(one) for one in names]
    more = f" and {len(given) - most:,} more" if len(given) > most else ""
    return ", ".join(given[:most]) + more


def counted(number: int, noun: str) -> str:
    """Write a number of things.

    Examples
    --------
    >>> counted(1, "row"), counted(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{number:,} {noun}" + ("" if number == 1 else "s")

"""How much does a pitfall matter? Words for the size of an inflation, from its interval and the declared margin."""

from __future__ import annotations

from varbench.stats import Result
from varbench.verdict.design import Facts
from varbench.verdict.words import as_number

#: What the size of an inflation allows to say.
SIZES: dict[str, str] = {
    "matters": "matters: more than the margin",
    "size_unsettled": "inflates; whether by more than the margin is not settled",
    "inflates": "inflates; no margin was declared",
    "negligible": "negligible: within the margin",
    "lowers": "lowers the score by more than the margin",
    "lowers_unsettled": "lowers the score; whether by more than the margin is not settled",
    "not_told": "cannot be told: the interval holds both nothing and more than the margin",
}


def size_of(found: Result | None, margin: float | None) -> str:
    """How large is an inflation, or a difference, held against the smallest that matters?

    Parameters
    ----------
    found : Result or None
        The first procedure minus the second, with its interval.
    margin : float or None
        The smallest difference that matters, declared before the run.

    Returns
    -------
    str
        One of :data:`SIZES`.

    Examples
    --------
    >>> from varbench.stats import difference
    >>> size_of(difference([0.9, 0.8, 0.7], [0.6, 0.6, 0.5], pairing="exact"), 0.02)
    'matters'
    """
    bounds = _bounds(found)
    return "not_told" if bounds is None else size_between(*bounds, margin)


def size_between(low: float, high: float, margin: float | None) -> str:
    """How large is what lies in an interval, held against the smallest that matters?

    Parameters
    ----------
    low, high : float
        The interval; both ends alike where the amount is known exactly, NaN where there is none.
    margin : float or None
        As in :func:`size_of`.

    Returns
    -------
    str
        One of :data:`SIZES`.

    Examples
    --------
    >>> size_between(0.03, 0.08, 0.02), size_between(-0.01, 0.01, 0.02), size_between(0.01, 0.08, 0.02)
    ('matters', 'negligible', 'size_unsettled')
    """
    if margin is None:
        return "inflates" if low > 0 else "lowers_unsettled" if high < 0 else "not_told"
    if -margin <= low and high <= margin:
        return "negligible"
    if low > 0:
        return "matters" if low > margin else "size_unsettled"
    if high < 0:
        return "lowers" if high < -margin else "lowers_unsettled"
    return "not_told"


def _bounds(found: Result | None) -> tuple[float, float] | None:
    if found is None or found.estimate is None:
        return None
    if found.interval is None:  # the same difference in every repeat is known without one
        known = "constant_difference" in found.notes and found.n > 1
        return (found.estimate, found.estimate) if known else None
    return found.interval


def negligibly(facts: Facts, found: Result | None) -> str:
    """Say plainly that an inflation is negligible here; empty where it is not."""
    if facts.margin is None or size_of(found, facts.margin) != "negligible":
        return ""
    on = "in this population" if facts.cohort_varied else "on this cohort"
    return (
        f"That is negligible {on}: within {as_number(facts.margin, 3).rstrip('0')} {facts.measure}; the score is no "
        "evidence all the same, since elsewhere it need not be."
    )

"""The ladder: what one interval and a declared margin allow to say."""

from __future__ import annotations

import math

from scipy import stats as distributions

from varbench.errors import StatisticsError

#: The rungs, with the words that a sentence uses.
RUNGS: dict[str, str] = {
    "real_and_meaningful": "real and meaningful",
    "real_size_unsettled": "real, size unsettled",
    "real_but_small": "real but small",
    "real": "real",
    "equivalent": "equivalent",
    "not_shown": "not shown",
}
#: The power that "what would settle it" plans for.
POWER = 0.80


def rung_words(rung: str, validity: str = "exact") -> str:
    """Give the words of a rung for a method of some class.

    Examples
    --------
    >>> rung_words("real_but_small"), rung_words("real_but_small", "approximate")
    ('real but small', 'indicated but small')
    """
    words = RUNGS[rung]
    return words if validity == "exact" else words.replace("real", "indicated")


def ladder(low: float, high: float, margin: float | None = None) -> str:
    """What does an interval of first minus second allow to say?

    Parameters
    ----------
    low, high : float
        The interval, low <= high.
    margin : float, optional
        The smallest difference that matters, declared before the run; without it only *real* or *not shown*.

    Returns
    -------
    str
        One of :data:`RUNGS`; the side is that of the interval.

    Raises
    ------
    StatisticsError
        If the bounds are in the wrong order, or the margin is negative.

    Examples
    --------
    >>> ladder(0.03, 0.06, 0.02), ladder(-0.06, -0.01, 0.02), ladder(-0.01, 0.01, 0.02), ladder(-0.03, 0.01)
    ('real_and_meaningful', 'real_size_unsettled', 'equivalent', 'not_shown')
    """
    if not low <= high:
        raise StatisticsError(f"the interval [{low}, {high}] has its bounds in the wrong order")
    if margin is not None and not margin >= 0:
        raise StatisticsError(f"margin={margin!r}: must be 0 or greater, or None")
    if high < 0:
        return ladder(-high, -low, margin)
    if low > 0:
        if margin is None:
            return "real"
        if low > margin:
            return "real_and_meaningful"
        return "real_but_small" if high <= margin else "real_size_unsettled"
    if margin is not None and -margin < low < 0 < high < margin:
        return "equivalent"
    return "not_shown"


def units_needed(n: int, half_width: float, effect: float, confidence_level: float = 0.95) -> float:
    """How many units would show an effect of the observed size?

    Parameters
    ----------
    n : int
        Units that gave the interval.
    half_width : float
        Of that interval.
    effect : float
        The difference to show, not 0.
    confidence_level : float
        Of the interval.

    Returns
    -------
    float
        n * (half-width / effect)^2 * ((z_confidence + z_power) / z_confidence)^2, for a power of 0.80, where
        the half-width falls as one over the root of the number of units.

    Examples
    --------
    >>> round(units_needed(144, 0.112, 0.031), -2)
    3800.0
    """
    z = float(distributions.norm.ppf((1 + confidence_level) / 2))
    factor = (z + float(distributions.norm.ppf(POWER))) / z
    return n * (half_width / effect) ** 2 * factor**2 if effect else math.inf

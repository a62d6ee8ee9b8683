"""Numbers as a reader sees them: the same digits in every form of a report."""

from __future__ import annotations

import math

#: What stands where there is no number.
NONE = "–"
_MINUS = "−"


def _is_number(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def score(value: float | None, digits: int = 3) -> str:
    """Write a score.

    Examples
    --------
    >>> score(0.97142), score(-0.0001), score(None)
    ('0.971', '0.000', '–')
    """
    if value is None or not math.isfinite(value):
        return NONE
    text = f"{value:.{digits}f}"
    if float(text) == 0:
        return text.lstrip("-")
    return text.replace("-", _MINUS)


def signed(value: float | None, digits: int = 3) -> str:
    """Write a difference with its sign.

    Examples
    --------
    >>> signed(0.4), signed(-0.0123), signed(0.0)
    ('+0.400', '−0.012', '0.000')
    """
    text = score(value, digits)
    return text if text in (NONE, score(0.0, digits)) or text[0] == _MINUS else f"+{text}"


def with_spread(mean: float | None, sd: float | None) -> str:
    """Write a mean with its standard deviation.

    Examples
    --------
    >>> with_spread(0.85, 0.05), with_spread(0.85, None), with_spread(None, None)
    ('0.850 (0.050)', '0.850', '–')
    """
    return f"{score(mean)} ({score(sd)})" if _is_number(mean) and _is_number(sd) else score(mean)


def interval(low: float | None, high: float | None) -> str:
    """Write an interval.

    Examples
    --------
    >>> interval(-0.02, 0.4), interval(None, None)
    ('[−0.020, 0.400]', '–')
    """
    return f"[{score(low)}, {score(high)}]" if _is_number(low) and _is_number(high) else NONE


def with_interval(estimate: float | None, low: float | None, high: float | None) -> str:
    """Write a signed estimate with its interval, where it has one.

    Examples
    --------
    >>> with_interval(0.4, 0.39, 0.41), with_interval(0.4, None, None)
    ('+0.400 [0.390, 0.410]', '+0.400')
    """
    found = interval(low, high)
    return signed(estimate) if found == NONE else f"{signed(estimate)} {found}"


def pvalue(value: float | None) -> str:
    """Write a p-value.

    Examples
    --------
    >>> pvalue(1e-9), pvalue(0.0321), pvalue(1.0), pvalue(None)
    ('< 0.001', '0.032', '1.000', '–')
    """
    if value is None or not math.isfinite(value):
        return NONE
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def percent(value: float | None) -> str:
    """Write a share; what is not 0 or 1 is not rounded to it.

    Examples
    --------
    >>> percent(0.4821), percent(0.0), percent(0.0002), percent(0.9999), percent(None)
    ('48.2 %', '0 %', '< 0.1 %', '> 99.9 %', '–')
    """
    if value is None or not math.isfinite(value):
        return NONE
    if value in (0, 1):
        return f"{value:.0%}".replace("%", " %")
    if value < 0.0005:
        return "< 0.1 %"
    return "> 99.9 %" if value > 0.9995 else f"{100 * value:.1f} %"


def count(value: float | None) -> str:
    """Write a whole number, thousands apart by a comma.

    Examples
    --------
    >>> count(12734), count(24), count(None), count(math.nan)
    ('12,734', '24', '–', '–')
    """
    return NONE if value is None or not math.isfinite(value) else f"{int(value):,}"


def several(number: int, noun: str, nouns: str | None = None) -> str:
    """Write a number of things.

    Examples
    --------
    >>> several(1, "run"), several(3, "run"), several(2, "cohort as drawn", "cohorts as drawn")
    ('1 run', '3 runs', '2 cohorts as drawn')
    """
    return f"{count(number)} {noun if number == 1 else nouns or noun + 's'}"

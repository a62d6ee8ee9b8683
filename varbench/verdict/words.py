"""How numbers are written in a sentence."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

_MOST = 8
#: Metrics that are called after somebody.
_NAMES = ("Brier", "Cohen", "Dice", "Hausdorff", "Jaccard", "Matthews")


def as_number(value: float, decimals: int = 2) -> str:
    """Write a number, never as a negative zero.

    Examples
    --------
    >>> as_number(0.1449), as_number(-0.001)
    ('0.14', '0.00')
    """
    text = f"{value:.{decimals}f}"
    return text[1:] if text.startswith("-") and not text.strip("-0.") else text


def as_difference(value: float, decimals: int = 2) -> str:
    """Write a difference with its sign.

    Examples
    --------
    >>> as_difference(0.031, 3), as_difference(-0.2), as_difference(0.0001)
    ('+0.031', '-0.20', '0.00')
    """
    text = as_number(value, decimals)
    return text if text.startswith("-") or not text.strip("0.") else f"+{text}"


def decimals_for(low: float, high: float) -> int:
    """Choose the decimals of an interval: the first digit of its half-width, and no bound rounded to 0 that is not.

    Examples
    --------
    >>> decimals_for(-0.081, 0.143), decimals_for(0.0019, 0.0041), decimals_for(-0.3, 0.0004)
    (2, 3, 4)
    """
    half = (high - low) / 2
    wanted = 2 if half <= 0 else min(max(2, -math.floor(math.log10(half))), _MOST)
    while wanted < _MOST and any(
        bound and not as_number(bound, wanted).strip("-0.") for bound in (low, high)
    ):
        wanted += 1
    return wanted


def as_interval(low: float, high: float, decimals: int | None = None) -> str:
    """Write an interval.

    Examples
    --------
    >>> as_interval(0.38, 0.40), as_interval(-0.081, 0.143)
    ('[0.38, 0.40]', '[-0.08, 0.14]')
    """
    wanted = decimals_for(low, high) if decimals is None else decimals
    return f"[{as_number(low, wanted)}, {as_number(high, wanted)}]"


def as_percent(share: float) -> str:
    """Write a share; a small one never as 0 %, one near all never as 100 %.

    Examples
    --------
    >>> as_percent(0.478), as_percent(0.001), as_percent(0.0)
    ('48 %', 'less than 1 %', '0 %')
    """
    if 0 < share < 0.005:
        return "less than 1 %"
    if 0.995 <= share < 1:
        return "more than 99 %"
    return f"{100 * share:.0f} %"


def as_about(count: float) -> str:
    """Write a number of units to two digits.

    Examples
    --------
    >>> as_about(3837.2), as_about(88.1), as_about(3e7)
    ('about 3,800', 'about 88', 'more than a million')
    """
    if count > 1e6:
        return "more than a million"
    digits = max(0, math.floor(math.log10(max(count, 1))) - 1)
    return f"about {round(count / 10**digits) * 10**digits:,}"


def joined(names: Iterable[str]) -> str:
    """Give names in a row, the last after an "and".

    Examples
    --------
    >>> joined(["scale", "impute", "project"])
    'scale, impute and project'
    """
    found = list(names)
    return " and ".join((", ".join(found[:-1]), found[-1])) if len(found) > 1 else "".join(found)


def quoted(text: str, names: Iterable[str], *, all_of: bool = False) -> str:
    """Put the names that are several words in quotation marks, so that none is read as words of the sentence.

    Parameters
    ----------
    text : str
        A sentence.
    names : iterable of str
        Of procedures.
    all_of : bool
        Whether single words are put in quotation marks as well, where another name is several.

    Examples
    --------
    >>> quoted("random is ahead of by time.", ["random", "by time"], all_of=True)
    '“random” is ahead of “by time”.'
    >>> quoted("svm is ahead of forest 0.2", ["svm", "forest 0", "forest 0.2"])
    'svm is ahead of “forest 0.2”'
    """
    known = list(names)
    several = [name for name in known if " " in name.strip()]
    found = sorted(known if all_of and several else several, key=len, reverse=True)
    if not found:
        return text
    any_of = "|".join(map(re.escape, found))
    return re.sub(rf"(?<![\w“.-])(?:{any_of})(?![\w”-]|\.\d)", r"“\g<0>”", text)


def inside(label: str) -> str:
    """Write a metric within a sentence: words begin small, abbreviations and names stay.

    Examples
    --------
    >>> inside("Balanced accuracy"), inside("ROC AUC"), inside("Brier")
    ('balanced accuracy', 'ROC AUC', 'Brier')
    """
    first = label.split(" ")[0]
    return label if first in _NAMES or not first[1:].islower() else f"{label[0].lower()}{label[1:]}"


def as_count(count: int, word: str) -> str:
    """Write a number of things.

    Examples
    --------
    >>> as_count(1, "patient"), as_count(2000, "patient")
    ('1 patient', '2,000 patients')
    """
    return f"{count:,} {word}{'' if count == 1 else 's'}"

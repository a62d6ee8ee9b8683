"""Small pieces that several sections share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from varbench.report import digits, wording
from varbench.report.blocks import Align, Column, Figure
from varbench.report.drawings import describe
from varbench.report.scrub import clean
from varbench.stats import ESTIMANDS, NOTES, Result

if TYPE_CHECKING:
    from varbench.report.content import Report

TEXT: Align = "text"
#: Methods whose estimate is a score or a share, and not a difference.
_UNSIGNED = ("a12", "prob_outperform", "final_truth", "resample_floor")


def name(text: object) -> str:
    """Write a name that comes from data or a study: nothing hidden, not endless."""
    return clean(text, 120)


def axis_of(report: Report) -> str:
    """Give what changes along the lines of a study."""
    return name(report.about.get("axis") or "number")


def columns(*titles: str) -> tuple[Column, ...]:
    """Give columns of text."""
    return tuple(Column(title, TEXT) for title in titles)


def sentence(text: str) -> str:
    """Begin with a capital, end with a full stop.

    Examples
    --------
    >>> sentence("it leaks")
    'It leaks.'
    """
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


def typographic(text: str) -> str:
    """Write the minus of a number as a minus, and keep a number and its per cent on one line.

    Examples
    --------
    >>> typographic("by -0.02 [-0.05, 0.01], a-1, 2021-03-04")
    'by −0.02 [−0.05, 0.01], a-1, 2021-03-04'
    """
    minus = re.sub(r"(?<![\w.)\]-])-(?=\d)", "−", text)
    return re.sub(r"(?<=\d) %", "\u00a0%", minus)


def figure(report: Report, key: str, caption: str) -> Figure | None:
    """Give a figure, None where there is nothing to show in it."""
    alt = describe(report, key)
    return Figure(key, alt, caption) if alt else None


def level(report: Report) -> str:
    """Write the confidence level of all intervals."""
    return f"{100 * float(report.about.get('confidence_level', 0.95)):g}\u00a0%"


def counted_repeats(report: Report) -> str:
    """Write the number of repeats: ``100 re-splits``, ``1 re-split``."""
    return digits.several(report.about["n_repeats"], report.over.removesuffix("s"), report.over)


def result_cells(result: Result) -> tuple[str, ...]:
    """Write a result as the cells of a row: method, estimate, statistic, p, n, estimand, class."""
    title = wording.METHODS.get(result.method, result.method)
    if procedure := result.settings.get("procedure"):
        title = f"{title} of {name(procedure)}"
    estimate = (digits.score if result.method in _UNSIGNED else digits.signed)(result.estimate)
    bounds = digits.interval(result.ci_low, result.ci_high)
    return (
        title,
        estimate if bounds == digits.NONE else f"{estimate} {bounds}",
        digits.score(result.statistic, 2),
        digits.pvalue(result.pvalue),
        digits.several(result.n, result.unit),
        result.estimand,
        result.validity,
    )


def explained(found: Sequence[Result]) -> list[str]:
    """Give each estimand and each note of some results as a sentence."""
    about = [f"{code}: {ESTIMANDS[code]}." for code in dict.fromkeys(r.estimand for r in found)]
    codes: dict[str, list[str]] = {}
    for result in found:
        for code in result.notes:
            codes.setdefault(code, []).append(wording.method_label(result.method))
    return [*about, *(f"{NOTES[code]} ({', '.join(dict.fromkeys(m))})" for code, m in codes.items())]

"""From facts of the design and results to words: the one function that says what numbers support.

A design decides which row of a table applies, never a score; each verdict opens with its scope.
"""

from __future__ import annotations

from varbench.verdict.concluding import Conclusion, conclude
from varbench.verdict.design import Facts, Leak, compared, facts
from varbench.verdict.family import of_family
from varbench.verdict.judging import Verdict, verdict
from varbench.verdict.mattering import Mattering, mattering
from varbench.verdict.rows import MIN_DATA_SETS, row_of
from varbench.verdict.rungs import RUNGS, ladder, units_needed
from varbench.verdict.sizes import SIZES, size_between, size_of

__all__ = [
    "MIN_DATA_SETS",
    "RUNGS",
    "SIZES",
    "Conclusion",
    "Facts",
    "Leak",
    "Mattering",
    "Verdict",
    "compared",
    "conclude",
    "facts",
    "ladder",
    "mattering",
    "of_family",
    "row_of",
    "size_between",
    "size_of",
    "units_needed",
    "verdict",
]

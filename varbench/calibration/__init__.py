"""Error rates, coverage and power of the statistical methods, measured by simulation.

The table of classes that a verdict reads is made here: :func:`run` measures conditions, :func:`classify` turns the
rates into classes.
"""

from __future__ import annotations

from varbench.calibration.calling import known_methods, methods_of, re_split
from varbench.calibration.calls import Call
from varbench.calibration.conditions import DESIGNS, SIGNALS, Condition, full, on_table, quick
from varbench.calibration.measuring import measure
from varbench.calibration.populations import Cohort, Halves, HalvesOfNumbers, Table
from varbench.calibration.running import CLASS_COLUMNS, RECOMMENDED, band, classify, run
from varbench.calibration.unmeasured import UNMEASURED

__all__ = [
    "CLASS_COLUMNS",
    "DESIGNS",
    "RECOMMENDED",
    "SIGNALS",
    "UNMEASURED",
    "Call",
    "Cohort",
    "Condition",
    "Halves",
    "HalvesOfNumbers",
    "Table",
    "band",
    "classify",
    "full",
    "known_methods",
    "measure",
    "methods_of",
    "on_table",
    "quick",
    "re_split",
    "run",
]

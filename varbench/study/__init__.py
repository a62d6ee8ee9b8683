"""Studies: what is asked, found and loaded from files, and settled into a plan before any work."""

from __future__ import annotations

from varbench.study.checks import KNOWN_SOURCES, readers
from varbench.study.draws import DESIGNS, Draws
from varbench.study.loading import load_object, load_study, study_names
from varbench.study.plan import Plan, Work, plan
from varbench.study.request import Request
from varbench.study.study import Study

__all__ = [
    "DESIGNS",
    "KNOWN_SOURCES",
    "Draws",
    "Plan",
    "Request",
    "Study",
    "Work",
    "load_object",
    "load_study",
    "plan",
    "readers",
    "study_names",
]

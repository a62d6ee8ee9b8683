"""A run held against the checklists that authors are asked for: what it can answer, and what only a person can.

:func:`fill` goes through the items of a form, :func:`chart` through the questions of a study in their order.
"""

from __future__ import annotations

from varbench.checklists.evidence import ANSWERS, Answered
from varbench.checklists.filling import chart, fill
from varbench.checklists.forms import FORMS, Form, Item
from varbench.checklists.recorded import Recorded, read

__all__ = ["ANSWERS", "FORMS", "Answered", "Form", "Item", "Recorded", "chart", "fill", "read"]

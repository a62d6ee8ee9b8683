"""The questions a user asks, each answered by one function: read what is given, compute, and conclude."""

from __future__ import annotations

from varbench.questions.auditing import audit
from varbench.questions.calibrating import calibrate
from varbench.questions.checking import checklist
from varbench.questions.claiming import claim
from varbench.questions.collection import answer_collection
from varbench.questions.comparing import compare
from varbench.questions.decomposing import decompose
from varbench.questions.evaluating import evaluate
from varbench.questions.foreseeing import audits_of
from varbench.questions.planning import plan

__all__ = [
    "answer_collection",
    "audit",
    "audits_of",
    "calibrate",
    "checklist",
    "claim",
    "compare",
    "decompose",
    "evaluate",
    "plan",
]

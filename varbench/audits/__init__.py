"""The audit of a user's own table, split, pipeline or run: what would make its scores look better than they are."""

from __future__ import annotations

from varbench.audits.deep import DEEP_CHECKS
from varbench.audits.findings import Audit, Check, Finding
from varbench.audits.pipelines import STEP_CHECKS, audit_steps, together
from varbench.audits.steps import Steps, read_steps
from varbench.audits.table import Table, read
from varbench.audits.tables import CHECKS, audit_table

__all__ = [
    "CHECKS",
    "DEEP_CHECKS",
    "STEP_CHECKS",
    "Audit",
    "Check",
    "Finding",
    "Steps",
    "Table",
    "audit_steps",
    "audit_table",
    "read",
    "read_steps",
    "together",
]

"""The audit of a user's own table, split, pipeline or run: what would make its scores look better than they are."""

from __future__ import annotations

from varbench.audits.findings import Audit, Check, Finding
from varbench.audits.table import Table, read
from varbench.audits.tables import CHECKS, audit_table

__all__ = ["CHECKS", "Audit", "Check", "Finding", "Table", "audit_table", "read"]

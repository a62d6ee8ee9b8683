"""The audit of a user's own table, split, pipeline or run: what would make its scores look better than they are."""

from __future__ import annotations

from varbench.audit.findings import Audit, Check, Finding
from varbench.audit.table import Table, read
from varbench.audit.tables import CHECKS, audit_table

__all__ = ["CHECKS", "Audit", "Check", "Finding", "Table", "audit_table", "read"]

"""The audit of a user's own table, split, pipeline or run: what would make its scores look better than they are."""

from __future__ import annotations

from varbench.audit.findings import Audit, Check, Finding

__all__ = ["Audit", "Check", "Finding"]

"""The command line: the only place that reads options, prints, and decides on exit codes."""

from __future__ import annotations

from varbench.cli.main import main

__all__ = ["main"]

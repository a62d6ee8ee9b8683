"""The engine: runs what is missing of a plan, in any number of workers, into one cube."""

from __future__ import annotations

from varbench.engine.collection import Collected, is_collection, plan_collection, run_collection
from varbench.engine.engine import failures, resumed, run
from varbench.engine.execute import execute_batch
from varbench.engine.header import override
from varbench.engine.left_out import left_out, with_runs
from varbench.engine.probing import effects

__all__ = [
    "Collected",
    "effects",
    "execute_batch",
    "failures",
    "is_collection",
    "left_out",
    "override",
    "plan_collection",
    "resumed",
    "run",
    "run_collection",
    "with_runs",
]

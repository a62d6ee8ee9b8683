"""The engine: runs what is missing of a plan, in any number of workers, into one cube."""

from __future__ import annotations

from varbench.engine.engine import failures, resumed, run
from varbench.engine.execute import execute_batch
from varbench.engine.header import override
from varbench.engine.probing import effects

__all__ = ["effects", "execute_batch", "failures", "override", "resumed", "run"]

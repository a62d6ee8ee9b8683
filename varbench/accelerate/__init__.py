"""The same steps, run sooner: another forest, another elimination, one thread each."""

from __future__ import annotations

from varbench.accelerate.choice import Engine, choose_engine, forests
from varbench.accelerate.replace import ENGINES, FAST, PLAIN, accelerated, ran_on

__all__ = [
    "ENGINES",
    "FAST",
    "PLAIN",
    "Engine",
    "accelerated",
    "choose_engine",
    "forests",
    "ran_on",
]

"""Learning procedures as orders of steps: `Procedure`, `Split`, `Tune`, and what an order leaks."""

from __future__ import annotations

from varbench.procedure.apart import ByTime, WithoutOne
from varbench.procedure.batches import BatchAlone, Confound
from varbench.procedure.harmonise import Harmonise
from varbench.procedure.labels import FlipLabels, PermuteLabels
from varbench.procedure.leaks import TAXONOMY, Leak
from varbench.procedure.outcome import RELATIONS, External, Outcome, outcome_of_callable
from varbench.procedure.procedure import Procedure
from varbench.procedure.seeding import Place
from varbench.procedure.steps import Split
from varbench.procedure.subsample import Subsample
from varbench.procedure.tune import Tune

__all__ = [
    "RELATIONS",
    "TAXONOMY",
    "BatchAlone",
    "ByTime",
    "Confound",
    "External",
    "FlipLabels",
    "Harmonise",
    "Leak",
    "Outcome",
    "PermuteLabels",
    "Place",
    "Procedure",
    "Split",
    "Subsample",
    "Tune",
    "WithoutOne",
    "outcome_of_callable",
]

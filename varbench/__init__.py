"""varbench: is a reported gain real?

Everything here loads at first use, so that ``import varbench`` costs nothing::

    import varbench as vb

    incorrect = vb.Procedure([RandomOverSampler(), vb.Split(cv), forest])
    correct = vb.Procedure([vb.Split(cv), RandomOverSampler(), forest])

    vb.compare(SVC(), RandomForestClassifier(), X, y, groups=patient, repeats=50)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from varbench.cube import export_netcdf as export_netcdf
    from varbench.cube import identical as identical
    from varbench.cube import open_cube as open_cube
    from varbench.data import Data as Data
    from varbench.data import load_data as load_data
    from varbench.errors import VarbenchError as VarbenchError
    from varbench.metrics import METRICS as METRICS
    from varbench.procedure import Procedure as Procedure
    from varbench.procedure import Split as Split
    from varbench.procedure import Tune as Tune
    from varbench.questions import audit as audit
    from varbench.questions import calibrate as calibrate
    from varbench.questions import checklist as checklist
    from varbench.questions import claim as claim
    from varbench.questions import compare as compare
    from varbench.questions import decompose as decompose
    from varbench.questions import evaluate as evaluate
    from varbench.questions import plan as plan
    from varbench.study import Study as Study

__version__ = "0.1.0"

#: Where each name of the package comes from.
_HOMES = {
    "METRICS": "varbench.metrics",
    "Data": "varbench.data",
    "Procedure": "varbench.procedure",
    "Split": "varbench.procedure",
    "Study": "varbench.study",
    "Tune": "varbench.procedure",
    "VarbenchError": "varbench.errors",
    "audit": "varbench.questions",
    "calibrate": "varbench.questions",
    "checklist": "varbench.questions",
    "claim": "varbench.questions",
    "compare": "varbench.questions",
    "decompose": "varbench.questions",
    "evaluate": "varbench.questions",
    "export_netcdf": "varbench.cube",
    "identical": "varbench.cube",
    "load_data": "varbench.data",
    "open_cube": "varbench.cube",
    "plan": "varbench.questions",
}

#: The modules that are reached as attributes: ``vb.stats.rank_sum(a, b)``.
_MODULES = (
    "calibration", "cube", "data", "errors", "metrics", "procedure", "questions", "report", "stats", "study", "tables",
    "verdict",
)  # fmt: skip

__all__ = [*_HOMES, *_MODULES, "__version__"]


def __getattr__(name: str) -> object:
    """Load a name of the package when it is first asked for (PEP 562)."""
    if name in _HOMES:
        value = getattr(importlib.import_module(_HOMES[name]), name)
        globals()[name] = value
        return value
    if name in _MODULES:
        return importlib.import_module(f"varbench.{name}")
    raise AttributeError(f"module 'varbench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

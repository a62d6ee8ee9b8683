"""Does a source of variation do anything? A seed that is read without effect is seen only by running twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from varbench.cube import Status
from varbench.engine.execute import execute_batch
from varbench.errors import RunsFailed
from varbench.study import Plan, Work
from varbench.study.draws import JOINT


def effects(plan: Plan) -> dict[str, dict[str, bool]]:
    """Run each procedure once, and once more for every source with only that source drawn anew.

    Parameters
    ----------
    plan : Plan
        The plan; a procedure is run once more than it has sources.

    Returns
    -------
    dict of str to dict of str to bool
        Procedure to source to whether any prediction, or any row of a fold, changed.

    Raises
    ------
    RunsFailed
        If a run fails.
    """
    sources = [source for source, entry in plan.sources.items() if entry["readers"]]
    found: dict[str, dict[str, bool]] = {}
    for index, name in enumerate(plan.names):
        first = _predictions(plan.work, index, None)
        found[name] = {
            source: not _equal(first, _predictions(plan.work, index, source)) for source in sources
        }
    return found


def _predictions(work: Work, procedure: int, source: str | None) -> dict[str, Any]:
    alone = replace(
        work, varied=frozenset({source} if source else ()), draws=JOINT, truth_rows=0, external=None
    )
    (record,) = execute_batch(alone, [(procedure, 0 if source is None else 1)])
    if record.status == Status.FAILED:
        raise RunsFailed(f"a run failed: {record.error}")
    return {name: record.arrays[name] for name in ("row_fold", "sample", "y_score", "y_pred")}


def _equal(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(np.array_equal(one[name], other[name]) for name in one)

"""What ``varbench study`` says of a run over several data sets."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from varbench.cli.text import hanging

if TYPE_CHECKING:
    import xarray as xr

    from varbench.engine import Collected
    from varbench.study import Plan

#: So many names are listed, and the others counted.
_NAMED = 60


def collection_folder(settled: Collected, asked: str) -> Path:
    """Give the folder of a run that was not given one: ``varbench-runs/STUDY-DATA-<hash of what was asked for>``."""
    from varbench.study.describe import code_digest, digest
    from varbench.study.versions import numeric_versions

    first = next(iter(settled.plans.values()))
    identity = {
        "study": settled.study.name,
        "code": code_digest(settled.study.source),
        "request": {**settled.request.stored(), "seed": settled.request.seed or 0},
        "data": {name: str(member.source) for name, member in settled.members.items()},
        "versions": numeric_versions(first.work.forest_engine),
    }
    data = re.sub(r"[^\w.-]+", "-", asked).strip("-.")[:40] or f"{len(settled.members)}-data-sets"
    return Path("varbench-runs") / f"{settled.study.name}-{data}-{digest(identity)[:8]}"


def described(settled: Plan) -> str:
    """Say which data a plan is on."""
    data = settled.work.data
    return (
        f"{data.name}: {data.n_cases} cases, {data.n_features} features"
        + ("; SIMULATED" if data.simulated else "")
        + ("; UNVERIFIED (no published hash)" if data.unverified else "")
    )


def announced(settled: Collected) -> list[str]:
    """Say which data sets there are; of those that cannot be run, why."""
    from varbench.engine import left_out

    shown = [f"  {described(one)}" for one in list(settled.plans.values())[:_NAMED]]
    more = len(settled.plans) - len(shown)
    lost = {name: {"status": status, "error": error} for name, (status, error) in settled.problems.items()}
    return [
        f"data        {len(settled.plans)} of {len(settled.members)} data sets",
        *shown,
        *([f"  and {more} more"] if more else []),
        *(hanging("left out    ", text) for text in left_out(lost)),
    ]


def not_run(folder: Path, joined: xr.Dataset) -> tuple[list[str], bool]:
    """Say what became of the data sets that were not run.

    Parameters
    ----------
    folder : Path
        ``RUN``.
    joined : Dataset
        Its runs.

    Returns
    -------
    list of str
        A sentence each.
    bool
        Whether something failed, or is absent that was asked for by its own name.
    """
    from varbench.cube import read_collection
    from varbench.engine import left_out, with_runs

    members = read_collection(folder)["members"]
    lost = {name: one for name, one in members.items() if one["status"] != "done"}
    return left_out(lost, with_runs(joined)), any(
        one["status"] == "failed" or one["named"] for one in lost.values()
    )

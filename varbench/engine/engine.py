"""The engine: pending runs to workers, their records to the one writer."""

from __future__ import annotations

import warnings
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from varbench.cube import CubeWriter, Status, cubes_of
from varbench.engine.backends import check_workers
from varbench.engine.header import (
    attributes,
    check_same,
    check_study,
    layout,
    stored_request,
    write_seeds,
    write_versions,
)
from varbench.engine.tasks import PROBES, Task, all_failed, differ, first_line, run_tasks
from varbench.errors import InputError, RunsFailed
from varbench.study import Plan, Request, Study
from varbench.study.checks import whole

if TYPE_CHECKING:
    import xarray as xr

#: More would take years, and a typing error is likelier.
MAX_REPEATS = 10_000_000


def resumed(request: Request, out: str | Path | None, study: Study | None = None) -> Request:
    """Complete a request from the cube that it is to extend.

    Parameters
    ----------
    request : Request
        What the user said.
    out : str, Path or None
        The folder of the run.
    study : Study, optional
        Whose run it is to be.

    Returns
    -------
    Request
        With what was not said taken from the cube; as it is where there is no cube.

    Raises
    ------
    CubeError
        If the cube is another study's: said before anything else of it is taken.
    """
    stored = stored_request(out)
    if stored is None:
        return request
    if study is not None:
        check_study(out, study)  # type: ignore[arg-type]
    return request.completed_by(stored)


def run(
    plan: Plan,
    *,
    repeats: int | None = None,
    jobs: int = 1,
    backend: str = "loky",
    scheduler: str | None = None,
    out: str | Path | None = None,
    retry_failed: bool = False,
    allow_versions: bool = False,
    anonymous: bool = False,
    progress: bool = False,
    command: str = "python",
) -> xr.Dataset:
    """Run what is missing of a plan.

    Parameters
    ----------
    plan : Plan
        The plan.
    repeats, jobs, backend, scheduler, out, retry_failed, allow_versions, anonymous, progress
        As in :meth:`varbench.Study.run`.
    command : str
        The command that makes the cube, for its provenance.

    Returns
    -------
    xarray.Dataset
        The cube, opened on its store.

    Raises
    ------
    InputError
        If repeats are asked for where the design makes their number.
    RunsFailed
        If the first runs of every procedure failed with one error.
    CubeError
        If the cube is another study's, or cannot be written.
    """
    total = total_repeats(plan, repeats)
    check_workers(backend, jobs, scheduler)
    with open_writer(
        plan, out, total, allow_versions=allow_versions, anonymous=anonymous, command=command
    ) as writer:
        task = missing_of(plan, writer, total, jobs, retry_failed=retry_failed)
        run_tasks([task], backend=backend, jobs=jobs, scheduler=scheduler, progress=progress)
        if task.hopeless:
            raise RunsFailed(task.hopeless)
        cube = writer.dataset()
    _tell_failures(cube)
    return cube


def total_repeats(plan: Plan, repeats: int | None) -> int:
    """Give how many repeats there are to be.

    Parameters
    ----------
    plan : Plan
        The plan.
    repeats : int or None
        How many are asked for.

    Returns
    -------
    int
        At least 1.

    Raises
    ------
    InputError
        If repeats are asked for where the design makes their number, or are no number of repeats.
    """
    if repeats is not None and not plan.work.draws.joint:
        raise InputError(
            f"repeats={repeats!r}: this design has as many repeats as its numbers of draws make "
            f"({plan.work.draws.text}); for others give them as --vary {plan.work.draws.spelled}, "
            "with another --out where a cube holds these"
        )
    if not plan.work.draws.joint and plan.repeats > MAX_REPEATS:
        raise InputError(
            f"--vary {plan.work.draws.spelled}: these are {plan.repeats:,} repeats ({plan.work.draws.text}), at most "
            f"{MAX_REPEATS:,} are run; give smaller numbers of draws"
        )
    return whole("repeats", plan.repeats if repeats is None else repeats, 1, MAX_REPEATS)


def open_writer(
    plan: Plan, out: str | Path | None, total: int, *, allow_versions: bool, anonymous: bool, command: str
) -> CubeWriter:
    """Open the cube of a plan, or make it.

    Raises
    ------
    CubeError
        If the cube is another study's, or cannot be written.
    """
    if stored_request(out) is None:
        header = attributes(plan, command=command, anonymous=anonymous)
        return CubeWriter.create(out, layout(plan, anonymous=anonymous), header, total)
    writer = CubeWriter.open(out)  # type: ignore[arg-type]
    try:
        check_same(writer, plan, allow_versions=allow_versions, anonymous=anonymous)
    except BaseException:
        writer.close()
        raise
    return writer


def missing_of(
    plan: Plan, writer: CubeWriter, total: int, jobs: int, *, retry_failed: bool, name: str = ""
) -> Task:
    """Make room for all repeats, and give what is missing of them.

    Raises
    ------
    RunsFailed
        If an earlier call has given this cube up.
    """
    writer.extend(total)
    pending = writer.pending(total, retry_failed=retry_failed)
    if pending and not retry_failed and (hopeless := _stopped_before(writer)):
        raise RunsFailed(f"{hopeless} (--retry-failed tries again)")
    if pending:
        write_seeds(writer, plan.work)
        write_versions(writer, plan, sorted({repeat for _, repeat in pending}))
    return Task(plan.work, writer, pending, jobs, name)


def _stopped_before(writer: CubeWriter) -> str:
    """Say so where an earlier call has stopped early, and would stop again."""
    first = writer.status[:, :PROBES]
    if first.shape[1] < PROBES or (first != Status.FAILED).any():
        return ""
    errors = writer.dataset().error.isel(repeat=slice(PROBES)).values
    by_procedure = {number: [str(text) for text in row] for number, row in enumerate(errors)}
    return "" if any(map(differ, by_procedure.values())) else all_failed(by_procedure)


def failures(cube: xr.Dataset) -> Counter[str]:
    """Count the distinct errors of failed runs.

    Parameters
    ----------
    cube : xarray.Dataset
        A cube, or the joined one of several data sets.

    Returns
    -------
    collections.Counter
        Error, its first line, to number of runs.
    """
    if "dataset" in cube.dims:
        return sum((failures(one) for one in cubes_of(cube).values()), Counter())
    failed = (cube.status == int(Status.FAILED)).values
    return Counter(first_line(str(text)) for text in cube.error.values[failed])


def _tell_failures(cube: xr.Dataset) -> None:
    found = failures(cube)
    if found:
        listed = "; ".join(f"{count} x {text}" for text, count in found.most_common(5))
        warnings.warn(
            f"{sum(found.values())} of {cube.status.size} runs failed: {listed}", RuntimeWarning, stacklevel=3
        )

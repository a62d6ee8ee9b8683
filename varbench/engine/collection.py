"""A study over several data sets: a cube for each, one set of workers for all, and a list of what became of them."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from varbench.cube import (
    ABSENT,
    DONE,
    FAILED,
    PENDING,
    CollectionWriter,
    CubeWriter,
    cube_attributes,
    cubes_of,
    has_collection,
    has_cube,
    join,
    open_collection,
    read_collection,
)
from varbench.data import Member, is_here, is_several, members_of
from varbench.engine.backends import check_workers
from varbench.engine.engine import failures, missing_of, open_writer, total_repeats
from varbench.engine.header import check_study
from varbench.engine.left_out import left_out, with_runs
from varbench.engine.tasks import Task, run_tasks
from varbench.errors import CubeError, DataError, FetchError, RunsFailed, VarbenchError
from varbench.study import Plan, Request, Study, plan
from varbench.study.plan import asked_data

if TYPE_CHECKING:
    import xarray as xr

#: So many downloads that fail, and none that succeeds: there is no network, and the others are not tried.
STRIKES = 2


@dataclass(frozen=True)
class Collected:
    """A study over several data sets, with everything settled.

    Parameters
    ----------
    study : Study
        The study.
    request : Request
        What was asked for, without the data.
    members : mapping of str to Member
        The data sets, by name.
    plans : mapping of str to Plan
        Of those that can be run; at least one.
    problems : mapping of str to (str, str)
        Of the others: ``failed`` or ``absent``, and why.
    """

    study: Study
    request: Request
    members: Mapping[str, Member]
    plans: Mapping[str, Plan]
    problems: Mapping[str, tuple[str, str]]


def is_collection(study: Study, request: Request, out: str | Path | None) -> bool:
    """Tell whether a study is to be run on several data sets.

    Parameters
    ----------
    study : Study
        The study.
    request : Request
        What its user asks for.
    out : str, Path or None
        The folder of the run.

    Returns
    -------
    bool
        Whether several are asked for, or ``out`` holds several.
    """
    if out is not None and has_collection(out):
        return True
    if request.data is None and out is not None and has_cube(out):
        return False
    return is_several(asked_data(study, request))


def plan_collection(study: Study, request: Request, out: str | Path | None) -> Collected:
    """Settle and check a study over several data sets; files that are not here are fetched.

    Parameters
    ----------
    study : Study
        The study.
    request : Request
        What its user asks for; what is not said is taken from the run in ``out``. Data sets that are named join
        those that are there.
    out : str, Path or None
        The folder of the run.

    Returns
    -------
    Collected
        Ready to run.

    Raises
    ------
    VarbenchError
        If no data set can be run, with the reason; a mistake that is the same for all is told once.
    """
    stored = read_collection(out) if out is not None and has_collection(out) else None
    if stored is not None:
        for name in [name for name in stored["members"] if has_cube(Path(str(out), name))][:1]:
            check_study(Path(str(out), name), study)
        _check_columns(request, stored, Path(str(out)))
        known = replace(request, data=None).completed_by({**stored["request"], "data": None})
        request = replace(known, data=request.data)
    members = _members(study, request, stored)
    plans: dict[str, Plan] = {}
    errors: dict[str, VarbenchError] = {}
    fetched = _Fetched()
    for name, member in members.items():
        try:
            plans[name] = _fitting(_plan_of(study, request, member, fetched), plans)
        except VarbenchError as error:
            errors[name] = error
    if not plans:
        raise _none_left(errors)
    problems = {name: (ABSENT if isinstance(e, FetchError) else FAILED, str(e)) for name, e in errors.items()}
    return Collected(study, replace(request, data=None), members, plans, problems)


def _check_columns(request: Request, stored: Mapping[str, Any], run: Path) -> None:
    """Refuse to say anything else of the columns than was said when runs were made: it would hold for these too."""
    before = stored["request"].get("data_options") or {}
    given = {name: value for name, value in request.data_options.items() if name != "search"}
    other = [name for name, value in given.items() if value != before.get(name)]
    made = [name for name in stored["members"] if has_cube(run / name)]
    if other and made:
        told = "\n".join(f"  {n}: {before.get(n, 'nothing')} in the run, {given[n]} asked for" for n in other)
        raise CubeError(
            f"{run} has runs of {made[0]} already, and what is said of the columns holds for all of its data sets:\n"
            f"{told}\nleave the option out, give another --out, or name the columns of the new table in a manifest"
        )


def _members(study: Study, request: Request, stored: Mapping[str, Any] | None) -> dict[str, Member]:
    """Give the data sets asked for, and those that the run has already."""
    before = {} if stored is None else stored["members"]
    asked: dict[str, Member] = {}
    # Data at hand are in no list: they are the study's own, or are given again.
    if request.data is not None or not all(one["source"] for one in before.values()) or not before:
        asked = {member.name: member for member in members_of(asked_data(study, request))}
    found = {}
    for name, one in before.items():
        mine = asked.pop(name, None)
        source = one["source"] or None
        if mine is not None and source is not None and mine.source != source:
            raise CubeError(
                f"the run has a data set {name} already, {source}, and {mine.source} would have the same name: give "
                f"another --out"
            )
        if mine is None and source is None:
            raise DataError(
                f"the data set {name} of this run was given as it is, and is in no file: give it again"
            )
        found[name] = mine or Member(name, source, bool(one["named"]))
    own = request.data is None and before
    return found if own else found | asked


def _fitting(settled: Plan, others: Mapping[str, Plan]) -> Plan:
    """Refuse data that cannot stand beside the others: they would count twice, or their scores are of another kind."""
    numeric = settled.work.data.numeric
    for name, other in others.items():
        if other.settings["data"]["hash"] == settled.settings["data"]["hash"]:
            raise DataError(
                f"{settled.work.data.name}: it holds the same data as {name}, and would count twice"
            )
        if other.work.data.numeric != numeric:
            kinds = ("a number", "a class") if numeric else ("a class", "a number")
            raise DataError(
                f"{settled.work.data.name}: its outcome is {kinds[0]}, and that of {name} is {kinds[1]}: run it alone"
            )
    return settled


class _Fetched:
    """Whether files can be fetched, as far as it was tried."""

    def __init__(self) -> None:
        self.succeeded = 0
        self.names: list[str] = []

    @property
    def hopeless(self) -> bool:
        return len(self.names) >= STRIKES and not self.succeeded

    @contextlib.contextmanager
    def attempt(self, name: str) -> Iterator[None]:
        try:
            yield
        except FetchError:
            self.names.append(name)
            raise
        self.succeeded += 1


def _plan_of(study: Study, request: Request, member: Member, fetched: _Fetched) -> Plan:
    options = request.data_options
    # A name stays a name, so that the cube is that of a run on this data set alone.
    source = (
        member.source if isinstance(member.source, str) else member.load(**options, seed=request.seed or 0)
    )
    one = replace(request, data=source)
    if is_here(member, options.get("search")):
        return plan(study, one)
    if fetched.hopeless:
        raise FetchError(
            f"not here, and not tried, since others could not be fetched: {', '.join(fetched.names)}"
        )
    with fetched.attempt(member.name):
        return plan(study, one)


def _none_left(errors: Mapping[str, VarbenchError]) -> VarbenchError:
    """Tell why no data set can be run: a mistake that is the same for all as it is."""
    told = [error for error in errors.values() if not isinstance(error, FetchError)] or list(errors.values())
    if len({str(error) for error in told}) == 1:
        return told[0]
    listed = "\n".join(f"  {name}: {str(error).removeprefix(f'{name}: ')}" for name, error in errors.items())
    return DataError(f"none of {len(errors)} data sets can be run:\n{listed}")


def run_collection(
    collected: Collected,
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
    """Run what is missing of a study over several data sets.

    The workers are shared: one that finds no more to do for one data set takes from the next.

    Parameters
    ----------
    collected : Collected
        From :func:`plan_collection`, with the same ``out``.
    repeats, jobs, backend, scheduler, out, retry_failed, allow_versions, anonymous, progress
        As in :meth:`varbench.Study.run`.
    command : str
        The command that makes the cubes, for their provenance.

    Returns
    -------
    xarray.Dataset
        The scores of all, joined along ``dataset``; ``out/NAME`` has the cube of each.

    Raises
    ------
    InputError
        If repeats are asked for where the design makes their number.
    RunsFailed
        If on every data set the first runs of every procedure failed.
    CubeError
        If the cubes are another study's, or cannot be written.
    """
    totals = {name: total_repeats(one, repeats) for name, one in collected.plans.items()}
    check_workers(backend, jobs, scheduler)
    folder = None if out is None else Path(out)
    content = {"study": collected.study.name, "request": collected.request.stored(), "anonymous": anonymous}
    with CollectionWriter(folder, content, collected.members) as listed, contextlib.ExitStack() as opened:
        listed.content["anonymous"] = anonymous or bool(listed.content.get("anonymous"))
        problems = {**collected.problems, **_changed(collected, listed)}
        running = {name: one for name, one in collected.plans.items() if name not in problems}
        if not running:
            raise CubeError(next(problems[name][1] for name in collected.plans))

        def writer_of(name: str) -> CubeWriter:
            return opened.enter_context(
                open_writer(
                    running[name], listed.folder(name), totals[name], allow_versions=allow_versions,
                    anonymous=listed.content["anonymous"], command=command,
                )
            )  # fmt: skip

        # Those that are there first: whether this run may go on is known before anything is made.
        writers = {name: writer_of(name) for name in running if _is_there(listed, name)}
        _list(
            collected, listed, problems, anew=not any(_is_there(listed, name) for name in collected.members)
        )
        writers = {name: writers.get(name) or writer_of(name) for name in running}
        tasks, hopeless = _tasks(running, writers, totals, jobs, retry_failed=retry_failed)
        listed.put(_states(tasks, problems | hopeless))
        try:
            run_tasks(
                tasks, backend=backend, jobs=jobs, scheduler=scheduler, progress=progress,
                finished=lambda task: listed.put(_states([task], {})),
            )  # fmt: skip
        finally:
            listed.put(_states(tasks, {}))
        ended = [listed.members[name] for name in running]
        if all(one["status"] == FAILED for one in ended):
            raise RunsFailed(ended[0]["error"])
        cubes = {name: writer.dataset() for name, writer in writers.items()}
        members = dict(listed.members)
    joined = join(cubes, members) if folder is None else open_collection(folder)
    _tell(joined, members)
    return joined


def _tasks(
    plans: Mapping[str, Plan],
    writers: Mapping[str, CubeWriter],
    totals: Mapping[str, int],
    jobs: int,
    *,
    retry_failed: bool,
) -> tuple[list[Task], dict[str, tuple[str, str]]]:
    """Give what is missing of each data set, and those that an earlier call has given up."""
    tasks, hopeless = [], {}
    for name, one in plans.items():
        try:
            task = missing_of(one, writers[name], totals[name], jobs, retry_failed=retry_failed, name=name)
        except RunsFailed as error:
            hopeless[name] = FAILED, str(error)
        else:
            tasks.append(task)
    return tasks, hopeless


def _changed(collected: Collected, listed: CollectionWriter) -> dict[str, tuple[str, str]]:
    """Find the data sets that are other than when their runs were made."""
    found = {}
    for name, one in collected.plans.items():
        if not _is_there(listed, name):
            continue
        before = cube_attributes(listed.folder(name))["settings"]["data"]["hash"]  # type: ignore[arg-type]
        now = one.settings["data"]["hash"]
        if before != now:
            told = f"the data are not those of the runs that are there ({before[:12]} then, {now[:12]} now)"
            found[name] = FAILED, f"{told}: bring them back, or give another --out"
    return found


def _is_there(listed: CollectionWriter, name: str) -> bool:
    folder = listed.folder(name)
    return folder is not None and has_cube(folder)


def _list(
    collected: Collected, listed: CollectionWriter, problems: Mapping[str, tuple[str, str]], *, anew: bool
) -> None:
    """Write down which data sets there are, before any of them is run."""
    if anew:
        listed.content["request"] = collected.request.stored()
    listed.put(
        {
            name: {
                "source": member.source if isinstance(member.source, str) else "",
                "named": member.named,
                **_known(*problems.get(name, (PENDING, ""))),
            }
            for name, member in collected.members.items()
        }
    )


def _known(status: str, error: str) -> dict[str, str]:
    return {"status": status, "error": error}


def _states(tasks: Sequence[Task], problems: Mapping[str, tuple[str, str]]) -> dict[str, dict[str, str]]:
    """Say what became of data sets, as far as it is known."""
    ended = {
        task.name: _known(FAILED, task.hopeless) if task.hopeless else _known(DONE, "")
        for task in tasks
        if not task.left
    }
    return ended | {name: _known(*problem) for name, problem in problems.items()}


def _tell(joined: xr.Dataset, members: Mapping[str, Mapping[str, Any]]) -> None:
    """Warn of what could not be run."""
    lost = left_out(members, with_runs(joined))
    for name, cube in cubes_of(joined).items():
        if members[name]["status"] == DONE:
            lost += [f"{name}: {count} x {text}" for text, count in failures(cube).most_common(3)]
    if lost:
        warnings.warn("not all could be run:\n" + "\n".join(lost), RuntimeWarning, stacklevel=3)

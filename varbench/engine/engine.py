"""The engine: pending runs to workers, their records to the one writer."""

from __future__ import annotations

import contextlib
import queue
import statistics
import threading
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from varbench.cube import CubeWriter, RunRecord, Status
from varbench.engine.backends import check_workers, records
from varbench.engine.header import attributes, check_same, layout, stored_request, write_seeds
from varbench.errors import InputError, RunsFailed
from varbench.study import Plan, Request
from varbench.study.checks import whole

if TYPE_CHECKING:
    import xarray as xr

#: How long finished work may stay unwritten.
FLUSH_SECONDS = 2.0
#: A batch of quick runs takes about this long, so that handing it out costs little and a Ctrl-C loses little.
BATCH_SECONDS = 0.5
MAX_BATCH = 500
#: Batches that may wait for the writer.
QUEUED = 16
#: More would take years, and a typing error is likelier.
MAX_REPEATS = 10_000_000
#: Of an error's text, in a message.
SHOWN = 300
#: With so many failures of each procedure, all with one error, the rest is not tried.
PROBES = 3


def resumed(request: Request, out: str | Path | None) -> Request:
    """Complete a request from the cube that it is to extend.

    Parameters
    ----------
    request : Request
        What the user said.
    out : str, Path or None
        The folder of the run.

    Returns
    -------
    Request
        With what was not said taken from the cube; as it is where there is no cube.
    """
    stored = stored_request(out)
    return request if stored is None else request.completed_by(stored)


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
    if repeats is not None and not plan.work.draws.joint:
        raise InputError(
            f"repeats={repeats!r}: this design has as many repeats as its numbers of draws make "
            f"({plan.work.draws.text}); for others give them as --vary {plan.work.draws.spelled}, "
            "with another --out where a cube holds these"
        )
    total = whole("repeats", plan.repeats if repeats is None else repeats, 1, MAX_REPEATS)
    check_workers(backend, jobs, scheduler)
    with _writer(
        plan, out, total, allow_versions=allow_versions, anonymous=anonymous, command=command
    ) as writer:
        writer.extend(total)
        pending = writer.pending(total, retry_failed=retry_failed)
        if pending and not retry_failed and (hopeless := _stopped_before(writer)):
            raise RunsFailed(f"{hopeless} (--retry-failed tries again)")
        if pending:
            write_seeds(writer, plan.work)
            _run_pending(
                plan, writer, pending, backend=backend, jobs=jobs, scheduler=scheduler, progress=progress
            )
        cube = writer.dataset()
    _tell_failures(cube)
    return cube


def _writer(
    plan: Plan, out: str | Path | None, total: int, *, allow_versions: bool, anonymous: bool, command: str
) -> CubeWriter:
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


def _run_pending(
    plan: Plan,
    writer: CubeWriter,
    pending: list[tuple[int, int]],
    *,
    backend: str,
    jobs: int,
    scheduler: str | None,
    progress: bool,
) -> None:
    batches = _Batches(pending, jobs)
    guard = _Probes(pending, len(plan.names))
    with (
        _WriterThread(writer) as sink,
        tqdm(total=len(pending), unit="run", disable=not progress, smoothing=0.1) as bar,
        contextlib.closing(
            records(plan.work, batches, backend=backend, jobs=jobs, scheduler=scheduler)
        ) as done,
    ):
        for batch in done:
            batches.learn(batch)
            sink.put(guard.release(batch))
            bar.update(len(batch))
            if guard.hopeless:
                break
        else:
            sink.put(guard.held())
    if guard.hopeless:
        raise RunsFailed(guard.hopeless)


class _Batches:
    """Hands out runs in order, more at a time where they are quick."""

    def __init__(self, pending: list[tuple[int, int]], jobs: int) -> None:
        self._pending = pending
        self._jobs = jobs
        self._seconds: dict[int, list[float]] = defaultdict(list)
        self._lock = threading.Lock()

    def learn(self, batch: list[RunRecord]) -> None:
        with self._lock:
            for record in batch[:20]:
                self._seconds[record.procedure] = [*self._seconds[record.procedure][-20:], record.seconds]

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        start = 0
        while start < len(self._pending):
            size = self._size(len(self._pending) - start)
            yield self._pending[start : start + size]
            start += size

    def _size(self, left: int) -> int:
        with self._lock:
            known = [statistics.median(seconds) for seconds in self._seconds.values()]
        if not known:
            return 1
        size = int(BATCH_SECONDS / max(statistics.mean(known), 1e-6))
        return max(1, min(size, MAX_BATCH, -(-left // (2 * self._jobs))))


class _Probes:
    """Holds later records back until the first runs have shown that not everything fails.

    What is stored when all fail would otherwise depend on how many workers were ahead.
    """

    def __init__(self, pending: list[tuple[int, int]], n_procedures: int) -> None:
        self._expected = {
            (procedure, repeat) for procedure in range(n_procedures) for repeat in range(PROBES)
        }
        self._errors: dict[int, list[str]] = defaultdict(list)
        self._later: list[RunRecord] = []
        # Where some of them were done before, this is no fresh start, and nothing is held back.
        self._decided = not self._expected <= set(pending)
        self.hopeless = ""

    def release(self, batch: list[RunRecord]) -> list[RunRecord]:
        if self._decided:
            return batch
        first = [record for record in batch if record.repeat < PROBES]
        self._later += [record for record in batch if record.repeat >= PROBES]
        for record in first:
            self._errors[record.procedure].append(record.error)
        if any(record.status != Status.FAILED for record in first) or any(
            map(_differ, self._errors.values())
        ):
            self._decided = True
            return first + self.held()
        if sum(map(len, self._errors.values())) == len(self._expected):
            self._decided, self.hopeless = True, _all_failed(self._errors)
        return first

    def held(self) -> list[RunRecord]:
        later, self._later = self._later, []
        return later


def _differ(errors: list[str]) -> bool:
    return len(set(errors)) > 1


def _all_failed(errors: Mapping[int, list[str]]) -> str:
    """Say that every procedure's first runs failed, each with one error."""
    told = "; ".join(dict.fromkeys(_line(one[0]) for one in errors.values()))
    return f"the first {PROBES} runs of every procedure failed, so the rest was not tried: {told}"


def _stopped_before(writer: CubeWriter) -> str:
    """Say so where an earlier call has stopped early, and would stop again."""
    first = writer.status[:, :PROBES]
    if first.shape[1] < PROBES or (first != Status.FAILED).any():
        return ""
    errors = writer.dataset().error.isel(repeat=slice(PROBES)).values
    by_procedure = {number: [str(text) for text in row] for number, row in enumerate(errors)}
    return "" if any(map(_differ, by_procedure.values())) else _all_failed(by_procedure)


class _WriterThread:
    """The one writer: takes records as they come and flushes them at least every two seconds."""

    def __init__(self, writer: CubeWriter) -> None:
        self._writer = writer
        # Short, so that a disk slower than the workers slows them down instead of filling the memory.
        self._queue: queue.Queue[list[RunRecord] | None] = queue.Queue(maxsize=QUEUED)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="varbench-writer", daemon=True)

    def __enter__(self) -> _WriterThread:
        self._thread.start()
        return self

    def put(self, batch: list[RunRecord]) -> None:
        while batch:
            self._raise()
            with contextlib.suppress(queue.Full):
                self._queue.put(batch, timeout=FLUSH_SECONDS)
                return

    def __exit__(self, *_: Any) -> None:
        while self._thread.is_alive():
            with contextlib.suppress(queue.Full):
                self._queue.put(None, timeout=FLUSH_SECONDS)
                break
        self._thread.join()
        self._raise()

    def _raise(self) -> None:
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def _work(self) -> None:
        try:
            while True:
                try:
                    batch = self._queue.get(timeout=FLUSH_SECONDS)
                except queue.Empty:
                    self._writer.flush()
                    continue
                if batch is None:
                    self._writer.flush()
                    return
                for record in batch:
                    self._writer.add(record)  # flushes where it is due
        except BaseException as error:  # handed to the thread that runs, which raises it
            self._error = error


def failures(cube: xr.Dataset) -> Counter[str]:
    """Count the distinct errors of failed runs.

    Parameters
    ----------
    cube : xarray.Dataset
        A cube.

    Returns
    -------
    collections.Counter
        Error, its first line, to number of runs.
    """
    failed = (cube.status == int(Status.FAILED)).values
    return Counter(_line(str(text)) for text in cube.error.values[failed])


def _line(text: str) -> str:
    """Give the first line of an error, short and printable."""
    first = "".join(c if c.isprintable() else " " for c in (text.splitlines() or [""])[0])
    return first if len(first) <= SHOWN else f"{first[: SHOWN - 1]}…"


def _tell_failures(cube: xr.Dataset) -> None:
    found = failures(cube)
    if found:
        listed = "; ".join(f"{count} x {text}" for text, count in found.most_common(5))
        warnings.warn(
            f"{sum(found.values())} of {cube.status.size} runs failed: {listed}", RuntimeWarning, stacklevel=3
        )

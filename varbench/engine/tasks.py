"""What is missing of one cube or of several, handed to one set of workers; one thread writes what comes back."""

from __future__ import annotations

import contextlib
import queue
import statistics
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tqdm import tqdm

from varbench.cube import CubeWriter, RunRecord, Status
from varbench.engine.backends import records
from varbench.study import Work

#: How long finished work may stay unwritten.
FLUSH_SECONDS = 2.0
#: A batch of quick runs takes about this long, so that handing it out costs little and a Ctrl-C loses little.
BATCH_SECONDS = 0.5
MAX_BATCH = 500
#: Batches that may wait for the writer.
QUEUED = 16
#: Of an error's text, in a message.
SHOWN = 300
#: With so many failures of each procedure, all with one error, the rest is not tried.
PROBES = 3


class Task:
    """What is missing of one cube.

    Parameters
    ----------
    work : Work
        What the workers need.
    writer : CubeWriter
        Of the cube.
    pending : list of (int, int)
        Procedure and repeat of each run.
    jobs : int
        Workers that share in it.
    name : str
        What it is called, where there are several.
    """

    def __init__(
        self, work: Work, writer: CubeWriter, pending: list[tuple[int, int]], jobs: int, name: str = ""
    ) -> None:
        self.work, self.writer, self.name = work, writer, name
        #: Runs that have not come back.
        self.left = len(pending)
        self.batches = Batches(pending, jobs)
        self._probes = Probes(pending, len(work.procedures))

    @property
    def hopeless(self) -> str:
        """Why the rest is not tried; empty where it is."""
        return self._probes.hopeless

    def take_in(self, batch: list[RunRecord]) -> list[RunRecord]:
        """Learn from a batch, and give what may be written now."""
        if self.hopeless:
            return []
        self.batches.learn(batch)
        self.left -= len(batch)
        released = self._probes.release(batch)
        if self.hopeless:
            self.batches.stop()
            self.left = 0
        return released if self.left or self.hopeless else released + self._probes.held()


def run_tasks(
    tasks: Sequence[Task],
    *,
    backend: str,
    jobs: int,
    scheduler: str | None,
    progress: bool,
    finished: Callable[[Task], None] = lambda task: None,
) -> None:
    """Do what is missing of some cubes, in their order; a worker that is free takes from the next.

    Parameters
    ----------
    tasks : sequence of Task
        One for each cube.
    backend, jobs, scheduler, progress
        As in :meth:`varbench.Study.run`.
    finished : callable
        Called with each task that is done, when all of it is written; by the thread that writes.
    """
    total = sum(task.left for task in tasks)
    if not total:
        return
    with (
        _WriterThread(finished) as sink,
        # Data sets differ in what a run costs: there the mean over all says more of the time left than the last runs.
        tqdm(total=total, unit="run", disable=not progress, smoothing=0.1 if len(tasks) < 2 else 0.0) as bar,
        contextlib.closing(
            records(
                [task.work for task in tasks],
                _in_turn(tasks),
                backend=backend,
                jobs=jobs,
                scheduler=scheduler,
            )
        ) as done,
    ):
        for number, batch in done:
            task, before = tasks[number], tasks[number].left
            if task.name:
                bar.set_description(task.name, refresh=False)
            if not before:  # it was given up while this was under way
                continue
            sink.put(task, task.take_in(batch))
            if task.hopeless:
                bar.total -= before - len(batch)
            bar.update(len(batch))
            if not any(other.left for other in tasks):
                break


def _in_turn(tasks: Sequence[Task]) -> Iterator[tuple[int, Sequence[tuple[int, int]]]]:
    for number, task in enumerate(tasks):
        for batch in task.batches:
            yield number, batch


class Batches:
    """Hands out runs in order, more at a time where they are quick."""

    def __init__(self, pending: list[tuple[int, int]], jobs: int) -> None:
        self._pending = pending
        self._jobs = jobs
        self._seconds: dict[int, list[float]] = defaultdict(list)
        self._lock = threading.Lock()
        self._stopped = False

    def stop(self) -> None:
        """Hand out no more."""
        self._stopped = True

    def learn(self, batch: list[RunRecord]) -> None:
        """Take note of how long runs take."""
        with self._lock:
            for record in batch[:20]:
                self._seconds[record.procedure] = [*self._seconds[record.procedure][-20:], record.seconds]

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        start = 0
        while start < len(self._pending) and not self._stopped:
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


class Probes:
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
        """Give what need not be held back any longer."""
        if self._decided:
            return batch
        first = [record for record in batch if record.repeat < PROBES]
        self._later += [record for record in batch if record.repeat >= PROBES]
        for record in first:
            self._errors[record.procedure].append(record.error)
        if any(record.status != Status.FAILED for record in first) or any(map(differ, self._errors.values())):
            self._decided = True
            return first + self.held()
        if sum(map(len, self._errors.values())) == len(self._expected):
            self._decided, self.hopeless = True, all_failed(self._errors)
        return first

    def held(self) -> list[RunRecord]:
        """Give what was held back."""
        later, self._later = self._later, []
        return later


def differ(errors: list[str]) -> bool:
    """Tell whether there is more than one error."""
    return len(set(errors)) > 1


def all_failed(errors: Mapping[int, list[str]]) -> str:
    """Say that every procedure's first runs failed, each with one error."""
    told = "; ".join(dict.fromkeys(first_line(one[0]) for one in errors.values()))
    return f"the first {PROBES} runs of every procedure failed, so the rest was not tried: {told}"


def first_line(text: str) -> str:
    """Give the first line of an error, short and printable."""
    first = "".join(c if c.isprintable() else " " for c in (text.splitlines() or [""])[0])
    return first if len(first) <= SHOWN else f"{first[: SHOWN - 1]}…"


class _WriterThread:
    """The one that writes: takes records as they come and flushes them at least every two seconds."""

    def __init__(self, finished: Callable[[Task], None]) -> None:
        self._finished = finished
        # Short, so that a disk slower than the workers slows them down instead of filling the memory.
        self._queue: queue.Queue[tuple[Task, list[RunRecord], bool] | None] = queue.Queue(maxsize=QUEUED)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="varbench-writer", daemon=True)

    def __enter__(self) -> _WriterThread:
        self._thread.start()
        return self

    def put(self, task: Task, batch: list[RunRecord]) -> None:
        last = not task.left
        while batch or last:
            self._raise()
            with contextlib.suppress(queue.Full):
                self._queue.put((task, batch, last), timeout=FLUSH_SECONDS)
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
        unfinished: dict[int, Task] = {}
        try:
            while True:
                try:
                    found = self._queue.get(timeout=FLUSH_SECONDS)
                except queue.Empty:
                    _flush(unfinished)
                    continue
                if found is None:
                    _flush(unfinished)
                    return
                task, batch, last = found
                unfinished[id(task)] = task
                for record in batch:
                    task.writer.add(record)  # flushes where it is due
                if last:
                    task.writer.flush()
                    del unfinished[id(task)]
                    self._finished(task)
        except BaseException as error:  # handed to the thread that runs, which raises it
            self._error = error


def _flush(tasks: Mapping[int, Task]) -> None:
    for task in tasks.values():
        task.writer.flush()

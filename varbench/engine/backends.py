"""Where runs are done: in this process, in worker processes, or on a Dask cluster; results come as they are ready."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import tempfile
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import cloudpickle
import joblib
from joblib.externals.loky.process_executor import TerminatedWorkerError

from varbench.cube import RunRecord
from varbench.engine.execute import execute_batch
from varbench.errors import InputError, MissingExtra, VarbenchError, unknown
from varbench.study import Work
from varbench.workers import check_jobs

#: How long a scheduler may take to answer.
ANSWER_SECONDS = 10
#: The number of a work, and runs of it.
Batches = Iterable[tuple[int, Sequence[tuple[int, int]]]]
#: The number of a work, and records of it.
Records = tuple[int, list[RunRecord]]
#: ``(works, batches, jobs, scheduler) -> records``, batch by batch, in any order
Backend = Callable[[Sequence[Work], Batches, int, "str | None"], Iterator[Records]]


def _in_process(
    works: Sequence[Work], batches: Batches, jobs: int, scheduler: str | None
) -> Iterator[Records]:
    for number, batch in batches:
        yield number, execute_batch(works[number], batch)


def _loky(works: Sequence[Work], batches: Batches, jobs: int, scheduler: str | None) -> Iterator[Records]:
    if jobs == 1:
        yield from _in_process(works, batches, jobs, scheduler)
        return
    with tempfile.TemporaryDirectory(prefix="varbench-") as folder:
        # Written once and read once a worker: the data do not travel with every run.
        for number, work in enumerate(works):
            _work_file(folder, number).write_bytes(cloudpickle.dumps(work))
        with joblib.parallel_config(backend="loky", n_jobs=jobs, inner_max_num_threads=1):
            try:
                yield from _unordered(partial(_in_worker, folder, os.getpid()), batches)
            except TerminatedWorkerError:
                raise VarbenchError(
                    "a worker process was killed, perhaps for want of memory; what was done is kept, "
                    "and the same command goes on (with fewer --jobs it needs less memory)"
                ) from None


def _work_file(folder: str, number: int) -> Path:
    return Path(folder) / f"work-{number}.pickle"


def _in_worker(folder: str, parent: int, number: int, batch: Sequence[tuple[int, int]]) -> Records:
    path = _work_file(folder, number)
    if os.getpid() == parent:
        return number, execute_batch(_read_work(path), batch)
    # Ctrl-C reaches the whole process group; the parent decides, a worker's traceback would only be noise.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return number, execute_batch(_read_work(path), batch)
    finally:
        signal.signal(signal.SIGINT, before)  # the worker may be lent to others later


# Two, since the last runs of one work and the first of the next are done at the same time.
@lru_cache(maxsize=2)
def _read_work(path: Path) -> Work:
    return _load_work(path.read_bytes())  # our parent's file, in a folder of its own


def _dask(works: Sequence[Work], batches: Batches, jobs: int, scheduler: str | None) -> Iterator[Records]:
    try:
        from distributed import Client
    except ImportError:
        raise MissingExtra("distributed", "dask") from None
    try:
        client = Client(scheduler, timeout=ANSWER_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(f"no Dask scheduler answers at {scheduler}: {error}") from None
    with contextlib.closing(client):
        workers = max(1, len(client.nthreads()))  # runs in one process take turns, whatever its threads
        # As bytes of cloudpickle's: a study's own functions are in no module that a worker could import.
        shared = client.scatter([cloudpickle.dumps(work) for work in works], broadcast=True)
        with joblib.parallel_config(backend="dask", client=client, n_jobs=workers):
            calls = ((shared[number], number, batch) for number, batch in batches)
            yield from _unordered(_on_cluster, calls)


def _unordered(work_on: Callable[..., Any], calls: Iterable[tuple[Any, ...]]) -> Iterator[Records]:
    """Give results as they are ready; what is under way when nobody wants more is given up without a word."""
    parallel = joblib.Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch="2*n_jobs")
    results = parallel(joblib.delayed(work_on)(*call) for call in calls)
    try:
        for result in results:  # noqa: UP028 - "yield from" would close the results before the filter stands
            yield result
    finally:
        with warnings.catch_warnings():
            warnings.filterwarnings(
                "ignore", message=".*still being processed by the workers", category=UserWarning
            )
            results.close()


def _on_cluster(content: bytes, number: int, batch: Sequence[tuple[int, int]]) -> Records:
    return number, execute_batch(_load_work(content), batch)


@lru_cache(maxsize=2)
def _load_work(content: bytes) -> Work:
    work: Work = pickle.loads(content)  # what the parent has sent to its own workers
    return work


BACKENDS: dict[str, Backend] = {"loky": _loky, "dask": _dask}


def records(
    works: Sequence[Work], batches: Batches, *, backend: str, jobs: int, scheduler: str | None
) -> Generator[Records]:
    """Do runs and give their records as they are ready.

    Parameters
    ----------
    works : sequence of Work
        What there is to do.
    batches : iterable of (int, sequence of (int, int))
        The number of a work, and runs of it, as procedure and repeat; taken as workers become free.
    backend : {"loky", "dask"}
        Where the workers are.
    jobs : int
        Worker processes; with Dask the cluster's own number.
    scheduler : str or None
        Dask's address.

    Yields
    ------
    (int, list of RunRecord)
        The number of a work, and one batch's records.

    Raises
    ------
    InputError
        If there is no scheduler at the address.
    """
    yield from BACKENDS[backend](works, batches, jobs, scheduler)


def check_workers(backend: str, jobs: Any, scheduler: str | None) -> None:
    """Check what was said of the workers, before any work.

    Raises
    ------
    InputError
        If there is no such backend, if ``jobs`` is not one that this machine bears, or if Dask has no
        address, or another backend has one.
    """
    if backend not in BACKENDS:
        raise InputError(unknown("backend", backend, BACKENDS))
    check_jobs(jobs)
    if backend != "dask" and scheduler is not None:
        raise InputError(f"--scheduler {scheduler}: is for --backend dask; give both, or neither")
    if backend == "dask" and scheduler is None:
        raise InputError("--backend dask needs --scheduler tcp://HOST:PORT")

"""One writer at a time: a lock that the system takes back when its process ends, however it ends."""

from __future__ import annotations

import json
import os
import platform
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from varbench.errors import CubeError

LOCK = ".lock"
WRITER = ".writer"


class RunLock:
    """The lock of a run's folder; ``.writer`` beside it says who holds it, for the message alone.

    Raises
    ------
    CubeError
        Where another writer holds it.
    """

    def __init__(self, run: Path) -> None:
        self._run = run
        self._lock = FileLock(run / LOCK, timeout=0, thread_local=False)
        try:
            self._lock.acquire()
        except Timeout as error:
            raise CubeError(
                f"{run} is being written by {_holder(run)}; wait until it has ended, stop it, "
                "or give another folder"
            ) from error
        holder = {
            "pid": os.getpid(),
            "host": platform.node(),
            "since": datetime.now(UTC).isoformat("T", "seconds"),
        }
        with suppress(OSError):  # on a full disk the lock is what counts
            (run / WRITER).write_text(json.dumps(holder), encoding="utf-8")

    def release(self) -> None:
        """Let others write; more than once is harmless."""
        if self._lock.is_locked:
            with suppress(OSError):
                (self._run / WRITER).unlink(missing_ok=True)
            self._lock.release()


def _holder(run: Path) -> str:
    try:
        who = json.loads((run / WRITER).read_text(encoding="utf-8"))
        return f"process {who['pid']} on {who['host']} (since {who['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"

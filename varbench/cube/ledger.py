"""Which runs are stored: the commit marks, and the lengths of ``repeat`` and ``row``."""

from __future__ import annotations

import numpy as np

from varbench.cube.backing import Backing
from varbench.cube.schema import Array, Status
from varbench.cube.storage import ROOT, Stored, metadata_file, parse, repeat_coordinate


class Ledger:
    """Keeps, beside the status of each run, what of it has reached the store.

    Parameters
    ----------
    backing : Backing
        Where the files are.
    stored : dict of str to Stored
        All variables, ``status`` among them.
    """

    def __init__(self, backing: Backing, stored: dict[str, Stored]) -> None:
        self._backing, self._stored = backing, stored
        self._repeat = parse("repeat", backing.read(f"repeat/{ROOT}"))
        # After a kill in the middle of growing, what all variables have is what there is.
        n_repeats = min([self._repeat["shape"][0], *(s.length("repeat") for s in stored.values())])
        self._committed = self._read_status(n_repeats)
        self.status = self._committed.copy()
        self._lengths = self._read_lengths()
        self._retried: set[tuple[int, int]] = set()
        self.write_sizes()
        for one in stored.values():  # what was written behind the last row, and not committed
            self._delete_rows(one)

    def _read_status(self, n_repeats: int) -> Array:
        status = self._stored["status"]
        found = np.zeros((status.length("procedure"), n_repeats), dtype=np.uint8)
        for k in range(-(-n_repeats // status.span)):
            content = self._backing.read(status.key(k))
            if content is not None:
                part = found[:, k * status.span : (k + 1) * status.span]
                part[...] = status.decode(content)[:, : part.shape[1]]
        return found

    def _read_lengths(self) -> Array:
        """Count the rows of each stored run: those of ``sample`` that are not padding."""
        sample, lengths = self._stored["sample"], np.zeros(self._committed.shape, dtype=np.int64)
        for k in np.unique(np.flatnonzero(self._committed.any(axis=0)) // sample.span).tolist():
            there = lengths[:, k * sample.span : (k + 1) * sample.span]
            for part in range(sample.n_parts(sample.length("row"))):
                content = self._backing.read(sample.key(k, part))
                if content is not None:
                    rows = (sample.decode(content) != sample.variable.fill).sum(axis=2)
                    there += rows[:, : there.shape[1]]
        lengths[self._committed == Status.PENDING] = 0
        return lengths

    @property
    def n_repeats(self) -> int:
        """Length of ``repeat``."""
        return int(self.status.shape[1])

    @property
    def n_rows(self) -> int:
        """Rows of the longest run that is stored."""
        return int(self._lengths.max(initial=0))

    def pending(self, first: int, stop: int) -> Array:
        """Say which runs of some repeats are not stored (procedure, repeat)."""
        found: Array = self.status[:, first:stop] == Status.PENDING
        return found

    def to_do(self, n_repeats: int, retry_failed: bool) -> list[tuple[int, int]]:
        """Give procedure and repeat of the runs that are to be done, of so many repeats."""
        status = self.status[:, :n_repeats]
        status = np.pad(status, ((0, 0), (0, n_repeats - status.shape[1])))
        wanted = (status == Status.PENDING) | (retry_failed & (status == Status.FAILED))
        return [(int(procedure), int(repeat)) for repeat, procedure in np.argwhere(wanted.T)]

    def note(self, at: tuple[int, int], status: int, n_rows: int) -> None:
        """Take down a run, by procedure and repeat."""
        if self._committed[at] != Status.PENDING:
            self._retried.add(at)
        self.status[at] = status
        self._lengths[at] = n_rows

    def uncommit(self) -> None:
        """Take back the commit mark of failed runs that are run again, before their data change."""
        if self._retried:
            taken_back = self._committed.copy()
            for at in self._retried:
                taken_back[at] = Status.PENDING
            self._write_status(taken_back)
            self._retried = set()

    def commit(self) -> None:
        """Write the commit marks; all data are in the store."""
        self.write_sizes()
        self._write_status(self.status.copy())

    def _write_status(self, status: Array) -> None:
        stored = self._stored["status"]
        changed = np.flatnonzero((status != self._committed).any(axis=0))
        files: dict[str, bytes] = {}
        for k in np.unique(changed // stored.span).tolist():
            block = stored.empty(1)
            part = status[:, k * stored.span : (k + 1) * stored.span]
            block[:, : part.shape[1]] = part
            files |= stored.encode(block, k)
        if files:
            self._backing.write(files)
        self._committed = status

    def extend(self, n_repeats: int) -> None:
        """Make ``repeat`` longer; all that was noted is committed."""
        self.write_sizes(n_repeats)
        new = ((0, 0), (0, n_repeats - self.n_repeats))
        self._lengths, self._committed = np.pad(self._lengths, new), np.pad(self._committed, new)
        self.status = self._committed.copy()

    def write_sizes(self, n_repeats: int | None = None) -> None:
        """Write the lengths of ``repeat`` and ``row`` where they changed, those of ``status`` last."""
        sizes = {"repeat": n_repeats or self.n_repeats, "row": self.n_rows}
        files: dict[str, bytes] = {}
        repeat = {**self._repeat, "shape": [sizes["repeat"]]}
        if repeat != self._repeat:
            files |= repeat_coordinate(self._repeat["shape"][0], sizes["repeat"])
            files[f"repeat/{ROOT}"] = metadata_file(repeat)
        found = {name: stored.resized(sizes) for name, stored in self._stored.items()}
        changed = {name: metadata for name, metadata in found.items() if metadata is not None}
        files |= {f"{name}/{ROOT}": metadata_file(metadata) for name, metadata in changed.items()}
        if files:
            self._backing.write(files)
        self._repeat = repeat
        for name, metadata in changed.items():
            self._stored[name].metadata = metadata
            self._delete_rows(self._stored[name])

    def _delete_rows(self, stored: Stored) -> None:
        """Remove chunks behind the last row, lest they come back when rows are added."""
        if stored.row_axis is None:
            return
        n_parts = stored.n_parts(stored.length("row"))
        chunks = [name for name in self._backing.names(stored.name) if name.startswith("c.")]
        gone = [name for name in chunks if int(name.split(".")[1 + stored.row_axis]) >= n_parts]
        self._backing.delete(f"{stored.name}/{name}" for name in gone)

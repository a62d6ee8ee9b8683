"""The one writer of a cube: runs come in any order, at any speed, and the process may die at any moment."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import xarray as xr

from varbench.cube.backing import (
    Backing,
    Folder,
    Memory,
    check_free,
    clear_partial,
    explained,
    place,
    run_folder,
)
from varbench.cube.blocks import Blocks
from varbench.cube.header import decode_attributes, encode_attributes
from varbench.cube.ledger import Ledger
from varbench.cube.locking import RunLock
from varbench.cube.reader import check_writable, layout_of, open_backing
from varbench.cube.records import Slots, check_place, put_shared
from varbench.cube.schema import (
    SCHEMA_ATTRIBUTE,
    Array,
    Layout,
    RunRecord,
    Status,
)
from varbench.cube.storage import ROOT, Stored, metadata_file, parse, skeleton
from varbench.errors import CubeError

FLUSH_SECONDS = 2.0


class CubeWriter:
    """Writes the runs of one study into one cube; it comes from :meth:`create` or :meth:`open`.

    Data are written first, and ``status``, the commit mark, last: whatever happens to the process, a run with
    a status other than 0 has all its data whole. The final cube depends neither on the order in which the
    runs came nor on interruptions nor on whether it was extended. One thread at a time may use a writer.

    Parameters
    ----------
    backing, layout, run, lock
        What :meth:`create` and :meth:`open` bring together.
    flush_seconds : float
        How much time of work may be lost at most.

    Examples
    --------
    >>> layout = Layout(procedures=("correct",), metrics=("f1",), classes=("no", "yes"))
    >>> with CubeWriter.create(None, layout, {"study": "example"}, n_repeats=2) as writer:
    ...     writer.add(RunRecord(0, 1, arrays={"score": np.array([[0.5]])}))
    ...     writer.done.tolist(), float(writer.dataset().score.sum())
    ([[False, True]], 0.5)
    """

    def __init__(
        self,
        backing: Backing,
        layout: Layout,
        run: Path | None = None,
        lock: RunLock | None = None,
        flush_seconds: float = FLUSH_SECONDS,
    ) -> None:
        self._backing, self._run, self._lock, self._flush_seconds = backing, run, lock, flush_seconds
        self.layout = layout
        self._closed = False
        self._root = parse(ROOT, backing.read(ROOT))
        stored = {
            name: Stored(name, variable, parse(name, backing.read(f"{name}/{ROOT}")))
            for name, variable in layout.variables().items()
        }
        self._ledger = Ledger(backing, stored)
        data = {name: found for name, found in stored.items() if name != "status"}
        self._spans = {name: found.span for name, found in data.items()}
        self._of_repeat = {name: found for name, found in data.items() if not found.variable.of_run}
        self._slots = Slots(layout, {n: found for n, found in data.items() if n not in self._of_repeat})
        self._blocks = Blocks(backing, data, self._ledger.pending, self._ledger.uncommit)
        self._blocks.reserve(self._ledger.n_rows)  # so that blocks are loaded with all their rows
        self._last_flush = time.monotonic()

    @classmethod
    def create(
        cls,
        path: str | os.PathLike[str] | None,
        layout: Layout,
        attributes: Mapping[str, Any],
        n_repeats: int,
        *,
        flush_seconds: float = FLUSH_SECONDS,
    ) -> Self:
        """Make a new cube.

        Parameters
        ----------
        path : path or None
            The folder of the run, new or empty; the cube is ``cube.zarr`` in it. None: in memory alone.
        layout : Layout
            All that fixes its shape.
        attributes : mapping of str to object
            Scalars are stored as they are, None not at all, everything else as JSON text.
        n_repeats : int
            Length of ``repeat``, at least 1; :meth:`extend` makes it longer.
        flush_seconds : float
            How much time of work may be lost at most.

        Raises
        ------
        CubeError
            Where the folder holds a cube or anything else, cannot be written, or is being written.
        """
        if n_repeats < 1:
            raise CubeError(f"n_repeats must be at least 1, got {n_repeats!r}")
        files = skeleton(layout, encode_attributes(attributes), n_repeats)
        if path is None:
            memory = Memory()
            memory.write(files)
            return cls(memory, layout, flush_seconds=flush_seconds)
        run = run_folder(path)
        with explained(run):
            check_free(run)
            run.mkdir(parents=True, exist_ok=True)
            lock = RunLock(run)
        try:
            with explained(run):
                check_free(run)
                place(run, files)
            return cls(Folder(run), layout, run, lock, flush_seconds)
        except BaseException:
            lock.release()
            raise

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, flush_seconds: float = FLUSH_SECONDS) -> Self:
        """Go on with the cube at ``RUN`` or ``RUN/cube.zarr``.

        Raises
        ------
        CubeError
            Where there is no cube, where it is damaged or of another schema, or where it is being written.
        """
        run = run_folder(path)
        check_writable(run)
        with explained(run):
            lock = RunLock(run)
        try:
            with explained(run):
                clear_partial(run)
                backing = Folder(run)
                return cls(backing, layout_of(open_backing(backing, run)), run, lock, flush_seconds)
        except BaseException:
            lock.release()
            raise

    @property
    def path(self) -> Path | None:
        """The folder of the run, or None in memory."""
        return self._run

    @property
    def name(self) -> str:
        """How messages call it."""
        return "the cube in memory" if self._run is None else str(self._run)

    @property
    def n_repeats(self) -> int:
        """Length of ``repeat``."""
        return self._ledger.n_repeats

    @property
    def status(self) -> Array:
        """The :class:`Status` of each run (procedure, repeat), those not flushed yet included; a copy."""
        return self._ledger.status.copy()

    @property
    def done(self) -> Array:
        """Which runs need not be run, failed ones included (procedure, repeat)."""
        return np.asarray(self._ledger.status != Status.PENDING)

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes of the cube, JSON text decoded."""
        return decode_attributes({k: v for k, v in self._root["attributes"].items() if k != "coordinates"})

    def pending(self, n_repeats: int | None = None, *, retry_failed: bool = False) -> list[tuple[int, int]]:
        """Give the runs that are to be done, repeat by repeat.

        Parameters
        ----------
        n_repeats : int, optional
            The repeats to look at, from the first; there may be more of them than the cube has yet.
        retry_failed : bool
            Whether runs that failed are to be done again.

        Returns
        -------
        list of (int, int)
            Procedure and repeat of each.
        """
        return self._ledger.to_do(self.n_repeats if n_repeats is None else n_repeats, retry_failed)

    def extend(self, n_repeats: int) -> None:
        """Make ``repeat`` at least this long; what is stored stays.

        Parameters
        ----------
        n_repeats : int
            The total; less than there are changes nothing.

        Raises
        ------
        CubeError
            Where the disk is full or the folder cannot be written.
        """
        if n_repeats > self.n_repeats:
            self.flush()
            with explained(self._run):
                self._ledger.extend(n_repeats)

    def set_repeat(
        self,
        repeat: int,
        *,
        realization: npt.ArrayLike | None = None,
        seed: npt.ArrayLike | None = None,
        external_y_true: npt.ArrayLike | None = None,
    ) -> None:
        """Store what all procedures of a repeat share.

        Parameters
        ----------
        repeat : int
            Position along ``repeat``.
        realization, seed : array of int (source,), optional
            Which draw of each source, and its seed.
        external_y_true : array of int (external_row,), optional
            Classes of the external rows; the first run of a repeat may bring them among its arrays instead.

        Raises
        ------
        CubeError
            Where a shape is wrong, or where runs were stored with other values.
        """
        given = {"realization": realization, "seed": seed, "external_y_true": external_y_true}
        with explained(self._run):
            self._check_repeat(repeat)
            for name, value in given.items():
                if value is not None and np.size(value):
                    self._set_shared(name, repeat, np.asarray(value))
            self._blocks.relieve()

    def _set_shared(self, name: str, repeat: int, value: Array) -> None:
        stored = self._of_repeat.get(name)
        if stored is None:
            raise CubeError(f"the layout of the cube has no {name}, but one was given for repeat {repeat}")
        position, inside = divmod(repeat, stored.span)
        started = not self._ledger.pending(repeat, repeat + 1).all()
        if put_shared(stored, self._blocks.get(name, position)[inside], value, repeat, started):
            self._blocks.touch(name, position)

    def add(self, record: RunRecord) -> None:
        """Take in one run; it is on the disk after the next flush, at the latest ``flush_seconds`` from now.

        Parameters
        ----------
        record : RunRecord
            A run that is pending, or one that failed and was run again.

        Raises
        ------
        CubeError
            Where the run is done already, where an array has another name, shape or kind than the layout
            says, or where the disk is full or the folder cannot be written.
        """
        with explained(self._run):
            self._check_repeat(record.repeat)
            check_place(record, self.layout.procedures, self._ledger.status)
            self._take(record)
            self._pass_on(record.repeat)
        self.flush_if_due()

    def _take(self, record: RunRecord) -> None:
        shared = {name: a for name, a in record.arrays.items() if name in self._of_repeat}
        own: dict[str, Any] = {name: a for name, a in record.arrays.items() if name not in shared}
        n_rows = self._slots.count_rows(own)
        own |= {"seconds": record.seconds, "warning": record.warnings, "error": record.error}
        for name, value in shared.items():
            self._set_shared(name, record.repeat, value)
        self._blocks.reserve(n_rows)
        for name, span in self._spans.items():
            position, inside = divmod(record.repeat, span)
            block = self._blocks.get(name, position)
            self._blocks.touch(name, position)  # so that each block with a run has a file, filled or not
            if name not in self._of_repeat:
                self._slots.put(name, block[record.procedure, inside, ...], own.get(name), n_rows)
        self._ledger.note((record.procedure, record.repeat), record.status, n_rows)

    def _pass_on(self, repeat: int) -> None:
        """Let go of the blocks that this run has filled."""
        for span in self._blocks.spans:
            position = repeat // span
            if self._ledger.status[:, position * span : (position + 1) * span].all():
                self._blocks.let_go(span, position)
        self._blocks.relieve()

    def _check_repeat(self, repeat: int) -> None:
        if self._closed:
            raise CubeError(f"{self.name} was closed by its writer; open it again to add to it")
        if not 0 <= repeat < self.n_repeats:
            raise CubeError(f"repeat must be in [0, {self.n_repeats}), got {repeat}; extend() makes room")

    def flush_if_due(self, seconds: float | None = None) -> None:
        """Flush where the last flush is longer ago than ``seconds``, by default the writer's own time."""
        if time.monotonic() - self._last_flush >= (self._flush_seconds if seconds is None else seconds):
            self.flush()

    def flush(self) -> None:
        """Write all that was added: first the data, then the commit mark.

        Raises
        ------
        CubeError
            Where the disk is full or the folder cannot be written; what was stored is intact.
        """
        with explained(self._run):
            self._blocks.write()
            self._ledger.commit()
        self._last_flush = time.monotonic()

    def update_attributes(self, **attributes: Any) -> None:
        """Replace attributes, at once and as a whole; None removes one.

        Raises
        ------
        CubeError
            Where a value cannot be stored, or for the number of the schema.
        """
        if SCHEMA_ATTRIBUTE in attributes:
            raise CubeError(f"{SCHEMA_ATTRIBUTE} says how the cube is written and cannot be changed")
        kept = {k: v for k, v in self._root["attributes"].items() if k not in attributes}
        changed = {**self._root, "attributes": kept | encode_attributes(attributes)}
        with explained(self._run):
            self._backing.write({ROOT: metadata_file(changed)})
        self._root = changed

    def append(self, name: str, entry: Any) -> None:
        """Add an entry to an attribute that is a list, as ``overrides``, or begin one.

        Raises
        ------
        CubeError
            Where the attribute is not a list.
        """
        before = self.attributes.get(name, [])
        if not isinstance(before, list):
            raise CubeError(f"the attribute {name} is not a list, so nothing can be appended to it")
        self.update_attributes(**{name: [*before, entry]})

    def dataset(self) -> xr.Dataset:
        """Flush, and give the cube, lazily opened."""
        if not self._closed:
            self.flush()
        return open_backing(self._backing, self._run)

    def close(self) -> None:
        """Flush and let others write; more than once is harmless."""
        if self._closed:
            return
        try:
            self.flush()
        finally:
            self._closed = True
            if self._lock is not None and self._run is not None:
                clear_partial(self._run)
                self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.close()
        except CubeError as second:
            if error is None:
                raise
            error.add_note(f"while closing the cube: {second}")  # the first error is the one to tell

"""The pieces of a cube that are being filled: held in memory until they are whole, then stored."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from varbench.cube.backing import Backing, not_whole
from varbench.cube.schema import Array
from varbench.cube.storage import Stored

_STAGED_BYTES = 2**24
_HELD_BYTES = 2**26


class Blocks:
    """The blocks of all variables but ``status``; a block is all of a variable in a few consecutive repeats.

    A block that is full is encoded and let go, so the memory that is held depends on the number of blocks
    that are being filled, not on the number of repeats. Nothing is written before :meth:`write`.

    Parameters
    ----------
    backing : Backing
        Where the files are.
    stored : dict of str to Stored
        The variables.
    pending : callable
        ``(first, stop) -> bool array (procedure, repeat)``: which runs of these repeats are not stored.
    before_write : callable
        Called before anything is written.
    """

    def __init__(
        self,
        backing: Backing,
        stored: dict[str, Stored],
        pending: Callable[[int, int], Array],
        before_write: Callable[[], None],
    ) -> None:
        self._backing, self._stored, self._pending, self._before_write = (
            backing,
            stored,
            pending,
            before_write,
        )
        self._held: dict[str, dict[int, Array]] = {name: {} for name in stored}
        self._dirty: set[tuple[str, int]] = set()
        self._staged: dict[str, bytes] = {}
        self._n_staged = self._n_held = self._n_rows = 0
        self.spans = sorted({s.span for s in stored.values()})

    def reserve(self, n_rows: int) -> None:
        """Give all blocks room for so many rows; room is never taken back."""
        if n_rows <= self._n_rows:
            return
        self._n_rows = n_rows
        for name, stored in self._stored.items():
            for position, block in self._held[name].items():
                if stored.row_axis is not None:
                    self._held[name][position] = self._fitting(stored, block)

    def _fitting(self, stored: Stored, block: Array) -> Array:
        n_parts = stored.n_parts(self._n_rows)
        axis = stored.row_axis
        if axis is None or block.shape[axis] >= n_parts * stored.chunk[axis]:
            return block
        return stored.widened(block, n_parts)

    def get(self, name: str, position: int) -> Array:
        """Give a block, from the store where it is there; who writes into it calls :meth:`touch`."""
        block = self._held[name].get(position)
        if block is None:
            block = self._held[name][position] = self._load(name, position)
            self._n_held += block.nbytes
        return block

    def touch(self, name: str, position: int) -> None:
        """Say that a block was changed."""
        self._dirty.add((name, position))

    def _load(self, name: str, position: int) -> Array:
        stored = self._stored[name]
        parts = [self._part(name, position, i) for i in range(stored.n_parts(self._n_rows))]
        pending = self._pending(position * stored.span, (position + 1) * stored.span)
        if parts[0] is None and not pending.all():
            raise not_whole(f"{stored.key(position)} is missing, although runs are stored in it")
        whole = [stored.empty(1) if part is None else part for part in parts]
        block = np.concatenate(whole, stored.row_axis or 0)
        if stored.variable.of_run:  # a writer that was killed may have left data without the commit mark
            n_repeats = pending.shape[1]
            block[:, :n_repeats][pending] = stored.variable.fill
        return block

    def _part(self, name: str, position: int, part: int) -> Array | None:
        key = self._stored[name].key(position, part)
        content = self._staged.get(key) or self._backing.read(key)
        return None if content is None else self._stored[name].decode(content)

    def stage(self, name: str, position: int) -> None:
        """Encode a block for the next write."""
        files = self._stored[name].encode(self._held[name][position], position)
        self._staged.update(files)
        self._n_staged += sum(map(len, files.values()))
        self._dirty.discard((name, position))

    def let_go(self, span: int, position: int) -> None:
        """Encode the blocks of this many repeats at a position, and hold them no longer."""
        for name, stored in self._stored.items():
            if stored.span == span and position in self._held[name]:
                self._drop(name, position)
        if self._n_staged > _STAGED_BYTES:
            self._write()

    def relieve(self) -> None:
        """Let go of everything where too much is held, as after runs in a strange order."""
        if self._n_held > _HELD_BYTES:
            for name, held in self._held.items():
                for position in list(held):
                    self._drop(name, position)
            self._write()

    def _drop(self, name: str, position: int) -> None:
        if (name, position) in self._dirty:
            self.stage(name, position)
        self._n_held -= self._held[name].pop(position).nbytes

    def write(self) -> None:
        """Write all that was changed; what cannot be written stays, for another try."""
        for name, position in sorted(self._dirty):
            self.stage(name, position)
        self._write()

    def _write(self) -> None:
        if self._staged:
            self._before_write()
            self._backing.write(self._staged)
            self._staged, self._n_staged = {}, 0

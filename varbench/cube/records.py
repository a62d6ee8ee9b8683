"""One run's arrays: are they what the layout says, and into the block with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from varbench.cube.header import clean_text
from varbench.cube.schema import RECORD_FIELDS, Array, Layout, RunRecord, Status
from varbench.cube.storage import Stored
from varbench.errors import CubeError, unknown

#: What stands in the true rows of a run that says nothing about them; -2 is left for padding.
_UNKNOWN_ROW = {"sample": -1, "parent_a": -1, "parent_b": -1}
#: Kind of the stored dtype -> kinds that it can take without losing more than precision.
_CASTS = {"f": "fiu", "i": "iub", "u": "iub", "O": "OUTS"}


def check_place(record: RunRecord, procedures: Sequence[str], status: Array) -> None:
    """Refuse a run whose procedure or status there is not, or that is done.

    Raises
    ------
    CubeError
        With what was expected.
    """
    if not 0 <= record.procedure < len(procedures):
        raise CubeError(f"procedure must be in [0, {len(procedures)}), got {record.procedure}")
    if record.status not in (Status.DONE, Status.FAILED):
        raise CubeError(f"the status of a run must be 1 (done) or 2 (failed), got {record.status!r}")
    if status[record.procedure, record.repeat] == Status.DONE:
        run = f"{procedures[record.procedure]} in repeat {record.repeat}"
        raise CubeError(f"the run of {run} is done already; only failed runs are done again")


class Slots:
    """Checks and writes the arrays of runs.

    Parameters
    ----------
    layout : Layout
        The shape of the cube.
    stored : dict of str to Stored
        The variables of which each run has its own piece.
    """

    def __init__(self, layout: Layout, stored: dict[str, Stored]) -> None:
        sizes = layout.sizes(0, 0)
        self._stored = stored
        self._tails = {
            name: tuple(sizes[dim] for dim in found.variable.dims[2:] if dim != "row")
            for name, found in stored.items()
        }

    def count_rows(self, arrays: Mapping[str, Array]) -> int:
        """Check the arrays, and give the number of rows of the run.

        Raises
        ------
        CubeError
            Where an array has another name, shape or kind than the layout says.
        """
        n_rows = None
        for name, array in arrays.items():
            stored, tail = self._stored.get(name), self._tails.get(name, ())
            if stored is None or name in RECORD_FIELDS:
                raise CubeError(
                    unknown("variable of a run", name, [n for n in self._tails if n not in RECORD_FIELDS])
                )
            if stored.row_axis is not None:
                n_rows = len(array) if n_rows is None else n_rows
                tail = (n_rows, *tail)
            if array.shape != tail or array.dtype.kind not in _CASTS[stored.dtype.kind]:
                kind = "text" if stored.variable.text else stored.dtype.name
                got = f"{array.dtype} with shape {array.shape}"
                raise CubeError(f"{name} of a run must be {kind} with shape {tail}, got {got}")
        return n_rows or 0

    def put(self, name: str, slot: Array, value: Any, n_rows: int) -> None:
        """Write a run's piece of a variable; what is not given becomes the fill value."""
        stored = self._stored[name]
        if stored.row_axis is not None:
            slot[n_rows:] = stored.variable.fill
            slot = slot[:n_rows]
            value = _UNKNOWN_ROW.get(name) if value is None else value
        if value is None:
            slot[...] = stored.variable.fill
        elif stored.variable.text:
            texts = [clean_text(str(text)) for text in np.asarray(value, dtype=object).flat]
            slot[...] = np.array(texts, dtype=object).reshape(slot.shape)
        else:
            slot[...] = value


def put_shared(stored: Stored, slot: Array, value: Array, repeat: int, started: bool) -> bool:
    """Write what all runs of a repeat share; say whether it was new.

    Parameters
    ----------
    stored : Stored
        The variable.
    slot, value : array
        Its piece for the repeat, and what is to stand there.
    repeat : int
        For the message.
    started : bool
        Whether runs of the repeat are stored.

    Returns
    -------
    bool
        Whether ``slot`` was changed.

    Raises
    ------
    CubeError
        Where the value does not fit, or where runs were stored with another one.
    """
    if np.array_equal(slot, value):
        return False
    if value.shape != slot.shape or not np.array_equal(value.astype(slot.dtype), value):
        raise CubeError(
            f"{stored.name} of repeat {repeat} must be {slot.dtype} with shape {slot.shape}, got "
            f"{_few(value)} with shape {value.shape}"
        )
    if started and (slot != stored.variable.fill).any():
        raise CubeError(
            f"repeat {repeat} was stored with {stored.name} {_few(slot)}, now it would be {_few(value)}; "
            "runs of different draws are not mixed"
        )
    slot[...] = value
    return True


def _few(values: Array) -> str:
    """Show the first values."""
    return f"{values.ravel()[:8].tolist()}{'...' if values.size > 8 else ''}"

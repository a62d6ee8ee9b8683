"""What is set after the runs, and says so for ever."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from varbench.cube.schema import check_name
from varbench.cube.writer import CubeWriter

#: What a report may take from the list of overrides instead of what was stored when the cube was made.
OVERRIDABLE = ("primary", "direction", "margin", "gamma", "confidence_level")


def override(run: str | os.PathLike[str], changes: Mapping[str, Any]) -> None:
    """Set the primary metric, the margin or their like after the runs.

    What was stored when the cube was made stays; an entry with the time and the number of runs that were
    stored by then is appended to the attribute ``overrides``, and is never removed.

    Parameters
    ----------
    run : path
        ``RUN`` or ``RUN/cube.zarr``.
    changes : mapping of str to object
        Name, of :data:`OVERRIDABLE`, and value.

    Raises
    ------
    CubeError
        Where a name cannot be overridden, or where the cube cannot be written.
    """
    for name in changes:
        check_name("override", name, OVERRIDABLE)
    with CubeWriter.open(run) as writer:
        for name, value in changes.items():
            now = datetime.now(UTC).isoformat(timespec="seconds")
            entry = {"name": name, "value": value, "time": now, "runs": int(writer.done.sum())}
            writer.append("overrides", entry)

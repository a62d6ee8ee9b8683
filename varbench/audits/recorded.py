"""What a cube recorded, as the checks of an audit see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from varbench.effects import attribute, primary

if TYPE_CHECKING:
    import xarray as xr

#: What became of a run.
PENDING, DONE, FAILED = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Run:
    """One cube as the checks see it: what it recorded, and nothing else.

    Parameters
    ----------
    cube : xarray.Dataset
        As :func:`varbench.open_cube` gives it.
    """

    cube: xr.Dataset

    @cached_property
    def procedures(self) -> tuple[str, ...]:
        """The procedures."""
        return tuple(str(name) for name in self.cube["procedure"].values)

    @cached_property
    def status(self) -> np.ndarray[tuple[int, ...], np.dtype[Any]]:
        """What became of each run, (procedure, repeat)."""
        return np.asarray(self.cube["status"].values)

    @cached_property
    def primary(self) -> str:
        """The primary metric."""
        return primary(self.cube)

    def of(self, name: str, default: Any = None) -> Any:
        """Give an attribute, decoded."""
        return attribute(self.cube, name, default)

    @cached_property
    def data(self) -> Mapping[str, Any]:
        """What the cube says of its data."""
        return dict(self.of("data", {}) or {})

    @cached_property
    def sources(self) -> Mapping[str, Mapping[str, Any]]:
        """By source of variation: its state, and who reads it."""
        return dict(self.of("sources", {}) or {})

    @property
    def varied(self) -> tuple[str, ...]:
        """The sources that are drawn anew in each repeat."""
        return tuple(name for name, one in self.sources.items() if one.get("state") == "varied")

    @property
    def rarer(self) -> float | None:
        """The share of the rarest class of the cohort, where the cube tells it."""
        classes = self.data.get("classes") or {}
        # Cubes of the first days name the classes without counting them.
        counts = [float(n) for n in classes.values()] if isinstance(classes, dict) else []
        total = float(np.sum(counts))
        return min(counts) / total if len(counts) > 1 and total else None

"""What is collected while a MAPS is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pandas as pd

from varbench.tables.cases import Cases
from varbench.tables.predictions import Predictions
from varbench.tables.quantities import Quantity, quantity

#: Columns of the metrics of a MAPS.
METRICS = (
    "split", "selection", "data_group", "level", "metric", "quantity", "value", "ci_low", "ci_high", "se",
)  # fmt: skip


class FoldPredictions(NamedTuple):
    """Predictions of one network of a MAPS for one data group.

    Attributes
    ----------
    split : int
        Which split it was trained on.
    selection : str
        By which metric it was chosen, as ``loss``.
    data_group : str
        ``train``, ``validation``, or a test group.
    level : str
        ``image``, or the mode: ``patch``, ``roi``, ``slice``.
    predictions : Predictions
        With the participant as group.
    """

    split: int
    selection: str
    data_group: str
    level: str
    predictions: Predictions


class FoldCases(NamedTuple):
    """Measures of each image by one network of a MAPS, for one data group.

    Attributes
    ----------
    split, selection, data_group, level
        As in :class:`FoldPredictions`.
    cases : Cases
        With the participant as group.
    """

    split: int
    selection: str
    data_group: str
    level: str
    cases: Cases


class Place(NamedTuple):
    """Where in a MAPS numbers stand."""

    split: int
    selection: str
    data_group: str
    level: str


@dataclass
class Parts:
    """What was found so far.

    Parameters
    ----------
    version : str
        The ClinicaDL that wrote it.
    settings : dict
        The options of the training.
    name : str
        The folder's name.
    found, metrics, cases, sizes, notes : list
        As in :class:`~varbench.tables.Maps`.
    """

    version: str
    settings: dict[str, Any]
    name: str = ""
    found: list[FoldPredictions] = field(default_factory=list)
    metrics: list[dict[str, Any]] = field(default_factory=list)
    cases: list[FoldCases] = field(default_factory=list)
    sizes: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    SIZES: ClassVar[tuple[str, ...]] = ("split", "data_group", "n_images", "n_participants")

    def add_metric(self, place: Place, metric: str, value: float, **more: float) -> None:
        """Take one metric; NaN stands for what the file does not have."""
        row = {**place._asdict(), "metric": metric, "quantity": spelled(metric), "value": value}
        self.metrics.append({**dict.fromkeys(("ci_low", "ci_high", "se"), np.nan), **row, **more})

    def add_cases(self, place: Place, frame: pd.DataFrame, keys: list[str], measures: dict[str, Any]) -> None:
        """Take the measures of each image, which the keys tell apart."""
        ids = frame[keys].agg(" ".join, axis=1).to_numpy(object)
        known = {metric: quantity(metric) or Quantity(metric, metric) for metric in measures}
        people = frame["participant_id"].to_numpy(object)
        self.cases.append(
            FoldCases(*place, Cases(pd.DataFrame(measures), known, ids, people, name=self.name))
        )

    def add_size(self, split: int, data_group: str, frame: pd.DataFrame) -> None:
        """Take the size of a data group from its list of images."""
        people = frame["participant_id"].nunique() if "participant_id" in frame else 0
        self.sizes.append(
            {"split": split, "data_group": data_group, "n_images": len(frame), "n_participants": people}
        )

    def lacking(self) -> list[str]:
        """Say which splits have no predictions, or of fewer images than their group has, where others have."""
        found = {one[:4]: len(one.predictions.y_true) for one in self.found}
        found |= {one[:4]: len(one.cases) for one in self.cases}
        sizes = {(one["split"], one["data_group"]): one["n_images"] for one in self.sizes}
        splits = sorted({int(one["split"]) for one in (*self.sizes, *self.metrics) if one["split"] >= 0})
        told = []
        for selection, group, level in dict.fromkeys(place[1:] for place in found):
            where = f"on {group} ({selection})"
            counted = {split: found.get((split, selection, group, level)) for split in splits}
            absent = [str(split) for split, n in counted.items() if n is None]
            if absent:
                told.append(f"Of split {', '.join(absent)} nothing stands {where}, and of others it does.")
            for split, n in counted.items() if level == "image" else ():
                expected = sizes.get((split, group), sizes.get((-1, group)))
                if n is not None and expected is not None and n < expected:
                    told.append(
                        f"Of split {split} {n} of {expected} images stand {where}: the file may be cut off."
                    )
        return told


def spelled(metric: str) -> str:
    """Give the name that a metric has here; empty where it has none."""
    found = quantity(metric)
    return "" if found is None else found.name

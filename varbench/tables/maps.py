"""A MAPS: the folder that ClinicaDL writes when it trains and evaluates a network."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from varbench.errors import DataError, unknown
from varbench.tables.aligning import Aligned, align_predictions
from varbench.tables.maps_files import split_folders
from varbench.tables.maps_one import read_one
from varbench.tables.maps_parts import METRICS, FoldCases, FoldPredictions, Parts
from varbench.tables.maps_two import read_two

_Fold = TypeVar("_Fold", FoldPredictions, FoldCases)

#: What the folds of a 1.x MAPS are.
ONE_PARTITION = (
    "ClinicaDL 1.x draws its folds with a seed that is fixed in its code, so these are the K folds of one partition "
    "of one cohort: they share their training cases, and another partition cannot be seen. They are no independent "
    "runs; the corrected resampled t-test allows for that."
)


@dataclass(frozen=True, eq=False)
class Maps:
    """What stands in a MAPS.

    Parameters
    ----------
    name : str
        The folder's name.
    version : str
        The ClinicaDL that wrote it, as ``"1.6.1"``; ``"1.x"`` where it does not say.
    task : str
        ``"classification"``, ``"regression"`` or ``"reconstruction"``; empty where it does not say.
    found : tuple of FoldPredictions
        Predictions by split, selection, data group and level; none in 2.0.
    metrics : pandas.DataFrame
        ``split, selection, data_group, level, metric, quantity, value, ci_low, ci_high, se``: as they stand in the
        files; `quantity` is the name that the metric has here, if it has one.
    cases : tuple of FoldCases
        Measures of each image by split, selection, data group and level: of 2.0, and of reconstructions.
    sizes : pandas.DataFrame
        ``split, data_group, n_images, n_participants``; split -1 for a group that all splits share.
    seed : int or None
        With which initialisation and order were drawn; the split's seed is not in a MAPS.
    settings : mapping
        The options of the training, under their present names.
    notes : tuple of str
        Every handling, counted, in sentences.
    fact : str
        What its folds are, in a sentence; empty where it has one split.
    """

    name: str
    version: str
    task: str
    found: tuple[FoldPredictions, ...]
    metrics: pd.DataFrame
    cases: tuple[FoldCases, ...]
    sizes: pd.DataFrame
    seed: int | None
    settings: Mapping[str, Any]
    notes: tuple[str, ...]
    fact: str

    @property
    def predictions(self) -> tuple[FoldPredictions, ...]:
        """The predictions by split, selection, data group and level; refused where there are none."""
        if not self.found:
            raise DataError(
                f"{self.name}: this MAPS (ClinicaDL {self.version}) holds no predictions. {self._instead()}"
            )
        return self.found

    def _instead(self) -> str:
        if self.cases:
            what = ", ".join(self.cases[0].cases.metrics)
            return f"It has measures of each image ({what}); compare those, or let ClinicaDL 1.x write predictions"
        if len(self.metrics):
            what = ", ".join(dict.fromkeys(self.metrics["metric"]))
            return f"It has metrics alone ({what}), a number a split"
        return "It has no metrics either: run clinicadl predict first"

    @property
    def splits(self) -> tuple[int, ...]:
        """The splits that were trained."""
        seen = [
            *(one.split for one in self.found), *(one.split for one in self.cases),
            *self.metrics["split"], *self.sizes["split"],
        ]  # fmt: skip
        return tuple(sorted({int(split) for split in seen if split >= 0}))

    @property
    def n_train(self) -> dict[int, int]:
        """How many images each split was trained on."""
        return self._sizes("train")

    @property
    def n_test(self) -> dict[int, int]:
        """How many images each split was validated on."""
        return self._sizes("validation")

    def _sizes(self, group: str) -> dict[int, int]:
        rows = self.sizes[self.sizes["data_group"] == group]
        return {int(split): int(n) for split, n in zip(rows["split"], rows["n_images"], strict=True)}

    def select(
        self, *, data_group: str | None = None, selection: str | None = None, level: str = "image"
    ) -> tuple[FoldPredictions, ...]:
        """Give one set of predictions a split.

        Parameters
        ----------
        data_group : str, optional
            Left out, the only group that is neither ``train`` nor ``validation``, or else ``validation``.
        selection : str, optional
            By which metric the network was chosen, as ``loss``; may be left out where there is one.
        level : str
            ``"image"``, or the mode: ``"patch"``, ``"roi"``, ``"slice"``.

        Returns
        -------
        tuple of FoldPredictions
            By split.

        Raises
        ------
        DataError
            If there are none, a name is not known, or it must be said which is meant.
        """
        return self._chosen(self.predictions, data_group, selection, level)

    def select_cases(
        self, *, data_group: str | None = None, selection: str | None = None, level: str = "image"
    ) -> tuple[FoldCases, ...]:
        """Give one set of measures of each image a split.

        Parameters
        ----------
        data_group, selection, level
            As in :meth:`select`.

        Returns
        -------
        tuple of FoldCases
            By split.

        Raises
        ------
        DataError
            As :meth:`select`.
        """
        if not self.cases:
            raise DataError(
                f"{self.name}: this MAPS (ClinicaDL {self.version}) holds no measures of each image"
            )
        return self._chosen(self.cases, data_group, selection, level)

    def _chosen(
        self, parts: tuple[_Fold, ...], data_group: str | None, selection: str | None, level: str
    ) -> tuple[_Fold, ...]:
        found = list(parts)
        group = self._group(found) if data_group is None else data_group
        for name, wanted in (("level", level), ("data_group", group), ("selection", selection)):
            known = list(dict.fromkeys(getattr(one, name) for one in found))
            if wanted is None and len(known) > 1:
                raise DataError(
                    f"{self.name}: has the {name}s {', '.join(known)}; say which, as {name}={known[0]!r}"
                )
            if wanted is not None and wanted not in known:
                raise DataError(f"{self.name}: {unknown(name, wanted, known)}")
            found = [one for one in found if wanted is None or getattr(one, name) == wanted]
        return tuple(sorted(found, key=lambda one: one.split))

    def _group(self, found: Sequence[FoldPredictions | FoldCases]) -> str:
        known = list(dict.fromkeys(one.data_group for one in found))
        others = [group for group in known if group not in ("train", "validation")]
        if len(others) == 1:
            return others[0]
        if not others and "validation" in known:
            return "validation"
        raise DataError(
            f"{self.name}: has the data groups {', '.join(known)}; say which, as data_group={known[0]!r}"
        )


def is_maps(path: str | os.PathLike[str]) -> bool:
    """Is this folder a MAPS, of 1.x or 2.0?

    Parameters
    ----------
    path : path
        Any.

    Returns
    -------
    bool
        By its layout alone.
    """
    folder = Path(path)
    return folder.is_dir() and (_is_one(folder) or _is_two(folder))


def _is_one(folder: Path) -> bool:
    return (folder / "maps.json").is_file() and bool(split_folders(folder))


def _is_two(folder: Path) -> bool:
    return not (folder / "maps.json").exists() and bool(split_folders(folder / "training"))


def read_maps(path: str | os.PathLike[str]) -> Maps:
    """What did ClinicaDL write into this folder?

    Parameters
    ----------
    path : path
        A MAPS of ClinicaDL 1.x (``fold-*`` or ``split-*``, any group and mode, both forms of metric files) or 2.0.

    Returns
    -------
    Maps
        In binary tasks of 1.x the class with code 0 is the positive one, as in ClinicaDL's own metrics.

    Raises
    ------
    DataError
        If the folder is no MAPS, or a file in it is damaged.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise DataError(f"{path}: no such folder")
    if _is_one(folder):
        parts = read_one(folder)
    elif _is_two(folder):
        parts = read_two(folder)
    else:
        inside = sorted(p.name for p in folder.iterdir() if is_maps(p))
        raise DataError(
            f"{folder.name}: this is no MAPS; a folder with maps.json and split-* (1.x) or training/split-* (2.0) "
            "is expected" + (f". There are some inside: {', '.join(inside[:5])}" if inside else "")
        )
    return _made(folder, parts)


def _made(folder: Path, parts: Parts) -> Maps:
    seed = parts.settings.get("seed")
    maps = Maps(
        name=folder.resolve().name, version=parts.version, task=str(parts.settings.get("network_task", "")),
        found=tuple(parts.found), metrics=pd.DataFrame(parts.metrics, columns=list(METRICS)),
        cases=tuple(parts.cases),  sizes=pd.DataFrame(parts.sizes, columns=list(Parts.SIZES)),
        seed=seed if isinstance(seed, int) and not isinstance(seed, bool) else None, settings=parts.settings,
        notes=tuple(dict.fromkeys([*parts.lacking(), *parts.notes])), fact="",
    )  # fmt: skip
    return replace(maps, fact=ONE_PARTITION) if len(maps.splits) > 1 and parts.version[0] == "1" else maps


def align_maps(
    a: Maps, b: Maps, *, data_group: str | None = None, selection: str | None = None, level: str = "image"
) -> tuple[tuple[int, Aligned], ...]:
    """Which predictions of two MAPS are of the same images?

    Parameters
    ----------
    a, b : Maps
        Of the first and the second network.
    data_group, selection, level
        As in :meth:`Maps.select`.

    Returns
    -------
    tuple of (int, Aligned)
        Split, and the predictions of both networks for it.

    Raises
    ------
    DataError
        If their splits differ, or the images of a split do.
    """
    chosen = [one.select(data_group=data_group, selection=selection, level=level) for one in (a, b)]
    splits = [[one.split for one in found] for found in chosen]
    if splits[0] != splits[1]:
        raise DataError(
            f"{a.name} has the splits {splits[0]}, and {b.name} {splits[1]}; both must have the same"
        )
    pairs = zip(*chosen, strict=True)
    return tuple((x.split, align_predictions(x.predictions, y.predictions)) for x, y in pairs)

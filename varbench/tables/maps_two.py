"""A MAPS of ClinicaDL 2.0: metrics by split, and measures of each image; it has no predictions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from varbench.errors import DataError
from varbench.tables.maps_files import last_run, numbers, read_json, read_tsv, split_folders, version_of
from varbench.tables.maps_parts import Parts, Place

_KEYS = ["participant_id", "session_id"]


def read_two(folder: Path) -> Parts:
    """Read a MAPS of 2.0; see :func:`varbench.tables.read_maps`.

    Parameters
    ----------
    folder : pathlib.Path
        With ``training``.

    Returns
    -------
    Parts
        All that stands in it.
    """
    training = folder / "training"
    parts = Parts(version_of(folder) or "2.0", {}, folder.resolve().name)
    seen: list[dict[str, Any]] = []
    for split, place in split_folders(training).items():
        told = read_json(
            place / "computational.json", f"{folder.name}/training/split-{split}/computational.json"
        )
        seen.append(told)
        for model in sorted([*place.glob("models/best_models/best-*"), *place.glob("models/final")]):
            _add(
                parts,
                folder,
                model / "validation_metrics",
                Place(split, _selection(model), "validation", "image"),
            )
    for group in sorted((folder / "test").glob("group-*")):
        for split, place in split_folders(group / "results").items():
            for model in sorted(path for path in place.glob("*") if path.is_dir()):
                where = Place(split, _selection(model), group.name.removeprefix("group-"), "image")
                _add(parts, folder, model / "metrics", where)
    _add_settings(parts, seen)
    _add_sizes(parts, folder)
    parts.notes.append("ClinicaDL 2.0 writes no predictions, and no seed of the split.")
    return parts


def _add_settings(parts: Parts, seen: list[dict[str, Any]]) -> None:
    """Take the options that all splits share; say which ones differ."""
    for key in dict.fromkeys(key for told in seen for key in told):
        values = [told.get(key) for told in seen]
        if all(value == values[0] for value in values):
            parts.settings[key] = values[0]
        else:
            parts.notes.append(f"The option {key} differs between the splits: {', '.join(map(str, values))}.")


def _selection(model: Path) -> str:
    return model.name.removeprefix("best-")


def _add(parts: Parts, folder: Path, place: Path, where: Place) -> None:
    path = place / "aggregated.tsv"
    if path.is_file():
        name = f"{folder.name}/{path.relative_to(folder).as_posix()}"
        frame = read_tsv(path, name).drop(columns="epoch", errors="ignore")
        if not len(frame):
            raise DataError(f"{name}: has headings and no values")
        if len(frame) > 1:
            parts.notes.append(f"{name} holds {len(frame)} evaluations; the last one was taken.")
        for metric in frame.columns:
            parts.add_metric(where, str(metric), float(numbers(frame[metric], name)[-1]))
    path = place / "details.tsv"
    if path.is_file():
        name = f"{folder.name}/{path.relative_to(folder).as_posix()}"
        _add_details(parts, read_tsv(path, name), where, name)


def _add_details(parts: Parts, frame: pd.DataFrame, where: Place, name: str) -> None:
    lacking = [key for key in _KEYS if key not in frame]
    if lacking:
        raise DataError(f"{name}: has no column {lacking[0]}; there are {', '.join(frame.columns)}")
    frame, runs = last_run(frame, _KEYS, name)
    if runs > 1:
        parts.notes.append(f"{name} holds {runs} evaluations, one below the other; the last one was taken.")
    measures = [c for c in frame.columns if c not in (*_KEYS, "epoch")]
    parts.add_cases(where, frame, _KEYS, {c: numbers(frame[c], name) for c in measures})


def _add_sizes(parts: Parts, folder: Path) -> None:
    for group in ("train", "validation"):
        for split, place in split_folders(folder / "training" / "data" / group).items():
            if (place / "data.tsv").is_file():
                parts.add_size(
                    split,
                    group,
                    read_tsv(place / "data.tsv", f"{folder.name}/{group}/split-{split}/data.tsv"),
                )
    for group_folder in sorted((folder / "test").glob("group-*")):
        path = group_folder / "data.tsv"
        if path.is_file():
            parts.add_size(
                -1,
                group_folder.name.removeprefix("group-"),
                read_tsv(path, f"{folder.name}/{path.parent.name}"),
            )

"""The text files of a MAPS, with the traps of their layout: index columns, repeated headings, appended runs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from varbench.delimited import headings, read_text, rows_of, uneven
from varbench.errors import DataError


def read_tsv(path: Path, name: str) -> pd.DataFrame:
    """Read a tab-separated file as texts.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    name : str
        As errors call it: its path within the MAPS.

    Returns
    -------
    pandas.DataFrame
        Without an index column that pandas wrote, and without headings that were written again further down.

    Raises
    ------
    DataError
        If it cannot be read, is empty, or a row is cut off.
    """
    try:
        rows = rows_of(read_text(path)[0], "\t", '"')
    except OSError as error:
        raise DataError(f"{name}: cannot be read ({error.strerror or error})") from None
    if not rows:
        raise DataError(f"{name}: the file is empty")
    for number, row in enumerate(rows, start=1):
        if len(row) != len(rows[0]):
            raise uneven(name, number, len(row), len(rows[0]))
    body = [row for row in rows[1:] if row != rows[0]]
    frame = pd.DataFrame(body, columns=headings(rows[0], name), dtype=object)
    return frame.iloc[:, 1:] if not rows[0][0].strip() else frame


def read_json(path: Path, name: str) -> dict[str, Any]:
    """Read a JSON object; an empty one where there is no such file."""
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{name}: no sound JSON file ({error})") from None
    if not isinstance(found, dict):
        raise DataError(f"{name}: must hold one JSON object, got a {type(found).__name__}")
    return found


def numbers(values: pd.Series, name: str) -> npt.NDArray[np.float64]:
    """Turn texts into numbers; ``N/A`` and empty ones are NaN."""
    texts = values.replace({"N/A": "nan", "": "nan"})
    try:
        return np.asarray(texts, dtype=np.float64)
    except ValueError as error:
        raise DataError(f"{name}: column {values.name!r}: {error}") from None


def last_run(frame: pd.DataFrame, keys: list[str], name: str) -> tuple[pd.DataFrame, int]:
    """Give the last of several runs that were appended to one file, and how many there are.

    Raises
    ------
    DataError
        If some rows stand more often than others, so that the runs cannot be told.
    """
    times = frame.groupby(keys, sort=False).size()
    runs = int(times.max()) if len(times) else 1
    if runs == 1:
        return frame, 1
    size = len(frame) // runs
    last = frame.iloc[-size:]
    if int(times.min()) != runs or bool(last.duplicated(subset=keys).any()):
        twice = frame.loc[frame.duplicated(subset=keys), keys].iloc[0]
        raise DataError(
            f"{name}: {' '.join(map(str, twice))} stands {runs} times and others do not, so this file holds parts of "
            "several runs; delete it and predict again"
        )
    return last.reset_index(drop=True), runs


def version_of(folder: Path) -> str | None:
    """Which ClinicaDL wrote this folder, by its environment.txt?"""
    path = folder / "environment.txt"
    if not path.is_file():
        return None
    match = re.search(
        r"(?im)^\s*clinicadl\s*(?:==|@.*@v?|\s)\s*(\d[\w.]*)",
        path.read_text(encoding="utf-8", errors="replace"),
    )
    return match.group(1) if match else None


def split_folders(folder: Path) -> dict[int, Path]:
    """Give the folders of the splits by number; ``fold-*``, of old versions, first."""
    for start in ("fold", "split"):
        found = {
            int(path.name.split("-")[1]): path
            for path in folder.glob(f"{start}-*")
            if path.is_dir() and path.name.split("-")[1].isdigit()
        }
        if found:
            return dict(sorted(found.items()))
    return {}


#: Old names of the options, and whether their meaning was turned round.
_OLD = {
    "model": ("architecture", False), "multi": ("multi_network", False), "minmaxnormalization": ("normalize", False),
    "num_workers": ("n_proc", False), "use_cpu": ("gpu", True), "nondeterministic": ("deterministic", True),
}  # fmt: skip


def renamed(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Give options their present names.

    Examples
    --------
    >>> renamed({"model": "Conv5_FC3", "use_cpu": True})
    {'architecture': 'Conv5_FC3', 'gpu': False}
    """
    made = {}
    for key, value in settings.items():
        name, turned = _OLD.get(key, (key, False))
        if name == key or name not in settings:
            made[name] = not value if turned else value
    return made

"""What varbench writes into a MAPS: a verdict and its statistics, beside what ClinicaDL has written."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from varbench.errors import DataError
from varbench.replacing import replacing
from varbench.tables.maps import is_maps

VERDICT, STATISTICS = "verdict.json", "statistics.tsv"


def write_beside_maps(
    path: str | os.PathLike[str], verdict: Mapping[str, Any], results: pd.DataFrame
) -> tuple[Path, Path]:
    """Write ``verdict.json`` and ``statistics.tsv`` into a MAPS.

    Parameters
    ----------
    path : path
        The MAPS; nothing that ClinicaDL wrote is touched.
    verdict : mapping
        What JSON holds; NumPy's numbers and arrays are taken too, and a number that is not finite becomes null.
    results : pandas.DataFrame
        A row a result; numbers keep their precision.

    Returns
    -------
    verdict, statistics : pathlib.Path
        The two files; each is there whole or not at all.

    Raises
    ------
    DataError
        If the folder is no MAPS, cannot be written to, or the verdict holds what JSON cannot.
    """
    folder = Path(path)
    if not is_maps(folder):
        raise DataError(f"{folder}: this is no MAPS, so nothing was written there")
    try:
        text = json.dumps(_plain(verdict), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    except (TypeError, ValueError) as error:
        raise DataError(f"{folder.name}: the verdict cannot be written as JSON: {error}") from None
    table = results.to_csv(sep="\t", index=False, lineterminator="\n")
    try:
        return _write(folder / VERDICT, text), _write(folder / STATISTICS, table)
    except OSError as error:
        raise DataError(f"{folder}: cannot be written to ({error.strerror or error})") from None


def _write(path: Path, text: str) -> Path:
    with replacing(path) as beside:
        beside.write_bytes(text.encode())
    return path


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value

"""What is wrong with a table of scores, or missing in it, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from varbench.errors import DataError
from varbench.tables.quantities import Quantity
from varbench.tables.scores import CELL, Scores, combined


def check_range(name: str, scores: pd.Series, found: Quantity) -> None:
    """Refuse scores that are infinite, or that the metric cannot have."""
    infinite = np.isinf(scores.to_numpy())
    if infinite.any():
        raise DataError(
            f"{name}: {int(infinite.sum())} scores are infinite, the first in row {int(infinite.argmax()) + 1}; "
            "leave them empty, or give them the value that they count as"
        )
    low, high = float(scores.min()), float(scores.max())
    if not (low < found.low or high > found.high):
        return
    words = (
        f"{name}: the scores lie in [{low:g}, {high:g}], and {found.label} in [{found.low:g}, {found.high:g}]"
    )
    if found.low >= 0 and found.high == 1 and low >= 0 and 1 < high <= 100:
        raise DataError(
            f"{words}. If they are per cent, say percent=True; else name their metric, as metric='...'"
        )
    raise DataError(f"{words}. Correct the table, or name their metric, as metric='...'")


def check_cells(name: str, frame: pd.DataFrame, roles: Mapping[str, str], free: Sequence[str]) -> None:
    """Refuse two scores in one cell; the columns that are free may tell them apart."""
    code, n = combined([frame[role].cat.codes.to_numpy().astype(np.int64) for role in CELL])
    if n <= 4 * len(frame):
        times = np.bincount(code, minlength=n)
        twice = times[code] > 1 if times.max() > 1 else np.zeros(len(frame), bool)
    else:
        twice = pd.Series(code).duplicated(keep=False).to_numpy()
    if not twice.any():
        return
    row = int(twice.argmax())
    same = np.flatnonzero(code == code[row])
    cell = ", ".join(f"{role} {frame[role].iloc[row]}" for role in CELL if role in roles)
    values = ", ".join(f"{v:g}" for v in frame["score"].iloc[same[:3]])
    raise DataError(
        f"{name}: {int(twice.sum()):,} of {len(frame):,} scores share their cell with another one; the first: "
        f"{cell or 'every row'} has {len(same):,} ({values}{', ...' if len(same) > 3 else ''}). "
        + _way_out(roles, free)
    )


def _way_out(roles: Mapping[str, str], free: Sequence[str]) -> str:
    unnamed = [f"{role}=" for role in ("dataset", "repeat", "fold", "seed") if role not in roles]
    columns = f" (columns not used: {', '.join(free[:12])})" if free else ""
    name = (
        f"Name the column that tells them apart, as {' or '.join(unnamed)}{columns}; or t" if unnamed else "T"
    )
    return f"{name}ake the doubles out: two data sets of one name need two names, and a run that stands twice goes once"


def said_of(scores: Scores) -> list[str]:
    """Say what is missing, or too little, in a table."""
    said = []
    missing, n = scores.missing, int(scores.frame["score"].isna().sum())
    if n:
        said.append(
            f"{n:,} of {len(scores.frame):,} scores are missing; with pairs, their partners are left out too."
        )
    gone = missing[missing["absent"] == missing["expected"]]
    if len(gone):
        n_sets = gone["dataset"].nunique()
        who = ", ".join(dict.fromkeys(gone["method"]))
        said.append(
            f"On {n_sets:,} of {len(scores.datasets):,} data sets, at least one method has no score at all ({who})."
        )
    holes = missing[(missing["absent"] > 0) & (missing["absent"] < missing["expected"])]
    if len(holes):
        said.append(
            f"{int(holes['absent'].sum()):,} runs that another method has are missing from a method's "
            "rows; they form no pairs."
        )
    if scores.paired and scores.frame["repeat"].nunique() * scores.frame["seed"].nunique() == 1:
        said.append("There is one repeat: nothing here tells how the scores change from run to run.")
    return said

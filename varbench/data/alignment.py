"""What was done to make an external set fit a cohort, and what is odd about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from varbench.data.dataset import Data, Floats


@dataclass(frozen=True)
class OutOfRange:
    """A feature with values that the cohort never has.

    Parameters
    ----------
    feature : str
        The cohort's name of it.
    below, above : float
        Shares of the external rows below the cohort's least and above its greatest value.
    """

    feature: str
    below: float
    above: float


@dataclass(frozen=True)
class Alignment:
    """What was done to make an external set fit, and what is odd about it.

    Parameters
    ----------
    how : str
        ``strict`` or ``intersect``.
    n_external : int
        Rows of the external set.
    used : tuple of str
        The features that both have now, by the cohort's names, in its order.
    missing : tuple of str
        Features of the cohort that the external set lacks; left out of both with ``intersect``.
    extra : tuple of str
        Features of the external set that the cohort lacks; left out.
    renamed : mapping of str to str
        External name -> the cohort's name, as the map says.
    proposed : mapping of str to str
        External name -> a missing feature with the same name but for case and separators; not applied.
    out_of_range : tuple of OutOfRange
        The worst first.
    rows_out_of_range : float
        Share of the external rows with a value outside the cohort's range in at least one feature.
    missing_cells : int
        Empty cells of the external features.
    shared_ids : int
        Ids that stand in both; they may be chance (row numbers), or the same patients.
    identical_rows : int
        External rows whose features are all equal to those of a row of the cohort.
    classes : mapping of str to int
        Rows of each class.
    """

    how: str
    n_external: int
    used: tuple[str, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    renamed: Mapping[str, str]
    proposed: Mapping[str, str]
    out_of_range: tuple[OutOfRange, ...]
    rows_out_of_range: float
    missing_cells: int
    shared_ids: int
    identical_rows: int
    classes: Mapping[str, int]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, ready for JSON.

        Returns
        -------
        dict
            Tuples as lists.
        """
        fields = {**asdict(self), "renamed": dict(self.renamed), "proposed": dict(self.proposed)}
        return {key: list(value) if isinstance(value, tuple) else value for key, value in fields.items()}

    def frame(self) -> pd.DataFrame:
        """Return one row a feature of either side.

        Returns
        -------
        pandas.DataFrame
            ``feature``, ``state`` (used, missing, extra), ``below`` and ``above``.
        """
        ranges = {item.feature: (item.below, item.above) for item in self.out_of_range}
        states = [(name, "used") for name in self.used]
        states += [(name, "missing") for name in self.missing] + [(name, "extra") for name in self.extra]
        rows = [(name, state, *ranges.get(name, (0.0, 0.0))) for name, state in states]
        return pd.DataFrame(rows, columns=["feature", "state", "below", "above"])

    def summary(self) -> str:
        """Say it in words.

        Returns
        -------
        str
            One line a finding; the first has the sizes.
        """
        lines = [f"{len(self.used)} features in common, {self.n_external} external rows ({self.how})"]
        lines += [f"renamed: {pairs(self.renamed)}"] if self.renamed else []
        lines += [f"missing from the external set: {some(self.missing)}"] if self.missing else []
        lines += [f"like names, not used: {pairs(self.proposed)}"] if self.proposed else []
        lines += [f"extra in the external set, left out: {some(self.extra)}"] if self.extra else []
        if self.out_of_range:
            worst = ", ".join(
                f"{r.feature} ({r.below + r.above:.0%} of the rows)" for r in self.out_of_range[:3]
            )
            lines.append(
                f"out of the cohort's range: {len(self.out_of_range)} features, {self.rows_out_of_range:.0%} of the "
                f"rows; the worst: {worst}. Are the units and the preprocessing the same?"
            )
        lines += [f"missing cells in the external set: {self.missing_cells}"] if self.missing_cells else []
        if self.identical_rows:
            lines.append(f"{self.identical_rows} external rows are also in the cohort: they are not external")
        lines += [f"ids that stand in both: {self.shared_ids}"] if self.shared_ids else []
        return "\n".join(lines)


def held_against(own: Data, other: Data) -> dict[str, Any]:
    """What do only the values tell?

    Parameters
    ----------
    own, other : Data
        The cohort and the external set, with the same features.

    Returns
    -------
    dict
        The fields of :class:`Alignment` that are found so.
    """
    with np.errstate(invalid="ignore"):  # a missing value is neither below nor above
        below, above = _extreme(own.X, np.fmin) > other.X, _extreme(own.X, np.fmax) < other.X
    shares = zip(other.feature_names, below.mean(axis=0), above.mean(axis=0), strict=True)
    ranges = [OutOfRange(name, float(low), float(high)) for name, low, high in shares if low or high]
    rows = {row.tobytes() for row in own.X + 0.0}
    return {
        "out_of_range": tuple(sorted(ranges, key=lambda r: -(r.below + r.above))),
        "rows_out_of_range": float((below | above).any(axis=1).mean()),
        "missing_cells": int(np.isnan(other.X).sum()),
        "shared_ids": len(set(own.ids.tolist()) & set(other.ids.tolist()))
        if _has_ids(own) and _has_ids(other)
        else 0,
        "identical_rows": sum(row.tobytes() in rows for row in other.X + 0.0),
    }


def _has_ids(data: Data) -> bool:
    """Row numbers are no ids: that they stand in both says nothing."""
    ids: list[str] = data.ids.tolist()
    return ids != [str(number) for number in range(1, data.n_cases + 1)]


def _extreme(X: Floats, function: np.ufunc) -> Floats:
    return np.asarray(function.reduce(X, axis=0), dtype=np.float64)


def some(names: Sequence[str], most: int = 5) -> str:
    """List some names, and say how many there are.

    Parameters
    ----------
    names : sequence of str
        The names.
    most : int
        How many are shown.

    Returns
    -------
    str
        Separated by commas.
    """
    return ", ".join(names[:most]) + (f" ... ({len(names)} in all)" if len(names) > most else "")


def pairs(names: Mapping[str, str], most: int = 5) -> str:
    """List some pairs of names, and say how many there are.

    Parameters
    ----------
    names : mapping of str to str
        External name -> the cohort's.
    most : int
        How many are shown.

    Returns
    -------
    str
        With an arrow in each.
    """
    return some([f"{external} -> {own}" for external, own in names.items()], most)

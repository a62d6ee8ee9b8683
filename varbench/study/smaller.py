"""Procedures that learn from a part of the cohort, against the cohort that is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varbench.data import Data
from varbench.procedure import Procedure, Subsample

if TYPE_CHECKING:
    from varbench.study.study import AnyProcedure, Study


def left_sizes(procedure: Procedure, sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many cases of each class stand before the split?

    Parameters
    ----------
    procedure : Procedure
        A ``Subsample`` left of its ``Split`` leaves fewer.
    sizes : ndarray of int (class,)
        The cases of each class in the cohort.

    Returns
    -------
    ndarray of int (class,)
        As given where nothing makes the cohort smaller.
    """
    for _, step in procedure.left:
        if isinstance(step, Subsample):
            sizes = step.kept(sizes)
    return sizes


def without_whole(
    study: Study, procedures: Mapping[str, AnyProcedure], data: Data
) -> tuple[dict[str, AnyProcedure], tuple[str, ...]]:
    """Leave out the points of lines that ask for as many cases as there are, or more: they would all be the same.

    Parameters
    ----------
    study : Study
        Its lines.
    procedures : mapping of str to Procedure or callable
        Those that would run.
    data : Data
        The data.

    Returns
    -------
    procedures : dict of str to Procedure or callable
        Those that do.
    notes : tuple of str
        Which do not, and why.
    """
    drawn = {name for points in study.lines.values() for name in points.values()}
    whole = [name for name, one in procedures.items() if name in drawn and _asked(one) >= data.n_cases]
    if not whole or len(whole) == len(procedures):
        return dict(procedures), ()
    kept = {name: one for name, one in procedures.items() if name not in whole}
    fewest = min(_asked(procedures[name]) for name in whole)
    many = f"{len(whole)} procedures ask for {fewest:,} cases or more and did not run"
    return kept, (f"{many}: {data.name} has {data.n_cases:,}",)


def _asked(procedure: Any) -> float:
    """Give how many cases a procedure asks for; -1 where it takes those that are there."""
    steps = procedure.left if isinstance(procedure, Procedure) else ()
    return min((step.n for _, step in steps if isinstance(step, Subsample)), default=-1)

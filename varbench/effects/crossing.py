"""Copies, relatives and groups on both sides of the split, counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from varbench.effects.scores import DONE

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


@dataclass(frozen=True)
class Shares:
    """Which share of a procedure's test rows has something of its own among the training rows?

    Parameters
    ----------
    procedure : str
        The procedure.
    n_rows : int
        Test rows of all runs that are done.
    overall : mapping of str to (float or None)
        Relation (copy, relative, group) to a share in [0, 1]; None where it is not known.
    by_class : mapping of str to mapping of str to (float or None)
        The same of the rows of each class.
    """

    procedure: str
    n_rows: int
    overall: Mapping[str, float | None]
    by_class: Mapping[str, Mapping[str, float | None]]

    @property
    def crossing(self) -> tuple[str, ...]:
        """The relations that cross the split."""
        return tuple(relation for relation, share in self.overall.items() if share)

    def frame(self) -> pd.DataFrame:
        """Give a table: a row a relation, the columns ``all`` and one a class."""
        import pandas as pd

        rows = {
            relation: {"all": share, **{name: found[relation] for name, found in self.by_class.items()}}
            for relation, share in self.overall.items()
        }
        return pd.DataFrame.from_dict(rows, orient="index", dtype=float).rename_axis("relation")


def copies(cube: xr.Dataset, procedure: str) -> Shares:
    """Which share of the test rows are copies or relatives of training rows, or of the same group as some?

    Parameters
    ----------
    cube : xarray.Dataset
        The cube.
    procedure : str
        One of its procedures.

    Returns
    -------
    Shares
        Over all runs that are done, overall and by class.
    """
    part = cube[["related", "n_test", "status"]].sel(procedure=procedure)
    done = np.asarray(part["status"].values) == DONE
    related = np.asarray(part["related"].values, np.int64)[done]  # (repeat, fold, relation, class)
    tested = np.asarray(part["n_test"].values, np.int64)[done][:, :, None, :]
    known = (related >= 0) & (tested >= 0)
    found = np.where(known, related, 0).sum(axis=(0, 1))
    of = np.where(known, tested, 0).sum(axis=(0, 1))
    relations = [str(name) for name in part["relation"].values]
    classes = [str(name) for name in part["class"].values]
    return Shares(
        procedure=procedure,
        n_rows=int(np.where(tested >= 0, tested, 0).sum()),
        overall={name: _share(found[i].sum(), of[i].sum()) for i, name in enumerate(relations)},
        by_class={
            label: {name: _share(found[i, j], of[i, j]) for i, name in enumerate(relations)}
            for j, label in enumerate(classes)
        },
    )


def _share(count: float, total: float) -> float | None:
    return float(count / total) if total else None

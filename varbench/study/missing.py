"""What is done with missing features: refused, with the choices named, or what the user chose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.utils import get_tags

from varbench.data import Data
from varbench.errors import DataError, InputError
from varbench.procedure import Procedure
from varbench.procedure.steps import kind_of

if TYPE_CHECKING:
    from varbench.study.study import AnyProcedure

CHOICES = ("error", "drop", "impute")


def without_missing(
    data: Data, procedures: Mapping[str, AnyProcedure], missing: str
) -> tuple[Data, dict[str, AnyProcedure], tuple[str, ...]]:
    """Treat missing features as the user chose.

    Parameters
    ----------
    data : Data
        May hold NaN.
    procedures : mapping of str to Procedure or callable
        What will see them.
    missing : {"error", "drop", "impute"}
        Refuse; drop the rows; or put a median imputer right of ``Split``.

    Returns
    -------
    data : Data
        Without the dropped rows.
    procedures : dict
        With the imputer, where asked for.
    notes : tuple of str
        What was done.

    Raises
    ------
    DataError
        If features are missing, no choice was made, and a step of a procedure cannot take them.
    """
    if missing not in CHOICES:
        raise InputError(f"missing={missing!r}: must be one of {', '.join(CHOICES)}")
    holes = np.isnan(data.X)
    if not holes.any():
        return data, dict(procedures), ()
    rows = np.asarray(holes.any(axis=1))
    if missing == "drop":
        if rows.all():
            raise DataError(f"{data.name}: every row misses a feature; --missing drop would leave none")
        return (
            data.take(np.flatnonzero(~rows)),
            dict(procedures),
            (f"dropped {rows.sum()} of {len(rows)} rows with missing features",),
        )
    if missing == "impute":
        note = f"{holes.sum()} missing cells are imputed by the training rows' median, right of Split"
        return data, {name: _imputing(procedure) for name, procedure in procedures.items()}, (note,)
    for name, procedure in procedures.items():
        step = _first_refusing(procedure)
        if step is not None:
            columns = [data.feature_names[i] for i in np.flatnonzero(holes.any(axis=0))[:5]]
            raise DataError(
                f"{data.name}: {holes.sum()} cells in {rows.sum()} of {len(rows)} rows are missing "
                f"(columns {', '.join(columns)}{'...' if holes.any(axis=0).sum() > 5 else ''}), "
                f"and the step {step} of {name} cannot take them; use --missing drop to drop these rows, "
                "or --missing impute for the training rows' median right of Split"
            )
    return data, dict(procedures), ()


def _imputing(procedure: AnyProcedure) -> AnyProcedure:
    if not isinstance(procedure, Procedure):
        return procedure
    left = len(procedure.left) + 1
    steps = [*procedure.steps[:left], ("impute", SimpleImputer(strategy="median")), *procedure.steps[left:]]
    return Procedure(steps, sources=procedure.sources)


def _first_refusing(procedure: Any) -> str | None:
    """Name the first step that cannot take NaN; None where an imputer comes first, or for a callable."""
    for name, step in getattr(procedure, "steps", ()):
        if type(step).__name__.endswith("Imputer"):
            return None
        # Random over- and undersampling only repeat or drop rows; their tags do not say that NaN is welcome.
        if kind_of(step) in ("split", "labels") or (
            type(step).__name__.startswith("Random") and kind_of(step) == "sampler"
        ):
            continue
        if not get_tags(step).input_tags.allow_nan:
            return str(name)
    return None

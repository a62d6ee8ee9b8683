"""Compare procedures that are not run yet: estimators, or objects of a file, on a table."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from varbench.data import Data, from_frame
from varbench.errors import InputError, unknown
from varbench.metrics import METRICS
from varbench.procedure import Procedure, Split
from varbench.study import Study, load_object, readers

if TYPE_CHECKING:
    import xarray as xr

#: What a comparison varies where nothing is said: the split, and whatever else the procedures read.
VARY = ("split", "resample", "tune", "init")
AnyProcedure = Procedure | Callable[..., Any]


def is_procedure(what: object) -> bool:
    """Tell whether something can be run: a procedure, an estimator, or ``FILE.py:NAME``."""
    if isinstance(what, str):
        return bool(re.fullmatch(r".+\.py:\w+", what))
    return isinstance(what, Procedure) or hasattr(what, "fit")


def named(what: Sequence[object], splitter: Any) -> dict[str, AnyProcedure]:
    """Give procedures their names, and estimators a split.

    Parameters
    ----------
    what : sequence of Procedure, estimator or str
        At least two; a text is ``FILE.py:NAME``.
    splitter : object
        The outer splitter of those that bring none.

    Returns
    -------
    dict of str to Procedure
        Named by the file's name for it, or by the class; the second of one name gets its number.

    Raises
    ------
    InputError
        If one of them cannot be run.
    """
    found: dict[str, AnyProcedure] = {}
    for one in what:
        label, procedure = _loaded(one) if isinstance(one, str) else (_called(one), one)
        name, number = label, 2
        while name in found:
            name, number = f"{label}-{number}", number + 1
        found[name] = _as_procedure(procedure, name, splitter)
    return found


def _loaded(text: str) -> tuple[str, object]:
    path, _, name = text.rpartition(":")
    if not Path(path).is_file():
        raise InputError(f"{text}: there is no file {path}; a procedure of a file is FILE.py:NAME")
    return name, load_object(Path(path), name)


def _called(one: object) -> str:
    if isinstance(one, Procedure):
        return "procedure"
    steps = _steps(one)
    return type(steps[-1][1] if steps else one).__name__


def _steps(one: object) -> list[Any]:
    steps = getattr(one, "steps", None)
    return list(steps) if isinstance(steps, list) else []


def _as_procedure(what: object, name: str, splitter: Any) -> AnyProcedure:
    if isinstance(what, Procedure):
        return what
    if not hasattr(what, "fit") or isinstance(what, type):
        raise InputError(
            f"{name} is {what!r}: a Procedure or an estimator with its parameters is needed, as LogisticRegression()"
        )
    # A pipeline's steps stand right of the split, each for itself, so that its samplers act on training rows alone.
    right = _steps(what) or [(type(what).__name__.lower(), what)]
    return Procedure([("split", Split(splitter)), *right])


def data_of(X: Any, y: Any, groups: Any = None) -> Data:
    """Make data of arrays or of a frame.

    Parameters
    ----------
    X : DataFrame or array_like, (case, feature)
        Features.
    y : array_like, (case,)
        Classes.
    groups : array_like, (case,), optional
        Whose the cases are.

    Returns
    -------
    Data
        Cases are named by their numbers.

    Raises
    ------
    InputError
        If the lengths differ.
    """
    import pandas as pd

    frame = X.copy() if isinstance(X, pd.DataFrame) else pd.DataFrame(np.asarray(X))
    frame.columns = [str(name) for name in frame.columns]
    lengths = {"X": len(frame), "y": len(y)} | ({} if groups is None else {"groups": len(groups)})
    if len(set(lengths.values())) > 1:
        raise InputError(
            f"the lengths differ: {', '.join(f'{name} has {n}' for name, n in lengths.items())} rows"
        )
    target, group = "varbench target", "varbench group"
    frame = frame.reset_index(drop=True)
    frame[target] = np.asarray(y)
    if groups is not None:
        frame[group] = np.asarray(groups).astype(str)
    return from_frame(frame, target=target, group=None if groups is None else group, name="the table")


def splitter_of(data: Data, folds: int) -> Any:
    """Give the outer splitter: stratified, and with groups such that none is on both sides."""
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    return (StratifiedKFold if data.groups is None else StratifiedGroupKFold)(folds, shuffle=True)


def run_of(
    procedures: Mapping[str, AnyProcedure],
    data: Data,
    *,
    repeats: int,
    metric: str | None,
    margin: float | None,
    gamma: float,
    confidence_level: float,
    vary: Sequence[str] | None,
    seed: int,
    jobs: int,
    out: str | Path | None,
    progress: bool,
) -> xr.Dataset:
    """Run procedures on one table, all on the same splits.

    Parameters
    ----------
    procedures : mapping of str to Procedure
        From :func:`named`.
    data : Data
        The table.
    repeats : int
        Re-splits.
    metric, margin, gamma, confidence_level, vary, seed, jobs, out, progress
        As in :func:`varbench.questions.compare`.

    Returns
    -------
    xarray.Dataset
        The cube.
    """
    primary = metric or "roc_auc"
    if primary not in METRICS:
        raise InputError(unknown("metric", primary, METRICS))
    beside = [name for name in ("roc_auc", "balanced_accuracy", "f1", "accuracy") if name != primary]
    read = readers(procedures, (), data)
    names = list(procedures)
    study = Study(
        question=f"Is {names[0]} better than {names[1]}?", data=data, procedures=dict(procedures), primary=primary,
        metrics=beside, margin=margin, gamma=gamma, confidence_level=confidence_level, repeats=repeats, name="compare",
        vary=tuple(vary) if vary is not None else tuple(source for source in VARY if source in read),
    )  # fmt: skip
    return study.run(repeats=repeats, seed=seed, jobs=jobs, out=out, progress=progress)

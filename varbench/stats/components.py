"""Variance components: how much of the spread of the scores each source brings in, alone and with others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Unpack

import numpy as np
import numpy.typing as npt

from varbench.errors import StatisticsError, unknown
from varbench.stats.partition import RESIDUAL, Codes, Components, Plan, balanced, unbalanced
from varbench.stats.result import Design, Labels
from varbench.stats.samples import Floats, check_size, numbers

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Components", "variance_components", "variance_components_long"]


def variance_components(
    scores: npt.ArrayLike,
    *,
    factors: Sequence[str] | None = None,
    nested: Mapping[str, str] | None = None,
    replicates: bool = False,
    method: str = "auto",
    interval: str = "mls",
    **labels: Unpack[Labels],
) -> Components:
    """How much variance does each source bring in, and how much their interplay?

    Parameters
    ----------
    scores : array_like of float
        One axis a source, crossed: at ``[i, j]`` the score with the i-th draw of the first source and the j-th
        of the second. With `replicates` the last axis holds repeated scores of a cell. NaN is missing.
    factors : sequence of str, optional
        The sources' names, one an axis, without the replicates.
    nested : mapping of str to str, optional
        Factor -> the factor that it is nested in: each level of the second has levels of its own of the first.
    replicates : bool
        Whether the last axis is no source, but repeats the same cell.
    method : {"auto", "anova", "reml"}
        Mean squares in closed form, for full tables; restricted maximum likelihood; or the first where it can be.
    interval : {"mls", "satterthwaite"}
        For ``"anova"``: modified large-sample or Satterthwaite's intervals. REML has Satterthwaite's.
    **labels
        As in :class:`~varbench.stats.Design`.

    Returns
    -------
    Components
        With ``.frame()``, ``.results`` and ``.shares()``.

    Raises
    ------
    StatisticsError
        If names do not fit the axes, a factor has one level, or ``"anova"`` is asked for where cells are missing.

    Notes
    -----
    All factors are random. Over splits of one cohort, ``split`` means: split, given this cohort. Searle, Casella
    & McCulloch 1992, doi:10.1002/9780470316856.

    Examples
    --------
    >>> found = variance_components([[1.0, 2.0, 3.0], [3.0, 4.0, 5.0]], factors=["split", "init"])
    >>> {term: round(variance, 6) for term, variance in found.variances.items()}
    {'split': 2.0, 'init': 1.0, 'residual': 0.0}
    """
    array = _array(scores, replicates)
    names = _names(factors, array.ndim - replicates)
    for name, size in zip([*names, "the replicates"], array.shape, strict=False):
        if size < 2:
            raise StatisticsError(
                f"{name} has {size} level: two are needed for a variance; leave its axis out"
            )
    present = np.isfinite(array)
    plan = Plan(names, _ancestors(names, nested), method, interval, Design.of(labels, unit="run"))
    if present.all() and method != "reml":
        return balanced(array, replicates, plan)
    where = np.nonzero(present)
    codes = np.column_stack(where[: len(names)])
    return unbalanced(array[present], codes, plan, int((~present).sum()), full=bool(present.all()))


def variance_components_long(
    frame: pd.DataFrame,
    value: str,
    factors: Sequence[str],
    *,
    nested: Mapping[str, str] | None = None,
    method: str = "auto",
    interval: str = "mls",
    **labels: Unpack[Labels],
) -> Components:
    """How much variance does each source bring in, from a table with one row a score?

    Parameters
    ----------
    frame : DataFrame
        One row a score.
    value : str
        The column of scores; NaN is missing.
    factors : sequence of str
        The columns that name each score's level of each source. Rows with equal levels are replicates.
    nested, method, interval, **labels
        As in :func:`variance_components`. Levels of a nested factor may be numbered anew in each level of the
        factor that it is nested in, or not.

    Returns
    -------
    Components
        From mean squares where the table is full and every cell has the same number of rows, else from REML.

    Raises
    ------
    StatisticsError
        If a column does not exist, a level is missing, or as in :func:`variance_components`.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"batch": [0, 0, 1, 1], "score": [1.0, 2.0, 5.0, 6.0]})
    >>> variance_components_long(table, "score", ["batch"]).variances
    {'batch': 7.75, 'residual': 0.5}
    """
    names = _names(factors, len(factors))
    if not hasattr(frame, "columns"):
        raise StatisticsError(f"frame is a {type(frame).__name__}: a DataFrame with a row a score is needed")
    for column in (value, *names):
        if column not in frame.columns:
            raise StatisticsError(unknown("column", column, map(str, frame.columns)))
    levels = frame[list(names)]
    holes = [name for name in names if levels[name].isna().any()]
    if holes:
        raise StatisticsError(
            f"a level is missing in {', '.join(holes)}: name it, or leave its row out (pandas reads texts such as "
            "'None' and 'NA' as missing, unless keep_default_na=False)"
        )
    values = numbers(f"column {value!r}", frame[value])
    present = np.isfinite(values)
    plan = Plan(names, _ancestors(names, nested), method, interval, Design.of(labels, unit="run"))
    codes = _codes(levels.loc[present], plan)
    kept = values[present]
    for axis, name in enumerate(names):
        if codes[:, axis].max(initial=0) < 1:
            raise StatisticsError(f"{name} has fewer than two levels: no variance can be told; leave it out")
    table = _full_table(kept, codes)
    if table is not None and method != "reml":
        return balanced(table[0], table[1], plan, int((~present).sum()))
    return unbalanced(kept, codes, plan, int((~present).sum()), full=table is not None)


def _array(scores: npt.ArrayLike, replicates: bool) -> Floats:
    array = numbers("scores", scores)
    if array.ndim < 1 + replicates or array.size == 0:
        raise StatisticsError(
            f"scores has shape {array.shape}: one axis a source is needed"
            f"{', and one of replicates' if replicates else ''}"
        )
    if np.isinf(array).any():
        raise StatisticsError(
            f"scores holds {int(np.isinf(array).sum())} infinite values; NaN is what is missing"
        )
    if np.isnan(array).all():
        raise StatisticsError(f"scores has {array.size} entries, and all of them are missing")
    check_size("scores", array)
    return array


def _names(factors: Sequence[str] | None, n_axes: int) -> tuple[str, ...]:
    if isinstance(factors, str):
        raise StatisticsError(f"factors={factors!r}: give a list of names, as [{factors!r}]")
    names = tuple(f"factor_{axis + 1}" for axis in range(n_axes)) if factors is None else tuple(factors)
    if len(names) != n_axes or len(set(names)) != len(names) or not names:
        raise StatisticsError(
            f"factors={list(names)}: {n_axes} different names are needed, one an axis of scores"
        )
    if RESIDUAL in names or any(":" in name for name in names):
        raise StatisticsError(
            f"factors={list(names)}: 'residual' and names with a colon are taken by the terms"
        )
    return names


def _ancestors(names: tuple[str, ...], nested: Mapping[str, str] | None) -> dict[int, frozenset[int]]:
    parents: dict[int, int] = {}
    if nested is not None and not isinstance(nested, Mapping):
        raise StatisticsError(
            f"nested={nested!r}: name what each factor is nested in, as {{'fold': 'split'}}"
        )
    for inner, outer in (nested or {}).items():
        for name in (inner, outer):
            if name not in names:
                raise StatisticsError(unknown("factor", name, names))
        parents[names.index(inner)] = names.index(outer)
    found: dict[int, frozenset[int]] = {}
    for child in parents:
        line: list[int] = []
        axis = child
        while axis in parents:
            axis = parents[axis]
            if axis == child or axis in line:
                raise StatisticsError(f"nested={dict(nested or {})}: {names[child]} is nested in itself")
            line.append(axis)
        found[child] = frozenset(line)
    return found


def _codes(levels: pd.DataFrame, plan: Plan) -> Codes:
    """Number the levels; those of a nested factor anew in each level of what it is nested in."""
    codes = np.empty(levels.shape, np.intp)
    for axis, name in enumerate(plan.names):
        numbers = levels[name].factorize()[0].astype(np.intp)
        if axis in plan.ancestors:
            line = [plan.names[parent] for parent in sorted(plan.ancestors[axis])]
            within = levels.groupby(line, sort=False, observed=True)[name]
            numbers = within.transform(lambda part: part.factorize()[0]).to_numpy(np.intp)
        codes[:, axis] = numbers
    return codes


def _full_table(values: Floats, codes: Codes) -> tuple[Floats, bool] | None:
    """Give the scores as an array and whether it has replicates, None where cells differ in number."""
    shape = tuple(codes.max(axis=0) + 1)
    cells = int(np.prod([int(size) for size in shape]))
    if len(values) % cells or cells > len(values):
        return None
    flat = np.ravel_multi_index(tuple(codes.T), shape)
    repeated = len(values) // cells
    if (np.bincount(flat, minlength=cells) != repeated).any():
        return None
    ordered = values[np.argsort(flat, kind="stable")]
    return (ordered.reshape(*shape, repeated), True) if repeated > 1 else (ordered.reshape(shape), False)

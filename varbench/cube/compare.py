"""Are two cubes the same, and were two procedures of a cube tested on the same rows?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import xarray as xr

from varbench.cube.reader import attributes, open_cube, slabs
from varbench.cube.schema import Array, Status, check_name

#: What may differ between two cubes of the same study: names of variables and attributes; ``a.b`` is the
#: entry ``b`` of the attribute ``a``, or of each of its members where it is a list.
VOLATILE = (
    "seconds",
    "sessions",
    "overrides.time",
    "provenance.backend",
    "provenance.command",
    "provenance.created",
    "provenance.host",
    "provenance.jobs",
)

Cube = xr.Dataset | str | os.PathLike[str]
Pairing = Literal["exact", "group", "none"]


def identical(a: Cube, b: Cube) -> list[str]:
    """In what do two cubes differ?

    Dimensions, coordinates, attributes and every bit of the values of stored runs are compared (NaN equals
    NaN, 0.0 is not -0.0); not compared are what :data:`VOLATILE` names, the chunks, and the data of
    runs that are pending in both, for these have none.

    Parameters
    ----------
    a, b : xarray.Dataset or path
        Two cubes.

    Returns
    -------
    list of str
        One sentence a difference; empty where the cubes are identical.

    Examples
    --------
    >>> one = xr.Dataset({"score": ("repeat", [0.5, np.nan])})
    >>> identical(one, one.copy(deep=True)), identical(one, one.assign(score=one.score + 0.25))
    ([], ['score: 1 of 2 values differs, the first at repeat=0: 0.5 and 0.75'])
    """
    first, second = (c if isinstance(c, xr.Dataset) else open_cube(c) for c in (a, b))
    found = _compare_keys("dimension", dict(first.sizes), dict(second.sizes))
    found += _compare_keys("attribute", _lasting(first), _lasting(second))
    names = sorted({str(n) for n in first.variables} | {str(n) for n in second.variables})
    for name in names:
        if name in VOLATILE:
            continue
        if name not in first.variables or name not in second.variables:
            found.append(f"{name}: only in the {'first' if name in first.variables else 'second'}")
        elif first[name].dims != second[name].dims:
            found.append(f"{name}: dimensions {first[name].dims} and {second[name].dims}")
        elif first[name].shape == second[name].shape:
            found += _compare_values(name, first, second)
    return found


def _lasting(cube: xr.Dataset) -> dict[str, Any]:
    """Give the attributes without what is volatile."""
    kept = {name: value for name, value in attributes(cube).items() if name not in VOLATILE}
    for path in VOLATILE:
        name, _, entry = path.partition(".")
        if entry and name in kept:
            kept[name] = _without(kept[name], entry)
    return kept


def _without(value: Any, entry: str) -> Any:
    if isinstance(value, dict):
        return {k: v for k, v in value.items() if k != entry}
    return [_without(v, entry) for v in value] if isinstance(value, list) else value


def _compare_keys(kind: str, first: dict[Any, Any], second: dict[Any, Any]) -> list[str]:
    found = []
    for name in sorted(first.keys() | second.keys(), key=str):
        one, other = (_short(side[name]) if name in side else "nothing" for side in (first, second))
        if name not in first or name not in second or not _same(first[name], second[name]):
            found.append(f"{kind} {name}: {one} and {other}")
    return found


def _same(one: Any, other: Any) -> bool:
    """Compare with types, so that 1, 1.0 and True are three values."""
    return repr(one) == repr(other)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:197]}..."


def _compare_values(name: str, first: xr.Dataset, second: xr.Dataset) -> list[str]:
    one, other = first[name], second[name]
    if not _texts(one.dtype) and one.dtype != other.dtype:
        return [f"{name}: {one.dtype} and {other.dtype}"]
    count, example, offset = 0, "", 0
    for left, right in zip(slabs(one), slabs(other), strict=True):
        differ = _differ(left.values, right.values) & _stored(left, first, second, offset)
        count += int(differ.sum())
        if differ.any() and not example:
            at = tuple(int(i) for i in np.argwhere(differ)[0])
            example = f"{_place(left, at, offset)}: {_value(left, at)} and {_value(right, at)}"
        offset += left.sizes.get("repeat", 0)
    if not count:
        return []
    verb = "differs" if count == 1 else "differ"
    return [f"{name}: {count} of {one.size} values {verb}, the first at {example}"]


def _texts(dtype: Any) -> bool:
    return getattr(dtype, "kind", "") in "TUO"


def _differ(one: Array, other: Array) -> Array:
    if _texts(one.dtype):
        return np.asarray(one.astype(object) != other.astype(object), dtype=bool)
    if one.dtype.kind != "f":
        return np.asarray(one != other)
    bits = f"u{one.dtype.itemsize}"
    unequal = np.ascontiguousarray(one).view(bits) != np.ascontiguousarray(other).view(bits)
    return np.asarray(unequal.reshape(one.shape) & ~(np.isnan(one) & np.isnan(other)))


def _stored(left: xr.DataArray, first: xr.Dataset, second: xr.Dataset, offset: int) -> Array:
    """Give a mask that is False for the runs that are pending in both cubes."""
    if (
        left.dims[:2] != ("procedure", "repeat")
        or left.name == "status"
        or "status" not in first
        or ("status" not in second)
    ):
        return np.True_  # type: ignore[return-value]
    there = slice(offset, offset + left.sizes["repeat"])
    either = (first["status"].values[:, there] > 0) | (second["status"].values[:, there] > 0)
    return either.reshape(either.shape + (1,) * (left.ndim - 2))


def _place(array: xr.DataArray, at: tuple[int, ...], offset: int) -> str:
    shown = [
        f"{dim}={i + offset if dim == 'repeat' else _label(array, str(dim), i)}"
        for dim, i in zip(array.dims, at, strict=True)
    ]
    return ", ".join(shown) or "its one value"


def _label(array: xr.DataArray, dim: str, i: int) -> Any:
    return array[dim].values[i] if dim in array.coords else i


def _value(array: xr.DataArray, at: tuple[int, ...]) -> str:
    value = array.values[at]
    return _short(value.item() if hasattr(value, "item") else value)


def pairing(cube: xr.Dataset, first: str, second: str) -> Pairing:
    """Were two procedures tested on the same rows?

    Computed from the ids of the test rows of every fold, in every repeat in which both procedures are done;
    the weakest of these is the answer.

    Parameters
    ----------
    cube : xarray.Dataset
        As :func:`open_cube` gives it.
    first, second : str
        Names of two procedures.

    Returns
    -------
    {"exact", "group", "none"}
        ``exact``: each fold has the same cases, each as often; ``group``: each fold has at least the same
        groups, and every row has one; ``none``: neither, or no repeat that both have done. A synthetic row
        is nobody's case, so with one of them in a test set the pairing is not exact.

    Raises
    ------
    CubeError
        Where a name is not a procedure of the cube.
    """
    names = cube["procedure"].values.tolist()
    pair = [check_name("procedure", name, names) for name in (first, second)]
    done = (cube["status"].values[pair] == Status.DONE).all(axis=0)
    found: Pairing = "exact" if done.any() else "none"
    for here in _repeats(done, cube):
        if found == "exact" and not _same_cases(cube, pair, here):
            found = "group"
        if found == "group" and not _same_groups(cube, pair, here):
            return "none"
    return found


def _repeats(done: Array, cube: xr.Dataset) -> Iterator[Array]:
    """Give the repeats to look at, a few at a time."""
    there = np.flatnonzero(done)
    step = max(2**20 // max(cube.sizes["row"], 1), 1)
    for begin in range(0, there.size, step):
        yield there[begin : begin + step]


def _of_pair(cube: xr.Dataset, name: str, pair: list[int], repeats: Array) -> Array:
    values: Array = np.stack([cube[name].isel(procedure=p, repeat=repeats).values for p in pair]).astype(
        np.int64
    )
    return values


def _same_cases(cube: xr.Dataset, pair: list[int], repeats: Array) -> bool:
    fold, sample = (_of_pair(cube, name, pair, repeats) for name in ("row_fold", "sample"))
    tested = fold >= 0
    if (sample[tested] < 0).any():
        return False
    key = np.where(tested, fold * 2**32 + sample, -1)
    key.sort(axis=-1)
    return bool((key[0] == key[1]).all())


def _same_groups(cube: xr.Dataset, pair: list[int], repeats: Array) -> bool:
    if "group" not in cube:
        return False
    fold, group = (_of_pair(cube, name, pair, repeats) for name in ("row_fold", "group"))
    if (group[fold >= 0] < 0).any():
        return False
    key = np.where(fold >= 0, fold * 2**32 + group, -1)
    return all(
        set(one.tolist()) | {-1} == set(other.tolist()) | {-1} for one, other in zip(*key, strict=True)
    )

"""Several data sets in one run: the scores of their cubes, joined lazily."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from xarray.backends.common import BackendArray
from xarray.core import indexing

from varbench.cube.backing import CUBE, run_folder
from varbench.cube.header import decode_attributes, encode_attributes
from varbench.cube.members import DONE, PENDING, read_collection
from varbench.cube.schema import VARIABLES, Array
from varbench.errors import CubeError

#: The variables that are joined, of those that the cubes have.
JOINED = ("score", "score_status", "score_weighted", "truth", "final", "seconds", "status")
#: What the cubes of one study have in common.
_SHARED = (
    "study", "study_source", "study_hash", "question", "primary", "direction", "lower_is_better", "margin", "gamma",
    "confidence_level", "overrides", "preset", "sources", "design", "compared", "pairs", "equal", "leaks", "steps",
    "published", "provenance",
)  # fmt: skip


def open_collection(path: str | os.PathLike[str], *, verify: bool = False) -> xr.Dataset:
    """What do the cubes of several data sets hold together?

    Parameters
    ----------
    path : path
        ``RUN``, in which each data set has ``RUN/NAME/cube.zarr``.
    verify : bool
        As in :func:`varbench.cube.open_cube`, for every cube.

    Returns
    -------
    xarray.Dataset
        As :func:`join` gives it.

    Raises
    ------
    CubeError
        Where a cube cannot be opened, or no data set has one yet.
    """
    from varbench.cube.reader import open_cube

    run = run_folder(path)
    members = read_collection(run)["members"]
    there = [name for name in members if (run / name / CUBE).is_dir()]
    if not there:
        raise CubeError(f"{run}: none of its {len(members)} data sets has runs yet")
    for name, one in members.items():
        if name not in there and one["status"] == DONE:  # somebody has taken its cube away
            one["status"] = PENDING
    return join({name: open_cube(run / name, verify=verify) for name in there}, members)


def join(
    cubes: Mapping[str, xr.Dataset], members: Mapping[str, Mapping[str, Any]] | None = None
) -> xr.Dataset:
    """Join the scores of several cubes along the dimension ``dataset``.

    Parameters
    ----------
    cubes : mapping of str to Dataset
        Name of a data set to its cube; all of one study, with the same procedures and metrics.
    members : mapping of str to mapping, optional
        What became of each data set, those without a cube included; kept as the attribute ``members``.

    Returns
    -------
    xarray.Dataset
        ``score(dataset, procedure, repeat, fold, metric)`` and its like, read from the cubes at first use. Cubes with
        fewer repeats or folds are filled up: ``status`` is 0 there, so that where it is 1 no score is missing but
        those that ``score_status`` calls undefined; so are the points of a line that ask for more cases than a data
        set has. ``n_cases``, ``n_features``, ``n_positive`` and ``cluster`` are coordinates of ``dataset``.

    Raises
    ------
    CubeError
        Where there is no cube, or two have other procedures or metrics.
    """
    if not cubes:
        raise CubeError("no cube to join")
    first = max(cubes.values(), key=lambda cube: cube.sizes["procedure"])
    points = {str(point[1]) for line in (_told(first, "lines") or {}).values() for point in line}
    for dim, optional in (("procedure", points), ("metric", set[str]())):
        _check_alike(cubes, dim, optional)
    names = list(cubes)
    sizes = {dim: max(cube.sizes[dim] for cube in cubes.values()) for dim in ("repeat", "fold")}
    sizes |= {dim: first.sizes[dim] for dim in ("procedure", "metric")}
    places = [_places(first["procedure"].values, cube["procedure"].values) for cube in cubes.values()]
    variables = {
        name: _joined(name, [cube.variables.get(name) for cube in cubes.values()], sizes, places)
        for name in JOINED
        if any(name in cube.variables for cube in cubes.values())
    }
    described = [_told(cube, "data") or {} for cube in cubes.values()]
    facts = {
        name: ("dataset", np.array([_count(one, keys) for one in described]))
        for name, keys in (
            ("n_cases", ("n_cases",)),
            ("n_features", ("n_features",)),
            ("n_positive", ("events",)),
        )
    }
    coordinates = {
        "dataset": np.array(names), "procedure": first["procedure"].values, "metric": first["metric"].values,
        "repeat": np.arange(sizes["repeat"]), "fold": np.arange(sizes["fold"]), **facts,
        "cluster": ("dataset", np.array([str(one.get("cluster", "")) for one in described])),
    }  # fmt: skip
    known = {name: {"status": DONE, "error": ""} for name in names} if members is None else members
    told = {name: {key: one.get(key, "") for key in ("status", "error")} for name, one in known.items()}
    attributes = {name: first.attrs[name] for name in _SHARED if name in first.attrs}
    joined = xr.Dataset(variables, coordinates, attributes | encode_attributes({"members": told}))
    joined["status"].load()
    joined.encoding["cubes"] = dict(cubes)
    return joined


def cubes_of(joined: xr.Dataset) -> dict[str, xr.Dataset]:
    """Give the cubes that a joined one was made from.

    Parameters
    ----------
    joined : xarray.Dataset
        As :func:`join` gives it, not cut or computed with.

    Returns
    -------
    dict of str to Dataset
        Name of a data set to its cube.

    Raises
    ------
    CubeError
        Where it is another dataset.
    """
    found = joined.encoding.get("cubes")
    if not isinstance(found, dict) or list(found) != joined["dataset"].values.tolist():
        raise CubeError(
            "the cubes of the single data sets are not at hand: give the dataset as it was opened, "
            "or the folder of the run"
        )
    return found


def check_single(cube: xr.Dataset, what: str) -> xr.Dataset:
    """Refuse the joined cube of several data sets where one is needed.

    Parameters
    ----------
    cube : Dataset
        A cube, or the joined one of several data sets.
    what : str
        What needs one, as the subject of the message.

    Returns
    -------
    Dataset
        The cube itself.

    Raises
    ------
    CubeError
        With what to give instead.
    """
    if "dataset" not in cube.dims:
        return cube
    names = [str(name) for name in cube["dataset"].values]
    raise CubeError(
        f"{what} takes the run of one data set, and this is one of several: give one of them, as RUN/{names[0]} "
        f"(there are {', '.join(names[:10])}{'...' if len(names) > 10 else ''})"
    )


def _told(cube: xr.Dataset, name: str) -> Any:
    """Give one thing that a cube says of itself; None where it does not."""
    return decode_attributes({name: cube.attrs[name]})[name] if name in cube.attrs else None


def _check_alike(cubes: Mapping[str, xr.Dataset], dim: str, optional: Collection[str]) -> None:
    """Refuse cubes that differ in more than what some data are too few for."""
    found = {name: [str(value) for value in cube[dim].values] for name, cube in cubes.items()}
    first = max(found, key=lambda name: len(found[name]))
    for name, values in found.items():
        if values != [value for value in found[first] if value in values or value not in optional]:
            raise CubeError(
                f"the cubes of {first} and {name} cannot be joined: their {dim}s are {', '.join(found[first])} and "
                f"{', '.join(values)}"
            )


def _places(every: Array, mine: Array) -> Array:
    """Give where a cube has each of the procedures; -1 for one that it lacks."""
    known = {str(name): number for number, name in enumerate(mine)}
    return np.array([known.get(str(name), -1) for name in every])


def _count(described: Mapping[str, Any], keys: Sequence[str]) -> int:
    found = [described[key] for key in keys if described.get(key) is not None]
    return int(found[0]) if found else -1


def _joined(
    name: str, parts: list[xr.Variable | None], sizes: Mapping[str, int], places: list[Array]
) -> xr.Variable:
    variable = VARIABLES[name]
    shape = (len(parts), *(sizes[dim] for dim in variable.dims))
    array = _Joined(parts, shape, variable.fill, places)
    attributes = {"long_name": variable.about}
    return xr.Variable(("dataset", *variable.dims), indexing.LazilyIndexedArray(array), attributes)


class _Joined(BackendArray):
    """Arrays along a new first axis, each read where it is asked for, and filled up to one shape."""

    def __init__(
        self, parts: list[xr.Variable | None], shape: tuple[int, ...], fill: Any, procedures: list[Array]
    ) -> None:
        self._parts, self.shape, self._fill, self._procedures = parts, shape, fill, procedures
        self.dtype = next(part.dtype for part in parts if part is not None)

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return indexing.explicit_indexing_adapter(
            key, self.shape, indexing.IndexingSupport.OUTER, self._outer
        )

    def _outer(self, key: tuple[Any, ...]) -> Array:
        places = [np.atleast_1d(np.arange(n)[k]) for n, k in zip(self.shape, key, strict=True)]
        found = np.full([len(place) for place in places], self._fill, self.dtype)
        for row, number in enumerate(places[0]):
            part = self._parts[number]
            if part is None:
                continue
            asked = {
                dim: self._procedures[number][at] if dim == "procedure" else at
                for dim, at in zip(part.dims, places[1:], strict=True)
            }
            inside = {dim: (at >= 0) & (at < part.sizes[dim]) for dim, at in asked.items()}
            read = part.isel({dim: at[inside[dim]] for dim, at in asked.items()})
            found[row][np.ix_(*inside.values())] = read.values
        dropped = tuple(axis for axis, k in enumerate(key) if np.ndim(k) == 0 and not isinstance(k, slice))
        return found.squeeze(axis=dropped)

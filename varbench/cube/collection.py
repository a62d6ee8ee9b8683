"""Several data sets in one run: a folder with a cube for each, a list of them, and their scores joined lazily."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import xarray as xr
from xarray.backends.common import BackendArray
from xarray.core import indexing

from varbench.cube.backing import CUBE, check_free, explained, run_folder, write_through
from varbench.cube.header import clean_text, decode_attributes, encode_attributes
from varbench.cube.locking import RunLock
from varbench.cube.schema import VARIABLES, Array
from varbench.errors import CubeError

COLLECTION = "collection.json"
#: The version of that file.
FORMAT = 1
#: What became of a data set: runs are stored; it could not be run; its files are not here and cannot be fetched.
DONE, FAILED, ABSENT, PENDING = "done", "failed", "absent", "pending"
#: The variables that are joined, of those that the cubes have.
JOINED = ("score", "score_status", "score_weighted", "truth", "final", "seconds", "status")
#: What the cubes of one study have in common.
_SHARED = (
    "study", "study_source", "study_hash", "question", "primary", "direction", "lower_is_better", "margin", "gamma",
    "confidence_level", "overrides", "preset", "sources", "design", "compared", "pairs", "equal", "leaks", "steps",
    "published", "provenance",
)  # fmt: skip


def has_collection(path: str | os.PathLike[str]) -> bool:
    """Say whether a folder holds the run of several data sets.

    Parameters
    ----------
    path : path
        ``RUN``.

    Returns
    -------
    bool
        Whether there is a ``collection.json``.
    """
    return (Path(path) / COLLECTION).is_file()


def read_collection(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read what the run of several data sets says of itself.

    Parameters
    ----------
    path : path
        ``RUN``.

    Returns
    -------
    dict
        ``study``, ``identity`` and ``request`` (what was asked for), and ``members``: name to ``source``, ``named``,
        ``status`` and ``error``.

    Raises
    ------
    CubeError
        Where there is none, where it is damaged, or where a newer varbench has written it.
    """
    try:
        found = json.loads((Path(path) / COLLECTION).read_text(encoding="utf-8"))
        version, members = found["varbench_collection"], found["members"]
    except FileNotFoundError:
        raise CubeError(f"{path} is not the run of several data sets: it has no {COLLECTION}") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CubeError(f"{path}: {COLLECTION} is damaged ({type(error).__name__}: {error})") from error
    if version != FORMAT or not isinstance(members, dict):
        raise CubeError(
            f"{path}: {COLLECTION} has format {version!r}, and this varbench knows {FORMAT}: "
            "a newer varbench has written it; update varbench to open it"
        )
    return dict(found)


class CollectionWriter:
    """Keeps the list of a run's data sets, in ``RUN/collection.json`` or in memory; one writer at a time.

    Parameters
    ----------
    run : Path or None
        ``RUN``; in memory where it is None.
    content : mapping
        What the list says beside its members, for a run that is new.

    Raises
    ------
    CubeError
        Where the folder holds something else, or another process writes it.
    """

    def __init__(self, run: Path | None, content: Mapping[str, Any]) -> None:
        self._run, self._lock = run, None
        self.content: dict[str, Any] = {"varbench_collection": FORMAT, **content, "members": {}}
        if run is None:
            return
        if not has_collection(run):
            check_free(run)
        with explained(run):
            run.mkdir(parents=True, exist_ok=True)
        self._lock = RunLock(run)
        if has_collection(run):
            self.content = read_collection(run)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._lock is not None:
            self._lock.release()

    @property
    def members(self) -> dict[str, dict[str, Any]]:
        """Name to what is known of a data set."""
        found: dict[str, dict[str, Any]] = self.content["members"]
        return found

    def folder(self, name: str) -> Path | None:
        """Give the folder of a data set's cube; None in memory."""
        return None if self._run is None else self._run / name

    def put(self, members: Mapping[str, Mapping[str, Any]]) -> None:
        """Add data sets, or say anew what is known of them."""
        for name, known in members.items():
            self.members[name] = {**self.members.get(name, {}), **known}
        if self._run is None:
            return
        text = clean_text(json.dumps(self.content, ensure_ascii=False, indent=1))
        partial = self._run / f".{COLLECTION}"
        with explained(self._run):
            write_through(partial, f"{text}\n".encode())
            os.replace(partial, self._run / COLLECTION)


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
        those that ``score_status`` calls undefined. ``n_cases``, ``n_features``, ``n_positive`` and ``cluster`` are
        coordinates of ``dataset``.

    Raises
    ------
    CubeError
        Where there is no cube, or two have other procedures or metrics.
    """
    if not cubes:
        raise CubeError("no cube to join")
    first = next(iter(cubes.values()))
    for dim in ("procedure", "metric"):
        _check_alike(cubes, dim)
    names = list(cubes)
    sizes = {dim: max(cube.sizes[dim] for cube in cubes.values()) for dim in ("repeat", "fold")}
    sizes |= {dim: first.sizes[dim] for dim in ("procedure", "metric")}
    variables = {
        name: _joined(name, [cube.variables.get(name) for cube in cubes.values()], sizes)
        for name in JOINED
        if any(name in cube.variables for cube in cubes.values())
    }
    described = [
        decode_attributes({str(k): v for k, v in c.attrs.items()}).get("data", {}) for c in cubes.values()
    ]
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
        f"{what} takes the run of one data set, and this one has {len(names)}: give one of them, as RUN/{names[0]} "
        f"(there are {', '.join(names[:10])}{'...' if len(names) > 10 else ''})"
    )


def _check_alike(cubes: Mapping[str, xr.Dataset], dim: str) -> None:
    found = {name: cube[dim].values.tolist() for name, cube in cubes.items()}
    first = next(iter(found))
    for name, values in found.items():
        if values != found[first]:
            raise CubeError(
                f"the cubes of {first} and {name} cannot be joined: their {dim}s are {', '.join(found[first])} and "
                f"{', '.join(values)}"
            )


def _count(described: Mapping[str, Any], keys: Sequence[str]) -> int:
    found = [described[key] for key in keys if described.get(key) is not None]
    return int(found[0]) if found else -1


def _joined(name: str, parts: list[xr.Variable | None], sizes: Mapping[str, int]) -> xr.Variable:
    variable = VARIABLES[name]
    shape = (len(parts), *(sizes[dim] for dim in variable.dims))
    array = _Joined(parts, shape, variable.fill)
    attributes = {"long_name": variable.about}
    return xr.Variable(("dataset", *variable.dims), indexing.LazilyIndexedArray(array), attributes)


class _Joined(BackendArray):
    """Arrays along a new first axis, each read where it is asked for, and filled up to one shape."""

    def __init__(self, parts: list[xr.Variable | None], shape: tuple[int, ...], fill: Any) -> None:
        self._parts, self.shape, self._fill = parts, shape, fill
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
            inside = [np.flatnonzero(at < n) for at, n in zip(places[1:], part.shape, strict=True)]
            asked = dict(
                zip(part.dims, (at[i] for at, i in zip(places[1:], inside, strict=True)), strict=True)
            )
            found[row][np.ix_(*inside)] = part.isel(asked).values
        dropped = tuple(axis for axis, k in enumerate(key) if np.ndim(k) == 0 and not isinstance(k, slice))
        return found.squeeze(axis=dropped)

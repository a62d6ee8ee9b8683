"""Opening a cube: which one is meant, whether it is whole, and what older schemas become today."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from varbench.cube.attributes import check_attributes
from varbench.cube.backing import CUBE, Backing, Folder, not_whole, run_folder
from varbench.cube.collection import check_single, open_collection
from varbench.cube.header import decode_attributes
from varbench.cube.members import has_collection, read_collection
from varbench.cube.schema import SCHEMA, SCHEMA_ATTRIBUTE, VARIABLES, Layout, Status
from varbench.cube.storage import ROOT, metadata_file, parse
from varbench.errors import CubeError, unknown

#: Schema -> what makes a cube of the next one out of it, without changing its argument.
UPGRADES: dict[int, Callable[[xr.Dataset], xr.Dataset]] = {}

_UNREADABLE = (ValueError, KeyError, TypeError, RuntimeError, OSError, IndexError)
_SLAB_BYTES = 2**25


def open_cube(path: str | os.PathLike[str], *, verify: bool = False) -> xr.Dataset:
    """What does the cube of a run hold?

    Parameters
    ----------
    path : path
        ``RUN`` or ``RUN/cube.zarr``.
    verify : bool
        Also read all of it once, a piece at a time, so that damage shows now and not at first use.

    Returns
    -------
    xarray.Dataset
        With the dimensions procedure, repeat, fold, metric, row... and the variables of
        :data:`varbench.cube.VARIABLES`. Its data are read at first use; ``status`` is read already, so that
        the data of a run that it calls done are whole even while a study is still running. Of a run on several
        data sets their scores, joined along ``dataset`` as :func:`varbench.cube.join` does.

    Raises
    ------
    CubeError
        Where there is no cube, where it is damaged, or where a newer varbench has written it.

    Notes
    -----
    Opening runs no code that is stored in the cube. Runs that are pending may have data of an interrupted
    attempt: ``cube.status == 1`` says which runs count.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from varbench.cube import CubeWriter, Layout
    >>> layout = Layout(procedures=("correct",), metrics=("f1",), classes=("no", "yes"), n_folds=3)
    >>> with TemporaryDirectory() as run:
    ...     CubeWriter.create(run, layout, {"study": "example"}, n_repeats=2).close()
    ...     dict(open_cube(run).score.sizes)
    {'procedure': 1, 'repeat': 2, 'fold': 3, 'metric': 1}
    """
    run = run_folder(path)
    if has_collection(run):
        return open_collection(run, verify=verify)
    read_root(run)
    cube = open_backing(Folder(run), run)
    if verify:
        _read_all(cube, run)
    return cube


def one_cube(run: str | os.PathLike[str] | xr.Dataset, what: str) -> xr.Dataset:
    """Open the cube of a run on one data set, for what takes no other.

    Parameters
    ----------
    run : path or Dataset
        ``RUN``, or a cube that is open.
    what : str
        What takes it, as the subject of a message.

    Returns
    -------
    xarray.Dataset
        The cube; all of it has been read once where it comes from a path.

    Raises
    ------
    CubeError
        As :func:`open_cube` does, and where the run is one on several data sets.
    """
    return check_single(
        run if isinstance(run, xr.Dataset) else open_cube(run, verify=not has_collection(run)), what
    )


def has_cube(path: str | os.PathLike[str]) -> bool:
    """Say whether a folder holds a cube, readable or not.

    Parameters
    ----------
    path : path
        ``RUN`` or ``RUN/cube.zarr``.

    Returns
    -------
    bool
        Whether there is a ``cube.zarr``.
    """
    return (run_folder(path) / CUBE).is_dir()


def cube_attributes(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read what a cube says of itself, without opening it.

    Parameters
    ----------
    path : path
        ``RUN`` or ``RUN/cube.zarr``.

    Returns
    -------
    dict of str to object
        As :func:`attributes` gives them.

    Raises
    ------
    CubeError
        Where there is no cube, or where a newer varbench has written it.
    """
    stored = read_root(run_folder(path))["attributes"]
    return decode_attributes({name: value for name, value in stored.items() if name != "coordinates"})


def attributes(cube: xr.Dataset) -> dict[str, Any]:
    """Give the attributes of a cube with their JSON text decoded; what was None is not there.

    Parameters
    ----------
    cube : xarray.Dataset
        As :func:`open_cube` gives it.

    Returns
    -------
    dict of str to object
        Scalars, lists and dicts.

    Examples
    --------
    >>> attributes(xr.Dataset(attrs={"gamma": 0.75, "overrides": "[]"}))
    {'gamma': 0.75, 'overrides': []}
    """
    return decode_attributes({str(name): value for name, value in cube.attrs.items()})


def read_root(run: Path) -> dict[str, Any]:
    """Give the root metadata of a run's cube.

    Raises
    ------
    CubeError
        Where there is no folder, no cube in it, or something else than a cube of varbench.
    """
    if not run.is_dir():
        raise CubeError(
            f"there is no cube at {run}: " + ("it is a file" if run.exists() else "no such folder")
        )
    if has_collection(run):
        names = list(read_collection(run)["members"])
        raise CubeError(
            f"{run} holds the runs of {len(names)} data sets: give one of them, as {run}/{names[0]}"
        )
    if not (run / CUBE).is_dir():
        raise CubeError(f"there is no cube at {run}: the folder has no {CUBE}")
    with damaged(run):
        root = parse(ROOT, Folder(run).read(ROOT))
    _schema(root, run)
    with damaged(run):
        check_attributes(decode_attributes(root["attributes"]))
    return root


def check_writable(run: Path) -> None:
    """Refuse to add to a cube of another schema than today's.

    Raises
    ------
    CubeError
        With what to do instead; also where there is no cube.
    """
    schema = read_root(run)["attributes"][SCHEMA_ATTRIBUTE]
    if schema != SCHEMA:
        raise CubeError(
            f"{run} has schema {schema}, and this varbench writes schema {SCHEMA}: the cube can be read, but "
            "no runs can be added to it; give another folder, or use the version of varbench that made it"
        )


def _schema(root: dict[str, Any], run: Path | None) -> int:
    stored = root.get("attributes", {})
    found = stored.get(SCHEMA_ATTRIBUTE) if isinstance(stored, dict) else None
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        raise CubeError(f"{run} holds a Zarr store, but not a cube of varbench: it has no {SCHEMA_ATTRIBUTE}")
    if found > SCHEMA:
        raise CubeError(
            f"{run} has schema {found}, and this varbench knows schemas up to {SCHEMA}: "
            "a newer varbench has written it; update varbench to open it"
        )
    return found


@contextmanager
def damaged(run: Path | None) -> Iterator[None]:
    """Turn whatever an unreadable file raises into a CubeError that names the run.

    Raises
    ------
    CubeError
        In place of any error of reading.
    """
    try:
        yield
    except CubeError as error:
        raise CubeError(f"{run}: {error}") from error
    except _UNREADABLE as error:
        raise CubeError(f"{run}: {not_whole(f'{type(error).__name__}: {error}')}") from error


def open_backing(backing: Backing, run: Path | None) -> xr.Dataset:
    """Open the cube in a backing, as :func:`open_cube`."""
    root = backing.read(ROOT)
    schema = _schema(parse(ROOT, root), run)
    with damaged(run):
        metadata, cube = _open_with_status(backing, root or b"")
        _check_files(backing, metadata, np.asarray(cube["status"]))
        if "n_test" in cube:
            _check_parts(backing, metadata, cube)
        for older in range(schema, SCHEMA):
            cube = UPGRADES[older](cube)
        _check_variables(cube)
        _check_primary(cube)
    return cube


def _open_with_status(backing: Backing, root: bytes) -> tuple[dict[str, dict[str, Any]], xr.Dataset]:
    """Open with xarray and read ``status``, with lengths that hold all the runs that it calls done.

    A writer at work lengthens the variables before it writes ``status``: where they are the same before and after
    ``status`` was read, they are long enough.
    """
    metadata = _read_metadata(backing)
    while True:
        files = _in_agreement(metadata) | {ROOT: root}
        cube: xr.Dataset = xr.open_zarr(backing.store(files), chunks=None, consolidated=False)
        cube.variables["status"].load()
        before, metadata = metadata, _read_metadata(backing)
        if metadata == before:
            return metadata, cube


def _read_metadata(backing: Backing) -> dict[str, dict[str, Any]]:
    return {name: parse(name, backing.read(f"{name}/{ROOT}")) for name in backing.folders()}


def _in_agreement(metadata: dict[str, dict[str, Any]]) -> dict[str, bytes]:
    """Give the metadata files with one length for each dimension, the least that is found.

    A writer at work, or one that was killed, may have lengthened some variables and not yet others; what is
    behind the least length is not committed.
    """
    least: dict[str, int] = {}
    for found in metadata.values():
        for dim, length in zip(found["dimension_names"], found["shape"], strict=True):
            least[dim] = min(length, least.get(dim, length))
    return {
        f"{name}/{ROOT}": metadata_file({**found, "shape": [least[dim] for dim in found["dimension_names"]]})
        for name, found in metadata.items()
    }


def _check_files(backing: Backing, metadata: dict[str, dict[str, Any]], status: np.ndarray[Any, Any]) -> None:
    """A block in which runs are stored has a file in every variable, even where all of it is fill values."""
    stored = np.flatnonzero((status != Status.PENDING).any(axis=0))
    for name in metadata.keys() & VARIABLES.keys():
        dims = metadata[name]["dimension_names"]
        span = metadata[name]["chunk_grid"]["configuration"]["chunk_shape"][dims.index("repeat")]
        files = set(backing.names(name))
        for position in np.unique(stored // span).tolist():
            chunk = "c." + ".".join(str(position if dim == "repeat" else 0) for dim in dims)
            if chunk not in files:
                raise not_whole(f"{name}/{chunk} is missing, although runs are stored in it")


def _check_parts(backing: Backing, metadata: dict[str, dict[str, Any]], cube: xr.Dataset) -> None:
    """Where the rows of a block lie in several files, each variable has as many as its stored runs need."""
    counted = np.asarray(cube["n_test"]).clip(min=0).sum(axis=(2, 3))
    rows = np.where(np.asarray(cube["status"]) != Status.PENDING, counted, 0).max(axis=0, initial=0)
    for name in metadata.keys() & VARIABLES.keys():
        dims = metadata[name]["dimension_names"]
        if "row" not in dims:
            continue
        shape = metadata[name]["chunk_grid"]["configuration"]["chunk_shape"]
        span, length = shape[dims.index("repeat")], shape[dims.index("row")]
        files = set(backing.names(name))
        for block in range(-(-len(rows) // span)):
            for part in range(-(-int(rows[block * span : (block + 1) * span].max()) // length)):
                at = {"repeat": block, "row": part}
                chunk = "c." + ".".join(str(at.get(dim, 0)) for dim in dims)
                if chunk not in files:
                    raise not_whole(f"{name}/{chunk} is missing, although runs are stored in it")


def _check_primary(cube: xr.Dataset) -> None:
    """The primary metric, and those that were set after the runs, are metrics of the cube."""
    stored = attributes(cube)
    later = [one["value"] for one in stored.get("overrides") or [] if one["name"] == "primary"]
    known = [str(name) for name in cube["metric"].values]
    for name in (stored.get("primary"), *later):
        if name is not None and name not in known:
            raise CubeError(f"the attribute primary: {unknown('metric of this cube', name, known)}")


def _check_variables(cube: xr.Dataset) -> None:
    expected = layout_of(cube).variables()
    missing = sorted(expected.keys() - set(cube.variables))
    if missing:
        raise not_whole(f"it lacks {', '.join(missing)}")
    for name, variable in expected.items():
        if cube[name].dims != variable.dims:
            raise not_whole(f"{name} has {cube[name].dims}, expected {variable.dims}")


def layout_of(cube: xr.Dataset) -> Layout:
    """Give the layout that a cube was made with.

    Parameters
    ----------
    cube : xarray.Dataset
        As :func:`open_cube` gives it.

    Returns
    -------
    Layout
        All that fixes its shape.
    """

    def names(coordinate: str) -> tuple[str, ...]:
        return tuple(cube[coordinate].values.tolist()) if coordinate in cube.variables else ()

    chunks = cube["sample"].encoding.get("chunks") or (0, 0, cube.sizes["row"])
    return Layout(
        procedures=names("procedure"),
        metrics=names("metric"),
        classes=names("class"),
        sources=names("source"),
        parameters=names("parameter"),
        n_folds=cube.sizes["fold"],
        n_rows=chunks[2],
        n_external=cube.sizes.get("external_row", 0),
        n_candidates=cube.sizes.get("candidate", 0),
        sample_ids=names("sample_id") if "sample_id" in cube.variables else None,
        case_y=tuple(cube["case_y"].values.tolist()) if "case_y" in cube.variables else None,
        group_names=names("group_name") if "group_name" in cube.variables else None,
        batch_names=names("batch_name") if "batch_name" in cube.variables else None,
        multi_class="class" in cube["y_score"].dims,
        numeric=cube["y_true"].dtype.kind == "f",
        training="training" in cube.variables,
    )


def slabs(array: xr.DataArray) -> Iterator[xr.DataArray]:
    """Cut a variable along ``repeat`` into pieces that fit into little memory."""
    if "repeat" not in array.dims:
        yield array
        return
    n_repeats = array.sizes["repeat"]
    step = max(int(_SLAB_BYTES // max(array.nbytes / max(n_repeats, 1), 1)), 1)
    for first in range(0, n_repeats, step):
        yield array.isel(repeat=slice(first, first + step))


def _read_all(cube: xr.Dataset, run: Path) -> None:
    with damaged(run):
        for name in cube.variables:
            for slab in slabs(cube[name]):
                np.asarray(slab.variable)

"""One file for R and others: the cube as NetCDF."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from varbench.cube.backing import explained, write_through
from varbench.cube.reader import open_cube
from varbench.errors import CubeError
from varbench.replacing import replacing

#: Texts are longer than what is known of them before they are written.
_SPARE = 2**26


def export_netcdf(
    run: str | os.PathLike[str], target: str | os.PathLike[str], *, overwrite: bool = False
) -> Path:
    """Write a cube as one NetCDF file, which R's ncdf4 and many others read.

    Parameters
    ----------
    run : path
        ``RUN`` or ``RUN/cube.zarr``.
    target : path
        The file to write; it appears when it is whole.
    overwrite : bool
        Replace a file that is there.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    CubeError
        Where there is no cube, where it is damaged, where the target exists or cannot be written.

    Examples
    --------
    >>> from varbench.cube import CubeWriter, Layout
    >>> folder = getfixture("tmp_path")
    >>> layout = Layout(procedures=("correct",), metrics=("f1",), classes=("no", "yes"))
    >>> CubeWriter.create(folder / "RUN", layout, {"study": "example"}, n_repeats=2).close()
    >>> export_netcdf(folder / "RUN", folder / "cube.nc").name
    'cube.nc'
    """
    path = Path(target)
    if path.is_dir() or (path.exists() and not overwrite):
        raise CubeError(f"{path} exists already; give another name, or ask for it to be overwritten")
    if not path.parent.is_dir():
        raise CubeError(f"{path} cannot be written: there is no folder {path.parent}")
    cube = open_cube(run, verify=True)
    with explained(path), replacing(path) as beside:
        _write(_portable(cube), beside, _packed(cube))
    return path


def _write(cube: xr.Dataset, path: Path, encoding: dict[str, Any]) -> None:
    """Write a file, by way of the memory where the disk may be too small: HDF5 ends the process where one fills up."""
    if shutil.disk_usage(path.parent).free < 2 * cube.nbytes + _SPARE:
        write_through(path, bytes(cube.to_netcdf(engine="h5netcdf", encoding=encoding)))
    else:
        cube.to_netcdf(path, engine="h5netcdf", encoding=encoding)


def _portable(cube: xr.Dataset) -> xr.Dataset:
    """NetCDF knows no booleans, and R no whole numbers of 64 bits."""
    numbers = {name: np.int32(v) for name, v in cube.attrs.items() if isinstance(v, int) and abs(v) < 2**31}
    return cube.assign_attrs(numbers).drop_encoding()


def _packed(cube: xr.Dataset) -> dict[str, Any]:
    """Compress numbers; a text cannot be."""
    numbers = [name for name, v in cube.data_vars.items() if v.dtype.kind in "fiu" and v.size]
    return {str(name): {"zlib": True, "complevel": 1} for name in numbers}

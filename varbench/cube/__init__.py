"""The cube: every score, prediction and seed of a study, in one Zarr store that plain xarray opens."""

from varbench.cube.backing import run_folder
from varbench.cube.compare import VOLATILE, identical, pairing
from varbench.cube.designs import crossed, design, one_at_a_time
from varbench.cube.netcdf import export_netcdf
from varbench.cube.overrides import OVERRIDABLE, override
from varbench.cube.reader import UPGRADES, attributes, cube_attributes, has_cube, layout_of, open_cube
from varbench.cube.schema import RELATIONS, SCHEMA, VARIABLES, Layout, RunRecord, Status, Variable
from varbench.cube.writer import CubeWriter

__all__ = [
    "OVERRIDABLE",
    "RELATIONS",
    "SCHEMA",
    "UPGRADES",
    "VARIABLES",
    "VOLATILE",
    "CubeWriter",
    "Layout",
    "RunRecord",
    "Status",
    "Variable",
    "attributes",
    "crossed",
    "cube_attributes",
    "design",
    "export_netcdf",
    "has_cube",
    "identical",
    "layout_of",
    "one_at_a_time",
    "open_cube",
    "override",
    "pairing",
    "run_folder",
]

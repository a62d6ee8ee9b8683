"""The cube: every score, prediction and seed of a study, in one Zarr store that plain xarray opens."""

from varbench.cube.backing import run_folder
from varbench.cube.collection import check_single, cubes_of, join, open_collection
from varbench.cube.compare import VOLATILE, identical, pairing
from varbench.cube.designs import crossed, design, one_at_a_time
from varbench.cube.members import (
    ABSENT,
    DONE,
    FAILED,
    PENDING,
    CollectionWriter,
    has_collection,
    read_collection,
)
from varbench.cube.netcdf import export_netcdf
from varbench.cube.overrides import OVERRIDABLE, override
from varbench.cube.reader import (
    UPGRADES,
    attributes,
    cube_attributes,
    has_cube,
    layout_of,
    one_cube,
    open_cube,
)
from varbench.cube.schema import RELATIONS, SCHEMA, VARIABLES, Layout, RunRecord, Status, Variable
from varbench.cube.writer import CubeWriter

__all__ = [
    "ABSENT",
    "DONE",
    "FAILED",
    "OVERRIDABLE",
    "PENDING",
    "RELATIONS",
    "SCHEMA",
    "UPGRADES",
    "VARIABLES",
    "VOLATILE",
    "CollectionWriter",
    "CubeWriter",
    "Layout",
    "RunRecord",
    "Status",
    "Variable",
    "attributes",
    "check_single",
    "crossed",
    "cube_attributes",
    "cubes_of",
    "design",
    "export_netcdf",
    "has_collection",
    "has_cube",
    "identical",
    "join",
    "layout_of",
    "one_at_a_time",
    "one_cube",
    "open_collection",
    "open_cube",
    "override",
    "pairing",
    "read_collection",
    "run_folder",
]

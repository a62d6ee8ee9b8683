"""From a name to a data set: the shipped manifests, their members, and a user's own files."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from varbench.data.manifest import LOCAL, Collection, Columns, File, Format, Manifest
from varbench.data.parse import read_manifest
from varbench.errors import DataError, unknown
from varbench.shipped import shipped

#: Data sets that need no file: name -> one line about each.
BUILTINS = {
    "simulated-clinical": "simulated: 150 cases x 30 markers in units of their own, with holes, a known population",
    "simulated-drift": "simulated: 1200 cases of twelve months, a new scanner after the eighth",
    "simulated-halves": "simulated: 137 cases, two halves of 10 features of the same worth, a known population",
    "simulated-pairs": "simulated: 300 cases, a signal of known size, part of it in no single feature",
    "simulated-radiomics": "simulated: 137 cases x 1652 correlated features, 24 positive, a known population",
    "simulated-score": "simulated: 137 cases x 100 features, the outcome a number of which 40 % can be foretold",
    "simulated-sites": "simulated: 480 cases of six sites, each with a signature; fresh cases are from new sites",
    "simulated-strata": "simulated: 200 cases, 24 of them of a subgroup with a signal of its own",
    "simulated-subjects": "simulated: 6 recordings of each of 32 subjects, five strengths of the subject effect",
    "wdbc": "Wisconsin diagnostic breast cancer, as shipped with scikit-learn",
}

#: Ending of a file's name -> how it is read.
SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".data": "csv",
    ".gz": "csv",
    ".npz": "npz",
    ".h5": "h5",
    ".hdf5": "h5",
}
_OTHERS = {
    ".xlsx": "a spreadsheet: save it as CSV",
    ".xls": "a spreadsheet: save it as CSV",
    ".ods": "a spreadsheet: save it as CSV",
    ".parquet": "Parquet: save it as CSV or npz",
    ".rds": "R's own format: save it with write.csv",
    ".sav": "SPSS's own format: save it as CSV",
    ".npy": "an array without an outcome: save X and y with numpy.savez",
    ".mat": "MATLAB's own format: save it as CSV or npz",
}


@lru_cache(maxsize=1)
def shipped_manifests() -> dict[str, Manifest | Collection]:
    """Return every shipped manifest by its name.

    Returns
    -------
    dict of str to Manifest or Collection
        In alphabetical order.
    """
    paths = sorted(shipped("data_manifests").glob("*.toml"))
    return {path.stem: read_manifest(path) for path in paths}


def shipped_tables() -> dict[str, Manifest]:
    """Return every single data set of the shipped manifests, by its full name.

    Returns
    -------
    dict of str to Manifest
        A collection's members stand in it as ``collection/member``.
    """
    tables: dict[str, Manifest] = {}
    for name, found in shipped_manifests().items():
        if isinstance(found, Collection):
            tables |= {member.full_name: member for member in found.members.values()}
        else:
            tables[name] = found
    return tables


def known_names() -> list[str]:
    """Return the names that :func:`varbench.data.load_data` takes, beside paths.

    Returns
    -------
    list of str
        Built-ins, manifests, and members as ``collection/member``.
    """
    return [*BUILTINS, *shipped_tables()]


def resolve(name: str) -> Manifest | Collection:
    """Which data set does a name or a path mean?

    Shipped names come first: a manifest's, ``collection/member``, or a member's alone. Then paths: what has a
    separator or a known suffix.

    Parameters
    ----------
    name : str
        ``"hcc_survival"``, ``"radmlbench/HNSCC"``, ``"HNSCC"``, ``"tables/my.csv"``, ``"my_manifest.toml"``,
        ``"my_collection.toml/member"``.

    Returns
    -------
    Manifest or Collection
        For a table of one's own an anonymous manifest, without columns, whose file is the path.

    Raises
    ------
    varbench.errors.DataError
        Where there is no such name or file.
    """
    manifests, tables = shipped_manifests(), shipped_tables()
    if name in manifests:
        return manifests[name]
    if name in tables:
        return tables[name]
    members = [table for table in tables.values() if table.name == name]
    if len(members) == 1:
        return members[0]
    if is_path(name) and name.partition("/")[0] not in manifests:
        return _from_path(name)
    names = [*BUILTINS, *manifests, *(table.name for table in tables.values() if table.collection)]
    if name.partition("/")[0] in manifests:
        names = [full for full in tables if "/" in full]
    raise DataError(
        f"{unknown('data set', name, names)}. A file is given by its path: ./{name} or {name}.csv"
    )


def is_path(name: str) -> bool:
    """Whether a value is meant as a path: it has a separator or a known suffix.

    Parameters
    ----------
    name : str
        As given by the user.

    Returns
    -------
    bool
        True for ``"./table"``, ``"table.csv"``; False for ``"table"``.

    Examples
    --------
    >>> is_path("wdbc"), is_path("cohort.csv"), is_path("./wdbc")
    (False, True, True)
    """
    suffix = Path(name).suffix.lower()
    return "/" in name or os.sep in name or suffix in SUFFIXES or suffix in _OTHERS or suffix == ".toml"


def _from_path(name: str) -> Manifest | Collection:
    path = Path(name).expanduser()
    if path.parent.suffix.lower() == ".toml" and path.parent.is_file():
        return _member(path.parent, path.name)
    if path.suffix.lower() == ".toml":
        return read_manifest(path)
    if path.suffix.lower() in _OTHERS:
        raise DataError(f"{name}: varbench does not read {_OTHERS[path.suffix.lower()]}")
    try:
        there = path.exists()
        near = "" if there else _near(path)
    except OSError as error:
        raise DataError(f"{name}: cannot be looked at ({error.strerror})") from None
    if not there:
        raise DataError(f"no such file: {name}{near}")
    if not path.is_file():
        raise DataError(f"{name} is a folder, expected a file with a table")
    reader = SUFFIXES.get(path.suffix.lower(), "csv")
    # An array of outcomes is usually called y, but need not be there when a target is given.
    columns = Columns() if reader == "csv" else Columns(target="y")
    file = File(path.name, format=Format(reader, y=""))
    return Manifest(name=path.name.split(".")[0], files=(file,), columns=columns, access=LOCAL)


def _member(path: Path, name: str) -> Manifest:
    collection = read_manifest(path)
    if isinstance(collection, Manifest):
        raise DataError(f"manifest {path}: has no members, so {name!r} cannot be one of them")
    if name not in collection.members:
        raise DataError(f"manifest {path}: {unknown('member', name, collection.members)}")
    return collection.members[name]


def _near(path: Path) -> str:
    """The files of the same folder with a like name, as the end of a sentence."""
    if not path.parent.is_dir():
        return f"; there is no folder {path.parent} either"
    files = sorted(file.name for file in path.parent.iterdir() if file.is_file())
    hint = unknown("file", path.name, files).partition(";")[2]
    return f";{hint}" if hint.startswith(" did") else ""

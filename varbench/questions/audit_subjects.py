"""What is audited: tables, steps from Python source, runs; told apart, loaded, and handed to their checks."""

from __future__ import annotations

import glob
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from varbench.audits import (
    DEEP_CHECKS,
    Audit,
    Finding,
    Table,
    audit_steps,
    audit_table,
    read,
    read_steps,
    together,
)
from varbench.audits.findings import NOT_APPLICABLE, NOT_CHECKED
from varbench.data import Data
from varbench.effects import attribute
from varbench.errors import InputError
from varbench.procedure import Procedure
from varbench.study import Study, load_object

#: Endings of files that run code when they are opened.
PICKLES = (".pkl", ".pickle", ".joblib", ".dill", ".cloudpickle", ".sav", ".skops", ".pt", ".pth")
#: Names that are looked for in a file of Python source where none is given.
NAMES = ("pipeline", "procedure", "study", "search", "model")
_ROLES = ("target", "group", "batch", "split", "id", "time", "drop")


def kind_of(what: Any) -> str:
    """Tell what is to be audited: a table, steps or a run.

    Parameters
    ----------
    what : Any
        As :func:`varbench.audit` takes it.

    Returns
    -------
    {"table", "pipeline", "run"}
        The kind.

    Raises
    ------
    InputError
        If it is a pickle, which runs code when it is opened.

    Examples
    --------
    >>> kind_of("my.csv"), kind_of("pipeline.py:pipeline")
    ('table', 'pipeline')
    """
    if isinstance(what, str | os.PathLike):
        text = os.fspath(what)
        file = re.sub(r":\w*$", "", text)  # a name behind it makes a pickle no safer
        if file.lower().endswith(PICKLES):
            raise InputError(
                f"{Path(file).name}: such a file runs any code when it is opened, so an audit opens none; write the "
                "steps in a file of Python source, and name it and them: pipeline.py:pipeline"
            )
        if re.fullmatch(r".*\.py(:[^/\\]*)?", text):
            return "pipeline"
        inside = (os.path.join(glob.escape(text), *below, "cube.zarr") for below in ((), ("*",)))
        collection = os.path.isfile(os.path.join(text, "collection.json"))
        zarr = text.rstrip("/").endswith(".zarr")
        return "run" if zarr or collection or any(glob.glob(one) for one in inside) else "table"
    if type(what).__name__ == "Dataset" and hasattr(what, "data_vars"):
        return "run"
    return "table" if isinstance(what, pd.DataFrame | Data) else "pipeline"


def audited(sources: Sequence[Any], options: Mapping[str, Any]) -> Audit:
    """Audit whatever was given.

    Parameters
    ----------
    sources : sequence
        One or two tables, steps, or both; or a run.
    options : mapping
        Of :func:`varbench.audit`: the named columns, ``drop``, ``search``, ``level``, ``rng`` and ``deep``.

    Returns
    -------
    Audit
        Of all of them.

    Raises
    ------
    InputError
        If what was given does not go together.
    """
    kinds = [kind_of(one) for one in sources]
    tables = [one for one, kind in zip(sources, kinds, strict=True) if kind == "table"]
    steps = [one for one, kind in zip(sources, kinds, strict=True) if kind == "pipeline"]
    for one in steps:
        if not isinstance(one, str | os.PathLike | Study):
            read_steps(one, loaded(one)[1])  # anything else is refused by its type, before all else
    named = [key for key in _ROLES if options.get(key)]
    if options.get("deep") and not (tables and steps):
        raise InputError(
            "deep fits steps to a table with shuffled labels: give both, as in "
            "varbench audit my.csv pipeline.py:pipeline --target y --deep"
        )
    if not tables and named:
        raise InputError(
            f"{named[0]}={options[named[0]]!r} is about a table's columns, and no table is given"
        )
    if "run" in kinds:
        if len(sources) > 1:
            raise InputError("a run is audited alone: it knows its data and its procedures")
        return _of_run(sources[0])
    if len(steps) > 1:
        raise InputError(f"an audit takes one pipeline, procedure or study; got {len(steps)}")
    if not steps:
        return audit_table(_table(tables, options), level=options["level"], seed=options["rng"])
    return _of_steps(steps[0], _table(tables, options) if tables else None, options)


def _table(tables: Sequence[Any], options: Mapping[str, Any]) -> Table:
    named = {key: options.get(key) for key in ("target", "group", "batch", "split", "id", "time")}
    given = list(tables) if len(tables) > 1 else tables[0]
    drop = [options["drop"]] if isinstance(options["drop"], str) else options["drop"]
    return read(given, drop=drop, search=options["search"], **named)


def _of_steps(source: Any, table: Table | None, options: Mapping[str, Any]) -> Audit:
    thing, name = loaded(source)
    several = thing.procedures if isinstance(thing, Study) else {name: thing}
    read_ = {key: read_steps(one, key, table) for key, one in several.items()}
    deep = bool(options.get("deep"))
    if deep and len(read_) > 1:
        raise InputError(f"deep fits one procedure; {name} has {len(read_)}: give one of them by its name")
    findings = together([(key, audit_steps(one)) for key, one in read_.items()])
    if table is None:
        return Audit(findings + _shallow(False), name, about={"kind": "steps"})
    first = next(iter(read_.values()))
    whole = audit_table(table, level=options["level"], seed=options["rng"], steps=first if deep else None)
    more = findings if deep else findings + _shallow(True)
    return Audit(whole.findings + more, f"{table.name}, {name}", whole.frames, whole.about)


def _shallow(table: bool) -> tuple[Finding, ...]:
    """Say of the checks that fit the steps that they were not made."""
    said = (
        (NOT_CHECKED, "Fits the steps to shuffled labels, many times: only with --deep.")
        if table
        else (NOT_APPLICABLE, "Needs a table beside the steps, and --deep.")
    )
    return tuple(Finding(code, one.title, said[0], sentence=said[1]) for code, one in DEEP_CHECKS.items())


def loaded(source: Any) -> tuple[Any, str]:
    """Give an object, and what it is called; from a file of Python source, which is run.

    Parameters
    ----------
    source : str, path or object
        ``file.py:name``, ``file.py``, or the object itself.

    Returns
    -------
    object
        What is audited.
    str
        Its name, without folders.
    """
    if not isinstance(source, str | os.PathLike):
        kind = type(source).__name__
        return source, kind if isinstance(source, Procedure | Study) or hasattr(
            source, "get_params"
        ) else "the object"
    path, _, name = (
        os.fspath(source).rpartition(":") if ".py:" in os.fspath(source) else (os.fspath(source), "", "")
    )
    if (name and not name.isidentifier()) or os.fspath(source).endswith(":"):
        raise InputError(
            f"{Path(path).name}:{name}: expected one name behind the colon, as {Path(path).name}:pipeline"
        )
    with _beside(Path(path)):
        found = load_object(Path(path), name or NAMES)
    return found, f"{Path(path).name}:{name}" if name else Path(path).name


@contextmanager
def _beside(path: Path) -> Iterator[None]:
    """Let a file import what lies beside it, as it can where it is run as a script."""
    folder = str(path.resolve().parent)
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        if folder in sys.path:  # the file may have changed the path itself
            sys.path.remove(folder)


def _of_run(source: Any) -> Audit:
    from varbench.audits.runs import audit_cube
    from varbench.cube import cubes_of, has_collection, open_collection, open_cube

    if isinstance(source, str | os.PathLike) and has_collection(source):
        source = open_collection(source, verify=True)
    cube = open_cube(source, verify=True) if isinstance(source, str | os.PathLike) else source
    members = cubes_of(cube) if "dataset" in cube.dims else {"": cube}
    findings = together([(name, audit_cube(one)) for name, one in members.items()])
    study = str(cube.attrs.get("study", "")) or "a run"
    data = _counted(cube, len(members)) if "dataset" in cube.dims else _data_of(cube)
    return Audit(findings, f"{study} on {data}", about={"kind": "run", "data sets": len(members)})


def _counted(joined: Any, audited_: int) -> str:
    """Say of how many data sets the cubes were audited, and how many have none."""
    asked = len(attribute(joined, "members", {}) or {})
    return (
        f"{audited_} data sets"
        if asked <= audited_
        else f"{audited_} of {asked} data sets (the others have no runs)"
    )


def _data_of(cube: Any) -> str:
    return str((attribute(cube, "data", {}) or {}).get("name", "its data"))

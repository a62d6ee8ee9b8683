"""``load_data``: from a name, a path or a table to ``Data``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from varbench.data.builtin import BUILDERS
from varbench.data.dataset import Data, Population
from varbench.data.fetch import Fetcher
from varbench.data.frame import FILE_COLUMN, build, from_frame, without_target
from varbench.data.local import Search
from varbench.data.manifest import Collection, Columns, File, Manifest
from varbench.data.readers import read_table
from varbench.data.registry import resolve
from varbench.errors import DataError, unknown
from varbench.seeds import seed as seed_of

#: What can be loaded.
Source = str | os.PathLike[str] | pd.DataFrame | Population | Data


def load_data(
    name_or_path: Source,
    *,
    target: str | None = None,
    positive: object = None,
    task: str | None = None,
    id: str | None = None,
    group: str | None = None,
    batch: str | None = None,
    drop: Sequence[str] = (),
    search: Search = None,
    seed: int = 0,
    timeout: float | None = None,
    progress: object = False,
) -> Data:
    """Load a data set, whatever its home, with every check before any work.

    Parameters
    ----------
    name_or_path : str, path, DataFrame, Population or Data
        A manifest's name (``"hcc_survival"``), a member of a collection (``"HNSCC"``, ``"radmlbench/HNSCC"``), a
        built-in (``"wdbc"``, ``"simulated-radiomics"``), a path to a table or to a manifest of one's own (anything
        with a separator or a known suffix), a table in memory, or a population to draw a cohort from. ``Data`` come
        back as they are.
    target : str, optional
        Column of the outcome; overrides the manifest's, whose own outcome is then no feature.
    positive : object, optional
        The value of the outcome that counts as an event; may be left out for 0/1, False/True and -1/1, and for more
        than two classes.
    task : {"classification", "regression"}, optional
        Whether the outcome is a class or a number: as the manifest says, a class by default.
    id, group, batch : str, optional
        Columns, see :class:`varbench.data.Data`; override the manifest's.
    drop : sequence of str
        Columns that are no features, beside the manifest's; ``*`` stands for anything.
    search : path or iterable of paths, optional
        Folders to look in for the files, before any download; the variable ``VARBENCH_DATA`` names further ones.
    seed : int
        The study's seed: which cohort a simulator draws (realization 0 of the source ``cohort``).
    timeout : float, optional
        Seconds without a byte after which a server counts as stalled.
    progress : bool or object
        Whether a download shows its progress, see :class:`varbench.data.fetch.Fetcher`.

    Returns
    -------
    Data
        Rows in the table's order, none dropped; classes encoded.

    Raises
    ------
    varbench.errors.DataError
        Where the name, a column or a value is not as it must be.
    varbench.errors.FetchError
        Where a file cannot be had, or is not what its manifest promises.

    Examples
    --------
    >>> load_data("wdbc")
    Data('wdbc', 569 cases x 30 features, 212 'malignant')
    """
    options = {"target": target, "positive": positive, "task": task, "id": id, "group": group, "batch": batch}
    drop = (drop,) if isinstance(drop, str) else tuple(drop)
    if isinstance(name_or_path, pd.DataFrame):
        return from_frame(name_or_path, drop=drop, **options)  # type: ignore[arg-type]
    if not isinstance(name_or_path, str | os.PathLike):
        _no_options(options, drop, "data that are loaded already")
        return name_or_path if isinstance(name_or_path, Data) else _cohort(name_or_path, seed)
    name = os.fspath(name_or_path)
    if name in BUILDERS:
        _no_options(options, drop, f"the built-in data set {name!r}")
        return BUILDERS[name](seed)
    manifest, columns = describe_source(name, drop=drop, **options)
    fetcher = Fetcher(search=search, timeout=timeout, progress=progress)
    frame = read_frame(manifest, locate(manifest, name, fetcher), columns)
    data = build(frame, columns, name=manifest.name, info=manifest.info(), unverified=_unverified(manifest))
    return replace(data, info={**data.info, **_left_out(manifest.columns, columns)})


def describe_source(name: str, *, drop: Sequence[str] = (), **options: object) -> tuple[Manifest, Columns]:
    """Find the manifest of a name or path, and lay the user's options over its columns.

    Parameters
    ----------
    name : str
        As :func:`load_data` takes it.
    drop : sequence of str
        Added to the manifest's.
    **options : object
        ``target``, ``positive``, ``task``, ``id``, ``group``, ``batch``; None keeps what the manifest has.

    Returns
    -------
    manifest : Manifest
        An anonymous one for a table of one's own.
    columns : Columns
        What its columns mean.

    Raises
    ------
    varbench.errors.DataError
        Where there is no such data set, or the name means a whole collection.
    """
    found = resolve(name)
    if isinstance(found, Collection):
        example = f"{name}/{next(iter(found.members))}"
        raise DataError(
            f"{name!r} is a collection of {len(found.members)} data sets; name one of them, as {example}. "
            f"They are: {', '.join(found.members)}"
        )
    target = options.pop("target", None)
    own = found.columns if target is None or not found.anonymous else Columns()
    columns = without_target(own, None if target is None else str(target))
    given = {key: str(value) for key, value in options.items() if value is not None}
    if "group" in given and given["group"] != columns.group:
        columns = replace(columns, group_pattern=None)
    if found.files[0].batch is not None and "batch" not in given:
        columns = replace(columns, batch=FILE_COLUMN)
    return found, replace(columns, drop=(*columns.drop, *drop), **given)


def locate(manifest: Manifest, name: str, fetcher: Fetcher) -> list[Path]:
    """Have every file of a manifest here.

    Parameters
    ----------
    manifest : Manifest
        The data set.
    name : str
        As the user gave it: the path itself for a table of one's own.
    fetcher : varbench.data.fetch.Fetcher
        Brings the others.

    Returns
    -------
    list of pathlib.Path
        In the manifest's order.
    """
    if manifest.anonymous:
        return [Path(name).expanduser()]
    return [fetcher.obtain(manifest, file) for file in manifest.files]


def read_frame(manifest: Manifest, paths: Sequence[Path], columns: Columns) -> pd.DataFrame:
    """Read the files of a data set and join them.

    Parameters
    ----------
    manifest : Manifest
        How they are read and joined.
    paths : sequence of path
        Where they are.
    columns : Columns
        Whose ids, groups, batches and outcome are kept as they are written.

    Returns
    -------
    pandas.DataFrame
        One row a case; a column more where the files are batches.

    Raises
    ------
    varbench.errors.DataError
        Where a file cannot be read, or the files do not fit together.
    """
    texts = {columns.target, columns.id, columns.group, columns.batch, manifest.on} - {None}
    kept = [text for text in texts if text is not None]
    frames = [
        _with_batch(read_table(path, file.format, kept), file)
        for path, file in zip(paths, manifest.files, strict=True)
    ]
    if len(frames) == 1:
        return frames[0]
    if manifest.join == "rows":
        return _below(frames, manifest)
    return _beside(frames, manifest)


def _with_batch(frame: pd.DataFrame, file: File) -> pd.DataFrame:
    if file.batch is None:
        return frame
    return pd.concat(
        [frame, pd.DataFrame({FILE_COLUMN: [file.batch] * len(frame)}, index=frame.index)], axis=1
    )


def _below(frames: Sequence[pd.DataFrame], manifest: Manifest) -> pd.DataFrame:
    first = list(frames[0].columns)
    for frame, file in zip(frames, manifest.files, strict=True):
        odd = sorted(set(first) ^ set(frame.columns))
        if odd:
            raise DataError(
                f"{manifest.name}: {file.name} and {manifest.files[0].name} differ in {len(odd)} column(s), the first "
                f"is {odd[0]!r}; files that are joined by rows need the same columns"
            )
    return pd.concat([frame[first] for frame in frames], ignore_index=True)


def _beside(frames: Sequence[pd.DataFrame], manifest: Manifest) -> pd.DataFrame:
    if manifest.on is not None:
        frames = [frames[0], *(_by_key(frame, frames[0], manifest) for frame in frames[1:])]
    lengths = {len(frame) for frame in frames}
    if len(lengths) > 1:
        raise DataError(f"{manifest.name}: files that are joined by columns have {sorted(lengths)} rows")
    return pd.concat(frames, axis=1)


def _by_key(frame: pd.DataFrame, first: pd.DataFrame, manifest: Manifest) -> pd.DataFrame:
    """The rows of a frame in the first one's order, without the key."""
    key = str(manifest.on)
    for one in (frame, first):
        if key not in one.columns:
            raise DataError(f"{manifest.name}: on: {unknown('column', key, one.columns)}")
        if one[key].duplicated().any():
            raise DataError(f"{manifest.name}: {key!r} joins columns, so it must be unique in each file")
    if set(frame[key]) != set(first[key]):
        lost = len(set(frame[key]) ^ set(first[key]))
        raise DataError(f"{manifest.name}: {lost} value(s) of {key!r} stand in one file and not in the other")
    return frame.set_index(key).loc[first[key]].reset_index(drop=True)


def _unverified(manifest: Manifest) -> bool:
    return not manifest.anonymous and not manifest.verified


def _left_out(before: Columns, after: Columns) -> dict[str, str]:
    if before.target not in after.drop:
        return {}
    return {"note_target": f"the manifest's own outcome, {before.target!r}, is no feature here"}


def _cohort(source: object, seed: int) -> Data:
    if hasattr(source, "cohort") and hasattr(source, "sample"):
        data = source.cohort(seed_of(seed, "cohort"))
        if isinstance(data, Data):
            return data
    raise DataError(
        f"data must be a name, a path, a DataFrame, a population or Data, got {type(source).__name__}"
    )


def _no_options(options: dict[str, Any], drop: tuple[str, ...], what: str) -> None:
    given = [key for key, value in options.items() if value is not None] + (["drop"] if drop else [])
    if given:
        raise DataError(f"{' and '.join(given)}: cannot be given for {what}, whose columns are fixed")

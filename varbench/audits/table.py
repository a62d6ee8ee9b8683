"""The table that is audited: mixed columns, and who is who; read from a frame, from one file or from two."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from varbench.audits.album import Album, joined
from varbench.audits.columns import Outcome, feature, outcome, texts, times
from varbench.audits.folder import FACTS, album_of_folder, is_folder
from varbench.audits.images import album_of, is_images
from varbench.audits.sides import Sides
from varbench.data.builtin import BUILDERS
from varbench.data.dataset import Data, check_finite
from varbench.data.fetch import Fetcher
from varbench.data.frame import FILE_COLUMN, matches
from varbench.data.load import describe_source, load_data, locate, read_frame
from varbench.data.manifest import Columns
from varbench.errors import DataError, InputError, unknown

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Strings = npt.NDArray[np.str_]
#: Names of the sides where two files are given.
TRAIN, TEST = "train", "test"


@dataclass(frozen=True, eq=False)
class Table:
    """A table as it is, before anything is made of it.

    Parameters
    ----------
    X : DataFrame
        The features: columns of float64 (NaN is missing), or of text and None.
    y : Outcome, optional
        What is to be predicted.
    groups, batch, ids : ndarray of str, (row,), optional
        Who belongs together; where a row comes from; what names it.
    split : Sides, optional
        On which side of the split each row is.
    time : ndarray of float64, (row,), optional
        When; NaN where it is not known.
    name : str
        As findings call it.
    roles : mapping of str to str
        The columns that were named, by their use.
    files : int
        1, or 2 for a file of training rows and one of test rows.
    album : Album, optional
        What the rows look like, where they are images.
    unlike : tuple of str
        Features that are numbers in one of two files, and text in the other.
    marked : tuple of str
        Features that are numbers but for marks, as ``?``, which are read as missing.
    """

    X: pd.DataFrame
    y: Outcome | None = None
    groups: Strings | None = None
    batch: Strings | None = None
    ids: Strings | None = None
    split: Sides | None = None
    time: Floats | None = None
    name: str = "table"
    roles: Mapping[str, str] = field(default_factory=dict)
    files: int = 1
    album: Album | None = None
    unlike: tuple[str, ...] = ()
    marked: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.X)

    @cached_property
    def has(self) -> frozenset[str]:
        """What the table has, as checks ask for it: their ``needs``."""
        found = {
            role for role in ("groups", "batch", "ids", "split", "time") if getattr(self, role) is not None
        }
        if self.y is not None:
            found |= {"y", "classes"} if self.y.classes else {"y"}
            found |= {"binary"} if self.y.binary else set()
        found |= set() if self.album is None else {"images"}
        return frozenset(found)

    @cached_property
    def numeric(self) -> tuple[str, ...]:
        """The features that are numbers."""
        return tuple(str(c) for c in self.X.columns if self.X[c].dtype.kind == "f")

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The features that are text."""
        return tuple(str(c) for c in self.X.columns if self.X[c].dtype.kind != "f")


def read(sources: Any, *, drop: Sequence[str] = (), search: Any = None, **named: str | None) -> Table:
    """Read what is to be audited.

    Parameters
    ----------
    sources : DataFrame, Data, path, or a sequence of two of them
        One table, or the training rows and the test rows; a path is anything that ``load_data`` reads, a file of
        images as :func:`varbench.audits.images.album_of` takes it, or a folder of pictures as
        :func:`varbench.audits.folder.album_of_folder` does.
    drop : sequence of str
        Columns that are no features; ``*`` stands for anything.
    search : path or iterable of paths, optional
        As :func:`varbench.data.load_data` takes it.
    **named : str, optional
        The columns for ``target``, ``id``, ``group``, ``batch``, ``split`` and ``time``.

    Returns
    -------
    Table
        Rows in the order of the table, or of the two tables.

    Raises
    ------
    varbench.errors.DataError
        If a table cannot be read, a column is not there, or one that is named cannot be what it should be.

    Examples
    --------
    >>> frame = pd.DataFrame({"age": [61, 70, 58], "site": list("aba"), "relapse": ["no", "yes", "no"]})
    >>> table = read(frame, target="relapse", batch="site")
    >>> table.numeric, table.y.classes, sorted(table.has)
    (('age',), ('no', 'yes'), ['batch', 'binary', 'classes', 'y'])
    """
    given = list(sources) if isinstance(sources, list | tuple) else [sources]
    if not 1 <= len(given) <= 2:
        raise InputError(
            f"an audit takes one table, or a table of training rows and one of test rows; got {len(given)}"
        )
    if len(given) == 2 and named.get("split"):
        raise InputError(
            "two tables are the two sides of a split: leave --split out, or give one table with the column"
        )
    wanted = {key: str(value) for key, value in named.items() if value is not None}
    if len(given) == 1 and (
        isinstance(given[0], Data) or (isinstance(given[0], str) and given[0] in BUILDERS)
    ):
        return _of_data(load_data(given[0], drop=drop, **wanted))  # type: ignore[arg-type]
    frames, roles, pattern, name = [], wanted, None, "table"
    given = [_opened(one, wanted) for one in given]
    for source in given:
        frame, roles, pattern, name = _frame(source, wanted, drop, search)
        frames.append(frame)
    if len(frames) == 2:
        _same_columns(frames, list(roles.values()))
        name = "training and test table"
    sizes = [len(frame) for frame in frames]
    whole = frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
    albums = [one for one in given if isinstance(one, Album)]
    if albums:
        same = [fact for fact in FACTS if fact in whole and whole[fact].nunique() == 1]
        whole = whole.drop(columns=same)
    table = _build(whole, roles, pattern, sizes, name)
    if len(frames) == 2:
        table = replace(table, unlike=_unlike(table.texts, frames))
    return replace(table, album=joined(albums)) if len(albums) == len(given) else table


def _unlike(texts: Sequence[str], frames: Sequence[pd.DataFrame]) -> tuple[str, ...]:
    """Give the columns that are text in one frame, and numbers in the other."""
    known = {name: [frame[name][frame[name].notna()] for frame in frames] for name in texts}
    return tuple(
        name
        for name, parts in known.items()
        if len({feature(part).dtype.kind for part in parts if len(part)}) == 2
    )


def _opened(source: Any, named: Mapping[str, str]) -> Any:
    """Give a file or a folder of images as an album, and any other source as it is."""
    if not isinstance(source, str | os.PathLike):
        return source
    path = Path(source)
    return album_of_folder(path, named) if is_folder(path) else album_of(path) if is_images(path) else source


def _of_data(data: Data) -> Table:
    codes = data.y.astype(np.int64) if data.classes else np.empty(0, np.int64)  # else the outcome is a number
    y = Outcome(codes, data.classes, data.y.astype(np.float64))
    X = pd.DataFrame(data.X, columns=list(data.feature_names))
    roles = {"target": data.info.get("column_target", "the outcome")}
    return Table(X, y, data.groups, data.batch, data.ids, name=data.name, roles=roles)


def _frame(
    source: Any, named: Mapping[str, str], drop: Sequence[str], search: Any
) -> tuple[pd.DataFrame, dict[str, str], str | None, str]:
    """Give one source as a frame of its features and named columns, the columns by use, and the groups' pattern."""
    if isinstance(source, pd.DataFrame):
        frame = source.set_axis([str(column) for column in source.columns], axis=1).reset_index(drop=True)
        twice = frame.columns[frame.columns.duplicated()]
        if len(twice):
            raise DataError(
                f"the table: {len(twice)} name(s) of columns stand twice, the first is {twice[0]!r}"
            )
        columns, name = (
            Columns(**{k: v for k, v in named.items() if k not in ("split", "time")}, drop=tuple(drop)),
            "table",
        )
    elif isinstance(source, Album):
        frame, named = source.frame, {**source.roles, **named}
        columns, name = Columns(drop=tuple(drop)), source.name
    elif isinstance(source, str | os.PathLike):
        given = {key: value for key, value in named.items() if key not in ("split", "time")}
        manifest, columns = describe_source(os.fspath(source), drop=drop, **given)
        frame = read_frame(manifest, locate(manifest, os.fspath(source), Fetcher(search=search)), columns)
        name = manifest.name
    else:
        raise DataError(f"an audit takes a path or a DataFrame, got {type(source).__name__}")
    if not len(frame):
        raise DataError(f"{name}: the table is empty: it has no row")
    own = {key: getattr(columns, key) for key in ("target", "id", "group", "batch")}
    roles = {key: value for key, value in {**own, **named}.items() if value is not None}
    _check_roles(roles, list(frame.columns), name)
    gone = matches(columns.drop, list(frame.columns)) - set(roles.values())
    return frame.drop(columns=sorted(gone)), roles, columns.group_pattern, name


def _check_roles(roles: Mapping[str, str], names: Sequence[str], where: str) -> None:
    shown = [name for name in names if name != FILE_COLUMN]
    for role, column in roles.items():
        if column not in names:
            raise DataError(f"{where}: {role}: {unknown('column', column, shown)}")
    used = list(roles.values())
    for role, column in roles.items():
        if used.count(column) > 1 and not {r for r, c in roles.items() if c == column} <= {"id", "group"}:
            others = [other for other, c in roles.items() if c == column and other != role]
            raise DataError(f"column {column!r} is named both as the {role} and as the {others[0]}")


def _same_columns(frames: Sequence[pd.DataFrame], needed: Sequence[str]) -> None:
    odd = sorted(set(frames[0].columns) ^ set(frames[1].columns))
    if odd:
        where = "training" if odd[0] in frames[0].columns else "test"
        raise DataError(
            f"the training and the test table differ in {len(odd)} column(s), the first is {odd[0]!r}, "
            f"which only the {where} table has; both need the same columns, or leave it out with --drop "
            f"{odd[0]!r}"
        )


def _build(
    frame: pd.DataFrame, roles: Mapping[str, str], pattern: str | None, sizes: Sequence[int], name: str
) -> Table:
    features = [column for column in frame.columns if column not in {*roles.values(), FILE_COLUMN}]
    if not features:
        raise DataError(f"{name}: no feature is left beside the columns that are named")
    split = None
    if len(sizes) == 2:
        split = Sides.of(np.repeat([TRAIN, TEST], sizes), "the two tables")
    elif "split" in roles:
        split = Sides.of(texts(frame[roles["split"]], "split"), roles["split"])
    groups = texts(frame[roles["group"]], "group") if "group" in roles else None
    if groups is not None and pattern is not None:
        found = pd.Series(groups).str.extract(f"^(?:{pattern})$")[0]
        groups = np.asarray(found.fillna(pd.Series(groups)).astype(str), dtype=np.str_)
    X = pd.DataFrame({column: feature(frame[column]) for column in features})
    numeric = [column for column in features if X[column].dtype.kind == "f"]
    check_finite(X[numeric].to_numpy(np.float64), numeric)
    return Table(
        X=X,
        y=outcome(frame[roles["target"]]) if "target" in roles else None,
        groups=groups,
        batch=texts(frame[roles["batch"]], "batch") if "batch" in roles else None,
        ids=texts(frame[roles["id"]], "id") if "id" in roles else None,
        split=split,
        time=times(frame[roles["time"]]) if "time" in roles else None,
        name=name,
        roles=dict(roles),
        files=len(sizes),
        marked=tuple(column for column in numeric if X[column].isna().sum() > frame[column].isna().sum()),
    )

"""An external set, brought into the form of the cohort: the same features, in the same order, the same classes.

Nothing is guessed in silence. What is missing, extra, renamed or out of the cohort's range is reported, and a name that
merely looks alike is proposed, not used.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from varbench.data.alignment import Alignment, held_against, pairs, some
from varbench.data.dataset import Data
from varbench.data.features import features
from varbench.data.fetch import Fetcher
from varbench.data.frame import Roles, labels, nameless
from varbench.data.load import describe_source, locate, read_frame
from varbench.data.local import Search
from varbench.data.manifest import Columns
from varbench.data.registry import BUILTINS
from varbench.errors import DataError, InputError, unknown
from varbench.outcome import codes, label, labels_of, measured

HOW = ("strict", "intersect")
#: So many values of an outcome are named in a message.
NAMED = 5


def align(
    data: Data,
    external: str | Path | pd.DataFrame | Data,
    *,
    how: str | Path = "strict",
    target: str | None = None,
    positive: object = None,
    id: str | None = None,
    group: str | None = None,
    batch: str | None = None,
    search: Search = None,
) -> tuple[Data, Data, Alignment]:
    """Can models of this cohort be scored on that external set, and what is odd about it?

    Parameters
    ----------
    data : Data
        The cohort.
    external : str, path, DataFrame or Data
        A name or a path as :func:`varbench.data.load_data` takes it, or a table.
    how : {"strict", "intersect"} or path
        ``strict``: every feature of the cohort must be there. ``intersect``: the features that both have. A path is
        a TOML file with a table ``[columns]`` of ``"external name" = "cohort's name"``, optionally a table
        ``[classes]`` likewise, and ``how = "intersect"``; without that, it is strict.
    target : str, optional
        Column of the external outcome; the cohort's name of it where None.
    positive : object, optional
        The external value of the event, where it is not called as in the cohort.
    id, group, batch : str, optional
        External columns; where None, the cohort's, as far as the external set has them.
    search : path or iterable of paths, optional
        Folders to look in for the external files.

    Returns
    -------
    data : Data
        The cohort; without the features that the external set lacks, with ``intersect``.
    external : Data
        The external set: the same features in the same order, the cohort's codes of classes, or numbers where its
        outcome is one.
    alignment : Alignment
        The report.

    Raises
    ------
    varbench.errors.DataError
        Where features are missing and ``how`` is strict (with the ways out), no feature is common, a class is
        unknown to the cohort, or the external set is the cohort itself.
    varbench.errors.InputError
        Where ``how`` is neither a word nor a file.

    Examples
    --------
    >>> from varbench.data import SimulatedRadiomics
    >>> population = SimulatedRadiomics(n_features=20)
    >>> own, other, report = align(population.cohort(0), population.sample(50, seed=1))
    >>> other.n_cases, len(report.used), report.missing
    (50, 20, ())
    """
    plan = _plan(how)
    given = {"target": target, "positive": positive, "id": id, "group": group, "batch": batch}
    other = _external(data, external, plan, given, search)
    common = tuple(name for name in data.feature_names if name in other.columns)
    report = _report(data, other, plan, common)
    if not common or (report.missing and plan.how == "strict"):
        raise DataError(_unaligned(report, data))
    own = _choose(data, common)
    fitted = other.data(common, data)
    report = replace(report, **held_against(own, fitted))
    if report.identical_rows == fitted.n_cases == own.n_cases:
        raise DataError("the external set is the cohort itself: every row of it stands in the cohort")
    return own, fitted, report


@dataclass(frozen=True)
class _Plan:
    """What ``how`` asks for."""

    how: str
    columns: Mapping[str, str]
    classes: Mapping[str, str]


def _plan(how: str | Path) -> _Plan:
    if how in HOW:
        return _Plan(str(how), {}, {})
    path = Path(how)
    if path.suffix.lower() != ".toml":
        raise InputError(
            f"{unknown('way to align', how, HOW)}, or the path of a TOML file with a map of columns"
        )
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"the map {path} cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"the map {path} is no valid TOML: {error}") from None
    return _checked_plan(table, path.name)


def _checked_plan(table: dict[str, Any], where: str) -> _Plan:
    for key in table:
        if key not in ("how", "columns", "classes"):
            raise InputError(f"map {where}: {unknown('key', key, ('how', 'columns', 'classes'))}")
    how = table.get("how", "strict")
    if how not in HOW:
        raise InputError(f"map {where}: how: {unknown('way to align', how, HOW)}")
    maps = {}
    for key in ("columns", "classes"):
        pairs = table.get(key, {})
        if not isinstance(pairs, dict) or not all(isinstance(v, str) for v in pairs.values()):
            raise InputError(f'map {where}: {key} must be a table of "external" = "cohort\'s", both texts')
        if len(set(pairs.values())) != len(pairs) and key == "columns":
            raise InputError(f"map {where}: two external columns have one name of the cohort's")
        maps[key] = pairs
    return _Plan(how, maps["columns"], maps["classes"])


@dataclass(frozen=True, eq=False)
class _External:
    """The external set before its features are chosen: columns by the cohort's names."""

    frame: pd.DataFrame
    roles: Roles
    y: np.ndarray
    name: str
    info: Mapping[str, str]
    unverified: bool

    @property
    def columns(self) -> tuple[str, ...]:
        return self.roles.features

    def data(self, names: Sequence[str], cohort: Data) -> Data:
        return Data(
            X=features(self.frame, names),
            y=self.y,
            classes=cohort.classes,
            feature_names=tuple(names),
            name=self.name,
            info=self.info,
            unverified=self.unverified,
            **labels(self.frame, self.roles),
        )


def _external(
    data: Data, external: str | Path | pd.DataFrame | Data, plan: _Plan, given: dict[str, Any], search: Search
) -> _External:
    if isinstance(external, Data):
        frame = _as_frame(external)
        roles = {key: name for key, name in _ROLES_OF_DATA.items() if name in frame.columns}
        return _prepared(
            frame, Columns(**roles), data, plan, given, external.name, external.info, external.unverified
        )
    if isinstance(external, pd.DataFrame):
        return _prepared(external, _columns(data, external, given), data, plan, given, "external", {}, False)
    name = str(external)
    if name in BUILTINS:
        raise DataError(
            f"{name!r} is built in: it is no external set for another cohort; give a table or a manifest"
        )
    options = {key: value for key, value in given.items() if key not in ("positive", "target")}
    manifest, columns = describe_source(name, target=given["target"], **options)
    paths = locate(manifest, name, Fetcher(search=search))
    inherited = {k: v for k, v in _own_names(data).items() if getattr(columns, k, None) is None}
    frame = read_frame(manifest, paths, replace(columns, **inherited))
    columns = _columns(data, frame, {**asdict(columns), "positive": given["positive"]})
    unverified = not manifest.anonymous and not manifest.verified
    return _prepared(frame, columns, data, plan, given, manifest.name, manifest.info(), unverified)


#: The columns that a table in memory is given when it comes as Data.
_ROLES_OF_DATA: dict[str, Any] = {"target": "[y]", "id": "[id]", "group": "[group]", "batch": "[batch]"}


def _as_frame(external: Data) -> pd.DataFrame:
    frame = pd.DataFrame(external.X, columns=list(external.feature_names))
    y = external.y if external.numeric else np.array(external.classes)[external.y]
    parts = {"[y]": y, "[id]": external.ids}
    parts |= {} if external.groups is None else {"[group]": external.groups}
    parts |= {} if external.batch is None else {"[batch]": external.batch}
    return pd.concat([frame, pd.DataFrame(parts)], axis=1)


def _own_names(data: Data) -> dict[str, Any]:
    """How the cohort's columns are called, as far as it came from a table."""
    keys = ("target", "id", "group", "group_pattern", "batch")
    return {key: data.info[f"column_{key}"] for key in keys if f"column_{key}" in data.info}


def _columns(data: Data, frame: pd.DataFrame, given: Mapping[str, Any]) -> Columns:
    """The external columns: those given, else the cohort's where the external table has them."""
    chosen = {key: given[key] for key in ("target", "id", "group", "batch") if given.get(key) is not None}
    own = _own_names(data)
    if "target" not in chosen and "target" in own:
        chosen["target"] = own["target"]
    for key in ("id", "group", "batch"):
        if key not in chosen and own.get(key) in frame.columns:
            chosen[key] = own[key]
    pattern = given.get("group_pattern")
    if pattern is None and chosen.get("group") == own.get("group"):
        pattern = own.get("group_pattern")
    dropped = (
        *(given.get("drop") or ()),
        *(name for name in nameless(frame.columns) if name not in data.feature_names),
    )
    return Columns(**chosen, group_pattern=pattern, drop=dropped)


def _prepared(
    frame: pd.DataFrame,
    columns: Columns,
    data: Data,
    plan: _Plan,
    given: Mapping[str, Any],
    name: str,
    info: Mapping[str, str],
    unverified: bool,
) -> _External:
    frame = frame.rename(columns=_renaming(plan, frame, data))
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise DataError(
            f"the external set has the column {twice[0]!r} twice, once by the map; drop one of them"
        )
    if not len(frame):
        raise DataError("the external set is empty: it has no row")
    roles = Roles.of(list(frame.columns), columns)
    outcome = _numbers if data.numeric else _classes
    y = outcome(frame[roles.target], data, plan, given["positive"])
    return _External(frame, roles, y, name, info, unverified)


def _renaming(plan: _Plan, frame: pd.DataFrame, data: Data) -> dict[str, str]:
    for external, own in plan.columns.items():
        if external not in frame.columns:
            raise DataError(f"map: {unknown('external column', external, [str(c) for c in frame.columns])}")
        if own not in data.feature_names:
            raise DataError(f"map: {unknown('feature of the cohort', own, data.feature_names)}")
    return dict(plan.columns)


def _numbers(values: pd.Series, data: Data, plan: _Plan, positive: object) -> np.ndarray:
    """The external outcomes where the cohort's is a number: in the same units, which no table tells."""
    if positive is not None or plan.classes:
        raise InputError(
            f"the outcome of {data.name} is a number: it has neither a positive value nor classes to map"
        )
    return measured(values)


def _classes(values: pd.Series, data: Data, plan: _Plan, positive: object) -> np.ndarray:
    """Codes by the cohort's classes; one class alone is allowed, as a set of healthy controls has."""
    found = labels_of(values)
    mapped = {label(external): label(own) for external, own in plan.classes.items()}
    if positive is not None and len(data.classes) == 2:
        mapped |= _by_positive(sorted(set(found)), label(positive), data)
    renamed = [mapped.get(one, one) for one in found]
    strange = sorted(set(renamed) - set(data.classes))
    if strange:
        raise DataError(
            f"the external outcome has {_some(strange)}, the cohort's classes are "
            f"{', '.join(map(repr, data.classes))}. Say which external value is {data.classes[-1]!r} (positive=...), "
            "or map them in a TOML file: [classes]"
        )
    return codes(renamed, data.classes)


def _some(values: Sequence[str]) -> str:
    """Name values, the first few where there are many."""
    more = len(values) - NAMED
    return ", ".join(map(repr, values[:NAMED])) + (f" and {more} more" if more > 0 else "")


def _by_positive(found: list[str], positive: str, data: Data) -> dict[str, str]:
    if positive not in found:
        raise DataError(f"the external outcome has no value {positive!r}; it has: {_some(found)}")
    others = [one for one in found if one != positive]
    if len(others) > 1:
        raise DataError(f"the external outcome has {len(found)} classes ({_some(found)}), the cohort has two")
    return {positive: data.classes[1], **dict.fromkeys(others, data.classes[0])}


def _report(data: Data, other: _External, plan: _Plan, common: Sequence[str]) -> Alignment:
    missing = tuple(name for name in data.feature_names if name not in set(common))
    extra = tuple(name for name in other.columns if name not in set(common))
    by_key = {_key(name): name for name in missing}
    proposed = {name: by_key[_key(name)] for name in extra if _key(name) in by_key}
    counts = [] if data.numeric else np.bincount(other.y, minlength=len(data.classes)).tolist()
    return Alignment(
        how=plan.how,
        n_external=len(other.frame),
        used=tuple(common),
        missing=missing,
        extra=extra,
        renamed=dict(plan.columns),
        proposed=proposed,
        out_of_range=(),
        rows_out_of_range=0.0,
        missing_cells=0,
        shared_ids=0,
        identical_rows=0,
        classes=dict(zip(data.classes, counts, strict=True)),
    )


def _key(name: str) -> str:
    """A name without its case and its separators."""
    return re.sub(r"[\W_]+", "", name).lower()


def _choose(data: Data, names: Sequence[str]) -> Data:
    if tuple(names) == data.feature_names:
        return data
    index = [data.feature_names.index(name) for name in names]
    return replace(data, X=data.X[:, index], feature_names=tuple(names))


def _unaligned(report: Alignment, data: Data) -> str:
    count = f"{len(report.missing)} of the cohort's {data.n_features} features"
    text = f"the external set lacks {count}: {some(report.missing)}."
    if report.proposed:
        text += f" It has names that differ only in case or separators: {pairs(report.proposed)}."
    if report.extra:
        text += f" It has {len(report.extra)} features that the cohort lacks: {some(report.extra)}."
    text += (
        ' Ways out: name the pairs in a TOML file ([columns], "external name" = "cohort\'s name") and give it with '
        "--align map.toml"
    )
    return text + ("; or use the common features alone, with --align intersect" if report.used else "")

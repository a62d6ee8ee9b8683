"""``Data``: a table of cases and features with its outcome, and who belongs together."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from varbench.errors import DataError

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Strings = npt.NDArray[np.str_]
#: The one stratum of data whose outcome is a number.
ALL = "all"


class Population(Protocol):
    """What fresh cases can be drawn from: the source of every true score.

    An implementation is a frozen dataclass. Its structure (which features carry the signal, and how strongly)
    depends on its parameters alone, never on a seed that is handed to its methods.
    """

    @property
    def name(self) -> str:
        """The name under which the data are known."""
        ...

    @property
    def n_cases(self) -> int:
        """How many cases a cohort has."""
        ...

    @property
    def n_features(self) -> int:
        """How many features a case has."""
        ...

    def settings(self) -> dict[str, float | int | str]:
        """Return all that fixes the population; part of the data's hash."""
        ...

    def cohort(self, seed: int) -> Data:
        """Draw a cohort of ``n_cases`` cases, with this population as its ``population``."""
        ...

    def sample(self, n: int, seed: int) -> Data:
        """Draw ``n`` fresh cases at the cohort's prevalence, independent of every cohort."""
        ...


@dataclass(frozen=True, eq=False, repr=False)
class Data:
    """A table for supervised learning: what was measured, the outcome, and which rows belong together.

    Parameters
    ----------
    X : ndarray of float64, (case, feature)
        May hold NaN, which means missing; never infinite.
    y : ndarray of int64, (case,)
        Codes 0 ... K-1 of the classes; of float64, and finite, where the outcome is a number.
    classes : tuple of str
        The classes by code; with two, ``classes[1]`` is the positive class (an *event*). Empty where the outcome is
        a number.
    feature_names : tuple of str
        Unique.
    ids : ndarray of str, (case,)
        Unique, or unique within a batch where there are batches.
    groups : ndarray of str, (case,), optional
        Rows with one value belong together, as a patient's recordings do.
    batch : ndarray of str, (case,), optional
        Where a row comes from: hospital, scanner.
    name : str
        As in the manifest, or the file's name.
    info : mapping of str to str
        ``title, citation, doi, licence, url, access, note``, and the names of the columns that were used.
    population : Population, optional
        Only for simulated data: fresh cases can be drawn from it.
    unverified : bool
        True where the file has no published hash to be checked against.

    Raises
    ------
    varbench.errors.DataError
        Where shapes, codes or names contradict each other, or a feature is infinite.

    Examples
    --------
    >>> import numpy as np
    >>> Data(np.eye(4), np.array([0, 1, 0, 1]), ("no", "yes"), tuple("abcd"), np.array(list("1234")), name="toy")
    Data('toy', 4 cases x 4 features, 2 'yes')
    >>> Data(np.eye(3), np.array([.5, 2, 7]), (), tuple("abc"), np.array(list("123")), name="numbers")
    Data('numbers', 3 cases x 3 features, outcome from 0.5 to 7)
    """

    X: Floats
    y: Integers | Floats
    classes: tuple[str, ...]
    feature_names: tuple[str, ...]
    ids: Strings
    groups: Strings | None = None
    batch: Strings | None = None
    name: str = "data"
    info: Mapping[str, str] = field(default_factory=dict)
    population: Population | None = None
    unverified: bool = False

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "X", _exactly("X", self.X, np.float64))
        set_(self, "y", _exactly("y", self.y, np.int64 if len(self.classes) else np.float64))
        for name in ("ids", "groups", "batch"):
            values = getattr(self, name)
            if values is not None:
                set_(self, name, np.asarray(values, dtype=np.str_))
        set_(self, "classes", tuple(self.classes))
        set_(self, "feature_names", tuple(self.feature_names))
        _check(self)

    @property
    def n_cases(self) -> int:
        """The number of rows."""
        return int(self.X.shape[0])

    @property
    def n_features(self) -> int:
        """The number of columns."""
        return int(self.X.shape[1])

    @property
    def numeric(self) -> bool:
        """Whether the outcome is a number; else it is a class."""
        return not self.classes

    @property
    def strata(self) -> tuple[str, ...]:
        """By what rows are counted: the classes, or all rows as one where the outcome is a number."""
        return self.classes or (ALL,)

    @property
    def stratum_of(self) -> Integers:
        """Which of the strata each row is in, as an index, (case,)."""
        return np.zeros(self.n_cases, np.int64) if self.numeric else self.y.astype(np.int64, copy=False)

    @property
    def stratum_sizes(self) -> Integers:
        """How many rows each of the strata has."""
        return np.bincount(self.stratum_of, minlength=len(self.strata))

    @property
    def simulated(self) -> bool:
        """Whether the cases are drawn from a known population."""
        return self.population is not None

    def __repr__(self) -> str:
        counts = self.stratum_sizes
        if self.numeric:
            outcome = f"outcome from {self.y.min():g} to {self.y.max():g}" if self.n_cases else "no outcome"
        elif len(self.classes) == 2:
            outcome = f"{counts[1]} {self.classes[1]!r}"
        else:
            outcome = f"{len(self.classes)} classes"
        marks = ", simulated" if self.simulated else ""
        marks += ", unverified" if self.unverified else ""
        return f"Data({self.name!r}, {self.n_cases} cases x {self.n_features} features, {outcome}{marks})"

    def take(self, rows: Sequence[int] | Integers) -> Data:
        """Keep some of the rows, in the order given.

        Parameters
        ----------
        rows : sequence of int, (row,)
            Positions from 0; none twice, since a row's id is unique.

        Returns
        -------
        Data
            With the same classes and features, also where a class has no row left.

        Raises
        ------
        varbench.errors.DataError
            Where a row is named twice or is not there.
        """
        index = np.asarray(rows, dtype=np.int64)
        if index.size and (index.min() < 0 or index.max() >= self.n_cases):
            raise DataError(
                f"take: rows must be in 0 ... {self.n_cases - 1}, got {index.min()} ... {index.max()}"
            )
        if np.unique(index).size != index.size:
            raise DataError(
                "take: a row was named twice; to repeat rows, use a sampler as a step of the procedure"
            )
        return replace(
            self,
            X=self.X[index],
            y=self.y[index],
            ids=self.ids[index],
            groups=None if self.groups is None else self.groups[index],
            batch=None if self.batch is None else self.batch[index],
        )

    def hash(self) -> str:
        """Which data are these? SHA-256 of the content, in hex.

        It covers X (every NaN alike), y, classes, names, ids, groups, batches, and a population's settings; not
        the name or the citation. It is the same on every machine.

        Returns
        -------
        str
            64 hexadecimal digits.
        """
        digest = hashlib.sha256()
        # + 0.0 turns -0.0 into 0.0: equal tables get equal hashes.
        values = np.where(np.isnan(self.X), np.nan, self.X + 0.0)
        y = self.y.astype("<i8") if self.classes else (self.y + 0.0).astype("<f8")
        for key, array in (("X", values.astype("<f8")), ("y", y)):
            digest.update(f"{key}{array.shape}".encode())
            digest.update(array.tobytes())
        texts = {
            "classes": self.classes,
            "feature_names": self.feature_names,
            "ids": self.ids.tolist(),
            "groups": None if self.groups is None else self.groups.tolist(),
            "batch": None if self.batch is None else self.batch.tolist(),
            "population": None if self.population is None else self.population.settings(),
        }
        digest.update(json.dumps(texts, sort_keys=True).encode())
        return digest.hexdigest()

    def describe(self) -> dict[str, Any]:
        """What is in the table? The numbers of a cohort's first table, ready for JSON.

        Returns
        -------
        dict
            ``name, hash, simulated, unverified, n_cases, n_features, classes`` (rows of each), ``events`` and
            ``prevalence`` (of the positive class; None with more than two), ``groups`` (None, or number, size of
            the largest, and how many have rows of several classes), ``batches`` (None, or rows and events of
            each), ``missing`` (cells, rows and features with any), ``constant_features``. No ids. Where the outcome
            is a number, ``outcome`` has its mean, SD, smallest, median and largest value, and there are no classes.
        """
        counts = self.stratum_sizes
        binary = len(self.classes) == 2
        missing = np.isnan(self.X)
        return {
            "name": self.name,
            "hash": self.hash(),
            "simulated": self.simulated,
            "unverified": self.unverified,
            "n_cases": self.n_cases,
            "n_features": self.n_features,
            "classes": {} if self.numeric else dict(zip(self.classes, counts.tolist(), strict=True)),
            **({"outcome": _describe_outcome(self.y)} if self.numeric and self.n_cases else {}),
            "events": int(counts[1]) if binary else None,
            "prevalence": float(counts[1] / self.n_cases) if binary and self.n_cases else None,
            "groups": _describe_groups(self),
            "batches": _describe_batches(self),
            "missing": {
                "cells": int(missing.sum()),
                "rows": int(missing.any(axis=1).sum()),
                "features": int(missing.any(axis=0).sum()),
            },
            "constant_features": _constant(self.X),
        }


def _exactly(name: str, values: Any, dtype: type[np.generic]) -> Any:
    """Cast, and refuse what the cast would change: text, fractions in labels, imaginary parts."""
    given = np.asarray(values)
    if given.dtype.kind not in "biuf":
        raise DataError(
            f"{name} must hold numbers, got {given.dtype}; load_data encodes labels and reads text"
        )
    cast = np.ascontiguousarray(given, dtype=dtype)
    if given.dtype.kind == "f" and cast.dtype.kind == "i" and not np.array_equal(cast, given):
        raise DataError(
            f"{name} must hold whole numbers, the codes of the classes, got {given[cast != given][0]!r}"
        )
    return cast


def _describe_outcome(y: Floats | Integers) -> dict[str, float]:
    return {
        "mean": float(y.mean()),
        "sd": float(y.std(ddof=1)) if len(y) > 1 else 0.0,
        "min": float(y.min()),
        "median": float(np.median(y)),
        "max": float(y.max()),
    }


def _describe_groups(data: Data) -> dict[str, int] | None:
    if data.groups is None:
        return None
    names, index = np.unique(data.groups, return_inverse=True)
    if data.numeric:
        return {"number": len(names), "largest": int(np.bincount(index).max())}
    has_class = np.zeros((len(names), len(data.classes)), dtype=bool)
    has_class[index, data.y] = True
    return {
        "number": len(names),
        "largest": int(np.bincount(index).max()),
        "several_classes": int((has_class.sum(axis=1) > 1).sum()),
    }


def _describe_batches(data: Data) -> dict[str, dict[str, int | None]] | None:
    if data.batch is None:
        return None
    binary = len(data.classes) == 2
    found: dict[str, dict[str, int | None]] = {}
    for name in np.unique(data.batch):
        rows = data.batch == name
        found[str(name)] = {
            "n": int(rows.sum()),
            "events": int((data.y[rows] == 1).sum()) if binary else None,
        }
    return found


def _constant(X: Floats) -> int:
    """How many columns have no two different values (a column that is all missing is one of them)."""
    low = np.where(np.isnan(X), np.inf, X).min(axis=0, initial=np.inf)
    high = np.where(np.isnan(X), -np.inf, X).max(axis=0, initial=-np.inf)
    return int((high <= low).sum())


def _check(data: Data) -> None:
    if data.X.ndim != 2:
        raise DataError(f"X must have the dimensions (case, feature), got {data.X.ndim} dimension(s)")
    n, p = data.X.shape
    for name in ("y", "ids", "groups", "batch"):
        values = getattr(data, name)
        if values is not None and values.shape != (n,):
            raise DataError(
                f"{name} must have one value for each of the {n} rows of X, got shape {values.shape}"
            )
    if len(data.feature_names) != p or len(set(data.feature_names)) != p:
        raise DataError(f"feature_names must be {p} different names, got {len(set(data.feature_names))}")
    if len(set(data.classes)) != len(data.classes) or len(data.classes) == 1:
        raise DataError(
            f"classes must be two or more different names, or none for an outcome that is a number; got {data.classes}"
        )
    if data.numeric and not np.isfinite(data.y).all():
        raise DataError(f"y must be finite numbers, got {data.y[~np.isfinite(data.y)][0]!r}")
    if n and data.classes and (data.y.min() < 0 or data.y.max() >= len(data.classes)):
        raise DataError(
            f"y must be codes 0 ... {len(data.classes) - 1}, got {data.y.min()} ... {data.y.max()}"
        )
    check_finite(data.X, data.feature_names)
    check_unique(data.ids, data.batch)


def check_finite(X: Floats, names: Sequence[str]) -> None:
    """Refuse infinite features, naming the first; NaN passes, as it means missing.

    Parameters
    ----------
    X : ndarray of float64, (case, feature)
        The features.
    names : sequence of str, (feature,)
        Their names.

    Raises
    ------
    varbench.errors.DataError
        Where a value is infinite.
    """
    # A finite sum has no infinite term, and is far cheaper than a look at each.
    with np.errstate(all="ignore"):
        if np.isfinite(X.sum()):
            return
        bad = np.isinf(X)
    if not bad.any():
        return
    rows, columns = np.nonzero(bad)
    several = len(set(columns.tolist()))
    more = f", and {several - 1} more feature(s)" if several > 1 else ""
    raise DataError(
        f"feature {names[columns[0]]!r} is infinite in row {rows[0] + 1}{more} ({bad.sum()} value(s) in all); "
        "correct the value, leave it empty (missing), or leave the feature out with --drop"
    )


def check_unique(ids: Strings, batch: Strings | None) -> None:
    """Refuse ids that stand twice (within a batch, where there is one), and say what to use instead.

    Parameters
    ----------
    ids : ndarray of str, (case,)
        The ids.
    batch : ndarray of str, (case,), or None
        The batches within which they must be unique.

    Raises
    ------
    varbench.errors.DataError
        Where an id is repeated.
    """
    keys = list(ids) if batch is None else list(zip(batch, ids, strict=True))
    if len(set(keys)) == len(keys):
        return
    seen: set[object] = set()
    position = next(i for i, key in enumerate(keys) if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    where = "" if batch is None else f" in batch {str(batch[position])!r}"
    raise DataError(
        f"{len(keys) - len(set(keys))} row(s) repeat an id: the first is {str(ids[position])!r}{where}. An id must be "
        "unique; where several rows belong to one patient, name that column as the group (--group) instead of the id"
    )

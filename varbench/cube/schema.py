"""What a cube holds: its dimensions, variables and coordinates; nothing of how they are stored."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any

import numpy.typing as npt

from varbench.errors import CubeError, unknown

Array = npt.NDArray[Any]

#: The version of the schema, stored in every cube as the attribute ``varbench_schema``.
SCHEMA = 1
SCHEMA_ATTRIBUTE = "varbench_schema"

#: How a test row can be tied to a training row, in the order of the dimension ``relation``.
RELATIONS = ("copy", "relative", "group")


class Status(IntEnum):
    """Has a run been stored? ``DONE`` and ``FAILED`` both say that all its data are whole."""

    PENDING = 0
    DONE = 1
    FAILED = 2


@dataclass(frozen=True)
class Variable:
    """One variable of the schema.

    Parameters
    ----------
    dims : tuple of str
        Its dimensions, in order.
    dtype : str
        A NumPy type code, or ``"text"``.
    fill : object
        What stands where nothing was stored.
    about : str
        One sentence for the reader of the cube; stored as the attribute ``long_name``.
    part : str
        The part of a :class:`Layout` without which the variable is left out; empty: always there.
    per_class : bool
        With more than two classes it has the dimension ``class`` as well.
    """

    dims: tuple[str, ...]
    dtype: str
    fill: Any
    about: str
    part: str = ""
    per_class: bool = False

    @property
    def of_run(self) -> bool:
        """Whether each run has its own piece of it."""
        return self.dims[:2] == ("procedure", "repeat")

    @property
    def text(self) -> bool:
        """Whether it holds text."""
        return self.dtype == "text"


_RUN = ("procedure", "repeat")
_ROW = (*_RUN, "row")
_FOLD = (*_RUN, "fold")
_NAN = math.nan

#: Every variable that a cube can have; ``status``, the commit mark, is the last.
VARIABLES: dict[str, Variable] = {
    "score": Variable((*_FOLD, "metric"), "f8", _NAN, "score on the test rows of the fold"),
    "score_status": Variable(
        (*_FOLD, "metric"), "u1", 255, "why a score is as it is; 0 defined, 255 not stored"
    ),
    "score_weighted": Variable(
        (*_FOLD, "metric"),
        "f8",
        _NAN,
        "score with the test rows weighted back to the prevalence of the cohort",
    ),
    "truth": Variable(
        (*_FOLD, "metric"), "f8", _NAN, "score of the same fitted model on the external rows", "truth"
    ),
    "final": Variable(
        (*_RUN, "metric"), "f8", _NAN, "score on the external rows of the model fitted on all rows", "truth"
    ),
    "training": Variable(
        (*_FOLD, "metric"), "f8", _NAN, "score of the model on the rows that it was fitted on", "training"
    ),
    "row_fold": Variable(_ROW, "i2", -1, "fold in which the row was tested; -1 padding"),
    "sample": Variable(
        _ROW, "i4", -2, "index of the case that the row is or copies; -1 a synthetic row; -2 padding"
    ),
    "parent_a": Variable(
        _ROW, "i4", -2, "index of a parent of a synthetic row; -1 none or unknown; -2 padding"
    ),
    "parent_b": Variable(_ROW, "i4", -2, "index of the other parent of a synthetic row; -1 none or unknown"),
    "y_true": Variable(_ROW, "i2", -1, "true class of the row, an index into class; -1 padding"),
    "y_pred": Variable(_ROW, "i2", -1, "predicted class of the row, an index into class; -1 padding"),
    "y_score": Variable(
        _ROW, "f8", _NAN, "score or probability of the last class, or of each of several", per_class=True
    ),
    "weight": Variable(_ROW, "f8", _NAN, "1 / number of copies of the row in the resampled table"),
    "group": Variable(
        _ROW, "i4", -1, "group of the row, an index into group_name; -1 padding or none", "groups"
    ),
    "batch": Variable(
        _ROW, "i4", -1, "batch of the row, an index into batch_name; -1 padding or unknown", "batches"
    ),
    "related": Variable(
        (*_FOLD, "relation", "class"),
        "i4",
        -1,
        "test rows with a copy, relative or group in the training rows",
    ),
    "n_train": Variable((*_FOLD, "class"), "i4", -1, "training rows of the fold"),
    "n_test": Variable((*_FOLD, "class"), "i4", -1, "test rows of the fold"),
    "external_y_true": Variable(
        ("repeat", "external_row"), "i2", -1, "true class of the external row", "truth"
    ),
    "external_score": Variable(
        (*_FOLD, "external_row"), "f4", _NAN, "as y_score, on the external rows", "truth", per_class=True
    ),
    "external_pred": Variable((*_FOLD, "external_row"), "i2", -1, "as y_pred, on the external rows", "truth"),
    "final_score": Variable(
        (*_RUN, "external_row"),
        "f4",
        _NAN,
        "as external_score, of the fit on all rows",
        "truth",
        per_class=True,
    ),
    "final_pred": Variable(
        (*_RUN, "external_row"), "i2", -1, "as external_pred, of the fit on all rows", "truth"
    ),
    "chosen": Variable((*_FOLD, "parameter"), "text", "", "chosen hyperparameter, as JSON", "parameters"),
    "candidate_score": Variable(
        (*_RUN, "candidate"),
        "f8",
        _NAN,
        "score on the test rows, mean over the folds, of each candidate that a search left of the split chose among",
        "candidates",
    ),
    "realization": Variable(("repeat", "source"), "i4", -1, "which draw of the source", "sources"),
    "seed": Variable(
        ("repeat", "source"),
        "u4",
        0,
        "seed at the source's own address; a step's seed adds its fold and path",
        "sources",
    ),
    "seconds": Variable(_RUN, "f8", _NAN, "wall time of the run in seconds"),
    "warning": Variable(_RUN, "text", "", "distinct warnings of the run, a JSON list"),
    "error": Variable(_RUN, "text", "", "error of a failed run"),
    "status": Variable(
        _RUN, "u1", 0, "0 pending, 1 done, 2 failed; written after everything else of the run"
    ),
}

#: What is another thing where the outcome is a number, and what it is then.
OF_NUMBERS: dict[str, str] = {
    "y_true": "outcome of the row; NaN padding",
    "y_pred": "predicted outcome of the row; NaN padding",
    "y_score": "as y_pred",
    "external_y_true": "outcome of the external row",
    "external_pred": "as y_pred, on the external rows",
    "final_pred": "as external_pred, of the fit on all rows",
}

#: The variables that a :class:`RunRecord` names outside its arrays.
RECORD_FIELDS = ("seconds", "warning", "error", "status")


def _check_names(what: str, names: Sequence[str]) -> None:
    if any(not isinstance(n, str) or not n for n in names):
        raise CubeError(f"{what} must be names, got {list(names)!r}")
    if len(set(names)) != len(names):
        twice = sorted({n for n in names if list(names).count(n) > 1})
        raise CubeError(f"{what} must be unique, but {', '.join(twice[:5])} stands there more than once")


@dataclass(frozen=True)
class Layout:
    """All that fixes the shape of a cube.

    Parameters
    ----------
    procedures, metrics, classes : tuple of str
        Names, in the order of their dimensions; with two classes the second is the positive one.
    sources, parameters : tuple of str
        Sources of variation and hyperparameters that are tuned; empty where there are none.
    n_folds : int
        Outer folds of each procedure, at least 1.
    n_rows : int
        A first guess of the test rows of a run; it sets the size of the chunks alone. The dimension ``row``
        is as long as the longest run that is stored.
    n_external : int
        Rows of the external set or of the truth sample; 0 leaves out everything about them.
    n_candidates : int
        The most candidates that a procedure picks among by their scores on the test rows; 0 where none does.
    sample_ids : tuple of str, optional
        Ids of the cases where all repeats share them.
    case_y : tuple of int, optional
        Class of each of these cases, an index into ``classes``; of float, the outcome where that is a number.
    group_names : tuple of str, optional
        Names of the groups, where there are groups.
    batch_names : tuple of str, optional
        Names of the batches, where there are batches.
    multi_class : bool
        Whether ``y_score`` has a value for each class.
    numeric : bool
        Whether the outcome is a number, so that what is true and predicted are numbers; ``classes`` is one name then,
        by which rows are counted.
    training : bool
        Whether models are scored on the rows that they were fitted on, too.
    """

    procedures: tuple[str, ...]
    metrics: tuple[str, ...]
    classes: tuple[str, ...]
    sources: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    n_folds: int = 1
    n_rows: int = 1
    n_external: int = 0
    n_candidates: int = 0
    sample_ids: tuple[str, ...] | None = None
    case_y: tuple[float, ...] | None = None
    group_names: tuple[str, ...] | None = None
    batch_names: tuple[str, ...] | None = None
    multi_class: bool = False
    training: bool = False
    numeric: bool = False

    def __post_init__(self) -> None:
        for what in ("procedures", "metrics", "classes", "sources", "parameters"):
            _check_names(what, getattr(self, what))
            if what not in ("sources", "parameters") and not getattr(self, what):
                raise CubeError(f"{what} must have at least one name, got none")
        for what, low in (("n_folds", 1), ("n_rows", 0), ("n_external", 0), ("n_candidates", 0)):
            if getattr(self, what) < low:
                raise CubeError(f"{what} must be at least {low}, got {getattr(self, what)!r}")
        if self.case_y is not None and len(self.case_y) != len(self.sample_ids or ()):
            raise CubeError(
                f"case_y must have one class for each of the {len(self.sample_ids or ())} sample_ids, "
                f"got {len(self.case_y)}"
            )

    @property
    def parts(self) -> frozenset[str]:
        """Which optional parts it has, by their names: ``truth``, ``groups``, ``parameters``..."""
        present = {
            "truth": self.n_external > 0,
            "groups": self.group_names is not None,
            "batches": self.batch_names is not None,
            "parameters": bool(self.parameters),
            "candidates": self.n_candidates > 0,
            "training": self.training,
            "sources": bool(self.sources),
            "cases": self.sample_ids is not None,
        }
        return frozenset(part for part, there in present.items() if there)

    def variables(self) -> dict[str, Variable]:
        """Give the variables of such a cube, ``status`` last."""
        return {
            name: self._shaped(name, variable)
            for name, variable in VARIABLES.items()
            if not variable.part or variable.part in self.parts
        }

    def _shaped(self, name: str, variable: Variable) -> Variable:
        if self.numeric and name in OF_NUMBERS:
            return replace(variable, dtype="f8", fill=_NAN, about=OF_NUMBERS[name])
        if variable.per_class and self.multi_class:
            return replace(variable, dims=(*variable.dims, "class"))
        return variable

    def sizes(self, n_repeats: int, n_rows: int) -> dict[str, int]:
        """Give the length of each dimension for a number of repeats and of rows."""
        return {
            "procedure": len(self.procedures),
            "repeat": n_repeats,
            "fold": self.n_folds,
            "metric": len(self.metrics),
            "row": n_rows,
            "class": len(self.classes),
            "source": len(self.sources),
            "relation": len(RELATIONS),
            "parameter": len(self.parameters),
            "external_row": self.n_external,
            "candidate": self.n_candidates,
        }

    def coordinates(self) -> dict[str, tuple[str, str, Any]]:
        """Give the coordinates but ``repeat``: name -> (dimension, dtype as in Variable, values)."""
        found: dict[str, tuple[str, str, Any]] = {
            "procedure": ("procedure", "text", self.procedures),
            "metric": ("metric", "text", self.metrics),
            "class": ("class", "text", self.classes),
            "relation": ("relation", "text", RELATIONS),
            "fold": ("fold", "i4", range(self.n_folds)),
        }
        if self.sources:
            found["source"] = ("source", "text", self.sources)
        if self.parameters:
            found["parameter"] = ("parameter", "text", self.parameters)
        if self.sample_ids is not None:
            found["sample_id"] = ("case", "text", self.sample_ids)
        if self.case_y is not None:
            found["case_y"] = ("case", "f8" if self.numeric else "i2", self.case_y)
        if self.group_names is not None:
            found["group_name"] = ("group_name", "text", self.group_names)
        if self.batch_names is not None:
            found["batch_name"] = ("batch_name", "text", self.batch_names)
        return found


@dataclass
class RunRecord:
    """What a worker hands back for one run, that is one procedure in one repeat.

    Parameters
    ----------
    procedure, repeat : int
        Positions along these dimensions.
    status : int
        ``Status.DONE`` or ``Status.FAILED``.
    arrays : dict of str to array
        By the name of the variable, without the dimensions ``procedure`` and ``repeat``; those with the
        dimension ``row`` all have the run's true number of rows. What is left out keeps its fill value.
    seconds : float
        Wall time of the run.
    warnings : str
        A JSON list of its distinct warnings, or nothing.
    error : str
        The error of a failed run.
    """

    procedure: int
    repeat: int
    status: int = Status.DONE
    error: str = ""
    seconds: float = math.nan
    arrays: dict[str, Array] = field(default_factory=dict)
    warnings: str = ""


def check_name(kind: str, name: str, available: Sequence[str]) -> int:
    """Give the position of a name, or say which names there are.

    Raises
    ------
    CubeError
        Where the name is not among those available.
    """
    if name not in available:
        raise CubeError(unknown(kind, name, available))
    return list(available).index(name)

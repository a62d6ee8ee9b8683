"""Which columns of a table of predictions are what."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from varbench.errors import DataError
from varbench.outcome import label
from varbench.tables.predictions import Texts
from varbench.tables.source import Source, complete, only_one

Names = str | Sequence[str]

#: Headings that leave no doubt about a role, without capitals and signs; the first set with one match is taken.
_USUAL: dict[str, tuple[tuple[str, ...], ...]] = {
    "label": (("y_true", "true_label", "y_label"), ("label", "target", "truth", "outcome", "y")),
    "score": (
        ("y_score", "y_prob", "y_proba"),
        ("score", "p", "prob", "proba", "probability", "y_pred_proba", "predicted_probability"),
    ),
    "pred": (("y_pred", "predicted_label"), ("pred", "prediction", "predicted")),
    "id": (("id", "case_id", "sample_id", "image_id"), ("case", "sample", "image")),
    "group": (("group", "patient_id", "subject_id", "participant_id"), ("patient", "subject", "participant")),
    "seed": (("seed",),),
}
#: A column for each class: ``p_0``, ``proba1``, ``prob_benign``.
_OF_CLASS = re.compile(r"(?i)(?:y[_ ]?)?(?:probability|proba|prob|score|p(?=[_ .\d-]))[_ .-]?(.+)")
#: Columns that say that several models stand in one table.
_MODELS = ("fold", "split", "repeat", "model", "method")


@dataclass
class Found:
    """The columns found so far, and what is to be said of them.

    Parameters
    ----------
    table : Source
        The table.
    columns : dict of str to tuple of str
        Role to columns.
    notes : list of str
        What was taken or found, in sentences.
    frame : pandas.DataFrame
        The columns, once they are read: numbers for scores, texts for all else.
    """

    table: Source
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    frame: pd.DataFrame = field(default_factory=pd.DataFrame)

    def error(self, text: str) -> DataError:
        """Give an error about this table."""
        return DataError(f"{self.table.name}: {text}")

    def one(self, role: str) -> pd.Series:
        """Give the only column of a role."""
        names = self.columns[role]
        if len(names) > 1:
            raise self.error(f"{role} has {len(names)} columns; one is needed for one label")
        return self.frame[names[0]]

    def texts(self, role: str) -> Texts | None:
        """Give a role's column as texts, None where there is none."""
        return self.frame[self.columns[role][0]].to_numpy(object) if role in self.columns else None

    def find(self, told: Mapping[str, Names | None], subgroup: Sequence[str]) -> None:
        """Take the columns that were named, then those whose headings leave no doubt; read them."""
        for role, names in {**told, "subgroup": subgroup}.items():
            if names is not None and len(names):
                self.columns[role] = tuple(self.table.column(role, name) for name in listed(names))
        for role, sets in _USUAL.items():
            if role not in self.columns:
                self._guess(role, sets)
        if "score" not in self.columns:
            self._guess_classes()
        self._check()
        used = self._used()
        models = [name for name in self.table.columns if name not in used and plain(name) in _MODELS]
        if models:
            self.notes.append(
                f"Column {models[0]!r} is not used: the rows of all its values are taken for one model's predictions."
            )
        numbers = self.columns.get("score", ())
        self.frame = self.table.read(texts=[name for name in used if name not in numbers], numbers=numbers)
        self._check_missing()

    def _used(self, *, subgroups: bool = True) -> list[str]:
        own = [names for role, names in self.columns.items() if subgroups or role != "subgroup"]
        return list(dict.fromkeys(name for names in own for name in names))

    def _check(self) -> None:
        available = ", ".join(self.table.columns)
        if "label" not in self.columns:
            raise self.error(f"which column is the label? Say label=, one of: {available}")
        if "score" not in self.columns and "pred" not in self.columns:
            raise self.error(
                f"there is neither a score nor a prediction; say score= or pred=, one of: {available}"
            )
        own = {role: names for role, names in self.columns.items() if role != "subgroup"}
        if own.get("group") == own.get("id"):
            own.pop("group", None)
        only_one(_numbered(own))

    def _check_missing(self) -> None:
        own = {role: names for role, names in self.columns.items() if role != "subgroup"}
        complete(self.table, self.frame, _numbered(own))
        for name in self.columns.get("score", ()):
            infinite = int(np.isinf(self.frame[name]).sum())
            if infinite:
                raise self.error(f"column {name!r} has {infinite} infinite scores; they rank nothing")

    def _guess(self, role: str, sets: tuple[tuple[str, ...], ...]) -> None:
        used = self._used(subgroups=False)
        for usual in sets:
            found = [name for name in self.table.columns if name not in used and plain(name) in usual]
            if len(found) == 1:
                self.columns[role] = (found[0],)
                self.notes.append(f"Column {found[0]!r} was taken for the {role}, by its heading.")
                return
            if len(found) > 1 and role in ("label", "score"):
                both = " and ".join(map(repr, found))
                raise self.error(f"{both} could both be the {role}; say which, as {role}={found[0]!r}")

    def _guess_classes(self) -> None:
        used = self._used()
        found = [name for name in self.table.columns if name not in used and self._is_of_class(name)]
        if len(found) > 1:
            self.columns["score"] = tuple(found)
            said = ", ".join(found)
            self.notes.append(f"Columns {said} were taken for the scores of the classes, by their headings.")

    def _is_of_class(self, name: str) -> bool:
        if not _OF_CLASS.fullmatch(name):
            return False
        if ending(name).isdigit():
            return True
        if len(self.columns.get("label", ())) != 1:
            return False
        read = self.table.read(few=[self.columns["label"][0]])
        return ending(name) in {label(value) for value in read.iloc[:, 0].cat.categories}


def listed(names: Names) -> tuple[str, ...]:
    """Give one name or several as several."""
    return (names,) if isinstance(names, str) else tuple(names)


def plain(heading: str) -> str:
    """Give a heading without capitals and signs."""
    return heading.strip().lower().replace(" ", "_").replace("-", "_")


def ending(name: str) -> str:
    """Give the class that a column of scores is named after: ``0`` for ``proba0``."""
    match = _OF_CLASS.fullmatch(name)
    return label(match.group(1)) if match else name


def _numbered(columns: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Give each role one column, ``label 2`` for the second of several."""
    return {
        role if len(names) == 1 else f"{role} {i}": name
        for role, names in columns.items()
        for i, name in enumerate(names, start=1)
    }

"""From a table of predictions to :class:`~varbench.tables.Predictions`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from varbench.errors import DataError, unknown
from varbench.outcome import MOST_CLASSES, codes, encode, label, labels_of
from varbench.tables.prediction_columns import Found, Names, ending, listed
from varbench.tables.predictions import TASKS, Floats, Predictions, Task, Texts
from varbench.tables.source import open_source


def read_predictions(
    source: str | os.PathLike[str] | pd.DataFrame,
    *,
    label: Names | None = None,
    score: Names | None = None,
    pred: Names | None = None,
    id: str | None = None,
    group: str | None = None,
    positive: object = None,
    classes: Sequence[object] | None = None,
    seed: str | None = None,
    subgroup: Names = (),
    task: str | None = None,
) -> Predictions:
    """What did a model predict, and what was true?

    Parameters
    ----------
    source : path or pandas.DataFrame
        As in :func:`~varbench.tables.read_scores`; a row a case.
    label : str or sequence of str, optional
        The column with what was true; several columns of 0 and 1 make a multi-label task.
    score : str or sequence of str, optional
        The column with the score of the positive class, or a column for each class (or label): in the order of
        `classes`, unless the columns' endings are the classes' names, as in ``p_benign``.
    pred : str or sequence of str, optional
        The column with the predicted class or value, or a column for each label.
    id, group, seed : str, optional
        Which case it is; whose it is (the cases of one group, as a patient, count as one); with which seed the
        model was trained. Each is looked for by its usual headings where it is not named.
    positive : object, optional
        The value of `label` that counts as an event; may be left out for 0/1, False/True and -1/1.
    classes : sequence, optional
        All classes in their order; needed where some of them do not occur. With two, the second is positive.
    subgroup : str or sequence of str
        Columns by which results are to be told apart.
    task : {"binary", "multiclass", "multilabel", "regression"}, optional
        Judged by the label where it is not said.

    Returns
    -------
    Predictions
        With a sentence for each thing that was taken or found.

    Raises
    ------
    DataError
        If a column does not exist (the nearest is offered) or it cannot be told which one is meant, a label, a
        score, an id or a group is missing, an id stands twice, a prediction is of no class, or classes and score
        columns do not fit.

    Examples
    --------
    >>> table = pd.DataFrame({"id": ["a", "b", "c"], "y_true": [0, 1, 1], "y_score": [0.1, 0.8, 0.4]})
    >>> read_predictions(table).labels().tolist()
    [0, 1, 0]
    """
    if task is not None and task not in TASKS:
        raise DataError(unknown("task", task, TASKS))
    found = Found(open_source(source))
    told = {"label": label, "score": score, "pred": pred, "id": id, "group": group, "seed": seed}
    found.find(told, listed(subgroup))
    return _Maker(found).made(positive, None if classes is None else [_label(one) for one in classes], task)


_label = label  # the parameter of read_predictions hides the function


@dataclass
class _Maker:
    """From columns to predictions."""

    found: Found

    def made(self, positive: object, classes: list[str] | None, task: str | None) -> Predictions:
        """Make predictions of the columns."""
        found = cast(Task, task or self._task(classes))
        make = {"multilabel": self._multilabel, "regression": self._regression}.get(found)
        parts = make() if make else self._classification(positive, classes, found)
        ids, groups, seeds = self.found.texts("id"), self.found.texts("group"), self.found.texts("seed")
        self._check_ids(ids, seeds)
        if ids is None and groups is not None and not _keys(groups, seeds).duplicated().any():
            ids = groups
            self.found.notes.append(
                f"Each {self.found.columns['group'][0]!r} has one case, so it says which case it is."
            )
        subgroups = self.found.frame[list(self.found.columns.get("subgroup", ()))].copy()
        return Predictions(
            **parts, ids=ids, groups=groups, seeds=seeds, subgroups=subgroups, notes=tuple(self.found.notes),
            name=self.found.table.name,
        )  # fmt: skip

    def _task(self, classes: list[str] | None) -> str:
        if len(self.found.columns["label"]) > 1:
            return "multilabel"
        if classes is not None:
            return "binary" if len(classes) == 2 else "multiclass"
        values = set(self.found.frame[self.found.columns["label"][0]])
        numbers = [_number(value) for value in values]
        if None not in numbers and (
            len(values) > MOST_CLASSES
            or any(n != int(n) for n in numbers if n is not None and np.isfinite(n))
        ):
            self.found.notes.append(
                f"The label has {len(values)} different numbers, so it was taken for a measurement; task= says "
                "otherwise."
            )
            return "regression"
        return "binary" if len({_label(value) for value in values}) <= 2 else "multiclass"

    def _classification(self, positive: object, classes: list[str] | None, task: str) -> dict[str, Any]:
        column = self.found.columns["label"][0]
        y_true, known = self._encoded(self.found.frame[column], positive, classes)
        if (len(known) == 2) != (task == "binary"):
            raise self.found.error(
                f"task={task!r}, and label {column!r} has {len(known)} classes: {', '.join(known)}"
            )
        y_pred = None
        if "pred" in self.found.columns:
            y_pred = self._codes_of(self.found.one("pred"), known)
        y_score = self._score_of_two(known) if task == "binary" else self._score_of_many(known)
        return {"task": task, "y_true": y_true, "classes": known, "y_score": y_score, "y_pred": y_pred}

    def _encoded(
        self, values: pd.Series, positive: object, classes: list[str] | None
    ) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
        if classes is None:
            try:
                return encode(values, positive)
            except DataError as error:
                raise self.found.error(f"{error}") from None
        if len(classes) < 2 or len(set(classes)) < len(classes):
            raise self.found.error(f"classes={classes}: at least two different ones are needed")
        wanted = None if positive is None else _label(positive)
        if wanted is not None and (len(classes) != 2 or wanted not in classes):
            raise self.found.error(f"positive={positive!r}: must be one of two classes; classes={classes}")
        ordered = tuple(classes) if wanted is None else (*(c for c in classes if c != wanted), wanted)
        found = self._codes_of(values, ordered)
        if len(set(found.tolist())) == 1:
            self.found.notes.append(f"Every case is {ordered[int(found[0])]!r}: there is only one class.")
        return found, ordered

    def _codes_of(self, values: pd.Series, classes: tuple[str, ...]) -> npt.NDArray[np.int64]:
        spelled = labels_of(values)
        strange = sorted(set(spelled) - set(classes))
        if strange:
            row = next(i for i, one in enumerate(spelled, start=1) if one == strange[0])
            raise self.found.error(
                f"column {values.name!r}: {strange[0]!r} (row {row}) is none of the classes {', '.join(classes)}"
                + (f", nor are {len(strange) - 1} other values" if len(strange) > 1 else "")
                + ". The labels and the predictions must have the same classes; classes= names them all"
                + ("" if _number(strange[0]) is None else f"; if these are scores, say score={values.name!r}")
            )
        return codes(spelled, classes)

    def _score_of_two(self, classes: tuple[str, ...]) -> Floats | None:
        names = self.found.columns.get("score", ())
        if len(names) > 2:
            raise self.found.error(f"{len(names)} columns of scores for two classes; name the positive one's")
        if not names:
            return None
        if len(names) == 2:
            names = self._by_class(names, classes)[1:]
            self.found.notes.append(
                f"Of two columns of scores, {names[0]!r} is that of the positive class, {classes[1]!r}."
            )
        return self.found.frame[names[0]].to_numpy(np.float64)

    def _score_of_many(self, classes: tuple[str, ...]) -> Floats | None:
        names = self.found.columns.get("score", ())
        if not names:
            return None
        if len(names) != len(classes):
            raise self.found.error(
                f"{len(names)} columns of scores ({', '.join(names)}) and {len(classes)} classes "
                f"({', '.join(classes)}); each class needs one. classes= names classes that do not occur"
            )
        return self.found.frame[list(self._by_class(names, classes))].to_numpy(np.float64)

    def _by_class(self, names: tuple[str, ...], classes: tuple[str, ...]) -> tuple[str, ...]:
        endings = {ending(name): name for name in names}
        if set(endings) == set(classes):
            return tuple(endings[one] for one in classes)
        in_order = sorted(endings, key=lambda e: int(e)) if all(e.isdigit() for e in endings) else None
        if in_order == [str(i) for i in range(len(classes))] and len(classes) > 2:
            self.found.notes.append(
                f"The columns of scores are taken in the order of the classes: {', '.join(classes)}."
            )
            return tuple(endings[e] for e in in_order)
        if len(classes) == 2:
            raise self.found.error(
                f"which of {' and '.join(names)} is the score of {classes[1]!r}? Say so: score={names[1]!r}"
            )
        self.found.notes.append(
            f"The columns of scores are taken in the order of the classes: {', '.join(classes)}."
        )
        return names

    def _multilabel(self) -> dict[str, Any]:
        names = self.found.columns["label"]
        y_true = np.column_stack([self._zero_one(self.found.frame[name]) for name in names])
        parts: dict[str, Any] = {"task": "multilabel", "y_true": y_true, "classes": names}
        for role in ("score", "pred"):
            columns = self.found.columns.get(role)
            if columns is not None and len(columns) != len(names):
                raise self.found.error(
                    f"{len(names)} labels and {len(columns)} columns of {role}; each label needs one"
                )
            if columns is not None and role == "score":
                parts["y_score"] = self.found.frame[list(columns)].to_numpy(np.float64)
            elif columns is not None:
                parts["y_pred"] = np.column_stack(
                    [self._zero_one(self.found.frame[name]) for name in columns]
                )
        return parts

    def _zero_one(self, values: pd.Series) -> npt.NDArray[np.int64]:
        names = {"0": 0, "1": 1, "False": 0, "True": 1}
        spelled = labels_of(values)
        strange = sorted(set(spelled) - set(names))
        if strange:
            raise self.found.error(f"column {values.name!r} has {strange[0]!r}; a label of several is 0 or 1")
        return np.array([names[one] for one in spelled], np.int64)

    def _regression(self) -> dict[str, Any]:
        role = "pred" if "pred" in self.found.columns else "score"
        read = self.found.table.read(numbers=[self.found.columns["label"][0], str(self.found.one(role).name)])
        y_true, y_pred = (read[name].to_numpy(np.float64) for name in read)
        for name, values in (("label", y_true), ("prediction", y_pred)):
            if not np.isfinite(values).all():
                row = int((~np.isfinite(values)).argmax()) + 1
                raise self.found.error(
                    f"the {name} in row {row} is {values[row - 1]}; a finite number is needed"
                )
        return {"task": "regression", "y_true": y_true, "y_pred": y_pred}

    def _check_ids(self, ids: Texts | None, seeds: Texts | None) -> None:
        if ids is None:
            return
        twice = _keys(ids, seeds).duplicated(keep=False).to_numpy()
        if twice.any():
            first = int(twice.argmax())
            raise self.found.error(
                f"id {ids[first]!r} stands {int((ids == ids[first]).sum())} times, and {int(twice.sum())} rows "
                "share their id with another one. An id is of one case: a patient with several goes into group="
                + ("; several seeds into seed=" if seeds is None else "")
            )


def _keys(ids: Texts, seeds: Texts | None) -> pd.Series | pd.DataFrame:
    """Give what tells rows apart: the id, with the seed where there is one."""
    return pd.Series(ids) if seeds is None else pd.DataFrame({"seed": seeds, "id": ids})


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None

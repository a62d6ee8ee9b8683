"""A MAPS of ClinicaDL 1.x: predictions and metrics by split, selection, data group and level."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from varbench.errors import DataError
from varbench.outcome import label
from varbench.tables.maps_files import (
    last_run,
    numbers,
    read_json,
    read_tsv,
    renamed,
    split_folders,
    version_of,
)
from varbench.tables.maps_parts import FoldPredictions, Parts, Place
from varbench.tables.predictions import Codes, Floats, Predictions, Texts

_FILE = re.compile(r"_(image|patch|roi|slice)_level_(prediction|metrics)\.tsv$")
_MEASURES = ("MAE", "RMSE", "PSNR", "SSIM")
#: Since 1.6.0 a metrics file has rows of these names.
_ROWS = {"Values": "value", "Lower bound CI": "ci_low", "Upper bound CI": "ci_high", "SE": "se"}
#: A likelihood ratio this large is a division by zero: ClinicaDL adds 1e-10 below the line.
_ENDLESS = 1e7


def read_one(folder: Path) -> Parts:
    """Read a MAPS of 1.x; see :func:`varbench.tables.read_maps`.

    Parameters
    ----------
    folder : pathlib.Path
        With ``maps.json``.

    Returns
    -------
    Parts
        All that stands in it.
    """
    settings = renamed(read_json(folder / "maps.json", "maps.json"))
    parts = Parts(version_of(folder) or "1.x", settings, folder.resolve().name)
    reader = _Reader(folder, parts)
    splits = split_folders(folder)
    for split, place in splits.items():
        for best in sorted(place.glob("best[-_]*")):
            for path in sorted(best.glob("*/*_level_*.tsv")):
                reader.file(path, split, best.name[5:])
    reader.sizes()
    planned = settings.get("n_splits")
    if isinstance(planned, int) and planned > len(splits):
        parts.notes.append(
            f"Of {planned} planned splits {len(splits)} were trained: {', '.join(map(str, splits))}."
        )
    return parts


class _Reader:
    """Reads the files of one MAPS into its parts."""

    def __init__(self, folder: Path, parts: Parts) -> None:
        self.folder, self.parts = folder, parts
        self.task = str(parts.settings.get("network_task", "classification"))

    def name(self, path: Path) -> str:
        return f"{self.folder.name}/{path.relative_to(self.folder).as_posix()}"

    def file(self, path: Path, split: int, selection: str) -> None:
        match = _FILE.search(path.name)
        if match is None:
            return
        place = Place(split, selection, path.parent.name, match.group(1))
        frame = read_tsv(path, self.name(path))
        if match.group(2) == "metrics":
            self.metrics(frame, place, self.name(path))
        else:
            self.predictions(frame, place, self.name(path))

    def metrics(self, frame: pd.DataFrame, place: Place, name: str) -> None:
        """Both forms: a row of values (to 1.5, and ensembled files), or rows of values and intervals (from 1.6)."""
        if not len(frame):
            raise DataError(f"{name}: has headings and no values")
        if "Metrics" in frame:
            rows, runs = last_run(frame, ["Metrics"], name)
            rows = rows[rows["Metrics"].isin(_ROWS)].set_index("Metrics").rename(index=_ROWS)
            if "value" not in rows.index:
                raise DataError(f"{name}: has no row {'Values'!r}; there are {', '.join(frame['Metrics'])}")
        else:
            rows, runs = frame.iloc[[-1]].set_axis(["value"], axis=0), len(frame)
        if runs > 1:
            self.parts.notes.append(f"{name} holds {runs} runs, one below the other; the last one was taken.")
        for metric in rows.columns:
            values = dict(zip(rows.index, numbers(rows[metric], name), strict=True))
            self.parts.add_metric(
                place,
                str(metric),
                float(values.pop("value")),
                **{str(k): float(v) for k, v in values.items()},
            )
            self.warn(str(metric), values, rows[metric])

    def warn(self, metric: str, values: dict[str, Any], texts: pd.Series) -> None:
        if metric.startswith("LR_") and (pd.to_numeric(texts, errors="coerce").abs() > _ENDLESS).any():
            self.parts.notes.append(
                f"{metric} above {_ENDLESS:g} stands for a division by zero in ClinicaDL's files, not for a ratio."
            )
        if metric == "loss":
            self.parts.notes.append(
                "The loss in ClinicaDL's files is a sum over batches, so it grows with the data group."
            )

    def predictions(self, frame: pd.DataFrame, place: Place, name: str) -> None:
        keys = [c for c in ("participant_id", "session_id", f"{place.level}_id") if c in frame]
        if "participant_id" not in keys:
            raise DataError(f"{name}: has no column participant_id; there are {', '.join(frame.columns)}")
        frame, runs = last_run(frame, keys, name)
        if runs > 1:
            self.parts.notes.append(f"{name} holds {runs} runs, one below the other; the last one was taken.")
        measures = [c for c in _MEASURES if c in frame]
        if self.task == "reconstruction" or (measures and "predicted_label" not in frame):
            self.parts.add_cases(
                place, frame, ids_of(keys, place), {c: numbers(frame[c], name) for c in measures}
            )
            return
        if "true_label" not in frame or frame["true_label"].isin(["", "N/A", "nan"]).all():
            self.parts.notes.append(
                f"{name} has no true labels, so its predictions cannot be scored; they were passed over."
            )
            return
        make = self.regression if self.task == "regression" else self.classification
        parts = make(frame, name)
        ids: Texts = frame[ids_of(keys, place)].agg(" ".join, axis=1).to_numpy(object)
        made = Predictions(**parts, ids=ids, groups=frame["participant_id"].to_numpy(object), name=name)
        self.parts.found.append(FoldPredictions(*place, made))

    def regression(self, frame: pd.DataFrame, name: str) -> dict[str, Any]:
        y_true, y_pred = (numbers(frame[c], name) for c in ("true_label", "predicted_label"))
        for column, values in (("true_label", y_true), ("predicted_label", y_pred)):
            if not np.isfinite(values).all():
                raise DataError(
                    f"{name}: {column} is missing in {int((~np.isfinite(values)).sum())} of {len(values)} rows"
                )
        return {"task": "regression", "y_true": y_true, "y_pred": y_pred}

    def classification(self, frame: pd.DataFrame, name: str) -> dict[str, Any]:
        classes = self.classes(frame)
        y_true, y_pred = (self.codes(frame[c], len(classes), name) for c in ("true_label", "predicted_label"))
        y_score = self.scores(frame, len(classes), name)
        if len(classes) > 2:
            return {
                "task": "multiclass",
                "y_true": y_true,
                "y_pred": y_pred,
                "y_score": y_score,
                "classes": classes,
            }
        # ClinicaDL's own binary metrics are of the class with code 0; here the positive class has code 1.
        self.parts.notes.append(
            f"The positive class is {classes[0]!r}, the one with code 0, as in ClinicaDL's own metrics; the other "
            f"is {classes[1]!r}."
        )
        positive = None if y_score is None else y_score[:, 0]
        return {
            "task": "binary", "y_true": 1 - y_true, "y_pred": 1 - y_pred, "y_score": positive, "classes": classes[::-1],
        }  # fmt: skip

    def classes(self, frame: pd.DataFrame) -> tuple[str, ...]:
        """Give the classes by ClinicaDL's code; several labels may have one code."""
        table = self.parts.settings.get("label_code")
        if isinstance(table, dict) and table:
            by_code: dict[int, list[str]] = {}
            for one, code in table.items():
                by_code.setdefault(int(code), []).append(str(one))
            return tuple("/".join(by_code.get(code, [str(code)])) for code in range(max(by_code) + 1))
        n = sum(str(c).startswith("proba") for c in frame.columns)
        return tuple(str(code) for code in range(max(n, 2)))

    def codes(self, values: pd.Series, n: int, name: str) -> Codes:
        spelled = [label(value) for value in values]
        wrong = sorted({one for one in spelled if not one.isdigit() or int(one) >= n})
        if wrong:
            raise DataError(
                f"{name}: {values.name} has {wrong[0]!r}; codes 0 to {n - 1} are expected, as in maps.json"
            )
        return np.array([int(one) for one in spelled], np.int64)

    def scores(self, frame: pd.DataFrame, n: int, name: str) -> Floats | None:
        columns = [f"proba{code}" for code in range(n)]
        lacking = [c for c in columns if c not in frame]
        if len(lacking) == n:
            return None
        if lacking:
            raise DataError(f"{name}: has no column {lacking[0]}, and maps.json has {n} classes")
        found: npt.NDArray[np.float64] = np.column_stack([numbers(frame[c], name) for c in columns])
        if not np.isfinite(found).all():
            raise DataError(
                f"{name}: {int((~np.isfinite(found)).any(axis=1).sum())} rows have no finite probabilities"
            )
        return found

    def sizes(self) -> None:
        """The sizes of the data groups, from their lists of images."""
        groups = self.folder / "groups"
        for group in sorted(path for path in groups.glob("*") if path.is_dir()):
            for split, place in (split_folders(group) or {-1: group}).items():
                path = place / "data.tsv"
                if path.is_file():
                    self.parts.add_size(split, group.name, read_tsv(path, self.name(path)))


def ids_of(keys: list[str], place: Place) -> list[str]:
    """Give the columns that tell images, or their parts, apart; an image's own number is always 0."""
    return [key for key in keys if key != "image_id" or place.level != "image"]

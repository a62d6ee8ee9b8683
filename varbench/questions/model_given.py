"""The predictions of one model where they stand in a run, or in a folder that ClinicaDL wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from varbench.cube import one_cube
from varbench.effects import attribute, copies, greater_is_better, is_numeric, primary, repeat_scores
from varbench.effects.scores import DONE
from varbench.errors import DataError, InputError, unknown
from varbench.metrics import label_of
from varbench.questions.asked import is_maps_folder, is_run
from varbench.tables import Cases, Maps, Predictions, read_maps

#: What says which model of a run, or of a MAPS, is meant.
OF_RUN = ("procedure", "data_group")
OF_MAPS = ("data_group", "split", "selection")
FOLDS, EXTERNAL = "folds", "external"


@dataclass(frozen=True, kw_only=True)
class Given:
    """What is evaluated, and whom an interval of it speaks of.

    Parameters
    ----------
    found : Predictions or Cases
        Of the model itself.
    scope : str
        Whom and what the numbers are about.
    told : tuple of str
        What a reader must know before the numbers.
    others : mapping of str to (Predictions or Cases)
        The other networks on their images, by what they are called; the one that `found` is of included.
    """

    found: Predictions | Cases
    scope: str
    told: tuple[str, ...] = ()
    others: Mapping[str, Predictions | Cases] | None = None


def given_model(what: Any, which: Mapping[str, Any]) -> Given | None:
    """Find the model that is to be evaluated in a run or in a MAPS.

    Parameters
    ----------
    what : object
        As :func:`varbench.evaluate` takes it.
    which : mapping
        Of ``procedure``, ``data_group``, ``split``, ``selection`` those that were given, and the columns.

    Returns
    -------
    Given or None
        None where it is neither, but a table.

    Raises
    ------
    InputError, DataError
        If it is not said which model, or there are no predictions of it.
    """
    if is_run(what):
        _only("a run", which, OF_RUN)
        return _of_run(one_cube(what, "evaluate"), **which)
    if is_maps_folder(what):
        _only("a MAPS", which, OF_MAPS)
        return _of_maps(read_maps(what), **which)
    if isinstance(what, str | Path) and Path(what).is_dir():
        raise InputError(
            f"{what} is a folder with neither a run (cube.zarr) nor a MAPS (maps.json, or training/)"
        )
    _only("a table of predictions", which, [name for name in which if name not in (*OF_RUN, *OF_MAPS)])
    return None


def _only(kind: str, which: Mapping[str, Any], could: Sequence[str]) -> None:
    unused = [name for name in which if name not in could]
    if unused:
        known = (
            f"; what can be said is {', '.join(f'{n}=' for n in could)}"
            if kind != "a table of predictions"
            else ""
        )
        raise InputError(f"{', '.join(f'{n}=' for n in unused)} says nothing of {kind}{known}")


def _of_run(cube: xr.Dataset, procedure: str | None = None, data_group: str | None = None) -> Given:
    name = _procedure(cube, procedure)
    groups = [EXTERNAL, FOLDS] if "final_score" in cube else [FOLDS]
    if data_group is not None and data_group not in groups:
        raise InputError(unknown("data group", data_group, groups))
    outside = attribute(cube, "external") is not None and EXTERNAL in groups
    group = data_group or (EXTERNAL if outside else FOLDS)
    done = np.flatnonzero(cube["status"].sel(procedure=name).values == DONE)
    if not len(done):
        raise DataError(f"no run of {name} is done: there are no predictions to evaluate")
    run = cube.sel(procedure=name).isel(repeat=int(done[0]))
    given = _external(cube, run, name) if group == EXTERNAL else _out_of_fold(cube, run, name)
    simulated = ("Simulated data.",) if attribute(cube, "simulated") else ()
    return replace(given, told=(*_invalid(cube, name), *given.told, *_spread(cube, name, group), *simulated))


def _procedure(cube: xr.Dataset, asked: str | None) -> str:
    names = [str(name) for name in cube["procedure"].values]
    if asked is None and len(names) > 1:
        raise InputError(
            f"the run holds the procedures {', '.join(names)}, and one model is evaluated at a time; say which, as "
            f"procedure={names[0]!r}"
        )
    if asked is not None and asked not in names:
        raise InputError(unknown("procedure", asked, names))
    return asked or names[0]


def _made(cube: xr.Dataset, name: str, values: dict[str, Any], **more: Any) -> Predictions:
    """Put what was true and predicted into a table of predictions."""
    classes = tuple(str(one) for one in cube["class"].values)
    if is_numeric(cube):
        truth, value = (np.asarray(values[key], float) for key in ("y_true", "y_pred"))
        return Predictions("regression", truth, y_pred=value, name=name, **more)
    score = np.asarray(values["y_score"], float)
    there = bool(np.isfinite(score).all())
    return Predictions(
        "binary" if len(classes) == 2 else "multiclass", np.asarray(values["y_true"], np.int64), classes,
        score if there else None, np.asarray(values["y_pred"], np.int64), name=name, **more,
    )  # fmt: skip


def _out_of_fold(cube: xr.Dataset, run: xr.Dataset, name: str) -> Given:
    """Take the rows that one re-split tested: of a source row its copies are one case, and new rows are none."""
    sample = run["sample"].values
    rows = np.flatnonzero(sample >= 0)
    synthetic = int((sample == -1).sum())
    units = (
        run["group"].values[rows]
        if "group" in run and (run["group"].values[rows] >= 0).all()
        else sample[rows]
    )
    repeated = len(np.unique(units)) < len(rows)
    values = {key: run[key].values[rows] for key in ("y_true", "y_score", "y_pred")}
    found = _made(cube, name, values, groups=units.astype(str).astype(object) if repeated else None)
    n_folds = len(np.unique(run["row_fold"].values[rows]))
    told = [
        f"Repeat {int(run['repeat'])} of the run: each row as the model of its fold predicted it, so these are "
        f"{n_folds} models, and their scores are pooled; the run's own score is the mean over folds."
    ]
    if synthetic:
        told.append(f"{synthetic:,} synthetic test rows are no cases and are left out.")
    return Given(
        found=found,
        scope=f"For patients like these, and the {n_folds} models of one re-split",
        told=tuple(told),
    )


def _external(cube: xr.Dataset, run: xr.Dataset, name: str) -> Given:
    """Take the model that was fitted on all rows, on the external rows."""
    values = {"y_true": run["external_y_true"], "y_score": run["final_score"], "y_pred": run["final_pred"]}
    kept = {key: value.values for key, value in values.items()}
    external = attribute(cube, "external") or {}
    where = str(external.get("name") or "fresh simulated patients")
    told = [f"The model of repeat {int(run['repeat'])} that was fitted on all rows, on {where}."]
    codes = attribute(cube, "external_groups")
    number = (external.get("groups") or {}).get("number")
    if codes is None and number is not None and number < len(kept["y_true"]):
        told.append(
            f"These rows are of {number:,} groups, and the cube does not say whose each is: the intervals are too "
            "narrow."
        )
    return Given(
        found=_made(
            cube, name, kept, groups=None if codes is None else np.array(codes).astype(str).astype(object)
        ),
        scope=f"For patients like those of {where}, and this model",
        told=tuple(told),
    )


def _invalid(cube: xr.Dataset, name: str) -> tuple[str, ...]:
    """Say that a score is invalid where the test rows were seen."""
    leaks = attribute(cube, "leaks", {}).get(name) or []
    seen = [f"{one['step']}: {one['what']}" for one in leaks if one["kind"] == "estimate"]
    crossing = copies(cube, name).crossing
    if not seen and not crossing:
        return ()
    why = "; ".join(seen) or f"test rows have a {' or '.join(crossing)} among the training rows"
    return (
        f"{name} has seen its test rows ({why}): what its folds score is invalid, whatever the interval.",
    )


def _spread(cube: xr.Dataset, name: str, group: str) -> tuple[str, ...]:
    """Say how far the scores of the other repeats lie apart."""
    metric = primary(cube)
    variable = "final" if group == EXTERNAL else "score"
    if variable not in cube:
        return ()
    scores = repeat_scores(cube, name, metric, variable)
    scores = scores[np.isfinite(scores)]
    if len(scores) < 2:
        return ()
    if np.ptp(scores) == 0:
        return (f"All {len(scores)} repeats of the run have the same {label_of(metric)}.",)
    best = "highest" if greater_is_better(cube, metric) else "lowest"
    return (
        f"Over the {len(scores)} repeats of the run {label_of(metric)} lies between {scores.min():.3f} "
        f"and {scores.max():.3f}, mean {scores.mean():.3f}: the {best} of them is not what to report.",
    )


def _of_maps(
    maps: Maps, data_group: str | None = None, split: int | None = None, selection: str | None = None
) -> Given:
    """Take one network on a test group, or each image of the validation folds as the network of its fold saw it."""
    by_case = not maps.found and bool(maps.cases)
    choose = maps.select_cases if by_case else maps.select
    chosen = choose(data_group=data_group, selection=selection)
    parts: dict[int, Any] = {one.split: (one.cases if by_case else one.predictions) for one in chosen}  # type: ignore[union-attr]
    if split is not None and split not in parts:
        raise InputError(unknown("split", split, [str(one) for one in parts]))
    group, told = chosen[0].data_group, maps.notes
    others = {f"split {number}": part for number, part in parts.items()} if len(parts) > 1 else None
    if group == "validation" and split is None and len(parts) > 1:
        scope = f"For images like these, and the {len(parts)} networks of one partition"
        said = (
            f"The validation images, each as the network of its fold saw it: {len(parts)} networks, pooled."
        )
        return Given(
            found=_joined(list(parts.values()), maps.name), scope=scope, told=(said, *told), others=others
        )
    which = next(iter(parts)) if split is None else split
    said = f"The network of split {which} on {group}"
    said += "; those of the other splits stand beside it." if others else "."
    found = replace(parts[which], name=maps.name)
    return Given(
        found=found,
        scope=f"For images like those of {group}, and this network",
        told=(said, *told),
        others=others,
    )


def _joined(parts: list[Any], name: str) -> Any:
    """Put the images of several folds under each other."""
    first = parts[0]

    def together(key: str) -> Any:
        values = [getattr(part, key) for part in parts]
        return None if any(value is None for value in values) else np.concatenate(values)

    if isinstance(first, Cases):
        frame = pd.concat([part.frame for part in parts], ignore_index=True)
        return replace(first, frame=frame, ids=together("ids"), groups=together("groups"), name=name)
    columns = ("y_true", "y_score", "y_pred", "ids", "groups")
    return replace(first, **{key: together(key) for key in columns}, name=name)

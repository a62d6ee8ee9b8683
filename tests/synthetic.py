"""Small cubes in memory, by the schema of real ones, with scores and facts as a test wants them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

RELATIONS = ("copy", "relative", "group")
SOURCES = ("cohort", "split", "resample", "init")


def leak(
    step: str = "resample", how: str = "copies", kind: str = "estimate", code: str = "L1.4"
) -> dict[str, str]:
    what = f"{step} does what it should not"
    return {"step": step, "kind": kind, "how": how, "code": code, "what": what, "cure": f"move {step}"}


def cube(
    scores: Mapping[str, Any],
    *,
    weighted: Mapping[str, Any] | None = None,
    truth: Mapping[str, Any] | None = None,
    final: Mapping[str, Any] | None = None,
    external: Mapping[str, Any] | None = None,
    metrics: Sequence[str] = ("roc_auc",),
    varied: Sequence[str] = ("split", "init"),
    fixed: Sequence[str] = ("resample",),
    leaks: Mapping[str, list[dict[str, str]] | None] | None = None,
    shares: Mapping[str, Mapping[str, float]] | None = None,
    n_test: tuple[int, int] = (38, 8),
    n_train: tuple[int, int] = (75, 16),
    tested: Mapping[str, tuple[int, int]] | None = None,
    failed: Mapping[str, Sequence[int]] | None = None,
    simulated: bool = False,
    **attrs: Any,
) -> xr.Dataset:
    """Build a cube.

    Parameters
    ----------
    scores : mapping of str to array_like
        Procedure to (repeat,), (repeat, fold) or (repeat, fold, metric).
    weighted, truth, final : mapping
        Likewise; `weighted` is `scores` by default, `final` has no fold.
    external : mapping
        ``y_true`` (row,), ``score`` and ``pred``: procedure to (repeat, fold, row), ``name``; with it comes `truth`.
    shares : mapping
        Procedure to relation to the share of test rows.
    tested : mapping
        Procedure to its test rows of each class in a fold, where they differ from `n_test`.
    failed : mapping
        Procedure to the repeats that failed.
    """
    names = list(scores)
    values = {name: full(scores[name]) for name in names}
    n_repeats, n_folds, n_metrics = next(iter(values.values())).shape
    run = ("procedure", "repeat")
    fold = (*run, "fold")
    stacked = np.stack([values[name] for name in names])
    variables: dict[str, Any] = {
        "score": ((*fold, "metric"), stacked),
        "score_weighted": (
            (*fold, "metric"),
            stacked if weighted is None else np.stack([full(weighted[name]) for name in names]),
        ),
        "score_status": ((*fold, "metric"), np.where(np.isfinite(stacked), 0, 1).astype(np.uint8)),
        "y_score": ((*run, "row"), np.zeros((len(names), n_repeats, 1))),
    }
    if truth is not None:
        variables["truth"] = ((*fold, "metric"), np.stack([full(truth[name]) for name in names]))
        last = final or {name: full(truth[name]).mean(axis=1) for name in names}
        kept = [np.asarray(last[name], float).reshape(n_repeats, n_metrics) for name in names]
        variables["final"] = ((*run, "metric"), np.stack(kept))
        variables["external_y_true"] = (("repeat", "external_row"), np.zeros((n_repeats, 2000), np.int16))
    if external is not None:
        variables |= _external(external, names, n_repeats)
    variables |= _sizes(names, n_repeats, n_folds, n_test, n_train, tested or {}, shares or {})
    status = np.ones((len(names), n_repeats), np.uint8)
    for name, repeats in (failed or {}).items():
        status[names.index(name), list(repeats)] = 2
    variables["status"] = (run, status)
    coords = {
        "procedure": names, "metric": list(metrics), "repeat": range(n_repeats), "fold": range(n_folds),
        "class": ["no", "yes"], "relation": list(RELATIONS),
    }  # fmt: skip
    return xr.Dataset(
        variables, coords, _attrs(names, metrics, varied, fixed, leaks, simulated, external, attrs)
    )


def full(scores: Any) -> np.ndarray:
    """Give scores as (repeat, fold, metric)."""
    array = np.asarray(scores, float)
    return array.reshape(array.shape + (1,) * (3 - array.ndim))


def _external(external: Mapping[str, Any], names: list[str], n_repeats: int) -> dict[str, Any]:
    rows = ("procedure", "repeat", "fold", "external_row")
    y_true = np.asarray(external["y_true"], np.int16)
    score = np.stack([np.asarray(external["score"][name], np.float32) for name in names])
    pred = np.stack([np.asarray(external["pred"][name], np.int16) for name in names])
    return {
        "external_y_true": (("repeat", "external_row"), np.tile(y_true, (n_repeats, 1))),
        "external_score": (rows, score),
        "external_pred": (rows, pred),
        "final_score": (("procedure", "repeat", "external_row"), score[:, :, 0]),
        "final_pred": (("procedure", "repeat", "external_row"), pred[:, :, 0]),
    }


def _sizes(
    names: list[str],
    n_repeats: int,
    n_folds: int,
    n_test: tuple[int, int],
    n_train: tuple[int, int],
    tested: Mapping[str, tuple[int, int]],
    shares: Mapping[str, Mapping[str, float]],
) -> dict[str, Any]:
    by_class = ("procedure", "repeat", "fold", "class")
    test = np.stack([np.tile(tested.get(name, n_test), (n_repeats, n_folds, 1)) for name in names])
    train = np.broadcast_to(n_train, test.shape)
    related = np.zeros((*test.shape[:3], len(RELATIONS), 2), np.int32)
    for p, name in enumerate(names):
        for r, relation in enumerate(RELATIONS):
            share = shares.get(name, {}).get(relation, 0.0)
            related[p, :, :, r] = -1 if np.isnan(share) else np.round(share * test[p])
    return {
        "n_test": (by_class, test.astype(np.int32)),
        "n_train": (by_class, train.astype(np.int32)),
        "related": (("procedure", "repeat", "fold", "relation", "class"), related),
    }


def _attrs(
    names: list[str],
    metrics: Sequence[str],
    varied: Sequence[str],
    fixed: Sequence[str],
    leaks: Mapping[str, list[dict[str, str]] | None] | None,
    simulated: bool,
    external: Mapping[str, Any] | None,
    attrs: Mapping[str, Any],
) -> dict[str, Any]:
    states = {
        source: {
            "state": "varied" if source in varied else "fixed" if source in fixed else "not in this study"
        }
        for source in dict.fromkeys([*SOURCES, *varied, *fixed])
    }
    data = {
        "name": "table", "n_cases": 137, "events": 24, "n_features": 10, "simulated": simulated, "unverified": False,
    }  # fmt: skip
    found = {
        "study": "test", "primary": metrics[0], "direction": "greater", "gamma": 0.75, "confidence_level": 0.95,
        "sources": states, "data": data, "overrides": [], "preset": "", "simulated": simulated,
        "leaks": {name: [] for name in names} | dict(leaks or {}),
        "external": None if external is None else {"name": external.get("name", "elsewhere")},
        **attrs,
    }  # fmt: skip
    plain = (str, int, float, bool)
    return {
        name: value if isinstance(value, plain) else json.dumps(value)
        for name, value in found.items()
        if value is not None
    }

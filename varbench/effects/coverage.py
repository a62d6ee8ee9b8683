"""How often does the interval of a cross-validated score cover the score on what was left out?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special
from scipy.stats import norm
from scipy.stats import t as student

from varbench.effects.scores import DONE, attribute, declared, fold_scores, is_cohort_varied, primary
from varbench.effects.truth import external_kind
from varbench.stats import delong, mean_interval, wilson

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

Floats = npt.NDArray[np.float64]
#: The columns of :func:`covered` and of :func:`coverage`.
COVERED_COLUMNS = ("title", "repeat", "part", "method", "inside", "low", "high", "outside", "covered")
COVERAGE_COLUMNS = (
    "title", "method", "repeats", "parts", "rate", "ci_low", "ci_high", "inside", "outside", "gap", "width",
)  # fmt: skip
#: What the first pair's intervals are held against, too.
FRESH = "fresh cases"
#: How an interval of a cross-validated score is made.
FOLDS, CORRECTED, PATIENTS, BOTH = (
    "folds", "folds, corrected", "patients", "patients, both sides",
)  # fmt: skip


def covered(cube: xr.Dataset) -> pd.DataFrame:
    """Does the interval of each cross-validated score cover the score on the part that was left out?

    Parameters
    ----------
    cube : xarray.Dataset
        The cube, whose study has ``covers``.

    Returns
    -------
    DataFrame
        A row a repeat, part and method: ``title``, ``repeat``, ``part`` (a batch, or a number), ``method``; the
        cross-validated score ``inside``, its interval from ``low`` to ``high``, the score ``outside``, and whether it
        is ``covered``. Where a simulator has a truth, the first pair's intervals are held against that, too, as
        :data:`FRESH`. Empty where the study has none.

    Notes
    -----
    By the primary metric. *Folds*: Student's interval of the folds' mean, as if they were independent.
    *Corrected*: its variance times 1 + k n_test / n_train (Nadeau & Bengio 2003, doi:10.1023/A:1024068626366).
    *Patients*, of an AUC alone: DeLong's on the logit scale, of the predictions of all folds together; *both sides*
    adds the variance on the part left out, which says what new patients of one population would cover.
    """
    import pandas as pd

    rows = [
        dict(zip(COVERED_COLUMNS, (title, repeat, part, *found), strict=True))
        for title, inside, parts in _compared(cube)
        for repeat, part, one in parts
        for found in _intervals(cube, one)
    ]
    return pd.DataFrame(rows, columns=list(COVERED_COLUMNS))


def coverage(cube: xr.Dataset, found: pd.DataFrame | None = None) -> pd.DataFrame:
    """How often does the interval of a cross-validated score cover the score on what was left out?

    Parameters
    ----------
    cube : xarray.Dataset
        The cube, whose study has ``covers``.
    found : DataFrame, optional
        What :func:`covered` gives, where it is known.

    Returns
    -------
    DataFrame
        A row a title and method: over the ``repeats`` and the ``parts`` of each the ``rate``; its interval is
        Student's over the repeats where each has a cohort of its own, and otherwise Wilson's with the parts as the
        number of trials, since re-splits of one cohort are no further ones. The means of ``inside``, ``outside``, of
        their absolute ``gap``, and of the intervals' ``width``.
    """
    import pandas as pd

    found = covered(cube) if found is None else found
    level, fresh = float(declared(cube, "confidence_level", 0.95)), is_cohort_varied(cube)
    rows = []
    for (title, method), part in found.groupby(["title", "method"], sort=False):
        by_repeat = part.groupby("repeat")["covered"].mean().to_numpy(float)
        parts = int(part.groupby("repeat").size().max())
        rate = float(part["covered"].mean())
        low, high = _bounds(by_repeat, rate, parts, level, fresh=fresh)
        gap = float((part["inside"] - part["outside"]).abs().mean())
        row = (
            title, method, len(by_repeat), parts, rate, low, high, float(part["inside"].mean()),
            float(part["outside"].mean()), gap, float((part["high"] - part["low"]).mean()),
        )  # fmt: skip
        rows.append(dict(zip(COVERAGE_COLUMNS, row, strict=True)))
    return pd.DataFrame(rows, columns=list(COVERAGE_COLUMNS))


def _bounds(by_repeat: Floats, rate: float, parts: int, level: float, *, fresh: bool) -> tuple[float, float]:
    if not fresh:
        return wilson(min(rate * parts, parts), parts, level)
    found = mean_interval(by_repeat, confidence_level=level).interval
    # Where all repeats agree their spread says nothing: the trials are the repeats then.
    if found is None or found[0] == found[1]:
        return wilson(rate * len(by_repeat), len(by_repeat), level)
    return max(0.0, found[0]), min(1.0, found[1])


def _compared(cube: xr.Dataset) -> Iterator[tuple[str, str, Iterator[tuple[int, str, _Part]]]]:
    """Give each title with its parts; after the first pair its intervals against the truth, where there is one."""
    pairs: dict[str, list[str]] = attribute(cube, "covers") or {}
    for number, (title, (inside, outside)) in enumerate(pairs.items()):
        yield title, inside, _parts(cube, inside, outside)
        if number == 0 and external_kind(cube) == "population":
            yield FRESH, inside, _parts(cube, inside, outside, truth=True)


class _Part(NamedTuple):
    """One part: the scores of the folds without it, that on it, sizes of training and test rows, and predictions."""

    folds: Floats
    outside: float
    ratio: float
    inner: tuple[npt.NDArray[np.int64], Floats]
    outer: tuple[npt.NDArray[np.int64], Floats] | None


def _parts(
    cube: xr.Dataset, inside: str, outside: str, *, truth: bool = False
) -> Iterator[tuple[int, str, _Part]]:
    """Give repeat, name and numbers of each part; ``truth`` puts the inner models' truth in the place of the part."""
    metric = primary(cube)
    own, other = fold_scores(cube, inside, metric), fold_scores(cube, outside, metric)
    true = fold_scores(cube, inside, metric, "truth") if truth else own
    sizes = cube[["n_train", "n_test"]].sel(procedure=inside).sum("class").load()
    by_batch = "batch" in cube.variables
    for repeat in range(cube.sizes["repeat"]):
        runs = [_rows(cube, name, repeat) for name in (inside, outside)]
        if any(run is None for run in runs):
            continue
        within, beyond = runs
        number = int(beyond["row_fold"].max()) + 1  # type: ignore[index]
        k = (int(within["row_fold"].max()) + 1) // number  # type: ignore[index]
        for part in range(number):
            folds = slice(part * k, part * k + k)
            tested = beyond["row_fold"] == part  # type: ignore[index]
            name = str(part + 1)
            if by_batch and len(names := np.unique(beyond["batch"][tested])) == 1 and names[0] >= 0:  # type: ignore[index]
                name = str(cube["batch_name"].values[names[0]])
            train, test = (float(sizes[key].values[repeat, folds].mean()) for key in ("n_train", "n_test"))
            cut = within["row_fold"] // k == part  # type: ignore[index]
            yield repeat, name, _Part(
                own[repeat, folds], float(true[repeat, folds].mean() if truth else other[repeat, part]), test / train,
                (within["y_true"][cut], within["y_score"][cut]),  # type: ignore[index]
                None if truth else (beyond["y_true"][tested], beyond["y_score"][tested]),  # type: ignore[index]
            )  # fmt: skip


def _rows(cube: xr.Dataset, procedure: str, repeat: int) -> dict[str, npt.NDArray[Any]] | None:
    names = ["row_fold", "y_true", "y_score", *(["batch"] if "batch" in cube.variables else [])]
    part = cube[[*names, "status"]].sel(procedure=procedure).isel(repeat=repeat).load()
    if int(part["status"]) != DONE:
        return None
    there = part["row_fold"].values >= 0
    return {name: np.asarray(part[name].values[there]) for name in names}


def _intervals(cube: xr.Dataset, part: _Part) -> Iterator[tuple[str, float, float, float, float, bool]]:
    level = float(declared(cube, "confidence_level", 0.95))
    folds = part.folds[np.isfinite(part.folds)]
    if len(folds) < 2 or not math.isfinite(part.outside):
        return
    mean, variance, k = float(folds.mean()), float(folds.var(ddof=1)), len(folds)
    quantile = float(student.ppf((1 + level) / 2, k - 1))
    for method, factor in ((FOLDS, 1 / k), (CORRECTED, 1 / k + part.ratio)):
        half = quantile * math.sqrt(variance * factor)
        yield _judged(method, mean, mean - half, mean + half, part.outside)
    if primary(cube) == "roc_auc" and cube.sizes["class"] == 2:
        yield from _of_patients(part, level)


def _of_patients(part: _Part, level: float) -> Iterator[tuple[str, float, float, float, float, bool]]:
    z = float(norm.ppf((1 + level) / 2))
    centre, error = _logit(*part.inner, level, z)
    halves = [(PATIENTS, z * error)]
    if part.outer is not None:
        halves.append((BOTH, z * math.hypot(error, _logit(*part.outer, level, z)[1])))
    for method, half in halves:
        low, high = (float(special.expit(centre + sign * half)) for sign in (-1, 1))
        yield _judged(method, float(special.expit(centre)), low, high, part.outside)


def _logit(y: npt.NDArray[np.int64], score: Floats, level: float, z: float) -> tuple[float, float]:
    """Give an AUC and its standard error on the logit scale, from DeLong's interval."""
    found = delong(y, score, confidence_level=level)
    low, high = found.interval or (0.0, 1.0)
    centre, low, high = special.logit(np.clip([found.estimate, low, high], 1e-9, 1 - 1e-9))
    return float(centre), float(high - low) / (2 * z)


def _judged(
    method: str, inside: float, low: float, high: float, outside: float
) -> tuple[str, float, float, float, float, bool]:
    return method, inside, low, high, outside, low <= outside <= high

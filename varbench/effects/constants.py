"""What answering without looking scores: constant classifiers and constant numbers, computed and not run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from varbench.effects.scores import DONE, attribute, is_numeric
from varbench.errors import InputError, unknown
from varbench.metrics import METRICS, OF_NUMBERS, Metric, ScoreStatus, evaluate, resolve

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

#: With a rarer class below this share, accuracy rewards never finding it.
BALANCED = 0.35
#: What each constant classifier answers.
CLASSIFIERS: dict[str, str] = {
    "majority": "always the most frequent class, with probability 1",
    "positive": "always the positive class, with probability 1",
    "prevalence": "a class at random, each as often as it occurs, and as its probability how often that is",
}
#: What each constant prediction of a number is.
NUMBERS: dict[str, str] = {"mean": "always the mean outcome", "median": "always the median outcome"}


@dataclass(frozen=True)
class Constant:
    """What one constant classifier scores by one metric.

    Parameters
    ----------
    classifier : str
        One of :data:`CLASSIFIERS`, or of :data:`NUMBERS` where the outcome is a number.
    metric : str
        The metric.
    value : float or None
        The score of its expected table of answers; None where the metric is undefined.
    status : ScoreStatus
        Why the value is as it is.
    """

    classifier: str
    metric: str
    value: float | None
    status: ScoreStatus


def constant_scores(
    shares: float | Sequence[float], metrics: Sequence[str | Metric] | None = None
) -> dict[str, dict[str, Constant]]:
    """What do constant classifiers score at a prevalence?

    Parameters
    ----------
    shares : float or sequence of float
        The prevalence of the positive class, or the share of each class.
    metrics : sequence of str or Metric, optional
        All by default.

    Returns
    -------
    dict of str to dict of str to Constant
        Classifier to metric to its score. Always answering the positive class is left out with more than two.

    Raises
    ------
    InputError
        If the shares are not from 0 to 1 with a sum of 1, or a metric is not known.

    Notes
    -----
    A classifier that does not look is independent of the truth, so its expected table of answers is the
    product of both margins, and any metric of that table follows: always positive has F1 = 2 p / (1 + p).

    Examples
    --------
    >>> found = constant_scores(24 / 137)
    >>> round(found["positive"]["f1"].value, 3), round(found["majority"]["accuracy"].value, 3)
    (0.298, 0.825)
    """
    share = _shares(shares)
    k = len(share)
    resolved = resolve(list(metrics if metrics is not None else METRICS))
    answers = {"majority": np.eye(k)[int(share.argmax())], "prevalence": share}
    if k == 2:
        answers["positive"] = np.array([0.0, 1.0])
    return {
        name: {constant.metric: constant for constant in _score(name, share, answers[name], resolved)}
        for name in CLASSIFIERS
        if name in answers
    }


def constant_numbers(
    outcome: npt.ArrayLike, metrics: Sequence[str | Metric] | None = None
) -> dict[str, dict[str, Constant]]:
    """What does it score to predict the same number for all cases?

    Parameters
    ----------
    outcome : array_like of float, (case,)
        The outcomes.
    metrics : sequence of str or Metric, optional
        All of numbers by default.

    Returns
    -------
    dict of str to dict of str to Constant
        ``mean`` and ``median``, to metric, to the score. The mean has the least squared error of all constants, and
        an R2 of 0; the median the least absolute error.

    Examples
    --------
    >>> found = constant_numbers([1, 2, 9])
    >>> found["mean"]["r2"].value, found["median"]["mae"].value
    (0.0, 2.6666666666666665)
    """
    y = np.asarray(outcome, np.float64)
    resolved = resolve(list(metrics if metrics is not None else OF_NUMBERS))
    found = {}
    for name, constant in (("mean", y.mean()), ("median", np.median(y))):
        values, statuses = evaluate(resolved, y, np.full(len(y), constant), y, n_classes=0)
        found[name] = {
            metric.name: Constant(
                name, metric.name, float(value) if np.isfinite(value) else None, ScoreStatus(status)
            )
            for metric, value, status in zip(resolved, values, statuses.tolist(), strict=True)
        }
    return found


def _outcomes(cube: xr.Dataset) -> npt.NDArray[np.float64]:
    """Give the outcomes of the cohort, or of the first that is there where cohorts are drawn anew."""
    if "case_y" in cube.variables:
        return np.asarray(cube["case_y"].values, np.float64)
    for procedure, repeat in np.argwhere(np.asarray(cube["status"].values) == DONE)[:1]:
        y = np.asarray(cube["y_true"].isel(procedure=procedure, repeat=repeat).values, np.float64)
        return y[np.isfinite(y)]
    return np.empty(0)


def _shares(shares: float | Sequence[float]) -> npt.NDArray[np.float64]:
    given = np.atleast_1d(np.asarray(shares, np.float64))
    share = np.array([1 - given[0], given[0]]) if len(given) == 1 else given
    if not (share >= 0).all() or abs(float(share.sum()) - 1) > 1e-9:
        raise InputError(f"shares={shares!r}: a prevalence from 0 to 1, or the share of each class")
    return share


def _score(
    name: str, share: npt.NDArray[Any], answer: npt.NDArray[Any], metrics: tuple[Metric, ...]
) -> list[Constant]:
    k = len(share)
    truth, label = (codes.ravel() for codes in np.indices((k, k)))
    score = np.full(k * k, answer[1]) if k == 2 else np.tile(answer, (k * k, 1))
    weight = np.outer(share, answer).ravel()
    values, statuses = evaluate(metrics, truth, label, score, weight, n_classes=k)
    return [
        Constant(name, metric.name, float(value) if np.isfinite(value) else None, ScoreStatus(int(status)))
        for metric, value, status in zip(metrics, values, statuses, strict=True)
    ]


def row_shares(cube: xr.Dataset, procedure: str) -> dict[str, float]:
    """Give the share of each class among the test rows of a procedure; empty where no run is done."""
    part = cube[["n_test", "status"]].sel(procedure=procedure)
    done = np.asarray(part["status"].values) == DONE
    counts = np.asarray(part["n_test"].values, np.float64)[done]
    return _as_shares(part, np.where(counts > 0, counts, 0).sum(axis=(0, 1)))


def cohort_shares(cube: xr.Dataset) -> dict[str, float]:
    """How large is each class in the cohort?

    Parameters
    ----------
    cube : xarray.Dataset
        The cube.

    Returns
    -------
    dict of str to float
        Class to its share; empty where the cube does not say.
    """
    data: Mapping[str, Any] = attribute(cube, "data", {})
    if is_numeric(cube):
        return {}
    counts = data.get("classes")
    if isinstance(counts, Mapping):
        return _as_shares(cube, np.array([float(counts[str(c)]) for c in cube["class"].values]))
    if "case_y" in cube.variables:
        return _as_shares(
            cube, np.bincount(cube["case_y"].values, minlength=cube.sizes["class"]).astype(float)
        )
    events = data.get("n_positive", data.get("events"))
    if events is not None and cube.sizes["class"] == 2:
        return _as_shares(cube, np.array([data["n_cases"] - events, events], float))
    return {}


def _as_shares(cube: xr.Dataset, counts: npt.NDArray[Any]) -> dict[str, float]:
    if counts.sum() <= 0:
        return {}
    return dict(zip((str(c) for c in cube["class"].values), (counts / counts.sum()).tolist(), strict=True))


def baselines(cube: xr.Dataset, metrics: Sequence[str] | None = None) -> pd.DataFrame:
    """What do constant classifiers score in the cohort, and among the test rows of each procedure?

    Parameters
    ----------
    cube : xarray.Dataset
        The cube.
    metrics : sequence of str, optional
        Those of the cube that are in :data:`~varbench.metrics.METRICS` by default.

    Returns
    -------
    DataFrame
        Where the outcome is a number, of the constants in :data:`NUMBERS`, in the cohort alone. Columns ``rows``
        (``"cohort"``, or a procedure's name), ``prevalence`` (of the positive class, of two), ``classifier``,
        ``metric``, ``value`` (NaN where undefined) and ``status``.

    Raises
    ------
    InputError
        If a metric is not known.
    """
    if is_numeric(cube):
        return _of_numbers(cube, metrics)
    names = [str(m) for m in cube["metric"].values if str(m) in METRICS] if metrics is None else list(metrics)
    for name in names:
        if name not in METRICS:
            raise InputError(unknown("metric", name, METRICS))
    places = {"cohort": cohort_shares(cube)}
    places |= {str(p): row_shares(cube, str(p)) for p in cube["procedure"].values}
    rows = [
        {
            "rows": place, "prevalence": list(shares.values())[1] if len(shares) == 2 else None,
            "classifier": constant.classifier, "metric": constant.metric,
            "value": constant.value, "status": constant.status.name,
        }
        for place, shares in places.items() if shares and names
        for found in constant_scores(list(shares.values()), names).values()
        for constant in found.values()
    ]  # fmt: skip
    return _table(rows)


def _of_numbers(cube: xr.Dataset, metrics: Sequence[str] | None) -> pd.DataFrame:
    names = (
        [str(m) for m in cube["metric"].values if str(m) in OF_NUMBERS] if metrics is None else list(metrics)
    )
    y = _outcomes(cube)
    rows = [
        {
            "rows": "cohort", "prevalence": None, "classifier": constant.classifier, "metric": constant.metric,
            "value": constant.value, "status": constant.status.name,
        }
        for found in (constant_numbers(y, names) if len(y) and names else {}).values()
        for constant in found.values()
    ]  # fmt: skip
    return _table(rows)


def _table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    import pandas as pd

    columns = ["rows", "prevalence", "classifier", "metric", "value", "status"]
    return pd.DataFrame(rows, columns=columns).astype({"value": float, "prevalence": float})

"""Every method that is asked about test cases: of two trained models, of several seeds of two procedures, of one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from varbench.calibration.calls import N_RESAMPLES, Call, Calls, call_of, chosen, missed
from varbench.calibration.conditions import DESIGNS, OF_CLASSES, OF_NUMBERS
from varbench.metrics import METRICS
from varbench.stats import METHODS as STATISTICS
from varbench.stats import Result

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]
#: The parts of a calibration that have a truth in closed form.
PARTS = ("slope", "intercept", "in_the_large")
#: Resamples of a joint bootstrap: each is scored once a seed.
N_JOINT = 500


class Cases(NamedTuple):
    """Trained models on one test set.

    Attributes
    ----------
    y : ndarray, (case,)
        0 or 1; the true numbers of a regression.
    a, b : ndarray of float64, (case,) or (seed, case)
        Log odds, above which 0 the positive class is predicted; predicted numbers; or what was measured on each case.
    rng : int
        The seed of a bootstrap.
    others : ndarray of float64, (model, case)
        Scores of further models.
    """

    y: npt.NDArray[Any]
    a: Floats
    b: Floats
    rng: int
    others: Floats = np.empty((0, 0))


class OneModel(NamedTuple):
    """One trained model on one test set, and what is true of it.

    Attributes
    ----------
    y, a, rng
        As in :class:`Cases`.
    truth : mapping of str to float
        What the metric would be on all cases that there could be, by what of them is asked.
    """

    y: npt.NDArray[Any]
    a: Floats
    rng: int
    truth: Mapping[str, float]


_Of = Callable[[Cases], Call]
_OfOne = Callable[[OneModel], Call]


def _said(scores: Floats, metric: str) -> npt.NDArray[Any]:
    """Give what a metric is computed from: classes, probabilities or the scores themselves."""
    needs = METRICS[metric].needs
    if needs == "label":
        return (scores > 0).astype(np.int64)
    return 1 / (1 + np.exp(-scores)) if needs == "probability" else scores


def _of_metric(name: str, metric: str, n_resamples: int = N_RESAMPLES, **settings: object) -> _Of:
    return lambda cases: call_of(
        STATISTICS[name](
            cases.y, _said(cases.a, metric), _said(cases.b, metric), metric=metric, n_resamples=n_resamples,
            rng=cases.rng, **settings,
        )
    )  # fmt: skip


def _mcnemar(method: str) -> _Of:
    return lambda cases: call_of(
        STATISTICS["mcnemar"](cases.y, *((s > 0).astype(int) for s in (cases.a, cases.b)), method=method)
    )


def _cochran_q(cases: Cases) -> Call:
    scores = np.column_stack([cases.a, cases.b, *cases.others])
    return call_of(STATISTICS["cochran_q"](cases.y, (scores > 0).astype(np.int64)))


def _two_models(metric: str) -> dict[str, _Of]:
    """Ask about two models of classes."""
    return {
        "bootstrap_metric": _of_metric("bootstrap_metric", metric),
        "bootstrap_metric, stratified": _of_metric("bootstrap_metric", metric, stratify=True),
        "permutation_metric": _of_metric("permutation_metric", metric),
    }


#: What is asked of the predicted classes of two models or more; they stand where the area is the metric.
_OF_LABELS: dict[str, _Of] = {
    "mcnemar": _mcnemar("mid-p"),
    "mcnemar, exact": _mcnemar("exact"),
    "mcnemar, corrected": _mcnemar("corrected"),
    "cochran_q": _cochran_q,
}


def _two_numbers(metric: str) -> dict[str, _Of]:
    def asked(cases: Cases, **settings: object) -> Call:
        more = {"metric": metric, "n_resamples": N_RESAMPLES, "rng": cases.rng, **settings}
        return call_of(STATISTICS["regression_metric"](cases.y, cases.a, cases.b, **more))

    return {"regression_metric": asked, "regression_metric, bca": lambda cases: asked(cases, interval="bca")}


#: Measures of each case: the mean and the median of their differences.
_TWO_MEASURES: dict[str, _Of] = {
    "case_summary": lambda cases: call_of(STATISTICS["case_summary"](cases.a - cases.b)),
    "case_summary, median": lambda cases: call_of(
        STATISTICS["case_summary"](cases.a - cases.b, statistic="median")
    ),
}


def _over_seeds(name: str, metric: str) -> _Of:
    """Ask a method that takes seeds for independent studies, though they share the test cases."""

    def asked(cases: Cases) -> Call:
        kernel = _SCORES[metric]
        return call_of(STATISTICS[name](kernel(cases.a, cases.y), kernel(cases.b, cases.y)))

    return asked


def _areas(scores: Floats, y: Labels) -> Floats:
    """Give the area under the curve of each seed; the scores are continuous, so that there are no ties."""
    ranks = scores.argsort(axis=1).argsort(axis=1) + 1.0
    positives = int(y.sum())
    found: Floats = (ranks[:, y == 1].sum(axis=1) - positives * (positives + 1) / 2) / (
        positives * (len(y) - positives)
    )
    return found


def _accuracies(scores: Floats, y: Labels) -> Floats:
    found: Floats = ((scores > 0) == (y == 1)).mean(axis=1)
    return found


_SCORES = {"roc_auc": _areas, "accuracy": _accuracies}


def _several_seeds(metric: str) -> dict[str, _Of]:
    return {
        "joint_bootstrap": _of_metric("joint_bootstrap", metric, N_JOINT),
        "joint_bootstrap, percentile": _of_metric("joint_bootstrap", metric, N_JOINT, interval="percentile"),
        **{name: _over_seeds(name, metric) for name in ("difference", "signed_rank", "prob_outperform")},
    }


def _of_one(name: str, metric: str, **settings: object) -> _OfOne:
    more = {"metric": metric, "n_resamples": N_RESAMPLES, **settings}
    return lambda one: missed(
        STATISTICS[name](one.y, _said(one.a, metric), rng=one.rng, **more), one.truth[metric]
    )


def _share(metric: str, interval: str) -> _OfOne:
    """Ask about a share of right answers: of all cases, or of the positive ones."""

    def asked(one: OneModel) -> Call:
        right = (one.a > 0) == (one.y == 1)
        among = right if metric == "accuracy" else right[one.y == 1]
        found: Result = STATISTICS["proportion"](int(among.sum()), len(among), interval=interval)
        return missed(found, one.truth[metric])

    return asked


def _one_of_classes(metric: str) -> dict[str, _OfOne]:
    found = {
        "bootstrap_metric": _of_one("bootstrap_metric", metric),
        "bootstrap_metric, stratified": _of_one("bootstrap_metric", metric, stratify=True),
    }
    if metric in ("accuracy", "recall"):
        return {
            "proportion": _share(metric, "wilson"),
            "proportion, clopper_pearson": _share(metric, "clopper_pearson"),
            **found,
        }
    if metric == "roc_auc":
        return {
            "delong": lambda one: missed(STATISTICS["delong"](one.y, one.a), one.truth["roc_auc"]),
            **found,
        }
    return found


def _calibrated(part: str) -> _OfOne:
    """Ask about a part of the calibration: bins are drawn anew as rarely as can be, they are not asked about."""
    return lambda one: missed(
        getattr(STATISTICS["calibration"](one.y, _said(one.a, "brier"), n_resamples=1), part), one.truth[part]
    )


def _one_of_numbers(metric: str) -> dict[str, _OfOne]:
    def asked(one: OneModel, **settings: object) -> Call:
        more = {"metric": metric, "n_resamples": N_RESAMPLES, "rng": one.rng, **settings}
        return missed(STATISTICS["regression_metric"](one.y, one.a, **more), one.truth[metric])

    return {"regression_metric": asked, "regression_metric, bca": lambda one: asked(one, interval="bca")}


def _summary(statistic: str) -> _OfOne:
    return lambda one: missed(
        STATISTICS["case_summary"](one.a, statistic=statistic, limits=(0.0, 1.0)), one.truth[statistic]
    )


#: By design and metric, what is asked.
ON_CASES: dict[str, dict[str, Mapping[str, Callable[[Any], Call]]]] = {
    "test set": {
        **{metric: _two_models(metric) for metric in OF_CLASSES},
        "roc_auc": {
            "delong": lambda cases: call_of(STATISTICS["delong"](*cases[:3])),
            **_two_models("roc_auc"),
            **_OF_LABELS,
        },
        **{metric: _two_numbers(metric) for metric in OF_NUMBERS},
        "dice": _TWO_MEASURES,
    },
    "seeds": {metric: _several_seeds(metric) for metric in DESIGNS["seeds"]},
    "one model": {
        **{metric: _one_of_classes(metric) for metric in (*OF_CLASSES, "recall")},
        "calibration": {
            **{f"calibration_{part}": _calibrated(part) for part in PARTS},
            "brier": _calibrated("brier"),
        },
        **{metric: _one_of_numbers(metric) for metric in OF_NUMBERS},
        "dice": {"case_summary": _summary("mean"), "case_summary, median": _summary("median")},
    },
}


def on_cases(design: str, metric: str, cases: Cases | OneModel, wanted: Collection[str] = ()) -> Calls:
    """Ask every method of a design and a metric.

    Parameters
    ----------
    design : {"test set", "seeds", "one model"}
        The design.
    metric : str
        One of the design's.
    cases : Cases or OneModel
        What was predicted.
    wanted : collection of str
        Which methods; all by default.

    Returns
    -------
    dict of str to Call
        By method.
    """
    asked = ON_CASES[design][metric]
    return {name: asked[name](cases) for name in chosen(asked, wanted)}

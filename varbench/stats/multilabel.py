"""Several findings a case: every label by itself, all of them on average, and all of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Unpack

import numpy as np
import numpy.typing as npt

from varbench.errors import StatisticsError, unknown
from varbench.metrics import METRICS, Metric
from varbench.stats.binary import Bools, group_codes
from varbench.stats.draws import FEWEST, Codes, Units, at_least, random_generator, resampled, seed_of
from varbench.stats.kernels import Case, Kernel, kernel
from varbench.stats.result import Design, Labels, Result
from varbench.stats.samples import TIE_TOLERANCE, Floats, check_index, numbers
from varbench.stats.spread import percentile

if TYPE_CHECKING:
    import pandas as pd

#: With fewer positive (or negative) cases of a label an interval is called uncertain.
FEW = 10
_OWN = {"exact_match": True, "hamming_loss": False}


@dataclass(frozen=True, eq=False)
class MultiLabel:
    """What a model scores on several labels.

    Attributes
    ----------
    results : tuple of Result
        One for each label and metric, for each metric's macro and micro average, and for what counts whole cases;
        ``settings["label"]`` and ``settings["metric"]`` say which.
    undefined : tuple of str
        Labels of which the cases hold one class alone: they have no results and are in no macro average.
    """

    results: tuple[Result, ...]
    undefined: tuple[str, ...] = ()

    def frame(self) -> pd.DataFrame:
        """Give one row a result: label, metric, estimate, ci_low, ci_high, n, n_positive, notes."""
        import pandas as pd

        columns = ["label", "metric", "estimate", "ci_low", "ci_high", "n", "n_positive", "notes"]
        rows = [
            (
                r.settings["label"], r.settings["metric"], r.estimate, r.ci_low, r.ci_high, r.n,
                r.settings["n_positive"], " ".join(r.notes),
            )
            for r in self.results
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=columns)

    def _repr_html_(self) -> str:
        return str(self.frame().to_html(index=False))


class _Given(NamedTuple):
    """The cases as they are judged; (case, label) each."""

    positive: Bools
    label: Bools
    score: Floats
    names: tuple[str, ...]
    units: Units
    dropped: int

    @property
    def known(self) -> list[int]:
        """The labels of which the cases hold both classes."""
        return [k for k, column in enumerate(self.positive.T) if column.any() and not column.all()]

    def case(self, k: int) -> Case:
        """Give one label's cases."""
        columns = (self.positive[:, k].astype(np.int64), self.label[:, k].astype(np.int64), self.score[:, k])
        return Case(*columns, 2)

    def all(self) -> Case:
        """Give every case and label as a case of its own."""
        columns = (
            self.positive.ravel().astype(np.int64),
            self.label.ravel().astype(np.int64),
            self.score.ravel(),
        )
        return Case(*columns, 2)


def multilabel_metrics(
    y_true: npt.ArrayLike,
    y_score: npt.ArrayLike,
    *,
    metrics: Sequence[str] = ("f1", "roc_auc"),
    names: Sequence[str] | None = None,
    threshold: float | npt.ArrayLike | None = None,
    groups: npt.ArrayLike | None = None,
    n_resamples: int = 2_000,
    rng: int | np.random.Generator = 0,
    **labels: Unpack[Labels],
) -> MultiLabel:
    """How well does a model find several things that a case may have at once?

    Parameters
    ----------
    y_true : array_like of bool or int, (case, label)
        0 and 1, or False and True.
    y_score : array_like of float, (case, label)
        Scores, probabilities or predicted labels, larger for the positive class. A case with a NaN is left out and
        counted.
    metrics : sequence of str
        Names of :data:`~varbench.metrics.METRICS`.
    names : sequence of str, optional
        The labels' names; their numbers where not given.
    threshold : float or array_like of float, (label,), optional
        From which score on a case is labelled positive; 0.5 for probabilities.
    groups : array_like, (case,), optional
        Which patient each case belongs to; whole patients are drawn then.
    n_resamples : int
        How many resamples.
    rng : int or numpy.random.Generator
        A seed, or a generator.
    **labels
        As in :class:`~varbench.stats.Design`; the unit is ``"patient"``, or ``"group"`` where there are groups, the
        estimand E3.

    Returns
    -------
    MultiLabel
        Percentile intervals. ``macro`` is the mean over the labels, ``micro`` takes every case and label as a case;
        ``exact_match`` is the share of cases with every label right, ``hamming_loss`` the share of wrong labels,
        smaller is better. Labels are resampled together, as the cases have them.

    Raises
    ------
    StatisticsError
        If shapes differ, labels are missing or no 0 and 1, scores are infinite or no probabilities where a metric needs
        them, a metric is not known, no threshold is given for scores that are no probabilities, or no label has cases
        of both classes.

    Examples
    --------
    >>> y = [[1, 0], [0, 1], [1, 1], [0, 0], [1, 0]]
    >>> score = [[0.9, 0.2], [0.4, 0.7], [0.8, 0.4], [0.6, 0.1], [0.7, 0.3]]
    >>> found = multilabel_metrics(y, score, metrics=["f1"], names=["nodule", "effusion"], n_resamples=100)
    >>> found.frame()[["label", "metric", "estimate"]].round(3).to_numpy().tolist()[:4]
    [['nodule', 'f1', 0.857], ['effusion', 'f1', 0.667], ['macro', 'f1', 0.762], ['micro', 'f1', 0.8]]
    """
    if isinstance(metrics, str) or not metrics:
        raise StatisticsError(f"metrics={metrics!r}: give a list of names, as ['f1', 'roc_auc']")
    chosen = [_metric(name) for name in dict.fromkeys(metrics)]
    given = _given(y_true, y_score, names, threshold, groups, chosen)
    design = Design.of(labels, unit="patient" if groups is None else "group", estimand="E3")
    settings = {
        "n_cases": len(given.positive), "n_dropped": given.dropped, "n_labels": len(given.names),
        "drawn": "cases" if groups is None else "groups", "interval": "percentile", "rng": seed_of(rng),
    }  # fmt: skip
    notes = (["pairs_dropped"] if given.dropped else []) + (["groups_as_units"] if groups is not None else [])
    count = at_least("n_resamples", n_resamples, FEWEST)
    results = []
    for label, metric, statistic, members in _outputs(given, chosen):
        said = {**settings, "label": label, "metric": metric, "n_positive": int(members.sum())}
        said["greater_is_better"] = _OWN[metric] if metric in _OWN else METRICS[metric].greater_is_better
        few = min(members.sum(0).min(), (~members).sum(0).min()) < FEW
        more = [*notes, "small_sample"] if few else notes
        results.append(_result(statistic, given.units, design, count, random_generator(rng), said, more))
    undefined = tuple(name for k, name in enumerate(given.names) if k not in given.known)
    return MultiLabel(tuple(results), undefined)


def _metric(name: str) -> Metric:
    if name not in METRICS:
        raise StatisticsError(unknown("metric", name, METRICS))
    return METRICS[name]


def _outputs(given: _Given, metrics: list[Metric]) -> list[tuple[str, str, Kernel, Bools]]:
    """Give label, metric, statistic and the outcomes it is about, of everything that is computed."""
    found: list[tuple[str, str, Kernel, Bools]] = []
    known = given.positive[:, given.known]
    for metric in metrics:
        parts = [kernel(metric, given.case(k)) for k in given.known]
        for k, part in zip(given.known, parts, strict=True):
            found.append((given.names[k], metric.name, part, given.positive[:, [k]]))
        found.append(("macro", metric.name, _Macro(parts), known))
        flat = _Micro(kernel(metric, given.all()), given.positive.shape[1])
        found.append(("micro", metric.name, flat, given.positive.reshape(-1, 1)))
    wrong = given.label != given.positive
    for name, values in (("exact_match", ~wrong.any(1)), ("hamming_loss", wrong.mean(1))):
        found.append(("all", name, _Mean(np.asarray(values, np.float64)), given.positive.reshape(-1, 1)))
    return found


class _Macro:
    """The mean over the labels; undefined where one of them has no value."""

    def __init__(self, parts: list[Kernel]) -> None:
        self.parts = parts

    def __call__(self, counts: Codes) -> Floats:
        return np.asarray(np.mean([part(counts) for part in self.parts], axis=0))


class _Micro:
    """Every case and label as a case of its own."""

    def __init__(self, flat: Kernel, n_labels: int) -> None:
        self.flat, self.n_labels = flat, n_labels

    def __call__(self, counts: Codes) -> Floats:
        return self.flat(np.repeat(counts, self.n_labels, axis=1))


class _Mean:
    """The mean of one number a case."""

    def __init__(self, values: Floats) -> None:
        self.values = values

    def __call__(self, counts: Codes) -> Floats:
        return np.asarray(counts @ self.values / counts.sum(axis=1))


def _result(
    statistic: Kernel,
    units: Units,
    design: Design,
    n_resamples: int,
    rng: np.random.Generator,
    settings: dict[str, Any],
    notes: list[str],
) -> Result:
    drawn = resampled(lambda counts: statistic(counts)[:, None], units, n_resamples, rng)
    estimate, values = float(statistic(units.once)[0]), drawn.values[:, 0]
    spread = float(np.ptp(np.append(values, estimate))) > TIE_TOLERANCE * abs(estimate)
    notes = [*notes, *drawn.notes] + ([] if spread else ["no_variance"])
    return design.result(
        "multilabel_metrics", n=units.n, estimate=estimate,
        interval=percentile(values, design.confidence_level) if spread else None,
        settings={**settings, **drawn.settings}, notes=notes,
    )  # fmt: skip


def _given(
    y_true: npt.ArrayLike,
    y_score: npt.ArrayLike,
    names: Sequence[str] | None,
    threshold: float | npt.ArrayLike | None,
    groups: npt.ArrayLike | None,
    metrics: list[Metric],
) -> _Given:
    check_index(y_true=y_true, y_score=y_score, groups=groups)
    y, score = _table("y_true", y_true), _table("y_score", y_score)
    if y.shape != score.shape:
        raise StatisticsError(f"y_true has shape {y.shape} and y_score {score.shape}: they must be alike")
    if not np.isin(y, (0, 1)).all():
        lacking = int(np.isnan(y).sum())
        found = np.unique(y[~np.isnan(y)])[:5].tolist()
        raise StatisticsError(
            f"y_true holds {found} and lacks {lacking} labels: 0 and 1 are needed everywhere"
        )
    if names is not None and not np.iterable(names):
        raise StatisticsError(f"names={names!r}: give a list, one a label")
    called = tuple(str(k) for k in range(y.shape[1])) if names is None else tuple(map(str, names))
    if len(set(called)) != y.shape[1]:
        raise StatisticsError(f"names {list(called)}: {y.shape[1]} different ones are needed, one a label")
    codes, present = group_codes(groups, len(y)), np.asarray(~np.isnan(score).any(axis=1))
    if present.sum() < 2:
        raise StatisticsError(f"{int(present.sum())} cases have all their scores: at least two are needed")
    # draws are then of the same cases, in whatever order they came
    order = np.flatnonzero(present)[np.lexsort([*score[present].T, *y[present].T])]
    y, score = y[order], score[order]
    units = Units.of_cases(len(y))
    if codes is not None:
        held, of_case = np.unique(codes[order], return_inverse=True)
        units = Units(np.ones(len(held), np.int64), (len(held),), of_case.astype(np.int64))
    label = score >= _threshold(score, threshold, metrics)
    given = _Given(y == 1, label, score, called, units, int((~present).sum()))
    if not given.known:
        raise StatisticsError("no label has cases of both classes: there is nothing to tell apart")
    return given


def _table(name: str, values: npt.ArrayLike) -> Floats:
    table = numbers(name, values)
    if table.ndim != 2 or not table.size:
        raise StatisticsError(f"{name} has shape {table.shape}: (case, label) is needed")
    if np.isinf(table).any():
        raise StatisticsError(f"{name} holds {int(np.isinf(table).sum())} infinite values")
    return table


def _threshold(
    score: Floats, threshold: float | npt.ArrayLike | None, metrics: list[Metric]
) -> float | Floats:
    probability = bool(score.min() >= 0 and score.max() <= 1)
    needy = [metric.name for metric in metrics if metric.needs == "probability"]
    if needy and not probability:
        raise StatisticsError(
            f"{needy[0]} needs probabilities, and the scores lie in [{score.min():.6g}, {score.max():.6g}]"
        )
    if threshold is not None:
        at = numbers("threshold", threshold)
        if at.shape not in ((), (score.shape[1],)) or not np.isfinite(at).all():
            raise StatisticsError(f"threshold={threshold!r}: one number, or one a label, is needed")
        return at
    if not probability:
        raise StatisticsError(
            f"the scores lie in [{score.min():.6g}, {score.max():.6g}] and are no probabilities: say from which "
            "threshold on a label is given"
        )
    return 0.5

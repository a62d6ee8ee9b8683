"""How good is an average of k runs? The ideal estimator, and cheaper ones that tune once (Bouthillier et al. 2021)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import numpy.typing as npt

from varbench.errors import StatisticsError, unknown
from varbench.stats.anova import chi_square_interval
from varbench.stats.draws import at_least
from varbench.stats.intraclass import icc
from varbench.stats.means import difference
from varbench.stats.result import Design, Labels, Result
from varbench.stats.samples import Floats, numbers, one_sample

if TYPE_CHECKING:
    import pandas as pd

SOURCE = "Bouthillier et al. 2021, arXiv:2103.03098, figure 1 and section 3, with the authors' constants"


@dataclass(frozen=True)
class Task:
    """One case study: the spread of an ideal score, and of the means of k runs after one tuning.

    Parameters
    ----------
    sigma : float
        Standard deviation of one ideal score.
    biased : mapping of str to (int, float)
        What is randomised (``"Init"``, ``"Data"``, ``"All"``) -> k, and the standard deviation of the mean of k runs.
    delta : float
        The published increment held to be meaningful.
    """

    sigma: float
    biased: Mapping[str, tuple[int, float]]
    delta: float


#: The five case studies; of the segmentation, All was published for k = 10 only.
TASKS: dict[str, Task] = {
    "vgg": Task(
        0.0038587, {"Init": (100, 0.0037140), "Data": (100, 0.0029014), "All": (100, 0.0029815)}, 0.00240
    ),
    "segmentation": Task(
        0.0136402, {"Init": (100, 0.0145698), "Data": (100, 0.0050864), "All": (10, 0.0030053)}, 0.00520
    ),
    "bert-sst2": Task(
        0.0072310, {"Init": (100, 0.0080823), "Data": (100, 0.0025002), "All": (100, 0.0023562)}, 0.00225
    ),
    "bert-rte": Task(
        0.0310649, {"Init": (100, 0.0196800), "Data": (100, 0.0166053), "All": (100, 0.0097935)}, 0.02671
    ),
    "bio-task2": Task(
        0.0222286, {"Init": (100, 0.0175359), "Data": (100, 0.0082607), "All": (100, 0.0014518)}, 0.01980
    ),
}
IDEAL = "IdealEst"


@dataclass(frozen=True, eq=False)
class Estimators:
    """The standard error of the mean of k runs, for the ideal estimator and for those that tune once.

    Parameters
    ----------
    rows : tuple of dict
        One an estimator and k, as the columns of :meth:`frame`.
    rho : mapping of str to float
        Estimator -> mean correlation between runs that share one tuning; 0 for the ideal one.
    sigma : mapping of str to float
        Estimator -> standard deviation of one run, its tuning drawn anew.
    results : tuple of Result
        What was estimated: standard deviations, correlations and biases. None from published constants.
    source : str
        Where the numbers come from.
    """

    rows: tuple[dict[str, Any], ...]
    rho: Mapping[str, float]
    sigma: Mapping[str, float]
    results: tuple[Result, ...]
    source: str

    def frame(self) -> pd.DataFrame:
        """Give estimator, k, standard_error (of the model), observed, ci_low, ci_high (of the observed one), cost
        (in trainings) and ideal_runs: how many ideal runs are as good.
        """
        import pandas as pd

        return pd.DataFrame(list(self.rows))

    def _repr_html_(self) -> str:
        return str(self.frame().to_html(index=False))


def standard_error(sigma: float, rho: float, k: npt.ArrayLike) -> Floats:
    """How far does the mean of k runs lie from the mean of all, if runs that share a tuning correlate?

    Parameters
    ----------
    sigma : float
        Standard deviation of one run, in the metric's units.
    rho : float
        Mean correlation between runs that share one tuning; 0 for the ideal estimator.
    k : array_like of int
        Numbers of runs.

    Returns
    -------
    ndarray of float64
        In the metric's units.

    Notes
    -----
    Bouthillier et al. 2021, arXiv:2103.03098, section 3: (1) Var / k + (k - 1) / k * rho * Var. It does not vanish.

    Examples
    --------
    >>> standard_error(1.0, 0.25, [1, 4, 1_000_000]).round(3)
    array([1.   , 0.661, 0.5  ])
    """
    runs = np.asarray(k, np.float64)
    found: Floats = sigma * np.sqrt(np.maximum(1 / runs + (runs - 1) / runs * rho, 0.0))  # (1)
    return found


def correlation(sigma: float, sigma_of_mean: float, k: int) -> float:
    """How do runs correlate that share one tuning, if the mean of k of them spreads by `sigma_of_mean`?

    Parameters
    ----------
    sigma, sigma_of_mean : float
        Standard deviation of one run, and of means of k runs.
    k : int
        At least 2.

    Returns
    -------
    float
        The formula of :func:`standard_error` solved for rho; above 1 where the means spread more than single runs.

    Examples
    --------
    >>> round(correlation(1.0, 0.5, 100), 4)
    0.2424
    """
    if k < 2 or sigma <= 0:
        raise StatisticsError(f"k={k!r}, sigma={sigma!r}: two runs and some spread are needed")
    return (k * sigma_of_mean**2 - sigma**2) / ((k - 1) * sigma**2)


def cost(estimator: str, k: int, trials: int = 100) -> int:
    """How many trainings does the mean of k runs take?

    Parameters
    ----------
    estimator : str
        ``"IdealEst"`` tunes for each run; any other once.
    k : int
        Runs.
    trials : int
        Trainings that one tuning takes.

    Returns
    -------
    int
        ``k * (trials + 1)`` or ``trials + k``.

    Examples
    --------
    >>> cost("IdealEst", 100), cost("FixHOptEst(All)", 100)
    (10100, 200)
    """
    return k * (trials + 1) if estimator == IDEAL else trials + k


def published_estimators(task: str, *, k: Iterable[int] = range(1, 101), trials: int = 100) -> Estimators:
    """What standard errors did Bouthillier et al. find?

    Parameters
    ----------
    task : str
        One of :data:`TASKS`.
    k : iterable of int
        Numbers of runs; those above the published one are left out.
    trials : int
        Trainings that one tuning takes.

    Returns
    -------
    Estimators
        Curves through the published spreads, see :func:`standard_error`.

    Raises
    ------
    StatisticsError
        If the task is not known, or a number of runs or trials is no whole number from 1.

    Notes
    -----
    Bouthillier et al. 2021, arXiv:2103.03098, section 3, with the authors' constants.

    Examples
    --------
    >>> found = published_estimators("bert-rte", k=[100])
    >>> found.frame().set_index("estimator")["ideal_runs"].round(1).to_dict()
    {'IdealEst': 100.0, 'FixHOptEst(Init)': 2.5, 'FixHOptEst(Data)': 3.5, 'FixHOptEst(All)': 10.1}
    """
    if task not in TASKS:
        raise StatisticsError(unknown("task", task, TASKS))
    if not np.iterable(k) or isinstance(k, str):
        raise StatisticsError(f"k={k!r}: give a list of numbers of runs, as [1, 10, 100]")
    known, runs, trials = TASKS[task], [at_least("k", size) for size in k], at_least("trials", trials)
    rho = {IDEAL: 0.0} | {
        _name(what): correlation(known.sigma, spread, size) for what, (size, spread) in known.biased.items()
    }
    reach = {_name(what): size for what, (size, _) in known.biased.items()}  # beyond it nothing was published
    rows = []
    for name, r in rho.items():
        inside = [size for size in runs if size <= reach.get(name, size)]
        rows += _rows(name, known.sigma, r, known.sigma, inside, trials)
    return Estimators(tuple(rows), rho, dict.fromkeys(rho, known.sigma), (), SOURCE)


def estimator_curves(
    ideal: npt.ArrayLike,
    biased: Mapping[str, npt.ArrayLike],
    *,
    trials: int = 100,
    **labels: Unpack[Labels],
) -> Estimators:
    """How good are cheaper estimators beside the ideal one, judged from real runs?

    Parameters
    ----------
    ideal : array_like of float, (run,)
        Scores of runs that each had a tuning of their own, every source drawn anew.
    biased : mapping of str to array_like of float, (tuning, k)
        What was randomised after one tuning (``"Init"``, ``"Data"``, ``"All"``) -> for each of several tunings,
        the scores of its k runs.
    trials : int
        Trainings that one tuning takes, for the cost.
    **labels
        As in :class:`~varbench.stats.Design`; `unit` is ``"run"`` unless given.

    Returns
    -------
    Estimators
        For each k up to the number of runs: the observed standard deviation of the means over tunings, with its
        chi-square interval, and the model's. `results` has the ideal standard deviation, each correlation (the
        intraclass correlation, with F's interval) and each bias (difference to the ideal mean, Welch).

    Raises
    ------
    StatisticsError
        If fewer than two ideal runs or tunings are given, or a table has holes.

    Notes
    -----
    Bouthillier et al. 2021, arXiv:2103.03098, section 3. Their correlation, (k Var(mean) - Var) / ((k - 1) Var), is
    the intraclass correlation ICC(1,1) when Var is the sum of its two components.

    Examples
    --------
    >>> found = estimator_curves([0.70, 0.80, 0.75, 0.85], {"Init": [[0.7, 0.71], [0.8, 0.79], [0.75, 0.76]]})
    >>> sorted(found.rho)
    ['FixHOptEst(Init)', 'IdealEst']
    """
    design, trials = Design.of(labels, unit="run"), at_least("trials", trials)
    scores, dropped = one_sample("ideal", ideal)
    if len(scores) < 2:
        raise StatisticsError(
            f"ideal has {len(scores)} scores: two runs with a tuning each are needed, better 20"
        )
    spread = float(scores.std(ddof=1))
    results = [_sigma_result(scores, dropped, design)]
    rho, sigma = {IDEAL: 0.0}, {IDEAL: spread}
    tables = {_name(what): _table(what, values) for what, values in biased.items()}
    longest = max((table.shape[1] for table in tables.values()), default=len(scores))
    rows = _rows(IDEAL, spread, 0.0, spread, range(1, longest + 1), trials)
    for name, table in tables.items():
        shared = icc(table, **_given(labels, unit="tuning"))
        rho[name] = shared.estimate if shared.estimate is not None else 0.0
        sigma[name] = _single_sd(table)
        results += [
            shared,
            difference(table.mean(axis=1), scores, **_given(labels, unit="tuning", pairing="none")),
        ]
        model = _rows(name, sigma[name], rho[name], spread, range(1, table.shape[1] + 1), trials)
        rows += [row | seen for row, seen in zip(model, _observed(table, design.alpha), strict=True)]
    return Estimators(tuple(rows), rho, sigma, tuple(results), "these runs")


def _name(what: str) -> str:
    return f"FixHOptEst({what})"


def _given(labels: Labels, **usual: Unpack[Labels]) -> Labels:
    """Set labels that follow from the method, the caller's others with them."""
    found = labels.copy()
    found.update(usual)
    return found


def _table(what: str, values: npt.ArrayLike) -> Floats:
    array = numbers(f"the scores of {what}", values)
    if array.ndim != 2 or min(array.shape) < 2 or not np.isfinite(array).all():
        raise StatisticsError(
            f"the scores of {what} have shape {array.shape}: a row a tuning and a column a run are needed, two of "
            "each at least, none missing"
        )
    return array


def _single_sd(table: Floats) -> float:
    """Give the standard deviation of one run with a tuning of its own: between tunings and within them."""
    if np.ptp(table) == 0:
        return 0.0
    k = table.shape[1]
    between, within = table.mean(axis=1).var(ddof=1), table.var(axis=1, ddof=1).mean()
    return math.sqrt(float(between) + (k - 1) / k * float(within))


def _rows(
    name: str, sigma: float, rho: float, ideal: float, runs: Iterable[int], trials: int
) -> list[dict[str, Any]]:
    rows = []
    for k in runs:
        error = float(standard_error(sigma, rho, k))
        rows.append(
            {
                "estimator": name, "k": int(k), "standard_error": error, "observed": math.nan, "ci_low": math.nan,
                "ci_high": math.nan, "cost": cost(name, int(k), trials),
                "ideal_runs": (ideal / error) ** 2 if error > 0 else math.nan,
            }
        )  # fmt: skip
    return rows


def _observed(table: Floats, alpha: float) -> list[dict[str, float]]:
    """Give the spread over tunings of the means of the first k runs, for every k."""
    means = np.cumsum(table, axis=1) / np.arange(1, table.shape[1] + 1)
    variances = means.var(axis=0, ddof=1)
    df = np.full(len(variances), len(table) - 1.0)
    low, high = chi_square_interval(variances, df, alpha)
    return [
        {"observed": math.sqrt(v), "ci_low": math.sqrt(lo), "ci_high": math.sqrt(hi)}
        for v, lo, hi in zip(variances, low, high, strict=True)
    ]


def _sigma_result(scores: Floats, dropped: int, design: Design) -> Result:
    variance = np.array([scores.var(ddof=1)])
    low, high = chi_square_interval(variance, np.array([len(scores) - 1.0]), design.alpha)
    spread = math.sqrt(float(variance[0]))
    return design.result(
        "ideal_sd", n=len(scores), estimate=spread,
        interval=(math.sqrt(float(low[0])), math.sqrt(float(high[0]))) if spread > 0 else None,
        settings={"estimator": IDEAL, "n_dropped": dropped, "interval": "chi2", "mean": float(scores.mean())},
        notes=(["pairs_dropped"] if dropped else []) + ([] if spread > 0 else ["no_variance"]),
    )  # fmt: skip

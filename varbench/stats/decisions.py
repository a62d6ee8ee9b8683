"""How often does each way of deciding err? Bouthillier et al.'s simulation, from their constants."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import special

from varbench.errors import StatisticsError, unknown
from varbench.stats.averages import INCREMENT
from varbench.stats.draws import at_least, random_generator
from varbench.stats.estimators import TASKS, Task
from varbench.stats.outperform import CONCLUSIONS, published
from varbench.stats.result import Design
from varbench.stats.samples import Floats, check_numbers, numbers

if TYPE_CHECKING:
    import pandas as pd

RULES = ("single", "average", "prob_outperform")
#: Each number of wins among so many runs is looked at.
MOST_RUNS = 10_000
ESTIMATOR_NAMES = ("ideal", "Init", "Data", "All")
_LARGEST = 1 - 1e-3  # P(A>B) = 1 would need an infinite difference


@dataclass(frozen=True, eq=False)
class Decisions:
    """How often each rule detects an improvement, over the true P(A>B).

    Parameters
    ----------
    curves : tuple of dict
        One a rule, an estimator and a true P(A>B), as the columns of :meth:`frame`.
    gamma : float
        From where on an improvement counts as meaningful.
    settings : dict
        k, the number of simulations, the tasks, the seed.
    """

    curves: tuple[dict[str, object], ...]
    gamma: float
    settings: dict[str, object]

    def frame(self) -> pd.DataFrame:
        """Give rule, estimator, probability (the true P(A>B)), detections, error (Monte Carlo standard error)."""
        import pandas as pd

        return pd.DataFrame(list(self.curves))

    def rates(self) -> pd.DataFrame:
        """Give the error rates, a row a rule and estimator.

        Returns
        -------
        DataFrame
            ``false_positive``: mean rate of detections where P(A>B) <= 1/2; ``at_half``: that at 1/2;
            ``false_negative``: mean rate of misses where P(A>B) > 1/2; ``at_gamma``: that at gamma; and
            ``above_gamma``: the mean from gamma on.
        """
        import pandas as pd

        rows = []
        for (rule, estimator), part in self.frame().groupby(["rule", "estimator"], sort=False):
            p, found = part["probability"].to_numpy(), part["detections"].to_numpy()
            rows.append(
                {
                    "rule": rule, "estimator": estimator, "false_positive": found[p <= 0.5].mean(),
                    "at_half": np.interp(0.5, p, found), "false_negative": 1 - found[p > 0.5].mean(),
                    "at_gamma": 1 - np.interp(self.gamma, p, found),
                    "above_gamma": 1 - found[p >= self.gamma].mean(),
                }
            )  # fmt: skip
        return pd.DataFrame(rows)


def simulate_decisions(
    *,
    tasks: Iterable[str] = tuple(TASKS),
    estimators: Iterable[str] = ("ideal", "All"),
    k: int = 50,
    gamma: float = 0.75,
    probabilities: npt.ArrayLike | None = None,
    confidence_level: float = 0.95,
    n_simulations: int = 1000,
    rng: int | np.random.Generator = 0,
) -> Decisions:
    """How often do a single run, an average and P(A>B) err, if scores are normal with the published spreads?

    Parameters
    ----------
    tasks : iterable of str
        Names in :data:`~varbench.stats.estimators.TASKS`; rates are averaged over them.
    estimators : iterable of str
        ``"ideal"``, and what is randomised after one tuning: ``"Init"``, ``"Data"``, ``"All"``.
    k : int
        Runs of each procedure.
    gamma : float
        From where on P(A>B) counts as meaningful, in (0.5, 1).
    probabilities : array_like of float, optional
        True P(A>B), in (0, 1]; 31 from 0.4 to 1 unless given.
    confidence_level : float
        Of the interval of P(A>B).
    n_simulations : int
        Of each task and estimator; the same draws serve all probabilities.
    rng : int or numpy.random.Generator
        Where the draws come from.

    Returns
    -------
    Decisions
        With ``.frame()`` for the curves and ``.rates()`` for the error rates.

    Raises
    ------
    StatisticsError
        If a task, an estimator or a number is out of range.

    Notes
    -----
    Bouthillier et al. 2021, arXiv:2103.03098, section 4. Two procedures whose scores have equal
    spread sigma differ by Phi^-1(P) sqrt(2) sigma. An average, or a single run, is held against 1.9952 times the
    difference that goes with gamma, as in the authors' code; P(A>B) counts as found where its published
    conclusion is "significant and meaningful". After one tuning the mean of each procedure is off by a normal
    error with the published spread, added to the spread of the runs.

    Examples
    --------
    >>> found = simulate_decisions(n_simulations=200, probabilities=[0.5, 0.75, 0.95], estimators=["ideal"])
    >>> found.rates()["rule"].tolist()
    ['single', 'average', 'prob_outperform']
    """
    check_numbers(gamma=gamma)
    k, n_simulations = at_least("k", k, 2), at_least("n_simulations", n_simulations)
    Design(confidence_level=confidence_level)
    if k > MOST_RUNS:
        raise StatisticsError(f"k={k!r}: at most {MOST_RUNS} runs can be simulated")
    for name, several in (("tasks", tasks), ("estimators", estimators)):
        if not np.iterable(several):
            raise StatisticsError(f"{name}={several!r}: give a list of names")
    wanted, kinds = list(tasks), list(estimators)
    for kind, names, table in (("task", wanted, TASKS), ("estimator", kinds, ESTIMATOR_NAMES)):
        for name in names:
            if name not in table:
                raise StatisticsError(unknown(kind, name, table))
    if probabilities is None:
        truth: Floats = np.linspace(0.4, 1.0, 31)
    else:
        truth = np.atleast_1d(numbers("probabilities", probabilities))
    if not (0.5 < gamma < 1 and k > 1 and n_simulations > 0 and ((truth > 0) & (truth <= 1)).all()):
        raise StatisticsError(
            f"gamma={gamma!r}, k={k!r}, n_simulations={n_simulations!r}: gamma must lie in (0.5, 1), k be at least 2, "
            "n_simulations at least 1, and the probabilities lie in (0, 1]"
        )
    meaningful = _meaningful(k, gamma, confidence_level)
    generator = random_generator(rng)
    curves: list[dict[str, object]] = []
    for kind in kinds:
        found = np.mean(
            [_detections(_bias(TASKS[t], kind), truth, k, gamma, meaningful, n_simulations, generator) for t in wanted],
            axis=0,
        )  # fmt: skip
        error = np.sqrt(found * (1 - found) / (n_simulations * len(wanted)))
        curves += [
            {"rule": rule, "estimator": kind, "probability": float(p), "detections": float(rate), "error": float(e)}
            for rule, rates, errors in zip(RULES, found, error, strict=True)
            for p, rate, e in zip(truth, rates, errors, strict=True)
        ]  # fmt: skip
    settings = {
        "k": k, "n_simulations": n_simulations, "tasks": wanted, "rng": rng if isinstance(rng, int) else None
    }  # fmt: skip
    return Decisions(tuple(curves), gamma, settings)


def _bias(task: Task, kind: str) -> float:
    """Give the spread of the error that one tuning leaves, in standard deviations of an ideal score."""
    return 0.0 if kind == "ideal" else task.biased[kind][1] / task.sigma


def _meaningful(k: int, gamma: float, confidence_level: float) -> npt.NDArray[np.bool_]:
    """Tell for each number of wins whether the published conclusion is the strongest of the three."""
    return np.array(
        [published(wins, k, gamma, confidence_level)["conclusion"] == CONCLUSIONS[2] for wins in range(k + 1)]
    )


def _detections(
    bias: float,
    truth: Floats,
    k: int,
    gamma: float,
    meaningful: npt.NDArray[np.bool_],
    n_simulations: int,
    rng: np.random.Generator,
) -> Floats:
    """Give the rate of detections, (rule, probability), with scores in units of sigma."""
    draws = rng.standard_normal((2, n_simulations, k)) + bias * rng.standard_normal((2, n_simulations, 1))
    noise = draws[0] - draws[1]
    threshold = INCREMENT * math.sqrt(2) * float(special.ndtri(gamma))
    found = np.empty((len(RULES), len(truth)))
    for column, p in enumerate(truth):
        shift = math.sqrt(2) * float(special.ndtri(min(p, _LARGEST)))
        wins = (noise > -shift).sum(axis=1)
        found[:, column] = (
            (noise[:, 0] + shift > threshold).mean(),
            (noise.mean(axis=1) + shift > threshold).mean(),
            meaningful[wins].mean(),
        )
    return found

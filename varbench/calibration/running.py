"""Run a calibration: condition by condition, in parallel, going on where it stopped."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pandas as pd
from scipy import stats as distributions

from varbench.calibration.conditions import Condition
from varbench.calibration.measuring import ALPHA, measure
from varbench.calibration.populations import Table
from varbench.errors import InputError

#: Columns of the table of classes.
CLASS_COLUMNS = ("method", "design", "folds", "repeats", "n", "prevalence", "low", "high", "validity")
#: The highest rate of a method that is recommended, though it is not exact.
RECOMMENDED = 0.10
Progress = Callable[[int, int], None]


def run(
    conditions: Sequence[Condition],
    n_sim: int,
    *,
    seed: int = 0,
    methods: Iterable[str] = (),
    table: Table | None = None,
    jobs: int = 1,
    out: Path | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Measure every condition.

    Parameters
    ----------
    conditions : sequence of Condition
        What to simulate.
    n_sim : int
        Simulations of each, at least 20.
    seed : int
        The numbers hang on it and on the condition alone.
    methods : iterable of str
        Which; all by default.
    table : Table, optional
        A large real table, for the conditions that ask for one.
    jobs : int
        Worker processes.
    out : Path, optional
        A CSV that grows by a condition at a time; what it holds already is not simulated again.
    progress : callable, optional
        Told how many conditions are done, and of how many.

    Returns
    -------
    DataFrame
        As :func:`~varbench.calibration.measuring.measure`, all conditions, in their order.

    Raises
    ------
    InputError
        If `n_sim` is too small, or `out` holds something else.
    """
    from joblib import Parallel, delayed

    if n_sim < 20:
        raise InputError(f"{n_sim} simulations: at least 20 are needed, and 1,000 tell .05 from .07")
    asked = tuple(methods)
    known = _stored(out, n_sim, seed, asked)
    waiting = [c for c in conditions if c.name not in known]
    total = len(conditions)
    parallel = Parallel(n_jobs=jobs, return_as="generator_unordered")
    jobs_of = (delayed(_measured)(c, n_sim, seed, asked, table) for c in waiting)
    for done, (name, frame) in enumerate(parallel(jobs_of), 1):
        known[name] = frame
        if out is not None:
            _write(out, pd.concat(known.values(), ignore_index=True))
        if progress is not None:
            progress(total - len(waiting) + done, total)
    return pd.concat([known[c.name] for c in conditions if c.name in known], ignore_index=True)


def _measured(
    condition: Condition, n_sim: int, seed: int, methods: tuple[str, ...], table: Table | None
) -> tuple[str, pd.DataFrame]:
    frame = measure(condition, n_sim, seed=seed, methods=methods, table=table)
    return condition.name, frame.assign(name=condition.name, seed=seed)


def _stored(out: Path | None, n_sim: int, seed: int, methods: tuple[str, ...]) -> dict[str, pd.DataFrame]:
    if out is None or not out.exists():
        return {}
    try:
        frame = pd.read_csv(out)
    except (ValueError, OSError) as error:
        raise InputError(f"{out} cannot be read as a calibration: {error}") from None
    if not {"name", "seed", "n_sim", "method"} <= set(frame.columns):
        raise InputError(f"{out} is not a calibration: it lacks the columns name, seed, n_sim, method")
    if methods:
        frame = frame[frame["method"].isin(methods)]
    frame = frame[(frame["n_sim"] == n_sim) & (frame["seed"] == seed)]
    return {str(name): part for name, part in frame.groupby("name", sort=False)}


def _write(path: Path, frame: pd.DataFrame) -> None:
    """Replace a file as a whole: nobody ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        frame.to_csv(file, index=False)
    os.replace(file.name, path)


def band(n_sim: int, level: float = 0.999) -> tuple[float, float]:
    """Between which shares of rejections does an exact method stay?

    Parameters
    ----------
    n_sim : int
        Simulations.
    level : float
        Two-sided probability; wide, since many conditions are looked at.

    Returns
    -------
    (float, float)
        Shares.

    Examples
    --------
    >>> [round(bound, 3) for bound in band(1000)]
    [0.029, 0.074]
    """
    tail = (1 - level) / 2
    low, high = (float(distributions.binom.ppf(q, n_sim, ALPHA)) / n_sim for q in (tail, 1 - tail))
    return low, high


def classify(frame: pd.DataFrame) -> pd.DataFrame:
    """Make the table of classes from measured rates.

    Parameters
    ----------
    frame : DataFrame
        From :func:`run`.

    Returns
    -------
    DataFrame
        A row for each method and design (folds, repeats, n, prevalence): the lowest and the highest error rate over its
        conditions, and the class. An error is to call equal procedures different; where none are equal, to miss the
        true difference.
        *exact*: no rate above the binomial band of the nominal 0.05; *approximate*: none above 0.10; else *failing*.
    """
    errors = frame.assign(error=frame["differs"].where(frame["null"], 1 - frame["coverage"])).dropna(
        subset="error"
    )
    rows = []
    for keys, part in errors.groupby(list(CLASS_COLUMNS[:6]), sort=True):
        low, high = float(part["error"].min()), float(part["error"].max())
        most = max(band(int(n))[1] for n in part["n_sim"])
        validity = "exact" if high <= most else "approximate" if high <= RECOMMENDED else "failing"
        rows.append((*keys, round(low, 4), round(high, 4), validity))
    found = pd.DataFrame(rows, columns=list(CLASS_COLUMNS))
    return found if len(found) else found.astype({"low": float, "high": float})

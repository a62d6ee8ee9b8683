"""Run a calibration: condition by condition, in parallel, going on where it stopped."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pandas as pd
from scipy import stats as distributions

from varbench.calibration.calling import known_methods, methods_of
from varbench.calibration.calls import ALPHA, chosen
from varbench.calibration.conditions import Condition
from varbench.calibration.measuring import measure
from varbench.calibration.populations import Table
from varbench.errors import InputError, unknown
from varbench.replacing import replacing
from varbench.workers import check_jobs

#: Columns of the table of classes.
CLASS_COLUMNS = (
    "method",
    "design",
    "folds",
    "repeats",
    "n",
    "prevalence",
    "metric",
    "low",
    "high",
    "validity",
)
#: The highest rate of a method that is recommended, though it is not exact.
RECOMMENDED = 0.10
#: Fewer simulations tell nothing.
MIN_SIMULATIONS = 20
_NUMBERS = ("prevalence", "less", "differs", "standard_error", "coverage", "width", "truth")
#: What tells one stored number from another.
_KEYS = ("name", "seed", "n_sim", "method")
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
        A CSV that grows by a condition at a time; what it holds already is not simulated again, and what it holds
        of other numbers of simulations, seeds and conditions stays.
    progress : callable, optional
        Told how many conditions are done, and of how many.

    Returns
    -------
    DataFrame
        As :func:`~varbench.calibration.measuring.measure`, all conditions, in their order.

    Raises
    ------
    InputError
        If `n_sim` is too small, a method is not known, or `out` holds something else.
    """
    from joblib import Parallel, delayed

    if n_sim < MIN_SIMULATIONS:
        raise InputError(
            f"{n_sim} simulations: at least {MIN_SIMULATIONS} are needed, and 1,000 tell .05 from .07"
        )
    asked = tuple(methods)
    for name in asked:
        if name not in known_methods():
            raise InputError(unknown("method", name, known_methods()))
    stored = _read(out)
    ours = stored[(stored["n_sim"] == n_sim) & (stored["seed"] == seed)]
    known = {str(name): part for name, part in ours.groupby("name", sort=False)}
    wanted = {c.name: chosen(dict.fromkeys(_asked(c)), asked) for c in conditions}
    left = {name: _missing(known.get(name), names) for name, names in wanted.items()}
    waiting = [c for c in conditions if left[c.name]]
    done = sum(bool(names) for names in wanted.values()) - len(waiting)
    parallel = Parallel(n_jobs=check_jobs(jobs), return_as="generator_unordered")
    tasks = (delayed(_measured)(c, n_sim, seed, left[c.name], table) for c in waiting)
    for number, (name, frame) in enumerate(parallel(tasks), 1):
        known[name] = pd.concat([known[name], frame], ignore_index=True) if name in known else frame
        if out is not None:
            stored = pd.concat([stored, frame], ignore_index=True) if len(stored) else frame
            _write(out, stored)
        if progress is not None:
            progress(done + number, done + len(waiting))
    parts = [_ordered(known[name], names) for name, names in wanted.items() if names]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _asked(condition: Condition) -> tuple[str, ...]:
    c = condition
    return methods_of(c.design, c.folds, c.repeats, c.metric, thorough=c.is_thorough)


def _missing(frame: pd.DataFrame | None, names: tuple[str, ...]) -> tuple[str, ...]:
    there = set() if frame is None else set(frame["method"])
    return tuple(name for name in names if name not in there)


def _ordered(frame: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    """Give the rows of some methods, in their order: whether measured now, before, or at different times."""
    return frame.set_index("method", drop=False).loc[list(names)].reset_index(drop=True)


def _measured(
    condition: Condition, n_sim: int, seed: int, methods: tuple[str, ...], table: Table | None
) -> tuple[str, pd.DataFrame]:
    frame = measure(condition, n_sim, seed=seed, methods=methods, table=table)
    return condition.name, frame.assign(name=condition.name, seed=seed)


def _number(text: str) -> float:
    return float(text) if text else math.nan


def _read(out: Path | None) -> pd.DataFrame:
    """Read what a calibration has stored: all of it, since all of it is written again."""
    empty = pd.DataFrame(columns=list(_KEYS))
    if out is None or not out.exists():
        return empty
    try:
        # Python's own reading is right to the last bit: what is read must not differ from what was measured.
        frame = pd.read_csv(out, converters=dict.fromkeys(_NUMBERS, _number))
    except (ValueError, OSError) as error:
        raise InputError(f"{out} cannot be read as a calibration: {error}") from None
    if not set(_KEYS) <= set(frame.columns):
        raise InputError(
            f"{out} is not a calibration: it lacks the columns {', '.join(_KEYS)}; name another file or folder"
        )
    return frame


def _write(path: Path, frame: pd.DataFrame) -> None:
    """Replace a file as a whole: nobody ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as beside:
        frame.to_csv(beside, index=False)


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
    """Which class has each method in each design, by its measured rates?

    Parameters
    ----------
    frame : DataFrame
        From :func:`run`.

    Returns
    -------
    DataFrame
        A row for each method and design (folds, repeats, n, prevalence, metric): the lowest and the highest error
        rate over its conditions, and the class. An error is to call equal procedures different; on a real table,
        where none are equal, to miss the true difference.
        *exact*: every rate within the binomial band of the nominal 0.05, and none above 0.10; *approximate*: none
        above 0.10, though some rate is below the band or above it; else *failing*. Below 1,000 simulations the band
        is wide, and the classes are a first look.
    """
    missed = (1 - frame["coverage"]).where(frame["population"] != "halves")
    errors = frame.assign(error=frame["differs"].where(frame["null"], missed)).dropna(subset="error")
    rows = []
    for keys, part in errors.groupby(list(CLASS_COLUMNS[:7]), sort=True):
        low, high = float(part["error"].min()), float(part["error"].max())
        bounds = [band(int(n)) for n in part["n_sim"]]
        inside = all(b[0] <= rate <= b[1] for b, rate in zip(bounds, part["error"].round(9), strict=True))
        validity = "failing" if high > RECOMMENDED else "exact" if inside else "approximate"
        rows.append((*keys, round(low, 4), round(high, 4), validity))
    found = pd.DataFrame(rows, columns=list(CLASS_COLUMNS))
    return found if len(found) else found.astype({"low": float, "high": float})

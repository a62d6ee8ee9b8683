"""``calibrate``: how often is a method wrong, and how often does it find what is there?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from varbench.calibration import band, classify, full, quick, run
from varbench.calibration import known_methods
from varbench.errors import InputError, unknown
from varbench.report import Answer, Picture, Shown

#: Simulations of a condition: at a first look, and for the table of classes.
QUICK, FULL = 200, 1000


def calibrate(
    methods: Sequence[str] | str = (),
    *,
    whole: bool = False,
    n_sim: int | None = None,
    seed: int = 0,
    jobs: int = 1,
    out: str | Path | None = None,
    progress: Any = None,
    command: str = "",
) -> Answer:
    """How far can a method's error rate be trusted, by design?

    Parameters
    ----------
    methods : sequence of str
        Which; all by default.
    whole : bool
        Whether to simulate the whole grid, from which the table of classes is made, and not a few conditions.
    n_sim : int, optional
        Simulations of each condition; 200, or 1,000 of the whole grid.
    seed : int
        Of the simulations.
    jobs : int
        Worker processes.
    out : path, optional
        A folder: ``rates.csv`` grows condition by condition, and what it holds is not simulated again; ``classes.csv`` is
        the table of classes.
    progress : callable, optional
        Told how many conditions are done, and of how many.
    command : str
        The line that was typed, for the provenance.

    Returns
    -------
    Answer
        Error rates where the procedures are equal, power and coverage where they are not, and the classes.

    Raises
    ------
    InputError
        If a method is not known.
    """
    asked = [methods] if isinstance(methods, str) else list(methods)
    for name in asked:
        if name not in known_methods():
            raise InputError(unknown("method", name, known_methods()))
    number = n_sim if n_sim is not None else FULL if whole else QUICK
    folder = None if out is None else Path(out)
    rates = run(
        full() if whole else quick(), number, seed=seed, methods=asked, jobs=jobs, progress=progress,
        out=None if folder is None else folder / "rates.csv",
    )  # fmt: skip
    if not len(rates):
        raise InputError(f"{', '.join(asked)} is in none of these conditions; --full has more")
    classes = classify(rates)
    if folder is not None:
        classes.to_csv(folder / "classes.csv", index=False)
    return _answer(rates, classes, number, {"command": command, "seed": seed})


def _design(row: Any) -> str:
    if row.design == "re-split":
        return f"{row.folds}-fold x {row.repeats}, n = {row.n}, {row.prevalence:g} positive"
    unit = {
        "fresh": f"{row.repeats} fresh cohorts of {row.n}",
        "test set": f"{row.n} test cases",
        "data sets": f"{row.n} data sets",
    }
    return unit[row.design]


def _answer(rates: pd.DataFrame, classes: pd.DataFrame, n_sim: int, about: dict[str, Any]) -> Answer:
    nulls = rates[rates["null"]].assign(setting=lambda t: [_design(r) for r in t.itertuples()])
    power = rates[~rates["null"]].assign(setting=lambda t: [_design(r) for r in t.itertuples()])
    low, high = band(n_sim, 0.95)
    worst = nulls.groupby("method", sort=False)["differs"].max()
    failing = [
        f"{name} (up to {rate:.2f})"
        for name, rate in worst.sort_values(ascending=False).items()
        if rate > 0.10
    ]
    heat = nulls.groupby(["method", "setting"], sort=False)["differs"].max().reset_index()
    heat.columns = pd.Index(["row", "column", "value"])
    headline = (
        f"Not to be trusted in some design: {', '.join(failing[:4])}"
        + (f" and {len(failing) - 4} more." if len(failing) > 4 else ".")
        if failing
        else "No method's error rate is above 0.10 in these designs."
    )
    return Answer(
        command="calibrate", kicker=f"{n_sim:,} simulations a condition, {rates['name'].nunique()} conditions",
        question="How often is a method wrong?", scope="In these simulated designs, at a nominal error rate of 0.05", headline=headline,
        sentences=(
            f"An exact method calls two equal procedures different in {low:.3f} to {high:.3f} of {n_sim:,} simulations, with probability 0.95.",
            "Re-splits share their patients: what takes them as independent is wrong most of the time.",
        ),
        frames={"errors": nulls, "power": power, "classes": classes, "heat": heat},
        tables=(
            Shown("errors", "Error rates: equal procedures called different", {"method": "Method", "setting": "Design", "differs": "Error rate", "standard_error": "± (SE)", "coverage": "Coverage"}, (), 3),
            *((Shown("power", "Power and coverage where the procedures differ", {"method": "Method", "setting": "Design", "differs": "Power", "coverage": "Coverage", "width": "Width"}, (), 3),) if len(power) else ()),
        ),
        pictures=(Picture("heat", "heat", "Error rate by method and design", headline, "Nominal: 0.05.", {}),),
        methods="Error rates were measured by simulation: two procedures that are equal in the population, on cohorts drawn anew.",
        about={**about, "n_sim": n_sim},
    )  # fmt: skip

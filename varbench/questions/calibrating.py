"""``calibrate``: how often is a method wrong, and how often does it find what is there?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from varbench.calibration import RECOMMENDED, Table, band, classify, full, known_methods, on_table, quick, run
from varbench.calibration.conditions import DESIGNS_OF_CASES, OF_NUMBERS
from varbench.cube import one_cube
from varbench.data import load_data
from varbench.errors import InputError
from varbench.questions.asked import is_run
from varbench.questions.model_parts import label_in
from varbench.questions.of_null import answer_null
from varbench.report import Answer, Picture, Shown

if TYPE_CHECKING:
    import xarray as xr

    from varbench.data import Data

#: Simulations of a condition: at a first look, and for the table of classes.
QUICK, FULL = 200, 1000
_FIRST_LOOK = "{n_sim:,} simulations are a first look: classes are made from 1,000 and more."


def calibrate(
    what: Sequence[str] | str | Path | xr.Dataset = (),
    *,
    whole: bool = False,
    n_sim: int | None = None,
    seed: int = 0,
    data: str | Path | Data | None = None,
    jobs: int = 1,
    out: str | Path | None = None,
    progress: Any = None,
    command: str = "",
    **reading: Any,
) -> Answer:
    """How far can a method's error rate be trusted, by design?

    Parameters
    ----------
    what : sequence of str, path or xarray.Dataset
        Methods; all by default. Or one run, by its folder or its cube, of a study that declares two procedures as
        equal and crosses cohorts with splits: then its own cohorts show the rates, and nothing is simulated.
    whole : bool
        Whether to simulate the whole grid, from which the table of classes is made, and not a few conditions.
    n_sim : int, optional
        Simulations of each condition; 200, or 1,000 of the whole grid.
    seed : int
        Of the simulations.
    data : str, path or Data, optional
        A large table with two classes, as a population beside the simulated ones: small cohorts are drawn from it,
        each procedure sees one half of its features, and all other cases are the truth.
    jobs : int
        Worker processes.
    out : path, optional
        A folder: ``rates.csv`` grows condition by condition, and what it holds is not simulated again;
        ``classes.csv`` is the table of classes.
    progress : callable, optional
        Told how many conditions are done, and of how many.
    command : str
        The line that was typed, for the provenance.
    **reading
        How to read `data`: ``target``, ``positive``, ``search``... as in :func:`varbench.load_data`.

    Returns
    -------
    Answer
        Error rates where the procedures are equal, power and coverage where they are not, and the classes.

    Raises
    ------
    VarbenchError
        If a method is not known, the run is of another kind, or the table is too small or has not two classes.

    Examples
    --------
    >>> import varbench as vb
    >>> answer = vb.calibrate("mean_over_datasets", n_sim=100)
    >>> answer.frame("errors")[["n", "differs"]].round(2).to_dict("list")
    {'n': [6, 20], 'differs': [0.03, 0.06]}
    """
    cube = _cube_of(what)
    if cube is not None:
        return answer_null(cube, {"command": command})
    asked = [what] if isinstance(what, str) else [str(name) for name in what]  # type: ignore[union-attr]
    if data is None and reading:
        raise InputError(f"{', '.join(reading)}: given without data, whose reading they are about")
    table = None if data is None else _table(load_data(data, **reading), seed)
    conditions = full() if whole else quick()
    conditions += [] if table is None else on_table(table, whole=whole)
    number = n_sim if n_sim is not None else FULL if whole else QUICK
    folder = None if out is None else Path(out)
    rates = run(
        conditions,
        number,
        seed=seed,
        methods=asked,
        table=table,
        jobs=jobs,
        progress=progress,
        out=None if folder is None else folder / "rates.csv",
    )
    if not len(rates):
        raise InputError(f"{', '.join(asked)} is in none of these conditions; --full has more")
    classes = classify(rates)
    if folder is not None:
        classes.to_csv(folder / "classes.csv", index=False)
    return _answer(rates, classes, number, {"command": command, "seed": seed})


def _cube_of(what: Any) -> xr.Dataset | None:
    """Open the run that is meant; None where methods are."""
    if isinstance(what, Mapping):  # a Dataset is a mapping of its variables
        return one_cube(what, "calibrate")  # type: ignore[arg-type]
    named = [what] if isinstance(what, str | Path) else list(what)
    runs = [name for name in named if name not in known_methods() and is_run(name)]
    if runs and len(named) > 1:
        raise InputError(f"{runs[0]} is a run: name it alone, or methods alone")
    if runs:
        return one_cube(runs[0], "calibrate")
    for name in named:
        if Path(name).exists() and name not in known_methods():
            raise InputError(f"{name} holds no cube: name a run's folder, or methods")
    return None


def _table(data: Data, seed: int) -> Table:
    if len(data.classes) != 2:
        raise InputError(f"{data.name} has {len(data.classes)} classes: a population needs 2")
    if data.groups is not None:
        raise InputError(
            f"{data.name} has groups: cohorts are drawn case by case, so that cases must be independent"
        )
    return Table.in_halves(data.X, data.y, name=data.name, seed=seed)


def _design(row: Any) -> str:
    """Write the design of one condition."""
    if row.design == "re-split":
        where = "" if row.population == "halves" else f"{row.population}, "
        outcome = label_in(row.metric) if row.metric in OF_NUMBERS else f"{row.prevalence:g} positive"
        return f"{where}{row.folds}-fold x {row.repeats}, n = {row.n}, {outcome}"
    unit = {
        "fresh": f"{row.repeats} fresh cohorts of {row.n}",
        "test set": f"{row.n} test cases",
        "seeds": f"{row.repeats} seeds, {row.n} test cases",
        "one model": f"one model, {row.n} test cases",
        "data sets": f"{row.n} data sets",
    }
    of_cases = row.design in DESIGNS_OF_CASES
    return unit[row.design] + (f", {label_in(row.metric)}" if of_cases and row.metric != "roc_auc" else "")


#: The tables: frame, title, and the columns beside method and design.
_TABLES = (
    (
        "worst",
        "Equal procedures called different: the highest rate of each design",
        {"differs": "Error rate", "standard_error": "± (SE)", "coverage": "Coverage"},
    ),
    (
        "power",
        "Power and coverage where the procedures differ",
        {"less": "Less signal", "differs": "Power", "coverage": "Coverage", "width": "Width"},
    ),
    (
        "real",
        "Cohorts drawn from a real table: coverage of the difference on its other cases",
        {"model": "Model", "truth": "True difference", "coverage": "Coverage", "differs": "Called different"},
    ),
)


def _frames(rates: pd.DataFrame) -> dict[str, pd.DataFrame]:
    rates = rates.assign(setting=[_design(row) for row in rates.itertuples()])
    real, errors = rates["population"] != "halves", rates[rates["null"]]
    worst = errors.loc[errors.groupby(["method", "setting"], sort=False)["differs"].idxmax()]
    heat = worst[["method", "setting", "differs"]].set_axis(["row", "column", "value"], axis="columns")
    power = rates[~rates["null"] & ~real]
    return {"errors": errors, "worst": worst, "heat": heat, "power": power, "real": rates[real]}


def _headline(worst: pd.DataFrame) -> str:
    highest = worst.groupby("method", sort=False)["differs"].max().sort_values(ascending=False)
    failing = [f"{name} (up to {rate:.2f})" for name, rate in highest.items() if rate > RECOMMENDED]
    if not failing:
        return f"No method's error rate is above {RECOMMENDED:.2f} in these designs."
    more = f" and {len(failing) - 4} more" if len(failing) > 4 else ""
    return f"Not to be trusted in some design: {', '.join(failing[:4])}{more}."


def _answer(rates: pd.DataFrame, classes: pd.DataFrame, n_sim: int, about: dict[str, Any]) -> Answer:
    frames = _frames(rates)
    low, high = band(n_sim, 0.95)
    headline = _headline(frames["worst"])
    heads = {"method": "Method", "setting": "Design"}
    return Answer(
        command="calibrate",
        kicker=f"{n_sim:,} simulations a condition, {rates['name'].nunique()} conditions",
        question="How often is a method wrong?",
        scope="In these simulated designs, at a nominal error rate of 0.05",
        headline=headline,
        sentences=(
            f"An exact method calls two equal procedures different in {low:.3f} to {high:.3f} of {n_sim:,} "
            "simulations, with probability 0.95.",
            "Re-splits share their patients: what takes them as independent is wrong most of the time.",
        ),
        notices=(_FIRST_LOOK.format(n_sim=n_sim),) if n_sim < FULL else (),
        frames={**frames, "classes": classes},
        tables=tuple(
            Shown(name, title, heads | more, (), 3) for name, title, more in _TABLES if len(frames[name])
        ),
        pictures=(
            Picture(
                "heat",
                "heat",
                "Error rate by method and design",
                headline,
                "Nominal: 0.05.",
                {"kind": "rate"},
            ),
        ),
        methods=(
            "Error rates were measured by simulation: two procedures that are equal in the population, on cohorts "
            "drawn anew. From a real table cohorts were drawn without replacement, and the same models were scored on "
            "all its other cases; the mean of their differences over the cohorts is the true one."
        ),
        about={**about, "n_sim": n_sim},
    )

"""Plan from a pilot: power from its cohorts, a budget divided by its components, or more patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from varbench.cube import crossed, design
from varbench.effects import greater_is_better, primary, repeat_scores
from varbench.errors import InputError, unknown
from varbench.metrics import label_of
from varbench.questions.pieces import pair_of
from varbench.report import Answer, Picture, Shown
from varbench.stats import variance_components
from varbench.stats.budget import allocation
from varbench.stats.power import power_by_simulation
from varbench.verdict import Facts, conclude

if TYPE_CHECKING:
    import xarray as xr

#: What may be spent where nobody says it.
BUDGET = 100.0
#: Sizes that a curve is drawn over.
SIZES = (5, 10, 15, 20, 30, 40, 50, 75, 100, 150, 200, 300)
#: By more than this, Monte Carlo error aside, no power falls as repeats are added.
FALL = 0.05


def answer_pilot(
    cube: xr.Dataset,
    metric: str | None,
    procedures: Sequence[str] | None,
    effect: float | None,
    budget: float | None,
    costs: Mapping[str, float] | None,
    power: float,
    level: float,
    rng: int,
    about: dict[str, Any],
) -> Answer:
    """Answer what a study needs by its pilot.

    Parameters
    ----------
    cube : xarray.Dataset
        The pilot.
    metric, procedures, effect, budget, costs, power, rng
        As in :func:`varbench.questions.plan`.
    level : float
        Of intervals.
    about : dict
        Provenance.

    Returns
    -------
    Answer
        By its design: how a budget is spent, how many cohorts, or that repeats cannot help.
    """
    kind = design(cube)["kind"]
    name = metric or primary(cube)
    known = [str(one) for one in cube["metric"].values]
    if name not in known:
        raise InputError(unknown("metric", name, known))
    there = [str(one) for one in cube["procedure"].values]
    for one in procedures or ():
        if one not in there:
            raise InputError(unknown("procedure", one, there))
    if kind == "crossed":
        return _budget(cube, name, procedures, budget, costs, level, about)
    if budget is not None:
        raise InputError(
            "a budget is divided by the components of a crossed pilot: run it with --design crossed"
        )
    first, second = (None, None) if procedures is None else pair_of(there, procedures)
    conclusion = conclude(cube, first, second)
    facts = conclusion.facts
    if not facts.cohort_varied:
        return _more_patients(conclusion, about)
    wanted = facts.margin if effect is None else effect
    return _power(cube, facts, name, wanted, power, rng, about)


def _power(
    cube: xr.Dataset,
    facts: Facts,
    name: str,
    wanted: float | None,
    power: float,
    rng: int,
    about: dict[str, Any],
) -> Answer:
    """Simulate the power from a pilot's cohorts."""
    sign = 1.0 if greater_is_better(cube, name) else -1.0
    d = sign * (repeat_scores(cube, facts.first, name) - repeat_scores(cube, facts.second, name))
    curve = power_by_simulation(d, SIZES, effect=wanted, rng=rng)
    table, needed = curve.frame(), curve.size(power)
    aim = "the pilot's own mean" if wanted is None else f"a difference of {wanted:g}"
    low, high = (column for column in ("ci_low", "ci_high"))
    lines = pd.DataFrame(
        {"series": "power", "x": table["n"], "y": table["power"], "low": table[low], "high": table[high]}
    )
    found = "more than 300 repeats" if needed is None else f"{needed} repeats"
    title, axes = "Power over the number of repeats", {"xlabel": "repeats", "ylabel": "power"}
    picture = Picture("lines", "lines", title, f"{found} for {power:g}.", "Band: Monte Carlo error.", axes)
    return Answer(
        command="plan",
        kicker=f"pilot: {facts.study}, {facts.n_repeats} {facts.over}",
        question=f"How many repeats find {aim}?",
        scope="In this population" if facts.simulated else "For patients like these",
        headline=f"{found[0].upper()}{found[1:]} for a power of {power:g}.",
        sentences=(
            (
                "Each repeat draws a new cohort, so that repeats are independent. Power by simulation from "
                f"the pilot's {len(d)} differences, moved to {aim}."
            ),
            *_too_high(table["power"].to_numpy(float)),
        ),
        frames={"power": table, "lines": lines},
        tables=(
            Shown(
                "power",
                "Power by number of repeats",
                {"n": "Repeats", "power": "Power", "interval": "Interval"},
                (),
                3,
            ),
        ),
        pictures=(picture,),
        about=about,
    )


def _too_high(power: np.ndarray) -> tuple[str, ...]:
    """Say so where power falls as repeats are added: then some of it is error."""
    if len(power) < 2 or np.diff(power).min() > -FALL:
        return ()
    return (
        "At few repeats the test rejects too often on differences as skewed as the pilot's: what falls with more "
        "repeats is error, not power.",
    )


def _more_patients(conclusion: Any, about: dict[str, Any]) -> Answer:
    facts, said = conclusion.facts, conclusion.verdict
    floor = next((r for r in conclusion.results if r.method == "resample_floor"), None)
    # What a leaking score lacks is a clean order of steps: no size makes up for it.
    headline = "More patients, not more repeats."
    if facts.leaking:
        headline = f"No size is enough: {said.headline.removeprefix('Not a gain: ')}"
    frame = pd.DataFrame([{"quantity": f"{facts.units} in the pilot", "value": facts.n_units}])
    if floor is not None and floor.estimate is not None:
        rows = [
            ("half-width now", floor.settings["half_width"]),
            ("its floor, whatever the repeats", floor.estimate),
        ]
        frame = pd.concat([frame, pd.DataFrame(rows, columns=["quantity", "value"])], ignore_index=True)
    return Answer(
        command="plan",
        kicker=f"pilot: {facts.study}, one cohort",
        question="How many more runs are needed?",
        scope=said.scope if facts.leaking else "For patients like these",
        headline=headline,
        sentences=said.sentences[:1],
        settle=said.settle,
        verdicts=(conclusion,),
        frames={"pilot": frame},
        tables=(Shown("pilot", "The pilot", {"quantity": "", "value": "Value"}, (), 4),),
        about=about,
    )


def _budget(
    cube: xr.Dataset,
    metric: str,
    procedures: Sequence[str] | None,
    given_budget: float | None,
    costs: Mapping[str, float] | None,
    level: float,
    about: dict[str, Any],
) -> Answer:
    budget = BUDGET if given_budget is None else given_budget
    names = list(procedures or [str(one) for one in cube["procedure"].values])
    table = crossed(cube, names[0], metric)
    of = names[0]
    if len(names) > 1:
        table, of = table - crossed(cube, names[1], metric), f"{names[0]} minus {names[1]}"
    moving = [str(dim) for dim in table.dims if table.sizes[dim] > 1]
    components = variance_components(table.squeeze().values, factors=moving, confidence_level=level)
    given = dict(costs or {})
    for source in given:
        if source not in moving:
            raise InputError(unknown("source", source, moving))
    priced = {s: float(given.get(s, 1.0)) for s in (*given, *(m for m in moving if m not in given))}
    found = allocation(components.variances, priced, budget)
    sizes = found.frame()
    said = ", ".join(f"{source} {n}" for source, n in zip(found.sources, found.each, strict=True))
    return Answer(
        command="plan",
        kicker=f"{of}: {label_of(metric)}, budget {budget:g}",
        question="How is a budget best spent?",
        scope="On this cohort" if "cohort" not in moving else "In this population",
        headline=f"{said}: standard error {found.standard_error:.4f}.",
        sentences=(
            (
                "Draws of each source within one of the source before it; costs "
                f"{', '.join(f'{s} {c:g}' for s, c in priced.items())}, outermost first."
            ),
            f"No division of this budget has a standard error below {found.bound:.4f}.",
            *_assumed(cube, names[:2], found.totals[-1], costs, given_budget),
        ),
        frames={"allocation": sizes, "components": components.frame()},
        tables=(
            Shown(
                "allocation",
                "Draws to buy",
                {column: column.replace("_", " ") for column in sizes.columns},
                (),
                4,
            ),
        ),
        results=components.results,
        about=about,
    )


def _assumed(
    cube: xr.Dataset,
    names: Sequence[str],
    runs: int,
    costs: Mapping[str, float] | None,
    given_budget: float | None,
) -> tuple[str, ...]:
    """Say what nobody gave and is assumed, and what a run took in the pilot, so that the budget has a unit."""
    found = []
    if not costs:
        found.append(
            "Assumed: one more draw of each source costs 1, as much as one run; --costs says what each costs. Where a "
            "new draw costs nothing beyond its run, drawing every source anew in each run is best."
        )
    if given_budget is None:
        found.append(f"Assumed: a budget of {BUDGET:g} in the units of the costs; --budget says another.")
    took = (
        cube["seconds"].sel(procedure=list(names)).sum("procedure", min_count=len(names))
        if "seconds" in cube
        else None
    )
    if took is not None and bool(took.notnull().any()):
        each = float(took.mean())
        of = "both procedures" if len(names) > 1 else names[0]
        found.append(
            f"In the pilot a run of {of} took {_time(each)} on average, as recorded: these {runs:,} runs take about "
            f"{_time(runs * each)} of computing."
        )
    return tuple(found)


def _time(seconds: float) -> str:
    """Write a time.

    Examples
    --------
    >>> _time(0.042), _time(95), _time(9000)
    ('0.042 seconds', '95 seconds', '2.5 hours')
    """
    if seconds < 120:
        return f"{seconds:.2g} seconds" if seconds < 10 else f"{seconds:.0f} seconds"
    return f"{seconds / 60:.3g} minutes" if seconds < 7200 else f"{seconds / 3600:.3g} hours"

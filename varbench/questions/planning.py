"""``plan``: how many runs, patients, splits and seeds does a question need?"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from varbench.cube import crossed, design, open_cube
from varbench.effects import greater_is_better, primary, repeat_scores
from varbench.errors import InputError, unknown
from varbench.metrics import METRICS
from varbench.questions.pieces import label_of
from varbench.report import Answer, Picture, Shown
from varbench.stats import variance_components
from varbench.stats.budget import allocation
from varbench.stats.planning import KINDS, outperform_sizes, test_set_size, width_of
from varbench.stats.power import power_by_simulation
from varbench.verdict import conclude

#: Sizes that a curve is drawn over.
_SIZES = (5, 10, 15, 20, 30, 40, 50, 75, 100, 150, 200, 300)
_RULES = {
    "published": "Published (Noether, for unpaired runs)",
    "sign_test": "Sign test, one-sided",
    "interval": "Exact two-sided interval",
}


def plan(
    run: Any = None,
    *,
    gamma: float | None = None,
    power: float | None = None,
    metric: str | None = None,
    expected: float | None = None,
    width: float | None = None,
    prevalence: float | None = None,
    sd: float | None = None,
    effect: float | None = None,
    budget: float | None = None,
    costs: Mapping[str, float] | None = None,
    procedures: Sequence[str] | None = None,
    confidence_level: float = 0.95,
    rng: int = 0,
    command: str = "",
) -> Answer:
    """How large must the next study be?

    Parameters
    ----------
    run : xarray.Dataset or path, optional
        A pilot: from its cohorts power is simulated; from a crossed design a budget is divided.
    gamma, power : float, optional
        Pairs of runs that show P(A>B) = gamma with this power; .75 and .95 by default.
    metric, expected, width, prevalence, sd
        Test cases for an interval of this width, as in :func:`varbench.stats.test_set_size`.
    effect : float, optional
        The difference that is to be found in a simulation from a pilot; the margin of its study by default.
    budget : float, optional
        To be divided among the sources of a crossed pilot.
    costs : mapping of str to float, optional
        Of one more draw of each source, outermost first; 1 each by default.
    procedures : sequence of str, optional
        The two of the pilot.
    confidence_level : float
        In (0, 1).
    rng : int
        The seed of simulations.
    command : str
        The line that was typed, for the provenance.

    Returns
    -------
    Answer
        Sizes, with curves of power or width.

    Raises
    ------
    InputError
        If it is not said what is planned, or two things at once.

    Examples
    --------
    >>> plan(gamma=0.75, power=0.95).frame("sizes")["n"].tolist()
    [29, 44, 54]
    """
    about = {"command": command, "seed": rng}
    asked = [
        name
        for name, given in (
            ("a run", run is not None),
            ("gamma", gamma is not None),
            ("a metric", metric is not None and run is None),
        )
        if given
    ]
    if len(asked) != 1:
        raise InputError(
            f"plan needs one thing to plan, and got {' and '.join(asked) or 'none'}: a RUN, --gamma, or "
            "--metric with --width"
        )
    if not 0 < confidence_level < 1:
        raise InputError(f"confidence_level={confidence_level!r}: must lie between 0 and 1, as 0.95 does")
    said = {
        "power": power,
        "expected": expected,
        "width": width,
        "prevalence": prevalence,
        "sd": sd,
        "effect": effect,
        "budget": budget,
        "costs": costs,
        "procedures": procedures,
    }
    _refuse_unused(asked[0], [name for name, value in said.items() if value is not None])
    if gamma is not None:
        return _runs(gamma, 0.95 if power is None else power, about)
    if run is not None:
        cube = run if isinstance(run, xr.Dataset) else open_cube(Path(os.fspath(run)), verify=True)
        return _pilot(
            cube,
            metric,
            procedures,
            effect,
            budget,
            costs,
            0.8 if power is None else power,
            confidence_level,
            rng,
            about,
        )
    if width is None:
        raise InputError(
            "--width is needed: how wide may the interval be, from end to end, in the metric's units?"
        )
    if metric in METRICS and width >= METRICS[metric].high - METRICS[metric].low:
        raise InputError(
            f"width={width!r}: {metric} itself has a range of {METRICS[metric].high - METRICS[metric].low:g}"
        )
    return _test_set(str(metric), expected, width, prevalence, sd, confidence_level, about)


#: What goes with each thing that is planned.
_TAKES = {
    "a run": ("power", "effect", "budget", "costs", "procedures"),
    "gamma": ("power",),
    "a metric": ("expected", "width", "prevalence", "sd"),
}


def _refuse_unused(asked: str, said: Sequence[str]) -> None:
    unused = [name for name in said if name not in _TAKES[asked]]
    if unused:
        raise InputError(
            f"{', '.join(unused)} says nothing where {asked} is planned; what does is {', '.join(_TAKES[asked])}"
        )


def _runs(gamma: float, power: float, about: dict[str, Any]) -> Answer:
    sizes = outperform_sizes(gamma, power)
    table = pd.DataFrame([{"rule": _RULES[name], "name": name, "n": n} for name, n in sizes.items()])
    gammas = [g / 100 for g in range(55, 96, 5)]
    lines = pd.DataFrame(
        [
            {"series": _RULES[name], "x": g, "y": n}
            for g in gammas
            for name, n in _sizes_or_none(g, power).items()
        ]
    )
    return Answer(
        command="plan",
        kicker=f"P(A>B) = {gamma:g}, power {power:g}",
        question="How many independent pairs of runs are needed?",
        scope="For independent pairs of runs",
        headline=f"{sizes['interval']} pairs, for an exact interval above one half.",
        sentences=(
            (
                f"The published formula asks for {sizes['published']}: it is one of unpaired samples, and its "
                "power for pairs is less than "
                f"{power:g}. A one-sided sign test needs {sizes['sign_test']}, a two-sided exact interval "
                f"{sizes['interval']}."
            ),
            (
                "Pairs must be independent. Repeats that re-split one cohort are not: their number says "
                "nothing of other patients."
            ),
        ),
        frames={"sizes": table, "lines": lines},
        tables=(Shown("sizes", "Pairs of runs", {"rule": "Rule", "n": "Pairs"}, (), 0),),
        pictures=(
            Picture(
                "lines",
                "lines",
                f"Pairs that a power of {power:g} needs",
                "Pairs over P(A>B), by rule.",
                "The nearer to one half, the more.",
                {"xlabel": "P(A>B)", "ylabel": "pairs of runs", "logy": True},
            ),
        ),
        citations=(
            "Bouthillier et al. 2021, arXiv:2103.03098",
            "Noether 1987, doi:10.1080/01621459.1987.10478478",
        ),
        about=about,
    )


def _sizes_or_none(gamma: float, power: float) -> dict[str, int]:
    from varbench.errors import StatisticsError

    try:
        return outperform_sizes(gamma, power)
    except StatisticsError:  # more pairs than anybody would run
        return {}


def _test_set(
    metric: str,
    expected: float | None,
    width: float,
    prevalence: float | None,
    sd: float | None,
    level: float,
    about: dict[str, Any],
) -> Answer:
    more: dict[str, Any] = {
        "expected": expected,
        "prevalence": prevalence,
        "sd": sd,
        "confidence_level": level,
    }
    n = test_set_size(metric, width=width, **more)
    sizes = np.unique(np.geomspace(max(n / 10, 10), n * 4, 40).round().astype(int))
    lines = pd.DataFrame(
        [{"series": metric, "x": int(k), "y": _width(metric, int(k), more)} for k in sizes]
    ).dropna()
    what = (
        f"{label_of(metric)} about {expected:g}"
        if expected is not None
        else f"{label_of(metric)} with an SD of {sd:g} over cases"
    )
    share = f", prevalence {prevalence:g}" if prevalence is not None else ""
    table = pd.DataFrame(
        [{"width": w, "n": test_set_size(metric, width=w, **more)} for w in (width / 2, width, 2 * width)]
    )
    return Answer(
        command="plan",
        kicker=f"{what}{share}, width {width:g}",
        question="How many test cases are needed?",
        scope="For one trained model on patients like the test patients",
        headline=f"{n:,} test cases.",
        sentences=(
            (
                f"With {n:,} independent test cases the {100 * level:g} % interval of {what} is expected to "
                f"be {width:g} wide, from end to end."
            ),
            "Cases of one patient are not independent: count patients.",
        ),
        frames={"sizes": table, "lines": lines},
        tables=(Shown("sizes", "Test cases by width", {"width": "Width", "n": "Test cases"}, (), 4),),
        pictures=(
            Picture(
                "lines",
                "lines",
                "Width of the interval over the number of test cases",
                f"At {n:,} cases the width is {width:g}.",
                f"{KINDS[metric]}: see the methods.",
                {"xlabel": "test cases", "ylabel": "width of the interval", "logx": True},
            ),
        ),
        methods=(
            f"The test set was sized for an expected width of {width:g} of the {100 * level:g} % "
            f"interval of {label_of(metric)}."
        ),
        about=about,
    )


def _width(metric: str, n: int, more: dict[str, Any]) -> float:
    from varbench.errors import StatisticsError

    try:
        return width_of(metric, n, **more)
    except StatisticsError:  # no case of the class that counts
        return float("nan")


def _pilot(
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
    kind = design(cube)["kind"]
    name = metric or primary(cube)
    if kind == "crossed":
        return _budget(cube, name, procedures, 100.0 if budget is None else budget, costs, level, about)
    if budget is not None:
        raise InputError(
            "a budget is divided by the components of a crossed pilot: run it with --design crossed"
        )
    first, second = (None, None) if procedures is None else procedures
    conclusion = conclude(cube, first, second)
    facts = conclusion.facts
    if not facts.cohort_varied:
        return _more_patients(conclusion, about)
    sign = 1.0 if greater_is_better(cube, name) else -1.0
    d = sign * (repeat_scores(cube, facts.first, name) - repeat_scores(cube, facts.second, name))
    wanted = facts.margin if effect is None else effect
    curve = power_by_simulation(d, _SIZES, effect=wanted, rng=rng)
    table, needed = curve.frame(), curve.size(power)
    aim = "the pilot's own mean" if wanted is None else f"a difference of {wanted:g}"
    low, high = (column for column in ("ci_low", "ci_high"))
    lines = pd.DataFrame(
        {"series": "power", "x": table["n"], "y": table["power"], "low": table[low], "high": table[high]}
    )
    found = "more than 300 repeats" if needed is None else f"{needed} repeats"
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
        pictures=(
            Picture(
                "lines",
                "lines",
                "Power over the number of repeats",
                f"{found} for {power:g}.",
                "Band: Monte Carlo error.",
                {"xlabel": "repeats", "ylabel": "power"},
            ),
        ),
        about=about,
    )


def _more_patients(conclusion: Any, about: dict[str, Any]) -> Answer:
    facts, said = conclusion.facts, conclusion.verdict
    floor = next((r for r in conclusion.results if r.method == "resample_floor"), None)
    sentences = (said.settle,)
    frame = pd.DataFrame([{"quantity": "patients in the pilot", "value": facts.n_cases}])
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
        scope="For patients like these",
        headline="More patients, not more repeats.",
        sentences=sentences,
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
    budget: float,
    costs: Mapping[str, float] | None,
    level: float,
    about: dict[str, Any],
) -> Answer:
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

"""``plan``: how many runs, patients, splits and seeds does a question need?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from varbench.cube import one_cube
from varbench.errors import InputError
from varbench.metrics import METRICS, label_of
from varbench.questions.of_pilot import answer_pilot
from varbench.questions.pieces import GAMMA, check_settings
from varbench.report import Answer, Picture, Shown
from varbench.stats.outperform import outperform_sizes
from varbench.stats.planning import KINDS, test_set_size, width_of

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
    given = {
        "a run": run is not None,
        "gamma": gamma is not None,
        "a metric": metric is not None and run is None,
    }
    asked = [name for name, there in given.items() if there]
    if len(asked) != 1:
        raise InputError(
            f"plan needs one thing to plan, and got {' and '.join(asked) or 'none'}: a RUN, --gamma, or "
            "--metric with --width"
        )
    check_settings(None, GAMMA, confidence_level)
    said = {
        "power": power, "expected": expected, "width": width, "prevalence": prevalence, "sd": sd, "effect": effect,
        "budget": budget, "costs": costs, "procedures": procedures,
    }  # fmt: skip
    _refuse_unused(asked[0], [name for name, value in said.items() if value is not None])
    if gamma is not None:
        return _runs(gamma, 0.95 if power is None else power, about)
    if run is not None:
        cube = one_cube(run, "plan")
        wanted = 0.8 if power is None else power
        return answer_pilot(
            cube, metric, procedures, effect, budget, costs, wanted, confidence_level, rng, about
        )  # fmt: skip
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
        pictures=(_width_picture(metric, n, width),),
        methods=(
            f"The test set was sized for an expected width of {width:g} of the {100 * level:g} % "
            f"interval of {label_of(metric)}."
        ),
        about=about,
    )


def _width_picture(metric: str, n: int, width: float) -> Picture:
    title, said = (
        "Width of the interval over the number of test cases",
        f"At {n:,} cases the width is {width:g}.",
    )
    options = {"xlabel": "test cases", "ylabel": "width of the interval", "logx": True}
    return Picture("lines", "lines", title, said, f"{KINDS[metric]}: see the methods.", options)


def _width(metric: str, n: int, more: dict[str, Any]) -> float:
    from varbench.errors import StatisticsError

    try:
        return width_of(metric, n, **more)
    except StatisticsError:  # no case of the class that counts
        return float("nan")

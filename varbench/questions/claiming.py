"""``claim``: what a reviewer can say of a figure when there is only the paper in hand."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from varbench.effects import constant_scores
from varbench.errors import InputError, StatisticsError, unknown
from varbench.metrics import METRICS, label_of
from varbench.questions.of_scores import noise_of_one
from varbench.report import Answer, Picture, Shown
from varbench.stats import Design, Result
from varbench.stats.classes import with_class
from varbench.stats.planning import KINDS, smallest_difference
from varbench.stats.proportions import wilson
from varbench.tables.quantities import QUANTITIES, Quantity, quantity
from varbench.verdict.words import inside

#: Metrics of one class alone, of which a constant answer has all.
ONE_SIDED = ("recall", "specificity")
#: What nobody can tell from a number, and the authors can.
_ALWAYS = (
    "Was every step that learns (scaling, selection, oversampling, tuning) fitted on training rows alone?",
    "Are all rows of one patient on one side of the split?",
    "How many runs, with which seeds and splits, and what was the spread? Was the best of several reported?",
    "Were the hyperparameters of both tuned with the same budget, on rows that are not tested?",
    "Was the primary metric chosen beforehand, and what are the others, and the baseline's, on the same test cases?",
)


def claim(
    *,
    metric: str,
    value: float,
    n_test: int,
    against: float | None = None,
    positives: int | None = None,
    sd: float | None = None,
    runs: int | None = None,
    data_sets: int | None = None,
    external: bool = False,
    confidence_level: float = 0.95,
    command: str = "",
) -> Answer:
    """Could this figure be noise, and what must the authors be asked?

    Parameters
    ----------
    metric : str
        A name of :data:`~varbench.metrics.METRICS`, or a measure of each case, as ``dice`` or ``hd95``.
    value, against : float
        The claimed score, and that of the method it is held against.
    n_test : int
        Test cases.
    positives : int, optional
        Positive ones among them.
    sd : float, optional
        Of a measure of each case: its standard deviation over the test cases, if the paper says.
    runs, data_sets : int, optional
        Runs of each method, and data sets, if the paper says.
    external : bool
        Whether the test cases come from elsewhere.
    confidence_level : float
        In (0, 1).
    command : str
        The line that was typed, for the provenance.

    Returns
    -------
    Answer
        The noise at that n, trivial baselines at that prevalence, the smallest difference that could be real, which
        rows of the table of verdicts could ever apply, and questions for the authors.

    Raises
    ------
    InputError
        If a number is out of its range.

    Examples
    --------
    >>> print(claim(metric="accuracy", value=0.85, against=0.80, n_test=46, positives=8).headline)
    Cannot be told: a difference of 0.050 is within the noise of 46 test cases.
    """
    metric = _known(metric).name
    _check(metric, value, against, n_test, positives, sd)
    _check_numbers(runs=runs, data_sets=data_sets)
    label = _known(metric).label
    noise = noise_of_one(value, n_test, positives, metric, confidence_level, sd)
    prevalence = positives / n_test if positives is not None else None
    weaker = value if against is None else against
    smallest = _smallest(metric, n_test, weaker, prevalence, sd, confidence_level)
    baselines = _baselines(metric, n_test, positives)
    results = [*noise, *_interval(metric, value, n_test, positives, confidence_level)]
    sign = 1 if _known(metric).greater_is_better else -1
    gap = None if against is None else sign * (value - against)
    beaten = _beaten(baselines, metric, value)
    sentences = (
        *_of_noise(metric, n_test, noise, smallest, positives is not None),
        *_of_baselines(baselines, metric, beaten),
    )
    questions = _questions(metric, runs, positives, sd, external)
    frames = {
        "baselines": baselines,
        "rows": _rows(runs, data_sets, external),
        "intervals": _frame(metric, value, against, results),
        "questions": pd.DataFrame({"question": questions}),
    }
    held = f" against {against:g}" if against is not None else ""
    return Answer(
        command="claim",
        kicker=f"{label} {value:g}{held}, {n_test:,} test cases",
        question="Could it be noise?",
        scope="Of this claim, from its numbers alone",
        headline=_headline(gap, smallest, n_test, beaten, label),
        sentences=sentences,
        settle=f"The predictions {'of the model' if against is None else 'of both methods'} for each test case; "
        f"else: {' '.join(questions[:2])}",
        results=tuple(results),
        frames=frames,
        tables=_tables(label, baselines),
        pictures=_pictures(label, n_test, sentences[0], frames["intervals"]),
        about={"command": command},
    )


def _tables(label: str, baselines: pd.DataFrame) -> tuple[Shown, ...]:
    constant = Shown(
        "baselines",
        "Answers without looking, at this prevalence",
        {"classifier": "Classifier", "value": label},
    )
    which = {"row": "Row", "needs": "What it needs", "could": "Here"}
    return (
        *((constant,) if len(baselines) else ()),
        Shown("rows", "Which verdicts could ever apply", which, digits=0),
        Shown("questions", "Questions to the authors", {"question": "Question"}),
    )


def _pictures(label: str, n: int, said: str, intervals: pd.DataFrame) -> tuple[Picture, ...]:
    if not len(intervals):
        return ()
    caption = "The interval is that of the test cases alone."
    options = {"xlabel": label, "reference": None}
    return (
        Picture("intervals", "intervals", f"{label} with its noise at n = {n:,}", said, caption, options),
    )


def _check_numbers(**given: int | None) -> None:
    for name, number in given.items():
        if number is not None and number < 1:
            raise InputError(f"{name}={number!r}: must be 1 or more")


def _known(metric: str) -> Quantity:
    """Give the name, the label, the direction and the range of a metric in any usual spelling."""
    found = quantity(metric) if isinstance(metric, str) else None
    if found is None:
        raise InputError(unknown("metric", metric, QUANTITIES))
    return found


def _check(
    metric: str, value: float, against: float | None, n_test: int, positives: int | None, sd: float | None
) -> None:
    known = _known(metric)
    if positives is not None and metric not in METRICS:
        raise InputError(f"positives={positives!r} says nothing of {known.label}, which has no classes")
    if sd is not None and KINDS.get(metric) != "mean":
        of = ", ".join(name for name, kind in KINDS.items() if kind == "mean")
        raise InputError(f"sd={sd!r} says nothing of {known.label}; it belongs to means over cases: {of}")
    if sd is not None and not 0 < sd < math.inf:
        raise InputError(f"sd={sd!r}: must be above 0, in the units of {known.label}")
    for name, one in (("value", value), ("against", against)):
        if one is not None and not known.low <= one <= known.high:
            percent = "; per cent must be divided by 100" if 1 < one <= 100 and known.high == 1 else ""
            raise InputError(f"{name}={one!r}: {metric} lies {_range(known)}{percent}")
    if n_test < 1:
        raise InputError(f"n_test={n_test!r}: must be 1 or more")
    if positives is not None and not 0 < positives < n_test:
        raise InputError(
            f"positives={positives!r}: must lie between 1 and {n_test - 1}, for {n_test} test cases"
        )


def _range(known: Quantity) -> str:
    """Write where the values of a metric lie."""
    if math.isfinite(known.low) and math.isfinite(known.high):
        return f"between {known.low:g} and {known.high:g}"
    return f"at {known.low:g} or above" if math.isfinite(known.low) else f"at {known.high:g} or below"


def _smallest(
    metric: str, n: int, expected: float, prevalence: float | None, sd: float | None, level: float
) -> Any:
    if metric not in KINDS:
        return None
    try:
        return smallest_difference(
            metric, n, expected=expected, prevalence=prevalence, sd=sd, confidence_level=level
        )
    except StatisticsError:  # the prevalence, or the standard deviation, is needed, and nobody said it
        return None


def _baselines(metric: str, n: int, positives: int | None) -> pd.DataFrame:
    if positives is None or metric not in METRICS:
        return pd.DataFrame({"classifier": pd.Series(dtype=str), "value": pd.Series(dtype=float)})
    rows = []
    for name, by_metric in constant_scores(positives / n, [metric]).items():
        if by_metric[metric].value is not None:
            rows.append({"classifier": name, "value": by_metric[metric].value})
    return pd.DataFrame(rows, columns=["classifier", "value"])


def _interval(metric: str, value: float, n: int, positives: int | None, level: float) -> list[Result]:
    """Give Wilson's interval of a share."""
    of = {
        "accuracy": n,
        "recall": positives,
        "specificity": None if positives is None else n - positives,
    }.get(metric)
    if not of:
        return []
    low, high = wilson(round(value * of), of, level)
    design = Design("test case", "none", "E3", "unknown", level)
    settings = {"metric": metric, "interval": "Wilson"}
    found = design.result("proportion", n=of, estimate=value, interval=(low, high), settings=settings)
    prevalence = None if positives is None else positives / n
    return [with_class(found, design="one model", n=n, prevalence=prevalence, metric=metric)]


def _beaten(baselines: pd.DataFrame, metric: str, value: float) -> bool:
    """Tell whether an answer without looking scores as well; one class's share alone can always be had."""
    if metric in ONE_SIDED or not len(baselines):
        return False
    best = baselines["value"].max() if METRICS[metric].greater_is_better else baselines["value"].min()
    return bool(best >= value if METRICS[metric].greater_is_better else best <= value)


def _headline(gap: float | None, smallest: Any, n: int, beaten: bool, label: str) -> str:
    if beaten:
        return "Not shown: answering without looking scores as well at this prevalence."
    if gap is None:
        return "One number, without anything to hold it against."
    if gap <= 0:
        return "Not a gain: the claimed score is not the better one."
    if smallest is None:
        noise = f"the noise of {inside(label)} does not follow from {n} test cases"
        return f"Cannot be told from the numbers alone: {noise}."
    least = smallest.same_cases
    if least is None or gap < least:
        return f"Cannot be told: a difference of {gap:.3f} is within the noise of {n} test cases."
    return (
        f"Cannot be told from the numbers alone; a difference of {gap:.3f} could be real on {n} test cases."
    )


def _of_noise(metric: str, n: int, noise: list[Result], smallest: Any, said_positives: bool) -> list[str]:
    found, label = [], _known(metric).label
    if noise and noise[0].estimate is not None:
        found.append(
            f"The noise of one {inside(label)} at n = {n:,} is about ±{noise[0].estimate:.3f}, from the test "
            "cases alone; seeds "
            "and splits add to it."
        )
    else:
        found.append(
            f"No formula gives the noise of {inside(label)} from n = {n:,} alone{_needed(metric, said_positives)}."
        )
    if smallest is not None:
        same = "none could" if smallest.same_cases is None else f"{smallest.same_cases:.3f}"
        other = "none could" if smallest.other_cases is None else f"{smallest.other_cases:.3f}"
        luck = "with all luck on the claim's side"
        if "correlation" in smallest.settings:
            luck = f"if both methods' scores correlate by {smallest.settings['correlation']:g}"
        found.append(
            f"The smallest difference that could be told from 0: {same} on the same test cases, {luck}; "
            f"{other} on other cases."
        )
    return found


def _needed(metric: str, said_positives: bool) -> str:
    """Say what else the noise of a metric follows from, where it does."""
    kind = KINDS.get(metric)
    if kind == "mean":
        return "; its standard deviation over the cases is needed (sd=...)"
    return "; the positives among them are needed (positives=...)" if kind and not said_positives else ""


#: What answers without looking at a case do.
_WITHOUT_LOOKING = {
    "majority": "always answering the larger class",
    "positive": "always answering “positive”",
    "prevalence": "guessing by the prevalence",
}


def _of_baselines(baselines: pd.DataFrame, metric: str, beaten: bool) -> list[str]:
    if not len(baselines):
        return []
    values = baselines["value"].to_numpy(float)
    best = baselines.iloc[int(values.argmax() if METRICS[metric].greater_is_better else values.argmin())]
    who = _WITHOUT_LOOKING.get(str(best["classifier"]), str(best["classifier"]))
    found = [f"Without looking, {who} has {best['value']:.3f} at this prevalence."]
    if metric in ONE_SIDED:
        found.append(f"{label_of(metric)} alone is no claim: what is the other class's?")
    return [*found, "The claimed score is no better than that."] if beaten else found


def _frame(metric: str, value: float, against: float | None, results: list[Result]) -> pd.DataFrame:
    half = next((r.estimate for r in results if r.method == "noise_band"), None)
    if half is None:
        return pd.DataFrame()
    known = _known(metric)
    rows = [("claimed", value)] + ([] if against is None else [("held against", against)])
    return pd.DataFrame(
        [
            {
                "label": name,
                "estimate": v,
                "ci_low": max(v - half, known.low),
                "ci_high": min(v + half, known.high),
                "kind": "item",
            }
            for name, v in rows
        ]
    )


def _rows(runs: int | None, data_sets: int | None, external: bool) -> pd.DataFrame:
    many_runs = (
        "if the runs' scores are given"
        if runs is None
        else "yes, with each run's scores"
        if runs > 1
        else "no: one run each"
    )
    table = [
        (
            2,
            "one run each, no predictions",
            "no more than this, as it stands" if not runs or runs == 1 else "no: several runs",
        ),
        (3, "predictions of both models for the same cases", "if the authors give them"),
        (
            4,
            "at least 5 seeds of each on the test set, with predictions",
            "if the authors give them" if runs is None or runs >= 5 else "no: too few runs",
        ),
        (6, "re-splits of one cohort, the same test rows, fold scores", many_runs),
        (
            8,
            "2 to 5 data sets",
            "no" if not data_sets or data_sets < 2 or data_sets > 5 else "yes, with each set's scores",
        ),
        (
            9,
            "6 or more independent data sets",
            "no" if not data_sets or data_sets < 6 else "yes, with each set's scores",
        ),
        (
            10,
            "external patients",
            "yes, with their predictions" if external else "no: nothing external is claimed",
        ),
    ]
    return pd.DataFrame(table, columns=["row", "needs", "could"])


def _questions(
    metric: str, runs: int | None, positives: int | None, sd: float | None, external: bool
) -> list[str]:
    found = []
    if runs is None or runs == 1:
        found.append("Is this one run? What do other seeds and splits give?")
    if KINDS.get(metric) == "mean" and sd is None:
        found.append("What is the standard deviation over the test cases, or better, the value of each case?")
    if positives is None and metric in METRICS:
        found.append("How many of the test cases are positive?")
    found += list(_ALWAYS)
    if not external:
        found.append("Is there an external cohort, scored once, with nothing tuned on it?")
    return found

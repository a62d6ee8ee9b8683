"""Calibrate with a run: how often does each method call two procedures different that are equal by construction?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from varbench.effects import attribute, error_rates, primary
from varbench.report import Answer, Picture, Shown, nulls

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

_METHODS = (
    "Each of {cohorts:,} cohorts was re-split {most} times. Each method was asked about each cohort, as if it were a "
    "study of its own, whether two procedures differ that are equal by construction ({metric}). The share of cohorts "
    "on which it says so is its error rate for the population; intervals are exact binomial ones."
)


def answer_null(cube: xr.Dataset, about: dict[str, Any]) -> Answer:
    """Answer how often the methods err, from the cohorts of a run.

    Parameters
    ----------
    cube : xarray.Dataset
        Of a study that declares ``equal``, with cohorts crossed with splits.
    about : dict
        Provenance.

    Returns
    -------
    Answer
        Rates by method and number of re-splits, beside those that were measured with more cohorts.

    Raises
    ------
    StatisticsError
        If the cube is another one.
    """
    rates = error_rates(cube)
    table, curves = nulls.by_repeats(rates), nulls.curves(rates)
    numbers, cohorts = sorted(set(rates["repeats"])), int(rates["n"].max())
    most, study = f"{numbers[-1]:,}", str(cube.attrs.get("study") or "study")
    heads = {"method": "Method", **{str(n): f"{n:,}" for n in numbers}, "interval": f"At {most}"}
    note = f"{cohorts:,} cohorts; the nominal rate is 0.05; exact binomial interval."
    told = nulls.growth(rates)
    return Answer(
        command="calibrate",
        kicker=f"{study}: {cohorts:,} cohorts x {most} re-splits",
        question="How often are equal procedures called different?",
        scope=f"{' and '.join(str(name) for name in attribute(cube, 'equal'))} are equal by construction",
        headline=nulls.headline(rates),
        sentences=(told,) if told else (),
        frames={"error_rates": rates, "by_repeats": table, "curves": curves, "reference": nulls.reference()},
        tables=(
            Shown("by_repeats", "Share of cohorts called different, by re-splits of each", heads, (note,), 2),
            Shown(
                "reference",
                nulls.REFERENCE_TITLE,
                {"method": "Rule", "rate": "Called different"},
                (nulls.REFERENCE_NOTE,),
            ),
        ),
        pictures=(_picture(curves, most),),
        methods=_METHODS.format(cohorts=cohorts, most=most, metric=primary(cube)),
        about={**about, "study": study},
    )


def _picture(curves: pd.DataFrame, most: str) -> Picture:
    last = curves[curves["x"] == curves["x"].max()]
    rates = "; ".join(f"{name} {rate:.2f}" for name, rate in zip(last["series"], last["y"], strict=True))
    title, alt = "Error rate over the number of re-splits", f"At {most} re-splits: {rates}."
    return Picture("lines", "curves", title, alt, nulls.CAPTION, nulls.LINES)

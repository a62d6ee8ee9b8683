"""What is done on each data set of several: tests within it, and the runs that a comparison can share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from varbench.effects import compare_scored
from varbench.stats import Result

if TYPE_CHECKING:
    from varbench.questions.of_scores import Told
    from varbench.tables import Scores


def matrix_of(told: Told) -> pd.DataFrame:
    """Give each procedure's mean on each data set, over the runs that all of them have there where these are pairs."""
    return told.scores.matrix(shared=told.shares_runs)


def left_out(scores: Scores) -> tuple[str, ...]:
    """Say how many scores a comparison over shared runs leaves out, and of whom; nothing where it leaves out none."""
    lost = scores.unshared
    if lost.empty:
        return ()
    of_each = lost.groupby("method", sort=False)["left_out"].sum()
    shown = ", ".join(f"{name} {n:,}" for name, n in of_each.iloc[:5].items())
    more = f" and {len(of_each) - 5} more" if len(of_each) > 5 else ""
    n, sets = int(lost["left_out"].sum()), lost["dataset"].nunique()
    where = f", on {sets} of {len(scores.datasets)} data sets" if len(scores.datasets) > 1 else ""
    return (
        f"{n:,} of {int(scores.frame['score'].notna().sum()):,} scores are of runs that not every compared procedure "
        f"has{where}, and are left out: {shown}{more}.",
    )


def in_units(settings: Any, greater: bool) -> dict[str, Any]:
    """Turn the means beside a difference back to the metric's own units."""
    found = dict(settings)
    for name in ("mean_first", "mean_second"):
        if not greater and found.get(name) is not None:
            found[name] = -found[name]
    return found


def within(told: Told, sets: Sequence[str], first: str, second: str) -> dict[str, Result]:
    """Test within each data set, where its folds are pairs of a re-split cohort and their sizes are known."""
    found: dict[str, Result] = {}
    if "split" not in (told.vary or ()):
        return found
    for name in sets:
        results = compare_scored(told.scored(first, second, name))
        corrected = next(
            (r for r in results if r.method == "corrected_resampled_t" and r.pvalue is not None), None
        )
        if corrected is not None:
            found[name] = corrected
    return found


def one_sided(result: Result, sign: int) -> float:
    """Give the p-value of "the first is no better" (sign 1), or of the second (-1), from a two-sided one."""
    two = 1.0 if result.pvalue is None else result.pvalue
    ahead = sign * (result.estimate or 0.0) > 0
    return two / 2 if ahead else 1 - two / 2

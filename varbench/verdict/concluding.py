"""From a cube to a verdict: every result that it can use, computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from varbench.effects import (
    compare,
    external_difference,
    final_truth,
    inflation,
    on_test_set,
    optimism,
    resample_floor,
)
from varbench.stats import Result
from varbench.verdict.design import Facts, facts
from varbench.verdict.judging import Verdict, verdict
from varbench.verdict.rows import row_of

if TYPE_CHECKING:
    import xarray as xr


class Conclusion(NamedTuple):
    """A comparison of two procedures of a cube.

    Attributes
    ----------
    facts : Facts
        What is known of the design.
    results : tuple of Result
        The numbers.
    verdict : Verdict
        The words.
    """

    facts: Facts
    results: tuple[Result, ...]
    verdict: Verdict


def conclude(
    cube: xr.Dataset, first: str | None = None, second: str | None = None, *, pairing: str | None = None
) -> Conclusion:
    """Compare two procedures of a cube, with all results that its verdict can use.

    Parameters
    ----------
    cube : xarray.Dataset
        The cube.
    first, second : str, optional
        Two of its procedures; those that its study compares by default.
    pairing : {"exact", "group", "none"}, optional
        Of their test rows; found from the cube where it is not given.

    Returns
    -------
    Conclusion
        Facts, results on the primary metric (and the inflation of F1 where a procedure leaks), verdict.

    Raises
    ------
    StatisticsError
        If a name is not in the cube, or it has one procedure only.
    """
    known = facts(cube, first, second, pairing=pairing)
    results = compare(cube, known.first, known.second, known.metric, pairing=known.pairing)
    results += _of_leaks(cube, known)
    if known.external:
        results += [optimism(cube, name) for name in (known.first, known.second)]
        results += [final_truth(cube, name) for name in (known.first, known.second)]
    if known.external == "file":
        results.append(external_difference(cube, known.first, known.second))
    if known.pairing == "exact" and known.re_split:
        results.append(resample_floor(cube, known.first, known.second))
    if row_of(known) in (3, 4):
        results += on_test_set(cube, known.first, known.second)
    unique = {(r.method, r.settings.get("metric"), r.settings.get("procedure")): r for r in results}
    return Conclusion(known, tuple(unique.values()), verdict(known, unique.values()))


def _of_leaks(cube: xr.Dataset, known: Facts) -> list[Result]:
    clean = [name for name in (known.first, known.second) if name not in known.leaking]
    if len(clean) != 1:
        return []
    beside = ["f1"] if "f1" in cube["metric"].values and known.metric != "f1" else []
    return [
        part
        for metric in (known.metric, *beside)
        for part in inflation(cube, known.leaking[0], clean[0], metric, pairing=known.pairing)
    ]

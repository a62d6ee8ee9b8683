"""A curve with pointwise bands, and the resamples that the bands are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from varbench.errors import StatisticsError
from varbench.stats.binary import Cases
from varbench.stats.draws import FEWEST, Codes, Units, at_least, random_generator, resampled, seed_of
from varbench.stats.result import Design, Result
from varbench.stats.samples import Floats

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Curve:
    """One or several lines with a pointwise band each.

    Attributes
    ----------
    name : str
        The function that made it.
    x_label, y_label : str
        What the axes show.
    lines : DataFrame
        ``series, x, y, low, high``.
    corners : DataFrame or None
        Every point where the curve of the data bends, with its threshold; None where the lines have them all.
    results : tuple of Result
        The numbers that sum the curve up.
    n : int
        The number of units.
    settings : mapping
        The choices that were really made.
    notes : tuple of str
        Codes of :data:`~varbench.stats.NOTES`.
    """

    name: str
    x_label: str
    y_label: str
    lines: pd.DataFrame
    corners: pd.DataFrame | None
    results: tuple[Result, ...]
    n: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def result(self) -> Result | None:
        """The first number that sums the curve up, None where there is none."""
        return self.results[0] if self.results else None

    def frame(self) -> pd.DataFrame:
        """Give the lines: series, x, y, low, high."""
        return self.lines.copy()

    def _repr_html_(self) -> str:
        return str(self.frame().to_html(index=False))


class Drawn:
    """Resamples of a curve: how they are drawn, and what is said of them."""

    def __init__(
        self, cases: Cases, design: Design, n_resamples: int, rng: int | np.random.Generator, stratify: bool
    ) -> None:
        self.cases, self.design, self.stratify = cases, design, stratify
        self.n_resamples, self.rng = at_least("n_resamples", n_resamples, FEWEST), random_generator(rng)
        self.settings = {
            **cases.settings, "drawn": "cases" if cases.groups is None else "groups", "stratified": stratify,
            "band": "pointwise percentile bootstrap", "confidence_level": design.confidence_level,
            "n_resamples": self.n_resamples, "rng": seed_of(rng),
        }  # fmt: skip
        self.notes = set(cases.notes)

    def band(self, statistic: Callable[[Codes], Floats], units: Units | None = None) -> tuple[Floats, Floats]:
        """Give the lower and the upper end of the middle share of the resamples at each place."""
        chosen = units or units_of(self.cases, self.stratify)
        found = resampled(statistic, chosen, self.n_resamples, self.rng)
        self.settings["n_redrawn"] = found.redrawn
        self.notes |= set(found.notes)
        low, high = np.quantile(found.values, [self.design.alpha / 2, 1 - self.design.alpha / 2], axis=0)
        return low, high

    def curve(
        self,
        name: str,
        axes: tuple[str, str],
        lines: pd.DataFrame,
        corners: pd.DataFrame | None = None,
        results: tuple[Result, ...] = (),
    ) -> Curve:
        """Put a curve together."""
        found = (self.settings, tuple(sorted(self.notes)))
        return Curve(name, *axes, lines, corners, results, self.cases.n_units, *found)


def units_of(cases: Cases, stratify: bool) -> Units:
    """What is drawn: cases or groups, within the classes or not.

    Parameters
    ----------
    cases : Cases
        With their groups, where there are any.
    stratify : bool
        Whether to draw within the classes; groups with both classes form a stratum of their own.

    Returns
    -------
    Units
        In strata.

    Raises
    ------
    StatisticsError
        If there is one unit alone.

    Examples
    --------
    >>> from varbench.stats.binary import binary_cases
    >>> units_of(binary_cases([0, 1, 0, 1], [1, 2, 3, 4]), True).ends
    (2, 4)
    """
    n = cases.n_units
    if n < 2:
        raise StatisticsError("there is one unit alone: nothing can be drawn anew; at least two are needed")
    of_case = np.arange(n) if cases.groups is None else cases.groups
    if not stratify:
        return Units(np.ones(n, np.int64), (n,), of_case.astype(np.int64))
    both = [np.bincount(of_case, members, n) > 0 for members in (~cases.positive, cases.positive)]
    stratum = both[1] + 2 * (both[0] & both[1])  # negative ones, positive ones, both
    order = np.argsort(stratum, kind="stable")
    place = np.empty(n, np.int64)
    place[order] = np.arange(n)
    ends = np.unique(stratum, return_counts=True)[1].cumsum()
    return Units(np.ones(n, np.int64), tuple(ends.tolist()), place[of_case])


def lines_of(series: str, x: Floats, y: Floats, band: tuple[Floats, Floats]) -> pd.DataFrame:
    """Make the table of one line with its band."""
    import pandas as pd

    return pd.DataFrame({"series": series, "x": x, "y": y, "low": band[0], "high": band[1]})


def corners_of(x: Floats, y: Floats, thresholds: Floats) -> pd.DataFrame:
    """Make the table of the points where a curve bends."""
    import pandas as pd

    return pd.DataFrame({"x": x, "y": y, "threshold": thresholds})


def joined(*frames: pd.DataFrame) -> pd.DataFrame:
    """Put lines below each other."""
    import pandas as pd

    return pd.concat(frames, ignore_index=True)

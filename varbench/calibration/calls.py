"""What a method says when it is asked whether two procedures are different."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import NamedTuple

from varbench.stats import Result

#: The nominal error rate.
ALPHA = 0.05
#: Resamples of a bootstrap or a permutation test: enough to tell a rate, few enough for many simulations.
N_RESAMPLES = 1000
#: Where the value of no difference is not 0.
_NEUTRAL = {"a12": 0.5, "prob_outperform": 0.5, "stochastic_order": 0.5}


class Call(NamedTuple):
    """What one method said of one cohort, test set or collection of data sets.

    Attributes
    ----------
    differs : bool
        Whether it calls the two procedures different; of one model, whether its interval misses the truth.
    low, high : float
        Its interval; NaN where it has none. Of one model, less the truth.
    """

    differs: bool
    low: float = math.nan
    high: float = math.nan


Calls = dict[str, Call]


def call_of(result: Result) -> Call:
    """Read a result as a call: by its p-value, else by whether its interval holds the value of no difference."""
    low, high = result.interval or (math.nan, math.nan)
    neutral = _NEUTRAL.get(result.method, 0.0)
    outside = result.interval is not None and not low <= neutral <= high
    return Call(outside if result.pvalue is None else result.pvalue < ALPHA, low, high)


def missed(result: Result, truth: float) -> Call:
    """Read an interval as a call: does it miss the truth? One that is not there misses nothing."""
    if result.interval is None:
        return Call(False)
    low, high = result.interval
    return Call(not low <= truth <= high, low - truth, high - truth)


def chosen(known: Mapping[str, object], wanted: Collection[str]) -> tuple[str, ...]:
    """Give the known names that are wanted, all where none are."""
    return tuple(name for name in known if not wanted or name in wanted)

"""Comparing two procedures: how much sooner than the packages that offer the same?

Almost stochastic order of 100 against 100 scores with 1,000 resamples, beside deepsig; the BCa interval of a paired
difference of 100 with 10,000 resamples, beside scipy. Ours and theirs take turns on the same scores, and the ratio is
taken within each turn; before it is timed, both sides must have found the same, up to the grid of the one and the
error of resampling of both. Target: at least 300 times deepsig. scipy leaves no room in the other: not slower.

    OMP_NUM_THREADS=1 taskset -c 0 python benchmarks/two_procedures.py [--rounds 7]
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.stats

from varbench.stats import bootstrap_difference, stochastic_order

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import deepsig


def seconds(action: Callable[[], Any], least: float = 0.05) -> float:
    """Processor seconds of one call, over as many calls as take `least` seconds."""
    calls, start = 0, time.process_time()
    while (spent := time.process_time() - start) < least:
        action()
        calls += 1
    return spent / calls


def turns(ours: Callable[[], Any], theirs: Callable[[], Any], rounds: int) -> list[tuple[float, float]]:
    """Time both in turns."""
    ours()
    return [(seconds(ours), seconds(theirs)) for _ in range(rounds)]


def show(name: str, peer: str, timed: list[tuple[float, float]], target: float) -> None:
    """Print both medians, and the median and range of the ratio."""
    ours, theirs = (statistics.median(side) for side in zip(*timed, strict=True))
    ratios = [peers / own for own, peers in timed]
    ratio = statistics.median(ratios)
    print(f"{name}: {1000 * ours:.2f} ms, {peer} {1000 * theirs:.1f} ms")
    verdict = "met" if ratio >= target else "MISSED"
    print(f"  ratio {ratio:.1f} ({min(ratios):.1f} to {max(ratios):.1f}), target {target:g}: {verdict}")


def order(rounds: int) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(0.3, 1, 100), rng.normal(0, 1, 100)

    def theirs(dt: float = 0.005) -> float:
        return float(deepsig.aso(a, b, seed=1, show_progress=False, dt=dt))

    ours = stochastic_order(a, b)
    bounds = ours.settings["eps_min"], theirs()
    print(f"bound of the violation ratio: {bounds[0]:.3f}, deepsig {bounds[1]:.3f}")
    if abs(bounds[0] - bounds[1]) > 0.05:
        raise SystemExit("the two do not agree: no ratio")
    show("almost stochastic order", "deepsig", turns(lambda: stochastic_order(a, b), theirs, rounds), 300)


def bootstrap(rounds: int) -> None:
    rng = np.random.default_rng(1)
    a, b = rng.exponential(0.2, 100), rng.exponential(0.1, 100)

    def theirs() -> Any:
        return scipy.stats.bootstrap((a - b,), np.mean, n_resamples=10_000, rng=1)

    ours, other = bootstrap_difference(a, b).interval, theirs()
    print(f"BCa interval: {ours[0]:.4f} to {ours[1]:.4f}, scipy {other.confidence_interval}")
    if max(np.abs(np.subtract(ours, other.confidence_interval))) > 0.2 * other.standard_error:
        raise SystemExit("the two do not agree: no ratio")
    show(
        "BCa interval of a mean difference",
        "scipy",
        turns(lambda: bootstrap_difference(a, b), theirs, rounds),
        1,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    order(rounds)
    bootstrap(rounds)


if __name__ == "__main__":
    main()

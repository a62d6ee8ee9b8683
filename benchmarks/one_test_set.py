"""Two models on one test set: what DeLong's test costs beside MLstatkit's, which compares them the same way.

The kinds take turns, so that a slow moment of the machine falls on both; printed are the medians, the median of the
rounds' ratios, and the largest deviation of z, which has to be rounding alone. Target: 4 times at 100,000 cases.

    OMP_NUM_THREADS=1 taskset -c 0 python benchmarks/one_test_set.py [--rounds 9]
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np
from MLstatkit import Delong_test

from varbench.stats import delong

SIZES = (10_000, 100_000)
TARGET = 4.0


def cases(n, seed=0):
    """Make an outcome and two correlated scores, one of them with many ties."""
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < 0.2).astype(int)
    shared = rng.normal(size=n)
    return y, y + shared + 0.5 * rng.normal(size=n), (0.8 * y + shared + 0.5 * rng.normal(size=n)).round(2)


def seconds(work):
    start = time.perf_counter()
    found = work()
    return time.perf_counter() - start, found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    print(
        f"{'cases':>8}{'varbench':>12}{'MLstatkit':>12}{'ratio':>8}{'deviation of z':>18}   ms, {rounds} rounds"
    )
    for n in SIZES:
        y, a, b = cases(n)
        ours, theirs, deviation = [], [], 0.0
        delong(y, a, b)  # imports and caches
        for _ in range(rounds):
            spent, result = seconds(lambda y=y, a=a, b=b: delong(y, a, b))
            ours.append(spent)
            spent, peer = seconds(
                lambda y=y, a=a, b=b: Delong_test(y, a, b, return_ci=False, return_auc=False)
            )
            theirs.append(spent)
            deviation = max(deviation, abs(result.statistic + peer[0]))  # theirs is second minus first
        ratio = statistics.median(t / o for t, o in zip(theirs, ours, strict=True))
        mine, other = (1e3 * statistics.median(times) for times in (ours, theirs))
        verdict = "" if ratio >= TARGET else f"   BELOW {TARGET}"
        print(f"{n:>8}{mine:>12.2f}{other:>12.1f}{ratio:>8.1f}{deviation:>18.1e}{verdict}")


if __name__ == "__main__":
    main()

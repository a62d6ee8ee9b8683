"""How much sooner is a bootstrap interval there, beside the packages that users take for it today?

Three questions on one test set of 1,000 cases with 10,000 resamples: the interval of an AUC (target: 80 times
confidenceinterval, MLstatkit, and SciPy's bootstrap with scikit-learn's metric), of macro-F1 over three classes (1,000
times confidenceinterval), and of the difference of two AUCs (60 times stambo). Each peer runs with the same number of
resamples, in turns with ours, on one core; the ratio is the median over the rounds, in seconds of the processor. Both
sides' intervals are printed: they must agree within the resampling error. Then the peak memory of our interval at n =
100,000 with 10,000 resamples (target: below 500 MB), in a process of its own, if ``--memory`` is given.

    OMP_NUM_THREADS=1 taskset -c 0 python benchmarks/bootstrap.py --rounds 5

The peers: ``python -m pip install confidenceinterval MLstatkit stambo``; those that are not there are left out, and
named.
"""

from __future__ import annotations

import argparse
import importlib.util
import platform
import resource
import time
import warnings
from collections.abc import Callable
from statistics import median

import numpy as np
from scipy import stats
from sklearn.metrics import f1_score, roc_auc_score

from varbench.stats import bootstrap_metric

Interval = tuple[float, float]
Side = Callable[[], Interval]


def cases(n: int = 1000):
    """Two models on two classes, and the labels of one on three."""
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, n)
    a, b = (1 / (1 + np.exp(-(y * 1.2 + rng.normal(size=n) * 1.5))) for _ in range(2))
    several = rng.integers(0, 3, n)
    said = np.where(rng.random(n) < 0.6, several, rng.integers(0, 3, n))
    return y, a, b, several, said


def seconds(side: Side) -> tuple[float, Interval]:
    start = time.process_time()
    found = side()
    return time.process_time() - start, (float(found[0]), float(found[1]))


def scipy_interval(function, y, score, resamples: int) -> Interval:
    found = stats.bootstrap(
        (y, score), function, paired=True, vectorized=False, n_resamples=resamples, method="percentile", rng=0
    )
    return tuple(found.confidence_interval)


def peers(resamples: int) -> dict[str, tuple[str, Side, Side]]:
    """Give the question, ours and theirs, of each peer that is installed."""
    y, a, b, several, said = cases()

    def ours(*args, **settings) -> Side:
        return lambda: bootstrap_metric(*args, n_resamples=resamples, **settings).interval

    found = {
        "SciPy with scikit-learn": ("AUC", ours(y, a), lambda: scipy_interval(roc_auc_score, y, a, resamples)),
        "SciPy with scikit-learn, F1": (
            "macro-F1", ours(several, said, metric="f1"),
            lambda: scipy_interval(lambda t, p: f1_score(t, p, average="macro"), several, said, resamples),
        ),
    }  # fmt: skip
    if installed("confidenceinterval"):
        import confidenceinterval as ci

        settings = {"method": "bootstrap_percentile", "n_resamples": resamples}
        found["confidenceinterval"] = ("AUC", ours(y, a), lambda: ci.roc_auc_score(y, a, **settings)[1])
        found["confidenceinterval, F1"] = (
            "macro-F1", ours(several, said, metric="f1"),
            lambda: ci.f1_score(several, said, average="macro", **settings)[1],
        )  # fmt: skip
    if installed("MLstatkit"):
        from MLstatkit import Bootstrapping

        found["MLstatkit"] = ("AUC", ours(y, a), lambda: Bootstrapping(y, a, "roc_auc", resamples)[1:])
    if installed("stambo"):
        found["stambo"] = ("AUC - AUC", ours(y, a, b), lambda: stambo_interval(y, a, b, resamples))
    return found


def installed(package: str) -> bool:
    there = importlib.util.find_spec(package) is not None
    if not there:
        print(f"{package} is not installed: left out")
    return there


def stambo_interval(y, a, b, resamples: int) -> Interval:
    import stambo

    found = stambo.compare_models(
        y, b, a, metrics=("ROCAUC",), n_bootstrap=resamples, seed=0, silent=True
    )["ROCAUC"]  # fmt: skip
    return found[2], found[3]  # p-value, difference, its bounds, then those of each model


def memory(n: int, resamples: int) -> None:
    """Peak memory of this process with an AUC interval in it."""
    y, a, b, *_ = cases(n)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start = time.perf_counter()
    found = bootstrap_metric(y, a, b, n_resamples=resamples)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    took = time.perf_counter() - start
    print(
        f"n = {n:,}, R = {resamples:,}: {after:.0f} MB at most ({before:.0f} before), {took:.0f} s, {found.interval}"
    )


def main() -> None:
    """Measure, compare and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--resamples", type=int, default=10_000)
    parser.add_argument("--memory", action="store_true", help="measure memory at n = 100,000 instead")
    parser.add_argument("--only", help="measure one peer alone")
    given = parser.parse_args()
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {given.resamples:,} resamples")
    if given.memory:
        return memory(100_000, given.resamples)
    warnings.simplefilter("ignore")  # the peers' own
    for name, (question, ours, theirs) in peers(given.resamples).items():
        if given.only and given.only != name:
            continue
        ours()
        slow, fast, ratios = [], [], []
        for _ in range(given.rounds):
            t_theirs, interval_theirs = seconds(theirs)
            runs = [seconds(ours) for _ in range(5)]
            t_ours, interval_ours = median(run[0] for run in runs), runs[0][1]
            slow.append(t_theirs), fast.append(t_ours), ratios.append(t_theirs / t_ours)
        print(
            f"{question:10} {name:28} {median(slow):8.2f} s, ours {1000 * median(fast):7.1f} ms: "
            f"{median(ratios):6.0f} times ({min(ratios):.0f} to {max(ratios):.0f}); "
            f"{np.round(interval_theirs, 4)}, ours {np.round(interval_ours, 4)}"
        )
    return None


if __name__ == "__main__":
    main()

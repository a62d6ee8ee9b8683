"""How much sooner is one repeat? The plain script's work, with varbench's pieces, side by side on one core.

Each round runs the plain script once and the fast one several times, and prints both medians and their ratio; the
fast pieces are those that a study uses: scikit-learn-intelex's forest and the elimination on the Gram matrix. Then
the fast repeat is taken apart. Seconds are those of the processor: all is on one thread, and what else the machine
does counts less.

    OMP_NUM_THREADS=1 taskset -c 0 python benchmarks/speed.py --rounds 3
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from contextlib import contextmanager
from operator import attrgetter
from statistics import median

import numpy as np
from plain_script import one_repeat, table
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import RFE
from threadpoolctl import threadpool_limits

from varbench.accelerate import FAST, accelerated
from varbench.data import load_data
from varbench.elimination import GramRFE


def fast_forest(**params):
    return accelerated(RandomForestClassifier(**params), FAST)


def seconds(work, *args, **kwargs):
    start = time.process_time()
    result = work(*args, **kwargs)
    return time.process_time() - start, result


@contextmanager
def timed(spent, **methods):
    """Add up the seconds in some methods, by name."""
    kept = {name: getattr(cls, attribute) for name, (cls, attribute) in methods.items()}
    for name, (cls, attribute) in methods.items():

        def around(self, *args, _name=name, **kwargs):
            start = time.process_time()
            try:
                return kept[_name](self, *args, **kwargs)
            finally:
                spent[_name] += time.process_time() - start

        setattr(cls, attribute, around)
    try:
        yield
    finally:
        for name, (cls, attribute) in methods.items():
            setattr(cls, attribute, kept[name])


def take_apart(X, y):
    forest = type(fast_forest())
    spent = Counter()
    methods = {"forest fits": (forest, "fit"), "recursive elimination": (GramRFE, "fit")}
    methods |= {"forest labels": (forest, "predict"), "forest probabilities": (forest, "predict_proba")}
    methods |= {"forest accuracy": (forest, "score")}
    with timed(spent, **methods):
        total, _ = seconds(one_repeat, X, y, forest=fast_forest, eliminate=GramRFE)
    spent["the rest"] = total - sum(spent.values())
    for name, s in spent.most_common():
        print(f"  {name:22} {s:6.2f} s  {100 * s / total:4.0f} %")


def compare(X, y, rounds):
    """Seconds and results of the plain and of the fast repeat, and seconds with the fast forest alone."""
    pieces = {"forest": fast_forest, "eliminate": GramRFE}
    one_repeat(X[:, :200], y, **pieces)  # imports and caches
    plain, fast, forest_alone = [], [], []
    for number in range(rounds):
        fast += [seconds(one_repeat, X, y, seed=s, **pieces) for s in (number, number, number)]
        forest_alone.append(seconds(one_repeat, X, y, seed=number, forest=fast_forest, eliminate=RFE)[0])
        plain.append(seconds(one_repeat, X, y, seed=number))
    return plain, fast, forest_alone


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--data", default="simulated-radiomics", help="a table of varbench's, or 'script'")
    chosen = parser.parse_args()
    X, y = table() if chosen.data == "script" else attrgetter("X", "y")(load_data(chosen.data))
    print(
        f"{chosen.data}: {X.shape[0]} x {X.shape[1]}, {y.sum()} events; one repeat of both procedures, one core"
    )
    with threadpool_limits(1):
        plain, fast, forest_alone = compare(X, y, chosen.rounds)
    (slow, quick), times = (median(s for s, _ in runs) for runs in (plain, fast)), [s for s, _ in fast]
    print(f"plain            {slow:7.2f} s   median of {len(plain)}")
    print(f"fast forest, RFE {median(forest_alone):7.2f} s   median of {len(forest_alone)}")
    print(f"fast             {quick:7.2f} s   median of {len(fast)}, {min(times):.2f} to {max(times):.2f}")
    print(f"ratio            {slow / quick:7.1f}     goal 18, never below 15")
    for name, one, other in zip(("incorrect", "correct"), plain[0][1], fast[0][1], strict=True):
        same = sum(np.array_equal(a, b) for a, b in zip(one[2], other[2], strict=True))
        print(
            f"{name:10} AUC plain {one[0]:.3f} fast {other[0]:.3f}   F1 plain {one[1]:.3f} fast {other[1]:.3f}",
            end="   ",
        )
        print(f"the same features in {same} of {len(one[2])} folds")
    print("the fast repeat:")
    take_apart(X, y)


if __name__ == "__main__":
    main()

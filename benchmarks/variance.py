"""How much sooner are crossed variance components there, beside statsmodels' mixed model?

Ten splits by ten seeds by five replicates, scores of two random factors and their interaction. Both sides take the
same table; statsmodels' is made ready outside of the clock. Each round runs statsmodels once and the closed form many
times, in turns, and compares the variances. Target: the median ratio at least 100.

    OMP_NUM_THREADS=1 python benchmarks/variance.py [--rounds 11]
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings

import numpy as np
import pandas as pd
from statsmodels.regression.mixed_linear_model import MixedLM

from varbench.stats import variance_components

TARGET = 100
INNER = 200


def scores(seed: int) -> np.ndarray:
    """Scores of every split with every seed, five times."""
    rng = np.random.default_rng(seed)
    return (
        0.8 + rng.normal(0, 0.03, (10, 1, 1)) + rng.normal(0, 0.02, (1, 10, 1)) + rng.normal(0, 0.01, (10, 10, 1))
        + rng.normal(0, 0.01, (10, 10, 5))
    )  # fmt: skip


def model(x: np.ndarray) -> MixedLM:
    """The same design as statsmodels has it: one group, three variance components."""
    split, init, _ = np.indices(x.shape).reshape(3, -1)
    frame = pd.DataFrame({"score": x.ravel(), "split": split, "init": init, "both": split * 10 + init})
    return MixedLM.from_formula(
        "score ~ 1", groups=np.ones(len(frame)), data=frame, re_formula="0",
        vc_formula={"a": "0 + C(split)", "b": "0 + C(init)", "c": "0 + C(both)"},
    )  # fmt: skip


def main() -> None:
    """Measure, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=11)
    rounds = parser.parse_args().rounds
    theirs, ours, fits, ratios, gaps = [], [], [], [], []
    for seed in range(rounds):
        x = scores(seed)
        prepared = model(x)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            start = time.perf_counter()
            fitted = prepared.fit(reml=True)
            theirs.append(time.perf_counter() - start)
        start = time.perf_counter()
        for _ in range(INNER):
            found = variance_components(x, factors=["split", "init"], replicates=True)
        ours.append((time.perf_counter() - start) / INNER)
        start = time.perf_counter()
        variance_components(x, factors=["split", "init"], replicates=True, method="reml")
        fits.append(time.perf_counter() - start)
        ratios.append(theirs[-1] / ours[-1])
        expected = np.append(fitted.vcomp, fitted.scale)
        gaps.append(float(np.abs(found.raw / expected - 1).max()))
    ratio = statistics.median(ratios)
    print(f"statsmodels MixedLM            {1e3 * statistics.median(theirs):9.2f} ms")
    print(f"variance_components            {1e3 * statistics.median(ours):9.3f} ms, with intervals")
    print(f"variance_components, by REML   {1e3 * statistics.median(fits):9.2f} ms")
    print(
        f"median ratio                   {ratio:9.0f}      {'at least' if ratio >= TARGET else 'BELOW'} {TARGET}"
    )
    print(
        f"largest relative difference of a variance, median of {rounds} rounds: {statistics.median(gaps):.1e}"
    )


if __name__ == "__main__":
    main()

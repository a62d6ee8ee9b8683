"""What the engine itself costs: 10,000 runs of a callable that returns 137 predictions at once.

Prints milliseconds a run for two metrics, in memory and on disk, and the memory that the process took at 2,000 and
at 10,000 runs, which should be about the same.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import varbench as vb

ROWS = 137


def dice(data: vb.Data, seeds: Any) -> dict[str, Any]:
    """Give random scores: nothing is learned, so that all of the time is the engine's."""
    rng = np.random.default_rng(seeds("init"))
    return {
        "fold": np.zeros(data.n_cases, np.int64),
        "sample": np.arange(data.n_cases),
        "y_score": rng.random(data.n_cases),
    }


def table() -> vb.Data:
    """Give 137 rows of one feature."""
    y = np.zeros(ROWS, np.int64)
    y[:24] = 1
    return vb.Data(
        X=np.zeros((ROWS, 1)), y=y, classes=("no", "yes"), feature_names=("nothing",),
        ids=np.arange(ROWS).astype(str), groups=None, batch=None, name="nothing", info={},
    )  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=3)
    arguments = parser.parse_args()
    study = vb.Study(
        question="What does the engine cost?", data=table(), procedures={"dice": dice}, primary="roc_auc",
        metrics=["f1"], vary=["init"], folds=1,
    )  # fmt: skip
    start = time.perf_counter()
    for number in range(2000):
        dice(study.data, lambda source, number=number: number)  # type: ignore[arg-type]
    print(f"the callable alone: {(time.perf_counter() - start) / 2:.3f} ms a run, included below")
    for runs in (arguments.runs // 5, arguments.runs):
        seconds = []
        for _ in range(arguments.times):
            with tempfile.TemporaryDirectory() as folder:
                start = time.perf_counter()
                study.run(repeats=runs, out=Path(folder) / "run")
                seconds.append(time.perf_counter() - start)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        each = sorted(1000 * second / runs for second in seconds)
        middle = f"median {statistics.median(each):.3f} ms a run ({each[0]:.3f} to {each[-1]:.3f})"
        print(f"{runs:6d} runs: {middle}, peak memory {memory:.0f} MB")


if __name__ == "__main__":
    main()

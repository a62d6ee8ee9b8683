"""What the study of oversampling costs as varbench runs it: the parts of one repeat, and one worker against two.

Targets: 100 repeats on two cores, truth included, within 8 minutes; two workers near 1.85 times one. The parts are
processor seconds of both procedures on one core; the plain script's seconds are measured by ``speed.py``.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from varbench.engine import execute_batch, run
from varbench.engine.execute import cohort, run_seed
from varbench.procedure import Procedure
from varbench.study import Plan, Request, load_study, plan


def seconds(action: Callable[[], Any]) -> float:
    """Give the processor seconds of an action."""
    start = time.process_time()
    action()
    return time.process_time() - start


def procedures_alone(ready: Plan, repeat: int, *, final: bool, rows: int) -> None:
    """Run both procedures without the engine: no scores, no record."""
    data = cohort(ready.work, repeat)
    outside = (
        ready.work.data.population.sample(rows, repeat).X if rows and ready.work.data.population else None
    )
    for procedure in ready.work.procedures:
        if isinstance(procedure, Procedure):
            procedure.run(data, lambda s, p, f: run_seed(ready.work, repeat, s, p, f), outside, final=final)


def parts(ready: Plan, repeats: int) -> None:
    """Print what each part of a repeat takes."""
    bare = replace(ready.work, truth_rows=0)
    both = [(0, 0), (1, 0)]
    measured = {
        "both procedures": lambda r: procedures_alone(ready, r, final=False, rows=0),
        "with scores and record": lambda r: execute_batch(bare, [(p, r) for p, _ in both]),
        "with 2,000 true rows": lambda r: procedures_alone(ready, r, final=False, rows=2000),
        "with the final fit": lambda r: procedures_alone(ready, r, final=True, rows=2000),
        "all of it": lambda r: execute_batch(ready.work, [(p, r) for p, _ in both]),
    }
    with threadpool_limits(1):
        for name, action in measured.items():
            taken = [seconds(partial(action, r)) for r in range(repeats)]
            print(f"{name:24} {statistics.median(taken):6.2f} s   {min(taken):.2f} to {max(taken):.2f}")


def workers(ready: Plan, repeats: int, times: int) -> None:
    """Print the wall time of one worker and of two, in turns, and their ratio."""
    ratios = []
    for _ in range(times):
        taken = []
        for jobs in (1, 2):
            with tempfile.TemporaryDirectory() as folder:
                start = time.perf_counter()
                run(ready, repeats=repeats, jobs=jobs, out=Path(folder) / "run")
                taken.append(time.perf_counter() - start)
        ratios.append(taken[0] / taken[1])
        print(
            f"{repeats} repeats: {taken[0]:.1f} s with one worker, {taken[1]:.1f} s with two, ratio {ratios[-1]:.2f}"
        )
        print(f"100 repeats at two workers' pace: {taken[1] / repeats * 100 / 60:.1f} minutes")
    print(f"ratio: median {statistics.median(ratios):.2f}, {min(ratios):.2f} to {max(ratios):.2f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data")
    parser.add_argument("--repeats", type=int, default=8)
    parser.add_argument("--times", type=int, default=1)
    arguments = parser.parse_args()
    ready = plan(load_study("oversampling"), Request(data=arguments.data))
    parts(ready, min(arguments.repeats, 5))
    workers(ready, arguments.repeats, arguments.times)


if __name__ == "__main__":
    main()

"""How long does a user wait for ``import varbench`` and for ``varbench --help``?

Whole processes, timed from outside, beside an interpreter that does nothing; the kinds take turns, so that a
slow moment of the machine falls on all of them. Target: each below 0.3 s.

    python benchmarks/import_time.py [--rounds 21]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

HELP = "import sys; sys.argv = ['varbench', '--help']; from varbench.cli import main; main()"
COMMANDS = {
    "python, nothing": [sys.executable, "-c", "pass"],
    "import varbench": [sys.executable, "-c", "import varbench"],
    "varbench --help": [sys.executable, "-c", HELP],
    "import sklearn, xarray (for scale)": [sys.executable, "-c", "import sklearn.ensemble, xarray"],
}
TARGET = 0.3


def seconds(command: list[str]) -> float:
    """Time one process from its start to its end."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    """Print the median and the range of each command, and whether the targets are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=21)
    rounds = parser.parse_args().rounds
    for command in COMMANDS.values():  # byte code and the disk's cache
        seconds(command)
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(rounds):
        for name, command in COMMANDS.items():
            times[name].append(seconds(command))
    print(f"{'command':<36}{'median':>9}{'least':>9}{'most':>9}   seconds, {rounds} rounds")
    for name, values in times.items():
        median = statistics.median(values)
        asked = "varbench" in name
        verdict = "" if not asked else f"   {'below' if median < TARGET else 'ABOVE'} {TARGET}"
        print(f"{name:<36}{median:>9.3f}{min(values):>9.3f}{max(values):>9.3f}{verdict}")


if __name__ == "__main__":
    main()

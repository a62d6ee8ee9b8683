"""Writes the golden cube of schema 1: ``python tests/golden/write_cube_v1.py FOLDER``.

``tests/golden/cube_v1`` was written by this script when schema 1 was new. It is never written again:
all later versions of varbench must open it and find these values.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from varbench.cube import CubeWriter, Layout, RunRecord, Status

LAYOUT = Layout(
    procedures=("incorrect", "correct"),
    metrics=("roc_auc", "f1"),
    classes=("no", "yes"),
    sources=("split", "init"),
    parameters=("forest__max_depth",),
    n_folds=2,
    n_rows=4,
    n_external=3,
    sample_ids=("a", "b", "ç", "d"),
    case_y=(0, 1, 0, 1),
    group_names=("g1", "g2"),
)
ATTRIBUTES = {
    "study": "golden",
    "question": "Is an old cube still read?",
    "primary": "roc_auc",
    "margin": 0.02,
    "settings": {"seed": 0, "repeats": [1, 2]},
    "overrides": [],
}


def record(procedure: int, repeat: int) -> RunRecord:
    """One run with values that can be told at sight: every number says where it belongs."""
    here = procedure + 2 * repeat
    rows = np.arange(4 if procedure else 6)
    return RunRecord(
        procedure,
        repeat,
        seconds=1.5,
        warnings='["ÿ"]' if here == 3 else "",
        arrays={
            "score": np.array([[here, here + 0.25], [here + 0.5, np.nan]]),
            "score_status": np.array([[0, 0], [0, 1]], dtype=np.uint8),
            "truth": np.full((2, 2), here / 8),
            "final": np.array([here / 16, -0.0]),
            "row_fold": rows % 2,
            "sample": rows % 4,
            "y_true": rows % 2,
            "y_pred": (rows + here) % 2,
            "y_score": rows / 8,
            "weight": np.where(rows < 2, 0.5, 1.0),
            "group": rows % 2,
            "related": np.full((2, 3, 2), here),
            "n_train": np.full((2, 2), 1),
            "n_test": np.full((2, 2), 2),
            "external_y_true": np.array([0, 1, 1]),
            "external_score": np.full((2, 3), 0.125),
            "external_pred": np.full((2, 3), 1),
            "chosen": np.array([["6"], ["7"]], dtype=object),
        },
    )


def write(folder: Path) -> None:
    """Write three runs that are done, one that failed, and a repeat that is pending."""
    with CubeWriter.create(folder, LAYOUT, ATTRIBUTES, n_repeats=3) as writer:
        for repeat in range(3):
            writer.set_repeat(repeat, realization=[repeat, 0], seed=[2**32 - 1 - repeat, 7])
        for procedure, repeat in ((0, 0), (1, 0), (1, 1)):
            writer.add(record(procedure, repeat))
        writer.add(RunRecord(0, 1, Status.FAILED, error="ValueError: none"))


if __name__ == "__main__":
    write(Path(sys.argv[1]))

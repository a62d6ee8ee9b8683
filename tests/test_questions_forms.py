"""Every answer has every form: each figure can be drawn, and each form be written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from questions_examples import cases, numbers, predictions, scores, several_classes

import varbench as vb
from varbench.report import write

A, B = predictions(signal=1.5, seed=1), predictions(signal=0.5, seed=2)

#: An answer of every kind that needs no runs.
ANSWERS: dict[str, Callable[[], Any]] = {
    "one data set": lambda: vb.compare(scores(), vary=["split"], margin=0.01),
    "lower is better": lambda: vb.compare(scores(metric="brier")),
    "one run": lambda: vb.compare(scores(repeats=1, folds=1)),
    "few data sets": lambda: vb.compare(scores(sets=4, repeats=3), vary=["split"]),
    "many data sets": lambda: vb.compare(scores(sets=8, repeats=3)),
    "many procedures": lambda: vb.compare(scores(sets=8, repeats=2, methods=("A", "B", "C"), gap=0.001)),
    "two models": lambda: vb.compare(A, B, label="y", score="p", id="id", margin=0.02),
    "numbers": lambda: vb.compare(
        numbers(seed=1), numbers(noise=0.5, seed=2), label="y", pred="pred", id="id"
    ),
    "a model": lambda: vb.evaluate(A, label="y", score="p", cost_fp=1, cost_fn=3),
    "classes": lambda: vb.evaluate(several_classes(), label="y"),
    "a regression": lambda: vb.evaluate(numbers(), label="y", pred="pred"),
    "cases": lambda: vb.evaluate(cases()),
    "runs": lambda: vb.plan(gamma=0.75),
    "test cases": lambda: vb.plan(metric="accuracy", expected=0.8, width=0.1),
    "claim": lambda: vb.claim(metric="accuracy", value=0.85, against=0.8, n_test=46, positives=8),
    "an audit": lambda: vb.audit(several_classes(), target="y"),
    "an audit of a split": lambda: vb.audit(
        A.assign(site=A.index % 3), B.assign(site=1), target="y", batch="site"
    ),
    "published": lambda: vb.decompose("published:bert-rte"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_every_figure_is_drawn_and_every_form_written(name: str, tmp_path: Path) -> None:
    answer = ANSWERS[name]()
    for key in answer.drawn:
        figure = answer.plot(key)
        assert figure.axes
        plt.close(figure)
    written = write(answer, tmp_path, ("html", "md", "tex", "csv", "json"), stem=answer.command)
    assert sorted(path.name for path in written) == [
        f"{answer.command}.{form}" for form in ("csv", "html", "json", "md", "tex")
    ]
    assert json.loads((tmp_path / f"{answer.command}.json").read_text())["command"] == answer.command
    assert all(path.stat().st_size > 200 for path in written)
    assert answer.headline.split("[")[0].strip()[:20] in answer.text().replace("\n", " ")


def test_the_methods_paragraph_names_how_two_models_were_compared_and_its_units() -> None:
    rng = np.random.default_rng(4)
    y = np.repeat([0, 1], 30)
    table = pd.DataFrame({"id": range(60), "who": np.repeat(range(30), 2), "y": y})
    one, two = (table.assign(p=y + rng.normal(size=60)) for _ in range(2))
    bare = vb.compare(one.drop(columns="who"), two.drop(columns="who"), label="y", score="p", id="id").methods
    assert "on the same test cases, by the method of DeLong et al. (1988) for two correlated areas" in bare
    assert "60 cases, 30 of them positive" in bare
    grouped = vb.compare(one, two, label="y", score="p", id="id", group="who").methods
    assert "DeLong et al. (1988) and Obuchowski (1997)" in grouped
    assert "with the 30 groups of cases as units" in grouped

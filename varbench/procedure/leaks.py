"""What an order of steps leaks, read off without running it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
from imblearn.over_sampling import RandomOverSampler
from imblearn.under_sampling.base import BaseCleaningSampler, BaseUnderSampler
from sklearn.feature_selection import SelectorMixin, VarianceThreshold

from varbench.procedure.batches import Confound
from varbench.procedure.fitting import Rows, advance
from varbench.procedure.lineage import Lineage
from varbench.procedure.seeding import seeded
from varbench.procedure.steps import (
    Split,
    Step,
    asks_for_groups,
    inner_split,
    kind_of,
    learns,
    listens,
    picks,
)
from varbench.procedure.subsample import Subsample
from varbench.seeds import BEFORE_SPLIT

#: The leakage taxonomy of Kapoor & Narayanan 2023, doi:10.1016/j.patter.2023.100804.
TAXONOMY: Mapping[str, str] = {
    "L1.1": "no test set apart from the rows that were chosen on",
    "L1.2": "preprocessing learned on training and test rows together",
    "L1.3": "features selected on training and test rows together",
    "L1.4": "copies of a record on both sides",
    "L3.2": "dependent records on both sides",
    "L3.3": "a test set picked with bias",
}


@dataclass(frozen=True)
class Leak:
    """One step that sees rows which it should not.

    Parameters
    ----------
    step : str
        The step's name.
    kind : {"estimate", "choice"}
        Whether it reaches the score's estimate (the test rows are seen), or only the choice of hyperparameters (the
        validation rows of an inner split are seen), the milder kind.
    how : {"learns", "copies", "groups"}
        By learning from the rows, by making or picking rows, or by what the split leaves on both sides. What copies
        and groups do is measured in each run; what is learned cannot be.
    code : str
        Its class in the leakage :data:`TAXONOMY`.
    what : str
        What happens, in a sentence.
    cure : str
        What to do instead.
    """

    step: str
    kind: Literal["estimate", "choice"]
    how: Literal["learns", "copies", "groups"]
    code: str
    what: str
    cure: str

    def to_dict(self) -> dict[str, str]:
        """Give the fields as plain strings."""
        return asdict(self)


def find_leaks(
    left: Sequence[Step], split: Split, right: Sequence[Step], data: Any = None, split_name: str = "split"
) -> list[Leak]:
    """Name every leak of an order of steps.

    Parameters
    ----------
    left, right : sequence of (str, object)
        The steps on both sides of the split.
    split : Split
        The split.
    data : Data, optional
        With data, groups are held against the splitter, and transformers of which it is not known whether they use
        the labels are fitted with permuted labels.
    split_name : str
        What the split is called.

    Returns
    -------
    list of Leak
        In the order of the steps.
    """
    found = [leak for name, step in left if (leak := _left_leak(name, step, split)) is not None]
    if data is not None and data.groups is not None and not keeps_groups(split):
        found.append(
            Leak(split_name, "estimate", "groups", "L3.2", "it puts rows of one group on both sides",
                 f"use a splitter that keeps groups together, as {'' if data.numeric else 'Stratified'}GroupKFold")
        )  # fmt: skip
    return found + _choice_leaks(left, right, data)


def _left_leak(name: str, step: Any, split: Split) -> Leak | None:
    move = f"move {name} right of Split, so that it sees the training rows only"
    kind = kind_of(step)
    if isinstance(step, Subsample):
        return None  # fewer rows, each in its place: a smaller cohort
    if isinstance(step, Confound):
        if step.share == 0.5 or split.groups == "batch":
            return None  # as many of each class from each half; or the test rows are of a batch of their own
        what = "it takes the classes of the rows that are tested from different batches"
        cure = "take both classes from the same batches: Confound(0.5)"
        return Leak(name, "estimate", "learns", "L3.3", what, cure)
    if kind == "sampler":
        if isinstance(step, BaseUnderSampler | BaseCleaningSampler):
            return Leak(name, "estimate", "copies", "L3.3", "it picks test rows by their label", move)
        kept = split.groups == "sample" and listens(split.cv)
        together = kept and isinstance(step, RandomOverSampler) and not step.shrinkage
        what = "it makes new rows out of rows that are tested, and puts them on both sides"
        return None if together else Leak(name, "estimate", "copies", "L1.4", what, move)
    if kind == "labels":
        return None
    if kind == "search":
        what = "it chooses hyperparameters on rows that are tested"
        if picks(step):
            number = len(step.candidates())
            what = (
                f"it picks the best among {number:,} candidates by their scores on the rows that are tested"
            )
            move = f"give {name} a split of its own and {move}"
        return Leak(name, "estimate", "learns", "L1.1", what, move)
    if not learns(step):
        return None
    if selects(step):
        return Leak(name, "estimate", "learns", "L1.3", "it selects features on rows that are tested", move)
    return Leak(name, "estimate", "learns", "L1.2", "it learns from rows that are tested", move)


def _choice_leaks(left: Sequence[Step], right: Sequence[Step], data: Any) -> list[Leak]:
    inner = [index for index, (_, step) in enumerate(right) if inner_split(step)]
    if not inner:
        return []
    found = []
    for index, (name, step) in enumerate(right[: inner[-1]]):
        after = next(right[i][0] for i in inner if i > index)
        cure = f"put {name} inside the inner split of {after}: Tune([..., {name}, ...], grid, cv)"
        if isinstance(step, Subsample):
            continue
        if kind_of(step) == "sampler":
            what = (
                f"it makes rows before {after} splits them again: its validation rows are copies or relatives"
            )
            found.append(Leak(name, "choice", "copies", "L1.4", what, cure))
        elif kind_of(step) != "labels" and uses_labels(step, data, [*left, *right[:index]]):
            code = "L1.3" if selects(step) else "L1.2"
            what = f"it uses the labels of the rows on which {after} then chooses"
            found.append(Leak(name, "choice", "learns", code, what, cure))
    return found


def selects(step: Any) -> bool:
    """Tell whether a step selects features with the labels: scikit-learn's selectors, but for VarianceThreshold."""
    return isinstance(step, SelectorMixin) and not isinstance(step, VarianceThreshold)


def uses_labels(step: Any, data: Any = None, before: Sequence[Step] = ()) -> bool:
    """Tell whether a transformer uses the labels.

    scikit-learn's tags do not say. Its selectors do, VarianceThreshold excepted; any other transformer is fitted,
    behind the transformers ``before`` it, with labels and with permuted labels where there are data, and taken not
    to use them where there are none.
    """
    if selects(step):
        return True
    if data is None or isinstance(step, VarianceThreshold) or not learns(step):
        return False
    rows = Rows(data.X, data.y, Lineage.identity(data.n_cases), batch=data.batch)
    for name, earlier in before:
        if kind_of(earlier) == "transformer":
            rows, _ = advance(_prepared(name, earlier), rows)
    permuted = np.random.default_rng(0).permutation(data.y)
    outputs = [advance(_prepared("it", step), replace(rows, y=labels))[0].X for labels in (data.y, permuted)]
    return outputs[0].shape != outputs[1].shape or not np.array_equal(outputs[0], outputs[1], equal_nan=True)


def _prepared(name: str, step: Any) -> Any:
    return seeded(name, step, BEFORE_SPLIT, lambda source, path, fold: 0)


def keeps_groups(split: Split) -> bool:
    """Tell whether a split keeps rows of one group on one side."""
    return (split.groups == "group" and listens(split.cv)) or (
        split.groups is None and asks_for_groups(split.cv)
    )

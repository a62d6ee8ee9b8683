"""What a step is: its kind, its name, the objects inside it; and `Split`, the one class of our own."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from sklearn.model_selection import LeaveOneGroupOut
from sklearn.utils import get_tags

from varbench.errors import StudyError

Kind = Literal["split", "sampler", "labels", "search", "predictor", "transformer"]
Step = tuple[str, Any]

GROUPINGS = (None, "group", "sample", "batch")


class Split:
    """Where the data is split into training and test rows: what stands left of it sees the test rows.

    Parameters
    ----------
    cv : splitter
        A scikit-learn splitter, as ``StratifiedKFold(3, shuffle=True)``; its ``random_state`` stays None.
    groups : {None, "group", "sample", "batch"}
        What must not be on both sides. None gives the data's groups to a splitter that asks for them;
        ``"sample"`` keeps all rows made from one sample together.

    Examples
    --------
    >>> from sklearn.model_selection import StratifiedKFold
    >>> Split(StratifiedKFold(3, shuffle=True))
    Split(StratifiedKFold(n_splits=3, random_state=None, shuffle=True))
    """

    def __init__(self, cv: Any, groups: Literal["group", "sample", "batch"] | None = None) -> None:
        if not is_splitter(cv):
            raise StudyError(f"a Split takes a splitter, as StratifiedKFold(3, shuffle=True); got {cv!r}")
        if groups not in GROUPINGS:
            raise StudyError(f"Split(groups={groups!r}): must be None, 'group', 'sample' or 'batch'")
        if groups is not None and not listens(cv):
            raise StudyError(
                f"Split(groups={groups!r}): {cv!r} ignores groups; use one that keeps them together, as "
                "StratifiedGroupKFold(3, shuffle=True)"
            )
        self.cv = cv
        self.groups = groups

    def __repr__(self) -> str:
        return f"Split({self.cv!r}{'' if self.groups is None else f', groups={self.groups!r}'})"


def is_splitter(value: object) -> bool:
    """Tell whether an object splits rows as scikit-learn's splitters do."""
    return hasattr(value, "split") and hasattr(value, "get_n_splits") and not isinstance(value, type | str)


def asks_for_groups(splitter: Any) -> bool:
    """Tell whether a splitter of scikit-learn's uses the groups that it is given."""
    if hasattr(splitter, "get_metadata_routing"):
        return "groups" in splitter.get_metadata_routing().consumes("split", ["groups"])
    return False


def listens(splitter: Any) -> bool:
    """Tell whether a splitter may use groups: one that is not scikit-learn's is taken at its word."""
    return asks_for_groups(splitter) or not hasattr(splitter, "get_metadata_routing")


def wants_batch(step: object) -> bool:
    """Tell whether a step asks for the batch of each row, as ``fit(X, y, batch)`` or ``fit_resample(X, y, batch)``."""
    method = getattr(step, "fit_resample", None) or getattr(step, "fit", None)
    return method is not None and "batch" in inspect.signature(method).parameters


def has_one_partition(splitter: Any) -> bool:
    """Tell whether groups leave a splitter but one way to split: there is nothing to shuffle."""
    return isinstance(splitter, LeaveOneGroupOut) or bool(getattr(splitter, "one_partition", False))


def is_estimator(value: object) -> bool:
    """Tell whether an object is an estimator with parameters, and not a class."""
    return hasattr(value, "get_params") and hasattr(value, "fit") and not isinstance(value, type)


def is_search(value: object) -> bool:
    """Tell whether a step chooses hyperparameters on an inner split: a search of scikit-learn's, or `Tune`."""
    return is_estimator(value) and hasattr(value, "predict") and inner_grid(value) is not None


def picks(step: Any) -> bool:
    """Tell whether a step is a search without a split of its own, which can only choose on the folds of ``Split``."""
    return is_search(step) and getattr(step, "splitter", step) is None


def inner_grid(step: Any) -> list[dict[str, Any]] | None:
    """Give the grids of a search, or None for anything else."""
    for name in ("grid", "param_grid", "param_distributions"):
        grid = getattr(step, name, None)
        if grid is not None:
            return [grid] if isinstance(grid, dict) else list(grid)
    return None


def kind_of(step: object) -> Kind:
    """Say what a step does to rows and columns.

    Raises
    ------
    StudyError
        If the object is none of the kinds that a procedure knows.
    """
    if isinstance(step, Split):
        return "split"
    if hasattr(step, "fit_resample") and not isinstance(step, type):
        return "sampler"
    if hasattr(step, "relabel") and not isinstance(step, type):
        return "labels"
    if is_search(step):
        return "search"
    if is_estimator(step) and hasattr(step, "transform"):
        return "transformer"
    if is_estimator(step) and hasattr(step, "predict"):
        return "predictor"
    raise StudyError(
        f"{step!r} is not a step: a step has fit and transform, fit_resample, relabel, or fit and predict, or is a "
        "Split"
    )


def predicts(step: object) -> bool:
    """Tell whether a step can stand last."""
    return kind_of(step) in ("search", "predictor") or hasattr(step, "predict")


def named(steps: Sequence[Any]) -> list[Step]:
    """Name the unnamed steps as ``make_pipeline`` does, ``Split`` as ``split``; number the duplicates.

    Examples
    --------
    >>> from sklearn.preprocessing import StandardScaler
    >>> [name for name, _ in named([StandardScaler(), StandardScaler(), ("last", StandardScaler())])]
    ['standardscaler', 'standardscaler-2', 'last']
    """
    result: list[Step] = []
    for item in steps:
        if isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str):
            name, step = item
            if "__" in name or not name:
                raise StudyError(f"the step name {name!r} must be non-empty and without '__'")
        else:
            name, step = type(item).__name__.lower(), item
        taken = {n for n, _ in result}
        unique, number = name, 2
        while unique in taken:
            unique, number = f"{name}-{number}", number + 1
        result.append((unique, step))
    return result


def inner_split(step: object) -> bool:
    """Tell whether a step splits its training rows once more: a search, ``RFECV``, ``LassoCV``..."""
    if is_search(step):
        return True
    if is_estimator(step) and "cv" in step.get_params(deep=False):  # type: ignore[attr-defined]
        return True
    return any(inner_split(child) for _, child in children(step))


def learns(step: object) -> bool:
    """Tell whether a transformer learns from the rows that it is fitted on."""
    return bool(get_tags(step).requires_fit)


def children(parent: Any) -> Iterator[tuple[str, Any]]:
    """Give what is inside an object: estimators, splitters, lists of named steps, estimators in grids.

    Yields
    ------
    tuple of str and object
        The name by which the child is reached, and the child.
    """
    if isinstance(parent, Split):
        yield "cv", parent.cv
        return
    if not hasattr(parent, "get_params"):
        return
    for name, value in parent.get_params(deep=False).items():
        if is_estimator(value) or is_splitter(value) or hasattr(value, "fit_resample"):
            yield name, value
        elif isinstance(value, list | tuple) and name == "steps":
            # Bare steps have the names that a grid calls them by.
            steps = [item for item in value if is_estimator(item[1] if isinstance(item, tuple) else item)]
            yield from named(steps)
        elif isinstance(value, list | tuple):
            for index, item in enumerate(value):
                if isinstance(item, dict):
                    yield from _in_grid(f"{name}__{index}", item)
                elif isinstance(item, tuple) and len(item) >= 2 and is_estimator(item[1]):
                    yield str(item[0]), item[1]
                elif is_estimator(item):
                    yield f"{name}__{index}", item
        elif isinstance(value, dict):
            yield from _in_grid(name, value)


def descendants(parent: Any) -> Iterator[tuple[str, Any]]:
    """Give what is inside an object, however deep.

    Yields
    ------
    tuple of str and object
        As :func:`children`.
    """
    for name, child in children(parent):
        yield name, child
        yield from descendants(child)


def _in_grid(name: str, grid: dict[Any, Any]) -> Iterator[tuple[str, Any]]:
    for key, values in grid.items():
        if isinstance(values, list | tuple):
            for index, item in enumerate(values):
                if is_estimator(item) or is_splitter(item):
                    yield f"{name}__{key}__{index}", item

"""Which random places a step has, which source each reads, and how they are seeded."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from numbers import Integral
from typing import Any

from sklearn.base import clone

from varbench.errors import StudyError
from varbench.procedure.steps import Split, children, is_splitter, kind_of

#: ``(source, path of the place, fold) -> seed``
SeedOf = Callable[[str, str, int], int]

DEFAULT_SOURCES: Mapping[str, str] = {
    "split": "split",
    "sampler": "resample",
    "labels": "label",
    "search": "tune",
    "predictor": "init",
    "transformer": "init",
}


@dataclass(frozen=True)
class Place:
    """One ``random_state`` inside a step.

    Parameters
    ----------
    path : str
        Step name and parameters, as ``forest__estimator__random_state``.
    source : str
        The source of variation that it reads.
    owner : object
        The estimator or splitter whose attribute it is.
    given : int or None
        The user's own integer, which stays; None where the seed is ours to set.
    """

    path: str
    source: str
    owner: Any
    given: int | None


def places(name: str, step: Any, source: str | None = None) -> Iterator[Place]:
    """Find every random place of a step.

    Parameters
    ----------
    name : str
        The step's name.
    step : object
        A step; nested estimators, splitters and estimators inside grids are walked.
    source : str, optional
        The source that the whole step reads, instead of the defaults by kind.

    Yields
    ------
    Place
        In a stable order.

    Raises
    ------
    StudyError
        If a ``random_state`` is an instance: each clone would restart its stream.
    """
    yield from _walk(name, step, source, inside="split" if isinstance(step, Split) else "tune")


def _walk(path: str, obj: Any, override: str | None, inside: str) -> Iterator[Place]:
    if _has_state(obj):
        value = obj.random_state
        if value is not None and not isinstance(value, Integral):
            raise StudyError(
                f"{path}__random_state is an instance ({type(value).__name__}): every copy of the step would restart "
                "its stream; leave it None, so that the study seeds it, or give an int to keep it fixed"
            )
        source = override or (inside if is_splitter(obj) else DEFAULT_SOURCES[kind_of(obj)])
        yield Place(f"{path}__random_state", source, obj, None if value is None else int(value))
    for name, child in children(obj):
        yield from _walk(f"{path}__{name}", child, override, inside)


def _has_state(obj: Any) -> bool:
    if is_splitter(obj):
        # A KFold without shuffle has the attribute and refuses a seed.
        return hasattr(obj, "random_state") and getattr(obj, "shuffle", True)
    state = hasattr(obj, "get_params") and "random_state" in obj.get_params(deep=False)
    # "deprecated" is how scikit-learn retires a parameter: to set it would warn.
    return state and not isinstance(obj.random_state, str)


def seeded(name: str, step: Any, fold: int, seed_of: SeedOf, source: str | None = None) -> Any:
    """Copy a step and seed the copy; the user's own objects stay untouched.

    Parameters
    ----------
    name, step, source
        As in :func:`places`.
    fold : int
        The outer fold, -1 left of ``Split``.
    seed_of : callable
        ``(source, path, fold) -> seed``.

    Returns
    -------
    object
        An unfitted copy in which every ``random_state`` that was None is an int.
    """
    fresh: Any = copy.deepcopy(step) if isinstance(step, Split) else clone(step)
    if getattr(fresh, "error_score", "raise") != "raise":
        # A candidate that fails must fail the run; by default a search would go on without it.
        fresh.error_score = "raise"
    for place in places(name, fresh, source):
        if place.given is None:
            place.owner.random_state = seed_of(place.source, place.path, fold)
    return fresh

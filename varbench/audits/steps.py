"""A learning procedure as the checks of an audit see it: every object inside, in order, without running it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from varbench.audits.table import Table
from varbench.errors import InputError
from varbench.procedure import Procedure
from varbench.procedure.steps import Step, children, inner_grid, is_estimator, is_search, named

#: Libraries whose steps do what their documentation says; of others nobody has read the code.
KNOWN = (
    "sklearn",
    "imblearn",
    "varbench",
    "numpy",
    "scipy",
    "xgboost",
    "lightgbm",
    "catboost",
    "pandas",
    "builtins",
)
#: A search with more settings than this is not counted, but called so.
_MANY = 10**6


@dataclass(frozen=True)
class Part:
    """One object inside a procedure.

    Parameters
    ----------
    path : str
        Its name, behind those of what it stands in: ``forest__estimator``.
    thing : object
        The object itself.
    """

    path: str
    thing: Any

    def __str__(self) -> str:
        kind = type(self.thing).__name__
        last = self.path.rsplit("__", 1)[-1]
        return f"{kind}" if not self.path else f"{self.path} ({kind})" if last != kind.lower() else self.path


@dataclass(frozen=True, eq=False)
class Steps:
    """A procedure, a pipeline or an estimator, and the table that it is meant for, if there is one.

    Parameters
    ----------
    thing : object
        A Procedure, or anything of scikit-learn's kind.
    name : str
        What findings call it.
    table : Table, optional
        What it is meant for.
    """

    thing: Any
    name: str
    table: Table | None = None

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Every object inside, the outer before the inner."""
        if isinstance(self.thing, Procedure):
            return tuple(part for name, step in self.thing.steps for part in _inside(name, step))
        return tuple(_inside("", self.thing))

    @property
    def estimators(self) -> tuple[Part, ...]:
        """The parts that are fitted and can be read: no splitters."""
        return tuple(
            part
            for part in self.parts
            if (is_estimator(part.thing) or hasattr(part.thing, "fit_resample")) and not failing(part.thing)
        )

    @property
    def searches(self) -> tuple[Part, ...]:
        """The parts that choose settings by an inner split, those whose model stands in their grid among them."""
        return tuple(part for part in self.estimators if inner_grid(part.thing) is not None)

    @cached_property
    def orders(self) -> tuple[tuple[str, list[Step]], ...]:
        """Each list of steps that are fitted one after the other, by its path."""
        found = [("", list(self.thing.right))] if isinstance(self.thing, Procedure) else []
        for part in self.parts:
            if isinstance(part.thing, Pipeline):
                steps = [(name, step) for name, step in part.thing.steps if is_estimator(step)]
                found.append((part.path, steps))
            elif is_search(part.thing) and hasattr(part.thing, "steps"):
                found.append((part.path, named(part.thing.steps)))
        return tuple(found)

    @property
    def rarer(self) -> float | None:
        """The share of the rarest class of the table; None where it has no classes."""
        y = None if self.table is None else self.table.y
        if y is None or not y.classes:
            return None
        return min(float((y.codes == code).mean()) for code in range(len(y.classes)))


def _inside(path: str, thing: Any, around: tuple[Any, ...] = ()) -> Iterator[Part]:
    if any(thing is one for one in around):
        raise InputError(
            f"step {path} holds itself: {type(thing).__name__}; every step must be an object of its own"
        )
    yield Part(path, thing)
    if not failing(thing):
        for name, child in children(thing):
            yield from _inside(f"{path}__{name}" if path else name, child, (*around, thing))


def failing(thing: Any) -> str:
    """Say how an object fails to name its parameters, which is code of the user's own; empty where it does not."""
    try:
        params_of(thing)
    except Exception as error:
        return f"get_params fails with {type(error).__name__}"
    return ""


def params_of(thing: Any) -> Mapping[str, Any]:
    """Give an object's own parameters; none where it has no such method."""
    return dict(thing.get_params(deep=False)) if hasattr(thing, "get_params") else {}


def read_steps(thing: Any, name: str = "pipeline", table: Table | None = None) -> Steps:
    """Take an object for what is audited.

    Parameters
    ----------
    thing : object
        A Procedure, or an estimator: a pipeline, a search, a model, a transformer.
    name : str
        What findings call it.
    table : Table, optional
        What it is meant for.

    Returns
    -------
    Steps
        Not run, and not changed.

    Raises
    ------
    InputError
        If the object is none of these, or a step holds itself.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> [str(part) for part in read_steps(make_pipeline(StandardScaler(), LogisticRegression())).parts]
    ['Pipeline', 'standardscaler', 'logisticregression']
    """
    if isinstance(thing, type):
        raise InputError(f"{name} is a class; an audit takes an object, as {thing.__name__}(...)")
    if not (
        isinstance(thing, Procedure)
        or is_estimator(thing)
        or hasattr(thing, "fit_resample")
        or callable(thing)
    ):
        raise InputError(
            f"{name} is of type {type(thing).__name__}; an audit takes a table, a Pipeline, a search or another "
            "estimator of scikit-learn's kind, a Procedure, a Study, or the folder of a run"
        )
    steps = Steps(thing, name, table)
    _ = steps.parts  # where a step holds itself, this says so
    return steps


def known(thing: Any) -> bool:
    """Whether an object, or a function, comes from a library whose steps are documented."""
    where = thing if hasattr(thing, "__qualname__") else type(thing)
    return str(getattr(where, "__module__", "") or "").split(".")[0] in KNOWN


def is_fitted(thing: Any) -> bool:
    """Whether an estimator that learns has been fitted."""
    if not is_estimator(thing) or isinstance(thing, Pipeline):
        return False
    try:
        if not get_tags(thing).requires_fit:
            return False
        check_is_fitted(thing)
    except (NotFittedError, AttributeError, TypeError, ValueError):
        return False
    return True


def is_carried(thing: Any) -> bool:
    """Whether a step keeps the fit that it has, where others are fitted anew in each fold."""
    if type(thing).__name__ == "FrozenEstimator":
        return True
    given = params_of(thing)
    prefit = given.get("prefit")
    return (isinstance(prefit, bool) and prefit) or (
        isinstance(given.get("cv"), str) and given["cv"] == "prefit"
    )


def n_settings(search: Any) -> int:
    """Among how many settings does a search choose? 0 where that cannot be told."""
    if isinstance(getattr(search, "n_iter", None), int):
        return int(search.n_iter)
    total = 0
    for grid in inner_grid(search) or []:
        product = 1
        for values in grid.values():
            product *= len(values) if hasattr(values, "__len__") else 0
        total += product
    return min(total, _MANY)

"""Replacing steps by others that do the same sooner, and seeing afterwards which of them ran.

scikit-learn-intelex's forest is some eighteen times as fast as scikit-learn's, and another forest: other
trees from the same seed. By itself it gives way to scikit-learn's in silence where it cannot fit; the class
used here raises instead, so that the two are never mixed in one study.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import RFE, RFECV
from sklearn.svm import SVC

from varbench.elimination import GramRFE, GramRFECV
from varbench.errors import InputError, StudyError, unknown
from varbench.procedure import Procedure, Tune
from varbench.procedure.steps import is_estimator, named

PLAIN, FAST = "scikit-learn", "scikit-learn-intelex"
ENGINES = (FAST, PLAIN)

Steps = TypeVar("Steps")


@lru_cache(maxsize=1)
def _fast_forest() -> type[Any]:
    """Make the class at first use: its base class is in a package that loads slowly and may not be there."""
    from sklearnex.ensemble import RandomForestClassifier as Base

    class FastForest(Base):  # type: ignore[misc]
        """scikit-learn-intelex's forest; raises where that one would give way to scikit-learn's."""

        __module__, __qualname__ = __name__, "FastForest"  # a pickle finds it by this name

        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
            self.__dict__.pop("_onedal_estimator", None)
            super().fit(X, y, sample_weight)
            if not hasattr(self, "_onedal_estimator"):
                raise StudyError(
                    f"{FAST} cannot fit {self} on these rows, of {len(np.unique(y))} classes, and would use "
                    f"the forest of {PLAIN} in silence; the two must not be mixed: set forest_engine={PLAIN}"
                )
            return self

    return FastForest


def __getattr__(name: str) -> Any:
    if name == "FastForest":
        return _fast_forest()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def accelerated(steps: Steps, engine: str) -> Steps:
    """Which steps give the same, sooner?

    Replaced, at any depth (pipelines, searches, grids, lists of named steps): ``RandomForestClassifier`` by
    scikit-learn-intelex's where that is the engine; ``RFE`` and ``RFECV`` around ``SVC(kernel="linear")`` by
    :class:`~varbench.elimination.GramRFE` and ``GramRFECV``, with the same ranking; ``n_jobs`` by 1, since
    each worker has one core, and sums of several threads differ in the last bits. Subclasses of these are the
    user's, and stay.

    Parameters
    ----------
    steps : Procedure, estimator, list, tuple, dict or anything
        Never changed itself: what holds something to replace is copied.
    engine : {"scikit-learn-intelex", "scikit-learn"}
        From :func:`choose_engine`.

    Returns
    -------
    the same type
        The object itself where there is nothing to replace. Parameters have the same names as before.

    Raises
    ------
    InputError
        For an unknown engine.

    Examples
    --------
    >>> accelerated([("rfe", RFE(SVC(kernel="linear")))], "scikit-learn")
    [('rfe', GramRFE(estimator=SVC(kernel='linear')))]
    """
    if engine not in ENGINES:
        raise InputError(unknown("forest engine", engine, ENGINES))
    result: Steps = _replaced(steps, engine)
    return result


def _replaced(value: Any, engine: str) -> Any:
    if isinstance(value, Procedure):
        steps = _replaced(value.steps, engine)
        return value if steps is value.steps else _copy_with(value, steps)
    if isinstance(value, dict):
        new = {key: _replaced(item, engine) for key, item in value.items()}
        return value if all(new[key] is value[key] for key in value) else new
    if type(value) in (list, tuple):
        items = [_replaced(item, engine) for item in value]
        return value if all(a is b for a, b in zip(items, value, strict=True)) else type(value)(items)
    if not hasattr(value, "get_params") or isinstance(value, type):
        return value
    return _replaced_estimator(value, engine)


def _copy_with(procedure: Procedure, steps: list[tuple[str, Any]]) -> Procedure:
    new = copy.copy(procedure)
    new.steps = steps
    return new


def _replaced_estimator(value: Any, engine: str) -> Any:
    given = value.get_params(deep=False)
    inner = {name: _replaced(item, engine) for name, item in given.items()}
    if isinstance(value, Tune) and inner["steps"] is not given["steps"]:
        # Tune names unnamed steps by their class, and its grid holds to those names.
        inner["steps"] = _replaced(named(value.steps), engine)
    if inner.get("n_jobs") is not None:
        inner["n_jobs"] = 1
    other = _other_class(value, engine)
    if other is not None:
        # Cloned piece by piece, as `clone` would: no step shares anything with the user's.
        new = other(**{name: clone(item, safe=False) for name, item in inner.items()})
        return new.set_params(n_jobs=1) if "n_jobs" in inner else new
    changed = {name: item for name, item in inner.items() if item is not given[name]}
    return clone(value).set_params(**changed) if changed else value


def _other_class(value: Any, engine: str) -> type[Any] | None:
    if type(value) is RandomForestClassifier:
        return _fast_forest() if engine == FAST else None
    if type(value) in (RFE, RFECV) and type(value.estimator) is SVC and value.estimator.kernel == "linear":
        return GramRFE if type(value) is RFE else GramRFECV
    return None


def ran_on(fitted: Any) -> str | None:
    """Which library really fitted the forests in a fitted estimator?

    Parameters
    ----------
    fitted : estimator, or anything that holds fitted estimators
        Searches, pipelines and ensembles are looked through.

    Returns
    -------
    str or None
        ``"scikit-learn-intelex"``, ``"scikit-learn"``, ``"mixed"``, or None where there is no fitted forest.

    Examples
    --------
    >>> ran_on(RandomForestClassifier(2).fit([[0.0], [1.0]], [0, 1])), ran_on(SVC())
    ('scikit-learn', None)
    """
    libraries = set(_fitted_by(fitted, {}))
    return "mixed" if len(libraries) > 1 else next(iter(libraries), None)


def _fitted_by(value: Any, seen: dict[int, Any]) -> Iterator[str]:
    if id(value) in seen:
        return
    seen[id(value)] = value  # kept alive, or the id would be given to something else
    if isinstance(value, list | tuple | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _fitted_by(item, seen)
    elif any(base.__name__ == "RandomForestClassifier" for base in type(value).__mro__):
        if "n_features_in_" in vars(value):
            yield FAST if "_onedal_estimator" in vars(value) else PLAIN
    elif is_estimator(value) or type(value).__module__.startswith(("sklearn.", "varbench.")):
        yield from _fitted_by(getattr(value, "__dict__", {}), seen)

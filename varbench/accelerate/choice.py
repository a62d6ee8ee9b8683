"""Which forest a study uses: the fast one where it can fit, and where the scores are known to be the same.

Where rows are not balanced, ``class_weight`` means two things: scikit-learn 1.9 draws rows by their weights,
scikit-learn-intelex draws them alike and weighs them in the trees. ``benchmarks/equivalence.py`` has measured what
that does, on two tables: the ROC AUC stays the same within 0.02 in every case; the Brier score rises by 0.017 and
0.049 where rows are not balanced and weights are, and by less than 0.003 elsewhere. So a study with such a forest
uses scikit-learn's, in all of its procedures.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from numbers import Integral
from typing import Any

import numpy as np
from imblearn.base import BaseSampler
from imblearn.over_sampling.base import BaseOverSampler
from imblearn.under_sampling.base import BaseUnderSampler
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import ParameterGrid, ParameterSampler

from varbench.accelerate.replace import ENGINES, FAST, PLAIN, accelerated
from varbench.errors import InputError, StudyError, unknown
from varbench.procedure import Procedure, Tune
from varbench.procedure.steps import inner_grid, is_estimator, is_search, named
from varbench.procedure.tune import with_parameters

#: Draws from a search's distributions that are tried beforehand.
DRAWS = 20


@dataclass(frozen=True)
class Engine:
    """Which forest does a study use, and why?

    Attributes
    ----------
    name : {"scikit-learn-intelex", "scikit-learn"}
        The library whose forest runs.
    reason : str
        Half a sentence, for ``varbench show`` and the report.
    """

    name: str
    reason: str


def forests(steps: Any) -> list[tuple[RandomForestClassifier, bool]]:
    """Which forests are in some steps, and has a sampler balanced the classes before each?

    Parameters
    ----------
    steps : Procedure, estimator, or list of steps or ``(name, step)`` pairs in their order
        Searches are looked through candidate by candidate; of distributions, 20 draws.

    Returns
    -------
    list of (RandomForestClassifier, bool)
        Unfitted, in their order; alike ones once.

    Examples
    --------
    >>> from imblearn.over_sampling import RandomOverSampler
    >>> forests([RandomOverSampler(), RandomForestClassifier(5)])
    [(RandomForestClassifier(n_estimators=5), True)]
    """
    found = list(_walk(steps, _Balance()))
    return list(
        {repr((sorted(f.get_params().items()), balanced)): (f, balanced) for f, balanced in found}.values()
    )


@dataclass
class _Balance:
    """Whether a sampler met so far has made all classes of one size."""

    reached: bool = False


def _walk(value: Any, balance: _Balance) -> Iterator[tuple[RandomForestClassifier, bool]]:
    if isinstance(value, Procedure):
        value = value.steps
    if type(value) is RandomForestClassifier:
        yield value, balance.reached
    elif isinstance(value, BaseSampler):
        balance.reached |= _balances(value)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _walk(item, balance)
    elif is_estimator(value):
        for branch in _branches(value):
            yield from _walk(branch, copy.copy(balance))  # a sampler in one branch says nothing of the next


def _balances(sampler: BaseSampler) -> bool:
    strategy = sampler.get_params(deep=False).get("sampling_strategy")
    if isinstance(sampler, BaseOverSampler):
        return strategy in ("auto", "not majority", "all", "minority", 1)
    # Samplers that clean, and combinations of both kinds, end somewhere near balance or nowhere near.
    return isinstance(sampler, BaseUnderSampler) and strategy in (
        "auto",
        "not minority",
        "all",
        "majority",
        1,
    )


def _branches(value: Any) -> Iterator[Any]:
    """Give what is inside an estimator; of a search, each candidate."""
    if not is_search(value):
        yield list(value.get_params(deep=False).values())
        return
    for point in _points(value):
        values = clone(point, safe=False)
        if isinstance(value, Tune):
            yield with_parameters(named(value.steps), values)
        else:
            yield clone(value.estimator).set_params(**values)


def _points(search: Any) -> list[dict[str, Any]]:
    if hasattr(search, "param_distributions"):
        return list(ParameterSampler(search.param_distributions, DRAWS, random_state=0))
    return list(ParameterGrid(inner_grid(search)))


def _installed() -> bool:
    return find_spec("sklearnex") is not None


def _fast_fits(forest: RandomForestClassifier) -> bool:
    rng = np.random.default_rng(0)
    n_rows = max(24, _whole(forest.max_samples))
    X = rng.normal(size=(n_rows, max(4, _whole(forest.max_features))))
    try:
        accelerated(forest, FAST).fit(X, np.arange(n_rows) % 2)
    except StudyError:
        return False
    except ValueError as error:
        raise StudyError(f"{forest} cannot be fitted: {error}") from error
    return True


def _whole(value: object) -> int:
    return int(value) if isinstance(value, Integral) else 0


def choose_engine(procedures: Any, requested: str = "auto") -> Engine:
    """Which forest do all procedures of a study use, and why?

    Parameters
    ----------
    procedures : list of Procedure, or of lists of steps in their order
        Callables among them choose for themselves.
    requested : {"auto", "scikit-learn-intelex", "scikit-learn"}
        ``auto`` takes the fast one where it can fit every forest, and where the scores are known to be the
        same: a forest with ``class_weight`` must see rows that a sampler has balanced.

    Returns
    -------
    Engine
        One for all of them: the two forests are never mixed.

    Raises
    ------
    InputError
        For an unknown engine.
    StudyError
        If scikit-learn-intelex is asked for and is not installed or cannot fit one of the forests.

    Examples
    --------
    >>> choose_engine([[RandomForestClassifier(5)]], "scikit-learn").reason
    'it was asked for'
    """
    if requested not in ("auto", *ENGINES):
        raise InputError(unknown("forest engine", requested, ("auto", *ENGINES)))
    found = [pair for procedure in procedures for pair in forests(procedure)]
    if requested == PLAIN or not found:
        return Engine(PLAIN, "it was asked for" if requested == PLAIN else "there is no forest to replace")
    obstacle = _obstacle(found)
    if requested == FAST:
        if obstacle:
            raise StudyError(f"forest_engine={FAST}: {obstacle}; use auto or {PLAIN}")
        return Engine(FAST, "it was asked for")
    doubt = obstacle or _doubt(found)
    return Engine(PLAIN, doubt) if doubt else Engine(FAST, "it gives the same scores, sooner")


def _obstacle(found: list[tuple[RandomForestClassifier, bool]]) -> str:
    if not _installed():
        return f"{FAST} is not installed"
    return next((f"{FAST} cannot fit {forest}" for forest, _ in found if not _fast_fits(forest)), "")


def _doubt(found: list[tuple[RandomForestClassifier, bool]]) -> str:
    for forest, balanced in found:
        if forest.class_weight is not None and not (forest.class_weight == "balanced" and balanced):
            return (
                f"a forest with class_weight={forest.class_weight!r} sees rows that no sampler has balanced, "
                "where the two libraries use the weights differently"
            )
    return ""

"""The conditions of a calibration: which designs, populations, sizes and models are simulated."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from varbench.calibration.fast_cv import METRICS, MODELS
from varbench.calibration.populations import Table, n_positive
from varbench.errors import StatisticsError, unknown

#: The designs, as :class:`Condition` tells them.
DESIGNS = ("re-split", "fresh", "test set", "data sets")
#: Signal of the stronger half: area under the curve of about .64, .76 and .9 for a model trained on much data.
SIGNALS = {"weak": 0.5, "medium": 1.0, "strong": 1.8}


@dataclass(frozen=True)
class Condition:
    """One setting in which error rate, coverage and power of methods are measured.

    Parameters
    ----------
    design : {"re-split", "fresh", "test set", "data sets"}
        One cohort split again and again; a fresh cohort a repeat; two trained models on one test set; data sets.
    n : int
        Cases of a cohort, test cases, or data sets.
    folds, repeats : int
        Of the splits; 0 where there are none.
    prevalence : float
        Share of the positive class.
    signal : str
        A key of :data:`SIGNALS`.
    less : float
        By how much the second procedure's signal is smaller; 0: the two are equal.
    model, metric : str
        Of :mod:`varbench.calibration.fast_cv`.
    population : str
        ``halves``, or the name of a large table.
    tail : {"normal", "heavy", "skewed"}
        How the differences of data sets are distributed.

    Raises
    ------
    StatisticsError
        If a name is not known, or a number is out of its range.
    """

    design: str
    n: int
    folds: int = 0
    repeats: int = 0
    prevalence: float = 0.5
    signal: str = "medium"
    less: float = 0.0
    model: str = "lda"
    metric: str = "roc_auc"
    population: str = "halves"
    tail: str = "normal"

    def __post_init__(self) -> None:
        _one_of("design", self.design, DESIGNS)
        _one_of("signal", self.signal, SIGNALS)
        _one_of("model", self.model, MODELS)
        _one_of("metric", self.metric, METRICS)
        if self.n < 4 or not 0 < self.prevalence < 1:
            raise StatisticsError(
                f"n={self.n!r}, prevalence={self.prevalence!r}: n must be 4 or more, and prevalence between 0 and 1"
            )
        if self.design not in ("re-split", "fresh"):
            return
        rarer = min(n_positive(self.n, self.prevalence), self.n - n_positive(self.n, self.prevalence))
        if not 2 <= self.folds <= rarer or self.repeats < 1:
            raise StatisticsError(
                f"folds={self.folds!r}, repeats={self.repeats!r}: with {rarer} cases of the rarer class there can be 2 "
                f"to {rarer} folds, and 1 repeat or more"
            )

    @property
    def name(self) -> str:
        """All settings in one word, by which the condition's random numbers are drawn."""
        return "|".join(f"{key}={value}" for key, value in asdict(self).items())

    @property
    def is_null(self) -> bool:
        """Whether the two procedures are equal in the population by construction."""
        return self.less == 0 and self.population == "halves"

    def to_dict(self) -> dict[str, Any]:
        """Give the settings by their names."""
        return asdict(self)


def _one_of(what: str, given: str, known: Collection[str]) -> None:
    if given not in known:
        raise StatisticsError(unknown(what, given, known))


#: Shares of the rarer class: balanced, and as rare as recurrences are in small cohorts.
PREVALENCES = (0.5, 0.16)


def _re_split(sizes: tuple[int, ...], splits: tuple[tuple[int, int], ...]) -> Iterator[Condition]:
    for n, (folds, repeats), prevalence in itertools.product(sizes, splits, PREVALENCES):
        base = Condition("re-split", n, folds, repeats, prevalence)
        yield replace(base, signal="weak")
        yield replace(base, signal="strong")
        yield replace(base, signal="weak", model="centroid")
        yield replace(base, signal="strong", metric="accuracy")
        yield replace(base, signal="weak", metric="accuracy")
        yield replace(base, signal="weak", metric="accuracy", model="centroid")
        yield replace(base, signal="strong", less=1.0)


def quick() -> list[Condition]:
    """Give a few conditions that show what matters in about a minute.

    Returns
    -------
    list of Condition
        Of every design.
    """
    splits = ((3, 100), (10, 10))
    found = [Condition("re-split", 137, folds, repeats, 0.16, "weak") for folds, repeats in splits]
    found += [Condition("re-split", 137, 10, 10, signal="strong", less=1.0)]
    found += [
        Condition("re-split", 137, 2, 5, 0.16, "weak"),
        Condition("fresh", 137, 3, 20, signal="strong"),
    ]
    found += [Condition("test set", n, signal="strong", prevalence=0.16) for n in (50, 200)]
    found += [Condition("data sets", k) for k in (6, 20)]
    return found


def full() -> list[Condition]:
    """Give the whole grid, from which the table of classes is made.

    Returns
    -------
    list of Condition
        Every design, by size, prevalence and signal; re-splits by folds, repeats and model as well.
    """
    splits = ((2, 5), (3, 1), (3, 10), (3, 100), (5, 1), (5, 10), (5, 100), (10, 1), (10, 10), (10, 100))
    found = list(_re_split((60, 137, 300), splits))
    for n, repeats, metric, prevalence in itertools.product(
        (60, 137), (5, 20), ("roc_auc", "accuracy"), PREVALENCES
    ):
        found.append(Condition("fresh", n, 3, repeats, metric=metric, prevalence=prevalence))
        found.append(Condition("fresh", n, 3, repeats, metric=metric, prevalence=prevalence, less=0.5))
    for n, prevalence, signal in itertools.product((30, 50, 100, 300, 1000), PREVALENCES, ("weak", "strong")):
        found.append(Condition("test set", n, prevalence=prevalence, signal=signal))
        found.append(Condition("test set", n, prevalence=prevalence, signal=signal, less=0.5))
    for k, tail in itertools.product((6, 10, 20, 50), ("normal", "heavy", "skewed")):
        found.append(Condition("data sets", k, tail=tail))
        found.append(Condition("data sets", k, tail=tail, less=0.5))
    return found


def on_table(table: Table, *, whole: bool = False) -> list[Condition]:
    """Give the conditions in which cohorts are drawn from a large table, whose other cases are the truth.

    Parameters
    ----------
    table : Table
        The table.
    whole : bool
        Whether to give all of them, and not a few.

    Returns
    -------
    list of Condition
        Those for whose cohorts the table has cases enough, and as many again.

    Raises
    ------
    StatisticsError
        If it has enough for none.
    """
    sizes = (60, 137, 300) if whole else (137,)
    splits = ((3, 10), (3, 100), (5, 10), (10, 10)) if whole else ((3, 100), (10, 10))
    models = MODELS if whole else MODELS[:1]
    found = [
        Condition("re-split", n, folds, repeats, prevalence, model=model, population=table.name)
        for n, (folds, repeats), prevalence, model in itertools.product(sizes, splits, PREVALENCES, models)
        if table.holds(n, prevalence) and folds <= n_positive(n, prevalence)
    ]
    if not found:
        least, most = int((table.y == 1).sum()), int((table.y == 0).sum())
        raise StatisticsError(
            f"the table {table.name!r} has {least} positive and {most} negative cases: too few for cohorts of "
            f"{min(sizes)} and as many others, which are the truth"
        )
    return found

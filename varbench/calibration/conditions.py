"""The conditions of a calibration: which designs, populations, sizes and models are simulated."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from varbench.calibration.fast_cv import METRICS as OF_FOLDS
from varbench.calibration.fast_cv import MODELS, MODELS_OF_NUMBERS
from varbench.calibration.populations import Table, n_positive
from varbench.errors import StatisticsError, unknown

#: Metrics of predicted classes or scores, of predicted numbers, and a measure per case, as Dice.
OF_CLASSES = ("roc_auc", "accuracy", "f1", "balanced_accuracy", "average_precision", "brier")
OF_NUMBERS = ("mae", "rmse", "r2")
#: The designs, as :class:`Condition` tells them, and the metrics of each.
DESIGNS: dict[str, tuple[str, ...]] = {
    "re-split": (*OF_FOLDS, *OF_NUMBERS),
    "fresh": tuple(OF_FOLDS),
    "test set": (*OF_CLASSES, *OF_NUMBERS, "dice"),
    "seeds": tuple(OF_FOLDS),
    "one model": (*OF_CLASSES, "recall", "calibration", *OF_NUMBERS, "dice"),
    "data sets": ("roc_auc",),
}
#: Those of trained models on one test set.
DESIGNS_OF_CASES = ("test set", "seeds", "one model")
#: Shapes of a distribution.
TAILS = ("normal", "heavy", "skewed")
#: Signal of the stronger half: area under the curve of about .64, .76 and .9 for a model trained on much data.
SIGNALS = {"weak": 0.5, "medium": 1.0, "strong": 1.8}


@dataclass(frozen=True)
class Condition:
    """One setting in which error rate, coverage and power of methods are measured.

    Parameters
    ----------
    design : {"re-split", "fresh", "test set", "seeds", "one model", "data sets"}
        One cohort split again and again; a fresh cohort a repeat; two trained models on one test set; several trained
        seeds of two procedures on one; one trained model, whose interval errs where it misses the truth; data sets.
    n : int
        Cases of a cohort, test cases, or data sets.
    folds, repeats : int
        Of the splits; 0 where there are none. Of "seeds", the repeats are the seeds of each procedure.
    prevalence : float
        Share of the positive class.
    signal : str
        A key of :data:`SIGNALS`.
    less : float
        By how much the second procedure's signal is smaller; 0: the two are equal.
    model : str
        Of :mod:`varbench.calibration.fast_cv`.
    metric : str
        One of the design's, in :data:`DESIGNS`.
    population : str
        ``halves``, or the name of a large table.
    tail : {"normal", "heavy", "skewed"}
        How the differences of data sets, the errors of predicted numbers, and the measures per case are distributed.
    noise : float
        By how much the signal of a seed varies, as a standard deviation.

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
    noise: float = 0.0

    def __post_init__(self) -> None:
        _one_of("design", self.design, DESIGNS)
        _one_of("signal", self.signal, SIGNALS)
        _one_of("metric", self.metric, DESIGNS[self.design])
        _one_of("model", self.model, MODELS_OF_NUMBERS if self.is_of_numbers else MODELS)
        _one_of("tail", self.tail, TAILS)
        if self.n < 4 or not 0 < self.prevalence < 1:
            raise StatisticsError(
                f"n={self.n!r}, prevalence={self.prevalence!r}: n must be 4 or more, and prevalence between 0 and 1"
            )
        if self.design == "seeds" and self.repeats < 2:
            raise StatisticsError(
                f"repeats={self.repeats!r}: two seeds of each procedure are needed, or more"
            )
        if self.design not in ("re-split", "fresh"):
            return
        if self.is_of_numbers:
            # Two cases in every fold: one alone has no spread, and no R².
            most, why = self.n // 2, f"{self.n} cases"
        else:
            positive = n_positive(self.n, self.prevalence)
            most = min(positive, self.n - positive)
            why = f"{most} cases of the rarer class"
        if not 2 <= self.folds <= most or self.repeats < 1:
            raise StatisticsError(
                f"folds={self.folds!r}, repeats={self.repeats!r}: with {why} there can be 2 to {most} folds, and 1 "
                "repeat or more"
            )

    @property
    def name(self) -> str:
        """All settings in one word, by which the condition's random numbers are drawn."""
        # The noise came later: it is named where there is any, so that older conditions keep their random numbers.
        named = {key: value for key, value in asdict(self).items() if key != "noise" or value}
        return "|".join(f"{key}={value}" for key, value in named.items())

    @property
    def is_of_numbers(self) -> bool:
        """Whether one cohort is re-split whose outcome is a number."""
        return self.design == "re-split" and self.metric in OF_NUMBERS

    @property
    def is_null(self) -> bool:
        """Whether the two procedures are equal in the population by construction, or there is but one model."""
        return self.less == 0 and self.population == "halves"

    @property
    def is_thorough(self) -> bool:
        """Whether methods that take long are asked too: of one model, where the signal is weak, and for the power."""
        return self.design != "re-split" or (
            self.model in (MODELS[0], *MODELS_OF_NUMBERS) and (self.signal == "weak" or self.less > 0)
        )

    def to_dict(self) -> dict[str, Any]:
        """Give the settings by their names."""
        return asdict(self)


def _one_of(what: str, given: str, known: Collection[str]) -> None:
    if given not in known:
        raise StatisticsError(unknown(what, given, known))


#: Shares of the rarer class: balanced, and as rare as recurrences are in small cohorts.
PREVALENCES = (0.5, 0.16)
#: As rare as in screening, and from how many test cases on there are some of it.
RARE, ENOUGH = 0.05, 100


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


def _re_split_numbers(sizes: tuple[int, ...], splits: tuple[tuple[int, int], ...]) -> Iterator[Condition]:
    """One cohort with an outcome that is a number: by the share that the features tell, and by the tails."""
    for n, (folds, repeats), metric in itertools.product(sizes, splits, OF_NUMBERS):
        base = Condition("re-split", n, folds, repeats, metric=metric, model=MODELS_OF_NUMBERS[0])
        yield replace(base, signal="weak")
        yield replace(base, signal="strong", tail="heavy")
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
    found += [Condition("seeds", 100, repeats=5, noise=0.2)]
    found += [
        Condition("one model", 100, prevalence=0.16, metric=metric) for metric in ("roc_auc", "recall", "f1")
    ]
    found += [Condition("test set", 100, metric="mae")]
    found += [Condition("re-split", 137, 10, 10, signal="strong", metric="r2", model="ridge")]
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
    for k, tail in itertools.product((6, 10, 20, 50), TAILS):
        found.append(Condition("data sets", k, tail=tail))
        found.append(Condition("data sets", k, tail=tail, less=0.5))
    found += [*_two_models(), *_seeds(), *_one_model(), *_re_split_numbers((40, 137, 300), splits)]
    of_classes = [c for c in found if c.design in DESIGNS_OF_CASES and c.prevalence == PREVALENCES[-1]]
    return found + [replace(c, prevalence=RARE) for c in of_classes if c.n >= ENOUGH]


#: Cases of a test set.
_TEST_CASES = (30, 50, 100, 300, 1000)


def _two_models() -> Iterator[Condition]:
    """Two models on one test set, by the metrics beside the area under the curve."""
    for n, metric, prevalence in itertools.product(_TEST_CASES, OF_CLASSES[1:], PREVALENCES):
        for signal in ("weak", "strong"):
            yield Condition("test set", n, metric=metric, prevalence=prevalence, signal=signal)
        yield Condition("test set", n, metric=metric, prevalence=prevalence, signal="strong", less=0.5)
    for n, metric, tail in itertools.product(_TEST_CASES, (*OF_NUMBERS, "dice"), TAILS):
        yield Condition("test set", n, metric=metric, tail=tail)
        yield Condition("test set", n, metric=metric, tail=tail, less=0.5)


def _seeds() -> Iterator[Condition]:
    """Several seeds of two procedures on one test set; the noise moves an area under the curve by .01 and by .04."""
    for n, repeats, metric, prevalence in itertools.product(
        (50, 200, 1000), (2, 5, 10, 20), DESIGNS["seeds"], PREVALENCES
    ):
        base = Condition("seeds", n, repeats=repeats, metric=metric, prevalence=prevalence, noise=0.05)
        yield base
        yield replace(base, noise=0.2)
        yield replace(base, noise=0.2, less=0.5)


def _one_model() -> Iterator[Condition]:
    """One model: by every metric that has an interval."""
    for n, metric, prevalence in itertools.product(
        _TEST_CASES, (*OF_CLASSES, "recall", "calibration"), PREVALENCES
    ):
        for signal in ("weak", "strong"):
            yield Condition("one model", n, metric=metric, prevalence=prevalence, signal=signal)
    for n, metric, tail in itertools.product(_TEST_CASES, (*OF_NUMBERS, "dice"), TAILS):
        yield Condition("one model", n, metric=metric, tail=tail)


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

"""Every method of a design asked the same: are the two procedures different?"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from varbench.calibration.calls import ALPHA, N_RESAMPLES, Call, Calls, call_of, chosen, missed
from varbench.calibration.on_cases import ON_CASES
from varbench.stats import METHODS as STATISTICS
from varbench.stats import Result

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]
#: Draws of a posterior, and resamples of out-of-fold scores.
N_DRAWS, N_PATIENTS = 5000, 500
#: The margin of equivalence. The second procedure is put at its edge, where to call both equivalent is an error; so
#: wide a margin has its other edge far away, where that error is largest.
FAR = 1.0


def _equivalent(result: Result) -> Call:
    return Call(bool(result.settings.get("equivalent")))


class Folds(NamedTuple):
    """The scores of two procedures over the re-splits of one cohort.

    Attributes
    ----------
    a, b : ndarray of float64, (repeat, fold)
        Scores, larger is better.
    ratio : float
        Test cases of a fold over its training cases.
    """

    a: Floats
    b: Floats
    ratio: float

    @property
    def means(self) -> tuple[Floats, Floats]:
        """The scores of the repeats."""
        return self.a.mean(axis=1), self.b.mean(axis=1)

    @property
    def sizes(self) -> dict[str, float]:
        """The sizes, up to a factor, as the corrected methods take them."""
        return {"n_train": 1.0, "n_test": self.ratio}


_SHARED = {"repeats_share_data": True}


def _of_means(name: str, **settings: object) -> Callable[[Folds], Call]:
    """Ask a method about the scores of the repeats, as if they were independent."""
    return lambda folds: call_of(STATISTICS[name](*folds.means, **settings, **_SHARED))


def _of_folds(name: str) -> Callable[[Folds], Call]:
    return lambda folds: call_of(STATISTICS[name](folds.a, folds.b))


def _published(folds: Folds) -> Call:
    """Ask the published rule: is the percentile bootstrap interval of P(A>B) off one half?"""
    low, high = STATISTICS["prob_outperform"](*folds.means).settings["published"]["interval"]
    return Call(not low <= 0.5 <= high, low, high)


def _bayesian(folds: Folds) -> Call:
    # Test cases over all cases, which is 1 / k of k-fold: Corani and Benavoli's choice.
    rho = folds.ratio / (1 + folds.ratio)
    return call_of(STATISTICS["bayesian_correlated_t"](folds.a.ravel(), folds.b.ravel(), rho=rho))


#: Of re-splits of one cohort, whatever their number.
_EVER: dict[str, Callable[[Folds], Call]] = {
    "corrected_resampled_t": lambda f: call_of(STATISTICS["corrected_resampled_t"](f.a, f.b, **f.sizes)),
    "bayesian_correlated_t": _bayesian,
    "paired_t": lambda f: call_of(STATISTICS["paired_t"](f.a.ravel(), f.b.ravel(), **_SHARED)),
}
#: Of five repeats of two folds.
_FIVE_BY_TWO = {name: _of_folds(name) for name in ("cv_5x2_t", "cv_5x2_f")}
#: Of two repeats and more: most take the repeats as independent.
_SEVERAL: dict[str, Callable[[Folds], Call]] = {
    "difference": _of_means("difference", pairing="exact"),
    "rank_sum": _of_means("rank_sum", method="asymptotic"),
    "signed_rank": _of_means("signed_rank"),
    "sign_test": _of_means("sign_test"),
    "permutation": _of_means("permutation", n_resamples=N_RESAMPLES),
    "bootstrap_difference": _of_means("bootstrap_difference", n_resamples=N_RESAMPLES),
    "prob_outperform": _of_means("prob_outperform"),
    "prob_outperform (published)": _published,
    "corrected_resampled_t on repeat means": lambda f: call_of(
        STATISTICS["corrected_resampled_t"](*f.means, **f.sizes)
    ),
}


class OutOfFold(NamedTuple):
    """What both procedures say of each case while it was out of the fold.

    Attributes
    ----------
    y : ndarray, (case,)
        0 or 1; a number where the outcome is one.
    a, b : ndarray of float64, (repeat, case)
        Scores, above 0 of which the positive class is predicted; or predicted numbers.
    fold : ndarray of int64, (repeat, case)
        In which fold each case was tested.
    metric : str
        One of the design's.
    rng : int
        The seed of a bootstrap.
    """

    y: npt.NDArray[Any]
    a: Floats
    b: Floats
    fold: Labels
    metric: str
    rng: int


def _of_patients(folds: Folds, cases: OutOfFold) -> Call:
    said = [(s > 0).astype(np.int64) if cases.metric == "accuracy" else s for s in (cases.a, cases.b)]
    return call_of(
        STATISTICS["patient_bootstrap"](
            cases.y, *said, metric=cases.metric, fold=cases.fold, n_resamples=N_PATIENTS, rng=cases.rng
        )
    )


#: Of re-splits as well, with what was predicted; a run is not asked these.
_THOROUGH: dict[str, Callable[[Folds, OutOfFold], Call]] = {
    "patient_bootstrap": _of_patients,
    "equivalence": lambda folds, _: _equivalent(
        STATISTICS["equivalence"](folds.a - FAR, folds.b, margin=FAR, **folds.sizes)
    ),
}


def _fresh(name: str, **settings: object) -> Callable[[Floats, Floats], Call]:
    return lambda a, b: call_of(STATISTICS[name](a, b, **settings))


#: Of repeats with a cohort of their own each.
_FRESH: dict[str, Callable[[Floats, Floats], Call]] = {
    "difference": _fresh("difference", pairing="exact"),
    "signed_rank": _fresh("signed_rank"),
    "prob_outperform": _fresh("prob_outperform"),
    "rank_sum": _fresh("rank_sum", method="asymptotic"),
    "sign_test": _fresh("sign_test"),
    "permutation": _fresh("permutation", n_resamples=N_RESAMPLES),
    "bootstrap_difference": _fresh("bootstrap_difference", n_resamples=N_RESAMPLES),
    "paired_t": _fresh("paired_t"),
    "mean_interval": lambda a, b: call_of(STATISTICS["mean_interval"](a - b)),
    "equivalence": lambda a, b: _equivalent(STATISTICS["equivalence"](a - FAR, b, margin=FAR)),
    "one_way": lambda a, b: call_of(
        STATISTICS["one_way"](np.concatenate([a, b]), np.repeat([0, 1], [len(a), len(b)]))
    ),
    "a12": _fresh("a12"),
    "cliffs_delta": _fresh("cliffs_delta"),
    "hedges_g": _fresh("hedges_g"),
    "paired_d": _fresh("paired_d"),
    "rank_biserial": _fresh("rank_biserial"),
    "stochastic_order": _fresh("stochastic_order", n_resamples=N_RESAMPLES),
    "average_comparison": lambda a, b: Call(
        STATISTICS["average_comparison"](a, b).settings["conclusion"] != "neither"
    ),
}


class Sets(NamedTuple):
    """What two procedures, and four, do on several data sets.

    Attributes
    ----------
    a, b : ndarray of float64, (data set,)
        Scores of two procedures.
    pvalues : ndarray of float64, (data set,)
        One-sided p-values of each data set's own exact test, that the first is no better.
    table : ndarray of float64, (data set, procedure)
        Scores of four procedures.
    runs : ndarray of float64, (run, data set)
        Scores of several runs of one procedure.
    middle : float
        What the mean of the middle half of all runs would be without the procedure's advantage; their mean is 0.
    """

    a: Floats
    b: Floats
    pvalues: Floats
    table: Floats
    runs: Floats
    middle: float


def _of_sets(name: str, **settings: object) -> Callable[[Sets], Call]:
    return lambda sets: call_of(STATISTICS[name](sets.a, sets.b, **settings))


def _of_table(name: str) -> Callable[[Sets], Call]:
    return lambda sets: call_of(STATISTICS[name](sets.table))


def _any_pair(name: str) -> Callable[[Sets], Call]:
    """Ask whether any two of the procedures are called different."""
    return lambda sets: Call(bool(STATISTICS[name](sets.table).pvalues.min() < ALPHA))


def _on_any(combine: str) -> Callable[[Sets], Call]:
    """Ask whether the first procedure is called better on at least one data set."""
    return lambda sets: Call(STATISTICS["replicability"](sets.pvalues, combine=combine).estimate >= 1)


_DATA_SETS: dict[str, Callable[[Sets], Call]] = {
    "mean_over_datasets": lambda sets: call_of(STATISTICS["mean_over_datasets"](sets.a, sets.b).result),
    "signed_rank": _of_sets("signed_rank"),
    "sign_test": _of_sets("sign_test"),
    "bayesian_sign": _of_sets("bayesian_sign", n_samples=N_DRAWS),
    "bayesian_signed_rank": _of_sets("bayesian_signed_rank", n_samples=N_DRAWS),
    "replicability": _on_any("bonferroni"),
    "replicability, fisher": _on_any("fisher"),
    "friedman": _of_table("friedman"),
    "iman_davenport": _of_table("iman_davenport"),
    "nemenyi": _any_pair("nemenyi"),
    "wilcoxon_holm": _any_pair("wilcoxon_holm"),
    "iqm": lambda sets: missed(STATISTICS["iqm"](sets.runs, n_resamples=N_RESAMPLES), sets.middle),
    "optimality_gap": lambda sets: missed(
        STATISTICS["optimality_gap"](sets.runs, n_resamples=N_RESAMPLES), 1.0
    ),
}


def re_split(a: Floats, b: Floats, ratio: float, wanted: Collection[str] = ()) -> Calls:
    """Ask every method about the re-splits of one cohort.

    Parameters
    ----------
    a, b : ndarray of float64, (repeat, fold)
        Scores of the two procedures, larger is better.
    ratio : float
        Test cases of a fold over its training cases.
    wanted : collection of str
        Which methods; all that fit the numbers of repeats and folds by default.

    Returns
    -------
    dict of str to Call
        By method.
    """
    folds, repeats = a.shape[1], a.shape[0]
    asked = _re_split_methods(folds, repeats)
    return {name: asked[name](Folds(a, b, ratio)) for name in chosen(asked, wanted)}


def fresh(a: Floats, b: Floats, wanted: Collection[str] = ()) -> Calls:
    """Ask the methods about repeats with a cohort each; a and b have shape (repeat,)."""
    return {name: _FRESH[name](a, b) for name in chosen(_FRESH, wanted)}


def out_of_fold(folds: Folds, cases: OutOfFold, wanted: Collection[str] = ()) -> Calls:
    """Ask the methods that take long, or what was predicted, about the re-splits of one cohort."""
    return {name: _THOROUGH[name](folds, cases) for name in chosen(_THOROUGH, wanted)}


def data_sets(sets: Sets, wanted: Collection[str] = ()) -> Calls:
    """Ask the methods about one score a data set."""
    return {name: _DATA_SETS[name](sets) for name in chosen(_DATA_SETS, wanted)}


@lru_cache
def _re_split_methods(folds: int, repeats: int) -> Mapping[str, Callable[[Folds], Call]]:
    return {
        **_EVER,
        **(_FIVE_BY_TWO if (folds, repeats) == (2, 5) else {}),
        **(_SEVERAL if repeats > 1 else {}),
    }


def methods_of(
    design: str, folds: int = 0, repeats: int = 0, metric: str = "roc_auc", *, thorough: bool = True
) -> tuple[str, ...]:
    """Which methods are asked in a design?

    Parameters
    ----------
    design : str
        One of :data:`~varbench.calibration.DESIGNS`.
    folds, repeats : int
        Of the splits.
    metric : str
        Of the scores.
    thorough : bool
        Whether to name those of re-splits too that take long.

    Returns
    -------
    tuple of str
        Their names.

    Examples
    --------
    >>> methods_of("re-split", folds=3, repeats=1, thorough=False)
    ('corrected_resampled_t', 'bayesian_correlated_t', 'paired_t')
    """
    if design == "re-split":
        return (*_re_split_methods(folds, repeats), *(_THOROUGH if thorough else ()))
    if design in ("fresh", "data sets"):
        return tuple(_FRESH if design == "fresh" else _DATA_SETS)
    return tuple(ON_CASES[design][metric])


def known_methods() -> tuple[str, ...]:
    """Which methods can a calibration measure?

    Returns
    -------
    tuple of str
        Their names, over all designs.
    """
    every: list[Iterable[str]] = [_EVER, _FIVE_BY_TWO, _SEVERAL, _THOROUGH, _FRESH, _DATA_SETS]
    every += [table for tables in ON_CASES.values() for table in tables.values()]
    return tuple(dict.fromkeys(name for table in every for name in table))


#: Methods whose interval is not about the difference of means or of areas.
OTHER_SCALE = {
    "prob_outperform", "prob_outperform (published)", "mcnemar", "mcnemar, exact", "mcnemar, corrected", "cv_5x2_f",
    "sign_test", "a12", "cliffs_delta", "hedges_g", "paired_d", "rank_biserial", "stochastic_order", "bayesian_sign",
    "bayesian_signed_rank", "case_summary, median", "iqm", "optimality_gap",
}  # fmt: skip

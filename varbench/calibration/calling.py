"""Every method of a design asked the same: are the two procedures different?"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from varbench.stats import METHODS as STATISTICS
from varbench.stats import Result

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]
#: The nominal error rate.
ALPHA = 0.05
#: Resamples of a bootstrap or a permutation test: enough to tell a rate, few enough for many simulations.
N_RESAMPLES = 1000


class Call(NamedTuple):
    """What one method said of one cohort, test set or collection of data sets.

    Attributes
    ----------
    differs : bool
        Whether it calls the two procedures different.
    low, high : float
        Its interval; NaN where it has none.
    """

    differs: bool
    low: float
    high: float


Calls = dict[str, Call]


def _call(result: Result) -> Call:
    """Read a result as a call: by its p-value, else by whether its interval holds the value of no difference."""
    low, high = result.interval or (math.nan, math.nan)
    neutral = 0.5 if result.method in ("a12", "prob_outperform") else 0.0
    outside = result.interval is not None and not low <= neutral <= high
    return Call(outside if result.pvalue is None else result.pvalue < ALPHA, low, high)


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
    return lambda folds: _call(STATISTICS[name](*folds.means, **settings, **_SHARED))


def _of_folds(name: str) -> Callable[[Folds], Call]:
    return lambda folds: _call(STATISTICS[name](folds.a, folds.b))


def _published(folds: Folds) -> Call:
    """Ask the published rule: is the percentile bootstrap interval of P(A>B) off one half?"""
    low, high = STATISTICS["prob_outperform"](*folds.means).settings["published"]["interval"]
    return Call(not low <= 0.5 <= high, low, high)


def _bayesian(folds: Folds) -> Call:
    # Test cases over all cases, which is 1 / k of k-fold: Corani and Benavoli's choice.
    rho = folds.ratio / (1 + folds.ratio)
    return _call(STATISTICS["bayesian_correlated_t"](folds.a.ravel(), folds.b.ravel(), rho=rho))


#: Of re-splits of one cohort, whatever their number.
_EVER: dict[str, Callable[[Folds], Call]] = {
    "corrected_resampled_t": lambda f: _call(STATISTICS["corrected_resampled_t"](f.a, f.b, **f.sizes)),
    "bayesian_correlated_t": _bayesian,
    "paired_t": lambda f: _call(STATISTICS["paired_t"](f.a.ravel(), f.b.ravel(), **_SHARED)),
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
    "corrected_resampled_t on repeat means": lambda f: _call(
        STATISTICS["corrected_resampled_t"](*f.means, **f.sizes)
    ),
}


def _fresh(name: str, **settings: object) -> Callable[[Floats, Floats], Call]:
    return lambda a, b: _call(STATISTICS[name](a, b, **settings))


#: Of repeats with a cohort of their own each.
_FRESH: dict[str, Callable[[Floats, Floats], Call]] = {
    "difference": _fresh("difference", pairing="exact"),
    "signed_rank": _fresh("signed_rank"),
    "prob_outperform": _fresh("prob_outperform"),
    "rank_sum": _fresh("rank_sum", method="asymptotic"),
    "sign_test": _fresh("sign_test"),
    "permutation": _fresh("permutation", n_resamples=N_RESAMPLES),
    "bootstrap_difference": _fresh("bootstrap_difference", n_resamples=N_RESAMPLES),
}


class Cases(NamedTuple):
    """Two trained models on one test set.

    Attributes
    ----------
    y : ndarray of int64, (case,)
        0 or 1.
    a, b : ndarray of float64, (case,)
        Scores; above 0 the positive class is predicted.
    rng : int
        The seed of a bootstrap.
    """

    y: Labels
    a: Floats
    b: Floats
    rng: int


def _bootstrap(name: str, **settings: object) -> Callable[[Cases], Call]:
    more = {"metric": "roc_auc", "n_resamples": N_RESAMPLES, **settings}
    return lambda cases: _call(STATISTICS[name](*cases[:3], rng=cases.rng, **more))


def _mcnemar(method: str) -> Callable[[Cases], Call]:
    return lambda cases: _call(
        STATISTICS["mcnemar"](cases.y, *((s > 0).astype(int) for s in (cases.a, cases.b)), method=method)
    )


_TEST_SET: dict[str, Callable[[Cases], Call]] = {
    "delong": lambda cases: _call(STATISTICS["delong"](*cases[:3])),
    "bootstrap_metric": _bootstrap("bootstrap_metric"),
    "bootstrap_metric, stratified": _bootstrap("bootstrap_metric", stratify=True),
    "permutation_metric": _bootstrap("permutation_metric"),
    "mcnemar": _mcnemar("mid-p"),
    "mcnemar, exact": _mcnemar("exact"),
    "mcnemar, corrected": _mcnemar("corrected"),
}
_DATA_SETS: dict[str, Callable[[Floats, Floats], Call]] = {
    "mean_over_datasets": lambda a, b: _call(STATISTICS["mean_over_datasets"](a, b).result),
    "signed_rank": _fresh("signed_rank"),
    "sign_test": _fresh("sign_test"),
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


def fixed_test_set(y: Labels, a: Floats, b: Floats, wanted: Collection[str] = (), rng: int = 0) -> Calls:
    """Ask the methods about two models on one test set; parameters as in :class:`Cases`."""
    return {name: _TEST_SET[name](Cases(y, a, b, rng)) for name in chosen(_TEST_SET, wanted)}


def data_sets(a: Floats, b: Floats, wanted: Collection[str] = ()) -> Calls:
    """Ask the methods about one score a data set; a and b have shape (data set,)."""
    return {name: _DATA_SETS[name](a, b) for name in chosen(_DATA_SETS, wanted)}


def chosen(known: Mapping[str, object], wanted: Collection[str]) -> tuple[str, ...]:
    """Give the known names that are wanted, all where none are."""
    return tuple(name for name in known if not wanted or name in wanted)


@lru_cache
def _re_split_methods(folds: int, repeats: int) -> Mapping[str, Callable[[Folds], Call]]:
    return {
        **_EVER,
        **(_FIVE_BY_TWO if (folds, repeats) == (2, 5) else {}),
        **(_SEVERAL if repeats > 1 else {}),
    }


def methods_of(design: str, folds: int = 0, repeats: int = 0) -> tuple[str, ...]:
    """Which methods are asked in a design?

    Parameters
    ----------
    design : {"re-split", "fresh", "test set", "data sets"}
        The design.
    folds, repeats : int
        Of the splits.

    Returns
    -------
    tuple of str
        Their names.

    Examples
    --------
    >>> methods_of("re-split", folds=3, repeats=1)
    ('corrected_resampled_t', 'bayesian_correlated_t', 'paired_t')
    """
    if design == "re-split":
        return tuple(_re_split_methods(folds, repeats))
    tables: dict[str, Mapping[str, object]] = {
        "fresh": _FRESH,
        "test set": _TEST_SET,
        "data sets": _DATA_SETS,
    }
    return tuple(tables[design])


def known_methods() -> tuple[str, ...]:
    """Which methods can a calibration measure?

    Returns
    -------
    tuple of str
        Their names, over all designs.
    """
    every = (_EVER, _FIVE_BY_TWO, _SEVERAL, _FRESH, _TEST_SET, _DATA_SETS)
    return tuple(dict.fromkeys(name for table in every for name in table))


#: Methods whose interval is not about the difference of means or of areas.
OTHER_SCALE = {
    "prob_outperform", "prob_outperform (published)", "mcnemar", "mcnemar, exact", "mcnemar, corrected", "cv_5x2_f",
    "sign_test",
}  # fmt: skip

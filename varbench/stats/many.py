"""Several procedures on several data sets: do they differ at all? Ranks within each data set."""

from __future__ import annotations

import math
from typing import Any, NamedTuple, Unpack

import numpy as np
import numpy.typing as npt
from scipy import stats as distributions

from varbench.errors import StatisticsError, unknown
from varbench.stats.holes import scaled_ranks, skillings_mack
from varbench.stats.result import Design, Labels, Result
from varbench.stats.samples import TIE_TOLERANCE, Floats, check_size, numbers

#: What is done where a procedure has no score on a data set: leave out the data set, or refuse.
MISSING = ("complete", "error")


class Table(NamedTuple):
    """Scores (data set, procedure) without holes, larger is better; who they are of; what was left out."""

    scores: Floats
    names: tuple[str, ...]
    settings: dict[str, Any]
    notes: list[str]

    @property
    def ranks(self) -> Floats:
        """The ranks within each data set, 1 for the best; equal scores share the average; NaN in holes."""
        return row_ranks(self.scores)


def table(
    scores: npt.ArrayLike,
    names: npt.ArrayLike | None = None,
    missing: str = "complete",
    with_holes: str | None = None,
) -> Table:
    """Check scores of several procedures on several data sets, and apply the rule for missing cells.

    Parameters
    ----------
    scores : array_like of float, (data set, procedure)
        Larger is better. A DataFrame's columns are the names.
    names : sequence of str, optional
        One a procedure.
    missing : {"complete", "error"}, or `with_holes`
        Leave out the data sets on which a procedure has no score, or refuse.
    with_holes : str, optional
        A third rule, of a method that can do with holes: only data sets with fewer than two scores are left out.

    Returns
    -------
    Table
        With the counts of what was left out in its settings.

    Raises
    ------
    StatisticsError
        If the shape is wrong, a score is infinite or no number, no data set is complete, the names do not fit,
        or a cell is missing and must not be.
    """
    rules = (*MISSING, with_holes) if with_holes else MISSING
    if missing not in rules:
        raise StatisticsError(unknown("missing", missing, rules))
    if names is None:
        names = getattr(scores, "columns", None)
    values = _checked(scores)
    called = _names(names, values.shape[1])
    holes = np.isnan(values)
    kept = (~holes).sum(axis=1) >= (2 if missing == with_holes else values.shape[1])
    if missing == "error" and holes.any():
        lacking = ", ".join(called[i] for i in np.flatnonzero(holes.any(axis=0)))
        raise StatisticsError(
            f"{int(holes.sum())} cells are missing ({lacking}): run what is missing, or say missing='complete' "
            "to leave out the data sets with a hole"
        )
    if not kept.any():
        raise StatisticsError(
            f"no data set has enough scores under the rule missing={missing!r}: leave out the procedures that miss most"
        )
    if holes[kept].all(axis=0).any():
        raise StatisticsError(
            f"{called[int(np.flatnonzero(holes[kept].all(axis=0))[0])]} has no score that can be compared: leave it out"
        )
    settings = {
        "n_procedures": values.shape[1], "missing": missing, "cells_missing": int(holes.sum()),
        "data_sets_dropped": int((~kept).sum()),
    }  # fmt: skip
    return Table(values[kept], called, settings, ["cells_missing"] if holes.any() else [])


def _checked(scores: npt.ArrayLike) -> Floats:
    values = numbers("scores", scores)
    if values.ndim != 2 or values.shape[0] < 1 or values.shape[1] < 2:
        raise StatisticsError(
            f"scores has shape {values.shape}: one row a data set and one column a procedure are needed, "
            "of at least two procedures"
        )
    if np.isinf(values).any():
        raise StatisticsError(
            f"scores holds {int(np.isinf(values).sum())} infinite scores; they cannot be compared"
        )
    check_size("scores", values)
    return values


def _names(names: Any, k: int) -> tuple[str, ...]:
    if names is not None and not np.iterable(names):
        raise StatisticsError(f"names={names!r}: give a list, one a procedure")
    called = tuple(str(name) for name in names) if names is not None else tuple(str(i) for i in range(k))
    if len(called) != k or len(set(called)) != k:
        raise StatisticsError(
            f"names has {len(called)} entries, {len(set(called))} of them different: each of the {k} procedures "
            "needs a name of its own"
        )
    return called


def row_ranks(scores: Floats) -> Floats:
    """Rank within each row, 1 for the largest; what differs by rounding alone is equal; holes stay NaN."""
    size = np.abs(np.nan_to_num(scores)).max(axis=1, keepdims=True)
    quantum = np.where(size > 0, size * TIE_TOLERANCE, 1.0)
    holes = np.isnan(scores)
    # a hole ranks behind all others, so it moves none of them
    ranks: Floats = distributions.rankdata(np.where(holes, np.inf, -np.round(scores / quantum)), axis=1)
    return np.where(holes, np.nan, ranks)


def friedman(
    scores: npt.ArrayLike,
    *,
    names: npt.ArrayLike | None = None,
    missing: str = "complete",
    tie_correction: bool = True,
    **labels: Unpack[Labels],
) -> Result:
    """Do several procedures differ, each data set ranking them anew?

    Parameters
    ----------
    scores : array_like of float, (data set, procedure)
        One score a cell, larger is better (negate those of which smaller is better). NaN is missing.
    names : sequence of str, optional
        Of the procedures; a DataFrame's columns otherwise, or their numbers.
    missing : {"complete", "error", "skillings_mack"}
        Data sets with a missing cell are left out and counted, or refused, or used as far as they go by Skillings
        and Mack's statistic, which needs no complete data set.
    tie_correction : bool
        Whether the statistic allows for ties, as in R and SciPy. Demšar's formula does not, nor does Skillings and
        Mack's.
    **labels
        As in :class:`~varbench.stats.Design`; unless given, the unit is ``"data set"``, the pairing ``"exact"``,
        the estimand ``"E4"``. With ``pairing="none"`` nothing is computed.

    Returns
    -------
    Result
        `statistic` is Friedman's chi-squared, `estimate` Kendall's W, the agreement of the data sets on the
        order, in [0, 1]; ``settings["mean_ranks"]`` has the mean rank of each procedure, 1 the best.

    Raises
    ------
    StatisticsError
        If there are fewer than two procedures, no complete data set, or a score that is no finite number.

    Notes
    -----
    Friedman 1937, doi:10.1080/01621459.1937.10503522; Demšar 2006 (Journal of Machine Learning Research 7, 1),
    section 3.2.2: chi2 = 12 N / (k (k + 1)) (sum R_j^2 - k (k + 1)^2 / 4). The chi-squared distribution is
    trusted from more than 10 data sets and 5 procedures on; :func:`iman_davenport` is less conservative.
    Skillings & Mack 1981, doi:10.1080/00401706.1981.10486261, for tables with holes.

    Examples
    --------
    >>> result = friedman([[0.9, 0.8, 0.7], [0.8, 0.7, 0.6], [0.9, 0.7, 0.8], [0.6, 0.5, 0.4]])
    >>> result.statistic, round(result.pvalue, 3), result.settings["mean_ranks"]["0"]
    (6.5, 0.039, 1.0)
    """
    design, given = rank_design(labels), table(scores, names, missing, with_holes="skillings_mack")
    if design.pairing == "none":
        return design.result("friedman", n=len(given.scores), notes=[*given.notes, "not_paired"])
    if missing == "skillings_mack":
        return with_holes(given, design)
    return _friedman(given, design, tie_correction)


def rank_design(labels: Labels) -> Design:
    """Give the usual labels of methods over data sets."""
    return Design.of(labels, unit="data set", pairing="exact", estimand="E4")


def paired_design(labels: Labels) -> Design:
    """Give the usual labels of methods over data sets, for those that mean nothing without pairs."""
    design = rank_design(labels)
    if design.pairing == "none":
        raise StatisticsError(
            "pairing='none': procedures are compared within a data set, so all must have been run on the same ones"
        )
    return design


def _friedman(given: Table, design: Design, tie_correction: bool) -> Result:
    n, k = given.scores.shape
    ranks = given.ranks
    statistic, tied = chi_squared(ranks, tie_correction)
    settings = {**_described(given, ranks), "df": k - 1, "tie_correction": tie_correction}
    notes = given.notes + (["ties"] if tied else [])
    if n <= 10 or k <= 5:  # Demšar's rule of thumb for the chi-squared distribution
        notes.append("small_sample")
    if distributions.chi2.sf(n * (k - 1), k - 1) > design.alpha:  # what full agreement would give
        notes.append("too_few_to_reject")
    if statistic is None:
        return design.result(
            "friedman", n=n, pvalue=1.0, settings=settings, notes=[*notes, "constant_difference"]
        )
    return design.result(
        "friedman", n=n, estimate=min(1.0, statistic / (n * (k - 1))), statistic=statistic,
        pvalue=float(distributions.chi2.sf(statistic, k - 1)), settings=settings, notes=notes,
    )  # fmt: skip


def chi_squared(ranks: Floats, tie_correction: bool = True) -> tuple[float | None, bool]:
    """Give Friedman's statistic, None where every data set ranks all equal, and whether there are ties."""
    n, k = ranks.shape
    spread = float(((ranks - (k + 1) / 2) ** 2).sum())
    untied = n * k * (k**2 - 1) / 12
    between = float(n**2 * ((ranks.mean(axis=0) - (k + 1) / 2) ** 2).sum())
    tied = spread < untied * (1 - 1e-12)
    if spread == 0:
        return None, True
    # Demšar 2006, section 3.2.2; with ties the ranks' own variance stands for k (k + 1) / 12
    variance = (spread if tie_correction else untied) / (n * (k - 1))
    return between / n / variance, tied


def _described(given: Table, ranks: Floats) -> dict[str, Any]:
    means = np.nanmean(ranks, axis=0)
    order = np.argsort(means, kind="stable")
    return {**given.settings, "mean_ranks": {given.names[i]: float(means[i]) for i in order}}


def iman_davenport(
    scores: npt.ArrayLike,
    *,
    names: npt.ArrayLike | None = None,
    missing: str = "complete",
    tie_correction: bool = True,
    **labels: Unpack[Labels],
) -> Result:
    """Do several procedures differ? Friedman's test with the less conservative F statistic.

    Parameters
    ----------
    scores, names, missing, tie_correction, **labels
        As in :func:`friedman`.

    Returns
    -------
    Result
        `statistic` is F with k - 1 and (k - 1) (N - 1) degrees of freedom, `estimate` Kendall's W. Where all data
        sets agree F is infinite: `statistic` is None, and the p-value that of so much agreement by chance.

    Raises
    ------
    StatisticsError
        As :func:`friedman`.

    Notes
    -----
    Iman & Davenport 1980, doi:10.1080/03610928008827904; Demšar 2006 (Journal of Machine Learning Research 7, 1),
    section 3.2.2: F = (N - 1) chi2 / (N (k - 1) - chi2).

    Examples
    --------
    >>> result = iman_davenport([[0.9, 0.8, 0.7], [0.8, 0.7, 0.6], [0.9, 0.7, 0.8], [0.6, 0.5, 0.4]])
    >>> round(result.statistic, 1), round(result.pvalue, 4)
    (13.0, 0.0066)
    """
    design, given = rank_design(labels), table(scores, names, missing)
    n, k = given.scores.shape
    if design.pairing == "none":
        return design.result("iman_davenport", n=n, notes=[*given.notes, "not_paired"])
    ranks = given.ranks
    chi2, tied = chi_squared(ranks, tie_correction)
    notes = given.notes + (["ties"] if tied else [])
    settings = {**_described(given, ranks), "tie_correction": tie_correction}
    if math.exp(-(n - 1) * math.lgamma(k + 1)) > design.alpha:  # that all agree by chance, without ties
        notes.append("too_few_to_reject")
    if n < 2 or chi2 is None:
        notes.append("constant_difference" if chi2 is None else "too_few_to_reject")
        return design.result("iman_davenport", n=n, pvalue=1.0, settings=settings, notes=notes)
    df = (k - 1, (k - 1) * (n - 1))
    left = n * (k - 1) - chi2
    full = left <= 1e-9 * n * (k - 1)
    f = None if full else (n - 1) * chi2 / left  # Demšar 2006, section 3.2.2
    return design.result(
        "iman_davenport", n=n, estimate=min(1.0, chi2 / (n * (k - 1))), statistic=f,
        pvalue=_by_chance(ranks) if f is None else float(distributions.f.sf(f, *df)),
        settings={**settings, "df": list(df)}, notes=notes + (["boundary"] if full else []),
    )  # fmt: skip


def _by_chance(ranks: Floats) -> float:
    """Give the probability that all data sets rank as the first one does, each order being as likely."""
    tied = np.unique(ranks[0], return_counts=True)[1]
    orders = math.lgamma(ranks.shape[1] + 1) - sum(math.lgamma(size + 1) for size in tied)
    return math.exp(-(len(ranks) - 1) * orders)


def with_holes(given: Table, design: Design) -> Result:
    """Give Skillings and Mack's test of a table with holes as a result."""
    ranks = given.ranks
    statistic, df = skillings_mack(ranks)
    settings = {
        **_described(given, scaled_ranks(ranks)), "df": df, "tie_correction": False,
        "ranks": "within the procedures that have a score, stretched to all",
    }  # fmt: skip
    tied = any(len(np.unique(row[~np.isnan(row)])) < (~np.isnan(row)).sum() for row in ranks)
    notes = given.notes + (["ties"] if tied else []) + (["small_sample"] if len(ranks) <= 10 else [])
    return design.result(
        "friedman", n=len(ranks), statistic=statistic, pvalue=float(distributions.chi2.sf(statistic, df)),
        settings=settings, notes=notes,
    )  # fmt: skip

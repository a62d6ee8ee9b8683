"""Columns, missing cells and the order of the rows that give the label away."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix
from scipy.special import ndtri
from scipy.stats import rankdata

from varbench.audits.drafts import Draft, clear, counted, found, listed, nothing, unchecked
from varbench.audits.findings import ERROR, WARNING
from varbench.audits.look import Look
from varbench.audits.ranking import midranks, ranked
from varbench.audits.table import Floats, Integers
from varbench.audits.testing import MaxT, aucs, max_t, tail
from varbench.errors import StatisticsError
from varbench.stats import hanley_mcneil

#: A column that tells the classes apart so well, at the lower end of its interval, is asked about.
SURE = 0.98
#: So well, and at the lower end, where it stands far above all other columns: few, by a jump of so many SD.
_GOOD, ABOVE = 0.9, 0.85
#: The same of a measurement, of (1 + correlation) / 2: good predictors of one often correlate .8 with it.
_GOOD_MEASURE, ABOVE_MEASURE = 0.95, 0.925
_FEW, _JUMP = 10, 0.75
#: Columns whose values are held against the label at a time.
_AT_ONCE = 200
#: Of the best columns so many are shown.
_SHOWN = 30
#: Texture features are called maximum probability, too.
_NAMES = re.compile(
    r"(^|[^a-z])(?<!max[^a-z])(?<!maximum[^a-z])"
    r"(logits?|softmax|prob(a|s|as|abilit(y|ies))?|posterior|pred(s|ict|icted|iction|ictions)?|forecast(s|ed)?"
    r"|y_?(true|pred|hat|score)|ground_?truth|(ai|model|network|net|risk)_?score)([^a-z]|$)"
    r"|^(labels?|target|outcome)[^a-z]*$"
)
_ASK = (
    "Ask when this column is filled in; leave it out (--drop) unless its value is known before the "
    "outcome is."
)


@dataclass(frozen=True, eq=False)
class Association:
    """How well does each feature tell the label, alone?

    Parameters
    ----------
    column : ndarray of int64, (feature,)
        Which.
    score : ndarray of float64, (feature,)
        AUC, at least .5,
        of its values or of what its values stand for; of a measurement (1 + |correlation|) / 2.
    low : ndarray of float64, (feature,)
        The lower end of a one-sided 95 % interval.
    pvalue : ndarray of float64, (feature,)
        Adjusted for all features.
    null : ndarray of float64, (shuffle,)
        The best score by ranks under shuffled labels.
    """

    column: Integers
    score: Floats
    low: Floats
    pvalue: Floats
    null: Floats


def associations(look: Look) -> Association:
    """Hold every feature against the label, by its ranks and by what its values stand for."""
    label, shuffled = look.label, look.shuffled
    by_rank = max_t(look.ranks.values, required(label), shuffled)
    by_value, values = _by_value(look)
    n = len(look.names)
    p, score = np.ones(n), np.full(n, 0.5)
    np.minimum.at(p, look.ranks.owner, by_rank.pvalue)
    score[[look.place[name] for name in look.table.numeric]] = scores_of(look, look.numbers)
    if values:
        meant = scores_of(look, np.column_stack(list(values.values())), both_ways=False)
        score[list(values)] = np.maximum(score[list(values)], meant)
    # Two ways to look at a column: each gets half of the level.
    p = np.minimum(1.0, 2 * np.minimum(p, by_value))
    return Association(np.arange(n), score, _low(look, score), p, _as_scores(look, by_rank))


def required(label: Floats | None) -> Floats:
    """Give the label; without one, no column of it."""
    return np.zeros((0, 1)) if label is None else label


def _by_value(look: Look, n_bins: int = 10) -> tuple[Floats, dict[int, Floats]]:
    """Hold the label's means by value against shuffled ones; numbers with many values are cut into bins.

    Gives adjusted p-values, and for each feature the mean label of the other rows that share its value.
    """
    label, columns = required(look.label), _values(look, n_bins)
    p = np.ones(len(look.names))
    if not columns:
        return p, {}
    statistic, null = np.zeros(len(columns)), np.zeros(look.shuffled[0].shape[1])
    for one, orders in zip(label.T, look.shuffled, strict=True):
        centred = (one - one.mean()).astype(np.float32)[:, None]
        labels = np.concatenate([centred, orders], axis=1)
        for start in range(0, len(columns), _AT_ONCE):
            both = _between([codes for _, codes in columns[start : start + _AT_ONCE]], labels)
            standard = (both - both[:, 1:].mean(axis=1)[:, None]) / (both[:, 1:].std(axis=1)[:, None] + 1e-12)
            piece = slice(start, start + len(both))
            statistic[piece] = np.maximum(statistic[piece], standard[:, 0])
            null = np.maximum(null, standard[:, 1:].max(axis=0))
    p[[i for i, _ in columns]] = tail(statistic, null)
    return p, {i: _others(codes, label) for i, codes in columns}


def _values(look: Look, n_bins: int) -> list[tuple[int, Integers]]:
    """Give the features as codes of their values, where these repeat; the numbers of continuous columns in bins."""
    n, given = len(look.rows), []
    numbers = dict(zip(look.table.numeric, look.numbers.T, strict=True))
    for i, name in enumerate(look.names):
        if name in look.levels:
            codes = np.asarray(pd.factorize(look.levels[name])[0], dtype=np.int64)
        elif name in numbers:
            codes = _binned(numbers[name], n, n_bins)
        else:
            continue
        codes[codes < 0] = codes.max() + 1  # what is missing is a value, too
        if len(codes) and codes.max() > 0:
            given.append((i, codes))
    return given


def _binned(column: Floats, n: int, n_bins: int) -> Integers:
    """Give the values of a column as codes, or its bins where they hardly repeat; -1 is missing."""
    codes = np.full(len(column), -1, dtype=np.int64)
    known = ~np.isnan(column)
    levels, values = np.unique(column[known], return_inverse=True)
    if len(levels) > n / 5:
        if n < 5 * n_bins:
            return np.zeros(len(column), dtype=np.int64)
        place = rankdata(column[known], method="min") - 1
        values = np.unique(place * n_bins // max(int(known.sum()), 1), return_inverse=True)[1]
    codes[known] = values
    return codes


def _between(columns: list[Integers], labels: Floats) -> Floats:
    """Give the sum of squares between values, (column, order of the labels)."""
    n_levels = np.array([codes.max() + 1 for codes in columns])
    starts = np.concatenate([[0], np.cumsum(n_levels)[:-1]])
    rows = np.concatenate([codes + start for codes, start in zip(columns, starts, strict=True)])
    places = np.tile(np.arange(len(labels)), len(columns))
    member = csr_matrix(
        (np.ones(len(rows), np.float32), (rows, places)), shape=(int(n_levels.sum()), len(labels))
    )
    counts = np.maximum(np.bincount(rows, minlength=member.shape[0]), 1).astype(np.float32)
    sums = member @ labels
    return np.asarray(np.add.reduceat(sums**2 / counts[:, None], starts, axis=0), dtype=np.float64)


def _others(codes: Integers, label: Floats) -> Floats:
    """Give the mean of the other rows that share a value, for the column of the label that it tells best."""
    counts = np.bincount(codes)[codes]
    best, most = np.full(len(codes), np.nan), -1.0
    for one in label.T:
        sums = np.bincount(codes, one)[codes]
        mean = np.where(counts > 1, (sums - one) / np.maximum(counts - 1, 1), np.nan)
        known = ~np.isnan(mean)
        gain = (
            float(np.corrcoef(mean[known], one[known])[0, 1])
            if _varies(mean[known]) and _varies(one[known])
            else 0.0
        )
        if gain > most:
            best, most = mean, gain
    return best


def _varies(values: Floats) -> bool:
    return len(values) > 2 and float(np.ptp(values)) > 0


def scores_of(look: Look, columns: Floats, *, both_ways: bool = True) -> Floats:
    """How well does each column order the label, (row, column) to (column,)?

    An AUC; of a measurement (1 + the correlation of ranks) / 2. `both_ways`: falling orders count as rising ones.
    """
    y, label = look.table.y, required(look.label)
    if y is None:
        return np.full(columns.shape[1], 0.5)
    if y.classes:
        ranks = midranks(columns)
        found_ = np.array([aucs(one, ranks) for one in label.T])
    else:
        found_ = (1 + ranked(columns) @ ranked(label).T).T / 2
    best = np.maximum(found_, 1 - found_) if both_ways else found_
    few = (~np.isnan(columns)).sum(axis=0) < 5
    return np.asarray(np.where(few, 0.5, np.clip(best.max(axis=0), 0.5, 1.0)), dtype=np.float64)


def score_of(look: Look, column: Floats) -> float:
    """How well does a column order the label?"""
    return float(scores_of(look, column[:, None])[0])


def _low(look: Look, score: Floats) -> Floats:
    """Give the lower end of a one-sided 95 % interval of each score."""
    label = required(look.label)
    events = float(min(max(label[:, 0].sum(), 1), max(len(label) - label[:, 0].sum(), 1)))
    if look.table.y is not None and not look.table.y.classes:
        events = len(label) / 2
    lows = []
    for one in score:
        try:
            # A perfect score has no spread: as if half a pair were in the wrong order.
            safe = min(float(one), 1 - 0.5 / (events * max(len(label) - events, 1)))
            lows.append(
                float(one) - 1.645 * np.sqrt(hanley_mcneil(safe, events, max(len(label) - events, 1)))
            )
        except StatisticsError:
            lows.append(0.0)
    return np.array(lows)


def _as_scores(look: Look, test: MaxT) -> Floats:
    """Give the null of the best column as AUCs, for whole columns of distinct values."""
    label = required(look.label)[:, 0]
    if look.table.y is None or not look.table.y.classes:
        return (1 + test.null) / 2
    n, m = len(label), float(label.sum())
    scale = np.sqrt((n * n - 1) * n / 12 * m * (n - m) / n) / max(m * (n - m), 1.0)
    return np.asarray(0.5 + test.null * scale, dtype=np.float64)


def stands_in(look: Look) -> Draft:
    """Is a column the label, a threshold of it, or nearly so?"""
    if len(look.rows) < 20:
        return unchecked(f"Fewer than 20 rows ({len(look.rows)}) cannot tell a column from the label.")
    one, word, scale = look.associations, *scale_of(look)
    order = np.argsort(-one.score, kind="stable")
    best, null = int(order[0]), float(np.quantile(one.null, 0.95))
    sure = one.pvalue <= look.level
    whole = sure & (one.score > 1 - 1e-9)
    flagged = np.flatnonzero(whole | (sure & _apart(one, *_limits(look))))
    facts = (
        f"Of {counted(len(one.score), 'feature')} alone, {look.names[best]!r} tells the label "
        f"best{look.sampled}: {word} {scale(one.score[best]):.3f}; the best under shuffled labels stays "
        f"below {scale(null):.3f} in 95 % of them."
    )
    frames = {"features": _features(look, one, order, set(flagged.tolist()))}
    evidence = {
        "best": float(scale(one.score[best])),
        "null95": float(scale(null)),
        "features": len(one.score),
    }
    if not len(flagged):
        return clear(facts, pvalue=float(one.pvalue[best]), evidence=evidence, frames=frames)
    names = [look.names[i] for i in order if i in set(flagged.tolist())]
    kind = (
        "the label itself, or made from it"
        if whole.any()
        else "nearly the label: an output for it, made from it, or else a marker as good as few are"
    )
    return found(
        facts, f"{listed(repr(name) for name in names)} {'is' if len(names) == 1 else 'are'} {kind}.",
        severity=ERROR if whole.any() else WARNING, columns=tuple(names), leakage="L2", cure=_ASK,
        pvalue=float(one.pvalue[flagged].min()), evidence=evidence, frames=frames,
    )  # fmt: skip


def scale_of(look: Look) -> tuple[str, Callable[[float], float]]:
    """Give the word for how well a column tells the outcome, and what turns a score into it."""
    if "classes" in look.table.has:
        return "AUC", float
    return "correlation of ranks", lambda score: 2 * float(score) - 1


def _limits(look: Look) -> tuple[float, float]:
    """Give from which score, and lower end, on a column is good enough to be the outcome."""
    return (_GOOD, ABOVE) if "classes" in look.table.has else (_GOOD_MEASURE, ABOVE_MEASURE)


def _apart(one: Association, good: float, above: float) -> npt.NDArray[np.bool_]:
    """Tell which features are (nearly) the label: sure of themselves, or few, good and far above all others."""
    steps = np.sqrt(2) * ndtri(np.clip(one.score, 0.5, 1 - 1e-6))
    falling = np.sort(steps)[::-1]
    jumps = np.flatnonzero(falling[:-1] - falling[1:] >= _JUMP)
    alone = np.zeros(len(steps), bool)
    if len(jumps) and jumps[-1] < min(_FEW, len(steps) / 4):
        alone = steps >= falling[jumps[-1]]
    return np.asarray((one.low >= SURE) | (alone & (one.score >= good) & (one.low >= above)))


def _features(look: Look, one: Association, order: Integers, flagged: set[int]) -> pd.DataFrame:
    """Give the best features with 90 % intervals."""
    word, scale = scale_of(look)
    rows = []
    for i in order[:_SHOWN]:
        score, low = float(one.score[i]), float(one.low[i])
        ends = [scale(end) for end in (score, low, min(1.0, 2 * score - low))]
        rows.append([look.names[i], *ends, float(one.pvalue[i]), int(i) in flagged])
    frame = pd.DataFrame(rows, columns=["label", "estimate", "ci_low", "ci_high", "pvalue", "stands_in"])
    frame.attrs |= {
        "null95": scale(float(np.quantile(one.null, 0.95))),
        "features": len(one.score),
        "word": word,
    }
    return frame


def named_alike(look: Look) -> Draft:
    """Does a column that is named like an answer go with the label?"""
    target = look.table.roles.get("target", "").lower()
    named = [
        i for i, name in enumerate(look.names)
        if _NAMES.search(re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower())
        or (len(target) > 3 and target != "class" and target in name.lower())
    ]  # fmt: skip
    if not named:
        return nothing("No column is named like an answer, as logit, prediction or the outcome itself.")
    mine = np.isin(look.ranks.owner, named)
    test = max_t(look.ranks.values[mine], required(look.label), look.shuffled)
    p = {i: float(test.pvalue[look.ranks.owner[mine] == i].min(initial=1.0)) for i in named}
    going = [i for i in named if p[i] <= look.level]
    chosen = going or named
    names = [look.names[i] for i in chosen]
    best = max(float(look.associations.score[i]) for i in chosen)
    facts = (
        f"{counted(len(named), 'column')} named like an answer: "
        f"{listed(repr(look.names[i]) for i in named)}; the best tells the label with {best:.3f}."
    )
    return found(
        facts, "What is named so and goes with the label is an output for it, or the label itself.",
        severity=WARNING,
        columns=tuple(names), leakage="L2", cure=_ASK, pvalue=min(p.values()),
        evidence={"best": best, "named": len(named)},
    )  # fmt: skip


def missingness(look: Look) -> Draft:
    """Does it tell the label which cells are empty?"""
    if not look.table.X.isna().to_numpy().any():
        return nothing("No cell is missing.")
    if not len(look.missing.values):
        return clear("Fewer than 5 cells are missing in every column.")
    test = max_t(look.missing.values, required(look.label), look.shuffled)
    best = int(np.argmax(test.statistic))
    owner = int(look.missing.owner[best])
    what = "How many cells of a row are missing" if owner < 0 else f"Whether {look.names[owner]!r} is missing"
    score = score_of(look, look.missing.values[best])
    word, scale = scale_of(look)
    share = float(look.table.X.isna().to_numpy().mean())
    p = float(test.pvalue[best])
    columns = tuple(
        dict.fromkeys(look.names[i] for i in look.missing.owner[test.pvalue <= look.level] if i >= 0)
    )
    return found(
        f"{what} tells the label best of what is missing ({share:.1%} of all cells): {word} "
        f"{scale(score):.3f}.",
        "Cells are empty for one class more often: a model, or the imputing, learns who was looked at.",
        severity=WARNING, columns=columns, leakage="L2",
        cure="Ask why cells are empty; use only what is measured in everybody, or impute within the training rows "
        "and hold the score against that of the pattern alone.",
        pvalue=p, evidence={"score": score, "share_missing": share},
    )  # fmt: skip

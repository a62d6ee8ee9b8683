"""The order of the rows, and what names or numbers them: does it give the label away?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from varbench.audits.drafts import Draft, clear, counted, found, listed, nothing, unchecked
from varbench.audits.findings import INFORMATION, WARNING
from varbench.audits.labels import required, scale_of, score_of
from varbench.audits.look import Look, shuffles
from varbench.audits.ranking import ranked
from varbench.audits.table import Floats, Integers
from varbench.audits.testing import max_t, tail
from varbench.data.frame import nameless

#: Kinds of text in the ids that are told apart.
_MOST_WORDS = 20
#: Texts with more numbers than these name nothing.
_MOST_NUMBERS = 3


def numbering(look: Look) -> Draft:
    """Does a column number or name the rows?"""
    index: list[str] = []
    texts: list[str] = []
    ids: list[str] = []
    for name in look.names:
        if name in look.table.texts:
            if look.names_rows(name):
                texts.append(name)
        elif look.numbering(name) in ("in order", "once each"):
            (index if look.numbering(name) == "in order" else ids).append(name)
    bare = [name for name in nameless(look.names) if name not in index]
    facts = f"{counted(len(look.names), 'feature')} looked at."
    if not index and not texts and not ids and not bare:
        return clear(f"No column numbers or names the rows: {facts}")
    parts = [
        f"{listed(repr(name) for name in names)} {words[len(names) > 1]}"
        for names, words in (
            (index, ("counts the rows in their order", "count the rows in their order")),
            (ids, ("holds each whole number once", "hold each whole number once")),
            (texts, ("is text that names (nearly) every row", "are text that names (nearly) every row")),
            (bare, ("has no name", "have no name")),
        )
        if names
    ]
    return found(
        "; ".join(parts) + ".",
        "What numbers the rows is no feature: with rows in any order of the label it gives it away.",
        severity=WARNING if index else INFORMATION, columns=(*index, *ids, *texts, *bare),
        leakage="L2" if index else "",
        cure="Leave it out (--drop), or name it as the id (--id).",
        evidence={"index": len(index), "ids": len(ids) + len(texts)},
    )  # fmt: skip


def order(look: Look) -> Draft:
    """Does the place of a row, or the order of the ids, predict the label?"""
    if look.table.album is not None and not look.table.album.ordered:
        return nothing("The pictures lie in folders of their own: their order is nobody's.")
    if len(look.rows) < 20:
        return unchecked(f"Fewer than 20 rows ({len(look.rows)}): their order tells nothing.")
    strata = _strata(look)
    label = required(look.label)
    orders = {"the place of a row in the table": np.arange(len(look.rows), dtype=np.float64)}
    orders |= _of_names(look)
    shuffled = shuffles(label, look.groups, look.rng("order"), strata)
    columns = np.array([_ranked_within(values, strata) for values in orders.values()])
    within = label - _means(label, strata)
    test = max_t(columns, within, [_centred(one, strata) for one in shuffled])
    best = int(np.argmax(test.statistic))
    name = list(orders)[best]
    runs, p_runs = _runs(look, label, shuffled, strata)
    p = min(1.0, 2 * min(float(test.pvalue.min()), p_runs))
    score, (word, scale) = score_of(look, orders[name]), scale_of(look)
    facts = f"By {name} alone the label has {word} {scale(score):.3f}{look.sampled}"
    facts += (
        f"; rows beside each other agree {runs:.2f} times as often as in shuffled order."
        if word == "AUC"
        else "."
    )
    sorted_, names_ = best == 0 or p_runs <= look.level, best > 0
    means = ["What names the rows tells the label."] if names_ else []
    if sorted_:
        means.append(
            "The rows are sorted, or in blocks: folds without shuffling get other classes, and an index leaks."
        )
    return found(
        facts, " ".join(means), severity=WARNING, leakage="L2" if names_ else "", pvalue=p,
        cure="Shuffle the rows before any split, and keep what numbers or names them out of the features.",
        evidence={"score": scale(score), "agreement": runs},
    )  # fmt: skip


def _strata(look: Look) -> Integers:
    """Give the pieces that the file is put together from: its batches, and the training and the test file."""
    strata = np.zeros(len(look.rows), dtype=np.int64)
    if look.batch is not None:
        strata = strata * (int(look.batch.max()) + 1) + look.batch
    if look.table.files == 2 and look.table.split is not None:
        strata = 2 * strata + look.table.split.codes[look.rows]
    return strata


def _of_names(look: Look) -> dict[str, Floats]:
    """Give what stands in the ids, and in texts that name the rows: the last number, and the words around it."""
    named = {} if look.table.ids is None else {"its id": pd.Series(look.table.ids[look.rows])}
    for name in look.table.texts:
        if look.names_rows(name):
            named[repr(name)] = look.table.X[name].iloc[look.rows].fillna("").reset_index(drop=True)
    given: dict[str, Floats] = {}
    for name, texts in named.items():
        if texts.str.count(r"\d+").median() > _MOST_NUMBERS:
            continue  # a list of measurements, or a hash
        last = pd.to_numeric(texts.str.extract(r"(\d+)\D*$")[0], errors="coerce").to_numpy(
            np.float64, na_value=np.nan
        )
        if np.isfinite(last).mean() > 0.9 and len(np.unique(last)) > 10:
            given[f"the number in {name}"] = last
        words = texts.str.replace(r"\d+", "#", regex=True)
        common = words.value_counts()
        several = common.index[(common >= 5) & (common < len(words))][:_MOST_WORDS]
        for number, word in enumerate(several, start=1):  # the words themselves may name somebody
            given[f"a word in {name} ({number} of {len(several)})"] = (words == word).to_numpy(np.float64)
    return given


def _ranked_within(values: Floats, strata: Integers) -> Floats:
    found_ = np.zeros(len(values))
    for stratum in np.unique(strata):
        mine = strata == stratum
        found_[mine] = ranked(values[mine][:, None])[0] * np.sqrt(mine.sum())
    length = float(np.sqrt((found_**2).sum())) or 1.0
    return found_ / length


def _means(label: Floats, strata: Integers) -> Floats:
    sums = np.array([np.bincount(strata, one) for one in label.T]).T
    return np.asarray((sums / np.maximum(np.bincount(strata), 1)[:, None])[strata], dtype=np.float64)


def _centred(labels: Floats, strata: Integers) -> Floats:
    if not strata.any():
        return labels
    found_ = labels.copy()
    for stratum in np.unique(strata):
        mine = strata == stratum
        found_[mine] -= found_[mine].mean(axis=0)
    return found_


def _runs(look: Look, label: Floats, shuffled: list[Floats], strata: Integers) -> tuple[float, float]:
    """Hold how often neighbours have one label against shuffled labels; whole groups count once."""
    beside = np.flatnonzero(strata[1:] == strata[:-1])
    if look.groups is not None:
        beside = beside[look.groups[beside] != look.groups[beside + 1]]
    if len(beside) < 10:
        return 1.0, 1.0
    centred = label - label.mean(axis=0)
    observed = float((centred[beside] * centred[beside + 1]).sum())
    null = np.zeros(shuffled[0].shape[1])
    for orders in shuffled:
        null += (orders[beside] * orders[beside + 1]).sum(axis=0)
    same = (label[beside] == label[beside + 1]).all(axis=1).mean()
    expected = (
        (np.square(label.mean(axis=0)) + np.square(1 - label.mean(axis=0))).mean()
        if look.table.has & {"classes"}
        else 1
    )
    return float(same / expected) if expected else 1.0, float(tail(np.array([observed]), null)[0])
